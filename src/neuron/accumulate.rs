//! An analog memory as an integrating neuron: pulses move its conductance, and at a threshold it fires and is reset.
//!
//! dG/dt = f(G) r(V),   V = R I(t),
//!
//! with the rates and the law of the device (`device::resistive`), the pulses counted one by one, its noise from pulse to pulse
//! and its retention between them: the state is that of the bench. An arrival that jumps is a rectangular pulse as high as the jump,
//! all jumps of an instant together, and `width` long. It fires when G reaches g_th, which a comparator reads off the current of
//! the pulse itself; then a RESET pulse of -v_reset takes it back for t_reset, in which arrivals are lost. Every pulse is paid for,
//! RESET included, with what the device and its limiter take of it; the comparator is not in the joules.
//!
//! Every pulse that moves it wears it, RESET included ([`Endurance`]): after N of them, Weibull with the scale n_f, it sticks where it is,
//! and with m the lowest conductance it can be brought to rises before. A device that is stuck above g_th fires after every RESET pulse,
//! in vain; below, never again. What a drive moves between two RESET pulses is not counted: it has no beginning.
//!
//! Between arrivals nothing leaks but what retention takes, so that it integrates for as long as the device remembers; and a pulse
//! below the onset of SET does nothing, however often it comes.
//!
//! Closed form wherever the device has one (its limiter is integrated, to 1e-10); a firing under a drive is found by bisection.
//! Currents that fade are refused: the dose of a voltage that decays has no closed form. Assumed: pulses are short against the time
//! between arrivals, so that they take none.

use super::foretell::up;
use super::keys::{Described, ModelFault, ModelKey, Reader, key};
use super::model::{Draws, Fired, Flow, Input, Model, Next, Scale};
use crate::device::Open;
use crate::device::circuit::{Energies, Ramp};
use crate::device::endurance::Endurance;
use crate::device::memory::DoseMemory;
use crate::device::model::Model as Device;
use crate::device::preset::Preset;
use crate::device::resistive::{DeviceSpread, DoseDevice, PulseDraw, Resistive as _};
use crate::keys::optional;
use crate::numeric::{bisected, exp, gauss, ln};
use crate::random::{Purpose, Stream};
use crate::time::Time;
use std::borrow::Cow;

/// The device, where none is named.
const USUAL: &str = "ag-tio2-pt-rs-analog";

/// Its keys, beside those of the device.
pub const KEYS: &[ModelKey] = &[
    optional(
        "g_th",
        "S",
        "conductance at which it fires; above where the device starts",
        "half way from where the device starts to its g_max",
    ),
    key(
        "width",
        "s",
        "1 ms",
        "length of the pulse that an arrival is which jumps",
        "assumed: short against the time between arrivals",
    ),
    optional(
        "v_reset",
        "V",
        "height of the RESET pulse, as a magnitude",
        "the least that takes the device from g_th back to its start, or a tenth of the way above it",
    ),
    key(
        "t_reset",
        "s",
        "1 ms",
        "length of the RESET pulse, in which arrivals are lost",
        "assumed: as a pulse",
    ),
    key(
        "r_m",
        "Ohm",
        "1 MOhm",
        "what makes a voltage of a current",
        "assumed: no transimpedance is reported",
    ),
    optional(
        "n_f",
        "",
        "scale of the number of pulses after which a device sticks where it is",
        "it does not wear",
    ),
    optional("weibull_shape", "", "shape of the Weibull law of that number", "1.5, assumed, with `n_f`"),
    optional(
        "m",
        "",
        "exponent of the closing of the range: after n pulses log10(g_max/g_min) is its first value times 1 - (n/n_f)^m, and the off \
         state rises",
        "the range stays as it is",
    ),
];

/// Up to so many times its onset is looked for a voltage that does what is asked.
const FAR: f64 = 100.0;

/// Constants of a population.
#[derive(Clone, Debug, PartialEq)]
pub struct Accumulate {
    memory: DoseMemory,
    /// In siemens.
    g_th: f64,
    width: f64,
    /// The RESET pulse.
    reset: Ramp,
    dead: Time,
    r_m: f64,
    /// The one pulse that would take it from its start to the threshold, in volts.
    at_once: f64,
    /// How pulses wear it, if they do.
    endurance: Option<Endurance>,
}

crate::plain! {
    /// One device, and what it was given.
    pub struct AccumulateState {
        /// Conductance after its last pulse.
        g: "S",
        /// How long ago that was.
        age: "s",
        /// Pulses that moved it.
        pulses: "",
        /// What the device has spent.
        device: "J",
        /// What its limiter has spent.
        limiter: "J",
        /// What its noise is drawn from.
        noise: "",
        /// What its own parameters are drawn from.
        own: "",
        /// Whether it is worn out.
        worn: "",
    }
}

impl Described for Accumulate {
    const TITLE: &'static str = "analog memory whose pulses are counted until it is reset";
    const KEYS: &'static [ModelKey] = KEYS;
    const DEVICE: Option<&'static str> = Some(DoseMemory::NAME);

    fn from_keys(value: &dyn Fn(&str) -> Option<f64>) -> Result<Self, Vec<ModelFault>> {
        let preset = Preset::named(USUAL).map_err(|faults| {
            vec![ModelFault { key: "g_th", value: "unknown".to_owned(), allowed: faults.render(false) }]
        })?;
        Self::from_device(&preset.device, value)
    }

    fn from_device(device: &Open, value: &dyn Fn(&str) -> Option<f64>) -> Result<Self, Vec<ModelFault>> {
        let mut read = Reader::new(KEYS, value);
        let Some(memory) = device.get::<DoseMemory>().cloned() else {
            let allowed = format!("a device of kind {}; this is {}", DoseMemory::NAME, device.kind().words());
            read.require("g_th", f64::NAN, false, allowed);
            return read.finish(()).map(|()| unreachable!("there is a fault"));
        };
        let (start, g_max) = (memory.start(), memory.device.g_max.get());
        let g_th = read.maybe("g_th").unwrap_or(0.5 * (start + g_max));
        let text = |g: f64| super::keys::shown(g, "S");
        read.require(
            "g_th",
            g_th,
            g_th > start && g_th <= g_max,
            format_args!(
                "it must be above {}, where the device starts, and up to its g_max, {}",
                text(start),
                text(g_max)
            ),
        );
        let (width, t_reset) = (read.time_constant("width"), read.time_constant("t_reset"));
        let (dead, r_m) = (read.span("t_reset"), read.above_zero("r_m"));
        let (set_on, reset_on) = memory.device.onsets();
        let held = |v: f64, length: f64| Ramp { from: v, to: v, length };
        let after = |g: f64, ramp: Ramp| memory.device.reached(g, ramp, 1.0);
        let back = start + 0.1 * (g_th - start);
        let stated = read.maybe("v_reset");
        let v_reset = stated.unwrap_or_else(|| {
            least(reset_on, &|v| back - after(g_th, held(-v, t_reset))).unwrap_or(FAR * reset_on)
        });
        read.require("v_reset", v_reset, v_reset > 0.0, "it must be above zero: it is a magnitude");
        let left = after(g_th, held(-v_reset, t_reset));
        // What is wrong with them has been said.
        if ![v_reset, t_reset, g_th].iter().any(|value| value.is_nan()) {
            read.require(
                "v_reset",
                v_reset,
                left < g_th,
                format_args!(
                    "the RESET pulse leaves {}, and g_th is {}: it would fire for ever; its onset is {}",
                    text(left),
                    text(g_th),
                    super::keys::shown(reset_on, "V")
                ),
            );
        }
        let endurance = endurance(&mut read);
        let at_once = least(set_on, &|v| after(start, held(v, width)) - g_th).unwrap_or(FAR * set_on);
        let reset = held(-v_reset, t_reset);
        read.finish(Self { memory, g_th, width, reset, dead, r_m, at_once, endurance })
    }
}

/// How it wears, by its keys.
fn endurance(read: &mut Reader<'_>) -> Option<Endurance> {
    let n_f = read.stated("n_f").map(|_| read.above_zero("n_f"));
    let mut of = |key: &'static str| {
        let value = read.stated(key).map(|_| read.above_zero(key));
        if let (Some(value), None) = (value, n_f) {
            read.require(key, value, false, "it says how devices wear, and needs `n_f`");
        }
        value
    };
    let (weibull_shape, m) = (of("weibull_shape"), of("m"));
    let usual = Endurance::default();
    Some(Endurance { n_f: n_f?, weibull_shape: weibull_shape.or(usual.weibull_shape), m, ..usual })
}

/// The least voltage above the onset at which `over` is not negative, if there is one within [`FAR`].
fn least(onset: f64, over: &dyn Fn(f64) -> f64) -> Option<f64> {
    let (low, high) = (onset, FAR * onset);
    // (What is no number reaches nothing.)
    let reaches = |v: f64| over(v) >= 0.0;
    let beyond = |v: f64| if reaches(v) { 1.0 } else { -1.0 };
    reaches(high).then(|| bisected(low, high, &beyond).1)
}

impl Accumulate {
    /// The parameters of one of many.
    fn own(&self, state: &AccumulateState) -> Cow<'_, DoseDevice> {
        let DoseMemory { device, spread, .. } = &self.memory;
        if *spread == DeviceSpread::default() {
            return Cow::Borrowed(device);
        }
        Cow::Owned(device.own(spread, state.own as u64, 0))
    }

    /// What a pulse's doses are multiplied with: one number from its beginning to its end.
    fn factor(&self, device: &DoseDevice, state: &AccumulateState) -> f64 {
        let (seed, count) = (state.noise as u64, state.pulses as u64);
        device.dose_factor(PulseDraw::Keyed { seed, entity: 0, count })
    }

    /// Its conductance as it is now, and `more` seconds later if nothing happens.
    fn held(&self, state: &AccumulateState, more: f64) -> f64 {
        let retention = &self.memory.retention;
        retention.conductance(state.g, state.age + more, retention.lifetime(state.own as u64, 0))
    }

    /// A piece of drive that is beyond an onset throughout, or nowhere.
    fn apply(&self, device: &DoseDevice, state: &mut AccumulateState, piece: Ramp, factor: f64) -> bool {
        let middle = piece.at(0.5 * piece.length);
        let (set_on, reset_on) = device.onsets();
        let moves = state.worn == 0.0 && (middle >= set_on || -middle >= reset_on);
        let spent = if moves {
            let applied = device.apply_factor(self.held(state, 0.0), piece, factor);
            (state.g, state.age) = (applied.g, 0.0);
            applied.energies
        } else if piece.peak() > 0.0 {
            let limit = device.i_cc.map_or(f64::INFINITY, |i_cc| i_cc.get());
            // Of V^2 G as G is meanwhile; the limiter acts on no read.
            let share = |t: f64| self.held(state, t) / state.g;
            let mean = gauss(0.0, piece.length, share) / piece.length;
            let spent = device.conduction.energies(state.g * mean, limit, piece);
            state.age += piece.length;
            spent
        } else {
            state.age += piece.length;
            Energies::default()
        };
        state.device += spent.device;
        state.limiter += spent.limiter;
        moves
    }

    /// A pulse more: what it leaves of the range, and whether it was the last that the device survives.
    fn wear(&self, device: &DoseDevice, state: &mut AccumulateState) {
        if let Some(endurance) = &self.endurance {
            if endurance.m.is_some() {
                let [low, high] = [device.g_min.get(), device.g_max.get()];
                let lowest = high * exp(-endurance.window_share(state.pulses as u64) * ln(high / low));
                state.g = state.g.max(lowest);
            }
            let worn = state.pulses + 1.0 >= endurance.survives(state.own as u64, 0);
            state.worn = f64::from(u8::from(worn));
        }
        state.pulses += 1.0;
    }

    /// One pulse that has come and gone.
    fn pulse(&self, state: &mut AccumulateState, ramp: Ramp) {
        let device = self.own(state);
        let factor = self.factor(&device, state);
        let (age, g) = (state.age, state.g);
        if self.apply(&device, state, ramp, factor) {
            self.wear(&device, state);
        } else {
            // It takes no time, and disturbs nothing.
            (state.age, state.g) = (age, g);
        }
    }
}

/// The pieces of a drive between its passages of the onsets.
fn pieces(ramp: Ramp, (set_on, reset_on): (f64, f64)) -> impl Iterator<Item = Ramp> {
    let slope = (ramp.to - ramp.from) / ramp.length;
    let mut cuts = [0.0, 0.0, 0.0, ramp.length];
    for (cut, level) in cuts[1..3].iter_mut().zip([set_on, -reset_on]) {
        let at = (level - ramp.from) / slope;
        *cut = if at > 0.0 && at < ramp.length { at } else { 0.0 };
    }
    cuts[..3].sort_unstable_by(f64::total_cmp);
    let ends = [(cuts[0], cuts[1]), (cuts[1], cuts[2]), (cuts[2], cuts[3])];
    ends.into_iter().filter(|(from, to)| to > from).map(move |(from, to)| ramp.piece(from, to))
}

impl Model for Accumulate {
    type State = AccumulateState;
    const NAME: &'static str = "accumulate";
    const DECAYS: usize = 0;

    fn scale(&self) -> Scale {
        Scale { tau: self.width, resistance: self.r_m, rest: 0.0, threshold: self.at_once }
    }

    fn start(&self, draws: &Draws) -> AccumulateState {
        // So many bits a variable has.
        let seed = |purpose, episode| {
            (Stream::at(draws.seed, purpose, draws.neuron, episode, 0).next_word() >> 12) as f64
        };
        let (noise, own) = (seed(Purpose::CycleToCycle, draws.episode), seed(Purpose::DeviceToDevice, 0));
        let mut state = AccumulateState {
            g: 0.0,
            age: 0.0,
            pulses: 0.0,
            device: 0.0,
            limiter: 0.0,
            noise,
            own,
            worn: 0.0,
        };
        let device = self.own(&state);
        state.g = self.memory.g_start.get().clamp(device.g_min.get(), device.g_max.get());
        state
    }

    fn advance(&self, state: &mut AccumulateState, flow: &mut Flow<'_>, span: f64) {
        if flow.level == 0.0 && flow.slope == 0.0 {
            state.age += span;
            return;
        }
        let ramp = Ramp { from: flow.level, to: flow.level + flow.slope * span, length: span };
        let device = self.own(state);
        let factor = self.factor(&device, state);
        for piece in pieces(ramp, device.onsets()) {
            self.apply(&device, state, piece, factor);
        }
    }

    fn receive(&self, state: &mut AccumulateState, input: Input) {
        if let Input::Jump(volts) = input {
            self.pulse(state, Ramp { from: volts, to: volts, length: self.width });
        }
    }

    fn fires(&self, state: &AccumulateState) -> bool {
        self.held(state, 0.0) >= self.g_th
    }

    fn next(&self, state: &AccumulateState, flow: &Flow<'_>, limit: Time) -> Next {
        let length = limit.as_seconds();
        let ramp = Ramp { from: flow.level, to: flow.level + flow.slope * length, length };
        let device = self.own(state);
        if ramp.from.max(ramp.to) < device.set.v_on() || length <= 0.0 {
            return Next::Never;
        }
        let (mut now, mut begin) = (*state, 0.0);
        let factor = self.factor(&device, state);
        for piece in pieces(ramp, device.onsets()) {
            let before = now;
            self.apply(&device, &mut now, piece, factor);
            if now.g >= self.g_th && now.age == 0.0 {
                let from = self.held(&before, 0.0);
                let over = |t: f64| device.reached(from, piece.piece(0.0, t), factor) - self.g_th;
                let over = |t: f64| if over(t) >= 0.0 { 1.0 } else { -1.0 };
                let at = begin + bisected(0.0, piece.length, &over).1;
                return Next::At(up(at).min(limit));
            }
            begin += piece.length;
        }
        Next::Never
    }

    fn reach(&self, state: &mut AccumulateState) {
        state.g = state.g.max(self.g_th);
    }

    fn fire(&self, state: &mut AccumulateState, _draws: &Draws) -> Fired {
        self.pulse(state, self.reset);
        Fired::once(self.dead)
    }

    /// A pulse whose noise was small leaves it above the threshold: it fires and is reset again.
    fn left(&self, state: &AccumulateState) -> bool {
        self.fires(state)
    }

    fn spent(&self, state: &AccumulateState) -> Option<[f64; 3]> {
        Some([state.device, state.limiter, 0.0])
    }

    fn pays_for_jumps(&self) -> bool {
        true
    }

    fn conductance(&self, state: &AccumulateState, _dead: f64) -> Option<f64> {
        Some(self.held(state, 0.0))
    }

    /// How far it is on its way from the start to the threshold, as the part of the pulse that would do it at once.
    fn potential(&self, state: &AccumulateState, _dead: f64) -> f64 {
        let start = self.memory.start();
        self.at_once * (self.held(state, 0.0) - start) / (self.g_th - start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::tests::{Neuron, What, conforms};

    const MS: u64 = 1_000_000_000_000;

    fn neuron(values: &[(&'static str, f64)], preset: &str) -> Neuron<Accumulate> {
        let preset = Preset::named(preset).unwrap();
        let value = |name: &str| values.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let mut model = Accumulate::from_device(&preset.device, &value).unwrap();
        // The nominal device.
        (model.memory.spread, model.memory.device.dose_sigma) = (DeviceSpread::default(), 0.0);
        Neuron::new(&model, &[], (0.0, 0.0), 1)
    }

    #[test]
    fn it_conforms() {
        conforms::<Accumulate>(0.25, 0.05, 1e-12);
    }

    #[test]
    fn it_fires_at_the_pulse_that_the_closed_form_counts_and_is_reset_by_one_that_is_paid_for() {
        // Linear law: every pulse adds (g_max - g_min) w e^((V - v_ref)/v_scale)/tau.
        let mut neuron = neuron(&[("g_th", 2e-3)], USUAL);
        let step = 3.8e-3 * 1e-3 * (0.05f64 / 9.80e-3).exp() / 13.06;
        let count = ((2e-3 - 1e-3) / step).ceil() as usize;
        let pulses: Vec<_> = (1..=count as u64)
            .map(|k| (Time::from_fs(20 * k * MS), What::Input(Input::Jump(0.25))))
            .collect();
        neuron.run_through(&pulses[..count - 1], Time::from_fs(20 * count as u64 * MS - 1), 9);
        // A mono-exponential of 78 ks takes less than a pulse in this time.
        assert!(neuron.spikes.is_empty(), "{count} pulses: {neuron:?}");
        let before = neuron.state;
        neuron.run_through(&pulses[count - 1..], Time::from_fs(21 * count as u64 * MS), 9);
        assert_eq!(neuron.spikes, [Time::from_fs(20 * count as u64 * MS)]);
        assert_eq!(neuron.state.pulses, count as f64 + 1.0);
        // RESET leaves a tenth of the way from a threshold, which the last pulse has passed by a part of a step.
        assert!((1.1e-3..1.1e-3 + step).contains(&neuron.state.g), "{:?}", neuron.state);
        // The last pulse and RESET: V^2 t times a conductance between the ends of each.
        let spent = neuron.state.device + neuron.state.limiter - before.device - before.limiter;
        let v_reset = -neuron.model.reset.from;
        let most = 0.25 * 0.25 * 1e-3 * 2.1e-3 + v_reset * v_reset * 1e-3 * 2.1e-3;
        assert!(spent > 0.4 * most && spent < most, "{spent} J of {most} J");
    }

    #[test]
    fn a_drive_fires_it_when_its_dose_is_enough_and_below_the_onset_never() {
        let mut driven = neuron(&[("g_th", 2e-3)], USUAL);
        driven.receive(What::Drive { a: 0.25, b: 0.0 });
        let Next::At(at) = driven.next(Time::MAX) else { panic!("{driven:?}") };
        // D = (2 mS - 1 mS)/3.8 mS, at e^(0.05/0.0098)/13.06 s; the limiter (1 mA) does not act below 4 mS.
        let want = 1.0 / 3.8 * 13.06 / (0.05f64 / 9.80e-3).exp();
        assert!((at.as_seconds() / want - 1.0).abs() < 1e-9, "{at}, not {want} s");
        let mut quiet = neuron(&[], USUAL);
        quiet.receive(What::Drive { a: 0.11, b: 0.0 });
        assert_eq!(quiet.next(Time::MAX), Next::Never);
    }

    #[test]
    fn retention_takes_what_nobody_renews() {
        let mut idle = neuron(&[], USUAL);
        idle.state.g = 2e-3;
        idle.run(Time::from_fs(1000 * 1000 * MS), 1);
        let want = 0.2e-3 + 1.8e-3 * (-1000.0 / 78e3f64).exp();
        let lifetime = idle.model.memory.retention.lifetime(idle.state.own as u64, 0);
        let own = 0.2e-3 + 1.8e-3 * (-1000.0 / (78e3 * lifetime)).exp();
        let got = idle.model.conductance(&idle.state, 0.0).unwrap();
        assert!((got - own).abs() < 1e-15 && (want - own).abs() < 1e-3, "{got} S, not {own} S");
    }

    #[test]
    fn it_wears_out_after_as_many_pulses_as_its_law_says_and_sticks() {
        let train = |n: u64| -> Vec<_> {
            (1..=n).map(|k| (Time::from_fs(20 * k * MS), What::Input(Input::Jump(0.25)))).collect()
        };
        let mut worn = neuron(&[("g_th", 2e-3), ("n_f", 60.0)], USUAL);
        worn.run_through(&train(400), Time::from_fs(8020 * MS), 1000);
        // N = n_f (-ln U)^(2/3), U the word of the device's own endurance.
        let u =
            crate::random::unit(crate::random::word(worn.state.own as u64, Purpose::DeviceToDevice, 0, 7));
        let last = (60.0 * (-u.ln()).powf(2.0 / 3.0)).ceil();
        assert_eq!((worn.state.pulses, worn.state.worn), (last, 1.0));
        let mut sound = neuron(&[("g_th", 2e-3)], USUAL);
        sound.run_through(&train(400), Time::from_fs(8020 * MS), 1000);
        // Twenty-odd pulses to a spike: as many spikes as its life had room for, and none or every RESET pulse after.
        assert!(sound.spikes.len() > 15 && sound.state.worn == 0.0, "{sound:?}");
        let lived = sound.spikes.iter().filter(|at| **at <= Time::from_fs(20 * last as u64 * MS)).count();
        assert_eq!(worn.spikes[..lived.min(worn.spikes.len())], sound.spikes[..lived.min(worn.spikes.len())]);
        assert!(worn.state.g < 2e-3 && worn.spikes.len() <= lived, "{worn:?}");
        // Its pulses still flow, and are paid for: 0.25 V and 1 ms through what it has.
        let before = worn.state.device + worn.state.limiter;
        worn.run_through(
            &[(Time::from_fs(9000 * MS), What::Input(Input::Jump(0.25)))],
            Time::from_fs(9001 * MS),
            1000,
        );
        let spent = worn.state.device + worn.state.limiter - before;
        let want = 0.25 * 0.25 * 1e-3 * worn.model.conductance(&worn.state, 0.0).unwrap();
        assert!((spent / want - 1.0).abs() < 1e-4, "{spent} J, not {want}");
    }

    #[test]
    fn one_that_is_stuck_above_the_threshold_fires_after_every_reset_pulse_in_vain() {
        let mut stuck = neuron(&[("g_th", 2e-3), ("n_f", 1e9)], USUAL);
        (stuck.state.g, stuck.state.worn) = (2.5e-3, 1.0);
        stuck.run_through(
            &[(Time::from_fs(MS), What::Input(Input::Jump(0.25)))],
            Time::from_fs(5 * MS + 1),
            9,
        );
        // The engine asks what is left when the dead time is over.
        assert!(stuck.spikes == [Time::from_fs(MS)] && stuck.model.left(&stuck.state), "{stuck:?}");
        assert_eq!((stuck.state.g, stuck.state.pulses), (2.5e-3, 0.0));
        let v = -stuck.model.reset.from;
        let [pulse, reset] = [0.25 * 0.25 * 1e-3 * 2.5e-3, v * v * 1e-3 * 2.5e-3];
        assert!((stuck.state.device / (pulse + reset) - 1.0).abs() < 1e-6, "{stuck:?}");
    }

    #[test]
    fn as_its_range_closes_a_reset_leaves_more() {
        let mut closing =
            neuron(&[("g_th", 2e-3), ("n_f", 100.0), ("weibull_shape", 1e3), ("m", 1.0)], USUAL);
        (closing.state.g, closing.state.pulses) = (2e-3, 60.0);
        let reset = closing.model.reset;
        let model = closing.model.clone();
        model.pulse(&mut closing.state, reset);
        // 4 mS (0.2/4)^(1 - 0.6).
        let want = 4e-3 * 0.05f64.powf(0.4);
        assert!((closing.state.g / want - 1.0).abs() < 1e-12, "{} S, not {want} S", closing.state.g);
    }

    #[test]
    fn every_analog_preset_makes_one_and_the_keys_say_what_does_not() {
        for name in Preset::names() {
            let preset = Preset::named(name).unwrap();
            let made = Accumulate::from_device(&preset.device, &|_| None);
            assert_eq!(made.is_ok(), preset.device.get::<DoseMemory>().is_some(), "{name}: {made:?}");
        }
        let text = |values: &[(&'static str, f64)]| Accumulate::with(values).unwrap_err()[0].to_string();
        assert_eq!(
            text(&[("g_th", 5e-3)]),
            "`g_th` is 5 mS; it must be above 1 mS, where the device starts, and up to its g_max, 4 mS"
        );
        assert_eq!(
            text(&[("v_reset", 0.05)]),
            "`v_reset` is 50 mV; the RESET pulse leaves 2.5 mS, and g_th is 2.5 mS: it would fire for ever; its onset is 100 mV"
        );
        assert!(text(&[("t_reset", 0.0)]).starts_with("`t_reset` is 0 s"));
        assert_eq!(text(&[("m", 1.0)]), "`m` is 1; it says how devices wear, and needs `n_f`");
    }
}
