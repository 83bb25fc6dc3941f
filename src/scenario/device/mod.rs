//! Devices measured on their own: the plan of their experiments.

mod compare;
mod findings;
pub(super) mod lower;
mod overrides;
mod plausible;
mod quantity;

pub use crate::device::model::{Measure, MeasuredIn};
pub use findings::{Compared, Curve, ExperimentResult, MeasuredValue};
pub(super) use overrides::preset as device_preset;
pub(super) use plausible::plausible;
pub use quantity::{all_quantities, quantities};

use super::spec::ExperimentKind;
pub use super::spec::Relation;
use crate::device::Open;
use crate::device::preset::{OutOfRange, Preset};
use crate::device::threshold::{Circuit, VolatileSwitch};
use crate::units::{Quantity as _, Second, Siemens, Volt, VoltPerSecond};
use serde::{Deserialize, Serialize};

/// One measurement of one device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExperimentPlan {
    /// What it is called in results; its pictures and tables are files of this name.
    pub name: String,
    /// The title of its pictures.
    pub title: String,
    /// What is measured.
    pub device: DeviceUnderTest,
    /// What is done with it.
    pub experiment: Experiment,
    /// What the paper says of it.
    pub compare: Vec<PaperValue>,
}

/// Rows of an experiment that a machine has memory for.
pub const MAX_ROWS: u64 = 20_000_000;

/// A device as a scenario names it, with its preset as changed there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeviceUnderTest {
    /// As in `[device.NAME]`, or the preset's own name.
    pub name: String,
    /// Its parameters, with those the scenario replaces.
    pub preset: Preset,
    /// One of the devices that the preset's spread from device to device describes, drawn by the seed, instead of the
    /// nominal one.
    pub own: bool,
    /// What is around it, if it is a threshold switch; every other device is between a source and its limiter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circuit: Option<Circuit>,
}

impl DeviceUnderTest {
    /// The device on the bench.
    #[must_use]
    pub fn on_bench(&self, seed: u64) -> Open {
        let device = self.preset.device.one(self.own.then_some((seed, 0)));
        match (self.circuit, device.get::<VolatileSwitch>()) {
            (Some(circuit), Some(switch)) => Open::new(VolatileSwitch { circuit, ..switch.clone() }),
            _ => device,
        }
    }
}

/// What is done with the device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Experiment {
    /// A sweep of the voltage through turning points.
    Iv {
        /// From the first to the last; at least two.
        points: Vec<Volt>,
        /// How fast the voltage changes, up and down.
        rate: VoltPerSecond,
        /// Rows for each leg between two points.
        samples: u32,
        /// How often the sweep is made, one after the other.
        repeat: u32,
        /// Conductance at the start; `None`: that of the off state or of the preset.
        g_start: Option<Siemens>,
        /// Whether the spread from cycle to cycle is drawn.
        noise: bool,
    },
    /// A train of equal rectangular pulses.
    Pulses {
        /// Height of each of them.
        amplitude: Volt,
        /// How long each of them is.
        width: Second,
        /// From the start of a pulse to that of the next.
        period: Second,
        /// How many there are.
        count: u32,
        /// Of a second train that follows, of as many pulses.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reverse: Option<Volt>,
        /// Rows for each pulse, and as many for each pause.
        samples: u32,
        /// Conductance at the start; `None`: that of the off state or of the preset.
        g_start: Option<Siemens>,
        /// Whether the spread from cycle to cycle is drawn.
        noise: bool,
    },
    /// A threshold switch under a constant drive, from rest.
    Integration {
        /// The drive.
        amplitude: Volt,
        /// How long the state is watched.
        length: Second,
        /// Rows in that time.
        samples: u32,
    },
    /// A threshold switch left alone after it has fired.
    Relaxation {
        /// How long the state is watched.
        length: Second,
        /// Rows in that time.
        samples: u32,
    },
    /// What a threshold switch that is on takes, over all voltages up to that of its preset.
    Power {
        /// Rows, evenly spaced in voltage.
        samples: u32,
    },
    /// SET and RESET again and again.
    Cycles {
        /// How often.
        cycles: u64,
        /// Where the SET half turns round; above 0 V.
        v_set: Volt,
        /// Where the RESET half turns round; below 0 V.
        v_reset: Volt,
        /// Duration of each of the four edges of a cycle.
        edge: Second,
        /// Whether the window shrinks as the preset's endurance says.
        #[serde(default)]
        wear: bool,
    },
    /// Both states left alone.
    Retention {
        /// How long.
        length: Second,
        /// Rows in that time.
        samples: u32,
        /// How many devices, each with a lifetime of its own.
        devices: u32,
        /// Ratio of the two conductances below which the states count as lost.
        floor: f64,
        /// Whether lifetimes are those of the nominal device, without their spread.
        #[serde(default)]
        nominal: bool,
    },
    /// The window of pairs of spikes, each pair on a fresh device.
    Stdp {
        /// Largest |dt|.
        reach: Second,
        /// Step of |dt| from `fit_from` on.
        step: Second,
        /// Smallest |dt| of the fit of exponentials: the main lobes must be apart.
        fit_from: Second,
        /// Step of |dt| below `fit_from`, where lobes overlap.
        fine_step: Second,
        /// Conductance before each pair; `None`: that of the preset.
        g_start: Option<Siemens>,
    },
    /// What two spikes put across a device, and the window that gives.
    SpikePulses {
        /// The pulse on each electrode.
        shape: PulseShape,
        /// Interval between the two spikes whose voltages are drawn.
        dt: Second,
        /// Largest |dt| of the window.
        reach: Second,
        /// Step of |dt|.
        step: Second,
        /// Conductance before each pair; `None`: that of the preset.
        g_start: Option<Siemens>,
    },
}

impl Experiment {
    /// Its word in a scenario.
    #[must_use]
    pub const fn kind(&self) -> ExperimentKind {
        match self {
            Self::Iv { .. } => ExperimentKind::Iv,
            Self::Pulses { .. } => ExperimentKind::Pulses,
            Self::Integration { .. } => ExperimentKind::Integration,
            Self::Relaxation { .. } => ExperimentKind::Relaxation,
            Self::Power { .. } => ExperimentKind::Power,
            Self::Cycles { .. } => ExperimentKind::Cycles,
            Self::Retention { .. } => ExperimentKind::Retention,
            Self::Stdp { .. } => ExperimentKind::Stdp,
            Self::SpikePulses { .. } => ExperimentKind::SpikePulses,
        }
    }

    /// Rows that it takes memory for, about.
    #[must_use]
    pub fn rows(&self) -> u64 {
        // More points than a picture has dots, and each is a whole waveform.
        let window = |reach: f64, step: &Second| (2.0 * reach / step.get()).min(1e16) as u64 * 200;
        match self {
            Self::Iv { points, samples, repeat, .. } => {
                (points.len() as u64).saturating_mul(u64::from(*samples)).saturating_mul(u64::from(*repeat))
            }
            Self::Pulses { count, samples, .. } => {
                (2 * u64::from(*samples)).saturating_mul(u64::from(*count))
            }
            Self::Integration { samples, .. }
            | Self::Relaxation { samples, .. }
            | Self::Power { samples } => u64::from(*samples),
            Self::Cycles { cycles, .. } => *cycles,
            Self::Retention { samples, devices, .. } => u64::from(*samples) * u64::from(*devices),
            Self::Stdp { reach, step, fit_from, fine_step, .. } => {
                window(reach.get(), step).max(window(reach.get().min(fit_from.get()), fine_step))
            }
            Self::SpikePulses { reach, step, .. } => window(reach.get(), step),
        }
    }

    /// The voltages it is driven to.
    #[must_use]
    pub fn voltages(&self, device: &Open) -> Vec<Volt> {
        match self {
            Self::Iv { points, .. } => points.clone(),
            Self::Pulses { amplitude, reverse, .. } => std::iter::once(*amplitude).chain(*reverse).collect(),
            Self::Integration { amplitude, .. } => vec![*amplitude],
            // What is volatile turns off on its own.
            Self::Cycles { v_set, .. } if device.memory().is_none() => vec![*v_set],
            Self::Cycles { v_set, v_reset, .. } => vec![*v_set, *v_reset],
            Self::SpikePulses { shape: PulseShape::Unipolar { peak, .. }, .. } => vec![*peak],
            Self::Stdp { .. } | Self::SpikePulses { .. } => {
                let pulse = device.memory().and_then(|memory| memory.pulse);
                pulse.and_then(|p| Volt::from_si(p.peak.get() + p.tail.get())).into_iter().collect()
            }
            Self::Relaxation { .. } | Self::Power { .. } | Self::Retention { .. } => Vec::new(),
        }
    }
}

impl ExperimentPlan {
    /// By how far it is driven beyond the voltages its preset is stated for, at most.
    #[must_use]
    pub fn out_of_range(&self) -> Option<OutOfRange> {
        let preset = &self.device.preset;
        self.experiment
            .voltages(&preset.device)
            .into_iter()
            .filter_map(|v| preset.check_voltage(v).err())
            .max_by(|a, b| a.voltage.get().abs().total_cmp(&b.voltage.get().abs()))
    }
}

/// The pulse on each electrode.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "shape")]
pub enum PulseShape {
    /// That of the preset.
    Biphasic,
    /// A symmetric triangle.
    Unipolar {
        /// Its height.
        peak: Volt,
        /// Its width where it is zero.
        base: Second,
    },
}

/// A number of the paper, and how close to it a result must come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaperValue {
    /// One of [`quantities`].
    pub quantity: String,
    /// The words of its row.
    pub what: String,
    /// The unit of `paper` and of an absolute tolerance.
    pub unit: MeasuredIn,
    /// How the result must stand to `paper`.
    pub relation: Relation,
    /// In SI units; a percentage as a fraction.
    pub paper: f64,
    /// How far apart they may be.
    pub tolerance: Tolerance,
    /// Why it is this wide.
    pub why: String,
}

/// Largest difference between the result and the paper that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tolerance {
    /// In the unit of the quantity.
    Absolute(f64),
    /// A fraction of the paper's value.
    Relative(f64),
}

impl PaperValue {
    /// Largest difference accepted, in the unit of the quantity.
    #[must_use]
    pub fn margin(&self) -> f64 {
        match self.tolerance {
            Tolerance::Absolute(margin) => margin,
            Tolerance::Relative(part) => part * self.paper.abs(),
        }
    }

    /// Whether a result stands to the paper's value as it must; none does not.
    #[must_use]
    pub fn accepts(&self, value: Option<f64>) -> bool {
        value.is_some_and(|value| match self.relation {
            Relation::Equal => (value - self.paper).abs() <= self.margin(),
            Relation::AtLeast => value >= self.paper - self.margin(),
            Relation::AtMost => value <= self.paper + self.margin(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_held_to_the_paper_as_the_relation_says() {
        let row = |relation, tolerance| PaperValue {
            quantity: "v_th".into(),
            what: "turn-on voltage".into(),
            unit: MeasuredIn::Volt,
            relation,
            paper: -0.2,
            tolerance,
            why: String::new(),
        };
        let equal = row(Relation::Equal, Tolerance::Relative(0.01));
        assert!(equal.accepts(Some(-0.2019)) && !equal.accepts(Some(-0.2021)) && !equal.accepts(None));
        let least = row(Relation::AtLeast, Tolerance::Absolute(0.0));
        assert!(least.accepts(Some(-0.2)) && least.accepts(Some(3.0)) && !least.accepts(Some(-0.21)));
        let most = row(Relation::AtMost, Tolerance::Absolute(0.05));
        assert!(most.accepts(Some(-0.151)) && !most.accepts(Some(-0.14)) && !most.accepts(Some(f64::NAN)));
    }
}
