//! Pictures and tables of a run.

use super::summary::Summary;
use super::told;
use crate::plot::{
    Figure, Recorded, conductance, confusion, courses, energy, matrix, pairs, raster, weights,
};
use crate::record::spikes::Drawn;
use crate::scenario::outcome::{Outcome, Status};
use crate::scenario::plan::Plan;

/// Every picture of a run, in the order a report shows them.
#[must_use]
pub fn figures(plan: &Plan, outcome: &Outcome, recorded: Recorded<'_>) -> Vec<Figure> {
    let spikes = recorded.spikes;
    let told = told::of(plan);
    let mut figures = told.first(plan, outcome);
    if let Some(drawn) = spikes.drawn.filter(|drawn| !drawn.rows.is_empty()) {
        figures.push(raster::figure(spikes.groups, drawn, shown_ms(plan, outcome, drawn)));
    }
    figures.extend(courses::membranes(recorded.membranes));
    figures.extend(courses::weights(recorded.weights));
    figures.extend(weights::histogram(plan, &outcome.arrays));
    figures.extend(matrix::figures(recorded.matrices));
    figures.extend(told.confusion(outcome).and_then(confusion::figure));
    // What one device spent is a line of its table.
    if !plan.populations.is_empty() {
        figures.extend(pairs::figures(plan, &outcome.plastic));
        figures.extend(energy::figure(plan, outcome));
        figures.extend(conductance::figure(&outcome.arrays));
    }
    figures.extend(told.last(plan, outcome));
    figures
}

/// How long the episode is that is drawn, in milliseconds; 0 where it was not shown to its end.
pub(super) fn shown_ms(plan: &Plan, outcome: &Outcome, drawn: &Drawn) -> f64 {
    let complete = outcome.status == Status::Done && !drawn.cut || drawn.of_several();
    let first = drawn.rows.first().map(|row| row.episode).filter(|_| complete);
    first.map_or(0.0, |first| plan.protocol.episode(first).as_seconds() * 1e3)
}

/// Tables for the run directory: name of the file, CSV.
#[must_use]
pub fn tables(plan: &Plan, outcome: &Outcome, summary: &Summary) -> Vec<(String, String)> {
    told::of(plan).tables(outcome, summary)
}

/// What was learned, in one small picture, if the run trained weights from images.
#[must_use]
pub fn overview(plan: &Plan, outcome: &Outcome) -> Option<String> {
    told::of(plan).overview(plan, outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{RecordedSpikes, drawn};
    use crate::record::SpikeRow;
    use crate::report::example;
    use crate::scenario::outcome::Found;
    use crate::scenario::protocol::supervised::SupervisedResult;
    use crate::time::Time;

    #[test]
    fn every_picture_of_a_run_is_drawn_and_can_be_rendered() {
        let (plan, outcome) = example::trained();
        let groups = [("retina".to_string(), 0..784), ("output".to_string(), 0..10)];
        let rows: Vec<SpikeRow> = (0..200)
            .map(|k| SpikeRow {
                episode: 0,
                time: Time::from_fs(k * 1_000_000_000),
                label: k as u32 % 2,
                id: k as u32 % 10,
            })
            .collect();
        let kept = Drawn { rows, every: 1, of_episode: 200, total: 1000, cut: false };
        let spikes = RecordedSpikes { groups: &groups, drawn: Some(&kept) };
        let figures = figures(&plan, &outcome, Recorded { spikes, ..Recorded::default() });
        let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "accuracy",
                "shown",
                "weights-input",
                "raster",
                "weights-histogram",
                "confusion",
                "energy",
                "conductances",
                "programming",
                "missed"
            ]
        );
        for figure in &figures {
            drawn::check(&figure.svg);
        }
    }

    #[test]
    fn a_run_stopped_at_once_has_pictures_of_what_there_is() {
        let (plan, mut outcome) = example::trained();
        let mut result = outcome.found.get::<SupervisedResult>().unwrap().clone();
        result.epochs.truncate(1);
        result.confusion = vec![vec![0; 10]; 10];
        result.programming.clear();
        result.shown = None;
        result.missed.clear();
        outcome.found = Found::new(result);
        outcome.inference = None;
        outcome.energy = Default::default();
        outcome.arrays.truncate(1);
        outcome.arrays[0].data.fill(0.0);
        let figures = figures(&plan, &outcome, Recorded::default());
        let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
        assert_eq!(names, ["accuracy", "weights-input"]);
        assert!(figures.iter().all(|figure| !figure.svg.contains("NaN") && !figure.svg.contains("inf")));
    }

    #[test]
    fn a_published_accuracy_is_drawn_where_the_scenario_states_one() {
        let (mut plan, outcome) = example::trained();
        let drawn = |plan: &Plan| {
            let figures = figures(plan, &outcome, Recorded::default());
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

    #[test]
    fn the_overview_has_both_parts_and_can_be_rendered() {
        let (plan, mut outcome) = example::trained();
        let svg = overview(&plan, &outcome).unwrap();
        assert!(svg.contains("Weights of projection input") && svg.contains("Accuracy by epoch"));
        assert_eq!(svg.matches("<svg").count(), 3);
        drawn::check(&svg);
        outcome.found = Found::default();
        assert_eq!(overview(&plan, &outcome), None);
    }
}
