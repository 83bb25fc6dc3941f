//! Which class was taken for which.

use super::number;
use super::style::{BLUE, HEAD, INK, MUTED, PAPER, VERMILLION, sheet};
use super::svg::{At, text};
use super::{Figure, Shape};

const CELL: f64 = 44.0;

/// More classes than this are a table alone.
const MOST: usize = 256;

/// The picture, if anything was answered.
pub fn figure(matrix: &[Vec<u64>]) -> Option<Figure> {
    if matrix.len() > MOST || matrix.iter().flatten().all(|&n| n == 0) {
        return None;
    }
    let caption = "Rows are the true class, columns the answer. The diagonal is shaded by the fraction of the class that \
                   was recognised, errors by their fraction of the class.";
    Some(Figure { name: "confusion".into(), shape: Shape::Tall, caption: caption.into(), svg: draw(matrix) })
}

fn draw(matrix: &[Vec<u64>]) -> String {
    let n = matrix.iter().map(Vec::len).max().unwrap_or(0).max(matrix.len());
    // Beyond 26 classes numbers no longer fit: the cells shrink and speak by their shade alone.
    let cell = if n <= 12 { CELL } else { (CELL * 12.0 / n as f64).max(6.0) };
    let (left, top) = (78.0, HEAD + 44.0);
    let side = cell * n as f64;
    let size = ((left + side + 92.0) as u32, (top + side + 24.0) as u32);
    let right: u64 = (0..matrix.len()).filter_map(|k| matrix[k].get(k)).sum();
    let total: u64 = matrix.iter().flatten().sum();
    let subtitle = format!("{} of {} right", number::count(right), number::count(total));
    let mut sheet = sheet(size, "Confusion matrix", &subtitle);
    let numbers = cell >= 26.0;
    sheet.write("answer", left + side / 2.0, top - 32.0, At::Middle, text(12.0, INK));
    sheet.write_up("true class", 24.0, top + side / 2.0, text(12.0, INK));
    sheet.write("recognised", left + side + 46.0, top - 13.0, At::Middle, text(11.0, MUTED));
    for (class, row) in matrix.iter().enumerate() {
        let y = top + cell * class as f64;
        let middle = y + cell / 2.0;
        if numbers {
            sheet.write(&class.to_string(), left - 12.0, middle, At::Right, text(12.5, INK));
            let x = left + cell * (class as f64 + 0.5);
            sheet.write(&class.to_string(), x, top - 13.0, At::Middle, text(12.5, INK));
        }
        let samples: u64 = row.iter().sum();
        for answer in 0..n {
            let count = row.get(answer).copied().unwrap_or(0);
            let fraction = if samples > 0 { count as f64 / samples as f64 } else { 0.0 };
            let x = left + cell * answer as f64;
            // Errors are rare: the square root lifts one per cent to a tenth of the shade.
            let (colour, amount) = if answer == class {
                (BLUE, 0.25 + 0.75 * fraction * fraction * fraction)
            } else {
                (VERMILLION, (fraction * 1.6).sqrt())
            };
            sheet.shade((x + 1.0, y + 1.0), (cell - 2.0, cell - 2.0), colour, amount);
            if numbers && count > 0 {
                // That of the sheet on a strong shade only: on a weak one it cannot be read.
                let ink = if amount > 0.55 { PAPER } else { INK };
                let style = text(if count > 9999 { 11.0 } else { 12.0 }, ink);
                sheet.write(&count.to_string(), x + cell / 2.0, middle, At::Middle, style);
            }
        }
        if numbers && samples > 0 {
            let recall = row.get(class).copied().unwrap_or(0) as f64 / samples as f64;
            let label = format!("{:.1} %", 100.0 * recall);
            sheet.write(&label, left + side + 68.0, middle, At::Right, text(12.0, MUTED));
        }
    }
    sheet.finish()
}
