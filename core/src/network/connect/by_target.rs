//! Synapses that targets draw, put in order by row.

use super::{Drawing, Drawn, Kept, Piece, batches};
use crate::network::storage::{Places, Targets, quantised, take};
use crate::threads::Team;

/// Draws target by target, for lists by row. Every thread fills some of the rows.
pub(super) fn by_target(drawing: &Drawing, team: &Team, progress: &mut dyn FnMut(u64) -> bool) -> Drawn {
    let rows = drawing.rows as usize;
    let mut start = vec![0usize; rows + 1];
    let mut goes_on = true;
    batches((drawing, team), drawing.columns, drawing.rows, false, |_, pieces| {
        let mut synapses = 0;
        for piece in pieces {
            piece.partners.iter().for_each(|&row| start[row as usize + 1] += 1);
            synapses += piece.partners.len() as u64;
        }
        goes_on = progress(synapses - synapses / 2);
        goes_on
    });
    if !goes_on {
        return Kept::new(drawing, 0).finish(vec![0; rows + 1], Targets::room(drawing.columns, 0));
    }
    for row in 0..rows {
        start[row + 1] += start[row];
    }
    let synapses = start[rows];
    let mut targets = Targets::room(drawing.columns, 0);
    targets.resize(synapses);
    let mut kept = Kept::new(drawing, 0);
    let (has_weights, has_delays) = (drawing.weight.is_some(), drawing.delay.is_some());
    let size = |wanted: bool| if wanted { synapses } else { 0 };
    kept.weights.resize(size(has_weights && !drawing.compact), 0.0);
    kept.compact_weights.resize(size(has_weights && drawing.compact), 0.0);
    kept.exact.resize(size(has_delays && !drawing.compact), 0);
    kept.units.resize(size(has_delays && drawing.compact), 0);

    let parts = team.count().clamp(1, rows.max(1));
    let bound = |part: usize| rows * part / parts;
    let mut jobs = Vec::new();
    let (mut all_targets, mut weights, mut narrow, mut longs, mut shorts) = (
        targets.places(),
        kept.weights.as_mut_slice(),
        kept.compact_weights.as_mut_slice(),
        kept.exact.as_mut_slice(),
        kept.units.as_mut_slice(),
    );
    for part in 0..parts {
        let (low, high) = (bound(part), bound(part + 1));
        let count = start[high] - start[low];
        jobs.push(Filling {
            first_row: low,
            cursor: start[low..high].iter().map(|&first| first - start[low]).collect(),
            targets: all_targets.take(count),
            weights: take(&mut weights, count),
            compact_weights: take(&mut narrow, count),
            exact: take(&mut longs, count),
            units: take(&mut shorts, count),
            shift: kept.shift,
        });
    }
    let mut raised = 0;
    batches((drawing, team), drawing.columns, drawing.rows, true, |first, pieces| {
        team.share(&mut jobs, |job| job.fill(first, pieces));
        raised += pieces.iter().map(|piece| piece.raised).sum::<u64>();
        progress(pieces.iter().map(|piece| piece.partners.len() as u64).sum::<u64>() / 2)
    });
    drop(jobs);
    kept.raised = raised;
    kept.finish(start, targets)
}

/// The rows that one thread fills.
struct Filling<'a> {
    first_row: usize,
    /// Where the next synapse of each row goes.
    cursor: Vec<usize>,
    targets: Places<'a>,
    weights: &'a mut [f64],
    compact_weights: &'a mut [f32],
    exact: &'a mut [u64],
    units: &'a mut [u32],
    shift: u32,
}

impl Filling<'_> {
    fn fill(&mut self, first: u32, pieces: &[Piece]) {
        let mut target = first;
        for piece in pieces {
            let mut k = 0;
            for &count in &piece.counts {
                for &row in &piece.partners[k..k + count] {
                    let row = (row as usize).wrapping_sub(self.first_row);
                    if let Some(cursor) = self.cursor.get_mut(row) {
                        let place = *cursor;
                        *cursor += 1;
                        self.targets.put(place, target);
                        self.values(place, piece.values.get(k), piece.delays.get(k));
                    }
                    k += 1;
                }
                target += 1;
            }
        }
    }

    #[inline]
    fn values(&mut self, place: usize, value: Option<&f64>, delay: Option<&u64>) {
        if let Some(&value) = value {
            match self.weights.get_mut(place) {
                Some(slot) => *slot = value,
                None => self.compact_weights[place] = value as f32,
            }
        }
        if let Some(&delay) = delay {
            match self.exact.get_mut(place) {
                Some(slot) => *slot = delay,
                None => self.units[place] = quantised(delay, self.shift),
            }
        }
    }
}
