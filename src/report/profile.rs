//! Where the time of a run went, and what was done in it.

use crate::plot::number::{count, duration, rough, significant};
use crate::report::performance::Phase;
use crate::report::summary::Summary;
use std::fmt::Write as _;

/// Phases with their share of the time, then what was done, by kind and part.
#[must_use]
pub fn text(summary: &Summary) -> String {
    let performance = &summary.performance;
    let mut text = String::new();
    let known: f64 = performance.phases.iter().map(|(_, phase)| phase.wall_s).sum();
    let cpu: f64 = performance.phases.iter().map(|(_, phase)| phase.cpu_s).sum();
    // Reading the scenario and its data, and writing what came of it.
    let (rest_wall, rest_cpu) = ((performance.wall_s - known).max(0.0), (performance.cpu_s - cpu).max(0.0));
    let rest = Phase { wall_s: rest_wall, cpu_s: rest_cpu, ..Phase::default() };
    let heads = ["phase", "wall", "share", "CPU", "events", "events/s", "samples/s"];
    let _ = writeln!(
        text,
        "  {:14}{:>10}{:>8}{:>10}{:>12}{:>12}{:>12}",
        heads[0], heads[1], heads[2], heads[3], heads[4], heads[5], heads[6]
    );
    let phases = performance.phases.iter().map(|(name, phase)| (name.to_string(), phase.clone()));
    for (name, phase) in phases.chain([("read and write".to_string(), rest)]) {
        let share = 100.0 * phase.wall_s / performance.wall_s.max(f64::MIN_POSITIVE);
        let per_second = |n: u64| match n {
            0 => String::new(),
            n => rough((n as f64 / phase.wall_s.max(f64::MIN_POSITIVE)) as u64),
        };
        let events = if phase.events > 0 { rough(phase.events) } else { String::new() };
        let _ = writeln!(
            text,
            "  {name:14}{:>10}{:>8}{:>10}{events:>12}{:>12}{:>12}",
            duration(phase.wall_s),
            format!("{share:.1} %"),
            duration(phase.cpu_s),
            per_second(phase.events),
            per_second(phase.samples)
        );
    }
    text.push('\n');
    let events = &summary.events;
    let spikes = summary.spikes.iter().map(|(name, n)| (format!("spikes of {name}"), *n));
    let kinds = [
        ("spikes of Poisson sources".to_string(), events.poisson),
        ("spikes of other sources".to_string(), events.source.unwrap_or(0)),
        ("arrivals at rows".to_string(), events.arrival),
        ("synaptic events".to_string(), summary.synaptic_events),
    ];
    for (what, n) in kinds.into_iter().chain(spikes).filter(|(_, n)| *n > 0) {
        let _ = writeln!(text, "  {what:34}{:>18}", count(n));
    }
    let working: f64 =
        performance.phases.iter().filter(|(name, _)| *name != "build").map(|(_, phase)| phase.cpu_s).sum();
    if summary.synaptic_events > 0 && working > 0.0 {
        let each = 1e9 * working / summary.synaptic_events as f64;
        let _ = writeln!(text, "  {:34}{:>15} ns", "CPU time per synaptic event", significant(each, 3));
    }
    text.replace(['\u{202f}', '\u{a0}'], " ")
}

#[cfg(test)]
mod tests {
    use crate::report::example;
    use crate::report::summary::Summary;

    #[test]
    fn the_shares_of_a_profile_are_those_of_the_whole_run() {
        let (plan, outcome) = example::trained();
        let summary = Summary::new(&plan, &outcome, &example::host());
        let text = super::text(&summary);
        let shares = text.lines().filter_map(|line| {
            let share = line.split(" %").next().filter(|_| line.contains(" %"))?;
            share.split_whitespace().last()?.parse::<f64>().ok()
        });
        let shares: Vec<f64> = shares.collect();
        assert!(shares.len() >= 2 && (shares.iter().sum::<f64>() - 100.0).abs() < 0.3, "{text}");
        assert!(text.contains("arrivals at rows") && text.contains("spikes of output"), "{text}");
    }
}
