//! `[record]`: what is written beside the summary.

use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::filled::is_current;
use super::section::Lower;
use super::spec::kinds::{POSITIVE_SPAN, non_negative};
use super::spec::{Kind, Refers, Unit};
use super::table::table;
use crate::time::Time;
use crate::units::Joule;

table! {
    /// What is written beside the summary.
    #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct RecordPlan {
        /// Populations (and sources) whose spikes are written to spikes.csv.
        spikes: Vec<String> = Kind::Names(Refers::SourceOrPopulation), setting("[]");
        /// Populations whose membrane is sampled.
        membrane: Vec<String> = Kind::Names(Refers::Population), setting("[]");
        /// Time between two samples of the membrane, from time 0 on; there is one more at the end.
        membrane_interval: Option<Time> = POSITIVE_SPAN,
            absent("no samples; needed when `membrane` names a population");
        /// How spikes and membranes are written; `--record-format` replaces it.
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
    for (name, at) in fields.names("spikes") {
        let source = lower.filled.all("source").iter().find(|(source, _)| source == name);
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
    if named("membrane")
        && fields.datum("membrane_interval").is_none()
        && fields.written("membrane_interval").is_none()
    {
        lower.faults.push(
            Diagnostic::error("`membrane` of the record names populations, and there is no interval")
                .maybe_at(fields.written("membrane"))
                .allowed("membrane_interval, such as \"0.1 ms\""),
        );
    }
    let csv = matches!(fields.names("formats"), [(format, _)] if format == "csv");
    let (label, allowed) = match named("formats") {
        false => ("no format", "one or more names, such as [\"csv\"]"),
        true if csv || named("spikes") || named("membrane") => return,
        true => ("nothing is recorded", "`formats` beside `spikes` or `membrane`"),
    };
    if let Some(at) = fields.written("formats") {
        let fault = Diagnostic::error("`formats` of the record would do nothing").at(at);
        lower.faults.push(fault.label(label).allowed(allowed));
    }
}
