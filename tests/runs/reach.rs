//! What time, use, chance and bad luck do to devices: in which protocol each of it can be asked for, found by asking. What is found is
//! the page `docs/src/reference/reach.md`.

use crate::common::{essence, few_patterns};
use memspike::scenario::load_text;
use memspike::scenario::outcome::Outcome;
use memspike::scenario::run::quietly;
use std::fmt::Write as _;
use std::path::Path;

const DEVICES: &str = "[device.syn]\npreset = \"ag-tio2-pt-rs-analog\"\n";

const SWITCH: &str = "[device.ts]\npreset = \"ag-tio2-pt-ts\"\n";

const SYNAPSES: &str = "[projection.p]\nfrom = \"in\"\nto = \"out\"\nweight = { uniform = [\"5 mV\", \"60 mV\"] }\ndevice = \"syn\"\n\
    crossbar = { arrangement = \"unipolar\", w_max = \"60 mV\" }\n";

const LEARNS: &str = "[projection.p.plasticity]\nrule = \"rectangular\"\nwindow = \"5 ms\"\na_plus = 0.1\na_minus = 0.05\nw_max = \"60 mV\"\n\
    relative_to = \"span\"\n";

const DIGITS: &str = "[source.in]\nkind = \"dataset\"\ndataset = \"mnist\"\nencode = { kind = \"poisson\", max_rate = \"64 Hz\" }\n";

/// Protocols, each with what is needed besides devices and synapses, and whether its weights learn from spikes.
const PROTOCOLS: [(&str, &str, &str); 3] = [
    (
        "simulate",
        "[source.in]\nkind = \"regular\"\nsize = 6\nperiod = \"3 ms\"\n[protocol]\nkind = \"simulate\"\nduration = \"80 ms\"\n",
        LEARNS,
    ),
    (
        "unsupervised",
        "[protocol]\nkind = \"unsupervised\"\npresentation = \"40 ms\"\ntrain_samples = 6\ntest_samples = 3\nlabel_samples = 3\n\
         epochs = 1\n",
        LEARNS,
    ),
    (
        "supervised",
        "[protocol]\nkind = \"supervised\"\npresentation = \"40 ms\"\ntrain_samples = 6\ntest_samples = 20\nepochs = 1\n",
        "",
    ),
];

/// What is asked for, in words, the keys that ask for it in turn, and the model of the neurons.
const ASKED: &[(&str, &[&str], &str)] = &[
    ("levels of a conductance", &["projection.p.crossbar.levels=3"], "lif"),
    (
        "spread of a programmed conductance",
        &[
            "projection.p.crossbar.spread={ cv_on = 0.3, cv_off = 0.3 }",
            "protocol.programming=[{ name = \"case\", spread = { cv_on = 0.3, cv_off = 0.3 }, draws = 1 }]",
        ],
        "lif",
    ),
    (
        "devices that are stuck",
        &[
            "projection.p.crossbar.faults={ stuck_on = 0.3 }",
            "protocol.programming=[{ name = \"case\", faults = { stuck_on = 0.3 }, draws = 1 }]",
        ],
        "lif",
    ),
    (
        "retention",
        &[
            "projection.p.crossbar.age=\"100 ks\"",
            "protocol.programming=[{ name = \"case\", age = \"100 ks\", draws = 1 }]",
            "protocol.ageing=[{ after = \"100 ks\" }]",
            "protocol.ageing=[{ after = \"100 ks\" }] ; protocol.retention={ tau = \"20 ks\" }",
        ],
        "lif",
    ),
    ("spread of an update from cycle to cycle", &["projection.p.plasticity.cv_cycle=0.5"], "lif"),
    (
        "spread of updates from device to device",
        &["projection.p.plasticity.dispersion={ a_plus = 0.3 }"],
        "lif",
    ),
    ("wear", &["projection.p.plasticity.endurance={ n_f = 3 }"], "lif"),
    ("spread of a threshold from cycle to cycle", &["population.out.cycle_cv=0.2"], "switch"),
    ("spread of a threshold from device to device", &["population.out.device_cv=0.2"], "switch"),
    ("escape noise", &["population.out.v_scale=\"20 mV\""], "poisson_neuron"),
];

fn scenario((protocol, keys, learns): (&str, &str, &str), neuron: &str) -> String {
    let size = if protocol == "supervised" { 10 } else { 3 };
    let mut text = format!("{DEVICES}[population.out]\nmodel = \"{neuron}\"\nsize = {size}\n");
    if neuron != "poisson_neuron" {
        text += &format!("device = \"ts\"\n{SWITCH}");
    }
    match (protocol, neuron) {
        ("unsupervised", "lif") => text += "[population.out.competition]\n",
        ("unsupervised", "switch") => text += "[population.out.competition]\nkind = \"switches\"\n",
        ("unsupervised", _) => {
            text +=
                "[projection.inhibits]\nfrom = \"out\"\nto = \"out\"\nweight = \"-1 mV\"\ndelay = \"1 ms\"\n";
        }
        _ => {}
    }
    if protocol != "simulate" {
        text += DIGITS;
    }
    text + SYNAPSES + learns + keys
}

fn outcome(text: &str, overrides: &[String]) -> Result<Outcome, String> {
    let loaded = load_text("test.toml", text, overrides, None).map_err(|faults| {
        let fault = faults.iter().next().expect("a fault");
        let allowed = fault.allowed.as_ref().map_or(String::new(), |allowed| format!("; allowed: {allowed}"));
        format!("{}{allowed}", fault.what)
    })?;
    Ok(essence(&quietly(&loaded.plan, 1, few_patterns()).unwrap_or_else(|error| panic!("{error}\n{text}"))))
}

#[test]
fn what_time_use_and_chance_do_can_be_asked_for_or_is_refused() {
    let mut page = String::from(
        "# What time, use and chance do, and where\n\nWhat each key asks of devices in each protocol, found by asking it of one small \
         scenario: *read*, another value gives another result; else it is refused, with the reason. What a device has of itself is in its \
         preset.\n\n<!-- Generated by `cargo test --test runs reach` with MEMSPIKE_BLESS=1. -->\n\n\
         | | key | `simulate` | `unsupervised` | `supervised` |\n|---|---|---|---|---|\n",
    );
    let (mut reasons, mut idle): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for (what, keys, neuron) in ASKED {
        for key in *keys {
            let asked = key.rsplit(" ; ").next().unwrap();
            let case = asked.strip_prefix("protocol.programming=[{ name = \"case\", ");
            let name = asked.split(['=', ' ']).next().unwrap();
            let name = case.map_or_else(
                || name.to_owned(),
                |case| format!("protocol.programming.{}", case.split(' ').next().unwrap()),
            );
            let change: Vec<String> = key.split(" ; ").map(str::to_owned).collect();
            let _ = write!(page, "| {what} | `{name}` |");
            for protocol in PROTOCOLS {
                let text = scenario(protocol, neuron);
                let cell = match outcome(&text, &[]).and_then(|was| Ok((was, outcome(&text, &change)?))) {
                    Ok((was, is)) if was != is => "read".to_owned(),
                    Ok(_) => {
                        idle.push(format!("`{name}` with kind = \"{}\"", protocol.0));
                        "no effect".to_owned()
                    }
                    Err(why) => {
                        let number = reasons.iter().position(|known| *known == why).unwrap_or_else(|| {
                            reasons.push(why);
                            reasons.len() - 1
                        });
                        format!("[{0}](#reason-{0})", number + 1)
                    }
                };
                let _ = write!(page, " {cell} |");
            }
            page.push('\n');
        }
    }
    page.push_str("\n## Why not\n\n");
    for (number, why) in reasons.iter().enumerate() {
        let _ = writeln!(page, "{0}. <a id=\"reason-{0}\"></a>{why}", number + 1);
    }
    assert!(idle.is_empty(), "neither read nor refused: {}\n{page}", idle.join(", "));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/reference/reach.md");
    if std::fs::read_to_string(&path).unwrap_or_default() != page {
        if std::env::var_os("MEMSPIKE_BLESS").is_some() {
            std::fs::write(&path, &page).unwrap();
            return;
        }
        panic!("{} is out of date; run this test with MEMSPIKE_BLESS=1 to write it", path.display());
    }
}
