//! What the preset of a fit says of each number: its error in its own unit, and whether it was fitted at all.

use crate::common::{Place, code, err, json, out};
use memspike::numeric::standard_normal;
use memspike::random::{Purpose, word};
use memspike::units::{Ohm, Quantity, Second};
use std::fmt::Write as _;
use std::fs;

/// A standard normal number.
fn noise(k: u64) -> f64 {
    standard_normal(word(31, Purpose::Measurement, 0, k))
}

/// (provenance, source) of a key.
fn said(text: &str, key: &str) -> (String, String) {
    let table: toml::Table = text.parse().unwrap();
    let own = &table["parameters"][key];
    let of = |name: &str| own[name].as_str().unwrap().to_owned();
    (of("provenance"), of("source"))
}

/// What stands behind the sign in a source, up to a comma or a semicolon.
fn error<Q: Quantity>(source: &str) -> f64 {
    let (_, behind) = source.split_once("\u{b1} ").unwrap_or_else(|| panic!("no error: {source}"));
    let text = behind.split([',', ';']).next().unwrap();
    Q::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).si()
}

/// (value, error) of a parameter of one of the fits of an answer.
fn found(fit: &serde_json::Value, name: &str) -> (f64, f64) {
    let all = fit["parameters"].as_array().unwrap();
    let own = all.iter().find(|p| p["name"] == name).unwrap_or_else(|| panic!("{name}: {fit}"));
    (own["value"].as_f64().unwrap(), own["error"].as_f64().unwrap())
}

/// 60 pulses up and 60 down between 20 and 400 uS, read to 0.5 uS.
fn trains() -> String {
    let mut text = String::from("pulse,amplitude [V],G [uS]\n0,0,100\n");
    let mut g = 100.0;
    for k in 0..120_u32 {
        let (volts, end, dose) = if k < 60 { (0.2, 400.0, 0.03_f64) } else { (-0.25, 20.0, 0.04) };
        g += (end - g) * (1.0 - (-dose).exp());
        writeln!(text, "{},{volts},{}", k + 1, g + 0.5 * noise(u64::from(k))).unwrap();
    }
    text
}

#[test]
fn errors_of_a_train_are_those_of_the_numbers_they_stand_beside() {
    let place = Place::new();
    fs::write(place.path().join("train.csv"), trains()).unwrap();
    let args = ["fit", "device", "--pulses", "train.csv", "--width", "100 ms", "--out", "mine.toml"];
    let output = place.memspike(&[&args[..], &["--format", "json"]].concat());
    assert_eq!(code(&output), 0, "{}", err(&output));
    let answer = json(&out(&output));
    let text = fs::read_to_string(place.path().join("mine.toml")).unwrap();
    for (k, key, dose) in [(0, "set_tau", 0.03), (1, "reset_tau", 0.04)] {
        let (value, sigma) = found(&answer["measurements"][k], "dose");
        assert!((value / dose - 1.0).abs() < 0.05, "{value}");
        let (provenance, source) = said(&text, key);
        // tau = width/dose, and its relative error is that of the dose; it is written with two digits.
        let want = 0.1 / value * (sigma / value);
        let got = error::<Second>(&source);
        assert!((got / want - 1.0).abs() < 0.05 && provenance == "fitted", "{got}, not {want}: {source}");
        assert!(want > 0.001 * 0.1 / dose && want < 0.05 * 0.1 / dose, "{want}");
    }
    for (key, provenance) in [("set_v_ref", "measured"), ("reset_v_ref", "measured"), ("g_inf", "assumed")] {
        let (own, source) = said(&text, key);
        assert!(own == provenance && !source.contains('\u{b1}'), "{key}: {own}, {source}");
    }
    assert_eq!(said(&text, "set_v_ref").1, "train.csv, the voltage of the pulses");
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(table["title"].as_str(), Some("Fitted to train.csv"));
    assert_eq!(table["source"].as_str(), Some("train.csv"));
}

#[test]
fn the_error_of_a_resistance_is_in_ohms_and_what_a_law_takes_for_granted_has_none() {
    let place = Place::new();
    let mut text = String::from("time [s],G [mS]\n");
    for k in 0..60_u32 {
        let t = 500.0 * f64::from(k);
        writeln!(text, "{t},{}", 5.0 * (-t / 20_000.0).exp() * (1.0 + 0.02 * noise(u64::from(k)))).unwrap();
    }
    fs::write(place.path().join("held.csv"), text).unwrap();
    let args = ["fit", "retention", "held.csv", "--out", "held.toml", "--format", "json"];
    let output = place.memspike(&args);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let (g_p, sigma) = found(&json(&out(&output)), "g_p");
    let text = fs::read_to_string(place.path().join("held.toml")).unwrap();
    let (provenance, source) = said(&text, "r_on");
    let (got, want) = (error::<Ohm>(&source), sigma / (g_p * g_p));
    assert!((got / want - 1.0).abs() < 0.05 && provenance == "fitted", "{got}, not {want}: {source}");
    assert_eq!(said(&text, "retention_b"), ("assumed".into(), "held.csv; that of the law fitted".into()));
}
