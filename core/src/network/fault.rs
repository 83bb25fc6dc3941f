//! What may be wrong with the description of a network.

use super::{CompetitionFault, CurrentFault, MAX_STEPS};
use crate::neuron::NeuronError;
use crate::time::Time;
use crate::units::Second;

/// Why a description is not a network.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// A source or population without members.
    #[error("{what} `{name}` has no members; allowed: 1 to 4294967295")]
    Empty {
        /// "source" or "population".
        what: &'static str,
        /// Name of the source, population or projection.
        name: String,
    },
    /// A projection from or to something that is not there.
    #[error("projection `{name}` starts at a {what} that does not exist")]
    NoSuch {
        /// Name of the source, population or projection.
        name: String,
        /// Which end is missing.
        what: &'static str,
    },
    /// One-to-one between groups of different sizes.
    #[error(
        "projection `{name}` is one-to-one from {} to {}; the two must be equal",
        crate::hint::many(rows, "line"),
        crate::hint::many(columns, "neuron")
    )]
    OneToOneSizes {
        /// Name of the source, population or projection.
        name: String,
        /// Lines it starts from.
        rows: u32,
        /// Neurons it reaches.
        columns: u32,
    },
    /// A synapse from or to a member that is not there.
    #[error(
        "projection `{name}` has a synapse {pre} -> {post}, but it goes from {} to {}",
        crate::hint::many(rows, "line"),
        crate::hint::many(columns, "neuron")
    )]
    OutOfRange {
        /// Name of the source, population or projection.
        name: String,
        /// Line the synapse starts from.
        pre: u32,
        /// Neuron the synapse reaches.
        post: u32,
        /// Lines it starts from.
        rows: u32,
        /// Neurons it reaches.
        columns: u32,
    },
    /// Not one value for each synapse.
    #[error("projection `{name}` has {found} {what}, but {}", crate::hint::many(synapses, "synapse"))]
    PerSynapse {
        /// Name of the source, population or projection.
        name: String,
        /// "weights", "shared weights" or "delays".
        what: &'static str,
        /// How many were given.
        found: usize,
        /// How many synapses it has.
        synapses: usize,
    },
    /// Delays of single synapses where synapses are not listed, or carry a current.
    #[error(
        "projection `{name}` has delays of single synapses, and its synapses are not listed, or carry a current"
    )]
    OwnDelays {
        /// Name of the source, population or projection.
        name: String,
    },
    /// More delays of single synapses than can be numbered.
    #[error(
        "projection `{name}` has {synapses} synapses with delays of their own; allowed: up to 4294967295"
    )]
    TooMany {
        /// Name of the source, population or projection.
        name: String,
        /// How many synapses it has.
        synapses: usize,
    },
    /// The same synapse twice where [`super::Builder::multapses`] does not allow it.
    #[error("projection `{name}` has more than one synapse {pre} -> {post}")]
    Multapse {
        /// Name of the source, population or projection.
        name: String,
        /// Line the synapse starts from.
        pre: u32,
        /// Neuron the synapse reaches.
        post: u32,
    },
    /// A pulse without changes, with too many, or out of order.
    #[error(
        "projection `{name}` has a pulse of {breakpoints} changes; allowed: 1 to {MAX_STEPS}, the first at 0, then later ones"
    )]
    Pulse {
        /// Name of the source, population or projection.
        name: String,
        /// How many changes it has.
        breakpoints: usize,
    },
    /// A current that does not decay.
    #[error("projection `{name}` has a current that decays with {tau}; allowed: more than 0 s")]
    Decay {
        /// Name of the source, population or projection.
        name: String,
        /// The time constant.
        tau: Second,
    },
    /// A current that rises no faster than it decays.
    #[error(
        "projection `{name}` has a current that rises with {rise} and decays with {tau}; allowed: a rise above 0 s and below the decay"
    )]
    Rise {
        /// Name of the source, population or projection.
        name: String,
        /// Time constant of the rise.
        rise: Second,
        /// Time constant of the decay.
        tau: Second,
    },
    /// A current that is none.
    #[error("source `{name}` has {fault}")]
    Current {
        /// Name of the source, population or projection.
        name: String,
        /// What is wrong with it.
        fault: CurrentFault,
    },
    /// Spikes for a kernel of currents, or a current for a kernel of spikes.
    #[error("projection `{name}` is from {found}; its kernel is for {wanted}")]
    Carries {
        /// Name of the source, population or projection.
        name: String,
        /// "spikes" or "a current".
        found: &'static str,
        /// The other one.
        wanted: &'static str,
    },
    /// A receptor that is not there.
    #[error(
        "projection `{name}` opens receptor {receptor} of population `{population}`, whose model `{model}` has {receptors}"
    )]
    Receptor {
        /// Name of the source, population or projection.
        name: String,
        /// Its number.
        receptor: u8,
        /// The population it would be in.
        population: String,
        /// The model of that.
        model: &'static str,
        /// How many receptors the model has.
        receptors: usize,
    },
    /// More time constants than a neuron can hold.
    #[error(
        "population `{name}` has synaptic currents of {found} different time constants; allowed: up to {allowed}"
    )]
    Decays {
        /// Name of the source, population or projection.
        name: String,
        /// How many different ones it would have.
        found: usize,
        /// How many there may be.
        allowed: usize,
    },
    /// A drive that rises or falls where only steps are followed.
    #[error(
        "projection `{name}` carries a current that rises or falls, which `{to}` does not follow: the rows of its passive column are active or idle; \
         allowed: jumps, rectangular pulses and steps of current"
    )]
    Ramps {
        /// Name of the projection.
        name: String,
        /// Name of the population.
        to: String,
    },
    /// Parameters that are not valid for the neuron model.
    #[error("population `{name}`: {fault}")]
    Neuron {
        /// Name of the source, population or projection.
        name: String,
        /// What is wrong with it.
        fault: NeuronError,
    },
    /// Parameters of one of several neurons that are not valid for the model.
    #[error("neuron {neuron} of population `{name}`: {fault}")]
    OneNeuron {
        /// Name of the population.
        name: String,
        /// Which of them.
        neuron: usize,
        /// What is wrong with it.
        fault: NeuronError,
    },
    /// Neurons of different models in one population.
    #[error(
        "neuron {neuron} of population `{name}` is of model `{model}`, the first of `{first}`; a population has one model"
    )]
    Models {
        /// Name of the population.
        name: String,
        /// Which of them.
        neuron: usize,
        /// Its model.
        model: &'static str,
        /// That of the first.
        first: &'static str,
    },
    /// A competition that is not valid.
    #[error("population `{name}`: {fault}")]
    Competition {
        /// Name of the source, population or projection.
        name: String,
        /// What is wrong with it.
        fault: CompetitionFault,
    },
    /// A spike would come back to its neuron within the same instant.
    #[error("projections without delay form a cycle through {}; give one of them a delay of at least 1 fs", names.join(", "))]
    ZeroDelayCycle {
        /// The populations on the way round.
        names: Vec<String>,
    },
    /// More steps within an instant than are told apart.
    #[error(
        "projections without delay form a chain of {projections} to population `{name}`; allowed: 65534 at one instant, so give one of \
         them a delay of at least 1 fs"
    )]
    TooDeep {
        /// The population at its end.
        name: String,
        /// How many there are one after another.
        projections: usize,
    },
    /// More neurons than draws are told apart for.
    #[error("the network has {neurons} neurons; allowed: up to 4294967295")]
    TooManyNeurons {
        /// How many there are.
        neurons: u64,
    },
    /// A spike of a line that is not there.
    #[error("source `{name}` has a spike of line {id}, but only {}", crate::hint::many(size, "line"))]
    SpikeOutOfRange {
        /// Name of the source, population or projection.
        name: String,
        /// The line of the spike.
        id: u32,
        /// How many lines there are.
        size: u32,
    },
    /// A regular source that would never stop within an instant.
    #[error("source `{name}` has period 0; allowed: at least 1 fs")]
    NoPeriod {
        /// Name of the source, population or projection.
        name: String,
    },
    /// A rate that is not valid.
    #[error("source `{name}` has {fault}")]
    Rate {
        /// Name of the source, population or projection.
        name: String,
        /// What is wrong with it.
        fault: String,
    },
    /// Bursts that overlap.
    #[error(
        "source `{name}` has bursts of {} {interval} apart every {period}; a burst must end before the next",
        crate::hint::many(count, "spike")
    )]
    Burst {
        /// Name of the source, population or projection.
        name: String,
        /// Spikes of a burst.
        count: u32,
        /// Time between them.
        interval: Time,
        /// Time between bursts.
        period: Time,
    },
}
