//! `competition` of a population: inhibition without delay, and thresholds that adapt; checked against the neuron and against
//! what reaches it.

use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::projection::ALL_TO_ALL;
use super::section::Lower;
use super::spec::kinds::{ABOVE_ZERO, SPAN, TIME_CONSTANT, non_negative};
use super::spec::{Bounds, Kind, Unit, words};
use super::table::{Tried, inner, table};
use crate::network::kernel::DELTA;
use crate::network::{Competition, Homeostasis, Losers, Rivalry};
use crate::neuron::Reset;
use crate::time::Time;

table! {
    impl Competition {
        kind: Rivalry;
        /// Time after a spike during which no arrival reaches any neuron.
        inhibition: Time = SPAN, setting("\"0 s\"");
        /// What every arrival takes from every neuron: the current of a reference column whose devices all have this weight.
        reference: f64 = non_negative(Unit::Volt), setting("\"0 V\"");
        /// What moves the thresholds; of switches the gain before each of them, 1 over what is said here, and never the
        /// threshold of the device.
        homeostasis: Option<Homeostasis> = inner::<Homeostasis>(), absent("they stay at v_th");
    }
}

table! {
    impl Rivalry by "kind", "What a spike does to the others. At one instant one neuron fires: the largest u - v_th, then the lowest id.",
        setting("\"winner_take_all\"")
    {
        WinnerTakeAll = "winner_take_all": "all membranes go to the reset value" {}
        LateralInhibition = "lateral_inhibition": "the winner is reset, every other membrane falls by `strength`" {
            /// How far the other membranes fall.
            strength: f64 = non_negative(Unit::Volt);
        }
        Switches = "switches": "for model = \"switch\": the drive of all of them is away until the winner has relaxed to its hold voltage" {
            /// What filaments that have not fired do while the drive is away.
            losers: Losers = Kind::word::<Losers>(), setting("\"relax\"");
        }
    }
}

words! {
    impl Losers {
        Relax = "relax": "they relax by the law of the winner, to the share v_hold/v_th of where they were",
        Erased = "erased": "a pulse brings them to rest, which the ledger has",
    }
}

table! {
    impl Homeostasis by "kind", "How thresholds adapt." {
        RateTarget = "rate_target": "after each presentation v_th - u_rest is multiplied by exp(gain (n - spikes / size)), n the neuron's spikes (Querlioz et al. 2013)" {
            /// Logarithmic step of the threshold per spike.
            gain: f64 = Kind::Number(Bounds::NON_NEGATIVE);
            /// Spikes per presentation that are wanted of the whole population.
            spikes: f64 = ABOVE_ZERO;
        }
        Decay = "decay": "each spike raises the threshold, which decays (Diehl & Cook 2015)" {
            /// What each spike adds to its neuron's threshold.
            step: f64 = non_negative(Unit::Volt);
            /// Time constant with which that decays.
            tau: f64 = TIME_CONSTANT;
        }
    }
}

/// How a population competes, if it does.
#[expect(clippy::unnecessary_wraps, reason = "as a value of a table is read")]
pub(super) fn lower(lower: &mut Lower<'_>, population: &Fields) -> Option<Tried<Option<Competition>>> {
    if let Some(fields) = population.table("competition") {
        fits(lower, population.path.trim_start_matches("population."), population, fields);
    }
    Some(Tried(lower.get(population, "competition")))
}

fn fits(lower: &mut Lower<'_>, name: &str, population: &Fields, fields: &Fields) {
    let wrong = |lower: &mut Lower<'_>, key: &str, what: &str, allowed: &str, hint: &str| {
        lower.faults.push(
            Diagnostic::error(format!("{} competes and {what}", population.what))
                .maybe_at(population.written(key).or(fields.at.as_ref()))
                .also(fields.at.as_ref(), "competes here")
                .allowed(allowed)
                .hint(hint),
        );
    };
    let switches = fields.word("kind") == Some("switches");
    match (population.word("model") == Some("switch"), switches) {
        (true, false) => {
            wrong(
                lower,
                "model",
                "is of switches",
                "kind = \"switches\"",
                "a switch that has fired is deaf until it is off",
            );
        }
        (true, true) => {
            if population.word("circuit").is_some_and(|circuit| circuit != "reset") {
                let hint = "only there is the drive taken away";
                wrong(lower, "circuit", "is in another circuit than \"reset\"", "circuit = \"reset\"", hint);
            }
            if fields.quantity("inhibition").is_some_and(|inhibition| inhibition != 0.0) {
                lower.faults.push(
                    Diagnostic::error(format!("`inhibition` of {} has no effect", fields.what))
                        .maybe_at(fields.place("inhibition"))
                        .allowed("nothing: the on-time of the winner is that")
                        .hint("`on_time` of the population states another"),
                );
            }
        }
        (false, true) => {
            wrong(lower, "model", "is not of switches", "model = \"switch\"", "other kinds are for \"lif\"")
        }
        (false, false) => {}
    }
    if population.quantity("t_ref").is_some_and(|t_ref| t_ref != 0.0) {
        wrong(
            lower,
            "t_ref",
            "has a refractory time",
            "t_ref = \"0 s\"",
            "`inhibition` keeps all of them silent",
        );
    }
    if population.quantity("i_bias").is_some_and(|bias| bias != 0.0) {
        wrong(
            lower,
            "i_bias",
            "has a bias current",
            "0 A",
            "a threshold that moves could fall below the bias",
        );
    }
    if population.written("u_0").is_some() && population.quantity("u_0") != population.quantity("u_rest") {
        wrong(
            lower,
            "u_0",
            "does not start at rest",
            "u_0 as u_rest",
            "a threshold that moves could fall below it",
        );
    }
    if population.choice("reset").is_some_and(Reset::subtracts) {
        let allowed = "reset = \"rest\", \"value\" or \"hold\"";
        wrong(lower, "reset", "resets by subtraction", allowed, "the losers have nothing to subtract from");
    }
    for key in ["tau_m", "t_ref", "i_bias", "u_0"] {
        if population.own().any(|entry| entry.key.name == key) && population.written(key).is_some() {
            let what = format!("has a `{key}` of each neuron");
            wrong(lower, key, &what, "one value for all", "thresholds and what the reset writes may differ");
        }
    }
    let arrives = |projection: &Fields| projection.text("to") == Some(name);
    let filled = lower.filled;
    let mut reached = false;
    for (_, projection) in filled.all("projection").iter().filter(|(_, projection)| arrives(projection)) {
        reached = true;
        for (key, value) in [("connect", ALL_TO_ALL), ("kernel", DELTA)] {
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
}
