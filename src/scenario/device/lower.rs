//! Devices and experiments: from checked sections to plans.

use super::super::diagnostic::Diagnostic;
use super::super::filled::Fields;
use super::super::population::SwitchCircuit;
use super::super::section::Lower;
use super::super::spec::kinds::positive;
use super::super::spec::{Bounds, Kind, Refers, Unit};
use super::super::table::{Tried, list, table};
use super::compare::{Row, compare};
use super::{DeviceUnderTest, Experiment, ExperimentPlan, MAX_ROWS, PulseShape};
use crate::device::preset::Preset;
use crate::device::threshold::{Circuit, VolatileSwitch};
use crate::units::{Farad, Ohm, Quantity as _, Second, Siemens, Volt};

/// The experiments of `kind = "device"`, if nothing is wrong with them.
pub fn lower(lower: &mut Lower<'_>, protocol: &Fields) -> Option<Vec<ExperimentPlan>> {
    for section in ["source", "population", "projection"] {
        for (_, fields) in lower.filled.all(section) {
            lower.faults.push(
                Diagnostic::error(format!("{} has no part in measuring a device", fields.what))
                    .maybe_at(fields.at.as_ref())
                    .also(protocol.written("kind"), "there is no network here")
                    .allowed("[device.NAME] and [experiment.NAME]")
                    .hint("delete it, or choose kind = \"simulate\""),
            );
        }
    }
    let filled = lower.filled;
    if filled.all("experiment").is_empty() {
        lower.faults.push(
            Diagnostic::error("there is no [experiment.NAME]")
                .maybe_at(protocol.place("kind"))
                .label("nothing to do")
                .allowed("[experiment.NAME] with kind = \"iv\" and points = [\"0 V\", \"0.5 V\", \"0 V\"]")
                .hint("`memspike models` lists the kinds of experiment"),
        );
    }
    let experiments: Vec<Option<ExperimentPlan>> =
        filled.all("experiment").iter().map(|(name, fields)| experiment(lower, name, fields)).collect();
    experiments.into_iter().collect()
}

/// What stands in a scenario that has a network instead: experiments, and devices that nothing is made of.
pub fn unused(lower: &mut Lower<'_>, protocol: &Fields) {
    let filled = lower.filled;
    let parts = || ["population", "projection"].into_iter().flat_map(|section| filled.all(section));
    let named = |name: &String| {
        let names = |fields: &Fields| {
            fields.entries.iter().any(|e| e.key.name == "device" && fields.text("device") == Some(name))
        };
        parts().any(|(_, fields)| names(fields))
    };
    // The first of each says it for the others.
    for section in ["device", "experiment"] {
        let mut all = lower.filled.all(section).iter();
        if let Some((_, fields)) = all.find(|(name, _)| section == "experiment" || !named(name)) {
            lower.faults.push(
                Diagnostic::error(format!("{} is not measured here", fields.what))
                    .maybe_at(fields.at.as_ref())
                    .also(protocol.written("kind"), "this runs a network")
                    .allowed("[device.NAME] and [experiment.NAME] with kind = \"device\" in [protocol]; devices of a network: `device = \"NAME\"` of a population with model = \"switch\", or of a projection"),
            );
        }
    }
}

table! {
    /// One measurement, as it is described.
    pub(in crate::scenario) struct Described {
        /// Which device it is done with.
        device: Tried<usize> = Kind::Name(Refers::Device), derived("the only device") => device;
        /// One line for pictures and tables.
        title: Tried<String> = Kind::Text, derived("its name");
        experiment: Tried<Experiment>;
        around: Tried<Around>;
        /// Whether it is one of many devices, drawn by the seed, each with parameters of its own as the preset's spread from device to device has
        /// them, instead of the nominal one.
        own: bool = Kind::Flag, setting("false");
        /// What the paper says of this experiment, and how close the result must come.
        compare: Vec<Tried<Row>> = list::<Row>(), setting("[]");
    }
}

/// Experiments that apply a voltage for longer than a moment.
const DRIVEN: &[&str] = &["iv", "pulses", "integration", "cycles"];

table! {
    /// The circuit of a threshold switch.
    pub(in crate::scenario) struct Around {
        /// What is around a threshold switch.
        circuit: SwitchCircuit = Kind::word::<SwitchCircuit>(), setting("\"bare\""), when("kind", DRIVEN);
        /// How long after firing the drive still flows.
        open_after: Option<Second> = Kind::Quantity(Unit::Second, Bounds::NON_NEGATIVE.up_to(4000.0)),
            assumed("\"100 us\"", "the periphery is not reported"), when("circuit", &["reset"]);
        /// Resistor in series with the switch; in `node` that of one row.
        r_s: Option<Ohm> = positive(Unit::Ohm), when("circuit", &["series", "load", "node"]);
        /// Voltage of a row that is active: a drive V is V/v_row rows of r_s.
        v_row: Option<Volt> = positive(Unit::Volt), when("circuit", &["node"]);
        /// Capacitor across the switch; in `node` that of the column.
        c: Option<Farad> = positive(Unit::Farad), when("circuit", &["load", "node"]);
    }
}

fn experiment(lower: &mut Lower<'_>, name: &str, fields: &Fields) -> Option<ExperimentPlan> {
    let kind = fields.word("kind")?;
    let Described { device, title, experiment: Tried(experiment), around, own, compare: rows } =
        lower.made(fields)?;
    if let Some(experiment) = &experiment {
        too_many(lower, fields, experiment);
    }
    let index = device.0?;
    let (called, preset) =
        (lower.filled.all("device")[index].0.clone(), lower.filled.devices.get(index)?.clone()?);
    let preset = DeviceUnderTest { name: called, preset, own, circuit: None };
    let of = preset.preset.device.kind();
    if !of.takes(kind) {
        let kinds = lower.registry.devices().iter();
        let wanted: Vec<&str> = kinds.filter(|of| of.takes(kind)).map(|of| of.name).collect();
        lower.faults.push(
            Diagnostic::error(format!(
                "device `{}` is a {}, and {} cannot be made with one",
                preset.name, of.name, fields.what
            ))
            .maybe_at(fields.place("device"))
            .also(fields.written("kind"), "of this kind")
            .allowed(format!("a device of kind {}", wanted.join(", "))),
        );
        return None;
    }
    let preset = DeviceUnderTest { circuit: circuit(lower, fields, around.0.as_ref(), &preset), ..preset };
    fits(lower, fields, &preset.preset, experiment.as_ref());
    chance_and_use(lower, fields, &preset);
    let compare = compare(lower, fields, rows, (kind, &preset.preset.device));
    Some(ExperimentPlan {
        name: name.to_string(),
        title: title.0?,
        device: preset,
        experiment: experiment?,
        compare: compare?,
    })
}

fn device(lower: &mut Lower<'_>, fields: &Fields) -> Option<Tried<usize>> {
    Some(Tried(index(lower, fields)))
}

/// Index of the device that an experiment is made with.
fn index(lower: &mut Lower<'_>, fields: &Fields) -> Option<usize> {
    let names = lower.filled.names(Refers::Device);
    let Some(name) = fields.text("device") else {
        if fields.written("device").is_none() {
            lower.faults.push(
                Diagnostic::error(format!("{} names no device, and there are {}", fields.what, names.len()))
                    .maybe_at(fields.at.as_ref())
                    .label("`device` is missing")
                    .allowed(if names.is_empty() {
                        "[device.NAME] with preset = \"ag-tio2-pt-ts\"".to_string()
                    } else {
                        names.join(", ")
                    }),
            );
        }
        return None;
    };
    lower.index(name, fields.place("device"), &format!("`device` of {}", fields.what), Refers::Device)
}

/// The circuit of a threshold switch that is driven; stated for any other device it is refused.
fn circuit(
    lower: &mut Lower<'_>,
    fields: &Fields,
    around: Option<&Around>,
    device: &DeviceUnderTest,
) -> Option<Circuit> {
    if device.preset.device.get::<VolatileSwitch>().is_some() {
        let of =
            |around: &Around| around.circuit.with(around.open_after, (around.r_s, around.v_row), around.c);
        let circuit = around.and_then(of).filter(|_| fields.entry("circuit").active);
        if let Some(ramps) = fields.word("kind").filter(|kind| ["iv", "cycles"].contains(kind))
            && circuit.is_some_and(|circuit| !circuit.takes_ramps())
        {
            lower.faults.push(
                Diagnostic::error(format!(
                    "{} sweeps a voltage, which a passive column does not follow",
                    fields.what
                ))
                .maybe_at(fields.place("circuit"))
                .also(fields.written("kind"), format!("{ramps} sweeps"))
                .label("its rows are active or idle")
                .allowed("circuit = \"node\" with kind = \"pulses\" or \"integration\""),
            );
        }
        return circuit;
    }
    // Every device is between a source and its limiter, where nothing else is said.
    if let Some(at) = fields
        .written("circuit")
        .filter(|_| around.is_some_and(|around| around.circuit != SwitchCircuit::Bare))
    {
        let words = device.preset.device.kind().words();
        lower.faults.push(
            Diagnostic::error(format!("{} has a `circuit`, and its device is {words}", fields.what))
                .at(at)
                .label("has no effect")
                .allowed(format!(
                    "`circuit` for a threshold switch; {words} is between a source and its limiter"
                ))
                .hint("delete it"),
        );
    }
    None
}

/// A table that no memory would hold.
fn too_many(lower: &mut Lower<'_>, fields: &Fields, experiment: &Experiment) {
    let rows = experiment.rows();
    if rows > MAX_ROWS {
        lower.faults.push(
            Diagnostic::error(format!("{} would give {rows} points", fields.what))
                .maybe_at(fields.at.as_ref())
                .label("too many")
                .allowed(format!("at most {MAX_ROWS}"))
                .hint("fewer samples, repetitions or pulses, or a larger step"),
        );
    }
}

/// What only a device can show that states it: a spread from device to device, and how it wears.
fn chance_and_use(lower: &mut Lower<'_>, fields: &Fields, of: &DeviceUnderTest) {
    let device = &of.preset.device;
    let memory = device.memory();
    let alike = device.one(Some((0, 0))) == device.one(None);
    let lasting = memory.is_some_and(|memory| memory.retention.lifetime_sigma > 0.0);
    let wears = memory.is_some_and(|memory| memory.endurance.is_some());
    let words = device.kind().words();
    let (retention, cycles) =
        (fields.word("kind") == Some("retention"), fields.word("kind") == Some("cycles"));
    let idle = [
        (
            "own",
            fields.flag("own") == Some(true) && retention && lasting,
            "each of `devices` has a lifetime of its own anyway",
            "`devices`, how many there are",
        ),
        (
            "own",
            fields.flag("own") == Some(true) && alike && !(retention && lasting),
            "states no spread from device to device",
            "`own` for a device whose preset states one",
        ),
        (
            "wear",
            cycles && fields.flag("wear") == Some(true) && !wears,
            "states no endurance",
            "`wear` for a binary switch, which states `endurance`",
        ),
    ];
    for (key, _, label, allowed) in idle.into_iter().filter(|(_, idle, ..)| *idle) {
        lower.faults.push(
            Diagnostic::error(format!(
                "`{key}` of {} has no effect: device `{}` is {words}",
                fields.what, of.name
            ))
            .maybe_at(fields.written(key))
            .label(label)
            .allowed(allowed),
        );
    }
}

/// What experiment and device must agree in.
fn fits(lower: &mut Lower<'_>, fields: &Fields, preset: &Preset, experiment: Option<&Experiment>) {
    let start = fields.quantity("g_start").and_then(Siemens::from_si);
    let Some(memory) = preset.device.memory() else {
        if start.is_some() {
            let words = preset.device.kind().words();
            lower.faults.push(
                Diagnostic::error(format!("{} has a `g_start`, and its device is {words}", fields.what))
                    .maybe_at(fields.place("g_start"))
                    .label("has no effect")
                    .allowed(format!("`g_start` for a resistive device; {words} starts at rest"))
                    .hint("delete it"),
            );
        }
        return;
    };
    let bounds = memory.device.bounds();
    if let Some(g) = start
        && !(bounds.g_min..=bounds.g_max).contains(&g.get())
    {
        let [low, high] = [bounds.g_min, bounds.g_max].map(|g| Unit::Siemens.print(g));
        lower.faults.push(
            Diagnostic::error(format!(
                "`g_start` of {} is {g}, outside the range of the device",
                fields.what
            ))
            .maybe_at(fields.place("g_start"))
            .label("out of range")
            .allowed(format!("{low} to {high}")),
        );
    }
    let learns = matches!(
        experiment,
        Some(Experiment::Stdp { .. } | Experiment::SpikePulses { shape: PulseShape::Biphasic {}, .. })
    );
    if learns && memory.pulse.is_none() {
        lower.faults.push(
            Diagnostic::error(format!("preset `{}` of {} states no spike pulse", preset.name, fields.what))
                .maybe_at(fields.place("device"))
                .allowed("a preset with pulse_peak, pulse_half_width, pulse_tail and pulse_tail_length"),
        );
    }
}
