//! No key does nothing: whatever devices, kernel and protocol, another value of a key of neurons or synapses gives another result or
//! is refused.
//!
//! `keys` looks for one scenario that shows a key; this looks in each of some small ones for keys that are taken and not read.

use crate::common::{essence, few_patterns};
use crate::keys::{beside, values, walk};
use memspike::registry::Registry;
use memspike::scenario::outcome::Outcome;
use memspike::scenario::run::quietly;
use memspike::scenario::spec::{Fallback, Key};
use memspike::scenario::{SECTIONS, load_text};
use std::collections::BTreeMap;

const SWITCHES: &str = "[device.ts]\npreset = \"ag-tio2-pt-ts\"\n";

const MEMORIES: &str = "[device.syn]\npreset = \"ag-tio2-pt-rs-analog\"\n";

const LINES: &str = "[source.in]\nkind = \"spike_list\"\nsize = 3\nspikes = [[\"1 ms\", 0], [\"2 ms\", 1], [\"2.5 ms\", 0], [\"3 ms\", 2], \
    [\"4 ms\", 0], [\"9 ms\", 1], [\"13 ms\", 2], [\"13 ms\", 0], [\"16 ms\", 0]]\n[protocol]\nkind = \"simulate\"\nduration = \"20 ms\"\n";

const DIGITS: &str = "[source.in]\nkind = \"dataset\"\ndataset = \"mnist\"\nencode = { kind = \"poisson\", max_rate = \"64 Hz\" }\n";

const UNSUPERVISED: &str = "[protocol]\nkind = \"unsupervised\"\npresentation = \"25 ms\"\ntrain_samples = 3\ntest_samples = 2\n\
    label_samples = 2\nepochs = 1\n";

const SUPERVISED: &str = "[protocol]\nkind = \"supervised\"\npresentation = \"25 ms\"\ntrain_samples = 3\ntest_samples = 3\nepochs = 1\n";

const LIF: &str = "[population.out]\nsize = 10\ndevice = \"ts\"\n";

const SWITCH: &str = "[population.out]\nmodel = \"switch\"\nsize = 10\ndevice = \"ts\"\n";

const TO: &str = "[projection.p]\nfrom = \"in\"\nto = \"out\"\n";

/// Weights of both signs on pairs of devices: what goes below rest shows a floor.
const PAIRS: &str = "weight = { uniform = [\"-150 mV\", \"280 mV\"] }\ndevice = \"syn\"\n";

const ONE: &str = "weight = { uniform = [\"40 mV\", \"140 mV\"] }\ndevice = \"syn\"\ncrossbar = { arrangement = \"unipolar\", w_max = \"150 mV\" }\n";

const RULE: &str = "[projection.p.plasticity]\nrule = \"rectangular\"\nwindow = \"5 ms\"\na_plus = 0.1\na_minus = 0.05\nw_max = \"150 mV\"\n";

const OVERLAP: &str = "[projection.p.plasticity]\nrule = \"overlap\"\nw_max = \"150 mV\"\n";

const RECT: &str = "kernel = \"rect\"\nwidth = \"2 ms\"\nweight = { uniform = [\"-0.9 uA\", \"1.6 uA\"] }\n";

const ENERGY: &str = "[record]\nenergy = true\n";

fn bases() -> Vec<(&'static str, String)> {
    let all = |parts: &[&str]| {
        let text = parts.concat();
        let memories = if text.contains("\"syn\"") { MEMORIES } else { "" };
        [SWITCHES, memories, &text].concat()
    };
    vec![
        ("simulate, jumps, lif", all(&[LINES, LIF, TO, PAIRS])),
        ("simulate, jumps, switch", all(&[LINES, SWITCH, TO, PAIRS])),
        ("simulate, currents, lif", all(&[LINES, LIF, TO, RECT, ENERGY])),
        ("simulate, currents, switch", all(&[LINES, SWITCH, TO, RECT, ENERGY])),
        (
            "simulate, currents, series",
            all(&[LINES, SWITCH, "circuit = \"series\"\nr_s = \"200 kOhm\"\n", TO, RECT, ENERGY]),
        ),
        (
            "simulate, currents, load",
            all(&[
                LINES,
                SWITCH,
                "circuit = \"load\"\nr_s = \"200 kOhm\"\nc = \"10 nF\"\n",
                TO,
                RECT,
                ENERGY,
            ]),
        ),
        ("simulate, learning", all(&[LINES, LIF, TO, ONE, RULE])),
        ("simulate, overlap", all(&[LINES, SWITCH, TO, ONE, OVERLAP])),
        ("supervised, lif", all(&[DIGITS, SUPERVISED, LIF, TO, PAIRS])),
        ("supervised, switch", all(&[DIGITS, SUPERVISED, SWITCH, TO, PAIRS])),
        (
            "unsupervised, lif",
            all(&[DIGITS, UNSUPERVISED, LIF, "[population.out.competition]\n", TO, ONE, RULE]),
        ),
        (
            "unsupervised, switch",
            all(&[
                DIGITS,
                UNSUPERVISED,
                SWITCH,
                "[population.out.competition]\nkind = \"switches\"\n",
                TO,
                ONE,
                OVERLAP,
            ]),
        ),
    ]
}

/// Keys whose values do nothing where something else does not happen, which nobody can know before.
const BY_CHANCE: &[(&str, &str)] = &[
    ("population.out.reset = \"hold\"", "what a switch does anyway, and may be said"),
    ("population.out.floor = \"rest\"", "the default of switches, and of a `lif` that nothing inhibits"),
    ("population.out.model", "the model that it is"),
    ("projection.p.kernel = \"delta\"", "the kernel that it has"),
    ("population.out.competition.kind", "the kind that it is"),
    ("projection.p.crossbar.arrangement", "the arrangement that it has"),
    ("projection.p.plasticity.rule", "the rule that it has"),
    (
        "projection.p.plasticity.dispersion.g_min",
        "no weight comes down to the end of its range in these few milliseconds",
    ),
    ("projection.p.plasticity.endurance.m", "nor does its range close so far"),
];

fn outcome(text: &str, overrides: &[String]) -> Result<Outcome, String> {
    let plan = load_text("idle.toml", text, overrides, None).map_err(|faults| faults.to_string())?.plan;
    Ok(essence(&quietly(&plan, 1, few_patterns()).map_err(|error| error.to_string())?))
}

#[test]
fn a_key_of_neurons_and_synapses_is_read_or_refused_in_every_protocol_and_kernel() {
    let registry = Registry::shipped();
    let mut keys: Vec<(String, Key)> = Vec::new();
    for (section, name) in [("population", "out"), ("projection", "p")] {
        let keys_of = SECTIONS.iter().find(|of| of.name == section).unwrap().keys;
        walk(&format!("{section}.{name}"), keys_of, &registry, &mut keys);
    }
    let mut idle: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut read = 0;
    for (name, text) in bases() {
        let was = outcome(&text, &[]).unwrap_or_else(|faults| panic!("{name}: {faults}\n{text}"));
        let taken = |path: &str, key: &Key| {
            let mut taken = None;
            let default = |value: &String| matches!(key.default, Fallback::Value(text, ..) if text == value);
            for value in beside(key).into_iter().chain(values(key)).filter(|value| !default(value)) {
                match outcome(&text, &[format!("{path}={value}")]) {
                    Ok(is) if is != was => return None,
                    Ok(_) => taken = Some(value),
                    Err(_) => {}
                }
            }
            taken
        };
        for (path, key) in &keys {
            match taken(path, key) {
                Some(value) => idle.entry(format!("{path} = {value}")).or_default().push(name),
                None => read += 1,
            }
        }
    }
    idle.retain(|key, _| BY_CHANCE.iter().all(|(known, _)| !key.starts_with(known)));
    let told = |(key, bases): (&String, &Vec<&str>)| format!("{key}: {}", bases.join("; "));
    assert!(
        idle.is_empty(),
        "neither read nor refused:\n{}",
        idle.iter().map(told).collect::<Vec<_>>().join("\n")
    );
    assert!(read > 500, "{read}");
}
