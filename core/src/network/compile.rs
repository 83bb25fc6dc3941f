//! What the plan chooses from the network: each population's arithmetic form, each zero-delay rank,
//! and the lanes of the fast engine. Printed, never set by the user.

use super::{Network, Origin, Population, Projection, Rows, Source, SourceKind};
use crate::encoding::BLOCK;
use crate::neuron::Reset;
use crate::numeric::phase::TAUS;
use crate::time::Time;

/// How a population's membranes are advanced. Every engine runs the same operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Every event reaches every neuron: one last-update time and one decay factor for all.
    SharedDecay,
    /// Each neuron keeps its own last-update time and advances only at its own events.
    OwnTime,
    /// u e^(t / tau_m) is kept, which stands still between arrivals: sparse fan-out of jumps.
    Scaled,
}

/// One ordered stream of events in the fast engine.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Lane {
    /// What it emits.
    pub kind: LaneKind,
    /// What it carries, for a person.
    pub label: String,
}

/// The data structure behind a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LaneKind {
    /// A block of Poisson sources as one marked process.
    Poisson,
    /// A sorted list or a regular train, read by a cursor.
    Cursor,
    /// First in, first out: one constant delay.
    Fifo,
    /// Buckets of time, sorted when their turn comes: delays of single synapses.
    Wheel,
    /// What the neurons of one population wait for, or the lines of one source, in an indexed min-tree.
    MinTree,
    /// Anything else, on the `priority-queue` crate.
    General,
}

/// Why ranks cannot be given.
pub(super) enum Unranked {
    /// These populations lie on cycles of zero-delay projections, or between two.
    Cycle(Vec<usize>),
    /// The way to this population is the longest one, of so many projections.
    Deep(usize, usize),
}

/// Projections without delay that may follow one another: events of a population are of the rank after its own, in 16 bits.
pub const DEEPEST: u32 = u16::MAX as u32 - 1;

/// Depth of every population in the graph of zero-delay projections between populations.
pub(super) fn ranks(populations: usize, projections: &[Projection]) -> Result<Vec<u16>, Unranked> {
    let edges: Vec<(usize, usize)> = projections
        .iter()
        .filter(|projection| projection.shortest() == Some(Time::ZERO))
        .filter_map(|projection| match projection.from {
            Origin::Population(from) => Some((from, projection.to)),
            Origin::Source(_) => None,
        })
        .collect();
    let (rank, stuck) = depths(populations, &edges);
    // Seen from the other end, what is left lies on cycles, or between two.
    let back: Vec<(usize, usize)> =
        edges.iter().filter(|(from, _)| stuck[*from]).map(|&(from, to)| (to, from)).collect();
    let (_, stuck) = depths(populations, &back);
    let cycle: Vec<usize> = (0..populations).filter(|&population| stuck[population]).collect();
    if !cycle.is_empty() {
        return Err(Unranked::Cycle(cycle));
    }
    match (0..populations).max_by_key(|&population| rank[population]) {
        Some(last) if rank[last] > DEEPEST as usize => Err(Unranked::Deep(last, rank[last])),
        _ => Ok(rank.into_iter().map(|rank| rank as u16).collect()),
    }
}

/// Length of the longest way to each of `count` nodes, and which of them can be reached from a cycle, whose ways have no end.
///
/// Edges are peeled off from what nothing leads to (Kahn, Commun. ACM 5, 558, 1962).
fn depths(count: usize, edges: &[(usize, usize)]) -> (Vec<usize>, Vec<bool>) {
    let (mut depth, mut before, mut behind) = (vec![0; count], vec![0usize; count], vec![Vec::new(); count]);
    for &(from, to) in edges {
        before[to] += 1;
        behind[from].push(to);
    }
    let mut free: Vec<usize> = (0..count).filter(|&node| before[node] == 0).collect();
    while let Some(node) = free.pop() {
        for &next in &behind[node] {
            depth[next] = depth[next].max(depth[node] + 1);
            before[next] -= 1;
            if before[next] == 0 {
                free.push(next);
            }
        }
    }
    (depth, before.into_iter().map(|edges| edges > 0).collect())
}

/// Which projections reach each population.
pub(super) fn arriving(populations: usize, projections: &[Projection]) -> Vec<Vec<usize>> {
    let mut arriving = vec![Vec::new(); populations];
    for (index, projection) in projections.iter().enumerate() {
        // One that goes nowhere is a fault, told elsewhere.
        if let Some(list) = arriving.get_mut(projection.to) {
            list.push(index);
        }
    }
    arriving
}

/// The form of one population: shared decay only where every event reaches every member and the
/// membrane can cross threshold only at an arrival.
pub(super) fn form<'a>(
    population: &Population,
    incoming: impl Iterator<Item = &'a Projection> + Clone,
) -> Form {
    if population.neuron.open().is_some() {
        return Form::OwnTime;
    }
    let jumps = incoming.clone().all(|projection| projection.kernel.jumps());
    let mut incoming = incoming.peekable();
    let reached_by_all =
        incoming.peek().is_some() && jumps && incoming.all(|projection| projection.connect == Rows::Dense);
    // At rheobase exactly the padding of the rows would be at threshold too.
    let lif = &population.lif;
    let below = population.kinds().all(|neuron| neuron.membrane().bias() < neuron.lowest_theta());
    let clock = population.one_clock() && !sinks(population);
    let scales =
        population.neuron.switch().is_none() && scalable(lif) && !fires_on(lif) && lif.floor.is_none();
    match (reached_by_all && below && clock, jumps && below && scales && clock) {
        (true, _) => Form::SharedDecay,
        (false, true) => Form::Scaled,
        (false, false) => Form::OwnTime,
    }
}

/// Whether a bias draws neurons towards what is below their floor, where they stay without an event.
fn sinks(population: &Population) -> bool {
    !population.lif.floor.is_none() && population.kinds().any(|neuron| neuron.membrane().bias() < 0.0)
}

/// Whether the fixed-point phase is precise for tau_m: 1 ps to 1000 s.
fn scalable(lif: &crate::neuron::Lif) -> bool {
    TAUS.contains(&lif.tau_m.get())
}

/// Whether what a spike leaves above threshold fires when the refractory time ends, without an arrival.
fn fires_on(lif: &crate::neuron::Lif) -> bool {
    lif.reset == Reset::Subtract && lif.refractory() > Time::ZERO
}

/// Whether bias alone carries the membrane above threshold.
pub(super) fn fires_by_itself(population: &Population) -> bool {
    population.kinds().any(|neuron| neuron.membrane().bias() > neuron.lowest_theta())
}

/// Whether firings of a population have to be predicted between arrivals.
pub(crate) fn predicts(index: usize, network: &Network) -> bool {
    needs_prediction(&network.populations[index], network.arriving(index))
}

fn needs_prediction<'a>(population: &Population, mut incoming: impl Iterator<Item = &'a Projection>) -> bool {
    population.neuron.open().is_some()
        || fires_by_itself(population)
        || (population.form == Form::OwnTime && population.kinds().any(|neuron| fires_on(&neuron.membrane())))
        || incoming.any(|projection| !projection.kernel.jumps())
}

/// Time constants of the decaying currents of a population in seconds, in order of the projections that reach it: kernels
/// of one time constant share one current.
pub(crate) fn decays<'a>(incoming: impl Iterator<Item = &'a Projection>) -> Vec<f64> {
    let mut taus = Vec::new();
    for projection in incoming {
        for fade in projection.kernel.fades() {
            if !taus.contains(&fade.tau.get()) {
                taus.push(fade.tau.get());
            }
        }
    }
    taus
}

/// The lanes of the fast engine.
pub(super) fn lanes(
    sources: &[Source],
    populations: &[Population],
    projections: &[Projection],
    arriving: &[Vec<usize>],
) -> Vec<Lane> {
    let mut lanes = Vec::new();
    for source in sources {
        match source.kind {
            SourceKind::Poisson | SourceKind::Modulated(_) => {
                let blocks = source.size.div_ceil(BLOCK);
                let label = match blocks {
                    0 | 1 => source.name.clone(),
                    _ => format!("{}: {blocks} blocks of {BLOCK} lines", source.name),
                };
                lanes.push(Lane { kind: LaneKind::Poisson, label });
            }
            SourceKind::DeadTime { .. } | SourceKind::Open(_) => {
                lanes.push(Lane {
                    kind: LaneKind::MinTree,
                    label: format!("{}: next spike of each line", source.name),
                });
            }
            SourceKind::List(_)
            | SourceKind::Regular { .. }
            | SourceKind::Bursts { .. }
            | SourceKind::Current(_) => {
                lanes.push(Lane { kind: LaneKind::Cursor, label: source.name.clone() });
            }
        }
    }
    for projection in projections {
        if projection.delays.is_some() || projection.longest > projection.delay {
            let (shortest, longest) = (projection.delay, projection.longest);
            lanes.push(Lane {
                kind: LaneKind::Wheel,
                label: format!("{}: arrivals after {shortest} to {longest}", projection.name),
            });
        } else if projection.delay.fs() > 0 || matches!(projection.from, Origin::Population(_)) {
            lanes.push(Lane {
                kind: LaneKind::Fifo,
                label: format!("{}: arrivals after {}", projection.name, projection.delay),
            });
        }
        for breakpoint in projection.kernel.steps().iter().skip(1) {
            lanes.push(Lane {
                kind: LaneKind::Fifo,
                label: format!("{}: pulse change after {}", projection.name, breakpoint.at),
            });
        }
    }
    for (population, arriving) in populations.iter().zip(arriving) {
        if needs_prediction(population, arriving.iter().map(|&index| &projections[index])) {
            lanes.push(Lane {
                kind: LaneKind::MinTree,
                label: format!("{}: predicted firings and ends of dead times", population.name),
            });
        }
    }
    lanes.push(Lane { kind: LaneKind::General, label: "samples and protocol".into() });
    lanes
}

#[cfg(test)]
mod tests {
    use super::super::Kernel;
    use super::*;
    use crate::network::{Builder, Delays, Fault};
    use crate::neuron::Lif;
    use std::sync::Arc;

    /// Two populations, one reaching the other without delay, and back by these synapses of the first neuron.
    fn circle(targets: Vec<u32>, delays: Option<Vec<u64>>) -> Result<Arc<Network>, Vec<Fault>> {
        let mut builder = Builder::default();
        let a = builder.population("a", 2, Lif::default());
        let b = builder.population("b", 2, Lif::default());
        let from = |population| Origin::Population(population);
        builder.projection("there", from(a), b, Kernel::Delta, Time::ZERO, Rows::OneToOne);
        let rows = Rows::sparse(vec![0, targets.len(), targets.len()], targets);
        let back = builder.projection("back", from(b), a, Kernel::Delta, Time::ZERO, rows);
        if let Some(delays) = delays {
            builder.delays(back, Delays::Exact(delays));
        }
        builder.finish()
    }

    #[test]
    fn delays_of_no_synapses_close_no_cycle() {
        let open = circle(Vec::new(), Some(Vec::new())).expect("nothing comes back");
        assert_eq!([open.populations[0].rank, open.populations[1].rank], [0, 1]);
        assert_eq!(open.projections[1].shortest(), None);
        circle(vec![1], Some(vec![1])).expect("what comes back is late");
        let names = vec!["a".to_string(), "b".to_string()];
        let closed = Err(vec![Fault::ZeroDelayCycle { names }]);
        assert_eq!(circle(vec![0, 1], Some(vec![3, 0])), closed);
        // With one delay for all, a row arrives whether or not it reaches anybody.
        assert_eq!(circle(Vec::new(), None), closed);
    }

    #[test]
    fn a_long_chain_has_its_ranks_and_a_circle_at_its_end_is_all_that_is_named() {
        let chain = |circle: bool| {
            let mut builder = Builder::default();
            let cells: Vec<usize> =
                (0..3000).map(|k| builder.population(&format!("p{k}"), 1, Lif::default())).collect();
            let mut join = |from, to| {
                builder.projection(
                    "j",
                    Origin::Population(from),
                    to,
                    Kernel::Delta,
                    Time::ZERO,
                    Rows::OneToOne,
                )
            };
            for two in cells.windows(2) {
                join(two[0], two[1]);
            }
            if circle {
                join(cells[2500], cells[2400]);
            }
            builder.finish()
        };
        let network = chain(false).expect("there is no circle");
        assert!((0..3000).all(|k| usize::from(network.populations[k].rank) == k));
        assert_eq!(network.to_population[7], [6]);
        let names = (2400..=2500).map(|k| format!("p{k}")).collect();
        assert_eq!(chain(true), Err(vec![Fault::ZeroDelayCycle { names }]));
    }

    #[test]
    fn a_chain_within_an_instant_has_an_end() {
        let chain = |length: usize| {
            let mut builder = Builder::default();
            let cells: Vec<usize> =
                (0..length).map(|k| builder.population(&format!("p{k}"), 1, Lif::default())).collect();
            for two in cells.windows(2) {
                let from = Origin::Population(two[0]);
                builder.projection("j", from, two[1], Kernel::Delta, Time::ZERO, Rows::OneToOne);
            }
            builder.finish()
        };
        let longest = chain(65_535).expect("ranks are 0 to 65534");
        assert_eq!(longest.populations[65_534].rank, 65_534);
        let faults = chain(65_536).expect_err("there is no rank for the last one");
        assert_eq!(faults, [Fault::TooDeep { name: "p65535".into(), projections: 65_535 }]);
    }
}
