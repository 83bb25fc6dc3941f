//! A random source of one's own, named by a scenario.
//!
//! Weibull intervals: the chance to spike grows with the time since the last spike as its power k - 1,
//! F(t) = 1 - e^(-(t/lambda)^k), so that t = lambda (-ln U)^(1/k) with U uniform, and the mean is lambda Gamma(1 + 1/k).

use memspike::dataset::Search;
use memspike::encoding::Train;
use memspike::keys::{ModelKey, Reader, key, required};
use memspike::random::{Stream, unit};
use memspike::registry::Registry;
use memspike::scenario::{Changes, load_text_with, run};
use memspike::time::Time;

/// Its constants.
#[derive(Clone, Debug, PartialEq)]
pub struct Weibull {
    lambda: f64,
    k: f64,
}

impl Train for Weibull {
    const NAME: &'static str = "weibull";
    const TITLE: &'static str = "independent lines with Weibull intervals";
    const KEYS: &'static [ModelKey] = &[
        required("lambda", "s", "scale of the intervals"),
        key("k", "", "2.0", "shape of the intervals: 1 is a Poisson process", "assumed: an example"),
    ];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        Self { lambda: read.above_zero("lambda"), k: read.above_zero("k") }
    }

    fn gap(&self, _last: Option<Time>, words: &mut Stream) -> f64 {
        self.lambda * (-unit(words.next_word()).ln()).powf(1.0 / self.k)
    }

    fn expected(&self, duration: Time) -> f64 {
        // Gamma(1 + 1/k) is between 0.88 and 1 from k = 1 on.
        duration.as_seconds() / self.lambda
    }

    fn told(&self) -> String {
        format!("Weibull intervals, {} s, k = {}", self.lambda, self.k)
    }
}

const SCENARIO: &str = r#"
[source.in]
kind = "weibull"
size = 200
lambda = "10 ms"

[population.out]
size = 1

[projection.p]
from = "in"
to = "out"
weight = "0.1 mV"

[protocol]
kind = "simulate"
duration = "2 s"
"#;

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut registry = Registry::shipped();
    registry.source::<Weibull>()?;
    let changes = |set| Changes { set, registry: Some(&registry), ..Changes::default() };
    let loaded =
        load_text_with("weibull.toml", SCENARIO, changes(&[])).map_err(|faults| faults.to_string())?;
    let outcome = run::quietly(&loaded.plan, 1, &Search::default())?;
    let spikes = outcome.counts.events.poisson;
    // 200 lines for 2 s, a mean of 10 ms Gamma(3/2) = 8.862 ms and a coefficient of variation of 0.523.
    let expected = 200.0 * 2.0 / 8.862e-3;
    println!("{spikes} spikes, {expected:.0} expected");
    assert!((spikes as f64 - expected).abs() < 4.0 * 0.523 * f64::sqrt(expected));

    // Its keys are checked like all others.
    let wrong = ["source.in.lambda=\"-1 ms\"".to_string()];
    let refused = load_text_with("weibull.toml", SCENARIO, changes(&wrong)).err().ok_or("-1 ms was taken")?;
    println!("{refused}");
    assert!(refused.to_string().contains("`lambda` of source `in` is -1 ms"));
    Ok(())
}
