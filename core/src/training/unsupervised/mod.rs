//! Learning without labels: competition decides who learns, homeostasis that everybody does, and labels
//! come afterwards from who answers to what.

mod assignment;
mod device_model;
mod devices;
mod learner;
mod pulses;
mod responses;
mod rule;

pub use assignment::{Assignment, Vote};
pub use device_model::{DeviceModel, Dispersion};
pub use devices::{DeviceState, Synapses};
pub use learner::{Learner, LearnerState, Report, Settings};
pub use pulses::{PulseState, Pulses};
pub(super) use responses::respond_in;
pub use responses::{Question, Responses, respond};
pub use rule::{Dependence, PulseOverlap, Rates, Step, Window, WinnerRule};
