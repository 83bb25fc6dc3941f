//! The learning of one projection: what an instant of its arrivals and spikes does to its weights.

use super::ageing::Ageing;
use super::cells::{Bank, Cells, Devices, Ideal, Real};
use super::dependence::{Bounds, Gain, Loop, with_gain};
use super::journal::Journal;
use super::layout::Layout;
use super::local::{Now, Place};
use super::memory::Memory;
use super::overlap::Overlap;
use super::pair::{Log, Pair, Pairing, catch_up, depress_row};
use super::rule::{Rule, RuleError};
use super::running::Running;
use super::singly::Reached;
use crate::time::Time;

/// One projection's rule, its devices and its memory.
#[derive(Clone, Debug)]
pub struct Plastic {
    pub(super) rule: Rule,
    /// Before anything was left of its steps: see [`Plastic::weaken`].
    pub(super) nominal: Rule,
    /// Pulses where only columns with one are followed.
    pub(super) running: Option<Box<Running>>,
    /// What has been reached since somebody asked, where weights lie column by column.
    pub(super) reached: Reached,
    pub(super) layout: Layout,
    pub(super) bank: Option<Bank>,
    pub(super) ageing: Option<Ageing>,
    pub(super) memory: Memory,
    /// Potentiation that waits; `None`: nothing does.
    pub(super) log: Option<Log>,
    /// Changes for who wants to be told; `None`: nobody does.
    pub(super) journal: Option<Journal>,
}

/// Why a memory cannot be continued with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// It does not belong here.
    #[error("it is that of another rule, or of a projection of another size")]
    Other,
    /// Its spikes are later than the state.
    #[error("it remembers spikes of the future")]
    Future,
}

impl Plastic {
    /// At the start of a run.
    ///
    /// # Errors
    /// All faults of the rule.
    pub fn new(rule: Rule, layout: Layout, devices: Option<Devices>) -> Result<Self, Vec<RuleError>> {
        let faults = rule.faults();
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut memory = Memory::new(&rule, &layout, devices.is_some());
        let bank = devices.map(|devices| Bank::new(devices, &layout));
        if let Some(bank) = &bank {
            let stuck = |n| bank.all.stuck.binary_search_by_key(&bank.device(n), |stuck| stuck.0).is_ok();
            memory.devices.stuck.iter_mut().enumerate().for_each(|(n, is)| *is = stuck(n));
        }
        let ageing = bank.as_ref().and_then(|bank| Ageing::of(&bank.all));
        memory.age_from(ageing.as_ref());
        let running = match &rule {
            Rule::Overlap(overlap) => Running::new(overlap, &layout, bank.as_ref()).map(Box::new),
            _ => None,
        };
        let (nominal, reached) = (rule.clone(), Reached::default());
        Ok(Self { rule, nominal, running, reached, layout, bank, ageing, memory, log: None, journal: None })
    }

    /// Lets potentiation wait where the rule and the layout allow it. It changes no bit.
    pub fn may_wait(&mut self, wait: bool) {
        let can = match &self.rule {
            Rule::Pair(pair) => pair.can_wait(),
            _ => false,
        };
        let dense = matches!(self.layout, Layout::Dense { .. });
        let wait = wait && can && dense && self.bank.is_none();
        self.log = wait.then(|| Log::new(self.layout.rows()));
    }

    /// Makes weights such as this projection can have: within their bounds, stuck devices where they are.
    /// Returns how many had to be moved.
    pub fn admit(&self, weights: &mut [f64]) -> usize {
        let mut moved = 0;
        let law = self.rule.bounds();
        for row in 0..self.layout.rows() {
            self.layout.row(row, |k, _| {
                let n = self.layout.number(k);
                let device = self.bank.as_ref().map(|bank| (&*bank.all, bank.device(n)));
                let bounds = device.map_or(law, |(devices, device)| devices.bounds(device, law));
                let inside = bounds.clip(weights[k]);
                moved += usize::from(inside != weights[k]);
                let stuck = |(devices, device): (&Devices, usize)| {
                    let at = devices.stuck.binary_search_by_key(&device, |stuck| stuck.0).ok()?;
                    Some(devices.stuck[at].1)
                };
                weights[k] = device.and_then(stuck).unwrap_or(inside);
            });
        }
        moved
    }

    /// An episode begins where the last one ended: what is remembered of spikes is forgotten, what devices are stays.
    pub fn restart(&mut self, weights: &mut [f64]) {
        self.settle_waiting(weights);
        if self.ageing.is_some() {
            self.memory.due = Time::from_fs(self.memory.due.fs().saturating_sub(self.memory.now.fs()));
        }
        self.memory.restart(&self.layout);
        self.run(weights, |running, ground, _| running.restart(ground));
    }

    /// The rule.
    #[must_use]
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Which synapses there are.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The devices behind the weights, if there are any.
    #[must_use]
    pub fn devices(&self) -> Option<&Devices> {
        self.bank.as_ref().map(|bank| &*bank.all)
    }

    /// What is remembered. Complete after [`Plastic::settle_waiting`].
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Goes on from a memory.
    ///
    /// # Errors
    /// If it is not one of this rule on this projection at `now`.
    pub fn resume(&mut self, memory: Memory, now: Time) -> Result<(), MemoryError> {
        if !memory.fits(&self.memory) {
            return Err(MemoryError::Other);
        }
        if !memory.is_before(now) {
            return Err(MemoryError::Future);
        }
        self.memory = memory;
        // What waited belongs to weights that are no more.
        if let Some(log) = &mut self.log {
            *log = Log::new(self.layout.rows());
        }
        Ok(())
    }

    /// Arrivals of an instant, with repeats, before they are delivered: depression by strictly earlier spikes.
    pub fn arrive(&mut self, time: Time, rows: &[u32], weights: &mut [f64]) {
        self.age_some(time, (rows, &[]), weights);
        if self.journal.is_none() {
            return self.depress(time, rows, weights);
        }
        let others = self.unfollowed();
        self.watched((Some(time), rows, &others), weights, |plastic, weights| {
            plastic.depress(time, rows, weights);
        });
    }

    fn depress(&mut self, time: Time, rows: &[u32], weights: &mut [f64]) {
        self.bring_traces(time, weights);
        for &row in rows {
            self.memory.pre_updates += self.layout.fan_out(row as usize) as u64;
        }
        let dense = match (&self.rule, &self.layout, &self.bank) {
            (Rule::Pair(pair), Layout::Dense { cols, stride, .. }, None)
                if pair.pairing != Pairing::Restricted =>
            {
                Some((*pair, *cols, *stride))
            }
            _ => None,
        };
        if let Some((pair, cols, stride)) = dense {
            let memory = &self.memory;
            let work =
                DenseArrival { pair: &pair, memory, log: &mut self.log, cols, stride, weights, time, rows };
            with_gain(pair.law.dependence, pair.law.unit, pair.law.bounds, work);
            return;
        }
        let now = Now { time, rows, spikes: &[] };
        match &self.rule {
            Rule::Pair(pair) => self.pass(*pair, Stage::Before, now, weights),
            Rule::Local(local) => {
                let (layout, bank, memory) = (&self.layout, self.bank.as_ref(), &mut self.memory);
                local.arrive(&mut Place { layout, bank, memory, weights }, now);
            }
            Rule::Overlap(_) if self.running.is_some() => {
                self.run(weights, |running, ground, over| {
                    rows.iter().for_each(|&row| running.before(ground, time, row as usize, over));
                });
            }
            Rule::Overlap(overlap) => {
                for &row in rows {
                    let (memory, bank) = (&mut self.memory, self.bank.as_ref());
                    overlap.follow_row(memory, bank, &self.layout, weights, row as usize, time);
                }
            }
        }
        if let Layout::Columns { .. } = self.layout {
            // Who has them column by column books reads by rows.
            self.reached.rows.extend_from_slice(rows);
        } else if self.bank.is_some() {
            let read = &mut self.memory.devices.read;
            rows.iter().for_each(|&row| self.layout.row(row as usize, |k, col| read[col] += weights[k]));
        }
    }

    /// The rest of an instant, after the threshold test: potentiation, pairs at dt = 0, marks. `spikes` are
    /// those of the target population.
    pub fn settle(&mut self, time: Time, rows: &[u32], spikes: &[u32], weights: &mut [f64]) {
        self.age_some(time, (rows, spikes), weights);
        if self.journal.is_none() {
            return self.potentiate(time, rows, spikes, weights);
        }
        // A row alone leaves its mark and changes nothing.
        let reached = if spikes.is_empty() { &[] } else { rows };
        let mut columns = self.unfollowed();
        columns.extend_from_slice(spikes);
        self.watched((Some(time), reached, &columns), weights, |plastic, weights| {
            plastic.potentiate(time, rows, spikes, weights);
        });
    }

    fn potentiate(&mut self, time: Time, rows: &[u32], spikes: &[u32], weights: &mut [f64]) {
        self.bring_traces(time, weights);
        for &col in spikes {
            self.memory.post_updates += self.layout.fan_in(col as usize) as u64;
        }
        let now = Now { time, rows, spikes };
        match (&self.rule, &mut self.log) {
            (Rule::Pair(pair), Some(log)) => {
                let pair = *pair;
                if !spikes.is_empty() {
                    let c = pair.a_plus * pair.law.scale() * self.memory.traces[0].factor(time);
                    log.posts.extend(spikes.iter().map(|&col| (col, c)));
                    // Rows that arrive now are looked at now: their own marks come after.
                    for &row in rows {
                        self.look(row as usize, weights);
                    }
                    self.pass(pair, Stage::Coincide, now, weights);
                }
                pair.mark(&mut self.memory, &self.layout, time, rows, spikes);
                if self.log.as_ref().is_some_and(Log::full) {
                    self.settle_waiting(weights);
                }
            }
            (Rule::Overlap(_), _) if self.running.is_some() => {
                self.run(weights, |running, ground, over| {
                    for &col in spikes {
                        running.bring(ground, time, col as usize, over);
                    }
                    rows.iter().for_each(|&row| running.arrive(ground.memory, time, row as usize));
                    spikes.iter().for_each(|&col| running.spike(ground, time, col as usize, over));
                });
            }
            (Rule::Overlap(overlap), _) => {
                for &col in spikes {
                    let (memory, bank) = (&mut self.memory, self.bank.as_ref());
                    overlap.follow_column(memory, bank, &self.layout, weights, col as usize, time);
                }
                Overlap::mark(&mut self.memory, rows, spikes, time);
            }
            (Rule::Local(local), _) => {
                let (layout, bank, memory) = (&self.layout, self.bank.as_ref(), &mut self.memory);
                local.settle(&mut Place { layout, bank, memory, weights }, now);
            }
            (Rule::Pair(pair), None) => self.pass(*pair, Stage::After, now, weights),
        }
        if let Layout::Columns { .. } = self.layout {
            self.reached.columns.extend_from_slice(spikes);
        }
    }

    /// Brings the traces and the age of devices to `time`, which changes no bit of what comes.
    pub fn bring(&mut self, time: Time, weights: &mut [f64]) {
        self.age(time, weights);
        self.bring_traces(time, weights);
    }

    fn bring_traces(&mut self, time: Time, weights: &mut [f64]) {
        if self.memory.traces.iter().any(|trace| trace.is_behind(time)) {
            self.settle_waiting(weights);
            self.memory.traces.iter_mut().for_each(|trace| trace.bring(time));
        }
        self.memory.now = time;
    }

    /// Applies what waits: the weights are current then. It changes no bit of what comes.
    pub fn settle_waiting(&mut self, weights: &mut [f64]) {
        if self.log.as_ref().is_none_or(|log| log.posts.is_empty()) {
            return;
        }
        for row in 0..self.layout.rows() {
            self.look(row, weights);
        }
        if let Some(log) = &mut self.log {
            log.posts.clear();
            log.seen.fill(0);
        }
    }

    /// Follows every device to `end`, where the run ends.
    pub fn finish(&mut self, weights: &mut [f64], end: Time) {
        self.bring(end, weights);
        self.settle_waiting(weights);
        let others = self.unfollowed();
        self.watched((Some(end), &[], &others), weights, |plastic, weights| {
            plastic.run(weights, |running, ground, over| running.end(ground, end, over));
        });
        let each = matches!(self.rule, Rule::Overlap(_)) && self.running.is_none();
        let rows = if each { self.layout.rows() as u32 } else { 0 };
        for row in 0..rows {
            self.watched((Some(end), &[row], &[]), weights, |plastic, weights| {
                let Rule::Overlap(overlap) = &plastic.rule else { return };
                let (memory, bank) = (&mut plastic.memory, plastic.bank.as_ref());
                overlap.follow_row(memory, bank, &plastic.layout, weights, row as usize, end);
            });
        }
    }

    /// Applies what waits for one row.
    fn look(&mut self, row: usize, weights: &mut [f64]) {
        let (Rule::Pair(pair), Layout::Dense { cols, stride, .. }, Some(log)) =
            (&self.rule, &self.layout, &mut self.log)
        else {
            return;
        };
        let seen = std::mem::replace(&mut log.seen[row], log.posts.len() as u32) as usize;
        let posts = &log.posts[seen..];
        let weights = &mut weights[row * stride..row * stride + cols];
        let x = self.memory.traces[0].values()[row];
        let law = pair.law;
        with_gain(law.dependence, law.unit, law.bounds, Look { weights, posts, x, bounds: law.bounds });
    }

    /// A stage of an instant of pairs, at once.
    fn pass(&mut self, pair: Pair, stage: Stage, now: Now<'_>, weights: &mut [f64]) {
        let (law, layout) = (pair.law, &self.layout);
        match &self.bank {
            None => {
                let memory = &mut self.memory;
                let work = Pass { pair, stage, layout, memory, now, weights };
                with_gain(law.dependence, law.unit, law.bounds, work);
            }
            Some(bank) => {
                let mut state = std::mem::take(&mut self.memory.devices);
                let mut cells = Real { bank, state: &mut state, layout, law };
                let memory = &mut self.memory;
                Pass { pair, stage, layout, memory, now, weights }.through(&mut cells);
                self.memory.devices = state;
            }
        }
    }
}

/// Parts of an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Before delivery.
    Before,
    /// After the test.
    After,
    /// Only the pairs at dt = 0.
    Coincide,
}

struct Pass<'a> {
    pair: Pair,
    stage: Stage,
    layout: &'a Layout,
    memory: &'a mut Memory,
    now: Now<'a>,
    weights: &'a mut [f64],
}

impl Loop for Pass<'_> {
    type Output = ();

    fn run<G: Gain>(self, gain: G) {
        let bounds = self.pair.law.bounds;
        self.through(&mut Ideal { gain, bounds });
    }
}

impl Pass<'_> {
    fn through<C: Cells>(self, cells: &mut C) {
        let Self { pair, stage, layout, memory, now: Now { time, rows, spikes }, weights } = self;
        match stage {
            Stage::Before => {
                rows.iter().for_each(|&row| pair.depress(memory, cells, layout, weights, time, row as usize));
            }
            Stage::Coincide => pair.coincide(cells, layout, weights, rows, spikes),
            Stage::After => {
                spikes
                    .iter()
                    .for_each(|&col| pair.potentiate(memory, cells, layout, weights, time, col as usize));
                pair.coincide(cells, layout, weights, rows, spikes);
                pair.mark(memory, layout, time, rows, spikes);
            }
        }
    }
}

/// Arrivals of dense rows of ideal weights.
struct DenseArrival<'a> {
    pair: &'a Pair,
    memory: &'a Memory,
    log: &'a mut Option<Log>,
    cols: usize,
    stride: usize,
    weights: &'a mut [f64],
    time: Time,
    rows: &'a [u32],
}

impl Loop for DenseArrival<'_> {
    type Output = ();

    fn run<G: Gain>(self, gain: G) {
        let Self { pair, memory, log, cols, stride, weights, time, rows } = self;
        let cells = Ideal { gain, bounds: pair.law.bounds };
        let post = &memory.traces[1];
        let c = pair.a_minus * pair.law.scale() * post.factor(time);
        for &row in rows {
            let row = row as usize;
            let weights = &mut weights[row * stride..row * stride + cols];
            if let Some(log) = log {
                let seen = std::mem::replace(&mut log.seen[row], log.posts.len() as u32) as usize;
                catch_up(&cells, weights, memory.traces[0].values()[row], &log.posts[seen..]);
            }
            depress_row(weights, post.values(), c, &cells);
        }
    }
}

/// Applies what waits for one row.
struct Look<'a> {
    weights: &'a mut [f64],
    posts: &'a [(u32, f64)],
    x: f64,
    bounds: Bounds,
}

impl Loop for Look<'_> {
    type Output = ();

    fn run<G: Gain>(self, gain: G) {
        catch_up(&Ideal { gain, bounds: self.bounds }, self.weights, self.x, self.posts);
    }
}
