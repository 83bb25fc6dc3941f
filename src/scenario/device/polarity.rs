//! Voltages of the sign at which a device does not do what the others are for.
//!
//! The devices of the library SET, or turn on, at positive voltages; what is stated of RESET are magnitudes.

use super::{Experiment, ExperimentPlan};
use crate::device::model::Memory;
use crate::device::threshold::VolatileSwitch;
use crate::hint::three;
use crate::units::{Siemens, Volt};

/// Drive of a sign that has no effect on a device, and what would have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongSign {
    /// "pulses of -300 mV never turn `ag-tio2-pt-ts` on".
    pub what: String,
    /// Voltages that have an effect.
    pub allowed: String,
    /// What to change.
    pub hint: String,
}

impl ExperimentPlan {
    /// Whether voltages have the sign at which the device does nothing.
    #[must_use]
    pub fn wrong_sign(&self) -> Option<WrongSign> {
        let device = &self.device.preset.device;
        let driven = match &self.experiment {
            Experiment::Iv { points, .. } => points.clone(),
            Experiment::Pulses { amplitude, reverse, .. } => {
                std::iter::once(*amplitude).chain(*reverse).collect()
            }
            Experiment::Integration { amplitude, .. } => vec![*amplitude],
            _ => return None,
        };
        match (device.get::<VolatileSwitch>(), device.memory()) {
            (Some(switch), _) => self.never_on(switch, &driven),
            (None, Some(memory)) => self.nothing_left(&memory, &driven),
            (None, None) => None,
        }
    }

    fn of_what(&self, v: Volt) -> String {
        match &self.experiment {
            Experiment::Pulses { .. } => format!("pulses of {v}"),
            Experiment::Iv { .. } => format!("a sweep to {v}"),
            _ => format!("a drive of {v}"),
        }
    }

    /// A threshold switch at a negative voltage.
    fn never_on(&self, switch: &VolatileSwitch, driven: &[Volt]) -> Option<WrongSign> {
        let lowest = driven.iter().copied().min_by(|a, b| a.get().total_cmp(&b.get()))?;
        let v_th = switch.switch.v_th;
        // What is below the threshold would turn it on at no sign.
        if -lowest <= v_th {
            return None;
        }
        let also = driven.iter().any(|v| *v > Volt::ZERO);
        Some(WrongSign {
            what: format!(
                "{} never turn{} `{}` on{}",
                self.of_what(lowest),
                if matches!(self.experiment, Experiment::Pulses { .. }) { "" } else { "s" },
                self.device.name,
                if also { " below 0 V" } else { "" },
            ),
            allowed: format!("voltages of 0 V or more: it turns on at positive ones alone, at v_th = {v_th}"),
            hint: if also {
                "leave the negative part away; a device that turns on at both signs is not modelled".into()
            } else {
                format!("for a device that was measured the other way round write {}", -lowest)
            },
        })
    }

    /// A device that begins at one end of its range, driven towards that end.
    fn nothing_left(&self, memory: &Memory<'_>, driven: &[Volt]) -> Option<WrongSign> {
        let first = driven.iter().copied().find(|v| *v != Volt::ZERO)?;
        let up = first > Volt::ZERO;
        // What comes later has something to do if it is of the other sign.
        if driven.iter().any(|v| *v != Volt::ZERO && (*v > Volt::ZERO) != up) {
            return None;
        }
        let largest = driven.iter().copied().max_by(|a, b| a.get().abs().total_cmp(&b.get().abs()))?;
        let (set, reset) = memory.device.onsets();
        // What programs nothing in any state is a read.
        if largest.get().abs() <= if up { set } else { reset } {
            return None;
        }
        let start = self.starts_from().map_or(memory.start, Siemens::get);
        let bounds = memory.device.bounds();
        let at_end = if up { start >= bounds.g_max } else { start <= bounds.g_min };
        if !at_end && memory.device.switched(start) != Some(up) {
            return None;
        }
        let (does, at, sign, other) = if up {
            ("SET", "highest", "negative", memory.ends.1)
        } else {
            ("RESET", "lowest", "positive", memory.ends.0)
        };
        Some(WrongSign {
            what: format!(
                "{} cannot {does} `{}`, which begins at its {at} conductance",
                self.of_what(largest),
                self.device.name
            ),
            allowed: format!(
                "a {sign} voltage, or another start: SET is at positive, RESET at negative voltage"
            ),
            hint: format!("write {}, or begin near {}", -largest, Siemens::of(three(other))),
        })
    }

    fn starts_from(&self) -> Option<Siemens> {
        match &self.experiment {
            Experiment::Iv { g_start, .. } | Experiment::Pulses { g_start, .. } => *g_start,
            _ => None,
        }
    }
}
