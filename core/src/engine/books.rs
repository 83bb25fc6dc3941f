//! Joules of a run: what the engine counted, times what each spike and each read costs.

use super::state::Counts;
use crate::energy::{Category, Ledger, SwitchEnergy};
use crate::network::Network;
use crate::time::{FS_PER_SECOND, Time};
use crate::units::{Second, Volt};

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
    /// A switch is paid for while current flows in it, up to the end of the run: the union of the on-times of its spikes
    /// ([`crate::network::Builder::on_time`]). Leakage, programming and everything around the array are not modelled here, and
    /// [`Ledger::statement`] says so.
    #[must_use]
    pub fn of(network: &Network, (counts, end): (&Counts, Time), costs: &Costs) -> Self {
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
        for ((population, cost), on) in network.populations.iter().zip(&costs.spikes).zip(&counts.on) {
            if let Some(cost) = cost {
                let seconds = on.by(end).0 as f64 / FS_PER_SECOND;
                ledger.book_on(&population.name, cost, Second::of(seconds));
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

    #[test]
    fn a_switch_that_is_on_is_not_paid_for_twice_nor_after_the_end() {
        let mut builder = Builder::default();
        let population = builder.population("p", 1, Lif::default());
        builder.on_time(population, Time::from_fs(100_000_000_000));
        let network = builder.finish().unwrap();
        let mut counts = Counts::new(&network);
        // A thousand spikes in a millisecond keep a switch on for it, and would for 99 us more.
        let microsecond = 1_000_000_000;
        (0..1000).for_each(|k| counts.spike(0, 0, Time::from_fs(k * microsecond), 1));
        let (on, twice) = counts.on[0].by(Time::from_fs(1000 * microsecond));
        assert_eq!((on, twice), (u128::from(1000 * microsecond), u128::from(999 * 99 * microsecond)));
        let cost = Costs::of_switches(&network, Volt::new(0.25));
        assert_eq!(cost.spikes, [None]);
        let device = crate::device::threshold::ThresholdSwitch::default();
        let cost = SwitchEnergy {
            i_cc: device.i_cc,
            g_on: device.g_on,
            g_off: device.g_off,
            v_drive: Volt::new(0.25),
            on_time: Second::new(1e-4),
        };
        let costs = Costs { spikes: vec![Some(cost)], reads: Vec::new() };
        let ledger = Ledger::of(&network, (&counts, Time::from_fs(1000 * microsecond)), &costs);
        assert!((ledger.by_category()[0].1 / 1.4e-9 - 1.0).abs() < 1e-12, "{ledger:?}");
        // Two spikes at one time are one, and a pause is no on-time.
        let mut counts = Counts::new(&network);
        counts.spike(0, 0, Time::ZERO, 2);
        counts.spike(0, 0, Time::from_fs(500 * microsecond), 1);
        let (on, twice) = counts.on[0].by(Time::from_fs(1000 * microsecond));
        assert_eq!((on, twice), (u128::from(200 * microsecond), u128::from(100 * microsecond)));
    }

    #[test]
    fn a_run_costs_its_reads_and_its_spikes() {
        let mut builder = Builder::default();
        let spikes = vec![(Time::from_fs(1), 0), (Time::from_fs(2), 1), (Time::from_fs(3), 1)];
        let input = builder.source("input", 2, SourceKind::List(spikes));
        let device = builder.population("device", 2, Switch::default());
        let ideal = builder.population("ideal", 2, Lif::default());
        builder.on_time(ideal, Time::from_fs(200_000_000_000));
        for (name, to) in [("to device", device), ("to ideal", ideal)] {
            builder.projection(name, input, to, Kernel::Delta, Time::ZERO, Rows::Dense);
        }
        let network = builder.finish().unwrap();
        let mut costs = Costs::of_switches(&network, Volt::new(0.25));
        assert_eq!(costs.spikes[1], None, "a leaky integrator has no device of its own");
        let mut counts = Counts::new(&network);
        counts.rows[0] = vec![1, 2];
        let end = Time::from_fs(1_000_000_000_000);
        for (population, neuron, at) in
            [(0, 0, 1), (0, 0, 4), (0, 1, 2), (1, 0, 1), (1, 0, 3), (1, 0, 5), (1, 0, 7)]
        {
            counts.spike(population, neuron, Time::from_fs(at * 100_000_000_000), 1);
        }
        let own = Ledger::of(&network, (&counts, end), &costs);
        // Three spikes, in each of which current flows for 100 us.
        let on = 1.4e-6 * 3e-4;
        assert!((own.total() / (on + 0.05 * 7e-6 * 3e-4) - 1.0).abs() < 1e-12, "{own:?}");
        assert_eq!(own.entries.len(), 2, "{own:?}");

        costs.reads[0] = Some(vec![1e-12, 1e-11]);
        costs.spikes[1] = costs.spikes[0].map(|cost| SwitchEnergy { on_time: Second::new(2e-4), ..cost });
        let all = Ledger::of(&network, (&counts, end), &costs);
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
