//! The summary of a run: what every run comes to, and what its protocol has to say.

use super::by_name::ByName;
use super::performance::{HostPerformance, Performance};
use super::summary::{Events, Inference, SCHEMA_VERSION, Summary};
use super::told;
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::Plan;

impl Summary {
    /// Puts together what was planned, what came out and what it cost.
    #[must_use]
    pub fn new(plan: &Plan, outcome: &Outcome, host: &HostPerformance) -> Self {
        let counts = &outcome.counts;
        let sim_time_s = counts.sim_time_fs as f64 / crate::time::FS_PER_SECOND;
        let spikes = || plan.populations.iter().zip(&counts.spikes);
        let events = counts.events;
        let other_sources = plan.sources.iter().any(|source| !source.is_drawn());
        let mut summary = Self {
            schema_version: SCHEMA_VERSION,
            status: outcome.status,
            scenario: plan.name.clone(),
            title: plan.title.clone(),
            seed: plan.seed,
            episodes: counts.episodes,
            sim_time_s,
            events: Events {
                total: events.poisson + events.source + events.arrival + events.fire,
                poisson: events.poisson,
                source: (other_sources || events.source > 0).then_some(events.source),
                arrival: events.arrival,
                fire: events.fire,
            },
            synaptic_events: counts.synaptic_events,
            spikes: spikes().map(|(population, &n)| (population.name.clone(), n)).collect(),
            rate_hz: spikes()
                .filter(|(population, _)| population.size > 0 && sim_time_s > 0.0)
                .map(|(population, &n)| {
                    (population.name.clone(), n as f64 / f64::from(population.size) / sim_time_s)
                })
                .collect(),
            energy_j: ByName::by_category(&outcome.energy),
            energy_not_modelled: outcome.energy.not_modelled.clone(),
            energy_per_inference_j: outcome
                .inference
                .as_ref()
                .filter(|inference| !inference.per_inference.entries.is_empty())
                .map(|inference| inference.per_inference.total()),
            inference: outcome.inference.as_ref().map(|inference| Inference {
                inferences: inference.inferences,
                input_spikes: inference.input_spikes,
                output_spikes: inference.output_spikes,
                synaptic_events: inference.synaptic_events,
                energy_j: ByName::by_category(&inference.per_inference),
                mac_reference_j: inference.mac_reference_j,
                mac_energy_j: plan.record.mac_energy.get(),
            }),
            data: outcome.data.clone(),
            accuracy: None,
            learning: None,
            in_situ: None,
            ageing: Vec::new(),
            variation: Vec::new(),
            programming: Vec::new(),
            shown: None,
            plasticity: outcome.plastic.clone(),
            paper: None,
            experiments: Vec::new(),
            results: None,
            fingerprint: outcome.fingerprint.clone(),
            assumed: plan.assumed.iter().map(ToString::to_string).collect(),
            notes: outcome.notes.clone(),
            performance: Performance::new(&outcome.phases, host),
        };
        told::of(plan).sum(plan, outcome, &mut summary);
        summary
    }
}
