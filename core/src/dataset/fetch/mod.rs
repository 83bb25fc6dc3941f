//! Downloads the files of a data set.
//!
//! For each file, mirror after mirror:
//!
//! 1. a file that is there already and has the right SHA-256 is kept;
//! 2. bytes go into FILE.gz.part, which a later attempt continues (HTTP range), also after Ctrl-C;
//! 3. a complete part is checked by SHA-256. One that is wrong is thrown away; if it was put together
//!    from several answers, the same mirror is asked once more for the whole;
//! 4. the right one is renamed to FILE.gz. A half file never has that name.
//!
//! Faults of a mirror lead to the next one; faults of the disk end it all, for no mirror mends them.

mod error;
mod mirrors;
mod spec;
mod transfer;

pub use error::{FetchFault, FetchFaults, MirrorFault};
pub use mirrors::{Mirrors, MirrorsError};
pub use spec::{FileSpec, Mismatch, Sha256Of, Spec};

use spec::MAX_BYTES;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};
use transfer::{Arrival, Head};

/// What the user is shown meanwhile. Every method may do nothing.
pub trait Progress {
    /// Bytes of `file` begin to arrive from `address`; `have` are there, of `total` if that is known.
    fn begin(&mut self, file: &str, address: &str, have: u64, total: Option<u64>);
    /// `have` bytes are there.
    fn advance(&mut self, have: u64);
    /// `file` is complete and checked.
    fn done(&mut self, file: &str, how: Had);
    /// Something worth a line: a failed attempt, a file replaced.
    fn note(&mut self, text: &str);
}

/// How a file came to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Had {
    /// It was there before, with the right checksum.
    Already,
    /// It was fetched now.
    Downloaded,
}

/// Patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Attempts per mirror, at least 1; only for faults that may pass.
    pub attempts: u32,
    /// Pause before the second attempt; doubled for each further one.
    pub pause: Duration,
    /// A connection silent for this long has failed.
    pub stall: Duration,
    /// Whether to use the proxy that the environment names, as web clients do.
    pub proxy: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { attempts: 3, pause: Duration::from_secs(1), stall: Duration::from_secs(20), proxy: true }
    }
}

/// Downloads what is missing of `spec` into the folder `into`; returns the files' paths.
///
/// `cancel` is looked at ten times a second; once it is set, the call returns and keeps the part.
///
/// # Errors
/// Every file that could not be had, with the reason for each mirror.
pub fn fetch(
    spec: &Spec,
    mirrors: &[String],
    into: &Path,
    settings: Settings,
    cancel: &AtomicBool,
    progress: &mut dyn Progress,
) -> Result<Vec<PathBuf>, FetchFaults> {
    fs::create_dir_all(into)
        .map_err(|error| FetchFaults(vec![FetchFault::local(into, "create the folder", &error)]))?;
    let agent = transfer::agent(settings.stall, settings.proxy);
    let mut fetcher = Fetcher { agent, mirrors, into, settings, cancel, progress };
    let (mut paths, mut faults) = (Vec::new(), Vec::new());
    for file in &spec.files {
        match fetcher.file(spec, file) {
            Ok(path) => paths.push(path),
            Err(fault) => {
                let ends_all = fault.ends_all();
                faults.push(fault);
                if ends_all {
                    break;
                }
            }
        }
    }
    if faults.is_empty() { Ok(paths) } else { Err(FetchFaults(faults)) }
}

struct Fetcher<'a> {
    agent: ureq::Agent,
    mirrors: &'a [String],
    into: &'a Path,
    settings: Settings,
    cancel: &'a AtomicBool,
    progress: &'a mut dyn Progress,
}

/// An attempt that brings this many new bytes does not count as failed.
const WORTHWHILE: u64 = 1 << 16;

/// Why an attempt did not give the whole file.
enum Failed {
    /// May pass: the same mirror is asked again.
    Retry(MirrorFault),
    /// Will not pass: the next mirror is asked.
    Mirror(MirrorFault),
    /// No mirror helps.
    Fatal(FetchFault),
}

impl Fetcher<'_> {
    fn file(&mut self, spec: &Spec, file: &FileSpec) -> Result<PathBuf, FetchFault> {
        let name = file.download_name();
        let path = self.into.join(&name);
        if let Some(there) = self.already(file, &path) {
            self.progress.done(&name, Had::Already);
            return Ok(there);
        }
        if self.mirrors.is_empty() {
            return Err(FetchFault::NoMirror { name: spec.name });
        }
        let mut part = Part::open(self.into.join(format!("{name}.part")))?;
        let mut failed = Vec::new();
        for base in self.mirrors {
            let address = format!("{}/{name}", base.trim_end_matches('/'));
            match self.mirror(file, &address, &mut part) {
                Ok(()) => {
                    part.finish(&path)?;
                    self.progress.done(&name, Had::Downloaded);
                    return Ok(path);
                }
                Err(Failed::Fatal(fault)) => return Err(fault),
                Err(Failed::Mirror(fault) | Failed::Retry(fault)) => {
                    let address = without_password(&address);
                    self.progress.note(&format!("{address}: {fault}"));
                    failed.push((address, fault));
                }
            }
        }
        part.discard_if_empty();
        Err(FetchFault::AllMirrors { file: name, mirrors: failed })
    }

    /// The file, compressed or plain, if it is there and right.
    fn already(&mut self, file: &FileSpec, path: &Path) -> Option<PathBuf> {
        if path.is_file() {
            match file.verify(path) {
                Ok(()) => return Some(path.into()),
                Err(mismatch) => self.progress.note(&format!(
                    "{}: not the right file ({mismatch}); it will be replaced",
                    path.display()
                )),
            }
        }
        let plain = self.into.join(&file.name);
        (plain.is_file() && file.verify_plain(&plain)).then_some(plain)
    }

    /// All attempts at one mirror; afterwards the part is complete and right.
    fn mirror(&mut self, file: &FileSpec, address: &str, part: &mut Part) -> Result<(), Failed> {
        let mut pause = self.settings.pause;
        let mut left = self.settings.attempts.max(1);
        let mut furthest = part.have;
        loop {
            let resumed = part.have > 0;
            let fault = match self.attempt(file, address, part) {
                Ok(()) => match file.verify(&part.path) {
                    Ok(()) => return Ok(()),
                    Err(mismatch) => {
                        part.restart().map_err(Failed::Fatal)?;
                        let fault = MirrorFault::Wrong(mismatch);
                        if !resumed {
                            return Err(Failed::Mirror(fault));
                        }
                        // The beginning may be another mirror's, or of a file since replaced. This
                        // happens once at most: the next attempt starts from nothing.
                        let address = without_password(address);
                        self.progress.note(&format!("{address}: {fault}; it will be fetched anew"));
                        continue;
                    }
                },
                Err(Failed::Retry(fault)) => fault,
                Err(other) => return Err(other),
            };
            // A poor connection that gets on block by block is no reason to give up.
            if part.have >= furthest + WORTHWHILE {
                furthest = part.have;
            } else {
                left -= 1;
            }
            if left == 0 {
                return Err(Failed::Mirror(fault));
            }
            let shown = without_password(address);
            self.progress.note(&format!("{shown}: {fault}; attempts left: {left}"));
            self.wait(file, part, pause)?;
            pause *= 2;
        }
    }

    /// One request; afterwards the part is as long as the server's file.
    fn attempt(&mut self, file: &FileSpec, address: &str, part: &mut Part) -> Result<(), Failed> {
        self.look_at_cancel(file, part)?;
        let started = transfer::start(&self.agent, address, part.have);
        let arrivals = started.map_err(|error| {
            Failed::Fatal(FetchFault::local(&part.path, "start a thread to download", &error))
        })?;
        let mut total = None;
        loop {
            let arrival = match arrivals.recv_timeout(Duration::from_millis(100)) {
                Ok(arrival) => arrival,
                Err(RecvTimeoutError::Timeout) => {
                    self.look_at_cancel(file, part)?;
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => Arrival::End(Err("it ended unexpectedly".to_owned())),
            };
            match arrival {
                Arrival::Head(head) => {
                    if !Self::head(head, part)? {
                        return Ok(());
                    }
                    total = head.length.map(|length| part.have.saturating_add(length));
                    let address = without_password(address);
                    self.progress.begin(&file.download_name(), &address, part.have, total);
                }
                Arrival::Block(bytes) => {
                    part.append(&bytes).map_err(Failed::Fatal)?;
                    if part.have > MAX_BYTES {
                        part.restart().map_err(Failed::Fatal)?;
                        return Err(Failed::Mirror(MirrorFault::TooLong));
                    }
                    self.progress.advance(part.have);
                    self.look_at_cancel(file, part)?;
                }
                Arrival::End(end) => {
                    let short = total.is_some_and(|total| part.have < total);
                    let reason = match end {
                        Ok(()) if short => "the body is shorter than announced".to_owned(),
                        Ok(()) => return Ok(()),
                        Err(reason) => reason.replace(address, &without_password(address)),
                    };
                    return Err(Failed::Retry(MirrorFault::Connection { have: part.have, reason }));
                }
            }
        }
    }

    /// Makes the part ready for the body; `false` if it is complete as it is.
    fn head(head: Head, part: &mut Part) -> Result<bool, Failed> {
        let status = head.status;
        match status {
            200 => part.restart().map_err(Failed::Fatal)?,
            206 if head.range.0 == Some(part.have) => {}
            // Another range than the one asked for is of no use; neither is a part beyond the end.
            416 if part.have > 0 && head.range.1 == Some(part.have) => return Ok(false),
            206 | 416 => {
                let asked = part.have;
                part.restart().map_err(Failed::Fatal)?;
                return Err(Failed::Retry(MirrorFault::Range { status, asked }));
            }
            408 | 429 | 500.. => return Err(Failed::Retry(MirrorFault::Status { status })),
            _ => return Err(Failed::Mirror(MirrorFault::Status { status })),
        }
        Ok(true)
    }

    fn wait(&self, file: &FileSpec, part: &Part, pause: Duration) -> Result<(), Failed> {
        let until = Instant::now() + pause;
        while let Some(rest) = until.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero()) {
            self.look_at_cancel(file, part)?;
            std::thread::sleep(rest.min(Duration::from_millis(100)));
        }
        Ok(())
    }

    fn look_at_cancel(&self, file: &FileSpec, part: &Part) -> Result<(), Failed> {
        if !self.cancel.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(Failed::Fatal(FetchFault::Cancelled {
            file: file.download_name(),
            part: part.path.clone(),
            bytes: part.have,
        }))
    }
}

fn leads_elsewhere() -> io::Error {
    io::Error::other("it is a link to another file, which is left as it is; remove the link")
}

/// Whether an open file is the one of this name and of no other one.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let (open, there) = (file.metadata()?, fs::symlink_metadata(path)?);
    Ok((open.dev(), open.ino()) == (there.dev(), there.ino()) && open.nlink() == 1)
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> io::Result<bool> {
    Ok(!fs::symlink_metadata(path)?.is_symlink())
}

/// An address as it may be shown: without the name and password that may stand in it.
fn without_password(address: &str) -> String {
    // Without a scheme it is none; what it hides stays hidden.
    let (scheme, rest) = address.split_at(address.find("://").map_or(0, |at| at + 3));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}{}", &rest[at + 1..]),
        None => address.into(),
    }
}

/// The file that bytes arrive in; locked, so that two processes do not mix theirs.
struct Part {
    path: PathBuf,
    file: File,
    have: u64,
}

impl Part {
    fn open(path: PathBuf) -> Result<Self, FetchFault> {
        let local = |error: io::Error| FetchFault::local(&path, "write", &error);
        // Where others may write too, somebody may have put a link there that leads to a file of ours.
        if let Ok(there) = fs::symlink_metadata(&path)
            && !there.is_file()
        {
            return Err(local(leads_elsewhere()));
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(local)?;
        match file.try_lock() {
            // A file system without locks is used without.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => return Err(FetchFault::Busy { path }),
        }
        // Between opening and locking, its owner may have finished and renamed it.
        if !path.exists() {
            return Err(FetchFault::Busy { path });
        }
        if !is_at(&file, &path).map_err(local)? {
            return Err(local(leads_elsewhere()));
        }
        let have = file.seek(io::SeekFrom::End(0)).map_err(local)?;
        Ok(Self { path, file, have })
    }

    fn restart(&mut self) -> Result<(), FetchFault> {
        if self.have == 0 {
            return Ok(());
        }
        let emptied = self.file.set_len(0).and_then(|()| self.file.rewind());
        self.have = 0;
        emptied.map_err(|error| FetchFault::local(&self.path, "empty the file", &error))
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), FetchFault> {
        self.file.write_all(bytes).map_err(|error| FetchFault::local(&self.path, "write", &error))?;
        self.have += bytes.len() as u64;
        Ok(())
    }

    /// Gives the complete file its name.
    fn finish(&self, path: &Path) -> Result<(), FetchFault> {
        self.file.sync_all().map_err(|error| FetchFault::local(&self.path, "write", &error))?;
        fs::rename(&self.path, path)
            .map_err(|error| FetchFault::local(path, "rename the finished part", &error))
    }

    fn discard_if_empty(&self) {
        if self.have == 0 {
            // It only says that nothing has arrived.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_of_an_address_are_not_shown() {
        for (address, shown) in [
            ("https://me:secret@host:8080/a@b?c", "https://host:8080/a@b?c"),
            ("http://me:s@cr:t@host", "http://host"),
            ("https://host/path@x", "https://host/path@x"),
            ("host", "host"),
            ("me:secret@host/file", "host/file"),
        ] {
            assert_eq!(without_password(address), shown);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_part_that_leads_to_another_file_is_refused_and_that_file_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (precious, part) = (folder.path().join("precious"), folder.path().join("a.gz.part"));
        std::fs::write(&precious, "years").unwrap();
        let refused = || match Part::open(part.clone()) {
            Err(FetchFault::Local { reason, .. }) => assert!(reason.contains("link"), "{reason}"),
            Ok(_) | Err(_) => panic!("not refused"),
        };
        std::os::unix::fs::symlink(&precious, &part).unwrap();
        refused();
        std::fs::remove_file(&part).unwrap();
        std::fs::hard_link(&precious, &part).unwrap();
        refused();
        std::fs::remove_file(&part).unwrap();
        // One that leads nowhere would be made there.
        std::os::unix::fs::symlink(folder.path().join("new"), &part).unwrap();
        refused();
        assert!(!folder.path().join("new").exists());
        std::fs::remove_file(&part).unwrap();
        assert_eq!(Part::open(part).unwrap().have, 0);
        assert_eq!(std::fs::read(&precious).unwrap(), b"years");
    }
}
