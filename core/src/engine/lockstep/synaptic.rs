//! Membranes under currents of any time constant: exponential and alpha kernels, whatever tau_m/tau_syn = nu.
//!
//! Times in tau_m, V and w in units of the threshold. With A and B of `neuron::synaptic` (Rotter & Diesmann, Biol. Cybern. 81, 381 (1999)), what a current e^(-nu t) and one nu t e^(-nu t) do to a membrane that rests at t = 0,
//!
//! V(t) = P y + Q A(t) + S nu B(t), I(t) = (Q + S nu t) e^(-nu t), V' = I - V,
//!
//! and an arrival at t_i adds, with y_i = e^(-t_i), such numbers that V is not changed there:
//!
//! | kernel | S | Q | P |
//! |---|---|---|---|
//! | exponential | 0 (is not kept) | w e^(nu t_i) | -Q A(t_i)/y_i |
//! | alpha (e nu t e^(-nu t)) | w e e^(nu t_i) | -S nu t_i | -(Q A(t_i) + S nu B(t_i))/y_i |
//!
//! tau_syn = tau_m is no special case. When V rises to threshold has no closed form: it is what the engine finds (`neuron::synaptic`), to
//! the rounding of f64.

use super::adapting::Driven;
use super::form::{Form, weighted};
use crate::neuron::synaptic::{ALPHA_PEAK, Current, Decay, Drive, crossing};
use crate::numeric::{Real, exp, ln, rising_root};

/// Currents of one time constant: of two numbers for exponential kernels, of three for alpha kernels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Synaptic {
    /// In units of tau_m.
    decay: Decay,
}

/// What membranes have in common between two times.
#[derive(Clone, Copy, Debug)]
pub struct Between<R, const N: usize> {
    /// Of V at the beginning.
    now: [R; N],
    /// Of the current at the beginning.
    current: [R; N],
    /// What S raises the current by until the end, at most.
    rise: R,
    /// e^-s of the span s, and 1 - e^-s.
    keeps: R,
    gives: R,
}

impl<R: Real, const N: usize> Between<R, N> {
    /// V at the beginning, and what the current does not exceed.
    #[inline(always)]
    fn most(&self, x: [R; N]) -> (R, R) {
        let (v, current) = (weighted(&x, &self.now), weighted(&x, &self.current));
        let mut most = if current > R::ZERO { current } else { R::ZERO };
        if N > 2 {
            let rise = x[2] * self.rise;
            most += if rise > R::ZERO { rise } else { R::ZERO };
        }
        (v, most)
    }
}

impl Synaptic {
    /// A time constant, in units of tau_m.
    #[must_use]
    pub fn new(tau: f64) -> Self {
        Self { decay: Decay::new(tau, 1.0) }
    }

    /// tau_m/tau_syn.
    #[must_use]
    pub fn nu(&self) -> f64 {
        self.decay.nu
    }

    /// t, and of V and of I at t what the numbers give.
    #[inline(always)]
    fn at<const N: usize>(&self, y: f64) -> (f64, [f64; N], [f64; N]) {
        let t = -ln(y);
        let (fade, one, two) =
            if N > 2 { self.decay.response(t, y) } else { with_none(self.decay.exponential(t, y)) };
        let (mut shares, mut current) = ([0.0; N], [0.0; N]);
        let all = [(y, 0.0), (one, fade), (two, self.decay.nu * t * fade)];
        for ((share, current), of) in shares.iter_mut().zip(&mut current).zip(all) {
            (*share, *current) = of;
        }
        (t, shares, current)
    }

    /// What a unit adds at y: the numbers of the current.
    #[inline(always)]
    fn unit<const N: usize>(&self, y: f64) -> [f64; N] {
        let (t, shares, _) = self.at::<N>(y);
        let up = exp(self.decay.nu * t);
        let mut x = [0.0; N];
        if N > 2 {
            x[2] = ALPHA_PEAK * up;
            x[1] = -(x[2] * self.decay.nu * t);
        } else {
            x[1] = up;
        }
        x[0] = -(weighted(&x, &shares) / y);
        x
    }

    /// Where a membrane is at y, and the current there.
    #[inline(always)]
    fn state<R: Real, const N: usize>(&self, x: [R; N], y: f64) -> (f64, Current) {
        let x = x.map(R::to_f64);
        let (_, shares, current) = self.at::<N>(y);
        let q = if N > 2 { x[2] * current[1] } else { 0.0 };
        (weighted(&x, &shares), Current { p: weighted(&x, &current), q })
    }
}

fn with_none((fade, one): (f64, f64)) -> (f64, f64, f64) {
    (fade, one, 0.0)
}

fn rounded<R: Real, const N: usize>(x: [f64; N]) -> [R; N] {
    x.map(R::from_f64)
}

impl<R: Real, const N: usize> Form<R, N> for Synaptic {
    type Between = Between<R, N>;
    /// e^-d and e^(-nu d), what Q and S become of P, and what S becomes of Q.
    type Shift = ([R; N], [R; N]);

    #[inline(always)]
    fn between(&self, y: R, next: R) -> Between<R, N> {
        let (y, next) = (y.to_f64(), next.to_f64());
        let (t, now, current) = self.at::<N>(y);
        let keeps = next / y;
        let rise = self.decay.nu * current[1] * (-ln(next) - t);
        Between {
            now: rounded(now),
            current: rounded(current),
            rise: R::from_f64(rise),
            keeps: R::from_f64(keeps),
            gives: R::from_f64(1.0 - keeps),
        }
    }

    #[inline(always)]
    fn arrival(&self, y: R) -> [R; N] {
        rounded(self.unit(y.to_f64()))
    }

    /// Later by dt, the current has the numbers of an earlier origin: Q' = nu (Q - S), S' = nu S; and P' = P - Q, since at
    /// the origin I = Q.
    #[inline(always)]
    fn arrival_rate(&self, y: R) -> [R; N] {
        let (x, nu) = (self.unit::<N>(y.to_f64()), self.decay.nu);
        let mut rate = [0.0; N];
        rate[0] = x[0] - x[1];
        rate[1] = nu * x[1];
        if N > 2 {
            rate[1] -= nu * x[2];
            rate[2] = nu * x[2];
        }
        rounded(rate)
    }

    #[inline(always)]
    fn potential(&self, x: [R; N], y: R) -> R {
        R::from_f64(self.state(x, y.to_f64()).0)
    }

    #[inline(always)]
    fn shares(&self, y: R) -> [R; N] {
        rounded(self.at(y.to_f64()).1)
    }

    /// From V' = I - V: what the current brings in less what is there afterwards.
    #[inline(always)]
    fn integral(&self, y: R, next: R) -> [R; N] {
        let ((_, shares, from), (_, later, to)) = (self.at::<N>(y.to_f64()), self.at::<N>(next.to_f64()));
        let nu = self.decay.nu;
        let mut sum = [0.0; N];
        for (k, sum) in sum.iter_mut().enumerate() {
            // The integral of nu t e^(-nu t) is -(nu t + 1) e^(-nu t)/nu.
            let brought = match k {
                0 => 0.0,
                1 => from[1] - to[1],
                _ => from[k] - to[k] + from[1] - to[1],
            };
            *sum = brought / nu - (later[k] - shares[k]);
        }
        rounded(sum)
    }

    #[inline(always)]
    fn slope(&self, x: [R; N], y: R) -> R {
        let (v, current) = self.state(x, y.to_f64());
        R::from_f64(current.p - v)
    }

    /// Under a current that is nowhere above I, V is nowhere above V_0 e^-s + I (1 - e^-s), nor above the larger of the two.
    #[inline(always)]
    fn score(x: [R; N], theta: R, between: &Between<R, N>) -> R {
        let (v, most) = between.most(x);
        let bound = if most > v { v * between.keeps + most * between.gives } else { v };
        bound - theta
    }

    #[inline(always)]
    fn crossing(&self, x: [R; N], theta: R, y: R, next: R) -> Option<R> {
        let (theta, start) = (theta.to_f64(), y.to_f64());
        if theta == f64::INFINITY {
            return None;
        }
        let (v, current) = self.state(x, start);
        let (decays, currents) = ([self.decay], [current]);
        let drive = Drive { a: 0.0, b: 0.0, decays: &decays, currents: &currents };
        let span = ln(start / next.to_f64());
        crossing(1.0, v, &drive, theta, span).map(|s| R::from_f64(start * exp(-s)))
    }

    /// (V' e^t)' = I' e^t, and I' changes its sign once at most: on each side of there V' does so once.
    #[inline(always)]
    fn top(&self, x: [R; N], y: R, next: R) -> Option<R> {
        let start = y.to_f64();
        let (v, current) = self.state(x, start);
        let span = ln(start / next.to_f64());
        top(&self.decay, v, current, span).map(|s| R::from_f64(start * exp(-s)))
    }

    /// P' = (v - Q A - S nu B)/y, which changes by (v - I)/y per tau_m.
    #[inline(always)]
    fn restart(&self, x: [R; N], y: R, v: R) -> ([R; N], R) {
        let (now, current) = self.state(x, y.to_f64());
        let (p, y, v) = (x[0].to_f64(), y.to_f64(), v.to_f64());
        let mut after = x;
        after[0] = R::from_f64(p + (v - now) / y);
        (after, R::from_f64((v - current.p) / y))
    }

    #[inline(always)]
    fn restarted(&self, x: [R; N], kept: R, y: R) -> ([R; N], R) {
        let shares: [R; N] = self.shares(y);
        let mut before = x;
        before[0] = R::ZERO;
        for (before, &share) in before.iter_mut().zip(&shares).skip(1) {
            *before -= x[0] * share / y;
        }
        (before, x[0] * kept)
    }

    #[inline(always)]
    fn shift(&self, factor: R) -> ([R; N], [R; N]) {
        let (_, shares, current) = self.at::<N>(factor.to_f64());
        (rounded(shares), rounded(current))
    }

    /// The current that is there at the new origin, and V there without it.
    #[inline(always)]
    fn rebase(x: [R; N], (shares, current): &([R; N], [R; N])) -> [R; N] {
        let mut after = [R::ZERO; N];
        after[0] = weighted(&x, shares);
        after[1] = weighted(&x, current);
        if N > 2 {
            after[2] = x[2] * current[1];
        }
        after
    }

    #[inline(always)]
    fn rebased(x: [R; N], (shares, current): &([R; N], [R; N])) -> [R; N] {
        let mut before = [R::ZERO; N];
        for (before, (&share, &current)) in before.iter_mut().zip(shares.iter().zip(current)) {
            *before = x[0] * share + x[1] * current;
        }
        if N > 2 {
            before[2] += x[2] * current[1];
        }
        before
    }
}

impl<R: Real, const N: usize> Driven<R, N> for Synaptic {
    #[inline(always)]
    fn written(y: R) -> (usize, R) {
        (0, R::ONE / y)
    }

    #[inline(always)]
    fn kept(y: R, rate: R) -> R {
        rate / y
    }

    #[inline(always)]
    fn state(&self, x: [R; N], y: f64) -> (f64, f64, Option<(Decay, Current)>) {
        let (v, current) = self.state(x, y);
        (v, 0.0, Some((self.decay, current)))
    }

    #[inline(always)]
    fn most(x: [R; N], _: R, between: &Between<R, N>) -> (R, R) {
        between.most(x)
    }
}

/// Where V has a maximum within a span, if it does, in tau_m.
fn top(decay: &Decay, v: f64, current: Current, span: f64) -> Option<f64> {
    // -V' e^s, and its derivative.
    let falls = |s: f64| {
        let (decays, mut now) = ([*decay], current);
        let later = Drive { a: 0.0, b: 0.0, decays: &decays, currents: &[current] }.advance(1.0, v, s);
        now.decay(decay, s);
        let rate = decay.nu * (now.q - now.p);
        let up = exp(s);
        ((later - now.p) * up, -(rate * up))
    };
    let turn = (current.q - current.p) / (current.q * decay.nu);
    let turn = if turn > 0.0 && turn < span { turn } else { span };
    for (from, to) in [(0.0, turn), (turn, span)] {
        if from < to && falls(from).0 < 0.0 && falls(to).0 > 0.0 {
            return Some(rising_root(from, to, from, falls));
        }
    }
    None
}
