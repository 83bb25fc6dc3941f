//! What programming the weights onto devices costs.

use super::chart::marker;
use super::style::{AXIS, BLUE, GRID, HEAD, INK, MUTED, VERMILLION, sheet, ticks};
use super::svg::{At, text};
use super::{Figure, Shape};
use crate::scenario::protocol::supervised::{Measure, ProgrammingResult};

const ROW: f64 = 40.0;

pub fn figure(measure: Measure, cases: &[ProgrammingResult]) -> Option<Figure> {
    if cases.iter().all(|case| case.accuracy.is_empty()) {
        return None;
    }
    let what = match measure {
        Measure::RightAnswers => "Test accuracy",
        Measure::VarianceExplained => "Variance of the test targets explained",
    };
    let caption = format!(
        "{what} after programming the trained weights onto devices. Each dot is one programming draw, the bar its \
         mean; the dashed line is that of the weights as trained."
    );
    Some(Figure { name: "programming".into(), shape: Shape::Wide, caption, svg: draw(measure, cases) })
}

fn draw(measure: Measure, cases: &[ProgrammingResult]) -> String {
    let float = 100.0 * cases[0].float_accuracy;
    let values = || cases.iter().flat_map(|case| &case.accuracy).map(|a| 100.0 * a).chain([float]);
    let (lo, hi) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)));
    let pad = ((hi - lo) * 0.08).max(0.1);
    let (lo, hi) = (lo - pad, hi + pad);
    let (left, right, top) = (170.0, 580.0, HEAD + 22.0);
    let bottom = top + ROW * cases.len() as f64;
    let x_of = |a: f64| left + (a - lo) / (hi - lo) * (right - left);
    let subtitle = format!("weights as trained: {float:.2} %");
    let mut sheet = sheet((720, (bottom + 50.0) as u32), "Programmed onto devices", &subtitle);
    for (tick, label) in ticks(lo, hi, 6) {
        sheet.line((x_of(tick), top), (x_of(tick), bottom), GRID, 1.0);
        sheet.write(&label, x_of(tick), bottom + 14.0, At::Middle, text(11.5, MUTED));
    }
    let dashed = format!("M{:.2} {:.2}V{bottom:.2}", x_of(float), top - 6.0);
    sheet.stroke(&dashed, INK, 1.25, " stroke-dasharray=\"5 4\"");
    sheet.write("as trained", x_of(float), top - 14.0, At::Middle, text(11.0, MUTED));
    for (k, case) in cases.iter().enumerate() {
        let middle = top + ROW * (k as f64 + 0.5);
        sheet.write(&case.name, left - 12.0, middle, At::Right, text(12.5, INK));
        for (draw, accuracy) in case.accuracy.iter().enumerate() {
            // Fixed steps up and down keep equal draws apart.
            let y = middle + [-6.0, 2.0, -2.0, 6.0][draw % 4];
            let mut dot = String::new();
            marker::outline(&mut dot, 0, x_of(100.0 * accuracy), y, 3.0);
            // One by one: where several lie on each other it is darker.
            sheet.shape(&dot, BLUE, " fill-opacity=\"0.55\"");
        }
        let mean = x_of(100.0 * case.mean);
        sheet.line((mean, middle - 13.0), (mean, middle + 13.0), BLUE, 2.5);
        let exceeded = case.max_loss.is_some_and(|max| case.loss > max);
        let label = format!("{:+.2} points", -100.0 * case.loss).replace('-', "\u{2212}");
        let colour = if exceeded { VERMILLION } else { INK };
        sheet.write(&label, right + 14.0, middle - 7.0, At::Left, text(12.0, colour));
        if let Some(max) = case.max_loss {
            let verdict = if exceeded { "beyond" } else { "within" };
            let bound = format!("{verdict} \u{2212}{:.2}", 100.0 * max);
            sheet.write(&bound, right + 14.0, middle + 8.0, At::Left, text(11.0, MUTED));
        }
    }
    sheet.line((left, bottom), (right, bottom), AXIS, 1.0);
    let axis = format!("test {} [%]", measure.name());
    sheet.write(&axis, f64::midpoint(left, right), bottom + 34.0, At::Middle, text(12.0, INK));
    sheet.finish()
}
