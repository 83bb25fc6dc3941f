//! What a membrane is between events: numbers that stand still.
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
//! Other time constants have no root in closed form: [`super::synaptic`].

use crate::numeric::{Real, ln};

/// A kind of drive under which a membrane is N numbers. N values that are handed out belong to these numbers, each to one: what is added to
/// it, or what a unit of it gives.
pub trait Form<R: Real, const N: usize>: Copy + Send + Sync + 'static {
    /// Whether V jumps at arrivals, and reaches threshold there alone.
    const JUMPS: bool = false;

    /// Whether a spike changes the numbers: [`Form::fired`].
    const ADAPTS: bool = false;

    /// What is the same for all membranes between two times.
    type Between: Copy;

    /// What is the same for all membranes where the origin moves.
    type Shift: Copy;

    /// Between two times (`y` falls from one to the next).
    fn between(&self, y: R, next: R) -> Self::Between;

    /// What a synapse of unit weight that begins at `y` adds.
    fn arrival(&self, y: R) -> [R; N];

    /// How that changes with the time at which it begins, per tau_m.
    fn arrival_rate(&self, y: R) -> [R; N];

    /// V at `y`.
    fn potential(&self, x: [R; N], y: R) -> R;

    /// How V depends on the numbers at `y`.
    fn shares(&self, y: R) -> [R; N];

    /// The integral of V between two times, in tau_m, per number (`y` falls from one to the next).
    fn integral(&self, y: R, next: R) -> [R; N];

    /// V' at `y`, per tau_m.
    fn slope(&self, x: [R; N], y: R) -> R;

    /// Zero or more if V reaches `theta` between two times, or may: whether it does, [`Form::crossing`] says.
    fn score(x: [R; N], theta: R, between: &Self::Between) -> R;

    /// The y at which V first rises to `theta` between two times, if it does.
    fn crossing(&self, x: [R; N], theta: R, y: R, next: R) -> Option<R>;

    /// Where V has its maximum between two times, if it is not at the second of them.
    fn top(&self, x: [R; N], y: R, next: R) -> Option<R>;

    /// The numbers of a membrane that is put to `v` at `y`, while what drives it goes on; and what [`Form::restarted`] needs of the
    /// old ones.
    fn restart(&self, x: [R; N], y: R, v: R) -> ([R; N], R);

    /// The adjoint of [`Form::restart`]: dL by the numbers before it from that by those after, and dL/dt of its instant, per tau_m.
    fn restarted(&self, x: [R; N], kept: R, y: R) -> ([R; N], R);

    /// The numbers after a spike at `y`, which a restart follows.
    #[inline(always)]
    fn fired(&self, x: [R; N], _: R) -> [R; N] {
        x
    }

    /// The adjoint of [`Form::fired`], which adds what depends on nothing but the instant: dL/dt of that, per tau_m, from dL by the numbers
    /// after it.
    #[inline(always)]
    fn fired_rate(&self, _: [R; N], _: R) -> R {
        R::ZERO
    }

    /// An origin that is later by -ln(factor).
    fn shift(&self, factor: R) -> Self::Shift;

    /// The numbers about the later origin.
    fn rebase(x: [R; N], shift: &Self::Shift) -> [R; N];

    /// The adjoint of [`Form::rebase`]: dL by the numbers about the earlier origin from that by those about the later.
    fn rebased(x: [R; N], shift: &Self::Shift) -> [R; N];
}

/// The sum of products; of none: zero.
#[inline(always)]
pub fn weighted<R: Real, const N: usize>(x: &[R; N], shares: &[R; N]) -> R {
    let mut terms = x.iter().zip(shares);
    let Some((&x, &share)) = terms.next() else { return R::ZERO };
    let mut sum = x * share;
    for (&x, &share) in terms {
        sum += x * share;
    }
    sum
}

/// Currents that fade with half of tau_m.
#[derive(Clone, Copy, Debug)]
pub struct Fading;

/// Rectangular pulses of current.
#[derive(Clone, Copy, Debug)]
pub struct Pulsed;

impl<R: Real> Form<R, 2> for Fading {
    type Between = (R, R);
    type Shift = R;

    #[inline(always)]
    fn between(&self, y: R, next: R) -> (R, R) {
        (y, next)
    }

    #[inline(always)]
    fn arrival(&self, y: R) -> [R; 2] {
        let up = R::ONE / y;
        [up, up * up]
    }

    #[inline(always)]
    fn arrival_rate(&self, y: R) -> [R; 2] {
        let up = R::ONE / y;
        let square = up * up;
        [up, square + square]
    }

    #[inline(always)]
    fn potential(&self, [p, q]: [R; 2], y: R) -> R {
        y * (p - q * y)
    }

    #[inline(always)]
    fn shares(&self, y: R) -> [R; 2] {
        [y, -(y * y)]
    }

    #[inline(always)]
    fn integral(&self, y: R, next: R) -> [R; 2] {
        let half = R::from_f64(0.5);
        [y - next, -(half * (y - next) * (y + next))]
    }

    #[inline(always)]
    fn slope(&self, [p, q]: [R; 2], y: R) -> R {
        y * ((q + q) * y - p)
    }

    #[inline(always)]
    fn score([p, q]: [R; 2], theta: R, &(y, next): &(R, R)) -> R {
        let late = Fading.potential([p, q], next) - theta;
        let twice = q + q;
        // The maximum, at y = p/2q, lies within; it reaches theta where the root is real.
        let within = (p > twice * next) & (p < twice * y);
        let above = p * p - (twice + twice) * theta;
        let top = if within { above } else { -R::ONE };
        if late > top { late } else { top }
    }

    #[inline(always)]
    fn crossing(&self, [p, q]: [R; 2], theta: R, y: R, next: R) -> Option<R> {
        // (A deaf neuron has no finite threshold, and a membrane that is no number reaches none.)
        let reaches = Self::score([p, q], theta, &(y, next)) >= R::ZERO;
        let twice = q + q;
        let square = p * p - (twice + twice) * theta;
        let root = if square > R::ZERO { square.sqrt() } else { R::ZERO };
        (reaches && q > R::ZERO).then(|| (p + root) / twice)
    }

    #[inline(always)]
    fn top(&self, [p, q]: [R; 2], y: R, next: R) -> Option<R> {
        let twice = q + q;
        (p > twice * next && p < twice * y).then(|| p / twice)
    }

    #[inline(always)]
    fn restart(&self, [_, q]: [R; 2], y: R, v: R) -> ([R; 2], R) {
        ([v / y + q * y, q], v / y - q * y)
    }

    #[inline(always)]
    fn restarted(&self, [a, b]: [R; 2], kept: R, y: R) -> ([R; 2], R) {
        ([R::ZERO, b + a * y], a * kept)
    }

    #[inline(always)]
    fn shift(&self, factor: R) -> R {
        factor
    }

    #[inline(always)]
    fn rebase([p, q]: [R; 2], &factor: &R) -> [R; 2] {
        [p * factor, q * factor * factor]
    }

    #[inline(always)]
    fn rebased(x: [R; 2], factor: &R) -> [R; 2] {
        Self::rebase(x, factor)
    }
}

impl<R: Real> Form<R, 2> for Pulsed {
    type Between = R;
    type Shift = R;

    #[inline(always)]
    fn between(&self, _: R, next: R) -> R {
        next
    }

    #[inline(always)]
    fn arrival(&self, y: R) -> [R; 2] {
        [R::ONE, R::ONE / y]
    }

    #[inline(always)]
    fn arrival_rate(&self, y: R) -> [R; 2] {
        [R::ZERO, R::ONE / y]
    }

    #[inline(always)]
    fn potential(&self, [p, q]: [R; 2], y: R) -> R {
        p - q * y
    }

    #[inline(always)]
    fn shares(&self, y: R) -> [R; 2] {
        [R::ONE, -y]
    }

    #[inline(always)]
    fn integral(&self, y: R, next: R) -> [R; 2] {
        [R::from_f64(ln(y.to_f64() / next.to_f64())), next - y]
    }

    #[inline(always)]
    fn slope(&self, [_, q]: [R; 2], y: R) -> R {
        q * y
    }

    #[inline(always)]
    fn score(x: [R; 2], theta: R, &next: &R) -> R {
        Pulsed.potential(x, next) - theta
    }

    #[inline(always)]
    fn crossing(&self, [p, q]: [R; 2], theta: R, _: R, next: R) -> Option<R> {
        let reaches = Self::score([p, q], theta, &next) >= R::ZERO;
        (reaches && q > R::ZERO).then(|| (p - theta) / q)
    }

    #[inline(always)]
    fn top(&self, _: [R; 2], _: R, _: R) -> Option<R> {
        None
    }

    #[inline(always)]
    fn restart(&self, [p, _]: [R; 2], y: R, v: R) -> ([R; 2], R) {
        ([p, (p - v) / y], p - v)
    }

    #[inline(always)]
    fn restarted(&self, [a, b]: [R; 2], kept: R, y: R) -> ([R; 2], R) {
        ([a + b / y, R::ZERO], b * kept / y)
    }

    #[inline(always)]
    fn shift(&self, factor: R) -> R {
        factor
    }

    #[inline(always)]
    fn rebase([p, q]: [R; 2], &factor: &R) -> [R; 2] {
        [p, q * factor]
    }

    #[inline(always)]
    fn rebased(x: [R; 2], factor: &R) -> [R; 2] {
        Self::rebase(x, factor)
    }
}

#[cfg(test)]
mod tests {
    use super::super::kind::InForm;
    use super::super::{Adapted, Kind, synaptic::Synaptic};
    use super::*;
    use crate::neuron::Lif;
    use crate::neuron::model::{Adaptation, Adapting};
    use crate::numeric::exp;
    use crate::units::Volt;

    /// All kinds of current, with time constants of currents beside that of the membrane.
    fn kinds() -> Vec<Kind> {
        let mut kinds = vec![Kind::Pulses, Kind::Fading];
        for tau in [0.13, 0.5, 1.0, 1.000_001, 3.0] {
            kinds.extend([Kind::Exponential(Synaptic::new(tau)), Kind::Alpha(Synaptic::new(tau))]);
        }
        // Thresholds, currents and both of them, by what a spike adds in thresholds and time constants in tau_m.
        let all = [
            ([0.2, 0.6], [0.0, 1.0]),
            ([0.2, 1.0], [0.0, 1.0]),
            ([0.0, 1.0], [0.3, 2.5]),
            ([0.15, 4.0], [-0.2, 0.7]),
        ];
        for (threshold, current) in all {
            for drive in [None, Some((Synaptic::new(0.5), false)), Some((Synaptic::new(1.3), true))] {
                let lif = Lif { u_rest: Volt::new(0.0), ..Lif::default() };
                let of = |[jump, tau]: [f64; 2]| Adaptation {
                    jump: jump * lif.theta(),
                    tau: tau * lif.tau_m.get(),
                };
                let (threshold, current) = (of(threshold), of(current));
                let neuron = Adapting { lif, threshold, current };
                kinds.push(Kind::Adapting(Adapted::new(&neuron, drive).unwrap()));
            }
        }
        kinds
    }

    /// The current of a unit weight s after its beginning.
    fn current(kind: Kind, s: f64) -> f64 {
        let tau = kind.tau().unwrap_or(1.0);
        match kind {
            _ if s < 0.0 => 0.0,
            Kind::Pulses => 1.0,
            Kind::Jumps => 0.0,
            Kind::Fading | Kind::Exponential(_) => exp(-s / tau),
            Kind::Adapting(of) if of.tau().is_none() => 1.0,
            Kind::Adapting(of) if !of.alpha() => exp(-s / tau),
            Kind::Alpha(_) | Kind::Adapting(_) => s / tau * exp(1.0 - s / tau),
        }
    }

    const WEIGHTS: [f64; 3] = [0.8, -0.3, 1.4];
    const STARTS: [f64; 3] = [0.0, 0.1, 0.3];

    /// The numbers after these synapses, and after origins that moved by 0.15 before the last of them; with what two spikes leave, where
    /// they leave something, or without.
    fn driven<F: Form<f64, N>, const N: usize>(form: F, fires: bool) -> ([f64; N], f64) {
        let (mut x, mut origin) = ([0.0; N], 0.0);
        for (w, s) in WEIGHTS.iter().zip(STARTS) {
            if fires {
                x = form.fired(x, exp(-(s - origin)));
            }
            if s == 0.3 {
                x = F::rebase(x, &form.shift(exp(-0.15)));
                origin = 0.15;
            }
            let unit = form.arrival(exp(-(s - origin)));
            x.iter_mut().zip(unit).for_each(|(x, unit)| *x += w * unit);
        }
        (x, origin)
    }

    struct Follows(Kind);

    /// Against the membrane equation itself, V' = -V + I, in small steps of a fourth-order method.
    impl InForm<f64> for Follows {
        type Output = ();
        fn run<F: Form<f64, N>, const N: usize>(self, form: F) {
            let Self(kind) = self;
            let (x, origin) = driven(form, false);
            let all =
                |t: f64| -> f64 { WEIGHTS.iter().zip(STARTS).map(|(w, s)| w * current(kind, t - s)).sum() };
            // From event to event: the current jumps there.
            let (mut v, steps) = (0.0, 2000);
            for (from, to) in [(0.0, 0.1), (0.1, 0.3), (0.3, 0.6)] {
                let h = (to - from) / f64::from(steps);
                for k in 0..steps {
                    let t = from + f64::from(k) * h;
                    // (What has begun by the middle of the step.)
                    let drive = |at: f64| {
                        let of = |(w, s): (&f64, f64)| {
                            w * if s < t + 0.5 * h { current(kind, (at - s).max(0.0)) } else { 0.0 }
                        };
                        WEIGHTS.iter().zip(STARTS).map(of).sum::<f64>()
                    };
                    let slope = |at: f64, v: f64| drive(at) - v;
                    let k1 = slope(t, v);
                    let k2 = slope(t + 0.5 * h, v + 0.5 * h * k1);
                    let k3 = slope(t + 0.5 * h, v + 0.5 * h * k2);
                    let k4 = slope(t + h, v + h * k3);
                    v += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
                }
            }
            let y = exp(-(0.6 - origin));
            let got = form.potential(x, y);
            assert!((v - got).abs() < 1e-11, "{kind}: {got} and {v}");
            assert!((form.slope(x, y) - (all(0.6) - v)).abs() < 1e-11, "{kind}");
            assert!((weighted(&x, &form.shares(y)) - v).abs() < 1e-11, "{kind}");
        }
    }

    #[test]
    fn every_form_is_the_membrane_under_its_current() {
        kinds().into_iter().for_each(|kind| kind.with(Follows(kind)));
    }

    struct Sums(Kind);

    /// By Simpson's rule.
    impl InForm<f64> for Sums {
        type Output = ();
        fn run<F: Form<f64, N>, const N: usize>(self, form: F) {
            let (x, from, to, n) = (driven(form, true).0, 0.3, 1.1, 1000);
            let h = (to - from) / f64::from(n);
            let at = |k: i32| form.potential(x, exp(-(from + h * f64::from(k))));
            let inner: f64 = (1..n).map(|k| at(k) * if k % 2 == 1 { 4.0 } else { 2.0 }).sum();
            let want = h / 3.0 * (at(0) + inner + at(n));
            let got = weighted(&x, &form.integral(exp(-from), exp(-to)));
            assert!((got - want).abs() < 1e-10, "{}: {got} and {want}", self.0);
        }
    }

    #[test]
    fn the_integral_is_that_of_the_potential() {
        kinds().into_iter().chain([Kind::Jumps]).for_each(|kind| kind.with(Sums(kind)));
    }

    struct Crosses(Kind);

    impl InForm<f64> for Crosses {
        type Output = ();
        fn run<F: Form<f64, N>, const N: usize>(self, form: F) {
            let Self(kind) = self;
            let x = form.arrival(1.0).map(|unit| 5.0 * unit);
            // In short intervals, as a walk would find it: the first that is above 0.3 at its end, and not at its beginning.
            let (h, mut t) = (0.01, 0.0);
            while form.potential(x, exp(-(t + h))) < 0.3 {
                let between = (exp(-t), exp(-(t + h)));
                assert_eq!(form.crossing(x, 0.3, between.0, between.1), None, "{kind} at {t}");
                t += h;
            }
            let (y, next) = (exp(-t), exp(-(t + h)));
            assert!(F::score(x, 0.3, &form.between(y, next)) >= 0.0, "{kind}");
            let at = form.crossing(x, 0.3, y, next).unwrap();
            assert!((next..=y).contains(&at) && (form.potential(x, at) - 0.3).abs() < 1e-12, "{kind}");
            let d = 1e-6;
            let slope = (form.potential(x, at * exp(-d)) - form.potential(x, at * exp(d))) / (2.0 * d);
            assert!((slope - form.slope(x, at)).abs() < 1e-8, "{kind}: {slope}");
            // From rest on in one: the same.
            let whole = form.crossing(x, 0.3, 1.0, exp(-1.2)).unwrap();
            assert!((whole / at - 1.0).abs() < 1e-13, "{kind}");
            assert!(F::score(x, f64::INFINITY, &form.between(1.0, 0.3)) < 0.0, "deaf: {kind}");
            assert_eq!(form.crossing(x, f64::INFINITY, 1.0, 0.3), None, "deaf: {kind}");
            assert!(F::score([0.0; N], 1.0, &form.between(1.0, 0.5)) < 0.0, "no drive at all: {kind}");
            // The maximum is where the slope is nothing; one above it is not crossed.
            let Some(top) = form.top(x, 1.0, exp(-9.0)) else {
                assert_eq!(kind.tau(), None, "{kind}");
                return;
            };
            assert!(form.slope(x, top).abs() < 1e-12, "{kind}");
            let high = form.potential(x, top);
            assert!(form.potential(x, 0.99 * top) < high && form.potential(x, 1.01 * top) < high, "{kind}");
            assert!(form.crossing(x, high * (1.0 - 1e-6), 1.0, exp(-9.0)).is_some(), "{kind}");
            assert_eq!(form.crossing(x, high * (1.0 + 1e-6), 1.0, exp(-9.0)), None, "{kind}");
        }
    }

    #[test]
    fn what_reaches_threshold_crosses_it_there_with_the_slope_that_is_said() {
        kinds().into_iter().for_each(|kind| kind.with(Crosses(kind)));
    }

    struct Differs(Kind);

    /// L = sum of c x: of every operation, the adjoint and the rates are its differences.
    impl InForm<f64> for Differs {
        type Output = ();
        fn run<F: Form<f64, N>, const N: usize>(self, form: F) {
            let (x, _) = driven(form, true);
            let c: [f64; N] = std::array::from_fn(|k| [0.3, -0.8, 0.45, 0.6, -0.7][k]);
            let (t, v, h) = (0.6, 0.4, 1e-5);
            let y = exp(-t);
            let same = |got: f64, at: &dyn Fn(f64) -> f64, what: &str| {
                let want = (at(h) - at(-h)) / (2.0 * h);
                assert!(
                    (got - want).abs() < 1e-7 * (1.0 + want.abs()),
                    "{}, {what}: {got} and {want}",
                    self.0
                );
            };
            let moved = |k: usize, d: f64| {
                let mut x = x;
                x[k] += d;
                x
            };
            if !F::ADAPTS {
                assert!((form.potential(form.restart(x, y, v).0, y) - v).abs() < 1e-13);
            }
            let fired = |t: f64| weighted(&c, &form.fired(x, exp(-t)));
            same(form.fired_rate(c, y), &|d| fired(t + d), "a spike");
            let v_at = |d: f64| form.potential(x, exp(-(t + d)));
            same(form.slope(x, y), &v_at, "slope");
            let restart = |x: [f64; N], t: f64| weighted(&c, &form.restart(x, exp(-t), v).0);
            let (before, rate) = form.restarted(c, form.restart(x, y, v).1, y);
            same(rate, &|d| restart(x, t + d), "restart");
            let shift = form.shift(exp(-0.4));
            let back = F::rebased(c, &shift);
            for k in 0..N {
                same(before[k], &|d| restart(moved(k, d), t), "restart");
                same(back[k], &|d| weighted(&c, &F::rebase(moved(k, d), &shift)), "rebase");
                same(form.arrival_rate(y)[k], &|d| form.arrival(exp(-(t + d)))[k], "arrival");
                same(form.shares(y)[k], &|d| form.potential(moved(k, d), y), "potential");
            }
        }
    }

    #[test]
    fn adjoints_and_rates_are_differences() {
        kinds().into_iter().chain([Kind::Jumps]).for_each(|kind| kind.with(Differs(kind)));
    }

    /// V between two events is nowhere above what is asked of it: no neuron that fires is left out.
    #[test]
    fn no_membrane_passes_a_threshold_that_it_was_said_not_to_reach() {
        struct Asks;
        impl InForm<f64> for Asks {
            type Output = usize;
            fn run<F: Form<f64, N>, const N: usize>(self, form: F) -> usize {
                let mut asked = 0;
                for draw in 0..4000_u32 {
                    let number = |k: u32| {
                        f64::from(draw.wrapping_mul(2_654_435_761).rotate_left(7 * k) % 1000) / 500.0 - 1.0
                    };
                    let mut x = [0.0; N];
                    for k in 0..4 {
                        let unit = form.arrival(exp(-0.1 * f64::from(k)));
                        x.iter_mut().zip(unit).for_each(|(x, unit)| *x += 2.0 * number(k) * unit);
                        if draw % 3 > 0 {
                            x = form.fired(x, exp(-0.1 * f64::from(k)));
                        }
                    }
                    let (y, next) = (exp(-0.4), exp(-0.4 - 0.3 * number(5).abs()));
                    let high = (0..=40).map(|k| y * exp(f64::from(k) / 40.0 * (next / y).ln()));
                    let high = high.map(|y| form.potential(x, y)).fold(f64::NEG_INFINITY, f64::max);
                    // (What is there from the start on does not rise to it.)
                    let high = if form.potential(x, y) < high - 1e-9 { high } else { 0.0 };
                    asked += usize::from(high > 0.05);
                    assert!(high <= 0.05 || F::score(x, high - 1e-12, &form.between(y, next)) >= 0.0);
                }
                asked
            }
        }
        for kind in kinds() {
            let asked = kind.with(Asks);
            assert!(asked > 500, "{kind}: {asked}");
        }
    }
}
