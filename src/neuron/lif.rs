//! Leaky integrate-and-fire: tau_m du/dt = -(u - u_rest) + R I(t).

use crate::units::{Ampere, Ohm, Second, Volt};
use serde::{Deserialize, Serialize};

/// Where the membrane goes when the neuron fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// To `u_rest`.
    Rest,
    /// To `u_reset`.
    Value,
    /// To `v_hold`, where a threshold switch turns off again.
    Hold,
    /// Down by `v_th - u_rest`; what is left above threshold waits for the next arrival.
    Subtract,
}

/// Parameters of a leaky integrate-and-fire neuron.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lif {
    /// Membrane time constant. Paper: 9.41 ms (fig. 4c, measured relaxation).
    pub tau_m: Second,
    /// Where the membrane relaxes to without drive. Paper: 0.43 mV (a fit offset, erratum 12).
    pub u_rest: Volt,
    /// Threshold. Paper: 0.25 V, the turn-on of the threshold switch (fig. 1c).
    pub v_th: Volt,
    /// Reset potential for [`Reset::Value`].
    pub u_reset: Volt,
    /// Hold voltage for [`Reset::Hold`]. Paper: 0.10 V (fig. 1c).
    pub v_hold: Volt,
    /// What firing does to the membrane.
    pub reset: Reset,
    /// Time after a spike during which arrivals are lost.
    pub t_ref: Second,
    /// Membrane resistance R: turns a current into a voltage.
    pub r_m: Ohm,
    /// Constant bias current.
    pub i_bias: Ampere,
}

impl Default for Lif {
    fn default() -> Self {
        Self {
            tau_m: Second::new(9.41e-3),
            u_rest: Volt::new(0.43e-3),
            v_th: Volt::new(0.25),
            u_reset: Volt::new(0.43e-3),
            v_hold: Volt::new(0.10),
            reset: Reset::Rest,
            t_ref: Second::ZERO,
            r_m: Ohm::new(1e6),
            i_bias: Ampere::ZERO,
        }
    }
}

impl Lif {
    pub fn theta(&self) -> Volt {
        Volt::new(self.v_th.get() - self.u_rest.get())
    }
    pub fn advance(&self, x0: f64, a: f64, b: f64, dt: f64) -> f64 {
        let tau = self.tau_m.get();
        let asym = a - b * tau;
        asym + b * dt + (x0 - asym) * crate::numeric::exp(-dt / tau)
    }
    pub fn crossing(&self, x0: f64, a: f64, _b: f64, theta: f64, limit: f64) -> Option<f64> {
        if a <= theta {
            return None;
        }
        let t = self.tau_m.get() * crate::numeric::ln((a - x0) / (a - theta));
        (t > 0.0 && t <= limit).then_some(t)
    }
    pub fn reset_value(&self, x: f64) -> f64 {
        match self.reset {
            Reset::Rest => 0.0,
            Reset::Value => self.u_reset.get() - self.u_rest.get(),
            Reset::Hold => self.v_hold.get() - self.u_rest.get(),
            Reset::Subtract => x - self.theta().get(),
        }
    }
}
