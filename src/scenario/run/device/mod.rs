//! The `device` protocol: one experiment after the other, each on a device at rest.
//!
//! A device alone has no events: every experiment is a function of preset, options and seed, and closed forms
//! between the turning points of its drive.

mod findings;
mod neuron;
mod sweep;
mod window;

use super::super::device::{
    Compared, Experiment, ExperimentPlan, ExperimentResult, MeasuredValue, quantities,
};
use super::super::outcome::{Found, Outcome, Status};
use super::super::plan::Plan;
use super::context::RunContext;
use super::logbook::Logbook;
use crate::device::memory::DoseMemory;
use crate::device::model::Role;
use crate::device::threshold::VolatileSwitch;
use crate::energy::{Category, Ledger};
use crate::time::FS_PER_SECOND;
use findings::Findings;
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

/// Makes every experiment, up to the one before which it is stopped.
pub fn measure(plan: &Plan, experiments: &[ExperimentPlan], context: &mut RunContext<'_>) -> Outcome {
    let mut log = Logbook::default();
    let mut ledger = Ledger { not_modelled: NOT_MODELLED.to_vec(), ..Ledger::default() };
    let mut results: Vec<ExperimentResult> = Vec::new();
    let mut status = Status::Done;
    context.progress.phase("measure", experiments.len() as u64);
    for experiment in experiments {
        if context.stop.load(Ordering::Relaxed) {
            status = Status::Interrupted;
            break;
        }
        let start = (context.clock)();
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
    Outcome { energy: ledger, found: Found::new(results), ..closed }
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
