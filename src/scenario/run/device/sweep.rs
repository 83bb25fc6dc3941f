//! Sweeps, trains of pulses, cycles and retention.

use super::super::super::device::{Experiment, ExperimentPlan};
use super::findings::Findings;
use crate::device::circuit::Ramp;
use crate::device::endurance::Endurance;
use crate::device::preset::PresetDevice;
use crate::device::protocol::{
    CycleOptions, PulseProtocol, RetentionOptions, Sweep, Table, cycles, iv_resistive, iv_switch,
    pulses_resistive, retention,
};
use crate::device::resistive::BinarySwitch;
use crate::device::retention::Retention;
use crate::device::threshold::{ThresholdSpread, ThresholdSwitch};
use crate::fit::fit_relaxation;
use crate::units::{Second, Siemens};

/// A difference of conductance below this part of the range is none.
const SAME: f64 = 1e-9;

/// The row before which a column takes another value than in row `from`.
fn change(values: &[f64], from: usize, is: impl Fn(f64) -> bool) -> Option<usize> {
    let first = is(*values.get(from)?);
    (from + 1..values.len()).find(|&row| is(values[row]) != first)
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest: f64, v| largest.max(v.abs()))
}

/// Spread from cycle to cycle alone: there is one device.
fn spread(spread: &ThresholdSpread, noise: bool) -> ThresholdSpread {
    if noise { ThresholdSpread { device: 0.0, ..*spread } } else { ThresholdSpread::default() }
}

pub fn iv(plan: &ExperimentPlan, seed: u64) -> Findings {
    let Experiment::Iv { points, rate, samples, repeat, g_start, noise } = &plan.experiment else {
        return Findings::default();
    };
    let sweep = Sweep { points: points.clone(), rate: *rate, samples: *samples, repeat: *repeat };
    let drawn = noise.then_some(seed);
    let mut found = Findings::default();
    let table = match &plan.device.preset.device {
        PresetDevice::ThresholdSwitch { switch, spread: stated } => {
            let table = iv_switch(switch, &sweep, &spread(stated, *noise), seed);
            let (v, on) = (values(&table, "voltage"), values(&table, "on"));
            let up = change(on, 0, |on| on > 0.5);
            let down = up.and_then(|row| change(on, row, |on| on > 0.5));
            found.measure("v_th", up.map(|row| v[row]));
            found.measure("v_hold", down.map(|row| v[row]));
            table
        }
        PresetDevice::BinarySwitch { device, .. } => {
            let start = g_start.map_or_else(|| device.median(false), Siemens::get);
            let table = iv_resistive(device, start, &sweep, drawn);
            let (v, g) = (values(&table, "voltage"), values(&table, "conductance"));
            let set = change(g, 0, |g| device.is_on(g));
            let reset = set.and_then(|row| change(g, row, |g| device.is_on(g)));
            found.measure("v_set", set.map(|row| v[row]));
            found.measure("v_reset", reset.map(|row| v[row]));
            found.measure("window", set.zip(g.last()).map(|(row, end)| g[row] / end));
            table
        }
        PresetDevice::DoseDevice { device, g_start: stated, .. } => {
            let start = g_start.unwrap_or(*stated).get();
            let table = iv_resistive(device, start, &sweep, drawn);
            let range = device.g_max.get() - device.g_min.get();
            let ends = sweep_ends(&table, start);
            let changes: Vec<f64> = ends.windows(2).map(|pair| (pair[1] - pair[0]) / range).collect();
            let count = |up: f64| changes.iter().filter(|change| *change * up > SAME).count() as f64;
            found.measure("sweeps_up", count(1.0));
            found.measure("sweeps_down", count(-1.0));
            found.measure(
                "change_per_sweep",
                changes.iter().fold(0.0, |sum, change| sum + change) / changes.len() as f64,
            );
            found.measure("g_start", start);
            found.measure("g_end", ends.last().copied());
            table
        }
        PresetDevice::Oscillator { .. } => Table::default(),
    };
    found.measure("largest_current", largest(values(&table, "current")));
    found.seconds = values(&table, "time").last().copied().unwrap_or(0.0);
    found.energies(&table);
    found.curve("", table);
    found
}

/// Conductance before the first sweep and after each.
fn sweep_ends(table: &Table, start: f64) -> Vec<f64> {
    let (cycle, g) = (values(table, "cycle"), values(table, "conductance"));
    let mut ends = vec![start];
    for row in 0..g.len() {
        if cycle.get(row + 1) != Some(&cycle[row]) {
            ends.push(g[row]);
        }
    }
    ends
}

fn values<'t>(table: &'t Table, name: &str) -> &'t [f64] {
    table.values(name).unwrap_or_default()
}

pub fn pulses(plan: &ExperimentPlan, seed: u64) -> Findings {
    let &Experiment::Pulses { amplitude, width, period, count, samples, g_start, noise } = &plan.experiment
    else {
        return Findings::default();
    };
    let train = PulseProtocol { amplitude, width, period, count };
    let mut found = Findings { seconds: period.get() * f64::from(count), ..Findings::default() };
    let preset = &plan.device.preset.device;
    let table = match (preset, preset.resistive()) {
        (PresetDevice::ThresholdSwitch { switch, spread: stated }, _) => {
            fire(switch, &train, samples, &spread(stated, noise), seed, &mut found)
        }
        (_, Some(device)) => {
            let stated = match preset {
                PresetDevice::DoseDevice { g_start, .. } => g_start.get(),
                PresetDevice::BinarySwitch { device, .. } => device.median(false),
                _ => 0.0,
            };
            let start = g_start.map_or(stated, Siemens::get);
            let table = pulses_resistive(device, start, &[train], noise.then_some(seed));
            found.measure("g_start", start);
            found.measure("g_end", values(&table, "conductance").last().copied());
            table
        }
        _ => Table::default(),
    };
    found.energies(&table);
    found.curve("", table);
    found
}

/// Integrate and fire, sampled within every pulse and pause. The rise of the state at the ends of the pulses before
/// the first firing is u_n = u_end + (u_1 - u_end) e^(-n P/tau), and gives tau.
fn fire(
    switch: &ThresholdSwitch,
    train: &PulseProtocol,
    samples: u32,
    spread: &ThresholdSpread,
    seed: u64,
    found: &mut Findings,
) -> Table {
    let mut table = Table::new(&[
        ("time", "s"),
        ("voltage", "V"),
        ("state", "V"),
        ("on", ""),
        ("spikes", ""),
        ("device energy", "J"),
        ("limiter energy", "J"),
    ]);
    let mut state = switch.rest();
    state.v_th = spread.v_th(switch, seed, 0, 0);
    table.push(&[0.0, 0.0, state.u, 0.0, 0.0, 0.0, 0.0]);
    let (mut spikes, mut first, mut peaks) = (0u32, None, Vec::new());
    let pause = train.period.get() - train.width.get();
    for pulse in 0..train.count {
        let begin = train.period.get() * f64::from(pulse);
        for (v, length, offset) in
            [(train.amplitude.get(), train.width.get(), 0.0), (0.0, pause, train.width.get())]
        {
            // Without a pause there is nothing to sample.
            let pieces = if length > 0.0 { samples } else { 0 };
            for k in 0..pieces {
                let mut switchings = Vec::new();
                let ramp = Ramp { from: v, to: v, length: length / f64::from(samples) };
                let e = switch.apply(&mut state, ramp, |n| spread.v_th(switch, seed, 0, n), &mut switchings);
                spikes += switchings.iter().map(|s| u32::from(s.on)).sum::<u32>();
                if spikes > 0 && first.is_none() {
                    first = Some(pulse + 1);
                }
                table.push(&[
                    begin + offset + length * f64::from(k + 1) / f64::from(samples),
                    v,
                    state.u,
                    f64::from(u8::from(state.on)),
                    f64::from(spikes),
                    e.off.device + e.on.device,
                    e.off.limiter + e.on.limiter,
                ]);
            }
            if offset == 0.0 && first.is_none() {
                peaks.push((begin + length, state.u));
            }
        }
    }
    found.measure("first_spike", first.map(f64::from));
    found.measure("spikes", f64::from(spikes));
    match fit_relaxation(&peaks) {
        Ok(fit) => found.measure("tau", fit.get("tau").map(|p| p.value)),
        Err(error) => found.notes.push(format!("no time constant of the rise: {error}")),
    }
    table
}

pub fn cycle(device: &BinarySwitch, endurance: &Endurance, experiment: &Experiment, seed: u64) -> Findings {
    let &Experiment::Cycles { cycles: count, v_set, v_reset, edge } = experiment else {
        return Findings::default();
    };
    let options = CycleOptions { cycles: count, v_set, v_reset, edge, seed, entity: 0 };
    let (table, s) = cycles(device, None, &options);
    let mut found = Findings {
        seconds: 4.0 * edge.get() * count as f64,
        energy: (s.energies.device, s.energies.limiter),
        ..Findings::default()
    };
    for (name, value) in [
        ("cv_on", s.r_on.cv),
        ("cv_off", s.r_off.cv),
        ("log_cv_on", s.r_on.log_cv),
        ("log_cv_off", s.r_off.log_cv),
        ("r_on", s.r_on.mean),
        ("r_off", s.r_off.mean),
        ("window", s.r_off.mean / s.r_on.mean),
        ("failed_sets", s.failed_sets as f64),
        ("failed_resets", s.failed_resets as f64),
        ("device_energy", s.energies.device),
        ("limiter_energy", s.energies.limiter),
    ] {
        found.measure(name, value);
    }
    found.notes.push(format!(
        "{count} cycles determine a coefficient of variation to {:.2} % (three standard errors)",
        300.0 * s.r_on.cv_error()
    ));
    if count > endurance.measured {
        found.notes.push(format!(
            "{count} cycles are outside the measured range of {}; the device is taken not to wear",
            endurance.measured
        ));
    }
    found.curve("", table);
    found
}

pub fn retained(device: &BinarySwitch, model: &Retention, experiment: &Experiment, seed: u64) -> Findings {
    let &Experiment::Retention { length, samples, devices, floor } = experiment else {
        return Findings::default();
    };
    let of = |on: bool| Siemens::new(device.median(on));
    let options = RetentionOptions { g_on: of(true), g_off: of(false), length, samples, devices, seed };
    let table = retention(model, &options);
    let (t, window) = (values(&table, "time"), values(&table, "window"));
    let lost = |name: &str| {
        let g = values(&table, name);
        g.first().zip(g.last()).map(|(first, last)| 1.0 - last / first)
    };
    let kept = window.iter().take_while(|w| **w >= floor).count();
    let mut found = Findings { seconds: length.get(), ..Findings::default() };
    found.measure("held", kept.checked_sub(1).and_then(|row| t.get(row)).copied());
    found.measure("window", window.last().copied());
    found.measure("loss_on", lost("on"));
    found.measure("change_off", lost("off").map(|lost| -lost));
    found.notes.push(format!(
        "{length} is the end of the measurement, not a lifetime: what is known is that tau is larger",
        length = Second::new(length.get())
    ));
    found.curve("", table);
    found
}
