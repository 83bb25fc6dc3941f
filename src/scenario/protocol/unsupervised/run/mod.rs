//! The `unsupervised` protocol: learn, look at labels, test every epoch; [`finish`] then ages the devices and
//! trains anew with others.
//!
//! Episodes are numbered through: for every epoch the training samples in shuffled order, then the samples
//! whose labels are looked at, the validation samples and the test samples; after the last epoch the final
//! test. Ages are tested on the final test's own episodes, so that they differ from it by their devices alone.

mod finish;

use super::findings::{LearnedEpoch, UnsupervisedResult, VariationResult, Varied, Votes};
use super::plan::{Labels, Unsupervised};
use crate::crossbar::Array;
use crate::engine::{Engine, Threads, Thresholds};
use crate::network::{Network, Weights};
use crate::scenario::assemble::{AssembleError, assemble_with};
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::Plan;
use crate::scenario::run::arrays::programmed;
use crate::scenario::run::books::{Learned, book_learning};
use crate::scenario::run::connections;
use crate::scenario::run::context::{RunContext, RunError};
use crate::scenario::run::data::{Data, Selection, load};
use crate::scenario::run::journal::Journal;
use crate::scenario::run::logbook::{Kept, Logbook, Showing};
use crate::scenario::run::measured::{self, Told};
use crate::scenario::run::plastic;
use crate::scenario::run::training::{Identity, Training, lengths, models, reborrow, same};
use crate::snapshot::{self, Payload};
use crate::training::Scalar;
use crate::training::unsupervised::{
    Assignment, Learner, LearnerState, Question, Report, Responses, Settings, Vote, respond,
};
use crate::training::{Samples, Totals, Until, shuffled};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A model after some epoch: what is needed to test it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "")]
struct Model<R: Scalar> {
    epoch: u32,
    weights: Weights<R>,
    thresholds: Thresholds,
    assignment: Assignment,
}

/// What learning took so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Spent {
    samples: u64,
    read: f64,
    programmed: f64,
    limited: f64,
    /// Of all presentations.
    totals: Totals,
}

/// What a run goes on from: between two epochs, two presentations, or two rounds of a test.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Checkpoint<R: Scalar> {
    of: Identity,
    learner: LearnerState<R>,
    last: Option<Model<R>>,
    best: Option<(f64, Model<R>)>,
    spent: Spent,
    epochs: Vec<LearnedEpoch>,
    variation: Vec<VariationResult>,
    log: Kept,
    /// The epoch under way.
    report: Report,
    /// Its answers, or those after the last epoch.
    answers: Journal<Responses>,
    /// The case of `variation` under way.
    varied: Varied,
}

impl Training for Unsupervised {
    fn carry_out<R: Scalar>(
        &self,
        engine: Engine,
        plan: &Plan,
        context: &mut RunContext<'_>,
    ) -> Result<Outcome, RunError> {
        let start = context.clock.now();
        let &Self { projection, train_samples, test_samples, validation, .. } = self;
        let data = load(plan, Selection { projection, train_samples, test_samples, validation }, context)?;
        let Begun { network, arrays, learner } =
            begin(engine, plan, self, &data, 0.0, (&context.threads, context.stop))?;
        connections::tell(plan, &network, |index| learner.weights.values(&network, index), context)?;
        let frozen = network.frozen();
        let mut run = Run::<R> {
            engine,
            plan,
            protocol: self,
            frozen: &frozen,
            data: &data,
            arrays,
            learner,
            last: None,
            best: None,
            spent: Spent::default(),
            result: UnsupervisedResult { vote: self.vote, ..UnsupervisedResult::default() },
            log: Logbook::built(start, context),
            report: Report::default(),
            answers: Journal::default(),
            varied: Varied::default(),
        };
        run.restore(context)?;
        run.train(context)?;
        run.finish(context)
    }
}

/// A network whose devices are programmed, and what is to learn in it.
pub struct Begun<R: Scalar> {
    pub network: Arc<Network>,
    pub arrays: Vec<Option<Array>>,
    pub learner: Learner<R>,
}

/// Makes it; `threshold_cv` is the coefficient of variation of the thresholds besides that of the population.
pub fn begin<R: Scalar>(
    engine: Engine,
    plan: &Plan,
    protocol: &Unsupervised,
    data: &Data,
    threshold_cv: f64,
    (threads, stop): (&Threads, &AtomicBool),
) -> Result<Begun<R>, RunError> {
    let going_on = &mut |_| !stop.load(Ordering::Relaxed);
    let mut assembled = assemble_with(plan, Some(threads), going_on).map_err(RunError::of_network)?;
    let arrays = programmed(plan, &mut assembled.weights, stop)?;
    let projection = &plan.projections[protocol.projection];
    let fault = |message: String| {
        RunError::Assemble(vec![AssembleError::Devices { projection: projection.name.clone(), message }])
    };
    let Some(learning) = &projection.plasticity else {
        return Err(fault("it has no rule to learn by".into()));
    };
    let read = projection.device.as_ref().map(|device| device.read);
    let devices = plastic::devices((plan, &assembled.network), protocol.projection, &arrays, stop)?;
    let settings = Settings {
        engine,
        projection: protocol.projection,
        seed: plan.seed,
        presentation: protocol.presentation,
        rest: protocol.rest,
        rule: learning.rule.clone(),
        devices: devices.map(|devices| (devices, read)),
        schedule: data.train_labels.len() as u64 * u64::from(protocol.epochs),
        final_share: protocol.final_share,
        normalise: learning.normalise.map(|sum| sum * learning.rule.bounds().w_max),
        threshold_cv,
    };
    let network = assembled.network;
    let weights = Weights::<R>::from_values(&network, &assembled.weights);
    let learner = Learner::new(&network, settings, weights)
        .map_err(|faults| fault(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
    Ok(Begun { network, arrays, learner })
}

/// How many training samples are labelled.
pub fn labelled(protocol: &Unsupervised, data: &Data) -> usize {
    protocol.label_samples.map_or(data.train_labels.len(), |n| (n as usize).min(data.train_labels.len()))
}

/// What the neurons stand for, by their responses to the first training samples.
pub fn assign(
    protocol: &Unsupervised,
    seed: u64,
    neurons: u32,
    data: &Data,
    responses: &Responses,
) -> Assignment {
    let count = responses.len();
    let labels: Vec<u16> = match protocol.labels {
        Labels::Own => data.train_labels[..count].to_vec(),
        Labels::Shuffled => {
            // No epoch has this number.
            let order = shuffled(count as u32, seed, u64::MAX);
            order.iter().map(|&sample| data.train_labels[sample as usize]).collect()
        }
    };
    Assignment::new(neurons as usize, data.classes, labels.into_iter().zip(responses.iter()))
}

/// Fractions of right answers.
pub fn votes(assignment: &Assignment, responses: &Responses, labels: &[u16]) -> Votes {
    let share = |vote: Vote| {
        let right = responses
            .iter()
            .zip(labels)
            .filter(|(spikes, label)| assignment.answer(spikes, vote) == Some(**label))
            .count();
        right as f64 / responses.len().max(1) as f64
    };
    Votes { class_mean: share(Vote::ClassMean), log_likelihood: share(Vote::LogLikelihood) }
}

/// Which samples answer.
#[derive(Clone, Copy)]
enum Part {
    Label,
    Validation,
    Test,
}

/// An unsupervised run in progress.
struct Run<'a, R: Scalar> {
    engine: Engine,
    plan: &'a Plan,
    protocol: &'a Unsupervised,
    /// The network with thresholds that do not adapt.
    frozen: &'a Arc<Network>,
    data: &'a Data,
    /// Devices as they were before learning.
    arrays: Vec<Option<Array>>,
    learner: Learner<R>,
    last: Option<Model<R>>,
    /// Validation accuracy and model of the best epoch so far.
    best: Option<(f64, Model<R>)>,
    spent: Spent,
    result: UnsupervisedResult,
    log: Logbook,
    report: Report,
    answers: Journal<Responses>,
    varied: Varied,
}

impl<R: Scalar> Run<'_, R> {
    fn population(&self) -> usize {
        self.plan.projections[self.protocol.projection].to
    }

    /// Episodes of one epoch.
    fn episodes(&self) -> u64 {
        let data = self.data;
        let answering = labelled(self.protocol, data) + data.validation_labels.len() + data.test_labels.len();
        (data.train_labels.len() + answering) as u64
    }

    /// Goes on from a checkpoint, if there is one.
    fn restore(&mut self, context: &mut RunContext<'_>) -> Result<(), RunError> {
        let Some(mut source) = context.store.load()? else { return Ok(()) };
        let checkpoint: Checkpoint<R> = source.read(Payload::Learning, &models(self.plan))?;
        source.finish()?;
        checkpoint.of.check(self.plan, Some(&self.data.identity))?;
        let wanted = lengths(&self.learner.weights);
        let models = checkpoint.last.iter().chain(checkpoint.best.iter().map(|best| &best.1));
        same(models.clone().all(|model| lengths(&model.weights) == wanted), "network")?;
        same(lengths(&checkpoint.learner.weights) == wanted, "network")?;
        self.learner.restore(checkpoint.learner)?;
        self.log.resume(checkpoint.log);
        self.last = checkpoint.last;
        self.best = checkpoint.best;
        self.spent = checkpoint.spent;
        self.result.epochs = checkpoint.epochs;
        self.result.variation = checkpoint.variation;
        self.report = checkpoint.report;
        self.answers = checkpoint.answers;
        self.varied = checkpoint.varied;
        Ok(())
    }

    fn save(&mut self, context: &mut RunContext<'_>) -> Result<(), RunError> {
        let checkpoint = Checkpoint {
            of: Identity::of(self.plan, Some(&self.data.identity)),
            learner: self.learner.state(),
            last: self.last.clone(),
            best: self.best.clone(),
            spent: self.spent.clone(),
            epochs: self.result.epochs.clone(),
            variation: self.result.variation.clone(),
            log: self.log.keep(),
            report: self.report.clone(),
            answers: self.answers.clone(),
            varied: self.varied.clone(),
        };
        let models = models(self.plan);
        context
            .store
            .save(&mut |out| snapshot::write(out, Payload::Learning, &models, &checkpoint))
            .map_err(RunError::Store)
    }

    fn train(&mut self, context: &mut RunContext<'_>) -> Result<(), RunError> {
        let epochs = self.protocol.epochs;
        for epoch in self.result.epochs.len() as u32..epochs {
            if context.stop.load(Ordering::Relaxed) {
                break;
            }
            context.progress.whole(u64::from(epoch), u64::from(epochs));
            let _span = tracing::info_span!(target: "memspike::span", "epoch", number = epoch + 1).entered();
            let first = u64::from(epoch) * self.episodes();
            let count = self.data.train_labels.len() as u64;
            let Some(report) = self.learn(epoch, first, context)? else { break };
            if !self.test_epoch(epoch, first + count, &report, context)? {
                break;
            }
            self.log.fingerprint.seal();
            self.report = Report::default();
            self.answers.clear();
            self.save(context)?;
        }
        Ok(())
    }

    /// Learns for an epoch; `None` if it was stopped on the way.
    fn learn(
        &mut self,
        epoch: u32,
        first: u64,
        context: &mut RunContext<'_>,
    ) -> Result<Option<Report>, RunError> {
        let data = self.data;
        let shown = data.of_epoch(epoch, &context.threads);
        let samples = shown.to_train();
        let order = shuffled(samples.labels.len() as u32, self.plan.seed, u64::from(epoch));
        let count = order.len() as u64;
        // What was whole before the run was cut has been counted.
        if self.report.presented == count {
            return Ok(Some(self.report.clone()));
        }
        context.progress.phase("train", count);
        context.progress.advance(self.report.presented);
        loop {
            self.go_on(epoch, (samples, &order, first), context)?;
            let done = self.report.presented == count;
            if !done {
                self.save(context)?;
            }
            if done || context.stop.load(Ordering::Relaxed) {
                context.progress.done();
                self.count_learned();
                return Ok(done.then(|| self.report.clone()));
            }
        }
    }

    /// Learns until the epoch is over, a checkpoint is due, or it is to stop.
    fn go_on(
        &mut self,
        epoch: u32,
        (samples, order, first): (Samples<'_>, &[u32], u64),
        context: &mut RunContext<'_>,
    ) -> Result<(), RunError> {
        let epochs = self.protocol.epochs;
        let begun = context.clock.now();
        context.progress.steps(1.0, "samples");
        let told = Told::new(epoch, order.len());
        let (before, known) = (self.report.presented, self.report.totals.events());
        let (progress, store) = (&mut *context.progress, &*context.store);
        let mut advance = |by: u64, report: &Report| {
            progress.advance(by);
            let spikes: u64 = report.wins.iter().sum();
            let values = || [("spikes per sample", spikes as f64 / report.presented.max(1) as f64)];
            told.tell(progress, (report.presented - by, report.presented), values);
            progress.message(&format!(
                "epoch {}/{epochs}  {:.2} spikes per sample",
                epoch + 1,
                spikes as f64 / report.presented.max(1) as f64
            ));
        };
        let (fingerprint, observer) = (&mut self.log.fingerprint, reborrow(&mut context.observer));
        let until = Until { stop: context.stop, due: &|| store.due() };
        let lessons = (samples, order, first, until, fingerprint, observer);
        let report = self.learner.epoch(std::mem::take(&mut self.report), lessons, &mut advance)?;
        let (more, events) = (report.presented - before, report.totals.events() - known);
        self.log.book("train", begun, context, more, events);
        self.report = report;
        Ok(())
    }

    /// Books what the epoch has come to.
    fn count_learned(&mut self) {
        let Self { report, spent, .. } = self;
        self.log.count(&report.totals, self.protocol.presentation.after(self.protocol.rest));
        spent.samples += report.presented;
        spent.read += report.read;
        spent.programmed += report.programmed;
        spent.limited += report.limited;
        spent.totals.merge(&report.totals);
    }

    /// Labels, validates and tests an epoch; false if it was stopped on the way.
    fn test_epoch(
        &mut self,
        epoch: u32,
        first: u64,
        report: &Report,
        context: &mut RunContext<'_>,
    ) -> Result<bool, RunError> {
        let data = self.data;
        let (weights, thresholds) = (self.learner.weights.clone(), self.learner.thresholds());
        let labels = labelled(self.protocol, data) as u64;
        let what = |part: &str| format!("{part} of epoch {}", epoch + 1);
        let answered = self.respond(Part::Label, &weights, &thresholds, first, &what("labels"), context)?;
        if answered.len() < labels as usize {
            return Ok(false);
        }
        let neurons = self.plan.populations[self.population()].size;
        let assignment = assign(self.protocol, self.plan.seed, neurons, data, &answered);
        let labelled = votes(&assignment, &answered, &data.train_labels);
        let mut validation = None;
        if !data.validation_labels.is_empty() {
            let (part, what) = (Part::Validation, what("validation"));
            let answered = self.respond(part, &weights, &thresholds, first + labels, &what, context)?;
            if answered.len() < data.validation_labels.len() {
                return Ok(false);
            }
            validation = Some(votes(&assignment, &answered, &data.validation_labels));
        }
        let first_test = first + labels + data.validation_labels.len() as u64;
        let answered = self.respond(Part::Test, &weights, &thresholds, first_test, &what("test"), context)?;
        if answered.len() < data.test_labels.len() {
            return Ok(false);
        }
        let test = votes(&assignment, &answered, &data.test_labels);
        let spikes: u64 = report.wins.iter().sum();
        let presented = report.presented.max(1) as f64;
        let theta = thresholds.total();
        let (read, programmed, limited) = (report.read, report.programmed, report.limited);
        let learned = Learned { projection: self.protocol.projection, read, programmed, limited };
        let energy = book_learning(self.plan, &[learned], &report.totals);
        let held_out = validation
            .map_or(String::new(), |v| format!("  validation {:.2} %", 100.0 * v.by(self.protocol.vote)));
        context.progress.line(&format!(
            "epoch {:>3}/{}  {:.2} spikes per sample{held_out}  test {:.2} % class mean, {:.2} % log-likelihood",
            epoch + 1,
            self.protocol.epochs,
            spikes as f64 / presented,
            100.0 * test.class_mean,
            100.0 * test.log_likelihood,
        ));
        let values = [
            ("spikes per sample", Some(spikes as f64 / presented)),
            ("accuracy/validation", validation.map(|votes| votes.by(self.protocol.vote))),
            ("accuracy/test", Some(test.by(self.protocol.vote))),
            ("energy/per sample [J]", Some(energy.total() / presented)),
        ];
        let shown = (self.plan, &report.totals, self.protocol.presentation.after(self.protocol.rest));
        measured::epoch(context.progress, epoch + 1, &values, shown);
        self.result.epochs.push(LearnedEpoch {
            epoch: epoch + 1,
            labelled,
            validation,
            test,
            spikes_per_sample: spikes as f64 / presented,
            silent: report.silent as f64 / presented,
            theta_mean: (!theta.is_empty())
                .then(|| theta.iter().fold(0.0, |sum, theta| sum + theta) / theta.len() as f64),
            share: report.share,
            energy_per_sample_j: energy.total() / presented,
        });
        let model = Model { epoch: epoch + 1, weights, thresholds, assignment };
        if let Some(votes) = validation {
            let accuracy = votes.by(self.protocol.vote);
            if self.best.as_ref().is_none_or(|best| accuracy > best.0) {
                self.best = Some((accuracy, model.clone()));
            }
        }
        self.last = Some(model);
        Ok(true)
    }

    fn respond(
        &mut self,
        part: Part,
        weights: &Weights<R>,
        thresholds: &Thresholds,
        first_episode: u64,
        what: &str,
        context: &mut RunContext<'_>,
    ) -> Result<Responses, RunError> {
        let (data, protocol) = (self.data, self.protocol);
        let (samples, count, duration, phase) = match part {
            Part::Label => (data.to_train(), labelled(protocol, data), protocol.label_presentation, "label"),
            Part::Validation => {
                (data.to_validate(), data.validation_labels.len(), protocol.test_presentation, "test")
            }
            Part::Test => (data.to_test(), data.test_labels.len(), protocol.test_presentation, "test"),
        };
        let question = Question {
            engine: self.engine,
            population: self.population(),
            thresholds,
            seed: self.plan.seed,
            first_episode,
            duration,
            count,
            what,
        };
        if let Some(known) = self.answers.known() {
            return Ok(known);
        }
        loop {
            let so_far = std::mem::take(&mut self.answers.begun);
            let before = (so_far.totals.presentations, so_far.totals.events());
            let showing = Showing { phase, what, samples: count, before };
            let found = self.log.show(showing, context, |reporting| {
                respond(self.frozen, weights, samples, (question, so_far), reporting)
            })?;
            let done = found.len() == count;
            if done {
                self.answers.answered(&found);
            } else {
                self.answers.begun = found.clone();
                self.save(context)?;
            }
            if done || context.stop.load(Ordering::Relaxed) {
                self.log.count(&found.totals, duration);
                return Ok(found);
            }
        }
    }
}
