//! Abrupt switching between a low and a high resistance.

use super::law::Bounds;
use super::{Applied, PulseDraw, Resistive, ResistiveError, Slot};
use crate::device::circuit::{Conduction, Energies, Ramp};
use crate::device::threshold::log_sigma;
use crate::numeric::{exp, ln, log_normal};
use crate::units::{Ampere, Ohm, Volt};
use serde::{Deserialize, Serialize};

/// Cycle-to-cycle spread of a programmed resistance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResistanceSpread {
    /// Coefficient of variation of R_on.
    pub on: f64,
    /// Coefficient of variation of R_off.
    pub off: f64,
}

impl ResistanceSpread {
    /// As printed in Yan et al., fig. 2a: 0.81 % and 1.15 % of R.
    pub const AS_PRINTED: Self = Self { on: 0.0081, off: 0.0115 };

    /// The same numbers read as sigma/mu of log10 R, the axis of the figure:
    /// CV(R) = sqrt(e^((cv mu ln 10)^2) - 1), with mu = log10 of the median (2.5 and 6.5 there):
    /// 4.7 % and 17 %. Filament resistances usually spread like this, or more.
    #[must_use]
    pub fn log_reading(cv_on: f64, cv_off: f64, log10_on: f64, log10_off: f64) -> Self {
        let cv = |cv: f64, mu: f64| {
            let s = cv * mu * std::f64::consts::LN_10;
            (exp(s * s) - 1.0).sqrt()
        };
        Self { on: cv(cv_on, log10_on), off: cv(cv_off, log10_off) }
    }
}

/// A device that is either on or off. Defaults: Ag/TiO2/Pt at 1 mA.
///
/// Off, a voltage above V_SET turns it on with R_on drawn; on, one below -V_RESET turns it off with R_off drawn.
/// Resistances are log-normal around their medians, s = sqrt(ln(1 + CV^2)), the two thresholds log-normal
/// with theirs as means ([`log_normal`]). A draw belongs to the pulse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BinarySwitch {
    /// Median on resistance. Inferred: 200 Ohm, so that 0.2 V reach the compliance of 1 mA (Yan et al., fig. 1d);
    /// the 316 Ohm one can read off fig. 2a would never meet it.
    pub r_on: Ohm,
    /// Median off resistance. Measured: 10^6.5 Ohm (fig. 2a); the window is 1.6e4.
    pub r_off: Ohm,
    /// SET. Measured: 0.12 V (fig. 1d).
    pub v_set: Volt,
    /// Magnitude of the RESET onset. Assumed: 0.08 V, because -0.1 V is the end of the reset sweep, by which
    /// every RESET has happened.
    pub v_reset: Volt,
    /// Spread of the resistances. Measured, as printed (fig. 2a); see [`ResistanceSpread::log_reading`].
    pub spread: ResistanceSpread,
    /// Coefficient of variation of both thresholds from cycle to cycle. Assumed: 5 %, with which 4e-6 of the RESETs
    /// fail at -0.1 V.
    pub threshold_cv: f64,
    /// Compliance. Measured (set on the instrument): 1 mA.
    pub i_cc: Option<Ampere>,
    /// Conduction of the off state (the on state is ohmic). Assumed: sinh with V0 = 0.1 V.
    pub off_conduction: Conduction,
}

impl Default for BinarySwitch {
    fn default() -> Self {
        Self {
            r_on: Ohm::new(200.0),
            r_off: Ohm::new(3_162_277.660_168_379_5),
            v_set: Volt::new(0.12),
            v_reset: Volt::new(0.08),
            spread: ResistanceSpread::AS_PRINTED,
            threshold_cv: 0.05,
            i_cc: Some(Ampere::new(1e-3)),
            off_conduction: Conduction::Sinh { v0: Volt::new(0.1) },
        }
    }
}

/// |z| of [`crate::numeric::standard_normal`] never exceeds this.
const LARGEST_Z: f64 = 8.2096;

impl BinarySwitch {
    /// All faults of these parameters.
    #[must_use]
    pub fn faults(&self) -> Vec<ResistiveError> {
        let mut faults = Vec::new();
        for (name, value) in [("r_on", self.r_on), ("r_off", self.r_off)] {
            if value <= Ohm::ZERO {
                faults.push(ResistiveError::NotPositive { name, value: value.get() });
            }
        }
        for (name, value) in [("v_set", self.v_set), ("v_reset", self.v_reset)] {
            if value <= Volt::ZERO {
                faults.push(ResistiveError::Onset { name, value });
            }
        }
        for (name, value) in
            [("cv_on", self.spread.on), ("cv_off", self.spread.off), ("threshold_cv", self.threshold_cv)]
        {
            if !(value.is_finite() && value >= 0.0) {
                faults.push(ResistiveError::Spread { name, value });
            }
        }
        if let Some(i_cc) = self.i_cc.filter(|&i| i <= Ampere::ZERO) {
            faults.push(ResistiveError::Compliance { i_cc });
        }
        if faults.is_empty() && self.largest_on() >= self.smallest_off() {
            faults.push(ResistiveError::Window { r_on: self.r_on.get(), r_off: self.r_off.get() });
        }
        faults
    }

    fn largest_on(&self) -> Ohm {
        self.r_on * exp(LARGEST_Z * log_sigma(self.spread.on))
    }

    fn smallest_off(&self) -> Ohm {
        self.r_off * exp(-LARGEST_Z * log_sigma(self.spread.off))
    }

    /// Median conductance of a state, in siemens.
    #[must_use]
    pub fn median(&self, on: bool) -> f64 {
        (1.0 / if on { self.r_on } else { self.r_off }).get()
    }

    /// Whether `g` is an on conductance: above the geometric middle of the window.
    #[must_use]
    pub fn is_on(&self, g: f64) -> bool {
        g * g * self.r_on.get() * self.r_off.get() > 1.0
    }

    /// The same device with its window shrunk to 10^(-share) of what the logarithm of the ratio was:
    /// R_off = R_on (R_off/R_on)^share. See [`crate::device::endurance`].
    #[must_use]
    pub fn with_window(&self, share: f64) -> Self {
        let r_off = self.r_on * exp(share * ln(self.r_off / self.r_on));
        let r_off = r_off.clamp(Ohm::new(f64::MIN_POSITIVE), Ohm::new(f64::MAX));
        Self { r_off, ..self.clone() }
    }

    fn compliance(&self) -> f64 {
        self.i_cc.map_or(f64::INFINITY, Ampere::get)
    }

    fn conduction(&self, on: bool) -> Conduction {
        if on { Conduction::Ohmic } else { self.off_conduction }
    }

    /// What a ramp spends in a device that stays at conductance `g`.
    #[must_use]
    pub fn spent(&self, g: f64, ramp: Ramp) -> Energies {
        self.conduction(self.is_on(g)).energies(g, self.compliance(), ramp)
    }
}

impl Resistive for BinarySwitch {
    fn bounds(&self) -> Bounds {
        let off = self.r_off * exp(LARGEST_Z * log_sigma(self.spread.off));
        let on = self.r_on * exp(-LARGEST_Z * log_sigma(self.spread.on));
        Bounds { g_min: (1.0 / off).get(), g_max: (1.0 / on).get() }
    }

    fn onsets(&self) -> (f64, f64) {
        (self.v_set.get(), self.v_reset.get())
    }

    fn current(&self, g: f64, v: f64) -> f64 {
        self.conduction(self.is_on(g)).limited_current(g, v, self.compliance())
    }

    fn switched(&self, g: f64) -> Option<bool> {
        Some(self.is_on(g))
    }

    fn worn(&self, share: f64) -> Option<Box<dyn Resistive>> {
        Some(Box::new(self.with_window(share)))
    }

    fn apply(&self, g: f64, ramp: Ramp, draw: PulseDraw) -> Applied {
        let i_cc = self.compliance();
        let mut total = Applied { g, energies: Energies::default(), dose: 0.0 };
        // Nothing is known of a drive that is not a number: it does nothing.
        let Some(ramp) = ramp.bounded() else { return total };
        let threshold = |nominal: f64, slot: Slot| {
            // Without a draw it is the nominal device.
            if draw == PulseDraw::None || self.threshold_cv == 0.0 {
                nominal
            } else {
                nominal * log_normal(self.threshold_cv, draw.normal(slot))
            }
        };
        let mut t = 0.0;
        // A linear ramp passes at most both thresholds.
        for _ in 0..3 {
            let on = self.is_on(total.g);
            let rest = ramp.piece(t, ramp.length);
            if rest.length <= 0.0 {
                break;
            }
            // The level that switches, the drive's sign turned so that it is exceeded from below.
            let (set, reset) = self.onsets();
            let (sign, level) = if on { (-1.0, reset) } else { (1.0, set) };
            let largest = (sign * rest.from).max(sign * rest.to);
            // Without a look at the draw where it cannot matter.
            let level = if largest <= level * log_normal(self.threshold_cv, -LARGEST_Z) {
                f64::INFINITY
            } else {
                threshold(level, if on { Slot::ResetThreshold } else { Slot::SetThreshold })
            };
            let conduction = self.conduction(on);
            // Behind the limiter the device may never see the level.
            if largest <= level || conduction.current(total.g, level) >= i_cc {
                total.energies += conduction.energies(total.g, i_cc, rest);
                break;
            }
            let (from, to) = (sign * rest.from, sign * rest.to);
            let dt = if from > level { 0.0 } else { rest.length * ((level - from) / (to - from)) };
            total.energies += conduction.energies(total.g, i_cc, rest.piece(0.0, dt));
            let (slot, cv) =
                if on { (Slot::OffLevel, self.spread.off) } else { (Slot::OnLevel, self.spread.on) };
            total.g = self.median(!on) * exp(-log_sigma(cv) * draw.normal(slot));
            total.dose += 1.0;
            t += dt;
        }
        total
    }
}
