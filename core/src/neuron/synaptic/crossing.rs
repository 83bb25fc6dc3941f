//! When a membrane under decaying currents first rises over its threshold.
//!
//! With v the whole drive, dx/ds = v - x. Hence:
//!
//! 1. x can rise through theta only while v > theta, and while v > theta it passes at most once: e^s (x -
//!    theta) grows exactly then. The sign changes of v - theta are all found ([`super::chain`]); no other
//!    instant matters.
//! 2. In each stretch with v > theta, from the first on: x passes if and only if it is above theta at the end
//!    of the stretch, and is then bracketed. A maximum of x above theta lies in such a stretch's end or after it,
//!    so one that is above by more than rounding is never missed.
//! 3. A membrane that starts at or above theta (what a subtractive reset left) crosses when the drive first
//!    raises it. It turns where h = v - x becomes positive; e^s h grows while v does.

use super::chain::{MAX_CHANGES, Sum, Term};
use super::{Drive, exp, ln};
use crate::numeric::rising_root;
use crate::time::Time;
use crate::units::{Quantity as _, Second};

/// e^-600 is still a number, and so is what a slow current is then relative to a fast one.
const FAR: f64 = 600.0;

/// The earliest t in (0, limit] from which on x exceeds `theta` and rises, in seconds; `None` if there is none.
///
/// As [`membrane::crossing`](crate::neuron::membrane::crossing), for a drive with decaying currents:
/// - at or above `theta` it crosses at once (`Some(0.0)`) if the drive raises it, and not before that;
/// - a maximum or an asymptote of exactly `theta` is not a crossing.
///
/// Against 50-digit arithmetic: within 1e-12 s, down to maxima 1e-9 of `theta` above it.
#[must_use]
pub fn crossing(tau_m: f64, x0: f64, drive: &Drive<'_>, theta: f64, limit: f64) -> Option<f64> {
    if limit.is_nan() || limit <= 0.0 || !(x0.is_finite() && drive.now().is_finite()) {
        return None;
    }
    let beta = drive.b * tau_m;
    if beta <= 0.0 && stays_below(x0, drive, theta) {
        return None;
    }
    if let Some(found) = one_exponential(tau_m, x0, drive, theta, limit) {
        return found;
    }
    let over = over(drive, theta, beta);
    let mut end = limit / tau_m;
    let certain = decided(drive, drive.a - theta, beta, end);
    if drive.a - theta == 0.0 && beta == 0.0 {
        // Nothing but the currents can carry it over, and they have died away.
        end = certain;
    }
    let mut from = 0.0;
    if x0 >= theta {
        from = turn(tau_m, x0, drive, beta, end)?;
        if from == 0.0 || drive.distance(tau_m, x0, theta, from) >= 0.0 {
            return Some((from * tau_m).min(limit));
        }
    }
    let mut changes = [0.0; MAX_CHANGES];
    let count = sign_changes(&over, (drive.a - theta, beta), (certain, end), &mut changes);
    let mut lo = 0.0f64;
    for hi in changes[..count].iter().copied().chain([end]) {
        let start = lo.max(from);
        lo = hi;
        if start >= hi || over.at(start + 0.5 * (hi - start)).0 <= 0.0 {
            continue;
        }
        if drive.distance(tau_m, x0, theta, hi) > 0.0 {
            return Some(rises(tau_m, x0, drive, theta, start, hi).min(limit));
        }
    }
    None
}

/// The changes of sign of level + beta s + currents up to `end`, which are those of its line from `certain` on; how many there are.
pub(super) fn sign_changes(
    over: &Sum,
    (level, beta): (f64, f64),
    (certain, end): (f64, f64),
    changes: &mut [f64; MAX_CHANGES],
) -> usize {
    let count = over.changes(certain, changes);
    // Beyond, only the line can change the sign once more.
    let line = -level / beta;
    if line > certain && line < end && count + 1 < MAX_CHANGES {
        changes[count] = line;
        return count + 1;
    }
    count
}

/// What is known of the next crossing before it is looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// There is none.
    Never,
    /// None within this span, in seconds.
    NotBefore(f64),
    /// Nothing.
    Unknown,
}

/// A bound on [`crossing`] that costs a few multiplications and one division.
///
/// Below a drive that never exceeds `top`, x <= x0 + (top - x0)(1 - e^-s). It reaches theta no sooner than s = -ln(1 - r),
/// r = (theta - x0)/(top - x0), and -ln(1 - r) >= r + r^2/2.
#[must_use]
pub fn bound(tau_m: f64, x0: f64, drive: &Drive<'_>, theta: f64) -> Bound {
    if drive.b > 0.0 {
        return Bound::Unknown;
    }
    if stays_below(x0, drive, theta) {
        return Bound::Never;
    }
    let top = drive.a + drive.currents.iter().fold(0.0, |sum, current| sum + peak(current));
    let r = (theta - x0) / (top - x0);
    if x0 < theta && r < 1.0 {
        // Less what was rounded.
        Bound::NotBefore((r + 0.5 * r * r) * tau_m * (1.0 - 1e-9))
    } else {
        Bound::Unknown
    }
}

/// [`crossing`] as a span: rounded up to a femtosecond, so never before the crossing, and at least one.
#[must_use]
pub fn firing(tau_m: f64, x0: f64, drive: &Drive<'_>, theta: f64, limit: Time) -> Option<Time> {
    let seconds = crossing(tau_m, x0, drive, theta, limit.as_seconds())?;
    let up = Second::from_si(seconds).and_then(|t| Time::from_seconds_up(t).ok()).unwrap_or(Time::MAX);
    Some(up.max(Time::from_fs(1)).min(limit))
}

/// A single exponential current above a level below threshold: v falls to theta at one known instant, and the
/// membrane is over it then or never. `None`: it is another case.
fn one_exponential(tau_m: f64, x0: f64, drive: &Drive<'_>, theta: f64, limit: f64) -> Option<Option<f64>> {
    let ([decay], [current]) = (drive.decays, drive.currents) else { return None };
    let level = theta - drive.a;
    if x0 >= theta || level <= 0.0 || drive.b != 0.0 || current.q != 0.0 || current.p <= level {
        return None;
    }
    let end = (ln(current.p / level) / decay.nu).min(limit / tau_m);
    let passes = drive.distance(tau_m, x0, theta, end) > 0.0;
    Some(passes.then(|| rises(tau_m, x0, drive, theta, 0.0, end).min(limit)))
}

/// v - theta.
pub(super) fn over(drive: &Drive<'_>, theta: f64, beta: f64) -> Sum {
    let mut sum = Sum::default();
    sum.push(Term { p: drive.a - theta, q: beta, nu: 0.0 });
    for (decay, current) in drive.decays.iter().zip(drive.currents) {
        sum.push(Term { p: current.p, q: current.q * decay.nu, nu: decay.nu });
    }
    sum
}

/// No current p e^-s + q s e^-s is larger, in volts: s e^-s <= 1/e < 0.3679.
fn peak(current: &super::Current) -> f64 {
    current.p.max(0.0) + current.q.max(0.0) * 0.3679
}

/// Whether the largest thing that could happen stays below: most arrivals end here.
fn stays_below(x0: f64, drive: &Drive<'_>, theta: f64) -> bool {
    // Of the membrane: what is there now, and the peak of every response. Of the drive: every peak at once.
    let (mut membrane, mut whole) = (0.0, 0.0);
    for (decay, current) in drive.decays.iter().zip(drive.currents) {
        membrane += current.p.max(0.0) * decay.peak.0 + current.q.max(0.0) * decay.peak.1;
        whole += peak(current);
    }
    let rounding = 1e-12 * (x0.abs() + drive.a.abs() + whole);
    x0.max(drive.a) + membrane + rounding < theta || (x0 < theta && drive.a + whole + rounding < theta)
}

/// From where on (or `end`) the sign of level + beta s + currents is that of level + beta s.
pub(super) fn decided(drive: &Drive<'_>, level: f64, beta: f64, end: f64) -> f64 {
    let active = |current: &super::Current| current.p != 0.0 || current.q != 0.0;
    let slowest = drive
        .decays
        .iter()
        .zip(drive.currents)
        .filter(|(_, current)| active(current))
        .fold(f64::INFINITY, |least, (decay, _)| least.min(decay.nu));
    if slowest == f64::INFINITY {
        return end.min(1.0);
    }
    let far = FAR / slowest;
    // Later than every alpha kernel's peak, so that the bound falls.
    let mut s = 2.0 / slowest;
    while s < far && beta == 0.0 {
        let left = drive.decays.iter().zip(drive.currents).fold(0.0, |sum, (decay, current)| {
            sum + (current.p.abs() + current.q.abs() * decay.nu * s) * exp(-(decay.nu * s))
        });
        if left < level.abs() {
            return s.min(end);
        }
        s *= 2.0;
    }
    far.min(end)
}

/// When a membrane at or above threshold is first raised by its drive, in s.
fn turn(tau_m: f64, x0: f64, drive: &Drive<'_>, beta: f64, end: f64) -> Option<f64> {
    let slope = over(drive, 0.0, beta).derived(0.0);
    let start = drive.now() - x0;
    if start > 0.0 || (start == 0.0 && slope.at(0.0).0 > 0.0) {
        return Some(0.0);
    }
    // v - x and v' - (v - x), both relative to the level, from which nothing is left late.
    let varying = over(drive, drive.a, beta);
    let raised = |s: f64| {
        let (v, dv) = varying.at(s);
        let h = v - drive.distance(tau_m, x0, drive.a, s);
        (h, dv - h)
    };
    let mut changes = [0.0; MAX_CHANGES];
    // The slope of the currents dies away with them, whatever the level is.
    let end = if beta == 0.0 { decided(drive, 0.0, 0.0, end) } else { end };
    let count = slope.changes(decided(drive, 0.0, beta, end), &mut changes);
    let mut lo = 0.0;
    for hi in changes[..count].iter().copied().chain([end]) {
        if slope.at(lo + 0.5 * (hi - lo)).0 > 0.0 && raised(hi).0 > 0.0 {
            return Some(rising_root(lo, hi, lo, raised));
        }
        lo = hi;
    }
    None
}

/// The passage in (lo, hi), in seconds: below or at theta at `lo`, above at `hi`.
fn rises(tau_m: f64, x0: f64, drive: &Drive<'_>, theta: f64, lo: f64, hi: f64) -> f64 {
    let whole = over(drive, theta, drive.b * tau_m);
    let passage = |s: f64| {
        let distance = drive.distance(tau_m, x0, theta, s);
        (distance, whole.at(s).0 - distance)
    };
    // A bracket of the membrane's own size first.
    let (mut from, mut to) = (lo, hi.min(lo + 1.0));
    while to < hi && passage(to).0 <= 0.0 {
        from = to;
        to = hi.min(to + 2.0 * (to - lo));
    }
    rising_root(from, to, from, passage) * tau_m
}

#[cfg(test)]
mod tests {
    use super::super::{Current, Decay};
    use super::*;
    use proptest::prelude::*;

    const TAU: f64 = 9.41e-3;
    const THETA: f64 = 0.25;

    fn at(x0: f64, a: f64, currents: &[(f64, f64, f64)], limit: f64) -> Option<f64> {
        let decays: Vec<Decay> = currents.iter().map(|&(tau, _, _)| Decay::new(tau, TAU)).collect();
        let currents: Vec<Current> = currents.iter().map(|&(_, p, q)| Current { p, q }).collect();
        crossing(TAU, x0, &Drive { a, b: 0.0, decays: &decays, currents: &currents }, THETA, limit)
    }

    #[test]
    fn crossings_agree_with_a_50_digit_computation() {
        let (mut crossings, mut silent) = (0, 0);
        for line in include_str!("../../../../tests/data/synaptic_crossings.csv").lines().skip(1) {
            let (inputs, want) = line.rsplit_once(',').unwrap();
            let v: Vec<f64> = inputs.split(',').map(|v| v.parse().unwrap()).collect();
            let (mut decays, mut currents) = (Vec::new(), Vec::new());
            for current in v[6..].chunks(3).filter(|current| current[0] > 0.0) {
                decays.push(Decay::new(current[0], v[0]));
                currents.push(Current { p: current[1], q: current[2] });
            }
            let drive = Drive { a: v[2], b: v[3], decays: &decays, currents: &currents };
            let got = crossing(v[0], v[1], &drive, v[4], v[5]);
            if want == "never" {
                assert_eq!(got, None, "{line}");
                silent += 1;
            } else {
                let want: f64 = want.parse().unwrap();
                let error = (got.unwrap_or(f64::NAN) - want).abs();
                assert!(error <= 1e-12, "{line}: {got:?}, error {error:e}");
                crossings += 1;
            }
        }
        assert!(crossings > 500 && silent > 150, "{crossings} crossings, {silent} without");
    }

    #[test]
    fn without_currents_it_is_the_crossing_of_a_membrane_alone() {
        for (x0, a, b) in [
            (0.0, 0.5, 0.0),
            (0.0, 0.25, 0.0),
            (0.1, 0.6, -30.0),
            (0.0, 0.0, 50.0),
            (0.4, 0.35, 20.0),
            (0.4, 0.0, 0.0),
        ] {
            let alone = crate::neuron::membrane::crossing(TAU, x0, a, b, THETA, 1.0);
            let drive = Drive { a, b, decays: &[], currents: &[] };
            match (crossing(TAU, x0, &drive, THETA, 1.0), alone) {
                (Some(one), Some(other)) => {
                    assert!((one - other).abs() < 1e-15, "{x0} {a} {b}: {one} {other}")
                }
                (one, other) => assert_eq!(one, other, "{x0} {a} {b}"),
            }
        }
    }

    #[test]
    fn rheobase_exactly_at_threshold_stays_silent_whatever_decays_towards_it() {
        assert_eq!(at(0.0, THETA, &[], f64::INFINITY), None);
        assert_eq!(at(0.0, THETA, &[(5e-3, -0.1, 0.0)], 9000.0), None, "from below");
        // v > theta for ever; whether x ever passes is decided by the slower of the two.
        assert!(at(0.0, THETA, &[(20e-3, 1e-9, 0.0)], 9000.0).is_some(), "the current outlasts the membrane");
        assert_eq!(at(0.0, THETA, &[(5e-3, 0.1, 0.0)], 9000.0), None, "x0 - theta + p nu/(nu - 1) ... < 0");
        assert!(at(0.0, THETA.next_up(), &[], 9000.0).is_some());
    }

    #[test]
    fn a_maximum_just_above_threshold_fires_and_at_threshold_does_not() {
        for tau in [2e-3, TAU, TAU * (1.0 + 1e-9), 30e-3] {
            let decay = Decay::new(tau, TAU);
            let s = if tau == TAU { 1.0 } else { decay.nu.ln() / (decay.nu - 1.0) };
            let (_, peak, _) = decay.response(s, (-s).exp());
            let p = THETA / peak;
            assert_eq!(at(0.0, 0.0, &[(tau, p * (1.0 - 1e-14), 0.0)], 1.0), None, "{tau}");
            let t = at(0.0, 0.0, &[(tau, p * (1.0 + 1e-11), 0.0)], 1.0).unwrap();
            assert!((t / TAU - s).abs() < 1e-4 && t / TAU < s, "{tau}");
        }
    }

    #[test]
    fn what_was_left_above_threshold_waits_for_the_currents_to_raise_it() {
        assert_eq!(at(0.4, 0.0, &[(5e-3, 0.3, 0.0)], 1.0), None, "v < x all the way");
        assert_eq!(at(0.4, 0.0, &[(5e-3, 0.5, 0.0)], 1.0), Some(0.0));
        assert_eq!(at(0.25, 0.0, &[(5e-3, 0.25, 0.0)], 1.0), None, "level now, falling next");
        assert_eq!(at(0.25, 0.0, &[(5e-3, 0.25, 0.3)], 1.0), Some(0.0), "level now, rising next");
        // An alpha current catches it above threshold ...
        let t = at(0.4, 0.0, &[(5e-3, 0.0, 3.0)], 1.0).unwrap();
        let decays = [Decay::new(5e-3, TAU)];
        let currents = [Current { p: 0.0, q: 3.0 }];
        let drive = Drive { a: 0.0, b: 0.0, decays: &decays, currents: &currents };
        let v = 3.0 * (t / 5e-3) * (-t / 5e-3).exp();
        assert!(
            (drive.advance(TAU, 0.4, t) - v).abs() < 1e-14 && v > THETA,
            "it turns where it meets the drive"
        );
        // ... or below it, and carries it over from there.
        let t = at(0.26, 0.0, &[(20e-3, 0.0, 1.5)], 1.0).unwrap();
        let drive =
            Drive { currents: &[Current { p: 0.0, q: 1.5 }], decays: &[Decay::new(20e-3, TAU)], ..drive };
        assert!((drive.advance(TAU, 0.26, t) - THETA).abs() < 1e-14);
        assert!((1..100).any(|k| drive.advance(TAU, 0.26, t * f64::from(k) / 100.0) < THETA - 0.01));
    }

    #[test]
    fn nonsense_has_no_crossing_and_does_not_panic() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, 5e-324, f64::MAX] {
            for i in 0..8 {
                let mut v = [TAU, 0.0, 0.3, 1.0, 0.25, 1.0, 0.3, 0.2];
                v[i] = bad;
                let (decays, currents) = ([Decay::new(5e-3, v[0])], [Current { p: v[6], q: v[7] }]);
                let drive = Drive { a: v[2], b: v[3], decays: &decays, currents: &currents };
                let _ = crossing(v[0], v[1], &drive, v[4], v[5]);
            }
        }
    }

    proptest! {
        #[test]
        fn no_sample_exceeds_threshold_before_the_crossing(
            x0 in -0.5..0.25f64, a in -0.3..0.4f64,
            currents in proptest::collection::vec((1e-3..40e-3f64, -1.5..1.5f64, -4.0..4.0f64), 0..4),
        ) {
            let decays: Vec<Decay> = currents.iter().map(|&(tau, _, _)| Decay::new(tau, TAU)).collect();
            let pairs: Vec<Current> = currents.iter().map(|&(_, p, q)| Current { p, q }).collect();
            let drive = Drive { a, b: 0.0, decays: &decays, currents: &pairs };
            let found = crossing(TAU, x0, &drive, THETA, 0.5);
            let until = found.unwrap_or(0.5);
            for k in 0..=2000 {
                let t = until * f64::from(k) / 2000.0;
                prop_assert!(drive.advance(TAU, x0, t) <= THETA + 1e-13, "at {t} before {found:?}");
            }
            if let Some(t) = found {
                prop_assert!((drive.advance(TAU, x0, t) - THETA).abs() < 1e-13);
            }
        }

        #[test]
        fn cutting_an_interval_does_not_move_the_crossing(
            x0 in -0.5..0.4f64, a in -0.3..0.4f64, cut in 0.0..0.1f64,
            currents in proptest::collection::vec((1e-3..40e-3f64, -1.5..1.5f64, -4.0..4.0f64), 1..3),
        ) {
            let decays: Vec<Decay> = currents.iter().map(|&(tau, _, _)| Decay::new(tau, TAU)).collect();
            let pairs: Vec<Current> = currents.iter().map(|&(_, p, q)| Current { p, q }).collect();
            let drive = Drive { a, b: 0.0, decays: &decays, currents: &pairs };
            let whole = crossing(TAU, x0, &drive, THETA, 0.5);
            let mut later = pairs.clone();
            later.iter_mut().zip(&decays).for_each(|(current, decay)| current.decay(decay, cut / TAU));
            let second = Drive { currents: &later, ..drive };
            let x1 = drive.advance(TAU, x0, cut);
            let pieces = crossing(TAU, x0, &drive, THETA, cut)
                .or_else(|| crossing(TAU, x1, &second, THETA, 0.5 - cut).map(|t| t + cut));
            match (whole, pieces) {
                (Some(t), Some(u)) => prop_assert!((t - u).abs() < 1e-9, "{t} and {u}"),
                (t, u) => prop_assert_eq!(t, u),
            }
        }
    }
}
