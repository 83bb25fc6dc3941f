//! A leaky membrane under synaptic currents that decay: exponential and alpha kernels in closed form.
//!
//! A current, times R, is v(t) = (p + q t/tau) e^(-t/tau) in volts: an exponential kernel adds to p, an
//! alpha kernel to q. Any number of arrivals of one time constant therefore make one such pair. With
//! s = t/tau_m, nu = tau_m/tau and x the membrane relative to rest, dx/ds = -x + a + beta s + sum v, so
//!
//! x(s) = a + (x0 - a) e^-s + beta (s - 1 + e^-s) + sum (p A(s) + q nu B(s)),
//! A(s) = int_0^s e^-(s-r) e^(-nu r) dr = (e^(-nu s) - e^-s)/(1 - nu),
//! B(s) = int_0^s e^-(s-r) r e^(-nu r) dr.
//!
//! Both are divided differences of exponentials and are computed as such: tau may equal tau_m or differ
//! from it in the last place.
//!
//! Source: Rotter & Diesmann, "Exact digital simulation of time-invariant linear systems with
//! applications to neuronal modeling", Biol. Cybern. 81 (1999) 381.

pub mod chain;
mod crossing;
pub mod wall;

pub use crossing::{Bound, bound, crossing, firing};

use crate::numeric::{exp, ln, relaxation};
use serde::{Deserialize, Serialize};

/// Most time constants at one population: what is tested for crossings has a fixed size.
pub const MAX_DECAYS: usize = 8;

/// Peak of the alpha kernel (t/tau) e^(1 - t/tau) is one.
pub const ALPHA_PEAK: f64 = std::f64::consts::E;

/// One synaptic current now, times R, in volts: v(t) = (p + q t/tau) e^(-t/tau).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Current {
    /// Amplitude of e^(-t/tau), in volts.
    pub p: f64,
    /// Amplitude of (t/tau) e^(-t/tau), in volts.
    pub q: f64,
}

/// A synaptic time constant beside the membrane's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decay {
    /// In seconds.
    pub tau: f64,
    /// tau_m/tau.
    pub nu: f64,
    /// 1 - nu, exact where the two are close.
    difference: f64,
    /// Bounds on the membrane's response to p = 1 and to q = 1.
    peak: (f64, f64),
}

impl Decay {
    /// A time constant in seconds beside tau_m in seconds.
    #[must_use]
    pub fn new(tau: f64, tau_m: f64) -> Self {
        let nu = tau_m / tau;
        let difference = (tau - tau_m) / tau;
        // max A = nu^(nu/(1 - nu)), 1/e where the two are equal.
        let exponential =
            if difference.abs() < 1e-3 { 0.369 } else { exp(nu / difference * ln(nu)) * (1.0 + 1e-9) };
        // Neither the drive's peak 1/e nor its area 1/nu is exceeded.
        let alpha = (1.0 / nu).min(0.3679);
        Self { tau, nu, difference, peak: (exponential, alpha) }
    }

    /// 1 - nu.
    #[must_use]
    pub fn difference(&self) -> f64 {
        self.difference
    }

    /// e^(-nu s) and A(s) after s membrane time constants, given e^-s: what there is to know where no alpha kernel acts.
    #[inline]
    #[must_use]
    pub fn exponential(&self, s: f64, membrane: f64) -> (f64, f64) {
        let current = exp(-(self.nu * s));
        let step = share(self.difference.abs() * s);
        (current, if self.difference >= 0.0 { current } else { membrane } * s * step)
    }

    /// e^(-nu s), A(s) and nu B(s) after s membrane time constants, given e^-s.
    #[inline]
    #[must_use]
    pub fn response(&self, s: f64, membrane: f64) -> (f64, f64, f64) {
        let current = exp(-(self.nu * s));
        let z = self.difference.abs() * s;
        let (step, slow, fast) = shares(z);
        if self.difference >= 0.0 {
            (current, current * s * step, self.nu * current * s * s * slow)
        } else {
            (current, membrane * s * step, self.nu * membrane * s * s * fast)
        }
    }
}

/// (1 - e^-z)/z, (z - 1 + e^-z)/z^2 and (1 - (1 + z) e^-z)/z^2: the integrals over 0..1 of e^(-z r),
/// r e^(-z (1 - r)) and r e^(-z r).
#[inline]
pub fn shares(z: f64) -> (f64, f64, f64) {
    if z < 1e-20 {
        return (1.0, 0.5, 0.5);
    }
    let (step, ramp) = relaxation(z);
    let (step, ramp, inverse) = (step / z, ramp / (z * z), 1.0 / z);
    // The difference of the two loses its digits for large z, the formula for small z.
    let fast = if z < 2.0 { step - ramp } else { (step - (1.0 - z * step)) * inverse };
    (step, ramp, fast)
}

/// The first of [`shares`] alone, with the same bits.
#[inline]
fn share(z: f64) -> f64 {
    if z < 1e-20 { 1.0 } else { relaxation(z).0 / z }
}

/// What acts on a membrane from now on: a + b t and the currents.
#[derive(Clone, Copy, Debug)]
pub struct Drive<'a> {
    /// In volts.
    pub a: f64,
    /// In volts per second.
    pub b: f64,
    /// Time constants.
    pub decays: &'a [Decay],
    /// The current of each time constant.
    pub currents: &'a [Current],
}

impl Drive<'_> {
    /// a + sum v, the whole drive now.
    #[must_use]
    pub fn now(&self) -> f64 {
        self.currents.iter().fold(self.a, |sum, current| sum + current.p)
    }

    /// x after `dt` seconds from `x0`; the currents stay as they are.
    #[must_use]
    pub fn advance(&self, tau_m: f64, x0: f64, dt: f64) -> f64 {
        let mut copy = [Current::default(); MAX_DECAYS];
        let currents = &mut copy[..self.currents.len().min(MAX_DECAYS)];
        currents.copy_from_slice(&self.currents[..currents.len()]);
        advance(tau_m, x0, (self.a, self.b), self.decays, currents, dt)
    }

    /// x - theta in units where s counts membrane time constants, so that no digit of a small distance is
    /// lost late: the level theta is taken off before anything decays.
    fn distance(&self, tau_m: f64, x0: f64, theta: f64, s: f64) -> f64 {
        let membrane = exp(-s);
        let (step, ramp) = relaxation(s);
        let mut x = (x0 - theta) * membrane + (self.a - theta) * step;
        if self.b != 0.0 {
            x += self.b * tau_m * ramp;
        }
        for (decay, current) in self.decays.iter().zip(self.currents) {
            x += current.moves(decay, s, membrane).0;
        }
        x
    }
}

impl Current {
    /// The current after s membrane time constants.
    #[inline]
    pub fn decay(&mut self, decay: &Decay, s: f64) {
        if self.p != 0.0 || self.q != 0.0 {
            self.faded(decay.nu * s, exp(-(decay.nu * s)));
        }
    }

    /// How far it has moved the membrane after s membrane time constants, and the factor by which it has faded.
    #[inline(always)]
    fn moves(&self, decay: &Decay, s: f64, membrane: f64) -> (f64, f64) {
        if self.q != 0.0 {
            let (factor, exponential, alpha) = decay.response(s, membrane);
            (self.p * exponential + self.q * alpha, factor)
        } else if self.p != 0.0 {
            let (factor, exponential) = decay.exponential(s, membrane);
            (self.p * exponential, factor)
        } else {
            (0.0, 1.0)
        }
    }

    #[inline]
    fn faded(&mut self, t: f64, factor: f64) {
        self.p = (self.p + self.q * t) * factor;
        self.q *= factor;
    }
}

/// x after `dt` seconds, with the currents moved along: [`Drive::advance`] and [`Current::decay`] in one.
#[inline]
pub fn advance(
    tau_m: f64,
    x0: f64,
    (a, b): (f64, f64),
    decays: &[Decay],
    currents: &mut [Current],
    dt: f64,
) -> f64 {
    let s = dt / tau_m;
    let membrane = exp(-s);
    let mut x = a + (x0 - a) * membrane;
    if b != 0.0 {
        x += b * tau_m * relaxation(s).1;
    }
    for (decay, current) in decays.iter().zip(currents) {
        let (moved, factor) = current.moves(decay, s, membrane);
        x += moved;
        current.faded(decay.nu * s, factor);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TAU: f64 = 9.41e-3;

    fn drive<'a>(decays: &'a [Decay], currents: &'a [Current]) -> Drive<'a> {
        Drive { a: 0.0, b: 0.0, decays, currents }
    }

    #[test]
    fn the_shares_are_their_integrals_over_thirty_decades() {
        // 64-point sums of smooth integrands: relative error below 1e-14.
        for k in -200..=60 {
            let z = 10f64.powf(f64::from(k) * 0.1);
            if z > 40.0 {
                continue;
            }
            let integral = |f: &dyn Fn(f64) -> f64| {
                crate::numeric::gauss(0.0, 0.5, f) + crate::numeric::gauss(0.5, 1.0, f)
            };
            let (step, slow, fast) = shares(z);
            let near = |got: f64, want: f64| (got / want - 1.0).abs() < if z < 4.0 { 2e-14 } else { 1e-6 };
            assert!(near(step, integral(&|r| (-z * r).exp())), "z = {z}");
            assert!(near(slow, integral(&|r| r * (-z * (1.0 - r)).exp())), "z = {z}");
            assert!(near(fast, integral(&|r| r * (-z * r).exp())), "z = {z}");
        }
    }

    #[test]
    fn equal_and_nearly_equal_time_constants_give_t_e_to_the_minus_t() {
        for relative in [0.0, 1e-16, -1e-16, 1e-12, -1e-12, 1e-9, -1e-9] {
            let decay = [Decay::new(TAU * (1.0 + relative), TAU)];
            for s in [1e-6, 0.1, 1.0, 5.0, 30.0] {
                let t = s * TAU;
                let exponential = drive(&decay, &[Current { p: 1.0, q: 0.0 }]).advance(TAU, 0.0, t);
                let alpha = drive(&decay, &[Current { p: 0.0, q: 1.0 }]).advance(TAU, 0.0, t);
                // To first order in the difference: 1 + relative s/2 and 1 + relative (s/3 - 1) and so on.
                let near = 1e-14 + 4.0 * relative.abs() * (1.0 + s);
                assert!((exponential / (s * (-s).exp()) - 1.0).abs() < near, "{relative} {s}");
                assert!((alpha / (0.5 * s * s * (-s).exp()) - 1.0).abs() < near, "{relative} {s}");
            }
        }
    }

    #[test]
    fn the_peaks_are_bounds_of_the_response() {
        for ratio in [1e-3, 0.1, 0.5, 0.99, 1.0, 1.01, 3.0, 100.0] {
            let decay = Decay::new(TAU * ratio, TAU);
            let (mut exponential, mut alpha) = (0.0f64, 0.0f64);
            for k in 1..20_000 {
                let s = f64::from(k) * 1e-3 * ratio.max(0.05);
                let (_, a, b) = decay.response(s, exp(-s));
                exponential = exponential.max(a);
                alpha = alpha.max(b);
            }
            assert!(exponential <= decay.peak.0 && alpha <= decay.peak.1, "{ratio}");
            assert!(exponential > 0.98 * decay.peak.0, "{ratio}: the bound is the maximum");
        }
    }

    proptest! {
        #[test]
        fn two_steps_are_one(
            x0 in -0.5..0.5, a in -0.5..0.5, b in -20.0..20.0, ratio in 0.01..30.0f64,
            p in -1.0..1.0, q in -1.0..1.0, d1 in 0.0..0.03, d2 in 0.0..0.03,
        ) {
            let decays = [Decay::new(TAU * ratio, TAU)];
            let start = [Current { p, q }];
            let whole = Drive { a, b, decays: &decays, currents: &start }.advance(TAU, x0, d1 + d2);
            let half = Drive { a, b, decays: &decays, currents: &start }.advance(TAU, x0, d1);
            let mut later = start;
            later[0].decay(&decays[0], d1 / TAU);
            let two = Drive { a: a + b * d1, b, decays: &decays, currents: &later }.advance(TAU, half, d2);
            prop_assert!((whole - two).abs() < 2e-15 * 20.0, "{whole} {two}");
        }

        #[test]
        fn the_distance_is_the_membrane_less_the_threshold(
            x0 in -0.5..0.5, a in -0.5..0.5, b in -20.0..20.0, ratio in 0.01..30.0f64,
            p in -1.0..1.0, q in -1.0..1.0, d in 0.0..0.1,
        ) {
            let decays = [Decay::new(TAU * ratio, TAU)];
            let currents = [Current { p, q }];
            let drive = Drive { a, b, decays: &decays, currents: &currents };
            let (x, distance) = (drive.advance(TAU, x0, d), drive.distance(TAU, x0, 0.25, d / TAU));
            prop_assert!((x - 0.25 - distance).abs() < 1e-14);
        }
    }
}
