//! How weights learn: the keys of `plasticity` to a rule and what belongs to its devices.

use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::plan::{DevicePlan, PlasticityPlan};
use super::section::{Lower, quantity};
use super::spec::{DependenceKind, OVERLAP, OverlapSpread, ProtocolKind};
use crate::device::endurance::Endurance;
use crate::device::fault::FaultRates;
use crate::device::memory::DoseMemory;
use crate::device::preset::Preset;
use crate::device::resistive::DeviceSpread;
use crate::device::threshold::log_sigma;
use crate::network::kernel::DELTA;
use crate::plasticity::{Bounds, Dependence, Law, Overlap, ProgramPulse, Rule};
use crate::synapse::{Arrangement, DeviceRange, Placement};
use crate::training::unsupervised::PulseOverlap;
use crate::units::{Siemens, Volt};

impl Lower<'_> {
    /// `outer` are the fields of the projection, `device` its devices as far as they are in order.
    pub(super) fn plasticity(
        &mut self,
        fields: &Fields,
        outer: &Fields,
        device: Option<&DevicePlan>,
    ) -> Option<PlasticityPlan> {
        let has_device = outer.written("device").is_some();
        // Everything else would be said of a table that has to go.
        if self.trained(fields, outer) {
            return None;
        }
        self.jumps_only(fields, outer);
        let w_max = fields.quantity("w_max").or_else(|| device.and_then(|device| device.w_max));
        if w_max.is_none() && fields.written("w_max").is_none() && (device.is_some() || !has_device) {
            self.faults.push(
                Diagnostic::error(format!("the rule of {} has no upper bound", outer.what))
                    .maybe_at(fields.at.as_ref())
                    .label("weights could grow without end")
                    .allowed("w_max, such as \"10 mV\", here or in `device`"),
            );
        }
        self.below(fields, "w_min", "w_max", "the bounds of the weight");
        if let (Some(w_min), Some(w_max), None) = (fields.quantity("w_min"), w_max, fields.written("w_max"))
            && w_min >= w_max
        {
            self.faults.push(
                Diagnostic::error(format!(
                    "`w_min` of {} is {}, not below `w_max` of its device, which is {}",
                    fields.what,
                    volts(w_min),
                    volts(w_max)
                ))
                .maybe_at(fields.place("w_min"))
                .allowed("`w_min` below `w_max`"),
            );
        }
        self.with_devices(fields, outer, device, has_device, w_max);
        let rule = self.rule(fields, device, has_device, w_max?)?;
        let faults = fields.table("faults")?;
        let rates = FaultRates {
            stuck_on: faults.number("stuck_on")?,
            stuck_off: faults.number("stuck_off")?,
            stuck_at: 0.0,
            stuck_at_value: Siemens::ZERO,
        };
        if let Some(fault) = rates.fault() {
            self.faults.push(
                Diagnostic::error(format!("`faults` of {}: {fault}", fields.what))
                    .maybe_at(faults.at.as_ref())
                    .allowed("shares with a sum of at most 1"),
            );
        }
        let endurance = match fields.table("endurance") {
            Some(table) => Some(Endurance {
                n_f: table.number("n_f")?,
                weibull_shape: Some(table.number("weibull_shape")?),
                ..Endurance::default()
            }),
            None => None,
        };
        let program = fields.table("program")?;
        Some(PlasticityPlan {
            rule,
            cycle_sigma: log_sigma(fields.number("cv_cycle")?),
            program: ProgramPulse {
                v_set: quantity(program, "v_set")?,
                v_reset: quantity(program, "v_reset")?,
                width: quantity(program, "width")?,
            },
            faults: rates,
            endurance,
        })
    }

    /// A pulse of current would use another weight at each of its steps, and rules count in volts.
    fn jumps_only(&mut self, fields: &Fields, outer: &Fields) {
        if outer.word("kernel").is_some_and(|kernel| kernel != DELTA) {
            self.faults.push(
                Diagnostic::error(format!("{} learns, and its kernel is a current", outer.what))
                    .maybe_at(fields.at.as_ref())
                    .also(outer.written("kernel"), "the kernel")
                    .allowed("kernel = \"delta\" with plasticity")
                    .hint("bounds of weights are voltages"),
            );
        }
    }

    /// Whether the protocol trains, which it does by a rule of its own; reported.
    fn trained(&mut self, fields: &Fields, outer: &Fields) -> bool {
        let Some(protocol) = self.filled.one("protocol") else { return false };
        let hint = match protocol.choice("kind") {
            Some(ProtocolKind::Supervised) => "the gradient trains it; delete the table",
            Some(ProtocolKind::Unsupervised) => {
                "the rule of the winner is the table [protocol.learning]; delete this one"
            }
            Some(ProtocolKind::Simulate | ProtocolKind::Device) | None => return false,
        };
        self.faults.push(
            Diagnostic::error(format!("{} learns from spikes, and the protocol trains it", outer.what))
                .maybe_at(fields.at.as_ref())
                .also(protocol.written("kind"), "trained here")
                .allowed("`plasticity` with kind = \"simulate\" in [protocol]")
                .hint(hint),
        );
        true
    }

    /// What only devices can have, and what the devices of a learning weight must be.
    fn with_devices(
        &mut self,
        fields: &Fields,
        outer: &Fields,
        device: Option<&DevicePlan>,
        has_device: bool,
        w_max: Option<f64>,
    ) {
        let overlap = fields.word("rule") == Some(OVERLAP);
        if !has_device {
            let number = |fields: &Fields, key: &str| fields.number(key).unwrap_or(0.0) > 0.0;
            let stuck = |faults: &Fields| number(faults, "stuck_on") || number(faults, "stuck_off");
            for (key, meant) in [
                ("cv_cycle", number(fields, "cv_cycle")),
                ("faults", fields.table("faults").is_some_and(stuck)),
                ("endurance", fields.table("endurance").is_some()),
            ] {
                if let (Some(at), true) = (fields.written(key), meant) {
                    self.faults.push(
                        Diagnostic::error(format!("`{key}` of {} is about devices", fields.what))
                            .at(at)
                            .label("there are none")
                            .allowed(format!("a table `device` in {}", outer.what)),
                    );
                }
            }
            if overlap {
                self.faults.push(
                    Diagnostic::error(format!("the rule of {} needs devices", outer.what))
                        .maybe_at(fields.place("rule"))
                        .label("pulses overlap across a device")
                        .allowed(format!("a table `device` in {}", outer.what)),
                );
            }
        }
        let Some(device) = device else { return };
        if device.placement == Placement::Balanced && device.arrangement != Arrangement::Single {
            self.faults.push(
                Diagnostic::error(format!("{} learns, and its pairs are placed balanced", outer.what))
                    .maybe_at(fields.at.as_ref())
                    .allowed("placement = \"one_sided\": one device of a pair learns, the other rests")
                    .hint("two devices that move together are not modelled"),
            );
        }
        if device.arrangement == Arrangement::Unipolar {
            self.faults.push(
                Diagnostic::error(format!("{} learns, and its weights are unipolar", outer.what))
                    .maybe_at(fields.at.as_ref())
                    .allowed("arrangement = \"single\" or \"differential\" with placement = \"one_sided\"")
                    .hint("unipolar weights are those of kind = \"unsupervised\" in [protocol]"),
            );
        }
        if overlap && device.range.levels.is_some() {
            self.faults.push(
                Diagnostic::error(format!("the rule of {} moves its devices continuously", outer.what))
                    .maybe_at(outer.table("device").and_then(|device| device.place("levels")))
                    .label("and these have levels")
                    .allowed("no `levels` with rule = \"overlap\"")
                    .hint("a pulse leaves what its kinetics give; with kind = \"unsupervised\" it is read at levels"),
            );
        }
        let single = device.arrangement == Arrangement::Single;
        if overlap && single {
            self.faults.push(
                Diagnostic::error(format!(
                    "the rule of {} moves one device over its whole range",
                    outer.what
                ))
                .maybe_at(fields.place("rule"))
                .allowed("arrangement = \"differential\": the other device of a pair rests at g_min"),
            );
        }
        if let Some(w_min) = fields.quantity("w_min").filter(|&w_min| w_min < 0.0 && !single) {
            self.faults.push(
                Diagnostic::error(format!("`w_min` of {} is {}", fields.what, volts(w_min)))
                    .maybe_at(fields.place("w_min"))
                    .label("the learning device of a pair cannot go below g_min")
                    .allowed("0 V or more, or arrangement = \"single\""),
            );
        }
        if let (Some(asked), Some(end)) = (w_max, device.w_max)
            && asked > end
        {
            self.faults.push(
                Diagnostic::error(format!(
                    "`w_max` of {} is {}, and its devices end at {}",
                    fields.what,
                    volts(asked),
                    volts(end)
                ))
                .maybe_at(fields.place("w_max"))
                .allowed("at most `w_max` of the device"),
            );
        }
    }

    fn rule(
        &mut self,
        fields: &Fields,
        device: Option<&DevicePlan>,
        has_device: bool,
        w_max: f64,
    ) -> Option<Rule> {
        let name = fields.word("rule")?;
        if name == OVERLAP {
            return self.overlap(fields, device.filter(|_| has_device), w_max);
        }
        let entry = *self.registry.find_rule(name)?;
        let dependence = match fields.choice("dependence")? {
            DependenceKind::Additive => Dependence::Additive,
            DependenceKind::Multiplicative => Dependence::Multiplicative,
            DependenceKind::Power => Dependence::Power { mu: fields.number("mu")? },
            DependenceKind::Exponential => Dependence::Exponential { beta: fields.number("beta")? },
        };
        let w_min: Volt = quantity(fields, "w_min")?;
        let bounds = Bounds { w_min: w_min.get(), w_max };
        let law = Law { dependence, unit: fields.choice("relative_to")?, bounds };
        self.model(fields, entry.keys, |value| entry.make(value, law))
    }

    /// The kinetics and the pulse of a preset, over the range of the projection's devices.
    fn overlap(&mut self, fields: &Fields, device: Option<&DevicePlan>, w_max: f64) -> Option<Rule> {
        let range = device?.range;
        let sigma = log_sigma(fields.number("cv_cycle")?);
        let PulseOverlap { device, pulse, spread, .. } = self.kinetics(fields, range, sigma)?;
        Some(Rule::Overlap(Overlap { device, pulse, spread, w_max }))
    }

    /// The kinetics and the pulse of the preset that `fields` names, over `range`; what is wrong is reported.
    pub(super) fn kinetics(
        &mut self,
        fields: &Fields,
        range: DeviceRange,
        sigma: f64,
    ) -> Option<PulseOverlap> {
        let name = fields.text("preset")?;
        let found = Preset::named(name).ok().and_then(|preset| preset.device.get::<DoseMemory>().cloned());
        let Some(DoseMemory { device, pulse: Some(pulse), spread, .. }) = found else {
            self.faults.push(
                Diagnostic::error(format!("`preset` of {} is \"{name}\"", fields.what))
                    .maybe_at(fields.place("preset"))
                    .label("not an analog device with a spike pulse")
                    .allowed(learning_presets().join(", ")),
            );
            return None;
        };
        let time_scale = fields.number("time_scale")?;
        let pulse = pulse.stretched(time_scale);
        for fault in pulse.faults() {
            self.faults.push(
                Diagnostic::error(format!("the pulse of {}: {fault}", fields.what))
                    .maybe_at(fields.place("time_scale"))
                    .allowed("a time_scale that leaves a pulse of 1 fs to 9223 s"),
            );
        }
        let mut device = device;
        (device.g_min, device.g_max) = (range.g_min, range.g_max);
        device.dose_sigma = sigma;
        let spread = match fields.choice("spread")? {
            OverlapSpread::Preset => spread,
            OverlapSpread::None => DeviceSpread::default(),
        };
        Some(PulseOverlap { device, pulse, time_scale, spread })
    }
}

/// Presets that a pulse overlap can work on.
fn learning_presets() -> Vec<String> {
    let learns = |name: &&'static str| {
        Preset::named(name).is_ok_and(|preset| preset.device.memory().is_some_and(|m| m.pulse.is_some()))
    };
    Preset::names().into_iter().filter(learns).map(|name| format!("\"{name}\"")).collect()
}

fn volts(value: f64) -> String {
    super::spec::Unit::Volt.print(value)
}
