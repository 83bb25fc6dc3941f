//! A learning rule of one's own, named by a scenario.
//!
//!     pre: 10 ms, 50 ms  --w-->  post, told to fire at 20 ms
//!
//! Inhibitory plasticity (Vogels et al., Science 334, 1569 (2011)): a symmetric window, and a loss at every arrival that
//! balances it at the rate rho_0. With traces x of the arrivals and y of the spikes, both of time constant tau,
//! dw = eta (y - 2 rho_0 tau) at an arrival and dw = eta x at a spike.

use memspike::dataset::Search;
use memspike::keys::{ModelKey, Reader, key};
use memspike::plasticity::{Decay, LocalRule, Mark, Seen, Step};
use memspike::registry::Registry;
use memspike::scenario::{Changes, load_text_with, run};
use memspike::units::Second;

/// The constants of the rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Inhibitory {
    eta: f64,
    tau: f64,
    rho: f64,
}

impl LocalRule for Inhibitory {
    const NAME: &'static str = "inhibitory";
    const TITLE: &'static str = "a symmetric window, balanced at a rate";
    const SOURCE: &'static str = "Vogels et al. 2011";
    const KEYS: &'static [ModelKey] = &[
        key("eta", "", "0.05", "size of a step", "assumed: an example"),
        key("tau", "s", "20 ms", "time constant of both traces", "literature: Vogels et al. 2011"),
        key("rho", "Hz", "5 Hz", "rate of the target at which nothing changes", "assumed: an example"),
    ];
    // An arrival and a spike at one instant are a pair, counted at the spike.
    const OWN_ARRIVALS: bool = true;

    fn from_keys(read: &mut Reader<'_>) -> Self {
        Self { eta: read.zero_or_more("eta"), tau: read.trace_constant("tau"), rho: read.zero_or_more("rho") }
    }

    fn arrivals(&self) -> Vec<Decay> {
        vec![Decay { tau: Second::of(self.tau), mark: Mark::Add }]
    }

    fn spikes(&self) -> Vec<Decay> {
        self.arrivals()
    }

    fn at_arrival(&self, synapse: &mut Seen<'_>) -> Step {
        Step::Up(self.eta * (synapse.post[0] - 2.0 * self.rho * self.tau))
    }

    fn at_spike(&self, synapse: &mut Seen<'_>) -> Step {
        Step::Up(self.eta * synapse.pre[0])
    }
}

const SCENARIO: &str = r#"
[source.pre]
kind = "spike_list"
size = 1
spikes = [["10 ms", 0], ["50 ms", 0]]

[source.teacher]
kind = "spike_list"
size = 1
spikes = [["20 ms", 0]]

[population.post]
size = 1

[projection.learns]
from = "pre"
to = "post"
weight = "5 mV"
plasticity = { rule = "inhibitory", relative_to = "span", w_max = "10 mV" }

[projection.telling]
from = "teacher"
to = "post"
weight = "300 mV"

[protocol]
kind = "simulate"
duration = "100 ms"
"#;

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut registry = Registry::shipped();
    registry.rule::<Inhibitory>()?;
    let changes = |set| Changes { set, registry: Some(&registry), ..Changes::default() };
    let loaded =
        load_text_with("balance.toml", SCENARIO, changes(&[])).map_err(|faults| faults.to_string())?;
    let outcome = run::quietly(&loaded.plan, 1, &Search::default())?;
    let weight = outcome.plastic[0].weight_mean;
    println!("the weight is {} mV", 1e3 * weight);
    // Two arrivals lose 0.2 each; the spike gains e^(-10/20), the second arrival e^(-30/20).
    let change = (-0.5f64).exp() + (-1.5f64).exp() - 2.0 * 0.2;
    assert!((weight - (5e-3 + 0.05 * 10e-3 * change)).abs() < 1e-15);

    // Its keys are checked like all others.
    let wrong = ["projection.learns.plasticity.tau=\"0 s\"".to_string()];
    let refused = load_text_with("balance.toml", SCENARIO, changes(&wrong)).err().ok_or("0 s was taken")?;
    println!("{refused}");
    assert!(refused.to_string().contains("`tau` of the plasticity of projection `learns` is 0 s"));
    Ok(())
}
