//! Layers and the exact gradient: what does not go together is refused, with where it stands and what would.

use memspike::scenario::load;

/// What is said of `layers/yin-yang` with these changes.
fn refused(changes: &[&str]) -> String {
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    match load("layers/yin-yang", &changes, None) {
        Ok(_) => panic!("{changes:?} is taken"),
        Err(faults) => faults.render(false),
    }
}

#[test]
fn what_an_exact_gradient_has_no_use_for_is_refused() {
    for (change, what, allowed) in [
        (
            "protocol.count_gain=0.5",
            "`count_gain` of the protocol has no effect",
            "counts have no exact gradient",
        ),
        (
            "protocol.surrogate_steepness=3.0",
            "`surrogate_steepness` of the protocol has no effect",
            "needs no surrogate",
        ),
        (
            "protocol.gradient.delays={ longest = \"5 ms\" }",
            "no synapse has a delay of its own",
            "a distribution as `delay`",
        ),
        (
            "protocol.programming=[{ name = \"six\", levels = 6 }]",
            "no projection has devices to programme",
            "`device` of at least one projection",
        ),
        (
            "population.output.size=4",
            "4 neurons, and the data set 3 classes",
            "size = 3: one neuron per class",
        ),
        (
            "source.points.encode={ kind = \"poisson\", max_rate = \"100 Hz\" }",
            "shows its samples as Poisson processes",
            "encode = { kind = \"first_spike\"",
        ),
    ] {
        let said = refused(&[change]);
        assert!(
            said.contains(what) && said.contains("= allowed: ") && said.contains(allowed),
            "{change}: {said}"
        );
        assert!(said.contains("-->"), "{change}: where: {said}");
    }
    // As it is without being written, it may be written.
    for same in ["protocol.count_gain=0.3", "protocol.surrogate_steepness=5.0", "protocol.programming=[]"] {
        assert!(load("layers/yin-yang", &[same.to_string()], None).is_ok(), "{same}");
    }
}

#[test]
fn a_record_that_layers_would_leave_empty_is_refused() {
    for names in ["[\"input\"]", "[\"readout\"]"] {
        let said = refused(&[&format!("record.weights={names}"), "record.weights_every=100"]);
        assert!(
            said.contains("`weights` of the record would stay empty") && said.contains("weights.npz"),
            "{said}"
        );
        assert_eq!(said.matches("error: ").count(), 1, "{said}");
    }
}
