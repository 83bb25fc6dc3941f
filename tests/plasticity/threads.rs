//! Learning within windows: the same spikes, weights, memories and joules on any number of threads, in windows of any
//! length, cut anywhere and resumed on another number of threads, as instant by instant under the reference engine.

use crate::common::{Dice, MS};
use crate::engines::{W_MAX, decays, devices, rules};
use memspike::encoding::{AliasTable, BLOCK, BlockRate};
use memspike::engine::{
    Heap, Lanes, Learning, LearningState, Queue, Record, Recording, Run, Silent, Simulation, Spike, Stream,
    Threads, layout,
};
use memspike::network::{Builder, Delays, Form, Kernel, Network, Origin, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Reset};
use memspike::plasticity::{Devices, Plastic, Rule};
use memspike::snapshot::{Payload, decode, encode};
use memspike::time::Time;
use memspike::units::{Ampere, Ohm, Second, Volt};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const INPUTS: u32 = 30;
/// Three units on two threads or more.
const CELLS: u32 = 2 * BLOCK + 100;
const END: Time = Time::from_fs(50 * MS);

/// Neurons that one thing alone tells apart: whether they keep their own time. Those fire by themselves too, and are
/// reached by currents that fade. They reach each other after delays of single synapses.
fn network(form: Form) -> Arc<Network> {
    let own_time = form == Form::OwnTime;
    let mut builder = Builder::default();
    let input = builder.source("input", INPUTS, SourceKind::Poisson);
    let noise = builder.source("noise", CELLS, SourceKind::Poisson);
    let lif = Lif {
        tau_m: Second::new(9.41e-3),
        u_rest: Volt::ZERO,
        v_th: Volt::new(0.06),
        reset: Reset::Rest,
        t_ref: Second::new(2e-3),
        r_m: Ohm::new(1.0),
        i_bias: Ampere::new(if own_time { 0.063 } else { 0.0 }),
        ..Lif::default()
    };
    let cells = builder.population("cells", CELLS, lif);
    let us = |us: u64| Time::from_fs(us * MS / 1000);
    let fan_out = |rows: u32, each: u32| {
        let start = (0..=(rows * each) as usize).step_by(each as usize).collect();
        let targets = (0..rows).flat_map(|row| {
            let mut row: Vec<u32> = (0..each).map(|k| (row * 57 + k * 23) % CELLS).collect();
            row.sort_unstable();
            row
        });
        Rows::sparse(start, targets.collect())
    };
    let fades = || Kernel::Exponential { tau: Second::new(2e-3) };
    let kernel = if own_time { fades() } else { Kernel::Delta };
    builder.projection("input", input, cells, kernel, us(1000), fan_out(INPUTS, 90));
    // Poisson lines with a neuron each, which a unit would draw by itself if their synapses did not learn.
    builder.projection("noise", noise, cells, Kernel::Delta, Time::ZERO, Rows::OneToOne);
    builder.uncounted(1);
    builder.projection("among", Origin::Population(cells), cells, Kernel::Delta, us(1500), fan_out(CELLS, 3));
    let own = (0..u64::from(CELLS) * 3).map(|k| us(1500 + k * 7919 % 1000).fs());
    builder.delays(2, Delays::Exact(own.collect()));
    let network = builder.finish().expect("a network");
    assert_eq!(network.populations[0].form, form);
    network
}

struct Case {
    network: Arc<Network>,
    rule: Rule,
    weights: Weights<f64>,
    rates: Vec<BlockRate>,
}

impl Case {
    fn new(network: Arc<Network>, rule: Rule) -> Self {
        let mut dice = Dice(4711);
        let values = network.projections.iter().map(|projection| {
            (0..projection.synapses(CELLS)).map(|_| (0.3 + 0.6 * dice.unit()) * W_MAX).collect()
        });
        let weights = Weights::from_values(&network, &values.collect::<Vec<_>>());
        let mut rates = Vec::new();
        for (lines, hertz) in [(INPUTS, 150.0), (CELLS, 40.0)] {
            for first in (0..lines).step_by(BLOCK as usize) {
                let lines = (lines - first).min(BLOCK);
                let table = AliasTable::new(&vec![1; lines as usize]);
                rates.push(BlockRate::new(&table.cells, hertz * f64::from(lines)));
            }
        }
        Self { network, rule, weights, rates }
    }

    /// Devices are behind the first projection.
    fn learning(&self, wait: bool) -> Learning {
        let plastic = self.network.projections.iter().enumerate().map(|(index, projection)| {
            let retention = Some(decays(usize::from(matches!(self.rule, Rule::Pair(_)))));
            let devices = || Devices { retention, ..devices(0, projection.synapses(CELLS)) };
            let devices = (index == 0).then(devices);
            let layout = layout(&self.network, projection);
            Some(Plastic::new(self.rule.clone(), layout, devices).expect("a rule"))
        });
        Learning::new(&self.network, plastic.collect(), wait).expect("learning")
    }

    /// From the start or from a state to `end`: all that is left, and the spikes on the way.
    fn on<Q: Queue<f64>>(&self, from: Option<&[u8]>, end: Time, how: How<'_>) -> (Vec<u8>, Vec<Spike>) {
        let mut learning = self.learning(how.shares.is_some());
        let (mut simulation, mut weights) = match from {
            None => {
                let mut weights = self.weights.clone();
                learning.admit(&mut weights);
                let mut simulation = Simulation::<f64, Q>::new(&self.network, 5);
                simulation.begin(0, &self.rates).unwrap();
                (simulation, weights)
            }
            Some(bytes) => {
                let state: LearningState = decode(Payload::Plastic, bytes).unwrap();
                Simulation::resume_learning(&self.network, state, &mut learning, &self.rates).unwrap()
            }
        };
        if let Some((shares, threads)) = how.shares {
            assert!(simulation.partition(&threads.clone().cut_into(shares)));
        }
        if let Some(window) = how.window {
            simulation.shorten_windows(window);
        }
        let mut spikes = Vec::new();
        simulation.run_learning(&mut weights, end, &mut learning, &mut spikes).unwrap();
        let mut state = simulation.learning_state(&mut weights, &mut learning);
        if end == END {
            learning.finish(&mut weights, END);
            state.weights = weights;
        }
        (encode(Payload::Plastic, &state).unwrap(), spikes)
    }
}

#[derive(Clone, Copy, Default)]
struct How<'a> {
    shares: Option<(usize, &'a Threads)>,
    window: Option<Time>,
}

fn each(form: Form, mut check: impl FnMut(&Case, &str)) {
    let network = network(form);
    for rule in rules() {
        let what = format!("{form:?}, {rule:?}");
        check(&Case::new(Arc::clone(&network), rule), &what);
    }
}

fn pool() -> Threads {
    Threads::new(3).unwrap()
}

#[test]
fn threads_windows_and_cuts_change_no_bit_on_the_shared_clock() {
    threads_windows_and_cuts_change_no_bit(Form::Scaled);
}

#[test]
fn threads_windows_and_cuts_change_no_bit_in_own_time() {
    threads_windows_and_cuts_change_no_bit(Form::OwnTime);
}

fn threads_windows_and_cuts_change_no_bit(form: Form) {
    let pool = pool();
    each(form, |case, what| {
        let (want, spikes) = case.on::<Heap>(None, END, How::default());
        assert!(spikes.len() > 500, "{} spikes: {what}", spikes.len());
        let learnt: LearningState = decode(Payload::Plastic, &want).unwrap();
        for (before, after) in case.weights.projections.iter().zip(&learnt.weights.projections) {
            assert_ne!(before, after, "{what}");
        }
        for (shares, window) in [(1, None), (2, None), (3, Some(17)), (7, None)] {
            let window = window.map(|us| Time::from_fs(us * MS / 1000));
            let (bytes, again) = case.on::<Lanes>(None, END, How { shares: Some((shares, &pool)), window });
            assert!(bytes == want && again == spikes, "{shares} threads: {what}");
        }
        let at = Time::from_fs(END.fs() / 3 + 1);
        for (before, after) in [(2, 1), (1, 3)] {
            let how = |shares| How { shares: Some((shares, &pool)), window: None };
            let (first, early) = case.on::<Lanes>(None, at, how(before));
            let (rest, late) = case.on::<Lanes>(Some(&first), END, how(after));
            assert!(rest == want && [early, late].concat() == spikes, "{before} to {after} threads: {what}");
        }
    });
}

#[test]
fn looking_at_threads_that_learn_changes_no_bit() {
    let pool = pool();
    let case = Case::new(network(Form::Scaled), rules().remove(0));
    let (want, spikes) = case.on::<Heap>(None, END, How::default());
    let (mut learning, mut weights) = (case.learning(true), case.weights.clone());
    learning.admit(&mut weights);
    let mut simulation = Simulation::<f64, Lanes>::new(&case.network, 5);
    simulation.begin(0, &case.rates).unwrap();
    let mut stream = Stream::default();
    for (step, shares) in [2, 2, 1, 3, 2, 1, 2].into_iter().enumerate() {
        assert!(simulation.partition(&pool.clone().cut_into(shares)));
        for _ in 0..4 {
            simulation.step_learning(&mut weights, END, &mut learning, &mut stream).unwrap();
        }
        let now = simulation.state().now;
        let current = learning.current(&weights, now);
        if step % 2 == 0 {
            learning.settle_waiting(&mut weights);
            assert_eq!(weights, current);
        }
    }
    simulation.run_learning(&mut weights, END, &mut learning, &mut stream).unwrap();
    let state = simulation.learning_state(&mut weights, &mut learning);
    assert!(encode(Payload::Plastic, &state).unwrap() == want);
    let shown = stream.records.iter().filter_map(|record| match record {
        Record::Spike(spike) => Some(*spike),
        _ => None,
    });
    assert!(shown.eq(spikes));
}

#[test]
fn a_run_on_threads_has_the_weights_of_one_on_its_own() {
    let case = Case::new(network(Form::Scaled), rules().remove(0));
    let run = |threads: usize, parts: u64| {
        let values: Vec<_> = (0..3).map(|index| case.weights.values(&case.network, index)).collect();
        let mut run = Run::new(&case.network, &values, 5).unwrap();
        run.begin(0, &case.rates).unwrap();
        run.learn(case.learning(true));
        run.recording = Recording { spikes: true, ..Recording::default() };
        let threads = Threads::new(threads).unwrap();
        for part in 1..=parts {
            let end = Time::from_fs(END.fs() * part / parts);
            run.run(end, &threads, &AtomicBool::new(false)).unwrap();
        }
        let copy = run.clone();
        let weights: Vec<_> = (0..3).map(|index| run.weights(index)).collect();
        assert_eq!((0..3).map(|index| copy.weights(index)).collect::<Vec<_>>(), weights);
        (run.harvest().spikes, weights, encode(Payload::Plastic, &run.state()).unwrap())
    };
    let one = run(1, 1);
    assert!(one.0.len() > 500 && run(2, 5) == one && run(3, 2) == one);
}

#[test]
fn instants_that_a_probe_wants_are_those_of_windows() {
    // A probe of whole instants takes what threads have learned back to one.
    let pool = pool();
    let case = Case::new(network(Form::Scaled), rules().remove(0));
    let (want, _) = case.on::<Heap>(None, END, How::default());
    let (mut learning, mut weights) = (case.learning(true), case.weights.clone());
    learning.admit(&mut weights);
    let mut simulation = Simulation::<f64, Lanes>::new(&case.network, 5);
    simulation.begin(0, &case.rates).unwrap();
    simulation.partition(&pool.cut_into(2));
    for step in 0..12 {
        if step % 2 == 0 {
            simulation.step_learning(&mut weights, END, &mut learning, &mut Silent).unwrap();
        } else {
            for _ in 0..50 {
                let mut whole = crate::engines::Instants::default();
                simulation.step_learning(&mut weights, END, &mut learning, &mut whole).unwrap();
            }
        }
    }
    simulation.run_learning(&mut weights, END, &mut learning, &mut Silent).unwrap();
    let state = simulation.learning_state(&mut weights, &mut learning);
    assert!(encode(Payload::Plastic, &state).unwrap() == want);
}
