//! Leaky integrate-and-fire: tau_m du/dt = -(u - u_rest) + R I(t).

use super::membrane;
use crate::numeric::decimal::{Decimal, difference, product};
use crate::time::Time;
use crate::units::{Ampere, Ohm, Quantity as _, Second, Volt};
use serde::{Deserialize, Serialize};

/// Where the membrane goes when the neuron fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// To `u_rest`.
    Rest,
    /// To `u_reset`.
    Value,
    /// To `v_hold`, where a threshold switch turns off again.
    Hold,
    /// Down by `v_th - u_rest` per spike, as many spikes at a jump as thresholds fit into it ([`super::Firing`]). With a
    /// refractory time it is one, and what is left above threshold fires when that ends.
    ///
    /// An idealised active reset: a threshold switch goes to its hold voltage, whatever drove it.
    Subtract,
    /// Down by `v_th - u_rest`, once; what is left above threshold waits for the next arrival, whatever its sign.
    SubtractOnce,
}

impl Reset {
    /// Whether a spike takes something away from the membrane, which is not forgotten then.
    #[must_use]
    pub fn subtracts(self) -> bool {
        matches!(self, Self::Subtract | Self::SubtractOnce)
    }
}

/// Parameters of a leaky integrate-and-fire neuron.
///
/// tau_m du/dt = -(u - u_rest) + R (I(t) + i_bias); at u >= v_th it spikes, u is [reset](Reset), and for `t_ref`
/// arrivals are lost. Defaults: the measured Ag/TiO2/Pt switch (Yan et al.).
///
/// ```
/// use memspike::prelude::*;
///
/// let lif = Lif { t_ref: Second::new(2e-3), ..Lif::default() };
/// assert_eq!(lif.faults(), []);
/// // Under a constant drive of 0.5 V: t_ref + tau ln(a/(a - theta)), here relative to rest.
/// let theta = lif.v_th - lif.u_rest;
/// let interval = lif.t_ref + lif.tau_m * (0.5 / (0.5 - theta.get())).ln();
/// assert!((lif.interval(0.5).unwrap() - interval.get()).abs() < 1e-15);
/// // The same drive as a current.
/// let current: Ampere = Volt::new(0.5) / lif.r_m;
/// assert_eq!(current.to_string(), "500 nA");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lif {
    /// Membrane time constant. Paper: 9.41 ms (fig. 4c, measured relaxation).
    pub tau_m: Second,
    /// Where the membrane relaxes to without drive. Paper: 0.43 mV (a fit offset, erratum 12).
    pub u_rest: Volt,
    /// Threshold. Paper: 0.25 V, the turn-on of the threshold switch (fig. 1c).
    pub v_th: Volt,
    /// Reset potential for [`Reset::Value`].
    pub u_reset: Volt,
    /// Hold voltage for [`Reset::Hold`]. Paper: 0.10 V (fig. 1c).
    pub v_hold: Volt,
    /// What firing does to the membrane.
    pub reset: Reset,
    /// Time after a spike during which arrivals are lost.
    pub t_ref: Second,
    /// Membrane resistance R: turns a current into a voltage.
    pub r_m: Ohm,
    /// Constant bias current.
    pub i_bias: Ampere,
    /// Where the membrane is when an episode begins, below `v_th`; `None`: at `u_rest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub u_0: Option<Volt>,
    /// Below what neither a jump nor a drive takes the membrane.
    #[serde(default, skip_serializing_if = "Floor::is_none")]
    pub floor: Floor,
}

/// Below what nothing takes a neuron.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Floor {
    /// Inhibition goes as far as it goes.
    #[default]
    None,
    /// u_rest: a filament is not thinner than dissolved. All jumps of an instant are added before.
    Rest,
}

impl Floor {
    /// Whether nothing holds a neuron up.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The lowest u - u_rest, in volts.
    #[must_use]
    pub const fn lowest(self) -> f64 {
        match self {
            Self::None => f64::NEG_INFINITY,
            Self::Rest => 0.0,
        }
    }
}

impl Default for Lif {
    fn default() -> Self {
        Self {
            tau_m: Second::new(9.41e-3),
            u_rest: Volt::new(0.43e-3),
            v_th: Volt::new(0.25),
            u_reset: Volt::new(0.43e-3),
            v_hold: Volt::new(0.10),
            reset: Reset::Rest,
            t_ref: Second::ZERO,
            r_m: Ohm::new(1e6),
            i_bias: Ampere::ZERO,
            u_0: None,
            floor: Floor::None,
        }
    }
}

/// A parameter that is not valid for a leaky integrate-and-fire neuron.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum LifError {
    /// The membrane would not relax.
    #[error("tau_m is {tau_m}; it must be above zero, such as \"9.41 ms\"")]
    TimeConstant {
        /// The value.
        tau_m: Second,
    },
    /// The neuron would fire without input, for ever.
    #[error(
        "v_th is {v_th}, not above u_rest = {u_rest}; without drive the membrane must stay below threshold"
    )]
    Threshold {
        /// The threshold.
        v_th: Volt,
        /// The resting potential.
        u_rest: Volt,
    },
    /// The neuron would fire again at once.
    #[error("the reset leaves the membrane at {reset}, not below v_th = {v_th}")]
    ResetAboveThreshold {
        /// Where it would reset to.
        reset: Volt,
        /// The threshold.
        v_th: Volt,
    },
    /// It would have fired before the beginning.
    #[error("u_0 is {u_0}, not below v_th = {v_th}; a neuron starts below its threshold")]
    Start {
        /// Where it would start.
        u_0: Volt,
        /// The threshold.
        v_th: Volt,
    },
    /// No time is negative.
    #[error("t_ref is {t_ref}; it must be zero or more")]
    Refractory {
        /// The value.
        t_ref: Second,
    },
}

/// The membrane is written relative to rest, x = u - u_rest, and the drive in volts, v(t) = a + b t, t
/// in seconds since x0 was the state. `a` includes the bias: see [`Lif::bias`].
///
/// What a comparison depends on (v_th - u_rest, u_reset - u_rest, u_0 - u_rest, R I_bias) is formed of the decimals that were stated
/// and rounded once ([`crate::numeric::decimal`]), so that a neuron whose potentials are all shifted by an offset is the
/// same neuron: with -70 mV and -55 mV a jump of 15 mV reaches threshold, as with 0 mV and 15 mV.
impl Lif {
    /// All faults of these parameters.
    #[must_use]
    pub fn faults(&self) -> Vec<LifError> {
        let mut faults = Vec::new();
        if self.tau_m <= Second::ZERO {
            faults.push(LifError::TimeConstant { tau_m: self.tau_m });
        }
        if self.v_th <= self.u_rest {
            faults.push(LifError::Threshold { v_th: self.v_th, u_rest: self.u_rest });
        }
        let reset = match self.reset {
            Reset::Value => self.u_reset,
            Reset::Hold => self.v_hold,
            Reset::Rest | Reset::Subtract | Reset::SubtractOnce => self.u_rest,
        };
        if reset >= self.v_th && self.v_th > self.u_rest {
            faults.push(LifError::ResetAboveThreshold { reset, v_th: self.v_th });
        }
        if let Some(u_0) = self.u_0
            && u_0 >= self.v_th
        {
            faults.push(LifError::Start { u_0, v_th: self.v_th });
        }
        if self.t_ref < Second::ZERO {
            faults.push(LifError::Refractory { t_ref: self.t_ref });
        }
        faults
    }

    /// Threshold relative to rest, v_th - u_rest, in volts.
    #[must_use]
    pub fn theta(&self) -> f64 {
        difference(self.v_th.get(), self.u_rest.get())
    }

    /// The refractory time in whole femtoseconds.
    #[must_use]
    pub fn refractory(&self) -> Time {
        Time::from_seconds(self.t_ref).unwrap_or(Time::MAX)
    }

    /// The constant part of the drive, R I_bias, in volts.
    #[must_use]
    pub fn bias(&self) -> f64 {
        product(self.r_m.get(), self.i_bias.get())
    }

    /// Where the membrane tends to without input, u_inf = u_rest + R I_bias, in volts.
    #[must_use]
    pub fn u_inf(&self) -> f64 {
        let exact = || Decimal::shortest(self.u_rest.get())?.plus(self.exact_bias()?);
        exact().map_or_else(|| self.u_rest.get() + self.bias(), Decimal::to_f64)
    }

    /// u - u_inf of a stated potential, such as v_th, in volts.
    #[must_use]
    pub fn above_u_inf(&self, u: Volt) -> f64 {
        let rest = || Decimal::shortest(self.u_rest.get());
        let exact = || Decimal::shortest(u.get())?.minus(rest()?)?.minus(self.exact_bias()?);
        exact().map_or_else(|| difference(u.get(), self.u_rest.get()) - self.bias(), Decimal::to_f64)
    }

    /// Where it starts relative to rest, in volts.
    #[must_use]
    pub fn start(&self) -> f64 {
        self.u_0.map_or(0.0, |u_0| difference(u_0.get(), self.u_rest.get()))
    }

    /// As [`Lif::start`], relative to u_inf.
    #[must_use]
    pub fn start_above_u_inf(&self) -> f64 {
        self.u_0.map_or_else(|| -self.bias(), |u_0| self.above_u_inf(u_0))
    }

    fn exact_bias(&self) -> Option<Decimal> {
        Decimal::shortest(self.r_m.get())?.times(Decimal::shortest(self.i_bias.get())?)
    }

    /// x after `dt` seconds: [`membrane::advance`].
    #[inline]
    #[must_use]
    pub fn advance(&self, x0: f64, a: f64, b: f64, dt: f64) -> f64 {
        membrane::advance(self.tau_m.get(), x0, a, b, dt)
    }

    /// Seconds until the drive takes x over `theta`, if that is within `limit` seconds: [`membrane::crossing`].
    #[inline]
    #[must_use]
    pub fn crossing(&self, x0: f64, a: f64, b: f64, theta: f64, limit: f64) -> Option<f64> {
        membrane::crossing(self.tau_m.get(), x0, a, b, theta, limit)
    }

    /// The span until the drive takes x over [`Lif::theta`], if that is within `limit`.
    ///
    /// Rounded up to a femtosecond, so never before the crossing, and at least one: a neuron spikes
    /// at most once in an instant.
    #[must_use]
    pub fn firing(&self, x0: f64, a: f64, b: f64, limit: Time) -> Option<Time> {
        self.firing_at(x0, a, b, self.theta(), limit)
    }

    /// As [`Lif::firing`] with the threshold `theta` (relative to rest, in volts).
    #[must_use]
    pub fn firing_at(&self, x0: f64, a: f64, b: f64, theta: f64, limit: Time) -> Option<Time> {
        let seconds = self.crossing(x0, a, b, theta, limit.as_seconds())?;
        let up = Second::from_si(seconds).and_then(|t| Time::from_seconds_up(t).ok()).unwrap_or(Time::MAX);
        Some(up.max(Time::from_fs(1)).min(limit))
    }

    /// The potential that a reset writes; [`Reset::Subtract`] writes none.
    const fn reset_to(&self) -> Option<Volt> {
        match self.reset {
            Reset::Rest => Some(self.u_rest),
            Reset::Value => Some(self.u_reset),
            Reset::Hold => Some(self.v_hold),
            Reset::Subtract | Reset::SubtractOnce => None,
        }
    }

    /// What a reset writes relative to rest or, of [`Reset::Subtract`], takes away, in volts.
    #[must_use]
    pub fn reset_level(&self) -> f64 {
        self.reset_to().map_or_else(|| self.theta(), |u| difference(u.get(), self.u_rest.get()))
    }

    /// As [`Lif::reset_level`], relative to u_inf.
    #[must_use]
    pub fn reset_level_above_u_inf(&self) -> f64 {
        self.reset_to().map_or_else(|| self.theta(), |u| self.above_u_inf(u))
    }

    /// x after one spike at `x_before`, relative to rest, in volts: of jumps see [`super::Firing`].
    #[inline]
    #[must_use]
    pub fn reset_value(&self, x_before: f64) -> f64 {
        match self.reset {
            Reset::Rest => 0.0,
            Reset::Value | Reset::Hold => self.reset_level(),
            Reset::Subtract | Reset::SubtractOnce => x_before - self.theta(),
        }
    }

    /// Interval between spikes under a constant drive `a` (volts), in seconds; `None` if it does not fire.
    ///
    /// t_ref + tau ln((a - x_r)/(a - theta)), x_r the reset value; the membrane stays there during t_ref.
    #[must_use]
    pub fn interval(&self, a: f64) -> Option<f64> {
        let theta = self.theta();
        let rise = self.crossing(self.reset_value(theta), a, 0.0, theta, f64::INFINITY)?;
        Some((self.t_ref + Second::of(rise)).get())
    }

    /// Integral of u^2 over `dt` seconds of free decay from x0, in V^2 s: [`membrane::square_integral`].
    ///
    /// The energy that leaks through an off-state conductance is G_off times it. Constant drive
    /// `a`: `membrane::square_integral(tau, u_rest + a, x0 - a, dt)`.
    #[must_use]
    pub fn leakage(&self, x0: f64, dt: f64) -> f64 {
        membrane::square_integral(self.tau_m.get(), self.u_rest.get(), x0, dt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: f64 = 1e-3;

    /// Firing time in ms from `x0` under a constant drive.
    fn fires_after(lif: &Lif, x0: f64, drive: f64) -> f64 {
        lif.crossing(x0, drive, 0.0, lif.theta(), f64::INFINITY).unwrap() / MS
    }

    /// As fig. 1c, with the offset of the fit left out.
    fn without_offset() -> Lif {
        Lif { u_rest: Volt::ZERO, u_reset: Volt::ZERO, ..Lif::default() }
    }

    #[test]
    fn a_constant_drive_fires_at_the_papers_corrected_times() {
        let lif = Lif::default();
        for (drive, want) in [(0.3, 16.779877), (0.4, 9.202667), (0.5, 6.506344), (1.0, 2.701695)] {
            let t = fires_after(&lif, 0.0, drive);
            assert!((t - want).abs() < 0.5e-6, "{drive} V: {t} ms, not {want} ms");
        }
        for (drive, want, digit) in
            [(0.3, 16.86, 0.01), (0.4, 9.23, 0.01), (0.5, 6.52, 0.01), (1.0, 2.707, 0.001)]
        {
            let t = fires_after(&without_offset(), 0.0, drive);
            assert!((t - want).abs() <= digit / 2.0, "{drive} V: {t} ms, not {want} ms");
        }
    }

    #[test]
    fn eq_3_holds_with_its_sign_corrected() {
        // u(t) = u_rest + R I0 (1 - e^(-t/tau)), and not -u_rest: u(0) is u_rest and u ends at u_rest + R I0.
        let lif = Lif { r_m: Ohm::new(1e6), i_bias: Ampere::new(0.2e-6), ..Lif::default() };
        let (u_rest, r_i0, tau) = (0.43e-3, 0.2, 9.41e-3);
        let u = |t: f64| u_rest + lif.advance(0.0, lif.bias(), 0.0, t);
        assert_eq!(u(0.0), u_rest);
        for k in 1..100 {
            let t = f64::from(k) * 0.5e-3;
            let want = u_rest + r_i0 * (1.0 - (-t / tau).exp());
            assert!((u(t) - want).abs() < 1e-15, "t = {t} s");
            let as_printed = -u_rest + r_i0 * (1.0 - (-t / tau).exp());
            assert!((u(t) - as_printed - 2.0 * u_rest).abs() < 1e-15);
        }
        assert!((u(1.0) - (u_rest + r_i0)).abs() < 1e-15);
    }

    #[test]
    fn intervals_between_spikes_follow_from_the_reset() {
        let hold = |u_rest: f64| Lif { u_rest: Volt::new(u_rest), reset: Reset::Hold, ..Lif::default() };
        for (drive, want, digit) in [(0.3, 13.05, 0.01), (0.5, 4.42, 0.01), (1.0, 1.716, 0.001)] {
            let isi = hold(0.0).interval(drive).unwrap() / MS;
            assert!((isi - want).abs() <= digit / 2.0, "{drive} V to hold: {isi} ms");
        }
        for (drive, want, digit) in [(0.3, 12.98466, 1e-5), (0.5, 4.416673, 1e-6), (1.0, 1.714747, 1e-6)] {
            let isi = hold(0.43e-3).interval(drive).unwrap() / MS;
            assert!((isi - want).abs() <= digit / 2.0, "{drive} V to hold: {isi} ms");
        }
        for (drive, want, digit) in [(0.3, 16.86, 0.01), (0.5, 6.52, 0.01), (1.0, 2.707, 0.001)] {
            for reset in [Reset::Rest, Reset::Subtract, Reset::Value] {
                let isi = Lif { reset, ..without_offset() }.interval(drive).unwrap() / MS;
                assert!((isi - want).abs() <= digit / 2.0, "{drive} V, {reset:?}: {isi} ms");
            }
        }
        let refractory = Lif { t_ref: Second::new(2e-3), ..without_offset() };
        assert!(
            (refractory.interval(1.0).unwrap() - without_offset().interval(1.0).unwrap() - 2e-3).abs()
                < 1e-18
        );
        assert_eq!(Lif::default().interval(Lif::default().theta()), None);
    }

    #[test]
    fn the_membrane_falls_from_threshold_to_hold_in_8_62_ms() {
        // tau ln(V_th/V_h), and 8.646647 ms with the paper's offset.
        let fall = |lif: &Lif, t: f64| lif.u_rest.get() + lif.advance(lif.theta(), 0.0, 0.0, t);
        assert!((fall(&without_offset(), 9.41e-3 * (2.5f64).ln()) - 0.10).abs() < 1e-15);
        assert!((9.41 * (2.5f64).ln() - 8.62).abs() < 0.005);
        assert!((fall(&Lif::default(), 8.646647e-3) - 0.10).abs() < 6e-9, "half a digit of the time");
    }

    #[test]
    fn each_reset_goes_where_it_says_relative_to_rest() {
        let to = |reset| Lif { reset, u_reset: Volt::new(0.05), ..Lif::default() }.reset_value(0.3);
        assert_eq!(to(Reset::Rest), 0.0);
        assert_eq!(to(Reset::Value), 0.05 - 0.43e-3);
        assert_eq!(to(Reset::Hold), 0.10 - 0.43e-3);
        assert_eq!(to(Reset::Subtract), 0.3 - (0.25 - 0.43e-3));
    }

    #[test]
    fn a_jump_by_the_stated_distance_reaches_threshold_and_a_smaller_one_does_not() {
        let volts = |tenths: i32| Volt::parse(&format!("{}.{} mV", tenths / 10, tenths.abs() % 10)).unwrap();
        for k in 0..400_i32 {
            // Rest from -99.9 to -50 mV, so that both signs are written before the digits; 10 to 30 mV to threshold.
            let (rest, distance) = (-500 - k * 271 % 500, 100 + k * 97 % 200);
            let lif = Lif { u_rest: volts(rest), v_th: volts(rest + distance), ..Lif::default() };
            let zero = Lif { u_rest: Volt::ZERO, v_th: volts(distance), ..Lif::default() };
            assert_eq!(lif.theta(), volts(distance).get(), "{rest} {distance}");
            assert_eq!(lif.theta().to_bits(), zero.theta().to_bits());
            assert!(volts(distance - 1).get() < lif.theta());
            let reset = Lif { reset: Reset::Value, u_reset: volts(rest - 37), ..lif };
            assert_eq!(reset.reset_value(1.0), volts(-37).get());
        }
    }

    #[test]
    fn a_bias_at_rheobase_never_fires_and_one_step_above_it_does() {
        for k in 0..400_i64 {
            // R in 0.1 MOhm, I in 0.1 pA: R I in 0.01 uV.
            let (rest, r, i) = (-7000 + k * 13 % 9000, 100 + k * 271 % 3000, 100 + k * 97 % 5000);
            let (r_m, step) = (Ohm::parse(&format!("{r}e-1 MOhm")).unwrap(), r * i);
            let lif = Lif {
                u_rest: Volt::parse(&format!("{rest}e-2 mV")).unwrap(),
                v_th: Volt::parse(&format!("{}e-2 uV", rest * 1000 + step)).unwrap(),
                r_m,
                i_bias: Ampere::parse(&format!("{i}e-1 pA")).unwrap(),
                ..Lif::default()
            };
            assert_eq!(lif.bias(), lif.theta(), "{lif:?}");
            assert_eq!(lif.above_u_inf(lif.v_th), 0.0);
            assert_eq!(lif.interval(lif.bias()), None);
            let above = Lif { i_bias: Ampere::parse(&format!("{}e-1 pA", i + 1)).unwrap(), ..lif };
            assert!(above.interval(above.bias()).is_some() && above.above_u_inf(above.v_th) < 0.0);
        }
    }

    #[test]
    fn potentials_relative_to_the_asymptote_are_rounded_once() {
        let lif = Lif {
            u_rest: Volt::new(-0.07),
            v_th: Volt::new(-0.055),
            u_reset: Volt::new(-0.0649),
            r_m: Ohm::new(1e7),
            i_bias: Ampere::new(3e-10),
            reset: Reset::Value,
            ..Lif::default()
        };
        assert_eq!((lif.u_inf(), lif.above_u_inf(lif.v_th)), (-0.067, 0.012));
        assert_eq!((lif.reset_level(), lif.reset_level_above_u_inf()), (0.0051, 0.0021));
        let start = Lif { u_0: Some(Volt::new(-0.0639)), ..lif.clone() };
        assert_eq!((start.start(), start.start_above_u_inf()), (0.0061, 0.0031));
        assert_eq!((lif.start(), lif.start_above_u_inf()), (0.0, -0.003));
        let subtract = Lif { reset: Reset::Subtract, ..lif };
        assert_eq!((subtract.reset_level(), subtract.reset_level_above_u_inf()), (0.015, 0.015));
    }

    #[test]
    fn a_firing_time_is_rounded_up_to_a_femtosecond_and_stays_within_its_limit() {
        let lif = without_offset();
        let limit = Time::from_fs(1 << 50);
        let exact = lif.crossing(0.0, 0.5, 0.0, 0.25, 1.0).unwrap() * 1e15;
        let fs = lif.firing(0.0, 0.5, 0.0, limit).unwrap().fs() as f64;
        assert!(fs >= exact && fs - exact < 1.0);
        assert_eq!(lif.firing(0.25, 0.5, 0.0, limit), Some(Time::from_fs(1)), "at threshold and rising");
        assert_eq!(lif.firing(0.0, 0.5, 0.0, Time::from_fs(6_000_000_000_000)), None);
        assert_eq!(lif.firing(0.0, 0.5, 0.0, Time::ZERO), None);
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        assert_eq!(Lif::default().faults(), []);
        let broken = Lif {
            tau_m: Second::new(-1e-3),
            v_th: Volt::new(-0.1),
            t_ref: Second::new(-1.0),
            u_0: Some(Volt::new(-0.1)),
            ..Lif::default()
        };
        let text: Vec<String> = broken.faults().iter().map(ToString::to_string).collect();
        assert_eq!(
            text,
            [
                "tau_m is -1 ms; it must be above zero, such as \"9.41 ms\"",
                "v_th is -100 mV, not above u_rest = 430 uV; without drive the membrane must stay below threshold",
                "u_0 is -100 mV, not below v_th = -100 mV; a neuron starts below its threshold",
                "t_ref is -1 s; it must be zero or more",
            ]
        );
        let high = Lif { reset: Reset::Hold, v_hold: Volt::new(0.3), ..Lif::default() };
        assert_eq!(high.faults().len(), 1);
    }

    proptest! {
        #[test]
        fn leakage_is_never_negative_and_adds_up(x0 in -0.3..0.3, d1 in 0.0..0.1, d2 in 0.0..0.1) {
            let lif = Lif::default();
            let whole = lif.leakage(x0, d1 + d2);
            let parts = lif.leakage(x0, d1) + lif.leakage(lif.advance(x0, 0.0, 0.0, d1), d2);
            prop_assert!(whole >= 0.0 && (whole - parts).abs() < 1e-15 * 9.41);
        }
    }
}
