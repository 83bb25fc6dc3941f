//! AEDAT 2.0 (jAER) and 3.1 (cAER).
//!
//! 2.0: lines that begin with `#`, then events of eight bytes, the highest first: an address and a time in microseconds (32 bits, which
//! start over). Of a DVS128 bit 15 of the address says that it is no pixel, bits 14 to 8 are the row, 7 to 1 the column from
//! the right, bit 0 is set for a pixel that got darker. Of a DAVIS bit 31 says that it is no event of a pixel (a picture or a motion sensor),
//! bit 10 a signal from outside; bits 30 to 22 are the row, 21 to 12 the column, and bit 11 is set for a pixel that got brighter.
//!
//! 3.1: lines that begin with `#` up to `#!END-HEADER`, then packets, the lowest byte first. A header of 28 bytes: type (1: pixels), source
//! (16 bits each), bytes of an event, where in it its time is, rounds of the time (2^31 us each), capacity, number, number of
//! valid ones (32 bits each). An event of a pixel has bit 0 for valid, bit 1 for brighter, bits 2 to 16 the row and 17 to 31 the
//! column, then its time.
//!
//! Source: iniVation, *AEDAT file formats*, docs.inivation.com; the chip classes of jAER.

use super::{Checked, Event, Recording, Wrong, byte, header, truncated, wrong};

/// Size of the sensor of a camera by its name.
fn sensor(name: &str) -> Option<(u16, u16)> {
    let known = [
        ("DVS128", (128, 128)),
        ("DAVIS240", (240, 180)),
        ("DAVIS346", (346, 260)),
        ("DAVIS640", (640, 480)),
    ];
    let upper = name.to_uppercase();
    known.into_iter().find_map(|(camera, size)| upper.contains(camera).then_some(size))
}

const CAMERAS: &str = "a header that names a DVS128, DAVIS240, DAVIS346 or DAVIS640";

pub(super) fn version_2(bytes: &[u8]) -> Result<Recording, Wrong> {
    let (lines, start) = header(bytes, b'#');
    let chip = lines.iter().find_map(|line| line.split_once("AEChip:")).map_or("", |(_, chip)| chip.trim());
    let (width, height) = sensor(chip).ok_or_else(|| {
        let what = if chip.is_empty() {
            "the camera is not named".into()
        } else {
            format!("the camera is `{chip}`")
        };
        wrong("its header", what, CAMERAS)
    })?;
    let is_dvs = (width, height) == (128, 128);
    let (events, rest) = bytes[start..].as_chunks::<8>();
    let (mut last, mut rounds) = (0_u32, 0_u64);
    let mut checked = Checked::new(width, height);
    for (k, event) in events.iter().enumerate() {
        let word = |at: usize| u32::from_be_bytes([event[at], event[at + 1], event[at + 2], event[at + 3]]);
        let (address, time) = (word(0), word(4));
        let is_pixel =
            if is_dvs { address >> 15 & 1 == 0 } else { address >> 31 == 0 && address >> 10 & 1 == 0 };
        if !is_pixel {
            continue;
        }
        if last > time && last - time > 1 << 31 {
            rounds += 1;
        }
        last = time;
        let t = (rounds << 32) + u64::from(time);
        let event = if is_dvs {
            let x = 127 - (address >> 1 & 0x7f) as u16;
            Event { t, x, y: (address >> 8 & 0x7f) as u16, on: address & 1 == 0 }
        } else {
            let (x, y) = ((address >> 12 & 0x3ff) as u16, (address >> 22 & 0x1ff) as u16);
            Event { t, x, y, on: address >> 11 & 1 == 1 }
        };
        checked.push(event, start + 8 * k)?;
    }
    if rest.is_empty() {
        Ok(checked.finish("AEDAT 2"))
    } else {
        Err(truncated(start + 8 * events.len(), "an event", 8))
    }
}

pub(super) fn version_3(bytes: &[u8]) -> Result<Recording, Wrong> {
    const END: &[u8] = b"#!END-HEADER";
    let found = bytes.windows(END.len()).position(|part| part == END);
    let found = found.ok_or_else(|| wrong("its header", "the header has no end", "a line `#!END-HEADER`"))?;
    let line = bytes[found..].iter().position(|&byte| byte == b'\n');
    let mut at = line.map_or(bytes.len(), |line| found + line + 1);
    let head = String::from_utf8_lossy(&bytes[..found]);
    let source = head.lines().find(|line| line.starts_with("#Source")).unwrap_or_default().trim();
    let (width, height) =
        sensor(source).ok_or_else(|| wrong("its header", format!("the camera is `{source}`"), CAMERAS))?;
    let mut checked = Checked::new(width, height);
    while at < bytes.len() {
        let packet = bytes.get(at..at + 28).ok_or_else(|| truncated(at, "the header of a packet", 28))?;
        let word =
            |at: usize| u32::from_le_bytes([packet[at], packet[at + 1], packet[at + 2], packet[at + 3]]);
        let kind = u16::from_le_bytes([packet[0], packet[1]]);
        let (size, rounds, number) = (word(4) as usize, u64::from(word(12)), word(20) as usize);
        let length = size.checked_mul(number).filter(|&length| length <= bytes.len());
        let content = length.and_then(|length| bytes.get(at + 28..at + 28 + length)).ok_or_else(|| {
            truncated(
                at,
                &format!("a packet of {number} events of {size} bytes"),
                28 + size.saturating_mul(number),
            )
        })?;
        if kind == 1 && size != 8 {
            return Err(wrong(byte(at), format!("an event of a pixel has {size} bytes"), "8 bytes"));
        }
        if kind == 1 {
            for (k, event) in content.as_chunks::<8>().0.iter().enumerate() {
                let data = u32::from_le_bytes([event[0], event[1], event[2], event[3]]);
                let time = u32::from_le_bytes([event[4], event[5], event[6], event[7]]);
                if data & 1 == 1 {
                    let (x, y) = ((data >> 17) as u16, (data >> 2 & 0x7fff) as u16);
                    let t = (rounds << 31) + u64::from(time);
                    checked.push(Event { t, x, y, on: data >> 1 & 1 == 1 }, at + 28 + 8 * k)?;
                }
            }
        }
        at += 28 + content.len();
    }
    Ok(checked.finish("AEDAT 3.1"))
}
