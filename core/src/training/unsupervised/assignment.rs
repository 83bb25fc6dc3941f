//! From the neurons that answer to a class: two votes.
//!
//! Neurons trained without labels get them afterwards, from their responses to labelled samples with
//! learning off. R_cj is the mean number of spikes of neuron j for a sample of class c.

use crate::numeric::ln;
use serde::{Deserialize, Serialize};

/// Keeps ln P finite for a class a neuron never answered to. Assumed: one spike in a hundred says nothing.
const FLOOR: f64 = 0.01;

/// How spikes become an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vote {
    /// Each neuron stands for its class argmax_c R_cj; the class with the most spikes per neuron of its own
    /// is the answer (Diehl & Cook, Front. Comput. Neurosci. 9 (2015) 99).
    ClassMean,
    /// The class with the largest sum over spikes of ln(P(c | j) + 0.01), P(c | j) = R_cj / sum_c R_cj.
    #[default]
    LogLikelihood,
}

impl Vote {
    /// "class mean".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ClassMean => "class mean",
            Self::LogLikelihood => "log-likelihood",
        }
    }
}

/// What each neuron stands for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// Class of each neuron; `None`: it never spiked.
    pub class: Vec<Option<u16>>,
    /// Neurons of each class.
    members: Vec<u32>,
    /// ln(P(c | j) + 0.01), neuron by neuron.
    log_likelihood: Vec<f64>,
    classes: usize,
}

impl Assignment {
    /// From (label, spikes of the sample by neuron id) of every labelled sample.
    pub fn new<'a>(
        neurons: usize,
        classes: usize,
        responses: impl IntoIterator<Item = (u16, &'a [u32])>,
    ) -> Self {
        let mut sums = vec![0u64; neurons * classes];
        let mut samples = vec![0u64; classes];
        for (label, spikes) in responses {
            let class = usize::from(label);
            samples[class] += 1;
            for &neuron in spikes {
                sums[neuron as usize * classes + class] += 1;
            }
        }
        let mut this = Self { members: vec![0; classes], classes, ..Self::default() };
        let mut means = vec![0.0; classes];
        for sums in sums.chunks_exact(classes.max(1)) {
            for ((mean, &sum), &samples) in means.iter_mut().zip(sums).zip(&samples) {
                *mean = if samples == 0 { 0.0 } else { sum as f64 / samples as f64 };
            }
            let total = means.iter().fold(0.0, |total, mean| total + mean);
            let best = best(&means).filter(|_| total > 0.0);
            if let Some(class) = best {
                this.members[class] += 1;
            }
            this.class.push(best.map(|class| class as u16));
            let p = |mean: f64| if total > 0.0 { mean / total } else { 0.0 };
            this.log_likelihood.extend(means.iter().map(|&mean| ln(p(mean) + FLOOR)));
        }
        this
    }

    /// The answer to a sample with these spikes; `None` if there is no spike of a neuron that stands for
    /// anything. Equal sums: the lower class.
    #[must_use]
    pub fn answer(&self, spikes: &[u32], vote: Vote) -> Option<u16> {
        let mut sums = vec![0.0; self.classes];
        let mut heard = false;
        for &neuron in spikes {
            let neuron = neuron as usize;
            let Some(Some(class)) = self.class.get(neuron) else { continue };
            heard = true;
            match vote {
                Vote::ClassMean => sums[usize::from(*class)] += 1.0,
                Vote::LogLikelihood => {
                    let row = &self.log_likelihood[neuron * self.classes..][..self.classes];
                    sums.iter_mut().zip(row).for_each(|(sum, l)| *sum += l);
                }
            }
        }
        if vote == Vote::ClassMean {
            for (sum, &members) in sums.iter_mut().zip(&self.members) {
                *sum /= f64::from(members.max(1));
            }
        }
        best(&sums).filter(|_| heard).map(|class| class as u16)
    }
}

/// Index of the largest value, the first of equal ones.
fn best(values: &[f64]) -> Option<usize> {
    let first = |best: usize, k: usize| if values[k] > values[best] { k } else { best };
    (0..values.len()).reduce(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three neurons, two classes: 0 answers to class 0, 1 mostly to class 1, 2 never.
    fn three() -> Assignment {
        let responses: [(u16, &[u32]); 4] = [(0, &[0, 0]), (0, &[0, 1]), (1, &[1, 1, 1]), (1, &[])];
        Assignment::new(3, 2, responses)
    }

    #[test]
    fn neurons_stand_for_the_class_that_excites_them_most() {
        assert_eq!(three().class, [Some(0), Some(1), None]);
    }

    #[test]
    fn the_two_votes_are_the_sums_they_say() {
        let a = three();
        // R_c1 = 0.5, 1.5: P = 1/4, 3/4; R_c0 = 1.5, 0: P = 1, 0.
        let l = |p: f64| (p + 0.01).ln();
        for (got, want) in a.log_likelihood[..4].iter().zip([l(1.0), l(0.0), l(0.25), l(0.75)]) {
            assert!((got - want).abs() < 1e-14);
        }
        assert_eq!(a.answer(&[0], Vote::LogLikelihood), Some(0));
        assert_eq!(a.answer(&[0, 1], Vote::LogLikelihood), Some(0), "0 excludes class 1 more than 1 does 0");
        assert_eq!(a.answer(&[0, 1, 1], Vote::ClassMean), Some(1));
        assert_eq!(a.answer(&[0, 1], Vote::ClassMean), Some(0), "equal: the lower class");
    }

    #[test]
    fn silence_is_no_answer() {
        for vote in [Vote::ClassMean, Vote::LogLikelihood] {
            assert_eq!(three().answer(&[], vote), None);
            assert_eq!(three().answer(&[2], vote), None);
        }
    }

    #[test]
    fn a_class_of_many_neurons_counts_by_the_mean() {
        let responses: [(u16, &[u32]); 3] = [(0, &[0]), (0, &[1]), (1, &[2])];
        let a = Assignment::new(3, 2, responses);
        assert_eq!(a.answer(&[0, 2], Vote::ClassMean), Some(1), "1/2 against 1");
        assert_eq!(a.answer(&[0, 1], Vote::ClassMean), Some(0));
    }
}
