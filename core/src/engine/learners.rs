//! What learns within windows.
//!
//! A synapse is changed by arrivals of its row and by spikes of its column, so each unit learns for itself: it has the
//! columns of its own neurons, with their weights. Where a population is one unit, that has all of them while the window
//! lasts. Where there are several, each has a share of the projection, which is put together again when somebody looks.

use super::learn::{Learning, those_that_learn};
use super::windows::Windows;
use crate::network::Weights;
use crate::plasticity::{Layout, Plastic};
use crate::simd::prefetch;
use crate::time::Time;
use std::ops::Range;
use std::sync::Arc;

/// Some columns of a projection that learns.
#[derive(Clone, Debug)]
pub struct Learner {
    pub projection: u32,
    pub plastic: Plastic,
    pub weights: Vec<f64>,
}

/// What a unit learns.
///
/// Spikes of a unit are told in order of time, those before an instant at which a row arrives before that instant: in
/// between they change nothing that is read.
#[derive(Default)]
pub struct Learners {
    pub each: Vec<Learner>,
    /// How many of the spikes of the window, of either kind, have been told.
    told: [usize; 2],
    /// Those that are told now, (time, neuron).
    now: Vec<(u64, u32)>,
    rows: Vec<u32>,
    columns: Vec<u32>,
}

/// Spikes of a unit, those that were predicted and the others.
pub type Spiked<'a> = [&'a [(u64, u32)]; 2];

impl Learners {
    /// The synapses of a projection that learns here.
    #[inline]
    pub fn of(&self, projection: u32) -> Option<(&Layout, &[f64])> {
        let learner = self.each.iter().find(|learner| learner.projection == projection)?;
        Some((learner.plastic.layout(), &learner.weights))
    }

    /// Whether synapses learn here that have delays of their own.
    pub fn any_apart(&self) -> bool {
        self.each.iter().any(|learner| matches!(learner.plastic.layout(), Layout::Singles { .. }))
    }

    /// Asks for the synapses of a row that will arrive soon; false if it does not learn here.
    pub fn ask_for(&self, projection: u32, row: u32) -> bool {
        let Some((layout, weights)) = self.of(projection) else { return false };
        if let Layout::Sparse { start, targets, .. } = layout {
            let range = start[row as usize]..start[row as usize + 1];
            prefetch(targets, range.clone());
            prefetch(weights, range);
        }
        true
    }

    /// Arrivals of an instant, (projection, row) in content order, before they are delivered. If none of them learns, nobody
    /// has to know of the instant yet: false.
    #[inline]
    pub fn arrive(
        &mut self,
        first: u32,
        time: u64,
        arrivals: impl Iterator<Item = (u32, u32)> + Clone,
        spiked: Spiked<'_>,
    ) -> bool {
        if self.each.is_empty() || !arrivals.clone().any(|(projection, _)| self.of(projection).is_some()) {
            return false;
        }
        self.settle_earlier(first, spiked);
        let Self { each, rows, .. } = self;
        for Learner { projection, plastic, weights } in each {
            rows_of(*projection, plastic.layout(), arrivals.clone(), rows);
            if !rows.is_empty() {
                plastic.arrive(Time::from_fs(time), rows, weights);
            }
        }
        true
    }

    /// The rest of that instant, after the test.
    pub fn settle(
        &mut self,
        first: u32,
        time: u64,
        arrivals: impl Iterator<Item = (u32, u32)> + Clone,
        spiked: Spiked<'_>,
    ) {
        self.listen(spiked);
        let Self { each, rows, columns, now, .. } = self;
        columns.clear();
        columns.extend(now.iter().map(|&(_, neuron)| neuron - first));
        for Learner { projection, plastic, weights } in each {
            rows_of(*projection, plastic.layout(), arrivals.clone(), rows);
            if !(rows.is_empty() && columns.is_empty()) {
                plastic.settle(Time::from_fs(time), rows, columns, weights);
            }
        }
    }

    /// The window is over, and nothing before `to` is to come.
    pub fn end(&mut self, first: u32, to: u64, spiked: Spiked<'_>) {
        if !self.each.is_empty() {
            self.settle_earlier(first, spiked);
            self.told = [0; 2];
        }
        for Learner { plastic, weights, .. } in &mut self.each {
            plastic.age(Time::from_fs(to), weights);
        }
    }

    /// Spikes that had their instants to themselves, as far as rows go.
    fn settle_earlier(&mut self, first: u32, spiked: Spiked<'_>) {
        self.listen(spiked);
        let Self { each, columns, now, .. } = self;
        for spikes in now.chunk_by(|one, other| one.0 == other.0) {
            columns.clear();
            columns.extend(spikes.iter().map(|&(_, neuron)| neuron - first));
            for Learner { plastic, weights, .. } in &mut *each {
                plastic.settle(Time::from_fs(spikes[0].0), &[], columns, weights);
            }
        }
    }

    /// Takes the spikes that have not been told.
    fn listen(&mut self, spiked: Spiked<'_>) {
        self.now.clear();
        for (spikes, told) in spiked.into_iter().zip(&mut self.told) {
            self.now.extend_from_slice(&spikes[*told..]);
            *told = spikes.len();
        }
        self.now.sort_unstable();
    }
}

/// Rows of one projection among some arrivals, as it counts them here.
fn rows_of(
    projection: u32,
    layout: &Layout,
    arrivals: impl Iterator<Item = (u32, u32)>,
    rows: &mut Vec<u32>,
) {
    rows.clear();
    rows.extend(arrivals.filter(|arrival| arrival.0 == projection).map(|(_, row)| layout.own(row)));
}

/// How what learns is dealt out to the units of windows.
#[derive(Clone, Debug, Default)]
pub struct Shares {
    units: Vec<Share>,
    /// Whether what was learned is here, where populations have several units.
    lent: bool,
}

/// What one unit has.
#[derive(Clone, Debug)]
struct Share {
    population: usize,
    neurons: Range<u32>,
    /// Whether these are all neurons of the population: then it has its learners only while a window lasts.
    whole: bool,
    learners: Vec<Learner>,
}

impl Learning {
    /// Gives the units of windows what they learn.
    pub(super) fn lend(&mut self, windows: &mut Windows, weights: &mut Weights<f64>) {
        let cut = self.shares.units.iter().map(|share| (share.population, share.neurons.clone()));
        if !windows.cut_into().eq(cut) {
            self.gather(weights);
            self.cut(windows);
        }
        if !std::mem::replace(&mut self.shares.lent, true) {
            self.fill(windows, weights);
        }
        for Share { population, learners, .. } in self.shares.units.iter_mut().filter(|share| share.whole) {
            learners.extend(self.into[*population].iter().filter_map(|&projection| {
                let plastic = self.plastic[projection].take()?;
                let weights = Arc::unwrap_or_clone(std::mem::take(&mut weights.projections[projection]));
                Some(Learner { projection: projection as u32, plastic, weights })
            }));
        }
        windows.exchange(self.shares.units.iter_mut().map(|share| &mut share.learners));
    }

    /// Takes back what units have had of whole populations.
    pub(super) fn regain(&mut self, windows: &mut Windows, weights: &mut Weights<f64>) {
        windows.exchange(self.shares.units.iter_mut().map(|share| &mut share.learners));
        for share in self.shares.units.iter_mut().filter(|share| share.whole) {
            for Learner { projection, plastic, weights: its } in share.learners.drain(..) {
                self.plastic[projection as usize] = Some(plastic);
                weights.projections[projection as usize] = Arc::new(its);
            }
        }
    }

    /// Makes a share for every unit, of which nothing is known yet.
    fn cut(&mut self, windows: &Windows) {
        let Self { plastic, into, shares, .. } = self;
        let all = |projection: usize| plastic[projection].as_ref();
        shares.units = windows
            .cut_into()
            .map(|(population, neurons)| {
                let first = into[population].iter().find_map(|&projection| all(projection));
                let whole = first.is_none_or(|plastic| plastic.layout().cols() == neurons.len());
                Share { population, neurons, whole, learners: Vec::new() }
            })
            .collect();
        windows.team().share(shares.units.iter_mut(), |share| {
            if !share.whole {
                share.learners.extend(into[share.population].iter().filter_map(|&projection| {
                    let plastic = all(projection)?.share(share.neurons.start..share.neurons.end);
                    let weights = vec![0.0; plastic.layout().weights()];
                    Some(Learner { projection: projection as u32, plastic, weights })
                }));
            }
        });
    }

    /// Gives the shares what is known, and the weights.
    fn fill(&mut self, windows: &Windows, weights: &mut Weights<f64>) {
        let Self { plastic, shares, .. } = self;
        for (plastic, weights) in those_that_learn(plastic, weights) {
            plastic.settle_waiting(weights);
        }
        windows.team().share(shares.units.iter_mut(), |share| {
            for Learner { projection, plastic: its, weights: own } in &mut share.learners {
                let projection = *projection as usize;
                if let Some(all) = &plastic[projection] {
                    its.take_over(all, share.neurons.start, (&weights.projections[projection], own));
                }
            }
        });
    }

    /// Puts together what units have learned.
    pub(super) fn gather(&mut self, weights: &mut Weights<f64>) {
        if !std::mem::take(&mut self.shares.lent) {
            return;
        }
        let learners = self.shares.units.iter().flat_map(|share| &share.learners);
        let now = learners.map(|learner| learner.plastic.memory().now).max().unwrap_or(Time::ZERO);
        for Share { neurons, learners, .. } in &mut self.shares.units {
            for Learner { projection, plastic, weights: own } in learners {
                plastic.bring(now, own);
                plastic.settle_waiting(own);
                let projection = *projection as usize;
                if let Some(all) = &mut self.plastic[projection] {
                    let weights = weights.own(projection);
                    all.take_back(plastic, neurons.start, (own, weights));
                }
            }
        }
    }
}
