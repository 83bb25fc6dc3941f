//! Relaxation oscillator: a threshold switch across a capacitor, fed through a resistor (Pearson-Anson).
//!
//! The capacitor charges through R_s against the off device until V_th, then discharges through the on
//! device until V_h. Each state has its Thevenin level V_i = V_dc R/(R_s + R) and time constant (R_s || R) C:
//!
//! T = tau_1 ln((V_i1 - V_h)/(V_i1 - V_th)) + tau_2 ln((V_th - V_i2)/(V_h - V_i2)).
//!
//! It oscillates if and only if V_i1 > V_th and V_i2 < V_h. Validity: switching itself takes no
//! time. Source: Pearson & Anson, Proc. Phys. Soc. London 34, 175 (1921); with NbO2 Pickett, Medeiros-Ribeiro
//! & Williams, Nature Mater. 12, 114 (2013).

use crate::device::circuit::{Energies, Ramp};
use crate::device::model::{
    Draws, Landmark, Measure, MeasuredIn, Model, On, ReadOff, Role, landmark, measure,
};
use crate::device::parameters::Reader;
use crate::device::protocol::{Table, turns};
use crate::keys::{ModelKey, required};
use crate::numeric::{exp, ln};
use crate::units::{Farad, Ohm, Second, Volt};
use serde::{Deserialize, Serialize};

/// A switch, a capacitor across it and a resistor to the supply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RelaxationOscillator {
    /// Supply.
    pub v_dc: Volt,
    /// Resistor between supply and capacitor.
    pub r_s: Ohm,
    /// Capacitor across the device.
    pub c: Farad,
    /// Resistance of the off device.
    pub r_off: Ohm,
    /// Resistance of the on device.
    pub r_on: Ohm,
    /// Turn-on.
    pub v_th: Volt,
    /// Turn-off.
    pub v_hold: Volt,
}

/// Energies of one period, in joules.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeriodEnergies {
    /// From the supply.
    pub source: f64,
    /// Into the device.
    pub device: f64,
    /// Into the resistor.
    pub resistor: f64,
}

impl RelaxationOscillator {
    fn resistance(&self, on: bool) -> Ohm {
        if on { self.r_on } else { self.r_off }
    }

    /// Seconds until a driven switch changes, if it does within the ramp: |V| passes V_th, or falls below V_h.
    fn change(&self, on: bool, ramp: Ramp) -> Option<f64> {
        let (v_th, v_hold) = (self.v_th.get(), self.v_hold.get());
        let level = if on {
            if ramp.from.abs() < v_hold {
                return Some(0.0);
            }
            let falls = ramp.to.abs() < v_hold || ramp.from * ramp.to < 0.0;
            falls.then_some(v_hold.copysign(ramp.from))
        } else {
            if ramp.from.abs() > v_th {
                return Some(0.0);
            }
            (ramp.to.abs() > v_th).then_some(v_th.copysign(ramp.to))
        }?;
        Some(((level - ramp.from) / (ramp.to - ramp.from) * ramp.length).clamp(0.0, ramp.length))
    }

    /// Level that the capacitor approaches, and its time constant.
    #[must_use]
    pub fn thevenin(&self, on: bool) -> (Volt, Second) {
        let (r_s, r) = (self.r_s.get(), self.resistance(on).get());
        let sum = r_s + r;
        (Volt::of(self.v_dc.get() * r / sum), Ohm::of(r_s * r / sum) * self.c)
    }

    /// Whether it oscillates; otherwise it latches on or never turns on.
    #[must_use]
    pub fn oscillates(&self) -> bool {
        self.thevenin(false).0 > self.v_th && self.thevenin(true).0 < self.v_hold
    }

    /// Supply voltages between which it oscillates with this r_s; the first is not below the second if there is none.
    ///
    /// V_i1 > V_th above v_th (r_s + r_off)/r_off, V_i2 < V_h below v_hold (r_s + r_on)/r_on.
    #[must_use]
    pub fn supplies(&self) -> (f64, f64) {
        let at = |v: Volt, r: Ohm| v.get() * (self.r_s.get() + r.get()) / r.get();
        (at(self.v_th, self.r_off), at(self.v_hold, self.r_on))
    }

    /// The r_s above which there is a supply with which it oscillates, in ohms; `None` if there is none: the on device has
    /// to draw more at V_h than the off device at V_th.
    #[must_use]
    pub fn least_r_s(&self) -> Option<f64> {
        let (v_th, v_h) = (self.v_th.get(), self.v_hold.get());
        let more = v_h / self.r_on.get() - v_th / self.r_off.get();
        (more > 0.0).then(|| (v_th - v_h) / more)
    }

    /// (time off, time on) of one period; `None` if it does not oscillate.
    #[must_use]
    pub fn phases(&self) -> Option<(Second, Second)> {
        if !self.oscillates() {
            return None;
        }
        let (v_th, v_h) = (self.v_th, self.v_hold);
        let ((level_off, tau_off), (level_on, tau_on)) = (self.thevenin(false), self.thevenin(true));
        let off = tau_off * ln((level_off - v_h) / (level_off - v_th));
        let on = tau_on * ln((v_th - level_on) / (v_h - level_on));
        Some((off, on))
    }

    /// Capacitor voltage a time `t` after it was `v` (without a switching in between).
    #[must_use]
    pub fn voltage(&self, on: bool, v: Volt, t: Second) -> Volt {
        let (level, tau) = self.thevenin(on);
        level + (v - level) * exp(-(t / tau))
    }

    /// Energies of one period: the capacitor's own change is zero, so source = device + resistor.
    #[must_use]
    pub fn period_energies(&self) -> Option<PeriodEnergies> {
        let (off, on) = self.phases()?;
        let mut total = PeriodEnergies { source: 0.0, device: 0.0, resistor: 0.0 };
        for (on_state, start, t) in [(false, self.v_hold, off), (true, self.v_th, on)] {
            let (level, tau) = self.thevenin(on_state);
            let (x, decay) = ((start - level).get(), 1.0 - exp(-(t / tau)));
            // V s and V^2 s have no names: from here on plain numbers.
            let (level, tau, t) = (level.get(), tau.get(), t.get());
            let (v_dc, r_s, r) = (self.v_dc.get(), self.r_s.get(), self.resistance(on_state).get());
            let integral = level * t + x * tau * decay;
            let square = |level: f64| {
                level * level * t
                    + 2.0 * level * x * tau * decay
                    + 0.5 * x * x * tau * (1.0 - exp(-2.0 * t / tau))
            };
            total.source += v_dc * (v_dc * t - integral) / r_s;
            total.device += square(level) / r;
            total.resistor += square(level - v_dc) / r_s;
        }
        Some(total)
    }
}

crate::plain! {
    /// State of the switch of an oscillator.
    pub struct Connected {
        /// 1 while it is on.
        on: "",
    }
}

impl Connected {
    fn is_on(self) -> bool {
        self.on > 0.5
    }
}

/// The oscillator's switch alone, driven by a source instead of its circuit: on above V_th, off below V_h, at once.
impl Model for RelaxationOscillator {
    type State = Connected;

    const NAME: &'static str = "oscillator";
    const TITLE: &'static str = "a switch without memory, across a capacitor and fed through a resistor";
    const ROLES: &'static [Role] = &[Role::Neuron];
    const EXPERIMENTS: &'static [&'static str] = &["iv"];
    const LACKS: &'static [(&'static str, &'static str)] = &[
        ("pulses", "it is a whole circuit that runs on its own supply"),
        ("retention", "its supply never leaves it alone"),
        ("cycles", "it cycles on its own, and without spread"),
        ("stdp", "it is a circuit without a conductance that stays"),
        ("neuron", "it is a circuit of its own; model = \"oscillator\" is one"),
        ("synapse", "its conductance follows its voltage at once, and no weight stays in it"),
    ];
    const LOOP: &'static [Measure] = &[
        measure("v_th", MeasuredIn::Volt, "turn-on voltage"),
        measure("v_hold", MeasuredIn::Volt, "turn-off voltage"),
    ];
    const KEYS: &'static [ModelKey] = &[
        required("v_dc", "V", "Supply."),
        required("r_s", "Ohm", "Resistor between supply and capacitor."),
        required("c", "F", "Capacitor across the device."),
        required("r_off", "Ohm", "Resistance off."),
        required("r_on", "Ohm", "Resistance on."),
        required("v_th", "V", "Voltage above which it turns on."),
        required("v_hold", "V", "Voltage below which it turns off."),
    ];

    fn read(r: &mut Reader<'_>) -> Option<Self> {
        let (v_dc, r_s, c) = (r.quantity("v_dc"), r.quantity("r_s"), r.quantity("c"));
        let (r_off, r_on) = (r.quantity("r_off"), r.quantity("r_on"));
        let (v_th, v_hold) = (r.quantity("v_th"), r.quantity("v_hold"));
        let oscillator =
            Self { v_dc: v_dc?, r_s: r_s?, c: c?, r_off: r_off?, r_on: r_on?, v_th: v_th?, v_hold: v_hold? };
        if oscillator.v_hold >= oscillator.v_th {
            let Self { v_th, v_hold, .. } = oscillator;
            r.model_fault(format!("v_hold = {v_hold}, v_th = {v_th}; required: v_hold < v_th"));
        } else if !oscillator.oscillates() {
            let ((off, _), (on, _)) = (oscillator.thevenin(false), oscillator.thevenin(true));
            r.model_fault(format!(
                "it does not oscillate: off, the capacitor goes to {off} and must pass v_th = {}; on, to {on}, below v_hold = {}",
                oscillator.v_th, oscillator.v_hold
            ));
        }
        Some(oscillator)
    }

    fn start(&self, _: &Draws) -> Connected {
        Connected { on: 0.0 }
    }

    fn advance(&self, state: &mut Connected, drive: Ramp, _: &Draws) -> Energies {
        let mut device = 0.0;
        // Nothing is known of a drive that is not a number: it does nothing.
        let Some(mut rest) = drive.bounded() else { return Energies::default() };
        // From one polarity to the other it turns off and on again: a linear ramp has no more.
        for _ in 0..4 {
            let on = state.is_on();
            let change = self.change(on, rest);
            let piece = rest.piece(0.0, change.unwrap_or(rest.length));
            let (a, b) = (piece.from, piece.to);
            device += (a * a + a * b + b * b) / 3.0 / self.resistance(on).get() * piece.length;
            let Some(after) = change else { break };
            state.on = f64::from(u8::from(!on));
            rest = rest.piece(after, rest.length);
        }
        Energies { source: device, device, limiter: 0.0 }
    }

    fn current(&self, state: &Connected, v: f64) -> f64 {
        v / self.resistance(state.is_on()).get()
    }

    fn read_loop(&self, table: &Table, _: &Connected) -> ReadOff {
        let [v_th, v_hold] = turns(table);
        vec![("v_th", v_th), ("v_hold", v_hold)]
    }

    fn landmarks(&self) -> Vec<Landmark> {
        vec![
            landmark(On::Voltage, self.v_th.get(), "V_th", "v_th"),
            landmark(On::Voltage, self.v_hold.get(), "V_h", "v_hold"),
        ]
    }

    fn usual_drive(&self, [_, v_max]: [f64; 2]) -> (f64, f64) {
        (v_max.min(1.5 * self.v_th.get()), 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn niobium() -> RelaxationOscillator {
        RelaxationOscillator {
            v_dc: Volt::new(2.0),
            r_s: Ohm::new(10e3),
            c: Farad::new(1e-9),
            r_off: Ohm::new(70e3),
            r_on: Ohm::new(1e3),
            v_th: Volt::new(1.0),
            v_hold: Volt::new(0.5),
        }
    }

    #[test]
    fn the_period_is_that_of_an_integrated_circuit() {
        let o = niobium();
        let (off, on) = o.phases().unwrap();
        // Explicit Euler of C dV/dt = (V_dc - V)/R_s - V/R, fine steps, two periods.
        let (mut v, mut t, mut is_on, mut rises) = (0.5, 0.0, false, Vec::new());
        let dt = 1e-10;
        while rises.len() < 3 {
            let r = if is_on { 1e3 } else { 70e3 };
            v += dt * ((2.0 - v) / 10e3 - v / r) / 1e-9;
            t += dt;
            if !is_on && v > 1.0 {
                is_on = true;
                rises.push(t);
            } else if is_on && v < 0.5 {
                is_on = false;
            }
        }
        let period = rises[2] - rises[1];
        assert!((period / (off + on).get() - 1.0).abs() < 1e-3, "{period:e} and {}", off + on);
        assert!((o.voltage(false, o.v_hold, off) - o.v_th).abs() < Volt::new(1e-12));
        assert!((o.voltage(true, o.v_th, on) - o.v_hold).abs() < Volt::new(1e-12));
    }

    #[test]
    fn it_oscillates_only_if_off_reaches_threshold_and_on_cannot_hold() {
        assert!(niobium().oscillates());
        let latched = RelaxationOscillator { r_s: Ohm::new(2e3), ..niobium() };
        assert_eq!(latched.phases(), None, "on level 0.667 V holds");
        let weak = RelaxationOscillator { v_dc: Volt::new(1.1), ..niobium() };
        assert_eq!(weak.phases(), None, "off level 0.9625 V stays below threshold");
    }

    #[test]
    fn it_oscillates_between_the_two_supplies_and_above_the_least_resistance() {
        let (from, to) = niobium().supplies();
        for (v_dc, oscillates) in
            [(from - 1e-6, false), (from + 1e-6, true), (to - 1e-6, true), (to + 1e-6, false)]
        {
            assert_eq!(RelaxationOscillator { v_dc: Volt::new(v_dc), ..niobium() }.oscillates(), oscillates);
        }
        let least = niobium().least_r_s().unwrap();
        let window = |r_s: f64| RelaxationOscillator { r_s: Ohm::new(r_s), ..niobium() }.supplies();
        assert!(
            window(least * 1.001).0 < window(least * 1.001).1
                && window(least * 0.999).0 > window(least * 0.999).1
        );
        assert_eq!(RelaxationOscillator { r_on: Ohm::new(40e3), ..niobium() }.least_r_s(), None);
    }

    #[test]
    fn a_periods_energy_balances() {
        let e = niobium().period_energies().unwrap();
        assert!(e.device > 0.0 && e.resistor > 0.0);
        assert!(((e.device + e.resistor) / e.source - 1.0).abs() < 1e-12, "{e:?}");
    }
}
