//! Izhikevich's neuron, as the differential equation.
//!
//! tau dv/dt = (0.04/mV) v^2 + 5 v + 140 mV - u + R I(t),
//! tau du/dt = a (b v - u),  tau = 1 ms;
//!
//! it fires when v reaches v_peak = 30 mV; then v goes to c, u grows by d, and v is held for t_ref, while u goes on. With the
//! default R of 1 GOhm a picoampere is 1 mV/ms, the unit of the published I. Published a and b are plain numbers, c and d in
//! millivolts.
//!
//! The published program takes Euler steps of 1 ms (two halves for v): its spikes are not those of the equation, often not
//! even their number. Here the equation is integrated by Taylor series of order 20 in steps that `tolerance` sets: spikes lie
//! within ten times `tolerance` of the time that has passed, and the error goes down with it in proportion. v_peak is found in
//! the series to the femtosecond.
//!
//! Validity: a quadratic fit of the dynamics between rest and threshold; the downstroke is a jump. Source: Izhikevich,
//! IEEE Trans. Neural Networks 14, 1569 (2003).

use super::integrate::{self, Equation};
use super::keys::{Described, ModelFault, ModelKey, Reader, U_0, Unstated, in_volts, key};
use super::model::{Draws, Fired, Flow, Input, Model, Next, Scale};
use crate::numeric::exp;
use crate::numeric::taylor::{Series, expand, product};
use crate::time::Time;

const PAPER: &str = "literature (Izhikevich 2003, regular spiking)";

/// Its keys.
pub const KEYS: &[ModelKey] = &[
    key("a", "", "0.02", "rate of the recovery u per millisecond", PAPER),
    key("b", "", "0.2", "sensitivity of u to v", PAPER),
    key("c", "V", "-65 mV", "where v goes at a spike", PAPER),
    key("d", "V", "8 mV", "what a spike adds to u", PAPER),
    key("v_peak", "V", "30 mV", "where v is a spike", PAPER),
    ModelKey { default: Unstated::Nothing("v starts at its resting state"), ..U_0 },
    key("r_m", "Ohm", "1 GOhm", "what turns a current into mV: 1 pA is 1 mV/ms", "a choice of units"),
    key("t_ref", "s", "0 s", "time after a spike in which v is held", PAPER),
    key("i_bias", "A", "0 A", "constant bias current", "assumed"),
    key("tolerance", "", "1e-9", "error of a spike relative to the time that has passed", "assumed"),
];

/// In seconds.
const TAU: f64 = 1e-3;
/// 0.04/mV, 5 and 140 mV, in volts.
const SQUARE: f64 = 40.0;
const LINEAR: f64 = 5.0;
const CONSTANT: f64 = 0.14;
/// Of the tolerance: what one step may leave out of each millivolt.
const SHARE: f64 = 0.1;
const MILLIVOLT: f64 = 1e-3;

/// Constants of a population.
#[derive(Clone, Debug, PartialEq)]
pub struct Izhikevich {
    a: f64,
    b: f64,
    c: f64,
    d: f64,
    v_peak: f64,
    u_0: Option<f64>,
    r_m: f64,
    t_ref: Time,
    bias: f64,
    tolerance: f64,
}

crate::plain! {
    /// One neuron.
    pub struct IzhikevichState {
        /// Potential.
        v: "V",
        /// Recovery.
        u: "V",
    }
}

impl Described for Izhikevich {
    const TITLE: &'static str = "Izhikevich's quadratic neuron with recovery";
    const KEYS: &'static [ModelKey] = KEYS;

    fn from_keys(value: &dyn Fn(&str) -> Option<f64>) -> Result<Self, Vec<ModelFault>> {
        let mut read = Reader::new(KEYS, value);
        let v_peak = read.any("v_peak");
        let c = read.any("c");
        read.require("c", c, c < v_peak, "it must be below v_peak, or the neuron fires for ever");
        let u_0 = read.maybe("u_0");
        u_0.into_iter().for_each(|u_0| read.below_threshold(u_0, "v_peak", v_peak));
        let r_m = read.above_zero("r_m");
        let model = Self {
            a: read.checked("a", |a| (0.0..=1e6).contains(&a), "it must be 0 to 1e6"),
            b: read.any("b"),
            c,
            d: read.any("d"),
            v_peak,
            u_0,
            r_m,
            t_ref: read.span("t_ref"),
            bias: in_volts(r_m, read.any("i_bias")),
            tolerance: read.tolerance("tolerance"),
        };
        // From there on v goes to infinity whatever u and the drive do, unless they are large.
        let vertex = -LINEAR / (2.0 * SQUARE);
        read.require("v_peak", v_peak, v_peak > vertex, "it must be above -62.5 mV, where v falls slowest");
        read.finish(model)
    }
}

impl Izhikevich {
    /// Where v and u rest without input: the lower zero of 0.04 v^2 + (5 - b) v + 140. `None`: it fires by itself.
    fn resting(&self) -> Option<f64> {
        let linear = LINEAR - self.b;
        let discriminant = linear * linear - 4.0 * SQUARE * CONSTANT;
        (discriminant >= 0.0).then(|| (-linear - discriminant.sqrt()) / (2.0 * SQUARE))
    }
}

impl Equation<2> for Izhikevich {
    fn tau(&self, &[v, _]: &[f64; 2]) -> f64 {
        TAU / (1.0 + self.a + 2.0 * SQUARE * v.abs())
    }

    fn level(&self) -> f64 {
        self.v_peak
    }

    fn expand(&self, x: [f64; 2], drive: &Series, unit: f64) -> [Series; 2] {
        let rate = unit / TAU;
        expand(x, |k, [v, u]| {
            let constant = if k == 0 { CONSTANT } else { 0.0 };
            let slope = SQUARE * product(v, v, k) + LINEAR * v[k] + constant - u[k] + drive[k];
            [rate * slope, rate * self.a * (self.b * v[k] - u[k])]
        })
    }

    /// What a potential that rises by so many volts per millisecond is off by counts as the time that it takes for that.
    fn allowed(&self, [v, _]: &[Series; 2], unit: f64) -> [f64; 2] {
        let allowed = SHARE * self.tolerance;
        let slope = v[1].abs() * (TAU / unit);
        [allowed * slope.max(MILLIVOLT), allowed * MILLIVOLT]
    }
}

impl Model for Izhikevich {
    type State = IzhikevichState;
    const NAME: &'static str = "izhikevich";

    fn scale(&self) -> Scale {
        // At rest the parabola's other zero is as far beyond its vertex of -62.5 mV: a jump that passes it fires.
        let vertex = -LINEAR / (2.0 * SQUARE);
        let rest = self.resting().unwrap_or(vertex);
        let threshold = if rest < vertex { 2.0 * (vertex - rest) } else { self.v_peak - rest };
        Scale { tau: TAU, resistance: self.r_m, rest, threshold }
    }

    fn start(&self, _draws: &Draws) -> IzhikevichState {
        let v = self.u_0.unwrap_or_else(|| self.scale().rest);
        IzhikevichState { v, u: self.b * v }
    }

    fn advance(&self, state: &mut IzhikevichState, flow: &mut Flow<'_>, span: f64) {
        let [v, u] = integrate::advance(self, [state.v, state.u], flow, self.bias, span);
        *state = IzhikevichState { v, u };
    }

    fn advance_dead(&self, state: &mut IzhikevichState, flow: &mut Flow<'_>, span: f64) {
        flow.pass(span);
        let level = self.b * state.v;
        state.u = level + (state.u - level) * exp(-(self.a * span / TAU));
    }

    fn receive(&self, state: &mut IzhikevichState, input: Input) {
        if let Input::Jump(volts) = input {
            state.v += volts;
        }
    }

    fn fires(&self, state: &IzhikevichState) -> bool {
        state.v >= self.v_peak
    }

    fn next(&self, state: &IzhikevichState, flow: &Flow<'_>, limit: Time) -> Next {
        integrate::next(self, [state.v, state.u], flow, self.bias, limit)
    }

    fn reach(&self, state: &mut IzhikevichState) {
        state.v = state.v.max(self.v_peak);
    }

    fn fire(&self, state: &mut IzhikevichState, _draws: &Draws) -> Fired {
        state.v = self.c;
        state.u += self.d;
        Fired::once(self.t_ref)
    }

    fn potential(&self, state: &IzhikevichState, _dead: f64) -> f64 {
        state.v
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::tests::{Neuron, cases, conforms, converges};

    #[test]
    fn it_conforms() {
        conforms::<Izhikevich>(0.01, 0.008, 1e-8);
    }

    #[test]
    fn spikes_converge_to_a_40_digit_integration_with_the_tolerance() {
        converges::<Izhikevich>(&cases::<Izhikevich>(include_str!(
            "../../tests/data/neurons/izhikevich.csv"
        )));
    }

    #[test]
    fn it_rests_at_minus_70_mv_and_a_jump_of_15_mv_is_its_threshold() {
        let model = Izhikevich::with(&[("a", 0.0)]).unwrap();
        let scale = model.scale();
        assert!((scale.rest + 0.07).abs() < 1e-15 && (scale.threshold - 0.015).abs() < 1e-15);
        for (factor, fires) in [(0.99, false), (1.01, true)] {
            let mut neuron = Neuron::new(&model, &[], (0.0, 0.0), 0);
            neuron.state.v += factor * scale.threshold;
            neuron.run(Time::from_fs(1_000_000_000_000_000), 1);
            assert_eq!(!neuron.spikes.is_empty(), fires);
            if !fires {
                assert!((neuron.state.v + 0.07).abs() < 1e-6, "back at rest");
            }
        }
    }

    #[test]
    fn the_published_euler_steps_give_another_number_of_spikes() {
        // Chattering, I = 10, one second.
        let model = Izhikevich::with(&[("c", -0.05), ("d", 2e-3)]).unwrap();
        let mut neuron = Neuron::new(&model, &[], (0.01, 0.0), 0);
        neuron.run(Time::from_fs(1_000_000_000_000_000), usize::MAX);
        let (mut v, mut u, mut spikes) = (-70.0, -14.0, 0);
        for _ in 0..1000 {
            if v >= 30.0 {
                (v, u, spikes) = (-50.0, u + 2.0, spikes + 1);
            }
            for _ in 0..2 {
                v += 0.5 * (0.04 * v * v + 5.0 * v + 140.0 - u + 10.0);
            }
            u += 0.02 * (0.2 * v - u);
        }
        assert!(neuron.spikes.len().abs_diff(spikes) > 3, "{} and {spikes}", neuron.spikes.len());
    }
}
