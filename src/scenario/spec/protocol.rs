//! `[protocol]`: what is done, and how a projection is trained with labels.

use super::super::supervised::{Adam, ProgrammingCase};
use super::super::table::{inner, list};
use super::super::unsupervised::{Ageing, Learning, LearningDevices, VariationCase};
use super::kinds::{ABOVE_ZERO, COUNT, POSITIVE_SPAN, SPAN};
use super::word::words;
use super::{Bounds, Key, Kind, Refers};
use crate::device::retention::Retention;
use crate::training::unsupervised::Vote;

pub static PROTOCOL: &[Key] = &[
    Key::new("kind", Kind::word::<ProtocolKind>(), "What is done."),
    Key::new("duration", POSITIVE_SPAN, "How long the network is simulated.").when("kind", &["simulate"]),
    Key::new("projection", Kind::Name(Refers::Projection), "The projection that learns.")
        .derived("the only projection")
        .when("kind", TRAINING),
    Key::new("precision", Kind::word::<Precision>(), "Arithmetic of the membrane and the weights.")
        .setting("\"f64\"")
        .when("kind", TRAINING),
    Key::new("epochs", Kind::Integer { min: 1, max: 100_000 }, "Passes over the training samples.")
        .setting("10")
        .when("kind", TRAINING),
    Key::new("batch", Kind::Integer { min: 1, max: 1_000_000 }, "Samples per weight update.")
        .setting("64")
        .when("kind", SUPERVISED),
    Key::new("train_samples", COUNT, "Training samples used, from the front of the set.")
        .absent("all")
        .when("kind", TRAINING),
    Key::new("test_samples", COUNT, "Test samples used, from the front of the set.")
        .absent("all")
        .when("kind", TRAINING),
    Key::new(
        "validation",
        Kind::Number(Bounds::NON_NEGATIVE.below(1.0)),
        "Fraction of the training samples held out to choose the epoch that is tested.",
    )
    .setting("0.0")
    .when("kind", TRAINING),
    Key::new("presentation", POSITIVE_SPAN, "How long a training sample is shown.")
        .assumed("\"100 ms\"", "Yan et al. give no presentation time")
        .when("kind", TRAINING),
    Key::new("test_presentation", POSITIVE_SPAN, "How long a test sample is shown.")
        .same_as("presentation")
        .when("kind", TRAINING),
    Key::new("count_gain", ABOVE_ZERO, "Gain of the softmax on spike counts.")
        .setting("0.3")
        .when("kind", SUPERVISED),
    Key::new(
        "surrogate_steepness",
        ABOVE_ZERO,
        "Steepness of the fast-sigmoid surrogate derivative, per v_th - u_rest.",
    )
    .setting("5.0")
    .when("kind", SUPERVISED),
    Key::new("optimizer", inner::<Adam>(), "Adam with a cosine schedule.")
        .setting("{}")
        .when("kind", SUPERVISED),
    Key::new("weight_bound", ABOVE_ZERO, "Bound on |w| during training, in units of v_th - u_rest.")
        .absent("unbounded")
        .when("kind", SUPERVISED),
    Key::new(
        "weights_from",
        Kind::Text,
        "Scenario whose trained weights are tested instead of training here (it is run if it never was), or a run directory.",
    )
    .absent("trained here")
    .when("kind", SUPERVISED),
    Key::new(
        "show_class",
        Kind::Integer { min: 0, max: 255 },
        "Report the output rates for the first test sample of this class.",
    )
    .absent("none")
    .when("kind", SUPERVISED),
    Key::new(
        "programming",
        list::<ProgrammingCase>(),
        "After training: programme the weights onto devices in each of these ways and test again.",
    )
    .setting("[]")
    .when("kind", SUPERVISED),
    Key::new("rest", SPAN, "Pause after each training sample; membranes start anew, thresholds go on decaying.")
        .setting("\"0 s\"")
        .when("kind", UNSUPERVISED),
    Key::new(
        "label_samples",
        COUNT,
        "Training samples whose labels are looked at after learning, from the front of the set.",
    )
    .absent("all")
    .when("kind", UNSUPERVISED),
    Key::new("label_presentation", POSITIVE_SPAN, "How long they are shown.")
        .same_as("presentation")
        .when("kind", UNSUPERVISED),
    Key::new("vote", Kind::word::<Vote>(), "The vote behind the reported accuracy; both are stated.")
        .setting("\"log_likelihood\"")
        .when("kind", UNSUPERVISED),
    Key::new("learning", inner::<Learning>(), "What a spike of the winner does to its synapses.")
        .when("kind", UNSUPERVISED),
    Key::new(
        "devices",
        inner::<LearningDevices>(),
        "How the devices of the projection are programmed while they learn, and how they differ.",
    )
    .absent("for a projection without devices")
    .when("kind", UNSUPERVISED),
    Key::new("retention", inner::<Retention>(), "How conductances decay when left alone.")
        .absent("they do not")
        .when("kind", UNSUPERVISED),
    Key::new("ageing", list::<Ageing>(), "Test again after each of these times without refresh.")
        .setting("[]")
        .when("kind", UNSUPERVISED),
    Key::new(
        "variation",
        list::<VariationCase>(),
        "Train and test anew with each of these dispersions of the devices.",
    )
    .setting("[]")
    .when("kind", UNSUPERVISED),
];

const SUPERVISED: &[&str] = &["supervised"];
const UNSUPERVISED: &[&str] = &["unsupervised"];
const TRAINING: &[&str] = &["supervised", "unsupervised"];

words! {
    /// What is done.
    pub enum ProtocolKind {
        Simulate = "simulate": "one episode of the network as it is",
        Supervised = "supervised": "train the projection from a data set to one neuron per class, and test it",
        Unsupervised = "unsupervised": "a competing population learns a data set without labels, gets them afterwards, and is tested",
        Device = "device": "no network: the experiments, one after the other, each on its device",
    }
}

words! {
    /// Arithmetic of membranes and weights.
    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Precision {
        F64 = "f64": "64-bit floating point",
        F32 = "f32": "32-bit floating point",
    }
}
