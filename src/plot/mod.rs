//! Pictures of a run, as SVG text, and PNG on request.
//!
//! Each is drawn on a light sheet with units on every axis and labels beside what they name. Colours
//! can be told apart by colour-blind readers, and the maps of values also in grey.

mod accuracy;
mod conductance;
mod confusion;
mod energy;
mod png;
mod programming;
mod raster;
mod shown;
mod style;
mod weights;

pub use png::{PngError, Renderer};

use crate::record::csv::SpikeRow;
use crate::record::npz::ArrayKind;
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::{Plan, Protocol};

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Name of the file without its ending: `"accuracy"`.
    pub name: String,
    /// A sentence to stand below it.
    pub caption: String,
    pub svg: String,
}

/// Why a picture could not be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("drawing failed: {0}")]
pub struct PlotError(String);

impl<E: std::error::Error + Send + Sync> From<plotters::drawing::DrawingAreaErrorKind<E>> for PlotError {
    fn from(error: plotters::drawing::DrawingAreaErrorKind<E>) -> Self {
        Self(error.to_string())
    }
}

/// Spikes that were recorded, for the raster.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordedSpikes<'a> {
    /// Names and sizes of what was recorded; a row's label is an index into them.
    pub groups: &'a [(String, u32)],
    pub rows: &'a [SpikeRow],
    /// Spikes in all, of which `rows` are the first.
    pub total: u64,
}

/// Every picture that this run has something for, in the order a report shows them.
///
/// # Errors
/// If a picture cannot be drawn.
pub fn figures(plan: &Plan, outcome: &Outcome, spikes: RecordedSpikes<'_>) -> Result<Vec<Figure>, PlotError> {
    let mut figures = Vec::new();
    let mut add = |name: &str, caption: String, svg: String| {
        figures.push(Figure { name: name.to_string(), caption, svg });
    };
    let paper = paper_accuracy(plan);
    if let Some(result) = &outcome.supervised {
        if !result.epochs.is_empty() {
            add("accuracy", accuracy::caption(paper), accuracy::draw(&result.epochs, paper)?);
        }
        if let Some(shown) = &result.shown {
            let presentation_ms = match &plan.protocol {
                Protocol::Supervised(protocol) => protocol.test_presentation.as_seconds() * 1e3,
                Protocol::Simulate { duration } => duration.as_seconds() * 1e3,
            };
            add("shown", shown::caption(shown), shown::draw(shown, presentation_ms)?);
        }
        if result.confusion.iter().flatten().any(|&n| n > 0) {
            add("confusion", confusion::caption(), confusion::draw(&result.confusion)?);
        }
    }
    for array in &outcome.arrays {
        if let (ArrayKind::Weight, name) = ArrayKind::of(&array.name)
            && let Some(side) = weights::side(array.rows)
        {
            let unit = weights::unit(plan, name);
            add(&format!("weights-{name}"), weights::caption(), weights::draw(name, array, side, unit)?);
        }
    }
    if !spikes.rows.is_empty() {
        add("raster", raster::caption(spikes), raster::draw(spikes)?);
    }
    if let Some(figure) = energy::figure(plan, outcome)? {
        figures.push(figure);
    }
    if let Some(figure) = conductance::figure(&outcome.arrays)? {
        figures.push(figure);
    }
    if let Some(result) = &outcome.supervised
        && let Some(figure) = programming::figure(&result.programming)?
    {
        figures.push(figure);
    }
    Ok(figures)
}

/// The accuracy the founding paper reports, if this plan reproduces that figure.
#[must_use]
pub fn paper_accuracy(plan: &Plan) -> Option<f64> {
    let reproduces = plan.reproduces.as_ref()?;
    (reproduces.paper.starts_with("Yan") && reproduces.figure == "5c")
        .then_some(crate::report::text::PAPER_ACCURACY)
}
