//! One polarity of a dose device: a rate of the voltage, what its dose does to the conductance, and what that costs.
//!
//! The energy int G V^2 dt is a closed form at constant voltage; on a ramp it is a quadrature (16-point Gauss on
//! pieces over which neither rate nor dose changes by more than a few factors of e: 1e-12).

use super::law::{Bounds, Direction, StateLaw};
use super::rate::Rate;
use crate::device::circuit::{Conduction, Energies, Ramp};
use crate::numeric::{exp, gauss, rising_root};

/// What drives of one polarity meet. Voltages are magnitudes.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Which polarity.
    pub direction: Direction,
    /// How fast it programs.
    pub rate: &'a Rate,
    /// What a dose does.
    pub law: &'a StateLaw,
    /// Of the conductance.
    pub bounds: Bounds,
    /// How it conducts.
    pub conduction: Conduction,
    /// Compliance in amperes; infinite without a limiter.
    pub i_cc: f64,
    /// Of every dose: its spread from cycle to cycle.
    pub factor: f64,
    /// Whether energies are asked for; if not, what is said of them is nothing.
    pub booked: bool,
}

impl Side<'_> {
    /// The dose of a ramp that the limiter lets pass.
    pub fn dose(&self, ramp: Ramp) -> f64 {
        self.rate.dose(ramp) * self.factor
    }

    /// Conductance after a dose.
    pub fn after(&self, g: f64, dose: f64) -> f64 {
        self.law.after(self.bounds, g, dose, self.direction)
    }

    /// What a piece spends that programs all the time and never meets the limiter, if that is asked.
    pub fn spent(&self, g: f64, ramp: Ramp) -> Energies {
        let device = if self.booked { self.dissipated(g, ramp) } else { 0.0 };
        Energies { source: device, device, limiter: 0.0 }
    }

    /// int V I dt of a piece that programs all the time and never meets the limiter.
    pub fn dissipated(&self, g: f64, ramp: Ramp) -> f64 {
        let Self { rate, bounds, direction, factor, .. } = *self;
        // Piece by piece between the kinks of the state law.
        let (mut g, mut t, mut energy) = (g, 0.0, 0.0);
        while g != bounds.end(direction) {
            let rest = ramp.piece(t, ramp.length);
            let dose = rate.dose(rest) * factor;
            if dose < 1e-17 {
                break;
            }
            let Some((kink, g_kink)) = self.law.next_kink(bounds, g, direction).filter(|k| k.0 < dose) else {
                return energy + self.smooth(g, rest, dose);
            };
            let dt = time_of_dose(rate, rest, kink / factor);
            energy += self.smooth(g, rest.piece(0.0, dt), kink);
            // The conductance of the kink itself: every pass is one kink further.
            (g, t) = (g_kink, t + dt);
        }
        energy + self.conduction.energies(g, f64::INFINITY, ramp.piece(t, ramp.length)).device
    }

    /// As [`Self::smooth`] in closed form, where the state is linear in the dose, the rate exponential, the device
    /// ohmic, the ramp steep enough for nothing to cancel, and the dose what `dose` says it is (of a drive beyond all
    /// physics it is rounded away):
    ///
    /// int V^2 (G +- S D) dt, D = (s/(tau b)) (e^((V - v_ref)/s) - e^((V_a - v_ref)/s)), b = dV/dt, S the span, and
    /// int V^2 e^(V/s) dV = s e^(V/s) (V^2 - 2 s V + 2 s^2).
    fn smooth_linear(&self, g: f64, ramp: Ramp, dose: f64) -> Option<f64> {
        let (StateLaw::Linear, Conduction::Ohmic, Rate::Exponential { v_ref, v_scale, tau, .. }) =
            (self.law, self.conduction, *self.rate)
        else {
            return None;
        };
        let (s, rise) = (v_scale.get(), ramp.to - ramp.from);
        if rise.abs() <= s {
            return None;
        }
        let b = rise / ramp.length;
        let [at_from, at_to] = [ramp.from, ramp.to].map(|v| exp((v - v_ref.get()) / s));
        let own = self.factor * s / (tau.get() * b) * (at_to - at_from);
        let differs = (own - dose).abs() > 1e-9 * dose;
        if differs || !own.is_finite() {
            return None;
        }
        let primitive = |v: f64, e: f64| s * e * (v * v - 2.0 * s * v + 2.0 * s * s);
        let square = (ramp.from * ramp.from + ramp.from * ramp.to + ramp.to * ramp.to) * ramp.length / 3.0;
        let moved = s / (tau.get() * b)
            * ((primitive(ramp.to, at_to) - primitive(ramp.from, at_from)) / b - at_from * square);
        let span = match self.direction {
            Direction::Set => self.bounds.span(),
            Direction::Reset => -self.bounds.span(),
        };
        Some(g * square + span * self.factor * moved)
    }

    /// As [`Self::dissipated`], without a kink inside.
    fn smooth(&self, g: f64, ramp: Ramp, dose: f64) -> f64 {
        let Self { rate, bounds, direction, factor, .. } = *self;
        if ramp.length <= 0.0 {
            return 0.0;
        }
        if ramp.from == ramp.to {
            let r = rate.rate(ramp.from) * factor;
            return self.conduction.current(1.0, ramp.from) * ramp.from / r
                * self.law.integral(bounds, g, dose, direction);
        }
        if let Some(energy) = self.smooth_linear(g, ramp, dose) {
            return energy;
        }
        // Halves of halves, until neither the rate nor the dose changes much within one.
        // A drive beyond all physics must end too: after this many pieces none is halved any more.
        let mut budget = 4096u32;
        let (mut stack, mut energy) = (vec![(0.0, ramp.length, 0u32)], 0.0);
        while let Some((t0, t1, depth)) = stack.pop() {
            let piece = ramp.piece(t0, t1);
            let here = rate.dose(piece) * factor;
            let before = rate.dose(ramp.piece(0.0, t0)) * factor;
            let g0 = self.law.after(bounds, g, before, direction);
            let g1 = self.law.after(bounds, g0, here, direction);
            // Before the rate matters and after a bound is reached nothing changes, however steep the rate.
            if here < 1e-17 || g1 == g0 {
                energy += self.conduction.energies(g0, f64::INFINITY, piece).device;
                continue;
            }
            let steep = (piece.to - piece.from).abs() > 2.0 * rate.scale(piece.from.max(piece.to));
            let far = (here > 2.0 && before < 50.0) || g1 > 1.5 * g0 || g0 > 1.5 * g1;
            budget = budget.saturating_sub(1);
            if (steep || far) && depth < 60 && budget > 0 {
                let middle = 0.5 * (t0 + t1);
                stack.push((middle, t1, depth + 1));
                stack.push((t0, middle, depth + 1));
                continue;
            }
            energy += gauss(0.0, piece.length, |t| {
                let part = piece.piece(0.0, t);
                let g = self.law.after(bounds, g0, rate.dose(part) * factor, direction);
                part.to * self.conduction.current(g, part.to)
            });
        }
        energy
    }
}

/// Seconds until the ramp has given `dose`, which it does.
fn time_of_dose(rate: &Rate, ramp: Ramp, dose: f64) -> f64 {
    rising_root(0.0, ramp.length, ramp.length, |t| {
        let part = ramp.piece(0.0, t);
        (rate.dose(part) - dose, rate.rate(part.to))
    })
}
