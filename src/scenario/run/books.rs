//! The energy ledger of some presentations: counts of rows and spikes times what each costs.
//!
//! A row that arrives is read with one pulse on all its devices: V^2 t times the row's conductance sum.
//! A spike keeps its switch in compliance for the stated on-time: I_cc^2 / G_on in the device, the rest
//! of the drive in the limiter. Sums run in index order: rows, then populations.

use super::super::plan::Plan;
use crate::crossbar::Array;
use crate::energy::{Category, Ledger, limiter_energy, switch_on_energy};
use crate::training::Totals;

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
    for (population, &spikes) in plan.populations.iter().zip(&totals.spikes) {
        let switch = &population.switch;
        let spikes = spikes as f64;
        let on = switch_on_energy(switch.i_cc, switch.g_on, switch.on_time);
        let limiter = limiter_energy(switch.v_drive, switch.i_cc, switch.g_on, switch.on_time);
        ledger.book(&population.name, Category::Neuron, spikes * on);
        ledger.book(&population.name, Category::Limiter, spikes * limiter);
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
