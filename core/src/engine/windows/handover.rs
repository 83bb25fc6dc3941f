//! What is pending within windows: taken from the lanes before the first window, and handed back to them where
//! instants are to be handled one by one.

use super::super::core::{Core, Part};
use super::super::key::{EventKey, Kind};
use super::super::queue::{Entry, Lanes, Queue, Wheel};
use super::{FIRST, Windows};
use crate::network::{Network, Rows};
use crate::numeric::Real;
use crate::time::Time;

impl Windows {
    /// Takes over what neurons in their own time wait for.
    pub(super) fn keep<R: Real>(&mut self, core: &Core<R>, lanes: &mut Lanes) {
        self.keeps = true;
        // Short at first: nobody knows how often neurons fire that nothing drives.
        self.stride = u64::MAX;
        for unit in &mut self.units {
            let (Some(lookout), Part::Free(free)) = (&mut unit.lookout, &core.parts[unit.population]) else {
                continue;
            };
            if free.look(unit.first as usize..(unit.first + unit.count) as usize, lookout) {
                self.stride = FIRST;
            }
        }
        lanes.forget_neurons();
    }

    /// Takes over arrivals of single synapses that the lanes hold.
    pub(super) fn adopt(&mut self, network: &Network, lanes: &mut Lanes) {
        for key in lanes.take_strays() {
            let projection = &network.projections[key.source as usize];
            let Rows::Sparse { targets, .. } = &projection.connect else { continue };
            let target = targets.get(key.row as usize);
            let synapse = self.base[key.source as usize] + key.row;
            for unit in self.units.iter_mut().filter(|unit| unit.population == projection.to) {
                if let Some(wheel) = unit.wheel.as_mut().filter(|_| unit.first <= target)
                    && target - unit.first < unit.count
                {
                    wheel.push(Entry { time: key.time.fs(), synapse, target });
                }
            }
        }
    }

    /// Whether anything that is pending is kept here.
    pub fn holds_any(&self) -> bool {
        self.keeps && self.units.iter().any(|unit| unit.lookout.is_some())
            || self.own_delays
                && self.units.iter().any(|unit| unit.wheel.as_ref().is_some_and(|wheel| !wheel.is_empty()))
    }

    /// What is pending and kept here, by key, except what neurons wait for.
    pub fn pending(&self, network: &Network) -> Vec<EventKey> {
        let mut pending = Vec::new();
        for unit in &self.units {
            let rank = network.populations[unit.population].rank + 1;
            for entry in unit.wheel.iter().flat_map(Wheel::pending) {
                let (projection, row) = unit.synapse(entry.synapse);
                let (time, kind) = (Time::from_fs(entry.time), Kind::Arrival);
                pending.push(EventKey { time, rank, kind, source: projection, row, occurrence: 0 });
            }
        }
        pending.sort_unstable();
        // The same synapse twice at one time: its line has spiked twice at one time.
        for index in 1..pending.len() {
            let (before, occurrence) = (pending[index - 1], pending[index - 1].occurrence + 1);
            if (EventKey { occurrence: 0, ..before }) == pending[index] {
                pending[index].occurrence = occurrence;
            }
        }
        pending
    }

    /// Hands what is kept here back to the lanes.
    pub fn surrender<R: Real>(&mut self, network: &Network, core: &Core<R>, lanes: &mut Lanes) {
        for key in self.pending(network) {
            Queue::<f64>::push(lanes, key);
        }
        for wheel in self.units.iter_mut().filter_map(|unit| unit.wheel.as_mut()) {
            wheel.clear();
        }
        self.keeps = false;
        core.expect(lanes);
    }
}
