//! Membranes that their own spikes adapt: a threshold that is raised, a current that is taken from the drive, under any kind of current.
//!
//! Times in tau_m, V in units of the threshold. A spike adds j to the threshold, which comes back as q = Q e^(-nu t) with nu = tau_m/tau_theta, and
//! k to a current w = W e^(-nu_w t). For u = V - q the threshold stands still,
//!
//! du/dt = -u + I - w + (nu - 1) q,
//!
//! so q and w are two more exponential currents: beside the numbers of the [form](super::form) for I a membrane has Q and W, which stand still
//! between spikes, and each is (nu - 1) A(t) or -A_w(t) of u, with A of `neuron::synaptic`. A spike at t adds j e^(nu t) to Q and k e^(nu_w t) to
//! W; a restart puts u to the reset less q. "V" is u in all that a form says: of a neuron that has not fired they are the same.
//!
//! Source of the model: `adaptive_lif`. Which of Q and W a layer has is asked once; without either, its forms are those of leaky neurons.

use super::form::{Form, Pulsed};
use super::kind::{InForm, SHORTEST};
use super::synaptic::Synaptic;
use crate::neuron::model::{Adaptation, Adapting};
use crate::neuron::synaptic::{Current, Decay, Drive, crossing};
use crate::numeric::{Real, exp, ln};

/// What spikes leave: a threshold and a current at most.
const MOST_LEFT: usize = 2;

/// Something that a spike adds to, and that fades.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Left {
    /// In units of tau_m.
    decay: Decay,
    /// What a spike adds, in units of the threshold.
    jump: f64,
    /// By how much one of it raises the threshold.
    raises: f64,
    /// As how much of a current it acts on V less the threshold's raise.
    drives: f64,
}

impl Left {
    fn new(of: Adaptation, neuron: &Adapting, threshold: bool) -> Self {
        let decay = Decay::new(of.tau / neuron.lif.tau_m.get(), 1.0);
        let (raises, drives) = if threshold { (1.0, -decay.difference()) } else { (0.0, -1.0) };
        Self { decay, jump: of.jump / neuron.lif.theta(), raises, drives }
    }

    /// e^(-nu t), and by how much one of it has moved the membrane.
    #[inline(always)]
    fn at(&self, t: f64, y: f64) -> (f64, f64) {
        let (fade, moved) = self.decay.exponential(t, y);
        (fade, self.drives * moved)
    }
}

/// Which currents drive neurons that adapt.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Pulses,
    Exponential(Synaptic),
    Alpha(Synaptic),
}

/// What drives neurons that adapt, and what their spikes leave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adapted {
    by: By,
    left: [Left; MOST_LEFT],
    /// Whether there are two of these.
    both: bool,
}

impl Adapted {
    /// Of neurons under pulses (`None`), or under exponential or alpha-shaped currents; `None` if nothing of theirs adapts.
    #[must_use]
    pub fn new(neuron: &Adapting, currents: Option<(Synaptic, bool)>) -> Option<Self> {
        let threshold = Left::new(neuron.threshold, neuron, true);
        let current = Left::new(neuron.current, neuron, false);
        let both = threshold.jump != 0.0 && current.jump != 0.0;
        let left = match (threshold.jump != 0.0, current.jump != 0.0) {
            (false, false) => return None,
            (true, _) => [threshold, current],
            (false, true) => [current, threshold],
        };
        let by = match currents {
            None => By::Pulses,
            Some((of, false)) => By::Exponential(of),
            Some((of, true)) => By::Alpha(of),
        };
        Some(Self { by, left, both })
    }

    fn used(&self) -> &[Left] {
        &self.left[..if self.both { 2 } else { 1 }]
    }

    /// tau_syn in tau_m, where there is one.
    pub(super) fn tau(&self) -> Option<f64> {
        match self.by {
            By::Pulses => None,
            By::Exponential(of) | By::Alpha(of) => Some(1.0 / of.nu()),
        }
    }

    /// Whether currents are alpha-shaped.
    pub(super) fn alpha(&self) -> bool {
        matches!(self.by, By::Alpha(_))
    }

    /// tau_m over the shortest time constant, tau_m included.
    pub(super) fn fastest(&self) -> f64 {
        let currents = self.tau().map_or(1.0, |tau| (1.0 / tau).max(1.0));
        self.used().iter().fold(currents, |most, left| most.max(left.decay.nu))
    }

    /// Does something in its form.
    pub(super) fn with<R: Real, W: InForm<R>>(self, work: W) -> W::Output {
        let left = self.left;
        match (self.by, self.both) {
            (By::Pulses, false) => work.run::<_, 3>(Under::<_, 2> { drive: Pulsed, left }),
            (By::Pulses, true) => work.run::<_, 4>(Under::<_, 2> { drive: Pulsed, left }),
            (By::Exponential(drive), false) => work.run::<_, 3>(Under::<_, 2> { drive, left }),
            (By::Exponential(drive), true) => work.run::<_, 4>(Under::<_, 2> { drive, left }),
            (By::Alpha(drive), false) => work.run::<_, 4>(Under::<_, 3> { drive, left }),
            (By::Alpha(drive), true) => work.run::<_, 5>(Under::<_, 3> { drive, left }),
        }
    }
}

/// Which of the time constants with which neurons adapt has no form: its key, and how long it is, in tau_m.
pub fn unfit_adaptation(neuron: &Adapting) -> Option<(&'static str, f64)> {
    let all = [("tau_theta", neuron.threshold), ("tau_w", neuron.current)];
    all.into_iter().find_map(|(key, of)| {
        let tau = of.tau / neuron.lif.tau_m.get();
        let fits = of.jump == 0.0 || (SHORTEST..f64::INFINITY).contains(&tau);
        (!fits).then_some((key, tau))
    })
}

/// A form for currents that come from outside, to which others are added.
pub trait Driven<R: Real, const C: usize>: Form<R, C> {
    /// Which number a restart at y writes, and by how much it is larger for a V that is larger by one.
    fn written(y: R) -> (usize, R);

    /// What is added to what [`Form::restart`] keeps if the V that a membrane is put to rises by so much per tau_m.
    fn kept(y: R, rate: R) -> R;

    /// V at y, the current that stays, and that which fades.
    fn state(&self, x: [R; C], y: f64) -> (f64, f64, Option<(Decay, Current)>);

    /// V at the beginning y, and what the current does not exceed until the end.
    fn most(x: [R; C], y: R, between: &Self::Between) -> (R, R);
}

impl<R: Real> Driven<R, 2> for Pulsed {
    #[inline(always)]
    fn written(y: R) -> (usize, R) {
        (1, -(R::ONE / y))
    }

    #[inline(always)]
    fn kept(_: R, rate: R) -> R {
        -rate
    }

    #[inline(always)]
    fn state(&self, [p, q]: [R; 2], y: f64) -> (f64, f64, Option<(Decay, Current)>) {
        let (p, q) = (p.to_f64(), q.to_f64());
        (p - q * y, p, None)
    }

    #[inline(always)]
    fn most([p, q]: [R; 2], y: R, _: &R) -> (R, R) {
        (p - q * y, p)
    }
}

/// The form of neurons that adapt: C numbers for what drives them, and one for each of what their spikes leave.
#[derive(Clone, Copy, Debug)]
struct Under<D, const C: usize> {
    drive: D,
    left: [Left; MOST_LEFT],
}

/// What membranes have in common between two times.
#[derive(Clone, Copy, Debug)]
struct Between<B, R> {
    drive: B,
    y: R,
    /// What one of what spikes have left has moved V by at the beginning, and its current then and at the end.
    moved: [R; MOST_LEFT],
    now: [R; MOST_LEFT],
    later: [R; MOST_LEFT],
    /// e^-s of the span s, and 1 - e^-s.
    keeps: R,
    gives: R,
}

/// What they have in common where the origin moves.
#[derive(Clone, Copy, Debug)]
struct Shift<S, R> {
    drive: S,
    /// How much of what spikes have left is left, and what it has moved V by.
    fade: [R; MOST_LEFT],
    moved: [R; MOST_LEFT],
}

/// The first numbers, of what drives a membrane.
#[inline(always)]
fn head<R: Real, const N: usize, const C: usize>(x: &[R; N]) -> [R; C] {
    let mut head = [R::ZERO; C];
    head.iter_mut().zip(x).for_each(|(head, &x)| *head = x);
    head
}

/// These, with nothing left of spikes.
#[inline(always)]
fn alone<R: Real, const N: usize, const C: usize>(head: [R; C]) -> [R; N] {
    let mut x = [R::ZERO; N];
    x.iter_mut().zip(head).for_each(|(x, head)| *x = head);
    x
}

impl<D, const C: usize> Under<D, C> {
    /// What spikes leave, with a number for each.
    #[inline(always)]
    fn each<'a, R: Real, const N: usize>(
        &'a self,
        x: &'a [R; N],
    ) -> impl Iterator<Item = (&'a Left, f64)> + 'a {
        self.left.iter().zip(&x[C..]).map(|(left, x)| (left, x.to_f64()))
    }

    /// e^(-nu t) of each at y, and what one of it has moved V by.
    #[inline(always)]
    fn at<R: Real>(&self, y: R) -> [[R; MOST_LEFT]; 2] {
        let (y, mut at) = (y.to_f64(), [[R::ZERO; MOST_LEFT]; 2]);
        let t = -ln(y);
        for (k, left) in self.left.iter().enumerate() {
            let (fade, moved) = left.at(t, y);
            (at[0][k], at[1][k]) = (R::from_f64(fade), R::from_f64(moved));
        }
        at
    }
}

impl<R: Real, D: Driven<R, C>, const C: usize, const N: usize> Form<R, N> for Under<D, C> {
    const ADAPTS: bool = true;
    type Between = Between<D::Between, R>;
    type Shift = Shift<D::Shift, R>;

    #[inline(always)]
    fn between(&self, y: R, next: R) -> Self::Between {
        let ([now, moved], [later, _]) = (self.at(y), self.at(next));
        let drives = |fade: [R; MOST_LEFT]| {
            let mut current = fade;
            current.iter_mut().zip(&self.left).for_each(|(fade, left)| *fade *= R::from_f64(left.drives));
            current
        };
        let keeps = next / y;
        let (now, later) = (drives(now), drives(later));
        Between { drive: self.drive.between(y, next), y, moved, now, later, keeps, gives: R::ONE - keeps }
    }

    #[inline(always)]
    fn arrival(&self, y: R) -> [R; N] {
        alone(self.drive.arrival(y))
    }

    #[inline(always)]
    fn arrival_rate(&self, y: R) -> [R; N] {
        alone(self.drive.arrival_rate(y))
    }

    #[inline(always)]
    fn potential(&self, x: [R; N], y: R) -> R {
        let [_, moved] = self.at(y);
        self.drive.potential(head(&x), y) + tail::<R, N, C>(&x, &moved)
    }

    #[inline(always)]
    fn shares(&self, y: R) -> [R; N] {
        let mut shares: [R; N] = alone(self.drive.shares(y));
        let [_, moved] = self.at(y);
        shares[C..].iter_mut().zip(moved).for_each(|(share, moved)| *share = moved);
        shares
    }

    /// What a current has brought, less what of it is there.
    #[inline(always)]
    fn integral(&self, y: R, next: R) -> [R; N] {
        let mut sum: [R; N] = alone(self.drive.integral(y, next));
        let ends = [y, next].map(|y| {
            let y = y.to_f64();
            (-ln(y), y)
        });
        for (sum, left) in sum[C..].iter_mut().zip(&self.left) {
            let [(fade, moved), (later, farther)] = ends.map(|(t, y)| left.at(t, y));
            *sum = R::from_f64(left.drives * (fade - later) / left.decay.nu - (farther - moved));
        }
        sum
    }

    #[inline(always)]
    fn slope(&self, x: [R; N], y: R) -> R {
        let t = -ln(y.to_f64());
        let own = self.each(&x).fold(0.0, |sum, (left, z)| {
            let (fade, moved) = left.at(t, y.to_f64());
            sum + z * (left.drives * fade - moved)
        });
        self.drive.slope(head(&x), y) + R::from_f64(own)
    }

    /// Under a current that is nowhere above I, V is nowhere above V_0 e^-s + I (1 - e^-s), nor above the larger of the two; what spikes have
    /// left is largest at one end, whatever its sign.
    #[inline(always)]
    fn score(x: [R; N], theta: R, between: &Self::Between) -> R {
        let (mut v, mut most) = D::most(head(&x), between.y, &between.drive);
        for (k, &z) in x[C..].iter().enumerate() {
            v += z * between.moved[k];
            let (now, later) = (z * between.now[k], z * between.later[k]);
            most += if now > later { now } else { later };
        }
        let bound = if most > v { v * between.keeps + most * between.gives } else { v };
        bound - theta
    }

    #[inline(always)]
    fn crossing(&self, x: [R; N], theta: R, y: R, next: R) -> Option<R> {
        if x[C..].iter().all(|z| *z == R::ZERO) {
            return self.drive.crossing(head(&x), theta, y, next);
        }
        let (theta, start) = (theta.to_f64(), y.to_f64());
        if theta == f64::INFINITY {
            return None;
        }
        let (mut v, a, fading) = self.drive.state(head(&x), start);
        let mut decays = [self.left[0].decay; MOST_LEFT + 1];
        let mut currents = [Current::default(); MOST_LEFT + 1];
        let (mut count, t) = (0, -ln(start));
        let mut add = |(decay, current): (Decay, Current)| {
            if current.p != 0.0 || current.q != 0.0 {
                (decays[count], currents[count]) = (decay, current);
                count += 1;
            }
        };
        fading.into_iter().for_each(&mut add);
        for (left, z) in self.each(&x) {
            let (fade, moved) = left.at(t, start);
            v += z * moved;
            add((left.decay, Current { p: z * left.drives * fade, q: 0.0 }));
        }
        let drive = Drive { a, b: 0.0, decays: &decays[..count], currents: &currents[..count] };
        let span = ln(start / next.to_f64());
        crossing(1.0, v, &drive, theta, span).map(|s| R::from_f64(start * exp(-s)))
    }

    /// Of a membrane that has not fired: nothing is left of spikes.
    #[inline(always)]
    fn top(&self, x: [R; N], y: R, next: R) -> Option<R> {
        self.drive.top(head(&x), y, next)
    }

    /// To v, less what the threshold is raised by and less what the rest makes of it: all of that changes with the instant.
    #[inline(always)]
    fn restart(&self, x: [R; N], y: R, v: R) -> ([R; N], R) {
        let t = -ln(y.to_f64());
        let (mut to, mut rate) = (v.to_f64(), 0.0);
        for (left, z) in self.each(&x) {
            let (fade, moved) = left.at(t, y.to_f64());
            to -= z * (left.raises * fade + moved);
            rate += z * (left.raises * left.decay.nu * fade - (left.drives * fade - moved));
        }
        let (written, kept) = self.drive.restart(head(&x), y, R::from_f64(to));
        let mut after = x;
        after.iter_mut().zip(written).for_each(|(x, written)| *x = written);
        (after, kept + D::kept(y, R::from_f64(rate)))
    }

    #[inline(always)]
    fn restarted(&self, x: [R; N], kept: R, y: R) -> ([R; N], R) {
        let (drive, rate) = self.drive.restarted(head(&x), kept, y);
        let (place, larger) = D::written(y);
        let (by_v, [fade, moved]) = (x[place] * larger, self.at(y));
        let mut before: [R; N] = alone(drive);
        for (k, left) in self.left.iter().enumerate().take(N - C) {
            before[C + k] = x[C + k] - by_v * (R::from_f64(left.raises) * fade[k] + moved[k]);
        }
        (before, rate)
    }

    #[inline(always)]
    fn fired(&self, mut x: [R; N], y: R) -> [R; N] {
        let t = -ln(y.to_f64());
        for (x, left) in x[C..].iter_mut().zip(&self.left) {
            *x += R::from_f64(left.jump * exp(left.decay.nu * t));
        }
        x
    }

    #[inline(always)]
    fn fired_rate(&self, x: [R; N], y: R) -> R {
        let t = -ln(y.to_f64());
        let rates = self.each(&x).map(|(left, x)| x * left.jump * left.decay.nu * exp(left.decay.nu * t));
        R::from_f64(rates.fold(0.0, |sum, rate| sum + rate))
    }

    #[inline(always)]
    fn shift(&self, factor: R) -> Self::Shift {
        let [fade, moved] = self.at(factor);
        Shift { drive: self.drive.shift(factor), fade, moved }
    }

    /// What has moved V until the new origin is part of V there.
    #[inline(always)]
    fn rebase(x: [R; N], shift: &Self::Shift) -> [R; N] {
        let (place, larger) = D::written(R::ONE);
        let mut after: [R; N] = alone(D::rebase(head(&x), &shift.drive));
        after[place] += larger * tail::<R, N, C>(&x, &shift.moved);
        for (k, &z) in x[C..].iter().enumerate() {
            after[C + k] = z * shift.fade[k];
        }
        after
    }

    #[inline(always)]
    fn rebased(x: [R; N], shift: &Self::Shift) -> [R; N] {
        let (place, larger) = D::written(R::ONE);
        let mut before: [R; N] = alone(D::rebased(head(&x), &shift.drive));
        for (k, &z) in x[C..].iter().enumerate() {
            before[C + k] = z * shift.fade[k] + x[place] * larger * shift.moved[k];
        }
        before
    }
}

/// The sum of products over what spikes have left.
#[inline(always)]
fn tail<R: Real, const N: usize, const C: usize>(x: &[R; N], shares: &[R; MOST_LEFT]) -> R {
    let mut sum = R::ZERO;
    for (&x, &share) in x[C..].iter().zip(shares) {
        sum += x * share;
    }
    sum
}
