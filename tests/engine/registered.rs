//! Every registered neuron model passes the same tests in the engine: being registered is being tested.

use memspike::engine::{Heap, Lanes, Queue, Simulation, Spike, State, Threads};
use memspike::network::{Builder, Current, Kernel, Network, Origin, Rows, SourceKind, Weights};
use memspike::neuron::Open;
use memspike::neuron::model::{Model as _, Scale};
use memspike::registry::{NeuronEntry, Registry};
use memspike::time::Time;
use memspike::units::{Hertz, Second};
use std::sync::Arc;

/// The model with the values that its keys have by default.
fn made(entry: &NeuronEntry) -> Open {
    entry.make(&|_| None).unwrap_or_else(|faults| panic!("{}: {faults:?}", entry.name)).0
}

/// A recurrent network of eight of its neurons under jumps, decaying currents, pulses, a current from outside and, where it
/// has them, conductances; as long as 40 of its time constants.
fn network(entry: &NeuronEntry) -> (Arc<Network>, Weights<f64>, Time) {
    let open = made(entry);
    let Scale { tau, resistance, threshold, .. } = open.scale();
    let (tau, open_decays) = (tau.clamp(1e-6, 0.1), open.decays());
    let time = |seconds: f64| Time::from_seconds(Second::new(seconds)).unwrap();
    let mut builder = Builder::default();
    let input = builder.poisson("input", 8, Hertz::new(1.0 / tau));
    let to = builder.population("neurons", 8, open);
    let current = threshold / resistance;
    let points = [(Time::ZERO, -0.1 * current), (time(1.3 * tau), 0.4 * current), (time(2.0 * tau), 0.0)];
    let saw = Current::ramps(&points, time(5.0 * tau), Some(time(2.5 * tau))).unwrap();
    let outside = builder.source("outside", 1, SourceKind::Current(saw));
    let mut weights = Vec::new();
    let mut project = |name: &str, from, kernel, delay: f64, weight: f64| {
        weights.push(vec![weight; if kernel == Kernel::Current { 8 } else { 64 }]);
        builder.projection(name, from, to, kernel, time(delay * tau), Rows::Dense);
    };
    project("jumps", input, Kernel::Delta, 0.0, 0.15 * threshold);
    if open_decays > 0 {
        project("currents", input, Kernel::Exponential { tau: Second::new(0.4 * tau) }, 0.1, 0.7 * current);
    }
    project("pulses", input, Kernel::rectangle(time(0.3 * tau)), 0.2, 0.3 * current);
    project("outside", outside, Kernel::Current, 0.3, 1.0);
    project("back", Origin::Population(to), Kernel::Delta, 0.5, -0.05 * threshold);
    for (receptor, _) in (0..).zip(entry.receptors) {
        project("open", input, Kernel::Conductance { receptor }, 0.05, 0.2 / resistance);
    }
    let network = builder.finish().unwrap_or_else(|faults| panic!("{}: {faults:?}", entry.name));
    let weights = Weights::from_values(&network, &weights);
    (network, weights, time(40.0 * tau))
}

fn run<Q: Queue<f64>>(
    (network, weights, end): &(Arc<Network>, Weights<f64>, Time),
    units: usize,
    cuts: &[f64],
) -> (Vec<Spike>, State<f64>) {
    let rates = network.rates();
    let mut simulation = Simulation::<f64, Q>::new(network, 11);
    let mut spikes = Vec::new();
    for &cut in cuts {
        let at = Time::from_fs((cut * end.fs() as f64) as u64);
        simulation.run(weights, at, &mut spikes).unwrap();
        simulation = Simulation::resume(network, simulation.state(), &rates).expect("its own state");
        simulation.partition(&Threads::one().cut_into(units));
    }
    simulation.run(weights, *end, &mut spikes).unwrap();
    (spikes, simulation.state())
}

#[test]
fn the_same_bits_under_both_engines_in_units_and_after_cuts() {
    for entry in Registry::shipped().neurons() {
        let case = network(entry);
        let (want, state) = run::<Lanes>(&case, 1, &[]);
        assert!(want.len() >= 8, "{} spikes {} times", entry.name, want.len());
        let (spikes, reference) = run::<Heap>(&case, 1, &[]);
        assert_eq!(spikes, want, "{}", entry.name);
        assert_eq!(reference, state, "{}", entry.name);
        for (units, cuts) in [(2, &[0.31][..]), (3, &[0.1, 0.5000001, 0.9]), (7, &[0.77])] {
            let (spikes, cut) = run::<Lanes>(&case, units, cuts);
            assert_eq!(spikes, want, "{} in {units} units, cut at {cuts:?}", entry.name);
            assert_eq!(cut, state, "{} in {units} units, cut at {cuts:?}", entry.name);
        }
    }
}

#[test]
fn looking_at_neurons_changes_no_bit_and_shows_finite_potentials() {
    for entry in Registry::shipped().neurons() {
        let case = network(entry);
        let (want, _) = run::<Lanes>(&case, 1, &[]);
        let (network, weights, end) = &case;
        let mut simulation = Simulation::<f64, Lanes>::new(network, 11);
        let mut spikes: Vec<Spike> = Vec::new();
        for part in 1..=50 {
            simulation.run(weights, Time::from_fs(end.fs() / 50 * part), &mut spikes).unwrap();
            let potentials = simulation.membranes(0);
            assert!(
                potentials.iter().all(|u| u.is_finite() && u.abs() < 100.0),
                "{}: {potentials:?}",
                entry.name
            );
        }
        simulation.run(weights, *end, &mut spikes).unwrap();
        assert_eq!(spikes, want, "{}", entry.name);
    }
}

#[test]
fn nothing_arrives_and_nothing_happens_unless_the_neuron_drives_itself() {
    for entry in Registry::shipped().neurons() {
        let mut builder = Builder::default();
        let to = builder.population("alone", 1, made(entry));
        let network = builder.finish().unwrap();
        let weights = Weights::from_values(&network, &[]);
        let mut simulation = Simulation::<f64, Lanes>::new(&network, 3);
        let mut spikes: Vec<Spike> = Vec::new();
        let tau = made(entry).scale().tau.clamp(1e-6, 0.1);
        simulation.run(&weights, Time::from_seconds(Second::new(20.0 * tau)).unwrap(), &mut spikes).unwrap();
        // An oscillator has its own supply; escape noise fires at rest, if seldom.
        let by_itself = ["oscillator", "poisson_neuron"].contains(&entry.name);
        assert!(spikes.is_empty() || by_itself, "{}: {} spikes", entry.name, spikes.len());
        assert!(simulation.membranes(to)[0].is_finite());
    }
}
