//! Relaxation oscillator as a neuron: a threshold switch across a capacitor, fed through a resistor (Pearson-Anson).
//!
//! The capacitor's voltage V is the state, and V_th and V_h act on it at once (circuit `load`):
//!
//! C dV/dt = (V_dc - V)/R_s - V/R + I(t),  R = R_off until V reaches V_th, then R_on until V has fallen to V_h.
//!
//! Turning on is the spike. Input currents and jumps act on the capacitor all the time: there is no dead time, but at
//! R_on their effect is smaller and fades faster. Without input the period is that of
//! [`RelaxationOscillator::phases`], whose formulas these are.
//!
//! With `v_row` the node is a passive column (circuit `node`): a current I that synapses bring stands for rows of the conductance
//! I/v_row that are active at v_row, and what reaches the capacitor is I (1 - V/v_row). Idle rows float. Level and time constant are
//! then those of all active rows beside the supply, and change with them in steps; currents that rise, fall or fade are refused.
//!
//! Closed form: in each state V is a leaky membrane, tau dV/dt = V_i - V + (R_s || R) I, with V_i = V_dc R/(R_s + R) and tau
//! = (R_s || R) C; both crossings are those of a membrane, within 1e-12 s and better.
//!
//! Validity: switching itself takes no time; compliance would limit the source, never the discharge of C. Source: Pearson &
//! Anson, Proc. Phys. Soc. London 34, 175 (1921); defaults, VO2 of Debets et al., IEEE JETCAS 16(2) (2026).

use super::foretell::{foretell, up};
use super::keys::{Described, ModelFault, ModelKey, Reader, U_0, Unstated, key, shown};
use super::membrane;
use super::model::{Draws, Fired, Flow, Input, Model, Next, Scale};
use super::synaptic::{self, Current, Decay, Drive, MAX_DECAYS};
use crate::device::threshold::RelaxationOscillator;
use crate::keys::optional;
use crate::time::Time;
use crate::units::{Farad, Ohm, Volt};

const DEVICE: &str = "literature (Debets et al. 2026, table I, as quoted by a reimplementation)";

/// Its keys: those of an oscillator preset, with the values of `vo2-debets-2026`.
pub const KEYS: &[ModelKey] = &[
    key("v_dc", "V", "3.1 V", "supply voltage", "assumed: inside the window in which it oscillates"),
    key("r_s", "Ohm", "20 kOhm", "resistor between supply and capacitor", "assumed: a circuit choice"),
    key("c", "F", "1 nF", "capacitance; the period is proportional to it", "assumed: a circuit choice"),
    key("r_off", "Ohm", "13.5 kOhm", "resistance of the device while off", DEVICE),
    key("r_on", "Ohm", "2.8 kOhm", "resistance of the device while on", DEVICE),
    key("v_th", "V", "1.2 V", "voltage at which the device turns on", DEVICE),
    key("v_hold", "V", "0.4 V", "voltage at which it turns off", DEVICE),
    ModelKey { default: Unstated::Value("0 V"), origin: "assumed: the capacitor is empty", ..U_0 },
    key("i_bias", "A", "0 A", "constant current into the capacitor", "assumed"),
    optional(
        "v_row",
        "V",
        "voltage of active rows, whose currents then depend on that of the capacitor",
        "currents come from a stiff source",
    ),
];

/// The circuit in one state of the device.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Phase {
    /// What the capacitor charges to, in volts, and how fast, in seconds.
    level: f64,
    tau: f64,
    /// R_s || R.
    resistance: f64,
}

/// Constants of a population.
#[derive(Clone, Debug, PartialEq)]
pub struct Oscillator {
    circuit: RelaxationOscillator,
    off: Phase,
    on: Phase,
    /// In amperes.
    i_bias: f64,
    /// At the start.
    u_0: f64,
    /// Of a passive column, in volts.
    v_row: Option<f64>,
}

crate::plain! {
    /// One oscillator.
    pub struct OscillatorState {
        /// Voltage of the capacitor.
        v: "V",
        /// Whether the device is on: 0 or 1.
        on: "",
    }
}

impl Described for Oscillator {
    const TITLE: &'static str = "relaxation oscillator of a threshold switch (Pearson-Anson)";
    const KEYS: &'static [ModelKey] = KEYS;
    const DEVICE: Option<&'static str> = Some(<RelaxationOscillator as crate::device::model::Model>::NAME);

    fn from_keys(value: &dyn Fn(&str) -> Option<f64>) -> Result<Self, Vec<ModelFault>> {
        let mut read = Reader::new(KEYS, value);
        let v_dc = read.above_zero("v_dc");
        let r_s = read.above_zero("r_s");
        let c = read.above_zero("c");
        let (r_off, r_on) = (read.above_zero("r_off"), read.above_zero("r_on"));
        let (v_th, v_hold) = (read.above_zero("v_th"), read.above_zero("v_hold"));
        let (u_0, i_bias) = (read.any("u_0"), read.any("i_bias"));
        read.below_threshold(u_0, "v_th", v_th);
        let v_row = read.maybe("v_row");
        read.require("v_row", v_row.unwrap_or(1.0), v_row.is_none_or(|v| v > 0.0), "it must be above zero");
        read.require("r_on", r_on, r_on < r_off, "it must be below r_off");
        read.require("v_hold", v_hold, v_hold < v_th, "it must be below v_th");
        read.finish(())?;
        let circuit = RelaxationOscillator {
            v_dc: Volt::new(v_dc),
            r_s: Ohm::new(r_s),
            c: Farad::new(c),
            r_off: Ohm::new(r_off),
            r_on: Ohm::new(r_on),
            v_th: Volt::new(v_th),
            v_hold: Volt::new(v_hold),
        };
        match v_row {
            // What it does without rows is for the scenario to say.
            Some(_) => Ok(Self { u_0, v_row, ..Self::made(circuit, i_bias)? }),
            None => Ok(Self { u_0, ..Self::new(circuit, i_bias)? }),
        }
    }
}

impl Oscillator {
    /// The circuit as a neuron, with a constant current of so many amperes into the capacitor.
    ///
    /// # Errors
    /// If it cannot oscillate: why, with the numbers of its load line.
    pub fn new(circuit: RelaxationOscillator, i_bias: f64) -> Result<Self, Vec<ModelFault>> {
        let model = Self::made(circuit, i_bias)?;
        match model.latched_or_silent() {
            None => Ok(model),
            Some(fault) => Err(vec![fault]),
        }
    }

    fn made(circuit: RelaxationOscillator, i_bias: f64) -> Result<Self, Vec<ModelFault>> {
        let phase = |on: bool| {
            let (level, tau) = circuit.thevenin(on);
            let (level, tau) = (level.get(), tau.get());
            Phase { level, tau, resistance: tau / circuit.c.get() }
        };
        let (off, on) = (phase(false), phase(true));
        let model = Self { off, on, i_bias, u_0: 0.0, v_row: None, circuit };
        if !(model.off.tau.min(model.on.tau) >= 1e-15 && model.off.tau.is_finite()) {
            let allowed = "the time constants (r_s || r) c must be a femtosecond or more".to_owned();
            return Err(vec![ModelFault { key: "c", value: model.circuit.c.to_string(), allowed }]);
        }
        Ok(model)
    }

    /// The circuit with the rows that a drive of so many volts stands for in a passive column.
    fn with_rows(&self, on: bool, v_row: f64, level: f64) -> Phase {
        let alone = if on { &self.on } else { &self.off };
        let (own, rows) = (1.0 / alone.resistance, (level / self.off.resistance / v_row).max(0.0));
        let all = own + rows;
        Phase {
            level: (alone.level * own + self.i_bias + rows * v_row) / all,
            tau: self.circuit.c.get() / all,
            resistance: 1.0 / all,
        }
    }

    /// When V has come to where the device turns, within `limit` seconds.
    fn turns_with_rows(
        &self,
        state: &OscillatorState,
        (v_row, level): (f64, f64),
        limit: f64,
    ) -> Option<f64> {
        let on = state.on > 0.0;
        let Phase { level, tau, .. } = self.with_rows(on, v_row, level);
        if on {
            return membrane::crossing(tau, -state.v, -level, 0.0, -self.circuit.v_hold.get(), limit);
        }
        membrane::crossing(tau, state.v, level, 0.0, self.circuit.v_th.get(), limit)
    }

    /// Why it does not oscillate, if it does not.
    fn latched_or_silent(&self) -> Option<ModelFault> {
        let volts = |v: f64| shown((v * 1e6).round() / 1e6, "V");
        let (v_th, v_hold) = (self.circuit.v_th.get(), self.circuit.v_hold.get());
        let off = self.off.level + self.off.resistance * self.i_bias;
        let on = self.on.level + self.on.resistance * self.i_bias;
        let why = if off <= v_th {
            format!(
                "off, the capacitor charges to {}, not above v_th = {}: it never turns on",
                volts(off),
                volts(v_th)
            )
        } else if on >= v_hold {
            format!("on, it discharges to {}, not below v_hold = {}: it stays on", volts(on), volts(v_hold))
        } else {
            return None;
        };
        let (from, to) = self.circuit.supplies();
        let when = match self.circuit.least_r_s() {
            _ if from < to => {
                format!("with this r_s it oscillates between {} and {}", volts(from), volts(to))
            }
            Some(least) => {
                let ohms = shown(least.round(), "Ohm");
                format!("with this r_s it oscillates at no supply; r_s must be above {ohms}")
            }
            None => "it oscillates with no r_s: on at v_hold it must draw more than off at v_th".to_owned(),
        };
        Some(ModelFault {
            key: "v_dc",
            value: self.circuit.v_dc.to_string(),
            allowed: format!("{why}; {when}"),
        })
    }

    /// What V follows, in volts, while the device is off.
    fn off_drive<'a>(&self, flow: &'a Flow<'_>) -> Drive<'a> {
        flow.drive(self.off.level + self.off.resistance * self.i_bias)
    }

    /// When V has fallen to V_h if it is on now, within `limit` seconds. The fall of V is the rise of -V.
    fn turns_off(&self, v: f64, flow: &Flow<'_>, limit: f64) -> Option<f64> {
        let share = self.on.resistance / self.off.resistance;
        let mut decays = [Decay::new(self.on.tau, self.on.tau); MAX_DECAYS];
        let mut currents = [Current::default(); MAX_DECAYS];
        let count = flow.decays.len().min(MAX_DECAYS);
        for k in 0..count {
            decays[k] = Decay::new(flow.decays[k].tau, self.on.tau);
            currents[k] = Current { p: -share * flow.currents[k].p, q: -share * flow.currents[k].q };
        }
        let level = self.on.level + self.on.resistance * self.i_bias + share * flow.level;
        let drive = Drive {
            a: -level,
            b: -share * flow.slope,
            decays: &decays[..count],
            currents: &currents[..count],
        };
        synaptic::crossing(self.on.tau, -v, &drive, -self.circuit.v_hold.get(), limit)
    }

    /// V after `span` seconds on, with the flow moved along.
    fn discharge(&self, v: f64, flow: &mut Flow<'_>, span: f64) -> f64 {
        let share = self.on.resistance / self.off.resistance;
        // On its own, then the currents one by one: the equation is linear.
        let level = self.on.level + self.on.resistance * self.i_bias + share * flow.level;
        let mut after = synaptic::advance(self.on.tau, v, (level, share * flow.slope), &[], &mut [], span);
        for (current, decay) in flow.currents.iter().zip(flow.decays) {
            if current.p != 0.0 || current.q != 0.0 {
                let mut alone = [Current { p: share * current.p, q: share * current.q }];
                let decay = [Decay::new(decay.tau, self.on.tau)];
                after += synaptic::advance(self.on.tau, 0.0, (0.0, 0.0), &decay, &mut alone, span);
            }
        }
        flow.pass(span);
        flow.level += flow.slope * span;
        after
    }
}

impl Model for Oscillator {
    type State = OscillatorState;
    const NAME: &'static str = "oscillator";

    fn scale(&self) -> Scale {
        let Phase { tau, resistance, .. } = self.off;
        Scale { tau, resistance, rest: 0.0, threshold: self.circuit.v_th.get() }
    }

    /// The device is off.
    fn start(&self, _draws: &Draws) -> OscillatorState {
        OscillatorState { v: self.u_0, on: 0.0 }
    }

    fn advance(&self, state: &mut OscillatorState, flow: &mut Flow<'_>, span: f64) {
        let mut left = span;
        if let Some(v_row) = self.v_row {
            if state.on > 0.0
                && let Some(off) = self.turns_with_rows(state, (v_row, flow.level), span)
            {
                *state = OscillatorState { v: self.circuit.v_hold.get(), on: 0.0 };
                left -= off;
            }
            let Phase { level, tau, .. } = self.with_rows(state.on > 0.0, v_row, flow.level);
            state.v = membrane::advance(tau, state.v, level, 0.0, left);
            return;
        }
        if state.on > 0.0 {
            let Some(off) = self.turns_off(state.v, flow, span) else {
                state.v = self.discharge(state.v, flow, span);
                return;
            };
            self.discharge(state.v, flow, off);
            *state = OscillatorState { v: self.circuit.v_hold.get(), on: 0.0 };
            left -= off;
        }
        let drive = self.off_drive(flow);
        let (a, b) = (drive.a, drive.b);
        state.v = synaptic::advance(self.off.tau, state.v, (a, b), flow.decays, flow.currents, left);
    }

    fn receive(&self, state: &mut OscillatorState, input: Input) {
        if let Input::Jump(volts) = input {
            state.v += volts;
            if state.v <= self.circuit.v_hold.get() {
                state.on = 0.0;
            }
        }
    }

    fn fires(&self, state: &OscillatorState) -> bool {
        state.on == 0.0 && state.v >= self.circuit.v_th.get()
    }

    fn decays(&self) -> usize {
        if self.v_row.is_some() { 0 } else { Self::DECAYS }
    }

    fn takes_ramps(&self) -> bool {
        self.v_row.is_none()
    }

    fn next(&self, state: &OscillatorState, flow: &Flow<'_>, limit: Time) -> Next {
        if let Some(v_row) = self.v_row {
            let turns = self.turns_with_rows(state, (v_row, flow.level), limit.as_seconds());
            return match turns {
                None => Next::Never,
                Some(off) if state.on > 0.0 => Next::NotBefore(up(off)),
                Some(on) => Next::At(up(on).min(limit)),
            };
        }
        if state.on > 0.0 {
            // Held above V_h by its input it stays on.
            return self
                .turns_off(state.v, flow, limit.as_seconds())
                .map_or(Next::Never, |off| Next::NotBefore(up(off)));
        }
        foretell(self.off.tau, state.v, &self.off_drive(flow), self.circuit.v_th.get(), limit)
    }

    fn reach(&self, state: &mut OscillatorState) {
        state.v = state.v.max(self.circuit.v_th.get());
    }

    fn fire(&self, state: &mut OscillatorState, _draws: &Draws) -> Fired {
        state.on = 1.0;
        Fired::once(Time::ZERO)
    }

    fn potential(&self, state: &OscillatorState, _dead: f64) -> f64 {
        state.v
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::tests::{Neuron, What, cases, conforms};

    const US: u64 = 1_000_000_000;

    fn run(values: &[(&'static str, f64)], end: u64) -> Vec<f64> {
        let mut neuron = Neuron::new(&Oscillator::with(values).unwrap(), &[], (0.0, 0.0), 0);
        neuron.run(Time::from_fs(end), usize::MAX);
        neuron.spikes.iter().map(|spike| spike.as_seconds() * 1e6).collect()
    }

    #[test]
    fn it_conforms() {
        conforms::<Oscillator>(0.2, 0.3, 1e-12);
    }

    #[test]
    fn spikes_agree_with_a_40_digit_integration() {
        for case in cases::<Oscillator>(include_str!("../../tests/data/neurons/oscillator.csv")) {
            let error = case.error::<Oscillator>(&[]);
            assert!(error <= 1e-12, "{}: {error:e} s", case.name);
        }
    }

    #[test]
    fn vanadium_dioxide_fires_after_26_us_and_then_every_32_us() {
        let spikes = run(&[], 1000 * US);
        for (k, spike) in spikes.iter().enumerate() {
            let want = 26.059566 + k as f64 * 32.155655;
            assert!((spike - want).abs() < 1e-6 * (k + 1) as f64, "spike {k}: {spike} us, not {want}");
        }
        assert_eq!(spikes.len(), 31);
        // The bench has the same period, to the rounding of a femtosecond per phase.
        let (off, on) = Oscillator::with(&[]).unwrap().circuit.phases().unwrap();
        let (off, on) = (off.get(), on.get());
        assert!((off * 1e6 - 22.948975).abs() < 5e-7 && (on * 1e6 - 9.206680).abs() < 5e-7);
        assert!((spikes[30] - spikes[0] - 30.0 * (off + on) * 1e6).abs() < 31.0 * 2e-9);
    }

    #[test]
    fn what_cannot_oscillate_says_why_with_its_load_line() {
        let text = |values: &[(&'static str, f64)]| Oscillator::with(values).unwrap_err()[0].to_string();
        assert_eq!(
            text(&[("v_dc", 2.9)]),
            "`v_dc` is 2.9 V; off, the capacitor charges to 1.168657 V, not above v_th = 1.2 V: it never turns on; with this \
             r_s it oscillates between 2.977778 V and 3.257143 V"
        );
        assert_eq!(
            text(&[("v_dc", 5.0)]),
            "`v_dc` is 5 V; on, it discharges to 614.035 mV, not below v_hold = 400 mV: it stays on; with this r_s it \
             oscillates between 2.977778 V and 3.257143 V"
        );
        assert!(text(&[("r_s", 1e4)]).ends_with("it oscillates at no supply; r_s must be above 14.824 kOhm"));
        assert!(text(&[("r_on", 5e3)]).ends_with("on at v_hold it must draw more than off at v_th"));
        assert!(text(&[("c", 1e-25)]).ends_with("must be a femtosecond or more"));
        assert_eq!(Oscillator::with(&[("r_on", -1.0), ("v_hold", 2.0)]).unwrap_err().len(), 2);
    }

    #[test]
    fn rows_of_a_passive_column_are_a_supply_of_their_own() {
        let (r_s, v_dc, v_row, i) = (20e3, 2.0, 5.0, 67e-6);
        let rows = i / v_row;
        let model = Oscillator::with(&[("v_dc", v_dc), ("v_row", v_row)]).unwrap();
        let drive = i * model.scale().resistance;
        let spikes = |model: &Oscillator, drive: f64| {
            let mut neuron = Neuron::new(model, &[], (drive, 0.0), 0);
            neuron.run(Time::from_fs(900 * US), usize::MAX);
            neuron.spikes.iter().map(|spike| spike.as_seconds() * 1e6).collect::<Vec<f64>>()
        };
        // Without rows 2 V do not turn it on; with them it is the oscillator of both supplies side by side.
        assert!(spikes(&model, 0.0).is_empty());
        let both = 1.0 / r_s + rows;
        let (r_s, v_dc) = (1.0 / both, (v_dc / r_s + v_row * rows) / both);
        let want = spikes(&Oscillator::with(&[("v_dc", v_dc), ("r_s", r_s)]).unwrap(), 0.0);
        let got = spikes(&model, drive);
        assert!(want.len() > 10 && got.len() == want.len(), "{got:?} {want:?}");
        for (k, (got, want)) in got.iter().zip(&want).enumerate() {
            assert!((got - want).abs() < 1e-8 * (k + 1) as f64, "spike {k}: {got} us, not {want}");
        }
        assert!(Oscillator::with(&[("v_row", 0.0)]).unwrap_err()[0].to_string().contains("above zero"));
    }

    #[test]
    fn a_current_advances_the_spike_and_a_jump_below_hold_turns_it_off() {
        let plain = run(&[], 40 * US)[0];
        assert!(run(&[("i_bias", 1e-6)], 40 * US)[0] < plain);
        let model = Oscillator::with(&[]).unwrap();
        let mut neuron = Neuron::new(&model, &[], (0.0, 0.0), 0);
        neuron.run(Time::from_fs(27 * US), usize::MAX);
        assert_eq!(neuron.state.on, 1.0);
        neuron.run_through(
            &[(neuron.now, What::Input(Input::Jump(-0.8)))],
            Time::from_fs(28 * US),
            usize::MAX,
        );
        assert!(neuron.state.on == 0.0 && neuron.spikes.len() == 1);
        // A strong current holds it on.
        let held = What::Drive { a: 3.0, b: 0.0 };
        neuron.run_through(&[(neuron.now, held)], Time::from_fs(1000 * US), usize::MAX);
        assert!(neuron.state.on == 1.0 && neuron.spikes.len() == 2 && neuron.next(Time::MAX) == Next::Never);
    }
}
