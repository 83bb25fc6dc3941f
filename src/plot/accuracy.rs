//! Accuracy over the epochs of training.

use super::chart::{Axis, Chart, Look, Mark, Series};
use super::{Figure, Shape};
use crate::scenario::protocol::supervised::Measure;

/// Width and height on a page.
const SIZE: (u32, u32) = (720, 400);

/// One curve: (epoch, fraction of right answers).
pub type Curve = (&'static str, Vec<(u32, f64)>);

/// The picture, if there was an epoch; `of` whom the answers in training are.
pub fn figure(measure: Measure, curves: &[Curve], paper: Option<f64>, of: &str) -> Option<Figure> {
    if curves.iter().all(|(_, points)| points.is_empty()) {
        return None;
    }
    let line = paper.map_or_else(String::new, |paper| {
        format!(" The dashed line is the published {:.2} %.", 100.0 * paper)
    });
    let what = match measure {
        Measure::RightAnswers => "Fraction of right answers",
        Measure::VarianceExplained => {
            "Share of the variance of the targets that the scores explain, R\u{b2},"
        }
    };
    let caption = format!(
        "{what} {of} and after each epoch, one presentation per sample. The final \
         test, whose figure stands above, shows the test samples once more with new spikes.{line}"
    );
    Some(Figure {
        name: "accuracy".into(),
        shape: Shape::Half,
        caption,
        svg: draw(measure, curves, paper, SIZE),
    })
}

/// The last curve is that of the test.
pub fn draw(measure: Measure, curves: &[Curve], paper: Option<f64>, (width, height): (u32, u32)) -> String {
    let values = curves.iter().flat_map(|(_, points)| points.iter().map(|p| 100.0 * p.1));
    let (lo, hi) = values
        .chain(paper.map(|p| 100.0 * p))
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)));
    let (lo, hi) = if lo <= hi { (lo, hi) } else { (0.0, 100.0) };
    let pad = ((hi - lo) * 0.08).max(0.25);
    let longest = curves.iter().map(|(_, points)| points.len()).max().unwrap_or(0);
    let subtitle =
        curves.last().and_then(|(_, points)| points.last()).map_or_else(String::new, |(epoch, test)| {
            format!("test {} {:.2} % after epoch {epoch}, the last", measure.name(), 100.0 * test)
        });
    // Who answers worse than always with the mean explains less than nothing.
    let floor = if measure.is_accuracy() { 0.0 } else { f64::NEG_INFINITY };
    let y = Axis::linear(measure.name(), "%").exactly((lo - pad).max(floor), (hi + pad).min(100.5));
    let title = match measure {
        Measure::RightAnswers => "Accuracy by epoch",
        Measure::VarianceExplained => "Variance explained by epoch",
    };
    let mut chart =
        Chart::new(title, Axis::linear("epoch", "").whole(), y).subtitle(subtitle).size(width, height);
    // Many markers would hide the line.
    let look = if longest <= 40 { Look::Both } else { Look::Line };
    for (name, points) in curves {
        let points: Vec<(f64, f64)> =
            points.iter().map(|&(epoch, a)| (f64::from(epoch), 100.0 * a)).collect();
        if let Some(&(_, end)) = points.last() {
            chart = chart.series(Series::new("", look, points).ending(format!("{name} {end:.2} %")));
        }
    }
    if let Some(paper) = paper {
        chart = chart.mark(Mark::y(100.0 * paper, format!("paper {:.2} %", 100.0 * paper)));
    }
    chart.svg()
}
