//! Counts and times of the phases of a run.

use super::super::outcome::{EventCounts, PhaseCounts, PhaseTime};
use crate::time::Time;
use crate::training::Totals;

/// Adds up phases by name, in the order in which they first occur.
#[derive(Clone, Debug, Default)]
pub struct Phases {
    pub times: Vec<PhaseTime>,
}

impl Phases {
    /// Books a stretch of a phase.
    pub fn book(&mut self, phase: &str, from: (f64, f64), to: (f64, f64), samples: u64, events: u64) {
        let index = self.times.iter().position(|time| time.phase == phase).unwrap_or_else(|| {
            self.times.push(PhaseTime { phase: phase.into(), ..PhaseTime::default() });
            self.times.len() - 1
        });
        let time = &mut self.times[index];
        time.wall_s += to.0 - from.0;
        time.cpu_s += to.1 - from.1;
        time.samples += samples;
        time.events += events;
    }
}

/// Adds the sums of some presentations of one length to the counts of a run.
pub fn count(counts: &mut PhaseCounts, totals: &Totals, duration: Time) {
    counts.episodes += totals.presentations;
    counts.sim_time_fs += u128::from(totals.presentations) * u128::from(duration.fs());
    let EventCounts { poisson, source, arrival, fire } = &mut counts.events;
    *poisson += totals.poisson;
    *source += totals.source;
    *arrival += totals.arrival;
    *fire += totals.fire;
    counts.synaptic_events += totals.synaptic;
    counts.spikes.resize(counts.spikes.len().max(totals.spikes.len()), 0);
    for (sum, spikes) in counts.spikes.iter_mut().zip(&totals.spikes) {
        *sum += spikes;
    }
}
