//! A loop cut into halves: voltages of one sign, away from zero and back; and where the device switches in one.
//!
//! Halves end where |V|, as the median of five rows, is least or changes its sign. In each, y = ln |I/V| is searched for
//! the place where the median of the five rows behind it and of the five before it differ most. It is a switching
//! where the change exceeds five robust standard deviations of all such changes, and the way back lies on the same side
//! of the way there (Wilcoxon's signed ranks at the voltages between turning on and off, 0.1 %), not much farther off than
//! the change; without a way back there, where more than half of the change is between two rows. A row or two that are wrong move no median, and a curve that bends and comes back the
//! same way does not switch, whatever the ratio of its conductances.

use super::statistics::{median, median_of_five, robust_sigma, signed_rank};
use crate::numeric::{ln, normal_quantile};
use std::ops::Range;

/// Rows below this share of the largest voltage do not show their conductance: offsets of the instrument are a larger
/// part of their current. Assumed.
const LEAST_SHARE: f64 = 0.02;
/// Pairs of rows from which signed ranks can reach 0.1 %.
const LEAST_PAIRS: usize = 13;
/// Changes of ln G that are rounding.
const ROUNDING: f64 = 1e-9;

/// Rows of one sign of the voltage, from the least |V| over the largest to the least.
#[derive(Clone, Debug)]
pub(super) struct Half {
    pub rows: Range<usize>,
    /// The row of the largest |V|.
    pub top: usize,
    /// +1 or -1.
    pub sign: f64,
    /// Those that show their conductance.
    pub seen: Vec<Seen>,
}

/// A row that shows its conductance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub row: usize,
    /// |V|
    pub volts: f64,
    /// ln |I/V|
    pub y: f64,
}

/// A switching within a half.
#[derive(Clone, Copy, Debug)]
pub(super) struct Switching {
    /// Whether the conductance rises.
    pub on: bool,
    /// The first row in the new state.
    pub row: usize,
    /// |V| there, and the step of the sweep.
    pub volts: f64,
    pub step: f64,
    /// Where a device that turned on has turned off again before the half ends: row, |V|, step.
    pub back: Option<(usize, f64, f64)>,
}

pub(super) fn halves(points: &[(f64, f64)]) -> Vec<Half> {
    let v = median_of_five(&points.iter().map(|p| p.0).collect::<Vec<_>>());
    let turn = LEAST_SHARE * v.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    let (mut start, mut top, mut low) = (0, 0, None::<usize>);
    let mut all = Vec::new();
    let mut end = |start: usize, end: usize| {
        let most = v[start..end].iter().fold(0.0, |most: f64, v| most.max(v.abs()));
        let at = |k: &usize| v[*k].abs() >= most * (1.0 - 1e-12);
        let (first, last) = ((start..end).find(at), (start..end).rev().find(at));
        if let (Some(first), Some(last)) = (first, last) {
            let shows = |k: &usize| points[*k].0.abs() > turn && points[*k].1 != 0.0;
            let see = |k: usize| {
                let (v, i) = points[k];
                Seen { row: k, volts: v.abs(), y: ln((i / v).abs()) }
            };
            let (rows, seen) = (start..end, (start..end).filter(shows).map(see).collect());
            all.push(Half { rows, top: usize::midpoint(first, last), sign: v[first].signum(), seen });
        }
    };
    for k in 0..v.len() {
        let (size, across) = (v[k].abs(), v[k] * v[top] < 0.0);
        if across && size > turn || low.is_some_and(|low| size > v[low].abs() + turn) {
            let low = low.unwrap_or(k);
            let next = if v[low] * v[top] > 0.0 { (low + 1).min(k) } else { low };
            end(start, next);
            (start, top) = (next, k);
            // The new half rises from here.
        } else if size >= v[top].abs() {
            top = k;
        } else if size < v[top].abs() - turn && low.is_none_or(|low| size < v[low].abs()) {
            low = Some(k);
            continue;
        } else {
            continue;
        }
        low = None;
    }
    end(start, v.len());
    all
}

/// Median of up to five rows from each on minus that of those before it, where there are three to either side.
pub(super) fn changes(seen: &[Seen]) -> Vec<f64> {
    let y: Vec<f64> = seen.iter().map(|row| row.y).collect();
    (3..(y.len() + 1).saturating_sub(3))
        .map(|k| median(&y[k..(k + 5).min(y.len())]) - median(&y[k.saturating_sub(5)..k]))
        .collect()
}

/// The least change that is one: five robust standard deviations of all of them.
pub(super) fn least_change(all: &[f64]) -> f64 {
    (5.0 * robust_sigma(all)).max(ROUNDING)
}

/// The switching of a half, if there is one.
pub(super) fn switching(half: &Half, least: f64) -> Option<Switching> {
    let seen = &half.seen;
    let changes = changes(seen);
    let most = changes.iter().fold(0.0, |most: f64, change| most.max(change.abs()));
    if most <= least {
        return None;
    }
    // The first of two of a kind: what turns off by itself has turned on before.
    let first = changes.iter().position(|change| change.abs() >= 0.5 * most)?;
    let sign = changes[first].signum();
    let group = changes[first..].iter().take_while(|change| **change * sign >= 0.5 * most).count();
    let best = (first..first + group).max_by(|&a, &b| changes[a].abs().total_cmp(&changes[b].abs()))?;
    let change = changes[best];
    let at = split(seen, best + 3);
    let top = seen.iter().position(|row| row.row >= half.top).unwrap_or(seen.len());
    let (there, return_) = seen.split_at(top);
    let (volts, step) = between(seen, at);
    let mut found = Switching { on: change > 0.0, row: seen[at].row, volts, step, back: None };
    if found.on {
        found.back = back(seen, at, top, change);
    }
    // Whether the other way passes the voltage of the change; then the two must differ where the states do.
    let passes = at_voltage(&by_voltage(if at < top { return_ } else { there }), seen[at].volts).is_some();
    let there = by_voltage(there);
    let least_volts = found.back.map_or(0.0, |back| back.1);
    let differences = return_.iter().filter(|row| (least_volts..volts).contains(&row.volts));
    let mut apart: Vec<f64> =
        differences.filter_map(|row| Some((row.y - at_voltage(&there, row.volts)?) * sign)).collect();
    apart.iter_mut().filter(|apart| apart.abs() < ROUNDING).for_each(|apart| *apart = 0.0);
    let abrupt = (seen[at].y - seen[at - 1].y) * sign >= 0.5 * change.abs();
    let is_one = match apart.len() {
        _ if !passes => abrupt,
        0..3 => false,
        n if n < LEAST_PAIRS => abrupt && apart.iter().all(|apart| *apart > 0.0),
        n => {
            let different = signed_rank(&apart) >= normal_quantile(0.999);
            apart.sort_unstable_by(f64::total_cmp);
            different && change.abs() >= 0.5 * apart[n * 9 / 10]
        }
    };
    is_one.then_some(found)
}

/// Where what turned on at row `at` has turned off again: for three of five rows nearer to what it was at the same voltage
/// before; above all that was seen before, nearer to the last of it.
fn back(seen: &[Seen], at: usize, top: usize, change: f64) -> Option<(usize, f64, f64)> {
    let before = by_voltage(&seen[..at]);
    let (lowest, highest) = (before.first()?.0, before.last()?.0);
    let off = |row: &Seen| {
        at_voltage(&before, row.volts.clamp(lowest, highest)).is_some_and(|own| row.y - own < 0.5 * change)
    };
    let mut later = (at.max(top)..seen.len()).filter(|&k| {
        let five = &seen[k..(k + 5).min(seen.len())];
        off(&seen[k]) && five.iter().filter(|row| off(row)).count() >= 3
    });
    later.next().map(|k| {
        let (volts, step) = between(seen, k);
        (seen[k].row, volts, step)
    })
}

/// The row near `k` that parts the rows about it best at the middle of their two levels.
fn split(seen: &[Seen], k: usize) -> usize {
    let (from, to) = (k.saturating_sub(5), (k + 5).min(seen.len()));
    let level = |rows: &[Seen]| median(&rows.iter().map(|row| row.y).collect::<Vec<_>>());
    let (before, after) = (level(&seen[from..k]), level(&seen[k..to]));
    let middle = f64::midpoint(before, after);
    let right = |row: &Seen, behind: bool| ((row.y > middle) == (after > before)) == behind;
    let score = |at: usize| (from..to).filter(|&j| right(&seen[j], j >= at)).count();
    (from + 1..to).max_by_key(|&at| (score(at), std::cmp::Reverse(at.abs_diff(k)))).unwrap_or(k)
}

/// |V| between a row and the one before it, and their distance; the last row before a gap counts.
fn between(seen: &[Seen], k: usize) -> (f64, f64) {
    let (a, b) = (seen[k.saturating_sub(1)], seen[k]);
    let volts = if b.row == a.row + 1 { f64::midpoint(a.volts, b.volts) } else { a.volts };
    (volts, (b.volts - a.volts).abs())
}

/// (|V|, ln G) of some rows by their voltage.
fn by_voltage(rows: &[Seen]) -> Vec<(f64, f64)> {
    let mut sorted: Vec<(f64, f64)> = rows.iter().map(|row| (row.volts, row.y)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    sorted
}

/// ln G at a voltage, straight between the nearest rows below and above; `None` beyond them.
fn at_voltage(sorted: &[(f64, f64)], volts: f64) -> Option<f64> {
    let near = 1e-9 * volts;
    let above = *sorted.get(sorted.partition_point(|row| row.0 < volts - near))?;
    let below = *sorted.get(sorted.partition_point(|row| row.0 <= volts + near).checked_sub(1)?)?;
    let share =
        if above.0 > below.0 { ((volts - below.0) / (above.0 - below.0)).clamp(0.0, 1.0) } else { 0.0 };
    Some(below.1 + (above.1 - below.1) * share)
}
