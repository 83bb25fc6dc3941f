//! Levenberg-Marquardt for a handful of parameters.
//!
//! Step: (N + lambda diag N) d = J^T r with N = J^T J, every column scaled to unit length, so that parameters of
//! different units meet as equals; Cholesky solves it. lambda falls where a step succeeds and grows where it fails.
//! Standard errors: s^2 = sum r^2/(n - p), error_k = s sqrt((N^-1)_kk) where all points are equally uncertain. If they are
//! not (a percentage of each value, say), that can be too small: where r^2 goes with the size of the fitted values or with x (Koenker's
//! form of the test of Breusch & Pagan, J. Econometrics 17, 107 (1981), at 5 %), or where points are too few to tell, the variances are the
//! diagonal of
//! N^-1 (J^T diag(r^2 / (1 - h)^2) J) N^-1, with h = j N^-1 j^T the leverage of the point whose row of J is j: one that
//! pulls the curve to itself leaves too small a residual (White, Econometrica 48, 817 (1980); MacKinnon & White,
//! J. Econometrics 29, 305 (1985), HC3: nearly the jackknife). The larger of the two is stated: too large by some percent
//! where all points are alike, by a factor where few points leave one of them alone with a parameter (a line through
//! x = 0, 1, 4: fourfold for the slope), for then nobody can tell its uncertainty from the others'. And few degrees of
//! freedom spread the errors themselves: for n - p = 1, 68 % lie within 1.8 classical ones (Student), not 1.
//!
//! Source: More, "The Levenberg-Marquardt algorithm: implementation and theory", Lect. Notes Math. 630 (1978).

use super::distributions::chi_squared_tail;
use super::{FitError, Fitted, FittedParameter};

/// A parameter to be fitted.
#[derive(Clone, Copy, Debug)]
pub struct Unknown {
    pub name: &'static str,
    pub unit: &'static str,
    /// Where the search starts.
    pub start: f64,
    /// Whether a fit is refused when the error exceeds half the value. Not for offsets, which may be zero.
    pub scale: bool,
}

const STEPS: usize = 500;

/// The least 1 - h that a residual is divided by.
///
/// A point that alone determines a parameter has h = 1 and r = 0, and the jackknife would have nothing left to fit
/// without it: such a point adds nothing here, and the classical error is the one stated. Rounding makes of 0/0 any
/// number: residuals are known to some 1e-6 s (the search ends where the sum falls by less than 1e-13 of itself), so
/// this floor must lie well above that; it cuts in for leverages beyond 0.99 only.
const LEAST_FREEDOM: f64 = 0.01;

/// Rows from which on a test tells whether they are equally uncertain.
const TOLD_ALIKE: usize = 20;

/// A correlation from which on two parameters are one, unless the share of its value that each is known to is below the
/// second number: a curve without noise determines both. Assumed.
const TOGETHER: (f64, f64) = (0.99, 0.1);

/// A parameter that is given, not fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// As in [`FittedParameter::name`].
    pub name: String,
    /// In SI units.
    pub value: f64,
}

/// Fits y = model(x, p), whose last argument takes the derivatives by the parameters, with some of these held: they come out as they
/// went in, without an error.
///
/// # Errors
/// Too few points, a parameter the data leave open, or no convergence.
pub fn least_squares_holding(
    what: &'static str,
    points: &[(f64, f64)],
    unknowns: &[Unknown],
    held: &[Held],
    model: impl Fn(f64, &[f64], &mut [f64]) -> f64,
) -> Result<Fitted, FitError> {
    holding((what, false), points, unknowns, held, &model)
}

/// The same of points that are known to be equally uncertain.
///
/// # Errors
/// As [`least_squares_holding`].
pub fn least_squares_alike(
    what: &'static str,
    points: &[(f64, f64)],
    unknowns: &[Unknown],
    held: &[Held],
    model: impl Fn(f64, &[f64], &mut [f64]) -> f64,
) -> Result<Fitted, FitError> {
    holding((what, true), points, unknowns, held, &model)
}

fn holding(
    what: (&'static str, bool),
    points: &[(f64, f64)],
    unknowns: &[Unknown],
    held: &[Held],
    model: Model<'_>,
) -> Result<Fitted, FitError> {
    let given: Vec<Option<f64>> =
        unknowns.iter().map(|u| held.iter().find(|h| h.name == u.name).map(|h| h.value)).collect();
    let free: Vec<Unknown> =
        unknowns.iter().zip(&given).filter(|(_, given)| given.is_none()).map(|(u, _)| *u).collect();
    let fit = fitted(what, points, &free, &|x, p, d| {
        let (mut whole, mut gradient) = (Vec::with_capacity(unknowns.len()), vec![0.0; unknowns.len()]);
        let mut fitted = p.iter();
        for given in &given {
            whole.push(given.unwrap_or_else(|| fitted.next().copied().unwrap_or(0.0)));
        }
        let value = model(x, &whole, &mut gradient);
        let slots = gradient.iter().zip(&given).filter(|(_, given)| given.is_none());
        for (slot, (own, _)) in d.iter_mut().zip(slots) {
            *slot = *own;
        }
        value
    })?;
    let mut found = fit.parameters.into_iter();
    let mut parameters = Vec::with_capacity(unknowns.len());
    for (unknown, given) in unknowns.iter().zip(given) {
        match given {
            Some(value) => parameters.push(FittedParameter {
                name: unknown.name.to_owned(),
                unit: unknown.unit.to_owned(),
                value,
                error: 0.0,
            }),
            None => parameters.extend(found.next()),
        }
    }
    Ok(Fitted { parameters, ..fit })
}

/// y = model(x, p), whose last argument takes the derivatives by the parameters. Behind a pointer: the search is compiled
/// once for all laws.
type Model<'a> = &'a dyn Fn(f64, &[f64], &mut [f64]) -> f64;

#[cfg(test)]
fn least_squares(
    what: &'static str,
    points: &[(f64, f64)],
    unknowns: &[Unknown],
    model: impl Fn(f64, &[f64], &mut [f64]) -> f64,
) -> Result<Fitted, FitError> {
    fitted((what, false), points, unknowns, &model)
}

fn fitted(
    (what, alike): (&'static str, bool),
    points: &[(f64, f64)],
    unknowns: &[Unknown],
    model: Model<'_>,
) -> Result<Fitted, FitError> {
    let (n, m) = (points.len(), unknowns.len());
    if n <= m {
        return Err(FitError::TooFewPoints { points: n, parameters: m, needed: m + 1, what });
    }
    let mut p: Vec<f64> = unknowns.iter().map(|u| u.start).collect();
    let residuals = |p: &[f64]| -> Vec<f64> {
        let mut gradient = vec![0.0; m];
        points.iter().map(|&(x, y)| y - model(x, p, &mut gradient)).collect()
    };
    let sum = |r: &[f64]| r.iter().fold(0.0, |sum, r| sum + r * r);
    let mut best = sum(&residuals(&p));
    let mut lambda = 1e-3;
    let mut converged = false;
    for _ in 0..STEPS {
        let (normal, slope, scale) = normal_equations(points, &p, m, model);
        let mut improved = false;
        while lambda < 1e12 {
            let mut damped = normal.clone();
            for k in 0..m {
                damped[k * m + k] *= 1.0 + lambda;
            }
            let Ok(lower) = cholesky(&damped, m, 0.0) else {
                lambda *= 10.0;
                continue;
            };
            let step = solve(&lower, &slope, m);
            let trial: Vec<f64> = (0..m).map(|k| p[k] + step[k] / scale[k]).collect();
            let value = sum(&residuals(&trial));
            if value <= best {
                let moved = (0..m).any(|k| (trial[k] - p[k]).abs() > 1e-12 * p[k].abs());
                converged = !moved || best - value <= 1e-13 * best;
                (p, best) = (trial, value);
                lambda = (lambda * 0.1).max(1e-15);
                improved = true;
                break;
            }
            lambda *= 10.0;
        }
        if converged || !improved {
            converged = true;
            break;
        }
    }
    let not_converged = FitError::NotConverged { what, steps: STEPS };
    if !best.is_finite() {
        return Err(not_converged);
    }
    // Before complaining of a search without end: an open parameter is the usual reason, and the better answer.
    let (normal, _, scale) = normal_equations(points, &p, m, model);
    let open = |k: usize, why: String| FitError::Undetermined { parameter: unknowns[k].name.to_owned(), why };
    // A pivot is the share of a column that the others do not explain.
    let lower = cholesky(&normal, m, 1e-10).map_err(|k| {
        open(k, "another parameter can make up for it; measure over a wider range".to_owned())
    })?;
    let variance = best / (n - m) as f64;
    let alike = alike || n >= TOLD_ALIKE && equally_uncertain(points, &p, m, model);
    let weighted =
        if alike { vec![0.0; m * m] } else { squared_residuals(points, &p, m, &scale, &lower, model) };
    let columns: Vec<Vec<f64>> = (0..m)
        .map(|k| solve(&lower, &(0..m).map(|j| f64::from(u8::from(j == k))).collect::<Vec<_>>(), m))
        .collect();
    let mut parameters = Vec::with_capacity(m);
    for (k, (unknown, column)) in unknowns.iter().zip(&columns).enumerate() {
        let mut own = 0.0;
        for i in 0..m {
            for j in 0..m {
                own += column[i] * weighted[i * m + j] * column[j];
            }
        }
        // What was fitted is known to rounding at best: no error at all is that of a parameter that was held.
        let error = ((variance * column[k]).max(own).sqrt() / scale[k]).max(f64::EPSILON * p[k].abs());
        let (name, unit) = (unknown.name.to_owned(), unknown.unit.to_owned());
        let parameter = FittedParameter { name, unit, value: p[k], error };
        if unknown.scale {
            undetermined(&parameter)?;
        }
        parameters.push(parameter);
    }
    for (k, p) in parameters.iter().enumerate().filter(|(k, _)| unknowns[*k].scale) {
        let correlation = |j: usize| columns[k][j] / (columns[k][k] * columns[j][j]).sqrt();
        let other = (0..m).find(|&j| j != k && correlation(j).abs() >= TOGETHER.0);
        if let Some(other) = other.filter(|_| p.error > TOGETHER.1 * p.value.abs()) {
            let name = unknowns[other].name;
            let why = format!(
                "it goes with `{name}` (correlation {:.4}), and is known to {:.0} % only",
                correlation(other),
                100.0 * p.error / p.value.abs()
            );
            return Err(open(k, why));
        }
    }
    if !converged || parameters.iter().any(|p| !(p.value.is_finite() && p.error.is_finite())) {
        return Err(not_converged);
    }
    Ok(Fitted {
        parameters,
        residuals: residuals(&p),
        rms: (best / n as f64).sqrt(),
        origin: 0.0,
        noise: None,
    })
}

/// Refuses a parameter whose standard error is more than half its value.
///
/// # Errors
/// [`FitError::Undetermined`].
pub fn undetermined(p: &FittedParameter) -> Result<(), FitError> {
    if p.error <= 0.5 * p.value.abs() {
        return Ok(());
    }
    let why =
        format!("{:.3e} {unit} with a standard error of {:.1e} {unit}", p.value, p.error, unit = p.unit);
    Err(FitError::Undetermined { parameter: p.name.clone(), why })
}

/// (J^T J with unit diagonal, J^T r, the columns' lengths); a column of zeros keeps its zero diagonal.
fn normal_equations(
    points: &[(f64, f64)],
    p: &[f64],
    m: usize,
    model: Model<'_>,
) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let (mut normal, mut slope, mut gradient) = (vec![0.0; m * m], vec![0.0; m], vec![0.0; m]);
    for &(x, y) in points {
        let r = y - model(x, p, &mut gradient);
        for i in 0..m {
            slope[i] += gradient[i] * r;
            for j in 0..m {
                normal[i * m + j] += gradient[i] * gradient[j];
            }
        }
    }
    let scale: Vec<f64> = (0..m).map(|k| normal[k * m + k].sqrt()).collect();
    let scale: Vec<f64> = scale.into_iter().map(|s| if s > 0.0 { s } else { 1.0 }).collect();
    for i in 0..m {
        slope[i] /= scale[i];
        for j in 0..m {
            normal[i * m + j] /= scale[i] * scale[j];
        }
    }
    (normal, slope, scale)
}

/// Whether r^2 goes neither with the size of the fitted values nor with x: n R^2 of its regression on both is chi squared.
fn equally_uncertain(points: &[(f64, f64)], p: &[f64], m: usize, model: Model<'_>) -> bool {
    let mut gradient = vec![0.0; m];
    let rows: Vec<[f64; 3]> = points
        .iter()
        .map(|&(x, y)| {
            let fitted = model(x, p, &mut gradient);
            [(y - fitted) * (y - fitted), fitted.abs(), x]
        })
        .collect();
    let n = rows.len() as f64;
    let mean: [f64; 3] = std::array::from_fn(|k| rows.iter().map(|row| row[k]).sum::<f64>() / n);
    let cross =
        |i: usize, j: usize| rows.iter().map(|row| (row[i] - mean[i]) * (row[j] - mean[j])).sum::<f64>();
    let (yy, aa, bb) = (cross(0, 0), cross(1, 1), cross(2, 2));
    let (ya, yb, ab) = (cross(0, 1), cross(0, 2), cross(1, 2));
    let det = aa * bb - ab * ab;
    // Of two that say the same, one.
    let (explained, free) = if det > 1e-9 * aa * bb {
        ((ya * (bb * ya - ab * yb) + yb * (aa * yb - ab * ya)) / det, 2)
    } else {
        (
            if aa > 0.0 {
                ya * ya / aa
            } else if bb > 0.0 {
                yb * yb / bb
            } else {
                0.0
            },
            1,
        )
    };
    let statistic = n * explained / yy;
    !statistic.is_finite() || chi_squared_tail(statistic, free) > 0.05
}

/// J^T diag(r^2 / (1 - h)^2) J with the columns scaled as those of the normal equations, whose factor is `lower`.
fn squared_residuals(
    points: &[(f64, f64)],
    p: &[f64],
    m: usize,
    scale: &[f64],
    lower: &[f64],
    model: Model<'_>,
) -> Vec<f64> {
    let (mut sum, mut gradient) = (vec![0.0; m * m], vec![0.0; m]);
    for &(x, y) in points {
        let r = y - model(x, p, &mut gradient);
        gradient.iter_mut().zip(scale).for_each(|(g, scale)| *g /= scale);
        let leverage: f64 =
            gradient.iter().zip(solve(lower, &gradient, m)).map(|(g, solved)| g * solved).sum();
        let r = r / (1.0 - leverage).max(LEAST_FREEDOM);
        for i in 0..m {
            for j in 0..m {
                sum[i * m + j] += r * r * gradient[i] * gradient[j];
            }
        }
    }
    sum
}

/// Lower factor of a symmetric matrix; the first index whose pivot is not above `least`, if there is one.
fn cholesky(a: &[f64], m: usize, least: f64) -> Result<Vec<f64>, usize> {
    let mut lower = vec![0.0; m * m];
    for i in 0..m {
        for j in 0..=i {
            let inner = (0..j).fold(a[i * m + j], |sum, k| sum - lower[i * m + k] * lower[j * m + k]);
            if i == j {
                if inner.is_nan() || inner <= least {
                    return Err(i);
                }
                lower[i * m + i] = inner.sqrt();
            } else {
                lower[i * m + j] = inner / lower[j * m + j];
            }
        }
    }
    Ok(lower)
}

/// x of L L^T x = b.
fn solve(lower: &[f64], b: &[f64], m: usize) -> Vec<f64> {
    let mut x = b.to_vec();
    for i in 0..m {
        x[i] = (0..i).fold(x[i], |sum, k| sum - lower[i * m + k] * x[k]) / lower[i * m + i];
    }
    for i in (0..m).rev() {
        x[i] = (i + 1..m).fold(x[i], |sum, k| sum - lower[k * m + i] * x[k]) / lower[i * m + i];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(name: &'static str, start: f64) -> Unknown {
        Unknown { name, unit: "V", start, scale: true }
    }

    #[test]
    fn a_straight_line_has_the_errors_of_linear_regression() {
        let points = [(0.0, 1.1), (1.0, 2.9), (2.0, 5.2), (3.0, 6.8)];
        let fit =
            least_squares("a line", &points, &[unknown("slope", 1.0), unknown("offset", 0.1)], |x, p, d| {
                (d[0], d[1]) = (x, 1.0);
                p[0] * x + p[1]
            })
            .unwrap();
        // By hand: slope 1.94, offset 1.09, s^2 = 0.041, se = s/sqrt(5), s sqrt(1/4 + 2.25/5).
        let slope = fit.get("slope").unwrap();
        assert!((slope.value - 1.94).abs() < 1e-9, "{slope:?}");
        let s2 = fit.residuals.iter().map(|r| r * r).sum::<f64>() / 2.0;
        assert!((s2 - 0.041).abs() < 1e-9);
        // By leverage, h = 1/4 + (x - 1.5)^2/5, the outer points count for more than that says.
        let white = |column: fn(f64) -> f64| {
            let terms = fit.residuals.iter().zip([-1.5, -0.5, 0.5, 1.5]).map(|(r, x)| {
                let r = r / (1.0 - (0.25 + x * x / 5.0));
                column(x) * column(x) * r * r
            });
            terms.sum::<f64>().sqrt()
        };
        assert!((slope.error - (s2 / 5.0f64).sqrt().max(white(|x| x / 5.0))).abs() < 1e-9);
        let offset = fit.get("offset").unwrap();
        let plain = (s2 * (0.25 + 2.25 / 5.0)).sqrt();
        assert!((offset.error - plain.max(white(|x| 0.25 - 1.5 * x / 5.0))).abs() < 1e-9);
    }

    /// Two columns that are nearly one: x and x (1 + 0.5 (x - 0.5)), whose coefficients have the correlation -0.9962 and errors of 4.3
    /// and 3.8 times the noise (the inverse of the normal matrix, by a script).
    fn alike(noise: f64) -> Result<Fitted, FitError> {
        let other = |x: f64| x * (1.0 + 0.5 * (x - 0.5));
        // A pattern that neither column has much of.
        let points: Vec<(f64, f64)> = (1..=20)
            .map(|k| (f64::from(k) / 20.0, noise * [1.0, -1.0, -1.0, 1.0][k as usize % 4]))
            .map(|(x, noise)| (x, x + other(x) + noise))
            .collect();
        least_squares("two alike", &points, &[unknown("one", 1.0), unknown("other", 1.0)], |x, p, d| {
            (d[0], d[1]) = (x, other(x));
            p[0] * x + p[1] * other(x)
        })
    }

    #[test]
    fn two_parameters_that_make_up_for_one_another_are_undetermined() {
        // Half a percent of noise leaves each known to a percent or two, whatever the correlation.
        let fit = alike(5e-3).unwrap();
        assert!(fit.parameters.iter().all(|p| p.error < 0.1 * p.value.abs()), "{fit:?}");
        // Five percent leaves some 20 %: below half of the value, and still nobody knows which of the two it is.
        let FitError::Undetermined { parameter, why } = alike(0.05).unwrap_err() else { panic!() };
        assert_eq!(parameter, "one");
        assert!(why.starts_with("it goes with `other` (correlation -0.9962)"), "{why}");
    }

    /// A plateau of four points and one point beyond the step: nothing else tells of the second level.
    fn step(units: f64) -> Fitted {
        let points = [(0.0, 0.9), (0.0, 1.1), (0.0, 1.2), (0.0, 0.8), (1.0, 3.0)];
        least_squares("a step", &points, &[unknown("low", 1.0), unknown("high", 1.0 / units)], |x, p, d| {
            (d[0], d[1]) = if x < 0.5 { (1.0, 0.0) } else { (0.0, units) };
            if x < 0.5 { p[0] } else { units * p[1] }
        })
        .unwrap()
    }

    #[test]
    fn a_point_that_stands_alone_has_the_scatter_of_the_others() {
        let fit = step(1.0);
        // s^2 = 0.1/3, and HC3 of the mean of four: sqrt(sum (r/(3/4))^2)/4.
        let high = fit.get("high").unwrap();
        assert!(
            (high.value - 3.0).abs() < 1e-9 && (high.error - (0.1f64 / 3.0).sqrt()).abs() < 1e-9,
            "{high:?}"
        );
        let low = fit.get("low").unwrap();
        assert!((low.error - 0.1f64.sqrt() / 3.0).abs() < 1e-9, "{low:?}");
    }

    #[test]
    fn errors_go_with_the_unit_of_their_parameter() {
        let (volts, other) = (step(1.0), step(1e-9));
        for (name, units) in [("low", 1.0), ("high", 1e-9)] {
            let (one, same) = (volts.get(name).unwrap(), other.get(name).unwrap());
            assert!((units * same.value / one.value - 1.0).abs() < 1e-9, "{same:?}");
            assert!((units * same.error / one.error - 1.0).abs() < 1e-6, "{same:?}");
        }
    }

    #[test]
    fn errors_of_hardly_more_points_than_parameters_are_not_too_small() {
        // Three points, a line: over many data sets the errors stated must not lie below the spread of what is found,
        // as root mean squares (with one degree of freedom single errors scatter widely, 0 included).
        let line = [unknown("slope", 1.0), unknown("offset", 0.1)].map(|u| Unknown { scale: false, ..u });
        let (mut off, mut stated) = ([0.0; 2], [0.0; 2]);
        for seed in 0..2000u64 {
            let points = [0.0, 1.0, 4.0].map(|x: f64| {
                let drawn = crate::random::word(seed, crate::random::Purpose::Measurement, 0, x as u64);
                (x, 2.0 * x + 1.0 + 0.1 * crate::numeric::standard_normal(drawn))
            });
            let fit = least_squares("a line", &points, &line, |x, p, d| {
                (d[0], d[1]) = (x, 1.0);
                p[0] * x + p[1]
            })
            .unwrap();
            for (k, truth) in [2.0, 1.0].into_iter().enumerate() {
                let found = &fit.parameters[k];
                off[k] += (found.value - truth) * (found.value - truth);
                stated[k] += found.error * found.error;
            }
        }
        for k in 0..2 {
            let ratio = (stated[k] / off[k]).sqrt();
            // Standard error of either root mean square: some 2 to 3 %. The fourfold of the module's text, for the slope.
            assert!((0.9..4.6).contains(&ratio), "{k}: {ratio}");
        }
    }

    #[test]
    fn three_points_that_do_not_fit_are_refused() {
        let points = [(0.0, 1.0), (1.0, -1.0), (2.0, 1.0)];
        let fit =
            least_squares("a line", &points, &[unknown("slope", 1.0), unknown("offset", 0.1)], |x, p, d| {
                (d[0], d[1]) = (x, 1.0);
                p[0] * x + p[1]
            });
        assert!(matches!(fit, Err(FitError::Undetermined { parameter, .. }) if parameter == "slope"));
    }

    #[test]
    fn errors_hold_where_large_values_are_less_certain() {
        // y = 3 e^-x with 2 % of each value: the error of the amplitude, against the spread over many data sets.
        let found: Vec<FittedParameter> = (0..400u64)
            .map(|seed| {
                let points: Vec<(f64, f64)> = (0..40)
                    .map(|k| {
                        let x = 0.1 * f64::from(k);
                        let z = crate::numeric::standard_normal(crate::random::word(
                            seed,
                            crate::random::Purpose::Measurement,
                            0,
                            u64::from(k as u32),
                        ));
                        (x, 3.0 * (-x).exp() * (1.0 + 0.02 * z))
                    })
                    .collect();
                let unknowns = [unknown("amplitude", 2.0), unknown("rate", 0.5)];
                let fit = least_squares("decay", &points, &unknowns, |x, p, d| {
                    let e = (-p[1] * x).exp();
                    (d[0], d[1]) = (e, -p[0] * x * e);
                    p[0] * e
                });
                fit.unwrap().parameters.swap_remove(0)
            })
            .collect();
        let n = found.len() as f64;
        let mean = found.iter().map(|p| p.value).sum::<f64>() / n;
        let spread = (found.iter().map(|p| (p.value - mean) * (p.value - mean)).sum::<f64>() / n).sqrt();
        let stated = found.iter().map(|p| p.error).sum::<f64>() / n;
        assert!((stated / spread - 1.0).abs() < 0.15, "stated {stated}, found {spread}");
    }

    #[test]
    fn parameters_that_the_data_leave_open_are_named() {
        let points = [(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)];
        let twins = least_squares("twins", &points, &[unknown("a", 1.0), unknown("b", 1.0)], |x, p, d| {
            (d[0], d[1]) = (x, x);
            (p[0] + p[1]) * x
        });
        assert_eq!(
            twins.unwrap_err().to_string(),
            "the data cannot determine `b`: another parameter can make up for it; measure over a wider range"
        );
        let few =
            least_squares("twins", &points[..2], &[unknown("a", 1.0), unknown("b", 1.0)], |_, _, _| 0.0);
        assert!(matches!(few, Err(FitError::TooFewPoints { points: 2, needed: 3, .. })));
    }
}
