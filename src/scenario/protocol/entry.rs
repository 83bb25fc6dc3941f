//! What a protocol says of itself: its word and keys, how they make a plan, and how that is carried out.

use crate::scenario::diagnostic::Diagnostics;
use crate::scenario::filled::{Fields, Filled};
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::{Plan, Planned, ProjectionPlan, Protocol};
use crate::scenario::run::context::{RunContext, RunError};
use crate::scenario::run::network::choices;
use crate::scenario::section::Lower;
use crate::scenario::spec::Key;

/// A protocol that scenarios can name. What it plans is the type itself.
pub trait Described: Protocol + Sized {
    /// `kind` in a scenario.
    const WORD: &'static str;
    /// What is done, in a sentence.
    const DOC: &'static str;
    /// Its keys in `[protocol]`. A key that another protocol has too is the same constant.
    const KEYS: &'static [Key];
    /// Whether it does something with a network; else with devices on their own.
    const NETWORK: bool = true;
    /// Why no projection can have a rule of its own, and what to do; `None`: it can.
    const NO_RULES: Option<&'static str> = None;
    /// Whether it presents samples one by one to what learns by the rules of its projections.
    const PRESENTS: bool = false;

    /// The plan, if nothing is wrong with it. `projections` are as far as they are in order.
    fn lower(lower: &mut Lower<'_>, fields: &Fields, projections: &[Option<ProjectionPlan>]) -> Option<Self>;

    /// Adds a warning for everything implausible.
    fn plausible(&self, plan: &Plan, filled: &Filled, fields: &Fields, warnings: &mut Diagnostics);

    /// What the engine chose, for `check` and `resolve`.
    ///
    /// # Errors
    /// If the plan is not a network.
    fn choices(&self, plan: &Plan) -> Result<Vec<String>, RunError> {
        choices(plan)
    }

    /// Carries the plan out.
    ///
    /// # Errors
    /// As [`run`](crate::scenario::run::run).
    fn run(&self, plan: &Plan, context: &mut RunContext<'_>) -> Result<Outcome, RunError>;
}

type Make = fn(&mut Lower<'_>, &Fields, &[Option<ProjectionPlan>]) -> Option<Planned>;
type Plausible = fn(&Plan, &Filled, &Fields, &mut Diagnostics);
type Choices = fn(&Plan) -> Result<Vec<String>, RunError>;
type Run = fn(&Plan, &mut RunContext<'_>) -> Result<Outcome, RunError>;

/// [`Described`] without its type.
pub struct Entry {
    pub word: &'static str,
    pub doc: &'static str,
    pub keys: &'static [Key],
    pub network: bool,
    pub no_rules: Option<&'static str>,
    pub presents: bool,
    pub lower: Make,
    pub plausible: Plausible,
    pub choices: Choices,
    pub run: Run,
}

impl Entry {
    pub const fn of<P: Described>() -> Self {
        Self {
            word: P::WORD,
            doc: P::DOC,
            keys: P::KEYS,
            network: P::NETWORK,
            no_rules: P::NO_RULES,
            presents: P::PRESENTS,
            lower: |lower, fields, projections| P::lower(lower, fields, projections).map(Planned::new),
            plausible: |plan, filled, fields, warnings| {
                of::<P>(plan).plausible(plan, filled, fields, warnings);
            },
            choices: |plan| of::<P>(plan).choices(plan),
            run: |plan, context| of::<P>(plan).run(plan, context),
        }
    }
}

/// # Panics
/// If the plan is of another protocol: an entry is found by the word of the plan.
fn of<P: Described>(plan: &Plan) -> &P {
    plan.protocol.get().unwrap_or_else(|| panic!("the protocol is not `{}`", P::WORD))
}
