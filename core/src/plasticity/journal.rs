//! Every change of a weight, for who wants to be told: what it was before an instant, what after, and what that cost.

use super::plastic::Plastic;
use crate::time::Time;

/// A weight that has changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// When; `None`: by software, between two presentations.
    pub time: Option<Time>,
    /// Number of the line: the presynaptic side.
    pub row: u32,
    /// Number of the column: the postsynaptic neuron.
    pub column: u32,
    /// The weight before, in volts.
    pub before: f64,
    /// And after.
    pub after: f64,
    /// What device and limiter spent on it; `None`: there is no device.
    pub joules: Option<f64>,
}

/// The changes since somebody asked for them.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    changes: Vec<Change>,
    /// (synapse, row, column) of what an instant may change, with weight and joules before.
    before: Vec<((usize, usize, usize), f64, f64)>,
}

impl Plastic {
    /// Keeps a journal from here on. Nothing waits then, which changes no bit.
    pub fn tell(&mut self, weights: &mut [f64]) {
        self.settle_waiting(weights);
        self.log = None;
        self.journal.get_or_insert_default();
    }

    /// Changes since this was last asked, in the order of instants, and of rows and columns within one.
    pub fn changes(&mut self) -> impl Iterator<Item = Change> {
        self.journal.iter_mut().flat_map(|journal| journal.changes.drain(..))
    }

    /// Does `act` at an instant that reaches the synapses of these rows and columns and no others.
    #[inline]
    pub(super) fn watched(
        &mut self,
        (time, rows, columns): (Option<Time>, &[u32], &[u32]),
        weights: &mut [f64],
        act: impl FnOnce(&mut Self, &mut [f64]),
    ) {
        match self.journal.take() {
            None => act(self, weights),
            Some(journal) => self.written(journal, (time, rows, columns), weights, act),
        }
    }

    #[cold]
    fn written(
        &mut self,
        mut journal: Journal,
        (time, rows, columns): (Option<Time>, &[u32], &[u32]),
        weights: &mut [f64],
        act: impl FnOnce(&mut Self, &mut [f64]),
    ) {
        let Journal { changes, before } = &mut journal;
        let layout = &self.layout;
        let mut note = |at: (usize, usize, usize)| before.push((at, weights[at.0], self.joules(at.0)));
        for &row in rows {
            layout.row(row as usize, |k, column| note((k, row as usize, column)));
        }
        for &column in columns {
            layout.column(column as usize, |k, row| note((k, row, column as usize)));
        }
        before.sort_unstable_by_key(|&((k, ..), ..)| k);
        before.dedup_by_key(|&mut ((k, ..), ..)| k);
        act(self, weights);
        for ((k, row, column), was, spent) in before.drain(..) {
            let (after, joules) = (weights[k], self.joules(k) - spent);
            if after != was || joules != 0.0 {
                let joules = self.bank.is_some().then_some(joules);
                let (row, column) = (self.layout.line(row) as u32, column as u32);
                changes.push(Change { time, row, column, before: was, after, joules });
            }
        }
        self.journal = Some(journal);
    }

    /// What the device of a synapse and its limiter have spent so far.
    fn joules(&self, weight: usize) -> f64 {
        let (devices, n) = (&self.memory.devices, self.layout.number(weight));
        devices.joules.get(n).map_or(0.0, |joules| joules + devices.limiter[n])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plasticity::{AtZero, Bounds, Dependence, Law, Layout, Pair, Pairing, Rule, Unit};
    use crate::units::Second;

    #[test]
    fn a_journal_leads_from_the_first_weights_to_the_last_and_changes_none_of_them() {
        let law = Law {
            dependence: Dependence::Multiplicative,
            unit: Unit::Weight,
            bounds: Bounds { w_min: 0.0, w_max: 1.0 },
        };
        let (tau_plus, tau_minus) = (Second::new(20e-3), Second::new(30e-3));
        let (pairing, at_zero) = (Pairing::AllToAll, AtZero::None);
        let rule =
            Rule::Pair(Pair { pairing, at_zero, a_plus: 0.1, a_minus: 0.12, tau_plus, tau_minus, law });
        let layout = Layout::Dense { rows: 3, cols: 2, stride: 4 };
        let start = [0.5, 0.4, 0.0, 0.0, 0.3, 0.2, 0.0, 0.0, 0.1, 0.6, 0.0, 0.0];
        let mut quiet = Plastic::new(rule.clone(), layout.clone(), None).unwrap();
        let mut told = Plastic::new(rule, layout, None).unwrap();
        let (mut expected, mut weights, mut followed) = (start, start, start);
        quiet.may_wait(true);
        told.may_wait(true);
        told.tell(&mut weights);
        for (k, (rows, spikes)) in
            [(&[0][..], &[][..]), (&[1, 1], &[1]), (&[2], &[0, 1]), (&[], &[0]), (&[0, 2], &[])]
                .into_iter()
                .enumerate()
        {
            let time = Time::from_fs((k as u64 + 1) * 3_000_000_000_000);
            for (plastic, weights) in [(&mut quiet, &mut expected), (&mut told, &mut weights)] {
                plastic.arrive(time, rows, weights);
                plastic.settle(time, rows, spikes, weights);
            }
            for change in told.changes() {
                assert_eq!((change.time, change.joules), (Some(time), None));
                let w = &mut followed[change.row as usize * 4 + change.column as usize];
                assert_eq!(*w, change.before);
                *w = change.after;
            }
            assert_eq!(followed, weights, "instant {k}");
        }
        quiet.settle_waiting(&mut expected);
        assert_eq!(weights, expected);
        assert_ne!(weights, start);
    }
}
