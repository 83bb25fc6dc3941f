//! Every word of the table is understood: each lowers to a plan, and no two words of a key to the same one.
//!
//! A key of words that is added to the table without a case here fails the first test. Lowering panics where it
//! asks for a key that the table does not have, so walking every word also finds keys misspelt in the code.

use crate::layers::{COUNTS, OUTPUT, READOUT, SURROGATE};
use memspike::dataset::known::Known;
use memspike::dataset::{self, Dataset, Holds, Split};
use memspike::record::table::{Column, ColumnKind, Rows as Table, Schema, Value};
use memspike::record::{Format, LogReader, LogRecorder, Recorder as _, WriteError};
use memspike::registry::Registry;
use memspike::scenario::plan::Plan;
use memspike::scenario::protocol::supervised::SupervisedResult;
use memspike::scenario::spec::{Choice, Key, Kind, SpreadWord, Word as _};
use memspike::scenario::{Changes, load, load_text, load_text_with, run};
use memspike::scenario::{SECTIONS, inner};
use memspike::time::Time;
use std::collections::BTreeMap;
use std::io::Write;

const SIMULATE: &str = r#"
[source.s]
kind = "poisson"
size = 4
rate = "10 Hz"
[population.p]
size = 4
[projection.j]
from = "s"
to = "p"
weight = "1 mV"
[protocol]
kind = "simulate"
duration = "1 s"
"#;

const MAPS: &str = r#"
[source.s]
kind = "poisson"
size = 4
rate = "10 Hz"
[population.q]
size = 4
shape = [1, 2, 2]
[population.p]
size = 1
shape = [1, 1, 1]
[projection.i]
from = "s"
to = "q"
connect = "one_to_one"
weight = "1 mV"
[projection.j]
from = "q"
to = "p"
connect = "convolution"
kernel_size = [2, 2]
weight = "1 mV"
[protocol]
kind = "simulate"
duration = "1 s"
"#;

/// What makes its weights of devices.
const ON_DEVICES: [&str; 2] = ["device.d.preset=ag-tio2-pt-rs-analog", "projection.j.device=d"];

const BENCH: &str = r#"
[device.switch]
preset = "ag-tio2-pt-ts"
[device.binary]
preset = "ag-tio2-pt-rs-binary"
[device.analog]
preset = "ag-tio2-pt-rs-analog"
[experiment.e]
kind = "power"
device = "switch"
[protocol]
kind = "device"
"#;

/// A network with what `--set` changes in it.
fn network(changes: &[&str]) -> Result<Plan, String> {
    text(SIMULATE, changes)
}

fn bench(changes: &[&str]) -> Result<Plan, String> {
    text(BENCH, changes)
}

fn text(text: &str, changes: &[&str]) -> Result<Plan, String> {
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    load_text("words.toml", text, &changes, None)
        .map(|loaded| loaded.plan)
        .map_err(|faults| faults.to_string())
}

fn shipped(name: &str, changes: &[&str]) -> Result<Plan, String> {
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    load(name, &changes, None).map(|loaded| loaded.plan).map_err(|faults| faults.to_string())
}

/// A plan of layers that shows a data set in this code.
fn with_encode(dataset: &str, more: &str, word: &str) -> Result<Plan, String> {
    let found = include_str!("../../scenarios/layers/yin-yang/scenario.toml");
    let encode = found.lines().find(|line| line.starts_with("encode = ")).unwrap();
    let changed = found.replace(encode, &format!("encode = {{ {more}kind = \"{word}\" }}"));
    let classes = match dataset {
        "yin_yang" => 3,
        "delayed_match" => 2,
        _ => 10,
    };
    let size = format!("population.output.size={classes}");
    text(&changed, &[&format!("source.points.dataset=\"{dataset}\""), &size])
}

const COCHLEA: &str =
    "encode = { kind = \"cochlea\", f_max = \"3 kHz\", tau = \"2 ms\", u_th = 0.1, refractory = \"5 ms\" }";

/// A plan that shows data of one's own in files of this kind.
fn own_data(kind: &str) -> Result<Plan, String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/data");
    let (train, more) = match kind {
        "npz" => ("samples.npz", "test = \"50 %\""),
        "npy" => ("x.npy", "train_labels = \"FOLDER/y.npy\", test = \"50 %\""),
        "idx" => (
            "x.idx",
            "train_labels = \"FOLDER/y.idx\", test = \"FOLDER/x.idx\", test_labels = \"FOLDER/y.idx\"",
        ),
        "csv" => ("samples.csv", "test = \"FOLDER/samples.csv\""),
        "png" if cfg!(feature = "png") => ("png", "test = \"FOLDER/png\""),
        // What is said without the feature is tested where the command line is.
        "png" => return own_data("npz"),
        "recordings" => ("recordings", "test = \"FOLDER/recordings\""),
        "sound" => ("sound", "test = \"FOLDER/sound\""),
        "spikes" => ("spikes.csv", "test = \"FOLDER/spikes.csv\", lines = 8"),
        _ => return Err(format!("there are no files of kind {kind}")),
    };
    let data = format!("data = {{ kind = \"{kind}\", train = \"FOLDER/{train}\", {more} }}")
        .replace("FOLDER", folder);
    let spikes = matches!(kind, "recordings" | "sound" | "spikes");
    let found = if spikes {
        include_str!("../../scenarios/layers/yin-yang/scenario.toml").replace("size = 3", "size = 2")
    } else {
        include_str!("../../scenarios/digits/scenario.toml").replace("size = 10", "size = 2")
    };
    let named = found.lines().find(|line| line.starts_with("dataset = ")).unwrap();
    let encode = found.lines().find(|line| line.starts_with("encode = ")).unwrap();
    let changed = found.replace(named, &data);
    text(
        &match kind {
            "sound" => changed.replace(encode, COCHLEA),
            _ if spikes => changed.replace(encode, "encode = { kind = \"events\" }"),
            _ => changed,
        },
        &["scenario.seed=2"],
    )
}

/// Layers that learn the numbers of a table by this objective.
fn numbers(objective: &str) -> Result<Plan, String> {
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/data/samples.csv");
    let data =
        format!("data = {{ kind = \"csv\", train = \"{table}\", test = \"{table}\", targets = \"values\" }}");
    let found = include_str!("../../scenarios/layers/yin-yang/scenario.toml");
    text(
        &found
            .replace("dataset = \"yin_yang\"", &data)
            .replace("size = 3", "size = 1")
            .replace("kind = \"first_spike\", tau = \"0.4 ms\", early = 0.003", "kind = \"max_voltage\""),
        &[&format!("protocol.gradient.objective.kind=\"{objective}\"")],
    )
}

/// A plan in which the key of this path has this word; `None` for a key that has no case here.
fn plan(path: &str, word: &str) -> Option<Result<Plan, String>> {
    let set = |key: &str| format!("{key}=\"{word}\"");
    let with = |key: &str, more: &[&'static str]| -> Vec<String> {
        [set(key)].into_iter().chain(more.iter().map(ToString::to_string)).collect()
    };
    let run = |base: fn(&[&str]) -> Result<Plan, String>, key: &str, more: &[&'static str]| {
        let changes = with(key, more);
        Some(base(&changes.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    let supervised: fn(&[&str]) -> Result<Plan, String> = |changes| shipped("digits", changes);
    let layers: fn(&[&str]) -> Result<Plan, String> = |changes| shipped("layers/yin-yang", changes);
    let sound: fn(&[&str]) -> Result<Plan, String> = |changes| shipped("layers/spoken-digits", changes);
    let unsupervised: fn(&[&str]) -> Result<Plan, String> = |changes| shipped("stdp/digits", changes);
    let in_situ: fn(&[&str]) -> Result<Plan, String> = |changes| shipped("layers/mnist-insitu", changes);
    match path {
        "protocol.gradient.in_situ.spread" | "protocol.gradient.in_situ.update" => run(in_situ, path, &[]),
        "source.kind" => match word {
            "poisson" => run(network, "source.s.kind", &[]),
            "poisson_steps" => run(network, "source.s.kind", &["source.s.rates=[[\"0 ms\", \"10 Hz\"]]"]),
            "poisson_sine" => run(network, "source.s.kind", &["source.s.period=\"10 ms\""]),
            "gamma" => run(network, "source.s.kind", &["source.s.cv=0.5"]),
            "spike_list" => run(network, "source.s.kind", &["source.s.spikes=[[\"1 ms\", 0]]"]),
            "replay" => Some(replayed()),
            "regular" => run(network, "source.s.kind", &["source.s.period=\"10 ms\""]),
            "bursts" => run(
                network,
                "source.s.kind",
                &["source.s.period=\"10 ms\"", "source.s.count=2", "source.s.interval=\"1 ms\""],
            ),
            "dataset" => run(supervised, "source.retina.kind", &[]),
            "current_steps" | "current_ramps" => run(
                network,
                "source.s.kind",
                &[
                    "source.s.currents=[[\"0 ms\", \"0 nA\"], [\"5 ms\", \"1 nA\"]]",
                    "projection.j.kernel=\"current\"",
                    "projection.j.weight=1",
                ],
            ),
            "current_sine" => run(
                network,
                "source.s.kind",
                &[
                    "source.s.amplitude=\"1 nA\"",
                    "source.s.period=\"20 ms\"",
                    "projection.j.kernel=\"current\"",
                    "projection.j.weight=1",
                ],
            ),
            _ => None,
        },
        "protocol.gradient.objective.kind" if word == "squared_error" => run(
            layers,
            path,
            &["protocol.gradient.objective.right=-20", "protocol.gradient.objective.wrong=-40"],
        ),
        "protocol.gradient.objective.kind" if word == "huber" => Some(numbers(word)),
        "protocol.gradient.objective.kind" => run(layers, path, &[]),
        "source.data.targets" if word == "values" => Some(numbers("squared_error")),
        "source.data.targets" => Some(own_data("csv")),
        "source.dataset" if word == "yin_yang" => run(layers, "source.points.dataset", &[]),
        "source.dataset" if matches!(word, "moving_digits" | "delayed_match") => {
            Some(with_encode(word, "", "events"))
        }
        "source.dataset" if word == "spoken_digits" => run(sound, "source.cochlea.dataset", &[]),
        "source.dataset" => run(supervised, "source.retina.dataset", &[]),
        "source.data.kind" => Some(own_data(word)),
        "source.encode.kind" if word == "cochlea" => Some(own_data("sound")),
        "source.encode.level" => run(sound, "source.cochlea.encode.level", &[]),
        "source.encode.kind" if !matches!(word, "events" | "poisson" | "first_spike") => {
            let more = match word {
                "regular" => "duration = \"50 ms\", ",
                "phase" => "period = \"40 ms\", ",
                "bursts" => "longest = \"10 ms\", ",
                "population" => "fields = 5, latest = \"40 ms\", ",
                // The rows of a digit are its times.
                _ => return Some(with_encode("drawn_digits", "step = \"1 ms\", threshold = 0.2, ", word)),
            };
            Some(with_encode("yin_yang", more, word))
        }
        "source.encode.kind" if word == "events" => Some(own_data("recordings")),
        "source.encode.kind" if word == "first_spike" => run(layers, "source.points.encode.kind", &[]),
        "source.encode.kind" => run(supervised, "source.retina.encode.kind", &[]),
        "population.model" => run(network, "population.p.model", &[]),
        "population.reset" => run(network, "population.p.reset", &[]),
        "population.floor" => run(network, "population.p.floor", &[]),
        "population.cost" => run(network, "population.p.cost", &[]),
        "population.circuit" => {
            let r_s = ["series", "load"].contains(&word).then_some("population.p.r_s=\"200 kOhm\"");
            let c = ["load", "node"].contains(&word).then_some("population.p.c=\"10 nF\"");
            let v_row = (word == "node").then_some("population.p.v_row=\"0.5 V\"");
            let model = "population.p.model=\"switch\"";
            let more: Vec<_> = [model].into_iter().chain(r_s).chain(c).chain(v_row).collect();
            run(network, "population.p.circuit", &more)
        }
        "experiment.circuit" => {
            let r_s = ["series", "load", "node"].contains(&word).then_some("experiment.e.r_s=\"200 kOhm\"");
            let c = ["load", "node"].contains(&word).then_some("experiment.e.c=\"10 nF\"");
            let v_row = (word == "node").then_some("experiment.e.v_row=\"0.5 V\"");
            let kind = [
                "experiment.e.kind=\"integration\"",
                "experiment.e.amplitude=\"0.3 V\"",
                "experiment.e.length=\"1 s\"",
            ];
            run(
                bench,
                "experiment.e.circuit",
                &kind.into_iter().chain(r_s).chain(c).chain(v_row).collect::<Vec<_>>(),
            )
        }
        "population.threshold_law" => {
            run(network, "population.p.threshold_law", &["population.p.model=\"switch\""])
        }
        "population.competition.kind" => {
            let more: &[_] = match word {
                "lateral_inhibition" => &["population.p.competition.strength=\"1 mV\""],
                "switches" => &["population.p.model=\"switch\""],
                _ => &[],
            };
            run(network, "population.p.competition.kind", more)
        }
        "population.competition.losers" => {
            let switches = ["population.p.model=\"switch\"", "population.p.competition.kind=\"switches\""];
            run(network, "population.p.competition.losers", &switches)
        }
        "population.competition.homeostasis.kind" => {
            let more: &[_] = match word {
                "rate_target" => &[
                    "population.p.competition.homeostasis.gain=0.1",
                    "population.p.competition.homeostasis.spikes=2.0",
                ],
                _ => &[
                    "population.p.competition.homeostasis.step=\"1 mV\"",
                    "population.p.competition.homeostasis.tau=\"1 s\"",
                ],
            };
            run(network, "population.p.competition.homeostasis.kind", more)
        }
        "projection.connect" if ["convolution", "pooling"].contains(&word) => {
            run(|changes| text(MAPS, changes), "projection.j.connect", &[])
        }
        "projection.connect" => {
            let more: &[_] = match word {
                "fixed_in_degree" => &["projection.j.in_degree=2"],
                "fixed_out_degree" => &["projection.j.out_degree=2"],
                "probability" => &["projection.j.probability=0.5"],
                "list" => &["projection.j.synapses=[[0, 1, \"1 mV\"]]"],
                _ => &[],
            };
            run(network, "projection.j.connect", more)
        }
        "projection.kernel" => {
            let more: &[_] = match word {
                "delta" => &[],
                "conductance" => &[
                    "population.p.model=\"conductance_lif\"",
                    "projection.j.receptor=\"exc\"",
                    "projection.j.weight=\"1 nS\"",
                ],
                "current" => &[
                    "source.s.kind=\"current_sine\"",
                    "source.s.amplitude=\"1 nA\"",
                    "source.s.period=\"20 ms\"",
                    "projection.j.weight=1",
                ],
                "rect" | "triangle" => &["projection.j.weight=\"1 uA\"", "projection.j.width=\"1 ms\""],
                "double_exponential" => &[
                    "projection.j.weight=\"1 uA\"",
                    "projection.j.tau_syn=\"5 ms\"",
                    "projection.j.tau_rise=\"1 ms\"",
                ],
                _ => &["projection.j.weight=\"1 uA\"", "projection.j.tau_syn=\"5 ms\""],
            };
            run(network, "projection.j.kernel", more)
        }
        "projection.crossbar.arrangement" => {
            let pairs = (word == "parallel").then_some("projection.j.crossbar.pairs=2");
            let more: Vec<_> = ON_DEVICES.into_iter().chain(pairs).collect();
            run(network, "projection.j.crossbar.arrangement", &more)
        }
        "projection.crossbar.placement" => run(network, "projection.j.crossbar.placement", &ON_DEVICES),
        "projection.crossbar.spread" => run(network, "projection.j.crossbar.spread", &ON_DEVICES),
        "projection.plasticity.rule" => {
            let more: &[_] = match word {
                "stdp_pair" => &["projection.j.plasticity.w_max=\"4 mV\""],
                "filament" => &["projection.j.plasticity.w_max=\"4 mV\""],
                "overlap" => &[ON_DEVICES[0], ON_DEVICES[1], "projection.j.crossbar.w_max=\"4 mV\""],
                "post_trace" => {
                    &["projection.j.plasticity.w_max=\"4 mV\"", "projection.j.plasticity.a_plus=0.1"]
                }
                "stdp_triplet" => &[
                    "projection.j.plasticity.w_max=\"4 mV\"",
                    "projection.j.plasticity.a_plus=0.1",
                    "projection.j.plasticity.a_minus=0.1",
                ],
                _ => &[
                    "projection.j.plasticity.w_max=\"4 mV\"",
                    "projection.j.plasticity.a_plus=0.1",
                    "projection.j.plasticity.a_minus=0.1",
                    "projection.j.plasticity.window=\"20 ms\"",
                ],
            };
            run(network, "projection.j.plasticity.rule", more)
        }
        "projection.plasticity.pairing" => {
            run(network, "projection.j.plasticity.pairing", &["projection.j.plasticity.w_max=\"4 mV\""])
        }
        "projection.plasticity.threshold_law" => run(
            network,
            "projection.j.plasticity.threshold_law",
            &[
                "device.d.preset=ag-tio2-pt-ts",
                "projection.j.device=d",
                "projection.j.plasticity.rule=\"filament\"",
                "projection.j.plasticity.w_max=\"4 mV\"",
            ],
        ),
        "projection.plasticity.at_zero" => {
            run(network, "projection.j.plasticity.at_zero", &["projection.j.plasticity.w_max=\"4 mV\""])
        }
        "projection.plasticity.relative_to" => {
            run(network, "projection.j.plasticity.relative_to", &["projection.j.plasticity.w_max=\"4 mV\""])
        }
        "projection.plasticity.dependence" => {
            let more: &[_] = match word {
                "power" => &["projection.j.plasticity.w_max=\"4 mV\"", "projection.j.plasticity.mu=0.5"],
                _ => &["projection.j.plasticity.w_max=\"4 mV\""],
            };
            run(network, "projection.j.plasticity.dependence", more)
        }
        "projection.plasticity.spread" => run(
            network,
            "projection.j.plasticity.spread",
            &[
                ON_DEVICES[0],
                ON_DEVICES[1],
                "projection.j.plasticity.rule=\"overlap\"",
                "projection.j.crossbar.w_max=\"4 mV\"",
            ],
        ),
        "experiment.kind" => {
            let more: &[_] = match word {
                "iv" => &["experiment.e.points=[\"0 V\", \"0.3 V\", \"0 V\"]"],
                "pulses" => &[
                    "experiment.e.amplitude=\"0.3 V\"",
                    "experiment.e.width=\"1 ms\"",
                    "experiment.e.period=\"2 ms\"",
                    "experiment.e.count=3",
                ],
                "integration" => &["experiment.e.amplitude=\"0.3 V\"", "experiment.e.length=\"1 s\""],
                "relaxation" => &["experiment.e.length=\"1 s\""],
                "cycles" => &["experiment.e.device=\"binary\"", "experiment.e.cycles=2"],
                "retention" => &["experiment.e.device=\"binary\"", "experiment.e.length=\"1 s\""],
                "stdp" => &[
                    "experiment.e.device=\"analog\"",
                    "experiment.e.reach=\"100 ms\"",
                    "experiment.e.step=\"10 ms\"",
                    "experiment.e.fit_from=\"20 ms\"",
                ],
                "spike_pulses" => &[
                    "experiment.e.device=\"analog\"",
                    "experiment.e.reach=\"100 ms\"",
                    "experiment.e.step=\"10 ms\"",
                    "experiment.e.dt=\"20 ms\"",
                ],
                _ => &[],
            };
            run(bench, "experiment.e.kind", more)
        }
        "experiment.shape" => {
            let more: Vec<&'static str> = [
                "experiment.e.kind=\"spike_pulses\"",
                "experiment.e.device=\"analog\"",
                "experiment.e.reach=\"100 ms\"",
                "experiment.e.step=\"10 ms\"",
                "experiment.e.dt=\"20 ms\"",
            ]
            .into_iter()
            .chain(
                (word == "unipolar")
                    .then_some(["experiment.e.peak=\"0.2 V\"", "experiment.e.base=\"10 ms\""])
                    .into_iter()
                    .flatten(),
            )
            .collect();
            run(bench, "experiment.e.shape", &more)
        }
        "experiment.compare.relation" | "experiment.compare.standing" => Some(bench(&[&format!(
            "experiment.e.compare=[{{ quantity = \"on_power\", paper = \"1.4 uW\", tolerance = \"1 nW\", why = \"near\", {} = \"{word}\" }}]",
            path.trim_start_matches("experiment.compare.")
        )])),
        "protocol.kind" => match word {
            "simulate" => run(network, "protocol.kind", &[]),
            "supervised" => run(supervised, "protocol.kind", &[]),
            "unsupervised" => run(unsupervised, "protocol.kind", &[]),
            "device" => run(bench, "protocol.kind", &[]),
            _ => None,
        },
        "protocol.gradient.kind" if word == "exact" => run(layers, "protocol.gradient.kind", &[]),
        "protocol.gradient.kind" => run(supervised, "protocol.gradient.kind", &[]),
        "protocol.gradient.loss.kind" if word == "spike_count" => {
            Some(layers(&[READOUT, OUTPUT, COUNTS, SURROGATE]))
        }
        "protocol.gradient.surrogate.shape" => {
            let surrogate = format!("protocol.gradient.surrogate={{ shape = \"{word}\" }}");
            Some(layers(&[READOUT, OUTPUT, COUNTS, &surrogate]))
        }
        "protocol.gradient.loss.kind" => {
            Some(layers(&[&format!("protocol.gradient.loss={{ kind = \"{word}\" }}")]))
        }
        "protocol.optimizer.kind" | "protocol.optimizer.schedule" => run(supervised, path, &[]),
        "protocol.precision" => run(supervised, "protocol.precision", &[]),
        "protocol.programming.placement" | "protocol.programming.spread" => {
            let key = path.rsplit('.').next().unwrap();
            Some(supervised(&[&format!("protocol.programming=[{{ name = \"case\", {key} = \"{word}\" }}]")]))
        }
        "protocol.vote" => run(unsupervised, "protocol.vote", &[]),
        "protocol.labels" => run(unsupervised, "protocol.labels", &[]),
        "protocol.retention.law" => {
            let more: &[_] = match word {
                "power" => &[
                    "protocol.retention.t0=\"1 s\"",
                    "protocol.retention.nu=0.5",
                    "protocol.ageing=[{ after = \"1 s\" }]",
                ],
                _ => &["protocol.ageing=[{ after = \"1 s\" }]"],
            };
            run(unsupervised, "protocol.retention.law", more)
        }
        "engine.storage" => run(network, "engine.storage", &[]),
        _ => None,
    }
}

/// The plan of a source that replays a run.
fn replayed() -> Result<Plan, String> {
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir(place.path().join("run")).unwrap();
    std::fs::write(place.path().join("run/manifest.json"), "{\"memspike\": \"0.2.0\"}").unwrap();
    let columns = [("time", ColumnKind::Time), ("population", ColumnKind::Label), ("id", ColumnKind::Index)];
    let columns = columns.map(|(name, kind)| Column::new(name, kind)).to_vec();
    let schema = Schema { name: "spikes".into(), columns, labels: vec!["out".into()], ..Schema::default() };
    let mut log = LogRecorder::new(&place.path().join("run/spikes.rows"));
    let mut rows = Table::new(&schema);
    rows.push(&[Value::Time(Time::from_fs(2_000_000_000_000)), Value::Label(0), Value::Index(1)]).unwrap();
    log.begin(&schema).unwrap();
    log.append(&rows).unwrap();
    log.finish().unwrap();
    let run = format!("source.s.run={:?}", place.path().join("run").display().to_string());
    network(&["source.s.kind=\"replay\"", &run, "source.s.recorded=\"out\""])
}

/// Every key of words with its path: names of tables that a scenario chooses are left out.
fn keys_of_words() -> BTreeMap<String, &'static [Choice]> {
    fn walk(path: &str, keys: &'static [Key], found: &mut BTreeMap<String, &'static [Choice]>) {
        for key in keys {
            let path = format!("{path}.{}", key.name);
            match key.kind {
                Kind::Choice(choices) => {
                    found.insert(path, choices);
                }
                Kind::Spread(_) => {
                    found.insert(path, SpreadWord::CHOICES);
                }
                _ => walk(&path, inner(key, &Registry::shipped()).unwrap_or_default(), found),
            }
        }
    }
    let mut found = BTreeMap::new();
    for section in SECTIONS.iter() {
        walk(section.name, section.keys, &mut found);
    }
    found
}

#[test]
fn every_word_of_every_choice_lowers_to_a_value_of_its_own() {
    let keys = keys_of_words();
    assert!(keys.len() > 25, "{keys:?}");
    for (path, choices) in keys {
        let mut plans: Vec<(&str, Plan)> = Vec::new();
        for choice in choices {
            let made =
                plan(&path, choice.name).unwrap_or_else(|| panic!("no case for `{path}`: {}", choice.name));
            let mut made = made.unwrap_or_else(|faults| panic!("{path} = {}\n{faults}", choice.name));
            // What is said of a plan does not make it another one.
            (made.assumed, made.name, made.title, made.description) = Default::default();
            if let Some((other, _)) = plans.iter().find(|(_, plan)| *plan == made) {
                panic!("`{path}`: \"{other}\" and \"{}\" lower to the same plan", choice.name);
            }
            plans.push((choice.name, made));
        }
    }
}

#[test]
fn words_are_snake_case_and_conditions_name_words_that_exist() {
    fn check(path: &str, keys: &'static [Key], outer: &[&'static [Key]]) {
        for key in keys {
            let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(key.name.chars().all(snake), "{path}.{}", key.name);
            if let Kind::Choice(choices) = key.kind {
                assert!(choices.iter().all(|choice| choice.name.chars().all(snake)), "{path}.{}", key.name);
            }
            if let Some((decider, values)) = key.when {
                let found =
                    [keys].iter().chain(outer).flat_map(|keys| keys.iter()).find(|key| key.name == decider);
                let Some(Key { kind: Kind::Choice(choices), .. }) = found else {
                    panic!("{path}.{} depends on `{decider}`, which is not a key of words", key.name)
                };
                for value in values {
                    assert!(
                        choices.iter().any(|choice| choice.name == *value),
                        "{path}.{}: {value}",
                        key.name
                    );
                }
            }
            let outer: Vec<&'static [Key]> = [keys].into_iter().chain(outer.iter().copied()).collect();
            check(
                &format!("{path}.{}", key.name),
                inner(key, &Registry::shipped()).unwrap_or_default(),
                &outer,
            );
        }
    }
    for section in SECTIONS.iter() {
        check(section.name, section.keys, &[]);
    }
}

/// Writes how many rows there are.
struct Rows;

impl Format for Rows {
    fn name(&self) -> &'static str {
        "rows"
    }

    fn extension(&self) -> &'static str {
        "txt"
    }

    fn about(&self) -> &'static str {
        "the number of rows"
    }

    fn write(&self, log: &mut LogReader, out: &mut (dyn Write + Send)) -> Result<(), WriteError> {
        while log.next_rows()?.is_some() {}
        Ok(writeln!(out, "{}", log.position().rows)?)
    }
}

#[test]
fn a_format_of_ones_own_is_named_by_a_scenario() {
    let recording = |formats: &str| format!("{SIMULATE}[record]\nspikes = [\"s\"]\nformats = {formats}\n");
    let of = |text: &str, registry: &Registry| {
        let changes = Changes { registry: Some(registry), ..Changes::default() };
        let loaded = load_text_with("words.toml", text, changes);
        loaded.map(|loaded| loaded.plan.record.formats).map_err(|faults| faults.to_string())
    };
    let mut registry = Registry::shipped();
    let refused = of(&recording("[\"row\", \"csv\"]"), &registry).unwrap_err();
    assert!(refused.contains("names `row`, which is not a format of records"), "{refused}");
    registry.format(Rows).unwrap();
    assert_eq!(of(&recording("[\"rows\", \"csv\"]"), &registry).unwrap(), ["rows", "csv"]);
    assert_eq!(registry.formats().find("rows").unwrap().extension(), "txt");
    assert!(
        registry
            .format(Rows)
            .unwrap_err()
            .to_string()
            .contains("there is a format of records `rows` already")
    );
    assert_eq!(of(SIMULATE, &registry).unwrap(), ["csv"]);
    let idle = of(&format!("{SIMULATE}[record]\nformats = [\"npz\"]\n"), &registry).unwrap_err();
    assert!(idle.contains("`formats` of the record would do nothing"), "{idle}");
}

/// Two images of two pixels, one of each class.
fn bars() -> Dataset {
    let split = || Split::new(vec![255, 0, 0, 255], vec![0, 1], 2).unwrap();
    let (name, version) = ("bars".into(), "1".into());
    Dataset { name, version, shape: vec![2], classes: 2, train: split(), test: split() }
}

static BARS: Known = Known {
    word: "bars",
    folder: "bars",
    title: "bars",
    about: "two bars",
    version: "1",
    shape: &[2],
    holds: Holds::Values,
    classes: 2,
    origin: dataset::known::Origin::Made(bars),
};

#[test]
fn a_data_set_of_ones_own_is_shown_by_a_scenario_and_learned() {
    let mut registry = Registry::shipped();
    let set = [
        "source.retina.dataset=\"bars\"",
        "population.output.size=2",
        "protocol.epochs=30",
        "protocol.batch=2",
    ]
    .map(String::from);
    let text = include_str!("../../scenarios/digits/scenario.toml");
    let of = |registry: &Registry| {
        let changes = Changes { set: &set, registry: Some(registry), ..Changes::default() };
        load_text_with("words.toml", text, changes)
            .map(|loaded| loaded.plan)
            .map_err(|faults| faults.to_string())
    };
    let refused = of(&registry).unwrap_err();
    assert!(refused.contains("`dataset` of source `retina` is `bars`"), "{refused}");
    registry.dataset(&BARS).unwrap();
    assert!(registry.dataset(&BARS).unwrap_err().to_string().contains("there is a data set `bars` already"));
    let plan = of(&registry).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(plan.sources[0].size, 2);
    let outcome = run::quietly(&plan, 1, &dataset::Search::default()).unwrap();
    let accuracy = outcome.found.get::<SupervisedResult>().unwrap().epochs.last().unwrap().test_accuracy;
    assert_eq!(accuracy, Some(1.0));
}
