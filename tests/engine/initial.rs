//! Where neurons are when an episode begins.

use memspike::engine::{Clocked, Heap, Lanes, Queue, Simulation, Spike, Threads};
use memspike::network::{Builder, Fault, Form, Kernel, Network, Rows, SourceKind, Weights};
use memspike::neuron::model::Model as _;
use memspike::neuron::{Lif, Neuron, Switch};
use memspike::registry::{NeuronEntry, Registry};
use memspike::time::Time;
use memspike::units::{Ampere, Ohm, Second, Volt};
use std::sync::Arc;

const MS: u64 = 1_000_000_000_000;
const TAU: f64 = 20e-3;

/// At rest at -70 mV, to fire at -50 mV; it starts at -60 mV and its bias of 5 mV leads it to -65 mV.
fn lif() -> Lif {
    Lif {
        tau_m: Second::new(TAU),
        u_rest: Volt::new(-0.07),
        v_th: Volt::new(-0.05),
        r_m: Ohm::new(1e8),
        i_bias: Ampere::new(5e-11),
        u_0: Some(Volt::new(-0.06)),
        ..Lif::default()
    }
}

fn switch() -> Switch {
    let mut switch = Switch { u_0: Some(Volt::new(0.2)), ..Switch::default() };
    switch.device.tau = Second::new(TAU);
    switch
}

/// Three neurons of a form that each get jumps of these volts at these milliseconds.
fn network(neuron: impl Into<Neuron>, form: Form, jumps: &[(u64, f64)]) -> (Arc<Network>, Weights<f64>) {
    let mut builder = Builder::default();
    let spikes = jumps.iter().enumerate().map(|(line, &(at, _))| (Time::from_fs(at * MS), line as u32));
    let lines = jumps.len().max(1) as u32;
    let input = builder.source("input", lines, SourceKind::List(spikes.collect()));
    let to = builder.population("neurons", 3, neuron);
    let values: Vec<f64> = jumps.iter().map(|jump| jump.1).chain([0.0]).take(lines as usize).collect();
    let mut weights = vec![values.iter().flat_map(|&volts| [volts; 3]).collect()];
    let rows = |rows: u32| {
        let start = (0..=rows as usize).map(|row| 3 * row).collect();
        Rows::sparse(start, (0..rows).flat_map(|_| 0..3).collect())
    };
    match form {
        Form::SharedDecay => builder.projection("jumps", input, to, Kernel::Delta, Time::ZERO, Rows::Dense),
        Form::Scaled | Form::OwnTime => {
            builder.projection("jumps", input, to, Kernel::Delta, Time::ZERO, rows(lines))
        }
    };
    if form == Form::OwnTime {
        let silent = builder.source("silent", 1, SourceKind::List(Vec::new()));
        builder.projection("current", silent, to, Kernel::rectangle(Time::from_ms(1)), Time::ZERO, rows(1));
        weights.push(vec![1e-12; 3]);
    }
    let network = builder.finish().unwrap_or_else(|faults| panic!("{faults:?}"));
    assert_eq!(network.populations[to].form, form);
    let weights = Weights::from_values(&network, &weights);
    (network, weights)
}

fn populations() -> Vec<(Neuron, Form, f64, f64)> {
    // Where it starts and where it tends to.
    let of = |form| (Neuron::from(lif()), form, -0.06, -0.065);
    let u_rest = switch().device.u_rest.get();
    let filament = |form| (Neuron::from(switch()), form, 0.2, u_rest);
    vec![
        of(Form::SharedDecay),
        of(Form::Scaled),
        of(Form::OwnTime),
        filament(Form::SharedDecay),
        filament(Form::OwnTime),
    ]
}

fn decays<Q: Queue<f64>>() {
    for (neuron, form, u_0, u_inf) in populations() {
        let (network, weights) = network(neuron, form, &[]);
        let mut simulation = Simulation::<f64, Q>::new(&network, 1);
        for episode in 0..2 {
            simulation.begin(episode, &[]).unwrap();
            for t in [0u64, 3, 10, 60] {
                simulation.run(&weights, Time::from_fs(t * MS), &mut Vec::<Spike>::new()).unwrap();
                let want = u_inf + (u_0 - u_inf) * (-(t as f64) * 1e-3 / TAU).exp();
                for u in simulation.membranes(0) {
                    assert!((u - want).abs() < 1e-15, "{form:?} after {t} ms: {u}, not {want}");
                }
            }
        }
    }
}

#[test]
fn membranes_go_from_the_start_to_rest_with_their_time_constant_in_every_form_and_episode() {
    decays::<Lanes>();
    decays::<Heap>();
    let (network, weights) = network(lif(), Form::Scaled, &[]);
    let mut clocked = Clocked::new(&network, &weights, &[], 1, Time::from_ms(1)).unwrap();
    clocked.run(Time::from_fs(10 * MS + 1), &mut Vec::<Spike>::new()).unwrap();
    for u in clocked.membranes(0) {
        assert!((u + 0.065 - 5e-3 * (-0.5f64).exp()).abs() < 1e-15, "{u}");
    }
}

/// Spikes in (ms, neuron), cut at these times and gone on with on so many units.
fn spikes<Q: Queue<f64>>(
    case: &(Arc<Network>, Weights<f64>),
    cuts: &[u64],
    units: usize,
) -> Vec<(Time, u32)> {
    let (network, weights) = case;
    let mut simulation = Simulation::<f64, Q>::new(network, 1);
    let mut spikes: Vec<Spike> = Vec::new();
    for &cut in cuts {
        simulation.run(weights, Time::from_fs(cut * MS), &mut spikes).unwrap();
        simulation = Simulation::resume(network, simulation.state(), &[]).unwrap();
        simulation.partition(&Threads::one().cut_into(units));
    }
    simulation.run(weights, Time::from_ms(300), &mut spikes).unwrap();
    spikes.iter().map(|spike| (spike.time, spike.neuron)).collect()
}

#[test]
fn a_jump_at_the_start_by_what_is_left_to_threshold_fires_and_a_smaller_one_does_not() {
    for form in [Form::SharedDecay, Form::Scaled, Form::OwnTime] {
        // -60 + 10 mV is -50 mV to the last bit; 20 ms later what is left above -65 mV is 5 mV/e.
        let later = 15e-3 * (1.0 + 1e-12);
        for (jumps, want) in [
            (vec![(0, 10e-3)], vec![0]),
            (vec![(0, 9.999_999e-3)], vec![]),
            (vec![(20, 15e-3 - 5e-3 * (-1f64).exp() * (1.0 - 1e-9))], vec![20]),
            (vec![(20, 15e-3 - 5e-3 * (-1f64).exp() * (1.0 + 1e-9))], vec![]),
            (vec![(0, 10e-3), (100, later)], vec![0, 100]),
        ] {
            let case = network(
                Lif { reset: memspike::neuron::Reset::Value, u_reset: Volt::new(-0.065), ..lif() },
                form,
                &jumps,
            );
            let want: Vec<(Time, u32)> =
                want.iter().flat_map(|&at| (0..3).map(move |id| (Time::from_fs(at * MS), id))).collect();
            assert_eq!(spikes::<Lanes>(&case, &[], 1), want, "{form:?} {jumps:?}");
            assert_eq!(spikes::<Heap>(&case, &[], 1), want, "{form:?} {jumps:?}");
            for (cuts, units) in [(&[0][..], 2), (&[7, 19, 250], 3)] {
                assert_eq!(spikes::<Lanes>(&case, cuts, units), want, "{form:?} {jumps:?} cut at {cuts:?}");
            }
        }
    }
}

#[test]
fn a_start_above_where_the_bias_leads_shortens_the_first_interval_alone() {
    // The bias leads 10 mV beyond threshold, to -40 mV: tau ln((u_inf - u_0)/(u_inf - v_th)), then from rest.
    let lif = Lif { i_bias: Ampere::new(3e-10), ..lif() };
    let (network, weights) = network(lif, Form::OwnTime, &[]);
    let mut spikes: Vec<Spike> = Vec::new();
    Simulation::<f64, Lanes>::new(&network, 1).run(&weights, Time::from_ms(60), &mut spikes).unwrap();
    let first = spikes[0].time.as_seconds();
    assert!((first - TAU * (20f64 / 10.0).ln()).abs() < 1e-14, "{first}");
    let second = spikes[3].time.as_seconds();
    assert!((second - first - TAU * (30f64 / 10.0).ln()).abs() < 1e-14, "{second}");
}

#[test]
fn every_registered_model_starts_where_its_key_says_and_below_its_threshold() {
    let has_start = |entry: &&NeuronEntry| entry.keys.iter().any(|key| key.name == "u_0");
    for entry in Registry::shipped().neurons().iter().filter(has_start) {
        let value = |key: &str, u_0: f64| (key == "u_0").then_some(u_0);
        let usual = entry.make(&|_| None).unwrap().0;
        let scale = usual.scale();
        let u_0 = scale.rest + 0.5 * scale.threshold;
        let (made, _) = entry.make(&|key| value(key, u_0)).unwrap_or_else(|faults| panic!("{faults:?}"));
        let mut builder = Builder::default();
        builder.population("alone", 2, made);
        let network = builder.finish().unwrap();
        let simulation = Simulation::<f64, Lanes>::new(&network, 3);
        for u in simulation.membranes(0) {
            assert!((u - u_0).abs() < 1e-15, "{}: {u}, not {u_0}", entry.name);
        }
        let highest = entry.keys.iter().find(|key| ["v_th", "v_peak"].contains(&key.name)).unwrap();
        let v_th = highest.default_value().unwrap();
        let refused = entry.make(&|key| value(key, v_th)).unwrap_err();
        let text = refused[0].to_string();
        assert_eq!((refused.len(), refused[0].key), (1, "u_0"), "{}: {text}", entry.name);
        assert!(text.contains(&format!("it must be below {}", highest.name)), "{text}");
        assert!(entry.make(&|key| value(key, v_th.next_down())).is_ok(), "{}", entry.name);
    }
}

#[test]
fn a_start_at_or_above_threshold_is_refused() {
    let refused = |neuron: Neuron| -> Vec<String> {
        let mut builder = Builder::default();
        builder.population("cells", 1, neuron);
        builder.finish().unwrap_err().iter().map(ToString::to_string).collect()
    };
    for u_0 in [-0.05, 0.0] {
        let text = refused(Lif { u_0: Some(Volt::new(u_0)), ..lif() }.into());
        let want = format!(
            "population `cells`: u_0 is {}, not below v_th = -50 mV; a neuron starts below its threshold",
            Volt::new(u_0)
        );
        assert_eq!(text, [want]);
    }
    assert_eq!(refused(Switch { u_0: Some(Volt::new(0.25)), ..switch() }.into()).len(), 1);
    // Below the nominal threshold, but above the lowest that can be drawn.
    let mut spread = Switch { u_0: Some(Volt::new(0.24)), ..switch() };
    spread.spread.cycle = 0.1;
    assert!(refused(spread.into())[0].contains("the lowest threshold that a cycle may have"));
}

#[test]
fn members_that_compete_start_at_rest() {
    let mut builder = Builder::default();
    let input = builder.source("input", 1, SourceKind::List(Vec::new()));
    let to = builder.population("cells", 2, Lif { u_0: Some(Volt::new(0.1)), ..Lif::default() });
    builder.compete(to, memspike::network::Competition::winner_take_all());
    builder.projection("p", input, to, Kernel::Delta, Time::ZERO, Rows::Dense);
    let faults: Vec<Fault> = builder.finish().unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().contains("start at u_0 = 100 mV"), "{}", faults[0]);
}
