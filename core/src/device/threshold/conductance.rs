//! What flows through a volatile switch while its filament changes, and what that spends.
//!
//! G = G_off + (G_pre - G_off) u/V_th + (G_on - G_pre) r,
//!
//! u/V_th the filament as it grows towards the threshold of its cycle (nothing below u = 0), r its connection: 1 while it is
//! on and held by the drive, else dr/dt = -r/tau, on or off. r does not help the next firing (assumed). So the conductance rises
//! before firing and decays after it, as Yan et al. plot it (figs. 4b, 4c), without a jump where the switch turns off.
//!
//! Spent, with I = min(|V| G, I_cc): int I^2/G dt in the device, int (|V| - I/G) I dt in the limiter; behind a resistor int V^2
//! G/(1 + R_s G)^2 dt and the same times R_s G. Of a stretch of linear drive u is a line and an exponential, so below
//! compliance
//!
//! int V^2 G dt,  of a constant V  V^2 [g d + k (V' d - (V' - u0) tau (1 - e^(-d/tau))) + G_r tau (1 - e^(-d/tau))],
//!
//! g = G_off, k = (G_pre - G_off)/V_th, V' = V + u_rest, G_r = (G_on - G_pre) r, is in closed form. What is limited, behind a
//! resistor, or shorter than tau is integrated with 16 points for every two tau, to rounding. A switch that is on in `series`, and
//! in `reset` until that opens, conducts G_on: at most (G_pre - G_off)/G_on more than the formula has, 2.6 % here.

use super::{Circuit, ThresholdSwitch};
use crate::device::circuit::{Energies, Ramp};
use crate::numeric::first_order::{advance, crossing};
use crate::numeric::{bisected, exp, gauss};

/// A stretch in which the filament follows one law: x towards a + b t, from rest, and r as it is or fading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stretch {
    /// When it begins, in seconds from the beginning of the ramp.
    pub begin: f64,
    /// Its seconds.
    pub length: f64,
    /// The filament at its beginning, and what it follows.
    pub x: f64,
    pub a: f64,
    pub b: f64,
    /// Whether it stays where it is.
    pub pinned: bool,
    /// Its connection at the beginning, and whether that is held.
    pub r: f64,
    pub held: bool,
    /// Threshold of the cycle.
    pub theta: f64,
}

/// From so many time constants on nothing is left of an exponential.
const GONE: f64 = 40.0;

impl Stretch {
    /// The filament after `t` seconds.
    fn x_at(&self, tau: f64, t: f64) -> f64 {
        if self.pinned { self.x } else { advance(tau, self.x, self.a, self.b, t) }
    }

    /// Its connection after `t` seconds.
    pub fn r_at(&self, tau: f64, t: f64) -> f64 {
        if self.held { self.r } else { self.r * exp(-(t / tau)) }
    }

    /// The part from `t0` to `t1` seconds.
    fn part(&self, tau: f64, t0: f64, t1: f64) -> Self {
        Self {
            begin: self.begin + t0,
            length: t1 - t0,
            x: self.x_at(tau, t0),
            a: self.a + self.b * t0,
            r: self.r_at(tau, t0),
            ..*self
        }
    }
}

impl ThresholdSwitch {
    /// What a stretch is in a circuit, the connection being `r` at its beginning and the drive of `reset` there for `flows`
    /// seconds more.
    pub(super) fn connection(circuit: &Circuit, stretch: Stretch, r: f64, flows: f64) -> Stretch {
        match circuit {
            Circuit::Bare if stretch.held => stretch,
            Circuit::Bare => Stretch { r, ..stretch },
            Circuit::Series { .. } | Circuit::Load { .. } | Circuit::Node { .. } => {
                Stretch { held: true, ..stretch }
            }
            Circuit::Reset { .. } => Stretch { held: true, length: flows.min(stretch.length), ..stretch },
        }
    }

    /// Conductance of a filament at x with the connection r, in siemens.
    #[must_use]
    pub fn conductance_at(&self, x: f64, theta: f64, r: f64) -> f64 {
        let (g_off, g_pre, g_on) = (self.g_off.get(), self.g_pre.get(), self.g_on.get());
        let rest = self.u_rest.get();
        let grown = ((rest + x) / (rest + theta)).max(0.0);
        g_off + (g_pre - g_off) * grown + (g_on - g_pre) * r
    }

    /// What a stretch spends, `ramp` being the voltage that is applied to the circuit meanwhile.
    pub(super) fn spent(&self, circuit: &Circuit, stretch: &Stretch, ramp: Ramp) -> Energies {
        let tau = self.tau.get();
        let zero = -self.u_rest.get();
        let (mut left, mut total) = (*stretch, Energies::default());
        let mut above = left.x > zero;
        // u passes zero, below which it conducts no less, at most twice.
        for _ in 0..2 {
            let sign = if above { -1.0 } else { 1.0 };
            let turns = crossing(tau, sign * left.x, sign * left.a, sign * left.b, sign * zero, left.length);
            let Some(t) = turns.filter(|&t| !left.pinned && t < left.length) else { break };
            let from = left.begin - stretch.begin;
            total += self.of_one_sign(circuit, &left.part(tau, 0.0, t), ramp.piece(from, from + t));
            left = left.part(tau, t, left.length);
            (left.x, above) = (zero, !above);
        }
        let from = left.begin - stretch.begin;
        total + self.of_one_sign(circuit, &left, ramp.piece(from, ramp.length))
    }

    /// The same of a stretch in which u does not change its sign.
    fn of_one_sign(&self, circuit: &Circuit, stretch: &Stretch, ramp: Ramp) -> Energies {
        let tau = self.tau.get();
        let g_at = |t: f64| self.conductance_at(stretch.x_at(tau, t), stretch.theta, stretch.r_at(tau, t));
        if ramp.length <= 0.0 || ramp.peak() == 0.0 {
            return Energies::default();
        }
        // What G_on the circuit was reckoned with it spends: in `series` on its load line, in `reset` until it opens.
        if stretch.held && (stretch.pinned || *circuit != Circuit::Bare) {
            return circuit.energies(self, self.g_on.get(), ramp);
        }
        let most = g_at(0.0).max(g_at(ramp.length)).max(self.conductance_at(
            self.highest(stretch),
            stretch.theta,
            stretch.r,
        ));
        match circuit {
            Circuit::Series { r_s } => {
                let r_s = r_s.get();
                let of = |weight: &dyn Fn(f64) -> f64| {
                    in_pieces(&[tau], ramp.length, &mut |t0, t1| {
                        gauss(t0, t1, |t| {
                            let (v, g) = (ramp.at(t), g_at(t));
                            let current = v * g / (1.0 + r_s * g);
                            current * current * weight(g)
                        })
                    })
                };
                let (device, limiter) = (of(&|g| 1.0 / g), of(&|_| r_s));
                Energies { source: of(&|g| 1.0 / g + r_s), device, limiter }
            }
            _ if ramp.peak() * most <= self.i_cc.get() => {
                let device = self.square(stretch, ramp, &g_at);
                Energies { source: device, device, limiter: 0.0 }
            }
            _ => limited(&[tau], self.i_cc.get(), ramp.length, (&|t| ramp.at(t), &g_at), &[]),
        }
    }

    /// What an off switch and its limiter take in `length` seconds, its filament being at `x` and its drive at `v` after
    /// t of them, which change with the time constants `taus`; `theta` and `r` as they are at the beginning.
    #[must_use]
    pub fn spent_under(
        &self,
        (theta, r): (f64, f64),
        length: f64,
        taus: &[f64],
        x: &dyn Fn(f64) -> f64,
        v: &dyn Fn(f64) -> f64,
    ) -> Energies {
        let (tau, zero) = (self.tau.get(), -self.u_rest.get());
        let g_at = |t: f64| self.conductance_at(x(t), theta, r * exp(-(t / tau)));
        // Below u = 0 it conducts no less.
        limited(taus, self.i_cc.get(), length, (v, &g_at), &[&|t| x(t) - zero])
    }

    /// The highest x of a stretch, or more.
    fn highest(&self, stretch: &Stretch) -> f64 {
        let end = stretch.a + stretch.b * stretch.length;
        stretch.x.max(stretch.a).max(end)
    }

    /// int V^2 G dt.
    fn square(&self, stretch: &Stretch, ramp: Ramp, g_at: &impl Fn(f64) -> f64) -> f64 {
        let (tau, length) = (self.tau.get(), ramp.length);
        let s = length / tau;
        if s < 1.0 {
            return gauss(0.0, length, |t| {
                let v = ramp.at(t);
                v * v * g_at(t)
            });
        }
        // x = line + fade e^(-t/tau); the line and the rest of the conductance make a cubic with V^2, for which Simpson's
        // rule is exact.
        let Stretch { x, a, b, theta, r, held, pinned, .. } = *stretch;
        let (at, slope, fade) = if pinned { (x, 0.0, 0.0) } else { (a - b * tau, b, x - a + b * tau) };
        let (kept, fading) = if held { (r, 0.0) } else { (0.0, r) };
        let (g_off, g_pre, g_on) = (self.g_off.get(), self.g_pre.get(), self.g_on.get());
        let rest = self.u_rest.get();
        let grown = stretch.x_at(tau, 0.5 * length) > -rest;
        let k = if grown { (g_pre - g_off) / (rest + theta) } else { 0.0 };
        let cubic = |t: f64| {
            let v = ramp.at(t);
            v * v * (g_off + k * (rest + at + slope * t) + (g_on - g_pre) * kept)
        };
        let even = length / 6.0 * (cubic(0.0) + 4.0 * cubic(0.5 * length) + cubic(length));
        // int t^n e^(-t/tau) dt for n = 0, 1, 2.
        let e = exp(-s);
        let moments = [1.0 - e, 1.0 - e * (1.0 + s), 2.0 - e * (2.0 + s * (2.0 + s))];
        let (v, dv) = (ramp.from, (ramp.to - ramp.from) / length * tau);
        let exponential = tau * (v * v * moments[0] + 2.0 * v * dv * moments[1] + dv * dv * moments[2]);
        (even + (k * fade + (g_on - g_pre) * fading) * exponential).max(0.0)
    }
}

/// The sum of what `of` says about pieces of `length` seconds: twice the shortest time constant each of the exponentials of
/// which anything is left.
pub(super) fn in_pieces(taus: &[f64], length: f64, of: &mut dyn FnMut(f64, f64) -> f64) -> f64 {
    let (mut t, mut sum) = (0.0, 0.0);
    while t < length {
        let left = taus.iter().filter(|&&tau| t < GONE * tau).fold(f64::INFINITY, |a, &b| a.min(b));
        let next = (t + 2.0 * left).min(length);
        // Longer than any double can tell apart from where it begins.
        let next = if next > t { next } else { length };
        sum += of(t, next);
        t = next;
    }
    sum
}

/// A function of the seconds since the beginning of a piece of drive.
type Course<'a> = &'a dyn Fn(f64) -> f64;

/// Energies of `length` seconds of a drive, v, into a conductance, g, of which a part may be in compliance; both are smooth but
/// where a function among `bends` passes zero.
fn limited(
    taus: &[f64],
    i_cc: f64,
    length: f64,
    (v, g_at): (Course<'_>, Course<'_>),
    bends: &[Course<'_>],
) -> Energies {
    // Looked for in steps of a quarter of tau: a shorter stay on the other side is missed, and spends the same to second order.
    const STEPS: u32 = 8;
    let over = |t: f64| v(t).abs() * g_at(t) - i_cc;
    let mut total = Energies::default();
    let mut piece = |t0: f64, t1: f64| {
        if over(0.5 * (t0 + t1)) > 0.0 {
            let source = i_cc * gauss(t0, t1, |t| v(t).abs());
            let device = i_cc * i_cc * gauss(t0, t1, |t| 1.0 / g_at(t));
            let limiter = i_cc * gauss(t0, t1, |t| (v(t).abs() - i_cc / g_at(t)).max(0.0));
            total += Energies { source, device: device.min(source), limiter };
        } else {
            let device = gauss(t0, t1, |t| v(t) * v(t) * g_at(t));
            total += Energies { source: device, device, limiter: 0.0 };
        }
    };
    in_pieces(taus, length, &mut |t0, t1| {
        let mut from = t0;
        for k in 1..=STEPS {
            let at = |k: u32| if k == STEPS { t1 } else { t0 + (t1 - t0) * f64::from(k) / f64::from(STEPS) };
            let (low, high) = (at(k - 1), at(k));
            let bends = bends.iter().copied().chain([&over as Course<'_>]);
            let roots = bends
                .filter(|f| (f(low) > 0.0) != (f(high) > 0.0))
                .map(|f| bisected(low, high, f))
                .map(|(low, high)| 0.5 * (low + high));
            let mut roots: Vec<f64> = roots.collect();
            roots.sort_by(f64::total_cmp);
            for root in roots {
                piece(from, root);
                from = root;
            }
        }
        piece(from, t1);
        0.0
    });
    total
}
