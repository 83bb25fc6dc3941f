//! An objective of one's own, named by a scenario: what is wanted of the scores of a read-out.
//!
//! Each class for itself: with p_k = 1/(1 + e^-z_k), L = -ln p_label - sum over the other classes of ln(1 - p_k), whose derivatives
//! are p_k - [k = label].

use memspike::dataset::Search;
use memspike::keys::{ModelKey, Reader, key};
use memspike::registry::Registry;
use memspike::scenario::{Changes, load_text_with, run};
use memspike::training::exact::Objective;

/// The score at which a class is as likely as not.
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    middle: f64,
}

impl Objective for Logistic {
    const NAME: &'static str = "logistic";
    const TITLE: &'static str = "a logistic cross-entropy of each class";
    const KEYS: &'static [ModelKey] =
        &[key("middle", "", "0", "score at which a class is as likely as not", "assumed: an example")];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        Self { middle: read.any("middle") }
    }

    fn judge(&self, scores: &[f64], label: usize, each: usize, slopes: &mut [f64]) -> f64 {
        let mut loss = 0.0;
        for ((k, score), slope) in scores.iter().enumerate().zip(slopes) {
            let right = k / each == label;
            let p = 1.0 / (1.0 + (self.middle - score).exp());
            loss -= if right { p.ln() } else { (1.0 - p).ln() };
            *slope = if right { p - 1.0 } else { p };
        }
        loss
    }

    fn told(&self) -> String {
        format!("logistic about {}", self.middle)
    }
}

const SCENARIO: &str = r#"
[source.points]
kind = "dataset"
dataset = "yin_yang"
encode = { kind = "first_spike", at_zero = "1 ms", at_one = "25 ms", bias = "15 ms" }

[population.output]
size = 3
u_rest = "0 V"
v_th = "0.25 V"
r_m = "250 kOhm"
reset = "rest"

[projection.learned]
from = "points"
to = "output"
connect = "all_to_all"
kernel = "exponential"
tau_syn = "4.705 ms"
weight = { normal = ["1.5 uA", "0.8 uA"] }

[protocol]
kind = "supervised"
presentation = "60 ms"
epochs = 3
train_samples = 1000
test_samples = 300
optimizer = { rate = 5e-3, rate_final = 5e-4 }

[protocol.gradient]
kind = "exact"
loss = { kind = "mean_voltage", gain = 10 }
objective = { kind = "logistic", middle = 1 }
"#;

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut registry = Registry::shipped();
    registry.objective::<Logistic>()?;
    let changes = |set| Changes { set, registry: Some(&registry), ..Changes::default() };
    let loaded =
        load_text_with("logistic.toml", SCENARIO, changes(&[])).map_err(|faults| faults.to_string())?;
    let outcome = run::quietly(&loaded.plan, 1, &Search::default())?;
    println!("fingerprint {}", outcome.fingerprint);

    // With another middle it is another objective, and its keys are checked like all others.
    let other = ["protocol.gradient.objective.middle=3".to_string()];
    let loaded =
        load_text_with("logistic.toml", SCENARIO, changes(&other)).map_err(|faults| faults.to_string())?;
    assert!(run::quietly(&loaded.plan, 1, &Search::default())?.fingerprint != outcome.fingerprint);
    let wrong = ["protocol.gradient.objective.middel=3".to_string()];
    let refused =
        load_text_with("logistic.toml", SCENARIO, changes(&wrong)).err().ok_or("`middel` was taken")?;
    println!("{refused}");
    assert!(refused.to_string().contains("did you mean `middle`?"));
    Ok(())
}
