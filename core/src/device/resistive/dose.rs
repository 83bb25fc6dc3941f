//! Devices that integrate a rate of the voltage: dG = f(G) dD, dD = r(V_dev) dt.
//!
//! Where the limiter is out of reach, V_dev = V: the dose of a linear ramp is a closed form, and so is the
//! conductance; the energy is that of [`Side::dissipated`]. Where it acts, [`limited`] takes over.

use super::law::{Bounds, Direction, StateLaw};
use super::limited;
use super::rate::Rate;
use super::side::Side;
use super::{Applied, PulseDraw, Resistive, ResistiveError, Slot};
use crate::device::circuit::{Conduction, Energies, Ramp};
use crate::device::threshold::log_sigma;
use crate::numeric::{exp, relaxation, standard_normal};
use crate::random::{Purpose, word};
use crate::units::{Ampere, Quantity as _, Siemens, Volt};
use crate::waveform::Waveform;
use serde::{Deserialize, Serialize};

/// A device with a rate for each polarity and a state law.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoseDevice {
    /// Lowest conductance.
    pub g_min: Siemens,
    /// Highest conductance.
    pub g_max: Siemens,
    /// Rate of SET (positive voltage).
    pub set: Rate,
    /// Rate of RESET (negative voltage, its magnitude).
    pub reset: Rate,
    /// What a dose does to the conductance.
    pub law: StateLaw,
    /// How it conducts.
    pub conduction: Conduction,
    /// Compliance, of either polarity; `None`: no limiter.
    pub i_cc: Option<Ampere>,
    /// Cycle-to-cycle spread s of each pulse's dose: D <- D e^(s z - s^2/2), whose mean is D. Typical 0.05 to 0.2.
    pub dose_sigma: f64,
}

/// Device-to-device spread: coefficients of variation of each device's own parameters, log-normal, drawn once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceSpread {
    /// Of the lowest conductance.
    pub g_min: f64,
    /// Of the highest.
    pub g_max: f64,
    /// Onset of SET. A rate that is exponential in the voltage is that of a voltage as much higher: of 2 % of 0.12 V a dose
    /// changes by e^(2.4 mV/9.8 mV), with the slope of Ag/TiO2/Pt.
    pub v_set: f64,
    /// Onset of RESET, in the same way.
    pub v_reset: f64,
    /// Slopes of the rates.
    pub v_scale: f64,
}

impl DeviceSpread {
    /// e^(sigma z) of each parameter in the order of the fields, for device `entity`.
    #[must_use]
    pub fn factors(&self, seed: u64, entity: u32) -> [f64; 5] {
        let cvs = [self.g_min, self.g_max, self.v_set, self.v_reset, self.v_scale];
        let mut factors = [1.0; 5];
        for (k, (factor, cv)) in factors.iter_mut().zip(cvs).enumerate() {
            if cv > 0.0 {
                let z = standard_normal(word(seed, Purpose::DeviceToDevice, entity, 1 + k as u64));
                *factor = exp(log_sigma(cv) * z);
            }
        }
        factors
    }
}

impl DoseDevice {
    /// All faults of these parameters.
    #[must_use]
    pub fn faults(&self) -> Vec<ResistiveError> {
        let mut faults = Vec::new();
        if !(self.g_min > Siemens::ZERO && self.g_min < self.g_max) {
            faults.push(ResistiveError::Range { g_min: self.g_min, g_max: self.g_max });
        }
        let mut positive = |name: &'static str, value: f64| {
            if value.is_nan() || value <= 0.0 {
                faults.push(ResistiveError::NotPositive { name, value });
            }
        };
        for (rate, names) in [
            (&self.set, ["set.v_on", "set.v_scale", "set.tau", "set.k", "set.alpha", "set.width"]),
            (
                &self.reset,
                ["reset.v_on", "reset.v_scale", "reset.tau", "reset.k", "reset.alpha", "reset.width"],
            ),
        ] {
            positive(names[0], rate.v_on());
            match *rate {
                Rate::Exponential { v_scale, tau, .. } => {
                    positive(names[1], v_scale.get());
                    positive(names[2], tau.get());
                }
                Rate::Power { k, alpha, .. } => {
                    positive(names[3], k.get());
                    positive(names[4], alpha);
                }
                Rate::Pulses { width, .. } => positive(names[5], width.get()),
            }
        }
        if let StateLaw::Querlioz { alpha, beta } = self.law {
            positive("alpha", alpha);
            positive("beta", beta);
        }
        if let Conduction::Sinh { v0 } = self.conduction {
            positive("v0", v0.get());
        }
        if let StateLaw::Table { set, reset } = &self.law {
            let (low, high) = (self.g_min, self.g_max);
            let rises = set.windows(2).all(|w| w[0] < w[1]);
            if !(set.len() > 1 && rises && set[0] == low.get() && set.last() == Some(&high.get())) {
                let (list, len, way) = ("set", set.len(), "rising");
                faults.push(ResistiveError::Table { list, len, from: low, to: high, way });
            }
            let falls = reset.windows(2).all(|w| w[0] > w[1]);
            if !(reset.len() > 1 && falls && reset[0] == high.get() && reset.last() == Some(&low.get())) {
                let (list, len, way) = ("reset", reset.len(), "falling");
                faults.push(ResistiveError::Table { list, len, from: high, to: low, way });
            }
        }
        if let Some(i_cc) = self.i_cc.filter(|&i| i <= Ampere::ZERO) {
            faults.push(ResistiveError::Compliance { i_cc });
        }
        if !(self.dose_sigma.is_finite() && self.dose_sigma >= 0.0) {
            faults.push(ResistiveError::Spread { name: "dose_sigma", value: self.dose_sigma });
        }
        faults
    }

    /// The parameters of one device among many: a function of (spread, seed, device).
    ///
    /// A measured table keeps its bounds: they are points of it.
    #[must_use]
    pub fn own(&self, spread: &DeviceSpread, seed: u64, entity: u32) -> Self {
        let [f_min, f_max, f_set, f_reset, f_scale] = spread.factors(seed, entity);
        let mut own = self.clone();
        if !matches!(self.law, StateLaw::Table { .. }) {
            let (low, high) = (self.g_min.get() * f_min, self.g_max.get() * f_max);
            // Bounds that a wild draw would exchange meet at a window of 1 %.
            own.g_max = Siemens::from_si(high.max(1.01 * low)).unwrap_or(self.g_max);
            own.g_min = Siemens::from_si(low).unwrap_or(self.g_min);
        }
        let times = |v: Volt, factor: f64| Volt::from_si(v.get() * factor).unwrap_or(v);
        for (rate, f_on) in [(&mut own.set, f_set), (&mut own.reset, f_reset)] {
            match rate {
                Rate::Exponential { v_on, v_ref, v_scale, .. } => {
                    let (nominal, moved) = (*v_on, times(*v_on, f_on));
                    *v_on = moved;
                    *v_ref += moved - nominal;
                    *v_scale = times(*v_scale, f_scale);
                }
                Rate::Power { v_on, .. } | Rate::Pulses { v_on, .. } => *v_on = times(*v_on, f_on),
            }
        }
        own
    }

    pub(super) fn rate(&self, direction: Direction) -> &Rate {
        match direction {
            Direction::Set => &self.set,
            Direction::Reset => &self.reset,
        }
    }

    fn compliance(&self) -> f64 {
        self.i_cc.map_or(f64::INFINITY, Ampere::get)
    }

    /// What drives of one polarity meet.
    fn side(&self, direction: Direction, factor: f64) -> Side<'_> {
        Side {
            direction,
            rate: self.rate(direction),
            law: &self.law,
            bounds: self.bounds(),
            conduction: self.conduction,
            i_cc: self.compliance(),
            factor,
            booked: true,
        }
    }

    /// (SET dose, RESET dose) of a ramp of a device whose limiter does not act.
    #[must_use]
    pub fn doses(&self, ramp: Ramp) -> (f64, f64) {
        let mut doses = (0.0, 0.0);
        for (direction, piece) in polarities(ramp) {
            match direction {
                Direction::Set => doses.0 += self.set.dose(piece),
                Direction::Reset => doses.1 += self.reset.dose(piece),
            }
        }
        doses
    }

    /// (SET, RESET) doses of a whole waveform, of a device whose limiter does not act.
    #[must_use]
    pub fn pulse_doses(&self, pulse: &Waveform) -> (f64, f64) {
        pulse.segments.iter().fold((0.0, 0.0), |sum, s| {
            let (set, reset) = self.doses(Ramp { from: s.from, to: s.to, length: s.length() });
            (sum.0 + set, sum.1 + reset)
        })
    }

    /// Whether any of a ramp is beyond an onset.
    #[must_use]
    pub fn programs(&self, ramp: Ramp) -> bool {
        ramp.from.max(ramp.to) >= self.set.v_on() || -ramp.from.min(ramp.to) >= self.reset.v_on()
    }

    /// As [`Resistive::apply`] with the factor of the doses given.
    #[must_use]
    pub fn apply_factor(&self, g: f64, ramp: Ramp, factor: f64) -> Applied {
        self.apply_booked(g, ramp, factor, true)
    }

    /// The conductance that [`Self::apply_factor`] comes to, to the bit, without the energies: what looks for a voltage or an instant
    /// asks for it many times.
    #[must_use]
    pub fn reached(&self, g: f64, ramp: Ramp, factor: f64) -> f64 {
        self.apply_booked(g, ramp, factor, false).g
    }

    fn apply_booked(&self, g: f64, ramp: Ramp, factor: f64, booked: bool) -> Applied {
        let mut total = Applied { g, ..Applied::default() };
        // Nothing is known of a drive that is not a number: it does nothing.
        let Some(ramp) = ramp.bounded() else { return total };
        for (direction, piece) in polarities(ramp) {
            let step = self.apply_polarity(total.g, piece, direction, (factor, booked));
            total.g = step.g;
            total.energies += step.energies;
            total.dose += step.dose;
        }
        total
    }

    /// As [`Self::apply_factor`] at a constant voltage. Ohmic on a soft bound, which is approached by the share e = 1 - e^(-D) of a
    /// dose D = r t, rate and law are asked once: int V^2 G dt = (V^2/r) (G_bound (D - e) + G e).
    #[must_use]
    pub fn hold(&self, g: f64, v: f64, seconds: f64, factor: f64) -> Applied {
        let direction = if v >= 0.0 { Direction::Set } else { Direction::Reset };
        let rate = self.rate(direction).rate(v.abs()) * factor;
        let (bounds, dose) = (self.bounds(), rate * seconds);
        let (share, beyond) = relaxation(dose);
        let bound = bounds.end(direction);
        let reached = bounds.clamp(g + (bound - g) * share);
        let simple = self.law == StateLaw::SoftBound && self.conduction == Conduction::Ohmic && rate > 0.0;
        if !simple || g.max(reached) * v.abs() > self.compliance() {
            return self.apply_factor(g, Ramp { from: v, to: v, length: seconds }, factor);
        }
        let device = v * v / rate * (bound * beyond + g * share);
        Applied { g: reached, dose, energies: Energies { source: device, device, limiter: 0.0 } }
    }

    /// The factor of a pulse's doses.
    #[must_use]
    pub fn dose_factor(&self, draw: PulseDraw) -> f64 {
        if self.dose_sigma == 0.0 || draw == PulseDraw::None {
            return 1.0;
        }
        exp(self.dose_sigma * draw.normal(Slot::Dose) - 0.5 * self.dose_sigma * self.dose_sigma)
    }

    /// Conductance after a ramp, without the energies and the limiter: what a learning rule needs a
    /// million times a second. The same bits as [`Resistive::apply`] where the limiter does not act.
    #[must_use]
    pub fn conductance_after(&self, g: f64, ramp: Ramp, factor: f64) -> f64 {
        let mut g = g;
        for (direction, piece) in polarities(ramp) {
            g = self.law.after(self.bounds(), g, self.rate(direction).dose(piece) * factor, direction);
        }
        g
    }

    /// One piece of one polarity, magnitudes.
    fn apply_polarity(
        &self,
        g: f64,
        ramp: Ramp,
        direction: Direction,
        (factor, booked): (f64, bool),
    ) -> Applied {
        let side = Side { booked, ..self.side(direction, factor) };
        let i_cc = side.i_cc;
        let Some((start, end)) = side.rate.active(ramp) else {
            return Applied { g, energies: self.conduction.energies(g, i_cc, ramp), dose: 0.0 };
        };
        let dose = side.dose(ramp);
        let reached = side.after(g, dose);
        let largest = self.conduction.current(g.max(reached), ramp.peak());
        let mut total = Applied { g, energies: Energies::default(), dose: 0.0 };
        if start > 0.0 {
            total.energies += self.conduction.energies(g, i_cc, ramp.piece(0.0, start));
        }
        if largest <= i_cc {
            total.energies += side.spent(g, ramp.piece(start, end));
            total.g = reached;
            total.dose = dose;
        } else {
            let limited = limited::apply(&side, g, ramp.piece(start, end));
            total.energies += limited.energies;
            total.g = limited.g;
            total.dose = limited.dose;
        }
        if end < ramp.length {
            total.energies += self.conduction.energies(total.g, i_cc, ramp.piece(end, ramp.length));
        }
        total
    }
}

/// The pieces of one sign, as magnitudes.
fn polarities(ramp: Ramp) -> impl Iterator<Item = (Direction, Ramp)> {
    let cut = if ramp.from * ramp.to < 0.0 { ramp.from / (ramp.from - ramp.to) * ramp.length } else { 0.0 };
    let first = (cut > 0.0).then_some(Ramp { from: ramp.from, to: 0.0, length: cut });
    let start = if cut > 0.0 { 0.0 } else { ramp.from };
    let second = Ramp { from: start, to: ramp.to, length: ramp.length - cut };
    first.into_iter().chain([second]).filter(|r| r.length > 0.0).map(|r| {
        let direction = if r.from + r.to >= 0.0 { Direction::Set } else { Direction::Reset };
        (direction, Ramp { from: r.from.abs(), to: r.to.abs(), length: r.length })
    })
}

impl Resistive for DoseDevice {
    fn bounds(&self) -> Bounds {
        Bounds { g_min: self.g_min.get(), g_max: self.g_max.get() }
    }

    fn onsets(&self) -> (f64, f64) {
        (self.set.v_on(), self.reset.v_on())
    }

    fn current(&self, g: f64, v: f64) -> f64 {
        self.conduction.limited_current(g, v, self.compliance())
    }

    fn apply(&self, g: f64, ramp: Ramp, draw: PulseDraw) -> Applied {
        self.apply_factor(g, ramp, self.dose_factor(draw))
    }
}
