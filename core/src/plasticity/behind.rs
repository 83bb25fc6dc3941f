//! The device of one synapse, for a rule whose weight is what that device lets through.

use super::cells::{Bank, DeviceState, entity};
use crate::device::circuit::Energies;
use crate::device::endurance::Endurance;
use crate::device::fault::Fault;
use crate::numeric::{exp, ln};
use crate::units::{Second, Siemens, Volt};

/// One device of many: what its draws go by, how it differs, and what it has been through.
#[derive(Debug, PartialEq)]
pub struct Behind<'a> {
    /// Seed of the network.
    pub seed: u64,
    /// What its draws go by, as those of a device alone do.
    pub entity: u32,
    /// Factors of its lowest and its highest conductance.
    pub range: [f64; 2],
    /// How it wears, if it does.
    pub endurance: Option<&'a Endurance>,
    /// Where it was stuck from the start.
    pub fault: Option<Fault>,
    /// Whether it is stuck, from the start or worn out.
    pub stuck: &'a mut bool,
    /// What has worn it: how often it has turned on, or was programmed.
    pub pulses: &'a mut u64,
    joules: [&'a mut f64; 2],
}

impl<'a> Behind<'a> {
    /// The device of synapse number `n`.
    pub(super) fn of(bank: &'a Bank, state: &'a mut DeviceState, n: usize) -> Self {
        let (all, device) = (&*bank.all, bank.device(n));
        let stuck = &mut state.stuck[n];
        let faulty = all.stuck.binary_search_by_key(&device, |stuck| stuck.0).ok().filter(|_| *stuck);
        // Its fault is the end of its range that it was put to.
        let middle = 0.5 * (all.range[0] + all.range[1]);
        let fault = faulty.map(|at| match all.conductance(device, all.stuck[at].1) > middle {
            true => Fault::StuckOn,
            false => Fault::StuckOff,
        });
        Self {
            seed: all.seed,
            entity: entity(all.projection, device),
            range: all.ends.get(device).copied().unwrap_or([1.0; 2]),
            endurance: all.endurance.as_ref(),
            fault,
            stuck,
            pulses: &mut state.pulses[n],
            joules: [&mut state.joules[n], &mut state.limiter[n]],
        }
    }

    /// Pays for a pulse.
    pub fn spend(&mut self, energies: Energies) {
        *self.joules[0] += energies.device;
        *self.joules[1] += energies.limiter;
    }

    /// Counts what it has been through by now, and sticks when it does not survive that.
    pub fn wear(&mut self, pulses: u64) {
        if pulses > *self.pulses {
            *self.pulses = pulses;
            let survives = self.endurance.map_or(f64::INFINITY, |wear| wear.survives(self.seed, self.entity));
            *self.stuck |= pulses as f64 >= survives;
        }
    }

    /// Its lowest conductance where its highest is `high`: as it closes, log10(high/low) is its first value times 1 - (n/n_f)^m.
    #[must_use]
    pub fn lowest(&self, low: f64, high: f64) -> f64 {
        match self.endurance {
            Some(wear) if wear.m.is_some() => high * exp(-wear.window_share(*self.pulses) * ln(high / low)),
            _ => low,
        }
    }
}

/// What an arrival is at a device whose own state is the weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pulsed {
    /// Height of its pulse.
    pub v: Volt,
    /// Its length.
    pub width: Second,
    /// What a device of the largest weight conducts of it: its current over its height.
    pub g: Siemens,
}
