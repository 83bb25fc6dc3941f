//! What finished logs of samples say over time, short enough to be drawn.

use super::table::Value;
use super::{LogReader, RecordError};
use crate::time::Time;
use ordered_float::OrderedFloat;

/// Points that are kept of a course at most: then every second one goes, and so on.
const MOST: usize = 2000;

/// A sample that is kept: when, and values.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled<const N: usize> {
    /// Seconds since the start of the run, or samples shown.
    pub at: f64,
    /// In the unit of what was sampled.
    pub values: [f64; N],
}

/// Points of one thing over time, thinned evenly where there are too many.
#[derive(Clone, Debug, PartialEq)]
pub struct Course<const N: usize> {
    /// What it is of: the projection, or the population.
    pub name: String,
    /// The neuron, of a membrane.
    pub id: u32,
    /// Of the values.
    pub unit: String,
    /// Whether its points are at numbers of samples shown, as in training.
    pub counted: bool,
    /// In order of time.
    pub points: Vec<Sampled<N>>,
    /// One in so many samples is kept.
    every: usize,
    seen: usize,
}

impl<const N: usize> Course<N> {
    fn new(name: &str, id: u32, unit: &str) -> Self {
        Self {
            name: name.into(),
            id,
            unit: unit.into(),
            counted: false,
            points: Vec::new(),
            every: 1,
            seen: 0,
        }
    }

    fn push(&mut self, at: At, values: [f64; N]) {
        if self.seen.is_multiple_of(self.every) {
            self.counted = matches!(at, At::Samples(_));
            self.points.push(Sampled { at: at.number(), values });
        }
        self.seen += 1;
        if self.points.len() > MOST {
            self.every *= 2;
            let mut index = 0;
            self.points.retain(|_| {
                index += 1;
                index % 2 == 1
            });
        }
    }
}

/// When a row was sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Time(Time),
    Samples(u64),
}

impl At {
    fn number(self) -> f64 {
        match self {
            Self::Time(time) => time.as_seconds(),
            Self::Samples(samples) => samples as f64,
        }
    }
}

/// Lowest, tenth, median, ninetieth percentile and highest of a sample.
fn spread(values: &mut [f64]) -> [f64; 5] {
    values.sort_unstable_by_key(|&value| OrderedFloat(value));
    [0.0, 0.1, 0.5, 0.9, 1.0].map(|share| values[((values.len() - 1) as f64 * share).round() as usize])
}

/// Rows of a log, each with when it was, its first label, its numbers and its real value; then the last label, if it has two.
fn rows(
    mut reader: LogReader,
    mut take: impl FnMut(At, [u32; 2], u32, f64),
) -> Result<Vec<String>, RecordError> {
    let schema = reader.schema().clone();
    while let Some(rows) = reader.next_rows()? {
        for row in rows.chunks_exact(schema.width()) {
            let (mut when, mut labels, mut id, mut real) = (At::Time(Time::ZERO), [None, None], 0, 0.0);
            for value in schema.values(row) {
                match value {
                    Value::Time(time) => when = At::Time(time),
                    Value::Count(samples) => when = At::Samples(samples),
                    Value::Label(label) if labels[0].is_none() => labels[0] = Some(label),
                    Value::Label(label) => labels[1] = Some(label),
                    Value::Index(index) => id = index,
                    Value::Real(value) => real = value,
                }
            }
            take(when, labels.map(Option::unwrap_or_default), id, real);
        }
    }
    Ok(schema.labels)
}

/// Weights over time from a finished log of samples: of each projection the lowest, the tenth percentile, the median, the
/// ninetieth percentile and the highest.
///
/// # Errors
/// If the log is damaged.
pub fn weights(log: LogReader) -> Result<Vec<Course<5>>, RecordError> {
    let mut found: Vec<([u32; 2], Course<5>)> = Vec::new();
    let mut sample: Option<(At, [u32; 2], Vec<f64>)> = None;
    let mut close = |sample: Option<(At, [u32; 2], Vec<f64>)>| {
        let Some((time, labels, mut values)) = sample else { return };
        let at = found.iter().position(|(known, _)| *known == labels).unwrap_or_else(|| {
            found.push((labels, Course::new("", 0, "")));
            found.len() - 1
        });
        found[at].1.push(time, spread(&mut values));
    };
    let labels = rows(log, |time, labels, _, weight| match &mut sample {
        Some((at, of, values)) if *at == time && *of == labels => values.push(weight),
        _ => close(sample.replace((time, labels, vec![weight]))),
    })?;
    close(sample);
    let name = |label: u32| labels.get(label as usize).cloned().unwrap_or_default();
    Ok(found
        .into_iter()
        .map(|([projection, unit], course)| Course { name: name(projection), unit: name(unit), ..course })
        .collect())
}

/// Membranes over time from a finished log of samples: the first `most` neurons of each population.
///
/// # Errors
/// If the log is damaged.
pub fn membranes(log: LogReader, most: u32) -> Result<Vec<Course<1>>, RecordError> {
    let mut found: Vec<(u32, Course<1>)> = Vec::new();
    let labels = rows(log, |time, [label, _], id, u| {
        if id >= most {
            return;
        }
        let at = found.iter().position(|(known, course)| (*known, course.id) == (label, id));
        let at = at.unwrap_or_else(|| {
            found.push((label, Course::new("", id, "V")));
            found.len() - 1
        });
        found[at].1.push(time, [u]);
    })?;
    let name = |label: u32| labels.get(label as usize).cloned().unwrap_or_default();
    Ok(found.into_iter().map(|(label, course)| Course { name: name(label), ..course }).collect())
}

#[cfg(test)]
mod tests {
    use super::super::kept::Records;
    use super::super::membrane::MembraneRecord;
    use super::super::spikes::Names;
    use super::super::synapses::SynapseRecord;
    use super::super::{LogRecorder, Selected, Take};
    use super::*;
    use crate::engine::{Observer as _, Record};

    fn names() -> Names {
        let projections = vec![("a".into(), "V"), ("b".into(), "A")];
        Names { populations: vec!["e".into()], projections, ..Names::default() }
    }

    fn log(
        take: impl Take + 'static,
        records: impl Iterator<Item = Record>,
    ) -> (tempfile::TempDir, std::path::PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("samples.log");
        let mut kept = Records::default();
        kept.add(Box::new(LogRecorder::new(&path)), Box::new(take)).unwrap();
        records.for_each(|record| kept.record(0, &record));
        kept.finish().unwrap();
        (root, path)
    }

    #[test]
    fn weights_are_told_by_their_quantiles_at_every_sample() {
        let samples = (0..3_u64).flat_map(|k| {
            (0..2).flat_map(move |projection| {
                // 101 weights in falling order: quantiles are values themselves.
                (0..101).rev().map(move |n| Record::Weight {
                    time: Time::from_ms(k),
                    projection,
                    row: 0,
                    column: n,
                    weight: f64::from(n) + 1000.0 * k as f64,
                    devices: None,
                })
            })
        });
        let wanted = ["a", "b"].map(|name| name.parse().unwrap());
        let (_root, path) = log(SynapseRecord::weights(&wanted, &names(), None), samples);
        let courses = weights(LogReader::open(&path).unwrap()).unwrap();
        let of: Vec<_> = courses.iter().map(|one| (one.name.as_str(), one.unit.as_str())).collect();
        assert_eq!(of, [("a", "V"), ("b", "A")]);
        let values: Vec<[f64; 5]> = courses[1].points.iter().map(|point| point.values).collect();
        let want = |k: f64| [0.0, 10.0, 50.0, 90.0, 100.0].map(|value| value + 1000.0 * k);
        assert_eq!(values, [want(0.0), want(1.0), want(2.0)]);
        assert!(courses[0].points[2].at == 2e-3 && !courses[0].counted);
    }

    #[test]
    fn weights_in_training_are_told_by_the_samples_shown() {
        let samples = [0, 500, 1000].into_iter().flat_map(|samples| {
            (0..3).map(move |row| Record::Trained {
                samples,
                projection: 0,
                row,
                column: 0,
                weight: samples as f64 + f64::from(row),
                devices: None,
            })
        });
        let wanted = ["a".parse().unwrap()];
        let (_root, path) = log(SynapseRecord::weights(&wanted, &names(), Some(500)), samples);
        let courses = weights(LogReader::open(&path).unwrap()).unwrap();
        assert!(courses[0].counted);
        let found: Vec<(f64, f64)> =
            courses[0].points.iter().map(|point| (point.at, point.values[2])).collect();
        assert_eq!(found, [(0.0, 1.0), (500.0, 501.0), (1000.0, 1001.0)]);
    }

    #[test]
    fn a_long_course_is_thinned_evenly_from_its_first_point() {
        let samples = (0..10_000).map(|k| Record::Sample {
            time: Time::from_fs(k),
            population: 0,
            u: vec![k as f64, -1.0, 0.0],
        });
        let (_root, path) = log(MembraneRecord::new(&[Selected::all("e")], &names()), samples);
        let courses = membranes(LogReader::open(&path).unwrap(), 2).unwrap();
        assert_eq!(courses.iter().map(|one| one.id).collect::<Vec<_>>(), [0, 1]);
        let times: Vec<u64> =
            courses[0].points.iter().map(|point| (point.at * 1e15).round() as u64).collect();
        assert!(times.len() > MOST / 2 && times.len() <= MOST, "{}", times.len());
        assert!(times[0] == 0 && times.windows(2).all(|two| two[1] - two[0] == 8));
        assert!(courses[0].points.iter().zip(&times).all(|(point, fs)| point.values == [*fs as f64]));
    }
}
