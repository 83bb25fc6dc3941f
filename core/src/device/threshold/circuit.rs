//! What is around a volatile switch: it decides what the switch does after firing.
//!
//! V is what is applied, V_d what lies across switch and limiter. The filament follows share x V: all of it in `bare`,
//! nothing once `reset` has seen it fire, and what the load line of a series resistor leaves,
//!
//! V_d = V/(1 + R_s G),  G = G_off off and G_on on.
//!
//! In `node` the rows of a crossbar drive a passive column, across which the switch is:
//!
//! C dV_d/dt = G_rows (V_row - V_d) - G V_d,
//!
//! where a row that is idle floats. A drive of V volts stands for V/V_row rows of the resistance R_s that are active at V_row,
//! G_rows = (V/V_row)/R_s, so that what the column goes to and how fast depend on how many they are. Between changes of the rows
//! it is the circuit `load` with their resistance.
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
    /// A passive column, with the switch across it: no transimpedance, no periphery.
    Node {
        /// The resistance of one row, in terms of which the drive is told.
        r_s: Ohm,
        /// The voltage of a row that is active.
        v_row: Volt,
        /// The capacitance of the column.
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
            Self::Node { r_s, v_row, c } => write!(f, "node, r_s {r_s}, v_row {v_row}, c {c}"),
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
            Self::Node { .. } => "node",
        }
    }

    /// The share of the applied voltage that the filament follows, of one that stays; in `node` it depends on that: see
    /// [`Circuit::follows`].
    #[must_use]
    pub fn share(&self, switch: &ThresholdSwitch, on: bool) -> f64 {
        match self {
            Self::Reset { .. } if on => 0.0,
            Self::Bare | Self::Reset { .. } => 1.0,
            Self::Series { r_s } | Self::Load { r_s, .. } | Self::Node { r_s, .. } => {
                1.0 / (1.0 + r_s.get() * switch.conductance(on).get())
            }
        }
    }

    /// What the filament follows under a drive of `v` volts that stays, in volts.
    #[must_use]
    pub fn follows(&self, switch: &ThresholdSwitch, on: bool, v: f64) -> f64 {
        match self {
            Self::Node { v_row, .. } => v_row.get() / (1.0 + self.rows(v) * switch.conductance(on).get()),
            _ => v * self.share(switch, on),
        }
    }

    /// The resistance in ohms of the rows that a drive of `v` volts stands for in `node`, infinite of none.
    fn rows(&self, v: f64) -> f64 {
        let Self::Node { r_s, v_row, .. } = self else { return 0.0 };
        let active = v / v_row.get();
        if active > 0.0 { r_s.get() / active } else { f64::INFINITY }
    }

    /// Resistor and capacitor around a switch that is on, or off, in `load` and `node`, and the voltage behind the resistor,
    /// while `ramp` is applied. The rows of `node` do not change within it: of a ramp they are those of its beginning.
    #[must_use]
    pub fn load(&self, switch: &ThresholdSwitch, on: bool, ramp: Ramp) -> Option<(Load, Ramp)> {
        match *self {
            Self::Load { r_s, c } => Some((Load::new(switch, (r_s.get(), c.get()), on), ramp)),
            Self::Node { v_row, c, .. } => {
                let behind = Ramp { from: v_row.get(), to: v_row.get(), length: ramp.length };
                Some((Load::new(switch, (self.rows(ramp.from), c.get()), on), behind))
            }
            _ => None,
        }
    }

    /// Whether it follows drives that rise or fall, and not steps alone.
    #[must_use]
    pub const fn takes_ramps(&self) -> bool {
        !matches!(self, Self::Node { .. })
    }

    /// What a drive of `v` volts makes of the switch if it stays.
    #[must_use]
    pub fn fate(&self, switch: &ThresholdSwitch, v: f64) -> Fate {
        let follows = |on| self.follows(switch, on, v);
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
        let at = |on| volts(self.follows(switch, on, v) + switch.u_rest.get());
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

    /// The drives in volts between which `series`, `load` or `node` fires again and again; the first is not below the second if
    /// there are none.
    #[must_use]
    pub fn drives(&self, switch: &ThresholdSwitch) -> Option<(f64, f64)> {
        if let Self::Node { r_s, v_row, .. } = self {
            let v_row = v_row.get();
            // From v_row/(1 + R_s G/n) = level: n = R_s G level/(v_row - level) rows, infinitely many where they never reach it.
            let at = |on, level: f64| match level < v_row {
                true => v_row * r_s.get() * switch.conductance(on).get() * level / (v_row - level),
                false => f64::INFINITY,
            };
            return Some((at(false, switch.theta()), at(true, switch.hold())));
        }
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
