//! Weights from an image to each output, as images.

use super::chart::{Axis, Chart, Look, Point, Series, Stack};
use super::number;
use super::style::{HEAD, INK, MUTED, cividis, sheet};
use super::svg::{At, Px, Sheet, text};
use super::{Figure, Shape};
use crate::record::npz::{ArrayKind, NamedArray};
use crate::scenario::plan::Plan;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Side of a pixel of an image of 28 x 28, on a page.
const PIXEL: f64 = 4.5;
const ACROSS: usize = 5;
/// Outputs shown.
const SHOWN: usize = 10;

/// Every picture of weights that there is.
pub fn figures(plan: &Plan, arrays: &[NamedArray]) -> Vec<Figure> {
    let caption = "Weight from each pixel to each output. Yellow excites, dark blue inhibits, grey is zero; in a grey print \
                   light excites and dark inhibits.";
    let of = |(name, array, side): (&str, &NamedArray, usize)| Figure {
        name: format!("weights-{name}"),
        shape: Shape::Wide,
        caption: caption.into(),
        svg: draw(name, array, side, unit(plan, name), PIXEL),
    };
    images(arrays).map(of).collect()
}

/// Bins of a histogram.
const BINS: usize = 60;
/// Projections that have one.
const PROJECTIONS: usize = 6;

/// How the weights of each projection are spread in the end; nothing where all of them are one number.
pub fn histogram(plan: &Plan, arrays: &[NamedArray]) -> Option<Figure> {
    let mut charts: Vec<Chart> = arrays.iter().filter_map(|array| spread(plan, array)).collect();
    let all = charts.len();
    charts.truncate(PROJECTIONS);
    let title = if charts.is_empty() { return None } else { "Weights" };
    let height = 90 + 200 * charts.len() as u32;
    let stack =
        charts.into_iter().fold(Stack::new(title, "").size(720, height), |stack, one| stack.below(one, 1.0));
    let mut caption = "Synapses by their weight at the end.".to_string();
    if all > PROJECTIONS {
        let _ = write!(caption, " The first {PROJECTIONS} of {all} projections.");
    }
    Some(Figure { name: "weights-histogram".into(), shape: Shape::Half, caption, svg: stack.svg() })
}

fn spread(plan: &Plan, array: &NamedArray) -> Option<Chart> {
    let (ArrayKind::Weight, name) = ArrayKind::of(&array.name) else { return None };
    let finite = || array.data.iter().copied().filter(|w| w.is_finite());
    let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), w| (a.min(w), b.max(w)));
    if low >= high {
        return None;
    }
    let mut bins = vec![0_u32; BINS];
    for w in finite() {
        let bin = ((w - low) / (high - low) * BINS as f64).clamp(0.0, BINS as f64 - 1.0);
        bins[bin as usize] += 1;
    }
    let edge = |bin: usize| low + (high - low) * bin as f64 / BINS as f64;
    let outline = bins.iter().enumerate().flat_map(|(bin, &n)| {
        let n = f64::from(n);
        [bin, bin + 1].map(|side| Point { x: edge(side), y: n, within: Some((0.0, n)) })
    });
    let x = Axis::linear(format!("weight of {name}"), unit(plan, name));
    let most = f64::from(bins.iter().copied().max().unwrap_or(1));
    let y = Axis::linear("synapses", "").exactly(0.0, 1.05 * most);
    Some(Chart::new("", x, y).series(Series::new("", Look::Line, outline)))
}

/// Weights that are images: of which projection, the weights, the side of an image.
pub fn images(arrays: &[NamedArray]) -> impl Iterator<Item = (&str, &NamedArray, usize)> {
    arrays.iter().filter_map(|array| match ArrayKind::of(&array.name) {
        (ArrayKind::Weight, name) => Some((name, array, side(array.rows)?)),
        _ => None,
    })
}

/// The side of a square image with so many pixels, if there is one worth drawing.
fn side(rows: usize) -> Option<usize> {
    let side = rows.isqrt();
    (side * side == rows && (4..=128).contains(&side)).then_some(side)
}

/// Unit of a projection's weights.
pub fn unit(plan: &Plan, projection: &str) -> &'static str {
    let projection = plan.projections.iter().find(|p| p.name == projection);
    projection.map_or("", |p| p.kernel.weight_unit())
}

const LEFT: f64 = 20.0;
const TOP: f64 = HEAD + 20.0;

/// Width and height of the picture.
pub fn size(array: &NamedArray, side: usize, pixel: f64) -> (u32, u32) {
    let shown = array.cols.min(SHOWN);
    let image = scaled(pixel, side) * side as f64;
    let width = LEFT + (image + 12.0) * ACROSS.min(shown.max(3)) as f64 + 112.0;
    (width as u32, (TOP + (image + 30.0) * shown.div_ceil(ACROSS) as f64 + 2.0) as u32)
}

/// Images of all sizes are drawn as large as one of 28 x 28.
fn scaled(pixel: f64, side: usize) -> f64 {
    pixel * 28.0 / side as f64
}

/// `pixel` is the side of one pixel of an image of 28 x 28.
pub fn draw(name: &str, array: &NamedArray, side: usize, unit: &str, pixel: f64) -> String {
    let size = size(array, side, pixel);
    let shown = array.cols.min(SHOWN);
    let pixel = scaled(pixel, side);
    let image = pixel * side as f64;
    let (step_x, step_y) = (image + 12.0, image + 30.0);
    let lines = shown.div_ceil(ACROSS);
    let (left, top) = (LEFT, TOP);

    // Unbounded training leaves a few weights of rarely lit pixels far out; they would grey the rest.
    let mut magnitudes: Vec<f64> = array.data.iter().map(|w| w.abs()).filter(|w| w.is_finite()).collect();
    magnitudes.sort_by(f64::total_cmp);
    let most = magnitudes.last().copied().unwrap_or(0.0);
    let quantile = |permille: usize| {
        magnitudes.get((magnitudes.len() * permille / 1000).min(magnitudes.len().saturating_sub(1))).copied()
    };
    // A normal spread has its 99.5 % point at 2.4 times its 75 % point; a longer tail is cut where that was.
    let limit = quantile(995).zip(quantile(750)).map(|(far, usual)| far.min(2.5 * usual));
    let limit = limit.filter(|limit| *limit > 0.0).unwrap_or(if most > 0.0 { most } else { 1.0 });
    let clipped = most > limit * 1.001;

    let more =
        if array.cols > shown { format!(", first {shown} of {} outputs", array.cols) } else { String::new() };
    let subtitle = format!("{side} x {side} pixels, largest weight {}{more}", number::si(most, unit));
    let mut sheet = sheet(size, &format!("Weights of projection {name}"), &subtitle);
    let mut runs: BTreeMap<i32, String> = BTreeMap::new();
    for output in 0..shown {
        let x0 = left + step_x * (output % ACROSS) as f64;
        let y0 = top + step_y * (output / ACROSS) as f64;
        sheet.write(&format!("output {output}"), x0, y0 - 9.0, At::Left, text(11.5, INK));
        for row in 0..side {
            let shade = |col: usize| {
                let w = array.data.get((row * side + col) * array.cols + output).copied().unwrap_or(0.0);
                ((w / limit).clamp(-1.0, 1.0) * SHADES).round() as i32
            };
            let mut col = 0;
            while col < side {
                let this = shade(col);
                let end = (col + 1..side).find(|&next| shade(next) != this).unwrap_or(side);
                let path = runs.entry(this).or_default();
                let (x, y) = (x0 + pixel * col as f64, y0 + pixel * (row as f64 + 0.5));
                let w = pixel * (end - col) as f64;
                let _ = write!(path, "M{} {}h{}", Px(x), Px(y), Px(w));
                col = end;
            }
        }
    }
    for (shade, path) in runs {
        fragment(&mut sheet, shade, &path, pixel);
    }
    // The scale.
    let (x, height) = (left + step_x * ACROSS.min(shown.max(3)) as f64 + 8.0, step_y * lines as f64 - 30.0);
    let shades = 2 * SHADES as i32 + 1;
    for k in 0..shades {
        let shade = SHADES as i32 - k;
        let h = height / f64::from(shades);
        let y = top + h * (f64::from(k) + 0.5);
        fragment(&mut sheet, shade, &format!("M{} {}h12", Px(x), Px(y)), h + 0.2);
    }
    let bound = |sign: &str| {
        format!(
            "{}{sign}{}",
            if clipped { if sign.is_empty() { "\u{2265} " } else { "\u{2264} " } } else { "" },
            number::si(limit, unit)
        )
    };
    for (label, y) in [
        (bound(""), top + 5.0),
        ("0".to_string(), top + height / 2.0),
        (bound("\u{2212}"), top + height - 5.0),
    ] {
        sheet.write(&label, x + 17.0, y, At::Left, text(11.0, MUTED));
    }
    sheet.finish()
}

/// Steps of shade on either side of zero.
const SHADES: f64 = 32.0;

/// Horizontal strokes as wide as a pixel: half the text of as many rectangles.
fn fragment(sheet: &mut Sheet, shade: i32, path: &str, width: f64) {
    let colour = cividis(f64::from(shade) / (2.0 * SHADES) + 0.5);
    sheet.stroke(path, colour, width, " shape-rendering=\"crispEdges\"");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_square_images_are_drawn() {
        assert_eq!(side(784), Some(28));
        assert_eq!(side(785), None);
        assert_eq!(side(4), None);
    }

    #[test]
    fn one_far_weight_does_not_grey_the_rest() {
        let mut data = vec![0.01; 784 * 10];
        data[0] = 5.0;
        let array = NamedArray { name: "weight.input".into(), rows: 784, cols: 10, data };
        let svg = draw("input", &array, 28, "V", PIXEL);
        assert!(svg.contains("\u{2265} 10.0 mV") && svg.contains("largest weight 5.00 V"), "{svg}");
    }
}
