//! Learning windows of a device from pairs of pulses.

use super::Table;
use super::told;
use crate::device::overlap::{SpikePulse, WindowFit, fit_exponential, lone_doses, window_point};
use crate::device::resistive::DoseDevice;
use crate::units::{Second, Siemens};
use serde::{Deserialize, Serialize};

/// Which pairs are applied, each to a fresh device.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StdpOptions {
    /// Conductance before each pair.
    pub g0: Siemens,
    /// Largest |dt|.
    pub reach: Second,
    /// From one |dt| to the next.
    pub step: Second,
    /// Smallest |dt| of the fit: the lobes must be apart.
    pub fit_from: Second,
}

impl Default for StdpOptions {
    fn default() -> Self {
        Self {
            g0: Siemens::new(1e-3),
            reach: Second::new(0.15),
            step: Second::new(5e-3),
            fit_from: Second::new(0.01),
        }
    }
}

/// Change against dt. Columns: dt, change in percent of G0, SET and RESET dose, clipped, device energy.
#[must_use]
pub fn stdp(device: &DoseDevice, pulse: &SpikePulse, options: &StdpOptions) -> Table {
    let mut table = Table::new(&[
        ("dt", "s"),
        ("change", "%"),
        ("set dose", ""),
        ("reset dose", ""),
        ("clipped", ""),
        ("device energy", "J"),
    ]);
    let step = options.step.get();
    let n = if step > 0.0 { (options.reach.get() / step + 0.5).floor().min(1e6) as i64 } else { 0 };
    for k in -n..=n {
        let p = window_point(device, pulse, options.g0.get(), k as f64 * step);
        let after = options.g0.get() * (1.0 + p.percent / 100.0);
        told::tell_change(None, Some(p.dt), options.g0.get(), after, p.energies);
        let clipped = f64::from(u8::from(p.clipped));
        table.push(&[p.dt, p.percent, p.doses.0, p.doses.1, clipped, p.energies.device]);
    }
    let [pre, post] = lone_doses(device, pulse);
    table.notes.push(format!(
        "a lone spike's doses (set, reset): pre ({:.3e}, {:.3e}), post ({:.3e}, {:.3e})",
        pre.0, pre.1, post.0, post.1
    ));
    for (side, fit) in ["potentiation", "depression"].iter().zip(stdp_fits(&table, options)) {
        table.notes.push(match fit {
            Some(f) => format!(
                "{side}: W = {:.2} %, tau = {:.2} ms; rms residual {:.2} %, largest {:.2} %",
                f.amplitude,
                f.tau * 1e3,
                f.rms,
                f.largest
            ),
            None => format!("{side}: no decaying exponential fits"),
        });
    }
    table
}

/// Exponentials fitted to both sides of a table of [`stdp`], from `fit_from` on.
#[must_use]
pub fn stdp_fits(table: &Table, options: &StdpOptions) -> [Option<WindowFit>; 2] {
    let (Some(dt), Some(change)) = (table.values("dt"), table.values("change")) else { return [None, None] };
    [1.0, -1.0].map(|sign| {
        let from = options.fit_from.get() * (1.0 - 1e-9);
        let points: Vec<(f64, f64)> =
            dt.iter().zip(change).map(|(&t, &y)| (t, y)).filter(|p| p.0 * sign >= from).collect();
        fit_exponential(&points)
    })
}
