//! What of a simulation does nothing within its time: given spikes after its end, lists without an entry, samples that are
//! further apart than it is long.

use crate::hint::many;
use crate::network::SourceKind;
use crate::scenario::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::filled::Filled;
use crate::scenario::plan::{Connect, Input, Plan};
use crate::time::Time;

/// Warns of it.
pub fn warn(plan: &Plan, duration: Time, filled: &Filled, warnings: &mut Diagnostics) {
    for (source, (name, fields)) in plan.sources.iter().zip(filled.all("source")) {
        let Input::Train(SourceKind::List(spikes)) = &source.input else { continue };
        let late = spikes.iter().filter(|(time, _)| *time >= duration).count();
        let what = if spikes.is_empty() {
            format!("source `{name}` gives no spikes: its list is empty")
        } else if late > 0 {
            let of = spikes.len();
            format!(
                "{} of {of} that source `{name}` gives come after the end, {duration}",
                many(late, "spike")
            )
        } else {
            continue;
        };
        let at = fields.written("spikes").or_else(|| fields.written("file")).or(fields.at.as_ref());
        let label = if spikes.is_empty() { "empty" } else { "too late" };
        let duration = filled.one("protocol").and_then(|protocol| protocol.written("duration"));
        warnings
            .push(Diagnostic::warning(what).maybe_at(at).label(label).also(duration, "the run ends here"));
    }
    for (projection, (name, fields)) in plan.projections.iter().zip(filled.all("projection")) {
        if matches!(&projection.connect, Connect::List { synapses, .. } if synapses.is_empty()) {
            let at = fields.written("synapses").or_else(|| fields.written("file")).or(fields.at.as_ref());
            let what = format!("projection `{name}` has no synapses: its list is empty");
            warnings.push(Diagnostic::warning(what).maybe_at(at).label("empty"));
        }
    }
    let Some(record) = filled.one("record") else { return };
    let intervals = [
        ("membrane_interval", plan.record.membrane_interval),
        ("weights_interval", plan.record.weights_interval),
    ];
    if let Some(late) = plan.record.times.iter().find(|time| **time > duration) {
        let what = format!("`times` of the record has {late}, and the run takes {duration}");
        warnings.push(Diagnostic::warning(what).maybe_at(record.written("times")).label("too late"));
    }
    for (key, interval) in intervals {
        if let Some(interval) = interval.filter(|interval| *interval > duration) {
            let what = format!("`{key}` of the record is {interval}, and the run takes {duration}");
            let at = record.written(key);
            warnings.push(
                Diagnostic::warning(what).maybe_at(at).label("nothing but the start and the end is sampled"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::load_text;

    fn warned(source: &str, projection: &str, record: &str) -> String {
        let text = format!(
            "[source.s]\nkind = \"spike_list\"\nsize = 2\n{source}\n[population.a]\nsize = 2\n\
             [projection.p]\nfrom = \"s\"\nto = \"a\"\n{projection}\n[protocol]\nkind = \"simulate\"\n\
             duration = \"10 ms\"\n[record]\nmembrane = [\"a\"]\n{record}\n"
        );
        match load_text("test.toml", &text, &[], None) {
            Ok(loaded) => loaded.warnings.render(false),
            Err(faults) => panic!("{}", faults.render(false)),
        }
    }

    const SPIKES: &str = "spikes = [[\"1 ms\", 0], [\"9 ms\", 1]]";
    const WEIGHT: &str = "weight = \"1 mV\"";
    const OFTEN: &str = "membrane_interval = \"10 ms\"";

    #[test]
    fn what_takes_place_in_its_time_is_not_warned_of() {
        assert_eq!(warned(SPIKES, WEIGHT, OFTEN), "");
    }

    #[test]
    fn what_comes_after_the_end_is_counted() {
        let late = "spikes = [[\"1 ms\", 0], [\"10 ms\", 1], [\"1 s\", 1]]";
        let text = warned(late, WEIGHT, OFTEN);
        assert!(text.contains("2 spikes of 3 that source `s` gives come after the end, 10 ms"), "{text}");
        let text = warned(SPIKES, WEIGHT, "membrane_interval = \"11 ms\"");
        assert!(
            text.contains("`membrane_interval` of the record is 11 ms, and the run takes 10 ms"),
            "{text}"
        );
    }

    #[test]
    fn an_empty_list_is_told() {
        let text = warned("spikes = []", WEIGHT, OFTEN);
        assert!(text.contains("source `s` gives no spikes: its list is empty"), "{text}");
        let text = warned(SPIKES, "connect = \"list\"\nsynapses = []", OFTEN);
        assert!(text.contains("projection `p` has no synapses: its list is empty"), "{text}");
    }
}
