//! Samples that are spikes of lines: a table with a row for each spike, or arrays. Spikes of a sample may stand in any order.
//!
//! The table has the columns `sample` (counted from 0, in order), `label`, `time [unit]` and `line`. The arrays of an `.npz` are `times`
//! (seconds, or what `tick` says) and `lines` of all spikes, sample after sample, `ends` (how many spikes there are up to the end of each
//! sample) and `labels`. Arrays in HDF5 are as `hdf5` says.

use super::{Part, Read, fault, hinted};
use crate::dataset::{Fault, Faults};
use crate::encoding::FirstSpikes;
use crate::record::array::{Array, Values, decode};
use crate::record::csv;
use crate::record::npz::members;
use crate::time::Time;
use crate::units::Second;
use std::io::Read as _;
use std::path::Path;

type Spikes = Vec<(Time, u32)>;

/// Samples, and their classes.
pub(super) type Labelled = (FirstSpikes, Vec<i64>);

const FORMS: &str = "a table, an .npz or an HDF5 file";

pub(super) fn read(file: &Path, lines: u32, tick: Option<Time>) -> Result<Part, Faults> {
    let unreadable =
        |error: std::io::Error| Fault::Unreadable { file: file.into(), reason: error.to_string() };
    let mut opened = std::fs::File::open(file).map_err(unreadable)?;
    let mut bytes = Vec::new();
    opened.by_ref().take(8).read_to_end(&mut bytes).map_err(unreadable)?;
    let is_hdf5 = bytes == *b"\x89HDF\r\n\x1a\n";
    let (samples, labels) = if is_hdf5 {
        in_hdf5(file, lines, tick)?
    } else {
        opened.read_to_end(&mut bytes).map_err(unreadable)?;
        match bytes[..] {
            [b'P', b'K', ..] => arrays(file, &bytes, lines, tick)?,
            [0x1f, 0x8b, ..] => {
                let found = fault(file, "", "it is compressed with gzip".into(), FORMS);
                return Err(hinted(found, "gunzip unpacks it").into());
            }
            _ => table(file, &bytes, lines)?,
        }
    };
    if labels.is_empty() {
        return Err(fault(file, "", "there is no sample".into(), "at least one").into());
    }
    let files = [file.to_path_buf(), file.to_path_buf()];
    let of_labels = if is_hdf5 { "`/labels`" } else { "" };
    Ok(Part {
        shape: vec![lines as usize],
        samples: Read::Events(samples),
        labels,
        targets: None,
        files,
        places: [String::new(), of_labels.into()],
        names: Vec::new(),
        tested: Vec::new(),
    })
}

#[cfg(feature = "hdf5")]
use super::hdf5::read as in_hdf5;

#[cfg(not(feature = "hdf5"))]
fn in_hdf5(file: &Path, _: u32, _: Option<Time>) -> Result<Labelled, Fault> {
    let found = fault(file, "", "it is an HDF5 file".into(), "a table or an .npz: this build reads no other");
    Err(hinted(found, "build memspike with the feature `hdf5`"))
}

/// What times and lines mean that are written as arrays, and where they stand.
pub(super) struct Meaning<'a> {
    pub(super) file: &'a Path,
    /// Of times and of lines.
    pub(super) places: [&'a str; 2],
    pub(super) lines: u32,
    pub(super) tick: Option<Time>,
}

impl Meaning<'_> {
    /// Whether it is known what 1 is of times of this type.
    pub(super) fn known(&self, times: &Values) -> Result<(), Fault> {
        if matches!(times, Values::Reals(_)) || self.tick.is_some() {
            return Ok(());
        }
        let what = format!("the values are {}", times.kind());
        let found = fault(self.file, self.places[0], what, "real numbers, in seconds");
        Err(hinted(found, "`tick = \"1 us\"` of the data says what 1 is"))
    }

    /// The spike with value `k` of times and of lines, which is one of sample `number`.
    pub(super) fn spike(
        &self,
        (times, lines): (&Values, &[i64]),
        k: usize,
        number: usize,
    ) -> Result<(Time, u32), Fault> {
        let value = times.real(k).unwrap_or(f64::NAN);
        // Whole ticks are exact.
        let time = match (times, self.tick) {
            (Values::Bytes(_) | Values::Integers(_), Some(tick)) if value >= 0.0 => {
                let fs = u128::from(value as u64) * u128::from(tick.fs());
                u64::try_from(fs).ok().filter(|&fs| fs < 1 << 63).map(Time::from_fs)
            }
            _ => {
                let seconds = value * self.tick.map_or(1.0, Time::as_seconds);
                seconds.is_finite().then(|| Time::nearest(Second::of(seconds)).ok()).flatten()
            }
        };
        let time = time.ok_or_else(|| {
            let what = format!("value {k}, of sample {number}, is {}", crate::hint::number(value));
            fault(self.file, self.places[0], what, "a time from 0 s to 9223 s")
        })?;
        let line = u32::try_from(lines[k]).ok().filter(|&line| line < self.lines).ok_or_else(|| {
            let what = format!("value {k}, of sample {number}, is {}", lines[k]);
            let found = fault(self.file, self.places[1], what, format!("0 to {}", self.lines - 1));
            hinted(found, "`lines` of the data says how many there are")
        })?;
        Ok((time, line))
    }
}

/// Values as integers, if they are.
pub(super) fn whole(values: Values) -> Option<Vec<i64>> {
    match values {
        Values::Bytes(bytes) => Some(bytes.into_iter().map(i64::from).collect()),
        Values::Integers(values) => Some(values),
        Values::Reals(_) => None,
    }
}

const COLUMNS: &str = "columns `sample`, `label`, `time [ms]` (or another unit) and `line`";

fn table(file: &Path, bytes: &[u8], lines: u32) -> Result<Labelled, Fault> {
    let (text, _) = csv::decode(bytes)
        .ok_or_else(|| fault(file, "", "it is neither a text, an .npz nor HDF5".into(), FORMS))?;
    let mut rows = csv::rows(&text);
    let header = rows.next().ok_or_else(|| fault(file, "line 1", "there is no header".into(), COLUMNS))?;
    let place = |name: &str| {
        let mut found = (0..header.fields.len()).filter(|&k| header.fields[k].name_and_unit().0 == name);
        match (found.next(), found.next()) {
            (Some(first), None) => Ok(first),
            (Some(_), Some(_)) => {
                Err(fault(file, "line 1", format!("two columns are called `{name}`"), COLUMNS))
            }
            (None, _) => Err(fault(file, "line 1", format!("there is no column `{name}`"), COLUMNS)),
        }
    };
    let [sample, label, time, line] = [place("sample")?, place("label")?, place("time")?, place("line")?];
    let unit = header.fields[time].name_and_unit().1.unwrap_or_default().to_string();
    if Time::parse(&format!("1 {unit}")).is_err() {
        let what = format!("the unit of `time` is `{unit}`");
        return Err(fault(file, "line 1", what, "`time [s]`, `time [ms]`, `time [us]` or `time [ns]`"));
    }
    let (mut samples, mut labels): (Vec<Spikes>, Vec<i64>) = (Vec::new(), Vec::new());
    for row in rows {
        let at = format!("line {}", row.line);
        let text = |k: usize| row.fields.get(k).map_or("", |field| field.text.trim());
        let wrong = |k: usize, allowed: String| {
            let name = header.fields[k].name_and_unit().0;
            fault(file, &at, format!("`{name}` is \"{}\"", text(k)), allowed)
        };
        let number = samples.len();
        // The sample of the row before, or the next one.
        let follows = |found: &usize| *found == number || Some(*found) == number.checked_sub(1);
        let Some(found) = text(sample).parse().ok().filter(follows) else {
            let allowed = if number == 0 { "0".into() } else { format!("{} or {number}", number - 1) };
            return Err(hinted(
                wrong(sample, allowed),
                "rows of one sample follow each other, and samples are counted from 0",
            ));
        };
        let class = text(label).parse().map_err(|_| wrong(label, "a class: a whole number from 0".into()))?;
        if found == number {
            samples.push(Vec::new());
            labels.push(class);
        } else if labels[found] != class {
            return Err(wrong(label, format!("{}, as in the row before of this sample", labels[found])));
        }
        let when = Time::parse(&format!("{} {unit}", text(time)))
            .map_err(|_| wrong(time, "a time from 0 s to 9223 s, without its unit".into()))?;
        let of = text(line).parse().ok().filter(|&line: &u32| line < lines);
        let of = of.ok_or_else(|| wrong(line, format!("a line, 0 to {}", lines - 1)))?;
        samples[found].push((when, of));
    }
    Ok((FirstSpikes::of(samples), labels))
}

fn arrays(file: &Path, bytes: &[u8], lines: u32, tick: Option<Time>) -> Result<Labelled, Fault> {
    let files = members(bytes).map_err(|why| fault(file, "", why, "an .npz file of NumPy"))?;
    let find = |name: &str| -> Result<Array, Fault> {
        let content = files.iter().find(|(known, _)| known == name).map(|(_, content)| content);
        let missing = || {
            fault(
                file,
                "",
                format!("there is no array `{name}`"),
                "arrays `times`, `lines`, `ends` and `labels`",
            )
        };
        let array = decode(content.ok_or_else(missing)?);
        array.map_err(|why| fault(file, &format!("array `{name}`"), why, "an array of numbers"))
    };
    let integers = |name: &str| -> Result<Vec<i64>, Fault> {
        let place = format!("array `{name}`");
        whole(find(name)?.values)
            .ok_or_else(|| fault(file, &place, "the values are real numbers".into(), "integers"))
    };
    let (times, of, ends, labels) =
        (find("times")?.values, integers("lines")?, integers("ends")?, integers("labels")?);
    let same = |name: &str, found: usize, wanted: usize, as_in: &str| {
        let what = format!("there are {found} values");
        let fault = || fault(file, &format!("array `{name}`"), what, format!("{wanted}, as in `{as_in}`"));
        if found == wanted { Ok(()) } else { Err(fault()) }
    };
    same("lines", of.len(), times.len(), "times")?;
    same("labels", labels.len(), ends.len(), "ends")?;
    if let Some(last) = ends.last()
        && *last != times.len() as i64
    {
        let what = format!("the last value is {last}");
        return Err(fault(file, "array `ends`", what, format!("{}, the number of all spikes", times.len())));
    }
    let meaning = Meaning { file, places: ["array `times`", "array `lines`"], lines, tick };
    meaning.known(&times)?;
    let (mut samples, mut start) = (Vec::with_capacity(ends.len()), 0);
    for (number, &end) in ends.iter().enumerate() {
        let end = usize::try_from(end).ok().filter(|&end| end >= start && end <= times.len());
        let end = end.ok_or_else(|| {
            fault(
                file,
                "array `ends`",
                format!("value {number} is {}", ends[number]),
                format!("{start} to {}", times.len()),
            )
        })?;
        let spike = |k: usize| meaning.spike((&times, &of), k, number);
        samples.push((start..end).map(spike).collect::<Result<_, Fault>>()?);
        start = end;
    }
    Ok((FirstSpikes::of(samples), labels))
}
