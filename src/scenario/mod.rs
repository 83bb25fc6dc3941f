//! From a scenario file to a finished run: text -> plan -> network -> run -> outcome.
//!
//! Reading goes one way: `text` makes a tree that knows where everything was written, `reader`
//! checks it against the one table ([`SECTIONS`]) and fills the gaps, `lower` checks what belongs together
//! and makes the [`plan::Plan`]. [`load()`] does all of it.

mod about;
pub mod assemble;
mod assumed;
mod cells;
mod chosen;
mod clipped;
mod competition;
pub mod cost;
mod crossbar;
mod data;
pub mod data_plan;
pub mod device;
mod device_plan;
mod electrodes;
mod filaments;
mod filled;
pub mod kept;
mod list_files;
mod lists;
pub mod live;
mod load;
pub mod load_estimate;
mod locate;
mod lower;
mod of_currents;
mod opened;
pub mod outcome;
mod overlap;
mod overload;
mod own;
mod percentages;
pub mod plan;
mod plasticity;
mod plausibility;
mod population;
mod preset;
pub mod progress;
mod projection;
pub mod protocol;
mod reader;
mod record;
mod reference;
mod resolve;
pub mod run;
mod running_away;
mod schema;
mod section;
mod sections;
pub mod set;
pub mod shipped;
mod source;
pub mod spec;
mod stated;
pub mod synapses;
mod table;
mod takes;
mod unread;
mod value;
pub mod vary;
mod weights;

pub use crate::written::diagnostic::{Diagnostic, Diagnostics, Severity};
pub use crate::written::{diagnostic, text};
pub use load::{Changes, Loaded, load, load_all, load_kept, load_set, load_text, load_text_with};
pub use opened::Opened;
pub use reference::markdown as reference;
pub use schema::schema;
pub use sections::{SECTIONS, choices, inner};
pub use value::Value;
