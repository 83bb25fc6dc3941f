//! One device over its life: programmed, held, worn, perhaps stuck.

use super::circuit::Energies;
use super::endurance::Endurance;
use super::fault::Fault;
use super::resistive::{Applied, PulseDraw, Resistive};
use super::retention::Retention;
use crate::time::{FS_PER_SECOND, Time};
use crate::waveform::Waveform;
use serde::{Deserialize, Serialize};

/// State of one non-volatile device.
///
/// `g` is the conductance it was last programmed to, `held_fs` the time since then: a whole number of
/// femtoseconds, so that waiting in pieces or at once is the same to the last bit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Conductance it was programmed to, in siemens.
    pub g: f64,
    /// Time since then, in femtoseconds.
    pub held_fs: u128,
    /// Pulses applied: the count behind the next pulse's draws.
    pub pulses: u64,
    /// Pulses that programmed: what wears.
    pub programmed: u64,
    /// What is wrong with it, if anything.
    pub fault: Option<Fault>,
}

/// What does not change in a cell: its model and its own constants.
#[derive(Clone, Copy, Debug)]
pub struct CellModel<'a, D: Resistive> {
    /// The model.
    pub device: &'a D,
    /// How its conductance decays.
    pub retention: &'a Retention,
    /// How it wears out; `None`: it does not.
    pub endurance: Option<&'a Endurance>,
    /// Seed of the run.
    pub seed: u64,
    /// Its number: part of the address of every draw.
    pub entity: u32,
    /// Whether pulses are noisy.
    pub noise: bool,
}

impl Cell {
    /// Freshly programmed to `g`.
    #[must_use]
    pub fn new(g: f64) -> Self {
        Self { g, held_fs: 0, pulses: 0, programmed: 0, fault: None }
    }

    /// Lets time pass.
    pub fn wait(&mut self, span: Time) {
        self.wait_fs(u128::from(span.fs()));
    }

    /// Lets any number of femtoseconds pass: ages are not bound by the 2.56 h of an episode.
    pub fn wait_fs(&mut self, span: u128) {
        self.held_fs = self.held_fs.saturating_add(span);
    }

    /// The present conductance, in siemens.
    #[must_use]
    pub fn conductance<D: Resistive>(&self, model: &CellModel<'_, D>) -> f64 {
        if let Some(fault) = self.fault {
            let bounds = model.device.bounds();
            return fault.conductance(bounds.g_min, bounds.g_max);
        }
        let seconds = self.held_fs as f64 / FS_PER_SECOND;
        model.retention.conductance(self.g, seconds, model.retention.lifetime(model.seed, model.entity))
    }

    /// Applies a pulse and lets its duration pass.
    ///
    /// Noise is drawn once and the pulse counted once. Only a pulse that programs restarts retention, at its end
    /// (a pulse is short against a lifetime); a pulse below threshold is time passing.
    pub fn pulse<D: Resistive>(&mut self, model: &CellModel<'_, D>, pulse: &Waveform) -> Applied {
        let draw = if model.noise {
            PulseDraw::Keyed { seed: model.seed, entity: model.entity, count: self.pulses }
        } else {
            PulseDraw::None
        };
        let g = self.conductance(model);
        let mut applied = model.device.apply_pulse(g, pulse, draw);
        self.pulses += 1;
        if self.fault.is_some() {
            applied = Applied { g, energies: Energies::default(), dose: 0.0 };
        }
        if applied.dose > 0.0 {
            self.g = applied.g;
            self.held_fs = 0;
        } else {
            self.wait(pulse.end());
        }
        if let Some(endurance) = model.endurance
            && applied.dose > endurance.d_min
        {
            self.programmed += 1;
            if self.programmed as f64 >= endurance.survives(model.seed, model.entity) {
                let g = crate::units::Quantity::from_si(self.g);
                self.fault = g.map(Fault::StuckAt);
            }
        }
        applied
    }
}

#[cfg(test)]
mod tests {
    use super::super::resistive::BinarySwitch;
    use super::super::retention::DecayLaw;
    use super::*;
    use crate::units::{Second, Siemens};
    use proptest::prelude::*;

    fn retention() -> Retention {
        Retention {
            law: DecayLaw::Exponential { tau: Second::new(7.8e4), b: 0.6 },
            g_inf: Siemens::new(3.16e-7),
            lifetime_sigma: 0.5,
        }
    }

    fn ms(t: u64) -> Time {
        Time::from_fs(t * 1_000_000_000_000)
    }

    #[test]
    fn a_stuck_device_ignores_pulses_and_time() {
        let (device, retention) = (BinarySwitch::default(), retention());
        let model = CellModel {
            device: &device,
            retention: &retention,
            endurance: None,
            seed: 1,
            entity: 0,
            noise: true,
        };
        let mut cell = Cell { fault: Some(Fault::StuckOff), ..Cell::new(5e-3) };
        let g = cell.conductance(&model);
        let applied = cell.pulse(&model, &Waveform::triangle(0.2, ms(10)));
        cell.wait(ms(1_000_000));
        assert_eq!((applied.dose, cell.conductance(&model)), (0.0, g));
        assert_eq!(g, device.bounds().g_min);
    }

    #[test]
    fn a_cell_survives_a_snapshot() {
        let cell =
            Cell { held_fs: u128::MAX / 3, pulses: 7, fault: Some(Fault::StuckOn), ..Cell::new(1.25e-3) };
        let config = bincode::config::standard();
        let bytes = bincode::serde::encode_to_vec(cell, config).unwrap();
        let (back, _): (Cell, usize) = bincode::serde::decode_from_slice(&bytes, config).unwrap();
        assert_eq!(back, cell);
    }

    #[test]
    fn a_worn_out_device_sticks_where_it_is() {
        let (device, retention) = (BinarySwitch::default(), Retention::PERFECT);
        let endurance = Endurance { n_f: 20.0, ..Endurance::default() };
        let model = CellModel {
            device: &device,
            retention: &retention,
            endurance: Some(&endurance),
            seed: 1,
            entity: 0,
            noise: false,
        };
        let mut cell = Cell::new(device.median(false));
        let mut pulses = 0;
        while cell.fault.is_none() && pulses < 1000 {
            let v = if pulses % 2 == 0 { 0.2 } else { -0.15 };
            cell.pulse(&model, &Waveform::triangle(v, ms(10)));
            pulses += 1;
        }
        assert_eq!(f64::from(pulses), endurance.survives(1, 0).ceil());
        assert_eq!(cell.programmed, pulses as u64);
    }

    proptest! {
        #[test]
        fn what_is_lost_does_not_depend_on_how_one_waits(
            spans in prop::collection::vec(1..9_000_000u64, 1..20),
            looks in prop::collection::vec(any::<bool>(), 20),
            v in -0.03..0.05f64,
        ) {
            let (device, retention) = (BinarySwitch::default(), retention());
            let model = CellModel { device: &device, retention: &retention, endurance: None, seed: 1, entity: 9, noise: true };
            let mut patient = Cell::new(5e-3);
            let mut total = 0u128;
            let mut curious = Cell::new(5e-3);
            for (span, look) in spans.iter().zip(looks) {
                if look {
                    // A look is a pulse below threshold that lasts 1 ms.
                    curious.pulse(&model, &Waveform::rectangle(v, ms(1)));
                    curious.wait(ms(span - 1));
                    let _ = curious.conductance(&model);
                } else {
                    curious.wait(ms(*span));
                }
                total += u128::from(*span);
            }
            patient.wait_fs(total * 1_000_000_000_000);
            prop_assert_eq!(patient.conductance(&model).to_bits(), curious.conductance(&model).to_bits());
            prop_assert!(patient.conductance(&model) < 5e-3);
        }
    }
}
