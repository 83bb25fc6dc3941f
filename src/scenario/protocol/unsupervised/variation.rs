//! Training anew with other devices: every seed a run of its own, as many side by side as there are threads.

use super::findings::{VariationResult, Varied, Votes};
use super::plan::{Unsupervised, VariationCase};
use super::run::{Begun, assign, begin, labelled, votes};
use crate::engine::{Engine, Threads};
use crate::plasticity::Dispersion;
use crate::record::fingerprint::Fingerprint;
use crate::scenario::plan::{Plan, PlasticityPlan};
use crate::scenario::run::context::{RunContext, RunError};
use crate::scenario::run::data::Data;
use crate::scenario::run::training::mean_and_sd;
use crate::training::Scalar;
use crate::training::unsupervised::{Question, Report, Responses, Vote, respond};
use crate::training::{Reporting, Until, shuffled};
use std::sync::atomic::AtomicBool;

struct Single {
    test: Votes,
    presentations: u64,
    events: u64,
    digest: u128,
}

/// Runs case `case` with each of its seeds that `varied` has not; false if it was stopped or a checkpoint is due.
pub fn run<R: Scalar>(
    engine: Engine,
    (plan, protocol, data, case): (&Plan, &Unsupervised, &Data, usize),
    varied: &mut Varied,
    context: &mut RunContext<'_>,
) -> Result<bool, RunError> {
    let of = &protocol.variation[case];
    let per_run = data.train_labels.len() as u64 * u64::from(protocol.epochs);
    context.progress.phase("variation", per_run * u64::from(of.seeds));
    context.progress.message(&of.name);
    context.progress.advance(per_run * varied.test.len() as u64);
    let seeds: Vec<u32> = (varied.test.len() as u32..of.seeds).collect();
    let team = context.threads.team();
    for side_by_side in seeds.chunks(context.threads.count()) {
        let stop = context.stop;
        let one = |&seed: &u32| single::<R>(engine, plan, protocol, data, of, u64::from(seed), stop);
        let runs = team.map(side_by_side, || (), |(), seed| one(seed));
        for run in runs {
            let Some(run) = run? else {
                context.progress.done();
                return Ok(false);
            };
            varied.test.push(run.test);
            varied.presentations += run.presentations;
            varied.events += run.events;
            varied.digests.extend_from_slice(&run.digest.to_le_bytes());
            context.progress.advance(per_run);
        }
        if context.store.due() {
            break;
        }
    }
    context.progress.done();
    Ok(varied.test.len() == of.seeds as usize)
}

/// One training and test with the devices of a case and the `draw`-th seed after the plan's.
fn single<R: Scalar>(
    engine: Engine,
    plan: &Plan,
    protocol: &Unsupervised,
    data: &Data,
    case: &VariationCase,
    draw: u64,
    stop: &AtomicBool,
) -> Result<Option<Single>, RunError> {
    let mut plan = plan.clone();
    plan.seed = plan.seed.wrapping_add(draw);
    let differs = |learning: &mut PlasticityPlan| learning.dispersion = Dispersion::of_all(case.cv);
    plan.projections[protocol.projection].plasticity.iter_mut().for_each(differs);
    let Begun { network, mut learner, .. } =
        match begin::<R>(engine, &plan, protocol, data, case.cv, (&Threads::one(), stop)) {
            Err(RunError::Stopped) => return Ok(None),
            begun => begun?,
        };
    let frozen = network.frozen();
    let mut fingerprint = Fingerprint::new();
    let train = data.to_train();
    let count = data.train_labels.len();
    let mut first = 0;
    let (mut presentations, mut events) = (0, 0);
    for epoch in 0..u64::from(protocol.epochs) {
        let order = shuffled(count as u32, plan.seed, epoch);
        let shown = data.of_epoch(epoch as u32, &Threads::one());
        let train = shown.to_train();
        let report = learner.epoch(
            Report::default(),
            (train, &order, first, Until::stopped(stop), &mut fingerprint, None),
            &mut |_, _| {},
        )?;
        presentations += report.presented;
        events += report.totals.events();
        if report.presented < count as u64 {
            return Ok(None);
        }
        first += count as u64;
    }
    let population = plan.projections[protocol.projection].to;
    let thresholds = learner.thresholds();
    let labels = labelled(protocol, data);
    let mut answer = |samples, first_episode, duration, count| {
        let question = Question {
            engine,
            population,
            thresholds: &thresholds,
            seed: plan.seed,
            first_episode,
            duration,
            count,
            what: "",
        };
        let mut reporting = Reporting {
            threads: &Threads::one(),
            until: Until::stopped(stop),
            fingerprint: &mut fingerprint,
            observer: None,
            advance: &mut |_| {},
        };
        respond(&frozen, &learner.weights, samples, (question, Responses::default()), &mut reporting)
    };
    let labelling = answer(train, first, protocol.label_presentation, labels)?;
    let test = data.to_test();
    let tested = answer(test, first + labels as u64, protocol.test_presentation, data.test_labels.len())?;
    if labelling.len() < labels || tested.len() < data.test_labels.len() {
        return Ok(None);
    }
    let neurons = plan.populations[population].size;
    let assignment = assign(protocol, plan.seed, neurons, data, &labelling);
    Ok(Some(Single {
        test: votes(&assignment, &tested, &data.test_labels),
        presentations: presentations + (labelling.len() + tested.len()) as u64,
        events: events + labelling.totals.events() + tested.totals.events(),
        digest: fingerprint.seal(),
    }))
}

impl VariationResult {
    /// Mean, spread over seeds, and loss against the first case.
    pub(super) fn new(case: &VariationCase, test: Vec<Votes>, vote: Vote, first: Option<&Self>) -> Self {
        let accuracy: Vec<f64> = test.iter().map(|votes| votes.by(vote)).collect();
        let (mean, sd) = mean_and_sd(&accuracy);
        Self {
            name: case.name.clone(),
            cv: case.cv,
            mean,
            sd,
            loss: first.map_or(mean, |first| first.mean) - mean,
            max_loss: case.max_loss,
            test,
        }
    }
}
