use super::*;
use crate::device::kinds::SHIPPED;
use crate::device::memory::{BinaryMemory, DoseMemory};
use crate::device::model::Draws;
use crate::device::overlap::{fit_exponential, window_point};
use crate::device::protocol::{StdpOptions, Sweep, iv, stdp, stdp_fits};
use crate::device::resistive::{BinarySwitch, Resistive as _};
use crate::device::threshold::{RelaxationOscillator, ThresholdSwitch, VolatileSwitch};
use crate::units::Second;
use crate::written::text::argument_value;
use crate::written::{At, Diagnostic, Diagnostics, Item};

fn named(name: &str) -> Preset {
    Preset::named(name).unwrap_or_else(|faults| panic!("{faults}"))
}

/// "line what" of each fault.
fn told(faults: &Diagnostics) -> Vec<String> {
    let line = |fault: &Diagnostic| fault.at.as_ref().map_or(0, |at| at.line_column().0);
    faults.iter().map(|fault| format!("{} {}", line(fault), fault.what)).collect()
}

#[test]
fn every_embedded_preset_reads_and_is_named_like_its_file() {
    assert!(Preset::names().len() >= 6);
    for name in Preset::names() {
        let preset = named(name);
        assert_eq!(preset.name, name);
        assert!(preset.parameters.iter().all(|p| !p.source.is_empty()));
        assert!(preset.v_max > Volt::ZERO);
    }
}

#[test]
fn the_papers_switch_is_the_default_switch() {
    let device = named("ag-tio2-pt-ts").device;
    let VolatileSwitch { switch, spread, .. } = device.get().unwrap();
    assert_eq!(*switch, ThresholdSwitch::default());
    assert_eq!((spread.cycle, spread.device), (0.05, 0.05));
    let draws = Draws::new(1, false);
    let table = iv(&device, &device.start(&draws), &Sweep::through(&[0.0, 0.5, 0.0]), &draws);
    assert_eq!(table.len(), 400);
}

#[test]
fn the_papers_binary_device_is_the_default_one_and_its_loop_closes() {
    let preset = named("ag-tio2-pt-rs-binary");
    let BinaryMemory { device, retention, .. } = preset.device.get().unwrap();
    let default = BinarySwitch::default();
    assert!((device.r_off.get() / default.r_off.get() - 1.0).abs() < 1e-8);
    assert_eq!(BinarySwitch { r_off: default.r_off, ..device.clone() }, default);
    assert!((retention.share(4000.0, 1.0) - 0.95).abs() < 1e-3);
    let (g, draws) = (device.median(false), Draws::new(1, false));
    let sweep = Sweep::through(&[0.0, 0.2, 0.0, -0.1, 0.0]);
    let loop_table = iv(&preset.device, &preset.device.start(&draws), &sweep, &draws);
    assert_eq!(*loop_table.values("conductance").unwrap().last().unwrap(), g);
}

#[test]
fn the_papers_analog_device_gives_its_window() {
    let preset = named("ag-tio2-pt-rs-analog").device;
    let DoseMemory { device, pulse, g_start, .. } = preset.get().unwrap();
    let pulse = pulse.unwrap();
    let options = StdpOptions { g0: *g_start, ..StdpOptions::default() };
    let table = stdp(device, &pulse, &options);
    let [plus, minus] = stdp_fits(&table, &options).map(Option::unwrap);
    for (got, want) in
        [(plus.amplitude, 138.61), (plus.tau, 64.1e-3), (minus.amplitude, -103.46), (minus.tau, 29.2e-3)]
    {
        assert!((got / want - 1.0).abs() < 0.005, "{got} {want}");
    }
    let point = window_point(device, &pulse, 1e-3, 0.02);
    assert_eq!(table.values("change").unwrap()[34], point.percent);
    assert!(fit_exponential(&[(0.01, point.percent)]).is_none());
}

#[test]
fn the_pulse_table_climbs_its_97_and_100_pulses() {
    let preset = named("ag-asi-jo-2010").device;
    let DoseMemory { device, .. } = preset.get().unwrap();
    let ramp = |v: f64, n: f64| crate::device::circuit::Ramp { from: v, to: v, length: 300e-6 * n };
    let none = crate::device::resistive::PulseDraw::None;
    let up = device.apply(device.g_min.get(), ramp(3.2, 97.0), none).g;
    assert!((up / device.g_max.get() - 1.0).abs() < 1e-9);
    let half = device.apply(device.g_min.get(), ramp(3.2, 48.5), none).g;
    assert!(half > 0.6 * device.g_max.get(), "most of it in the first half: nonlinear");
    let down = device.apply(up, ramp(-2.8, 100.0), none).g;
    assert!((down / device.g_min.get() - 1.0).abs() < 1e-9);
    assert_eq!(device.apply(up, ramp(1.0, 1e6), none).g, up, "a read changes nothing");
}

#[test]
fn a_voltage_outside_a_presets_range_is_refused() {
    let preset = named("ag-tio2-pt-rs-binary");
    for (v, holds) in [(-0.11, false), (-0.1, true), (0.0, true), (0.2, true), (0.21, false)] {
        assert_eq!(preset.check_voltage(Volt::new(v)).is_ok(), holds, "{v}");
    }
    let beyond = |v| preset.check_voltage(Volt::new(v)).unwrap_err().to_string();
    let message = "-200 mV is outside the range of preset `ag-tio2-pt-rs-binary`, -100 mV to 200 mV; ";
    assert!(beyond(-0.2).starts_with(message), "{}", beyond(-0.2));
    // What states no `v_min` holds as far either way.
    let analog = named("ag-tio2-pt-rs-analog");
    assert!(analog.check_voltage(Volt::new(-0.29)).is_ok());
    let message = analog.check_voltage(Volt::new(-0.3)).unwrap_err().to_string();
    assert!(message.contains(", up to 290 mV either way; "), "{message}");
    let text = Preset::embedded_text("ag-tio2-pt-rs-binary").unwrap();
    for (key, wrong) in [("v_min", "0.1 V"), ("v_max", "-0.1 V")] {
        let was = if key == "v_min" { "-0.1 V" } else { "0.2 V" };
        let text = text
            .replace(&format!("{key} = {{ value = \"{was}\""), &format!("{key} = {{ value = \"{wrong}\""));
        let faults = told(&Preset::parse("my.toml", &text).unwrap_err());
        assert!(faults.iter().any(|fault| fault.contains(&format!("`{key}` of preset"))), "{faults:?}");
    }
}

#[test]
fn what_is_assumed_is_listed_with_its_reason() {
    let preset = named("ag-tio2-pt-ts");
    let assumed: Vec<String> = preset.assumed().map(ToString::to_string).collect();
    assert_eq!(assumed.len(), 4);
    assert_eq!(assumed[0], "g_off = 0.1 uS (no off current can be read off fig. 1c; 0.1 to 1 uS is usual)");
}

#[test]
fn a_spread_may_be_written_as_a_percentage() {
    let text = include_str!("../../../../presets/ag-tio2-pt-ts.toml");
    let percent = text.replace("cycle_cv = { value = 0.05,", "cycle_cv = { value = \"7 %\",");
    assert_ne!(percent, text);
    let preset = Preset::parse("my.toml", &percent).unwrap();
    let VolatileSwitch { spread, .. } = preset.device.get().unwrap();
    assert_eq!((spread.cycle, spread.device), (0.07, 0.05));
}

#[test]
fn an_unknown_preset_names_the_nearest() {
    let faults = Preset::named("ag-tio2-pt-tss").unwrap_err().to_string();
    assert!(faults.contains("did you mean `ag-tio2-pt-ts`?"), "{faults}");
}

#[test]
fn every_fault_of_a_file_is_reported_with_its_line() {
    let text_of = |text: &str| told(&Preset::parse("my.toml", text).unwrap_err());
    let broken = r#"name = "x"
kind = "threshold_switch"
title = "x"
source = "me"
validity = "here"
[parameters]
tau = { value = "9.41", provenance = "measured", source = "me" }
u_rest = { value = "0 V", provenance = "measured", source = "me" }
v_th = { value = "0.25 s", provenance = "guessed", source = "me" }
v_hold = "0.1 V"
i_cc = { value = "7 uA", provenance = "measured", source = "" }
g_of = { value = "1 uS", provenance = "measured", source = "me" }
g_on = { value = "35 uS", provenance = "measured", source = "me", error = 3 }
cycle_cv = { value = "5 V", provenance = "measured", source = "me" }
v_max = { value = "1 V", provenance = "measured", source = "me" }
"#;
    assert_eq!(
        text_of(broken),
        [
            "6 `g_off` of preset `my.toml` is missing",
            "7 `tau` of preset `my.toml`: `9.41` has no unit; expected a time such as \"9.41 ms\"",
            "9 `v_th` of preset `my.toml`: `0.25 s` is in `s`; expected a voltage in V, such as \"0.25 V\"",
            "9 `v_th` of preset `my.toml` has provenance \"guessed\"",
            "10 `v_hold` of preset `my.toml` is `0.1 V`",
            "11 `i_cc` of preset `my.toml` has no source",
            "12 `g_of` of preset `my.toml` is not a key of this kind of preset",
            "13 `g_on` of preset `my.toml` has `error`",
            "14 `cycle_cv` of preset `my.toml` is `5 V`",
        ]
    );
    assert!(text_of("name = \"x\"\nkind = [")[0].starts_with("2 not valid TOML: "));
    let kind = text_of(
        "name = \"x\"\nkind = \"treshold-switch\"\ntitle = \"t\"\nsource = \"s\"\nvalidity = \"v\"\n",
    );
    assert_eq!(kind, ["2 `kind` of preset `my.toml` is `treshold-switch`"]);
}

#[test]
fn a_fault_says_what_is_allowed_and_which_name_is_near() {
    let text = include_str!("../../../../presets/ag-tio2-pt-ts.toml").replace("tau = ", "tauu = ");
    let faults = Preset::parse("my.toml", &text).unwrap_err().to_string();
    for part in ["a time such as \"9.41 ms\"", "tau, u_rest, v_th", "did you mean `tau`?", "--> my.toml:9:1"]
    {
        assert!(faults.contains(part), "{part}: {faults}");
    }
}

#[test]
fn what_is_wrong_with_a_change_is_told_where_it_was_written() {
    let mut changed = tree(&Preset::embedded("ag-tio2-pt-ts").unwrap()).unwrap();
    let source = Source::argument("--set", "v_hold=0.3 V");
    let item = Item {
        key: "v_hold".into(),
        key_at: At { source: source.clone(), span: 0..6 },
        node: argument_value(&source, 7),
    };
    change(&mut changed, "parameters", &item, "because");
    let faults = Preset::read(&changed, "this preset", &SHIPPED).unwrap_err();
    let first = faults.iter().next().unwrap();
    assert_eq!(first.at.as_ref().unwrap().to_string(), "--set v_hold=0.3 V");
    assert!(first.what.contains("required: u_rest < v_hold < v_th"), "{}", first.what);
    let lower = argument_value(&Source::argument("--set", "v_hold=0.12 V"), 7);
    change(&mut changed, "parameters", &Item { node: lower, ..item }, "because");
    let preset = Preset::read(&changed, "this preset", &SHIPPED).unwrap();
    let v_hold = preset.parameters.iter().find(|p| p.key == "v_hold").unwrap();
    let told = (v_hold.value.as_str(), v_hold.provenance, v_hold.source.as_str());
    assert_eq!(told, ("0.12 V", Provenance::Assumed, "because"));
}

#[test]
fn values_that_make_no_device_are_reported_by_the_model() {
    let text_of_file =
        include_str!("../../../../presets/ag-tio2-pt-ts.toml").replace("\"0.10 V\"", "\"0.30 V\"");
    let faults = Preset::parse("my.toml", &text_of_file).unwrap_err();
    assert_eq!(
        told(&faults),
        [
            "8 preset `my.toml`: u_rest = 430 uV, v_hold = 300 mV, v_th = 250 mV; required: u_rest < v_hold < v_th"
        ]
    );
}

#[test]
fn the_vanadium_oscillator_oscillates() {
    let preset = named("vo2-debets-2026").device;
    let oscillator: &RelaxationOscillator = preset.get().unwrap();
    let (off, on) = oscillator.phases().unwrap();
    assert!(off > on && off + on < Second::new(1e-4), "{off} {on}");
}

#[test]
fn a_law_that_is_changed_leaves_the_numbers_of_the_one_before() {
    let shipped = Preset::embedded("ag-tio2-pt-rs-analog").unwrap();
    let source = Source::argument("--set", "decay=perfect");
    let word = Item {
        key: "decay".into(),
        key_at: At { source: source.clone(), span: 0..5 },
        node: argument_value(&source, 6),
    };
    let mut changed = tree(&shipped).unwrap();
    change(&mut changed, "model", &word, "because");
    let preset = Preset::read(&changed, "this preset", &SHIPPED).unwrap();
    let decay = preset.device.memory().unwrap().retention.law;
    assert_eq!(decay, crate::device::retention::DecayLaw::Perfect);
    // A file that says both is wrong, and so is a change that belongs to neither.
    let text = include_str!("../../../../presets/ag-tio2-pt-rs-analog.toml");
    let both = text.replace("decay = \"exponential\"", "decay = \"perfect\"");
    let faults = told(&Preset::parse("my.toml", &both).unwrap_err());
    let named = ["retention_tau", "retention_b"].map(|key| faults.iter().any(|fault| fault.contains(key)));
    assert_eq!(named, [true; 2], "{faults:?}");
    let source = Source::argument("--set", "retention_taw=3 s");
    let typo = Item {
        key: "retention_taw".into(),
        key_at: At { source: source.clone(), span: 0..13 },
        node: argument_value(&source, 14),
    };
    change(&mut changed, "parameters", &typo, "because");
    assert!(Preset::read(&changed, "this preset", &SHIPPED).is_err());
}
