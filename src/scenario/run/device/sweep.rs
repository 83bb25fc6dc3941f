//! Sweeps, trains of pulses, cycles and retention.

use super::super::super::device::Experiment;
use super::findings::Findings;
use crate::device::preset::PresetDevice;
use crate::device::protocol::{
    CycleOptions, CycleStatistics, PulseProtocol, RetentionOptions, Sweep, Table, cycles, cycles_dose,
    cycles_switch, iv_oscillator, iv_resistive, iv_switch, pulses_resistive, pulses_switch, retention,
};
use crate::device::resistive::{DoseDevice, Resistive as _};
use crate::device::threshold::ThresholdSpread;
use crate::fit::fit_relaxation;
use crate::units::{Quantity as _, Siemens};

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

/// What of the spread is drawn: from cycle to cycle with `noise`; the device on the bench has its own of the other.
fn spread(spread: &ThresholdSpread, noise: bool) -> ThresholdSpread {
    if noise { *spread } else { ThresholdSpread { device: spread.device, ..ThresholdSpread::default() } }
}

/// The conductance a preset states for the start, within the bounds of the device on the bench.
pub fn start(device: &DoseDevice, stated: Siemens) -> Siemens {
    let bounds = device.bounds();
    Siemens::from_si(stated.get().clamp(bounds.g_min, bounds.g_max)).unwrap_or(stated)
}

/// Where a switch turns on, and then off.
fn switchings(found: &mut Findings, table: &Table) {
    let (v, on) = (values(table, "voltage"), values(table, "on"));
    let up = change(on, 0, |on| on > 0.5);
    let down = up.and_then(|row| change(on, row, |on| on > 0.5));
    found.measure("v_th", up.map(|row| v[row]));
    found.measure("v_hold", down.map(|row| v[row]));
}

pub fn iv(device: &PresetDevice, experiment: &Experiment, seed: u64) -> Findings {
    let Experiment::Iv { points, rate, samples, repeat, g_start, noise } = experiment else {
        return Findings::default();
    };
    let sweep = Sweep { points: points.clone(), rate: *rate, samples: *samples, repeat: *repeat };
    let drawn = noise.then_some(seed);
    let mut found = Findings::default();
    let table = match device {
        PresetDevice::ThresholdSwitch { switch, spread: stated } => {
            let table = iv_switch(switch, &sweep, &spread(stated, *noise), seed);
            switchings(&mut found, &table);
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
            let start = g_start.unwrap_or_else(|| start(device, *stated)).get();
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
        PresetDevice::Oscillator { oscillator } => {
            let table = iv_oscillator(oscillator, &sweep);
            switchings(&mut found, &table);
            table
        }
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

pub fn pulses(preset: &PresetDevice, experiment: &Experiment, seed: u64) -> Findings {
    let &Experiment::Pulses { amplitude, width, period, count, reverse, samples, g_start, noise } =
        experiment
    else {
        return Findings::default();
    };
    let train = PulseProtocol { amplitude, width, period, count };
    let trains: Vec<PulseProtocol> =
        std::iter::once(train).chain(reverse.map(|amplitude| PulseProtocol { amplitude, ..train })).collect();
    let mut found =
        Findings { seconds: period.get() * f64::from(count) * trains.len() as f64, ..Findings::default() };
    let table = match (preset, preset.resistive()) {
        (PresetDevice::ThresholdSwitch { switch, spread: stated }, _) => {
            let table = pulses_switch(switch, &train, samples, &spread(stated, noise), seed);
            fired(&mut found, &table, &train, samples);
            table
        }
        (_, Some(device)) => {
            let stated = match preset {
                PresetDevice::DoseDevice { device, g_start, .. } => start(device, *g_start).get(),
                PresetDevice::BinarySwitch { device, .. } => device.median(false),
                _ => 0.0,
            };
            let start = g_start.map_or(stated, Siemens::get);
            let table = pulses_resistive(device, start, &trains, noise.then_some(seed));
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

/// When a switch fired, and how its state rose before: at the ends of the pulses
/// u_n = u_end + (u_1 - u_end) e^(-n P/tau), which gives tau.
fn fired(found: &mut Findings, table: &Table, train: &PulseProtocol, samples: u32) {
    let (t, u, spikes) = (values(table, "time"), values(table, "state"), values(table, "spikes"));
    // Without a pause there are no rows of one. The first row is the start.
    let of_pulse = samples as usize * if train.period > train.width { 2 } else { 1 };
    let first = spikes.iter().position(|n| *n > 0.0).map(|row| row.saturating_sub(1) / of_pulse.max(1));
    let peaks: Vec<(f64, f64)> = (0..first.unwrap_or(train.count as usize))
        .filter_map(|pulse| {
            let row = pulse * of_pulse + samples as usize;
            Some((*t.get(row)?, *u.get(row)?))
        })
        .collect();
    found.measure("first_spike", first.map(|pulse| (pulse + 1) as f64));
    found.measure("spikes", spikes.last().copied());
    match fit_relaxation(&peaks) {
        Ok(fit) => found.measure("tau", fit.get("tau").map(|p| p.value)),
        Err(error) => found.notes.push(format!("no time constant of the rise: {error}")),
    }
}

pub fn cycle(preset: &PresetDevice, experiment: &Experiment, seed: u64) -> Findings {
    let &Experiment::Cycles { cycles: count, v_set, v_reset, edge, wear } = experiment else {
        return Findings::default();
    };
    let options = CycleOptions { cycles: count, v_set, v_reset, edge, seed, entity: 0 };
    let mut found = Findings::default();
    let (table, s) = match preset {
        PresetDevice::ThresholdSwitch { switch, spread } => cycles_switch(switch, spread, &options),
        PresetDevice::BinarySwitch { device, endurance, .. } => {
            cycles(device, wear.then_some(endurance), &options)
        }
        PresetDevice::DoseDevice { device, g_start, .. } => {
            cycles_dose(device, start(device, *g_start).get(), &options)
        }
        PresetDevice::Oscillator { .. } => (Table::default(), CycleStatistics::default()),
    };
    found.energy = (s.energies.device, s.energies.limiter);
    let volatile = matches!(preset, PresetDevice::ThresholdSwitch { .. });
    // A volatile device turns off on its own.
    found.seconds = if volatile { 2.0 } else { 4.0 } * edge.get() * count as f64;
    let quantities: &[(&'static str, f64)] = if volatile {
        &[("cv_v_on", s.r_on.cv), ("cv_v_off", s.r_off.cv), ("v_on", s.r_on.mean), ("v_off", s.r_off.mean)]
    } else {
        &[
            ("cv_on", s.r_on.cv),
            ("cv_off", s.r_off.cv),
            ("log_cv_on", s.r_on.log_cv),
            ("log_cv_off", s.r_off.log_cv),
            ("r_on", s.r_on.mean),
            ("r_off", s.r_off.mean),
            ("window", s.r_off.mean / s.r_on.mean),
        ]
    };
    let common = [
        ("failed_sets", s.failed_sets as f64),
        ("failed_resets", s.failed_resets as f64),
        ("device_energy", s.energies.device),
        ("limiter_energy", s.energies.limiter),
    ];
    for &(name, value) in quantities.iter().chain(&common) {
        found.measure(name, value);
    }
    found.notes.push(format!(
        "{count} cycles determine a coefficient of variation to {:.2} % (three standard errors)",
        300.0 * s.r_on.cv_error()
    ));
    if let PresetDevice::BinarySwitch { endurance, .. } = preset
        && !wear
        && count > endurance.measured
    {
        found.notes.push(format!(
            "{count} cycles are outside the measured range of {}; the device is taken not to wear",
            endurance.measured
        ));
    }
    found.curve("", table);
    found
}

/// `compared`: with what was measured, which ended somewhere.
pub fn retained(preset: &PresetDevice, experiment: &Experiment, compared: bool, seed: u64) -> Findings {
    let &Experiment::Retention { length, samples, devices, floor } = experiment else {
        return Findings::default();
    };
    let (on, off, model) = match preset {
        PresetDevice::BinarySwitch { device, retention, .. } => {
            (device.median(true), device.median(false), retention)
        }
        PresetDevice::DoseDevice { device, retention, .. } => {
            let bounds = device.bounds();
            (bounds.g_max, bounds.g_min, retention)
        }
        _ => return Findings::default(),
    };
    let siemens = |g: f64| Siemens::from_si(g).unwrap_or(Siemens::ZERO);
    let options = RetentionOptions { g_on: siemens(on), g_off: siemens(off), length, samples, devices, seed };
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
    if compared {
        found.notes.push(format!(
            "{length} is the end of the measurement, not a lifetime: what is known is that tau is larger"
        ));
    }
    found.curve("", table);
    found
}
