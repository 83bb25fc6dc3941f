//! Populations whose members compete: the same bits under both engines, wherever a run is cut, and the rule
//! itself against an independent computation.

use crate::common::{Built, Spec, bits, build, crossbar, end_of, mix, spikes, ticks, trace};
use memspike::device::threshold::{ThresholdSpread, ThresholdSwitch};
use memspike::engine::{Heap, Lanes, Probe, Queue, Silent, Simulation, Spike, State, StateError, Thresholds};
use memspike::network::{
    Builder, Competition, CompetitionFault, Fault, Form, Homeostasis, Kernel, Losers, Network, Rivalry, Rows,
    SourceKind, Weights,
};
use memspike::neuron::{Lif, Neuron, Reset, Switch};
use memspike::numeric::Real;
use memspike::random::{Purpose, Stream};
use memspike::snapshot::{Payload, decode};
use memspike::time::Time;
use memspike::units::{Ampere, Second, Volt};
use proptest::prelude::*;
use std::sync::Arc;

fn competition() -> impl Strategy<Value = Competition> {
    let kind = prop_oneof![
        Just(Rivalry::WinnerTakeAll),
        (0.0..0.3).prop_map(|strength| Rivalry::LateralInhibition { strength }),
        prop_oneof![Just(Losers::Relax), Just(Losers::Erased)]
            .prop_map(|losers| Rivalry::Switches { losers }),
    ];
    let inhibition =
        prop_oneof![3 => Just(Time::ZERO), 1 => (1u64..30).prop_map(ticks), 1 => Just(Time::from_fs(1))];
    let homeostasis = prop_oneof![
        Just(None),
        Just(Some(Homeostasis::RateTarget { gain: 0.1, spikes: 3.0 })),
        (0.0..0.1, 1e-3..1.0).prop_map(|(step, tau)| Some(Homeostasis::Decay { step, tau })),
    ];
    let reference = prop_oneof![Just(0.0), 0.0..0.03];
    (kind, inhibition, reference, homeostasis).prop_map(|(kind, inhibition, reference, homeostasis)| {
        let switches = matches!(kind, Rivalry::Switches { .. });
        let inhibition = if switches { Time::ZERO } else { inhibition };
        Competition { kind, inhibition, reference, homeostasis }
    })
}

/// A crossbar with batches, other sources and feedback, whose outputs compete.
fn contest() -> impl Strategy<Value = (Spec, Competition)> {
    let size = prop_oneof![1u32..12, 12u32..75];
    let spread = prop_oneof![Just((0.0, 0.0)), (0.0..0.1, 0.0..0.1)];
    (crossbar(), size, competition(), spread).prop_map(|(mut spec, size, competition, spread)| {
        let outputs = &mut spec.populations[0];
        (outputs.open, outputs.switch) = (None, None);
        if let Rivalry::Switches { .. } = competition.kind {
            outputs.switch = Some(spread);
        }
        outputs.size = size;
        outputs.bias = 0.0;
        if outputs.reset.subtracts() {
            outputs.reset = Reset::Rest;
        }
        (spec, competition)
    })
}

fn built(spec: &Spec, competition: &Competition) -> Built {
    let mut built = build(spec);
    assert_eq!(Arc::make_mut(&mut built.network).populations[0].form, Form::SharedDecay);
    Arc::make_mut(&mut built.network).populations[0].competition = Some(competition.clone());
    built
}

/// Stops after every spike, as learning does.
#[derive(Default)]
struct Pausing(Vec<Spike>);

impl<R: Real> Probe<R> for Pausing {
    const PAUSE: bool = true;

    fn spike(&mut self, spike: Spike) {
        self.0.push(spike);
    }
}

fn agree<R: Real>(spec: &Spec, competition: &Competition) -> Result<(), TestCaseError> {
    let built = built(spec, competition);
    let end = end_of(&built, ticks(200));
    let (fast, reference) = (trace::<R, Lanes>(&built, end), trace::<R, Heap>(&built, end));
    prop_assert_eq!(fast.difference(&reference), None);
    prop_assert!(spikes::<R, Lanes>(&built, end) == fast.spikes);
    // One winner per instant.
    let mut of: Vec<Time> = fast.spikes.iter().filter(|s| s.population == 0).map(|s| s.time).collect();
    let all = of.len();
    of.dedup();
    prop_assert_eq!(of.len(), all);
    let mut pausing = Pausing::default();
    let mut simulation = built.start::<R, Lanes>();
    let weights = built.weights();
    loop {
        let before = pausing.0.len();
        if !simulation.step(&weights, end, &mut pausing).unwrap() {
            break;
        }
        let new = &pausing.0[before..];
        prop_assert!(
            new.iter().all(|spike| spike.time == new[0].time),
            "a step goes no further than a spike"
        );
    }
    prop_assert!(pausing.0 == fast.spikes);
    Ok(())
}

fn cut<R: Real>(spec: &Spec, competition: &Competition, cuts: &[u64]) -> Result<(), TestCaseError> {
    let built = built(spec, competition);
    let end = end_of(&built, ticks(200));
    let weights = built.weights::<R>();
    let mut whole = built.start::<R, Lanes>();
    let mut want: Vec<Spike> = Vec::new();
    whole.run(&weights, end, &mut want).unwrap();
    let mut got: Vec<Spike> = Vec::new();
    let mut state = built.start::<R, Lanes>().state();
    let mut at: Vec<u64> = cuts.iter().map(|cut| cut % end.fs().max(1)).collect();
    at.sort_unstable();
    for (index, &at) in at.iter().chain([&end.fs()]).enumerate() {
        let bytes = bits(&state);
        let state_again: State<R> = decode(Payload::State, &bytes).unwrap();
        let (rates, at) = (built.rates(), Time::from_fs(at));
        state = if index % 2 == 0 {
            let mut part = Simulation::<R, Heap>::resume(&built.network, state_again, &rates).unwrap();
            part.run(&weights, at, &mut got).unwrap();
            part.state()
        } else {
            let mut part = Simulation::<R, Lanes>::resume(&built.network, state_again, &rates).unwrap();
            part.run(&weights, at, &mut got).unwrap();
            part.state()
        };
    }
    prop_assert!(got == want);
    prop_assert!(bits(&state) == bits(&whole.state()));
    Ok(())
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 2048, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn both_engines_agree_in_f64((spec, competition) in contest()) {
        agree::<f64>(&spec, &competition)?;
    }

    #[test]
    fn both_engines_agree_in_f32((spec, competition) in contest()) {
        agree::<f32>(&spec, &competition)?;
    }

    #[test]
    fn a_run_may_be_cut_anywhere((spec, competition) in contest(), cuts in proptest::collection::vec(any::<u64>(), 1..4)) {
        cut::<f32>(&spec, &competition, &cuts)?;
        cut::<f64>(&spec, &competition, &cuts)?;
    }
}

/// A switch of 10 ms, on for 10 ms ln(1/0.4) = 9.16 ms.
fn switch(cycle: f64) -> Switch {
    let spread = ThresholdSpread { cycle, ..ThresholdSpread::default() };
    let (tau, v_hold) = (Second::new(10e-3), Volt::new(0.4));
    let device =
        ThresholdSwitch { u_rest: Volt::ZERO, tau, v_hold, v_th: Volt::new(1.0), ..Default::default() };
    Switch { device, spread, ..Switch::default() }
}

/// `lines` inputs, given spikes, one crossbar of `columns` that compete.
fn hand(
    columns: u32,
    lines: u32,
    list: Vec<(Time, u32)>,
    weights: Vec<f64>,
    competition: Competition,
) -> (Arc<Network>, Weights<f64>) {
    let lif = Lif { u_rest: Volt::ZERO, tau_m: Second::new(10e-3), v_th: Volt::new(1.0), ..Lif::default() };
    let switches = matches!(competition.kind, Rivalry::Switches { .. });
    let neuron = if switches { Neuron::from(switch(0.0)) } else { lif.into() };
    hand_of(neuron, columns, lines, list, weights, competition)
}

fn hand_of(
    neuron: Neuron,
    columns: u32,
    lines: u32,
    list: Vec<(Time, u32)>,
    weights: Vec<f64>,
    competition: Competition,
) -> (Arc<Network>, Weights<f64>) {
    let mut builder = Builder::default();
    let from = builder.source("in", lines, SourceKind::List(list));
    let to = builder.population("out", columns, neuron);
    builder.compete(to, competition);
    builder.projection("input", from, to, Kernel::Delta, Time::ZERO, Rows::Dense);
    let network = builder.finish().unwrap();
    let weights = Weights::from_values(&network, &[weights]);
    (network, weights)
}

fn run(network: &Arc<Network>, weights: &Weights<f64>, end: Time) -> Vec<(u64, u32)> {
    let spikes = |simulation: &mut dyn FnMut(&mut Vec<Spike>)| {
        let mut spikes: Vec<Spike> = Vec::new();
        simulation(&mut spikes);
        spikes.iter().map(|spike| (spike.time.fs() / ticks(1).fs(), spike.neuron)).collect::<Vec<_>>()
    };
    let fast = spikes(&mut |out| Simulation::<f64, Lanes>::new(network, 1).run(weights, end, out).unwrap());
    let reference =
        spikes(&mut |out| Simulation::<f64, Heap>::new(network, 1).run(weights, end, out).unwrap());
    assert_eq!(fast, reference);
    fast
}

#[test]
fn the_largest_margin_wins_and_of_equal_ones_the_lowest_id() {
    let list = vec![(ticks(1), 0), (ticks(2), 1), (ticks(3), 2)];
    let weights = vec![1.2, 1.3, 1.3, 1.1, 0.9, 0.8, 0.8, 0.7, 1.0, 1.0, 1.0, 1.0];
    let (network, weights) = hand(4, 3, list, weights, Competition::winner_take_all());
    assert_eq!(run(&network, &weights, ticks(10)), [(1, 1), (3, 0)], "after the reset 0.9 is not enough");
    // With thresholds of their own it is the margin that counts, not the membrane.
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    let base = vec![1.0, 1.25, 1.2, 1.0];
    simulation.set_thresholds(0, Thresholds { base, raised: Vec::new() }).unwrap();
    let mut spikes: Vec<Spike> = Vec::new();
    simulation.run(&weights, ticks(2), &mut spikes).unwrap();
    assert_eq!(
        spikes.iter().map(|spike| spike.neuron).collect::<Vec<_>>(),
        [0],
        "0.2 above against 0.05, 0.1, 0.1"
    );
}

#[test]
fn simultaneous_arrivals_are_summed_before_the_winner_is_sought() {
    // One by one, line 0 would fire neuron 0; together they favour neuron 1.
    let list = vec![(ticks(1), 0), (ticks(1), 1)];
    let (network, weights) = hand(2, 2, list, vec![1.1, 0.9, 0.0, 0.9], Competition::winner_take_all());
    assert_eq!(run(&network, &weights, ticks(5)), [(1, 1)]);
}

#[test]
fn what_lateral_inhibition_leaves_above_threshold_waits_for_the_next_arrival() {
    let list = vec![(ticks(1), 0), (ticks(2), 1)];
    let kind = Rivalry::LateralInhibition { strength: 0.3 };
    let competition = Competition { kind, ..Competition::winner_take_all() };
    let (network, weights) = hand(3, 2, list, vec![2.0, 1.9, 1.2, 0.0, 0.0, 0.0], competition);
    assert_eq!(run(&network, &weights, ticks(5)), [(1, 0), (2, 1)]);
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    simulation.run(&weights, ticks(1).after(Time::from_fs(1)), &mut Silent).unwrap();
    let x = simulation.membranes(0);
    let decay = (-1e-15f64 / 10e-3).exp();
    for (got, want) in x.iter().zip([0.0, 1.6, 0.9]) {
        assert!((got - want * decay).abs() < 1e-12, "{got} {want}");
    }
}

#[test]
fn an_arrival_at_the_very_end_of_an_inhibition_counts_and_one_before_is_lost() {
    let competition = Competition { inhibition: ticks(10), ..Competition::winner_take_all() };
    for (second, want) in [(10, 1), (11, 2), (12, 2)] {
        let list = vec![(ticks(1), 0), (ticks(second), 0)];
        let (network, weights) = hand(2, 1, list, vec![1.5, 1.4], competition.clone());
        assert_eq!(run(&network, &weights, ticks(20)).len(), want, "second arrival at {second}");
    }
}

/// The rule once more, naively: no shared decay, the library's exponential, one neuron after another.
fn naive(
    list: &[(Time, u32)],
    weights: &[f64],
    columns: usize,
    competition: &Competition,
) -> Vec<(u64, u32)> {
    let (tau, seconds) = (10e-3, |fs: u64| fs as f64 * 1e-15);
    let (mut u, mut raised) = (vec![0.0f64; columns], vec![(0.0f64, 0u64); columns]);
    let (mut last, mut until) = (0, 0);
    let mut spikes = Vec::new();
    let mut index = 0;
    while index < list.len() {
        let now = list[index].0.fs();
        let mut sum = vec![0.0; columns];
        let mut count = 0;
        while index < list.len() && list[index].0.fs() == now {
            let row = list[index].1 as usize;
            sum.iter_mut().zip(&weights[row * columns..]).for_each(|(sum, w)| *sum += w);
            index += 1;
            count += 1;
        }
        if now < until {
            continue;
        }
        let arrived = count as f64;
        for (u, sum) in u.iter_mut().zip(&sum) {
            *u = *u * (-seconds(now - last.max(until)) / tau).exp() + sum - arrived * competition.reference;
            if let Rivalry::Switches { .. } = competition.kind {
                *u = u.max(0.0);
            }
        }
        last = now;
        let theta = |j: usize| match competition.homeostasis {
            Some(Homeostasis::Decay { tau, .. }) => {
                1.0 + raised[j].0 * (-seconds(now - raised[j].1) / tau).exp()
            }
            _ => 1.0,
        };
        let margins: Vec<f64> = (0..columns).map(|j| u[j] - theta(j)).collect();
        let most = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if most < 0.0 {
            continue;
        }
        let winner = margins.iter().position(|&margin| margin == most).unwrap();
        spikes.push((now / ticks(1).fs(), winner as u32));
        let mut deaf = competition.inhibition.fs();
        let mut left = 0.0;
        match competition.kind {
            Rivalry::WinnerTakeAll => u.fill(0.0),
            Rivalry::LateralInhibition { strength } => u.iter_mut().for_each(|u| *u -= strength),
            Rivalry::Switches { losers } => {
                // From 1 V to 0.4 V: to the next femtosecond.
                deaf = (tau * (1.0f64 / 0.4).ln() * 1e15).round() as u64;
                let ratio = if losers == Losers::Relax { 0.4 } else { 0.0 };
                u.iter_mut().for_each(|u| *u *= ratio);
                left = 0.4 * theta(winner);
            }
        }
        u[winner] = left;
        if let Some(Homeostasis::Decay { step, .. }) = competition.homeostasis {
            raised[winner] = (theta_raised(raised[winner], now, competition) + step, now);
        }
        until = now + deaf;
    }
    spikes
}

fn theta_raised(raised: (f64, u64), now: u64, competition: &Competition) -> f64 {
    match competition.homeostasis {
        Some(Homeostasis::Decay { tau, .. }) => raised.0 * (-((now - raised.1) as f64) * 1e-15 / tau).exp(),
        _ => 0.0,
    }
}

#[test]
fn an_independent_computation_gives_the_same_spikes() {
    let mut state = 5;
    let kinds = [
        Rivalry::WinnerTakeAll,
        Rivalry::LateralInhibition { strength: 0.4 },
        Rivalry::Switches { losers: Losers::Relax },
        Rivalry::Switches { losers: Losers::Erased },
    ];
    let homeostases = [None, Some(Homeostasis::Decay { step: 0.15, tau: 40e-3 })];
    let mut seen = 0;
    for kind in kinds {
        for homeostasis in homeostases {
            for (inhibition, reference) in [(Time::ZERO, 0.0), (ticks(7), 0.0), (Time::ZERO, 0.1)] {
                if inhibition > Time::ZERO && matches!(kind, Rivalry::Switches { .. }) {
                    continue; // Their own on-time is that.
                }
                let competition = Competition { kind, inhibition, reference, homeostasis };
                let columns = 37;
                let mut list: Vec<(Time, u32)> = (0..900)
                    .map(|_| (ticks((mix(&mut state) * 4000.0) as u64), (mix(&mut state) * 6.0) as u32))
                    .collect();
                list.sort_unstable();
                let weights: Vec<f64> = (0..6 * columns).map(|_| 0.5 * mix(&mut state)).collect();
                let want = naive(&list, &weights, columns, &competition);
                let (network, weights) = hand(columns as u32, 6, list.clone(), weights, competition.clone());
                assert_eq!(run(&network, &weights, ticks(5000)), want, "{competition:?}");
                seen += want.len();
            }
        }
    }
    assert!(seen > 500, "{seen}");
}

#[test]
fn thresholds_move_towards_the_target_rate_as_the_closed_form_says() {
    let homeostasis = Some(Homeostasis::RateTarget { gain: 0.2, spikes: 2.0 });
    let competition = Competition { homeostasis, ..Competition::winner_take_all() };
    let list = vec![(ticks(1), 0), (ticks(2), 0), (ticks(3), 1)];
    let weights = vec![2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0];
    let (network, weights) = hand(4, 2, list, weights, competition);
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    for episode in 0..3 {
        simulation.begin(episode, &[]).unwrap();
        simulation.run(&weights, ticks(10), &mut Silent).unwrap();
        simulation.adapt(ticks(10));
    }
    // n = 2, 0, 1, 0 each time; K/N = 1/2.
    let want: [f64; 4] = [0.9f64.exp(), (-0.3f64).exp(), 0.3f64.exp(), (-0.3f64).exp()];
    let got = simulation.thresholds(0).unwrap();
    for (got, want) in got.base.iter().zip(want) {
        assert!((got / want - 1.0).abs() < 1e-12, "{got} {want}");
    }
    assert!(got.raised.is_empty());
}

#[test]
fn raised_thresholds_decay_between_spikes_and_between_presentations() {
    let homeostasis = Some(Homeostasis::Decay { step: 0.5, tau: 50e-3 });
    let competition = Competition { homeostasis, ..Competition::winner_take_all() };
    let list = vec![(ticks(10), 0), (ticks(30), 0)];
    let (network, weights) = hand(2, 1, list, vec![3.0, 1.0], competition);
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    for episode in 0..2 {
        simulation.begin(episode, &[]).unwrap();
        simulation.run(&weights, ticks(100), &mut Silent).unwrap();
        // A rest of 20 ms follows the presentation of 10 ms.
        simulation.adapt(ticks(300));
    }
    let e = |ms: f64| (-ms / 50.0).exp();
    let once = 0.5 * (e(29.0) + e(27.0));
    let want = once * e(30.0) + once;
    let got = simulation.thresholds(0).unwrap();
    assert!((got.raised[0] - want).abs() < 1e-12 && got.raised[1] == 0.0, "{got:?} {want}");
    assert!((got.total()[0] - 1.0 - want).abs() < 1e-12);
    assert_eq!(got.base, [1.0, 1.0]);
}

/// The drive of all is away until the winner is off: at t_on = tau ln(theta z/hold), drawn for each cycle, all have relaxed by
/// e^(-t_on/tau), the winner to its hold voltage, each in units of its own gain.
#[test]
fn switches_that_compete_relax_together() {
    let kind = Rivalry::Switches { losers: Losers::Relax };
    let competition = Competition { kind, ..Competition::winner_take_all() };
    let weights = vec![0.9, 1.2, 0.5];
    let list = vec![(ticks(1), 0)];
    let (network, weights) = hand_of(switch(0.0).into(), 3, 1, list, weights, competition.clone());
    let gain = 2.0; // Of the second column: it fires at half the sum.
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    let base = vec![1.0, 1.0 / gain, 1.0];
    simulation.set_thresholds(0, Thresholds { base, raised: Vec::new() }).unwrap();
    let mut spikes: Vec<Spike> = Vec::new();
    let on = 10e-3 * 2.5f64.ln();
    for part in [0.25, 0.5, 1.0, 1.3] {
        let at = Time::from_fs(ticks(1).fs() + (part * on * 1e15) as u64);
        simulation.run(&weights, at, &mut spikes).unwrap();
        let left = (-part * on / 10e-3).exp();
        // u of the device: the losers from 0.9 and 0.5 V, the winner from its threshold of 1 V, whatever its gain.
        for (got, want) in simulation.membranes(0).iter().zip([0.9 * left, left, 0.5 * left]) {
            assert!((got - want).abs() < 1e-9, "{part}: {got} {want}");
        }
    }
    assert_eq!(spikes.iter().map(|s| s.neuron).collect::<Vec<_>>(), [1], "0.7 above its threshold");
    assert_eq!(simulation.counts().held[0], u128::from(switch(0.0).on_time(1.0).fs()));
}

/// Thresholds of cycles are those of [`ThresholdSpread::v_th`], a function of the spikes so far: the dead time of each cycle,
/// seen from outside, is tau ln(V_th,k/V_h).
#[test]
fn every_cycle_of_a_switch_that_competes_has_a_threshold_of_its_own() {
    let kind = Rivalry::Switches { losers: Losers::Relax };
    let competition = Competition { kind, ..Competition::winner_take_all() };
    // An arrival every 100 us drives the one switch far above any threshold.
    let list: Vec<(Time, u32)> = (0..20_000).map(|k| (ticks(k), 0)).collect();
    let (network, weights) = hand_of(switch(0.05).into(), 1, 1, list, vec![5.0], competition);
    let fired = run(&network, &weights, ticks(20_000));
    let of = switch(0.05);
    let mut expected = Vec::new();
    let (mut now, tick) = (0, ticks(1).fs());
    for cycle in 0..fired.len() as u64 {
        expected.push((now / tick, 0));
        // Word `cycle` of the stream of neuron 0 in episode 0.
        let drawn = Stream::at(1, Purpose::Threshold, 0, 0, cycle).next_word();
        let v_th = of.spread.thresholds(&of.device).cycle(1.0, drawn);
        now = (now + (10e-3 * (v_th / 0.4).ln() * 1e15) as u64).next_multiple_of(tick);
    }
    assert_eq!(fired, expected);
    assert!(fired.len() > 200);
}

#[test]
fn frozen_thresholds_stay() {
    let homeostasis = Some(Homeostasis::Decay { step: 0.5, tau: 50e-3 });
    let competition = Competition { homeostasis, ..Competition::winner_take_all() };
    let (network, weights) = hand(2, 1, vec![(ticks(10), 0)], vec![2.0, 1.0], competition);
    let frozen = network.frozen();
    let mut simulation = Simulation::<f64, Lanes>::new(&frozen, 1);
    let thresholds = Thresholds { base: vec![1.5, 1.25], raised: Vec::new() };
    simulation.set_thresholds(0, thresholds.clone()).unwrap();
    simulation.run(&weights, ticks(100), &mut Silent).unwrap();
    simulation.adapt(ticks(100));
    assert_eq!(simulation.counts().spikes[0], [1, 0]);
    assert_eq!(simulation.thresholds(0), Some(&thresholds));
}

#[test]
fn what_cannot_compete_is_refused_with_the_reason() {
    let finish = |neuron: Neuron, connect: Rows, competition: Competition| {
        let mut builder = Builder::default();
        let from = builder.source("in", 3, SourceKind::Poisson);
        let to = builder.population("out", 3, neuron);
        builder.compete(to, competition);
        builder.projection("input", from, to, Kernel::Delta, Time::ZERO, connect);
        builder.finish().map(|_| ()).unwrap_err()
    };
    let all = Competition::winner_take_all;
    let fault = |fault| vec![Fault::Competition { name: "out".into(), fault }];
    assert_eq!(finish(Lif::default().into(), Rows::OneToOne, all()), fault(CompetitionFault::NotShared));
    let lif = Lif { t_ref: Second::new(1e-3), ..Lif::default() };
    assert_eq!(finish(lif.into(), Rows::Dense, all()), fault(CompetitionFault::Refractory));
    let lif = Lif { i_bias: Ampere::new(1e-9), ..Lif::default() };
    assert_eq!(finish(lif.into(), Rows::Dense, all()), fault(CompetitionFault::Bias));
    let lif = Lif { reset: Reset::Subtract, ..Lif::default() };
    assert_eq!(finish(lif.into(), Rows::Dense, all()), fault(CompetitionFault::Subtract));
    let switch = || Neuron::from(Switch::default());
    assert_eq!(finish(switch(), Rows::Dense, all()), fault(CompetitionFault::Switches));
    let kind = Rivalry::Switches { losers: Losers::Relax };
    let switches = || Competition { kind, ..all() };
    let model = "lif";
    assert_eq!(
        finish(Lif::default().into(), Rows::Dense, switches()),
        fault(CompetitionFault::NotSwitches { model })
    );
    let inhibition = ticks(1);
    let stated = Competition { inhibition, ..switches() };
    assert_eq!(finish(switch(), Rows::Dense, stated), fault(CompetitionFault::Inhibition { inhibition }));
    let homeostasis = Some(Homeostasis::RateTarget { gain: f64::NAN, spikes: 0.0 });
    let faults = finish(Lif::default().into(), Rows::Dense, Competition { homeostasis, ..all() });
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn a_state_of_another_competition_is_refused() {
    fn resume<Q: Queue<f64>>(network: &Arc<Network>, state: State<f64>) -> Option<StateError> {
        Simulation::<f64, Q>::resume(network, state, &[]).err()
    }
    let list = || vec![(ticks(1), 0)];
    let decay = Some(Homeostasis::Decay { step: 0.5, tau: 50e-3 });
    let (plain, _) = hand(2, 1, list(), vec![2.0, 1.0], Competition::winner_take_all());
    let adapting = Competition { homeostasis: decay, ..Competition::winner_take_all() };
    let (adapts, _) = hand(2, 1, list(), vec![2.0, 1.0], adapting);
    let state = Simulation::<f64, Lanes>::new(&adapts, 1).state();
    assert_eq!(resume::<Heap>(&adapts, state.clone()), None);
    let shape = |what, found, expected| Some(StateError::Shape { what, found, expected });
    assert_eq!(resume::<Lanes>(&plain, state), shape("raised thresholds", 2, 0));
    let mut simulation = Simulation::<f64, Lanes>::new(&plain, 1);
    let short = Thresholds { base: vec![1.0], raised: Vec::new() };
    assert_eq!(simulation.set_thresholds(0, short).err(), shape("thresholds", 1, 2));
}
