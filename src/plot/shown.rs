//! What the outputs do for one sample: their spikes and rates.

use super::style::{AXIS, GRID, HEAD, INK, MUTED, SHADE, VERMILLION, sheet, tick_label, ticks};
use super::svg::{At, bold, text};
use super::{Figure, Shape, missed};
use crate::scenario::protocol::supervised::ShownSample;

const ROW: f64 = 24.0;
/// Side of the image of the sample.
const PICTURE: f64 = 112.0;

pub fn figure(shown: &ShownSample, presentation_ms: f64) -> Figure {
    let caption = format!(
        "Spikes of each output while test sample {} (a \"{}\") is shown, and their rates. The bar of the true \
         class is coloured; the answer is the largest rate.",
        shown.index, shown.class
    );
    Figure { name: "shown".into(), shape: Shape::Wide, caption, svg: draw(shown, presentation_ms) }
}

fn draw(shown: &ShownSample, presentation_ms: f64) -> String {
    let outputs = shown.rates_hz.len();
    let (left, split, gap, right, top) = (62.0, 430.0, 34.0, 690.0, HEAD + 10.0);
    let bottom = top + ROW * outputs as f64;
    let pictured = missed::side(&shown.image).is_some();
    let size = (if pictured { 740 + PICTURE as u32 } else { 740 }, (bottom + 50.0) as u32);
    let answer =
        (0..outputs).rev().max_by(|&a, &b| shown.rates_hz[a].total_cmp(&shown.rates_hz[b])).unwrap_or(0);
    let title = format!("Outputs for one \"{}\"", shown.class);
    let subtitle = format!("answer: {answer} after {} ms", tick_label(presentation_ms));
    let mut sheet = sheet(size, &title, &subtitle);
    if pictured {
        missed::image(&mut sheet, &shown.image, (right + 20.0, top), PICTURE);
        sheet.write("the sample", right + 20.0, top + PICTURE + 14.0, At::Left, text(12.0, MUTED));
    }
    let last = shown.spikes_ms.iter().flatten().copied().fold(presentation_ms, f64::max).max(1e-9);
    let x_of = |t: f64| left + t / last * (split - left);
    for (tick, label) in ticks(0.0, last, 5) {
        sheet.line((x_of(tick), top), (x_of(tick), bottom), GRID, 1.0);
        sheet.write(&label, x_of(tick), bottom + 14.0, At::Middle, text(11.5, MUTED));
    }
    let most = shown.rates_hz.iter().copied().fold(0.0, f64::max).max(1e-9);
    let bar = split + gap;
    let w_of = |rate: f64| rate / most * (right - bar - 46.0);
    for output in 0..outputs {
        let y = top + ROW * output as f64;
        let middle = y + ROW / 2.0;
        let true_class = output == shown.class as usize;
        let colour = if true_class { VERMILLION } else { INK };
        let label = if true_class { bold(12.5, colour) } else { text(12.5, colour) };
        sheet.write(&output.to_string(), left - 10.0, middle, At::Right, label);
        for &t in shown.spikes_ms.get(output).map_or(&[][..], Vec::as_slice) {
            sheet.line((x_of(t), y + 5.0), (x_of(t), y + ROW - 5.0), colour, 1.25);
        }
        let rate = shown.rates_hz[output];
        sheet.fill(bar, y + 5.0, w_of(rate), ROW - 10.0, if true_class { VERMILLION } else { SHADE });
        let value = format!("{} Hz", tick_label((rate * 10.0).round() / 10.0));
        sheet.write(&value, bar + w_of(rate) + 6.0, middle, At::Left, text(11.5, MUTED));
    }
    sheet.line((left, bottom), (split, bottom), AXIS, 1.0);
    sheet.line((bar, top), (bar, bottom), AXIS, 1.0);
    sheet.write("time [ms]", f64::midpoint(left, split), bottom + 34.0, At::Middle, text(12.0, INK));
    sheet.write("rate [Hz]", f64::midpoint(bar, right), bottom + 34.0, At::Middle, text(12.0, INK));
    sheet.write_up("output", 22.0, f64::midpoint(top, bottom), text(12.0, INK));
    sheet.finish()
}
