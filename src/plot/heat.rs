//! A number over two things that were varied: a cell for each pair.

use super::number::{si, significant};
use super::style::{HEAD, INK, MUTED, ON_DARK, ON_LIGHT, cividis, sheet};
use super::svg::{At, text};
use super::{Figure, Shape};

/// Width and height of a cell with its number, and of one that speaks by its shade alone.
const CELL: (f64, f64) = (84.0, 42.0);
const BARE: (f64, f64) = (18.0, 18.0);
/// Cells to a side that have numbers.
const NUMBERED: usize = 12;
/// Characters of a label at the left.
const LABEL: usize = 22;

/// One number of a map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Of repetitions, if there are several.
    pub mean: f64,
    /// How far they are spread.
    pub spread: Option<f64>,
}

/// A table of numbers with names at its sides.
#[derive(Clone, Debug, Default)]
pub struct Heat {
    /// Of the whole picture.
    pub title: String,
    /// A line below the title.
    pub subtitle: String,
    /// What changes across, and its values.
    pub across: (String, Vec<String>),
    /// What changes downwards, and its values.
    pub down: (String, Vec<String>),
    /// Row by row; `None` where nothing is known.
    pub cells: Vec<Vec<Option<Cell>>>,
    /// Behind the numbers of the scale: `" %"`.
    pub unit: String,
    /// Whether cells speak by their shade alone, however few they are.
    pub bare: bool,
}

impl Heat {
    /// The picture with its caption.
    #[must_use]
    pub fn figure(&self, name: impl Into<String>, caption: impl Into<String>) -> Figure {
        Figure { name: name.into(), shape: Shape::Wide, caption: caption.into(), svg: self.svg() }
    }

    /// The picture as SVG.
    #[must_use]
    pub fn svg(&self) -> String {
        let (columns, rows) = (self.across.1.len().max(1), self.down.1.len().max(1));
        let numbered = !self.bare && columns <= NUMBERED && rows <= 2 * NUMBERED;
        let (wide, high) = if numbered { CELL } else { BARE };
        let longest = self.down.1.iter().map(|label| label.chars().count().min(LABEL)).max().unwrap_or(0);
        let left = 64.0 + 6.6 * longest as f64;
        let top = HEAD + 44.0;
        let (width, height) = (wide * columns as f64, high * rows as f64);
        let size = ((left + width + 130.0).max(420.0) as u32, (top + height.max(150.0) + 24.0) as u32);
        let mut sheet = sheet(size, &self.title, &self.subtitle);
        sheet.write(&self.across.0, left + width / 2.0, top - 32.0, At::Middle, text(12.0, INK));
        sheet.write_up(&self.down.0, 22.0, top + height / 2.0, text(12.0, INK));

        let values = || self.cells.iter().flatten().flatten().map(|cell| cell.mean).filter(|x| x.is_finite());
        let (low, most) =
            values().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, most), x| (low.min(x), most.max(x)));
        let share = |x: f64| if most > low { (x - low) / (most - low) } else { 0.5 };

        // Labels of narrow columns are thinned until they do not touch.
        let widest = self.across.1.iter().map(|label| label.chars().count()).max().unwrap_or(1) as f64;
        let every = (6.6 * (widest + 1.0) / wide).ceil().max(1.0) as usize;
        for (k, label) in self.across.1.iter().enumerate().step_by(every) {
            let x = left + wide * (k as f64 + 0.5);
            sheet.write(label, x, top - 12.0, At::Middle, text(12.0, INK));
        }
        for (row, label) in self.down.1.iter().enumerate() {
            let y = top + high * (row as f64 + 0.5);
            sheet.write(&shortened(label), left - 10.0, y, At::Right, text(12.0, INK));
            for (column, cell) in self.cells.get(row).into_iter().flatten().take(columns).enumerate() {
                let x = left + wide * column as f64;
                let Some(Cell { mean, spread }) = cell.filter(|cell| cell.mean.is_finite()) else {
                    sheet.write("\u{2013}", x + wide / 2.0, y, At::Middle, text(12.0, MUTED));
                    continue;
                };
                sheet.fill(x + 1.0, y - high / 2.0 + 1.0, wide - 2.0, high - 2.0, cividis(share(mean)));
                if numbered {
                    // The lower half of the map is dark.
                    let ink = if share(mean) < 0.5 { ON_DARK } else { ON_LIGHT };
                    let lift = if spread.is_some() { 7.0 } else { 0.0 };
                    sheet.write(&significant(mean, 4), x + wide / 2.0, y - lift, At::Middle, text(12.5, ink));
                    if let Some(sd) = spread {
                        let sd = format!("\u{b1} {}", significant(sd, 2));
                        sheet.write(&sd, x + wide / 2.0, y + 9.0, At::Middle, text(11.0, ink));
                    }
                }
            }
        }
        if low <= most {
            let (x, tall) = (left + width + 28.0, height.max(120.0));
            for step in 0..40 {
                let y = top + tall * f64::from(39 - step) / 40.0;
                sheet.fill(x, y, 14.0, tall / 40.0 + 0.5, cividis((f64::from(step) + 0.5) / 40.0));
            }
            for (value, y) in [(most, top + 6.0), (low, top + tall - 6.0)] {
                let label = match self.bare {
                    true => si(value, self.unit.trim()),
                    false => format!("{}{}", significant(value, 4), self.unit),
                };
                sheet.write(&label, x + 20.0, y, At::Left, text(11.0, MUTED));
            }
        }
        sheet.finish()
    }
}

/// A label that fits at the left.
fn shortened(label: &str) -> String {
    if label.chars().count() <= LABEL {
        return label.to_string();
    }
    label.chars().take(LABEL - 1).chain(['\u{2026}']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heat(columns: usize, rows: usize) -> Heat {
        let cell = |row: usize, column: usize| match (row, column) {
            (0, 0) => None,
            _ => Some(Cell { mean: (row * columns + column) as f64, spread: (row == 1).then_some(0.25) }),
        };
        Heat {
            title: "accuracy <&>".into(),
            across: ("epochs".into(), (0..columns).map(|k| k.to_string()).collect()),
            down: ("tau".into(), (0..rows).map(|k| format!("{k} ms")).collect()),
            cells: (0..rows).map(|row| (0..columns).map(|column| cell(row, column)).collect()).collect(),
            unit: " %".into(),
            ..Heat::default()
        }
    }

    #[test]
    fn every_cell_has_its_number_and_spread_and_the_scale_its_ends() {
        let svg = heat(3, 2).svg();
        crate::plot::drawn::check(&svg);
        for part in [
            ">3.000</text>",
            ">\u{b1} 0.25</text>",
            ">5.000 %</text>",
            ">1.000 %</text>",
            "accuracy &lt;&amp;&gt;",
        ] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        assert_eq!(svg.matches("\u{b1}").count(), 3, "one row was repeated");
    }

    #[test]
    fn a_large_one_has_shades_alone_and_an_empty_one_is_a_picture() {
        let svg = heat(40, 40).svg();
        crate::plot::drawn::check(&svg);
        assert!(!svg.contains("\u{b1}"));
        crate::plot::drawn::check(&Heat::default().svg());
    }
}
