//! Samples with their labels: grey values as bytes or real numbers, events as they were recorded, or sound.

use super::{Sound, Targets};
use crate::encoding::FirstSpikes;
use std::borrow::Cow;

/// What the samples of a data set are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// Numbers from 0 to 1, which an encoder makes spikes of.
    Values,
    /// Spikes of lines at times.
    Events,
    /// Recordings of sound, of so many samples a second.
    Sound(u32),
}

/// Real values are kept in steps of 2^-31: exactly, and so that equal data sets are equal.
const ONE: u32 = 1 << 31;

/// What stands for the samples.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Samples {
    /// In 255ths.
    Bytes(Vec<u8>),
    /// In steps of 2^-31.
    Reals(Vec<u32>),
    Events(FirstSpikes),
    Sound(Sound),
}

impl Default for Samples {
    fn default() -> Self {
        Self::Bytes(Vec::new())
    }
}

/// Samples and labels of one split, in the order of the files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    samples: Samples,
    /// One per sample; of samples with targets all 0.
    pub labels: Vec<u16>,
    targets: Option<Targets>,
    /// Values of a sample, or lines of its events.
    size: usize,
}

impl Split {
    /// Images of `size` bytes each, row by row, one after the other; 0 is background, 255 full ink. `None` unless there is exactly
    /// one image per label.
    #[must_use]
    pub fn new(images: Vec<u8>, labels: Vec<u16>, size: usize) -> Option<Self> {
        let matching = size > 0 && labels.len().checked_mul(size) == Some(images.len());
        matching.then_some(Self { samples: Samples::Bytes(images), labels, targets: None, size })
    }

    /// Samples of `size` real numbers from 0 to 1 each. `None` unless there is exactly one sample per label.
    #[must_use]
    pub fn real(values: &[f64], labels: Vec<u16>, size: usize) -> Option<Self> {
        let matching = size > 0 && labels.len().checked_mul(size) == Some(values.len());
        let steps = || values.iter().map(|value| (value * f64::from(ONE)).round() as u32).collect();
        matching.then(|| Self { samples: Samples::Reals(steps()), labels, targets: None, size })
    }

    /// Events on `lines` lines. `None` unless there is exactly one sample per label.
    #[must_use]
    pub fn events(events: FirstSpikes, labels: Vec<u16>, lines: usize) -> Option<Self> {
        let matching = lines > 0 && labels.len() == events.len();
        matching.then_some(Self { samples: Samples::Events(events), labels, targets: None, size: lines })
    }

    /// Recordings of sound. `None` unless there is exactly one per label.
    #[must_use]
    pub fn sound(sound: Sound, labels: Vec<u16>) -> Option<Self> {
        let matching = labels.len() == sound.len();
        matching.then_some(Self { samples: Samples::Sound(sound), labels, targets: None, size: 1 })
    }

    /// The same samples with numbers that are wanted of them, in place of classes. `None` unless there are targets for each.
    #[must_use]
    pub fn with_targets(self, targets: Targets) -> Option<Self> {
        let matching = targets.len() == self.len();
        matching.then(|| Self { labels: vec![0; targets.len()], targets: Some(targets), ..self })
    }

    /// The numbers that are wanted of the samples, if these have no classes.
    #[must_use]
    pub fn targets(&self) -> Option<&Targets> {
        self.targets.as_ref()
    }

    /// What the samples are made of.
    #[must_use]
    pub fn holds(&self) -> Holds {
        match &self.samples {
            Samples::Bytes(_) | Samples::Reals(_) => Holds::Values,
            Samples::Events(_) => Holds::Events,
            Samples::Sound(sound) => Holds::Sound(sound.rate()),
        }
    }

    /// Values of a sample, or lines of its events.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Class of sample `i`.
    ///
    /// # Panics
    /// If `i` is not below [`Split::len`].
    #[must_use]
    pub fn label(&self, i: usize) -> u16 {
        self.labels[i]
    }

    /// The values of sample `i` as whole numbers, of which [`Split::full`] is 1; none of events or sound.
    ///
    /// # Panics
    /// If `i` is not below [`Split::len`].
    pub fn intensities(&self, i: usize) -> impl Iterator<Item = u32> + '_ {
        let range = i * self.size..(i + 1) * self.size;
        let (bytes, reals): (&[u8], &[u32]) = match &self.samples {
            Samples::Bytes(bytes) => (&bytes[range], &[]),
            Samples::Reals(reals) => (&[], &reals[range]),
            Samples::Events(_) | Samples::Sound(_) => (&[], &[]),
        };
        bytes.iter().map(|&byte| u32::from(byte)).chain(reals.iter().copied())
    }

    /// The intensity that is 1.
    #[must_use]
    pub fn full(&self) -> u32 {
        if matches!(self.samples, Samples::Reals(_)) { ONE } else { 255 }
    }

    /// The values of sample `i`, from 0 to 1, and of sound from -1 to 1; none of events.
    ///
    /// # Panics
    /// If `i` is not below [`Split::len`].
    pub fn values(&self, i: usize) -> impl Iterator<Item = f64> + '_ {
        let full = f64::from(self.full());
        let sound = if let Samples::Sound(sound) = &self.samples { Some(sound.values(i)) } else { None };
        self.intensities(i).map(move |value| f64::from(value) / full).chain(sound.into_iter().flatten())
    }

    /// The events of all samples, if they are made of events.
    #[must_use]
    pub fn recorded(&self) -> Option<&FirstSpikes> {
        if let Samples::Events(events) = &self.samples { Some(events) } else { None }
    }

    /// The bytes of all samples one after the other; empty where they are not kept as bytes.
    #[must_use]
    pub fn images(&self) -> &[u8] {
        if let Samples::Bytes(bytes) = &self.samples { bytes } else { &[] }
    }

    /// Sample `i` as a picture, a byte for each value or line: real numbers are rounded, of events the most frequent line is
    /// 255, and of sound there is its largest magnitude.
    ///
    /// # Panics
    /// If `i` is not below [`Split::len`].
    #[must_use]
    pub fn image(&self, i: usize) -> Cow<'_, [u8]> {
        match &self.samples {
            Samples::Bytes(bytes) => Cow::Borrowed(&bytes[i * self.size..][..self.size]),
            Samples::Reals(_) => self.values(i).map(|value| (255.0 * value).round() as u8).collect(),
            Samples::Events(events) => {
                let mut counts = vec![0_u64; self.size];
                events.sample(i).iter().for_each(|&(_, line)| counts[line as usize] += 1);
                let most = counts.iter().copied().max().unwrap_or_default().max(1);
                counts.iter().map(|&count| (count * 255 / most) as u8).collect()
            }
            Samples::Sound(_) => {
                let peak = self.values(i).fold(0.0, |peak: f64, value| peak.max(value.abs()));
                Cow::Owned(vec![(255.0 * peak).round() as u8])
            }
        }
    }

    /// Samples as pictures, with their labels.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Cow<'_, [u8]>, u16)> {
        (0..self.len()).map(|i| (self.image(i), self.labels[i]))
    }

    /// The samples of these numbers, in this order.
    ///
    /// # Panics
    /// If one of them is not below [`Split::len`].
    #[must_use]
    pub fn chosen(&self, numbers: &[u32]) -> Self {
        fn of<T: Copy>(all: &[T], size: usize, numbers: &[u32]) -> Vec<T> {
            numbers.iter().flat_map(|&k| &all[k as usize * size..][..size]).copied().collect()
        }
        let samples = match &self.samples {
            Samples::Sound(sound) => Samples::Sound(sound.chosen(numbers)),
            Samples::Bytes(bytes) => Samples::Bytes(of(bytes, self.size, numbers)),
            Samples::Reals(reals) => Samples::Reals(of(reals, self.size, numbers)),
            Samples::Events(events) => Samples::Events(events.chosen(numbers)),
        };
        let targets = self.targets.as_ref().map(|targets| targets.chosen(numbers));
        Self { samples, labels: of(&self.labels, 1, numbers), targets, size: self.size }
    }

    /// Samples of `size` values, which `of` makes of the number and the values of each.
    #[must_use]
    pub fn transformed(&self, size: usize, of: impl Fn(usize, &[f64]) -> Vec<f64>) -> Self {
        let (mut reals, mut values) = (Vec::with_capacity(self.len() * size), Vec::with_capacity(self.size));
        for i in 0..self.len() {
            values.clear();
            values.extend(self.values(i));
            reals.extend(of(i, &values).into_iter().map(|value| (value * f64::from(ONE)).round() as u32));
        }
        let (labels, targets) = (self.labels.clone(), self.targets.clone());
        Self { samples: Samples::Reals(reals), labels, targets, size }
    }

    /// Hands all samples and labels to `take` as bytes, which are the same for the same data and no other.
    pub fn bytes(&self, mut take: impl FnMut(&[u8])) {
        take(&(self.len() as u64).to_le_bytes());
        take(&(self.size as u64).to_le_bytes());
        // A byte each where that is enough.
        if self.labels.iter().all(|&label| label < 256) {
            take(&self.labels.iter().map(|&label| label as u8).collect::<Vec<_>>());
        } else {
            take(b"wide");
            self.labels.iter().for_each(|label| take(&label.to_le_bytes()));
        }
        if let Some(targets) = &self.targets {
            take(b"targets");
            take(&(targets.each() as u64).to_le_bytes());
            targets.values().iter().for_each(|value| take(&value.to_bits().to_le_bytes()));
        }
        match &self.samples {
            Samples::Bytes(bytes) => {
                take(b"bytes");
                take(bytes);
            }
            Samples::Reals(reals) => {
                take(b"reals");
                reals.iter().for_each(|value| take(&value.to_le_bytes()));
            }
            Samples::Events(events) => {
                take(b"events");
                for i in 0..self.len() {
                    take(&(events.sample(i).len() as u64).to_le_bytes());
                    for (time, line) in events.sample(i) {
                        take(&time.fs().to_le_bytes());
                        take(&line.to_le_bytes());
                    }
                }
            }
            Samples::Sound(sound) => {
                take(b"sound");
                take(&sound.rate().to_le_bytes());
                for i in 0..self.len() {
                    take(&(sound.steps(i).len() as u64).to_le_bytes());
                    take(&sound.steps(i).iter().flat_map(|step| step.to_le_bytes()).collect::<Vec<_>>());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    #[test]
    fn a_split_needs_one_sample_per_label() {
        let split = Split::new(vec![1, 2, 3, 4, 5, 6], vec![7, 8], 3).unwrap();
        assert_eq!((split.len(), &split.image(1)[..], split.label(1)), (2, &[4u8, 5, 6][..], 8));
        assert_eq!(split.iter().map(|(image, label)| image.len() + usize::from(label)).sum::<usize>(), 21);
        assert_eq!(split.values(0).sum::<f64>(), 6.0 / 255.0);
        assert!(Split::new(vec![0; 5], vec![0, 1], 3).is_none());
        assert!(Split::new(vec![], vec![], 0).is_none());
        assert!(Split::real(&[0.5; 5], vec![0, 1], 3).is_none());
        assert!(Split::events(FirstSpikes::default(), vec![0], 3).is_none());
    }

    #[test]
    fn real_numbers_keep_31_bits_and_events_their_times() {
        let split = Split::real(&[0.1, 0.7, 1.0, 0.0], vec![0, 1], 2).unwrap();
        let values: Vec<f64> = split.values(0).chain(split.values(1)).collect();
        assert!(values.iter().zip([0.1, 0.7, 1.0, 0.0]).all(|(a, b)| (a - b).abs() < 3e-10), "{values:?}");
        assert_eq!(&split.image(1)[..], [255, 0]);
        let us = |us: u64| Time::from_fs(us * 1_000_000_000);
        let events = FirstSpikes::of(vec![vec![(us(3), 1), (us(1), 0), (us(2), 1)], vec![]]);
        let split = Split::events(events, vec![0, 1], 2).unwrap();
        assert_eq!(split.recorded().unwrap().sample(0), [(us(1), 0), (us(2), 1), (us(3), 1)]);
        assert_eq!(&split.image(0)[..], [127, 255]);
        assert_eq!((split.chosen(&[1, 0]).label(0), split.chosen(&[0]).len()), (1, 1));
        assert_eq!(split.chosen(&[1, 0]).recorded().unwrap().sample(1).len(), 3);
    }

    #[test]
    fn other_data_are_other_bytes() {
        let all = |split: &Split| {
            let mut bytes = Vec::new();
            split.bytes(|part| bytes.extend_from_slice(part));
            bytes
        };
        let of = |image, label| all(&Split::new(vec![image, 2], vec![label], 2).unwrap());
        assert_eq!(of(1, 0), of(1, 0));
        assert_ne!(of(1, 0), of(3, 0));
        assert_ne!(of(1, 0), of(1, 1));
        assert_ne!(of(1, 0), of(1, 256));
        let with = |value| {
            let targets = Targets::new(vec![value], 1).unwrap();
            all(&Split::new(vec![1, 2], vec![0], 2).unwrap().with_targets(targets).unwrap())
        };
        assert!(with(1.0) != with(2.0) && with(0.0) != of(1, 0));
        let real = Split::real(&[1.0 / 255.0, 2.0 / 255.0], vec![0], 2).unwrap();
        assert_ne!(all(&real), of(1, 0));
    }
}
