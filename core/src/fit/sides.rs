//! Learning windows: two sides of one exponential each.

use super::curves::{finite, needs, positive};
use super::least_squares::{Held, Unknown};
use super::noise::{least_squares_with, weighed};
use super::start::likeliest;
use super::{FitError, Fitted};
use crate::numeric::exp;

/// Both sides of a learning window: W e^(-|dt|/tau). Points are (dt, change in percent); dt = 0 is left out.
///
/// Parameters `w_plus`, `tau_plus`, `w_minus`, `tau_minus`.
///
/// # Errors
/// See [`FitError`]: each side needs three points that decay.
pub(super) fn fit_stdp(points: &[(f64, f64)], held: &[Held]) -> Result<Fitted, FitError> {
    fit_sides(points, held, |_, change| (change, 1.0))
}

/// As [`fit_stdp`] of a change that is a function of the exponential, given with its derivative: `bend(sign, W e^(-|dt|/tau))`.
pub(super) fn fit_sides(
    points: &[(f64, f64)],
    held: &[Held],
    bend: impl Fn(f64, f64) -> (f64, f64),
) -> Result<Fitted, FitError> {
    finite(points)?;
    weighed(points, |sigmas| weighted_sides(points, held, &bend, sigmas))
}

/// With the standard deviation of each row, or none.
fn weighted_sides(
    points: &[(f64, f64)],
    held: &[Held],
    bend: &impl Fn(f64, f64) -> (f64, f64),
    sigmas: &[f64],
) -> Result<Fitted, FitError> {
    let residuals = vec![0.0; points.len()];
    let mut whole = Fitted { parameters: Vec::new(), residuals, rms: 0.0, origin: 0.0, noise: None };
    for (sign, names, what) in [
        (1.0, ["w_plus", "tau_plus"], "potentiation (dt > 0)"),
        (-1.0, ["w_minus", "tau_minus"], "depression (dt < 0)"),
    ] {
        let rows: Vec<usize> = (0..points.len()).filter(|&k| points[k].0 * sign > 0.0).collect();
        let side: Vec<(f64, f64)> = rows.iter().map(|&k| (points[k].0.abs(), points[k].1)).collect();
        let own: Vec<f64> = rows.iter().filter_map(|&k| sigmas.get(k).copied()).collect();
        needs(what, &side, &names, held)?;
        // From a side that is longer than the data to one of which only the first rows are left.
        let longest = side.iter().map(|p| p.0).fold(0.0, f64::max);
        let grid = (0..=32).map(|k| 10.0 * longest * exp(-0.25 * f64::from(k)));
        let (w, tau) = likeliest(&side, grid, |t, tau| exp(-(t / tau))).unwrap_or((1.0, longest));
        let unknowns = [
            Unknown { name: names[0], unit: "%", start: w, scale: true },
            Unknown { name: names[1], unit: "s", start: tau, scale: true },
        ];
        let fit = least_squares_with(&own, what, &side, &unknowns, held, |t, p, d| {
            let e = exp(-(t / p[1]));
            let (change, slope) = bend(sign, p[0] * e);
            (d[0], d[1]) = (slope * e, slope * (p[0] * e * t / (p[1] * p[1])));
            change
        })?;
        let fit = positive(fit, names[1])?;
        for (&row, &residual) in rows.iter().zip(&fit.residuals) {
            whole.residuals[row] = residual;
        }
        whole.parameters.extend(fit.parameters);
    }
    let square = whole.residuals.iter().fold(0.0, |sum, r| sum + r * r);
    whole.rms = (square / points.len() as f64).sqrt();
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::super::Curve;
    use crate::device::overlap::fit_exponential;
    use crate::numeric::standard_normal;
    use crate::random::{Purpose, word};

    /// Changes in percent at -150, -145 .. -5 ms: -25 % e^(dt/35 ms) in noise of one percent. The far tail begins with a positive one.
    const DEPRESSION: [f64; 30] = [
        0.588228, -0.531778, -1.55566, 0.681107, -2.12938, -1.0688, -0.723294, -1.60887, -1.39118, -0.592925,
        -1.33393, 0.462022, -2.08537, -2.25709, -1.36488, -1.89891, -2.02632, -4.16641, -3.84595, -6.24474,
        -6.28643, -7.51494, -7.54509, -8.03289, -10.7928, -12.308, -13.1514, -16.9039, -17.4798, -23.4812,
    ];

    #[test]
    fn the_order_of_rows_says_nothing_of_the_sign_of_a_side() {
        // The least of sum (y - W e^(-|dt|/tau))^2, W by regression and tau by golden section, in a script of its own.
        let (w, tau) = (-25.924_878_07, 32.780_724_25e-3);
        let at = |k: usize| -0.15 + 5e-3 * k as f64;
        let depression: Vec<(f64, f64)> =
            DEPRESSION.into_iter().enumerate().map(|(k, y)| (at(k), y)).collect();
        let potentiation = (1..=30).map(|k| 5e-3 * f64::from(k)).map(|t| (t, 40.0 * (-t / 0.02).exp()));
        let ascending: Vec<(f64, f64)> = depression.iter().copied().chain(potentiation).collect();
        let mut by_size = ascending.clone();
        by_size.sort_by(|a, b| a.0.abs().total_cmp(&b.0.abs()));
        let descending: Vec<(f64, f64)> = ascending.iter().rev().copied().collect();
        for points in [ascending, by_size, descending] {
            let fit = Curve::Stdp.fit(&points, &[]).unwrap();
            let truth = [("w_plus", 40.0), ("tau_plus", 20e-3), ("w_minus", w), ("tau_minus", tau)];
            for (name, want) in truth {
                let got = fit.get(name).unwrap().value;
                assert!((got / want - 1.0).abs() < 1e-6, "{name}: {got}, not {want}");
            }
            let side: Vec<(f64, f64)> = points.into_iter().filter(|p| p.0 < 0.0).collect();
            let window = fit_exponential(&side).unwrap();
            assert!(
                (window.amplitude / w - 1.0).abs() < 1e-6 && (window.tau / tau - 1.0).abs() < 1e-6,
                "{window:?}"
            );
        }
    }

    #[test]
    fn windows_in_noise_are_fitted_from_the_far_tail_on() {
        for seed in 0..100 {
            let at = |t: f64| if t > 0.0 { 40.0 * (-t / 0.02).exp() } else { -25.0 * (t / 0.035).exp() };
            let times = (-30..=30i32).filter(|k| *k != 0).map(|k| 5e-3 * f64::from(k));
            let z = |k: usize| standard_normal(word(seed, Purpose::Measurement, 6, k as u64));
            let points: Vec<(f64, f64)> = times.enumerate().map(|(k, t)| (t, at(t) + z(k))).collect();
            let fit = Curve::Stdp.fit(&points, &[]).unwrap_or_else(|error| panic!("{seed}: {error}"));
            for (name, want) in
                [("w_plus", 40.0), ("tau_plus", 0.02), ("w_minus", -25.0), ("tau_minus", 0.035)]
            {
                let p = fit.get(name).unwrap();
                // Of 400 normal numbers one beyond 4.5 has a probability of 0.003.
                assert!((p.value - want).abs() < 4.5 * p.error, "{seed}: {p:?}, not {want}");
            }
        }
    }
}
