//! Digits drawn by code: a data set of the form of MNIST that needs no files.
//!
//! Each image is a function of (version, split, index) alone:
//!
//! 1. draw the digit, one of its written variants, and the hand's habits (size, slant, turn, pen);
//! 2. move every control point a little, so that curves bulge and loops fail to close;
//! 3. cut the curves into short lines, and move those by a smooth random field (elastic distortion);
//! 4. turn, slant and scale; put the centre of the ink's length near the centre of the image;
//! 5. draw the lines with a round pen whose width changes along the way, anti-aliased; 255 is ink.
//!
//! Only +, -, x, / and square roots of `f64` in a fixed order, so every build draws the same bytes.
//! The spreads are assumed, and chosen so that a linear read-out reaches about what it does on MNIST.
//! These are not handwritten digits and results on them are not results on MNIST.

mod pen;
mod strokes;

use super::{Dataset, Name, Split};
use crate::random::{Purpose, Stream, unit};
use pen::{Canvas, Point};
use strokes::{DIGITS, Piece};

/// Side of an image in pixels.
pub const SIDE: usize = 28;
/// Training images by default.
pub const TRAIN: usize = 10_000;
/// Test images by default.
pub const TEST: usize = 2_000;
/// Seed of the images. A new drawing gets a new number, and results on it are not comparable.
pub const VERSION: u64 = 1;

/// Which half of the data set; also the entity of its random streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Part {
    /// The images to learn from.
    Train = 0,
    /// The images to test on, drawn from other streams.
    Test = 1,
}

/// How much writing varies; lengths in fractions of the digit's height.
struct Spread {
    /// Movement of each control point (standard deviation).
    wobble: f64,
    /// Elastic distortion: standard deviation of the field's coefficients.
    elastic: f64,
    /// Height in pixels: mean and standard deviation.
    height: [f64; 2],
    /// Width relative to height: standard deviation around 1.
    width: f64,
    /// Slant dx/dy: mean (to the right) and standard deviation.
    slant: [f64; 2],
    /// Tangent of half the turn: standard deviation.
    turn: f64,
    /// Shift in pixels, uniform up to this in x and y.
    shift: f64,
    /// Radius of the pen in pixels: least and greatest.
    pen: [f64; 2],
    /// Ink of a full stroke: least; the greatest is 1.
    ink: f64,
}

const SPREAD: Spread = Spread {
    wobble: 0.04,
    elastic: 0.08,
    height: [18.0, 1.5],
    width: 0.15,
    slant: [0.12, 0.19],
    turn: 0.07,
    shift: 1.4,
    pen: [0.8, 1.9],
    ink: 0.7,
};

/// The first `train` training and `test` test images. Asking for more changes none of them.
#[must_use]
pub fn digits(train: usize, test: usize) -> Dataset {
    Dataset {
        name: Name::DRAWN_DIGITS.as_str().to_owned(),
        version: VERSION.to_string(),
        shape: vec![SIDE, SIDE],
        classes: 10,
        train: split(Part::Train, train),
        test: split(Part::Test, test),
    }
}

fn split(part: Part, count: usize) -> Split {
    let mut images = vec![0; count * SIDE * SIDE];
    let mut writer = Writer::default();
    let labels = images
        .chunks_exact_mut(SIDE * SIDE)
        .zip(0..)
        .map(|(image, i)| writer.write(part, i, image).into())
        .collect();
    Split::new(images, labels, SIDE * SIDE).unwrap_or_default()
}

/// Image `index` of `part` and its digit.
#[must_use]
pub fn digit(part: Part, index: u64) -> ([u8; SIDE * SIDE], u8) {
    let mut image = [0; SIDE * SIDE];
    let label = Writer::default().write(part, index, &mut image);
    (image, label)
}

/// Scratch space kept from image to image.
#[derive(Default)]
struct Writer {
    points: Vec<Point>,
    canvas: Canvas,
}

impl Writer {
    fn write(&mut self, part: Part, index: u64, image: &mut [u8]) -> u8 {
        let mut hand = Hand(Stream::new(VERSION, Purpose::DrawnDigit, part as u32, index));
        let label = hand.below(10);
        let variants = DIGITS[label];
        let variant = variants[hand.below(variants.len())];
        let field = Field::draw(&mut hand);
        self.points.clear();
        trace(variant, &mut hand, &mut self.points);
        for point in &mut self.points {
            field.apply(point);
        }
        place(&mut self.points, &mut hand);
        let radius = SPREAD.pen[0] + (SPREAD.pen[1] - SPREAD.pen[0]) * hand.uniform();
        let radius = [radius * (1.0 + 0.15 * hand.bell()), radius * (1.0 + 0.15 * hand.bell())];
        let ink = SPREAD.ink + (1.0 - SPREAD.ink) * hand.uniform();
        self.canvas.draw(&self.points, radius.map(|r| r.max(0.6)), ink, image);
        label as u8
    }
}

/// The random draws of one image.
struct Hand(Stream);

impl Hand {
    /// Uniform on (0, 1].
    fn uniform(&mut self) -> f64 {
        unit(self.0.next_word())
    }

    /// Uniform on 0 .. n, by multiplication of the word's high half.
    fn below(&mut self, n: usize) -> usize {
        (((self.0.next_word() >> 32) * n as u64) >> 32) as usize
    }

    /// Bell-shaped, mean 0, standard deviation 1, within 3.47: the sum of a word's four 16-bit parts.
    fn bell(&mut self) -> f64 {
        let word = self.0.next_word();
        let sum = (word & 0xffff) + (word >> 16 & 0xffff) + (word >> 32 & 0xffff) + (word >> 48);
        // Four uniform parts of variance (2^32 - 1)/12 each.
        (sum as f64 - 131_070.0) * (1.0 / 37_837.227_472_9)
    }

    fn wobble(&mut self, [x, y]: [f64; 2]) -> [f64; 2] {
        [x + SPREAD.wobble * self.bell(), y + SPREAD.wobble * self.bell()]
    }
}

/// Short lines per curve.
const PER_CURVE: usize = 9;
const PER_LINE: usize = 5;

/// Points along the strokes; each piece starts where the last one ended.
fn trace(variant: &[Piece], hand: &mut Hand, points: &mut Vec<Point>) {
    let mut from = [0.0; 2];
    for piece in variant {
        match *piece {
            Piece::Start(at) => {
                from = hand.wobble(at);
                points.push(Point { x: from[0], y: from[1], down: false });
            }
            Piece::Line(to) => {
                let to = hand.wobble(to);
                // A hand's straight line is a flat curve.
                let middle = hand.wobble([0.5 * (from[0] + to[0]), 0.5 * (from[1] + to[1])]);
                curve(from, middle, middle, to, PER_LINE, points);
                from = to;
            }
            Piece::Curve(control, to) => {
                let [control, to] = [hand.wobble(control), hand.wobble(to)];
                let third = |end: f64, c: f64| end + (c - end) * (2.0 / 3.0);
                let first = [third(from[0], control[0]), third(from[1], control[1])];
                let second = [third(to[0], control[0]), third(to[1], control[1])];
                curve(from, first, second, to, PER_CURVE, points);
                from = to;
            }
            Piece::Bend(first, second, to) => {
                let [first, second, to] = [hand.wobble(first), hand.wobble(second), hand.wobble(to)];
                curve(from, first, second, to, PER_CURVE, points);
                from = to;
            }
        }
    }
}

/// B(t) = (1-t)^3 a + 3 (1-t)^2 t b + 3 (1-t) t^2 c + t^3 d at t = 1/n, 2/n ... 1.
fn curve(a: [f64; 2], b: [f64; 2], c: [f64; 2], d: [f64; 2], n: usize, points: &mut Vec<Point>) {
    for k in 1..=n {
        let t = k as f64 / n as f64;
        let s = 1.0 - t;
        let [wa, wb, wc, wd] = [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t];
        let at = |i: usize| (wa * a[i] + wb * b[i]) + (wc * c[i] + wd * d[i]);
        points.push(Point { x: at(0), y: at(1), down: true });
    }
}

/// Coefficients per side of the elastic field.
const KNOTS: usize = 5;

/// A smooth displacement: uniform cubic B-splines over the digit's frame.
struct Field([[[f64; 2]; KNOTS]; KNOTS]);

impl Field {
    fn draw(hand: &mut Hand) -> Self {
        let mut knots = [[[0.0; 2]; KNOTS]; KNOTS];
        for shift in knots.iter_mut().flatten() {
            *shift = [SPREAD.elastic * hand.bell(), SPREAD.elastic * hand.bell()];
        }
        Self(knots)
    }

    fn apply(&self, point: &mut Point) {
        let (column, across) = Self::weights(point.x);
        let (row, down) = Self::weights(point.y);
        let mut shift = [0.0; 2];
        for (knots, wy) in self.0[row..].iter().zip(down) {
            for (knot, wx) in knots[column..].iter().zip(across) {
                shift[0] += wy * wx * knot[0];
                shift[1] += wy * wx * knot[1];
            }
        }
        point.x += shift[0];
        point.y += shift[1];
    }

    /// First knot and the four weights at a coordinate of the frame, which is [0, 1] and clamps.
    fn weights(at: f64) -> (usize, [f64; 4]) {
        const SPANS: f64 = (KNOTS - 3) as f64;
        let scaled = at.clamp(0.0, 1.0) * SPANS;
        let first = (scaled as usize).min(KNOTS - 4);
        let t = scaled - first as f64;
        let s = 1.0 - t;
        let sixth = 1.0 / 6.0;
        let weights = [
            s * s * s * sixth,
            (4.0 - 6.0 * t * t + 3.0 * t * t * t) * sixth,
            (4.0 - 6.0 * s * s + 3.0 * s * s * s) * sixth,
            t * t * t * sixth,
        ];
        (first, weights)
    }
}

/// From the digit's frame to pixels: slant, width, turn, height; then centre and shift.
fn place(points: &mut [Point], hand: &mut Hand) {
    let height = SPREAD.height[0] + SPREAD.height[1] * hand.bell();
    let width = height * (1.0 + SPREAD.width * hand.bell());
    let slant = SPREAD.slant[0] + SPREAD.slant[1] * hand.bell();
    // Sine and cosine as rational functions of the tangent of half the angle.
    let half = SPREAD.turn * hand.bell();
    let (sine, cosine) = (2.0 * half / (1.0 + half * half), (1.0 - half * half) / (1.0 + half * half));
    for point in points.iter_mut() {
        let x = width * (point.x - 0.5) - slant * height * (point.y - 0.5);
        let y = height * (point.y - 0.5);
        point.x = cosine * x - sine * y;
        point.y = sine * x + cosine * y;
    }
    let [cx, cy] = centre(points);
    let middle = 0.5 * SIDE as f64;
    let [dx, dy] = [(); 2].map(|()| middle + SPREAD.shift * (2.0 * hand.uniform() - 1.0));
    for point in points.iter_mut() {
        point.x += dx - cx;
        point.y += dy - cy;
    }
}

/// Centre of the strokes, weighted by length.
fn centre(points: &[Point]) -> [f64; 2] {
    let (mut sum, mut weight) = ([0.0; 2], 0.0);
    for pair in points.windows(2).filter(|pair| pair[1].down) {
        let (dx, dy) = (pair[1].x - pair[0].x, pair[1].y - pair[0].y);
        let length = (dx * dx + dy * dy).sqrt();
        sum[0] += length * 0.5 * (pair[0].x + pair[1].x);
        sum[1] += length * 0.5 * (pair[0].y + pair[1].y);
        weight += length;
    }
    if weight > 0.0 { sum.map(|s| s / weight) } else { [0.0; 2] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hand(index: u64) -> Hand {
        Hand(Stream::new(1, Purpose::DrawnDigit, 9, index))
    }

    #[test]
    fn the_bell_has_mean_zero_and_unit_variance() {
        let mut hand = hand(0);
        let n = 100_000;
        let (mut sum, mut square) = (0.0, 0.0);
        for _ in 0..n {
            let x = hand.bell();
            assert!(x.abs() < 3.47);
            sum += x;
            square += x * x;
        }
        // Five standard errors of each.
        assert!((sum / f64::from(n)).abs() < 5.0 / f64::from(n).sqrt());
        assert!((square / f64::from(n) - 1.0).abs() < 0.02);
    }

    #[test]
    fn choices_are_even() {
        let mut hand = hand(1);
        let mut counts = [0i32; 3];
        for _ in 0..30_000 {
            counts[hand.below(3)] += 1;
        }
        assert!(counts.iter().all(|count| (count - 10_000).abs() < 500), "{counts:?}");
    }

    #[test]
    fn a_field_of_equal_coefficients_is_a_shift_and_a_field_has_no_steps() {
        let constant = Field([[[0.25, -0.5]; KNOTS]; KNOTS]);
        for at in [-3.0, 0.0, 0.3, 0.5, 0.9999, 1.0, 7.0] {
            let mut point = Point { x: at, y: 0.7, down: true };
            constant.apply(&mut point);
            assert!((point.x - at - 0.25).abs() < 1e-12 && (point.y - 0.2).abs() < 1e-12);
        }
        // Across the seam of two spline spans the field moves by no more than its slope allows.
        let field = Field::draw(&mut hand(2));
        let [mut left, mut right] = [0.5 - 1e-9, 0.5 + 1e-9].map(|x| Point { x, y: 0.3, down: true });
        field.apply(&mut left);
        field.apply(&mut right);
        assert!((left.x - right.x).abs() < 1e-8 && (left.y - right.y).abs() < 1e-8);
    }

    #[test]
    fn a_curve_ends_where_it_should_and_passes_the_known_middle() {
        let mut points = Vec::new();
        curve([0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0], 2, &mut points);
        assert_eq!(points[0], Point { x: 0.5, y: 0.75, down: true });
        assert_eq!(points[1], Point { x: 1.0, y: 0.0, down: true });
    }
}
