//! `[record]`: what is written beside the summary.

use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::filled::is_current;
use super::section::Lower;
use super::spec::kinds::{INSTANTS, POSITIVE_SPAN, non_negative};
use super::spec::{Kind, Refers, Unit};
use super::table::table;
use crate::record::{Selected, SelectedSynapses};
use crate::time::Time;
use crate::units::Joule;

table! {
    /// What is written beside the summary.
    #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct RecordPlan {
        /// Populations (and sources) whose spikes are written to spikes.csv; "e[0..100]" is 0 to 99 of `e`.
        spikes: Vec<Selected> = Kind::Names(Refers::SourceOrPopulation), setting("[]");
        /// Samples that are shown between two whose spikes are written, from the first on: in training and tests.
        #[serde(default)]
        spikes_every: Option<u32> = Kind::Integer { min: 1, max: u32::MAX as u64 },
            absent("the spikes of every sample that is shown");
        /// Populations whose membrane is sampled; "e[0..100]" is 0 to 99 of `e`.
        membrane: Vec<Selected> = Kind::Names(Refers::Population), setting("[]");
        /// Time between two samples of the membrane, from time 0 on; there is one more at the end.
        membrane_interval: Option<Time> = POSITIVE_SPAN,
            absent("no samples; needed when `membrane` names a population");
        /// Populations whose states are sampled: variables of their model, synaptic currents, conductance and energy of their
        /// devices; "e[0..100]" is 0 to 99 of `e`.
        #[serde(default)]
        states: Vec<Selected> = Kind::Names(Refers::Population), setting("[]");
        /// Time between two samples of the states, from time 0 on; there is one more at the end.
        #[serde(default)]
        states_interval: Option<Time> = POSITIVE_SPAN,
            absent("no samples; needed when `states` names a population");
        /// Projections that learn whose weights are sampled; "input[0..10, 3..4]" is what goes from 0 to 9 to neuron 3, and
        /// "input[.., 3..4]" all that goes to it.
        #[serde(default)]
        weights: Vec<SelectedSynapses> = Kind::Names(Refers::Projection), setting("[]");
        /// Projections that learn in devices which are sampled with the weights: what those that learn conduct, and what they are
        /// compared with; "input[0..10, 3..4]" as above.
        #[serde(default)]
        conductances: Vec<SelectedSynapses> = Kind::Names(Refers::Projection), setting("[]");
        /// Time between two samples of weights and conductances, from time 0 on; there is one more at the end.
        #[serde(default)]
        weights_interval: Option<Time> = POSITIVE_SPAN,
            absent("no samples; in a simulation needed when `weights` or `conductances` names a projection");
        /// Samples that are shown between two samples of weights and conductances, from the first on: in training.
        #[serde(default)]
        weights_every: Option<u32> = Kind::Integer { min: 1, max: u32::MAX as u64 },
            absent("no samples; in training needed when `weights` or `conductances` names a projection");
        /// Instants at which membranes, states, weights and conductances that are named are sampled, beside those of their intervals or without any.
        #[serde(default)]
        times: Vec<Time> = INSTANTS, setting("[]");
        /// Projections that learn every change of whose weights is written, with what devices spent on it.
        #[serde(default)]
        weight_changes: Vec<SelectedSynapses> = Kind::Names(Refers::Projection), setting("[]");
        /// Projections whose synapses are written: who is joined to whom, weight and delay, as the run begins.
        #[serde(default)]
        connections: Vec<SelectedSynapses> = Kind::Names(Refers::Projection), setting("[]");
        /// Write what the run measures on its way (loss, accuracy, rates, joules) for TensorBoard.
        #[serde(default)]
        tensorboard: bool = Kind::Flag, setting("false");
        /// How records are written; `--record-format` replaces it.
        #[serde(default)]
        formats: Vec<String> = Kind::Names(Refers::Format), setting("[\"csv\"]");
        /// Book what devices behind neurons spend off, in a simulation under currents; of jumps, and so of training, a run says that
        /// nobody could know.
        energy: bool = Kind::Flag, setting("false");
        /// Energy of one float multiply-accumulate, for comparison.
        mac_energy: Joule = non_negative(Unit::Joule),
            literature("\"4.6 pJ\"", "Horowitz 2014, 45 nm: 32-bit multiply 3.7 pJ, add 0.9 pJ");
    }
    rules(rules);
}

/// The keys that ask for tables.
const RECORDS: [&str; 7] =
    ["spikes", "membrane", "states", "weights", "conductances", "weight_changes", "connections"];

impl RecordPlan {
    /// Every projection whose weights or conductances are sampled, once.
    pub fn sampled_synapses(&self) -> impl Iterator<Item = &SelectedSynapses> {
        let more = self.conductances.iter();
        let more = more.filter(|one| self.weights.iter().all(|other| other.name != one.name));
        self.weights.iter().chain(more)
    }
}

fn rules(lower: &mut Lower<'_>, fields: &Fields) {
    for (text, at) in fields.names("spikes") {
        let name = text.split('[').next().unwrap_or(text);
        let source = lower.filled.find("source", name);
        if source.and_then(|(_, source)| is_current(source)) == Some(true) {
            lower.faults.push(
                Diagnostic::error(format!("`spikes` of the record names `{name}`, which gives a current"))
                    .at(at)
                    .label("has no spikes")
                    .allowed("populations, and sources of spikes"),
            );
        }
    }
    let named = |key: &str| !fields.names(key).is_empty();
    let protocol = lower.filled.one("protocol");
    let trained = protocol.is_some_and(|one| one.word("kind").is_some_and(|kind| kind != "simulate"));
    let step = if trained { ("weights_every", "1000") } else { ("weights_interval", "\"100 ms\"") };
    for (keys, what, (interval, example)) in [
        (&["membrane"][..], "populations", ("membrane_interval", "\"0.1 ms\"")),
        (&["states"], "populations", ("states_interval", "\"0.1 ms\"")),
        (&["weights", "conductances"], "projections", step),
    ] {
        let at_times = !trained && !fields.quantities("times").is_empty();
        let sampled: Vec<&str> = keys.iter().copied().filter(|key| named(key)).collect();
        for key in &sampled {
            if !at_times && fields.datum(interval).is_none() && fields.written(interval).is_none() {
                lower.faults.push(
                    Diagnostic::error(format!(
                        "`{key}` of the record names {what}, and there is no interval"
                    ))
                    .maybe_at(fields.written(key))
                    .allowed(format!("{interval}, such as {example}")),
                );
            }
        }
        if let (true, Some(at)) = (sampled.is_empty(), fields.written(interval)) {
            let keys = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" or ");
            lower.faults.push(
                Diagnostic::error(format!("`{interval}` of the record would do nothing"))
                    .at(at)
                    .label("nothing is sampled")
                    .allowed(format!("`{interval}` beside {keys}, which names {what}")),
            );
        }
    }
    if let (Some(at), false) = (fields.written("times"), fields.quantities("times").is_empty()) {
        let sampled = ["membrane", "states", "weights", "conductances"].into_iter().any(named);
        let fault = Diagnostic::error("`times` of the record would do nothing").at(at);
        if trained {
            let why = "each sample has a time of its own";
            let kind = protocol.and_then(|protocol| protocol.written("kind"));
            lower.faults.push(fault.also(kind, why).allowed("`weights_every`, such as 1000"));
        } else if !sampled {
            lower.faults.push(
                fault
                    .label("nothing is sampled")
                    .allowed("`times` beside `membrane`, `states`, `weights` or `conductances`, which name what is sampled"),
            );
        }
    }
    if let (Some(at), false) = (fields.written("spikes_every"), trained && named("spikes")) {
        let kind = protocol.and_then(|protocol| protocol.written("kind")).filter(|_| !trained);
        lower.faults.push(
            Diagnostic::error("`spikes_every` of the record would do nothing")
                .at(at)
                .also(kind, "no samples are shown")
                .allowed("`spikes_every` beside `spikes`, where samples are shown"),
        );
    }
    let other = if trained { "weights_interval" } else { "weights_every" };
    if let Some(at) = fields.written(other) {
        let why = if trained { "each sample has a time of its own" } else { "no samples are shown" };
        lower.faults.push(
            Diagnostic::error(format!("`{other}` of the record would do nothing"))
                .at(at)
                .also(protocol.and_then(|protocol| protocol.written("kind")), why)
                .allowed(format!("`{}`, such as {}", step.0, step.1)),
        );
    }
    // One episode has a time of its own; presentations have a time each.
    for key in ["membrane", "states", "weight_changes"] {
        if named(key) && trained {
            lower.faults.push(
                Diagnostic::error(format!("`{key}` of the record lies in the time of one episode"))
                    .maybe_at(fields.written(key))
                    .also(
                        protocol.and_then(|protocol| protocol.written("kind")),
                        "each sample has a time of its own",
                    )
                    .allowed("kind = \"simulate\" in [protocol]"),
            );
        }
    }
    for (text, at) in fields.names("states") {
        let name = text.split('[').next().unwrap_or(text);
        let population = lower.filled.find("population", name);
        let Some((_, population)) = population else { continue };
        let plain = matches!(population.word("model"), Some("lif" | "switch"));
        let mut into = lower.filled.all("projection").iter().map(|(_, one)| one);
        let fades = into.any(|one| one.text("to") == Some(name) && one.word("kernel") != Some("delta"));
        if plain && !fades {
            lower.faults.push(
                Diagnostic::error(format!(
                    "`states` of the record names `{name}`, which is its membrane alone"
                ))
                .at(at)
                .label("only jumps arrive there")
                .allowed("populations with a model of more variables, or under synaptic currents")
                .hint(format!("membrane = [\"{name}\"] samples the membrane")),
            );
        }
    }
    let gradient = protocol.filter(|_| trained).and_then(|one| one.table("gradient"));
    let layers = gradient.and_then(|gradient| gradient.word("kind")) == Some("exact");
    for key in ["weights", "conductances", "weight_changes"] {
        for (text, at) in fields.names(key) {
            let name = text.split('[').next().unwrap_or(text);
            let projection = lower.filled.find("projection", name);
            let Some((_, projection)) = projection else { continue };
            let source = projection.text("from").and_then(|from| lower.filled.find("source", from));
            let learns = layers
                || if let (true, Some(named)) = (trained, protocol.and_then(|one| one.text("projection"))) {
                    named == name
                } else if trained {
                    source.is_some_and(|(_, source)| source.word("kind") == Some("dataset"))
                } else {
                    projection.table("plasticity").is_some()
                };
            if !learns {
                let allowed = if trained {
                    "the projection that comes from the data set"
                } else {
                    "projections with a [projection.NAME.plasticity]"
                };
                lower.faults.push(
                    Diagnostic::error(format!(
                        "`{key}` of the record names `{name}`, whose weights stay as they are"
                    ))
                    .at(at)
                    .label("does not learn")
                    .allowed(allowed)
                    .hint(format!("connections = [\"{name}\"] writes its weights once")),
                );
            } else if key == "conductances" {
                let device = projection.written("device");
                let surrogate = trained && !layers && by_gradient(protocol);
                let label = match device {
                    None => "has no device",
                    Some(_) if lower.filament(projection) => {
                        "filaments that forget: `weights` has what is left of them"
                    }
                    Some(_) if surrogate => "its devices are programmed when training is over",
                    Some(_) => continue,
                };
                lower.faults.push(
                    Diagnostic::error(format!(
                        "`conductances` of the record names `{name}`, whose weights are numbers while they learn"
                    ))
                    .at(at)
                    .label(label)
                    .also(device, "its device")
                    .allowed("projections whose devices learn, or are programmed while layers are trained")
                    .hint(format!("weights = [\"{name}\"] samples its weights")),
                );
            }
        }
    }
    if let (Some(true), Some(at)) = (fields.flag("tensorboard"), fields.written("tensorboard"))
        && lower.filled.one("protocol").and_then(|protocol| protocol.word("kind")) == Some("device")
    {
        lower.faults.push(
            Diagnostic::error("`tensorboard` of the record has nothing to show")
                .at(at)
                .label("single devices are measured once")
                .allowed("protocols that run a network"),
        );
    }
    let csv = matches!(fields.names("formats"), [(format, _)] if format == "csv");
    let (label, allowed) = match named("formats") {
        false => ("no format", "one or more names, such as [\"csv\"]"),
        true if csv || RECORDS.into_iter().any(named) => return,
        true => ("nothing is recorded", "`formats` beside `spikes`, `membrane`, `weights` or another record"),
    };
    if let Some(at) = fields.written("formats") {
        let fault = Diagnostic::error("`formats` of the record would do nothing").at(at);
        lower.faults.push(fault.label(label).allowed(allowed));
    }
}

/// Whether a protocol trains with labels: then it is weights that go down a gradient.
fn by_gradient(protocol: Option<&Fields>) -> bool {
    protocol.and_then(|protocol| protocol.word("kind")) == Some("supervised")
}
