//! Recorded spikes: a dot for each, neurons above each other, and the rate of each group below.

use super::number;
use super::style::{AXIS, GRID, HEAD, INK, MUTED, SERIES, sheet, ticks};
use super::svg::{At, Px, text};
use super::{Figure, RecordedSpikes, Shape};
use crate::hint::many;
use std::fmt::Write as _;
use std::ops::Range;

const SIZE: (u32, u32) = (760, 520);
const RATE_BINS: usize = 100;

/// Neurons of a group, of which it has room for one at least.
fn many_of((_, ids): &(String, Range<u32>)) -> u32 {
    ids.end.saturating_sub(ids.start).max(1)
}

/// `end_ms` is how long an episode lasts, where that is known.
pub fn figure(spikes: RecordedSpikes<'_>, end_ms: f64) -> Figure {
    let shown = spikes.rows.len() as u64;
    let part = if shown < spikes.total {
        format!(" The first {} of {} spikes are shown.", number::count(shown), number::count(spikes.total))
    } else {
        String::new()
    };
    let caption =
        format!("Spikes over time, one line per neuron, and below the mean rate of each group.{part}");
    Figure { name: "raster".into(), shape: Shape::Wide, caption, svg: draw(spikes, end_ms) }
}

fn draw(spikes: RecordedSpikes<'_>, end_ms: f64) -> String {
    // Only one episode can be shown: the first that was recorded.
    let episode = spikes.rows.first().map_or(0, |row| row.episode);
    let rows = || spikes.rows.iter().filter(move |row| row.episode == episode);
    let end_ms = rows().map(|row| row.time.as_seconds() * 1e3).fold(end_ms, f64::max).max(1e-9);
    let neurons: u32 = spikes.groups.iter().map(many_of).sum::<u32>().max(1);
    let (left, right, top, bottom) = (110.0, 730.0, HEAD + 6.0, 370.0);
    let (rate_top, rate_bottom) = (398.0, 474.0);
    let height = (bottom - top) / f64::from(neurons);
    let x_of = |ms: f64| left + ms / end_ms * (right - left);
    let shown = rows().count() as u64;
    let mut subtitle = format!("{} of {}", many(number::count(shown), "spike"), many(neurons, "neuron"));
    if spikes.groups.len() > 1 {
        let _ = write!(subtitle, " in {}", many(spikes.groups.len(), "group"));
    }
    let base: Vec<u32> = spikes
        .groups
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
    for (label, group) in spikes.groups.iter().enumerate() {
        let ((name, ids), size) = (group, f64::from(many_of(group)));
        let colour = SERIES[label % SERIES.len()];
        let y0 = top + height * f64::from(base[label]);
        let y1 = y0 + height * size;
        if label > 0 {
            sheet.line((left, y0), (right, y0), AXIS, 0.75);
        }
        sheet.write(name, left - 10.0, f64::midpoint(y0, y1), At::Right, text(12.0, colour));
        // The first neuron and the last, where there is room beside the name.
        if y1 - y0 > 44.0 {
            for (id, y) in [(ids.start, y0 + 6.0), (ids.end.saturating_sub(1), y1 - 4.0)] {
                sheet.write(&id.to_string(), left - 10.0, y, At::Right, text(11.0, MUTED));
            }
        }
        // A mark fills most of its line but is never too small to be seen.
        let mark = (height * 0.8).clamp(1.2, 14.0);
        let mut path = String::new();
        let mut bins = vec![0u32; RATE_BINS];
        for row in rows().filter(|row| row.label as usize == label) {
            let ms = row.time.as_seconds() * 1e3;
            let y = y0
                + height * (f64::from(row.id.clamp(ids.start, ids.end.saturating_sub(1)) - ids.start) + 0.5)
                - mark / 2.0;
            let _ = write!(path, "M{:.1} {:.1}v{:.1}", x_of(ms), y, mark);
            let bin = (ms / end_ms * RATE_BINS as f64) as usize;
            bins[bin.min(RATE_BINS - 1)] += 1;
        }
        sheet.stroke(&path, colour, if shown > 5000 { 0.8 } else { 1.2 }, "");
        let bin_s = end_ms * 1e-3 / RATE_BINS as f64;
        let rate: Vec<f64> = bins.iter().map(|&n| f64::from(n) / size / bin_s).collect();
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
    sheet.line((left, rate_bottom), (right, rate_bottom), AXIS, 1.0);
    sheet.write(&number::si(most, "Hz"), left - 10.0, rate_top + 4.0, At::Right, text(11.5, MUTED));
    sheet.write("0", left - 10.0, rate_bottom - 2.0, At::Right, text(11.5, MUTED));
    sheet.write("rate", left - 10.0, f64::midpoint(rate_top, rate_bottom), At::Right, text(12.0, INK));
    sheet.write("time [ms]", f64::midpoint(left, right), rate_bottom + 34.0, At::Middle, text(12.0, INK));
    sheet.finish()
}
