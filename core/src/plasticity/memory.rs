//! What a rule remembers of past spikes; plain data.

use super::cells::DeviceState;
use super::layout::Layout;
use super::overlap::Overlap;
use super::rule::Rule;
use super::trace::Trace;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// State of the learning of one projection.
///
/// Everything that a run may be cut at and go on from, beside the weights themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Name of the rule.
    pub rule: String,
    /// Version of what it remembers.
    pub version: u32,
    /// When it was last told of something, or saved.
    pub now: Time,
    /// Traces of arrivals, then of spikes.
    pub traces: Vec<Trace>,
    /// Last arrival of each row, where a rule asks for the time.
    pub last_pre: Vec<Option<Time>>,
    /// Last spike of each column, where a rule asks for the time.
    pub last_post: Vec<Option<Time>>,
    /// Values of a rule's own: of each weight, as many as it has.
    pub own: Vec<f64>,
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
        let (name, version) = rule.identity();
        let mut memory = Self {
            rule: name.to_owned(),
            version,
            now: Time::ZERO,
            traces: Vec::new(),
            last_pre: Vec::new(),
            last_post: Vec::new(),
            own: Vec::new(),
            until: Vec::new(),
            spikes: Vec::new(),
            pre_updates: 0,
            post_updates: 0,
            devices: if devices { DeviceState::new(layout) } else { DeviceState::default() },
        };
        match rule {
            Rule::Pair(pair) => pair.remember(&mut memory, layout),
            Rule::Local(local) => local.remember(&mut memory, layout),
            Rule::Overlap(_) => Overlap::remember(&mut memory, layout),
        }
        memory
    }

    /// Bytes that a synapse takes besides its weight: of two rows and two columns what is neither a row's nor a column's.
    #[must_use]
    pub fn per_synapse(rule: &Rule, devices: bool) -> usize {
        let of = |rows, cols| Self::new(rule, &Layout::Dense { rows, cols, stride: cols }, devices).bytes();
        of(2, 2) + of(1, 1) - of(1, 2) - of(2, 1)
    }

    fn bytes(&self) -> usize {
        let DeviceState { pulses, stuck, joules, limiter, read, .. } = &self.devices;
        let traces: usize = self.traces.iter().map(Trace::len).sum();
        size_of_val(&self.last_pre[..])
            + size_of_val(&self.last_post[..])
            + size_of_val(&stuck[..])
            + 8 * (traces + self.own.len() + self.until.len() + self.spikes.len())
            + 8 * (pulses.len() + joules.len() + limiter.len() + read.len())
    }

    /// Whether this is the memory of the same rule on the same projection as `other`.
    #[must_use]
    pub fn fits(&self, other: &Self) -> bool {
        let rule = self.rule == other.rule && self.version == other.version;
        let traces = self.traces.len() == other.traces.len()
            && self.traces.iter().zip(&other.traces).all(|(one, other)| one.fits(other));
        let lengths = |memory: &Self| {
            let devices = &memory.devices;
            [
                memory.last_pre.len(),
                memory.last_post.len(),
                memory.own.len(),
                memory.until.len(),
                memory.spikes.len(),
                devices.pulses.len(),
                devices.stuck.len(),
                devices.joules.len(),
                devices.limiter.len(),
                devices.read.len(),
            ]
        };
        rule && traces && lengths(self) == lengths(other)
    }

    /// Whether nothing in it is later than `now`.
    #[must_use]
    pub fn is_before(&self, now: Time) -> bool {
        let times = self.last_pre.iter().chain(&self.last_post).flatten().chain(&self.until);
        times.chain([&self.now]).all(|&time| time <= now)
            && self.traces.iter().all(|trace| trace.is_of(self.now))
    }

    /// An episode begins: no spike has been. Devices keep what they are; where only those with a pulse are followed, their times
    /// are set when one begins.
    pub fn restart(&mut self, layout: &Layout) {
        self.now = Time::ZERO;
        self.traces.iter_mut().for_each(Trace::restart);
        self.last_pre.fill(None);
        self.last_post.fill(None);
        self.own.fill(0.0);
        if !matches!(layout, Layout::Columns { .. }) {
            self.until.fill(Time::ZERO);
        }
    }
}
