//! SET and RESET again and again.

use super::Table;
use super::told;
use crate::device::circuit::{Energies, Ramp};
use crate::device::endurance::Endurance;
use crate::device::model::{Draws, Model as _};
use crate::device::resistive::{PulseDraw, Resistive};
use crate::device::threshold::VolatileSwitch;
use crate::units::{Second, Volt};
use serde::{Deserialize, Serialize};

/// Triangular sweeps 0 -> v_set -> 0 -> v_reset -> 0, resistances read after each half.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CycleOptions {
    /// How many.
    pub cycles: u64,
    /// Where the SET half turns round.
    pub v_set: Volt,
    /// Where the RESET half turns round; negative.
    pub v_reset: Volt,
    /// Duration of one edge of a sweep.
    pub edge: Second,
    /// Of all draws.
    pub seed: u64,
    /// Which device.
    pub entity: u32,
}

impl Default for CycleOptions {
    fn default() -> Self {
        Self {
            cycles: 100,
            v_set: Volt::new(0.2),
            v_reset: Volt::new(-0.1),
            edge: Second::new(20.0),
            seed: 1,
            entity: 0,
        }
    }
}

/// Mean and coefficient of variation, of the values and of their logarithms to the base 10.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// Of how many values.
    pub count: u64,
    /// Of the values.
    pub mean: f64,
    /// sigma/mean of R.
    pub cv: f64,
    /// Mean of log10 R.
    pub log_mean: f64,
    /// sigma/mean of log10 R: the other reading of a printed coefficient of variation.
    pub log_cv: f64,
}

impl Moments {
    /// Of positive values.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let spread = |f: fn(f64) -> f64| {
            let mean = values.iter().map(|&x| f(x)).sum::<f64>() / n;
            let square = values.iter().map(|&x| (f(x) - mean) * (f(x) - mean)).sum::<f64>();
            (mean, (square / (n - 1.0)).sqrt() / mean)
        };
        if values.len() < 2 {
            let mean = values.first().copied().unwrap_or(0.0);
            return Self { count: values.len() as u64, mean, ..Self::default() };
        }
        let (mean, cv) = spread(|x| x);
        let (log_mean, log_cv) = spread(|x| crate::numeric::ln(x) / std::f64::consts::LN_10);
        Self { count: values.len() as u64, mean, cv, log_mean, log_cv }
    }

    /// Relative standard error of `cv` for nearly normal values: 1/sqrt(2 (n - 1)).
    #[must_use]
    pub fn cv_error(&self) -> f64 {
        if self.count < 2 { f64::INFINITY } else { 1.0 / (2.0 * (self.count - 1) as f64).sqrt() }
    }
}

/// What the cycles add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CycleStatistics {
    /// Resistances after a SET that did not fail; of a threshold switch the voltages at which it turns on and off.
    pub r_on: Moments,
    /// The same after RESET.
    pub r_off: Moments,
    /// Half cycles after which the device was not in the state asked for.
    pub failed_sets: u64,
    /// The same of RESETs.
    pub failed_resets: u64,
    /// Of all cycles.
    pub energies: Energies,
}

/// Cycles a device whose conductance stays, from conductance `g`. Columns: cycle, R after SET, R after RESET. Cumulative
/// probabilities are those of the sorted columns. With `endurance` the window of a device that is on or off shrinks as the
/// cycles go on; of one without such states nothing is counted as failed.
#[must_use]
pub fn cycles(
    device: &dyn Resistive,
    g: f64,
    endurance: Option<&Endurance>,
    options: &CycleOptions,
) -> (Table, CycleStatistics) {
    let mut table = Table::new(&[("cycle", ""), ("r_on", "Ohm"), ("r_off", "Ohm")]);
    for column in &mut table.columns {
        column.values.reserve(options.cycles.min(1 << 24) as usize);
    }
    let edge = options.edge.get();
    let leg = |from: f64, to: f64| Ramp { from, to, length: edge };
    let (v_set, v_reset) = (options.v_set.get(), options.v_reset.get());
    let legs = [[leg(0.0, v_set), leg(v_set, 0.0)], [leg(0.0, v_reset), leg(v_reset, 0.0)]];
    let (mut g, mut statistics) = (g, CycleStatistics::default());
    // Resistances of halves that came to the state asked for: the others are counted.
    let mut reached = [Vec::new(), Vec::new()];
    for cycle in 0..options.cycles {
        // Two programming pulses a cycle.
        let worn = endurance.and_then(|endurance| device.worn(endurance.window_share(2 * cycle)));
        let device = worn.as_deref().unwrap_or(device);
        let mut resistance = [0.0; 2];
        for (half, legs) in legs.iter().enumerate() {
            let draw = PulseDraw::Keyed {
                seed: options.seed,
                entity: options.entity,
                count: 2 * cycle + half as u64,
            };
            let (before, mut spent) = (g, Energies::default());
            for &ramp in legs {
                let step = device.apply(g, ramp, draw);
                g = step.g;
                spent += step.energies;
                statistics.energies += step.energies;
            }
            told::tell_change(Some(edge * (4 * cycle + 2 * half as u64 + 2) as f64), None, before, g, spent);
            resistance[half] = 1.0 / g;
            let on = device.switched(g);
            let failed = on.is_some_and(|on| on != (half == 0));
            if !failed {
                reached[half].push(resistance[half]);
            }
            statistics.failed_sets += u64::from(half == 0 && failed);
            statistics.failed_resets += u64::from(half == 1 && failed);
        }
        table.push(&[cycle as f64, resistance[0], resistance[1]]);
    }
    [statistics.r_on, statistics.r_off] = reached.map(|reached| Moments::of(&reached));
    if let Some(warning) = endurance.and_then(|e| e.warning(options.cycles)) {
        table.notes.push(warning);
    }
    (table, statistics)
}

/// Sweeps a threshold switch 0 -> v_set -> 0 again and again (v_reset does not matter). Columns: cycle, voltage at which
/// it turned on, voltage at which it turned off; a cycle in which it did not turn on has zeros and is counted.
#[must_use]
pub fn cycles_switch(device: &VolatileSwitch, options: &CycleOptions) -> (Table, CycleStatistics) {
    let mut table = Table::new(&[("cycle", ""), ("v_on", "V"), ("v_off", "V")]);
    let (edge, top) = (options.edge.get(), options.v_set.get());
    let draws = Draws { device: options.entity, ..Draws::new(options.seed, true) };
    let mut state = device.start(&draws);
    let (mut statistics, mut switchings) = (CycleStatistics::default(), Vec::new());
    for cycle in 0..options.cycles {
        let mut at = [0.0; 2];
        for (half, (from, to)) in [(0.0, top), (top, 0.0)].into_iter().enumerate() {
            let ramp = Ramp { from, to, length: edge };
            let spent = device.apply(&mut state, ramp, &draws, &mut switchings);
            told::tell_switchings(edge * (2 * cycle + half as u64) as f64, ramp, &switchings);
            statistics.energies += spent.off + spent.on;
            for switching in switchings.drain(..) {
                // The first turn-on and the last turn-off of a cycle.
                let slot = usize::from(!switching.on);
                if slot == 1 || at[0] == 0.0 {
                    at[slot] = ramp.at(switching.after);
                }
            }
        }
        statistics.failed_sets += u64::from(at[0] == 0.0);
        table.push(&[cycle as f64, at[0], at[1]]);
    }
    let seen = |name: &str| -> Vec<f64> {
        table.values(name).unwrap_or_default().iter().copied().filter(|v| *v > 0.0).collect()
    };
    statistics.r_on = Moments::of(&seen("v_on"));
    statistics.r_off = Moments::of(&seen("v_off"));
    (table, statistics)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::resistive::{BinarySwitch, ResistanceSpread};

    fn cycled(
        device: &BinarySwitch,
        endurance: Option<&Endurance>,
        options: &CycleOptions,
    ) -> (Table, CycleStatistics) {
        cycles(device, device.median(false), endurance, options)
    }

    #[test]
    fn a_failed_reset_is_counted_and_not_spread() {
        // RESET at 0.08 V with 5 % of spread, swept to its mean: half of them fail and leave 200 Ohm.
        let options = CycleOptions { cycles: 200, v_reset: Volt::new(-0.08), ..CycleOptions::default() };
        let (_, s) = cycled(&BinarySwitch::default(), None, &options);
        assert!((60..140).contains(&s.failed_resets), "{s:?}");
        assert_eq!(s.r_off.count + s.failed_resets, 200);
        assert!(s.r_off.cv < 0.02, "1.15 % from cycle to cycle: {s:?}");
    }

    #[test]
    fn cycles_of_fig_2a_have_the_printed_spread_in_either_reading() {
        // 1e4 cycles determine a coefficient of variation to 2.1 % (three standard errors).
        let options = CycleOptions { cycles: 10_000, ..CycleOptions::default() };
        let (_, s) = cycled(&BinarySwitch::default(), None, &options);
        assert!(
            (s.r_on.cv / 0.0081 - 1.0).abs() < 0.022 && (s.r_off.cv / 0.0115 - 1.0).abs() < 0.022,
            "{s:?}"
        );
        assert!(s.r_off.mean / s.r_on.mean > 1e4);
        assert_eq!((s.failed_sets, s.failed_resets), (0, 0));
        assert!((s.r_on.cv_error() * 3.0 - 0.021).abs() < 0.001);
        let r_on = 316.227_766;
        let log = BinarySwitch {
            r_on: crate::units::Ohm::new(r_on),
            spread: ResistanceSpread::log_reading(0.0081, 0.0115, 2.5, 6.5),
            ..BinarySwitch::default()
        };
        let (_, s) = cycled(&log, None, &options);
        assert!((s.r_on.log_cv / 0.0081 - 1.0).abs() < 0.022, "{s:?}");
        assert!((s.r_off.log_cv / 0.0115 - 1.0).abs() < 0.022, "{s:?}");
    }

    #[test]
    fn energies_of_all_cycles_balance() {
        let (_, s) = cycled(&BinarySwitch::default(), None, &CycleOptions::default());
        assert!(s.energies.imbalance().abs() < 1e-9 && s.energies.limiter > 0.0);
    }

    #[test]
    fn a_worn_device_loses_its_window_and_says_so() {
        let endurance = Endurance { n_f: 400.0, ..Endurance::default() };
        let options = CycleOptions { cycles: 150, ..CycleOptions::default() };
        let (table, _) = cycled(&BinarySwitch::default(), Some(&endurance), &options);
        let r_off = table.values("r_off").unwrap();
        assert!(r_off[149] < 1e-2 * r_off[0], "{} {}", r_off[0], r_off[149]);
        assert_eq!(table.notes.len(), 1);
    }
}
