//! What an instant does to some neurons in their own time: the operations of [`super::own_time`] in the order in
//! which every engine has to do them.
//!
//! A neuron sees the later steps of its pulses, its predicted firing, its arrivals, one test of its threshold and a
//! new prediction. Nothing here depends on other neurons, so a population may be cut anywhere.

use super::own_time::{Membrane, OwnParameters};
use super::route::each_target;
use super::switching::Switches;
use crate::network::{Kernel, Projection};
use crate::neuron::synaptic::{ALPHA_PEAK, Current};
use crate::numeric::Real;
use crate::time::Time;

/// What this instant has done so far to some neurons, counted from the first of them.
#[derive(Debug, Default)]
pub struct OwnInstant {
    /// Sum of the jumps of each neuron, and the neurons that have one (with repeats until sorted).
    jump: Vec<f64>,
    touched: Vec<u32>,
    /// Neurons whose drive changed, so that their firing must be predicted anew.
    repredict: Vec<u32>,
    /// Neurons that already fired at this instant.
    fired: Vec<u32>,
}

impl OwnInstant {
    pub fn new(neurons: usize) -> Self {
        Self { jump: vec![0.0; neurons], ..Self::default() }
    }

    /// The refractory period of a neuron ends.
    #[inline]
    pub fn release(&mut self, place: u32) {
        self.repredict.push(place);
    }
}

/// Some consecutive neurons of a population.
pub struct OwnPart<'a> {
    pub parameters: &'a OwnParameters,
    /// Whether firings have to be predicted.
    pub predicts: bool,
    /// The first neuron, and how many the whole population has.
    pub first: u32,
    pub columns: u32,
    pub neurons: &'a mut [Membrane],
    /// Neuron by neuron, one per time constant.
    pub currents: &'a mut [Current],
    /// Where the thresholds differ.
    pub switches: Option<Switches<'a>>,
    pub instant: &'a mut OwnInstant,
}

/// What comes of a neuron whose predicted time has come.
pub enum Due {
    /// It does not fire now, but may at this time.
    Later(Option<Time>),
    /// It fires and is refractory for so long.
    Fires(Time),
}

/// The currents of one neuron.
#[inline]
pub fn of<'a>(currents: &'a mut [Current], parameters: &OwnParameters, place: usize) -> &'a mut [Current] {
    let each = parameters.decays.len();
    &mut currents[place * each..(place + 1) * each]
}

impl OwnPart<'_> {
    /// Threshold of a neuron relative to rest.
    #[inline]
    pub fn theta(&self, place: usize) -> f64 {
        let rest = self.parameters.lif.u_rest.get();
        self.switches.as_ref().map_or(self.parameters.theta, |switches| switches.v_th(place) - rest)
    }

    /// How long a neuron that fires now is refractory; a switch draws its next threshold.
    #[inline]
    fn on_time(&mut self, place: usize) -> Time {
        self.switches.as_mut().map_or(self.parameters.refractory, |switches| switches.fire(place))
    }

    fn range(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.neurons.len() as u32
    }

    /// An arrival at a row: jumps are added, currents and pulses begin.
    #[inline]
    pub fn arrive<R: Real>(&mut self, projection: &Projection, values: &[R], row: u32, time: Time) {
        match projection.kernel {
            Kernel::Pulse(_) => self.change_drive(projection, values, row, 0, time),
            Kernel::Exponential { tau } => {
                self.add_current(projection, values, row, (tau.get(), false), time)
            }
            Kernel::Alpha { tau } => self.add_current(projection, values, row, (tau.get(), true), time),
            Kernel::Delta => {
                let (range, first, columns) = (self.range(), self.first, &self.columns);
                let OwnInstant { jump, touched, .. } = &mut *self.instant;
                each_target(projection, *columns, values, row, range, |target, weight| {
                    jump[(target - first) as usize] += weight;
                    touched.push(target - first);
                });
            }
        }
    }

    /// Applies one step of a pulse to every target of a row.
    pub fn change_drive<R: Real>(
        &mut self,
        projection: &Projection,
        values: &[R],
        row: u32,
        step: usize,
        time: Time,
    ) {
        let Kernel::Pulse(breakpoints) = &projection.kernel else { return };
        let range = self.range();
        let Self { parameters, first, columns, neurons, currents, instant, .. } = self;
        let breakpoint = breakpoints[step];
        let (starts, ends) = (step == 0, step + 1 == breakpoints.len());
        let r_m = parameters.lif.r_m.get();
        each_target(projection, *columns, values, row, range, |target, weight| {
            let place = target - *first;
            let neuron = &mut neurons[place as usize];
            let drive = weight * r_m;
            neuron.advance(parameters, of(currents, parameters, place as usize), time);
            neuron.change(drive * breakpoint.level, drive * breakpoint.slope, starts, ends);
            instant.repredict.push(place);
        });
    }

    /// Adds to the synaptic current of every target of a row; `kernel` is its time constant and whether it is alpha.
    #[inline]
    fn add_current<R: Real>(
        &mut self,
        projection: &Projection,
        values: &[R],
        row: u32,
        (tau, alpha): (f64, bool),
        time: Time,
    ) {
        let range = self.range();
        let Self { parameters, first, columns, neurons, currents, instant, .. } = self;
        let Some(decay) = parameters.decays.iter().position(|decay| decay.tau == tau) else { return };
        let r_m = parameters.lif.r_m.get();
        each_target(projection, *columns, values, row, range, |target, weight| {
            let place = target - *first;
            let currents = of(currents, parameters, place as usize);
            neurons[place as usize].advance(parameters, currents, time);
            if alpha {
                currents[decay].q += weight * r_m * ALPHA_PEAK;
            } else {
                currents[decay].p += weight * r_m;
            }
            instant.repredict.push(place);
        });
    }

    /// The time has come before which a neuron did not fire: it fires now, or is looked at again when it does, or when
    /// it may.
    pub fn due(&mut self, place: u32, time: Time) -> Due {
        let index = place as usize;
        let theta = self.theta(index);
        let neuron = &mut self.neurons[index];
        let currents = of(self.currents, self.parameters, index);
        if !neuron.certain {
            if let Some(later) = neuron.puts_off(self.parameters, currents, theta, time) {
                neuron.fires = (later < Time::MAX).then_some(later);
                return Due::Later(neuron.fires);
            }
            let due = neuron.predict(self.parameters, currents, theta);
            if due.is_none_or(|due| due > time) {
                (neuron.fires, neuron.certain) = (due, true);
                return Due::Later(due);
            }
        }
        neuron.advance(self.parameters, currents, time);
        // At threshold by definition, whatever was rounded; above it if subtraction left it there and
        // a stronger drive raises it.
        neuron.x = neuron.x.max(theta);
        let refractory = self.on_time(index);
        self.neurons[index].fire(self.parameters, refractory);
        self.instant.fired.push(place);
        self.instant.repredict.push(place);
        Due::Fires(refractory)
    }

    /// Tests every touched neuron by id; `fires` is told who fires and for how long it is refractory.
    #[inline]
    pub fn test(&mut self, time: Time, mut fires: impl FnMut(u32, Time)) {
        let mut touched = std::mem::take(&mut self.instant.touched);
        touched.sort_unstable();
        touched.dedup();
        for &place in &touched {
            let index = place as usize;
            let jump = std::mem::take(&mut self.instant.jump[index]);
            let neuron = &mut self.neurons[index];
            neuron.advance(self.parameters, of(self.currents, self.parameters, index), time);
            if neuron.refractory() {
                continue; // The jump is lost.
            }
            neuron.x += jump;
            let x = neuron.x;
            self.instant.repredict.push(place);
            // In order of the neurons, as the events of an instant are.
            let fired = self.instant.fired.binary_search(&place).is_ok();
            if fired || x < self.theta(index) {
                continue;
            }
            let refractory = self.on_time(index);
            self.neurons[index].fire(self.parameters, refractory);
            fires(self.first + place, refractory);
        }
        touched.clear();
        self.instant.touched = touched;
        self.instant.fired.clear();
    }

    /// Predicts anew when those whose drive changed will fire; `changed` is told of those whom something else awaits.
    #[inline]
    pub fn predict(&mut self, time: Time, mut changed: impl FnMut(u32, &Membrane)) {
        let mut places = std::mem::take(&mut self.instant.repredict);
        if self.predicts {
            places.sort_unstable();
            places.dedup();
            for &place in &places {
                let theta = self.theta(place as usize);
                let neuron = &mut self.neurons[place as usize];
                let currents = of(self.currents, self.parameters, place as usize);
                neuron.advance(self.parameters, currents, time);
                let before = neuron.fires;
                neuron.foresee(self.parameters, currents, theta, time);
                if neuron.fires != before || neuron.until >= time {
                    changed(place, neuron);
                }
            }
        }
        places.clear();
        self.instant.repredict = places;
    }
}
