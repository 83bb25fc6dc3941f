//! Adam (Kingma & Ba, ICLR 2015) with a cosine schedule.

use crate::numeric::{Real, cos_pi};
use serde::{Deserialize, Serialize};

/// Learning rate over a run: a half cosine from `rate` to `rate_final` in `steps` steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// At the first step.
    pub rate: f64,
    /// At the last step and after it.
    pub rate_final: f64,
    /// How many there are.
    pub steps: u64,
}

impl Schedule {
    /// Rate of step `step`, counted from 0.
    #[must_use]
    pub fn at(&self, step: u64) -> f64 {
        let progress = if self.steps <= 1 { 0.0 } else { step as f64 / (self.steps - 1) as f64 };
        self.rate_final + 0.5 * (self.rate - self.rate_final) * (1.0 + cos_pi(progress))
    }
}

/// Moments of every weight; plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct AdamState<R: Real> {
    /// Mean of the gradient, decaying by beta1 per step.
    pub first: Vec<R>,
    /// Mean of its square, decaying by beta2 per step.
    pub second: Vec<R>,
    /// Steps taken.
    pub steps: u64,
    /// beta1^steps; kept, not recomputed: no power function in the loop.
    pub beta1_power: f64,
    /// beta2^steps, likewise.
    pub beta2_power: f64,
}

impl<R: Real> AdamState<R> {
    /// Moments of `weights` weights before the first step.
    #[must_use]
    pub fn new(weights: usize) -> Self {
        Self {
            first: vec![R::ZERO; weights],
            second: vec![R::ZERO; weights],
            steps: 0,
            beta1_power: 1.0,
            beta2_power: 1.0,
        }
    }

    /// One step: m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g^2,
    /// w <- w - rate m^ / (sqrt v^ + eps), bias-corrected; then |w| is cut at `bound`.
    pub fn step(
        &mut self,
        weights: &mut [R],
        gradient: &[R],
        rate: f64,
        betas: (f64, f64),
        epsilon: f64,
        bound: Option<R>,
    ) {
        self.next(rate, betas, epsilon, bound).apply(weights, gradient, &mut self.first, &mut self.second);
    }

    /// The next step: its constants, for whoever applies it to some weights at a time.
    pub(super) fn next(
        &mut self,
        rate: f64,
        betas: (f64, f64),
        epsilon: f64,
        bound: Option<R>,
    ) -> AdamStep<R> {
        self.steps += 1;
        self.beta1_power *= betas.0;
        self.beta2_power *= betas.1;
        AdamStep {
            keep: (R::from_f64(betas.0), R::from_f64(betas.1)),
            take: (R::from_f64(1.0 - betas.0), R::from_f64(1.0 - betas.1)),
            rate: R::from_f64(rate / (1.0 - self.beta1_power)),
            correction: R::from_f64(1.0 / (1.0 - self.beta2_power)),
            epsilon: R::from_f64(epsilon),
            bound,
        }
    }
}

/// The constants of one step.
#[derive(Clone, Copy, Debug)]
pub(super) struct AdamStep<R> {
    /// b1 and b2.
    keep: (R, R),
    /// 1 - b1 and 1 - b2.
    take: (R, R),
    rate: R,
    correction: R,
    epsilon: R,
    bound: Option<R>,
}

impl<R: Real> AdamStep<R> {
    /// The same step for other numbers, which have this rate (corrected for the bias of the mean) and no bound.
    pub(super) fn with_rate(self, rate: f64) -> Self {
        Self { rate: R::from_f64(rate), bound: None, ..self }
    }

    /// Takes the step with these weights, their gradient and its two means.
    #[inline(always)]
    pub(super) fn apply(self, weights: &mut [R], gradient: &[R], first: &mut [R], second: &mut [R]) {
        let Self { keep: (b1, b2), take: (c1, c2), rate, correction, epsilon, bound } = self;
        let moments = first.iter_mut().zip(second);
        for ((weight, &g), (m, v)) in weights.iter_mut().zip(gradient).zip(moments) {
            *m = b1 * *m + c1 * g;
            *v = b2 * *v + c2 * (g * g);
            *weight -= rate * *m / ((*v * correction).sqrt() + epsilon);
        }
        if let Some(bound) = bound {
            for weight in weights {
                *weight = if *weight > bound { bound } else { *weight };
                *weight = if *weight < -bound { -bound } else { *weight };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_has_the_length_of_the_rate() {
        let mut adam = AdamState::<f64>::new(2);
        let mut weights = [1.0, 1.0];
        adam.step(&mut weights, &[3.0, -0.01], 0.1, (0.9, 0.999), 1e-12, None);
        assert!((weights[0] - 0.9).abs() < 1e-9 && (weights[1] - 1.1).abs() < 1e-9);
    }

    #[test]
    fn a_quadratic_is_minimised() {
        let mut adam = AdamState::<f64>::new(1);
        let mut weights = [5.0];
        let schedule = Schedule { rate: 0.1, rate_final: 0.001, steps: 500 };
        for step in 0..500 {
            let gradient = [2.0 * (weights[0] - 2.0)];
            adam.step(&mut weights, &gradient, schedule.at(step), (0.9, 0.999), 1e-8, None);
        }
        assert!((weights[0] - 2.0).abs() < 1e-3, "{}", weights[0]);
    }

    #[test]
    fn the_schedule_starts_and_ends_where_it_says() {
        let schedule = Schedule { rate: 1e-3, rate_final: 2e-5, steps: 101 };
        assert!((schedule.at(0) - 1e-3).abs() < 1e-15);
        assert!((schedule.at(50) - 0.51e-3).abs() < 1e-15);
        assert!((schedule.at(100) - 2e-5).abs() < 1e-15);
    }
}
