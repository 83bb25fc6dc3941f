//! Triplets, and rules that act at the post-synaptic spike only.

use super::cells::Cells;
use super::dependence::Gain as _;
use super::layout::Layout;
use super::memory::Memory;
use super::rule::{PostTrace, Rectangular, Triplet};
use crate::time::Time;

impl Triplet {
    /// A row arrives: w -= s f-(w) o1 (a_minus + a3_minus r2), with r2 of before this arrival.
    pub(super) fn depress<C: Cells>(
        &self,
        memory: &Memory,
        cells: &mut C,
        layout: &Layout,
        weights: &mut [f64],
        time: Time,
        row: usize,
    ) {
        let [_, o1, r2, _] = &memory.traces[..] else { return };
        let amplitude = self.a_minus + self.a3_minus * (r2.values()[row] * r2.factor(time));
        let c = amplitude * self.law.scale() * o1.factor(time);
        let o1 = o1.values();
        layout.row(row, |k, col| {
            let w = &mut weights[k];
            let gain = cells.gain(k).down(*w);
            cells.change(k, w, -(c * o1[col]) * gain);
        });
    }

    /// A column spikes: w += s f+(w) r1 (a_plus + a3_plus o2), with o2 of before this spike.
    pub(super) fn potentiate<C: Cells>(
        &self,
        memory: &Memory,
        cells: &mut C,
        layout: &Layout,
        weights: &mut [f64],
        time: Time,
        col: usize,
    ) {
        let [r1, _, _, o2] = &memory.traces[..] else { return };
        let amplitude = self.a_plus + self.a3_plus * (o2.values()[col] * o2.factor(time));
        let c = amplitude * self.law.scale() * r1.factor(time);
        let r1 = r1.values();
        layout.column(col, |k, row| {
            let w = &mut weights[k];
            let gain = cells.gain(k).up(*w);
            cells.change(k, w, c * r1[row] * gain);
        });
    }

    /// The marks an instant leaves: r1 and r2 of its arrivals, o1 and o2 of its spikes.
    pub(super) fn mark(memory: &mut Memory, time: Time, rows: &[u32], spikes: &[u32]) {
        for (index, trace) in memory.traces.iter_mut().enumerate() {
            let worth = trace.worth(time);
            let marked = if index % 2 == 0 { rows } else { spikes };
            marked.iter().for_each(|&id| trace.mark(id as usize, worth));
        }
    }
}

impl Rectangular {
    /// After this instant's arrivals have left their marks.
    pub(super) fn learn<C: Cells>(
        &self,
        memory: &Memory,
        cells: &mut C,
        layout: &Layout,
        weights: &mut [f64],
        time: Time,
        col: usize,
    ) {
        let window = Time::from_seconds(self.window).unwrap_or(Time::MAX).fs();
        let scale = self.law.scale();
        layout.column(col, |k, row| {
            let recent = memory.last_pre[row].is_some_and(|last| time.fs() - last.fs() <= window);
            let w = &mut weights[k];
            let gain = cells.gain(k);
            let dw = if recent {
                self.a_plus * scale * gain.up(*w)
            } else {
                -(self.a_minus * scale * gain.down(*w))
            };
            cells.change(k, w, dw);
        });
    }
}

impl PostTrace {
    /// After this instant's arrivals have left their marks.
    pub(super) fn learn<C: Cells>(
        &self,
        memory: &Memory,
        cells: &mut C,
        layout: &Layout,
        weights: &mut [f64],
        time: Time,
        col: usize,
    ) {
        let Some(trace) = memory.traces.first() else { return };
        let factor = trace.factor(time);
        let x = trace.values();
        layout.column(col, |k, row| {
            let w = &mut weights[k];
            let gain = cells.gain(k).up(*w);
            let c = self.a_plus * self.law.scale() * (x[row] * factor - self.target);
            cells.change(k, w, c * gain);
        });
    }
}
