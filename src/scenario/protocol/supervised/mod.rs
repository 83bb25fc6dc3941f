//! `kind = "supervised"`: one projection from a data set, or a network of layers, is trained with labels, and tested.

mod described;
mod exact;
mod findings;
mod gradients;
mod in_situ;
mod jumps;
mod layers;
mod objective;
mod optimizer;
mod pieces;
mod plan;
mod plausible;
mod regression;
mod run;
mod silence;
mod surrogate;
mod teach;

pub use described::described;
pub use findings::{
    EpochResult, InSituResult, Measure, OUTPUT, OutputResult, ProgrammingResult, ShownSample,
    SupervisedResult, TARGET,
};
pub use in_situ::InSitu;
pub use jumps::SpikeSurrogate;
pub use optimizer::Optimizer;
pub(in crate::scenario) use plan::OBJECTIVE;
pub use plan::{Gradient, LearnDelays, ProgrammingCase, Supervised, Wanted};

use super::entry::Described;
use crate::scenario::diagnostic::Diagnostics;
use crate::scenario::filled::{Fields, Filled};
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::{Plan, ProjectionPlan};
use crate::scenario::run::context::{RunContext, RunError};
use crate::scenario::run::network::choices;
use crate::scenario::run::training;
use crate::scenario::section::Lower;
use crate::scenario::spec::Key;
use crate::scenario::table::Table;

/// Says what keeps layers from an exact gradient, in the network or in what is asked of it.
pub fn unfit(plan: &Plan, filled: &Filled, faults: &mut Diagnostics) {
    objective::unfit(plan, filled, faults);
    if let Some(net) = layers::unfit(plan, filled, faults) {
        pieces::unfit(plan, &net, filled, faults);
    }
}

impl Described for Supervised {
    const WORD: &'static str = "supervised";
    const DOC: &'static str =
        "train the projection from a data set to one neuron per class, or layers of them, and test it";
    const KEYS: &'static [Key] = <Self as Table>::KEYS;
    const NO_RULES: Option<&'static str> = Some("the gradient trains it; delete the table");

    fn lower(lower: &mut Lower<'_>, fields: &Fields, projections: &[Option<ProjectionPlan>]) -> Option<Self> {
        layers::delays_fit(lower, fields, projections);
        lower.made(fields)
    }

    fn plausible(&self, plan: &Plan, filled: &Filled, fields: &Fields, warnings: &mut Diagnostics) {
        plausible::check(plan, self, filled, fields, warnings);
    }

    fn choices(&self, plan: &Plan) -> Result<Vec<String>, RunError> {
        let mut lines = choices(plan)?;
        if self.gradient.loss().is_some() {
            lines.extend(described(plan)?);
        }
        Ok(lines)
    }

    fn run(&self, plan: &Plan, context: &mut RunContext<'_>) -> Result<Outcome, RunError> {
        training::run(plan, self, context)
    }
}
