//! Rules by which weights go down their gradient, and what goes with them: the same wherever a run is cut, and no more than they say.

use crate::common::{Way, cut_everywhere, few_patterns, plan, whole};
use memspike::scenario::load;
use memspike::scenario::outcome::Outcome;
use memspike::scenario::plan::Plan;
use memspike::scenario::protocol::supervised::SupervisedResult;

/// One projection of jumps, or layers, in a few small steps.
fn short(name: &str, more: &[&str]) -> Plan {
    let few = match name {
        "mnist" => ["protocol.precision=f32", "protocol.validation=0.2", "protocol.optimizer.rate=0.01"],
        _ => ["population.hidden.size=20", "protocol.train_samples=96", "protocol.test_samples=40"],
    };
    plan(name, &[&few[..], &["protocol.epochs=3", "protocol.batch=8"], more].concat())
}

fn done(plan: &Plan) -> Outcome {
    whole(plan, Way::new(few_patterns())).0
}

fn losses(outcome: &Outcome) -> Vec<f64> {
    outcome.found.get::<SupervisedResult>().unwrap().epochs.iter().map(|epoch| epoch.loss).collect()
}

const ALL: [&str; 2] = [
    "protocol.optimizer={ kind = \"sgd\", rate = 0.02, rate_final = 1e-3, schedule = \"linear\", warmup = 0.5, momentum = 0.8, \
     weight_decay = 0.1, clip = 0.3, average = 0.9 }",
    "protocol.optimizer={ rate = 0.01, schedule = \"exponential\", weight_decay = 0.2, clip = 0.05, average = 0.5 }",
];

#[test]
fn any_optimizer_goes_on_from_anywhere() {
    for optimizer in ALL {
        cut_everywhere(&short("mnist", &[optimizer]), few_patterns(), 5);
        let delays = "protocol.gradient.delays={ longest = \"20 ms\" }";
        cut_everywhere(&short("layers/delays", &[optimizer, delays]), few_patterns(), 5);
    }
}

#[test]
fn weights_are_learned_by_each_rule_and_decay_takes_from_them() {
    let norm = |outcome: &Outcome| outcome.arrays[0].data.iter().map(|w| w * w).sum::<f64>().sqrt();
    for rule in ["kind = \"sgd\", rate = 0.05", "kind = \"adam\", rate = 0.01"] {
        let of = |more: &str| done(&short("mnist", &[&format!("protocol.optimizer={{ {rule}{more} }}")]));
        let (plain, decayed) = (of(""), of(", weight_decay = 20"));
        let falls = losses(&plain);
        assert!(falls[2] < falls[0], "{rule}: {falls:?}");
        assert!(norm(&decayed) < 0.95 * norm(&plain), "{rule}: {} and {}", norm(&decayed), norm(&plain));
    }
}

#[test]
fn an_average_is_tested_and_changes_nothing_in_training() {
    for name in ["mnist", "layers/yin-yang"] {
        let with = |average: &str| {
            done(&short(name, &[average].iter().filter(|a| !a.is_empty()).copied().collect::<Vec<_>>()))
        };
        let (plain, averaged) = (with(""), with("protocol.optimizer.average=0.9"));
        assert_eq!(losses(&plain), losses(&averaged), "{name}");
        assert!(plain.arrays[0].data != averaged.arrays[0].data, "{name}");
        // Nothing is left of what was before: it is the weights.
        let all_new = with("protocol.optimizer.average=0");
        assert_eq!(plain.arrays[0].data, all_new.arrays[0].data, "{name}");
    }
}

#[test]
fn a_gradient_within_its_bound_is_as_it_was_and_what_is_told_of_it_too() {
    let gradient = |outcome: &Outcome| -> Vec<f64> {
        let result = outcome.found.get::<SupervisedResult>().unwrap();
        result.epochs[0].gradient.iter().map(|(_, rms)| *rms).collect()
    };
    let of = |more: &[&str]| {
        done(&short("layers/yin-yang", &[&["protocol.epochs=1", "protocol.batch=96"], more].concat()))
    };
    let plain = of(&[]);
    let wide = of(&["protocol.optimizer.clip=1e9"]);
    assert_eq!(plain.fingerprint, wide.fingerprint);
    // Adam's first step knows no length; gradient descent goes a hundredth of the way with a hundredth of the bound.
    let step = |clip: &str| {
        let sgd = format!("protocol.optimizer={{ kind = \"sgd\", rate = 1, momentum = 0, clip = {clip} }}");
        let floor = "protocol.gradient.activity_floor=0";
        (
            of(&[&sgd, floor]),
            of(&[&sgd, floor, "protocol.optimizer.rate=1e-12", "protocol.optimizer.rate_final=0"]),
        )
    };
    let length = |(moved, still): &(Outcome, Outcome)| -> f64 {
        let names = ["weight.input", "weight.readout"];
        let arrays = |of: &Outcome| -> Vec<f64> {
            let found = of.arrays.iter().filter(|array| names.contains(&array.name.as_str()));
            found.flat_map(|array| array.data.clone()).collect()
        };
        let pairs: Vec<(f64, f64)> = arrays(moved).into_iter().zip(arrays(still)).collect();
        // One threshold of 0.25 V is 1 uA.
        pairs.iter().map(|(a, b)| ((a - b) * 1e6).powi(2)).sum::<f64>().sqrt()
    };
    let (tight, tighter) = (step("0.01"), step("0.0001"));
    assert!((length(&tight) - 0.01).abs() < 1e-5, "{}", length(&tight));
    assert!((length(&tighter) - 0.0001).abs() < 1e-5, "{}", length(&tighter));
    for (one, other) in gradient(&tight.0).iter().zip(gradient(&plain)) {
        assert!((one - other).abs() < 1e-5 * other, "{one} and {other}");
    }
}

#[test]
fn training_ends_when_held_out_samples_are_answered_no_better() {
    // So large a rate that accuracy goes up and down.
    let with = |more: &[&str]| {
        let all = ["protocol.epochs=12", "protocol.optimizer.rate=0.3"];
        done(&short("mnist", &[&all[..], more].concat()))
    };
    let (whole, early) = (with(&[]), with(&["protocol.patience=1"]));
    let results = [&whole, &early].map(|of| of.found.get::<SupervisedResult>().unwrap());
    let held: Vec<f64> = results[0].epochs.iter().map(|epoch| epoch.validation_accuracy.unwrap()).collect();
    let ends = (1..held.len()).find(|&k| held[..k].iter().any(|before| *before >= held[k])).unwrap() + 1;
    assert!(ends < held.len(), "{held:?}");
    assert_eq!(results[1].epochs, results[0].epochs[..ends]);
    assert!(results[1].test_accuracy.is_some() && results[1].tested_epoch.unwrap() < ends as u32);
    assert!(
        early.notes.iter().any(|note| note.contains(&format!("ended after epoch {ends} of 12"))),
        "{:?}",
        early.notes
    );
    cut_everywhere(
        &short("mnist", &["protocol.epochs=6", "protocol.optimizer.rate=0.3", "protocol.patience=1"]),
        few_patterns(),
        3,
    );
}

#[test]
fn what_an_optimizer_cannot_do_is_refused() {
    let said = |name: &str, changes: &[&str]| {
        let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
        load(name, &changes, None).map(|_| ()).unwrap_err().render(false)
    };
    let patience = said("layers/yin-yang", &["protocol.patience=3"]);
    assert!(patience.contains("`patience`") && patience.contains("`validation` above 0"), "{patience}");
    let rises = said("mnist", &["protocol.optimizer={ kind = \"sgd\", rate = 1e-6 }"]);
    assert!(rises.contains("above `rate`"), "{rises}");
    let zero = said("mnist", &["protocol.optimizer={ schedule = \"exponential\", rate_final = 0 }"]);
    assert!(zero.contains("no factor leads there") && zero.contains("\"cosine\" or \"linear\""), "{zero}");
    let other = said("mnist", &["protocol.optimizer={ kind = \"sgd\", beta1 = 0.5 }"]);
    assert!(other.contains("`beta1`"), "{other}");
    for key in ["average=0.9", "weight_decay=0.1"] {
        let devices = said("layers/mnist-insitu", &[&format!("protocol.optimizer.{key}")]);
        assert!(
            devices.contains("has no effect") && devices.contains("learned in their devices"),
            "{devices}"
        );
    }
}
