//! Networks with synaptic currents that decay, against closed forms, an integral equation and a grid.

use memspike::encoding::{AliasTable, BLOCK, BlockRate};
use memspike::engine::{Clocked, ClockedError, Heap, Lanes, Membranes, Queue, Simulation, Spike};
use memspike::network::{Builder, Delays, Fault, Form, Kernel, Network, Origin, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Reset};
use memspike::time::Time;
use memspike::units::{Ampere, Ohm, Second, Volt};
use memspike::waveform::Waveform;
use std::sync::Arc;

const MS: u64 = 1_000_000_000_000;

fn ms(milliseconds: f64) -> Time {
    Time::from_fs((milliseconds * MS as f64).round() as u64)
}

/// Threshold 0.25 V, 1 MOhm, reset to rest at 0 V: a current in microamperes drives in volts.
fn lif(tau_ms: f64, t_ref_ms: f64, bias: f64) -> Lif {
    Lif {
        tau_m: Second::new(tau_ms * 1e-3),
        u_rest: Volt::ZERO,
        v_th: Volt::new(0.25),
        reset: Reset::Rest,
        t_ref: Second::new(t_ref_ms * 1e-3),
        r_m: Ohm::new(1e6),
        i_bias: Ampere::new(bias * 1e-6),
        ..Lif::default()
    }
}

fn exponential(tau_ms: f64) -> Kernel {
    Kernel::Exponential { tau: Second::new(tau_ms * 1e-3) }
}

fn alpha(tau_ms: f64) -> Kernel {
    Kernel::Alpha { tau: Second::new(tau_ms * 1e-3) }
}

fn double_exponential(rise_ms: f64, tau_ms: f64) -> Kernel {
    Kernel::DoubleExponential { rise: Second::new(rise_ms * 1e-3), tau: Second::new(tau_ms * 1e-3) }
}

/// One neuron and, for each (kernel, weight, times in ms), an input of its own.
fn one_neuron(neuron: Lif, inputs: &[(Kernel, f64, &[f64])]) -> (Arc<Network>, Weights<f64>) {
    let mut builder = Builder::default();
    let population = builder.population("n", 1, neuron);
    let mut values = Vec::new();
    for (index, (kernel, weight, times)) in inputs.iter().enumerate() {
        let list = times.iter().map(|&at| (ms(at), 0)).collect();
        let source = builder.source(&format!("s{index}"), 1, SourceKind::List(list));
        builder.projection(&format!("p{index}"), source, population, kernel.clone(), Time::ZERO, Rows::Dense);
        values.push(vec![if *kernel == Kernel::Delta { *weight } else { *weight * 1e-6 }]);
    }
    let network = builder.finish().unwrap();
    let weights = Weights::from_values(&network, &values);
    (network, weights)
}

fn spikes<Q: Queue<f64>>(
    network: &Arc<Network>,
    weights: &Weights<f64>,
    end: Time,
) -> (Vec<Spike>, Vec<f64>) {
    let mut simulation = Simulation::<f64, Q>::new(network, 1);
    let mut spikes = Vec::new();
    simulation.run(weights, end, &mut spikes).unwrap();
    (spikes, simulation.membranes(0))
}

#[test]
fn a_population_with_currents_keeps_its_own_time_and_kernels_of_one_time_constant_share_a_current() {
    let (network, weights) = one_neuron(
        lif(10.0, 0.0, 0.0),
        &[(exponential(5.0), 0.2, &[1.0]), (alpha(5.0), 0.2, &[1.0]), (exponential(3.0), 0.2, &[1.0])],
    );
    assert_eq!(network.populations[0].form, Form::OwnTime);
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    simulation.run(&weights, ms(2.0), &mut Vec::<Spike>::new()).unwrap();
    let state = simulation.state();
    let Membranes::Free(memspike::engine::Saved { currents, .. }) = &state.populations[0] else {
        panic!("own time")
    };
    assert_eq!(currents.len(), 2);
    assert!((currents[0].p - 0.2).abs() < 1e-15 && (currents[0].q - 0.2 * std::f64::consts::E).abs() < 1e-15);
}

#[test]
fn the_membrane_follows_the_textbook_response_to_both_kernels() {
    let (tau, syn) = (10.0, 4.0);
    for at in [1.5, 3.0, 8.0, 30.0f64] {
        let t = at - 1.0;
        let (network, weights) = one_neuron(lif(tau, 0.0, 0.0), &[(exponential(syn), 0.1, &[1.0])]);
        let u = spikes::<Lanes>(&network, &weights, ms(at)).1[0];
        let want = 0.1 / (1.0 - tau / syn) * ((-t / syn).exp() - (-t / tau).exp());
        assert!((u - want).abs() < 1e-16, "{u} {want}");
        let (network, weights) = one_neuron(lif(tau, 0.0, 0.0), &[(alpha(syn), 0.1, &[1.0])]);
        let u = spikes::<Lanes>(&network, &weights, ms(at)).1[0];
        let k = 1.0 - tau / syn;
        let fading = (t / syn / k - tau / syn / (k * k)) * (-t / syn).exp();
        let want = 0.1 * std::f64::consts::E * (fading + tau / syn / (k * k) * (-t / tau).exp());
        assert!((u - want).abs() < 1e-15, "{u} {want}");
        let rise = 0.5;
        let (network, weights) =
            one_neuron(lif(tau, 0.0, 0.0), &[(double_exponential(rise, syn), 0.1, &[1.0])]);
        let u = spikes::<Lanes>(&network, &weights, ms(at)).1[0];
        let peak: f64 = rise * syn / (syn - rise) * (syn / rise).ln();
        let n = 1.0 / ((-peak / syn).exp() - (-peak / rise).exp());
        let response = |s: f64| ((-t / s).exp() - (-t / tau).exp()) / (1.0 - tau / s);
        let want = 0.1 * n * (response(syn) - response(rise));
        assert!((u - want).abs() < 1e-15, "{u} {want}");
    }
}

#[test]
fn while_refractory_jumps_are_lost_and_currents_come_in_and_fade() {
    // A jump fires the neuron at 1 ms; held until 4 ms. A current arrives at 2 ms, jumps at 2 and 4 ms.
    let inputs: [(Kernel, f64, &[f64]); 2] =
        [(Kernel::Delta, 0.3, &[1.0, 2.0]), (exponential(5.0), 0.2, &[2.0])];
    let (network, weights) = one_neuron(lif(10.0, 3.0, 0.0), &inputs);
    for end in [3.0, 4.0] {
        assert_eq!(spikes::<Lanes>(&network, &weights, ms(end)).1[0], 0.0, "held at {end} ms");
    }
    let (fired, u) = spikes::<Lanes>(&network, &weights, ms(6.0));
    assert_eq!(fired.iter().map(|spike| spike.time).collect::<Vec<_>>(), [ms(1.0)]);
    let left = 0.2 * (-2.0 / 5.0f64).exp();
    let want = left / (1.0 - 10.0 / 5.0) * ((-2.0 / 5.0f64).exp() - (-2.0 / 10.0f64).exp());
    assert!((u[0] - want).abs() < 1e-16, "{} {want}", u[0]);
}

#[test]
fn firing_times_under_currents_solve_the_equation_to_a_femtosecond() {
    // tau_syn = tau_m: x = p s e^-s reaches theta at s = -W0(-theta/p).
    let p = 2.0;
    let s = -memspike::numeric::lambert_w0(-0.25 / p).unwrap();
    let (network, weights) = one_neuron(lif(10.0, 0.0, 0.0), &[(exponential(10.0), p, &[1.0])]);
    let fired = spikes::<Lanes>(&network, &weights, ms(3.0)).0;
    let want = MS as f64 * (1.0 + 10.0 * s);
    let got = fired[0].time.fs() as f64;
    assert!(got >= want - 0.01 && got < want + 1.01, "{got} {want}");
}

#[test]
fn a_negative_current_of_its_own_spikes_adapts_the_neuron() {
    // Every spike adds -b to a current that decays with tau_w; at the steady interval T it is -b/(1 - e^(-T/tau_w))
    // right after a spike, and the membrane is at threshold after T.
    let (tau, tau_w, b, drive) = (10.0, 100.0, 0.05, 0.5);
    let mut builder = Builder::default();
    let population = builder.population("n", 2, lif(tau, 0.0, drive));
    let own = Origin::Population(population);
    builder.projection("w", own, population, exponential(tau_w), Time::from_fs(1), Rows::OneToOne);
    let network = builder.finish().unwrap();
    let weights = Weights::from_values(&network, &[vec![-b * 1e-6; 2]]);
    let fired = spikes::<Lanes>(&network, &weights, ms(2000.0)).0;
    assert_eq!(fired, spikes::<Heap>(&network, &weights, ms(2000.0)).0);
    let times: Vec<f64> =
        fired.iter().filter(|spike| spike.neuron == 0).map(|spike| spike.time.as_seconds() * 1e3).collect();
    let first = times[1] - times[0];
    let last = times[times.len() - 1] - times[times.len() - 2];
    let w = b / (1.0 - (-last / tau_w).exp());
    let (membrane, current) = ((-last / tau).exp(), (-last / tau_w).exp());
    let x = drive * (1.0 - membrane) - w / (1.0 - tau / tau_w) * (current - membrane);
    assert!((x - 0.25).abs() < 1e-9, "{x}");
    assert!(last > 1.5 * first, "{first} {last}");
}

/// Mean time from reset to threshold of a membrane under Poisson jumps, from its integral equation.
///
/// With a = rate tau the membrane before the next jump is x w^(1/a), w uniform, so
/// T(x) = 1/rate + int_0^1 T(x w^(1/a) + jump) dw = 1/rate + x^-a int_0^x a y^(a-1) T(y + jump) dy, and T = 0
/// from threshold on. Solved on a grid of `cells` per jump by iteration, T linear in each cell.
fn first_passage(rate: f64, tau: f64, jump_cells: usize, threshold_cells: usize) -> f64 {
    let a = rate * tau;
    let mut t = vec![0.0; threshold_cells];
    for _ in 0..100_000 {
        let at = |t: &[f64], k: usize| t.get(k).copied().unwrap_or(0.0);
        let mut next = vec![1.0 / rate + at(&t, jump_cells); threshold_cells];
        let mut integral = 0.0;
        for (k, mean) in next.iter_mut().enumerate().skip(1) {
            let (low, high) = ((k - 1) as f64, k as f64);
            let kept = (low / high).powf(a);
            // From the right of a grid point, since T falls to 0 there at threshold.
            let (left, right) = (at(&t, k - 1 + jump_cells), at(&t, k + jump_cells));
            let inside = k - 1 + jump_cells < threshold_cells;
            let right = if inside && k + jump_cells >= threshold_cells {
                2.0 * left - at(&t, k - 2 + jump_cells)
            } else {
                right
            };
            let slope = right - left;
            let level = left - slope * low;
            let moment = a / (a + 1.0) * (high - low * kept);
            integral = integral * kept + if inside { level * (1.0 - kept) + slope * moment } else { 0.0 };
            *mean = 1.0 / rate + integral;
        }
        let change = next.iter().zip(&t).fold(0.0f64, |most, (a, b)| most.max((a - b).abs()));
        t = next;
        if change < 1e-12 / rate {
            break;
        }
    }
    t[0]
}

#[test]
fn the_integral_equation_has_the_limits_it_must_have() {
    // One jump fires: 1/rate. Without leak, ceil(threshold/jump) jumps.
    assert!((first_passage(100.0, 0.01, 300, 250) - 0.01).abs() < 1e-12);
    assert!((first_passage(1e3, 1e4, 100, 250) / 3e-3 - 1.0).abs() < 1e-4);
    // And it does not depend on the grid.
    let (coarse, fine) = (first_passage(300.0, 0.01, 40, 90), first_passage(300.0, 0.01, 320, 720));
    assert!((coarse / fine - 1.0).abs() < 2e-3, "{coarse} {fine}");
}

#[test]
fn poisson_jumps_fire_the_neuron_at_the_exact_rate_not_the_diffusion_one() {
    // (rate in hertz, jump in cells of 400 per threshold): near, below and far below one jump per spike.
    for (rate, cells, t_ref_ms, seconds) in
        [(500.0, 120, 0.0, 40.0), (900.0, 90, 2.0, 40.0), (3000.0, 36, 1.0, 20.0), (400.0, 250, 0.0, 20.0)]
    {
        let threshold = 400;
        let neuron = lif(10.0, t_ref_ms, 0.0);
        let jump = 0.25 * cells as f64 / threshold as f64;
        let size = 100;
        let mut builder = Builder::default();
        let source = builder.source("in", size, SourceKind::Poisson);
        let population = builder.population("n", size, neuron);
        builder.projection("p", source, population, Kernel::Delta, Time::ZERO, Rows::OneToOne);
        let network = builder.finish().unwrap();
        let weights = Weights::from_values(&network, &[vec![jump; size as usize]]);
        let table = AliasTable::new(&vec![1; size as usize]);
        assert!(size <= BLOCK);
        let block = BlockRate::new(&table.cells, rate * f64::from(size));
        let mut simulation = Simulation::<f64, Lanes>::new(&network, 11);
        simulation.begin(0, &[block]).unwrap();
        let mut all = Vec::<Spike>::new();
        simulation.run(&weights, ms(seconds * 1e3), &mut all).unwrap();
        // Intervals of one neuron are independent: the mean and its standard error.
        let mut last = vec![None; size as usize];
        let mut intervals = Vec::new();
        for spike in &all {
            if let Some(before) = last[spike.neuron as usize].replace(spike.time) {
                intervals.push(spike.time.seconds_since(before));
            }
        }
        let n = intervals.len() as f64;
        let mean = intervals.iter().sum::<f64>() / n;
        let variance = intervals.iter().map(|i| (i - mean) * (i - mean)).sum::<f64>() / (n - 1.0);
        let error = (variance / n).sqrt();
        let want = t_ref_ms * 1e-3 + first_passage(rate, 0.01, cells, threshold);
        assert!(n > 3000.0 && error / mean < 0.02, "{n} intervals");
        assert!(
            (mean - want).abs() < 4.0 * error,
            "{rate} Hz, {cells}: {mean} s, exact {want} s, error {error}"
        );
    }
}

/// Three neurons in a ring and a reader: bias, both kernels, a pulse-free feedback with delays, inhibition.
fn ring() -> (Arc<Network>, Weights<f64>) {
    let mut builder = Builder::default();
    let start = builder.source("start", 1, SourceKind::List(vec![(ms(0.8), 0), (ms(10.4), 0)]));
    let ring = builder.population("ring", 3, lif(10.0, 1.6, 0.2));
    let reader = builder.population("reader", 1, lif(20.0, 0.0, 0.0));
    let rows = Rows::sparse(vec![0, 1, 2, 3], vec![1, 2, 0]);
    builder.projection("kick", start, ring, exponential(2.0), Time::ZERO, Rows::Dense);
    builder.projection("next", Origin::Population(ring), ring, alpha(3.0), ms(1.6), rows);
    builder.projection("read", Origin::Population(ring), reader, exponential(10.0), ms(0.8), Rows::Dense);
    let inhibition = Rows::sparse(vec![0, 3], vec![0, 1, 2]);
    builder.projection("stop", Origin::Population(reader), ring, exponential(5.0), ms(3.2), inhibition);
    let network = builder.finish().unwrap();
    let values =
        vec![vec![1.2e-6, 0.9e-6, 0.6e-6], vec![0.8e-6; 3], vec![0.25e-6, 0.3e-6, 0.35e-6], vec![-0.1e-6; 3]];
    let weights = Weights::from_values(&network, &values);
    (network, weights)
}

#[test]
fn spike_times_on_a_grid_converge_linearly_to_the_exact_ones() {
    let (network, weights) = ring();
    let end = ms(60.0);
    let exact = spikes::<Lanes>(&network, &weights, end).0;
    assert!(exact.len() > 12 && exact.iter().any(|spike| spike.population == 1), "{exact:?}");
    let error = |dt: Time| {
        let mut clocked = Clocked::new(&network, &weights, &[], 1, dt).unwrap();
        let mut found = Vec::<Spike>::new();
        clocked.run(end, &mut found).unwrap();
        // Neuron by neuron: on the grid two may change places.
        let mut pairs = 0;
        let mut most = 0.0f64;
        for (population, neuron) in [(0, 0), (0, 1), (0, 2), (1, 0)] {
            let of = |all: &[Spike]| -> Vec<Time> {
                all.iter()
                    .filter(|s| (s.population, s.neuron) == (population, neuron))
                    .map(|s| s.time)
                    .collect()
            };
            let (one, other) = (of(&exact), of(&found));
            assert!(one.len().abs_diff(other.len()) <= 1, "dt {dt}: {} and {}", one.len(), other.len());
            for (a, b) in one.iter().zip(&other) {
                most = most.max((a.fs() as f64 - b.fs() as f64).abs());
                pairs += 1;
            }
        }
        assert!(pairs > 12);
        most / MS as f64
    };
    // All delays and times of the description are multiples of every step.
    let errors: Vec<f64> = [0.1, 0.05, 0.025, 0.0125, 0.00625].iter().map(|&dt| error(ms(dt))).collect();
    for (error, dt) in errors.iter().zip([0.1, 0.05, 0.025, 0.0125, 0.00625]) {
        assert!(*error < 25.0 * dt, "{errors:?}: a step late at every spike of a chain of them");
    }
    let order = (errors[0] / errors[4]).log2() / 4.0;
    assert!((0.6..1.5).contains(&order), "{errors:?}: order {order}");
}

#[test]
fn the_grid_draws_the_same_source_spikes_and_counts_alike() {
    let mut builder = Builder::default();
    let source = builder.source("in", 50, SourceKind::Poisson);
    let dead = builder.source("dead", 7, SourceKind::DeadTime { rate: 40.0, dead: ms(5.0) });
    let population = builder.population("n", 5, lif(10.0, 0.0, 0.1));
    builder.projection("p", source, population, Kernel::Delta, Time::ZERO, Rows::Dense);
    builder.projection("q", dead, population, exponential(4.0), ms(1.0), Rows::Dense);
    let network = builder.finish().unwrap();
    let weights = Weights::from_values(&network, &[vec![0.02; 250], vec![0.05e-6; 35]]);
    let table = AliasTable::new(&[1; 50]);
    let rates = [BlockRate::new(&table.cells, 1000.0)];
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 5);
    simulation.begin(0, &rates).unwrap();
    let mut exact = Vec::<Spike>::new();
    simulation.run(&weights, ms(500.0), &mut exact).unwrap();
    let mut clocked = Clocked::new(&network, &weights, &rates, 5, ms(0.01)).unwrap();
    let mut found = Vec::<Spike>::new();
    clocked.run(ms(500.0), &mut found).unwrap();
    assert_eq!(clocked.counts().poisson, simulation.counts().poisson);
    assert_eq!(clocked.counts().rows, simulation.counts().rows);
    assert!(
        exact.len() > 100 && exact.len().abs_diff(found.len()) * 20 < exact.len(),
        "{} {}",
        exact.len(),
        found.len()
    );
    // Taken in pieces, step by step, it is the same run.
    let mut pieces = Clocked::new(&network, &weights, &rates, 5, ms(0.01)).unwrap();
    let mut again = Vec::<Spike>::new();
    for end in [0.003, 1.0, 1.004, 77.7, 500.0] {
        pieces.run(ms(end), &mut again).unwrap();
    }
    assert_eq!(again, found);
}

#[test]
fn jumps_pulses_and_resets_on_a_fine_grid_are_those_of_the_event_engine() {
    use memspike::waveform::Waveform;
    for reset in [Reset::Rest, Reset::Value, Reset::Hold, Reset::Subtract, Reset::SubtractOnce] {
        let neuron = Lif { reset, u_reset: Volt::new(-0.05), ..lif(10.0, 0.7, 0.1) };
        let triangle = Kernel::Pulse(Waveform::triangle(1.0, ms(4.0)).breakpoints());
        let rectangle = Kernel::Pulse(Waveform::rectangle(1.0, ms(3.0)).breakpoints());
        let inputs: [(Kernel, f64, &[f64]); 3] = [
            (Kernel::Delta, 0.4, &[1.0, 9.0, 9.5, 30.0, 31.0]),
            (triangle, 1.1, &[3.0, 12.0, 13.0]),
            (rectangle, 0.7, &[20.0, 21.0]),
        ];
        let (network, weights) = one_neuron(neuron, &inputs);
        let exact = spikes::<Lanes>(&network, &weights, ms(50.0)).0;
        let mut clocked = Clocked::new(&network, &weights, &[], 1, ms(0.001)).unwrap();
        let mut found = Vec::<Spike>::new();
        clocked.run(ms(50.0), &mut found).unwrap();
        assert_eq!(exact.len(), found.len(), "{reset:?}");
        for (a, b) in exact.iter().zip(&found) {
            let late = (b.time.fs() as f64 - a.time.fs() as f64) / MS as f64;
            assert!(late.abs() < 0.02, "{reset:?}: {} {}", a.time, b.time);
        }
    }
}

#[test]
fn a_chain_without_delay_passes_within_one_step_and_rheobase_is_silent_on_the_grid_too() {
    let mut builder = Builder::default();
    let source = builder.source("s", 1, SourceKind::List(vec![(ms(1.04), 0)]));
    let last = builder.population("last", 1, lif(10.0, 0.0, 0.25));
    let first = builder.population("first", 1, lif(10.0, 0.0, 0.0));
    builder.projection("a", source, first, Kernel::Delta, Time::ZERO, Rows::Dense);
    builder.projection("b", Origin::Population(first), last, Kernel::Delta, Time::ZERO, Rows::Dense);
    let network = builder.finish().unwrap();
    let weights = Weights::from_values(&network, &[vec![0.25], vec![0.25]]);
    let mut clocked = Clocked::new(&network, &weights, &[], 1, ms(0.1)).unwrap();
    let mut found = Vec::<Spike>::new();
    clocked.run(ms(500.0), &mut found).unwrap();
    let spike = |population| Spike { time: ms(1.1), population: population as u32, neuron: 0 };
    assert_eq!(found, [spike(first), spike(last)]);
}

#[test]
fn what_a_grid_cannot_hold_is_refused() {
    use memspike::waveform::Waveform;
    let pulse = Kernel::Pulse(Waveform::rectangle(1.0, ms(0.05)).breakpoints());
    let (network, weights) = one_neuron(lif(10.0, 0.0, 0.0), &[(pulse, 1.0, &[1.0])]);
    let refused = |dt: Time| Clocked::new(&network, &weights, &[], 1, dt).err().unwrap();
    assert!(matches!(refused(ms(0.1))[..], [ClockedError::ShortPulse { .. }]));
    assert_eq!(refused(Time::ZERO), [ClockedError::NoStep { dt: Time::ZERO }]);
    assert_eq!(
        refused(ms(0.1))[0].to_string(),
        "what projection `p0` carries changes after 0.05 ms, less than a step of 0.1 ms"
    );
}

#[test]
fn a_switch_with_cycles_of_their_own_is_refused_on_a_grid() {
    use memspike::device::threshold::ThresholdSpread;
    use memspike::neuron::Switch;
    let mut builder = Builder::default();
    let spread = ThresholdSpread { cycle: 0.02, ..ThresholdSpread::default() };
    let switch = Switch { spread, ..Switch::default() };
    builder.population("switches", 2, switch);
    let network = builder.finish().unwrap();
    let weights = Weights::from_values(&network, &[]);
    let faults = Clocked::new(&network, &weights, &[], 1, ms(0.1)).err().unwrap();
    assert_eq!(faults, [ClockedError::Varies { population: "switches".into() }]);
}

#[test]
fn impossible_currents_and_sources_are_faults_of_the_network() {
    let mut builder = Builder::default();
    let source = builder.source("s", 1, SourceKind::DeadTime { rate: 100.0, dead: ms(10.0) });
    let period = ms(3.0);
    builder.source("b", 1, SourceKind::Bursts { start: Time::ZERO, period, count: 4, interval: ms(1.0) });
    let population = builder.population("n", 1, lif(10.0, 0.0, 0.0));
    for k in 0..9 {
        builder.projection("p", source, population, exponential(f64::from(k)), Time::ZERO, Rows::Dense);
    }
    let faults = builder.finish().unwrap_err();
    let text: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        text,
        [
            "source `s` has a rate of 100 Hz with a dead time of 10 ms, which allows less",
            "source `b` has bursts of 4 spikes 1 ms apart every 3 ms; a burst must end before the next",
            "population `n` has synaptic currents of 9 different time constants; allowed: up to 8",
            "projection `p` has a current that decays with 0 s; allowed: more than 0 s",
        ]
    );
    assert!(faults.iter().any(|fault| matches!(fault, Fault::Decays { found: 9, .. })));
}

/// Three neurons fed by one line and by each other; each synapse has its own delay, or each its own projection.
fn own_delays(kernel: &Kernel, together: bool) -> (Arc<Network>, Weights<f64>) {
    let mut builder = Builder::default();
    let population = builder.population("n", 3, lif(10.0, 1.5, 0.1));
    let times = (0..40).map(|k| (Time::from_fs(k * 1_700_000_000_001), 0)).collect();
    let source = builder.source("s", 1, SourceKind::List(times));
    let unit = if *kernel == Kernel::Delta { 0.3 } else { 1e-6 };
    let synapses = |rows: u32| {
        let pairs = (0..rows).flat_map(|pre| (0..3).map(move |post| (pre, post)));
        pairs.map(|(pre, post)| (pre, post, 100_000_000_007 * u64::from(1 + 5 * pre + 3 * post)))
    };
    let mut values = Vec::new();
    for (name, from, rows) in [("in", source, 1), ("own", Origin::Population(population), 3)] {
        let weight = |pre: u32, post: u32| unit * f64::from(1 + (pre + 2 * post) % 4) * 0.2;
        if together {
            let start = (0..=rows as usize).map(|row| 3 * row).collect();
            let targets = synapses(rows).map(|synapse| synapse.1).collect();
            let connect = Rows::sparse(start, targets);
            let number = builder.projection(name, from, population, kernel.clone(), Time::ZERO, connect);
            builder.delays(number, Delays::Exact(synapses(rows).map(|synapse| synapse.2).collect()));
            values.push(synapses(rows).map(|(pre, post, _)| weight(pre, post)).collect());
            continue;
        }
        for (pre, post, delay) in synapses(rows) {
            let start = (0..=rows).map(|row| usize::from(row > pre)).collect();
            let connect = Rows::sparse(start, vec![post]);
            let name = format!("{name}-{pre}-{post}");
            builder.projection(&name, from, population, kernel.clone(), Time::from_fs(delay), connect);
            values.push(vec![weight(pre, post)]);
        }
    }
    let network = builder.finish().unwrap();
    let weights = Weights::from_values(&network, &values);
    (network, weights)
}

#[test]
fn delays_of_single_synapses_are_those_of_single_projections_whatever_the_kernel() {
    let kernels = [
        Kernel::Delta,
        exponential(4.0),
        exponential(10.0),
        alpha(3.0),
        double_exponential(0.7, 4.0),
        Kernel::Pulse(Waveform::rectangle(1.0, ms(2.0)).breakpoints()),
        Kernel::Pulse(Waveform::triangle(1.0, ms(3.0)).breakpoints()),
    ];
    for kernel in kernels {
        let run = |together: bool| {
            let (network, weights) = own_delays(&kernel, together);
            let (fast, u) = spikes::<Lanes>(&network, &weights, ms(80.0));
            assert_eq!((fast.clone(), u.clone()), spikes::<Heap>(&network, &weights, ms(80.0)));
            fast
        };
        let fired = run(true);
        assert!(fired.len() > 20, "{kernel:?}: {}", fired.len());
        assert_eq!(fired, run(false), "{kernel:?}");
    }
}

#[test]
fn a_bound_on_the_next_crossing_is_never_later_than_the_crossing() {
    use memspike::neuron::synaptic::{Bound, Current, Decay, Drive, bound, crossing};
    let (tau, theta) = (10e-3, 0.25);
    let mut known = 0;
    let mut number = 1u64;
    let mut uniform = |low: f64, high: f64| {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * (number >> 11) as f64 / (1u64 << 53) as f64
    };
    for _ in 0..20_000 {
        let decays = [Decay::new(uniform(1e-3, 40e-3), tau), Decay::new(uniform(1e-3, 40e-3), tau)];
        let currents = [
            Current { p: uniform(-1.0, 1.5), q: uniform(-2.0, 2.0) },
            Current { p: uniform(-1.0, 1.0), q: 0.0 },
        ];
        let b = if uniform(0.0, 1.0) < 0.3 { uniform(-50.0, 5.0) } else { 0.0 };
        let (a, x0) = (uniform(-0.3, 0.4), uniform(-0.5, 0.3));
        let drive = Drive { a, b, decays: &decays, currents: &currents };
        let found = crossing(tau, x0, &drive, theta, 10.0);
        match bound(tau, x0, &drive, theta) {
            Bound::Never => assert_eq!(found, None),
            Bound::NotBefore(span) => {
                assert!(span > 0.0 && x0 < theta);
                assert!(found.is_none_or(|found| found >= span), "{found:?} before {span}");
                known += 1;
            }
            Bound::Unknown => assert!(b > 0.0 || x0 >= theta, "x0 = {x0}, b = {b}"),
        }
    }
    assert!(known > 5000, "{known}");
}
