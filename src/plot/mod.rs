//! Pictures of a run, as SVG text, and PNG on request.
//!
//! Each is drawn on a light sheet with units on every axis and labels beside what they name. Colours
//! can be told apart by colour-blind readers, and the maps of values also in grey.

mod accuracy;
pub mod chart;
mod conductance;
mod confusion;
#[cfg(test)]
mod drawn;
mod energy;
mod experiment;
mod fields;
pub(crate) mod measured;
pub mod number;
mod overview;
mod pairs;
#[cfg(feature = "png")]
mod png;
mod programming;
mod raster;
mod robust;
mod shown;
mod style;
mod svg;
mod weights;

pub use experiment::{OVER, figures as experiments};
pub use overview::overview;
#[cfg(feature = "png")]
pub use png::{PngError, Renderer};

use crate::record::SpikeRow;
use crate::record::npz::ArrayKind;
use crate::scenario::outcome::{EpochResult, LearnedEpoch, Outcome, Status, Vote};
use crate::scenario::plan::Plan;
use crate::scenario::protocol::device::Devices;

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
    /// Names and sizes of what was recorded; a row's label is an index into them.
    pub groups: &'a [(String, u32)],
    /// The spikes, by time within each episode.
    pub rows: &'a [SpikeRow],
    /// Spikes in all, of which `rows` are the first.
    pub total: u64,
}

/// Every picture that this run has something for, in the order a report shows them.
#[must_use]
pub fn figures(plan: &Plan, outcome: &Outcome, spikes: RecordedSpikes<'_>) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut add = |name: &str, shape: Shape, caption: String, svg: String| {
        figures.push(Figure { name: name.to_string(), shape, caption, svg });
    };
    let paper = plan.published_accuracy();
    if let Some(result) = &outcome.supervised {
        if !result.epochs.is_empty() {
            add(
                "accuracy",
                Shape::Half,
                accuracy::caption(paper),
                accuracy::draw(&result.epochs, paper, accuracy::SIZE),
            );
        }
        if let Some(shown) = &result.shown {
            let end_ms = episode_ms(plan, u64::MAX);
            add("shown", Shape::Half, shown::caption(shown), shown::draw(shown, end_ms));
        }
    }
    if let Some(result) = &outcome.unsupervised
        && !result.epochs.is_empty()
    {
        let epochs: Vec<EpochResult> =
            result.epochs.iter().map(|epoch| by_vote(epoch, result.vote)).collect();
        let caption = accuracy::caption(None).replacen("in training", "of the labelled training samples", 1);
        add("accuracy", Shape::Half, caption, accuracy::draw(&epochs, None, accuracy::SIZE));
    }
    for array in &outcome.arrays {
        if let (ArrayKind::Weight, name) = ArrayKind::of(&array.name)
            && let Some(side) = weights::side(array.rows)
        {
            if let Some(result) = &outcome.unsupervised {
                if !learns_without_labels(plan, name) {
                    continue;
                }
                let svg = fields::draw(array, side, &result.classes);
                add(&format!("fields-{name}"), Shape::Wide, fields::caption(), svg);
                continue;
            }
            let unit = weights::unit(plan, name);
            add(
                &format!("weights-{name}"),
                Shape::Wide,
                weights::caption(),
                weights::draw(name, array, side, unit, weights::PIXEL),
            );
        }
    }
    if !spikes.rows.is_empty() {
        let first = spikes.rows.first().map_or(0, |row| row.episode);
        let complete = outcome.status == Status::Done && spikes.rows.len() as u64 == spikes.total
            || spikes.rows.iter().any(|row| row.episode != first);
        let end_ms = if complete { episode_ms(plan, first) } else { 0.0 };
        add("raster", Shape::Wide, raster::caption(spikes), raster::draw(spikes, end_ms));
    }
    let supervised = outcome.supervised.as_ref().map(|result| &result.confusion);
    let unsupervised = outcome.unsupervised.as_ref().map(|result| &result.confusion);
    if let Some(matrix) = supervised.or(unsupervised)
        && matrix.iter().flatten().any(|&n| n > 0)
    {
        add("confusion", Shape::Tall, confusion::caption(), confusion::draw(matrix));
    }
    if let Some(Devices { experiments }) = plan.protocol.get() {
        // What one device spent is a line of its table.
        figures.extend(experiment::figures(experiments, &outcome.experiments));
        return figures;
    }
    figures.extend(pairs::figures(plan, &outcome.plastic));
    if let Some(figure) = energy::figure(plan, outcome) {
        figures.push(figure);
    }
    if let Some(figure) = conductance::figure(&outcome.arrays) {
        figures.push(figure);
    }
    if let Some(result) = &outcome.supervised
        && let Some(figure) = programming::figure(&result.programming)
    {
        figures.push(figure);
    }
    if let Some(result) = &outcome.unsupervised {
        figures.extend(robust::variation(&result.variation, result.vote));
        figures.extend(robust::ageing(&result.ageing, result.vote));
    }
    figures
}

/// Whether a projection is the one that learns without labels.
fn learns_without_labels(plan: &Plan, projection: &str) -> bool {
    let trained = plan.protocol.trains().and_then(|index| plan.projections.get(index));
    trained.is_some_and(|learns| learns.name == projection)
}

/// An epoch of unsupervised learning as the curve of accuracies wants it.
fn by_vote(epoch: &LearnedEpoch, vote: Vote) -> EpochResult {
    EpochResult {
        epoch: epoch.epoch,
        loss: 0.0,
        train_accuracy: epoch.labelled.by(vote),
        validation_accuracy: epoch.validation.map(|votes| votes.by(vote)),
        test_accuracy: epoch.test.by(vote),
        learning_rate: epoch.a_plus,
    }
}

fn episode_ms(plan: &Plan, episode: u64) -> f64 {
    plan.protocol.episode(episode).as_seconds() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;
    use crate::time::Time;

    #[test]
    fn every_picture_of_a_run_is_drawn_and_can_be_rendered() {
        let (plan, outcome) = example::trained();
        let groups = [("retina".to_string(), 784), ("output".to_string(), 10)];
        let rows: Vec<SpikeRow> = (0..200)
            .map(|k| SpikeRow {
                episode: 0,
                time: Time::from_fs(k * 1_000_000_000),
                label: k as u32 % 2,
                id: k as u32 % 10,
            })
            .collect();
        let spikes = RecordedSpikes { groups: &groups, rows: &rows, total: 1000 };
        let figures = figures(&plan, &outcome, spikes);
        let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "accuracy",
                "shown",
                "weights-input",
                "raster",
                "confusion",
                "energy",
                "conductances",
                "programming"
            ]
        );
        for figure in &figures {
            drawn::check(&figure.svg);
        }
    }

    #[test]
    fn a_run_stopped_at_once_has_pictures_of_what_there_is() {
        let (plan, mut outcome) = example::trained();
        let result = outcome.supervised.as_mut().unwrap();
        result.epochs.truncate(1);
        result.confusion = vec![vec![0; 10]; 10];
        result.programming.clear();
        result.shown = None;
        outcome.inference = None;
        outcome.energy = Default::default();
        outcome.arrays.truncate(1);
        outcome.arrays[0].data.fill(0.0);
        let figures = figures(&plan, &outcome, RecordedSpikes::default());
        let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
        assert_eq!(names, ["accuracy", "weights-input"]);
        assert!(figures.iter().all(|figure| !figure.svg.contains("NaN") && !figure.svg.contains("inf")));
    }

    #[test]
    fn a_published_accuracy_is_drawn_where_the_scenario_states_one() {
        let (mut plan, outcome) = example::trained();
        let drawn = |plan: &Plan| {
            let figures = figures(plan, &outcome, RecordedSpikes::default());
            let figure = figures.into_iter().find(|figure| figure.name == "accuracy").unwrap();
            (figure.svg, figure.caption.contains("published"))
        };
        let (svg, named) = drawn(&plan);
        assert!(svg.contains("paper 91.57 %") && named);
        plan.reproduces.as_mut().unwrap().accuracy = Some(0.875);
        let (svg, named) = drawn(&plan);
        assert!(svg.contains("paper 87.50 %") && named);
        plan.reproduces.as_mut().unwrap().accuracy = None;
        let (svg, named) = drawn(&plan);
        assert!(!svg.contains("paper") && !named);
    }
}
