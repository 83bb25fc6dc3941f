//! The switch: an off filament that integrates its voltage, an on filament that holds.
//!
//! State u, in volts, is V_th times the normalised filament state:
//!
//! tau du/dt = -(u - u_rest) + V(t).
//!
//! It is kept relative to rest, x = u - u_rest, as the membranes of networks are, so that nothing is lost or gained by adding
//! and taking away u_rest:
//!
//! - off: free. It turns on when the drive takes u over V_th; u := V_th, x := theta = V_th - u_rest.
//! - on: the current through it keeps a filament up. While V + u_rest is above V_h it grows towards V_th, or towards V +
//!   u_rest if that is higher, and is pinned at V_th, where the limiter stops it; otherwise it relaxes as if off. It turns
//!   off when u falls to V_h.
//!
//! tau du/dt = -(u - T),  T = max(V + u_rest, V_th) where V + u_rest > V_h, else V + u_rest  (on).
//!
//! One equation gives the quasi-static loop (u follows V: on at 0.25 V, off at 0.10 V) and the time an
//! undriven filament stays on, tau ln(V_th/V_h) = 8.62 ms. The device switches for positive V only,
//! as measured. That V_h is a level of the filament, and that a held filament grows, are assumed. What V does when the
//! switch has fired is a matter of its [`Circuit`].
//!
//! The conductance follows the filament ([`conductance_at`](ThresholdSwitch::conductance_at)); I = G V, limited to I_cc.

use super::conductance::Stretch;
use super::{Circuit, Loaded};
use crate::device::circuit::{Conduction, Energies, Ramp};
use crate::numeric::decimal::difference;
use crate::numeric::first_order::{advance, crossing};
use crate::numeric::{exp, ln};
use crate::units::{Ampere, Second, Siemens, Volt, Watt};
use serde::{Deserialize, Serialize};

/// Parameters of a volatile threshold switch. Defaults: Ag/TiO2/Pt at 7 uA.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdSwitch {
    /// Relaxation time of the filament. Measured: 9.41 ms (Yan et al., fig. 4c).
    pub tau: Second,
    /// Where an undriven filament relaxes to. Fitted: 0.43 mV (an offset of the fit in fig. 4c, in effect zero).
    pub u_rest: Volt,
    /// Turn-on. Measured: 0.25 V (fig. 1c).
    pub v_th: Volt,
    /// Turn-off. Measured: 0.10 V (fig. 1c).
    pub v_hold: Volt,
    /// Compliance of the limiter. Measured (set on the instrument): 7 uA.
    pub i_cc: Ampere,
    /// Conductance of the off state. Assumed: 0.1 uS (no current below threshold can be read off fig. 1c).
    pub g_off: Siemens,
    /// Conductance of an off filament that has grown to the threshold. Assumed: 1 uS (0.25 uA there, a 28th of the compliance,
    /// so that fig. 1c stays abrupt while the conductance of fig. 4b rises).
    pub g_pre: Siemens,
    /// Conductance of the on state. Inferred from the stated 1.4 uW: I_cc^2/P = 35 uS.
    pub g_on: Siemens,
}

impl Default for ThresholdSwitch {
    fn default() -> Self {
        Self {
            tau: Second::new(9.41e-3),
            u_rest: Volt::new(0.43e-3),
            v_th: Volt::new(0.25),
            v_hold: Volt::new(0.10),
            i_cc: Ampere::new(7e-6),
            g_off: Siemens::new(1e-7),
            g_pre: Siemens::new(1e-6),
            g_on: Siemens::new(35e-6),
        }
    }
}

/// How often a switch may turn within one ramp.
pub const MAX_TURNS: u32 = 1 << 16;

/// What changes in a threshold switch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SwitchState {
    /// Filament state relative to rest, in volts.
    pub x: f64,
    /// Whether the filament connects.
    pub on: bool,
    /// Threshold of this cycle relative to rest, in volts.
    pub theta: f64,
    /// What is left of its connection: 1 while it is on and held, else fading with tau.
    pub r: f64,
    /// Number of returns to off: the count behind the next threshold's draw.
    pub cycles: u64,
    /// Voltage of the capacitor, in the circuit `load`.
    #[serde(default)]
    pub node: f64,
}

/// A change between off and on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Switching {
    /// Seconds since the start of the ramp.
    pub after: f64,
    /// The new state.
    pub on: bool,
}

/// Energies of a piece of drive by the state the switch was in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SwitchEnergies {
    /// While off.
    pub off: Energies,
    /// While on.
    pub on: Energies,
}

/// A parameter that is not valid for a threshold switch.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum SwitchError {
    /// The filament would not relax.
    #[error("tau is {tau}; it must be above zero, such as \"9.41 ms\"")]
    Relaxation {
        /// The value.
        tau: Second,
    },
    /// Off, rest and on must be distinct in this order.
    #[error("u_rest = {u_rest}, v_hold = {v_hold}, v_th = {v_th}; required: u_rest < v_hold < v_th")]
    Levels {
        /// Where it relaxes to.
        u_rest: Volt,
        /// Where it turns off.
        v_hold: Volt,
        /// Where it turns on.
        v_th: Volt,
    },
    /// On must conduct better than off.
    #[error("g_off = {g_off}, g_pre = {g_pre}, g_on = {g_on}; required: 0 < g_off <= g_pre < g_on")]
    Conductances {
        /// Conductance of the off state.
        g_off: Siemens,
        /// The same of a filament grown to the threshold.
        g_pre: Siemens,
        /// Conductance of the on state.
        g_on: Siemens,
    },
    /// A limiter that lets nothing pass.
    #[error("i_cc is {i_cc}; it must be above zero, such as \"7 uA\"")]
    Compliance {
        /// The value.
        i_cc: Ampere,
    },
}

impl ThresholdSwitch {
    /// All faults of these parameters.
    #[must_use]
    pub fn faults(&self) -> Vec<SwitchError> {
        let mut faults = Vec::new();
        if self.tau <= Second::ZERO {
            faults.push(SwitchError::Relaxation { tau: self.tau });
        }
        if !(self.u_rest < self.v_hold && self.v_hold < self.v_th) {
            let Self { u_rest, v_hold, v_th, .. } = *self;
            faults.push(SwitchError::Levels { u_rest, v_hold, v_th });
        }
        if !(self.g_off > Siemens::ZERO && self.g_off <= self.g_pre && self.g_pre < self.g_on) {
            let Self { g_off, g_pre, g_on, .. } = *self;
            faults.push(SwitchError::Conductances { g_off, g_pre, g_on });
        }
        if self.i_cc <= Ampere::ZERO {
            faults.push(SwitchError::Compliance { i_cc: self.i_cc });
        }
        faults
    }

    /// At rest, off, with the nominal threshold.
    #[must_use]
    pub fn rest(&self) -> SwitchState {
        SwitchState { x: 0.0, on: false, theta: self.theta(), r: 0.0, cycles: 0, node: 0.0 }
    }

    /// Just turned on, with the nominal threshold.
    #[must_use]
    pub fn fired(&self) -> SwitchState {
        SwitchState { x: self.theta(), on: true, r: 1.0, ..self.rest() }
    }

    /// Turn-on relative to rest, in volts: of the decimals that were stated, rounded once.
    #[must_use]
    pub fn theta(&self) -> f64 {
        difference(self.v_th.get(), self.u_rest.get())
    }

    /// Turn-off relative to rest, in volts.
    #[must_use]
    pub fn hold(&self) -> f64 {
        difference(self.v_hold.get(), self.u_rest.get())
    }

    /// The filament state u = u_rest + x, in volts.
    #[must_use]
    pub fn u(&self, state: &SwitchState) -> f64 {
        self.u_rest.get() + state.x
    }

    /// x of an off filament `dt` seconds later under the drive a + b t.
    #[inline]
    #[must_use]
    pub fn advance_off(&self, x: f64, a: f64, b: f64, dt: f64) -> f64 {
        advance(self.tau.get(), x, a, b, dt)
    }

    /// Seconds until the drive a + b t takes an off filament over `theta`, if that is within `limit` seconds.
    ///
    /// Constant drive: tau ln((V - x)/(V - theta)); ramps by Lambert W (see [`crossing`]).
    #[inline]
    #[must_use]
    pub fn turn_on(&self, x: f64, a: f64, b: f64, theta: f64, limit: f64) -> Option<f64> {
        crossing(self.tau.get(), x, a, b, theta, limit)
    }

    /// Takes an off filament at x >= 0 with the connection r through `limit` seconds of the drive a + b t, up to where it turns on, and
    /// shows every stretch. Answers where it is then, and when it turned on, if it did.
    ///
    /// `wall`: no drive takes it below rest, where nothing is left to dissolve; there it stays until the drive is positive again.
    pub(super) fn through_off(
        &self,
        (x, r): (f64, f64),
        (a, b): (f64, f64),
        theta: f64,
        (limit, wall): (f64, bool),
        mut see: impl FnMut(Stretch),
    ) -> (f64, Option<f64>) {
        let tau = self.tau.get();
        let (mut x, mut a, mut t) = (x, a, 0.0);
        let stretch = |begin: f64, length: f64, (x, a): (f64, f64), pinned: bool| {
            let r = if begin > 0.0 { r * exp(-(begin / tau)) } else { r };
            Stretch { begin, length, x, a, b, pinned, held: false, r, theta }
        };
        // A linear drive changes its sign once.
        for _ in 0..2 {
            let left = limit - t;
            let below = a < 0.0 || (a == 0.0 && b < 0.0);
            let turns = (a != 0.0).then(|| -a / b).filter(|turns| *turns > 0.0 && *turns < left);
            // How long the drive is negative, and from when on.
            let (from, until) = match (below, turns) {
                (true, turns) => (0.0, turns.unwrap_or(left)),
                (false, Some(turns)) if b < 0.0 => (turns, left),
                _ => break,
            };
            if !wall || self.advance_off(x, a, b, until) >= 0.0 {
                break;
            }
            if from > 0.0 {
                let on = self.turn_on(x, a, b, theta, from);
                see(stretch(t, on.unwrap_or(from), (x, a), false));
                if on.is_some() {
                    return (theta, on);
                }
                (x, a, t) = (self.advance_off(x, a, b, from), 0.0, t + from);
                continue;
            }
            let meets = crossing(tau, -x, -a, -b, 0.0, until).unwrap_or(until);
            let meets = if x <= 0.0 { 0.0 } else { meets };
            see(stretch(t, meets, (x, a), false));
            see(stretch(t + meets, until - meets, (0.0, a + b * meets), true));
            (x, a, t) = (0.0, if turns.is_some() { 0.0 } else { a + b * until }, t + until);
            if turns.is_none() {
                return (0.0, None);
            }
        }
        let left = limit - t;
        let on = self.turn_on(x, a, b, theta, left);
        see(stretch(t, on.unwrap_or(left), (x, a), false));
        match on {
            Some(on) => (theta, Some(t + on)),
            None => (self.advance_off(x, a, b, left), None),
        }
    }

    /// When an off filament turns on under the drive a + b t, as [`Self::turn_on`], with a wall at rest or without.
    #[must_use]
    pub fn first_on(&self, x: f64, (a, b): (f64, f64), theta: f64, limit: f64, wall: bool) -> Option<f64> {
        self.through_off((x, 0.0), (a, b), theta, (limit, wall), |_| {}).1
    }

    /// An off filament at (x, r) after `ramp` that does not turn it on, applied to its circuit while it follows the drive a + b t;
    /// with a wall at rest or without. Answers x, and what was spent.
    #[must_use]
    pub fn while_off(
        &self,
        circuit: &Circuit,
        (x, r): (f64, f64),
        drive: (f64, f64),
        (theta, wall): (f64, bool),
        ramp: Ramp,
    ) -> (f64, Energies) {
        let mut spent = Energies::default();
        // Where it is just about to turn on it is left there.
        let (x, _) = self.through_off((x, r), drive, theta, (ramp.length, wall), |stretch| {
            spent += self.spent(circuit, &stretch, ramp.piece(stretch.begin, stretch.begin + stretch.length));
        });
        (x, spent)
    }

    /// Takes an on filament through `limit` seconds of the drive a + b t, up to where it turns off, and shows every stretch.
    /// Answers where it is then, and when it turned off, if it did.
    fn through_on(
        &self,
        x: f64,
        (a, b): (f64, f64),
        theta: f64,
        limit: f64,
        mut see: impl FnMut(Stretch),
    ) -> (f64, Option<f64>) {
        let (tau, hold) = (self.tau.get(), self.hold());
        let (mut x, mut a, mut t) = (x, a, 0.0);
        // A linear drive passes each of the two levels once, and the filament reaches its threshold at most once.
        for _ in 0..6 {
            let held = a > hold || (a == hold && b > 0.0);
            let above = a > theta || (a == theta && b > 0.0);
            let pinned = held && x >= theta;
            // Where the drive begins to do something else.
            let level = match (held, b > 0.0, b < 0.0) {
                (false, true, _) => Some(hold),
                (true, _, true) => Some(if above && !pinned { theta } else { hold }),
                (true, true, _) if !above && !pinned => Some(theta),
                _ => None,
            };
            let left = limit - t;
            let until = level.map_or(left, |level| ((level - a) / b).clamp(0.0, left));
            // What the filament follows.
            let target = if held && !above { (theta, 0.0) } else { (a, b) };
            x = if pinned { theta } else { x };
            let passes = if pinned {
                None
            } else if held {
                self.turn_on(x, target.0, target.1, theta, until)
            } else {
                // The same equation upside down.
                crossing(tau, -x, -a, -b, -hold, until)
            };
            let length = passes.unwrap_or(until);
            see(Stretch { begin: t, length, x, a: target.0, b: target.1, pinned, held, r: 1.0, theta });
            t += length;
            if passes.is_some() && !held {
                return (hold, Some(t));
            }
            if passes.is_some() {
                (x, a) = (theta, a + b * length);
                continue;
            }
            if !pinned {
                x = advance(tau, x, target.0, target.1, until).min(theta);
            }
            if until >= left {
                break;
            }
            // Exactly the level.
            a = level.unwrap_or(a);
        }
        (x, None)
    }

    /// x of an on filament `dt` seconds later (as long as it stays on).
    #[must_use]
    pub fn advance_on(&self, x: f64, a: f64, b: f64, theta: f64, dt: f64) -> f64 {
        self.through_on(x, (a, b), theta, dt, |_| {}).0
    }

    /// Seconds until an on filament falls to V_h, if that is within `limit` seconds.
    ///
    /// Without drive, from V_th: tau ln((V_th - u_rest)/(V_h - u_rest)).
    #[must_use]
    pub fn turn_off(&self, x: f64, a: f64, b: f64, theta: f64, limit: f64) -> Option<f64> {
        self.through_on(x, (a, b), theta, limit, |_| {}).1
    }

    /// How long an undriven filament stays on after firing: the refractory time of the switch as a
    /// neuron. tau ln((V_th - u_rest)/(V_h - u_rest)).
    #[must_use]
    pub fn natural_on_time(&self) -> Second {
        self.tau * ln(self.theta() / self.hold())
    }

    /// The conductances of its load line, off and on.
    #[must_use]
    pub const fn conductance(&self, on: bool) -> Siemens {
        if on { self.g_on } else { self.g_off }
    }

    /// Current through the circuit at voltage `v`, in amperes.
    #[must_use]
    pub fn current(&self, state: &SwitchState, circuit: &Circuit, v: f64) -> f64 {
        let open = circuit.connected(self, (state.on, state.x, state.theta)) <= 0.0;
        let held = state.on && *circuit != Circuit::Bare;
        let g = if held { self.g_on.get() } else { self.conductance_at(state.x, state.theta, state.r) };
        match circuit {
            Circuit::Series { r_s } | Circuit::Load { r_s, .. } => v * g / (1.0 + r_s.get() * g),
            Circuit::Node { r_s, v_row, .. } => {
                let rows = (v / v_row.get()).max(0.0);
                v_row.get() * g * rows / (rows + r_s.get() * g)
            }
            _ if open => 0.0,
            _ => Conduction::Ohmic.limited_current(g, v, self.i_cc.get()),
        }
    }

    /// Takes an on filament and its connection through the drive a + b t that it follows in its circuit while `ramp` is applied
    /// to that, up to where it turns off. Answers (x, r) then, when it turned off, if it did, and what was spent.
    #[must_use]
    pub fn while_on(
        &self,
        circuit: &Circuit,
        (x, r): (f64, f64),
        drive: (f64, f64),
        theta: f64,
        ramp: Ramp,
    ) -> ((f64, f64), Option<f64>, Energies) {
        let mut spent = Energies::default();
        let (state, off) = self.seen_while_on(circuit, (x, r), drive, theta, ramp.length, |stretch| {
            spent += self.spent(circuit, stretch, ramp.piece(stretch.begin, stretch.begin + stretch.length));
        });
        (state, off, spent)
    }

    /// What an off filament at x with the connection r spends under the drive a + b t that it follows, `ramp` being applied to
    /// its circuit.
    #[must_use]
    pub fn spent_off(
        &self,
        circuit: &Circuit,
        (x, r): (f64, f64),
        (a, b): (f64, f64),
        theta: f64,
        ramp: Ramp,
    ) -> Energies {
        let stretch =
            Stretch { begin: 0.0, length: ramp.length, x, a, b, pinned: false, held: false, r, theta };
        self.spent(circuit, &stretch, ramp)
    }

    fn seen_while_on(
        &self,
        circuit: &Circuit,
        (x, mut r): (f64, f64),
        drive: (f64, f64),
        theta: f64,
        limit: f64,
        mut see: impl FnMut(&Stretch),
    ) -> ((f64, f64), Option<f64>) {
        let tau = self.tau.get();
        // For how long a drive that is taken away still flows.
        let flows = circuit.connected(self, (true, x, theta));
        let (x, off) = self.through_on(x, drive, theta, limit, |stretch| {
            let stretch = Self::connection(circuit, stretch, r, flows);
            if stretch.length > 0.0 {
                see(&stretch);
                r = stretch.r_at(tau, stretch.length);
            }
        });
        if let Circuit::Reset { .. } = circuit {
            r *= exp(-((off.unwrap_or(limit) - flows).max(0.0) / tau));
        }
        ((x, r), off)
    }

    /// Power the on device takes in compliance: I_cc^2/G_on.
    #[must_use]
    pub fn on_power(&self) -> Watt {
        crate::energy::switch_on_power(self.i_cc, self.g_on)
    }

    /// Takes the switch through one ramp of the voltage that is applied to its circuit, with as many switchings as it holds.
    ///
    /// Off, no drive takes it below rest. `next_theta` gives the threshold (volts above rest) after the n-th return to off. Switchings are pushed to
    /// `switchings` with their time from the start of the ramp. After [`MAX_TURNS`] of them the ramp is over: no drive that is
    /// meant lasts so long without a change.
    pub fn apply(
        &self,
        state: &mut SwitchState,
        circuit: &Circuit,
        ramp: Ramp,
        mut next_theta: impl FnMut(u64) -> f64,
        switchings: &mut Vec<Switching>,
    ) -> SwitchEnergies {
        let mut spent = SwitchEnergies::default();
        // Nothing is known of a drive that is not a number: it does nothing.
        let Some(ramp) = ramp.bounded() else { return spent };
        let (tau, slope) = (self.tau.get(), (ramp.to - ramp.from) / ramp.length);
        let mut t = 0.0;
        for _ in 0..MAX_TURNS {
            let left = ramp.length - t;
            let share = circuit.share(self, state.on);
            let (a, b) = (ramp.at(t) * share, slope * share);
            let SwitchState { x, theta, .. } = *state;
            let energies = |stretch: &Stretch| {
                let from = t + stretch.begin;
                self.spent(circuit, stretch, ramp.piece(from, from + stretch.length))
            };
            let change = if let Some((load, behind)) = circuit.load(self, state.on, ramp) {
                let from = Loaded { x, node: state.node };
                let drive = (behind.at(t), if circuit.takes_ramps() { slope } else { 0.0 });
                let (to, turned) = load.through(self, from, drive, theta, (left, true));
                let length = turned.unwrap_or(left);
                let energies = load.spent(self, state.node, behind.piece(t, t + length));
                if state.on {
                    spent.on += energies;
                } else {
                    spent.off += energies;
                    state.r *= exp(-(length / tau));
                }
                (state.x, state.node) = (to.x, to.node);
                turned
            } else if state.on {
                let ((x, r), off) =
                    self.seen_while_on(circuit, (x, state.r), (a, b), theta, left, |stretch| {
                        spent.on += energies(stretch);
                    });
                (state.x, state.r) = (x, r);
                off
            } else {
                let (to, on) = self.through_off((x, state.r), (a, b), theta, (left, true), |stretch| {
                    spent.off += energies(&stretch);
                });
                state.r *= exp(-(on.unwrap_or(left) / tau));
                state.x = to;
                on
            };
            let Some(after) = change else { return spent };
            t += after;
            state.on = !state.on;
            if state.on {
                state.r = 1.0;
            } else {
                state.cycles += 1;
                state.theta = next_theta(state.cycles);
            }
            switchings.push(Switching { after: t, on: state.on });
            if t >= ramp.length {
                return spent;
            }
        }
        spent
    }
}
