//! The page of several scenarios that one command runs, beside their runs.

use super::directory::{REPORT, RUNS, SET};
use super::failure::Failure;
use super::files;
use super::host;
use super::program::Program;
use memspike::report::set::{About, SetRun, SetSummary, page};
use memspike::scenario::Loaded;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A picture above that many bytes is left on the page of its own run.
const LARGEST: u64 = 300_000;

/// `set.html` in the directory that is named, or `NAME-001.html` and so on among all runs.
pub struct SetPage {
    path: PathBuf,
    about: About,
    runs: Vec<SetRun>,
}

impl SetPage {
    /// Takes the place of the page; nothing is in it yet.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn begin(
        out: Option<&Path>,
        named: &str,
        scenarios: &[Loaded],
        program: &Program<'_>,
    ) -> Result<Self, Failure> {
        let run = |scenario: &Loaded| SetRun {
            name: scenario.plan.name.clone(),
            title: scenario.plan.title.clone(),
            page: None,
            svg: None,
        };
        let about = About {
            memspike: env!("CARGO_PKG_VERSION").into(),
            named: named.into(),
            command: program.command.clone(),
            started: host::now_utc(),
        };
        let directory = out.unwrap_or_else(|| Path::new(RUNS));
        let made = |source| {
            Failure::new(format!("cannot write into `{}`: {}", directory.display(), files::reason(&source)))
                .with_hint("name a directory that can be written with --out DIR")
        };
        std::fs::create_dir_all(directory).map_err(made)?;
        let path = match out {
            Some(out) => out.join(SET),
            None => free(directory, named).map_err(made)?,
        };
        Ok(Self { path, about, runs: scenarios.iter().map(run).collect() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A scenario has been run, in this directory.
    pub fn ran(&mut self, name: &str, dir: Option<&Path>) {
        let Some((run, dir)) = self.runs.iter_mut().find(|run| run.name == name).zip(dir) else { return };
        let below = self.path.parent().and_then(|parent| dir.strip_prefix(parent).ok()).unwrap_or(dir);
        run.page = Some(below.join(REPORT).to_string_lossy().into_owned());
        run.svg = picture(dir);
    }

    /// Writes the page as far as it is known.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, summary: &SetSummary) -> Result<(), Failure> {
        files::write_whole(&self.path, page(summary, &self.runs, &self.about).as_bytes(), "--out")
    }
}

/// An empty file of the next number, which no other process has.
fn free(directory: &Path, named: &str) -> std::io::Result<PathBuf> {
    let name = Path::new(named).file_name().map_or_else(|| "set".into(), |name| name.to_string_lossy());
    let mut number = 1_u32;
    loop {
        let path = directory.join(format!("{name}-{number:03}.html"));
        match File::options().write(true).create_new(true).open(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// What a run is about: its overview, or the first of its pictures.
fn picture(dir: &Path) -> Option<String> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path()).collect();
    all.retain(|path| path.extension().is_some_and(|ending| ending == "svg"));
    all.sort_by_key(|path| (path.file_stem().is_none_or(|name| name != "overview"), path.clone()));
    let small = |path: &PathBuf| path.metadata().is_ok_and(|file| file.len() <= LARGEST);
    std::fs::read_to_string(all.into_iter().find(small)?).ok()
}
