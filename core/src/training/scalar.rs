//! The precisions that training is compiled for.

use super::Until;
use super::epoch::{Advance, EpochReport, descend};
use super::evaluate::{Evaluation, Reporting, Test, evaluate_in};
use super::exact::{Layered, answers_in};
use super::presenter::{Presenter, Samples};
use super::supervised::Trainer;
use super::unsupervised::{Learner, Question, Report, Responses, respond_in};
use crate::encoding::{FirstSpikes, RateCode};
use crate::engine::lockstep::Net;
use crate::engine::{Engine, Observer, SimulationError, Spike, Threads};
use crate::network::{Network, Weights};
use crate::numeric::Real;
use crate::record::Fingerprint;
use crate::time::Time;
use std::sync::Arc;

/// What an epoch reads, and where it reports: samples, their order, the episode of the first, when it comes back early,
/// fingerprint and observer.
pub type Epoch<'a, C = RateCode> =
    (Samples<'a, C>, &'a [u32], u64, Until<'a>, &'a mut Fingerprint, Option<&'a mut dyn Observer>);

/// The entries of training in one precision: what the types and functions of these names do.
#[expect(missing_docs, clippy::type_complexity, reason = "said there, with the names of their arguments")]
#[derive(Debug)]
pub struct Entries<R: Scalar> {
    pub train: fn(
        &mut Trainer<R>,
        EpochReport,
        Epoch<'_>,
        &Threads,
        Advance<'_>,
    ) -> Result<EpochReport, SimulationError>,
    pub layered: fn(
        &mut Layered<R>,
        EpochReport,
        Epoch<'_, FirstSpikes>,
        &Threads,
        Advance<'_>,
    ) -> Result<EpochReport, SimulationError>,
    pub answers: fn(
        &Net,
        &Weights<R>,
        Samples<'_, FirstSpikes>,
        (super::exact::Question<'_>, Evaluation),
        &mut Reporting<'_>,
    ) -> Evaluation,
    pub learn: fn(
        &mut Learner<R>,
        Report,
        Epoch<'_>,
        &mut dyn FnMut(u64, &Report),
    ) -> Result<Report, SimulationError>,
    pub evaluate: fn(
        &Arc<Network>,
        &Weights<R>,
        Samples<'_>,
        (Test<'_>, Evaluation),
        &mut Reporting<'_>,
    ) -> Result<Evaluation, SimulationError>,
    pub respond: fn(
        &Arc<Network>,
        &Weights<R>,
        Samples<'_>,
        (Question<'_>, Responses),
        &mut Reporting<'_>,
    ) -> Result<Responses, SimulationError>,
    pub presenter: fn(Engine, &Arc<Network>, usize, u64) -> Presenter<R>,
    pub show: fn(&mut Presenter<R>, &Weights<R>, (&RateCode, usize, u64, Time)) -> Vec<Spike>,
}

/// `f32` or `f64`: what training spends its time on is named by a table of this crate, and so compiled in it, once for
/// each. Whoever is generic over the precision calls it through the table, and does not compile the engine again.
pub trait Scalar: Real {
    /// Its table.
    fn entries() -> &'static Entries<Self>;
}

macro_rules! compiled {
    ($($real:ty: $table:ident),+) => {$(
        static $table: Entries<$real> = Entries {
            train: descend,
            layered: descend,
            answers: answers_in,
            learn: Learner::epoch_in,
            evaluate: evaluate_in,
            respond: respond_in,
            presenter: Presenter::new_in,
            show: Presenter::show_in,
        };

        impl Scalar for $real {
            fn entries() -> &'static Entries<Self> {
                &$table
            }
        }
    )+};
}

compiled!(f32: SINGLE, f64: DOUBLE);
