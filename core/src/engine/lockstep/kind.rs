//! What drives a layer, and so in which numbers its membranes are.

use super::adapting::Adapted;
use super::form::{Fading, Form, Pulsed};
use super::jumps::Jumps;
use super::synaptic::Synaptic;
use crate::network::{Effect, Projection};
use crate::neuron::model::Adapting;
use crate::numeric::Real;

/// A membrane is as many numbers as this at most.
pub const MOST_NUMBERS: usize = 5;

/// The shortest tau_syn, in tau_m: the origin of time moves as often as it is shorter than tau_m.
pub const SHORTEST: f64 = 1e-3;

/// What arrives at a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Jumps of the potential.
    Jumps,
    /// Rectangular pulses of current, of any widths.
    Pulses,
    /// Exponential currents that fade with half of tau_m.
    Fading,
    /// Exponential currents of another time constant.
    Exponential(Synaptic),
    /// Alpha-shaped currents.
    Alpha(Synaptic),
    /// Pulses or currents, to neurons that their own spikes adapt.
    Adapting(Adapted),
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tau = self.tau().unwrap_or(0.0);
        match self {
            Self::Jumps => f.write_str("jumps"),
            Self::Pulses => f.write_str("pulses"),
            Self::Fading | Self::Exponential(_) => write!(f, "exponential currents of {tau:.4} tau_m"),
            Self::Adapting(of) if of.tau().is_none() => f.write_str("pulses"),
            Self::Adapting(of) if !of.alpha() => write!(f, "exponential currents of {tau:.4} tau_m"),
            Self::Alpha(_) | Self::Adapting(_) => write!(f, "alpha-shaped currents of {tau:.4} tau_m"),
        }
    }
}

/// Something that is done in the numbers of one form.
pub trait InForm<R: Real> {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run<F: Form<R, N>, const N: usize>(self, form: F) -> Self::Output;
}

impl Kind {
    /// What a projection brings to such neurons; `None`: something for which there is no form.
    #[must_use]
    pub fn of(projection: &Projection, target: &Adapting) -> Option<Self> {
        let adapts = |currents| Adapted::new(target, currents).map(Self::Adapting);
        if width(projection).is_some() {
            return Some(adapts(None).unwrap_or(Self::Pulses));
        }
        if projection.kernel.effect() == Effect::Jump {
            return Some(Self::Jumps);
        }
        let Effect::Fades([Some(fade), None]) = projection.kernel.effect() else { return None };
        let tau = fade.tau.get() / target.lif.tau_m.get();
        let alpha = fade.p == 0.0;
        let adapting = if alpha || fade.q == 0.0 { adapts(Some((Synaptic::new(tau), alpha))) } else { None };
        match (fade.p, fade.q) {
            _ if adapting.is_some() => adapting,
            (1.0, 0.0) if (2.0 * tau - 1.0).abs() <= 1e-9 => Some(Self::Fading),
            (1.0, 0.0) => Some(Self::Exponential(Synaptic::new(tau))),
            (0.0, _) => Some(Self::Alpha(Synaptic::new(tau))),
            _ => None,
        }
    }

    /// Groups that are further apart than this, in tau_m, have empty ones between them; and after so long the origin of time is
    /// moved. e^t stays below 150 and its square below 2.2e4: single precision has digits to spare. Numbers of other currents are
    /// differences, and have fewer: e^(nu t) stays below 12.
    #[must_use]
    pub fn span(&self) -> f64 {
        match self {
            Self::Jumps | Self::Pulses | Self::Fading => 2.5,
            Self::Exponential(of) | Self::Alpha(of) => 2.5 / of.nu().max(1.0),
            Self::Adapting(of) => 2.5 / of.fastest(),
        }
    }

    /// tau_syn in tau_m, where there is one.
    #[must_use]
    pub fn tau(&self) -> Option<f64> {
        match self {
            Self::Jumps | Self::Pulses => None,
            Self::Fading => Some(0.5),
            Self::Exponential(of) | Self::Alpha(of) => Some(1.0 / of.nu()),
            Self::Adapting(of) => of.tau(),
        }
    }

    /// As how many numbers a membrane is.
    #[must_use]
    pub fn numbers<R: Real>(self) -> usize {
        struct Count;
        impl<R: Real> InForm<R> for Count {
            type Output = usize;
            fn run<F: Form<R, N>, const N: usize>(self, _: F) -> usize {
                N
            }
        }
        self.with::<R, _>(Count)
    }

    /// Does something in its form.
    pub fn with<R: Real, W: InForm<R>>(self, work: W) -> W::Output {
        match self {
            Self::Jumps => work.run(Jumps),
            Self::Pulses => work.run(Pulsed),
            Self::Fading => work.run(Fading),
            Self::Exponential(form) => work.run::<_, 2>(form),
            Self::Alpha(form) => work.run::<_, 3>(form),
            Self::Adapting(of) => of.with(work),
        }
    }
}

/// How long a rectangular pulse lasts, in ms; `None` for any other kernel.
pub fn width(projection: &Projection) -> Option<f64> {
    let Effect::Steps([up, down]) = projection.kernel.effect() else { return None };
    let rectangle = up.level == 1.0 && down.level == -1.0 && up.slope == 0.0 && down.slope == 0.0;
    rectangle.then(|| down.at.as_seconds() * 1e3)
}
