//! Current-voltage loops: a staircase of small linear ramps between turning points.

use super::Table;
use super::told;
use crate::device::circuit::{Energies, Ramp};
use crate::device::model::Draws;
use crate::device::open::Open;
use crate::plain::Words;
use crate::units::{Volt, VoltPerSecond};
use serde::{Deserialize, Serialize};

/// Turning points of a voltage sweep, taken at one rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// From the first to the last; at least two.
    pub points: Vec<Volt>,
    /// How fast.
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

/// Loop of a device from a state. One repetition of the sweep is one pulse to its draws. Columns: cycle, time, voltage,
/// current, its variables, energies since the last row (that of a limiter if it may have one).
#[must_use]
pub fn iv(device: &Open, start: &Words, sweep: &Sweep, draws: &Draws) -> Table {
    let kind = device.kind();
    let limited = kind.keys.iter().any(|key| key.name == "i_cc");
    let variables = &kind.variables[..kind.shown];
    let energies = [("device energy", "J"), ("limiter energy", "J")];
    let columns: Vec<(&str, &str)> = [("cycle", ""), ("time", "s"), ("voltage", "V"), ("current", "A")]
        .into_iter()
        .chain(variables.iter().copied())
        .chain(energies.into_iter().take(if limited { 2 } else { 1 }))
        .collect();
    let mut table = Table::new(&columns);
    let (mut state, mut time, mut row) = (*start, 0.0, Vec::new());
    let conductance = variables.iter().position(|variable| variable.0 == "conductance");
    let mut swept = Swept::default();
    for (cycle, ramp) in sweep.ramps() {
        if let (Some(g), true) = (conductance, cycle != swept.cycle || time == 0.0) {
            swept.tell(time);
            swept = Swept { cycle, before: device.columns(&state)[g], ..Swept::default() };
        }
        let spent =
            told::advance(device, &mut state, ramp, &Draws { pulse: u64::from(cycle), ..*draws }, time);
        time += ramp.length;
        row.clear();
        row.extend([f64::from(cycle), time, ramp.to, device.current(&state, ramp.to)]);
        let g = conductance.map(|g| device.columns(&state)[g]);
        told::tell_reading(Some(time), ramp.to, Some(row[3]), g);
        swept.add(g.filter(|_| device.memory().is_some()), spent);
        row.extend(&device.columns(&state)[..kind.shown]);
        row.extend(&[spent.device, spent.limiter][..if limited { 2 } else { 1 }]);
        table.push(&row);
    }
    swept.tell(time);
    table
}

/// What one repetition of a sweep has done to a conductance that stays.
#[derive(Default)]
struct Swept {
    cycle: u32,
    before: f64,
    after: Option<f64>,
    spent: Energies,
}

impl Swept {
    fn add(&mut self, g: Option<f64>, spent: Energies) {
        self.after = g;
        self.spent += spent;
    }

    fn tell(&self, time: f64) {
        if let Some(after) = self.after {
            told::tell_change(Some(time), None, self.before, after, self.spent);
        }
    }
}

/// The first row after `from` in which `is` is another than in row `from`.
#[must_use]
pub fn change(values: &[f64], from: usize, is: impl Fn(f64) -> bool) -> Option<usize> {
    let first = is(*values.get(from)?);
    (from + 1..values.len()).find(|&row| is(values[row]) != first)
}

/// The voltages at which the column "on" of a loop changes first, and then back.
#[must_use]
pub fn turns(table: &Table) -> [Option<f64>; 2] {
    let (v, on) = (table.column("voltage"), table.column("on"));
    let up = change(on, 0, |on| on > 0.5);
    let down = up.and_then(|row| change(on, row, |on| on > 0.5));
    [up, down].map(|row| row.map(|row| v[row]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::memory::BinaryMemory;
    use crate::device::resistive::BinarySwitch;
    use crate::device::threshold::{ThresholdSwitch, VolatileSwitch};

    /// Voltage of the first row whose `column` has changed from that of row `from`.
    fn changed(table: &Table, column: &str, from: usize) -> (usize, f64) {
        let values = table.values(column).unwrap();
        let row = (from..values.len()).find(|&k| values[k] != values[from]).unwrap();
        (row, table.values("voltage").unwrap()[row])
    }

    #[test]
    fn the_switch_loop_of_fig_1c_turns_on_at_0_25_and_off_at_0_10_volts() {
        let sweep = Sweep { samples: 1000, ..Sweep::through(&[0.0, 0.5, 0.0]) };
        let draws = Draws::new(1, false);
        let switch = Open::new(VolatileSwitch::from(ThresholdSwitch::default()));
        let table = iv(&switch, &switch.start(&draws), &sweep, &draws);
        let (row, on) = changed(&table, "on", 0);
        let (_, off) = changed(&table, "on", row);
        assert!((on - 0.25).abs() < 0.001 && (off - 0.10).abs() < 0.0011, "{on} {off}");
        let largest = table.values("current").unwrap().iter().copied().fold(0.0, f64::max);
        assert_eq!(largest, 7e-6, "the compliance");
    }

    #[test]
    fn the_loop_of_fig_1d_sets_at_0_12_and_is_off_again_after_minus_0_1_volts() {
        let d = BinarySwitch { threshold_cv: 0.0, ..BinarySwitch::default() };
        let (memory, draws) = (Open::new(BinaryMemory::from(d.clone())), Draws::new(1, false));
        let sweep = Sweep::through(&[0.0, 0.2, 0.0, -0.1, 0.0]);
        let table = iv(&memory, &memory.start(&draws), &sweep, &draws);
        let (row, set) = changed(&table, "conductance", 0);
        let (_, reset) = changed(&table, "conductance", row);
        assert!((set - 0.12).abs() < 0.0011 && (-0.1..=-0.08).contains(&reset), "{set} {reset}");
        assert_eq!(*table.values("conductance").unwrap().last().unwrap(), d.median(false));
        let largest = table.values("current").unwrap().iter().copied().fold(0.0, f64::max);
        assert!((largest - 1e-3).abs() < 1e-15, "0.2 V reach the compliance of 1 mA");
    }
}
