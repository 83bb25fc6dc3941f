//! `set.html`: several scenarios of one command on one page that links their runs.

use super::super::device::HEADS;
use super::super::frame::{Beside, Frame, Part, Tag, address, pictures};
use super::super::summary::Summary;
use super::{FigureRow, RowStatus, SetSummary};
use crate::plot::number::{duration, percent, rough, si};
use crate::plot::{Figure, Shape};
use maud::{Markup, html};

/// A scenario of a set, as its page tells of it.
#[derive(Clone, Debug)]
pub struct SetRun {
    /// Short name of the scenario.
    pub name: String,
    /// Its own line about itself.
    pub title: String,
    /// The page of its run, relative to that of the set; `None`: there is none yet.
    pub page: Option<String>,
    /// A picture of it.
    pub svg: Option<String>,
}

/// Whose page it is.
#[derive(Clone, Debug)]
pub struct About {
    /// Version of the program.
    pub memspike: String,
    /// What was run, as it was named.
    pub named: String,
    /// The command line.
    pub command: Vec<String>,
    /// When it was begun, in UTC.
    pub started: String,
}

/// The page of a set; `runs` are all of its scenarios, those that have been run first.
#[must_use]
pub fn page(set: &SetSummary, runs: &[SetRun], about: &About) -> String {
    let title = set.title.as_deref().unwrap_or(&about.named);
    let mut tags = vec![Tag::from(format!("{} scenarios", runs.len()))];
    let missing = runs.iter().filter(|run| run.page.is_none()).count();
    if missing > 0 {
        tags.push(Tag { text: format!("{missing} of them not computed yet"), warns: true });
    }
    let mut parts = vec![Part::new("Runs", table(set, runs))];
    if !set.figures.is_empty() {
        parts.push(Part::new("Paper and simulation", figures(&set.figures)));
    }
    let shown: Vec<Figure> = runs.iter().filter_map(figure).collect();
    if !shown.is_empty() {
        parts.push(Part::new("Pictures", pictures(&shown, &|_| None)));
    }
    parts.push(Part::new(
        "How it was computed",
        html! {
            section.card {
                table {
                    tr { th { "command" } td { code { (about.command.join(" ")) } } }
                    tr { th { "begun" } td { (about.started) } }
                }
                p.remark { "Plan, assumptions and provenance of each run are on its own page." }
            }
        },
    ));
    Frame {
        memspike: &about.memspike,
        title: format!("{title} \u{2013} set"),
        heading: title,
        about: String::new(),
        tags,
        headline: html! {},
        parts,
        beside: Beside::default(),
        foot: format!(", {}", about.started),
        script: "",
    }
    .page()
}

fn figure(run: &SetRun) -> Option<Figure> {
    let svg = run.svg.clone()?;
    Some(Figure { name: run.name.clone(), shape: Shape::Half, caption: run.title.clone(), svg })
}

fn table(set: &SetSummary, runs: &[SetRun]) -> Markup {
    let summary = |run: &SetRun| set.runs.iter().find(|summary| summary.scenario == run.name);
    html! {
        section.card {
            table {
                tr { th { "scenario" } th { "what it is" } th { "result" } th.n { "computed in" } }
                @for run in runs {
                    tr {
                        td {
                            @match &run.page {
                                Some(page) => a href=(address(page)) { (run.name) },
                                None => { (run.name) " (not computed yet)" }
                            }
                        }
                        td { (run.title) }
                        td { @if let Some(summary) = summary(run) { (result(summary)) } }
                        td.n { @if let Some(summary) = summary(run) { (duration(summary.performance.wall_s)) } }
                    }
                }
            }
        }
    }
}

/// What came of a run, in a few words.
fn result(summary: &Summary) -> String {
    let accuracy = summary.accuracy.as_ref();
    let test = accuracy.and_then(|of| Some(format!("{} test {}", percent(of.test?), of.measure.name())));
    let paper = summary.paper.as_ref();
    let paper = paper.map(|paper| format!("{} of {} numbers of the paper", paper.within, paper.compared));
    let spikes: u64 = summary.spikes.iter().map(|(_, spikes)| spikes).sum();
    let spikes = (spikes > 0).then(|| format!("{} spikes", rough(spikes)));
    let joules = summary.energy_j.get("total").map(|joules| si(*joules, "J"));
    [test, paper, spikes, joules].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn figures(rows: &[FigureRow]) -> Markup {
    html! {
        section.card {
            table {
                tr { th { "figure" } th { "quantity" } @for head in &HEADS[1..] { th { (head) } } }
                @for row in rows {
                    tr {
                        td { (row.figure) }
                        td title=(row.why) { (row.what) }
                        @for cell in [&row.paper, &row.simulated, &row.difference, &row.tolerance, &row.standing] { td { (cell) } }
                        td.bad[row.status == RowStatus::OutOfTolerance] {
                            (row.status.word())
                            @if row.status == RowStatus::Reference { ": " (row.scenario) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::example;
    use super::*;

    #[test]
    fn the_page_links_what_was_run_and_names_what_was_not() {
        let (plan, outcome) = example::trained();
        let summary = Summary::new(&plan, &outcome, &example::host());
        let set = SetSummary::new(None, vec![summary.clone()]);
        let run = |name: &str, page: Option<&str>| SetRun {
            name: name.into(),
            title: format!("<{name}>"),
            page: page.map(str::to_string),
            svg: page.map(|_| "<svg width=\"1\"></svg>".to_string()),
        };
        let about = About {
            memspike: "0.2.0".into(),
            named: "mine".into(),
            command: vec!["memspike".into(), "run".into(), "mine".into()],
            started: "2026-01-01".into(),
        };
        let runs = [run(&summary.scenario, Some("a b/report.html")), run("later", None)];
        let page = page(&set, &runs, &about);
        for part in [
            "href=\"a%20b/report.html\"",
            "later (not computed yet)",
            "&lt;later&gt;",
            "1 of them",
            "<svg",
            "<h1>mine",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(page.contains("test accuracy") && !page.contains("<later>") && !page.contains("<script"));
    }
}
