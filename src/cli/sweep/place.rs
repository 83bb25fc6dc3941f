//! The directory of a sweep: a new one, or that of the sweep which is gone on with.

use super::super::directory::RUNS;
use super::super::failure::Failure;
use super::super::files;
use super::args::SweepArgs;
use memspike::record::{RecordError, read_json, to_json};
use memspike::report::sweep::About;
use memspike::scenario::vary::Variation;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The file that makes a directory a sweep.
pub const SWEEP: &str = "sweep.json";

/// Of a numbered sweep below the runs of its scenario.
const NUMBERED: &str = "sweep-";

/// Where a sweep is written.
pub struct Place {
    pub path: PathBuf,
    /// What the sweep that is there varies.
    there: Option<Begun>,
    numbered: bool,
}

/// What `sweep.json` says of its sweep from the beginning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Begun {
    memspike: String,
    scenario: String,
    keys: Vec<String>,
}

/// The directory that the arguments name, the last one, or the next number. Nothing is made yet.
///
/// # Errors
/// If there is none to go on with, or it holds something else.
pub fn of_sweep(args: &SweepArgs, scenario: &str) -> Result<Place, Failure> {
    let root = Path::new(RUNS).join(scenario);
    let (path, numbered) = match &args.out {
        Some(out) => (out.clone(), false),
        None => {
            let last = last(&root)?;
            if args.resume {
                let last = last.ok_or_else(|| {
                    Failure::new(format!("there is no sweep of `{scenario}` in `{RUNS}` to go on with"))
                        .with_hint("omit --resume to begin one, or name it with --out DIR")
                })?;
                (root.join(format!("{NUMBERED}{last:03}")), false)
            } else {
                (root.join(format!("{NUMBERED}{:03}", last.unwrap_or(0) + 1)), true)
            }
        }
    };
    if path.is_file() {
        return Err(RecordError::NotADirectory { path }.into());
    }
    let there = path.join(SWEEP);
    // Another part of the sweep may be about to say what it is.
    let _alone = alone(&path);
    if !there.is_file() {
        if args.resume {
            return Err(Failure::new(format!("there is no sweep in `{}` to go on with", path.display()))
                .with_hint("omit --resume to begin one"));
        }
        let holds = fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some());
        if holds {
            return Err(Failure::new(format!(
                "`{}` exists, is not empty, and is not a sweep",
                path.display()
            ))
            .with_hint("choose an empty or new directory with --out"));
        }
        return Ok(Place { path, there: None, numbered });
    }
    let begun: Begun = read_json(&there)?;
    Ok(Place { path, there: Some(begun), numbered: false })
}

/// Waits until nobody else begins this sweep or puts its points together, and keeps others waiting until it is dropped: a lock on
/// the directory itself. Where the system knows no such locks, nobody waits.
pub fn alone(place: &Path) -> Option<File> {
    let lock = File::open(place).ok()?;
    lock.lock().ok()?;
    Some(lock)
}

/// The largest number of a sweep of a scenario.
fn last(root: &Path) -> Result<Option<u32>, Failure> {
    let entries = match fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(
                RecordError::Io { action: "list the directory", path: root.to_path_buf(), source }.into()
            );
        }
    };
    let number = |entry: fs::DirEntry| {
        entry.file_name().to_str()?.strip_prefix(NUMBERED)?.parse::<u32>().ok().filter(|n| *n < 1_000_000_000)
    };
    Ok(entries.flatten().filter_map(number).max())
}

impl Place {
    /// Makes the directory and says what it is, if nobody has.
    ///
    /// # Errors
    /// If it is a sweep of something else, or cannot be made.
    pub fn begin(&self, variation: &Variation, about: &About) -> Result<(), Failure> {
        let keys: Vec<String> = variation.varied.iter().map(|varied| varied.key.clone()).collect();
        if let Some(there) = &self.there {
            let of = |keys: &[String]| if keys.is_empty() { "seeds alone".into() } else { keys.join(", ") };
            if there.scenario != about.scenario || there.keys != keys {
                return Err(Failure::new(format!(
                    "`{}` is a sweep of `{}` over {}, and this is one of `{}` over {}",
                    self.path.display(),
                    there.scenario,
                    of(&there.keys),
                    about.scenario,
                    of(&keys)
                ))
                .with_hint("choose another directory with --out"));
            }
            return Ok(());
        }
        let made = |path: &Path| {
            let path = path.to_path_buf();
            move |source| RecordError::Io { action: "create the directory", path, source }
        };
        if let (true, Some(parent)) = (self.numbered, self.path.parent()) {
            fs::create_dir_all(parent).map_err(made(parent))?;
            // Two processes never get the same number.
            fs::create_dir(&self.path).map_err(made(&self.path))?;
        } else {
            fs::create_dir_all(&self.path).map_err(made(&self.path))?;
        }
        let _alone = alone(&self.path);
        let memspike = env!("CARGO_PKG_VERSION").to_string();
        let begun = Begun { memspike, scenario: about.scenario.clone(), keys };
        files::write_whole(&self.path.join(SWEEP), &to_json(SWEEP, &begun)?, "--out")
    }
}
