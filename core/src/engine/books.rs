//! Joules of a run: what the engine counted, times what each spike and each read costs.

use super::state::Counts;
use crate::energy::{Category, Ledger, SwitchEnergy};
use crate::network::Network;
use crate::units::Volt;

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
            let switch = population.neuron.switch()?;
            let (i_cc, g_on, g_off) = (switch.device.i_cc, switch.device.g_on, switch.device.g_off);
            Some(SwitchEnergy { i_cc, g_on, g_off, v_drive, on_time: switch.flows() })
        });
        Self { spikes: spikes.collect(), reads: vec![None; network.projections.len()] }
    }
}

impl Ledger {
    /// Books a run of `network`: reads by projection, then spikes by population.
    ///
    /// Each spike is paid for as long as current flows in it ([`SwitchEnergy::on_time`]). Leakage, programming and everything around the array are not modelled here, and
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
        for ((population, cost), spikes) in network.populations.iter().zip(&costs.spikes).zip(&counts.spikes)
        {
            if let Some(cost) = cost {
                let spikes = spikes.iter().map(|&count| u64::from(count)).sum();
                ledger.book_spikes(&population.name, cost, spikes);
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
    use crate::units::Second;

    #[test]
    fn a_run_costs_its_reads_and_its_spikes() {
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
        let own = Ledger::of(&network, &counts, &costs);
        // Three spikes, in each of which current flows for 100 us.
        let on = 1.4e-6 * 3e-4;
        assert!((own.total() / (on + 0.05 * 7e-6 * 3e-4) - 1.0).abs() < 1e-12, "{own:?}");
        assert_eq!(own.entries.len(), 2, "{own:?}");

        costs.reads[0] = Some(vec![1e-12, 1e-11]);
        costs.spikes[1] = costs.spikes[0].map(|cost| SwitchEnergy { on_time: Second::new(2e-4), ..cost });
        let all = Ledger::of(&network, &counts, &costs);
        assert_eq!(all.by_category()[0], (Category::Read, 1e-12 + 2.0 * 1e-11));
        let stated =
            all.entries.iter().find(|e| e.owner == "ideal" && e.category == Category::Neuron).unwrap();
        assert!((stated.joules / (4.0 * 2.8e-10) - 1.0).abs() < 1e-12, "{stated:?}");
        assert_eq!(
            all.statement(),
            "read, neuron, limiter; not modelled: program, leakage, wire, half_select, periphery; an estimate, \
             not a measurement"
        );
    }
}
