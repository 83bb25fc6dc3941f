//! The plan of the unsupervised protocol, what others ask of it, and how it is made.

use crate::device::endurance::Endurance;
use crate::device::fault::FaultRates;
use crate::device::retention::{DecayLaw, Retention};
use crate::device::threshold::log_sigma;
use crate::scenario::device_plan::DevicePlan;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::filled::Fields;
use crate::scenario::plan::Protocol;
use crate::scenario::plasticity::Kinetics;
use crate::scenario::projection::ProjectionPlan;
use crate::scenario::protocol::keys;
use crate::scenario::protocol::one_layer::{different_names, one_layer, projection};
use crate::scenario::section::Lower;
use crate::scenario::spec::kinds::{
    ABOVE_ZERO, COUNT, CV, POSITIVE_SPAN, SHARE, SPAN, TIME_CONSTANT, non_negative, positive,
};
use crate::scenario::spec::{Bounds, Key, Kind, Precision, Unit, words};
use crate::scenario::table::{inner, list, table};
use crate::synapse::{Arrangement, ReadPulse, Spread};
use crate::time::Time;
use crate::training::unsupervised::{Dependence, DeviceModel, Dispersion, Step, Vote, Window, WinnerRule};
use crate::units::{Second, Siemens, Volt};

table! {
    /// A competing population learns a data set without labels, gets them afterwards, and is tested.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Unsupervised {
        /// Index of the projection that learns (from a data-set source to the competing population).
        projection: usize as keys::PROJECTION;
        /// Of the membranes and the weights.
        precision: Precision as keys::PRECISION;
        /// Passes over the training samples.
        epochs: u32 as keys::EPOCHS;
        /// Training samples used, from the front of the set; `None`: all.
        train_samples: Option<u32> as keys::TRAIN_SAMPLES;
        /// Test samples used, from the front of the set; `None`: all.
        test_samples: Option<u32> as keys::TEST_SAMPLES;
        /// Fraction of the training samples held out to choose the epoch that is tested; 0: last epoch.
        validation: f64 as keys::VALIDATION;
        /// How long a training sample is shown.
        presentation: Time as keys::PRESENTATION;
        /// How long a test sample is shown.
        test_presentation: Time as keys::TEST_PRESENTATION;
        /// Pause after each training sample; membranes start anew, thresholds go on decaying.
        rest: Time = SPAN, setting("\"0 s\"");
        /// Training samples whose labels are looked at after learning, from the front of the set.
        label_samples: Option<u32> = COUNT, absent("all");
        /// Whose labels these are.
        labels: Labels = Kind::word::<Labels>(), setting("\"own\"");
        /// How long they are shown.
        label_presentation: Time = POSITIVE_SPAN, same_as("presentation");
        /// The vote behind the reported accuracy; both are stated.
        vote: Vote = Kind::word::<Vote>(), setting("\"log_likelihood\"");
        /// What a spike of the winner does to its synapses.
        learning: WinnerLearning = inner::<Learning>() => winner;
        /// How the devices of the projection are programmed while they learn, and how they differ.
        devices: Option<DeviceModel> = inner::<LearningDevices>(), absent("for a projection without devices") => devices;
        /// How conductances decay when left alone.
        retention: Option<Retention> = inner::<Retention>(), absent("they do not");
        /// Test again after each of these times without refresh.
        ageing: Vec<Ageing> = list::<Ageing>(), setting("[]");
        /// Train and test anew with each of these dispersions of the devices.
        variation: Vec<VariationCase> = list::<VariationCase>(), setting("[]");
    }
}

impl Protocol for Unsupervised {
    fn word(&self) -> &'static str {
        "unsupervised"
    }

    fn trains(&self) -> Option<usize> {
        Some(self.projection)
    }

    fn precision(&self) -> Precision {
        self.precision
    }

    fn episode(&self, number: u64) -> Time {
        if number == 0 { self.presentation } else { self.test_presentation }
    }
}

words! {
    /// Whose labels the samples have that give neurons theirs.
    #[derive(serde::Serialize, serde::Deserialize)]
    pub enum Labels {
        Own = "own": "their own",
        Shuffled = "shuffled": "those of others among them, drawn once: what accuracy is left without anything to tell them by",
    }
}

/// What a spike of the winner does to its synapses.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct WinnerLearning {
    /// The step and how it depends on the weight.
    pub rule: WinnerRule,
    /// The weight at the upper end; the lower end is 0.
    pub w_max: Volt,
    /// Sum of a neuron's weights after each presentation in which it spiked, in units of `w_max`; `None`: left as it is.
    pub normalise: Option<f64>,
}

table! {
    /// What a spike of the winner does to its synapses, as it is written.
    pub struct Learning {
        /// Which inputs count as recent.
        window: WindowKind = Kind::word::<WindowKind>(), setting("\"rectangular\"");
        /// How long a spike is recent.
        width: Option<Time> = POSITIVE_SPAN, when("window", &["rectangular"]);
        /// Time constant of the trace.
        tau: Option<f64> = TIME_CONSTANT, when("window", &["trace"]);
        dependence: Dependence;
        /// Weight at the upper end; the lower end is 0.
        w_max: Volt = positive(Unit::Volt);
        /// Step of recent inputs, as a share of the range.
        a_plus: Option<f64> = SHARE, when("window", STEPS);
        /// Step of the others.
        a_minus: Option<f64> = SHARE, when("window", STEPS);
        /// Share of both steps that is left at the end; they fall geometrically over all epochs. Of pulses the lobes of columns
        /// fall, by v_scale ln(1/share) of the rate that each of them works through.
        final_share: f64 = Kind::Number(Bounds::POSITIVE.up_to(1.0)), setting("1.0");
        kinetics: Kinetics<true>;
        /// Sum of a neuron's weights, in units of w_max, restored after each presentation in which it spiked.
        normalise: Option<f64> = ABOVE_ZERO, absent("weights are not normalised");
    }
}

const STEPS: &[&str] = &["rectangular", "trace"];

words! {
    /// Which inputs count as recent.
    pub enum WindowKind {
        Rectangular = "rectangular": "a spike within `width` before the winner's (Querlioz et al. 2013)",
        Trace = "trace": "the exponential trace of the last spike",
        Overlap = "overlap": "no step: pulses overlap across the devices, whose kinetics do the rest",
    }
}

table! {
    impl Dependence by "dependence", "How a step depends on the weight.", setting("\"multiplicative\""), when("window", STEPS) {
        Multiplicative = "multiplicative": "a_plus (w_max - w) up, a_minus w down" {}
        Exponential = "exponential": "a_plus w_max e^(-beta w/w_max) up, a_minus w_max e^(-beta (1 - w/w_max)) down" {
            /// Exponent of the dependence.
            beta: f64 = Kind::Number(Bounds::NON_NEGATIVE), setting("3.0");
        }
    }
}

table! {
    /// How the devices of a projection are programmed while they learn, and how they differ.
    pub struct LearningDevices {
        /// The pulse behind each step upwards.
        set: ReadPulse = Kind::Table(SET_PULSE), setting("{}");
        /// The pulse behind each step downwards.
        reset: ReadPulse = Kind::Table(RESET_PULSE), setting("{}");
        /// How devices differ; drawn once.
        dispersion: Dispersion = inner::<Dispersion>(), setting("{}");
        /// Coefficient of variation of every single step (of the doses of a pulse).
        cycle: f64 = CV, setting("0.0");
        /// Shares of devices stuck at their bounds.
        faults: FaultRates;
        /// How pulses wear the devices.
        endurance: Option<Endurance> = inner::<Endurance>(), absent("they do not wear");
    }
}

const SET_PULSE: &[Key] =
    &pulse("a fifth of the range in 1 ms by the kinetics fitted to Yan et al., figs. 2c, 3c");
const RESET_PULSE: &[Key] =
    &pulse("a tenth of the range in 1 ms by the kinetics fitted to Yan et al., figs. 2d, 3c");

/// The keys of a [`ReadPulse`] that programs.
const fn pulse(why: &'static str) -> [Key; 2] {
    [
        Key::new("amplitude", positive(Unit::Volt), "Height of the pulse.").assumed("\"280 mV\"", why),
        Key::new("width", POSITIVE_SPAN, "Width of the pulse.")
            .assumed("\"1 ms\"", "Yan et al. give no pulse width; smaller steps are booked as whole pulses"),
    ]
}

table! {
    impl Dispersion {
        /// Coefficient of variation of the step upwards (of SET doses).
        a_plus: f64 = CV, setting("0.0");
        /// Coefficient of variation of the step downwards (of RESET doses).
        a_minus: f64 = CV, setting("0.0");
        /// Coefficient of variation of the highest conductance.
        g_max: f64 = CV, setting("0.0");
        /// Coefficient of variation of the lowest conductance.
        g_min: f64 = CV, setting("0.0");
        /// Coefficient of variation of the initial weight, besides that of `weight`.
        initial: f64 = CV, setting("0.0");
        /// Coefficient of variation of the neurons' thresholds before they adapt.
        threshold: f64 = CV, setting("0.0");
    }
}

table! {
    impl Endurance {
        /// Pulses after which the range has closed.
        n_f: f64 = ABOVE_ZERO, setting("1e6");
        /// Exponent of the shrinking.
        m: f64 = ABOVE_ZERO, setting("1.0");
        /// Shape of the Weibull law of sudden death.
        weibull_shape: Option<f64> = ABOVE_ZERO, absent("the range shrinks and no device dies");
        ..Self::default();
    }
}

table! {
    impl Retention {
        law: DecayLaw;
        /// Where everything ends.
        g_inf: Siemens = non_negative(Unit::Siemens), absent("the lowest conductance of the device") => g_inf;
        /// Standard deviation of ln tau (or ln t0) over devices.
        lifetime_sigma: f64 = CV, setting("0.0");
    }
}

/// A filament that is lost leaves the device at its lowest conductance, where nothing else is said.
fn g_inf(lower: &mut Lower<'_>, fields: &Fields) -> Option<Siemens> {
    let stated: Option<Siemens> = lower.get(fields, "g_inf")?;
    stated.or_else(|| lower.trained_devices.as_ref().map(|(device, _)| device.range.g_min))
}

table! {
    impl DecayLaw by "law", "Law of the decay of G - g_inf.", setting("\"exponential\"") {
        Exponential = "exponential": "e^(-(t/tau)^b)" {
            /// Time constant.
            tau: Second = TIME_CONSTANT,
                assumed("\"78 ks\"", "lower bound from 4000 s without visible loss (Yan et al., fig. 2b)");
            /// Stretching exponent; 1 is mono-exponential.
            b: f64 = ABOVE_ZERO, setting("1.0");
        }
        PowerLaw = "power": "((t + t0)/t0)^-nu" {
            /// Time scale.
            t0: Second = TIME_CONSTANT;
            /// Exponent.
            nu: f64 = ABOVE_ZERO;
        }
    }
}

table! {
    /// An age at which trained devices are tested again.
    #[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Ageing {
        /// Time since the last step of learning.
        after: Second = non_negative(Unit::Second);
    }
}

table! {
    /// Training anew with other devices.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct VariationCase {
        /// What the case is called in the report.
        name: String = Kind::Text;
        /// Coefficient of variation of both steps, g_max, g_min, initial weight and threshold.
        cv: f64 = CV;
        /// Runs, each with the next seed.
        seeds: u32 = Kind::Integer { min: 1, max: 1000 }, setting("3");
        /// Largest loss of accuracy against the first case that is accepted, as a fraction.
        max_loss: Option<f64> = SHARE, absent("any");
    }
}

words! {
    impl Vote {
        ClassMean = "class_mean": "the class whose neurons spike most on average (Diehl & Cook 2015)",
        LogLikelihood = "log_likelihood": "the class with the largest sum over spikes of ln(P(class | neuron) + 0.01)",
    }
}

pub fn lower(
    lower: &mut Lower<'_>,
    fields: &Fields,
    projections: &[Option<ProjectionPlan>],
) -> Option<Unsupervised> {
    if let Some(index) = projection(lower, fields, "unsupervised") {
        one_layer(lower, fields, index, "unsupervised");
        competes(lower, fields, index);
        let device = projections.get(index).and_then(Option::as_ref).and_then(|learns| learns.device.clone());
        learning_devices(lower, index, device.as_ref());
        let preset = device.as_ref().and_then(|device| lower.filled.device(&device.name).cloned());
        lower.trained_devices = device.zip(preset);
    }
    if fields.table("retention").is_some() {
        needs_devices(lower, fields, "retention");
    }
    let nothing = fields.datum("retention").is_none() && fields.written("retention").is_none();
    if !fields.tables("ageing").is_empty() && nothing {
        lower.faults.push(
            Diagnostic::error("`ageing` of the protocol has times, and nothing decays")
                .maybe_at(fields.written("ageing"))
                .allowed("a table [protocol.retention] with the law of the decay"),
        );
    }
    let cases = fields.tables("variation");
    if !cases.is_empty() {
        needs_devices(lower, fields, "variation");
    }
    different_names(lower, cases, "cases of variation");
    lower.made(fields)
}

/// A population without competition would learn one and the same field everywhere.
fn competes(lower: &mut Lower<'_>, protocol: &Fields, index: usize) {
    let filled = lower.filled;
    let Some((_, fields)) = filled.all("projection").get(index) else { return };
    let target = filled.all("population").iter().find(|(name, _)| Some(name.as_str()) == fields.text("to"));
    let Some((_, target)) = target else { return };
    if lower.not_trained(target) {
        return;
    }
    if target.table("competition").is_none() && target.written("competition").is_none() {
        lower.faults.push(
            Diagnostic::error(format!("{} does not compete", target.what))
                .maybe_at(target.at.as_ref())
                .also(protocol.written("kind"), "unsupervised here")
                .allowed(format!("a table [{}.competition]", target.path))
                .hint("without it every neuron would learn the same"),
        );
    }
}

/// Weights that learn lie between 0 and the `w_max` of the rule: one device each, programmed by the rule alone.
fn learning_devices(lower: &mut Lower<'_>, index: usize, plan: Option<&DevicePlan>) {
    let filled = lower.filled;
    let Some((_, fields)) = filled.all("projection").get(index) else { return };
    if let (Some(plan), Some(device)) = (plan, fields.table("crossbar")) {
        if plan.arrangement != Arrangement::Unipolar {
            let found = device.word("arrangement").unwrap_or_default();
            lower.faults.push(
                Diagnostic::error(format!("`arrangement` of {} is \"{found}\"", device.what))
                    .maybe_at(device.place("arrangement"))
                    .allowed("\"unipolar\" for weights that learn between 0 and w_max"),
            );
        }
        if plan.spread != Spread::NONE {
            lower.faults.push(
                Diagnostic::error(format!("{} has a spread of programming", device.what))
                    .maybe_at(device.place("spread"))
                    .allowed("\"none\": these devices are not programmed after training, they learn")
                    .hint("`dispersion` and `cycle` of [protocol.devices] spread what they learn"),
            );
        }
        if device.datum("w_max").is_some() {
            lower.faults.push(
                Diagnostic::error(format!("{} has a `w_max` of its own", device.what))
                    .maybe_at(device.place("w_max"))
                    .allowed("`w_max` of [protocol.learning]"),
            );
        }
    }
}

/// The rule of the winner, which may be what pulses do to the devices of the projection.
fn winner(lower: &mut Lower<'_>, protocol: &Fields) -> Option<WinnerLearning> {
    let fields = protocol.table("learning")?;
    let stated: Learning = lower.made(fields)?;
    let window = match stated.window {
        WindowKind::Rectangular => Some(Window::Rectangular { width: stated.width? }),
        WindowKind::Trace => Some(Window::Trace { tau: stated.tau? }),
        WindowKind::Overlap => None,
    };
    let cycle = protocol.table("devices").and_then(|own| own.number("cycle"));
    let rule = match (window, lower.trained_devices.clone().zip(cycle)) {
        (Some(window), _) => WinnerRule::Step(Step {
            window,
            dependence: stated.dependence,
            a_plus: stated.a_plus?,
            a_minus: stated.a_minus?,
            final_share: stated.final_share,
        }),
        (None, Some(((_, preset), cycle))) => {
            let mut overlap = lower.kinetics(fields, stated.kinetics, &preset, log_sigma(cycle))?;
            lower.falling(fields, &overlap.pulses, &overlap.device, stated.final_share)?;
            overlap.final_share = stated.final_share;
            WinnerRule::Overlap(Box::new(overlap))
        }
        (None, None) => {
            lower.faults.push(
                Diagnostic::error(format!("the rule of {} needs devices", fields.what))
                    .maybe_at(fields.place("window"))
                    .label("pulses overlap across a device")
                    .allowed("`device` of [projection.NAME] and a table [protocol.devices]"),
            );
            return None;
        }
    };
    Some(WinnerLearning { rule, w_max: stated.w_max, normalise: stated.normalise })
}

/// `Some(None)`: ideal weights. `None`: a fault.
#[expect(clippy::option_option, reason = "`None`: faulty, and reported")]
fn devices(lower: &mut Lower<'_>, protocol: &Fields) -> Option<Option<DeviceModel>> {
    let name = protocol.text("projection")?;
    let (_, projection) = lower.filled.all("projection").iter().find(|(known, _)| known == name)?;
    let (device, own) = (projection.written("device"), protocol.table("devices"));
    let own = match (device, own) {
        (None, None) => {
            return protocol.written("devices").is_none().then_some(None);
        }
        (Some(_), Some(own)) => own,
        (None, Some(own)) => {
            lower.faults.push(
                Diagnostic::error(format!("{} has no devices to programme", projection.what))
                    .maybe_at(own.at.as_ref())
                    .allowed(format!("`device` of [{}]", projection.path)),
            );
            return None;
        }
        (Some(device), None) => {
            lower.faults.push(
                Diagnostic::error(format!(
                    "{} has devices, and nothing says how they learn",
                    projection.what
                ))
                .at(device)
                .allowed("a table [protocol.devices]; it may be empty"),
            );
            return None;
        }
    };
    let LearningDevices { set, reset, dispersion, cycle, faults, endurance } = lower.made(own)?;
    let (DevicePlan { range, read, .. }, _) = lower.trained_devices.clone()?;
    Some(Some(DeviceModel { range, read, set, reset, dispersion, cycle, faults, endurance }))
}

fn needs_devices(lower: &mut Lower<'_>, protocol: &Fields, key: &str) {
    if protocol.table("devices").is_none() && protocol.written("devices").is_none() {
        lower.faults.push(
            Diagnostic::error(format!("`{key}` of the protocol is about devices, and there are none"))
                .maybe_at(protocol.written(key))
                .allowed("`device` of [projection.NAME] and a table [protocol.devices]"),
        );
    }
}
