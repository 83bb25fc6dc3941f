//! Devices measured on their own: the plan of their experiments.

mod compare;
mod findings;
pub(super) mod lower;
mod overrides;
mod plausible;
mod polarity;
mod quantity;

pub use crate::device::model::{Measure, MeasuredIn};
pub use findings::{Compared, Curve, ExperimentResult, MeasuredValue};
pub(super) use lower::Described;
pub(super) use overrides::{Device, device_preset};
pub(super) use plausible::plausible;
pub use polarity::WrongSign;
pub use quantity::{all_quantities, quantities};

use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::section::Lower;
use super::spec::kinds::{ABOVE_ZERO, LASTING, VOLTAGE, positive};
use super::spec::{Bounds, Key, Kind, Unit};
use super::table::{Chosen as _, table};
use crate::device::Open;
use crate::device::preset::{OutOfRange, Preset};
use crate::device::threshold::{Circuit, VolatileSwitch};
use crate::units::{Quantity as _, Second, Siemens, Volt, VoltPerSecond};
pub use compare::{Relation, Standing};
use serde::{Deserialize, Serialize};

/// Pulses are waveforms in femtoseconds.
const PULSE: Kind = Kind::Quantity(Unit::Second, Bounds::ANY.from(1e-15).up_to(4000.0));
const MANY: Kind = Kind::Integer { min: 1, max: 1_000_000 };

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

const AMPLITUDE: Key = Key::new("amplitude", VOLTAGE, "Height of the pulse or of the constant drive.");
const LENGTH: Key = Key::new("length", LASTING, "How long the device is watched.");
const REACH: Key = Key::new("reach", PULSE, "Largest |dt| of the window.");
const STEP: Key = Key::new("step", PULSE, "Step of |dt|.");
const SAMPLES: Key = Key::new(
    "samples",
    Kind::Integer { min: 1, max: 100_000 },
    "Samples: of a leg of a sweep, of a pulse and of a pause, or of the whole stretch.",
)
.setting("200");
const G_START: Key =
    Key::new("g_start", positive(Unit::Siemens), "Conductance a resistive device starts from.")
        .absent("the off state of a binary switch, the g_start of a dose device");
const NOISE: Key =
    Key::new("noise", Kind::Flag, "Whether the spread from cycle to cycle that the preset states is drawn.")
        .setting("false");

table! {
    /// What is done with the device.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case", tag = "kind")]
    pub enum Experiment by "kind", "What is done with the device." {
        Iv = "iv": "a voltage sweep through turning points: current, state, energy" {
            /// Turning points of the sweep, from first to last.
            points: Vec<Volt> = Kind::Quantities(Unit::Volt, Bounds::ANY);
            /// How fast the voltage is swept.
            rate: VoltPerSecond = positive(Unit::VoltPerSecond), measured("\"10 mV/s\"", "Yan et al., figs. 2c and 2d");
            /// How often the sweep is made.
            repeat: u32 = Kind::Integer { min: 1, max: 10_000 }, setting("1");
            /// Rows for each leg between two points.
            samples: u32 as SAMPLES;
            /// Conductance at the start; `None`: that of the off state or of the preset.
            g_start: Option<Siemens> as G_START;
            /// Whether the spread from cycle to cycle is drawn.
            noise: bool as NOISE;
        }
        Pulses = "pulses": "a train of equal rectangular pulses; a threshold switch integrates and fires" {
            /// Height of each of them.
            amplitude: Volt as AMPLITUDE;
            /// Width of a pulse.
            width: Second = PULSE;
            /// Time from the start of a pulse to that of the next; at least `width`.
            period: Second = PULSE;
            /// Number of pulses.
            count: u32 = MANY;
            /// Of a second train that follows, of as many pulses.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            reverse: Option<Volt> => never;
            /// Rows for each pulse, and as many for each pause.
            samples: u32 as SAMPLES;
            /// Conductance at the start; `None`: that of the off state or of the preset.
            g_start: Option<Siemens> as G_START;
            /// Whether the spread from cycle to cycle is drawn.
            noise: bool as NOISE;
        }
        Integration = "integration": "a threshold switch under a constant drive, from rest" {
            /// The drive.
            amplitude: Volt as AMPLITUDE;
            /// How long the state is watched.
            length: Second as LENGTH;
            /// Rows in that time.
            samples: u32 as SAMPLES;
        }
        Relaxation = "relaxation": "a threshold switch left alone after it has fired" {
            /// How long the state is watched.
            length: Second as LENGTH;
            /// Rows in that time.
            samples: u32 as SAMPLES;
        }
        Power = "power": "what a threshold switch that is on takes at each voltage, and its limiter" {
            /// Rows, evenly spaced in voltage.
            samples: u32 as SAMPLES;
        }
        Cycles = "cycles": "a device through SET and RESET again and again: spread of what it turns to" {
            /// Number of SET and RESET cycles.
            cycles: u64 = Kind::Integer { min: 2, max: 1_000_000 };
            /// Where the SET half of a cycle turns round; above zero.
            v_set: Volt = VOLTAGE, measured("\"200 mV\"", "Yan et al., fig. 1d");
            /// Where the RESET half of a cycle turns round; below zero.
            v_reset: Volt = VOLTAGE, measured("\"-100 mV\"", "Yan et al., fig. 1d");
            /// Duration of each of the four edges of a cycle.
            edge: Second = PULSE,
                assumed("\"20 s\"", "0.2 V at the 10 mV/s of the sweeps; the paper gives no rate for the cycles");
            /// Whether the window shrinks as the preset's endurance says.
            #[serde(default)]
            wear: bool = Kind::Flag, setting("false");
        }
        Retention = "retention": "both states left alone" {
            /// How long.
            length: Second as LENGTH;
            /// Rows in that time.
            samples: u32 as SAMPLES;
            /// Devices, each with a lifetime of its own.
            devices: u32 = MANY, setting("1");
            /// Ratio of the two states below which they count as lost.
            floor: f64 = ABOVE_ZERO, measured("1e4", "Yan et al., fig. 2a: window above 1e4");
            /// Whether lifetimes are those of the nominal device, without their spread.
            #[serde(default)]
            nominal: bool => never;
        }
        Stdp = "stdp": "pairs of spike pulses dt apart, each on a fresh device: the window" {
            /// Largest |dt|.
            reach: Second as REACH;
            /// Step of |dt| from `fit_from` on.
            step: Second as STEP;
            /// Smallest |dt| of the fit; the main lobes must be apart.
            fit_from: Second = PULSE;
            /// Step of |dt| below `fit_from`, where lobes overlap.
            fine_step: Second = PULSE, same_as("step");
            /// Conductance before each pair; `None`: that of the preset.
            g_start: Option<Siemens> as G_START;
        }
        SpikePulses = "spike_pulses": "what two spikes put across a device, and what that does for every dt" {
            /// The pulse on each electrode.
            shape: PulseShape;
            /// Interval between the two spikes that is drawn, in both orders.
            dt: Second = PULSE;
            /// Largest |dt| of the window.
            reach: Second as REACH;
            /// Step of |dt|.
            step: Second as STEP;
            /// Conductance before each pair; `None`: that of the preset.
            g_start: Option<Siemens> as G_START;
        }
    }
    rules(possible);
}

/// What the keys of one experiment must agree in.
fn possible(lower: &mut Lower<'_>, fields: &Fields) {
    match fields.word("kind") {
        Some("iv") => {
            let points = fields.quantities("points");
            if !points.windows(2).any(|pair| pair[0] != pair[1]) && fields.datum("points").is_some() {
                lower.faults.push(
                    Diagnostic::error(format!("`points` of {} do not lead anywhere", fields.what))
                        .maybe_at(fields.place("points"))
                        .label("no sweep")
                        .allowed(
                            "two voltages or more, not all the same, such as [\"0 V\", \"0.5 V\", \"0 V\"]",
                        ),
                );
            }
        }
        Some("pulses") => {
            let why = "the next pulse would begin before the last one ends";
            not_above(lower, fields, "width", "period", why);
        }
        Some("cycles") => {
            for (name, above) in [("v_set", true), ("v_reset", false)] {
                let Some(v) = fields.quantity(name).filter(|v| if above { *v <= 0.0 } else { *v >= 0.0 })
                else {
                    continue;
                };
                let sign = if above { "above" } else { "below" };
                lower.faults.push(
                    Diagnostic::error(format!("`{name}` of {} is {}", fields.what, Unit::Volt.print(v)))
                        .maybe_at(fields.place(name))
                        .label("wrong sign")
                        .allowed(format!(
                            "a voltage {sign} 0 V: SET is at positive, RESET at negative voltage"
                        )),
                );
            }
        }
        Some("stdp") => {
            within_reach(lower, fields, "step");
            if fields.written("fine_step").is_some() {
                within_reach(lower, fields, "fine_step");
            }
            not_above(lower, fields, "fit_from", "reach", "nothing would be left to fit");
        }
        Some("spike_pulses") => within_reach(lower, fields, "step"),
        _ => {}
    }
}

/// `small` must not be above `large`.
fn not_above(lower: &mut Lower<'_>, fields: &Fields, small: &str, large: &str, why: &str) {
    let (Some(a), Some(b)) = (fields.quantity(small), fields.quantity(large)) else { return };
    if a <= b {
        return;
    }
    lower.faults.push(
        Diagnostic::error(format!(
            "`{small}` of {} is {}, above `{large}`, which is {}",
            fields.what,
            Unit::Second.print(a),
            Unit::Second.print(b)
        ))
        .maybe_at(fields.place(small))
        .label("too large")
        .also(fields.written(large), "against this")
        .allowed(format!("`{small}` up to `{large}`"))
        .hint(why),
    );
}

fn within_reach(lower: &mut Lower<'_>, fields: &Fields, step: &str) {
    not_above(lower, fields, step, "reach", "the window would have no point but dt = 0");
}

/// What only `memspike device` can ask for.
#[expect(clippy::unnecessary_wraps, reason = "as a value of a table is read")]
fn never<T: Default>(_: &mut Lower<'_>, _: &Fields) -> Option<T> {
    Some(T::default())
}

impl Experiment {
    /// Its word in a scenario.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.word()
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

table! {
    /// The pulse on each electrode.
    #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case", tag = "shape")]
    pub enum PulseShape by "shape", "Pulse on each electrode.", setting("\"biphasic\"") {
        Biphasic = "biphasic": "the spike pulse of the preset: a short main lobe, a long opposite tail" {}
        Unipolar = "unipolar": "a symmetric triangle of one sign" {
            /// Height of the triangle.
            peak: Volt = positive(Unit::Volt);
            /// Width of the triangle at its base.
            base: Second = PULSE;
        }
    }
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
    /// What an agreement says of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
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
            standing: None,
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
