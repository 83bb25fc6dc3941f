//! An invented run of the right shape, to try reports on: no number in it was computed by a network.

use crate::dataset::Name;
use crate::device::fault::FaultRates;
use crate::device::retention::Retention;
use crate::energy::{Category, Entry, Ledger};
use crate::network::{Distribution, Kernel, Origin};
use crate::neuron::{Lif, Neuron, Reset};
use crate::random::{Purpose, Stream, unit};
use crate::report::performance::{Calibration, HostPerformance};
use crate::scenario::data_plan::DataPlan;
use crate::scenario::outcome::{
    EventCounts, Found, InferenceEnergy, Missed, NamedArray, Outcome, PhaseCounts, PhaseTime, Status,
};
use crate::scenario::plan::{
    Assumed, Code, Connect, DevicePlan, Input, Plan, Planned, PopulationPlan, Precision, ProjectionPlan,
    RecordPlan, Reproduces, SourcePlan, SwitchEnergy,
};
use crate::scenario::protocol::supervised::{
    EpochResult, Gradient, Measure, Optimizer, ProgrammingCase, ProgrammingResult, ShownSample, Supervised,
    SupervisedResult,
};
use crate::synapse::{Arrangement, DeviceRange, Placement, ReadPulse, Spread};
use crate::time::Time;
use crate::training::Course;
use crate::units::{Ampere, Hertz, Joule, Second, Siemens, Volt};

/// What a host could have measured.
#[must_use]
pub fn host() -> HostPerformance {
    HostPerformance {
        at_once: None,
        wall_s: 61.2,
        cpu_s: 118.4,
        peak_rss_bytes: Some(287 << 20),
        calibrate: Some(Calibration { exp_ns: 11.2, memory_read_ns: 84.0 }),
    }
}

/// A plan like that of the shipped `mnist`, and an outcome that fits it.
#[must_use]
pub fn trained() -> (Plan, Outcome) {
    (plan(), outcome())
}

fn plan() -> Plan {
    let spread = Spread { cv_on: 0.0081, cv_off: 0.0115, cv_device: 0.0 };
    Plan {
        name: "mnist".into(),
        title: "MNIST on a 784 x 10 memristor crossbar".into(),
        description: "Trains a single layer of leaky integrate-and-fire neurons on Poisson-coded digits."
            .into(),
        reproduces: Some(Reproduces {
            paper: "Yan et al.".into(),
            figure: "5c".into(),
            accuracy: Some(0.9157),
        }),
        seed: 1,
        sources: vec![SourcePlan {
            name: "retina".into(),
            size: 784,
            input: Input::Dataset {
                dataset: DataPlan::Named(Name::MNIST),
                augment: crate::encoding::Augment::default(),
                code: Code::Rate { max_rate: Hertz::new(100.0), normalise: false },
            },
        }],
        populations: vec![PopulationPlan {
            name: "output".into(),
            size: 10,
            each: Vec::new(),
            own: Vec::new(),
            neuron: Neuron::Lif(Lif { reset: Reset::Subtract, ..Lif::default() }),
            switch: Some(SwitchEnergy {
                i_cc: Ampere::new(7e-6),
                g_on: Siemens::new(35e-6),
                g_off: Siemens::new(1e-10),
                v_drive: Volt::new(0.25),
                on_time: Second::new(1e-4),
            }),
            g_pre: None,
            cost: None,
            keys: Vec::new(),
            competition: None,
        }],
        projections: vec![ProjectionPlan {
            name: "input".into(),
            from: Origin::Source(0),
            to: 0,
            connect: Connect::AllToAll,
            kernel: Kernel::Delta,
            weight: Distribution::Normal { mean: 0.00125, sd: 0.0025 },
            delay: Time::ZERO,
            delays: None,
            plasticity: None,
            device: Some(DevicePlan {
                name: "synapse".into(),
                preset: "ag-tio2-pt-rs-analog".into(),
                arrangement: Arrangement::Differential,
                placement: Placement::OneSided,
                range: DeviceRange { g_min: Siemens::new(1e-8), g_max: Siemens::new(1e-4), levels: None },
                spread,
                faults: FaultRates::default(),
                age: None,
                retention: Retention::PERFECT,
                read: ReadPulse { amplitude: Volt::new(0.1), width: Second::new(1e-6) },
                w_max: None,
            }),
        }],
        protocol: Planned::new(Supervised {
            projection: 0,
            precision: Precision::F64,
            epochs: 30,
            test_every: 1,
            batch: 64,
            train_samples: None,
            test_samples: None,
            validation: 0.0,
            presentation: Time::from_fs(100_000_000_000_000),
            test_presentation: Time::from_fs(100_000_000_000_000),
            count_gain: 0.3,
            surrogate_steepness: 5.0,
            gradient: Gradient::Surrogate {},
            optimizer: Optimizer::Adam {
                rate: 1e-3,
                rate_final: 1e-5,
                schedule: Course::Cosine,
                warmup: 0.0,
                beta1: 0.9,
                beta2: 0.999,
                epsilon: 1e-8,
                weight_decay: 0.0,
                clip: None,
                average: None,
            },
            patience: None,
            weight_bound: Some(0.3),
            weights_from: None,
            show_class: Some(7),
            programming: vec![ProgrammingCase {
                name: "six levels".into(),
                placement: Placement::OneSided,
                levels: Some(6),
                spread,
                faults: FaultRates::default(),
                age: None,
                draws: 10,
                max_loss: Some(0.008),
            }],
        }),
        engine: crate::scenario::plan::EnginePlan::default(),
        record: RecordPlan { energy: true, mac_energy: Joule::new(4.6e-12), ..RecordPlan::default() },
        assumed: [
            ("population.output.on_time", "100 us", "needs an active reset of the switch"),
            ("projection.input.read.width", "1 us", "shortest pulse the paper's rows could be driven with"),
            ("projection.input.g_max", "100 uS", "the paper gives ratios only"),
        ]
        .map(|(parameter, value, why)| Assumed {
            parameter: parameter.into(),
            value: value.into(),
            why: why.into(),
        })
        .into(),
    }
}

struct Draw(Stream);

impl Draw {
    fn uniform(&mut self) -> f64 {
        unit(self.0.next_word())
    }

    /// Sum of twelve uniforms less six: normal enough to look at.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn outcome() -> Outcome {
    let mut draw = Draw(Stream::new(1, Purpose::Measurement, 0, 0));
    let epochs: Vec<EpochResult> = (1..=30)
        .map(|epoch| {
            let progress = 1.0 - crate::numeric::exp(-f64::from(epoch) / 4.0);
            EpochResult {
                epoch,
                loss: 0.9 - 0.62 * progress,
                train_accuracy: 0.868 + 0.064 * progress + 0.0005 * draw.normal(),
                validation_accuracy: None,
                test_accuracy: Some(0.872 + 0.052 * progress + 0.0012 * draw.normal()),
                learning_rate: 1e-3,
                spikes_per_sample: Vec::new(),
                gradient: Vec::new(),
                silent: None,
            }
        })
        .collect();
    let confusion: Vec<Vec<u64>> = (0..10)
        .map(|class: u64| {
            (0..10)
                .map(
                    |answer: u64| {
                        if class == answer { 925 } else { (draw.uniform() * 16.0 * draw.uniform()) as u64 }
                    },
                )
                .collect()
        })
        .collect();
    let right: u64 = (0..10).map(|class| confusion[class][class]).sum();
    let tested: u64 = confusion.iter().flatten().sum();
    let test_accuracy = right as f64 / tested as f64;
    let weights = weights(&mut draw);
    let conductance = |sign: f64| -> Vec<f64> {
        weights
            .iter()
            .map(|w| (1e-8 + (sign * w).max(0.0) / 0.075 * 1e-4) * (1.0 + 0.01 * draw_of(*w)))
            .collect()
    };
    let (plus, minus) = (conductance(1.0), conductance(-1.0));
    let array = |name: &str, data: Vec<f64>| NamedArray { name: name.into(), rows: 784, cols: 10, data };
    let rates = [0.0, 20.0, 30.0, 80.0, 10.0, 10.0, 0.0, 410.0, 20.0, 120.0];
    let spikes_ms = rates
        .iter()
        .map(|rate| {
            let mut times: Vec<f64> = (0..(rate / 10.0) as usize).map(|_| 100.0 * draw.uniform()).collect();
            times.sort_by(f64::total_cmp);
            times
        })
        .collect();
    let entry = |owner: &str, category, joules| Entry { owner: owner.into(), category, joules };
    let not_modelled = vec![Category::Program, Category::Wire, Category::HalfSelect, Category::Periphery];
    let per_inference = vec![
        entry("input", Category::Read, 2.77e-8),
        entry("output", Category::Neuron, 9.81e-9),
        entry("output", Category::Limiter, 2.45e-9),
        entry("output", Category::Leakage, 3.1e-13),
    ];
    let whole = per_inference.iter().map(|e| Entry { joules: e.joules * 1.81e6, ..e.clone() }).collect();
    Outcome {
        status: Status::Done,
        counts: PhaseCounts {
            episodes: 1_810_000,
            sim_time_fs: 181_000_000_000_000_000_000,
            events: EventCounts {
                poisson: 1_886_020_000,
                source: 0,
                arrival: 1_886_020_000,
                fire: 126_700_000,
            },
            synaptic_events: 18_860_200_000,
            spikes: vec![126_700_000],
        },
        energy: Ledger { entries: whole, not_modelled: not_modelled.clone() },
        inference: Some(InferenceEnergy {
            per_inference: Ledger { entries: per_inference, not_modelled },
            inferences: tested,
            mac_reference_j: 3.6064e-8,
            input_spikes: 1042.0,
            output_spikes: 70.1,
            synaptic_events: 10420.0,
        }),
        found: Found::new(SupervisedResult {
            measure: Measure::RightAnswers,
            outputs: Vec::new(),
            epochs,
            test_accuracy: Some(test_accuracy),
            tested_epoch: Some(30),
            confusion,
            programming: vec![
                programming("paper's spread", test_accuracy, 0.0003, 0.0004, Some(0.001), &mut draw),
                programming("six levels", test_accuracy, 0.0061, 0.0009, Some(0.008), &mut draw),
                programming("CV 30 %", test_accuracy, 0.0213, 0.0021, Some(0.018), &mut draw),
            ],
            shown: Some(ShownSample {
                class: 7,
                index: 0,
                rates_hz: rates.to_vec(),
                spikes_ms,
                image: vec![9; 784],
            }),
            missed: vec![Missed { index: 8, class: 5, answer: Some(6), image: vec![200; 784] }],
            weights_from: None,
            in_situ: None,
        }),
        arrays: vec![
            array("weight.input", weights),
            array("conductance.input.plus", plus),
            array("conductance.input.minus", minus),
        ],
        fingerprint: "0123456789abcdef0123456789abcdef".into(),
        phases: [
            ("build", 0.4, 0.4, 0, 0),
            ("train", 52.1, 103.9, 1_800_000, 3_800_000_000),
            ("test", 8.7, 14.1, 310_000, 640_000_000),
        ]
        .into_iter()
        .map(|(phase, wall_s, cpu_s, samples, events)| PhaseTime {
            phase: phase.into(),
            wall_s,
            cpu_s,
            samples,
            events,
        })
        .collect(),
        notes: vec!["engine fast: shared-decay form, f64, one Poisson lane of 4 blocks".into()],
        ..Outcome::default()
    }
}

/// A spread of one per cent that is a function of the value.
fn draw_of(weight: f64) -> f64 {
    unit(weight.to_bits().wrapping_mul(0x9E37_79B9_7F4A_7C15)) * 2.0 - 1.0
}

fn programming(
    name: &str,
    float: f64,
    loss: f64,
    sd: f64,
    max_loss: Option<f64>,
    draw: &mut Draw,
) -> ProgrammingResult {
    let accuracy: Vec<f64> = (0..10).map(|_| float - loss + sd * draw.normal()).collect();
    let mean = accuracy.iter().sum::<f64>() / 10.0;
    ProgrammingResult {
        name: name.into(),
        float_accuracy: float,
        accuracy,
        mean,
        sd,
        loss: float - mean,
        max_loss,
        read_energy_per_inference_j: 2.77e-8,
    }
}

/// Ten fields of a few bumps and hollows, 784 x 10, in volts.
fn weights(draw: &mut Draw) -> Vec<f64> {
    let mut weights = vec![0.0; 7840];
    for output in 0..10 {
        let bumps: Vec<(f64, f64, f64)> = (0..7)
            .map(|k| {
                let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
                (
                    5.0 + 18.0 * draw.uniform(),
                    5.0 + 18.0 * draw.uniform(),
                    sign * (0.4 + 0.6 * draw.uniform()),
                )
            })
            .collect();
        for pixel in 0..784 {
            let (x, y) = (f64::from(pixel % 28), f64::from(pixel / 28));
            let field: f64 = bumps
                .iter()
                .map(|(cx, cy, a)| {
                    a * crate::numeric::exp(-((x - cx) * (x - cx) + (y - cy) * (y - cy)) / 14.0)
                })
                .sum();
            let edge = if (3.0..25.0).contains(&x) && (3.0..25.0).contains(&y) { 1.0 } else { 0.1 };
            let value = 0.05 * edge * (field + 0.12 * draw.normal());
            weights[pixel as usize * 10 + output] = value.clamp(-0.075, 0.075);
        }
    }
    weights
}
