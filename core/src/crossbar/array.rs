//! Programmed conductances, row by row.

use crate::device::fault::FaultRates;
use crate::device::retention::Retention;
use crate::numeric::Real;
use crate::plasticity::entity;
use crate::random::{Purpose, Stream};
use crate::synapse::{Mapping, MappingError, ReadPulse, Spread};
use crate::units::Second;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};

/// Rows (inputs) and columns (outputs) of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Rows: input lines.
    pub rows: usize,
    /// Columns: neurons that they reach.
    pub cols: usize,
}

/// Address of a programming: its random numbers are a function of it and of the device's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draw {
    /// Seed of the network.
    pub seed: u64,
    /// The projection.
    pub entity: u32,
    /// Which programming of the same devices: draws differ in their programming error and share what
    /// belongs to the devices.
    pub draw: u64,
}

/// Why weights cannot be programmed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProgramError {
    /// The matrix has another size.
    #[error("{} for an array of {rows} x {cols}; it needs {}", crate::hint::many(given, "weight"), rows.saturating_mul(*cols))]
    Shape {
        /// Rows of the array.
        rows: usize,
        /// Columns of the array.
        cols: usize,
        /// How many weights were given.
        given: usize,
    },
    /// A weight that is not a number cannot be a conductance.
    #[error("weight [{row}, {col}] is {value}, the first of {count} that are not finite")]
    NotFinite {
        /// Row of the first one.
        row: usize,
        /// Column of the first one.
        col: usize,
        /// The first one.
        value: f64,
        /// How many there are.
        count: usize,
    },
    /// A spread that is not valid.
    #[error(transparent)]
    Spread(MappingError),
    /// It was told to stop.
    #[error("it was stopped while devices were programmed")]
    Stopped,
}

/// Devices between two looks at whether to stop.
const STRETCH: usize = 1 << 16;

/// rows x cols weights of `devices` conductances each, and the sum of every row.
///
/// Device d of weight (row, col) has the index (row cols + col) devices + d.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Array {
    shape: Shape,
    mapping: Mapping,
    conductances: Vec<f64>,
    row_sums: Vec<f64>,
    clipped: usize,
}

impl Array {
    /// Programmes row-major `weights` onto devices.
    ///
    /// See [`Writer`].
    ///
    /// # Errors
    /// All of: another number of weights, weights that are not finite, a negative spread.
    pub fn program(
        shape: Shape,
        weights: &[f64],
        mapping: &Mapping,
        spread: &Spread,
        draw: Draw,
    ) -> Result<Self, Vec<ProgramError>> {
        Self::program_unless(&AtomicBool::new(false), (shape, weights), mapping, spread, draw)
    }

    /// The same, ended before its end where `stop` is set meanwhile.
    ///
    /// # Errors
    /// As [`Array::program`], and if it was stopped.
    pub fn program_unless(
        stop: &AtomicBool,
        (shape, weights): (Shape, &[f64]),
        mapping: &Mapping,
        spread: &Spread,
        draw: Draw,
    ) -> Result<Self, Vec<ProgramError>> {
        let mut faults: Vec<ProgramError> = spread.faults().into_iter().map(ProgramError::Spread).collect();
        let Shape { rows, cols } = shape;
        if rows.checked_mul(cols) != Some(weights.len()) {
            faults.push(ProgramError::Shape { rows, cols, given: weights.len() });
        } else if let Some(first) = weights.iter().position(|w| !w.is_finite()) {
            let count = weights.iter().filter(|w| !w.is_finite()).count();
            let (row, col) = (first / cols, first % cols);
            faults.push(ProgramError::NotFinite { row, col, value: weights[first], count });
        }
        if !faults.is_empty() {
            return Err(faults);
        }

        let of_row = cols * mapping.devices();
        let mut conductances = vec![0.0; rows * of_row];
        let writer = Writer { cols, mapping, spread, draw };
        for row in 0..rows {
            if (row * of_row) % STRETCH < of_row && stop.load(Ordering::Relaxed) {
                return Err(vec![ProgramError::Stopped]);
            }
            let written = &mut conductances[row * of_row..(row + 1) * of_row];
            writer.write(row, &weights[row * cols..(row + 1) * cols], written);
        }
        let clipped = weights.iter().filter(|w| !mapping.has(**w)).count();
        let array = Self { shape, mapping: *mapping, conductances, row_sums: Vec::new(), clipped };
        Ok(array.summed())
    }

    /// The same devices some time after they were programmed. `None` if `stop` was set meanwhile.
    #[must_use]
    pub fn left_alone(mut self, alone: &Alone, draw: Draw, stop: &AtomicBool) -> Option<Self> {
        if alone.is_nothing() {
            return Some(self);
        }
        let ends = self.mapping.range().ends();
        for (stretch, devices) in self.conductances.chunks_mut(STRETCH).enumerate() {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            alone.leave(ends, draw, stretch * STRETCH, devices);
        }
        Some(self.summed())
    }

    /// The same array with other conductances in its devices, in the order of their indices: those that pulses have left.
    #[must_use]
    pub fn with_conductances(self, conductances: Vec<f64>) -> Self {
        Self { conductances, clipped: 0, ..self }.summed()
    }

    /// With the sums of its rows.
    fn summed(mut self) -> Self {
        let of_row = (self.shape.cols * self.mapping.devices()).max(1);
        self.row_sums = self.conductances.chunks_exact(of_row).map(sum).collect();
        self
    }

    /// Rows and columns.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// How weights and conductances belong together here.
    #[must_use]
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// All conductances in siemens, in the order of the devices' indices.
    #[must_use]
    pub fn conductances(&self) -> &[f64] {
        &self.conductances
    }

    /// Number of weights that the devices do not have, programmed as the nearest one that they have.
    #[must_use]
    pub fn clipped(&self) -> usize {
        self.clipped
    }

    /// The weights that the devices make, row-major: what the network computes with.
    #[must_use]
    pub fn weights(&self) -> Vec<f64> {
        self.conductances.chunks_exact(self.mapping.devices()).map(|g| self.mapping.weight(g)).collect()
    }

    /// Sum of a row's conductances in siemens; zero for a row that does not exist.
    #[must_use]
    pub fn row_sum(&self, row: usize) -> f64 {
        self.row_sums.get(row).copied().unwrap_or(0.0)
    }

    /// Energy of one read of a row, in joules: V^2 t sum G.
    #[must_use]
    pub fn read_energy(&self, row: usize, read: &ReadPulse) -> f64 {
        read.energy(self.row_sum(row))
    }

    /// Energy of reading each row once, in joules.
    #[must_use]
    pub fn read_energies(&self, read: &ReadPulse) -> Vec<f64> {
        (0..self.shape.rows).map(|row| self.read_energy(row, read)).collect()
    }
}

/// What becomes of devices with which nothing is done after they were programmed: some are stuck at an end of their range, and of the
/// conductance of the others there is left what their [`Retention`] says.
///
/// Which devices are stuck and how long each of them holds is drawn by its index, the same in every programming.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alone {
    /// Devices that no pulse changes.
    pub faults: FaultRates,
    /// How long ago they were programmed; `None`: just now.
    pub after: Option<Second>,
    /// How conductances decay.
    pub retention: Retention,
}

impl Alone {
    /// Whether nothing becomes of them.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.faults == FaultRates::default() && self.after.is_none()
    }

    /// What is left of the conductances of devices from the index `first` on, of a range (g_min, g_max).
    pub fn leave<R: Real>(
        &self,
        (g_min, g_max): (f64, f64),
        draw: Draw,
        first: usize,
        conductances: &mut [R],
    ) {
        let Self { faults, after, retention } = self;
        let Draw { seed, entity: projection, .. } = draw;
        for (device, g) in (first..).zip(conductances) {
            let of = entity(projection, device);
            if let Some(fault) = faults.of(seed, of) {
                *g = R::from_f64(fault.conductance(g_min, g_max));
            } else if let Some(after) = after {
                let left = retention.conductance(g.to_f64(), after.get(), retention.lifetime(seed, of));
                *g = R::from_f64(left);
            }
        }
    }
}

/// Devices whose numbers are drawn together.
const TOGETHER: usize = 256;

/// Programmes arrays row by row.
///
/// Each target is moved to the nearest level, stretched with the device's own range and spread: see
/// [`Spread::programmed`]. Device k of an array uses word k of the stream (seed, programming, entity, draw), and word k of (seed,
/// device-to-device, entity, 0) if devices differ, one normal number each by inversion; without a spread no stream is used.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    /// Weights of a row.
    pub cols: usize,
    /// From weights to conductances.
    pub mapping: &'a Mapping,
    /// What becomes of them.
    pub spread: &'a Spread,
    /// Which programming it is.
    pub draw: Draw,
}

impl Writer<'_> {
    /// The conductances of the devices of a row that has these weights, which are finite, in their precision.
    pub fn write<R: Real>(&self, row: usize, weights: &[R], conductances: &mut [R]) {
        let Self { cols, mapping, spread, draw: Draw { seed, entity, draw } } = *self;
        mapping.all_targets(weights, conductances);
        if *spread == Spread::NONE {
            return;
        }
        let first = (row * cols * mapping.devices()) as u64;
        let differ = spread.cv_device != 0.0;
        let mut devices = differ.then(|| Stream::at(seed, Purpose::DeviceToDevice, entity, 0, first));
        let mut errors = Stream::at(seed, Purpose::Programming, entity, draw, first);
        let (mut own, mut error) = ([R::ZERO; TOGETHER], [R::ZERO; TOGETHER]);
        for conductances in conductances.chunks_mut(TOGETHER) {
            let (own, error) = (&mut own[..conductances.len()], &mut error[..conductances.len()]);
            if let Some(devices) = &mut devices {
                devices.normals(own);
            }
            errors.normals(error);
            spread.all_programmed(mapping.range(), (own, error), conductances);
        }
    }
}

fn sum(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synapse::{Arrangement, DeviceRange, Placement};
    use crate::units::{Second, Siemens, Volt};
    use proptest::prelude::*;

    const SHAPE: Shape = Shape { rows: 5, cols: 4 };
    const DRAW: Draw = Draw { seed: 1, entity: 0, draw: 0 };
    static GOING: AtomicBool = AtomicBool::new(false);

    #[test]
    fn programming_ends_where_it_is_told_to_stop() {
        let stop = AtomicBool::new(true);
        let stopped = Array::program_unless(&stop, (SHAPE, &ramp(20)), &pair(), &PAPER, DRAW);
        assert_eq!(stopped, Err(vec![ProgramError::Stopped]));
        let array = Array::program(SHAPE, &ramp(20), &pair(), &PAPER, DRAW).unwrap();
        let rates = FaultRates { stuck_on: 0.5, stuck_off: 0.0 };
        let law = crate::device::retention::DecayLaw::Perfect;
        let retention = Retention { law, g_inf: Siemens::new(1e-9), lifetime_sigma: 0.0 };
        assert!(array.left_alone(&Alone { faults: rates, after: None, retention }, DRAW, &stop).is_none());
    }
    const PAPER: Spread = Spread { cv_on: 0.0081, cv_off: 0.0115, cv_device: 0.0 };

    fn mapping(arrangement: Arrangement, placement: Placement, levels: Option<u32>) -> Mapping {
        let range = DeviceRange { g_min: Siemens::new(1e-9), g_max: Siemens::new(1e-5), levels };
        Mapping::new(arrangement, placement, range, 0.3).unwrap()
    }

    fn pair() -> Mapping {
        mapping(Arrangement::Differential, Placement::OneSided, None)
    }

    fn ramp(n: usize) -> Vec<f64> {
        (0..n).map(|i| 0.6 * (i as f64 / n as f64 - 0.5)).collect()
    }

    fn program(spread: Spread, draw: Draw) -> Array {
        Array::program(SHAPE, &ramp(20), &pair(), &spread, draw).unwrap()
    }

    #[test]
    fn the_same_draw_has_the_same_bits_and_another_one_has_not() {
        let bits = |a: &Array| a.conductances().iter().map(|g| g.to_bits()).collect::<Vec<_>>();
        let first = bits(&program(PAPER, DRAW));
        assert_eq!(first, bits(&program(PAPER, DRAW)));
        for other in [Draw { draw: 1, ..DRAW }, Draw { seed: 2, ..DRAW }, Draw { entity: 1, ..DRAW }] {
            assert_ne!(first, bits(&program(PAPER, other)), "{other:?}");
        }
    }

    #[test]
    fn what_belongs_to_a_device_is_the_same_in_every_draw() {
        let spread = Spread { cv_on: 0.0, cv_off: 0.0, cv_device: 0.1 };
        let first = program(spread, DRAW);
        assert_eq!(first, program(spread, Draw { draw: 7, ..DRAW }));
        assert_ne!(first.conductances(), program(Spread::NONE, DRAW).conductances());
    }

    #[test]
    fn a_device_draws_the_same_error_whatever_stands_beside_it() {
        // Device k uses word k: a smaller array is the front of a larger one.
        let large = program(PAPER, DRAW);
        let small =
            Array::program(Shape { rows: 2, cols: 4 }, &ramp(20)[..8], &pair(), &PAPER, DRAW).unwrap();
        assert_eq!(small.conductances(), &large.conductances()[..16]);
    }

    #[test]
    fn an_unused_device_sits_at_g_min() {
        let array = program(Spread::NONE, DRAW);
        for (w, g) in ramp(20).iter().zip(array.conductances().chunks_exact(2)) {
            let unused = if *w > 0.0 { g[1] } else { g[0] };
            assert_eq!(unused, 1e-9, "w = {w}");
        }
    }

    #[test]
    fn the_error_has_the_spread_that_was_asked_for() {
        let shape = Shape { rows: 100, cols: 100 };
        let weights = vec![0.15; 10_000]; // G+ in the middle of the range
        let spread = Spread { cv_on: 0.05, cv_off: 0.05, cv_device: 0.0 };
        let array = Array::program(shape, &weights, &pair(), &spread, DRAW).unwrap();
        let used: Vec<f64> = array.conductances().iter().step_by(2).copied().collect();
        let mean = sum(&used) / 1e4;
        let sd = (used.iter().map(|g| (g - mean) * (g - mean)).sum::<f64>() / 1e4).sqrt();
        let target = 1e-9 + 0.5 * (1e-5 - 1e-9);
        // Standard errors: 0.05 / 100 of the mean, 0.7 % of the deviation; four of each.
        assert!((mean / target - 1.0).abs() < 0.002, "{mean:e}");
        assert!((sd / (0.05 * target) - 1.0).abs() < 0.03, "{sd:e}");
    }

    #[test]
    fn devices_decay_from_what_they_were_programmed_to_and_stuck_ones_do_not() {
        use crate::device::retention::DecayLaw;
        let law = DecayLaw::Exponential { tau: Second::new(78e3), b: 1.0 };
        let retention = Retention { law, g_inf: Siemens::new(1e-9), lifetime_sigma: 0.0 };
        let fresh = program(PAPER, DRAW);
        let none = FaultRates::default();
        let aged = fresh
            .clone()
            .left_alone(&Alone { faults: none, after: Some(Second::new(78e3)), retention }, DRAW, &GOING)
            .unwrap();
        for (g, was) in aged.conductances().iter().zip(fresh.conductances()) {
            let want = 1e-9 + (was - 1e-9) * (-1.0f64).exp();
            assert!((g / want - 1.0).abs() < 1e-12, "{g:e} {want:e}");
        }
        let row: f64 = aged.conductances()[..8].iter().sum();
        assert_eq!(aged.row_sum(0), row);
        assert_eq!(
            fresh.clone().left_alone(&Alone { faults: none, after: None, retention }, DRAW, &GOING).unwrap(),
            fresh
        );
        // Half of them stuck on: these are at the end of the range after any time.
        let rates = FaultRates { stuck_on: 0.5, stuck_off: 0.0 };
        let worn = fresh
            .clone()
            .left_alone(&Alone { faults: rates, after: Some(Second::new(78e3)), retention }, DRAW, &GOING)
            .unwrap();
        let stuck = worn.conductances().iter().filter(|g| **g == 1e-5).count();
        assert!((12..=28).contains(&stuck), "{stuck} of 40");
        let others = worn.conductances().iter().zip(aged.conductances()).filter(|(a, b)| a == b).count();
        assert_eq!(stuck + others, 40);
        // Which they are, and how long each holds, belongs to the devices.
        let spread = Retention { lifetime_sigma: 0.7, ..retention };
        let after = |draw: u64| {
            let draw = Draw { draw, ..DRAW };
            program(Spread::NONE, draw)
                .left_alone(
                    &Alone { faults: rates, after: Some(Second::new(1e4)), retention: spread },
                    draw,
                    &GOING,
                )
                .unwrap()
        };
        assert_eq!(after(0), after(7));
    }

    #[test]
    fn a_row_read_takes_the_energy_of_its_conductances() {
        let array = program(PAPER, DRAW);
        let read = ReadPulse { amplitude: Volt::new(0.2), width: Second::new(1e-6) };
        let sum: f64 = array.conductances()[2 * 8..3 * 8].iter().sum();
        assert!((array.read_energy(2, &read) - 0.04 * 1e-6 * sum).abs() < 1e-26);
        assert_eq!(array.read_energy(99, &read), 0.0);
    }

    #[test]
    fn weights_beyond_the_scale_are_clipped_and_counted() {
        let shape = Shape { rows: 1, cols: 3 };
        let array = Array::program(shape, &[0.5, -0.31, 0.3], &pair(), &Spread::NONE, DRAW).unwrap();
        assert_eq!(array.clipped(), 2);
        for (w, want) in array.weights().iter().zip([0.3, -0.3, 0.3]) {
            assert!((w - want).abs() < 1e-13);
        }
        // Single devices of one sign have no weight below zero.
        let one = Mapping::new(Arrangement::Unipolar, Placement::OneSided, *pair().range(), 0.3).unwrap();
        let array = Array::program(shape, &[-0.1, 0.31, 0.0], &one, &Spread::NONE, DRAW).unwrap();
        assert_eq!(array.clipped(), 2);
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let spread = Spread { cv_on: -1.0, ..Spread::NONE };
        let faults = Array::program(SHAPE, &[0.0; 3], &pair(), &spread, DRAW).unwrap_err();
        let text: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            text,
            [
                "cv_on is -1; a coefficient of variation must be finite and zero or more, such as 0.05",
                "3 weights for an array of 5 x 4; it needs 20",
            ]
        );
        let mut weights = ramp(20);
        (weights[6], weights[9]) = (f64::NAN, f64::INFINITY);
        let faults = Array::program(SHAPE, &weights, &pair(), &PAPER, DRAW).unwrap_err();
        assert_eq!(faults[0].to_string(), "weight [1, 2] is NaN, the first of 2 that are not finite");
        let huge = Shape { rows: usize::MAX, cols: 2 };
        assert!(
            Array::program(huge, &[], &pair(), &PAPER, DRAW).unwrap_err()[0]
                .to_string()
                .starts_with("0 weights")
        );
    }

    proptest! {
        #[test]
        fn programmed_conductances_are_positive_and_row_sums_are_sums(
            weights in prop::collection::vec(-0.5..0.5f64, 12),
            arrangement in prop_oneof![Just(Arrangement::Single), Just(Arrangement::Differential), (1..4u32).prop_map(|pairs| Arrangement::Parallel { pairs })],
            balanced: bool, levels in prop::option::of(2..40u32), cv_on in 0.0..1.0f64, cv_off in 0.0..1.0f64, seed: u64,
        ) {
            let placement = if balanced { Placement::Balanced } else { Placement::OneSided };
            let mapping = mapping(arrangement, placement, levels);
            let spread = Spread { cv_on, cv_off, cv_device: 0.0 };
            let shape = Shape { rows: 3, cols: 4 };
            let array = Array::program(shape, &weights, &mapping, &spread, Draw { seed, ..DRAW }).unwrap();
            prop_assert_eq!(array.conductances().len(), 12 * mapping.devices());
            prop_assert!(array.conductances().iter().all(|g| *g > 0.0 && g.is_finite()));
            let read = ReadPulse { amplitude: Volt::new(-0.2), width: Second::new(1e-6) };
            for (row, g) in array.conductances().chunks_exact(4 * mapping.devices()).enumerate() {
                prop_assert_eq!(array.row_sum(row), sum(g));
                prop_assert!(array.read_energy(row, &read) >= 0.0);
            }
        }

        #[test]
        fn ideal_devices_give_the_weights_back(weights in prop::collection::vec(-0.3..0.3f64, 12), balanced: bool) {
            let placement = if balanced { Placement::Balanced } else { Placement::OneSided };
            let mapping = mapping(Arrangement::Differential, placement, None);
            let array = Array::program(Shape { rows: 3, cols: 4 }, &weights, &mapping, &Spread::NONE, DRAW).unwrap();
            for (got, want) in array.weights().iter().zip(&weights) {
                prop_assert!((got - want).abs() <= 1e-12 * 0.3);
            }
        }
    }
}
