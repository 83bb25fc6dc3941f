//! `report.html`: the whole run on one page that needs nothing else.

use super::frame::{Frame, Part, Tag, pictures};
use super::row::Row;
use super::text::NO_JOULES;
use super::{plan, results, told};
use crate::plot::number::{bytes, count, duration, percent, rough, si, significant};
use crate::plot::{Figure, RecordedSpikes, packed};
use crate::report::by_name::ByName;
use crate::report::manifest::{Manifest, condensed};
use crate::report::summary::Summary;
use crate::scenario::outcome::{Outcome, Status};
use crate::scenario::protocol::supervised::Measure;
use maud::{Markup, PreEscaped, html};

pub use super::frame::{Beside, Other, Role, linked};

/// What is done with the spikes of a page.
const RASTER: &str = include_str!("raster.js");

/// What the page of a run is made from.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// What was run.
    pub manifest: &'a Manifest,
    /// What came of it.
    pub outcome: &'a Outcome,
    /// The same in numbers.
    pub summary: &'a Summary,
    /// Its pictures.
    pub figures: &'a [Figure],
    /// Spikes that a reader can look into.
    pub spikes: RecordedSpikes<'a>,
    /// Files in the directory of the page.
    pub beside: &'a Beside,
}

/// The page of a run.
#[must_use]
pub fn page(run: Told<'_>) -> String {
    let Told { manifest, outcome, summary, figures, spikes, beside } = run;
    let plan = &manifest.plan;
    let mut tags: Vec<Tag> = vec![
        format!("scenario {}", plan.name).into(),
        format!("seed {}", plan.seed).into(),
        format!("engine {}", manifest.engine).into(),
    ];
    tags.extend(
        plan.reproduces
            .as_ref()
            .map(|of| Tag::from(format!("reproduces {}, figure {}", of.paper, of.figure))),
    );
    if summary.status == Status::Interrupted {
        tags.push(Tag { text: "interrupted: results so far".into(), warns: true });
    }
    let end_ms = spikes.drawn.map_or(0.0, |drawn| results::shown_ms(plan, outcome, drawn));
    let packed =
        packed::raster(spikes, end_ms).filter(|_| figures.iter().any(|figure| figure.name == "raster"));
    let live = |name: &str| packed.as_ref().filter(|_| name == "raster").map(raster);
    let mut parts = Vec::new();
    if !figures.is_empty() {
        parts.push(Part::new("Pictures", pictures(figures, &live)));
    }
    parts.push(Part::new(
        "Counts and energy",
        html! {
            div.columns {
                @if summary.experiments.is_empty() { (counts(summary)) }
                (energy(manifest, outcome, summary))
            }
            @for told in told::all() { (told.below(summary)) }
        },
    ));
    if !summary.assumed.is_empty() {
        parts.push(Part::new("Stated or assumed", assumed(summary)));
    }
    parts.push(Part::new("Plan", plan_section(manifest)));
    parts.push(Part::new(
        "How it was computed",
        html! { div.columns { (performance(summary)) (provenance(manifest, summary)) } },
    ));
    let commit = manifest.commit.as_ref().map_or_else(String::new, |commit| format!(" ({commit})"));
    Frame {
        memspike: &manifest.memspike,
        title: plan.title.clone(),
        heading: &plan.title,
        about: plan.description.clone(),
        tags,
        headline: html! { (headline(manifest, summary)) @for told in told::all() { (told.above(summary)) } },
        parts,
        beside: beside.clone(),
        foot: format!("{commit}, {}", manifest.started),
        script: if packed.is_some() { RASTER } else { "" },
    }
    .page()
}

/// The spikes of the raster as data, and where the script draws them.
fn raster(packed: &packed::Packed) -> Markup {
    html! {
        div.live #raster data-meta=(packed.meta) {
            canvas tabindex="0" role="img"
                aria-label="Spikes over time. Drag to look closer; plus, minus, arrows and 0 do the same." {}
            p {
                button type="button" data-do="in" { "closer" }
                button type="button" data-do="out" { "wider" }
                button type="button" data-do="all" { "all" }
                output {}
                span { "Drag over what is to be seen; on the picture the keys +, \u{2212}, arrows and 0, and Ctrl with the wheel, do the same." }
            }
        }
        script type="application/octet-stream" id="spikes" { (PreEscaped(&packed.data)) }
    }
}

fn assumed(summary: &Summary) -> Markup {
    html! {
        section.card {
            ul { @for line in &summary.assumed { li { (line) } } }
            p.remark { "Every other value that has a default is at it, and that was measured, taken from the literature or fitted. \
                What has no default is what the scenario says: see the plan." }
        }
    }
}

fn card(label: &str, value: &Markup, remark: &str) -> Markup {
    html! {
        div {
            div.label { (label) }
            div.value { (value) }
            @if !remark.is_empty() { div.remark { (remark) } }
        }
    }
}

fn headline(manifest: &Manifest, summary: &Summary) -> Markup {
    html! {
        div.headline {
            @if let Some((accuracy, test)) = summary.accuracy.as_ref().and_then(|a| a.test.map(|test| (a, test))) {
                @let error = accuracy.standard_error();
                @let samples = accuracy.test_samples.map(|n| format!("standard error, {} test samples", count(n)));
                @let paper = manifest.plan.published_accuracy().map(|p| format!("paper\u{a0}{}", percent(p)));
                @let rms = accuracy.rms_error().map(|rms| format!("R\u{b2} of the test; rms error {}", significant(rms, 3)));
                @let remark: Vec<String> = samples.filter(|_| error.is_some()).into_iter().chain(rms).chain(paper).collect();
                (card(match accuracy.measure { Measure::RightAnswers => "Test accuracy", Measure::VarianceExplained => "Variance explained" }, &html! {
                    (percent(test))
                    @if let Some(error) = error.filter(|error| *error > 0.0) { small { " \u{b1} " (format!("{:.2}", 100.0 * error)) } }
                }, &remark.join("; ")))
            }
            @match &summary.inference {
                None if summary.accuracy.is_some() => {
                    (card("Energy", &html! { "\u{2013}" }, "that of the final test, which was not reached"))
                }
                Some(inference) => {
                    @let energy = summary.energy_per_inference_j.unwrap_or(f64::NAN);
                    @let ratio = energy / inference.mac_reference_j;
                    @let remark = if ratio.is_finite() {
                        format!("{} times the same net as float MACs", significant(ratio, 3))
                    } else {
                        String::new()
                    };
                    @if energy.is_nan() {
                        (card("Energy", &html! { "\u{2013}" }, NO_JOULES))
                    } @else {
                        (card("Energy per inference", &html! { (si(energy, "J")) }, &remark))
                    }
                    @let remark = format!("from {:.0} input spikes", inference.input_spikes);
                    (card("Output spikes per inference", &html! { (format!("{:.1}", inference.output_spikes)) }, &remark))
                }
                None if !summary.experiments.is_empty() => {
                    @if let Some(agreement) = &summary.paper {
                        @let remark = if agreement.complete() { "all within their tolerance" } else { "the others are out of tolerance" };
                        (card("The paper\u{2019}s numbers", &html! { (agreement.within) " of " (agreement.compared) }, remark))
                    }
                    (card("Experiments", &html! { (summary.experiments.len()) }, "with single devices"))
                }
                None => {
                    @match summary.energy_j.get("total") {
                        Some(total) => { (card("Energy", &html! { (si(*total, "J")) }, "of the whole run")) }
                        None => { (card("Energy", &html! { "\u{2013}" }, NO_JOULES)) }
                    }
                    @let spikes: u64 = summary.spikes.iter().map(|(_, n)| n).sum();
                    (card("Spikes", &html! { (rough(spikes)) }, "of all populations"))
                }
            }
            @let remark = format!("computed in {}", duration(summary.performance.wall_s));
            (card("Simulated time", &html! { (duration(summary.sim_time_s)) }, &remark))
        }
    }
}

fn counts(summary: &Summary) -> Markup {
    let events = &summary.events;
    html! {
        section.card {
            h3 { "Counts" }
            table {
                @for (name, n) in summary.spikes.iter() {
                    tr {
                        th { "spikes of " (name) }
                        td.n { (count(*n)) }
                        td.n { @if let Some(rate) = summary.rate_hz.get(name) { (si(*rate, "Hz")) " per neuron" } }
                    }
                }
                tr { th { "spikes of Poisson sources" } td.n { (count(events.poisson)) } td {} }
                @if let Some(source) = events.source {
                    tr { th { "spikes of other sources" } td.n { (count(source)) } td {} }
                }
                tr { th { "arrivals at rows" } td.n { (count(events.arrival)) } td {} }
                tr { th { "events in all" } td.n { (count(events.total)) } td {} }
                tr { th { "synaptic events" } td.n { (count(summary.synaptic_events)) } td {} }
                tr { th { "episodes" } td.n { (count(summary.episodes)) } td {} }
                @if let Some(inference) = &summary.inference {
                    tr { th { "input spikes per inference" } td.n { (format!("{:.1}", inference.input_spikes)) } td {} }
                    tr { th { "output spikes per inference" } td.n { (format!("{:.1}", inference.output_spikes)) } td {} }
                    tr { th { "synaptic events per inference" } td.n { (format!("{:.1}", inference.synaptic_events)) } td {} }
                }
            }
        }
    }
}

fn energy(manifest: &Manifest, outcome: &Outcome, summary: &Summary) -> Markup {
    let per_inference = summary.inference.as_ref().map(|inference| &inference.energy_j);
    let shown: &ByName<f64> = per_inference.unwrap_or(&summary.energy_j);
    let total = shown.get("total").copied().unwrap_or(0.0);
    let share = |joules: f64| match joules / total {
        share if total <= 0.0 || share.is_nan() => String::new(),
        share if joules > 0.0 && share < 0.0005 => "< 0.1\u{a0}%".to_string(),
        share => format!("{:.1}\u{a0}%", 100.0 * share),
    };
    let reached = summary.accuracy.is_none() || summary.inference.is_some();
    if shown.is_empty() && summary.experiments.is_empty() && reached {
        return html! { section.card { h3 { "Energy" } p.remark { (NO_JOULES) "." } } };
    }
    html! {
        section.card {
            h3 { @if per_inference.is_some() { "Energy per inference" } @else { "Energy of the run" } }
            @if summary.accuracy.is_some() {
                p.remark.above {
                    "Mean over the presentations of the final test. "
                    @if summary.learning.is_some() { "What learning took is listed separately, below." }
                    @else { "Training runs in software and is not in it." }
                }
            }
            table {
                tr {
                    th { "category" } th.n { "energy" } th.n { "share" }
                    @if let Some(inference) = &summary.inference { th.n { "all " (count(inference.inferences)) } }
                }
                @for (name, joules) in shown.iter() {
                    tr.total[name == "total"] {
                        td { (name.replace('_', "-")) }
                        td.n { (si(*joules, "J")) }
                        td.n { (share(*joules)) }
                        @if per_inference.is_some() {
                            td.n { (summary.energy_j.get(name).map_or_else(String::new, |j| si(*j, "J"))) }
                        }
                    }
                }
                @for category in &summary.energy_not_modelled {
                    tr.absent {
                        td { (category.name().replace('_', "-")) }
                        td.n { "not modelled" } td {}
                        @if per_inference.is_some() { td {} }
                    }
                }
            }
            @if let Some(inference) = &summary.inference {
                p.remark {
                    "The same network as floating-point multiply-accumulates: "
                    (si(inference.mac_reference_j, "J")) " per inference, at "
                    (si(inference.mac_energy_j, "J"))
                    " each (default 4.6 pJ: 32-bit multiplication 3.7 pJ and addition 0.9 pJ at 45 nm, Horowitz, ISSCC 2014; "
                    "memory traffic not counted on either side)."
                }
            }
            @if outcome.energy.entries.len() > 1 {
                details {
                    summary { @if per_inference.is_some() { "By owner, all of the final test" } @else { "By owner" } }
                    table {
                        tr { th { "owner" } th { "category" } th.n { "energy" } }
                        @for entry in &outcome.energy.entries {
                            tr {
                                td { (entry.owner) }
                                td { (entry.category.name().replace('_', "-")) }
                                td.n { (si(entry.joules, "J")) }
                            }
                        }
                    }
                }
            }
            p.remark { "What the figures rest on, with what is stated or assumed marked:" }
            ul.remark { @for line in plan::energy_basis(&manifest.plan) { li { (line) } } }
        }
    }
}

fn plan_section(manifest: &Manifest) -> Markup {
    let json = serde_json::to_string_pretty(&condensed(&manifest.plan)).unwrap_or_default();
    html! {
        div.columns {
            @for (heading, rows) in plan::describe(&manifest.plan) {
                section.card {
                    h3 { (heading) }
                    table { @for Row { name, value } in rows { tr { th { (name) } td { (value) } } } }
                }
            }
        }
        section.card style="margin-top:14px" {
            details {
                summary { "The complete plan" }
                pre { (json) }
            }
        }
    }
}

fn performance(summary: &Summary) -> Markup {
    let performance = &summary.performance;
    html! {
        section.card {
            h3 { "Time" }
            table {
                tr { th { "phase" } th.n { "wall" } th.n { "CPU" } th.n { "samples/s" } th.n { "events" } }
                @for (name, phase) in performance.phases.iter() {
                    tr {
                        td { (name) }
                        td.n { (duration(phase.wall_s)) }
                        td.n { (duration(phase.cpu_s)) }
                        td.n {
                            @if let Some(speed) = performance.samples_per_s.get(name) { (count(speed.round() as u64)) }
                        }
                        td.n { @if phase.events > 0 { (rough(phase.events)) } }
                    }
                }
                tr.total {
                    td { "in all" }
                    td.n { (duration(performance.wall_s)) }
                    td.n { (duration(performance.cpu_s)) }
                    td {} td {}
                }
            }
            p.remark {
                @if let Some(memory) = performance.peak_rss_bytes { "Peak memory " (bytes(memory)) ". " }
                @if let Some(speed) = performance.events_per_s { (rough(speed.round() as u64)) " events per second. " }
                @if let Some(calibration) = performance.calibrate {
                    "This machine at the start of the run: one exp " (format!("{:.1}", calibration.exp_ns))
                    " ns, one random memory read " (format!("{:.0}", calibration.memory_read_ns)) " ns. "
                }
                @if let Some(jobs) = performance.at_once {
                    "CPU time and memory are those of the process, in which up to " (jobs) " runs were computed at once."
                }
            }
        }
    }
}

fn provenance(manifest: &Manifest, summary: &Summary) -> Markup {
    let host = &manifest.host;
    html! {
        section.card {
            h3 { "To make it again" }
            table {
                tr { th { "command" } td { code { (manifest.command.join(" ")) } } }
                tr { th { "fingerprint" } td { code { (summary.fingerprint) } } }
                tr { th { "seed" } td { (manifest.seed) } }
                tr { th { "random draws" } td { (manifest.generator) } }
                tr { th { "threads" } td { (manifest.threads) } }
                tr {
                    th { "host" }
                    td {
                        (host.os) " " (host.arch) ", " (host.cpus) " processors"
                        @if let Some(cpu) = &host.cpu { ", " (cpu) }
                    }
                }
            }
            @if !summary.notes.is_empty() {
                ul style="margin-top:10px" { @for note in &summary.notes { li { (note) } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::rundir::RunStatus;
    use crate::report::example;
    use crate::report::manifest::Host;

    fn example_page(change: impl FnOnce(&mut Manifest, &mut Outcome)) -> String {
        let (plan, mut outcome) = example::trained();
        let mut manifest = Manifest {
            schema_version: 1,
            status: RunStatus::Done,
            memspike: "0.2.0".into(),
            commit: None,
            command: vec!["memspike".into(), "run".into(), "mnist".into()],
            started: "2024-05-01T12:00:00Z".into(),
            host: Host::default(),
            generator: crate::random::GENERATOR.into(),
            engine: "fast".into(),
            threads: 2,
            seed: 1,
            calibrate: None,
            data: Vec::new(),
            made_from: crate::scenario::kept::Kept::default(),
            asked: None,
            plan,
        };
        change(&mut manifest, &mut outcome);
        let summary = Summary::new(&manifest.plan, &outcome, &example::host());
        let figures = crate::report::results::figures(&manifest.plan, &outcome, Default::default());
        let previous = Other { role: Role::Previous, page: Some("../001/report.html".into()) };
        let beside = Beside { files: vec!["summary.json".into()], pages: vec![previous] };
        page(Told {
            manifest: &manifest,
            outcome: &outcome,
            summary: &summary,
            figures: &figures,
            spikes: RecordedSpikes::default(),
            beside: &beside,
        })
    }

    #[test]
    fn the_page_holds_everything_and_asks_for_nothing() {
        let page = example_page(|_, _| {});
        for part in [
            "Test accuracy",
            "Energy per inference",
            "<svg",
            "not modelled",
            "half-select",
            "Horowitz",
            "six levels",
        ] {
            assert!(page.contains(part), "{part}");
        }
        for outside in ["src=", "http:", "https:", "@import", "url(", "<script"] {
            assert!(!page.replace("http://www.w3.org/2000/svg", "").contains(outside), "{outside}");
        }
        for link in ["href=\"#pictures\"", "href=\"summary.json\"", "href=\"../001/report.html\""] {
            assert!(page.contains(link), "{link}");
        }
    }

    #[test]
    fn names_from_a_scenario_cannot_become_markup() {
        let page = example_page(|manifest, outcome| {
            manifest.plan.title = "<script>alert(1)</script>".into();
            manifest.plan.populations[0].name = "<b>out</b>".into();
            outcome.arrays[0].name = "weight.<i>input</i>".into();
            outcome.energy.entries[0].owner = "<b>in</b>".into();
        });
        for markup in ["<script>", "<b>", "<i>"] {
            assert!(!page.contains(markup), "{markup}");
        }
    }

    #[test]
    fn an_interrupted_run_says_so() {
        assert!(example_page(|_, outcome| outcome.status = Status::Interrupted).contains("interrupted"));
    }
}
