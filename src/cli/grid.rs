//! `--engine clocked` and its step.

use super::args::{Engine, RunArgs};
use super::failure::Failure;
use memspike::network::Effect;
use memspike::neuron::Neuron;
use memspike::scenario::plan::Plan;
use memspike::scenario::{Diagnostic, Diagnostics, Loaded};
use memspike::time::Time;
use memspike::units::{Quantity as _, Second};

/// `--dt` belongs to the clocked engine, and that one runs networks as they are.
///
/// # Errors
/// If one is there without the other, or a scenario is of another kind.
pub fn check(args: &RunArgs, loaded: &[Loaded]) -> Result<(), Failure> {
    if args.engine != Engine::Clocked {
        return match args.dt {
            Some(_) => Err(Failure::new("--dt is the step of the clocked engine, and this run has none")
                .with_hint("add --engine clocked, or omit --dt")),
            None => Ok(()),
        };
    }
    if let Some(scenario) = loaded.iter().find(|scenario| !scenario.plan.record.states.is_empty()) {
        return Err(Failure::new(format!(
            "--engine clocked keeps no states that `{}` records; allowed: --set record.states=[]",
            scenario.plan.name
        ))
        .with_hint("use --engine fast, or record the membrane"));
    }
    let trained = loaded.iter().find(|scenario| scenario.plan.protocol.as_it_is().is_none());
    match trained {
        Some(scenario) => Err(Failure::new(format!(
            "--engine clocked runs a network as it is, and `{}` is not of that kind",
            scenario.plan.name
        ))
        .with_hint("use --engine fast, or a scenario with kind = \"simulate\" in [protocol]")),
        None => Ok(()),
    }
}

/// Warnings of a step that is longer than the run, or than what happens in it takes.
pub fn coarse(args: &RunArgs, plan: &Plan) -> Diagnostics {
    let mut warnings = Diagnostics::default();
    let (Engine::Clocked, Some(dt)) = (args.engine, args.dt) else { return warnings };
    let shortest = times(plan).into_iter().min_by(|a, b| a.1.get().total_cmp(&b.1.get()));
    let run = plan.protocol.as_it_is().map(seconds);
    let dt = seconds(dt);
    let choose = match (&shortest, run) {
        (Some((_, time)), _) => tenth(*time),
        (None, Some(run)) => tenth(run),
        (None, None) => None,
    };
    let choose = choose
        .map(|dt| format!("results converge to those of the event engines with the step: --dt \"{dt}\""));
    if let Some(run) = run.filter(|run| dt > *run) {
        warnings.push(
            Diagnostic::warning(format!(
                "--dt {dt} is longer than the run of `{}`, which takes {run}",
                plan.name
            ))
            .allowed("a step that is much shorter than the run: nothing happens between two steps")
            .maybe_hint(choose.clone()),
        );
    }
    if let Some((what, time)) = shortest.filter(|(_, time)| dt > *time) {
        warnings.push(
            Diagnostic::warning(format!("--dt {dt} is longer than {what}, which is {time}"))
                .allowed(format!("a step that is much shorter than {time}: spikes are on the grid, and other times are whole steps"))
                .maybe_hint(choose),
        );
    }
    warnings
}

/// As it is told of: "1 s".
fn seconds(time: Time) -> Second {
    Second::of(time.as_seconds())
}

/// Every time that a step should be short against, with its name.
fn times(plan: &Plan) -> Vec<(String, Second)> {
    let mut times = Vec::new();
    for population in &plan.populations {
        let of = |key: &str| format!("`{key}` of population `{}`", population.name);
        for neuron in population.kinds().filter(|neuron| neuron.open().is_none()) {
            let membrane = neuron.membrane();
            times.push((
                of(if matches!(neuron, Neuron::Switch(_)) { "tau" } else { "tau_m" }),
                membrane.tau_m,
            ));
            if let Neuron::Lif(lif) = neuron {
                times.push((of("t_ref"), lif.t_ref));
            }
        }
    }
    for projection in &plan.projections {
        let of = |what: &str| format!("{what} of projection `{}`", projection.name);
        if let Effect::Fades(fades) = projection.kernel.effect() {
            let names = ["`tau_syn`", "`tau_rise`"];
            times.extend(names.iter().zip(fades).filter_map(|(name, fade)| Some((of(name), fade?.tau))));
        }
        times.push((of("the delay"), seconds(projection.delay)));
    }
    times.retain(|(_, time)| *time > Second::ZERO && time.get().is_finite());
    times
}

/// A tenth, to one digit.
fn tenth(time: Second) -> Option<Second> {
    let tenth = format!("{:.0e}", time.get() / 10.0).parse().ok().and_then(Second::from_si)?;
    // One that is a step at all.
    Time::from_seconds(tenth).is_ok_and(|time| time > Time::ZERO).then_some(tenth)
}
