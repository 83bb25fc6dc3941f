//! What lowering any section needs: the sections, the faults, and the rules that many of them share.

use super::data_plan::DataPlan;
use super::device_plan::DevicePlan;
use super::diagnostic::{At, Diagnostic, Diagnostics, nearest};
use super::filled::{Datum, Fields, Filled};
use super::spec::{Refers, Unit};
use crate::device::preset::Preset;
use crate::keys::{ModelFault, ModelKey, Unstated};
use crate::record::Format;
use crate::registry::{LACKING, Registry};
use crate::synapse::Spread;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

pub(super) struct Lower<'a> {
    pub filled: &'a Filled,
    pub registry: &'a Registry,
    /// Why no projection can have a rule of its own, as the protocol says; `None`: it can.
    pub no_rules: Option<&'static str>,
    /// Whether the protocol presents samples one by one to what learns by its rules.
    pub presents: bool,
    pub faults: &'a mut Diagnostics,
    /// Unit of the weights of the projection whose tables are being read, if they have one.
    pub weight_unit: Option<Unit>,
    /// The spread with which the devices of the projection whose tables are being read are programmed, if it has any.
    pub own_spread: Option<Spread>,
    /// The devices that the protocol trains.
    pub trained_devices: Option<(DevicePlan, Preset)>,
    /// What sources show, by the path of their tables; `None`: faulty, and reported.
    pub data: BTreeMap<String, Option<DataPlan>>,
    /// How many lines each source has, in their order; `None`: faulty, and reported.
    pub lines: Vec<Option<u32>>,
    /// How far a jump from rest must go to make a neuron of each population fire, where that is one number.
    pub thresholds: Vec<Option<f64>>,
    /// Populations that projections with another kernel than jumps go to, once somebody has asked.
    pub reached_by_currents: OnceCell<BTreeSet<&'a str>>,
}

impl<'a> Lower<'a> {
    pub(super) fn new(filled: &'a Filled, registry: &'a Registry, faults: &'a mut Diagnostics) -> Self {
        Self {
            filled,
            registry,
            no_rules: None,
            presents: false,
            faults,
            weight_unit: None,
            own_spread: None,
            trained_devices: None,
            data: BTreeMap::new(),
            lines: Vec::new(),
            thresholds: Vec::new(),
            reached_by_currents: OnceCell::new(),
        }
    }

    /// Exactly one of two keys must be given.
    pub(super) fn one_of(&mut self, fields: &Fields, first: &str, second: &str) {
        let both = fields.written(first).is_some() && fields.written(second).is_some();
        // A faulty value was reported already.
        if !both && (fields.written(first).is_some() || fields.written(second).is_some()) {
            return;
        }
        let what = if both { "both" } else { "neither" };
        self.faults.push(
            Diagnostic::error(format!(
                "{} has {what} `{first}` {} `{second}`",
                fields.what,
                if both { "and" } else { "nor" }
            ))
            .maybe_at(if both { fields.written(second) } else { fields.at.as_ref() })
            .also(if both { fields.written(first) } else { None }, "and here")
            .allowed("one of the two"),
        );
    }

    /// Key `low` must be strictly below key `high` of the same table.
    pub(super) fn below(&mut self, fields: &Fields, low: &str, high: &str, why: &str) {
        let (Some(Datum::Quantity(unit, a)), Some(Datum::Quantity(_, b))) =
            (fields.datum(low), fields.datum(high))
        else {
            return;
        };
        let (a, b) = (a.si, b.si);
        if a < b {
            return;
        }
        // Mark what was written; a default cannot be at fault alone.
        let (marked, other) = if fields.written(high).is_some() { (high, low) } else { (low, high) };
        let by_default = |name: &str| {
            if fields.written(name).is_some() { "" } else { " (its default)" }
        };
        let relation = if a == b { "not above" } else { "below" };
        self.faults.push(
            Diagnostic::error(format!(
                "`{high}` of {} is {}{}, {relation} `{low}`, which is {}{}",
                fields.what,
                unit.print(b),
                by_default(high),
                unit.print(a),
                by_default(low)
            ))
            .maybe_at(fields.place(marked))
            .label(if marked == high { "too low" } else { "too high" })
            .also(fields.written(other), "against this")
            .allowed(format!("`{low}` below `{high}`"))
            .hint(why),
        );
    }

    /// What `make` makes of the values of a registered model; `None` if there is a fault, which is reported.
    pub(super) fn model<M>(
        &mut self,
        fields: &Fields,
        keys: &'static [ModelKey],
        make: impl FnOnce(&dyn Fn(&str) -> Option<f64>) -> Result<M, Vec<ModelFault>>,
    ) -> Option<M> {
        self.model_of((fields, None), keys, &|key| model_value(fields, key), make)
    }

    /// The same of one neuron of a population, whose values are `own`.
    pub(super) fn model_of<M>(
        &mut self,
        (fields, neuron): (&Fields, Option<usize>),
        keys: &'static [ModelKey],
        own: &dyn Fn(&ModelKey) -> Option<f64>,
        make: impl FnOnce(&dyn Fn(&str) -> Option<f64>) -> Result<M, Vec<ModelFault>>,
    ) -> Option<M> {
        let value = |name: &str| own(keys.iter().find(|key| key.name == name)?);
        // What cannot be read has been reported.
        let missing = |key: &ModelKey| {
            value(key.name).is_none()
                && (fields.written(key.name).is_some() || !matches!(key.default, Unstated::Nothing(_)))
        };
        if keys.iter().any(missing) {
            return None;
        }
        let faults = match make(&value) {
            Ok(made) => return Some(made),
            Err(faults) => faults,
        };
        let of = neuron.map_or_else(String::new, |neuron| format!("neuron {neuron} of "));
        for fault in faults {
            self.faults.push(
                Diagnostic::error(format!("`{}` of {of}{} is {}", fault.key, fields.what, fault.value))
                    .maybe_at(fields.place(fault.key))
                    .allowed(fault.allowed),
            );
        }
        None
    }

    /// How many a population or source of this name has, if it says so, or a fault if there is none of this name.
    pub(super) fn sized(&mut self, name: &str, at: &At, what: &str, refers: Refers) -> Option<Option<u32>> {
        self.index(name, Some(at), what, refers)?;
        let found = ["source", "population"].into_iter().find_map(|section| self.filled.find(section, name));
        Some(found.and_then(|(_, fields)| fields.count("size")))
    }

    /// The index a name refers to, or a fault with the nearest name.
    pub(super) fn index(&mut self, name: &str, at: Option<&At>, what: &str, refers: Refers) -> Option<usize> {
        let found = match refers {
            Refers::Format => self.registry.formats().iter().position(|known| known.name() == name),
            _ => self.filled.place(name, refers),
        };
        if found.is_none() {
            let names = match refers {
                Refers::Format => self.registry.formats().iter().map(Format::name).collect(),
                _ => self.filled.names(refers),
            };
            let close = nearest(name, names.iter().copied());
            let elsewhere = (refers == Refers::Population
                && self.filled.names(Refers::Source).contains(&name))
            .then(|| format!("`{name}` is a source, and nothing arrives at a source"));
            self.faults.push(
                Diagnostic::error(format!("{what} names `{name}`, which is not a {}", refers.noun()))
                    .maybe_at(at)
                    .label("not known")
                    .allowed(if names.is_empty() {
                        format!("there is no {} yet", refers.noun())
                    } else {
                        names.join(", ")
                    })
                    .maybe_hint(
                        close
                            .map(|close| format!("did you mean `{close}`?"))
                            .or(elsewhere)
                            .or(lacking(name, refers)),
                    ),
            );
        }
        found
    }
}

/// Where a format is known to builds that have a feature.
fn lacking(name: &str, refers: Refers) -> Option<String> {
    (refers == Refers::Format && LACKING.contains(&name)).then(|| {
        format!(
            "it needs the feature `{name}`, which this memspike was built without: `cargo install memspike --features \
             {name}` installs one with it"
        )
    })
}

/// What a scenario says about a key of a registered model.
pub(super) fn model_value(fields: &Fields, key: &ModelKey) -> Option<f64> {
    match fields.datum(key.name)? {
        Datum::Quantity(_, amount) => Some(amount.si),
        Datum::Number(value) => Some(*value),
        Datum::Flag(flag) => Some(f64::from(u8::from(*flag))),
        Datum::Choice(word) => key.place(word),
        _ => None,
    }
}
