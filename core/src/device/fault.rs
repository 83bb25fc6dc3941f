//! Faulty devices, stuck on or stuck off; which ones is a function of their ids.

use crate::random::{Purpose, unit, word};
use serde::{Deserialize, Serialize};

/// A defect that no pulse changes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// A filament that cannot be dissolved: G_max.
    StuckOn,
    /// None that can be formed: G_min.
    StuckOff,
}

impl Fault {
    /// The conductance, in siemens.
    #[must_use]
    pub fn conductance(self, g_min: f64, g_max: f64) -> f64 {
        match self {
            Self::StuckOn => g_max,
            Self::StuckOff => g_min,
        }
    }
}

/// Probabilities of defects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FaultRates {
    /// Of devices stuck at G_max.
    pub stuck_on: f64,
    /// Of devices stuck at G_min.
    pub stuck_off: f64,
}

/// Probabilities that are not valid.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("stuck_on = {}, stuck_off = {}; required: probabilities with a sum of at most 1", crate::hint::number(*on), crate::hint::number(*off))]
pub struct FaultError {
    on: f64,
    off: f64,
}

impl FaultRates {
    /// The fault of these probabilities, if there is one.
    #[must_use]
    pub fn fault(&self) -> Option<FaultError> {
        let (on, off) = (self.stuck_on, self.stuck_off);
        let fine = on >= 0.0 && off >= 0.0 && on + off <= 1.0;
        (!fine).then_some(FaultError { on, off })
    }

    /// The defect of device `entity`, if it has one: the same whatever stands beside it.
    #[must_use]
    pub fn of(&self, seed: u64, entity: u32) -> Option<Fault> {
        if self.stuck_on + self.stuck_off == 0.0 {
            return None;
        }
        let u = unit(word(seed, Purpose::Fault, entity, 0));
        if u <= self.stuck_on {
            Some(Fault::StuckOn)
        } else if u <= self.stuck_on + self.stuck_off {
            Some(Fault::StuckOff)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_occur_as_often_as_asked_and_stay_where_they_are() {
        let rates = FaultRates { stuck_on: 0.02, stuck_off: 0.05 };
        let n = 50_000;
        let all: Vec<_> = (0..n).map(|k| rates.of(1, k)).collect();
        let share = |f: Fault| all.iter().filter(|x| **x == Some(f)).count() as f64 / f64::from(n);
        for (fault, want) in [(Fault::StuckOn, 0.02), (Fault::StuckOff, 0.05)] {
            assert!((share(fault) - want).abs() < 4.0 * (want / f64::from(n)).sqrt(), "{fault:?}");
        }
        assert_eq!(rates.of(1, 77), all[77]);
        assert_eq!(FaultRates::default().of(1, 3), None);
    }

    #[test]
    fn each_fault_has_its_conductance() {
        assert_eq!(Fault::StuckOn.conductance(1.0, 2.0), 2.0);
        assert_eq!(Fault::StuckOff.conductance(1.0, 2.0), 1.0);
    }

    #[test]
    fn probabilities_above_one_are_refused() {
        let rates = FaultRates { stuck_on: 0.9, stuck_off: 0.2 };
        assert_eq!(
            rates.fault().unwrap().to_string(),
            "stuck_on = 0.9, stuck_off = 0.2; required: probabilities with a sum of at most 1"
        );
        assert_eq!(FaultRates::default().fault(), None);
    }
}
