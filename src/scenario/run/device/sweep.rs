//! Sweeps, trains of pulses, cycles and retention.

use super::super::super::device::Experiment;
use super::findings::Findings;
use crate::device::Open;
use crate::device::model::Draws;
use crate::device::protocol::{
    self, CycleOptions, PulseProtocol, RetentionOptions, Sweep, Table, cycles, cycles_switch,
    pulses_resistive, pulses_switch, retention,
};
use crate::device::retention::Retention;
use crate::device::threshold::VolatileSwitch;
use crate::fit::Curve;
use crate::hint::many;
use crate::units::{Quantity as _, Siemens};

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest: f64, v| largest.max(v.abs()))
}

pub fn iv(device: &Open, experiment: &Experiment, seed: u64) -> Findings {
    let Experiment::Iv { points, rate, samples, repeat, g_start, noise } = experiment else {
        return Findings::default();
    };
    let sweep = Sweep { points: points.clone(), rate: *rate, samples: *samples, repeat: *repeat };
    let draws = Draws::new(seed, *noise);
    let start = g_start.and_then(|g| device.programmed(g.get())).unwrap_or_else(|| device.start(&draws));
    let table = protocol::iv(device, &start, &sweep, &draws);
    let mut found = Findings { measured: device.read_loop(&table, &start), ..Findings::default() };
    found.measure("largest_current", largest(table.column("current")));
    found.seconds = table.column("time").last().copied().unwrap_or(0.0);
    found.energies(&table);
    found.curve("", table);
    found
}

pub fn pulses(device: &Open, experiment: &Experiment, seed: u64) -> Findings {
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
    let draws = Draws::new(seed, noise);
    let table = if let Some(memory) = device.memory() {
        let start = g_start.map_or(memory.start, Siemens::get);
        let table = pulses_resistive(memory.device, start, &trains, noise.then_some(seed));
        found.measure("g_start", start);
        found.measure("g_end", table.column("conductance").last().copied());
        table
    } else if let Some(switch) = device.get::<VolatileSwitch>() {
        let table = pulses_switch(switch, &train, samples, &draws);
        fired(&mut found, &table, &train, samples);
        table
    } else {
        protocol::pulses(device, &device.start(&draws), &train, samples, &draws)
    };
    found.energies(&table);
    found.curve("", table);
    found
}

/// When a switch fired, and how its conductance rose before: at the ends of the pulses
/// G_n = G_end + (G_1 - G_end) e^(-n P/tau), which gives tau.
fn fired(found: &mut Findings, table: &Table, train: &PulseProtocol, samples: u32) {
    let (t, g, spikes) = (table.column("time"), table.column("conductance"), table.column("spikes"));
    // Without a pause there are no rows of one. The first row is the start.
    let of_pulse = samples as usize * if train.period > train.width { 2 } else { 1 };
    let first = spikes.iter().position(|n| *n > 0.0).map(|row| row.saturating_sub(1) / of_pulse.max(1));
    let peaks: Vec<(f64, f64)> = (0..first.unwrap_or(train.count as usize))
        .filter_map(|pulse| {
            let row = pulse * of_pulse + samples as usize;
            Some((*t.get(row)?, *g.get(row)?))
        })
        .collect();
    found.measure("first_spike", first.map(|pulse| (pulse + 1) as f64));
    found.measure("spikes", spikes.last().copied());
    match Curve::Relaxation.fit(&peaks, &[]) {
        Ok(fit) => found.measure("tau", fit.get("tau").map(|p| p.value)),
        Err(error) => found.notes.push(format!("no time constant of the rise: {error}")),
    }
}

pub fn cycle(device: &Open, experiment: &Experiment, seed: u64) -> Option<Findings> {
    let &Experiment::Cycles { cycles: count, v_set, v_reset, edge, wear } = experiment else { return None };
    let options = CycleOptions { cycles: count, v_set, v_reset, edge, seed, entity: 0 };
    let mut found = Findings::default();
    let (table, s) = if let Some(memory) = device.memory() {
        let endurance = memory.endurance;
        let cycled = cycles(memory.device, memory.start, endurance.filter(|_| wear), &options);
        if let Some(endurance) = endurance.filter(|endurance| !wear && count > endurance.measured) {
            found.notes.push(format!(
                "{} are outside the measured range of {}; the device is taken not to wear",
                many(count, "cycle"),
                endurance.measured
            ));
        }
        cycled
    } else {
        cycles_switch(device.get()?, &options)
    };
    found.energy = (s.energies.device, s.energies.limiter);
    let volatile = device.memory().is_none();
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
    if s.r_on.count > 1 {
        found.notes.insert(
            0,
            format!(
                "{count} cycles determine a coefficient of variation to {:.2} % (three standard errors)",
                300.0 * s.r_on.cv_error()
            ),
        );
    }
    found.curve("", table);
    Some(found)
}

/// `compared`: with what was measured, which ended somewhere.
pub fn retained(device: &Open, experiment: &Experiment, compared: bool, seed: u64) -> Option<Findings> {
    let &Experiment::Retention { length, samples, devices, floor, nominal } = experiment else { return None };
    let memory = device.memory()?;
    let model = Retention {
        lifetime_sigma: if nominal { 0.0 } else { memory.retention.lifetime_sigma },
        ..*memory.retention
    };
    let siemens = |g: f64| Siemens::from_si(g).unwrap_or(Siemens::ZERO);
    let (g_on, g_off) = (siemens(memory.ends.0), siemens(memory.ends.1));
    let options = RetentionOptions { g_on, g_off, length, samples, devices, seed };
    let table = retention(&model, &options);
    let (t, window) = (table.column("time"), table.column("window"));
    let lost = |name: &str| {
        let g = table.column(name);
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
    Some(found)
}
