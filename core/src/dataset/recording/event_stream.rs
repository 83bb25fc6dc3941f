//! Event Stream 2 of the kind dvs.
//!
//! `Event Stream`, three bytes of version, the kind (1: dvs), width and height (two bytes each, the lowest first); then for each event a
//! byte with the microseconds since the one before in its upper seven bits and the polarity in its lowest, and two bytes each of
//! column and row. The byte 255 alone adds 127 us, 254 alone says that the camera began anew.
//! Source: A. Marcireau, *Event Stream*, github.com/neuromorphicsystems/event_stream.

use super::{Checked, Event, Recording, Wrong, byte, truncated, wrong};

pub(super) fn read(bytes: &[u8]) -> Result<Recording, Wrong> {
    let &[.., major, minor, patch, kind] = bytes.get(..16).ok_or_else(|| truncated(0, "its header", 16))?
    else {
        return Err(truncated(0, "its header", 16));
    };
    if major != 2 {
        return Err(wrong(byte(12), format!("it is version {major}.{minor}.{patch}"), "version 2"));
    }
    if kind != 1 {
        let name = ["generic", "dvs", "atis", "color"].get(usize::from(kind)).copied().unwrap_or("unknown");
        return Err(wrong(
            byte(15),
            format!("its events are of the kind {kind} ({name})"),
            "kind 1 (dvs): events of pixels",
        ));
    }
    let pair = |at: usize| Some(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let (width, height) = pair(16).zip(pair(18)).ok_or_else(|| truncated(16, "the size of the sensor", 4))?;
    let mut checked = Checked::new(width, height);
    let (mut at, mut t) = (20, 0);
    while let Some(&first) = bytes.get(at) {
        match first {
            255 => t += 127,
            254 => {}
            _ => {
                t += u64::from(first >> 1);
                let (x, y) = pair(at + 1).zip(pair(at + 3)).ok_or_else(|| truncated(at, "an event", 5))?;
                checked.push(Event { t, x, y, on: first & 1 == 1 }, at)?;
                at += 4;
            }
        }
        at += 1;
    }
    Ok(checked.finish("Event Stream 2"))
}
