//! Steps down a gradient: Adam (Kingma & Ba, ICLR 2015) and stochastic gradient descent with momentum, decay of the weights, a bound of the
//! gradient, an average of the weights, and the course of the learning rate.

use crate::numeric::{Real, cos_pi, exp, ln};
use serde::{Deserialize, Serialize};

/// Learning rate over a run of `steps` steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// The largest: at the first step after the warm-up.
    pub rate: f64,
    /// At the last step and after it.
    pub rate_final: f64,
    /// How many there are.
    pub steps: u64,
    /// How it goes from one to the other.
    pub course: Course,
    /// In so many first steps it rises: (k + 1)/`warmup` of `rate` at step k.
    pub warmup: u64,
}

/// How a learning rate falls, x going from 0 at the first step after the warm-up to 1 at the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// final + (rate - final) (1 + cos(pi x))/2.
    #[default]
    Cosine,
    /// final + (rate - final) (1 - x).
    Linear,
    /// rate (final/rate)^x.
    Exponential,
}

impl Schedule {
    /// A half cosine from `rate` to `rate_final` in `steps` steps.
    #[must_use]
    pub fn cosine(rate: f64, rate_final: f64, steps: u64) -> Self {
        Self { rate, rate_final, steps, course: Course::Cosine, warmup: 0 }
    }

    /// Rate of step `step`, counted from 0.
    #[must_use]
    pub fn at(&self, step: u64) -> f64 {
        let &Self { rate, rate_final, warmup, .. } = self;
        if step < warmup {
            return rate * (step + 1) as f64 / warmup as f64;
        }
        let (step, steps) = (step - warmup, self.steps.saturating_sub(warmup));
        let progress = if steps <= 1 { 0.0 } else { (step as f64 / (steps - 1) as f64).min(1.0) };
        match self.course {
            Course::Cosine => rate_final + 0.5 * (rate - rate_final) * (1.0 + cos_pi(progress)),
            Course::Linear => rate_final + (rate - rate_final) * (1.0 - progress),
            Course::Exponential => rate * exp(progress * ln(rate_final / rate)),
        }
    }
}

/// What becomes of a gradient.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Rule {
    /// m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g^2, w <- w - rate m^/(sqrt v^ + eps), with m^ = m/(1 - b1^t) and v^ = v/(1 - b2^t).
    Adam {
        /// b1 and b2.
        betas: (f64, f64),
        /// Added to the root, so that nothing is divided by zero.
        epsilon: f64,
    },
    /// m <- momentum m + g, w <- w - rate m.
    Sgd {
        /// What is left of the last step's direction.
        momentum: f64,
    },
}

/// How weights go down their gradient.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optimizer {
    /// The rule.
    pub rule: Rule,
    /// Decay of the weights beside the gradient, w <- w - rate decay w before each step; 0: none. With Adam that is AdamW.
    ///
    /// Source: I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019.
    pub decay: f64,
    /// The largest norm of the gradient of a batch, over all weights in units of v_th - u_rest; a longer one is made as long. `None`: any.
    pub clip: Option<f64>,
    /// What is tested is the average a <- d a + (1 - d) w over steps, d = min(this, (1 + t)/(10 + t)) in step t from 0. `None`: the weights.
    pub average: Option<f64>,
}

impl Default for Optimizer {
    /// Adam as its authors have it, and nothing beside it.
    fn default() -> Self {
        let rule = Rule::Adam { betas: (0.9, 0.999), epsilon: 1e-8 };
        Self { rule, decay: 0.0, clip: None, average: None }
    }
}

impl Optimizer {
    /// What a mean gradient is multiplied by, so that its norm is at most [`Optimizer::clip`].
    #[must_use]
    pub fn scale(&self, norm: f64) -> f64 {
        match self.clip {
            Some(most) if norm > most => most / norm,
            _ => 1.0,
        }
    }
}

/// Moments of every weight; plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct OptimizerState<R: Real> {
    /// Mean of the gradient, decaying by beta1 per step; of gradient descent its sum, decaying by the momentum.
    pub first: Vec<R>,
    /// Mean of its square, decaying by beta2 per step.
    pub second: Vec<R>,
    /// Average of the numbers that learn; empty: none is kept.
    pub average: Vec<R>,
    /// Steps taken.
    pub steps: u64,
    /// beta1^steps; kept, not recomputed: no power function in the loop.
    pub beta1_power: f64,
    /// beta2^steps, likewise.
    pub beta2_power: f64,
}

impl<R: Real> OptimizerState<R> {
    /// Moments of `weights` weights before the first step.
    #[must_use]
    pub fn new(weights: usize) -> Self {
        Self {
            first: vec![R::ZERO; weights],
            second: vec![R::ZERO; weights],
            average: Vec::new(),
            steps: 0,
            beta1_power: 1.0,
            beta2_power: 1.0,
        }
    }

    /// One step of some weights, whose unit is 1; |w| is cut at `bound` in the end.
    pub fn step(
        &mut self,
        weights: &mut [R],
        gradient: &[R],
        rate: f64,
        optimizer: &Optimizer,
        bound: Option<R>,
    ) {
        self.next(optimizer, (rate, 1.0), bound).apply(weights, gradient, &mut self.first, &mut self.second);
    }

    /// The next step: its constants, for whoever applies it to some weights at a time. `rate` is in units of what `unit` is.
    pub(super) fn next(
        &mut self,
        optimizer: &Optimizer,
        (rate, unit): (f64, f64),
        bound: Option<R>,
    ) -> Step<R> {
        self.steps += 1;
        let (keep, take, unbiased, correction, epsilon, scaled, adam) = match optimizer.rule {
            Rule::Adam { betas, epsilon } => {
                self.beta1_power *= betas.0;
                self.beta2_power *= betas.1;
                let take = (1.0 - betas.0, 1.0 - betas.1);
                let correction = 1.0 / (1.0 - self.beta2_power);
                (betas, take, 1.0 - self.beta1_power, correction, epsilon, rate * unit, true)
            }
            // A gradient by numbers of this unit is in its inverse.
            Rule::Sgd { momentum } => ((momentum, 0.0), (1.0, 0.0), 1.0, 1.0, 0.0, rate * unit * unit, false),
        };
        Step {
            adam,
            keep: (R::from_f64(keep.0), R::from_f64(keep.1)),
            take: (R::from_f64(take.0), R::from_f64(take.1)),
            rate: R::from_f64(scaled / unbiased),
            unbiased,
            correction: R::from_f64(correction),
            epsilon: R::from_f64(epsilon),
            shrink: (optimizer.decay > 0.0).then(|| R::from_f64(1.0 - rate * optimizer.decay)),
            bound,
        }
    }

    /// Begins an average at these numbers, if one is wanted.
    pub(super) fn begin_average(&mut self, optimizer: &Optimizer, numbers: impl Iterator<Item = R>) {
        if optimizer.average.is_some() {
            self.average = numbers.collect();
        }
    }

    /// Takes the numbers as they are after a step into the average.
    pub(super) fn take_average(&mut self, optimizer: &Optimizer, numbers: impl Iterator<Item = R>) {
        let Some(decay) = optimizer.average else { return };
        let before = self.steps.saturating_sub(1) as f64;
        let more = R::from_f64(1.0 - decay.min((1.0 + before) / (10.0 + before)));
        for (average, number) in self.average.iter_mut().zip(numbers) {
            *average += more * (number - *average);
        }
    }
}

/// The constants of one step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<R> {
    /// Whether it is one of Adam.
    adam: bool,
    /// b1 and b2.
    keep: (R, R),
    /// 1 - b1 and 1 - b2.
    take: (R, R),
    rate: R,
    /// 1 - b1^t.
    unbiased: f64,
    correction: R,
    epsilon: R,
    /// What decay leaves of a weight.
    shrink: Option<R>,
    bound: Option<R>,
}

impl<R: Real> Step<R> {
    /// The same step for other numbers, which have this rate, no decay and no bound.
    pub(super) fn with_rate(self, rate: f64) -> Self {
        Self { rate: R::from_f64(rate / self.unbiased), shrink: None, bound: None, ..self }
    }

    /// Takes the step with these weights, their gradient and its two means.
    #[inline(always)]
    pub(super) fn apply(self, weights: &mut [R], gradient: &[R], first: &mut [R], second: &mut [R]) {
        let Self { keep: (b1, b2), take: (c1, c2), rate, correction, epsilon, bound, .. } = self;
        if let Some(shrink) = self.shrink {
            weights.iter_mut().for_each(|weight| *weight *= shrink);
        }
        if self.adam {
            let moments = first.iter_mut().zip(second);
            for ((weight, &g), (m, v)) in weights.iter_mut().zip(gradient).zip(moments) {
                *m = b1 * *m + c1 * g;
                *v = b2 * *v + c2 * (g * g);
                *weight -= rate * *m / ((*v * correction).sqrt() + epsilon);
            }
        } else {
            for ((weight, &g), m) in weights.iter_mut().zip(gradient).zip(first) {
                *m = b1 * *m + g;
                *weight -= rate * *m;
            }
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

    const ADAM: Optimizer = Optimizer {
        rule: Rule::Adam { betas: (0.9, 0.999), epsilon: 1e-12 },
        decay: 0.0,
        clip: None,
        average: None,
    };

    #[test]
    fn the_first_step_has_the_length_of_the_rate() {
        let mut state = OptimizerState::<f64>::new(2);
        let mut weights = [1.0, 1.0];
        state.step(&mut weights, &[3.0, -0.01], 0.1, &ADAM, None);
        assert!((weights[0] - 0.9).abs() < 1e-9 && (weights[1] - 1.1).abs() < 1e-9);
    }

    #[test]
    fn a_quadratic_is_minimised() {
        for rule in [ADAM.rule, Rule::Sgd { momentum: 0.5 }] {
            let mut state = OptimizerState::<f64>::new(1);
            let (mut weights, optimizer) = ([5.0], Optimizer { rule, ..ADAM });
            let schedule = Schedule::cosine(0.1, 0.001, 500);
            for step in 0..500 {
                let gradient = [2.0 * (weights[0] - 2.0)];
                state.step(&mut weights, &gradient, schedule.at(step), &optimizer, None);
            }
            assert!((weights[0] - 2.0).abs() < 1e-3, "{}", weights[0]);
        }
    }

    #[test]
    fn momentum_decay_and_units_are_those_of_the_equations() {
        // m = 2, w = 1 - 0.1 x 2; then m = 0.5 x 2 + 1 = 2 once more.
        let sgd = Optimizer { rule: Rule::Sgd { momentum: 0.5 }, ..ADAM };
        let (mut state, mut weights) = (OptimizerState::<f64>::new(1), [1.0]);
        state.step(&mut weights, &[2.0], 0.1, &sgd, None);
        assert!((weights[0] - 0.8).abs() < 1e-12);
        state.step(&mut weights, &[1.0], 0.1, &sgd, None);
        assert!((weights[0] - 0.6).abs() < 1e-12);
        // A tenth of a fifth of the weight beside a step of Adam of the rate, which knows nothing of it.
        let decayed = Optimizer { decay: 0.2, ..ADAM };
        let (mut state, mut weights) = (OptimizerState::<f64>::new(1), [3.0]);
        state.step(&mut weights, &[7.0], 0.1, &decayed, None);
        assert!((weights[0] - (3.0 * 0.98 - 0.1)).abs() < 1e-9);
        // The same weights in a unit of 0.25: numbers and gradients are others, and what they are in the unit is not.
        for optimizer in [sgd, decayed] {
            let (mut ones, mut quarters) = (OptimizerState::<f64>::new(1), OptimizerState::<f64>::new(1));
            let (mut w, mut of_unit) = ([3.0], [0.75]);
            for g in [2.0, -1.0, 0.5] {
                ones.step(&mut w, &[g], 0.1, &optimizer, None);
                let step = quarters.next(&optimizer, (0.1, 0.25), None);
                step.apply(&mut of_unit, &[4.0 * g], &mut quarters.first, &mut quarters.second);
                assert!((w[0] - 4.0 * of_unit[0]).abs() < 1e-9, "{optimizer:?}");
            }
        }
    }

    #[test]
    fn a_gradient_that_is_too_long_is_made_as_long_as_it_may_be() {
        let clipped = Optimizer { clip: Some(2.0), ..ADAM };
        assert_eq!([clipped.scale(1.9), clipped.scale(8.0), ADAM.scale(8.0)], [1.0, 0.25, 1.0]);
    }

    #[test]
    fn an_average_follows_what_it_is_of() {
        let optimizer = Optimizer { average: Some(0.5), ..ADAM };
        let mut state = OptimizerState::<f64>::new(1);
        state.begin_average(&optimizer, [1.0].into_iter());
        // d is 0.1, 2/11, 3/12, ...: it forgets what it began at, and is 0.5 from the eighth step on.
        let mut want = 1.0;
        for t in 0..12 {
            state.steps += 1;
            let (t, w) = (f64::from(t), f64::from(t * t));
            let d = f64::min(0.5, (1.0 + t) / (10.0 + t));
            want = d * want + (1.0 - d) * w;
            state.take_average(&optimizer, [w].into_iter());
            assert!((state.average[0] - want).abs() < 1e-12);
        }
    }

    #[test]
    fn the_schedule_starts_and_ends_where_it_says() {
        let schedule = Schedule::cosine(1e-3, 2e-5, 101);
        assert!((schedule.at(0) - 1e-3).abs() < 1e-15);
        assert!((schedule.at(50) - 0.51e-3).abs() < 1e-15);
        assert!((schedule.at(100) - 2e-5).abs() < 1e-15);
        for (course, middle) in [
            (Course::Cosine, 0.51e-3),
            (Course::Linear, 0.51e-3),
            // The square root of both ends' product.
            (Course::Exponential, 1.414_213_562e-4),
        ] {
            let late = Schedule { course, warmup: 10, steps: 111, ..schedule };
            assert!((late.at(0) - 1e-4).abs() < 1e-15 && (late.at(9) - 1e-3).abs() < 1e-15);
            assert!((late.at(10) - 1e-3).abs() < 1e-15 && (late.at(60) - middle).abs() < 1e-12);
            assert!((late.at(110) - 2e-5).abs() < 1e-15 && (late.at(500) - 2e-5).abs() < 1e-15);
        }
    }
}
