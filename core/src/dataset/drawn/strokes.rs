//! How digits are written: for each digit several variants, each a few strokes of straight lines and
//! Bézier curves.
//!
//! Coordinates are fractions of the digit's height, x to the right and y down; a digit stands in
//! x = 0.2 to 0.8, y = 0 to 1. Our own drawing: assumed, not taken from any typeface or data set.

/// One piece of a stroke. Coordinates are (x, y) pairs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Piece {
    /// The pen goes down here.
    Start([f64; 2]),
    /// Straight to a point.
    Line([f64; 2]),
    /// Quadratic Bézier curve: control point, end.
    Curve([f64; 2], [f64; 2]),
    /// Cubic Bézier curve: two control points, end.
    Bend([f64; 2], [f64; 2], [f64; 2]),
}

use Piece::{Bend, Curve, Line, Start};

/// Variants of the digits 0 to 9.
pub const DIGITS: [&[&[Piece]]; 10] = [ZERO, ONE, TWO, THREE, FOUR, FIVE, SIX, SEVEN, EIGHT, NINE];

const ZERO: &[&[Piece]] = &[
    // Upright oval.
    &[
        Start([0.5, 0.0]),
        Bend([0.24, 0.0], [0.18, 0.28], [0.18, 0.5]),
        Bend([0.18, 0.78], [0.3, 1.0], [0.5, 1.0]),
        Bend([0.72, 1.0], [0.82, 0.75], [0.82, 0.5]),
        Bend([0.82, 0.22], [0.7, 0.0], [0.48, 0.0]),
    ],
    // Narrower, the end overlapping the beginning.
    &[
        Start([0.6, 0.06]),
        Bend([0.32, -0.04], [0.24, 0.3], [0.24, 0.55]),
        Bend([0.24, 0.85], [0.36, 1.0], [0.5, 1.0]),
        Bend([0.7, 1.0], [0.76, 0.7], [0.75, 0.45]),
        Bend([0.73, 0.15], [0.6, 0.0], [0.42, 0.08]),
    ],
    // Leaning, wide.
    &[
        Start([0.45, 0.06]),
        Bend([0.15, 0.16], [0.08, 0.62], [0.2, 0.84]),
        Bend([0.32, 1.05], [0.62, 1.0], [0.77, 0.74]),
        Bend([0.92, 0.45], [0.86, 0.1], [0.66, 0.03]),
        Bend([0.58, 0.0], [0.5, 0.02], [0.42, 0.1]),
    ],
];

const ONE: &[&[Piece]] = &[
    // A single line.
    &[Start([0.5, 0.0]), Line([0.5, 1.0])],
    // With a flag.
    &[Start([0.32, 0.22]), Curve([0.45, 0.13], [0.54, 0.0]), Line([0.54, 1.0])],
    // With a flag and a foot.
    &[Start([0.32, 0.2]), Line([0.52, 0.0]), Line([0.52, 1.0]), Start([0.3, 1.0]), Line([0.74, 1.0])],
    // Slightly bent.
    &[Start([0.56, 0.0]), Curve([0.45, 0.5], [0.5, 1.0])],
];

const TWO: &[&[Piece]] = &[
    // Sharp foot.
    &[
        Start([0.2, 0.25]),
        Bend([0.25, -0.05], [0.8, -0.1], [0.78, 0.28]),
        Bend([0.76, 0.55], [0.35, 0.75], [0.18, 1.0]),
        Line([0.84, 0.98]),
    ],
    // Looped foot.
    &[
        Start([0.22, 0.2]),
        Bend([0.35, -0.08], [0.8, -0.05], [0.76, 0.3]),
        Bend([0.72, 0.6], [0.45, 0.88], [0.28, 0.95]),
        Bend([0.12, 1.0], [0.1, 0.78], [0.26, 0.78]),
        Bend([0.45, 0.78], [0.6, 1.04], [0.88, 0.92]),
    ],
    // Angular.
    &[
        Start([0.2, 0.14]),
        Curve([0.5, -0.07], [0.72, 0.08]),
        Curve([0.88, 0.28], [0.5, 0.62]),
        Line([0.18, 0.96]),
        Curve([0.5, 0.88], [0.82, 0.99]),
    ],
];

const THREE: &[&[Piece]] = &[
    // Two bows.
    &[
        Start([0.22, 0.12]),
        Bend([0.4, -0.08], [0.8, -0.02], [0.74, 0.25]),
        Bend([0.7, 0.42], [0.52, 0.47], [0.4, 0.47]),
        Bend([0.65, 0.45], [0.84, 0.6], [0.8, 0.78]),
        Bend([0.74, 1.05], [0.35, 1.08], [0.18, 0.86]),
    ],
    // Flat top.
    &[
        Start([0.22, 0.04]),
        Line([0.76, 0.04]),
        Line([0.44, 0.4]),
        Bend([0.7, 0.36], [0.86, 0.6], [0.8, 0.78]),
        Bend([0.72, 1.05], [0.35, 1.05], [0.18, 0.88]),
    ],
    // A small loop in the waist.
    &[
        Start([0.25, 0.14]),
        Bend([0.4, -0.06], [0.75, -0.04], [0.72, 0.22]),
        Bend([0.7, 0.42], [0.52, 0.53], [0.4, 0.52]),
        Bend([0.32, 0.5], [0.36, 0.4], [0.48, 0.44]),
        Bend([0.72, 0.48], [0.82, 0.62], [0.76, 0.8]),
        Bend([0.7, 1.02], [0.4, 1.04], [0.2, 0.92]),
    ],
];

const FOUR: &[&[Piece]] = &[
    // Open, angular.
    &[
        Start([0.3, 0.02]),
        Bend([0.26, 0.2], [0.2, 0.4], [0.2, 0.54]),
        Curve([0.5, 0.58], [0.84, 0.52]),
        Start([0.7, 0.02]),
        Curve([0.66, 0.5], [0.64, 1.0]),
    ],
    // Closed.
    &[Start([0.86, 0.64]), Line([0.16, 0.64]), Line([0.66, 0.0]), Line([0.64, 1.0])],
    // Open, round.
    &[
        Start([0.24, 0.05]),
        Bend([0.16, 0.3], [0.16, 0.52], [0.34, 0.52]),
        Bend([0.52, 0.52], [0.7, 0.42], [0.78, 0.28]),
        Start([0.78, 0.02]),
        Curve([0.7, 0.5], [0.66, 1.0]),
    ],
];

const FIVE: &[&[Piece]] = &[
    // The bar as a second stroke.
    &[
        Start([0.28, 0.04]),
        Line([0.26, 0.44]),
        Bend([0.45, 0.34], [0.82, 0.38], [0.8, 0.68]),
        Bend([0.78, 1.02], [0.36, 1.08], [0.18, 0.88]),
        Start([0.28, 0.04]),
        Line([0.78, 0.02]),
    ],
    // In one stroke.
    &[
        Start([0.78, 0.03]),
        Curve([0.5, 0.02], [0.32, 0.08]),
        Curve([0.26, 0.25], [0.28, 0.42]),
        Bend([0.5, 0.35], [0.8, 0.45], [0.76, 0.72]),
        Bend([0.72, 1.0], [0.4, 1.04], [0.2, 0.93]),
    ],
    // Leaning back, a wavy bar.
    &[
        Start([0.34, 0.05]),
        Curve([0.16, 0.42], [0.34, 0.43]),
        Bend([0.6, 0.4], [0.8, 0.6], [0.7, 0.82]),
        Bend([0.6, 1.04], [0.3, 1.0], [0.16, 0.92]),
        Start([0.34, 0.05]),
        Curve([0.55, 0.1], [0.82, 0.0]),
    ],
];

const SIX: &[&[Piece]] = &[
    // Bow and loop.
    &[
        Start([0.68, 0.02]),
        Bend([0.35, 0.15], [0.18, 0.5], [0.2, 0.75]),
        Bend([0.24, 1.05], [0.72, 1.08], [0.78, 0.76]),
        Bend([0.8, 0.5], [0.4, 0.45], [0.22, 0.7]),
    ],
    // Steep, a small loop.
    &[
        Start([0.5, 0.0]),
        Bend([0.3, 0.3], [0.2, 0.6], [0.24, 0.8]),
        Bend([0.3, 1.05], [0.7, 1.02], [0.72, 0.8]),
        Bend([0.74, 0.58], [0.42, 0.54], [0.25, 0.78]),
    ],
    // Hooked top.
    &[
        Start([0.76, 0.1]),
        Bend([0.5, -0.05], [0.2, 0.25], [0.18, 0.65]),
        Bend([0.18, 1.1], [0.8, 1.1], [0.8, 0.74]),
        Bend([0.78, 0.48], [0.4, 0.48], [0.22, 0.72]),
    ],
];

const SEVEN: &[&[Piece]] = &[
    // Plain.
    &[Start([0.2, 0.06]), Line([0.8, 0.04]), Curve([0.55, 0.45], [0.44, 1.0])],
    // With a bar.
    &[
        Start([0.2, 0.06]),
        Line([0.8, 0.04]),
        Curve([0.55, 0.45], [0.44, 1.0]),
        Start([0.34, 0.5]),
        Line([0.74, 0.48]),
    ],
    // With a serif.
    &[Start([0.2, 0.2]), Line([0.22, 0.05]), Line([0.8, 0.06]), Bend([0.62, 0.35], [0.5, 0.6], [0.48, 1.0])],
    // Rounded corner.
    &[Start([0.18, 0.1]), Bend([0.4, 0.02], [0.86, -0.04], [0.78, 0.12]), Curve([0.66, 0.42], [0.5, 1.0])],
];

const EIGHT: &[&[Piece]] = &[
    // As an S that closes.
    &[
        Start([0.72, 0.14]),
        Bend([0.55, -0.06], [0.22, 0.0], [0.26, 0.24]),
        Bend([0.3, 0.45], [0.78, 0.5], [0.78, 0.76]),
        Bend([0.76, 1.06], [0.22, 1.06], [0.22, 0.76]),
        Bend([0.24, 0.5], [0.66, 0.44], [0.74, 0.12]),
    ],
    // Two rings.
    &[
        Start([0.5, 0.45]),
        Bend([0.2, 0.42], [0.22, 0.0], [0.5, 0.0]),
        Bend([0.78, 0.0], [0.8, 0.42], [0.5, 0.45]),
        Start([0.5, 0.45]),
        Bend([0.1, 0.5], [0.12, 1.0], [0.5, 1.0]),
        Bend([0.88, 1.0], [0.9, 0.5], [0.5, 0.45]),
    ],
    // Narrow, leaning.
    &[
        Start([0.68, 0.05]),
        Bend([0.3, -0.05], [0.2, 0.25], [0.42, 0.42]),
        Bend([0.66, 0.58], [0.8, 0.7], [0.68, 0.9]),
        Bend([0.54, 1.08], [0.22, 1.0], [0.26, 0.78]),
        Bend([0.3, 0.58], [0.72, 0.4], [0.72, 0.14]),
        Line([0.66, 0.05]),
    ],
];

const NINE: &[&[Piece]] = &[
    // Straight tail.
    &[
        Start([0.76, 0.22]),
        Bend([0.7, -0.06], [0.22, -0.02], [0.22, 0.28]),
        Bend([0.24, 0.55], [0.7, 0.52], [0.76, 0.22]),
        Curve([0.76, 0.6], [0.68, 1.0]),
    ],
    // Hooked tail.
    &[
        Start([0.76, 0.25]),
        Bend([0.72, -0.06], [0.22, -0.04], [0.22, 0.28]),
        Bend([0.26, 0.56], [0.7, 0.5], [0.76, 0.24]),
        Bend([0.8, 0.7], [0.7, 1.04], [0.26, 0.94]),
    ],
    // Loop not quite closed, tail at a slope.
    &[
        Start([0.7, 0.1]),
        Bend([0.48, -0.06], [0.2, 0.1], [0.23, 0.3]),
        Bend([0.26, 0.52], [0.62, 0.48], [0.76, 0.16]),
        Curve([0.68, 0.5], [0.54, 1.0]),
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_begins_with_the_pen_down_and_stays_in_its_frame() {
        for (digit, variants) in DIGITS.iter().enumerate() {
            assert!(variants.len() >= 3, "digit {digit} has {} variants", variants.len());
            for variant in *variants {
                assert!(matches!(variant[0], Start(_)), "digit {digit} begins without Start");
                let ends = variant.iter().map(|piece| match *piece {
                    Start(end) | Line(end) | Curve(_, end) | Bend(_, _, end) => end,
                });
                for [x, y] in ends {
                    assert!((0.1..=0.9).contains(&x) && (0.0..=1.0).contains(&y), "digit {digit}: {x}, {y}");
                }
            }
        }
    }
}
