//! Learning of who tells arrivals one by one and keeps a copy of the weights, which lie column by column: a protocol that presents
//! samples.

use super::cells::{DeviceState, put};
use super::layout::Layout;
use super::memory::Memory;
use super::plastic::Plastic;
use super::rule::Rule;
use super::running::{Ground, Running};
use crate::device::electrodes::SpikePulses;
use crate::time::Time;

/// Synapses that may have been changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// All of these columns.
    pub columns: Vec<u32>,
    /// All of these rows; of an overlap those of them to columns that have a pulse ([`Plastic::pulsed`]).
    pub rows: Vec<u32>,
}

impl Reached {
    /// Nothing since now.
    pub fn clear(&mut self) {
        self.columns.clear();
        self.rows.clear();
    }
}

impl Plastic {
    /// Whether every instant has to be told as it comes, by [`Plastic::arrive`] and [`Plastic::settle`]; else arrivals may be told by
    /// [`Plastic::hear`], and spikes alone by [`Plastic::settle`].
    #[must_use]
    pub fn wants_instants(&self) -> bool {
        match (&self.rule, &self.running) {
            (Rule::Local(local), _) => !local.at_spikes_alone(),
            (Rule::Overlap(_), Some(running)) => !running.running.is_empty(),
            _ => true,
        }
    }

    /// An arrival that changes nothing by itself: see [`Plastic::wants_instants`].
    #[inline(always)]
    pub fn hear(&mut self, time: Time, row: u32) {
        match (&self.rule, &mut self.running) {
            (Rule::Local(local), _) => local.hear(&mut self.memory, time, row),
            (_, Some(running)) => running.arrive(&mut self.memory, time, row as usize),
            _ => {}
        }
    }

    /// Synapses that may have been changed since [`Reached::clear`].
    pub fn reached(&mut self) -> &mut Reached {
        &mut self.reached
    }

    /// Columns that have a pulse, of an overlap.
    #[must_use]
    pub fn pulsed(&self) -> Option<&[u32]> {
        self.running.as_ref().map(|running| &running.running[..])
    }

    /// The weight that the network has where the rule has `w`: that of the nearest level, of devices that are moved
    /// continuously and read at levels.
    #[inline]
    #[must_use]
    pub fn read(&self, w: f64) -> f64 {
        match &self.rule {
            Rule::Overlap(overlap) => overlap.read(self.bank.as_ref(), w),
            _ => w,
        }
    }

    /// Leaves a share of all steps that the rule has had at first: of its amplitudes, or of the doses of lobes, which fall for it
    /// ([`Lobes::weakened`](crate::device::electrodes::Lobes::weakened)).
    pub fn weaken(&mut self, share: f64) {
        match (&mut self.rule, &self.nominal) {
            (Rule::Pair(pair), Rule::Pair(nominal)) => {
                pair.a_plus = nominal.a_plus * share;
                pair.a_minus = nominal.a_minus * share;
            }
            (Rule::Local(local), _) => local.share = share,
            (Rule::Overlap(overlap), Rule::Overlap(nominal)) => {
                if let SpikePulses::Own(lobes) = nominal.pulses
                    && let Some(weak) = nominal.device.dose().and_then(|device| lobes.weakened(device, share))
                {
                    overlap.pulses = SpikePulses::Own(weak);
                    if let Some(running) = &mut self.running {
                        running.weaken(&overlap.pulses, share);
                    }
                }
            }
            _ => {}
        }
    }

    /// Scales the weights of a column to this sum, as far as its devices go: one more pulse on each of them, bounded, rounded to
    /// levels, wearing and paid for like any other, but without the spread from cycle to cycle (the pulse that hits what was
    /// asked for is assumed to be known).
    pub fn normalise(&mut self, column: u32, sum: f64, weights: &mut [f64]) {
        self.watched((None, &[], &[column]), weights, |plastic, weights| plastic.scale(column, sum, weights));
        self.reached.columns.push(column);
    }

    fn scale(&mut self, column: u32, wanted: f64, weights: &mut [f64]) {
        let (layout, law) = (&self.layout, self.rule.bounds());
        let mut sum = 0.0;
        layout.column(column as usize, |k, _| sum += weights[k]);
        if sum <= 0.0 {
            return;
        }
        let (factor, overlap) = (wanted / sum, matches!(self.rule, Rule::Overlap(_)));
        let Memory { devices: state, .. } = &mut self.memory;
        layout.column(column as usize, |k, row| {
            let w = &mut weights[k];
            let Some(bank) = &self.bank else {
                *w = law.clip(*w * factor);
                return;
            };
            let n = layout.number(k);
            if state.stuck[n] {
                return;
            }
            let before = self.rule.conducted(self.bank.as_ref(), *w);
            let bounds = bank.all.bounds(bank.device(n), law);
            let aim = *w * factor;
            let aim = if overlap { bounds.clip(aim) } else { bank.all.nearest(aim, bounds) };
            put(bank, state, n, w, (aim, aim > *w));
            let DeviceState { resting, .. } = state;
            if let (Some(resting), Some(before)) = (resting.get_mut(row), before) {
                *resting += self.rule.conducted(self.bank.as_ref(), *w).unwrap_or(before) - before;
            }
        });
    }

    /// Columns that an instant may change besides those it names, where somebody is told of every change.
    pub(super) fn unfollowed(&self) -> Vec<u32> {
        match (&self.journal, &self.running) {
            (Some(_), Some(running)) => running.running.clone(),
            _ => Vec::new(),
        }
    }

    /// Does `act` with the pulses that run, if they do; what rests since has been reached.
    pub(super) fn run(
        &mut self,
        weights: &mut [f64],
        act: impl FnOnce(&mut Running, &mut Ground<'_>, &mut Vec<u32>),
    ) {
        let Self { rule, running, reached, layout, bank, memory, .. } = self;
        if let (Rule::Overlap(overlap), Some(running), Layout::Columns { .. }) = (rule, running, &*layout) {
            let mut ground = Ground { overlap, layout, bank: bank.as_ref(), memory, weights };
            act(running, &mut ground, &mut reached.columns);
        }
    }
}

impl Rule {
    /// The conductance that a device under pulses is read at.
    fn conducted(&self, bank: Option<&super::cells::Bank>, w: f64) -> Option<f64> {
        let Self::Overlap(overlap) = self else { return None };
        Some(overlap.conductance(overlap.read(bank, w)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::endurance::Endurance;
    use crate::plasticity::{
        AtZero, Bounds, Dependence, Devices, Law, LocalRule as _, Pair, Pairing, PostTrace, ProgramPulse,
        Rectangular, Triplet, Unit,
    };
    use crate::units::{Second, Volt};

    const ROWS: usize = 7;
    const COLS: usize = 5;
    const W_MAX: f64 = 2e-3;

    fn law() -> Law {
        let bounds = Bounds { w_min: 0.0, w_max: W_MAX };
        Law { dependence: Dependence::Multiplicative, unit: Unit::Span, bounds }
    }

    fn rules() -> Vec<Rule> {
        let a = [("a_plus", 0.3), ("a_minus", 0.2)];
        let pair = Pair {
            pairing: Pairing::PreCentred,
            at_zero: AtZero::Ltp,
            a_plus: 0.3,
            a_minus: 0.2,
            tau_plus: Second::new(20e-3),
            tau_minus: Second::new(30e-3),
            law: law(),
        };
        vec![
            Rule::Pair(pair),
            Rule::local(Triplet::with(&a).unwrap(), law()),
            Rule::local(Rectangular::with(&[a[0], a[1], ("window", 8e-3)]).unwrap(), law()),
            Rule::local(PostTrace::with(&[a[0], ("target", 0.4)]).unwrap(), law()),
        ]
    }

    fn plain() -> Devices {
        Devices {
            seed: 3,
            projection: 2,
            siemens_per_weight: 0.05,
            base: vec![1e-8; ROWS * COLS],
            partners: 1.0,
            own: Vec::new(),
            steps: Vec::new(),
            range: [1e-8, 1e-4 + 1e-8],
            ends: Vec::new(),
            kinetics: Vec::new(),
            levels: None,
            cycle_sigma: 0.0,
            pulse: ProgramPulse { v_set: Volt::new(0.3), v_reset: Volt::new(0.2), width: Second::new(1e-3) },
            endurance: None,
            retention: None,
            stuck: Vec::new(),
        }
    }

    /// Everything that devices can have.
    fn all() -> Devices {
        let n = |n: usize| n as f64;
        Devices {
            own: (0..ROWS * COLS)
                .map(|k| Bounds { w_min: 0.0, w_max: W_MAX * (0.8 + 0.01 * n(k)) })
                .collect(),
            steps: (0..ROWS * COLS).map(|k| [0.5 + 0.02 * n(k), 1.5 - 0.02 * n(k)]).collect(),
            levels: Some(500),
            cycle_sigma: 0.3,
            endurance: Some(Endurance { n_f: 12.0, ..Endurance::default() }),
            stuck: vec![(3, 1e-3), (17, 0.0)],
            ..plain()
        }
    }

    fn tick(n: u64) -> Time {
        Time::from_fs(n * 1_000_000_000_000)
    }

    /// Rows that arrive and columns that spike, instant by instant.
    fn instants() -> Vec<(Time, Vec<u32>, Vec<u32>)> {
        let of = |n: u64, m: u64, size: u64| ((n * m + n / 3) % size) as u32;
        (1..200u64)
            .map(|n| {
                let rows = if n % 4 == 3 { vec![] } else { vec![of(n, 5, ROWS as u64)] };
                let spikes = if n % 3 == 0 { vec![of(n, 7, COLS as u64)] } else { vec![] };
                (tick(2 * n), rows, spikes)
            })
            .collect()
    }

    #[test]
    fn weights_column_by_column_learn_what_they_learn_row_by_row() {
        for rule in rules() {
            for devices in [None, Some(plain()), Some(all())] {
                let dense = Layout::Dense { rows: ROWS, cols: COLS, stride: 8 };
                let columns = Layout::Columns { rows: ROWS, cols: COLS };
                let made = |layout: &Layout| {
                    let mut plastic = Plastic::new(rule.clone(), layout.clone(), devices.clone()).unwrap();
                    let mut weights = vec![0.0; layout.weights()];
                    for row in 0..ROWS {
                        layout.row(row, |k, col| weights[k] = W_MAX * (row + 2 * col) as f64 / 20.0);
                    }
                    plastic.admit(&mut weights);
                    plastic.restart(&mut weights);
                    (plastic, weights)
                };
                let (mut one, mut w_one) = made(&dense);
                let (mut other, mut w_other) = made(&columns);
                let (mut heard, mut w_heard) = made(&columns);
                for (time, rows, spikes) in instants() {
                    for (plastic, weights) in [(&mut one, &mut w_one), (&mut other, &mut w_other)] {
                        plastic.arrive(time, &rows, weights);
                        plastic.settle(time, &rows, &spikes, weights);
                    }
                    if heard.wants_instants() {
                        heard.arrive(time, &rows, &mut w_heard);
                        heard.settle(time, &rows, &spikes, &mut w_heard);
                    } else {
                        rows.iter().for_each(|&row| heard.hear(time, row));
                        if !spikes.is_empty() {
                            heard.settle(time, &[], &spikes, &mut w_heard);
                        }
                    }
                }
                let bits = |layout: &Layout, plastic: &Plastic, weights: &[f64]| {
                    let mut found = Vec::new();
                    let state = &plastic.memory().devices;
                    for row in 0..ROWS {
                        layout.row(row, |k, _| {
                            let n = layout.number(k);
                            let spent = state.joules.get(n).map_or(0, |joules| joules.to_bits());
                            let taken = state.pulses.get(n).copied().unwrap_or(0);
                            found.push((weights[k].to_bits(), spent, taken, state.stuck.get(n).copied()));
                        });
                    }
                    found
                };
                let (name, want) = (rule.identity().0, bits(&dense, &one, &w_one));
                assert_eq!(bits(&columns, &other, &w_other), want, "{name}");
                assert_eq!(bits(&columns, &heard, &w_heard), want, "{name}, heard");
                assert!(devices.is_none() || want.iter().any(|found| found.2 > 3), "{name}");
            }
        }
    }

    /// `rows` x 1 synapses at half their range, with a rule that moves them by shares of what is left.
    fn column(rows: usize, devices: Devices) -> (Plastic, Vec<f64>) {
        let rule = Rectangular::with(&[("a_plus", 0.2), ("a_minus", 0.1), ("window", 1e-3)]).unwrap();
        let devices = Devices { base: vec![1e-8; rows], ..devices };
        let layout = Layout::Columns { rows, cols: 1 };
        let plastic = Plastic::new(Rule::local(rule, law()), layout, Some(devices)).unwrap();
        (plastic, vec![0.5 * W_MAX; rows])
    }

    #[test]
    fn steps_have_their_closed_form_and_leave_a_share_of_themselves() {
        let (mut plastic, mut weights) = column(2, plain());
        for n in 0..7 {
            plastic.hear(tick(10 * n), 0);
            plastic.settle(tick(10 * n), &[], &[0], &mut weights);
        }
        let (up, down) = (1.0 - 0.5 * 0.8f64.powi(7), 0.5 * 0.9f64.powi(7));
        assert!((weights[0] / W_MAX - up).abs() < 1e-14 && (weights[1] / W_MAX - down).abs() < 1e-14);
        assert_eq!(plastic.memory().devices.pulses, [7, 7]);
        let before = weights.clone();
        plastic.weaken(0.5);
        plastic.hear(tick(100), 0);
        plastic.settle(tick(100), &[], &[0], &mut weights);
        assert!(((weights[0] - before[0]) / (0.1 * (W_MAX - before[0])) - 1.0).abs() < 1e-12);
        assert!(((before[1] - weights[1]) / (0.05 * before[1]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn normalisation_is_made_of_pulses_like_any_other() {
        let (mut plastic, mut weights) = column(40, plain());
        plastic.normalise(0, 10.0 * W_MAX, &mut weights);
        assert!((weights.iter().sum::<f64>() / W_MAX - 10.0).abs() < 1e-12);
        // Forty RESET pulses from a half to a quarter of the range.
        let g = |w: f64| 1e-8 + 0.05 * W_MAX * w;
        let joules: f64 = plastic.memory().devices.joules.iter().sum();
        assert!((joules / (40.0 * 0.04 * 1e-3 * 0.5 * (g(0.5) + g(0.25))) - 1.0).abs() < 1e-12);
        // To the nearest level: a quarter of the range is asked for, a third is the nearest of 0, 1/3, 2/3, 1.
        let (mut plastic, mut weights) = column(40, Devices { levels: Some(4), ..plain() });
        plastic.normalise(0, 10.0 * W_MAX, &mut weights);
        assert!(weights.iter().all(|w| (w / W_MAX - 1.0 / 3.0).abs() < 1e-12));
        // Dead devices stay.
        let endurance = Some(Endurance { n_f: 1e-9, m: None, ..Endurance::default() });
        let (mut plastic, mut weights) = column(40, Devices { endurance, ..plain() });
        plastic.normalise(0, 10.0 * W_MAX, &mut weights);
        let once = weights.clone();
        plastic.normalise(0, 20.0 * W_MAX, &mut weights);
        assert_eq!(weights, once, "dead after their first pulse");
        // Worn ones no longer turn off: after half of ten pulses two of four decades are left.
        let endurance = Some(Endurance { n_f: 10.0, weibull_shape: None, ..Endurance::default() });
        let (mut plastic, mut weights) = column(40, Devices { endurance, range: [1e-8, 1e-4], ..plain() });
        for _ in 0..6 {
            plastic.normalise(0, 1e-9 * W_MAX, &mut weights);
        }
        let g = 1e-8 + 0.05 * weights[0];
        assert!((g / 1e-6 - 1.0).abs() < 1e-9, "{g}");
    }
}
