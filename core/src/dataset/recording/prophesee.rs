//! EVT 2 and EVT 3 of Prophesee: a header of lines that begin with `%`, then words, the lowest byte first.
//!
//! EVT 2, 32 bits: type in bits 31 to 28. 8: bits 27 to 0 are the upper bits of the time. 0 and 1: a pixel got darker or brighter; bits 27
//! to 22 are the lower six bits of the time, 21 to 11 the column, 10 to 0 the row.
//!
//! EVT 3, 16 bits: type in bits 15 to 12. 0: the row. 2: a column (bits 10 to 0) with its polarity (bit 11), which is an event. 3: the
//! same as where a vector begins; 4 and 5: of the next 12 or 8 columns those whose bits are set have events. 6: the lower
//! twelve bits of the time; 8: the upper twelve, with the lower at 0. Times that start over after the longest are counted on.
//!
//! Source: Prophesee, *EVT 2.0 and EVT 3.0 formats*, docs.prophesee.ai.

use super::{Checked, Event, Recording, Wrong, byte, header, truncated, wrong};

pub(super) fn read(bytes: &[u8]) -> Result<Recording, Wrong> {
    let (lines, start) = header(bytes, b'%');
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_start_matches('%').trim()).collect();
    let value = |key: &str| lines.iter().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
    // `format EVT3;height=720;width=1280`, or `evt 3.0` with `geometry 1280x720`.
    let format = value("format").or(value("evt")).unwrap_or_default();
    let part =
        |key: &str| format.split(';').find_map(|part| part.trim().strip_prefix(key)?.trim().parse().ok());
    let geometry = value("geometry").and_then(|size| size.split_once('x'));
    let geometry =
        geometry.and_then(|(width, height)| Some((width.trim().parse().ok()?, height.trim().parse().ok()?)));
    let size = part("width=").zip(part("height=")).or(geometry);
    // The third generation has one sensor, and says nothing of its size.
    let third = lines.iter().any(|line| line.contains("gen3") || line.contains("Gen3"));
    let Some((width, height)) = size.or(third.then_some((640, 480))) else {
        return Err(wrong(
            "its header",
            "the size of the sensor is not stated",
            "a line such as `% geometry 1280x720`",
        ));
    };
    let mut checked = Checked::new(width, height);
    if format.starts_with("EVT3") || format.starts_with("3.") {
        third_version(bytes, start, &mut checked)?;
        Ok(checked.finish("EVT 3"))
    } else if format.starts_with("EVT2") && !format.starts_with("EVT21") || format.starts_with("2.0") {
        second_version(bytes, start, &mut checked)?;
        Ok(checked.finish("EVT 2"))
    } else {
        let what = if format.is_empty() {
            "the format is not stated".into()
        } else {
            format!("the format is `{format}`")
        };
        Err(wrong(
            "its header",
            what,
            "EVT 2 or EVT 3, as `% format EVT3;height=720;width=1280` or `% evt 3.0`",
        ))
    }
}

/// A counter of so many bits that starts over: what is to be added from its next value on.
struct Counter {
    bits: u32,
    last: Option<u64>,
    rounds: u64,
}

impl Counter {
    fn new(bits: u32) -> Self {
        Self { bits, last: None, rounds: 0 }
    }

    /// The whole count. A step back of more than half of all values is the beginning of the next round.
    fn next(&mut self, value: u64) -> u64 {
        if self.last.is_some_and(|last| last > value && last - value > 1 << (self.bits - 1)) {
            self.rounds += 1;
        }
        self.last = Some(value);
        (self.rounds << self.bits) + value
    }
}

fn second_version(bytes: &[u8], start: usize, checked: &mut Checked) -> Result<(), Wrong> {
    let (words, rest) = bytes[start..].as_chunks::<4>();
    let (mut high, mut counter) = (None, Counter::new(28));
    for (k, &word) in words.iter().enumerate() {
        let (word, at) = (u32::from_le_bytes(word), start + 4 * k);
        match word >> 28 {
            8 => high = Some(counter.next(u64::from(word & 0x0fff_ffff)) << 6),
            kind @ (0 | 1) => {
                // Before the first upper bits no time is known.
                let Some(high) = high else { continue };
                let t = high | u64::from((word >> 22) & 0x3f);
                let (x, y) = (((word >> 11) & 0x7ff) as u16, (word & 0x7ff) as u16);
                checked.push(Event { t, x, y, on: kind == 1 }, at)?;
            }
            // Triggers, and what a camera adds.
            10 | 14 | 15 => {}
            kind => {
                return Err(wrong(
                    byte(at),
                    format!("a word is of type {kind}"),
                    "types 0, 1, 8, 10, 14 and 15 of EVT 2",
                ));
            }
        }
    }
    if rest.is_empty() { Ok(()) } else { Err(truncated(start + 4 * words.len(), "a word", 4)) }
}

fn third_version(bytes: &[u8], start: usize, checked: &mut Checked) -> Result<(), Wrong> {
    let (words, rest) = bytes[start..].as_chunks::<2>();
    let (mut time, mut counter): (Option<u64>, _) = (None, Counter::new(12));
    let (mut row, mut base, mut on) = (None, 0_u16, false);
    for (k, &word) in words.iter().enumerate() {
        let (word, at) = (u16::from_le_bytes(word), start + 2 * k);
        let (kind, low) = (word >> 12, word & 0x0fff);
        match kind {
            0 => row = Some(word & 0x7ff),
            2 | 3 => {
                (base, on) = (word & 0x7ff, word & 0x800 != 0);
                if let (2, Some(t)) = (kind, time) {
                    let y = row.ok_or_else(|| {
                        wrong(byte(at), "an event has no row", "a word of type 0 before it")
                    })?;
                    checked.push(Event { t, x: base, y, on }, at)?;
                }
            }
            4 | 5 => {
                let (count, mask) = if kind == 4 { (12, low) } else { (8, low & 0xff) };
                if let Some(t) = time {
                    let y = row.ok_or_else(|| {
                        wrong(byte(at), "a vector has no row", "a word of type 0 before it")
                    })?;
                    for bit in (0..count).filter(|bit| mask >> bit & 1 == 1) {
                        checked.push(Event { t, x: base.saturating_add(bit), y, on }, at)?;
                    }
                }
                base = base.saturating_add(count);
            }
            6 => time = time.map(|time| time & !0xfff | u64::from(low)),
            8 => {
                let high = counter.next(u64::from(low)) << 12;
                // The same upper bits again leave the lower ones as they are.
                time = Some(time.filter(|time| time & !0xfff == high).unwrap_or(high));
            }
            7 | 10 | 14 | 15 => {}
            kind => {
                return Err(wrong(
                    byte(at),
                    format!("a word is of type {kind}"),
                    "types 0, 2 to 8, 10, 14 and 15 of EVT 3",
                ));
            }
        }
    }
    if rest.is_empty() { Ok(()) } else { Err(truncated(start + 2 * words.len(), "a word", 2)) }
}
