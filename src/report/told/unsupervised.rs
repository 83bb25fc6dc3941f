//! Learning without labels.

use super::entry::Told;
use crate::device::electrodes::SpikePulses;
use crate::device::endurance::Endurance;
use crate::device::overlap::window_constant;
use crate::device::resistive::{DoseDevice, Rate};
use crate::plasticity::{Dispersion, Overlap, Rule};
use crate::plot::number::{count, percent, si, span};
use crate::plot::{Figure, accuracy, fields, missed, robust, weights};
use crate::report::accuracy::Accuracy;
use crate::report::by_name::ByName;
use crate::report::lines::Lines;
use crate::report::row::{Row, cost, cv, row, time};
use crate::report::summary::Summary;
use crate::report::tables::{confusion, csv, field, line, stated};
use crate::report::unsupervised::{Aged, Learning, Variation};
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::{Plan, PlasticityPlan};
use crate::scenario::protocol::supervised::Measure;
use crate::scenario::protocol::unsupervised::{
    AgedResult, Unsupervised, UnsupervisedResult, VariationResult, Votes,
};
use crate::scenario::spec::Word as _;
use maud::{Markup, html};

pub struct Learned;

impl Told for Learned {
    fn plan(&self, plan: &Plan) -> Vec<(String, Vec<Row>)> {
        let rows = plan.protocol.get().map_or_else(Vec::new, |unsupervised| describe(plan, unsupervised));
        vec![("Protocol: learning without labels".into(), rows)]
    }

    fn sum(&self, _: &Plan, outcome: &Outcome, summary: &mut Summary) {
        let Some(result) = outcome.found.get::<UnsupervisedResult>() else { return };
        // By the vote that is asked for.
        let by = |votes: &Votes| votes.by(result.vote);
        let answered: u64 = result.confusion.iter().flatten().sum();
        let last = result.epochs.last();
        summary.accuracy = Some(Accuracy {
            measure: Measure::RightAnswers,
            outputs: Vec::new(),
            train: last.map(|epoch| by(&epoch.labelled)),
            validation: last.and_then(|epoch| epoch.validation.as_ref().map(by)),
            test: result.test.as_ref().map(by),
            test_samples: result.test.map(|_| answered + result.unanswered).filter(|&n| n > 0),
            tested_epoch: result.tested_epoch,
            test_by_epoch: result.epochs.iter().map(|epoch| Some(by(&epoch.test))).collect(),
            weights_from: None,
            vote: Some(result.vote),
            by_vote: result.test,
        });
        summary.learning = Some(learning(result));
        summary.ageing = aged(result);
        summary.variation = varied(result);
    }

    fn lines(&self, summary: &Summary, lines: &mut Lines) {
        let accuracy = summary.accuracy.as_ref();
        if let Some(votes) = accuracy.and_then(|accuracy| accuracy.by_vote) {
            let both = format!(
                "{} class mean, {} log-likelihood",
                percent(votes.class_mean),
                percent(votes.log_likelihood)
            );
            lines.row("by vote", &both);
        }
        let Some(learning) = &summary.learning else { return };
        if learning.unanswered > 0 {
            lines.row(
                "without answer",
                &format!("{} test samples, counted as wrong", count(learning.unanswered)),
            );
        }
        if let Some(total) = learning.energy_per_sample_j.get("total") {
            let program = learning.energy_per_sample_j.get("program").copied().unwrap_or(0.0);
            let what = if program > 0.0 {
                format!(", {} of it programming", si(program, "J"))
            } else {
                String::new()
            };
            lines.row("per sample learned", &format!("{}{what}", si(*total, "J")));
        }
        lines.row(
            "pulses per device",
            &format!(
                "{:.0} in the mean, {} at most ({} cycles were measured)",
                learning.pulses_mean,
                count(learning.pulses_max),
                count(learning.pulses_measured)
            ),
        );
        for age in &summary.ageing {
            let brought_down = age.accuracy_recalibrated.map_or(String::new(), |accuracy| {
                format!("; with thresholds brought down {}", percent(accuracy))
            });
            let both = format!("{}{brought_down}", percent(age.accuracy));
            lines.row(&format!("after {}", span(age.after_s)), &both);
        }
        for case in &summary.variation {
            let tried = format!("\u{b1} {:.2} (sd of {} seeds)", case.sd * 100.0, case.seeds);
            lines.case(&case.name, case.mean, &tried, (case.loss, case.max_loss));
        }
    }

    fn below(&self, summary: &Summary) -> Markup {
        let Some(learning) = &summary.learning else { return html! {} };
        let votes = summary.accuracy.as_ref().and_then(|accuracy| accuracy.by_vote);
        html! {
            h2 { "Learning without labels" }
            div.columns {
                section.card {
                    h3 { "Votes" }
                    table {
                        @if let Some(votes) = votes {
                            tr { th { "class mean" } td.n { (percent(votes.class_mean)) } }
                            tr { th { "log-likelihood" } td.n { (percent(votes.log_likelihood)) } }
                        }
                        tr { th { "test samples without an answer (wrong)" } td.n { (count(learning.unanswered)) } }
                        tr { th { "samples learned from" } td.n { (count(learning.samples)) } }
                        tr { th { "spikes per sample" } td.n { (format!("{:.2}", learning.spikes_per_sample)) } }
                        tr { th { "samples without a spike, last epoch" } td.n { (percent(learning.silent)) } }
                    }
                    p.remark {
                        "Class mean: each neuron stands for the class that excites it most. Log-likelihood: each spike "
                        "counts ln(P(class | neuron) + 0.01). Both from the labelled samples, with learning off."
                    }
                }
                section.card {
                    h3 { "Energy per sample learned" }
                    table {
                        @for (name, joules) in learning.energy_per_sample_j.iter() {
                            tr.total[name == "total"] { td { (name.replace('_', "-")) } td.n { (si(*joules, "J")) } }
                        }
                        @for category in &learning.energy_not_modelled {
                            tr.absent { td { (category.name().replace('_', "-")) } td.n { "not modelled" } }
                        }
                    }
                    p.remark {
                        "Pulses per device: " (format!("{:.0}", learning.pulses_mean)) " in the mean, "
                        (count(learning.pulses_max)) " at most; " (count(learning.pulses_measured))
                        " cycles were measured (Yan et al., fig. 2a)."
                    }
                }
            }
            @if !summary.ageing.is_empty() {
                section.card {
                    h3 { "After the devices were left alone" }
                    table {
                        tr { th { "time" } th.n { "test accuracy" } th.n { "thresholds brought down" } th.n { "mean conductance" } }
                        @for age in &summary.ageing {
                            tr {
                                td { (span(age.after_s)) }
                                td.n { (percent(age.accuracy)) }
                                td.n { (age.accuracy_recalibrated.map_or_else(|| "\u{2013}".to_string(), percent)) }
                                td.n { (si(age.mean_conductance_s, "S")) }
                            }
                        }
                    }
                    p.remark {
                        "The second column with every threshold lowered by the one factor by which the mean weight fell, as a "
                        "global adjustment would; labels stay."
                    }
                }
            }
            @if !summary.variation.is_empty() {
                section.card {
                    h3 { "Trained with other devices" }
                    table {
                        tr { th { "case" } th.n { "seeds" } th.n { "test accuracy" } th.n { "cost" } th.n { "bound" } }
                        @for case in &summary.variation {
                            tr {
                                td { (case.name) }
                                td.n { (case.seeds) }
                                (cost(case.mean, case.sd, case.loss, case.max_loss))
                            }
                        }
                    }
                    p.remark {
                        "Each case trains anew with every seed; the \u{b1} is the standard deviation over seeds, the "
                        "cost that against the first case."
                    }
                }
            }
        }
    }

    fn tables(&self, outcome: &Outcome, _: &Summary) -> Vec<(String, String)> {
        let Some(result) = outcome.found.get::<UnsupervisedResult>() else { return Vec::new() };
        let epochs = result.epochs.iter().map(|e| {
            let held = |vote: fn(&Votes) -> f64| stated(e.validation.as_ref().map(vote));
            line(&[
                &e.epoch,
                &e.test.class_mean,
                &e.test.log_likelihood,
                &held(|v| v.class_mean),
                &held(|v| v.log_likelihood),
                &e.labelled.class_mean,
                &e.labelled.log_likelihood,
                &e.spikes_per_sample,
                &e.silent,
                &stated(e.theta_mean),
                &e.share,
                &e.energy_per_sample_j,
            ])
        });
        let ageing = result.ageing.iter().map(|age| {
            let test = &age.test;
            let scaled = |vote: fn(&Votes) -> f64| stated(age.recalibrated.as_ref().map(vote));
            line(&[
                &age.after_s,
                &test.class_mean,
                &test.log_likelihood,
                &scaled(|v| v.class_mean),
                &scaled(|v| v.log_likelihood),
                &age.conductance,
            ])
        });
        let variation = result.variation.iter().flat_map(|case| {
            case.test.iter().enumerate().map(|(draw, votes)| {
                line(&[&field(&case.name), &case.cv, &(draw + 1), &votes.class_mean, &votes.log_likelihood])
            })
        });
        [
            csv(
                "epochs",
                "epoch,class_mean,log_likelihood,validation_class_mean,validation_log_likelihood,\
                 labelled_class_mean,labelled_log_likelihood,spikes_per_sample,silent,theta_mean [V],share of steps,\
                 energy_per_sample [J]",
                epochs,
            ),
            confusion(&result.confusion),
            csv(
                "retention",
                "after [s],class_mean,log_likelihood,recalibrated_class_mean,recalibrated_log_likelihood,\
                 mean conductance [S]",
                ageing,
            ),
            csv("variation", "case,cv,draw,class_mean,log_likelihood", variation),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn first(&self, plan: &Plan, outcome: &Outcome) -> Vec<Figure> {
        let Some(result) = outcome.found.get::<UnsupervisedResult>() else { return Vec::new() };
        let epochs = || result.epochs.iter();
        let by = |votes: &Votes| votes.by(result.vote);
        let curves = [
            ("train", epochs().map(|e| (e.epoch, by(&e.labelled))).collect()),
            ("validation", epochs().filter_map(|e| Some((e.epoch, by(e.validation.as_ref()?)))).collect()),
            ("test", epochs().map(|e| (e.epoch, by(&e.test))).collect()),
        ];
        let accuracies =
            accuracy::figure(Measure::RightAnswers, &curves, None, "of the labelled training samples");
        let learns = plan.protocol.trains().and_then(|index| plan.projections.get(index));
        let fields = weights::images(&outcome.arrays)
            .filter(|(name, ..)| learns.is_some_and(|learns| learns.name == *name))
            .map(|(name, array, side)| fields::figure(name, array, side, &result.classes));
        accuracies.into_iter().chain(fields).collect()
    }

    fn confusion<'a>(&self, outcome: &'a Outcome) -> Option<&'a [Vec<u64>]> {
        Some(&outcome.found.get::<UnsupervisedResult>()?.confusion)
    }

    fn last(&self, _: &Plan, outcome: &Outcome) -> Vec<Figure> {
        let Some(result) = outcome.found.get::<UnsupervisedResult>() else { return Vec::new() };
        let variation = robust::variation(&result.variation, result.vote);
        let ageing = robust::ageing(&result.ageing, result.vote);
        variation.into_iter().chain(ageing).chain(missed::figure(&result.missed)).collect()
    }
}

fn learning(result: &UnsupervisedResult) -> Learning {
    let last = result.epochs.last();
    Learning {
        samples: result.learned,
        spikes_per_sample: last.map_or(0.0, |epoch| epoch.spikes_per_sample),
        silent: last.map_or(0.0, |epoch| epoch.silent),
        unanswered: result.unanswered,
        energy_per_sample_j: ByName::by_category(&result.learning.scaled(1.0 / result.learned.max(1) as f64)),
        energy_not_modelled: result.learning.not_modelled.clone(),
        pulses_mean: result.pulses_mean,
        pulses_max: result.pulses_max,
        pulses_measured: Endurance::default().measured,
        class_mean_by_epoch: result.epochs.iter().map(|epoch| epoch.test.class_mean).collect(),
        log_likelihood_by_epoch: result.epochs.iter().map(|epoch| epoch.test.log_likelihood).collect(),
    }
}

fn aged(result: &UnsupervisedResult) -> Vec<Aged> {
    let of = |age: &AgedResult| Aged {
        after_s: age.after_s,
        accuracy: age.test.by(result.vote),
        accuracy_recalibrated: age.recalibrated.map(|votes| votes.by(result.vote)),
        class_mean: age.test.class_mean,
        log_likelihood: age.test.log_likelihood,
        mean_conductance_s: age.conductance,
    };
    result.ageing.iter().map(of).collect()
}

fn varied(result: &UnsupervisedResult) -> Vec<Variation> {
    let of = |case: &VariationResult| Variation {
        name: case.name.clone(),
        cv: case.cv,
        seeds: case.test.len(),
        mean: case.mean,
        sd: case.sd,
        loss: case.loss,
        max_loss: case.max_loss,
    };
    result.variation.iter().map(of).collect()
}

fn describe(plan: &Plan, u: &Unsupervised) -> Vec<Row> {
    let learns = plan.projections.get(u.projection).map_or("?", |p| p.name.as_str());
    let samples = |n: Option<u32>| n.map_or_else(|| "all".to_string(), |n| count(n.into()));
    let learning = plan.projections.get(u.projection).and_then(|p| p.plasticity.as_ref());
    let mut rows = vec![
        row("learns", learns),
        row("epochs", u.epochs.to_string()),
        row(
            "samples",
            format!(
                "{} to learn, labels of {}, {} to test",
                samples(u.train_samples),
                samples(u.label_samples),
                samples(u.test_samples)
            ),
        ),
        row(
            "presentation",
            format!(
                "{} and a pause of {} (labels: {}, test: {})",
                time(u.presentation),
                time(u.rest),
                time(u.label_presentation),
                time(u.test_presentation)
            ),
        ),
    ];
    rows.extend(learning.map_or_else(Vec::new, |learning| rule(&learning.rule)));
    if u.final_share < 1.0 {
        rows.push(row("steps", format!("falling to {} of themselves", u.final_share)));
    }
    rows.extend([row("vote", u.vote.name()), row("precision", u.precision.word())]);
    if let Some(sum) = learning.and_then(|learning| learning.normalise) {
        rows.push(row("weights of a neuron", format!("scaled to a sum of {sum} w_max")));
    }
    if u.validation > 0.0 {
        rows.push(row("validation", format!("{} % of the training samples", cv(u.validation))));
    }
    let learns = plan.projections.get(u.projection);
    let made = learns.is_some_and(|p| p.device.is_some() || p.filaments().is_some());
    rows.extend(learning.filter(|_| made).map_or_else(Vec::new, devices));
    rows
}

/// What the devices make of learning.
fn devices(learning: &PlasticityPlan) -> Vec<Row> {
    let PlasticityPlan { program, dispersion, endurance, cycle_sigma, .. } = learning;
    if learning.filaments.is_some() {
        let (low, high) = (cv(dispersion.g_min), cv(dispersion.g_max));
        let wear = endurance.map_or_else(|| "no wear".to_string(), |e| format!("turns on {:e} times", e.n_f));
        return vec![
            row("dispersion (CV)", format!("{low} %, {high} % of g_off, g_on")),
            row("endurance", wear),
        ];
    }
    let Dispersion { a_plus, a_minus, g_max, g_min, initial } = *dispersion;
    let cycle = (crate::numeric::exp(cycle_sigma * cycle_sigma) - 1.0).sqrt();
    let mut rows = Vec::new();
    if !matches!(learning.rule, Rule::Overlap(_)) {
        let pulses = format!("{}, {} for {}", program.v_set, program.v_reset, program.width);
        rows.push(row("SET, RESET", pulses));
    }
    rows.extend([
        row(
            "dispersion (CV)",
            format!(
                "{} %, {} % of the steps; {} %, {} % of g_max, g_min; {} % of initial weights",
                cv(a_plus),
                cv(a_minus),
                cv(g_max),
                cv(g_min),
                cv(initial)
            ),
        ),
        row("cycle to cycle (CV)", format!("{} %", cv(cycle))),
        row("endurance", endurance.map_or_else(|| "no wear".to_string(), |e| format!("{:e} pulses", e.n_f))),
    ]);
    rows
}

/// What a spike puts on its electrodes, and the window that makes.
fn pulses(overlap: &Overlap) -> Vec<Row> {
    let device = overlap.device.dose();
    match &overlap.pulses {
        SpikePulses::Shared(pulse) => {
            let none = || "not exponential".to_string();
            let of = |rate: fn(&DoseDevice) -> &Rate| {
                device
                    .and_then(|device| window_constant(rate(device), pulse))
                    .map_or_else(none, |t| si(t, "s"))
            };
            vec![
                row(
                    "pulse",
                    format!(
                        "lobe {} of half width {}, tail {} over {}",
                        pulse.peak, pulse.half_width, pulse.tail, pulse.tail_length
                    ),
                ),
                row("window that makes", format!("{} up, {} down", of(|d| &d.set), of(|d| &d.reset))),
            ]
        }
        SpikePulses::Own(lobes) => {
            let mut rows = vec![
                row("pulse on a row", format!("{} for {}", lobes.level, lobes.length)),
                row(
                    "pulse on a column",
                    format!(
                        "\u{2212}{} for {}, then {} for {}",
                        lobes.set, lobes.width, lobes.reset, lobes.width
                    ),
                ),
            ];
            if let Some([(up, _), (_, down)]) = device.map(|device| lobes.doses(device)) {
                let doses = format!("{up:.3} up where the row is raised, {down:.3} down elsewhere");
                rows.push(row("doses that makes", doses));
            }
            rows
        }
    }
}

/// How the weights learn.
fn rule(rule: &Rule) -> Vec<Row> {
    let bounds = rule.bounds();
    let [w_min, w_max] = [bounds.w_min, bounds.w_max].map(|w| si(w, "V"));
    let mut rows = vec![row("rule", rule.identity().0), row("weights", format!("{w_min} to {w_max}"))];
    if let Some(law) = rule.law() {
        rows.push(row("dependence on the weight", law.dependence.name()));
    }
    if let Rule::Overlap(overlap) = rule {
        rows.extend(pulses(overlap));
    }
    rows
}
