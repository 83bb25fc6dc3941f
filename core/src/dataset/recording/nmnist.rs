//! N-MNIST: five bytes an event, without a header.
//!
//! Byte 0 is the column, byte 1 the row; of the other three, the highest first, bit 23 says whether the pixel got brighter, the rest is
//! the time in microseconds. An event in row 240 is none: 2^13 us are added to all times from it on.
//! Source: G. Orchard, A. Jayawant, G. Cohen and N. Thakor, *Frontiers in Neuroscience* 9, 437 (2015), and the readers its authors
//! give with the data.

use super::{Checked, Event, Recording, Wrong, truncated};

const SIDE: u16 = 34;
const OVERFLOW_ROW: u8 = 240;

pub(super) fn read(bytes: &[u8]) -> Result<Recording, Wrong> {
    let (events, rest) = bytes.as_chunks::<5>();
    let mut checked = Checked::new(SIDE, SIDE);
    let mut later = 0;
    for (k, &[x, y, high, middle, low]) in events.iter().enumerate() {
        if y == OVERFLOW_ROW {
            later += 1 << 13;
            continue;
        }
        let t = later + u64::from(u32::from_be_bytes([0, high & 0x7f, middle, low]));
        let event = Event { t, x: x.into(), y: y.into(), on: high & 0x80 != 0 };
        checked.push(event, 5 * k)?;
    }
    if bytes.is_empty() || !rest.is_empty() {
        return Err(truncated(5 * events.len(), "an event", 5));
    }
    Ok(checked.finish("N-MNIST"))
}
