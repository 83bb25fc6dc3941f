//! Device presets in scenarios: which one a population names, and the defaults it gives.

use super::diagnostic::{At, Diagnostic, Diagnostics, nearest};
use super::filled::{Datum, Fields, PresetValue};
use super::locate::beside;
use super::spec::{Key, Kind, Word as _};
use crate::device::kinds::SHIPPED;
use crate::device::model::Model as _;
use crate::device::preset::{Preset, Provenance, tree};
use crate::device::threshold::VolatileSwitch;
use crate::keys::number;

/// The threshold switch that a population names: a shipped preset or a file beside the scenario.
pub fn read(name: &str, at: Option<&At>, faults: &mut Diagnostics) -> Option<Preset> {
    let read = match at {
        Some(at) if Preset::embedded_text(name).is_none() => match beside(name, at) {
            Ok(source) => {
                tree(&source).and_then(|tree| Preset::read(&tree, &format!("preset `{name}`"), &SHIPPED))
            }
            Err(fault) => {
                let known: Vec<&str> = of_kind(VolatileSwitch::NAME).collect();
                let close = nearest(name, known.iter().copied());
                faults.push(
                    fault
                        .allowed(format!("{}, or a preset file beside the scenario", known.join(", ")))
                        .maybe_hint(close.map(|close| format!("did you mean \"{close}\"?"))),
                );
                return None;
            }
        },
        _ => Preset::named(name),
    };
    match read {
        Ok(preset) => {
            fires(&preset, (&format!("preset `{name}`"), VolatileSwitch::NAME), at, faults).then_some(preset)
        }
        Err(found) => {
            for fault in found {
                faults.push(fault.asked_for(at, "this preset"));
            }
            None
        }
    }
}

/// Whether a population can be made of a device, which must be of a kind; if not, what it lacks is a fault.
pub fn fires(
    preset: &Preset,
    (what, wanted): (&str, &str),
    at: Option<&At>,
    faults: &mut Diagnostics,
) -> bool {
    let kind = preset.device.kind();
    if kind.name == wanted {
        return true;
    }
    faults.push(
        Diagnostic::error(format!("{what} is not a {}, but {}", wanted.replace('_', " "), kind.words()))
            .maybe_at(at)
            .allowed(format!(
                "{}, or another device of kind {wanted}",
                of_kind(wanted).collect::<Vec<_>>().join(", ")
            ))
            .maybe_hint(kind.lacking("neuron").map(str::to_string)),
    );
    false
}

/// Whether the weights of a projection can be made of a device; if not, what it lacks is a fault.
pub fn stays(preset: &Preset, fields: &Fields, faults: &mut Diagnostics) -> bool {
    let kind = preset.device.kind();
    let stays = preset.device.memory().is_some();
    if !stays {
        let made = |name: &&str| Preset::named(name).is_ok_and(|preset| preset.device.memory().is_some());
        let memories: Vec<&str> = Preset::names().into_iter().filter(made).collect();
        faults.push(
            Diagnostic::error(format!("the weights of {} cannot be made of {}", fields.what, kind.words()))
                .maybe_at(fields.place("device"))
                .allowed(format!("{}, or another device whose conductance stays", memories.join(", ")))
                .maybe_hint(kind.lacking("synapse").map(str::to_string)),
        );
    }
    stays
}

/// What a preset says about a key, and where the value comes from.
pub fn default(preset: &Preset, key: &'static Key) -> Option<PresetValue> {
    let parameter = key.preset?;
    let given = preset.parameters.iter().find(|given| given.key == parameter);
    let datum = match (&key.kind, given) {
        (Kind::Quantity(unit, _), Some(given)) => Datum::Quantity(*unit, unit.amount(&given.value).ok()?),
        (Kind::Number(_), Some(given)) => Datum::Number(number(&given.value, "")?),
        // A preset that says nothing about spread has none.
        (Kind::Number(_), None) => Datum::Number(0.0),
        (Kind::Choice(_), _) => Datum::Choice(preset.device.get::<VolatileSwitch>()?.spread.law.word()),
        _ => return None,
    };
    let provenance = given.map_or(Provenance::Assumed, |given| given.provenance);
    let source = given.map_or_else(|| "not stated".to_string(), |given| given.source.clone());
    Some(PresetValue { datum, provenance, source })
}

/// Names of the shipped presets of a kind.
fn of_kind(kind: &str) -> impl Iterator<Item = &'static str> {
    let is = move |name: &&str| Preset::named(name).is_ok_and(|preset| preset.device.kind().name == kind);
    Preset::names().into_iter().filter(is)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::population::Described;
    use crate::scenario::table::Table as _;

    #[test]
    fn a_percentage_of_a_preset_is_a_default_as_any_number_is() {
        let source = Preset::embedded("ag-tio2-pt-ts").unwrap();
        let text = source.text.replace("cycle_cv = { value = 0.05,", "cycle_cv = { value = \"7 %\",");
        let preset = Preset::parse("my.toml", &text).unwrap();
        let key = Described::KEYS.iter().find(|key| key.name == "cycle_cv").unwrap();
        let found = default(&preset, key).unwrap();
        assert!(matches!(found.datum, Datum::Number(0.07)), "{found:?}");
    }
}
