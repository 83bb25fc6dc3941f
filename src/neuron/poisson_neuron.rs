//! Leaky neuron that fires at random, the more often the higher its potential (escape noise).
//!
//! tau_m du/dt = -(u - u_rest) + R I(t), hazard rho(u) = (1/tau0) e^((u - v_th)/v_scale);
//!
//! it fires when the hazard integrated since its last spike reaches a number drawn from the exponential law of mean 1. So v_th is
//! no hard threshold: there the mean waiting time is tau0, and v_scale above it is e times shorter. As v_scale goes to zero, it
//! becomes the leaky integrate-and-fire neuron. After a spike u is held at u_reset for t_ref, without hazard.
//!
//! Under a constant drive the integrated hazard is in closed form ([`EscapeNoise::hazard`], exponential integrals); otherwise it is
//! integrated by Taylor series that leave out 1e-14 of the draw. Spikes are within 1e-12 s for hazards of 1 per second
//! and more.
//!
//! Draws: word k of stream `Escape` of the neuron for the interval that ends with spike k.
//!
//! Source: Gerstner & Kistler, Spiking Neuron Models (2002), ch. 5; Plesser & Gerstner, Neural Computation 12, 367
//! (2000).

use super::foretell::{down, up};
use super::integrate::{self, Equation};
use super::keys::{Described, ModelFault, ModelKey, Reader, U_0, above_rest, in_volts, key};
use super::model::{Draws, Fired, Flow, Input, Model, Next, Scale};
use crate::device::threshold::EscapeNoise;
use crate::numeric::neg_ln_unit;
use crate::numeric::taylor::{ORDER, Series, expand, exponential};
use crate::random::Purpose;
use crate::time::Time;
use crate::units::{Quantity as _, Second, Volt};

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
        "potential at which the mean waiting time is tau0",
        "measured (Yan et al., fig. 1c)",
    ),
    key("v_scale", "V", "10 mV", "potential that makes it e times faster", "assumed"),
    key("tau0", "s", "1 ms", "mean waiting time at v_th", "assumed"),
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
];

/// Of a draw: what a step of the series may leave out.
const LEFT_OUT: f64 = 1e-14;
/// In `v_scale`: by how much a term may change the potential in a step.
const WITHIN: f64 = 5.0;
/// e^300 is far from what overflows in the closed form.
const STEEPEST: f64 = 300.0;
/// Of `tau_m`: a bound that puts firing off by more is answered instead of looking for the firing.
const WELL_AFTER: f64 = 0.05;
/// In seconds: what is over sooner fires at the next femtosecond.
const FEMTOSECOND: f64 = 1e-15;

/// Constants of a population.
#[derive(Clone, Debug, PartialEq)]
pub struct PoissonNeuron {
    tau_m: f64,
    u_rest: f64,
    /// v_th - u_rest.
    theta: f64,
    noise: EscapeNoise,
    x_reset: f64,
    /// u_0 - u_rest.
    x_0: f64,
    t_ref: Time,
    r_m: f64,
    bias: f64,
}

crate::plain! {
    /// One neuron.
    pub struct PoissonState {
        /// u - u_rest.
        x: "V",
        /// Hazard that is left until it fires.
        left: "",
    }
}

impl Described for PoissonNeuron {
    const TITLE: &'static str = "leaky neuron with escape noise";
    const KEYS: &'static [ModelKey] = KEYS;

    fn from_keys(value: &dyn Fn(&str) -> Option<f64>) -> Result<Self, Vec<ModelFault>> {
        let mut read = Reader::new(KEYS, value);
        let [u_rest, v_th, u_0] = ["u_rest", "v_th", "u_0"].map(|name| read.any(name));
        // A neuron that rests above v_th, where its rate is high, starts there too.
        read.below_threshold(u_0, "v_th", if u_0 == u_rest { f64::INFINITY } else { v_th });
        let r_m = read.above_zero("r_m");
        let v_scale = Volt::from_si(read.above_zero("v_scale")).unwrap_or(Volt::ZERO);
        let tau0 = Second::from_si(read.time_constant("tau0")).unwrap_or(Second::ZERO);
        let model = Self {
            tau_m: read.time_constant("tau_m"),
            u_rest,
            theta: above_rest(v_th, u_rest),
            noise: EscapeNoise { v_scale, tau0 },
            x_reset: above_rest(read.any("u_reset"), u_rest),
            x_0: above_rest(u_0, u_rest),
            t_ref: read.span("t_ref"),
            r_m,
            bias: in_volts(r_m, read.any("i_bias")),
        };
        read.finish(model)
    }
}

/// Variables: hazard since the state less what was left then, and x.
impl Equation<2> for PoissonNeuron {
    fn tau(&self, _: &[f64; 2]) -> f64 {
        self.tau_m
    }

    fn level(&self) -> f64 {
        0.0
    }

    fn expand(&self, start: [f64; 2], drive: &Series, unit: f64) -> [Series; 2] {
        let (membrane, v_scale) = (unit / self.tau_m, self.noise.v_scale.get());
        let first = unit * self.noise.rate(start[1], self.theta);
        let (mut exponent, mut rate) = ([0.0; ORDER + 1], [0.0; ORDER + 1]);
        expand(start, |k, [_, x]| {
            exponent[k] = x[k] / v_scale;
            rate[k] = if k == 0 { first } else { exponential(&exponent, &rate, k) };
            [rate[k], membrane * (drive[k] - x[k])]
        })
    }

    fn longest(&self, series: &[Series; 2]) -> f64 {
        integrate::changed(&series[1], WITHIN * self.noise.v_scale.get())
    }

    fn allowed(&self, [hazard, x]: &[Series; 2], _unit: f64) -> [f64; 2] {
        let v_scale = self.noise.v_scale.get();
        [LEFT_OUT * hazard[0].abs().max(1e-3), 1e-2 * LEFT_OUT * (v_scale + x[0].abs())]
    }
}

impl PoissonNeuron {
    /// The drive, if it is constant and nothing overflows under it: then the hazard is in closed form.
    fn constant(&self, x: f64, flow: &Flow<'_>) -> Option<f64> {
        let level = flow.level + self.bias;
        let still =
            flow.slope == 0.0 && flow.currents.iter().all(|current| current.p == 0.0 && current.q == 0.0);
        let steepest = (x.max(level) - self.theta).max((x - level).abs()) / self.noise.v_scale.get();
        (still && steepest <= STEEPEST).then_some(level)
    }

    /// As [`EscapeNoise::escape`], in a bracket that is found from below.
    fn escape(&self, state: &PoissonState, level: f64, limit: f64) -> Option<f64> {
        let mut end = self.tau_m;
        let reached = |t: f64| self.noise.hazard(self.tau_m, state.x, level, self.theta, t);
        while end < limit && reached(end) < state.left {
            end *= 2.0;
        }
        self.noise.escape(self.tau_m, state.x, level, self.theta, state.left, end.min(limit))
    }

    fn draw(draws: &Draws) -> f64 {
        neg_ln_unit(draws.word(Purpose::Escape)).max(f64::MIN_POSITIVE)
    }
}

impl Model for PoissonNeuron {
    type State = PoissonState;
    const NAME: &'static str = "poisson_neuron";

    fn scale(&self) -> Scale {
        Scale { tau: self.tau_m, resistance: self.r_m, rest: self.u_rest, threshold: self.theta }
    }

    fn start(&self, draws: &Draws) -> PoissonState {
        PoissonState { x: self.x_0, left: Self::draw(draws) }
    }

    fn advance(&self, state: &mut PoissonState, flow: &mut Flow<'_>, span: f64) {
        let after = flow.drive(self.bias).advance(self.tau_m, state.x, span);
        state.left = if let Some(level) = self.constant(state.x, flow) {
            flow.pass(span);
            state.left - self.noise.hazard(self.tau_m, state.x, level, self.theta, span)
        } else if self.noise.rate(state.x, self.theta) * FEMTOSECOND >= state.left {
            flow.pass(span);
            0.0
        } else {
            -integrate::advance(self, [-state.left, state.x], flow, self.bias, span)[0]
        };
        state.x = after;
    }

    fn receive(&self, state: &mut PoissonState, input: Input) {
        if let Input::Jump(volts) = input {
            state.x += volts;
        }
    }

    /// A jump makes it likely, never certain.
    fn fires(&self, state: &PoissonState) -> bool {
        state.left <= 0.0
    }

    fn next(&self, state: &PoissonState, flow: &Flow<'_>, limit: Time) -> Next {
        if self.noise.rate(state.x, self.theta) * FEMTOSECOND >= state.left {
            return Next::At(Time::from_fs(1));
        }
        if flow.slope <= 0.0 {
            let peaks = flow.currents.iter().map(|current| current.p.max(0.0) + current.q.max(0.0) * 0.3679);
            let highest = state.x.max(flow.level + self.bias + peaks.sum::<f64>());
            let seconds = state.left / self.noise.rate(highest, self.theta) * (1.0 - 1e-9);
            if seconds >= limit.as_seconds() {
                return Next::Never;
            }
            if let (true, Some(span)) = (seconds > WELL_AFTER * self.tau_m, down(seconds)) {
                return Next::NotBefore(span);
            }
        }
        match self.constant(state.x, flow) {
            Some(level) => {
                self.escape(state, level, limit.as_seconds()).map_or(Next::Never, |t| Next::At(up(t)))
            }
            None => integrate::next(self, [-state.left, state.x], flow, self.bias, limit),
        }
    }

    fn reach(&self, state: &mut PoissonState) {
        state.left = 0.0;
    }

    fn fire(&self, state: &mut PoissonState, draws: &Draws) -> Fired {
        *state = PoissonState { x: self.x_reset, left: Self::draw(draws) };
        Fired::once(self.t_ref)
    }

    fn potential(&self, state: &PoissonState, _dead: f64) -> f64 {
        self.u_rest + state.x
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::tests::{Neuron, cases, conforms};

    const MS: u64 = 1_000_000_000_000;

    #[test]
    fn it_conforms() {
        conforms::<PoissonNeuron>(0.25, 0.2, 1e-11);
    }

    #[test]
    fn spikes_agree_with_a_40_digit_integration() {
        for case in cases::<PoissonNeuron>(include_str!("../../tests/data/neurons/poisson_neuron.csv")) {
            let error = case.error::<PoissonNeuron>(&[]);
            assert!(error <= 1e-12, "{}: {error:e} s", case.name);
        }
    }

    /// u0 0.1 V, drive 0.27 V, v_scale 10 mV, tau0 1 ms, 12 ms: H = 0.1072750.
    #[test]
    fn the_hazard_of_a_rise_is_that_of_its_closed_form_and_of_its_series() {
        let model = PoissonNeuron::with(&[("u_rest", 0.0)]).unwrap();
        for slope in [0.0, 1e-200] {
            let mut neuron = Neuron::new(&model, &[], (0.27, slope), 0);
            neuron.state = PoissonState { x: 0.1, left: 1.0 };
            neuron.advance(Time::from_fs(12 * MS));
            assert!((1.0 - neuron.state.left - 0.1072750).abs() < 5e-8, "{slope}: {:?}", neuron.state);
        }
    }

    #[test]
    fn at_a_constant_potential_intervals_are_the_draws_over_the_rate() {
        // Reset and drive to 0.25 V, where tau0 is 1 ms.
        let values = [("u_rest", 0.0), ("u_reset", 0.25), ("t_ref", 2e-3)];
        let mut neuron = Neuron::new(&PoissonNeuron::with(&values).unwrap(), &[], (0.25, 0.0), 5);
        neuron.state.x = 0.25;
        let mut want = 0.0;
        neuron.run(Time::from_fs(10_000 * MS), 2000);
        let mut mean = 0.0;
        for (spikes, spike) in neuron.spikes.iter().enumerate() {
            let draws = Draws { seed: 5, neuron: 0, episode: 0, spikes: spikes as u32 };
            let draw = PoissonNeuron::draw(&draws);
            want += draw * 1e-3;
            assert!((spike.as_seconds() - want).abs() < 1e-13 * (spikes + 1) as f64, "{spikes}");
            want += 2e-3;
            mean += draw / 2000.0;
        }
        // Standard error 1/sqrt(2000) = 0.022.
        assert!(neuron.spikes.len() == 2000 && (mean - 1.0).abs() < 0.07, "{mean}");
    }

    #[test]
    fn with_a_steep_law_it_is_the_leaky_integrator() {
        let mut neuron = Neuron::new(
            &PoissonNeuron::with(&[("v_scale", 1e-5), ("tau0", 1e-8)]).unwrap(),
            &[],
            (0.5, 0.0),
            1,
        );
        neuron.run(Time::from_fs(100 * MS), 5);
        for pair in neuron.spikes.windows(2) {
            assert!((pair[1].seconds_since(pair[0]) - 6.506344e-3).abs() < 5e-6);
        }
        assert_eq!(neuron.spikes.len(), 5);
    }

    #[test]
    fn a_jump_far_over_v_th_fires_at_the_next_femtosecond() {
        let model = PoissonNeuron::with(&[]).unwrap();
        for jump in [1.0, 5.0, 1e3] {
            let mut neuron = Neuron::new(&model, &[], (0.0, 0.0), 1);
            neuron.state.x = jump;
            assert_eq!(neuron.next(Time::MAX), Next::At(Time::from_fs(1)), "{jump}");
            neuron.run(Time::from_fs(1), 9);
            assert!(neuron.spikes.len() == 1 && neuron.state.left.is_finite());
        }
    }

    #[test]
    fn the_reference_states_the_words_of_the_stream() {
        let script = include_str!("../../tests/data/neurons/poisson_neuron.py");
        for seed in 1..=6 {
            for spikes in 0..14 {
                let word = Draws { seed, neuron: 0, episode: 0, spikes }.word(Purpose::Escape).to_string();
                assert!(script.contains(&word), "seed {seed}, word {spikes}: {word}");
            }
        }
    }
}
