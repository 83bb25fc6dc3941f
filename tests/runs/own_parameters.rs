//! Layers that hear themselves, whose thresholds, time constants and delays learn: cut anywhere, and what they are tested with.

use crate::common::{Way, cut_everywhere, few_patterns, plan, whole};
use memspike::scenario::outcome::Outcome;
use memspike::scenario::plan::Plan;
use memspike::scenario::protocol::supervised::SupervisedResult;

const SHORT: [&str; 5] = [
    "protocol.epochs=3",
    "protocol.train_samples=320",
    "protocol.test_samples=520",
    "protocol.test_every=3",
    "population.hidden.size=20",
];

/// The hidden layer hears itself.
const BACK: [&str; 2] = [
    "projection.back={ from = \"hidden\", to = \"hidden\", connect = \"all_to_all\", kernel = \"exponential\", \
     tau_syn = \"4.705 ms\", delay = \"2 ms\", weight = { normal = [\"0 uA\", \"0.2 uA\"] } }",
    "protocol.gradient.activity_floor=0.0",
];

const THRESHOLDS: &str = "protocol.gradient.thresholds={ rate = 0.02, rate_final = 0.001, least = 0.9 }";

const TIMES: &str =
    "protocol.gradient.time_constants={ rate = \"50 us\", shortest = \"9 ms\", longest = \"9.6 ms\" }";

fn short(name: &str, more: &[&[&str]]) -> Plan {
    plan(name, &[&SHORT[..], &more.concat()].concat())
}

fn done(plan: &Plan) -> Outcome {
    whole(plan, Way::new(few_patterns())).0
}

fn array<'a>(outcome: &'a Outcome, name: &str) -> &'a [f64] {
    &outcome.arrays.iter().find(|array| array.name == name).unwrap_or_else(|| panic!("no {name}")).data
}

#[test]
fn layers_that_hear_themselves_and_own_parameters_go_on_from_anywhere() {
    cut_everywhere(&short("layers/yin-yang", &[&BACK, &[THRESHOLDS, TIMES]]), few_patterns(), 7);
}

#[test]
fn what_a_layer_tells_itself_is_learned() {
    let alone = done(&short("layers/yin-yang", &[&BACK[1..]]));
    let heard = done(&short("layers/yin-yang", &[&BACK]));
    assert!(array(&heard, "weight.input") != array(&alone, "weight.input"));
    let drawn = done(&plan(
        "layers/yin-yang",
        &[&SHORT[1..], &BACK, &["protocol.epochs=1", "protocol.optimizer={ rate = 1e-9, rate_final = 0.0 }"]]
            .concat(),
    ));
    let moved = array(&heard, "weight.back").iter().zip(array(&drawn, "weight.back"));
    let far = moved.filter(|(learned, drawn)| (*learned - *drawn).abs() > 1e-9).count();
    assert!(far > 300, "{far} of 400 synapses moved by a thousandth of the threshold");
}

#[test]
fn a_gradient_in_windows_is_another_one_and_goes_on_from_anywhere() {
    const WINDOWS: &str = "protocol.gradient.truncate=\"7 ms\"";
    let windows = short("layers/yin-yang", &[&BACK, &[WINDOWS]]);
    assert!(
        array(&done(&windows), "weight.input")
            != array(&done(&short("layers/yin-yang", &[&BACK])), "weight.input")
    );
    cut_everywhere(&windows, few_patterns(), 7);
}

#[test]
fn thresholds_and_time_constants_learn_within_their_ranges_and_are_told() {
    let outcome = done(&short("layers/yin-yang", &[&[THRESHOLDS, TIMES]]));
    for (name, count) in [("v_th.hidden", 20), ("v_th.output", 3)] {
        let volts = array(&outcome, name);
        assert_eq!(volts.len(), count);
        assert!(volts.iter().all(|v| (0.9 * 0.25 - 1e-7..=0.5).contains(v)), "{name}: {volts:?}");
        assert!(volts.iter().any(|v| (v - 0.25).abs() > 1e-3), "{name}: {volts:?}");
    }
    for name in ["tau_m.hidden", "tau_m.output"] {
        let [tau] = array(&outcome, name) else { panic!("{name}") };
        assert!((8.9999e-3..=9.6001e-3).contains(tau) && (tau - 9.41e-3).abs() > 1e-5, "{name}: {tau}");
    }
    let told = outcome.notes.iter().filter(|note| note.contains("after learning")).count();
    assert_eq!(told, 4, "{:?}", outcome.notes);
    for epoch in &outcome.found.get::<SupervisedResult>().unwrap().epochs {
        let names: Vec<&str> = epoch.gradient.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["hidden", "output"]);
        assert!(epoch.gradient.iter().all(|(_, rms)| *rms > 1e-6), "{epoch:?}");
    }
    // Neither has anything to do with the other's key.
    let without = done(&short("layers/yin-yang", &[&[THRESHOLDS]]));
    assert!(without.arrays.iter().all(|array| !array.name.starts_with("tau_m.")));
    assert!(array(&without, "v_th.hidden") != array(&outcome, "v_th.hidden"));
}

/// The hidden neurons of `layers/yin-yang` with thresholds and currents that their spikes adapt.
const ADAPTING: &str = "population.hidden={ model = \"adaptive_lif\", size = 40, tau_m = \"9.41 ms\", u_rest = \"0 V\", v_th = \"0.25 V\", u_reset = \"0 V\", r_m = \"250 kOhm\", q_theta = \"30 mV\", i_jump = \"100 nA\" }";

#[test]
fn layers_that_adapt_are_trained_and_go_on_from_anywhere() {
    let more = ["protocol.epochs=6", "protocol.train_samples=1600", "protocol.test_every=6"];
    let changes =
        [&SHORT[..4], &[ADAPTING], &more, &["protocol.optimizer={ rate = 0.02, rate_final = 0.001 }"]]
            .concat();
    let outcome = done(&plan("layers/yin-yang", &changes));
    let result = outcome.found.get::<SupervisedResult>().unwrap();
    let accuracy = result.epochs.last().unwrap().test_accuracy.unwrap();
    assert!(accuracy > 0.6, "{accuracy}");
    // What adapts is there: without it, from the same weights, it is another network.
    let without = ADAPTING.replace("30 mV", "0 V").replace("100 nA", "0 A");
    let leaky = done(&plan("layers/yin-yang", &[&changes[..], &[&without]].concat()));
    assert!(array(&leaky, "weight.input") != array(&outcome, "weight.input"));
    cut_everywhere(&short("layers/yin-yang", &[&[ADAPTING], &BACK, &[THRESHOLDS, TIMES]]), few_patterns(), 7);
}

/// Devices that take any weight as it is change no answer: what learned beside the weights is what they are tested with.
#[test]
fn devices_are_tested_with_the_delays_and_thresholds_that_were_learned() {
    let devices = [
        "device.synapse.preset=ag-tio2-pt-rs-analog",
        "projection.readout.device=synapse",
        "projection.readout.crossbar={ w_max = \"20 uA\" }",
        "protocol.programming=[{ name = \"exactly\", draws = 1 }]",
        "protocol.gradient.delays={ rate = \"1 ms\", longest = \"9.41 ms\" }",
        THRESHOLDS,
        "protocol.precision=f64",
        "protocol.epochs=8",
    ];
    let outcome = done(&plan("layers/delays", &[&SHORT[1..], &devices].concat()));
    let result = outcome.found.get::<SupervisedResult>().unwrap();
    let [exactly] = &result.programming[..] else { panic!("{:?}", result.programming) };
    assert!(exactly.float_accuracy > 0.4, "{exactly:?}");
    assert!((exactly.mean - exactly.float_accuracy).abs() < 0.004, "{exactly:?}");
    // With delays as they were drawn it is another network.
    let far = array(&outcome, "delay.input").iter().filter(|&&delay| delay > 3e-3).count();
    assert!(far > 10, "{far} delays beyond what is drawn");
}

/// Weights are learned with devices that are stuck or have decayed since they were programmed, if that is asked.
#[test]
fn age_and_stuck_devices_are_there_while_layers_learn() {
    let with = |crossbar: &str| {
        let crossbar = format!("projection.input.crossbar={{ w_max = \"5 uA\"{crossbar} }}");
        let device =
            ["device.synapse.preset=ag-tio2-pt-rs-analog", "projection.input.device=synapse", &crossbar];
        let short = short("layers/yin-yang", &[&device, &["protocol.epochs=1", "protocol.test_every=1"]]);
        array(&done(&short), "weight.input").to_vec()
    };
    let new = with("");
    for crossbar in [", age = \"30000 s\"", ", faults = { stuck_off = 0.2 }", ", faults = { stuck_on = 0.2 }"]
    {
        assert!(with(crossbar) != new, "{crossbar}");
    }
}
