//! Switches that compete on devices that learn by pulses of their own on rows and columns: what the network makes of its devices
//! is what each device makes of the voltages on its electrodes, restated here.

use crate::common::{Kept, Watcher, Way, array_bits, essence, folder, learned, plan};
use memspike::device::circuit::Ramp;
use memspike::device::electrodes::{Lobes, SpikePulses};
use memspike::device::resistive::{DoseDevice, PulseDraw, Resistive as _};
use memspike::energy::Category;
use memspike::plasticity::Rule;
use memspike::scenario::outcome::{Outcome, Status};
use memspike::scenario::plan::Plan;
use memspike::scenario::run::context::Engine;

const NEURONS: usize = 4;

fn short(more: &[&str]) -> Plan {
    let mut overrides = vec![
        "population.output.size=4",
        "protocol.train_samples=12",
        "protocol.test_samples=10",
        "protocol.label_samples=10",
        "protocol.precision=f64",
    ];
    overrides.extend_from_slice(more);
    plan("stdp/mnist-memristor", &overrides)
}

fn rule(plan: &Plan) -> (DoseDevice, Lobes) {
    let Rule::Overlap(rule) = &plan.projections[0].plasticity.as_ref().unwrap().rule else {
        panic!("pulses that overlap")
    };
    let SpikePulses::Own(lobes) = rule.pulses else { panic!("pulses of its own") };
    (rule.device.dose().unwrap().clone(), lobes)
}

/// What a device makes of all pulses on its electrodes within a presentation: conductance and joules. Each interval in which
/// nothing changes is a constant voltage, taken in the middle.
fn replay(device: &DoseDevice, lobes: &Lobes, pre: &[f64], post: &[f64], end: f64, g: f64) -> (f64, f64) {
    let (length, width) = (lobes.length.get(), lobes.width.get());
    let mut cuts = vec![0.0, end];
    cuts.extend(pre.iter().flat_map(|start| [*start, start + length]));
    cuts.extend(post.iter().flat_map(|start| [*start, start + width, start + 2.0 * width]));
    cuts.retain(|cut| *cut <= end);
    cuts.sort_by(f64::total_cmp);
    let (mut g, mut joules) = (g, 0.0);
    for pair in cuts.windows(2) {
        let (length_of, at) = (pair[1] - pair[0], 0.5 * (pair[0] + pair[1]));
        if length_of < 1e-13 {
            continue;
        }
        let age = |spikes: &[f64]| spikes.iter().rfind(|spike| **spike <= at).map(|spike| at - spike);
        let row = age(pre).filter(|age| *age < length).map_or(0.0, |_| lobes.level.get());
        let column = match age(post) {
            Some(age) if age < width => -lobes.set.get(),
            Some(age) if age < 2.0 * width => lobes.reset.get(),
            _ => 0.0,
        };
        let ramp = Ramp { from: row - column, to: row - column, length: length_of };
        let applied = device.apply(g, ramp, PulseDraw::None);
        g = applied.g;
        joules += applied.energies.device;
    }
    (g, joules)
}

fn weights(outcome: &Outcome) -> &[f64] {
    &outcome.arrays.iter().find(|array| array.name == "weight.input").unwrap().data
}

#[test]
fn the_network_changes_every_device_as_the_voltages_on_its_electrodes_do() {
    let (_folder, search) = folder(12, 10);
    let plan = short(&[
        "projection.input.weight=8 mV",
        "population.output.competition.reference=0 V",
        "population.output.cycle_cv=0",
        "population.output.device_cv=0",
        "protocol.final_share=1.0",
        "projection.input.plasticity.spread=none",
        "projection.input.plasticity.cv_cycle=0",
    ]);
    let (device, lobes) = rule(&plan);
    let mut watcher = Watcher::default();
    let way = Way { watcher: Some(&mut watcher), ..Way::new(&search) };
    let outcome = way.run(&plan, &mut Kept::default()).unwrap();
    let span = device.g_max.get() - device.g_min.get();
    let (pre, post, spikes) = watcher.trains(784, NEURONS);
    assert_eq!(pre.len(), 12);
    assert!(spikes > 60, "{spikes}");
    let (mut joules, mut risen, mut fallen) = (0.0, 0.0f64, 0.0f64);
    for row in 0..784 {
        for column in 0..NEURONS {
            let before = device.g_min.get() + 8.0 / 20.0 * span;
            let mut g = before;
            for (pre, post) in pre.iter().zip(&post) {
                let (after, spent) = replay(&device, &lobes, &pre[row], &post[column], 0.25, g);
                g = after;
                joules += spent;
            }
            (risen, fallen) = (risen.max((g - before) / span), fallen.max((before - g) / span));
            let (got, want) =
                (weights(&outcome)[row * NEURONS + column] / 20e-3, (g - device.g_min.get()) / span);
            assert!((got - want).abs() < 1e-9, "{row} {column}: {got} instead of {want}");
        }
    }
    assert!(risen > 0.1 && fallen > 0.1, "{risen} {fallen}");
    let booked: f64 = learned(&outcome)
        .learning
        .entries
        .iter()
        .filter(|entry| entry.category == Category::Program)
        .map(|entry| entry.joules)
        .sum();
    assert!((booked / joules - 1.0).abs() < 1e-9, "{booked} J booked, {joules} J spent");
}

#[test]
fn a_run_is_the_same_whatever_carries_it_out_and_wherever_it_is_cut() {
    let (_folder, search) = folder(40, 20);
    let plan = short(&[
        "protocol.train_samples=40",
        "protocol.epochs=2",
        "protocol.precision=f32",
        "protocol.final_share=0.1",
        "projection.input.plasticity.cv_cycle=0.1",
        "population.output.cycle_cv=0.02",
        "population.output.device_cv=0.02",
        "population.output.competition.reference=\"2 mV\"",
        "population.output.competition.losers=erased",
        "device.synapse.parameters.retention_tau=100 s",
    ]);
    let mut kept = Kept::default();
    let want = Way::new(&search).run(&plan, &mut kept).unwrap();
    assert_eq!(want.status, Status::Done);
    assert!(learned(&want).epochs[1].spikes_per_sample > 2.0);
    let mut watcher = Watcher::default();
    let mut from = Kept { from: Some(kept.saved[0].clone()), ..Kept::default() };
    let others = [
        Way { threads: 2, ..Way::new(&search) }.run(&plan, &mut Kept::default()).unwrap(),
        Way { engine: Engine::Reference, threads: 2, watcher: Some(&mut watcher), ..Way::new(&search) }
            .run(&plan, &mut Kept::default())
            .unwrap(),
        Way { engine: Engine::Reference, ..Way::new(&search) }.run(&plan, &mut from).unwrap(),
    ];
    for (index, got) in others.iter().enumerate() {
        assert_eq!(got.fingerprint, want.fingerprint, "way {index}");
        assert_eq!(array_bits(got), array_bits(&want), "way {index}");
        assert_eq!(essence(got), essence(&want), "way {index}");
    }
}

#[test]
fn losers_that_are_erased_are_paid_for_while_they_learn_too() {
    let (_folder, search) = folder(12, 10);
    let neurons = |losers: &str| {
        let alike = [
            losers,
            "population.output.competition.reference=0 V",
            "population.output.cycle_cv=0",
            "population.output.device_cv=0",
        ];
        let outcome = Way::new(&search).run(&short(&alike), &mut Kept::default()).unwrap();
        let of = learned(&outcome);
        let spikes = of.epochs[0].spikes_per_sample * of.learned as f64;
        let booked =
            of.learning.entries.iter().filter(|e| e.owner == "output" && e.category == Category::Neuron);
        (spikes, booked.map(|e| e.joules).sum::<f64>())
    };
    let (erased, spent) = neurons("population.output.competition.losers=erased");
    let (relaxed, on) = neurons("population.output.competition.losers=relax");
    assert!(erased > 20.0 && relaxed > 20.0, "{erased} {relaxed}");
    // V_th^2 g_pre for the 100 us for which the drive of a winner flows on, for each of three losers, beside what a spike takes.
    let plan = short(&[]);
    let each = 0.25f64.powi(2) * plan.populations[0].neuron.switch().unwrap().device.g_pre.get() * 1e-4;
    let (want, got) = (erased * (NEURONS - 1) as f64 * each, spent - on / relaxed * erased);
    assert!(each > 0.0 && (got / want - 1.0).abs() < 1e-9, "{got} {want}");
}
