//! Weights that learn in their devices: what that does not go with is refused, with where it stands and what would.

use memspike::scenario::load;

fn loaded(changes: &[&str]) -> Result<(), String> {
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    load("layers/mnist-insitu", &changes, None).map(|_| ()).map_err(|faults| faults.render(false))
}

const UNIPOLAR: [&str; 2] = [
    "projection.input.crossbar.arrangement=\"unipolar\"",
    "projection.readout.crossbar.arrangement=\"single\"",
];

#[test]
fn what_devices_that_learn_do_not_go_with_is_refused() {
    let pulses = |pulses: &str| format!("protocol.gradient.in_situ={pulses}");
    let (size, sign) =
        (pulses("{ update = \"size\", threshold = 2.0 }"), pulses("{ update = \"sign\", max_pulses = 3 }"));
    let (weak, short) =
        (pulses("{ program = { v_set = \"0.1 V\" } }"), pulses("{ program = { v_reset = \"0.1 V\" } }"));
    for (change, what, allowed) in [
        (
            "protocol.weight_bound=0.2",
            "`weight_bound` of the protocol has no effect",
            "`w_max` of the crossbar",
        ),
        ("protocol.weights_from=mnist", "`weights_from` of the protocol has no effect", "devices learn here"),
        ("protocol.validation=0.1", "`validation` of the protocol has no effect", "the last is tested"),
        (
            "projection.input.crossbar.levels=16",
            "`levels` of the crossbar of projection `input` has no effect",
            "`programming`",
        ),
        (
            "projection.input.crossbar.age=1 s",
            "`age` of the crossbar of projection `input` has no effect",
            "`programming`",
        ),
        ("device.synapse.preset=ag-tio2-pt-rs-binary", "cannot learn step by step", "kind dose_device"),
        (size.as_str(), "`threshold` of", "update"),
        (sign.as_str(), "`max_pulses` of", "update"),
        (weak.as_str(), "a SET pulse of ", "`v_set` above "),
        (short.as_str(), "a RESET pulse of ", "`v_reset` above "),
    ] {
        let said = loaded(&[change]).expect_err(change);
        assert!(said.contains(what) && said.contains(allowed), "{change}: {said}");
        assert!(said.contains("= allowed: ") && said.contains("-->"), "{change}: {said}");
    }
    let parallel = ["projection.input.crossbar.arrangement=parallel", "projection.input.crossbar.pairs=2"];
    let said = loaded(&parallel).unwrap_err();
    assert!(said.contains("has several pairs for a weight") && said.contains("-->"), "{said}");
    let refresh = [UNIPOLAR[0], UNIPOLAR[1], "protocol.gradient.in_situ.refresh=0.8"];
    let said = loaded(&refresh).unwrap_err();
    assert!(said.contains("`refresh` of") && said.contains("no weight is a pair"), "{said}");
    let said = memspike::scenario::load("layers/mnist-100", &["protocol.gradient.in_situ={}".into()], None);
    let said = said.map(|_| ()).map_err(|faults| faults.render(false)).unwrap_err();
    assert!(
        said.contains("`input` learns, and has no devices") && said.contains("`readout` learns"),
        "{said}"
    );
}

#[test]
fn every_arrangement_of_one_or_two_devices_learns_in_them() {
    for changes in [
        &["projection.input.crossbar.placement=balanced"][..],
        &["protocol.gradient.in_situ={ update = \"sign\", threshold = 0.5, endurance = { m = 1.0 } }"],
        &["protocol.gradient.in_situ={}"],
        &["projection.input.crossbar.faults={ stuck_on = 0.01 }"],
        &["device.synapse.parameters.set_tau=10 s"],
        &[
            "protocol.gradient.in_situ={ program = { v_set = \"3.2 V\", v_reset = \"2.8 V\", width = \"300 us\" } }",
            "device.synapse.preset=ag-asi-jo-2010",
        ],
    ] {
        assert_eq!(loaded(changes), Ok(()), "{changes:?}");
    }
    let alone = [UNIPOLAR[0], UNIPOLAR[1], "protocol.gradient.in_situ={ spread = \"device\" }"];
    assert_eq!(loaded(&alone), Ok(()));
}
