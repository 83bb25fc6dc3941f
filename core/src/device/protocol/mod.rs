//! Characterisation: what one would measure on a single device, as plain tables.
//!
//! Columns carry their unit; nothing here reads files, prints or draws.

mod cycles;
mod iv;
mod pulses;
mod retention;
mod stdp;
mod told;

pub use cycles::{CycleOptions, CycleStatistics, Moments, cycles, cycles_switch};
pub use iv::{Sweep, change, iv, turns};
pub use pulses::{PulseProtocol, pulses, pulses_resistive, pulses_switch, relaxation_switch};
pub use retention::{RetentionOptions, retention};
pub use stdp::{StdpOptions, stdp, stdp_fits};
pub use told::{tell_change, tell_reading, tell_switchings};

use serde::{Deserialize, Serialize};

/// One named quantity with its unit and values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// What it is.
    pub name: String,
    /// `"V"`, `"A"`; empty for a plain number.
    pub unit: String,
    /// In SI units.
    pub values: Vec<f64>,
}

/// Columns of equal length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// In their order.
    pub columns: Vec<Column>,
    /// What a reader must know: assumed values, ranges left, fits.
    pub notes: Vec<String>,
}

impl Table {
    /// Empty columns of these names and units.
    #[must_use]
    pub fn new(columns: &[(&str, &str)]) -> Self {
        let column = |&(name, unit): &(&str, &str)| Column {
            name: name.to_owned(),
            unit: unit.to_owned(),
            values: Vec::new(),
        };
        Self { columns: columns.iter().map(column).collect(), notes: Vec::new() }
    }

    /// Adds one row, a value for each column.
    pub fn push(&mut self, row: &[f64]) {
        debug_assert_eq!(row.len(), self.columns.len());
        for (column, &value) in self.columns.iter_mut().zip(row) {
            column.values.push(value);
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, |c| c.values.len())
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values of a column; none if there is no such column.
    #[must_use]
    pub fn column(&self, name: &str) -> &[f64] {
        self.values(name).unwrap_or_default()
    }

    /// The values of a column, if there is one of this name.
    #[must_use]
    pub fn values(&self, name: &str) -> Option<&[f64]> {
        self.columns.iter().find(|c| c.name == name).map(|c| c.values.as_slice())
    }

    /// Comma-separated, with the unit in the header: `voltage [V],current [A]`. Numbers have all their digits.
    #[must_use]
    pub fn to_csv(&self) -> String {
        self.csv_pieces().collect()
    }

    /// As [`Self::to_csv`], the header and then some thousand rows at a time.
    pub fn csv_pieces(&self) -> impl Iterator<Item = String> {
        const ROWS: usize = 4096;
        let header = |c: &Column| {
            if c.unit.is_empty() { c.name.clone() } else { format!("{} [{}]", c.name, c.unit) }
        };
        let mut head = self.columns.iter().map(header).collect::<Vec<_>>().join(",");
        head.push('\n');
        let rows = self.len();
        let piece = move |start: usize| {
            let mut text = String::new();
            for row in start..(start + ROWS).min(rows) {
                for (k, column) in self.columns.iter().enumerate() {
                    if k > 0 {
                        text.push(',');
                    }
                    write_number(&mut text, column.values.get(row).copied().unwrap_or(f64::NAN));
                }
                text.push('\n');
            }
            text
        };
        std::iter::once(head).chain((0..rows).step_by(ROWS).map(piece))
    }
}

/// The shortest text that reads back as `value`, without an exponent where that is short.
fn write_number(text: &mut String, value: f64) {
    use std::fmt::Write as _;
    let plain = value == 0.0 || (1e-3..1e7).contains(&value.abs());
    // Writing to a String cannot fail.
    let _ = if plain { write!(text, "{value}") } else { write!(text, "{value:e}") };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_writes_its_units_and_every_digit() {
        let mut table = Table::new(&[("voltage", "V"), ("n", "")]);
        table.push(&[0.1 + 0.2, 3.0]);
        assert_eq!(table.to_csv(), "voltage [V],n\n0.30000000000000004,3\n");
        assert_eq!((table.len(), table.values("n"), table.values("x")), (1, Some(&[3.0][..]), None));
    }
}
