//! Recorded spikes as a page holds them, a few bytes each: for a reader who looks closer than a picture can.
//!
//! Of every neuron the number of its spikes, then the steps of time between them, each as a base-128 varint (the lowest seven bits
//! first, the highest bit says that more follow); all of it deflated, then in base 64.

use super::RecordedSpikes;
use crate::record::deflated;
use serde_json::json;

/// Steps of time that an episode is cut into: few spikes can be told apart further than many.
const STEPS: [f64; 2] = [1e7, 1e5];
/// Spikes that are few.
const FEW: usize = 100_000;

/// The spikes of a raster, for a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// JSON: seconds per step, how many steps there are, and of each group its name, the first neuron, how far apart the
    /// neurons are that follow, and how many there are.
    pub meta: String,
    /// Base 64.
    pub data: String,
}

/// Packs what is drawn; nothing without spikes. `end_ms` is how long the episode is, where that is known.
pub fn raster(spikes: RecordedSpikes<'_>, end_ms: f64) -> Option<Packed> {
    let drawn = spikes.drawn.filter(|drawn| !drawn.rows.is_empty())?;
    let every = drawn.every.max(1);
    let many = |ids: &std::ops::Range<u32>| ids.len().div_ceil(every as usize).max(1);
    let firsts: Vec<usize> = spikes
        .groups
        .iter()
        .scan(0, |sum, (_, ids)| Some(std::mem::replace(sum, *sum + many(ids))))
        .collect();
    let neurons: usize = spikes.groups.iter().map(|(_, ids)| many(ids)).sum();
    let end = drawn.rows.iter().map(|row| row.time.as_seconds()).fold((1e-3 * end_ms).max(1e-15), f64::max);
    let step = end / if drawn.rows.len() <= FEW { STEPS[0] } else { STEPS[1] };
    // A round step: a power of ten that is not larger.
    let step: f64 = format!("1e{}", step.log10().floor()).parse().unwrap_or(step);
    let mut times = vec![Vec::new(); neurons];
    for row in &drawn.rows {
        let Some((_, ids)) = spikes.groups.get(row.label as usize) else { continue };
        let at = firsts[row.label as usize] + (row.id.saturating_sub(ids.start) / every) as usize;
        if let Some(times) = times.get_mut(at) {
            times.push((row.time.as_seconds() / step).round() as u64);
        }
    }
    let mut bytes = Vec::new();
    for times in &times {
        varint(&mut bytes, times.len() as u64);
        let mut before = 0;
        for &time in times {
            varint(&mut bytes, time.saturating_sub(before));
            before = time;
        }
    }
    let groups: Vec<_> = spikes
        .groups
        .iter()
        .map(|(name, ids)| json!({ "name": name, "first": ids.start, "every": every, "shown": many(ids) }))
        .collect();
    let meta = json!({ "step": step, "end": (end / step).round(), "groups": groups });
    Some(Packed { meta: meta.to_string(), data: base64(&deflated(&bytes)) })
}

fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let word =
            three.iter().fold(0_u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - three.len()));
        for sign in 0..4 {
            let place = (word >> (18 - 6 * sign)) as usize & 0x3f;
            text.push(if sign > three.len() { '=' } else { char::from(SIGNS[place]) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::SpikeRow;
    use crate::record::spikes::Drawn;
    use crate::time::Time;
    use std::io::Read as _;

    #[test]
    fn base_64_is_that_of_the_rfc() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn a_million_spikes_are_less_than_four_megabytes() {
        let groups = [("e".to_string(), 0..2500)];
        let mut state = 1_u64;
        let mut rows: Vec<SpikeRow> = (0..1_000_000)
            .map(|_| {
                // Knuth's linear congruential generator: times of no order, as of an irregular network.
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let time = Time::from_fs((state >> 14) % 1_000_000_000_000_000 * 10);
                SpikeRow { episode: 0, time, label: 0, id: (state >> 40) as u32 % 2500 }
            })
            .collect();
        rows.sort_unstable();
        let drawn = Drawn { rows, every: 1, of_episode: 1_000_000, total: 1_000_000, cut: false };
        let packed = raster(RecordedSpikes { groups: &groups, drawn: Some(&drawn) }, 0.0).unwrap();
        assert!(packed.data.len() < 4_000_000, "{}", packed.data.len());
    }

    #[test]
    fn what_is_packed_are_the_spikes_of_each_neuron_to_a_step() {
        let groups = [("e".to_string(), 10..20), ("i".to_string(), 0..3)];
        let row =
            |us: u64, label, id| SpikeRow { episode: 2, time: Time::from_fs(us * 1_000_000_000), label, id };
        let rows = vec![row(100, 0, 10), row(250, 1, 2), row(1_000, 0, 14), row(300_000, 0, 10)];
        let drawn = Drawn { rows, every: 2, of_episode: 9, total: 9, cut: false };
        let packed = raster(RecordedSpikes { groups: &groups, drawn: Some(&drawn) }, 400.0).unwrap();
        let meta: serde_json::Value = serde_json::from_str(&packed.meta).unwrap();
        assert_eq!((meta["step"].as_f64(), meta["end"].as_f64()), (Some(1e-8), Some(4e7)));
        assert_eq!(meta["groups"][0], json!({ "name": "e", "first": 10, "every": 2, "shown": 5 }));
        assert_eq!(meta["groups"][1]["shown"], 2);
        // Read again by another way round: Python's base64 and zlib said the same of this text.
        let signs = |sign: u8| -> u32 {
            let at = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
                .iter()
                .position(|s| *s == sign);
            at.unwrap_or(0) as u32
        };
        let text = packed.data.trim_end_matches('=').as_bytes();
        let bits: Vec<u8> =
            text.iter().flat_map(|&s| (0..6).rev().map(move |k| (signs(s) >> k & 1) as u8)).collect();
        let bytes: Vec<u8> =
            bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | bit)).collect();
        let mut plain = Vec::new();
        flate2::read::DeflateDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
        let mut numbers = Vec::new();
        let (mut number, mut shift) = (0_u64, 0);
        for byte in plain {
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                numbers.push(number);
                (number, shift) = (0, 0);
            }
        }
        assert_eq!(numbers, [2, 10_000, 29_990_000, 0, 1, 100_000, 0, 0, 0, 1, 25_000]);
    }
}
