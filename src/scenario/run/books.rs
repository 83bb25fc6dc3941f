//! The energy ledger of some presentations: counts of rows and spikes times what each costs.
//!
//! A row that arrives is read with one pulse on all its devices: V^2 t times the row's conductance sum.
//! A spike keeps its switch in compliance for the stated on-time (`lif`) or the device's own (`switch`):
//! I_cc^2 / G_on in the device, the rest of the drive in the limiter. Sums run in index order: rows, then populations.

use super::super::plan::Plan;
use crate::crossbar::Array;
use crate::energy::{Category, Ledger, limiter_energy, switch_on_energy};
use crate::neuron::Neuron;
use crate::time::FS_PER_SECOND;
use crate::training::Totals;
use crate::units::{Quantity as _, Second};

/// What is not in any total before the device models of programming, wires and drivers exist.
const NOT_MODELLED: [Category; 4] =
    [Category::Program, Category::Wire, Category::HalfSelect, Category::Periphery];

/// Books rows and spikes. `arrays` has one entry per projection; `square_voltage` is the integral of u^2
/// (V^2 s) over the neurons of `leaking`, where it was integrated.
pub fn book(plan: &Plan, arrays: &[Option<Array>], totals: &Totals, leaking: Option<(usize, f64)>) -> Ledger {
    let mut ledger = Ledger { not_modelled: NOT_MODELLED.to_vec(), ..Ledger::default() };
    for (index, array) in arrays.iter().enumerate() {
        let description = &plan.projections[index];
        if let (Some(array), Some(device), Some(rows)) = (array, &description.device, totals.rows.get(index))
        {
            let mut joules = 0.0;
            for (row, &count) in rows.iter().enumerate() {
                joules += count as f64 * array.read_energy(row, &device.read);
            }
            ledger.book(&description.name, Category::Read, joules);
        }
    }
    let held = totals.held.iter().chain(std::iter::repeat(&0));
    for ((population, &spikes), &held) in plan.populations.iter().zip(&totals.spikes).zip(held) {
        let switch = &population.switch;
        let spikes = spikes as f64;
        let of = |time: Second| {
            let on = switch_on_energy(switch.i_cc, switch.g_on, time);
            (on, limiter_energy(switch.v_drive, switch.i_cc, switch.g_on, time))
        };
        let (on, limiter) = match population.neuron {
            Neuron::Lif(_) => {
                let (on, limiter) = of(switch.on_time);
                (spikes * on, spikes * limiter)
            }
            // The engine knows how long each spike kept its switch on.
            Neuron::Switch(_) => of(Second::from_si(held as f64 / FS_PER_SECOND).unwrap_or(Second::ZERO)),
        };
        ledger.book(&population.name, Category::Neuron, on);
        ledger.book(&population.name, Category::Limiter, limiter);
    }
    match leaking {
        Some((population, square_voltage)) => {
            let population = &plan.populations[population];
            ledger.book(&population.name, Category::Leakage, population.switch.g_off.get() * square_voltage);
        }
        None => ledger.not_modelled.push(Category::Leakage),
    }
    ledger.not_modelled.sort_unstable();
    ledger
}
