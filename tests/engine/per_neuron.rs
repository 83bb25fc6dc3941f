//! Neurons of one population that each have their own parameters: they do what populations of one neuron each do.

use crate::common::mix;
use memspike::engine::{Clocked, Heap, Lanes, Queue, Simulation, Spike, Threads};
use memspike::network::{Builder, Competition, Delays, Fixed, Form, Kernel, Network, Rows, Weights};
use memspike::neuron::{Floor, Lif, Neuron, Reset, Switch};
use memspike::registry::Registry;
use memspike::time::Time;
use memspike::units::{Ampere, Hertz, Ohm, Second, Volt};
use std::sync::Arc;

/// How the lines of a Poisson source reach the neurons.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wiring {
    /// Every line every neuron, by jumps.
    Dense,
    /// Some lines some neurons, by jumps of one weight.
    Sparse,
    /// The same with weights and delays of single synapses.
    Delayed,
    /// A line for each neuron.
    Private,
    /// Fading currents.
    Currents,
}

const WEIGHT: f64 = 4e-3;

/// (line, neuron, volts or amperes, delay in fs), in order.
fn synapses(wiring: Wiring, neurons: u32) -> (u32, Vec<(u32, u32, f64, u64)>) {
    let lines = if wiring == Wiring::Private { neurons } else { 40 };
    let (mut state, mut list) = (7, Vec::new());
    for line in 0..lines {
        for neuron in 0..neurons {
            let (share, part) = (mix(&mut state), mix(&mut state));
            let (kept, weight) = match wiring {
                Wiring::Dense => (true, WEIGHT * (part - 0.2)),
                Wiring::Sparse => (share < 0.4, WEIGHT),
                Wiring::Delayed => (share < 0.4, WEIGHT * (part - 0.1)),
                Wiring::Private => (line == neuron, WEIGHT),
                Wiring::Currents => (share < 0.4, 1e-10 * part),
            };
            if kept {
                list.push((line, neuron, weight, 1 + (3e12 * part) as u64));
            }
        }
    }
    (lines, list)
}

/// A network of these populations, each of which has the next so many of the neurons.
fn network(wiring: Wiring, populations: &[Vec<Neuron>]) -> (Arc<Network>, Weights<f64>) {
    let count = populations.iter().map(Vec::len).sum::<usize>() as u32;
    let (lines, list) = synapses(wiring, count);
    let mut builder = Builder::default();
    let rate = if wiring == Wiring::Private { 3000.0 } else { 200.0 };
    let input = builder.poisson("input", lines, Hertz::new(rate));
    let (mut weights, mut first) = (Vec::new(), 0);
    for neurons in populations {
        let to = builder.neurons("neurons", neurons.clone());
        let last = first + neurons.len() as u32;
        let own: Vec<_> = list.iter().filter(|synapse| (first..last).contains(&synapse.1)).collect();
        let mut start = vec![0; lines as usize + 1];
        own.iter().for_each(|synapse| start[synapse.0 as usize + 1] += 1);
        (0..lines as usize).for_each(|line| start[line + 1] += start[line]);
        let targets = own.iter().map(|synapse| synapse.1 - first).collect();
        let rows = match wiring {
            Wiring::Dense => Rows::Dense,
            Wiring::Private if neurons.len() as u32 == lines => Rows::OneToOne,
            _ => Rows::sparse(start, targets),
        };
        let kernel = match wiring {
            Wiring::Currents => Kernel::Exponential { tau: Second::new(5e-3) },
            _ => Kernel::Delta,
        };
        let projection = builder.projection("p", input, to, kernel, Time::ZERO, rows);
        match wiring {
            Wiring::Delayed => {
                builder.delays(projection, Delays::Exact(own.iter().map(|synapse| synapse.3).collect()));
            }
            Wiring::Sparse | Wiring::Private => builder.fixed(projection, Fixed::Constant(WEIGHT)),
            Wiring::Dense | Wiring::Currents => {}
        }
        weights.push(own.iter().map(|synapse| synapse.2).collect());
        first = last;
    }
    let network = builder.finish().unwrap_or_else(|faults| panic!("{faults:?}"));
    let weights = Weights::from_values(&network, &weights);
    (network, weights)
}

/// Spikes and the bits of the membranes at the end; cut at these shares of the run and gone on with in so many units, on two
/// threads.
fn run<Q: Queue<f64>>(
    (network, weights): &(Arc<Network>, Weights<f64>),
    cuts: &[f64],
    units: usize,
) -> (Vec<Spike>, Vec<u64>) {
    let (end, rates) = (Time::from_ms(400), network.rates());
    let threads = Threads::new(2).unwrap().cut_into(units);
    let mut simulation = Simulation::<f64, Q>::new(network, 11);
    let mut spikes = Vec::new();
    // Every episode begins where each neuron does.
    simulation.run(weights, Time::from_ms(20), &mut Vec::<Spike>::new()).unwrap();
    simulation.begin(0, &rates).unwrap();
    for &cut in cuts {
        let at = Time::from_fs((cut * end.fs() as f64) as u64);
        simulation.run(weights, at, &mut spikes).unwrap();
        simulation = Simulation::resume(network, simulation.state(), &rates).expect("its own state");
        simulation.partition(&threads);
    }
    simulation.run(weights, end, &mut spikes).unwrap();
    let populations = 0..network.populations.len();
    let u = populations.flat_map(|population| simulation.membranes(population)).map(f64::to_bits);
    (spikes, u.collect())
}

/// Compares these neurons as one population with populations of one, of this form.
fn same(what: &str, wiring: Wiring, form: Form, neurons: &[Neuron]) {
    let apart = network(wiring, &neurons.iter().map(|neuron| vec![neuron.clone()]).collect::<Vec<_>>());
    let (spikes, u) = run::<Lanes>(&apart, &[], 1);
    let mut want: Vec<(Time, u32)> = spikes.iter().map(|spike| (spike.time, spike.population)).collect();
    want.sort_unstable();
    let each = |neuron: u32| want.iter().filter(|spike| spike.1 == neuron).count();
    let counts: Vec<usize> = (0..neurons.len() as u32).map(each).collect();
    assert!(want.len() > 50 && counts.iter().any(|count| *count != counts[0]), "{what}: {counts:?}");
    let together = network(wiring, &[neurons.to_vec()]);
    assert!(together.0.populations[0].differ());
    assert_eq!(together.0.populations[0].form, form, "{what}");
    let check = |(spikes, found): (Vec<Spike>, Vec<u64>), way: &str| {
        let spikes: Vec<(Time, u32)> = spikes.iter().map(|spike| (spike.time, spike.neuron)).collect();
        assert_eq!(spikes, want, "{what}: {way}");
        if apart.0.populations.iter().all(|population| population.form == form) {
            assert_eq!(found, u, "{what}: {way}");
        }
    };
    check(run::<Lanes>(&together, &[], 1), "one piece");
    check(run::<Heap>(&together, &[], 1), "reference");
    check(run::<Lanes>(&together, &[0.0, 0.3100001], 2), "two units, cut");
    check(run::<Lanes>(&together, &[0.1, 0.5, 0.77], 3), "three units, cut");
    check(run::<Heap>(&together, &[0.42], 1), "reference, cut");
}

/// Neuron k of so many, with potentials and a bias of its own.
fn own(k: usize, reset: Reset, t_ref_ms: f64) -> Lif {
    let k = k as f64;
    Lif {
        tau_m: Second::new(20e-3),
        u_rest: Volt::new(-0.07 + 1e-4 * k),
        v_th: Volt::new(-0.06 + 3e-4 * k),
        u_reset: Volt::new(-0.071 - 2e-4 * k),
        v_hold: Volt::new(-0.065 + 1e-4 * k),
        reset,
        t_ref: Second::new(t_ref_ms * 1e-3),
        r_m: Ohm::new(1e8),
        i_bias: Ampere::new(2e-12 * k),
        floor: Floor::None,
        u_0: (k > 0.0).then(|| Volt::new(-0.062 - 1e-4 * k)),
    }
}

fn neurons(count: usize, of: impl Fn(usize) -> Lif) -> Vec<Neuron> {
    (0..count).map(|k| Neuron::Lif(of(k))).collect()
}

const RESETS: [Reset; 5] = [Reset::Rest, Reset::Value, Reset::Hold, Reset::Subtract, Reset::SubtractOnce];

#[test]
fn potentials_biases_and_starts_of_ones_own_stay_in_shared_decay() {
    for reset in RESETS {
        for t_ref in [0.0, 1.5] {
            for count in [3, 9, 21] {
                let what = format!("{count} neurons, {reset:?}, {t_ref} ms");
                same(&what, Wiring::Dense, Form::SharedDecay, &neurons(count, |k| own(k, reset, t_ref)));
            }
        }
    }
}

#[test]
fn and_in_the_scaled_form_with_private_sources_and_delays_of_single_synapses() {
    for wiring in [Wiring::Sparse, Wiring::Delayed, Wiring::Private] {
        for (reset, t_ref) in
            [(Reset::Rest, 0.0), (Reset::Value, 1.5), (Reset::Subtract, 0.0), (Reset::SubtractOnce, 0.0)]
        {
            let what = format!("{wiring:?}, {reset:?}, {t_ref} ms");
            same(&what, wiring, Form::Scaled, &neurons(12, |k| own(k, reset, t_ref)));
        }
    }
}

#[test]
fn time_constants_resistances_resets_and_refractory_times_of_ones_own_take_own_time() {
    let varied = |k: usize| Lif {
        tau_m: Second::new(20e-3 + 1e-3 * k as f64),
        r_m: Ohm::new(1e8 + 1e6 * k as f64),
        ..own(k, RESETS[k % 5], 0.5 * (k % 3) as f64)
    };
    for wiring in [Wiring::Currents, Wiring::Dense, Wiring::Sparse] {
        same(&format!("{wiring:?}"), wiring, Form::OwnTime, &neurons(10, varied));
    }
    let one = |k: usize| Lif { tau_m: Second::new(20e-3 + 1e-3 * k as f64), ..own(0, Reset::Rest, 0.0) };
    same("tau_m alone", Wiring::Dense, Form::OwnTime, &neurons(4, one));
}

#[test]
fn switches_share_a_clock_while_their_devices_are_alike() {
    let switch = |k: usize, cycle: f64| {
        let mut switch = Switch { r_m: Ohm::new(1e8), ..Switch::default() };
        switch.device.v_th = Volt::new(0.02);
        switch.device.v_hold = Volt::new(0.012);
        switch.spread.cycle = cycle;
        switch.i_bias = Ampere::new(5e-12 * k as f64);
        switch.u_0 = Some(Volt::new(1e-4 * k as f64));
        switch
    };
    for cycle in [0.0, 0.05] {
        let biased: Vec<Neuron> = (0..6).map(|k| switch(k, cycle).into()).collect();
        same(&format!("bias, {cycle}"), Wiring::Dense, Form::SharedDecay, &biased);
        let thresholds = (0..6).map(|k| {
            let mut switch = switch(k, cycle);
            switch.device.v_th = Volt::new(0.02 + 1e-3 * k as f64);
            Neuron::from(switch)
        });
        same(&format!("v_th, {cycle}"), Wiring::Dense, Form::OwnTime, &thresholds.collect::<Vec<_>>());
    }
}

#[test]
fn neurons_of_a_registered_model_have_keys_of_their_own() {
    for (model, key, step) in [("adaptive_lif", "tau_w", 20e-3), ("conductance_lif", "v_th", 1e-3)] {
        let entry = *Registry::shipped().find(model).unwrap();
        let base = entry.keys.iter().find(|known| known.name == key).unwrap().default_value().unwrap();
        let small = |name: &str| ("v_th" == name && model == "adaptive_lif").then_some(0.02);
        let neurons: Vec<Neuron> = (0..5)
            .map(|k| {
                let own = base + step * f64::from(k);
                let value = |name: &str| if name == key { Some(own) } else { small(name) };
                entry.make(&value).unwrap().0.into()
            })
            .collect();
        same(model, Wiring::Dense, Form::OwnTime, &neurons);
    }
}

#[test]
fn members_that_compete_have_thresholds_and_resets_of_their_own() {
    let of = |v_th: f64, u_reset: f64| Lif {
        u_rest: Volt::ZERO,
        v_th: Volt::new(v_th),
        u_reset: Volt::new(u_reset),
        reset: Reset::Value,
        ..Lif::default()
    };
    let mut builder = Builder::default();
    let spikes = vec![(Time::from_ms(1), 0)];
    let input = builder.source("input", 1, memspike::network::SourceKind::List(spikes));
    let to = builder.neurons("cells", [of(0.3, -0.1), of(0.1, -0.2), of(0.2, -0.3)]);
    builder.compete(to, Competition::winner_take_all());
    builder.projection("p", input, to, Kernel::Delta, Time::ZERO, Rows::Dense);
    let network = builder.finish().unwrap();
    let weights = Weights::from_values(&network, &[vec![0.35; 3]]);
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    assert_eq!(simulation.thresholds(0).unwrap().base, [0.3, 0.1, 0.2]);
    let mut found: Vec<Spike> = Vec::new();
    simulation.run(&weights, Time::from_fs(Time::from_ms(1).fs() + 1), &mut found).unwrap();
    // Farthest above its own threshold.
    assert_eq!(found.iter().map(|spike| spike.neuron).collect::<Vec<_>>(), [1]);
    for (u, u_reset) in simulation.membranes(0).into_iter().zip([-0.1, -0.2, -0.3]) {
        assert!((u - u_reset).abs() < 1e-12, "{u}");
    }
}

#[test]
fn what_neurons_that_differ_cannot_do_is_refused() {
    let faults = |neurons: Vec<Neuron>, compete: bool| -> Vec<String> {
        let mut builder = Builder::default();
        let input = builder.poisson("input", 1, Hertz::new(1.0));
        let to = builder.neurons("cells", neurons);
        if compete {
            builder.compete(to, Competition::winner_take_all());
        }
        builder.projection("p", input, to, Kernel::Delta, Time::ZERO, Rows::Dense);
        builder.finish().unwrap_err().iter().map(ToString::to_string).collect()
    };
    let mut high = neurons(4, |k| own(k, Reset::Rest, 0.0));
    let Neuron::Lif(lif) = &mut high[2] else { unreachable!("made so") };
    lif.u_0 = Some(Volt::new(0.0));
    let told = faults(high, false);
    assert!(told.len() == 1 && told[0].starts_with("neuron 2 of population `cells`: u_0 is 0 V"), "{told:?}");
    let told = faults(vec![Lif::default().into(), Switch::default().into()], false);
    assert!(told[0].contains("neuron 1 of population `cells` is of model `switch`"), "{told:?}");
    let clocks = |k: usize| Lif { tau_m: Second::new(1e-2 * (1.0 + k as f64)), ..Lif::default() };
    let told = faults(neurons(2, clocks), true);
    assert!(told[0].contains("differ in time constant or reset"), "{told:?}");
}

#[test]
fn on_a_grid_too() {
    let varied = |k: usize| Lif {
        tau_m: Second::new(20e-3 + 1e-3 * k as f64),
        r_m: Ohm::new(1e8 + 1e6 * k as f64),
        ..own(k, RESETS[k % 5], 0.5 * (k % 3) as f64)
    };
    for wiring in [Wiring::Currents, Wiring::Delayed] {
        let neurons = neurons(10, varied);
        let run = |populations: &[Vec<Neuron>]| {
            let (network, weights) = network(wiring, populations);
            let rates = network.rates();
            let mut clocked =
                Clocked::new(&network, &weights, &rates, 11, Time::from_fs(100_000_000_000)).unwrap();
            let mut spikes: Vec<Spike> = Vec::new();
            clocked.run(Time::from_ms(300), &mut spikes).unwrap();
            let all = 0..populations.len();
            let u: Vec<f64> = all.flat_map(|population| clocked.membranes(population)).collect();
            let of = |spike: &Spike| (spike.time, spike.population + spike.neuron);
            let mut spikes: Vec<(Time, u32)> = spikes.iter().map(of).collect();
            spikes.sort_unstable();
            (spikes, u)
        };
        let apart = run(&neurons.iter().map(|neuron| vec![neuron.clone()]).collect::<Vec<_>>());
        assert!(apart.0.len() > 50, "{wiring:?}");
        assert_eq!(run(&[neurons]), apart, "{wiring:?}");
    }
}

#[test]
fn equal_neurons_are_the_population_of_one_parameter_set() {
    let lif = || own(3, Reset::Value, 1.0);
    let mut builder = Builder::default();
    builder.neurons("a", [lif(), lif(), lif()]);
    builder.population("a", 3, lif());
    let network = builder.finish().unwrap();
    assert_eq!(network.populations[0], network.populations[1]);
}
