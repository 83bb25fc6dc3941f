//! A window before each spike: `rectangular`.

use super::local::{LocalRule, Seen, Step};
use crate::keys::{ModelKey, Reader, required};
use crate::time::Time;

/// Rectangular window at the post-synaptic spike.
///
/// An arrival within `window` (this instant's included: it caused the spike) potentiates, dw = a_plus s f+(w);
/// none depresses, dw = -a_minus s f-(w). The exponents beta+ and beta- of the source are one here
/// ([`super::Dependence::Exponential`]).
///
/// Source: Querlioz et al., IEEE Trans. Nanotechnol. 12, 288 (2013).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rectangular {
    /// Size of a potentiating step; both are positive.
    pub a_plus: f64,
    /// Size of a depressing step.
    pub a_minus: f64,
    /// How long before a spike an arrival still potentiates.
    pub window: Time,
}

impl LocalRule for Rectangular {
    const NAME: &'static str = "rectangular";
    const TITLE: &'static str = "at a spike: recent inputs up, all others down";
    const SOURCE: &'static str = "Querlioz et al. 2013";
    const KEYS: &'static [ModelKey] = &[
        required("a_plus", "", "step of an input that arrived within `window`"),
        required("a_minus", "", "step of an input that did not"),
        required("window", "s", "an arrival this long ago still counts"),
    ];
    const OWN_ARRIVALS: bool = true;
    const AT_ARRIVAL: bool = false;
    const TIMES: bool = true;

    fn from_keys(read: &mut Reader<'_>) -> Self {
        Self {
            a_plus: read.zero_or_more("a_plus"),
            a_minus: read.zero_or_more("a_minus"),
            window: read.span("window"),
        }
    }

    fn at_spike(&self, synapse: &mut Seen<'_>) -> Step {
        match synapse.since_arrival {
            Some(since) if since <= self.window => Step::Up(self.a_plus),
            _ => Step::Down(self.a_minus),
        }
    }
}
