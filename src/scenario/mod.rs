//! From a scenario file to a finished run: text -> plan -> network -> run -> outcome.

pub mod outcome;
pub mod plan;
pub mod progress;
