//! What is told of a protocol: every answer has one that suits any.

use crate::plot::{Figure, weights};
use crate::report::lines::Lines;
use crate::report::row::{Row, row};
use crate::report::summary::Summary;
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::Plan;
use maud::{Markup, html};

/// A protocol in words, tables and pictures. What every run has is told beside this, in the other files of the report.
pub trait Told: Sync {
    /// Its plan: headings and tables.
    fn plan(&self, plan: &Plan) -> Vec<(String, Vec<Row>)> {
        let values = plan.protocol.json();
        let rows = values.as_object().into_iter().flatten().map(|(key, value)| row(key, value.to_string()));
        vec![(format!("Protocol: {}", plan.protocol.word()), rows.collect())]
    }

    /// Puts into a summary what the protocol found out.
    fn sum(&self, _plan: &Plan, outcome: &Outcome, summary: &mut Summary) {
        summary.results = outcome.found.json();
    }

    /// Lines of the text at the end of a run, if the summary has what they tell.
    fn lines(&self, _summary: &Summary, _lines: &mut Lines) {}

    /// What stands on the page above the pictures, if the summary has it.
    fn above(&self, _summary: &Summary) -> Markup {
        html! {}
    }

    /// What stands below counts and energy.
    fn below(&self, _summary: &Summary) -> Markup {
        html! {}
    }

    /// Tables in the run directory: name of the file, CSV.
    fn tables(&self, _outcome: &Outcome, _summary: &Summary) -> Vec<(String, String)> {
        Vec::new()
    }

    /// The first pictures.
    fn first(&self, plan: &Plan, outcome: &Outcome) -> Vec<Figure> {
        weights::figures(plan, &outcome.arrays)
    }

    /// Rows: true class; columns: answer.
    fn confusion<'a>(&self, _outcome: &'a Outcome) -> Option<&'a [Vec<u64>]> {
        None
    }

    /// The last pictures.
    fn last(&self, _plan: &Plan, _outcome: &Outcome) -> Vec<Figure> {
        Vec::new()
    }

    /// All of it in one small picture.
    fn overview(&self, _plan: &Plan, _outcome: &Outcome) -> Option<String> {
        None
    }
}
