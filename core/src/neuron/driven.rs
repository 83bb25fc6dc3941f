//! A threshold switch whose circuit leaves the drive on it after firing: `bare`, `series`, `load` and `node`.
//!
//! State and equations are those of the bench ([`ThresholdSwitch`](crate::device::threshold::ThresholdSwitch)): off, tau du/dt = -(u - u_rest) + V_d; on, the filament
//! is held, or relaxes, as V_d says. V = R I is what the synapses apply, and the filament follows its share V_d. A jump is
//! an impulse of V: the filament moves by its share of it, on as off, but no further than its threshold.
//!
//! There is no dead time: turning on is the spike, and the next one comes after it has turned off, if it does. Closed form
//! for steps and ramps of current; currents that fade are refused, because when they fall below V_h is not. What the voltage
//! spends in device and limiter is part of the state; a jump, an impulse of voltage, has no energy that could be told.

use super::Switch;
use super::foretell::up;
use super::model::{Draws, Fired, Flow, Input, Model, Next, Scale};
use crate::device::circuit::Ramp;
use crate::device::threshold::{Circuit, Loaded};
use crate::numeric::decimal::product;
use crate::numeric::exp;
use crate::time::Time;

/// Constants of a population.
#[derive(Clone, Debug, PartialEq)]
pub struct Driven {
    switch: Switch,
    /// R I_bias in volts.
    bias: f64,
    /// The shares of the drive that the filament follows, off and on.
    shares: [f64; 2],
}

crate::plain! {
    /// One switch.
    pub struct DrivenState {
        /// u - u_rest.
        x: "V",
        /// Whether it is on: 0 or 1.
        on: "",
        /// Threshold of this cycle less u_rest.
        theta: "V",
        /// The same of the next cycle, once it is on.
        next: "V",
        /// What is left of its connection: 1 while it is on and held.
        r: "",
        /// What the device has spent on since the start of the episode.
        device: "J",
        /// The same of what limits its current.
        limiter: "J",
        /// What the device has spent off.
        leaked: "J",
        /// Voltage of the capacitor, in `load`.
        node: "V",
    }
}

impl Driven {
    /// A switch in its circuit.
    #[must_use]
    pub fn new(switch: Switch) -> Self {
        let shares = [false, true].map(|on| switch.circuit.share(&switch.device, on));
        Self { bias: product(switch.r_m.get(), switch.i_bias.get()), shares, switch }
    }

    /// Threshold of a cycle relative to rest, in volts.
    fn theta(&self, draws: &Draws) -> f64 {
        if self.switch.varies() {
            self.switch.v_th(draws) - self.switch.device.u_rest.get()
        } else {
            self.switch.device.theta()
        }
    }

    /// Conductance of a switch, in siemens.
    #[must_use]
    pub fn conductance(&self, state: &DrivenState) -> f64 {
        self.switch.device.conductance_at(state.x, state.theta, state.r)
    }

    /// Whether nothing takes its filament below rest.
    fn wall(&self) -> bool {
        !self.switch.floor.is_none()
    }

    fn share(&self, state: &DrivenState) -> f64 {
        self.shares[usize::from(state.on > 0.0)]
    }

    /// [`Model::advance`] in `load` and `node`.
    fn advance_load(&self, state: &mut DrivenState, ramp: Ramp) {
        let (device, circuit) = (&self.switch.device, &self.switch.circuit);
        let mut from = 0.0;
        let slope = |ramp: &Ramp| (ramp.to - ramp.from) / ramp.length;
        if let (true, Some((load, behind))) = (state.on > 0.0, circuit.load(device, true, ramp)) {
            let drive = (behind.from, slope(&behind));
            let (to, off) =
                load.through(device, state.loaded(), drive, state.theta, (ramp.length, self.wall()));
            from = off.unwrap_or(ramp.length);
            let spent = load.spent(device, state.node, behind.piece(0.0, from));
            state.device += spent.device;
            state.limiter += spent.limiter;
            (state.x, state.node) = (to.x, to.node);
            if off.is_none() {
                return;
            }
            state.turn_off(to.x);
        }
        let Some((load, behind)) = circuit.load(device, false, ramp) else { return };
        let left = behind.piece(from, ramp.length);
        let spent = load.spent(device, state.node, left);
        state.leaked += spent.device;
        state.limiter += spent.limiter;
        let drive = (left.from, slope(&behind));
        let to = load.off(device, state.loaded(), drive, (left.length, self.wall()));
        (state.x, state.node) = (to.x, to.node);
        state.r *= exp(-(left.length / device.tau.get()));
    }

    /// Level and slope that the filament follows.
    fn drive(&self, state: &DrivenState, flow: &Flow<'_>) -> (f64, f64) {
        let share = self.share(state);
        (share * (flow.level + self.bias), share * flow.slope)
    }
}

impl DrivenState {
    fn loaded(&self) -> Loaded {
        Loaded { x: self.x, node: self.node }
    }

    fn turn_off(&mut self, hold: f64) {
        *self = Self { x: hold, on: 0.0, theta: self.next, ..*self };
    }
}

impl Model for Driven {
    type State = DrivenState;
    const NAME: &'static str = "driven_switch";
    const VERSION: u32 = 4;
    const DECAYS: usize = 0;

    fn scale(&self) -> Scale {
        let device = &self.switch.device;
        Scale {
            tau: device.tau.get(),
            resistance: self.switch.r_m.get(),
            rest: device.u_rest.get(),
            threshold: device.theta(),
        }
    }

    fn start(&self, draws: &Draws) -> DrivenState {
        let theta = self.theta(draws);
        DrivenState {
            x: self.switch.membrane().start(),
            on: 0.0,
            theta,
            next: theta,
            r: 0.0,
            device: 0.0,
            limiter: 0.0,
            leaked: 0.0,
            node: 0.0,
        }
    }

    fn advance(&self, state: &mut DrivenState, flow: &mut Flow<'_>, span: f64) {
        let (device, circuit) = (&self.switch.device, &self.switch.circuit);
        let volts = flow.level + self.bias;
        let ramp = Ramp { from: volts, to: volts + flow.slope * span, length: span };
        if circuit.load(device, false, ramp).is_some() {
            return self.advance_load(state, ramp);
        }
        let (mut from, (mut a, mut b)) = (0.0, self.drive(state, flow));
        if state.on > 0.0 {
            let (on, off, spent) = device.while_on(circuit, (state.x, state.r), (a, b), state.theta, ramp);
            (state.x, state.r) = on;
            state.device += spent.device;
            state.limiter += spent.limiter;
            let Some(off) = off else { return };
            state.turn_off(device.hold());
            from = off;
            (a, b) = self.drive(state, flow);
        }
        let drive = (a + b * from, b);
        let off = ramp.piece(from, span);
        let (to, spent) =
            device.while_off(circuit, (state.x, state.r), drive, (state.theta, self.wall()), off);
        state.leaked += spent.device;
        state.limiter += spent.limiter;
        state.x = to;
        state.r *= exp(-((span - from) / device.tau.get()));
    }

    fn receive(&self, state: &mut DrivenState, input: Input) {
        let Input::Jump(volts) = input else { return };
        if let Circuit::Load { r_s, c } | Circuit::Node { r_s, c, .. } = self.switch.circuit {
            // An impulse of the drive charges the capacitor through the resistor; in `node` it is a charge as it is.
            state.node += volts * self.switch.device.tau.get() / (r_s.get() * c.get());
            return;
        }
        let (x, lowest) = (state.x + self.share(state) * volts, self.switch.floor.lowest());
        state.x = if x < lowest { lowest } else { x };
        if state.on > 0.0 {
            state.x = state.x.min(state.theta);
            if state.x <= self.switch.device.hold() {
                state.turn_off(state.x);
            }
        }
    }

    fn takes_ramps(&self) -> bool {
        self.switch.circuit.takes_ramps()
    }

    fn fires(&self, state: &DrivenState) -> bool {
        state.on == 0.0 && state.x >= state.theta
    }

    fn next(&self, state: &DrivenState, flow: &Flow<'_>, limit: Time) -> Next {
        let (device, (a, b), seconds) = (&self.switch.device, self.drive(state, flow), limit.as_seconds());
        let volts = flow.level + self.bias;
        let ramp = Ramp { from: volts, to: volts + flow.slope * seconds, length: seconds };
        let on = state.on > 0.0;
        if let Some((load, behind)) = self.switch.circuit.load(device, on, ramp) {
            let drive = (behind.from, if self.takes_ramps() { flow.slope } else { 0.0 });
            let (_, turns) = load.through(device, state.loaded(), drive, state.theta, (seconds, self.wall()));
            return match turns {
                None => Next::Never,
                Some(off) if state.on > 0.0 => Next::NotBefore(up(off)),
                Some(on) => Next::At(up(on).min(limit)),
            };
        }
        if state.on > 0.0 {
            let off = device.turn_off(state.x, a, b, state.theta, seconds);
            return off.map_or(Next::Never, |off| Next::NotBefore(up(off)));
        }
        let on = device.first_on(state.x, (a, b), state.theta, seconds, self.wall());
        on.map_or(Next::Never, |on| Next::At(up(on).min(limit)))
    }

    fn reach(&self, state: &mut DrivenState) {
        state.x = state.x.max(state.theta);
    }

    fn fire(&self, state: &mut DrivenState, draws: &Draws) -> Fired {
        let next = if self.switch.varies() { self.theta(draws) } else { state.theta };
        *state = DrivenState { x: state.theta, on: 1.0, next, r: 1.0, ..*state };
        Fired::once(Time::ZERO)
    }

    fn spent(&self, state: &DrivenState) -> Option<[f64; 3]> {
        Some([state.device, state.limiter, state.leaked])
    }

    fn conductance(&self, state: &DrivenState, _dead: f64) -> Option<f64> {
        let on = state.on > 0.0;
        Some(if on { self.switch.device.g_on.get() } else { self.conductance(state) })
    }

    fn potential(&self, state: &DrivenState, _dead: f64) -> f64 {
        state.x + self.switch.device.u_rest.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::tests::{Neuron, What};
    use crate::units::Ohm;

    const MS: f64 = 1e12;

    fn neuron(circuit: Circuit, v: f64) -> Neuron<Driven> {
        let switch = Switch { circuit, ..Switch::default() };
        Neuron::new(&Driven::new(switch), &[], (v, 0.0), 0)
    }

    fn at(ms: f64) -> Time {
        Time::from_fs((ms * MS).round() as u64)
    }

    /// In milliseconds.
    fn spikes(neuron: &Neuron<Driven>) -> Vec<f64> {
        neuron.spikes.iter().map(|spike| spike.as_seconds() * 1e3).collect()
    }

    /// When it turns off if nothing else happens, in milliseconds.
    fn off(neuron: &Neuron<Driven>) -> f64 {
        let Next::NotBefore(span) = neuron.next(Time::MAX) else { panic!("it is not on: {neuron:?}") };
        neuron.now.after(span).as_seconds() * 1e3
    }

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() < 0.5e-6, "{got} ms, not {want} ms");
    }

    #[test]
    fn bare_a_drive_that_stays_holds_it_on_for_ever() {
        let mut held = neuron(Circuit::Bare, 0.5);
        held.run(at(1000.0), usize::MAX);
        near(spikes(&held)[0], 6.506344);
        assert_eq!((held.spikes.len(), held.next(Time::MAX)), (1, Next::Never));
    }

    #[test]
    fn bare_a_train_fires_it_once_and_lets_go_after_its_last_pulse() {
        let mut pulsed = neuron(Circuit::Bare, 0.0);
        let train: Vec<_> = (0..50)
            .flat_map(|k| [(2.0 * f64::from(k), 0.5), (2.0 * f64::from(k) + 1.0, -0.5)])
            .map(|(ms, a)| (at(ms), What::Drive { a, b: 0.0 }))
            .collect();
        pulsed.run_through(&train, at(99.0), usize::MAX);
        let fired = spikes(&pulsed);
        assert!(fired.len() == 1 && (fired[0] - 26.99).abs() < 0.005, "{fired:?}");
        near(off(&pulsed), 107.646647);
    }

    #[test]
    fn bare_a_drive_between_hold_and_threshold_refreshes_an_on_filament() {
        let mut held = neuron(Circuit::Bare, 0.0);
        held.run_through(&[(Time::ZERO, What::Input(Input::Jump(0.25)))], at(5.0), usize::MAX);
        let u = |held: &Neuron<Driven>| held.model.potential(&held.state, 0.0);
        assert!((u(&held) - 0.147130).abs() < 0.5e-6, "{}", u(&held));
        held.receive(What::Drive { a: 0.15, b: 0.0 });
        held.run(at(10.0), usize::MAX);
        assert!((u(&held) - 0.189532).abs() < 0.5e-6, "{}", u(&held));
        held.receive(What::Drive { a: -0.15, b: 0.0 });
        near(off(&held) - 10.0, 6.035809);
    }

    #[test]
    fn series_fires_again_and_again_is_silent_or_latches_as_its_load_line_says() {
        let series = |ohm: f64, v: f64| neuron(Circuit::Series { r_s: Ohm::new(ohm) }, v);
        for (v, first, on, rise) in
            [(0.5, 6.695792, 15.231730, 4.559207), (0.3, 17.760627, 11.561631, 13.871448)]
        {
            let mut fires = series(2e5, v);
            fires.run(at(1000.0), 1);
            near(spikes(&fires)[0], first);
            near(off(&fires) - first, on);
            fires.run(at(1000.0), 2);
            near(spikes(&fires)[1] - first, on + rise);
        }
        let mut latched = series(1e5, 0.5);
        latched.run(at(1000.0), usize::MAX);
        assert_eq!((latched.spikes.len(), latched.next(Time::MAX)), (1, Next::Never));
        let mut silent = series(2e5, 0.25);
        silent.run(at(1000.0), usize::MAX);
        assert_eq!(silent.spikes.len(), 0);
    }

    #[test]
    fn jumps_move_an_on_filament_no_further_than_its_threshold_and_may_turn_it_off() {
        let mut on = neuron(Circuit::Bare, 0.0);
        on.run_through(&[(Time::ZERO, What::Input(Input::Jump(0.25)))], at(1.0), usize::MAX);
        on.receive(What::Input(Input::Jump(3.0)));
        assert_eq!((on.state.x, on.state.on), (on.state.theta, 1.0));
        on.receive(What::Input(Input::Jump(-0.2)));
        assert_eq!(on.state.on, 0.0);
        assert!(on.state.x < on.model.switch.device.hold());
    }
}
