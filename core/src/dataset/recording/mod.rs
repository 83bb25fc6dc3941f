//! Recordings of event cameras: what a file of one sample holds, whatever camera and program wrote it.
//!
//! The format is told by the beginning of the file, and N-MNIST, which has none, by the ending `.bin`:
//!
//! | format | begins with | |
//! |---|---|---|
//! | N-MNIST | | five bytes an event, 34 x 34 (Orchard et al. 2015) |
//! | EVT 2, EVT 3 | `% ` | Prophesee, `.raw` |
//! | AEDAT 2 | `#!AER-DAT2.0` | jAER; DVS128, DAVIS240 and DAVIS346 |
//! | AEDAT 3.1 | `#!AER-DAT3.1` | cAER |
//! | AEDAT 4 | `#!AER-DAT4.0` | DV; plain, LZ4 or Zstandard |
//! | Event Stream 2 | `Event Stream` | of the kind dvs |
//!
//! A line of the sample is (p height + y) width + x, with p = 0 for a pixel that got darker and 1 for one that got brighter: rows
//! before columns, as pictures have them.

mod aedat;
mod aedat4;
mod event_stream;
mod lz4;
mod nmnist;
mod prophesee;
#[cfg(test)]
mod tests;

use crate::time::Time;
use std::path::Path;

/// One event of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// In microseconds, as the recording counts them.
    pub t: u64,
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
    /// Whether the pixel got brighter.
    pub on: bool,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// What the file is: "EVT 3".
    pub format: &'static str,
    /// Columns of the sensor.
    pub width: u16,
    /// Rows of the sensor.
    pub height: u16,
    /// In the order of the file, which is that of time.
    pub events: Vec<Event>,
}

/// What is wrong with a recording: where, what, what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// "byte 166", or nothing if it is the whole file.
    pub place: String,
    /// As a sentence.
    pub what: String,
    /// What is expected.
    pub allowed: String,
}

fn wrong(place: impl Into<String>, what: impl Into<String>, allowed: impl Into<String>) -> Wrong {
    Wrong { place: place.into(), what: what.into(), allowed: allowed.into() }
}

fn byte(at: usize) -> String {
    format!("byte {at}")
}

/// What the end of a file leaves of something that takes more.
fn truncated(at: usize, what: &str, bytes: usize) -> Wrong {
    wrong(byte(at), format!("the recording ends within {what}"), format!("{bytes} bytes"))
}

/// The sensors that events must lie in, and the order of their times.
struct Checked {
    width: u16,
    height: u16,
    events: Vec<Event>,
}

impl Checked {
    fn new(width: u16, height: u16) -> Self {
        Self { width, height, events: Vec::new() }
    }

    /// Takes the event that stands at this byte.
    fn push(&mut self, event: Event, at: usize) -> Result<(), Wrong> {
        let Event { t, x, y, .. } = event;
        if x >= self.width || y >= self.height {
            let (width, height) = (self.width, self.height);
            let what = format!("event {} lies at column {x}, row {y}, outside the sensor", self.events.len());
            return Err(wrong(byte(at), what, format!("columns below {width} and rows below {height}")));
        }
        if let Some(before) = self.events.last().filter(|before| before.t > t) {
            let what = format!("time runs backwards: event {} is at {t} us", self.events.len());
            return Err(wrong(byte(at), what, format!("{} us or later, as the event before", before.t)));
        }
        self.events.push(event);
        Ok(())
    }

    fn finish(self, format: &'static str) -> Recording {
        Recording { format, width: self.width, height: self.height, events: self.events }
    }
}

/// Lines of text at the beginning of a file that start with this character: without their ends, and where the data begin.
fn header(bytes: &[u8], mark: u8) -> (Vec<String>, usize) {
    let (mut lines, mut at) = (Vec::new(), 0);
    while bytes.get(at) == Some(&mark) {
        let Some(length) = bytes[at..].iter().position(|&byte| byte == b'\n') else { break };
        lines.push(String::from_utf8_lossy(&bytes[at..at + length]).trim_end().to_string());
        at += length + 1;
    }
    (lines, at)
}

/// The recording in the bytes of a file.
///
/// # Errors
/// What is wrong with it.
pub fn decode(file: &Path, bytes: &[u8]) -> Result<Recording, Wrong> {
    let is_bin = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("bin"));
    match bytes {
        [b'#', b'!', b'A', b'E', b'R', b'-', b'D', b'A', b'T', version @ ..] => match version {
            [b'2', ..] => aedat::version_2(bytes),
            [b'3', b'.', b'1', ..] => aedat::version_3(bytes),
            [b'4', ..] => aedat4::read(bytes),
            _ => {
                let line = header(bytes, b'#').0.into_iter().next().unwrap_or_default();
                Err(wrong(
                    byte(0),
                    format!("the file begins with `{line}`"),
                    "AEDAT of version 2.0, 3.1 or 4.0",
                ))
            }
        },
        _ if bytes.starts_with(b"Event Stream") => event_stream::read(bytes),
        [b'%', ..] => prophesee::read(bytes),
        _ if is_bin => nmnist::read(bytes),
        _ => Err(wrong(
            byte(0),
            "it is no recording of an event camera that is known",
            "AEDAT 2.0, 3.1 or 4.0, EVT 2 or 3 (.raw), Event Stream 2 (.es), or N-MNIST (.bin)",
        )),
    }
}

impl Recording {
    /// The events as spikes of lines; `from_first`: the first of them is at time 0.
    ///
    /// # Errors
    /// If one lies beyond the longest episode.
    pub fn spikes(&self, from_first: bool) -> Result<Vec<(Time, u32)>, Wrong> {
        let start = if from_first { self.events.first().map_or(0, |event| event.t) } else { 0 };
        let line = |event: &Event| {
            let row = u32::from(event.on) * u32::from(self.height) + u32::from(event.y);
            row * u32::from(self.width) + u32::from(event.x)
        };
        let spikes = self.events.iter().enumerate().map(|(k, event)| {
            let us = event.t - start;
            let fs = us.checked_mul(1_000_000_000).filter(|&fs| fs < 1 << 63);
            let fs = fs.ok_or_else(|| {
                let what = format!("event {k} is at {us} us");
                wrong(
                    "",
                    what,
                    "times below 9223 s; `from_first = true` of the data counts them from the first event",
                )
            })?;
            Ok((Time::from_fs(fs), line(event)))
        });
        spikes.collect()
    }
}
