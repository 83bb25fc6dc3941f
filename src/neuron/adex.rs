//! Adaptive exponential integrate-and-fire neuron.
//!
//! C du/dt = -g_L (u - E_L) + g_L Delta_T e^((u - V_T)/Delta_T) - w + I(t),
//! tau_w dw/dt = a (u - E_L) - w;
//!
//! it fires when u reaches v_peak; then u goes to u_reset, w grows by b, and u is held for t_ref, while w goes on. Once over
//! V_T by some Delta_T, u goes to infinity within a fraction of C/g_L; at v_peak = 0 mV a tenth of a picosecond is left, so what
//! value v_peak has hardly moves a spike. It is part of the model all the same, as w goes on with u until then.
//!
//! There is no closed form. The equation is integrated by Taylor series of order 20 in steps that `tolerance` sets: spikes lie
//! within ten times `tolerance` of the time that has passed, and the error goes down with it in proportion (validation
//! by 40-digit integration). v_peak is found in the series to the femtosecond.
//!
//! Validity: point neuron. Source: Brette & Gerstner, J. Neurophysiol. 94, 3637 (2005); other parameters, Naud et al., Biol.
//! Cybern. 99, 335 (2008).

use super::integrate::{self, Equation};
use super::keys::{Described, ModelFault, ModelKey, Reader, U_0, above_rest, in_volts, key};
use super::model::{Draws, Fired, Flow, Input, Model, Next, Scale};
use crate::numeric::exp;
use crate::numeric::taylor::{ORDER, Series, expand, exponential};
use crate::time::Time;

const PAPER: &str = "literature (Brette & Gerstner 2005)";

/// Its keys.
pub const KEYS: &[ModelKey] = &[
    key("c_m", "F", "281 pF", "membrane capacitance C", PAPER),
    key("g_l", "S", "30 nS", "leak conductance g_L", PAPER),
    key("u_rest", "V", "-70.6 mV", "leak reversal potential E_L", PAPER),
    key("v_t", "V", "-50.4 mV", "V_T, where the upstroke sets in", PAPER),
    key("delta_t", "V", "2 mV", "slope factor Delta_T of the upstroke", PAPER),
    key("a", "S", "4 nS", "adaptation by the potential", PAPER),
    key("tau_w", "s", "144 ms", "time constant of the adaptation current w", PAPER),
    key("b", "A", "80.5 pA", "what a spike adds to w", PAPER),
    key("u_reset", "V", "-70.6 mV", "where the potential goes at a spike", PAPER),
    U_0,
    key("v_peak", "V", "0 V", "where the upstroke ends and is a spike", "assumed; the paper stops at 20 mV"),
    key("t_ref", "s", "0 s", "time after a spike in which the potential is held", PAPER),
    key("i_bias", "A", "0 A", "constant bias current", "assumed"),
    key("tolerance", "", "1e-9", "error of a spike relative to the time that has passed", "assumed"),
];

/// Of the tolerance: what one step may leave out.
const SHARE: f64 = 0.1;
/// In slope factors: by how much a term may change the potential in a step.
const WITHIN: f64 = 5.0;
/// Widest upstroke in slope factors: e^500 is still a number, and so is its square root to the order of the series.
const WIDEST: f64 = 500.0;

/// Constants of a population.
#[derive(Clone, Debug, PartialEq)]
pub struct Adex {
    tau_m: f64,
    r_m: f64,
    u_rest: f64,
    /// V_T, u_reset, u_0 and v_peak above E_L.
    x_t: f64,
    x_reset: f64,
    x_0: f64,
    x_peak: f64,
    delta_t: f64,
    /// R a.
    a: f64,
    tau_w: f64,
    /// R b.
    b: f64,
    t_ref: Time,
    bias: f64,
    tolerance: f64,
}

crate::plain! {
    /// One neuron.
    pub struct AdexState {
        /// u - E_L.
        x: "V",
        /// R w.
        w: "V",
    }
}

impl Described for Adex {
    const TITLE: &'static str = "adaptive exponential integrate-and-fire";
    const KEYS: &'static [ModelKey] = KEYS;

    fn from_keys(value: &dyn Fn(&str) -> Option<f64>) -> Result<Self, Vec<ModelFault>> {
        let mut read = Reader::new(KEYS, value);
        let r_m = 1.0 / read.above_zero("g_l");
        let u_rest = read.any("u_rest");
        let v_t = read.any("v_t");
        let delta_t = read.above_zero("delta_t");
        let u_reset = read.any("u_reset");
        let v_peak = read.any("v_peak");
        read.require("v_t", v_t, v_t > u_rest, "it must be above u_rest");
        read.require("v_peak", v_peak, v_peak > v_t, "it must be above v_t, where the upstroke sets in");
        read.require(
            "u_reset",
            u_reset,
            u_reset < v_peak,
            "it must be below v_peak, or the neuron fires for ever",
        );
        let u_0 = read.any("u_0");
        read.below_threshold(u_0, "v_peak", v_peak);
        let wide = (v_peak - v_t) / delta_t > WIDEST;
        read.require("delta_t", delta_t, !wide, "it must be a 500th of v_peak - v_t or more");
        let model = Self {
            tau_m: read.above_zero("c_m") * r_m,
            r_m,
            u_rest,
            x_t: above_rest(v_t, u_rest),
            x_reset: above_rest(u_reset, u_rest),
            x_0: above_rest(u_0, u_rest),
            x_peak: above_rest(v_peak, u_rest),
            delta_t,
            a: r_m * read.any("a"),
            tau_w: read.time_constant("tau_w"),
            b: r_m * read.any("b"),
            t_ref: read.span("t_ref"),
            bias: in_volts(r_m, read.any("i_bias")),
            tolerance: read.tolerance("tolerance"),
        };
        let c_m = model.tau_m / r_m;
        read.require("c_m", c_m, model.tau_m >= 1e-15, "c_m/g_l must be a femtosecond or more");
        read.finish(model)
    }
}

impl Equation<2> for Adex {
    /// The upstroke is as much faster as the exponential is larger.
    fn tau(&self, &[x, _]: &[f64; 2]) -> f64 {
        let faster = exp(-((x - self.x_t) / self.delta_t).clamp(0.0, WIDEST));
        (self.tau_m * faster).min(self.tau_w)
    }

    fn level(&self) -> f64 {
        self.x_peak
    }

    fn expand(&self, x: [f64; 2], drive: &Series, unit: f64) -> [Series; 2] {
        let (membrane, adaptation) = (unit / self.tau_m, unit / self.tau_w);
        let (mut exponent, mut upstroke) = ([0.0; ORDER + 1], [0.0; ORDER + 1]);
        expand(x, |k, [x, w]| {
            if k == 0 {
                exponent[0] = (x[0] - self.x_t) / self.delta_t;
                upstroke[0] = exp(exponent[0]);
            } else {
                exponent[k] = x[k] / self.delta_t;
                upstroke[k] = exponential(&exponent, &upstroke, k);
            }
            let slope = self.delta_t * upstroke[k] + drive[k] - x[k] - w[k];
            [membrane * slope, adaptation * (self.a * x[k] - w[k])]
        })
    }

    fn longest(&self, series: &[Series; 2]) -> f64 {
        integrate::changed(&series[0], WITHIN * self.delta_t)
    }

    /// What a potential that rises by c per time constant is off by counts as the time that it takes for that.
    fn allowed(&self, [x, _]: &[Series; 2], unit: f64) -> [f64; 2] {
        let allowed = SHARE * self.tolerance;
        let slope = x[1].abs() * (self.tau_m / unit);
        [allowed * slope.max(self.delta_t), allowed * self.delta_t]
    }
}

impl Model for Adex {
    type State = AdexState;
    const NAME: &'static str = "adex";

    fn scale(&self) -> Scale {
        Scale { tau: self.tau_m, resistance: self.r_m, rest: self.u_rest, threshold: self.x_t }
    }

    fn start(&self, _draws: &Draws) -> AdexState {
        AdexState { x: self.x_0, w: 0.0 }
    }

    fn advance(&self, state: &mut AdexState, flow: &mut Flow<'_>, span: f64) {
        let [x, w] = integrate::advance(self, [state.x, state.w], flow, self.bias, span);
        *state = AdexState { x, w };
    }

    fn advance_dead(&self, state: &mut AdexState, flow: &mut Flow<'_>, span: f64) {
        flow.pass(span);
        let level = self.a * state.x;
        state.w = level + (state.w - level) * exp(-(span / self.tau_w));
    }

    fn receive(&self, state: &mut AdexState, input: Input) {
        if let Input::Jump(volts) = input {
            state.x += volts;
        }
    }

    fn fires(&self, state: &AdexState) -> bool {
        state.x >= self.x_peak
    }

    fn next(&self, state: &AdexState, flow: &Flow<'_>, limit: Time) -> Next {
        integrate::next(self, [state.x, state.w], flow, self.bias, limit)
    }

    fn reach(&self, state: &mut AdexState) {
        state.x = state.x.max(self.x_peak);
    }

    fn fire(&self, state: &mut AdexState, _draws: &Draws) -> Fired {
        state.x = self.x_reset;
        state.w += self.b;
        Fired::once(self.t_ref)
    }

    fn potential(&self, state: &AdexState, _dead: f64) -> f64 {
        self.u_rest + state.x
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::tests::{Neuron, cases, conforms, converges};

    #[test]
    fn it_conforms() {
        conforms::<Adex>(0.03, 0.01, 1e-8);
    }

    #[test]
    fn spikes_converge_to_a_40_digit_integration_with_the_tolerance() {
        converges::<Adex>(&cases::<Adex>(include_str!("../../tests/data/neurons/adex.csv")));
    }

    #[test]
    fn it_fires_above_its_rheobase_and_not_below() {
        // a < g_L C/(g_L tau_w): saddle node, I = (g_L + a)(V_T - E_L - Delta_T + Delta_T ln(1 + a/g_L)).
        let (g_l, a, delta) = (30e-9, 4e-9, 2e-3);
        let rheobase = (g_l + a) * (20.2e-3 - delta + delta * f64::ln(1.0 + a / g_l));
        for (factor, fires) in [(0.999, false), (1.02, true)] {
            // From the side: the bias is reached slowly enough not to fire on the way.
            let drive = factor * rheobase / g_l;
            let mut neuron = Neuron::new(&Adex::with(&[]).unwrap(), &[1.0], (drive, 0.0), 0);
            neuron.currents[0].p = -drive;
            neuron.run(Time::from_fs(20_000_000_000_000_000), 1);
            assert_eq!(!neuron.spikes.is_empty(), fires, "{factor}");
        }
    }

    #[test]
    fn the_peak_hardly_moves_a_spike() {
        let first = |v_peak: f64| {
            let model = Adex::with(&[("v_peak", v_peak), ("tolerance", 1e-12)]).unwrap();
            let mut neuron = Neuron::new(&model, &[], (0.03, 0.0), 0);
            neuron.run(Time::from_fs(100_000_000_000_000), 1);
            neuron.spikes[0].as_seconds()
        };
        // tau_m e^(-(v_peak - V_T)/Delta_T) is left.
        let (low, high) = (first(-0.03), first(0.0));
        let want = 281e-12 / 30e-9 * f64::exp(-20.4 / 2.0);
        assert!(((high - low) / want - 1.0).abs() < 0.05, "{low} {high} {want}");
        assert!((first(0.1) - high).abs() < 2e-13);
    }

    #[test]
    fn a_peak_without_an_upstroke_is_refused() {
        let text = |values: &[(&'static str, f64)]| Adex::with(values).unwrap_err()[0].to_string();
        assert_eq!(
            text(&[("v_peak", -0.06)]),
            "`v_peak` is -60 mV; it must be above v_t, where the upstroke sets in"
        );
        assert_eq!(
            text(&[("delta_t", 1e-5)]),
            "`delta_t` is 10 uV; it must be a 500th of v_peak - v_t or more"
        );
        assert_eq!(text(&[("tolerance", 0.0)]), "`tolerance` is 0; it must be 1e-12 to 1e-6");
        assert_eq!(text(&[("c_m", 1e-25)]), "`c_m` is 1e-25 F; c_m/g_l must be a femtosecond or more");
    }
}
