//! `[record]`: what is written beside the summary.

use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::filled::is_current;
use super::section::Lower;
use super::spec::kinds::{POSITIVE_SPAN, non_negative};
use super::spec::{Kind, Refers, Unit};
use super::table::table;
use crate::record::Selected;
use crate::time::Time;
use crate::units::Joule;

table! {
    /// What is written beside the summary.
    #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct RecordPlan {
        /// Populations (and sources) whose spikes are written to spikes.csv; "e[0..100]" is 0 to 99 of `e`.
        spikes: Vec<Selected> = Kind::Names(Refers::SourceOrPopulation), setting("[]");
        /// Populations whose membrane is sampled.
        membrane: Vec<String> = Kind::Names(Refers::Population), setting("[]");
        /// Time between two samples of the membrane, from time 0 on; there is one more at the end.
        membrane_interval: Option<Time> = POSITIVE_SPAN,
            absent("no samples; needed when `membrane` names a population");
        /// Projections that learn whose weights are sampled.
        #[serde(default)]
        weights: Vec<String> = Kind::Names(Refers::Projection), setting("[]");
        /// Time between two samples of the weights, from time 0 on; there is one more at the end.
        #[serde(default)]
        weights_interval: Option<Time> = POSITIVE_SPAN,
            absent("no samples; needed when `weights` names a projection");
        /// Projections whose synapses are written: who is joined to whom, weight and delay, as the run begins.
        #[serde(default)]
        connections: Vec<String> = Kind::Names(Refers::Projection), setting("[]");
        /// How records are written; `--record-format` replaces it.
        #[serde(default)]
        formats: Vec<String> = Kind::Names(Refers::Format), setting("[\"csv\"]");
        /// Book what devices behind neurons spend off: in a simulation under currents, in the final test of a training.
        energy: bool = Kind::Flag, setting("false");
        /// Energy of one float multiply-accumulate, for comparison.
        mac_energy: Joule = non_negative(Unit::Joule),
            literature("\"4.6 pJ\"", "Horowitz 2014, 45 nm: 32-bit multiply 3.7 pJ, add 0.9 pJ");
    }
    rules(rules);
}

fn rules(lower: &mut Lower<'_>, fields: &Fields) {
    for (text, at) in fields.names("spikes") {
        let name = text.split('[').next().unwrap_or(text);
        let source = lower.filled.all("source").iter().find(|(source, _)| source.as_str() == name);
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
    for (key, what, interval, example) in [
        ("membrane", "populations", "membrane_interval", "0.1 ms"),
        ("weights", "projections", "weights_interval", "100 ms"),
    ] {
        if named(key) && fields.datum(interval).is_none() && fields.written(interval).is_none() {
            lower.faults.push(
                Diagnostic::error(format!("`{key}` of the record names {what}, and there is no interval"))
                    .maybe_at(fields.written(key))
                    .allowed(format!("{interval}, such as \"{example}\"")),
            );
        }
        if !named(key)
            && let Some(at) = fields.written(interval)
        {
            lower.faults.push(
                Diagnostic::error(format!("`{interval}` of the record would do nothing"))
                    .at(at)
                    .label("nothing is sampled")
                    .allowed(format!("`{interval}` beside `{key}`, which names {what}")),
            );
        }
        // One episode has a time of its own; presentations have a time each.
        if named(key)
            && let Some(protocol) = lower.filled.one("protocol")
            && protocol.word("kind").is_some_and(|kind| kind != "simulate")
        {
            lower.faults.push(
                Diagnostic::error(format!("`{key}` of the record is sampled in the time of one episode"))
                    .maybe_at(fields.written(key))
                    .also(protocol.written("kind"), "each sample has a time of its own")
                    .allowed("kind = \"simulate\" in [protocol]"),
            );
        }
    }
    for (name, at) in fields.names("weights") {
        let projection = lower.filled.all("projection").iter().find(|(other, _)| other == name);
        if let Some((_, projection)) = projection
            && projection.table("plasticity").is_none()
        {
            lower.faults.push(
                Diagnostic::error(format!(
                    "`weights` of the record names `{name}`, whose weights stay as they are"
                ))
                .at(at)
                .label("does not learn")
                .allowed("projections with a [projection.NAME.plasticity]")
                .hint(format!("connections = [\"{name}\"] writes its weights once")),
            );
        }
    }
    let csv = matches!(fields.names("formats"), [(format, _)] if format == "csv");
    let (label, allowed) = match named("formats") {
        false => ("no format", "one or more names, such as [\"csv\"]"),
        true if csv || ["spikes", "membrane", "weights", "connections"].into_iter().any(named) => return,
        true => ("nothing is recorded", "`formats` beside `spikes`, `membrane`, `weights` or `connections`"),
    };
    if let Some(at) = fields.written("formats") {
        let fault = Diagnostic::error("`formats` of the record would do nothing").at(at);
        lower.faults.push(fault.label(label).allowed(allowed));
    }
}
