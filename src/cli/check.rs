//! `memspike check` and `memspike resolve`.

use super::args::ScenarioArgs;
use super::end::End;
use super::failure::Failure;
use super::output::Output;
use super::wiring::{self, Recorded};
use memspike::registry::Registry;
use memspike::scenario::{load_estimate, synapses};

/// Loads every scenario and reports on all of them, also after one with faults.
pub fn check(args: &ScenarioArgs, registry: &Registry, output: &Output) -> Result<End, Failure> {
    let mut faulty = Vec::new();
    for scenario in &args.scenarios {
        match wiring::load(scenario, &args.overrides, Recorded::default(), registry) {
            Ok(loaded) => {
                for one in &loaded {
                    output.warnings(&one.warnings);
                    let mut remark = match one.warnings.counts().1 {
                        0 => String::new(),
                        1 => ", 1 warning".into(),
                        n => format!(", {n} warnings"),
                    };
                    let (pending, _) = load_estimate::needs(&one.plan);
                    if let Some(bytes) = synapses::estimate(&one.plan).drawn().map(|bytes| bytes + pending) {
                        remark.push_str(&format!(", takes about {} of memory", synapses::shown(bytes)));
                    }
                    output.data(&format!("{}: valid{remark}", one.plan.name))?;
                    for choice in wiring::choices(&one.plan)? {
                        output.detail(&choice);
                    }
                }
            }
            Err(failure) => {
                output.failure(&failure);
                faulty.push(scenario.as_str());
            }
        }
    }
    if faulty.is_empty() {
        return Ok(End::Done);
    }
    Err(Failure::new(format!("not valid: {}", faulty.join(", "))))
}

/// Prints every plan in full.
pub fn resolve(args: &ScenarioArgs, registry: &Registry, output: &Output) -> Result<End, Failure> {
    for scenario in &args.scenarios {
        for one in wiring::load(scenario, &args.overrides, Recorded::default(), registry)? {
            output.warnings(&one.warnings);
            let mut text = one.resolve();
            text.push_str("\n# What the engine chooses for it:\n");
            for choice in wiring::choices(&one.plan)? {
                text.push_str(&format!("# {choice}\n"));
            }
            output.data(&text)?;
        }
    }
    Ok(End::Done)
}
