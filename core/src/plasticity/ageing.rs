//! What devices that learn lose between their updates: each comes down by the law of its decay, all the time.
//!
//! A weight that nobody touches is w_inf + (w_p - w_inf) S(t), S being the share that [`Retention::share`] leaves of what was programmed t
//! ago, w_inf the weight at g_inf, or the end of the device's own range that lies before it. Devices age at the times of a grid, cell after
//! cell, by S(t + cell)/S(t) each: which cells an instant finds passed depends on nothing but its time, so no bit
//! depends on threads, engines, or where a run is cut. Within a cell nothing is lost; a nominal device that was just
//! programmed loses 1e-3 of S in one, or 1e-2 where the law asks how long ago that was. Each column has its own place on the grid, because
//! who works on several may tell of an earlier spike of another afterwards.
//!
//! The exponential law does not ask, and a cell is one factor of each device. Others ask: a device that has had a pulse within a
//! cell counts from the beginning of that cell. What a weight is compared with (a reference, or the other device of a pair) stays as it was
//! programmed, as it does in tests at an age.

use super::cells::{Bank, DeviceState, Devices, entity};
use super::layout::Layout;
use super::memory::Memory;
use super::plastic::Plastic;
use super::rule::Rule;
use crate::device::retention::{DecayLaw, Retention};
use crate::numeric::{exp, ln};
use crate::time::Time;
use crate::units::Second;
use serde::{Deserialize, Serialize};

/// Shortest cell of the grid: what decays within a millisecond is looked at a thousand times until then.
const SHORTEST: Time = Time::from_fs(1_000_000_000);

/// Longest cell, in seconds: a part of the longest episode.
const LONGEST: f64 = 1e3;

/// What a device of a law that asks for it was programmed by, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// Pulses it has had by then.
    pulses: u64,
    /// Cells that have been passed since.
    cells: u64,
}

/// How each device of a projection, or of a share of it, decays.
#[derive(Clone, Debug)]
pub struct Ageing {
    retention: Retention,
    cell: Time,
    /// By number of the synapse, once it is wanted: where its weight ends, and what is left of the rest after a cell, or by what its
    /// lifetime differs where that depends on how long ago it was programmed.
    of: Vec<(f64, f64)>,
    /// Until when the devices of each column have been followed, where these times differ: the end of a cell that is not over.
    clocks: Vec<Time>,
}

impl Ageing {
    /// Of devices that decay; `None`: they do not.
    pub(super) fn of(devices: &Devices) -> Option<Self> {
        let retention = devices.retention?;
        Some(Self { retention, cell: cell(&retention)?, of: Vec::new(), clocks: Vec::new() })
    }

    fn draw(&mut self, rule: &Rule, bank: &Bank, synapses: usize) {
        let (devices, retention) = (&*bank.all, &self.retention);
        let seconds = self.cell.as_seconds();
        let one = |n: usize| {
            let device = bank.device(n);
            let end = match rule {
                Rule::Overlap(overlap) => overlap.weight(retention.g_inf.get()),
                _ => devices.weight(device, retention.g_inf.get()),
            };
            let lifetime = retention.lifetime(devices.seed, entity(devices.projection, device));
            let of = if remembers(retention) { lifetime } else { retention.share(seconds, lifetime) };
            (devices.bounds(device, rule.bounds()).clip(end), of)
        };
        self.of = (0..synapses).map(one).collect();
    }

    /// The devices of a column pass a cell; whether a weight has changed, or may still.
    fn pass(&self, bank: &Bank, state: &mut DeviceState, layout: &Layout, on: (usize, &mut [f64])) -> bool {
        let (mut changed, seconds) = (false, self.cell.as_seconds());
        let DeviceState { pulses, stuck, since, .. } = state;
        let worn = bank.all.endurance.is_some_and(|endurance| endurance.m.is_some());
        let (column, weights) = on;
        layout.column(column, |k, _| {
            let n = layout.number(k);
            let (end, of) = self.of[n];
            let share = match since.get_mut(n) {
                None => of,
                Some(since) => {
                    if since.pulses != pulses[n] {
                        *since = Since { pulses: pulses[n], cells: 0 };
                    }
                    let before = self.retention.share(since.cells as f64 * seconds, of);
                    since.cells += 1;
                    let after = self.retention.share(since.cells as f64 * seconds, of);
                    if before > 0.0 { after / before } else { 0.0 }
                }
            };
            let w = weights[k];
            let mut left = end + (w - end) * share;
            if worn {
                left = bank.all.above(bank.device(n), pulses[n], left).min(w.max(left));
            }
            let left = if stuck[n] { w } else { left };
            changed |= left != w;
            weights[k] = left;
        });
        changed || !since.is_empty()
    }

    /// The end of the cell after that which ends at `due`; where nothing has `changed`, of the first that is not over at `time`: what has
    /// nothing to lose has nothing to lose in the next cell either.
    fn next(&self, due: Time, changed: bool, time: Time) -> Time {
        let cell = self.cell.fs();
        let cells = if changed { 1 } else { (time.fs() - due.fs()) / cell + 1 };
        Time::from_fs(due.fs().saturating_add(cells.saturating_mul(cell)))
    }
}

/// Whether a law asks how long ago a device was programmed.
fn remembers(retention: &Retention) -> bool {
    !matches!(retention.law, DecayLaw::Exponential { b, .. } if b == 1.0)
}

/// A cell of the grid; `None`: nothing decays.
fn cell(retention: &Retention) -> Option<Time> {
    let seconds = match retention.law {
        DecayLaw::Perfect => return None,
        DecayLaw::Exponential { tau, b: 1.0 } => 1e-3 * tau.get(),
        DecayLaw::Exponential { tau, b } => tau.get() * exp(ln(1e-2) / b),
        DecayLaw::PowerLaw { t0, nu } => t0.get() * (exp(1e-2 / nu) - 1.0),
    };
    Some(Time::nearest(Second::of(seconds.min(LONGEST))).map_or(SHORTEST, |cell| cell.max(SHORTEST)))
}

impl Memory {
    /// The age of devices that have just been programmed.
    pub(super) fn age_from(&mut self, ageing: Option<&Ageing>) {
        self.due = ageing.map_or(Time::MAX, |ageing| ageing.cell);
        if ageing.is_some_and(|ageing| remembers(&ageing.retention)) {
            self.devices.since = vec![Since::default(); self.devices.pulses.len()];
        }
    }
}

impl Plastic {
    /// When devices age next, in the time of the episode; [`Time::MAX`]: they do not.
    #[inline(always)]
    #[must_use]
    pub fn ages_at(&self) -> Time {
        self.memory.due
    }

    /// All devices are as old as they are at `time`, before which nothing happens any more.
    #[inline(always)]
    pub fn age(&mut self, time: Time, weights: &mut [f64]) {
        if time >= self.memory.due {
            let columns = 0..self.layout.cols() as u32;
            self.pass_cells(time, &columns.collect::<Vec<_>>(), weights);
        }
    }

    /// Those of some rows and columns are: others may hear later of what was before.
    #[inline(always)]
    pub(super) fn age_some(&mut self, time: Time, (rows, columns): (&[u32], &[u32]), weights: &mut [f64]) {
        if time >= self.memory.due {
            self.age_reached(time, (rows, columns), weights);
        }
    }

    #[cold]
    fn age_reached(&mut self, time: Time, (rows, columns): (&[u32], &[u32]), weights: &mut [f64]) {
        let mut reached = columns.to_vec();
        for &row in rows {
            self.layout.row(row as usize, |_, column| reached.push(column as u32));
        }
        reached.sort_unstable();
        reached.dedup();
        self.pass_cells(time, &reached, weights);
    }

    /// Devices of these columns pass all cells that are over at `time`.
    #[cold]
    fn pass_cells(&mut self, time: Time, columns: &[u32], weights: &mut [f64]) {
        let (Some(mut ageing), Some(bank)) = (self.ageing.take(), &self.bank) else { return };
        if ageing.of.is_empty() {
            ageing.draw(&self.rule, bank, self.memory.devices.pulses.len());
        }
        let mut clocks = std::mem::take(&mut ageing.clocks);
        clocks.resize(self.layout.cols(), self.memory.due);
        let first = |clocks: &[Time]| columns.iter().map(|&column| clocks[column as usize]).min();
        while let Some(due) = first(&clocks).filter(|&due| due <= time && due < Time::MAX) {
            self.watched((Some(due), &[], columns), weights, |plastic, weights| {
                let Self { memory, layout, bank: Some(bank), .. } = plastic else { return };
                for column in columns.iter().map(|&column| column as usize) {
                    if clocks[column] == due {
                        let changed = ageing.pass(bank, &mut memory.devices, layout, (column, weights));
                        clocks[column] = ageing.next(due, changed, time);
                    }
                }
            });
        }
        if columns.len() == clocks.len() {
            self.memory.due = first(&clocks).unwrap_or(Time::MAX);
        } else {
            ageing.clocks = clocks;
        }
        self.ageing = Some(ageing);
        if let Layout::Columns { .. } = self.layout {
            self.reached.columns.extend_from_slice(columns);
            self.run(weights, |running, ground, _| running.aged(ground));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::endurance::Endurance;
    use crate::plasticity::{Bounds, Dependence, Law, LocalRule as _, ProgramPulse, Rectangular, Unit};
    use crate::units::{Siemens, Volt};

    const W_MAX: f64 = 2e-3;
    const COLS: usize = 40;

    /// Conductances from 1e-6 to 1e-4 S for weights from 0 to `W_MAX`, which decay to g_inf.
    fn devices(law: DecayLaw, g_inf: f64, lifetime_sigma: f64) -> Devices {
        Devices {
            seed: 5,
            projection: 1,
            siemens_per_weight: 99e-6 / W_MAX,
            base: vec![1e-6; COLS],
            partners: 1.0,
            own: Vec::new(),
            steps: Vec::new(),
            range: [1e-6, 1e-4],
            ends: Vec::new(),
            kinetics: Vec::new(),
            levels: None,
            cycle_sigma: 0.0,
            pulse: ProgramPulse { v_set: Volt::new(0.3), v_reset: Volt::new(0.2), width: Second::new(1e-3) },
            endurance: None,
            retention: Some(Retention { law, g_inf: Siemens::new(g_inf), lifetime_sigma }),
            stuck: Vec::new(),
        }
    }

    fn exponential(tau: f64, b: f64) -> DecayLaw {
        DecayLaw::Exponential { tau: Second::new(tau), b }
    }

    /// One row to forty columns.
    fn made(devices: Devices) -> (Plastic, Vec<f64>) {
        let bounds = Bounds { w_min: 0.0, w_max: W_MAX };
        let law = Law { dependence: Dependence::Multiplicative, unit: Unit::Span, bounds };
        let rule = Rectangular::with(&[("a_plus", 0.2), ("a_minus", 0.1), ("window", 1e-3)]).unwrap();
        let layout = Layout::Columns { rows: 1, cols: COLS };
        let plastic = Plastic::new(Rule::local(rule, law), layout, Some(devices)).unwrap();
        (plastic, (0..COLS).map(|k| W_MAX * k as f64 / COLS as f64).collect())
    }

    fn at(seconds: f64) -> Time {
        Time::from_seconds(Second::new(seconds)).unwrap()
    }

    /// Conductances.
    fn siemens(weights: &[f64]) -> Vec<f64> {
        weights.iter().map(|w| 1e-6 + 99e-6 / W_MAX * w).collect()
    }

    #[test]
    fn each_device_comes_down_by_the_law_with_its_own_lifetime() {
        for (law, cells) in [
            (exponential(100.0, 1.0), 400),
            (exponential(100.0, 0.5), 300),
            (exponential(100.0, 1.7), 40),
            (DecayLaw::PowerLaw { t0: Second::new(10.0), nu: 0.1 }, 70),
        ] {
            let devices = devices(law, 2e-6, 0.5);
            let retention = devices.retention.unwrap();
            let (mut plastic, mut weights) = made(devices);
            let before = siemens(&weights);
            let cell = plastic.ages_at();
            let time = Time::from_fs(cells * cell.fs());
            plastic.finish(&mut weights, time);
            for (n, (&g, &now)) in before.iter().zip(&siemens(&weights)).enumerate() {
                let lifetime = retention.lifetime(5, entity(1, n));
                // What is below rises to g_inf.
                let want = retention.conductance(g, time.as_seconds(), lifetime);
                assert!((now / want - 1.0).abs() < 1e-11, "{law:?}, device {n}: {now} for {want}");
                assert!((now - g).abs() > 1e-3 * (g - 2e-6).abs(), "{law:?}, device {n}");
            }
            // Within a cell nothing is lost, and of the nominal device a hundredth at most in the next.
            let loss = 1.0 - retention.share(cell.as_seconds(), 1.0);
            assert!(loss < 1e-2 && loss > 9.9e-4, "{law:?}: {loss}");
            let held = weights.clone();
            plastic.finish(&mut weights, Time::from_fs((cells + 1) * cell.fs() - 1));
            assert_eq!(weights, held);
            plastic.finish(&mut weights, Time::from_fs((cells + 1) * cell.fs()));
            assert_ne!(weights, held);
        }
    }

    #[test]
    fn what_is_programmed_counts_from_then() {
        let law = exponential(100.0, 0.5);
        let retention = devices(law, 1e-6, 0.0).retention.unwrap();
        let (mut plastic, mut weights) = made(devices(law, 1e-6, 0.0));
        let cell = plastic.ages_at().as_seconds();
        assert!((cell - 1e-2).abs() < 1e-12, "(1e-2)^(1/b) tau: {cell}");
        // A spike of column 30 after 25 cells takes 0.1 of its weight; column 20 is left alone.
        let now = at(25.0 * cell);
        plastic.settle(now, &[], &[30], &mut weights);
        let share = |cells: f64| retention.share(cells * cell, 1.0);
        assert!((weights[30] / (0.9 * 0.75 * W_MAX * share(25.0)) - 1.0).abs() < 1e-12);
        plastic.finish(&mut weights, at(75.0 * cell));
        assert!((weights[30] / (0.9 * 0.75 * W_MAX * share(25.0) * share(50.0)) - 1.0).abs() < 1e-12);
        assert!((weights[20] / (0.5 * W_MAX * share(75.0)) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn time_goes_on_from_one_episode_to_the_next() {
        let new = || made(devices(exponential(100.0, 1.0), 1e-6, 0.5));
        let ((mut one, mut w_one), (mut many, mut w_many)) = (new(), new());
        one.finish(&mut w_one, at(1.33));
        // Nineteen of 0.07 s, shorter than a cell of 0.1 s.
        for _ in 0..19 {
            many.restart(&mut w_many);
            many.finish(&mut w_many, at(0.07));
        }
        assert_eq!(w_many, w_one);
        assert!((w_one[39] / W_MAX - 0.975 * (1.0f64 - 0.013)).abs() < 0.02);
        // The next cell begins 1.3 s after the first.
        many.restart(&mut w_many);
        assert_eq!(many.ages_at(), at(0.07));
    }

    #[test]
    fn what_is_stuck_or_worn_stays_and_what_has_nothing_left_costs_nothing() {
        let law = exponential(1.0, 1.0);
        let (mut plastic, mut weights) =
            made(Devices { stuck: vec![(7, 1e-3), (9, 0.0)], ..devices(law, 1e-6, 0.0) });
        plastic.admit(&mut weights);
        // An hour and a quarter, of which all is lost after some minutes.
        let hours = Time::from_fs(u64::MAX / 4);
        plastic.finish(&mut weights, hours);
        assert_eq!(weights[7], 1e-3);
        assert!(weights.iter().enumerate().all(|(n, &w)| n == 7 || w.abs() < 1e-300), "{weights:?}");
        let next = plastic.ages_at();
        assert!(next > hours && next <= hours.after(at(1e-3)), "{next:?} after {hours:?}");
        plastic.finish(&mut weights, Time::MAX);
        // A range of two decades, of which half is closed: down to 1e-5 S.
        let endurance =
            Some(Endurance { n_f: 10.0, m: Some(1.0), weibull_shape: None, ..Endurance::default() });
        let (mut plastic, mut weights) = made(Devices { endurance, ..devices(law, 1e-6, 0.0) });
        for k in 0..5 {
            plastic.settle(at(1e-5 * f64::from(k)), &[], &[39], &mut weights);
        }
        plastic.finish(&mut weights, at(100.0));
        let g = siemens(&weights);
        assert!((g[39] / 1e-5 - 1.0).abs() < 1e-9 && (g[38] / 1e-6 - 1.0).abs() < 1e-9, "{g:?}");
    }

    #[test]
    fn columns_that_are_told_of_out_of_order_have_the_bits_of_those_that_are_not() {
        for b in [1.0, 0.6] {
            let new = || made(devices(exponential(10.0, b), 1e-6, 0.5));
            let ((mut one, mut w_one), (mut other, mut w_other)) = (new(), new());
            let spikes = [(0.2, 30), (1.3, 20), (1.3, 10), (2.4, 30), (3.1, 5)];
            for (time, column) in spikes {
                one.age(at(time), &mut w_one);
                one.settle(at(time), &[], &[column], &mut w_one);
            }
            for index in [2, 0, 3, 1, 4] {
                let (time, column) = spikes[index];
                other.settle(at(time), &[], &[column], &mut w_other);
            }
            let (fresh, aged) = (W_MAX * 8.0 / 40.0, w_other[8]);
            assert_eq!(aged, fresh, "nobody has asked for it");
            one.finish(&mut w_one, at(3.5));
            other.finish(&mut w_other, at(3.5));
            assert_eq!(w_other, w_one);
            assert!(w_one[8] < 0.99 * fresh && one.ages_at() == other.ages_at());
            assert_eq!(one.memory(), other.memory());
        }
    }

    #[test]
    fn a_journal_tells_what_was_lost_and_when() {
        let (mut plastic, mut weights) = made(devices(exponential(100.0, 1.0), 1e-6, 0.0));
        plastic.tell(&mut weights);
        plastic.age(at(0.25), &mut weights);
        plastic.settle(at(0.25), &[], &[39], &mut weights);
        let changes: Vec<_> = plastic.changes().collect();
        // Two cells of 39 devices that have something, and a spike.
        assert_eq!(changes.len(), 2 * 39 + 1);
        assert_eq!((changes[0].time, changes[0].column, changes[0].joules), (Some(at(0.1)), 1, Some(0.0)));
        assert_eq!((changes[77].time, changes[77].column), (Some(at(0.2)), 39));
        assert_eq!((changes[78].time, changes[78].before), (Some(at(0.25)), changes[77].after));
        assert!((changes[77].after / changes[77].before - (-1e-3f64).exp()).abs() < 1e-12);
    }
}
