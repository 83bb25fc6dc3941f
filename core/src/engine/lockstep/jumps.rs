//! Membranes that jump: an arrival of weight w, in units of the threshold, raises V by w at once, and V fades with tau_m.
//!
//! V = p y with y = e^-t, and an arrival at t_i adds w/y_i to p. V reaches threshold at arrivals and nowhere else, and so a spike has the
//! time of what brought it about: it comes earlier or later with that, and with no weight. Whether there is one at all has no derivative; a
//! surrogate stands for it (`training::exact::Surrogate`).

use super::form::Form;
use crate::numeric::Real;

/// Jumps of the potential.
#[derive(Clone, Copy, Debug)]
pub struct Jumps;

impl<R: Real> Form<R, 1> for Jumps {
    const JUMPS: bool = true;
    type Between = R;
    type Shift = R;

    #[inline(always)]
    fn between(&self, y: R, _: R) -> R {
        y
    }

    #[inline(always)]
    fn arrival(&self, y: R) -> [R; 1] {
        [R::ONE / y]
    }

    #[inline(always)]
    fn arrival_rate(&self, y: R) -> [R; 1] {
        [R::ONE / y]
    }

    #[inline(always)]
    fn potential(&self, [p]: [R; 1], y: R) -> R {
        p * y
    }

    #[inline(always)]
    fn shares(&self, y: R) -> [R; 1] {
        [y]
    }

    #[inline(always)]
    fn integral(&self, y: R, next: R) -> [R; 1] {
        [y - next]
    }

    #[inline(always)]
    fn slope(&self, [p]: [R; 1], y: R) -> R {
        -(p * y)
    }

    #[inline(always)]
    fn score([p]: [R; 1], theta: R, &y: &R) -> R {
        p * y - theta
    }

    #[inline(always)]
    fn crossing(&self, x: [R; 1], theta: R, y: R, _: R) -> Option<R> {
        (Self::score(x, theta, &y) >= R::ZERO).then_some(y)
    }

    /// At the beginning.
    #[inline(always)]
    fn top(&self, [p]: [R; 1], y: R, _: R) -> Option<R> {
        (p > R::ZERO).then_some(y)
    }

    #[inline(always)]
    fn restart(&self, _: [R; 1], y: R, v: R) -> ([R; 1], R) {
        ([v / y], v / y)
    }

    #[inline(always)]
    fn restarted(&self, [a]: [R; 1], kept: R, _: R) -> ([R; 1], R) {
        ([R::ZERO], a * kept)
    }

    #[inline(always)]
    fn shift(&self, factor: R) -> R {
        factor
    }

    #[inline(always)]
    fn rebase([p]: [R; 1], &factor: &R) -> [R; 1] {
        [p * factor]
    }

    #[inline(always)]
    fn rebased(x: [R; 1], factor: &R) -> [R; 1] {
        Self::rebase(x, factor)
    }
}
