//! What a membrane is between events: two numbers that stand still.
//!
//! Time t counts in tau_m from an origin, y = e^-t, V in units of the threshold v_th - u_rest. A synapse of weight w (the
//! voltage r_m I it would settle at) that begins at t_i adds to (p, q) once, and nothing decays:
//!
//! | synapse | adds to p, q | V(t) | crosses theta at | V' there |
//! |---|---|---|---|---|
//! | exponential, tau_syn = tau_m/2 | w/y_i, w/y_i^2 | p y - q y^2 | y = (p + sqrt(p^2 - 4 q theta))/(2 q) | y sqrt(p^2 - 4 q theta) |
//! | rectangle (its end: -w) | w, w/y_i | p - q y | y = (p - theta)/q | p - theta |
//!
//! The first is the response w (e^-s - e^-2s) of a membrane to a current w e^-2s, the second w (1 - e^-s) to a constant one.
//! Other time constants have no root in closed form.

use crate::numeric::{Real, ln};

/// A kind of drive for which membranes are two numbers.
pub trait Form<R: Real>: Send + Sync + 'static {
    /// What a synapse of unit weight that begins at `y` adds to (p, q).
    fn arrival(y: R) -> (R, R);

    /// How that changes with the time at which it begins, per tau_m.
    fn arrival_rate(y: R) -> (R, R);

    /// V at `y`.
    fn potential(p: R, q: R, y: R) -> R;

    /// How V depends on p and on q at `y`.
    fn shares(y: R) -> (R, R);

    /// The integral of V between two times, in tau_m, per p and per q (`y` falls from one to the next).
    fn integral(y: R, next: R) -> (R, R);

    /// V' at `y`, per tau_m.
    fn slope(p: R, q: R, y: R) -> R;

    /// Zero or more if V reaches `theta` between two times (`y` falls from one to the next): then it has a [`Form::crossing`].
    fn score(p: R, q: R, theta: R, y: R, next: R) -> R;

    /// The y at which V rises to `theta`.
    fn crossing(p: R, q: R, theta: R) -> R;

    /// Where V has its maximum between two times, if it is not at one of them.
    fn top(p: R, q: R, y: R, next: R) -> Option<R>;

    /// (p, q) of a membrane that is put to `v` at `y`, while what drives it goes on.
    fn restart(p: R, q: R, y: R, v: R) -> (R, R);

    /// Of (p, q), the number that a restart keeps.
    fn kept(p: R, q: R) -> R;

    /// The adjoint of [`Form::restart`]: (dL/dp, dL/dq) before it from those after, and dL/dt of its instant, per tau_m.
    fn restarted(a: R, b: R, kept: R, y: R, v: R) -> (R, R, R);

    /// (p, q) about an origin that is later by -ln(factor), and so too (dL/dp, dL/dq) about the earlier from those about the
    /// later.
    fn rebase(p: R, q: R, factor: R) -> (R, R);
}

/// Currents that fade with half of tau_m.
#[derive(Clone, Copy, Debug)]
pub struct Fading;

/// Rectangular pulses of current.
#[derive(Clone, Copy, Debug)]
pub struct Pulsed;

impl<R: Real> Form<R> for Fading {
    #[inline(always)]
    fn arrival(y: R) -> (R, R) {
        let up = R::ONE / y;
        (up, up * up)
    }

    #[inline(always)]
    fn arrival_rate(y: R) -> (R, R) {
        let up = R::ONE / y;
        let square = up * up;
        (up, square + square)
    }

    #[inline(always)]
    fn potential(p: R, q: R, y: R) -> R {
        y * (p - q * y)
    }

    #[inline(always)]
    fn shares(y: R) -> (R, R) {
        (y, -(y * y))
    }

    #[inline(always)]
    fn integral(y: R, next: R) -> (R, R) {
        let half = R::from_f64(0.5);
        (y - next, -(half * (y - next) * (y + next)))
    }

    #[inline(always)]
    fn slope(p: R, q: R, y: R) -> R {
        y * ((q + q) * y - p)
    }

    #[inline(always)]
    fn score(p: R, q: R, theta: R, y: R, next: R) -> R {
        let late = Self::potential(p, q, next) - theta;
        let twice = q + q;
        // The maximum, at y = p/2q, lies within; it reaches theta where the root is real.
        let within = (p > twice * next) & (p < twice * y);
        let above = p * p - (twice + twice) * theta;
        let top = if within { above } else { -R::ONE };
        if late > top { late } else { top }
    }

    #[inline(always)]
    fn crossing(p: R, q: R, theta: R) -> R {
        let twice = q + q;
        let square = p * p - (twice + twice) * theta;
        let root = if square > R::ZERO { square.sqrt() } else { R::ZERO };
        (p + root) / twice
    }

    #[inline(always)]
    fn top(p: R, q: R, y: R, next: R) -> Option<R> {
        let twice = q + q;
        (p > twice * next && p < twice * y).then(|| p / twice)
    }

    #[inline(always)]
    fn restart(_: R, q: R, y: R, v: R) -> (R, R) {
        (v / y + q * y, q)
    }

    #[inline(always)]
    fn kept(_: R, q: R) -> R {
        q
    }

    #[inline(always)]
    fn restarted(a: R, b: R, kept: R, y: R, v: R) -> (R, R, R) {
        (R::ZERO, b + a * y, a * (v / y - kept * y))
    }

    #[inline(always)]
    fn rebase(p: R, q: R, factor: R) -> (R, R) {
        (p * factor, q * factor * factor)
    }
}

impl<R: Real> Form<R> for Pulsed {
    #[inline(always)]
    fn arrival(y: R) -> (R, R) {
        (R::ONE, R::ONE / y)
    }

    #[inline(always)]
    fn arrival_rate(y: R) -> (R, R) {
        (R::ZERO, R::ONE / y)
    }

    #[inline(always)]
    fn potential(p: R, q: R, y: R) -> R {
        p - q * y
    }

    #[inline(always)]
    fn shares(y: R) -> (R, R) {
        (R::ONE, -y)
    }

    #[inline(always)]
    fn integral(y: R, next: R) -> (R, R) {
        (R::from_f64(ln(y.to_f64() / next.to_f64())), next - y)
    }

    #[inline(always)]
    fn slope(_: R, q: R, y: R) -> R {
        q * y
    }

    #[inline(always)]
    fn score(p: R, q: R, theta: R, _: R, next: R) -> R {
        Self::potential(p, q, next) - theta
    }

    #[inline(always)]
    fn crossing(p: R, q: R, theta: R) -> R {
        (p - theta) / q
    }

    #[inline(always)]
    fn top(_: R, _: R, _: R, _: R) -> Option<R> {
        None
    }

    #[inline(always)]
    fn restart(p: R, _: R, y: R, v: R) -> (R, R) {
        (p, (p - v) / y)
    }

    #[inline(always)]
    fn kept(p: R, _: R) -> R {
        p
    }

    #[inline(always)]
    fn restarted(a: R, b: R, kept: R, y: R, v: R) -> (R, R, R) {
        (a + b / y, R::ZERO, b * (kept - v) / y)
    }

    #[inline(always)]
    fn rebase(p: R, q: R, factor: R) -> (R, R) {
        (p, q * factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::exp;

    /// Against the membrane equation itself, V' = -V + I, in small steps of a fourth-order method.
    #[test]
    fn both_forms_are_the_membrane_under_their_current() {
        let (weights, starts) = ([0.8, -0.3, 1.4], [0.0, 0.4, 0.7]);
        let current = |t: f64, fades: bool| -> f64 {
            let of = |(w, s): (&f64, &f64)| match (t < *s, fades) {
                (true, _) => 0.0,
                (false, true) => w * exp(-2.0 * (t - s)),
                (false, false) => *w,
            };
            weights.iter().zip(&starts).map(of).sum()
        };
        for fades in [true, false] {
            let (mut p, mut q) = (0.0, 0.0);
            for (w, s) in weights.iter().zip(starts) {
                let y = exp(-s);
                let (one, two) = if fades { Fading::arrival(y) } else { Pulsed::arrival(y) };
                (p, q) = (p + w * one, q + w * two);
            }
            let (mut v, h) = (0.0, 1e-4);
            for k in 0..20_000 {
                let t = f64::from(k) * h;
                let slope = |t: f64, v: f64| current(t, fades) - v;
                let k1 = slope(t, v);
                let k2 = slope(t + 0.5 * h, v + 0.5 * h * k1);
                let k3 = slope(t + 0.5 * h, v + 0.5 * h * k2);
                let k4 = slope(t + h, v + h * k3);
                v += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
            }
            let y = exp(-2.0);
            let want = if fades { Fading::potential(p, q, y) } else { Pulsed::potential(p, q, y) };
            assert!((v - want).abs() < 2e-4, "fades {fades}: {v} and {want}");
        }
    }

    /// By Simpson's rule.
    #[test]
    fn the_integral_is_that_of_the_potential() {
        fn check<F: Form<f64>>() {
            let (p, q, from, to, n) = (1.7, 2.3, 0.3, 1.9, 1000);
            let h = (to - from) / f64::from(n);
            let at = |k: i32| F::potential(p, q, exp(-(from + h * f64::from(k))));
            let inner: f64 = (1..n).map(|k| at(k) * if k % 2 == 1 { 4.0 } else { 2.0 }).sum();
            let (one, two) = F::integral(exp(-from), exp(-to));
            assert!((p * one + q * two - h / 3.0 * (at(0) + inner + at(n))).abs() < 1e-12);
        }
        check::<Fading>();
        check::<Pulsed>();
    }

    #[test]
    fn what_reaches_threshold_crosses_it_there_with_the_slope_that_is_said() {
        fn check<F: Form<f64>>(p: f64, q: f64) {
            let y = F::crossing(p, q, 1.0);
            assert!((F::potential(p, q, y) - 1.0).abs() < 1e-12);
            let h = 1e-6;
            let differs = (F::potential(p, q, y * exp(-h)) - F::potential(p, q, y * exp(h))) / (2.0 * h);
            assert!((differs - F::slope(p, q, y)).abs() < 1e-8, "{differs}");
            assert!(F::score(p, q, 1.0, y * 1.01, y * 0.99) >= 0.0);
            assert!(F::score(p, q, 1.0, y * 1.2, y * 1.01) < 0.0);
            assert!(F::score(p, q, f64::INFINITY, 1.0, 0.01) < 0.0, "deaf");
        }
        check::<Fading>(5.0, 5.0);
        check::<Pulsed>(1.5, 1.5);
        // A maximum between two times that are both below.
        let top = <Fading as Form<f64>>::top(5.0, 5.0, 0.9, 0.1).unwrap();
        assert!((top - 0.5).abs() < 1e-15 && Fading::score(5.0, 5.0, 1.2, 0.9, 0.1) >= 0.0);
        assert!(Fading::score(5.0, 5.0, 1.3, 0.9, 0.1) < 0.0);
        assert!(Fading::score(0.0, 0.0, 1.0, 1.0, 0.5) < 0.0, "no drive at all");
    }

    #[test]
    fn a_restart_puts_the_membrane_there_and_its_adjoint_is_its_derivative() {
        fn check<F: Form<f64>>() {
            let (p, q, t, v) = (1.7, 2.3, 0.6, 0.4);
            let y = exp(-t);
            let (p1, q1) = F::restart(p, q, y, v);
            assert!((F::potential(p1, q1, y) - v).abs() < 1e-14);
            // L = 0.3 p' - 0.8 q'
            let value = |p: f64, q: f64, t: f64| {
                let (p, q) = F::restart(p, q, exp(-t), v);
                0.3 * p - 0.8 * q
            };
            let (a, b, rate) = F::restarted(0.3, -0.8, F::kept(p, q), y, v);
            let h = 1e-5;
            let differences = [
                (value(p + h, q, t) - value(p - h, q, t)) / (2.0 * h),
                (value(p, q + h, t) - value(p, q - h, t)) / (2.0 * h),
                (value(p, q, t + h) - value(p, q, t - h)) / (2.0 * h),
            ];
            for (got, want) in [a, b, rate].iter().zip(differences) {
                assert!((got - want).abs() < 1e-8, "{got} and {want}");
            }
        }
        check::<Fading>();
        check::<Pulsed>();
    }
}
