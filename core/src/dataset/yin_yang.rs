//! The Yin-Yang data set: points of a figure that needs more than one layer (Kriener, Göltz & Petrovici, "The Yin-Yang dataset",
//! NICE 2022, arXiv 2102.08211).
//!
//! In the disc of radius R = 0.5 about (R, R) lie two smaller ones of radius R/2, of which one belongs to the other half, and
//! in them two dots of radius r = 0.1. A point is class 2 in a dot, else class 0 in Yin and 1 in Yang:
//!
//! - d_right, d_left: distances to the dots' centres (1.5 R, R) and (0.5 R, R);
//! - dot: d_right < r or d_left < r;
//! - yin: d_right <= r, or r < d_left <= R/2, or y > R and d_right > R/2.
//!
//! A sample is (x, y, 1 - x, 1 - y). The class of sample i is drawn first, so that all are equally frequent; then points of the
//! disc until one has it. Every point is a function of (version, split, index) alone.

use super::{Dataset, Name, Split};
use crate::random::{Purpose, Stream, unit};

/// Values of a sample.
pub const SIZE: usize = 4;
/// Training samples by default.
pub const TRAIN: usize = 5_000;
/// Test samples by default.
pub const TEST: usize = 10_000;
/// Seed of the points. A new drawing gets a new number, and results on it are not comparable.
pub const VERSION: u64 = 1;

const R_BIG: f64 = 0.5;
const R_SMALL: f64 = 0.1;

/// The first `train` training and `test` test samples. Asking for more changes none of them.
#[must_use]
pub fn points(train: usize, test: usize) -> Dataset {
    Dataset {
        name: Name::YIN_YANG.as_str().to_owned(),
        version: VERSION.to_string(),
        shape: vec![SIZE],
        classes: 3,
        train: split(0, train),
        test: split(1, test),
    }
}

fn split(part: u32, count: usize) -> Split {
    let (mut values, mut labels) = (Vec::with_capacity(count * SIZE), Vec::with_capacity(count));
    for index in 0..count {
        let ([x, y], class) = point(part, index as u64);
        values.extend([x, y, 1.0 - x, 1.0 - y]);
        labels.push(class.into());
    }
    Split::real(&values, labels, SIZE).unwrap_or_default()
}

/// Point `index` of the training samples (part 0) or the test samples (part 1), and its class.
#[must_use]
pub fn point(part: u32, index: u64) -> ([f64; 2], u8) {
    let mut stream = Stream::new(VERSION, Purpose::YinYang, part, index);
    let goal = ((u128::from(stream.next_word()) * 3) >> 64) as u8;
    loop {
        let x = 2.0 * R_BIG * unit(stream.next_word());
        let y = 2.0 * R_BIG * unit(stream.next_word());
        let inside = distance([x, y], [R_BIG, R_BIG]) <= R_BIG;
        if inside && class([x, y]) == goal {
            return ([x, y], goal);
        }
    }
}

/// The class of a point of the disc: 0 Yin, 1 Yang, 2 dot.
#[must_use]
pub fn class(point: [f64; 2]) -> u8 {
    let right = distance(point, [1.5 * R_BIG, R_BIG]);
    let left = distance(point, [0.5 * R_BIG, R_BIG]);
    if right < R_SMALL || left < R_SMALL {
        return 2;
    }
    let yin = right <= R_SMALL
        || (left > R_SMALL && left <= 0.5 * R_BIG)
        || (point[1] > R_BIG && right > 0.5 * R_BIG);
    u8::from(!yin)
}

fn distance([x, y]: [f64; 2], [a, b]: [f64; 2]) -> f64 {
    ((x - a) * (x - a) + (y - b) * (y - b)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_equally_frequent_and_where_the_figure_has_them() {
        let set = points(3000, 30);
        let mut counts = [0; 3];
        for (k, &label) in set.train.labels.iter().enumerate() {
            counts[usize::from(label)] += 1;
            let v: Vec<f64> = set.train.values(k).collect();
            assert_eq!(u16::from(class([v[0], v[1]])), label);
            assert!((v[0] + v[2] - 1.0).abs() < 1e-9 && (v[1] + v[3] - 1.0).abs() < 1e-9);
        }
        assert!(counts.iter().all(|&count| (900..1100).contains(&count)), "{counts:?}");
        // The figure turned by half a turn about its centre: Yin is Yang.
        for [x, y] in [[0.2, 0.6], [0.4, 0.9], [0.5, 0.2], [0.8, 0.7]] {
            assert_eq!(class([x, y]) + class([1.0 - x, 1.0 - y]), 1, "{x} {y}");
        }
        assert_eq!((class([0.25, 0.55]), class([0.75, 0.45])), (2, 2));
        assert_eq!(points(5, 3).test, points(7, 3).test);
        assert_ne!(set.train.chosen(&[0, 1, 2]), set.test.chosen(&[0, 1, 2]));
    }
}
