//! What was learned, in one small picture: the weights, and how the accuracy grew.

use super::svg::escape;
use super::{accuracy, weights};
use crate::record::npz::ArrayKind;
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::Plan;

/// Pixel of a weight map.
const PIXEL: f64 = 3.0;
/// Width of the accuracy curve.
const CURVE: u32 = 430;

/// The picture, if the run trained weights from images.
#[must_use]
pub fn overview(plan: &Plan, outcome: &Outcome) -> Option<String> {
    let result = outcome.supervised.as_ref().filter(|result| !result.epochs.is_empty())?;
    let (array, name, side) = outcome.arrays.iter().find_map(|array| match ArrayKind::of(&array.name) {
        (ArrayKind::Weight, name) => weights::side(array.rows).map(|side| (array, name, side)),
        _ => None,
    })?;
    let (width, height) = weights::size(array, side, PIXEL);
    let left = weights::draw(name, array, side, weights::unit(plan, name), PIXEL);
    let right = accuracy::draw(&result.epochs, plan.published_accuracy(), (CURVE, height));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn it_has_both_parts_and_can_be_rendered() {
        let (plan, mut outcome) = example::trained();
        let svg = overview(&plan, &outcome).unwrap();
        assert!(svg.contains("Weights of projection input") && svg.contains("Accuracy by epoch"));
        assert_eq!(svg.matches("<svg").count(), 3);
        crate::plot::drawn::check(&svg);
        outcome.supervised = None;
        assert_eq!(overview(&plan, &outcome), None);
    }
}
