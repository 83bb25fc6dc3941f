//! Every key of the reference is read: for each there is a scenario in which another value gives another result.
//!
//! The scenarios are below, as snippets. Values are tried by the kind of the key, or are those of [`VALUES`]; a key that no snippet
//! covers fails the test, unless [`UNCOVERED`] says why.

use crate::common::{essence, few_patterns};
use memspike::device::preset::{Preset, RANGE};
use memspike::registry::Registry;
use memspike::scenario::outcome::Outcome;
use memspike::scenario::run::quietly;
use memspike::scenario::spec::{Fallback, Key, Kind, Unit, neuron_keys};
use memspike::scenario::{Opened, SECTIONS, inner, load_text};

/// What every simulation here begins with: lines that spike by turns.
const LINES: &str = "[source.in]\nkind = \"regular\"\nsize = 4\nperiod = \"3 ms\"\n[protocol]\nkind = \"simulate\"\n\
    duration = \"60 ms\"\n[record]\nenergy = true\n";

/// Devices, of which a text has those that it names.
const DEVICES_BY_NAME: [(&str, &str); 4] = [
    ("syn", "preset = \"ag-tio2-pt-rs-analog\""),
    ("other", "preset = \"vteam-kvatinsky-2015\""),
    ("ts", "preset = \"ag-tio2-pt-ts\""),
    ("tt", "preset = \"ag-tio2-pt-ts\"\nparameters = { v_th = \"0.2 V\" }"),
];

/// A drive for neurons that jumps alone would not fire.
const DRIVE: &str = "[source.drive]\nkind = \"current_steps\"\ncurrents = [[\"0 ms\", \"0.35 uA\"], [\"25 ms\", \"-0.1 uA\"], \
    [\"35 ms\", \"0.4 uA\"]]\n[projection.drive]\nfrom = \"drive\"\nto = \"out\"\nkernel = \"current\"\nweight = 1.0\n";

const OUT: &str = "[population.out]\nsize = 3\ndevice = \"ts\"\n";

const JUMPS: &str =
    "[projection.p]\nfrom = \"in\"\nto = \"out\"\nweight = { uniform = [\"20 mV\", \"90 mV\"] }\n";

/// Two maps that fire, and two that they lead to.
const MID: &str = "[population.mid]\nsize = 32\nshape = [2, 4, 4]\n[projection.first]\nfrom = \"in\"\nto = \"mid\"\nweight = { uniform = [\"20 mV\", \"600 mV\"] }\n";

const MAPS: &str = "[population.out]\nsize = 18\nshape = [2, 3, 3]\n[projection.p]\nfrom = \"mid\"\nto = \"out\"\n\
    kernel_size = [2, 2]\nstride = [1, 1]\npadding = [0, 0]\n";

const DEVICES: &str =
    "device = \"syn\"\n[projection.p.crossbar]\narrangement = \"unipolar\"\nw_max = \"100 mV\"\n";

const SAMPLES: &str = "[source.in]\nkind = \"dataset\"\ndataset = \"mnist\"\nencode = { kind = \"poisson\", max_rate = \"64 Hz\" }\n\
    [protocol]\nkind = \"unsupervised\"\n\
    presentation = \"40 ms\"\ntrain_samples = 6\ntest_samples = 3\nlabel_samples = 3\nepochs = 1\n[projection.p]\nfrom = \"in\"\n\
    to = \"out\"\nweight = { uniform = [\"1 mV\", \"30 mV\"] }\ndevice = \"syn\"\n[projection.p.crossbar]\narrangement = \"unipolar\"\n\
    [projection.p.plasticity]\nrule = \"rectangular\"\nwindow = \"10 ms\"\na_plus = 0.1\na_minus = 0.05\nw_max = \"40 mV\"\n\
    relative_to = \"span\"\n";

/// A name, and the text.
fn bases() -> Vec<(&'static str, String)> {
    let all = |parts: &[&str]| parts.concat();
    let plastic = |keys: &str| {
        all(&[LINES, DRIVE, OUT, JUMPS, DEVICES, "[projection.p.plasticity]\nw_max = \"100 mV\"\n", keys])
    };
    vec![
        ("jumps", all(&[LINES, DRIVE, OUT, JUMPS, "delay = \"1 ms\"\n"])),
        (
            "crossbar",
            all(&[
                LINES,
                OUT,
                JUMPS,
                "device = \"syn\"\n[projection.p.crossbar]\nlevels = 5\nspread = { cv_on = 0.1, cv_off = 0.1, cv_device = 0.1 }\n",
            ]),
        ),
        (
            "parallel",
            all(&[
                LINES,
                OUT,
                JUMPS,
                "device = \"syn\"\n[projection.p.crossbar]\narrangement = \"parallel\"\npairs = 2\n",
            ]),
        ),
        ("a value to reset to", all(&[LINES, DRIVE, OUT, "reset = \"value\"\n", JUMPS])),
        ("reset to hold", all(&[LINES, DRIVE, OUT, "reset = \"hold\"\n", JUMPS])),
        ("a chip", all(&[LINES, "[population.out]\nsize = 3\ncost = \"loihi\"\n", JUMPS])),
        ("switches", all(&[LINES, DRIVE, OUT, "model = \"switch\"\n", JUMPS])),
        (
            "switches of a preset",
            all(&[LINES, DRIVE, "[population.out]\nsize = 3\nmodel = \"switch\"\n", JUMPS]),
        ),
        (
            "series",
            all(&[LINES, DRIVE, OUT, "model = \"switch\"\ncircuit = \"series\"\nr_s = \"200 kOhm\"\n"]),
        ),
        (
            "load",
            all(&[
                LINES,
                DRIVE,
                OUT,
                "model = \"switch\"\ncircuit = \"load\"\nr_s = \"200 kOhm\"\nc = \"10 nF\"\n",
            ]),
        ),
        (
            "node",
            all(&[
                LINES,
                DRIVE,
                OUT,
                "model = \"switch\"\ncircuit = \"node\"\nv_row = \"0.5 V\"\nc = \"10 nF\"\n",
            ]),
        ),
        (
            "filament",
            all(&[
                LINES,
                OUT,
                JUMPS,
                "[projection.p.plasticity]\nrule = \"filament\"\nw_max = \"300 mV\"\nv_pulse = \"1 V\"\ni_cc = \"100 uA\"\n",
            ]),
        ),
        (
            "filaments of a device",
            all(&[
                LINES,
                OUT,
                JUMPS,
                "device = \"ts\"\n[projection.p.plasticity]\nrule = \"filament\"\nw_max = \"300 mV\"\ncycle_cv = 0.1\n",
            ]),
        ),
        (
            "rect",
            all(&[
                LINES,
                OUT,
                "[projection.p]\nfrom = \"in\"\nto = \"out\"\nkernel = \"rect\"\nwidth = \"2 ms\"\nweight = \"0.5 uA\"\n",
            ]),
        ),
        (
            "double",
            all(&[
                LINES,
                OUT,
                "[projection.p]\nfrom = \"in\"\nto = \"out\"\nkernel = \"double_exponential\"\ntau_rise = \"1 ms\"\ntau_syn = \"4 ms\"\nweight = \"0.5 uA\"\n",
            ]),
        ),
        (
            "receptors",
            all(&[
                LINES,
                "[population.out]\nmodel = \"conductance_lif\"\nsize = 2\n[projection.p]\nfrom = \"in\"\nto = \"out\"\nkernel = \"conductance\"\nreceptor = \"exc\"\nweight = \"1 uS\"\n",
            ]),
        ),
        (
            "in-degree",
            all(&[
                LINES,
                DRIVE,
                OUT,
                "[projection.p]\nfrom = \"out\"\nto = \"out\"\nconnect = \"fixed_in_degree\"\nin_degree = 2\nmultapses = true\nweight = \"60 mV\"\ndelay = \"1 ms\"\n",
            ]),
        ),
        (
            "out-degree",
            all(&[
                LINES,
                DRIVE,
                OUT,
                "[projection.p]\nfrom = \"in\"\nto = \"out\"\nconnect = \"fixed_out_degree\"\nout_degree = 2\nweight = \"60 mV\"\n",
            ]),
        ),
        (
            "probability",
            all(&[
                LINES,
                DRIVE,
                OUT,
                "[projection.p]\nfrom = \"out\"\nto = \"out\"\nconnect = \"probability\"\nprobability = 0.4\nweight = \"60 mV\"\ndelay = \"1 ms\"\n",
            ]),
        ),
        (
            "recurrent",
            all(&[
                LINES,
                DRIVE,
                OUT,
                "[projection.p]\nfrom = \"out\"\nto = \"out\"\nweight = \"60 mV\"\ndelay = \"1 ms\"\n",
            ]),
        ),
        (
            "list",
            all(&[
                LINES,
                DRIVE,
                OUT,
                "[projection.p]\nfrom = \"in\"\nto = \"out\"\nconnect = \"list\"\nsynapses = [[0, 1, \"60 mV\"], [1, 1, \"30 mV\"]]\n",
            ]),
        ),
        (
            "convolution",
            all(&[
                LINES,
                MID,
                MAPS,
                "connect = \"convolution\"\nweight = { uniform = [\"20 mV\", \"90 mV\"] }\n",
            ]),
        ),
        ("pooling", all(&[LINES, MID, MAPS, "connect = \"pooling\"\nweight = \"60 mV\"\n"])),
        ("pairs", plastic("")),
        ("pairs, power", plastic("dependence = \"power\"\nmu = 0.5\na_plus = 0.1\na_minus = 0.1\n")),
        ("pairs, exponential", plastic("dependence = \"exponential\"\na_plus = 0.1\na_minus = 0.1\n")),
        ("wear", plastic("a_plus = 0.1\na_minus = 0.1\nendurance = { n_f = 10, m = 1.0 }\n")),
        (
            "triplets",
            plastic(
                "rule = \"stdp_triplet\"\na_plus = 0.05\na_minus = 0.04\na3_plus = 0.05\na3_minus = 0.03\n",
            ),
        ),
        ("rectangular", plastic("rule = \"rectangular\"\na_plus = 0.1\na_minus = 0.1\nwindow = \"2 ms\"\n")),
        ("traces", plastic("rule = \"post_trace\"\na_plus = 0.1\ntarget = 0.6\n")),
        ("overlap", plastic("rule = \"overlap\"\n")),
        (
            "lobes",
            plastic(
                "rule = \"overlap\"\nrow = { level = \"0.1 V\", length = \"5 ms\" }\ncolumn = { set = \"0.16 V\", reset = \"0.27 V\", width = \"1 ms\" }\n",
            ),
        ),
        (
            "winner",
            all(&[
                SAMPLES,
                "[population.out]\nsize = 3\ndevice = \"ts\"\n[population.out.competition]\nhomeostasis = { kind = \"rate_target\", gain = 0.1, spikes = 2.0 }\n",
            ]),
        ),
        (
            "lateral",
            all(&[
                SAMPLES,
                "[population.out]\nsize = 3\ndevice = \"ts\"\n[population.out.competition]\nkind = \"lateral_inhibition\"\nstrength = \"20 mV\"\nhomeostasis = { kind = \"decay\", step = \"5 mV\", tau = \"1 s\" }\n",
            ]),
        ),
        (
            "competing switches",
            all(&[
                SAMPLES,
                "[population.out]\nsize = 3\nmodel = \"switch\"\ndevice = \"ts\"\n[population.out.competition]\nkind = \"switches\"\n",
            ]),
        ),
    ]
}

/// What is tried for a key for which no value of its kind would do: overrides, or another text, `was => is`.
const VALUES: &[(&str, &[&str])] = &[
    ("projection.p.plasticity.v_hold", &["projection.p.plasticity.v_hold=\"0.22 V\""]),
    ("population.out.g_th", &["population.out.g_th=\"2 mS\""]),
    ("device.syn.preset", &["device.syn.preset=\"vteam-kvatinsky-2015\""]),
    ("device.ts.parameters", &["device.ts.parameters={ v_th = \"0.2 V\" }"]),
    ("device.ts.model", &["device.ts.model={ threshold_law = \"weibull\" }"]),
    (
        "population.out.competition.homeostasis.kind",
        &["population.out.competition.homeostasis={ kind = \"decay\", step = \"5 mV\", tau = \"1 s\" }"],
    ),
    ("population.out.shape", &["size = 18\nshape = [2, 3, 3] => size = 9\nshape = [1, 3, 3]"]),
    (
        "projection.p.kernel_size",
        &[
            "kernel_size = [2, 2]\nstride = [1, 1]\npadding = [0, 0] => kernel_size = [4, 4]\nstride = [1, 1]\npadding = [1, 1]",
        ],
    ),
    ("projection.p.stride", &["stride = [1, 1]\npadding = [0, 0] => stride = [2, 2]\npadding = [1, 1]"]),
    ("projection.p.padding", &["stride = [1, 1]\npadding = [0, 0] => stride = [2, 2]\npadding = [1, 1]"]),
    ("population.out.model", &["population.out.model=\"adex\""]),
    ("population.out.device", &["device = \"ts\" => device = \"tt\""]),
    ("projection.p.to", &["projection.p.from=\"out\""]),
    ("projection.p.from", &["projection.p.from=\"out\""]),
    ("projection.p.device", &["device = \"syn\" => device = \"other\""]),
    ("projection.p.synapses", &["projection.p.synapses=[[0, 2, \"80 mV\"]]"]),
    ("projection.p.kernel", &["projection.p.kernel=\"triangle\""]),
    ("projection.p.receptor", &["projection.p.receptor=\"inh\""]),
    (
        "projection.p.crossbar.spread",
        &["projection.p.crossbar.spread=\"paper\"", "projection.p.crossbar.spread=\"device\""],
    ),
];

/// Keys for which a scenario in one file cannot show it, and where it is shown.
const UNCOVERED: &[(&str, &str)] = &[
    ("device.ts.preset", "one threshold switch is shipped: `cli one_file` runs another"),
    ("population.out.preset", "the same"),
    ("projection.p.file", "synapses of a file: `scenario`'s tests of lists read them"),
];

/// Values of a kind, as TOML.
pub fn values(key: &Key) -> Vec<String> {
    let quoted = |list: &[&str]| list.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>();
    let within = |unit: Unit, list: &[&str], holds: &dyn Fn(f64) -> bool| {
        let inside = list.iter().filter(|text| unit.parse(text).is_ok_and(holds));
        inside.map(|text| format!("\"{text}\"")).collect::<Vec<_>>()
    };
    let of_unit = |unit: Unit| -> &[&str] {
        match unit {
            Unit::Second => &["3 ms", "0.5 ms", "40 ms", "0 s", "20 us"],
            Unit::Volt => &["0.15 V", "30 mV", "2 mV", "0.3 V", "60 mV", "0 V", "-2 mV", "-55 mV"],
            Unit::Ampere => &["10 nA", "3 uA", "100 nA"],
            Unit::Ohm => &["500 kOhm", "150 kOhm", "250 kOhm"],
            Unit::Siemens => &["20 uS", "0.3 uS", "60 uS"],
            Unit::Hertz => &["50 Hz", "200 Hz"],
            Unit::Farad => &["5 nF", "100 pF"],
            _ => &[],
        }
    };
    match key.kind {
        Kind::Flag => vec!["true".into(), "false".into()],
        Kind::Integer { min, max } => {
            (min..=max).take(4).skip(1).chain([min]).map(|n| n.to_string()).collect()
        }
        Kind::Number(bounds) => {
            let list = [0.3, 0.05, 0.9, 2.0, 1.0, 12.0, 0.0];
            list.into_iter()
                .filter(|value| bounds.contains(*value))
                .map(|value| format!("{value:?}"))
                .collect()
        }
        Kind::Quantity(unit, bounds) => within(unit, of_unit(unit), &|value| bounds.contains(value)),
        Kind::Choice(choices) => choices.iter().map(|choice| format!("\"{}\"", choice.name)).collect(),
        Kind::Weight => quoted(&["35 mV", "0.7 uA", "0.8 uS"]),
        Kind::WeightLimit => quoted(&["95 mV", "0.2 V"]),
        Kind::Delay(_) => quoted(&["2 ms"]),
        _ => Vec::new(),
    }
}

/// Values a fifth and a little beside the default of a number: where a model is well behaved, so that its equations are quick to solve.
pub fn beside(key: &Key) -> Vec<String> {
    let Fallback::Value(text, ..) = key.default else { return Vec::new() };
    let text = text.trim_matches('"');
    match key.kind {
        Kind::Number(bounds) => {
            let default: f64 = text.parse().unwrap_or(f64::NAN);
            let values = [1.2, 0.8, 1.03, 0.97].into_iter().map(|factor| factor * default);
            values.filter(|v| *v != default && bounds.contains(*v)).map(|v| format!("{v:?}")).collect()
        }
        Kind::Quantity(unit, bounds) => {
            let default = unit.parse(text).unwrap_or(f64::NAN);
            let values = [1.2, 0.8, 1.03, 0.97].into_iter().map(|factor| factor * default);
            let fit = values.filter(|v| *v != default && bounds.contains(*v));
            fit.map(|v| format!("\"{v:e} {}\"", unit.symbol())).collect()
        }
        _ => Vec::new(),
    }
}

/// The keys of a table and of those in it, with their paths.
pub fn walk(path: &str, keys: &[Key], registry: &Registry, found: &mut Vec<(String, Key)>) {
    for key in keys {
        let path = format!("{path}.{}", key.name);
        if found.iter().any(|(known, _)| *known == path) {
            continue;
        }
        if let Some(inner) = inner(key, registry) {
            // What a table is, is shown by what is in it.
            walk(&path, inner, registry, found);
            if let Some(opened) = Opened::of(key) {
                let of = |word| opened.keys(registry, Some(word));
                opened.added(registry).iter().for_each(|one| walk(&path, of(one.name), registry, found));
            }
        } else {
            found.push((path, *key));
        }
    }
}

/// The result of a text with the devices that it names and a change; what is wrong with it.
fn outcome(text: &str, change: Option<&str>) -> Result<Outcome, String> {
    let replaced = change.and_then(|change| change.split_once(" => "));
    let mut text = replaced.map_or_else(|| text.to_owned(), |(was, is)| text.replace(was, is));
    if replaced.is_some_and(|(was, _)| text.contains(was)) {
        return Err("nothing to replace".to_owned());
    }
    for (name, of) in DEVICES_BY_NAME {
        if text.contains(&format!("device = \"{name}\"")) {
            text += &format!("[device.{name}]\n{of}\n");
        }
    }
    let overrides: Vec<String> =
        change.filter(|_| replaced.is_none()).into_iter().map(str::to_owned).collect();
    let plan = load_text("keys.toml", &text, &overrides, None).map_err(|faults| faults.to_string())?.plan;
    Ok(essence(&quietly(&plan, 1, few_patterns()).map_err(|error| error.to_string())?))
}

/// Those of some keys that change no result of any base.
fn unread(keys: &[(String, Key)], bases: &[(String, String)]) -> Vec<String> {
    let results: Vec<(&str, Outcome)> = bases
        .iter()
        .map(|(name, text)| {
            (text.as_str(), outcome(text, None).unwrap_or_else(|faults| panic!("{name}: {faults}\n{text}")))
        })
        .collect();
    let mut unread = Vec::new();
    for (path, key) in keys {
        let stated = VALUES.iter().find(|(known, _)| known == path).map(|(_, list)| *list);
        let tried: Vec<String> = match stated {
            Some(list) => list.iter().map(|text| (*text).to_owned()).collect(),
            None => {
                beside(key).into_iter().chain(values(key)).map(|value| format!("{path}={value}")).collect()
            }
        };
        let reads = |(text, was): &(&str, Outcome)| {
            // A neuron model that is put into a base that is not made for it says nothing about the key.
            tried.iter().any(|change| outcome(text, Some(change)).is_ok_and(|is| is != *was))
        };
        if !results.iter().any(reads) {
            unread.push(path.clone());
        }
    }
    unread
}

#[test]
fn every_key_of_devices_populations_and_projections_changes_a_result() {
    let registry = Registry::shipped();
    let mut keys = Vec::new();
    for section in SECTIONS.iter() {
        let name = match section.name {
            "device" => "ts",
            "population" => "out",
            "projection" => "p",
            _ => continue,
        };
        walk(&format!("{}.{name}", section.name), section.keys, &registry, &mut keys);
    }
    assert!(keys.len() > 90, "{}", keys.len());
    let bases: Vec<(String, String)> =
        bases().into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    let mut unread = unread(&keys, &bases);
    unread.retain(|path| !UNCOVERED.iter().any(|(known, _)| known == path));
    assert!(unread.is_empty(), "no snippet shows that these keys are read:\n{}", unread.join("\n"));
    for (path, why) in UNCOVERED {
        assert!(keys.iter().any(|(known, _)| known == path), "{path} ({why}) is no key any more");
    }
}

#[test]
fn every_key_of_every_registered_neuron_changes_a_result() {
    let registry = Registry::shipped();
    let mut missing = Vec::new();
    for entry in registry.neurons() {
        let mut keys = Vec::new();
        walk("population.out", &neuron_keys(entry.keys), &registry, &mut keys);
        let population = format!("[population.out]\nmodel = \"{}\"\nsize = 2\n", entry.name);
        // Cells of some hundred picofarads take less than devices, and jumps that take one past its peak would say nothing of it.
        let weak = JUMPS.replace("\"20 mV\", \"90 mV\"", "\"1 mV\", \"3 mV\"");
        let (drive, jumps) = match entry.name {
            "adex" => ("weight = 0.004", weak),
            "conductance_lif" => ("weight = 1.0", weak),
            "izhikevich" => ("weight = 0.002", JUMPS.to_owned()),
            // Pulses below its onset are none.
            "accumulate" => ("weight = 0.7", JUMPS.replace("\"20 mV\", \"90 mV\"", "\"0.22 V\", \"0.3 V\"")),
            _ => ("weight = 1.0", JUMPS.to_owned()),
        };
        let drive = DRIVE.replace("weight = 1.0", drive);
        let mut text = [LINES, &drive, &population, &jumps].concat();
        for (k, receptor) in entry.receptors.iter().enumerate() {
            text += &format!(
                "[projection.r{k}]\nfrom = \"in\"\nto = \"out\"\nkernel = \"conductance\"\nreceptor = \"{receptor}\"\n\
                 weight = \"0.5 uS\"\n"
            );
        }
        // What wear is like is told of what wears, soon and late.
        let wears: &[&str] =
            if entry.name == "accumulate" { &["", "n_f = 5\n", "n_f = 100\n"] } else { &[""] };
        let worn = |wears: &&str| text.replace(&population, &format!("{population}{wears}"));
        let bases: Vec<_> = wears.iter().map(|wears| (entry.name.to_owned(), worn(wears))).collect();
        missing.extend(unread(&keys, &bases).into_iter().map(|path| format!("{} of {}", path, entry.name)));
    }
    assert!(missing.is_empty(), "no run shows that these keys are read:\n{}", missing.join("\n"));
}

/// Measurements of every shipped preset, and where its spread from device to device shows.
const MEASURED: &[(&str, &[&str])] = &[
    (
        "ag-asi-jo-2010",
        &[
            "kind = \"pulses\"\namplitude = \"3.2 V\"\nwidth = \"300 us\"\nperiod = \"1 ms\"\ncount = 9\nnoise = true",
            "kind = \"pulses\"\namplitude = \"-2.8 V\"\nwidth = \"300 us\"\nperiod = \"1 ms\"\ncount = 9\ng_start = \"30 nS\"",
        ],
    ),
    (
        "ag-tio2-pt-rs-analog",
        &[
            "kind = \"pulses\"\namplitude = \"0.22 V\"\nwidth = \"1 s\"\nperiod = \"2 s\"\ncount = 60\nnoise = true",
            "kind = \"pulses\"\namplitude = \"-0.25 V\"\nwidth = \"1 s\"\nperiod = \"2 s\"\ncount = 60",
            "kind = \"stdp\"\nreach = \"60 ms\"\nstep = \"5 ms\"\nfit_from = \"10 ms\"",
            "kind = \"retention\"\nlength = \"20 ks\"\ndevices = 5\nfloor = 1.5",
            "kind = \"iv\"\npoints = [\"0 V\", \"0.2 V\", \"0 V\", \"-0.25 V\", \"0 V\"]",
        ],
    ),
    (
        "ag-tio2-pt-rs-binary",
        &[
            "kind = \"iv\"\npoints = [\"0 V\", \"0.2 V\", \"0 V\", \"-0.1 V\", \"0 V\"]\nnoise = true",
            "kind = \"cycles\"\ncycles = 6\nwear = true",
            "kind = \"retention\"\nlength = \"20 ks\"\ndevices = 5",
        ],
    ),
    (
        "ag-tio2-pt-ts",
        &[
            "kind = \"iv\"\npoints = [\"0 V\", \"0.45 V\", \"0 V\"]\nnoise = true\nrepeat = 3",
            "kind = \"pulses\"\namplitude = \"0.5 V\"\nwidth = \"1 ms\"\nperiod = \"2 ms\"\ncount = 30\nnoise = true",
            "kind = \"cycles\"\ncycles = 6",
            "kind = \"iv\"\npoints = [\"0 V\", \"0.45 V\", \"0 V\"]\nown = true",
        ],
    ),
    ("vo2-debets-2026", &["kind = \"iv\"\npoints = [\"0 V\", \"3.2 V\", \"0 V\"]\nrate = \"2 kV/s\""]),
    (
        "vteam-kvatinsky-2015",
        &[
            "kind = \"pulses\"\namplitude = \"0.5 V\"\nwidth = \"1 ps\"\nperiod = \"2 ps\"\ncount = 9\nnoise = true",
            "kind = \"pulses\"\namplitude = \"-0.5 V\"\nwidth = \"10 ns\"\nperiod = \"20 ns\"\ncount = 9\ng_start = \"10 mS\"",
        ],
    ),
];

#[test]
fn every_parameter_of_every_preset_changes_a_measurement() {
    let mut missing = Vec::new();
    for name in Preset::names() {
        let preset = Preset::named(name).unwrap();
        let (_, measured) =
            MEASURED.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{name}"));
        let device = format!("[device.d]\npreset = \"{name}\"\n");
        let experiment = |keys: &&str| {
            format!("{device}[protocol]\nkind = \"device\"\n[experiment.e]\ndevice = \"d\"\n{keys}\n")
        };
        let mut bases: Vec<String> = measured.iter().map(experiment).collect();
        if preset.device.memory().is_some_and(|memory| memory.pulse.is_some()) {
            // Devices differ where there are many of them.
            let learns = DEVICES.replace("\"syn\"", "\"d\"");
            let keys = "[projection.p.plasticity]\nrule = \"overlap\"\nspread = \"device\"\n";
            bases
                .push([LINES, DRIVE, "[population.out]\nsize = 3\n", JUMPS, &learns, keys, &device].concat());
        }
        if preset.device.kind().name == "oscillator" {
            // Its circuit shows in what it does by itself.
            let one = "[population.out]\nmodel = \"oscillator\"\nsize = 1\ndevice = \"d\"\n[protocol]\nkind = \"simulate\"\n\
                       duration = \"1 ms\"\n";
            bases.push([one, &device].concat());
        }
        let result =
            |text: &String| outcome(text, None).unwrap_or_else(|faults| panic!("{name}: {faults}\n{text}"));
        let results: Vec<Outcome> = bases.iter().map(result).collect();
        // The ends of the range are those of the tables, where there are tables: another value is refused.
        let tables = preset.parameters.iter().any(|parameter| parameter.key == "set_table");
        let held = |key: &str| RANGE.contains(&key) || (tables && ["g_min", "g_max"].contains(&key));
        for parameter in preset.parameters.iter().filter(|parameter| !held(&parameter.key)) {
            let (key, value) = (&parameter.key, &parameter.value);
            let (number, unit) = memspike::units::parse_number_unit(value);
            let Ok(number) = number.parse::<f64>() else { continue };
            let values: Vec<String> = [1.03, 0.97, 1.5, 0.6]
                .into_iter()
                .map(|factor| if number == 0.0 { 0.1 * factor } else { number * factor })
                .map(
                    |number| {
                        if unit.is_empty() { format!("{number:?}") } else { format!("\"{number} {unit}\"") }
                    },
                )
                .collect();
            let reads = values.iter().any(|value| {
                let change = format!("device.d.parameters.{key}={value}");
                let changes = |(text, was): (&String, &Outcome)| {
                    outcome(text, Some(&change)).is_ok_and(|is| is != *was)
                };
                bases.iter().zip(&results).any(changes)
            });
            if !reads {
                missing.push(format!("{key} of {name}"));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "no measurement shows that these parameters are read:\n{}",
        missing.join("\n")
    );
}
