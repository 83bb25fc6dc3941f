//! From a measured learning window back to the kinetics that make it.
//!
//! A window side W e^(-|dt|/tau) comes out of an exponential rate and the tail of the spike pulse, tau = v_scale T/A_t
//! (see [`crate::device::overlap`]), so tau gives v_scale, and W the rate. The main lobes' shape bends both a little:
//! the pair is corrected until the simulated window has the constants asked for, to 1e-6.

use super::sides::fit_sides;
use super::{FitError, Fitted};
use crate::device::overlap::{SpikePulse, fit_exponential, window_point};
use crate::device::resistive::{Bounds, Direction, DoseDevice, Rate, Resistive as _, StateLaw};
use crate::units::{Quantity as _, Second, Volt};

/// A device with the pulse and the points at which its window is compared.
#[derive(Clone, Debug)]
pub struct WindowDevice<'a> {
    /// Where the search starts: all but the rates of its two directions is kept.
    pub device: &'a DoseDevice,
    /// What each spike applies to one electrode.
    pub pulse: &'a SpikePulse,
    /// Conductance before each pair.
    pub g0: f64,
    /// Smallest |dt| of a pair, in seconds.
    pub from: f64,
    /// Largest |dt| of a pair, in seconds.
    pub to: f64,
    /// Whether W is that of [`fit_window`]: of doses, by the slope of the state law at `g0`.
    pub of_doses: bool,
}

/// The state law of a device from a conductance: what makes of a dose that is exponential in dt a change that is not.
#[derive(Clone, Copy, Debug)]
pub struct Bend<'a> {
    /// What a dose does.
    pub law: &'a StateLaw,
    /// Between which conductances.
    pub bounds: Bounds,
    /// Conductance before each pair, in siemens.
    pub g0: f64,
}

impl Bend<'_> {
    /// Siemens per dose at `g0`.
    fn slope(&self, direction: Direction) -> f64 {
        const SMALL: f64 = 1e-6;
        let g = self.law.after(self.bounds, self.g0, SMALL, direction);
        (g - self.g0).abs() / SMALL
    }

    /// The change in percent of G0 that a dose makes which would make `linear` percent by the slope at G0; its derivative.
    fn change(&self, sign: f64, linear: f64) -> (f64, f64) {
        let direction = if sign > 0.0 { Direction::Set } else { Direction::Reset };
        let per_percent = 0.01 * self.g0 / self.slope(direction);
        let percent = |linear: f64| {
            let g = self.law.after(self.bounds, self.g0, linear.abs() * per_percent, direction);
            100.0 * (g - self.g0) / self.g0
        };
        // A dose of the other direction has no place in this side: straight on, so that a search finds back.
        if linear * sign <= 0.0 {
            return (linear, 1.0);
        }
        let step = 1e-4 * linear.abs();
        (percent(linear), (percent(linear + step) - percent(linear - step)) / (2.0 * step))
    }
}

/// Both sides of a window of a device whose state law is known: its *doses* are W e^(-|dt|/tau), W in percent of G0 by the slope of the
/// law there, and the change is what the law makes of them. With a linear law it is [`super::Curve::Stdp`].
///
/// # Errors
/// See [`FitError`].
pub fn fit_window(points: &[(f64, f64)], bend: &Bend<'_>) -> Result<Fitted, FitError> {
    fit_sides(points, &[], |sign, linear| bend.change(sign, linear))
}

const STEPS: usize = 200;

/// The device whose window has these constants: (W in percent of G0, tau in seconds) for potentiation and depression.
///
/// `None` if its rates are not exponential, or no rate of them makes this window with this pulse.
#[must_use]
pub fn device_of_window(base: &WindowDevice<'_>, sides: [(f64, f64); 2]) -> Option<DoseDevice> {
    let mut device = base.device.clone();
    // The linear range of the fit, as the window itself is fitted.
    let times: Vec<f64> = (0..=28).map(|k| base.from + (base.to - base.from) * f64::from(k) / 28.0).collect();
    let pulse = base.pulse;
    for ((w, tau), sign) in sides.into_iter().zip([1.0, -1.0]) {
        let well = w * sign > 0.0 && tau > 0.0 && w.is_finite() && tau.is_finite();
        let first = Volt::from_si(tau * pulse.tail.get() / pulse.tail_length.get())?;
        if !well || !set(&mut device, sign, |rate| rate.0 = first) {
            return None;
        }
        let mut done = false;
        for _ in 0..STEPS {
            let bend = Bend { law: &device.law, bounds: device.bounds(), g0: base.g0 };
            let slopes = [Direction::Set, Direction::Reset].map(|direction| bend.slope(direction));
            let points: Vec<(f64, f64)> = times
                .iter()
                .map(|&t| (t, window_point(&device, pulse, base.g0, sign * t)))
                .filter(|(_, p)| base.of_doses || !p.clipped)
                .map(|(t, p)| match base.of_doses {
                    true => (t, 100.0 * (p.doses.0 * slopes[0] - p.doses.1 * slopes[1]) / base.g0),
                    false => (t, p.percent),
                })
                .collect();
            // Too fast by far (everything is clipped) or too slow: move the rate until there is a window.
            let Some(fit) =
                fit_exponential(&points).filter(|f| f.amplitude * sign > 0.0 && f.tau.is_finite())
            else {
                let factor = if points.len() < 3 { 4.0 } else { 0.25 };
                if !set(&mut device, sign, |rate| scale(&mut rate.1, factor)) {
                    return None;
                }
                continue;
            };
            let (too_long, too_high) = (fit.tau / tau, fit.amplitude / w);
            if (too_long - 1.0).abs() < 1e-6 && (too_high - 1.0).abs() < 1e-6 {
                done = true;
                break;
            }
            let damped = |ratio: f64| ratio.clamp(0.25, 4.0);
            // The two are corrected in turn: v_scale moves the amplitude by orders of magnitude.
            let long = (too_long - 1.0).abs() >= 1e-6 && (too_high - 1.0).abs() < 0.05;
            let moved = set(&mut device, sign, |rate| {
                if long {
                    scale_volt(&mut rate.0, 1.0 / damped(too_long));
                } else {
                    scale(&mut rate.1, damped(too_high));
                }
            });
            if !moved {
                return None;
            }
        }
        if !done {
            return None;
        }
    }
    Some(device)
}

fn scale(tau: &mut Second, factor: f64) {
    *tau = (*tau * factor).finite().unwrap_or(*tau);
}

fn scale_volt(v: &mut Volt, factor: f64) {
    *v = (*v * factor).finite().unwrap_or(*v);
}

/// Changes (v_scale, tau) of the side of this sign; `false` if it has none, or no usable ones are left.
fn set(device: &mut DoseDevice, sign: f64, change: impl FnOnce(&mut (Volt, Second))) -> bool {
    let rate = if sign > 0.0 { &mut device.set } else { &mut device.reset };
    let Rate::Exponential { v_scale, tau, .. } = rate else { return false };
    let mut pair = (*v_scale, *tau);
    change(&mut pair);
    (*v_scale, *tau) = pair;
    (1e-4..10.0).contains(&v_scale.get()) && (1e-150..1e150).contains(&tau.get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::memory::DoseMemory;
    use crate::device::preset::Preset;
    use crate::units::Siemens;

    fn analog() -> DoseMemory {
        Preset::named("ag-tio2-pt-rs-analog").unwrap().device.get::<DoseMemory>().unwrap().clone()
    }

    #[test]
    fn kinetics_come_back_from_the_window_they_make() {
        let DoseMemory { device, pulse: Some(pulse), g_start, .. } = analog() else { panic!() };
        let base = WindowDevice {
            device: &device,
            pulse: &pulse,
            g0: g_start.get(),
            from: 0.01,
            to: 0.15,
            of_doses: false,
        };
        for sides in [[(138.61, 64.1e-3), (-103.46, 29.2e-3)], [(60.0, 40e-3), (-50.0, 20e-3)]] {
            let own = device_of_window(&base, sides).unwrap();
            for ((w, tau), sign) in sides.into_iter().zip([1.0, -1.0]) {
                let points: Vec<(f64, f64)> = (2..=30)
                    .map(|k| {
                        let t = 5e-3 * f64::from(k);
                        (t, window_point(&own, &pulse, g_start.get(), sign * t).percent)
                    })
                    .collect();
                let fit = fit_exponential(&points).unwrap();
                assert!(
                    (fit.amplitude / w - 1.0).abs() < 1e-4 && (fit.tau / tau - 1.0).abs() < 1e-4,
                    "{fit:?}"
                );
            }
        }
    }

    #[test]
    fn the_window_of_a_soft_bound_is_exponential_in_doses() {
        let DoseMemory { device, pulse: Some(pulse), .. } = analog() else { panic!() };
        let (low, high, g0) = (20e-6, 300e-6, 100e-6);
        let mut device = DoseDevice {
            law: StateLaw::SoftBound,
            g_min: Siemens::new(low),
            g_max: Siemens::new(high),
            i_cc: None,
            ..device
        };
        for (rate, seconds) in [(&mut device.set, 40.0), (&mut device.reset, 2.0)] {
            if let Rate::Exponential { tau, .. } = rate {
                *tau = Second::new(seconds);
            }
        }
        let points: Vec<(f64, f64)> = (2..=30)
            .flat_map(|k| [5e-3 * f64::from(k), -5e-3 * f64::from(k)])
            .map(|t| (t, window_point(&device, &pulse, g0, t).percent))
            .collect();
        let bend = Bend { law: &device.law, bounds: device.bounds(), g0 };
        let fit = fit_window(&points, &bend).unwrap();
        // v_scale T/A_t of both slopes.
        let value = |name: &str| fit.get(name).unwrap().value;
        assert!((value("tau_plus") / 64.1e-3 - 1.0).abs() < 1e-3, "{fit:?}");
        assert!((value("tau_minus") / 29.2e-3 - 1.0).abs() < 1e-3, "{fit:?}");
        assert!(fit.rms < 0.01, "{fit:?}");
        // The same device comes back, from another start.
        let mut other = device.clone();
        for rate in [&mut other.set, &mut other.reset] {
            if let Rate::Exponential { tau, .. } = rate {
                *tau = Second::new(13.0);
            }
        }
        let base = WindowDevice { device: &other, pulse: &pulse, g0, from: 0.01, to: 0.15, of_doses: true };
        let sides = [(value("w_plus"), value("tau_plus")), (value("w_minus"), value("tau_minus"))];
        let own = device_of_window(&base, sides).unwrap();
        let constants = |rate: &Rate| match rate {
            Rate::Exponential { v_scale, tau, .. } => (v_scale.get(), tau.get()),
            _ => panic!(),
        };
        for (got, want) in [(&own.set, &device.set), (&own.reset, &device.reset)] {
            let (got, want) = (constants(got), constants(want));
            assert!(
                (got.0 / want.0 - 1.0).abs() < 2e-3 && (got.1 / want.1 - 1.0).abs() < 0.03,
                "{got:?} {want:?}"
            );
        }
    }

    #[test]
    fn a_window_that_no_rate_makes_is_refused() {
        let DoseMemory { device, pulse: Some(pulse), .. } = analog() else { panic!() };
        let base =
            WindowDevice { device: &device, pulse: &pulse, g0: 1e-3, from: 0.01, to: 0.15, of_doses: false };
        // Both sides potentiate, and a window a thousand times the range.
        assert!(device_of_window(&base, [(100.0, 0.06), (100.0, 0.03)]).is_none());
        assert!(device_of_window(&base, [(1e6, 0.06), (-100.0, 0.03)]).is_none());
        assert!(device_of_window(&base, [(f64::NAN, 0.06), (-100.0, 0.03)]).is_none());
    }
}
