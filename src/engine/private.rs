//! Poisson blocks whose lines each have a neuron of their own: their spikes need no queue. A unit adds them, many at a
//! time, before whatever else arrives at those neurons.

use super::phase::Phase;
use super::units::Given;
use crate::encoding::{BATCH, Block, BlockRate};
use crate::network::{Fixed, Network, Weights};
use crate::numeric::Real;
use crate::simd::{Lined, Work, vectorised};

/// A Poisson block whose lines each have a neuron of their own.
pub struct Private {
    pub block: usize,
    pub projection: u32,
    /// The neuron of its first line.
    pub first: u32,
    /// s at the drawn spikes from number `from` on, at this epoch.
    scales: Lined<[f64; BATCH]>,
    from: u64,
    count: u64,
    epoch: i64,
}

impl Private {
    pub fn new(block: usize, projection: u32, first: u32) -> Self {
        Self { block, projection, first, scales: Lined([0.0; BATCH]), from: u64::MAX, count: 0, epoch: 0 }
    }

    /// Number of the next spike's scale.
    #[inline]
    fn at(&mut self, block: &Block, phase: Phase, epoch: i64) -> usize {
        let handed = block.position().0;
        if self.epoch != epoch || handed < self.from || handed - self.from >= self.count {
            let (times, _) = block.ready(u64::MAX);
            vectorised(Scales { phase, epoch, times, scales: &mut self.scales.0 });
            (self.from, self.count, self.epoch) = (handed, times.len() as u64, epoch);
        }
        (handed - self.from) as usize
    }
}

/// Scales of spikes at some times.
pub struct Scales<'a> {
    pub phase: Phase,
    pub epoch: i64,
    pub times: &'a [u64],
    pub scales: &'a mut [f64],
}

impl Work for Scales<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.phase.scales(self.times, self.epoch, self.scales);
    }
}

/// How many of some times in order are before a limit: all are compared, which is faster than a search.
struct Before<'a> {
    times: &'a [u64],
    limit: u64,
}

impl Work for Before<'_> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        // Signed: one instruction, and the times are below 2^63.
        let limit = self.limit.min(i64::MAX as u64) as i64;
        self.times.iter().map(|&time| i64::from((time as i64) < limit)).sum::<i64>() as usize
    }
}

/// Adds spikes of lines up to the first that brings its neuron to threshold: the number of that one.
#[inline(always)]
fn add_until(
    v: &mut [f64],
    lines: &[u16],
    scales: &[f64],
    theta: f64,
    weight: impl Fn(usize) -> f64,
) -> Option<usize> {
    lines.iter().zip(scales).position(|(&line, &scale)| {
        let line = usize::from(line);
        v.get_mut(line).is_some_and(|v| {
            *v += weight(line) * scale;
            *v >= theta * scale
        })
    })
}

/// As [`add_until`] with one weight. A function of its own: in a larger one the loop does not get the registers.
#[inline(never)]
fn add_alike(v: &mut [f64], lines: &[u16], scales: &[f64], theta: f64, weight: f64) -> Option<usize> {
    add_until(v, lines, scales, theta, |_| weight)
}

impl Given<'_> {
    /// Spikes of a private block before `until`, and the refractory periods of its neurons that end up to
    /// then.
    pub(super) fn private<R: Real>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        rates: &[BlockRate<'_>],
        index: usize,
        until: u64,
    ) {
        let Self { unit, part, blocks, .. } = self;
        let (private, block) = (&mut unit.privates[index], &mut *blocks[index]);
        let rate = &rates[private.block];
        let group = ((private.first - part.first) / part.group) as usize;
        let offset = (private.first - part.first) as usize;
        let projection = &network.projections[private.projection as usize];
        let values = &weights.projections[private.projection as usize];
        let constant = match &projection.fixed {
            Some(Fixed::Constant(weight)) => Some(*weight),
            _ => None,
        };
        let theta = part.parameters.theta;
        loop {
            let release = part.held[group].front().map_or(u64::MAX, |held| held.until.fs());
            let limit = until.min(release);
            let mut fired = false;
            while !fired && block.next_time() < limit {
                let at = private.at(block, part.parameters.phase, part.epoch);
                let (times, lines) = block.ready(u64::MAX);
                let before = vectorised(Before { times, limit });
                let (lines, scales) = (&lines[..before], &private.scales.0[at..at + before]);
                let v = &mut part.v[offset..];
                let reached = match constant {
                    Some(weight) => add_alike(v, lines, scales, theta, weight),
                    None => add_until(v, lines, scales, theta, |line| {
                        projection.weight(values, private.first as usize + line)
                    }),
                };
                let mut count = before;
                if let Some(last) = reached {
                    let (time, line) = (times[last], usize::from(lines[last]));
                    part.fire(offset + line, time, scales[last]);
                    unit.spikes.push((time, private.first + line as u32));
                    (fired, count) = (true, last + 1);
                }
                unit.poisson += count as u64;
                block.consume(count, rate);
            }
            if fired {
                continue;
            }
            if release > until {
                return;
            }
            part.release_first(group);
        }
    }
}
