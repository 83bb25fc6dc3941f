//! From a chart to SVG: margins from the labels, then bands, grid, series, marks and legend, in this order.

use super::marker::{Pen, hex, outline, pens};
use super::scale::{Axis, Label, Layout, Tick};
use super::{Band, Chart, Direction, Look, Mark, Point, Series};
use crate::plot::PlotError;
use crate::plot::style::{AXIS, Area, At, FONT, GRID, HEAD, INK, MUTED, escape, fill, line, sheet};
use plotters::style::RGBColor;
use std::fmt::Write as _;

/// Mean width of a character of the labels, in pixels: the sheet knows no font metrics.
const CHAR: f64 = 6.3;
const LABEL: f64 = 11.5;
/// Height of a row of the legend, or of labels of marks.
const ROW: f64 = 18.0;
/// Rows a legend may take before it says how many it leaves out.
const LEGEND_ROWS: usize = 5;
const TONES: [RGBColor; 3] =
    [RGBColor(0xec, 0xee, 0xf1), RGBColor(0xf9, 0xea, 0xd8), RGBColor(0xde, 0xec, 0xf8)];

/// Draws charts above each other.
pub fn stack(
    title: &str,
    subtitle: &str,
    size: (u32, u32),
    charts: &[(&Chart, f64)],
) -> Result<String, PlotError> {
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
    sheet(size, &shorten(title, chars * 3 / 4), &shorten(subtitle, chars * 9 / 10), |area, svg| {
        let mut top = head;
        for (k, panel) in panels.iter().enumerate() {
            let plot = free * charts[k].1.max(0.05) / shares;
            let frame = Frame { left, right, top: top + heads[k], bottom: top + heads[k] + plot };
            panel.draw(area, svg, &frame, top, last(k) || !shared)?;
            top = frame.bottom + foot(k);
        }
        if omitted > 0 {
            let points = if omitted == 1 { "1 point is".to_owned() } else { format!("{omitted} points are") };
            let note =
                format!("{points} not shown: not finite, or not positive where the axis is logarithmic");
            label(svg, &note, (width - 20.0, height - 10.0), At::Right, 10.5, MUTED, false);
        }
        Ok(())
    })
}

fn same_axis(a: &Axis, b: &Axis) -> bool {
    (&a.name, &a.unit, &a.scale) == (&b.name, &b.unit, &b.scale)
}

/// Text without what XML cannot hold, cut to a length.
fn shorten(text: &str, most: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() <= most.max(8) {
        return clean;
    }
    let mut short: String = clean.chars().take(most.max(8) - 1).collect();
    short.push('\u{2026}');
    short
}

/// Where a plot is on the sheet, in pixels.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
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
        let widest = self.marks(Direction::Y).map(|(_, label)| label.chars().count()).max();
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

    fn draw(
        &self,
        area: &Area<'_>,
        svg: &mut String,
        frame: &Frame,
        top: f64,
        x_labels: bool,
    ) -> Result<(), PlotError> {
        let place = Place { x: &self.x, y: &self.y, frame };
        for (tone, band) in self.tones() {
            if let Some((x, y, w, h)) = place.band(self.chart, band) {
                fill(area, x, y, w, h, TONES[tone])?;
            }
        }
        self.axes(area, svg, frame, x_labels)?;
        for (series, pen) in self.chart.series.iter().zip(&self.pens) {
            place.series(svg, self.chart, series, *pen);
        }
        self.draw_marks(svg, &place);
        let rows = self.legend(frame.left, frame.right);
        let below = rows.iter().map(|entry| entry.row + 1).max().unwrap_or(0);
        for entry in rows {
            let y = top + 6.0 + ROW * (entry.row as f64 + 0.5);
            self.swatch(svg, &entry, y);
            label(svg, &entry.name, (entry.x + 32.0, y), At::Left, LABEL, INK, false);
        }
        let flags = self.flags(frame.left, frame.right);
        let flag_rows = flags.iter().map(|flag| flag.row + 1).max().unwrap_or(0);
        for flag in flags {
            let y = top + 6.0 + ROW * ((below + flag_rows - 1 - flag.row) as f64 + 0.5);
            dash(svg, (flag.x, y - 7.0), (flag.x, frame.bottom));
            let (x, at) = if flag.flip { (flag.x - 5.0, At::Right) } else { (flag.x + 5.0, At::Left) };
            label(svg, &flag.label, (x, y), at, LABEL, INK, false);
        }
        Ok(())
    }

    fn axes(
        &self,
        area: &Area<'_>,
        svg: &mut String,
        frame: &Frame,
        x_labels: bool,
    ) -> Result<(), PlotError> {
        let Frame { left, right, top, bottom } = *frame;
        let inside = |layout: &Layout, tick: &Tick| (-1e-6..=1.0 + 1e-6).contains(&layout.place(tick.at));
        for tick in self.x.ticks.iter().filter(|tick| inside(&self.x, tick)) {
            let x = left + self.x.place(tick.at) * (right - left);
            if !tick.minor {
                line(area, (x, top), (x, bottom), GRID, 1.0)?;
            }
            line(area, (x, bottom), (x, bottom + if tick.minor { 2.5 } else { 4.5 }), AXIS, 1.0)?;
            if x_labels {
                tick_label(svg, &tick.label, (x, bottom + 14.0), At::Middle);
            }
        }
        for tick in self.y.ticks.iter().filter(|tick| inside(&self.y, tick)) {
            let y = bottom - self.y.place(tick.at) * (bottom - top);
            if !tick.minor {
                line(area, (left, y), (right, y), GRID, 1.0)?;
            }
            line(area, (left, y), (left - if tick.minor { 2.5 } else { 4.5 }, y), AXIS, 1.0)?;
            tick_label(svg, &tick.label, (left - 8.0, y), At::Right);
        }
        // Where the sign changes, if it does in sight.
        if let Some(zero) = self.chart.y.measure(0.0).filter(|m| self.y.lo < *m && *m < self.y.hi) {
            let y = bottom - self.y.place(zero) * (bottom - top);
            line(area, (left, y), (right, y), AXIS, 1.0)?;
        }
        if let Some(zero) = self.chart.x.measure(0.0).filter(|m| self.x.lo < *m && *m < self.x.hi) {
            let x = left + self.x.place(zero) * (right - left);
            line(area, (x, top), (x, bottom), AXIS, 1.0)?;
        }
        line(area, (left, bottom), (right, bottom), AXIS, 1.0)?;
        line(area, (left, top), (left, bottom), AXIS, 1.0)?;
        if x_labels {
            let name = shorten(&self.x.label, 90);
            label(svg, &name, (f64::midpoint(left, right), bottom + 35.0), At::Middle, 12.0, INK, false);
        }
        let name = shorten(&self.y.label, ((bottom - top + 40.0) / CHAR) as usize);
        let _ =
            writeln!(svg, "<g transform=\"translate(20 {:.1}) rotate(-90)\">", f64::midpoint(top, bottom));
        label(svg, &name, (0.0, 0.0), At::Middle, 12.0, INK, false);
        svg.push_str("</g>\n");
        Ok(())
    }

    fn draw_marks(&self, svg: &mut String, place: &Place<'_>) {
        let Frame { left, right, top, bottom } = *place.frame;
        let mut lines: Vec<(f64, &str)> = self
            .marks(Direction::Y)
            .filter_map(|(value, label)| {
                let at = self.y.place(self.chart.y.measure(value)?);
                (-1e-9..=1.0 + 1e-9).contains(&at).then_some((bottom - at * (bottom - top), label))
            })
            .collect();
        lines.sort_by(|a, b| a.0.total_cmp(&b.0));
        // Labels that would overlap are pushed apart.
        let mut free = f64::NEG_INFINITY;
        for (y, name) in lines {
            dash(svg, (left, y), (right + 6.0, y));
            let at = y.max(free);
            free = at + 14.0;
            label(svg, &shorten(name, 33), (right + 10.0, at), At::Left, LABEL, INK, false);
        }
        for mark in &self.chart.marks {
            let Mark::Point { x, y, label: name } = mark else { continue };
            let Some((x, y)) = place.point(self.chart, *x, *y).filter(|p| place.holds(*p)) else { continue };
            let mut path = String::new();
            outline(&mut path, 3, x, y, 5.0);
            // Writing to a String cannot fail.
            let _ = writeln!(
                svg,
                "<path d=\"{path}\" fill=\"#fff\" stroke=\"{}\" stroke-width=\"1.6\"/>",
                hex(INK)
            );
            let name = shorten(name, 60);
            let flip = x + 12.0 + CHAR * name.chars().count() as f64 > right;
            let (x, at) = if flip { (x - 11.0, At::Right) } else { (x + 11.0, At::Left) };
            label(svg, &name, (x, y), at, LABEL, INK, true);
        }
    }

    fn swatch(&self, svg: &mut String, entry: &Entry, y: f64) {
        let x = entry.x;
        let _ = match entry.swatch {
            Swatch::None => Ok(()),
            Swatch::Band(tone) => writeln!(
                svg,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"22\" height=\"11\" fill=\"{}\" stroke=\"{}\" \
                 stroke-width=\"0.75\"/>",
                x + 3.0,
                y - 5.5,
                hex(TONES[tone]),
                hex(AXIS)
            ),
            Swatch::Series(k) => {
                let (series, pen) = (&self.chart.series[k], self.pens[k]);
                if series.look != Look::Points {
                    stroke(svg, &format!("M{x:.1} {y:.1}h28"), pen);
                }
                if matches!(series.look, Look::Points | Look::Both) {
                    let mut path = String::new();
                    outline(&mut path, pen.marker, x + 14.0, y, 3.4);
                    markers(svg, &path, pen, true);
                }
                Ok(())
            }
        };
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

/// Values to pixels.
struct Place<'a> {
    x: &'a Layout,
    y: &'a Layout,
    frame: &'a Frame,
}

impl Place<'_> {
    fn point(&self, chart: &Chart, x: f64, y: f64) -> Option<(f64, f64)> {
        let (x, y) = (self.x.place(chart.x.measure(x)?), self.y.place(chart.y.measure(y)?));
        let Frame { left, right, top, bottom } = *self.frame;
        let at = (left + x * (right - left), bottom - y * (bottom - top));
        (at.0.is_finite() && at.1.is_finite()).then_some(at)
    }

    fn holds(&self, (x, y): (f64, f64)) -> bool {
        let Frame { left, right, top, bottom } = *self.frame;
        x >= left - 0.01 && x <= right + 0.01 && y >= top - 0.01 && y <= bottom + 0.01
    }

    /// Left, top, width and height of a band, if any of it is in sight.
    fn band(&self, chart: &Chart, band: &Band) -> Option<(f64, f64, f64, f64)> {
        let Frame { left, right, top, bottom } = *self.frame;
        let (axis, layout) = match band.axis {
            Direction::X => (&chart.x, self.x),
            Direction::Y => (&chart.y, self.y),
        };
        let end = |value: f64, otherwise: f64| {
            axis.measure(value).map_or(otherwise, |m| layout.place(m).clamp(0.0, 1.0))
        };
        let (from, to) = (end(band.from, 0.0), end(band.to, 1.0));
        if band.from.is_nan() || band.to.is_nan() || to <= from {
            return None;
        }
        let (w, h) = (right - left, bottom - top);
        Some(match band.axis {
            Direction::X => (left + from * w, top, (to - from) * w, h),
            Direction::Y => (left, bottom - to * h, w, (to - from) * h),
        })
    }

    fn series(&self, svg: &mut String, chart: &Chart, series: &Series, pen: Pen) {
        let joined = series.look != Look::Points;
        let marked = matches!(series.look, Look::Points | Look::Both);
        if joined {
            self.shade(svg, chart, series, pen);
            let path = self.path(chart, series);
            stroke(svg, &path, pen);
        } else {
            self.error_bars(svg, chart, series, pen);
        }
        if marked {
            self.draw_markers(svg, chart, series, pen);
        }
    }

    fn path(&self, chart: &Chart, series: &Series) -> String {
        let mut path = Path::default();
        let mut before: Option<(f64, f64)> = None;
        for p in &series.points {
            let Some(at) = self.point(chart, p.x, p.y) else {
                before = None;
                path.lift();
                continue;
            };
            if let Some(from) = before {
                if series.look == Look::Steps {
                    let corner = (at.0, from.1);
                    self.segment(&mut path, from, corner);
                    self.segment(&mut path, corner, at);
                } else {
                    self.segment(&mut path, from, at);
                }
            }
            before = Some(at);
        }
        path.finish()
    }

    /// Adds the part of a segment that is in sight (Liang and Barsky, ACM Trans. Graph. 3, 1, 1984).
    fn segment(&self, path: &mut Path, a: (f64, f64), b: (f64, f64)) {
        let Frame { left, right, top, bottom } = *self.frame;
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let (mut from, mut to) = (0.0f64, 1.0f64);
        for (p, q) in [(-dx, a.0 - left), (dx, right - a.0), (-dy, a.1 - top), (dy, bottom - a.1)] {
            if p == 0.0 {
                if q < -0.01 {
                    return;
                }
            } else if p < 0.0 {
                from = from.max(q / p);
            } else {
                to = to.min(q / p);
            }
        }
        if from <= to {
            path.line((a.0 + from * dx, a.1 + from * dy), (a.0 + to * dx, a.1 + to * dy));
        }
    }

    /// Between the lower and the upper ends of a line's points.
    fn shade(&self, svg: &mut String, chart: &Chart, series: &Series, pen: Pen) {
        let Frame { left, right, top, bottom } = *self.frame;
        let height = |value: f64, otherwise: f64| {
            let y = chart.y.measure(value).map(|m| bottom - self.y.place(m) * (bottom - top));
            y.filter(|y| y.is_finite()).unwrap_or(otherwise).clamp(top, bottom)
        };
        let edges: Vec<(f64, f64, f64)> = series
            .points
            .iter()
            .filter_map(|p| {
                let (lower, upper) = p.within?;
                let x = self.point(chart, p.x, p.y)?.0;
                (x >= left - 0.01 && x <= right + 0.01)
                    .then(|| (x, height(lower, bottom), height(upper, top)))
            })
            .collect();
        if edges.len() < 2 {
            return;
        }
        let mut path = String::new();
        let there = edges.iter().map(|e| (e.0, e.2));
        for (k, (x, y)) in there.chain(edges.iter().rev().map(|e| (e.0, e.1))).enumerate() {
            let _ = write!(path, "{}{x:.2} {y:.2}", if k == 0 { "M" } else { "L" });
        }
        let _ = writeln!(svg, "<path d=\"{path}z\" fill=\"{}\" fill-opacity=\"0.16\"/>", hex(pen.colour));
    }

    fn error_bars(&self, svg: &mut String, chart: &Chart, series: &Series, pen: Pen) {
        let Frame { top, bottom, .. } = *self.frame;
        let mut path = String::new();
        for p in &series.points {
            let Some((lower, upper)) = p.within else { continue };
            let Some((x, y)) = self.point(chart, p.x, p.y).filter(|at| self.holds(*at)) else { continue };
            let end = |value: f64, otherwise: f64| {
                self.point(chart, p.x, value).map_or(otherwise, |at| at.1).clamp(top, bottom)
            };
            let (low, high) = (end(lower, bottom).max(y), end(upper, top).min(y));
            let _ = write!(
                path,
                "M{x:.2} {low:.2}V{high:.2}M{:.2} {low:.2}h5M{:.2} {high:.2}h5",
                x - 2.5,
                x - 2.5
            );
        }
        stroke(svg, &path, Pen { dash: "", width: 1.0, ..pen });
    }

    fn draw_markers(&self, svg: &mut String, chart: &Chart, series: &Series, pen: Pen) {
        let places = series.points.iter().filter_map(|p| self.point(chart, p.x, p.y));
        let mut places: Vec<(f64, f64)> = places.filter(|at| self.holds(*at)).collect();
        let r = match places.len() {
            0..=60 => 3.4,
            61..=400 => 2.6,
            401..=3000 => 1.8,
            _ => 1.1,
        };
        let mut path = String::new();
        if places.len() <= 400 {
            for (x, y) in places {
                outline(&mut path, pen.marker, x, y, r);
            }
            markers(svg, &path, pen, true);
            return;
        }
        // Of many points dots, and those at one place are one point to a reader.
        let grid = if places.len() <= 3000 { 0.5 } else { 1.0 };
        for place in &mut places {
            *place = ((place.0 / grid).round() * grid, (place.1 / grid).round() * grid);
        }
        places.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        places.dedup();
        for (x, y) in places {
            let _ = write!(path, "M{x} {y}h.01");
        }
        let _ = writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linecap=\"round\"/>",
            hex(pen.colour),
            2.0 * r
        );
    }
}

/// A path that leaves out steps too small to be seen.
#[derive(Default)]
struct Path {
    text: String,
    /// Where the written pen is, and where the true one is.
    written: Option<(f64, f64)>,
    at: Option<(f64, f64)>,
}

impl Path {
    fn lift(&mut self) {
        if let (Some(at), Some(written)) = (self.at, self.written)
            && at != written
        {
            self.put('L', at);
        }
        (self.written, self.at) = (None, None);
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64)) {
        if self.at != Some(from) {
            self.lift();
            self.put('M', from);
        }
        self.at = Some(to);
        let far = self.written.is_none_or(|(x, y)| (to.0 - x).abs().max((to.1 - y).abs()) > 0.25);
        if far {
            self.put('L', to);
        }
    }

    fn put(&mut self, command: char, at: (f64, f64)) {
        let _ = write!(self.text, "{command}{:.2} {:.2}", at.0, at.1);
        self.written = Some(at);
    }

    fn finish(mut self) -> String {
        self.lift();
        self.text
    }
}

fn stroke(svg: &mut String, path: &str, pen: Pen) {
    if path.is_empty() {
        return;
    }
    let dash =
        if pen.dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{}\"", pen.dash) };
    let _ = writeln!(
        svg,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"{dash}/>",
        hex(pen.colour),
        pen.width
    );
}

fn markers(svg: &mut String, path: &str, pen: Pen, edged: bool) {
    if path.is_empty() {
        return;
    }
    let edge = if edged { " stroke=\"#fff\" stroke-width=\"0.7\"" } else { "" };
    let _ = writeln!(svg, "<path d=\"{path}\" fill=\"{}\"{edge}/>", hex(pen.colour));
}

/// A thin dashed dark line of a mark.
fn dash(svg: &mut String, from: (f64, f64), to: (f64, f64)) {
    let path = format!("M{:.2} {:.2}L{:.2} {:.2}", from.0, from.1, to.0, to.1);
    stroke(svg, &path, Pen { colour: INK, dash: "5 4", width: 1.1, marker: 0 });
}

/// Writes text, with a white edge where it lies on data.
fn label(
    svg: &mut String,
    content: &str,
    (x, y): (f64, f64),
    at: At,
    size: f64,
    colour: RGBColor,
    edged: bool,
) {
    let edge = if edged {
        " paint-order=\"stroke\" stroke=\"#fff\" stroke-width=\"3.5\" stroke-linejoin=\"round\""
    } else {
        ""
    };
    let content = with_subscripts(&escape(&shorten(content, 200)));
    raw(svg, &content, (x, y), at, size, colour, edge);
}

/// `V_th` with its index below the line: a word after one letter and an underscore. Names like `my_file` stay.
fn with_subscripts(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for k in 0..chars.len() {
        let symbol = k > 0
            && chars[k] == '_'
            && chars[k - 1].is_alphabetic()
            && (k == 1 || !(chars[k - 2].is_alphanumeric() || chars[k - 2] == '_'));
        let end = (k + 1..chars.len()).find(|&j| !chars[j].is_alphanumeric()).unwrap_or(chars.len());
        if symbol && end > k + 1 && chars.get(end) != Some(&'_') {
            let index: String = chars[k + 1..end].iter().collect();
            let _ = write!(out, "<tspan dy=\"2.6\" font-size=\"9\">{index}</tspan>");
            // The rest stands on the line again.
            let rest: String = chars[end..].iter().collect();
            if !rest.is_empty() {
                let _ = write!(out, "<tspan dy=\"-2.6\">{}</tspan>", with_subscripts(&rest));
            }
            return out;
        }
        out.push(chars[k]);
    }
    out
}

fn tick_label(svg: &mut String, tick: &Label, at: (f64, f64), anchor: At) {
    match tick {
        Label::None => {}
        Label::Plain(content) => label(svg, content, at, anchor, LABEL, MUTED, false),
        Label::Power { negative, power } => {
            let sign = if *negative { "\u{2212}" } else { "" };
            let power = power.to_string().replace('-', "\u{2212}");
            let content = format!("{sign}10<tspan dy=\"-4.5\" font-size=\"8.5\">{power}</tspan>");
            raw(svg, &content, at, anchor, LABEL, MUTED, "");
        }
    }
}

fn raw(svg: &mut String, content: &str, (x, y): (f64, f64), at: At, size: f64, colour: RGBColor, more: &str) {
    let anchor = match at {
        At::Left => "start",
        At::Middle => "middle",
        At::Right => "end",
    };
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" dy=\"0.35em\" text-anchor=\"{anchor}\" font-family=\"{FONT}\" \
         font-size=\"{size}\" fill=\"{}\"{more}>{content}</text>",
        hex(colour)
    );
}
