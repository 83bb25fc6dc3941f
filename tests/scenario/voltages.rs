//! Voltages of the wrong sign, and reads that would write.

use memspike::scenario::load_text;

fn said(text: &str) -> String {
    match load_text("test.toml", text, &[], None) {
        Ok(loaded) => loaded.warnings.render(false),
        Err(faults) => panic!("{faults}"),
    }
}

/// What is warned of an experiment with a preset.
fn experiment(preset: &str, experiment: &str) -> String {
    said(&format!(
        "[device.d]\npreset = \"{preset}\"\n[protocol]\nkind = \"device\"\n[experiment.e]\n{experiment}\n"
    ))
}

#[test]
fn a_drive_of_the_sign_at_which_a_device_does_nothing_is_warned_of() {
    let pulses = |v: &str| {
        format!("kind = \"pulses\"\namplitude = \"{v}\"\nwidth = \"1 ms\"\nperiod = \"2 ms\"\ncount = 5")
    };
    let sweep = |points: &str| format!("kind = \"iv\"\npoints = [{points}]\nrate = \"1 V/s\"");
    let (switch, binary, analog) = ("ag-tio2-pt-ts", "ag-tio2-pt-rs-binary", "ag-tio2-pt-rs-analog");
    let constant = "kind = \"integration\"\namplitude = \"-0.4 V\"\nlength = \"10 ms\"".to_string();
    let mut page = String::new();
    for (preset, of) in [
        (switch, pulses("-0.4 V")),
        (switch, constant),
        (switch, sweep("\"0 V\", \"0.5 V\", \"0 V\", \"-0.5 V\", \"0 V\"")),
        (switch, sweep("\"0 V\", \"-0.5 V\", \"0 V\"")),
        (binary, pulses("-0.1 V")),
        (binary, sweep("\"0 V\", \"-0.1 V\", \"0 V\"")),
        (binary, pulses("0.2 V") + "\ng_start = \"5 mS\""),
        ("ag-asi-jo-2010", pulses("-2.8 V")),
        (analog, pulses("0.2 V") + "\ng_start = \"4 mS\""),
    ] {
        page += &format!("## {preset}\n\n{}\n\n", experiment(preset, &of).trim_end());
    }
    insta::assert_snapshot!("signs", page);
    for (preset, of) in [
        (switch, pulses("0.4 V")),
        (switch, sweep("\"0 V\", \"0.5 V\", \"0 V\"")),
        (binary, sweep("\"0 V\", \"-0.1 V\", \"0.2 V\", \"-0.1 V\"")),
        (binary, pulses("-0.1 V") + "\ng_start = \"5 mS\""),
        (analog, pulses("-0.2 V")),
        // Reads.
        (switch, sweep("\"0 V\", \"-0.05 V\", \"0 V\"")),
        (binary, sweep("\"0 V\", \"-0.05 V\", \"0 V\"")),
        (analog, pulses("0.1 V") + "\ng_start = \"4 mS\""),
        ("vo2-debets-2026", sweep("\"0 V\", \"-2.5 V\", \"0 V\"")),
    ] {
        let said = experiment(preset, &of);
        assert!(said.is_empty(), "{preset}: {said}");
    }
}

#[test]
fn a_programming_pulse_is_stated_as_a_magnitude() {
    let text = "[source.in]\nkind = \"poisson\"\nsize = 1\nrate = \"10 Hz\"\n[population.out]\nsize = 1\n[projection.p]\nfrom = \"in\"\n\
                to = \"out\"\nweight = \"1 mV\"\n[projection.p.plasticity]\nrule = \"stdp_pair\"\nw_max = \"2 mV\"\n\
                program = { v_set = \"-0.2 V\", v_reset = \"-0.25 V\" }\n[protocol]\nkind = \"simulate\"\nduration = \"1 s\"\n";
    insta::assert_snapshot!("magnitudes", load_text("test.toml", text, &[], None).unwrap_err().render(false));
}

#[test]
fn a_read_is_held_to_the_onset_of_its_own_device() {
    let network = |device: &str, amplitude: &str| {
        said(&format!(
            "[device.cell]\n{device}\n[source.in]\nkind = \"poisson\"\nsize = 1\nrate = \"10 Hz\"\n[population.out]\nsize = 1\n\
             [projection.p]\nfrom = \"in\"\nto = \"out\"\nweight = \"1 mV\"\ndevice = \"cell\"\n\
             crossbar = {{ read = {{ {amplitude} }}, w_max = \"2 mV\" }}\n[protocol]\nkind = \"simulate\"\nduration = \"1 s\"\n"
        ))
    };
    // 3 V program nothing in a device whose onset is 3.04 V, and 0.13 V nothing where it was measured otherwise.
    assert!(!network("preset = \"ag-asi-jo-2010\"", "amplitude = \"3 V\"").contains("read pulse of"));
    let analog = "preset = \"ag-tio2-pt-rs-analog\"";
    let later = format!("{analog}\nparameters = {{ set_v_on = \"0.15 V\" }}");
    assert!(!network(&later, "amplitude = \"0.13 V\"").contains("read pulse of"));
    let said = network("preset = \"ag-asi-jo-2010\"", "amplitude = \"3.1 V\"");
    assert!(
        said.contains("allowed: up to 3.04 V, where device `cell` (preset `ag-asi-jo-2010`) begins to SET"),
        "{said}"
    );
    assert!(network(analog, "amplitude = \"0.13 V\"").contains("allowed: up to 120 mV"), "{said}");
    // What is not stated is held to it as well.
    let sooner = format!("{analog}\nparameters = {{ set_v_on = \"80 mV\" }}");
    let said = network(&sooner, "width = \"1 us\"");
    assert!(said.contains("is 100 mV") && said.contains("allowed: up to 80 mV"), "{said}");
}
