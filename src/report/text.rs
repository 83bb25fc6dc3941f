//! The end of a run in a terminal: the results in a screenful.

use super::lines::Lines;
use super::told;
use crate::hint::many;
use crate::plot::number::{bytes, count, duration, percent, rough, si, significant};
use crate::report::accuracy::Accuracy;
use crate::report::summary::Summary;
use crate::scenario::outcome::Status;
use crate::scenario::protocol::supervised::Measure;

/// What the end of a run says.
#[must_use]
pub fn summary(summary: &Summary, paper: Option<f64>) -> String {
    let mut lines = Lines::default();
    let status = match summary.status {
        Status::Done => "",
        Status::Interrupted => "  (interrupted: results so far)",
    };
    lines.text.push_str(&format!("{}{status}\n", summary.title));
    if let Some(accuracy) = &summary.accuracy {
        accuracy_lines(&mut lines, accuracy, paper);
    }
    told::all().for_each(|told| told.lines(summary, &mut lines));
    lines.gap();
    if summary.experiments.is_empty() {
        spike_lines(&mut lines, summary);
    }
    energy_lines(&mut lines, summary);
    lines.gap();
    performance_lines(&mut lines, summary);
    lines.row("fingerprint", &summary.fingerprint);
    // Not every terminal has the narrow spaces of the page.
    lines.text.replace(['\u{202f}', '\u{a0}'], " ")
}

/// Outputs whose errors are told one by one.
const OUTPUTS: usize = 8;

fn accuracy_lines(lines: &mut Lines, accuracy: &Accuracy, paper: Option<f64>) {
    lines.gap();
    let (tested, trained) = match accuracy.measure {
        Measure::RightAnswers => ("test accuracy", "train accuracy"),
        Measure::VarianceExplained => ("R\u{b2} of the test", "R\u{b2} in training"),
    };
    if let Some(test) = accuracy.test {
        let error = accuracy.standard_error().filter(|error| *error > 0.0);
        let error = error.map_or_else(String::new, |e| format!(" \u{b1} {:.2} (standard error)", e * 100.0));
        let images =
            accuracy.test_samples.map_or_else(String::new, |n| format!(", {}", many(count(n), "sample")));
        let epoch =
            accuracy.tested_epoch.map_or_else(String::new, |epoch| format!(", weights of epoch {epoch}"));
        lines.row(tested, &format!("{}{error}{images}{epoch}", percent(test)));
    } else if let Some((epoch, last)) = accuracy.last_test() {
        lines.row(tested, &format!("{} after epoch {epoch}; no final test", percent(last)));
    }
    if let Some(train) = accuracy.train {
        lines.row(trained, &percent(train));
    }
    if let Some(rms) = accuracy.rms_error() {
        let each: Vec<String> = accuracy.outputs.iter().map(|of| significant(of.rms_error, 3)).collect();
        let each = if each.len() > 1 && each.len() <= OUTPUTS {
            format!(" ({})", each.join(", "))
        } else {
            String::new()
        };
        lines.row("rms error", &format!("{}{each}", significant(rms, 3)));
    }
    if let Some(paper) = paper {
        lines.row("paper", &percent(paper));
    }
    if let Some(from) = &accuracy.weights_from {
        lines.row("weights from", from);
    }
}

fn spike_lines(lines: &mut Lines, summary: &Summary) {
    for (name, n) in summary.spikes.iter() {
        let rate = summary
            .rate_hz
            .get(name)
            .map_or_else(String::new, |r| format!("  ({} per neuron)", si(*r, "Hz")));
        lines.row(&format!("spikes {name}"), &format!("{}{rate}", rough(*n)));
    }
    lines.row(
        "events",
        &format!("{}, {} synaptic", rough(summary.events.total), rough(summary.synaptic_events)),
    );
    lines.row("simulated", &format!("{} in {}", duration(summary.sim_time_s), episodes(summary.episodes)));
}

fn episodes(n: u64) -> String {
    many(count(n), "episode")
}

/// Why there are no joules to tell.
pub(super) const NO_JOULES: &str =
    "not known: no population or projection names a device, and no population the `cost` of a chip";

fn energy_lines(lines: &mut Lines, summary: &Summary) {
    let energy = summary.inference.as_ref().map_or(&summary.energy_j, |inference| &inference.energy_j);
    if summary.accuracy.is_some() && summary.inference.is_none() {
        lines.gap();
        lines.row("energy", "not booked: it is that of the final test, which was not reached");
        return;
    }
    let Some(total) = energy.get("total") else {
        if summary.experiments.is_empty() {
            lines.gap();
            lines.row("energy", NO_JOULES);
        }
        return;
    };
    let parts: Vec<String> = energy
        .iter()
        .filter(|(name, joules)| *name != "total" && **joules > 0.0)
        .map(|(name, joules)| format!("{name} {}", si(*joules, "J")))
        .collect();
    let parts = if parts.is_empty() { String::new() } else { format!("  = {}", parts.join(" + ")) };
    let label = if summary.inference.is_some() { "per inference" } else { "energy" };
    lines.gap();
    lines.row(label, &format!("{}{parts}", si(*total, "J")));
    if let Some(inference) = &summary.inference {
        lines.row(
            "as float MACs",
            &format!("{}  ({} each)", si(inference.mac_reference_j, "J"), si(inference.mac_energy_j, "J")),
        );
    }
    if !summary.energy_not_modelled.is_empty() {
        let names: Vec<&str> = summary.energy_not_modelled.iter().map(|c| c.name()).collect();
        lines.row("not modelled", &names.join(", ").replace('_', "-"));
    }
}

fn performance_lines(lines: &mut Lines, summary: &Summary) {
    let performance = &summary.performance;
    let memory =
        performance.peak_rss_bytes.map_or_else(String::new, |n| format!(", peak memory {}", bytes(n)));
    lines.row(
        "time",
        &format!("{} wall, {} CPU{memory}", duration(performance.wall_s), duration(performance.cpu_s)),
    );
    let speeds: Vec<String> = performance
        .samples_per_s
        .iter()
        .map(|(phase, speed)| format!("{phase} {} samples/s", count(speed.round() as u64)))
        .collect();
    if summary.accuracy.is_some() && !speeds.is_empty() {
        lines.row("speed", &speeds.join(", "));
    } else if let Some(speed) = performance.events_per_s {
        lines.row("speed", &format!("{} events/s", rough(speed.round() as u64)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn a_trained_run_is_told_on_one_screen() {
        let (plan, outcome) = example::trained();
        let text = summary(&Summary::new(&plan, &outcome, &example::host()), plan.published_accuracy());
        assert!(text.lines().count() <= 24 && text.lines().all(|line| line.chars().count() <= 110), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn an_interrupted_run_says_so_in_its_first_line() {
        let (plan, mut outcome) = example::trained();
        outcome.status = Status::Interrupted;
        let text = summary(&Summary::new(&plan, &outcome, &example::host()), None);
        assert!(text.lines().next().unwrap().contains("interrupted"));
    }

    #[test]
    fn a_simulation_without_labels_has_no_accuracy_and_its_own_energy() {
        let (plan, mut outcome) = example::trained();
        outcome.found = crate::scenario::outcome::Found::default();
        outcome.inference = None;
        outcome.counts.episodes = 1;
        outcome.phases.clear();
        insta::assert_snapshot!(summary(&Summary::new(&plan, &outcome, &example::host()), None));
    }
}
