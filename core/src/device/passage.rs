//! A device while pulses run on its two electrodes: from one time to another, exactly.
//!
//! V(t) = f(t - t_pre) - h(t - t_post) is straight between the breakpoints of both pulses, so every piece is a ramp,
//! which the device answers in closed form. A pulse that was restarted is forgotten: only the last one of each
//! electrode counts.

use super::circuit::Ramp;
use super::resistive::{Applied, DoseDevice, PulseDraw};
use crate::time::{FS_PER_SECOND, Time};
use crate::units::Ampere;
use crate::waveform::{Segment, Waveform};

/// When the pulses on both electrodes began: pre-synaptic, post-synaptic. `None`: the electrode is at rest.
pub type Starts = [Option<Time>; 2];

/// Brings `device` from conductance `g` at `from` to `to`, with these pulses on its row and column. All its doses are multiplied by the one factor that
/// `draw` stands for; `None`: the device is stuck, and current is all that passes.
#[must_use]
pub fn pass(
    device: &DoseDevice,
    [row, column]: [&Waveform; 2],
    starts: Starts,
    (from, to): (Time, Time),
    g: f64,
    draw: Option<PulseDraw>,
) -> Applied {
    let mut total = Applied { g, ..Applied::default() };
    // Drawn when a piece programs: most do not.
    let mut factor = None;
    let i_cc = device.i_cc.map_or(f64::INFINITY, Ampere::get);
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
                    let factor = *factor.get_or_insert_with(|| device.dose_factor(draw));
                    let constant = a == b;
                    let applied = if constant {
                        device.hold(total.g, a, ramp.length, factor)
                    } else {
                        device.apply_factor(total.g, ramp, factor)
                    };
                    total.g = applied.g;
                    total.dose += applied.dose;
                    total.energies += applied.energies;
                }
                _ => total.energies += device.conduction.energies(total.g, i_cc, ramp),
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
