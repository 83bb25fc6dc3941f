//! What is around a volatile switch: it decides what the switch does after firing.
//!
//! V is what is applied, V_d what lies across switch and limiter. The filament follows share x V: all of it in `bare`,
//! nothing once `reset` has seen it fire, and what the load line of a series resistor leaves,
//!
//! V_d = V/(1 + R_s G),  G = G_off off and G_on on.
//!
//! Assumed of `reset`: the filament relaxes from firing on, while the drive flows for `open_after` longer (1 % of the time
//! that an Ag/TiO2/Pt switch stays on).

use super::{Load, ThresholdSwitch};
use crate::device::circuit::{Conduction, Energies, Ramp};
use crate::units::{Farad, Ohm, Quantity as _, Second, Volt};
use serde::{Deserialize, Serialize};

/// The circuit of a volatile switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "circuit")]
pub enum Circuit {
    /// Source, limiter and switch: the drive stays, and holds a filament that is on.
    #[default]
    Bare,
    /// Periphery takes the drive away after firing, until the filament has relaxed to V_h.
    Reset {
        /// How long after firing the drive still flows. Assumed: 100 us.
        open_after: Second,
    },
    /// A resistor in series limits the current, instead of an active limiter.
    Series {
        /// The resistor.
        r_s: Ohm,
    },
    /// A resistor to the drive and a capacitor across the switch: [`super::Load`].
    Load {
        /// The resistor.
        r_s: Ohm,
        /// The capacitor.
        c: Farad,
    },
}

/// How long after firing `reset` takes the drive away, where nothing is stated: 100 us, assumed.
pub const OPEN_AFTER: Second = Second::new(1e-4);

/// What a switch does under a drive that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It never turns on.
    Silent,
    /// It turns on once and stays on.
    Latches,
    /// It fires again and again.
    Fires,
}

/// "series, r_s 200 kOhm".
impl std::fmt::Display for Circuit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bare => write!(f, "bare"),
            Self::Reset { open_after } => write!(f, "reset, open_after {open_after}"),
            Self::Series { r_s } => write!(f, "series, r_s {r_s}"),
            Self::Load { r_s, c } => write!(f, "load, r_s {r_s}, c {c}"),
        }
    }
}

impl Circuit {
    /// [`Circuit::Reset`] with the usual [`OPEN_AFTER`].
    pub const RESET: Self = Self::Reset { open_after: OPEN_AFTER };

    /// As scenarios name it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Reset { .. } => "reset",
            Self::Series { .. } => "series",
            Self::Load { .. } => "load",
        }
    }

    /// The share of the applied voltage that the filament follows, of one that stays.
    #[must_use]
    pub fn share(&self, switch: &ThresholdSwitch, on: bool) -> f64 {
        match self {
            Self::Reset { .. } if on => 0.0,
            Self::Bare | Self::Reset { .. } => 1.0,
            Self::Series { r_s } | Self::Load { r_s, .. } => {
                1.0 / (1.0 + r_s.get() * switch.conductance(on).get())
            }
        }
    }

    /// Resistor and capacitor around a switch that is on, or off, in `load`.
    #[must_use]
    pub fn load(&self, switch: &ThresholdSwitch, on: bool) -> Option<Load> {
        let Self::Load { r_s, c } = self else { return None };
        Some(Load::new(switch, (r_s.get(), c.get()), on))
    }

    /// What a drive of `v` volts makes of the switch if it stays.
    #[must_use]
    pub fn fate(&self, switch: &ThresholdSwitch, v: f64) -> Fate {
        let follows = |on| v * self.share(switch, on);
        if follows(false) <= switch.theta() {
            Fate::Silent
        } else if follows(true) < switch.hold() {
            Fate::Fires
        } else {
            Fate::Latches
        }
    }

    /// The same in words, with the numbers of the load line.
    #[must_use]
    pub fn told(&self, switch: &ThresholdSwitch, v: f64) -> String {
        let at = |on| volts(v * self.share(switch, on) + switch.u_rest.get());
        let (v_th, v_hold) = (switch.v_th, switch.v_hold);
        let why = match self.fate(switch, v) {
            Fate::Silent => {
                format!("off, the filament goes to {}, not above v_th = {v_th}: it stays silent", at(false))
            }
            Fate::Latches => {
                format!("on, the filament is held at {}, not below v_hold = {v_hold}: it latches", at(true))
            }
            Fate::Fires => format!(
                "off, the filament goes to {}, above v_th = {v_th}, on to {}, below v_hold = {v_hold}: it fires again and again",
                at(false),
                at(true)
            ),
        };
        match self.drives(switch) {
            Some((from, to)) if from < to => {
                format!("{why} (it fires again and again between {} and {})", volts(from), volts(to))
            }
            Some(_) => format!("{why} (it fires again and again at no voltage)"),
            None => why,
        }
    }

    /// The drives in volts between which `series` or `load` fires again and again; the first is not below the second if there are
    /// none.
    #[must_use]
    pub fn drives(&self, switch: &ThresholdSwitch) -> Option<(f64, f64)> {
        let (Self::Series { .. } | Self::Load { .. }) = self else { return None };
        Some((switch.theta() / self.share(switch, false), switch.hold() / self.share(switch, true)))
    }

    /// For how many seconds more current flows if the switch neither turns on nor off.
    pub(super) fn connected(&self, switch: &ThresholdSwitch, (on, x, theta): (bool, f64, f64)) -> f64 {
        match self {
            // It has relaxed from theta since it fired.
            Self::Reset { open_after } if on => {
                let since = switch.tau.get() * crate::numeric::ln(theta / x);
                (open_after.get() - since.max(0.0)).max(0.0)
            }
            _ => f64::INFINITY,
        }
    }

    /// What a piece of drive at a constant conductance spends; the resistor of `series` is booked as the limiter it is.
    pub(super) fn energies(&self, switch: &ThresholdSwitch, g: f64, ramp: Ramp) -> Energies {
        let Self::Series { r_s } = self else {
            return Conduction::Ohmic.energies(g, switch.i_cc.get(), ramp);
        };
        let share = 1.0 / (1.0 + r_s.get() * g);
        let square = |g: f64| Conduction::Ohmic.energies(g, f64::INFINITY, ramp).device;
        let current = g * share;
        Energies {
            source: square(current),
            device: square(current * share),
            limiter: square(current * current * r_s.get()),
        }
    }
}

/// Rounded to a microvolt.
fn volts(v: f64) -> Volt {
    Volt::from_si((v * 1e6).round() / 1e6).unwrap_or(Volt::ZERO)
}
