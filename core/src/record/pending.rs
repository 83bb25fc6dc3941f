//! A file that appears whole or not at all: written under another name, renamed when it is finished.

use super::RecordError;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A file that is being written under another name. Dropped unfinished, it leaves nothing behind.
#[derive(Debug)]
pub struct PendingFile {
    /// `None` once it has been put into its place.
    file: Option<BufWriter<File>>,
    /// Its name until then: hidden, in the same directory, which makes the renaming one step.
    part: PathBuf,
    place: PathBuf,
    /// Whether it is on the disk before it has its name.
    lasting: bool,
}

impl PendingFile {
    /// Begins the file that will be called `place`; whatever has that name is replaced at the end.
    ///
    /// # Errors
    /// If no file can be made in that directory.
    pub fn create(place: &Path) -> Result<Self, RecordError> {
        let (part, file) = beside(place).map_err(RecordError::io("write", place))?;
        let file = Some(BufWriter::with_capacity(1 << 16, file));
        Ok(Self { file, part, place: place.to_path_buf(), lasting: false })
    }

    /// It is on the disk before it has its name: what it replaces is not lost if the power fails.
    #[must_use]
    pub fn lasting(mut self) -> Self {
        self.lasting = true;
        self
    }

    /// Appends.
    ///
    /// # Errors
    /// If the disk is full or the device fails.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), RecordError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(bytes).map_err(RecordError::io("write", &self.place))
    }

    /// For what is written as it comes.
    pub fn writer(&mut self) -> impl Write {
        self
    }

    /// Writes what is left and renames the file into its place.
    ///
    /// # Errors
    /// If what was left cannot be written or the file cannot be renamed.
    pub fn finish(mut self) -> Result<(), RecordError> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let flushed = file.flush();
        let flushed = if self.lasting { flushed.and_then(|()| file.get_ref().sync_all()) } else { flushed };
        drop(file);
        flushed.and_then(|()| fs::rename(&self.part, &self.place)).map_err(|error| {
            let _ = fs::remove_file(&self.part);
            RecordError::io("write", &self.place)(error)
        })
    }
}

impl Write for &mut PendingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or(Ok(bytes.len()), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(&self.part);
        }
    }
}

/// Makes a new file beside `place`, with a name that nobody else has.
fn beside(place: &Path) -> io::Result<(PathBuf, File)> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let name = place.file_name().ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
    loop {
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}-{}.part", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed)));
        let part = place.with_file_name(hidden);
        match File::create_new(&part) {
            // Another machine's process of this number, or one that was killed, has left it there.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => return made.map(|file| (part, file)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_there_stays_until_the_new_file_is_whole() {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().join("spikes.csv");
        fs::write(&place, "old").unwrap();
        let mut file = PendingFile::create(&place).unwrap();
        file.write(b"new").unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"old");
        assert_eq!(names(root.path()).len(), 2);
        file.finish().unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"new");
        drop(PendingFile::create(&place).unwrap());
        assert_eq!(names(root.path()), ["spikes.csv"]);
    }

    #[test]
    fn two_at_once_do_not_meet_and_the_last_to_finish_stays() {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().join("a.csv");
        let [mut first, mut second] = [(); 2].map(|()| PendingFile::create(&place).unwrap());
        first.write(b"first").unwrap();
        second.write(b"second").unwrap();
        second.finish().unwrap();
        first.finish().unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"first");
        assert_eq!(names(root.path()), ["a.csv"]);
    }

    #[test]
    fn a_directory_in_the_way_is_an_error_that_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().join("taken");
        fs::create_dir(&place).unwrap();
        let file = PendingFile::create(&place).unwrap();
        assert!(file.finish().unwrap_err().to_string().contains("taken"));
        assert_eq!(names(root.path()), ["taken"]);
        assert!(PendingFile::create(&root.path().join("missing/a.csv")).is_err());
    }
}
