//! Learning by the overlap of pulses: the devices of a dense projection whose rows and columns spike.
//!
//! A spike puts a pulse on its electrode, and a new one restarts it; generators restart between presentations. What a
//! device makes of V_row - V_column is [`pass`], in closed form. Only devices between two pulses programme: a column
//! that has not spiked in the presentation has nothing but the pulses of its rows, whose lone dose
//! ([`Pulses::lone_dose`], 3e-12 of the range in the shipped scenario; a scenario with a large one is warned of) is
//! left out; what these pulses cost is not. Columns with pulses of their own ([`Lobes`]), which are short, rest again when
//! these are over.
//!
//! A device of a column with a pulse is brought up to date before its row arrives, when its column spikes, and at
//! the end of the presentation. So every arrival meets the conductances of its own instant.

use super::device_model::DeviceModel;
use super::rule::{NEVER, PulseOverlap};
use crate::device::electrodes::{Lobes, SpikePulses};
use crate::device::fault::FaultRates;
use crate::device::lobes::{Column, Doses};
use crate::device::passage::{Starts, pass, square_until};
use crate::device::resistive::{DeviceSpread, DoseDevice, PulseDraw, Rate};
use crate::numeric::{Real, exp, ln};
use crate::synapse::DeviceRange;
use crate::time::Time;
use crate::units::{Quantity as _, Siemens};
use crate::waveform::Waveform;
use serde::{Deserialize, Serialize};

/// What of the devices changes from one presentation to the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PulseState {
    /// Conductance of each device in siemens, column by column: what the kinetics follow, whatever the levels it is
    /// read at.
    pub conductance: Vec<f64>,
    /// Programming pulses that each device has taken.
    pub taken: Vec<u64>,
    /// Spikes of all rows, then of all columns: the count behind the next draw.
    pub spikes: Vec<u64>,
}

/// What dispersion makes of one device: factors of its doses and of the ends of its range.
#[derive(Clone, Copy, Debug)]
pub struct Differs {
    pub plus: f64,
    pub minus: f64,
    /// Factors of g_min and g_max.
    pub low: f64,
    pub high: f64,
}

/// The devices while pulses run.
pub struct Pulses {
    rows: usize,
    cols: usize,
    stride: usize,
    seed: u64,
    model: DeviceModel,
    /// Siemens of g_min, and siemens per volt of weight.
    g_min: f64,
    slope: f64,
    /// On a row and on a column.
    row_pulse: Waveform,
    column_pulse: Waveform,
    /// What columns have of their own, at the start of the schedule, and the share of its doses at the end.
    lobes: Option<Lobes>,
    final_share: f64,
    /// The doses of whole lobes, the share that is left of them, and the lobes that leave it.
    doses: Option<Doses>,
    left: (f64, Option<Lobes>),
    scratch: [Vec<f64>; 3],
    nominal: DoseDevice,
    /// Each device's own kinetics, column by column; empty: all are nominal.
    own: Vec<DoseDevice>,
    stuck: Vec<bool>,
    /// Pulses each device survives, column by column; empty: they do not die.
    survives: Vec<f64>,
    pub(super) state: PulseState,
    /// When the last pulse of each row and column began.
    row_start: Vec<u64>,
    column_start: Vec<u64>,
    /// Columns with a pulse, in order of their first.
    running: Vec<u32>,
    /// Up to when the devices of a running column have been followed.
    until: Vec<Time>,
    /// int V^2 dt of the pulses of each row that have been restarted.
    square: Vec<f64>,
    /// Conductance sum of each row over the columns that rest.
    resting: Vec<f64>,
    /// Joules in the devices since they were last taken.
    pub programmed: f64,
    /// Joules in their limiters since they were last taken.
    pub(super) limited: f64,
}

impl Pulses {
    /// `weights` are padded row-major and stay as they are. `differs` gives what the model's dispersion makes of a
    /// device (row, column).
    pub fn new<R: Real>(
        (rows, cols): (usize, usize),
        stride: usize,
        w_max: f64,
        (rule, model): (&PulseOverlap, DeviceModel),
        seed: u64,
        weights: &[R],
        differs: impl Fn(usize, usize) -> Option<Differs>,
    ) -> Self {
        let count = rows * cols;
        let of = |at: usize| (at % rows.max(1), at / rows.max(1));
        let entity = |at: usize| {
            let (row, col) = of(at);
            (row * cols + col) as u32
        };
        let mut own = Vec::new();
        let any = count > 0 && differs(0, 0).is_some();
        if any || rule.spread != DeviceSpread::default() {
            own.extend((0..count).map(|at| {
                let device = rule.device.own(&rule.spread, seed, entity(at));
                let (row, col) = of(at);
                differs(row, col).map_or(device.clone(), |differs| differs.of(device))
            }));
        }
        let faulty = model.faults != FaultRates::default();
        let stuck = (0..count).map(|at| faulty && model.faults.of(seed, entity(at)).is_some()).collect();
        let survives = model.survives((rows, cols), seed);
        let [row_pulse, column_pulse] = rule.pulses.waveforms();
        let mut this = Self {
            rows,
            cols,
            stride,
            seed,
            model,
            g_min: model.range.g_min.get(),
            slope: model.slope(w_max),
            row_pulse,
            column_pulse,
            lobes: if let SpikePulses::Own(lobes) = rule.pulses { Some(lobes) } else { None },
            final_share: rule.final_share,
            doses: None,
            left: (1.0, None),
            scratch: [0, 1, 2].map(|_| vec![0.0; rows]),
            nominal: rule.device.clone(),
            own,
            stuck,
            survives,
            state: PulseState {
                conductance: vec![0.0; count],
                taken: vec![0; count],
                spikes: vec![0; rows + cols],
            },
            row_start: vec![NEVER; rows],
            column_start: vec![NEVER; cols],
            running: Vec::new(),
            until: vec![Time::ZERO; count],
            square: vec![0.0; rows],
            resting: vec![0.0; rows],
            programmed: 0.0,
            limited: 0.0,
        };
        for at in 0..count {
            let (row, col) = of(at);
            let g = this.g_min + this.slope * weights[row * stride + col].to_f64();
            let device = this.device(at);
            let inside = g.max(device.g_min.get()).min(device.g_max.get());
            this.state.conductance[at] = if this.stuck[at] { g } else { inside };
        }
        this.left.1 = this.lobes;
        this.doses = this
            .lobes
            .filter(|_| this.model.endurance.is_none())
            .and_then(|lobes| Doses::new(&lobes, (0..count).map(|at| this.device(at))));
        this
    }

    fn device(&self, at: usize) -> &DoseDevice {
        self.own.get(at).unwrap_or(&self.nominal)
    }

    /// The largest dose of a pulse whose partner rests, at the nominal device: on a row, on a column.
    #[must_use]
    pub fn lone_dose(rule: &PulseOverlap) -> [f64; 2] {
        rule.pulses.lone_doses(&rule.device).map(|(set, reset)| set + reset)
    }

    /// Whether any column has a pulse: then instants have to be handled one by one.
    #[must_use]
    pub fn running(&self) -> bool {
        !self.running.is_empty()
    }

    /// Most pulses that any device of each column has taken.
    #[must_use]
    pub fn most_taken(&self) -> Vec<u64> {
        let columns = self.state.taken.chunks_exact(self.rows.max(1));
        columns.map(|column| column.iter().copied().max().unwrap_or(0)).collect()
    }

    /// The conductance a device is read at: its nearest level, if it has levels.
    fn read(&self, g: f64) -> f64 {
        let range: &DeviceRange = &self.model.range;
        if range.levels.is_some() { range.nearest(g) } else { g }
    }

    /// Writes the weights of all devices.
    pub fn write<R: Real>(&self, weights: &mut [R]) {
        for (at, &g) in self.state.conductance.iter().enumerate() {
            let (row, col) = (at % self.rows, at / self.rows);
            weights[row * self.stride + col] = R::from_f64((self.read(g) - self.g_min) / self.slope);
        }
    }

    /// A presentation begins after a share `progress` of the schedule: `row_sums` are the conductance sums of all rows.
    pub fn begin(&mut self, row_sums: &[f64], progress: f64) {
        let share = exp(ln(self.final_share) * progress);
        if self.final_share < 1.0
            && let Some(lobes) = &self.lobes
            && let Some(weak) = lobes.weakened(&self.nominal, share)
        {
            [self.row_pulse, self.column_pulse] = weak.waveforms();
            self.left = (share, Some(weak));
        }
        self.row_start.fill(NEVER);
        self.column_start.fill(NEVER);
        self.running.clear();
        self.square.fill(0.0);
        self.resting.copy_from_slice(row_sums);
    }

    /// Row `row` is about to arrive at `time`: the devices behind it are brought there.
    pub fn before<R: Real>(&mut self, time: Time, row: usize, weights: &mut [R], row_sums: &mut [f64]) {
        self.settle(time, weights, row_sums);
        for index in 0..self.running.len() {
            let col = self.running[index] as usize;
            row_sums[row] += self.follow(row, col, time, weights);
        }
    }

    /// Row `row` arrives: its pulse begins anew.
    #[inline]
    pub fn arrive(&mut self, time: Time, row: usize) {
        let Some(start) = self.row_start.get_mut(row) else { return };
        if *start != NEVER {
            self.square[row] += square_until(&self.row_pulse, Time::from_fs(time.fs() - *start));
        }
        *start = time.fs();
        self.state.spikes[row] += 1;
    }

    /// int V^2 dt of the pulses of a row until `time`.
    fn square_at(&self, row: usize, time: Time) -> f64 {
        let last = match self.row_start[row] {
            NEVER => 0.0,
            start => square_until(&self.row_pulse, Time::from_fs(time.fs().saturating_sub(start))),
        };
        self.square[row] + last
    }

    /// Column `col` spikes at `time`: its pulse begins anew.
    pub fn spike<R: Real>(&mut self, time: Time, col: usize, weights: &mut [R], row_sums: &mut [f64]) {
        self.settle(time, weights, row_sums);
        let rests = self.column_start[col] == NEVER;
        for (row, sum) in row_sums.iter_mut().enumerate().take(self.rows) {
            if rests {
                // Until now only the rows had pulses.
                let at = col * self.rows + row;
                let g = self.read(self.state.conductance[at]);
                self.programmed += self.square_at(row, time) * g;
                self.resting[row] -= g;
                self.until[at] = time;
            } else {
                *sum += self.follow(row, col, time, weights);
            }
        }
        if rests {
            self.running.push(col as u32);
        }
        self.column_start[col] = time.fs();
        self.state.spikes[self.rows + col] += 1;
    }

    /// The presentation ends at `time`, and every pulse with it.
    pub fn end<R: Real>(&mut self, time: Time, weights: &mut [R], row_sums: &mut [f64]) {
        self.settle(time, weights, row_sums);
        for (row, sum) in row_sums.iter_mut().enumerate().take(self.rows) {
            if self.row_start[row] != NEVER {
                self.programmed += self.square_at(row, time) * self.resting[row];
            }
            for index in 0..self.running.len() {
                let col = self.running[index] as usize;
                *sum += self.follow(row, col, time, weights);
            }
        }
    }

    /// Columns whose own pulses are over rest again. No row has begun a pulse since.
    fn settle<R: Real>(&mut self, time: Time, weights: &mut [R], row_sums: &mut [f64]) {
        if self.lobes.is_none() {
            return;
        }
        let length = self.column_pulse.end();
        let mut index = 0;
        while let Some(&col) = self.running.get(index) {
            let over = Time::from_fs(self.column_start[col as usize]).after(length);
            if over > time {
                index += 1;
                continue;
            }
            self.running.remove(index);
            self.whole(col as usize, over, weights, row_sums);
            for (row, sum) in row_sums.iter_mut().enumerate().take(self.rows) {
                *sum += self.follow(row, col as usize, over, weights);
                let g = self.read(self.state.conductance[col as usize * self.rows + row]);
                self.programmed -= self.square_at(row, over) * g;
                self.resting[row] += g;
            }
            self.column_start[col as usize] = NEVER;
        }
    }

    /// Devices of a column that have been left alone since its spike, with rows that were raised or at rest all the time, up to
    /// where its pulses are `over`.
    fn whole<R: Real>(&mut self, col: usize, over: Time, weights: &mut [R], row_sums: &mut [f64]) {
        let (Some(doses), (share, Some(lobes))) = (&self.doses, self.left) else { return };
        let began = Time::from_fs(self.column_start[col]);
        let (first, length) = (col * self.rows, self.row_pulse.end());
        let [raised, factor, joules] = &mut self.scratch;
        for row in 0..self.rows {
            let (at, start) = (first + row, self.row_start[row]);
            let ends = if start == NEVER { Time::ZERO } else { Time::from_fs(start).after(length) };
            raised[row] = if ends > began { 1.0 } else { 0.0 };
            let steady = ends <= began || ends >= over;
            let draw = PulseDraw::Keyed {
                seed: self.seed,
                entity: (row * self.cols + col) as u32,
                count: self.state.spikes[row] + self.state.spikes[self.rows + col],
            };
            let by = self.own.get(at).unwrap_or(&self.nominal).dose_factor(draw);
            let taken = steady && self.until[at] == began && !self.stuck[at] && doses.takes(at, by);
            factor[row] = if taken { by } else { 0.0 };
        }
        let before = &mut self.state.conductance[first..first + self.rows];
        let was: Vec<f64> = before.to_vec();
        crate::simd::vectorised(Column {
            doses,
            first,
            share,
            lobes,
            raised,
            factor,
            conductance: before,
            joules,
        });
        let least = self.model.endurance.unwrap_or_default().d_min;
        for row in 0..self.rows {
            if self.scratch[1][row] == 0.0 {
                continue;
            }
            let (at, dose) = (first + row, self.scratch[1][row] * share);
            self.until[at] = over;
            self.programmed += self.scratch[2][row];
            let dose =
                self.doses.as_ref().map_or(0.0, |doses| dose * doses.of(at, self.scratch[0][row] > 0.0));
            self.state.taken[at] += u64::from(dose > least);
            let (was, is) = (self.read(was[row]), self.read(self.state.conductance[at]));
            weights[row * self.stride + col] = R::from_f64((is - self.g_min) / self.slope);
            row_sums[row] += is - was;
        }
    }

    /// Brings one device of a running column to `time`; returns by how much its conductance has changed, as it is
    /// read.
    fn follow<R: Real>(&mut self, row: usize, col: usize, time: Time, weights: &mut [R]) -> f64 {
        let at = col * self.rows + row;
        let from = std::mem::replace(&mut self.until[at], time);
        if from >= time {
            return 0.0;
        }
        let start = |fs: u64| (fs != NEVER).then(|| Time::from_fs(fs));
        let starts: Starts = [start(self.row_start[row]), start(self.column_start[col])];
        let before = self.state.conductance[at];
        let taken = self.state.taken[at];
        let dead = self.stuck[at] || self.survives.get(at).is_some_and(|&survives| taken as f64 >= survives);
        let draw = (!dead).then(|| PulseDraw::Keyed {
            seed: self.seed,
            entity: (row * self.cols + col) as u32,
            count: self.state.spikes[row] + self.state.spikes[self.rows + col],
        });
        let pulses = [&self.row_pulse, &self.column_pulse];
        let passed = pass(self.device(at), pulses, starts, (from, time), before, draw);
        self.programmed += passed.energies.device;
        self.limited += passed.energies.limiter;
        let least = self.model.endurance.unwrap_or_default().d_min;
        self.state.taken[at] += u64::from(passed.dose > least);
        if passed.dose <= 0.0 {
            return 0.0;
        }
        let after = passed.g.max(self.worn(taken));
        self.state.conductance[at] = after;
        let (was, is) = (self.read(before), self.read(after));
        weights[row * self.stride + col] = R::from_f64((is - self.g_min) / self.slope);
        is - was
    }

    /// The lowest conductance a worn device can be brought to.
    fn worn(&self, taken: u64) -> f64 {
        match &self.model.endurance {
            Some(endurance) => self.model.lowest(endurance, taken),
            None => 0.0,
        }
    }

    /// Scales the weights of a column so that their sum is `target` times w_max, as far as its devices go: one
    /// programming pulse on each, as in [`super::Synapses::normalise`].
    pub fn normalise<R: Real>(
        &mut self,
        column: usize,
        sum_wanted: f64,
        weights: &mut [R],
        row_sums: &mut [f64],
    ) {
        let devices = column * self.rows..(column + 1) * self.rows;
        let sum = self.state.conductance[devices.clone()].iter().fold(0.0, |sum, g| sum + (g - self.g_min));
        if sum <= 0.0 {
            return;
        }
        let factor = sum_wanted * self.slope / sum;
        let (mut set, mut reset) = (0.0, 0.0);
        for (row, at) in devices.enumerate() {
            let before = self.state.conductance[at];
            let taken = self.state.taken[at];
            let dead =
                self.stuck[at] || self.survives.get(at).is_some_and(|&survives| taken as f64 >= survives);
            self.state.taken[at] += 1;
            let device = self.device(at);
            let (low, high) = (device.g_min.get().max(self.worn(taken)), device.g_max.get());
            let wanted = self.g_min + factor * (before - self.g_min);
            let after = if dead { before } else { wanted.min(high).max(low) };
            let mean = 0.5 * (before + after);
            if after > before {
                set += mean;
            } else {
                reset += mean;
            }
            self.state.conductance[at] = after;
            let (was, is) = (self.read(before), self.read(after));
            weights[row * self.stride + column] = R::from_f64((is - self.g_min) / self.slope);
            row_sums[row] += is - was;
        }
        self.programmed += self.model.set.energy(set) + self.model.reset.energy(reset);
    }
}

impl Differs {
    /// The device with these parameters of its own.
    fn of(self, mut device: DoseDevice) -> DoseDevice {
        let low = device.g_min.get() * self.low;
        // A range that has closed keeps a hundredth.
        let high = (device.g_max.get() * self.high).max(1.01 * low);
        device.g_min = Siemens::from_si(low).unwrap_or(device.g_min);
        device.g_max = Siemens::from_si(high).unwrap_or(device.g_max);
        for (rate, factor) in [(&mut device.set, self.plus), (&mut device.reset, self.minus)] {
            // What does not move takes forever.
            let slower = 1.0 / factor.max(1e-12);
            match rate {
                Rate::Exponential { tau, .. } => *tau = (*tau * slower).finite().unwrap_or(*tau),
                Rate::Power { k, .. } => *k = (*k / slower).finite().unwrap_or(*k),
                Rate::Pulses { width, .. } => {
                    *width = (*width * slower).finite().unwrap_or(*width);
                }
            }
        }
        device
    }
}
