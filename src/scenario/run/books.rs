//! The energy ledger of some presentations: counts of rows and spikes times what each costs.
//!
//! A row that arrives is read with one pulse on all its devices: V^2 t times the row's conductance sum.
//! A spike keeps its switch in compliance, if it was not on already and up to the end of the episode, for the stated on-time (`lif`) or until its circuit opens (`switch`):
//! I_cc^2 / G_on in the device, the rest of the drive in the limiter. What is priced as a digital chip takes a published number
//! for each synaptic event. Neurons without device and price spend nothing that could be told. Sums run in index order: rows, then populations.

use super::super::outcome::InferenceEnergy;
use super::super::plan::{Plan, PopulationPlan, ProjectionPlan as Projection};
use super::arrays::line_energies;
use super::filaments;
use crate::crossbar::Array;
use crate::device::endurance::Endurance;
use crate::device::threshold::Circuit;
use crate::energy::{Category, Ledger};
use crate::engine::Run;
use crate::network::{Losers, Network, Rivalry, Rows};
use crate::neuron::model::Model as _;
use crate::training::Totals;
use crate::units::{Ampere, Second};

/// Joules of reading each row once; `None` for a projection without devices.
pub type RowEnergies = Vec<Option<Vec<f64>>>;

/// What is not in any total before the device models of programming, wires and drivers exist.
const NOT_MODELLED: [Category; 4] =
    [Category::Program, Category::Wire, Category::HalfSelect, Category::Periphery];

/// Books rows and spikes. `arrays` has one entry per projection. What switches spend off is told by neurons themselves, in a simulation.
pub fn book((plan, network): (&Plan, &Network), arrays: &[Option<Array>], totals: &Totals) -> Ledger {
    let of = |(index, array): (usize, &Option<Array>)| -> Option<Vec<f64>> {
        let (array, device) = (array.as_ref()?, plan.projections[index].device.as_ref()?);
        Some(line_energies(&network.projections[index], array, &device.read))
    };
    book_rows((plan, network), &arrays.iter().enumerate().map(of).collect(), totals)
}

/// As [`book`], from what reading each row takes.
pub fn book_rows((plan, network): (&Plan, &Network), row_energies: &RowEnergies, totals: &Totals) -> Ledger {
    let mut ledger = Ledger { not_modelled: NOT_MODELLED.to_vec(), ..Ledger::default() };
    for (index, energies) in row_energies.iter().enumerate() {
        if let (Some(energies), Some(rows)) = (energies, totals.rows.get(index)) {
            ledger.book_reads(&plan.projections[index].name, rows.iter().copied(), energies);
        }
    }
    neurons(plan, totals, &mut ledger);
    chips(plan, network, totals, &mut ledger);
    ledger.not_modelled.sort_unstable();
    ledger
}

/// What learning took in the devices of a projection: joules of reading them, of pulses in them and in their limiters.
#[derive(Clone, Copy, Debug)]
pub struct Learned {
    pub projection: usize,
    pub read: f64,
    pub programmed: f64,
    pub limited: f64,
}

/// Books what learning took: joules of reading and programming projections, where they have devices, and of the neurons in all
/// presentations.
pub fn book_learning(plan: &Plan, learned: &[Learned], totals: &Totals) -> Ledger {
    let mut ledger = Ledger { not_modelled: NOT_MODELLED.to_vec(), ..Ledger::default() };
    for &Learned { projection, read, programmed, limited } in learned {
        if plan.projections[projection].filaments().is_some() {
            filaments::book(&plan.projections[projection].name, programmed, limited, &mut ledger);
            ledger.not_modelled.retain(|category| *category != Category::Program);
            continue;
        }
        let Projection { name, device: Some(_), .. } = &plan.projections[projection] else { continue };
        ledger.book(name, Category::Read, read);
        ledger.book(name, Category::Program, programmed);
        if limited > 0.0 {
            ledger.book(name, Category::Limiter, limited);
        }
        ledger.not_modelled.retain(|category| *category != Category::Program);
    }
    neurons(plan, totals, &mut ledger);
    ledger.not_modelled.sort_unstable();
    ledger
}

/// The energy of one inference: `energy` over the presentations of `totals`, beside a multiply-accumulate per
/// weight of the projections that were trained, of which the last leads to the read-out.
pub fn inference(
    plan: &Plan,
    network: &Network,
    trained: &[usize],
    energy: &Ledger,
    totals: &Totals,
) -> InferenceEnergy {
    let n = totals.presentations.max(1) as f64;
    let target = |projection: usize| plan.projections[projection].to;
    let to = trained.last().map_or(0, |&projection| target(projection));
    let synapses = |&index: &usize| network.projections[index].synapses(plan.populations[target(index)].size);
    let weights: usize = trained.iter().map(synapses).sum();
    InferenceEnergy {
        per_inference: energy.scaled(1.0 / n),
        inferences: totals.presentations,
        mac_reference_j: weights as f64 * plan.record.mac_energy.get(),
        input_spikes: (totals.poisson + totals.source) as f64 / n,
        output_spikes: totals.spikes.get(to).copied().unwrap_or(0) as f64 / n,
        synaptic_events: totals.synaptic as f64 / n,
    }
}

/// Synaptic events of populations that are priced as a digital chip, by projection.
fn chips(plan: &Plan, network: &Network, totals: &Totals, ledger: &mut Ledger) {
    for ((projection, rows), listed) in plan.projections.iter().zip(&totals.rows).zip(&network.projections) {
        let population = &plan.populations[projection.to];
        let Some(cost) = population.cost else { continue };
        let targets = |row: usize| match &listed.connect {
            Rows::Dense => u64::from(population.size),
            Rows::OneToOne => 1,
            Rows::Sparse { .. } if listed.delays.is_some() => 1,
            Rows::Sparse { start, .. } => (start[row + 1] - start[row]) as u64,
        };
        let events: u64 = rows.iter().enumerate().map(|(row, &count)| count * targets(row)).sum();
        ledger.book(&projection.name, Category::Read, events as f64 * cost.per_event());
    }
}

/// Books spikes, and what neurons whose states tell have spent. Leakage is not modelled where none of them does.
fn neurons(plan: &Plan, totals: &Totals, ledger: &mut Ledger) {
    let told = |index: usize| totals.spent.get(index).copied().flatten();
    let mut leaks = false;
    for (index, population) in plan.populations.iter().enumerate() {
        let Some(switch) = &population.switch else {
            if let Some(spent) = told(index) {
                book_told(&population.name, spent, ledger);
                leaks = true;
            }
            continue;
        };
        ledger.book_on(&population.name, switch, Second::of(totals.on(index).0));
        let rivalry = population.competition.as_ref().map(|competition| competition.kind);
        if let Some(Rivalry::Switches { losers: Losers::Erased }) = rivalry {
            let spikes = totals.spikes.get(index).copied().unwrap_or(0);
            let losers = spikes as f64 * f64::from(population.size.saturating_sub(1));
            ledger.book(&population.name, Category::Neuron, losers * erasing(population));
        }
    }
    if !leaks {
        ledger.not_modelled.push(Category::Leakage);
    }
}

/// Books what the states of neurons tell: in their devices while on, in what limits them, in their devices while off.
fn book_told(population: &str, [device, limiter, off]: [f64; 3], ledger: &mut Ledger) {
    ledger.book(population, Category::Neuron, device);
    ledger.book(population, Category::Limiter, limiter);
    ledger.book(population, Category::Leakage, off);
}

/// Joules that bring one filament to rest. Assumed: a pulse as high as the threshold and as long as the drive of a winner still
/// flows, V_th^2 g_pre `open_after`, through a filament that is nowhere thicker than at threshold.
fn erasing(population: &PopulationPlan) -> f64 {
    let Some(switch) = population.neuron.switch() else { return 0.0 };
    let width = if let Circuit::Reset { open_after } = switch.circuit { open_after } else { switch.flows() };
    crate::energy::pulse_energy(switch.device.g_pre, switch.device.v_th, width).get()
}

/// Books what the neurons themselves tell of their devices, and says of which they cannot tell what they spend off.
pub fn spent(plan: &Plan, run: &Run, energy: &mut Ledger) -> Vec<String> {
    let (mut leaks, mut notes) = (false, Vec::new());
    for (index, population) in plan.populations.iter().enumerate() {
        let incoming = || plan.projections.iter().filter(|projection| projection.to == index);
        let driven = population.switch.is_none();
        let flows = incoming().any(|projection| !projection.kernel.jumps())
            || population.kinds().any(|neuron| neuron.membrane().i_bias != Ampere::ZERO);
        let spent = run.spent(index).filter(|_| driven || flows);
        if let Some([device, limiter, off]) = spent {
            if driven {
                book_told(&population.name, [device, limiter, off], energy);
            } else {
                // Of other switches what is spent on is counted by spikes.
                energy.book(&population.name, Category::Limiter, limiter);
                energy.book(&population.name, Category::Leakage, off);
            }
            leaks = true;
        }
        notes.extend(worn(population, run, index));
        let asked = if driven { spent.is_some() } else { plan.record.energy };
        let told = population.neuron.open().is_some_and(|open| open.pays_for_jumps());
        if asked && !told && incoming().any(|projection| projection.kernel.jumps()) {
            notes.push(jumps(population));
        }
    }
    if leaks {
        energy.not_modelled.retain(|category| *category != Category::Leakage);
    }
    notes
}

/// How often devices that are neurons were programmed, where their states tell: beyond what was measured, and how many have worn out.
fn worn(population: &PopulationPlan, run: &Run, index: usize) -> Option<String> {
    let (mut most, mut worn) = (0.0f64, 0u64);
    run.states(index, 0..population.size, &mut |_, (name, _), value| match name {
        "pulses" => most = most.max(value),
        "worn" => worn += u64::from(value > 0.0),
        _ => {}
    });
    let measured = Endurance::default().measured;
    (most > measured as f64).then(|| {
        format!(
            "population {}: the device that was programmed most took {most} pulses; {measured} cycles were measured, and how pulses wear \
             it beyond is assumed (n_f, m); worn out: {worn} of {}",
            population.name, population.size
        )
    })
}

/// Of which neurons that have told what they spent the jumps that reach them are not in it.
pub fn told_without_jumps(plan: &Plan, totals: &Totals) -> Vec<String> {
    let of = |(index, population): (usize, &PopulationPlan)| {
        let told = population.switch.is_none() && totals.spent.get(index).is_some_and(Option::is_some);
        let pays = population.neuron.open().is_some_and(|open| open.pays_for_jumps());
        let jump = |projection: &&Projection| projection.to == index && projection.kernel.jumps();
        (told && !pays && plan.projections.iter().find(jump).is_some()).then(|| jumps(population))
    };
    plan.populations.iter().enumerate().filter_map(of).collect()
}

/// That jumps spend what nobody could tell.
pub fn jumps(population: &PopulationPlan) -> String {
    format!(
        "population {}: the jumps that reach it are impulses of voltage, whose energy depends on their unknown width and is not \
         in the leakage",
        population.name
    )
}

/// What there is to say of spikes that follow one another while their switch is on.
pub fn overlapping(plan: &Plan, totals: &Totals) -> Vec<String> {
    let of = |(index, population): (usize, &PopulationPlan)| {
        let on_time = population.switch.as_ref()?.on_time;
        let (_, share) = totals.on(index);
        (share > 0.0).then(|| {
            format!(
                "population {}: {:.2} % of the on-times of its spikes, {on_time} each, lie within one another and are \
                 paid for once: a switch that is on does not turn on; t_ref of at least that keeps its spikes apart",
                population.name,
                100.0 * share
            )
        })
    };
    plan.populations.iter().enumerate().filter_map(of).collect()
}
