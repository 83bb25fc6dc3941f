//! What was learned, in one small picture: the weights, and how the accuracy grew.

use super::svg::escape;
use super::{accuracy, weights};
use crate::record::npz::NamedArray;
use crate::scenario::plan::Plan;
use crate::scenario::protocol::supervised::Measure;

/// Pixel of a weight map.
const PIXEL: f64 = 3.0;
/// Width of the accuracy curve.
const CURVE: u32 = 430;

/// The picture, if there are weights from images.
pub fn draw(
    plan: &Plan,
    arrays: &[NamedArray],
    (measure, curves): (Measure, &[accuracy::Curve]),
) -> Option<String> {
    let (name, array, side) = weights::images(arrays).next()?;
    let (width, height) = weights::size(array, side, PIXEL);
    let left = weights::draw(name, array, side, weights::unit(plan, name), PIXEL);
    let right = accuracy::draw(measure, curves, plan.published_accuracy(), (CURVE, height));
    let placed = |svg: &str, x: u32| svg.replacen("<svg role=\"img\"", &format!("<svg x=\"{x}\""), 1);
    let all = width + CURVE;
    Some(format!(
        "<svg role=\"img\" width=\"{all}\" height=\"{height}\" viewBox=\"0 0 {all} {height}\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n<title>{}</title>\n{}{}</svg>\n",
        escape(&plan.title),
        placed(&left, 0),
        placed(&right, width)
    ))
}
