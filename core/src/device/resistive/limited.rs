//! A dose device whose limiter acts: the voltage across it depends on its own conductance.
//!
//! In compliance V_dev = V_c(G), the voltage at which the device carries I_cc, whatever the source does; the state is
//! then autonomous, dD = r(V_c(G)) dt, and time follows from the dose by quadrature,
//!
//! t(D) = int_0^D dD'/r(V_c(G(D'))),
//!
//! marched in panels over which V_c changes by at most half a v_scale. SET ends where V_c has fallen to the onset
//! (G = I_cc/V_SET for an ohmic device): this is how a compliance sets a conductance. Energies: device
//! I_cc int V_c dt, limiter I_cc int (V - V_c) dt, both by quadrature, and source I_cc int V dt in closed
//! form; they balance to 1e-10 because the quadrature is that good.

use super::Applied;
use super::law::Direction;
use super::side::Side;
use crate::device::circuit::{Energies, Ramp};
use crate::numeric::{gauss, rising_root};

/// One piece of magnitudes, all of it above the onset, of a device that meets its limiter.
pub fn apply(side: &Side<'_>, g: f64, ramp: Ramp) -> Applied {
    Limited(*side).apply(g, ramp)
}

struct Limited<'a>(Side<'a>);

/// Most regime changes in one piece; a linear ramp has a handful, and the rest then keeps its conductance.
const MAX_CHANGES: usize = 16;

/// Most panels in one stay in compliance; a v_scale of 1/1000 of the voltage takes as many.
const MAX_PANELS: usize = 2000;

impl Limited<'_> {
    fn v_c(&self, g: f64) -> f64 {
        self.0.conduction.voltage(g, self.0.i_cc)
    }

    fn after(&self, g: f64, dose: f64) -> f64 {
        self.0.after(g, dose)
    }

    fn rate(&self, v: f64) -> f64 {
        self.0.rate.rate(v) * self.0.factor
    }

    fn apply(&self, g: f64, ramp: Ramp) -> Applied {
        let mut total = Applied { g, energies: Energies::default(), dose: 0.0 };
        let mut t = 0.0;
        for _ in 0..MAX_CHANGES {
            let rest = ramp.piece(t, ramp.length);
            if rest.length <= 0.0 {
                return total;
            }
            let over = rest.from - self.v_c(total.g);
            let (dt, step) = if over > 0.0 || (over == 0.0 && self.rises(total.g, rest)) {
                self.in_compliance(total.g, rest)
            } else {
                self.below(total.g, rest)
            };
            total.g = step.g;
            total.energies += step.energies;
            total.dose += step.dose;
            if dt <= 0.0 {
                break;
            }
            t += dt;
        }
        let rest = ramp.piece(t, ramp.length);
        total.energies += self.0.conduction.energies(total.g, self.0.i_cc, rest);
        total
    }

    /// Whether the current at the limit would grow: d ln(V G)/dt > 0.
    fn rises(&self, g: f64, ramp: Ramp) -> bool {
        let dt = 1e-6 * ramp.length;
        let later = self.after(g, self.rate(ramp.from) * dt);
        ramp.at(dt) > self.v_c(later)
    }

    /// Until the current reaches I_cc, or to the end.
    fn below(&self, g: f64, ramp: Ramp) -> (f64, Applied) {
        let rate = self.0.rate;
        let at = |t: f64| self.after(g, self.0.dose(ramp.piece(0.0, t)));
        // What the source offers above the voltage at which I_cc flows.
        let excess = |t: f64| ramp.at(t) - self.v_c(at(t));
        let end = first_positive(excess, ramp.length, {
            let scales = (ramp.to - ramp.from).abs() / rate.scale(ramp.peak());
            (4.0 * scales).ceil().clamp(64.0, 512.0) as u32
        });
        let piece = ramp.piece(0.0, end);
        let dose = self.0.dose(piece);
        let energies = self.0.spent(g, piece);
        (end, Applied { g: self.after(g, dose), energies, dose })
    }

    /// Until the current leaves I_cc, the state stops, or to the end.
    fn in_compliance(&self, g: f64, ramp: Ramp) -> (f64, Applied) {
        let Side { direction, rate, law, bounds, i_cc, .. } = self.0;
        let mut total = Applied { g, energies: Energies::default(), dose: 0.0 };
        let mut t = 0.0;
        for _ in 0..MAX_PANELS {
            let v = self.v_c(total.g);
            // Within rounding of the onset a SET has arrived there.
            let arrived = direction == Direction::Set && v <= rate.v_on() * (1.0 + 1e-11);
            // A soft bound is reached when rounding cannot tell it from the state.
            let ended = self.after(total.g, 1.0) == total.g;
            if arrived || ended || self.rate(v) == 0.0 {
                // Nothing moves any more: closed form to the end, in and out of compliance. A falling source
                // voltage then stays at or below the onset across the device.
                let rest = ramp.piece(t, ramp.length);
                if direction == Direction::Set || ended {
                    total.energies += self.0.conduction.energies(total.g, i_cc, rest);
                    return (ramp.length, total);
                }
                return (t, total);
            }
            // A panel: V_c changes by at most half a scale, and the law is smooth over it.
            let g0 = total.g;
            let kink = law.next_kink(bounds, g0, direction);
            let smooth = law.smooth_dose(bounds, g0, direction).min(1e300);
            let mut panel = kink.map_or(smooth, |kink| kink.0.min(smooth));
            let most = 0.5 * rate.scale(v);
            while (self.v_c(self.after(g0, panel)) - v).abs() > most {
                panel *= 0.5;
            }
            // SET stops where V_c reaches the onset.
            let v_on = rate.v_on();
            if self.v_c(self.after(g0, panel)) <= v_on {
                let (mut low, mut high) = (0.0, panel);
                for _ in 0..80 {
                    let middle = 0.5 * (low + high);
                    if self.v_c(self.after(g0, middle)) > v_on {
                        low = middle;
                    } else {
                        high = middle;
                    }
                }
                panel = low;
            }
            let slowness = |dose: f64| 1.0 / self.rate(self.v_c(self.after(g0, dose))).max(f64::MIN_POSITIVE);
            let elapsed = |dose: f64| gauss(0.0, dose, slowness);
            let left = ramp.length - t;
            let mut done = false;
            if elapsed(panel) >= left {
                panel = rising_root(0.0, panel, 0.5 * panel, |dose| (elapsed(dose) - left, slowness(dose)));
                done = true;
            }
            let leaves = |dose: f64| ramp.at(t + elapsed(dose)) < self.v_c(self.after(g0, dose));
            if leaves(panel) {
                let (mut low, mut high) = (0.0, panel);
                for _ in 0..60 {
                    let middle = 0.5 * (low + high);
                    if leaves(middle) {
                        high = middle;
                    } else {
                        low = middle;
                    }
                }
                panel = high;
                done = true;
            }
            let dt = elapsed(panel).min(left);
            // (The limiter's is an integral over integrals: what asks only for the state has it by a tenth of the evaluations.)
            if self.0.booked {
                let device = gauss(0.0, panel, |dose| slowness(dose) * self.v_c(self.after(g0, dose)));
                let limiter = gauss(0.0, panel, |dose| {
                    slowness(dose) * (ramp.at(t + elapsed(dose)) - self.v_c(self.after(g0, dose)))
                });
                let piece = ramp.piece(t, t + dt);
                total.energies += Energies {
                    source: i_cc * 0.5 * (piece.from + piece.to) * dt,
                    device: i_cc * device,
                    limiter: i_cc * limiter.max(0.0),
                };
            }
            // At a kink its own conductance, so that the next panel lies beyond it.
            total.g =
                kink.filter(|kink| kink.0 == panel).map_or_else(|| self.after(g0, panel), |kink| kink.1);
            total.dose += panel;
            t += dt;
            if done || t >= ramp.length {
                return (t, total);
            }
        }
        (t, total)
    }
}

/// The first t in (0, end] where `f` is positive, or `end`: sampled at `n` points, with the maximum between samples
/// looked for wherever they peak, then bisected. (A current that meets the limit more briefly than that is let pass.)
fn first_positive(f: impl Fn(f64) -> f64, end: f64, n: u32) -> f64 {
    let time = |k: u32| if k >= n { end } else { end * f64::from(k) / f64::from(n) };
    let crossed = |mut low: f64, mut high: f64| {
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if f(middle) > 0.0 {
                high = middle;
            } else {
                low = middle;
            }
        }
        high
    };
    let (mut before, mut here) = (f64::NEG_INFINITY, f(0.0));
    for k in 0..n {
        let next = f(time(k + 1));
        if here <= 0.0 && here >= before && here >= next {
            let (start, mut low, mut high) =
                (time(k.saturating_sub(1)), time(k.saturating_sub(1)), time(k + 1));
            for _ in 0..60 {
                let (p, q) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
                if f(p) < f(q) {
                    low = p;
                } else {
                    high = q;
                }
            }
            if f(low) > 0.0 {
                return crossed(start, low);
            }
        }
        if next > 0.0 {
            return crossed(time(k), time(k + 1));
        }
        (before, here) = (here, next);
    }
    end
}
