//! `threshold_switch`: the switch with the spread of its threshold, as presets state it.

use super::{
    Circuit, SwitchEnergies, SwitchState, Switching, ThresholdLaw, ThresholdSpread, ThresholdSwitch,
};
use crate::device::circuit::{Energies, Ramp};
use crate::device::model::{
    Draws, Landmark, Measure, MeasuredIn, Model, On, ReadOff, Role, landmark, measure,
};
use crate::device::parameters::Reader;
use crate::device::protocol::{Table, turns};
use crate::keys::{ModelKey, Unstated, choice, key, required};
use crate::plain::{Plain, VARIABLES, Words};
use crate::units::{Quantity as _, Second};

/// A threshold switch, and how its threshold is spread.
#[derive(Clone, Debug, PartialEq)]
pub struct VolatileSwitch {
    /// The nominal one.
    pub switch: ThresholdSwitch,
    /// How its threshold differs from device to device and cycle to cycle.
    pub spread: ThresholdSpread,
    /// What is around it. A preset does not say: `bare`.
    pub circuit: Circuit,
}

impl From<ThresholdSwitch> for VolatileSwitch {
    /// Without spread.
    fn from(switch: ThresholdSwitch) -> Self {
        Self { switch, spread: ThresholdSpread::default(), circuit: Circuit::Bare }
    }
}

impl Plain for SwitchState {
    const NAMES: &'static [(&'static str, &'static str)] = &[
        ("state", "V"),
        ("on", ""),
        ("threshold", "V"),
        ("conductance", "S"),
        ("cycles", ""),
        ("node", "V"),
    ];

    fn words(&self) -> [f64; VARIABLES] {
        let mut words = [0.0; VARIABLES];
        let on = f64::from(u8::from(self.on));
        words[..6].copy_from_slice(&[self.x, on, self.theta, self.r, self.cycles as f64, self.node]);
        words
    }

    fn of(words: &[f64; VARIABLES]) -> Self {
        let (on, cycles) = (words[1] > 0.5, words[4] as u64);
        Self { x: words[0], on, theta: words[2], r: words[3], cycles, node: words[5] }
    }
}

impl VolatileSwitch {
    /// The threshold after its n-th return to off, in volts above rest.
    #[must_use]
    pub fn theta(&self, draws: &Draws, n: u64) -> f64 {
        let of_device = ThresholdSpread { device: self.spread.device, ..ThresholdSpread::default() };
        let spread = if draws.noise { self.spread } else { of_device };
        if spread.cycle > 0.0 || spread.device > 0.0 {
            spread.v_th(&self.switch, draws.seed, draws.device, n) - self.switch.u_rest.get()
        } else {
            self.switch.theta()
        }
    }

    /// [`ThresholdSwitch::apply`] in its circuit.
    pub fn apply(
        &self,
        state: &mut SwitchState,
        drive: Ramp,
        draws: &Draws,
        switchings: &mut Vec<Switching>,
    ) -> SwitchEnergies {
        self.switch.apply(state, &self.circuit, drive, |n| self.theta(draws, n), switchings)
    }
}

impl Model for VolatileSwitch {
    type State = SwitchState;

    const NAME: &'static str = "threshold_switch";
    const TITLE: &'static str = "a volatile switch whose filament integrates voltage and forgets";
    const ROLES: &'static [Role] = &[Role::Neuron, Role::Synapse];
    const SHOWN: usize = 4;
    const EXPERIMENTS: &'static [&'static str] =
        &["iv", "pulses", "cycles", "integration", "relaxation", "power"];
    const LACKS: &'static [(&'static str, &'static str)] = &[
        ("stdp", "it is volatile, and no pair of spikes leaves a conductance"),
        (
            "synapse",
            "it forgets, and keeps no weight: as a synapse it is a short-term one, rule = \"filament\" in `plasticity`",
        ),
    ];
    const LOOP: &'static [Measure] = &[
        measure("v_th", MeasuredIn::Volt, "turn-on voltage"),
        measure("v_hold", MeasuredIn::Volt, "turn-off voltage"),
    ];
    const KEYS: &'static [ModelKey] = &[
        required("tau", "s", "Time constant with which the filament follows voltage and relaxes."),
        required("u_rest", "V", "Where the filament rests."),
        required("v_th", "V", "State of the filament at which it turns on."),
        required("v_hold", "V", "State of the filament at which it turns off."),
        required("i_cc", "A", "Compliance of its limiter."),
        required("g_off", "S", "Conductance off."),
        ModelKey {
            default: Unstated::As("g_off"),
            origin: "no conductance that grows with the filament",
            ..required("g_pre", "S", "Conductance of an off filament that has grown to the threshold.")
        },
        required("g_on", "S", "Conductance on."),
        choice(
            "threshold_law",
            &[("log_normal", "usual for filaments"), ("weibull", "the weakest link")],
            "log_normal",
            "Law of the spread of `v_th` from cycle to cycle.",
        ),
        key("cycle_cv", "", "0", "Spread of `v_th` from cycle to cycle.", "setting"),
        key("device_cv", "", "0", "Spread of `v_th` from device to device.", "setting"),
    ];

    fn read(r: &mut Reader<'_>) -> Option<Self> {
        let (tau, u_rest, v_th) = (r.quantity("tau"), r.quantity("u_rest"), r.quantity("v_th"));
        let (v_hold, i_cc) = (r.quantity("v_hold"), r.quantity("i_cc"));
        let (g_off, g_pre, g_on) = (r.quantity("g_off"), r.optional("g_pre"), r.quantity("g_on"));
        let law = r.law("threshold_law")?;
        let law = if law == "weibull" { ThresholdLaw::Weibull } else { ThresholdLaw::LogNormal };
        let (cycle, device) = (r.not_negative("cycle_cv"), r.not_negative("device_cv"));
        let switch = ThresholdSwitch {
            tau: tau?,
            u_rest: u_rest?,
            v_th: v_th?,
            v_hold: v_hold?,
            i_cc: i_cc?,
            g_off: g_off?,
            g_pre: g_pre.or(g_off)?,
            g_on: g_on?,
        };
        for fault in switch.faults() {
            r.model_fault(fault);
        }
        let spread = ThresholdSpread { cycle: cycle?, device: device?, law };
        Some(Self { switch, spread, circuit: Circuit::Bare })
    }

    fn start(&self, draws: &Draws) -> SwitchState {
        SwitchState { theta: self.theta(draws, 0), ..self.switch.rest() }
    }

    fn advance(&self, state: &mut SwitchState, drive: Ramp, draws: &Draws) -> Energies {
        let spent = self.apply(state, drive, draws, &mut Vec::new());
        spent.off + spent.on
    }

    fn current(&self, state: &SwitchState, v: f64) -> f64 {
        self.switch.current(state, &self.circuit, v)
    }

    /// State and threshold as they are measured, with u_rest; the conductance in place of the connection it is made of.
    fn columns(&self, state: &SwitchState) -> Words {
        let mut columns = state.words();
        columns[0] = self.switch.u(state);
        columns[2] += self.switch.u_rest.get();
        columns[3] = self.switch.conductance_at(state.x, state.theta, state.r);
        columns
    }

    /// One of many keeps the spread, from which its threshold is drawn as it runs.
    fn one(&self, of: Option<(u64, u32)>) -> Self {
        let device = if of.is_some() { self.spread.device } else { 0.0 };
        Self { spread: ThresholdSpread { device, ..self.spread }, ..self.clone() }
    }

    fn read_loop(&self, table: &Table, _: &SwitchState) -> ReadOff {
        let [v_th, v_hold] = turns(table);
        vec![("v_th", v_th), ("v_hold", v_hold)]
    }

    fn landmarks(&self) -> Vec<Landmark> {
        vec![
            landmark(On::Voltage, self.switch.v_th.get(), "V_th", "v_th"),
            landmark(On::Voltage, self.switch.v_hold.get(), "V_h", "v_hold"),
            landmark(On::Current, self.switch.i_cc.get(), "I_cc", "i_cc"),
        ]
    }

    fn usual_drive(&self, [_, v_max]: [f64; 2]) -> (f64, f64) {
        (v_max.min(1.6 * self.switch.v_th.get()), 0.0)
    }

    /// A tenth of its time constant, to one digit.
    fn usual_train(&self, _: (f64, f64)) -> (Second, u32) {
        let width = format!("{:.0e}", self.switch.tau.get() / 10.0).parse().ok().and_then(Second::from_si);
        (width.filter(|s| s.get() > 0.0).unwrap_or(Second::new(1e-3)), 40)
    }
}
