//! `in_situ` of an exact gradient: weights that learn in their devices, what that goes with, and the devices of a plan.

use crate::device::endurance::Endurance;
use crate::device::memory::DoseMemory;
use crate::device::resistive::{DeviceSpread, DoseDevice};
use crate::plasticity::ProgramPulse;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::filled::Fields;
use crate::scenario::overlap::OverlapSpread;
use crate::scenario::plan::DevicePlan;
use crate::scenario::plasticity::Wear;
use crate::scenario::section::Lower;
use crate::scenario::spec::kinds::SHARE;
use crate::scenario::spec::{Bounds, Key, Kind, Unit};
use crate::scenario::table::{Table, inner, table};
use crate::synapse::Mapping;
use crate::time::Time;
use crate::training::exact::{Pulsed, Update};
use crate::units::{Quantity as _, Second};
use crate::waveform::Waveform;

table! {
    /// Weights that learn in their devices: steps of the optimizer are accumulated for each synapse and become pulses.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct InSitu {
        /// How many pulses an accumulated step becomes.
        update: Pulses;
        /// The pulses.
        program: ProgramPulse = inner::<ProgramPulse>(), setting("{}");
        /// Share of its range above which a device of a pair takes no pulse before both are brought down by RESET pulses.
        refresh: f64 = SHARE, setting("0.9");
        /// The devices that learn.
        devices: Moved;
        /// How pulses wear devices; they are counted in any case.
        endurance: Option<Wear> = inner::<Wear>(), absent("they do not");
    }
}

table! {
    /// How an accumulated step becomes pulses. The granularity is what one pulse on the nominal device in the middle of its range does to
    /// the weight.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case", tag = "update")]
    pub enum Pulses by "update", "How many pulses an accumulated step becomes.", setting("\"size\"") {
        Size = "size": "one for each granularity that it holds; the rest stays" {
            /// Most pulses on a synapse in one step; what they leave stays.
            max_pulses: u32 = Kind::Integer { min: 1, max: 1_000_000 }, setting("10");
        }
        Sign = "sign": "one where it has reached `threshold`; it is forgotten then" {
            /// In units of the granularity; 0: every step that is not nothing is a pulse.
            threshold: f64 = Kind::Number(Bounds::NON_NEGATIVE), setting("1.0");
        }
    }
}

/// The devices that learn, as pulses find them: projection, device, and how others differ from it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Moved(Vec<(usize, DoseDevice, DeviceSpread)>);

impl Table for Moved {
    const KEYS: &'static [Key] = &[Key::new(
        "spread",
        Kind::word::<OverlapSpread>(),
        "How devices differ: their own kinetics and ranges, drawn once.",
    )
    .setting("\"none\"")];

    fn lower(lower: &mut Lower<'_>, fields: &Fields) -> Option<Self> {
        let differ: OverlapSpread = lower.get(fields, "spread")?;
        let mut devices = Vec::new();
        for (index, (_, projection)) in lower.filled.all("projection").iter().enumerate() {
            let Some(preset) = projection.text("device").and_then(|name| lower.filled.device(name)) else {
                continue;
            };
            let Some(memory) = preset.device.get::<DoseMemory>() else { continue };
            let spread = match differ {
                OverlapSpread::Device => memory.spread,
                OverlapSpread::None => DeviceSpread::default(),
            };
            devices.push((index, memory.device.clone(), spread));
        }
        Some(Self(devices))
    }
}

impl InSitu {
    /// The devices of a projection, with what maps them to weights in units of the threshold.
    pub fn pulsed(&self, projection: usize, plan: &DevicePlan, mapping: Mapping) -> Option<Pulsed> {
        let (_, device, differ) = self.devices.0.iter().find(|one| one.0 == projection)?;
        Some(Pulsed {
            projection,
            mapping,
            spread: plan.spread,
            faults: plan.faults,
            device: device.clone(),
            differ: *differ,
            pulse: self.program,
            endurance: self.endurance.map(|wear| wear.endurance(None)),
            read: plan.read,
            refresh: self.refresh,
            update: match self.update {
                Pulses::Size { max_pulses } => Update::Size { most: max_pulses },
                Pulses::Sign { threshold } => Update::Sign { threshold },
            },
        })
    }

    /// How pulses wear devices.
    pub fn wear(&self) -> Endurance {
        self.endurance.map_or_else(Endurance::default, |wear| wear.endurance(None))
    }

    /// One line for a person.
    pub fn told(&self) -> String {
        let update = match self.update {
            Pulses::Size { max_pulses } => {
                format!("a pulse for each granularity of a step, at most {max_pulses}")
            }
            Pulses::Sign { threshold } => {
                format!("one pulse where {threshold} of the granularity is reached")
            }
        };
        let ProgramPulse { v_set, v_reset, width } = self.program;
        format!(
            "{update}; SET {v_set}, RESET {v_reset}, {width}; pairs are refreshed above {} of the range",
            self.refresh
        )
    }
}

/// Whether weights are to learn in their devices.
fn asked(protocol: &Fields) -> Option<&Fields> {
    protocol.table("gradient")?.table("in_situ")
}

/// Checks what weights that learn in their devices go with.
pub fn fits(lower: &mut Lower<'_>, protocol: &Fields) {
    let Some(table) = asked(protocol) else { return };
    let because = table.at.as_ref();
    for (key, allowed) in [
        ("weight_bound", "nothing: a weight ends where its devices do, at `w_max` of the crossbar"),
        ("weights_from", "nothing: devices learn here"),
        ("validation", "0: the devices of an earlier epoch are not there any more, and the last is tested"),
    ] {
        if let Some(at) = protocol.changed(key) {
            lower.faults.push(
                Diagnostic::error(format!("`{key}` of {} has no effect", protocol.what))
                    .at(at)
                    .also(because, "weights learn in their devices")
                    .allowed(allowed),
            );
        }
    }
    let filled = lower.filled;
    let mut pairs = false;
    for (_, fields) in filled.all("projection") {
        if fields.word("connect") == Some("pooling") {
            continue;
        }
        let Some(name) = fields.text("device") else {
            if fields.written("device").is_none() {
                lower.faults.push(
                    Diagnostic::error(format!("{} learns, and has no devices to learn in", fields.what))
                        .maybe_at(fields.at.as_ref())
                        .also(because, "weights learn in their devices")
                        .allowed(format!("`device` of [{}]", fields.path)),
                );
            }
            continue;
        };
        let crossbar = fields.table("crossbar");
        let arrangement = crossbar.and_then(|crossbar| crossbar.word("arrangement"));
        pairs |= arrangement.is_none_or(|word| word == "differential");
        if arrangement == Some("parallel") {
            lower.faults.push(
                Diagnostic::error(format!("{} has several pairs for a weight", fields.what))
                    .maybe_at(crossbar.and_then(|crossbar| crossbar.place("arrangement")))
                    .also(because, "weights learn in their devices")
                    .allowed("arrangement = \"differential\", \"single\" or \"unipolar\"")
                    .hint("which of several pairs takes a pulse is not modelled"),
            );
        }
        for (key, why) in
            [("levels", "pulses move conductances continuously"), ("age", "devices are pulsed all the time")]
        {
            if let Some(at) = crossbar.and_then(|crossbar| crossbar.written(key)) {
                lower.faults.push(
                    Diagnostic::error(format!("`{key}` of the crossbar of {} has no effect", fields.what))
                        .at(at)
                        .label(why)
                        .also(because, "weights learn in their devices")
                        .allowed(format!("`{key}` of a case of `programming` of the protocol")),
                );
            }
        }
        let Some(preset) = filled.device(name) else { continue };
        match preset.device.get::<DoseMemory>() {
            Some(memory) => moves(lower, table, &memory.device, &fields.what),
            // What does not stay is refused where it stands.
            None if preset.device.memory().is_none() => {}
            None => lower.faults.push(
                Diagnostic::error(format!("the devices of {} cannot learn step by step", fields.what))
                    .maybe_at(fields.place("device"))
                    .label(format!("`{}` is either on or off: a pulse has no granularity", preset.name))
                    .also(because, "weights learn in their devices")
                    .allowed("a device of kind dose_device, such as \"ag-tio2-pt-rs-analog\""),
            ),
        }
    }
    if let (Some(at), false) = (table.written("refresh"), pairs) {
        lower.faults.push(
            Diagnostic::error(format!("`refresh` of {} has no effect", table.what))
                .at(at)
                .label("no weight is a pair of devices")
                .allowed("nothing, or arrangement = \"differential\""),
        );
    }
}

/// Checks that both pulses move a device.
fn moves(lower: &mut Lower<'_>, table: &Fields, device: &DoseDevice, what: &str) {
    let Some(program) = table.table("program") else { return };
    let Some(width) = program.quantity("width").and_then(Second::from_si) else { return };
    let Ok(width) = Time::from_seconds(width) else { return };
    for (key, sign, side) in [("v_set", 1.0, "SET"), ("v_reset", -1.0, "RESET")] {
        let Some(volts) = program.quantity(key) else { continue };
        let (set, reset) = device.pulse_doses(&Waveform::rectangle(sign * volts, width));
        if (if sign > 0.0 { set } else { reset }) > 0.0 {
            continue;
        }
        let onset = if sign > 0.0 { device.set.v_on() } else { device.reset.v_on() };
        lower.faults.push(
            Diagnostic::error(format!(
                "a {side} pulse of {} moves no device of {what}",
                Unit::Volt.print(volts)
            ))
            .maybe_at(program.place(key))
            .label("below the onset")
            .allowed(format!("`{key}` above {}, and a `width` of at least 1 fs", Unit::Volt.print(onset))),
        );
    }
}
