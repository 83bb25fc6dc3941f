//! What neurons of a fast form may have of their own: threshold, reset, where they start and where they tend to.

use crate::network::Population;
use crate::neuron::{Firing, Floor, Lif};
use crate::numeric::Real;

/// Levels of a membrane, all but the last relative to u_inf.
#[derive(Clone, Debug)]
pub struct Level<R> {
    pub firing: Firing<R>,
    pub start: R,
    /// Below what no jump takes it.
    pub lowest: R,
    /// u_rest + R I_bias in volts.
    pub u_inf: f64,
}

impl<R: Real> Level<R> {
    fn of(lif: &Lif) -> Self {
        let firing = Firing::above_u_inf(lif).rounded();
        let lowest = match lif.floor {
            Floor::None => f64::NEG_INFINITY,
            Floor::Rest => lif.above_u_inf(lif.u_rest),
        };
        let start = R::from_f64(lif.start_above_u_inf());
        Self { firing, start, lowest: R::from_f64(lowest), u_inf: lif.u_inf() }
    }
}

/// Levels of a population.
#[derive(Clone, Debug)]
pub struct Levels<R> {
    /// Of all, or of the first of neurons that differ.
    first: Level<R>,
    /// Of each, where they differ.
    each: Vec<Level<R>>,
}

impl<R: Real> Levels<R> {
    pub fn new(population: &Population) -> Self {
        let each = population.each.iter().map(|neuron| Level::of(&neuron.membrane()));
        Self { first: Level::of(&population.lif), each: each.collect() }
    }

    /// Whether they differ from neuron to neuron.
    #[inline]
    pub fn differ(&self) -> bool {
        !self.each.is_empty()
    }

    /// Of a neuron.
    #[inline]
    pub fn of(&self, neuron: usize) -> &Level<R> {
        self.each.get(neuron).unwrap_or(&self.first)
    }

    /// Of all, where they do not differ.
    #[inline]
    pub fn common(&self) -> &Level<R> {
        &self.first
    }

    /// Whether jumps do not take a neuron as low as they would.
    pub fn floored(&self) -> bool {
        self.first.lowest > R::from_f64(f64::NEG_INFINITY)
    }

    /// The lowest threshold: below it no membrane fires.
    pub fn lowest(&self) -> R {
        let lower = |lowest: R, level: &Level<R>| {
            if level.firing.threshold < lowest { level.firing.threshold } else { lowest }
        };
        self.each.iter().fold(self.first.firing.threshold, lower)
    }
}
