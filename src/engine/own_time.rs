//! Membranes that keep their own time: each neuron advances only at its own events, in closed form.
//!
//! x = u - u_rest; between events tau_m dx/dt = -x + a + b (t - t_last), where a is the drive R I in
//! volts (bias included) and b its slope. Samplers and checkpoints evaluate a copy, so looking at a
//! membrane never changes a bit of it.
//!
//! Synaptic currents that decay are kept beside the membranes, one [`Current`] per neuron and time constant of
//! the population, and moved along with them; a population without any has none.

use crate::neuron::synaptic::{self, Bound, Current, Decay, Drive, MAX_DECAYS};
use crate::neuron::{Lif, Reset};
use crate::time::{FS_PER_SECOND, Time};
use serde::{Deserialize, Serialize};

/// Of tau_m: a bound that puts firing off by more is taken instead of looking for the crossing.
const WELL_AFTER: f64 = 0.05;

/// In tau_m: after so long without an arrival the crossing is looked for. Currents that are much slower than the
/// membrane and cancel each other would otherwise put firing off again and again, as long as they last.
const PATIENCE: f64 = 2.0;

/// Of everything that makes up a membrane: nearer to threshold than this, what was rounded on the way (1e-14 of it at
/// most) is more than the 1e-9 that a bound leaves for it.
const NEAR: f64 = 1e-4;

/// A span in seconds later, rounded down; none if that is the same instant, which would come again without end.
fn after(time: Time, span: f64) -> Option<Time> {
    Some(time.after(Time::from_fs((span * FS_PER_SECOND) as u64))).filter(|&later| later > time)
}

/// One neuron; plain data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Membrane {
    /// Relative to u_rest, at `last` (volts).
    pub x: f64,
    /// Drive at `last` without bias (volts), and its slope (volts per second).
    pub level: f64,
    pub slope: f64,
    pub last: Time,
    /// End of the refractory period.
    pub until: Time,
    /// When it has to be looked at next, if ever: it does not fire before that by its drive alone.
    pub fires: Option<Time>,
    /// Whether it fires then, if nothing arrives; otherwise only that it does not fire before.
    pub certain: bool,
    /// Current pulses in progress: at zero the drive is exactly zero again, whatever was rounded.
    pub pulses: u32,
}

/// Constants of the population.
#[derive(Clone, Debug)]
pub struct OwnParameters {
    pub lif: Lif,
    pub theta: f64,
    bias: f64,
    /// What a reset writes or, of [`Reset::Subtract`], takes away.
    level: f64,
    pub refractory: Time,
    /// Time constants of the synaptic currents.
    pub decays: Vec<Decay>,
}

impl OwnParameters {
    /// Of a neuron with synaptic currents of the time constants `taus`, in seconds.
    pub fn new(lif: &Lif, taus: &[f64]) -> Self {
        Self {
            decays: taus.iter().map(|&tau| Decay::new(tau, lif.tau_m.get())).collect(),
            lif: lif.clone(),
            theta: lif.theta(),
            bias: lif.bias(),
            level: lif.reset_level(),
            refractory: Time::from_seconds(lif.t_ref).unwrap_or(Time::MAX),
        }
    }
}

impl Membrane {
    /// At rest at the start of an episode.
    pub fn rest() -> Self {
        Self {
            x: 0.0,
            level: 0.0,
            slope: 0.0,
            last: Time::ZERO,
            until: Time::ZERO,
            fires: None,
            certain: false,
            pulses: 0,
        }
    }

    /// Brings membrane, drive and currents to `time`. While refractory the membrane is held and currents go on.
    #[inline]
    pub fn advance(&mut self, parameters: &OwnParameters, currents: &mut [Current], time: Time) {
        if time <= self.last {
            return;
        }
        let free = self.until.clamp(self.last, time);
        if free > self.last {
            if !currents.is_empty() {
                let s = free.seconds_since(self.last) / parameters.lif.tau_m.get();
                currents
                    .iter_mut()
                    .zip(&parameters.decays)
                    .for_each(|(current, decay)| current.decay(decay, s));
            }
            self.move_drive(free);
        }
        if time > free {
            let span = time.seconds_since(free);
            let drive = self.level + parameters.bias;
            self.x = if currents.is_empty() {
                parameters.lif.advance(self.x, drive, self.slope, span)
            } else {
                let tau_m = parameters.lif.tau_m.get();
                synaptic::advance(tau_m, self.x, (drive, self.slope), &parameters.decays, currents, span)
            };
            self.move_drive(time);
        }
    }

    fn move_drive(&mut self, time: Time) {
        self.level += self.slope * time.seconds_since(self.last);
        self.last = time;
    }

    /// Changes level and slope of the drive, at `last`; `starts` and `ends` say where in its pulse.
    pub fn change(&mut self, level: f64, slope: f64, starts: bool, ends: bool) {
        self.level += level;
        self.slope += slope;
        self.pulses += u32::from(starts);
        if ends {
            self.pulses -= 1;
            if self.pulses == 0 {
                self.level = 0.0;
                self.slope = 0.0;
            }
        }
    }

    /// Whether arrivals are lost at `last`.
    pub fn refractory(&self) -> bool {
        self.until > self.last
    }

    /// Resets and starts the refractory period, at `last`.
    pub fn fire(&mut self, parameters: &OwnParameters, refractory: Time) {
        let subtract = parameters.lif.reset == Reset::Subtract;
        self.x = if subtract { self.x - parameters.level } else { parameters.level };
        self.until = self.last.after(refractory);
    }

    /// Finds an instant before which the drive alone does not carry the membrane above `theta`, without looking
    /// for the crossing where that can be avoided: arrivals come far more often than firings. At `time`, which is `last`.
    ///
    /// A bound that was known before and still is one is kept, so that the queue need not be told.
    pub fn foresee(&mut self, parameters: &OwnParameters, currents: &[Current], theta: f64, time: Time) {
        if self.refractory() {
            (self.fires, self.certain) = (None, false); // Asked again when the period ends.
            return;
        }
        let known = self.fires.filter(|&known| known > time);
        let at = match self.bound(parameters, currents, theta) {
            Bound::Never => Some(Time::MAX),
            Bound::NotBefore(span) => after(time, span),
            Bound::Unknown => None,
        };
        (self.fires, self.certain) = match (at, known) {
            (Some(at), Some(known)) if known <= at => (Some(known), false),
            (Some(at), _) => ((at < Time::MAX).then_some(at), false),
            (None, _) => (self.predict(parameters, currents, theta), true),
        };
    }

    /// What the state at `last` says of the next crossing without looking for it.
    fn bound(&self, parameters: &OwnParameters, currents: &[Current], theta: f64) -> Bound {
        let drive =
            Drive { a: self.level + parameters.bias, b: self.slope, decays: &parameters.decays, currents };
        synaptic::bound(parameters.lif.tau_m.get(), self.x, &drive, theta)
    }

    /// Whether the bound as it is at `time`, when an earlier one has come, puts firing off again by a good part of
    /// tau_m: then there is still no need to look for the crossing. Says until when, which is after `time`
    /// (`Time::MAX`: for good). The state stays where it is.
    pub fn puts_off(
        &self,
        parameters: &OwnParameters,
        currents: &[Current],
        theta: f64,
        time: Time,
    ) -> Option<Time> {
        let waited = time.seconds_since(self.last);
        if currents.is_empty() || waited > PATIENCE * parameters.lif.tau_m.get() {
            return None; // The crossing is in closed form, or nothing arrives and it is time to know.
        }
        let mut copy = *self;
        let mut scratch = [Current::default(); MAX_DECAYS];
        let scratch = scratch.get_mut(..currents.len())?;
        scratch.copy_from_slice(currents);
        copy.advance(parameters, scratch, time);
        // The bound trusts the membrane, which is rounded here: near threshold that is not good enough.
        let parts = scratch.iter().map(|current| current.p.abs() + current.q.abs()).sum::<f64>();
        let whole = theta.abs() + copy.x.abs() + (copy.level + parameters.bias).abs() + parts;
        if theta - copy.x < NEAR * whole {
            return None;
        }
        match copy.bound(parameters, scratch, theta) {
            Bound::Never => Some(Time::MAX),
            Bound::NotBefore(span) if span > WELL_AFTER * parameters.lif.tau_m.get() => after(time, span),
            Bound::NotBefore(_) | Bound::Unknown => None,
        }
    }

    /// First instant after `last` at which the drive alone carries the membrane above `theta`, if
    /// the drive goes on as it is.
    pub fn predict(&self, parameters: &OwnParameters, currents: &[Current], theta: f64) -> Option<Time> {
        let drive = self.level + parameters.bias;
        if currents.is_empty() && drive <= theta && self.slope <= 0.0 {
            return None; // Neither the membrane nor its asymptote can rise above threshold.
        }
        if self.refractory() {
            return None; // Asked again when the period ends.
        }
        let limit = Time::from_fs(Time::MAX.fs() - self.last.fs());
        let span = if currents.is_empty() {
            parameters.lif.firing_at(self.x, drive, self.slope, theta, limit)?
        } else {
            let drive = Drive { a: drive, b: self.slope, decays: &parameters.decays, currents };
            synaptic::firing(parameters.lif.tau_m.get(), self.x, &drive, theta, limit)?
        };
        let fires = self.last.after(span);
        (fires < Time::MAX).then_some(fires)
    }

    /// u at `time` in volts, without touching the state.
    pub fn u_at(&self, parameters: &OwnParameters, currents: &[Current], time: Time) -> f64 {
        let mut copy = *self;
        let mut scratch = [Current::default(); MAX_DECAYS];
        let scratch = &mut scratch[..currents.len().min(MAX_DECAYS)];
        scratch.copy_from_slice(&currents[..scratch.len()]);
        copy.advance(parameters, scratch, time);
        copy.x + parameters.lif.u_rest.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Ampere, Ohm, Second, Volt};
    use proptest::prelude::*;

    /// A neuron with a bias of `bias` thresholds and currents of `taus` times `tau_m`.
    fn parameters(tau_m: f64, bias: f64, taus: [f64; 2]) -> OwnParameters {
        let lif = Lif {
            tau_m: Second::new(tau_m),
            u_rest: Volt::ZERO,
            v_th: Volt::new(0.5),
            u_reset: Volt::ZERO,
            v_hold: Volt::new(0.1),
            reset: Reset::Rest,
            t_ref: Second::ZERO,
            r_m: Ohm::new(1e6),
            i_bias: Ampere::new(bias * 0.5e-6),
        };
        OwnParameters::new(&lif, &taus.map(|tau| tau * tau_m))
    }

    proptest! {
        #[test]
        fn firing_is_put_off_never_beyond_the_crossing_and_always_to_a_later_instant(
            tau_m in prop_oneof![3 => Just(9.41e-3), 1 => 1e-15..1e-13f64],
            bias in prop_oneof![-1.0..2.0f64, Just(1.0 + 1e-12), Just(1.0f64.next_up())],
            below in prop_oneof![-3.0..3.0f64, -12.0..-1.0f64],
            p in proptest::array::uniform2(prop_oneof![Just(0.0), -2.0..2.0f64]),
            q in proptest::array::uniform2(prop_oneof![Just(0.0), -2.0..2.0f64]),
            part in 0.0..1.0f64,
        ) {
            let parameters = parameters(tau_m, bias, [0.32, 1.06]);
            let theta = parameters.theta;
            let currents = [0, 1].map(|index| Current { p: p[index], q: q[index] });
            // From far below to a hair below threshold.
            let membrane = Membrane { x: theta - 0.5 * below.exp(), ..Membrane::rest() };
            if let Some(fires) = membrane.predict(&parameters, &currents, theta) {
                let time = Time::from_fs((part * fires.fs() as f64) as u64);
                if let Some(later) = membrane.puts_off(&parameters, &currents, theta, time) {
                    prop_assert!(later <= fires && later > time, "put off at {time} to {later}, fires at {fires}");
                }
            }
        }
    }

    #[test]
    fn slow_currents_that_cancel_each_other_are_looked_at_a_few_times_only() {
        // 0.6 thresholds of drive are left, and fall: it never fires, but 1.2 of them alone would let it.
        let parameters = parameters(9.41e-3, 0.0, [2000.0, 1000.0]);
        let theta = parameters.theta;
        let currents = [1.2, -0.6].map(|p| Current { p: p * theta, q: 0.0 });
        let membrane = Membrane { x: 0.6 * theta, ..Membrane::rest() };
        let put_off = |membrane: &Membrane, currents: &[Current; 2], time| {
            membrane.puts_off(&parameters, currents, theta, time).filter(|&later| later < Time::MAX)
        };
        let mut times = vec![Time::from_fs(1)];
        while let Some(later) = put_off(&membrane, &currents, times[times.len() - 1]) {
            times.push(later);
        }
        assert!((2..40).contains(&times.len()), "looked at {times:?}");
        // Patience has ended, not the putting off: had something arrived just now, it would go on.
        let end = times[times.len() - 1];
        let (mut now, mut left) = (membrane, currents);
        now.advance(&parameters, &mut left, end);
        assert!(put_off(&now, &left, end).is_some());
    }
}
