//! Many devices under the lobes of their column at once: the same closed form as one by one, side by side.
//!
//! A device whose row is raised throughout, or rests throughout, sees two constant voltages, one in each lobe. On a soft bound
//! that is approached by the share e = 1 - e^(-D), an ohmic device spends int V^2 G dt = (V^2/r) (G_bound (D - e) + G e) in
//! each, r = D/w. Doses are those of the nominal lobes times the share that is left of both ([`Lobes::weakened`]).

use super::circuit::Conduction;
use super::electrodes::Lobes;
use super::resistive::{Kinetics, Resistive as _, StateLaw};
use crate::numeric::small_relaxation;
use crate::simd::Work;
use crate::units::Ampere;

/// Doses from here on are left to [`super::passage::pass`].
const LARGE: f64 = 0.5;

/// What the lobes do to each of many devices.
#[derive(Clone, Debug)]
pub struct Doses {
    lobes: Lobes,
    width: f64,
    /// SET and RESET, each of a row at rest and of one that is raised.
    set: [Vec<f64>; 2],
    reset: [Vec<f64>; 2],
    low: Vec<f64>,
    high: Vec<f64>,
}

/// The rows of one column.
pub struct Column<'a> {
    /// Of all devices.
    pub doses: &'a Doses,
    /// Number of the first one.
    pub first: usize,
    /// What is left of the doses, and the lobes that leave it.
    pub share: f64,
    /// As they are applied now.
    pub lobes: Lobes,
    /// Of each row: 1 if it is raised throughout, 0 if it rests.
    pub raised: &'a [f64],
    /// Of each row: by what both doses are multiplied; 0 if the device is not to change here.
    pub factor: &'a [f64],
    /// Conductances of the column, before and after.
    pub conductance: &'a mut [f64],
    /// What each of them spends, in joules; nothing where it is not to change here.
    pub joules: &'a mut [f64],
}

impl Doses {
    /// `None` where devices are not ohmic on a soft bound, or where limiters act.
    pub fn new<'a>(lobes: &Lobes, devices: impl Iterator<Item = &'a Kinetics>) -> Option<Self> {
        let mut this = Self {
            lobes: *lobes,
            width: lobes.width.get(),
            set: Default::default(),
            reset: Default::default(),
            low: Vec::new(),
            high: Vec::new(),
        };
        let [up, down] = lobes.peaks();
        for device in devices {
            let device = device.dose()?;
            let bounds = device.bounds();
            let limit = device.i_cc.map_or(f64::INFINITY, Ampere::get);
            let simple = device.law == StateLaw::SoftBound && device.conduction == Conduction::Ohmic;
            if !simple || bounds.g_max * up.max(down).get() > limit {
                return None;
            }
            let [raised, rests] = lobes.doses(device);
            for (k, (set, reset)) in [rests, raised].into_iter().enumerate() {
                this.set[k].push(set);
                this.reset[k].push(reset);
            }
            this.low.push(bounds.g_min);
            this.high.push(bounds.g_max);
        }
        Some(this)
    }

    /// Whether device `at` can be taken here with this factor of its doses.
    #[must_use]
    pub fn takes(&self, at: usize, factor: f64) -> bool {
        let most = self.set[1][at].max(self.reset[0][at]);
        most * factor < LARGE && self.lobes.width.get() > 0.0
    }

    /// The doses of device `at`, together.
    #[must_use]
    pub fn of(&self, at: usize, raised: bool) -> f64 {
        self.set[usize::from(raised)][at] + self.reset[usize::from(raised)][at]
    }
}

impl Work for Column<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { doses, first, share, lobes, raised, factor, conductance, joules } = self;
        let rows = conductance.len();
        let part = first..first + rows;
        let [set_rests, set_raised] = [0, 1].map(|k| &doses.set[k][part.clone()]);
        let [reset_rests, reset_raised] = [0, 1].map(|k| &doses.reset[k][part.clone()]);
        let (low, high) = (&doses.low[part.clone()], &doses.high[part]);
        let (raised, factor, joules) = (&raised[..rows], &factor[..rows], &mut joules[..rows]);
        let (level, up, down) = (lobes.level.get(), lobes.set.get(), lobes.reset.get());
        for row in 0..rows {
            let (is_raised, by) = (raised[row] > 0.0, share * factor[row]);
            let g = conductance[row];
            let d = by * if is_raised { set_raised[row] } else { set_rests[row] };
            let v = up + level * raised[row];
            let (e, beyond) = small_relaxation(d);
            let middle = g + (high[row] - g) * e;
            let first = v * v * per_dose(g, high[row], (e, beyond), d);
            let d = by * if is_raised { reset_raised[row] } else { reset_rests[row] };
            let v = down - level * raised[row];
            let (e, beyond) = small_relaxation(d);
            let end = middle + (low[row] - middle) * e;
            let second = v * v * per_dose(middle, low[row], (e, beyond), d);
            let here = factor[row] > 0.0;
            conductance[row] = if here { end } else { g };
            joules[row] = if here { (first + second) * doses.width } else { 0.0 };
        }
    }
}

/// int_0^D G dD'/D: the mean of G over a dose.
#[inline(always)]
fn per_dose(g: f64, bound: f64, (e, beyond): (f64, f64), d: f64) -> f64 {
    let mean = (bound * beyond + g * e) / d;
    if d > 0.0 { mean } else { g }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::memory::DoseMemory;
    use crate::device::passage::pass;
    use crate::device::preset::Preset;
    use crate::device::resistive::{DoseDevice, PulseDraw};
    use crate::time::Time;
    use crate::units::{Second, Siemens, Volt};

    #[test]
    fn a_column_does_what_each_of_its_devices_does_alone() {
        let preset = Preset::named("ag-tio2-pt-rs-analog").unwrap();
        let nominal = DoseDevice {
            law: StateLaw::SoftBound,
            g_min: Siemens::new(0.2e-6),
            g_max: Siemens::new(4e-6),
            ..preset.device.get::<DoseMemory>().unwrap().device.clone()
        };
        let lobes = Lobes {
            level: Volt::new(0.1),
            length: Second::new(50e-3),
            set: Volt::new(0.1477),
            reset: Volt::new(0.26515),
            width: Second::new(4e-3),
        };
        let spread = preset.device.get::<DoseMemory>().unwrap().spread;
        let devices: Vec<Kinetics> = (0..40).map(|k| nominal.own(&spread, 1, k).into()).collect();
        let doses = Doses::new(&lobes, devices.iter()).unwrap();
        let weak = lobes.weakened(&nominal, 0.3).unwrap();
        let raised: Vec<f64> = (0..20).map(|k| f64::from(k % 3 == 0)).collect();
        let mut factor = vec![1.0; 20];
        factor[7] = 0.0;
        let start: Vec<f64> = devices[20..]
            .iter()
            .enumerate()
            .map(|(k, d)| {
                let bounds = d.bounds();
                bounds.g_min + bounds.span() * k as f64 / 19.0
            })
            .collect();
        let (mut conductance, mut joules) = (start.clone(), vec![9.0; 20]);
        crate::simd::vectorised(Column {
            doses: &doses,
            first: 20,
            share: 0.3,
            lobes: weak,
            raised: &raised,
            factor: &factor,
            conductance: &mut conductance,
            joules: &mut joules,
        });
        let [row, column] = weak.waveforms();
        let at = |ms: f64| Time::from_fs((ms * 1e12) as u64);
        for k in 0..20 {
            let starts = [(raised[k] > 0.0).then(|| at(30.0)), Some(at(40.0))];
            let alone = pass(
                &devices[20 + k],
                [&row, &column],
                starts,
                (at(40.0), at(48.0)),
                start[k],
                Some(PulseDraw::None),
            );
            if k == 7 {
                assert_eq!((conductance[k], joules[k]), (start[k], 0.0));
                continue;
            }
            assert!((conductance[k] / alone.g - 1.0).abs() < 1e-12, "{k}: {} {}", conductance[k], alone.g);
            assert!(
                (joules[k] / alone.energies.device - 1.0).abs() < 1e-10,
                "{k}: {} {}",
                joules[k],
                alone.energies.device
            );
            assert!((0.3 * doses.of(20 + k, raised[k] > 0.0) / alone.dose - 1.0).abs() < 1e-10);
        }
    }
}
