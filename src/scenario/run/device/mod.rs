//! The `device` protocol: one experiment after the other, each on a device at rest.
//!
//! A device alone has no events: every experiment is a function of preset, options and seed, and closed forms
//! between the turning points of its drive.

mod findings;
mod neuron;
mod sweep;
mod window;

use super::super::device::{
    Compared, Curve, Experiment, ExperimentPlan, ExperimentResult, MeasuredValue, quantities,
};
use super::super::outcome::{Found, Outcome, Status};
use super::super::plan::Plan;
use super::context::{RunContext, RunError};
use super::logbook::{Kept, Logbook};
use super::training::{Identity, models};
use crate::device::memory::DoseMemory;
use crate::device::model::Role;
use crate::device::threshold::VolatileSwitch;
use crate::energy::{Category, Ledger};
use crate::snapshot::{self, Payload};
use crate::time::FS_PER_SECOND;
use findings::Findings;
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering;

/// What a ledger of a device alone leaves out.
const NOT_MODELLED: [Category; 3] = [Category::Wire, Category::HalfSelect, Category::Periphery];

/// What will be done, for `check` and `resolve`.
pub fn choices(experiments: &[ExperimentPlan]) -> Vec<String> {
    experiments
        .iter()
        .map(|plan| {
            format!(
                "experiment {}: {} with {} (preset {}), closed form between turning points, f64",
                plan.name,
                plan.experiment.kind(),
                plan.device.name,
                plan.device.preset.name
            )
        })
        .collect()
}

/// What goes on from between two experiments.
#[derive(Serialize, Deserialize)]
struct Checkpoint {
    of: Identity,
    results: Vec<Made>,
    ledger: Ledger,
    log: Kept,
}

/// What an experiment found: what is compared with a paper follows from it.
type Made = (Vec<Curve>, Vec<MeasuredValue>, Vec<String>);

/// Makes every experiment, up to the one before which it is stopped.
///
/// # Errors
/// If there is a checkpoint that cannot be gone on from, or none can be kept.
pub fn measure(
    plan: &Plan,
    experiments: &[ExperimentPlan],
    context: &mut RunContext<'_>,
) -> Result<Outcome, RunError> {
    let mut log = Logbook::default();
    let mut ledger = Ledger { not_modelled: NOT_MODELLED.to_vec(), ..Ledger::default() };
    let mut results: Vec<ExperimentResult> = Vec::new();
    if let Some(mut source) = context.store.load()? {
        let checkpoint: Checkpoint = source.read(Payload::Devices, &models(plan))?;
        source.finish()?;
        checkpoint.of.check(plan, None)?;
        results =
            checkpoint.results.into_iter().zip(experiments).map(|(made, plan)| told(plan, made)).collect();
        ledger = checkpoint.ledger;
        log.resume(checkpoint.log);
    }
    let mut status = Status::Done;
    context.progress.phase("measure", experiments.len() as u64);
    context.progress.advance(results.len() as u64);
    while let Some(experiment) = experiments.get(results.len()) {
        let stopped = context.stop.load(Ordering::Relaxed);
        if stopped || context.store.due() {
            let made = |one: &ExperimentResult| (one.curves.clone(), one.measured.clone(), one.notes.clone());
            let (results, ledger) = (results.iter().map(made).collect(), ledger.clone());
            let checkpoint = Checkpoint { of: Identity::of(plan, None), results, ledger, log: log.keep() };
            let models = models(plan);
            context
                .store
                .save(&mut |out| snapshot::write(out, Payload::Devices, &models, &checkpoint))
                .map_err(RunError::Store)?;
        }
        if stopped {
            status = Status::Interrupted;
            break;
        }
        let start = context.clock.now();
        let findings = findings(experiment, plan.seed);
        log.book("measure", start, context, 1, 0);
        log.counts.episodes += 1;
        log.counts.sim_time_fs += (findings.seconds.max(0.0) * FS_PER_SECOND) as u128;
        let category = match experiment.device.preset.device.kind().roles.first() {
            Some(Role::Neuron) => Category::Neuron,
            Some(Role::Synapse) | None => Category::Program,
        };
        if findings.energy.0 > 0.0 {
            ledger.book(&experiment.name, category, findings.energy.0);
            ledger.book(&experiment.name, Category::Limiter, findings.energy.1);
        }
        results.push(result(experiment, findings));
        context.progress.advance(1);
    }
    context.progress.done();
    let closed = log.close(status, |fingerprint| {
        for column in results.iter().flat_map(|result| &result.curves).flat_map(|curve| &curve.table.columns)
        {
            fingerprint.weights(column.values.iter().copied());
        }
    });
    Ok(Outcome { energy: ledger, found: Found::new(results), ..closed })
}

/// Makes one experiment.
#[must_use]
pub fn experiment(plan: &ExperimentPlan, seed: u64) -> ExperimentResult {
    result(plan, findings(plan, seed))
}

fn findings(plan: &ExperimentPlan, seed: u64) -> Findings {
    let (name, of) = (plan.name.as_str(), plan.device.name.as_str());
    let _span = tracing::trace_span!(target: "memspike::span", "experiment", name, device = of).entered();
    let device = plan.device.on_bench(seed);
    let volatile = device.get::<VolatileSwitch>();
    let switch = volatile.map(|volatile| &volatile.switch);
    let mut found = match &plan.experiment {
        experiment @ Experiment::Iv { .. } => Some(sweep::iv(&device, experiment, seed)),
        experiment @ Experiment::Pulses { .. } => Some(sweep::pulses(&device, experiment, seed)),
        experiment @ Experiment::Cycles { .. } => sweep::cycle(&device, experiment, seed),
        experiment @ Experiment::Retention { .. } => {
            sweep::retained(&device, experiment, !plan.compare.is_empty(), seed)
        }
        &Experiment::Integration { amplitude, length, samples } => {
            volatile.map(|device| neuron::integration(device, amplitude.get(), length.get(), samples))
        }
        &Experiment::Relaxation { length, samples } => {
            switch.map(|switch| neuron::relaxation(switch, length, samples))
        }
        &Experiment::Power { samples } => {
            switch.map(|switch| neuron::power(switch, plan.device.preset.v_max.get(), samples))
        }
        experiment @ (Experiment::Stdp { .. } | Experiment::SpikePulses { .. }) => {
            device.get::<DoseMemory>().map(|memory| window::window(memory, experiment))
        }
    };
    if let (Some(found), Some(VolatileSwitch { switch, circuit, .. })) = (&mut found, volatile)
        && let Experiment::Pulses { amplitude: v, .. } | Experiment::Integration { amplitude: v, .. } =
            plan.experiment
    {
        found.notes.push(format!("circuit {}: under {v}, {}", circuit.name(), circuit.told(switch, v.get())));
    }
    // The plan was checked: an experiment has a device it can be made with.
    found.unwrap_or_else(|| Findings {
        notes: vec!["this device has no such experiment".into()],
        ..Findings::default()
    })
}

fn result(plan: &ExperimentPlan, findings: Findings) -> ExperimentResult {
    let Findings { curves, measured: found, notes, .. } = findings;
    let value = |name: &str| {
        found.iter().find(|(known, _)| *known == name).and_then(|(_, value)| *value).filter(|v| v.is_finite())
    };
    let measured = quantities(plan.experiment.kind(), &plan.device.preset.device)
        .into_iter()
        .map(|measure| MeasuredValue {
            name: measure.name.into(),
            what: measure.what.into(),
            unit: measure.unit,
            value: value(measure.name),
        })
        .collect();
    told(plan, (curves, measured, notes))
}

fn told(plan: &ExperimentPlan, (curves, measured, notes): Made) -> ExperimentResult {
    let value = |name: &str| measured.iter().find(|known| known.name == name).and_then(|known| known.value);
    let compared = plan
        .compare
        .iter()
        .map(|paper| {
            let simulated = value(&paper.quantity);
            Compared { paper: paper.clone(), simulated, within: paper.accepts(simulated) }
        })
        .collect();
    ExperimentResult {
        name: plan.name.clone(),
        kind: plan.experiment.kind().into(),
        title: plan.title.clone(),
        device: plan.device.preset.name.clone(),
        curves,
        measured,
        compared,
        notes,
    }
}
