//! Some columns of a projection that learns, as a projection of their own: what one thread works on.
//!
//! A column's synapses are changed by its spikes and by arrivals of their rows, and by nothing else. So a share that is told
//! all arrivals and the spikes of its columns does to its synapses what the whole projection would do, with the same
//! bits; traces of rows are the same in every share.

use super::ageing::Ageing;
use super::cells::Bank;
use super::layout::Layout;
use super::memory::Memory;
use super::pair::Log;
use super::plastic::Plastic;
use super::singly::Reached;
use std::ops::Range;

/// Consecutive entries of a list, and where they go in another.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    from: usize,
    to: usize,
    count: usize,
}

/// Where the entries of one projection lie in another that has some of its columns, or the other way round.
#[derive(Clone, Debug)]
pub struct Spans {
    pub rows: Vec<Span>,
    pub columns: Vec<Span>,
    /// Row by row, by place among the weights.
    pub weights: Vec<Span>,
    /// The same, by number of the synapse.
    synapses: Vec<Span>,
}

/// Copies spans of a list, of which each entry has `each` values; an empty list stays so.
pub fn copy<T: Copy>(from: &[T], to: &mut [T], spans: &[Span], each: usize) {
    if from.is_empty() || to.is_empty() {
        return;
    }
    for span in spans {
        let range = |start: usize| start * each..(start + span.count) * each;
        to[range(span.to)].copy_from_slice(&from[range(span.from)]);
    }
}

impl Spans {
    /// From a projection to a share of it that begins at column `first`.
    fn of(whole: &Layout, share: &Layout, first: usize) -> Self {
        let span = |from, to, count| Span { from, to, count };
        let (mut weights, mut synapses) = (Vec::new(), Vec::new());
        if let Layout::Columns { rows, cols } = share {
            weights.push(span(first * rows, 0, rows * cols));
            synapses.clone_from(&weights);
        }
        let by_line = if weights.is_empty() { share.lines() } else { 0 };
        for line in 0..by_line {
            let count = share.of_line(line);
            if count > 0 {
                let (from, to) = (whole.stretch(line, first), share.stretch(line, 0));
                weights.push(span(from, to, count));
                synapses.push(span(whole.number(from), share.number(to), count));
            }
        }
        let columns = vec![span(first, 0, share.cols())];
        // Synapses that are rows each are those of their columns alone.
        let apart = matches!(share, Layout::Singles { .. });
        let rows = if apart { weights.clone() } else { vec![span(0, 0, share.rows())] };
        Self { rows, columns, weights, synapses }
    }

    /// The other way round.
    fn back(mut self) -> Self {
        let all = [&mut self.rows, &mut self.columns, &mut self.weights, &mut self.synapses];
        for Span { from, to, .. } in all.into_iter().flatten() {
            std::mem::swap(from, to);
        }
        self
    }
}

impl Layout {
    /// Some of the columns: of every row the synapses that end there.
    fn share(&self, columns: &Range<usize>) -> Self {
        if let Self::Dense { rows, .. } = self {
            return Self::Dense { rows: *rows, cols: columns.len(), stride: columns.len() };
        }
        if let Self::Columns { rows, .. } = self {
            return Self::Columns { rows: *rows, cols: columns.len() };
        }
        let (mut start, mut targets, mut whole) = (vec![0], Vec::new(), Vec::new());
        for line in 0..self.lines() {
            match self {
                Self::Sparse { targets: all, .. } | Self::Singles { targets: all, .. } => {
                    let range = self.stretch(line, columns.start)..self.stretch(line, columns.end);
                    whole.push(range.start);
                    targets.extend(all[range].iter().map(|&col| col - columns.start as u32));
                }
                _ if columns.contains(&line) => targets.push((line - columns.start) as u32),
                _ => {}
            }
            start.push(targets.len());
        }
        match self {
            Self::Singles { .. } => Self::singles(start, targets, columns.len(), whole),
            _ => Self::sparse(&start, &targets, columns.len()),
        }
    }

    /// Where the synapses of a line to the columns from `col` on begin among the weights.
    fn stretch(&self, line: usize, col: usize) -> usize {
        match self {
            Self::Dense { stride, .. } => line * stride + col,
            Self::Columns { rows, .. } => col * rows + line,
            Self::OneToOne { .. } => line,
            Self::Sparse { start, targets, .. } | Self::Singles { start, targets, .. } => {
                let all = &targets[start[line]..start[line + 1]];
                start[line] + all.partition_point(|&target| (target as usize) < col)
            }
        }
    }
}

impl Plastic {
    /// Some of the columns as a projection of their own, of which nothing is known yet: see [`Plastic::take_over`].
    #[must_use]
    pub fn share(&self, columns: Range<u32>) -> Self {
        let columns = columns.start as usize..columns.end as usize;
        let layout = self.layout.share(&columns);
        let bank = self.bank.as_ref().map(|bank| {
            let spans = Spans::of(&self.layout, &layout, columns.start).synapses;
            let devices = spans.iter().flat_map(|span| span.from..span.from + span.count);
            let of = devices.map(|device| bank.device(device) as u32).collect();
            Bank { all: bank.all.clone(), of, plain: bank.plain }
        });
        let mut memory = Memory::new(&self.rule, &layout, bank.is_some());
        let ageing = bank.as_ref().and_then(|bank| Ageing::of(&bank.all));
        memory.age_from(ageing.as_ref());
        let log = self.log.as_ref().map(|_| Log::new(layout.rows()));
        let (rule, nominal, reached) = (self.rule.clone(), self.nominal.clone(), Reached::default());
        Self { rule, nominal, running: None, reached, layout, bank, ageing, memory, log, journal: None }
    }

    /// Takes over what is known of the columns from `first` on, for which this has been made, and their weights. Nothing
    /// may wait.
    pub fn take_over(&mut self, whole: &Self, first: u32, (weights, own): (&[f64], &mut [f64])) {
        let spans = Spans::of(&whole.layout, &self.layout, first as usize);
        self.memory.take(&whole.memory, whole.layout.weights(), &spans);
        (self.memory.pre_updates, self.memory.post_updates) = (0, 0);
        copy(weights, own, &spans.weights, 1);
    }

    /// Takes back what a share of the columns from `first` on has learned since. Nothing may wait, and all shares must have
    /// been brought to one time.
    pub fn take_back(&mut self, share: &Self, first: u32, (own, weights): (&[f64], &mut [f64])) {
        let spans = Spans::of(&self.layout, &share.layout, first as usize).back();
        let (before, more) = (&self.memory, &share.memory);
        let updates = (before.pre_updates + more.pre_updates, before.post_updates + more.post_updates);
        self.memory.take(more, share.layout.weights(), &spans);
        (self.memory.pre_updates, self.memory.post_updates) = updates;
        copy(own, weights, &spans.weights, 1);
    }
}

impl Memory {
    /// Takes over from that of another projection of the same rule, which has so many weights.
    fn take(&mut self, other: &Self, weights: usize, spans: &Spans) {
        (self.now, self.due) = (other.now, other.due);
        for (trace, other) in self.traces.iter_mut().zip(&other.traces) {
            trace.take(other, spans);
        }
        copy(&other.last_pre, &mut self.last_pre, &spans.rows, 1);
        copy(&other.last_post, &mut self.last_post, &spans.columns, 1);
        copy(&other.own, &mut self.own, &spans.weights, other.own.len() / weights.max(1));
        copy(&other.until, &mut self.until, &spans.weights, 1);
        let (theirs, ours) = (other.last_pre.len(), self.last_pre.len());
        if !self.spikes.is_empty() {
            copy(&other.spikes[..theirs], &mut self.spikes[..ours], &spans.rows, 1);
            copy(&other.spikes[theirs..], &mut self.spikes[ours..], &spans.columns, 1);
        }
        let (devices, others) = (&mut self.devices, &other.devices);
        copy(&others.pulses, &mut devices.pulses, &spans.synapses, 1);
        copy(&others.stuck, &mut devices.stuck, &spans.synapses, 1);
        copy(&others.since, &mut devices.since, &spans.synapses, 1);
        copy(&others.joules, &mut devices.joules, &spans.synapses, 1);
        copy(&others.limiter, &mut devices.limiter, &spans.synapses, 1);
        copy(&others.read, &mut devices.read, &spans.columns, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_the_synapses_of_their_columns_and_nothing_is_lost_on_the_way() {
        let sparse = Layout::sparse(&[0, 3, 3, 7, 8], &[0, 1, 4, 0, 2, 3, 4, 3], 5);
        for whole in [sparse, Layout::Dense { rows: 3, cols: 5, stride: 8 }, Layout::OneToOne { size: 5 }] {
            let values: Vec<usize> = (0..whole.weights()).collect();
            for piece in 1..=5 {
                let (mut back, mut numbers) = (vec![0; whole.weights()], 0);
                for first in (0..5).step_by(piece) {
                    let columns = first..(first + piece).min(5);
                    let share = whole.share(&columns);
                    assert_eq!((share.rows(), share.cols()), (whole.rows(), columns.len()));
                    let spans = Spans::of(&whole, &share, first);
                    let mut own = vec![usize::MAX; share.weights()];
                    copy(&values, &mut own, &spans.weights, 1);
                    for row in 0..share.rows() {
                        let mut want = Vec::new();
                        whole.row(row, |k, col| want.extend(columns.contains(&col).then_some((k, col))));
                        let mut got = Vec::new();
                        share.row(row, |k, col| got.push((own[k], col + first)));
                        assert_eq!(got, want, "{whole:?}, row {row}, columns {columns:?}");
                    }
                    for span in &spans.synapses {
                        numbers += span.count;
                        let device = |k: usize| whole.number(values[k]);
                        let weight = spans.weights.iter().find(|w| share.number(w.to) == span.to).unwrap();
                        assert_eq!(device(weight.from), span.from);
                    }
                    copy(&own, &mut back, &spans.back().weights, 1);
                }
                let mut all = Vec::new();
                (0..whole.rows()).for_each(|row| whole.row(row, |k, _| all.push(k)));
                assert_eq!(numbers, all.len());
                assert!(all.iter().all(|&k| back[k] == values[k]), "{whole:?} in pieces of {piece}");
            }
        }
    }
}
