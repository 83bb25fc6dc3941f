//! `[projection.NAME]`: which pairs are connected, by which weights, kernel and delay.

use super::super::crossbar::Crossbar;
use super::super::plasticity;
use super::super::table::inner;
use super::kinds::{COUNT, HORIZON, POSITIVE_SPAN};
use super::word::words;
use super::{Bounds, Choice, Key, Kind, Refers};
use crate::network::kernel::{KERNELS, KEYS};

/// The kernel and the keys of each stand where kernels say what they are.
pub static PROJECTION: &[Key] = &joined();

const FIRST: &[Key] = &[
    Key::new("from", Kind::Name(Refers::SourceOrPopulation), "Where the spikes come from."),
    Key::new("to", Kind::Name(Refers::Population), "Which population they reach."),
    Key::new("connect", Kind::word::<ConnectKind>(), "Which pairs are connected.").setting("\"all_to_all\""),
];

const REST: &[Key] = &[
    Key::new(
        "weight",
        Kind::Weight,
        "Initial weights: a voltage for `delta`, a conductance for `conductance`, a number for `current`, a current (its peak) for all others; one value or a distribution.",
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
    Key::new(
        "device",
        Kind::Name(Refers::Device),
        "The devices that make the weights, as [device.NAME] describes them.",
    )
    .absent("ideal weights, no devices, no read energy"),
    Key::new("crossbar", inner::<Crossbar>(), "How the devices make a weight, and how they are read.").setting("{}"),
    Key::new("plasticity", Kind::Table(plasticity::KEYS), "How the weights learn from spikes.")
        .absent("they stay as they are"),
];

const NOT_LISTED: &[&str] =
    &["all_to_all", "one_to_one", "fixed_in_degree", "fixed_out_degree", "probability"];

/// The words of `kernel`.
const KERNEL_WORDS: [Choice; KERNELS.len()] = {
    let mut choices = [Choice { name: "", doc: "" }; KERNELS.len()];
    let mut k = 0;
    while k < KERNELS.len() {
        choices[k] = Choice { name: KERNELS[k].name, doc: KERNELS[k].title };
        k += 1;
    }
    choices
};

const fn joined() -> [Key; FIRST.len() + 1 + KEYS.len() + REST.len()] {
    let word = Key::new("kernel", Kind::Choice(&KERNEL_WORDS), "What an arrival does to the membrane.");
    let mut joined = [word.setting("\"delta\""); FIRST.len() + 1 + KEYS.len() + REST.len()];
    let mut k = 0;
    while k < joined.len() {
        if k < FIRST.len() {
            joined[k] = FIRST[k];
        } else if k > FIRST.len() && k <= FIRST.len() + KEYS.len() {
            let (key, of) = KEYS[k - FIRST.len() - 1];
            let kind = match key.unit.as_bytes() {
                b"s" => POSITIVE_SPAN,
                _ => Kind::Text,
            };
            joined[k] = Key::new(key.name, kind, key.what).when("kernel", of);
        } else if k > FIRST.len() {
            joined[k] = REST[k - FIRST.len() - 1 - KEYS.len()];
        }
        k += 1;
    }
    joined
}

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
