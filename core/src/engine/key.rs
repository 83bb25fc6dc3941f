//! The event key: what an event is, where and when. Events are ordered by it and by nothing else.

use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Order of events of one rank within one instant.
///
/// Between arrivals and samples lie two steps that are not queued: the threshold test of every
/// touched neuron by id, and learning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Kind {
    /// A source line spikes: expands into one arrival per projection.
    Emit,
    /// A pulse, or a current, changes its level or slope.
    Release,
    /// What a neuron waits for: its predicted firing, or the end of its dead time.
    Fire,
    /// A row arrives at its targets.
    Arrival,
    /// A recorder looks at a population.
    Sample,
    /// The protocol acts.
    Protocol,
}

/// Total content order of events. Two pending events never have equal keys.
///
/// `source` and `row` by kind: Emit: source, line. Release, Arrival: projection, row. Fire, Sample: population,
/// neuron. `occurrence` tells apart what is otherwise the same event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventKey {
    /// When.
    pub time: Time,
    /// 0 for emissions; 1 + depth in the graph of zero-delay projections for everything at a population.
    pub rank: u16,
    /// What.
    pub kind: Kind,
    /// Of which source, population or projection.
    pub source: u32,
    /// Of which line, neuron or row.
    pub row: u32,
    /// Which one of several that are equal in all else.
    pub occurrence: u32,
}

/// Pulse steps are counted in the low bits of `occurrence`.
pub(super) use crate::network::MAX_STEPS as STEPS;

impl EventKey {
    /// Events with equal `instant` are handled together.
    #[must_use]
    pub fn instant(&self) -> (Time, u16) {
        (self.time, self.rank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_time_then_rank_then_kind_then_content() {
        let key = |time, rank, kind, source, row, occurrence| EventKey {
            time: Time::from_fs(time),
            rank,
            kind,
            source,
            row,
            occurrence,
        };
        let mut keys = vec![
            key(2, 0, Kind::Emit, 0, 0, 0),
            key(1, 2, Kind::Release, 0, 0, 0),
            key(1, 1, Kind::Protocol, 0, 0, 0),
            key(1, 1, Kind::Arrival, 1, 0, 0),
            key(1, 1, Kind::Arrival, 0, 7, 1),
            key(1, 1, Kind::Arrival, 0, 7, 0),
            key(1, 1, Kind::Fire, 3, 0, 0),
            key(1, 1, Kind::Release, 9, 0, 0),
            key(1, 0, Kind::Emit, 5, 0, 0),
        ];
        let expected: Vec<EventKey> = keys.iter().rev().copied().collect();
        keys.sort_unstable();
        assert_eq!(keys, expected);
    }
}
