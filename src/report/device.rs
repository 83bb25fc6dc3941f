//! Experiments with devices: their part of a summary, and the paper's numbers beside the simulated ones.

use super::by_name::ByName;
use crate::hint::LARGE;
use crate::plot::measured::Scale;
use crate::plot::number::{significant, trimmed};
use crate::renamed;
use crate::scenario::device::{Compared, ExperimentResult, MeasuredIn, Relation, Standing, Tolerance};
use crate::scenario::spec::Word;
use serde::{Deserialize, Serialize};

/// One experiment in `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExperimentSummary {
    /// What the scenario calls it.
    pub name: String,
    /// The kind of experiment: `iv`, `stdp`.
    #[serde(deserialize_with = "kind")]
    pub kind: String,
    /// The title of its pictures.
    pub title: String,
    /// Preset of the device.
    pub device: String,
    /// What was read off the curves, in SI units.
    pub measured: ByName<Measured>,
    /// The paper's numbers.
    pub compare: Vec<PaperComparison>,
    /// What a reader of the numbers must know, such as a spread that was not drawn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The kind of an experiment; in a summary of 0.1 it may have its old name.
fn kind<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let word = String::deserialize(deserializer)?;
    Ok(renamed::current("kind", &word).to_string())
}

/// A measured number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The quantity in words: "turn-on voltage".
    pub what: String,
    /// Absent if it did not happen or cannot be determined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The unit of `value`; a fraction is shown in percent.
    pub unit: MeasuredIn,
}

/// A number of the paper, what came out, and whether that is close enough.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaperComparison {
    /// The quantity.
    pub name: String,
    /// The quantity in words.
    pub what: String,
    /// Of `paper`, `simulated` and `difference`.
    pub unit: MeasuredIn,
    /// How the two must compare.
    pub relation: Relation,
    /// What an agreement says of the model, if the scenario says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// The published number, in SI units.
    pub paper: f64,
    /// What came out; absent if it did not happen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulated: Option<f64>,
    /// simulated - paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<f64>,
    /// How far apart they may be.
    pub tolerance: Tolerance,
    /// Whether `simulated` is there and within `tolerance`.
    pub status: PaperVerdict,
    /// Why the tolerance is this wide.
    pub why: String,
}

/// How a comparison came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperVerdict {
    /// Close enough.
    Ok,
    /// Too far from the paper, or not there.
    OutOfTolerance,
}

impl PaperVerdict {
    /// "ok", "OUT".
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::OutOfTolerance => "OUT",
        }
    }
}

/// How the comparisons of a run came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// Figure of the paper, if the scenario names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<String>,
    /// Numbers of the paper that were compared.
    pub compared: usize,
    /// Those of them within their tolerance.
    pub within: usize,
}

impl Agreement {
    /// Whether nothing is out of tolerance.
    #[must_use]
    pub const fn complete(&self) -> bool {
        self.compared == self.within
    }
}

impl ExperimentSummary {
    /// What a summary keeps of an experiment: numbers, no curves.
    #[must_use]
    pub fn new(result: &ExperimentResult) -> Self {
        let measured = result
            .measured
            .iter()
            .map(|m| (m.name.clone(), Measured { what: m.what.clone(), value: m.value, unit: m.unit }));
        Self {
            name: result.name.clone(),
            kind: result.kind.clone(),
            title: result.title.clone(),
            device: result.device.clone(),
            measured: measured.collect(),
            compare: result.compared.iter().map(PaperComparison::new).collect(),
            notes: result.notes.clone(),
        }
    }
}

impl PaperComparison {
    fn new(compared: &Compared) -> Self {
        let paper = &compared.paper;
        Self {
            name: paper.quantity.clone(),
            what: paper.what.clone(),
            unit: paper.unit,
            relation: paper.relation,
            standing: paper.standing,
            paper: paper.paper,
            simulated: compared.simulated,
            difference: compared.simulated.map(|value| value - paper.paper),
            tolerance: paper.tolerance,
            status: if compared.within { PaperVerdict::Ok } else { PaperVerdict::OutOfTolerance },
            why: paper.why.clone(),
        }
    }

    /// Largest difference that is accepted, in the unit of the quantity.
    fn margin(&self) -> f64 {
        match self.tolerance {
            Tolerance::Absolute(margin) => margin,
            Tolerance::Relative(part) => part * self.paper.abs(),
        }
    }

    /// "given", "calibrated", "predicted", or nothing.
    #[must_use]
    pub fn standing(&self) -> &'static str {
        self.standing.map_or("", Word::word)
    }

    /// The cells of its row: paper, simulated, difference, tolerance.
    #[must_use]
    pub fn cells(&self) -> [String; 4] {
        let scale =
            Scale::of(self.unit, if self.paper == 0.0 { self.simulated.unwrap_or(0.0) } else { self.paper });
        let sign = match self.relation {
            Relation::Equal => "",
            Relation::AtLeast => "\u{2265} ",
            Relation::AtMost => "\u{2264} ",
        };
        let relative = |part: f64| format!("{} %", signed(100.0 * part, 2));
        let difference = match (self.difference, self.tolerance) {
            (None, _) => String::new(),
            (Some(0.0), _) => "0".into(),
            // What closed forms leave over.
            (Some(difference), _) if difference.abs() < 1e-6 * self.margin() => "0".into(),
            // Nothing is a share of zero.
            (Some(difference), Tolerance::Relative(_)) if self.paper == 0.0 => {
                Scale::of(self.unit, difference).signed(difference, difference.abs())
            }
            (Some(difference), Tolerance::Relative(_)) => relative(difference / self.paper.abs()),
            // Beyond a bound it is the ratio that tells.
            (Some(difference), _) if self.relation != Relation::Equal && self.paper != 0.0 => {
                relative(difference / self.paper.abs())
            }
            (Some(difference), Tolerance::Absolute(margin)) => {
                Scale::of(self.unit, margin).signed(difference, margin)
            }
        };
        let tolerance = match self.tolerance {
            Tolerance::Relative(part) => format!("\u{b1} {} %", trimmed(&significant(100.0 * part, 3))),
            Tolerance::Absolute(0.0) if self.relation != Relation::Equal => String::new(),
            Tolerance::Absolute(0.0) => "exact".into(),
            Tolerance::Absolute(margin) => format!("\u{b1} {}", Scale::of(self.unit, margin).exact(margin)),
        };
        [
            format!("{sign}{}", scale.exact(self.paper)),
            self.simulated.map_or_else(|| "none".into(), |value| scale.rounded(value)),
            difference,
            tolerance,
        ]
    }
}

fn signed(value: f64, places: usize) -> String {
    if value.abs() >= LARGE {
        return format!("{value:+.places$e}").replace('-', "\u{2212}");
    }
    let text = format!("{value:+.places$}");
    // A rounded nothing has no sign.
    let zero = text.trim_start_matches(['+', '-']).chars().all(|c| c == '0' || c == '.');
    if zero { text.trim_start_matches(['+', '-']).to_string() } else { text.replace('-', "\u{2212}") }
}

/// Heads of the table of comparisons.
pub const HEADS: [&str; 7] = ["", "paper", "simulated", "difference", "tolerance", "standing", "status"];

/// The table of comparisons for a terminal; empty without any.
#[must_use]
pub fn table(experiments: &[ExperimentSummary]) -> String {
    let several = experiments.iter().filter(|e| !e.compare.is_empty()).count() > 1;
    let mut rows: Vec<[String; 7]> = Vec::new();
    for experiment in experiments {
        for row in &experiment.compare {
            let [paper, simulated, difference, tolerance] = row.cells();
            let what = if several { format!("{}: {}", experiment.name, row.what) } else { row.what.clone() };
            let (standing, status) = (row.standing().into(), row.status.word().into());
            rows.push([what, paper, simulated, difference, tolerance, standing, status]);
        }
    }
    if rows.is_empty() { String::new() } else { columns(&HEADS, &rows) }
}

/// Columns two spaces apart, indented by two; the first is left-aligned, numbers to the right.
#[must_use]
pub fn columns<const N: usize>(heads: &[&str; N], rows: &[[String; N]]) -> String {
    let mut width = heads.map(|head| head.chars().count());
    for row in rows {
        for (width, cell) in width.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in std::iter::once(&heads.map(String::from)).chain(rows) {
        let mut line = String::from("  ");
        for (k, (cell, width)) in row.iter().zip(width).enumerate() {
            let left = k == 0 || k + 2 >= N;
            let space = " ".repeat(width - cell.chars().count());
            line.push_str(&if left { format!("{cell}{space}  ") } else { format!("{space}{cell}  ") });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(
        unit: MeasuredIn,
        relation: Relation,
        paper: f64,
        simulated: f64,
        tolerance: Tolerance,
    ) -> [String; 4] {
        let comparison = PaperComparison {
            name: "x".into(),
            what: "x".into(),
            unit,
            relation,
            standing: None,
            paper,
            simulated: Some(simulated),
            difference: Some(simulated - paper),
            tolerance,
            status: PaperVerdict::Ok,
            why: String::new(),
        };
        comparison.cells().map(|cell| cell.replace(['\u{202f}', '\u{a0}'], " ").replace('\u{2212}', "-"))
    }

    #[test]
    fn numbers_are_written_as_the_paper_writes_them() {
        use MeasuredIn::{Count, Fraction, Ratio, Second, Volt, Watt};
        let equal = Relation::Equal;
        assert_eq!(
            row(Volt, equal, 0.25, 0.24975, Tolerance::Absolute(0.001)),
            ["0.25 V", "0.24975 V", "-0.25 mV", "\u{b1} 1 mV"]
        );
        assert_eq!(
            row(Fraction, equal, -1.0346, -1.0339, Tolerance::Relative(0.005)),
            ["-103.46 %", "-103.39 %", "+0.07 %", "\u{b1} 0.5 %"]
        );
        assert_eq!(
            row(Second, equal, 64.1e-3, 64.10003e-3, Tolerance::Relative(0.005)),
            ["64.1 ms", "64.1 ms", "0.00 %", "\u{b1} 0.5 %"]
        );
        assert_eq!(
            row(Ratio, Relation::AtLeast, 1e4, 15811.4, Tolerance::Absolute(0.0)),
            ["\u{2265} 10 000", "15 811", "+58.11 %", ""]
        );
        assert_eq!(row(Count, equal, 6.0, 6.0, Tolerance::Absolute(0.0)), ["6", "6", "0", "exact"]);
        assert_eq!(
            row(Watt, equal, 1.4e-6, 1.4e-6, Tolerance::Relative(0.04)),
            ["1.4 \u{b5}W", "1.4 \u{b5}W", "0", "\u{b1} 4 %"]
        );
        assert_eq!(row(Volt, equal, 0.0, 0.0, Tolerance::Absolute(0.0))[..2], ["0 V", "0 V"]);
    }

    #[test]
    fn nothing_is_a_share_of_zero() {
        use MeasuredIn::{Fraction, Volt};
        for relation in [Relation::Equal, Relation::AtLeast] {
            let cells = row(Volt, relation, 0.0, 0.24975, Tolerance::Relative(0.0));
            assert_eq!(cells[2..], ["+0.25 V", "\u{b1} 0 %"]);
        }
        assert_eq!(row(Fraction, Relation::Equal, 0.0, -0.05, Tolerance::Relative(0.01))[2], "-5 %");
        assert_eq!(row(Volt, Relation::Equal, 1e-300, 1.0, Tolerance::Relative(0.01))[2], "+1.00e302 %");
    }
}
