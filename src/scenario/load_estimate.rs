//! How much a simulation has to do, as far as the scenario tells before it runs: what sources and neurons that fire
//! by themselves cause, in spikes, synaptic events, time and memory. A network may add to it.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::filled::Fields;
use super::plan::{Connect, Plan, ProjectionPlan};
use super::synapses;
use crate::network::Origin;
use crate::neuron::Neuron;
use crate::record::Selected;
use crate::time::Time;
use std::collections::BTreeMap;
use std::ops::Range;

/// Seconds of computing above which a run is called long.
const LONG: f64 = 300.0;
/// What a spike and a synaptic event cost at least, in seconds.
const PER_SPIKE: f64 = 2e-8;
const PER_SYNAPTIC_EVENT: f64 = 1e-9;
/// Bytes of a pending arrival, and of a spike written to spikes.csv.
const PENDING: f64 = 32.0;
const WRITTEN: f64 = 25.0;
/// Bytes of a sample of a membrane or a weight in a log, beside which its table is written.
const SAMPLE: f64 = 24.0;
/// Bytes of memory and of disk above which an estimate is given.
const MUCH_MEMORY: f64 = 2e9;
const MUCH_DISK: f64 = 1e10;

/// What is certain to happen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Load {
    spikes: f64,
    synaptic: f64,
    /// Bytes of arrivals on their way at a time, and of recorded spikes.
    pending: f64,
    written: f64,
}

impl Load {
    fn seconds(self) -> f64 {
        self.spikes * PER_SPIKE + self.synaptic * PER_SYNAPTIC_EVENT
    }
}

/// Spikes of one line of an origin within `duration`, or changes of a current: of a population, what its bias alone makes it
/// fire.
fn expected(plan: &Plan, origin: Origin, duration: Time) -> f64 {
    match origin {
        Origin::Source(index) => {
            let source = &plan.sources[index];
            source
                .current()
                .map_or_else(|| source.expected(duration), |current| current.changes_within(duration))
        }
        Origin::Population(index) => {
            let fires = |neuron: &Neuron| {
                let lif = neuron.membrane();
                lif.interval(lif.bias()).map_or(0.0, |interval| duration.as_seconds() / interval.max(1e-15))
            };
            let (sum, count) = plan.populations[index]
                .kinds()
                .fold((0.0, 0.0), |(sum, count), neuron| (sum + fires(neuron), count + 1.0));
            sum / count
        }
    }
}

/// Mean delay in seconds, and whether every synapse has its own.
fn delay(projection: &ProjectionPlan) -> (f64, bool) {
    match (&projection.delays, &projection.connect) {
        (Some(law), _) => (law.mean(), true),
        (None, Connect::List { delays, .. }) if !delays.is_empty() => {
            (delays.iter().map(|delay| delay.as_seconds()).sum::<f64>() / delays.len() as f64, true)
        }
        _ => (projection.delay.as_seconds(), false),
    }
}

fn load(plan: &Plan, duration: Time) -> Load {
    let mut load = Load::default();
    let sources =
        plan.sources.iter().enumerate().map(|(index, source)| (Origin::Source(index), &source.name));
    let populations =
        plan.populations.iter().enumerate().map(|(index, one)| (Origin::Population(index), &one.name));
    let mut leaving: BTreeMap<Origin, Vec<&ProjectionPlan>> = BTreeMap::new();
    for projection in &plan.projections {
        leaving.entry(projection.from).or_default().push(projection);
    }
    let recorded: BTreeMap<&str, &Selected> =
        plan.record.spikes.iter().map(|chosen| (chosen.name.as_str(), chosen)).collect();
    for (origin, name) in sources.chain(populations) {
        let (size, each) = (synapses::rows_of(plan, origin), expected(plan, origin, duration));
        let spikes = f64::from(size) * each;
        load.spikes += spikes;
        if let Some(chosen) = recorded.get(name.as_str()) {
            load.written += WRITTEN * each * chosen.of(size).len() as f64;
        }
        for projection in leaving.remove(&origin).unwrap_or_default() {
            let rows = f64::from(synapses::rows_of(plan, origin)).max(1.0);
            let fan_out = synapses::count(plan, projection) / rows;
            load.synaptic += spikes * fan_out;
            let (mean, own) = delay(projection);
            let waiting = spikes * (mean / duration.as_seconds()).min(1.0);
            load.pending += PENDING * waiting * if own { fan_out } else { 1.0 };
        }
    }
    load.written += SAMPLE * samples(plan, duration);
    load
}

/// Samples of membranes and weights that are recorded.
fn samples(plan: &Plan, duration: Time) -> f64 {
    let record = &plan.record;
    let times = |interval: Option<Time>| {
        let given = record.times.len() as f64;
        given + interval.map_or(0.0, |interval| 2.0 + duration.as_seconds() / interval.as_seconds())
    };
    let populations: BTreeMap<&str, u32> =
        plan.populations.iter().map(|one| (one.name.as_str(), one.size)).collect();
    let neurons = |chosen: &[Selected]| {
        let sizes = chosen
            .iter()
            .filter_map(|chosen| Some(chosen.of(*populations.get(chosen.name.as_str())?).len() as f64));
        sizes.sum::<f64>()
    };
    // Of those between two ranges as many as of all.
    let share = |ends: &Option<Range<u32>>, of: u32| {
        ends.as_ref().map_or(1.0, |ends| ends.len() as f64 / f64::from(of.max(1)))
    };
    let projections: BTreeMap<&str, &ProjectionPlan> =
        plan.projections.iter().map(|one| (one.name.as_str(), one)).collect();
    let weights = record.weights.iter().chain(&record.conductances).filter_map(|chosen| {
        let one = *projections.get(chosen.name.as_str())?;
        let [pre, post] = &chosen.ends;
        let rows = share(pre, synapses::rows_of(plan, one.from));
        Some(synapses::count(plan, one) * rows * share(post, plan.populations[one.to].size))
    });
    neurons(&record.membrane) * times(record.membrane_interval)
        + neurons(&record.states) * times(record.states_interval)
        + weights.sum::<f64>() * times(record.weights_interval)
}

/// What a simulation is sure to need: bytes of memory for arrivals on their way, and bytes of disk for records. Both are zero
/// for other protocols.
#[must_use]
pub fn needs(plan: &Plan) -> (f64, f64) {
    plan.protocol.as_it_is().map_or((0.0, 0.0), |duration| {
        let load = load(plan, duration);
        (load.pending, load.written)
    })
}

/// Spikes to expect within `duration`: of every source, and of the neurons that their bias alone makes fire.
pub fn spikes(plan: &Plan, duration: Time) -> f64 {
    load(plan, duration).spikes
}

/// Warns of a run that takes long, or more memory or disk than is likely meant.
pub fn warn(plan: &Plan, duration: Time, protocol: &Fields, warnings: &mut Diagnostics) {
    let load = load(plan, duration);
    let mut warning = |what: String, label: &str, hint: String| {
        warnings.push(Diagnostic::warning(what).maybe_at(protocol.place("duration")).label(label).hint(hint));
    };
    let seconds = load.seconds();
    if seconds > LONG {
        let time = match seconds {
            s if s < 5400.0 => format!("{:.0} minutes", s / 60.0),
            s if s < 2e5 => format!("{:.0} hours", s / 3600.0),
            s if s < 1e8 => format!("{:.0} days", s / 86_400.0),
            s => format!("{:.0e} days", s / 86_400.0),
        };
        warning(
            format!(
                "sources and neurons that fire by themselves will give about {:.0e} spikes and {:.0e} synaptic events",
                load.spikes, load.synaptic
            ),
            "long run",
            format!("that takes about {time} at least; a shorter duration or lower rates finish sooner"),
        );
    }
    if load.pending > MUCH_MEMORY {
        warning(
            format!("arrivals on their way will take about {}", synapses::shown(load.pending)),
            "much memory",
            "lower rates, shorter delays, or one delay for all synapses of a projection take less".into(),
        );
    }
    if load.written > MUCH_DISK {
        warning(
            format!("the records will take about {} of disk", synapses::shown(load.written)),
            "much disk",
            "record less of fewer populations and projections, at longer intervals, or a shorter duration"
                .into(),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::load_text;

    /// What is warned of, for 1000 lines that reach 1000 neurons each, for 10 s.
    fn warned(overrides: &[&str]) -> String {
        let text = "[source.s]\nkind = \"poisson\"\nsize = 1000\nrate = \"10 Hz\"\n\
            [population.a]\nsize = 1000\n[projection.p]\nfrom = \"s\"\nto = \"a\"\nweight = \"1 mV\"\n\
            delay = \"1 ms\"\n[protocol]\nkind = \"simulate\"\nduration = \"10 s\"\n";
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        match load_text("test.toml", text, &overrides, None) {
            Ok(loaded) => loaded.warnings.render(false),
            Err(faults) => panic!("{}", faults.render(false)),
        }
    }

    #[test]
    fn a_modest_run_is_not_warned_of() {
        assert_eq!(warned(&[]), "");
    }

    #[test]
    fn rates_that_take_hours_are_told_with_the_estimate() {
        // 1e9 spikes x 1000 targets at 1 ns, and 20 ns for each spike.
        let text = warned(&["source.s.rate=\"100 kHz\""]);
        assert!(text.contains("about 1e9 spikes and 1e12 synaptic events"), "{text}");
        assert!(text.contains("about 17 minutes at least"), "{text}");
        let text = warned(&["source.s.rate=\"100 MHz\""]);
        assert!(text.contains("about 12 days at least"), "{text}");
    }

    #[test]
    fn neurons_that_fire_by_themselves_count() {
        // 50 uA through 1 MOhm is 50 V: an interval of 9.41 ms x 0.25/50.
        let text = warned(&["population.a.i_bias=\"50 uA\"", "protocol.duration=\"1000 s\""]);
        assert!(text.contains("spikes"), "{text}");
    }

    #[test]
    fn arrivals_under_way_and_recorded_spikes_are_estimated() {
        let late = warned(&[
            "projection.p.delay={ uniform = [\"1 s\", \"2 s\"] }",
            "source.s.rate=\"1 kHz\"",
            "record.spikes=[\"s\"]",
        ]);
        // 1e6 spikes per second, 1000 synapses each, 1.5 s long.
        assert!(late.contains("arrivals on their way will take about 48.0 GB"), "{late}");
        let much = warned(&["source.s.rate=\"100 kHz\"", "record.spikes=[\"s\"]"]);
        assert!(much.contains("the records will take about 25.0 GB of disk"), "{much}");
    }
}
