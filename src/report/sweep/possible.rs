//! Which numbers the runs of a sweep may have, as far as their plans tell before any of them is run.

use super::super::table::part;
use crate::energy::Category;
use crate::hint::nearest;
use crate::scenario::device::quantities;
use crate::scenario::plan::Plan;
use crate::scenario::protocol::device::Devices;
use std::collections::BTreeSet;

/// Parts of a summary whose numbers are known when there is one.
const OPEN: [&str; 12] = [
    "performance",
    "inference",
    "data",
    "programming",
    "learning",
    "in_situ",
    "ageing",
    "variation",
    "shown",
    "plasticity",
    "paper",
    "results",
];

/// The numbers of every run.
const ALWAYS: [&str; 8] = [
    "seed",
    "episodes",
    "sim_time_s",
    "synaptic_events",
    "events.total",
    "events.poisson",
    "events.arrival",
    "events.fire",
];

/// What is known of a measure before there is a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Runs may have it; one that has not may be followed by one that has.
    Possible,
    /// A run will tell.
    Open,
    /// None has it; that may have been meant.
    Impossible(Option<String>),
}

/// Numbers that runs may have, as paths in their summaries.
#[derive(Clone, Debug, Default)]
pub struct Possible {
    keys: BTreeSet<String>,
    /// Beginnings of what only a run tells.
    open: BTreeSet<String>,
}

impl Possible {
    /// What is varied is a column too.
    pub fn varied<'a>(&mut self, keys: impl Iterator<Item = &'a str>) {
        self.keys.extend(keys.map(String::from));
    }

    /// Adds what a run of a plan may have.
    pub fn add(&mut self, plan: &Plan) {
        self.keys.extend(ALWAYS.map(String::from));
        self.open.extend(OPEN.map(|part| format!("{part}.")));
        if plan.sources.iter().any(|source| !source.is_drawn()) {
            self.keys.insert("events.source".into());
        }
        for population in &plan.populations {
            self.keys.extend(["spikes", "rate_hz"].map(|what| format!("{what}.{}", part(&population.name))));
        }
        let categories = Category::ALL.map(Category::name).into_iter().chain(["total"]);
        self.keys.extend(categories.map(|category| format!("energy_j.{category}")));
        if let Some(devices) = plan.protocol.get::<Devices>() {
            for plan in &devices.experiments {
                let name = format!("experiments.{}", part(&plan.name));
                let measured = quantities(plan.experiment.kind(), &plan.device.preset.device);
                self.keys.extend(measured.iter().map(|of| format!("{name}.measured.{}", of.name)));
                self.open.insert(format!("{name}.compare."));
            }
        } else if plan.protocol.as_it_is().is_none() {
            self.keys.insert("energy_per_inference_j".into());
            let numbers = ["train", "validation", "test", "test_samples", "tested_epoch"];
            self.keys.extend(numbers.map(|of| format!("accuracy.{of}")));
            self.open.extend(["accuracy.outputs.", "accuracy.by_vote."].map(String::from));
        }
    }

    /// So many numbers that say what came out.
    pub fn examples(&self, count: usize) -> impl Iterator<Item = &str> {
        let telling = ["accuracy.test", "experiments.", "rate_hz.", "spikes."];
        let of = |beginning: &'static str| self.keys.iter().filter(move |key| key.starts_with(beginning));
        telling
            .into_iter()
            .flat_map(move |beginning| {
                of(beginning).filter(move |key| !key.starts_with("accuracy.test_")).take(1)
            })
            .map(String::as_str)
            .take(count)
    }

    /// What is known of a measure.
    #[must_use]
    pub fn of(&self, name: &str) -> Verdict {
        if self.keys.contains(name) {
            return Verdict::Possible;
        }
        if self.open.iter().any(|open| name.starts_with(open.as_str())) {
            return Verdict::Open;
        }
        let keys = || self.keys.iter().map(String::as_str);
        let below = format!("{name}.");
        // A part of a summary is no number; one of its numbers may be meant.
        let near = keys().find(|key| key.starts_with(&below)).or_else(|| nearest(name, keys()));
        Verdict::Impossible(near.map(String::from))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::table;
    use super::*;
    use crate::report::example;
    use crate::report::summary::Summary;
    use crate::scenario::load;
    use crate::scenario::vary::Varied;

    fn of(scenario: &str) -> Possible {
        let mut possible = Possible::default();
        possible.add(&load(scenario, &[], None).unwrap_or_else(|faults| panic!("{faults}")).plan);
        possible
    }

    #[test]
    fn every_number_of_a_run_is_possible() {
        let (plan, outcome) = example::trained();
        let mut possible = Possible::default();
        possible.add(&plan);
        let summary = Summary::new(&plan, &outcome, &example::host());
        let row = table::row(&serde_json::to_value(summary).unwrap());
        assert!(row.len() > 40, "{}", row.len());
        for (name, _, value) in row {
            let known = !matches!(possible.of(&name), Verdict::Impossible(_));
            assert!(known || !value.is_number(), "{name}");
        }
    }

    #[test]
    fn what_no_run_has_is_known_before_there_is_one() {
        let impossible = |possible: &Possible, name: &str| match possible.of(name) {
            Verdict::Impossible(near) => near.unwrap_or_default(),
            other => panic!("{name}: {other:?}"),
        };
        let (network, trained) = (of("networks/ring"), of("digits"));
        assert_eq!(impossible(&network, "nosuch.key"), "");
        assert_eq!(impossible(&network, "spikes.rign"), "spikes.ring");
        assert_eq!(impossible(&network, "rate_hz"), "rate_hz.ring");
        assert_eq!(impossible(&network, "accuracy.test"), "");
        assert_eq!(impossible(&trained, "accuracy.tset"), "accuracy.test");
        assert_eq!(impossible(&trained, "fingerprint"), "");
        assert_eq!(trained.of("accuracy.validation"), Verdict::Possible);
        assert_eq!(trained.of("programming.\"CV 0.5\".mean"), Verdict::Open);
        let devices = of("paper/fig1c-threshold-switching");
        assert_eq!(devices.of("experiments.sweep.measured.v_th"), Verdict::Possible);
        assert_eq!(devices.of("experiments.sweep.compare.v_th.difference"), Verdict::Open);
        let near = impossible(&devices, "experiments.sweep.measured.v_ht");
        assert_eq!(near, "experiments.sweep.measured.v_th");
        let varied = Varied::parse("source.kick.size=1,2").unwrap();
        let mut network = network;
        network.varied([varied.key.as_str()].into_iter());
        assert_eq!(network.of("source.kick.size"), Verdict::Possible);
    }
}
