//! Learning without labels, in words and tables.

use super::row::{Row, cv, row, time};
use crate::device::overlap::window_constant;
use crate::network::{Competition, Homeostasis, Rivalry};
use crate::plot::number::{count, percent, si, span};
use crate::report::summary::Summary;
use crate::scenario::plan::{Plan, Precision};
use crate::scenario::protocol::unsupervised::Unsupervised;
use crate::training::unsupervised::{Dependence, Dispersion, Window, WinnerRule};
use maud::{Markup, html};

/// How the neurons of a population compete.
pub(super) fn competition(competition: &Competition) -> Vec<Row> {
    let kind = match competition.kind {
        Rivalry::WinnerTakeAll => "one winner per instant, which resets all".to_string(),
        Rivalry::LateralInhibition { strength } => {
            format!("one winner per instant, which lowers the others by {}", si(strength, "V"))
        }
    };
    let homeostasis = match competition.homeostasis {
        None => "none".to_string(),
        Some(Homeostasis::RateTarget { gain, spikes }) => {
            format!("towards {spikes} spikes per presentation of all together, gain {gain}")
        }
        Some(Homeostasis::Decay { step, tau }) => {
            format!("{} up per spike, decaying with {}", si(step, "V"), si(tau, "s"))
        }
    };
    vec![
        row("competition", kind),
        row("inhibition after a spike", time(competition.inhibition)),
        row("thresholds adapt", homeostasis),
    ]
}

/// The protocol.
pub(super) fn describe(plan: &Plan, u: &Unsupervised) -> Vec<Row> {
    let learns = plan.projections.get(u.projection).map_or("?", |p| p.name.as_str());
    let samples = |n: Option<u32>| n.map_or_else(|| "all".to_string(), |n| count(n.into()));
    let l = &u.learning;
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
    rows.extend(rule(&l.rule));
    rows.extend([
        row("w_max", l.w_max.to_string()),
        row("vote", u.vote.name()),
        row(
            "precision",
            match u.precision {
                Precision::F64 => "f64",
                Precision::F32 => "f32",
            },
        ),
    ]);
    if let Some(sum) = l.normalise {
        rows.push(row("weights of a neuron", format!("scaled to a sum of {sum} w_max")));
    }
    if u.validation > 0.0 {
        rows.push(row("validation", format!("{} % of the training samples", cv(u.validation))));
    }
    if let Some(d) = &u.devices {
        rows.push(row(
            "SET, RESET",
            format!("{} for {}, {} for {}", d.set.amplitude, d.set.width, d.reset.amplitude, d.reset.width),
        ));
        let Dispersion { a_plus, a_minus, g_max, g_min, initial, threshold } = d.dispersion;
        rows.push(row(
            "dispersion (CV)",
            format!(
                "{} %, {} % of the steps; {} %, {} % of g_max, g_min; {} % of initial weights, {} % of thresholds",
                cv(a_plus),
                cv(a_minus),
                cv(g_max),
                cv(g_min),
                cv(initial),
                cv(threshold)
            ),
        ));
        rows.push(row("cycle to cycle (CV)", format!("{} %", cv(d.cycle))));
        rows.push(row("stuck on, off", format!("{} %, {} %", cv(d.faults.stuck_on), cv(d.faults.stuck_off))));
        rows.push(row(
            "endurance",
            d.endurance.map_or_else(|| "no wear".to_string(), |e| format!("{:e} pulses", e.n_f)),
        ));
    }
    rows
}

/// What a spike of the winner does.
fn rule(rule: &WinnerRule) -> Vec<Row> {
    match rule {
        WinnerRule::Step(step) => {
            let window = match step.window {
                Window::Rectangular { width } => format!("rectangular, {}", time(width)),
                Window::Trace { tau } => format!("exponential trace, {}", si(tau, "s")),
            };
            let dependence = match step.dependence {
                Dependence::Multiplicative => "multiplicative".to_string(),
                Dependence::Exponential { beta } => format!("exponential, beta {beta}"),
            };
            let steps = format!(
                "+{}, \u{2212}{} of the range, falling to {} of themselves",
                step.a_plus, step.a_minus, step.final_share
            );
            vec![row("window", window), row("dependence on the weight", dependence), row("steps", steps)]
        }
        WinnerRule::Overlap(overlap) => {
            let pulse = &overlap.pulse;
            let of =
                |rate| window_constant(rate, pulse).map_or("not exponential".to_string(), |t| si(t, "s"));
            vec![
                row("rule", "overlap of pulses, by the kinetics of the devices"),
                row(
                    "pulse",
                    format!(
                        "lobe {} of half width {}, tail {} over {} (times x {})",
                        pulse.peak, pulse.half_width, pulse.tail, pulse.tail_length, overlap.time_scale
                    ),
                ),
                row(
                    "window that makes",
                    format!("{} up, {} down", of(&overlap.device.set), of(&overlap.device.reset)),
                ),
            ]
        }
    }
}

/// What learning took and what the devices bear, on the page.
pub(super) fn section(summary: &Summary) -> Markup {
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
                            td.n { (percent(age.accuracy_recalibrated)) }
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
                            td.n { (percent(case.mean)) " \u{b1} " (format!("{:.2}", 100.0 * case.sd)) }
                            td.n.bad[case.max_loss.is_some_and(|max| case.loss > max)] {
                                (format!("{:.2} points", 100.0 * case.loss))
                            }
                            td.n { @if let Some(max) = case.max_loss { (format!("{:.2} points", 100.0 * max)) } }
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
