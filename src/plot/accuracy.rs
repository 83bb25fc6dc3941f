//! Accuracy over the epochs of training.

use super::PlotError;
use super::style::{
    AXIS, At, BLUE, GRID, HEAD, INK, MUTED, VERMILLION, dashed, line, px, sheet, stroke, text, ticks, write,
};
use crate::scenario::outcome::EpochResult;
use plotters::prelude::*;

/// Width and height on a page.
pub const SIZE: (u32, u32) = (720, 400);

pub fn caption(paper: Option<f64>) -> String {
    let paper = if paper.is_some() { " The dashed line is the published figure." } else { "" };
    format!(
        "Fraction of right answers in training and after each epoch, one presentation per sample. The final \
         test, whose figure stands above, shows the test samples once more with new spikes.{paper}"
    )
}

pub fn draw(epochs: &[EpochResult], paper: Option<f64>, size: (u32, u32)) -> Result<String, PlotError> {
    let validation: Vec<(f64, f64)> = epochs
        .iter()
        .filter_map(|e| e.validation_accuracy.map(|a| (f64::from(e.epoch), 100.0 * a)))
        .collect();
    let train: Vec<_> = epochs.iter().map(|e| (f64::from(e.epoch), 100.0 * e.train_accuracy)).collect();
    let test: Vec<_> = epochs.iter().map(|e| (f64::from(e.epoch), 100.0 * e.test_accuracy)).collect();
    let values = || train.iter().chain(&test).chain(&validation).map(|p| p.1).chain(paper.map(|p| 100.0 * p));
    let (lo, hi) = values()
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)));
    let (lo, hi) = if lo <= hi { (lo, hi) } else { (0.0, 100.0) };
    let pad = ((hi - lo) * 0.08).max(0.25);
    let (lo, hi) = ((lo - pad).max(0.0), (hi + pad).min(100.5));
    let (first, last) = (train[0].0, train[train.len() - 1].0);
    let (x_lo, x_hi) = if last > first { (first, last) } else { (first - 0.5, first + 0.5) };

    let (left, right, top, bottom) = (62.0, f64::from(size.0) - 130.0, HEAD + 10.0, f64::from(size.1) - 50.0);
    let x_of = |x: f64| left + (x - x_lo) / (x_hi - x_lo) * (right - left);
    let y_of = |y: f64| bottom - (y - lo) / (hi - lo) * (bottom - top);
    let subtitle = epochs.last().map_or_else(String::new, |e| {
        format!("test accuracy {:.2} % after epoch {}, the last", 100.0 * e.test_accuracy, e.epoch)
    });
    sheet(size, "Accuracy by epoch", &subtitle, |area, _| {
        for (tick, label) in ticks(lo, hi, 6) {
            line(area, (left, y_of(tick)), (right, y_of(tick)), GRID, 1.0)?;
            write(area, &label, left - 8.0, y_of(tick), At::Right, &text(11.5, MUTED))?;
        }
        line(area, (left, bottom), (right, bottom), AXIS, 1.0)?;
        for (tick, label) in ticks(x_lo, x_hi, 10).into_iter().filter(|t| t.0.fract() == 0.0) {
            let label = label.split('.').next().unwrap_or_default();
            line(area, (x_of(tick), bottom), (x_of(tick), bottom + 4.0), AXIS, 1.0)?;
            write(area, label, x_of(tick), bottom + 15.0, At::Middle, &text(11.5, MUTED))?;
        }
        write(area, "epoch", f64::midpoint(left, right), bottom + 36.0, At::Middle, &text(12.0, INK))?;
        let turned = text(12.0, INK).transform(FontTransform::Rotate270);
        write(area, "accuracy [%]", 20.0, f64::midpoint(top, bottom), At::Middle, &turned)?;

        let mut labels = Vec::new();
        if let Some(paper) = paper {
            let y = y_of(100.0 * paper);
            dashed(area, (left, y), (right, y), INK, 1.25)?;
            labels.push((y, format!("paper {:.2} %", 100.0 * paper), INK));
        }
        for (name, points, colour) in
            [("train", &train, BLUE), ("validation", &validation, MUTED), ("test", &test, VERMILLION)]
        {
            let Some(&end) = points.last() else { continue };
            let path: Vec<_> = points.iter().map(|p| (px(x_of(p.0)), px(y_of(p.1)))).collect();
            area.draw(&PathElement::new(path.clone(), colour.stroke_width(stroke(2.0))))?;
            // Markers differ in shape, so that the lines can be told apart without colour.
            if points.len() <= 40 {
                for &at in &path {
                    if name == "train" {
                        area.draw(&Circle::new(at, px(2.6), colour.filled()))?;
                    } else {
                        area.draw(&Rectangle::new(
                            [(at.0 - px(2.4), at.1 - px(2.4)), (at.0 + px(2.4), at.1 + px(2.4))],
                            colour.filled(),
                        ))?;
                    }
                }
            }
            labels.push((y_of(end.1), format!("{name} {:.2} %", end.1), colour));
        }
        // Labels that would overlap are pushed apart.
        labels.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut free = f64::NEG_INFINITY;
        for (y, label, colour) in labels {
            let y = y.max(free);
            free = y + 15.0;
            write(area, &label, right + 10.0, y, At::Left, &text(12.0, colour))?;
        }
        Ok(())
    })
}
