//! Devices that were measured on their own.

use super::entry::Told;
use crate::plot::measured::shown;
use crate::plot::number::{count, duration};
use crate::plot::{Figure, experiments as pictures};
use crate::report::device::{Agreement, ExperimentSummary, PaperComparison, PaperVerdict, table};
use crate::report::lines::Lines;
use crate::report::row::{Row, row};
use crate::report::summary::Summary;
use crate::report::tables::{line, stated};
use crate::scenario::device::{Experiment, ExperimentPlan, MeasuredIn, PulseShape, Relation, Tolerance};
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::Plan;
use crate::scenario::protocol::device::{Devices, experiments};
use crate::units::Siemens;
use maud::{Markup, html};

pub struct Measured;

impl Told for Measured {
    fn plan(&self, plan: &Plan) -> Vec<(String, Vec<Row>)> {
        let devices = plan.protocol.get::<Devices>().into_iter();
        devices.flat_map(|devices| &devices.experiments).map(described).collect()
    }

    fn sum(&self, plan: &Plan, outcome: &Outcome, summary: &mut Summary) {
        let rows = || experiments(outcome).iter().flat_map(|experiment| &experiment.compared);
        summary.paper = rows().next().is_some().then(|| Agreement {
            figure: plan.reproduces.as_ref().map(|reproduces| reproduces.figure.clone()),
            compared: rows().count(),
            within: rows().filter(|row| row.within).count(),
        });
        summary.experiments = experiments(outcome).iter().map(ExperimentSummary::new).collect();
    }

    /// The paper's numbers beside the simulated ones, and what else was measured.
    fn lines(&self, summary: &Summary, lines: &mut Lines) {
        if summary.experiments.is_empty() {
            return;
        }
        lines.gap();
        lines.text.push_str(&table(&summary.experiments));
        for experiment in &summary.experiments {
            let compared = |name: &str| experiment.compare.iter().any(|row| row.name == name);
            let others: Vec<String> = experiment
                .measured
                .iter()
                .filter(|(name, measured)| !compared(name) && measured.value.is_some())
                .map(|(_, measured)| format!("{} {}", measured.what, shown(measured.value, measured.unit)))
                .collect();
            if !others.is_empty() {
                lines.gap();
                lines.text.push_str(&format!(
                    "  {} ({}, {})\n",
                    experiment.title, experiment.kind, experiment.device
                ));
                for other in others {
                    lines.text.push_str(&format!("    {other}\n"));
                }
            }
        }
        let made = match summary.episodes {
            1 => "1 experiment".into(),
            n => format!("{} experiments", count(n)),
        };
        lines.gap();
        lines.row("simulated", &format!("{} in {made}", duration(summary.sim_time_s)));
    }

    /// The paper's numbers, and everything that was measured.
    fn above(&self, summary: &Summary) -> Markup {
        let experiments = &summary.experiments;
        if experiments.is_empty() {
            return html! {};
        }
        let compared: Vec<(&ExperimentSummary, &PaperComparison)> =
            experiments.iter().flat_map(|e| e.compare.iter().map(move |row| (e, row))).collect();
        let several = experiments.len() > 1;
        html! {
            @if !compared.is_empty() {
                h2 { "Paper and simulation" }
                section.card {
                    table {
                        tr {
                            th { "quantity" } th.n { "paper" } th.n { "simulated" } th.n { "difference" }
                            th.n { "tolerance" } th { "standing" } th { "status" } th { "why this tolerance" }
                        }
                        @for (experiment, row) in &compared {
                            @let [paper, simulated, difference, tolerance] = row.cells();
                            tr {
                                td { (row.what) @if several { div.remark { (experiment.title) } } }
                                td.n { (paper) } td.n { (simulated) } td.n { (difference) } td.n { (tolerance) }
                                td { (row.standing()) }
                                td.bad[row.status == PaperVerdict::OutOfTolerance] { (row.status.word()) }
                                td.remark { (row.why) }
                            }
                        }
                    }
                }
            }
            h2 { "Measured" }
            div.columns {
                @for experiment in experiments {
                    section.card {
                        h3 { (experiment.title) }
                        p.remark.above { (experiment.kind) ", preset " (experiment.device) }
                        table {
                            @for (_, measured) in experiment.measured.iter() {
                                tr { th { (measured.what) } td.n { (shown(measured.value, measured.unit)) } }
                            }
                        }
                        @if !experiment.notes.is_empty() {
                            ul.remark { @for note in &experiment.notes { li { (note) } } }
                        }
                    }
                }
            }
        }
    }

    fn tables(&self, outcome: &Outcome, summary: &Summary) -> Vec<(String, String)> {
        let curves = experiments(outcome).iter().flat_map(|experiment| {
            experiment.curves.iter().map(|curve| {
                let part = if curve.name.is_empty() { String::new() } else { format!("-{}", curve.name) };
                (format!("{}{part}.csv", experiment.name), curve.table.to_csv())
            })
        });
        let compared = (!summary.experiments.is_empty()).then(|| {
            let rows = summary
                .experiments
                .iter()
                .flat_map(|experiment| experiment.compare.iter().map(|row| compared(&experiment.name, row)));
            let head =
                "experiment,quantity,unit,relation,paper,simulated,difference,tolerance,tolerance_is,standing,status";
            ("compare.csv".to_string(), rows.fold(format!("{head}\n"), |text, row| text + &row))
        });
        curves.chain(compared).collect()
    }

    fn last(&self, plan: &Plan, outcome: &Outcome) -> Vec<Figure> {
        let devices = plan.protocol.get::<Devices>();
        devices.map_or_else(Vec::new, |devices| pictures(&devices.experiments, experiments(outcome)))
    }
}

/// A number of the paper in SI units (a percentage as a fraction).
fn compared(experiment: &str, row: &PaperComparison) -> String {
    let (tolerance, is) = match row.tolerance {
        Tolerance::Absolute(value) => (value, "absolute"),
        Tolerance::Relative(value) => (value, "relative"),
    };
    let relation = match row.relation {
        Relation::Equal => "equal",
        Relation::AtLeast => "at_least",
        Relation::AtMost => "at_most",
    };
    let unit = match row.unit {
        MeasuredIn::Fraction => "1",
        unit => unit.symbol(),
    };
    let (simulated, difference) = (stated(row.simulated), stated(row.difference));
    let (standing, status) = (row.standing(), row.status.word());
    line(&[
        &experiment,
        &row.name,
        &unit,
        &relation,
        &row.paper,
        &simulated,
        &difference,
        &tolerance,
        &is,
        &standing,
        &status,
    ])
}

/// Heading and rows of an experiment for the plan's section of a report.
fn described(plan: &ExperimentPlan) -> (String, Vec<Row>) {
    let preset = &plan.device.preset;
    let mut rows = vec![
        row("kind", plan.experiment.kind()),
        row("device", format!("{} ({})", preset.title, preset.name)),
        row("source", preset.source.clone()),
        row("holds for", preset.validity.clone()),
    ];
    rows.extend(plan.device.circuit.map(|circuit| row("circuit", circuit.to_string())));
    let start = |rows: &mut Vec<Row>, g: &Option<Siemens>| {
        if let Some(g) = g {
            rows.push(row("starts at", g.to_string()));
        }
    };
    match &plan.experiment {
        Experiment::Iv { points, rate, repeat, g_start, noise, .. } => {
            let points: Vec<String> = points.iter().map(ToString::to_string).collect();
            rows.push(row("sweep", format!("{} at {rate}", points.join(" \u{2192} "))));
            rows.push(row("repeated", repeat.to_string()));
            rows.push(row("spread drawn", if *noise { "yes" } else { "no" }));
            start(&mut rows, g_start);
        }
        Experiment::Pulses { amplitude, width, period, count, g_start, .. } => {
            rows.push(row("pulses", format!("{count} of {amplitude}, {width}, every {period}")));
            start(&mut rows, g_start);
        }
        Experiment::Integration { amplitude, length, .. } => {
            rows.push(row("drive", format!("{amplitude} for {length}")));
        }
        Experiment::Relaxation { length, .. } => rows.push(row("watched", length.to_string())),
        Experiment::Power { .. } => rows.push(row("voltages", format!("hold to {}", preset.v_max))),
        Experiment::Cycles { cycles, v_set, v_reset, edge, .. } => {
            rows.push(row("cycles", count(*cycles)));
            rows.push(row("turning points", format!("{v_set}, {v_reset}; edges of {edge}")));
        }
        Experiment::Retention { length, devices, .. } => {
            rows.push(row("watched", length.to_string()));
            rows.push(row("devices", devices.to_string()));
        }
        Experiment::Stdp { reach, step, fit_from, g_start, .. } => {
            rows.push(row("pairs", format!("|dt| up to {reach}, every {step}")));
            rows.push(row("fitted", format!("from {fit_from}")));
            start(&mut rows, g_start);
        }
        Experiment::SpikePulses { shape, dt, reach, step, g_start } => {
            let shape = match shape {
                PulseShape::Biphasic {} => "that of the preset".to_string(),
                PulseShape::Unipolar { peak, base } => format!("triangle of {peak}, base {base}"),
            };
            rows.push(row("pulse", shape));
            rows.push(row("pairs", format!("drawn at {dt}; |dt| up to {reach}, every {step}")));
            start(&mut rows, g_start);
        }
    }
    (format!("Experiment {}", plan.name), rows)
}
