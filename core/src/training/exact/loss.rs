//! What is wanted of the read-out, and what its spikes gain or lose by being later.

use super::backward::Credits;
use crate::engine::lockstep::{Layer, Own, Tape};
use crate::numeric::{Real, exp, ln};
use serde::{Deserialize, Serialize};

/// A function of the times of spikes, or of membrane potentials, of which layers have an exact gradient. (Counts have none: it is
/// zero almost everywhere, and says nothing of spikes that appear or vanish; Nowotny, Turner & Knight, arXiv 2212.01232. Of a read-out of
/// jumps they have a surrogate.)
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// The first spikes of the read-out: the class whose neuron fires first is the answer.
    FirstSpike(FirstSpike),
    /// Sums of e^(-t/tau) over the spikes of each neuron: early and many spikes count most, and the largest sum answers.
    SpikeSum(SpikeSum),
    /// V of each neuron, averaged over the presentation: s = (1/T) integral of V dt.
    MeanVoltage(Voltage),
    /// The largest V of each neuron; of one that never rises above rest, rest, which has no gradient.
    MaxVoltage(Voltage),
}

impl Loss {
    /// Whether membranes are read, of neurons that do not fire.
    #[must_use]
    pub fn integrates(&self) -> bool {
        matches!(self, Self::MeanVoltage(_) | Self::MaxVoltage(_))
    }
}

/// Cross-entropy of softmax(-t/tau) of the first spikes, with a term that wants the right one early:
///
/// L = -ln p_label + early (e^(t_label/tau_early) - 1), p_k = e^(-t_k/tau) / sum_j e^(-t_j/tau).
///
/// A neuron that stays silent has t = T + `silent` (1 - max V/theta), T the end of the presentation. That is an auxiliary
/// term: where the right neuron is silent, the gradient through the maximum of its potential brings it up. Wrong ones that
/// are silent are left alone: their t is T + `silent`. If all are silent, the highest potential answers. After Göltz et al., Nature Machine Intelligence 3, 823 (2021).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FirstSpike {
    /// Of the softmax, in ms.
    pub tau: f64,
    /// Weight of the term of the right neuron's own time.
    pub early: f64,
    /// Its time constant, in ms.
    pub tau_early: f64,
    /// By how much a silent neuron at rest is later than one that almost fires, in ms.
    pub silent: f64,
}

/// Cross-entropy of softmax(gain s) of s_k = sum of e^(-t/tau) over the spikes of neuron k; with an infinite tau the count. A silent one
/// has s = 0, and gets no exact gradient.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpikeSum {
    /// Of the sums, in ms.
    pub tau: f64,
    /// Of the softmax.
    pub gain: f64,
}

/// Cross-entropy of softmax(gain s) of a number s of every membrane of the read-out, in units of the threshold, which the neurons do
/// not fire at: they integrate. The largest answers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Voltage {
    /// Of the softmax.
    pub gain: f64,
}

/// What a read-out answered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Answer {
    /// The loss.
    pub loss: f64,
    /// The class.
    pub class: usize,
    /// Neurons without a spike.
    pub silent: usize,
    /// When the first of them fired, in ms.
    pub decided: Option<f64>,
}

/// Room for the read-out's values.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    values: Vec<f64>,
    slopes: Vec<f64>,
    firsts: Vec<Option<(f64, u32)>>,
}

impl Loss {
    /// What the read-out `layer` answered in a presentation that ended at `until` (ms); with a label, its loss, and what its
    /// spikes and potentials gain.
    pub fn judge<R: Real>(
        &self,
        (layer, own): (&Layer, Own<'_, R>),
        (weights, tape, until): (&[R], &Tape<R>, f64),
        label: Option<usize>,
        credits: &mut Credits<R>,
        scores: &mut Scores,
    ) -> Answer {
        credits.begin(tape);
        let Scores { values, slopes, firsts } = scores;
        firsts.clear();
        firsts.resize(layer.size, None);
        for (time, neuron, spike) in tape.in_order() {
            firsts[neuron as usize].get_or_insert((time.to_f64(), spike));
        }
        let silent = firsts.iter().filter(|first| first.is_none()).count();
        let decided = firsts.iter().flatten().map(|first| first.0).reduce(f64::min);
        values.clear();
        let each = layer.per_class;
        // Membranes have answered when the presentation ends.
        let (silent, decided) = if layer.fires { (silent, decided) } else { (0, Some(until)) };
        let answer = |loss, neuron| Answer { loss, class: neuron / each, silent, decided };
        let of_label = |neuron: usize| label == Some(neuron / each);
        match self {
            Self::FirstSpike(loss) => {
                let peaks = |neuron: usize| tape.peak(layer, weights, neuron as u32);
                let late = |neuron: usize| {
                    let top = peaks(neuron).map_or(0.0, |peak| peak.value.to_f64());
                    until + loss.silent * (own.threshold(neuron).to_f64() - top)
                };
                values.extend(
                    firsts
                        .iter()
                        .enumerate()
                        .map(|(k, first)| first.map_or_else(|| late(k), |first| first.0)),
                );
                let class = best(values, |one, other| one < other);
                let Some(label) = label else { return answer(0.0, class) };
                for (k, value) in values.iter_mut().enumerate() {
                    if !of_label(k) && firsts[k].is_none() {
                        *value = until + loss.silent;
                    }
                }
                let mut value = softmax(values, -1.0 / loss.tau, (label, each), slopes);
                let own = label * each;
                let first = own + best(&values[own..own + each], |one, other| one < other);
                let own = exp(values[first] / loss.tau_early);
                value += loss.early * (own - 1.0);
                slopes[first] += loss.early / loss.tau_early * own;
                for (neuron, (first, &slope)) in firsts.iter().zip(slopes.iter()).enumerate() {
                    match first {
                        Some((_, spike)) => credits.spikes[*spike as usize] = R::from_f64(slope),
                        None if of_label(neuron) => {
                            let credit = R::from_f64(-loss.silent * slope);
                            credits.thresholds.push((neuron as u32, -credit));
                            credits.peaks.extend(peaks(neuron).map(|peak| (neuron as u32, peak, credit)));
                        }
                        None => {}
                    }
                }
                answer(value, class)
            }
            Self::SpikeSum(loss) => {
                values.resize(layer.size, 0.0);
                for &(time, neuron) in &tape.spikes {
                    values[neuron as usize] += exp(-time.to_f64() / loss.tau);
                }
                let class = best(values, |one, other| one > other);
                let Some(label) = label else { return answer(0.0, class) };
                let value = softmax(values, loss.gain, (label, each), slopes);
                for (credit, &(time, neuron)) in credits.spikes.iter_mut().zip(&tape.spikes) {
                    let slope = slopes[neuron as usize] * -exp(-time.to_f64() / loss.tau) / loss.tau;
                    *credit = R::from_f64(slope);
                }
                // What one more spike would add, of layers whose spikes come and go.
                for (group, there) in (0..).zip(credits.there.chunks_mut(layer.stride)) {
                    if tape.is_instant(group) {
                        let early = exp(-tape.groups[group as usize].time.to_f64() / loss.tau);
                        there
                            .iter_mut()
                            .zip(&*slopes)
                            .for_each(|(there, slope)| *there = R::from_f64(slope * early));
                    }
                }
                answer(value, class)
            }
            Self::MeanVoltage(loss) => {
                // From the integral in tau_m to the mean.
                let (tau, mut ends) = (own.tau.to_f64(), Vec::with_capacity(layer.size));
                let mean = tau / until;
                values.extend((0..layer.size as u32).map(|k| {
                    let (sum, end) = tape.integral(layer, weights, k);
                    ends.push(end);
                    mean * sum
                }));
                let class = best(values, |one, other| one > other);
                let Some(label) = label else { return answer(0.0, class) };
                let value = softmax(values, loss.gain, (label, each), slopes);
                // (tau/T) integral of V to T/tau, at the same times in tau_m.
                let of_tau = values.iter().zip(&ends).zip(slopes.iter());
                let of_tau = of_tau.fold(0.0, |sum, ((mean, end), slope)| sum + slope * (mean - end));
                credits.tau = R::from_f64(of_tau / tau);
                credits.integrals.extend(slopes.iter().map(|slope| R::from_f64(slope * mean)));
                answer(value, class)
            }
            Self::MaxVoltage(loss) => {
                let peak = |k: usize| tape.peak(layer, weights, k as u32).filter(|peak| peak.value > R::ZERO);
                values.extend((0..layer.size).map(|k| peak(k).map_or(0.0, |peak| peak.value.to_f64())));
                let class = best(values, |one, other| one > other);
                let Some(label) = label else { return answer(0.0, class) };
                let value = softmax(values, loss.gain, (label, each), slopes);
                for (k, &slope) in slopes.iter().enumerate() {
                    credits.peaks.extend(peak(k).map(|peak| (k as u32, peak, R::from_f64(slope))));
                }
                answer(value, class)
            }
        }
    }
}

/// The first of the best.
fn best(values: &[f64], better: impl Fn(f64, f64) -> bool) -> usize {
    (1..values.len()).fold(0, |best, k| if better(values[k], values[best]) { k } else { best })
}

/// Cross-entropy of softmax(gain values), summed over the neurons of each class, and its derivatives by the values.
fn softmax(values: &[f64], gain: f64, (label, each): (usize, usize), slopes: &mut Vec<f64>) -> f64 {
    slopes.clear();
    slopes.extend(values.iter().map(|value| gain * value));
    let largest = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let own = label * each..(label + 1) * each;
    // Shares within the class, which may all be too small beside the others to be told apart.
    let most = largest(&slopes[own.clone()]);
    let share = |k: usize| exp(gain * values[k] - most);
    let all = own.clone().fold(0.0, |sum, k| sum + share(k));
    let most = largest(slopes);
    slopes.iter_mut().for_each(|value| *value = exp(*value - most));
    let sum = slopes.iter().fold(0.0, |sum, value| sum + value);
    let right = slopes[own.clone()].iter().fold(0.0, |sum, value| sum + value) / sum;
    for (k, slope) in slopes.iter_mut().enumerate() {
        let share = if own.contains(&k) { share(k) / all } else { 0.0 };
        *slope = gain * (*slope / sum - share);
    }
    -ln(right.max(f64::MIN_POSITIVE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_of_the_cross_entropy_are_its_differences() {
        let values = [3.0, 2.5, 4.0, 2.9];
        for (gain, label, each) in [(-2.5, 1, 1), (0.7, 0, 1), (-1.5, 1, 2)] {
            let mut slopes = Vec::new();
            let loss = softmax(&values, gain, (label, each), &mut slopes);
            assert!(loss > 0.0);
            for k in 0..4 {
                let at = |h: f64| {
                    let mut moved = values;
                    moved[k] += h;
                    softmax(&moved, gain, (label, each), &mut Vec::new())
                };
                let want = (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!((slopes[k] - want).abs() < 1e-9, "{} and {want}", slopes[k]);
            }
        }
    }
}
