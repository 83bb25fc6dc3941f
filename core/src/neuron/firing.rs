//! What firing does to a membrane: how many spikes it is, and what is left.
//!
//! A jump may carry a membrane past several thresholds at once. Where a reset takes a threshold away, such a jump is as
//! many spikes at one instant as thresholds fit into it: n = floor(u/theta), u <- u - n theta, both relative to rest.
//! So nothing rests above threshold, and no arrival that lowers a membrane ever makes it fire.

use super::{Lif, Reset};
use crate::numeric::Real;
use crate::time::Time;

/// Most spikes of a neuron at one instant. More is a weight in the wrong unit rather than a neuron.
pub const MAX_AT_ONCE: u32 = 65_535;

/// What a membrane at or above threshold does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spent<R> {
    /// Spikes at this instant, at least one; more than [`MAX_AT_ONCE`] if they cannot be: then `x` means nothing.
    pub times: u32,
    /// The membrane after them.
    pub x: R,
}

/// What firing does in the arithmetic of a population, whose membranes are kept relative to some voltage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Firing<R> {
    /// A membrane at or above it fires.
    pub threshold: R,
    /// What a spike writes, or takes away.
    pub level: R,
    /// Whether it takes away.
    subtracts: bool,
    /// Whether what is left fires too: at the same instant, or after each refractory time.
    drains: bool,
    /// Whether it does so at the same instant.
    at_once: bool,
}

impl Firing<f64> {
    /// Of membranes that are kept relative to rest, in volts.
    #[must_use]
    pub fn above_rest(lif: &Lif) -> Self {
        Self::new(lif, lif.theta(), lif.reset_level())
    }

    /// Of membranes that are kept relative to u_inf = u_rest + R I_bias, in volts.
    #[must_use]
    pub fn above_u_inf(lif: &Lif) -> Self {
        Self::new(lif, lif.above_u_inf(lif.v_th), lif.reset_level_above_u_inf())
    }

    fn new(lif: &Lif, threshold: f64, level: f64) -> Self {
        let drains = lif.reset == Reset::Subtract;
        Self {
            threshold,
            level,
            subtracts: lif.reset.subtracts(),
            drains,
            at_once: drains && lif.refractory() == Time::ZERO,
        }
    }

    /// The same in another precision.
    #[must_use]
    pub fn rounded<R: Real>(self) -> Firing<R> {
        let Self { threshold, level, subtracts, drains, at_once } = self;
        Firing { threshold: R::from_f64(threshold), level: R::from_f64(level), subtracts, drains, at_once }
    }
}

impl<R: Real> Firing<R> {
    /// The same of membranes that are kept multiplied by `scale`.
    #[inline]
    #[must_use]
    pub fn scaled(self, scale: R) -> Self {
        Self { threshold: self.threshold * scale, level: self.level * scale, ..self }
    }

    /// Whether a spike takes `level` away; otherwise it writes it.
    #[inline]
    #[must_use]
    pub fn subtracts(&self) -> bool {
        self.subtracts
    }

    /// Whether a jump may be several spikes at one instant.
    #[inline]
    #[must_use]
    pub fn at_once(&self) -> bool {
        self.at_once
    }

    /// Whether a membrane may rest above threshold.
    #[inline]
    #[must_use]
    pub fn leaves(&self) -> bool {
        self.subtracts && !self.drains
    }

    /// Whether a membrane that was left at `x` fires when its refractory time ends.
    #[inline]
    #[must_use]
    pub fn fires_again(&self, x: R) -> bool {
        self.drains && x >= self.threshold
    }

    /// x after one spike at `x`: what a crossing under a drive is.
    #[inline(always)]
    #[must_use]
    pub fn once(&self, x: R) -> R {
        if self.subtracts { x - self.level } else { self.level }
    }

    /// What a membrane does that has jumped to `x`, at or above threshold.
    #[inline]
    #[must_use]
    pub fn jump(&self, x: R) -> Spent<R> {
        let left = self.once(x);
        if self.at_once && left >= self.threshold { self.spend(x) } else { Spent { times: 1, x: left } }
    }

    /// The fewest spikes that leave the membrane below threshold, which is more than one.
    #[cold]
    fn spend(&self, x: R) -> Spent<R> {
        let after = |times: u32| x - R::from_f64(f64::from(times)) * self.level;
        let about = ((x - self.threshold) / self.level).to_f64().floor() + 1.0;
        let possible = about <= f64::from(MAX_AT_ONCE);
        if !possible {
            return Spent { times: MAX_AT_ONCE + 1, x };
        }
        // The quotient is rounded: the differences themselves decide.
        let mut times = (about as u32).max(1);
        while times <= MAX_AT_ONCE && after(times) >= self.threshold {
            times += 1;
        }
        while times > 1 && after(times - 1) < self.threshold {
            times -= 1;
        }
        Spent { times, x: after(times) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Ampere, Second, Volt};
    use proptest::prelude::*;

    fn subtracting(v_th: f64) -> Lif {
        Lif { u_rest: Volt::ZERO, v_th: Volt::new(v_th), reset: Reset::Subtract, ..Lif::default() }
    }

    #[test]
    fn a_jump_of_three_and_a_half_thresholds_is_three_spikes_and_leaves_half_a_one() {
        assert_eq!(Firing::above_rest(&subtracting(2.0)).jump(7.0), Spent { times: 3, x: 1.0 });
        assert_eq!(Firing::above_rest(&subtracting(2.0)).jump(6.0), Spent { times: 3, x: 0.0 });
        assert_eq!(Firing::above_rest(&subtracting(2.0)).jump(2.0), Spent { times: 1, x: 0.0 });
        let single = Firing::above_rest(&subtracting(2.0)).rounded::<f32>().jump(7.0);
        assert_eq!(single, Spent { times: 3, x: 1.0 });
        let once = Lif { reset: Reset::SubtractOnce, ..subtracting(2.0) };
        assert_eq!(Firing::above_rest(&once).jump(7.0), Spent { times: 1, x: 5.0 });
        let rest = Lif { reset: Reset::Rest, ..subtracting(2.0) };
        assert_eq!(Firing::above_rest(&rest).jump(7.0), Spent { times: 1, x: 0.0 });
        let deaf = Lif { t_ref: Second::new(1e-3), ..subtracting(2.0) };
        let firing = Firing::above_rest(&deaf);
        assert_eq!(firing.jump(7.0), Spent { times: 1, x: 5.0 });
        assert!(firing.fires_again(5.0) && firing.fires_again(2.0) && !firing.fires_again(1.0));
        assert!(!Firing::above_rest(&once).fires_again(5.0));
    }

    #[test]
    fn with_a_bias_thresholds_are_counted_from_rest_and_not_from_where_the_bias_leads() {
        // R I = 1 V, rest 0, threshold 2 V: u = 7 V is x = 6 V, and 3 spikes leave u at 1 V, x at 0.
        let lif = Lif { i_bias: Ampere::new(1e-6), ..subtracting(2.0) };
        assert_eq!(Firing::above_u_inf(&lif).jump(6.0), Spent { times: 3, x: 0.0 });
    }

    #[test]
    fn more_than_65535_spikes_at_once_are_none() {
        let firing = Firing::above_rest(&subtracting(1.0));
        assert_eq!(firing.jump(65_535.5), Spent { times: MAX_AT_ONCE, x: 0.5 });
        for x in [65_536.0, 1e300, f64::INFINITY] {
            assert!(firing.jump(x).times > MAX_AT_ONCE, "{x}");
        }
    }

    proptest! {
        #[test]
        fn nothing_rests_above_threshold_and_no_spike_is_one_too_many(
            v_th in 1e-3..10.0f64, thresholds in 1.0..5000.0f64, bias in -1.0..0.9f64,
        ) {
            // On 1 MOhm.
            let lif = Lif { i_bias: Ampere::new(bias * v_th * 1e-6), ..subtracting(v_th) };
            let zero = lif.u_inf();
            let firing = Firing::above_u_inf(&lif);
            let x = v_th * thresholds - zero;
            prop_assume!(x >= firing.threshold);
            let Spent { times, x: left } = firing.jump(x);
            prop_assert!(left < firing.threshold);
            prop_assert!(times == 1 || x - f64::from(times - 1) * firing.level >= firing.threshold);
            // The remainder of an exact division, but for rounding: near a whole number either is right.
            let share = (x + zero) / v_th;
            if (share - share.round()).abs() > 1e-9 {
                prop_assert_eq!(f64::from(times), share.floor());
                prop_assert!((left + zero - v_th * share.fract()).abs() < 1e-9 * v_th * share);
            }
        }
    }
}
