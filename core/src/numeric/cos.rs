//! cos(pi x) on [0, 1], for schedules.

/// cos(pi x) for 0 <= x <= 1, within 2e-15: the sine series of pi (1/2 - x) to the 21st power.
#[must_use]
pub fn cos_pi(x: f64) -> f64 {
    let y = std::f64::consts::PI * (0.5 - x.clamp(0.0, 1.0));
    let y2 = y * y;
    let mut term = y;
    let mut sum = y;
    let mut k = 1.0;
    while k < 20.0 {
        term = -term * y2 / ((k + 1.0) * (k + 2.0));
        sum += term;
        k += 2.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_platform() {
        for i in 0..=1000 {
            let x = f64::from(i) / 1000.0;
            assert!((cos_pi(x) - (std::f64::consts::PI * x).cos()).abs() < 2e-15, "at {x}");
        }
    }
}
