//! `dataset` and `data` of a source: a data set that is known by name, or files of one's own, which are read with the scenario.

use super::data_plan::DataPlan;
use super::diagnostic::{At, Base as Where, Diagnostic};
use super::filled::Fields;
use super::section::Lower;
use super::spec::kinds::{COUNT, POSITIVE_SPAN, SHARE};
use super::spec::{Bounds, Choice, Key, Kind, words};
use super::table::table;
use crate::dataset::own::{Base, Described, Form, MAX_CLASSES, Own, Pattern, Rule, Test};
use crate::dataset::{Fault, Name};
use crate::time::Time;
use std::path::{Path, PathBuf};

const TRAIN: Key =
    Key::new("train", Kind::Text, "The training samples: a file, or a folder, beside the scenario.");
const TEST: Key = Key::new(
    "test",
    Kind::Text,
    "The test samples, in the same form; or the share of the training samples that is drawn for them by the seed: \"20 %\".",
);
const TRAIN_LABELS: Key = Key::new(
    "train_labels",
    Kind::Text,
    "The file with the classes, or the targets, of the training samples.",
);
const TEST_LABELS: Key =
    Key::new("test_labels", Kind::Text, "The file with the classes, or the targets, of the test samples.")
        .absent("a share of the training samples is tested");
const LOW: Key =
    Key::new("low", Kind::Number(Bounds::ANY), "The value, as it is written, that is 0.").absent("0");
const HIGH: Key = Key::new("high", Kind::Number(Bounds::ANY), "The value, as it is written, that is 1.")
    .absent("255 of bytes, 1 of real numbers; of integers it must be said");
const CLASSES: Key =
    Key::new("classes", Kind::Integer { min: 2, max: MAX_CLASSES as u64 }, "Number of classes.")
        .absent("the largest class that is found, and one");
const NAME: Key =
    Key::new("name", Kind::Text, "What the data set is called in reports.").absent("as its file");
const VERSION: Key = Key::new("version", Kind::Text, "Which of its versions it is.").absent("not stated");

/// What stands beside the samples.
const TARGETS: Key = Key::new(
    "targets",
    Kind::word::<Beside>(),
    "What is wanted of the samples: a class of each, or numbers, which layers with an exact gradient learn (regression).",
)
.setting("\"classes\"");

words! {
    /// What stands beside samples.
    #[derive(serde::Serialize, serde::Deserialize)]
    pub enum Beside {
        Classes = "classes": "a class of each, counted from 0",
        Values = "values": "real numbers, one for each neuron of the read-out",
    }
}

table! {
    /// Data of one's own.
    pub(super) enum Files by "kind", "How the files are read." {
        Npz = "npz": "an .npz of NumPy with an array of samples (any shape, bytes or numbers) and an array of classes" {
            train: String as TRAIN;
            test: String as TEST;
            /// The array of samples, one after the other along its first axis.
            x: String = Kind::Text, setting("\"x\"");
            /// The array of classes, counted from 0; or of targets, a row for each sample.
            y: String = Kind::Text, setting("\"y\"");
            low: Option<f64> as LOW;
            high: Option<f64> as HIGH;
            targets: Beside as TARGETS;
            classes: Option<u32> as CLASSES;
            name: Option<String> as NAME;
            version: Option<String> as VERSION;
        }
        Npy = "npy": "an .npy of samples and one of classes" {
            train: String as TRAIN;
            train_labels: String as TRAIN_LABELS;
            test: String as TEST;
            test_labels: Option<String> as TEST_LABELS;
            low: Option<f64> as LOW;
            high: Option<f64> as HIGH;
            targets: Beside as TARGETS;
            classes: Option<u32> as CLASSES;
            name: Option<String> as NAME;
            version: Option<String> as VERSION;
        }
        Idx = "idx": "an IDX file of samples (any shape and type) and one of classes, plain or .gz" {
            train: String as TRAIN;
            train_labels: String as TRAIN_LABELS;
            test: String as TEST;
            test_labels: Option<String> as TEST_LABELS;
            low: Option<f64> as LOW;
            high: Option<f64> as HIGH;
            targets: Beside as TARGETS;
            classes: Option<u32> as CLASSES;
            name: Option<String> as NAME;
            version: Option<String> as VERSION;
        }
        Csv = "csv": "a table with a header, a row for each sample, and a column for the class" {
            train: String as TRAIN;
            test: String as TEST;
            /// The column of the class, or those of the targets with commas between them ("x, y"); every other one is a value of the sample.
            label: String = Kind::Text, setting("\"label\"");
            low: Option<f64> as LOW;
            high: Option<f64> as HIGH;
            targets: Beside as TARGETS;
            classes: Option<u32> as CLASSES;
            name: Option<String> as NAME;
            version: Option<String> as VERSION;
        }
        Png = "png": "a folder of pictures of one size for each class; this takes the feature `png`" {
            train: String as TRAIN;
            test: String as TEST;
            name: Option<String> as NAME;
            version: Option<String> as VERSION;
        }
        Recordings = "recordings": "a folder of recordings of an event camera for each class: N-MNIST (.bin), EVT 2 and 3 (.raw), AEDAT 2.0, 3.1 and 4.0, Event Stream 2 (.es)" {
            train: String as TRAIN;
            test: String as TEST;
            /// Whether times count from the first event of each recording.
            from_first: bool = Kind::Flag, setting("false");
            name: Option<String> as NAME;
            version: Option<String> as VERSION;
        }
        Sound = "sound": "WAV files of one channel and one rate, in a folder or a .tar.gz: integers of 8, 16, 24 or 32 bits, or floating-point numbers of 32 bits" {
            train: String as TRAIN;
            test: String as TEST;
            /// How the files are called: parts in braces, of which `{class}` is the class. A rule about a part, `test = "index = 0 to 4"` or `test = "speaker = theo, lucas"`, says which are tested.
            files: String = Kind::Text, setting("\"{class}/{file}.wav\"");
            /// Samples a second that every file must have.
            sample_rate: Option<u32> = COUNT, absent("as the first file");
            name: Option<String> as NAME;
            version: Option<String> as VERSION;
        }
        Spikes = "spikes": "spikes of lines: a table with `sample`, `label`, `time [ms]` and `line`, an .npz with `times`, `lines`, `ends` and `labels`, or HDF5 with `/spikes/times`, `/spikes/units` and `/labels`, as SHD and SSC are (this takes the feature `hdf5`)" {
            train: String as TRAIN;
            test: String as TEST;
            /// How many lines there are.
            lines: u32 = COUNT;
            /// What 1 is of the times of an .npz or in HDF5.
            tick: Option<Time> = POSITIVE_SPAN, absent("1 s");
            classes: Option<u32> as CLASSES;
            name: Option<String> as NAME;
            version: Option<String> as VERSION;
        }
    }
}

/// The data sets that are shipped; a scenario may name others that its registry has.
pub(super) const DATASETS: [Choice; Name::ALL.len()] = {
    let mut choices = [Choice { name: "", doc: "" }; Name::ALL.len()];
    let mut k = 0;
    while k < choices.len() {
        choices[k] = Choice { name: Name::ALL[k].word(), doc: Name::ALL[k].known().about };
        k += 1;
    }
    choices
};

/// What keys of every form say.
struct Common {
    train: String,
    test: String,
    range: (Option<f64>, Option<f64>),
    targets: Beside,
    classes: Option<u32>,
    name: Option<String>,
    version: Option<String>,
}

impl Files {
    fn parts(self) -> (Form, Common) {
        match self {
            Self::Npz { train, test, x, y, low, high, targets, classes, name, version } => (
                Form::Npz { x, y },
                Common { train, test, range: (low, high), targets, classes, name, version },
            ),
            Self::Npy {
                train,
                train_labels,
                test,
                test_labels,
                low,
                high,
                targets,
                classes,
                name,
                version,
            } => (
                Form::Npy { train_labels, test_labels },
                Common { train, test, range: (low, high), targets, classes, name, version },
            ),
            Self::Idx {
                train,
                train_labels,
                test,
                test_labels,
                low,
                high,
                targets,
                classes,
                name,
                version,
            } => (
                Form::Idx { train_labels, test_labels },
                Common { train, test, range: (low, high), targets, classes, name, version },
            ),
            Self::Csv { train, test, label, low, high, targets, classes, name, version } => (
                Form::Csv { label },
                Common { train, test, range: (low, high), targets, classes, name, version },
            ),
            Self::Recordings { train, test, from_first, name, version } => (
                Form::Recordings { from_first },
                Common {
                    train,
                    test,
                    range: (None, None),
                    targets: Beside::Classes,
                    classes: None,
                    name,
                    version,
                },
            ),
            Self::Sound { train, test, files, sample_rate, name, version } => (
                Form::Sound { files: Pattern(files), sample_rate },
                Common {
                    train,
                    test,
                    range: (None, None),
                    targets: Beside::Classes,
                    classes: None,
                    name,
                    version,
                },
            ),
            Self::Spikes { train, test, lines, tick, classes, name, version } => (
                Form::Spikes { lines, tick },
                Common { train, test, range: (None, None), targets: Beside::Classes, classes, name, version },
            ),
            Self::Png { train, test, name, version } => (
                Form::Png,
                Common {
                    train,
                    test,
                    range: (None, None),
                    targets: Beside::Classes,
                    classes: None,
                    name,
                    version,
                },
            ),
        }
    }
}

impl Lower<'_> {
    /// What a source shows, if it shows samples; files are read once, and what is wrong with them is reported once.
    pub(super) fn data(&mut self, source: &Fields) -> Option<DataPlan> {
        if let Some(known) = self.data.get(&source.path) {
            return known.clone();
        }
        let found = self.find_data(source);
        self.data.insert(source.path.clone(), found.clone());
        found
    }

    fn find_data(&mut self, source: &Fields) -> Option<DataPlan> {
        match (source.word("dataset"), source.table("data")) {
            (Some(word), None) => self.registry.find_dataset(word).map(DataPlan::Named),
            (None, Some(fields)) => {
                let own = self.own_data(fields)?;
                Some(DataPlan::Own(Box::new(own)))
            }
            _ => {
                self.one_of(source, "dataset", "data");
                None
            }
        }
    }

    fn own_data(&mut self, fields: &Fields) -> Option<Own> {
        let (form, common) = self.made::<Files>(fields)?.parts();
        let written = fields.written("train").or(fields.at.as_ref())?.clone();
        let base = match &written.source.base {
            Where::Directory(directory) => directory.clone(),
            Where::Shipped(_) => PathBuf::new(),
        };
        let test = self.tested(fields, &form, common.test)?;
        let labels = fields.written("test_labels");
        let of_its_own = matches!(test, Test::Of(_));
        let alone = |form: &Form| match form {
            Form::Npy { test_labels, .. } | Form::Idx { test_labels, .. } => test_labels.is_none(),
            _ => false,
        };
        if labels.is_some() != of_its_own && (labels.is_some() || alone(&form)) {
            let what = if labels.is_some() {
                "there is no file of test samples for `test_labels`"
            } else {
                "the test samples have no `test_labels`"
            };
            self.faults.push(
                Diagnostic::error(what).maybe_at(labels.or(fields.place("test"))).allowed(
                    "both `test` and `test_labels` as files, or a share such as test = \"20 %\" alone",
                ),
            );
            return None;
        }
        let range = self.range(fields, common.range)?;
        if let (Beside::Values, Some(at)) =
            (common.targets, fields.if_there("classes").and(fields.written("classes")))
        {
            self.faults.push(
                Diagnostic::error(format!("`classes` of {} has no effect", fields.what))
                    .at(at)
                    .also(fields.written("targets"), "samples have numbers, and no classes")
                    .allowed("targets = \"values\" without `classes`"),
            );
            return None;
        }
        let stem = || Path::new(&common.train).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let described = Described {
            name: common.name.or_else(stem).unwrap_or_else(|| "own data".into()),
            form,
            train: common.train.clone(),
            test,
            range,
            classes: common.classes,
            targets: common.targets == Beside::Values,
            version: common.version.unwrap_or_else(|| "not stated".into()),
            base: Base(base),
        };
        let seed = self.filled.one("scenario").and_then(|about| about.integer("seed")).unwrap_or_default();
        match Own::new(described, seed) {
            Ok(own) => Some(own),
            Err(faults) => {
                for fault in &faults.0 {
                    self.faults.push(told(fault, fields, &written));
                }
                None
            }
        }
    }

    /// A file, a share of the training samples, or of files with parts a rule about one of them.
    fn tested(&mut self, fields: &Fields, form: &Form, text: String) -> Option<Test> {
        if let Form::Sound { files, .. } = form {
            if let Some(wrong) = files.fault() {
                self.faults.push(
                    Diagnostic::error(format!("`files` of {} is \"{}\": {wrong}", fields.what, files.0))
                        .maybe_at(fields.place("files"))
                        .allowed("text and parts such as \"{class}_{speaker}_{index}.wav\""),
                );
                return None;
            }
            if text.contains('=') {
                let rule = Rule::parse(&text).filter(|rule| files.parts().contains(&rule.part.as_str()));
                if rule.is_none() {
                    let parts = files.parts().join(", ");
                    self.faults.push(
                        Diagnostic::error(format!("`test` of {} is \"{text}\"", fields.what))
                            .maybe_at(fields.place("test"))
                            .also(fields.written("files"), "the parts are named here")
                            .allowed(format!(
                                "\"PART = 0 to 4\" or \"PART = a, b\", with PART one of {parts}"
                            )),
                    );
                }
                return rule.map(Test::Where);
            }
        }
        let Some(number) = text.strip_suffix('%') else { return Some(Test::Of(text)) };
        let share = number.trim().parse::<f64>().ok().map(|percent| percent / 100.0);
        let Kind::Number(bounds) = SHARE else { return None };
        match share.filter(|&share| bounds.contains(share) && share > 0.0 && share < 1.0) {
            Some(share) => Some(Test::Share(share)),
            None => {
                self.faults.push(
                    Diagnostic::error(format!("`test` of {} is \"{text}\"", fields.what))
                        .maybe_at(fields.place("test"))
                        .allowed("a file, or a percentage above 0 % and below 100 %, such as \"20 %\""),
                );
                None
            }
        }
    }

    #[expect(clippy::option_option, reason = "`None`: faulty, and reported")]
    fn range(&mut self, fields: &Fields, range: (Option<f64>, Option<f64>)) -> Option<Option<[f64; 2]>> {
        let (low, high) = match range {
            (None, None) => return Some(None),
            (low, Some(high)) => (low.unwrap_or(0.0), high),
            (Some(low), None) => (low, f64::NAN),
        };
        if low < high {
            return Some(Some([low, high]));
        }
        let what = if high.is_nan() {
            "no `high`".to_string()
        } else {
            format!("`high`, which is {}, not above it", crate::hint::number(high))
        };
        self.faults.push(
            Diagnostic::error(format!(
                "`low` of {} is {}, and there is {what}",
                fields.what,
                crate::hint::number(low)
            ))
            .maybe_at(fields.written("high").or(fields.place("low")))
            .allowed("`low` below `high`, such as low = 0, high = 255"),
        );
        None
    }
}

/// A fault of a file at the place that names it.
fn told(fault: &Fault, fields: &Fields, at: &At) -> Diagnostic {
    let message = fault.to_string();
    let (what, allowed) = message.split_once("; expected ").unwrap_or((&message, ""));
    let said = Diagnostic::error(what.to_string()).at(fields.at.as_ref().unwrap_or(at));
    let said = if allowed.is_empty() { said } else { said.allowed(allowed.to_string()) };
    said.maybe_hint(fault.hint())
}
