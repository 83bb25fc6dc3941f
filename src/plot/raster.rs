//! Recorded spikes: a dot for each, neurons above each other, and the rate of each group below.

use super::number;
use super::style::{AXIS, GRID, HEAD, INK, MUTED, SERIES, sheet, ticks};
use super::svg::{At, Px, text};
use super::{Figure, Shape};
use crate::hint::many;
use crate::record::SpikeRow;
use crate::record::spikes::Drawn;
use std::fmt::Write as _;
use std::ops::Range;

const SIZE: (u32, u32) = (760, 520);
const RATE_BINS: usize = 100;
/// Dots of a picture.
const MOST: usize = 15_000;

/// Neurons of a group, of which it has room for one at least.
fn many_of((_, ids): &(String, Range<u32>)) -> u32 {
    ids.end.saturating_sub(ids.start).max(1)
}

/// `end_ms` is how long an episode lasts, where that is known.
pub fn figure(groups: &[(String, Range<u32>)], drawn: &Drawn, end_ms: f64) -> Figure {
    let every = thinned(groups, drawn);
    let mut caption =
        "Spikes over time, one line per neuron, and below the mean rate of each group.".to_string();
    if drawn.of_several() {
        let of = number::count(drawn.total);
        let _ = write!(caption, " Of the first presentation; {of} spikes were recorded in all.");
    }
    let kept = number::count(drawn.rows.len() as u64);
    if drawn.every > 1 {
        let all = number::count(drawn.of_episode);
        let _ = write!(caption, " One neuron in {} is kept here, {kept} of {all} spikes.", drawn.every);
    }
    if drawn.cut {
        let _ = write!(caption, " The last spikes are left out.");
    }
    if every > drawn.every.max(1) {
        let _ = write!(caption, " Without the script of the page, one neuron in {every} is drawn.");
    }
    Figure { name: "raster".into(), shape: Shape::Wide, caption, svg: draw(groups, drawn, every, end_ms) }
}

/// One neuron in so many is drawn as dots, so that a picture stays small; the rates are of all that is there.
fn thinned(groups: &[(String, Range<u32>)], drawn: &Drawn) -> u32 {
    let mut every = drawn.every.max(1);
    let shown = |every: u32| drawn.rows.iter().filter(|row| is_drawn(groups, row, every)).count();
    let widest = groups.iter().map(many_of).max().unwrap_or(1);
    while every < widest && shown(every) > MOST {
        every *= 2;
    }
    every
}

fn is_drawn(groups: &[(String, Range<u32>)], row: &SpikeRow, every: u32) -> bool {
    let start = groups.get(row.label as usize).map_or(0, |(_, ids)| ids.start);
    row.id.saturating_sub(start).is_multiple_of(every)
}

fn draw(groups: &[(String, Range<u32>)], drawn: &Drawn, every: u32, end_ms: f64) -> String {
    let rows = || drawn.rows.iter();
    let end_ms = rows().map(|row| row.time.as_seconds() * 1e3).fold(end_ms, f64::max).max(1e-9);
    let neurons: u32 = groups.iter().map(many_of).sum::<u32>().max(1);
    let (left, right, top, bottom) = (118.0, 730.0, HEAD + 6.0, 370.0);
    let (rate_top, rate_bottom) = (398.0, 474.0);
    let height = (bottom - top) / f64::from(neurons);
    let x_of = |ms: f64| left + ms / end_ms * (right - left);
    let shown = rows().filter(|row| is_drawn(groups, row, every)).count();
    let mut subtitle =
        format!("{} of {}", many(number::count(drawn.of_episode), "spike"), many(neurons, "neuron"));
    if groups.len() > 1 {
        let _ = write!(subtitle, " in {}", many(groups.len(), "group"));
    }
    if every > 1 {
        let _ = write!(subtitle, "; drawn: one neuron in {every}");
    }
    let base: Vec<u32> = groups
        .iter()
        .scan(0, |sum, group| {
            let base = *sum;
            *sum += many_of(group);
            Some(base)
        })
        .collect();
    let mut sheet = sheet(SIZE, "Spikes", &subtitle);
    for (tick, label) in ticks(0.0, end_ms, 8) {
        sheet.line((x_of(tick), top), (x_of(tick), bottom), GRID, 1.0);
        sheet.line((x_of(tick), rate_top), (x_of(tick), rate_bottom), GRID, 1.0);
        sheet.write(&label, x_of(tick), rate_bottom + 14.0, At::Middle, text(11.5, MUTED));
    }
    let mut rates = Vec::new();
    for (label, group) in groups.iter().enumerate() {
        let ((name, ids), size) = (group, f64::from(many_of(group)));
        let colour = SERIES[label % SERIES.len()];
        let y0 = top + height * f64::from(base[label]);
        let y1 = y0 + height * size;
        if label > 0 {
            sheet.line((left, y0), (right, y0), AXIS, 0.75);
        }
        sheet.write(name, left - 10.0, f64::midpoint(y0, y1), At::Right, text(12.0, colour));
        // Neurons by their number, where there is room beside the name.
        let middle = f64::midpoint(y0, y1);
        let y_of = |id: f64| y0 + height * (id - f64::from(ids.start) + 0.5);
        let marks = ticks(f64::from(ids.start), f64::from(ids.end), ((y1 - y0) / 36.0) as usize);
        for (id, label) in marks.into_iter().filter(|_| y1 - y0 > 44.0) {
            let y = y_of(id);
            if id.fract() == 0.0 && y < y1 && (y - middle).abs() > 13.0 {
                sheet.line((left - 4.0, y), (left, y), AXIS, 1.0);
                sheet.write(&label, left - 8.0, y, At::Right, text(11.0, MUTED));
            }
        }
        // A mark fills most of its line but is never too small to be seen.
        let mark = (height * 0.8 * f64::from(every)).clamp(1.2, 14.0);
        let mut path = String::new();
        let mut bins = vec![0u32; RATE_BINS];
        for row in rows().filter(|row| row.label as usize == label) {
            let ms = row.time.as_seconds() * 1e3;
            if is_drawn(groups, row, every) {
                let y = y_of(f64::from(row.id.clamp(ids.start, ids.end.saturating_sub(1)))) - mark / 2.0;
                let _ = write!(path, "M{:.1} {:.1}v{:.1}", x_of(ms), y, mark);
            }
            let bin = (ms / end_ms * RATE_BINS as f64) as usize;
            bins[bin.min(RATE_BINS - 1)] += 1;
        }
        sheet.stroke(&path, colour, if shown > 5000 { 0.8 } else { 1.2 }, "");
        let bin_s = end_ms * 1e-3 / RATE_BINS as f64;
        let kept = (size / f64::from(drawn.every.max(1))).ceil();
        let rate: Vec<f64> = bins.iter().map(|&n| f64::from(n) / kept / bin_s).collect();
        rates.push((colour, rate));
    }
    let most = rates.iter().flat_map(|r| &r.1).copied().fold(0.0, f64::max).max(1e-9);
    for (colour, rate) in rates {
        let step = (right - left) / RATE_BINS as f64;
        let y = |r: f64| Px(rate_bottom - r / most * (rate_bottom - rate_top));
        let mut outline = String::new();
        for (k, &r) in rate.iter().enumerate() {
            let command = if k == 0 { 'M' } else { 'L' };
            let _ = write!(outline, "{command}{} {}h{}", Px(left + step * k as f64), y(r), Px(step));
        }
        sheet.stroke(&outline, colour, 1.5, " stroke-linejoin=\"round\"");
    }
    sheet.line((left, bottom), (right, bottom), AXIS, 1.0);
    sheet.line((left, top), (left, bottom), AXIS, 1.0);
    sheet.line((left, rate_bottom), (right, rate_bottom), AXIS, 1.0);
    sheet.write(&number::si(most, "Hz"), left - 10.0, rate_top + 4.0, At::Right, text(11.5, MUTED));
    sheet.write("0", left - 10.0, rate_bottom - 2.0, At::Right, text(11.5, MUTED));
    sheet.write("rate", left - 10.0, f64::midpoint(rate_top, rate_bottom), At::Right, text(12.0, INK));
    sheet.write("time [ms]", f64::midpoint(left, right), rate_bottom + 34.0, At::Middle, text(12.0, INK));
    sheet.finish()
}
