//! From a measured learning window back to the kinetics that make it.
//!
//! A window side W e^(-|dt|/tau) comes out of an exponential rate and the tail of the spike pulse, tau = v_scale T/A_t
//! (see [`crate::device::overlap`]), so tau gives v_scale, and W the rate. The main lobes' shape bends both a little:
//! the pair is corrected until the simulated window has the constants asked for, to 1e-6.

use crate::device::overlap::{SpikePulse, fit_exponential, window_point};
use crate::device::resistive::{DoseDevice, Rate};
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
            let points: Vec<(f64, f64)> = times
                .iter()
                .map(|&t| (t, window_point(&device, pulse, base.g0, sign * t)))
                .filter(|(_, p)| !p.clipped)
                .map(|(t, p)| (t, p.percent))
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

    fn analog() -> DoseMemory {
        Preset::named("ag-tio2-pt-rs-analog").unwrap().device.get::<DoseMemory>().unwrap().clone()
    }

    #[test]
    fn kinetics_come_back_from_the_window_they_make() {
        let DoseMemory { device, pulse: Some(pulse), g_start, .. } = analog() else { panic!() };
        let base = WindowDevice { device: &device, pulse: &pulse, g0: g_start.get(), from: 0.01, to: 0.15 };
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
    fn a_window_that_no_rate_makes_is_refused() {
        let DoseMemory { device, pulse: Some(pulse), .. } = analog() else { panic!() };
        let base = WindowDevice { device: &device, pulse: &pulse, g0: 1e-3, from: 0.01, to: 0.15 };
        // Both sides potentiate, and a window a thousand times the range.
        assert!(device_of_window(&base, [(100.0, 0.06), (100.0, 0.03)]).is_none());
        assert!(device_of_window(&base, [(1e6, 0.06), (-100.0, 0.03)]).is_none());
        assert!(device_of_window(&base, [(f64::NAN, 0.06), (-100.0, 0.03)]).is_none());
    }
}
