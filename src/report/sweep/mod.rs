//! What came of a sweep: its points in one table, and means over seeds with their spread.

mod figures;
mod page;
mod possible;
mod text;

pub use figures::figures;
pub use page::page;
pub use possible::{Possible, Verdict};
pub use text::{shown, text};

use super::spread::Spread;
use super::table::{self, Table};
use crate::scenario::vary::{self, Point, Variation};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What came of a sweep; `sweep.json` is this.
#[derive(Clone, Debug, Serialize)]
pub struct SweepSummary {
    /// As in [`Summary::schema_version`](super::summary::Summary::schema_version).
    pub schema_version: u32,
    /// Version of the program.
    pub memspike: String,
    /// Short name of the scenario.
    pub scenario: String,
    /// The scenario's own line about itself.
    pub title: String,
    /// The command line.
    pub command: Vec<String>,
    /// When it was begun, or last gone on with, in UTC.
    pub started: String,
    /// The keys that are varied, in their order.
    pub keys: Vec<String>,
    /// What is told, drawn and averaged: paths in summaries.
    pub measures: Vec<String>,
    /// In order.
    pub points: Vec<PointSummary>,
    /// Points that differ in their seed alone, together.
    pub groups: Vec<Group>,
    /// What is varied, for pictures and tables.
    #[serde(skip)]
    pub variation: Variation,
    /// Every number of every point.
    #[serde(skip)]
    pub table: Table,
}

/// How far a point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PointStatus {
    /// Computed, now or before.
    Done,
    /// Ended by an error.
    Failed,
    /// Not computed, or not to its end: by another part, or because it was stopped.
    Missing,
}

impl PointStatus {
    /// As in the table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Missing => "missing",
        }
    }
}

/// One point.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PointSummary {
    /// Its directory.
    pub name: String,
    /// The value of each key that is varied.
    pub set: Map<String, Value>,
    /// Of its random draws, if they are known.
    pub seed: Option<u64>,
    /// How far it is.
    pub status: PointStatus,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The measures of it that it has.
    pub measured: Map<String, Value>,
}

/// Points with the same values of all keys.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// The value of each key that is varied.
    pub set: Map<String, Value>,
    /// Mean and spread over the seeds, of each measure that is there.
    pub measured: Map<String, Value>,
    #[serde(skip)]
    values: Vec<String>,
    #[serde(skip)]
    spreads: Vec<Option<Spread>>,
}

impl Group {
    /// The value of each key, as it was stated.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// Mean and spread of a measure, by its place.
    #[must_use]
    pub fn spread(&self, measure: usize) -> Option<&Spread> {
        self.spreads.get(measure)?.as_ref()
    }
}

/// What is known of a point.
#[derive(Clone, Debug)]
pub enum Found {
    /// Its summary, as it was written.
    Done(Value),
    /// Why it failed.
    Failed(String),
    /// Nothing.
    Missing,
}

/// What a sweep is called, and who made it when.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Short name of the scenario.
    pub scenario: String,
    /// The scenario's own line about itself.
    pub title: String,
    /// The command line.
    pub command: Vec<String>,
    /// In UTC.
    pub started: String,
}

impl SweepSummary {
    /// Puts a sweep together. `wanted` are the measures asked for; without any that is there, accuracy and energy are taken,
    /// or what else there is. Those that no point has come back, each with the one that may have been meant.
    #[must_use]
    pub fn new(
        about: About,
        variation: &Variation,
        found: &[(Point, Found)],
        wanted: &[String],
    ) -> (Self, Vec<(String, Option<String>)>) {
        let table = whole_table(variation, found);
        let (measures, unknown) = measures(&table, wanted);
        let keys: Vec<String> = variation.varied.iter().map(|varied| varied.key.clone()).collect();
        let set = |values: &[String]| -> Map<String, Value> {
            keys.iter().cloned().zip(values.iter().map(|value| json!(value))).collect()
        };
        let number = |row: usize, measure: &String| {
            table.column(measure).and_then(|column| column.cells[row].as_f64()).filter(|x| x.is_finite())
        };
        let mut points = Vec::new();
        for (row, (point, found)) in found.iter().enumerate() {
            let (status, why, seed) = match found {
                Found::Done(summary) => (PointStatus::Done, None, summary["seed"].as_u64()),
                Found::Failed(why) => (PointStatus::Failed, Some(why.clone()), point.seed),
                Found::Missing => (PointStatus::Missing, None, point.seed),
            };
            let measured =
                measures.iter().filter_map(|name| Some((name.clone(), json!(number(row, name)?)))).collect();
            let (name, set) = (point.name.clone(), set(&point.values));
            points.push(PointSummary { name, set, seed, status, why, measured });
        }
        let mut groups: Vec<Group> = Vec::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (row, (point, _)) in found.iter().enumerate() {
            // Seeds change fastest: those of one group stand together.
            if groups.last().is_some_and(|group| group.values == point.values) {
                members.last_mut().into_iter().for_each(|rows| rows.push(row));
            } else {
                let (set, values) = (set(&point.values), point.values.clone());
                groups.push(Group { set, values, measured: Map::new(), spreads: Vec::new() });
                members.push(vec![row]);
            }
        }
        for (group, rows) in groups.iter_mut().zip(&members) {
            for name in &measures {
                let numbers: Vec<f64> = rows.iter().filter_map(|row| number(*row, name)).collect();
                let spread = Spread::of(&numbers);
                if let Some(spread) = &spread {
                    group.measured.insert(name.clone(), json!(spread));
                }
                group.spreads.push(spread);
            }
        }
        let sweep = Self {
            schema_version: super::summary::SCHEMA_VERSION,
            memspike: env!("CARGO_PKG_VERSION").into(),
            scenario: about.scenario,
            title: about.title,
            command: about.command,
            started: about.started,
            keys,
            measures,
            points,
            groups,
            variation: variation.clone(),
            table,
        };
        (sweep, unknown)
    }

    /// How many points are as far as this.
    #[must_use]
    pub fn count(&self, status: PointStatus) -> usize {
        self.points.iter().filter(|point| point.status == status).count()
    }

    /// Whether any two points differ in their seed alone.
    #[must_use]
    pub fn repeats(&self) -> bool {
        self.groups.len() < self.points.len()
    }
}

/// A row for each point: its values with units, its seed, how far it is, and the numbers of its summary.
fn whole_table(variation: &Variation, found: &[(Point, Found)]) -> Table {
    let columns: Vec<(String, Option<String>, Vec<Value>)> = variation
        .varied
        .iter()
        .enumerate()
        .map(|(k, varied)| {
            let values: Vec<&str> =
                found.iter().filter_map(|(point, _)| point.values.get(k)).map(String::as_str).collect();
            let (cells, unit) = match vary::numbers(&values) {
                Some((numbers, unit)) => (numbers.into_iter().map(number).collect(), unit),
                None => (values.iter().map(|word| json!(word.trim_matches('"'))).collect(), String::new()),
            };
            (varied.key.clone(), (!unit.is_empty()).then_some(unit), cells)
        })
        .collect();
    let mut table = Table::default();
    for (row, (point, found)) in found.iter().enumerate() {
        let mut cells = vec![("point".to_string(), None, json!(point.name))];
        cells.extend(
            columns.iter().map(|(key, unit, values)| (key.clone(), unit.clone(), values[row].clone())),
        );
        let (status, seed) = match found {
            Found::Done(summary) => (PointStatus::Done, summary["seed"].clone()),
            Found::Failed(_) => (PointStatus::Failed, json!(point.seed)),
            Found::Missing => (PointStatus::Missing, json!(point.seed)),
        };
        cells.push(("seed".into(), None, seed));
        cells.push(("status".into(), None, json!(status.word())));
        if let Found::Done(summary) = found {
            // Scenario, seed and status stand already.
            cells.extend(table::row(summary).into_iter().skip(3));
        }
        table.push(cells);
    }
    table
}

/// A whole number without a point behind it.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(value) }
}

/// What is told of a sweep: what was asked for, or what there is.
fn measures(table: &Table, wanted: &[String]) -> (Vec<String>, Vec<(String, Option<String>)>) {
    let numbers =
        |name: &str| table.column(name).is_some_and(|column| column.cells.iter().any(Value::is_number));
    let done = table.column("status").is_some_and(|status| status.cells.iter().any(|word| word == "done"));
    let (known, unknown): (Vec<&String>, Vec<&String>) =
        wanted.iter().partition(|name| numbers(name) || !done);
    let meant = |name: &String| {
        let all = table.columns.iter().map(|column| column.name.as_str());
        (name.clone(), crate::hint::nearest(name, all).map(String::from))
    };
    let unknown = unknown.into_iter().map(meant).collect();
    if !known.is_empty() {
        return (known.into_iter().cloned().collect(), unknown);
    }
    let first = |beginning: &str| {
        table
            .columns
            .iter()
            .map(|column| &column.name)
            .find(|name| name.starts_with(beginning) && numbers(name))
    };
    let mut measures: Vec<String> = ["accuracy.test", "energy_per_inference_j"]
        .iter()
        .filter(|name| numbers(name))
        .map(|name| (*name).to_string())
        .collect();
    if measures.is_empty() {
        measures.extend(first("experiments.").or_else(|| first("rate_hz.")).cloned());
        measures.extend(Some("energy_j.total").filter(|name| numbers(name)).map(String::from));
    }
    if measures.is_empty() {
        measures.extend(first("spikes.").cloned());
    }
    (measures, unknown)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::scenario::vary::{Seeds, Varied};

    /// A sweep of these keys with two seeds, in which the first point has failed.
    pub(crate) fn sweep(keys: &[&str], wanted: &[&str]) -> SweepSummary {
        let varied = keys.iter().map(|text| Varied::parse(text).unwrap()).collect();
        let variation = Variation { varied, zip: false, seeds: Seeds::Number(2) };
        let found: Vec<(Point, Found)> = variation
            .points(1)
            .into_iter()
            .enumerate()
            .map(|(k, point)| {
                let test = 0.9 + 0.01 * k as f64;
                let found = match k {
                    0 => Found::Failed("no room <here>".into()),
                    _ => Found::Done(json!({
                        "scenario": "digits", "seed": point.seed, "status": "done",
                        "accuracy": {"test": test}, "energy_per_inference_j": 1e-9
                    })),
                };
                (point, found)
            })
            .collect();
        let about = About { scenario: "digits".into(), title: "Digits".into(), ..About::default() };
        let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_string()).collect();
        SweepSummary::new(about, &variation, &found, &wanted).0
    }

    #[test]
    fn seeds_are_averaged_and_the_table_has_every_point() {
        let sweep = sweep(&["population.output.tau_m=5 ms,10 ms"], &[]);
        assert_eq!(sweep.measures, ["accuracy.test", "energy_per_inference_j"]);
        let csv = sweep.table.csv();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(
            lines[0],
            "point,population.output.tau_m [ms],seed,status,accuracy.test,energy_per_inference_j"
        );
        assert_eq!(lines[1], "\"tau_m=5ms,seed=1\",5,1,failed,,");
        assert_eq!(lines[4], "\"tau_m=10ms,seed=2\",10,2,done,0.93,1e-9");
        // 0.92 and 0.93 by hand; one seed of the other group is left.
        let [alone, both] = [0, 1].map(|k| sweep.groups[k].spread(0).unwrap().clone());
        assert_eq!((alone.mean, alone.n, alone.sd), (0.91, 1, None));
        assert!((both.mean - 0.925).abs() < 1e-15 && (both.sd.unwrap() - 0.01 / 2f64.sqrt()).abs() < 1e-15);
        assert_eq!((sweep.count(PointStatus::Done), sweep.count(PointStatus::Failed)), (3, 1));
    }

    #[test]
    fn a_measure_that_no_point_has_comes_back_with_the_one_that_was_meant() {
        let variation = Variation { seeds: Seeds::Number(1), ..Variation::default() };
        let done = Found::Done(json!({"seed": 1, "accuracy": {"test": 0.5}}));
        let found = [(variation.points(1).remove(0), done)];
        let (sweep, wrong) =
            SweepSummary::new(About::default(), &variation, &found, &["accuracy.tst".into()]);
        assert_eq!(sweep.measures, ["accuracy.test"]);
        assert_eq!(wrong, [("accuracy.tst".to_string(), Some("accuracy.test".to_string()))]);
    }
}
