//! Poisson blocks whose lines each have a neuron of their own: their spikes need no queue. A unit adds them, many at a
//! time, before whatever else arrives at those neurons.

use super::units::{Given, fire};
use crate::encoding::{BATCH, BLOCK, Block, BlockRate};
use crate::network::{Fixed, Network, Projection, Weights};
use crate::numeric::Real;
use crate::numeric::phase::{Phase, Start};
use crate::simd::{Lined, Work, vectorised};

/// A Poisson block whose lines each have a neuron of their own.
pub struct Private {
    pub block: usize,
    pub projection: u32,
    /// The neuron of its first line, within the population and within the unit.
    pub first: u32,
    place: u32,
    /// What every line's synapse weighs, if they are all alike.
    weight: Option<f64>,
    /// s at the drawn spikes from number `from` on, at this epoch.
    scales: Lined<[f64; BATCH]>,
    start: Start,
    from: u64,
    count: u64,
    epoch: i64,
}

impl Private {
    /// A block of lines of `projection`, which is number `number`, to the neurons of a unit from `first` on.
    pub fn new(block: usize, projection: &Projection, number: u32, first: u32, unit_first: u32) -> Self {
        let weight = match projection.fixed {
            Some(Fixed::Constant(weight)) => Some(weight),
            _ => None,
        };
        Self {
            block,
            projection: number,
            first,
            place: first - unit_first,
            weight,
            scales: Lined([0.0; BATCH]),
            start: Start::default(),
            from: u64::MAX,
            count: 0,
            epoch: 0,
        }
    }

    /// Number of the next spike's scale.
    #[inline]
    fn at(&mut self, block: &Block, phase: Phase, epoch: i64) -> usize {
        let handed = block.position().0;
        if self.epoch != epoch || handed < self.from || handed - self.from >= self.count {
            let (times, _) = block.ready(u64::MAX);
            vectorised(Scales { phase, epoch, times, known: &mut self.start, scales: &mut self.scales.0 });
            (self.from, self.count, self.epoch) = (handed, times.len() as u64, epoch);
        }
        (handed - self.from) as usize
    }
}

/// Scales of spikes at some times.
struct Scales<'a> {
    phase: Phase,
    epoch: i64,
    times: &'a [u64],
    known: &'a mut Start,
    scales: &'a mut [f64],
}

impl Work for Scales<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.phase.scales(self.times, self.epoch, self.known, self.scales);
    }
}

/// Drawn spikes of a block that are next.
struct Ready<'a> {
    times: &'a [u64],
    lines: &'a [u16],
    scales: &'a [f64],
}

impl Ready<'_> {
    /// Adds those before `limit`, up to the first that brings its neuron to threshold: how many were added, and whether
    /// the last of them fires.
    #[inline(always)]
    fn add_until(
        &self,
        v: &mut [f64],
        limit: u64,
        theta: impl Fn(usize) -> f64,
        weight: impl Fn(usize) -> f64,
    ) -> (usize, bool) {
        let spikes = self.times.iter().zip(self.lines).zip(self.scales);
        for (index, ((&time, &line), &scale)) in spikes.enumerate() {
            if time >= limit {
                return (index, false);
            }
            let line = usize::from(line);
            if let Some(v) = v.get_mut(line) {
                *v += weight(line) * scale;
                if *v >= theta(line) * scale {
                    return (index + 1, true);
                }
            }
        }
        (self.times.len(), false)
    }

    /// As [`Self::add_until`] with one weight and one threshold. A function of its own: in a larger one the loop does not get the
    /// registers.
    #[inline(never)]
    fn add_alike(&self, v: &mut [f64], limit: u64, theta: f64, weight: f64) -> (usize, bool) {
        self.add_until(v, limit, |_| theta, |_| weight)
    }
}

impl Given<'_> {
    /// Spikes of a private block before `until`, and the refractory periods of its neurons that end up to
    /// then.
    pub(super) fn private<R: Real>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        rates: &[BlockRate],
        index: usize,
        until: u64,
    ) {
        let Self { unit, part, blocks, .. } = self;
        let (private, block) = (&mut unit.privates[index], &mut *blocks[index]);
        let place = private.place as usize;
        let group = place / BLOCK as usize;
        loop {
            let release = part.held[group].front().map_or(u64::MAX, |held| held.until.fs());
            let limit = until.min(release);
            let mut fired = false;
            while !fired && block.next_time() < limit {
                let at = private.at(block, part.parameters.phase, part.epoch);
                let (times, lines) = block.ready(u64::MAX);
                let scales = &private.scales.0[at..];
                let (v, parameters) = (&mut part.v[place..], part.parameters);
                let one = parameters.one_theta();
                let ready = Ready { times, lines, scales };
                let (count, fires) = match (private.weight, one) {
                    (Some(weight), Some(theta)) => ready.add_alike(v, limit, theta, weight),
                    (weight, _) => {
                        let projection = &network.projections[private.projection as usize];
                        let values = &weights.projections[private.projection as usize];
                        let own = |line: usize| parameters.theta(private.first + line as u32);
                        let theta = |line: usize| one.unwrap_or_else(|| own(line));
                        ready.add_until(v, limit, theta, |line| {
                            weight.unwrap_or_else(|| projection.weight(values, private.first as usize + line))
                        })
                    }
                };
                if fires {
                    let (time, line) = (times[count - 1], usize::from(lines[count - 1]));
                    let times = part.fire(place + line, time, scales[count - 1]);
                    fire(&mut unit.spikes, time, private.first + line as u32, times);
                }
                fired = fires;
                if let Some(told) = &mut unit.told {
                    let row = |line: u16| private.first + u32::from(line);
                    let spikes = times[..count].iter().zip(lines);
                    told.private.extend(spikes.map(|(&time, &line)| (time, private.projection, row(line))));
                }
                unit.poisson += count as u64;
                block.consume(count, &rates[private.block]);
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
