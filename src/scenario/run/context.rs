//! What a run is given besides its plan, and why a plan cannot be carried out.

use super::super::assemble::AssembleError;
use super::super::progress::Progress;
use super::given::{GivenError, GivenWeights};
use crate::dataset::{Faults, Search};
use crate::engine::lockstep::Unfit;
use crate::engine::{self, ClockedError, Observer, SimulationError, StateError, Threads, ThreadsError};
use crate::snapshot::{SnapshotError, Source};
use crate::time::Time;
use std::io::Write;
use std::sync::atomic::AtomicBool;

/// How the next event is found. The two event engines give the same bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// A merge of lanes.
    #[default]
    Fast,
    /// One `priority-queue` heap.
    Reference,
    /// The same models on a grid of this step: other results, which converge to those of the event engines.
    Clocked(Time),
}

impl Engine {
    /// The event engine; `None`: time goes on a grid.
    #[must_use]
    pub fn events(self) -> Option<engine::Engine> {
        match self {
            Self::Fast => Some(engine::Engine::Fast),
            Self::Reference => Some(engine::Engine::Reference),
            Self::Clocked(_) => None,
        }
    }
}

/// Where a run keeps what it needs to go on later.
pub trait Store {
    /// The last checkpoint, if the run is to go on from it.
    ///
    /// # Errors
    /// If there is one and it cannot be read.
    fn load(&mut self) -> Result<Option<Source<'_>>, SnapshotError>;
    /// Replaces the checkpoint by what `write` writes. A checkpoint may be larger than the memory that is free: it is
    /// written as it comes.
    ///
    /// # Errors
    /// If it cannot be kept: what the user should read. The one before is then still there.
    fn save(&mut self, write: &mut WriteSnapshot<'_>) -> Result<(), String>;
    /// Whether it is time for a checkpoint that nothing else makes.
    fn due(&self) -> bool {
        false
    }
    /// Bytes that the process has and may have, if it has more: what is on its way in a network is known only while it runs.
    fn beyond_memory(&self) -> Option<(u64, u64)> {
        None
    }
    /// Whether one is to be made when everything is computed, because what follows takes long too.
    fn due_at_end(&self) -> bool {
        false
    }
}

/// Writes a checkpoint.
pub type WriteSnapshot<'a> = dyn FnMut(&mut dyn Write) -> Result<(), SnapshotError> + 'a;

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoStore;

impl Store for NoStore {
    fn load(&mut self) -> Result<Option<Source<'_>>, SnapshotError> {
        Ok(None)
    }

    fn save(&mut self, _: &mut WriteSnapshot<'_>) -> Result<(), String> {
        Ok(())
    }
}

/// Tells the time, in seconds since some start.
pub trait Clock: Sync {
    /// Wall-clock time, and the processor's time of all threads.
    fn now(&self) -> (f64, f64);

    /// The first of these: where the second takes a call of the system, this is asked as often as one likes.
    fn wall(&self) -> f64 {
        self.now().0
    }
}

impl<F: Fn() -> (f64, f64) + Sync> Clock for F {
    fn now(&self) -> (f64, f64) {
        self()
    }
}

/// Everything a run is given besides its plan.
pub struct RunContext<'a> {
    /// Threads that may be used; they change no result.
    pub threads: Threads,
    /// Free memory in bytes, if that is known: a network that needs more is refused.
    pub memory: Option<u64>,
    /// What handles the events.
    pub engine: Engine,
    /// Where data sets are looked for.
    pub search: &'a Search,
    /// Set from outside to stop early.
    pub stop: &'a AtomicBool,
    /// What time it is: for how long everything took, and whether a checkpoint is due.
    pub clock: &'a dyn Clock,
    /// Told how far the run is.
    pub progress: &'a mut dyn Progress,
    /// Receives the event stream, if anybody wants it.
    pub observer: Option<&'a mut dyn Observer>,
    /// Where checkpoints go, and come from.
    pub store: &'a mut (dyn Store + Send),
    /// Trained weights for a plan that takes them from another run.
    pub given: Option<GivenWeights>,
}

/// Why a plan could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Files of a data set that are not there or not right.
    #[error("{0}")]
    Data(Faults),
    /// The plan is not a network.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Assemble(Vec<AssembleError>),
    /// What keeps a network of layers from an exact gradient.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Layers(Vec<Unfit>),
    /// Bytes that are no checkpoint of this program, or damaged.
    #[error("the checkpoint cannot be used: {0}")]
    Checkpoint(#[from] SnapshotError),
    /// A checkpoint that the network cannot go on from.
    #[error("the checkpoint cannot be used: {0}")]
    State(#[from] StateError),
    /// The engine cannot begin, or cannot go on.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// Samples none of which spikes while it is shown.
    #[error(
        "no {what} sample spikes while it is shown, for {shown}{}",
        first.map_or(String::new(), |first| format!(": the first spike of all comes at {first}"))
    )]
    Unheard {
        /// "training" or "test".
        what: &'static str,
        /// How long they are shown.
        shown: Time,
        /// When the first of their spikes comes, if there is one.
        first: Option<Time>,
    },
    /// Training cannot go on.
    #[error("in epoch {epoch}: {fault}")]
    Epoch {
        /// Counted from 1.
        epoch: u32,
        /// Why.
        fault: SimulationError,
    },
    /// The checkpoint is whole, and of another scenario, seed or precision.
    #[error("the checkpoint belongs to another run: its {what} {}", differs(values.as_ref()))]
    OtherRun {
        /// In what it differs: `seed`.
        what: &'static str,
        /// That of the checkpoint and that of the run, where they are short.
        values: Option<(String, String)>,
    },
    /// The host could not write it, and says why.
    #[error("the checkpoint cannot be kept: {0}")]
    Store(String),
    /// Weights trained elsewhere that are none for these projections.
    #[error(transparent)]
    Given(#[from] GivenError),
    /// The network needs more memory than the host allows.
    #[error("the network needs about {needed} of memory, and there is {allowed}")]
    Memory {
        /// Bytes as a text: `1.2 GB`.
        needed: String,
        /// Bytes as a text: `1.2 GB`.
        allowed: String,
    },
    /// What the clocked engine cannot do of this network.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Clocked(Vec<ClockedError>),
    /// A projection learns from spikes, and the clocked engine was asked for.
    #[error("weights do not learn on a grid: spikes of one step have no order; leave out `--engine clocked`")]
    ClockedLearning,
    /// A protocol that trains, without a data set to train on.
    #[error("the projection that is trained does not start at a data set")]
    NoDataset,
    /// A protocol that trains, and the clocked engine was asked for.
    #[error("the clocked engine does not train")]
    ClockedTraining,
    /// It was stopped before there was anything to keep.
    #[error("the run was stopped before it had begun")]
    Stopped,
    /// The system refuses threads.
    #[error(transparent)]
    Threads(#[from] ThreadsError),
}

impl RunError {
    /// Why a network was not built.
    pub(crate) fn of_network(faults: Vec<AssembleError>) -> Self {
        if faults.contains(&AssembleError::Stopped) { Self::Stopped } else { Self::Assemble(faults) }
    }
}

fn differs(values: Option<&(String, String)>) -> String {
    values.map_or_else(
        || "differs".into(),
        |(found, expected)| format!("is {found}, and that of this run {expected}"),
    )
}
