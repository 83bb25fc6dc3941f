//! The samples of a run: read, split, encoded.

use super::super::plan::{Input, Plan};
use super::context::{RunContext, RunError};
use crate::dataset::{self, Dataset};
use crate::encoding::RateCode;
use crate::network::Origin;
use crate::random::{self, Purpose};

/// Encoded samples of every split.
pub struct Data {
    pub train: RateCode,
    pub train_labels: Vec<u8>,
    pub validation: RateCode,
    pub validation_labels: Vec<u8>,
    pub test: RateCode,
    pub test_labels: Vec<u8>,
    pub classes: usize,
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
    let set: Dataset = dataset::open(name, context.search).map_err(RunError::Data)?;
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
        test_labels: set.test.labels[..tested].to_vec(),
        classes: set.classes,
    })
}

fn split_order(count: u32, seed: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count).collect();
    order.sort_by_cached_key(|&index| random::word(seed, Purpose::Split, index, 0));
    order
}
