//! A simulation that Python holds.

use crate::described::{Spikes, Synapses, listed, plan};
use crate::errors::{caught, failure, panicked, refused, unchanged};
use crate::shared::{self, seen};
use memspike::cli::available_memory;
use memspike::engine::{Harvest, Sample, Spike, Threads};
use memspike::network::{Delays, Fixed, Origin, Rows, Targets};
use memspike::registry::Registry;
use memspike::scenario::live::Live;
use memspike::scenario::plan::Plan;
use memspike::scenario::run::context::RunError;
use memspike::scenario::{Changes, Diagnostics, load_text_with};
use memspike::time::Time;
use numpy::{IntoPyArray as _, PyArray1, PyArray2, PyArrayMethods as _, PyReadonlyArray1};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::Duration;

/// How long Python's signals wait at most.
const PATIENCE: Duration = Duration::from_millis(20);

/// Bytes of what is recorded that are taken without a question.
const RECORDED: usize = 64 << 20;

/// Bytes that the state of a neuron takes at most where it is copied to be looked at.
const VIEW: usize = 96;

/// Arrays of what was recorded, without a copy: time in femtoseconds, population, neuron.
type Recorded<'py> = [Bound<'py, PyAny>; 3];

/// A number for each row.
type Column<'py, T> = Bound<'py, PyArray1<T>>;

/// Times in femtoseconds, and for each of them a row of numbers.
type Courses<'py> = (Column<'py, i64>, Bound<'py, PyArray2<f64>>);

/// Name, unit and values.
type Variable<'py> = (String, String, Column<'py, f64>);

/// Name, unit of the weights, and how many lines or neurons lead to how many.
type Projected = (String, String, (u32, u32));

/// Owner, category and joules.
type Spent = (String, String, f64);

/// A network that runs; `memspike.Simulation` speaks for it.
#[pyclass(module = "memspike._core", frozen)]
pub struct Simulation {
    live: Mutex<Live>,
    text: String,
    harvest: Mutex<Harvest>,
    threads: Threads,
    process: u32,
    broken: AtomicBool,
    /// Neurons of the largest population that is sampled.
    widest: AtomicUsize,
}

/// What the work on a simulation needs of it for as long as it is done.
type Held<'a> = MutexGuard<'a, Live>;

impl Simulation {
    fn held(&self) -> PyResult<Held<'_>> {
        if std::process::id() != self.process {
            return Err(PyRuntimeError::new_err(format!(
                "the simulation was made in process {}, and this is process {}, which has none of its threads; hint: make \
                 another one here, and `restore` a `snapshot`",
                self.process,
                std::process::id()
            )));
        }
        if self.broken.load(Ordering::Relaxed) {
            return Err(PyRuntimeError::new_err(
                "the simulation has failed before, and its state means nothing; hint: make another one",
            ));
        }
        match self.live.try_lock() {
            Ok(live) => Ok(live),
            Err(TryLockError::WouldBlock) => Err(PyRuntimeError::new_err(
                "the simulation runs in another thread; hint: wait for it, or give each thread a copy",
            )),
            Err(TryLockError::Poisoned(_)) => Err(PyRuntimeError::new_err("the simulation is broken")),
        }
    }

    /// Does work without the interpreter's lock, in a thread of its own, asked to stop by signals.
    fn work<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Live, &AtomicBool) -> Result<T, RunError> + Send,
    ) -> PyResult<T> {
        let mut live = self.held()?;
        let (stop, mut fault) = (AtomicBool::new(false), None);
        let live: &mut Live = &mut live;
        let done = py.detach(|| {
            std::thread::scope(|scope| {
                let (over, heard) = channel::<()>();
                let stop = &stop;
                let handle = scope.spawn(move || {
                    let _over = over;
                    work(live, stop)
                });
                while heard.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                    if fault.is_none()
                        && let Err(error) = Python::attach(|py| py.check_signals())
                    {
                        stop.store(true, Ordering::Relaxed);
                        fault = Some(error);
                    }
                }
                handle.join()
            })
        });
        let done = done.map_err(|cause| {
            self.broken.store(true, Ordering::Relaxed);
            panicked(&*cause)
        })?;
        match fault {
            Some(fault) => Err(fault),
            None => done.map_err(|error| refused(py, &error)),
        }
    }

    /// The plan of its text with other settings.
    fn described(&self, set: &[String]) -> Result<Plan, Diagnostics> {
        let registry = Registry::shipped();
        let changes = Changes { set, registry: Some(&registry), ..Changes::default() };
        load_text_with("network", &self.text, changes).map(|loaded| loaded.plan)
    }

    /// Refuses to copy what there is no memory for: so many bytes for each neuron of a population, or of all of them and for
    /// each weight.
    fn room(&self, py: Python<'_>, of: Option<usize>, bytes: usize) -> PyResult<()> {
        let needed = self.look(|live| {
            let neurons = |one: &memspike::scenario::plan::PopulationPlan| one.size as usize;
            let populations = &live.plan().populations;
            Ok(match of {
                Some(population) => bytes * neurons(&populations[population]),
                None => {
                    let weights = live.view().all_weights().projections.iter();
                    bytes * populations.iter().map(neurons).sum::<usize>()
                        + 16 * weights.map(|one| one.len()).sum::<usize>()
                }
            })
        })?;
        if needed <= RECORDED {
            return Ok(());
        }
        match available_memory() {
            Some(free) if free < needed as u64 => {
                let told = format!(
                    "that takes about {} MB of memory, and there is {} MB; hint: end what takes it, or look at smaller populations",
                    needed >> 20,
                    free >> 20
                );
                Err(failure(py, "memory", &told))
            }
            _ => Ok(()),
        }
    }

    /// Looks at it, or changes it, at once. A mistake of ours does not go beyond here: the simulation is not used again then.
    fn look<T>(&self, work: impl FnOnce(&mut Live) -> PyResult<T>) -> PyResult<T> {
        let mut live = self.held()?;
        catch_unwind(AssertUnwindSafe(|| work(&mut live))).unwrap_or_else(|cause| {
            self.broken.store(true, Ordering::Relaxed);
            Err(panicked(&*cause))
        })
    }

    /// Moves what was recorded to where it is taken from, list by list.
    fn reap(&self) -> PyResult<MutexGuard<'_, Harvest>> {
        let Harvest { mut spikes, mut samples, mut emissions, arrivals: _ } =
            self.look(|live| Ok(live.harvest()))?;
        let mut harvest = self.harvest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        harvest.spikes.append(&mut spikes);
        harvest.samples.append(&mut samples);
        harvest.emissions.append(&mut emissions);
        Ok(harvest)
    }
}

#[pymethods]
impl Simulation {
    #[new]
    #[pyo3(signature = (text, seed, spikes, synapses, threads))]
    fn new(
        py: Python<'_>,
        text: &str,
        seed: Option<u64>,
        spikes: BTreeMap<String, Spikes<'_>>,
        synapses: BTreeMap<String, Synapses<'_>>,
        threads: usize,
    ) -> PyResult<Self> {
        let plan = Arc::new(caught(|| plan(py, (text, seed), &spikes, &synapses))?);
        let threads = Threads::new(threads).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let built = py.detach(|| {
            catch_unwind(AssertUnwindSafe(|| {
                Live::new(&plan, available_memory(), &threads, &AtomicBool::new(false))
            }))
        });
        let live = built.map_err(|cause| panicked(&*cause))?.map_err(|error| refused(py, &error))?;
        Ok(Self {
            live: Mutex::new(live),
            text: text.into(),
            harvest: Mutex::default(),
            threads,
            process: std::process::id(),
            broken: AtomicBool::new(false),
            widest: AtomicUsize::new(0),
        })
    }

    /// Handles every event before `end` (femtoseconds) and returns the time reached.
    ///
    /// Raises
    /// ------
    /// MemoryError
    ///     If what is recorded fills a third of the memory there is: a list that grows is there twice, the longer one twice
    ///     as long.
    fn run(&self, py: Python<'_>, end: i64) -> PyResult<i64> {
        let end = Time::from_fs(u64::try_from(end).unwrap_or(0));
        let sample = match self.widest.load(Ordering::Relaxed) {
            0 => 0,
            neurons => size_of::<Sample>() + 16 + size_of::<f64>() * neurons,
        };
        let entry = size_of::<Spike>().max(sample);
        let mut room = RECORDED / entry;
        let done = self.work(py, |live, stop| {
            live.recorder().recording.at_most = room;
            let done = live.run(end, &self.threads, stop);
            if !matches!(done, Ok(reached) if reached < end) || stop.load(Ordering::Relaxed) {
                return Ok(done);
            }
            // Only now does it matter how much memory there is, which takes longer to learn than a short piece to run.
            room = available_memory().map_or(usize::MAX, |free| (free / 3) as usize / entry).max(room);
            live.recorder().recording.at_most = room;
            Ok(live.run(end, &self.threads, stop))
        })?;
        let reached = done.map_err(|error| {
            self.broken.store(true, Ordering::Relaxed);
            refused(py, &error)
        })?;
        if reached < end {
            let told = format!(
                "there is no memory for more than {room} spikes and samples that nobody takes; it is {reached} of {end}; hint: \
                 take them with `spikes`, `samples` and `source_spikes`, and run on, or sample less often"
            );
            return Err(failure(py, "memory", &told));
        }
        Ok(reached.fs() as i64)
    }

    /// The time reached, in femtoseconds.
    fn now(&self) -> PyResult<i64> {
        self.look(|live| Ok(live.view().now().fs() as i64))
    }

    /// Names and sizes of populations.
    fn populations(&self) -> PyResult<Vec<(String, u32)>> {
        self.look(|live| Ok(live.plan().populations.iter().map(|one| (one.name.clone(), one.size)).collect()))
    }

    /// Names and sizes of sources.
    fn sources(&self) -> PyResult<Vec<(String, u32)>> {
        self.look(|live| Ok(live.plan().sources.iter().map(|one| (one.name.clone(), one.size)).collect()))
    }

    /// Names of projections, the unit of their weights, and how many lines or neurons they lead from, and to.
    fn projections(&self) -> PyResult<Vec<Projected>> {
        self.look(|live| {
            let plan = live.plan();
            let of = |one: &memspike::scenario::plan::ProjectionPlan| {
                let rows = match one.from {
                    Origin::Source(from) => plan.sources[from].size,
                    Origin::Population(from) => plan.populations[from].size,
                };
                let shape = (rows, plan.populations[one.to].size);
                (one.name.clone(), one.kernel.weight_unit().to_string(), shape)
            };
            Ok(plan.projections.iter().map(of).collect())
        })
    }

    /// What the simulation did not take as it was asked for.
    fn notes(&self) -> PyResult<Vec<String>> {
        self.look(|live| Ok(live.notes().to_vec()))
    }

    /// Whether spikes of sources are recorded too.
    fn record_sources(&self, whether: bool) -> PyResult<()> {
        self.look(|live| {
            live.recorder().recording.all = whether;
            Ok(())
        })
    }

    /// Samples membranes of a population at every multiple of `interval` (femtoseconds) from now on.
    fn sample_every(&self, population: usize, interval: i64) -> PyResult<()> {
        let interval = u64::try_from(interval).ok().filter(|&fs| fs > 0);
        let interval =
            interval.ok_or_else(|| PyValueError::new_err("an interval of 0; allowed: 1 fs or more"))?;
        let neurons = self.look(|live| {
            live.recorder().sample_every(population, Time::from_fs(interval));
            Ok(live.plan().populations[population].size as usize)
        })?;
        self.widest.fetch_max(neurons, Ordering::Relaxed);
        Ok(())
    }

    /// Spikes of populations since the last call.
    fn spikes<'py>(&self, py: Python<'py>) -> PyResult<Recorded<'py>> {
        let spikes = std::mem::take(&mut self.reap()?.spikes);
        shared::rows(py, spikes)
    }

    /// Spikes of sources since the last call.
    fn emissions<'py>(&self, py: Python<'py>) -> PyResult<Recorded<'py>> {
        let all = std::mem::take(&mut self.reap()?.emissions);
        let one = |(time, population, neuron)| Spike { time, population, neuron };
        shared::rows(py, all.into_iter().map(one).collect())
    }

    /// Samples of a population since the last call: times in femtoseconds, and volts, times x neurons.
    fn samples<'py>(&self, py: Python<'py>, population: u32) -> PyResult<Courses<'py>> {
        let mut harvest = self.reap()?;
        let all = std::mem::take(&mut harvest.samples);
        let (mine, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.population == population);
        harvest.samples = others;
        let columns = mine.first().map_or(0, |one| one.u.len());
        let time = mine.iter().map(|one| one.time.fs() as i64).collect::<Vec<_>>();
        let rows = time.len();
        let u: Vec<f64> = mine.into_iter().flat_map(|one| one.u).collect();
        Ok((time.into_pyarray(py), u.into_pyarray(py).reshape([rows, columns])?))
    }

    /// Membranes of a population now, in volts.
    fn membranes<'py>(&self, py: Python<'py>, population: usize) -> PyResult<Column<'py, f64>> {
        self.room(py, Some(population), VIEW + size_of::<f64>())?;
        Ok(self.look(|live| Ok(live.view().membranes(population)))?.into_pyarray(py))
    }

    /// States of a population now: name, unit and one value for each neuron, of every variable.
    fn states<'py>(&self, py: Python<'py>, population: usize) -> PyResult<Vec<Variable<'py>>> {
        self.room(py, Some(population), VIEW + 8 * size_of::<f64>())?;
        let all = self.look(|live| {
            let size = live.plan().populations[population].size;
            let mut all: Vec<(String, String, Vec<f64>)> = Vec::new();
            let tell = &mut |_: u32, (name, unit): (&str, &str), value: f64| match all
                .iter_mut()
                .find(|one| one.0 == name)
            {
                Some(one) => one.2.push(value),
                None => all.push((name.into(), unit.into(), vec![value])),
            };
            live.view().states(population, 0..size, tell);
            Ok(all)
        })?;
        Ok(all.into_iter().map(|(name, unit, values)| (name, unit, values.into_pyarray(py))).collect())
    }

    /// Spikes of each neuron of a population since the start.
    fn counts<'py>(&self, py: Python<'py>, population: usize) -> PyResult<Column<'py, u32>> {
        Ok(self.look(|live| Ok(live.view().counts().spikes[population].clone()))?.into_pyarray(py))
    }

    /// Pre and post of each synapse of a projection, row by row: post without a copy, where it is a list.
    fn ends<'py>(
        &self,
        py: Python<'py>,
        projection: usize,
    ) -> PyResult<(Column<'py, u32>, Bound<'py, PyAny>)> {
        self.look(|live| {
            let network = live.view().network();
            let described = &network.projections[projection];
            let columns = network.populations[described.to].size;
            let (pre, post): (Vec<u32>, Vec<u32>) = described.ends(columns).unzip();
            let post = match &described.connect {
                Rows::Sparse { targets: Targets::Wide(targets), .. } => {
                    seen(py, Arc::clone(network) as _, targets)?
                }
                Rows::Sparse { targets: Targets::Narrow(targets), .. } => {
                    seen(py, Arc::clone(network) as _, targets)?
                }
                Rows::Dense | Rows::OneToOne => post.into_pyarray(py).into_any(),
            };
            Ok((pre.into_pyarray(py), post))
        })
    }

    /// Delays of a projection in femtoseconds, one for each synapse, row by row, without a copy; one for all where they are one.
    fn delays<'py>(&self, py: Python<'py>, projection: usize) -> PyResult<Bound<'py, PyAny>> {
        self.look(|live| {
            let network = live.view().network();
            let described = &network.projections[projection];
            match &described.delays {
                Some(Delays::Exact(delays)) => seen(py, Arc::clone(network) as _, delays),
                Some(compact) => {
                    let fs = (0..compact.len()).map(|k| compact.fs(k) as i64).collect::<Vec<_>>();
                    Ok(fs.into_pyarray(py).into_any())
                }
                None => Ok(vec![described.delay.fs() as i64].into_pyarray(py).into_any()),
            }
        })
    }

    /// Weights of a projection now, one for each synapse, row by row; one for all where they are one number. Without a copy
    /// where they never change and are kept one after the other.
    fn weights<'py>(&self, py: Python<'py>, projection: usize) -> PyResult<Bound<'py, PyAny>> {
        self.look(|live| {
            let (run, network) = (live.view(), live.view().network());
            let described = &network.projections[projection];
            let learns = run.learning().is_some_and(|learning| learning.plastic(projection).is_some());
            match (&described.fixed, &described.connect) {
                (Some(Fixed::Compact(weights)), _) => seen(py, Arc::clone(network) as _, weights),
                (None, Rows::Sparse { .. } | Rows::OneToOne) if !learns => {
                    let weights = &run.all_weights().projections[projection];
                    seen(py, Arc::clone(weights) as _, weights)
                }
                _ => Ok(run.weights(projection).into_pyarray(py).into_any()),
            }
        })
    }

    /// Conductances of devices now, in siemens: names as in a run directory, rows, columns, values.
    fn conductances<'py>(&self, py: Python<'py>) -> PyResult<Vec<(String, Bound<'py, PyArray2<f64>>)>> {
        let arrays = self.look(|live| Ok(live.arrays()))?;
        let named = arrays.into_iter().filter_map(|array| {
            let name = array.name.strip_prefix("conductance.")?.to_string();
            Some(array.data.into_pyarray(py).reshape([array.rows, array.cols]).map(|shaped| (name, shaped)))
        });
        named.collect()
    }

    /// Replaces the weights of a projection.
    fn set_weights(
        &self,
        py: Python<'_>,
        projection: usize,
        weights: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<()> {
        let weights = weights.as_array().to_vec();
        self.look(|live| live.set_weights(projection, &weights).map_err(|error| unchanged(py, &error)))
    }

    /// Parameters of the neurons of a population from now on: key, and value as TOML.
    fn set_parameters(
        &self,
        py: Python<'_>,
        population: usize,
        parameters: Vec<(String, String)>,
    ) -> PyResult<()> {
        let described = |set: &[String]| self.described(set);
        self.look(|live| {
            live.set_parameters(population, &parameters, &described).map_err(|error| unchanged(py, &error))
        })
    }

    /// The rate of a source from now on, in hertz.
    fn set_rate(&self, py: Python<'_>, source: usize, rate: f64) -> PyResult<()> {
        self.look(|live| live.set_rate(source, rate).map_err(|error| unchanged(py, &error)))
    }

    /// The current of a source from now on, in amperes.
    fn set_current(&self, py: Python<'_>, source: usize, current: f64) -> PyResult<()> {
        self.look(|live| live.set_current(source, current).map_err(|error| unchanged(py, &error)))
    }

    /// The spikes of a source from now on.
    fn set_spikes(
        &self,
        py: Python<'_>,
        source: usize,
        times: PyReadonlyArray1<'_, i64>,
        lines: PyReadonlyArray1<'_, i64>,
    ) -> PyResult<()> {
        self.look(|live| {
            let described = &live.plan().sources[source];
            let spikes = listed(&described.name, (&times, &lines), described.size)?;
            live.set_spikes(source, spikes).map_err(|error| unchanged(py, &error))
        })
    }

    /// Joules up to now: owner, category, joules; and what is not modelled.
    fn energy(&self) -> PyResult<(Vec<Spent>, Vec<String>)> {
        let ledger = self.look(|live| Ok(live.energy()))?;
        let line = |entry: &memspike::energy::Entry| {
            (entry.owner.clone(), entry.category.name().to_string(), entry.joules)
        };
        let missing = ledger.not_modelled.iter().map(|category| category.name().to_string());
        Ok((ledger.entries.iter().map(line).collect(), missing.collect()))
    }

    /// Begins anew.
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        self.work(py, |live, stop| live.reset(&self.threads, stop))?;
        *self.harvest.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Harvest::default();
        Ok(())
    }

    /// Bytes to go on from.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.room(py, None, VIEW)?;
        Ok(PyBytes::new(py, &self.work(py, |live, _| live.snapshot())?))
    }

    /// Goes on from the bytes of a snapshot.
    fn restore(&self, py: Python<'_>, bytes: &[u8]) -> PyResult<()> {
        self.work(py, |live, _| live.restore(bytes, &|set: &[String]| self.described(set)))?;
        *self.harvest.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Harvest::default();
        Ok(())
    }

    /// Another one that has got as far.
    fn copy(&self, py: Python<'_>) -> PyResult<Self> {
        self.room(py, None, VIEW)?;
        let harvest = self.reap()?.clone();
        let live = self.look(|live| Ok(live.clone()))?;
        Ok(Self {
            live: Mutex::new(live),
            text: self.text.clone(),
            harvest: Mutex::new(harvest),
            threads: self.threads.clone(),
            process: self.process,
            broken: AtomicBool::new(false),
            widest: AtomicUsize::new(self.widest.load(Ordering::Relaxed)),
        })
    }
}
