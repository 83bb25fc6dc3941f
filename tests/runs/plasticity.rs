//! The shipped scenarios of plasticity against closed forms, and what a user sees who gets one wrong.

use crate::common::{Kept, Watcher, Way, array_bits, essence, plan};
use memspike::dataset::Search;
use memspike::device::memory::DoseMemory;
use memspike::device::overlap::{ExponentialWindow, window_point};
use memspike::device::preset::Preset;
use memspike::energy::Category;
use memspike::network::SourceKind;
use memspike::plasticity::entity;
use memspike::scenario::load_text;
use memspike::scenario::outcome::Outcome;
use memspike::scenario::plan::{Input, Plan};
use memspike::scenario::run::context::Engine;

fn run(plan: &Plan, engine: Engine, watcher: Option<&mut Watcher>) -> Outcome {
    let search = Search::default();
    Way { engine, watcher, ..Way::new(&search) }.run(plan, &mut Kept::default()).unwrap()
}

/// Same outcome under both engines, watched or not.
fn whatever_carries_it_out(plan: &Plan) -> Outcome {
    let want = run(plan, Engine::Fast, None);
    for got in [
        run(plan, Engine::Reference, None),
        run(plan, Engine::Fast, Some(&mut Watcher::default())),
        run(plan, Engine::Reference, Some(&mut Watcher::default())),
    ] {
        assert_eq!(array_bits(&got), array_bits(&want));
        assert_eq!(essence(&got), essence(&want));
    }
    want
}

fn array<'a>(outcome: &'a Outcome, name: &str) -> &'a [f64] {
    &outcome.arrays.iter().find(|array| array.name == name).unwrap_or_else(|| panic!("no {name}")).data
}

/// t_post - t_arrival of each pair, in seconds.
fn distances(plan: &Plan) -> Vec<f64> {
    let spikes = |index: usize| match &plan.sources[index].input {
        Input::Train(SourceKind::List(spikes)) => {
            let mut times = vec![0i64; plan.sources[index].size as usize];
            spikes.iter().for_each(|spike| times[spike.1 as usize] = spike.0.fs() as i64);
            times
        }
        other => panic!("{other:?}"),
    };
    let delay = plan.projections[0].delay.fs() as i64;
    spikes(0).iter().zip(spikes(1)).map(|(pre, post)| (post - (pre + delay)) as f64 * 1e-15).collect()
}

#[test]
fn the_window_through_the_engine_is_the_closed_form() {
    let plan = plan("stdp/pairs", &[]);
    let outcome = whatever_carries_it_out(&plan);
    let window = ExponentialWindow::default();
    let weights = array(&outcome, "weight.synapse");
    let distances = distances(&plan);
    assert!(distances.len() == weights.len() && distances.len() > 60);
    for (dt, w) in distances.iter().zip(weights) {
        let want = window.percent(*dt).max(-100.0);
        let got = 100.0 * (w / 1e-3 - 1.0);
        assert!((got - want).abs() < 1e-10, "{got} % instead of {want} % at {dt} s");
    }
    let result = &outcome.plastic[0];
    assert_eq!((result.pre_updates, result.post_updates, result.pulses), (67, 67, None));
    assert_eq!(result.histogram.iter().sum::<u64>(), 67);
    // The picture of the run shows all of them.
    assert_eq!(result.window.len(), 67);
    assert!(result.window.windows(2).all(|pair| pair[0].dt_s < pair[1].dt_s));
    for point in &result.window {
        assert!((point.change - window.percent(point.dt_s).max(-100.0) / 100.0).abs() < 1e-12, "{point:?}");
        assert!((point.change - point.closed_form.unwrap()).abs() < 1e-12, "{point:?}");
    }
    let figures = memspike::report::results::figures(&plan, &outcome, Default::default());
    let figure = figures.iter().find(|figure| figure.name == "window-synapse").unwrap();
    assert!(figure.svg.contains("closed form") && !figure.svg.contains("NaN"));
    #[cfg(feature = "png")]
    memspike::plot::Renderer::new().render(&figure.svg).unwrap();
}

#[test]
fn only_lone_pairs_make_a_window() {
    // A second spike of one pair, and the changes are no longer those of pairs.
    let second = "source.teacher={ kind = \"spike_list\", size = 67, spikes = [[\"0.1 s\", 3], [\"0.5 s\", 3], \
                  [\"0.3 s\", 4]] }";
    let outcome = run(&plan("stdp/pairs", &[second]), Engine::Fast, None);
    assert!(outcome.plastic[0].window.is_empty());
}

#[test]
fn the_window_of_the_device_comes_out_of_the_network() {
    device_window("device");
}

#[test]
fn devices_without_spread_are_all_the_nominal_one() {
    device_window("none");
}

fn device_window(spread: &str) {
    let overridden = format!("projection.synapse.plasticity.spread={spread}");
    let plan = plan("stdp/pairs-device", &[overridden.as_str()]);
    let outcome = whatever_carries_it_out(&plan);
    let preset = Preset::named("ag-tio2-pt-rs-analog").unwrap().device;
    let Some(DoseMemory { mut device, pulse: Some(pulse), spread: mut cvs, .. }) = preset.get().cloned()
    else {
        panic!("{preset:?}")
    };
    device.dose_sigma = 0.0;
    // As the scenario has it.
    (cvs.v_set, cvs.v_reset) = (0.0, 0.0);
    let conductances = array(&outcome, "conductance.synapse.plus");
    let mut energy = 0.0;
    let (mut scatter, mut n) = (0.0, 0);
    for (index, (dt, g)) in distances(&plan).iter().zip(conductances).enumerate() {
        let own = match spread {
            "device" => device.own(&cvs, plan.seed, entity(0, index)),
            _ => device.clone(),
        };
        let alone = window_point(&own, &pulse, 1e-3, *dt);
        let got = 100.0 * (g / 1e-3 - 1.0);
        assert!((got - alone.percent).abs() < 1e-7, "{got} % instead of {} % at {dt} s", alone.percent);
        energy += alone.energies.device;
        let nominal = window_point(&device, &pulse, 1e-3, *dt).percent;
        // Nothing is clipped there.
        if nominal.abs() > 1.0 && nominal > -60.0 {
            scatter += (alone.percent / nominal - 1.0).powi(2);
            n += 1;
        }
    }
    let scatter = (scatter / f64::from(n)).sqrt();
    // 5 % of g_max; a standard error of a tenth of that over some fifty devices.
    let wanted = if spread == "device" { 0.04..0.07 } else { 0.0..1e-12 };
    assert!(wanted.contains(&scatter), "{scatter} over {n} devices");
    let booked: f64 =
        outcome.energy.entries.iter().filter(|e| e.category == Category::Program).map(|e| e.joules).sum();
    assert!((booked / energy - 1.0).abs() < 1e-6, "{booked} J booked, {energy} J spent");
    assert!(!outcome.energy.not_modelled.contains(&Category::Program));
    assert_eq!(outcome.plastic[0].programming_j, Some(booked));
}

#[test]
fn a_plastic_crossbar_is_the_same_whatever_carries_it_out() {
    let plan = plan("stdp/plastic-crossbar", &["protocol.duration=200 ms"]);
    let outcome = whatever_carries_it_out(&plan);
    let result = &outcome.plastic[0];
    assert_eq!(result.pre_updates, 100 * outcome.counts.events.arrival);
    assert_eq!(result.post_updates, 1000 * outcome.counts.events.fire);
}

#[test]
fn read_energy_is_that_of_the_conductances_at_each_read() {
    // One synapse, read ten times while nothing else happens, then potentiated once, then read ten times more.
    let text = r#"[source.pre]
kind = "spike_list"
size = 1
spikes = [["1 ms", 0], ["2 ms", 0], ["3 ms", 0], ["11 ms", 0], ["12 ms", 0]]
[source.teacher]
kind = "spike_list"
size = 1
spikes = [["5 ms", 0]]
[device.analog]
preset = "ag-tio2-pt-rs-analog"
parameters = { g_min = "1 nS", g_max = "10 uS", g_start = "1 nS", g_inf = "1 nS" }
[population.post]
size = 1
[projection.synapse]
from = "pre"
to = "post"
weight = "1 mV"
device = "analog"
crossbar = { w_max = "10 mV" }
plasticity = { rule = "rectangular", window = "4 ms", a_plus = 0.5, a_minus = 0.0, relative_to = "span" }
[projection.telling]
from = "teacher"
to = "post"
weight = "300 mV"
[protocol]
kind = "simulate"
duration = "20 ms"
"#;
    let plan = load_text("test.toml", text, &[], None).map(|loaded| loaded.plan);
    let plan = plan.unwrap_or_else(|faults| panic!("{faults}"));
    let outcome = whatever_carries_it_out(&plan);
    let (g_min, span) = (1e-9, 1e-5 - 1e-9);
    let g = |w: f64| g_min + span * (w / 10e-3);
    let reads = 3.0 * (g(1e-3) + g_min) + 2.0 * (g(6e-3) + g_min);
    let booked = |category| {
        let lines = outcome.energy.entries.iter().filter(|e| e.category == category && e.owner == "synapse");
        lines.map(|entry| entry.joules).sum::<f64>()
    };
    let want = 0.1 * 0.1 * 1e-6 * reads;
    assert!((booked(Category::Read) / want - 1.0).abs() < 1e-9, "{} {want}", booked(Category::Read));
    let want = 0.2 * 0.2 * 0.5 * (g(1e-3) + g(6e-3)) * 1e-3;
    assert!((booked(Category::Program) / want - 1.0).abs() < 1e-9, "{}", booked(Category::Program));
    assert!((array(&outcome, "conductance.synapse.plus")[0] / g(6e-3) - 1.0).abs() < 1e-9);
    assert_eq!(outcome.plastic[0].pulses, Some(1));
}

#[test]
fn devices_that_learn_decay_while_they_wait() {
    // G = g_inf + (G_p - g_inf) e^(-t/tau), read at 0.1 s, 0.2 s and 0.4 s, and left for half a second.
    let text = r#"[source.pre]
kind = "spike_list"
size = 1
spikes = [["100 ms", 0], ["200 ms", 0], ["400 ms", 0]]
[device.analog]
preset = "ag-tio2-pt-rs-analog"
parameters = { g_min = "1 uS", g_max = "10 uS", g_start = "1 uS", g_inf = "1.5 uS", retention_tau = "1 s", lifetime_sigma = 0 }
[population.post]
size = 1
[projection.synapse]
from = "pre"
to = "post"
weight = "8 mV"
device = "analog"
crossbar = { arrangement = "unipolar", w_max = "10 mV" }
plasticity = { rule = "rectangular", window = "4 ms", a_plus = 0.5, a_minus = 0.0, relative_to = "span" }
[protocol]
kind = "simulate"
duration = "500 ms"
"#;
    let plan = load_text("test.toml", text, &[], None).map(|loaded| loaded.plan);
    let outcome = whatever_carries_it_out(&plan.unwrap_or_else(|faults| panic!("{faults}")));
    let g = |t: f64| 1.5e-6 + (8.2e-6 - 1.5e-6) * (-t).exp();
    let left = array(&outcome, "conductance.synapse.device")[0];
    assert!((left / g(0.5) - 1.0).abs() < 1e-12, "{left}");
    let read = outcome.energy.entries.iter().find(|e| e.category == Category::Read && e.owner == "synapse");
    let want = 0.1 * 0.1 * 1e-6 * (g(0.1) + g(0.2) + g(0.4));
    assert!((read.unwrap().joules / want - 1.0).abs() < 1e-12, "{read:?} {want}");
    // Refused where it would rise.
    let rises = text.replace("\"1.5 uS\"", "\"0.2 mS\"");
    let said = load_text("test.toml", &rises, &[], None).map(|_| ()).unwrap_err().render(false);
    let told =
        ["would rise when they are left alone", "g_inf = 200 uS, and its g_max is 10 uS", "g_inf = \"1 uS\""];
    assert!(told.iter().all(|told| said.contains(told)), "{said}");
    // Who does not learn and has no age has no decay either.
    let (from, to) = (rises.find("plasticity =").unwrap(), rises.find("[protocol]").unwrap());
    let still = format!("{}{}", &rises[..from], &rises[to..]);
    assert!(load_text("test.toml", &still, &[], None).is_ok());
}

#[test]
fn devices_whose_spikes_arrive_apart_are_read_one_by_one() {
    // A line arrives at 2, 3, 4, 12, 13 ms at the first device and at 7, 8, 9, 17, 18 ms at the second; both neurons spike at 5 ms, with
    // three arrivals of the last 4 ms at the one and none at the other.
    let text = r#"[source.pre]
kind = "spike_list"
size = 1
spikes = [["1 ms", 0], ["2 ms", 0], ["3 ms", 0], ["11 ms", 0], ["12 ms", 0]]
[source.teacher]
kind = "spike_list"
size = 1
spikes = [["5 ms", 0]]
[device.analog]
preset = "ag-tio2-pt-rs-analog"
parameters = { g_min = "1 nS", g_max = "10 uS", g_start = "1 nS", g_inf = "1 nS" }
[population.post]
size = 2
[projection.synapse]
from = "pre"
to = "post"
connect = "list"
synapses = [[0, 0, "1 mV", "1 ms"], [0, 1, "1 mV", "6 ms"]]
device = "analog"
crossbar = { w_max = "10 mV" }
plasticity = { rule = "rectangular", window = "4 ms", a_plus = 0.5, a_minus = 0.0, relative_to = "span" }
[projection.telling]
from = "teacher"
to = "post"
weight = "300 mV"
[protocol]
kind = "simulate"
duration = "20 ms"
"#;
    let plan = load_text("test.toml", text, &[], None).map(|loaded| loaded.plan);
    let plan = plan.unwrap_or_else(|faults| panic!("{faults}"));
    let outcome = whatever_carries_it_out(&plan);
    let (g_min, span) = (1e-9, 1e-5 - 1e-9);
    let g = |w: f64| g_min + span * (w / 10e-3);
    let conductances = array(&outcome, "conductance.synapse.plus");
    assert!((conductances[0] / g(6e-3) - 1.0).abs() < 1e-9 && (conductances[1] / g(1e-3) - 1.0).abs() < 1e-9);
    let reads = 8.0 * (g(1e-3) + g_min) + 2.0 * (g(6e-3) + g_min);
    let booked = |category| {
        let lines = outcome.energy.entries.iter().filter(|e| e.category == category && e.owner == "synapse");
        lines.map(|entry| entry.joules).sum::<f64>()
    };
    let want = 0.1 * 0.1 * 1e-6 * reads;
    assert!((booked(Category::Read) / want - 1.0).abs() < 1e-9, "{} {want}", booked(Category::Read));
    let want = 0.2 * 0.2 * 0.5 * (g(1e-3) + g(6e-3)) * 1e-3;
    assert!((booked(Category::Program) / want - 1.0).abs() < 1e-9, "{}", booked(Category::Program));
    assert_eq!(outcome.plastic[0].pulses, Some(1));
    // The same devices without a rule: ten reads of what was programmed.
    let (from, to) = (text.find("plasticity =").unwrap(), text.find("[projection.telling]").unwrap());
    let still = format!("{}{}", &text[..from], &text[to..]);
    let plan = load_text("test.toml", &still, &[], None).map(|loaded| loaded.plan);
    let outcome = run(&plan.unwrap_or_else(|faults| panic!("{faults}")), Engine::Fast, None);
    let entry = outcome.energy.entries.iter().find(|e| e.category == Category::Read && e.owner == "synapse");
    let want = 0.1 * 0.1 * 1e-6 * 10.0 * (g(1e-3) + g_min);
    assert!((entry.unwrap().joules / want - 1.0).abs() < 1e-9, "{entry:?} {want}");
}

const GOOD: &str = r#"[source.noise]
kind = "poisson"
size = 4
rate = "20 Hz"

[population.cells]
size = 4

[projection.jumps]
from = "noise"
to = "cells"
weight = "1 mV"
plasticity = { rule = "stdp_pair", dependence = "multiplicative", w_max = "4 mV" }

[protocol]
kind = "simulate"
duration = "1 s"
"#;

fn with(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "`{from}` is not in the scenario");
    GOOD.replacen(from, to, 1)
}

const RULE: &str = "rule = \"stdp_pair\", dependence = \"multiplicative\", w_max = \"4 mV\"";

#[test]
fn what_is_wrong_with_a_rule_is_said() {
    assert!(load_text("test.toml", GOOD, &[], None).unwrap().warnings.is_empty());
    let cases = [
        (
            "a time constant of zero",
            with(RULE, "w_max = \"4 mV\", tau_plus = \"0 ms\", tau_minus = \"-3 ms\""),
        ),
        ("no bound", with(RULE, "rule = \"stdp_pair\", dependence = \"multiplicative\"")),
        (
            "bounds in the wrong order",
            with(RULE, "w_min = \"5 mV\", w_max = \"4 mV\", dependence = \"multiplicative\""),
        ),
        ("an overlap without devices", with(RULE, "rule = \"overlap\", w_max = \"4 mV\"")),
        (
            "noise and wear without devices",
            with(RULE, "w_max = \"4 mV\", dependence = \"multiplicative\", cv_cycle = 0.1, endurance = {}"),
        ),
        ("a power law without its exponent", with(RULE, "w_max = \"4 mV\", dependence = \"power\"")),
        (
            "amplitudes of another rule",
            with(RULE, "rule = \"rectangular\", window = \"10 ms\", w_max = \"4 mV\""),
        ),
        ("a key of another rule", with(RULE, "rule = \"stdp_pair\", window = \"10 ms\", w_max = \"4 mV\"")),
        (
            "triplets that cannot be",
            with(
                RULE,
                "rule = \"stdp_triplet\", pairing = \"restricted\", a_plus = 0.1, a_minus = 0.1, w_max = \"4 mV\"",
            ),
        ),
        (
            "pulses of current",
            with("weight = \"1 mV\"", "kernel = \"rect\"\nwidth = \"1 ms\"\nweight = \"1 uA\""),
        ),
        (
            "a device without a pulse to learn from",
            with(
                RULE,
                "rule = \"overlap\", w_max = \"4 mV\" }\ndevice = \"other\"\n[device.other]\npreset = \"ag-tio2-pt-ts\"\nparameters = {",
            ),
        ),
        (
            "more than the devices can be",
            with(
                RULE,
                "w_min = \"-1 mV\", w_max = \"4 mV\", dependence = \"multiplicative\" }\ndevice = \"analog\"\ncrossbar = { w_max = \"3 mV\" }\n[device.analog]\npreset = \"ag-tio2-pt-rs-analog\"\nparameters = {",
            ),
        ),
    ];
    let page = cases.map(|(what, text)| {
        let message = match load_text("test.toml", &text, &[], None) {
            Ok(_) => panic!("accepted: {what}"),
            Err(faults) => faults.render(false),
        };
        format!("---- {what} ----\n{message}")
    });
    insta::assert_snapshot!(page.join("\n"));
}

#[test]
fn a_window_that_runs_away_is_a_warning_with_its_ratio() {
    let papers = load_text("test.toml", &with(RULE, "w_max = \"4 mV\""), &[], None).unwrap();
    let other = with(RULE, "w_max = \"4 mV\", a_plus = 0.01, a_minus = 0.0, relative_to = \"span\"");
    let other = load_text("test.toml", &other, &[], None).unwrap();
    let balanced = with(RULE, "w_max = \"4 mV\", a_minus = 3.1");
    assert!(load_text("test.toml", &balanced, &[], None).unwrap().warnings.is_empty());
    insta::assert_snapshot!(format!("{}\n{}", papers.warnings.render(false), other.warnings.render(false)));
}
