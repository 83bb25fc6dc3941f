//! Digits that move before an event camera: spikes of a sensor, in a data set that needs no files.
//!
//! A digit of [`drawn`] moves on a straight path. Every pixel of the sensor sees the mean luminance of its area, a square of
//! [`PITCH`] pixels of the drawing: with the ink g from 0 to 1 and the displacement u = u_0 + v t,
//!
//! I(t) = 1 + C mean g(x - u(t)), in units of the background.
//!
//! It tells changes of L = ln I (Lichtsteiner, Posch & Delbruck, "A 128 x 128 120 dB 15 us latency asynchronous temporal contrast
//! vision sensor", IEEE J. Solid-State Circuits 43:566, 2008): an ON event when L has risen by the threshold theta since the last
//! event of this pixel, an OFF event when it has fallen by theta. After an event the pixel compares with the level that was
//! crossed, so the levels are L(0) + k theta.
//!
//! The drawing is even within each of its pixels. So the mean is bilinear between the means at whole displacements, and on a
//! straight path I is a parabola in t from one crossing of that grid to the next. Times of events are its roots
//! I = I(0) e^(k theta), in closed form, and are told in whole microseconds, as the sensor does (rounded down).
//!
//! Line (p [`SIDE`] + row) [`SIDE`] + column is the pixel's OFF (p = 0) or ON events (p = 1), as in recordings. Sample i of a part
//! is digit i of the same part of the drawn digits. Its direction is uniform, the middle of its path uniform in a square about the
//! middle of the sensor: functions of (version, part, index) alone. Contrast, threshold and speed are assumed. There is no noise, no
//! dead time, and all pixels have one threshold.

use super::drawn::{self, Part};
use super::{Dataset, Name, Split};
use crate::encoding::FirstSpikes;
use crate::numeric::exp;
use crate::random::{Purpose, Stream, unit};
use crate::time::Time;
use std::ops::Range;

/// Side of the sensor in its pixels.
pub const SIDE: usize = 16;
/// Side of a pixel of the sensor in pixels of the drawing.
pub const PITCH: usize = 2;
/// Lines: OFF and ON events of every pixel.
pub const LINES: usize = 2 * SIDE * SIDE;
/// Training samples by default.
pub const TRAIN: usize = 16_000;
/// Test samples by default.
pub const TEST: usize = 2_000;
/// Seed of the paths. A new drawing gets a new number, and results on it are not comparable.
pub const VERSION: u64 = 1;

/// Luminance of full ink less that of the background, in units of the background.
const CONTRAST: f64 = 4.0;
/// Change of ln I from event to event, theta.
const THRESHOLD: f64 = 0.4;
/// Duration of the motion in milliseconds.
const DURATION: f64 = 10.0;
/// Speed in pixels of the drawing per millisecond.
const SPEED: f64 = 0.8;
/// The middle of a path is up to this far from the middle of the sensor in x and y, in pixels of the drawing.
const SHIFT: f64 = 1.0;

/// By how much a level has to be passed. What leaves a pixel as it came back to where it began touches the level there: that is no event,
/// and must not be one by rounding.
const TOUCH: f64 = 1e-9;

/// What the sensor sees without motion, in pixels of the drawing, and where the drawing begins in it.
const FIELD: usize = SIDE * PITCH;
const MARGIN: usize = (FIELD - drawn::SIDE) / 2;
/// No path leads further, in pixels of the drawing.
const REACH: usize = (SHIFT + 0.5 * SPEED * DURATION) as usize + 1;
/// Whole displacements of the sensor's pixels, along each axis.
const PLACES: usize = FIELD + 2 * REACH;

/// The first `train` training and `test` test samples. Asking for more changes none of them.
#[must_use]
pub fn recordings(train: usize, test: usize) -> Dataset {
    Dataset {
        name: Name::MOVING_DIGITS.as_str().to_owned(),
        version: VERSION.to_string(),
        shape: vec![2, SIDE, SIDE],
        classes: 10,
        train: split(Part::Train, train),
        test: split(Part::Test, test),
    }
}

fn split(part: Part, count: usize) -> Split {
    let mut labels = Vec::with_capacity(count);
    let events = FirstSpikes::of((0..count as u64).map(|index| {
        let (image, label) = drawn::digit(part, index);
        labels.push(label.into());
        path(part, index).events(&image)
    }));
    Split::events(events, labels, LINES).unwrap_or_default()
}

/// The path of sample `index` of `part`.
#[must_use]
pub fn path(part: Part, index: u64) -> Path {
    let mut stream = Stream::new(VERSION, Purpose::MovingDigit, part as u32, index);
    let mut even = || 2.0 * unit(stream.next_word()) - 1.0;
    let middle = [(); 2].map(|()| SHIFT * even());
    // A point of the disc, far enough from its middle to tell a direction.
    let velocity = loop {
        let [x, y] = [even(), even()];
        let squared = x * x + y * y;
        if (0.01..=1.0).contains(&squared) {
            let length = squared.sqrt();
            break [SPEED * x / length, SPEED * y / length];
        }
    };
    let start = [0, 1].map(|axis| middle[axis] - 0.5 * DURATION * velocity[axis]);
    Path { start, velocity }
}

/// A straight path of the drawing before the sensor: x to the right, y down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Path {
    /// Displacement at the beginning, in pixels of the drawing.
    start: [f64; 2],
    /// In pixels of the drawing per millisecond.
    velocity: [f64; 2],
}

impl Path {
    /// What the sensor tells of a drawing, 28 x 28 bytes row by row, on this path: times and lines, pixel by pixel.
    #[must_use]
    pub fn events(&self, image: &[u8]) -> Vec<(Time, u32)> {
        let luminance = luminance(image);
        let spans = self.spans();
        let mut events = Vec::new();
        let [columns, rows] = self.reached(&luminance);
        for pixel in rows.flat_map(|row| columns.clone().map(move |column| row * SIDE + column)) {
            let at = [pixel % SIDE, pixel / SIDE].map(|k| k * PITCH + REACH);
            let mut levels: Option<Levels> = None;
            for span in &spans {
                let Some(parabola) = span.parabola(&luminance, at) else { continue };
                // Up to the first change the pixel saw what it sees now.
                let levels = levels.get_or_insert_with(|| Levels::of(parabola.at(0.0)));
                parabola.crossings(span.length, levels, &mut |after, rises| {
                    let line = usize::from(rises) * SIDE * SIDE + pixel;
                    // Whole microseconds of 10^9 femtoseconds.
                    let microseconds = ((span.begin + after) * 1e3) as u64;
                    events.push((Time::from_fs(microseconds * 1_000_000_000), line as u32));
                });
            }
        }
        events
    }

    /// Columns and rows of the sensor that may see ink on this path.
    fn reached(&self, luminance: &[f64]) -> [Range<usize>; 2] {
        let mut inked = [[usize::MAX, 0]; 2];
        for (k, _) in luminance.iter().enumerate().filter(|(_, seen)| **seen > 1.0) {
            for ([first, last], place) in inked.iter_mut().zip([k % PLACES, k / PLACES]) {
                (*first, *last) = ((*first).min(place), (*last).max(place));
            }
        }
        [0, 1].map(|axis| {
            let [first, last] = inked[axis];
            let ends = [self.start[axis], self.start[axis] + self.velocity[axis] * DURATION];
            let [low, high] = [ends[0].min(ends[1]).floor(), ends[0].max(ends[1]).ceil()].map(|u| u as isize);
            let pixel =
                |place: usize, u: isize| (place.saturating_add_signed(u).saturating_sub(REACH)) / PITCH;
            pixel(first, low)..(pixel(last, high) + 1).min(SIDE)
        })
    }

    /// From one crossing of the grid of whole displacements to the next.
    fn spans(&self) -> Vec<Span> {
        let displaced = |t: f64| [0, 1].map(|axis| self.start[axis] + self.velocity[axis] * t);
        let mut cuts = vec![0.0, DURATION];
        for axis in 0..2 {
            let [from, to] = [displaced(0.0)[axis], displaced(DURATION)[axis]];
            let (low, high) = (from.min(to).ceil() as i32, from.max(to).floor() as i32);
            let times = (low..=high).map(|whole| (f64::from(whole) - from) / self.velocity[axis]);
            cuts.extend(times.filter(|&t| t > 0.0 && t < DURATION));
        }
        cuts.sort_by(f64::total_cmp);
        let spans = cuts.windows(2).filter(|pair| pair[0] < pair[1]);
        spans
            .map(|pair| {
                let (begin, length) = (pair[0], pair[1] - pair[0]);
                // The sensor moves against the drawing.
                let [middle, first] = [begin + 0.5 * length, begin].map(|t| displaced(t).map(|u| -u));
                let cell = middle.map(|u| u.floor().clamp(-(REACH as f64), REACH as f64 - 1.0) as i32);
                let within = [0, 1].map(|axis| first[axis] - f64::from(cell[axis]));
                Span { begin, length, cell, within, rate: self.velocity.map(|v| -v) }
            })
            .collect()
    }
}

/// I at each whole displacement of a pixel: row by row, [`PLACES`] each, the first of them [`REACH`] before the field begins.
fn luminance(image: &[u8]) -> Vec<f64> {
    const FIRST: usize = REACH + MARGIN + 1 - PITCH;
    let mut ink = [0_u32; PLACES * PLACES];
    for (k, &byte) in image.iter().enumerate().filter(|(_, byte)| **byte > 0) {
        let (row, column) = (FIRST + k / drawn::SIDE, FIRST + k % drawn::SIDE);
        for row in row..row + PITCH {
            ink[row * PLACES + column..][..PITCH].iter_mut().for_each(|sum| *sum += u32::from(byte));
        }
    }
    let per_byte = CONTRAST / (255 * PITCH * PITCH) as f64;
    ink.iter().map(|&sum| 1.0 + per_byte * f64::from(sum)).collect()
}

/// A piece of a path within one cell of the grid of whole displacements. Times in milliseconds.
struct Span {
    begin: f64,
    length: f64,
    cell: [i32; 2],
    /// Where in the cell it begins, from 0 to 1.
    within: [f64; 2],
    rate: [f64; 2],
}

impl Span {
    /// What a pixel sees whose place is `at` where nothing is displaced; `None`: it sees no change.
    fn parabola(&self, luminance: &[f64], at: [usize; 2]) -> Option<Parabola> {
        let [x, y] = [0, 1].map(|axis| at[axis].saturating_add_signed(self.cell[axis] as isize));
        let corner = |right: usize, down: usize| luminance[(y + down) * PLACES + x + right];
        let [a, b, c, d] = [corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)];
        if a == b && a == c && a == d {
            return None;
        }
        let ([fx, fy], [rx, ry]) = (self.within, self.rate);
        let twist = a - b - c + d;
        Some(Parabola([
            a + (b - a) * fx + (c - a) * fy + twist * fx * fy,
            (b - a) * rx + (c - a) * ry + twist * (fx * ry + fy * rx),
            twist * rx * ry,
        ]))
    }
}

/// c_0 + c_1 s + c_2 s^2.
struct Parabola([f64; 3]);

impl Parabola {
    fn at(&self, s: f64) -> f64 {
        let [c0, c1, c2] = self.0;
        c0 + s * (c1 + s * c2)
    }

    /// Tells when the levels are crossed from 0 to `end`, and whether from below.
    fn crossings(&self, end: f64, levels: &mut Levels, tell: &mut impl FnMut(f64, bool)) {
        let [_, c1, c2] = self.0;
        // On each side of its vertex it only rises or only falls.
        let vertex = -0.5 * c1 / c2;
        let turn = if vertex > 0.0 && vertex < end { vertex } else { end };
        for (from, to) in [(0.0, turn), (turn, end)] {
            let (first, last, slope) = (self.at(from), self.at(to), c1 + 2.0 * c2 * from);
            while let Some((level, rises)) = levels.passed(last) {
                // Of the two roots the one that is reached first, without a difference of near numbers.
                let (rise, sign) = (level - first, if rises { 1.0 } else { -1.0 });
                let root = (slope * slope + 4.0 * c2 * rise).max(0.0).sqrt();
                let after = if rise * sign > 0.0 { 2.0 * rise / (slope + sign * root) } else { 0.0 };
                tell((from + after).min(to), rises);
            }
        }
    }
}

/// The levels of a pixel: where it stands, and the next above and below.
struct Levels {
    first: f64,
    step: i32,
    below: f64,
    above: f64,
}

impl Levels {
    fn of(first: f64) -> Self {
        let mut levels = Self { first, step: 0, below: 0.0, above: 0.0 };
        levels.stand(0);
        levels
    }

    fn stand(&mut self, step: i32) {
        let level = |k: i32| self.first * exp(f64::from(k) * THRESHOLD);
        (self.step, self.below, self.above) = (step, level(step - 1), level(step + 1));
    }

    /// The next level on the way to a luminance, and whether it is crossed from below; it stands there then.
    fn passed(&mut self, luminance: f64) -> Option<(f64, bool)> {
        let (level, rises) = if luminance > self.above * (1.0 + TOUCH) {
            (self.above, true)
        } else if luminance < self.below * (1.0 - TOUCH) {
            (self.below, false)
        } else {
            return None;
        };
        self.stand(if rises { self.step + 1 } else { self.step - 1 });
        Some((level, rises))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times in microseconds and lines, of one polarity in one row of the sensor.
    fn row(events: &[(Time, u32)], on: bool, row: usize) -> Vec<(u64, usize)> {
        let first = (usize::from(on) * SIDE + row) * SIDE;
        let lines = first..first + SIDE;
        let of = events.iter().filter(|event| lines.contains(&(event.1 as usize)));
        let mut found: Vec<_> =
            of.map(|&(time, line)| (time.fs() / 1_000_000_000, line as usize - first)).collect();
        found.sort_unstable();
        found
    }

    /// Ink to the right of an edge that moves to the left: a pixel that the edge enters at t_0 has
    /// I = 1 + C v (t - t_0)/PITCH from then on, until all of it is ink, and floor(ln(1 + C)/theta) ON events at
    /// t_k = t_0 + (e^(k theta) - 1) PITCH/(C v).
    #[test]
    fn an_edge_of_known_contrast_at_constant_speed_has_the_events_of_the_closed_form() {
        let mut image = [0; drawn::SIDE * drawn::SIDE];
        image.iter_mut().enumerate().filter(|(k, _)| k % drawn::SIDE >= 14).for_each(|(_, byte)| *byte = 255);
        // The edge goes from 20.3 to 12.3 in the field, over three pixels and most of a fourth.
        let path = Path { start: [4.3, 0.0], velocity: [-SPEED, 0.0] };
        let events = path.events(&image);
        let edge = (MARGIN + 14) as f64 + path.start[0];
        let count = ((1.0 + CONTRAST).ln() / THRESHOLD) as usize;
        let mut expected = Vec::new();
        for column in 0..SIDE {
            let enters = (edge - (PITCH * (column + 1)) as f64) / SPEED;
            let (from, full) = (enters.max(0.0), enters + PITCH as f64 / SPEED);
            if full <= 0.0 || enters >= DURATION {
                continue;
            }
            // What is covered at the beginning counts as the pixel's first level.
            let seen = |t: f64| 1.0 + CONTRAST * ((t - enters) / (full - enters)).clamp(0.0, 1.0);
            for k in 1..=count {
                let level = seen(from) * (k as f64 * THRESHOLD).exp();
                let t = enters + (level - 1.0) / CONTRAST * (full - enters);
                if level < seen(DURATION.min(full)) {
                    expected.push(((t * 1e3) as u64, column));
                }
            }
        }
        expected.sort_unstable();
        assert_eq!((expected.len(), count), (15, 4));
        for rows in [1, 7, 14] {
            let found = row(&events, true, rows);
            let columns = |all: &[(u64, usize)]| all.iter().map(|event| event.1).collect::<Vec<_>>();
            // Where the drawing itself ends, to the right, the luminance falls.
            assert_eq!(columns(&found), columns(&expected));
            assert!(
                found.iter().zip(&expected).all(|(a, b)| a.0.abs_diff(b.0) <= 1),
                "{found:?} {expected:?}"
            );
        }
        assert!(row(&events, true, 0).is_empty() && row(&events, false, 0).is_empty());
        // Outside the drawing is background: its right side goes from 34.3 to 26.3.
        assert!(row(&events, false, 7).iter().all(|event| (13..=15).contains(&event.1)));
        assert!(!row(&events, false, 7).is_empty());
    }

    /// The mean ink of a pixel at a displacement, as the sum of the areas in which it meets the pixels of the drawing.
    fn seen(image: &[u8], pixel: usize, [ux, uy]: [f64; 2]) -> f64 {
        let overlap = |k: usize, u: f64, at: usize| {
            let (low, high) = ((MARGIN + k) as f64 + u, (PITCH * at) as f64);
            ((low + 1.0).min(high + PITCH as f64) - low.max(high)).max(0.0)
        };
        let mut sum = 0.0;
        for (k, &byte) in image.iter().enumerate() {
            let (row, column) = (k / drawn::SIDE, k % drawn::SIDE);
            let area = overlap(column, ux, pixel % SIDE) * overlap(row, uy, pixel / SIDE);
            sum += f64::from(byte) / 255.0 * area / (PITCH * PITCH) as f64;
        }
        1.0 + CONTRAST * sum
    }

    #[test]
    fn a_slanted_path_has_the_events_of_frames_taken_every_twenty_microseconds() {
        let (image, _) = drawn::digit(Part::Train, 3);
        let path = path(Part::Train, 3);
        let events = path.events(&image);
        let frames = (DURATION / 0.02) as usize;
        let mut compared = 0;
        for pixel in (3..SIDE * SIDE).step_by(7) {
            let at = |frame: usize| {
                [0, 1].map(|axis| path.start[axis] + path.velocity[axis] * 0.02 * frame as f64)
            };
            let mut level = seen(&image, pixel, at(0)).ln();
            let mut expected = Vec::new();
            for frame in 1..=frames {
                let now = seen(&image, pixel, at(frame)).ln();
                while (now - level).abs() > THRESHOLD + 1e-9 {
                    level += THRESHOLD.copysign(now - level);
                    expected.push((frame, now > level));
                }
            }
            let found = [false, true].map(|on| {
                let line = (usize::from(on) * SIDE * SIDE + pixel) as u32;
                events.iter().filter(move |event| event.1 == line).map(move |event| (event.0, on))
            });
            let mut found: Vec<(Time, bool)> = found.into_iter().flatten().collect();
            found.sort_unstable();
            assert_eq!(found.len(), expected.len(), "pixel {pixel}");
            for ((time, on), (frame, rises)) in found.iter().zip(&expected) {
                let late = 20.0 * *frame as f64 - time.fs() as f64 / 1e9;
                assert!(on == rises && (-1.0..=21.0).contains(&late), "pixel {pixel}: {late} us");
            }
            compared += found.len();
        }
        assert!(compared > 15, "{compared}");
    }

    #[test]
    fn what_comes_back_to_where_it_began_has_touched_that_level_only() {
        let mut levels = Levels::of(2.0);
        let up = 2.0 * THRESHOLD.exp();
        assert_eq!(levels.passed(1.1 * up).map(|passed| passed.1), Some(true));
        assert_eq!(levels.passed(2.0), None);
        assert_eq!(levels.passed(2.0 - 1e-8), Some((2.0, false)));
    }

    /// The bits of the contract: if this fails, the change is value-breaking and needs a new version.
    #[test]
    fn the_first_test_sample_is_pinned() {
        let set = recordings(0, 1);
        let us = |us: u64| Time::from_fs(us * 1_000_000_000);
        let events = set.test.recorded().unwrap().sample(0);
        assert_eq!((VERSION, set.test.label(0), events.len()), (1, 2, 229));
        assert_eq!([events[0], events[1], events[228]], [(us(554), 391), (us(743), 19), (us(9988), 137)]);
    }

    #[test]
    fn digits_are_equally_frequent_and_move_in_all_directions_alike() {
        let set = recordings(600, 20);
        assert_eq!((set.size(), set.train.size()), (LINES, LINES));
        let mut counts = [0; 10];
        set.train.labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
        // 60 of each, within four standard deviations.
        assert!(counts.iter().all(|&count| (31..=89).contains(&count)), "{counts:?}");
        let mut octants = [0; 8];
        for index in 0..600 {
            let Path { start, velocity: [x, y] } = path(Part::Train, index);
            octants[usize::from(x > 0.0) + 2 * usize::from(y > 0.0) + 4 * usize::from(x.abs() > y.abs())] +=
                1;
            assert!(((x * x + y * y).sqrt() - SPEED).abs() < 1e-12);
            assert!(
                (start[0] + 0.5 * DURATION * x).abs() <= SHIFT
                    && (start[1] + 0.5 * DURATION * y).abs() <= SHIFT
            );
        }
        assert!(octants.iter().all(|&count| (75 - 33..=75 + 33).contains(&count)), "{octants:?}");
        assert_eq!(set.train.chosen(&[0, 1, 2]), recordings(3, 0).train);
        assert_ne!(set.train.chosen(&[0, 1, 2]), set.test.chosen(&[0, 1, 2]));
        let events = set.train.recorded().unwrap();
        for sample in 0..600 {
            let spikes = events.sample(sample);
            assert!(spikes.len() > 10 && spikes.iter().all(|spike| spike.0 < Time::from_ms(10)), "{sample}");
        }
    }
}
