//! Leaky membranes that keep their own time: [`Lif`] and [`Switch`] as [`Model`]s, in closed form.
//!
//! x = u - u_rest; between events tau_m dx/dt = -x + a + b t + sum (p + q t/tau) e^(-t/tau), where a is the drive R I in
//! volts (bias included), b its slope and the rest the synaptic currents. A switch differs from a LIF in its threshold and
//! dead time only, which it draws anew for every cycle where its device has spread.

use super::model::{Draws, Fired, Flow, Input, Model, Next, Scale};
use super::synaptic::{self, Bound, Current, Drive, MAX_DECAYS, wall};
use super::{Firing, Lif, Neuron, Spent, Switch};
use crate::time::{FS_PER_SECOND, Time};

/// Of tau_m: a bound that puts firing off by more is taken instead of looking for the crossing.
const WELL_AFTER: f64 = 0.05;

/// In tau_m: after so long without an arrival the crossing is looked for. Currents that are much slower than the
/// membrane and cancel each other would otherwise put firing off again and again, as long as they last.
const PATIENCE: f64 = 2.0;

/// Of everything that makes up a membrane: nearer to threshold than this, what was rounded on the way (1e-14 of it at
/// most) is more than the 1e-9 that a bound leaves for it.
const NEAR: f64 = 1e-4;

crate::plain! {
    /// A membrane.
    pub struct LeakyState {
        /// u - u_rest.
        x: "V",
        /// Threshold of this cycle less u_rest.
        theta: "V",
    }
}

/// Constants of leaky neurons.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaky {
    lif: Lif,
    theta: f64,
    bias: f64,
    firing: Firing<f64>,
    refractory: Time,
    /// Below what nothing takes x.
    lowest: f64,
    /// The switch, if its thresholds differ.
    varying: Option<Box<Switch>>,
    /// The switch, if it is one.
    switch: Option<Box<Switch>>,
}

/// A span in seconds, rounded down; `None` if that is nothing, which would come again without end.
fn down(span: f64) -> Option<Time> {
    Some(Time::from_fs((span * FS_PER_SECOND) as u64)).filter(|&span| span > Time::ZERO)
}

impl Leaky {
    /// A neuron that is leaky between spikes.
    #[must_use]
    pub fn new(lif: &Lif, switch: Option<&Switch>) -> Self {
        Self {
            theta: lif.theta(),
            bias: lif.bias(),
            firing: Firing::above_rest(lif),
            refractory: Time::from_seconds(lif.t_ref).unwrap_or(Time::MAX),
            lowest: lif.floor.lowest(),
            lif: lif.clone(),
            varying: switch.filter(|switch| switch.varies()).cloned().map(Box::new),
            switch: switch.cloned().map(Box::new),
        }
    }

    /// As [`Leaky::new`]; `None` for a neuron that is not leaky.
    #[must_use]
    pub fn of(neuron: &Neuron) -> Option<Self> {
        match neuron {
            Neuron::Lif(lif) => Some(Self::new(lif, None)),
            Neuron::Switch(switch) => Some(Self::new(&switch.membrane(), Some(switch))),
            Neuron::Open(_) => None,
        }
    }

    /// For how long it is dead after this spike; a switch whose thresholds differ draws its next one.
    fn dead(&self, state: &mut LeakyState, draws: &Draws) -> Time {
        let Some(switch) = &self.varying else { return self.refractory };
        let before = Draws { spikes: draws.spikes.saturating_sub(1), ..*draws };
        let on = switch.on_time(switch.v_th(&before));
        state.theta = switch.v_th(draws) - self.lif.u_rest.get();
        on
    }

    /// When the drive takes the membrane to its floor within so many seconds, if it does, and when that lets it go.
    pub(super) fn wall(&self, x: f64, drive: &Drive<'_>, seconds: f64) -> Option<(f64, f64)> {
        if self.lowest != 0.0 {
            return None;
        }
        let tau = self.lif.tau_m.get();
        let let_go = wall::released(tau, x, drive, seconds)?;
        Some((wall::meets(tau, x, drive, let_go), let_go))
    }

    /// Whether the drive takes the membrane to its floor within so many seconds.
    fn meets_wall(&self, x: f64, drive: &Drive<'_>, seconds: f64) -> bool {
        self.lowest == 0.0 && wall::released(self.lif.tau_m.get(), x, drive, seconds).is_some()
    }

    /// The first instant, counted from the state, at which the drive alone carries the membrane above threshold.
    fn predict(&self, state: &LeakyState, drive: &Drive<'_>, limit: Time) -> Option<Time> {
        if self.meets_wall(state.x, drive, limit.as_seconds()) {
            return wall::firing(self.lif.tau_m.get(), state.x, drive, state.theta, limit);
        }
        if drive.currents.is_empty() {
            if drive.a <= state.theta && drive.b <= 0.0 {
                return None; // Neither the membrane nor its asymptote can rise above threshold.
            }
            self.lif.firing_at(state.x, drive.a, drive.b, state.theta, limit)
        } else {
            synaptic::firing(self.lif.tau_m.get(), state.x, drive, state.theta, limit)
        }
    }

    /// Whether the bound as it is now, when an earlier one has come, puts firing off again by a good part of tau_m: then
    /// there is still no need to look for the crossing. The state stays where it was.
    fn puts_off(&self, state: &LeakyState, flow: &Flow<'_>, waited: f64) -> Option<Next> {
        let tau_m = self.lif.tau_m.get();
        if self.meets_wall(state.x, &flow.drive(self.bias), waited) {
            return None;
        }
        if flow.currents.is_empty() || waited > PATIENCE * tau_m {
            return None; // The crossing is in closed form, or nothing arrives and it is time to know.
        }
        let mut scratch = [Current::default(); MAX_DECAYS];
        let scratch = scratch.get_mut(..flow.currents.len())?;
        scratch.copy_from_slice(flow.currents);
        let drive = (flow.level + self.bias, flow.slope);
        let x = synaptic::advance(tau_m, state.x, drive, flow.decays, scratch, waited);
        let level = flow.level + flow.slope * waited;
        // The bound trusts the membrane, which is rounded here: near threshold that is not good enough.
        let parts = scratch.iter().map(|current| current.p.abs() + current.q.abs()).sum::<f64>();
        let whole = state.theta.abs() + x.abs() + (level + self.bias).abs() + parts;
        if state.theta - x < NEAR * whole {
            return None;
        }
        let drive = Drive { a: level + self.bias, b: flow.slope, decays: flow.decays, currents: scratch };
        match synaptic::bound(tau_m, x, &drive, state.theta) {
            Bound::Never => Some(Next::Never),
            Bound::NotBefore(span) if span > WELL_AFTER * tau_m => down(span).map(Next::NotBefore),
            Bound::NotBefore(_) | Bound::Unknown => None,
        }
    }
}

impl Model for Leaky {
    type State = LeakyState;
    const NAME: &'static str = "leaky";

    fn scale(&self) -> Scale {
        let Lif { tau_m, r_m, u_rest, .. } = self.lif;
        Scale { tau: tau_m.get(), resistance: r_m.get(), rest: u_rest.get(), threshold: self.theta }
    }

    fn start(&self, draws: &Draws) -> LeakyState {
        let rest = self.lif.u_rest.get();
        let theta = self.varying.as_ref().map_or(self.theta, |switch| switch.v_th(draws) - rest);
        LeakyState { x: self.lif.start(), theta }
    }

    #[inline]
    fn advance(&self, state: &mut LeakyState, flow: &mut Flow<'_>, span: f64) {
        let (mut drive, mut span) = (flow.level + self.bias, span);
        if self.lowest == 0.0 {
            let tau = self.lif.tau_m.get();
            let over = (drive, flow.slope);
            (state.x, drive, span) = wall::let_go(tau, state.x, over, flow.decays, flow.currents, span);
            if span <= 0.0 {
                return;
            }
        }
        state.x = if flow.currents.is_empty() {
            self.lif.advance(state.x, drive, flow.slope, span)
        } else {
            synaptic::advance(flow.tau, state.x, (drive, flow.slope), flow.decays, flow.currents, span)
        };
    }

    #[inline]
    fn receive(&self, state: &mut LeakyState, input: Input) {
        if let Input::Jump(jump) = input {
            let (x, lowest) = (state.x + jump, self.lowest);
            state.x = if x < lowest { lowest } else { x };
        }
    }

    #[inline]
    fn fires(&self, state: &LeakyState) -> bool {
        state.x >= state.theta
    }

    /// Without looking for the crossing where that can be avoided: arrivals come far more often than firings.
    fn next(&self, state: &LeakyState, flow: &Flow<'_>, limit: Time) -> Next {
        let drive = flow.drive(self.bias);
        let bound = match synaptic::bound(self.lif.tau_m.get(), state.x, &drive, state.theta) {
            Bound::Never => Some(Next::Never),
            Bound::NotBefore(span) => down(span).map(Next::NotBefore),
            Bound::Unknown => None,
        };
        bound.unwrap_or_else(|| self.predict(state, &drive, limit).map_or(Next::Never, Next::At))
    }

    fn again(&self, state: &LeakyState, flow: &Flow<'_>, waited: Time, limit: Time) -> Option<Next> {
        Some(self.puts_off(state, flow, waited.as_seconds()).unwrap_or_else(|| {
            let due = self.predict(state, &flow.drive(self.bias), limit);
            due.map_or(Next::Never, |due| Next::At(Time::from_fs(due.fs().saturating_sub(waited.fs()))))
        }))
    }

    fn reach(&self, state: &mut LeakyState) {
        state.x = state.x.max(state.theta);
    }

    fn fire(&self, state: &mut LeakyState, draws: &Draws) -> Fired {
        state.x = self.firing.once(state.x);
        Fired::once(self.dead(state, draws))
    }

    fn jump(&self, state: &mut LeakyState, draws: &Draws) -> Fired {
        let Spent { times, x } = self.firing.jump(state.x);
        state.x = x;
        Fired { dead: self.dead(state, draws), spikes: times }
    }

    fn drains(&self) -> bool {
        self.firing.at_once()
    }

    fn left(&self, state: &LeakyState) -> bool {
        self.firing.fires_again(state.x)
    }

    /// A switch that is on shows the filament on its way from threshold to hold.
    fn potential(&self, state: &LeakyState, dead: f64) -> f64 {
        match &self.switch {
            Some(switch) if dead > 0.0 => switch.u_on(dead),
            _ => state.x + self.lif.u_rest.get(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::synaptic::Decay;
    use crate::neuron::{Floor, Reset};
    use crate::units::{Ampere, Ohm, Second, Volt};
    use proptest::prelude::*;

    /// A neuron with a bias of `bias` thresholds, and currents of `taus` times `tau_m` beside it.
    fn leaky(tau_m: f64, bias: f64, taus: [f64; 2]) -> (Leaky, [Decay; 2]) {
        let lif = Lif {
            tau_m: Second::new(tau_m),
            u_rest: Volt::ZERO,
            v_th: Volt::new(0.5),
            u_reset: Volt::ZERO,
            v_hold: Volt::new(0.1),
            reset: Reset::Rest,
            t_ref: Second::ZERO,
            r_m: Ohm::new(1e6),
            i_bias: Ampere::new(bias * 0.5e-6),
            u_0: None,
            floor: Floor::None,
        };
        (Leaky::new(&lif, None), taus.map(|tau| Decay::new(tau * tau_m, tau_m)))
    }

    fn flow<'a>(tau: f64, decays: &'a [Decay], currents: &'a mut [Current]) -> Flow<'a> {
        Flow { level: 0.0, slope: 0.0, tau, decays, currents }
    }

    proptest! {
        #[test]
        fn firing_is_put_off_never_beyond_the_crossing_and_always_to_a_later_instant(
            tau_m in prop_oneof![3 => Just(9.41e-3), 1 => 1e-15..1e-13f64],
            bias in prop_oneof![-1.0..2.0f64, Just(1.0 + 1e-12), Just(1.0f64.next_up())],
            below in prop_oneof![-3.0..3.0f64, -12.0..-1.0f64],
            p in proptest::array::uniform2(prop_oneof![Just(0.0), -2.0..2.0f64]),
            q in proptest::array::uniform2(prop_oneof![Just(0.0), -2.0..2.0f64]),
            part in 0.0..1.0f64,
        ) {
            let (leaky, decays) = leaky(tau_m, bias, [0.32, 1.06]);
            let theta = leaky.theta;
            let mut currents = [0, 1].map(|index| Current { p: p[index], q: q[index] });
            let flow = flow(tau_m, &decays, &mut currents);
            // From far below to a hair below threshold.
            let state = LeakyState { x: theta - 0.5 * below.exp(), theta };
            if let Some(fires) = leaky.predict(&state, &flow.drive(leaky.bias), Time::MAX) {
                let waited = Time::from_fs((part * fires.fs() as f64) as u64);
                if let Some(later) = leaky.puts_off(&state, &flow, waited.as_seconds()) {
                    let Next::NotBefore(span) = later else { panic!("it fires at {fires}, not {later:?}") };
                    let later = waited.after(span);
                    prop_assert!(
                        later <= fires && later > waited,
                        "put off at {waited} to {later}, fires at {fires}"
                    );
                }
            }
        }
    }

    #[test]
    fn slow_currents_that_cancel_each_other_are_looked_at_a_few_times_only() {
        // 0.6 thresholds of drive are left, and fall: it never fires, but 1.2 of them alone would let it.
        let tau_m = 9.41e-3;
        let (leaky, decays) = leaky(tau_m, 0.0, [2000.0, 1000.0]);
        let theta = leaky.theta;
        let mut currents = [1.2, -0.6].map(|p| Current { p: p * theta, q: 0.0 });
        let start = LeakyState { x: 0.6 * theta, theta };
        let put_off = |state: &LeakyState, currents: &mut [Current; 2], waited: Time| match leaky.puts_off(
            state,
            &flow(tau_m, &decays, currents),
            waited.as_seconds(),
        ) {
            Some(Next::NotBefore(span)) => Some(waited.after(span)),
            _ => None,
        };
        let mut times = vec![Time::from_fs(1)];
        while let Some(later) = put_off(&start, &mut currents, times[times.len() - 1]) {
            times.push(later);
        }
        assert!((2..40).contains(&times.len()), "looked at {times:?}");
        // Patience has ended, not the putting off: had something arrived just now, it would go on.
        let end = times[times.len() - 1];
        let (mut now, mut left) = (start, currents);
        leaky.advance(&mut now, &mut flow(tau_m, &decays, &mut left), end.as_seconds());
        assert!(put_off(&now, &mut left, Time::ZERO).is_some());
    }
}
