//! Membranes that are given by their differential equation: integration by Taylor series, and where they fire.

use super::foretell::{down, up};
use super::model::{Flow, Next};
use crate::numeric::taylor::{ORDER, Series, at, first_rise, reach};
use crate::time::Time;

/// A differential equation of D variables; the first one fires where it rises over a level.
pub trait Equation<const D: usize> {
    /// Its own shortest time constant at `x`, in seconds.
    fn tau(&self, x: &[f64; D]) -> f64;

    /// What it fires at.
    fn level(&self) -> f64;

    /// The solution from `x` on as series in t/unit, under a drive that is one too (in volts).
    fn expand(&self, x: [f64; D], drive: &Series, unit: f64) -> [Series; D];

    /// Units up to which the series are to be trusted even if their last terms are small: an exponential that
    /// grows by e^20 and more has its largest terms beyond them.
    fn longest(&self, _series: &[Series; D]) -> f64 {
        LONGEST
    }

    /// What a step may leave out of each variable.
    fn allowed(&self, series: &[Series; D], unit: f64) -> [f64; D];
}

/// In units: no step is longer, however little happens in it.
const LONGEST: f64 = 64.0;

/// One step: series in t/unit that hold for `span` units.
struct Step<const D: usize> {
    series: [Series; D],
    unit: f64,
    span: f64,
}

impl<const D: usize> Step<D> {
    fn new(equation: &impl Equation<D>, x: [f64; D], flow: &Flow<'_>, bias: f64) -> Self {
        let acting = flow.currents.iter().zip(flow.decays).filter(|(c, _)| c.p != 0.0 || c.q != 0.0);
        let unit = acting.fold(equation.tau(&x), |least, (_, decay)| least.min(decay.tau));
        let series = equation.expand(x, &drive(flow, bias, unit), unit);
        let allowed = equation.allowed(&series, unit);
        let longest = equation.longest(&series).min(LONGEST);
        let span = series.iter().zip(allowed).fold(longest, |span, (x, allowed)| span.min(reach(x, allowed)));
        Self { series, unit, span }
    }

    /// Where the first variable rises over `level` before `end`, in units.
    fn rise(&self, level: f64, end: f64) -> Option<f64> {
        let mut above = self.series[0];
        above[0] -= level;
        first_rise(&above, end)
    }
}

/// Units up to which neither of the first two terms changes x by more than `most`.
pub fn changed(x: &Series, most: f64) -> f64 {
    (most / x[1].abs()).min((most / x[2].abs()).sqrt())
}

/// Level, slope and currents of a flow and a bias as a series in t/unit.
fn drive(flow: &Flow<'_>, bias: f64, unit: f64) -> Series {
    let mut series = [0.0; ORDER + 1];
    series[0] = flow.level + bias;
    series[1] = flow.slope * unit;
    for (current, decay) in flow.currents.iter().zip(flow.decays) {
        if current.p == 0.0 && current.q == 0.0 {
            continue;
        }
        let rate = unit / decay.tau;
        let mut e = 1.0;
        for k in 0..=ORDER {
            series[k] += current.p * e;
            if k < ORDER {
                series[k + 1] += current.q * rate * e;
            }
            e *= -rate / (k + 1) as f64;
        }
    }
    series
}

/// The state `span` seconds later, with the flow moved along. Where it fires it stops, at the level exactly.
pub fn advance<const D: usize>(
    equation: &impl Equation<D>,
    mut x: [f64; D],
    flow: &mut Flow<'_>,
    bias: f64,
    span: f64,
) -> [f64; D] {
    let mut left = span;
    while left > 0.0 {
        let step = Step::new(equation, x, flow, bias);
        // What is not a number ends it: `min` passes it over.
        let seconds = (step.span * step.unit).min(left);
        let end = seconds / step.unit;
        let level = equation.level();
        if x[0] < level
            && let Some(rise) = step.rise(level, end)
        {
            x = step.series.map(|series| at(&series, rise));
            x[0] = level;
            flow.pass(left);
            return x;
        }
        x = step.series.map(|series| at(&series, end));
        flow.pass(seconds);
        flow.level += flow.slope * seconds;
        left -= seconds;
    }
    x
}

/// Makes a step on trial: it fires within it, or not before its end.
pub fn next<const D: usize>(
    equation: &impl Equation<D>,
    x: [f64; D],
    flow: &Flow<'_>,
    bias: f64,
    limit: Time,
) -> Next {
    let step = Step::new(equation, x, flow, bias);
    let end = step.span.min(limit.as_seconds() / step.unit);
    match step.rise(equation.level(), end) {
        Some(rise) => Next::At(up(rise * step.unit)),
        None => Next::NotBefore(down(end * step.unit).unwrap_or(Time::from_fs(1))),
    }
}
