//! What is known of a network before it is run in windows.

use crate::network::{Form, Network, Origin, Projection, Rows, SourceKind};
use crate::time::Time;

/// The longest window that a network can be run in: its shortest delay between populations, not counting those that
/// follow one another without (the horizon of an episode if there is none). `None` where instants are handled one by one:
/// every arrival reaches all of a population, or pulses come after delays of single synapses.
#[must_use]
pub fn window(network: &Network) -> Option<Time> {
    let apart = network.populations.iter().all(|population| population.form != Form::SharedDecay);
    let pulses = network.projections.iter().any(|p| !p.kernel.steps().is_empty() && p.delays.is_some());
    let between = network.projections.iter().filter(|p| matches!(p.from, Origin::Population(_)));
    let delays = between.filter_map(shortest_wait);
    let shortest = delays.min().unwrap_or(Time::MAX);
    let possible = apart && !pulses && !network.populations.is_empty();
    possible.then_some(shortest)
}

/// The shortest delay of a projection that is one: arrivals without delay are for a later rank.
fn shortest_wait(projection: &Projection) -> Option<Time> {
    match &projection.delays {
        Some(delays) if projection.delay == Time::ZERO => {
            (0..delays.len()).map(|k| delays.fs(k)).filter(|&fs| fs > 0).min().map(Time::from_fs)
        }
        _ => projection.shortest().filter(|&delay| delay > Time::ZERO),
    }
}

/// Whether a projection has synapses with delays of their own.
pub(super) fn has_own(projection: &Projection) -> bool {
    projection.delays.as_ref().is_some_and(|delays| !delays.is_empty())
}

/// The projection of each Poisson source whose lines each have a neuron of their own and nothing else.
pub(super) fn private(network: &Network) -> Vec<Option<u32>> {
    let mut has_one = vec![false; network.populations.len()];
    let sources = network.sources.iter().zip(&network.from_source);
    let only = |(source, outgoing): (&crate::network::Source, &Vec<usize>)| {
        let [index] = outgoing[..] else { return None };
        let projection = &network.projections[index];
        let own = source.kind == SourceKind::Poisson
            && projection.connect == Rows::OneToOne
            && projection.delay == Time::ZERO
            && !projection.counted
            && projection.kernel.steps().is_empty()
            && !std::mem::replace(&mut has_one[projection.to], true);
        own.then_some(index as u32)
    };
    sources.map(only).collect()
}
