//! The samples of a run: read, split, encoded.

use super::super::outcome::{MISSED, Missed};
use super::super::plan::{Input, Plan};
use super::context::{RunContext, RunError};
use crate::dataset::{self, Dataset};
use crate::encoding::RateCode;
use crate::network::Origin;
use crate::random::{self, Purpose};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// Encoded samples of every split.
pub struct Data {
    pub train: RateCode,
    pub train_labels: Vec<u8>,
    pub validation: RateCode,
    pub validation_labels: Vec<u8>,
    pub test: RateCode,
    pub test_labels: Vec<u8>,
    pub classes: usize,
    /// Images of the test samples, and the bytes of one.
    images: Vec<u8>,
    pixels: usize,
}

impl Data {
    /// The image of a test sample.
    pub fn image(&self, index: usize) -> &[u8] {
        self.images.get(index * self.pixels..(index + 1) * self.pixels).unwrap_or_default()
    }

    /// The first test samples whose answer is not their label.
    pub fn missed(&self, answers: impl Iterator<Item = Option<u8>>) -> Vec<Missed> {
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

/// Which samples a protocol uses.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    pub projection: usize,
    pub train_samples: Option<u32>,
    pub test_samples: Option<u32>,
    pub validation: f64,
}

/// Reads the data set, splits it and encodes it.
pub fn load(plan: &Plan, protocol: Selection, context: &RunContext<'_>) -> Result<Data, RunError> {
    let input = match plan.projections[protocol.projection].from {
        Origin::Source(index) => Some(&plan.sources[index].input),
        Origin::Population(_) => None,
    };
    let Some(&Input::Dataset { dataset: name, max_rate, normalise }) = input else {
        return Err(RunError::NoDataset);
    };
    let search = context.search.clone();
    let opened = unless(context.stop, move || dataset::open(name, &search));
    let set: Dataset = opened.ok_or(RunError::Stopped)?.map_err(RunError::Data)?;
    let pixels = set.pixels();
    let available = protocol.train_samples.map_or(set.train.len(), |n| (n as usize).min(set.train.len()));
    let held = (available as f64 * protocol.validation).floor() as usize;
    // The held-out samples are chosen by a shuffle of their own, then kept in the order of the file.
    let mut order = split_order(available as u32, plan.seed);
    let mut validation: Vec<u32> = order.split_off(available - held.min(available));
    order.sort_unstable();
    validation.sort_unstable();
    let tested = protocol.test_samples.map_or(set.test.len(), |n| (n as usize).min(set.test.len()));
    // The mean over the whole training set, whatever of it is used: a property of the data.
    let total = set.train.images.iter().map(|&intensity| u64::from(intensity)).sum::<u64>() as f64
        / set.train.len().max(1) as f64;
    let encode = |images: &[u8]| {
        let code = RateCode::new(images, pixels, max_rate);
        if normalise { code.normalised(total) } else { code }
    };
    let pick = |indices: &[u32]| -> (RateCode, Vec<u8>) {
        if indices.len() == set.train.len() {
            return (encode(&set.train.images), set.train.labels.clone());
        }
        let mut images = Vec::with_capacity(indices.len() * pixels);
        let mut labels = Vec::with_capacity(indices.len());
        for &index in indices {
            images.extend_from_slice(set.train.image(index as usize));
            labels.push(set.train.label(index as usize));
        }
        (encode(&images), labels)
    };
    let (train, train_labels) = pick(&order);
    let (validation, validation_labels) = pick(&validation);
    Ok(Data {
        train,
        train_labels,
        validation,
        validation_labels,
        test: encode(&set.test.images[..tested * pixels]),
        images: set.test.images[..tested * pixels].to_vec(),
        pixels,
        test_labels: set.test.labels[..tested].to_vec(),
        classes: set.classes,
    })
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
