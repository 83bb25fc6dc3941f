//! `sweep.html`: the whole sweep on one page that links its runs.

use super::text::{counted, heads, row, shown};
use super::{PointStatus, SweepSummary};
use crate::plot::Figure;
use crate::report::frame::{Beside, Frame, Part, Tag, address, pictures};
use crate::report::spread::Spread;
use maud::{Markup, html};

/// Rows of the table of points; all of them are in `table.csv`.
const ROWS: usize = 2000;

/// The page of a sweep; `figures` are its pictures.
#[must_use]
pub fn page(sweep: &SweepSummary, figures: &[Figure]) -> String {
    let keys = sweep.keys.iter().cloned();
    let mut tags: Vec<Tag> =
        std::iter::once(format!("scenario {}", sweep.scenario)).chain(keys).map(Tag::from).collect();
    if sweep.count(PointStatus::Missing) > 0 {
        tags.push(Tag { text: "not finished: results so far".into(), warns: true });
    }
    let mut parts = Vec::new();
    if !figures.is_empty() {
        parts.push(Part::new("Pictures", pictures(figures, &|_| None)));
    }
    parts.extend(failures(sweep).map(|failures| Part::new("What failed", failures)));
    if sweep.repeats() {
        parts.push(Part::new("Means over seeds", means(sweep)));
    }
    parts.push(Part::new("Points", points(sweep)));
    parts.push(Part::new("How it was computed", computed(sweep)));
    let tables = ["table.csv", "sweep.json"].map(String::from).into_iter();
    let files = tables.chain(figures.iter().map(|figure| format!("{}.svg", figure.name))).collect();
    Frame {
        memspike: &sweep.memspike,
        title: format!("{} \u{2013} sweep", sweep.title),
        heading: &sweep.title,
        about: format!("A sweep of {}. Every number of every point is in table.csv.", counted(sweep)),
        tags,
        headline: html! {},
        parts,
        beside: Beside { files, pages: Vec::new() },
        foot: format!(", {}", sweep.started),
        script: "",
    }
    .page()
}

fn computed(sweep: &SweepSummary) -> Markup {
    html! {
        section.card {
            table {
                tr { th { "command" } td { code { (sweep.command.join(" ")) } } }
                tr { th { "begun" } td { (sweep.started) } }
                @for varied in &sweep.variation.varied {
                    tr { th { (varied.key) } td { (varied.values.join(", ")) } }
                }
            }
            p.remark { "Plan, assumptions and provenance of each point are on its own page." }
        }
    }
}

fn failures(sweep: &SweepSummary) -> Option<Markup> {
    let failed: Vec<_> = sweep.points.iter().filter(|point| point.status == PointStatus::Failed).collect();
    let table = html! {
        section.card {
            table {
                tr { th { "point" } th { "why" } }
                @for point in &failed {
                    tr { td { (point.name) } td.bad { (point.why.as_deref().unwrap_or("")) } }
                }
            }
        }
    };
    (!failed.is_empty()).then_some(table)
}

fn means(sweep: &SweepSummary) -> Markup {
    html! {
        section.card {
            table {
                tr { @for head in heads(sweep) { th { (head) } } }
                @for group in &sweep.groups { tr { @for cell in row(sweep, group) { td { (cell) } } } }
            }
            p.remark { "With the standard deviation of one seed (n \u{2212} 1), where there are several." }
        }
    }
}

fn points(sweep: &SweepSummary) -> Markup {
    html! {
        section.card {
            table {
                tr {
                    th { "run" }
                    @for key in &sweep.keys { th { (key) } }
                    th.n { "seed" }
                    @for measure in &sweep.measures { th.n { (measure) } }
                }
                @for point in sweep.points.iter().take(ROWS) {
                    tr {
                        td {
                            @match point.status {
                                PointStatus::Done => a href=(address(&format!("{}/report.html", point.name))) { (point.name) },
                                status => { (point.name) " (" (status.word()) ")" }
                            }
                        }
                        @for key in &sweep.keys { td { (point.set[key].as_str().unwrap_or("")) } }
                        td.n { @if let Some(seed) = point.seed { (seed) } }
                        @for measure in &sweep.measures {
                            td.n {
                                @if let Some(mean) = point.measured.get(measure).and_then(serde_json::Value::as_f64) {
                                    (shown(measure, &Spread { mean, sd: None, n: 1 }))
                                }
                            }
                        }
                    }
                }
            }
            @if sweep.points.len() > ROWS {
                p.remark { "The first " (ROWS) " of " (sweep.points.len()) ": all of them are in table.csv." }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sweep;

    #[test]
    fn the_page_links_every_run_and_says_what_failed() {
        let sweep = sweep(&["population.output.tau_m=5 ms,10 ms"], &[]);
        let figures = super::super::figures(&sweep);
        let page = super::page(&sweep, &figures);
        for part in [
            "href=\"tau_m=10ms,seed=2/report.html\"",
            "tau_m=5ms,seed=1 (failed)",
            "no room &lt;here&gt;",
            "92.50 \u{b1} 0.71",
            "href=\"accuracy.test.svg\"",
            "<svg",
        ] {
            assert!(page.contains(part), "{part}");
        }
        assert!(!page.contains("href=\"tau_m=5ms,seed=1/report.html\"") && !page.contains("<script"));
    }
}
