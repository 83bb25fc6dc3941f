//! Leaky integrate-and-fire neuron with synapses that are conductances, excitatory and inhibitory.
//!
//! C du/dt = -(u - u_rest)/R - g_e (u - e_exc) - g_i (u - e_inh) + I(t),
//! tau_exc dg_e/dt = -g_e,  tau_inh dg_i/dt = -g_i,  R C = tau_m;
//!
//! an arrival adds its conductance to g_e (receptor `exc`) or g_i (receptor `inh`). It fires when u exceeds v_th and is held at
//! u_reset for t_ref, while the conductances fade on. In volts and without units, with x = u - u_rest and g' = R g:
//!
//! tau_m dx/dt = -x - g'_e (x - E_e) - g'_i (x - E_i) + R I.
//!
//! The equation is linear in x with coefficients that are sums of exponentials: its power series converge everywhere, and
//! steps of about one time constant leave out less than rounding does. Crossings are found in the series, within 1e-12 s.
//! Where a bound shows that none is near, none is looked for.
//!
//! Validity: point neuron, ohmic synapses without saturation. Source: Destexhe, Mainen & Sejnowski, Neural Computation 6, 14
//! (1994); defaults of Brette et al., J. Comput. Neurosci. 23, 349 (2007), benchmark 1. For equal synaptic time constants
//! Brette, Neural Computation 18, 2004 (2006), gives x by incomplete gamma functions; the tests compare with it.

use super::foretell::down;
use super::integrate::{self, Equation};
use super::keys::{
    Described, ModelFault, ModelKey, Potentials, Reader, U_0, above_rest, in_volts, key, shown,
};
use super::model::{Draws, Fired, Flow, Input, Model, Next, Scale};
use crate::numeric::exp;
use crate::numeric::taylor::{Series, expand, product};
use crate::time::Time;

const BENCHMARK: &str = "literature (Brette et al. 2007, benchmark 1)";

/// Its keys.
pub const KEYS: &[ModelKey] = &[
    key("tau_m", "s", "20 ms", "membrane time constant", BENCHMARK),
    key("u_rest", "V", "-60 mV", "where the membrane relaxes to without input", BENCHMARK),
    key("v_th", "V", "-50 mV", "threshold", BENCHMARK),
    key("u_reset", "V", "-60 mV", "where the membrane goes at a spike", BENCHMARK),
    U_0,
    key("t_ref", "s", "5 ms", "time after a spike in which the membrane is held", BENCHMARK),
    key("r_m", "Ohm", "100 MOhm", "membrane resistance R", BENCHMARK),
    key("i_bias", "A", "0 A", "constant bias current", "assumed"),
    key("e_exc", "V", "0 V", "reversal potential of excitatory synapses", BENCHMARK),
    key("e_inh", "V", "-80 mV", "reversal potential of inhibitory synapses", BENCHMARK),
    key("tau_exc", "s", "5 ms", "time constant of excitatory conductances", BENCHMARK),
    key("tau_inh", "s", "10 ms", "time constant of inhibitory conductances", BENCHMARK),
];

/// Relative to what makes up each variable: what a step may leave out.
const LEFT_OUT: f64 = 1e-16;
/// Of the membrane's time constant: a bound that puts firing off by more is answered instead of making a step.
const WELL_AFTER: f64 = 0.05;
/// Excitatory receptor.
const EXC: u8 = 0;

/// Constants of a population.
#[derive(Clone, Debug, PartialEq)]
pub struct ConductanceLif {
    tau_m: f64,
    u_rest: f64,
    theta: f64,
    x_reset: f64,
    /// u_0 - u_rest.
    x_0: f64,
    t_ref: Time,
    r_m: f64,
    bias: f64,
    /// Reversal potentials above u_rest.
    e_exc: f64,
    e_inh: f64,
    tau_exc: f64,
    tau_inh: f64,
}

crate::plain! {
    /// One neuron.
    pub struct ConductanceState {
        /// u - u_rest.
        x: "V",
        /// R g_e.
        g_exc: "",
        /// R g_i.
        g_inh: "",
    }
}

impl Described for ConductanceLif {
    const TITLE: &'static str = "leaky integrate-and-fire with excitatory and inhibitory conductances";
    const KEYS: &'static [ModelKey] = KEYS;

    fn from_keys(value: &dyn Fn(&str) -> Option<f64>) -> Result<Self, Vec<ModelFault>> {
        let mut read = Reader::new(KEYS, value);
        let Potentials { u_rest, theta, x_reset, x_0 } = read.potentials();
        let r_m = read.above_zero("r_m");
        let model = Self {
            tau_m: read.time_constant("tau_m"),
            u_rest,
            theta,
            x_reset,
            x_0,
            t_ref: read.span("t_ref"),
            r_m,
            bias: in_volts(r_m, read.any("i_bias")),
            e_exc: above_rest(read.any("e_exc"), u_rest),
            e_inh: above_rest(read.any("e_inh"), u_rest),
            tau_exc: read.time_constant("tau_exc"),
            tau_inh: read.time_constant("tau_inh"),
        };
        read.finish(model)
    }

    fn remarks(&self) -> Vec<ModelFault> {
        let mut remarks = Vec::new();
        let mut remark = |key, level: f64, allowed: &str| {
            let value = shown(level + self.u_rest, "V");
            remarks.push(ModelFault { key, value, allowed: allowed.to_owned() });
        };
        if self.e_exc <= self.theta {
            remark(
                "e_exc",
                self.e_exc,
                "at or below v_th, so excitation alone can never make the neuron fire",
            );
        }
        if self.e_inh >= self.theta {
            remark("e_inh", self.e_inh, "at or above v_th, so inhibition makes the neuron fire");
        }
        remarks
    }
}

impl Equation<3> for ConductanceLif {
    fn tau(&self, &[_, g_exc, g_inh]: &[f64; 3]) -> f64 {
        let acting = |g: f64, tau: f64| if g == 0.0 { f64::INFINITY } else { tau };
        let membrane = self.tau_m / (1.0 + g_exc.abs() + g_inh.abs());
        membrane.min(acting(g_exc, self.tau_exc)).min(acting(g_inh, self.tau_inh))
    }

    fn level(&self) -> f64 {
        self.theta
    }

    fn expand(&self, x: [f64; 3], drive: &Series, unit: f64) -> [Series; 3] {
        let (membrane, exc, inh) = (unit / self.tau_m, unit / self.tau_exc, unit / self.tau_inh);
        expand(x, |k, [x, g_exc, g_inh]| {
            let flows = self.e_exc * g_exc[k] + self.e_inh * g_inh[k] + drive[k] - x[k];
            let slope = membrane * (flows - product(x, g_exc, k) - product(x, g_inh, k));
            [slope, -exc * g_exc[k], -inh * g_inh[k]]
        })
    }

    fn allowed(&self, series: &[Series; 3], _unit: f64) -> [f64; 3] {
        let [x, g_exc, g_inh] = series.map(|series| series[0].abs());
        [LEFT_OUT * (self.theta + x), LEFT_OUT * (1.0 + g_exc), LEFT_OUT * (1.0 + g_inh)]
    }
}

impl ConductanceLif {
    fn fade(&self, state: &mut ConductanceState, span: f64) {
        state.g_exc *= exp(-(span / self.tau_exc));
        state.g_inh *= exp(-(span / self.tau_inh));
    }

    /// Whether it is seen at a glance that no crossing is near.
    ///
    /// Excitation only falls, so below both reversal potentials' and the drive's highest pull
    /// tau_m dx/dt <= (1 + g)(top - x), top = (v + g E)/(1 + g), with g = g'_e now, v the highest drive and E = max(E_e, v);
    /// inhibition pulls up to E_i at most. As for currents, theta is reached no sooner than after r + r^2/2 of tau_m/(1 + g),
    /// r = (theta - x)/(top - x).
    fn glance(&self, state: &ConductanceState, flow: &Flow<'_>) -> Option<Next> {
        let x = state.x.max(self.e_inh);
        if flow.slope > 0.0 || x >= self.theta || state.g_exc < 0.0 || state.g_inh < 0.0 {
            return None;
        }
        let peaks = flow.currents.iter().map(|current| current.p.max(0.0) + current.q.max(0.0) * 0.3679);
        let drive = flow.level + self.bias + peaks.sum::<f64>();
        let sum = 1.0 + state.g_exc;
        let top = (drive + state.g_exc * self.e_exc.max(drive)) / sum;
        // What was rounded is less than that.
        let near = 1e-9 * (self.theta + x.abs() + drive.abs() + self.e_exc.abs());
        if top.max(x) + near < self.theta {
            return Some(Next::Never);
        }
        let r = (self.theta - x) / (top - x);
        let seconds = (r + 0.5 * r * r) * (self.tau_m / sum) * (1.0 - 1e-6);
        if top > self.theta && self.theta - x > near && seconds > WELL_AFTER * self.tau_m {
            return down(seconds).map(Next::NotBefore);
        }
        None
    }
}

impl Model for ConductanceLif {
    type State = ConductanceState;
    const NAME: &'static str = "conductance_lif";
    const RECEPTORS: &'static [&'static str] = &["exc", "inh"];

    fn scale(&self) -> Scale {
        Scale { tau: self.tau_m, resistance: self.r_m, rest: self.u_rest, threshold: self.theta }
    }

    fn start(&self, _draws: &Draws) -> ConductanceState {
        ConductanceState { x: self.x_0, g_exc: 0.0, g_inh: 0.0 }
    }

    fn advance(&self, state: &mut ConductanceState, flow: &mut Flow<'_>, span: f64) {
        let x = [state.x, state.g_exc, state.g_inh];
        state.x = integrate::advance(self, x, flow, self.bias, span)[0];
        self.fade(state, span);
    }

    fn advance_dead(&self, state: &mut ConductanceState, flow: &mut Flow<'_>, span: f64) {
        flow.pass(span);
        self.fade(state, span);
    }

    fn receive(&self, state: &mut ConductanceState, input: Input) {
        match input {
            Input::Jump(volts) => state.x += volts,
            Input::Conductance { receptor: EXC, siemens } => state.g_exc += self.r_m * siemens,
            Input::Conductance { siemens, .. } => state.g_inh += self.r_m * siemens,
        }
    }

    fn fires(&self, state: &ConductanceState) -> bool {
        state.x >= self.theta
    }

    fn next(&self, state: &ConductanceState, flow: &Flow<'_>, limit: Time) -> Next {
        self.glance(state, flow).unwrap_or_else(|| {
            integrate::next(self, [state.x, state.g_exc, state.g_inh], flow, self.bias, limit)
        })
    }

    fn reach(&self, state: &mut ConductanceState) {
        state.x = state.x.max(self.theta);
    }

    fn fire(&self, state: &mut ConductanceState, _draws: &Draws) -> Fired {
        state.x = self.x_reset;
        Fired::once(self.t_ref)
    }

    fn potential(&self, state: &ConductanceState, _dead: f64) -> f64 {
        self.u_rest + state.x
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::tests::{Neuron, What, cases, conforms};

    #[test]
    fn it_conforms() {
        conforms::<ConductanceLif>(0.012, 0.008, 1e-12);
    }

    #[test]
    fn spikes_agree_with_a_30_digit_integration_and_with_brettes_exact_method() {
        for case in cases::<ConductanceLif>(include_str!("../../tests/data/neurons/conductance_lif.csv")) {
            let error = case.error::<ConductanceLif>(&[]);
            assert!(error <= 1e-12, "{}: {error:e} s", case.name);
        }
    }

    #[test]
    fn a_constant_conductance_is_a_shorter_time_constant() {
        // tau_exc of 1e6 s: g stays, so u goes to g E/(1 + g) with tau_m/(1 + g).
        let model = ConductanceLif::with(&[("tau_exc", 1e6), ("t_ref", 0.0)]).unwrap();
        let mut neuron = Neuron::new(&model, &[], (0.0, 0.0), 0);
        let g = 0.4;
        let arrival = What::Input(Input::Conductance { receptor: 0, siemens: g / 100e6 });
        neuron.run_through(&[(Time::ZERO, arrival)], Time::from_fs(30_000_000_000_000), 9);
        let top = g * 0.06 / (1.0 + g);
        let want = 0.02 / (1.0 + g) * (top / (top - 0.01)).ln();
        assert!((neuron.spikes[0].as_seconds() / want - 1.0).abs() < 1e-6);
        assert_eq!(neuron.spikes.len(), (0.03 / want) as usize);
    }

    #[test]
    fn inhibition_below_its_reversal_pulls_up_and_never_fires() {
        let model = ConductanceLif::with(&[]).unwrap();
        let mut neuron = Neuron::new(&model, &[], (0.0, 0.0), 0);
        neuron.state.x = -0.05;
        let arrival = What::Input(Input::Conductance { receptor: 1, siemens: 1e-7 });
        neuron.run_through(&[(Time::ZERO, arrival)], Time::from_fs(5_000_000_000_000), 9);
        assert!(neuron.state.x > -0.03 && neuron.state.x < -0.02 && neuron.spikes.is_empty());
    }

    #[test]
    fn a_glance_never_puts_off_what_happens() {
        let model = ConductanceLif::with(&[("t_ref", 0.0)]).unwrap();
        let mut draws = crate::neuron::tests::Numbers(3);
        let (mut near, mut never) = (0, 0);
        for _ in 0..2000 {
            let mut neuron = Neuron::new(&model, &[4e-3], (draws.within(-0.01, 0.012), 0.0), 0);
            neuron.state.x = draws.within(-0.03, 0.01);
            neuron.state.g_exc = draws.within(0.0, 1.0);
            neuron.state.g_inh = draws.within(0.0, 2.0);
            neuron.currents[0].p = draws.within(-0.02, 0.02);
            let mut currents = neuron.currents.clone();
            let glance = model.glance(&neuron.state, &neuron.flow(&mut currents));
            let mut step = neuron.clone();
            // Without glances: step by step.
            let first = loop {
                let mut currents = step.currents.clone();
                let x = [step.state.x, step.state.g_exc, step.state.g_inh];
                match integrate::next(&model, x, &step.flow(&mut currents), 0.0, Time::MAX) {
                    Next::At(span) => break Some(step.now.after(span)),
                    Next::NotBefore(span) => step.advance(step.now.after(span)),
                    Next::Never => break None,
                }
                if step.now.as_seconds() > 0.3 {
                    break None;
                }
            };
            match glance {
                Some(Next::Never) => {
                    assert_eq!(first, None, "{neuron:?}");
                    never += 1;
                }
                Some(Next::NotBefore(span)) => {
                    assert!(first.is_none_or(|first| first >= span), "{first:?} {span:?} {neuron:?}");
                    near += 1;
                }
                _ => {}
            }
        }
        assert!(near > 100 && never > 100, "{near} {never}");
    }

    #[test]
    fn reversal_potentials_on_the_wrong_side_are_remarked() {
        let text = |values: &[(&'static str, f64)]| -> Vec<String> {
            let model = ConductanceLif::with(values).unwrap();
            model.remarks().iter().map(ToString::to_string).collect()
        };
        assert!(text(&[]).is_empty());
        assert_eq!(
            text(&[("e_exc", -0.055), ("e_inh", -0.03)]),
            [
                "`e_exc` is -55 mV; at or below v_th, so excitation alone can never make the neuron fire",
                "`e_inh` is -30 mV; at or above v_th, so inhibition makes the neuron fire",
            ]
        );
    }
}
