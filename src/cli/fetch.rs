//! `memspike data fetch`: what it needs of the library.

use super::failure::Failure;
use super::wiring;
use memspike::dataset::fetch::{self, Had, Mirrors, Settings, Spec};
use memspike::dataset::{Name, Search};
use memspike::scenario::progress::Progress;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Fetches one data set and returns where it is kept; `None` if the user stopped it.
///
/// # Errors
/// If no mirror has it, the network fails, or a file does not have its checksum.
pub fn fetch(
    name: Name,
    data: Option<&Path>,
    mirrors: &[String],
    stop: &AtomicBool,
    progress: &mut dyn Progress,
) -> Result<Option<PathBuf>, Failure> {
    let search = wiring::search(data);
    let Some(into) = search.destination(name) else {
        return Err(Failure::new("there is no data folder: this account has no home directory")
            .with_hint("say where to keep the files with --data DIR"));
    };
    let mirrors = list_of_mirrors(&search, name, mirrors)?;
    let spec =
        Spec::of(name).ok_or_else(|| Failure::new(format!("`{}` is not downloaded", name.as_str())))?;
    let mut listener = Download { progress, have: 0 };
    match fetch::fetch(&spec, mirrors.of(name), &into, Settings::default(), stop, &mut listener) {
        Ok(_) => Ok(Some(into)),
        Err(faults) if faults.is_cancelled() => Ok(None),
        Err(faults) => Err(Failure::new(faults.to_string())),
    }
}

/// `--mirror`, or `mirrors.toml` in the user's data folder, or the built-in list.
fn list_of_mirrors(search: &Search, name: Name, given: &[String]) -> Result<Mirrors, Failure> {
    let refused = |error: fetch::MirrorsError| Failure::new(error.to_string());
    if !given.is_empty() {
        return Mirrors::built_in().with(name, given.to_vec()).map_err(refused);
    }
    let file = search.user.as_ref().map(|folder| folder.join("mirrors.toml"));
    match file.as_ref().and_then(|file| std::fs::read_to_string(file).ok()) {
        Some(text) => Ok(Mirrors::from_toml(&text).map_err(refused)?.or_built_in()),
        None => Ok(Mirrors::built_in()),
    }
}

/// A download as phases of a progress bar.
struct Download<'a> {
    progress: &'a mut dyn Progress,
    have: u64,
}

impl fetch::Progress for Download<'_> {
    fn begin(&mut self, file: &str, address: &str, have: u64, total: Option<u64>) {
        self.progress.phase("download", total.unwrap_or(0));
        self.progress.message(&format!("{file} from {address}"));
        self.progress.advance(have);
        self.have = have;
    }

    fn advance(&mut self, have: u64) {
        self.progress.advance(have.saturating_sub(self.have));
        self.have = have;
    }

    fn done(&mut self, file: &str, how: Had) {
        self.progress.done();
        self.progress.line(&match how {
            Had::Already => format!("{file}: already there, checksum right"),
            Had::Downloaded => format!("{file}: downloaded, checksum right"),
        });
    }

    fn note(&mut self, text: &str) {
        self.progress.line(text);
    }
}
