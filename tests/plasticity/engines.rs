//! Learning is the same under both engines, at once or waiting, watched or not, and cut anywhere.

use crate::common::{Dice, MS};
use memspike::device::electrodes::SpikePulses;
use memspike::device::endurance::Endurance;
use memspike::device::memory::DoseMemory;
use memspike::device::preset::Preset;
use memspike::device::resistive::{DeviceSpread, Kinetics};
use memspike::device::retention::{DecayLaw, Retention};
use memspike::encoding::{AliasTable, BlockRate};
use memspike::engine::{
    Heap, Instant, Lanes, Learning, LearningError, LearningState, Probe, Queue, Silent, Simulation, Spike,
    Stream, layout,
};
use memspike::keys::ModelKey;
use memspike::network::{Builder, Delays, Fixed, Kernel, Network, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Reset};
use memspike::plasticity::{
    AtZero, Bounds, Dependence, Devices, Law, LocalRule as _, Overlap, Pair, Pairing, Plastic, ProgramPulse,
    Rule, Unit,
};
use memspike::registry::Registry;
use memspike::snapshot::{Payload, decode, encode};
use memspike::time::Time;
use memspike::units::{Second, Siemens, Volt};
use std::sync::Arc;

const INPUTS: u32 = 30;
const CELLS: u32 = 10;
pub const W_MAX: f64 = 0.08;

/// How the cells are connected among themselves, and to their inputs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Synapses {
    /// All to all.
    Dense,
    /// To three others, and all to all.
    Sparse,
    /// The same synapses, each with a delay of its own.
    Apart,
}

use Synapses::{Apart, Dense, Sparse};

/// Poisson inputs onto cells with a refractory time that are connected among themselves; their thresholds, starts and resets may
/// `differ`.
fn network(synapses: Synapses, differ: bool) -> Arc<Network> {
    let mut builder = Builder::default();
    let input = builder.source("input", INPUTS, SourceKind::Poisson);
    let lif = Lif {
        tau_m: Second::new(9.41e-3),
        u_rest: Volt::ZERO,
        v_th: Volt::new(0.25),
        reset: Reset::Subtract,
        t_ref: Second::new(2e-3),
        ..Lif::default()
    };
    let own = |k: u32| {
        let k = if differ { f64::from(k) } else { 0.0 };
        Lif { v_th: Volt::new(0.25 + 0.01 * k), u_0: Some(Volt::new(0.02 * k)), ..lif.clone() }
    };
    let cells = builder.neurons("cells", (0..CELLS).map(own));
    let delay = |us: u64| Time::from_fs(us * MS / 1000);
    let all = match synapses {
        Dense | Sparse => Rows::Dense,
        Apart => {
            let start = (0..=INPUTS).map(|row| (row * CELLS) as usize).collect();
            Rows::sparse(start, (0..INPUTS).flat_map(|_| 0..CELLS).collect())
        }
    };
    builder.projection("input", input, cells, Kernel::Delta, delay(1000), all);
    let connect = if synapses != Dense {
        let start = (0..=CELLS as usize).map(|row| 3 * row).collect();
        let targets = (0..CELLS).flat_map(|row| {
            let mut row = [(row + 1) % CELLS, (row + 4) % CELLS, (row + 7) % CELLS];
            row.sort_unstable();
            row
        });
        Rows::sparse(start, targets.collect())
    } else {
        Rows::Dense
    };
    let from = memspike::network::Origin::Population(cells);
    builder.projection("among", from, cells, Kernel::Delta, delay(1500), connect);
    if synapses == Apart {
        for (projection, count) in [(0, INPUTS * CELLS), (1, 3 * CELLS)] {
            let fs = (0..count).map(|k| delay(500 + u64::from(k * 37 % 50) * 100).fs());
            builder.delays(projection, Delays::Exact(fs.collect()));
        }
    }
    builder.finish().expect("a network")
}

pub fn law(dependence: Dependence) -> Law {
    Law { dependence, unit: Unit::Span, bounds: Bounds { w_min: 0.0, w_max: W_MAX } }
}

fn pair(pairing: Pairing, dependence: Dependence) -> Rule {
    Rule::Pair(Pair {
        pairing,
        at_zero: AtZero::Ltp,
        a_plus: 0.03,
        a_minus: 0.034,
        tau_plus: Second::new(15e-3),
        tau_minus: Second::new(20e-3),
        law: law(dependence),
    })
}

fn overlap() -> Rule {
    let device = Preset::named("ag-tio2-pt-rs-analog").expect("a preset").device;
    let Some(DoseMemory { device, pulse: Some(pulse), .. }) = device.get().cloned() else {
        panic!("an analog device")
    };
    let pulses = SpikePulses::Shared(pulse);
    Rule::Overlap(Overlap { device: device.into(), pulses, spread: DeviceSpread::default(), w_max: W_MAX })
}

/// Devices that differ, within the bounds that `devices` gives them.
fn kinetics(synapses: usize) -> Vec<Kinetics> {
    let Rule::Overlap(Overlap { device, .. }) = overlap() else { panic!("an overlap") };
    let spread = DeviceSpread { v_set: 0.05, v_reset: 0.05, v_scale: 0.05, ..DeviceSpread::default() };
    (0..synapses).map(|n| device.own(&spread, 7, n as u32)).collect()
}

/// A value for a key of a rule: of its kind where it has to be stated, and no amplitude of the paper's size.
fn value(key: &ModelKey) -> Option<f64> {
    match (key.unit, key.default_value()) {
        // Devices that differ.
        ("", Some(0.0)) if key.name.ends_with("_cv") => Some(0.1),
        ("", Some(default)) if key.words.is_empty() && default > 1.0 => Some(0.04),
        ("", None) => Some(0.05),
        ("s", None) => Some(8e-3),
        // Filaments that let enough through to make their neurons spike.
        ("S", Some(default)) if default < 2e-6 => Some(5e-6),
        _ => None,
    }
}

/// Every registered rule, and one of our own; pairs in all ways, and pulses on devices.
pub fn rules() -> Vec<Rule> {
    let mut rules: Vec<Rule> = Pairing::ALL.iter().map(|&p| pair(p, Dependence::Additive)).collect();
    rules.push(pair(Pairing::AllToAll, Dependence::Multiplicative));
    rules.push(pair(Pairing::Nearest, Dependence::Power { mu: 0.3 }));
    for entry in Registry::shipped().rules() {
        let value = |name: &str| value(entry.keys.iter().find(|key| key.name == name)?);
        rules.push(entry.make(&value, law(Dependence::Multiplicative)).expect("a rule"));
    }
    rules.push(Rule::local(crate::own::Calcium::with(&[]).expect("a rule"), law(Dependence::Additive)));
    rules.push(overlap());
    rules
}

/// Devices with everything that devices can have.
pub fn devices(projection: u32, synapses: usize) -> Devices {
    Devices {
        seed: 7,
        projection,
        siemens_per_weight: 1e-4 / W_MAX,
        base: vec![1e-8; synapses],
        partners: 2.0,
        own: (0..synapses)
            .map(|n| Bounds { w_min: 0.0, w_max: W_MAX * (0.8 + 0.02 * (n % 20) as f64) })
            .collect(),
        steps: Vec::new(),
        range: [1e-6, 1e-4],
        ends: (0..synapses).map(|n| [0.8 + 0.02 * (n % 20) as f64, 1.1 - 0.01 * (n % 17) as f64]).collect(),
        kinetics: kinetics(synapses),
        levels: Some(200),
        cycle_sigma: 0.3,
        pulse: ProgramPulse { v_set: Volt::new(0.2), v_reset: Volt::new(0.25), width: Second::new(1e-3) },
        endurance: Some(Endurance { n_f: 300.0, m: None, ..Endurance::default() }),
        retention: None,
        stuck: vec![(3, 0.01), (17, 0.0)],
    }
}

struct Case {
    network: Arc<Network>,
    rule: Rule,
    devices: bool,
    /// Whether they decay meanwhile.
    ages: bool,
    weights: Weights<f64>,
    table: AliasTable,
}

/// Decays that show within a run: one that is a factor each time, and one that asks how long ago a device was programmed.
pub fn decays(projection: usize) -> Retention {
    let b = [1.0, 0.6][projection];
    let law = DecayLaw::Exponential { tau: Second::new(2.0), b };
    Retention { law, g_inf: Siemens::new(1e-6), lifetime_sigma: 0.5 }
}

impl Case {
    fn new(rule: Rule, devices: bool, synapses: Synapses) -> Self {
        Self::of(network(synapses, false), rule, devices)
    }

    fn of(network: Arc<Network>, rule: Rule, devices: bool) -> Self {
        let mut dice = Dice(12345);
        let values = network.projections.iter().map(|projection| {
            let scale = if projection.rows == INPUTS { 0.6 } else { 0.2 };
            (0..projection.synapses(CELLS)).map(|_| scale * W_MAX * dice.unit()).collect()
        });
        let weights = Weights::from_values(&network, &values.collect::<Vec<_>>());
        Self {
            network,
            rule,
            devices,
            ages: devices,
            weights,
            table: AliasTable::new(&vec![1; INPUTS as usize]),
        }
    }

    fn rates(&self) -> [BlockRate; 1] {
        [BlockRate::new(&self.table.cells, 40.0 * f64::from(INPUTS))]
    }

    fn learning(&self, wait: bool) -> Learning {
        let plastic = self.network.projections.iter().enumerate().map(|(index, projection)| {
            let layout = layout(&self.network, projection);
            let synapses = projection.synapses(CELLS);
            let mut devices = self.devices.then(|| devices(index as u32, synapses));
            if let (Some(devices), true) = (&mut devices, self.ages) {
                devices.retention = Some(decays(index));
            }
            Some(Plastic::new(self.rule.clone(), layout, devices).expect("a rule"))
        });
        Learning::new(&self.network, plastic.collect(), wait).expect("learning")
    }

    fn start<Q: Queue<f64>>(&self) -> Simulation<f64, Q> {
        let mut simulation = Simulation::new(&self.network, 3);
        simulation.begin(0, &self.rates()).unwrap();
        simulation
    }

    fn run<Q: Queue<f64>>(&self, wait: bool, probe: &mut impl Probe<f64>) -> Vec<u8> {
        let mut learning = self.learning(wait);
        let mut weights = self.weights.clone();
        learning.admit(&mut weights);
        let mut simulation = self.start::<Q>();
        simulation.run_learning(&mut weights, END, &mut learning, probe).unwrap();
        self.bytes(&simulation, weights, &mut learning)
    }

    fn bytes<Q: Queue<f64>>(
        &self,
        simulation: &Simulation<f64, Q>,
        mut weights: Weights<f64>,
        learning: &mut Learning,
    ) -> Vec<u8> {
        let mut state = simulation.learning_state(&mut weights, learning);
        learning.finish(&mut weights, END);
        state.weights = weights;
        encode(Payload::Plastic, &state).unwrap()
    }
}

const END: Time = Time::from_fs(700 * MS);

/// Wants every instant, which takes the general way.
#[derive(Default)]
pub struct Instants(u64);

impl Probe<f64> for Instants {
    const LEARN: bool = true;

    fn instant(&mut self, instant: Instant<'_>) {
        self.0 += instant.spikes.len() as u64;
    }
}

fn each(mut check: impl FnMut(&Case, &str)) {
    for rule in rules() {
        for (devices, synapses) in
            [(false, Dense), (false, Sparse), (true, Dense), (true, Sparse), (true, Apart)]
        {
            let what = format!("{rule:?}, devices {devices}, {synapses:?}");
            check(&Case::new(rule.clone(), devices, synapses), &what);
        }
    }
}

fn agrees(case: &Case, what: &str) {
    let mut spikes: Vec<Spike> = Vec::new();
    let want = case.run::<Heap>(false, &mut spikes);
    assert!(spikes.len() > 50, "{} spikes: {what}", spikes.len());
    let learnt: LearningState = decode(Payload::Plastic, &want).unwrap();
    assert_ne!(learnt.weights, case.weights, "{what}");
    let mut again: Vec<Spike> = Vec::new();
    assert!(case.run::<Lanes>(false, &mut Silent) == want, "{what}");
    assert!(case.run::<Lanes>(true, &mut again) == want, "{what}");
    assert_eq!(again, spikes, "{what}");
    assert!(case.run::<Heap>(true, &mut Stream::default()) == want, "{what}");
    let mut instants = Instants::default();
    assert!(case.run::<Lanes>(true, &mut instants) == want, "{what}");
    assert_eq!(instants.0, spikes.len() as u64, "{what}");
}

#[test]
fn engines_agree_at_once_or_waiting_watched_or_not() {
    each(agrees);
}

#[test]
fn and_where_the_neurons_differ() {
    for rule in rules() {
        let case = Case::of(network(Dense, true), rule, false);
        assert!(case.network.populations[0].differ());
        agrees(&case, &format!("{:?}", case.rule));
    }
}

#[test]
fn a_learning_run_may_be_cut_anywhere() {
    let mut dice = Dice(99);
    each(|case, what| {
        let want = case.run::<Heap>(false, &mut Silent);
        for _ in 0..4 {
            let mut learning = case.learning(true);
            let mut weights = case.weights.clone();
            learning.admit(&mut weights);
            let mut first = case.start::<Lanes>();
            for _ in 0..dice.word() % 900 {
                first.step_learning(&mut weights, END, &mut learning, &mut Silent).unwrap();
            }
            // Looking changes nothing.
            let _ = learning.current(&weights, first.state().now);
            let state = first.learning_state(&mut weights, &mut learning);
            let bytes = encode(Payload::Plastic, &state).unwrap();
            let state: LearningState = decode(Payload::Plastic, &bytes).unwrap();
            let mut learning = case.learning(false);
            let (mut second, mut weights) =
                Simulation::<f64, Heap>::resume_learning(&case.network, state, &mut learning, &case.rates())
                    .unwrap();
            second.run_learning(&mut weights, END, &mut learning, &mut Silent).unwrap();
            assert!(case.bytes(&second, weights, &mut learning) == want, "{what}");
        }
    });
}

#[test]
fn devices_bound_count_wear_and_pay_for_every_update() {
    let mut case = Case::new(pair(Pairing::AllToAll, Dependence::Additive), true, Dense);
    case.ages = false;
    let state: LearningState = decode(Payload::Plastic, &case.run::<Lanes>(true, &mut Silent)).unwrap();
    let devices = devices(0, 300);
    let memory = state.memories[0].as_ref().unwrap();
    let values = state.weights.values(&case.network, 0);
    let mut stuck = 0;
    for (n, &w) in values.iter().enumerate() {
        let own = devices.own[n];
        let step = own.span() / 199.0;
        let level = (w / step).round();
        if n != 3 {
            assert!((w - level * step).abs() < 1e-15 && (0.0..=own.w_max).contains(&w), "weight {n} is {w}");
        }
        let device = &memory.devices;
        stuck += u32::from(device.stuck[n]);
        // What is stuck is paid for, and counts no more.
        let paid_on = if device.stuck[n] { f64::INFINITY } else { 1.0 };
        // At most one pulse at the highest conductance each, at the higher voltage.
        let most =
            device.pulses[n] as f64 * 0.25 * 0.25 * (1e-8 + own.w_max * devices.siemens_per_weight) * 1e-3;
        let least = device.pulses[n] as f64 * 0.2 * 0.2 * 1e-8 * 1e-3;
        assert!(
            device.joules[n] <= paid_on * most.max(1e-30) * (1.0 + 1e-12) && device.joules[n] >= least,
            "device {n}"
        );
    }
    assert_eq!((values[3], values[17]), (0.01, 0.0), "stuck devices stay where they are");
    // Each pulse on one that is stuck takes V^2 G t at the conductance it is stuck at, SETs at 0.2 V and RESETs at 0.25 V.
    for (n, w) in [(3, 0.01), (17, 0.0)] {
        let of = |v: f64| v * v * (1e-8 + w * devices.siemens_per_weight) * 1e-3;
        let joules = memory.devices.joules[n];
        assert_eq!(memory.devices.pulses[n], 0);
        let whole = |sets: u32| {
            let resets = (joules - f64::from(sets) * of(0.2)) / of(0.25);
            resets > -1e-6 && (resets - resets.round()).abs() < 1e-6
        };
        assert!(joules > of(0.2) && (0..10_000).any(whole), "device {n}: {joules}");
    }
    assert!(stuck > 2, "some devices have worn out: {stuck}");
    assert!(memory.devices.read.iter().all(|&read| read > 0.0));
}

#[test]
fn cycle_to_cycle_noise_has_the_mean_that_was_asked_for() {
    // Every update of a device is dw e^(s z - s^2/2): the mean weight of many devices is that of ideal ones.
    let rule = pair(Pairing::AllToAll, Dependence::Additive);
    let ideal = Case::new(rule.clone(), false, Dense);
    let layout = layout(&ideal.network, &ideal.network.projections[0]);
    let bounds = Bounds { w_min: -1e3, w_max: 1e3 };
    let Rule::Pair(mut wide) = rule else { panic!("a pair rule") };
    wide.law.bounds = bounds;
    wide.at_zero = AtZero::None;
    (wide.a_plus, wide.a_minus) = (3e-6, 3.4e-6);
    let noisy =
        Devices { own: Vec::new(), levels: None, endurance: None, stuck: Vec::new(), ..devices(0, 300) };
    let mut mean = [0.0; 2];
    let mut spread = 0.0;
    for (index, devices) in [None, Some(noisy)].into_iter().enumerate() {
        let mut plastic = Plastic::new(Rule::Pair(wide), layout.clone(), devices).unwrap();
        let mut weights = vec![0.0; layout.weights()];
        let rows: Vec<u32> = (0..INPUTS).collect();
        let cols: Vec<u32> = (0..CELLS).collect();
        for k in 0..200u64 {
            let time = Time::from_fs(k * 10 * MS);
            plastic.arrive(time, &rows, &mut weights);
            plastic.settle(time, &rows, &[], &mut weights);
            let time = Time::from_fs((k * 10 + 3) * MS);
            plastic.settle(time, &[], &cols, &mut weights);
        }
        let values: Vec<f64> = (0..300).map(|n| weights[n / 10 * 12 + n % 10]).collect();
        mean[index] = values.iter().sum::<f64>() / 300.0;
        spread = values.iter().map(|w| (w - mean[index]) * (w - mean[index])).sum::<f64>() / 300.0;
    }
    let error = (spread / 300.0).sqrt();
    assert!(spread > 0.0 && (mean[1] - mean[0]).abs() < 5.0 * error, "{mean:?} +- {error}");
}

#[test]
fn a_state_of_another_network_is_refused() {
    let case = Case::new(pair(Pairing::AllToAll, Dependence::Additive), false, Dense);
    let mut learning = case.learning(true);
    let mut weights = case.weights.clone();
    let mut simulation = case.start::<Lanes>();
    simulation.run_learning(&mut weights, END, &mut learning, &mut Silent).unwrap();
    let state = simulation.learning_state(&mut weights, &mut learning);
    let refusal = |case: &Case, state: LearningState| -> LearningError {
        let mut learning = case.learning(false);
        match Simulation::<f64, Heap>::resume_learning(&case.network, state, &mut learning, &case.rates()) {
            Ok(_) => panic!("accepted"),
            Err(error) => error,
        }
    };
    let other = Case::new(pair(Pairing::Restricted, Dependence::Additive), false, Dense);
    let error = refusal(&other, state.clone());
    assert_eq!(
        error.to_string(),
        "the memory of projection `input` cannot be used: it is that of another rule, or of a projection of another size"
    );
    let sparse = Case::new(pair(Pairing::AllToAll, Dependence::Additive), false, Sparse);
    assert!(matches!(refusal(&sparse, state.clone()), LearningError::State(_)));
    let mut fewer = state.clone();
    fewer.weights.own(1).pop();
    assert_eq!(
        refusal(&case, fewer).to_string(),
        "the state has 119 weights, the network 120: it belongs to another network"
    );
    let mut none = state.clone();
    none.memories[1] = None;
    assert_eq!(
        refusal(&case, none).to_string(),
        "projection `among` learns here and not in the state: it belongs to another network"
    );
    let mut late = state;
    late.simulation = case.start::<Lanes>().state();
    assert_eq!(
        refusal(&case, late).to_string(),
        "the memory of projection `input` cannot be used: it remembers spikes of the future"
    );
}

/// Why a projection of one sparse synapse cannot learn, as `change` makes it.
fn cannot_learn(kernel: Kernel, change: impl Fn(&mut Builder)) -> String {
    let mut builder = Builder::default();
    let input = builder.source("input", 1, SourceKind::Poisson);
    let cells = builder.population("cells", 1, Lif::default());
    let rows = Rows::sparse(vec![0, 1], vec![0]);
    builder.projection("only", input, cells, kernel, Time::ZERO, rows);
    change(&mut builder);
    let network = builder.finish().unwrap();
    let layout = layout(&network, &network.projections[0]);
    let plastic = Plastic::new(pair(Pairing::AllToAll, Dependence::Additive), layout, None).unwrap();
    Learning::new(&network, vec![Some(plastic)], true).unwrap_err().to_string()
}

#[test]
fn pulses_and_fixed_weights_cannot_learn() {
    let pulse = memspike::waveform::Waveform::rectangle(1.0, Time::from_fs(MS)).breakpoints();
    let error = cannot_learn(Kernel::Pulse(pulse), |_| {});
    assert!(error.starts_with("projection `only` has pulses of current"), "{error}");
    for weights in [Fixed::Constant(0.1), Fixed::Compact(vec![0.1])] {
        let error = cannot_learn(Kernel::Delta, |builder| builder.fixed(0, weights.clone()));
        assert!(error.starts_with("projection `only` has weights that are kept"), "{error}");
    }
}

#[test]
fn rows_that_are_not_counted_can_learn() {
    let mut builder = Builder::default();
    let spikes = (1..20).map(|k| (Time::from_fs(k * MS), 0)).collect();
    let input = builder.source("input", 1, SourceKind::List(spikes));
    let cells = builder.population("cells", 1, Lif::default());
    builder.projection("input", input, cells, Kernel::Delta, Time::ZERO, Rows::Dense);
    builder.uncounted(0);
    let network = builder.finish().unwrap();
    let layout = layout(&network, &network.projections[0]);
    let plastic = Plastic::new(pair(Pairing::AllToAll, Dependence::Additive), layout, None).unwrap();
    let mut learning = Learning::new(&network, vec![Some(plastic)], true).unwrap();
    let mut weights = Weights::from_values(&network, &[vec![0.05]]);
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    simulation.begin(0, &[]).unwrap();
    simulation.run_learning(&mut weights, Time::from_fs(30 * MS), &mut learning, &mut Silent).unwrap();
    let counts = simulation.state().counts;
    assert_eq!((counts.arrival, counts.rows[0].len()), (19, 0));
}
