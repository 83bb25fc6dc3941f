//! One neuron in its own time: its state, and the clock that the engine keeps for it.
//!
//! It advances only at its own events. Samplers and checkpoints evaluate a copy, so looking at a neuron never changes a
//! bit of it.

use crate::engine::route::Changes;
use crate::neuron::model::{Flow, Model, Next, Plain};
use crate::neuron::synaptic::{Current, Decay, MAX_DECAYS};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// What the engine keeps for a neuron besides its state; plain data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// Time of the state.
    pub last: Time,
    /// Drive at `last` without bias (volts).
    pub level: f64,
    /// Its slope (volts per second).
    pub slope: f64,
    /// End of the dead time.
    pub until: Time,
    /// When it has to be looked at next (`Time::MAX`: never): it does not fire before that by its drive alone.
    pub due: Time,
    /// Whether it fires then, if nothing arrives; otherwise only that it does not fire before.
    pub certain: bool,
    /// Current pulses, and pieces of currents, in progress: at zero the drive is exactly zero again, whatever was rounded.
    pub pulses: u32,
}

impl Clock {
    /// The start of an episode.
    pub const START: Self = Self {
        last: Time::ZERO,
        level: 0.0,
        slope: 0.0,
        until: Time::ZERO,
        due: Time::MAX,
        certain: false,
        pulses: 0,
    };

    /// Whether arrivals are lost at `last`.
    #[inline]
    pub fn dead(&self) -> bool {
        self.until > self.last
    }

    /// When something happens if nothing arrives: in dead time that is its end.
    #[inline]
    pub fn next(&self) -> Option<Time> {
        if self.dead() { Some(self.until) } else { Some(self.due).filter(|&due| due < Time::MAX) }
    }

    fn move_to(&mut self, time: Time) {
        self.level += self.slope * time.seconds_since(self.last);
        self.last = time;
    }

    /// Changes level and slope of the drive, at `last`, for a weight of so many volts.
    pub(super) fn change(&mut self, changes: &Changes, drive: f64) {
        for change in changes.iter().flatten() {
            self.level += drive * change.level;
            self.slope += drive * change.slope;
            self.pulses += u32::from(change.starts);
            if change.ends {
                self.pulses = self.pulses.saturating_sub(1);
                if self.pulses == 0 {
                    self.level = 0.0;
                    self.slope = 0.0;
                }
            }
        }
    }

    /// Span from the state to the end of all time.
    #[inline]
    fn limit(&self) -> Time {
        Time::from_fs(Time::MAX.fs() - self.last.fs())
    }
}

/// A neuron; plain data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell<S> {
    pub state: S,
    pub clock: Clock,
}

/// Synaptic currents of a neuron's population: their time constants and the membrane's.
#[derive(Clone, Copy, Debug)]
pub struct Taus<'a> {
    pub tau: f64,
    pub decays: &'a [Decay],
}

impl<S: Plain> Cell<S> {
    #[inline]
    fn flow<'a>(&self, taus: Taus<'a>, currents: &'a mut [Current]) -> Flow<'a> {
        let Clock { level, slope, .. } = self.clock;
        Flow { level, slope, tau: taus.tau, decays: taus.decays, currents }
    }

    /// Brings state, drive and currents to `time`.
    #[inline]
    pub fn advance<M: Model<State = S>>(
        &mut self,
        model: &M,
        taus: Taus<'_>,
        currents: &mut [Current],
        time: Time,
    ) {
        let Clock { last, until, .. } = self.clock;
        if time <= last {
            return;
        }
        let free = until.clamp(last, time);
        if free > last {
            let mut flow = self.flow(taus, currents);
            model.advance_dead(&mut self.state, &mut flow, free.seconds_since(last));
            self.clock.move_to(free);
        }
        if time > free {
            let mut flow = self.flow(taus, currents);
            model.advance(&mut self.state, &mut flow, time.seconds_since(free));
            self.clock.move_to(time);
        }
    }

    /// Finds an instant before which the drive alone does not make it fire. At `last`.
    ///
    /// A bound that was known before and still is one is kept, so that the queue need not be told.
    pub fn foresee<M: Model<State = S>>(&mut self, model: &M, taus: Taus<'_>, currents: &mut [Current]) {
        let clock = self.clock;
        if clock.dead() {
            (self.clock.due, self.clock.certain) = (Time::MAX, false); // Asked again when that ends.
            return;
        }
        let known = Some(clock.due).filter(|&known| known > clock.last && known < Time::MAX);
        let flow = self.flow(taus, currents);
        let (due, certain) = match model.next(&self.state, &flow, clock.limit()) {
            Next::Never => (Time::MAX, false),
            Next::NotBefore(span) => (clock.last.after(span), false),
            Next::At(span) => (clock.last.after(span), true),
        };
        (self.clock.due, self.clock.certain) = match known {
            Some(known) if !certain && known <= due => (known, false),
            _ => (due, certain),
        };
    }

    /// The time has come before which it did not fire: whether it fires now. Otherwise `due` says when to look again.
    pub fn fires_at<M: Model<State = S>>(
        &mut self,
        model: &M,
        taus: Taus<'_>,
        currents: &mut [Current],
        time: Time,
    ) -> bool {
        if !self.clock.certain {
            let waited = Time::from_fs(time.fs() - self.clock.last.fs());
            let limit = self.clock.limit();
            let flow = self.flow(taus, currents);
            let next = model.again(&self.state, &flow, waited, limit).unwrap_or_else(|| {
                self.advance(model, taus, currents, time);
                model.next(&self.state, &self.flow(taus, currents), self.clock.limit())
            });
            let (due, certain) = match next {
                Next::Never => (Time::MAX, false),
                Next::NotBefore(span) => (time.after(span), false),
                Next::At(span) => (time.after(span), true),
            };
            if !(certain && due == time) {
                (self.clock.due, self.clock.certain) = (due, certain);
                return false;
            }
        }
        self.advance(model, taus, currents, time);
        model.reach(&mut self.state);
        true
    }

    /// Potential at `time` in volts, without touching the state.
    pub fn potential_at<M: Model<State = S>>(
        &self,
        model: &M,
        taus: Taus<'_>,
        currents: &[Current],
        time: Time,
    ) -> f64 {
        let copy = self.at(model, taus, currents, time);
        let dead = copy.clock.until.max(time).seconds_since(time);
        model.potential(&copy.state, dead)
    }

    /// What it will be at `time`, if nothing arrives.
    pub fn at<M: Model<State = S>>(
        &self,
        model: &M,
        taus: Taus<'_>,
        currents: &[Current],
        time: Time,
    ) -> Self {
        self.with_currents_at(model, taus, currents, time).0
    }

    /// The same with the sum of its synaptic currents then, times R, in volts.
    pub fn with_currents_at<M: Model<State = S>>(
        &self,
        model: &M,
        taus: Taus<'_>,
        currents: &[Current],
        time: Time,
    ) -> (Self, f64) {
        let (mut copy, mut scratch) = (*self, [Current::default(); MAX_DECAYS]);
        let scratch = &mut scratch[..currents.len().min(MAX_DECAYS)];
        scratch.copy_from_slice(&currents[..scratch.len()]);
        copy.advance(model, taus, scratch, time);
        (copy, scratch.iter().fold(0.0, |sum, current| sum + current.p))
    }
}
