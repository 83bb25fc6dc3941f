//! Joules of a run: what the engine counted, times what each spike and each read costs.

use super::state::Counts;
use crate::energy::{Category, Ledger, SwitchEnergy};
use crate::network::Network;
use crate::time::FS_PER_SECOND;
use crate::units::{Quantity as _, Second, Volt};

/// What the spikes and the reads of a network cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Costs {
    /// Of the spikes of each population; `None`: its neurons are not threshold switches.
    pub spikes: Vec<Option<SwitchEnergy>>,
    /// Joules of reading each row of each projection once (see [`crate::crossbar::Array::read_energy`]); `None`:
    /// its weights are not devices.
    pub reads: Vec<Option<Vec<f64>>>,
}

impl Costs {
    /// Every switch neuron at the currents and conductances of its own device, on a supply of `v_drive` behind the
    /// limiter; nothing else costs anything.
    #[must_use]
    pub fn of_switches(network: &Network, v_drive: Volt) -> Self {
        let spikes = network.populations.iter().map(|population| {
            let device = &population.neuron.switch()?.device;
            let (i_cc, g_on, g_off) = (device.i_cc, device.g_on, device.g_off);
            Some(SwitchEnergy { i_cc, g_on, g_off, v_drive, on_time: population.lif.t_ref })
        });
        Self { spikes: spikes.collect(), reads: vec![None; network.projections.len()] }
    }
}

impl Ledger {
    /// Books a run of `network`: reads by projection, then spikes by population.
    ///
    /// The spikes of a switch are paid for as long as each kept its switch on, those of other neurons with the
    /// stated on-time. Leakage, programming and everything around the array are not modelled here, and
    /// [`Ledger::statement`] says so.
    #[must_use]
    pub fn of(network: &Network, counts: &Counts, costs: &Costs) -> Self {
        let mut ledger = Self {
            not_modelled: vec![
                Category::Program,
                Category::Leakage,
                Category::Wire,
                Category::HalfSelect,
                Category::Periphery,
            ],
            ..Self::default()
        };
        for ((projection, joules), rows) in network.projections.iter().zip(&costs.reads).zip(&counts.rows) {
            if let Some(joules) = joules {
                ledger.book_reads(&projection.name, rows.iter().map(|&count| u64::from(count)), joules);
            }
        }
        let counted = counts.spikes.iter().zip(&counts.held);
        for ((population, cost), (spikes, &held)) in
            network.populations.iter().zip(&costs.spikes).zip(counted)
        {
            if let Some(cost) = cost {
                let spikes = spikes.iter().map(|&count| u64::from(count)).sum();
                let held = Second::from_si(held as f64 / FS_PER_SECOND).unwrap_or(Second::ZERO);
                let own_time = population.neuron.switch().is_some();
                ledger.book_spikes(&population.name, cost, spikes, own_time.then_some(held));
            }
        }
        ledger
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Builder, Kernel, Rows, SourceKind};
    use crate::neuron::{Lif, Switch};
    use crate::time::Time;

    #[test]
    fn a_run_costs_its_reads_its_on_times_and_its_stated_spikes() {
        let mut builder = Builder::default();
        let spikes = vec![(Time::from_fs(1), 0), (Time::from_fs(2), 1), (Time::from_fs(3), 1)];
        let input = builder.source("input", 2, SourceKind::List(spikes));
        let device = builder.population("device", 2, Switch::default());
        let ideal = builder.population("ideal", 2, Lif::default());
        for (name, to) in [("to device", device), ("to ideal", ideal)] {
            builder.projection(name, input, to, Kernel::Delta, Time::ZERO, Rows::Dense);
        }
        let network = builder.finish().unwrap();
        let mut costs = Costs::of_switches(&network, Volt::new(0.25));
        assert_eq!(costs.spikes[1], None, "a leaky integrator has no device of its own");
        let mut counts = Counts::new(&network);
        counts.rows[0] = vec![1, 2];
        counts.spikes = vec![vec![2, 1], vec![4, 0]];
        counts.held[0] = 3_000_000_000_000; // 3 ms in three spikes.
        let own = Ledger::of(&network, &counts, &costs);
        let on = 1.4e-6 * 3e-3;
        assert!((own.total() / (on + 0.05 * 7e-6 * 3e-3) - 1.0).abs() < 1e-12, "{own:?}");
        assert_eq!(own.entries.len(), 2, "{own:?}");

        costs.reads[0] = Some(vec![1e-12, 1e-11]);
        costs.spikes[1] = costs.spikes[0].map(|cost| SwitchEnergy { on_time: Second::new(1e-4), ..cost });
        let all = Ledger::of(&network, &counts, &costs);
        assert_eq!(all.by_category()[0], (Category::Read, 1e-12 + 2.0 * 1e-11));
        let stated =
            all.entries.iter().find(|e| e.owner == "ideal" && e.category == Category::Neuron).unwrap();
        assert!((stated.joules / (4.0 * 1.4e-10) - 1.0).abs() < 1e-12, "{stated:?}");
        assert_eq!(
            all.statement(),
            "read, neuron, limiter; not modelled: program, leakage, wire, half_select, periphery; an estimate, \
             not a measurement"
        );
    }
}
