//! The energy ledger of some presentations: counts of rows and spikes times what each costs.
//!
//! A row that arrives is read with one pulse on all its devices: V^2 t times the row's conductance sum.
//! A spike keeps its switch in compliance for the stated on-time (`lif`) or until its circuit opens (`switch`):
//! I_cc^2 / G_on in the device, the rest of the drive in the limiter. Sums run in index order: rows, then populations.

use super::super::outcome::InferenceEnergy;
use super::super::plan::Plan;
use crate::crossbar::Array;
use crate::energy::{Category, Ledger};
use crate::network::Network;
use crate::training::Totals;

/// Joules of reading each row once; `None` for a projection without devices.
pub type RowEnergies = Vec<Option<Vec<f64>>>;

/// What is not in any total before the device models of programming, wires and drivers exist.
const NOT_MODELLED: [Category; 4] =
    [Category::Program, Category::Wire, Category::HalfSelect, Category::Periphery];

/// Books rows and spikes. `arrays` has one entry per projection; `square_voltage` is the integral of u^2
/// (V^2 s) over the neurons of `leaking`, where it was integrated.
pub fn book(plan: &Plan, arrays: &[Option<Array>], totals: &Totals, leaking: Option<(usize, f64)>) -> Ledger {
    let of = |(index, array): (usize, &Option<Array>)| -> Option<Vec<f64>> {
        let (array, device) = (array.as_ref()?, plan.projections[index].device.as_ref()?);
        Some(array.read_energies(&device.read))
    };
    book_rows(plan, &arrays.iter().enumerate().map(of).collect(), totals, leaking)
}

/// As [`book`], from what reading each row takes.
pub fn book_rows(
    plan: &Plan,
    row_energies: &RowEnergies,
    totals: &Totals,
    leaking: Option<(usize, f64)>,
) -> Ledger {
    let mut ledger = Ledger { not_modelled: NOT_MODELLED.to_vec(), ..Ledger::default() };
    for (index, energies) in row_energies.iter().enumerate() {
        if let (Some(energies), Some(rows)) = (energies, totals.rows.get(index)) {
            ledger.book_reads(&plan.projections[index].name, rows.iter().copied(), energies);
        }
    }
    neurons(plan, totals, &mut ledger);
    match leaking {
        Some((population, square_voltage)) => {
            let population = &plan.populations[population];
            if let Some(switch) = &population.switch {
                ledger.book(&population.name, Category::Leakage, switch.g_off.get() * square_voltage);
            }
        }
        None => ledger.not_modelled.push(Category::Leakage),
    }
    ledger.not_modelled.sort_unstable();
    ledger
}

/// Books what learning took: joules of reading and programming a projection (in its devices and in their limiters),
/// and the spikes of every population.
pub fn book_learning(
    plan: &Plan,
    projection: usize,
    read: f64,
    (programmed, limited): (f64, f64),
    spikes: &[u64],
) -> Ledger {
    let mut ledger = Ledger { not_modelled: NOT_MODELLED.to_vec(), ..Ledger::default() };
    ledger.not_modelled.push(Category::Leakage);
    if plan.projections[projection].device.is_some() {
        let name = &plan.projections[projection].name;
        ledger.book(name, Category::Read, read);
        ledger.book(name, Category::Program, programmed);
        if limited > 0.0 {
            ledger.book(name, Category::Limiter, limited);
        }
        ledger.not_modelled.retain(|category| *category != Category::Program);
    }
    neurons(plan, &Totals { spikes: spikes.to_vec(), ..Totals::default() }, &mut ledger);
    ledger.not_modelled.sort_unstable();
    ledger
}

/// The energy of one inference: `energy` over the presentations of `totals`, beside a multiply-accumulate per
/// weight of the projection that was trained.
pub fn inference(
    plan: &Plan,
    network: &Network,
    projection: usize,
    energy: &Ledger,
    totals: &Totals,
) -> InferenceEnergy {
    let n = totals.presentations.max(1) as f64;
    let to = plan.projections[projection].to;
    let weights = network.projections[projection].synapses(plan.populations[to].size);
    InferenceEnergy {
        per_inference: energy.scaled(1.0 / n),
        inferences: totals.presentations,
        mac_reference_j: weights as f64 * plan.record.mac_energy.get(),
        input_spikes: (totals.poisson + totals.source) as f64 / n,
        output_spikes: totals.spikes.get(to).copied().unwrap_or(0) as f64 / n,
        synaptic_events: totals.synaptic as f64 / n,
    }
}

fn neurons(plan: &Plan, totals: &Totals, ledger: &mut Ledger) {
    for (population, &spikes) in plan.populations.iter().zip(&totals.spikes) {
        // Without a device behind it a neuron spends nothing that could be told.
        let Some(switch) = &population.switch else { continue };
        ledger.book_spikes(&population.name, switch, spikes);
    }
}
