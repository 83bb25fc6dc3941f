//! Parameters that each neuron of a population has for itself: a list, a distribution, or a column of a CSV file.

use super::cells::Few;
use super::diagnostic::{At, Diagnostic, Diagnostics};
use super::filled::{Datum, Fields, ValueOrigin};
use super::list_files::csv_column;
use super::locate::beside;
use super::plan::{Own, OwnPlan};
use super::section::Lower;
use super::spec::{Amount, Bounds, Key, Kind, Unit, allowed};
use super::stated::{quantity, without_unit};
use super::table::Table;
use super::text::{self, Node, Value};
use super::weights;
use crate::hint::many;
use crate::keys::plain;
use crate::random::{Purpose, Stream};
use std::sync::Arc;

/// What a key of numbers holds: its unit, if it has one, and its range.
fn range(key: &Key) -> (Option<Unit>, Bounds) {
    match key.kind {
        Kind::Quantity(unit, bounds) => (Some(unit), bounds),
        Kind::Number(bounds) => (None, bounds),
        _ => unreachable!("only numbers differ from neuron to neuron"),
    }
}

/// A value as it would be written.
fn shown(unit: Option<Unit>, value: f64) -> String {
    unit.map_or_else(|| value.to_string(), |unit| unit.print(value))
}

/// Reads the values of a key whose node is a list or a table, and which column of a file they are.
fn read(node: &Node, key: &Key, what: &str, faults: &mut Diagnostics) -> Option<(Own, String)> {
    let of = format!("`{}` of {what}", key.name);
    match &node.value {
        Value::List(items) => Some((Own::List(list(items, key, &of, faults)?), String::new())),
        Value::Table(table) if table.get("file").is_some() || table.get("column").is_some() => {
            column(table, key, node, &of, faults)
        }
        _ => weights::parameter(node, range(key).0, &of, faults).map(|law| (Own::Drawn(law), String::new())),
    }
}

/// A list of values.
fn list(items: &[Node], key: &Key, of: &str, faults: &mut Diagnostics) -> Option<Vec<f64>> {
    let (unit, bounds) = range(key);
    let mut few = Few::new(faults);
    let mut values = Vec::with_capacity(items.len());
    for (neuron, item) in items.iter().enumerate() {
        let what = format!("value {neuron} of {of}");
        let wrong = || Diagnostic::error(format!("{what} is {}", item.shown())).at(&item.at);
        let value = match (&item.value, unit) {
            (Value::Text(text), Some(unit)) => {
                quantity(text, unit, &what, &allowed(&key.kind), item).map(|amount| amount.si)
            }
            (Value::Integer(_) | Value::Float(_), Some(unit)) => {
                Err(without_unit(item, unit, &what, &allowed(&key.kind)))
            }
            (_, None) => plain(item).ok_or_else(|| wrong().allowed(allowed(&key.kind))),
            _ => Err(wrong().allowed(allowed(&key.kind))),
        };
        match value {
            Ok(value) if bounds.contains(value) => values.push(value),
            Ok(_) => few.push(wrong().label("out of range").allowed(allowed(&key.kind))),
            Err(fault) => few.push(fault),
        }
    }
    few.finish().then_some(values)
}

/// A column of a CSV file beside the scenario, row k for neuron k.
fn column(
    table: &text::Table,
    key: &Key,
    node: &Node,
    of: &str,
    faults: &mut Diagnostics,
) -> Option<(Own, String)> {
    let mut good = true;
    for item in &table.entries {
        if !["file", "column"].contains(&item.key.as_str()) {
            faults.push(
                Diagnostic::error(format!("unknown key `{}` in {of}", item.key))
                    .unknown()
                    .at(&item.key_at)
                    .label("not known")
                    .allowed("file, column"),
            );
            good = false;
        }
    }
    let mut text = |name: &str| match table.get(name).map(|item| &item.node) {
        Some(Node { value: Value::Text(text), at }) => Some((text.clone(), at)),
        Some(other) => {
            let fault = Diagnostic::error(format!("`{name}` of {of} is {}", other.shown())).at(&other.at);
            faults.push(fault.allowed("a text in quotes"));
            None
        }
        None => {
            let fault = Diagnostic::error(format!("{of} is a column, and has no `{name}`")).at(&node.at);
            faults.push(fault.allowed("{ file = \"neurons.csv\", column = \"v_th\" }"));
            None
        }
    };
    let (file, column) = (text("file"), text("column"));
    let ((file, at), (column, _)) = (file?, column?);
    let source = beside(&file, at).map_err(|fault| faults.push(fault)).ok()?;
    let (unit, bounds) = range(key);
    let values = csv_column(&source, &column, (unit, &bounds, &allowed(&key.kind)), faults)?;
    good.then(|| (Own::List(values), format!(", column `{column}` of `{file}`,")))
}

/// 64-bit FNV-1a (Fowler, Noll & Vo): the same number for the same name, whatever stands beside it.
fn fnv_1a(name: &str) -> u64 {
    name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// The value of a neuron. `name` stands for population and key, so that a distribution draws the same whatever other
/// populations there are.
fn value_of(own: &Own, seed: u64, name: u64, neuron: usize) -> Option<f64> {
    match own {
        Own::List(values) => values.get(neuron).copied(),
        Own::Drawn(law) => {
            Some(law.sample(Stream::new(seed, Purpose::Parameter, neuron as u32, name).next_word()))
        }
    }
}

/// The parameters of a population, neuron by neuron.
pub(super) struct Parameters {
    /// As they are stated, and what that is for each neuron.
    own: Vec<(&'static Key, Own, Vec<f64>)>,
    /// How many neurons there are to make: one, if it is for all.
    pub kinds: usize,
}

impl Parameters {
    /// Lists and draws what differs. `None`: a fault, which is reported.
    pub fn of(lower: &mut Lower<'_>, fields: &Fields) -> Option<Self> {
        let mut this = Self { own: Vec::new(), kinds: 1 };
        if !fields.differ() {
            return Some(this);
        }
        let size = fields.count("size")?;
        this.kinds = size as usize;
        let seed = lower.filled.one("scenario").and_then(|scenario| scenario.integer("seed"))?;
        let mut good = true;
        // What has no effect has values too, where it takes them from another key.
        for entry in fields.entries.iter().filter(|entry| entry.key.each) {
            let Some(Datum::Raw(node)) = &entry.datum else { continue };
            let found = match entry.origin {
                // Its values are those, and what is wrong with them has been said.
                ValueOrigin::SameAs(other) => this.own.iter().find(|(key, ..)| key.name == other).cloned(),
                _ => read(node, entry.key, &fields.what, lower.faults).and_then(|(own, which)| {
                    let values =
                        values((&own, &which), entry.key, fields, (size as usize, seed), lower.faults)?;
                    Some((entry.key, own, values))
                }),
            };
            match found {
                Some((_, own, values)) => this.own.push((entry.key, own, values)),
                None => good = false,
            }
        }
        good.then_some(this)
    }

    /// Whether anything differs.
    pub fn differ(&self) -> bool {
        !self.own.is_empty()
    }

    /// What a neuron has for itself, in SI units.
    pub fn own(&self, neuron: usize, name: &str) -> Option<f64> {
        let own = self.own.iter().find(|(key, ..)| key.name == name);
        own.and_then(|(.., values)| values.get(neuron).copied())
    }

    /// Puts what a neuron has for itself in place of what is written.
    fn fill(&self, fields: &mut Fields, neuron: usize) {
        for (key, _, values) in &self.own {
            let entry = fields.entries.iter_mut().find(|entry| entry.key.name == key.name);
            if let (Some(entry), Some(&si)) = (entry, values.get(neuron)) {
                Arc::make_mut(entry).datum = Some(match range(key).0 {
                    Some(unit) => Datum::Quantity(unit, Amount { si, time: None }),
                    None => Datum::Number(si),
                });
            }
        }
    }

    /// Where something was written about one of the keys that a text begins with, or about what differs.
    pub fn place<'f>(&self, fields: &'f Fields, text: &str) -> Option<&'f At> {
        let first = text.split([' ', '`', ',']).find(|word| !word.is_empty()).unwrap_or_default();
        let named = fields.entries.iter().find(|entry| entry.key.name == first);
        let named = named.and_then(|entry| fields.written(entry.key.name));
        named.or_else(|| self.own.iter().find_map(|(key, ..)| fields.written(key.name)))
    }

    /// What differs, as the plan has it.
    pub fn plan(&self, fields: &Fields) -> Vec<OwnPlan> {
        let plan = |(key, own, _): &(&'static Key, Own, _)| OwnPlan {
            key: key.name.to_string(),
            unit: range(key).0.map(|unit| unit.symbol().to_string()),
            values: own.clone(),
        };
        self.own.iter().filter(|(key, ..)| fields.entry(key.name).active).map(plan).collect()
    }
}

/// A table of every neuron where they differ, the one of all where they do not.
pub(super) struct Each<T> {
    pub neurons: Vec<T>,
    pub parameters: Parameters,
}

impl<T: Table> Table for Each<T> {
    const KEYS: &'static [Key] = T::KEYS;

    fn lower(lower: &mut Lower<'_>, fields: &Fields) -> Option<Self> {
        let parameters = Parameters::of(lower, fields)?;
        let mut own = fields.clone();
        let mut neuron = |number: usize| {
            parameters.fill(&mut own, number);
            lower.made(&own)
        };
        let neurons = (0..parameters.kinds).map(&mut neuron).collect::<Option<_>>()?;
        Some(Self { neurons, parameters })
    }
}

/// The value of each neuron, if there is one for each and all are in range.
fn values(
    (own, which): (&Own, &str),
    key: &'static Key,
    fields: &Fields,
    (size, seed): (usize, u64),
    faults: &mut Diagnostics,
) -> Option<Vec<f64>> {
    if let Own::List(values) = own
        && values.len() != size
    {
        let count = values.len();
        faults.push(
            Diagnostic::error(format!(
                "`{}` of {}{which} has {}",
                key.name,
                fields.what,
                many(count, "value")
            ))
            .maybe_at(fields.place(key.name))
            .label(if count < size { "too few" } else { "too many" })
            .also(fields.written("size"), "so many neurons")
            .allowed(format!("{}, one for each neuron, or one value for all", many(size, "value"))),
        );
        return None;
    }
    let population = fields.path.trim_start_matches("population.");
    let (name, (unit, bounds)) = (fnv_1a(&format!("{population}.{}", key.name)), range(key));
    let values: Vec<f64> = (0..size).filter_map(|neuron| value_of(own, seed, name, neuron)).collect();
    let mut outside = values.iter().enumerate().filter(|(_, value)| !bounds.contains(**value));
    let Some((neuron, &value)) = outside.next() else { return Some(values) };
    let others = match outside.count() {
        0 => String::new(),
        others => format!(", and out of range for {others} more"),
    };
    let value = shown(unit, value);
    faults.push(
        Diagnostic::error(format!(
            "`{}` of {} is {value} for neuron {neuron}{others}",
            key.name, fields.what
        ))
        .maybe_at(fields.place(key.name))
        .label("drawn from this")
        .allowed(allowed(&key.kind))
        .hint("a log_normal keeps its sign, a uniform its bounds"),
    );
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::{Lif, Neuron};
    use crate::scenario::load_text;
    use crate::scenario::plan::Plan;

    /// A plan with a population `cells` that says this, between others.
    fn plan(size: u32, says: &str, before: &str) -> Result<Plan, String> {
        let text = format!(
            "[scenario]\nseed = 5\n[source.in]\nkind = \"poisson\"\nsize = 2\nrate = \"10 Hz\"\n{before}\
             [population.cells]\nsize = {size}\n{says}\n\
             [projection.p]\nfrom = \"in\"\nto = \"cells\"\nweight = \"1 mV\"\n\
             [protocol]\nkind = \"simulate\"\nduration = \"1 ms\"\n"
        );
        load_text("test.toml", &text, &[], None)
            .map(|loaded| loaded.plan)
            .map_err(|faults| faults.render(false))
    }

    /// One constant of each of its neurons.
    fn each(plan: &Plan, of: fn(&Lif) -> f64) -> Vec<f64> {
        let cells = plan.populations.iter().find(|population| population.name == "cells").unwrap();
        let lif = |neuron: &Neuron| match neuron {
            Neuron::Lif(lif) => of(lif),
            _ => unreachable!("cells are lif"),
        };
        cells.each.iter().map(lif).collect()
    }

    fn drawn(size: u32, key: &str, law: &str, of: fn(&Lif) -> f64) -> Vec<f64> {
        each(&plan(size, &format!("{key} = {law}"), "").unwrap_or_else(|faults| panic!("{faults}")), of)
    }

    #[test]
    fn names_are_hashed_by_fnv_1a() {
        // The vectors of its authors.
        for (name, hash) in
            [("", 0xCBF2_9CE4_8422_2325), ("a", 0xAF63_DC4C_8601_EC8C), ("foobar", 0x8594_4171_F739_67E8)]
        {
            assert_eq!(fnv_1a(name), hash);
        }
    }

    #[test]
    fn values_are_listed_in_order_of_the_neurons() {
        let listed = plan(3, "v_th = [\"20 mV\", \"0.03 V\", \"25 mV\"]", "").unwrap();
        assert_eq!(each(&listed, |lif| lif.v_th.get()), [0.02, 0.03, 0.025]);
        // Forms that other keys take by default follow.
        let rests =
            plan(2, "u_rest = [\"-70 mV\", \"-60 mV\"]\nv_th = \"-50 mV\"\nreset = \"value\"", "").unwrap();
        assert_eq!(each(&rests, |lif| lif.u_reset.get()), [-0.07, -0.06]);
        assert!(each(&rests, |lif| lif.start()).iter().all(|start| *start == 0.0));
        // All equal is one population of equal neurons.
        let equal = plan(2, "v_th = [\"20 mV\", \"20 mV\"]", "").unwrap();
        let network = crate::scenario::assemble::skeleton(&equal).unwrap();
        assert!(!network.populations[0].differ());
    }

    #[test]
    fn a_drawn_value_is_that_of_a_word_of_the_stream_of_its_name_and_neuron() {
        let found = drawn(3, "tau_m", "{ uniform = [\"10 ms\", \"20 ms\"] }", |lif| lif.tau_m.get());
        for (neuron, value) in (0..).zip(&found) {
            let word = Stream::new(5, Purpose::Parameter, neuron, fnv_1a("cells.tau_m")).next_word();
            assert_eq!(*value, 0.01 + (0.02 - 0.01) * crate::random::unit(word));
        }
        // Computed from Philox4x32-10 and PCG XSL RR 128/64 by a script that shares nothing with this.
        let pinned = [0.014_151_255_222_200_291, 0.017_616_447_022_859_798, 0.014_732_281_872_882_516];
        assert_eq!(found, pinned, "value-breaking");
    }

    #[test]
    fn distributions_have_their_mean_and_spread() {
        let n = 20_000;
        let moments = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let square = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
            (mean, (square / (values.len() - 1) as f64).sqrt() / mean)
        };
        let root = f64::from(n).sqrt();
        // Means within four standard errors; the CV of n numbers is uncertain by cv/sqrt(2 n) and a little more.
        for (law, mean, cv) in [
            ("{ normal = [\"200 mV\", \"20 mV\"] }", 0.2, 0.1),
            ("{ uniform = [\"100 mV\", \"300 mV\"] }", 0.2, 0.1 / 0.2 / 3f64.sqrt()),
            ("{ log_normal = [\"200 mV\", 0.3] }", 0.2 * (0.045f64).exp(), ((0.09f64).exp() - 1.0).sqrt()),
        ] {
            let found = moments(&drawn(n, "v_th", law, |lif| lif.v_th.get()));
            assert!((found.0 - mean).abs() < 4.0 * cv * mean / root, "{law}: mean {}", found.0);
            assert!((found.1 - cv).abs() < 6.0 * cv / root, "{law}: CV {}, not {cv}", found.1);
        }
    }

    #[test]
    fn other_populations_and_other_keys_move_no_value_and_the_seed_moves_all() {
        let says = "v_th = { normal = [\"200 mV\", \"10 mV\"] }";
        let alone = each(&plan(5, says, "").unwrap(), |lif| lif.v_th.get());
        let other =
            "[population.first]\nsize = 7\nv_th = { normal = [\"200 mV\", \"10 mV\"] }\ni_bias = \"1 uA\"\n";
        let among = plan(5, &format!("{says}\ntau_m = {{ normal = [\"10 ms\", \"1 ms\"] }}"), other).unwrap();
        assert_eq!(each(&among, |lif| lif.v_th.get()), alone);
        let first: Vec<f64> = among.populations[0].each.iter().map(|of| of.membrane().v_th.get()).collect();
        assert!(first[..5] != alone[..], "populations differ");
        assert!(
            each(&among, |lif| (lif.tau_m.get() - 0.01) / 1e-3)
                != each(&among, |lif| (lif.v_th.get() - 0.2) / 0.01)
        );
        // More neurons: those that were there stay as they were.
        assert_eq!(each(&plan(9, says, "").unwrap(), |lif| lif.v_th.get())[..5], alone);
    }

    #[test]
    fn what_a_key_takes_from_another_is_not_drawn_again() {
        let says = "u_rest = { uniform = [\"0 mV\", \"10 mV\"] }\nreset = \"value\"\nv_th = \"50 mV\"";
        let plan = plan(6, says, "").unwrap();
        assert_eq!(each(&plan, |lif| lif.u_reset.get()), each(&plan, |lif| lif.u_rest.get()));
    }
}
