//! What a run tells while it goes on: event files, and progress for programs.

use crate::common::{Place, code, err, json, out};
use std::collections::BTreeMap;
use std::fs;

/// Steps and values of every tag of an event file, read by hand; `tensorflow/core/lib/io/record_writer.cc`.
fn events(bytes: &[u8]) -> BTreeMap<String, Vec<(u64, f32)>> {
    fn crc32c(bytes: &[u8]) -> u32 {
        let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0x82F6_3B78 } else { crc >> 1 };
        !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
    }
    fn varint(bytes: &mut &[u8]) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return value;
            }
            shift += 7;
        }
    }
    /// Fields of a message: numbers as they are, four and eight bytes as bits, everything else as bytes.
    fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
        let mut all = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let length = match key & 7 {
                0 => {
                    all.push((key >> 3, varint(&mut bytes), &[][..]));
                    continue;
                }
                1 => 8,
                2 => varint(&mut bytes) as usize,
                5 => 4,
                other => panic!("wire type {other}"),
            };
            let (value, rest) = bytes.split_at(length);
            bytes = rest;
            all.push((key >> 3, 0, value));
        }
        all
    }
    let sum = |bytes: &[u8]| {
        let crc = crc32c(bytes);
        crc.rotate_right(15).wrapping_add(0xA282_EAD8).to_le_bytes()
    };
    let (mut rest, mut all) = (bytes, BTreeMap::<String, Vec<(u64, f32)>>::new());
    while !rest.is_empty() {
        let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
        assert_eq!(rest[8..12], sum(&rest[..8]));
        let event = &rest[12..12 + length];
        assert_eq!(rest[12 + length..16 + length], sum(event));
        rest = &rest[16 + length..];
        let mut step = 0;
        for (field, value, inner) in fields(event) {
            match field {
                2 => step = value,
                5 => {
                    for (_, _, one) in fields(inner) {
                        let one = fields(one);
                        let tag = String::from_utf8(one[0].2.to_vec()).unwrap();
                        let value = f32::from_le_bytes(one[1].2.try_into().unwrap());
                        all.entry(tag).or_default().push((step, value));
                    }
                }
                _ => {}
            }
        }
    }
    all
}

const FILE: &str = "events.out.tfevents.memspike";

fn digits(extra: &[&'static str]) -> Vec<&'static str> {
    let few = ["protocol.epochs=3", "protocol.train_samples=60", "protocol.test_samples=20"];
    let mut run = vec!["run", "digits"];
    few.iter().for_each(|set| run.extend(["--set", set]));
    [&run[..], extra].concat()
}

#[test]
fn a_training_is_told_to_tensorboard_by_sample_and_epoch() {
    let place = Place::new();
    assert_eq!(code(&place.memspike(&digits(&["--out", "here", "--record", "tensorboard"]))), 0);
    let all = events(&fs::read(place.path().join("here").join(FILE)).unwrap());
    let csv = fs::read_to_string(place.path().join("here/epochs.csv")).unwrap();
    let head: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    for (tag, column) in
        [("epoch/loss", "loss"), ("epoch/accuracy/train", "train"), ("epoch/accuracy/test", "test")]
    {
        let at = head.iter().position(|name| name.contains(column)).unwrap_or_else(|| panic!("{head:?}"));
        let want: Vec<(u64, f32)> = csv
            .lines()
            .skip(1)
            .map(|line| line.split(',').collect::<Vec<_>>())
            .map(|row| (row[0].parse().unwrap(), row[at].parse().unwrap()))
            .collect();
        assert_eq!(all[tag].len(), 3, "{tag}");
        for (one, other) in all[tag].iter().zip(&want) {
            assert!(one.0 == other.0 && (one.1 - other.1).abs() < 1e-6, "{tag}: {one:?}, {other:?}");
        }
    }
    let summary = json(&fs::read_to_string(place.path().join("here/summary.json")).unwrap());
    let total = summary["energy_j"]["total"].as_f64().unwrap() as f32;
    assert_eq!(all["run/energy/total [J]"], [(0, total)]);
    let samples: Vec<u64> = all["sample/loss"].iter().map(|(step, _)| *step).collect();
    assert!(samples.is_sorted_by(|a, b| a < b) && samples.last() == Some(&180), "{samples:?}");
    assert!(all.contains_key("epoch/rate/output [Hz]"));
}

/// The file of a run that was stopped and gone on with has what one that was not has, but for the dates.
#[cfg(unix)]
#[test]
fn steps_are_told_once_where_a_run_was_cut() {
    let place = Place::new();
    let whole = digits(&["--out", "whole", "--record", "tensorboard", "--set", "protocol.epochs=8"]);
    assert_eq!(code(&place.memspike(&whole)), 0);
    let cut = digits(&["--out", "cut", "--record", "tensorboard", "--set", "protocol.epochs=8"]);
    let mut running = place.command(&cut).spawn().unwrap();
    let file = place.path().join("cut").join(FILE);
    // In the middle: some epochs are over, and the next has begun.
    let started = std::time::Instant::now();
    while started.elapsed().as_secs() < 60 {
        let told = fs::read(&file).map_or(0, |bytes| bytes.len());
        if told > 1200 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    assert!(!place.path().join("cut/summary.json").exists(), "it was killed before its end");
    assert_eq!(code(&place.memspike(&[&cut[..], &["--resume"]].concat())), 0);
    let read = |run: &str| events(&fs::read(place.path().join(run).join(FILE)).unwrap());
    assert_eq!(read("cut"), read("whole"));
}

#[test]
fn rates_of_a_simulation_are_told_over_simulated_time() {
    let place = Place::with_scenario();
    let run = ["run", "small.toml", "--out", "here", "--set", "record.tensorboard=true"];
    assert_eq!(code(&place.memspike(&run)), 0);
    let all = events(&fs::read(place.path().join("here").join(FILE)).unwrap());
    let rates = &all["time/rate/output [Hz]"];
    assert_eq!(rates.len(), 20);
    assert_eq!((rates[0].0, rates[19].0), (10_000_000, 200_000_000));
    let summary = json(&fs::read_to_string(place.path().join("here/summary.json")).unwrap());
    let spikes = summary["spikes"]["output"].as_f64().unwrap();
    // Ten neurons for 0.2 s.
    assert!((f64::from(rates[19].1) - spikes / 2.0).abs() < 1e-4);
    let refused = ["run", "paper/fig2b-retention", "--record", "tensorboard"];
    let output = place.memspike(&refused);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("`tensorboard` of the record has nothing to show"));
}

#[test]
fn progress_as_json_is_an_object_on_every_line() {
    let place = Place::with_scenario();
    let run = ["run", "small.toml", "--out", "here", "--progress", "json", "--format", "json"];
    let output = place.memspike(&run);
    assert_eq!(code(&output), 0);
    let said: Vec<serde_json::Value> = err(&output).lines().map(json).collect();
    let kinds: Vec<&str> = said.iter().map(|object| object["kind"].as_str().unwrap()).collect();
    assert!(
        kinds.contains(&"phase") && kinds.contains(&"measured") && kinds.last() == Some(&"note"),
        "{kinds:?}"
    );
    let last = said.iter().rfind(|object| object["kind"] == "progress").unwrap();
    assert_eq!(
        (&last["done"], &last["total"], &last["phase"]),
        (&json("200"), &json("200"), &json("\"simulate\""))
    );
    assert_eq!(last["unit"], "s");
    assert_eq!(json(&out(&output))["status"], "done");
    // What goes wrong is an object too.
    let output = place.memspike(&["run", "small.toml", "--out", "here", "--progress", "json"]);
    assert_eq!(code(&output), 2);
    let said = json(err(&output).trim_end());
    assert_eq!(said["kind"], "error");
    assert!(said["hint"].as_str().unwrap().contains("--force"));
    assert_eq!(said["cause"], "value");
    // What stands behind it is a word, for programs.
    for (wrong, cause) in [
        (&["nonsense"][..], "missing"),
        (&["small.toml", "--set", "protocol.duratoin=\"1 ms\""], "unknown"),
        (&["small.toml", "--set", "protocol.duratoin=\"1 ms\"", "--set", "protocol.duration=1"], "value"),
        (&["mnist", "--data", "."], "missing"),
    ] {
        let output = place.memspike(&[&["run"], wrong, &["--progress", "json"]].concat());
        let said = err(&output).lines().map(json).find(|object| object["kind"] == "error").unwrap();
        assert_eq!(said["cause"], cause, "{wrong:?}: {}", err(&output));
    }
    let both = place.memspike(&["run", "small.toml", "--progress", "json", "--quiet"]);
    assert_eq!(code(&both), 2);
    let traced = place.memspike(&["run", "small.toml", "--progress", "json", "--trace", "all"]);
    assert_eq!(code(&traced), 2);
    assert!(err(&traced).contains("--trace-file"));
}
