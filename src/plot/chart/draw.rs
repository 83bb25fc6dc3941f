//! From a chart to SVG: margins from the labels, then bands, grid, series, marks and legend, in this order.

use super::label::{CHAR, LABEL, label, label_up, shorten, tick_label};
use super::marker::{Pen, outline, pens};
use super::place::{Frame, Place, dash, markers, stroke};
use super::scale::{Axis, Layout, Tick};
use super::{Band, Chart, Direction, Look, Mark, Point, Series};
use crate::hint::many;
use crate::plot::style::{AXIS, GRID, HEAD, INK, MUTED, PAPER, TONES, sheet};
use crate::plot::svg::{At, Font, Sheet, text};

/// Height of a row of the legend, or of labels of marks.
const ROW: f64 = 18.0;
/// Rows a legend may take before it says how many it leaves out.
const LEGEND_ROWS: usize = 5;

/// Draws charts above each other.
pub fn stack(title: &str, subtitle: &str, size: (u32, u32), charts: &[(&Chart, f64)]) -> String {
    let size = (size.0.clamp(320, 8000), size.1.clamp(240, 8000));
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let shared = charts.windows(2).all(|pair| same_axis(&pair[0].0.x, &pair[1].0.x));
    let shares: f64 = charts.iter().map(|(_, share)| share.max(0.05)).sum();
    let x_parts = (width / 95.0) as usize;
    let y_parts = |share: f64| ((height - 160.0) * share.max(0.05) / shares / 42.0) as usize;
    let mut panels: Vec<Panel<'_>> =
        charts.iter().map(|&(chart, share)| Panel::new(chart, x_parts, y_parts(share))).collect();
    if shared && panels.len() > 1 {
        // One x axis below all of them, wide enough for each.
        let all: Vec<f64> = panels.iter().flat_map(|panel| panel.values(Direction::X)).collect();
        for panel in &mut panels {
            panel.x = panel.chart.x.layout(all.iter().copied(), panel.pad_x(), x_parts);
        }
    }
    let left = panels.iter().map(Panel::left).fold(0.0, f64::max);
    let right = width - panels.iter().map(Panel::right).fold(0.0, f64::max);
    let right = right.max(left + 100.0);
    let omitted: usize = panels.iter().map(|panel| panel.omitted).sum();
    let count = panels.len();
    let last = |k: usize| k + 1 == count;
    let heads: Vec<f64> = panels.iter().map(|panel| panel.head(left, right)).collect();
    let foot = |k: usize| if last(k) || !shared { 46.0 } else { 10.0 };
    let fixed: f64 = (0..count).map(|k| heads[k] + foot(k)).sum();
    // Without a line below the title, what follows moves up.
    let head = if subtitle.is_empty() { HEAD - 20.0 } else { HEAD - 4.0 };
    let note = if omitted > 0 { 16.0 } else { 4.0 };
    let free = (height - head - fixed - note).max(60.0 * count as f64);
    let chars = ((width - 40.0) / CHAR) as usize;
    let mut sheet = sheet(size, &shorten(title, chars * 3 / 4), &shorten(subtitle, chars * 9 / 10));
    let mut top = head;
    for (k, panel) in panels.iter().enumerate() {
        let plot = free * charts[k].1.max(0.05) / shares;
        let frame = Frame { left, right, top: top + heads[k], bottom: top + heads[k] + plot };
        panel.draw(&mut sheet, &frame, top, last(k) || !shared);
        top = frame.bottom + foot(k);
    }
    if omitted > 0 {
        let points = many(omitted, "point");
        let note = format!("{points} not shown: not finite, or not positive where the axis is logarithmic");
        label(&mut sheet, &note, (width - 20.0, height - 10.0), At::Right, text(11.0, MUTED));
    }
    sheet.finish()
}

fn same_axis(a: &Axis, b: &Axis) -> bool {
    (&a.name, &a.unit, &a.scale) == (&b.name, &b.unit, &b.scale)
}

/// A chart with its axes laid out.
struct Panel<'a> {
    chart: &'a Chart,
    x: Layout,
    y: Layout,
    pens: Vec<Pen>,
    /// Points that no axis can show.
    omitted: usize,
}

impl<'a> Panel<'a> {
    fn new(chart: &'a Chart, x_parts: usize, y_parts: usize) -> Self {
        let shown = |p: &Point| chart.x.measure(p.x).is_some() && chart.y.measure(p.y).is_some();
        let omitted = chart.series.iter().flat_map(|s| &s.points).filter(|p| !shown(p) && !p.gap()).count();
        let empty = Layout { lo: 0.0, hi: 1.0, ticks: Vec::new(), label: String::new() };
        let mut panel = Self { chart, x: empty.clone(), y: empty, pens: pens(&chart.series), omitted };
        panel.x = chart.x.layout(panel.values(Direction::X).into_iter(), panel.pad_x(), x_parts);
        panel.y = chart.y.layout(panel.values(Direction::Y).into_iter(), 0.06, y_parts);
        panel
    }

    /// Room beside the first and last marker.
    fn pad_x(&self) -> f64 {
        let marked = |s: &Series| matches!(s.look, Look::Points | Look::Both);
        if self.chart.series.iter().any(marked) { 0.025 } else { 0.0 }
    }

    /// Everything that an axis has to reach.
    fn values(&self, along: Direction) -> Vec<f64> {
        let mut values = Vec::new();
        for point in self.chart.series.iter().flat_map(|series| &series.points) {
            if self.chart.x.measure(point.x).is_none() || self.chart.y.measure(point.y).is_none() {
                continue;
            }
            match along {
                Direction::X => values.push(point.x),
                Direction::Y => {
                    values.push(point.y);
                    values.extend(point.within.into_iter().flat_map(|(a, b)| [a, b]));
                }
            }
        }
        for mark in &self.chart.marks {
            match mark {
                Mark::Line { axis, value, .. } if *axis == along => values.push(*value),
                Mark::Line { .. } => {}
                Mark::Point { x, y, .. } => values.push(if along == Direction::X { *x } else { *y }),
            }
        }
        values
    }

    fn left(&self) -> f64 {
        let widest = self.y.ticks.iter().map(|tick| tick.label.width()).fold(0.0, f64::max);
        (44.0 + CHAR * widest).max(64.0)
    }

    fn right(&self) -> f64 {
        let ends = self.chart.series.iter().map(|series| series.end.as_str());
        let labels = self.marks(Direction::Y).map(|(_, label)| label).chain(ends);
        let widest = labels.map(|label| label.chars().count()).max().filter(|&n| n > 0);
        widest.map_or(26.0, |n| 18.0 + (CHAR * n as f64).min(210.0))
    }

    fn marks(&self, along: Direction) -> impl Iterator<Item = (f64, &str)> {
        self.chart.marks.iter().filter_map(move |mark| match mark {
            Mark::Line { axis, value, label } if *axis == along => Some((*value, label.as_str())),
            _ => None,
        })
    }

    /// Height of legend and labels above the plot.
    fn head(&self, left: f64, right: f64) -> f64 {
        let rows = self.legend(left, right).iter().map(|entry| entry.row + 1).max().unwrap_or(0);
        let flags = self.flags(left, right).iter().map(|flag| flag.row + 1).max().unwrap_or(0);
        10.0 + ROW * (rows + flags) as f64
    }

    /// Bands with a label of their own first, then the series.
    fn legend(&self, left: f64, right: f64) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        let series = self.chart.series.iter().enumerate().filter(|(_, series)| !series.name.is_empty());
        let mut kinds: Vec<(Swatch, &str)> =
            series.map(|(k, series)| (Swatch::Series(k), series.name.as_str())).collect();
        for (tone, band) in self.tones() {
            if !band.label.is_empty() && !kinds.iter().any(|(_, name)| *name == band.label) {
                kinds.push((Swatch::Band(tone), &band.label));
            }
        }
        let (mut x, mut row) = (left, 0);
        let all = kinds.len();
        for (k, (swatch, name)) in kinds.into_iter().enumerate() {
            let name = shorten(name, 60);
            let width = 34.0 + CHAR * name.chars().count() as f64 + 20.0;
            if x > left && x + width > right + 20.0 {
                (x, row) = (left, row + 1);
            }
            if row >= LEGEND_ROWS {
                let more = format!("and {} more", all - k);
                entries.push(Entry { x: left, row, swatch: Swatch::None, name: more });
                break;
            }
            entries.push(Entry { x, row, swatch, name });
            x += width;
        }
        entries
    }

    /// Bands with the tone of each: one tone per label.
    fn tones(&self) -> Vec<(usize, &Band)> {
        let mut labels: Vec<&str> = Vec::new();
        let tone = |band: &'a Band| {
            let at = labels.iter().position(|label| *label == band.label).unwrap_or_else(|| {
                labels.push(&band.label);
                labels.len() - 1
            });
            (at % TONES.len(), band)
        };
        self.chart.bands.iter().map(tone).collect()
    }

    /// Labels of the vertical marks, in rows so that none covers another.
    fn flags(&self, left: f64, right: f64) -> Vec<Flag> {
        let mut marks: Vec<(f64, String)> = self
            .marks(Direction::X)
            .filter_map(|(value, label)| {
                let place = self.x.place(self.chart.x.measure(value)?);
                let inside = (-1e-9..=1.0 + 1e-9).contains(&place);
                inside.then(|| (left + place * (right - left), shorten(label, 60)))
            })
            .collect();
        // From the right, so that the line of a label in a higher row passes left of those below it.
        marks.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut free: Vec<f64> = Vec::new();
        let flag = |(x, label): (f64, String)| {
            let width = CHAR * label.chars().count() as f64 + 10.0;
            let flip = x + width > right + 24.0 && x - width > left - 40.0;
            let (from, to) = if flip { (x - width, x) } else { (x, x + width) };
            let row = free.iter().position(|start| to <= *start).unwrap_or(free.len());
            match free.get_mut(row) {
                Some(start) => *start = from,
                None => free.push(from),
            }
            Flag { x, label, flip, row }
        };
        marks.into_iter().map(flag).collect()
    }

    fn draw(&self, sheet: &mut Sheet, frame: &Frame, top: f64, x_labels: bool) {
        let place = Place { x: &self.x, y: &self.y, frame };
        for (tone, band) in self.tones() {
            if let Some((x, y, w, h)) = place.band(self.chart, band) {
                sheet.fill(x, y, w, h, TONES[tone]);
            }
        }
        self.axes(sheet, frame, x_labels);
        for (series, pen) in self.chart.series.iter().zip(&self.pens) {
            place.series(sheet, self.chart, series, *pen);
        }
        self.draw_marks(sheet, &place);
        let rows = self.legend(frame.left, frame.right);
        let below = rows.iter().map(|entry| entry.row + 1).max().unwrap_or(0);
        for entry in rows {
            let y = top + 6.0 + ROW * (entry.row as f64 + 0.5);
            self.swatch(sheet, &entry, y);
            label(sheet, &entry.name, (entry.x + 32.0, y), At::Left, text(LABEL, INK));
        }
        let flags = self.flags(frame.left, frame.right);
        let flag_rows = flags.iter().map(|flag| flag.row + 1).max().unwrap_or(0);
        for flag in flags {
            let y = top + 6.0 + ROW * ((below + flag_rows - 1 - flag.row) as f64 + 0.5);
            dash(sheet, (flag.x, y - 7.0), (flag.x, frame.bottom));
            let (x, at) = if flag.flip { (flag.x - 5.0, At::Right) } else { (flag.x + 5.0, At::Left) };
            label(sheet, &flag.label, (x, y), at, text(LABEL, INK));
        }
    }

    fn axes(&self, sheet: &mut Sheet, frame: &Frame, x_labels: bool) {
        let Frame { left, right, top, bottom } = *frame;
        let inside = |layout: &Layout, tick: &Tick| (-1e-6..=1.0 + 1e-6).contains(&layout.place(tick.at));
        for tick in self.x.ticks.iter().filter(|tick| inside(&self.x, tick)) {
            let x = left + self.x.place(tick.at) * (right - left);
            if !tick.minor {
                sheet.line((x, top), (x, bottom), GRID, 1.0);
            }
            sheet.line((x, bottom), (x, bottom + if tick.minor { 2.5 } else { 4.5 }), AXIS, 1.0);
            if x_labels {
                tick_label(sheet, &tick.label, (x, bottom + 14.0), At::Middle);
            }
        }
        for tick in self.y.ticks.iter().filter(|tick| inside(&self.y, tick)) {
            let y = bottom - self.y.place(tick.at) * (bottom - top);
            if !tick.minor {
                sheet.line((left, y), (right, y), GRID, 1.0);
            }
            sheet.line((left, y), (left - if tick.minor { 2.5 } else { 4.5 }, y), AXIS, 1.0);
            tick_label(sheet, &tick.label, (left - 8.0, y), At::Right);
        }
        // Where the sign changes, if it does in sight.
        if let Some(zero) = self.chart.y.measure(0.0).filter(|m| self.y.lo < *m && *m < self.y.hi) {
            let y = bottom - self.y.place(zero) * (bottom - top);
            sheet.line((left, y), (right, y), AXIS, 1.0);
        }
        if let Some(zero) = self.chart.x.measure(0.0).filter(|m| self.x.lo < *m && *m < self.x.hi) {
            let x = left + self.x.place(zero) * (right - left);
            sheet.line((x, top), (x, bottom), AXIS, 1.0);
        }
        sheet.line((left, bottom), (right, bottom), AXIS, 1.0);
        sheet.line((left, top), (left, bottom), AXIS, 1.0);
        if x_labels {
            let name = shorten(&self.x.label, 90);
            label(sheet, &name, (f64::midpoint(left, right), bottom + 35.0), At::Middle, text(12.0, INK));
        }
        let name = shorten(&self.y.label, ((bottom - top + 40.0) / CHAR) as usize);
        label_up(sheet, &name, (20.0, f64::midpoint(top, bottom)), text(12.0, INK));
    }

    fn draw_marks(&self, sheet: &mut Sheet, place: &Place<'_>) {
        let Frame { left, right, top, bottom } = *place.frame;
        let height = |value: f64| {
            let at = self.y.place(self.chart.y.measure(value)?);
            (-1e-9..=1.0 + 1e-9).contains(&at).then_some(bottom - at * (bottom - top))
        };
        let mut lines = Vec::new();
        for (value, label) in self.marks(Direction::Y) {
            let Some(y) = height(value) else { continue };
            dash(sheet, (left, y), (right + 6.0, y));
            lines.push((y, label, INK));
        }
        for (series, pen) in self.chart.series.iter().zip(&self.pens).filter(|(one, _)| !one.end.is_empty()) {
            let Some(y) = series.points.last().and_then(|last| height(last.y)) else { continue };
            lines.push((y, &series.end, pen.colour));
        }
        lines.sort_by(|a, b| a.0.total_cmp(&b.0));
        // Labels that would overlap are pushed apart.
        let mut free = f64::NEG_INFINITY;
        for (y, name, colour) in lines {
            let at = y.max(free);
            free = at + 15.0;
            label(sheet, &shorten(name, 33), (right + 10.0, at), At::Left, text(LABEL, colour));
        }
        for mark in &self.chart.marks {
            let Mark::Point { x, y, label: name } = mark else { continue };
            let Some((x, y)) = place.point(self.chart, *x, *y).filter(|p| place.holds(*p)) else { continue };
            let mut path = String::new();
            outline(&mut path, 3, x, y, 5.0);
            sheet.shape(&path, PAPER, &format!(" stroke=\"{INK}\" stroke-width=\"1.6\""));
            let name = shorten(name, 60);
            let flip = x + 12.0 + CHAR * name.chars().count() as f64 > right;
            let (x, at) = if flip { (x - 11.0, At::Right) } else { (x + 11.0, At::Left) };
            label(sheet, &name, (x, y), at, Font { edged: true, ..text(LABEL, INK) });
        }
    }

    fn swatch(&self, sheet: &mut Sheet, entry: &Entry, y: f64) {
        let x = entry.x;
        match entry.swatch {
            Swatch::None => {}
            Swatch::Band(tone) => {
                let frame = format!(" stroke=\"{AXIS}\" stroke-width=\"0.75\"");
                let path = format!("M{:.1} {:.1}h22v11h-22z", x + 3.0, y - 5.5);
                sheet.shape(&path, TONES[tone], &frame);
            }
            Swatch::Series(k) => {
                let (series, pen) = (&self.chart.series[k], self.pens[k]);
                if series.look != Look::Points {
                    stroke(sheet, &format!("M{x:.1} {y:.1}h28"), pen);
                }
                if matches!(series.look, Look::Points | Look::Both) {
                    let mut path = String::new();
                    outline(&mut path, pen.marker, x + 14.0, y, 3.4);
                    markers(sheet, &path, pen, true);
                }
            }
        }
    }
}

struct Entry {
    x: f64,
    row: usize,
    swatch: Swatch,
    name: String,
}

#[derive(Clone, Copy)]
enum Swatch {
    Series(usize),
    Band(usize),
    None,
}

/// A label of a vertical mark.
struct Flag {
    x: f64,
    label: String,
    /// To the left of its line.
    flip: bool,
    /// Counted from the lowest.
    row: usize,
}
