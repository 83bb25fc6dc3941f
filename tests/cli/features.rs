//! What a program built without a feature says of it, and what one built with it does.

use super::common::*;
use std::fs;

/// Refused before anything is run or written, with the line that installs what is missing.
#[cfg(not(all(feature = "png", feature = "fetch", feature = "parquet", feature = "spreadsheet")))]
fn lacks(args: &[&str], feature: &str) {
    let place = Place::with_scenario();
    let before = fs::read_dir(place.path()).unwrap().count();
    let output = place.memspike(args);
    assert_eq!(code(&output), 2, "{args:?}");
    assert!(out(&output).is_empty(), "{args:?}: {}", out(&output));
    let text = err(&output);
    assert!(text.contains(&format!("needs the feature `{feature}`")), "{text}");
    assert!(text.contains(&format!("`cargo install memspike --features {feature}`")), "{text}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), before, "{args:?}");
}

#[cfg(not(feature = "png"))]
#[test]
fn without_png_pictures_are_refused_before_the_run() {
    lacks(&["run", "small.toml", "--out", "here", "--png"], "png");
    lacks(&["device", "ag-tio2-pt-rs-binary", "iv", "--plot", "loop.PNG"], "png");
    lacks(&["fit", "lif", "missing.csv", "--plot", "fit.png"], "png");
}

#[cfg(not(feature = "fetch"))]
#[test]
fn without_fetch_nothing_is_downloaded() {
    lacks(&["data", "fetch", "mnist", "--data", "here"], "fetch");
}

#[cfg(not(feature = "parquet"))]
#[test]
fn without_parquet_it_is_no_format_of_records() {
    lacks(&["run", "small.toml", "--out", "here", "--record-format", "parquet"], "parquet");
}

#[cfg(feature = "parquet")]
#[test]
fn with_parquet_records_are_tables() {
    let place = Place::with_scenario();
    let run = ["run", "small.toml", "--out", "here", "--record-format", "parquet"];
    assert_eq!(code(&place.memspike(&run)), 0);
    let table = fs::read(place.path().join("here/spikes.parquet")).unwrap();
    assert!(table.starts_with(b"PAR1") && table.ends_with(b"PAR1"));
}

#[test]
fn every_option_is_known_with_and_without_its_feature() {
    let place = Place::new();
    assert!(out(&place.memspike(&["run", "--help"])).contains("--png"));
    assert!(out(&place.memspike(&["data", "fetch", "--help"])).contains("--mirror"));
}

#[cfg(feature = "png")]
#[test]
fn with_png_pictures_are_rendered() {
    let place = Place::with_scenario();
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "here", "--png"])), 0);
    let endings = |ending: &str| {
        fs::read_dir(place.path().join("here"))
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == ending))
            .count()
    };
    // The overview is for the page alone.
    assert!(endings("png") > 0 && (endings("svg") == endings("png") || endings("svg") == endings("png") + 1));
    let output = place.memspike(&["device", "ag-tio2-pt-rs-binary", "iv", "--plot", "loop.PNG"]);
    assert_eq!(code(&output), 0);
    assert_eq!(&fs::read(place.path().join("loop.PNG")).unwrap()[..8], b"\x89PNG\r\n\x1a\n");
}

#[cfg(not(feature = "spreadsheet"))]
#[test]
fn without_spreadsheet_it_is_said_of_the_file() {
    let place = Place::new();
    fs::write(place.path().join("loops.xlsx"), b"PK\x03\x04").unwrap();
    let output = place.memspike(&["fit", "iv", "loops.xlsx"]);
    let text = err(&output);
    assert!(code(&output) == 2 && text.contains("needs the feature `spreadsheet`"), "{text}");
    assert!(text.contains("`cargo install memspike --features spreadsheet`"), "{text}");
}
