//! What one thread does within a window for neurons that keep their own time.
//!
//! As in [`crate::engine::units`]; besides, each neuron waits for something of its own: its predicted firing or, in its
//! dead time, the end of that. One tree of minima holds either.

use super::cell::Cell;
use super::instant::{Due, Instant, Neurons, Share};
use crate::encoding::{Block, BlockRate};
use crate::engine::key::{EventKey, Kind};
use crate::engine::queue::{Entry, MinTree, Wheel};
use crate::engine::route::{Values, at_once, changes};
use crate::engine::units::Unit;
use crate::network::{Network, Weights};
use crate::neuron::model::Model;
use crate::numeric::Real;
use crate::time::Time;

/// What the neurons of a unit wait for.
pub struct Lookout {
    tree: MinTree,
    instant: Instant,
    /// Neurons whose time has come.
    due: Vec<u32>,
    /// What arrives at an instant, if it comes by several ways.
    mixed: Vec<EventKey>,
    /// Poisson blocks whose lines each have one of the neurons, in order of these.
    pub privates: Vec<Line>,
}

/// A Poisson block whose lines each have a neuron of their own, from `first` on.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub block: usize,
    pub projection: u32,
    pub first: u32,
}

impl Lookout {
    pub fn new(neurons: usize) -> Self {
        Self {
            tree: MinTree::new(neurons),
            instant: Instant::new(neurons),
            due: Vec::new(),
            mixed: Vec::new(),
            privates: Vec::new(),
        }
    }

    /// Looks at all neurons.
    pub fn begin<S>(&mut self, cells: &[Cell<S>]) {
        self.tree.clear();
        for (place, cell) in cells.iter().enumerate() {
            self.tree.set(place, cell.clock.next().map(Time::fs));
        }
    }

    /// When something happens next; `u64::MAX` if nothing does.
    pub fn next(&self) -> u64 {
        self.tree.min().unwrap_or(u64::MAX)
    }
}

/// A unit with what it works on in one window.
pub struct Given<'a, M: Model> {
    pub unit: &'a mut Unit,
    pub neurons: Neurons<'a, M>,
    /// Of each of its private blocks.
    pub blocks: Vec<&'a mut Block>,
    /// Arrivals of rows, later steps of pulses, and currents that change.
    pub events: &'a [EventKey],
}

impl<M: Model> Given<'_, M> {
    /// Handles everything before `to`.
    pub fn run<R: Real>(self, network: &Network, weights: &Weights<R>, rates: &[BlockRate], to: u64) {
        let Self { unit, neurons, blocks, events } = self;
        let Some(mut lookout) = unit.lookout.take() else { return };
        let Lookout { tree, instant, due, mixed, privates } = &mut lookout;
        let rank = network.populations[unit.population].rank + 1;
        let (lines, mixed) = (&privates[..], std::mem::take(mixed));
        let share = Share { neurons, instant };
        let mut working =
            Working { network, weights, rates, unit, share, tree, due, lines, blocks, rank, mixed };
        working.work(events, to);
        lookout.mixed = working.mixed;
        unit.learners.end(unit.first, to, [&unit.predicted, &unit.spikes]);
        for spikes in [&mut unit.spikes, &mut unit.predicted] {
            if !spikes.is_sorted() {
                spikes.sort_unstable();
            }
        }
        unit.lookout = Some(lookout);
    }
}

/// A unit at work.
struct Working<'a, 'b, R: Real, M: Model> {
    network: &'a Network,
    weights: &'a Weights<R>,
    rates: &'a [BlockRate],
    unit: &'a mut Unit,
    share: Share<'a, M>,
    tree: &'a mut MinTree,
    due: &'a mut Vec<u32>,
    lines: &'a [Line],
    blocks: Vec<&'b mut Block>,
    rank: u16,
    mixed: Vec<EventKey>,
}

impl<R: Real, M: Model> Working<'_, '_, R, M> {
    fn work(&mut self, mut events: &[EventKey], to: u64) {
        loop {
            let event_time = events.first().map_or(to, |event| event.time.fs());
            if self.unit.wheel.is_some() {
                self.single_synapses(event_time);
            }
            let next = self.unit.wheel.as_mut().and_then(Wheel::next_time).unwrap_or(u64::MAX);
            let time = event_time.min(next);
            for index in 0..self.lines.len() {
                self.private(index, time);
            }
            self.own_events(time);
            if time >= to {
                break;
            }
            let count = events.iter().take_while(|event| event.time.fs() == time).count();
            let (now, later) = events.split_at(count);
            events = later;
            self.shared(time, now);
        }
    }

    /// What neurons do by themselves before `until`.
    fn own_events(&mut self, until: u64) {
        while let Some(time) = self.tree.min().filter(|&time| time < until) {
            self.find_due(time);
            self.instant(time, &[]);
        }
    }

    /// Notes the neurons whose time is `time`.
    fn find_due(&mut self, time: u64) {
        self.due.clear();
        let due = &mut *self.due;
        self.tree.each_at(time, |place| due.push(place as u32));
    }

    /// One instant: `events` in content order, and what the noted neurons were waiting for.
    fn instant(&mut self, time: u64, events: &[EventKey]) {
        let at = Time::from_fs(time);
        let Self { network, weights, share, unit, tree, .. } = self;
        let arrivals = events.iter().filter(|event| event.kind == Kind::Arrival);
        let arrivals = arrivals.map(|event| (event.source, event.row));
        let first = unit.first;
        let learns = unit.learners.arrive(first, time, arrivals.clone(), [&unit.predicted, &unit.spikes]);
        let steps = events.iter().take_while(|event| event.kind == Kind::Release).count();
        for event in &events[..steps] {
            let projection = event.source as usize;
            let changes = changes(network, projection, event.occurrence);
            let values = Values::All(&weights.projections[projection][..]);
            share.change_drive(&network.projections[projection], values, event.row, &changes, at);
        }
        for &place in &*self.due {
            match share.due(place, at) {
                Due::Released => {}
                Due::Later(next) => tree.set(place as usize, next.map(Time::fs)),
                Due::Fires(fired) => {
                    unit.held += u128::from(fired.dead.fs());
                    unit.predicted.push((time, share.neurons.first + place));
                }
            }
        }
        let mut rest = &events[steps..];
        while let Some(event) = rest.first() {
            let times = at_once(network, rest);
            let values = Values::of(weights, &unit.learners, event.source);
            share.arrive(&network.projections[event.source as usize], values, (event.row, times), at);
            rest = &rest[times as usize..];
        }
        share.test(at, |fires| {
            unit.held += u128::from(fires.dead.fs());
            unit.fire(time, fires.neuron, fires.times);
        });
        if learns {
            unit.learners.settle(first, time, arrivals, [&unit.predicted, &unit.spikes]);
        }
        share.predict(at, |place, next| tree.set(place as usize, next.map(Time::fs)));
    }

    /// Everything that arrives at one time, by whatever way.
    fn shared(&mut self, time: u64, rows: &[EventKey]) {
        let mut mixed = std::mem::take(&mut self.mixed);
        let at = Time::from_fs(time);
        let arrival = |rank: u16, source: u32, row: u32| {
            let kind = Kind::Arrival;
            EventKey { time: at, rank, kind, source, row, occurrence: 0 }
        };
        while let Some(entry) = self.unit.wheel.as_mut().and_then(|wheel| wheel.front().first().copied())
            && entry.time == time
        {
            let (projection, synapse) = self.take_synapse(&entry);
            mixed.push(arrival(self.rank, projection, synapse));
        }
        for (line, block) in self.lines.iter().zip(&mut self.blocks) {
            if block.next_time() == time {
                let (_, number) = block.pop(&self.rates[line.block]);
                let row = line.first + u32::from(number);
                mixed.push(arrival(self.rank, line.projection, row));
                self.unit.tell_private(time, line.projection, row);
                self.unit.poisson += 1;
            }
        }
        self.find_due(time);
        if mixed.is_empty() {
            self.instant(time, rows);
        } else {
            mixed.extend_from_slice(rows);
            mixed.sort_unstable();
            self.instant(time, &mixed);
            mixed.clear();
        }
        self.mixed = mixed;
    }

    /// Takes the first arrival from the wheel, which is this.
    fn take_synapse(&mut self, entry: &Entry) -> (u32, u32) {
        let (projection, synapse) = self.unit.synapse(entry.synapse);
        self.unit.tell_singles(std::slice::from_ref(entry));
        if self.network.projections[projection as usize].counted {
            self.unit.counted.push((projection, synapse));
        }
        self.unit.synaptic += 1;
        if let Some(wheel) = &mut self.unit.wheel {
            wheel.consume(1);
        }
        (projection, synapse)
    }

    /// Arrivals of single synapses before `until`, as long as each has its instant to itself.
    fn single_synapses(&mut self, until: u64) {
        while let Some(front) = self.unit.wheel.as_mut().map(Wheel::front)
            && let Some(&entry) = front.first().filter(|entry| entry.time < until)
        {
            if front.get(1).is_some_and(|next| next.time == entry.time) {
                return;
            }
            let before = self.lines.partition_point(|line| line.first <= entry.target);
            if let Some(index) = before.checked_sub(1) {
                self.private(index, entry.time);
                if self.blocks[index].next_time() == entry.time {
                    return;
                }
            }
            let (projection, synapse) = self.take_synapse(&entry);
            self.alone(entry.time, entry.target - self.share.neurons.first, projection, synapse);
        }
    }

    /// Spikes of a private block before `until`.
    fn private(&mut self, index: usize, until: u64) {
        let line = self.lines[index];
        let offset = line.first - self.share.neurons.first;
        while self.blocks[index].next_time() < until {
            let (time, number) = self.blocks[index].pop(&self.rates[line.block]);
            let number = u32::from(number);
            self.unit.poisson += 1;
            self.unit.tell_private(time, line.projection, line.first + number);
            self.alone(time, offset + number, line.projection, line.first + number);
        }
    }

    /// What arrives at one neuron alone, after what that has done by itself until then.
    fn alone(&mut self, time: u64, place: u32, projection: u32, row: u32) {
        let mut next = self.tree.leaf(place as usize);
        while next < time {
            self.due.clear();
            self.due.push(place);
            self.instant(next, &[]);
            next = self.tree.leaf(place as usize);
        }
        self.due.clear();
        if next == time {
            self.due.push(place);
        }
        let (rank, kind) = (self.rank, Kind::Arrival);
        let key = EventKey { time: Time::from_fs(time), rank, kind, source: projection, row, occurrence: 0 };
        self.instant(time, &[key]);
    }
}
