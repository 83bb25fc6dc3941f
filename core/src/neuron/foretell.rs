//! [`Next`] of a leaky membrane in closed form, without looking for the crossing where that can be avoided.

use super::model::Next;
use super::synaptic::{Bound, Drive, bound, firing};
use crate::time::{FS_PER_SECOND, Time};

/// Of tau_m: a bound that puts firing off by more is answered instead of looking for the crossing.
const WELL_AFTER: f64 = 0.05;

/// Of everything that makes up a membrane: nearer to threshold than this, what was rounded on the way (1e-14 of it at
/// most) is more than the 1e-9 that a bound leaves for it.
const NEAR: f64 = 1e-4;

/// When x, under tau_m dx/dt = drive - x, first rises over `theta`.
pub fn foretell(tau_m: f64, x: f64, drive: &Drive<'_>, theta: f64, limit: Time) -> Next {
    match bound(tau_m, x, drive, theta) {
        Bound::Never => return Next::Never,
        Bound::NotBefore(seconds) if seconds > WELL_AFTER * tau_m => {
            let parts: f64 = drive.currents.iter().map(|current| current.p.abs() + current.q.abs()).sum();
            let whole = theta.abs() + x.abs() + drive.a.abs() + parts;
            if let (true, Some(span)) = (theta - x >= NEAR * whole, down(seconds)) {
                return Next::NotBefore(span);
            }
        }
        Bound::NotBefore(_) | Bound::Unknown => {}
    }
    firing(tau_m, x, drive, theta, limit).map_or(Next::Never, Next::At)
}

/// A span in seconds, rounded down; `None` if that is nothing, which would come again without end.
pub fn down(seconds: f64) -> Option<Time> {
    Some(Time::from_fs((seconds * FS_PER_SECOND) as u64)).filter(|&span| span > Time::ZERO)
}

/// A crossing that many seconds later, rounded up: never before it happened, and a femtosecond at least.
pub fn up(seconds: f64) -> Time {
    Time::from_fs((seconds * FS_PER_SECOND).ceil().max(1.0) as u64)
}
