//! Scores of the read-out against the numbers that they were to be.

use super::chart::{Axis, Chart, Look, Series, Stack};
use super::number::significant;
use super::{Figure, Shape};
use crate::record::npz::NamedArray;
use crate::scenario::protocol::supervised::{OUTPUT, OutputResult, TARGET};

/// Outputs that are drawn.
const OUTPUTS: usize = 4;
/// Samples that are drawn of each: more would be one blot.
const SAMPLES: usize = 1000;

/// A picture of the first outputs, if samples had targets and were tested.
pub fn figure(arrays: &[NamedArray], outputs: &[OutputResult]) -> Option<Figure> {
    let find = |name: &str| arrays.iter().find(|array| array.name == name);
    let (scores, targets) = (find(OUTPUT)?, find(TARGET)?);
    let step = targets.rows.div_ceil(SAMPLES).max(1);
    let charts = outputs.iter().enumerate().take(OUTPUTS).map(|(k, of)| {
        let at = |array: &NamedArray, row: usize| array.data[row * array.cols + k];
        let rows = (0..targets.rows).step_by(step);
        let points: Vec<(f64, f64)> = rows.map(|row| (at(targets, row), at(scores, row))).collect();
        let wanted = || points.iter().map(|point| point.0);
        let (low, high) =
            (wanted().fold(f64::INFINITY, f64::min), wanted().fold(f64::NEG_INFINITY, f64::max));
        let (explained, rms) = (100.0 * of.explained, significant(of.rms_error, 3));
        let told = format!("output {k}: R\u{b2} {explained:.2} %, rms error {rms}");
        Chart::new("", Axis::linear("target", ""), Axis::linear("score", ""))
            .series(Series::new(told, Look::Points, points))
            .series(Series::new("score = target", Look::Reference, [(low, low), (high, high)]))
    });
    let charts: Vec<Chart> = charts.collect();
    let height = 60 + 300 * charts.len() as u32;
    let stack = Stack::new("Scores and targets", "").size(720, height);
    let stack = charts.into_iter().fold(stack, |stack, one| stack.below(one, 1.0));
    let some = if step > 1 { format!(" Every {step}th test sample is shown.") } else { String::new() };
    let first = match outputs.len() {
        all if all > OUTPUTS => format!(" Of {all} outputs the first {OUTPUTS}."),
        _ => String::new(),
    };
    let caption = format!(
        "What each neuron of the read-out answered to the test samples, against what it was to answer; on the \
         dashed line both are the same.{some}{first}"
    );
    let shape = if outputs.len() > 1 { Shape::Tall } else { Shape::Half };
    Some(stack.figure("predicted", shape, caption))
}
