//! A trace of the arrivals read at each spike: `post_trace`.

use super::local::{Decay, LocalRule, Seen, Step};
use super::trace::Mark;
use crate::keys::{FLAG, ModelKey, Reader, choice, key, optional, required};
use crate::units::Second;

/// Trace of arrivals read at the post-synaptic spike.
///
/// dw = a_plus s f+(w) (x - target), x the trace with this instant's arrivals: inputs that are silent lose. With the
/// power law it is that of the source: dw = eta (x_pre - x_tar) (w_max - w)^mu, eta = a_plus s/(w_max - w_min)^mu. With an
/// amplitude of its own depression is dw = -a_minus s f-(w) (target - x), and has the dependence that it has in other rules.
///
/// Source: Diehl & Cook, Front. Comput. Neurosci. 9:99 (2015).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PostTrace {
    /// Size of a change at x - target = 1.
    pub a_plus: f64,
    /// Size of a change at target - x = 1, where the trace is below; `None`: that of the source.
    pub a_minus: Option<f64>,
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
        optional(
            "a_minus",
            "",
            "amplitude of depression, at a trace of 1 below `target`: s f-(w) times it",
            "`a_plus` s f+(w) with its sign, as in the source",
        ),
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
            a_minus: read.maybe("a_minus").map(|_| read.zero_or_more("a_minus")),
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
        match self.a_minus {
            Some(a_minus) if x < self.target => Step::Down(a_minus * (self.target - x)),
            _ => Step::Up(self.a_plus * (x - self.target)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plasticity::{Bounds, Dependence, Law, Layout, Plastic, Rule, Unit};
    use crate::time::Time;

    /// What a spike 10 ms after an arrival makes of a weight of 0.75, multiplicatively.
    fn after(values: &[(&'static str, f64)]) -> f64 {
        let bounds = Bounds { w_min: 0.0, w_max: 1.0 };
        let law = Law { dependence: Dependence::Multiplicative, unit: Unit::Span, bounds };
        let rule = Rule::local(PostTrace::with(values).unwrap(), law);
        let layout = Layout::Dense { rows: 1, cols: 1, stride: 1 };
        let (mut plastic, mut weights) = (Plastic::new(rule, layout, None).unwrap(), vec![0.75]);
        let [arrival, spike] = [5, 15].map(|ms| Time::from_fs(ms * 1_000_000_000_000));
        plastic.arrive(arrival, &[0], &mut weights);
        plastic.settle(arrival, &[0], &[], &mut weights);
        plastic.settle(spike, &[], &[0], &mut weights);
        weights[0]
    }

    #[test]
    fn depression_has_the_amplitude_and_the_dependence_that_are_stated() {
        let x = (-10.0f64 / 20.0).exp();
        let values = |more: &[(&'static str, f64)]| [&[("a_plus", 0.2), ("tau_plus", 20e-3)], more].concat();
        for (more, want) in [
            (&[][..], 0.75 + 0.2 * x * 0.25),
            // Above its target the trace potentiates, whatever depression is.
            (&[("target", 0.5), ("a_minus", 0.1)], 0.75 + 0.2 * (x - 0.5) * 0.25),
            (&[("target", 0.9), ("a_minus", 0.1)], 0.75 - 0.1 * (0.9 - x) * 0.75),
            (&[("target", 0.9)], 0.75 - 0.2 * (0.9 - x) * 0.25),
        ] {
            let got = after(&values(more));
            assert!((got - want).abs() < 1e-14, "{more:?}: {got}, not {want}");
        }
        assert!(PostTrace::with(&values(&[("a_minus", -0.1)])).is_err());
    }
}
