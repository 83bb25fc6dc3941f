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
//! - on: u cannot grow beyond V_th (the limiter stops the filament), so it is pinned there while the drive
//!   would take it further, and relaxes otherwise. It turns off when u falls below V_h.
//!
//! One equation gives the quasi-static loop (u follows V: on at 0.25 V, off at 0.10 V) and the time an
//! undriven filament stays on, tau ln(V_th/V_h) = 8.62 ms. The device switches for positive V only,
//! as measured.
//!
//! Current: off I = G_off V, on I = G_on V, both limited to I_cc.

use crate::device::circuit::{Conduction, Energies, Ramp};
use crate::numeric::decimal::difference;
use crate::numeric::first_order::{advance, crossing};
use crate::numeric::ln;
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
            g_on: Siemens::new(35e-6),
        }
    }
}

/// What changes in a threshold switch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SwitchState {
    /// Filament state relative to rest, in volts.
    pub x: f64,
    /// Whether the filament connects.
    pub on: bool,
    /// Threshold of this cycle relative to rest, in volts.
    pub theta: f64,
    /// Number of returns to off: the count behind the next threshold's draw.
    pub cycles: u64,
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
    #[error("g_off = {g_off}, g_on = {g_on}; required: 0 < g_off < g_on")]
    Conductances {
        /// Conductance of the off state.
        g_off: Siemens,
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

/// What the filament does next while the switch is on.
enum OnPhase {
    /// Stays at the threshold for this many seconds.
    Pinned(f64),
    /// Follows the equation for this many seconds.
    Free(f64),
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
        if !(self.g_off > Siemens::ZERO && self.g_off < self.g_on) {
            faults.push(SwitchError::Conductances { g_off: self.g_off, g_on: self.g_on });
        }
        if self.i_cc <= Ampere::ZERO {
            faults.push(SwitchError::Compliance { i_cc: self.i_cc });
        }
        faults
    }

    /// At rest, off, with the nominal threshold.
    #[must_use]
    pub fn rest(&self) -> SwitchState {
        SwitchState { x: 0.0, on: false, theta: self.theta(), cycles: 0 }
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

    fn on_phase(&self, x: f64, a: f64, b: f64, theta: f64, limit: f64) -> OnPhase {
        if x >= theta && (a > theta || (a == theta && b >= 0.0)) {
            let until = if b < 0.0 { (theta - a) / b } else { f64::INFINITY };
            OnPhase::Pinned(until.min(limit))
        } else {
            OnPhase::Free(self.turn_on(x, a, b, theta, limit).unwrap_or(limit))
        }
    }

    /// x of an on filament `dt` seconds later (as long as it stays on).
    #[must_use]
    pub fn advance_on(&self, x: f64, a: f64, b: f64, theta: f64, dt: f64) -> f64 {
        let (mut x, mut a, mut t) = (x, a, 0.0);
        // Free, pinned, free: a linear drive has no more phases.
        for _ in 0..3 {
            let left = dt - t;
            match self.on_phase(x, a, b, theta, left) {
                OnPhase::Free(d) if d >= left => return self.advance_off(x, a, b, left).min(theta),
                OnPhase::Free(d) => (a, t) = (a + b * d, t + d),
                OnPhase::Pinned(d) if d >= left => return theta,
                // Exactly the level: from here on the drive falls below it.
                OnPhase::Pinned(d) => (a, t) = (theta, t + d),
            }
            x = theta;
        }
        x
    }

    /// Seconds until an on filament falls below V_h, if that is within `limit` seconds.
    ///
    /// Without drive, from V_th: tau ln((V_th - u_rest)/(V_h - u_rest)).
    #[must_use]
    pub fn turn_off(&self, x: f64, a: f64, b: f64, theta: f64, limit: f64) -> Option<f64> {
        let (mut x, mut a, mut t) = (x, a, 0.0);
        for _ in 0..3 {
            let left = limit - t;
            match self.on_phase(x, a, b, theta, left) {
                OnPhase::Free(d) => {
                    // The same equation upside down.
                    if let Some(fall) = crossing(self.tau.get(), -x, -a, -b, -self.hold(), d) {
                        return Some(t + fall);
                    }
                    if d >= left {
                        return None;
                    }
                    (a, t) = (a + b * d, t + d);
                }
                OnPhase::Pinned(d) if d >= left => return None,
                OnPhase::Pinned(d) => (a, t) = (theta, t + d),
            }
            x = theta;
        }
        None
    }

    /// How long an undriven filament stays on after firing: the refractory time of the switch as a
    /// neuron. tau ln((V_th - u_rest)/(V_h - u_rest)).
    #[must_use]
    pub fn natural_on_time(&self) -> Second {
        self.tau * ln(self.theta() / self.hold())
    }

    /// Current through limiter and switch at voltage `v`, in amperes.
    #[must_use]
    pub fn current(&self, on: bool, v: f64) -> f64 {
        let g = if on { self.g_on } else { self.g_off };
        Conduction::Ohmic.limited_current(g.get(), v, self.i_cc.get())
    }

    /// Power the on device takes in compliance: I_cc^2/G_on.
    #[must_use]
    pub fn on_power(&self) -> Watt {
        crate::energy::switch_on_power(self.i_cc, self.g_on)
    }

    fn energies(&self, on: bool, ramp: Ramp) -> Energies {
        let g = if on { self.g_on } else { self.g_off };
        Conduction::Ohmic.energies(g.get(), self.i_cc.get(), ramp)
    }

    /// Takes the switch through one ramp, with as many switchings as it holds.
    ///
    /// `next_theta` gives the threshold (volts above rest) after the n-th return to off. Switchings are pushed to
    /// `switchings` with their time from the start of the ramp.
    pub fn apply(
        &self,
        state: &mut SwitchState,
        ramp: Ramp,
        mut next_theta: impl FnMut(u64) -> f64,
        switchings: &mut Vec<Switching>,
    ) -> SwitchEnergies {
        let mut spent = SwitchEnergies::default();
        // Nothing is known of a drive that is not a number: it does nothing.
        let Some(ramp) = ramp.bounded() else { return spent };
        let slope = (ramp.to - ramp.from) / ramp.length;
        let mut t = 0.0;
        loop {
            let (a, left) = (ramp.at(t), ramp.length - t);
            let change = if state.on {
                self.turn_off(state.x, a, slope, state.theta, left)
            } else {
                self.turn_on(state.x, a, slope, state.theta, left)
            };
            let dt = change.unwrap_or(left);
            let piece = self.energies(state.on, Ramp { from: a, to: ramp.at(t + dt), length: dt });
            if state.on {
                spent.on += piece;
            } else {
                spent.off += piece;
            }
            if change.is_none() {
                state.x = if state.on {
                    self.advance_on(state.x, a, slope, state.theta, left)
                } else {
                    self.advance_off(state.x, a, slope, left)
                };
                return spent;
            }
            t += dt;
            if state.on {
                state.on = false;
                state.x = self.hold();
                state.cycles += 1;
                state.theta = next_theta(state.cycles);
            } else {
                state.on = true;
                state.x = state.theta;
            }
            switchings.push(Switching { after: t, on: state.on });
            if t >= ramp.length {
                return spent;
            }
        }
    }
}
