//! Both states of a device left alone and read now and then.

use super::Table;
use super::told;
use crate::device::retention::Retention;
use crate::units::{Second, Siemens};
use serde::{Deserialize, Serialize};

/// How long, how often, how many devices.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RetentionOptions {
    /// Conductance on.
    pub g_on: Siemens,
    /// Conductance off.
    pub g_off: Siemens,
    /// How long.
    pub length: Second,
    /// Reads, evenly spaced.
    pub samples: u32,
    /// Devices, each with its own lifetime; the table has their median and tenths.
    pub devices: u32,
    /// Of the lifetimes.
    pub seed: u64,
}

/// Columns: time, conductance on (median, lowest and highest tenth of the devices), off, window.
#[must_use]
pub fn retention(model: &Retention, options: &RetentionOptions) -> Table {
    let mut table = Table::new(&[
        ("time", "s"),
        ("on", "S"),
        ("on lowest tenth", "S"),
        ("on highest tenth", "S"),
        ("off", "S"),
        ("window", ""),
    ]);
    let devices = options.devices.max(1);
    let lifetimes: Vec<f64> = (0..devices).map(|id| model.lifetime(options.seed, id)).collect();
    let samples = options.samples.max(1);
    for k in 0..=samples {
        let t = options.length.get() * f64::from(k) / f64::from(samples);
        let mut on: Vec<f64> =
            lifetimes.iter().map(|&l| model.conductance(options.g_on.get(), t, l)).collect();
        on.sort_unstable_by(f64::total_cmp);
        let at = |part: f64| on[((on.len() - 1) as f64 * part + 0.5) as usize];
        let off = model.conductance(options.g_off.get(), t, 1.0);
        table.push(&[t, at(0.5), at(0.1), at(0.9), off, at(0.5) / off]);
        told::tell_reading(Some(t), 0.0, None, Some(at(0.5)));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::retention::DecayLaw;

    #[test]
    fn both_states_hold_for_4000_seconds_with_a_window_above_1e4() {
        let model = Retention {
            law: DecayLaw::Exponential { tau: Second::new(78e3), b: 1.0 },
            g_inf: Siemens::new(3.16e-7),
            lifetime_sigma: 0.0,
        };
        let options = RetentionOptions {
            g_on: Siemens::new(5e-3),
            g_off: Siemens::new(3.16e-7),
            length: Second::new(4000.0),
            samples: 40,
            devices: 1,
            seed: 1,
        };
        let table = retention(&model, &options);
        let (on, window) = (table.values("on").unwrap(), table.values("window").unwrap());
        assert!((on[40] / on[0] - 0.95).abs() < 1e-3 && window[40] > 1e4);
        assert_eq!(table.len(), 41);
        let spread = retention(
            &Retention { lifetime_sigma: 0.7, ..model },
            &RetentionOptions { devices: 99, ..options },
        );
        assert!(spread.values("on lowest tenth").unwrap()[40] < spread.values("on").unwrap()[40]);
    }
}
