//! A rule from outside the crate, with values of its own at every synapse and times, against its equations.

use crate::common::{MS, Trains, learning, trajectory};
use memspike::engine::{Heap, Lanes};
use memspike::keys::{ModelKey, Reader, key};
use memspike::network::Rows;
use memspike::plasticity::{
    Bounds, Decay, Dependence, Law, Layout, LocalRule, Mark, Plastic, Rule, RuleError, Seen, Step, TRACES,
    Unit,
};
use memspike::time::Time;
use memspike::units::Second;

/// Calcium of a synapse: c rises by `c_pre` at an arrival, by `c_post` at a spike, and decays with `tau`. What is above
/// `theta` as it rises potentiates by `a`, what is below depresses (after Graupner & Brunel, PNAS 109, 3991 (2012)).
#[derive(Clone, Debug, PartialEq)]
pub struct Calcium {
    tau: f64,
    theta: f64,
    a: f64,
}

const C: [f64; 2] = [1.0, 2.0];

impl Calcium {
    fn rise(&self, synapse: &mut Seen<'_>, by: f64) -> Step {
        let since = [synapse.since_arrival, synapse.since_spike].into_iter().flatten().min();
        let decayed =
            since.map_or(0.0, |since| synapse.own[0] * (-(since.fs() as f64 * 1e-15) / self.tau).exp());
        synapse.own[0] = decayed + by;
        if synapse.own[0] > self.theta { Step::Up(self.a) } else { Step::Down(self.a) }
    }
}

impl LocalRule for Calcium {
    const NAME: &'static str = "calcium";
    const TITLE: &'static str = "calcium of each synapse against a threshold";
    const SOURCE: &'static str = "Graupner & Brunel 2012";
    const KEYS: &'static [ModelKey] = &[
        key("tau", "s", "20 ms", "time constant of calcium", "assumed"),
        key("theta", "", "2.2", "calcium above which an event potentiates", "assumed"),
        key("a", "", "0.04", "size of a step", "assumed"),
    ];
    const TIMES: bool = true;
    const VALUES: &'static [(&'static str, &'static str)] = &[("c", "")];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        Self { tau: read.time_constant("tau"), theta: read.zero_or_more("theta"), a: read.zero_or_more("a") }
    }

    fn at_arrival(&self, synapse: &mut Seen<'_>) -> Step {
        self.rise(synapse, C[0])
    }

    fn at_spike(&self, synapse: &mut Seen<'_>) -> Step {
        self.rise(synapse, C[1])
    }
}

fn law() -> Law {
    Law {
        dependence: Dependence::Multiplicative,
        unit: Unit::Span,
        bounds: Bounds { w_min: 0.0, w_max: 1.0 },
    }
}

#[test]
fn values_of_a_synapse_follow_its_arrivals_and_spikes() {
    // Arrivals and spikes on grids that never meet, so that one list of events tells the whole story.
    let mut trains = Trains::new(99, 3, 2, 40.0, 900 * MS);
    trains.rows.iter_mut().for_each(|train| train.retain(|t| !t.is_multiple_of(MS)));
    trains.cols.iter_mut().for_each(|train| train.retain(|t| t.is_multiple_of(MS)));
    let (rule, law) = (Calcium::with(&[]).unwrap(), law());
    let connect = Rows::sparse(vec![0, 2, 3, 5], vec![0, 1, 1, 0, 1]);
    let network = trains.network(connect, &[]);
    let synapses = [(0, 0), (0, 1), (1, 1), (2, 0), (2, 1)];
    let weights = trains.weights(&network, &[0.5; 5]);
    let of = Rule::local(rule.clone(), law);
    let got =
        trajectory::<Lanes>(&network, &weights, &mut learning(&network, &of, true), &trains.instants(&[]));
    assert_eq!(
        got,
        trajectory::<Heap>(&network, &weights, &mut learning(&network, &of, false), &trains.instants(&[]))
    );
    for (k, (row, col)) in synapses.into_iter().enumerate() {
        let arrivals = trains.rows[row].iter().map(|&t| (t, C[0]));
        let mut events: Vec<(u64, f64)> =
            arrivals.chain(trains.cols[col].iter().map(|&t| (t, C[1]))).collect();
        events.sort_by_key(|event| event.0);
        // Calcium as a sum over all earlier events.
        let (mut w, mut ups) = (0.5, 0);
        for (n, &(now, _)) in events.iter().enumerate() {
            let decayed = |&(t, by): &(u64, f64)| by * (-((now - t) as f64 * 1e-15) / rule.tau).exp();
            let c: f64 = events[..=n].iter().map(decayed).sum();
            ups += usize::from(c > rule.theta);
            w += if c > rule.theta { rule.a * (1.0 - w) } else { -rule.a * w };
        }
        assert!(ups > 5 && events.len() - ups > 5, "{ups} of {}", events.len());
        let last = got.last().unwrap().1[k];
        assert!((last - w).abs() < 1e-12, "{row} -> {col}: {last}, not {w}");
    }
}

/// A rule with more traces than there may be, one of which does not decay.
#[derive(Clone, Debug, PartialEq)]
struct Greedy;

impl LocalRule for Greedy {
    const NAME: &'static str = "greedy";
    const TITLE: &'static str = "too much";
    const SOURCE: &'static str = "nobody";
    const KEYS: &'static [ModelKey] = &[];

    fn from_keys(_: &mut Reader<'_>) -> Self {
        Self
    }

    fn arrivals(&self) -> Vec<Decay> {
        vec![Decay { tau: Second::new(1.0), mark: Mark::Add }; TRACES + 1]
    }

    fn spikes(&self) -> Vec<Decay> {
        vec![Decay { tau: Second::ZERO, mark: Mark::Set }]
    }
}

#[test]
fn what_cannot_be_kept_is_refused() {
    let faults = Plastic::new(Rule::local(Greedy, law()), Layout::OneToOne { size: 1 }, None).unwrap_err();
    let text: Vec<String> = faults.iter().map(RuleError::to_string).collect();
    assert_eq!(
        text,
        [
            "the rule has 5 traces of one side; there may be 4",
            "the time constant of a trace is 0 s; a time constant must be from 1 ps to 1000 s",
        ]
    );
}

#[test]
fn a_memory_belongs_to_a_rule_and_its_version() {
    let new = |rule| Plastic::new(rule, Layout::OneToOne { size: 2 }, None).unwrap();
    let mut plastic = new(Rule::local(Calcium::with(&[]).unwrap(), law()));
    let mut memory = plastic.memory().clone();
    assert_eq!((memory.rule.as_str(), memory.version, memory.own.len()), ("calcium", 1, 2));
    assert_eq!(plastic.resume(memory.clone(), Time::ZERO), Ok(()));
    memory.version = 2;
    assert!(plastic.resume(memory, Time::ZERO).is_err());
    let unknown = Calcium::with(&[("tau_c", 1.0)]).unwrap_err();
    assert_eq!(
        unknown[0].to_string(),
        "`tau_c` is 1; `calcium` does not have this key; it has tau, theta, a"
    );
}
