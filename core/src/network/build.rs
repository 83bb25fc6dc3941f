//! Putting a network together: every fault is found, and found once.

use super::compile::{Form, Unranked, arriving, decays, form, lanes, ranks};
use super::fault::Fault;
use super::kernel::Effect;
use super::{
    Competition, CompetitionFault, Delays, Fixed, Kernel, Network, Origin, Population, Projection, Rows,
    Shared, Source, SourceKind,
};
use crate::encoding::{AliasTable, BLOCK, MAX_BLOCK_RATE};
use crate::hint::many;
use crate::neuron::model::Model;
use crate::neuron::synaptic::MAX_DECAYS;
use crate::neuron::{Behind, Lif, Neuron};
use crate::time::Time;
use crate::units::Hertz;
use std::sync::Arc;

/// Most changes of level or slope in one pulse: they are counted in the low bits of an event's key.
pub(crate) const MAX_STEPS: u32 = 16;

/// Collects sources, populations and projections; [`Builder::finish`] checks them.
///
/// ```
/// use memspike::prelude::*;
///
/// let mut builder = Builder::default();
/// let input = builder.poisson("input", 100, Hertz::new(20.0));
/// let output = builder.population("output", 10, Lif::default());
/// let delay = Time::from_ms(1);
/// builder.projection("feedforward", input, output, Kernel::Delta, delay, Rows::Dense);
/// builder.projection("inhibition", Origin::Population(output), output, Kernel::Delta, delay, Rows::Dense);
/// let network = builder.finish()?;
/// assert_eq!(network.projections[0].synapses(10), 1000);
///
/// // Every fault is found, not only the first.
/// let mut builder = Builder::default();
/// builder.population("empty", 0, Lif::default());
/// builder.population("backwards", 1, Lif { v_th: Volt::new(-1.0), ..Lif::default() });
/// assert_eq!(builder.finish().unwrap_err().len(), 2);
/// # Ok::<(), Vec<Fault>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder {
    sources: Vec<Source>,
    populations: Vec<Population>,
    projections: Vec<Projection>,
    /// Rates of the sources that [`Builder::poisson`] added.
    rates: Vec<(usize, Hertz)>,
}

impl Builder {
    /// Adds `size` independent Poisson lines, each of `rate`, and returns where projections can start from them.
    ///
    /// The rate belongs to the network: every episode begins with it unless it brings its own
    /// ([`Network::rates`]).
    pub fn poisson(&mut self, name: &str, size: u32, rate: Hertz) -> Origin {
        self.rates.push((self.sources.len(), rate));
        self.source(name, size, SourceKind::Poisson)
    }

    /// Adds a source and returns where projections can start from it. A list of spikes is put in order.
    pub fn source(&mut self, name: &str, size: u32, mut kind: SourceKind) -> Origin {
        if let SourceKind::List(spikes) = &mut kind {
            spikes.sort_unstable();
        }
        self.sources.push(Source { name: name.into(), size, kind });
        Origin::Source(self.sources.len() - 1)
    }

    /// Adds a population and returns its index.
    pub fn population(&mut self, name: &str, size: u32, neuron: impl Into<Neuron>) -> usize {
        let neuron = neuron.into();
        let lif = neuron.membrane();
        let flows = neuron.switch().map(|switch| Time::from_seconds(switch.flows()));
        self.populations.push(Population {
            name: name.into(),
            size,
            neuron,
            lif,
            on: flows.and_then(Result::ok).unwrap_or_default(),
            each: Vec::new(),
            behind: None,
            competition: None,
            form: Form::OwnTime,
            rank: 0,
        });
        self.populations.len() - 1
    }

    /// States for how long current flows in the switch behind a neuron that has spiked.
    pub fn on_time(&mut self, population: usize, on: Time) {
        self.populations[population].on = on;
    }

    /// States what the switches behind the neurons of a population conduct, to be told what they spend off:
    /// [`crate::engine::Simulation::spent`]. Spikes have the same bits with it.
    pub fn behind(&mut self, population: usize, behind: Behind) {
        self.populations[population].behind = Some(behind);
    }

    /// Adds a population of neurons of one model that each have their own parameters, and returns its index. Neurons that
    /// are all equal are as [`Builder::population`] makes them.
    ///
    /// ```
    /// use memspike::prelude::*;
    ///
    /// let mut builder = Builder::default();
    /// let mv = |mv: f64| Volt::new(mv * 1e-3);
    /// builder.neurons("cells", [15.0, 17.5, 20.0].map(|v_th| Lif { v_th: mv(v_th), ..Lif::default() }));
    /// assert_eq!(builder.finish()?.populations[0].size, 3);
    /// # Ok::<(), Vec<Fault>>(())
    /// ```
    pub fn neurons<N: Into<Neuron>>(&mut self, name: &str, neurons: impl IntoIterator<Item = N>) -> usize {
        let each: Vec<Neuron> = neurons.into_iter().map(Into::into).collect();
        let first = each.first().cloned().unwrap_or_else(|| Neuron::Lif(Lif::default()));
        let index = self.population(name, u32::try_from(each.len()).unwrap_or(u32::MAX), first);
        let population = &mut self.populations[index];
        if each.iter().any(|neuron| *neuron != population.neuron) {
            population.each = each;
        }
        index
    }

    /// Makes the members of a population compete.
    ///
    /// # Panics
    /// If there is no such population.
    pub fn compete(&mut self, population: usize, competition: Competition) {
        self.populations[population].competition = Some(competition);
    }

    /// Adds a projection and returns its index.
    pub fn projection(
        &mut self,
        name: &str,
        from: Origin,
        to: usize,
        kernel: Kernel,
        delay: Time,
        connect: Rows,
    ) -> usize {
        let rows = match from {
            Origin::Source(index) => self.sources.get(index).map_or(0, |source| source.size),
            Origin::Population(index) => self.populations.get(index).map_or(0, |population| population.size),
        };
        self.projections.push(Projection {
            name: name.into(),
            from,
            rows,
            to,
            kernel,
            delay,
            delays: None,
            longest: delay,
            connect,
            fixed: None,
            shared: None,
            multapses: false,
            counted: true,
        });
        self.projections.len() - 1
    }

    /// Gives every synapse of a sparse projection its own delay. A compact one keeps its quantum. Without a
    /// synapse nothing ever arrives ([`Projection::shortest`]).
    pub fn delays(&mut self, projection: usize, delays: Delays) {
        if let Some(projection) = self.projections.get_mut(projection) {
            (projection.delay, projection.longest) = delays.range().unwrap_or_default();
            projection.delays = Some(delays);
        }
    }

    /// Says how late an arrival may be in a projection whose delays are not drawn yet.
    pub fn longest(&mut self, projection: usize, longest: Time) {
        if let Some(projection) = self.projections.get_mut(projection) {
            projection.longest = longest.max(projection.delay);
        }
    }

    /// Keeps the weights of a projection in the network; they never change.
    pub fn fixed(&mut self, projection: usize, weights: Fixed) {
        if let Some(projection) = self.projections.get_mut(projection) {
            projection.fixed = Some(weights);
        }
    }

    /// Says which synapses of a projection have their weights in common. The engine takes a weight for every synapse as ever
    /// ([`Shared::expand`]); who trains changes them together.
    ///
    /// ```
    /// use memspike::network::Convolution;
    /// use memspike::prelude::*;
    ///
    /// let kernel = Convolution { from: [1, 8, 8], channels: 4, kernel: [3, 3], stride: [1, 1], padding: [0, 0], groups: 1 };
    /// let (rows, shared) = kernel.synapses();
    /// let mut builder = Builder::default();
    /// let input = builder.poisson("input", 64, Hertz::new(20.0));
    /// let maps = builder.population("maps", 4 * 6 * 6, Lif::default());
    /// let projection = builder.projection("kernel", input, maps, Kernel::Delta, Time::ZERO, rows);
    /// let weights = shared.expand(&[1e-3; 9 * 4]);
    /// builder.share(projection, shared);
    /// assert_eq!(builder.finish()?.projections[0].synapses(144), weights.len());
    /// # Ok::<(), Vec<Fault>>(())
    /// ```
    pub fn share(&mut self, projection: usize, shared: Shared) {
        if let Some(projection) = self.projections.get_mut(projection) {
            projection.shared = Some(shared);
        }
    }

    /// Allows a row of a projection to reach a target more than once.
    pub fn multapses(&mut self, projection: usize) {
        if let Some(projection) = self.projections.get_mut(projection) {
            projection.multapses = true;
        }
    }

    /// Leaves the arrivals of single rows uncounted: no energy is booked from them.
    pub fn uncounted(&mut self, projection: usize) {
        if let Some(projection) = self.projections.get_mut(projection) {
            projection.counted = false;
        }
    }

    /// Checks everything, then chooses ranks, forms and lanes.
    ///
    /// # Errors
    /// All faults, in order of description.
    pub fn finish(self) -> Result<Arc<Network>, Vec<Fault>> {
        let Self { sources, mut populations, mut projections, rates } = self;
        let mut faults = Vec::new();
        for &(source, rate) in rates.iter().filter(|(_, rate)| *rate < Hertz::ZERO) {
            let fault = format!("a rate of {rate}; it must be zero or more");
            faults.push(Fault::Rate { name: sources[source].name.clone(), fault });
        }
        for source in &sources {
            check_source(source, &mut faults);
        }
        let neurons = populations.iter().map(|population| u64::from(population.size)).sum();
        if neurons > u64::from(u32::MAX) {
            faults.push(Fault::TooManyNeurons { neurons });
        }
        for population in &populations {
            if population.size == 0 {
                faults.push(Fault::Empty { what: "population", name: population.name.clone() });
            }
            check_neurons(population, &mut faults);
            let rivalry = population.competition.iter().flat_map(|c| {
                let mut each = population.kinds().map(|neuron| c.faults(neuron));
                each.find(|faults| !faults.is_empty()).unwrap_or_default()
            });
            faults.extend(rivalry.map(|fault| Fault::Competition { name: population.name.clone(), fault }));
        }
        let arriving = arriving(populations.len(), &projections);
        for (population, arriving) in populations.iter().zip(&arriving) {
            let found = decays(arriving.iter().map(|&index| &projections[index])).len();
            let allowed = population.neuron.open().map_or(MAX_DECAYS, Model::decays);
            if found > allowed {
                faults.push(Fault::Decays { name: population.name.clone(), found, allowed });
            }
        }
        for projection in &projections {
            check_projection(projection, &sources, &populations, &mut faults);
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        for projection in &mut projections {
            if let Rows::Sparse { targets, .. } = &mut projection.connect {
                *targets =
                    std::mem::replace(targets, Vec::new().into()).within(populations[projection.to].size);
            }
        }
        let name = |index: usize| populations[index].name.clone();
        let rank = ranks(populations.len(), &projections).map_err(|unranked| match unranked {
            Unranked::Cycle(cycle) => {
                vec![Fault::ZeroDelayCycle { names: cycle.into_iter().map(name).collect() }]
            }
            Unranked::Deep(last, projections) => vec![Fault::TooDeep { name: name(last), projections }],
        })?;
        for index in 0..populations.len() {
            populations[index].rank = rank[index];
            let incoming = arriving[index].iter().map(|&index| &projections[index]);
            populations[index].form = form(&populations[index], incoming);
            if populations[index].competition.is_some() && populations[index].form != Form::SharedDecay {
                let name = populations[index].name.clone();
                let clock = populations[index].one_clock();
                let fault = if clock { CompetitionFault::NotShared } else { CompetitionFault::Clock };
                faults.push(Fault::Competition { name, fault });
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut from_source = vec![Vec::new(); sources.len()];
        let mut from_population = vec![Vec::new(); populations.len()];
        for (index, projection) in projections.iter().enumerate() {
            match projection.from {
                Origin::Source(source) => from_source[source].push(index),
                Origin::Population(population) => from_population[population].push(index),
            }
        }
        let lanes = lanes(&sources, &populations, &projections, &arriving);
        let steady = steady(&sources, &rates);
        Ok(Arc::new(Network {
            sources,
            populations,
            projections,
            from_source,
            from_population,
            to_population: arriving,
            lanes,
            steady,
        }))
    }
}

impl Network {
    /// The same network with other parameters of the neurons of a population, one for all or one for each: forms and lanes are
    /// chosen anew.
    ///
    /// # Errors
    /// All faults.
    ///
    /// # Panics
    /// If there is no such population.
    pub fn with_neurons(&self, population: usize, neurons: &[Neuron]) -> Result<Arc<Self>, Vec<Fault>> {
        let Self { sources, populations, projections, .. } = self.clone();
        let mut builder = Builder { sources, populations, projections, rates: Vec::new() };
        let changed = &mut builder.populations[population];
        changed.each = Vec::new();
        if let Some(first) = neurons.first() {
            (changed.neuron, changed.lif) = (first.clone(), first.membrane());
            if neurons.iter().any(|neuron| neuron != first) {
                changed.each = neurons.to_vec();
            }
        }
        let made = Arc::unwrap_or_clone(builder.finish()?);
        Ok(Arc::new(Self { steady: self.steady.clone(), ..made }))
    }
}

/// Marks and total rate (hertz) of every Poisson block; those of a source without a rate are silent.
fn steady(sources: &[Source], rates: &[(usize, Hertz)]) -> Vec<(AliasTable, f64)> {
    let mut rate_of = vec![Hertz::ZERO; sources.len()];
    rates.iter().for_each(|&(source, rate)| rate_of[source] = rate);
    let poisson = sources.iter().zip(rate_of).filter(|(source, _)| source.kind == SourceKind::Poisson);
    let blocks = poisson.flat_map(|(source, rate)| {
        (0..source.size).step_by(BLOCK as usize).map(move |first| {
            let lines = (source.size - first).min(BLOCK);
            if rate == Hertz::ZERO {
                return (AliasTable::default(), 0.0);
            }
            (AliasTable::new(&vec![1; lines as usize]), (rate * f64::from(lines)).get())
        })
    });
    blocks.collect()
}

/// The parameters of a population; of neurons that differ the first ten that have faults.
fn check_neurons(population: &Population, faults: &mut Vec<Fault>) {
    let name = || population.name.clone();
    if !population.differ() {
        let neuron = population.neuron.faults().into_iter();
        faults.extend(neuron.map(|fault| Fault::Neuron { name: name(), fault }));
        return;
    }
    let first = population.neuron.identity();
    if let Some((neuron, other)) =
        population.each.iter().enumerate().find(|(_, other)| other.identity() != first)
    {
        let (model, first) = (other.model(), first.0);
        faults.push(Fault::Models { name: name(), neuron, model, first });
    }
    let each = population.each.iter().enumerate();
    let found = each.flat_map(|(neuron, of)| of.faults().into_iter().map(move |fault| (neuron, fault)));
    faults.extend(found.take(10).map(|(neuron, fault)| Fault::OneNeuron { name: name(), neuron, fault }));
}

fn check_source(source: &Source, faults: &mut Vec<Fault>) {
    let name = || source.name.clone();
    if source.size == 0 {
        faults.push(Fault::Empty { what: "source", name: name() });
    }
    match &source.kind {
        SourceKind::Poisson => {}
        SourceKind::Current(current) => {
            faults.extend(current.check().err().map(|fault| Fault::Current { name: name(), fault }));
        }
        SourceKind::List(spikes) => {
            if let Some(&(_, id)) = spikes.iter().find(|spike| spike.1 >= source.size) {
                faults.push(Fault::SpikeOutOfRange { name: name(), id, size: source.size });
            }
        }
        SourceKind::Regular { period, .. } => {
            if period.fs() == 0 {
                faults.push(Fault::NoPeriod { name: name() });
            }
        }
        SourceKind::Bursts { period, count, interval, .. } => {
            let length = u128::from(interval.fs()) * u128::from(count.saturating_sub(1));
            let apart = *count == 1 || interval.fs() > 0;
            if *count == 0 || !apart || length >= u128::from(period.fs()) {
                let (count, interval, period) = (*count, *interval, *period);
                faults.push(Fault::Burst { name: name(), count, interval, period });
            }
        }
        SourceKind::Modulated(profile) => {
            faults.extend(profile.fault().map(|fault| Fault::Rate { name: name(), fault }));
            let (size, peak) = (source.size.min(BLOCK), profile.peak());
            let (total, lines) = (f64::from(size) * peak, many(size, "line"));
            if profile.fault().is_none() && total > MAX_BLOCK_RATE.get() {
                let fault = format!(
                    "a rate of up to {peak:e} Hz, {total:e} Hz for {lines} drawn together; allowed: up to {MAX_BLOCK_RATE} for these"
                );
                faults.push(Fault::Rate { name: name(), fault });
            }
        }
        SourceKind::Open(train) => {
            let rate = train.expected(Time::from_ms(1_000));
            if !(0.0..=MAX_BLOCK_RATE.get()).contains(&rate) {
                let fault = format!("{rate:e} spikes to expect in a second; allowed: up to {MAX_BLOCK_RATE}");
                faults.push(Fault::Rate { name: name(), fault });
            }
        }
        SourceKind::DeadTime { rate, dead } => {
            let possible = *rate > 0.0 && rate * dead.as_seconds() < 1.0;
            if !possible {
                let fault = format!(
                    "a rate of {} Hz with a dead time of {dead}, which allows less",
                    crate::hint::number(*rate)
                );
                faults.push(Fault::Rate { name: name(), fault });
            } else if *rate > MAX_BLOCK_RATE.get() {
                let fault = format!("a rate of {rate:e} Hz; allowed: up to {MAX_BLOCK_RATE}");
                faults.push(Fault::Rate { name: name(), fault });
            }
        }
    }
}

fn check_projection(
    projection: &Projection,
    sources: &[Source],
    populations: &[Population],
    faults: &mut Vec<Fault>,
) {
    let name = || projection.name.clone();
    let known = match projection.from {
        Origin::Source(index) => index < sources.len(),
        Origin::Population(index) => index < populations.len(),
    };
    if !known {
        faults.push(Fault::NoSuch { name: name(), what: "source or population" });
    }
    let current = matches!(projection.from, Origin::Source(source)
        if sources.get(source).is_some_and(|source| source.kind.is_current()));
    if known && current != (projection.kernel == Kernel::Current) {
        let (found, wanted) = if current { ("a current", "spikes") } else { ("spikes", "a current") };
        faults.push(Fault::Carries { name: name(), found, wanted });
    }
    let Some(target) = populations.get(projection.to) else {
        faults.push(Fault::NoSuch { name: name(), what: "target population" });
        return;
    };
    faults.extend(projection.kernel.fault(&projection.name, target));
    let steps_alone = target.kinds().any(|neuron| neuron.open().is_some_and(|open| !open.takes_ramps()));
    let rises = match (projection.kernel.effect(), &projection.from) {
        (Effect::Steps(changes), _) => changes.iter().any(|change| change.slope != 0.0),
        (Effect::Follows, Origin::Source(source)) => match sources.get(*source).map(|source| &source.kind) {
            Some(SourceKind::Current(current)) => current.rises(),
            _ => false,
        },
        _ => false,
    };
    if steps_alone && rises {
        faults.push(Fault::Ramps { name: name(), to: target.name.clone() });
    }
    let (rows, columns) = (projection.rows, target.size);
    let synapses = projection.synapses(columns);
    if let Some(Fixed::Compact(weights)) = &projection.fixed
        && (weights.len() != synapses || projection.connect == Rows::Dense)
    {
        faults.push(Fault::PerSynapse { name: name(), what: "weights", found: weights.len(), synapses });
    }
    if let Some(shared) = &projection.shared {
        let known = shared.of.iter().filter(|&&number| (number as usize) < shared.count()).count();
        if known != synapses || shared.of.len() != synapses {
            faults.push(Fault::PerSynapse { name: name(), what: "shared weights", found: known, synapses });
        }
    }
    if let Some(delays) = &projection.delays {
        if !matches!(projection.connect, Rows::Sparse { .. }) || current {
            faults.push(Fault::OwnDelays { name: name() });
        } else if delays.len() != synapses {
            faults.push(Fault::PerSynapse { name: name(), what: "delays", found: delays.len(), synapses });
        } else if synapses > u32::MAX as usize {
            faults.push(Fault::TooMany { name: name(), synapses });
        }
    }
    match &projection.connect {
        Rows::Dense => {}
        Rows::OneToOne => {
            if rows != columns {
                faults.push(Fault::OneToOneSizes { name: name(), rows, columns });
            }
        }
        Rows::Sparse { start, targets } => {
            let covers = start.first() == Some(&0) && start.last() == Some(&targets.len());
            if start.len() != rows as usize + 1 || !covers || !start.is_sorted() {
                let pre = start.len().saturating_sub(2) as u32;
                faults.push(Fault::OutOfRange { name: name(), pre, post: 0, rows, columns });
                return;
            }
            let row = |window: &[usize]| window[0]..window[1];
            let wrong =
                |(_, window): &(usize, &[usize])| !targets.ascend(row(window), columns, projection.multapses);
            for (pre, window) in start.windows(2).enumerate().filter(wrong) {
                let row = || targets.of(window[0]..window[1]);
                let pre = pre as u32;
                if let Some(post) = row().find(|&post| post >= columns) {
                    faults.push(Fault::OutOfRange { name: name(), pre, post, rows, columns });
                }
                let descends =
                    |&(one, next): &(u32, u32)| one > next || (one == next && !projection.multapses);
                if let Some((_, post)) = row().zip(row().skip(1)).find(descends) {
                    faults.push(Fault::Multapse { name: name(), pre, post });
                }
            }
        }
    }
}
