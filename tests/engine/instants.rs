//! What happens at one instant: coincidences placed by hand.

use crate::common::{self, Built, Learner, build, end_of, networks, ticks};
use memspike::engine::{Heap, Lanes, Membranes, Queue, Record, Silent, Simulation, Spike, Stream};
use memspike::network::{Builder, Fault, Form, Kernel, Network, Origin, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Reset};
use memspike::time::Time;
use memspike::units::{Ampere, Second, Volt};
use memspike::waveform::{Breakpoint, Waveform};
use proptest::prelude::*;
use std::sync::Arc;

const MS: u64 = 1_000_000_000_000;

fn fs(time: u64) -> Time {
    Time::from_fs(time)
}

/// Rest at 0 V, threshold 0.25 V.
fn lif(reset: Reset, t_ref_ms: f64) -> Lif {
    Lif { u_rest: Volt::ZERO, reset, t_ref: Second::new(t_ref_ms * 1e-3), ..Lif::default() }
}

/// A population size, its neuron, its projections from list sources: (spikes, kernel, delay, weight).
struct Case<'a> {
    lif: Lif,
    /// Adds a sparse projection of no weight, which keeps the population from sharing a decay.
    own_time: bool,
    inputs: &'a [(&'a [u64], Kernel, u64, f64)],
}

impl Case<'_> {
    fn network(&self) -> (Arc<Network>, Vec<Vec<f64>>) {
        let mut builder = Builder::default();
        let population = builder.population("p", 1, self.lif.clone());
        let mut values = Vec::new();
        for (index, (spikes, kernel, delay, weight)) in self.inputs.iter().enumerate() {
            let list = spikes.iter().map(|&time| (fs(time), 0)).collect();
            let source = builder.source(&format!("s{index}"), 1, SourceKind::List(list));
            builder.projection("i", source, population, kernel.clone(), fs(*delay), Rows::Dense);
            values.push(vec![*weight]);
        }
        if self.own_time {
            let source = builder.source("never", 1, SourceKind::List(Vec::new()));
            // A current that never flows: only membranes that keep their own time take one.
            let kernel = Kernel::Exponential { tau: memspike::units::Second::new(1e-3) };
            builder.projection("n", source, population, kernel, fs(0), Rows::Dense);
            values.push(vec![0.0]);
        }
        (builder.finish().unwrap(), values)
    }

    /// Spike times of the neuron; the same under both engines.
    fn spikes(&self, end: u64) -> Vec<u64> {
        let (network, values) = self.network();
        let form = if self.own_time { Form::OwnTime } else { network.populations[0].form };
        assert_eq!(network.populations[0].form, form);
        let weights = Weights::from_values(&network, &values);
        let mut fast: Vec<Spike> = Vec::new();
        let mut reference: Vec<Spike> = Vec::new();
        Simulation::<f64, Lanes>::new(&network, 1).run(&weights, fs(end), &mut fast).unwrap();
        Simulation::<f64, Heap>::new(&network, 1).run(&weights, fs(end), &mut reference).unwrap();
        assert_eq!(fast, reference);
        fast.into_iter().map(|spike| spike.time.fs()).collect()
    }
}

/// Spikes of the same case under both arithmetic forms, which must agree.
fn jumps(lif: &Lif, inputs: &[(&[u64], Kernel, u64, f64)], end: u64) -> Vec<u64> {
    let shared = Case { lif: lif.clone(), own_time: false, inputs }.spikes(end);
    let own = Case { lif: lif.clone(), own_time: true, inputs }.spikes(end);
    assert_eq!(shared, own, "shared decay and own time");
    shared
}

const JUMP: Kernel = Kernel::Delta;

#[test]
fn simultaneous_arrivals_are_summed_before_the_test() {
    let rest = lif(Reset::Rest, 0.0);
    assert_eq!(jumps(&rest, &[(&[MS], JUMP, 0, 0.2), (&[MS], JUMP, 0, 0.2)], 2 * MS), [MS]);
    // Excitation and inhibition of one instant cancel, whichever comes first in content.
    assert_eq!(jumps(&rest, &[(&[MS], JUMP, 0, 0.4), (&[MS], JUMP, 0, -0.3)], 2 * MS), [0; 0]);
    assert_eq!(jumps(&rest, &[(&[MS], JUMP, 0, -0.3), (&[MS], JUMP, 0, 0.4)], 2 * MS), [0; 0]);
    // They meet by different delays as well, and a line that spikes twice counts twice.
    assert_eq!(jumps(&rest, &[(&[MS], JUMP, MS, 0.2), (&[2 * MS], JUMP, 0, 0.2)], 3 * MS), [2 * MS]);
    assert_eq!(jumps(&rest, &[(&[MS, MS], JUMP, 0, 0.2)], 3 * MS), [MS]);
}

#[test]
fn an_arrival_at_the_end_of_the_refractory_period_counts_and_one_before_is_lost() {
    let one = lif(Reset::Rest, 1.0);
    let at = |second: u64| jumps(&one, &[(&[MS, second], JUMP, 0, 0.3)], 5 * MS);
    assert_eq!(at(2 * MS), [MS, 2 * MS]);
    assert_eq!(at(2 * MS - 1), [MS]);
    assert_eq!(at(2 * MS + 1), [MS, 2 * MS + 1]);
    // What is lost leaves nothing behind.
    assert_eq!(jumps(&one, &[(&[MS, MS + 1, 2 * MS - 1, 2 * MS], JUMP, 0, 0.3)], 5 * MS), [MS, 2 * MS]);
    assert_eq!(jumps(&one, &[(&[MS, MS + 1, 2 * MS], JUMP, 0, 0.26)], 5 * MS), [MS, 2 * MS]);
    // The arrivals of the spike's own instant were summed before it; a second one does not outlive it.
    assert_eq!(jumps(&one, &[(&[MS, MS, 2 * MS], JUMP, 0, 0.25)], 5 * MS), [MS, 2 * MS]);
}

#[test]
fn a_run_is_half_open() {
    let rest = lif(Reset::Rest, 0.0);
    assert_eq!(jumps(&rest, &[(&[0, MS], JUMP, 0, 0.3)], MS), [0]);
    assert_eq!(jumps(&rest, &[(&[0, MS], JUMP, 0, 0.3)], MS + 1), [0, MS]);
    assert_eq!(jumps(&rest, &[(&[0], JUMP, 0, 0.3)], 0), [0; 0]);
}

#[test]
fn a_jump_to_exactly_the_threshold_fires_and_to_the_number_below_does_not() {
    let rest = lif(Reset::Rest, 0.0);
    assert_eq!(jumps(&rest, &[(&[MS], JUMP, 0, 0.25)], 2 * MS), [MS]);
    assert_eq!(jumps(&rest, &[(&[MS], JUMP, 0, 0.25f64.next_down())], 2 * MS), [0; 0]);
    assert_eq!(jumps(&rest, &[(&[MS], JUMP, 0, 0.125), (&[MS], JUMP, 0, 0.125)], 2 * MS), [MS]);
}

#[test]
fn a_jump_is_as_many_spikes_as_thresholds_fit_into_it_and_nothing_rests_above() {
    let subtract = lif(Reset::Subtract, 0.0);
    // 3.5 thresholds: three spikes, and half a threshold is left, which two inhibitory arrivals do not raise.
    let inputs: &[(&[u64], Kernel, u64, f64)] =
        &[(&[MS], JUMP, 0, 0.875), (&[MS + 10, MS + 20], JUMP, 0, -0.01), (&[MS + 30], JUMP, 0, 0.1)];
    assert_eq!(jumps(&subtract, inputs, 9 * MS), [MS; 3]);
    // 0.875 - 0.75 - 0.02 + 0.1 is 45 mV short of the threshold, then at it.
    let inputs = &[inputs, &[(&[MS + 40], JUMP, 0, 0.046)]].concat();
    assert_eq!(jumps(&subtract, inputs, 9 * MS), [MS, MS, MS, MS + 40]);
    // Exactly four, from one weight or from four.
    assert_eq!(jumps(&subtract, &[(&[MS], JUMP, 0, 1.0)], 50 * MS), [MS; 4]);
    assert_eq!(jumps(&subtract, &[(&[MS; 4], JUMP, 0, 0.25)], 50 * MS), [MS; 4]);
}

#[test]
fn a_refractory_neuron_fires_what_is_left_above_threshold_one_by_one() {
    let subtract = lif(Reset::Subtract, 2.0);
    // 3.5 thresholds: now and after each refractory time, the arrivals meanwhile lost, also that at the end.
    let inputs: &[(&[u64], Kernel, u64, f64)] =
        &[(&[MS], JUMP, 0, 0.875), (&[2 * MS, 3 * MS, 5 * MS, 6 * MS], JUMP, 0, 10.0)];
    assert_eq!(jumps(&subtract, inputs, 7 * MS), [MS, 3 * MS, 5 * MS]);
    // At 7 ms it is free, and half a threshold is left: an arrival then adds to that.
    let inputs = &[inputs, &[(&[7 * MS], JUMP, 0, 0.126)]].concat();
    assert_eq!(jumps(&subtract, inputs, 20 * MS), [MS, 3 * MS, 5 * MS, 7 * MS]);
}

#[test]
fn a_single_subtraction_leaves_the_rest_to_the_next_arrival() {
    let once = lif(Reset::SubtractOnce, 0.0);
    // 1.0 V is four thresholds: one spike now; the rest (3, decaying) at each of the next arrivals.
    let inputs: &[(&[u64], Kernel, u64, f64)] =
        &[(&[MS], JUMP, 0, 1.0), (&[MS + 10, MS + 20, MS + 30, MS + 40], JUMP, 0, 1e-9)];
    assert_eq!(jumps(&once, inputs, 2 * MS), [MS, MS + 10, MS + 20, MS + 30]);
    // An inhibitory arrival is one too.
    let inputs: &[(&[u64], Kernel, u64, f64)] = &[(&[MS], JUMP, 0, 0.6), (&[MS + 10], JUMP, 0, -0.01)];
    assert_eq!(jumps(&once, inputs, 2 * MS), [MS, MS + 10]);
    // Without another arrival nothing happens.
    assert_eq!(jumps(&once, &[(&[MS], JUMP, 0, 1.0)], 50 * MS), [MS]);
    // A drive of 2 V and a jump of 1 V: five times the threshold go out femtosecond by femtosecond.
    let lif = Lif { r_m: memspike::units::Ohm::new(1e6), ..once };
    let pulse = Kernel::Pulse(Waveform::rectangle(1.0, fs(MS)).breakpoints());
    let case = Case { lif, own_time: true, inputs: &[(&[MS], pulse, 0, 2e-6), (&[MS], JUMP, 0, 1.0)] };
    assert_eq!(case.spikes(MS + 1000), [MS, MS + 1, MS + 2, MS + 3]);
}

#[test]
fn a_kick_does_not_silence_a_neuron_whose_bias_makes_it_fire() {
    // 12 mV of bias over a threshold of 10 mV, tau 9.41 ms. A kick of 35 mV at 1 ms finds 12 (1 - e^(-1/9.41)) mV: with
    // it three spikes, and the rest goes on to the next crossing, and from zero to those after it.
    let lif = Lif { v_th: Volt::new(10e-3), ..biased(12e-3, Reset::Subtract, 0.0) };
    let case = Case { lif, own_time: true, inputs: &[(&[MS], JUMP, 0, 35e-3)] };
    let got = case.spikes(60 * MS);
    assert_eq!(got[..3], [MS; 3]);
    let left = 12.0 * (1.0 - (-1.0f64 / 9.41).exp()) + 35.0 - 30.0;
    let first = 1.0 + 9.41 * ((12.0 - left) / 2.0).ln();
    let period = 9.41 * (12.0f64 / 2.0).ln();
    let want: Vec<f64> = (0..4).map(|k| first + f64::from(k) * period).take_while(|&t| t < 60.0).collect();
    assert_eq!(got.len() - 3, want.len(), "{got:?}");
    for (got, want) in got[3..].iter().zip(want) {
        assert!((*got as f64 / MS as f64 - want).abs() < 1e-9, "{got} fs, not {want} ms");
    }
}

#[test]
fn arrivals_at_the_instant_of_a_crossing_are_spikes_of_their_own() {
    // The bias carries it over the threshold; what arrives at that femtosecond, 2.5 thresholds, is two spikes more.
    let lif = biased(0.5, Reset::Subtract, 0.0);
    let at = predicted(&lif);
    let case = Case { lif, own_time: true, inputs: &[(&[at], JUMP, 0, 0.625)] };
    assert_eq!(case.spikes(at + 1), [at; 3]);
}

fn biased(drive: f64, reset: Reset, t_ref_ms: f64) -> Lif {
    Lif { i_bias: Ampere::new(drive / 1e6), r_m: memspike::units::Ohm::new(1e6), ..lif(reset, t_ref_ms) }
}

/// Spike times under bias alone.
fn alone(lif: Lif, end: u64) -> Vec<u64> {
    Case { lif, own_time: true, inputs: &[] }.spikes(end)
}

#[test]
fn a_constant_drive_at_threshold_stays_silent_and_the_next_number_fires() {
    assert_eq!(alone(biased(0.25, Reset::Rest, 0.0), 9000 * MS), [0; 0]);
    let above = Lif { i_bias: Ampere::new(0.250_000_1 / 1e6), ..biased(0.0, Reset::Rest, 0.0) };
    assert!(!alone(above, 900 * MS).is_empty());
}

#[test]
fn constant_drive_fires_at_the_closed_forms_intervals() {
    let lif = biased(0.5, Reset::Hold, 0.5);
    let first = (9.41e-3 * (0.5f64 / 0.25).ln() * 1e15).ceil() as u64;
    let next = (9.41e-3 * (0.4f64 / 0.25).ln() * 1e15).ceil() as u64 + MS / 2;
    let got = alone(lif, 100 * MS);
    assert_eq!(got.len(), 19);
    for (k, time) in got.iter().enumerate() {
        assert!(time.abs_diff(first + k as u64 * next) <= 2, "spike {k} at {time} fs");
    }
}

/// When the first predicted spike under this drive comes.
fn predicted(lif: &Lif) -> u64 {
    alone(lif.clone(), 100 * MS)[0]
}

#[test]
fn a_predicted_firing_and_an_arrival_at_one_instant_are_one_spike() {
    // Without refractory time: the firing comes first, then the jump is added to the reset membrane.
    let lif = biased(0.5, Reset::Rest, 0.0);
    let at = predicted(&lif);
    let with = |jump: f64, end: u64| {
        Case { lif: lif.clone(), own_time: true, inputs: &[(&[at], JUMP, 0, jump)] }.spikes(end)
    };
    assert_eq!(with(0.3, at + MS)[0], at);
    // The leftover of the jump (0.3 V, above threshold, raised by the drive) goes out a femtosecond later.
    assert_eq!(with(0.3, at + 10), [at, at + 1]);
    // A jump below threshold shortens the next interval.
    let next = with(0.1, at + 20 * MS)[1] - at;
    let want = 9.41e-3 * (0.4f64 / 0.25).ln() * 1e15;
    assert!((next as f64 - want).abs() <= 2.0, "{next} fs, closed form {want}");
    // With refractory time the jump is lost.
    let lif = biased(0.5, Reset::Rest, 1.0);
    let inputs: &[(&[u64], Kernel, u64, f64)] = &[(&[at], JUMP, 0, 0.3)];
    let lost = Case { lif: lif.clone(), own_time: true, inputs }.spikes(30 * MS);
    assert_eq!(lost, alone(lif, 30 * MS));
}

#[test]
fn an_arrival_takes_a_prediction_back_or_brings_it_forward() {
    let lif = biased(0.5, Reset::Rest, 0.0);
    let at = predicted(&lif);
    let with = |time: u64, jump: f64| {
        Case { lif: lif.clone(), own_time: true, inputs: &[(&[time], JUMP, 0, jump)] }.spikes(at + 1)
    };
    assert_eq!(with(at - 1, 0.01), [at - 1], "the jump itself crosses");
    assert_eq!(with(at - 1, -0.1), [0; 0], "inhibition a femtosecond before");
    assert!(with(at / 2, 0.05)[0] < at);
}

#[test]
fn the_end_of_a_refractory_period_and_an_arrival_at_one_instant() {
    // Under bias and jumps: the period ends first, then the jump counts, then one prediction is made.
    let lif = biased(0.5, Reset::Rest, 1.0);
    let at = predicted(&lif);
    let inputs: &[(&[u64], Kernel, u64, f64)] = &[(&[at + MS], JUMP, 0, 0.3)];
    assert_eq!(Case { lif: lif.clone(), own_time: true, inputs }.spikes(at + MS + 1), [at, at + MS]);
    let inputs: &[(&[u64], Kernel, u64, f64)] = &[(&[at + MS], JUMP, 0, 0.1)];
    let spikes = Case { lif, own_time: true, inputs }.spikes(at + 20 * MS);
    let want = 9.41e-3 * (0.4f64 / 0.25).ln() * 1e15;
    assert!(((spikes[1] - at - MS) as f64 - want).abs() <= 2.0);
}

#[test]
fn a_pulse_that_ends_at_the_predicted_instant_still_fires_and_one_femtosecond_earlier_does_not() {
    let lif = lif(Reset::Rest, 0.0);
    let fires = (9.41e-3 * 2.0f64.ln() * 1e15).ceil() as u64;
    let with = |width: u64| {
        let kernel = Kernel::Pulse(Waveform::rectangle(1.0, fs(width)).breakpoints());
        Case { lif: lif.clone(), own_time: true, inputs: &[(&[MS], kernel, 0, 0.5e-6)] }.spikes(100 * MS)
    };
    let spike = with(50 * MS)[0];
    assert!(spike.abs_diff(MS + fires) <= 1);
    assert_eq!(with(spike - MS), [spike]);
    assert_eq!(with(spike - MS - 1), [0; 0]);
}

#[test]
fn after_the_last_of_overlapping_pulses_the_drive_is_exactly_zero() {
    let triangle = Kernel::Pulse(Waveform::triangle(1.0, fs(7 * MS / 3)).breakpoints());
    let inputs: &[(&[u64], Kernel, u64, f64)] = &[
        (&[MS, 2 * MS, 2 * MS + 7], triangle.clone(), 0, 0.1e-7 / 3.0),
        (&[MS + 1, 3 * MS], triangle, 0, 0.7e-8),
    ];
    let (network, values) = Case { lif: lif(Reset::Rest, 0.0), own_time: true, inputs }.network();
    let weights = Weights::from_values(&network, &values);
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    simulation.run(&weights, fs(4 * MS), &mut Silent).unwrap();
    let drive = |simulation: &Simulation<f64, Lanes>| match &simulation.state().populations[0] {
        Membranes::Free(saved) => (saved.clocks[0].level, saved.clocks[0].slope),
        _ => panic!("own time"),
    };
    assert_ne!(drive(&simulation), (0.0, 0.0));
    simulation.run(&weights, fs(6 * MS), &mut Silent).unwrap();
    assert_eq!(drive(&simulation), (0.0, 0.0));
}

/// A chain without delays, described back to front so that nothing is in order by luck.
#[test]
fn a_chain_without_delays_spikes_at_one_instant_in_order_of_depth() {
    let mut builder = Builder::default();
    let last = builder.population("last", 1, lif(Reset::Rest, 0.0));
    let middle = builder.population("middle", 1, lif(Reset::Rest, 0.0));
    let first = builder.population("first", 1, lif(Reset::Rest, 0.0));
    let source = builder.source("s", 1, SourceKind::List(vec![(fs(MS), 0)]));
    let mut connect = |from, to| builder.projection("c", from, to, JUMP, fs(0), Rows::Dense);
    connect(Origin::Population(middle), last);
    connect(Origin::Population(first), middle);
    connect(source, first);
    // The last one needs both the source and the middle: arrivals of different depth sum.
    connect(source, last);
    let network = builder.finish().unwrap();
    assert_eq!([2, 1, 0], [0, 1, 2].map(|index| network.populations[index].rank));
    let weights = Weights::from_values(&network, &[vec![0.2], vec![0.3], vec![0.3], vec![0.2]]);
    let mut stream = Stream::default();
    Simulation::<f64, Lanes>::new(&network, 1).run(&weights, fs(2 * MS), &mut stream).unwrap();
    let spikes = common::spikes_of(&stream.records);
    let order: Vec<(u64, u32)> = spikes.iter().map(|spike| (spike.time.fs(), spike.population)).collect();
    assert_eq!(order, [(MS, first as u32), (MS, middle as u32), (MS, last as u32)]);
    let mut reference = Stream::default();
    Simulation::<f64, Heap>::new(&network, 1).run(&weights, fs(2 * MS), &mut reference).unwrap();
    assert_eq!(stream.records, reference.records);
}

#[test]
fn a_cycle_without_delay_is_refused_and_only_its_members_are_named() {
    let mut builder = Builder::default();
    for name in ["before", "a", "b", "c", "after"] {
        builder.population(name, 2, lif(Reset::Rest, 0.0));
    }
    for (from, to, delay) in [(0, 1, 0), (1, 2, 0), (2, 3, 0), (3, 1, 0), (3, 4, 0), (4, 0, MS)] {
        builder.projection("p", Origin::Population(from), to, JUMP, fs(delay), Rows::OneToOne);
    }
    let faults = builder.clone().finish().unwrap_err();
    let names = ["a", "b", "c"].map(String::from).to_vec();
    assert_eq!(faults, [Fault::ZeroDelayCycle { names }]);
    // A neuron of its own is a cycle, too.
    let mut own = Builder::default();
    own.population("own", 2, lif(Reset::Rest, 0.0));
    own.projection("p", Origin::Population(0), 0, JUMP, fs(0), Rows::OneToOne);
    assert_eq!(own.finish().unwrap_err(), [Fault::ZeroDelayCycle { names: vec!["own".into()] }]);
}

#[test]
fn the_builder_reports_every_fault() {
    let mut builder = Builder::default();
    let empty = builder.population("empty", 0, lif(Reset::Rest, 0.0));
    let high = Lif { v_hold: Volt::new(0.3), ..lif(Reset::Hold, 0.0) };
    let odd = builder.population("odd", 3, high);
    let source = builder.source("s", 2, SourceKind::List(vec![(fs(1), 2)]));
    let clock = builder.source("clock", 3, SourceKind::Regular { start: fs(0), period: fs(0) });
    let sparse = |start: &[usize], targets: &[u32]| Rows::sparse(start.to_vec(), targets.to_vec());
    let mut add = |from, to, kernel, rows| builder.projection("p", from, to, kernel, fs(1), rows);
    add(source, odd, JUMP, Rows::OneToOne);
    add(source, odd, JUMP, sparse(&[0, 2, 1], &[0]));
    add(source, odd, JUMP, sparse(&[1, 1, 1], &[0]));
    add(source, odd, JUMP, sparse(&[0, 3, 1], &[0]));
    add(source, odd, JUMP, sparse(&[0, 1, 1], &[3]));
    add(source, odd, JUMP, sparse(&[0, 2, 2], &[1, 1]));
    add(clock, 7, JUMP, Rows::Dense);
    add(Origin::Population(9), odd, JUMP, Rows::Dense);
    add(source, odd, Kernel::Pulse(Vec::new()), Rows::Dense);
    let late = Breakpoint { at: fs(5), area: 0.0, level: 1.0, slope: 0.0 };
    add(source, odd, Kernel::Pulse(vec![late]), Rows::Dense);
    let many = (0..17).map(|k| Breakpoint { at: fs(k), ..late }).collect();
    add(source, odd, Kernel::Pulse(many), Rows::Dense);
    let _ = empty;
    let faults = builder.finish().unwrap_err();
    let text: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 15, "{text:#?}");
    assert!(faults.iter().filter(|fault| matches!(fault, Fault::Pulse { .. })).count() == 3);
    assert!(faults.iter().any(|fault| matches!(fault, Fault::Neuron { .. })));
}

#[test]
fn a_list_in_any_order_is_the_same_list() {
    let spikes = [(5, 1), (1, 0), (5, 0), (5, 1), (3, 1)].map(|(time, line)| (fs(time * MS), line));
    let built = |order: &[usize]| {
        let mut builder = Builder::default();
        let source = builder.source("s", 2, SourceKind::List(order.iter().map(|&k| spikes[k]).collect()));
        builder.population("p", 2, lif(Reset::Rest, 0.0));
        builder.projection("p", source, 0, JUMP, fs(0), Rows::OneToOne);
        builder.finish().unwrap()
    };
    assert_eq!(built(&[0, 1, 2, 3, 4]), built(&[4, 3, 2, 1, 0]));
}

/// The same network with sources and projections described in another order spikes the same: events are
/// ordered by content. (Weights are such that sums are exact in any order.)
#[test]
fn the_order_of_description_and_of_insertion_does_not_matter() {
    let spikes_of = |order: &[usize]| {
        let lists: [&[u64]; 4] = [&[1, 4, 4, 9], &[1, 2, 9], &[4, 9, 9], &[2, 9]];
        let mut builder = Builder::default();
        let population = builder.population("p", 3, lif(Reset::Subtract, 0.0));
        let mut values = Vec::new();
        for &index in order {
            let spikes = lists[index].iter().map(|&time| (fs(time * MS), 0)).collect();
            let source = builder.source(&format!("s{index}"), 1, SourceKind::List(spikes));
            builder.projection("p", source, population, JUMP, fs(index as u64 % 2 * MS), Rows::Dense);
            values.push(
                [0.0625, 0.125, -0.0625, 0.1875].iter().map(|w| w * (1.0 + index as f64)).take(3).collect(),
            );
        }
        let network = builder.finish().unwrap();
        let weights = Weights::from_values(&network, &values);
        let mut spikes: Vec<Spike> = Vec::new();
        Simulation::<f64, Lanes>::new(&network, 1).run(&weights, fs(20 * MS), &mut spikes).unwrap();
        spikes
    };
    let want = spikes_of(&[0, 1, 2, 3]);
    assert!(want.len() > 5);
    for order in [[3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
        assert_eq!(spikes_of(&order), want, "{order:?}");
    }
}

#[test]
fn instants_hold_simultaneous_arrivals_in_content_order_and_the_spikes_they_caused() {
    let mut builder = Builder::default();
    let population = builder.population("p", 2, lif(Reset::Rest, 0.0));
    let later = builder.population("later", 1, lif(Reset::Rest, 0.0));
    let a = builder.source(
        "a",
        3,
        SourceKind::List([(1, 2), (1, 0), (1, 0), (2, 1)].map(|(t, l)| (fs(t * MS), l)).to_vec()),
    );
    let b = builder.source("b", 1, SourceKind::List(vec![(fs(0), 0)]));
    builder.projection("b to p", b, population, JUMP, fs(MS), Rows::Dense);
    builder.projection("a to p", a, population, JUMP, fs(0), Rows::Dense);
    builder.projection("p to later", Origin::Population(population), later, JUMP, fs(0), Rows::Dense);
    let network = builder.finish().unwrap();
    let weights = Weights::from_values(&network, &[vec![0.1, 0.0], vec![0.05; 6], vec![0.3, 0.3]]);
    let check = |learner: Learner| {
        let spike = |time: u64, population, neuron| Spike { time: fs(time * MS), population, neuron };
        assert_eq!(
            learner
                .instants
                .iter()
                .filter(|i| !i.1.is_empty() || !i.2.is_empty())
                .cloned()
                .collect::<Vec<_>>(),
            [
                (fs(MS), vec![(0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 2, 0)], vec![spike(1, 0, 0)]),
                (fs(MS), vec![(2, 0, 0)], vec![spike(1, 1, 0)]),
                (fs(2 * MS), vec![(1, 1, 0)], vec![]),
            ]
        );
    };
    let mut learner = Learner::default();
    Simulation::<f64, Lanes>::new(&network, 1).run(&weights, fs(3 * MS), &mut learner).unwrap();
    check(learner);
    let mut learner = Learner::default();
    Simulation::<f64, Heap>::new(&network, 1).run(&weights, fs(3 * MS), &mut learner).unwrap();
    check(learner);
}

fn learnt<Q: Queue<f64>>(built: &Built, end: Time) -> (Stream, Learner) {
    let mut simulation = built.start::<f64, Q>();
    let mut probe = (Stream::default(), Learner::default());
    simulation.run(&built.weights(), end, &mut probe).unwrap();
    probe
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// Instants are the stream of arrivals and spikes, cut where time or depth changes.
    #[test]
    fn instants_are_the_stream_in_groups(spec in networks()) {
        let built = build(&spec);
        let end = end_of(&built, ticks(150));
        let (stream, learner) = learnt::<Lanes>(&built, end);
        let mut silent: Vec<Spike> = Vec::new();
        built.start::<f64, Lanes>().run(&built.weights(), end, &mut silent).unwrap();
        prop_assert!(common::spikes_of(&stream.records) == silent);
        let (_, reference) = learnt::<Heap>(&built, end);
        prop_assert!(learner.instants == reference.instants);
        let arrivals: Vec<(u64, u32, u32)> = stream.records.iter().filter_map(|record| match record {
            Record::Arrival { time, projection, row } => Some((time.fs(), *projection, *row)),
            _ => None,
        }).collect();
        let grouped: Vec<(u64, u32, u32)> = learner.instants.iter()
            .flat_map(|instant| instant.1.iter().map(|&(projection, row, _)| (instant.0.fs(), projection, row)))
            .collect();
        prop_assert!(arrivals == grouped);
        let spikes: Vec<Spike> = learner.instants.iter().flat_map(|instant| instant.2.clone()).collect();
        prop_assert!(spikes == silent);
        for instant in &learner.instants {
            prop_assert!(instant.1.is_sorted() && instant.1.windows(2).all(|pair| pair[0] < pair[1]));
            let mut neurons: Vec<(u32, u32)> = instant.2.iter().map(|spike| (spike.population, spike.neuron)).collect();
            let count = neurons.len();
            neurons.sort_unstable();
            neurons.dedup();
            let several = |spike: &Spike| {
                built.network.populations[spike.population as usize].lif.reset == Reset::Subtract
            };
            let more = instant.2.iter().any(several);
            prop_assert!(neurons.len() == count || more, "one spike per neuron and instant, unless it subtracts");
            let rank = |population: u32| built.network.populations[population as usize].rank;
            let mut ranks: Vec<u16> = instant.1.iter().map(|arrival| rank(built.network.projections[arrival.0 as usize].to as u32))
                .chain(instant.2.iter().map(|spike| rank(spike.population))).collect();
            ranks.dedup();
            prop_assert!(ranks.len() <= 1, "one depth per instant");
        }
        prop_assert!(learner.instants.windows(2).all(|pair| pair[0].0 <= pair[1].0));
    }
}

#[test]
fn asking_twice_for_the_same_samples_is_asking_once() {
    let case = Case { lif: lif(Reset::Rest, 0.0), own_time: true, inputs: &[(&[MS], JUMP, 0, 0.1)] };
    let (network, values) = case.network();
    let weights = Weights::from_values(&network, &values);
    let mut simulation = Simulation::<f64, Heap>::new(&network, 1);
    simulation.sample_every(0, fs(MS));
    simulation.sample_every(0, fs(MS));
    let mut stream = Stream::default();
    simulation.run(&weights, fs(3 * MS + 1), &mut stream).unwrap();
    let samples: Vec<(u64, f64)> = stream
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Sample { time, u, .. } => Some((time.fs(), u[0])),
            _ => None,
        })
        .collect();
    assert_eq!(samples.iter().map(|sample| sample.0).collect::<Vec<_>>(), [0, MS, 2 * MS, 3 * MS]);
    assert_eq!(samples[0].1, 0.0, "at rest before anything arrives");
    assert_eq!(samples[1].1, 0.1, "a sample comes after the arrivals of its instant");
    assert!((samples[3].1 - 0.1 * (-2.0f64 / 9.41).exp()).abs() < 1e-15);
    let mut silent = Simulation::<f64, Lanes>::new(&network, 1);
    silent.run(&weights, fs(5 * MS), &mut Silent).unwrap();
    assert_eq!(silent.membranes(0).len(), 1);
}
