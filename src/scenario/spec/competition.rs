//! `competition` of a population: inhibition without delay, and thresholds that adapt.

use super::kinds::{ABOVE_ZERO, SPAN, TIME_CONSTANT, non_negative};
use super::word::words;
use super::{Bounds, Key, Kind, Unit};

pub static COMPETITION: &[Key] = &[
    Key::new("kind", Kind::word::<CompetitionKind>(), "What a spike does to the others. At one instant one neuron fires: the largest u - v_th, then the lowest id.")
        .setting("\"winner_take_all\""),
    Key::new("strength", non_negative(Unit::Volt), "How far the other membranes fall.")
        .when("kind", &["lateral_inhibition"]),
    Key::new("inhibition", SPAN, "Time after a spike during which no arrival reaches any neuron.")
        .setting("\"0 s\""),
    Key::new("homeostasis", Kind::Table(HOMEOSTASIS), "What moves the thresholds.")
        .absent("they stay at v_th"),
];

words! {
    /// What a spike does to the others of its population.
    pub enum CompetitionKind {
        WinnerTakeAll = "winner_take_all": "all membranes go to the reset value",
        LateralInhibition = "lateral_inhibition": "the winner is reset, every other membrane falls by `strength`",
    }
}

static HOMEOSTASIS: &[Key] = &[
    Key::new("kind", Kind::word::<HomeostasisKind>(), "How thresholds adapt."),
    Key::new("gain", Kind::Number(Bounds::NON_NEGATIVE), "Logarithmic step of the threshold per spike.")
        .when("kind", &["rate_target"]),
    Key::new("spikes", ABOVE_ZERO, "Spikes per presentation that are wanted of the whole population.")
        .when("kind", &["rate_target"]),
    Key::new("step", non_negative(Unit::Volt), "What each spike adds to its neuron's threshold.")
        .when("kind", &["decay"]),
    Key::new("tau", TIME_CONSTANT, "Time constant with which that decays.").when("kind", &["decay"]),
];

words! {
    /// How thresholds adapt.
    pub enum HomeostasisKind {
        RateTarget = "rate_target": "after each presentation v_th - u_rest is multiplied by exp(gain (n - spikes / size)), n the neuron's spikes (Querlioz et al. 2013)",
        Decay = "decay": "each spike raises the threshold, which decays (Diehl & Cook 2015)",
    }
}
