//! The plan of the supervised protocol, what others ask of it, and how it is made.

use super::in_situ::InSitu;
use super::jumps::SpikeSurrogate;
use super::layers;
use super::optimizer::{self, Optimizer, schedule};
use crate::device::fault::FaultRates;
use crate::hint::many;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::filled::Fields;
use crate::scenario::locate;
use crate::scenario::plan::Protocol;
use crate::scenario::protocol::keys;
use crate::scenario::protocol::one_layer::{different_names, one_layer, projection};
use crate::scenario::section::Lower;
use crate::scenario::spec::kinds::{ABOVE_ZERO, LASTING, LEVELS, POSITIVE_SPAN, SHARE, SPAN};
use crate::scenario::spec::{Bounds, Key, Kind, Precision};
use crate::scenario::table::{inner, list, table};
use crate::synapse::{Placement, Spread};
use crate::time::Time;
use crate::training::Schedule;
use crate::training::exact::{FirstSpike, Learned, Loss, OpenObjective, ReadOut, SpikeSum, Voltage};
use crate::units::Second;

table! {
    /// Train a projection from a data set to a population of one neuron per class, and test it.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Supervised {
        /// Index of the projection that learns (from a data-set source to the read-out population).
        projection: usize as keys::PROJECTION => learns;
        /// Of the membranes and the weights.
        precision: Precision as keys::PRECISION;
        /// Passes over the training samples.
        epochs: u32 as keys::EPOCHS;
        /// The test set is shown after every so many epochs, and after the last.
        test_every: u32 = Kind::Integer { min: 1, max: 100_000 }, setting("1");
        /// Samples per weight update.
        batch: u32 = Kind::Integer { min: 1, max: 1_000_000 }, setting("64");
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
        /// Gain of the softmax on spike counts.
        count_gain: f64 = ABOVE_ZERO, setting("0.3");
        /// Steepness of the fast-sigmoid surrogate derivative, per v_th - u_rest.
        surrogate_steepness: f64 = ABOVE_ZERO, setting("5.0");
        /// How the gradient is found: of one projection of jumps by a surrogate, of all layers exactly.
        gradient: Gradient = inner::<Gradient>(), setting("{}");
        /// How weights go down their gradient.
        optimizer: Optimizer = inner::<Optimizer>(), setting("{}");
        /// Training ends when the accuracy on held-out samples has not grown for so many epochs.
        patience: Option<u32> = Kind::Integer { min: 1, max: 100_000 }, absent("all epochs");
        /// Bound on |w| during training, in units of v_th - u_rest.
        weight_bound: Option<f64> = ABOVE_ZERO, absent("unbounded");
        /// Scenario whose trained weights are tested instead of training here (it is run if it never was), or a run directory.
        weights_from: Option<String> = Kind::Text, absent("trained here") => weights_from;
        /// Report the output rates for the first test sample of this class.
        show_class: Option<u32> = Kind::Integer { min: 0, max: 255 }, absent("none");
        /// After training: programme the weights onto devices in each of these ways and test again.
        programming: Vec<ProgrammingCase> = list::<ProgrammingCase>(), setting("[]");
    }
    rules(rules);
}

table! {
    /// How the gradient is found.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    #[expect(clippy::large_enum_variant, reason = "a plan has one of it")]
    #[serde(rename_all = "snake_case", tag = "kind")]
    pub enum Gradient by "kind", "Which gradient.", setting("\"surrogate\"") {
        Surrogate = "surrogate": "of spike counts, by a surrogate of the derivative of a spike; one projection of jumps" {}
        Exact = "exact": "of the times of spikes, by the adjoint of the layers' own equations; of jumps, that have none, by `surrogate`; all projections learn" {
            /// What the read-out is scored by.
            loss: Wanted = inner::<Wanted>(), setting("{}");
            /// What is wanted of the scores.
            #[serde(skip_deserializing)]
            objective: OpenObjective = Kind::Table(OBJECTIVE), setting("{}") => objective;
            /// What stands for the derivative of spikes that jumps bring about: a population that jumps lead to fires at arrivals alone.
            surrogate: Option<SpikeSurrogate> = inner::<SpikeSurrogate>(), absent("no projection jumps");
            /// Least slope of a membrane at its spike that is divided by, in thresholds per tau_m: a spike that only just comes about moves far, and its gradient is cut there.
            least_slope: f64 = Kind::Number(Bounds::NON_NEGATIVE), setting("0.2");
            /// How far back a loss counts: to the beginning of the window of this length that it lies in, counted from the start of a presentation, and of what happened before nothing is credited. For long presentations and layers that hear themselves.
            truncate: Option<Time> = POSITIVE_SPAN, absent("to the start of the presentation");
            /// A neuron of a hidden layer that fired less often per sample of a batch than this is raised by `activity_raise`; 0: none is.
            activity_floor: f64 = Kind::Number(Bounds::NON_NEGATIVE), setting("0.3");
            /// What such a neuron gets on all weights that lead to it, per batch, in units of v_th - u_rest. Not part of the gradient.
            activity_raise: f64 = Kind::Number(Bounds::NON_NEGATIVE), setting("1e-4");
            /// A neuron of a hidden layer that fired more often per sample of a batch than this is lowered by `activity_lower`: spikes cost energy.
            activity_ceiling: Option<f64> = ABOVE_ZERO, absent("any number of spikes");
            /// What such a neuron loses on all weights that lead to it, per batch, in units of v_th - u_rest. Not part of the gradient.
            activity_lower: f64 = Kind::Number(Bounds::NON_NEGATIVE), setting("1e-4");
            /// How delays of single synapses learn, which those projections have whose `delay` is a distribution.
            delays: Option<LearnDelays> = inner::<LearnDelays>(), absent("they stay");
            /// How thresholds learn, of each neuron of a leaky population that fires.
            thresholds: Option<LearnThresholds> = inner::<LearnThresholds>(), absent("they stay");
            /// How tau_m learns, of each leaky population; tau_syn stays as large beside it.
            time_constants: Option<LearnTimeConstants> = inner::<LearnTimeConstants>(), absent("they stay");
            /// Weights that learn in their devices, by pulses.
            in_situ: Option<InSitu> = inner::<InSitu>(), absent("weights are numbers");
        }
    }
}

table! {
    /// How delays of single synapses learn: by the optimizer and the schedule of the weights.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct LearnDelays {
        /// Learning rate at the start: how far a delay moves in a step, about.
        rate: Time = POSITIVE_SPAN, setting("\"0.2 ms\"");
        /// Learning rate at the end of the cosine schedule.
        rate_final: Time = SPAN, setting("\"2 us\"");
        /// The longest delay there may be; the shortest is none.
        longest: Time = POSITIVE_SPAN;
    }
    rules(schedule);
}

table! {
    /// How thresholds of neurons learn: by the optimizer and the schedule of the weights, in units of v_th - u_rest.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct LearnThresholds {
        /// Learning rate at the start: how far a threshold moves in a step, about.
        rate: f64 = ABOVE_ZERO, setting("0.001");
        /// Learning rate at the end of the cosine schedule.
        rate_final: f64 = Kind::Number(Bounds::NON_NEGATIVE), setting("1e-5");
        /// The lowest threshold there may be.
        least: f64 = ABOVE_ZERO, setting("0.5");
        /// The highest threshold there may be.
        most: f64 = ABOVE_ZERO, setting("2.0");
    }
    rules(within::<LearnThresholds>);
}

table! {
    /// How the time constants of membranes learn: by the optimizer and the schedule of the weights.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct LearnTimeConstants {
        /// Learning rate at the start: how far a time constant moves in a step, about.
        rate: Time = POSITIVE_SPAN, setting("\"10 us\"");
        /// Learning rate at the end of the cosine schedule.
        rate_final: Time = SPAN, setting("\"0.1 us\"");
        /// The shortest there may be.
        shortest: Time = POSITIVE_SPAN;
        /// The longest there may be.
        longest: Time = POSITIVE_SPAN;
    }
    rules(within::<LearnTimeConstants>);
}

/// What is wrong with rates that rise and a range that is empty.
fn within<T: Range>(lower: &mut Lower<'_>, learned: &Fields) {
    schedule(lower, learned);
    let [least, most] = T::ENDS;
    if let (Some(low), Some(high)) = (learned.amount(least), learned.amount(most))
        && low >= high
    {
        lower.faults.push(
            Diagnostic::error(format!("`{least}` of {} is not below `{most}`", learned.what))
                .maybe_at(learned.place(least))
                .also(learned.written(most), "the other end")
                .allowed(format!("{least} below {most}: what learns stays within them")),
        );
    }
}

/// What learns stays within a range: the keys of its ends.
trait Range {
    const ENDS: [&'static str; 2];
}

impl Range for LearnThresholds {
    const ENDS: [&'static str; 2] = ["least", "most"];
}

impl Range for LearnTimeConstants {
    const ENDS: [&'static str; 2] = ["shortest", "longest"];
}

const GAIN: Key = Key::new("gain", ABOVE_ZERO, "What s or n is multiplied by.").setting("2.0");

table! {
    /// What the read-out is scored by: a score z of each neuron, the largest of which answers.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case", tag = "kind")]
    pub enum Wanted by "kind", "Which loss.", setting("\"first_spike\"") {
        FirstSpike = "first_spike": "z = -t/tau of the first spikes; the first neuron to fire answers" {
            /// Of the scores: how far apart first spikes are wanted.
            tau: Time = POSITIVE_SPAN, setting("\"0.4 ms\"");
            /// Weight of a term e^(t/tau_early) of the right neuron's own first spike, which is wanted early.
            early: f64 = Kind::Number(Bounds::NON_NEGATIVE), setting("0.003");
            /// Its time constant.
            tau_early: Time = POSITIVE_SPAN, setting("\"10 ms\"");
            /// By how much a silent neuron at rest counts as later than the end of the presentation; the closer it came to threshold, the less.
            silent: Time = POSITIVE_SPAN, setting("\"9.41 ms\"");
        }
        SpikeSum = "spike_sum": "z = gain s of s = sum of e^(-t/tau) over the spikes of each neuron" {
            /// Time constant of the sums.
            tau_sum: Time = POSITIVE_SPAN, setting("\"10 ms\"");
            /// What s or n is multiplied by.
            gain: f64 as GAIN;
        }
        SpikeCount = "spike_count": "z = gain n of the n spikes of each neuron, of a read-out of jumps" {
            /// What s or n is multiplied by.
            gain: f64 as GAIN;
        }
        MeanVoltage = "mean_voltage": "z = gain s of the membrane averaged over the presentation, in units of v_th - u_rest; the read-out integrates and does not fire" {
            /// What s or n is multiplied by.
            gain: f64 as GAIN;
        }
        MaxVoltage = "max_voltage": "z = gain s of the largest potential, in units of v_th - u_rest; the read-out integrates and does not fire" {
            /// What s or n is multiplied by.
            gain: f64 as GAIN;
        }
    }
}

/// The key that says what is wanted; the words and their keys are those of a registry.
pub(in crate::scenario) const OBJECTIVE: &[Key] =
    &[Key::new("kind", Kind::Choice(&[]), "What is wanted.").setting("\"cross_entropy\"")];

fn objective(lower: &mut Lower<'_>, fields: &Fields) -> Option<OpenObjective> {
    let table = fields.table("objective")?;
    let entry = *lower.registry.find_objective(table.word("kind")?)?;
    lower.model(table, entry.keys, |value| entry.make(value))
}

impl Gradient {
    /// How weights learn in their devices, if they do.
    pub fn in_situ(&self) -> Option<&InSitu> {
        let Self::Exact { in_situ, .. } = self else { return None };
        in_situ.as_ref()
    }

    /// How delays (ms), thresholds (of that of the layer) and time constants (ms) learn, with the schedule of the weights.
    pub fn learned(&self, weights: Schedule) -> [Option<Learned>; 3] {
        let Self::Exact { delays, thresholds, time_constants, .. } = self else { return [None; 3] };
        let ms = |time: Time| time.as_seconds() * 1e3;
        let learned = |[rate, rate_final, least, most]: [f64; 4]| Learned {
            schedule: Schedule { rate, rate_final, ..weights },
            least,
            most,
        };
        [
            delays.as_ref().map(|of| learned([ms(of.rate), ms(of.rate_final), 0.0, ms(of.longest)])),
            thresholds.as_ref().map(|of| learned([of.rate, of.rate_final, of.least, of.most])),
            time_constants
                .as_ref()
                .map(|of| learned([of.rate, of.rate_final, of.shortest, of.longest].map(ms))),
        ]
    }

    /// The loss, if the gradient is exact.
    pub fn loss(&self) -> Option<Loss> {
        let Self::Exact { loss, objective, .. } = self else { return None };
        let ms = |time: Time| time.as_seconds() * 1e3;
        let read = match *loss {
            Wanted::FirstSpike { tau, early, tau_early, silent } => ReadOut::FirstSpike(FirstSpike {
                tau: ms(tau),
                early,
                tau_early: ms(tau_early),
                silent: ms(silent),
            }),
            Wanted::MeanVoltage { gain } => ReadOut::MeanVoltage(Voltage { gain }),
            Wanted::MaxVoltage { gain } => ReadOut::MaxVoltage(Voltage { gain }),
            Wanted::SpikeCount { gain } => ReadOut::SpikeSum(SpikeSum { tau: f64::INFINITY, gain }),
            Wanted::SpikeSum { tau_sum, gain } => ReadOut::SpikeSum(SpikeSum { tau: ms(tau_sum), gain }),
        };
        Some(Loss { read, objective: objective.clone() })
    }
}

impl Protocol for Supervised {
    fn word(&self) -> &'static str {
        "supervised"
    }

    fn trains(&self) -> Option<usize> {
        Some(self.projection)
    }

    fn trains_all(&self) -> bool {
        self.gradient.loss().is_some()
    }

    fn precision(&self) -> Precision {
        self.precision
    }

    /// The first are training, if there is any, and the last the final test.
    fn episode(&self, number: u64) -> Time {
        if number == 0 && self.weights_from.is_none() { self.presentation } else { self.test_presentation }
    }

    fn weights_from(&self) -> Option<&str> {
        self.weights_from.as_deref()
    }
}

/// The projection that learns; with an exact gradient the first that starts at a data set, and all others too.
fn learns(lower: &mut Lower<'_>, fields: &Fields) -> Option<usize> {
    if layers::exact(fields) { layers::first(lower) } else { lower.get(fields, "projection") }
}

fn rules(lower: &mut Lower<'_>, fields: &Fields) {
    optimizer::fits(lower, fields);
    if layers::exact(fields) {
        layers::fits(lower, fields);
        return;
    }
    let projection = projection(lower, fields, "supervised");
    if let Some(index) = projection {
        fits(lower, fields, index);
    }
    programmable(lower, fields, projection);
}

table! {
    /// One way of programming the trained weights, tested over several draws.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct ProgrammingCase {
        /// What the case is called in the report.
        name: String = Kind::Text;
        /// Where the two devices of a pair sit.
        placement: Placement = Kind::word::<Placement>(), derived("as the device of the projection");
        /// Evenly spaced conductances a device can be programmed to.
        levels: Option<u32> = LEVELS, absent("continuous");
        /// Spread of a programmed conductance.
        spread: Spread = Kind::Spread(Spread::KEYS), setting("\"none\"");
        /// Devices that no pulse changes.
        faults: FaultRates = inner::<FaultRates>(), setting("{}");
        /// How long ago the devices were programmed when they are tested: since then conductances have decayed, as the device says.
        age: Option<Second> = LASTING, absent("just now");
        /// Programming draws to average over.
        draws: u32 = Kind::Integer { min: 1, max: 100_000 }, setting("10");
        /// Largest loss of accuracy against the trained weights that is accepted, as a fraction.
        max_loss: Option<f64> = SHARE, absent("any");
    }
}

/// The scenario whose weights are taken, as an argument that finds it from the working directory.
#[expect(clippy::option_option, reason = "`None`: faulty, and reported")]
fn weights_from(lower: &mut Lower<'_>, fields: &Fields) -> Option<Option<String>> {
    let (Some(name), Some(at)) = (fields.text("weights_from"), fields.written("weights_from")) else {
        return lower.get(fields, "weights_from");
    };
    if lower.filled.one("scenario").and_then(|scenario| scenario.text("name")) == Some(name) {
        lower.faults.push(
            Diagnostic::error(format!("`weights_from` names this scenario itself, `{name}`"))
                .at(at)
                .allowed("another scenario, or nothing: then the weights are trained here"),
        );
        return None;
    }
    locate::argument(name, at).map_err(|fault| lower.faults.push(fault)).ok().map(Some)
}

/// Checks that the network is the one layer that training knows.
fn fits(lower: &mut Lower<'_>, protocol: &Fields, index: usize) {
    one_layer(lower, protocol, index, "supervised");
    let filled = lower.filled;
    let Some((_, fields)) = filled.all("projection").get(index) else { return };
    let target = filled.all("population").iter().find(|(name, _)| Some(name.as_str()) == fields.text("to"));
    let Some((_, target)) = target else { return };
    let source = filled.all("source").iter().find(|(name, _)| Some(name.as_str()) == fields.text("from"));
    let dataset = source.and_then(|(_, source)| lower.data(source));
    if let (Some(size), Some(dataset)) = (target.count("size"), &dataset)
        && size != dataset.classes()
    {
        let classes = dataset.classes();
        lower.faults.push(
            Diagnostic::error(format!(
                "{} has {}, and the data set {}",
                target.what,
                many(size, "neuron"),
                many(classes, "class")
            ))
            .maybe_at(target.place("size"))
            .allowed(format!("size = {classes}: one neuron per class"))
            .hint("the read-out compares the counts of single neurons; kind = \"unsupervised\" has groups of them"),
        );
    }
    if let (Some(class), Some(dataset)) = (protocol.count("show_class"), &dataset)
        && class >= dataset.classes()
    {
        lower.faults.push(
            Diagnostic::error(format!("`show_class` of the protocol is {class}"))
                .maybe_at(protocol.place("show_class"))
                .label("no such class")
                .allowed(format!("a class of the data set, 0 to {}", dataset.classes() - 1)),
        );
    }
    for key in ["levels", "spread", "faults", "age"] {
        // What is nothing may be said.
        let some =
            |inner: &Fields| inner.entries.iter().any(|entry| inner.number(entry.key.name) > Some(0.0));
        let crossbar = fields.table("crossbar").filter(|crossbar| {
            crossbar.word(key) != Some("none") && (key != "faults" || crossbar.table(key).is_some_and(some))
        });
        if let Some((crossbar, at)) = crossbar.and_then(|crossbar| Some((crossbar, crossbar.written(key)?))) {
            lower.faults.push(
                Diagnostic::error(format!("`{key}` of {} has no effect", crossbar.what))
                    .at(at)
                    .also(protocol.written("kind"), "training is of ideal weights")
                    .allowed(format!("`{key}` of a case of `programming` of the protocol")),
            );
        }
    }
    if lower.not_trained(target) {
        return;
    }
    if let Some(differs) = target.own().next() {
        lower.faults.push(
            Diagnostic::error(format!("the neurons of {} differ in `{}`", target.what, differs.key.name))
                .maybe_at(target.written(differs.key.name))
                .also(protocol.written("kind"), "supervised here")
                .allowed("one value for all: the gradient knows one threshold")
                .hint("kind = \"simulate\" and kind = \"unsupervised\" take neurons that differ"),
        );
    }
    if let Some(competition) = target.table("competition") {
        lower.faults.push(
            Diagnostic::error(format!("{} competes", target.what))
                .maybe_at(competition.at.as_ref())
                .also(protocol.written("kind"), "supervised here")
                .allowed("no competition: the gradient knows nothing of it")
                .hint("kind = \"unsupervised\" trains a population that competes"),
        );
    }
    if target.quantity("i_bias").is_some_and(|bias| bias != 0.0) {
        lower.faults.push(
            Diagnostic::error(format!("{} has a bias current", target.what))
                .maybe_at(target.place("i_bias"))
                .also(protocol.written("kind"), "supervised here")
                .allowed("0 A for the read-out of supervised training, which spikes only at arrivals"),
        );
    }
}

/// Cases of programming are of devices, and have names of their own.
fn programmable(lower: &mut Lower<'_>, fields: &Fields, projection: Option<usize>) {
    let cases = fields.tables("programming");
    if let Some((_, learning)) = projection.and_then(|index| lower.filled.all("projection").get(index))
        && !cases.is_empty()
        && learning.written("device").is_none()
    {
        lower.faults.push(
            Diagnostic::error(format!("{} has no devices to programme", learning.what))
                .maybe_at(fields.written("programming"))
                .allowed(format!("`device` of [{}]", learning.path)),
        );
    }
    different_names(lower, cases, "programming cases");
    let learning = projection.and_then(|index| lower.filled.all("projection").get(index));
    let Some(device) = learning.and_then(|(_, learning)| learning.text("device")) else { return };
    let Some(preset) = lower.filled.device(device).cloned() else { return };
    let Some(memory) = preset.device.memory() else { return };
    for case in cases.iter().filter(|case| case.written("age").is_some()) {
        let _ = lower.decays(case, "age", (device, &memory));
    }
}
