//! A code of samples of one's own, named by a scenario.
//!
//!     0.2  0.9  0.5   --rank_order-->   line 1 at 0 ms, line 2 at 1 ms, line 0 at 2 ms
//!
//! Rank order (Thorpe and Gautrais, in Computational Neuroscience: Trends in Research 1998, 113): each value is one spike, the
//! largest first and the others `step` apart. What is told is the order alone.

use memspike::dataset::Search;
use memspike::encoding::{Encoder, Spikes, Timed};
use memspike::keys::{ModelKey, Reader, key};
use memspike::registry::Registry;
use memspike::scenario::{Changes, load_text_with, run};
use memspike::time::Time;

/// The time between two ranks.
#[derive(Clone, Debug, PartialEq)]
pub struct RankOrder {
    step: Time,
}

impl Encoder for RankOrder {
    const NAME: &'static str = "rank_order";
    const TITLE: &'static str = "each value one spike, in the order of the values";
    const KEYS: &'static [ModelKey] =
        &[key("step", "s", "1 ms", "time from one spike to the next", "assumed: an example")];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        Self { step: read.positive_span("step") }
    }

    fn spikes(&self, values: &[f64], _: &[usize], spikes: &mut Spikes) {
        let mut lines: Vec<u32> = (0..values.len() as u32).collect();
        lines.sort_by(|&one, &other| values[other as usize].total_cmp(&values[one as usize]));
        spikes.extend((0..).zip(lines).map(|(rank, line)| (Time::from_fs(rank * self.step.fs()), line)));
    }

    fn told(&self) -> String {
        format!("the order of the values, a spike every {}", self.step)
    }
}

const SCENARIO: &str = r#"
[source.points]
kind = "dataset"
dataset = "yin_yang"
encode = { kind = "rank_order", step = "2 ms" }

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
gradient = { kind = "exact", loss = { kind = "first_spike", tau = "0.4 ms" } }
presentation = "60 ms"
epochs = 1
train_samples = 320
test_samples = 100
"#;

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ms = Time::from_ms;
    let spikes = Timed::new(RankOrder { step: ms(1) }).sample(&[0.2, 0.9, 0.5], &[3]);
    assert_eq!(spikes, [(ms(0), 1), (ms(1), 2), (ms(2), 0)]);

    let mut registry = Registry::shipped();
    registry.encoder::<RankOrder>()?;
    let changes = |set| Changes { set, registry: Some(&registry), ..Changes::default() };
    let loaded = load_text_with("ranks.toml", SCENARIO, changes(&[])).map_err(|faults| faults.to_string())?;
    let outcome = run::quietly(&loaded.plan, 1, &Search::default())?;
    let spikes = outcome.counts.spikes[0];
    println!("{spikes} spikes of the output");
    assert_eq!(loaded.plan.sources[0].size, 4);
    assert!(spikes > 0);

    // Its keys are checked like all others.
    let wrong = ["source.points.encode.step=\"0 s\"".to_string()];
    let refused = load_text_with("ranks.toml", SCENARIO, changes(&wrong)).err().ok_or("0 s was taken")?;
    println!("{refused}");
    assert!(refused.to_string().contains("`step` of the encode of source `points` is 0 s"));
    Ok(())
}
