//! The competition of a population: checked against the neuron and against what reaches it.

use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::section::{Lower, time};
use super::spec::{CompetitionKind, ConnectKind, HomeostasisKind, Word as _};
use crate::network::kernel::DELTA;
use crate::network::{Competition, Homeostasis, Rivalry};
use crate::neuron::Reset;

/// `Some(None)`: the population does not compete. `None`: a fault, which is reported.
pub(super) fn lower(lower: &mut Lower<'_>, name: &str, population: &Fields) -> Option<Option<Competition>> {
    let Some(fields) = population.table("competition") else {
        return population.written("competition").is_none().then_some(None);
    };
    let mut wrong = |key: &str, what: &str, allowed: &str, hint: &str| {
        lower.faults.push(
            Diagnostic::error(format!("{} competes and {what}", population.what))
                .maybe_at(population.written(key).or(fields.at.as_ref()))
                .also(fields.at.as_ref(), "competes here")
                .allowed(allowed)
                .hint(hint),
        );
    };
    if population.quantity("t_ref").is_some_and(|t_ref| t_ref != 0.0) {
        wrong("t_ref", "has a refractory time", "t_ref = \"0 s\"", "`inhibition` keeps all of them silent");
    }
    if population.quantity("i_bias").is_some_and(|bias| bias != 0.0) {
        wrong("i_bias", "has a bias current", "0 A", "a threshold that moves could fall below the bias");
    }
    if population.written("u_0").is_some() && population.quantity("u_0") != population.quantity("u_rest") {
        wrong("u_0", "does not start at rest", "u_0 as u_rest", "a threshold that moves could fall below it");
    }
    if population.choice("reset").is_some_and(Reset::subtracts) {
        let allowed = "reset = \"rest\", \"value\" or \"hold\"";
        wrong("reset", "resets by subtraction", allowed, "the losers have nothing to subtract from");
    }
    for key in ["tau_m", "t_ref", "i_bias", "u_0"] {
        if population.own().any(|entry| entry.key.name == key) && population.written(key).is_some() {
            let what = format!("has a `{key}` of each neuron");
            wrong(key, &what, "one value for all", "thresholds and what the reset writes may differ");
        }
    }
    let arrives = |projection: &Fields| projection.text("to") == Some(name);
    let filled = lower.filled;
    let mut reached = false;
    for (_, projection) in filled.all("projection").iter().filter(|(_, projection)| arrives(projection)) {
        reached = true;
        for (key, value) in [("connect", ConnectKind::AllToAll.word()), ("kernel", DELTA)] {
            if let Some(found) = projection.word(key)
                && found != value
            {
                lower.faults.push(
                    Diagnostic::error(format!("`{key}` of {} is \"{found}\"", projection.what))
                        .maybe_at(projection.place(key))
                        .also(fields.at.as_ref(), "its targets compete")
                        .allowed(format!("\"{value}\" to a population that competes"))
                        .hint("every arrival must reach every neuron at once, or they cannot be compared"),
                );
            }
        }
    }
    if !reached {
        lower.faults.push(
            Diagnostic::error(format!("{} competes, and nothing arrives there", population.what))
                .maybe_at(fields.at.as_ref())
                .allowed("a projection to it"),
        );
    }
    let kind = match fields.choice("kind")? {
        CompetitionKind::WinnerTakeAll => Rivalry::WinnerTakeAll,
        CompetitionKind::LateralInhibition => {
            Rivalry::LateralInhibition { strength: fields.quantity("strength")? }
        }
    };
    let homeostasis = match fields.table("homeostasis") {
        None if fields.written("homeostasis").is_some() => return None,
        None => None,
        Some(rule) => Some(match rule.choice("kind")? {
            HomeostasisKind::RateTarget => {
                Homeostasis::RateTarget { gain: rule.number("gain")?, spikes: rule.number("spikes")? }
            }
            HomeostasisKind::Decay => {
                Homeostasis::Decay { step: rule.quantity("step")?, tau: rule.quantity("tau")? }
            }
        }),
    };
    Some(Some(Competition { kind, inhibition: time(fields, "inhibition")?, homeostasis }))
}
