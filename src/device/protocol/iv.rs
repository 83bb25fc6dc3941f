//! Current-voltage loops: a staircase of small linear ramps between turning points.

use super::Table;
use crate::device::circuit::Ramp;
use crate::device::resistive::{PulseDraw, Resistive};
use crate::device::threshold::{RelaxationOscillator, ThresholdSpread, ThresholdSwitch};
use crate::units::{Volt, VoltPerSecond};
use serde::{Deserialize, Serialize};

/// Turning points of a voltage sweep, taken at one rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// From the first to the last; at least two.
    pub points: Vec<Volt>,
    pub rate: VoltPerSecond,
    /// Samples per leg.
    pub samples: u32,
    /// How often the sweep is repeated.
    pub repeat: u32,
}

impl Sweep {
    /// Through these voltages once, at the paper's 10 mV/s, 200 samples per leg.
    #[must_use]
    pub fn through(volts: &[f64]) -> Self {
        Self {
            points: volts.iter().map(|&v| Volt::new(v)).collect(),
            rate: VoltPerSecond::new(0.01),
            samples: 200,
            repeat: 1,
        }
    }

    /// Every small ramp in order, with the number of its repetition.
    fn ramps(&self) -> impl Iterator<Item = (u32, Ramp)> {
        let samples = self.samples.max(1);
        let rate = self.rate.get().abs();
        (0..self.repeat).flat_map(move |cycle| {
            self.points.windows(2).filter(|leg| leg[0] != leg[1]).flat_map(move |leg| {
                let (a, b) = (leg[0].get(), leg[1].get());
                let at = move |k: u32| {
                    if k == samples { b } else { a + (b - a) * f64::from(k) / f64::from(samples) }
                };
                (0..samples).map(move |k| {
                    let (from, to) = (at(k), at(k + 1));
                    (cycle, Ramp { from, to, length: (to - from).abs() / rate })
                })
            })
        })
    }
}

/// Loop of a threshold switch from rest. Columns: cycle, time, voltage, current, state u, on, threshold,
/// energies since the last row.
#[must_use]
pub fn iv_switch(switch: &ThresholdSwitch, sweep: &Sweep, spread: &ThresholdSpread, seed: u64) -> Table {
    let mut table = Table::new(&[
        ("cycle", ""),
        ("time", "s"),
        ("voltage", "V"),
        ("current", "A"),
        ("state", "V"),
        ("on", ""),
        ("threshold", "V"),
        ("device energy", "J"),
        ("limiter energy", "J"),
    ]);
    let mut state = switch.rest();
    state.v_th = spread.v_th(switch, seed, 0, 0);
    let (mut time, mut switchings) = (0.0, Vec::new());
    for (cycle, ramp) in sweep.ramps() {
        let e = switch.apply(&mut state, ramp, |n| spread.v_th(switch, seed, 0, n), &mut switchings);
        switchings.clear();
        time += ramp.length;
        table.push(&[
            f64::from(cycle),
            time,
            ramp.to,
            switch.current(state.on, ramp.to),
            state.u,
            f64::from(u8::from(state.on)),
            state.v_th,
            e.off.device + e.on.device,
            e.off.limiter + e.on.limiter,
        ]);
    }
    table
}

/// Loop of an oscillator's switch alone, driven by a source instead of the circuit: quasi-static, on above V_th, off
/// below V_h. Columns: cycle, time, voltage, current, on, energy since the last row.
#[must_use]
pub fn iv_oscillator(oscillator: &RelaxationOscillator, sweep: &Sweep) -> Table {
    let mut table = Table::new(&[
        ("cycle", ""),
        ("time", "s"),
        ("voltage", "V"),
        ("current", "A"),
        ("on", ""),
        ("device energy", "J"),
    ]);
    let (mut on, mut time) = (false, 0.0);
    for (cycle, ramp) in sweep.ramps() {
        let v = ramp.to.abs();
        on = v > oscillator.v_th.get() || (on && v >= oscillator.v_hold.get());
        let r = if on { oscillator.r_on.get() } else { oscillator.r_off.get() };
        time += ramp.length;
        let (a, b) = (ramp.from, ramp.to);
        let energy = (a * a + a * b + b * b) / 3.0 / r * ramp.length;
        table.push(&[f64::from(cycle), time, b, b / r, f64::from(u8::from(on)), energy]);
    }
    table
}

/// Loop of a non-volatile device from conductance `g` (siemens). One repetition of the sweep is one pulse to
/// the noise. Columns: cycle, time, voltage, current, conductance, energies since the last row.
#[must_use]
pub fn iv_resistive(device: &dyn Resistive, g: f64, sweep: &Sweep, seed: Option<u64>) -> Table {
    let mut table = Table::new(&[
        ("cycle", ""),
        ("time", "s"),
        ("voltage", "V"),
        ("current", "A"),
        ("conductance", "S"),
        ("device energy", "J"),
        ("limiter energy", "J"),
    ]);
    let (mut g, mut time) = (g, 0.0);
    for (cycle, ramp) in sweep.ramps() {
        let draw = seed.map_or(PulseDraw::None, |seed| PulseDraw::Keyed {
            seed,
            entity: 0,
            count: u64::from(cycle),
        });
        let step = device.apply(g, ramp, draw);
        g = step.g;
        time += ramp.length;
        table.push(&[
            f64::from(cycle),
            time,
            ramp.to,
            device.current(g, ramp.to),
            g,
            step.energies.device,
            step.energies.limiter,
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::resistive::BinarySwitch;

    /// Voltage of the first row whose `column` has changed from that of row `from`.
    fn change(table: &Table, column: &str, from: usize) -> (usize, f64) {
        let values = table.values(column).unwrap();
        let row = (from..values.len()).find(|&k| values[k] != values[from]).unwrap();
        (row, table.values("voltage").unwrap()[row])
    }

    #[test]
    fn the_switch_loop_of_fig_1c_turns_on_at_0_25_and_off_at_0_10_volts() {
        let sweep = Sweep { samples: 1000, ..Sweep::through(&[0.0, 0.5, 0.0]) };
        let table = iv_switch(&ThresholdSwitch::default(), &sweep, &ThresholdSpread::default(), 1);
        let (row, on) = change(&table, "on", 0);
        let (_, off) = change(&table, "on", row);
        assert!((on - 0.25).abs() < 0.001 && (off - 0.10).abs() < 0.0011, "{on} {off}");
        let largest = table.values("current").unwrap().iter().copied().fold(0.0, f64::max);
        assert_eq!(largest, 7e-6, "the compliance");
    }

    #[test]
    fn the_loop_of_fig_1d_sets_at_0_12_and_is_off_again_after_minus_0_1_volts() {
        let d = BinarySwitch { threshold_cv: 0.0, ..BinarySwitch::default() };
        let table = iv_resistive(&d, d.median(false), &Sweep::through(&[0.0, 0.2, 0.0, -0.1, 0.0]), None);
        let (row, set) = change(&table, "conductance", 0);
        let (_, reset) = change(&table, "conductance", row);
        assert!((set - 0.12).abs() < 0.0011 && (-0.1..=-0.08).contains(&reset), "{set} {reset}");
        assert_eq!(*table.values("conductance").unwrap().last().unwrap(), d.median(false));
        let largest = table.values("current").unwrap().iter().copied().fold(0.0, f64::max);
        assert!((largest - 1e-3).abs() < 1e-15, "0.2 V reach the compliance of 1 mA");
    }
}
