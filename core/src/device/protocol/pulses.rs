//! Trains of equal pulses.

use super::Table;
use super::told;
use crate::device::circuit::{Energies, Ramp};
use crate::device::model::{Draws, Model as _};
use crate::device::open::Open;
use crate::device::resistive::{PulseDraw, Resistive};
use crate::device::threshold::{ThresholdSwitch, VolatileSwitch};
use crate::plain::Words;
use crate::units::{Second, Volt};
use serde::{Deserialize, Serialize};

/// A train of rectangular pulses.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PulseProtocol {
    /// Height.
    pub amplitude: Volt,
    /// Width of a pulse.
    pub width: Second,
    /// From start to start; used where the device relaxes in between.
    pub period: Second,
    /// How many.
    pub count: u32,
}

/// Conductance of a non-volatile device pulse by pulse, through the trains in order. The first row is the start.
/// Columns: pulse, amplitude, conductance, energies of the pulse.
#[must_use]
pub fn pulses_resistive(
    device: &dyn Resistive,
    g: f64,
    trains: &[PulseProtocol],
    seed: Option<u64>,
) -> Table {
    let mut table = Table::new(&[
        ("pulse", ""),
        ("amplitude", "V"),
        ("conductance", "S"),
        ("device energy", "J"),
        ("limiter energy", "J"),
    ]);
    table.push(&[0.0, 0.0, g, 0.0, 0.0]);
    let (mut g, mut count) = (g, 0u64);
    for train in trains {
        let v = train.amplitude.get();
        for _ in 0..train.count {
            let draw = seed.map_or(PulseDraw::None, |seed| PulseDraw::Keyed { seed, entity: 0, count });
            let step = device.apply(g, Ramp { from: v, to: v, length: train.width.get() }, draw);
            let end = train.period.get() * count as f64 + train.width.get();
            told::tell_change(Some(end), None, g, step.g, step.energies);
            g = step.g;
            count += 1;
            table.push(&[count as f64, v, g, step.energies.device, step.energies.limiter]);
        }
    }
    table
}

/// A train on any device, from a state: at rest, and then at `samples` instants of every pulse and of every pause, the
/// last at its end. Columns: time, voltage of the piece that ends here, current, its variables, energies.
#[must_use]
pub fn pulses(device: &Open, start: &Words, train: &PulseProtocol, samples: u32, draws: &Draws) -> Table {
    let kind = device.kind();
    let columns: Vec<(&str, &str)> = [("time", "s"), ("voltage", "V"), ("current", "A")]
        .into_iter()
        .chain(kind.variables[..kind.shown].iter().copied())
        .chain([("device energy", "J"), ("limiter energy", "J")])
        .collect();
    let mut table = Table::new(&columns);
    let (mut state, mut row) = (*start, Vec::new());
    let mut push = |time: f64, v: f64, state: &Words, spent: Energies| {
        row.clear();
        row.extend([time, v, device.current(state, v)]);
        told::tell_reading(Some(time), v, Some(row[2]), None);
        row.extend(&device.columns(state)[..kind.shown]);
        row.extend([spent.device, spent.limiter]);
        table.push(&row);
    };
    push(0.0, 0.0, &state, Energies::default());
    let samples = samples.max(1);
    let width = train.width.get();
    for pulse in 0..train.count {
        let begin = train.period.get() * f64::from(pulse);
        let parts = [(train.amplitude.get(), width, 0.0), (0.0, train.period.get() - width, width)];
        for (v, length, offset) in parts.into_iter().filter(|part| part.1 > 0.0) {
            for k in 1..=samples {
                let ramp = Ramp { from: v, to: v, length: length / f64::from(samples) };
                let at = begin + offset + length * f64::from(k - 1) / f64::from(samples);
                let draws = Draws { pulse: u64::from(pulse), ..*draws };
                let spent = told::advance(device, &mut state, ramp, &draws, at);
                push(begin + offset + length * f64::from(k) / f64::from(samples), v, &state, spent);
            }
        }
    }
    table
}

/// Integrate and fire: the state of a threshold switch at rest, and then at `samples` instants of every pulse and of
/// every pause, the last at its end. Columns: time, voltage of the piece that ends here, state, on, conductance, times it
/// turned on so far, energies.
#[must_use]
pub fn pulses_switch(device: &VolatileSwitch, train: &PulseProtocol, samples: u32, draws: &Draws) -> Table {
    let mut table = Table::new(&[
        ("time", "s"),
        ("voltage", "V"),
        ("state", "V"),
        ("on", ""),
        ("conductance", "S"),
        ("spikes", ""),
        ("device energy", "J"),
        ("limiter energy", "J"),
    ]);
    let mut state = device.start(draws);
    table.push(&[0.0, 0.0, device.switch.u(&state), 0.0, device.columns(&state)[3], 0.0, 0.0, 0.0]);
    let (width, period) = (train.width.get(), train.period.get());
    let samples = samples.max(1);
    let mut switchings = Vec::new();
    for pulse in 0..train.count {
        let begin = period * f64::from(pulse);
        for (v, length, offset) in [(train.amplitude.get(), width, 0.0), (0.0, period - width, width)] {
            // Without a pause there is nothing to sample.
            let pieces = if length > 0.0 { samples } else { 0 };
            for k in 0..pieces {
                let ramp = Ramp { from: v, to: v, length: length / f64::from(samples) };
                let e = device.apply(&mut state, ramp, draws, &mut switchings);
                let e = e.off + e.on;
                let at = |k: u32| begin + offset + length * f64::from(k) / f64::from(samples);
                told::tell_switchings(at(k), ramp, &switchings);
                switchings.clear();
                let g = device.columns(&state)[3];
                told::tell_reading(Some(at(k + 1)), v, None, Some(g));
                // It turned on once for every return to off, and once more if it is on.
                let spikes = state.cycles as f64 + f64::from(u8::from(state.on));
                table.push(&[
                    at(k + 1),
                    v,
                    device.switch.u(&state),
                    f64::from(u8::from(state.on)),
                    g,
                    spikes,
                    e.device,
                    e.limiter,
                ]);
            }
        }
    }
    table
}

/// A switch that has just fired, left alone (fig. 4c). Columns: time, state, on, conductance.
#[must_use]
pub fn relaxation_switch(switch: &ThresholdSwitch, length: Second, samples: u32) -> Table {
    let mut table = Table::new(&[("time", "s"), ("state", "V"), ("on", ""), ("conductance", "S")]);
    let device = VolatileSwitch::from(switch.clone());
    let draws = Draws::new(0, false);
    let mut state = device.switch.fired();
    let at = |k: u32| length.get() * f64::from(k) / f64::from(samples.max(1));
    for k in 0..=samples.max(1) {
        let ramp = Ramp { from: 0.0, to: 0.0, length: at(k) - at(k.saturating_sub(1)) };
        let mut switchings = Vec::new();
        device.apply(&mut state, ramp, &draws, &mut switchings);
        told::tell_switchings(at(k.saturating_sub(1)), ramp, &switchings);
        let columns = device.columns(&state);
        told::tell_reading(Some(at(k)), 0.0, None, Some(columns[3]));
        table.push(&[at(k), columns[0], columns[1], columns[3]]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::resistive::BinarySwitch;

    #[test]
    fn the_switch_integrates_until_the_counted_pulse() {
        let switch = ThresholdSwitch { u_rest: Volt::ZERO, ..ThresholdSwitch::default() };
        let train = PulseProtocol {
            amplitude: Volt::new(0.5),
            width: Second::new(1e-3),
            period: Second::new(2e-3),
            count: 20,
        };
        let table = pulses_switch(&switch.into(), &train, 1, &Draws::new(1, false));
        let first = table.values("spikes").unwrap().iter().position(|&n| n > 0.0).unwrap();
        assert_eq!((first - 1) / 2 + 1, 15, "two rows a pulse after the start");
    }

    #[test]
    fn relaxation_has_the_papers_time_constant() {
        let table = relaxation_switch(&ThresholdSwitch::default(), Second::new(0.0941), 1000);
        let u = table.values("state").unwrap();
        assert!(((u[100] - 0.43e-3) / (u[0] - 0.43e-3) - (-1.0f64).exp()).abs() < 1e-12);
    }

    #[test]
    fn trains_follow_one_another() {
        let d = BinarySwitch { threshold_cv: 0.0, ..BinarySwitch::default() };
        let train = |v: f64| PulseProtocol {
            amplitude: Volt::new(v),
            width: Second::new(1e-3),
            period: Second::new(2e-3),
            count: 3,
        };
        let table = pulses_resistive(&d, d.median(false), &[train(0.2), train(-0.2)], None);
        let g = table.values("conductance").unwrap();
        assert_eq!(g, [d.median(false), 5e-3, 5e-3, 5e-3, d.median(false), d.median(false), d.median(false)]);
    }
}
