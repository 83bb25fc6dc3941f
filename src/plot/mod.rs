//! Pictures as SVG text, and PNG on request. Which a run has, [`report::results`](crate::report::results) says.
//!
//! Each is drawn on a light sheet, which a page may turn dark, with units on every axis and labels beside what they name. Colours
//! can be told apart by colour-blind readers, and the maps of values also in grey.

pub(crate) mod accuracy;
pub mod chart;
pub(crate) mod conductance;
pub(crate) mod confusion;
pub(crate) mod courses;
#[cfg(test)]
pub(crate) mod drawn;
pub(crate) mod energy;
mod experiment;
pub(crate) mod fields;
pub mod heat;
pub(crate) mod matrix;
pub(crate) mod measured;
pub(crate) mod missed;
pub mod number;
pub(crate) mod overview;
pub(crate) mod packed;
pub(crate) mod pairs;
#[cfg(feature = "png")]
mod png;
pub(crate) mod predicted;
pub(crate) mod programming;
pub(crate) mod raster;
pub(crate) mod robust;
pub(crate) mod shown;
mod style;
mod svg;
pub(crate) mod weights;

pub(crate) use style::{CSS, themed};

pub use experiment::{OVER, figures as experiments};
#[cfg(feature = "png")]
pub use png::{PngError, Renderer};

use crate::record::courses::Course;
use crate::record::matrix::Matrix;
use crate::record::spikes::Drawn;
use std::ops::Range;

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Name of the file without its ending: `"accuracy"`.
    pub name: String,
    /// How much of a page it wants.
    pub shape: Shape,
    /// A sentence to stand below it.
    pub caption: String,
    /// The drawing itself.
    pub svg: String,
}

/// How much of a page of two columns a picture wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One column.
    Half,
    /// Both columns.
    Wide,
    /// One column, as high as two others.
    Tall,
}

/// Spikes that were recorded, for the raster.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordedSpikes<'a> {
    /// What was recorded, and which neurons of it; a row's label is an index into them.
    pub groups: &'a [(String, Range<u32>)],
    /// What of them is drawn; `None`: none were recorded.
    pub drawn: Option<&'a Drawn>,
}

/// What of the records of a run is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recorded<'a> {
    /// As dots.
    pub spikes: RecordedSpikes<'a>,
    /// Of some neurons.
    pub membranes: &'a [Course<1>],
    /// Quantiles over time.
    pub weights: &'a [Course<5>],
    /// Who is joined to whom.
    pub matrices: &'a [Matrix],
}
