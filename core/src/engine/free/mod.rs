//! Populations whose neurons keep their own time, of any [`Model`]: each neuron advances only at its own events.

mod cell;
mod instant;
mod window;

pub use cell::{Cell, Clock};
pub use instant::{Due, Fires, Instant, Neurons, Share};
pub use window::{Given, Line, Lookout};

use super::key::EventKey;
use super::probe::Tell;
use super::route::{Changes, Values};
use super::units::Unit;
use super::windows::Job;
use crate::encoding::Block;
use crate::network::{Population, Projection};
use crate::neuron::model::{Draws, Model, Plain, VARIABLES};
use crate::neuron::synaptic::{Current, Decay};
use crate::neuron::{Leaky, Metered, Neuron, Open, TOLD};
use crate::numeric::Real;
use crate::time::Time;
use cell::Taus;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What does not change: the neurons' models and the time constants of their currents.
#[derive(Clone, Debug)]
pub struct Constants<M> {
    /// One for all, or one for each.
    models: Vec<M>,
    /// Neurons of the population.
    pub columns: u32,
    /// Time constants of the synaptic currents in seconds.
    taus: Vec<f64>,
    /// Membrane time constant of each model, in seconds, and the synaptic ones beside it.
    tau: Vec<f64>,
    decays: Vec<Decay>,
    /// Whether firings have to be predicted.
    pub predicts: bool,
}

impl<M: Model> Constants<M> {
    fn new(models: Vec<M>, columns: u32, taus: &[f64], predicts: bool) -> Self {
        let tau: Vec<f64> = models.iter().map(|model| model.scale().tau).collect();
        let decays = tau.iter().flat_map(|&tau| taus.iter().map(move |&syn| Decay::new(syn, tau))).collect();
        Self { models, columns, taus: taus.to_vec(), tau, decays, predicts }
    }

    /// Number of synaptic currents of a neuron.
    #[inline]
    pub fn each(&self) -> usize {
        self.taus.len()
    }

    /// Which of them has this time constant, in seconds.
    #[inline]
    pub fn decay(&self, tau: f64) -> Option<usize> {
        self.taus.iter().position(|&other| other == tau)
    }

    /// What turns amperes into volts, if that is the same for all.
    #[inline]
    pub fn resistance(&self) -> Option<f64> {
        if let [model] = &self.models[..] { Some(model.scale().resistance) } else { None }
    }

    /// What a neuron is made of.
    #[inline]
    pub(super) fn neuron(&self, target: u32) -> (&M, Taus<'_>) {
        let index = if self.models.len() == 1 { 0 } else { target as usize };
        let each = self.taus.len();
        let decays = &self.decays[index * each..(index + 1) * each];
        (&self.models[index], Taus { tau: self.tau[index], decays })
    }
}

/// What the draws of a population's neurons depend on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origins {
    seed: u64,
    episode: u64,
    /// Number of the first neuron, over all populations.
    first: u32,
}

impl Origins {
    #[inline]
    fn draws(self, neuron: u32, spikes: u32) -> Draws {
        let Self { seed, episode, first } = self;
        Draws { seed, neuron: first.wrapping_add(neuron), episode, spikes }
    }
}

/// One population.
#[derive(Clone, Debug)]
pub struct Free<M: Model> {
    constants: Constants<M>,
    origins: Origins,
    cells: Vec<Cell<M::State>>,
    /// Neuron by neuron, one per time constant.
    currents: Vec<Current>,
    /// Spikes of each neuron in the episode.
    spikes: Vec<u32>,
    instant: Instant,
}

/// Neurons in their own time, as they are saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// Name of the model.
    pub model: String,
    /// Version of its state.
    pub version: u32,
    /// What the engine keeps for each neuron.
    pub clocks: Vec<Clock>,
    /// Variables of the neurons, one after the other.
    pub variables: Vec<f64>,
    /// Synaptic currents, neuron by neuron, one per time constant.
    pub currents: Vec<Current>,
}

impl<M: Model> Free<M> {
    fn new(models: Vec<M>, columns: u32, taus: &[f64], predicts: bool, first: u32) -> Self {
        let constants = Constants::new(models, columns, taus, predicts);
        let origins = Origins { first, ..Origins::default() };
        let size = columns as usize;
        let cells = (0..columns).map(|neuron| Cell {
            state: constants.neuron(neuron).0.start(&origins.draws(neuron, 0)),
            clock: Clock::START,
        });
        Self {
            cells: cells.collect(),
            currents: vec![Current::default(); size * constants.each()],
            spikes: vec![0; size],
            instant: Instant::new(size),
            constants,
            origins,
        }
    }

    /// The start of an episode.
    fn begin(&mut self, seed: u64, episode: u64) {
        self.origins = Origins { seed, episode, ..self.origins };
        self.currents.fill(Current::default());
        self.spikes.fill(0);
        let each = self.constants.each();
        for (neuron, cell) in self.cells.iter_mut().enumerate() {
            let (model, taus) = self.constants.neuron(neuron as u32);
            let state = model.start(&self.origins.draws(neuron as u32, 0));
            *cell = Cell { state, clock: Clock::START };
            if self.constants.predicts {
                cell.foresee(model, taus, instant::of(&mut self.currents, each, neuron));
            }
        }
    }

    /// All neurons.
    #[inline]
    fn neurons(&mut self) -> Neurons<'_, M> {
        let Self { constants, origins, cells, currents, spikes, .. } = self;
        Neurons { constants, origins: *origins, first: 0, cells, currents, spikes }
    }

    /// All neurons at an instant.
    #[inline]
    fn all(&mut self) -> Share<'_, M> {
        let Self { constants, origins, cells, currents, spikes, instant } = self;
        let neurons = Neurons { constants, origins: *origins, first: 0, cells, currents, spikes };
        Share { neurons, instant }
    }

    fn deal<'a>(
        &'a mut self,
        units: impl Iterator<Item = &'a mut Unit>,
        blocks: &mut [Option<&'a mut Block>],
        events: &'a [EventKey],
        mut give: impl FnMut(Given<'a, M>),
    ) {
        let mut neurons = self.neurons();
        for unit in units {
            let (these, rest) = neurons.split_at(unit.count as usize);
            let lines = unit.lookout.iter().flat_map(|lookout| &lookout.privates);
            let blocks = lines.filter_map(|line| blocks[line.block].take()).collect();
            give(Given { unit, neurons: these, blocks, events });
            neurons = rest;
        }
    }

    fn saved(&self) -> Saved {
        let names = self.variables();
        let mut variables = Vec::with_capacity(self.cells.len() * names);
        let clocks = self.cells.iter().map(|cell| {
            variables.extend_from_slice(&cell.state.words()[..names]);
            cell.clock
        });
        let clocks = clocks.collect();
        let (model, version) = self.model();
        Saved { model: model.into(), version, clocks, variables, currents: self.currents.clone() }
    }

    /// Goes on from what was saved, after so many spikes of each neuron.
    fn restore(&mut self, seed: u64, episode: u64, saved: Saved, spikes: &[u32]) {
        self.origins = Origins { seed, episode, ..self.origins };
        let names = self.variables().max(1);
        for ((cell, clock), variables) in
            self.cells.iter_mut().zip(saved.clocks).zip(saved.variables.chunks_exact(names))
        {
            let mut words = [0.0; VARIABLES];
            words[..names].copy_from_slice(variables);
            *cell = Cell { state: M::State::of(&words), clock };
        }
        self.currents = saved.currents;
        self.spikes.copy_from_slice(spikes);
    }

    /// Potential of each neuron at `time` in volts, or in dead time where it goes on from, and when that ends.
    fn left_at(&self, time: Time) -> Vec<Left> {
        let each = self.constants.each();
        let of = |(neuron, cell): (usize, &Cell<M::State>)| {
            let (model, taus) = self.constants.neuron(neuron as u32);
            let then = cell.at(model, taus, &self.currents[neuron * each..(neuron + 1) * each], time);
            Left { u: model.potential(&then.state, 0.0), until: then.clock.until }
        };
        self.cells.iter().enumerate().map(of).collect()
    }

    /// Neurons that go on from there, with nothing that drives them yet.
    fn go_on(&mut self, left: &[Left], time: Time) {
        for (neuron, left) in left.iter().enumerate() {
            let draws = self.origins.draws(neuron as u32, self.spikes[neuron]);
            let (model, _) = self.constants.neuron(neuron as u32);
            let state = at_potential(model, &model.start(&draws), left.u);
            self.cells[neuron] =
                Cell { state, clock: Clock { last: time, until: left.until, ..Clock::START } };
        }
    }

    /// Takes over at `time` what drives the neurons of `old`, which have other parameters, and of their state all but the
    /// potential if `all` of it has the same meaning. Currents stay what they are in amperes.
    fn drive_as(&mut self, old: &Self, time: Time, all: bool) {
        let each = self.constants.each();
        for (neuron, before) in old.cells.iter().enumerate() {
            let its = neuron * each..(neuron + 1) * each;
            let mut currents = old.currents[its.clone()].to_vec();
            let (was, taus) = old.constants.neuron(neuron as u32);
            let mut then = *before;
            then.advance(was, taus, &mut currents, time);
            let (model, _) = self.constants.neuron(neuron as u32);
            let ratio = model.scale().resistance / was.scale().resistance;
            let cell = &mut self.cells[neuron];
            let (Clock { last, until, .. }, u) = (cell.clock, model.potential(&cell.state, 0.0));
            if all {
                cell.state = at_potential(model, &then.state, u);
            }
            let (level, slope) = (then.clock.level * ratio, then.clock.slope * ratio);
            cell.clock = Clock { last, until, level, slope, pulses: then.clock.pulses, ..Clock::START };
            for (current, before) in self.currents[its].iter_mut().zip(currents) {
                *current = Current { p: before.p * ratio, q: before.q * ratio };
            }
        }
    }

    /// Looks at every neuron as it is now: when it has to be looked at again, and the first that is to fire at once.
    fn foresee_all(&mut self) -> Option<usize> {
        let each = self.constants.each();
        let mut above = None;
        for (neuron, cell) in self.cells.iter_mut().enumerate() {
            let (model, taus) = self.constants.neuron(neuron as u32);
            if !cell.clock.dead() && model.fires(&cell.state) {
                above.get_or_insert(neuron);
            }
            if self.constants.predicts {
                cell.foresee(model, taus, instant::of(&mut self.currents, each, neuron));
            }
        }
        above
    }

    fn not_finite(&self) -> Option<(usize, f64)> {
        let driven =
            self.currents.iter().position(|current| !(current.p.is_finite() && current.q.is_finite()));
        let found = self.cells.iter().enumerate().find_map(|(at, cell)| {
            let drive = [cell.clock.level, cell.clock.slope];
            let values = cell.state.words().into_iter().chain(drive);
            values.into_iter().find(|value| !value.is_finite()).map(|value| (at, value))
        });
        found.or_else(|| driven.map(|at| (at / self.constants.each().max(1), self.currents[at].p)))
    }

    /// Name and version of the model.
    fn model(&self) -> (&'static str, u32) {
        self.constants.neuron(0).0.identity()
    }

    /// How many variables a neuron has.
    fn variables(&self) -> usize {
        self.constants.neuron(0).0.variables().len()
    }

    fn spent_at(&self, time: Time) -> Option<[f64; 3]> {
        let each = self.constants.each();
        let mut sum = [0.0; 3];
        for (neuron, cell) in self.cells.iter().enumerate() {
            let (model, taus) = self.constants.neuron(neuron as u32);
            let then = cell.at(model, taus, &self.currents[neuron * each..(neuron + 1) * each], time);
            let spent = model.spent(&then.state)?;
            sum.iter_mut().zip(spent).for_each(|(sum, spent)| *sum += spent);
        }
        Some(sum)
    }

    fn states_at(&self, neurons: Range<u32>, time: Time, tell: Tell<'_>) {
        let each = self.constants.each();
        for neuron in neurons {
            let (model, taus) = self.constants.neuron(neuron);
            let Some(cell) = self.cells.get(neuron as usize) else { return };
            let currents = &self.currents[neuron as usize * each..(neuron as usize + 1) * each];
            let (then, driven) = cell.with_currents_at(model, taus, currents, time);
            for ((name, unit), value) in model.variables().iter().zip(then.state.words()) {
                tell(neuron, (name, unit), value);
            }
            let dead = then.clock.until.max(time).seconds_since(time);
            let [current, conductance, energy] = TOLD;
            if each > 0 {
                tell(neuron, current, driven / model.scale().resistance);
            }
            if let Some(siemens) = model.conductance(&then.state, dead) {
                tell(neuron, conductance, siemens);
            }
            if let Some(spent) = model.spent(&then.state) {
                tell(neuron, energy, spent.iter().fold(0.0, |sum, joules| sum + joules));
            }
        }
    }

    fn potentials_at(&self, time: Time) -> Vec<f64> {
        let each = self.constants.each();
        let cells = self.cells.iter().enumerate();
        cells
            .map(|(neuron, cell)| {
                let (model, taus) = self.constants.neuron(neuron as u32);
                cell.potential_at(model, taus, &self.currents[neuron * each..(neuron + 1) * each], time)
            })
            .collect()
    }
}

/// Where a neuron goes on from when it is given other parameters.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    /// Potential relative to ground, in volts.
    pub u: f64,
    /// End of its dead time.
    pub until: Time,
}

/// A state with its potential, which is its first variable, moved to `u`.
fn at_potential<M: Model>(model: &M, state: &M::State, u: f64) -> M::State {
    let mut words = state.words();
    words[0] += u - model.potential(state, 0.0);
    M::State::of(&words)
}

/// A population in its own time, of whatever model.
#[derive(Clone, Debug)]
pub enum FreeOf {
    Leaky(Free<Leaky>),
    Open(Free<Open>),
}

/// Does the same with either.
macro_rules! either {
    ($self:expr, $free:ident => $work:expr) => {
        match $self {
            Self::Leaky($free) => $work,
            Self::Open($free) => $work,
        }
    };
}

/// Why saved neurons cannot be continued.
pub enum Foreign {
    /// So many of something, and not as many as there should be.
    Shape(&'static str, usize, usize),
    /// They are of another model.
    Model(String, u32),
    /// A neuron is ahead of the clock, or behind it.
    Time,
}

impl FreeOf {
    /// A population whose first neuron has this number, with currents of these time constants (seconds).
    pub fn new(population: &Population, taus: &[f64], predicts: bool, first: u32) -> Self {
        let size = population.size;
        if population.neuron.open().is_some() {
            let models = population.kinds().filter_map(Neuron::open).cloned().collect();
            return Self::Open(Free::new(models, size, taus, predicts, first));
        }
        if let Some(behind) = population.behind {
            let metered = |neuron| Metered::of(neuron, behind, population.on).map(Open::new);
            let models = population.kinds().filter_map(metered).collect();
            return Self::Open(Free::new(models, size, taus, predicts, first));
        }
        let models = population.kinds().filter_map(Leaky::of).collect();
        Self::Leaky(Free::new(models, size, taus, predicts, first))
    }

    /// The start of an episode.
    pub fn begin(&mut self, seed: u64, episode: u64) {
        either!(self, free => free.begin(seed, episode));
    }

    /// [`Model::spent`] of all neurons up to `time`, summed in their order, if they tell.
    pub fn spent_at(&self, time: Time) -> Option<[f64; 3]> {
        either!(self, free => free.spent_at(time))
    }

    /// Tells the states of some neurons at `time`, without touching anything.
    pub fn states_at(&self, neurons: Range<u32>, time: Time, tell: Tell<'_>) {
        either!(self, free => free.states_at(neurons, time, tell));
    }

    /// Potentials at `time` in volts, without touching anything.
    pub fn potentials_at(&self, time: Time) -> Vec<f64> {
        either!(self, free => free.potentials_at(time))
    }

    /// What to go on from.
    pub fn saved(&self) -> Saved {
        either!(self, free => free.saved())
    }

    /// Whether that is of such a population, at `now`.
    pub fn check(&self, saved: &Saved, now: Time) -> Result<(), Foreign> {
        let (identity, variables, size, each) = either!(self, free => {
            (free.model(), free.variables(), free.cells.len(), free.constants.each())
        });
        if (saved.model.as_str(), saved.version) != identity {
            return Err(Foreign::Model(saved.model.clone(), saved.version));
        }
        for (what, found, expected) in [
            ("neurons", saved.clocks.len(), size),
            ("variables", saved.variables.len(), size * variables),
            ("synaptic currents", saved.currents.len(), size * each),
        ] {
            if found != expected {
                return Err(Foreign::Shape(what, found, expected));
            }
        }
        let fits = |clock: &Clock| clock.last <= now && clock.due >= now && clock.until >= Time::ZERO;
        if saved.clocks.iter().all(fits) { Ok(()) } else { Err(Foreign::Time) }
    }

    /// Goes on from there, after so many spikes of each neuron.
    pub fn restore(&mut self, seed: u64, episode: u64, saved: Saved, spikes: &[u32]) {
        either!(self, free => free.restore(seed, episode, saved, spikes));
    }

    /// Where each neuron would go on from at `time` with other parameters.
    pub fn left_at(&self, time: Time) -> Vec<Left> {
        either!(self, free => free.left_at(time))
    }

    /// Goes on at `time` from there, driven as the population `old` is, if that is in its own time too; a neuron that is above
    /// its threshold, if there is one.
    pub fn go_on(&mut self, left: &[Left], old: Option<&Self>, time: Time) -> Option<usize> {
        either!(self, free => free.go_on(left, time));
        match (&mut *self, old) {
            // Of a leaky neuron the threshold is part of the state, and is a new one.
            (Self::Leaky(free), Some(Self::Leaky(old))) => free.drive_as(old, time, false),
            (Self::Open(free), Some(Self::Open(old))) => free.drive_as(old, time, true),
            _ => {}
        }
        either!(self, free => free.foresee_all())
    }

    /// A neuron that is not finite as it was left, or whose drive is not.
    pub fn not_finite(&self) -> Option<(usize, f64)> {
        either!(self, free => free.not_finite())
    }

    /// Shows what every neuron waits for.
    pub fn each_next(&self, mut visit: impl FnMut(u32, Option<Time>)) {
        either!(self, free => if free.constants.predicts {
            free.cells.iter().zip(0..).for_each(|(cell, neuron)| visit(neuron, cell.clock.next()));
        });
    }

    /// An arrival at a row, of so many spikes: jumps are added, currents and pulses begin.
    #[inline]
    pub fn arrive<R: Real>(&mut self, projection: &Projection, values: &[R], row: (u32, u32), time: Time) {
        either!(self, free => free.all().arrive(projection, Values::All(values), row, time));
    }

    /// Applies one step of a pulse, or of a current, to every target of a row.
    pub fn change_drive<R: Real>(
        &mut self,
        projection: &Projection,
        values: &[R],
        row: u32,
        changes: &Changes,
        time: Time,
    ) {
        either!(self, free => free.all().change_drive(projection, Values::All(values), row, changes, time));
    }

    /// What a neuron waited for has come.
    pub fn due(&mut self, neuron: u32, time: Time) -> Due {
        either!(self, free => free.all().due(neuron, time))
    }

    /// Tests every neuron that something has arrived at, by id: who fires.
    pub fn test(&mut self, time: Time, firing: &mut Vec<Fires>) {
        either!(self, free => free.all().test(time, |fires| firing.push(fires)));
    }

    /// Predicts anew: who waits for something else now.
    pub fn predict(&mut self, time: Time, waiting: &mut Vec<(u32, Option<Time>)>) {
        either!(self, free => free.all().predict(time, |neuron, next| waiting.push((neuron, next))));
    }

    /// Lets a lookout see what some of the neurons wait for; false if none waits for anything.
    pub fn look(&self, neurons: Range<usize>, lookout: &mut Lookout) -> bool {
        either!(self, free => {
            if free.constants.predicts {
                lookout.begin(&free.cells[neurons]);
            }
            free.constants.predicts
        })
    }

    /// Deals the neurons out to units, with the blocks that only they hear.
    pub fn deal<'a>(
        &'a mut self,
        units: impl Iterator<Item = &'a mut Unit>,
        blocks: &mut [Option<&'a mut Block>],
        events: &'a [EventKey],
        jobs: &mut Vec<Job<'a>>,
    ) {
        match self {
            Self::Leaky(free) => free.deal(units, blocks, events, |given| jobs.push(Job::Leaky(given))),
            Self::Open(free) => free.deal(units, blocks, events, |given| jobs.push(Job::Open(given))),
        }
    }
}
