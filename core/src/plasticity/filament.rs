//! A volatile switch as a synapse: `filament`, whose weight is what its filament lets through at each arrival.

use super::local::{LocalRule, Seen, Step};
use crate::device::circuit::Ramp;
use crate::device::model::Model as _;
use crate::device::threshold::{Circuit, SwitchState, ThresholdSwitch, VolatileSwitch};
use crate::keys::{ModelKey, Reader, key};
use crate::units::{Ampere, Second, Siemens, Volt};

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
        Self { switch, v_pulse: Volt::of(v_pulse), width: Second::of(width) }
    }

    fn at_arrival(&self, synapse: &mut Seen<'_>) -> Step {
        let (switch, v, width) = (&self.switch, self.v_pulse.get(), self.width.get());
        let &mut [x, on, r] = synapse.own else { return Step::Stay };
        let mut state = SwitchState { x, on: on > 0.5, r, ..switch.rest() };
        let mut apply = |v: f64, length: f64| {
            let ramp = Ramp { from: v, to: v, length };
            let spent = switch.apply(&mut state, &Circuit::Bare, ramp, |_| switch.theta(), &mut Vec::new());
            spent.off.source + spent.on.source
        };
        if let Some(since) = synapse.since_arrival {
            apply(0.0, since.as_seconds() - width);
        }
        let charge = apply(v, width) / v;
        synapse.own.copy_from_slice(&[state.x, f64::from(u8::from(state.on)), state.r]);
        Step::To(charge / ((v * switch.g_on.get()).min(switch.i_cc.get()) * width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
                let mut seen =
                    Seen { w: 0.3, pre: &[], post: &[], since_arrival, since_spike: None, own: &mut own };
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

    #[test]
    fn what_is_no_switch_is_refused() {
        let faults = Filament::with(&[("v_hold", 0.3), ("g_pre", 1e-3), ("width", 0.0)]).unwrap_err();
        let keys: Vec<&str> = faults.iter().map(|fault| fault.key).collect();
        assert_eq!(keys, ["width", "v_th", "g_on"]);
    }
}
