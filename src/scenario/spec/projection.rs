//! `[projection.NAME]`: which pairs are connected, by which weights, kernel and delay.

use super::crossbar::DEVICE;
use super::kinds::{COUNT, HORIZON, POSITIVE_SPAN, TIME_CONSTANT};
use super::plasticity::PLASTICITY;
use super::word::words;
use super::{Bounds, Key, Kind, Refers};

pub static PROJECTION: &[Key] = &[
    Key::new("from", Kind::Name(Refers::SourceOrPopulation), "Where the spikes come from."),
    Key::new("to", Kind::Name(Refers::Population), "Which population they reach."),
    Key::new("connect", Kind::word::<ConnectKind>(), "Which pairs are connected.").setting("\"all_to_all\""),
    Key::new("kernel", Kind::word::<KernelKind>(), "What an arrival does to the membrane.").setting("\"delta\""),
    Key::new("width", POSITIVE_SPAN, "Width of the current pulse at its base.").when("kernel", &["rect", "triangle"]),
    Key::new("tau_syn", TIME_CONSTANT, "Time constant with which the synaptic current decays.")
        .when("kernel", &["exponential", "alpha"]),
    Key::new("receptor", Kind::Text, "Receptor of the target's model whose conductance jumps.")
        .when("kernel", &["conductance"]),
    Key::new(
        "weight",
        Kind::Weight,
        "Initial weights: a voltage for `delta`, a conductance for `conductance`, a current (its peak) for all others; one value or a distribution.",
    )
    .when("connect", NOT_LISTED),
    Key::new("in_degree", COUNT, "Lines that every neuron draws.").when("connect", &["fixed_in_degree"]),
    Key::new("out_degree", COUNT, "Neurons that every line draws.").when("connect", &["fixed_out_degree"]),
    Key::new("probability", Kind::Number(Bounds::POSITIVE.up_to(1.0)), "Of every pair, independently.")
        .when("connect", &["probability"]),
    Key::new("autapses", Kind::Flag, "Whether a neuron may reach itself, from a population to itself.")
        .setting("true")
        .when("connect", &["all_to_all", "fixed_in_degree", "fixed_out_degree", "probability"]),
    Key::new("multapses", Kind::Flag, "Whether a pair may have more than one synapse.")
        .setting("false")
        .when("connect", &["fixed_in_degree", "fixed_out_degree", "list"]),
    Key::new("synapses", Kind::SynapseRows, "The synapses, as [pre, post, weight] or [pre, post, weight, delay]; or give `file`.")
        .absent("they are in `file`")
        .when("connect", &["list"]),
    Key::new(
        "file",
        Kind::Text,
        "A CSV file of the synapses with the header `pre,post,weight [mV]` and, if wanted, `delay [ms]`.",
    )
    .absent("they are in `synapses`")
    .when("connect", &["list"]),
    Key::new(
        "delay",
        Kind::Delay(Bounds::NON_NEGATIVE.up_to(HORIZON)),
        "Time from a spike to its arrival; a distribution gives every synapse its own, of at least 1 fs between populations.",
    )
    .setting("\"0 s\""),
    Key::new("device", Kind::Table(DEVICE), "The devices that make the weights.")
        .absent("ideal weights, no devices, no read energy"),
    Key::new("plasticity", Kind::Table(PLASTICITY), "How the weights learn from spikes.")
        .absent("they stay as they are"),
];

const NOT_LISTED: &[&str] =
    &["all_to_all", "one_to_one", "fixed_in_degree", "fixed_out_degree", "probability"];

words! {
    /// Which pairs are connected.
    pub enum ConnectKind {
        AllToAll = "all_to_all": "every line to every neuron: a crossbar",
        OneToOne = "one_to_one": "line i to neuron i",
        FixedInDegree = "fixed_in_degree": "every neuron draws `in_degree` lines",
        FixedOutDegree = "fixed_out_degree": "every line draws `out_degree` neurons",
        Probability = "probability": "every pair with `probability`",
        List = "list": "the listed pairs",
    }
}

words! {
    /// What an arrival does to the membrane.
    pub enum KernelKind {
        Delta = "delta": "a jump of the membrane by the weight",
        Rect = "rect": "a rectangular current pulse of height weight",
        Triangle = "triangle": "a symmetric triangular current pulse of peak weight",
        Exponential = "exponential": "a current that jumps by the weight and decays with `tau_syn`",
        Alpha = "alpha": "a current (t/tau_syn) e^(1 - t/tau_syn) of peak weight",
        Conductance = "conductance": "the conductance of a receptor jumps by the weight, and fades as the target's model says",
    }
}
