//! `kind = "supervised"`: one projection from a data set is trained with labels, and tested.

mod findings;
mod plan;
mod plausible;
mod run;

pub use findings::{EpochResult, ProgrammingResult, ShownSample, SupervisedResult};
pub use plan::{Adam, ProgrammingCase, Supervised};

use super::entry::Described;
use super::keys;
use crate::scenario::diagnostic::Diagnostics;
use crate::scenario::filled::{Fields, Filled};
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::{Plan, ProjectionPlan};
use crate::scenario::run::context::{RunContext, RunError};
use crate::scenario::run::training;
use crate::scenario::section::Lower;
use crate::scenario::spec::kinds::ABOVE_ZERO;
use crate::scenario::spec::{Key, Kind};
use crate::scenario::table::{inner, list};
use std::sync::Arc;

impl Described for Supervised {
    const WORD: &'static str = "supervised";
    const DOC: &'static str = "train the projection from a data set to one neuron per class, and test it";
    const KEYS: &'static [Key] = &[
    keys::PROJECTION,
    keys::PRECISION,
    keys::EPOCHS,
    Key::new("batch", Kind::Integer { min: 1, max: 1_000_000 }, "Samples per weight update.")
        .setting("64"),
    keys::TRAIN_SAMPLES,
    keys::TEST_SAMPLES,
    keys::VALIDATION,
    keys::PRESENTATION,
    keys::TEST_PRESENTATION,
    Key::new("count_gain", ABOVE_ZERO, "Gain of the softmax on spike counts.")
        .setting("0.3"),
    Key::new(
        "surrogate_steepness",
        ABOVE_ZERO,
        "Steepness of the fast-sigmoid surrogate derivative, per v_th - u_rest.",
    )
    .setting("5.0"),
    Key::new("optimizer", inner::<Adam>(), "Adam with a cosine schedule.")
        .setting("{}"),
    Key::new("weight_bound", ABOVE_ZERO, "Bound on |w| during training, in units of v_th - u_rest.")
        .absent("unbounded"),
    Key::new(
        "weights_from",
        Kind::Text,
        "Scenario whose trained weights are tested instead of training here (it is run if it never was), or a run directory.",
    )
    .absent("trained here"),
    Key::new(
        "show_class",
        Kind::Integer { min: 0, max: 255 },
        "Report the output rates for the first test sample of this class.",
    )
    .absent("none"),
    Key::new(
        "programming",
        list::<ProgrammingCase>(),
        "After training: programme the weights onto devices in each of these ways and test again.",
    )
    .setting("[]"),
    ];
    const NO_RULES: Option<&'static str> = Some("the gradient trains it; delete the table");

    fn lower(lower: &mut Lower<'_>, fields: &Fields, _: &[Option<ProjectionPlan>]) -> Option<Self> {
        plan::lower(lower, fields)
    }

    fn plausible(&self, plan: &Plan, filled: &Filled, fields: &Fields, warnings: &mut Diagnostics) {
        plausible::check(plan, self, filled, fields, warnings);
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
