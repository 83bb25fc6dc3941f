//! Leaky integrate-and-fire neuron whose threshold and current adapt to its own spikes.
//!
//! tau_m du/dt = -(u - u_rest) + R I(t) - R i_w,
//! tau_w di_w/dt = -i_w,
//! tau_theta dq/dt = -q;
//!
//! it fires when u exceeds v_th + q. Then i_w grows by `i_jump`, q by `q_theta`, and u is held at u_reset for
//! t_ref, while i_w, q and the currents fade on.
//!
//! Closed form. i_w is one more exponential current. The moving threshold becomes a fixed one for y = u - u_rest - q:
//!
//! tau_m dy/dt = -y + R I - R i_w + (tau_m/tau_theta - 1) q,
//!
//! so q is an exponential current too (none where the two time constants are equal) and the crossings of y through v_th -
//! u_rest are those of [`crate::neuron::synaptic::crossing()`]: all found, within 1e-12 s.
//!
//! Validity: point neuron; adaptation driven by spikes only. Source: threshold, Chacron, Pakdaman & Longtin, Neural
//! Computation 15, 253 (2003), and in networks that learn Bellec et al., Nature Communications 11, 3625 (2020); current,
//! Treves, Network 4, 259 (1993).

use super::foretell::foretell;
use super::keys::{Described, ModelFault, ModelKey, Potentials, Reader, U_0, in_volts, key};
use super::model::{Adaptation, Adapting, Draws, Fired, Flow, Input, Model, Next, Scale};
use super::synaptic::{self, Current, Decay, Drive, MAX_DECAYS};
use super::{Floor, Lif, Reset};
use crate::numeric::exp;
use crate::time::Time;
use crate::units::{Ampere, Ohm, Second, Volt};

/// Its keys.
pub const KEYS: &[ModelKey] = &[
    key("tau_m", "s", "9.41 ms", "membrane time constant", "measured (Yan et al., fig. 4c)"),
    key(
        "u_rest",
        "V",
        "0.43 mV",
        "where the membrane relaxes to without drive",
        "measured (Yan et al., fig. 4c; a fit offset)",
    ),
    key(
        "v_th",
        "V",
        "0.25 V",
        "threshold of a neuron that has not fired lately",
        "measured (Yan et al., fig. 1c)",
    ),
    key("u_reset", "V", "0.43 mV", "where the membrane goes at a spike", "assumed: to rest"),
    U_0,
    key(
        "t_ref",
        "s",
        "0 s",
        "time after a spike in which the membrane is held and arrivals are lost",
        "assumed",
    ),
    key("r_m", "Ohm", "1 MOhm", "membrane resistance R", "assumed"),
    key("i_bias", "A", "0 A", "constant bias current", "assumed"),
    key("q_theta", "V", "20 mV", "what a spike adds to the threshold", "assumed: 8 % of v_th"),
    key(
        "tau_theta",
        "s",
        "100 ms",
        "time constant with which the threshold comes back",
        "assumed: ten times the membrane's",
    ),
    key("i_jump", "A", "10 nA", "what a spike adds to the adaptation current", "assumed: 10 mV on 1 MOhm"),
    key(
        "tau_w",
        "s",
        "100 ms",
        "time constant of the adaptation current",
        "assumed: ten times the membrane's",
    ),
];

/// Constants of a population.
#[derive(Clone, Debug, PartialEq)]
pub struct AdaptiveLif {
    tau_m: f64,
    u_rest: f64,
    /// v_th - u_rest.
    theta: f64,
    /// u_reset - u_rest.
    x_reset: f64,
    /// u_0 - u_rest.
    x_0: f64,
    t_ref: Time,
    r_m: f64,
    /// R `i_bias`.
    bias: f64,
    q_theta: f64,
    /// R `i_jump`.
    w_jump: f64,
    threshold: Decay,
    current: Decay,
}

crate::plain! {
    /// One neuron.
    pub struct AdaptiveState {
        /// u - u_rest.
        x: "V",
        /// What the threshold is above v_th.
        q: "V",
        /// R i_w.
        w: "V",
    }
}

impl Described for AdaptiveLif {
    const TITLE: &'static str = "leaky integrate-and-fire with adapting threshold and adaptation current";
    const KEYS: &'static [ModelKey] = KEYS;

    fn from_keys(value: &dyn Fn(&str) -> Option<f64>) -> Result<Self, Vec<ModelFault>> {
        let mut read = Reader::new(KEYS, value);
        let tau_m = read.time_constant("tau_m");
        let Potentials { u_rest, theta, x_reset, x_0 } = read.potentials();
        let r_m = read.above_zero("r_m");
        let model = Self {
            tau_m,
            u_rest,
            theta,
            x_reset,
            x_0,
            t_ref: read.span("t_ref"),
            r_m,
            bias: in_volts(r_m, read.any("i_bias")),
            q_theta: read.zero_or_more("q_theta"),
            w_jump: r_m * read.any("i_jump"),
            threshold: Decay::new(read.time_constant("tau_theta"), tau_m),
            current: Decay::new(read.time_constant("tau_w"), tau_m),
        };
        read.finish(model)
    }
}

impl AdaptiveLif {
    /// What the adaptation does between spikes.
    fn relax(&self, state: &mut AdaptiveState, span: f64) {
        state.q *= exp(-(span / self.threshold.tau));
        state.w *= exp(-(span / self.current.tau));
    }
}

impl Model for AdaptiveLif {
    type State = AdaptiveState;
    const NAME: &'static str = "adaptive_lif";
    /// Threshold and adaptation current take two of them.
    const DECAYS: usize = MAX_DECAYS - 2;

    fn scale(&self) -> Scale {
        Scale { tau: self.tau_m, resistance: self.r_m, rest: self.u_rest, threshold: self.theta }
    }

    fn adapting(&self) -> Option<Adapting> {
        let above_rest = |x: f64| Volt::new(self.u_rest + x);
        let lif = Lif {
            tau_m: Second::new(self.tau_m),
            u_rest: above_rest(0.0),
            v_th: above_rest(self.theta),
            u_reset: above_rest(self.x_reset),
            v_hold: above_rest(0.0),
            reset: Reset::Value,
            t_ref: Second::new(self.t_ref.as_seconds()),
            r_m: Ohm::new(self.r_m),
            i_bias: Ampere::new(self.bias / self.r_m),
            u_0: (self.x_0 != 0.0).then(|| above_rest(self.x_0)),
            floor: Floor::None,
        };
        let threshold = Adaptation { jump: self.q_theta, tau: self.threshold.tau };
        Some(Adapting { lif, threshold, current: Adaptation { jump: self.w_jump, tau: self.current.tau } })
    }

    fn start(&self, _draws: &Draws) -> AdaptiveState {
        AdaptiveState { x: self.x_0, q: 0.0, w: 0.0 }
    }

    fn advance(&self, state: &mut AdaptiveState, flow: &mut Flow<'_>, span: f64) {
        let drive = (flow.level + self.bias, flow.slope);
        state.x = synaptic::advance(self.tau_m, state.x, drive, flow.decays, flow.currents, span);
        if state.w != 0.0 {
            let s = span / self.tau_m;
            state.x -= state.w * self.current.response(s, exp(-s)).1;
        }
        self.relax(state, span);
    }

    fn advance_dead(&self, state: &mut AdaptiveState, flow: &mut Flow<'_>, span: f64) {
        flow.pass(span);
        self.relax(state, span);
    }

    fn receive(&self, state: &mut AdaptiveState, input: Input) {
        if let Input::Jump(volts) = input {
            state.x += volts;
        }
    }

    fn fires(&self, state: &AdaptiveState) -> bool {
        state.x - state.q >= self.theta
    }

    fn next(&self, state: &AdaptiveState, flow: &Flow<'_>, limit: Time) -> Next {
        let own = [
            (self.current, -state.w),
            // 1 - nu is kept with its digits, so this is exactly zero where the two time constants are equal.
            (self.threshold, -self.threshold.difference() * state.q),
        ];
        let mut decays = [self.current; MAX_DECAYS];
        let mut currents = [Current::default(); MAX_DECAYS];
        let mut count = flow.decays.len().min(Self::DECAYS);
        debug_assert_eq!(count, flow.decays.len(), "more time constants than there is room for");
        decays[..count].copy_from_slice(&flow.decays[..count]);
        currents[..count].copy_from_slice(&flow.currents[..count]);
        for (decay, p) in own {
            if p != 0.0 {
                decays[count] = decay;
                currents[count] = Current { p, q: 0.0 };
                count += 1;
            }
        }
        let decays = &decays[..count];
        let drive = Drive { decays, currents: &currents[..count], ..flow.drive(self.bias) };
        foretell(self.tau_m, state.x - state.q, &drive, self.theta, limit)
    }

    fn reach(&self, state: &mut AdaptiveState) {
        state.x = state.x.max(self.theta + state.q);
    }

    fn fire(&self, state: &mut AdaptiveState, _draws: &Draws) -> Fired {
        state.x = self.x_reset;
        state.q += self.q_theta;
        state.w += self.w_jump;
        Fired::once(self.t_ref)
    }

    fn potential(&self, state: &AdaptiveState, _dead: f64) -> f64 {
        self.u_rest + state.x
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::tests::{Neuron, cases, conforms};

    const MS: u64 = 1_000_000_000_000;

    fn neuron(values: &[(&'static str, f64)], drive: f64) -> Neuron<AdaptiveLif> {
        Neuron::new(&AdaptiveLif::with(values).unwrap(), &[], (drive, 0.0), 1)
    }

    #[test]
    fn it_conforms() {
        conforms::<AdaptiveLif>(0.3, 0.2, 1e-12);
    }

    #[test]
    fn spikes_agree_with_a_30_digit_integration() {
        for case in cases::<AdaptiveLif>(include_str!("../../tests/data/neurons/adaptive_lif.csv")) {
            let error = case.error::<AdaptiveLif>(&[]);
            assert!(error <= 1e-12, "{}: {error:e} s", case.name);
        }
    }

    #[test]
    fn without_adaptation_it_is_the_leaky_integrator() {
        let mut plain = neuron(&[("q_theta", 0.0), ("i_jump", 0.0)], 0.5);
        plain.run(Time::from_fs(100 * MS), usize::MAX);
        for (k, spike) in plain.spikes.iter().enumerate() {
            let want = 6.506344e-3 * (k + 1) as f64;
            assert!((spike.as_seconds() - want).abs() < 1e-9 * (k + 1) as f64);
        }
        assert_eq!(plain.spikes.len(), 15);
    }

    #[test]
    fn each_kind_of_adaptation_alone_lengthens_the_intervals() {
        for only in [("q_theta", 0.0), ("i_jump", 0.0)] {
            let mut adapting = neuron(&[only], 0.5);
            adapting.run(Time::from_fs(500 * MS), usize::MAX);
            let intervals: Vec<u64> =
                adapting.spikes.windows(2).map(|pair| pair[1].fs() - pair[0].fs()).collect();
            assert!(intervals[0] < intervals[1] && intervals[1] < intervals[2], "{only:?}: {intervals:?}");
            let last = &intervals[intervals.len() - 2..];
            assert!(last[1].abs_diff(last[0]) * 1000 < last[0], "{only:?}: it settles: {intervals:?}");
        }
    }

    #[test]
    fn a_threshold_as_fast_as_the_membrane_adds_no_current() {
        // Then y follows the plain equation from its reset on: v_th - q there, less q.
        let tau = 9.41e-3;
        let mut one = neuron(&[("tau_theta", tau), ("i_jump", 0.0), ("q_theta", 0.05)], 0.5);
        one.run(Time::from_fs(60 * MS), 2);
        let interval = one.spikes[1].seconds_since(one.spikes[0]);
        let want = tau * f64::ln((0.5 + 0.05) / (0.5 - (0.25 - 0.43e-3)));
        assert!((interval - want).abs() < 2e-15, "{interval} s, not {want} s");
    }

    #[test]
    fn a_threshold_that_falls_onto_a_steady_membrane_is_crossed() {
        let mut steady = neuron(&[("i_jump", 0.0), ("q_theta", 0.1), ("tau_m", 1e-3)], 0.26);
        steady.run(Time::from_fs(1000 * MS), 2);
        // Membrane at 0.26 V, threshold at 0.24957 + 0.1 e^(-t/100 ms).
        let interval = steady.spikes[1].seconds_since(steady.spikes[0]);
        let want = 0.1 * f64::ln(0.1 / (0.26 - (0.25 - 0.43e-3)));
        assert!((interval / want - 1.0).abs() < 1e-3, "{interval} s, not {want} s");
    }

    #[test]
    fn every_fault_says_value_and_what_is_allowed() {
        let faults = AdaptiveLif::with(&[
            ("tau_m", 0.0),
            ("u_reset", 0.3),
            ("u_rest", 0.25),
            ("q_theta", -1e-3),
            ("t_ref", 1e4),
        ])
        .unwrap_err();
        let text: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            text,
            [
                "`tau_m` is 0 s; it must be a femtosecond or more",
                "`v_th` is 250 mV; it must be above u_rest, or the neuron fires without input",
                "`u_reset` is 300 mV; it must be below v_th, or the neuron fires for ever",
                "`t_ref` is 10 ks; it must be below 9223 s, the longest episode",
                "`q_theta` is -1 mV; it must be zero or more",
            ]
        );
    }
}
