//! Integrate-and-fire neuron without a leak.
//!
//! C du/dt = I(t); it fires when u reaches v_th (under a current: exceeds it), goes to u_reset and is held there for t_ref.
//! With jumps alone it counts: C has no effect then. R is no parameter of it: a current moves u by I/C, and drives are expressed as R I
//! with one that cancels out.
//!
//! Closed form. With tau = R C, s = t/tau and R I = a + beta s + sum (p + q nu s) e^(-nu s),
//!
//! u(s) = u0 + a s + beta s^2/2 + sum [p (1 - e^(-nu s)) + q (1 - (1 + nu s) e^(-nu s))]/nu.
//!
//! u can rise through v_th only while R I > 0, and at most once in each such stretch; all sign changes of R I are found
//! (`synaptic::chain`), so no crossing is missed. Spikes are within 1e-12 s.
//!
//! Source: Lapicque's model without its leak, e.g. Gerstner et al., Neuronal Dynamics (2014), ch. 1; the "perfect integrator"
//! of Knight, J. Gen. Physiol. 59, 734 (1972).

use super::foretell::{down, up};
use super::keys::{Described, ModelFault, ModelKey, Potentials, Reader, U_0, in_volts, key};
use super::model::{Draws, Fired, Flow, Input, Model, Next, Scale};
use super::synaptic::chain::{MAX_CHANGES, Sum, Term};
use super::synaptic::{Drive, shares};
use crate::numeric::rising_root;
use crate::time::Time;

/// Its keys.
pub const KEYS: &[ModelKey] = &[
    key("c_m", "F", "9.41 nF", "capacitance C", "assumed: 9.41 ms with the 1 MOhm of other models"),
    key("u_rest", "V", "0 V", "what jumps to threshold are counted from", "assumed"),
    key("v_th", "V", "0.25 V", "threshold", "measured (Yan et al., fig. 1c)"),
    key("u_reset", "V", "0 V", "where the potential goes at a spike", "assumed: to the start"),
    U_0,
    key(
        "t_ref",
        "s",
        "0 s",
        "time after a spike in which the potential is held and arrivals are lost",
        "assumed",
    ),
    key("i_bias", "A", "0 A", "constant bias current", "assumed"),
];

/// R in ohms: what currents are expressed with.
const R_M: f64 = 1e6;
/// e^-600 is still a number.
const FAR: f64 = 600.0;
/// Of R C: a bound that puts firing off by more is answered instead of looking for the crossing.
const WELL_AFTER: f64 = 0.05;
/// Of everything that makes up the potential: nearer to threshold than this the bound is not trusted with what was rounded.
const NEAR: f64 = 1e-4;

/// Constants of a population.
#[derive(Clone, Debug, PartialEq)]
pub struct Integrator {
    /// R C.
    tau: f64,
    u_rest: f64,
    theta: f64,
    x_reset: f64,
    /// u_0 - u_rest.
    x_0: f64,
    t_ref: Time,
    bias: f64,
}

crate::plain! {
    /// One neuron.
    pub struct IntegratorState {
        /// u - u_rest.
        x: "V",
    }
}

impl Described for Integrator {
    const TITLE: &'static str = "integrate-and-fire without a leak";
    const KEYS: &'static [ModelKey] = KEYS;

    fn from_keys(value: &dyn Fn(&str) -> Option<f64>) -> Result<Self, Vec<ModelFault>> {
        let mut read = Reader::new(KEYS, value);
        let c_m = read.above_zero("c_m");
        let Potentials { u_rest, theta, x_reset, x_0 } = read.potentials();
        let tau = R_M * c_m;
        read.require("c_m", c_m, (1e-15..=1e9).contains(&tau), "1e-21 F to 1 kF");
        let model = Self {
            tau,
            u_rest,
            theta,
            x_reset,
            x_0,
            t_ref: read.span("t_ref"),
            bias: in_volts(R_M, read.any("i_bias")),
        };
        read.finish(model)
    }
}

/// What u gains in s under a drive whose slope is `beta` per s, in volts.
fn gain(drive: &Drive<'_>, beta: f64, s: f64) -> f64 {
    let mut x = drive.a * s + 0.5 * beta * s * s;
    for (current, decay) in drive.currents.iter().zip(drive.decays) {
        if current.p != 0.0 || current.q != 0.0 {
            let z = decay.nu * s;
            let (step, _, fast) = shares(z);
            x += s * (current.p * step + current.q * z * fast);
        }
    }
    x
}

impl Integrator {
    /// The first s up to `end` from which on u exceeds the threshold, `left` above it.
    fn crossing(&self, left: f64, drive: &Drive<'_>, end: f64) -> Option<f64> {
        let beta = drive.b * self.tau;
        let mut sum = Sum::default();
        sum.push(Term { p: drive.a, q: beta, nu: 0.0 });
        let mut slowest = f64::INFINITY;
        for (current, decay) in drive.currents.iter().zip(drive.decays) {
            if current.p != 0.0 || current.q != 0.0 {
                sum.push(Term { p: current.p, q: current.q * decay.nu, nu: decay.nu });
                slowest = slowest.min(decay.nu);
            }
        }
        // From there on the drive is the line a + beta s, which may change its sign once more.
        let certain = if slowest < f64::INFINITY { (FAR / slowest).min(end) } else { 0.0 };
        let mut changes = [0.0; MAX_CHANGES];
        let count = sum.changes(certain, &mut changes);
        let line = Some(-drive.a / beta).filter(|&line| line > certain && line < end);
        let distance = |s: f64| (gain(drive, beta, s) - left, sum.at(s).0);
        let mut lo = 0.0;
        for hi in changes[..count].iter().copied().chain([certain]).chain(line).chain([end]) {
            if sum.at(lo + 0.5 * (hi - lo)).0 > 0.0 && distance(hi).0 > 0.0 {
                let (mut from, mut to) = (lo, hi.min(lo + 1.0));
                while to < hi && distance(to).0 <= 0.0 {
                    (from, to) = (to, hi.min(to + 2.0 * (to - lo)));
                }
                return Some(rising_root(from, to, from, distance));
            }
            lo = hi;
        }
        None
    }
}

impl Model for Integrator {
    type State = IntegratorState;
    const NAME: &'static str = "integrator";

    fn scale(&self) -> Scale {
        Scale { tau: self.tau, resistance: R_M, rest: self.u_rest, threshold: self.theta }
    }

    fn start(&self, _draws: &Draws) -> IntegratorState {
        IntegratorState { x: self.x_0 }
    }

    fn advance(&self, state: &mut IntegratorState, flow: &mut Flow<'_>, span: f64) {
        state.x += gain(&flow.drive(self.bias), flow.slope * self.tau, span / self.tau);
        flow.pass(span);
    }

    fn receive(&self, state: &mut IntegratorState, input: Input) {
        if let Input::Jump(volts) = input {
            state.x += volts;
        }
    }

    fn fires(&self, state: &IntegratorState) -> bool {
        state.x >= self.theta
    }

    fn next(&self, state: &IntegratorState, flow: &Flow<'_>, limit: Time) -> Next {
        let drive = flow.drive(self.bias);
        let left = self.theta - state.x;
        if drive.b <= 0.0 {
            let (mut most, mut highest, mut parts) = (0.0, drive.a, drive.a.abs());
            for (current, decay) in drive.currents.iter().zip(drive.decays) {
                most += (current.p.max(0.0) + current.q.max(0.0)) / decay.nu;
                // s e^-s is at most 1/e.
                highest += current.p.max(0.0) + current.q.max(0.0) * 0.3679;
                parts += current.p.abs() + current.q.abs();
            }
            if drive.a <= 0.0 && most * (1.0 + 1e-12) < left {
                return Next::Never;
            }
            let s = left / highest * (1.0 - 1e-9);
            let trusted = left >= NEAR * (self.theta.abs() + state.x.abs() + parts);
            if let (true, true, Some(span)) = (s > WELL_AFTER, trusted, down(s * self.tau))
                && highest > 0.0
                && most > 0.0
            {
                return Next::NotBefore(span);
            }
        }
        let end = limit.as_seconds() / self.tau;
        self.crossing(left, &drive, end).map_or(Next::Never, |s| Next::At(up(s * self.tau).min(limit)))
    }

    fn reach(&self, state: &mut IntegratorState) {
        state.x = state.x.max(self.theta);
    }

    fn fire(&self, state: &mut IntegratorState, _draws: &Draws) -> Fired {
        state.x = self.x_reset;
        Fired::once(self.t_ref)
    }

    fn potential(&self, state: &IntegratorState, _dead: f64) -> f64 {
        self.u_rest + state.x
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::tests::{Neuron, What, cases, conforms};

    const MS: u64 = 1_000_000_000_000;

    #[test]
    fn it_conforms() {
        conforms::<Integrator>(0.3, 0.2, 1e-12);
    }

    #[test]
    fn spikes_agree_with_a_40_digit_integration() {
        for case in cases::<Integrator>(include_str!("../../tests/data/neurons/integrator.csv")) {
            let error = case.error::<Integrator>(&[]);
            assert!(error <= 1e-12, "{}: {error:e} s", case.name);
        }
    }

    #[test]
    fn a_constant_current_fires_every_c_v_over_i_and_jumps_are_counted() {
        let model = Integrator::with(&[("i_bias", 1e-7)]).unwrap();
        let mut neuron = Neuron::new(&model, &[], (0.0, 0.0), 0);
        neuron.run(Time::from_fs(100 * MS), usize::MAX);
        for (k, spike) in neuron.spikes.iter().enumerate() {
            // 9.41 nF 0.25 V/100 nA.
            assert!((spike.as_seconds() - 23.525e-3 * (k + 1) as f64).abs() < 1e-14 * (k + 1) as f64);
        }
        assert_eq!(neuron.spikes.len(), 4);
        // Powers of two add up exactly: every fourth jump of a quarter of the threshold fires, however long it takes.
        let mut counter = Neuron::new(&Integrator::with(&[]).unwrap(), &[], (0.0, 0.0), 0);
        let jumps: Vec<_> =
            (1..=20).map(|k| (Time::from_fs(k * k * 100 * MS), What::Input(Input::Jump(0.0625)))).collect();
        counter.run_through(&jumps, Time::from_fs(50_000 * MS), usize::MAX);
        let fired: Vec<u64> = counter.spikes.iter().map(|spike| spike.fs() / (100 * MS)).collect();
        assert_eq!(fired, [16, 64, 144, 256, 400]);
    }

    #[test]
    fn a_charge_of_exactly_the_threshold_is_not_above_it() {
        // p/nu is what a current brings in all.
        let model = Integrator::with(&[]).unwrap();
        for (factor, fires) in [(1.0 - 1e-9, false), (1.0, false), (1.0 + 1e-9, true)] {
            let mut neuron = Neuron::new(&model, &[model.tau / 2.0], (0.0, 0.0), 0);
            neuron.currents[0].p = 2.0 * 0.25 * factor;
            neuron.run(Time::from_fs(10_000 * MS), 2);
            assert_eq!(neuron.spikes.len(), usize::from(fires), "{factor}");
        }
    }

    #[test]
    fn a_drive_that_turns_negative_first_fires_later() {
        let model = Integrator::with(&[]).unwrap();
        let mut neuron = Neuron::new(&model, &[5e-3], (0.05, 0.0), 0);
        neuron.currents[0].p = -0.4;
        neuron.run(Time::from_fs(1000 * MS), 1);
        let want = (0.25 * 9.41e-3 + 0.4 * 5e-3) / 0.05;
        assert!((neuron.spikes[0].as_seconds() - want).abs() < 2e-9, "e^-17.4 of 40 ms is left");
    }
}
