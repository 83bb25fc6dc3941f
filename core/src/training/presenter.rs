//! One worker of a protocol: presents samples to its own simulation of the shared network.

use super::scalar::Scalar;
use crate::dataset::Targets;
use crate::encoding::{BlockRate, RateCode};
use crate::engine::{
    Counts, Engine, Motion, Observer, Probe, Record, SimulationError, Spike, Stream, Through,
};
use crate::network::{Network, Weights};
use crate::numeric::Real;
use crate::readout::answer;
use crate::record::fingerprint::{Fingerprint, encode};
use crate::time::{FS_PER_SECOND, Time};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Encoded samples with their labels or targets.
#[derive(Debug)]
pub struct Samples<'a, C = RateCode> {
    /// How they are shown.
    pub code: &'a C,
    /// Class of each sample, from 0; of samples with targets all 0.
    pub labels: &'a [u16],
    /// What is wanted of samples that have no classes.
    pub targets: Option<&'a Targets>,
}

impl<C> Clone for Samples<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Samples<'_, C> {}

/// Sums over presentations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Samples shown.
    pub presentations: u64,
    /// Spikes of Poisson sources, data sets among them.
    pub poisson: u64,
    /// Spikes of all other sources.
    pub source: u64,
    /// Arrivals at rows.
    pub arrival: u64,
    /// Spikes of neurons.
    pub fire: u64,
    /// Synapses that arrivals passed through.
    pub synaptic: u64,
    /// Spikes per population.
    pub spikes: Vec<u64>,
    /// Arrivals per row of each projection.
    pub rows: Vec<Vec<u64>>,
    /// Femtoseconds of refractory time (of a switch: on-time) per population.
    pub held: Vec<u128>,
    /// Femtoseconds for which the switches of each population were on.
    pub on: Vec<u128>,
    /// What was lost of the on-times of spikes because a switch was on already.
    pub twice: Vec<u128>,
    /// Joules that the neurons of each population have spent, in their devices while on, in what limits them, and in their devices
    /// while off, if their states tell.
    pub spent: Vec<Option<[f64; 3]>>,
}

/// Adds element to element; what is missing is zero.
fn add(totals: &mut Vec<u128>, more: &[u128]) {
    totals.resize(totals.len().max(more.len()), 0);
    totals.iter_mut().zip(more).for_each(|(total, more)| *total += more);
}

impl Totals {
    /// Seconds for which the switches of a population were on, and the share of the on-times of its spikes that was lost
    /// because a switch was on already.
    #[must_use]
    pub fn on(&self, population: usize) -> (f64, f64) {
        let seconds = |fs: &[u128]| fs.get(population).map_or(0.0, |fs| *fs as f64 / FS_PER_SECOND);
        let (on, twice) = (seconds(&self.on), seconds(&self.twice));
        (on, if twice > 0.0 { twice / (on + twice) } else { 0.0 })
    }

    /// Adds the counts of one episode, which ended at `end`.
    pub fn add(&mut self, counts: &Counts, end: Time) {
        self.add_without_rows(counts, end);
        self.rows.resize(counts.rows.len(), Vec::new());
        for (total, rows) in self.rows.iter_mut().zip(&counts.rows) {
            total.resize(rows.len(), 0);
            for (total, &count) in total.iter_mut().zip(rows) {
                *total += u64::from(count);
            }
        }
    }

    /// Adds the counts of one episode whose rows were not counted.
    pub fn add_without_rows(&mut self, counts: &Counts, end: Time) {
        self.presentations += 1;
        self.poisson += counts.poisson;
        self.source += counts.source;
        self.arrival += counts.arrival;
        self.fire += counts.fire;
        self.synaptic += counts.synaptic;
        self.spikes.resize(counts.spikes.len(), 0);
        for (total, spikes) in self.spikes.iter_mut().zip(&counts.spikes) {
            *total += spikes.iter().map(|&count| u64::from(count)).sum::<u64>();
        }
        self.held.resize(counts.held.len(), 0);
        for (total, held) in self.held.iter_mut().zip(&counts.held) {
            *total += held;
        }
        for sums in [&mut self.on, &mut self.twice] {
            sums.resize(sums.len().max(counts.on.len()), 0);
        }
        for (counts, (on, twice)) in counts.on.iter().zip(self.on.iter_mut().zip(&mut self.twice)) {
            let by = counts.by(end);
            (*on, *twice) = (*on + by.0, *twice + by.1);
        }
    }

    /// Adds what the neurons of each population have spent, if they tell.
    fn pay(&mut self, spent: impl Iterator<Item = Option<[f64; 3]>>) {
        for (population, more) in spent.enumerate() {
            if population == self.spent.len() {
                self.spent.push(None);
            }
            if let Some(more) = more {
                let sum = self.spent[population].get_or_insert_default();
                sum.iter_mut().zip(more).for_each(|(sum, joules)| *sum += joules);
            }
        }
    }

    /// Adds the sums of other presentations.
    pub fn merge(&mut self, other: &Self) {
        self.presentations += other.presentations;
        self.poisson += other.poisson;
        self.source += other.source;
        self.arrival += other.arrival;
        self.fire += other.fire;
        self.synaptic += other.synaptic;
        self.spikes.resize(self.spikes.len().max(other.spikes.len()), 0);
        for (total, count) in self.spikes.iter_mut().zip(&other.spikes) {
            *total += count;
        }
        self.held.resize(self.held.len().max(other.held.len()), 0);
        for (total, held) in self.held.iter_mut().zip(&other.held) {
            *total += held;
        }
        add(&mut self.on, &other.on);
        add(&mut self.twice, &other.twice);
        self.pay(other.spent.iter().copied());
        self.rows.resize(self.rows.len().max(other.rows.len()), Vec::new());
        for (total, rows) in self.rows.iter_mut().zip(&other.rows) {
            total.resize(total.len().max(rows.len()), 0);
            for (total, count) in total.iter_mut().zip(rows) {
                *total += count;
            }
        }
    }

    /// Logical events: emissions, arrivals and population spikes.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.poisson + self.source + self.arrival + self.fire
    }
}

/// Spikes that one presentation may have where neurons do not wait for arrivals: each is kept until the next.
pub const MOST_SPIKES: u64 = 1 << 20;

/// A stream that is kept if somebody looks, beside a probe that wants all events anyway.
struct Perhaps<'a>(Option<&'a mut Stream>);

impl<R: Real> Probe<R> for Perhaps<'_> {
    const STREAM: bool = true;

    #[inline]
    fn emit(&mut self, time: Time, source: u32, line: u32) {
        if let Some(stream) = &mut self.0 {
            Probe::<R>::emit(*stream, time, source, line);
        }
    }

    #[inline]
    fn arrival(&mut self, time: Time, projection: u32, row: u32) {
        if let Some(stream) = &mut self.0 {
            Probe::<R>::arrival(*stream, time, projection, row);
        }
    }

    #[inline]
    fn spike(&mut self, spike: Spike) {
        if let Some(stream) = &mut self.0 {
            Probe::<R>::spike(*stream, spike);
        }
    }

    fn sample(&mut self, time: Time, population: u32, u: &[f64]) {
        if let Some(stream) = &mut self.0 {
            Probe::<R>::sample(*stream, time, population, u);
        }
    }
}

/// A simulation that presents samples and remembers what has to be handed on in order.
pub struct Presenter<R: Scalar> {
    simulation: Motion<R>,
    population: usize,
    /// What an observer is to be told of a presentation, if there is one. Whether there is is asked once for each: a
    /// type parameter would compile every protocol twice.
    observed: Option<Stream>,
    rates: Vec<BlockRate>,
    /// Spikes of the presentations so far, encoded for the fingerprint.
    encoded: Vec<u8>,
    /// Streams of the presentations so far, for observers.
    streams: Vec<(u64, Vec<Record>, Time)>,
    /// What went wrong in one of the presentations so far; none comes after it.
    fault: Option<SimulationError>,
    /// Whether one of the presentations so far was not shown to its end, because somebody wanted to stop; none comes after
    /// it.
    cut: bool,
}

impl<R: Scalar> Presenter<R> {
    /// A presenter whose read-out is `population`.
    #[must_use]
    pub fn new(engine: Engine, network: &Arc<Network>, population: usize, seed: u64) -> Self {
        (R::entries().presenter)(engine, network, population, seed)
    }

    pub(super) fn new_in(engine: Engine, network: &Arc<Network>, population: usize, seed: u64) -> Self {
        Self {
            simulation: Motion::new(engine, network, seed),
            population,
            observed: None,
            rates: Vec::new(),
            encoded: Vec::new(),
            streams: Vec::new(),
            fault: None,
            cut: false,
        }
    }

    /// Whether the presentations to come are kept for an observer.
    pub fn observe(&mut self, whether: bool) {
        self.observed = whether.then(Stream::default);
    }

    /// Whether these weights may make a neuron fire several spikes at once.
    pub(super) fn may_be_several(&self, weights: &Weights<R>) -> bool {
        self.simulation.may_be_several(weights)
    }

    /// Says so of the weights of the presentations to come; until this is said they may.
    pub(super) fn allow_several(&mut self, whether: bool) {
        self.simulation.allow_several(whether);
    }

    /// Presents a sample, with the number of its episode and for how long, and collects the spikes.
    pub fn show(&mut self, weights: &Weights<R>, shown: (&RateCode, usize, u64, Time)) -> Vec<Spike> {
        (R::entries().show)(self, weights, shown)
    }

    pub(super) fn show_in(
        &mut self,
        weights: &Weights<R>,
        shown: (&RateCode, usize, u64, Time),
    ) -> Vec<Spike> {
        let mut spikes = Vec::new();
        self.present(weights, shown, &AtomicBool::new(false), &mut spikes);
        spikes
    }

    /// Presents one sample, with the number of its episode and for how long, unless `stop` is set: whether it was shown to
    /// its end. Whether that went well, [`Presenter::hand_on`] says.
    pub fn present<P: Probe<R>>(
        &mut self,
        weights: &Weights<R>,
        (code, sample, episode, duration): (&RateCode, usize, u64, Time),
        stop: &AtomicBool,
        probe: &mut P,
    ) -> bool {
        self.cut |= stop.load(Ordering::Relaxed);
        if self.cut || self.fault.is_some() {
            return false;
        }
        self.rates.clear();
        self.rates.extend((0..self.simulation.blocks()).map(|block| code.block(sample, block)));
        self.fault = self.simulation.begin(episode, &self.rates).err();
        if self.fault.is_some() {
            return false;
        }
        let stops = |counts: &Counts| counts.fire > MOST_SPIKES || stop.load(Ordering::Relaxed);
        let ran = match &mut self.observed {
            None => self.simulation.run_unless(weights, duration, stops, probe),
            Some(stream) => {
                // Another kind of probe would compile the engine again for all that look.
                let mut both = (&mut *stream, probe);
                let mut looking = Through::<_, false>::new(&mut both);
                let ran = self.simulation.run_unless(weights, duration, stops, &mut looking);
                self.streams.push((episode, std::mem::take(&mut stream.records), duration));
                ran
            }
        };
        match ran {
            Ok(_) if self.simulation.counts().fire > MOST_SPIKES => self.fault = Some(self.too_many()),
            Ok(done) => self.cut = !done,
            Err(fault) => self.fault = Some(fault),
        }
        !self.cut && self.fault.is_none()
    }

    /// Whether one of the presentations so far was not shown to its end.
    pub(super) fn cut(&self) -> bool {
        self.cut
    }

    /// Forgets what the presentations so far have left: they are made again.
    pub(super) fn discard(&mut self) {
        self.encoded.clear();
        self.streams.clear();
        self.cut = false;
    }

    /// Presents one sample while its spikes change the weights: `learn` is called with the probe, the weights, the time that it asked
    /// for where that is reached, and what an observer will see, before the first step and after every one, and the next arrival sees
    /// what it did. It returns whether the probe is notified of every arrival before it is delivered, instant by instant,
    /// and the time before which it is to be called again. As [`Presenter::present`]
    /// otherwise; with `stop`, if it is set meanwhile, nothing of this presentation is left but what it has learned.
    pub fn learn<P: Probe<R>>(
        &mut self,
        weights: &mut Weights<R>,
        (code, sample, episode, duration): (&RateCode, usize, u64, Time),
        stop: Option<&AtomicBool>,
        probe: &mut P,
        mut learn: impl FnMut(&mut P, &mut Weights<R>, Time, Option<&mut Stream>) -> (bool, Time),
    ) -> bool {
        if self.fault.is_some() {
            return false;
        }
        self.rates.clear();
        self.rates.extend((0..self.simulation.blocks()).map(|block| code.block(sample, block)));
        self.fault = self.simulation.begin(episode, &self.rates).err();
        let (mut told, mut until) = learn(probe, weights, Time::ZERO, self.observed.as_mut());
        while self.fault.is_none() {
            let both = &mut (Perhaps(self.observed.as_mut()), &mut *probe);
            let stepped = if told {
                self.simulation.step_told(weights, duration.min(until), both)
            } else {
                self.simulation.step(weights, duration.min(until), both)
            };
            match stepped {
                Ok(_) if self.simulation.counts().fire > MOST_SPIKES => self.fault = Some(self.too_many()),
                Ok(went_on) if went_on || until < duration => {
                    let reached = if went_on { Time::ZERO } else { until };
                    (told, until) = learn(probe, weights, reached, self.observed.as_mut());
                    if stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                        if let Some(stream) = &mut self.observed {
                            stream.records.clear();
                        }
                        return false;
                    }
                }
                Ok(_) => break,
                Err(fault) => self.fault = Some(fault),
            }
        }
        if self.fault.is_none() {
            self.fault = self.simulation.reach(duration).err();
        }
        if let Some(stream) = &mut self.observed {
            self.streams.push((episode, std::mem::take(&mut stream.records), duration));
        }
        self.fault.is_none()
    }

    fn too_many(&self) -> SimulationError {
        let spikes = self.simulation.counts().spikes.iter();
        let most = spikes.map(|spikes| spikes.iter().map(|&n| u64::from(n)).sum::<u64>()).enumerate();
        let population = most.max_by_key(|&(_, count)| count).map_or(0, |(population, _)| population);
        SimulationError::TooMany {
            population: self.simulation.network().populations[population].name.clone(),
            most: MOST_SPIKES,
        }
    }

    /// Adds what came after the last presentation to what an observer will see of it, if there is one.
    pub(super) fn tell(&mut self, tell: impl FnOnce(&mut Stream)) {
        if let Some((_, records, _)) = self.streams.last_mut().filter(|_| self.observed.is_some()) {
            let mut stream = Stream { records: std::mem::take(records) };
            tell(&mut stream);
            *records = stream.records;
        }
    }

    /// The simulation, between two presentations.
    pub(super) fn simulation(&mut self) -> &mut Motion<R> {
        &mut self.simulation
    }

    /// Encodes the spikes of the last presentation for the fingerprint.
    pub fn encode(&mut self, episode: u64, spikes: &[Spike]) {
        for spike in spikes {
            let bytes = encode(episode, spike.time.fs(), spike.population, spike.neuron);
            self.encoded.extend_from_slice(&bytes);
        }
    }

    /// Hands on what the presentations so far have left for the fingerprint and for an observer, who is told that
    /// they are `what`.
    ///
    /// # Errors
    /// If one of them could not be presented.
    pub fn hand_on(
        &mut self,
        what: &str,
        fingerprint: &mut Fingerprint,
        observer: &mut Option<&mut dyn Observer>,
    ) -> Result<(), SimulationError> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        fingerprint.encoded(&self.encoded);
        self.encoded.clear();
        for (episode, stream, duration) in self.streams.drain(..) {
            if let Some(observer) = observer {
                observer.begin(episode, what);
                stream.iter().for_each(|record| observer.record(episode, record));
                observer.end(episode, duration);
            }
        }
        Ok(())
    }

    /// Spike counts of the read-out in the last presentation.
    #[must_use]
    pub fn counts(&self) -> &[u32] {
        &self.simulation.counts().spikes[self.population]
    }

    /// Adds the counts of the last presentation, which ended at `end`, and what its neurons have spent.
    pub fn count(&self, totals: &mut Totals, end: Time) {
        totals.add(self.simulation.counts(), end);
        let populations = 0..self.simulation.network().populations.len();
        totals.pay(populations.map(|population| self.simulation.spent(population)));
    }

    /// All counts of the last presentation.
    #[must_use]
    pub fn all_counts(&self) -> &Counts {
        self.simulation.counts()
    }

    /// Answer of the read-out to the last presentation.
    #[must_use]
    pub fn answer(&self) -> usize {
        let (residual, _) = self.simulation.last_update(self.population);
        answer(self.counts(), |neuron| residual.get(neuron).map_or(0.0, |x| x.to_f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Builder, Kernel, Rows};
    use crate::neuron::Lif;
    use crate::units::{Ampere, Hertz};

    #[test]
    fn a_presentation_that_spikes_without_end_says_who_does() {
        let mut builder = Builder::default();
        let input = builder.poisson("input", 1, Hertz::new(1.0));
        builder.projection("drive", input, 0, Kernel::Delta, Time::ZERO, Rows::Dense);
        builder.population("rests", 2, Lif::default());
        // 1 A through 1 MOhm: a quarter of a volt in 2.4 ns, and four million times in a hundredth of a second.
        builder.population("fires", 1, Lif { i_bias: Ampere::new(1.0), ..Lif::default() });
        let network = builder.finish().unwrap();
        let weights = Weights::<f64>::from_values(&network, &[vec![0.0; 2]]);
        let code = RateCode::new(&[255], 1, Hertz::new(100.0));
        let shown = (&code, 0, 0, Time::from_ms(10));
        for engine in [Engine::Fast, Engine::Reference] {
            let mut presenter = Presenter::<f64>::new(engine, &network, 1, 3);
            let mut spikes: Vec<Spike> = Vec::new();
            let never = AtomicBool::new(false);
            assert!(!presenter.present(&weights, shown, &never, &mut spikes) && !presenter.cut());
            assert!(spikes.len() as u64 <= MOST_SPIKES + 4096, "{}", spikes.len());
            let fault = presenter.hand_on("", &mut Fingerprint::new(), &mut None).unwrap_err().to_string();
            assert!(
                fault.starts_with("population `fires` spikes most of more than 1048576 times"),
                "{fault}"
            );
        }
    }

    #[test]
    fn what_neurons_spend_is_summed_where_they_tell() {
        let told = |spent: &[Option<[f64; 3]>]| Totals { spent: spent.to_vec(), ..Totals::default() };
        let mut totals = Totals::default();
        totals.merge(&told(&[None, Some([1.0, 2.0, 3.0])]));
        totals.merge(&told(&[None, Some([0.5, 0.0, 1.0]), Some([1.0; 3])]));
        totals.merge(&told(&[]));
        assert_eq!(totals.spent, [None, Some([1.5, 2.0, 4.0]), Some([1.0; 3])]);
    }
}
