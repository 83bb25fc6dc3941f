//! Spike counts -> label, and how far the counts are from it.

use crate::numeric::{exp, ln};

/// The neuron with the most spikes; ties go to the larger membrane, then to the lower index.
///
/// # Panics
/// If `counts` is empty.
#[must_use]
pub fn answer(counts: &[u32], membrane: impl Fn(usize) -> f64) -> usize {
    let mut best = 0;
    for candidate in 1..counts.len() {
        let more = counts[candidate] > counts[best];
        let tie = counts[candidate] == counts[best];
        if more || (tie && membrane(candidate) > membrane(best)) {
            best = candidate;
        }
    }
    best
}

/// Softmax cross-entropy of gain x counts: returns the loss and writes dL/d(count_j) to `error`.
///
/// p_j = e^(gain n_j) / sum_i e^(gain n_i); L = -ln p_label; dL/dn_j = gain (p_j - [j = label]).
#[must_use]
pub fn cross_entropy(counts: &[u32], label: usize, gain: f64, error: &mut [f64]) -> f64 {
    let most = counts.iter().copied().max().unwrap_or(0);
    let mut sum = 0.0;
    for (error, &count) in error.iter_mut().zip(counts) {
        *error = exp(gain * (f64::from(count) - f64::from(most)));
        sum += *error;
    }
    let mut loss = 0.0;
    for (class, error) in error.iter_mut().enumerate().take(counts.len()) {
        let p = *error / sum;
        if class == label {
            loss = -ln(p.max(f64::MIN_POSITIVE));
            *error = gain * (p - 1.0);
        } else {
            *error = gain * p;
        }
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_spikes_win_then_the_larger_membrane_then_the_lower_index() {
        assert_eq!(answer(&[1, 3, 2], |_| 0.0), 1);
        assert_eq!(answer(&[3, 1, 3], |neuron| neuron as f64), 2);
        assert_eq!(answer(&[3, 1, 3], |_| 0.5), 0);
    }

    #[test]
    fn the_error_is_the_gradient_of_the_loss() {
        // Finite difference in the gain x count argument: shift all counts of one class by one.
        let counts = [4u32, 7, 1];
        let mut error = [0.0; 3];
        let gain = 1e-4;
        let loss = cross_entropy(&counts, 2, gain, &mut error);
        for class in 0..3 {
            let mut shifted = counts;
            shifted[class] += 1;
            let mut scratch = [0.0; 3];
            let difference = cross_entropy(&shifted, 2, gain, &mut scratch) - loss;
            assert!((difference - error[class]).abs() < 1e-7 * gain.max(1.0), "class {class}");
        }
        assert!(error.iter().sum::<f64>().abs() < 1e-18);
    }
}
