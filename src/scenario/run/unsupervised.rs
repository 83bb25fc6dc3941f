//! The `unsupervised` protocol: learn, look at labels, test every epoch; then age the devices, and train
//! anew with others.
//!
//! Episodes are numbered through: for every epoch the training samples in shuffled order, then the samples
//! whose labels are looked at, the validation samples and the test samples; after the last epoch the final
//! test. Ages are tested on the final test's own episodes, so that they differ from it by their devices alone.

use super::super::assemble::assemble;
use super::super::outcome::{
    AgedResult, InferenceEnergy, LearnedEpoch, NamedArray, Outcome, PhaseCounts, Status, UnsupervisedResult,
    VariationResult, Votes,
};
use super::super::plan::{Plan, Unsupervised};
use super::books::{book_learning, book_rows};
use super::data::{Data, load};
use super::phases::{Phases, count};
use super::supervised::{identity, reborrow};
use super::variation;
use super::{RunContext, RunError};
use crate::energy::Ledger;
use crate::engine::{Collect, Probe, Queue, Silent, Stream, Thresholds};
use crate::network::{Network, Weights};
use crate::numeric::Real;
use crate::record::fingerprint::Fingerprint;
use crate::snapshot::{self, Payload};
use crate::training::unsupervised::{
    Assignment, Learner, LearnerState, Question, Report, Responses, Settings, Vote, respond,
};
use crate::training::{Reporting, Samples, shuffled};
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering;

/// A model after some epoch: what is needed to test it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "")]
struct Model<R: Real> {
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
    spikes: Vec<u64>,
}

/// What a run goes on from.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Checkpoint<R: Real> {
    scenario: String,
    seed: u64,
    plan: String,
    learner: LearnerState<R>,
    last: Option<Model<R>>,
    best: Option<(f64, Model<R>)>,
    spent: Spent,
    epochs: Vec<LearnedEpoch>,
    variation: Vec<VariationResult>,
    /// Fingerprints of the runs behind `variation`.
    digests: Vec<Vec<u8>>,
    /// After the last finished epoch: the final test is made again.
    trained: Trained,
}

/// Counts and fingerprint after an epoch.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Trained {
    counts: PhaseCounts,
    fingerprint: u128,
}

pub fn run<R: Real, Q: Queue<R> + Send>(
    plan: &Plan,
    protocol: &Unsupervised,
    pool: &rayon::ThreadPool,
    context: &mut RunContext<'_>,
) -> Result<Outcome, RunError> {
    // The pool's threads know nothing of the spans of this one.
    let span = tracing::Span::current();
    pool.install(|| {
        let _inside = span.enter();
        if context.observer.is_some() {
            observed::<R, Q, Stream>(plan, protocol, context)
        } else {
            observed::<R, Q, Silent>(plan, protocol, context)
        }
    })
}

fn observed<R, Q, O>(
    plan: &Plan,
    protocol: &Unsupervised,
    context: &mut RunContext<'_>,
) -> Result<Outcome, RunError>
where
    R: Real,
    Q: Queue<R> + Send,
    O: Probe<R> + Collect + Default + Send,
{
    let start = (context.clock)();
    let assembled = assemble(plan).map_err(RunError::Assemble)?;
    let data = load(plan, protocol, context)?;
    let network = &assembled.network;
    let frozen = network.frozen();
    let weights = Weights::<R>::from_values(network, &assembled.weights);
    let settings = settings(plan, protocol, &data);
    let mut run = Run::<R, Q, O> {
        plan,
        protocol,
        frozen: &frozen,
        data: &data,
        learner: Learner::new(network, settings, weights),
        last: None,
        best: None,
        spent: Spent::default(),
        result: UnsupervisedResult { vote: protocol.vote, ..UnsupervisedResult::default() },
        counts: PhaseCounts::default(),
        phases: Phases::default(),
        fingerprint: Fingerprint::new(),
        trained: Trained::default(),
        digests: Vec::new(),
        notes: Vec::new(),
    };
    run.phases.book("build", start, (context.clock)(), 0, 0);
    run.restore(context)?;
    run.train(context)?;
    run.finish(context)
}

pub(super) fn settings(plan: &Plan, protocol: &Unsupervised, data: &Data) -> Settings {
    let learning = &protocol.learning;
    Settings {
        projection: protocol.projection,
        seed: plan.seed,
        presentation: protocol.presentation,
        rest: protocol.rest,
        w_max: learning.w_max.get(),
        window: learning.window,
        dependence: learning.dependence,
        a_plus: learning.a_plus,
        a_minus: learning.a_minus,
        final_share: learning.final_share,
        schedule: data.train_labels.len() as u64 * u64::from(protocol.epochs),
        normalise: learning.normalise,
        device: protocol.devices,
    }
}

/// How many training samples are labelled.
pub(super) fn labelled(protocol: &Unsupervised, data: &Data) -> usize {
    protocol.label_samples.map_or(data.train_labels.len(), |n| (n as usize).min(data.train_labels.len()))
}

/// What the neurons stand for, by their responses to the first training samples.
pub(super) fn assign(neurons: u32, data: &Data, responses: &Responses) -> Assignment {
    let labels = data.train_labels.iter().copied();
    Assignment::new(neurons as usize, data.classes, labels.zip(responses.iter()))
}

/// Fractions of right answers.
pub(super) fn votes(assignment: &Assignment, responses: &Responses, labels: &[u8]) -> Votes {
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
struct Run<'a, R: Real, Q: Queue<R>, O> {
    plan: &'a Plan,
    protocol: &'a Unsupervised,
    /// The network with thresholds that do not adapt.
    frozen: &'a Network,
    data: &'a Data,
    learner: Learner<'a, R, Q, O>,
    last: Option<Model<R>>,
    /// Validation accuracy and model of the best epoch so far.
    best: Option<(f64, Model<R>)>,
    spent: Spent,
    result: UnsupervisedResult,
    counts: PhaseCounts,
    phases: Phases,
    fingerprint: Fingerprint,
    trained: Trained,
    digests: Vec<Vec<u8>>,
    notes: Vec<String>,
}

impl<R, Q, O> Run<'_, R, Q, O>
where
    R: Real,
    Q: Queue<R> + Send,
    O: Probe<R> + Collect + Default + Send,
{
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
        let Some(bytes) = context.store.load() else { return Ok(()) };
        let checkpoint: Checkpoint<R> = snapshot::decode(Payload::Learning, &bytes)?;
        let same = |equal: bool, what| if equal { Ok(()) } else { Err(RunError::OtherRun { what }) };
        same(checkpoint.scenario == self.plan.name, "scenario")?;
        same(checkpoint.seed == self.plan.seed, "seed")?;
        same(checkpoint.plan == identity(self.plan), "plan")?;
        let lengths = |weights: &Weights<R>| weights.projections.iter().map(Vec::len).collect::<Vec<_>>();
        let wanted = lengths(&self.learner.weights);
        let models = checkpoint.last.iter().chain(checkpoint.best.iter().map(|best| &best.1));
        same(models.clone().all(|model| lengths(&model.weights) == wanted), "network")?;
        same(lengths(&checkpoint.learner.weights) == wanted, "network")?;
        self.learner.restore(checkpoint.learner)?;
        self.notes.push(format!("continued after epoch {}", checkpoint.epochs.len()));
        self.last = checkpoint.last;
        self.best = checkpoint.best;
        self.spent = checkpoint.spent;
        self.result.epochs = checkpoint.epochs;
        self.result.variation = checkpoint.variation;
        self.digests = checkpoint.digests;
        self.counts = checkpoint.trained.counts.clone();
        self.fingerprint = Fingerprint::after(checkpoint.trained.fingerprint);
        self.trained = checkpoint.trained;
        Ok(())
    }

    fn save(&mut self, context: &mut RunContext<'_>) -> Result<(), RunError> {
        let checkpoint = Checkpoint {
            scenario: self.plan.name.clone(),
            seed: self.plan.seed,
            plan: identity(self.plan),
            learner: self.learner.state(),
            last: self.last.clone(),
            best: self.best.clone(),
            spent: self.spent.clone(),
            epochs: self.result.epochs.clone(),
            variation: self.result.variation.clone(),
            digests: self.digests.clone(),
            trained: self.trained.clone(),
        };
        let bytes = snapshot::encode(Payload::Learning, &checkpoint)?;
        context.store.save(&bytes).map_err(RunError::Store)
    }

    fn train(&mut self, context: &mut RunContext<'_>) -> Result<(), RunError> {
        let epochs = self.protocol.epochs;
        for epoch in self.result.epochs.len() as u32..epochs {
            if context.stop.load(Ordering::Relaxed) {
                break;
            }
            context.progress.whole(u64::from(epoch), u64::from(epochs));
            let _span = tracing::info_span!("epoch", number = epoch + 1).entered();
            let first = u64::from(epoch) * self.episodes();
            let report = self.learn(epoch, first, context);
            let count = self.data.train_labels.len() as u64;
            if report.presented < count {
                break;
            }
            if !self.test_epoch(epoch, first + count, &report, context)? {
                break;
            }
            self.trained = Trained { counts: self.counts.clone(), fingerprint: self.fingerprint.seal() };
            self.save(context)?;
        }
        Ok(())
    }

    fn learn(&mut self, epoch: u32, first: u64, context: &mut RunContext<'_>) -> Report {
        let samples = Samples { code: &self.data.train, labels: &self.data.train_labels };
        let epochs = self.protocol.epochs;
        let order = shuffled(samples.labels.len() as u32, self.plan.seed, u64::from(epoch));
        context.progress.phase("train", order.len() as u64);
        let begun = (context.clock)();
        let progress = &mut *context.progress;
        let mut advance = |by: u64, report: &Report| {
            progress.advance(by);
            let spikes: u64 = report.wins.iter().sum();
            progress.message(&format!(
                "epoch {}/{epochs}  {:.2} spikes per sample",
                epoch + 1,
                spikes as f64 / report.presented.max(1) as f64
            ));
        };
        let report = self.learner.epoch(
            samples,
            &order,
            first,
            context.stop,
            &mut self.fingerprint,
            reborrow(&mut context.observer),
            &mut advance,
        );
        context.progress.done();
        self.phases.book("train", begun, (context.clock)(), report.presented, report.totals.events());
        count(&mut self.counts, &report.totals, self.protocol.presentation.after(self.protocol.rest));
        let spent = &mut self.spent;
        spent.samples += report.presented;
        spent.read += report.read;
        spent.programmed += report.programmed;
        spent.spikes.resize(self.plan.populations.len(), 0);
        for (sum, spikes) in spent.spikes.iter_mut().zip(&report.totals.spikes) {
            *sum += spikes;
        }
        report
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
        let assignment = assign(neurons, data, &answered);
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
        let energy = book_learning(
            self.plan,
            self.protocol.projection,
            report.read,
            report.programmed,
            &report.totals.spikes,
        );
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
        self.result.epochs.push(LearnedEpoch {
            epoch: epoch + 1,
            labelled,
            validation,
            test,
            spikes_per_sample: spikes as f64 / presented,
            silent: report.silent as f64 / presented,
            theta_mean: theta.iter().fold(0.0, |sum, theta| sum + theta) / theta.len().max(1) as f64,
            a_plus: report.rates.map_or(0.0, |rates| rates.0),
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
        let (samples, count_of, duration, phase) = match part {
            Part::Label => (
                Samples { code: &data.train, labels: &data.train_labels },
                labelled(protocol, data),
                protocol.label_presentation,
                "label",
            ),
            Part::Validation => (
                Samples { code: &data.validation, labels: &data.validation_labels },
                data.validation_labels.len(),
                protocol.test_presentation,
                "test",
            ),
            Part::Test => (
                Samples { code: &data.test, labels: &data.test_labels },
                data.test_labels.len(),
                protocol.test_presentation,
                "test",
            ),
        };
        let begun = (context.clock)();
        context.progress.phase(phase, count_of as u64);
        context.progress.message(what);
        let progress = &mut *context.progress;
        let mut advance = |by: u64| progress.advance(by);
        let question = Question {
            population: self.population(),
            thresholds,
            seed: self.plan.seed,
            first_episode,
            duration,
            count: count_of,
            what,
        };
        let mut reporting = Reporting {
            cancel: context.stop,
            fingerprint: &mut self.fingerprint,
            observer: reborrow(&mut context.observer),
            advance: &mut advance,
        };
        let responses = respond::<R, Q, O>(self.frozen, weights, samples, question, &mut reporting)?;
        context.progress.done();
        let totals = &responses.totals;
        self.phases.book(phase, begun, (context.clock)(), totals.presentations, totals.events());
        count(&mut self.counts, totals, duration);
        Ok(responses)
    }

    /// Final test, ages, other devices, energy.
    fn finish(mut self, context: &mut RunContext<'_>) -> Result<Outcome, RunError> {
        let model = self.best.clone().map(|best| best.1).or_else(|| self.last.clone());
        let weights = model.as_ref().map_or_else(|| self.learner.weights.clone(), |m| m.weights.clone());
        let values: Vec<Vec<f64>> =
            (0..self.frozen.projections.len()).map(|p| weights.values(self.frozen, p)).collect();
        let first = u64::from(self.protocol.epochs) * self.episodes();
        let mut energy = Ledger::default();
        let mut inference = None;
        let mut complete = false;
        if let Some(model) = &model
            && !context.stop.load(Ordering::Relaxed)
        {
            let responses =
                self.respond(Part::Test, &weights, &model.thresholds, first, "final test", context)?;
            if responses.len() == self.data.test_labels.len() {
                self.tested(model, &responses);
                energy = book_rows(self.plan, &self.row_energies(&values), &responses.totals, None);
                inference = Some(self.inference(&energy, &responses));
                self.age(model, &values, first, context)?;
                self.vary(context)?;
                complete = self.result.ageing.len() == self.protocol.ageing.len()
                    && self.result.variation.len() == self.protocol.variation.len();
            }
        }
        self.result.learned = self.spent.samples;
        self.result.learning = book_learning(
            self.plan,
            self.protocol.projection,
            self.spent.read,
            self.spent.programmed,
            &self.spent.spikes,
        );
        let updates = self.learner.updates();
        self.result.pulses_max = updates.iter().copied().max().unwrap_or(0);
        self.result.pulses_mean = updates.iter().sum::<u64>() as f64 / updates.len().max(1) as f64;
        self.fingerprint.seal();
        for values in &values {
            self.fingerprint.weights(values.iter().copied());
        }
        self.explain();
        let arrays = self.arrays(&values);
        Ok(Outcome {
            status: if complete { Status::Done } else { Status::Interrupted },
            counts: self.counts,
            energy,
            plastic: Vec::new(),
            inference,
            arrays,
            supervised: None,
            unsupervised: Some(self.result),
            experiments: Vec::new(),
            fingerprint: self.fingerprint.hex(),
            phases: self.phases.times,
            notes: self.notes,
        })
    }

    fn tested(&mut self, model: &Model<R>, responses: &Responses) {
        let data = self.data;
        let result = &mut self.result;
        result.test = Some(votes(&model.assignment, responses, &data.test_labels));
        result.tested_epoch = Some(model.epoch);
        result.classes.clone_from(&model.assignment.class);
        result.theta = model.thresholds.total();
        result.confusion = vec![vec![0; data.classes]; data.classes];
        for (spikes, &label) in responses.iter().zip(&data.test_labels) {
            match model.assignment.answer(spikes, self.protocol.vote) {
                Some(answer) => result.confusion[usize::from(label)][usize::from(answer)] += 1,
                None => result.unanswered += 1,
            }
        }
    }

    /// Joules of reading each row once.
    fn row_energies(&self, values: &[Vec<f64>]) -> Vec<Option<Vec<f64>>> {
        let mut energies = vec![None; values.len()];
        if let Some(device) = &self.protocol.devices {
            let index = self.protocol.projection;
            let columns = self.plan.populations[self.population()].size as usize;
            let w_max = self.protocol.learning.w_max.get();
            let rows = values[index].chunks_exact(columns.max(1));
            let energy = |row: &[f64]| {
                device.read.energy(row.iter().fold(0.0, |sum, &w| sum + device.conductance(w, w_max)))
            };
            energies[index] = Some(rows.map(energy).collect());
        }
        energies
    }

    fn inference(&self, energy: &Ledger, responses: &Responses) -> InferenceEnergy {
        let totals = &responses.totals;
        let n = totals.presentations.max(1) as f64;
        let to = self.population();
        let weights =
            self.frozen.projections[self.protocol.projection].synapses(self.plan.populations[to].size);
        InferenceEnergy {
            per_inference: energy.scaled(1.0 / n),
            inferences: totals.presentations,
            mac_reference_j: weights as f64 * self.plan.record.mac_energy.get(),
            input_spikes: (totals.poisson + totals.source) as f64 / n,
            output_spikes: totals.spikes.get(to).copied().unwrap_or(0) as f64 / n,
            synaptic_events: totals.synaptic as f64 / n,
        }
    }

    /// Tests the weights as they are after each age, with the thresholds as they were and with all of them
    /// brought down by the one factor by which the mean weight fell.
    fn age(
        &mut self,
        model: &Model<R>,
        values: &[Vec<f64>],
        first: u64,
        context: &mut RunContext<'_>,
    ) -> Result<(), RunError> {
        let (Some(retention), Some(device)) = (self.protocol.retention, self.protocol.devices) else {
            return Ok(());
        };
        let index = self.protocol.projection;
        let w_max = self.protocol.learning.w_max.get();
        for &after in &self.protocol.ageing {
            let mut aged = values.to_vec();
            let (mut sum, mut fresh, mut left) = (0.0, 0.0, 0.0);
            for (synapse, w) in aged[index].iter_mut().enumerate() {
                let lifetime = retention.lifetime(self.plan.seed, synapse as u32);
                let g = retention.conductance(device.conductance(*w, w_max), after.get(), lifetime);
                sum += g;
                fresh += *w;
                *w = device.weight(g, w_max);
                left += *w;
            }
            let conductance = sum / aged[index].len().max(1) as f64;
            let weights = Weights::<R>::from_values(self.frozen, &aged);
            let what = format!("test after {after}");
            let responses = self.respond(Part::Test, &weights, &model.thresholds, first, &what, context)?;
            if responses.len() < self.data.test_labels.len() {
                return Ok(()); // Stopped: an age is reported whole or not at all.
            }
            let test = votes(&model.assignment, &responses, &self.data.test_labels);
            let what = format!("{what}, thresholds brought down");
            let thresholds = model.thresholds.scaled(if fresh > 0.0 { left / fresh } else { 1.0 });
            let responses = self.respond(Part::Test, &weights, &thresholds, first, &what, context)?;
            if responses.len() < self.data.test_labels.len() {
                return Ok(());
            }
            let recalibrated = votes(&model.assignment, &responses, &self.data.test_labels);
            let vote = self.protocol.vote;
            context.progress.line(&format!(
                "after {after}: test {:.2} %, with thresholds brought down {:.2} %",
                100.0 * test.by(vote),
                100.0 * recalibrated.by(vote)
            ));
            self.result.ageing.push(AgedResult { after_s: after.get(), test, recalibrated, conductance });
        }
        Ok(())
    }

    /// Trains and tests with each dispersion.
    fn vary(&mut self, context: &mut RunContext<'_>) -> Result<(), RunError> {
        for digests in &self.digests {
            self.fingerprint.encoded(digests);
        }
        for case in self.result.variation.len()..self.protocol.variation.len() {
            let begun = (context.clock)();
            let varied = variation::run::<R, Q>(self.plan, self.protocol, self.data, case, context)?;
            let Some(varied) = varied else { return Ok(()) };
            self.phases.book("variation", begun, (context.clock)(), varied.presentations, varied.events);
            self.fingerprint.encoded(&varied.digests);
            let vote = self.protocol.vote;
            let of = &self.protocol.variation[case];
            let result = VariationResult::new(of, varied.test, vote, self.result.variation.first());
            context.progress.line(&format!(
                "{}: {:.2} % +- {:.2} over {} seeds, loss {:.2} points",
                of.name,
                100.0 * result.mean,
                100.0 * result.sd,
                result.test.len(),
                100.0 * result.loss
            ));
            self.result.variation.push(result);
            self.digests.push(varied.digests);
            self.save(context)?;
        }
        Ok(())
    }

    /// Weights, conductances, labels and thresholds.
    fn arrays(&self, values: &[Vec<f64>]) -> Vec<NamedArray> {
        let mut arrays = Vec::new();
        for (index, projection) in self.plan.projections.iter().enumerate() {
            let cols = self.plan.populations[projection.to].size as usize;
            let rows = values[index].len() / cols.max(1);
            let name = format!("weight.{}", projection.name);
            arrays.push(NamedArray { name, rows, cols, data: values[index].clone() });
            if let Some(device) = &self.protocol.devices {
                let w_max = self.protocol.learning.w_max.get();
                let data = values[index].iter().map(|&w| device.conductance(w, w_max)).collect();
                let name = format!("conductance.{}.device", projection.name);
                arrays.push(NamedArray { name, rows, cols, data });
            }
        }
        if !self.result.theta.is_empty() {
            let name = &self.plan.populations[self.population()].name;
            let column = |name: String, data: Vec<f64>| NamedArray { name, rows: data.len(), cols: 1, data };
            arrays.push(column(format!("theta.{name}"), self.result.theta.clone()));
            let class = |class: &Option<u8>| class.map_or(-1.0, f64::from);
            arrays.push(column(format!("class.{name}"), self.result.classes.iter().map(class).collect()));
        }
        arrays
    }

    /// What a reader of the numbers should know.
    fn explain(&mut self) {
        let population = &self.plan.populations[self.population()];
        if population.competition.as_ref().is_some_and(|c| c.homeostasis.is_some()) {
            self.notes.push(
                "thresholds adapt: an adjustable threshold is assumed, which a bare threshold switch does not have"
                    .into(),
            );
        }
        if let Some(device) = &self.protocol.devices {
            let endurance = device.endurance.unwrap_or_default();
            if let Some(warning) = endurance.warning(self.result.pulses_max) {
                self.notes.push(format!(
                    "{warning}{}",
                    if device.endurance.is_some() { "" } else { "; here devices do not wear" }
                ));
            }
            self.notes.push(
                "each spike of a winner pulses every device of its column once, SET for recent inputs and RESET \
                 for the others; smaller steps are booked as whole pulses"
                    .into(),
            );
        } else {
            self.notes.push("ideal weights: no energy of reading or programming".into());
        }
        self.notes.push("the last epoch is reported, whatever the others reached".into());
        if self.protocol.validation > 0.0 {
            self.notes.pop();
            self.notes.push("the epoch with the best validation accuracy is reported".into());
        }
        self.notes.push(format!("precision {}", R::NAME));
    }
}
