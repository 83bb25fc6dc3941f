//! How far back a gradient goes: to the beginning of the window that what it is of lies in.

use crate::numeric::Real;

/// Windows of one length, one after the other from the start of a presentation. The numbers of a membrane at the beginning of a window,
/// and the spikes before it, are taken as they came: what happens in one window is credited to what happened in the same alone
/// (truncated back-propagation through time: Williams & Peng, Neural Computation 2, 490 (1990), where it goes back to borders of windows).
///
/// Without a length all of a presentation is one window.
#[derive(Clone, Debug, Default)]
pub struct Windows<R> {
    /// How long one is and until when there are some, in ms.
    length: Option<(R, R)>,
    /// Of each neuron, the window that its adjoint is of.
    reached: Vec<R>,
    /// The first that all of them have reached.
    all: R,
}

impl<R: Real> Windows<R> {
    /// Nothing has been looked at yet, from the end.
    pub fn begin(&mut self, length: Option<R>, until: R, neurons: usize) {
        self.length = length.map(|length| (length, until));
        self.all = self.of(until);
        self.reached.clear();
        self.reached.resize(if length.is_some() { neurons } else { 0 }, self.all);
    }

    #[inline(always)]
    fn of(&self, time: R) -> R {
        self.length.map_or(R::ZERO, |(length, _)| (time / length).floor())
    }

    /// Whether two times, in ms, are in one window.
    #[inline(always)]
    pub fn joins(&self, one: R, other: R) -> bool {
        self.length.is_none() || self.of(one) == self.of(other)
    }

    /// Goes back to a time (ms) with all neurons: the adjoint of those that come from a later window is forgotten.
    #[inline(always)]
    pub fn enter<const N: usize>(&mut self, time: R, adjoint: &mut [Vec<R>; N]) {
        let window = self.of(time);
        if window < self.all {
            (0..self.reached.len()).for_each(|place| self.forget(place, window, adjoint));
            self.all = window;
        }
    }

    /// [`Windows::enter`] with one neuron.
    #[inline(always)]
    pub fn enter_alone<const N: usize>(&mut self, place: usize, time: R, adjoint: &mut [Vec<R>; N]) {
        if self.length.is_some() {
            self.forget(place, self.of(time), adjoint);
        }
    }

    fn forget<const N: usize>(&mut self, place: usize, window: R, adjoint: &mut [Vec<R>; N]) {
        if window < self.reached[place] {
            adjoint.iter_mut().for_each(|list| list[place] = R::ZERO);
            self.reached[place] = window;
        }
    }

    /// How long after a time (ms) its window ends, if another one follows.
    #[inline(always)]
    pub fn left(&self, time: R) -> Option<R> {
        let (length, until) = self.length?;
        let border = (self.of(time) + R::ONE) * length;
        // (A window of a few bits of a time may end where it begins.)
        (border < until).then(|| (border - time).max(R::ZERO))
    }
}
