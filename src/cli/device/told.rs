//! What an experiment found, in a sentence or two; and what an instrument would have measured of it.

use super::super::failure::Failure;
use super::noise::Noise;
use memspike::device::Open;
use memspike::device::memory::DoseMemory;
use memspike::device::model::Memory;
use memspike::device::protocol::{Moments, StdpOptions, Table, stdp_fits};
use memspike::device::retention::{DecayLaw, Retention};
use memspike::device::threshold::VolatileSwitch;
use memspike::fit::Curve;
use memspike::hint::many;
use memspike::plot::number;
use memspike::scenario::device::ExperimentResult;
use memspike::scenario::device::{Experiment, ExperimentPlan};
use memspike::units::Siemens;
use std::fmt::Write as _;

/// Three digits and a prefix, as a person writes them.
pub fn short(value: f64, unit: &str) -> String {
    typeset(&number::si(value, unit))
}

/// `7 uA` as print has it: with a micro sign, an ohm sign and a true minus.
fn typeset(text: &str) -> String {
    text.replace(" u", " \u{b5}").replace("Ohm", "\u{2126}").replace('-', "\u{2212}")
}

fn column<'t>(table: &'t Table, name: &str) -> &'t [f64] {
    table.values(name).unwrap_or_default()
}

/// What was chosen and what came of it.
pub fn notes(plan: &ExperimentPlan, table: &Table, seed: u64) -> Vec<String> {
    let device = plan.device.on_bench(seed);
    match &plan.experiment {
        Experiment::Iv { points, rate, .. } => {
            let through: Vec<String> = points.iter().map(|v| short(v.get(), "V")).collect();
            vec![format!("sweep {} at {}", through.join(" \u{2192} "), short(rate.get(), "V/s"))]
        }
        Experiment::Pulses { amplitude, width, period, count, reverse, .. } => {
            vec![if device.memory().is_some() {
                let trains: Vec<String> = std::iter::once(amplitude)
                    .chain(reverse)
                    .map(|v| {
                        let does = if v.get() < 0.0 { "RESET" } else { "SET" };
                        format!("{count} of {} ({does})", short(v.get(), "V"))
                    })
                    .collect();
                typeset(&format!("pulses of {width}: {}", trains.join(", then ")))
            } else {
                let turned = match table.values("spikes").map(<[f64]>::last) {
                    None => String::new(),
                    Some(None | Some(0.0)) => ": it never turned on".to_owned(),
                    Some(Some(1.0)) => ": it turned on once".to_owned(),
                    Some(Some(n)) => format!(": it turned on {n} times"),
                };
                typeset(&format!("{} of {amplitude}, {width} every {period}{turned}", many(count, "pulse")))
            }]
        }
        Experiment::Stdp { reach, g_start, .. } => {
            let Some(memory @ DoseMemory { pulse: Some(pulse), .. }) = device.get() else {
                return Vec::new();
            };
            let g0 = g_start.map_or(memory.start(), Siemens::get);
            vec![format!(
                "pairs up to {reach} apart, from G0 = {}; pulse {} peak, {} tail over {}",
                short(g0, "S"),
                pulse.peak,
                pulse.tail,
                pulse.tail_length
            )]
        }
        Experiment::Relaxation { .. } => {
            let Some(VolatileSwitch { switch, .. }) = device.get() else { return Vec::new() };
            let on = short(switch.natural_on_time().get(), "s");
            vec![format!("relaxation from V_th without drive, \u{3c4} {}: it stays on for {on}", switch.tau)]
        }
        Experiment::Retention { length, devices, .. } => {
            let Some(Memory { retention, .. }) = device.memory() else { return Vec::new() };
            let devices = many(devices, "device");
            vec![format!("{devices} over {}: {}", short(length.get(), "s"), decay(retention))]
        }
        Experiment::Cycles { cycles, v_set, v_reset, edge, .. } => {
            let note = format!(
                "{} cycles to {} and {} at {}",
                number::count(*cycles),
                short(v_set.get(), "V"),
                short(v_reset.get(), "V"),
                short(v_set.get().abs() / edge.get(), "V/s")
            );
            let spread = spreads(table, &device).into_iter().map(|(name, unit, m)| {
                let log = if unit == "Ohm" {
                    format!(" (of log10: {:.3} %)", 100.0 * m.log_cv)
                } else {
                    String::new()
                };
                let spread =
                    format!(", CV {:.3} % \u{b1} {:.3} %{log}", 100.0 * m.cv, 100.0 * m.cv * m.cv_error());
                format!(
                    "{name}: mean {}{}",
                    short(m.mean, unit),
                    if m.count > 1 { spread } else { String::new() }
                )
            });
            std::iter::once(note).chain(spread).collect()
        }
        Experiment::Integration { .. } | Experiment::Power { .. } | Experiment::SpikePulses { .. } => {
            Vec::new()
        }
    }
}

fn decay(model: &Retention) -> String {
    match model.law {
        DecayLaw::Perfect => "the preset states no decay".to_owned(),
        law => format!("decay {law}"),
    }
}

/// The two columns of a table of cycles, and how they spread; a cycle that failed to turn a switch on has no voltages, and one
/// that did not come to the state asked for no resistance of it.
fn spreads<'t>(table: &'t Table, device: &Open) -> Vec<(&'t str, &'t str, Moments)> {
    let failed = |name: &str, value: f64| {
        let asked = match name {
            "r_on" => true,
            "r_off" => false,
            _ => return false,
        };
        device.memory().and_then(|memory| memory.device.switched(1.0 / value)).is_some_and(|on| on != asked)
    };
    let columns = table.columns.iter().filter(|column| column.name != "cycle");
    columns
        .map(|column| {
            let counts = |value: &f64| *value > 0.0 && !failed(&column.name, *value);
            let seen: Vec<f64> = column.values.iter().copied().filter(counts).collect();
            (column.name.as_str(), column.unit.as_str(), Moments::of(&seen))
        })
        .collect()
}

/// The statistics of cycles instead of their table.
///
/// A single cycle has no spread, and the logarithm of a voltage means nothing: these are left empty.
pub fn summary(result: &ExperimentResult, plan: &ExperimentPlan, table: &Table, seed: u64) -> String {
    let device = plan.device.on_bench(seed);
    let spreads = spreads(table, &device);
    let unit = spreads.first().map_or("", |(_, unit, _)| unit);
    let known = |is: bool, percent: f64| if is { percent.to_string() } else { String::new() };
    let mut text =
        format!("quantity,count,mean [{unit}],cv [%],standard error of cv [%],cv of log10 [%],failed\n");
    for ((name, _, m), failed) in spreads.iter().zip(["failed_sets", "failed_resets"]) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{name},{},{:e},{},{},{},{}",
            m.count,
            m.mean,
            known(m.count > 1, 100.0 * m.cv),
            known(m.count > 1, 100.0 * m.cv * m.cv_error()),
            known(m.count > 1 && unit == "Ohm", 100.0 * m.log_cv),
            result.value(failed).unwrap_or(0.0)
        );
    }
    text
}

/// The columns that an instrument would measure.
const MEASURED: [&str; 12] = [
    "current",
    "state",
    "conductance",
    "change",
    "on",
    "on lowest tenth",
    "on highest tenth",
    "off",
    "r_on",
    "r_off",
    "v_on",
    "v_off",
];

/// Adds what an instrument would add, and reads the numbers off the curve again.
///
/// # Errors
/// If the noise is in another unit than what is measured.
pub fn add_noise(
    result: &mut ExperimentResult,
    plan: &ExperimentPlan,
    noise: Noise,
    seed: u64,
) -> Result<(), Failure> {
    let Some(curve) = result.curves.iter_mut().find(|curve| curve.name.is_empty()) else { return Ok(()) };
    let table = &mut curve.table;
    // The state is what is looked at where there is one, and conductance where there is no current.
    let first = |names: &[&'static str]| names.iter().copied().find(|name| table.values(name).is_some());
    let only = first(&["current", "state", "conductance", "change"]);
    let measured = |name: &str| only.map_or_else(|| MEASURED.contains(&name), |only| only == name);
    for (k, column) in table.columns.iter_mut().filter(|column| measured(&column.name)).enumerate() {
        noise
            .add(&mut column.values, &column.unit, seed.wrapping_add((k as u64) << 32))
            .map_err(|message| Failure::new(message).with_hint("give a share such as \"1 %\""))?;
    }
    let mut found: Vec<(&str, Option<f64>)> = Vec::new();
    match plan.experiment {
        Experiment::Stdp { reach, step, fit_from, g_start, .. } => {
            let g0 = g_start.unwrap_or(Siemens::ZERO);
            let sides = ["potentiation", "depression"];
            let names = [["w_plus", "tau_plus"], ["w_minus", "tau_minus"]];
            let fits = stdp_fits(table, &StdpOptions { g0, reach, step, fit_from });
            result.notes.retain(|note| !sides.iter().any(|side| note.starts_with(side)));
            for ((side, [w, tau]), fit) in sides.iter().zip(names).zip(fits) {
                found.push((w, fit.map(|fit| fit.amplitude / 100.0)));
                found.push((tau, fit.map(|fit| fit.tau)));
                result.notes.push(match fit {
                    Some(fit) => {
                        format!("{side}: W = {:.2} %, tau = {:.2} ms", fit.amplitude, fit.tau * 1e3)
                    }
                    None => format!("{side}: no decaying exponential fits"),
                });
            }
        }
        Experiment::Cycles { .. } => {
            for (name, _, m) in spreads(table, &plan.device.on_bench(seed)) {
                let names: &[&'static str] = match name {
                    "v_on" => &["v_on", "cv_v_on"],
                    "v_off" => &["v_off", "cv_v_off"],
                    "r_on" => &["r_on", "cv_on", "log_cv_on"],
                    _ => &["r_off", "cv_off", "log_cv_off"],
                };
                let values = [m.mean, m.cv, m.log_cv];
                found.extend(names.iter().zip(values).map(|(name, value)| (*name, Some(value))));
            }
        }
        Experiment::Relaxation { .. } => {
            let (t, u) = (column(table, "time"), column(table, "state"));
            let points: Vec<(f64, f64)> = t.iter().copied().zip(u.iter().copied()).collect();
            let fit = Curve::Relaxation.fit(&points, &[]).ok();
            let of = |name: &str| fit.as_ref().and_then(|fit| fit.get(name)).map(|p| p.value);
            found.extend([("tau", of("tau")), ("u_rest", of("u_rest"))]);
        }
        _ => {}
    }
    for measured in &mut result.measured {
        if let Some((_, value)) = found.iter().find(|(name, _)| *name == measured.name) {
            measured.value = *value;
        }
    }
    Ok(())
}
