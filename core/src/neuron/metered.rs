//! Leaky membranes that tell what the volatile switch behind each of them spends while it is off.
//!
//! Membrane, threshold and spikes are those of [`Leaky`], bit for bit. Beside them stands the conductance of the filament,
//! which grows with u and keeps what is left of its connection after a spike ([`ThresholdSwitch::conductance_at`]), and the
//! integral of V^2 G over the drive V = R I that is applied: between events in closed form where that is linear, else with 16
//! points for every two of its shortest time constants, to rounding. While the switch is on nothing is added: that is counted
//! by spikes ([`crate::engine::OnTimes`]). A jump is an impulse of voltage, and has no energy that could be told.

use super::model::{Draws, Fired, Flow, Input, Model, Next, Scale};
use super::synaptic::{Current, MAX_DECAYS};
use super::{Leaky, LeakyState, Lif, Neuron};
use crate::device::circuit::Ramp;
use crate::device::threshold::{Circuit, ThresholdSwitch};
use crate::numeric::exp;
use crate::time::Time;
use crate::units::{Ampere, Siemens};
use serde::{Deserialize, Serialize};

/// What the switches behind the neurons of a population conduct.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Behind {
    /// Compliance of the limiter.
    pub i_cc: Ampere,
    /// Conductance of the off state.
    pub g_off: Siemens,
    /// The same of a filament that has grown to the threshold.
    pub g_pre: Siemens,
    /// Conductance of the on state.
    pub g_on: Siemens,
}

impl From<&ThresholdSwitch> for Behind {
    fn from(device: &ThresholdSwitch) -> Self {
        let ThresholdSwitch { i_cc, g_off, g_pre, g_on, .. } = *device;
        Self { i_cc, g_off, g_pre, g_on }
    }
}

impl Behind {
    /// The switch behind a membrane.
    fn of(self, lif: &Lif) -> ThresholdSwitch {
        let Self { i_cc, g_off, g_pre, g_on } = self;
        let Lif { tau_m: tau, u_rest, v_th, v_hold, .. } = *lif;
        ThresholdSwitch { tau, u_rest, v_th, v_hold, i_cc, g_off, g_pre, g_on }
    }
}

crate::plain! {
    /// A membrane and its switch.
    pub struct MeteredState {
        /// u - u_rest.
        x: "V",
        /// Threshold of this cycle less u_rest.
        theta: "V",
        /// What is left of its connection, from when it is off.
        r: "",
        /// For how long it is on still, where arrivals are not lost meanwhile.
        on: "s",
        /// What it has spent off since the start of the episode.
        off: "J",
        /// What its limiter has meanwhile.
        limiter: "J",
    }
}

/// Constants of a neuron.
#[derive(Clone, Debug, PartialEq)]
pub struct Metered {
    leaky: Leaky,
    device: ThresholdSwitch,
    /// R I_bias in volts.
    bias: f64,
    /// For how long a spike keeps the switch on, in seconds: stated of a membrane. The switch itself is on while it is dead.
    on: f64,
    own: bool,
}

impl Metered {
    /// A leaky neuron before such a switch, which a spike keeps on for `on`; `None` for one that is not leaky.
    #[must_use]
    pub fn of(neuron: &Neuron, behind: Behind, on: Time) -> Option<Self> {
        let (leaky, lif) = (Leaky::of(neuron)?, neuron.membrane());
        Some(Self {
            leaky,
            device: behind.of(&lif),
            bias: lif.bias(),
            on: on.as_seconds(),
            own: neuron.switch().is_some(),
        })
    }

    /// Does something to the membrane alone.
    fn membrane<T>(&self, state: &mut MeteredState, work: impl FnOnce(&Leaky, &mut LeakyState) -> T) -> T {
        let mut leaky = state.leaky();
        let answer = work(&self.leaky, &mut leaky);
        (state.x, state.theta) = (leaky.x, leaky.theta);
        answer
    }

    /// Books the next `span` seconds; `held`: the membrane stays where it is meanwhile, as it does at its floor.
    fn pass(&self, state: &mut MeteredState, flow: &Flow<'_>, span: f64, held: bool) {
        let wall = if held { None } else { self.leaky.wall(state.x, &flow.drive(self.bias), span) };
        let Some((meets, let_go)) = wall else { return self.piece(state, flow, span, held) };
        let mut currents = [Current::default(); MAX_DECAYS];
        let currents = &mut currents[..flow.currents.len().min(MAX_DECAYS)];
        currents.copy_from_slice(&flow.currents[..currents.len()]);
        let mut later =
            Flow { currents, level: flow.level, slope: flow.slope, tau: flow.tau, decays: flow.decays };
        let moved = |flow: &mut Flow<'_>, seconds: f64| {
            flow.level += flow.slope * seconds;
            flow.pass(seconds);
        };
        self.piece(state, flow, meets, false);
        let x = std::mem::replace(&mut state.x, 0.0);
        moved(&mut later, meets);
        self.piece(state, &later, let_go - meets, true);
        moved(&mut later, let_go - meets);
        self.pass(state, &later, span - let_go, false);
        state.x = x;
    }

    fn piece(&self, state: &mut MeteredState, flow: &Flow<'_>, span: f64, held: bool) {
        let on = state.on.min(span);
        state.on -= on;
        let (off, tau) = (span - on, self.device.tau.get());
        if off <= 0.0 {
            return;
        }
        let drive = flow.drive(self.bias);
        let at = |t: f64| if held { state.x } else { drive.advance(tau, state.x, t) };
        let fades = flow.currents.iter().any(|current| current.p != 0.0 || current.q != 0.0);
        let spent = if held || fades {
            let mut scales = [tau; MAX_DECAYS + 1];
            scales.iter_mut().skip(1).zip(flow.decays).for_each(|(scale, decay)| *scale = decay.tau);
            let (x, v) = (|t: f64| at(on + t), |t: f64| self.bias + flow.at(on + t));
            self.device.spent_under((state.theta, state.r), off, &scales[..=flow.decays.len()], &x, &v)
        } else {
            let a = drive.a + drive.b * on;
            let ramp = Ramp { from: a, to: a + drive.b * off, length: off };
            let x = if on > 0.0 { at(on) } else { state.x };
            self.device.spent_off(&Circuit::Bare, (x, state.r), (a, drive.b), state.theta, ramp)
        };
        state.off += spent.device;
        state.limiter += spent.limiter;
        if state.r > 0.0 {
            state.r *= exp(-(off / tau));
        }
    }

    fn fired(&self, state: &mut MeteredState, fired: Fired) -> Fired {
        (state.r, state.on) = if self.own {
            // It fades from when the circuit has opened, and is off when the dead time ends.
            (exp(-((fired.dead.as_seconds() - self.on).max(0.0) / self.device.tau.get())), 0.0)
        } else {
            (1.0, self.on)
        };
        fired
    }
}

impl MeteredState {
    fn leaky(&self) -> LeakyState {
        LeakyState { x: self.x, theta: self.theta }
    }
}

impl Model for Metered {
    type State = MeteredState;
    const NAME: &'static str = "metered";

    fn scale(&self) -> Scale {
        self.leaky.scale()
    }

    fn start(&self, draws: &Draws) -> MeteredState {
        let LeakyState { x, theta } = self.leaky.start(draws);
        MeteredState { x, theta, r: 0.0, on: 0.0, off: 0.0, limiter: 0.0 }
    }

    fn advance(&self, state: &mut MeteredState, flow: &mut Flow<'_>, span: f64) {
        self.pass(state, flow, span, false);
        self.membrane(state, |leaky, state| leaky.advance(state, flow, span));
    }

    fn advance_dead(&self, state: &mut MeteredState, flow: &mut Flow<'_>, span: f64) {
        // A switch is on then.
        if !self.own {
            self.pass(state, flow, span, true);
        }
        flow.pass(span);
    }

    fn receive(&self, state: &mut MeteredState, input: Input) {
        self.membrane(state, |leaky, state| leaky.receive(state, input));
    }

    fn fires(&self, state: &MeteredState) -> bool {
        self.leaky.fires(&state.leaky())
    }

    fn next(&self, state: &MeteredState, flow: &Flow<'_>, limit: Time) -> Next {
        self.leaky.next(&state.leaky(), flow, limit)
    }

    fn again(&self, state: &MeteredState, flow: &Flow<'_>, waited: Time, limit: Time) -> Option<Next> {
        self.leaky.again(&state.leaky(), flow, waited, limit)
    }

    fn reach(&self, state: &mut MeteredState) {
        self.membrane(state, Leaky::reach);
    }

    fn fire(&self, state: &mut MeteredState, draws: &Draws) -> Fired {
        let fired = self.membrane(state, |leaky, state| leaky.fire(state, draws));
        self.fired(state, fired)
    }

    fn jump(&self, state: &mut MeteredState, draws: &Draws) -> Fired {
        let fired = self.membrane(state, |leaky, state| leaky.jump(state, draws));
        self.fired(state, fired)
    }

    fn drains(&self) -> bool {
        self.leaky.drains()
    }

    fn left(&self, state: &MeteredState) -> bool {
        self.leaky.left(&state.leaky())
    }

    fn spent(&self, state: &MeteredState) -> Option<[f64; 3]> {
        Some([0.0, state.limiter, state.off])
    }

    fn conductance(&self, state: &MeteredState, dead: f64) -> Option<f64> {
        let on = state.on > 0.0 || (self.own && dead > 0.0);
        let device = &self.device;
        Some(if on { device.g_on.get() } else { device.conductance_at(state.x, state.theta, state.r) })
    }

    fn potential(&self, state: &MeteredState, dead: f64) -> f64 {
        self.leaky.potential(&state.leaky(), dead)
    }
}
