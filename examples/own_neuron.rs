//! A neuron model of one's own, named by a scenario.
//!
//!     tick: 1 line, 100 Hz  --1 V-->  counters: a `counter` fires at every third arrival
//!
//! The model says what an arrival does to its state and when it fires; the engine schedules, records and saves it like any
//! other. Registered, it is a word of scenario files, with keys that are checked as theirs are; and of the whole command line
//! in a program that ends with `memspike::cli::run(std::env::args_os(), &registry, &Stop::default())`.

use memspike::dataset::Search;
use memspike::neuron::keys::{Described, ModelFault, ModelKey, Reader, key};
use memspike::neuron::model::{Draws, Fired, Flow, Input, Model, Next, Scale};
use memspike::registry::Registry;
use memspike::scenario::{Changes, load_text_with, run};
use memspike::time::Time;

/// Counts arrivals and fires at every so many.
#[derive(Clone, Debug, PartialEq)]
pub struct Counter {
    every: f64,
}

memspike::plain! {
    /// What has arrived since the last spike.
    pub struct Count {
        /// Arrivals times their weights.
        arrived: "V",
    }
}

impl Described for Counter {
    const TITLE: &'static str = "fires at every so many arrivals";
    const KEYS: &'static [ModelKey] =
        &[key("every", "", "3", "arrivals of 1 V for a spike", "assumed: an example")];

    fn from_keys(value: &dyn Fn(&str) -> Option<f64>) -> Result<Self, Vec<ModelFault>> {
        let mut read = Reader::new(Self::KEYS, value);
        let every = read.above_zero("every");
        read.finish(Self { every })
    }
}

impl Model for Counter {
    type State = Count;
    const NAME: &'static str = "counter";

    fn scale(&self) -> Scale {
        Scale { tau: 1.0, resistance: 1.0, rest: 0.0, threshold: self.every }
    }

    fn start(&self, _: &Draws) -> Count {
        Count { arrived: 0.0 }
    }

    fn advance(&self, _: &mut Count, flow: &mut Flow<'_>, span: f64) {
        flow.pass(span);
    }

    fn receive(&self, state: &mut Count, input: Input) {
        if let Input::Jump(volts) = input {
            state.arrived += volts;
        }
    }

    fn fires(&self, state: &Count) -> bool {
        state.arrived >= self.every
    }

    fn next(&self, _: &Count, _: &Flow<'_>, _: Time) -> Next {
        Next::Never
    }

    fn fire(&self, state: &mut Count, _: &Draws) -> Fired {
        state.arrived = 0.0;
        Fired::once(Time::ZERO)
    }

    fn potential(&self, state: &Count, _: f64) -> f64 {
        state.arrived
    }
}

/// Two of them, counting to four.
pub const SCENARIO: &str = r#"
[source.tick]
kind = "regular"
size = 1
period = "10 ms"

[population.counters]
model = "counter"
size = 2
every = 4

[projection.count]
from = "tick"
to = "counters"
connect = "all_to_all"
weight = "1 V"

[protocol]
kind = "simulate"
duration = "1 s"
"#;

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut registry = Registry::shipped();
    registry.neuron::<Counter>()?;
    let changes = |set| Changes { set, registry: Some(&registry), ..Changes::default() };
    let loaded =
        load_text_with("counting.toml", SCENARIO, changes(&[])).map_err(|faults| faults.to_string())?;
    let outcome = run::quietly(&loaded.plan, 1, &Search::default())?;
    println!("{} arrivals made {:?} spikes", outcome.counts.events.source * 2, outcome.counts.spikes);
    // 100 arrivals in a second, at each of two neurons: 25 spikes of each.
    assert_eq!(outcome.counts.spikes, [50]);

    // Its keys are checked like all others.
    let wrong = ["population.counters.every=0".to_string()];
    let refused = load_text_with("counting.toml", SCENARIO, changes(&wrong)).err().ok_or("0 was taken")?;
    println!("{refused}");
    assert!(refused.to_string().contains("`every` of population `counters` is 0"));
    Ok(())
}
