//! Two spikes on the two electrodes: what the device sees, and the window it leaves.

use super::super::super::device::Curve;
use super::super::super::device::{Experiment, PulseShape};
use super::findings::Findings;
use crate::device::memory::DoseMemory;
use crate::device::overlap::{SpikePulse, fit_exponential, lone_doses, pair};
use crate::device::protocol::{StdpOptions, Table, stdp, stdp_fits, tell_change};
use crate::device::resistive::{DoseDevice, PulseDraw, Resistive as _};
use crate::time::Time;
use crate::units::{Quantity as _, Second, Siemens};
use crate::waveform::Waveform;

/// A change below this part of G0 is none.
const NO_CHANGE: f64 = 5e-4;

pub fn window(memory: &DoseMemory, experiment: &Experiment) -> Findings {
    let DoseMemory { device, pulse, .. } = memory;
    let (pulse, stated) = (pulse.as_ref(), Siemens::from_si(memory.start()).unwrap_or(memory.g_start));
    match *experiment {
        Experiment::Stdp { reach, step, fit_from, fine_step, g_start } => {
            let Some(pulse) = pulse else { return Findings::default() };
            let g0 = g_start.unwrap_or(stated);
            rule(device, pulse, &StdpOptions { g0, reach, step, fit_from }, fine_step)
        }
        Experiment::SpikePulses { shape, dt, reach, step, g_start } => {
            let g0 = g_start.unwrap_or(stated).get();
            let waveform = match (shape, pulse) {
                (PulseShape::Biphasic {}, Some(pulse)) => pulse.waveform(),
                (PulseShape::Biphasic {}, None) => return Findings::default(),
                (PulseShape::Unipolar { peak, base }, _) => Waveform::triangle(peak.get(), time(base)),
            };
            overlap(device, &waveform, g0, dt.get(), (reach.get(), step.get()))
        }
        _ => Findings::default(),
    }
}

fn time(t: Second) -> Time {
    Time::from_seconds(t).unwrap_or(Time::ZERO)
}

/// The window as measured in figure 3c: pairs at `step` for the fit, at `fine_step` where lobes overlap.
fn rule(device: &DoseDevice, pulse: &SpikePulse, options: &StdpOptions, fine_step: Second) -> Findings {
    let coarse = stdp(device, pulse, options);
    let near_reach = if options.fit_from < options.reach { options.fit_from } else { options.reach };
    let near = stdp(device, pulse, &StdpOptions { reach: near_reach, step: fine_step, ..*options });
    let [plus, minus] = stdp_fits(&coarse, options);
    let mut found = Findings::default();
    let part = |percent: f64| percent / 100.0;
    found.measure("w_plus", plus.map(|fit| part(fit.amplitude)));
    found.measure("tau_plus", plus.map(|fit| fit.tau));
    found.measure("rms_plus", plus.map(|fit| part(fit.rms)));
    found.measure("largest_plus", plus.map(|fit| part(fit.largest)));
    found.measure("w_minus", minus.map(|fit| part(fit.amplitude)));
    found.measure("tau_minus", minus.map(|fit| fit.tau));
    found.measure("rms_minus", minus.map(|fit| part(fit.rms)));
    found.measure("largest_minus", minus.map(|fit| part(fit.largest)));
    let points = |table: &Table| -> Vec<(f64, f64)> {
        let column = |name: &str| table.values(name).unwrap_or_default().to_vec();
        column("dt").into_iter().zip(column("change")).map(|(dt, y)| (dt, part(y))).collect()
    };
    let fine = points(&near);
    let dead = fine.iter().filter(|p| p.0 >= 0.0).take_while(|p| p.1.abs() < NO_CHANGE).last();
    found.measure("change_at_zero", fine.iter().find(|p| p.0 == 0.0).map(|p| p.1));
    found.measure("dead_zone", dead.map(|p| p.0));
    let all = || points(&coarse).into_iter().chain(fine.iter().copied()).map(|p| p.1);
    found.measure("peak_plus", all().fold(f64::NEG_INFINITY, f64::max));
    found.measure("peak_minus", all().fold(f64::INFINITY, f64::min));
    let [pre, post] = lone_doses(device, pulse);
    found.measure("lone_pre", pre.0 + pre.1);
    found.measure("lone_post", post.0 + post.1);
    let energy = |table: &Table| table.values("device energy").unwrap_or_default().to_vec();
    found.measure("pair_energy", energy(&coarse).last().copied());
    found.energy.0 = energy(&coarse).iter().chain(&energy(&near)).fold(0.0, |sum, j| sum + j);
    // Every pair on a fresh device, each as long as both pulses.
    let pulses = pulse.half_width.get() + pulse.tail_length.get();
    found.seconds = [&coarse, &near].iter().map(|t| pairs_length(t, pulses)).fold(0.0, |sum, s| sum + s);
    found.curve("", coarse);
    found.curves.push(Curve { name: "near".into(), table: near });
    found
}

fn pairs_length(table: &Table, pulse: f64) -> f64 {
    table.values("dt").unwrap_or_default().iter().fold(0.0, |sum, dt| sum + dt.abs() + pulse)
}

/// What two equal pulses put across the device for one dt in both orders, and what they do for every dt.
fn overlap(device: &DoseDevice, pulse: &Waveform, g0: f64, dt: f64, (reach, step): (f64, f64)) -> Findings {
    let mut found = Findings::default();
    let drawn = drawn(pulse, dt);
    let mut table =
        Table::new(&[("dt", "s"), ("largest voltage", "V"), ("change", "%"), ("device energy", "J")]);
    let n = (reach / step + 0.5).floor().min(1e6) as i64;
    let (mut peaks, mut changes) = (Vec::new(), Vec::new());
    for k in -n..=n {
        let dt = k as f64 * step;
        let across = pair(pulse, dt);
        let peak = across.segments.iter().fold(0.0f64, |most, s| most.max(s.from.abs()).max(s.to.abs()));
        let applied = device.apply_pulse(g0, &across, PulseDraw::None);
        let change = (applied.g - g0) / g0;
        tell_change(None, Some(dt), g0, applied.g, applied.energies);
        table.push(&[dt, peak, 100.0 * change, applied.energies.device]);
        if k == 0 {
            found.measure("at_zero", peak);
        }
        if k > 0 {
            peaks.push(peak);
            changes.push((dt, change));
        }
    }
    let (forth, back) = (pair(pulse, dt), pair(pulse, -dt));
    let sum =
        forth.plus(&back).segments.iter().fold(0.0f64, |most, s| most.max(s.from.abs()).max(s.to.abs()));
    found.measure("antisymmetry", sum);
    found.measure("peak_near", peaks.first().copied());
    found.measure("peak_far", peaks.last().copied());
    found.measure("change_near", changes.first().map(|p| p.1));
    found.measure("change_far", changes.last().map(|p| p.1));
    let most = changes.iter().fold(0.0f64, |most, p| most.max(p.1.abs()));
    found.measure("kept", changes.last().filter(|_| most > 0.0).map(|p| p.1.abs() / most));
    found.notes.push(match fit_exponential(&changes) {
        Some(fit) => format!("an exponential through the changes has tau = {:.1} ms", fit.tau * 1e3),
        None => "no decaying exponential fits the changes".into(),
    });
    found.energy.0 = table.values("device energy").unwrap_or_default().iter().fold(0.0, |sum, j| sum + j);
    found.seconds = pairs_length(&table, pulse.end().as_seconds());
    found.curve("", table);
    found.curve("pulses", drawn);
    found
}

/// Both electrodes and the device, for dt and for -dt, at every edge (both sides of a jump).
fn drawn(pulse: &Waveform, dt: f64) -> Table {
    let mut table = Table::new(&[("dt", "s"), ("time", "s"), ("pre", "V"), ("post", "V"), ("across", "V")]);
    for dt in [dt, -dt] {
        let late = pulse.shifted(Second::from_si(dt.abs()).map_or(Time::ZERO, time));
        let (pre, post) = if dt >= 0.0 { (pulse, &late) } else { (&late, pulse) };
        let mut edges: Vec<Time> =
            pre.segments.iter().chain(&post.segments).flat_map(|s| [s.start, s.end]).collect();
        edges.sort_unstable();
        edges.dedup();
        for pair in edges.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            // The value up to an instant is that a femtosecond before it, to 1e-13 of the pulse.
            let before = Time::from_fs(b.fs() - 1);
            for (at, shown) in [(a, a), (before.max(a), b)] {
                let (x, y) = (pre.value_at(at), post.value_at(at));
                table.push(&[dt, shown.as_seconds(), x, y, x - y]);
            }
        }
    }
    table
}
