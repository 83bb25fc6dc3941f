//! A trace of the arrivals read at each spike: `post_trace`.

use super::local::{Decay, LocalRule, Seen, Step};
use super::trace::Mark;
use crate::keys::{FLAG, ModelKey, Reader, choice, key, required};
use crate::units::Second;

/// Trace of arrivals read at the post-synaptic spike.
///
/// dw = a_plus s f+(w) (x - target), x the trace with this instant's arrivals: inputs that are silent lose. With the
/// power law it is that of the source: dw = eta (x_pre - x_tar) (w_max - w)^mu, eta = a_plus s/(w_max - w_min)^mu.
///
/// Source: Diehl & Cook, Front. Comput. Neurosci. 9:99 (2015).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PostTrace {
    /// Size of a change at x - target = 1.
    pub a_plus: f64,
    /// The trace at which nothing changes; a single arrival makes 1.
    pub target: f64,
    /// Time constant of the trace.
    pub tau_plus: Second,
    /// Whether an arrival sets the trace to 1 instead of adding 1.
    pub saturate: bool,
}

impl LocalRule for PostTrace {
    const NAME: &'static str = "post_trace";
    const TITLE: &'static str = "at a spike: by the trace of each input";
    const SOURCE: &'static str = "Diehl & Cook 2015";
    const KEYS: &'static [ModelKey] = &[
        required("a_plus", "", "amplitude at a trace of 1 above `target`"),
        key("target", "", "0.0", "the trace at which nothing changes: below it a spike depresses", "setting"),
        key(
            "tau_plus",
            "s",
            "64.1 ms",
            "time constant of the trace of arrivals",
            "fitted: Yan et al., fig. 3c",
        ),
        choice("saturate", FLAG, "false", "whether an arrival sets the trace to 1 instead of adding 1"),
    ];
    const OWN_ARRIVALS: bool = true;
    const AT_ARRIVAL: bool = false;

    fn from_keys(read: &mut Reader<'_>) -> Self {
        Self {
            a_plus: read.zero_or_more("a_plus"),
            target: read.zero_or_more("target"),
            tau_plus: Second::of(read.trace_constant("tau_plus")),
            saturate: read.flag("saturate"),
        }
    }

    fn arrivals(&self) -> Vec<Decay> {
        vec![Decay { tau: self.tau_plus, mark: if self.saturate { Mark::Set } else { Mark::Add } }]
    }

    fn at_spike(&self, synapse: &mut Seen<'_>) -> Step {
        let &[x] = synapse.pre else { return Step::Stay };
        Step::Up(self.a_plus * (x - self.target))
    }
}
