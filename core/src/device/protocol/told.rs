//! What an experiment tells a trace as it goes on: when a device switched, what a pulse changed, what was read.
//!
//! Times are those of the experiment: seconds, and femtoseconds as long as these are below 2^63 (2.5 hours).

use crate::device::circuit::{Energies, Ramp};
use crate::device::model::Draws;
use crate::device::open::Open;
use crate::device::threshold::{Switching, VolatileSwitch};
use crate::plain::Words;
use crate::time::{FS_PER_SECOND, Time};
use tracing::{Level, enabled, trace};

fn femtoseconds(seconds: f64) -> Option<u64> {
    let fs = seconds * FS_PER_SECOND + 0.5;
    (fs >= 0.0 && fs < Time::MAX.fs() as f64).then_some(fs as u64)
}

/// A device turned on or off at a voltage.
fn switched(at: f64, on: bool, voltage: f64) {
    trace!(
        target: "memspike::switch",
        kind = "switch", time_fs = femtoseconds(at), time_s = at, on, voltage_v = voltage
    );
}

/// Switchings within a piece of drive that began at `at` seconds.
pub fn tell_switchings(at: f64, drive: Ramp, switchings: &[Switching]) {
    for switching in switchings {
        switched(at + switching.after, switching.on, drive.at(switching.after));
    }
}

/// A pulse, a sweep or a pair of spikes that ended at `at` seconds has changed a conductance, and spent joules in device and
/// limiter. Of a pair, which begins anew with each, the time is between its spikes.
pub fn tell_change(at: Option<f64>, dt: Option<f64>, before: f64, after: f64, spent: Energies) {
    trace!(
        target: "memspike::weight",
        kind = "weight",
        time_fs = at.and_then(femtoseconds),
        time_s = at,
        dt_s = dt,
        before_siemens = before,
        after_siemens = after,
        joules = spent.device + spent.limiter
    );
}

/// What was read at `at` seconds.
pub fn tell_reading(at: Option<f64>, voltage: f64, current: Option<f64>, conductance: Option<f64>) {
    trace!(
        target: "memspike::read",
        kind = "read",
        time_fs = at.and_then(femtoseconds),
        time_s = at,
        voltage_v = voltage,
        current_a = current,
        conductance_siemens = conductance
    );
}

/// [`Open::advance`] of a piece of drive that begins at `at` seconds.
pub(super) fn advance(device: &Open, state: &mut Words, drive: Ramp, draws: &Draws, at: f64) -> Energies {
    if !enabled!(target: "memspike::switch", Level::TRACE) {
        return device.advance(state, drive, draws);
    }
    let before = *state;
    let spent = device.advance(state, drive, draws);
    if let Some(switch) = device.get::<VolatileSwitch>() {
        let mut switchings = Vec::new();
        switch.apply(&mut crate::plain::Plain::of(&before), drive, draws, &mut switchings);
        tell_switchings(at, drive, &switchings);
    } else if let (Some(was), Some(on)) = (is_on(device, &before), is_on(device, state))
        && was != on
    {
        // A piece may be cut anywhere, so when it switched is found by cutting.
        let (mut early, mut late) = (0.0, drive.length);
        while late - early > 1e-15 * (at + late) {
            let middle = 0.5 * (early + late);
            let mut cut = before;
            device.advance(&mut cut, Ramp { from: drive.from, to: drive.at(middle), length: middle }, draws);
            if middle <= early || middle >= late {
                break;
            }
            if is_on(device, &cut) == Some(was) { early = middle } else { late = middle }
        }
        switched(at + late, on, drive.at(late));
    }
    spent
}

/// Whether a device that is either on or off is on.
fn is_on(device: &Open, state: &Words) -> Option<bool> {
    let place = |name: &str| device.kind().variables.iter().position(|variable| variable.0 == name);
    match place("on") {
        Some(on) => Some(state[on] > 0.5),
        None => device.memory()?.device.switched(state[place("conductance")?]),
    }
}
