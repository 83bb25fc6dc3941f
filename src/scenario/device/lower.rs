//! Devices and experiments: from checked sections to plans.

use super::super::diagnostic::Diagnostic;
use super::super::filled::Fields;
use super::super::population::circuit;
use super::super::section::{Lower, quantity};
use super::super::spec::{ExperimentKind, Refers, ShapeKind, SwitchCircuit, Unit, Word as _};
use super::compare::compare;
use super::{DeviceUnderTest, Experiment, ExperimentPlan, MAX_ROWS, PulseShape};
use crate::device::preset::Preset;
use crate::device::threshold::{Circuit, VolatileSwitch};
use crate::units::{Quantity, Siemens, Volt};

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

fn experiment(lower: &mut Lower<'_>, name: &str, fields: &Fields) -> Option<ExperimentPlan> {
    let kind = fields.choice("kind")?;
    let device = device(lower, fields);
    let experiment = described(lower, fields, kind);
    if let Some(experiment) = &experiment {
        too_many(lower, fields, experiment);
    }
    let preset = device?;
    let of = preset.preset.device.kind();
    if !of.takes(kind.word()) {
        let kinds = lower.registry.devices().iter();
        let wanted: Vec<&str> = kinds.filter(|of| of.takes(kind.word())).map(|of| of.name).collect();
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
    let preset = DeviceUnderTest { circuit: around(lower, fields, &preset), ..preset };
    fits(lower, fields, &preset.preset, experiment.as_ref());
    let compare = compare(lower, fields, kind, &preset.preset.device);
    Some(ExperimentPlan {
        name: name.to_string(),
        title: fields.text("title")?.to_string(),
        device: preset,
        experiment: experiment?,
        compare: compare?,
    })
}

fn device(lower: &mut Lower<'_>, fields: &Fields) -> Option<DeviceUnderTest> {
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
    let name = name.to_string();
    let index = lower.index(
        &name,
        fields.place("device"),
        &format!("`device` of {}", fields.what),
        Refers::Device,
    )?;
    Some(DeviceUnderTest {
        name,
        preset: lower.filled.devices.get(index)?.clone()?,
        own: false,
        circuit: None,
    })
}

/// The circuit of a threshold switch that is driven; stated for any other device it is refused.
fn around(lower: &mut Lower<'_>, fields: &Fields, device: &DeviceUnderTest) -> Option<Circuit> {
    if device.preset.device.get::<VolatileSwitch>().is_some() {
        return if fields.entry("circuit").active { circuit(fields) } else { None };
    }
    // Every device is between a source and its limiter, where nothing else is said.
    if let Some(at) =
        fields.written("circuit").filter(|_| fields.word("circuit") != Some(SwitchCircuit::Bare.word()))
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

fn described(lower: &mut Lower<'_>, fields: &Fields, kind: ExperimentKind) -> Option<Experiment> {
    let samples = fields.count("samples");
    let g_start = || quantity::<Siemens>(fields, "g_start");
    Some(match kind {
        ExperimentKind::Iv => {
            let points: Vec<Volt> =
                fields.quantities("points").iter().filter_map(|v| Volt::from_si(*v)).collect();
            let distinct = points.windows(2).any(|pair| pair[0] != pair[1]);
            if !distinct && fields.datum("points").is_some() {
                lower.faults.push(
                    Diagnostic::error(format!("`points` of {} do not lead anywhere", fields.what))
                        .maybe_at(fields.place("points"))
                        .label("no sweep")
                        .allowed(
                            "two voltages or more, not all the same, such as [\"0 V\", \"0.5 V\", \"0 V\"]",
                        ),
                );
                return None;
            }
            let repeat = fields.count("repeat")?;
            Experiment::Iv {
                points,
                rate: quantity(fields, "rate")?,
                samples: samples?,
                repeat,
                g_start: g_start(),
                noise: fields.flag("noise")?,
            }
        }
        ExperimentKind::Pulses => {
            let count = fields.count("count");
            not_above(
                lower,
                fields,
                "width",
                "period",
                "the next pulse would begin before the last one ends",
            );
            Experiment::Pulses {
                amplitude: quantity(fields, "amplitude")?,
                width: quantity(fields, "width")?,
                period: quantity(fields, "period")?,
                count: count?,
                reverse: None,
                samples: samples?,
                g_start: g_start(),
                noise: fields.flag("noise")?,
            }
        }
        ExperimentKind::Integration => Experiment::Integration {
            amplitude: quantity(fields, "amplitude")?,
            length: quantity(fields, "length")?,
            samples: samples?,
        },
        ExperimentKind::Relaxation => {
            Experiment::Relaxation { length: quantity(fields, "length")?, samples: samples? }
        }
        ExperimentKind::Power => Experiment::Power { samples: samples? },
        ExperimentKind::Cycles => {
            for (name, above) in [("v_set", true), ("v_reset", false)] {
                let wrong = fields.quantity(name).is_some_and(|v| if above { v <= 0.0 } else { v >= 0.0 });
                if wrong {
                    let sign = if above { "above" } else { "below" };
                    lower.faults.push(
                        Diagnostic::error(format!(
                            "`{name}` of {} is {}",
                            fields.what,
                            Unit::Volt.print(fields.quantity(name).unwrap_or(0.0))
                        ))
                        .maybe_at(fields.place(name))
                        .label("wrong sign")
                        .allowed(format!(
                            "a voltage {sign} 0 V: SET is at positive, RESET at negative voltage"
                        )),
                    );
                }
            }
            Experiment::Cycles {
                cycles: fields.integer("cycles")?,
                v_set: quantity(fields, "v_set")?,
                v_reset: quantity(fields, "v_reset")?,
                edge: quantity(fields, "edge")?,
                wear: false,
            }
        }
        ExperimentKind::Retention => Experiment::Retention {
            length: quantity(fields, "length")?,
            samples: samples?,
            devices: fields.count("devices")?,
            floor: fields.number("floor")?,
            nominal: false,
        },
        ExperimentKind::Stdp => {
            within_reach(lower, fields, "step");
            if fields.written("fine_step").is_some() {
                within_reach(lower, fields, "fine_step");
            }
            not_above(lower, fields, "fit_from", "reach", "nothing would be left to fit");
            Experiment::Stdp {
                reach: quantity(fields, "reach")?,
                step: quantity(fields, "step")?,
                fit_from: quantity(fields, "fit_from")?,
                fine_step: quantity(fields, "fine_step")?,
                g_start: g_start(),
            }
        }
        ExperimentKind::SpikePulses => {
            within_reach(lower, fields, "step");
            Experiment::SpikePulses {
                shape: match fields.choice("shape")? {
                    ShapeKind::Biphasic => PulseShape::Biphasic,
                    ShapeKind::Unipolar => PulseShape::Unipolar {
                        peak: quantity(fields, "peak")?,
                        base: quantity(fields, "base")?,
                    },
                },
                dt: quantity(fields, "dt")?,
                reach: quantity(fields, "reach")?,
                step: quantity(fields, "step")?,
                g_start: g_start(),
            }
        }
    })
}

/// `small` must not be above `large`.
fn not_above(lower: &mut Lower<'_>, fields: &Fields, small: &str, large: &str, why: &str) {
    let (Some(a), Some(b)) = (fields.quantity(small), fields.quantity(large)) else { return };
    if a <= b {
        return;
    }
    lower.faults.push(
        Diagnostic::error(format!(
            "`{small}` of {} is {}, above `{large}`, which is {}",
            fields.what,
            Unit::Second.print(a),
            Unit::Second.print(b)
        ))
        .maybe_at(fields.place(small))
        .label("too large")
        .also(fields.written(large), "against this")
        .allowed(format!("`{small}` up to `{large}`"))
        .hint(why),
    );
}

fn within_reach(lower: &mut Lower<'_>, fields: &Fields, step: &str) {
    not_above(lower, fields, step, "reach", "the window would have no point but dt = 0");
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
        Some(Experiment::Stdp { .. } | Experiment::SpikePulses { shape: PulseShape::Biphasic, .. })
    );
    if learns && memory.pulse.is_none() {
        lower.faults.push(
            Diagnostic::error(format!("preset `{}` of {} states no spike pulse", preset.name, fields.what))
                .maybe_at(fields.place("device"))
                .allowed("a preset with pulse_peak, pulse_half_width, pulse_tail and pulse_tail_length"),
        );
    }
}
