//! Everything that took place in a window, in content order, for a probe that wants to see it.

use super::{RowArrival, Windows};
use crate::engine::key::{EventKey, Kind};
use crate::engine::probe::{Probe, Spike};
use crate::network::{Network, Origin};
use crate::numeric::Real;
use crate::time::Time;

/// Where something stands in content order, and what it is: time, rank, stage, source or projection or population, line or
/// row or neuron, occurrence.
pub(super) type Streamed = (Time, u16, Stage, u32, u32, u32);

/// Order of what a probe sees of one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Emission,
    Predicted,
    Arrival,
    Tested,
}

impl Windows {
    /// Puts everything into content order, for a probe that wants to see it.
    pub(super) fn put_in_order(&mut self, network: &Network) {
        let stream = &mut self.stream;
        stream.clear();
        let rank_of =
            |projection: u32| network.populations[network.projections[projection as usize].to].rank + 1;
        let emission =
            |event: &EventKey| (event.time, 0, Stage::Emission, event.source, event.row, event.occurrence);
        let spikes = |event: &&EventKey| !network.sources[event.source as usize].kind.is_current();
        stream.extend(self.emissions.iter().filter(spikes).map(emission));
        for (rows, events) in self.rows.iter().zip(&self.events) {
            stream.extend(rows.iter().map(|&RowArrival { time, projection, row }| {
                (Time::from_fs(time), rank_of(projection), Stage::Arrival, projection, row, 0)
            }));
            let arrivals = events.iter().filter(|event| event.kind == Kind::Arrival);
            stream.extend(arrivals.map(|event| {
                (event.time, event.rank, Stage::Arrival, event.source, event.row, event.occurrence)
            }));
        }
        for told in self.units.iter_mut().filter_map(|unit| unit.told.as_mut()) {
            let arrival = |(time, projection, row): (u64, u32, u32)| {
                (Time::from_fs(time), rank_of(projection), Stage::Arrival, projection, row, 0)
            };
            for &(time, projection, row) in &told.private {
                if let Origin::Source(source) = network.projections[projection as usize].from {
                    stream.push((Time::from_fs(time), 0, Stage::Emission, source as u32, row, 0));
                }
            }
            stream.extend(told.private.drain(..).map(arrival));
            stream.extend(told.single.drain(..).map(arrival));
        }
        stream.extend(self.spikes.iter().map(|&(time, rank, tested, spike)| {
            let stage = if tested { Stage::Tested } else { Stage::Predicted };
            (time, rank + 1, stage, spike.population, spike.neuron, 0)
        }));
        stream.sort_unstable();
    }

    /// Step 5: shows what comes from place `shown` on up to an instant, its own included, or to the end; how far it got.
    pub(super) fn show<R: Real, P: Probe<R>>(
        &self,
        shown: usize,
        until: Option<(Time, u16)>,
        probe: &mut P,
    ) -> usize {
        let within = |time: Time, rank: u16| until.is_none_or(|until| (time, rank) <= until);
        if !P::STREAM {
            let spikes = self.spikes[shown..].iter().take_while(|&&(time, rank, ..)| within(time, rank + 1));
            return shown + spikes.map(|&(.., spike)| probe.spike(spike)).count();
        }
        let these = self.stream[shown..].iter().take_while(|&&(time, rank, ..)| within(time, rank));
        let show = |&(time, _, stage, what, line, _): &Streamed| match stage {
            Stage::Emission => probe.emit(time, what, line),
            Stage::Arrival => probe.arrival(time, what, line),
            Stage::Predicted | Stage::Tested => {
                probe.spike(Spike { time, population: what, neuron: line });
            }
        };
        shown + these.map(show).count()
    }
}
