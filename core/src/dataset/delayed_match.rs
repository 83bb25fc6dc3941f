//! Delayed match to sample: is what is shown now what was shown before? A task that needs memory, in a data set that needs no files.
//!
//! A trial is a first pattern of spikes, a silence, and a second pattern; it is of class 1 if both are the same, else of class 0 (the
//! task of Miller, Erickson & Desimone, "Neural mechanisms of visual working memory in prefrontal cortex of the macaque",
//! J. Neurosci. 16:5154, 1996). There are [`PATTERNS`] patterns. In each of them every one of [`LINES`] lines spikes once, at a time
//! uniform in [`PATTERN`] ms, which belongs to the pattern; so a trial has two spikes on every line, and counts tell nothing.
//! With the onsets 0 and [`PATTERN`] + [`SILENCE`] ms, pattern a, then pattern b spike at
//!
//! t_1 = t(a, line) + e,  t_2 = [`PATTERN`] + [`SILENCE`] + t(b, line) + e',
//!
//! with jitter e uniform within [`JITTER`] ms to each side, drawn for each spike; times before 0 are 0. Both classes are equally
//! frequent, a is uniform, and where b is another it is uniform over the others: in both classes each pattern is first, and second,
//! equally often, so that neither half of a trial tells the class, nor does a sum over what spikes say one by one. Trials are functions
//! of (version, part, index) alone. All of these numbers are assumed.

use super::{Dataset, Name, Split};
use crate::encoding::FirstSpikes;
use crate::random::{Purpose, Stream, unit};
use crate::time::Time;

/// Lines, each of which spikes twice.
pub const LINES: usize = 8;
/// Different patterns.
pub const PATTERNS: usize = 4;
/// Duration of a pattern in milliseconds.
pub const PATTERN: f64 = 10.0;
/// Duration of the silence between two patterns in milliseconds.
pub const SILENCE: f64 = 30.0;
/// Largest shift of a spike, in milliseconds.
pub const JITTER: f64 = 0.5;
/// Training trials by default.
pub const TRAIN: usize = 4_000;
/// Test trials by default.
pub const TEST: usize = 2_000;
/// Seed of patterns and trials. A new drawing gets a new number, and results on it are not comparable.
pub const VERSION: u64 = 1;

/// The entity of the streams of patterns; 0 and 1 are those of the trials.
const OF_PATTERNS: u32 = 2;

/// Times of the spikes of a pattern, in milliseconds from its onset, line by line.
pub type Pattern = [f64; LINES];

/// The first `train` training and `test` test trials. Asking for more changes none of them.
#[must_use]
pub fn trials(train: usize, test: usize) -> Dataset {
    Dataset {
        name: Name::DELAYED_MATCH.as_str().to_owned(),
        version: VERSION.to_string(),
        shape: vec![LINES],
        classes: 2,
        train: split(0, train),
        test: split(1, test),
    }
}

fn split(part: u32, count: usize) -> Split {
    let patterns = patterns();
    let mut labels = Vec::with_capacity(count);
    let spikes = FirstSpikes::of((0..count as u64).map(|index| {
        let (spikes, [first, second]) = trial(&patterns, part, index);
        labels.push(u16::from(first == second));
        spikes
    }));
    Split::events(spikes, labels, LINES).unwrap_or_default()
}

/// The patterns that trials are made of.
#[must_use]
pub fn patterns() -> [Pattern; PATTERNS] {
    let mut pattern = 0;
    [(); PATTERNS].map(|()| {
        let mut stream = Stream::new(VERSION, Purpose::DelayedMatch, OF_PATTERNS, pattern);
        pattern += 1;
        [(); LINES].map(|()| PATTERN * unit(stream.next_word()))
    })
}

/// The spikes of trial `index` of the training (part 0) or the test trials (part 1), and which patterns are first and second.
#[must_use]
pub fn trial(patterns: &[Pattern; PATTERNS], part: u32, index: u64) -> (Vec<(Time, u32)>, [usize; 2]) {
    let mut stream = Stream::new(VERSION, Purpose::DelayedMatch, part, index);
    let mut below = |n: usize| ((u128::from(stream.next_word()) * n as u128) >> 64) as usize;
    let same = below(2) == 1;
    let first = below(PATTERNS);
    let other = (first + 1 + below(PATTERNS - 1)) % PATTERNS;
    let shown = [first, if same { first } else { other }];
    let mut spikes = Vec::with_capacity(2 * LINES);
    for (pattern, onset) in shown.into_iter().zip([0.0, PATTERN + SILENCE]) {
        for (time, line) in patterns[pattern].iter().zip(0..) {
            let jitter = JITTER * (2.0 * unit(stream.next_word()) - 1.0);
            let nanoseconds = ((onset + time + jitter) * 1e6).max(0.0) as u64;
            spikes.push((Time::from_fs(nanoseconds * 1_000_000), line));
        }
    }
    (spikes, shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_classes_are_equally_frequent_and_each_half_of_a_trial_is_the_same_in_both() {
        let patterns = patterns();
        let count = 8000;
        let mut pairs = [[0; PATTERNS]; PATTERNS];
        for index in 0..count {
            let (spikes, [first, second]) = trial(&patterns, 0, index);
            pairs[first][second] += 1;
            for (time, line) in spikes {
                let ms = time.fs() as f64 * 1e-12;
                let onset = if ms < PATTERN + 0.5 * SILENCE { 0.0 } else { PATTERN + SILENCE };
                let shown = patterns[if onset > 0.0 { second } else { first }][line as usize];
                assert!((ms - onset - shown).abs() <= JITTER + 1e-6, "{ms} ms on line {line}");
            }
        }
        // Within five standard deviations of the binomial law.
        let near = |found: u64, share: f64| {
            let mean = count as f64 * share;
            (found as f64 - mean).abs() < 5.0 * (mean * (1.0 - share)).sqrt()
        };
        let n = PATTERNS as f64;
        for (first, row) in pairs.iter().enumerate() {
            for (second, &found) in row.iter().enumerate() {
                let share = if first == second { 0.5 / n } else { 0.5 / (n * (n - 1.0)) };
                assert!(near(found, share), "{first}, {second}: {found}");
            }
        }
    }

    /// The bits of the contract: if this fails, the change is value-breaking and needs a new version.
    #[test]
    fn the_first_test_trial_is_pinned() {
        let set = trials(0, 1);
        let ns = |ns: u64| Time::from_fs(ns * 1_000_000);
        let spikes = set.test.recorded().unwrap().sample(0);
        assert_eq!((VERSION, set.test.label(0)), (1, 0));
        assert_eq!([spikes[0], spikes[15]], [(ns(1_376_039), 1), (ns(49_260_994), 6)]);
    }

    #[test]
    fn trials_have_two_spikes_on_every_line_and_do_not_depend_on_how_many_are_asked_for() {
        let set = trials(300, 100);
        let spikes = set.train.recorded().unwrap();
        for sample in 0..300 {
            let mut counts = [0; LINES];
            spikes.sample(sample).iter().for_each(|spike| counts[spike.1 as usize] += 1);
            assert_eq!(counts, [2; LINES]);
        }
        assert_eq!(set.test.chosen(&[0, 1, 2]), trials(1, 3).test);
        assert_ne!(set.train.chosen(&[0, 1, 2]), set.test.chosen(&[0, 1, 2]));
    }

    /// Counts in windows of 2 ms of every line, and a constant.
    fn counts(set: &Split, sample: usize) -> Vec<f64> {
        const WINDOWS: usize = (2.0 * PATTERN + SILENCE) as usize / 2 + 1;
        let mut counts = vec![0.0; LINES * WINDOWS];
        for (time, line) in set.recorded().unwrap().sample(sample) {
            counts[*line as usize * WINDOWS + (time.fs() / 2_000_000_000_000) as usize] += 1.0;
        }
        counts
    }

    /// Logistic regression by gradient descent; the share of test trials that it answers rightly.
    fn linear(set: &Dataset, of: impl Fn(&Split, usize) -> Vec<f64>) -> f64 {
        let samples = |split: &Split| -> Vec<(Vec<f64>, f64)> {
            (0..split.len()).map(|k| (of(split, k), f64::from(split.label(k)))).collect()
        };
        let (train, test) = (samples(&set.train), samples(&set.test));
        let (mut weights, mut bias) = (vec![0.0; train[0].0.len()], 0.0);
        let sum = |weights: &[f64], x: &[f64]| weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        for _ in 0..15 {
            for (x, class) in &train {
                let wrong = 1.0 / (1.0 + (-bias - sum(&weights, x)).exp()) - class;
                weights.iter_mut().zip(x).for_each(|(w, x)| *w -= 0.02 * wrong * x);
                bias -= 0.02 * wrong;
            }
        }
        let right = test.iter().filter(|(x, class)| (bias + sum(&weights, x) > 0.0) == (*class > 0.5));
        right.count() as f64 / test.len() as f64
    }

    /// A reader of what each line does when, one by one, is at chance; the pairs of patterns tell it, and so it can read.
    #[test]
    fn no_linear_reader_of_counts_tells_the_class() {
        let set = trials(1500, 1000);
        // Four standard deviations of 1000 guesses: 0.063.
        let found = linear(&set, counts);
        assert!((found - 0.5).abs() < 0.063, "{found}");
        let patterns = patterns();
        let pairs = |split: &Split, sample: usize| {
            let mut pairs = vec![0.0; PATTERNS * PATTERNS];
            let part = u32::from(std::ptr::eq(split, &raw const set.test));
            let (_, [first, second]) = trial(&patterns, part, sample as u64);
            pairs[first * PATTERNS + second] = 1.0;
            pairs
        };
        assert!(linear(&set, pairs) > 0.99);
    }
}
