//! Trainings in which a neuron fires without end, nothing reaches the network, or there is less than was asked for: each is told for what it is.

use crate::common::{Kept, Way, few_patterns, plan, whole};
use memspike::engine::lockstep::MOST;
use memspike::engine::{Divergence, SimulationError};
use memspike::scenario::outcome::Outcome;
use memspike::scenario::run::context::RunError;
use memspike::scenario::run::given::GivenWeights;

fn short(more: &[&str]) -> memspike::scenario::plan::Plan {
    let few = ["population.hidden.size=20", "protocol.train_samples=64", "protocol.test_samples=20"];
    plan("layers/yin-yang", &[&few[..], &["protocol.epochs=2", "protocol.batch=8"], more].concat())
}

fn fault(more: &[&str]) -> RunError {
    Way::new(few_patterns()).run(&short(more), &mut Kept::default()).unwrap_err()
}

#[test]
fn who_fires_without_end_is_named_and_whether_anything_was_learned() {
    let volts = "projection.input.weight={ normal = [\"1.5 A\", \"0.8 A\"] }";
    let RunError::Epoch { epoch: 1, fault: SimulationError::Diverged { population, why } } = fault(&[volts])
    else {
        panic!("no fault");
    };
    let Divergence::FromTheStart { largest } = why else { panic!("{why}") };
    // 1 uA is the threshold: amperes are a million times as much.
    assert!(population == "hidden" && (2e6..6e6).contains(&largest), "{population} {largest:e}");
    assert!(why.to_string().contains("are they in the right unit?"));
    let RunError::Epoch { fault: SimulationError::Diverged { why, .. }, .. } =
        fault(&["protocol.optimizer={ kind = \"sgd\", rate = 1e9 }"])
    else {
        panic!("no fault");
    };
    assert!(matches!(why, Divergence::Spikes | Divergence::NoNumber), "{why}");
}

#[test]
fn tests_that_were_cut_short_are_counted() {
    let plan = short(&[]);
    let mut arrays = whole(&plan, Way::new(few_patterns())).0.arrays;
    arrays.truncate(2);
    arrays[0].data.iter_mut().for_each(|w| *w *= 1e6);
    let values = arrays.into_iter().enumerate().collect();
    let given = Some(GivenWeights { values, origin: "somewhere".into(), at: None });
    let (outcome, _) = whole(&plan, Way { given, ..Way::new(few_patterns()) });
    let told = |outcome: &Outcome, what: &str| outcome.notes.iter().any(|note| note.contains(what));
    assert!(told(&outcome, "20 of 20 presentations of the final test were cut short"), "{:?}", outcome.notes);
    assert!(told(&outcome, &format!("fired more than {MOST} times")));
}

#[test]
fn samples_that_no_neuron_hears_are_refused() {
    let late = "source.points.encode={ kind = \"first_spike\", at_zero = \"900 ms\", at_one = \"100 ms\", bias = \"80 ms\" }";
    let fault = fault(&[late]);
    assert!(matches!(fault, RunError::Unheard { what: "training", .. }), "{fault}");
    assert_eq!(
        fault.to_string(),
        "no training sample spikes while it is shown, for 60 ms: the first spike of all comes at 80 ms"
    );
}

#[test]
fn samples_that_are_not_there_are_told() {
    let (outcome, _) =
        whole(&short(&["protocol.epochs=1", "protocol.test_samples=100000"]), Way::new(few_patterns()));
    let told = "`test_samples` asks for 100000 samples, and the data set has 10000: all of them are used";
    assert!(outcome.notes.iter().any(|note| note == told), "{:?}", outcome.notes);
}
