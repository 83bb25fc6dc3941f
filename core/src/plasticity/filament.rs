//! A volatile switch as a synapse: `filament`, whose weight is what its filament lets through at each arrival.

use super::behind::{Behind, Pulsed};
use super::local::{LocalRule, Seen, Step};
use crate::device::circuit::{Conduction, Energies, Ramp};
use crate::device::fault::Fault;
use crate::device::model::Model as _;
use crate::device::threshold::{
    Circuit, SwitchState, ThresholdLaw, ThresholdSpread, ThresholdSwitch, VolatileSwitch, log_sigma,
};
use crate::keys::{ModelKey, Reader, choice, key};
use crate::numeric::{exp, standard_normal};
use crate::random::{Purpose, word};
use crate::units::{Ampere, Quantity as _, Second, Siemens, Volt};

/// Short-term facilitation by a volatile switch.
///
/// An arrival is a pulse `v_pulse`, `width` long, across the switch in the circuit `bare`; between pulses it is left alone. Its
/// filament grows by each and relaxes with tau, tau du/dt = -(u - u_rest) + V, and at v_th it turns on until it has relaxed to
/// v_hold: the state and the code of the bench. The weight of an arrival is the charge that its own pulse brings,
///
/// w = w_min + (w_max - w_min) Q/Q_on,   Q = int I dt,  Q_on = min(v_pulse g_on, i_cc) width,
///
/// so that w_max is the weight of a switch that is on throughout. A pulse that begins within the last one begins where that ends. The
/// initial weight is nobody's: the first arrival replaces it.
///
/// The pulse that brings the charge makes the filament grow, and is paid for once: of V Q joules int I^2/G dt in the device, the rest in
/// its limiter. Off, from u_0,
///
/// E = V^2 [g_off d + (g_pre - g_off)/v_th (V' d - (V' - u_0) tau (1 - e^(-d/tau)))],   V' = V + u_rest,   d = width,
///
/// and on, in compliance, i_cc^2 d/g_on and (V - i_cc/g_on) i_cc d. Between pulses nothing drives it, and nothing is spent.
///
/// A device differs from others in its threshold (`device_cv`, and `cycle_cv` from one time that it turns on to the next: the draws of the
/// bench), in its tau (`tau_cv`, log-normal around the nominal mean) and in g_off and g_on. What wears it is turning on. It sticks on: the
/// filament does not dissolve any more.
///
/// Source: Ohno et al., Nature Mater. 10, 591 (2011), for short-term plasticity of a volatile filament; Yan et al., figs. 1c and 4 for
/// the device of the defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Filament {
    /// The nominal one.
    pub switch: ThresholdSwitch,
    /// Height of the pulse of an arrival.
    pub v_pulse: Volt,
    /// Its length.
    pub width: Second,
    /// How thresholds differ.
    pub spread: ThresholdSpread,
    /// How tau differs from device to device: sigma of its logarithm.
    pub tau_sigma: f64,
}

const MEASURED: &str = "measured (Yan et al., figs. 1c and 4)";

impl LocalRule for Filament {
    const NAME: &'static str = "filament";
    const TITLE: &'static str = "short-term facilitation by a volatile switch: a weight that forgets";
    const SOURCE: &'static str = "Ohno et al. 2011";
    const DEVICE: Option<&'static str> = Some(VolatileSwitch::NAME);
    const KEYS: &'static [ModelKey] = &[
        key("tau", "s", "9.41 ms", "time constant with which the filament grows and relaxes", MEASURED),
        key("u_rest", "V", "0.43 mV", "where the filament rests", "fitted (Yan et al., fig. 4)"),
        key("v_th", "V", "250 mV", "state of the filament at which the switch turns on", MEASURED),
        key("v_hold", "V", "100 mV", "state of the filament at which it turns off", MEASURED),
        key("i_cc", "A", "7 uA", "compliance of its limiter", MEASURED),
        key("g_off", "S", "100 nS", "conductance off", "assumed: not resolved in fig. 1c"),
        key("g_pre", "S", "1 uS", "conductance of a filament that has grown to the threshold", "assumed"),
        key("g_on", "S", "35 uS", "conductance on", "fitted: from the 1.4 uW of Yan et al."),
        key(
            "v_pulse",
            "V",
            "0.5 V",
            "height of the pulse that an arrival is",
            "assumed: no pulse is reported",
        ),
        key("width", "s", "1 ms", "length of that pulse", "assumed: no pulse is reported"),
        key("cycle_cv", "", "0.0", "coefficient of variation of a threshold from cycle to cycle", "setting"),
        key(
            "device_cv",
            "",
            "0.0",
            "coefficient of variation of the threshold from device to device",
            "setting",
        ),
        choice(
            "threshold_law",
            &[("log_normal", "usual for filaments"), ("weibull", "the weakest link")],
            "log_normal",
            "law of the thresholds of successive cycles",
        ),
        key("tau_cv", "", "0.0", "coefficient of variation of `tau` from device to device", "setting"),
    ];
    const TIMES: bool = true;
    const VALUES: &'static [(&'static str, &'static str)] = &[("x", "V"), ("on", ""), ("r", "")];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        let switch = ThresholdSwitch {
            tau: Second::of(read.time_constant("tau")),
            u_rest: Volt::of(read.any("u_rest")),
            v_th: Volt::of(read.any("v_th")),
            v_hold: Volt::of(read.any("v_hold")),
            i_cc: Ampere::of(read.above_zero("i_cc")),
            g_off: Siemens::of(read.above_zero("g_off")),
            g_pre: Siemens::of(read.above_zero("g_pre")),
            g_on: Siemens::of(read.above_zero("g_on")),
        };
        let (v_pulse, width) = (read.above_zero("v_pulse"), read.time_constant("width"));
        for (name, fault) in [
            ("v_th", switch.v_hold >= switch.v_th),
            ("v_hold", switch.u_rest >= switch.v_hold),
            ("g_pre", switch.g_off > switch.g_pre),
            ("g_on", switch.g_pre >= switch.g_on),
        ] {
            let value = match name {
                "v_th" => switch.v_th.get(),
                "v_hold" => switch.v_hold.get(),
                "g_pre" => switch.g_pre.get(),
                _ => switch.g_on.get(),
            };
            read.require(name, value, !fault, "required: u_rest < v_hold < v_th and g_off <= g_pre < g_on");
        }
        let (cycle, device) = (read.zero_or_more("cycle_cv"), read.zero_or_more("device_cv"));
        let tau_sigma = log_sigma(read.zero_or_more("tau_cv"));
        let law = [ThresholdLaw::LogNormal, ThresholdLaw::Weibull][read.word("threshold_law").min(1)];
        let spread = ThresholdSpread { cycle, device, law };
        Self { switch, v_pulse: Volt::of(v_pulse), width: Second::of(width), spread, tau_sigma }
    }

    fn pulsed(&self, high: f64) -> Option<Pulsed> {
        let own = self.switch.g_on.get() * high;
        let g = own.min(self.switch.i_cc.get() / self.v_pulse.get());
        Some(Pulsed { v: self.v_pulse, width: self.width, g: Siemens::of(g) })
    }

    fn at_arrival(&self, synapse: &mut Seen<'_>) -> Step {
        let &mut [x, on, r] = synapse.own else { return Step::Stay };
        let pause = synapse.since_arrival.map(|since| since.as_seconds() - self.width.get());
        let state = SwitchState { x, on: on > 0.5, r, ..self.switch.rest() };
        let (state, spent) = match &mut synapse.device {
            None => self.pulse(&self.switch, state, pause, |_| self.switch.theta()),
            Some(device) => self.through(device, state, pause),
        };
        synapse.own.copy_from_slice(&[state.x, f64::from(u8::from(state.on)), state.r]);
        let (v, width) = (self.v_pulse.get(), self.width.get());
        Step::To(spent.source / v / ((v * self.switch.g_on.get()).min(self.switch.i_cc.get()) * width))
    }
}

impl Filament {
    fn ramp(&self) -> Ramp {
        Ramp { from: self.v_pulse.get(), to: self.v_pulse.get(), length: self.width.get() }
    }

    /// `pause` seconds without drive, if there was an arrival before this one, and a pulse.
    fn pulse(
        &self,
        switch: &ThresholdSwitch,
        mut state: SwitchState,
        pause: Option<f64>,
        theta: impl Fn(u64) -> f64,
    ) -> (SwitchState, Energies) {
        let mut turns = Vec::new();
        let mut apply = |drive: Ramp| {
            let spent = switch.apply(&mut state, &Circuit::Bare, drive, &theta, &mut turns);
            spent.off + spent.on
        };
        if let Some(length) = pause {
            apply(Ramp { from: 0.0, to: 0.0, length });
        }
        let spent = apply(self.ramp());
        (state, spent)
    }

    /// The same of a device of its own, which is paid for and wears.
    fn through(
        &self,
        device: &mut Behind<'_>,
        mut state: SwitchState,
        pause: Option<f64>,
    ) -> (SwitchState, Energies) {
        let own = self.own(device);
        let spent = if *device.stuck {
            // Nothing makes it grow or lets it go.
            let g = if device.fault == Some(Fault::StuckOff) { own.g_off } else { own.g_on };
            Conduction::Ohmic.energies(g.get(), own.i_cc.get(), self.ramp())
        } else {
            // It has turned off as often as it was on, and not now.
            state.cycles = *device.pulses - u64::from(state.on && *device.pulses > 0);
            let (seed, entity) = (device.seed, device.entity);
            state.theta = self.theta(&own, seed, entity, state.cycles);
            let theta = |cycle: u64| self.theta(&own, seed, entity, cycle);
            let (after, spent) = self.pulse(&own, state, pause, theta);
            state = after;
            device.wear(state.cycles + u64::from(state.on));
            spent
        };
        device.spend(spent);
        (state, spent)
    }

    /// The switch that one device is.
    fn own(&self, device: &Behind<'_>) -> ThresholdSwitch {
        let mut own = self.switch.clone();
        if self.tau_sigma > 0.0 {
            // Its lifetime.
            let z = standard_normal(word(device.seed, Purpose::DeviceToDevice, device.entity, 6));
            let s = self.tau_sigma;
            own.tau = (own.tau * exp(s * z - 0.5 * s * s)).finite().unwrap_or(own.tau);
        }
        let [low, high] = device.range;
        let (pre, on) = (own.g_pre.get(), own.g_on.get());
        // A filament conducts more than what leads to it, and a device no less than one that is off.
        let on = if high == 1.0 { on } else { (on * high).max(1.01 * pre) };
        let off = device.lowest((own.g_off.get() * low).min(pre).max(f64::MIN_POSITIVE), on);
        (own.g_off, own.g_pre, own.g_on) = (Siemens::of(off), Siemens::of(pre.max(off)), Siemens::of(on));
        own
    }

    /// Its threshold after its n-th return to off, in volts above rest.
    fn theta(&self, own: &ThresholdSwitch, seed: u64, entity: u32, cycle: u64) -> f64 {
        if self.spread.cycle > 0.0 || self.spread.device > 0.0 {
            self.spread.v_th(own, seed, entity, cycle) - own.u_rest.get()
        } else {
            own.theta()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Bounds, Dependence, Devices, Law, Layout, Plastic, ProgramPulse, Rule, Unit, entity};
    use super::*;
    use crate::device::endurance::Endurance;
    use crate::device::model::Draws;
    use crate::time::Time;

    const MS: u64 = 1_000_000_000_000;

    /// Weights of arrivals at these times, as parts of w_max.
    fn weights(rule: &Filament, times: &[u64]) -> Vec<f64> {
        let mut own = [0.0; 3];
        let mut last: Option<u64> = None;
        times
            .iter()
            .map(|&time| {
                let since_arrival = last.map(|last| Time::from_fs(time - last));
                last = Some(time);
                let mut seen = Seen {
                    w: 0.3,
                    pre: &[],
                    post: &[],
                    since_arrival,
                    since_spike: None,
                    own: &mut own,
                    device: None,
                };
                match rule.at_arrival(&mut seen) {
                    Step::To(part) => part,
                    other => panic!("{other:?}"),
                }
            })
            .collect()
    }

    #[test]
    fn the_first_weights_are_those_of_the_closed_form_and_a_pause_forgets_them() {
        let rule = Filament::with(&[]).unwrap();
        // int V G(u) dt = V [g_off d + (g_pre - g_off)/V_th (V' d - (V' - u0) tau (1 - e^(-d/tau)))].
        let (v, d, tau, rest, v_th) = (0.5, 1e-3, 9.41e-3, 0.43e-3, 0.25);
        let charge = |u0: f64| {
            let level = v + rest;
            let grown = level * d - (level - u0) * tau * (1.0 - (-d / tau).exp());
            v * (1e-7 * d + 9e-7 / v_th * grown)
        };
        let on = 7e-6 * d;
        let after = |u0: f64| (v + rest) + (u0 - v - rest) * (-d / tau).exp();
        let got = weights(&rule, &[0, 2 * MS, 500 * MS]);
        let u = rest + (after(rest) - rest) * (-1e-3f64 / tau).exp();
        for (got, want) in got.iter().zip([charge(rest), charge(u), charge(rest)]) {
            assert!((got / (want / on) - 1.0).abs() < 1e-9, "{got}, not {}", want / on);
        }
        assert!(got[1] > 1.2 * got[0]);
    }

    #[test]
    fn a_train_that_turns_it_on_has_the_whole_weight_until_it_has_relaxed() {
        let rule = Filament::with(&[]).unwrap();
        // On in pulse 14 (26.99 ms), off at 107.65 ms after fifty of them, by the vectors of `bare`.
        let mut times: Vec<u64> = (0..50).map(|k| 2 * k * MS).collect();
        times.extend([106 * MS, 400 * MS]);
        let got = weights(&rule, &times);
        assert!(got[12] < 0.15 && got[13] < 0.2 && (got[14] - 1.0).abs() < 1e-12, "{got:?}");
        assert!((got[50] - 1.0).abs() < 1e-12 && got[51] < 0.06, "{:?}", &got[50..]);
    }

    /// One row, and so many columns that have devices which are told in `ends`.
    fn devices(rule: &Filament, ends: Vec<[f64; 2]>, count: usize) -> Plastic {
        let pulse = ProgramPulse { v_set: Volt::ZERO, v_reset: Volt::ZERO, width: Second::ZERO };
        let g = rule.pulsed(1.0).unwrap().g.get();
        let devices = Devices {
            seed: 3,
            projection: 1,
            siemens_per_weight: g,
            base: vec![0.0; count],
            partners: 1.0,
            own: vec![Bounds { w_min: 0.0, w_max: 2.0 }; ends.len()],
            steps: Vec::new(),
            range: [0.0, g],
            ends,
            kinetics: Vec::new(),
            levels: None,
            cycle_sigma: 0.0,
            pulse,
            endurance: None,
            retention: None,
            stuck: Vec::new(),
        };
        made(rule, devices)
    }

    fn made(rule: &Filament, devices: Devices) -> Plastic {
        let (cols, bounds) = (devices.base.len(), Bounds { w_min: 0.0, w_max: 1.0 });
        let law = Law { dependence: Dependence::Additive, unit: Unit::Span, bounds };
        let layout = Layout::Dense { rows: 1, cols, stride: cols };
        Plastic::new(Rule::local(rule.clone(), law), layout, Some(devices)).unwrap()
    }

    /// An arrival: the weights that it has.
    fn arrive(plastic: &mut Plastic, fs: u64) -> Vec<f64> {
        let mut weights = vec![0.3; plastic.layout().cols()];
        let time = Time::from_fs(fs);
        plastic.arrive(time, &[0], &mut weights);
        plastic.settle(time, &[0], &[], &mut weights);
        weights
    }

    fn spent(plastic: &Plastic) -> [f64; 2] {
        let state = &plastic.memory().devices;
        [state.joules[0], state.limiter[0]]
    }

    #[test]
    fn a_pulse_is_paid_for_by_device_and_limiter_and_nothing_between_pulses() {
        let rule = Filament::with(&[]).unwrap();
        let mut plastic = devices(&rule, Vec::new(), 1);
        // V^2 [g_off d + (g_pre - g_off)/v_th (V' d - (V' - u_0) tau (1 - e^(-d/tau)))] from rest, all of it in the device.
        let (v, d, tau, rest) = (0.5f64, 1e-3, 9.41e-3, 0.43e-3);
        let grown = (v + rest) * d - v * tau * (1.0 - (-d / tau).exp());
        let first = v * v * (1e-7 * d + 9e-7 / 0.25 * grown);
        arrive(&mut plastic, 0);
        let [device, limiter] = spent(&plastic);
        assert!((device / first - 1.0).abs() < 1e-9 && limiter == 0.0, "{device} {limiter}, not {first}");
        // In compliance from pulse 15 on: 0.2 V across the device, and 0.3 V across the limiter.
        (1..20).for_each(|k| drop(arrive(&mut plastic, 2 * k * MS)));
        let before = spent(&plastic);
        arrive(&mut plastic, 40 * MS);
        let [device, limiter] = spent(&plastic);
        let [device, limiter] = [device - before[0], limiter - before[1]];
        // u has relaxed for 1 ms and is back at v_th soon: i_cc^2 int dt/G by the middles of many pieces.
        let (n, u_1) = (100_000, rest + (0.25 - rest) * (-1e-3f64 / tau).exp());
        let u = |t: f64| (v + rest - (v + rest - u_1) * (-t / tau).exp()).min(0.25);
        let g = |t: f64| 35e-6 - 0.9e-6 * (1.0 - u(t) / 0.25);
        let sum: f64 = (0..n).map(|k| 1.0 / g((f64::from(k) + 0.5) / f64::from(n) * d)).sum();
        let on = 7e-6f64.powi(2) * sum * d / f64::from(n);
        assert!((device / on - 1.0).abs() < 1e-8 && (on / 1.4e-9 - 1.0).abs() < 2e-3, "{device}, not {on}");
        assert!(((device + limiter) / (v * 7e-6 * d) - 1.0).abs() < 1e-12, "{limiter}");
    }

    #[test]
    fn what_is_spent_is_the_voltage_times_the_charge_of_the_weights() {
        let keys = [("v_pulse", 1.0), ("cycle_cv", 0.1), ("device_cv", 0.1), ("tau_cv", 0.2)];
        let rule = Filament::with(&keys).unwrap();
        let mut plastic = devices(&rule, vec![[1.4, 0.7]], 1);
        let times = (0..60).map(|k| (2 * k + 7 * (k / 10)) * MS);
        let sum: f64 = times.map(|time| arrive(&mut plastic, time)[0]).sum();
        let [device, limiter] = spent(&plastic);
        let source = 1.0 * sum * 7e-6 * 1e-3;
        assert!(limiter > 0.2 * device, "{device} {limiter}");
        assert!(((device + limiter) / source - 1.0).abs() < 1e-12, "{device} + {limiter} J of {source} J");
    }

    #[test]
    fn thresholds_are_those_of_the_same_devices_on_the_bench() {
        let rule = Filament::with(&[("v_pulse", 1.0), ("cycle_cv", 0.1), ("device_cv", 0.1)]).unwrap();
        let count = 8;
        let mut plastic = devices(&rule, Vec::new(), count);
        let bench =
            VolatileSwitch { switch: rule.switch.clone(), spread: rule.spread, circuit: Circuit::Bare };
        let of = |n: usize| Draws { seed: 3, device: entity(1, n), pulse: 0, noise: true };
        let mut states: Vec<SwitchState> = (0..count).map(|n| bench.start(&of(n))).collect();
        let mut turned = vec![0; count];
        // Trains that turn devices on, and pauses in which they turn off.
        for k in 0..120 {
            let pause = if k % 30 == 0 { 200 } else { 1 };
            let time = (2 * k + 199 * (k / 30)) * MS;
            let got = arrive(&mut plastic, time);
            for (n, state) in states.iter_mut().enumerate() {
                let mut turns = Vec::new();
                if k > 0 {
                    let idle = Ramp { from: 0.0, to: 0.0, length: f64::from(pause) * 1e-3 };
                    bench.apply(state, idle, &of(n), &mut turns);
                }
                let spent = bench.apply(state, rule.ramp(), &of(n), &mut turns);
                turned[n] += turns.iter().filter(|turn| turn.on).count() as u64;
                let want = (spent.off + spent.on).source / 7e-9;
                assert!((got[n] - want.min(1.0)).abs() < 1e-12, "{k} {n}: {}, not {want}", got[n]);
            }
        }
        assert_eq!(plastic.memory().devices.pulses, turned);
        assert!(turned.iter().all(|&turned| turned >= 3), "{turned:?}");
    }

    #[test]
    fn devices_have_a_tau_and_conductances_of_their_own() {
        // No drive but a lone pulse, which is short: Q grows with 1/tau and g_off.
        let count = 4000;
        let rule = Filament::with(&[("tau_cv", 0.2), ("width", 1e-5), ("g_off", 1e-9)]).unwrap();
        let weights = arrive(&mut devices(&rule, Vec::new(), count), 0);
        let plain = Filament { tau_sigma: 0.0, ..rule };
        let nominal = arrive(&mut devices(&plain, Vec::new(), 1), 0)[0];
        // What does not grow: u_rest of the scale, and g_off.
        let still = (1e-9 + (1e-6 - 1e-9) * 0.43e-3 / 0.25) * 0.5 / 7e-6;
        let taus: Vec<f64> = weights.iter().map(|w| (nominal - still) / (w - still)).collect();
        let mean = taus.iter().sum::<f64>() / count as f64;
        let sd = (taus.iter().map(|tau| (tau - mean) * (tau - mean)).sum::<f64>() / count as f64).sqrt();
        // Standard errors of 0.3 % and 2 %.
        assert!((mean - 1.0).abs() < 0.012 && (sd - 0.2).abs() < 0.012, "{mean} {sd}");
        // Twice g_off, and half of a g_on that is not limited: 17.5 uS at 0.1 V.
        let low = Filament::with(&[("v_pulse", 0.1), ("g_pre", 1e-7)]).unwrap();
        let weight = arrive(&mut devices(&low, vec![[0.5, 1.0]], 1), 0)[0];
        assert!((weight / (0.5 * 1e-7 / 35e-6) - 1.0).abs() < 0.1, "{weight}");
    }

    #[test]
    fn what_wears_out_sticks_on_and_what_is_stuck_off_never_turns_on() {
        let rule = Filament::with(&[]).unwrap();
        let plain = devices(&rule, Vec::new(), 2).devices().unwrap().clone();
        let endurance = Endurance { n_f: 1e-3, m: None, ..Endurance::default() };
        let mut plastic = made(&rule, Devices { endurance: Some(endurance), stuck: vec![(1, 0.0)], ..plain });
        (0..20).for_each(|k| drop(arrive(&mut plastic, 2 * k * MS)));
        let weights = arrive(&mut plastic, 2000 * MS);
        // g_off V / i_cc of the one that is stuck off.
        assert!(
            (weights[0] - 1.0).abs() < 1e-12 && (weights[1] - 1e-7 * 0.5 / 7e-6).abs() < 1e-15,
            "{weights:?}"
        );
        let state = &plastic.memory().devices;
        assert_eq!((&state.pulses[..], &state.stuck[..]), (&[1, 0][..], &[true, true][..]));
        plastic.restart(&mut [0.0; 2]);
        assert_eq!(arrive(&mut plastic, 0), weights);
    }

    #[test]
    fn an_off_state_rises_as_the_filament_wears() {
        let rule = Filament::with(&[]).unwrap();
        let plain = devices(&rule, Vec::new(), 1).devices().unwrap().clone();
        let endurance = Endurance { n_f: 2.0, m: Some(1.0), weibull_shape: None, ..Endurance::default() };
        let mut plastic = made(&rule, Devices { endurance: Some(endurance), ..plain });
        (0..20).for_each(|k| drop(arrive(&mut plastic, 2 * k * MS)));
        // It has turned on once: g_off = sqrt(100 nS 35 uS), above g_pre.
        let weight = arrive(&mut plastic, 2000 * MS)[0];
        assert!((weight / (3.5e-12f64.sqrt() * 0.5 / 7e-6) - 1.0).abs() < 1e-9, "{weight}");
    }

    #[test]
    fn what_is_no_switch_is_refused() {
        let faults = Filament::with(&[("v_hold", 0.3), ("g_pre", 1e-3), ("width", 0.0)]).unwrap_err();
        let keys: Vec<&str> = faults.iter().map(|fault| fault.key).collect();
        assert_eq!(keys, ["width", "v_th", "g_on"]);
    }
}
