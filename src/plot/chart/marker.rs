//! How the series of a chart are told apart: colour, dash and marker.

use super::super::style::{GREEN, NAVY, ORANGE, PURPLE, SKY, VERMILLION, cividis};
use super::{Look, Series};
use crate::plot::svg::Colour;
use std::fmt::Write as _;

/// In the order they are given out.
pub const COLOURS: [Colour; 6] = [NAVY, VERMILLION, SKY, GREEN, PURPLE, ORANGE];
/// Lengths of strokes and gaps in pixels.
const DASHES: [&str; 6] = ["", "9 3.5", "2.5 2.5", "12 3 2.5 3", "6 3", "12 3 2.5 3 2.5 3"];

/// The pen of one series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pen {
    pub colour: Colour,
    pub dash: &'static str,
    pub width: f64,
    pub marker: usize,
}

/// A pen for every series, in order. Reference lines do not use up colours.
pub fn pens(series: &[Series]) -> Vec<Pen> {
    let mut next = 0;
    let pen = |one: &Series| {
        if one.look == Look::Reference {
            let colour = super::super::style::INK;
            return Pen { colour, dash: "5 3", width: 1.4, marker: 0 };
        }
        if let Some(order) = one.order {
            // The light end of the map is too light for lines on white.
            let place = 0.82 * if order.is_finite() { order.clamp(0.0, 1.0) } else { 0.0 };
            return Pen { colour: cividis(place), dash: "", width: 1.75, marker: 0 };
        }
        let at = next;
        next += 1;
        let dash = DASHES[at % DASHES.len()];
        Pen { colour: COLOURS[at % COLOURS.len()], dash, width: 1.75, marker: at % MARKERS }
    };
    series.iter().map(pen).collect()
}

const MARKERS: usize = 6;

/// Appends the outline of a marker at (x, y) to a path.
pub fn outline(path: &mut String, marker: usize, x: f64, y: f64, r: f64) {
    // Writing to a String cannot fail.
    let _ = match marker {
        0 => write!(path, "M{:.2} {y:.2}a{r} {r} 0 1 0 {} 0a{r} {r} 0 1 0 {} 0z", x - r, 2.0 * r, -2.0 * r),
        1 => {
            let h = 0.9 * r;
            write!(path, "M{:.2} {:.2}h{s}v{s}h-{s}z", x - h, y - h, s = 2.0 * h)
        }
        2 => {
            let (w, h) = (1.1 * r, 1.1 * r);
            write!(path, "M{x:.2} {:.2}l{w:.2} {:.2}h{:.2}z", y - h, 1.8 * h, -2.0 * w)
        }
        3 => {
            let h = 1.3 * r;
            write!(path, "M{x:.2} {:.2}l{h:.2} {h:.2}l-{h:.2} {h:.2}l-{h:.2} -{h:.2}z", y - h)
        }
        4 => {
            let (w, h) = (1.1 * r, 1.1 * r);
            write!(path, "M{x:.2} {:.2}l{w:.2} {:.2}h{:.2}z", y + h, -1.8 * h, -2.0 * w)
        }
        _ => {
            let (a, b) = (0.4 * r, 1.2 * r);
            write!(
                path,
                "M{:.2} {:.2}h{w:.2}v{c:.2}h{c:.2}v{w:.2}h-{c:.2}v{c:.2}h-{w:.2}v-{c:.2}h-{c:.2}v-{w:.2}h{c:.2}z",
                x - a,
                y - b,
                w = 2.0 * a,
                c = b - a
            )
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(c: Colour) -> f64 {
        0.2126 * f64::from(c.0) + 0.7152 * f64::from(c.1) + 0.0722 * f64::from(c.2)
    }

    #[test]
    fn series_stay_apart_in_grey_by_lightness_or_by_dash_and_marker() {
        let plain: Vec<Series> = (0..6).map(|_| Series::new("", Look::Both, [(0.0, 0.0)])).collect();
        let pens = pens(&plain);
        for (a, first) in pens.iter().enumerate() {
            for (b, second) in pens.iter().enumerate().skip(a + 1) {
                assert_ne!((first.dash, first.marker), (second.dash, second.marker));
                if b < 3 {
                    assert!((grey(first.colour) - grey(second.colour)).abs() > 40.0, "{first:?} {second:?}");
                }
            }
        }
        let ordered: Vec<Series> =
            (0..6).map(|k| Series::new("", Look::Line, [(0.0, 0.0)]).ordered(f64::from(k) / 5.0)).collect();
        let shades: Vec<f64> = super::pens(&ordered).iter().map(|pen| grey(pen.colour)).collect();
        assert!(shades.windows(2).all(|pair| pair[1] > pair[0] + 10.0), "{shades:?}");
    }

    #[test]
    fn a_reference_line_takes_no_colour_from_the_series() {
        let series = [
            Series::new("paper", Look::Reference, [(0.0, 0.0)]),
            Series::new("simulated", Look::Line, [(0.0, 0.0)]),
        ];
        assert_eq!(pens(&series)[1].colour, COLOURS[0]);
    }
}
