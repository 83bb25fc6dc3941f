//! The samples that a source shows: a data set that is known by name, or data of one's own.

use crate::dataset::own::Own;
use crate::dataset::{self, Dataset, Faults, Holds, Name, Search};
use serde::{Deserialize, Serialize};

/// Which samples a source shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DataPlan {
    /// A data set of the registry.
    Named(Name),
    /// Files of one's own, which were read when the scenario was.
    Own(Box<Own>),
}

impl DataPlan {
    /// Values of a sample, or lines of its events.
    #[must_use]
    pub fn size(&self) -> u32 {
        match self {
            Self::Named(name) => name.size(),
            Self::Own(own) => own.identity.shape.iter().product::<usize>() as u32,
        }
    }

    /// Channels, rows and columns of a sample.
    #[must_use]
    pub fn maps(&self) -> [u32; 3] {
        dataset::maps(self.shape())
    }

    /// Lengths of the axes of a sample.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Named(name) => name.known().shape,
            Self::Own(own) => &own.identity.shape,
        }
    }

    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> u32 {
        match self {
            Self::Named(name) => name.classes(),
            Self::Own(own) => own.identity.classes as u32,
        }
    }

    /// Numbers that are wanted of a sample, in place of a class; 0: it has a class.
    #[must_use]
    pub fn targets(&self) -> u32 {
        match self {
            Self::Named(_) => 0,
            Self::Own(own) => own.identity.targets as u32,
        }
    }

    /// What samples are made of.
    #[must_use]
    pub fn holds(&self) -> Holds {
        match self {
            Self::Named(name) => name.known().holds,
            Self::Own(own) => own.holds,
        }
    }

    /// What it is called in a sentence.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Named(name) => name.title(),
            Self::Own(own) => &own.identity.name,
        }
    }

    /// Whether it is read from files.
    #[must_use]
    pub fn is_read(&self) -> bool {
        match self {
            Self::Named(name) => name.is_read(),
            Self::Own(_) => true,
        }
    }

    /// The samples; `seed` draws the share that is the test set, where it is one.
    ///
    /// # Errors
    /// Everything that is wrong with the files.
    pub fn open(&self, search: &Search, seed: u64) -> Result<Dataset, Faults> {
        match self {
            Self::Named(name) => dataset::open(*name, search),
            Self::Own(own) => own.open(seed),
        }
    }
}
