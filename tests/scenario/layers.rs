//! Layers and the exact gradient: what does not go together is refused, with where it stands and what would.

use memspike::scenario::load;

/// What is said of `layers/yin-yang` with these changes.
fn refused(changes: &[&str]) -> String {
    refused_of("layers/yin-yang", changes)
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
            "protocol.gradient.loss={ kind = \"spike_count\" }",
            "spike counts have no exact gradient",
            "\"spike_sum\", \"mean_voltage\"",
        ),
        (
            "protocol.gradient.surrogate={ shape = \"arctan\" }",
            "has no effect: no projection jumps",
            "kernel = \"delta\" of at least one",
        ),
        (
            "protocol.surrogate_steepness=3.0",
            "`surrogate_steepness` of the protocol has no effect",
            "needs no surrogate",
        ),
        (
            "protocol.gradient.activity_lower=0.01",
            "`activity_lower` of the gradient",
            "beside `activity_ceiling`",
        ),
        (
            "protocol.gradient.activity_ceiling=0.2",
            "is 0.2, and `activity_floor` 0.3",
            "a ceiling above the floor",
        ),
        (
            "protocol.gradient.truncate=\"1 s\"",
            "`truncate` of the gradient of the protocol has no effect",
            "or nothing: the gradient goes back to the start",
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
            "size = 3: one neuron per class, or a multiple",
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
fn weights_of_every_layer_can_be_recorded() {
    let changes = ["record.weights=[\"input\", \"readout\"]", "record.weights_every=100"].map(String::from);
    assert!(load("layers/yin-yang", &changes, None).is_ok());
}

/// What is said of a scenario with these changes.
fn refused_of(name: &str, changes: &[&str]) -> String {
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    match load(name, &changes, None) {
        Ok(_) => panic!("{changes:?} is taken"),
        Err(faults) => faults.render(false),
    }
}

#[test]
fn shapes_that_do_not_fit_are_both_said() {
    for (changes, what, allowed) in [
        (
            &["population.edges.size=1352", "population.edges.shape=[8, 13, 13]"][..],
            "a kernel of 5 x 5, stride 2 x 2 makes [8, 12, 12] of [1, 28, 28] of `retina`, and `edges` has [8, 13, 13]",
            "shape = [8, 12, 12] of `edges`",
        ),
        (
            &["projection.combine.groups=3"],
            "a kernel of 5 x 5, stride 2 x 2, 3 groups does not go from [8, 12, 12] of `edges` to [16, 4, 4] of `parts`",
            "groups that divide the channels of both",
        ),
        (
            &["projection.combine.kernel_size=[15, 5]"],
            "does not go from [8, 12, 12]",
            "no larger than the maps with their padding",
        ),
        (
            &["population.edges.size=1000"],
            "has the shape [8, 12, 12], which are 1152, and the size 1000",
            "size = 1152",
        ),
        (
            &["population.output.shape=[10, 1, 1]"],
            "`shape` of population `output` has no effect",
            "such a projection",
        ),
        (
            &["projection.readout.connect=\"convolution\"", "projection.readout.kernel_size=[4, 4]"],
            "`output` has no shape",
            "`shape` of `output`",
        ),
        (
            &["projection.input.delay={ uniform = [\"0 ms\", \"1 ms\"] }"],
            "draws delays, and its weights are shared",
            "one delay",
        ),
        (
            &["projection.input.kernel_size=[5]"],
            "`kernel_size` of projection `input` is",
            "2 whole numbers of at least 1",
        ),
        (&["projection.combine.connect=\"pooling\""], "draws its weights, and pools", "one value"),
    ] {
        let said = refused_of("layers/mnist-conv", changes);
        assert!(
            said.contains(what) && said.contains("= allowed: ") && said.contains(allowed),
            "{changes:?}: {said}"
        );
        assert!(said.contains("-->"), "{changes:?}: where: {said}");
    }
}

#[test]
fn what_keeps_a_network_from_lockstep_is_told_with_its_place() {
    for (change, what, allowed) in [
        ("population.hidden.floor=\"rest\"", "has a floor", "floor = \"none\""),
        ("population.hidden.i_bias=\"1 nA\"", "has a bias current of", "i_bias = \"0 A\""),
        ("projection.input.tau_syn=\"5 us\"", "beside tau_m 9.41 ms", "a thousandth of tau_m"),
    ] {
        let said = refused(&[change]);
        assert!(said.contains(what) && said.contains(allowed) && said.contains("-->"), "{change}: {said}");
    }
}

#[test]
fn currents_of_layers_may_have_any_time_constant_but_one_for_each_population() {
    let alpha = "projection.readout.kernel=\"alpha\"";
    assert!(
        load("layers/yin-yang", &["projection.input.tau_syn=\"9.41 ms\"".into(), alpha.into()], None).is_ok()
    );
    let other = "projection.skip={ from = \"points\", to = \"output\", connect = \"all_to_all\", kernel = \"exponential\", \
                 tau_syn = \"3 ms\", weight = \"0.1 uA\" }";
    let said = refused(&[other]);
    assert!(
        said.contains(
            "is driven by exponential currents of 0.5000 tau_m and by exponential currents of 0.3188 tau_m"
        ) && said.contains("one kind of kernel, with one time constant"),
        "{said}"
    );
}

/// Jumps in place of the currents of `layers/yin-yang`, and the neurons that they lead to, which need no resistance.
const INPUT: &str = "projection.input={ from = \"points\", to = \"hidden\", connect = \"all_to_all\", kernel = \"delta\", weight = { normal = [\"0.15 V\", \"0.1 V\"] } }";
pub const READOUT: &str = "projection.readout={ from = \"hidden\", to = \"output\", connect = \"all_to_all\", kernel = \"delta\", weight = { normal = [\"0.02 V\", \"0.05 V\"] } }";
const HIDDEN: &str = "population.hidden={ model = \"lif\", size = 200, tau_m = \"9.41 ms\", u_rest = \"0 V\", v_th = \"0.25 V\", reset = \"rest\" }";
pub const OUTPUT: &str = "population.output={ model = \"lif\", size = 3, tau_m = \"9.41 ms\", u_rest = \"0 V\", v_th = \"0.25 V\", reset = \"rest\" }";
pub const COUNTS: &str = "protocol.gradient.loss={ kind = \"spike_count\", gain = 0.5 }";
pub const SURROGATE: &str = "protocol.gradient.surrogate={ steepness = 2.0 }";

#[test]
fn jumps_learn_by_a_surrogate_and_by_nothing_else() {
    let taken = |changes: &[&str]| {
        let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
        load("layers/yin-yang", &changes, None).unwrap_or_else(|faults| panic!("{faults}"));
    };
    taken(&[INPUT, READOUT, HIDDEN, OUTPUT, COUNTS, SURROGATE]);
    // Jumps before currents: of these the gradient is exact.
    taken(&[INPUT, HIDDEN, SURROGATE]);
    for (changes, what, allowed) in [
        (&[INPUT, HIDDEN][..], "jumps: it has no slope", "or `surrogate` of the gradient"),
        (
            &[INPUT, HIDDEN, SURROGATE, "projection.readout.delay={ uniform = [\"0 ms\", \"1 ms\"] }"],
            "starts at neurons that jump, and has delays of single synapses",
            "one delay for all synapses from such a population",
        ),
        (&[READOUT, OUTPUT, SURROGATE], "come with what it hears", "\"spike_count\", \"spike_sum\""),
        (
            &[INPUT, READOUT, HIDDEN, OUTPUT, COUNTS, SURROGATE, "population.hidden.reset=\"subtract\""],
            "keeps what a jump leaves above the threshold",
            "reset = \"rest\", \"value\" or \"hold\"",
        ),
    ] {
        let said = refused(changes);
        assert!(said.contains(what) && said.contains(allowed) && said.contains("-->"), "{changes:?}: {said}");
    }
}

/// Neurons that adapt in place of the hidden ones of `layers/yin-yang`.
const ADAPTING: &str = "population.hidden={ model = \"adaptive_lif\", size = 200, tau_m = \"9.41 ms\", u_rest = \"0 V\", v_th = \"0.25 V\", u_reset = \"0 V\", r_m = \"250 kOhm\", i_jump = \"40 nA\" }";

#[test]
fn neurons_that_adapt_have_an_exact_gradient_under_currents() {
    let taken = |changes: &[&str]| {
        let changes: Vec<String> =
            [ADAPTING].iter().chain(changes).map(|change| (*change).to_string()).collect();
        load("layers/yin-yang", &changes, None).unwrap_or_else(|faults| panic!("{faults}"));
    };
    taken(&[]);
    taken(&["projection.input.kernel=\"alpha\"", "protocol.gradient.thresholds={}"]);
    taken(&["protocol.gradient.time_constants={ shortest = \"5 ms\", longest = \"20 ms\" }"]);
    let adex = "population.hidden={ model = \"adex\", size = 200 }";
    let output = ADAPTING.replace("hidden", "output").replace("200", "3");
    for (changes, what, allowed) in [
        (&[INPUT, SURROGATE][..], "jumps, to neurons whose spikes adapt them", "\"exponential\", \"alpha\""),
        (
            &["population.hidden.tau_theta=\"9 us\""],
            "adapts with a time constant of 9.564e-4 tau_m",
            "a thousandth of tau_m or more",
        ),
        (&["population.hidden.tau_w=\"9 us\""], "adapts with a time constant", "a thousandth of tau_m"),
        (&["population.hidden.i_bias=\"1 nA\""], "has a bias current of", "i_bias = \"0 A\""),
        (&["population.hidden.u_0=\"0.1 V\""], "does not begin at rest", "u_0 = u_rest"),
        (&[adex], "is of a model without a closed form", "lif, adaptive_lif, or a switch"),
        (
            &[
                "population.hidden={ model = \"izhikevich\", size = 200 }",
                "protocol.gradient.time_constants={ shortest = \"5 ms\", longest = \"20 ms\" }",
            ],
            "is of a model without a closed form",
            "lif, adaptive_lif, or a switch",
        ),
        (
            &[&output, "protocol.gradient.loss={ kind = \"mean_voltage\" }"],
            "is of model \"adaptive_lif\", which differs from \"lif\" by its spikes",
            "model = \"lif\", or a loss on spikes",
        ),
        (
            &["protocol.gradient.time_constants={ shortest = \"10 ms\", longest = \"20 ms\" }"],
            "`tau_m` of population `hidden` is not within",
            "a range in which",
        ),
    ] {
        let said = refused(&[&[ADAPTING], changes].concat());
        assert!(said.contains(what) && said.contains(allowed) && said.contains("-->"), "{changes:?}: {said}");
    }
}

#[test]
fn devices_of_layers_are_read_a_row_at_once() {
    let device = "device.memory.preset=ag-tio2-pt-rs-analog";
    let said = refused_of("layers/delays", &[device, "projection.input.device=memory"]);
    assert!(
        said.contains("has delays of single synapses, and devices")
            && said.contains("a row of devices is read at once here")
            && said.contains("= allowed: one delay, or kind = \"simulate\""),
        "{said}"
    );
}

#[test]
fn a_read_out_that_integrates_has_no_use_for_what_spikes_need() {
    let loss = "protocol.gradient.loss={ kind = \"mean_voltage\" }";
    let said = refused(&[loss, "population.output.t_ref=\"1 ms\""]);
    assert!(
        said.contains("`t_ref` of population `output` has no effect") && said.contains("does not fire"),
        "{said}"
    );
}

#[test]
fn a_cochlea_hears_sound_alone_and_below_half_its_rate() {
    for (changes, what, allowed) in [
        (
            &["source.cochlea.encode.f_max=\"4 kHz\""][..],
            "is 4 kHz",
            "below 4 kHz, half the rate of the samples",
        ),
        (&["source.cochlea.encode.f_min=\"3600 Hz\""], "is 3.6 kHz", "below f_max, which is 3.6 kHz"),
        (&["source.cochlea.encode.cells=1"], "`ratio` of the encode", "`cells` of at least 2"),
        (&["source.cochlea.augment={ noise = 0.1 }"], "its samples are sound", "no augmentation of sound"),
        (
            &["source.cochlea.encode={ kind = \"regular\", duration = \"50 ms\" }"],
            "the samples of `the Free Spoken Digit Dataset` are sound",
            "encode = { kind = \"cochlea\", ... }",
        ),
    ] {
        let said = refused_of("layers/spoken-digits", changes);
        assert!(
            said.contains(what) && said.contains("= allowed: ") && said.contains(allowed),
            "{changes:?}: {said}"
        );
    }
}

const BACK: &str = "projection.back={ from = \"hidden\", to = \"hidden\", connect = \"all_to_all\", kernel = \"exponential\", \
                    tau_syn = \"4.705 ms\", weight = \"0.1 uA\"";

#[test]
fn a_population_may_lead_back_to_itself_after_a_while() {
    let with = |delay: &str| format!("{BACK}, delay = {delay} }}");
    assert!(load("layers/yin-yang", &[with("\"1 ms\"")], None).is_ok());
    for (delay, what, allowed) in [
        ("\"1 us\"", "leads back to its own population after 0.001 ms", "a thousandth of tau_m"),
        (
            "{ uniform = [\"1 ms\", \"2 ms\"] }",
            "has delays of single synapses",
            "one delay for all synapses that lead back",
        ),
    ] {
        let said = refused(&[&with(delay)]);
        assert!(said.contains(what) && said.contains(allowed) && said.contains("-->"), "{delay}: {said}");
    }
    let circle = with("\"1 ms\"").replace("from = \"hidden\"", "from = \"output\"");
    let third = "population.third={ model = \"lif\", size = 3, tau_m = \"9.41 ms\" }";
    let on = "projection.on={ from = \"output\", to = \"third\", connect = \"all_to_all\", kernel = \"exponential\", \
              tau_syn = \"4.705 ms\", weight = \"0.1 uA\" }";
    let said = refused(&[&circle, third, on]);
    assert!(said.contains("circle of several populations") && said.contains("back to itself"), "{said}");
    let reads = "protocol.gradient.loss={ kind = \"mean_voltage\" }";
    let own = with("\"1 ms\"").replace("\"hidden\"", "\"output\"");
    assert!(load("layers/yin-yang", std::slice::from_ref(&own), None).is_ok());
    let said = refused(&[&own, reads]);
    assert!(said.contains("has no effect: it starts at neurons that do not fire"), "{said}");
}

#[test]
fn thresholds_and_time_constants_learn_where_there_are_some() {
    let gradient = |key: &str| format!("protocol.gradient.{key}");
    let times = "time_constants={ shortest = \"5 ms\", longest = \"20 ms\" }";
    assert!(load("layers/yin-yang", &[gradient("thresholds={}"), gradient(times)], None).is_ok());
    for (key, what, allowed) in [
        ("thresholds={ least = 2.5, most = 2.0 }", "`least` of", "least below most"),
        ("thresholds={ least = 1.5 }", "the threshold of the scenario, 1, is not within", "a range in which"),
        (
            "time_constants={ shortest = \"10 ms\", longest = \"20 ms\" }",
            "`tau_m` of population `hidden` is not within",
            "a range in which",
        ),
        (
            "thresholds={ rate = 1e-3, rate_final = 1e-2 }",
            "above `rate`, which is 0.001",
            "the schedule falls",
        ),
        (
            "time_constants={ shortest = \"5 ms\", longest = \"20 ms\", rate = \"1 us\", rate_final = \"2 us\" }",
            "above `rate`",
            "the schedule falls",
        ),
        (
            "truncate=\"9 ms\"\nprotocol.gradient.time_constants={ shortest = \"5 ms\", longest = \"20 ms\" }",
            "`truncate` and `time_constants` of the gradient of the protocol do not go together",
            "one of the two",
        ),
    ] {
        let said = refused(&gradient(key).lines().collect::<Vec<_>>());
        assert!(said.contains(what) && said.contains(allowed) && said.contains("-->"), "{key}: {said}");
    }
    for key in ["thresholds={}", times] {
        let said = refused_of("layers/mnist-memristor", &[&gradient(key)]);
        assert!(said.contains("has no effect: there are no leaky neurons"), "{key}: {said}");
        let said = refused(&[&gradient(key), "protocol.weights_from=\"layers/yin-yang\""]);
        assert!(
            said.contains("takes weights, and ") && said.contains(" were learned with them"),
            "{key}: {said}"
        );
    }
}

#[test]
fn presentations_that_would_be_cut_without_end_are_refused() {
    for (changes, what, allowed) in [
        (
            &["population.hidden.tau_m=\"10 ps\"", "projection.input.tau_syn=\"5 ps\""][..],
            "pieces of 25 ps for population `hidden`, whose time constants cut it",
            "131072 pieces: tau_m from 185 ns on",
        ),
        (
            &["population.output.tau_m=\"10 fs\"", "projection.readout.tau_syn=\"5 fs\""],
            "for population `output`, whose time constants",
            "tau_m from",
        ),
    ] {
        let said = refused(changes);
        assert!(
            said.contains(what) && said.contains(allowed) && said.contains("--> "),
            "{changes:?}: {said}"
        );
    }
    // Of 131 072 pieces, none longer than the delay.
    let loops =
        ["projection.back={ from = \"hidden\", to = \"hidden\", weight = \"1 nA\", delay = \"1 us\", \
                  kernel = \"exponential\", tau_syn = \"0.5 ms\" }"];
    let said = refused(&[
        loops[0],
        "population.hidden.tau_m=\"1 ms\"",
        "projection.input.tau_syn=\"0.5 ms\"",
        "protocol.presentation=\"1 s\"",
    ]);
    assert!(said.contains("whose delay to itself cut it") && said.contains("that delay from"), "{said}");
}

#[test]
fn memory_that_a_scenario_does_not_allow_itself_is_refused_beforehand() {
    let said = refused(&["engine.memory_gb=1e-9"]);
    assert!(
        said.contains("takes about 20 MB, and `memory_gb` allows 1 kB")
            && said.contains("engine.memory_gb=1e-9"),
        "{said}"
    );
}
