//! The curves that can be fitted. Data are (x, y) in SI units (STDP: percent).

use super::iv::fit_iv;
use super::judge::{Judgement, judge};
use super::least_squares::{Held, Unknown, least_squares_holding};
use super::noise::{least_squares_with, weighed};
use super::sides::fit_stdp;
use super::train::train;
use super::{FitError, Fitted, Wanted, percent, plain, wanted};
use crate::numeric::{exp, ln, relaxation};
use crate::units::{Ampere, Second, Siemens, Volt};

pub(super) fn span(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().fold(f64::NEG_INFINITY, f64::max) - values.fold(f64::INFINITY, f64::min)
}

/// The largest number that is fitted, in SI units: squares and products of such numbers are numbers.
const LARGEST: f64 = 1e100;

/// Refuses rows of which there are no squares.
///
/// # Errors
/// [`FitError::Data`] of the first.
pub(super) fn finite(points: &[(f64, f64)]) -> Result<(), FitError> {
    let usable = |v: f64| v.abs() <= LARGEST;
    match points.iter().position(|p| !(usable(p.0) && usable(p.1))) {
        None => Ok(()),
        Some(row) => {
            let (x, y) = points[row];
            let required = if x.is_finite() && y.is_finite() {
                format!("numbers of at most {LARGEST:e} in size")
            } else {
                "finite numbers".to_owned()
            };
            let what = format!("({x:?}, {y:?}); required: {required}");
            Err(FitError::Data { row: row + 1, what })
        }
    }
}

/// More points than parameters of these names are left to be fitted.
pub(super) fn needs(
    what: &'static str,
    points: &[(f64, f64)],
    names: &[&'static str],
    held: &[Held],
) -> Result<(), FitError> {
    finite(points)?;
    let parameters = names.iter().filter(|name| held.iter().all(|h| h.name != **name)).count();
    if points.len() <= parameters {
        let needed = parameters + 1;
        return Err(FitError::TooFewPoints { points: points.len(), parameters, needed, what });
    }
    Ok(())
}

/// A curve of two columns that can be fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// Of a membrane or filament that is left alone.
    Relaxation,
    /// Both sides of a window of pairs.
    Stdp,
    /// A conductance that is left alone.
    Retention {
        /// Whether the exponent of the time is fitted too, instead of held at 1.
        stretched: bool,
    },
    /// A conductance pulse by pulse.
    Pulses,
    /// Of one state.
    Iv {
        /// Whether a straight line is fitted, instead of a sinh.
        ohmic: bool,
    },
}

impl Curve {
    /// Names and SI units of its parameters.
    #[must_use]
    pub fn parameters(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Relaxation => &[("tau", "s"), ("u_rest", "V"), ("u_0", "V")],
            Self::Stdp => &[("w_plus", "%"), ("tau_plus", "s"), ("w_minus", "%"), ("tau_minus", "s")],
            Self::Retention { stretched: false } => &[("g_p", "S"), ("tau", "s")],
            Self::Retention { stretched: true } => &[("g_p", "S"), ("tau", "s"), ("b", "")],
            Self::Pulses => &[("g_0", "S"), ("g_end", "S"), ("dose", "")],
            Self::Iv { ohmic: true } => &[("g", "S")],
            Self::Iv { ohmic: false } => &[("g", "S"), ("v0", "V")],
        }
    }

    /// The columns of its measurement; what else they are called.
    #[must_use]
    pub fn columns(self) -> [Wanted; 2] {
        match self {
            Self::Relaxation => [
                wanted::<Second>("time", true).also(&["t"]),
                wanted::<Volt>("state", false).also(&["u", "v", "voltage"]),
            ],
            Self::Stdp => [
                wanted::<Second>("dt", false).also(&["deltat", "\u{3b4}t"]),
                percent("change").also(&[
                    "dg",
                    "\u{3b4}g",
                    "dgg",
                    "\u{3b4}gg",
                    "dgg0",
                    "\u{3b4}gg0",
                    "dw",
                    "\u{3b4}w",
                ]),
            ],
            Self::Retention { .. } => [
                wanted::<Second>("time", true).also(&["t"]),
                wanted::<Siemens>("conductance", false).also(&["on", "g", "gon"]),
            ],
            Self::Pulses => [
                plain("pulse", true).also(&["n", "pulses", "number", "pulseno", "pulsenumber"]),
                wanted::<Siemens>("conductance", false).also(&["g"]),
            ],
            Self::Iv { .. } => [
                wanted::<Volt>("voltage", false).also(&["v", "u", "bias"]),
                wanted::<Ampere>("current", false).also(&["i"]),
            ],
        }
    }

    /// Fits it, with some parameters held.
    ///
    /// # Errors
    /// See [`FitError`].
    pub fn fit(self, points: &[(f64, f64)], held: &[Held]) -> Result<Fitted, FitError> {
        match self {
            Self::Relaxation => fit_relaxation(points, held),
            Self::Stdp => fit_stdp(points, held),
            Self::Retention { stretched } => fit_retention(points, stretched, held),
            Self::Pulses => fit_pulses(points, held),
            Self::Iv { ohmic } => fit_iv(points, ohmic, held),
        }
    }

    /// Whether what a fit leaves over is noise.
    #[must_use]
    pub fn judge(self, points: &[(f64, f64)], fit: &Fitted) -> Judgement {
        let scale = match self {
            // Residuals of ln G.
            Self::Retention { .. } => 1.0,
            _ => points.iter().fold(0.0, |most: f64, p| most.max(p.1.abs())),
        };
        judge(points, fit, scale)
    }

    /// The fitted curve at `x`.
    #[must_use]
    pub fn value(self, x: f64, fit: &Fitted) -> f64 {
        let p = |name: &str| fit.get(name).map_or(f64::NAN, |p| p.value);
        match self {
            Self::Relaxation => p("u_rest") + (p("u_0") - p("u_rest")) * exp(-((x - fit.origin) / p("tau"))),
            Self::Stdp if x > 0.0 => p("w_plus") * exp(-(x / p("tau_plus"))),
            Self::Stdp if x < 0.0 => p("w_minus") * exp(x / p("tau_minus")),
            Self::Stdp => 0.0,
            Self::Retention { stretched } => {
                let b = if stretched { p("b") } else { 1.0 };
                let power = if x > 0.0 { exp(b * ln(x / p("tau"))) } else { 0.0 };
                p("g_p") * exp(-power)
            }
            Self::Pulses => p("g_0") + (p("g_end") - p("g_0")) * relaxation(p("dose") * (x - fit.origin)).0,
            Self::Iv { ohmic: true } => p("g") * x,
            Self::Iv { ohmic: false } => {
                let s = (x / p("v0")).clamp(-300.0, 300.0);
                p("g") * p("v0") * 0.5 * (exp(s) - exp(-s))
            }
        }
    }
}

/// Relaxation of a membrane or filament: u = u_rest + (u_0 - u_rest) e^(-(t - t_0)/tau) with t_0 the first time. Points are
/// (time, state).
///
/// Parameters `tau`, `u_rest`, `u_0`.
///
/// # Errors
/// See [`FitError`]: a stretch much shorter than tau leaves `tau` or `u_rest` open.
fn fit_relaxation(points: &[(f64, f64)], held: &[Held]) -> Result<Fitted, FitError> {
    needs("a relaxation", points, &["tau", "u_rest", "u_0"], held)?;
    let (first, last) = (points[0].1, points[points.len() - 1].1);
    let unknowns = [
        Unknown { name: "tau", unit: "s", start: span(points.iter().map(|p| p.0)) / 3.0, scale: true },
        Unknown { name: "u_rest", unit: "V", start: last, scale: false },
        Unknown { name: "u_0", unit: "V", start: first, scale: false },
    ];
    let origin = points[0].0;
    let law = |t: f64, p: &[f64], d: &mut [f64]| {
        let t = t - origin;
        let e = exp(-(t / p[0]));
        d[0] = (p[2] - p[1]) * e * t / (p[0] * p[0]);
        (d[1], d[2]) = (1.0 - e, e);
        p[1] + (p[2] - p[1]) * e
    };
    let fit =
        weighed(points, |sigmas| least_squares_with(sigmas, "a relaxation", points, &unknowns, held, law))?;
    positive(Fitted { origin, ..fit }, "tau")
}

pub(super) fn positive(fit: Fitted, name: &'static str) -> Result<Fitted, FitError> {
    match fit.get(name) {
        Some(p) if p.value > 0.0 => Ok(fit),
        _ => Err(FitError::Undetermined {
            parameter: name.to_owned(),
            why: "the data do not decay".to_owned(),
        }),
    }
}

/// Retention: G = G_p e^(-(t/tau)^b) (G_inf taken as zero), fitted to ln G. Points are (time, conductance).
///
/// Parameters `g_p`, `tau`, and `b` if `stretched`. Residuals are of ln G.
///
/// # Errors
/// See [`FitError`]: data without a visible loss bound the lifetime from below and cannot determine `tau`.
fn fit_retention(points: &[(f64, f64)], stretched: bool, held: &[Held]) -> Result<Fitted, FitError> {
    let what = "retention";
    // The fit is of ln G.
    let held: Vec<Held> = held
        .iter()
        .map(|h| match h.name.as_str() {
            "g_p" => Held { name: "ln g_p".to_owned(), value: ln(h.value.max(f64::MIN_POSITIVE)) },
            _ => h.clone(),
        })
        .collect();
    needs(what, points, if stretched { &["ln g_p", "tau", "b"] } else { &["ln g_p", "tau"] }, &held)?;
    let mut logs = Vec::with_capacity(points.len());
    for (row, &(t, g)) in points.iter().enumerate() {
        if !(g > 0.0 && t >= 0.0) {
            let what = format!("conductance {g:e} S at {t} s; required: positive values from time 0 on");
            return Err(FitError::Data { row: row + 1, what });
        }
        logs.push((t, ln(g)));
    }
    let end = span(points.iter().map(|p| p.0));
    let lost = logs[0].1 - logs[logs.len() - 1].1;
    let tau = if lost > 0.0 { end / lost } else { end * 10.0 };
    let mut unknowns = vec![
        Unknown { name: "ln g_p", unit: "", start: logs[0].1, scale: false },
        Unknown { name: "tau", unit: "s", start: tau, scale: true },
    ];
    if stretched {
        unknowns.push(Unknown { name: "b", unit: "", start: 1.0, scale: true });
    }
    let mut fit = least_squares_holding(what, &logs, &unknowns, &held, |t, p, d| {
        let b = p.get(2).copied().unwrap_or(1.0);
        let ratio = if t > 0.0 && p[1] > 0.0 { ln(t / p[1]) } else { f64::NEG_INFINITY };
        let power = exp(b * ratio);
        (d[0], d[1]) = (1.0, b * power / p[1]);
        if let Some(slot) = d.get_mut(2) {
            *slot = if t > 0.0 { -power * ratio } else { 0.0 };
        }
        p[0] - power
    })?;
    if let Some(p) = fit.parameters.first_mut() {
        let g = exp(p.value);
        *p = super::FittedParameter {
            name: "g_p".to_owned(),
            unit: "S".to_owned(),
            value: g,
            error: g * p.error,
        };
        if !(g * (1.0 + p.error)).is_finite() {
            return Err(FitError::NotConverged { what, steps: 0 });
        }
    }
    positive(fit, "tau")
}

/// A train of equal pulses on a soft bound: G_n = G_0 + (G_end - G_0)(1 - e^(-a (n - n_0))) with n_0 the first pulse. Points
/// are (n, conductance).
///
/// Parameters `g_0`, `g_end` and `dose` a, the dose of one pulse; and `dose_sigma`, the spread of doses, where it shows.
///
/// # Errors
/// See [`FitError`]: a train that does not bend leaves `dose` and `g_end` open.
fn fit_pulses(points: &[(f64, f64)], held: &[Held]) -> Result<Fitted, FitError> {
    needs("a pulse train", points, &["g_0", "g_end", "dose"], held)?;
    let (first, last) = (points[0].1, points[points.len() - 1].1);
    let start = 3.0 / span(points.iter().map(|p| p.0)).max(f64::MIN_POSITIVE);
    let unknowns = [
        Unknown { name: "g_0", unit: "S", start: first, scale: true },
        Unknown { name: "g_end", unit: "S", start: last, scale: true },
        Unknown { name: "dose", unit: "", start, scale: true },
    ];
    let origin = points[0].0;
    let fit = train("a pulse train", points, &unknowns, held, |n, p, d| {
        let n = n - origin;
        let covered = if p[2] >= 0.0 { relaxation(p[2] * n).0 } else { 1.0 - exp(-p[2] * n) };
        (d[0], d[1], d[2]) = (1.0 - covered, covered, (p[1] - p[0]) * n * (1.0 - covered));
        p[0] + (p[1] - p[0]) * covered
    })?;
    positive(Fitted { origin, ..fit }, "dose")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::standard_normal;
    use crate::random::{Purpose, word};

    /// A measurement's noise: the k-th standard normal number of a run.
    fn noise(seed: u64, k: usize) -> f64 {
        standard_normal(word(seed, Purpose::Measurement, 0, k as u64))
    }

    /// Every parameter within four standard errors (which must be small), for several runs.
    fn recovers(
        truth: &[(&str, f64)],
        most: f64,
        data: impl Fn(u64) -> Vec<(f64, f64)>,
        fit: impl Fn(&[(f64, f64)]) -> Result<Fitted, FitError>,
    ) {
        for seed in 0..20 {
            let fitted = fit(&data(seed)).unwrap();
            for (name, value) in truth {
                let p = fitted.get(name).unwrap();
                assert!((p.value - value).abs() < 4.0 * p.error, "{name} {value}: {p:?}");
                assert!(p.error > 0.0 && p.error < most * value.abs(), "{name}: {p:?}");
            }
        }
    }

    #[test]
    fn relaxation_recovers_9_41_ms_and_0_43_mv() {
        let data = |seed: u64| -> Vec<(f64, f64)> {
            (0..400)
                .map(|k| {
                    let t = 0.2e-3 * k as f64;
                    (t, 0.43e-3 + 0.24957 * (-t / 9.41e-3).exp() + 2e-4 * noise(seed, k))
                })
                .collect()
        };
        recovers(&[("tau", 9.41e-3), ("u_rest", 0.43e-3)], 0.1, data, |p| Curve::Relaxation.fit(p, &[]));
    }

    #[test]
    fn stdp_recovers_the_papers_four_constants() {
        let window = crate::device::overlap::ExponentialWindow::default();
        let data = |seed: u64| -> Vec<(f64, f64)> {
            (0..61)
                .filter(|&k| k != 30)
                .map(|k| {
                    let dt = 5e-3 * (k as f64 - 30.0);
                    (dt, window.percent(dt) + 1.0 * noise(seed, k))
                })
                .collect()
        };
        let truth = [("w_plus", 138.61), ("tau_plus", 64.1e-3), ("w_minus", -103.46), ("tau_minus", 29.2e-3)];
        recovers(&truth, 0.05, data, |p| Curve::Stdp.fit(p, &[]));
    }

    #[test]
    fn retention_recovers_its_lifetime_and_stretching() {
        let data = |b: f64| {
            move |seed: u64| -> Vec<(f64, f64)> {
                (0..100)
                    .map(|k| {
                        let t = 200.0 * k as f64;
                        (t, 5e-3 * (-(t / 7800.0).powf(b)).exp() * (1.0 + 0.01 * noise(seed, k)))
                    })
                    .collect()
            }
        };
        recovers(&[("tau", 7800.0), ("g_p", 5e-3)], 0.05, data(1.0), |p| {
            Curve::Retention { stretched: false }.fit(p, &[])
        });
        recovers(&[("tau", 7800.0), ("b", 0.6)], 0.05, data(0.6), |p| {
            Curve::Retention { stretched: true }.fit(p, &[])
        });
    }

    #[test]
    fn pulses_and_sweeps_recover_their_device() {
        let train = |seed: u64| -> Vec<(f64, f64)> {
            (0..100)
                .map(|k| {
                    let covered = 1.0 - (-0.05 * k as f64).exp();
                    (k as f64, 0.2e-3 + 3.8e-3 * covered + 2e-5 * noise(seed, k))
                })
                .collect()
        };
        recovers(&[("g_0", 0.2e-3), ("g_end", 4e-3), ("dose", 0.05)], 0.1, train, |p| {
            Curve::Pulses.fit(p, &[])
        });
        let sweep = |seed: u64| -> Vec<(f64, f64)> {
            (1..80)
                .map(|k| {
                    let v = 5e-3 * k as f64;
                    let i = 3e-7 * 0.1 * (v / 0.1).sinh();
                    (v, i * (1.0 + 0.01 * noise(seed, k)))
                })
                .collect()
        };
        recovers(&[("g", 3e-7), ("v0", 0.1)], 0.1, sweep, |p| Curve::Iv { ohmic: false }.fit(p, &[]));
    }

    #[test]
    fn what_is_held_needs_no_points() {
        // Two points a side and the time constants held: the amplitudes are the least squares of e^(-|dt|/tau).
        let points = [(0.01, 5.0), (0.02, 3.0), (-0.01, -4.0), (-0.02, -3.0)];
        let tau = |name: &str| Held { name: name.to_owned(), value: 0.02 };
        let fit = Curve::Stdp.fit(&points, &[tau("tau_plus"), tau("tau_minus")]).unwrap();
        let (a, b) = ((-0.5f64).exp(), (-1.0f64).exp());
        for (name, y) in [("w_plus", [5.0, 3.0]), ("w_minus", [-4.0, -3.0])] {
            let want = (y[0] * a + y[1] * b) / (a * a + b * b);
            assert!((fit.get(name).unwrap().value / want - 1.0).abs() < 1e-9, "{name}");
        }
        // Holding one side does not make up for points of the other.
        let one = Curve::Stdp.fit(&points, &[tau("tau_plus")]);
        assert!(matches!(one, Err(FitError::TooFewPoints { points: 2, needed: 3, .. })), "{one:?}");
    }

    #[test]
    fn a_held_parameter_stays_and_the_others_are_found() {
        let data: Vec<(f64, f64)> = (0..40)
            .map(|k| {
                let t = 0.2e-3 * f64::from(k);
                (t, 0.43e-3 + 0.24957 * (-t / 9.41e-3).exp() + 1e-6 * noise(1, k as usize))
            })
            .collect();
        let held = [Held { name: "u_rest".to_owned(), value: 0.43e-3 }];
        let fit = Curve::Relaxation.fit(&data, &held).unwrap();
        assert_eq!(fit.get("u_rest").map(|p| (p.value, p.error)), Some((0.43e-3, 0.0)));
        let tau = fit.get("tau").unwrap();
        assert!((tau.value - 9.41e-3).abs() < 4.0 * tau.error, "{tau:?}");
        assert_eq!(
            fit.parameters.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(),
            ["tau", "u_rest", "u_0"]
        );
    }

    #[test]
    fn a_stretch_that_begins_late_has_its_own_start() {
        let late = |t: f64| (t, 0.01 + 0.24 * (-t / 9.41e-3).exp());
        let data: Vec<(f64, f64)> = (0..60).map(|k| late(0.02 + 0.5e-3 * f64::from(k))).collect();
        let fit = Curve::Relaxation.fit(&data, &[]).unwrap();
        assert!((fit.get("u_0").unwrap().value / late(0.02).1 - 1.0).abs() < 1e-9, "{fit:?}");
        let train = |n: f64| (n, 0.2e-3 + 3.8e-3 * (1.0 - (-0.05 * n).exp()));
        let data: Vec<(f64, f64)> = (100..140).map(|n| train(f64::from(n))).collect();
        let fit = Curve::Pulses.fit(&data, &[]).unwrap();
        assert!((fit.get("g_0").unwrap().value / train(100.0).1 - 1.0).abs() < 1e-9, "{fit:?}");
        assert!((Curve::Pulses.value(120.0, &fit) / train(120.0).1 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn nominal_intervals_cover_the_truth() {
        // Of 100 intervals of 95 %, fewer than 87 hold it with a probability of 1e-3.
        let truth = [("tau", 9.41e-3), ("u_rest", 0.43e-3), ("u_0", 0.25)];
        let mut covered = [0; 3];
        for seed in 0..100 {
            let data: Vec<(f64, f64)> = (0..60)
                .map(|k| {
                    let t = 0.8e-3 * k as f64;
                    (t, 0.43e-3 + 0.24957 * (-t / 9.41e-3).exp() + 2e-3 * noise(seed + 500, k))
                })
                .collect();
            let fit = Curve::Relaxation.fit(&data, &[]).unwrap();
            for (covered, (name, value)) in covered.iter_mut().zip(truth) {
                let p = fit.get(name).unwrap();
                *covered += u32::from((p.value - value).abs() < 1.96 * p.error);
            }
        }
        assert!(covered.iter().all(|covered| *covered >= 87), "{covered:?}");
    }

    #[test]
    fn the_residuals_are_those_of_the_curve() {
        let window = crate::device::overlap::ExponentialWindow::default();
        let stdp: Vec<(f64, f64)> = (-30..=30i32)
            .map(|k| (5e-3 * f64::from(k), window.percent(5e-3 * f64::from(k)) + noise(3, (k + 30) as usize)))
            .collect();
        let decay = |t: f64, k: usize| 5e-3 * (-(t / 7800.0)).exp() * (1.0 + 0.01 * noise(4, k));
        let retention: Vec<(f64, f64)> =
            (0..50).map(|k| (200.0 * k as f64, decay(200.0 * k as f64, k))).collect();
        for (curve, data) in [(Curve::Stdp, stdp), (Curve::Retention { stretched: true }, retention)] {
            let fit = curve.fit(&data, &[]).unwrap();
            for (&(x, y), &residual) in data.iter().zip(&fit.residuals) {
                let own = match curve {
                    Curve::Retention { .. } => ln(y) - ln(curve.value(x, &fit)),
                    _ if x == 0.0 => 0.0,
                    _ => y - curve.value(x, &fit),
                };
                assert!((own - residual).abs() < 1e-9 * y.abs().max(1.0), "{curve:?} {x} {own} {residual}");
            }
            assert_eq!(curve.parameters().len(), fit.parameters.len());
        }
    }

    #[test]
    fn data_that_cannot_determine_a_parameter_are_refused_by_its_name() {
        let refused = |result: Result<Fitted, FitError>| match result {
            Err(FitError::Undetermined { parameter, .. }) => parameter,
            other => panic!("{other:?}"),
        };
        // 4000 s of a device that lives 78 ks, in 2 % noise: a lower bound, not a lifetime... unless averaged.
        let flat: Vec<(f64, f64)> =
            (0..10).map(|k| (400.0 * k as f64, 5e-3 * (1.0 + 0.02 * noise(1, k)))).collect();
        assert_eq!(refused(Curve::Retention { stretched: false }.fit(&flat, &[])), "tau");
        // A straight pulse train does not say where it ends.
        let straight: Vec<(f64, f64)> =
            (0..20).map(|k| (k as f64, 1e-3 + 1e-6 * k as f64 + 1e-7 * noise(2, k))).collect();
        assert!(["g_end", "dose"].contains(&refused(Curve::Pulses.fit(&straight, &[])).as_str()));
        let line: Vec<(f64, f64)> =
            (1..20).map(|k| (0.01 * k as f64, 1e-5 * k as f64 * (1.0 + 0.01 * noise(3, k)))).collect();
        assert_eq!(refused(Curve::Iv { ohmic: false }.fit(&line, &[])), "v0");
        assert!(Curve::Iv { ohmic: true }.fit(&line, &[]).is_ok());
        assert!(matches!(
            Curve::Stdp.fit(&[(0.01, 5.0), (0.02, 3.0)], &[]),
            Err(FitError::TooFewPoints { .. })
        ));
        let negative = Curve::Retention { stretched: false }
            .fit(&[(0.0, 1.0), (1.0, -1.0), (2.0, 1.0)], &[])
            .unwrap_err();
        assert!(negative.to_string().starts_with("row 2: "), "{negative}");
    }
}
