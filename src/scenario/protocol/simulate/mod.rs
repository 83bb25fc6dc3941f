//! `kind = "simulate"`: one episode of the network as it is.

mod clocked;
mod episode;
mod events;
mod idle;

use super::entry::Described;
use crate::scenario::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::filled::is_dataset;
use crate::scenario::filled::{Fields, Filled};
use crate::scenario::load_estimate;
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::{Plan, ProjectionPlan, Protocol};
use crate::scenario::run::context::{Engine, RunContext, RunError};
use crate::scenario::section::Lower;
use crate::scenario::spec::Key;
use crate::scenario::spec::kinds::POSITIVE_SPAN;
use crate::scenario::table::{Table, table};
use crate::time::Time;

table! {
    /// The network as it is.
    #[derive(Clone, Debug, PartialEq, serde::Serialize)]
    pub struct Simulate {
        /// How long the network is simulated.
        duration: Time = POSITIVE_SPAN;
    }
}

impl Protocol for Simulate {
    fn word(&self) -> &'static str {
        Self::WORD
    }

    fn as_it_is(&self) -> Option<Time> {
        Some(self.duration)
    }

    fn episode(&self, _: u64) -> Time {
        self.duration
    }
}

impl Described for Simulate {
    const WORD: &'static str = "simulate";
    const DOC: &'static str = "one episode of the network as it is";
    const KEYS: &'static [Key] = <Self as Table>::KEYS;

    fn lower(lower: &mut Lower<'_>, fields: &Fields, _: &[Option<ProjectionPlan>]) -> Option<Self> {
        for (name, source) in lower.filled.all("source") {
            if is_dataset(source) == Some(true) {
                lower.faults.push(
                    Diagnostic::error(format!("source `{name}` shows a data set, and nothing presents it"))
                        .maybe_at(source.place("kind"))
                        .also(fields.written("kind"), "this runs the network once, without samples")
                        .allowed(
                            "kind = \"supervised\" or \"unsupervised\" in [protocol], or a source of another kind",
                        ),
                );
            }
        }
        lower.made(fields)
    }

    fn plausible(&self, plan: &Plan, filled: &Filled, fields: &Fields, warnings: &mut Diagnostics) {
        idle::warn(plan, self.duration, filled, warnings);
        load_estimate::warn(plan, self.duration, fields, warnings);
    }

    fn run(&self, plan: &Plan, context: &mut RunContext<'_>) -> Result<Outcome, RunError> {
        match context.engine {
            Engine::Clocked(dt) => clocked::simulate(plan, self.duration, dt, context),
            engine => events::simulate(engine.events().unwrap_or_default(), plan, self.duration, context),
        }
    }
}
