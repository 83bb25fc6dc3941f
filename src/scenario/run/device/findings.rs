//! What one experiment with a device gave.

use crate::device::protocol::Table;
use crate::scenario::device::Curve;

/// What one experiment gave.
#[derive(Debug, Default)]
pub struct Findings {
    pub curves: Vec<Curve>,
    pub measured: Vec<(&'static str, Option<f64>)>,
    /// Simulated seconds.
    pub seconds: f64,
    /// Joules in device and limiter.
    pub energy: (f64, f64),
    pub notes: Vec<String>,
}

impl Findings {
    pub fn curve(&mut self, name: &str, table: Table) {
        self.notes.extend(table.notes.iter().cloned());
        self.curves.push(Curve { name: name.into(), table });
    }

    pub fn measure(&mut self, name: &'static str, value: impl Into<Option<f64>>) {
        self.measured.push((name, value.into()));
    }

    /// Books the energy columns of a table, and measures them.
    pub fn energies(&mut self, table: &Table) {
        let sum = |name: &str| table.values(name).unwrap_or_default().iter().fold(0.0, |sum, j| sum + j);
        self.energy = (sum("device energy"), sum("limiter energy"));
        self.measure("device_energy", self.energy.0);
        self.measure("limiter_energy", self.energy.1);
    }
}
