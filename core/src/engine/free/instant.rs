//! What an instant does to some neurons in their own time, in the order in which every engine has to do it.
//!
//! A neuron sees the later steps of its pulses, its predicted firing, its arrivals, one test of its threshold and a
//! new prediction. Nothing here depends on other neurons, so a population may be cut anywhere.

use super::cell::{Cell, Taus};
use super::{Constants, Origins};
use crate::engine::route::{Changes, Values, each_target, step_of};
use crate::network::{Effect, Fade, Projection};
use crate::neuron::model::{Draws, Fired, Input, Model};
use crate::neuron::synaptic::Current;
use crate::numeric::Real;
use crate::time::Time;

/// What this instant has done so far to some neurons, counted from the first of them.
#[derive(Clone, Debug, Default)]
pub struct Instant {
    /// Sum of the jumps of each neuron, and the neurons that have one (with repeats until sorted).
    jump: Vec<f64>,
    touched: Vec<u32>,
    /// Neurons whose drive changed, so that their firing must be predicted anew.
    repredict: Vec<u32>,
    /// Neurons that already fired at this instant.
    fired: Vec<u32>,
}

impl Instant {
    pub fn new(neurons: usize) -> Self {
        Self { jump: vec![0.0; neurons], ..Self::default() }
    }
}

/// Some consecutive neurons of a population.
pub struct Neurons<'a, M: Model> {
    pub constants: &'a Constants<M>,
    pub origins: Origins,
    /// The first of them.
    pub first: u32,
    pub cells: &'a mut [Cell<M::State>],
    /// Neuron by neuron, one per time constant.
    pub currents: &'a mut [Current],
    /// Spikes of each in the episode.
    pub spikes: &'a mut [u32],
}

/// The same while something is done to them.
pub struct Share<'a, M: Model> {
    pub neurons: Neurons<'a, M>,
    pub instant: &'a mut Instant,
}

/// What comes of a neuron when that has come which it waited for.
pub enum Due {
    /// Its dead time is over.
    Released,
    /// It does not fire now, but has to be looked at again then.
    Later(Option<Time>),
    /// It fires.
    Fires(Fired),
}

/// How a neuron fires.
#[derive(Clone, Copy, Debug)]
pub struct Fires {
    pub neuron: u32,
    pub dead: Time,
    /// Spikes at this instant.
    pub times: u32,
    /// Spikes that it had at this instant before.
    pub before: u32,
}

impl Fires {
    /// Once, the first time at this instant.
    pub fn once(neuron: u32, dead: Time) -> Self {
        Self { neuron, dead, times: 1, before: 0 }
    }
}

/// The currents of one neuron.
#[inline]
pub fn of(currents: &mut [Current], each: usize, place: usize) -> &mut [Current] {
    &mut currents[place * each..(place + 1) * each]
}

impl<M: Model> Neurons<'_, M> {
    /// The first so many, and the others.
    pub fn split_at(self, count: usize) -> (Self, Self) {
        let Self { constants, origins, first, cells, currents, spikes } = self;
        let (cells, later_cells) = cells.split_at_mut(count);
        let (currents, later_currents) = currents.split_at_mut(count * constants.each());
        let (spikes, later_spikes) = spikes.split_at_mut(count);
        let later = Self {
            first: first + count as u32,
            cells: later_cells,
            currents: later_currents,
            spikes: later_spikes,
            constants,
            origins,
        };
        (Self { constants, origins, first, cells, currents, spikes }, later)
    }

    fn range(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.cells.len() as u32
    }

    /// A neuron, what it is made of, and its currents.
    #[inline]
    fn at(&mut self, place: u32) -> (&M, Taus<'_>, &mut Cell<M::State>, &mut [Current]) {
        let index = place as usize;
        let currents = of(self.currents, self.constants.each(), index);
        let (model, taus) = self.constants.neuron(self.first + place);
        (model, taus, &mut self.cells[index], currents)
    }

    /// A neuron fires, at the time of its state.
    #[inline]
    fn fire(&mut self, place: u32, how: fn(&M, &mut M::State, &Draws) -> Fired) -> Fired {
        let spikes = &mut self.spikes[place as usize];
        let draws = self.origins.draws(self.first + place, *spikes + 1);
        let (model, _) = self.constants.neuron(self.first + place);
        let Cell { state, clock } = &mut self.cells[place as usize];
        let fired = how(model, state, &draws);
        *spikes = spikes.saturating_add(fired.spikes);
        clock.until = clock.last.after(fired.dead);
        fired
    }
}

impl<M: Model> Share<'_, M> {
    /// Shows every target of a row among these with its model, its currents and the weight; its drive changes.
    #[inline]
    fn each<R: Real>(
        &mut self,
        projection: &Projection,
        values: Values<'_, R>,
        row: u32,
        time: Time,
        mut change: impl FnMut(&M, &mut Cell<M::State>, &mut [Current], f64),
    ) {
        let range = self.neurons.range();
        let Self { neurons: Neurons { constants, first, cells, currents, .. }, instant } = self;
        each_target(projection, constants.columns, values, row, range, |target, weight| {
            let place = (target - *first) as usize;
            let currents = of(currents, constants.each(), place);
            let (model, taus) = constants.neuron(target);
            let cell = &mut cells[place];
            cell.advance(model, taus, currents, time);
            change(model, cell, currents, weight);
            instant.repredict.push(target - *first);
        });
    }

    /// An arrival at a row, of so many spikes: jumps are added, currents and pulses begin.
    #[inline]
    pub fn arrive<R: Real>(
        &mut self,
        projection: &Projection,
        values: Values<'_, R>,
        (row, times): (u32, u32),
        time: Time,
    ) {
        let times = f64::from(times);
        match projection.kernel.effect() {
            Effect::Steps(breakpoints) => {
                self.change_drive(projection, values, row, &step_of(breakpoints, 0), time);
            }
            Effect::Follows => {}
            Effect::Fades(fades) => {
                let r_m = self.neurons.constants.resistance();
                let current = |fade: Fade| Some((self.neurons.constants.decay(fade.tau.get())?, fade));
                let fades = fades.map(|fade| fade.and_then(current));
                self.each(projection, values, row, time, |model, _, currents, weight| {
                    let drive = weight * times * r_m.unwrap_or_else(|| model.scale().resistance);
                    for (current, fade) in fades.iter().flatten() {
                        fade.add(&mut currents[*current], drive);
                    }
                });
            }
            Effect::Opens(receptor) => {
                self.each(projection, values, row, time, |model, cell, _, weight| {
                    let siemens = weight * times;
                    model.receive(&mut cell.state, Input::Conductance { receptor, siemens });
                });
            }
            Effect::Jump => {
                let (range, first) = (self.neurons.range(), self.neurons.first);
                let Instant { jump, touched, .. } = &mut *self.instant;
                each_target(
                    projection,
                    self.neurons.constants.columns,
                    values,
                    row,
                    range,
                    |target, weight| {
                        jump[(target - first) as usize] += weight * times;
                        touched.push(target - first);
                    },
                );
            }
        }
    }

    /// Applies one step of a pulse, or of a current, to every target of a row.
    pub fn change_drive<R: Real>(
        &mut self,
        projection: &Projection,
        values: Values<'_, R>,
        row: u32,
        changes: &Changes,
        time: Time,
    ) {
        let r_m = self.neurons.constants.resistance();
        self.each(projection, values, row, time, |model, cell, _, weight| {
            let drive = weight * r_m.unwrap_or_else(|| model.scale().resistance);
            cell.clock.change(changes, drive);
        });
    }

    /// What a neuron waited for has come: it fires now, or is looked at again when it may, or its dead time ends.
    pub fn due(&mut self, place: u32, time: Time) -> Due {
        if self.neurons.cells[place as usize].clock.due != time {
            return self.release(place, time);
        }
        let (model, taus, cell, currents) = self.neurons.at(place);
        if !cell.fires_at(model, taus, currents, time) {
            return Due::Later(cell.clock.next());
        }
        let fired = self.neurons.fire(place, M::fire);
        self.instant.fired.push(place);
        self.instant.repredict.push(place);
        Due::Fires(fired)
    }

    /// The dead time of a neuron ends: what was left above threshold fires.
    fn release(&mut self, place: u32, time: Time) -> Due {
        self.instant.repredict.push(place);
        let (model, taus, cell, currents) = self.neurons.at(place);
        if cell.clock.until != time || !model.left(&cell.state) {
            return Due::Released;
        }
        cell.advance(model, taus, currents, time);
        Due::Fires(self.neurons.fire(place, M::fire))
    }

    /// Tests every touched neuron by id; `fires` hears who fires and how.
    ///
    /// Who has fired at this instant by its drive does not fire again, unless nothing is to rest above threshold.
    #[inline]
    pub fn test(&mut self, time: Time, mut fires: impl FnMut(Fires)) {
        let mut touched = std::mem::take(&mut self.instant.touched);
        touched.sort_unstable();
        touched.dedup();
        for &place in &touched {
            let jump = std::mem::take(&mut self.instant.jump[place as usize]);
            let (model, taus, cell, currents) = self.neurons.at(place);
            cell.advance(model, taus, currents, time);
            if cell.clock.dead() {
                continue; // The jump is lost.
            }
            model.receive(&mut cell.state, Input::Jump(jump));
            let (above, drains) = (model.fires(&cell.state), model.drains());
            self.instant.repredict.push(place);
            // In order of the neurons, as the events of an instant are.
            let fired = self.instant.fired.binary_search(&place).is_ok();
            if above && (!fired || drains) {
                let Fired { dead, spikes } = self.neurons.fire(place, M::jump);
                let (neuron, before) = (self.neurons.first + place, u32::from(fired));
                fires(Fires { neuron, dead, times: spikes, before });
            }
        }
        touched.clear();
        self.instant.touched = touched;
        self.instant.fired.clear();
    }

    /// Predicts anew when those whose drive changed will fire; `changed` hears of those that wait for something else now.
    #[inline]
    pub fn predict(&mut self, time: Time, mut changed: impl FnMut(u32, Option<Time>)) {
        let mut places = std::mem::take(&mut self.instant.repredict);
        if self.neurons.constants.predicts {
            places.sort_unstable();
            places.dedup();
            for &place in &places {
                let (model, taus, cell, currents) = self.neurons.at(place);
                cell.advance(model, taus, currents, time);
                let before = cell.clock.due;
                cell.foresee(model, taus, currents);
                if cell.clock.due != before || cell.clock.until >= time {
                    changed(place, cell.clock.next());
                }
            }
        }
        places.clear();
        self.instant.repredict = places;
    }
}
