//! The threshold switch as a neuron: how it integrates, relaxes, and what it takes while on.

use super::findings::Findings;
use crate::device::circuit::Ramp;
use crate::device::model::Model as _;
use crate::device::protocol::{Table, relaxation_switch, tell_reading, tell_switchings};
use crate::device::threshold::{Circuit, ThresholdSwitch, VolatileSwitch};
use crate::fit::{Curve, FitError, Fitted};
use crate::units::Second;

/// A constant drive on a switch at rest: equation (3), u = u_rest + R I (1 - e^(-t/tau)), until it fires.
pub fn integration(device: &VolatileSwitch, v: f64, length: f64, samples: u32) -> Findings {
    let switch = &device.switch;
    let mut table = Table::new(&[
        ("time", "s"),
        ("voltage", "V"),
        ("state", "V"),
        ("on", ""),
        ("conductance", "S"),
        ("device energy", "J"),
        ("limiter energy", "J"),
    ]);
    let mut found = Findings { seconds: length, ..Findings::default() };
    let mut state = switch.rest();
    let conductance = |state: &_| device.columns(state)[3];
    table.push(&[0.0, v, switch.u(&state), 0.0, conductance(&state), 0.0, 0.0]);
    let mut rise = vec![(0.0, switch.u(&state), conductance(&state))];
    let mut fires = None;
    for k in 0..samples {
        let mut switchings = Vec::new();
        let (before, time) =
            (length * f64::from(k) / f64::from(samples), length * f64::from(k + 1) / f64::from(samples));
        let ramp = Ramp { from: v, to: v, length: time - before };
        let e = switch.apply(&mut state, &device.circuit, ramp, |_| switch.theta(), &mut switchings);
        tell_switchings(before, ramp, &switchings);
        tell_reading(Some(time), v, None, Some(conductance(&state)));
        if let Some(first) = switchings.iter().find(|s| s.on) {
            fires = fires.or(Some(before + first.after));
        }
        if fires.is_none() {
            rise.push((time, switch.u(&state), conductance(&state)));
        }
        table.push(&[
            time,
            v,
            switch.u(&state),
            f64::from(u8::from(state.on)),
            conductance(&state),
            e.off.device + e.on.device,
            e.off.limiter + e.on.limiter,
        ]);
    }
    // Yan et al. fit their conductivity; where the filament goes is read off its state.
    match rise_of(&rise) {
        Ok((conductance, state)) => {
            let value = |fit: &Fitted, name: &str| fit.get(name).map(|p| p.value);
            found.measure("tau", value(&conductance, "tau"));
            found.measure("u_rest", value(&state, "u_0"));
            found.measure("u_end", value(&state, "u_rest"));
        }
        Err(error) => found.notes.push(format!("no fit of the rise: {error}")),
    }
    found.measure("fires_after", fires);
    let sum = |name: &str| table.values(name).unwrap_or_default().iter().fold(0.0, |sum, j| sum + j);
    found.energy = (sum("device energy"), sum("limiter energy"));
    found.curve("", table);
    found
}

/// The exponentials of conductance and state, of points (time, state, conductance).
fn rise_of(points: &[(f64, f64, f64)]) -> Result<(Fitted, Fitted), FitError> {
    let of = |which: fn(&(f64, f64, f64)) -> f64| -> Vec<(f64, f64)> {
        points.iter().map(|point| (point.0, which(point))).collect()
    };
    Ok((Curve::Relaxation.fit(&of(|point| point.2), &[])?, Curve::Relaxation.fit(&of(|point| point.1), &[])?))
}

/// Left alone from the threshold on.
pub fn relaxation(switch: &ThresholdSwitch, length: Second, samples: u32) -> Findings {
    let table = relaxation_switch(switch, length, samples);
    let mut found = Findings { seconds: length.get(), ..Findings::default() };
    let column = |name: &str| table.values(name).unwrap_or_default();
    for (name, of) in [("tau", "conductance"), ("u_rest", "state")] {
        let points: Vec<(f64, f64)> =
            column("time").iter().copied().zip(column(of).iter().copied()).collect();
        match Curve::Relaxation.fit(&points, &[]) {
            Ok(fit) => found.measure(name, fit.get(name).map(|p| p.value)),
            Err(error) => found.notes.push(format!("no fit of the relaxation of the {of}: {error}")),
        }
    }
    found.measure("on_time", switch.natural_on_time().get());
    found.curve("", table);
    found
}

/// How long the switch is held at each voltage: short against its relaxation.
const HELD: f64 = 1e-6;

/// Current and power of a switch that is on, from the hold voltage to `v_max`.
pub fn power(switch: &ThresholdSwitch, v_max: f64, samples: u32) -> Findings {
    let mut table = Table::new(&[
        ("voltage", "V"),
        ("current", "A"),
        ("device power", "W"),
        ("limiter power", "W"),
        ("source power", "W"),
    ]);
    let (hold, v_th) = (switch.v_hold.get(), switch.v_th.get());
    let top = v_max.max(v_th);
    let at = |v: f64| {
        let mut state = switch.fired();
        let ramp = Ramp { from: v, to: v, length: HELD };
        let e = switch.apply(&mut state, &Circuit::Bare, ramp, |_| switch.theta(), &mut Vec::new());
        (e.on.device / HELD, e.on.limiter / HELD, e.on.source / HELD)
    };
    let mut found = Findings::default();
    for k in 0..=samples {
        let v = hold + (top - hold) * f64::from(k) / f64::from(samples);
        let (device, limiter, source) = at(v);
        let current = switch.current(&switch.fired(), &Circuit::Bare, v);
        tell_reading(None, v, Some(current), None);
        table.push(&[v, current, device, limiter, source]);
    }
    let column = |name: &str| table.values(name).unwrap_or_default();
    let on_power = column("device power").iter().fold(0.0, |most: f64, p| most.max(*p));
    let i_cc = switch.i_cc.get() * (1.0 - 1e-12);
    let limited = column("current").iter().position(|i| *i >= i_cc);
    found.measure("on_power", on_power);
    found.measure("compliance_from", limited.map(|row| column("voltage")[row]));
    found.measure("source_power_at_v_th", at(v_th).2);
    found.measure("device_power_at_v_hold", at(hold).0);
    let on_time = switch.natural_on_time().get();
    found.measure("energy_per_spike", on_power * on_time);
    found.notes.push(format!(
        "the energy of a spike takes the device in compliance for the {:.2} ms it stays on by itself; a pulse that \
         ends earlier costs less",
        on_time * 1e3
    ));
    found.curve("", table);
    found
}
