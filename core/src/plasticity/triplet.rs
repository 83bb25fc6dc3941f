//! Triplets of spikes: `stdp_triplet`.

use super::local::{Decay, LocalRule, Seen, Step};
use super::trace::Mark;
use crate::keys::{ModelKey, Reader, choice, key, required};
use crate::units::Second;

/// Triplet STDP.
///
/// At an arrival w -= s f-(w) o1 (a_minus + a3_minus r2), at a post-synaptic spike
/// w += s f+(w) r1 (a_plus + a3_plus o2); r1, r2 are traces of the arrivals with tau_plus, tau_x and o1, o2 traces
/// of the spikes with tau_minus, tau_y, all of strictly earlier times.
///
/// Source: Pfister & Gerstner, J. Neurosci. 26, 9673 (2006), eqs. 3 and 4.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Triplet {
    /// Whether traces keep only the last spike instead of adding up.
    pub nearest: bool,
    /// Size of the pair term at a spike; all sizes are positive.
    pub a_plus: f64,
    /// Size of the pair term at an arrival.
    pub a_minus: f64,
    /// Size of the triplet term at a spike.
    pub a3_plus: f64,
    /// Size of the triplet term at an arrival.
    pub a3_minus: f64,
    /// Time constant of r1.
    pub tau_plus: Second,
    /// Time constant of o1.
    pub tau_minus: Second,
    /// Time constant of r2.
    pub tau_x: Second,
    /// Time constant of o2.
    pub tau_y: Second,
}

const CORTEX: &str = "literature: Pfister & Gerstner 2006, visual cortex, all to all";

impl LocalRule for Triplet {
    const NAME: &'static str = "stdp_triplet";
    const TITLE: &'static str = "pairs and triplets of spikes";
    const SOURCE: &'static str = "Pfister & Gerstner 2006";
    const KEYS: &'static [ModelKey] = &[
        choice(
            "pairing",
            &[
                ("all_to_all", "every spike with every earlier one"),
                ("nearest", "every spike with the last earlier one of each side"),
            ],
            "all_to_all",
            "which spikes count",
        ),
        required("a_plus", "", "amplitude of potentiation by pairs"),
        required("a_minus", "", "amplitude of depression by pairs"),
        key("a3_plus", "", "6.2e-3", "amplitude of post-pre-post triplets", CORTEX),
        key("a3_minus", "", "2.3e-4", "amplitude of pre-post-pre triplets", CORTEX),
        key("tau_plus", "s", "64.1 ms", "time constant of potentiation", "fitted: Yan et al., fig. 3c"),
        key("tau_minus", "s", "29.2 ms", "time constant of depression", "fitted: Yan et al., fig. 3c"),
        key("tau_x", "s", "101 ms", "time constant of the slow trace of arrivals", CORTEX),
        key("tau_y", "s", "125 ms", "time constant of the slow trace of spikes", CORTEX),
    ];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        Self {
            nearest: read.word("pairing") == 1,
            a_plus: read.zero_or_more("a_plus"),
            a_minus: read.zero_or_more("a_minus"),
            a3_plus: read.zero_or_more("a3_plus"),
            a3_minus: read.zero_or_more("a3_minus"),
            tau_plus: Second::of(read.trace_constant("tau_plus")),
            tau_minus: Second::of(read.trace_constant("tau_minus")),
            tau_x: Second::of(read.trace_constant("tau_x")),
            tau_y: Second::of(read.trace_constant("tau_y")),
        }
    }

    fn arrivals(&self) -> Vec<Decay> {
        self.decays([self.tau_plus, self.tau_x])
    }

    fn spikes(&self) -> Vec<Decay> {
        self.decays([self.tau_minus, self.tau_y])
    }

    fn at_arrival(&self, synapse: &mut Seen<'_>) -> Step {
        let (&[_, r2], &[o1, _]) = (synapse.pre, synapse.post) else { return Step::Stay };
        Step::Down((self.a_minus + self.a3_minus * r2) * o1)
    }

    fn at_spike(&self, synapse: &mut Seen<'_>) -> Step {
        let (&[r1, _], &[_, o2]) = (synapse.pre, synapse.post) else { return Step::Stay };
        Step::Up((self.a_plus + self.a3_plus * o2) * r1)
    }
}

impl Triplet {
    fn decays(&self, taus: [Second; 2]) -> Vec<Decay> {
        let mark = if self.nearest { Mark::Set } else { Mark::Add };
        taus.map(|tau| Decay { tau, mark }).to_vec()
    }
}
