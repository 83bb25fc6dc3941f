//! What a run writes down on its way, and what its outcome takes from that.

use super::super::outcome::{EventCounts, Outcome, PhaseCounts, PhaseTime, Status};
use super::context::RunContext;
use super::training::reborrow;
use crate::record::fingerprint::Fingerprint;
use crate::time::Time;
use crate::training::{Reporting, Totals, Until};
use serde::{Deserialize, Serialize};

/// Counts, times, fingerprint and notes of a run so far.
#[derive(Debug, Default)]
pub struct Logbook {
    pub counts: PhaseCounts,
    pub fingerprint: Fingerprint,
    pub notes: Vec<String>,
    times: Vec<PhaseTime>,
}

/// What of it a checkpoint keeps; times are those of a process.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Kept {
    counts: PhaseCounts,
    fingerprint: Fingerprint,
}

/// Samples that are shown with learning off.
#[derive(Clone, Copy)]
pub struct Showing<'a> {
    /// Where their time is booked: "test".
    pub phase: &'a str,
    /// For the progress line: "test of epoch 3".
    pub what: &'a str,
    pub samples: usize,
    /// Samples and events of those that were shown before.
    pub before: (u64, u64),
}

impl Logbook {
    /// Begins with what building the network took since `start`.
    pub fn built(start: (f64, f64), context: &RunContext<'_>) -> Self {
        let mut log = Self::default();
        log.book("build", start, context, 0, 0);
        log
    }

    /// Books what has passed since `from` under the name of a phase. Phases stay in the order in which they first
    /// occur.
    pub fn book(
        &mut self,
        phase: &str,
        from: (f64, f64),
        context: &RunContext<'_>,
        samples: u64,
        events: u64,
    ) {
        let to = context.clock.now();
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

    /// Adds the sums of some presentations of one length.
    pub fn count(&mut self, totals: &Totals, duration: Time) {
        let counts = &mut self.counts;
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

    /// Shows samples by `show`, which is told where to report and when to come back, and books the time it took.
    pub fn show<T: AsRef<Totals>, E>(
        &mut self,
        showing: Showing<'_>,
        context: &mut RunContext<'_>,
        show: impl FnOnce(&mut Reporting<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let begun = context.clock.now();
        context.progress.phase(showing.phase, showing.samples as u64);
        context.progress.steps(1.0, "samples");
        context.progress.message(showing.what);
        let (samples, events) = showing.before;
        if samples > 0 {
            context.progress.advance(samples);
        }
        let (progress, store) = (&mut *context.progress, &*context.store);
        let shown = show(&mut Reporting {
            threads: &context.threads,
            until: Until { stop: context.stop, due: &|| store.due() },
            fingerprint: &mut self.fingerprint,
            observer: reborrow(&mut context.observer),
            advance: &mut |by| progress.advance(by),
        })?;
        context.progress.done();
        let totals = shown.as_ref();
        self.book(showing.phase, begun, context, totals.presentations - samples, totals.events() - events);
        Ok(shown)
    }

    /// What a checkpoint keeps of it.
    pub fn keep(&self) -> Kept {
        Kept { counts: self.counts.clone(), fingerprint: self.fingerprint.clone() }
    }

    /// Goes on from a checkpoint.
    pub fn resume(&mut self, kept: Kept) {
        Kept { counts: self.counts, fingerprint: self.fingerprint } = kept;
    }

    /// The outcome of a run as far as it is here. `values` gives the fingerprint what is left at the end: weights, or
    /// measured curves.
    pub fn close(mut self, status: Status, values: impl FnOnce(&mut Fingerprint)) -> Outcome {
        self.fingerprint.seal();
        values(&mut self.fingerprint);
        Outcome {
            status,
            counts: self.counts,
            fingerprint: self.fingerprint.hex(),
            phases: self.times,
            notes: self.notes,
            ..Outcome::default()
        }
    }

    /// The outcome of a run that trained a network to these weights, projection by projection.
    pub fn close_trained(self, complete: bool, weights: &[Vec<f64>]) -> Outcome {
        let status = if complete { Status::Done } else { Status::Interrupted };
        self.close(status, |fingerprint| {
            fingerprint.weights(weights.iter().flatten().copied());
        })
    }
}
