//! `kind = "unsupervised"`: a competing population learns a data set without labels, gets them afterwards, and is tested.

mod findings;
mod plan;
mod plausible;
mod run;
mod variation;

pub use findings::{AgedResult, LearnedEpoch, UnsupervisedResult, VariationResult, Votes};
pub use plan::{Ageing, Unsupervised, VariationCase};

use super::entry::Described;
use crate::scenario::diagnostic::Diagnostics;
use crate::scenario::filled::{Fields, Filled};
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::{Plan, ProjectionPlan};
use crate::scenario::run::context::{RunContext, RunError};
use crate::scenario::run::training;
use crate::scenario::section::Lower;
use crate::scenario::spec::Key;
use crate::scenario::table::Table;
pub use crate::training::unsupervised::Vote;

impl Described for Unsupervised {
    const WORD: &'static str = "unsupervised";
    const DOC: &'static str =
        "a competing population learns a data set without labels, gets them afterwards, and is tested";
    const KEYS: &'static [Key] = <Self as Table>::KEYS;
    const PRESENTS: bool = true;

    fn lower(lower: &mut Lower<'_>, fields: &Fields, projections: &[Option<ProjectionPlan>]) -> Option<Self> {
        plan::lower(lower, fields, projections)
    }

    fn plausible(&self, plan: &Plan, filled: &Filled, fields: &Fields, warnings: &mut Diagnostics) {
        plausible::check(plan, self, (filled, fields), warnings);
    }

    fn run(&self, plan: &Plan, context: &mut RunContext<'_>) -> Result<Outcome, RunError> {
        training::run(plan, self, context)
    }
}
