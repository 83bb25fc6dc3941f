//! What a run cost the computer: the only part of a summary that may differ between two runs of one scenario.

use super::by_name::ByName;
use crate::scenario::outcome::PhaseTime;
use serde::{Deserialize, Serialize};

/// What the run cost the computer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    /// Seconds from start to end.
    pub wall_s: f64,
    /// Seconds of all processors together.
    pub cpu_s: f64,
    /// By name: `build`, `train`, `test`, `simulate`.
    pub phases: ByName<Phase>,
    /// Presentations per second of wall time.
    pub samples_per_s: ByName<f64>,
    /// Logical events per second of wall time, building left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_per_s: Option<f64>,
    /// Most memory that the process held at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_rss_bytes: Option<u64>,
    /// How fast the machine does a known piece of work, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibrate: Option<Calibration>,
    /// Runs that the process has computed at once, if that were several: its time of processors and memory are those of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_once: Option<usize>,
}

/// One phase.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Seconds from start to end.
    pub wall_s: f64,
    /// Seconds of all processors together.
    pub cpu_s: f64,
    /// Presentations.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub samples: u64,
    /// Logical events, as in [`Events::total`](super::summary::Events::total).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub events: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// How fast the machine was at the start: by it, times of two machines can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// One link of a chain of dependent `exp`.
    pub exp_ns: f64,
    /// One of a chain of dependent reads at random places of 16 MiB.
    pub memory_read_ns: f64,
}

/// What the host measured around the run; the library has no clock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostPerformance {
    /// Seconds from start to end.
    pub wall_s: f64,
    /// Seconds of all processors together.
    pub cpu_s: f64,
    /// Most memory that the process held at once, in bytes, where the system tells it.
    pub peak_rss_bytes: Option<u64>,
    /// How fast it does a known piece of work, if that was asked for.
    pub calibrate: Option<Calibration>,
    /// Runs that were computed at once, if those were several.
    pub at_once: Option<usize>,
}

impl Performance {
    /// What the phases took, and what the host measured around them.
    pub(super) fn new(phases: &[PhaseTime], host: &HostPerformance) -> Self {
        let working = || phases.iter().filter(|phase| phase.phase != "build");
        let events: u64 = working().map(|phase| phase.events).sum();
        let wall: f64 = working().map(|phase| phase.wall_s).sum();
        Self {
            wall_s: host.wall_s,
            cpu_s: host.cpu_s,
            phases: phases
                .iter()
                .map(|phase| {
                    let PhaseTime { wall_s, cpu_s, samples, events, .. } = *phase;
                    (phase.phase.clone(), Phase { wall_s, cpu_s, samples, events })
                })
                .collect(),
            samples_per_s: phases
                .iter()
                .filter(|phase| phase.samples > 0 && phase.wall_s > 0.0)
                .map(|phase| (phase.phase.clone(), phase.samples as f64 / phase.wall_s))
                .collect(),
            events_per_s: (events > 0 && wall > 0.0).then(|| events as f64 / wall),
            peak_rss_bytes: host.peak_rss_bytes,
            calibrate: host.calibrate,
            at_once: host.at_once,
        }
    }
}
