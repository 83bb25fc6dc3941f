//! The samples of a run: read, split, encoded.

use super::super::data_plan::DataPlan;
use super::super::outcome::{MISSED, Missed};
use super::super::plan::{Code, Input, Plan};
use super::context::{RunContext, RunError};
use crate::dataset::{Dataset, Identity, Split, Targets};
use crate::encoding::{Augment, FirstSpikes, RateCode};
use crate::engine::Threads;
use crate::network::Origin;
use crate::random::{self, Purpose};
use crate::training::Samples;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// Encoded samples of every split.
#[derive(Clone)]
pub struct Data<C = RateCode> {
    pub train: C,
    pub train_labels: Vec<u16>,
    pub validation: C,
    pub validation_labels: Vec<u16>,
    pub test: C,
    pub test_labels: Vec<u16>,
    /// What is wanted of the samples for training, validation and test, where these have numbers as targets.
    pub targets: Option<[Targets; 3]>,
    pub classes: usize,
    /// What is to be said of sets that hold fewer samples than were asked for.
    pub fewer: Vec<String>,
    /// Which data they are.
    pub identity: Identity,
    /// The test samples as they were read.
    shown: Arc<Split>,
    /// What training samples are made of anew for every epoch, where they differ from one to the next.
    again: Option<Arc<Again>>,
}

/// Training samples as they were read, and what is done with them.
struct Again {
    split: Split,
    shape: Vec<usize>,
    augment: Augment,
    code: Code,
    total: f64,
    seed: u64,
    /// Their numbers in the file.
    numbers: Vec<u32>,
}

impl<C> Data<C> {
    /// The samples to learn from.
    pub fn to_train(&self) -> Samples<'_, C> {
        self.samples(&self.train, &self.train_labels, 0)
    }

    /// Those held out.
    pub fn to_validate(&self) -> Samples<'_, C> {
        self.samples(&self.validation, &self.validation_labels, 1)
    }

    /// Those to test on.
    pub fn to_test(&self) -> Samples<'_, C> {
        self.samples(&self.test, &self.test_labels, 2)
    }

    fn samples<'a>(&'a self, code: &'a C, labels: &'a [u16], which: usize) -> Samples<'a, C> {
        Samples { code, labels, targets: self.targets.as_ref().map(|targets| &targets[which]) }
    }

    /// The image of a test sample.
    pub fn image(&self, index: usize) -> Cow<'_, [u8]> {
        if index < self.shown.len() { self.shown.image(index) } else { Cow::default() }
    }

    /// The first test samples whose answer is not their label.
    pub fn missed(&self, answers: impl Iterator<Item = Option<u16>>) -> Vec<Missed> {
        let wrong = answers
            .zip(&self.test_labels)
            .enumerate()
            .filter(|(_, (answer, label))| *answer != Some(**label));
        let told = wrong.map(|(index, (answer, &label))| Missed {
            index: index as u32,
            class: u32::from(label),
            answer: answer.map(u32::from),
            image: self.image(index).to_vec(),
        });
        told.take(MISSED).collect()
    }
}

impl<C: Encoded + Clone> Data<C> {
    /// The samples with those of training as they are shown in this epoch.
    pub fn of_epoch(&self, epoch: u32, threads: &Threads) -> Cow<'_, Self> {
        let Some(again) = &self.again else { return Cow::Borrowed(self) };
        let Again { split, shape, augment, code, total, seed, numbers } = &**again;
        let shown = augment.shape(shape);
        let of =
            |i: usize, values: &[f64]| augment.shown(values, shape, (*seed, numbers[i], u64::from(epoch)));
        let split = split.transformed(shown.iter().product(), of);
        let all: Vec<u32> = (0..split.len() as u32).collect();
        match C::of((&split, &shown), &all, (code, *total), threads) {
            Some(train) => Cow::Owned(Self { train, ..self.clone() }),
            None => Cow::Borrowed(self),
        }
    }
}

/// A code that samples are shown in.
pub trait Encoded: Sized + Send + 'static {
    /// Samples number `chosen` of a split of this shape. `total` is the mean intensity of all training samples.
    fn of(split: (&Split, &[usize]), chosen: &[u32], code: (&Code, f64), threads: &Threads) -> Option<Self>;
}

impl Encoded for RateCode {
    fn of(
        (split, _): (&Split, &[usize]),
        chosen: &[u32],
        (code, total): (&Code, f64),
        _: &Threads,
    ) -> Option<Self> {
        let &Code::Rate { max_rate, normalise } = code else { return None };
        let samples = chosen.iter().map(|&index| split.intensities(index as usize));
        let code = Self::of(samples, split.full(), split.size(), max_rate);
        Some(if normalise { code.normalised(total) } else { code })
    }
}

impl Encoded for FirstSpikes {
    fn of(
        (split, shape): (&Split, &[usize]),
        chosen: &[u32],
        (code, _): (&Code, f64),
        threads: &Threads,
    ) -> Option<Self> {
        match code {
            Code::Rate { .. } => None,
            Code::Timed(code) => {
                let values = chosen.iter().map(|&index| split.values(index as usize).collect());
                Some(code.all(values, shape, threads))
            }
            Code::Events => Some(split.recorded()?.chosen(chosen)),
        }
    }
}

/// Which samples a protocol uses.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    pub projection: usize,
    pub train_samples: Option<u32>,
    pub test_samples: Option<u32>,
    pub validation: f64,
}

/// Reads the data set, splits it and encodes it; all of that is left behind when the run is stopped meanwhile.
pub fn load<C: Encoded>(
    plan: &Plan,
    protocol: Selection,
    context: &RunContext<'_>,
) -> Result<Data<C>, RunError> {
    let input = match plan.projections[protocol.projection].from {
        Origin::Source(index) => Some(&plan.sources[index].input),
        Origin::Population(_) => None,
    };
    let Some(Input::Dataset { dataset, augment, code }) = input else {
        return Err(RunError::NoDataset);
    };
    let (search, dataset, augment, code, seed) =
        (context.search.clone(), dataset.clone(), *augment, code.clone(), plan.seed);
    let threads = context.threads.clone();
    let made = unless(context.stop, move || {
        let set = dataset.open(&search, seed).map_err(RunError::Data)?;
        let identity = match dataset {
            DataPlan::Named(_) => set.identity(),
            DataPlan::Own(own) => own.identity,
        };
        encoded((set, identity), protocol, (&augment, &code), (seed, &threads))
    });
    made.ok_or(RunError::Stopped)?
}

/// Splits a data set and encodes its samples.
fn encoded<C: Encoded>(
    (set, identity): (Dataset, Identity),
    protocol: Selection,
    (augment, code): (&Augment, &Code),
    (seed, threads): (u64, &Threads),
) -> Result<Data<C>, RunError> {
    let read = augment.is_drawn().then(|| (set.train.clone(), set.shape.clone()));
    let set = if augment.is_none() { set } else { changed(set, augment) };
    let available = protocol.train_samples.map_or(set.train.len(), |n| (n as usize).min(set.train.len()));
    let fewer = [
        ("train_samples", protocol.train_samples, set.train.len()),
        ("test_samples", protocol.test_samples, set.test.len()),
    ]
    .into_iter()
    .filter_map(|(key, asked, there)| {
        let asked = asked.filter(|&asked| asked as usize > there)?;
        Some(format!("`{key}` asks for {asked} samples, and the data set has {there}: all of them are used"))
    })
    .collect();
    let held = (available as f64 * protocol.validation).floor() as usize;
    // The held-out samples are chosen by a shuffle of their own, then kept in the order of the file.
    let mut order = split_order(available as u32, seed);
    let mut validation: Vec<u32> = order.split_off(available - held.min(available));
    order.sort_unstable();
    validation.sort_unstable();
    let tested = protocol.test_samples.map_or(set.test.len(), |n| (n as usize).min(set.test.len()));
    // The mean over the whole training set, whatever of it is used: a property of the data.
    let intensities = (0..set.train.len()).flat_map(|index| set.train.intensities(index));
    let total = intensities.map(u64::from).sum::<u64>() as f64 / set.train.len().max(1) as f64;
    let pick = |split: &Split, indices: &[u32]| -> Result<(C, Vec<u16>), RunError> {
        let labels = indices.iter().map(|&index| split.label(index as usize)).collect();
        let encoded = C::of((split, &set.shape), indices, (code, total), threads);
        Ok((encoded.ok_or(RunError::NoDataset)?, labels))
    };
    let (train, train_labels) = pick(&set.train, &order)?;
    let again = read.map(|(read, shape)| {
        let (split, augment, code) = (read.chosen(&order), *augment, code.clone());
        Arc::new(Again { split, shape, augment, code, total, seed, numbers: order.clone() })
    });
    let tested: Vec<u32> = (0..tested as u32).collect();
    let chosen = |split: &Split, numbers: &[u32]| Some(split.targets()?.chosen(numbers));
    let targets = chosen(&set.train, &order).zip(chosen(&set.train, &validation));
    let targets = targets.zip(chosen(&set.test, &tested)).map(|((train, held), test)| [train, held, test]);
    let (validation, validation_labels) = pick(&set.train, &validation)?;
    let (test, test_labels) = pick(&set.test, &tested)?;
    Ok(Data {
        train,
        train_labels,
        validation,
        validation_labels,
        test,
        test_labels,
        targets,
        classes: set.classes,
        fewer,
        identity,
        shown: Arc::new(if tested.len() == set.test.len() { set.test } else { set.test.chosen(&tested) }),
        again,
    })
}

/// The samples as tests see them: what is drawn is drawn for training alone.
fn changed(set: Dataset, augment: &Augment) -> Dataset {
    let shape = augment.shape(&set.shape);
    let of = |split: &Split| {
        split.transformed(shape.iter().product(), |_, values| augment.tested(values, &set.shape))
    };
    let (train, test) = (of(&set.train), of(&set.test));
    Dataset { train, test, shape, ..set }
}

/// What `work` gives, or `None` as soon as `stop` is set: a disk that does not answer, and a data set that takes long to be made,
/// are left behind in a thread of their own.
fn unless<T: Send + 'static>(stop: &AtomicBool, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (tell, told) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        // Nobody listens any more where it was stopped.
        let _ = tell.send(work());
    });
    loop {
        match told.recv_timeout(Duration::from_millis(20)) {
            Ok(made) => return Some(made),
            Err(RecvTimeoutError::Timeout) if stop.load(Ordering::Relaxed) => return None,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => match thread.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => return None,
            },
        }
    }
}

fn split_order(count: u32, seed: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count).collect();
    order.sort_by_cached_key(|&index| random::word(seed, Purpose::Split, index, 0));
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn who_stops_a_run_does_not_wait_for_its_data() {
        assert_eq!(unless(&AtomicBool::new(false), || 7), Some(7));
        let stop = AtomicBool::new(false);
        let begun = Instant::now();
        let made = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(100));
                stop.store(true, Ordering::Relaxed);
            });
            unless(&stop, || std::thread::sleep(Duration::from_secs(60)))
        });
        assert_eq!(made, None);
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    }

    #[test]
    #[should_panic(expected = "a data set of nobody")]
    fn a_panic_of_a_data_set_is_not_swallowed() {
        unless(&AtomicBool::new(false), || -> u8 { panic!("a data set of nobody") });
    }
}
