//! Small data sets of the form of MNIST and of spoken digits, and runs of plans with everything around them.

#![allow(dead_code, reason = "every test file uses its own part of this")]

use memspike::dataset::Search;
use memspike::engine::{Observer, Record, Threads};
use memspike::scenario::load;
use memspike::scenario::outcome::{Outcome, Status};
use memspike::scenario::plan::Plan;
use memspike::scenario::progress::Progress;
use memspike::scenario::protocol::unsupervised::UnsupervisedResult;
use memspike::scenario::run::context::{Engine, RunContext, RunError, Store, WriteSnapshot};
use memspike::scenario::run::given::GivenWeights;
use memspike::scenario::run::run;
use memspike::snapshot::{SnapshotError, Source};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// SplitMix64.
pub fn word(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

pub fn idx(folder: &Path, name: &str, dimensions: &[u32], content: &[u8]) {
    let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
    dimensions.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend_from_slice(content);
    std::fs::write(folder.join(name), bytes).unwrap();
}

/// Writes images and labels as the four files of MNIST.
pub fn write_set(folder: &Path, train: &[([u8; 784], u8)], test: &[([u8; 784], u8)]) {
    for (prefix, split) in [("train", train), ("t10k", test)] {
        let images: Vec<u8> = split.iter().flat_map(|sample| sample.0).collect();
        let labels: Vec<u8> = split.iter().map(|sample| sample.1).collect();
        let count = split.len() as u32;
        idx(folder, &format!("{prefix}-images-idx3-ubyte"), &[count, 28, 28], &images);
        idx(folder, &format!("{prefix}-labels-idx1-ubyte"), &[count], &labels);
    }
}

/// `count` noisy copies of ten random patterns.
pub fn patterns(count: usize, noise: u64) -> Vec<([u8; 784], u8)> {
    let mut state = noise;
    (0..count)
        .map(|index| {
            let label = (index * 7 % 10) as u8;
            let mut pattern = u64::from(label) + 1000;
            let mut image = [0; 784];
            for pixel in &mut image {
                let lit = word(&mut pattern) % 100 < 12;
                let flipped = word(&mut state) % 100 < 8;
                if lit != flipped {
                    *pixel = (word(&mut state) % 200 + 56) as u8;
                }
            }
            (image, label)
        })
        .collect()
}

/// A folder with such patterns, to be found as MNIST.
/// Eight recordings of each digit, as the Free Spoken Digit Dataset names them: tones of 100 ms at 8 kHz that rise from a pitch which tells
/// the digit.
pub fn write_sounds(folder: &Path) {
    let folder = folder.join("fsdd/recordings");
    std::fs::create_dir_all(&folder).unwrap();
    for (digit, index) in (0..10_u32).flat_map(|digit| (0..8_u32).map(move |index| (digit, index))) {
        let mut state = u64::from(100 * digit + index);
        let sample = |k: u32| {
            let (t, f) = (f64::from(k) / 8e3, 300.0 * f64::from(1 + digit));
            let noise = (word(&mut state) % 1000) as f64 - 500.0;
            // A triangle: the same on every platform.
            (8e3 * (4.0 * (((f + 1e3 * t) * t).fract() - 0.5).abs() - 1.0) + noise) as i16
        };
        let samples: Vec<u8> = (0..800).map(sample).flat_map(i16::to_le_bytes).collect();
        let size = samples.len() as u32;
        let mut bytes = b"RIFF".to_vec();
        bytes.extend((36 + size).to_le_bytes());
        bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
        bytes.extend([8_000_u32, 16_000].map(u32::to_le_bytes).concat());
        bytes.extend(b"\x02\0\x10\0data");
        bytes.extend(size.to_le_bytes());
        bytes.extend(samples);
        std::fs::write(folder.join(format!("{digit}_nobody_{index}.wav")), bytes).unwrap();
    }
}

pub fn folder(train: usize, test: usize) -> (tempfile::TempDir, Search) {
    let folder = tempfile::tempdir().unwrap();
    write_set(folder.path(), &patterns(train, 1), &patterns(test, 2));
    write_sounds(folder.path());
    let search = Search { explicit: Some(folder.path().to_path_buf()), ..Search::default() };
    (folder, search)
}

/// A few such patterns, found as MNIST by every test that asks: to draw the digits for each of thousands of runs takes longer than
/// the runs.
pub fn few_patterns() -> &'static Search {
    static FEW: OnceLock<(tempfile::TempDir, Search)> = OnceLock::new();
    &FEW.get_or_init(|| folder(24, 20)).1
}

pub fn plan(name: &str, overrides: &[&str]) -> Plan {
    let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_string()).collect();
    match load(name, &overrides, None) {
        Ok(loaded) => loaded.plan,
        Err(faults) => panic!("{name}: {faults}"),
    }
}

/// Keeps every checkpoint.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub from: Option<Vec<u8>>,
    pub saved: Vec<Vec<u8>>,
    /// Whether a checkpoint is made wherever one can be made.
    pub often: bool,
}

impl Store for Kept {
    fn load(&mut self) -> Result<Option<Source<'_>>, SnapshotError> {
        Ok(self.from.as_ref().map(|bytes| Source::new(&bytes[..], bytes.len() as u64)))
    }

    fn save(&mut self, write: &mut WriteSnapshot<'_>) -> Result<(), String> {
        let mut bytes = Vec::new();
        write(&mut bytes).map_err(|error| error.to_string())?;
        self.saved.push(bytes);
        Ok(())
    }

    fn due(&self) -> bool {
        self.often
    }
}

impl Kept {
    /// Goes on from a checkpoint.
    pub fn from(checkpoint: &[u8]) -> Self {
        Self { from: Some(checkpoint.to_vec()), ..Self::default() }
    }
}

/// Sets the stop flag once a phase has advanced so far, the `nth` time it runs.
#[derive(Clone, Debug, Default)]
pub struct Stopper {
    pub flag: Arc<AtomicBool>,
    /// Phase, how often it began before, steps.
    pub at: Option<(&'static str, usize, u64)>,
    phase: String,
    begun: std::collections::BTreeMap<String, usize>,
    advanced: u64,
}

impl Stopper {
    pub fn at(phase: &'static str, nth: usize, steps: u64) -> Self {
        Self { at: Some((phase, nth, steps)), ..Self::default() }
    }

    fn look(&mut self) {
        if let Some((phase, nth, steps)) = self.at
            && phase == self.phase
            && self.begun[phase] == nth + 1
            && self.advanced >= steps
        {
            self.flag.store(true, Ordering::Relaxed);
        }
    }
}

impl Progress for Stopper {
    fn phase(&mut self, name: &str, _: u64) {
        self.phase = name.to_string();
        *self.begun.entry(name.to_string()).or_default() += 1;
        self.advanced = 0;
        self.look();
    }

    fn advance(&mut self, by: u64) {
        self.advanced += by;
        self.look();
    }

    fn message(&mut self, _: &str) {}
    fn line(&mut self, _: &str) {}
    fn done(&mut self) {}
}

/// Remembers episodes and records.
#[derive(Debug, Default)]
pub struct Watcher {
    /// Whether it wants to be told of every change of a weight.
    pub changes: bool,
    pub episodes: Vec<(u64, String)>,
    pub records: Vec<(u64, Record)>,
}

/// Times of the spikes of every line or neuron in seconds, presentation by presentation.
pub type Trains = Vec<Vec<Vec<f64>>>;

impl Watcher {
    /// What arrived at each of `rows` and what each of `neurons` fired in the presentations of training, and how many
    /// spikes that were.
    pub fn trains(&self, rows: usize, neurons: usize) -> (Trains, Trains, usize) {
        let training: Vec<u64> =
            self.episodes.iter().filter(|(_, what)| what == "training").map(|(number, _)| *number).collect();
        let mut pre = vec![vec![vec![]; rows]; training.len()];
        let mut post = vec![vec![vec![]; neurons]; training.len()];
        let mut spikes = 0;
        for (episode, record) in &self.records {
            let Some(at) = training.iter().position(|number| number == episode) else { continue };
            match record {
                Record::Arrival { time, row, .. } => pre[at][*row as usize].push(time.as_seconds()),
                Record::Spike(spike) => {
                    post[at][spike.neuron as usize].push(spike.time.as_seconds());
                    spikes += 1;
                }
                _ => {}
            }
        }
        (pre, post, spikes)
    }
}

impl Observer for Watcher {
    fn wants_changes(&self) -> bool {
        self.changes
    }

    fn begin(&mut self, episode: u64, what: &str) {
        self.episodes.push((episode, what.to_string()));
    }

    fn record(&mut self, episode: u64, record: &Record) {
        self.records.push((episode, record.clone()));
    }
}

/// How a plan is run.
pub struct Way<'a> {
    pub engine: Engine,
    pub threads: usize,
    pub search: &'a Search,
    pub stopper: Stopper,
    pub watcher: Option<&'a mut Watcher>,
    pub given: Option<GivenWeights>,
}

impl<'a> Way<'a> {
    pub fn new(search: &'a Search) -> Self {
        Self {
            engine: Engine::Fast,
            threads: 1,
            search,
            stopper: Stopper::default(),
            watcher: None,
            given: None,
        }
    }

    pub fn run(self, plan: &Plan, store: &mut Kept) -> Result<Outcome, RunError> {
        let Self { engine, threads, search, mut stopper, watcher, given } = self;
        let flag = Arc::clone(&stopper.flag);
        run(
            plan,
            &mut RunContext {
                memory: None,
                threads: Threads::new(threads).unwrap(),
                engine,
                search,
                stop: &flag,
                clock: &|| (0.0, 0.0),
                progress: &mut stopper,
                observer: watcher.map(|watcher| watcher as &mut dyn Observer),
                store,
                given,
            },
        )
    }
}

/// An uninterrupted run and its checkpoints.
pub fn whole(plan: &Plan, way: Way<'_>) -> (Outcome, Kept) {
    let mut kept = Kept::default();
    let outcome = way.run(plan, &mut kept).unwrap();
    assert_eq!(outcome.status, Status::Done);
    (outcome, kept)
}

/// A run that is stopped there, and what it kept; what goes on from that has the essence `want`.
pub fn stopped(plan: &Plan, search: &Search, stopper: Stopper, want: &Outcome) -> (Outcome, Kept) {
    let mut kept = Kept::default();
    let what = format!("{:?}", stopper.at);
    let outcome = Way { stopper, threads: 2, ..Way::new(search) }.run(plan, &mut kept).unwrap();
    assert_eq!(outcome.status, Status::Interrupted, "{what}");
    let mut again = Kept { from: kept.saved.last().cloned(), ..Kept::default() };
    let resumed = Way::new(search).run(plan, &mut again).unwrap();
    assert_eq!(essence(&resumed), essence(want), "{what}");
    (outcome, kept)
}

/// A run that keeps a checkpoint wherever it can ends as one that does not, and so does what goes on from each `step`-th of
/// them.
pub fn cut_everywhere(plan: &Plan, search: &Search, step: usize) {
    let (want, few) = whole(plan, Way::new(search));
    let mut kept = Kept { often: true, ..Kept::default() };
    let outcome = Way { threads: 2, ..Way::new(search) }.run(plan, &mut kept).unwrap();
    assert_eq!(essence(&outcome), essence(&want));
    assert!(kept.saved.len() > few.saved.len() + 1, "{}", kept.saved.len());
    for (index, bytes) in kept.saved.iter().enumerate().step_by(step) {
        let engine = if index % 2 == 0 { Engine::Fast } else { Engine::Reference };
        let mut from = Kept { from: Some(bytes.clone()), often: index % 3 == 0, ..Kept::default() };
        let way = Way { engine, threads: 1 + index % 2, ..Way::new(search) };
        let resumed = way.run(plan, &mut from).unwrap();
        assert_eq!(essence(&resumed), essence(&want), "checkpoint {index} of {}", kept.saved.len());
    }
}

/// A checkpoint of a run, from which the same with another seed does not go on.
pub fn checkpoint(plan: &Plan, search: &Search) -> Vec<u8> {
    let bytes = whole(plan, Way::new(search)).1.saved.swap_remove(0);
    let other = Plan { seed: plan.seed + 1, ..plan.clone() };
    let refused = refused(&other, search, &bytes);
    assert!(matches!(refused, RunError::OtherRun { what: "seed", .. }));
    let (found, expected) = (plan.seed, other.seed);
    assert_eq!(
        refused.to_string(),
        format!(
            "the checkpoint belongs to another run: its seed is {found}, and that of this run {expected}"
        )
    );
    bytes
}

/// Why a run does not go on from a checkpoint.
pub fn refused(plan: &Plan, search: &Search, checkpoint: &[u8]) -> RunError {
    Way::new(search).run(plan, &mut Kept::from(checkpoint)).unwrap_err()
}

/// Everything in an outcome that must not depend on how a run was carried out.
pub fn essence(outcome: &Outcome) -> Outcome {
    let mut essence = outcome.clone();
    essence.phases.clear();
    essence
}

/// What learning without labels came to.
pub fn learned(outcome: &Outcome) -> &UnsupervisedResult {
    outcome.found.get::<UnsupervisedResult>().unwrap()
}

/// Bits of all arrays.
pub fn array_bits(outcome: &Outcome) -> Vec<(String, Vec<u64>)> {
    outcome.arrays.iter().map(|a| (a.name.clone(), a.data.iter().map(|x| x.to_bits()).collect())).collect()
}
