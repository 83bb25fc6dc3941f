//! Currents that are given as functions of time: steps, straight lines between points, sines in straight pieces.

use crate::numeric::cos_pi;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Why numbers are no current.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum CurrentFault {
    /// Nothing is said.
    #[error("no value at all; allowed: one or more")]
    Empty,
    /// Time does not go on.
    #[error("value {index} at {time}, which is not after the one before, at {before}")]
    Backwards {
        /// Which value, counted from 0.
        index: usize,
        /// When it is.
        time: Time,
        /// When the one before is.
        before: Time,
    },
    /// Not a number of amperes, or one from which the next cannot be reached.
    #[error("a value {index} of {} A; allowed: finite ones", crate::hint::number(*value))]
    NotFinite {
        /// Which value, counted from 0.
        index: usize,
        /// What it is.
        value: f64,
    },
    /// It would begin anew before it is over.
    #[error("values over {length} and is repeated every {repeat}; allowed: a longer time")]
    Repeat {
        /// From the first value to the last.
        length: Time,
        /// From one beginning to the next.
        repeat: Time,
    },
    /// A sine of too few pieces, or of more than its period has femtoseconds.
    #[error(
        "a period of {period} in {segments} segments; allowed: 4 segments or more, each of at least 1 fs"
    )]
    Segments {
        /// Straight pieces of a period.
        segments: u32,
        /// Length of a period.
        period: Time,
    },
}

/// From its time on up to the next one: value and slope.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Piece {
    /// Counted from the start of the current.
    at: Time,
    /// Amperes at its beginning and at its end.
    pub from: f64,
    pub to: f64,
    /// Amperes per second.
    pub slope: f64,
}

impl Piece {
    /// Whether nothing flows in it.
    pub fn is_silent(&self) -> bool {
        self.from == 0.0 && self.slope == 0.0
    }
}

/// A current as a function of time, in straight pieces; zero before the first.
///
/// Each piece is set, not added, where nothing else drives a neuron, so that nothing rounded is left over from one to the
/// next, however many there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Current {
    pieces: Vec<Piece>,
    start: Time,
    repeat: Option<Time>,
}

/// A sine: offset + amplitude sin(2 pi (t/period + phase)), t counted from its start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sine {
    /// In amperes.
    pub amplitude: f64,
    /// In amperes.
    pub offset: f64,
    /// Length of one cycle.
    pub period: Time,
    /// In cycles.
    pub phase: f64,
    /// Straight pieces of a cycle; see [`Current::sine`].
    pub segments: u32,
}

impl Current {
    /// Each value (amperes) from its time on until the next; the last one holds, or until the first comes round again.
    /// Times count from `start`.
    ///
    /// # Errors
    /// Without values, with times that do not rise or values that are not finite, and if it is longer than `repeat`.
    pub fn steps(values: &[(Time, f64)], start: Time, repeat: Option<Time>) -> Result<Self, CurrentFault> {
        let pieces = values.iter().map(|&(at, from)| Piece { at, from, to: from, slope: 0.0 });
        let mut current = Self { pieces: pieces.collect(), start, repeat };
        current.check()?;
        current.pieces.dedup_by(|later, kept| later.from == kept.from);
        let alone = current.pieces.len() == 1;
        current.repeat = current.repeat.filter(|_| !alone);
        Ok(current)
    }

    /// Straight lines through points (amperes), and a jump where two are at one time; the last value holds, or until the
    /// first comes round again (which may be at the time of the last, where it then jumps). Times count from `start`.
    ///
    /// # Errors
    /// As [`Current::steps`]; two times may be equal, but not three.
    pub fn ramps(points: &[(Time, f64)], start: Time, repeat: Option<Time>) -> Result<Self, CurrentFault> {
        let mut pieces = Vec::with_capacity(points.len());
        for (index, &(at, from)) in points.iter().enumerate() {
            let jump = index > 0 && points[index - 1].0 == at;
            let (end, to) = match points.get(index + 1).copied() {
                Some((end, _)) if end == at && !jump => continue,
                Some(next) => next,
                None => (at, from),
            };
            let slope = if end > at { (to - from) / end.seconds_since(at) } else { 0.0 };
            pieces.push(Piece { at, from, to, slope });
        }
        let mut current = Self { pieces, start, repeat };
        if let [first, .., last] = &current.pieces[..]
            && repeat.is_some_and(|repeat| first.at.after(repeat) == last.at)
        {
            current.pieces.pop();
        }
        current.check()?;
        Ok(current)
    }

    /// A sine in straight pieces between points of it. At N pieces of a cycle they are off by at most
    /// amplitude (1 - cos(pi/N)), about 4.9 amplitude/N^2: 5e-4 of the amplitude at 100.
    ///
    /// # Errors
    /// If it has fewer than 4 pieces, or more than femtoseconds, or numbers that are not finite.
    pub fn sine(sine: &Sine, start: Time) -> Result<Self, CurrentFault> {
        let Sine { amplitude, offset, period, phase, segments } = *sine;
        if segments < 4 || period.fs() < u64::from(segments) {
            return Err(CurrentFault::Segments { segments, period });
        }
        let point = |k: u32| {
            let fs = u128::from(period.fs()) * u128::from(k) / u128::from(segments);
            let s = fs as f64 / period.fs() as f64 + phase;
            // sin(2 pi s) = cos(pi |2 s - 1/2|) for s from 0 to 1, with a cosine that is known from 0 to pi.
            let x = (2.0 * (s - s.floor()) - 0.5).abs();
            (Time::from_fs(fs as u64), offset + amplitude * cos_pi(if x > 1.0 { 2.0 - x } else { x }))
        };
        let mut points: Vec<(Time, f64)> = (0..=segments).map(point).collect();
        points[segments as usize].1 = points[0].1;
        Self::ramps(&points, start, Some(period))
    }

    /// Whether it rises or falls between its changes.
    #[must_use]
    pub fn rises(&self) -> bool {
        self.pieces.iter().any(|piece| piece.slope != 0.0)
    }

    /// The same up to `at`, and this value (amperes) from there on; `None` of one that begins anew.
    #[must_use]
    pub fn then(&self, at: Time, value: f64) -> Option<Self> {
        if self.repeat.is_some() {
            return None;
        }
        let earlier = self.pieces.iter().filter(|piece| self.start.after(piece.at) < at);
        let mut pieces: Vec<Piece> = earlier.copied().collect();
        let start = if pieces.is_empty() { at } else { self.start };
        let at = Time::from_fs(at.fs() - start.fs());
        if let Some(last) = pieces.last_mut() {
            last.to = last.from + last.slope * at.seconds_since(last.at);
        }
        if pieces.last().is_none_or(|last| last.from != value || last.slope != 0.0) {
            pieces.push(Piece { at, from: value, to: value, slope: 0.0 });
        }
        Some(Self { pieces, start, repeat: None })
    }

    /// What must hold, whoever made it.
    pub(super) fn check(&self) -> Result<(), CurrentFault> {
        let pieces = &self.pieces;
        let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
            return Err(CurrentFault::Empty);
        };
        for (index, pair) in pieces.windows(2).enumerate() {
            let (before, time) = (pair[0].at, pair[1].at);
            if time <= before {
                return Err(CurrentFault::Backwards { index: index + 1, time, before });
            }
        }
        let wild = |piece: &Piece| ![piece.from, piece.to, piece.slope].iter().all(|x| x.is_finite());
        if let Some(index) = pieces.iter().position(wild) {
            return Err(CurrentFault::NotFinite { index, value: pieces[index].from });
        }
        let length = Time::from_fs(last.at.fs() - first.at.fs());
        match self.repeat {
            Some(repeat) if repeat <= length => Err(CurrentFault::Repeat { length, repeat }),
            _ => Ok(()),
        }
    }

    /// Changes of one round.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.pieces.len()
    }

    /// When times begin to count.
    #[must_use]
    pub fn start(&self) -> Time {
        self.start
    }

    /// After what time it begins anew, if it does.
    #[must_use]
    pub fn repeat(&self) -> Option<Time> {
        self.repeat
    }

    /// What [`Current::steps`] or [`Current::ramps`] make it of again.
    #[must_use]
    pub fn points(&self) -> Vec<(Time, f64)> {
        let mut points = Vec::with_capacity(self.pieces.len());
        for (index, piece) in self.pieces.iter().enumerate() {
            points.push((piece.at, piece.from));
            let round = || self.repeat.map(|repeat| self.pieces[0].at.after(repeat));
            let next = self.pieces.get(index + 1);
            let end = next.map(|next| next.at).or_else(round).filter(|_| piece.slope != 0.0);
            if let Some(end) = end.filter(|_| next.is_none_or(|next| next.from != piece.to)) {
                points.push((end, piece.to));
            }
        }
        points
    }

    /// The shortest time between two changes; `None` if there is one change.
    #[must_use]
    pub fn shortest(&self) -> Option<Time> {
        let (first, last) = (self.pieces.first()?, self.pieces.last()?);
        let between = self.pieces.windows(2).map(|pair| pair[1].at.fs() - pair[0].at.fs());
        let round = self.repeat.map(|repeat| first.at.after(repeat).fs() - last.at.fs());
        between.chain(round).min().map(Time::from_fs)
    }

    /// The smallest and the largest value it takes, in amperes.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        let ends = self.pieces.iter().flat_map(|piece| [piece.from, piece.to]);
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    }

    /// Changes within `duration`.
    #[must_use]
    pub fn changes_within(&self, duration: Time) -> f64 {
        let (n, span) = (self.pieces.len() as f64, duration.fs().saturating_sub(self.start.fs()));
        match self.repeat {
            Some(repeat) => n * (span as f64 / repeat.fs() as f64),
            None => self.pieces.partition_point(|piece| piece.at.fs() < span) as f64,
        }
    }

    /// Change number `k` of an episode: when it is, and what [`Current::change`] knows it by; `None` if there is none.
    pub(crate) fn event(&self, k: u64) -> Option<(Time, u32)> {
        let n = self.pieces.len() as u64;
        let (round, index) = (k.checked_div(n)?, k.checked_rem(n)?);
        let since = if round == 0 { 0 } else { self.repeat?.fs().checked_mul(round)? };
        let at = self.pieces[index as usize].at.fs();
        let time = since.checked_add(at)?.checked_add(self.start.fs())?;
        let number = if round == 0 { index } else { n + index };
        (time < Time::MAX.fs()).then_some((Time::from_fs(time), u32::try_from(number).ok()?))
    }

    /// The piece that ends with a change (not at the very first), and the one that begins.
    pub(crate) fn change(&self, number: u32) -> Option<(Option<&Piece>, &Piece)> {
        let (n, number) = (self.pieces.len(), number as usize);
        let before = number.checked_sub(1).and_then(|before| self.pieces.get(before % n));
        (number < 2 * n).then(|| (before, &self.pieces[number % n]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn ms(t: f64) -> Time {
        Time::from_fs((t * 1e12).round() as u64)
    }

    /// The value at `time` as one event after the other makes it.
    fn value_at(current: &Current, time: Time) -> f64 {
        let (mut at, mut level, mut slope) = (Time::ZERO, 0.0, 0.0);
        for (when, number) in (0..).map_while(|k| current.event(k)).take_while(|(when, _)| *when <= time) {
            let (before, piece) = current.change(number).unwrap();
            let reached = level + slope * when.seconds_since(at);
            let left = before.map_or(0.0, |before| before.to);
            assert!((reached - left).abs() <= 1e-12 * left.abs().max(1e-9), "{reached} is not {left}");
            (at, level, slope) = (when, piece.from, piece.slope);
        }
        level + slope * time.seconds_since(at)
    }

    #[test]
    fn steps_hold_and_come_round_again() {
        let values = [(ms(1.0), 2e-9), (ms(3.0), 2e-9), (ms(4.0), -1e-9)];
        let once = Current::steps(&values, ms(10.0), None).unwrap();
        assert_eq!(once.changes(), 2, "equal values are one");
        for (at, want) in [(10.9, 0.0), (11.0, 2e-9), (13.5, 2e-9), (14.0, -1e-9), (5000.0, -1e-9)] {
            assert_eq!(value_at(&once, ms(at)), want, "at {at} ms");
        }
        let again = Current::steps(&values, Time::ZERO, Some(ms(5.0))).unwrap();
        for (at, want) in [(0.5, 0.0), (1.0, 2e-9), (4.0, -1e-9), (5.5, -1e-9), (6.0, 2e-9), (104.0, -1e-9)] {
            assert_eq!(value_at(&again, ms(at)), want, "at {at} ms");
        }
        assert_eq!((again.range(), again.changes_within(ms(50.0))), ((-1e-9, 2e-9), 20.0));
        assert_eq!(once.changes_within(ms(12.0)), 1.0);
    }

    #[test]
    fn ramps_go_straight_from_point_to_point() {
        let points = [(ms(1.0), 0.0), (ms(2.0), 4e-9), (ms(6.0), 2e-9)];
        let once = Current::ramps(&points, Time::ZERO, None).unwrap();
        for (at, want) in [(0.9, 0.0), (1.25, 1e-9), (2.0, 4e-9), (4.0, 3e-9), (6.0, 2e-9), (9e3, 2e-9)] {
            assert!((value_at(&once, ms(at)) - want).abs() < 1e-22, "at {at} ms");
        }
        // A sawtooth: where it begins anew it jumps.
        let saw = Current::ramps(&points, Time::ZERO, Some(ms(5.0))).unwrap();
        assert_eq!(saw.changes(), 2);
        for (at, want) in [(5.999, 2.0005e-9), (6.0, 0.0), (6.25, 1e-9), (26.25, 1e-9)] {
            assert!((value_at(&saw, ms(at)) - want).abs() < 1e-21, "at {at} ms");
        }
    }

    #[test]
    fn two_points_at_one_time_are_a_jump() {
        let points = [(ms(0.0), 1e-9), (ms(2.0), 3e-9), (ms(2.0), -1e-9), (ms(4.0), 1e-9)];
        let current = Current::ramps(&points, ms(1.0), Some(ms(5.0))).unwrap();
        for (at, want) in
            [(1.0, 1e-9), (2.999, 2.999e-9), (3.0, -1e-9), (4.5, 0.5e-9), (5.5, 1e-9), (6.5, 1.5e-9)]
        {
            assert!((value_at(&current, ms(at)) - want).abs() < 1e-21, "at {at} ms");
        }
        assert_eq!((current.points(), current.shortest()), (points.to_vec(), Some(ms(1.0))));
        let time = ms(2.0);
        let again = Current::ramps(&[points[0], points[1], points[2], (time, 0.0)], Time::ZERO, None);
        assert_eq!(again, Err(CurrentFault::Backwards { index: 2, time, before: time }));
    }

    #[test]
    fn what_is_driven_anew_has_been_what_it_was() {
        let ramps = [(ms(1.0), 0.0), (ms(2.0), 4e-9), (ms(6.0), 2e-9)];
        let ramps = Current::ramps(&ramps, ms(1.0), None).unwrap();
        let steps = Current::steps(&[(ms(2.0), 2e-9), (ms(5.0), 1e-9)], Time::ZERO, None).unwrap();
        for current in [&ramps, &steps] {
            for at in [0.5, 2.0, 2.25, 3.0, 4.0, 5.0, 9.0].map(ms) {
                let anew = current.then(at, -3e-9).unwrap();
                assert_eq!(anew.check(), Ok(()));
                for time in [0.0, 0.7, 2.1, 2.5, 3.5, 4.5, 5.5, 20.0].map(ms) {
                    let want = if time < at { value_at(current, time) } else { -3e-9 };
                    assert!((value_at(&anew, time) - want).abs() < 1e-21, "at {time}, changed at {at}");
                }
            }
        }
        assert_eq!(steps.then(ms(7.0), 1e-9), Some(steps.clone()), "the same value is no change");
        assert_eq!(
            Current::steps(&[(ms(1.0), 1e-9), (ms(2.0), 0.0)], Time::ZERO, Some(ms(3.0)))
                .unwrap()
                .then(ms(1.0), 0.0),
            None
        );
    }

    #[test]
    fn a_sine_is_as_near_as_it_says() {
        for (segments, period, phase) in [(4, 20.0, 0.0), (7, 3.0, 0.3), (100, 1000.0 / 3.0, -0.7)] {
            let (amplitude, offset) = (3e-9, 1e-9);
            let period = ms(period);
            let sine = Sine { amplitude, offset, period, phase, segments };
            let current = Current::sine(&sine, ms(2.0)).unwrap();
            let bound = amplitude * (1.0 - (PI / f64::from(segments)).cos());
            let mut worst = 0f64;
            for k in 0..3000u64 {
                let since = Time::from_fs(period.fs() * k / 1000);
                let s = since.fs() as f64 / period.fs() as f64 + phase;
                let want = offset + amplitude * (2.0 * PI * s).sin();
                let error = (value_at(&current, ms(2.0).after(since)) - want).abs();
                assert!(error <= 1.001 * bound, "{segments} segments: off by {error:e} A at {k}");
                worst = worst.max(error);
            }
            assert!(worst > 0.7 * bound, "{segments} segments are off by {worst:e} A, not {bound:e} A");
        }
    }

    #[test]
    fn what_is_no_current_is_refused() {
        let steps = |values: &[(f64, f64)], repeat: Option<f64>| {
            let values: Vec<_> = values.iter().map(|&(at, value)| (ms(at), value)).collect();
            let made = [Current::steps, Current::ramps].map(|make| make(&values, Time::ZERO, repeat.map(ms)));
            let jumps = values.windows(2).any(|pair| pair[0].0 == pair[1].0);
            assert!(jumps || made[0].as_ref().err() == made[1].as_ref().err());
            made[0].clone().map(|_| ())
        };
        assert_eq!(steps(&[], None), Err(CurrentFault::Empty));
        let (time, before) = (ms(1.0), ms(2.0));
        let backwards = CurrentFault::Backwards { index: 2, time, before };
        assert_eq!(steps(&[(0.0, 1.0), (2.0, 2.0), (1.0, 3.0)], None), Err(backwards));
        let again = CurrentFault::Backwards { index: 1, time, before: time };
        assert_eq!(steps(&[(1.0, 1.0), (1.0, 2.0)], None), Err(again));
        let wild = CurrentFault::NotFinite { index: 0, value: f64::INFINITY };
        assert_eq!(steps(&[(0.0, f64::INFINITY)], None), Err(wild));
        let repeat = CurrentFault::Repeat { length: ms(2.0), repeat: ms(1.5) };
        assert_eq!(steps(&[(1.0, 1.0), (3.0, 2.0)], Some(1.5)), Err(repeat));
        let never = CurrentFault::Repeat { length: Time::ZERO, repeat: Time::ZERO };
        assert_eq!(steps(&[(1.0, 1.0)], Some(0.0)), Err(never));
        let sine = Sine { amplitude: 1.0, offset: 0.0, period: Time::from_fs(9), phase: 0.0, segments: 10 };
        let (segments, period) = (10, sine.period);
        assert_eq!(Current::sine(&sine, Time::ZERO), Err(CurrentFault::Segments { segments, period }));
    }
}
