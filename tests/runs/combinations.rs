//! Every rule with every protocol, kind of neuron and kind of device: it runs, or `check` says what is missing. What is found is
//! the page `docs/src/reference/learning.md`.

use memspike::dataset::Search;
use memspike::device::preset::Preset;
use memspike::registry::Registry;
use memspike::scenario::load_text;
use memspike::scenario::outcome::Status;
use memspike::scenario::run::quietly;
use std::fmt::Write as _;
use std::path::Path;

const PROTOCOLS: [&str; 3] = ["simulate", "unsupervised", "supervised"];

/// What every rule without defaults of its own needs, and no more than a run of a few milliseconds. Synapses may have delays of
/// their own.
fn scenario(rule: &str, protocol: &str, neuron: &str, device: Option<&str>, apart: bool) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    line("[source.in]");
    match protocol {
        "simulate" => line("kind = \"regular\"\nsize = 3\nperiod = \"2 ms\""),
        _ => line(
            "kind = \"dataset\"\ndataset = \"drawn_digits\"\nencode = { kind = \"poisson\", max_rate = \"64 Hz\" }",
        ),
    }
    if let Some(preset) = device {
        line(&format!("[device.synapse]\npreset = \"{preset}\""));
    }
    line(&format!(
        "[population.out]\nmodel = \"{neuron}\"\nsize = {}",
        if protocol == "supervised" { 10 } else { 2 }
    ));
    match (protocol, neuron) {
        ("unsupervised", "switch") => line("[population.out.competition]\nkind = \"switches\""),
        ("unsupervised", "lif") => line("[population.out.competition]"),
        ("supervised", "lif") => line("reset = \"subtract\""),
        _ => {}
    }
    line(
        "[projection.learns]\nfrom = \"in\"\nto = \"out\"\nconnect = \"all_to_all\"\nkernel = \"delta\"\nweight = { uniform = [\"1 mV\", \"30 mV\"] }",
    );
    if apart {
        line("delay = { uniform = [\"0 ms\", \"5 ms\"] }");
    }
    // What forgets is no device of a crossbar, and nothing is programmed.
    let forgets = device.is_some_and(|name| Preset::named(name).unwrap().device.memory().is_none());
    if device.is_some() && rule == "filament" && forgets {
        line("device = \"synapse\"");
    } else if device.is_some() {
        line("device = \"synapse\"\ncrossbar = { arrangement = \"unipolar\" }");
    }
    line(&format!("[projection.learns.plasticity]\nrule = \"{rule}\"\nw_max = \"40 mV\""));
    match rule {
        // A device without a spike pulse of its own takes one that is stated.
        "overlap" if device.is_some_and(|name| !pulsed(name)) => line(
            "row = { level = \"50 mV\", length = \"5 ms\" }\ncolumn = { set = \"0.12 V\", reset = \"0.1 V\", width = \"1 ms\" }",
        ),
        "stdp_pair" | "overlap" | "filament" => {}
        "rectangular" => line("a_plus = 0.1\na_minus = 0.05\nwindow = \"5 ms\""),
        "post_trace" => line("a_plus = 0.1"),
        _ => line("a_plus = 0.1\na_minus = 0.05"),
    }
    if protocol == "unsupervised" && !matches!(neuron, "lif" | "switch") {
        line("[projection.inhibits]\nfrom = \"out\"\nto = \"out\"\nweight = \"-1 mV\"\ndelay = \"1 ms\"");
    }
    line(&format!("[protocol]\nkind = \"{protocol}\""));
    match protocol {
        "simulate" => line("duration = \"20 ms\""),
        "unsupervised" => {
            line(
                "presentation = \"20 ms\"\ntrain_samples = 4\ntest_samples = 2\nlabel_samples = 2\nepochs = 1",
            );
        }
        _ => line("presentation = \"20 ms\"\ntrain_samples = 4\ntest_samples = 2\nepochs = 1"),
    }
    text
}

/// Whether a preset has a spike pulse.
fn pulsed(name: &str) -> bool {
    let preset = Preset::named(name).unwrap();
    preset.device.memory().is_some_and(|memory| memory.pulse.is_some())
}

/// What is missing, in the words of the first refusal; `None`: it runs, and has.
fn missing(text: &str, neuron: &str) -> Option<String> {
    let plan = match load_text("test.toml", text, &[], None) {
        Ok(loaded) => loaded.plan,
        Err(faults) => {
            let fault = faults.iter().next().expect("a fault");
            // Models that lack the same are told at once.
            return Some(fault.what.replace(&format!("model \"{neuron}\","), "a model"));
        }
    };
    let outcome = quietly(&plan, 1, &Search::default()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(outcome.status, Status::Done, "{text}");
    None
}

#[test]
fn every_rule_learns_everywhere_or_is_refused_with_what_is_missing() {
    let registry = Registry::shipped();
    let rules: Vec<&str> = registry.rules().iter().map(|entry| entry.name).chain(["overlap"]).collect();
    let neurons: Vec<&str> =
        ["lif", "switch"].into_iter().chain(registry.neurons().iter().map(|entry| entry.name)).collect();
    // Of every kind the preset that has a pulse, or the first.
    let mut devices: Vec<(&str, Option<&str>)> = vec![("none", None)];
    for name in Preset::names() {
        let preset = Preset::named(name).unwrap();
        let kind = preset.device.kind().name;
        let pulse = pulsed(name);
        match devices.iter_mut().find(|device| device.0 == kind) {
            None => devices.push((kind, Some(name))),
            Some(device) if pulse => device.1 = Some(name),
            Some(_) => {}
        }
    }
    let mut page = String::from(
        "# Which rules learn where\n\nEvery rule of [projection.NAME.plasticity] with every protocol, model of neuron and kind of device, with one delay or with delays of single synapses, \
         as one small scenario each, carried out: it runs, or `memspike check` refuses it with the property that is missing.\n\n\
         <!-- Generated by `cargo test --test runs combinations` with MEMSPIKE_BLESS=1. -->\n",
    );
    let (mut reasons, mut ran): (Vec<String>, usize) = (Vec::new(), 0);
    // Where there are no delays at all there are none of single synapses either, whatever the devices.
    let all = |protocol: &'static str| devices.iter().map(move |device| (protocol, device, false));
    let simulated = devices.iter().map(|device| ("simulate", device, true));
    let trained = PROTOCOLS[1..].iter().map(|&protocol| (protocol, &devices[0], true));
    let each: Vec<_> = PROTOCOLS.into_iter().flat_map(all).chain(simulated).chain(trained).collect();
    for (protocol, (kind, preset), apart) in each {
        let delays = if apart { ", delays of single synapses" } else { "" };
        let _ = writeln!(page, "\n## `{protocol}`, devices: `{kind}`{delays}\n");
        let _ = writeln!(
            page,
            "| neurons | {} |",
            rules.iter().map(|r| format!("`{r}`")).collect::<Vec<_>>().join(" | ")
        );
        let _ = writeln!(page, "|---|{}", "---|".repeat(rules.len()));
        let mut alike: Vec<(Vec<&str>, String)> = Vec::new();
        for neuron in &neurons {
            let mut cells = String::new();
            for rule in &rules {
                let found = missing(&scenario(rule, protocol, neuron, *preset, apart), neuron);
                ran += usize::from(found.is_none());
                let number = found.map(|why| {
                    let known = reasons.iter().position(|known| *known == why);
                    known.unwrap_or_else(|| {
                        reasons.push(why);
                        reasons.len() - 1
                    })
                });
                let cell = number.map_or("runs".into(), |number| format!("[{0}](#missing-{0})", number + 1));
                let _ = write!(cells, " {cell} |");
            }
            match alike.last_mut().filter(|(_, others)| *others == cells) {
                Some((names, _)) => names.push(neuron),
                None => alike.push((vec![neuron], cells)),
            }
        }
        for (names, cells) in alike {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let _ = writeln!(page, "| {} |{cells}", names.join(", "));
        }
    }
    page.push_str("\n## What is missing\n\n");
    for (number, why) in reasons.iter().enumerate() {
        let _ = writeln!(page, "{0}. <a id=\"missing-{0}\"></a>{why}", number + 1);
    }
    assert!(ran > 40, "{ran} runs\n{page}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/reference/learning.md");
    if std::fs::read_to_string(&path).unwrap_or_default() != page {
        if std::env::var_os("MEMSPIKE_BLESS").is_some() {
            std::fs::write(&path, &page).unwrap();
            return;
        }
        panic!("{} is out of date; run this test with MEMSPIKE_BLESS=1 to write it", path.display());
    }
}
