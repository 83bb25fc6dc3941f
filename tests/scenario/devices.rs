//! One device, described once: what it can be in a network, and what it spends there.

use memspike::dataset::Search;
use memspike::device::model::Role;
use memspike::device::preset::Preset;
use memspike::energy::{Category, Ledger};
use memspike::registry::Registry;
use memspike::scenario::{load, load_text, run};

const ONE: &str = "[\"960 us\", 0]";

/// A network of a line of spikes and one population, with what `population` and `projection` say.
fn network(devices: &str, population: &str, projection: &str, spikes: &str) -> String {
    format!(
        "{devices}\n[source.in]\nkind = \"spike_list\"\nsize = 1\nspikes = [{spikes}]\n\
         [population.out]\nsize = 1\n{population}\n\
         [projection.p]\nfrom = \"in\"\nto = \"out\"\nweight = \"300 mV\"\n{projection}\n\
         [protocol]\nkind = \"simulate\"\nduration = \"1 ms\"\n"
    )
}

fn energy(text: &str) -> (Ledger, Vec<String>) {
    let loaded = load_text("test.toml", text, &[], None).unwrap_or_else(|faults| panic!("{faults}"));
    let outcome = run::quietly(&loaded.plan, 1, &Search::default()).unwrap();
    (outcome.energy, outcome.notes)
}

fn of(ledger: &Ledger, category: Category) -> f64 {
    ledger.entries.iter().filter(|entry| entry.category == category).map(|entry| entry.joules).sum()
}

#[test]
fn every_shipped_device_is_what_its_kind_says_it_can_be_and_else_says_what_it_lacks() {
    let registry = Registry::shipped();
    for name in Preset::names() {
        let preset = Preset::named(name).unwrap();
        let kind = preset.device.kind();
        let device = format!("[device.d]\npreset = \"{name}\"\n");
        // A registered model that is made of its kind, or a switch; a rule whose weight is its state, or none.
        let model = registry.neurons().iter().find(|entry| entry.device == Some(kind.name));
        let model = model.map_or("switch", |entry| entry.name);
        let rule = registry.rules().iter().find(|entry| entry.device == Some(kind.name));
        let rule = rule.map_or_else(String::new, |entry| {
            format!("\nplasticity = {{ rule = \"{}\", w_max = \"300 mV\" }}", entry.name)
        });
        let as_neuron = network(&device, &format!("model = \"{model}\"\ndevice = \"d\""), "", ONE);
        let as_synapse = network(&device, "", &format!("device = \"d\"{rule}"), ONE);
        for (role, word, text) in
            [(Role::Neuron, "neuron", as_neuron), (Role::Synapse, "synapse", as_synapse)]
        {
            match load_text("test.toml", &text, &[], None) {
                Ok(_) => assert!(kind.roles.contains(&role), "{name} as a {word}"),
                Err(faults) => {
                    assert!(!kind.roles.contains(&role), "{name} as a {word}:\n{faults}");
                    let lacks = kind.lacking(word).unwrap_or_else(|| panic!("{name} as a {word}"));
                    assert!(faults.render(false).contains(lacks), "{faults}");
                }
            }
        }
    }
}

#[test]
fn a_short_term_synapse_takes_its_device_and_a_rule_of_filaments_no_other() {
    let told = |preset: &str, projection: &str| {
        let device = format!("[device.d]\npreset = \"{preset}\"\nparameters = {{ v_max = \"0.6 V\" }}\n");
        let text = network(&device, "", &format!("device = \"d\"\n{projection}"), ONE);
        load_text("test.toml", &text, &[], None)
            .map_err(|faults| faults.render(false))
            .map(|loaded| loaded.plan)
    };
    let rule = "plasticity = { rule = \"filament\", w_max = \"300 mV\" }";
    let plan = told("ag-tio2-pt-ts", rule).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(plan.projections[0].device.is_none() && plan.projections[0].plasticity.is_some());
    let memory = told("ag-tio2-pt-rs-analog", rule).unwrap_err();
    assert!(memory.contains("is about a device that forgets, and its device is a dose device"), "{memory}");
    let crossbar = told("ag-tio2-pt-ts", &format!("{rule}\ncrossbar = {{ levels = 4 }}")).unwrap_err();
    assert!(crossbar.contains("the `crossbar` of projection `p` has no effect"), "{crossbar}");
    let plain = told("ag-tio2-pt-ts", "").unwrap_err();
    assert!(plain.contains("rule = \"filament\""), "{plain}");
}

/// Two arrivals so far from one another that filaments are at rest before each, and what they take.
fn filaments(parameters: &str, more: &str) -> Result<(Ledger, Vec<String>), String> {
    let device = format!("[device.d]\npreset = \"ag-tio2-pt-ts\"\nparameters = {{ {parameters} }}\n");
    let text = network(&device, "", &format!("device = \"d\"\n{more}"), "[\"1 ms\", 0], [\"500 ms\", 0]")
        .replace("duration = \"1 ms\"", "duration = \"1 s\"");
    let loaded = load_text("test.toml", &text, &[], None).map_err(|faults| faults.render(false))?;
    let outcome = run::quietly(&loaded.plan, 1, &Search::default()).unwrap();
    Ok((outcome.energy, outcome.notes))
}

#[test]
fn filaments_are_paid_for_at_each_arrival_and_differ_as_their_device_says() {
    let rule = |more: &str| format!("plasticity = {{ rule = \"filament\", w_max = \"300 mV\"{more} }}");
    let (ledger, notes) = filaments("cycle_cv = 0.0, device_cv = 0.0", &rule("")).unwrap();
    // V^2 [g_off d + (g_pre - g_off)/v_th (V' d - (V' - u_0) tau (1 - e^(-d/tau)))] from rest, u_0 = u_rest, twice.
    let (v, d, tau, rest) = (0.5f64, 1e-3, 9.41e-3, 0.43e-3);
    let one = v * v * (1e-7 * d + 9e-7 / 0.25 * ((v + rest) * d - v * tau * (1.0 - (-d / tau).exp())));
    let read = of(&ledger, Category::Read);
    assert!((read / (2.0 * one) - 1.0).abs() < 1e-9, "{read}, not {}", 2.0 * one);
    assert_eq!(of(&ledger, Category::Limiter), 0.0);
    assert!(!ledger.not_modelled.contains(&Category::Program), "{:?}", ledger.not_modelled);
    assert!(notes.iter().any(|note| note.contains("its joules are those of reading")), "{notes:?}");
    // Its own spread, that of the preset, and none that the rule says.
    let (differs, _) = filaments("v_max = \"0.6 V\"", &rule("")).unwrap();
    let share = of(&differs, Category::Read) / read - 1.0;
    assert!(share != 0.0 && share.abs() < 0.1, "{share}");
    let (alike, _) = filaments("v_max = \"0.6 V\"", &rule(", cycle_cv = 0.0, device_cv = 0.0")).unwrap();
    assert_eq!(of(&alike, Category::Read), read);
    // What is stuck on takes all that the limiter passes: 0.2 V across it, and 0.3 V across the limiter.
    let stuck = format!("{}\ncrossbar = {{ faults = {{ stuck_on = 1.0 }} }}", rule(""));
    let (stuck, _) = filaments("v_max = \"0.6 V\"", &stuck).unwrap();
    let [read, limiter] = [Category::Read, Category::Limiter].map(|category| of(&stuck, category));
    assert!((read / (2.0 * 0.2 * 7e-9) - 1.0).abs() < 1e-9, "{read}");
    assert!((limiter / (2.0 * 0.3 * 7e-9) - 1.0).abs() < 1e-9, "{limiter}");
}

#[test]
fn what_a_filament_cannot_have_is_refused_with_what_it_lacks() {
    for (key, lacks) in [
        ("cv_cycle = 0.1", "no pulse programs it"),
        ("dependence = \"multiplicative\"", "what a filament does is its device's own"),
        ("program = { width = \"2 ms\" }", "the pulse of an arrival moves it"),
        ("dispersion = { a_plus = 0.1 }", "it grows and relaxes with one time constant"),
        ("dispersion = { initial = 0.1 }", "the first arrival replaces the weight"),
    ] {
        let rule = format!("plasticity = {{ rule = \"filament\", w_max = \"300 mV\", {key} }}");
        let told = filaments("v_max = \"0.6 V\"", &rule).unwrap_err();
        assert!(told.contains("has no effect") && told.contains(lacks), "{told}");
    }
    for key in ["tau_cv = 0.1", "device_cv = 0.1", "endurance = {}", "dispersion = { g_max = 0.1 }"] {
        let rule = format!("plasticity = {{ rule = \"filament\", w_max = \"300 mV\", {key} }}");
        let faults = load_text("test.toml", &network("", "", &rule, ONE), &[], None).unwrap_err();
        assert!(faults.render(false).contains("is about devices"), "{faults}");
    }
    let rule = "plasticity = { rule = \"filament\", w_max = \"300 mV\" }\ncrossbar = {";
    let levels =
        filaments("v_max = \"0.6 V\"", &format!("{rule} levels = 4, faults = {{ stuck_on = 0.1 }} }}"));
    assert!(levels.unwrap_err().contains("`levels` of the `crossbar` of projection `p` has no effect"));
}

#[test]
fn an_analog_memory_counts_pulses_that_are_paid_for_and_fires() {
    let device = "[device.d]\npreset = \"ag-tio2-pt-rs-analog\"\nparameters = { dose_sigma = 0.0, spread_g_min = 0.0, \
                  spread_g_max = 0.0, spread_v_set = 0.0, spread_v_reset = 0.0, spread_v_scale = 0.0 }\n";
    // Pulses of 0.25 V and 1 ms: the 21st passes 2 mS, as 3.8 mS e^(50/9.8) 1 ms/13.06 s fits 20.9 times into a millisiemens.
    let spikes: Vec<String> = (0..30).map(|k| format!("[\"{} ms\", 0]", 10 * k)).collect();
    let text =
        network(device, "model = \"accumulate\"\ndevice = \"d\"\ng_th = \"2 mS\"", "", &spikes.join(", "))
            .replace("weight = \"300 mV\"", "weight = \"250 mV\"")
            .replace("duration = \"1 ms\"", "duration = \"400 ms\"")
            + "[record]\nspikes = [\"out\"]\nenergy = true\n";
    let loaded = load_text("test.toml", &text, &[], None).unwrap_or_else(|faults| panic!("{faults}"));
    let outcome = run::quietly(&loaded.plan, 1, &Search::default()).unwrap();

    assert_eq!(outcome.counts.spikes, [1], "{:?}", outcome.notes);
    let (ledger, notes) = (outcome.energy, outcome.notes);
    // Thirty pulses through 1 to 2 mS, one of which is lost in the RESET, and RESET itself.
    let spent = of(&ledger, Category::Neuron) + of(&ledger, Category::Limiter);
    let pulse = 0.25 * 0.25 * 1e-3;
    assert!(
        spent > 29.0 * pulse * 1e-3 && spent < 31.0 * pulse * 2.1e-3 + 0.3 * 0.3 * 1e-3 * 2.1e-3,
        "{spent} J"
    );
    assert!(notes.iter().all(|note| !note.contains("unknown width")), "{notes:?}");
    // Two hundred pulses and what resets it: more than were measured. Few survive fifty times as many as n_f.
    let many: Vec<String> = (0..200).map(|k| format!("[\"{} ms\", 0]", 10 * k)).collect();
    let worn = |n_f: &str| {
        let text = text
            .replace(&spikes.join(", "), &many.join(", "))
            .replace("400 ms", "2 s")
            .replace("g_th = ", &format!("n_f = {n_f}\ng_th = "));
        let loaded = load_text("test.toml", &text, &[], None).unwrap_or_else(|faults| panic!("{faults}"));
        let outcome = run::quietly(&loaded.plan, 1, &Search::default()).unwrap();
        (outcome.counts.spikes[0], outcome.notes)
    };
    let (spikes_of_sound, notes) = worn("1e6");
    assert!(spikes_of_sound >= 8, "{spikes_of_sound}");
    let told = notes.iter().find(|note| note.contains("was programmed most took"));
    assert!(told.is_some_and(|note| note.ends_with("worn out: 0 of 1")), "{notes:?}");
    assert_eq!(worn("4").0, 0);
    let binary = text.replace("ag-tio2-pt-rs-analog", "ag-tio2-pt-rs-binary");
    let binary = binary.lines().filter(|line| !line.contains("spread_g_max")).collect::<Vec<_>>().join("\n");
    let refused = load_text("test.toml", &binary, &[], None).unwrap_err().render(false);
    assert!(refused.contains("is not a dose device, but a binary switch"), "{refused}");
}

#[test]
fn the_values_of_a_device_are_those_of_the_neurons_and_the_weights_made_of_it() {
    let devices = "[device.d]\npreset = \"vo2-debets-2026\"\nparameters = { v_dc = \"3.2 V\" }\n\
                   [device.s]\npreset = \"vteam-kvatinsky-2015\"\n";
    let text = network(devices, "model = \"oscillator\"\ndevice = \"d\"", "", ONE).replace("300 mV", "1 mV");
    let plan = load_text(
        "test.toml",
        &text.replace("[device.s]\npreset = \"vteam-kvatinsky-2015\"\n", ""),
        &[],
        None,
    );
    let plan = plan.unwrap_or_else(|faults| panic!("{faults}")).plan;
    let stated: Vec<_> =
        plan.populations[0].keys.iter().filter(|(key, _)| key == "v_dc" || key == "v_th").collect();
    assert_eq!(format!("{stated:?}"), "[(\"v_dc\", \"3.2 V\"), (\"v_th\", \"1.2 V\")]");
    let text = network(&devices[devices.find("[device.s]").unwrap()..], "", "device = \"s\"", ONE);
    let plan = load_text("test.toml", &text, &[], None).unwrap_or_else(|faults| panic!("{faults}")).plan;
    let range = plan.projections[0].device.as_ref().unwrap().range;
    assert_eq!((range.g_min.get(), range.g_max.get(), range.levels), (1e-3, 20e-3, None));
    // A device that is on or off has two levels, and its resistances.
    let text = network(
        "[device.b]\npreset = \"ag-tio2-pt-rs-binary\"",
        "",
        "device = \"b\"\ncrossbar = { spread = \"device\" }",
        ONE,
    );
    let plan = load_text("test.toml", &text, &[], None).unwrap_or_else(|faults| panic!("{faults}")).plan;
    let device = plan.projections[0].device.as_ref().unwrap();
    assert_eq!((device.range.g_max.get(), device.range.levels), (1.0 / 200.0, Some(2)));
    assert!((device.range.g_min.get() * 3.162_277_66e6 - 1.0).abs() < 1e-12);
    assert_eq!((device.spread.cv_on, device.spread.cv_off), (0.0081, 0.0115));
}

#[test]
fn a_file_of_ones_own_is_neuron_and_synapse_of_shipped_networks_without_any_further_key() {
    let folder = tempfile::tempdir().unwrap();
    for (preset, file, changed) in [
        ("ag-tio2-pt-ts", "switch.toml", [("9.41 ms", "7.5 ms"), ("0.25 V", "0.31 V")]),
        ("ag-tio2-pt-rs-analog", "synapse.toml", [("\"4 mS\"", "\"1.5 mS\""), ("\"0.2 mS\"", "\"0.1 mS\"")]),
    ] {
        let text = Preset::embedded_text(preset).unwrap().replace(preset, "mine");
        let text = changed.iter().fold(text, |text, (old, new)| text.replace(old, new));
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let set =
        |device: &str, file: &str| format!("device.{device}.preset={}", folder.path().join(file).display());
    let both = [set("switch", "switch.toml"), set("synapse", "synapse.toml")];
    for name in ["mnist-switch", "mnist-devices", "stdp/digits"] {
        let plan = load(name, &both, None).unwrap_or_else(|faults| panic!("{name}: {faults}")).plan;
        let range = plan.projections[0].device.as_ref().unwrap().range;
        assert_eq!((range.g_min.get(), range.g_max.get()), (1e-4, 1.5e-3), "{name}");
        let membrane = plan.populations[0].neuron.membrane();
        assert_eq!(membrane.v_th.get(), 0.31, "{name}");
        // `stdp/digits` states its own.
        assert_eq!(membrane.tau_m.get(), if name == "stdp/digits" { 1.0 } else { 7.5e-3 }, "{name}");
        assert_eq!(
            plan.populations[0].switch.unwrap().v_drive.get(),
            0.31,
            "{name}: the device's own threshold"
        );
    }
}

#[test]
fn a_switch_is_paid_for_while_it_is_on_and_nothing_without_a_device() {
    // A thousand spikes in a millisecond: 1.4 uW for a millisecond, not 140 nJ.
    let spikes: Vec<String> = (0..1000).map(|k| format!("[\"{k} us\", 0]")).collect();
    let device = "[device.d]\npreset = \"ag-tio2-pt-ts\"";
    let (ledger, notes) = energy(&network(device, "device = \"d\"", "", &spikes.join(", ")));
    assert!((of(&ledger, Category::Neuron) / 1.4e-9 - 1.0).abs() < 1e-12, "{ledger:?}");
    // The supply is the threshold of the device: 50 mV of 7 uA are left for the limiter.
    assert!((of(&ledger, Category::Limiter) / 3.5e-10 - 1.0).abs() < 1e-12, "{ledger:?}");
    assert!(notes.iter().any(|note| note.contains("99.00 % of the on-times")), "{notes:?}");
    // One spike 40 us before the end.
    let (ledger, notes) = energy(&network(device, "device = \"d\"", "", ONE));
    assert!((of(&ledger, Category::Neuron) / 5.6e-11 - 1.0).abs() < 1e-12, "{ledger:?}");
    assert!(notes.iter().all(|note| !note.contains("on-times")), "{notes:?}");
    let (ledger, _) = energy(&network("", "", "", &spikes.join(", ")));
    assert!(ledger.entries.is_empty(), "{ledger:?}");
    let (ledger, _) = energy(&network("", "cost = \"loihi\"", "", &spikes.join(", ")));
    assert!((ledger.total() / 23.6e-9 - 1.0).abs() < 1e-12, "{ledger:?}");
    for (population, projection, says) in [
        ("switch = { i_cc = \"1 uA\" }", "", "population `out` has a `switch`, and no device"),
        ("", "crossbar = { levels = 4 }", "projection `p` has a `crossbar`, and no device"),
        ("device = \"d\"\ncost = \"loihi\"", "", "has a device and the `cost` of a chip"),
    ] {
        let text =
            network(if population.contains("device") { device } else { "" }, population, projection, ONE);
        let message = load_text("test.toml", &text, &[], None).unwrap_err().render(false);
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn a_device_wears_as_it_says_where_a_rule_says_no_more_than_that_it_does() {
    let loaded = |parameters: &str, wear: &str| {
        let text = format!(
            "[source.in]\nkind = \"regular\"\nsize = 1\nperiod = \"1 ms\"\n[device.syn]\npreset = \"ag-tio2-pt-rs-binary\"\n{parameters}\n\
             [population.out]\nsize = 1\n[projection.p]\nfrom = \"in\"\nto = \"out\"\nweight = \"1 mV\"\ndevice = \"syn\"\n\
             crossbar = {{ arrangement = \"unipolar\" }}\n[projection.p.plasticity]\nrule = \"rectangular\"\nwindow = \"5 ms\"\na_plus = 0.1\n\
             a_minus = 0.1\nw_max = \"2 mV\"\nendurance = {wear}\n[protocol]\nkind = \"simulate\"\nduration = \"1 ms\"\n"
        );
        load_text("test.toml", &text, &[], None)
    };
    let n_f = |parameters: &str, wear: &str| {
        let plan = loaded(parameters, wear).unwrap_or_else(|faults| panic!("{faults}")).plan;
        plan.projections[0].plasticity.as_ref().unwrap().endurance.unwrap().n_f
    };
    assert_eq!(n_f("", "{}"), 1e6);
    assert_eq!(n_f("parameters = { endurance = 5e4 }", "{}"), 5e4);
    // Beside a number of the rule, that of the device would be read by nobody, which is refused.
    assert_eq!(n_f("", "{ n_f = 7e3 }"), 7e3);
    let both = loaded("parameters = { endurance = 5e4 }", "{ n_f = 7e3 }").unwrap_err().render(false);
    assert!(
        both.contains("`endurance` of device `syn` has no effect") && both.contains("test.toml:7"),
        "{both}"
    );
}

#[test]
fn a_chip_takes_what_is_published_for_each_synaptic_event_that_arrives() {
    for (chip, picojoules) in
        [("loihi", 23.6), ("truenorth_typical", 26.0), ("truenorth_peak", 2.5), ("spinnaker2", 10.0)]
    {
        // Five spikes reach all four neurons, at once or one by one, or one each.
        let apart = "delay = { uniform = [\"0 ms\", \"1 ms\"] }";
        for (connect, delay, events) in
            [("all_to_all", "", 20.0), ("all_to_all", apart, 20.0), ("one_to_one", "", 5.0)]
        {
            let text = format!(
                "[source.in]\nkind = \"spike_list\"\nsize = 4\nspikes = [[\"1 ms\", 0], [\"2 ms\", 1], [\"2 ms\", 2], [\"3 ms\", 0], [\"4 ms\", 3]]\n\
                 [population.out]\nsize = 4\ncost = \"{chip}\"\n[projection.p]\nfrom = \"in\"\nto = \"out\"\nconnect = \"{connect}\"\n\
                 weight = \"1 mV\"\n{delay}\n[protocol]\nkind = \"simulate\"\nduration = \"5 ms\"\n"
            );
            let joules = energy(&text).0.total();
            let want = events * picojoules * 1e-12;
            assert!(
                (joules / want - 1.0).abs() < 1e-12,
                "{chip}, {connect}, {delay}: {joules:e} J, not {want:e} J"
            );
        }
    }
}
