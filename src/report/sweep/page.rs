//! `sweep.html`: the whole sweep on one page that links its runs.

use super::text::{counted, heads, row, shown};
use super::{PointStatus, SweepSummary};
use crate::plot::{Figure, Shape};
use crate::report::html::STYLE;
use crate::report::spread::Spread;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Rows of the table of points; all of them are in `table.csv`.
const ROWS: usize = 2000;

/// The page of a sweep; `figures` are its pictures.
#[must_use]
pub fn page(sweep: &SweepSummary, figures: &[Figure]) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content={ "memspike " (sweep.memspike) };
                title { (sweep.title) " \u{2013} sweep" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header {
                        h1 { (sweep.title) }
                        p { "A sweep of " (counted(sweep)) "." }
                        span.tag { "scenario " (sweep.scenario) }
                        @for key in &sweep.keys { span.tag { (key) } }
                        @if sweep.count(PointStatus::Missing) > 0 { span.tag.warn { "not finished: results so far" } }
                    }
                    nav {
                        p.remark {
                            "Beside this page: " a href="table.csv" { "table.csv" } " with every number of every point, "
                            a href="sweep.json" { "sweep.json" }
                            @for figure in figures { ", " a href={ (figure.name) ".svg" } { (figure.name) ".svg" } }
                            "."
                        }
                    }
                    @if !figures.is_empty() {
                        h2 { "Pictures" }
                        div.figures {
                            @for figure in figures {
                                figure.wide[figure.shape == Shape::Wide] {
                                    div.sheet { (PreEscaped(&figure.svg)) }
                                    figcaption { (figure.caption) }
                                }
                            }
                        }
                    }
                    (failures(sweep))
                    @if sweep.repeats() { (means(sweep)) }
                    (points(sweep))
                    h2 { "How it was computed" }
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
                    footer { "memspike " (sweep.memspike) ", " (sweep.started) }
                }
            }
        }
    }
    .into_string()
}

fn failures(sweep: &SweepSummary) -> Markup {
    let failed: Vec<_> = sweep.points.iter().filter(|point| point.status == PointStatus::Failed).collect();
    html! {
        @if !failed.is_empty() {
            h2 { "What failed" }
            section.card {
                table {
                    tr { th { "point" } th { "why" } }
                    @for point in failed {
                        tr { td { (point.name) } td.bad { (point.why.as_deref().unwrap_or("")) } }
                    }
                }
            }
        }
    }
}

fn means(sweep: &SweepSummary) -> Markup {
    html! {
        h2 { "Means over seeds" }
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
        h2 { "Points" }
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
                                PointStatus::Done => a href={ (point.name) "/report.html" } { (point.name) },
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
