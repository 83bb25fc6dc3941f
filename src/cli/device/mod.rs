//! `memspike device`: one experiment with one device, as a scenario makes it: a table on stdout and, if asked for, a
//! picture.

pub mod args;
mod noise;
mod plan;
pub mod source;
mod told;

use super::end::End;
use super::failure::Failure;
use super::files;
use super::measured::{self, LayoutArgs};
use super::output::Output;
use super::values::TableFormat;
use args::{DeviceArgs, Experiment};
use memspike::device::DeviceEntry;
use memspike::device::preset::Preset;
use memspike::device::protocol::Table;
use memspike::device::threshold::VolatileSwitch;
use memspike::fit;
use memspike::hint::number;
use memspike::numeric::decimal::product;
use memspike::plot;
use memspike::registry::Registry;
use memspike::scenario::device::{Curve, Experiment as Asked, ExperimentPlan};
use memspike::scenario::run;
use serde_json::{Value, json};
use std::path::Path;

pub fn device(args: &DeviceArgs, registry: &Registry, output: &Output) -> Result<End, Failure> {
    let common = args.experiment.common();
    if let Some(path) = &common.plot {
        files::check_picture(path)?;
    }
    let preset = preset(args, registry.devices())?;
    let plan = plan::plan(&args.experiment, preset)?;
    in_range(&plan, common.beyond_range, output)?;
    if let Some(wrong) = plan.wrong_sign() {
        output.warning(&format!("{}; allowed: {}; {}", wrong.what, wrong.allowed, wrong.hint));
    }
    for (key, value) in plan.device.preset.likely_percentages() {
        let percent = number(product(value, 100.0));
        let value = number(value);
        output.warning(&format!(
            "`{key}` is {value}, a spread of {percent} %; if {value} % is meant, write \"{value} %\""
        ));
    }
    let mut result = run::experiment(&plan, common.seed);
    if let Some(noise) = common.noise {
        told::add_noise(&mut result, &plan, noise, common.seed)?;
    }
    if let Some(path) = &common.over {
        let over = over(path, &plan, &common.layout)?;
        output.note(&over.1);
        result.curves.push(over.0);
    }
    let none = Table::default();
    let table = result.curve("").unwrap_or(&none);
    for note in told::notes(&plan, table, common.seed).iter().chain(&result.notes) {
        output.note(note);
    }
    for assumed in plan.device.preset.assumed() {
        let mark = if assumed.source == source::SET { "" } else { "assumed: " };
        output.detail(&format!("{mark}{assumed}"));
    }
    if let Some(path) = &common.plot {
        let figures = plot::experiments(std::slice::from_ref(&plan), std::slice::from_ref(&result));
        if let Some(figure) = figures.first() {
            files::write_picture(path, &figure.svg)?;
            output.note(&format!("drawn in {}", path.display()));
        }
    }
    let summary = matches!(&args.experiment, Experiment::Cycles(args) if args.summary)
        .then(|| told::summary(&result, &plan, table, common.seed));
    match (common.format, summary) {
        (TableFormat::Json, summary) => {
            output.data(&objects(&summary.unwrap_or_else(|| table.to_csv())))?;
        }
        (TableFormat::Csv, Some(summary)) => output.data(&summary)?,
        (TableFormat::Csv, None) => table.csv_pieces().try_for_each(|piece| output.data(&piece))?,
    }
    Ok(End::Done)
}

/// The rows of a table as JSON objects: numbers as numbers, empty fields left out.
fn objects(csv: &str) -> String {
    let mut lines = csv.lines();
    let heads: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let cell = |text: &str| text.parse::<f64>().map_or_else(|_| json!(text), |number| json!(number));
    let row = |line: &str| -> Value {
        let cells = heads.iter().zip(line.split(',')).filter(|(_, text)| !text.is_empty());
        Value::Object(cells.map(|(head, text)| ((*head).to_string(), cell(text))).collect())
    };
    format!("{:#}", Value::Array(lines.map(row).collect()))
}

/// A measurement to be drawn over the experiment, and how it was read.
fn over(path: &Path, plan: &ExperimentPlan, layout: &LayoutArgs) -> Result<(Curve, String), Failure> {
    let measured = match &plan.experiment {
        Asked::Iv { .. } => fit::Curve::Iv { ohmic: false },
        Asked::Stdp { .. } => fit::Curve::Stdp,
        Asked::Retention { .. } => fit::Curve::Retention { stretched: false },
        Asked::Relaxation { .. } => fit::Curve::Relaxation,
        Asked::Pulses { .. } if plan.device.preset.device.memory().is_some() => fit::Curve::Pulses,
        Asked::Pulses { .. } if plan.device.preset.device.get::<VolatileSwitch>().is_some() => {
            fit::Curve::Relaxation
        }
        _ => {
            return Err(Failure::new(format!(
                "nothing can be drawn over `{}` of `{}`",
                plan.name, plan.device.name
            ))
            .with_hint("leave --over away"));
        }
    };
    let data = measured::read(path, measured, layout)?;
    let mut table = Table::new(&[("x", ""), ("y", "")]);
    for (x, y) in data.points {
        table.push(&[x, y]);
    }
    Ok((Curve { name: plot::OVER.to_owned(), table }, data.notes.join("; ")))
}

/// The preset, with what the options change in it.
fn preset(args: &DeviceArgs, kinds: &[DeviceEntry]) -> Result<Preset, Failure> {
    let mut set = args.experiment.common().set.clone();
    let preset = source::find(&args.name, &set, kinds)?.preset;
    let Experiment::Iv(iv) = &args.experiment else { return Ok(preset) };
    let Some(i_cc) = iv.compliance else { return Ok(preset) };
    let kind = preset.device.kind();
    if kind.keys.iter().all(|key| key.name != "i_cc") {
        return Err(Failure::new(format!("{} has no current limiter", kind.words()))
            .with_hint("leave --compliance away"));
    }
    set.push(("i_cc".to_owned(), i_cc.to_string()));
    Ok(source::find(&args.name, &set, kinds)?.preset)
}

/// Holds voltages to the range the preset is stated for.
fn in_range(plan: &ExperimentPlan, beyond: bool, output: &Output) -> Result<(), Failure> {
    let Some(outside) = plan.out_of_range() else { return Ok(()) };
    if beyond {
        output.warning(&outside.to_string());
        return Ok(());
    }
    Err(Failure::new(outside.to_string())
        .with_hint("stay within it, or add --beyond-range to extrapolate at your own risk"))
}
