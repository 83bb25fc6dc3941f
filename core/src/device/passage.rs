//! A device while pulses run on its two electrodes: from one time to another, exactly.
//!
//! V(t) = f(t - t_pre) - h(t - t_post) is straight between the breakpoints of both pulses, so every piece is a ramp,
//! which the device answers in closed form. A pulse that was restarted is forgotten: only the last one of each
//! electrode counts.

use super::circuit::{Energies, Ramp};
use super::resistive::{Applied, BinarySwitch, DoseDevice, Kinetics, PulseDraw, Resistive as _};
use crate::time::{FS_PER_SECOND, Time};
use crate::units::Ampere;
use crate::waveform::{Segment, Waveform};

/// When the pulses on both electrodes began: pre-synaptic, post-synaptic. `None`: the electrode is at rest.
pub type Starts = [Option<Time>; 2];

/// What a device answers while pulses run on it.
trait Passed {
    /// What is drawn of a pulse, once.
    type Drawn: Copy;
    fn draw(&self, draw: PulseDraw) -> Self::Drawn;
    /// Whether any of a ramp may move it.
    fn programs(&self, ramp: Ramp) -> bool;
    /// What a ramp spends that moves nothing.
    fn idle(&self, g: f64, ramp: Ramp) -> Energies;
    fn moved(&self, g: f64, ramp: Ramp, drawn: Self::Drawn) -> Applied;
}

impl Passed for DoseDevice {
    type Drawn = f64;

    fn draw(&self, draw: PulseDraw) -> f64 {
        self.dose_factor(draw)
    }

    fn programs(&self, ramp: Ramp) -> bool {
        self.programs(ramp)
    }

    fn idle(&self, g: f64, ramp: Ramp) -> Energies {
        self.conduction.energies(g, self.i_cc.map_or(f64::INFINITY, Ampere::get), ramp)
    }

    fn moved(&self, g: f64, ramp: Ramp, factor: f64) -> Applied {
        if ramp.from == ramp.to {
            self.hold(g, ramp.from, ramp.length, factor)
        } else {
            self.apply_factor(g, ramp, factor)
        }
    }
}

impl Passed for BinarySwitch {
    type Drawn = PulseDraw;

    fn draw(&self, draw: PulseDraw) -> PulseDraw {
        draw
    }

    fn programs(&self, _: Ramp) -> bool {
        // Its thresholds differ from pulse to pulse: it looks itself.
        true
    }

    fn idle(&self, g: f64, ramp: Ramp) -> Energies {
        self.spent(g, ramp)
    }

    fn moved(&self, g: f64, ramp: Ramp, draw: PulseDraw) -> Applied {
        self.apply(g, ramp, draw)
    }
}

/// Brings `device` from conductance `g` at `from` to `to`, with these pulses on its row and column. All that is drawn of it is what
/// `draw` stands for; `None`: the device is stuck, and current is all that passes.
#[must_use]
pub fn pass(
    device: &Kinetics,
    pulses: [&Waveform; 2],
    starts: Starts,
    span: (Time, Time),
    g: f64,
    draw: Option<PulseDraw>,
) -> Applied {
    match device {
        Kinetics::Dose(device) => passed(device, pulses, starts, span, g, draw),
        Kinetics::Abrupt(device) => passed(device, pulses, starts, span, g, draw),
    }
}

fn passed<D: Passed>(
    device: &D,
    [row, column]: [&Waveform; 2],
    starts: Starts,
    (from, to): (Time, Time),
    g: f64,
    draw: Option<PulseDraw>,
) -> Applied {
    let mut total = Applied { g, ..Applied::default() };
    // Drawn when a piece programs: most do not.
    let mut drawn = None;
    let mut at = from;
    while at < to {
        let mut end = to;
        for (pulse, start) in [(row, starts[0]), (column, starts[1])] {
            end = start.and_then(|start| next_break(pulse, start, at)).map_or(end, |next| end.min(next));
        }
        let (pre, post) = (piece(row, starts[0], at, end), piece(column, starts[1], at, end));
        let (a, b) = (pre.0 - post.0, pre.1 - post.1);
        if a != 0.0 || b != 0.0 {
            let ramp = Ramp { from: a, to: b, length: (end.fs() - at.fs()) as f64 / FS_PER_SECOND };
            match draw {
                Some(draw) if device.programs(ramp) => {
                    let drawn = *drawn.get_or_insert_with(|| device.draw(draw));
                    let applied = device.moved(total.g, ramp, drawn);
                    total.g = applied.g;
                    total.dose += applied.dose;
                    total.energies += applied.energies;
                }
                _ => total.energies += device.idle(total.g, ramp),
            }
        }
        at = end;
    }
    total
}

/// The first breakpoint after `at` of a pulse that began at `start`.
fn next_break(pulse: &Waveform, start: Time, at: Time) -> Option<Time> {
    let ends = pulse.segments.iter().map(|segment| start.after(segment.end));
    ends.filter(|&end| end > at).min()
}

/// Voltages at both ends of a stretch of time in which a pulse that began at `start` is straight.
fn piece(pulse: &Waveform, start: Option<Time>, from: Time, to: Time) -> (f64, f64) {
    let Some(start) = start else { return (0.0, 0.0) };
    let [a, b] = [from, to].map(|end| Time::from_fs(end.fs().saturating_sub(start.fs())));
    let segment = pulse.segments.iter().find(|segment| segment.start <= a && a < segment.end);
    segment.map_or((0.0, 0.0), |segment| (segment.value_at(a), segment.value_at(b)))
}

/// int V^2 dt of a pulse over its first `age` (V^2 s).
#[must_use]
pub fn square_until(pulse: &Waveform, age: Time) -> f64 {
    let mut sum = 0.0;
    for segment in &pulse.segments {
        if segment.end <= age {
            sum += segment.square_integral();
        } else if segment.start < age {
            let cut = Segment { end: age, to: segment.value_at(age), ..*segment };
            sum += cut.square_integral();
        }
    }
    sum
}
