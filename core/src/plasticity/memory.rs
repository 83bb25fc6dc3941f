//! What a rule remembers of past spikes; plain data.

use super::cells::DeviceState;
use super::layout::Layout;
use super::overlap::Overlap;
use super::rule::Rule;
use super::trace::Trace;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// When something was last, if it ever was, in the eight bytes of a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Last(u64);

impl Last {
    /// It has not been yet: earlier than any time.
    pub const NEVER: Self = Self(0);

    /// It was then.
    #[inline]
    #[must_use]
    pub const fn at(time: Time) -> Self {
        Self(time.fs().saturating_add(1))
    }

    /// When it was.
    #[inline]
    #[must_use]
    pub fn time(self) -> Option<Time> {
        self.0.checked_sub(1).map(Time::from_fs)
    }

    /// It is again; when it was before.
    #[inline]
    pub fn replace(&mut self, time: Time) -> Option<Time> {
        std::mem::replace(self, Self::at(time)).time()
    }
}

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
    /// When its devices age next.
    pub due: Time,
    /// Traces of arrivals, then of spikes.
    pub traces: Vec<Trace>,
    /// Last arrival of each row, where a rule asks for the time.
    pub last_pre: Vec<Last>,
    /// Last spike of each column, where a rule asks for the time.
    pub last_post: Vec<Last>,
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
            due: Time::MAX,
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

    /// Bytes that a synapse takes besides its weight: of two rows and two columns what is neither a row's nor a column's. With a
    /// delay of its own (`apart`) it is a row.
    #[must_use]
    pub fn per_synapse(rule: &Rule, devices: bool, apart: bool) -> usize {
        let of = |layout: &Layout| Self::new(rule, layout, devices).bytes();
        if apart {
            let synapses = |count| of(&Layout::singles(vec![0, count], vec![0; count], 1, Vec::new()));
            return synapses(2) - synapses(1);
        }
        let all = |rows, cols| of(&Layout::Dense { rows, cols, stride: cols });
        all(2, 2) + all(1, 1) - all(1, 2) - all(2, 1)
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
                devices.since.len(),
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
        let last = self.last_pre.iter().chain(&self.last_post).all(|&last| last <= Last::at(now));
        last && self.until.iter().chain([&self.now]).all(|&time| time <= now)
            && self.traces.iter().all(|trace| trace.is_of(self.now))
    }

    /// An episode begins, no spike has been. Devices keep what they are; where only those with a pulse are followed, their times
    /// are set when one begins.
    pub fn restart(&mut self, layout: &Layout) {
        self.now = Time::ZERO;
        self.traces.iter_mut().for_each(Trace::restart);
        self.last_pre.fill(Last::NEVER);
        self.last_post.fill(Last::NEVER);
        self.own.fill(0.0);
        if !matches!(layout, Layout::Columns { .. }) {
            self.until.fill(Time::ZERO);
        }
    }
}
