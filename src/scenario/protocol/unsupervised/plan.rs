//! The plan of the unsupervised protocol, what others ask of it, and how it is made.

use crate::device::retention::{DecayLaw, Retention};
use crate::plasticity::Rule;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::filled::Fields;
use crate::scenario::plan::Protocol;
use crate::scenario::projection::ProjectionPlan;
use crate::scenario::protocol::keys;
use crate::scenario::protocol::one_layer::{different_names, lateral, one_layer, projection};
use crate::scenario::section::Lower;
use crate::scenario::spec::kinds::{
    ABOVE_ZERO, COUNT, CV, POSITIVE_SPAN, SHARE, SPAN, TIME_CONSTANT, non_negative,
};
use crate::scenario::spec::{Bounds, Kind, Precision, Unit, words};
use crate::scenario::table::{inner, list, table};
use crate::time::Time;
use crate::training::unsupervised::Vote;
use crate::units::{Second, Siemens};

table! {
    /// A population whose neurons keep each other from firing learns a data set without labels, gets them afterwards, and is tested.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Unsupervised {
        /// Index of the projection that learns (from a data-set source to the population that learns).
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
        /// Share of all steps of the rule that is left at the end; they fall geometrically over all epochs. Of pulses the lobes of
        /// columns fall, by v_scale ln(1/share) of the rate that each of them works through.
        final_share: f64 = Kind::Number(Bounds::POSITIVE.up_to(1.0)), setting("1.0");
        /// How conductances decay when left alone.
        retention: Option<Retention> = inner::<Retention>(), absent("as the device says");
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
        /// Coefficient of variation of both steps, g_max, g_min, initial weight and threshold: in place of `dispersion` of the rule.
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
        let projection = projections.get(index).and_then(Option::as_ref);
        learns(lower, fields, index, projection);
        let device = projection.and_then(|learns| learns.device.clone());
        let preset = device.as_ref().and_then(|device| lower.filled.device(&device.name).cloned());
        lower.trained_devices = device.zip(preset);
    }
    if fields.table("retention").is_some() {
        needs_devices(lower, fields, "retention");
    }
    let own = lower.trained_devices.clone();
    let own = own.as_ref().and_then(|(device, preset)| Some((&device.name, preset.device.memory()?)));
    let stated = fields.datum("retention").is_some() || fields.written("retention").is_some();
    if !fields.tables("ageing").is_empty() && !stated {
        if let Some((device, memory)) = &own {
            lower.decays(fields, "ageing", (device, memory));
        } else {
            needs_devices(lower, fields, "ageing");
        }
    }
    if let (Some(at), true) = (fields.written("retention"), fields.tables("ageing").is_empty()) {
        lower.faults.push(
            Diagnostic::error("`retention` of the protocol has no effect")
                .at(at)
                .label("nothing is left alone")
                .allowed(
                    "`retention` beside `ageing`, which has the times after which devices are tested again",
                ),
        );
    }
    let cases = fields.tables("variation");
    if !cases.is_empty() {
        needs_devices(lower, fields, "variation");
        needs_thresholds(lower, fields);
    }
    different_names(lower, cases, "cases of variation");
    let mut made: Unsupervised = lower.made(fields)?;
    if !made.ageing.is_empty() && made.retention.is_none() {
        made.retention = own.map(|(_, memory)| *memory.retention);
    }
    Some(made)
}

/// Neurons of any model that do not keep each other from firing would learn one and the same field everywhere: `competition` does it
/// at the instant, a projection of the population to itself with its delay.
fn competes(lower: &mut Lower<'_>, protocol: &Fields, index: usize) {
    let filled = lower.filled;
    let Some((_, fields)) = filled.all("projection").get(index) else { return };
    let target = filled.all("population").iter().find(|(name, _)| Some(name.as_str()) == fields.text("to"));
    let Some((_, target)) = target else { return };
    let open = lower.registered(target).is_some();
    if !open && states_competition(target) {
        return;
    }
    let to = fields.text("to");
    let itself = |projection: &&(String, Fields)| lateral(&projection.1) && projection.1.text("to") == to;
    if !filled.all("projection").iter().any(|projection| itself(&projection))
        && target.count("size") != Some(1)
    {
        lower.faults.push(
            Diagnostic::error(format!("{} does not compete", target.what))
                .maybe_at(target.at.as_ref())
                .also(protocol.written("kind"), "unsupervised here")
                .allowed(format!(
                    "a projection from it to itself with a weight below zero{}",
                    if open { String::new() } else { format!(", or a table [{}.competition]", target.path) }
                ))
                .hint("without it every neuron would learn the same"),
        );
    }
}

/// How it learns is said where it is, and the same in every protocol.
fn learns(lower: &mut Lower<'_>, protocol: &Fields, index: usize, learns: Option<&ProjectionPlan>) {
    let filled = lower.filled;
    let Some((_, fields)) = filled.all("projection").get(index) else { return };
    if fields.table("plasticity").is_none() && fields.written("plasticity").is_none() {
        lower.faults.push(
            Diagnostic::error(format!("nothing says how {} learns", fields.what))
                .maybe_at(fields.at.as_ref())
                .also(protocol.written("kind"), "it is to learn here")
                .allowed(format!("a table [{}.plasticity] with its rule", fields.path)),
        );
    }
    if let Some(Rule::Overlap(overlap)) = learns.and_then(|learns| Some(&learns.plasticity.as_ref()?.rule)) {
        lower.falling(protocol, overlap);
    }
}

/// Whether a population, of a model that is built in, competes, or is meant to.
fn states_competition(population: &Fields) -> bool {
    population.table("competition").is_some() || population.written("competition").is_some()
}

/// What is spread over devices is spread over thresholds too, which only those who compete have beside their neurons.
fn needs_thresholds(lower: &mut Lower<'_>, protocol: &Fields) {
    let filled = lower.filled;
    let named = |section: &str, name: Option<&str>| {
        filled.all(section).iter().find(|(known, _)| Some(known.as_str()) == name).map(|(_, fields)| fields)
    };
    let learns = named("projection", protocol.text("projection"));
    let Some(target) = learns.and_then(|learns| named("population", learns.text("to"))) else { return };
    if lower.registered(target).is_some() || !states_competition(target) {
        lower.faults.push(
            Diagnostic::error("`variation` of the protocol differs thresholds, and these cannot be moved")
                .maybe_at(protocol.written("variation"))
                .also(target.at.as_ref(), "without `competition`")
                .allowed("`variation` with a table `competition` of the population")
                .hint("`dispersion` of the rule differs the devices alone, and a `normal` of a parameter the neurons"),
        );
    }
}

fn needs_devices(lower: &mut Lower<'_>, protocol: &Fields, key: &str) {
    let named = protocol.text("projection");
    let learns = lower.filled.all("projection").iter().find(|(name, _)| Some(name.as_str()) == named);
    if learns.is_some_and(|(_, fields)| fields.written("device").is_none()) {
        lower.faults.push(
            Diagnostic::error(format!("`{key}` of the protocol is about devices, and there are none"))
                .maybe_at(protocol.written(key))
                .allowed("`device` of [projection.NAME]"),
        );
    } else if let Some((_, fields)) = learns.filter(|(_, fields)| lower.filament(fields)) {
        lower.faults.push(
            Diagnostic::error(format!("`{key}` of the protocol has no effect"))
                .maybe_at(protocol.written(key))
                .also(fields.written("device"), "devices that forget are not programmed")
                .allowed("`device_cv`, `tau_cv` and `dispersion` of the rule; its `tau` is what they keep")
                .hint("delete it"),
        );
    }
}
