//! The chapter "The paper, figure by figure" of the book, made from the runs of the set.
//!
//! Plain Markdown and the pictures of the runs: the same scenarios, seed and version give the same chapter, so that a
//! test can hold the one in the book to it.

use super::set::{FigureRow, RowStatus, SetSummary};
use super::summary::Summary;
use crate::plot::Figure;
use crate::plot::measured::shown;
use crate::scenario::device::Experiment;
use crate::scenario::plan::Plan;
use crate::scenario::protocol::device::Devices;
use std::fmt::Write as _;

/// Where the chapter finds its pictures.
pub const PICTURES: &str = "paper-figures";

/// A run of the set: its plan, and the pictures it gave.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// What was run.
    pub plan: &'a Plan,
    /// The pictures of its report.
    pub pictures: &'a [Figure],
}

/// The chapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// All of its text, for mdbook.
    pub markdown: String,
    /// (name of the file, SVG).
    pub pictures: Vec<(String, String)>,
}

const HEAD: &str = "\
# The paper, figure by figure

<!-- Generated from the runs of scenarios/paper; the test `the_chapter_of_the_book_is_up_to_date` writes it. -->

Yan et al., *Artificial Neurons Based on Memristors for Spiking Neural Networks*: every electrical figure from the device
models that networks use, beside the paper's numbers. `memspike run paper` makes all of it, in a few seconds.

There are three parameter sets and none is tuned to a single figure: `ag-tio2-pt-ts` (threshold switch at 7 \u{b5}A; 1c, 4b,
4c, power), `ag-tio2-pt-rs-binary` (abrupt resistive switch at 1 mA; 1d, 2a, 2b) and `ag-tio2-pt-rs-analog` (2c, 2d, 3b,
3c). Where the paper cannot be taken at its word, the [errata](errata.md) say how it is read. Figures 1a, 1b, 3a and 4a are
drawings and a photograph; figure 5 needs MNIST and minutes, so its reference result stands here.

What an agreement is worth stands beside it. *Given*: a parameter of the model comes back out; it tests the program, not the
model. *Calibrated*: the model was fitted to this number, or a value that the paper leaves open was chosen for it; it shows that
the model can have it. *Predicted*: nothing was chosen for it.
";

/// Makes the chapter. `runs` are in the order of the set.
#[must_use]
pub fn chapter(set: &SetSummary, runs: &[Run<'_>]) -> Chapter {
    let mut chapter = Chapter { markdown: HEAD.to_string(), pictures: Vec::new() };
    let out = &mut chapter.markdown;
    out.push_str("\n## All of them\n\n| figure | | paper | simulated | difference | tolerance | standing | status |\n|---|---|--:|--:|--:|--:|---|---|\n");
    let mut last = "";
    for row in &set.figures {
        let figure = if row.figure == last {
            String::new()
        } else if row.status == RowStatus::Reference {
            row.figure.clone()
        } else {
            format!("[{}](#{})", row.figure, row.scenario)
        };
        last = &row.figure;
        let status = match row.status {
            RowStatus::Ok => "ok".to_string(),
            RowStatus::OutOfTolerance => "**out of tolerance**".to_string(),
            RowStatus::Reference => format!("reference: `{}`", row.scenario),
        };
        let _ = writeln!(
            out,
            "| {figure} | {} | {} | {} | {} | {} | {} | {status} |",
            cell(&row.what),
            cell(&row.paper),
            cell(&row.simulated),
            cell(&row.difference),
            cell(&row.tolerance),
            row.standing
        );
    }
    for row in set.figures.iter().filter(|row| row.status == RowStatus::Reference) {
        let _ = write!(out, "\nFigure {}: `memspike run {}`; {}.\n", row.figure, row.scenario, row.why);
    }
    for (run, summary) in runs.iter().zip(&set.runs) {
        section(&mut chapter, set, run, summary);
    }
    chapter
}

fn section(chapter: &mut Chapter, set: &SetSummary, run: &Run<'_>, summary: &Summary) {
    let out = &mut chapter.markdown;
    let plan = run.plan;
    let _ = write!(out, "\n## {} {{#{}}}\n\n{}\n", plan.title, plan.name, plan.description);
    let mut closing = String::new();
    for picture in run.pictures.iter().filter(|picture| belongs(plan, picture)) {
        let file = format!("{}-{}.svg", plan.name, picture.name);
        let _ = write!(out, "\n![{}]({PICTURES}/{file})\n\n*{}*\n", title(plan, picture), picture.caption);
        chapter.pictures.push((file, picture.svg.clone()));
    }
    let out = &mut chapter.markdown;
    out.push_str("\n| | paper | simulated | difference | tolerance | why this tolerance |\n|---|--:|--:|--:|--:|---|\n");
    for FigureRow { what, paper, simulated, difference, tolerance, why, .. } in
        set.figures.iter().filter(|row| row.scenario == plan.name)
    {
        let row = [what, paper, simulated, difference, tolerance, why].map(|text| cell(text));
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    for experiment in &summary.experiments {
        let others: Vec<String> = experiment
            .measured
            .iter()
            .filter(|(name, m)| m.value.is_some() && experiment.compare.iter().all(|row| row.name != *name))
            .map(|(_, m)| format!("{} {}", m.what, shown(m.value, m.unit)))
            .collect();
        if !others.is_empty() {
            let _ = write!(closing, "\n*{}* also gives: {}.\n", experiment.title, others.join("; "));
        }
    }
    out.push_str(&closing);
}

/// Loops drawn with the spread of many cycles stay in the run directory: they are large, and compared with nothing.
fn belongs(plan: &Plan, picture: &Figure) -> bool {
    let Some(Devices { experiments }) = plan.protocol.get() else { return true };
    experiments.iter().all(|experiment| {
        experiment.name != picture.name
            || !matches!(experiment.experiment, Experiment::Iv { noise: true, .. })
    })
}

fn title(plan: &Plan, picture: &Figure) -> String {
    let Some(Devices { experiments }) = plan.protocol.get() else { return picture.name.clone() };
    let of = |name: &str| experiments.iter().find(|e| e.name == name).map(|e| e.title.clone());
    of(&picture.name)
        .or_else(|| of(picture.name.strip_suffix("-pulses")?))
        .unwrap_or_else(|| picture.name.clone())
}

/// A `|` would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\u{202f}', "\u{a0}")
}
