//! Learning without labels: competition decides who learns, homeostasis that everybody does, and labels
//! come afterwards from who answers to what.

mod assignment;
mod learner;
mod responses;

pub use assignment::{Assignment, Vote};
pub use learner::{Learner, LearnerState, Report, Settings};
pub(super) use responses::respond_in;
pub use responses::{Question, Responses, respond};
