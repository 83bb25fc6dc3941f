//! Weight <-> conductance: which devices make a weight and where in their range they sit.

use crate::device::model::Memory;
use crate::numeric::Real;
use crate::simd::{Work, vectorised};
use crate::units::{Ohm, Second, Siemens, Volt};
use serde::{Deserialize, Serialize};

/// Which devices make one weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Arrangement {
    /// One device; w = s (G - G_ref), G_ref a fixed reference conductance in the middle of the range.
    Single,
    /// One device; w = s (G - g_min), from 0 to w_max.
    Unipolar,
    /// Two devices; w = s (G+ - G-).
    Differential,
    /// n pairs side by side; w = s sum(G+ - G-), each pair carrying w / n.
    Parallel {
        /// How many pairs.
        pairs: u32,
    },
}

/// Where the two devices of a pair sit for a given weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// The device that is not needed rests at `g_min`.
    OneSided,
    /// Both sit symmetrically around the middle of the range.
    Balanced,
}

/// Bounds of a device's conductance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceRange {
    /// Smallest conductance.
    pub g_min: Siemens,
    /// Largest conductance.
    pub g_max: Siemens,
    /// Number of evenly spaced conductances a device can be programmed to; `None`: continuous.
    pub levels: Option<u32>,
}

/// The rectangular pulse that reads a row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadPulse {
    /// Voltage on the row.
    pub amplitude: Volt,
    /// How long it lasts.
    pub width: Second,
}

/// Most pairs side by side in one weight: keeps a slip of the keyboard from asking for terabytes.
pub const MAX_PAIRS: u32 = 1024;

/// A parameter that is not valid for a mapping.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum MappingError {
    /// A range must have two different ends in their order.
    #[error("g_min = {g_min} is not below g_max = {g_max}; exchange them, or widen the range")]
    RangeReversed {
        /// Smallest conductance.
        g_min: Siemens,
        /// Largest conductance.
        g_max: Siemens,
    },
    /// Spreads are interpolated in ln G, and no device insulates perfectly.
    #[error("g_min is {g_min}; it must be above zero, such as \"1 nS\"")]
    RangeNotPositive {
        /// Smallest conductance.
        g_min: Siemens,
    },
    /// One level holds no information.
    #[error("levels is {levels}; a device needs at least 2, or leave it out for continuous conductances")]
    TooFewLevels {
        /// How many.
        levels: u32,
    },
    /// Without a device there is no weight, and nobody builds a weight of more than [`MAX_PAIRS`].
    #[error("a parallel arrangement of {pairs} pairs; allowed are 1 to {MAX_PAIRS}")]
    Pairs {
        /// How many.
        pairs: u32,
    },
    /// The end of the weight scale.
    #[error("w_max is {}; it must be finite and above zero", crate::hint::number(*w_max))]
    WeightScale {
        /// The value.
        w_max: f64,
    },
    /// Spreads are fractions.
    #[error(
        "{name} is {}; a coefficient of variation must be finite and zero or more, such as 0.05", crate::hint::number(*value)
    )]
    Spread {
        /// Name of the parameter.
        name: &'static str,
        /// The value.
        value: f64,
    },
    /// A read pulse that reads nothing.
    #[error("the read pulse is {amplitude} for {width}; both must be above zero")]
    ReadPulse {
        /// Its voltage.
        amplitude: Volt,
        /// Its length.
        width: Second,
    },
}

impl DeviceRange {
    /// From off to on of a device whose conductance stays, with the levels that it has.
    #[must_use]
    pub fn of(memory: &Memory<'_>) -> Self {
        let (on, off) = memory.ends;
        let [g_min, g_max] = [off.min(on), off.max(on)].map(Siemens::of);
        Self { g_min, g_max, levels: memory.levels }
    }

    /// All faults of this range.
    #[must_use]
    pub fn faults(&self) -> Vec<MappingError> {
        let mut faults = Vec::new();
        if self.g_min >= self.g_max {
            faults.push(MappingError::RangeReversed { g_min: self.g_min, g_max: self.g_max });
        }
        if self.g_min <= Siemens::ZERO {
            faults.push(MappingError::RangeNotPositive { g_min: self.g_min });
        }
        if let Some(levels) = self.levels.filter(|&levels| levels < 2) {
            faults.push(MappingError::TooFewLevels { levels });
        }
        faults
    }

    /// (g_min, g_max) as plain numbers in siemens, for the arithmetic on arrays of conductances.
    #[must_use]
    #[inline(always)]
    pub fn ends(&self) -> (f64, f64) {
        (self.g_min.get(), self.g_max.get())
    }

    /// The same as numbers of a type.
    #[inline(always)]
    fn ends_in<R: Real>(&self) -> (R, R) {
        (R::from_f64(self.g_min.get()), R::from_f64(self.g_max.get()))
    }

    /// The conductance inside the range, or the nearest level, that a device is asked for instead of `g`.
    ///
    /// Level k of L lies at g_min + k (g_max - g_min)/(L - 1); halfway, the upper one is taken.
    #[must_use]
    #[inline(always)]
    pub fn nearest<R: Real>(&self, g: R) -> R {
        let (g_min, g_max) = self.ends_in::<R>();
        let g = g.max(g_min).min(g_max);
        let Some(levels) = self.levels else { return g };
        let last = R::from_f64(f64::from(levels.saturating_sub(1)));
        let k = ((g - g_min) / (g_max - g_min) * last + R::from_f64(0.5)).floor();
        if k >= last { g_max } else { g_min + (g_max - g_min) * (k / last) }
    }
}

impl ReadPulse {
    /// All faults of this pulse.
    #[must_use]
    pub fn faults(&self) -> Vec<MappingError> {
        if self.amplitude > Volt::ZERO && self.width > Second::ZERO {
            Vec::new()
        } else {
            vec![MappingError::ReadPulse { amplitude: self.amplitude, width: self.width }]
        }
    }

    /// Charge through a conductance (siemens), in coulombs: V G t.
    #[must_use]
    pub fn charge(&self, conductance: f64) -> f64 {
        (self.amplitude * Siemens::of(conductance) * self.width).get()
    }

    /// Energy spent in a conductance (siemens), in joules: V^2 G t.
    #[must_use]
    pub fn energy(&self, conductance: f64) -> f64 {
        crate::energy::pulse_energy(Siemens::of(conductance), self.amplitude, self.width).get()
    }
}

/// Weight per conductance, s in w = s (G+ - G-): volts per siemens for weights in volts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scale(pub f64);

impl Scale {
    /// The transimpedance between column and membrane that this scale implies:
    ///
    /// a read pulse sends the charge V t (G+ - G-) through the column, and a membrane fed through R_t
    /// jumps by R_t Q/tau_m, so w = R_t V t/tau_m (G+ - G-) and R_t = s tau_m/(V t).
    ///
    /// It is what the circuit between array and neuron must provide; a report states it.
    #[must_use]
    pub fn transimpedance(self, read: &ReadPulse, tau_m: Second) -> Ohm {
        Ohm::of(self.0 * tau_m.get() / (read.amplitude.get() * read.width.get()))
    }
}

/// Weight <-> conductance, with every parameter checked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mapping {
    arrangement: Arrangement,
    placement: Placement,
    range: DeviceRange,
    w_max: f64,
}

impl Mapping {
    /// `w_max` is the weight at the end of the conductance range; larger ones are clipped.
    ///
    /// # Errors
    /// All faults of range, arrangement and scale.
    pub fn new(
        arrangement: Arrangement,
        placement: Placement,
        range: DeviceRange,
        w_max: f64,
    ) -> Result<Self, Vec<MappingError>> {
        let mut faults = range.faults();
        if let Arrangement::Parallel { pairs } = arrangement
            && !(1..=MAX_PAIRS).contains(&pairs)
        {
            faults.push(MappingError::Pairs { pairs });
        }
        let mapping = Self { arrangement, placement, range, w_max };
        // A scale that overflows or vanishes would make weights of infinities.
        if !(w_max.is_finite() && w_max > 0.0) || (faults.is_empty() && !mapping.scale().0.is_normal()) {
            faults.push(MappingError::WeightScale { w_max });
        }
        if faults.is_empty() { Ok(mapping) } else { Err(faults) }
    }

    /// Devices that make one weight.
    #[must_use]
    pub fn devices(&self) -> usize {
        match self.arrangement {
            Arrangement::Single | Arrangement::Unipolar => 1,
            Arrangement::Differential => 2,
            Arrangement::Parallel { pairs } => 2 * pairs as usize,
        }
    }

    /// Bounds and levels of the devices.
    #[must_use]
    pub fn range(&self) -> &DeviceRange {
        &self.range
    }

    /// Whether the devices can have this weight.
    #[must_use]
    pub fn has(&self, w: f64) -> bool {
        let least = if self.arrangement == Arrangement::Unipolar { 0.0 } else { -self.w_max };
        (least..=self.w_max).contains(&w)
    }

    /// The weight at the end of the range.
    #[must_use]
    pub fn w_max(&self) -> f64 {
        self.w_max
    }

    /// w_max over the largest difference that the arrangement can make: (g_max - g_min)/2, g_max - g_min
    /// or n (g_max - g_min).
    #[must_use]
    pub fn scale(&self) -> Scale {
        let (g_min, g_max) = self.range.ends();
        let span = g_max - g_min;
        Scale(match self.arrangement {
            Arrangement::Single => self.w_max / (0.5 * span),
            Arrangement::Unipolar | Arrangement::Differential => self.w_max / span,
            Arrangement::Parallel { pairs } => self.w_max / (f64::from(pairs) * span),
        })
    }

    /// What the devices of weight `w` are asked for: G+ and G- of each pair in turn.
    ///
    /// Writes [`Mapping::devices`] numbers (or as many as `targets` holds).
    pub fn targets<R: Real>(&self, w: R, targets: &mut [R]) {
        let pair = self.pair(w);
        targets.iter_mut().zip(pair.iter().cycle()).for_each(|(target, &g)| *target = g);
    }

    /// What the devices of weight `w` are asked for together: G+ and G-, of several pairs their sums, of one device its reference
    /// as G-. The weight is s (G+ - G-).
    #[must_use]
    pub fn sides(&self, w: f64) -> [f64; 2] {
        let (g_min, g_max) = self.range.ends();
        let [plus, minus] = self.pair(w);
        match self.arrangement {
            Arrangement::Single => [plus, 0.5 * (g_min + g_max)],
            Arrangement::Unipolar => [plus, g_min],
            Arrangement::Differential => [plus, minus],
            Arrangement::Parallel { pairs } => [plus, minus].map(|g| f64::from(pairs) * g),
        }
    }

    /// G+ and G- of each pair.
    #[inline(always)]
    fn pair<R: Real>(&self, w: R) -> [R; 2] {
        let (g_min, g_max) = self.range.ends_in::<R>();
        let half = R::from_f64(0.5);
        let middle = half * (g_min + g_max);
        let x = self.part(w);
        let span = g_max - g_min;
        let (plus, minus) = match (self.arrangement, self.placement) {
            (Arrangement::Single, _) => (middle + half * span * x, middle),
            (Arrangement::Unipolar, _) => (g_min + span * x.max(R::ZERO), g_min),
            (_, Placement::OneSided) => self.one_sided(x),
            (_, Placement::Balanced) => self.balanced(x),
        };
        [plus, minus].map(|g| self.range.nearest(g))
    }

    /// Part of the range that a weight asks for; the same for each of n pairs, since n cancels.
    #[inline(always)]
    fn part<R: Real>(&self, w: R) -> R {
        (w / R::from_f64(self.w_max)).max(-R::ONE).min(R::ONE)
    }

    /// The weight that devices of these conductances make: s (G - G_ref) or s sum(G+ - G-).
    #[must_use]
    pub fn weight<R: Real>(&self, conductances: &[R]) -> R {
        let (g_min, g_max) = self.range.ends_in::<R>();
        let first = |reference: R| conductances.first().map_or(R::ZERO, |&g| g - reference);
        let difference = match self.arrangement {
            Arrangement::Single => first(R::from_f64(0.5) * (g_min + g_max)),
            Arrangement::Unipolar => first(g_min),
            Arrangement::Differential | Arrangement::Parallel { .. } => {
                conductances.chunks_exact(2).fold(R::ZERO, |sum, pair| sum + (pair[0] - pair[1]))
            }
        };
        R::from_f64(self.scale().0) * difference
    }

    /// [`Mapping::targets`] of many weights, one after another.
    pub fn all_targets<R: Real>(&self, weights: &[R], targets: &mut [R]) {
        vectorised(Targets { mapping: self, weights, targets });
    }

    /// [`Mapping::weight`] of the devices of many weights.
    pub fn weights<R: Real>(&self, conductances: &[R], weights: &mut [R]) {
        if self.devices() == 2 {
            let scale = R::from_f64(self.scale().0);
            let pairs = conductances.as_chunks::<2>().0;
            weights.iter_mut().zip(pairs).for_each(|(w, &[plus, minus])| *w = scale * (plus - minus));
        } else {
            let each = conductances.chunks_exact(self.devices());
            weights.iter_mut().zip(each).for_each(|(w, g)| *w = self.weight(g));
        }
    }
}

struct Targets<'a, R> {
    mapping: &'a Mapping,
    weights: &'a [R],
    targets: &'a mut [R],
}

impl<R: Real> Work for Targets<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { mapping, weights, targets } = self;
        if mapping.devices() != 2 {
            let each = targets.chunks_exact_mut(mapping.devices());
            weights.iter().zip(each).for_each(|(&w, targets)| mapping.targets(w, targets));
        } else {
            mapping.all_pairs(weights, targets);
        }
    }
}

/// Weights that are worked on together.
const BLOCK: usize = 16;

impl Mapping {
    /// G+ and G- of a pair of which one rests, as they are asked for.
    #[inline(always)]
    fn one_sided<R: Real>(&self, x: R) -> (R, R) {
        let (g_min, g_max) = self.range.ends_in::<R>();
        (g_min + (g_max - g_min) * x.max(R::ZERO), g_min + (g_max - g_min) * (-x).max(R::ZERO))
    }

    /// Of a pair around the middle.
    #[inline(always)]
    fn balanced<R: Real>(&self, x: R) -> (R, R) {
        let (g_min, g_max) = self.range.ends_in::<R>();
        let half = R::from_f64(0.5);
        let (middle, span) = (half * (g_min + g_max), g_max - g_min);
        (middle + half * span * x, middle - half * span * x)
    }

    /// All pairs of an arrangement of two devices. (All G+ of a block, then all G-: what stands side by side in memory would
    /// not be worked on side by side. And no closures: what they do is not compiled for these vectors.)
    #[inline(always)]
    fn all_pairs<R: Real>(&self, weights: &[R], targets: &mut [R]) {
        let (blocks, rest) = weights.as_chunks::<BLOCK>();
        let (pairs, last) = targets.as_chunks_mut::<2>().0.as_chunks_mut::<BLOCK>();
        for (pairs, weights) in pairs.iter_mut().zip(blocks) {
            *pairs = self.block(weights);
        }
        let mut weights = [R::ZERO; BLOCK];
        weights[..rest.len()].copy_from_slice(rest);
        last.copy_from_slice(&self.block(&weights)[..last.len()]);
    }

    /// Pairs of so many weights.
    #[inline(always)]
    fn block<R: Real>(&self, weights: &[R; BLOCK]) -> [[R; 2]; BLOCK] {
        let mut x = *weights;
        for x in &mut x {
            *x = self.part(*x);
        }
        let [plus, minus] = match self.placement {
            Placement::OneSided => self.one_sided_pairs(&x),
            Placement::Balanced => self.balanced_pairs(&x),
        };
        let mut pairs = [[R::ZERO; 2]; BLOCK];
        for (pair, (&plus, &minus)) in pairs.iter_mut().zip(plus.iter().zip(&minus)) {
            *pair = [plus, minus];
        }
        pairs
    }

    #[inline(always)]
    fn all_nearest<R: Real>(&self, mut all: [R; BLOCK]) -> [R; BLOCK] {
        for g in &mut all {
            *g = self.range.nearest(*g);
        }
        all
    }

    /// Levels of pairs around the middle.
    #[inline(always)]
    fn balanced_pairs<R: Real>(&self, x: &[R; BLOCK]) -> [[R; BLOCK]; 2] {
        let (mut plus, mut minus) = (*x, *x);
        for ((plus, minus), &x) in plus.iter_mut().zip(&mut minus).zip(x) {
            (*plus, *minus) = self.balanced(x);
        }
        [self.all_nearest(plus), self.all_nearest(minus)]
    }

    /// Levels of pairs of which one rests: only the other has one to look for.
    #[inline(always)]
    fn one_sided_pairs<R: Real>(&self, x: &[R; BLOCK]) -> [[R; BLOCK]; 2] {
        let (g_min, g_max) = self.range.ends_in::<R>();
        let rest = self.range.nearest(g_min);
        let mut set = *x;
        for g in &mut set {
            *g = g_min + (g_max - g_min) * g.abs();
        }
        let set = self.all_nearest(set);
        let (mut plus, mut minus) = ([rest; BLOCK], [rest; BLOCK]);
        for ((plus, minus), (&x, &g)) in plus.iter_mut().zip(&mut minus).zip(x.iter().zip(&set)) {
            *plus = if x > R::ZERO { g } else { rest };
            *minus = if x > R::ZERO { rest } else { g };
        }
        [plus, minus]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synapse::Spread;
    use crate::units::Coulomb;
    use proptest::prelude::*;

    fn range(levels: Option<u32>) -> DeviceRange {
        DeviceRange { g_min: Siemens::new(1e-9), g_max: Siemens::new(1e-5), levels }
    }

    const ARRANGEMENTS: [Arrangement; 4] = [
        Arrangement::Single,
        Arrangement::Differential,
        Arrangement::Parallel { pairs: 1 },
        Arrangement::Parallel { pairs: 3 },
    ];
    const PLACEMENTS: [Placement; 2] = [Placement::OneSided, Placement::Balanced];

    fn targets(mapping: &Mapping, w: f64) -> Vec<f64> {
        let mut targets = vec![0.0; mapping.devices()];
        mapping.targets(w, &mut targets);
        targets
    }

    #[test]
    fn many_weights_have_the_bits_of_each() {
        for arrangement in ARRANGEMENTS {
            for (levels, placement) in
                [(None, Placement::OneSided), (Some(6), Placement::OneSided), (Some(6), Placement::Balanced)]
            {
                let mapping = Mapping::new(arrangement, placement, range(levels), 0.3).unwrap();
                let weights: Vec<f64> = (-20..=20).map(|k| 0.017 * f64::from(k)).chain([-0.0]).collect();
                let mut all = vec![0.0; weights.len() * mapping.devices()];
                mapping.all_targets(&weights, &mut all);
                let spread = Spread { cv_on: 0.05, cv_off: 0.05, cv_device: 0.0 };
                let normals: Vec<f64> = (0..all.len()).map(|k| (k as f64 * 0.7).sin()).collect();
                let mut programmed = all.clone();
                spread.all_programmed(mapping.range(), (&normals, &normals), &mut programmed);
                let mut back = vec![0.0; weights.len()];
                mapping.weights(&programmed, &mut back);
                for (k, &w) in weights.iter().enumerate() {
                    let mut own = vec![0.0; mapping.devices()];
                    mapping.targets(w, &mut own);
                    let devices = k * own.len()..(k + 1) * own.len();
                    assert_eq!(all[devices.clone()], own, "{arrangement:?}, {w}");
                    for (g, &z) in own.iter_mut().zip(&normals[devices.clone()]) {
                        *g = spread.programmed(*g, mapping.range(), z, z);
                    }
                    assert_eq!(programmed[devices], own, "{arrangement:?}, {w}");
                    assert_eq!(back[k], mapping.weight(&own), "{arrangement:?}, {w}");
                }
            }
        }
    }

    #[test]
    fn a_one_sided_pair_leaves_the_unused_device_at_g_min() {
        let mapping = Mapping::new(Arrangement::Differential, Placement::OneSided, range(None), 0.1).unwrap();
        assert_eq!(targets(&mapping, 0.1), [1e-5, 1e-9]);
        assert_eq!(targets(&mapping, -0.1), [1e-9, 1e-5]);
        assert_eq!(targets(&mapping, 0.0), [1e-9, 1e-9]);
        assert_eq!(targets(&mapping, 7.0), [1e-5, 1e-9], "clipped at w_max");
        let quarter = targets(&mapping, 0.025);
        assert_eq!(quarter[1], 1e-9);
        assert!((quarter[0] - (1e-9 + 0.25 * (1e-5 - 1e-9))).abs() < 1e-20);
    }

    #[test]
    fn a_balanced_pair_sits_around_the_middle() {
        let mapping = Mapping::new(Arrangement::Differential, Placement::Balanced, range(None), 0.1).unwrap();
        let middle = 0.5 * (1e-5 + 1e-9);
        assert_eq!(targets(&mapping, 0.0), [middle, middle]);
        let pair = targets(&mapping, 0.04);
        assert!((pair[0] + pair[1] - 2.0 * middle).abs() < 1e-20 && pair[0] > pair[1]);
    }

    #[test]
    fn levels_are_evenly_spaced_and_the_nearest_is_taken() {
        let six = range(Some(6));
        let step = (1e-5 - 1e-9) / 5.0;
        for k in 0..6 {
            let level = 1e-9 + step * f64::from(k);
            for off in [-0.49, 0.0, 0.49] {
                assert!(
                    (six.nearest(level + off * step) - level).abs() < 1e-20,
                    "level {k}, {off} steps beside"
                );
            }
        }
        assert_eq!((six.nearest(0.0), six.nearest(1.0)), (1e-9, 1e-5));
        let mapping = Mapping::new(Arrangement::Differential, Placement::OneSided, six, 1.0).unwrap();
        assert!((mapping.weight(&targets(&mapping, 0.33)) - 0.4).abs() < 1e-15);
        assert!((mapping.weight(&targets(&mapping, -0.29)) + 0.2).abs() < 1e-15);
    }

    #[test]
    fn the_implied_transimpedance_turns_the_read_charge_into_the_weight() {
        let mapping = Mapping::new(Arrangement::Differential, Placement::OneSided, range(None), 0.1).unwrap();
        let read = ReadPulse { amplitude: Volt::new(0.2), width: Second::new(1e-6) };
        let tau_m = Second::new(9.41e-3);
        let r_t = mapping.scale().transimpedance(&read, tau_m);
        // 0.1 V / 9.999 uS * 9.41 ms / (0.2 V * 1 us) = 470.5 MOhm.
        assert!((r_t / Ohm::new(470.547e6) - 1.0).abs() < 1e-6, "{r_t}");
        let charge = Coulomb::new(read.charge(1e-5) - read.charge(1e-9));
        assert!((r_t * (charge / tau_m) - Volt::new(0.1)).abs() < Volt::new(1e-15));
    }

    #[test]
    fn every_fault_is_reported_at_once_with_its_values() {
        let wrong = DeviceRange { g_min: Siemens::new(2e-6), g_max: Siemens::new(-1e-6), levels: Some(1) };
        let faults = Mapping::new(Arrangement::Parallel { pairs: 0 }, Placement::OneSided, wrong, f64::NAN)
            .unwrap_err();
        let text: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            text,
            [
                "g_min = 2 uS is not below g_max = -1 uS; exchange them, or widen the range",
                "levels is 1; a device needs at least 2, or leave it out for continuous conductances",
                "a parallel arrangement of 0 pairs; allowed are 1 to 1024",
                "w_max is NaN; it must be finite and above zero",
            ]
        );
        let equal = DeviceRange { g_min: Siemens::ZERO, g_max: Siemens::ZERO, levels: None };
        assert_eq!(equal.faults().len(), 2);
        let spread = Spread { cv_on: -0.1, cv_off: f64::INFINITY, cv_device: f64::NAN };
        assert_eq!(spread.faults().len(), 3);
        assert_eq!(ReadPulse { amplitude: Volt::ZERO, width: Second::new(1.0) }.faults().len(), 1);
        let tiny = Mapping::new(Arrangement::Single, Placement::OneSided, range(None), 1e-320);
        assert_eq!(tiny.unwrap_err().len(), 1);
    }

    proptest! {
        #[test]
        fn a_weight_survives_ideal_devices(
            w in -1.0..1.0f64, w_max in 1e-3..10.0f64, which in 0..4usize, place in 0..2usize, ratio in 1e-6..0.9f64,
        ) {
            let range = DeviceRange { g_min: Siemens::new(1e-5 * ratio), g_max: Siemens::new(1e-5), levels: None };
            let mapping = Mapping::new(ARRANGEMENTS[which], PLACEMENTS[place], range, w_max).unwrap();
            let back = mapping.weight(&targets(&mapping, w * w_max));
            // Relative to the conductances, whose difference the weight is.
            prop_assert!((back - w * w_max).abs() <= 1e-12 * w_max * (1.0 / (1.0 - ratio)).min(10.0));
        }

        #[test]
        fn with_levels_a_weight_is_off_by_half_a_step_at_most(
            w in -1.0..1.0f64, levels in 2..64u32, which in 0..4usize, place in 0..2usize,
        ) {
            let mapping = Mapping::new(ARRANGEMENTS[which], PLACEMENTS[place], range(Some(levels)), 1.0).unwrap();
            let g = targets(&mapping, w);
            prop_assert!(g.iter().all(|g| (1e-9..=1e-5).contains(g)));
            // One device of a pair is rounded by half a step; two of them, or a single device whose range
            // serves both signs, by twice as much.
            let half_steps = if place == 0 && which > 0 { 0.5 } else { 1.0 };
            let bound = half_steps / f64::from(levels - 1) * (1.0 + 1e-9);
            prop_assert!((mapping.weight(&g) - w).abs() <= bound);
        }
    }
}
