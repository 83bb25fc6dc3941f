//! `encode` of a source that shows the samples of a data set: how a sample becomes spikes.

use super::super::data_plan::DataPlan;
use super::super::diagnostic::{At, Diagnostic};
use super::super::filled::Fields;
use super::super::plan::Code;
use super::super::section::Lower;
use super::super::spec::kinds::RATE;
use super::super::spec::{Key, Kind};
use super::super::table::{Table, table};
use crate::dataset::Holds;
use crate::units::Hertz;

/// The keys of the table, but for those of registered codes.
pub(in crate::scenario) const KEYS: &[Key] = Encode::KEYS;

table! {
    /// The codes that are not registered ones: one that draws, and one that has nothing to do.
    enum Encode by "kind", "Code.", setting("\"poisson\"") {
        Poisson = "poisson": "each pixel a Poisson process, rate proportional to intensity" {
            /// Rate of a pixel of full intensity.
            max_rate: Hertz = RATE, assumed("\"100 Hz\"", "Yan et al. give no rate");
            /// Scale the rates of each sample so that all have the mean total intensity of the training samples.
            normalise: bool = Kind::Flag, setting("false");
        }
        Events = "events": "the events of each sample as they were recorded, on the lines where they were" {}
    }
}

impl Lower<'_> {
    /// How samples of a data set, which is named at `at`, become spikes, once they have this shape; and of how many lines.
    pub(super) fn code(
        &mut self,
        encode: &Fields,
        (data, at): (&DataPlan, Option<&At>),
        shape: &[usize],
    ) -> Option<(u32, Code)> {
        let word = encode.word("kind")?;
        let values = shape.iter().product::<usize>() as u32;
        let entry = self.registry.find_encoder(word).copied();
        let sound = entry.is_some_and(|entry| entry.sound);
        let (holds, allowed) = match data.holds() {
            Holds::Values if sound || word == "events" => {
                ("values", "a code for values, such as \"poisson\" or \"first_spike\"")
            }
            Holds::Events if word != "events" => ("events", "encode = { kind = \"events\" }"),
            Holds::Sound(_) if !sound => ("sound", "encode = { kind = \"cochlea\", ... }"),
            _ => {
                let Some(entry) = entry else {
                    return Some(match self.made(encode)? {
                        Encode::Poisson { max_rate, normalise } => {
                            (values, Code::Rate { max_rate, normalise })
                        }
                        Encode::Events {} => (values, Code::Events),
                    });
                };
                let rate = if let Holds::Sound(rate) = data.holds() { Some(rate) } else { None };
                let code = self.model(encode, entry.keys, |value| {
                    entry.make(value)?.fitted(shape, rate).map_err(|fault| vec![fault])
                })?;
                return Some((code.lines(shape), Code::Timed(code)));
            }
        };
        self.faults.push(
            Diagnostic::error(format!("the samples of `{}` are {holds}", data.title()))
                .maybe_at(encode.place("kind").or(encode.at.as_ref()))
                .also(at, "these samples")
                .allowed(allowed),
        );
        None
    }
}
