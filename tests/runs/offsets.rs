//! A network whose potentials are all shifted by an offset is the same network, to the last bit.

use crate::common::{Watcher, Way, whole};
use memspike::dataset::Search;
use memspike::engine::Record;
use memspike::scenario::load_text;
use memspike::scenario::outcome::Outcome;
use memspike::scenario::plan::Plan;
use memspike::scenario::run::context::Engine;

/// Tenths of a millivolt, as they are written.
fn mv(tenths: i32) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    format!("\"{sign}{}.{} mV\"", tenths.abs() / 10, tenths.abs() % 10)
}

/// Populations of every form and reset, with and without bias, whose arrivals are steps of whole tenths: thresholds
/// are met exactly, again and again.
fn network(offset: i32) -> Plan {
    let population = |name: &str, reset: &str, more: &str| {
        let level = match reset {
            "value" => format!("u_reset = {}", mv(offset - 31)),
            "hold" => format!("v_hold = {}", mv(offset + 47)),
            _ => String::new(),
        };
        format!(
            "[population.{name}]\nsize = 4\ntau_m = \"20 ms\"\nu_rest = {}\nv_th = {}\nu_0 = {}\nreset = \"{reset}\"\n{level}\n{more}\n",
            mv(offset),
            mv(offset + 153),
            mv(offset + 61)
        )
    };
    let projection = |name: &str, from: &str, to: &str, more: &str| {
        format!("[projection.{name}]\nfrom = \"{from}\"\nto = \"{to}\"\n{more}\n")
    };
    let text = [
        "[source.noise]\nkind = \"poisson\"\nsize = 40\nrate = \"20 Hz\"\n".to_string(),
        "[source.steps]\nkind = \"regular\"\nsize = 4\nperiod = \"37 ms\"\n".to_string(),
        population("shared", "value", "t_ref = \"1 ms\""),
        population("scaled", "hold", "r_m = \"100 MOhm\"\ni_bias = \"30 pA\""),
        population("own", "subtract", "r_m = \"100 MOhm\"\ni_bias = \"153 pA\""),
        population("switches", "hold", "model = \"switch\"\ncycle_cv = 0.0\ndevice_cv = 0.0"),
        projection("a", "noise", "shared", "kernel = \"delta\"\nweight = \"5.1 mV\""),
        projection(
            "b",
            "steps",
            "scaled",
            "kernel = \"delta\"\nweight = \"12.3 mV\"\nconnect = \"one_to_one\"",
        ),
        projection(
            "c",
            "shared",
            "scaled",
            "kernel = \"delta\"\nweight = \"3 mV\"\nconnect = \"one_to_one\"\ndelay = \"1 ms\"",
        ),
        projection("d", "steps", "own", "kernel = \"delta\"\nweight = \"0.1 mV\"\nconnect = \"one_to_one\""),
        projection(
            "e",
            "scaled",
            "own",
            "kernel = \"exponential\"\ntau_syn = \"3 ms\"\nweight = \"40 pA\"\ndelay = \"2 ms\"",
        ),
        projection(
            "f",
            "steps",
            "switches",
            "kernel = \"delta\"\nweight = \"15.3 mV\"\nconnect = \"one_to_one\"",
        ),
        "[protocol]\nkind = \"simulate\"\nduration = \"1 s\"\n".to_string(),
        "[record]\nspikes = [\"shared\", \"scaled\", \"own\", \"switches\"]\n".to_string(),
    ];
    load_text("test.toml", &text.concat(), &[], None)
        .unwrap_or_else(|faults| panic!("{}", faults.render(false)))
        .plan
}

fn run(plan: &Plan, engine: Engine) -> (Outcome, Vec<(u64, Record)>) {
    let (search, mut watcher) = (Search::default(), Watcher::default());
    let outcome = whole(plan, Way { engine, watcher: Some(&mut watcher), ..Way::new(&search) }).0;
    (outcome, watcher.records)
}

#[test]
fn a_network_shifted_by_an_offset_has_the_same_spikes_and_fingerprint() {
    let (at_zero, records) = run(&network(0), Engine::Fast);
    for (population, least) in [(0, 100), (1, 100), (2, 20), (3, 100)] {
        let spikes = records.iter().filter(|(_, record)| match record {
            Record::Spike(spike) => spike.population == population,
            _ => false,
        });
        assert!(spikes.count() >= least, "population {population}");
    }
    for offset in [-700, -600, -651, -1, 77, 1234] {
        for engine in [Engine::Fast, Engine::Reference] {
            let (shifted, found) = run(&network(offset), engine);
            assert_eq!(shifted.fingerprint, at_zero.fingerprint, "{offset}");
            assert_eq!(found, records, "{offset}");
        }
    }
}

/// A neuron that a jump of 15 mV takes from -70 to -55 mV, and one whose bias is exactly its rheobase.
#[test]
fn a_jump_to_threshold_fires_and_a_bias_at_rheobase_never_does_wherever_rest_is() {
    let spikes = |rest: i32, threshold: i32, more: &str, jump: Option<&str>| {
        // An arrival at a membrane that rests at its threshold would fire it, even one of no weight.
        let (start, weight) = jump.map_or(("9 s", "1 mV"), |jump| ("0 s", jump));
        let text = format!(
            "[source.in]\nkind = \"regular\"\nsize = 1\nstart = \"{start}\"\nperiod = \"1 s\"\n\
             [population.out]\nsize = 1\nu_rest = \"{rest} mV\"\nv_th = \"{threshold} mV\"\n{more}\n\
             [projection.p]\nfrom = \"in\"\nto = \"out\"\nkernel = \"delta\"\nweight = \"{weight}\"\n\
             [protocol]\nkind = \"simulate\"\nduration = \"4.5 s\"\n"
        );
        let plan = load_text("test.toml", &text, &[], None).unwrap().plan;
        let both = [Engine::Fast, Engine::Reference].map(|engine| run(&plan, engine).0.counts.spikes[0]);
        assert_eq!(both[0], both[1]);
        both[0]
    };
    let bias = |current: &str| format!("r_m = \"100 MOhm\"\ni_bias = \"{current}\"");
    for rest in [-70, -60, 0, 30] {
        assert_eq!(spikes(rest, rest + 15, "", Some("15 mV")), 5, "{rest}");
        assert_eq!(spikes(rest, rest + 15, "", Some("14.999999999 mV")), 0, "{rest}");
        assert_eq!(spikes(rest, rest + 10, &bias("100 pA"), None), 0, "{rest}");
        assert!(spikes(rest, rest + 10, &bias("100.1 pA"), None) > 50, "{rest}");
    }
}
