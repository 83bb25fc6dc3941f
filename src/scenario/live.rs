//! A simulation of a plan that belongs to whoever holds it: run in pieces, looked into, driven anew between two of them.
//!
//! However time is sliced, the bits are those of one run. What drives it may be changed from the time on that is reached:
//! rates of `poisson_steps`, currents of `current_steps`, spikes of lists. A simulation that was driven so is the one that had
//! these steps from the start: the integral of a rate, the cursor of a list and the changes of a current up to a time are
//! functions of what lies before it. Parameters of neurons are changed as [`retune`] says.

use super::assemble::{Assembled, assemble_with};
use super::outcome::NamedArray;
use super::plan::Plan;
use super::run::arrays::{named_arrays, programmed};
use super::run::books::{book, spent};
use super::run::context::RunError;
use super::run::plastic;
use super::run::training::{Identity, models};
use super::{Diagnostics, synapses};
use crate::crossbar::Array;
use crate::encoding::{BLOCK, MAX_BLOCK_RATE, RateProfile};
use crate::energy::Ledger;
use crate::engine::{
    Engine, Harvest, LearningError, LearningState, RetuneError, Run, SimulationError, Threads, retune,
};
use crate::network::{Fault, Network, SourceKind, Weights};
use crate::neuron::Neuron;
use crate::snapshot::{self, Payload};
use crate::time::Time;
use crate::training::Totals;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Why a simulation was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// A source that has nothing of the kind to change.
    #[error("{what} of source `{source_name}` cannot be changed: it is no `kind = \"{wanted}\"`{but}")]
    Kind {
        /// What was to be changed: "the rate".
        what: &'static str,
        /// As the plan names it.
        source_name: String,
        /// What it would have to be.
        wanted: &'static str,
        /// What else stands against it.
        but: &'static str,
    },
    /// A value that it cannot have.
    #[error("source `{source_name}`: {fault}")]
    Value {
        /// As the plan names it.
        source_name: String,
        /// What is wrong, and what is allowed.
        fault: String,
    },
    /// Weights that are part of the network.
    #[error(
        "the weights of projection `{0}` are kept in the network and never change; allowed: those of projections with a \
         weight for each synapse"
    )]
    Fixed(String),
    /// Parameters that are none.
    #[error("{}", .0.render(false).trim_end())]
    Parameters(Diagnostics),
    /// What is more than a parameter of each neuron.
    #[error(
        "`{0}` of population `{1}` is no parameter of its neurons; allowed: numbers of its model, such as `v_th`"
    )]
    Structure(String, String),
    /// A network that cannot have such neurons.
    #[error("{0}")]
    Network(Fault),
    /// What stands against it in the neurons.
    #[error(transparent)]
    Retune(#[from] RetuneError),
    /// What the engine has against it.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// The plan of the same scenario with settings, `KEY=VALUE` each, in place of its own values: whoever holds a simulation knows how
/// that is read.
pub type Described<'a> = &'a dyn Fn(&[String]) -> Result<Plan, Diagnostics>;

/// A plan that runs.
#[derive(Clone)]
pub struct Live {
    plan: Arc<Plan>,
    /// Parameters of neurons in place of those of the plan: index of the population, and `KEY=VALUE` each.
    settings: Vec<(usize, String)>,
    network: Arc<Network>,
    arrays: Vec<Option<Array>>,
    run: Run,
    /// What was recorded before the run was made anew.
    kept: Harvest,
    notes: Vec<String>,
}

/// What a simulation goes on from: how its sources are driven, and its state.
#[derive(Serialize, Deserialize)]
struct Saved {
    of: Identity,
    settings: Vec<(usize, String)>,
    /// As JSON: what drives them has shapes by name, which bytes without names cannot be read back into.
    sources: Vec<String>,
    state: LearningState,
}

/// A run of a plan at its start: the network, what was programmed and, where devices or rules took other weights than they
/// were given, how many that were.
pub(super) fn begin(
    plan: &Plan,
    network: &Arc<Network>,
    (values, arrays): (&[Vec<f64>], &[Option<Array>]),
    engine: Engine,
    stop: &AtomicBool,
) -> Result<(Run, Vec<usize>), RunError> {
    let mut run = Run::with(network, values, plan.seed, engine)?;
    let learning = learning(plan, network, arrays, engine, stop)?;
    let moved = learning.map_or_else(Vec::new, |learning| run.learn(learning));
    Ok((run, moved))
}

/// The rules of a plan, made anew; `None` if nothing learns.
pub(super) fn learning(
    plan: &Plan,
    network: &Network,
    arrays: &[Option<Array>],
    engine: Engine,
    stop: &AtomicBool,
) -> Result<Option<crate::engine::Learning>, RunError> {
    // The reference engine does everything at once.
    let fast = engine == Engine::Fast;
    if plastic::learns(plan) {
        plastic::learning(plan, network, arrays, fast, stop).map(Some)
    } else {
        Ok(None)
    }
}

/// Goes on from a state with rules made anew.
pub(super) fn resumed(
    plan: &Plan,
    network: &Arc<Network>,
    arrays: &[Option<Array>],
    (state, engine): (LearningState, Engine),
    stop: &AtomicBool,
) -> Result<Run, RunError> {
    let learning = learning(plan, network, arrays, engine, stop)?;
    Run::resume(network, state, learning, &network.rates(), engine).map_err(|fault| match fault {
        SimulationError::State(fault) | SimulationError::Learning(LearningError::State(fault)) => {
            fault.into()
        }
        other => RunError::Simulation(other),
    })
}

impl Live {
    /// A plan at its start, at time 0, where there are so many bytes of `memory`, as far as that is known. Its `protocol` is
    /// left aside: whoever holds it says how long it runs.
    ///
    /// # Errors
    /// If the plan is not a network or takes more memory, or `stop` was set while its synapses were drawn.
    pub fn new(
        plan: &Arc<Plan>,
        memory: Option<u64>,
        threads: &Threads,
        stop: &AtomicBool,
    ) -> Result<Self, RunError> {
        if let Some((needed, allowed)) = synapses::beyond(plan, memory, 0.0) {
            let (needed, allowed) = (synapses::shown(needed), synapses::shown(allowed));
            return Err(RunError::Memory { needed, allowed });
        }
        let built = assemble_with(plan, Some(threads), &mut |_| !stop.load(Ordering::Relaxed));
        let Assembled { network, weights: mut values, notes } = built.map_err(RunError::of_network)?;
        let arrays = programmed(plan, &mut values, stop)?;
        let (run, _) = begin(plan, &network, (&values, &arrays), Engine::Fast, stop)?;
        let (plan, settings, kept) = (Arc::clone(plan), Vec::new(), Harvest::default());
        Ok(Self { plan, settings, network, arrays, run, kept, notes })
    }

    /// Begins anew, at time 0, with the weights and the drive it had at first.
    ///
    /// # Errors
    /// As [`Live::new`].
    pub fn reset(&mut self, threads: &Threads, stop: &AtomicBool) -> Result<(), RunError> {
        let recording = self.run.recording;
        *self = Self::new(&self.plan, None, threads, stop)?;
        self.run.recording = recording;
        Ok(())
    }

    /// Handles every event before `end` and returns the time reached: `end`, or earlier if `stop` was set meanwhile. Going on
    /// from there gives the same bits.
    ///
    /// # Errors
    /// If a neuron would spike more than 65 535 times at once, or a membrane is not finite at the end.
    pub fn run(&mut self, end: Time, threads: &Threads, stop: &AtomicBool) -> Result<Time, RunError> {
        Ok(self.run.run(end, threads, stop)?)
    }

    /// What was recorded since the last call.
    pub fn harvest(&mut self) -> Harvest {
        let mut harvest = std::mem::take(&mut self.kept);
        append(&mut harvest, self.run.harvest());
        harvest
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The run, to be looked at.
    #[must_use]
    pub fn view(&self) -> &Run {
        &self.run
    }

    /// The run, for what is recorded and sampled.
    pub fn recorder(&mut self) -> &mut Run {
        &mut self.run
    }

    /// What was not taken as it was asked for.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Joules up to now, as the summary of a run that ends here has them.
    #[must_use]
    pub fn energy(&self) -> Ledger {
        let mut totals = Totals::default();
        totals.add(self.run.counts(), self.run.now());
        let mut energy = book((&self.plan, &self.network), &self.arrays, &totals);
        spent(&self.plan, &self.run, &mut energy);
        if self.run.learning().is_some() {
            // What devices would have done by the end, without its being the end.
            let mut ended = self.run.clone();
            ended.finish();
            if let Some(learning) = ended.learning() {
                plastic::book(&self.plan, learning, &totals, &mut energy);
            }
        }
        energy
    }

    /// Weights and conductances now, as a run that ends here would write them.
    #[must_use]
    pub fn arrays(&self) -> Vec<NamedArray> {
        let mut ended = self.run.clone();
        ended.finish();
        let values: Vec<Vec<f64>> =
            (0..self.network.projections.len()).map(|index| ended.weights(index)).collect();
        let mut arrays = named_arrays(&self.plan, &self.network, &values, &self.arrays, &mut Vec::new());
        if let Some(learning) = ended.learning() {
            plastic::conductances(&self.plan, &self.network, learning, ended.all_weights(), &mut arrays);
        }
        arrays
    }

    /// The rate (hertz) of every line of a source from now on.
    ///
    /// # Errors
    /// If it is no source of `poisson_steps`, or cannot have that rate. Nothing is changed then.
    pub fn set_rate(&mut self, source: usize, rate: f64) -> Result<(), ChangeError> {
        let now = self.run.now();
        let described = &self.network.sources[source];
        let SourceKind::Modulated(RateProfile::Steps { steps }) = &described.kind else {
            let but = if described.kind == SourceKind::Poisson { ", whose rates are steps" } else { "" };
            return Err(self.kind("the rate", source, "poisson_steps", but));
        };
        let mut steps: Vec<_> = steps.iter().copied().filter(|(time, _)| *time < now).collect();
        steps.push((now, rate));
        let profile = RateProfile::Steps { steps };
        // Lines that are drawn together have a bound together.
        let highest = MAX_BLOCK_RATE.get() / f64::from(described.size.min(BLOCK));
        let beyond =
            || (rate > highest).then(|| format!("a rate of {rate:e} Hz; allowed: up to {highest:e} Hz"));
        let fault = profile.fault().map(|fault| format!("{fault}; allowed: from 0 Hz up to {highest:e} Hz"));
        match fault.or_else(beyond) {
            Some(fault) => Err(ChangeError::Value { source_name: described.name.clone(), fault }),
            None => self.drive(source, SourceKind::Modulated(profile)),
        }
    }

    /// The current (amperes) of a source from now on.
    ///
    /// # Errors
    /// If it is no current, or one that begins anew, or the value is not finite. Nothing is changed then.
    pub fn set_current(&mut self, source: usize, current: f64) -> Result<(), ChangeError> {
        let described = &self.network.sources[source];
        let SourceKind::Current(before) = &described.kind else {
            return Err(self.kind("the current", source, "current_steps", ""));
        };
        if !current.is_finite() {
            let fault = format!("a current of {current} A; allowed: a finite one");
            return Err(ChangeError::Value { source_name: described.name.clone(), fault });
        }
        match before.then(self.run.now(), current) {
            Some(current) => self.drive(source, SourceKind::Current(current)),
            None => Err(self.kind("the current", source, "current_steps", " without `repeat`")),
        }
    }

    /// The spikes of a list from now on, in place of those that it had.
    ///
    /// # Errors
    /// If it is no list, or a spike lies before now or is of a line that is not there. Nothing is changed then.
    pub fn set_spikes(&mut self, source: usize, mut spikes: Vec<(Time, u32)>) -> Result<(), ChangeError> {
        let now = self.run.now();
        let described = &self.network.sources[source];
        let SourceKind::List(before) = &described.kind else {
            return Err(self.kind("the spikes", source, "spike_list", ""));
        };
        spikes.sort_unstable();
        let wrong = |fault| ChangeError::Value { source_name: described.name.clone(), fault };
        if let Some((time, _)) = spikes.first().filter(|(time, _)| *time < now) {
            return Err(wrong(format!("a spike at {time}, and it is {now}; allowed: from now on")));
        }
        if let Some((_, line)) = spikes.iter().find(|(_, line)| *line >= described.size) {
            let last = described.size - 1;
            return Err(wrong(format!("a spike of line {line}; allowed: lines 0 to {last}")));
        }
        let mut all: Vec<_> = before.iter().copied().filter(|(time, _)| *time < now).collect();
        all.append(&mut spikes);
        self.drive(source, SourceKind::List(all))
    }

    /// Puts weights in place of those of a projection, one for each synapse, row by row; those that learn are made admissible.
    ///
    /// # Errors
    /// If there is not one finite weight for each synapse, or the weights are part of the network. Nothing is changed then.
    pub fn set_weights(&mut self, projection: usize, weights: &[f64]) -> Result<(), ChangeError> {
        let described = &self.network.projections[projection];
        if described.fixed.is_some() {
            return Err(ChangeError::Fixed(described.name.clone()));
        }
        let mut values: Vec<Vec<f64>> =
            (0..self.network.projections.len()).map(|index| self.run.weights(index)).collect();
        values[projection] = weights.to_vec();
        let mut made = Weights::new(&self.network, &values)
            .map_err(|fault| RunError::from(SimulationError::from(fault)))?;
        let mut state = self.run.state();
        if let Some(learning) = self.run.learning() {
            learning.admit(&mut made);
        }
        state.weights.projections[projection] = std::mem::take(&mut made.projections[projection]);
        let network = Arc::clone(&self.network);
        self.go_on(network, state)?;
        Ok(())
    }

    /// Gives the neurons of a population other parameters from now on: `(KEY, VALUE)` each, with values as TOML.
    ///
    /// # Errors
    /// If they are no parameters of its neurons, or not allowed, or as [`retune`]. Nothing is changed then.
    pub fn set_parameters(
        &mut self,
        population: usize,
        parameters: &[(String, String)],
        described: Described<'_>,
    ) -> Result<(), ChangeError> {
        let name = &self.plan.populations[population].name;
        if let Some((key, _)) = parameters.iter().find(|(key, _)| STRUCTURE.contains(&key.as_str())) {
            return Err(ChangeError::Structure(key.clone(), name.clone()));
        }
        let mut settings = self.settings.clone();
        for (key, value) in parameters {
            let of = format!("population.\"{name}\".{key}=");
            settings.retain(|(_, setting)| !setting.starts_with(&of));
            settings.push((population, of + value));
        }
        let neurons = self.neurons(population, &settings, described)?;
        let network = self.network.with_neurons(population, &neurons).map_err(first)?;
        let mut state = self.run.state();
        retune(&self.network, &network, population, &mut state.simulation)?;
        self.go_on(network, state)?;
        self.settings = settings;
        Ok(())
    }

    /// The neurons of a population of the plan with these settings.
    fn neurons(
        &self,
        population: usize,
        settings: &[(usize, String)],
        described: Described<'_>,
    ) -> Result<Vec<Neuron>, ChangeError> {
        let set: Vec<String> = settings.iter().map(|(_, setting)| setting.clone()).collect();
        let plan = described(&set).map_err(ChangeError::Parameters)?;
        Ok(plan.populations[population].kinds().cloned().collect())
    }

    /// Bytes to go on from: see [`crate::snapshot`].
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn snapshot(&mut self) -> Result<Vec<u8>, RunError> {
        let kinds = self.network.sources.iter().map(|source| serde_json::to_string(&source.kind));
        let sources = kinds.collect::<Result<_, _>>().map_err(|error| RunError::Store(error.to_string()))?;
        let (of, settings) = (Identity::of(&self.plan, None), self.settings.clone());
        let saved = Saved { of, settings, sources, state: self.run.state() };
        let mut bytes = Vec::new();
        snapshot::write(&mut bytes, Payload::Simulation, &models(&self.plan), &saved)?;
        Ok(bytes)
    }

    /// Goes on from what [`Live::snapshot`] of the same plan has written.
    ///
    /// # Errors
    /// If the bytes are damaged or belong to another plan. Nothing is changed then.
    pub fn restore(&mut self, bytes: &[u8], described: Described<'_>) -> Result<(), RunError> {
        let mut source = snapshot::Source::new(bytes, bytes.len() as u64);
        let saved: Saved = source.read(Payload::Simulation, &models(&self.plan))?;
        source.finish()?;
        saved.of.check(&self.plan, None)?;
        if saved.sources.len() != self.network.sources.len() {
            return Err(RunError::OtherRun { what: "network", values: None });
        }
        let mut network = Network::clone(&self.network);
        let foreign = || RunError::OtherRun { what: "parameters", values: None };
        // Of the plan again where nothing was changed when the bytes were written.
        let changed = saved.settings.iter().chain(&self.settings).map(|(population, _)| *population);
        for population in changed.collect::<BTreeSet<_>>() {
            if population >= self.plan.populations.len() {
                return Err(foreign());
            }
            let neurons = self.neurons(population, &saved.settings, described).map_err(|_| foreign())?;
            let made = network.with_neurons(population, &neurons).map_err(|_| foreign())?;
            network = Arc::unwrap_or_clone(made);
        }
        for (source, kind) in network.sources.iter_mut().zip(&saved.sources) {
            let fault = || RunError::OtherRun { what: "drive", values: None };
            // An open train cannot be changed: it is that of the plan.
            if let SourceKind::Open(_) = source.kind {
                let same = serde_json::to_string(&source.kind).is_ok_and(|own| own == *kind);
                if !same {
                    return Err(fault());
                }
                continue;
            }
            source.kind = serde_json::from_str(kind).map_err(|_| fault())?;
        }
        self.go_on(Arc::new(network), saved.state)?;
        self.settings = saved.settings;
        // What was recorded belongs to another past.
        self.kept = Harvest::default();
        Ok(())
    }

    fn kind(
        &self,
        what: &'static str,
        source: usize,
        wanted: &'static str,
        but: &'static str,
    ) -> ChangeError {
        ChangeError::Kind { what, source_name: self.network.sources[source].name.clone(), wanted, but }
    }

    /// Drives a source in another way from now on.
    fn drive(&mut self, source: usize, kind: SourceKind) -> Result<(), ChangeError> {
        let mut network = Network::clone(&self.network);
        network.sources[source].kind = kind;
        let state = self.run.state();
        Ok(self.go_on(Arc::new(network), state)?)
    }

    fn go_on(&mut self, network: Arc<Network>, state: LearningState) -> Result<(), RunError> {
        let mut run =
            resumed(&self.plan, &network, &self.arrays, (state, Engine::Fast), &AtomicBool::new(false))?;
        run.recording = self.run.recording;
        append(&mut self.kept, self.run.harvest());
        (self.network, self.run) = (network, run);
        Ok(())
    }
}

/// Keys of a population that are more than a parameter of its neurons.
const STRUCTURE: [&str; 5] = ["size", "model", "device", "cost", "competition"];

fn first(faults: Vec<Fault>) -> ChangeError {
    let mut faults = faults;
    ChangeError::Network(faults.swap_remove(0))
}

fn append(harvest: &mut Harvest, mut more: Harvest) {
    harvest.spikes.append(&mut more.spikes);
    harvest.samples.append(&mut more.samples);
    harvest.emissions.append(&mut more.emissions);
    harvest.arrivals.append(&mut more.arrivals);
}
