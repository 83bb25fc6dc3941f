//! Showing samples to layers in lockstep, and what is left of that: totals, fingerprint, streams for observers, answers.

use super::loss::{Loss, Target};
use super::passage::{Parameters, Passage};
use crate::dataset::explained;
use crate::encoding::FirstSpikes;
use crate::engine::lockstep::{NONE, Net};
use crate::engine::{Observer, Record, Spike};
use crate::network::Weights;
use crate::numeric::Real;
use crate::record::fingerprint::{Fingerprint, encode};
use crate::time::Time;
use crate::training::{Evaluation, PIECES, Reporting, Samples, Scalar, Totals, piece};

/// Samples that are shown together; a test comes back early between two rounds.
const ROUND: usize = 512;

/// What presentations have left to be handed on in order.
#[derive(Debug, Default)]
pub struct Shown<R> {
    /// Sums.
    pub totals: Totals,
    source: Vec<(R, u32)>,
    encoded: Vec<u8>,
    streams: Vec<(u64, Vec<Record>, Time)>,
}

impl<R: Real> Shown<R> {
    /// Shows one sample, with the seed, the number of its episode and until when; that time in ms.
    pub fn present(
        &mut self,
        net: &Net,
        parameters: &Parameters<R>,
        (spikes, (seed, episode), end): (&[(Time, u32)], (u64, u64), Time),
        observed: bool,
        passage: &mut Passage<R>,
    ) -> R {
        let until = R::from_f64(end.as_seconds() * 1e3);
        let shown = || spikes.iter().take_while(|spike| spike.0 < end);
        self.source.clear();
        self.source.extend(shown().map(|&(time, line)| (R::from_f64(time.as_seconds() * 1e3), line)));
        passage.forward(net, parameters, (seed, episode), &self.source, until);
        self.count(net, passage, end);
        let mut records = Vec::new();
        if observed {
            records.extend(shown().map(|&(time, line)| Record::Emit { time, source: 0, line }));
        }
        for (layer, tape) in net.layers.iter().zip(&passage.tapes) {
            for arrival in tape.arrivals.iter().filter(|arrival| observed && !arrival.ends) {
                let input = &layer.inputs[usize::from(arrival.input)];
                let (time, projection) = (femtoseconds(arrival.time), input.projection as u32);
                let first = if arrival.column == NONE { input.first_row } else { input.first_weight };
                let row = arrival.row - first as u32;
                records.push(Record::Arrival { time, projection, row });
            }
            for (ms, neuron, _) in tape.in_order() {
                let (time, population) = (femtoseconds(ms), layer.population as u32);
                self.encoded.extend_from_slice(&encode(episode, time.fs(), population, neuron));
                if observed {
                    records.push(Record::Spike(Spike { time, population, neuron }));
                }
            }
        }
        if observed {
            records.sort_by_key(|record| match record {
                Record::Emit { time, .. } | Record::Arrival { time, .. } => *time,
                Record::Spike(spike) => spike.time,
                _ => Time::ZERO,
            });
            self.streams.push((episode, records, end));
        }
        until
    }

    /// Counts what a presentation came to. For how long switches were on is the time of their spikes, cut at the end.
    fn count(&mut self, net: &Net, passage: &Passage<R>, end: Time) {
        let network = &net.network;
        let totals = &mut self.totals;
        totals.presentations += 1;
        totals.source += self.source.len() as u64;
        let populations = network.populations.len();
        totals.spikes.resize(populations, 0);
        for sums in [&mut totals.held, &mut totals.on, &mut totals.twice] {
            sums.resize(populations, 0);
        }
        totals.rows.resize(network.projections.len(), Vec::new());
        for (layer, tape) in net.layers.iter().zip(&passage.tapes) {
            let population = &network.populations[layer.population];
            let spikes = tape.spikes.len() as u64;
            totals.fire += spikes;
            totals.spikes[layer.population] += spikes;
            let on = population.on.fs();
            let dead =
                population.neuron.adapting().map_or(population.lif.refractory(), |of| of.lif.refractory());
            totals.held[layer.population] += u128::from(spikes) * u128::from(dead.fs());
            for &(ms, _) in tape.spikes.iter().filter(|_| on > 0) {
                let left = end.fs().saturating_sub(femtoseconds(ms).fs());
                totals.on[layer.population] += u128::from(on.min(left));
            }
            for input in layer.inputs.iter().filter(|input| !input.own_delays) {
                totals.rows[input.projection].resize(input.rows, 0);
            }
            for arrival in tape.arrivals.iter().filter(|arrival| !arrival.ends) {
                totals.arrival += 1;
                if arrival.column != NONE {
                    // A synapse with a delay of its own.
                    totals.synaptic += 1;
                    continue;
                }
                let input = &layer.inputs[usize::from(arrival.input)];
                let rows = &mut totals.rows[input.projection];
                rows[arrival.row as usize - input.first_row] += 1;
                totals.synaptic += layer.listed(arrival).map_or(layer.size, <[_]>::len) as u64;
            }
        }
    }

    /// Hands on what the presentations so far have left, which are `what`.
    pub fn hand_on(
        &mut self,
        what: &str,
        fingerprint: &mut Fingerprint,
        observer: &mut Option<&mut dyn Observer>,
    ) {
        fingerprint.encoded(&self.encoded);
        self.encoded.clear();
        for (episode, records, end) in self.streams.drain(..) {
            if let Some(observer) = observer {
                observer.begin(episode, what);
                records.iter().for_each(|record| observer.record(episode, record));
                observer.end(episode, end);
            }
        }
    }
}

fn femtoseconds<R: Real>(ms: R) -> Time {
    Time::from_fs((ms.to_f64() * 1e12 + 0.5) as u64)
}

/// What a test of layers asks.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// How answers are read.
    pub loss: &'a Loss,
    /// Of thresholds that are drawn.
    pub seed: u64,
    /// Episode of the first sample; each further one has the next.
    pub first_episode: u64,
    /// How long a sample is shown.
    pub duration: Time,
    /// Shown to observers: "test of epoch 3".
    pub what: &'a str,
}

struct Worker<R> {
    passage: Passage<R>,
    shown: Shown<R>,
    answers: Vec<u16>,
    outputs: Vec<f64>,
    /// Presentations that came to no end.
    endless: u64,
}

/// Shows every sample once and collects the answers. `so_far` is what it found before it came back early, or nothing.
pub fn answers<R: Scalar>(
    net: &Net,
    weights: &Weights<R>,
    samples: Samples<'_, FirstSpikes>,
    (question, so_far): (Question<'_>, Evaluation),
    reporting: &mut Reporting<'_>,
) -> Evaluation {
    (R::entries().answers)(net, weights, samples, (question, so_far), reporting)
}

pub(in crate::training) fn answers_in<R: Scalar>(
    net: &Net,
    weights: &Weights<R>,
    samples: Samples<'_, FirstSpikes>,
    (question, mut evaluation): (Question<'_>, Evaluation),
    reporting: &mut Reporting<'_>,
) -> Evaluation {
    let parameters = Parameters::of(net, weights);
    let new = |_| Worker {
        passage: Passage::default(),
        shown: Shown::default(),
        answers: Vec::new(),
        outputs: Vec::new(),
        endless: 0,
    };
    let mut workers: Vec<Worker<R>> = (0..PIECES).map(new).collect();
    let mut observer = reporting.observer.take();
    let observed = observer.is_some();
    let count = samples.labels.len();
    let team = reporting.threads.team();
    let mut start = evaluation.answers.len();
    while start < count && !reporting.until.stops() {
        let length = ROUND.min(count - start);
        team.share(workers.iter_mut().enumerate(), |(index, worker)| {
            for sample in piece(length, index, PIECES).map(|offset| start + offset) {
                let episode = question.first_episode + sample as u64;
                let shown = (samples.code.sample(sample), (question.seed, episode), question.duration);
                let until = worker.shown.present(net, &parameters, shown, observed, &mut worker.passage);
                let target = samples.targets.map(|targets| Target::Scores(targets.of(sample)));
                let answer = worker.passage.judge(net, &parameters, until, question.loss, target);
                worker.answers.push(answer.class as u16);
                worker.endless += u64::from(worker.passage.runaway().is_some());
                if target.is_some() {
                    worker.outputs.extend_from_slice(worker.passage.scores());
                }
            }
        });
        for worker in &mut workers {
            worker.shown.hand_on(question.what, reporting.fingerprint, &mut observer);
            evaluation.answers.append(&mut worker.answers);
            evaluation.outputs.append(&mut worker.outputs);
            evaluation.endless += std::mem::take(&mut worker.endless);
            evaluation.totals.merge(&std::mem::take(&mut worker.shown.totals));
        }
        start += length;
        (reporting.advance)(length as u64);
        if (reporting.until.due)() {
            break;
        }
    }
    let right = evaluation.answers.iter().zip(samples.labels).filter(|(answer, label)| answer == label);
    evaluation.correct = right.count() as u64;
    evaluation.explained =
        samples.targets.filter(|all| evaluation.answers.len() == all.len()).map(|targets| {
            let sum = |each: Vec<f64>| each.iter().sum::<f64>();
            explained(sum(targets.errors(&evaluation.outputs)), sum(targets.variances()))
        });
    evaluation
}

/// The spikes of the read-out when one sample is shown, with the seed and the number of its episode, and until when.
#[must_use]
pub fn read_out<R: Scalar>(
    net: &Net,
    weights: &Weights<R>,
    (spikes, draws, end): (&[(Time, u32)], (u64, u64), Time),
) -> Vec<Spike> {
    let (mut passage, mut shown) = (Passage::<R>::default(), Shown::default());
    shown.present(net, &Parameters::of(net, weights), (spikes, draws, end), false, &mut passage);
    let Some((layer, tape)) = net.layers.last().zip(passage.tapes.last()) else { return Vec::new() };
    let population = layer.population as u32;
    tape.in_order().map(|(ms, neuron, _)| Spike { time: femtoseconds(ms), population, neuron }).collect()
}
