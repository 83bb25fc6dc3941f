//! Learning by overlap: a device between two electrodes on which equal pulses arrive dt apart.
//!
//! The device sees V = V_pre - V_post, and its own kinetics do the rest. With a short main lobe (peak A_p, half
//! width w) and a long tail of the opposite sign (A_t (1 - s/T)), and the lobe negative on the electrode that SETs
//! when positive, the later spike's lobe adds to what is left of the earlier one's tail,
//!
//! V = A_p (1 - |s|/w) + A_t (1 - (dt + s)/T),
//!
//! positive if the pre-synaptic spike came first, negative if it came last. The tail shifts the lobe by A_t dt/T, and
//! a rate exponential in V turns that into a window exponential in dt:
//!
//! D(dt) = D(0) e^(-dt/tau), tau = v_scale T/A_t.
//!
//! Each side of the window has the slope of its own rate: 9.80 and 4.465 mV give 64.1 and 29.2 ms from one tail.
//!
//! # Why identical unipolar triangles cannot do it
//!
//! For f >= 0, V = f(t) - f(t - dt). (1) At dt = 0 it vanishes: no change, where a window peaks. (2) For equal triangles of
//! base b and peak A the largest |V| is A min(1, 2|dt|/b): it *grows* with |dt|, and with it every dose. (3) Whatever
//! the order, the device sees both signs, one after the other with equal peaks: the second half undoes the first or
//! overwrites it. (4) Beyond |dt| = b nothing depends on dt any more. So the change grows from zero and then stays
//! constant; it never decays. The pulses behind a measured exponential window must have been biphasic (or the
//! electrodes' shapes must have differed). A test below holds this.
//!
//! Source: Zamarreno-Ramos et al., Front. Neurosci. 5:26 (2011); Linares-Barranco & Serrano-Gotarredona, Nature
//! Precedings (2009).

use super::circuit::Energies;
use super::resistive::{Applied, DoseDevice, PulseDraw, Rate, Resistive as _};
use crate::numeric::{exp, ln};
use crate::time::{Time, TimeError};
use crate::units::{Quantity as _, Second, Volt};
use crate::waveform::Waveform;
use serde::{Deserialize, Serialize};

/// The pulse of a spike, the same on both electrodes (pre: top, post: bottom).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpikePulse {
    /// Peak A_p of the main lobe, which is negative on its electrode.
    pub peak: Volt,
    /// Half width w of the lobe.
    pub half_width: Second,
    /// Tail A_t, extrapolated to the peak of the lobe; positive on its electrode.
    pub tail: Volt,
    /// Length T of the tail from the peak of the lobe.
    pub tail_length: Second,
}

/// A parameter that is not valid for a spike pulse.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum SpikePulseError {
    /// A voltage or time that is not above zero.
    #[error("{name} is {}; it must be above zero", crate::hint::number(*value))]
    NotPositive {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A tail that ends with the lobe.
    #[error("tail_length = {tail} is not longer than half_width = {lobe}; there is no tail to overlap with")]
    NoTail {
        /// Length of the tail.
        tail: Second,
        /// Half width of the lobe.
        lobe: Second,
    },
    /// A time that no episode holds.
    #[error("{what}: {source}")]
    Time {
        /// Name of the parameter.
        what: &'static str,
        /// What is wrong with it.
        source: TimeError,
    },
}

impl SpikePulse {
    /// All faults of these parameters.
    #[must_use]
    pub fn faults(&self) -> Vec<SpikePulseError> {
        let mut faults = Vec::new();
        for (name, value) in [
            ("peak", self.peak.si()),
            ("half_width", self.half_width.si()),
            ("tail", self.tail.si()),
            ("tail_length", self.tail_length.si()),
        ] {
            if value <= 0.0 {
                faults.push(SpikePulseError::NotPositive { name, value });
            }
        }
        if self.tail_length <= self.half_width {
            faults.push(SpikePulseError::NoTail { tail: self.tail_length, lobe: self.half_width });
        }
        for (what, value) in [("half_width", self.half_width), ("tail_length", self.tail_length)] {
            if let Err(source) = Time::from_seconds(value) {
                faults.push(SpikePulseError::Time { what, source });
            }
        }
        faults
    }

    /// The same voltages with all times multiplied by `factor`: so are doses, and the time constants of the window.
    #[must_use]
    pub fn stretched(&self, factor: f64) -> Self {
        let times = |t: Second| (t * factor).finite().unwrap_or(t);
        Self { half_width: times(self.half_width), tail_length: times(self.tail_length), ..*self }
    }

    /// On its electrode, from the start of the lobe on.
    #[must_use]
    pub fn waveform(&self) -> Waveform {
        let time = |t: Second| Time::from_seconds(t).unwrap_or(Time::ZERO);
        -&Waveform::biphasic(self.peak.get(), time(self.half_width), self.tail.get(), time(self.tail_length))
    }

    /// What the device sees when the post-synaptic spike comes `dt` seconds after the pre-synaptic one (before
    /// it, if negative).
    #[must_use]
    pub fn across(&self, dt: f64) -> Waveform {
        pair(&self.waveform(), dt)
    }
}

/// V_pre - V_post of two equal pulses, the second `dt` seconds after the first (to the nearest femtosecond).
#[must_use]
pub fn pair(pulse: &Waveform, dt: f64) -> Waveform {
    let shift = Second::from_si(dt.abs()).and_then(|t| Time::from_seconds(t).ok()).unwrap_or(Time::MAX);
    let late = pulse.shifted(shift);
    if dt >= 0.0 { pulse.minus(&late) } else { late.minus(pulse) }
}

/// One point of a window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowPoint {
    /// t_post - t_pre in seconds.
    pub dt: f64,
    /// (G - G0)/G0 in percent.
    pub percent: f64,
    /// SET and RESET doses.
    pub doses: (f64, f64),
    /// Whether the conductance ended at a bound.
    pub clipped: bool,
    /// What the pair costs.
    pub energies: Energies,
}

/// The change a pair of spikes makes in `device` at conductance `g0` (siemens).
#[must_use]
pub fn window_point(device: &DoseDevice, pulse: &SpikePulse, g0: f64, dt: f64) -> WindowPoint {
    let across = pulse.across(dt);
    let Applied { g, energies, .. } = device.apply_pulse(g0, &across, PulseDraw::None);
    let doses = device.pulse_doses(&across);
    let bounds = device.bounds();
    let clipped = g == bounds.g_min || g == bounds.g_max;
    WindowPoint { dt, percent: 100.0 * (g - g0) / g0, doses, clipped, energies }
}

/// (SET, RESET) doses of a spike without a partner: on the pre-synaptic and on the post-synaptic electrode.
#[must_use]
pub fn lone_doses(device: &DoseDevice, pulse: &SpikePulse) -> [(f64, f64); 2] {
    let w = pulse.waveform();
    [device.pulse_doses(&w), device.pulse_doses(&-&w)]
}

/// Dose of the later lobe on the earlier tail in closed form, for dt > 2w (the lobes apart):
///
/// D = (v_scale/tau) (e^((V_k - v_on)/v_scale) - 1) e^((v_on - v_ref)/v_scale) (1/a + 1/b),
/// V_k = A_p + A_t (1 - dt/T), a = A_p/w - A_t/T, b = A_p/w + A_t/T.
///
/// `None` for rates that are not exponential. Zero once V_k is below the onset.
#[must_use]
pub fn dose_closed_form(rate: &Rate, pulse: &SpikePulse, dt: f64) -> Option<f64> {
    let Rate::Exponential { v_on, v_ref, v_scale, tau } = *rate else { return None };
    let SpikePulse { peak, half_width, tail, tail_length } = *pulse;
    let v_k = peak + tail * (1.0 - Second::of(dt) / tail_length).max(0.0);
    if v_k <= v_on {
        return Some(0.0);
    }
    let (lobe, slope) = (peak / half_width, tail / tail_length);
    let (a, b) = (lobe - slope, lobe + slope);
    let onset = exp((v_on - v_ref) / v_scale);
    // 1/a + 1/b of ramps in volts per second: seconds per volt, of which v_scale/tau makes a number.
    let per_volt = 1.0 / a.get() + 1.0 / b.get();
    Some((v_scale / tau).get() * (exp((v_k - v_on) / v_scale) - 1.0) * onset * per_volt)
}

/// Time constant of a window side in seconds: v_scale T/A_t; `None` for rates that are not exponential.
#[must_use]
pub fn window_constant(rate: &Rate, pulse: &SpikePulse) -> Option<f64> {
    match rate {
        Rate::Exponential { v_scale, .. } => Some(v_scale.get() * pulse.tail_length.get() / pulse.tail.get()),
        _ => None,
    }
}

/// Area of the potentiating over that of the depressing side of the exponential window that lobes far apart make, in
/// doses; `None` for rates that are not exponential.
#[must_use]
pub fn dose_balance(device: &DoseDevice, pulse: &SpikePulse) -> Option<f64> {
    // Any dt beyond the lobes gives the same amplitude.
    let dt = (2.5 * pulse.half_width).get();
    let area = |rate: &Rate| {
        let tau = window_constant(rate, pulse)?;
        Some(dose_closed_form(rate, pulse, dt)? * exp(dt / tau) * tau)
    };
    Some(area(&device.set)? / area(&device.reset)?)
}

/// W e^(-|dt|/tau) fitted to one side of a window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowFit {
    /// Percent of G0 at dt = 0, by extrapolation.
    pub amplitude: f64,
    /// Seconds.
    pub tau: f64,
    /// Root mean square of the residuals, percent of G0.
    pub rms: f64,
    /// Largest residual, percent of G0.
    pub largest: f64,
}

/// Least squares of W e^(-|dt|/tau) (equal weights, Gauss-Newton from the logarithmic regression).
///
/// The order of the points says nothing. `None` without two points of one sign at different |dt| or if it does not converge to tau > 0.
#[must_use]
pub fn fit_exponential(points: &[(f64, f64)]) -> Option<WindowFit> {
    // Of all rows: one of the far tail has the sign of its noise.
    let sign = points.iter().map(|p| p.1).sum::<f64>().signum();
    let (mut n, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for &(dt, y) in points.iter().filter(|p| p.1 * sign > 0.0) {
        let (x, log) = (dt.abs(), ln(y.abs()));
        n += 1.0;
        sx += x;
        sy += log;
        sxx += x * x;
        sxy += x * log;
    }
    let determinant = n * sxx - sx * sx;
    if n < 2.0 || determinant <= 0.0 {
        return None;
    }
    let mut k = -(n * sxy - sx * sy) / determinant; // 1/tau
    let mut w = sign * exp((sy + k * sx) / n);
    for _ in 0..200 {
        let (mut a11, mut a12, mut a22, mut b1, mut b2) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for &(dt, y) in points {
            let e = exp(-k * dt.abs());
            let (d_w, d_k, residual) = (e, -w * dt.abs() * e, y - w * e);
            a11 += d_w * d_w;
            a12 += d_w * d_k;
            a22 += d_k * d_k;
            b1 += d_w * residual;
            b2 += d_k * residual;
        }
        let determinant = a11 * a22 - a12 * a12;
        let (step_w, step_k) = ((b1 * a22 - b2 * a12) / determinant, (a11 * b2 - a12 * b1) / determinant);
        if !(step_w.is_finite() && step_k.is_finite()) {
            return None;
        }
        w += step_w;
        k += step_k;
        if step_w.abs() <= 1e-13 * w.abs() && step_k.abs() <= 1e-13 * k.abs() {
            break;
        }
    }
    let residuals = points.iter().map(|&(dt, y)| y - w * exp(-k * dt.abs()));
    let (square, largest) =
        residuals.fold((0.0, 0.0f64), |(sum, largest), r| (sum + r * r, largest.max(r.abs())));
    let rms = (square / points.len() as f64).sqrt();
    (k > 0.0 && w.is_finite()).then_some(WindowFit { amplitude: w, tau: 1.0 / k, rms, largest })
}

/// The fitted window itself: dG = (W/100) G0 e^(-|dt|/tau), zero at dt = 0 (equal pulses cancel across a device).
///
/// Defaults: Yan et al., fig. 3c. Fitted there. The paper prints W- without its sign and the exponents without their
/// minus; the unit is most likely percent of G0, so depression is clipped at g_min by whoever applies it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExponentialWindow {
    /// Percent of G0 at dt -> 0 of the potentiating side.
    pub w_plus: f64,
    /// Time constant of the potentiating side.
    pub tau_plus: Second,
    /// Percent of G0 at dt -> 0 of the depressing side; negative.
    pub w_minus: f64,
    /// Time constant of the depressing side.
    pub tau_minus: Second,
}

impl Default for ExponentialWindow {
    fn default() -> Self {
        Self {
            w_plus: 138.61,
            tau_plus: Second::new(64.1e-3),
            w_minus: -103.46,
            tau_minus: Second::new(29.2e-3),
        }
    }
}

impl ExponentialWindow {
    /// Change in percent of G0.
    #[must_use]
    pub fn percent(&self, dt: f64) -> f64 {
        let dt = Second::of(dt);
        if dt > Second::ZERO {
            self.w_plus * exp(-(dt / self.tau_plus))
        } else if dt < Second::ZERO {
            self.w_minus * exp(dt / self.tau_minus)
        } else {
            0.0
        }
    }

    /// Area of potentiation over that of depression: above 1, uncorrelated spikes drive additive weights up.
    /// 2.94 for the paper's values.
    #[must_use]
    pub fn balance(&self) -> f64 {
        self.w_plus * self.tau_plus / (self.w_minus.abs() * self.tau_minus)
    }
}

#[cfg(test)]
mod tests {
    use super::super::resistive::StateLaw;
    use super::*;
    use crate::device::circuit::Conduction;
    use crate::units::Siemens;

    const MS: f64 = 1e-3;
    const G0: f64 = 1e-3;

    fn device(law: StateLaw, v_p: f64, v_d: f64) -> DoseDevice {
        let rate = |v_on: f64, v_ref: f64, v_scale: f64, tau: f64| Rate::Exponential {
            v_on: Volt::new(v_on),
            v_ref: Volt::new(v_ref),
            v_scale: Volt::new(v_scale),
            tau: Second::new(tau),
        };
        DoseDevice {
            g_min: Siemens::new(0.2e-3),
            g_max: Siemens::new(4e-3),
            set: rate(0.12, 0.2, v_p, 13.06),
            reset: rate(0.10, 0.25, v_d, 5.954),
            law,
            conduction: Conduction::Ohmic,
            i_cc: None,
            dose_sigma: 0.0,
        }
    }

    fn linear() -> DoseDevice {
        device(StateLaw::Linear, 9.80e-3, 4.465e-3)
    }

    fn pulse() -> SpikePulse {
        SpikePulse {
            peak: Volt::new(0.18945),
            half_width: Second::new(5e-3),
            tail: Volt::new(0.1),
            tail_length: Second::new(0.6541),
        }
    }

    /// |dt| = 10 to 150 ms in 5 ms steps, one side.
    fn side(device: &DoseDevice, pulse: &SpikePulse, sign: f64) -> Vec<(f64, f64)> {
        (2..=30)
            .map(|k| sign * 5.0 * MS * f64::from(k))
            .map(|dt| (dt, window_point(device, pulse, G0, dt).percent))
            .collect()
    }

    #[test]
    fn the_papers_window_comes_out_of_the_devices_kinetics() {
        for (sign, w, tau, paper) in
            [(1.0, 138.56, 64.10, (138.61, 64.1)), (-1.0, -103.39, 29.20, (-103.46, 29.2))]
        {
            let fit = fit_exponential(&side(&linear(), &pulse(), sign)).unwrap();
            assert!((fit.amplitude - w).abs() < 0.005 + 0.005 * w.abs() / 100.0, "{fit:?}");
            assert!((fit.tau / MS - tau).abs() < 0.005, "{fit:?}");
            assert!(
                (fit.amplitude / paper.0 - 1.0).abs() < 0.005 && (fit.tau / MS / paper.1 - 1.0).abs() < 0.005
            );
        }
        assert!((window_constant(&linear().set, &pulse()).unwrap() / MS - 64.1).abs() < 0.01);
        // The paper's own ratio, and no time scale changes it.
        for scale in [1.0, 0.1] {
            let balance = dose_balance(&linear(), &pulse().stretched(scale)).unwrap();
            assert!((balance - ExponentialWindow::default().balance()).abs() < 0.005, "{balance}");
        }
        assert!((window_constant(&linear().reset, &pulse()).unwrap() / MS - 29.2).abs() < 0.01);
    }

    #[test]
    fn the_middle_of_the_window_is_dead_peaked_and_clipped() {
        let percent = |dt: f64| window_point(&linear(), &pulse(), G0, dt * MS).percent;
        assert_eq!(percent(0.0), 0.0);
        for dt in [0.5, 1.0, 1.5, 2.0] {
            assert!(percent(dt).abs() < 0.01, "dead zone at {dt} ms: {}", percent(dt));
        }
        let peak =
            (1..40).map(|k| 0.5 * f64::from(k)).max_by(|a, b| percent(*a).total_cmp(&percent(*b))).unwrap();
        assert_eq!(peak, 6.5);
        assert!((percent(6.5) - 125.0).abs() < 0.1, "{}", percent(6.5));
        assert!((percent(7.5) - 123.0).abs() < 0.5, "{}", percent(7.5));
        assert!((percent(-7.5) + 80.0).abs() < 0.05, "{}", percent(-7.5));
        let deepest = window_point(&linear(), &pulse(), G0, -7.0 * MS);
        assert!((deepest.percent + 80.0).abs() < 1e-9 && deepest.clipped, "{deepest:?}");
    }

    #[test]
    fn soft_bounds_fit_the_same_window_with_a_residual_and_stop_at_minus_80_percent() {
        // With soft bounds the dose is exponential in dt and the change is not; fitted to fig. 3c alone, the rates are
        // far too slow for the sweeps of figs. 2c and 2d.
        let rate = |v_on: f64, v_ref: f64, v_scale: f64, tau: f64| Rate::Exponential {
            v_on: Volt::new(v_on),
            v_ref: Volt::new(v_ref),
            v_scale: Volt::new(v_scale),
            tau: Second::new(tau),
        };
        let soft = DoseDevice {
            set: rate(0.12, 0.2, 10.06e-3, 7.0795e4),
            reset: rate(0.10, 0.25, 3.59e-3, 1.513_56e12),
            ..device(StateLaw::SoftBound, 1.0, 1.0)
        };
        let pulse = SpikePulse { peak: Volt::new(0.2870), tail_length: Second::new(0.5645), ..pulse() };
        for (sign, w, tau, rms, largest) in [(1.0, 138.61, 64.1, 0.9, 2.3), (-1.0, -103.46, 29.2, 2.0, 5.5)] {
            let points = side(&soft, &pulse, sign);
            assert!(points.iter().all(|p| p.1 >= -80.0));
            let fit = fit_exponential(&points).unwrap();
            assert!(
                (fit.amplitude / w - 1.0).abs() < 0.005 && (fit.tau / MS / tau - 1.0).abs() < 0.005,
                "{fit:?}"
            );
            assert!((fit.rms - rms).abs() < 0.05 && (fit.largest - largest).abs() < 0.06, "{fit:?}");
        }
    }

    #[test]
    fn a_lone_spike_hardly_programs() {
        let [pre, post] = lone_doses(&linear(), &pulse());
        assert!(pre.0 == 0.0 && pre.1 < 1e-10, "{pre:?}");
        assert!((post.0 / 1.35e-5 - 1.0).abs() < 0.01 && post.1 == 0.0, "{post:?}");
        let pair = window_point(&linear(), &pulse(), G0, 7.5 * MS).doses.0;
        assert!((pair / post.0 / 27_000.0 - 1.0).abs() < 0.15, "{}", pair / post.0);
    }

    #[test]
    fn the_tail_of_a_lone_spike_costs_2_1_microjoules() {
        let tail: f64 = pulse().waveform().segments.iter().skip(2).map(|s| s.square_integral() * G0).sum();
        assert!((tail - 2.1e-6).abs() < 0.05e-6, "{tail:e}");
    }

    #[test]
    fn the_dose_vectors_come_out_to_their_digits() {
        let rate = Rate::Exponential {
            v_on: Volt::new(0.12),
            v_ref: Volt::new(0.12),
            v_scale: Volt::new(0.02),
            tau: Second::new(558.0),
        };
        let pulse = SpikePulse {
            peak: Volt::new(0.25),
            half_width: Second::new(5e-3),
            tail: Volt::new(0.1),
            tail_length: Second::new(0.32),
        };
        let device = DoseDevice { set: rate, ..linear() };
        for (dt, want) in [(20.0 * MS, 0.103_546_698_4), (64.1 * MS, 0.051_984_545_4)] {
            let closed = dose_closed_form(&rate, &pulse, dt).unwrap();
            assert!((closed - want).abs() < 0.5e-10, "{closed}");
            // From the waveform: the earlier spike's lobe and tail lie below the onset.
            let from_waveform = device.pulse_doses(&pulse.across(dt)).0;
            let alone = lone_doses(&device, &pulse)[0].0;
            assert!((from_waveform - alone - want).abs() < 0.5e-10, "{from_waveform}");
        }
    }

    #[test]
    fn identical_unipolar_triangles_grow_with_the_interval_and_never_decay() {
        let b = 20.0;
        let pulse = Waveform::triangle(0.25, Time::from_fs((b * 1e12) as u64));
        let (mut peak_before, mut set_before) = (-1.0, -1.0);
        for k in 0..=60 {
            let dt = 0.5 * f64::from(k);
            let v = pair(&pulse, dt * MS);
            let peak = v.segments.iter().map(|s| s.from.abs().max(s.to.abs())).fold(0.0, f64::max);
            assert!((peak - 0.25 * (2.0 * dt / b).min(1.0)).abs() < 1e-12, "{dt} ms: {peak} V");
            let (set, reset) = linear().pulse_doses(&v);
            assert!(peak >= peak_before && set >= set_before * (1.0 - 1e-9), "{dt} ms");
            // Both signs, whatever the order: exchanging the spikes exchanges nothing but their order.
            let (set_back, reset_back) = linear().pulse_doses(&pair(&pulse, -dt * MS));
            assert!((set - set_back).abs() <= 1e-9 * set && (reset - reset_back).abs() <= 1e-9 * reset);
            (peak_before, set_before) = (peak, set);
        }
        let doses = |dt: f64| linear().pulse_doses(&pair(&pulse, dt * MS)).0;
        assert_eq!(doses(0.0), 0.0);
        assert!(doses(5.0) < doses(10.0) && (doses(25.0) / doses(40.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_fit_recovers_what_it_is_given_and_refuses_what_it_cannot_know() {
        let points: Vec<(f64, f64)> =
            (1..20).map(|k| (0.01 * f64::from(k), -50.0 * (-0.01 * f64::from(k) / 0.03).exp())).collect();
        let fit = fit_exponential(&points).unwrap();
        assert!((fit.amplitude + 50.0).abs() < 1e-9 && (fit.tau - 0.03).abs() < 1e-12 && fit.largest < 1e-9);
        assert_eq!(fit_exponential(&[]), None);
        assert_eq!(fit_exponential(&[(0.01, 1.0)]), None);
        assert_eq!(fit_exponential(&[(0.01, 1.0), (0.01, 2.0)]), None);
        assert_eq!(fit_exponential(&[(0.01, 1.0), (0.02, 2.0)]), None, "it grows");
    }

    #[test]
    fn the_fitted_window_decays_and_is_out_of_balance() {
        let w = ExponentialWindow::default();
        assert_eq!(w.percent(0.0), 0.0);
        assert!((w.percent(64.1e-3) - 138.61 / std::f64::consts::E).abs() < 1e-12);
        assert!((w.percent(-29.2e-3) + 103.46 / std::f64::consts::E).abs() < 1e-12);
        assert!((w.balance() - 2.94).abs() < 0.005);
    }

    #[test]
    fn faults_name_the_parameter() {
        assert_eq!(pulse().faults(), []);
        let broken = SpikePulse { peak: Volt::ZERO, tail_length: Second::new(1e-3), ..pulse() };
        let text: Vec<String> = broken.faults().iter().map(ToString::to_string).collect();
        assert_eq!(
            text,
            [
                "peak is 0; it must be above zero",
                "tail_length = 1 ms is not longer than half_width = 5 ms; there is no tail to overlap with",
            ]
        );
    }
}
