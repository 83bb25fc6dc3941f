//! The event engine: what is due next, and what it does.
//!
//! An instant is all events of one time and rank; it is handled in the order of [`Kind`], arrivals
//! summed before any threshold is tested. The fast engine ([`Lanes`]) and the reference engine
//! ([`Heap`]) share every arithmetic operation and differ only in how the next instant is found.

mod books;
mod change;
mod clocked;
mod competition;
mod core;
mod cuts;
mod fault;
mod free;
mod held;
mod key;
mod learn;
mod learners;
mod levels;
pub mod lockstep;
mod motion;
mod onlooker;
mod plastic_rows;
mod private;
mod probe;
mod queue;
mod resume;
mod route;
mod run;
mod scaled;
mod shared_decay;
mod simulation;
mod singles;
mod sink;
mod state;
mod switching;
mod units;
mod windows;

pub use crate::threads::{Team, Threads, ThreadsError};
pub use books::Costs;
pub use change::{RetuneError, retune};
pub use clocked::{Clocked, ClockedError};
pub use competition::{Competing, Thresholds};
pub use fault::{Divergence, RatesError, SimulationError};
pub use free::{Clock, Saved};
pub use key::{EventKey, Kind};
pub use learn::{Learning, LearningError, LearningState, layout};
pub use motion::Engine;
pub(crate) use motion::Motion;
pub(crate) use onlooker::Through;
pub use onlooker::Watcher;
pub use probe::{Highlights, Instant, Observer, Probe, Record, Silent, Spike, Stream, Tell};
pub use queue::{Entry, General, Heap, Lanes, MinTree, Queue, Wheel};
pub use resume::StateError;
pub use run::{Harvest, Recording, Run, Sample};
pub use scaled::{Held, Scaled};
pub use shared_decay::SharedDecay;
pub use simulation::Simulation;
pub use sink::{RECORD_TAIL, write_record};
pub use state::{Counts, Membranes, State};
pub use switching::Switching;
pub use windows::window;
