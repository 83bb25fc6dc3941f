//! What a rule remembers of past spikes; plain data.

use super::cells::DeviceState;
use super::layout::Layout;
use super::rule::{Pairing, Rule};
use super::trace::{Mark, Trace};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// State of the learning of one projection.
///
/// Everything that a run may be cut at and go on from, beside the weights themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Pair: of arrivals, of spikes. Triplet: r1, o1, r2, o2. Post-synaptic trace: of arrivals.
    pub traces: Vec<Trace>,
    /// Last arrival of each row, where a rule asks for the time.
    pub last_pre: Vec<Option<Time>>,
    /// Last spike of each column, where a rule asks for the time.
    pub last_post: Vec<Option<Time>>,
    /// Overlap: up to when each device has been followed.
    pub until: Vec<Time>,
    /// Overlap: spikes of each row and column.
    pub spikes: Vec<u64>,
    /// Synapses looked at by arrivals.
    pub pre_updates: u64,
    /// Synapses looked at by spikes.
    pub post_updates: u64,
    /// What changes in the devices.
    pub devices: DeviceState,
}

impl Memory {
    /// Nothing has happened.
    #[must_use]
    pub fn new(rule: &Rule, layout: &Layout, devices: bool) -> Self {
        let (rows, cols, weights) = (layout.rows(), layout.cols(), layout.weights());
        let mark = |add| if add { Mark::Add } else { Mark::Set };
        let mut memory = Self {
            traces: Vec::new(),
            last_pre: Vec::new(),
            last_post: Vec::new(),
            until: Vec::new(),
            spikes: Vec::new(),
            pre_updates: 0,
            post_updates: 0,
            devices: if devices { DeviceState::new(layout) } else { DeviceState::default() },
        };
        match rule {
            Rule::Pair(pair) => {
                let add = pair.pairing == Pairing::AllToAll;
                memory.traces = vec![
                    match pair.pairing {
                        Pairing::PreCentred => Trace::new(weights, pair.tau_plus, Mark::Add),
                        _ => Trace::new(rows, pair.tau_plus, mark(add)),
                    },
                    Trace::new(cols, pair.tau_minus, mark(add)),
                ];
                if pair.pairing == Pairing::Restricted {
                    memory.last_pre = vec![None; rows];
                    memory.last_post = vec![None; cols];
                }
            }
            Rule::Triplet(triplet) => {
                let mark = mark(!triplet.nearest);
                memory.traces = vec![
                    Trace::new(rows, triplet.tau_plus, mark),
                    Trace::new(cols, triplet.tau_minus, mark),
                    Trace::new(rows, triplet.tau_x, mark),
                    Trace::new(cols, triplet.tau_y, mark),
                ];
            }
            Rule::Rectangular(_) => memory.last_pre = vec![None; rows],
            Rule::PostTrace(trace) => {
                memory.traces = vec![Trace::new(rows, trace.tau_plus, mark(!trace.saturate))];
            }
            Rule::Overlap(_) => {
                memory.last_pre = vec![None; rows];
                memory.last_post = vec![None; cols];
                memory.until = vec![Time::ZERO; weights];
                memory.spikes = vec![0; rows + cols];
            }
        }
        memory
    }

    /// Whether this is the memory of the same rule on the same projection as `other`.
    #[must_use]
    pub fn fits(&self, other: &Self) -> bool {
        let traces = self.traces.len() == other.traces.len()
            && self.traces.iter().zip(&other.traces).all(|(one, other)| one.fits(other));
        let lengths = |memory: &Self| {
            let devices = &memory.devices;
            [
                memory.last_pre.len(),
                memory.last_post.len(),
                memory.until.len(),
                memory.spikes.len(),
                devices.pulses.len(),
                devices.stuck.len(),
                devices.joules.len(),
                devices.limiter.len(),
                devices.read.len(),
            ]
        };
        traces && lengths(self) == lengths(other)
    }

    /// Whether nothing in it is later than `now`.
    #[must_use]
    pub fn is_before(&self, now: Time) -> bool {
        let times = self.last_pre.iter().chain(&self.last_post).flatten().chain(&self.until);
        times.copied().chain(self.traces.iter().map(Trace::since)).all(|time| time <= now)
    }

    /// An episode begins: no spike has been. Devices keep what they are.
    pub fn restart(&mut self) {
        self.traces.iter_mut().for_each(Trace::restart);
        self.last_pre.fill(None);
        self.last_post.fill(None);
        self.until.fill(Time::ZERO);
    }
}
