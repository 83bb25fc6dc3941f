//! What is wanted of the read-out, and what its spikes gain or lose by being later.

use super::backward::Credits;
use super::objective::OpenObjective;
use crate::engine::lockstep::{Layer, Own, Tape};
use crate::numeric::{Real, exp};

/// A function of the times of spikes, or of membrane potentials, of which layers have an exact gradient. (Counts have none: it is
/// zero almost everywhere, and says nothing of spikes that appear or vanish; Nowotny, Turner & Knight, arXiv 2212.01232. Of a read-out of
/// jumps they have a surrogate.)
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// What the read-out's neurons are scored by.
    pub read: ReadOut,
    /// What is wanted of the scores.
    pub objective: OpenObjective,
}

/// What the neurons of the read-out are scored by: a score z of each, the larger the more its class is the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReadOut {
    /// The first spikes of the read-out, z = -t/tau: the class whose neuron fires first is the answer.
    FirstSpike(FirstSpike),
    /// Sums of e^(-t/tau) over the spikes of each neuron, times the gain: early and many spikes count most, and the largest sum answers.
    SpikeSum(SpikeSum),
    /// V of each neuron, averaged over the presentation: z = gain (1/T) integral of V dt.
    MeanVoltage(Voltage),
    /// The largest V of each neuron, times the gain; of one that never rises above rest, rest, which has no gradient.
    MaxVoltage(Voltage),
}

impl Loss {
    /// The cross-entropy of the softmax of the scores.
    #[must_use]
    pub fn cross_entropy(read: ReadOut) -> Self {
        Self { read, objective: OpenObjective::default() }
    }

    /// The least and the largest score there may be in a presentation that ends at `until` (ms).
    #[must_use]
    pub fn scores_within(&self, until: f64) -> [f64; 2] {
        match &self.read {
            // A silent neuron that never rose counts as later than the end.
            ReadOut::FirstSpike(loss) => [-(until + loss.silent) / loss.tau, 0.0],
            ReadOut::SpikeSum(_) | ReadOut::MaxVoltage(_) => [0.0, f64::INFINITY],
            ReadOut::MeanVoltage(_) => [f64::NEG_INFINITY, f64::INFINITY],
        }
    }

    /// Whether membranes are read, of neurons that do not fire.
    #[must_use]
    pub fn integrates(&self) -> bool {
        matches!(self.read, ReadOut::MeanVoltage(_) | ReadOut::MaxVoltage(_))
    }
}

/// z = -t/tau of the first spikes, and to the loss of the scores a term is added that wants the right one early:
///
/// L + early (e^(t_label/tau_early) - 1), with cross-entropy L = -ln p_label, p_k = e^(-t_k/tau) / sum_j e^(-t_j/tau).
///
/// A neuron that stays silent has t = T + `silent` (1 - max V/theta), T the end of the presentation. That is an auxiliary
/// term: where the right neuron is silent, the gradient through the maximum of its potential brings it up. Wrong ones that
/// are silent are left alone: their t is T + `silent`. If all are silent, the highest potential answers. Of samples with targets every
/// neuron is a right one, and no term wants it early. After Göltz et al., Nature Machine Intelligence 3, 823 (2021).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FirstSpike {
    /// Of the scores, in ms.
    pub tau: f64,
    /// Weight of the term of the right neuron's own time.
    pub early: f64,
    /// Its time constant, in ms.
    pub tau_early: f64,
    /// By how much a silent neuron at rest is later than one that almost fires, in ms.
    pub silent: f64,
}

/// z = gain s of s_k = sum of e^(-t/tau) over the spikes of neuron k; with an infinite tau the count. A silent one
/// has s = 0, and gets no exact gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpikeSum {
    /// Of the sums, in ms.
    pub tau: f64,
    /// Of the scores.
    pub gain: f64,
}

/// z = gain s of a number s of every membrane of the read-out, in units of the threshold, which the neurons do
/// not fire at: they integrate. The largest answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voltage {
    /// Of the scores.
    pub gain: f64,
}

/// What a sample should have been answered with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target<'a> {
    /// The class.
    Class(usize),
    /// A score for each neuron of the read-out.
    Scores(&'a [f64]),
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
    /// Sum of the squared distances of the scores from their targets; of samples with classes zero.
    pub squared_error: f64,
}

/// Room for the read-out's values.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    values: Vec<f64>,
    slopes: Vec<f64>,
    scaled: Vec<f64>,
    firsts: Vec<Option<(f64, u32)>>,
}

impl Scores {
    /// z of each neuron of the read-out, of the last sample that was judged beside what should have been answered.
    #[must_use]
    pub fn last(&self) -> &[f64] {
        &self.scaled
    }
}

impl Loss {
    /// What the read-out `layer` answered in a presentation that ended at `until` (ms); with what should have been answered, its loss,
    /// and what its spikes and potentials gain.
    pub fn judge<R: Real>(
        &self,
        (layer, own): (&Layer, Own<'_, R>),
        (weights, tape, until): (&[R], &Tape<R>, f64),
        target: Option<Target<'_>>,
        credits: &mut Credits<R>,
        scores: &mut Scores,
    ) -> Answer {
        credits.begin(tape);
        let Scores { values, slopes, scaled, firsts } = scores;
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
        let answer = |loss, neuron, squared_error| Answer {
            loss,
            class: neuron / each,
            silent,
            decided,
            squared_error,
        };
        let mut squared_error = 0.0;
        let of_label = |neuron: usize| match target {
            Some(Target::Class(label)) => label == neuron / each,
            Some(Target::Scores(_)) => true,
            None => false,
        };
        // The loss of gain x values, and its derivatives by the values.
        let mut wanted = |values: &[f64], gain: f64, target: Target<'_>, slopes: &mut Vec<f64>| {
            scaled.clear();
            scaled.extend(values.iter().map(|value| gain * value));
            slopes.clear();
            slopes.resize(values.len(), 0.0);
            let loss = match target {
                Target::Class(label) => self.objective.judge(scaled, label, each, slopes),
                Target::Scores(targets) => {
                    let errors = scaled.iter().zip(targets).map(|(z, target)| z - target);
                    squared_error = errors.fold(0.0, |sum, error| sum + error * error);
                    self.objective.compare(scaled, targets, slopes)
                }
            };
            slopes.iter_mut().for_each(|slope| *slope *= gain);
            loss
        };
        let (loss, best) = match &self.read {
            ReadOut::FirstSpike(loss) => {
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
                let Some(target) = target else { return answer(0.0, class, 0.0) };
                for (k, value) in values.iter_mut().enumerate() {
                    if !of_label(k) && firsts[k].is_none() {
                        *value = until + loss.silent;
                    }
                }
                let mut value = wanted(values, -1.0 / loss.tau, target, slopes);
                if let Target::Class(label) = target {
                    let own = label * each;
                    let first = own + best(&values[own..own + each], |one, other| one < other);
                    let own = exp(values[first] / loss.tau_early);
                    value += loss.early * (own - 1.0);
                    slopes[first] += loss.early / loss.tau_early * own;
                }
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
                (value, class)
            }
            ReadOut::SpikeSum(loss) => {
                values.resize(layer.size, 0.0);
                for &(time, neuron) in &tape.spikes {
                    values[neuron as usize] += exp(-time.to_f64() / loss.tau);
                }
                let class = best(values, |one, other| one > other);
                let Some(target) = target else { return answer(0.0, class, 0.0) };
                let value = wanted(values, loss.gain, target, slopes);
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
                (value, class)
            }
            ReadOut::MeanVoltage(loss) => {
                // From the integral in tau_m to the mean.
                let (tau, mut ends) = (own.tau.to_f64(), Vec::with_capacity(layer.size));
                let mean = tau / until;
                values.extend((0..layer.size as u32).map(|k| {
                    let (sum, end) = tape.integral(layer, weights, k);
                    ends.push(end);
                    mean * sum
                }));
                let class = best(values, |one, other| one > other);
                let Some(target) = target else { return answer(0.0, class, 0.0) };
                let value = wanted(values, loss.gain, target, slopes);
                // (tau/T) integral of V to T/tau, at the same times in tau_m.
                let of_tau = values.iter().zip(&ends).zip(slopes.iter());
                let of_tau = of_tau.fold(0.0, |sum, ((mean, end), slope)| sum + slope * (mean - end));
                credits.tau = R::from_f64(of_tau / tau);
                credits.integrals.extend(slopes.iter().map(|slope| R::from_f64(slope * mean)));
                (value, class)
            }
            ReadOut::MaxVoltage(loss) => {
                let peak = |k: usize| tape.peak(layer, weights, k as u32).filter(|peak| peak.value > R::ZERO);
                values.extend((0..layer.size).map(|k| peak(k).map_or(0.0, |peak| peak.value.to_f64())));
                let class = best(values, |one, other| one > other);
                let Some(target) = target else { return answer(0.0, class, 0.0) };
                let value = wanted(values, loss.gain, target, slopes);
                for (k, &slope) in slopes.iter().enumerate() {
                    credits.peaks.extend(peak(k).map(|peak| (k as u32, peak, R::from_f64(slope))));
                }
                (value, class)
            }
        };
        answer(loss, best, squared_error)
    }
}

/// The first of the best.
fn best(values: &[f64], better: impl Fn(f64, f64) -> bool) -> usize {
    (1..values.len()).fold(0, |best, k| if better(values[k], values[best]) { k } else { best })
}
