//! `kind = "unsupervised"`: a competing population learns a data set without labels, gets them afterwards, and is tested.

mod findings;
mod plan;
mod plausible;
mod run;
mod variation;

pub use findings::{AgedResult, LearnedEpoch, UnsupervisedResult, VariationResult, Votes};
use plan::{Ageing, Learning, LearningDevices};
pub use plan::{Unsupervised, VariationCase, WinnerLearning};

use super::entry::Described;
use super::keys;
use crate::device::retention::Retention;
use crate::scenario::diagnostic::Diagnostics;
use crate::scenario::filled::{Fields, Filled};
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::{Plan, ProjectionPlan};
use crate::scenario::run::context::{RunContext, RunError};
use crate::scenario::run::training;
use crate::scenario::section::Lower;
use crate::scenario::spec::kinds::{COUNT, POSITIVE_SPAN, SPAN};
use crate::scenario::spec::{Key, Kind};
use crate::scenario::table::{inner, list};
pub use crate::training::unsupervised::Vote;
use std::sync::Arc;

impl Described for Unsupervised {
    const WORD: &'static str = "unsupervised";
    const DOC: &'static str =
        "a competing population learns a data set without labels, gets them afterwards, and is tested";
    const KEYS: &'static [Key] = &[
        keys::PROJECTION,
        keys::PRECISION,
        keys::EPOCHS,
        keys::TRAIN_SAMPLES,
        keys::TEST_SAMPLES,
        keys::VALIDATION,
        keys::PRESENTATION,
        keys::TEST_PRESENTATION,
        Key::new(
            "rest",
            SPAN,
            "Pause after each training sample; membranes start anew, thresholds go on decaying.",
        )
        .setting("\"0 s\""),
        Key::new(
            "label_samples",
            COUNT,
            "Training samples whose labels are looked at after learning, from the front of the set.",
        )
        .absent("all"),
        Key::new("label_presentation", POSITIVE_SPAN, "How long they are shown.").same_as("presentation"),
        Key::new("vote", Kind::word::<Vote>(), "The vote behind the reported accuracy; both are stated.")
            .setting("\"log_likelihood\""),
        Key::new("learning", inner::<Learning>(), "What a spike of the winner does to its synapses."),
        Key::new(
            "devices",
            inner::<LearningDevices>(),
            "How the devices of the projection are programmed while they learn, and how they differ.",
        )
        .absent("for a projection without devices"),
        Key::new("retention", inner::<Retention>(), "How conductances decay when left alone.")
            .absent("they do not"),
        Key::new("ageing", list::<Ageing>(), "Test again after each of these times without refresh.")
            .setting("[]"),
        Key::new(
            "variation",
            list::<VariationCase>(),
            "Train and test anew with each of these dispersions of the devices.",
        )
        .setting("[]"),
    ];
    const NO_RULES: Option<&'static str> =
        Some("the rule of the winner is the table [protocol.learning]; delete this one");

    fn lower(lower: &mut Lower<'_>, fields: &Fields, projections: &[Option<ProjectionPlan>]) -> Option<Self> {
        plan::lower(lower, fields, projections)
    }

    fn plausible(&self, plan: &Plan, _: &Filled, fields: &Fields, warnings: &mut Diagnostics) {
        plausible::check(plan, self, fields, warnings);
    }

    fn run(
        &self,
        plan: &Plan,
        pool: &Arc<rayon::ThreadPool>,
        context: &mut RunContext<'_>,
    ) -> Result<Outcome, RunError> {
        training::run(plan, self, pool, context)
    }
}
