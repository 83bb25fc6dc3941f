//! A membrane with a wall at rest: nothing takes it below, neither a jump nor its drive. A filament is not thinner than dissolved.
//!
//! With v the whole drive and x the membrane relative to rest, dx/ds = v - x, and at x = 0 it stays where v is negative. Hence:
//!
//! 1. While v > 0 the wall does nothing: x is not below 0 there.
//! 2. While v < 0, e^s x falls: x meets the wall at most once, and is there until v changes its sign.
//!
//! So at the end of every stretch in which v has one sign x is what it would be without a wall, or 0 if that is below. The changes of
//! sign are all found ([`super::chain`]), as for crossings; where the wall lets go is one of them.

use super::chain::MAX_CHANGES;
use super::crossing::{decided, over, sign_changes};
use super::{Current, Drive, advance, crossing};
use crate::time::Time;
use crate::units::{Quantity as _, Second};

/// Seconds after which the wall lets a membrane go that is at `x0` now, if its drive takes it there within `limit`; `limit` if it is
/// there still.
#[must_use]
pub fn released(tau_m: f64, x0: f64, drive: &Drive<'_>, limit: f64) -> Option<f64> {
    let (beta, end) = (drive.b * tau_m, limit / tau_m);
    // The lowest that the drive could be: most never are below rest.
    let currents = drive.currents.iter();
    let least = currents.fold(0.0, |sum, current| sum + current.p.min(0.0) + current.q.min(0.0));
    if drive.a.min(drive.a + beta * end) + least >= 0.0 || end.is_nan() || end <= 0.0 {
        return None;
    }
    let v = over(drive, 0.0, beta);
    let mut changes = [0.0; MAX_CHANGES];
    let count = sign_changes(&v, (drive.a, beta), (decided(drive, drive.a, beta, end), end), &mut changes);
    let mut from = 0.0;
    for to in changes[..count].iter().copied().chain([end]) {
        let falls = to > from && v.at(from + 0.5 * (to - from)).0 < 0.0;
        if falls && drive.distance(tau_m, x0, 0.0, to) < 0.0 {
            return Some(if to >= end { limit } else { (to * tau_m).min(limit) });
        }
        from = to;
    }
    None
}

/// Seconds after which a membrane at `x0` meets the wall, which it does before `let_go`.
#[must_use]
pub fn meets(tau_m: f64, x0: f64, drive: &Drive<'_>, let_go: f64) -> f64 {
    if x0 <= 0.0 && drive.now() <= 0.0 {
        return 0.0;
    }
    // The same equation upside down.
    let mut copy = [Current::default(); super::MAX_DECAYS];
    for (copy, current) in copy.iter_mut().zip(drive.currents) {
        *copy = Current { p: -current.p, q: -current.q };
    }
    let currents = &copy[..drive.currents.len().min(copy.len())];
    let down = Drive { a: -drive.a, b: -drive.b, decays: drive.decays, currents };
    crossing(tau_m, -x0, &down, 0.0, let_go).unwrap_or(let_go)
}

/// What is left of a span, and of the drive, where the wall has let go for the last time: (x, a, seconds left).
/// The currents are moved along.
#[must_use]
pub fn let_go(
    tau_m: f64,
    x0: f64,
    (a, b): (f64, f64),
    decays: &[super::Decay],
    currents: &mut [Current],
    span: f64,
) -> (f64, f64, f64) {
    let (mut x, mut a, mut left) = (x0, a, span);
    for _ in 0..MAX_CHANGES {
        let Some(t) = released(tau_m, x, &Drive { a, b, decays, currents }, left) else { break };
        let _ = advance(tau_m, x, (a, b), decays, currents, t);
        (x, a, left) = (0.0, a + b * t, left - t);
        if left <= 0.0 {
            return (0.0, a, 0.0);
        }
    }
    (x, a, left)
}

/// [`super::firing`] of a membrane with a wall.
#[must_use]
pub fn firing(tau_m: f64, x0: f64, drive: &Drive<'_>, theta: f64, limit: Time) -> Option<Time> {
    let mut copy = [Current::default(); super::MAX_DECAYS];
    let currents = copy.get_mut(..drive.currents.len())?;
    currents.copy_from_slice(drive.currents);
    let (mut x, mut a, mut gone, b) = (x0, drive.a, 0.0, drive.b);
    for _ in 0..MAX_CHANGES {
        let left = limit.as_seconds() - gone;
        let now = Drive { a, b, decays: drive.decays, currents };
        let until = released(tau_m, x, &now, left);
        if let Some(t) = crossing(tau_m, x, &now, theta, until.unwrap_or(left)) {
            let up =
                Second::from_si(gone + t).and_then(|t| Time::from_seconds_up(t).ok()).unwrap_or(Time::MAX);
            return Some(up.max(Time::from_fs(1)).min(limit));
        }
        let t = until.filter(|t| *t < left)?;
        let _ = advance(tau_m, x, (a, b), drive.decays, currents, t);
        (x, a, gone) = (0.0, a + b * t, gone + t);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::Decay;
    use super::*;
    use proptest::prelude::*;

    const TAU: f64 = 9.41e-3;

    /// Small steps of the exact solution, lifted to rest after each; when it is above `theta` first.
    fn stepped(x0: f64, drive: &Drive<'_>, theta: f64, span: f64) -> (f64, Option<f64>) {
        const STEPS: u32 = 40_000;
        let mut currents = drive.currents.to_vec();
        let (mut x, h, mut above) = (x0, span / f64::from(STEPS), None);
        for k in 0..STEPS {
            let a = drive.a + drive.b * h * f64::from(k);
            x = advance(TAU, x, (a, drive.b), drive.decays, &mut currents, h).max(0.0);
            if x > theta && above.is_none() {
                above = Some(h * f64::from(k + 1));
            }
        }
        (x, above)
    }

    /// x at the end, by the wall.
    fn walled(x0: f64, drive: &Drive<'_>, span: f64) -> f64 {
        let mut currents = drive.currents.to_vec();
        let (x, a, left) = let_go(TAU, x0, (drive.a, drive.b), drive.decays, &mut currents, span);
        advance(TAU, x, (a, drive.b), drive.decays, &mut currents, left)
    }

    #[test]
    fn a_constant_drive_below_rest_keeps_it_there_and_a_ramp_lets_it_go_at_zero() {
        let drive = |a, b| Drive { a, b, decays: &[], currents: &[] };
        // From 50 mV under -0.1 V it meets the wall after tau ln 1.5, and stays.
        assert_eq!(released(TAU, 0.05, &drive(-0.1, 0.0), 3.8e-3), None);
        assert_eq!(released(TAU, 0.05, &drive(-0.1, 0.0), 3.9e-3), Some(3.9e-3));
        assert_eq!(walled(0.05, &drive(-0.1, 0.0), 1.0), 0.0);
        // -0.1 V rising by 10 V/s: let go at 10 ms, and from there 10 V/s (t - tau + tau e^(-t/tau)).
        let let_go_at = released(TAU, 0.05, &drive(-0.1, 10.0), 1.0).unwrap();
        assert!((let_go_at - 10e-3).abs() < 1e-15, "{let_go_at}");
        let t = 20e-3;
        let want = 10.0 * (t - TAU + TAU * (-t / TAU).exp());
        assert!((walled(0.05, &drive(-0.1, 10.0), 30e-3) / want - 1.0).abs() < 1e-12);
        // Without a wall it would be at 0.1 V later.
        let free = advance(TAU, 0.05, (-0.1, 10.0), &[], &mut [], 30e-3);
        assert!(free < want - 1e-3, "{free} {want}");
        // And so is firing: from 10 ms on, as a membrane at rest under that ramp.
        let fires = firing(TAU, 0.05, &drive(-0.1, 10.0), 0.1, Time::MAX).unwrap().as_seconds();
        let alone = crossing(TAU, 0.0, &drive(0.0, 10.0), 0.1, 1.0).unwrap();
        assert!((fires - 10e-3 - alone).abs() < 2e-15, "{fires} {alone}");
        assert_eq!(firing(TAU, 0.05, &drive(-0.1, 0.0), 0.1, Time::MAX), None);
        // What is never below rest is as it was.
        assert_eq!(released(TAU, 0.05, &drive(0.0, 0.0), 1e9), None);
        assert_eq!(released(TAU, 0.05, &drive(0.3, -1.0), 0.2), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn the_wall_is_that_of_small_steps(
            x0 in 0.0..0.2f64, a in -0.3..0.3f64, b in prop_oneof![Just(0.0), -20.0..20.0f64],
            ratios in (0.05..0.8f64, 1.3..5.0f64), p in proptest::array::uniform2(-1.0..1.0f64), q in -1.0..1.0f64,
        ) {
            let decays = [ratios.0, ratios.1].map(|ratio| Decay::new(TAU * ratio, TAU));
            let currents = [Current { p: p[0], q }, Current { p: p[1], q: 0.0 }];
            let drive = Drive { a, b, decays: &decays, currents: &currents };
            let (span, theta) = (40e-3, 0.15);
            let (want, above) = stepped(x0, &drive, theta, span);
            let got = walled(x0, &drive, span);
            prop_assert!((got - want).abs() < 1e-5, "{got} {want}");
            let limit = Time::from_fs(40_000_000_000_000);
            let fires = firing(TAU, x0, &drive, theta, limit).map(Time::as_seconds);
            if let (Some(above), Some(fires)) = (above, fires) && x0 < theta {
                // A step of 1 us, and what it is off by there.
                prop_assert!(fires <= above + 2e-5, "{fires} {above}");
            }
            prop_assert_eq!(x0 < theta && above.is_some() && fires.is_none(), false, "{:?}", above);
        }
    }
}
