//! What the switches behind neurons in their own time spend while they are off, against a sum of small steps.

use memspike::engine::{Heap, Lanes, Queue, Simulation, Spike};
use memspike::network::{Builder, Current, Kernel, Network, Rows, SourceKind, Weights};
use memspike::neuron::{Behind, Floor, Lif, Neuron, Reset, Switch};
use memspike::time::Time;
use memspike::units::{Ampere, Second, Siemens, Volt};
use std::sync::Arc;

const MS: u64 = 1_000_000_000_000;
const END: u64 = 60 * MS;

fn behind() -> Behind {
    Behind {
        i_cc: Ampere::new(7e-6),
        g_off: Siemens::new(1e-7),
        g_pre: Siemens::new(1e-6),
        g_on: Siemens::new(35e-6),
    }
}

/// Synaptic currents that fade, of three lines, on a bias.
fn network(neuron: &Neuron, on: Time, metered: bool) -> Arc<Network> {
    let mut builder = Builder::default();
    let spikes = (0..50u64).map(|k| (Time::from_fs(MS + k * 1_234_567_890_123), (k % 3) as u32)).collect();
    let source = builder.source("lines", 3, SourceKind::List(spikes));
    let cells = builder.population("cells", 2, neuron.clone());
    builder.on_time(cells, on);
    if metered {
        builder.behind(cells, behind());
    }
    let tau = |ms: f64| Second::new(ms * 1e-3);
    builder.projection("slow", source, cells, Kernel::Exponential { tau: tau(5.0) }, Time::ZERO, Rows::Dense);
    builder.projection("fast", source, cells, Kernel::Alpha { tau: tau(0.7) }, Time::ZERO, Rows::Dense);
    builder.finish().unwrap()
}

/// The weights in amperes: the second neuron gets less, and some of it inhibits.
fn weights(network: &Network) -> Weights<f64> {
    let slow = [150e-9, 20e-9, 80e-9, -60e-9, 120e-9, 10e-9].to_vec();
    let fast = [300e-9, 40e-9, 200e-9, -90e-9, 250e-9, 30e-9].to_vec();
    Weights::from_values(network, &[slow, fast])
}

fn run<Q: Queue<f64>>(network: &Arc<Network>, until: u64) -> (Vec<Spike>, Option<[f64; 3]>) {
    let mut simulation = Simulation::<f64, Q>::new(network, 3);
    let mut spikes = Vec::new();
    simulation.run(&weights(network), Time::from_fs(until), &mut spikes).unwrap();
    (spikes, simulation.spent(0))
}

/// R times the synaptic currents of a neuron and its bias at a time, in volts.
fn drive(lif: &Lif, neuron: usize, seconds: f64) -> f64 {
    let slow = [[150e-9, 20e-9], [80e-9, -60e-9], [120e-9, 10e-9]];
    let fast = [[300e-9, 40e-9], [200e-9, -90e-9], [250e-9, 30e-9]];
    let arrivals = (0..50u64).map(|k| ((MS + k * 1_234_567_890_123) as f64 * 1e-15, (k % 3) as usize));
    let sum: f64 = arrivals
        .filter(|(at, _)| *at <= seconds)
        .map(|(at, line)| {
            let (s, a) = ((seconds - at) / 5e-3, (seconds - at) / 0.7e-3);
            slow[line][neuron] * (-s).exp() + fast[line][neuron] * a * (1.0 - a).exp()
        })
        .sum();
    lif.r_m.get() * (sum + lif.i_bias.get())
}

/// Where a function passes zero between 0 and 1.
fn root(f: &dyn Fn(f64) -> f64) -> Option<f64> {
    let (mut low, mut high) = (0.0, 1.0);
    let above = f(low) > 0.0;
    if (f(high) > 0.0) == above {
        return None;
    }
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if (f(middle) > 0.0) == above { low = middle } else { high = middle }
    }
    Some(low)
}

/// int V^2 G dt of a neuron off, from the spikes that the engine had: the membrane follows its equation in steps of fourth
/// order, between arrivals and spikes.
fn summed(lif: &Lif, neuron: usize, spikes: &[Spike], (dead, on, fades): (f64, f64, f64)) -> f64 {
    let own: Vec<f64> =
        spikes.iter().filter(|s| s.neuron as usize == neuron).map(|s| s.time.as_seconds()).collect();
    let mut cuts: Vec<f64> = (0..50u64).map(|k| (MS + k * 1_234_567_890_123) as f64 * 1e-15).collect();
    cuts.extend(own.iter().flat_map(|&at| [at, at + dead, at + on]));
    cuts.extend([0.0, END as f64 * 1e-15]);
    cuts.retain(|&cut| cut <= END as f64 * 1e-15);
    cuts.sort_by(f64::total_cmp);
    let (tau, rest, theta) = (lif.tau_m.get(), lif.u_rest.get(), lif.v_th.get() - lif.u_rest.get());
    let behind = behind();
    let (mut x, mut sum) = (0.0, 0.0);
    for piece in cuts.windows(2).filter(|piece| piece[1] > piece[0]) {
        let (from, to) = (piece[0], piece[1]);
        let middle = 0.5 * (from + to);
        let last = own.iter().copied().rfind(|&at| at <= from + 1e-16);
        if last.is_some_and(|at| (from - at).abs() < 1e-16) {
            x = lif.reset_level();
        }
        let since = |t: f64| last.map_or(f64::INFINITY, |at| t - at);
        let steps = 600;
        let h = (to - from) / f64::from(steps);
        // The step after an arrival begins with it, though the sum of seconds may be a bit before.
        let v = |t: f64| drive(lif, neuron, t.max(from + 1e-17).min(to - 1e-17));
        let g = |t: f64, x: f64| {
            let r = last.map_or(0.0, |at| (-(t - at - fades).max(0.0) / tau).exp());
            1e-7 + 0.9e-6 * ((rest + x) / (rest + theta)).max(0.0) + 34e-6 * r
        };
        // In compliance the limiter takes the rest.
        let i_cc = behind.i_cc.get();
        let over = |t: f64, x: f64| v(t).abs() * g(t, x) - i_cc;
        let power = |t: f64, x: f64, limited: bool| {
            if limited { i_cc * i_cc / g(t, x) } else { v(t) * v(t) * g(t, x) }
        };
        for step in 0..steps {
            let t = from + f64::from(step) * h;
            let slope = |t: f64, x: f64| (v(t) - x) / tau;
            let k1 = slope(t, x);
            let k2 = slope(t + h / 2.0, x + h / 2.0 * k1);
            let k3 = slope(t + h / 2.0, x + h / 2.0 * k2);
            let k4 = slope(t + h, x + h * k3);
            let half = x + h / 24.0 * (5.0 * k1 + 4.0 * k2 + 4.0 * k3 - k4);
            let next = x + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
            let (half, next) = if since(middle) < dead { (x, x) } else { (half, next) };
            // A parabola through the step, for where it enters or leaves compliance, or passes u = 0.
            let at = |s: f64| {
                let (b, c) = (4.0 * half - 3.0 * x - next, 2.0 * (x + next) - 4.0 * half);
                x + s * (b + s * c)
            };
            let bends: [&dyn Fn(f64) -> f64; 2] = [&|s| over(t + s * h, at(s)), &|s| at(s) + rest];
            let mut parts = vec![0.0, 1.0];
            parts.extend(bends.iter().filter_map(|f| root(f)));
            parts.sort_by(f64::total_cmp);
            for part in parts.windows(2).filter(|_| since(middle) > on) {
                let (s0, s1) = (part[0], part[1]);
                let half = 0.5 * (s0 + s1);
                let limited = over(t + half * h, at(half)) > 0.0;
                let p = |s: f64| power(t + s * h, at(s), limited);
                sum += (s1 - s0) * h / 6.0 * (p(s0) + 4.0 * p(half) + p(s1));
            }
            x = next;
        }
    }
    sum
}

#[test]
fn what_a_switch_spends_off_under_fading_currents_is_the_integral() {
    let lif =
        Lif { i_bias: Ampere::new(40e-9), reset: Reset::Hold, t_ref: Second::new(2e-3), ..Lif::default() };
    // The sum knows no floor.
    let switch = Switch { i_bias: Ampere::new(40e-9), floor: Floor::None, ..Switch::default() };
    let natural = switch.membrane().t_ref.get();
    for (neuron, membrane, on, times) in [
        (Neuron::from(lif.clone()), lif.clone(), Time::from_fs(MS / 2), (2e-3, 0.5e-3, 0.5e-3)),
        // On for longer than it is dead.
        (Neuron::from(lif.clone()), lif, Time::from_fs(3 * MS), (2e-3, 3e-3, 3e-3)),
        (Neuron::from(switch.clone()), switch.membrane(), Time::from_fs(MS / 10), (natural, natural, 1e-4)),
    ] {
        let network = network(&neuron, on, true);
        let (spikes, spent) = run::<Lanes>(&network, END);
        assert_eq!((spikes.clone(), spent), run::<Heap>(&network, END), "the engines");
        let (same, nothing) = run::<Lanes>(&self::network(&neuron, on, false), END);
        assert_eq!((spikes.clone(), None), (same, nothing), "a spike moved because somebody counts joules");
        assert!(spikes.len() > 4, "{spikes:?}");
        let want: f64 = (0..2).map(|k| summed(&membrane, k, &spikes, times)).sum();
        let [_, _, got] = spent.unwrap();
        assert!((got / want - 1.0).abs() < 1e-9, "{got} J, summed {want} J: {:e}", got / want - 1.0);
    }
}

#[test]
fn it_ends_with_the_episode_and_a_neuron_nobody_drives_spends_nothing() {
    let lif = Lif { i_bias: Ampere::new(100e-9), ..Lif::default() };
    let of = |lif: &Lif, ms: u64| {
        let mut builder = Builder::default();
        let nothing = Current::steps(&[(Time::ZERO, 0.0)], Time::ZERO, None).unwrap();
        let source = builder.source("none", 1, SourceKind::Current(nothing));
        let one = builder.population("one", 1, lif.clone());
        builder.behind(one, behind());
        builder.projection("drive", source, one, Kernel::Current, Time::ZERO, Rows::Dense);
        let network = builder.finish().unwrap();
        let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
        let weights = Weights::from_values(&network, &[vec![1.0]]);
        simulation.run(&weights, Time::from_fs(ms * MS), &mut Vec::new()).unwrap();
        simulation.spent(0).unwrap()[2]
    };
    assert_eq!(of(&Lif::default(), 50), 0.0);
    // V^2 [g_off d + (g_pre - g_off)/V_th (V' d - (V' - u0) tau (1 - e^(-d/tau)))].
    let (v, tau, rest) = (0.1, 9.41e-3, 0.43e-3);
    for ms in [1, 10, 50] {
        let d = ms as f64 * 1e-3;
        let grown = (v + rest) * d - v * tau * (1.0 - (-d / tau).exp());
        let want = v * v * (1e-7 * d + 0.9e-6 / 0.25 * grown);
        assert!((of(&lif, ms) / want - 1.0).abs() < 1e-12, "{} J, not {want} J", of(&lif, ms));
    }
    // A bias below rest on a floor: from 0.1 V it is at rest after tau ln((x0 + v)/v), and conducts what is left there.
    let wall = Lif { i_bias: Ampere::new(-100e-9), u_0: Some(Volt::new(0.1)), floor: Floor::Rest, ..lif };
    let x0 = 0.1 - rest;
    let meets = tau * ((x0 + v) / v).ln();
    for ms in [1, 10, 50] {
        let d = ms as f64 * 1e-3;
        let falls = d.min(meets);
        let above = (x0 + v) * tau * (1.0 - (-falls / tau).exp()) - v * falls;
        let want = v * v * (1e-7 * d + 0.9e-6 / 0.25 * (rest * d + above));
        assert!((of(&wall, ms) / want - 1.0).abs() < 1e-12, "{} J, not {want} J", of(&wall, ms));
    }
}
