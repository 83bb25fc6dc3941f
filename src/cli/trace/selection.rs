//! Which events a trace has: kinds, populations, neurons and a span of simulated time.

use crate::cli::failure::Failure;
use memspike::hint;
use memspike::time::Time;
use std::fmt::Debug;
use std::ops::Range;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

/// Every kind of event and what it is, in the order of the book.
pub const KINDS: &[(&str, &str)] = &[
    ("source", "a line of a source spikes"),
    ("arrival", "a spike arrives at a row of a projection"),
    ("fire", "a neuron spikes"),
    ("switch", "a device turns on or off"),
    ("weight", "a weight or a conductance changes"),
    ("membrane", "a membrane is sampled, of those that are recorded"),
    ("state", "something in the state of a neuron is sampled, of what is recorded"),
    ("sample", "a weight is sampled, of those that are recorded"),
    ("program", "a device is programmed before a run"),
    ("read", "a conductance or a current is measured"),
    ("note", "what the program decided"),
];

/// What all targets of events begin with.
const TARGET: &str = "memspike::";

/// What is chosen; what is not named is not restricted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    kinds: Vec<&'static str>,
    populations: Vec<String>,
    neurons: Option<Range<u64>>,
    /// In femtoseconds.
    time: Option<Range<u64>>,
}

/// One thing that is wrong with a selection, and what helps.
type Fault = (String, Option<String>);

fn fault(what: impl Into<String>, hint: impl Into<String>) -> Fault {
    (what.into(), Some(hint.into()))
}

impl Selection {
    /// What a text selects as far as it can be read, and every fault of the rest.
    fn read(text: &str) -> (Self, Vec<Fault>) {
        let (mut selection, mut faults) = (Self::default(), Vec::new());
        let mut seen: Vec<&str> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|_| text.trim() != "all") {
            let Some((key, value)) = part.split_once('=') else {
                faults.push(fault(
                    format!("--trace: `{part}` is not a valid selection; allowed: all, or KEY=VALUE after KEY=VALUE"),
                    "write --trace all, or such as --trace kind=weight,population=output,time=10ms..20ms",
                ));
                continue;
            };
            let (key, value) = (key.trim(), value.trim());
            if seen.contains(&key) {
                faults.push(fault(
                    format!("--trace: `{key}` is given twice"),
                    format!("join several with a plus sign, such as {key}=A+B; a range is {key}=FROM..TO"),
                ));
            }
            seen.push(key);
            let read = match key {
                "kind" => selection.read_kinds(value),
                "population" => {
                    selection.populations = value.split('+').map(|name| name.trim().to_string()).collect();
                    Ok(())
                }
                "neuron" => read_neurons(value).map(|range| selection.neurons = Some(range)),
                "time" => read_time(value).map(|range| selection.time = Some(range)),
                _ => Err(vec![unknown("key", key, &["kind", "population", "neuron", "time"])]),
            };
            faults.extend(read.err().into_iter().flatten());
        }
        (selection, faults)
    }

    /// What a text selects of these populations with their sizes.
    ///
    /// # Errors
    /// Everything that is wrong with it: what cannot be read, and what is not there.
    pub fn of<'a>(text: &str, populations: impl Iterator<Item = (&'a str, u32)>) -> Result<Self, Failure> {
        let (selection, mut faults) = Self::read(text);
        faults.extend(selection.missing(populations));
        if faults.is_empty() { Ok(selection) } else { Err(Failure::Several(faults)) }
    }

    /// Checks a text where it is not known what is run.
    ///
    /// # Errors
    /// Everything in it that cannot be read.
    pub fn check(text: &str) -> Result<(), Failure> {
        let (_, faults) = Self::read(text);
        if faults.is_empty() { Ok(()) } else { Err(Failure::Several(faults)) }
    }
}

/// A name that is not among those that there are.
fn unknown(what: &str, name: &str, known: &[&str]) -> Fault {
    let near = hint::nearest(name, known.iter().copied());
    let message = format!("--trace: `{name}` is not a {what}; allowed: {}", known.join(", "));
    (message, near.map(|near| format!("did you mean `{near}`?")))
}

fn read_neurons(text: &str) -> Result<Range<u64>, Vec<Fault>> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match text.split_once("..") {
        Some((from, to)) => {
            let to = if to.trim().is_empty() { Some(u64::MAX) } else { number(to) };
            let from = if from.trim().is_empty() { Some(0) } else { number(from) };
            from.zip(to)
        }
        None => number(text).map(|one| (one, one.saturating_add(1))),
    };
    match range {
        Some((from, to)) if from < to => Ok(from..to),
        _ => Err(vec![fault(
            format!(
                "--trace: neuron is `{text}`; allowed: a number from 0, or a range that is not empty, such as 3..7"
            ),
            "3..7 is 3, 4, 5 and 6; 3.. is all from 3 on",
        )]),
    }
}

fn read_time(text: &str) -> Result<Range<u64>, Vec<Fault>> {
    let why =
        |what: String| vec![fault(what, "write a range with units, such as time=10ms..20ms or time=10ms..")];
    let Some((from, to)) = text.split_once("..") else {
        return Err(why(format!("--trace: time is `{text}`; allowed: a range of simulated time")));
    };
    let end = |text: &str, open: u64| match text.trim() {
        "" => Ok(open),
        text => Time::parse(text).map(Time::fs).map_err(|error| why(format!("--trace: time: {error}"))),
    };
    let range = match (end(from, 0), end(to, u64::MAX)) {
        (Ok(from), Ok(to)) => from..to,
        (from, to) => return Err([from, to].into_iter().filter_map(Result::err).flatten().collect()),
    };
    if range.is_empty() {
        return Err(why(format!(
            "--trace: time is `{text}`, an empty range; allowed: an end after the start"
        )));
    }
    Ok(range)
}

impl Selection {
    fn read_kinds(&mut self, text: &str) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        for name in text.split('+').map(str::trim) {
            match KINDS.iter().find(|(kind, _)| *kind == name) {
                Some((kind, _)) => self.kinds.push(kind),
                None => {
                    let known: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
                    faults.push(unknown("kind of event", name, &known));
                }
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// What is named and not among these populations with their sizes: every population that none of them has, and neurons
    /// beyond the last one.
    fn missing<'a>(&self, populations: impl Iterator<Item = (&'a str, u32)>) -> Vec<Fault> {
        let all: Vec<_> = populations.collect();
        let mut faults = Vec::new();
        let mut names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        let nothing = "what is run has no populations: its events are those of devices alone";
        for name in self.populations.iter().filter(|name| !names.contains(&name.as_str())) {
            faults.push(if names.is_empty() {
                fault(format!("--trace: `{name}` is not a population"), nothing)
            } else {
                unknown("population", name, &names)
            });
        }
        let chosen = all
            .iter()
            .filter(|(name, _)| self.populations.is_empty() || self.populations.iter().any(|n| n == name));
        let most = chosen.map(|(_, size)| u64::from(*size)).max();
        if let (Some(neurons), true) = (&self.neurons, faults.is_empty()) {
            match most {
                None => faults.push(fault("--trace: `neuron` selects among none".to_string(), nothing)),
                Some(most) if neurons.start >= most => faults.push(fault(
                    format!(
                        "--trace: neuron {} is beyond the last one; allowed: 0 to {}",
                        neurons.start,
                        most - 1
                    ),
                    "neurons are counted from 0 in each population",
                )),
                Some(_) => {}
            }
        }
        faults
    }

    fn has_kind(&self, kind: &str) -> bool {
        if self.kinds.is_empty() {
            KINDS.iter().any(|(known, _)| *known == kind)
        } else {
            self.kinds.contains(&kind)
        }
    }

    fn has(&self, seen: &Seen) -> bool {
        let within = |range: &Option<Range<u64>>, value: Option<u64>| {
            range.as_ref().is_none_or(|range| value.is_some_and(|value| range.contains(&value)))
        };
        within(&self.time, seen.time)
            && within(&self.neurons, seen.neuron)
            && (self.populations.is_empty()
                || seen.population.as_ref().is_some_and(|name| self.populations.contains(name)))
    }

    fn restricts(&self) -> bool {
        self.time.is_some() || self.neurons.is_some() || !self.populations.is_empty()
    }
}

/// What a selection asks of an event.
#[derive(Default)]
struct Seen {
    time: Option<u64>,
    population: Option<String>,
    neuron: Option<u64>,
}

impl Visit for Seen {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "time_fs" => self.time = Some(value),
            "neuron" | "post" => self.neuron = Some(value),
            _ => {}
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "population" {
            self.population = Some(value.to_string());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

impl<S: Subscriber> Filter<S> for Selection {
    /// Spans are what events lie in: they say nothing of their own.
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        let target = metadata.target();
        match target.strip_prefix(TARGET) {
            Some(_) if metadata.is_span() => true,
            Some(kind) => self.has_kind(kind),
            None => false,
        }
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        if !self.restricts() {
            return true;
        }
        let mut seen = Seen::default();
        event.record(&mut seen);
        self.has(&seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let (_, faults) = Selection::read(text);
        assert!(!faults.is_empty(), "{text}");
        faults.into_iter().map(|(what, _)| what).collect()
    }

    /// Of what needs no populations.
    fn read(text: &str) -> Selection {
        let (selection, faults) = Selection::read(text);
        assert!(faults.is_empty(), "{text}: {faults:?}");
        selection
    }

    #[test]
    fn a_selection_names_kinds_populations_neurons_and_time() {
        let all = read("kind=weight+fire, population=output+a, neuron=3..7, time=10ms..20 ms");
        assert_eq!(all.kinds, ["weight", "fire"]);
        assert_eq!(all.populations, ["output", "a"]);
        assert_eq!(all.neurons, Some(3..7));
        assert_eq!(all.time, Some(10_000_000_000_000..20_000_000_000_000));
        assert_eq!(read("all"), Selection::default());
        assert_eq!(read("neuron=5").neurons, Some(5..6));
        assert_eq!(read("time=1us..").time, Some(1_000_000_000..u64::MAX));
    }

    #[test]
    fn every_fault_is_told_with_what_is_allowed() {
        assert_eq!(faults("kind=wieght,neuron=7..3,time=1..2,colour=red").len(), 5);
        assert!(
            faults("kind=wieght")[0]
                .contains("allowed: source, arrival, fire, switch, weight, membrane, state, sample")
        );
        assert!(faults("memspike=trace")[0].contains("allowed: kind, population, neuron, time"));
        assert!(faults("info")[0].contains("allowed: all, or KEY=VALUE"));
        assert!(faults("time=2ms..1ms")[0].contains("empty range"));
        assert_eq!(faults("kind=fire,kind=weight").len(), 1);
    }

    #[test]
    fn an_event_without_what_is_asked_for_is_not_of_it() {
        let seen = Seen { time: Some(20), population: Some("a".into()), neuron: None };
        assert!(read("population=a").has(&seen) && !read("population=b").has(&seen));
        assert!(!read("neuron=0").has(&seen));
        assert!(!read("time=0s..20fs").has(&seen), "the end is not part of it");
        assert!(read("time=20fs..21fs").has(&seen));
        assert!(!read("time=0s..").has(&Seen::default()));
    }
}
