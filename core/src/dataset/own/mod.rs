//! Data of one's own: samples and classes from files of many forms.
//!
//! Each form reads a `Part` (shape, samples, classes) from what a scenario names as `train` and as `test`; what is the same for
//! all is here: the range of values, the number of classes, the share that is drawn for the test, and what is wrong with them.

mod archive;
mod arrays;
mod csv;
mod folders;
#[cfg(feature = "hdf5")]
mod hdf5;
mod pattern;
#[cfg(feature = "png")]
mod pictures;
mod recordings;
mod sounds;
mod spikes;

pub use pattern::{Among, Pattern, Rule};
pub(super) use sounds::recordings_of;

use super::{Dataset, Fault, Faults, Holds, Identity, Sound, Split, Targets};
use crate::encoding::FirstSpikes;
use crate::hint::many;
use crate::hint::shape as shown;
use crate::random::{self, Purpose};
use crate::record::array::Values;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What was taken for what is a matrix of classes by classes, in memory and in the summary: four million numbers.
pub const MAX_CLASSES: usize = 2048;

/// How the samples are kept in files, and what else they are found by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// An `.npz` of NumPy with one array of samples and one of classes.
    Npz {
        /// Name of the array of samples.
        x: String,
        /// Name of the array of classes.
        y: String,
    },
    /// An `.npy` of samples, and another of classes.
    Npy {
        /// The classes of the training samples.
        train_labels: String,
        /// Those of the test samples, where these have a file of their own.
        test_labels: Option<String>,
    },
    /// An IDX file of samples, and another of classes; plain or `.gz`.
    Idx {
        /// As of `Npy`.
        train_labels: String,
        /// As of `Npy`.
        test_labels: Option<String>,
    },
    /// A table with a header, a sample in each row.
    Csv {
        /// The column with the class; with targets, the columns of these with commas between them.
        label: String,
    },
    /// A folder of PNG files for each class.
    Png,
    /// A folder of recordings of event cameras for each class.
    Recordings {
        /// Whether times count from the first event of a recording.
        from_first: bool,
    },
    /// A folder, or a `.tar.gz`, of WAV files.
    Sound {
        /// How they are called.
        files: Pattern,
        /// Samples a second; `None`: as the first of them.
        sample_rate: Option<u32>,
    },
    /// Spikes as a table, as arrays, or in HDF5.
    Spikes {
        /// How many lines there are.
        lines: u32,
        /// What 1 is of the times of arrays.
        tick: Option<Time>,
    },
}

/// Where the test samples come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// A file, or a folder, of their own.
    Of(String),
    /// This share of the samples, drawn by the seed.
    Share(f64),
    /// The samples whose files are called so.
    Where(Rule),
}

/// The directory that names of files start at. Where it is makes no other data.
#[derive(Clone, Debug, Default)]
pub struct Base(pub PathBuf);

impl PartialEq for Base {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What is said of data of one's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Described {
    /// How the files are read.
    pub form: Form,
    /// File or folder of the training samples.
    pub train: String,
    /// Where the test samples come from.
    pub test: Test,
    /// What is 0 and what is 1 of the values as they are written; `None`: 0 and 255 of bytes, 0 and 1 of real numbers.
    pub range: Option<[f64; 2]>,
    /// Number of classes; `None`: as many as there are.
    pub classes: Option<u32>,
    /// Whether numbers are wanted of the samples, which stand where the classes would: then there are none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub targets: bool,
    /// What the data set is called.
    pub name: String,
    /// Which of its versions it is.
    pub version: String,
    /// Where names of files start.
    #[serde(skip)]
    pub base: Base,
}

/// Data of one's own, which have been read once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Own {
    /// What is said of them.
    pub described: Described,
    /// What they are made of.
    pub holds: Holds,
    /// Which data they are.
    pub identity: Identity,
    /// The least and the largest of all targets, where samples have some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<[f64; 2]>,
}

/// Samples of one file or folder, with their classes.
pub(super) struct Part {
    shape: Vec<usize>,
    samples: Read,
    labels: Vec<i64>,
    /// In place of classes.
    targets: Option<Targets>,
    /// The file with the samples, and that with the classes.
    files: [PathBuf; 2],
    /// Where in them they stand, in words: "array `x`"; empty: they are all there is.
    places: [String; 2],
    /// Of folders, the names of the classes.
    names: Vec<String>,
    /// The samples that a rule has for the test.
    tested: Vec<u32>,
}

enum Read {
    Values(Values),
    Events(FirstSpikes),
    Sound(Sound),
}

/// A fault in a file.
fn fault(file: &Path, place: &str, what: String, allowed: impl Into<String>) -> Fault {
    Fault::Own { file: file.into(), place: place.into(), what, allowed: allowed.into(), hint: None }
}

fn hinted(fault: Fault, say: &str) -> Fault {
    match fault {
        Fault::Own { file, place, what, allowed, .. } => {
            Fault::Own { file, place, what, allowed, hint: Some(say.into()) }
        }
        other => other,
    }
}

impl Described {
    fn path(&self, name: &str) -> PathBuf {
        self.base.0.join(name)
    }

    /// Reads the data and divides them.
    ///
    /// # Errors
    /// Everything that is wrong with the files.
    pub fn read(&self, seed: u64) -> Result<(Dataset, Identity), Faults> {
        let mut faults = Vec::new();
        let mut part = |name: &str, labels: Option<&str>| {
            let read = self.part(&self.path(name), labels.map(|labels| self.path(labels)).as_deref());
            read.map_err(|found| faults.extend(found.0)).ok()
        };
        let (of_train, of_test) = match &self.form {
            Form::Npy { train_labels, test_labels } | Form::Idx { train_labels, test_labels } => {
                (Some(train_labels.as_str()), test_labels.as_deref())
            }
            _ => (None, None),
        };
        let train = part(&self.train, of_train);
        let test = match &self.test {
            Test::Of(name) => part(name, of_test).map(Some),
            Test::Share(_) | Test::Where(_) => Some(None),
        };
        let (Some(train), Some(mut test)) = (train, test) else { return Err(Faults(faults)) };
        if let Some(test) = &mut test {
            fit(&train, test)?;
        }
        let classes = self.counted(&train, test.as_ref())?;
        let (shape, tested) = (train.shape.clone(), train.tested.clone());
        let train = self.split(train)?;
        let test = test.map_or(Ok(Split::default()), |test| self.split(test))?;
        let (name, version) = (self.name.clone(), self.version.clone());
        let whole = Dataset { name, version, shape, classes, train, test };
        let identity = whole.identity();
        let set = self.divided(whole, tested, seed)?;
        self.every_class(&set)?;
        let identity = Identity { train: set.train.len(), test: set.test.len(), ..identity };
        Ok((set, identity))
    }

    fn part(&self, samples: &Path, labels: Option<&Path>) -> Result<Part, Faults> {
        match &self.form {
            Form::Npz { x, y } => arrays::npz(samples, (x, y), self.targets),
            Form::Npy { .. } => arrays::npy(samples, labels, self.targets),
            Form::Idx { .. } => arrays::idx(samples, labels, self.targets),
            Form::Csv { label } => csv::read(samples, label, self.targets),
            Form::Recordings { from_first } => recordings::read(samples, *from_first),
            Form::Sound { files, sample_rate } => {
                let rule = if let Test::Where(rule) = &self.test { Some(rule) } else { None };
                sounds::read(samples, (files, rule), *sample_rate)
            }
            Form::Spikes { lines, tick } => spikes::read(samples, *lines, *tick),
            #[cfg(feature = "png")]
            Form::Png => pictures::read(samples),
            #[cfg(not(feature = "png"))]
            Form::Png => Err(hinted(
                fault(samples, "", "pictures are PNG files".into(), "another form: this build reads none"),
                "build memspike with the feature `png`",
            )
            .into()),
        }
    }

    /// The number of classes; that labels are among them is checked.
    fn counted(&self, train: &Part, test: Option<&Part>) -> Result<usize, Faults> {
        if self.targets {
            return Ok(1);
        }
        let parts = || std::iter::once(train).chain(test);
        let largest = parts().flat_map(|part| part.labels.iter().copied()).max().unwrap_or(0);
        let named = i64::try_from(train.names.len()).unwrap_or(i64::MAX);
        let there_are = largest.saturating_add(1).max(named);
        let classes = self.classes.map_or(there_are.clamp(1, MAX_CLASSES as i64), i64::from);
        let mut faults = Vec::new();
        for part in parts() {
            let wrong = |label: &i64| !(0..classes).contains(label);
            let Some(index) = part.labels.iter().position(wrong) else { continue };
            let more = part.labels.iter().filter(|label| wrong(label)).count() - 1;
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            let what = format!("the class of sample {index} is {}{more}", part.labels[index]);
            let found = fault(&part.files[1], &part.places[1], what, format!("0 to {}", classes - 1));
            faults.push(match self.classes {
                Some(_) => hinted(found, "`classes` of the data says how many there are"),
                None => {
                    hinted(found, &format!("classes are counted from 0, and there are at most {MAX_CLASSES}"))
                }
            });
        }
        if faults.is_empty() { Ok(classes as usize) } else { Err(Faults(faults)) }
    }

    /// The samples of a part, brought to 0 to 1.
    fn split(&self, part: Part) -> Result<Split, Faults> {
        let size: usize = part.shape.iter().product();
        let labels: Vec<u16> = part.labels.iter().map(|&label| label as u16).collect();
        let (file, place) = (part.files[0].as_path(), part.places[0].as_str());
        let made = match part.samples {
            Read::Events(events) => Split::events(events, labels, size),
            Read::Sound(sound) => Split::sound(sound, labels),
            Read::Values(Values::Bytes(bytes)) if self.range.is_none_or(|range| range == [0.0, 255.0]) => {
                Split::new(bytes, labels, size)
            }
            Read::Values(values) => {
                if matches!(values, Values::Integers(_)) && self.range.is_none() {
                    let found = fault(
                        file,
                        place,
                        format!("the values are {}", values.kind()),
                        "bytes or real numbers",
                    );
                    return Err(hinted(found, "`low` and `high` of the data say which integer is 0 and which is 1: low = 0, high = 255").into());
                }
                Split::real(&self.scaled(&values, size, (file, place))?, labels, size)
            }
        };
        let made = match part.targets {
            Some(targets) => made.and_then(|split| split.with_targets(targets)),
            None => made,
        };
        // The readers have seen to it.
        Ok(made.unwrap_or_default())
    }

    fn scaled(&self, values: &Values, size: usize, (file, place): (&Path, &str)) -> Result<Vec<f64>, Faults> {
        let [low, high] = self.range.unwrap_or([0.0, 1.0]);
        let mut scaled = Vec::with_capacity(values.len());
        let inside = |value: f64| (low..=high).contains(&value);
        for k in 0..values.len() {
            let value = values.real(k).unwrap_or(f64::NAN);
            if !inside(value) {
                let more = (k + 1..values.len()).filter(|&k| !values.real(k).is_some_and(inside)).count();
                let more = if more > 0 { format!(", and {more} more") } else { String::new() };
                let what = format!(
                    "value {} of sample {} is {}{more}",
                    k % size,
                    k / size,
                    crate::hint::number(value)
                );
                let found = fault(
                    file,
                    place,
                    what,
                    format!("{} to {}", crate::hint::number(low), crate::hint::number(high)),
                );
                return Err(match value.is_finite() {
                    true => hinted(found, "`low` and `high` of the data say what is 0 and what is 1"),
                    false => hinted(found, "a sample has a number for each value"),
                }
                .into());
            }
            scaled.push((value - low) / (high - low));
        }
        Ok(scaled)
    }

    /// The test samples apart, where they are a share (those whose word of the seed is least) or `named` by a rule, in the order of the
    /// file.
    fn divided(&self, set: Dataset, named: Vec<u32>, seed: u64) -> Result<Dataset, Faults> {
        let count = set.train.len();
        let tested = match &self.test {
            Test::Of(_) => return Ok(set),
            Test::Share(share) => (share * count as f64).floor() as usize,
            Test::Where(_) => named.len(),
        };
        if tested == 0 || tested == count {
            let what = format!(
                "{} of {} would be the test set",
                many(tested as u64, "sample"),
                many(count as u64, "sample")
            );
            let test = if matches!(self.test, Test::Share(_)) { "share" } else { "rule" };
            let allowed = format!("a {test} that leaves samples to both");
            return Err(fault(&self.path(&self.train), "", what, allowed).into());
        }
        let mut order: Vec<u32> = (0..count as u32).collect();
        match self.test {
            Test::Share(_) => order.sort_by_cached_key(|&index| random::word(seed, Purpose::Split, index, 1)),
            _ => order.sort_by_key(|index| named.binary_search(index).is_err()),
        }
        let mut train = order.split_off(tested);
        order.sort_unstable();
        train.sort_unstable();
        Ok(Dataset { test: set.train.chosen(&order), train: set.train.chosen(&train), ..set })
    }

    /// A class without a sample to learn from cannot be learned, nor a target that is the same of all samples.
    fn every_class(&self, set: &Dataset) -> Result<(), Faults> {
        let variances = set.train.targets().map(Targets::variances).unwrap_or_default();
        if let Some(same) = variances.iter().position(|variance| *variance <= 0.0) {
            let what = format!("target {same} is the same of all training samples");
            return Err(fault(
                &self.path(&self.train),
                "",
                what,
                "targets that differ from sample to sample",
            )
            .into());
        }
        let mut counts = vec![0_usize; set.classes];
        set.train.labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
        let empty: Vec<String> =
            (0..set.classes).filter(|&class| counts[class] == 0).map(|class| class.to_string()).collect();
        if empty.is_empty() {
            return Ok(());
        }
        let (noun, verb) = if empty.len() == 1 { ("class", "has") } else { ("classes", "have") };
        let what = format!("{noun} {} {verb} no training sample", empty.join(", "));
        let found =
            fault(&self.path(&self.train), "", what, format!("samples of all {} classes", set.classes));
        Err(hinted(found, "classes are numbered from 0 without gaps").into())
    }
}

/// Whether training and test samples are of one kind; named classes of the test get the numbers they have in training.
fn fit(train: &Part, test: &mut Part) -> Result<(), Faults> {
    let at = (test.files[0].as_path(), test.places[0].as_str());
    if train.shape != test.shape {
        let what = format!("a sample is of {}", shown(&test.shape));
        let allowed = format!("{}, as in {}", shown(&train.shape), train.files[0].display());
        return Err(fault(at.0, at.1, what, allowed).into());
    }
    let each = |part: &Part| part.targets.as_ref().map(Targets::each);
    if let (Some(of_train), Some(of_test)) = (each(train), each(test))
        && of_train != of_test
    {
        let what = format!("a sample has {}", many(of_test as u64, "target"));
        let allowed = format!("{of_train}, as in {}", train.files[1].display());
        return Err(fault(&test.files[1], &test.places[1], what, allowed).into());
    }
    let mut numbers = Vec::new();
    for name in &test.names {
        let Some(number) = train.names.iter().position(|known| known == name) else {
            let what = format!("class `{name}` is none of the training samples");
            return Err(fault(at.0, at.1, what, format!("folders {}", train.names.join(", "))).into());
        };
        numbers.push(number as i64);
    }
    if !numbers.is_empty() {
        test.labels.iter_mut().for_each(|label| *label = numbers[*label as usize]);
    }
    Ok(())
}

impl Own {
    /// Reads the data for the first time.
    ///
    /// # Errors
    /// Everything that is wrong with the files.
    pub fn new(described: Described, seed: u64) -> Result<Self, Faults> {
        let (set, identity) = described.read(seed)?;
        let ends = |[low, high]: [f64; 2], &y: &f64| [low.min(y), high.max(y)];
        let all = set.train.targets().into_iter().chain(set.test.targets());
        let span = all.map(|targets| targets.values().iter().fold([f64::INFINITY, f64::NEG_INFINITY], ends));
        let span = span.reduce(|[a, b], [c, d]| [a.min(c), b.max(d)]);
        Ok(Self { described, holds: set.train.holds(), identity, span })
    }

    /// Reads them again; `seed` draws the share that is the test set.
    ///
    /// # Errors
    /// As [`Own::new`], and if they are others than before.
    pub fn open(&self, seed: u64) -> Result<Dataset, Faults> {
        let (set, identity) = self.described.read(seed)?;
        if identity != self.identity {
            let what = format!("the data have changed: their SHA-256 is {}", identity.sha256);
            let file = self.described.path(&self.described.train);
            return Err(fault(
                &file,
                "",
                what,
                format!("{}, as when the scenario was read", self.identity.sha256),
            )
            .into());
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests;
