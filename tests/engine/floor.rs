//! Neurons that no jump takes below rest, in every form, against a few lines that follow one membrane.

use memspike::device::threshold::Circuit;
use memspike::engine::{Clocked, Heap, Lanes, Queue, Simulation, Spike};
use memspike::network::{
    Builder, Competition, Current, Form, Kernel, Network, Rivalry, Rows, SourceKind, Weights,
};
use memspike::neuron::driven::Driven;
use memspike::neuron::{Floor, Lif, Neuron, Open, Reset, Switch};
use memspike::time::Time;
use memspike::units::{Ampere, Ohm, Second};
use std::sync::Arc;

const US: u64 = 1_000_000_000;
const LINES: u32 = 8;
const CELLS: u32 = 5;

/// Numbers from -1 to 1, the same ones every time.
fn number(seed: u64) -> f64 {
    let mut z = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

/// Spikes of the lines, some of them at one time.
fn spikes() -> Vec<(Time, u32)> {
    let at = |k: u64| k * 211 * US - if k % 5 == 4 { 211 * US } else { 0 };
    (0..900).map(|k| (Time::from_fs(US + at(k)), (k * 7 % u64::from(LINES)) as u32)).collect()
}

fn weights() -> Vec<f64> {
    (0..u64::from(LINES * CELLS)).map(|k| 0.09 * number(k) + 0.01).collect()
}

/// The network of one population, whose rows reach everybody or, written as a list, everybody.
fn network(neuron: &Neuron, rows: Rows, competition: Option<Competition>) -> Arc<Network> {
    let mut builder = Builder::default();
    let source = builder.source("lines", LINES, SourceKind::List(spikes()));
    let cells = builder.population("cells", CELLS, neuron.clone());
    if let Some(competition) = competition {
        builder.compete(cells, competition);
    }
    builder.projection("jumps", source, cells, Kernel::Delta, Time::ZERO, rows);
    builder.finish().unwrap()
}

fn listed() -> Rows {
    let start = (0..=LINES as usize).map(|row| row * CELLS as usize).collect();
    Rows::sparse(start, (0..LINES).flat_map(|_| 0..CELLS).collect())
}

const END: Time = Time::from_fs(200_000 * US);

fn run<Q: Queue<f64>>(network: &Arc<Network>) -> (Vec<(u64, u32)>, Vec<f64>) {
    let mut simulation = Simulation::<f64, Q>::new(network, 1);
    let mut spikes: Vec<Spike> = Vec::new();
    simulation.run(&Weights::from_values(network, &[weights()]), END, &mut spikes).unwrap();
    let spikes = spikes.iter().map(|spike| (spike.time.fs(), spike.neuron)).collect();
    (spikes, simulation.membranes(0))
}

/// The same by its definition: all jumps of an instant, then the floor, then the threshold.
fn followed(lif: &Lif) -> (Vec<(u64, u32)>, Vec<f64>, usize) {
    let (rest, inf) = (lif.u_rest.get(), lif.u_rest.get() + lif.r_m.get() * lif.i_bias.get());
    let (weights, arrivals) = (weights(), spikes());
    let mut times: Vec<u64> = arrivals.iter().map(|(time, _)| time.fs()).collect();
    times.sort_unstable();
    times.dedup();
    let (mut fired, mut ends, mut lifted) = (Vec::new(), Vec::new(), 0);
    for cell in 0..CELLS {
        let (mut u, mut last, mut free) = (rest, 0, 0);
        let decayed = |u: f64, from: u64, to: u64| {
            let span = to.saturating_sub(from) as f64 * 1e-15;
            inf + (u - inf) * (-span / lif.tau_m.get()).exp()
        };
        for &time in &times {
            u = decayed(u, last.max(free.min(time)), time);
            last = time;
            if time < free {
                continue;
            }
            let here = arrivals.iter().filter(|(at, _)| at.fs() == time);
            u += here.map(|(_, line)| weights[(line * CELLS + cell) as usize]).sum::<f64>();
            if lif.floor == Floor::Rest && u < rest {
                (u, lifted) = (rest, lifted + 1);
            }
            if u >= lif.v_th.get() {
                fired.push((time, cell));
                u = if lif.reset == Reset::Hold { lif.v_hold.get() } else { rest };
                free = time + (lif.t_ref.get() * 1e15).round() as u64;
            }
        }
        ends.push(decayed(u, last.max(free.min(END.fs())), END.fs()));
    }
    fired.sort_unstable();
    (fired, ends, lifted)
}

fn agree(what: &str, network: &Arc<Network>, lif: &Lif) {
    let (fired, ends, lifted) = followed(lif);
    assert!(fired.len() > 20 && (lif.floor.is_none() || lifted > 100), "{what}: {} {lifted}", fired.len());
    let (fast, membranes) = run::<Lanes>(network);
    assert_eq!(run::<Heap>(network), (fast.clone(), membranes.clone()), "{what}");
    assert_eq!(fast, fired, "{what}");
    let deaf = |cell: usize| fired.iter().any(|&(at, c)| c as usize == cell && END.fs() - at < 10_000 * US);
    for (cell, (got, want)) in membranes.iter().zip(&ends).enumerate() {
        // A switch that is on shows its filament on the way to hold.
        assert!((got - want).abs() < 1e-12 || deaf(cell), "{what}: {got} V, not {want} V");
    }
}

fn lif() -> Lif {
    Lif { floor: Floor::Rest, ..Lif::default() }
}

#[test]
fn jumps_end_at_rest_in_every_form() {
    let biased = Lif { i_bias: Ampere::new(30e-9), ..lif() };
    let deaf = Lif { t_ref: Second::new(1.5e-3), ..lif() };
    let switch = Switch::default();
    for (what, neuron) in [
        ("lif", Neuron::from(lif())),
        ("with bias", biased.into()),
        ("deaf", deaf.into()),
        ("switch", switch.clone().into()),
        ("switch without", Switch { floor: Floor::None, ..switch }.into()),
        ("lif without", Lif::default().into()),
    ] {
        let dense = network(&neuron, Rows::Dense, None);
        assert_eq!(dense.populations[0].form, Form::SharedDecay, "{what}");
        agree(what, &dense, &neuron.membrane());
        let sparse = network(&neuron, listed(), None);
        let scales = neuron.switch().is_none() && neuron.membrane().floor.is_none();
        let form = if scales { Form::Scaled } else { Form::OwnTime };
        assert_eq!(sparse.populations[0].form, form, "{what}: its form has no floor");
        agree(what, &sparse, &neuron.membrane());
    }
}

#[test]
fn the_grid_has_the_floor_too() {
    let lif = lif();
    let network = network(&lif.clone().into(), Rows::Dense, None);
    let weights = Weights::from_values(&network, &[weights()]);
    // All arrivals are on it.
    let mut clocked = Clocked::new(&network, &weights, &[], 1, Time::from_fs(US)).unwrap();
    let mut spikes: Vec<Spike> = Vec::new();
    clocked.run(END, &mut spikes).unwrap();
    let got: Vec<_> = spikes.iter().map(|spike| (spike.time.fs(), spike.neuron)).collect();
    assert_eq!(got, followed(&lif).0);
}

#[test]
fn a_switch_whose_drive_stays_and_members_that_compete_have_it() {
    let series = Switch { circuit: Circuit::Series { r_s: Ohm::new(2e5) }, ..Switch::default() };
    let driven = |floor| Neuron::from(Open::new(Driven::new(Switch { floor, ..series.clone() })));
    let lowest = |neuron: &Neuron| {
        let network = network(neuron, listed(), None);
        let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
        let weights = Weights::from_values(&network, &[weights().iter().map(|w| -w.abs()).collect()]);
        simulation.run(&weights, END, &mut Vec::new()).unwrap();
        simulation.membranes(0).into_iter().fold(f64::INFINITY, f64::min)
    };
    assert_eq!(lowest(&driven(Floor::Rest)), 0.43e-3);
    assert!(lowest(&driven(Floor::None)) < -0.1);
    for kind in [Rivalry::WinnerTakeAll, Rivalry::LateralInhibition { strength: 0.2 }] {
        let competition = Competition { kind, inhibition: Time::ZERO, reference: 0.0, homeostasis: None };
        let of = |floor| {
            let neuron = Neuron::from(Lif { floor, ..Lif::default() });
            let network = network(&neuron, Rows::Dense, Some(competition.clone()));
            assert_eq!(run::<Heap>(&network), run::<Lanes>(&network));
            run::<Lanes>(&network).1.into_iter().fold(f64::INFINITY, f64::min)
        };
        assert!(of(Floor::Rest) >= 0.43e-3 - 1e-15, "{kind:?}: {}", of(Floor::Rest));
        assert!(of(Floor::None) < 0.43e-3, "{kind:?}");
    }
}

/// Times of spikes in milliseconds, of one neuron under volts from so many milliseconds on.
fn driven<Q: Queue<f64>>(neuron: &Neuron, steps: &[(u64, f64)], until: u64) -> Vec<f64> {
    let r_m = neuron.membrane().r_m.get();
    let steps: Vec<_> =
        steps.iter().map(|&(ms, volts)| (Time::from_fs(ms * 1000 * US), volts / r_m)).collect();
    let mut builder = Builder::default();
    let current = Current::steps(&steps, Time::ZERO, None).unwrap();
    let source = builder.source("drive", 1, SourceKind::Current(current));
    let one = builder.population("one", 1, neuron.clone());
    builder.projection("drive", source, one, Kernel::Current, Time::ZERO, Rows::Dense);
    let network = builder.finish().unwrap();
    let mut simulation = Simulation::<f64, Q>::new(&network, 1);
    let mut spikes: Vec<Spike> = Vec::new();
    let weights = Weights::from_values(&network, &[vec![1.0]]);
    simulation.run(&weights, Time::from_fs(until * 1000 * US), &mut spikes).unwrap();
    spikes.iter().map(|spike| spike.time.as_seconds() * 1e3).collect()
}

#[test]
fn a_drive_below_rest_keeps_a_filament_there_and_its_time_begins_where_that_ends() {
    let switch = |circuit, floor| Neuron::from(Switch { circuit, floor, ..Switch::default() });
    let lif = |floor| {
        let of = Switch::default().membrane();
        Neuron::from(Lif { floor, reset: Reset::Rest, t_ref: Second::ZERO, ..of })
    };
    let series = Circuit::Series { r_s: Ohm::new(2e5) };
    let (tau, theta) = (9.41, 0.24957);
    // 0.5 V from rest; and from where 50 ms of -0.1 V have taken a membrane without a floor.
    let free = |v: f64, below: f64| {
        let x = -below * (1.0 - (-50.0f64 / tau).exp());
        tau * ((v - x) / (v - theta)).ln()
    };
    let share = 1.0 / (1.0 + 2e5 * 1e-7);
    for (neuron, want) in [
        (switch(Circuit::Bare, Floor::Rest), 6.506344),
        (switch(Circuit::RESET, Floor::Rest), 6.506344),
        (switch(series, Floor::Rest), 6.695792),
        (lif(Floor::Rest), 6.506344),
        (switch(Circuit::Bare, Floor::None), free(0.5, 0.1)),
        (switch(Circuit::RESET, Floor::None), free(0.5, 0.1)),
        (switch(series, Floor::None), free(0.5 * share, 0.1 * share)),
        (lif(Floor::None), free(0.5, 0.1)),
    ] {
        let spikes = driven::<Lanes>(&neuron, &[(0, -0.1), (50, 0.5)], 60);
        assert_eq!(driven::<Heap>(&neuron, &[(0, -0.1), (50, 0.5)], 60), spikes);
        let first = spikes[0] - 50.0;
        assert!((first - want).abs() < 1e-6, "{neuron:?}: {first} ms, not {want} ms");
    }
    // A bias below rest: what jumps leave goes back to rest and no further, wherever it is held.
    let biased = Lif { i_bias: Ampere::new(-1e-7), floor: Floor::Rest, ..Switch::default().membrane() };
    for rows in [Rows::Dense, listed()] {
        let network = network(&Neuron::from(biased.clone()), rows, None);
        assert_eq!(network.populations[0].form, Form::OwnTime);
        let (spikes, membranes) = run::<Lanes>(&network);
        assert_eq!(run::<Heap>(&network), (spikes.clone(), membranes.clone()));
        let (fired, ends) = walled(&biased);
        assert_eq!(spikes, fired);
        let rest = biased.u_rest.get();
        assert!(membranes.iter().zip(&ends).all(|(got, want)| (got - rest - want).abs() < 1e-12));
    }
}

/// Jumps on a bias below rest, by the closed form of each interval: a drop towards the bias, cut at rest.
fn walled(lif: &Lif) -> (Vec<(u64, u32)>, Vec<f64>) {
    let (weights, arrivals, bias) = (weights(), spikes(), lif.r_m.get() * lif.i_bias.get());
    let mut times: Vec<u64> = arrivals.iter().map(|(time, _)| time.fs()).collect();
    times.dedup();
    let (mut fired, mut ends) = (Vec::new(), Vec::new());
    for cell in 0..CELLS {
        let (mut x, mut last, mut free) = (0.0f64, 0, 0);
        let falls = |x: f64, from: u64, to: u64| {
            let span = to.saturating_sub(from) as f64 * 1e-15;
            (bias + (x - bias) * (-span / lif.tau_m.get()).exp()).max(0.0)
        };
        for &time in &times {
            x = falls(x, last.max(free.min(time)), time);
            last = time;
            if time < free {
                continue;
            }
            let here = arrivals.iter().filter(|(at, _)| at.fs() == time);
            x += here.map(|(_, line)| weights[(line * CELLS + cell) as usize]).sum::<f64>();
            x = x.max(0.0);
            if x >= lif.theta() {
                fired.push((time, cell));
                x = lif.reset_value(x);
                free = time + (lif.t_ref.get() * 1e15).round() as u64;
            }
        }
        ends.push(falls(x, last.max(free), END.fs()));
    }
    fired.sort_unstable();
    (fired, ends)
}
