//! The `supervised` protocol: train, test every epoch, programme onto devices, book the energy.
//!
//! Episodes are numbered through: for every epoch the training samples in shuffled order, then the
//! validation samples, then the test samples; after the last epoch the final test. Programming cases are
//! tested on the final test's own episodes, so that they differ from it by their devices alone.

mod finish;

use super::exact::Exact;
use super::findings::{EpochResult, Measure, SupervisedResult};
use super::plan::{Gradient, Supervised};
use super::surrogate::Surrogate;
use super::teach::{Exam, Of, Teacher};
use crate::engine::{Engine, Threads};
use crate::network::{Network, Weights};
use crate::scenario::assemble::assemble_with;
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::Plan;
use crate::scenario::run::books::Learned;
use crate::scenario::run::connections;
use crate::scenario::run::context::{RunContext, RunError};
use crate::scenario::run::data::{Data, Selection, load};
use crate::scenario::run::journal::Journal;
use crate::scenario::run::logbook::{Kept, Logbook, Showing};
use crate::scenario::run::measured::{self, Told};
use crate::scenario::run::training::{Identity, Training, lengths, models, reborrow, same};
use crate::snapshot::{self, Payload};
use crate::training::Scalar;
use crate::training::exact::{State, Taken};
use crate::training::{EpochReport, Evaluation, OptimizerState, Samples, Until, shuffled};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What a run goes on from: between two epochs, two batches, or two rounds of a test.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Checkpoint<R: Scalar> {
    of: Identity,
    weights: Weights<R>,
    adam: OptimizerState<R>,
    best: Option<(f64, u32, Weights<R>)>,
    epochs: Vec<EpochResult>,
    log: Kept,
    /// Devices that learn.
    in_situ: Option<State<R>>,
    /// Femtoseconds for which the switches of each population were on, in the epochs that are over.
    on: Vec<u128>,
    /// The epoch under way.
    report: EpochReport,
    /// Its tests, or those after the last epoch.
    tests: Journal<Evaluation>,
}

impl Training for Supervised {
    fn carry_out<R: Scalar>(
        &self,
        engine: Engine,
        plan: &Plan,
        context: &mut RunContext<'_>,
    ) -> Result<Outcome, RunError> {
        match self.gradient {
            Gradient::Surrogate {} => carry_out::<R, Surrogate<R>>(self, engine, plan, context),
            Gradient::Exact { .. } => carry_out::<R, Exact<R>>(self, engine, plan, context),
        }
    }
}

fn carry_out<R: Scalar, T: Teacher<R>>(
    protocol: &Supervised,
    engine: Engine,
    plan: &Plan,
    context: &mut RunContext<'_>,
) -> Result<Outcome, RunError> {
    let start = context.clock.now();
    let going_on = &mut |_| !context.stop.load(Ordering::Relaxed);
    let assembled = assemble_with(plan, Some(&context.threads), going_on).map_err(RunError::of_network)?;
    let &Supervised { projection, train_samples, test_samples, validation, .. } = protocol;
    let data = load(plan, Selection { projection, train_samples, test_samples, validation }, context)?;
    let network = &assembled.network;
    let mut values = assembled.weights;
    if let Some(given) = &context.given {
        given.replace(network, &mut values)?;
    }
    connections::tell(plan, network, |index| values[index].clone(), context)?;
    let of = Of { engine, plan, protocol, network };
    let teacher = T::new(of, &data, Weights::<R>::from_values(network, &values))?;
    let trained = teacher.trained();
    let mut run = Run::<R, T> {
        of,
        plan,
        protocol,
        network,
        data: &data,
        threads: context.threads.clone(),
        population: trained.last().map_or(0, |&last| plan.projections[last].to),
        trained,
        teacher,
        best: None,
        result: SupervisedResult {
            measure: if data.targets.is_some() { Measure::VarianceExplained } else { Measure::RightAnswers },
            ..SupervisedResult::default()
        },
        log: Logbook::built(start, context),
        on: Vec::new(),
        report: EpochReport::default(),
        tests: Journal::default(),
    };
    run.restore(context)?;
    if let Some(given) = context.given.take() {
        run.result.weights_from = Some(given.origin);
    } else {
        run.train(context)?;
    }
    run.finish(context)
}

/// What the fractions of training, validation and test are called where they are recorded.
fn fractions(measure: Measure) -> [&'static str; 3] {
    match measure {
        Measure::RightAnswers => ["accuracy/train", "accuracy/validation", "accuracy/test"],
        Measure::VarianceExplained => {
            ["variance_explained/train", "variance_explained/validation", "variance_explained/test"]
        }
    }
}

fn learned(taken: &Taken) -> Learned {
    let &Taken { projection, read, programmed, limited, .. } = taken;
    Learned { projection, read, programmed, limited }
}

/// A supervised run in progress.
struct Run<'a, R: Scalar, T: Teacher<R>> {
    of: Of<'a>,
    plan: &'a Plan,
    protocol: &'a Supervised,
    network: &'a Arc<Network>,
    data: &'a Data<T::Code>,
    threads: Threads,
    /// The population that answers.
    population: usize,
    /// The projections that learn, the last of which leads there.
    trained: Vec<usize>,
    teacher: T,
    /// Validation accuracy, epoch and weights of the best epoch so far.
    best: Option<(f64, u32, Weights<R>)>,
    result: SupervisedResult,
    log: Logbook,
    on: Vec<u128>,
    report: EpochReport,
    tests: Journal<Evaluation>,
}

impl<R: Scalar, T: Teacher<R>> Run<'_, R, T> {
    /// Episodes of one epoch.
    fn episodes(&self) -> u64 {
        let data = self.data;
        (data.train_labels.len() + data.validation_labels.len() + data.test_labels.len()) as u64
    }

    /// Goes on from a checkpoint, if there is one.
    fn restore(&mut self, context: &mut RunContext<'_>) -> Result<(), RunError> {
        let Some(mut source) = context.store.load()? else { return Ok(()) };
        let checkpoint: Checkpoint<R> = source.read(Payload::Training, &models(self.plan))?;
        source.finish()?;
        checkpoint.of.check(self.plan, Some(&self.data.identity))?;
        let best = checkpoint.best.as_ref().map(|best| lengths(&best.2));
        let (numbers, moments) = self.teacher.kept();
        let fits = lengths(&checkpoint.weights) == lengths(&numbers)
            && best.is_none_or(|best| best == lengths(&self.teacher.weights()))
            && checkpoint.adam.first.len() == moments.first.len()
            && checkpoint.adam.second.len() == moments.second.len()
            && checkpoint.adam.average.len() == moments.average.len()
            && match (&checkpoint.in_situ, self.teacher.in_situ()) {
                (Some(state), Some(devices)) => devices.fits(state),
                (state, devices) => state.is_none() && devices.is_none(),
            };
        same(fits, "network")?;
        self.log.resume(checkpoint.log);
        self.report = checkpoint.report;
        self.tests = checkpoint.tests;
        self.on = checkpoint.on;
        self.teacher.go_on(checkpoint.weights, checkpoint.adam);
        checkpoint.in_situ.into_iter().for_each(|state| self.teacher.go_on_in_situ(state));
        self.best = checkpoint.best;
        self.result.epochs = checkpoint.epochs;
        Ok(())
    }

    fn train(&mut self, context: &mut RunContext<'_>) -> Result<(), RunError> {
        let epochs = self.protocol.epochs;
        let samples = self.data.train_labels.len();
        let mut epoch = self.result.epochs.len() as u32;
        while epoch < epochs && !self.settled() {
            if context.stop.load(Ordering::Relaxed) {
                break;
            }
            context.progress.whole(u64::from(epoch), u64::from(epochs));
            let _span = tracing::info_span!(target: "memspike::span", "epoch", number = epoch + 1).entered();
            let first = u64::from(epoch) * self.episodes();
            let order = shuffled(samples as u32, self.plan.seed, u64::from(epoch));
            context.progress.phase("train", order.len() as u64);
            let begun = context.clock.now();
            context.progress.steps(1.0, "samples");
            let told = Told::new(epoch, order.len());
            let (of, [train, ..]) = (self.of_what(), fractions(self.result.measure));
            let (before, known) = (self.report.presented, self.report.totals.events());
            let (progress, store) = (&mut *context.progress, &*context.store);
            let (mut shown, mut last) = (0, before);
            let mut advance = |presented: u64, loss: f64, accuracy: f64| {
                progress.advance(presented - shown);
                let values = || [("loss", loss), (train, accuracy)];
                told.tell(progress, (last, presented), values);
                (shown, last) = (presented, presented);
                progress.message(&format!(
                    "epoch {}/{epochs}  loss {loss:.3}  train {:.2} %{of}",
                    epoch + 1,
                    100.0 * accuracy
                ));
            };
            let (fingerprint, observer) = (&mut self.log.fingerprint, reborrow(&mut context.observer));
            let until = Until { stop: context.stop, due: &|| store.due() };
            let data = self.data;
            let shown = data.of_epoch(epoch, &self.threads);
            let lessons = (&order[..], first, until, fingerprint, observer);
            let so_far = std::mem::take(&mut self.report);
            let report = self
                .teacher
                .epoch(&shown, so_far, lessons, &self.threads, &mut advance)
                .map_err(|fault| RunError::Epoch { epoch: epoch + 1, fault })?;
            context.progress.done();
            let (more, events) = (report.presented - before, report.totals.events() - known);
            self.log.book("train", begun, context, more, events);
            self.report = report.clone();
            if report.presented < order.len() as u64 {
                self.save(context)?;
                if !context.stop.load(Ordering::Relaxed) {
                    continue;
                }
            }
            // What was whole before the run was cut has been counted.
            if before < order.len() as u64 {
                self.log.count(&report.totals, self.protocol.presentation);
            }
            if report.presented < order.len() as u64 {
                break;
            }
            let Some(validation) = self.validate(epoch, first + order.len() as u64, context)? else { break };
            let first_test = first + (order.len() + self.data.validation_labels.len()) as u64;
            let weights = self.teacher.weights();
            let mut accuracy = None;
            if (epoch + 1).is_multiple_of(self.protocol.test_every) || epoch + 1 == epochs {
                let what = format!("test of epoch {}", epoch + 1);
                let test = self.test(&weights, first_test, &what, context)?;
                if test.answers.len() < self.data.test_labels.len() {
                    break;
                }
                accuracy = Some(test.accuracy());
            }
            self.record_epoch(epoch, &report, (validation, accuracy), context);
            if let Some(accuracy) = validation
                && self.best.as_ref().is_none_or(|best| accuracy > best.0)
            {
                self.best = Some((accuracy, epoch + 1, weights));
            }
            self.log.fingerprint.seal();
            self.on = self.on();
            self.report = EpochReport::default();
            self.tests.clear();
            self.save(context)?;
            epoch += 1;
        }
        Ok(())
    }

    /// Whether held-out samples have been answered no better for as many epochs as are waited for.
    fn settled(&self) -> bool {
        let ended = self.result.epochs.len() as u32;
        let best = self.best.as_ref().map(|best| best.1);
        best.zip(self.protocol.patience)
            .is_some_and(|(best, patience)| ended >= best.saturating_add(patience))
    }

    /// What percentages are of, where they are none of the samples.
    fn of_what(&self) -> &'static str {
        if self.result.measure.is_accuracy() { "" } else { " of the variance" }
    }

    fn record_epoch(
        &mut self,
        epoch: u32,
        report: &EpochReport,
        (validation, test): (Option<f64>, Option<f64>),
        context: &mut RunContext<'_>,
    ) {
        let of = self.of_what();
        let held_out = validation.map_or(String::new(), |v| format!("  validation {:.2} %{of}", 100.0 * v));
        let tested = test.map_or(String::new(), |test| format!("  test {:.2} %{of}", 100.0 * test));
        let shown = report.presented.max(1) as f64;
        let layers = self.protocol.gradient.loss().is_some();
        let names = self.plan.populations.iter().map(|population| population.name.clone());
        let of_each = names.zip(report.totals.spikes.iter().map(|&spikes| spikes as f64 / shown));
        let spikes: Vec<(String, f64)> = of_each.filter(|_| layers).collect();
        let silent = layers.then(|| report.silent as f64 / shown);
        let fired = spikes.iter().map(|(_, spikes)| format!("{spikes:.1}")).collect::<Vec<_>>().join(" + ");
        let fired = silent.map_or(String::new(), |silent| {
            format!("  {fired} spikes per sample, {:.2} % unanswered", 100.0 * silent)
        });
        context.progress.line(&format!(
            "epoch {:>3}/{}  loss {:.4}  train {:.2} %{of}{held_out}{tested}{fired}",
            epoch + 1,
            self.protocol.epochs,
            report.loss(),
            100.0 * report.accuracy()
        ));
        let names = self.plan.populations.iter().map(|population| population.name.clone());
        let looked_at = report.looked_at.max(1) as f64;
        let gradient: Vec<(String, f64)> =
            names.zip(&report.gradients).map(|(name, sum)| (name, sum / looked_at)).collect();
        let by_layer: Vec<String> = gradient.iter().map(|(name, _)| format!("gradient/{name}")).collect();
        let [trained, held, tested_as] = fractions(self.result.measure);
        let mut values = vec![
            ("loss", Some(report.loss())),
            (trained, Some(report.accuracy())),
            (held, validation),
            (tested_as, test),
        ];
        values.extend(by_layer.iter().zip(&gradient).map(|(name, (_, rms))| (name.as_str(), Some(*rms))));
        let shown = (self.plan, &report.totals, self.protocol.presentation);
        measured::epoch(context.progress, epoch + 1, &values, shown);
        self.result.epochs.push(EpochResult {
            epoch: epoch + 1,
            loss: report.loss(),
            train_accuracy: report.accuracy(),
            validation_accuracy: validation,
            test_accuracy: test,
            learning_rate: report.learning_rate,
            spikes_per_sample: spikes,
            gradient,
            silent,
        });
    }

    fn save(&mut self, context: &mut RunContext<'_>) -> Result<(), RunError> {
        let (weights, adam) = self.teacher.kept();
        let checkpoint = Checkpoint {
            of: Identity::of(self.plan, Some(&self.data.identity)),
            weights,
            adam: adam.clone(),
            best: self.best.clone(),
            epochs: self.result.epochs.clone(),
            log: self.log.keep(),
            in_situ: self.teacher.in_situ().map(|devices| devices.state.clone()),
            on: self.on.clone(),
            report: self.report.clone(),
            tests: self.tests.clone(),
        };
        let models = models(self.plan);
        context
            .store
            .save(&mut |out| snapshot::write(out, Payload::Training, &models, &checkpoint))
            .map_err(RunError::Store)
    }

    /// Accuracy on the held-out samples, if there are any; `None` if it was stopped.
    fn validate(
        &mut self,
        epoch: u32,
        first: u64,
        context: &mut RunContext<'_>,
    ) -> Result<Option<Option<f64>>, RunError> {
        if self.data.validation_labels.is_empty() {
            return Ok(Some(None));
        }
        let data = self.data;
        let samples = data.to_validate();
        let weights = self.teacher.weights();
        let what = format!("validation of epoch {}", epoch + 1);
        let found = self.evaluate(&weights, samples, first, &what, context)?;
        Ok((found.answers.len() == samples.labels.len()).then(|| Some(found.accuracy())))
    }

    fn test(
        &mut self,
        weights: &Weights<R>,
        first: u64,
        what: &str,
        context: &mut RunContext<'_>,
    ) -> Result<Evaluation, RunError> {
        let data = self.data;
        let samples = data.to_test();
        self.evaluate(weights, samples, first, what, context)
    }

    fn evaluate(
        &mut self,
        weights: &Weights<R>,
        samples: Samples<'_, T::Code>,
        first_episode: u64,
        what: &str,
        context: &mut RunContext<'_>,
    ) -> Result<Evaluation, RunError> {
        let duration = self.protocol.test_presentation;
        let exam = Exam { first_episode, duration, what };
        if let Some(known) = self.tests.known() {
            return Ok(known);
        }
        loop {
            let so_far = std::mem::take(&mut self.tests.begun);
            let before = (so_far.totals.presentations, so_far.totals.events());
            let showing = Showing { phase: "test", what, samples: samples.labels.len(), before };
            let found = self.log.show(showing, context, |reporting| {
                self.teacher.test(self.of, weights, samples, (exam, so_far), reporting)
            })?;
            let done = found.answers.len() == samples.labels.len();
            if done {
                self.tests.answered(&found);
            } else {
                self.tests.begun = found.clone();
                self.save(context)?;
            }
            if done || context.stop.load(Ordering::Relaxed) {
                self.log.count(&found.totals, duration);
                return Ok(found);
            }
        }
    }
}
