//! A chart of one quantity against another: what goes on it, and the picture as SVG text.
//!
//! A [`Chart`] has two axes, series of points, bands and reference marks; [`Stack`] puts several above each other
//! on one sheet. Values are in SI units: an axis chooses its prefix. Series differ in lightness, dash and marker,
//! so that they stay apart on a grey print. A point that no axis can show (not finite, or not positive on a
//! logarithmic axis) breaks its line, and the picture says how many there were.

mod draw;
mod label;
pub(super) mod marker;
mod place;
mod scale;

use super::{Figure, Shape};
pub use scale::{Axis, Scale};

/// One point of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// In the unit of the x axis.
    pub x: f64,
    /// In the unit of the y axis.
    pub y: f64,
    /// Lower and upper end of what y may be: an error bar, or the shade around a line.
    pub within: Option<(f64, f64)>,
}

impl From<(f64, f64)> for Point {
    fn from((x, y): (f64, f64)) -> Self {
        Self { x, y, within: None }
    }
}

impl Point {
    /// No point: the line is broken here on purpose, and nothing is said about it.
    pub const GAP: Self = Self { x: f64::NAN, y: f64::NAN, within: Some((f64::NAN, f64::NAN)) };

    /// Whether it is [`Self::GAP`].
    #[must_use]
    pub fn gap(&self) -> bool {
        self.x.is_nan() && self.within.is_some_and(|(a, b)| a.is_nan() && b.is_nan())
    }

    /// With an error bar of this length to both sides.
    #[must_use]
    pub fn with_error(x: f64, y: f64, error: f64) -> Self {
        Self { x, y, within: Some((y - error, y + error)) }
    }
}

/// How the points of a series are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Joined by straight lines.
    Line,
    /// A marker each.
    Points,
    /// Markers joined by lines.
    Both,
    /// Each value holds until the next: levels of a drive, an empirical distribution.
    Steps,
    /// A thin dashed dark line: the paper's curve, or a fit, under or over data.
    Reference,
}

/// Points that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// In the legend; empty for none.
    pub name: String,
    /// Whether it is a line, markers, steps.
    pub look: Look,
    /// In the order a line joins them.
    pub points: Vec<Point>,
    /// Part of an ordered set, such as consecutive sweeps: 0 the first, 1 the last. Coloured from dark to light.
    pub order: Option<f64>,
    /// Beside the last point, to the right of the chart, in the colour of the series; empty for none.
    pub end: String,
}

impl Series {
    /// Points without a place in an ordered set and without a label at the end.
    #[must_use]
    pub fn new<P: Into<Point>>(
        name: impl Into<String>,
        look: Look,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        let points = points.into_iter().map(Into::into).collect();
        Self { name: name.into(), look, points, order: None, end: String::new() }
    }

    /// With a label at its last point.
    #[must_use]
    pub fn ending(mut self, label: impl Into<String>) -> Self {
        self.end = label.into();
        self
    }

    /// Its place in an ordered set, from 0 to 1.
    #[must_use]
    pub fn ordered(mut self, order: f64) -> Self {
        self.order = Some(order);
        self
    }
}

/// A direction on the sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Across.
    X,
    /// Upwards.
    Y,
}

/// A value to compare with, drawn in.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A dashed line at one value of an axis.
    Line {
        /// The axis whose value it is; the line stands across it.
        axis: Direction,
        /// In the unit of that axis.
        value: f64,
        /// Beside the line.
        label: String,
    },
    /// A diamond at one point.
    Point {
        /// In the unit of the x axis.
        x: f64,
        /// In the unit of the y axis.
        y: f64,
        /// Beside the diamond.
        label: String,
    },
}

impl Mark {
    /// A vertical line at `value` of the x axis, its label above the chart.
    #[must_use]
    pub fn x(value: f64, label: impl Into<String>) -> Self {
        Self::Line { axis: Direction::X, value, label: label.into() }
    }

    /// A horizontal line at `value` of the y axis, its label to the right of the chart.
    #[must_use]
    pub fn y(value: f64, label: impl Into<String>) -> Self {
        Self::Line { axis: Direction::Y, value, label: label.into() }
    }

    /// A diamond at a point, its label beside it.
    #[must_use]
    pub fn point(x: f64, y: f64, label: impl Into<String>) -> Self {
        Self::Point { x, y, label: label.into() }
    }
}

/// A shaded stretch of an axis: a dead zone, the part that is clipped, what a preset is not stated for.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// The axis it is a stretch of.
    pub axis: Direction,
    /// Lower end; an infinite one reaches the edge of the chart.
    pub from: f64,
    /// Upper end, likewise.
    pub to: f64,
    /// Beside the band; empty for none.
    pub label: String,
}

impl Band {
    /// A vertical stripe.
    #[must_use]
    pub fn x(from: f64, to: f64, label: impl Into<String>) -> Self {
        Self { axis: Direction::X, from, to, label: label.into() }
    }

    /// A horizontal stripe.
    #[must_use]
    pub fn y(from: f64, to: f64, label: impl Into<String>) -> Self {
        Self { axis: Direction::Y, from, to, label: label.into() }
    }
}

/// What goes on a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// The line at the top.
    pub title: String,
    /// A line below the title.
    pub subtitle: String,
    /// Across.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// In the order they are drawn; a later one covers an earlier one.
    pub series: Vec<Series>,
    /// Lines and diamonds to compare with.
    pub marks: Vec<Mark>,
    /// Shaded stretches, drawn first.
    pub bands: Vec<Band>,
    /// Width and height in pixels.
    pub size: (u32, u32),
}

impl Chart {
    /// A chart of 720 x 440 pixels, without any series yet.
    #[must_use]
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        let (series, marks, bands) = (Vec::new(), Vec::new(), Vec::new());
        Self { title: title.into(), subtitle: String::new(), x, y, series, marks, bands, size: (720, 440) }
    }

    /// With a line below the title.
    #[must_use]
    pub fn subtitle(mut self, text: impl Into<String>) -> Self {
        self.subtitle = text.into();
        self
    }

    /// With another width and height, in pixels.
    #[must_use]
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = (width, height);
        self
    }

    /// With one more series.
    #[must_use]
    pub fn series(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// With a series drawn as a line.
    #[must_use]
    pub fn line<P: Into<Point>>(self, name: impl Into<String>, points: impl IntoIterator<Item = P>) -> Self {
        self.series(Series::new(name, Look::Line, points))
    }

    /// With a series drawn as markers.
    #[must_use]
    pub fn points<P: Into<Point>>(
        self,
        name: impl Into<String>,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        self.series(Series::new(name, Look::Points, points))
    }

    /// A thin dashed dark line.
    #[must_use]
    pub fn reference<P: Into<Point>>(
        self,
        name: impl Into<String>,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        self.series(Series::new(name, Look::Reference, points))
    }

    /// With one more value to compare with.
    #[must_use]
    pub fn mark(mut self, mark: Mark) -> Self {
        self.marks.push(mark);
        self
    }

    /// With one more shaded stretch.
    #[must_use]
    pub fn band(mut self, band: Band) -> Self {
        self.bands.push(band);
        self
    }

    /// The picture as SVG.
    #[must_use]
    pub fn svg(&self) -> String {
        draw::stack(&self.title, &self.subtitle, self.size, &[(self, 1.0)])
    }

    /// The picture with its caption, for a page.
    #[must_use]
    pub fn figure(&self, name: impl Into<String>, shape: Shape, caption: impl Into<String>) -> Figure {
        Figure { name: name.into(), shape, caption: caption.into(), svg: self.svg() }
    }
}

/// Charts above each other on one sheet, their plots equally wide: a drive and what answers it. The titles of the
/// charts themselves are not shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// The line at the top of the sheet.
    pub title: String,
    /// A line below the title.
    pub subtitle: String,
    /// Width and height in pixels, of all charts together.
    pub size: (u32, u32),
    /// Each with its share of the height.
    pub charts: Vec<(Chart, f64)>,
}

impl Stack {
    /// A sheet of 720 x 560 pixels, without any chart yet.
    #[must_use]
    pub fn new(title: impl Into<String>, subtitle: impl Into<String>) -> Self {
        Self { title: title.into(), subtitle: subtitle.into(), size: (720, 560), charts: Vec::new() }
    }

    /// With another width and height, in pixels.
    #[must_use]
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = (width, height);
        self
    }

    /// Adds a chart below; `share` of the height relative to the others.
    #[must_use]
    pub fn below(mut self, chart: Chart, share: f64) -> Self {
        self.charts.push((chart, share));
        self
    }

    /// The picture as SVG.
    #[must_use]
    pub fn svg(&self) -> String {
        let charts: Vec<(&Chart, f64)> = self.charts.iter().map(|(chart, share)| (chart, *share)).collect();
        draw::stack(&self.title, &self.subtitle, self.size, &charts)
    }

    /// The picture with its caption, for a page.
    #[must_use]
    pub fn figure(&self, name: impl Into<String>, shape: Shape, caption: impl Into<String>) -> Figure {
        Figure { name: name.into(), shape, caption: caption.into(), svg: self.svg() }
    }
}

#[cfg(test)]
mod tests;
