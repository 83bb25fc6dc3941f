//! What each neuron of a layer has learned: the weights of its inputs as an image, all in one grid.

use super::style::{HEAD, INK, cividis, sheet};
use super::svg::{At, text};
use super::{Figure, Shape};
use crate::hint::many;
use crate::record::npz::NamedArray;
use std::fmt::Write as _;

/// Most fields in one picture.
const MOST: usize = 400;
/// Shades between nothing and the largest weight.
const SHADES: usize = 12;
/// Space between fields, in their pixels.
const GAP: usize = 4;
const WIDTH: f64 = 700.0;
/// Size of the numbers in pixels.
const FONT: f64 = 11.0;

/// The picture of a projection; `classes` holds the class of each neuron, where it has one.
pub fn figure(name: &str, array: &NamedArray, side: usize, classes: &[Option<u16>]) -> Figure {
    let caption = "Weights of each neuron's inputs, laid out as the image, from dark blue (none) to yellow (the largest, of which \
     the highest half per cent share one shade); the number above a field is the class that excites its neuron most. Neurons are in order of class.";
    let svg = draw(array, side, classes);
    Figure { name: format!("fields-{name}"), shape: Shape::Wide, caption: caption.into(), svg }
}

fn draw(array: &NamedArray, side: usize, classes: &[Option<u16>]) -> String {
    let mut order: Vec<usize> = (0..array.cols).collect();
    order.sort_by_key(|&neuron| (classes.get(neuron).copied().flatten().unwrap_or(u16::MAX), neuron));
    order.truncate(MOST);
    let across = (1..=order.len().max(1)).find(|n| n * n >= order.len()).unwrap_or(1);
    let down = order.len().div_ceil(across).max(1);
    let step_x = side + GAP;
    let pixel = WIDTH / (across * step_x) as f64;
    // Room for the number above a field.
    let above = ((FONT + 1.0) / pixel).ceil() as usize;
    let step_y = side + GAP + above;
    let largest = high(&array.data);
    let scale = if largest > 0.0 { SHADES as f64 / largest } else { 0.0 };
    let (left, top) = (20.0, HEAD + 8.0);
    let size = ((WIDTH + 40.0) as u32, (top + pixel * (down * step_y) as f64 + 16.0) as u32);
    let shown = order.len();
    let subtitle = if shown < array.cols {
        format!("{shown} of {}, {side} x {side} inputs each", many(array.cols, "neuron"))
    } else {
        format!("{}, {side} x {side} inputs each", many(shown, "neuron"))
    };
    let mut sheet = sheet(size, "Receptive fields", &subtitle);
    let mut paths = vec![String::new(); SHADES + 1];
    for (place, &neuron) in order.iter().enumerate() {
        let (x0, y0) = (place % across * step_x, place / across * step_y + above);
        let _ = write!(paths[0], "M{x0} {y0}h{side}v{side}h-{side}z");
        if let Some(class) = classes.get(neuron).copied().flatten() {
            let (x, y) = (left + pixel * x0 as f64, top + pixel * y0 as f64 - 0.5 * FONT);
            sheet.write(&class.to_string(), x, y, At::Left, text(FONT, INK));
        }
        for row in 0..side {
            let shade = |col: usize| {
                let w = array.data.get((row * side + col) * array.cols + neuron).copied().unwrap_or(0.0);
                (w * scale).round().clamp(0.0, SHADES as f64) as usize
            };
            let mut col = 0;
            while col < side {
                let this = shade(col);
                let end = (col + 1..side).find(|&next| shade(next) != this).unwrap_or(side);
                if this > 0 {
                    let w = end - col;
                    let _ = write!(paths[this], "M{} {}h{w}v1h-{w}z", x0 + col, y0 + row);
                }
                col = end;
            }
        }
    }
    let place =
        format!("transform=\"translate({left} {top}) scale({pixel:.4})\" shape-rendering=\"crispEdges\"");
    sheet.group(&place, |sheet| {
        for (shade, path) in paths.iter().enumerate() {
            sheet.shape(path, cividis(shade as f64 / SHADES as f64), "");
        }
    });
    sheet.finish()
}

/// The weight that half a per cent of all are above: a few that stand out would leave the rest in the dark.
fn high(weights: &[f64]) -> f64 {
    let mut sorted: Vec<f64> = weights.iter().copied().filter(|w| w.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() * 995 / 1000).min(sorted.len().saturating_sub(1));
    match sorted.get(at) {
        Some(&high) if high > 0.0 => high,
        // Nearly all weights are zero: then those that are not are what there is to see.
        _ => sorted.last().copied().unwrap_or(0.0).max(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_that_stands_out_does_not_darken_the_rest() {
        let mut weights = vec![0.2; 999];
        weights.push(50.0);
        assert_eq!(high(&weights), 0.2);
        assert_eq!((high(&[0.0, 0.0, 3.0, f64::NAN]), high(&[]), high(&[-1.0])), (3.0, 0.0, 0.0));
    }

    #[test]
    fn every_neuron_has_a_field_in_order_of_class() {
        let data = (0..16 * 5).map(|k| f64::from(k % 7)).collect();
        let array = NamedArray { name: "weight.input".into(), rows: 16, cols: 5, data };
        let svg = draw(&array, 4, &[Some(3), None, Some(1), Some(1), Some(0)]);
        assert_eq!(svg.matches("h4v4h-4z").count(), 5);
        let order: Vec<usize> = ["0</text>", "1</text>", "3</text>"]
            .iter()
            .map(|label| svg.find(&format!("\">{label}")).unwrap())
            .collect();
        assert!(order.is_sorted(), "{order:?}");
        crate::plot::drawn::check(&svg);
    }
}
