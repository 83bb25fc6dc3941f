//! A rule that is made of devices: what pulses overlap on, and how they do.

use super::diagnostic::Diagnostic;
use super::electrodes;
use super::filled::Fields;
use super::section::Lower;
use super::spec::kinds::ABOVE_ZERO;
use super::spec::{Key, Kind, Word as _, words};
use super::table::Table;
use crate::device::memory::{BinaryMemory, DoseMemory};
use crate::device::preset::Preset;
use crate::device::resistive::{DeviceSpread, Kinetics};
use crate::plasticity::Overlap;

/// The rule that is made of devices and not of a registry.
pub(super) const OVERLAP: &str = "overlap";

/// What pulses overlap on, and how they do.
pub(super) struct Overlapping {
    time_scale: f64,
    spread: OverlapSpread,
}

impl Table for Overlapping {
    const KEYS: &'static [Key] = {
        const WHEN: &[&str] = &[OVERLAP];
        const ELECTRODES: [Key; 2] = electrodes::keys("rule", WHEN);
        &[
            Key::new(
                "time_scale",
                ABOVE_ZERO,
                "Multiplies all times of the device's pulse: so it does the time constants of the window, and every dose.",
            )
            .setting("1.0")
            .when("rule", WHEN),
            Key::new(
                "spread",
                Kind::word::<OverlapSpread>(),
                "How devices differ: their own kinetics and ranges, drawn once.",
            )
            .setting("\"none\"")
            .when("rule", WHEN),
            ELECTRODES[0],
            ELECTRODES[1],
        ]
    };

    fn lower(lower: &mut Lower<'_>, fields: &Fields) -> Option<Self> {
        let time_scale = lower.get(fields, "time_scale");
        Some(Self { time_scale: time_scale?, spread: lower.get(fields, "spread")? })
    }
}

words! {
    /// How devices under overlapping pulses differ.
    pub enum OverlapSpread {
        None = "none": "all are alike",
        Device = "device": "the coefficients of variation of the device",
    }
}

impl Lower<'_> {
    /// The kinetics and the pulse of a device; what is wrong is reported.
    pub(super) fn kinetics(
        &mut self,
        fields: &Fields,
        Overlapping { time_scale, spread: differ }: Overlapping,
        preset: &Preset,
        (sigma, w_max): (f64, f64),
    ) -> Option<Overlap> {
        let dose = preset.device.get::<DoseMemory>();
        let abrupt = preset.device.get::<BinaryMemory>();
        let pulse = dose.and_then(|memory| memory.pulse).map(|pulse| pulse.stretched(time_scale));
        let pulses = self.electrodes(fields, pulse)?;
        let moved = dose.map(|memory| Kinetics::from(memory.device.clone()));
        let moved = moved.or_else(|| abrupt.map(|memory| memory.device.clone().into()));
        let (Some(mut device), Some(pulses)) = (moved.clone(), pulses) else {
            let (allowed, why) = if moved.is_some() {
                let keys =
                    "it has no spike pulse: pulse_peak, pulse_half_width, pulse_tail, pulse_tail_length";
                ("`row` and `column`, the pulses of a spike on either electrode, or ", keys)
            } else {
                ("", preset.device.kind().lacking("stdp").unwrap_or("no rate of its voltage moves it"))
            };
            self.faults.push(
                Diagnostic::error(format!(
                    "the rule of {} is what pulses do to a device, and `{}` cannot learn so",
                    fields.what, preset.name
                ))
                .maybe_at(fields.place("rule"))
                .allowed(format!("{allowed}a device such as {}", learning_presets().join(", ")))
                .hint(why),
            );
            return None;
        };
        for fault in pulses.faults() {
            self.faults.push(
                Diagnostic::error(format!("the pulse of {}: {fault}", fields.what))
                    .maybe_at(fields.place("time_scale"))
                    .allowed("times that leave a pulse of 1 fs to 9223 s"),
            );
        }
        match &mut device {
            Kinetics::Dose(device) => device.dose_sigma = sigma,
            Kinetics::Abrupt(_) => self.no_steps(fields, &preset.name),
        }
        let spread = match differ {
            OverlapSpread::Device => dose.map_or_else(DeviceSpread::default, |memory| memory.spread),
            OverlapSpread::None => DeviceSpread::default(),
        };
        Some(Overlap { device, pulses, spread, w_max })
    }

    /// What has no effect on a device that is on or off, which has spreads of its own; reported.
    fn no_steps(&mut self, fields: &Fields, preset: &str) {
        let spread = fields.table("dispersion").map(|table| (table, &table.entries));
        let spread = spread.is_some_and(|(table, entries)| {
            let named = entries.iter().filter(|entry| entry.key.name != "initial");
            named.into_iter().any(|entry| table.number(entry.key.name).unwrap_or(0.0) > 0.0)
        });
        for (key, meant) in [
            ("cv_cycle", fields.number("cv_cycle").unwrap_or(0.0) > 0.0),
            ("dispersion", spread),
            ("spread", fields.word("spread") == Some(OverlapSpread::Device.word())),
            ("normalise", fields.number("normalise").is_some()),
        ] {
            if let (Some(at), true) = (fields.written(key), meant) {
                self.faults.push(
                    Diagnostic::error(format!("`{key}` of {} has no effect", fields.what))
                        .at(at)
                        .label(format!("`{preset}` is either on or off, and has no change that grows"))
                        .allowed("nothing: its spreads are parameters of the device, such as `cv_on`"),
                );
            }
        }
    }
}

/// Presets that a pulse overlap can work on.
fn learning_presets() -> Vec<String> {
    let learns = |name: &&'static str| {
        Preset::named(name).is_ok_and(|preset| preset.device.memory().is_some_and(|m| m.pulse.is_some()))
    };
    Preset::names().into_iter().filter(learns).map(|name| format!("\"{name}\"")).collect()
}
