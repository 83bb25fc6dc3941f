//! `memspike check` and `memspike resolve`.

use super::args::{CheckArgs, ResolveArgs};
use super::end::End;
use super::failure::Failure;
use super::output::Output;
use super::values::Format;
use super::wiring::{self, Recorded};
use memspike::registry::Registry;
use memspike::scenario::{load_estimate, synapses};
use serde_json::json;

/// Loads every scenario and reports on all of them, also after one with faults.
pub fn check(args: &CheckArgs, registry: &Registry, output: &Output) -> Result<End, Failure> {
    let CheckArgs { of, format } = args;
    let mut faulty = Vec::new();
    let mut found = Vec::new();
    for scenario in &of.scenarios {
        match wiring::load(scenario, &of.overrides, Recorded::default(), registry) {
            Ok(loaded) => {
                for one in &loaded {
                    output.warnings(&one.warnings);
                    let warnings = one.warnings.counts().1;
                    let mut remark = match warnings {
                        0 => String::new(),
                        1 => ", 1 warning".into(),
                        n => format!(", {n} warnings"),
                    };
                    let (pending, _) = load_estimate::needs(&one.plan);
                    let memory = synapses::estimate(&one.plan).drawn().map(|bytes| bytes + pending);
                    if let Some(bytes) = memory {
                        remark.push_str(&format!(", takes about {} of memory", synapses::shown(bytes)));
                    }
                    match format {
                        Format::Text => output.told(&format!("{}: valid{remark}", one.plan.name))?,
                        Format::Json => found.push(json!({
                            "scenario": one.plan.name, "valid": true, "warnings": warnings, "memory_bytes": memory,
                        })),
                    }
                    for choice in wiring::choices(&one.plan)? {
                        output.detail(&choice);
                    }
                }
            }
            Err(failure) => {
                output.failure(&failure);
                faulty.push(scenario.as_str());
                found.push(json!({ "scenario": scenario, "valid": false, "why": failure.to_string() }));
            }
        }
    }
    if *format == Format::Json {
        output.answer(*format, String::new, &found)?;
    }
    if faulty.is_empty() {
        return Ok(End::Done);
    }
    Err(Failure::new(format!("not valid: {}", faulty.join(", "))))
}

/// Prints every plan in full.
pub fn resolve(args: &ResolveArgs, registry: &Registry, output: &Output) -> Result<End, Failure> {
    let ResolveArgs { of, format } = args;
    let mut plans = Vec::new();
    for scenario in &of.scenarios {
        for one in wiring::load(scenario, &of.overrides, Recorded::default(), registry)? {
            output.warnings(&one.warnings);
            if *format == Format::Json {
                plans.push(one.plan);
                continue;
            }
            let mut text = one.resolve();
            text.push_str("\n# What the engine chooses for it:\n");
            for choice in wiring::choices(&one.plan)? {
                text.push_str(&format!("# {choice}\n"));
            }
            output.data(&text)?;
        }
    }
    if *format == Format::Json {
        output.answer(*format, String::new, &plans)?;
    }
    Ok(End::Done)
}
