//! Pulses on a projection whose weights lie column by column: what the overlap of pulses does where many columns rest.
//!
//! A spike puts a pulse on its electrode, and a new one restarts it; electrodes rest when an episode begins. What a device makes
//! of V_row - V_column is [`pass`](crate::device::passage::pass), in closed form. Only devices between two pulses programme: a
//! column that has not spiked has nothing but the pulses of its rows, whose lone dose (3e-12 of the range in the shipped scenario;
//! a scenario with a large one is warned of) is left out; what these pulses cost is not. Columns with pulses of their own
//! ([`Lobes`]), which are short, rest again when these are over.
//!
//! A device of a column with a pulse is brought up to date before its row arrives, when its column spikes, and at the end of the
//! episode. So every arrival meets the conductances of its own instant.

use super::cells::{Bank, entity};
use super::layout::Layout;
use super::memory::{Last, Memory};
use super::overlap::{Around, Overlap, Synapse};
use crate::device::electrodes::{Lobes, SpikePulses};
use crate::device::lobes::{Column, Doses};
use crate::device::passage::square_until;
use crate::device::resistive::{Kinetics, PulseDraw};
use crate::time::Time;
use crate::waveform::Waveform;

/// What runs on the electrodes in an episode.
#[derive(Clone, Debug)]
pub struct Running {
    rows: usize,
    cols: usize,
    /// On a row and on a column, as they are applied now.
    pulses: [Waveform; 2],
    /// What columns have of their own, as it is applied now, and the share of its doses that this leaves.
    lobes: Option<Lobes>,
    share: f64,
    /// The doses of whole lobes at the start of the schedule.
    doses: Option<Doses>,
    /// Columns with a pulse, in order of their first.
    pub running: Vec<u32>,
    /// int V^2 dt of the pulses of each row that have been restarted.
    square: Vec<f64>,
    scratch: [Vec<f64>; 4],
}

/// What it runs on.
pub struct Ground<'a> {
    pub overlap: &'a Overlap,
    pub layout: &'a Layout,
    pub bank: Option<&'a Bank>,
    pub memory: &'a mut Memory,
    pub weights: &'a mut [f64],
}

impl Ground<'_> {
    /// The conductance that the device of a synapse is read at: its nearest level, if it has levels.
    fn read(&self, k: usize) -> f64 {
        self.overlap.conductance(self.overlap.read(self.bank, self.weights[k]))
    }
}

impl Running {
    pub fn new(overlap: &Overlap, layout: &Layout, bank: Option<&Bank>) -> Option<Self> {
        let &Layout::Columns { rows, cols } = layout else { return None };
        let device = |n: usize| overlap.of(bank, n);
        let lobes = if let SpikePulses::Own(lobes) = overlap.pulses { Some(lobes) } else { None };
        let wears = bank.is_some_and(|bank| bank.all.endurance.is_some());
        let doses =
            lobes.filter(|_| !wears).and_then(|lobes| Doses::new(&lobes, (0..rows * cols).map(device)));
        let (pulses, running) = (overlap.pulses.waveforms(), Vec::new());
        let (square, scratch) = (vec![0.0; rows], [0, 1, 2, 3].map(|_| vec![0.0; rows]));
        Some(Self { rows, cols, pulses, lobes, share: 1.0, doses, running, square, scratch })
    }

    /// The pulses that are left, with a share of the doses of those that [`Running::new`] has had.
    pub fn weaken(&mut self, pulses: &SpikePulses, share: f64) {
        self.pulses = pulses.waveforms();
        self.lobes = if let SpikePulses::Own(lobes) = pulses { Some(*lobes) } else { None };
        self.share = share;
    }

    /// An episode begins.
    pub fn restart(&mut self, on: &mut Ground<'_>) {
        self.running.clear();
        self.square.fill(0.0);
        if on.memory.devices.resting.is_empty() {
            self.rest(on);
        }
    }

    /// Sums up what columns that rest conduct.
    fn rest(&self, on: &mut Ground<'_>) {
        let mut sums = vec![0.0; self.rows];
        for col in (0..self.cols).filter(|&col| !self.running.contains(&(col as u32))) {
            for (row, sum) in sums.iter_mut().enumerate() {
                *sum += on.read(col * self.rows + row);
            }
        }
        on.memory.devices.resting = sums;
    }

    /// Devices have changed where they rest.
    pub fn aged(&self, on: &mut Ground<'_>) {
        if !on.memory.devices.resting.is_empty() {
            self.rest(on);
        }
    }

    /// Row `row` is about to arrive: the devices behind it are brought there.
    pub fn before(&mut self, on: &mut Ground<'_>, time: Time, row: usize, over: &mut Vec<u32>) {
        self.settle(on, time, over);
        for index in 0..self.running.len() {
            self.follow(on, row, self.running[index] as usize, time);
        }
    }

    /// Row `row` arrives: its pulse begins anew.
    #[inline]
    pub fn arrive(&mut self, memory: &mut Memory, time: Time, row: usize) {
        if let Some(start) = memory.last_pre[row].replace(time) {
            self.square[row] += square_until(&self.pulses[0], Time::from_fs(time.fs() - start.fs()));
        }
        memory.spikes[row] += 1;
    }

    /// int V^2 dt of the pulses of a row until `time`.
    fn square_at(&self, memory: &Memory, row: usize, time: Time) -> f64 {
        let since = |start: Time| Time::from_fs(time.fs().saturating_sub(start.fs()));
        let last =
            memory.last_pre[row].time().map_or(0.0, |start| square_until(&self.pulses[0], since(start)));
        self.square[row] + last
    }

    /// Column `col` spikes: its pulse begins anew.
    pub fn spike(&mut self, on: &mut Ground<'_>, time: Time, col: usize, over: &mut Vec<u32>) {
        self.settle(on, time, over);
        if on.memory.last_post[col].replace(time).is_none() {
            for row in 0..self.rows {
                // Until now only the rows had pulses.
                let k = col * self.rows + row;
                let g = on.read(k);
                on.memory.devices.alone += self.square_at(on.memory, row, time) * g;
                on.memory.devices.resting[row] -= g;
                on.memory.until[k] = time;
            }
            self.running.push(col as u32);
        }
        on.memory.spikes[self.rows + col] += 1;
    }

    /// Brings the devices of a column that spikes to that time, with the pulses from before.
    pub fn bring(&mut self, on: &mut Ground<'_>, time: Time, col: usize, over: &mut Vec<u32>) {
        self.settle(on, time, over);
        if on.memory.last_post[col] != Last::NEVER {
            (0..self.rows).for_each(|row| self.follow(on, row, col, time));
        }
    }

    /// The episode ends at `time`, and every pulse with it.
    pub fn end(&mut self, on: &mut Ground<'_>, time: Time, over: &mut Vec<u32>) {
        self.settle(on, time, over);
        for row in 0..self.rows {
            on.memory.devices.alone += self.square_at(on.memory, row, time) * on.memory.devices.resting[row];
        }
        for col in std::mem::take(&mut self.running) {
            for row in 0..self.rows {
                self.follow(on, row, col as usize, time);
                on.memory.devices.resting[row] += on.read(col as usize * self.rows + row);
            }
            over.push(col);
        }
    }

    /// Columns whose own pulses are over rest again. No row has begun a pulse since.
    fn settle(&mut self, on: &mut Ground<'_>, time: Time, rest: &mut Vec<u32>) {
        if self.lobes.is_none() {
            return;
        }
        let length = self.pulses[1].end();
        let mut index = 0;
        while let Some(&col) = self.running.get(index) {
            let began = on.memory.last_post[col as usize].time().unwrap_or(time);
            let over = began.after(length);
            if over > time {
                index += 1;
                continue;
            }
            self.running.remove(index);
            self.whole(on, col as usize, (began, over));
            for row in 0..self.rows {
                self.follow(on, row, col as usize, over);
                let g = on.read(col as usize * self.rows + row);
                on.memory.devices.alone -= self.square_at(on.memory, row, over) * g;
                on.memory.devices.resting[row] += g;
            }
            on.memory.last_post[col as usize] = Last::NEVER;
            rest.push(col);
        }
    }

    /// Devices of a column that have been left alone since its spike, with rows that were raised or at rest all the time, up to
    /// where its pulses are over.
    fn whole(&mut self, on: &mut Ground<'_>, col: usize, (began, over): (Time, Time)) {
        let (Some(doses), Some(lobes), Some(bank)) = (&self.doses, self.lobes, on.bank) else { return };
        let (first, length) = (col * self.rows, self.pulses[0].end());
        let Memory { last_pre, spikes, until, devices, .. } = &mut *on.memory;
        let [raised, factor, joules, conductance] = &mut self.scratch;
        for row in 0..self.rows {
            let ends = last_pre[row].time().map_or(Time::ZERO, |start| start.after(length));
            let n = first + row;
            raised[row] = if ends > began { 1.0 } else { 0.0 };
            let steady = ends <= began || ends >= over;
            let draw = PulseDraw::Keyed {
                seed: bank.all.seed,
                entity: entity(bank.all.projection, bank.device(n)),
                count: spikes[row] + spikes[self.rows + col],
            };
            let by = on.overlap.of(on.bank, n).dose().map_or(0.0, |device| device.dose_factor(draw));
            let taken = steady && until[n] == began && !devices.stuck[n] && doses.takes(n, by);
            factor[row] = if taken { by } else { 0.0 };
            conductance[row] = on.overlap.conductance(on.weights[n]);
        }
        let share = self.share;
        crate::simd::vectorised(Column { doses, first, share, lobes, raised, factor, conductance, joules });
        for row in (0..self.rows).filter(|&row| factor[row] != 0.0) {
            let n = first + row;
            until[n] = over;
            devices.joules[n] += joules[row];
            devices.pulses[n] += u64::from(factor[row] * share * doses.of(n, raised[row] > 0.0) > 0.0);
            on.weights[n] = on.overlap.weight(conductance[row]);
        }
    }

    /// Brings one device of a column with a pulse to `time`.
    fn follow(&self, on: &mut Ground<'_>, row: usize, col: usize, time: Time) {
        let [before, after] = &self.pulses;
        let around = Around { pulses: [before, after], bank: on.bank, layout: on.layout, time };
        let synapse = Synapse { weight: col * self.rows + row, row, col };
        on.overlap.follow(&around, on.memory, on.weights, synapse);
    }
}

impl Overlap {
    /// The device of synapse number `n`.
    pub(super) fn of<'a>(&'a self, bank: Option<&'a Bank>, n: usize) -> &'a Kinetics {
        bank.and_then(|bank| bank.all.kinetics.get(bank.device(n))).unwrap_or(&self.device)
    }

    /// The weight that a device in this state is read as: that of its nearest level, if it has levels.
    pub(super) fn read(&self, bank: Option<&Bank>, w: f64) -> f64 {
        let bounds = super::Bounds { w_min: 0.0, w_max: self.w_max };
        let levels = bank.filter(|bank| bank.all.levels.is_some());
        levels.map_or(w, |bank| bank.all.nearest(w, bounds))
    }
}
