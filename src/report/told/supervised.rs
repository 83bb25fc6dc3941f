//! Training with labels.

use super::entry::Told;
use crate::device::endurance::Endurance;
use crate::hint::many;
use crate::plot::number::{count, si};
use crate::plot::{Figure, accuracy, missed, overview, predicted, programming, shown, weights};
use crate::report::accuracy::Accuracy;
use crate::report::by_name::ByName;
use crate::report::lines::Lines;
use crate::report::row::{Row, cost, cv, row, time};
use crate::report::summary::{InSitu, Programming, PulsedProjection, Shown, Summary};
use crate::report::tables::{confusion, csv, field, line, stated};
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::Plan;
use crate::scenario::protocol::supervised::{
    Gradient, InSituResult, Measure, Supervised, SupervisedResult, TARGET, Wanted, described,
};
use crate::scenario::spec::Word as _;
use crate::training::exact::Taken;
use maud::{Markup, html};

pub struct Trained;

impl Told for Trained {
    fn plan(&self, plan: &Plan) -> Vec<(String, Vec<Row>)> {
        let rows = plan.protocol.get().map_or_else(Vec::new, |supervised| training(plan, supervised));
        let mut parts = vec![("Protocol: supervised training".into(), rows)];
        let exact = plan.protocol.get().is_some_and(|s: &Supervised| s.gradient.loss().is_some());
        if exact && let Ok(lines) = described(plan) {
            let layer = |line: String| {
                let (name, text) = line.split_once(": ").unwrap_or(("", &line));
                row(name, text)
            };
            parts.push(("Layers".into(), lines.into_iter().map(layer).collect()));
        }
        parts
    }

    fn sum(&self, plan: &Plan, outcome: &Outcome, summary: &mut Summary) {
        let Some(result) = outcome.found.get::<SupervisedResult>() else { return };
        let last = result.epochs.last();
        let mut targets = outcome.arrays.iter().filter(|array| array.name == TARGET);
        let answers = match result.measure {
            Measure::RightAnswers => result.confusion.iter().flatten().sum(),
            Measure::VarianceExplained => targets.next().map_or(0, |array| array.rows as u64),
        };
        summary.accuracy = Some(Accuracy {
            measure: result.measure,
            outputs: result.outputs.clone(),
            train: last.map(|epoch| epoch.train_accuracy),
            validation: last.and_then(|epoch| epoch.validation_accuracy),
            test: result.test_accuracy,
            test_samples: result.test_accuracy.map(|_| answers).filter(|&n| n > 0),
            tested_epoch: result.tested_epoch,
            test_by_epoch: result.epochs.iter().map(|epoch| epoch.test_accuracy).collect(),
            weights_from: result.weights_from.clone(),
            ..Accuracy::default()
        });
        let cases = result.programming.iter().map(|case| Programming {
            name: case.name.clone(),
            draws: case.accuracy.len(),
            mean: case.mean,
            sd: case.sd,
            loss: case.loss,
            max_loss: case.max_loss,
            read_energy_per_inference_j: case.read_energy_per_inference_j,
        });
        summary.programming = cases.collect();
        summary.in_situ = result.in_situ.as_ref().map(|learned| in_situ(plan, learned));
        summary.shown = result.shown.as_ref().map(|shown| Shown {
            class: shown.class,
            index: shown.index,
            rates_hz: shown.rates_hz.clone(),
        });
    }

    fn lines(&self, summary: &Summary, lines: &mut Lines) {
        if let Some(learned) = &summary.in_situ {
            let joules = |of: &ByName<f64>| of.get("total").map_or_else(String::new, |total| si(*total, "J"));
            let (all, each) = (joules(&learned.energy_j), joules(&learned.energy_per_sample_j));
            lines.row("learned in devices", &format!("{all}, {each} per sample"));
            for of in &learned.projections {
                lines.row(
                    &of.projection,
                    &format!(
                        "{} pulses on {} devices, {:.0} in the mean, {} at most ({} cycles were measured), {} of programming",
                        count(of.pulses),
                        count(of.devices),
                        of.pulses_mean,
                        count(of.pulses_max),
                        count(learned.pulses_measured),
                        si(of.programming_j, "J")
                    ),
                );
            }
        }
        for case in &summary.programming {
            let draws = many(case.draws, "draw");
            // Without any spread every draw programs the same conductances.
            let tried = if case.sd > 1e-9 {
                format!("\u{b1} {:.2} (sd of {draws})", case.sd * 100.0)
            } else {
                format!("in {draws}")
            };
            lines.case(&case.name, case.mean, &tried, (case.loss, case.max_loss));
        }
    }

    fn below(&self, summary: &Summary) -> Markup {
        let learned = summary.in_situ.as_ref().map(pulses);
        let measure = summary.accuracy.as_ref().map(|accuracy| accuracy.measure).unwrap_or_default();
        if summary.programming.is_empty() {
            return html! { @if let Some(learned) = learned { (learned) } };
        }
        html! {
            @if let Some(learned) = learned { (learned) }
            h2 { "Programmed onto devices" }
            section.card {
                table {
                    tr {
                        th { "case" } th.n { "draws" } th.n { "test " (measure.name()) } th.n { "cost" } th.n { "bound" }
                        th.n { "read energy per inference" }
                    }
                    @for case in &summary.programming {
                        tr {
                            td { (case.name) }
                            td.n { (case.draws) }
                            (cost(case.mean, case.sd, case.loss, case.max_loss))
                            td.n { (si(case.read_energy_per_inference_j, "J")) }
                        }
                    }
                }
                p.remark {
                    "Cost is the " (measure.name()) " of the weights as trained less that after programming; the \u{b1} is the "
                    "standard deviation over programming draws."
                }
            }
        }
    }

    fn tables(&self, outcome: &Outcome, _: &Summary) -> Vec<(String, String)> {
        let Some(result) = outcome.found.get::<SupervisedResult>() else { return Vec::new() };
        let epochs = result.epochs.iter().map(|e| {
            let validation = stated(e.validation_accuracy);
            let row = line(&[
                &e.epoch,
                &e.loss,
                &e.train_accuracy,
                &validation,
                &stated(e.test_accuracy),
                &e.learning_rate,
            ]);
            let Some(silent) = e.silent else { return row };
            let told = e.spikes_per_sample.iter().chain(&e.gradient);
            let told: String = told.map(|(_, value)| format!(",{value}")).collect();
            format!("{},{silent}{told}\n", row.trim_end())
        });
        let of = match result.measure {
            Measure::RightAnswers => "accuracy",
            Measure::VarianceExplained => "variance_explained",
        };
        let mut columns = format!("epoch,loss,train_{of},validation_{of},test_{of},learning_rate");
        if let Some(layered) = result.epochs.first().filter(|epoch| epoch.silent.is_some()) {
            columns.push_str(",unanswered");
            let names = layered.spikes_per_sample.iter();
            columns.extend(names.map(|(name, _)| format!(",spikes_per_sample.{name}")));
            columns.extend(layered.gradient.iter().map(|(name, _)| format!(",gradient.{name}")));
        }
        let programming = result.programming.iter().flat_map(|case| {
            let draws = case.accuracy.iter().enumerate();
            draws.map(|(draw, accuracy)| line(&[&field(&case.name), &(draw + 1), accuracy]))
        });
        [
            csv("epochs", &columns, epochs),
            confusion(&result.confusion),
            csv("programming", &format!("case,draw,{of}"), programming),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn first(&self, plan: &Plan, outcome: &Outcome) -> Vec<Figure> {
        let Some(result) = outcome.found.get::<SupervisedResult>() else { return Vec::new() };
        let paper = plan.published_accuracy();
        let accuracies = accuracy::figure(result.measure, &curves(result), paper, "in training");
        let beside = predicted::figure(&outcome.arrays, &result.outputs);
        let end_ms = plan.protocol.episode(u64::MAX).as_seconds() * 1e3;
        let shown = result.shown.as_ref().map(|sample| shown::figure(sample, end_ms));
        let weights = weights::figures(plan, &outcome.arrays);
        accuracies.into_iter().chain(beside).chain(shown).chain(weights).collect()
    }

    fn confusion<'a>(&self, outcome: &'a Outcome) -> Option<&'a [Vec<u64>]> {
        Some(&outcome.found.get::<SupervisedResult>()?.confusion)
    }

    fn last(&self, _: &Plan, outcome: &Outcome) -> Vec<Figure> {
        let Some(result) = outcome.found.get::<SupervisedResult>() else { return Vec::new() };
        programming::figure(result.measure, &result.programming)
            .into_iter()
            .chain(missed::figure(&result.missed))
            .collect()
    }

    /// The weights, and how the accuracy grew.
    fn overview(&self, plan: &Plan, outcome: &Outcome) -> Option<String> {
        let result = outcome.found.get::<SupervisedResult>().filter(|result| !result.epochs.is_empty())?;
        overview::draw(plan, &outcome.arrays, (result.measure, &curves(result)))
    }
}

/// What learning in the devices took.
fn in_situ(plan: &Plan, result: &InSituResult) -> InSitu {
    let each = result.learning.scaled(1.0 / result.samples.max(1) as f64);
    let projection = |taken: &Taken| PulsedProjection {
        projection: plan.projections[taken.projection].name.clone(),
        devices: taken.devices,
        granularity: taken.granularity,
        pulses: taken.pulses,
        pulses_mean: taken.pulses as f64 / taken.devices.max(1) as f64,
        pulses_max: taken.pulses_max,
        refreshes: taken.refreshes,
        stuck: taken.stuck,
        programming_j: taken.programmed + taken.limited,
    };
    InSitu {
        samples: result.samples,
        energy_j: ByName::by_category(&result.learning),
        energy_per_sample_j: ByName::by_category(&each),
        energy_not_modelled: result.learning.not_modelled.clone(),
        pulses_measured: Endurance::default().measured,
        projections: result.taken.iter().map(projection).collect(),
    }
}

fn pulses(learned: &InSitu) -> Markup {
    html! {
        h2 { "Learned in the devices" }
        section.card {
            table {
                tr {
                    th { "projection" } th.n { "devices" } th.n { "pulses" } th.n { "per device" } th.n { "at most" }
                    th.n { "refreshes" } th.n { "stuck" } th.n { "programming" }
                }
                @for of in &learned.projections {
                    tr {
                        td { (of.projection) }
                        td.n { (count(of.devices)) }
                        td.n { (count(of.pulses)) }
                        td.n { (format!("{:.0}", of.pulses_mean)) }
                        td.n { (count(of.pulses_max)) }
                        td.n { (count(of.refreshes)) }
                        td.n { (count(of.stuck)) }
                        td.n { (si(of.programming_j, "J")) }
                    }
                }
            }
            h3 { "Energy of learning" }
            table {
                tr { th { "" } th.n { "all" } th.n { "per sample" } }
                @for ((name, joules), (_, each)) in learned.energy_j.iter().zip(learned.energy_per_sample_j.iter()) {
                    tr.total[name == "total"] {
                        td { (name.replace('_', "-")) } td.n { (si(*joules, "J")) } td.n { (si(*each, "J")) }
                    }
                }
                @for category in &learned.energy_not_modelled {
                    tr.absent { td { (category.name().replace('_', "-")) } td.n { "not modelled" } td {} }
                }
            }
            p.remark {
                (count(learned.pulses_measured)) " cycles were measured (Yan et al., fig. 2a). Gradients and accumulators are "
                "digital, and not in the energy."
            }
        }
    }
}

fn curves(result: &SupervisedResult) -> [accuracy::Curve; 3] {
    let epochs = || result.epochs.iter();
    [
        ("train", epochs().map(|e| (e.epoch, e.train_accuracy)).collect()),
        ("validation", epochs().filter_map(|e| Some((e.epoch, e.validation_accuracy?))).collect()),
        ("test", epochs().filter_map(|e| Some((e.epoch, e.test_accuracy?))).collect()),
    ]
}

fn training(plan: &Plan, s: &Supervised) -> Vec<Row> {
    let one = plan.projections.get(s.projection).map_or("?", |p| p.name.as_str());
    let learns = if s.gradient.loss().is_some() { "all projections" } else { one };
    let samples = |n: Option<u32>| n.map_or_else(|| "all".to_string(), |n| count(n.into()));
    let mut rows = vec![
        row("learns", learns),
        row("epochs, batch", format!("{}, {}", s.epochs, s.batch)),
        row("samples", format!("{} to train, {} to test", samples(s.train_samples), samples(s.test_samples))),
        row("presentation", format!("{} (test: {})", time(s.presentation), time(s.test_presentation))),
        row("optimizer", s.optimizer.told()),
    ];
    match &s.gradient {
        Gradient::Surrogate {} => rows.extend([
            row("count gain", s.count_gain.to_string()),
            row("surrogate", format!("fast sigmoid, steepness {}", s.surrogate_steepness)),
        ]),
        Gradient::Exact {
            loss,
            objective,
            surrogate,
            least_slope,
            truncate,
            activity_floor,
            activity_raise,
            activity_ceiling,
            activity_lower,
            delays,
            thresholds,
            time_constants,
            in_situ,
        } => {
            let loss = match loss {
                Wanted::FirstSpike { tau, early, tau_early, silent } => format!(
                    "of first spikes, softmax(\u{2212}t/{}), early {early} (e^(t/{}) \u{2212} 1), silent {}",
                    time(*tau),
                    time(*tau_early),
                    time(*silent)
                ),
                Wanted::MeanVoltage { gain } => {
                    format!("of mean membranes of a read-out that does not fire, gain {gain}")
                }
                Wanted::MaxVoltage { gain } => {
                    format!("of the largest potentials of a read-out that does not fire, gain {gain}")
                }
                Wanted::SpikeCount { gain } => format!("of spike counts, gain {gain}"),
                Wanted::SpikeSum { tau_sum, gain } => {
                    format!("of the sums of e^(\u{2212}t/{}), gain {gain}", time(*tau_sum))
                }
            };
            let kept = format!("below {activity_floor} spikes per sample: + {activity_raise} on its weights");
            rows.extend([
                row("gradient", format!("exact, least slope {least_slope} of the threshold per tau_m")),
                row("loss", format!("{}, {loss}", objective.told())),
                row("hidden neurons", if *activity_floor > 0.0 { kept } else { "left alone".into() }),
            ]);
            rows.extend(activity_ceiling.map(|ceiling| {
                let kept =
                    format!("above {ceiling} spikes per sample: \u{2212} {activity_lower} on its weights");
                row("busy neurons", kept)
            }));
            rows.extend(
                truncate
                    .map(|window| row("gradient goes back", format!("within windows of {}", time(window)))),
            );
            rows.extend(surrogate.map(|of| {
                row("surrogate of jumps", format!("{}, steepness {}", of.shape.word(), of.steepness))
            }));
            rows.extend(delays.as_ref().map(|delays| {
                let (rate, last) = (time(delays.rate), time(delays.rate_final));
                row("delays", format!("learn, {rate} to {last}, up to {}", time(delays.longest)))
            }));
            rows.extend(thresholds.as_ref().map(|of| {
                let range = format!("{} to {} of v_th \u{2212} u_rest", of.least, of.most);
                row("thresholds", format!("learn, {} to {}, from {range}", of.rate, of.rate_final))
            }));
            rows.extend(time_constants.as_ref().map(|of| {
                let [rate, last, low, high] = [of.rate, of.rate_final, of.shortest, of.longest].map(time);
                row("time constants", format!("learn, {rate} to {last}, from {low} to {high}"))
            }));
            rows.extend(in_situ.as_ref().map(|in_situ| row("learned in devices", in_situ.told())));
        }
    }
    rows.extend([
        row(
            "weights",
            s.weight_bound.map_or_else(
                || "unbounded".to_string(),
                |bound| format!("|w| \u{2264} {bound} of v_th \u{2212} u_rest"),
            ),
        ),
        row("precision", s.precision.word()),
    ]);
    if s.validation > 0.0 {
        rows.push(row("validation", format!("{} % of the training samples", cv(s.validation))));
    }
    rows
}
