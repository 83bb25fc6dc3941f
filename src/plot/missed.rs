//! Samples that were answered wrongly: the image, its class, the answer.

use super::style::{HEAD, INK, MUTED, VERMILLION, sheet};
use super::svg::{At, Px, Sheet, bold, text};
use super::{Figure, Shape};
use crate::scenario::outcome::Missed;
use std::fmt::Write as _;

const ACROSS: usize = 5;
/// Side of an image in pixels, and the room it has.
const SIDE: f64 = 104.0;
const STEP: (f64, f64) = (134.0, 158.0);
/// Shades of grey.
const SHADES: usize = 8;

/// The picture, if there are wrong answers to square images.
pub fn figure(missed: &[Missed]) -> Option<Figure> {
    let square = |one: &&Missed| side(&one.image).is_some();
    let shown: Vec<&Missed> = missed.iter().filter(square).collect();
    if shown.is_empty() {
        return None;
    }
    let lines = shown.len().div_ceil(ACROSS) as f64;
    let size = (720, (HEAD + STEP.1 * lines + 6.0) as u32);
    let mut sheet = sheet(size, "Answered wrongly", "the first of the test samples, in their order");
    for (k, one) in shown.iter().enumerate() {
        let x = 24.0 + STEP.0 * (k % ACROSS) as f64;
        let y = HEAD + STEP.1 * (k / ACROSS) as f64;
        image(&mut sheet, &one.image, (x, y), SIDE);
        let answer = one.answer.map_or_else(|| "no answer".into(), |answer| format!("answer {answer}"));
        sheet.write(&format!("a {},", one.class), x, y + SIDE + 14.0, At::Left, text(12.5, INK));
        sheet.write(&answer, x + 26.0, y + SIDE + 14.0, At::Left, bold(12.5, VERMILLION));
        sheet.write(&format!("sample {}", one.index), x, y + SIDE + 32.0, At::Left, text(11.0, MUTED));
    }
    let caption = "Test samples whose answer is not their class, the first ones.".to_string();
    Some(Figure { name: "missed".into(), shape: Shape::Half, caption, svg: sheet.finish() })
}

/// The side of a square image.
pub fn side(image: &[u8]) -> Option<usize> {
    let side = image.len().isqrt();
    (side > 0 && side * side == image.len()).then_some(side)
}

/// An image of grey pixels within a frame, with the ink of the sheet: nothing where it is dark.
pub fn image(sheet: &mut Sheet, image: &[u8], (x, y): (f64, f64), size: f64) {
    let Some(side) = side(image) else { return };
    let pixel = size / side as f64;
    let shade = |row: usize, col: usize| (usize::from(image[row * side + col]) * SHADES + 127) / 255;
    let mut paths = vec![String::new(); SHADES + 1];
    for row in 0..side {
        let mut col = 0;
        while col < side {
            let this = shade(row, col);
            let end = (col + 1..side).find(|&next| shade(row, next) != this).unwrap_or(side);
            let (left, middle) = (x + pixel * col as f64, y + pixel * (row as f64 + 0.5));
            // Writing to a String cannot fail.
            let _ = write!(paths[this], "M{} {}h{}", Px(left), Px(middle), Px(pixel * (end - col) as f64));
            col = end;
        }
    }
    for (shade, path) in paths.iter().enumerate().skip(1) {
        let more =
            format!(" stroke-opacity=\"{:.3}\" shape-rendering=\"crispEdges\"", shade as f64 / SHADES as f64);
        sheet.stroke(path, INK, pixel, &more);
    }
    sheet.stroke(&format!("M{} {}h{size}v{size}h-{size}z", Px(x), Px(y)), MUTED, 0.75, "");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_answer_is_told_with_its_image_and_other_shapes_are_left_out() {
        let one = |index, answer, pixels| Missed { index, class: 4, answer, image: vec![255; pixels] };
        let figure = figure(&[one(3, Some(9), 16), one(5, None, 17), one(8, None, 25)]).unwrap();
        crate::plot::drawn::check(&figure.svg);
        assert!(figure.svg.contains("answer 9") && figure.svg.contains("no answer"));
        assert!(!figure.svg.contains("sample 5"), "17 pixels are no square");
        assert_eq!(super::figure(&[one(5, None, 17)]), None);
        // A white image of 4 x 4 is four strokes of one shade.
        assert_eq!(figure.svg.matches("stroke-opacity=\"1.000\"").count(), 2);
    }
}
