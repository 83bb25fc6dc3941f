//! Files of version 0.1, kept as they were: each is refused with the new names in it, or read.
//!
//! Those under `tests/data/0.1` were accepted, and the run directory there was written, by memspike 0.1.0.

use crate::common::{Place, code, err, out};
use memspike::renamed::{self, RENAMED, Renamed, What};
use std::path::{Path, PathBuf};

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/0.1").join(name)
}

/// The refusal of a file of 0.1, which names it and every successor of what is in it.
fn refusal(name: &str, args: &[&str]) -> String {
    let place = Place::new();
    std::fs::copy(kept(name), place.path().join(name)).unwrap();
    let output = place.memspike(args);
    assert_eq!(code(&output), 2, "{name}");
    assert!(out(&output).is_empty() && err(&output).contains(name), "{}", err(&output));
    err(&output)
}

#[test]
fn every_old_name_of_a_file_is_refused_with_its_successor_named() {
    let scenarios = ["network.toml", "experiments.toml", "drawn-digits.toml", "fashion-mnist.toml"];
    let presets = ["preset-ts.toml", "preset-rs-binary.toml", "preset-rs-analog.toml"];
    let scenarios = scenarios.map(|name| (name, refusal(name, &["check", name])));
    let presets = presets.map(|name| (name, refusal(name, &["device", name, "iv"])));
    for Renamed { what, old, new } in RENAMED {
        let (files, named) = match what {
            What::Word { key } => (&scenarios[..], format!("{key} = \"{old}\"")),
            What::Key { table } => (&scenarios[..], format!("{table} = {{ {old}")),
            What::PresetWord { key } => (&presets[..], format!("{key} = \"{old}\"")),
            What::Item => continue,
        };
        let mut found =
            files.iter().filter(|(name, _)| std::fs::read_to_string(kept(name)).unwrap().contains(&named));
        let (name, said) = found.next().unwrap_or_else(|| panic!("no file of 0.1 has {named}"));
        let sentence = format!("`{old}` is now written `{new}`");
        assert!(said.contains(&sentence), "{name} has {named}:\n{said}");
    }
}

#[test]
fn what_the_messages_say_is_enough_to_mend_a_file() {
    for (name, args) in [
        ("network.toml", ["check", "network.toml", "--quiet"]),
        ("experiments.toml", ["check", "experiments.toml", "--quiet"]),
        ("drawn-digits.toml", ["check", "drawn-digits.toml", "--quiet"]),
        ("preset-ts.toml", ["device", "preset-ts.toml", "iv"]),
        ("preset-rs-binary.toml", ["device", "preset-rs-binary.toml", "iv"]),
        ("preset-rs-analog.toml", ["device", "preset-rs-analog.toml", "iv"]),
    ] {
        let mut text = std::fs::read_to_string(kept(name)).unwrap();
        for Renamed { what, old, new } in RENAMED {
            if *what != What::Item {
                text = text
                    .replace(&format!("\"{old}\""), &format!("\"{new}\""))
                    .replace(&format!("{{ {old} "), &format!("{{ {new} "));
            }
        }
        let place = Place::new();
        std::fs::write(place.path().join(name), text).unwrap();
        assert_eq!(code(&place.memspike(&args)), 0, "{name}");
    }
}

#[test]
fn devices_of_a_projection_that_were_a_table_are_refused_with_what_they_are_now() {
    let message = refusal("crossbar.toml", &["check", "crossbar.toml"]);
    let now = "[device.synapse] preset = \"ag-tio2-pt-rs-analog\", \
               parameters = { g_min = \"10 nS\", g_max = \"100 uS\", g_start = \"10 nS\" }; \
               [projection.input] device = \"synapse\"; \
               [projection.input.crossbar] arrangement = \"differential\", read = { width = \"2 us\" }";
    assert!(message.contains(now), "{message}");
    let text = std::fs::read_to_string(kept("crossbar.toml")).unwrap();
    let (before, after) = text.split_once("\n[projection.input.device]\n").unwrap();
    let (_, protocol) = after.split_once("[protocol]").unwrap();
    let mended = format!(
        "[device.synapse]\npreset = \"ag-tio2-pt-rs-analog\"\n\
         parameters = {{ g_min = \"10 nS\", g_max = \"100 uS\", g_start = \"10 nS\" }}\n{before}\
         device = \"synapse\"\n[projection.input.crossbar]\narrangement = \"differential\"\n\
         read = {{ width = \"2 us\" }}\n[protocol]{protocol}"
    );
    let place = Place::new();
    std::fs::write(place.path().join("crossbar.toml"), &mended).unwrap();
    let output = place.memspike(&["check", "crossbar.toml"]);
    assert_eq!(code(&output), 0, "{mended}\n{}", err(&output));
}

#[test]
fn the_tables_of_a_winner_are_refused_with_the_rule_that_they_are_now() {
    let message = refusal("unsupervised.toml", &["check", "unsupervised.toml"]);
    let now = "[projection.NAME.plasticity] rule = \"rectangular\", dependence = \"multiplicative\", relative_to = \"span\", \
               window = \"50 ms\", w_max = \"1 mV\", a_plus = 0.3, a_minus = 0.15, \
               program = { v_set = \"280 mV\", v_reset = \"280 mV\" }; [protocol] final_share = 0.02";
    assert!(message.contains(now), "{message}");
    let text = std::fs::read_to_string(kept("unsupervised.toml")).unwrap();
    let (before, after) = text.split_once("\n[projection.input.device]\n").unwrap();
    let (protocol, _) = after.split_once("\n[protocol.learning]").unwrap();
    let mended = format!(
        "{before}device = \"synapse\"\n[device.synapse]\npreset = \"ag-tio2-pt-rs-analog\"\n\
         [projection.input.plasticity]\nrule = \"rectangular\"\ndependence = \"multiplicative\"\n\
         relative_to = \"span\"\nwindow = \"50 ms\"\nw_max = \"1 mV\"\na_plus = 0.3\na_minus = 0.15\n\
         [projection.input.crossbar]\n{protocol}\nfinal_share = 0.02\n"
    )
    .replace("drawn-digits", "drawn_digits");
    let place = Place::new();
    std::fs::write(place.path().join("unsupervised.toml"), &mended).unwrap();
    let output = place.memspike(&["check", "unsupervised.toml"]);
    assert_eq!(code(&output), 0, "{mended}\n{}", err(&output));
}

#[test]
fn an_old_word_is_refused_on_the_command_line_too() {
    let place = Place::new();
    let output = place.memspike(&["check", "digits", "--set", "source.retina.dataset=fashion-mnist"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("`fashion-mnist` is now written `fashion_mnist`"), "{}", err(&output));
    assert!(err(&output).contains("--set"), "{}", err(&output));
}

#[test]
fn a_run_of_0_1_is_shown_and_compared() {
    let old = kept("run").display().to_string();
    let place = Place::new();
    let shown = place.memspike(&["show", &old]);
    assert_eq!(code(&shown), 0);
    assert!(out(&shown).contains("spike_pulses"), "{}", out(&shown));
    assert!(err(&shown).contains("memspike 0.1.0"), "{}", err(&shown));
    // The same scenario today: the words have changed, the numbers have not. It compared what any two equal pulses do.
    let row = |quantity: &str, why: &str| {
        format!("{{ quantity = \"{quantity}\", paper = \"0 V\", tolerance = \"1 nV\", why = \"{why}\" }}")
    };
    let rows = [
        row("at_zero", "equal pulses at the same time cancel across the device"),
        row(
            "antisymmetry",
            "the voltage for -dt is that for dt with the opposite sign, as stated; what is left is rounding",
        ),
    ];
    let rows = ["biphasic", "unipolar"].map(|of| format!("experiment.{of}.compare=[{}]", rows.join(", ")));
    let run = ["run", "fig3b-pulses", "--out", "new", "--quiet", "--set", &rows[0], "--set", &rows[1]];
    assert_eq!(code(&place.memspike(&run)), 0);
    assert!(std::fs::read_to_string(place.path().join("new/summary.json")).unwrap().contains("spike_pulses"));
    let compared = place.memspike(&["compare", &old, "new"]);
    assert_eq!(code(&compared), 0);
}

#[test]
fn a_run_that_0_1_began_is_not_gone_on_with() {
    let place = Place::new();
    std::fs::create_dir(place.path().join("old")).unwrap();
    let manifest = std::fs::read_to_string(kept("run/manifest.json")).unwrap();
    let stopped = manifest.replace("\"status\": \"done\"", "\"status\": \"interrupted\"");
    assert_ne!(stopped, manifest);
    std::fs::write(place.path().join("old/manifest.json"), stopped).unwrap();
    let output = place.memspike(&["run", "fig3b-pulses", "--resume", "--out", "old"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("was begun with memspike 0.1.0, and this is"), "{}", err(&output));
}

#[test]
fn the_page_on_moving_shows_the_list() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/migrating.md");
    let found = std::fs::read_to_string(&path).unwrap();
    let mark = found.find("<!-- Generated").expect("the mark above the list");
    let head = &found[..mark + found[mark..].find("-->\n").unwrap() + 4];
    let wanted = format!("{head}\n{}", renamed::markdown());
    if found != wanted {
        if std::env::var_os("MEMSPIKE_BLESS").is_some() {
            std::fs::write(&path, &wanted).unwrap();
            return;
        }
        panic!("{} is out of date; run this test with MEMSPIKE_BLESS=1 to write it", path.display());
    }
}
