//! The learning window as a network has it: pairs of neurons whose synapse saw one arrival and one spike.

use super::super::outcome::PairPoint;
use super::super::plan::Plan;
use crate::engine::{Run, Spike, Watcher};
use crate::network::Rows;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Pairs of one projection beyond which nobody wants a window.
const MOST: u32 = 10_000;

/// When the sides of the pairs of one projection had their first event, and how many they had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Watched {
    projection: u32,
    population: u32,
    arrivals: Vec<(u32, Time)>,
    spikes: Vec<(u32, Time)>,
    before: Vec<f64>,
}

/// Watches the projections from one neuron to one that learn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pairs {
    watched: Vec<Watched>,
}

impl Pairs {
    #[must_use]
    pub fn new(run: &Run) -> Self {
        let (network, mut watched) = (&**run.network(), Vec::new());
        let Some(learning) = run.learning() else { return Self { watched } };
        for (index, projection) in network.projections.iter().enumerate() {
            let size = network.populations[projection.to].size;
            if learning.plastic(index).is_some()
                && matches!(projection.connect, Rows::OneToOne)
                && (2..=MOST).contains(&size)
            {
                watched.push(Watched {
                    projection: index as u32,
                    population: projection.to as u32,
                    arrivals: vec![(0, Time::ZERO); size as usize],
                    spikes: vec![(0, Time::ZERO); size as usize],
                    before: run.all_weights().values(network, index),
                });
            }
        }
        Self { watched }
    }

    /// Whether these watch the same pairs.
    #[must_use]
    pub fn fits(&self, other: &Self) -> bool {
        let shape = |pairs: &Self| {
            let of =
                |w: &Watched| (w.projection, w.population, w.arrivals.len(), w.spikes.len(), w.before.len());
            pairs.watched.iter().map(of).collect::<Vec<_>>()
        };
        shape(self) == shape(other)
    }

    /// Whether there is anything to watch.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.watched.is_empty()
    }

    /// The points of a projection; none unless at least two pairs had one event on each side and no pair had more.
    #[must_use]
    pub fn window(&self, plan: &Plan, projection: usize, after: &[f64]) -> Vec<PairPoint> {
        let Some(watched) = self.watched.iter().find(|watched| watched.projection as usize == projection)
        else {
            return Vec::new();
        };
        let events = watched.arrivals.iter().zip(&watched.spikes);
        if events.clone().any(|(pre, post)| pre.0 > 1 || post.0 > 1) {
            return Vec::new();
        }
        let rule = plan.projections[projection].plasticity.as_ref().map(|plasticity| &plasticity.rule);
        let weights = watched.before.iter().zip(after);
        let mut points: Vec<PairPoint> = events
            .zip(weights)
            .filter(|((pre, post), (before, _))| pre.0 == 1 && post.0 == 1 && **before != 0.0)
            .map(|((pre, post), (&before, &after))| {
                let (pre, post) = (pre.1, post.1);
                let dt_s = if post >= pre { post.seconds_since(pre) } else { -pre.seconds_since(post) };
                let of = |w: f64| rule.map_or(w, |rule| rule.measured(w));
                let change = |after: f64| of(after) / of(before) - 1.0;
                let closed = rule.and_then(|rule| rule.after_pair(before, dt_s));
                PairPoint { dt_s, change: change(after), closed_form: closed.map(change) }
            })
            .collect();
        points.sort_by(|one, other| one.dt_s.total_cmp(&other.dt_s));
        if points.len() < 2 { Vec::new() } else { points }
    }
}

impl Watcher for Pairs {
    fn arrival(&mut self, time: Time, projection: u32, row: u32) {
        for watched in self.watched.iter_mut().filter(|watched| watched.projection == projection) {
            if let Some((count, first)) = watched.arrivals.get_mut(row as usize) {
                *count += 1;
                *first = time;
            }
        }
    }

    fn spike(&mut self, spike: Spike) {
        for watched in self.watched.iter_mut().filter(|watched| watched.population == spike.population) {
            if let Some((count, first)) = watched.spikes.get_mut(spike.neuron as usize) {
                *count += 1;
                *first = spike.time;
            }
        }
    }
}
