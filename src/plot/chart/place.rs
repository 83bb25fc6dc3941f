//! From values to pixels: where points and bands come to lie, and the paths of a series, cut at the frame.

use super::marker::{Pen, outline};
use super::scale::Layout;
use super::{Band, Chart, Direction, Look, Series};
use crate::plot::style::INK;
use crate::plot::svg::Sheet;
use std::fmt::Write as _;

/// Where a plot is on the sheet, in pixels.
pub struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

/// Values to pixels.
pub struct Place<'a> {
    pub x: &'a Layout,
    pub y: &'a Layout,
    pub frame: &'a Frame,
}

impl Place<'_> {
    pub fn point(&self, chart: &Chart, x: f64, y: f64) -> Option<(f64, f64)> {
        let (x, y) = (self.x.place(chart.x.measure(x)?), self.y.place(chart.y.measure(y)?));
        let Frame { left, right, top, bottom } = *self.frame;
        let at = (left + x * (right - left), bottom - y * (bottom - top));
        (at.0.is_finite() && at.1.is_finite()).then_some(at)
    }

    pub fn holds(&self, (x, y): (f64, f64)) -> bool {
        let Frame { left, right, top, bottom } = *self.frame;
        x >= left - 0.01 && x <= right + 0.01 && y >= top - 0.01 && y <= bottom + 0.01
    }

    /// Left, top, width and height of a band, if any of it is in sight.
    pub fn band(&self, chart: &Chart, band: &Band) -> Option<(f64, f64, f64, f64)> {
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

    pub fn series(&self, sheet: &mut Sheet, chart: &Chart, series: &Series, pen: Pen) {
        let joined = series.look != Look::Points;
        let marked = matches!(series.look, Look::Points | Look::Both);
        if joined {
            self.shade(sheet, chart, series, pen);
            let path = self.path(chart, series);
            stroke(sheet, &path, pen);
        } else {
            self.error_bars(sheet, chart, series, pen);
        }
        if marked {
            self.draw_markers(sheet, chart, series, pen);
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
    fn shade(&self, sheet: &mut Sheet, chart: &Chart, series: &Series, pen: Pen) {
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
        path.push('z');
        sheet.shape(&path, pen.colour, " fill-opacity=\"0.16\"");
    }

    fn error_bars(&self, sheet: &mut Sheet, chart: &Chart, series: &Series, pen: Pen) {
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
        stroke(sheet, &path, Pen { dash: "", width: 1.0, ..pen });
    }

    fn draw_markers(&self, sheet: &mut Sheet, chart: &Chart, series: &Series, pen: Pen) {
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
            markers(sheet, &path, pen, true);
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
        sheet.stroke(&path, pen.colour, 2.0 * r, " stroke-linecap=\"round\"");
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

pub fn stroke(sheet: &mut Sheet, path: &str, pen: Pen) {
    let dash =
        if pen.dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{}\"", pen.dash) };
    sheet.stroke(path, pen.colour, pen.width, &format!(" stroke-linejoin=\"round\"{dash}"));
}

pub fn markers(sheet: &mut Sheet, path: &str, pen: Pen, edged: bool) {
    let edge = if edged { " stroke=\"#fff\" stroke-width=\"0.7\"" } else { "" };
    sheet.shape(path, pen.colour, edge);
}

/// A thin dashed dark line of a mark.
pub fn dash(sheet: &mut Sheet, from: (f64, f64), to: (f64, f64)) {
    let path = format!("M{:.2} {:.2}L{:.2} {:.2}", from.0, from.1, to.0, to.1);
    stroke(sheet, &path, Pen { colour: INK, dash: "5 4", width: 1.1, marker: 0 });
}
