//! AEDAT 4 (DV): a header, packets of streams, each a FlatBuffer, plain or compressed, each a frame of LZ4 or of Zstandard.
//!
//! After the line `#!AER-DAT4.0` come the length of the header and the header (a FlatBuffer: compression, place of the table of packets, and a
//! text in XML that says what each stream is); then packets: stream and length (32 bits each), content. That of a stream of
//! type EVTS is the length of a FlatBuffer and the FlatBuffer: a vector of events of 16 bytes, time in microseconds (64 bits), column,
//! row (16 bits each), polarity (8 bits). The table of packets ends them.
//! Source: iniVation, *AEDAT file formats* and the schemas of dv-processing; Google, *FlatBuffers internals*.

use super::{Checked, Event, Recording, Wrong, byte, lz4, truncated, wrong};
use ruzstd::decoding::StreamingDecoder;
use std::borrow::Cow;
use std::io::Read as _;

/// Bytes that the packets of any file may have once they are unpacked; of a large one [`RATIO`] times its own.
const MOST: usize = 1 << 28;

/// LZ4 packs no closer than this.
const RATIO: usize = 255;

/// A FlatBuffer: numbers stand at offsets, the lowest byte first.
#[derive(Clone, Copy)]
struct Buffer<'a>(&'a [u8]);

impl<'a> Buffer<'a> {
    fn u16(self, at: usize) -> Option<usize> {
        Some(usize::from(u16::from_le_bytes(*self.0.get(at..)?.first_chunk()?)))
    }

    fn u32(self, at: usize) -> Option<usize> {
        Some(u32::from_le_bytes(*self.0.get(at..)?.first_chunk()?) as usize)
    }

    fn i64(self, at: usize) -> Option<i64> {
        Some(i64::from_le_bytes(*self.0.get(at..)?.first_chunk()?))
    }

    /// Where field `k` of the root table stands, if it is there.
    fn field(self, k: usize) -> Option<usize> {
        let table = self.u32(0)?;
        let names = table.checked_add_signed(-(self.u32(table)? as i32 as isize))?;
        let inside = 4 + 2 * k < self.u16(names)?;
        let offset = if inside { self.u16(names + 4 + 2 * k)? } else { 0 };
        (offset > 0).then_some(table + offset)
    }

    /// Number of elements of a vector, or bytes of a text, that a field refers to, and where they begin.
    fn vector(self, field: usize) -> Option<(usize, usize)> {
        let at = field.checked_add(self.u32(field)?)?;
        Some((self.u32(at)?, at + 4))
    }

    fn text(self, field: usize) -> Option<&'a str> {
        let (length, at) = self.vector(field)?;
        std::str::from_utf8(self.0.get(at..at.checked_add(length)?)?).ok()
    }
}

/// The stream of events: its number, and the size of its sensor.
fn stream(info: &str) -> Option<(usize, u16, u16)> {
    // Each stream is a node `/mainloop/.../outInfo/N/` with attributes, and a node `info` with the size.
    let mut parts = info.split("outInfo/").skip(1).filter_map(|part| {
        let (number, rest) = part.split_once('/')?;
        Some((number.parse::<usize>().ok()?, rest))
    });
    let attribute = |text: &str, key: &str| {
        let (_, after) = text.split_once(&format!("key=\"{key}\""))?;
        let (_, value) = after.split_once('>')?;
        Some(value.split_once('<')?.0.trim().to_string())
    };
    let all: Vec<(usize, &str)> = parts.by_ref().collect();
    let number = all.iter().find(|(_, text)| attribute(text, "typeIdentifier").as_deref() == Some("EVTS"))?.0;
    let of = |key: &str| {
        let mut own = all.iter().filter(|(other, _)| *other == number);
        own.find_map(|(_, text)| attribute(text, key))?.parse().ok()
    };
    Some((number, of("sizeX")?, of("sizeY")?))
}

pub(super) fn read(bytes: &[u8]) -> Result<Recording, Wrong> {
    let line =
        bytes.iter().position(|&byte| byte == b'\n').ok_or_else(|| truncated(0, "its first line", 14))?;
    let start = line + 1;
    let length = Buffer(bytes).u32(start).ok_or_else(|| truncated(start, "the length of its header", 4))?;
    let head =
        bytes.get(start + 4..start + 4 + length).ok_or_else(|| truncated(start, "its header", 4 + length))?;
    let head = Buffer(head);
    let compression = head.field(0).and_then(|at| head.u32(at)).unwrap_or(0);
    let frame = match compression {
        0 => "",
        1 | 2 => "an LZ4 frame",
        3 | 4 => "a frame of Zstandard",
        _ => {
            let what = format!("the packets are compressed in way {compression}");
            return Err(wrong("its header", what, "0 (none), 1 or 2 (LZ4), 3 or 4 (Zstandard)"));
        }
    };
    let table = head.field(1).and_then(|at| head.i64(at)).and_then(|at| usize::try_from(at).ok());
    let info = head.field(2).and_then(|at| head.text(at)).unwrap_or_default();
    let (events, width, height) = stream(info).ok_or_else(|| {
        wrong(
            "its header",
            "no stream is of events with a size",
            "a stream of type EVTS with sizeX and sizeY",
        )
    })?;
    let mut checked = Checked::new(width, height);
    let mut left = bytes.len().saturating_mul(RATIO).max(MOST);
    let mut at = start + 4 + length;
    let end = table.filter(|&table| table >= at && table <= bytes.len()).unwrap_or(bytes.len());
    while at < end {
        let head = Buffer(bytes).u32(at).zip(Buffer(bytes).u32(at + 4));
        let (number, length) = head.ok_or_else(|| truncated(at, "the head of a packet", 8))?;
        let content =
            bytes[..end].get(at + 8..at + 8 + length).ok_or_else(|| truncated(at, "a packet", 8 + length))?;
        if number == events {
            let damaged = || wrong(byte(at), "a packet of events is damaged", "a FlatBuffer of events");
            let content = unpacked(compression, content, left).ok_or_else(|| {
                let allowed = format!("{frame} with at most {left} bytes");
                wrong(byte(at), "a packet cannot be unpacked", allowed)
            })?;
            left -= content.len().min(left);
            packet(&content, at, &mut checked).unwrap_or_else(|| Err(damaged()))?;
        }
        at += 8 + length;
    }
    Ok(checked.finish("AEDAT 4"))
}

/// What a packet holds; `None`: it is damaged, or longer than `most`. Checksums are not compared: what is unpacked is checked for what it
/// must be.
pub(super) fn unpacked(compression: usize, content: &[u8], most: usize) -> Option<Cow<'_, [u8]>> {
    match compression {
        0 => Some(Cow::Borrowed(content)),
        1 | 2 => lz4::frame(content, most).map(Cow::Owned),
        _ => {
            let mut bytes = Vec::new();
            let mut decoder = StreamingDecoder::new(content).ok()?.take(most as u64 + 1);
            decoder.read_to_end(&mut bytes).ok()?;
            (bytes.len() <= most).then_some(Cow::Owned(bytes))
        }
    }
}

/// Takes the events of a packet; `None`: it is none.
fn packet(content: &[u8], at: usize, checked: &mut Checked) -> Option<Result<(), Wrong>> {
    let length = Buffer(content).u32(0)?;
    let buffer = Buffer(content.get(4..4_usize.checked_add(length)?)?);
    let Some(field) = buffer.field(0) else { return Some(Ok(())) };
    let (count, start) = buffer.vector(field)?;
    let events = buffer.0.get(start..start.checked_add(count.checked_mul(16)?)?)?;
    for event in events.as_chunks::<16>().0 {
        let buffer = Buffer(event);
        let event = Event {
            t: u64::try_from(buffer.i64(0)?).ok()?,
            x: buffer.u16(8)? as u16,
            y: buffer.u16(10)? as u16,
            on: event[12] != 0,
        };
        if let Err(wrong) = checked.push(event, at) {
            return Some(Err(wrong));
        }
    }
    Some(Ok(()))
}
