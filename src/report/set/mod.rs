//! Several runs that belong together, in one table: every figure of the paper and its status.

mod page;

pub use page::{About, SetRun, page};

use super::device::{HEADS, PaperComparison, PaperVerdict, columns};
use super::summary::Summary;
use crate::scenario::outcome::Status;
use crate::scenario::set::{Elsewhere, Set};
use crate::scenario::spec::Word;
use serde::Serialize;

/// What came of a set of scenarios.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetSummary {
    /// As in [`Summary::schema_version`].
    pub schema_version: u32,
    /// Interrupted if any of the runs was.
    pub status: Status,
    /// Of the set, where its `set.toml` has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// One for every number of the paper that was compared.
    pub figures: Vec<FigureRow>,
    /// Whether nothing that was compared is out of tolerance.
    pub within_tolerance: bool,
    /// The summaries of the runs that were made, in their order.
    pub runs: Vec<Summary>,
}

/// A number of the paper.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FigureRow {
    /// Figure of the paper, or a dash.
    pub figure: String,
    /// The scenario that gave it.
    pub scenario: String,
    /// The quantity in words.
    pub what: String,
    /// The published number, with its unit.
    pub paper: String,
    /// What came out, with its unit; for [`RowStatus::Reference`] what came out then.
    pub simulated: String,
    /// `simulated` less `paper`.
    pub difference: String,
    /// How far apart they may be; empty for [`RowStatus::Reference`].
    pub tolerance: String,
    /// What an agreement says of the model: "given", "calibrated", "predicted"; empty if the scenario does not say it.
    pub standing: String,
    /// How it came out.
    pub status: RowStatus,
    /// Why the tolerance is this wide.
    pub why: String,
}

/// How a row came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowStatus {
    /// Close enough.
    Ok,
    /// Too far from the paper, or not there.
    OutOfTolerance,
    /// Not made here: a reference result of another scenario.
    Reference,
}

impl RowStatus {
    /// "ok", "OUT", "reference".
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::OutOfTolerance => "OUT",
            Self::Reference => "reference",
        }
    }
}

impl FigureRow {
    fn compared(summary: &Summary, experiment: &str, several: bool, row: &PaperComparison) -> Self {
        let [paper, simulated, difference, tolerance] = row.cells();
        let figure = summary.paper.as_ref().and_then(|paper| paper.figure.clone());
        Self {
            figure: figure.unwrap_or_else(|| "\u{2013}".into()),
            scenario: summary.scenario.clone(),
            what: if several { format!("{} ({experiment})", row.what) } else { row.what.clone() },
            paper,
            simulated,
            difference,
            tolerance,
            standing: row.standing().into(),
            status: match row.status {
                PaperVerdict::Ok => RowStatus::Ok,
                PaperVerdict::OutOfTolerance => RowStatus::OutOfTolerance,
            },
            why: row.why.clone(),
        }
    }

    fn elsewhere(row: &Elsewhere) -> Self {
        Self {
            figure: row.figure.clone(),
            scenario: row.scenario.clone(),
            what: row.what.clone(),
            paper: row.paper.clone(),
            simulated: row.reference.clone(),
            difference: row.difference.clone(),
            tolerance: String::new(),
            standing: row.standing.map_or("", Word::word).into(),
            status: RowStatus::Reference,
            why: row.why.clone(),
        }
    }
}

impl SetSummary {
    /// Puts the runs of a set together.
    #[must_use]
    pub fn new(set: Option<&Set>, runs: Vec<Summary>) -> Self {
        let mut figures = Vec::new();
        for summary in &runs {
            let several = summary.experiments.iter().filter(|e| !e.compare.is_empty()).count() > 1;
            for experiment in &summary.experiments {
                for row in &experiment.compare {
                    figures.push(FigureRow::compared(summary, &experiment.name, several, row));
                }
            }
        }
        figures.extend(set.into_iter().flat_map(|set| &set.elsewhere).map(FigureRow::elsewhere));
        let interrupted = runs.iter().any(|run| run.status == Status::Interrupted);
        Self {
            schema_version: super::summary::SCHEMA_VERSION,
            status: if interrupted { Status::Interrupted } else { Status::Done },
            title: set.map(|set| set.title.clone()),
            within_tolerance: figures.iter().all(|row| row.status != RowStatus::OutOfTolerance),
            figures,
            runs,
        }
    }

    /// The table for a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        if self.figures.is_empty() {
            return String::new();
        }
        let mut heads = HEADS;
        heads[0] = "figure";
        let mut text = self.title.as_ref().map_or_else(String::new, |title| format!("{title}\n\n"));
        let mut last = "";
        let rows: Vec<[String; 7]> = self
            .figures
            .iter()
            .map(|row| {
                let figure = if row.figure == last { "" } else { &row.figure };
                last = &row.figure;
                let status = match row.status {
                    RowStatus::Reference => format!("reference: {}", row.scenario),
                    status => status.word().into(),
                };
                [
                    format!("{figure:<5} {}", row.what),
                    row.paper.clone(),
                    row.simulated.clone(),
                    row.difference.clone(),
                    row.tolerance.clone(),
                    row.standing.clone(),
                    status,
                ]
            })
            .collect();
        text.push_str(&columns(&heads, &rows));
        let compared = || self.figures.iter().filter(|row| row.status != RowStatus::Reference);
        let within = compared().filter(|row| row.status == RowStatus::Ok).count();
        let total = compared().count();
        text.push_str(&match total - within {
            0 => format!("\n  all {total} within their tolerance\n"),
            out => format!("\n  {out} of {total} out of tolerance\n"),
        });
        // Not every terminal has the narrow spaces of the page.
        text.replace(['\u{202f}', '\u{a0}'], " ")
    }
}
