//! Spikes as CSV: a header with units, one line per spike, `.` for the decimal point.

use super::RecordError;
use super::rundir::{PendingFile, RunDir};
use crate::time::Time;
use std::fmt::Write as _;

/// One recorded spike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpikeRow {
    /// Number of the episode.
    pub episode: u64,
    /// When.
    pub time: Time,
    /// Index into the labels the writer was made with.
    pub label: u32,
    /// Number of the neuron or line.
    pub id: u32,
}

/// Spikes kept in memory for the raster picture.
pub const KEPT_FOR_RASTER: usize = 50_000;

/// Writes `spikes.csv` as spikes come, and keeps the first ones for a picture.
///
/// Columns: `time [ms],population,id`, with `episode` in front if there is more than one. Times have
/// every digit down to the femtosecond.
#[derive(Debug)]
pub struct SpikeWriter {
    file: PendingFile,
    labels: Vec<String>,
    episodes: bool,
    line: String,
    kept: Vec<SpikeRow>,
    written: u64,
    failed: Option<RecordError>,
}

impl SpikeWriter {
    /// Begins `spikes.csv`. `labels` are the names of what is recorded.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub fn new(dir: &RunDir, labels: Vec<String>, episodes: bool) -> Result<Self, RecordError> {
        let mut file = dir.begin("spikes.csv")?;
        file.write(if episodes {
            b"episode,time [ms],population,id\n"
        } else {
            b"time [ms],population,id\n"
        })?;
        Ok(Self {
            file,
            labels: labels.iter().map(|label| field(label)).collect(),
            episodes,
            line: String::new(),
            kept: Vec::new(),
            written: 0,
            failed: None,
        })
    }

    /// Adds one spike. The first failure stops writing and is returned by [`SpikeWriter::finish`]: a
    /// full disk does not end the run.
    pub fn push(&mut self, row: SpikeRow) {
        if self.failed.is_some() {
            return;
        }
        if self.kept.len() < KEPT_FOR_RASTER {
            self.kept.push(row);
        }
        self.line.clear();
        if self.episodes {
            let _ = write!(self.line, "{},", row.episode);
        }
        let time = row.time.to_string();
        let label = self.labels.get(row.label as usize).map_or("", String::as_str);
        let _ = writeln!(self.line, "{},{label},{}", time.trim_end_matches(" ms"), row.id);
        match self.file.write(self.line.as_bytes()) {
            Ok(()) => self.written += 1,
            Err(error) => self.failed = Some(error),
        }
    }

    /// Spikes written so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Puts the file into its place and hands over the spikes kept for the picture.
    ///
    /// # Errors
    /// The first failure of a write, if there was one.
    pub fn finish(self) -> Result<Vec<SpikeRow>, RecordError> {
        match self.failed {
            Some(error) => Err(error),
            None => self.file.finish().map(|()| self.kept),
        }
    }
}

/// Quotes a field where CSV needs it (RFC 4180).
pub(crate) fn field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spikes_have_all_their_digits_and_an_episode_only_where_there_are_several() {
        let root = tempfile::tempdir().unwrap();
        let dir = RunDir::create_at(root.path(), false).unwrap();
        let row = SpikeRow { episode: 3, time: Time::from_fs(9_410_000_000_001), label: 1, id: 7 };
        for (episodes, text) in [
            (false, "time [ms],population,id\n9.410000000001,\"a,b\",7\n"),
            (true, "episode,time [ms],population,id\n3,9.410000000001,\"a,b\",7\n"),
        ] {
            let labels = vec!["output".to_string(), "a,b".to_string()];
            let mut writer = SpikeWriter::new(&dir, labels, episodes).unwrap();
            writer.push(row);
            assert_eq!(writer.written(), 1);
            assert_eq!(writer.finish().unwrap(), [row]);
            assert_eq!(std::fs::read_to_string(root.path().join("spikes.csv")).unwrap(), text);
        }
    }
}
