//! What `[device.NAME]` states in place of its preset and nothing in the scenario reads: refused, as any key that does nothing.
//!
//! What is read is found by leaving it out: a plan that is the same without it does not depend on it.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::filled::{Datum, Fields, Filled};
use super::plan::Plan;
use super::text::{Item, Table, Value};
use super::{lower, reader};
use crate::device::preset::RANGE;
use crate::registry::Registry;

/// Whether there is a device that could state any.
pub fn states(root: &Table) -> bool {
    table(root, "device").is_some()
}

/// A fault for every such parameter or law that the outermost layer states: what a file that is extended, or that arguments
/// change, has stated for itself may come to nothing there. `name` is what the scenario is called if it does not say.
pub fn parameters(
    (root, outermost): (&Table, u32),
    name: &str,
    registry: &Registry,
    (plan, filled): (&Plan, &Filled),
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let Some(devices) = table(root, "device") else { return found };
    for device in &devices.entries {
        let Value::Table(described) = &device.node.value else { continue };
        for section in ["parameters", "model"] {
            let Some(stated) = table(described, section) else { continue };
            let repeats = repeats(filled, &device.key);
            // Warnings read the voltages that it is stated for, and no plan does.
            let last =
                |item: &&Item| item.key_at.source.layer >= outermost && !RANGE.contains(&item.key.as_str());
            for item in stated.entries.iter().filter(last) {
                let path = ["device", &device.key, section];
                if idle(
                    &without(root, path, &item.key, &repeats),
                    name,
                    registry,
                    (plan, filled, &device.key),
                ) {
                    found.push(fault(&device.key, item));
                }
            }
        }
    }
    found
}

fn table<'a>(within: &'a Table, key: &str) -> Option<&'a Table> {
    match &within.get(key)?.node.value {
        Value::Table(table) => Some(table),
        _ => None,
    }
}

/// Paths of what populations of a device write though the device says the same: a scenario with every value filled in does.
fn repeats<'a>(filled: &'a Filled, device: &str) -> Vec<Vec<&'a str>> {
    fn of<'a>(fields: &'a Fields, path: &[&'a str], found: &mut Vec<Vec<&'a str>>) {
        for entry in &fields.entries {
            let path = [path, &[entry.key.name]].concat();
            match (entry.preset.as_deref().map(|preset| &preset.datum), &entry.datum) {
                (_, Some(Datum::Table(inner))) => of(inner, &path, found),
                (Some(Datum::Choice(said)), Some(Datum::Choice(written))) if said == written => {
                    found.push(path)
                }
                (Some(Datum::Number(said)), Some(Datum::Number(written))) if said == written => {
                    found.push(path)
                }
                (Some(Datum::Quantity(_, said)), Some(Datum::Quantity(_, written)))
                    if said.si == written.si =>
                {
                    found.push(path);
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    for (name, population) in filled.all("population") {
        if population.text("device") == Some(device) {
            of(population, &["population", name], &mut found);
        }
    }
    found
}

/// The tree without a key of the table at `path`, a parameter or law of a device, and without what repeats values of it.
fn without(root: &Table, path: [&str; 3], key: &str, repeats: &[Vec<&str>]) -> Table {
    fn leave_out(table: &mut Table, path: &[&str], key: &str) {
        let Some((first, rest)) = path.split_first() else {
            table.entries.retain(|item| item.key != key);
            return;
        };
        if let Some(Item { node, .. }) = table.entries.iter_mut().find(|item| item.key == *first)
            && let Value::Table(inner) = &mut node.value
        {
            leave_out(inner, rest, key);
        }
    }
    let mut root = root.clone();
    leave_out(&mut root, &path, key);
    for path in repeats {
        if let Some((key, path)) = path.split_last() {
            leave_out(&mut root, path, key);
        }
    }
    root
}

/// Whether the scenario is the same with this tree, though a device is another one in it.
fn idle(
    tree: &Table,
    name: &str,
    registry: &Registry,
    (plan, filled, device): (&Plan, &Filled, &str),
) -> bool {
    let mut unheard = Diagnostics::default();
    let other = reader::read(tree, name, registry, &mut unheard);
    // Without it there is no scenario, or its value is that of the preset anyway.
    let made = |filled: &Filled| {
        let place = filled.all("device").iter().position(|(name, _)| name == device)?;
        Some(filled.devices.get(place)?.as_ref()?.device.clone())
    };
    let Some(without) = lower::lower(&other, registry, &mut unheard) else { return false };
    if unheard.has_errors() || made(&other) == made(filled) {
        return false;
    }
    // Its read pulse is held to the onset of SET.
    let onset = |filled: &Filled| made(filled).and_then(|device| Some(device.memory()?.device.onsets().0));
    let is_read =
        plan.projections.iter().any(|one| one.device.as_ref().is_some_and(|read| read.name == device));
    if is_read && onset(&other) != onset(filled) {
        return false;
    }
    let bare = |plan: &Plan| Plan { assumed: Vec::new(), ..plan.clone() };
    bare(&without) == bare(plan)
}

fn fault(device: &str, item: &Item) -> Diagnostic {
    Diagnostic::error(format!("`{}` of device `{device}` has no effect", item.key))
        .at(&item.key_at)
        .label("nothing here reads it")
        .allowed("parameters that a population, projection or experiment of this device depends on")
        .hint("delete it; `memspike device` and [experiment.NAME] measure what a network does not use")
}

#[cfg(test)]
mod tests {
    use crate::scenario::{load, load_text};

    fn told(device: &str, population: &str, projection: &str) -> String {
        let text = format!(
            "[source.in]\nkind = \"regular\"\nsize = 1\nperiod = \"1 ms\"\n{device}\n\
             [population.out]\nsize = 1\n{population}\n[projection.p]\nfrom = \"in\"\nto = \"out\"\n\
             weight = \"1 mV\"\n{projection}\n[protocol]\nkind = \"simulate\"\nduration = \"10 ms\"\n"
        );
        load_text("test.toml", &text, &[], None).map_or_else(|faults| faults.render(false), |_| String::new())
    }

    const SWITCH: &str = "[device.d]\npreset = \"ag-tio2-pt-ts\"\nparameters = ";
    const MEMORY: &str = "[device.d]\npreset = \"ag-tio2-pt-rs-analog\"\nparameters = ";

    #[test]
    fn a_parameter_that_nothing_reads_is_refused_where_it_is_stated() {
        let lif = "device = \"d\"";
        let spread = told(&format!("{SWITCH}{{ cycle_cv = 0.07, tau = \"8 ms\" }}"), lif, "");
        assert!(spread.contains("`cycle_cv` of device `d` has no effect"), "{spread}");
        assert!(!spread.contains("`tau`") && spread.contains("test.toml:7"), "{spread}");
        let crossbar = "device = \"d\"\ncrossbar = { w_max = \"2 mV\" }";
        let kinetics = told(&format!("{MEMORY}{{ set_tau = \"1 s\" }}"), "", crossbar);
        assert!(kinetics.contains("`set_tau` of device `d` has no effect"), "{kinetics}");
    }

    #[test]
    fn what_a_population_repeats_is_not_idle_and_what_it_writes_over_is() {
        let of = |tau: &str| {
            let over = format!("model = \"switch\"\ndevice = \"d\"\ntau_m = \"{tau}\"");
            told(&format!("{SWITCH}{{ tau = \"8 ms\" }}"), &over, "")
        };
        assert_eq!(of("8 ms"), "");
        let spread = "model = \"switch\"\ndevice = \"d\"\ncycle_cv = 0.02\nswitch = { g_off = \"90 nS\" }";
        assert_eq!(told(&format!("{SWITCH}{{ cycle_cv = 0.02, g_off = \"90 nS\" }}"), spread, ""), "");
        assert!(of("7 ms").contains("`tau` of device `d` has no effect"), "{}", of("7 ms"));
    }

    #[test]
    fn what_an_argument_makes_idle_is_not_refused_and_an_idle_argument_is() {
        let set = |argument: &str| {
            let faults = load("stdp/pairs-device", &[argument.into()], None).map(|_| ());
            faults.map_or_else(|faults| faults.render(false), |()| String::new())
        };
        assert_eq!(set("projection.synapse.plasticity.spread=none"), "");
        let idle = set("device.synapse.parameters.cycle_cv=0.07");
        assert!(idle.contains("cycle_cv"), "{idle}");
    }

    #[test]
    fn what_is_read_or_is_the_presets_own_value_is_fine() {
        let (lif, switch) = ("device = \"d\"", "model = \"switch\"\ndevice = \"d\"");
        assert_eq!(told(&format!("{SWITCH}{{ cycle_cv = 0.07 }}"), switch, ""), "");
        assert_eq!(told(&format!("{SWITCH}{{ cycle_cv = 0.05, v_max = \"0.6 V\" }}"), lif, ""), "");
        let crossbar = "device = \"d\"\ncrossbar = { w_max = \"2 mV\" }";
        assert_eq!(told(&format!("{MEMORY}{{ g_max = \"3 mS\" }}"), "", crossbar), "");
        // The read pulse is held to it.
        assert_eq!(told(&format!("{MEMORY}{{ set_v_on = \"0.11 V\" }}"), "", crossbar), "");
        let reset = told(&format!("{MEMORY}{{ reset_v_on = \"0.11 V\" }}"), "", crossbar);
        assert!(reset.contains("`reset_v_on` of device `d` has no effect"), "{reset}");
        let learns = "device = \"d\"\ncrossbar = { arrangement = \"unipolar\" }\nplasticity = { rule = \"overlap\", w_max = \"2 mV\" }";
        assert_eq!(told(&format!("{MEMORY}{{ set_tau = \"1 s\" }}"), "", learns), "");
    }
}
