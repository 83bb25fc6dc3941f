//! Where a search starts.

/// Of y = a f(x, s), linear in a: the s among these with the least sum of squares, and its a. `None` if there is none.
///
/// Nothing of it depends on the order of rows.
pub(super) fn likeliest(
    points: &[(f64, f64)],
    scales: impl Iterator<Item = f64>,
    f: impl Fn(f64, f64) -> f64,
) -> Option<(f64, f64)> {
    let size = points.iter().fold(0.0, |most: f64, p| most.max(p.1.abs()));
    let at = |s: f64| {
        // In units of the largest of each, whose squares are numbers.
        let values: Vec<f64> = points.iter().map(|p| f(p.0, s)).collect();
        let most = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        let share = |value: f64, y: f64| (value / most, y / size);
        let (mut ff, mut fy) = (0.0, 0.0);
        for (value, p) in values.iter().zip(points) {
            let (value, y) = share(*value, p.1);
            ff += value * value;
            fy += value * y;
        }
        // What is left over is sum y^2 - fy^2/ff.
        (s, fy / ff * size / most, fy * fy / ff)
    };
    let usable =
        |(s, a, explained): &(f64, f64, f64)| s.is_finite() && a.is_finite() && explained.is_finite();
    let best = scales.map(at).filter(usable).max_by(|a, b| a.2.total_cmp(&b.2))?;
    Some((best.1, best.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_with_the_least_squares_is_taken_and_its_amplitude_is_linear() {
        let points: Vec<(f64, f64)> =
            (0..20).map(|k| 0.5 * f64::from(k)).map(|x| (x, -3.0 * (-x / 2.0).exp())).collect();
        let law = |x: f64, s: f64| (-x / s).exp();
        let start = likeliest(&points, [0.5, 1.0, 2.0, 4.0].into_iter(), law).unwrap();
        assert!((start.0 + 3.0).abs() < 1e-12 && start.1 == 2.0, "{start:?}");
        let backwards: Vec<(f64, f64)> = points.iter().rev().copied().collect();
        assert_eq!(likeliest(&backwards, [4.0, 2.0, 1.0, 0.5].into_iter(), law).unwrap().1, 2.0);
        assert_eq!(likeliest(&[], [1.0].into_iter(), law), None);
        assert_eq!(likeliest(&[(0.0, 0.0)], [f64::NAN, 1.0].into_iter(), law), None);
    }
}
