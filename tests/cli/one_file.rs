//! From measurements to a network: what a fit wrote is all that a run needs, and the commands of the chapter are run.

use crate::common::{Place, json};
use std::fs;
use std::path::Path;
use std::process::Command;

const CHAPTER: &str = include_str!("../../docs/src/measurement-to-network.md");

/// Fewer samples, of digits that are drawn: for a test.
const SHORT: &str = " --set source.retina.dataset=drawn_digits --set protocol.epochs=1 --set protocol.train_samples=300 \
                     --set protocol.test_samples=60";

/// Runs a line as a shell would.
fn shell(place: &Place, line: &str) {
    let program = Path::new(env!("CARGO_BIN_EXE_memspike")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(place.path()).env("PATH", path).env_remove("MEMSPIKE_DATA");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{line}\n{said}");
}

/// Numbers of a preset file, as it has them.
fn parameter(place: &Place, file: &str, key: &str) -> (String, String) {
    let text = fs::read_to_string(place.path().join(file)).unwrap();
    let root: toml::Table = text.parse().unwrap();
    let parameter = &root["parameters"][key];
    let value = &parameter["value"];
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    (value, parameter["provenance"].as_str().unwrap().to_owned())
}

/// The magnitude in front of a unit, which is what is expected.
fn near(found: &(String, String), number: f64, unit: &str, share: f64) {
    let value = found.0.strip_suffix(unit).unwrap_or_else(|| panic!("{found:?} in {unit}"));
    let value: f64 = value.trim().parse().unwrap();
    assert!((value / number - 1.0).abs() < share, "{found:?}, the truth is {number} {unit}");
    assert_eq!(found.1, "fitted");
}

#[test]
fn the_commands_of_the_chapter_go_from_measurements_to_networks() {
    let place = Place::new();
    let lines: Vec<&str> = CHAPTER.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let runs = lines.iter().filter(|line| line.starts_with("memspike run ")).count();
    assert!(lines.iter().all(|line| line.starts_with("memspike ")) && runs == 4, "{lines:?}");
    for line in lines {
        let short = if line.starts_with("memspike run ") { SHORT } else { "" };
        shell(&place, &format!("{line}{short}"));
    }
    // The truth is in what was asked of the simulated devices.
    let switch = |key: &str| parameter(&place, "my-switch.toml", key);
    near(&switch("tau"), 23.0, "ms", 0.005);
    near(&switch("v_th"), 420.0, "mV", 0.03);
    near(&switch("v_hold"), 150.0, "mV", 0.01);
    near(&switch("i_cc"), 20.0, "uA", 0.005);
    near(&switch("g_on"), 80.0, "uS", 0.005);
    assert_eq!(switch("device_cv").1, "assumed");
    let synapse = |key: &str| parameter(&place, "my-synapse.toml", key);
    near(&synapse("g_max"), 300.0, "uS", 0.02);
    near(&synapse("g_min"), 20.0, "uS", 0.1);
    near(&synapse("g_start"), 100.0, "uS", 0.02);
    near(&synapse("set_v_scale"), 9.8, "mV", 0.1);
    near(&synapse("reset_v_scale"), 4.465, "mV", 0.1);
    for run in ["mnist-switch", "mnist-devices", "stdp/digits", "digits"] {
        let path = place.path().join("runs").join(run).join("001");
        let summary = json(&fs::read_to_string(path.join("summary.json")).unwrap());
        let accuracy = summary["accuracy"]["test"].as_f64().unwrap();
        assert!(accuracy > 0.2, "{run}: {accuracy}");
        let energy = summary["energy_j"]["total"].as_f64();
        assert!(energy.is_none_or(|joules| joules > 0.0), "{run}: {energy:?}");
        let page = fs::read_to_string(path.join("report.html")).unwrap();
        assert!(page.contains("my-switch") || page.contains("my-synapse"), "{run}");
    }
}
