//! The run directory: `runs/<scenario>/001` and so on, or one named by the user.
//!
//! It is made at the start with a manifest of status `running`. Every file is written beside its
//! place and renamed into it, so a name that exists is a whole file. Results come first, `summary.json` among them; the
//! manifest says that the run is done when everything is there. The directory remembers which files runs have written into
//! it: no other one is ever removed.

use super::{PendingFile, RecordError};
use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The file that makes a directory a run directory.
pub const MANIFEST: &str = "manifest.json";
/// The file that makes a run finished.
pub const SUMMARY: &str = "summary.json";

/// Files whose loss would be that of a run: they are on the disk before their name is.
const LASTING: [&str; 3] = [MANIFEST, SUMMARY, "checkpoint.bin"];

/// Names of the files that runs have written into a directory, one a line.
const WRITTEN: &str = ".memspike-files";

/// Files of a run that was made before directories remembered theirs.
const KNOWN: [&str; 14] = [
    MANIFEST,
    SUMMARY,
    "checkpoint.bin",
    "report.html",
    "overview.svg",
    "weights.npz",
    "conductances.npz",
    "spikes.csv",
    "membrane.csv",
    "weight_samples.csv",
    "connections.csv",
    "spikes.log",
    "membrane.log",
    "weight_samples.log",
];

/// Held by the process that writes a run, and gone when it ends.
const LOCK: &str = ".memspike-lock";

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Not finished, or the process died.
    Running,
    /// Finished; its summary is there.
    Done,
    /// Stopped by the user; what was done until then is there.
    Interrupted,
    /// Ended by an error; what was written until then is there.
    Failed,
}

/// A directory that belongs to one run.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    /// Whether it is one of the numbered directories of a scenario.
    numbered: bool,
    /// Nobody else writes as long as it is held; `None` where the file system has no locks, or the run is only read.
    lock: Option<File>,
    /// Files that are known to be those of runs.
    written: Mutex<BTreeSet<String>>,
}

/// Takes a directory for writing.
fn hold(path: &Path) -> Result<Option<File>, RecordError> {
    let place = path.join(LOCK);
    loop {
        let file = File::options().create(true).truncate(false).write(true).open(&place);
        let file = file.map_err(RecordError::io("write", &place))?;
        match file.try_lock() {
            // Who held it before has removed it.
            Ok(()) if !place.exists() => {}
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => return Err(RecordError::Busy { path: path.to_path_buf() }),
            Err(TryLockError::Error(_)) => return Ok(None),
        }
    }
}

/// Whether this is the name of a part of a file.
fn part(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(".part")
}

/// Whether an entry of a directory is what a process leaves that is killed at its first file.
fn left(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    name.to_str().is_some_and(|name| part(name) || [LOCK, WRITTEN].contains(&name))
}

/// The files that runs have written into a directory.
fn written(path: &Path) -> BTreeSet<String> {
    // The last line may have been cut short by what killed its process: that file was not begun.
    let text = fs::read_to_string(path.join(WRITTEN)).unwrap_or_default();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    // Nothing but names: a list of others leads nowhere else.
    whole
        .lines()
        .filter(|name| Path::new(name).file_name() == Some(name.as_ref()))
        .map(str::to_string)
        .collect()
}

/// Removes what belongs to no file, or everything that runs have written but the lock.
fn clear(path: &Path, everything: bool) -> std::io::Result<()> {
    let mut ours = BTreeSet::new();
    if everything {
        ours = written(path);
        if ours.is_empty() {
            ours.extend(KNOWN.map(str::to_string));
        }
        ours.insert(WRITTEN.to_string());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| part(name) || ours.contains(name)) && !entry.file_type()?.is_dir()
        {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

impl Drop for RunDir {
    fn drop(&mut self) {
        if self.lock.is_some() {
            // If it cannot be removed, it is only in the way.
            let _ = fs::remove_file(self.path.join(LOCK));
        }
    }
}

impl RunDir {
    /// Makes the next free number under `root/<scenario>`. Two processes never get the same one.
    ///
    /// # Errors
    /// If a directory cannot be made.
    pub fn create_numbered(root: &Path, scenario: &str) -> Result<Self, RecordError> {
        let parent = root.join(scenario);
        fs::create_dir_all(&parent).map_err(RecordError::io("create the directory", &parent))?;
        let mut next = numbered(&parent)?.last().map_or(1, |&(number, _)| number + 1);
        loop {
            let path = parent.join(format!("{next:03}"));
            // `create_dir` fails if another process was faster: the directory is the lock.
            match fs::create_dir(&path) {
                Ok(()) => {
                    let mut dir = Self::at(&path, hold(&path)?);
                    dir.numbered = true;
                    return Ok(dir);
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists && next < u32::MAX => next += 1,
                Err(error) => return Err(RecordError::io("create the directory", &path)(error)),
            }
        }
    }

    /// Makes the directory the user named. With `force` the files of a run that is in it are removed, and no others; any other
    /// directory that is not empty is refused, but for what a process that was killed at its first file has left.
    ///
    /// # Errors
    /// If it is not empty, is written by another run, is a file, or cannot be made.
    pub fn create_at(path: &Path, force: bool) -> Result<Self, RecordError> {
        match fs::read_dir(path) {
            Ok(entries) => {
                if !entries.flatten().all(|entry| left(&entry)) {
                    let is_run = is_run(path);
                    if !(force && is_run) {
                        return Err(RecordError::Exists { path: path.to_path_buf(), is_run });
                    }
                }
                let lock = hold(path)?;
                clear(path, true).map_err(RecordError::io("replace the directory", path))?;
                return Ok(Self::at(path, lock));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) if error.kind() == ErrorKind::NotADirectory && path.is_file() => {
                return Err(RecordError::NotADirectory { path: path.to_path_buf() });
            }
            Err(error) => return Err(RecordError::io("use the directory", path)(error)),
        }
        fs::create_dir_all(path).map_err(RecordError::io("create the directory", path))?;
        Ok(Self::at(path, hold(path)?))
    }

    fn at(path: &Path, lock: Option<File>) -> Self {
        Self { path: path.to_path_buf(), numbered: false, lock, written: Mutex::new(written(path)) }
    }

    /// Opens the directory of an earlier run to go on with it.
    ///
    /// # Errors
    /// As [`RunDir::open`], and if it is being written.
    pub fn reopen(path: &Path) -> Result<Self, RecordError> {
        let mut dir = Self::open(path)?;
        dir.lock = hold(path)?;
        clear(path, false).map_err(RecordError::io("go on in", path))?;
        Ok(dir)
    }

    /// Opens the directory of an earlier run to read it.
    ///
    /// # Errors
    /// If it is not a run directory.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        if path.is_file() {
            return Err(RecordError::NotADirectory { path: path.to_path_buf() });
        }
        fs::metadata(path).map_err(RecordError::io("open the run", path))?;
        if !is_run(path) {
            return Err(RecordError::NotARun { path: path.to_path_buf() });
        }
        Ok(Self::at(path, None))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is one of the numbered directories of a scenario: by its name, whoever has made it.
    #[must_use]
    pub fn numbered(&self) -> bool {
        number(&self.path).is_some()
    }

    /// Removes a directory in which nothing but the manifest was written and what is needed for it, and the directory of its
    /// scenario if that is empty now. Returns whether it did; anything else is left as it is.
    #[must_use]
    pub fn discard_if_bare(&self) -> bool {
        let bare = fs::read_dir(&self.path).is_ok_and(|entries| {
            entries.flatten().all(|entry| entry.file_name() == MANIFEST || left(&entry))
        });
        if !bare || fs::remove_dir_all(&self.path).is_err() {
            return false;
        }
        if self.numbered
            && let Some(parent) = self.path.parent()
        {
            // Refused, as it should be, if it holds other runs.
            let _ = fs::remove_dir(parent);
        }
        true
    }

    /// Writes a whole file: it appears complete or not at all.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RecordError> {
        let mut file = self.begin(name)?;
        file.write(bytes)?;
        file.finish()
    }

    /// Begins a file that is written piece by piece and appears when it is finished.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub fn begin(&self, name: &str) -> Result<PendingFile, RecordError> {
        let file = PendingFile::create(&self.claim(name)?)?;
        Ok(if LASTING.contains(&name) { file.lasting() } else { file })
    }

    /// The files that are there of those that runs have written, by name.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.iter().filter(|name| self.path.join(name).is_file()).cloned().collect()
    }

    /// Where a file of this name is. It belongs to the run from now on, and is removed with it.
    ///
    /// # Errors
    /// If that cannot be written down.
    pub fn claim(&self, name: &str) -> Result<PathBuf, RecordError> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if !written.contains(name) {
            let list = self.path.join(WRITTEN);
            let file = File::options().create(true).append(true).open(&list);
            file.and_then(|mut file| file.write_all(format!("\n{name}\n").as_bytes()))
                .map_err(RecordError::io("write", &self.path.join(name)))?;
            written.insert(name.to_string());
        }
        Ok(self.path.join(name))
    }
}

/// Whether `path` holds a manifest that memspike wrote.
#[must_use]
pub fn is_run(path: &Path) -> bool {
    fs::read(path.join(MANIFEST))
        .ok()
        .and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok())
        .is_some_and(|manifest| manifest.get("memspike").is_some())
}

/// Whether a directory holds a run whose summary can be read: one that is done and complete.
#[must_use]
pub fn has_summary(path: &Path) -> bool {
    super::read_json::<serde_json::Value>(&path.join(SUMMARY)).is_ok_and(|summary| summary.is_object())
}

/// Whether a file of this name in `dir` is one that a run keeps there: its manifest, or one that it has written down.
#[must_use]
pub fn keeps(dir: &Path, name: &std::ffi::OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    is_run(dir) && (name == WRITTEN || KNOWN.contains(&name) || written(dir).contains(name))
}

/// Numbers of runs end here: what has a larger one is not ours.
const NUMBERS: u32 = 1_000_000_000;

/// The number that a directory is named by.
fn number(path: &Path) -> Option<u32> {
    let number = path.file_name()?.to_str()?.parse::<u32>().ok();
    number.filter(|number| *number < NUMBERS)
}

/// The numbered directories under `parent`, in order.
fn numbered(parent: &Path) -> Result<Vec<(u32, PathBuf)>, RecordError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(parent).map_err(RecordError::io("list the directory", parent))? {
        let entry = entry.map_err(RecordError::io("list the directory", parent))?;
        found.extend(number(&entry.path()).map(|number| (number, entry.path())));
    }
    found.sort();
    Ok(found)
}

/// All numbered runs of a scenario under `root`, in order.
///
/// # Errors
/// If the directory cannot be listed.
pub fn all(root: &Path, scenario: &str) -> Result<Vec<PathBuf>, RecordError> {
    let parent = root.join(scenario);
    if !parent.is_dir() {
        return Ok(Vec::new());
    }
    all_in(&parent)
}

/// All numbered directories of one, in order.
///
/// # Errors
/// If it cannot be listed.
pub fn all_in(parent: &Path) -> Result<Vec<PathBuf>, RecordError> {
    Ok(numbered(parent)?.into_iter().map(|(_, path)| path).collect())
}

/// The one part of a manifest that is looked at here.
#[derive(serde::Deserialize)]
struct Status {
    status: RunStatus,
}

/// The latest run of a scenario under `root` whose manifest has one of these statuses. A run counts as
/// done or interrupted only with its summary.
///
/// # Errors
/// If the directory cannot be listed.
pub fn latest(root: &Path, scenario: &str, statuses: &[RunStatus]) -> Result<Option<PathBuf>, RecordError> {
    let parent = root.join(scenario);
    if !parent.is_dir() {
        return Ok(None);
    }
    let mut found = numbered(&parent)?;
    found.reverse();
    Ok(found.into_iter().map(|(_, path)| path).find(|path| {
        super::read_json::<Status>(&path.join(MANIFEST)).is_ok_and(|manifest| {
            let finished = matches!(manifest.status, RunStatus::Done | RunStatus::Interrupted);
            statuses.contains(&manifest.status) && (!finished || path.join(SUMMARY).is_file())
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark_as_run(path: &Path) {
        fs::write(path.join(MANIFEST), r#"{"memspike": "0.1.0"}"#).unwrap();
    }

    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn numbers_go_on_after_the_largest_and_skip_what_is_taken() {
        let root = tempfile::tempdir().unwrap();
        let number = || RunDir::create_numbered(root.path(), "digits").unwrap().path().to_path_buf();
        assert!(number().ends_with("digits/001"));
        assert!(number().ends_with("digits/002"));
        fs::create_dir(root.path().join("digits/0999")).unwrap();
        fs::create_dir(root.path().join("digits/notes")).unwrap();
        fs::remove_dir(root.path().join("digits/001")).unwrap();
        assert!(number().ends_with("digits/1000"));
    }

    #[test]
    fn threads_that_race_for_numbers_all_get_their_own() {
        let root = tempfile::tempdir().unwrap();
        let mut paths: Vec<PathBuf> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        (0..5)
                            .map(|_| RunDir::create_numbered(root.path(), "s").unwrap().path().to_path_buf())
                            .collect::<Vec<_>>()
                    })
                })
                .collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        });
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), 40);
    }

    #[test]
    fn a_directory_that_holds_something_is_refused_and_force_replaces_runs_only() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("out");
        fs::create_dir(&out).unwrap();
        RunDir::create_at(&out, false).expect("an empty directory is fine");
        fs::write(out.join("thesis.tex"), "years of work").unwrap();
        assert!(matches!(RunDir::create_at(&out, false), Err(RecordError::Exists { is_run: false, .. })));
        assert!(matches!(RunDir::create_at(&out, true), Err(RecordError::Exists { is_run: false, .. })));
        assert!(out.join("thesis.tex").exists());
        mark_as_run(&out);
        assert!(matches!(RunDir::create_at(&out, false), Err(RecordError::Exists { is_run: true, .. })));
        let dir = RunDir::create_at(&out, true).unwrap();
        assert_eq!(names(&out), [LOCK, "thesis.tex"]);
        // What a run writes is removed with it, whatever it is called; what others wrote stays.
        dir.write("raster.svg", b"").unwrap();
        fs::write(dir.claim("spikes.log").unwrap(), "").unwrap();
        mark_as_run(&out);
        fs::create_dir(out.join("drafts")).unwrap();
        fs::write(out.join("report.html.bak"), "mine").unwrap();
        drop(dir);
        let mut list = fs::OpenOptions::new().append(true).open(out.join(WRITTEN)).unwrap();
        list.write_all(b"manifest.json\n../precious\n/etc/x\nthesis.tex").unwrap();
        fs::write(root.path().join("precious"), "").unwrap();
        drop(RunDir::create_at(&out, true).unwrap());
        assert_eq!(names(&out), ["drafts", "report.html.bak", "thesis.tex"]);
        assert!(root.path().join("precious").exists());
    }

    #[test]
    fn a_directory_is_written_by_one_run_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("here");
        let first = RunDir::create_at(&out, false).unwrap();
        assert!(matches!(RunDir::create_at(&out, false), Err(RecordError::Busy { .. })));
        mark_as_run(&out);
        assert!(matches!(RunDir::create_at(&out, true), Err(RecordError::Busy { .. })));
        assert!(matches!(RunDir::reopen(&out), Err(RecordError::Busy { .. })));
        assert!(RunDir::open(&out).is_ok());
        drop(first);
        assert_eq!(names(&out), [MANIFEST]);
        let again = RunDir::reopen(&out).unwrap();
        assert!(matches!(RunDir::create_at(&out, true), Err(RecordError::Busy { .. })));
        drop(again);
        // What a process leaves that is killed: a lock that nobody holds, and a part of a file.
        fs::remove_file(out.join(MANIFEST)).unwrap();
        fs::write(out.join(LOCK), "").unwrap();
        fs::write(out.join(".manifest.json.1-0.part"), "{").unwrap();
        let fresh = RunDir::create_at(&out, false).unwrap();
        assert_eq!(names(&out), [LOCK]);
        drop(fresh);
        assert!(names(&out).is_empty());
    }

    #[test]
    fn a_number_that_nobody_has_given_is_not_counted_on_from() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("s/4294967295")).unwrap();
        assert!(RunDir::create_numbered(root.path(), "s").unwrap().path().ends_with("s/001"));
    }

    #[test]
    fn a_directory_is_discarded_only_while_it_is_bare() {
        let root = tempfile::tempdir().unwrap();
        let bare = RunDir::create_numbered(root.path(), "s").unwrap();
        mark_as_run(bare.path());
        assert!(bare.discard_if_bare());
        assert!(!root.path().join("s").exists());
        let used = RunDir::create_numbered(root.path(), "s").unwrap();
        mark_as_run(used.path());
        fs::write(used.path().join("checkpoint.bin"), "").unwrap();
        assert!(!used.discard_if_bare());
        let other = RunDir::create_numbered(root.path(), "s").unwrap();
        assert!(other.discard_if_bare());
        assert_eq!(names(&root.path().join("s")), ["001"]);
    }

    #[test]
    fn a_manifest_of_another_tool_does_not_make_a_run_directory() {
        let out = tempfile::tempdir().unwrap();
        fs::write(out.path().join(MANIFEST), r#"{"name": "a web app"}"#).unwrap();
        assert!(matches!(
            RunDir::create_at(out.path(), true),
            Err(RecordError::Exists { is_run: false, .. })
        ));
        assert!(matches!(RunDir::open(out.path()), Err(RecordError::NotARun { .. })));
    }

    #[test]
    fn a_file_in_the_way_is_said_to_be_one() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let error = RunDir::create_at(&file, false).unwrap_err();
        assert!(matches!(error, RecordError::NotADirectory { .. }), "{error}");
        let error = RunDir::create_at(&file.join("below"), false).unwrap_err();
        assert!(error.to_string().ends_with("file/below`: not a directory"), "{error}");
        assert!(error.hint().unwrap().contains("--out"));
    }

    #[test]
    fn a_file_appears_when_it_is_finished_and_not_before() {
        let root = tempfile::tempdir().unwrap();
        let dir = RunDir::create_at(root.path(), false).unwrap();
        let mut file = dir.begin("spikes.csv").unwrap();
        file.write(b"time [ms],id\n").unwrap();
        assert!(!root.path().join("spikes.csv").exists());
        file.finish().unwrap();
        assert_eq!(names(root.path()), [WRITTEN, LOCK, "spikes.csv"]);
        drop(dir.begin("abandoned.csv").unwrap());
        assert_eq!(names(root.path()), [WRITTEN, LOCK, "spikes.csv"]);
    }
}
