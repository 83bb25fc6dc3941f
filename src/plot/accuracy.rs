//! Accuracy over the epochs of training.

use super::chart::{Axis, Chart, Look, Mark, Series};
use crate::scenario::outcome::EpochResult;

/// Width and height on a page.
pub const SIZE: (u32, u32) = (720, 400);

pub fn caption(paper: Option<f64>) -> String {
    let paper = paper.map_or_else(String::new, |paper| {
        format!(" The dashed line is the published {:.2} %.", 100.0 * paper)
    });
    format!(
        "Fraction of right answers in training and after each epoch, one presentation per sample. The final \
         test, whose figure stands above, shows the test samples once more with new spikes.{paper}"
    )
}

pub fn draw(epochs: &[EpochResult], paper: Option<f64>, (width, height): (u32, u32)) -> String {
    let over = |accuracy: fn(&EpochResult) -> Option<f64>| -> Vec<(f64, f64)> {
        epochs.iter().filter_map(|e| Some((f64::from(e.epoch), 100.0 * accuracy(e)?))).collect()
    };
    let curves = [
        ("train", over(|e| Some(e.train_accuracy))),
        ("validation", over(|e| e.validation_accuracy)),
        ("test", over(|e| Some(e.test_accuracy))),
    ];
    let values = curves.iter().flat_map(|(_, points)| points.iter().map(|p| p.1));
    let (lo, hi) = values
        .chain(paper.map(|p| 100.0 * p))
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)));
    let (lo, hi) = if lo <= hi { (lo, hi) } else { (0.0, 100.0) };
    let pad = ((hi - lo) * 0.08).max(0.25);
    let subtitle = epochs.last().map_or_else(String::new, |e| {
        format!("test accuracy {:.2} % after epoch {}, the last", 100.0 * e.test_accuracy, e.epoch)
    });
    let y = Axis::linear("accuracy", "%").exactly((lo - pad).max(0.0), (hi + pad).min(100.5));
    let mut chart = Chart::new("Accuracy by epoch", Axis::linear("epoch", "").whole(), y)
        .subtitle(subtitle)
        .size(width, height);
    // Many markers would hide the line.
    let look = if epochs.len() <= 40 { Look::Both } else { Look::Line };
    for (name, points) in curves {
        if let Some(&(_, end)) = points.last() {
            chart = chart.series(Series::new("", look, points).ending(format!("{name} {end:.2} %")));
        }
    }
    if let Some(paper) = paper {
        chart = chart.mark(Mark::y(100.0 * paper, format!("paper {:.2} %", 100.0 * paper)));
    }
    chart.svg()
}
