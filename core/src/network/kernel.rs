//! Synaptic kernels: what an arrival does to its target. All that is to be known of a kernel is here.
//!
//! Engines know five things that can happen to a membrane ([`Effect`]), and every kernel is made of them. A scenario reads
//! names, units and keys of kernels from [`KERNELS`] and [`KEYS`].

use super::{Fault, MAX_STEPS, Population};
use crate::keys::{ModelFault, ModelKey, Reader, required};
use crate::neuron::synaptic::{ALPHA_PEAK, Current};
use crate::numeric::{exp, ln};
use crate::time::Time;
use crate::units::Second;
use crate::waveform::{Breakpoint, Waveform};
use std::fmt::{Display, Formatter};

/// What an arrival does.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kernel {
    /// u jumps by the weight (volts).
    Delta,
    /// A current pulse of unit peak, as changes of level and slope; the weight is its peak (amperes).
    Pulse(Vec<Breakpoint>),
    /// A current that jumps by the weight (amperes) and decays with `tau`.
    Exponential {
        /// Time constant of the decay.
        tau: Second,
    },
    /// A current (t/tau) e^(1 - t/tau) of unit peak; the weight is its peak (amperes).
    Alpha {
        /// Time of the peak.
        tau: Second,
    },
    /// A current N (e^(-t/tau) - e^(-t/rise)) of unit peak; the weight is its peak (amperes). At its peak
    /// t = rise tau/(tau - rise) ln(tau/rise). Source: Roth & van Rossum, in *Computational Modeling Methods for
    /// Neuroscientists* (2009), eq. 6.4.
    DoubleExponential {
        /// Time constant of the rise.
        rise: Second,
        /// Time constant of the decay, longer than that of the rise.
        tau: Second,
    },
    /// A receptor of the target's model (by its place among [`crate::neuron::model::Model::RECEPTORS`]) whose conductance
    /// jumps by the weight (siemens); how it fades is the model's.
    Conductance {
        /// Which of them.
        receptor: u8,
    },
    /// No arrivals: the current of a source of that kind; the weight is what it is multiplied with.
    Current,
}

/// What an arrival of unit weight does to a membrane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect<'a> {
    /// The potential jumps.
    Jump,
    /// A current changes its level and slope at each of these times, of which the first is zero.
    Steps(&'a [Breakpoint]),
    /// Currents that fade are added.
    Fades([Option<Fade>; 2]),
    /// The conductance of this receptor jumps.
    Opens(u8),
    /// Nothing arrives: the drive follows the current of the source.
    Follows,
}

/// A current (p + q t/tau) e^(-t/tau).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fade {
    /// Its time constant.
    pub tau: Second,
    /// At its start.
    pub p: f64,
    /// How it grows, per time constant.
    pub q: f64,
}

impl Fade {
    /// Adds it, times a drive, to a current of its time constant.
    #[inline]
    pub fn add(&self, current: &mut Current, drive: f64) {
        // Adding nothing might change the sign of a zero.
        if self.p != 0.0 {
            current.p += drive * self.p;
        }
        if self.q != 0.0 {
            current.q += drive * self.q;
        }
    }
}

impl Kernel {
    /// A rectangular pulse of current.
    #[must_use]
    pub fn rectangle(width: Time) -> Self {
        Self::Pulse(Waveform::rectangle(1.0, width).breakpoints())
    }

    /// A symmetric triangular pulse of current, `width` at its base.
    #[must_use]
    pub fn triangle(width: Time) -> Self {
        Self::Pulse(Waveform::triangle(1.0, width).breakpoints())
    }

    /// What an arrival of unit weight does.
    #[inline]
    #[must_use]
    pub fn effect(&self) -> Effect<'_> {
        let fade = |tau, p, q| Some(Fade { tau, p, q });
        match *self {
            Self::Delta => Effect::Jump,
            Self::Pulse(ref breakpoints) => Effect::Steps(breakpoints),
            Self::Exponential { tau } => Effect::Fades([fade(tau, 1.0, 0.0), None]),
            Self::Alpha { tau } => Effect::Fades([fade(tau, 0.0, ALPHA_PEAK), None]),
            Self::DoubleExponential { rise, tau } => {
                let n = to_unit_peak(rise, tau);
                Effect::Fades([fade(tau, n, 0.0), fade(rise, -n, 0.0)])
            }
            Self::Conductance { receptor } => Effect::Opens(receptor),
            Self::Current => Effect::Follows,
        }
    }

    /// Whether an arrival is a jump of the potential.
    #[must_use]
    pub const fn jumps(&self) -> bool {
        matches!(self, Self::Delta)
    }

    /// Changes of level and slope after an arrival, the first of which is at once; empty for kernels that need none.
    #[inline]
    #[must_use]
    pub fn steps(&self) -> &[Breakpoint] {
        match self {
            Self::Pulse(breakpoints) => breakpoints,
            _ => &[],
        }
    }

    /// The currents that fade after an arrival.
    pub fn fades(&self) -> impl Iterator<Item = Fade> {
        let fades = if let Effect::Fades(fades) = self.effect() { fades } else { [None; 2] };
        fades.into_iter().flatten()
    }

    /// Whether it brings a current, not a jump of the membrane or of a conductance.
    #[must_use]
    pub const fn is_current(&self) -> bool {
        !matches!(self, Self::Delta | Self::Conductance { .. })
    }

    /// Symbol of a weight's unit.
    #[must_use]
    pub const fn weight_unit(&self) -> &'static str {
        match self {
            Self::Delta => "V",
            Self::Conductance { .. } => "S",
            Self::Current => "",
            _ => "A",
        }
    }

    /// What is wrong with it for a projection of this name to `target`.
    pub(super) fn fault(&self, name: &str, target: &Population) -> Option<Fault> {
        let name = name.to_owned();
        match *self {
            Self::Delta | Self::Current => None,
            Self::Pulse(ref breakpoints) => {
                let starts = breakpoints.first().is_some_and(|first| first.at == Time::ZERO);
                let rises = breakpoints.windows(2).all(|pair| pair[0].at < pair[1].at);
                let fine = starts && rises && breakpoints.len() <= MAX_STEPS as usize;
                (!fine).then_some(Fault::Pulse { name, breakpoints: breakpoints.len() })
            }
            Self::Exponential { tau } | Self::Alpha { tau } => {
                (tau <= Second::ZERO).then_some(Fault::Decay { name, tau })
            }
            Self::DoubleExponential { rise, tau } => {
                let fine = rise > Second::ZERO && rise < tau;
                (!fine).then_some(Fault::Rise { name, rise, tau })
            }
            Self::Conductance { receptor } => {
                let receptors =
                    target.neuron.open().map_or(0, |open| crate::neuron::model::Model::receptors(open).len());
                let (population, model) = (target.name.clone(), target.neuron.model());
                (usize::from(receptor) >= receptors).then_some(Fault::Receptor {
                    name,
                    receptor,
                    population,
                    model,
                    receptors,
                })
            }
        }
    }
}

/// N of a double exponential: one over its largest difference of exponentials.
fn to_unit_peak(rise: Second, tau: Second) -> f64 {
    let peak = rise * (tau / (tau - rise)) * ln(tau / rise);
    1.0 / (exp(-peak / tau) - exp(-peak / rise))
}

impl Display for Kernel {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Delta => f.write_str("delta"),
            Self::Pulse(changes) => {
                let width = changes.last().map_or(Time::ZERO, |last| last.at);
                let shape = match self {
                    _ if *self == Self::rectangle(width) => "rectangle",
                    _ if *self == Self::triangle(width) => "triangle",
                    _ => "pulse",
                };
                write!(f, "{shape} of {width}")
            }
            Self::Exponential { tau } => write!(f, "exponential, tau_syn {tau}"),
            Self::Alpha { tau } => write!(f, "alpha, tau_syn {tau}"),
            Self::DoubleExponential { rise, tau } => {
                write!(f, "double exponential, tau_rise {rise}, tau_syn {tau}")
            }
            Self::Conductance { receptor } => write!(f, "conductance, receptor {receptor}"),
            Self::Current => f.write_str("the current of its source"),
        }
    }
}

/// A kernel by name.
#[derive(Clone, Copy, Debug)]
pub struct KernelEntry {
    /// What a scenario calls it.
    pub name: &'static str,
    /// One line about it.
    pub title: &'static str,
    /// Symbol of a weight's unit.
    pub unit: &'static str,
    /// Its keys.
    pub keys: &'static [ModelKey],
    make: fn(&mut Reader<'_>) -> Kernel,
}

impl KernelEntry {
    /// The kernel of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        KERNELS.iter().find(|entry| entry.name == name)
    }

    /// The kernel of these values in SI units; of [`RECEPTOR`] it is the place among those of the target's model.
    ///
    /// # Errors
    /// Every value that makes no kernel.
    pub fn make(&self, value: &dyn Fn(&str) -> Option<f64>) -> Result<Kernel, Vec<ModelFault>> {
        let mut read = Reader::new(self.keys, value);
        let kernel = (self.make)(&mut read);
        read.finish(kernel)
    }
}

/// The key that names a receptor of the target's model.
pub const RECEPTOR: ModelKey =
    required("receptor", "receptor", "Receptor of the target's model whose conductance jumps.");
const WIDTH: ModelKey = required("width", "s", "Width of the current pulse at its base.");
const TAU_SYN: ModelKey = required("tau_syn", "s", "Time constant with which the synaptic current decays.");
const TAU_RISE: ModelKey =
    required("tau_rise", "s", "Time constant with which the synaptic current rises, below `tau_syn`.");

/// The kernel by default: what kernels a population has to have that is to compete or to be trained.
pub const DELTA: &str = "delta";

/// The kernel for sources of current, and for nothing else.
pub const CURRENT: &str = "current";

/// All keys of kernels, and the kernels that have each.
pub const KEYS: [(ModelKey, &[&str]); 4] = [
    (WIDTH, &["rect", "triangle"]),
    (TAU_SYN, &["exponential", "alpha", "double_exponential"]),
    (TAU_RISE, &["double_exponential"]),
    (RECEPTOR, &["conductance"]),
];

/// All kernels, in the order of the reference chapter.
pub const KERNELS: [KernelEntry; 8] = [
    KernelEntry {
        name: DELTA,
        title: "a jump of the membrane by the weight",
        unit: "V",
        keys: &[],
        make: |_| Kernel::Delta,
    },
    KernelEntry {
        name: "rect",
        title: "a rectangular current pulse of height weight",
        unit: "A",
        keys: &[WIDTH],
        make: |read| Kernel::rectangle(read.span("width")),
    },
    KernelEntry {
        name: "triangle",
        title: "a symmetric triangular current pulse of peak weight",
        unit: "A",
        keys: &[WIDTH],
        make: |read| Kernel::triangle(read.span("width")),
    },
    KernelEntry {
        name: "exponential",
        title: "a current that jumps by the weight and decays with `tau_syn`",
        unit: "A",
        keys: &[TAU_SYN],
        make: |read| Kernel::Exponential { tau: Second::of(read.time_constant("tau_syn")) },
    },
    KernelEntry {
        name: "alpha",
        title: "a current (t/tau_syn) e^(1 - t/tau_syn) of peak weight",
        unit: "A",
        keys: &[TAU_SYN],
        make: |read| Kernel::Alpha { tau: Second::of(read.time_constant("tau_syn")) },
    },
    KernelEntry {
        name: "double_exponential",
        title: "a current N (e^(-t/tau_syn) - e^(-t/tau_rise)) of peak weight",
        unit: "A",
        keys: &[TAU_SYN, TAU_RISE],
        make: |read| {
            let (tau, rise) = (read.time_constant("tau_syn"), read.time_constant("tau_rise"));
            let shorter = rise < tau || read.faulty("tau_syn");
            read.require("tau_rise", rise, shorter, "it must be below tau_syn");
            Kernel::DoubleExponential { rise: Second::of(rise), tau: Second::of(tau) }
        },
    },
    KernelEntry {
        name: "conductance",
        title: "the conductance of a receptor jumps by the weight, and fades as the target's model says",
        unit: "S",
        keys: &[RECEPTOR],
        make: |read| Kernel::Conductance { receptor: read.zero_or_more("receptor") as u8 },
    },
    KernelEntry {
        name: CURRENT,
        title: "the current of a source of current, times the weight, a number",
        unit: "",
        keys: &[],
        make: |_| Kernel::Current,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// A kernel of each name, with times that fit each other.
    fn each() -> impl Iterator<Item = (&'static KernelEntry, Kernel)> {
        let value = |name: &str| match name {
            "width" => Some(6e-3),
            "tau_syn" => Some(5e-3),
            "tau_rise" => Some(0.5e-3),
            _ => Some(1.0),
        };
        KERNELS.iter().map(move |entry| (entry, entry.make(&value).unwrap()))
    }

    #[test]
    fn every_key_says_which_kernels_have_it() {
        for (key, of) in KEYS {
            let has = KERNELS.iter().filter(|entry| entry.keys.contains(&key)).map(|entry| entry.name);
            assert_eq!(has.collect::<Vec<_>>(), of, "{}", key.name);
        }
        let listed = |key: &ModelKey| KEYS.iter().any(|(other, _)| other == key);
        assert!(KERNELS.iter().flat_map(|entry| entry.keys).all(listed));
        assert!(each().all(|(entry, kernel)| entry.unit == kernel.weight_unit()));
    }

    #[test]
    fn currents_have_a_peak_of_the_weight() {
        for (entry, kernel) in each().filter(|(entry, _)| entry.unit == "A") {
            let at = |t: f64| match kernel.effect() {
                Effect::Steps(steps) => {
                    let passed = steps.iter().filter(|step| step.at.as_seconds() <= t);
                    passed.map(|step| step.level + step.slope * (t - step.at.as_seconds())).sum::<f64>()
                }
                _ => kernel
                    .fades()
                    .map(|fade| (fade.p + fade.q * t / fade.tau.get()) * (-t / fade.tau.get()).exp())
                    .sum(),
            };
            let peak = (0..200_000).map(|k| at(f64::from(k) * 1e-7)).fold(0.0, f64::max);
            assert!((peak - 1.0).abs() < 1e-8, "{}: {peak}", entry.name);
        }
        let shown: Vec<String> = each().map(|(_, kernel)| kernel.to_string()).collect();
        assert_eq!(
            shown,
            [
                "delta",
                "rectangle of 6 ms",
                "triangle of 6 ms",
                "exponential, tau_syn 5 ms",
                "alpha, tau_syn 5 ms",
                "double exponential, tau_rise 500 us, tau_syn 5 ms",
                "conductance, receptor 1",
                "the current of its source",
            ]
        );
    }

    #[test]
    fn a_rise_that_is_no_shorter_than_the_decay_is_refused() {
        let entry = KernelEntry::named("double_exponential").unwrap();
        let faults = entry.make(&|_| Some(5e-3)).unwrap_err();
        assert_eq!(faults[0].to_string(), "`tau_rise` is 5 ms; it must be below tau_syn");
    }
}
