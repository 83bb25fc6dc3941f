//! `plasticity` of a projection: weights that learn from spikes, and the devices that bear it. The keys of a rule are in
//! its entry of the registry.

use super::kinds::{ABOVE_ZERO, CV, POSITIVE_SPAN, SHARE, VOLTAGE, positive};
use super::models::{kept, model_key};
use super::word::words;
use super::{Bounds, Choice, Key, Kind, Unit};
use crate::plasticity::Unit as Fraction;
use crate::registry::Registry;

/// The rule that is made of devices and not of a registry.
pub const OVERLAP: &str = "overlap";

const AMPLITUDE: Kind = Kind::Number(Bounds::NON_NEGATIVE);

/// The keys of `plasticity` in a scenario with this `rule` (`None` or unknown: the default one): its own, those that every
/// rule has, and those of other rules, which have no meaning then.
#[must_use]
pub fn plasticity_keys(registry: &Registry, rule: Option<&str>) -> &'static [Key] {
    let chosen = rule.and_then(|rule| registry.find_rule(rule)).or_else(|| registry.rules().first());
    let of = format!("{}{:?}", chosen.map_or("", |entry| entry.name), registry.rules());
    kept(of, || {
        let mut own: Vec<Key> = Vec::new();
        for entry in chosen.into_iter().chain(registry.rules()) {
            for key in entry
                .keys
                .iter()
                .filter(|key| !own.iter().any(|other| other.name == key.name))
                .collect::<Vec<_>>()
            {
                let has = registry
                    .rules()
                    .iter()
                    .filter(|rule| rule.keys.iter().any(|other| other.name == key.name));
                own.push(Key { when: Some(("rule", names(has.map(|rule| rule.name)))), ..model_key(key) });
            }
        }
        common(registry, own)
    })
}

/// The keys that are not of a registered rule.
#[must_use]
pub fn common_plasticity_keys(registry: &Registry) -> &'static [Key] {
    kept(format!("common {:?}", registry.rules()), || common(registry, Vec::new()))
}

fn names(names: impl Iterator<Item = &'static str>) -> &'static [&'static str] {
    Box::leak(names.collect::<Vec<_>>().into_boxed_slice())
}

/// The table with the words of `rule`, and the keys of rules after it.
fn common(registry: &Registry, own: Vec<Key>) -> Vec<Key> {
    let registered = registry.rules().iter().map(|entry| Choice {
        name: entry.name,
        doc: Box::leak(format!("{} ({})", entry.title, entry.source).into_boxed_str()),
    });
    let choices: Vec<Choice> = registered
        .chain([Choice { name: OVERLAP, doc: "what the overlap of two pulses does to the device" }])
        .collect();
    let laws = names(registry.rules().iter().map(|entry| entry.name));
    let [rule, rest @ ..] = PLASTICITY else { return own };
    let rule = Key { kind: Kind::Choice(Box::leak(choices.into_boxed_slice())), ..*rule };
    let rest = rest.iter().map(|key| match key.when {
        Some(("rule", LAWS)) => key.when("rule", laws),
        _ => *key,
    });
    std::iter::once(rule).chain(own).chain(rest).collect()
}

/// Stands for all registered rules, which have a law.
const LAWS: &[&str] = &["registered"];

/// What every rule has, and the one that is made of devices.
pub static PLASTICITY: &[Key] = &[
    Key::new("rule", Kind::Choice(&[]), "Learning rule; times are those at the synapse.")
        .setting("\"stdp_pair\""),
    Key::new(
        "dependence",
        Kind::word::<DependenceKind>(),
        "How a change depends on the weight, x = (w - w_min)/(w_max - w_min).",
    )
    .setting("\"additive\"")
    .when("rule", LAWS),
    Key::new("mu", AMPLITUDE, "Exponent: 0 is additive, 1 multiplicative.").when("dependence", &["power"]),
    Key::new("beta", AMPLITUDE, "Exponent, per range of the weight.")
        .literature("3.0", "Querlioz et al. 2013")
        .when("dependence", &["exponential"]),
    Key::new("relative_to", Kind::word::<Fraction>(), "What amplitudes are fractions of.")
        .setting("\"weight\"")
        .when("rule", LAWS),
    OVERLAP_PRESET.when("rule", &[OVERLAP]),
    OVERLAP_SCALE.when("rule", &[OVERLAP]),
    OVERLAP_SPREAD.setting("\"none\"").when("rule", &[OVERLAP]),
    Key::new("w_min", VOLTAGE, "Lower bound of the weight.").setting("\"0 V\"").when("rule", LAWS),
    Key::new("w_max", positive(Unit::Volt), "Upper bound of the weight; every update is clipped.")
        .absent("`w_max` of the device"),
    Key::new(
        "cv_cycle",
        CV,
        "Cycle-to-cycle coefficient of variation of a change: dw e^(s z - s^2/2), s^2 = ln(1 + cv^2).",
    )
    .setting("0.0"),
    Key::new("program", Kind::Table(PROGRAM), "The pulse an update is programmed with, for its energy.")
        .setting("{}")
        .when("rule", LAWS),
    Key::new("faults", Kind::Table(FAULTS), "Devices that do not learn.").setting("{}"),
    Key::new("endurance", Kind::Table(ENDURANCE), "How devices wear; updates are counted in any case.")
        .absent("they do not"),
];

pub const OVERLAP_PRESET: Key = Key::new(
    "preset",
    Kind::Text,
    "The device whose kinetics and pulse learn; its range is that of `device`.",
)
.setting("\"ag-tio2-pt-rs-analog\"");

pub const OVERLAP_SCALE: Key = Key::new(
    "time_scale",
    ABOVE_ZERO,
    "Multiplies all times of the preset's pulse: so it does the time constants of the window, and every dose.",
)
.setting("1.0");

pub const OVERLAP_SPREAD: Key = Key::new(
    "spread",
    Kind::word::<OverlapSpread>(),
    "How devices differ: their own kinetics and ranges, drawn once.",
);

words! {
    /// How devices under overlapping pulses differ.
    pub enum OverlapSpread {
        None = "none": "all are alike",
        Preset = "preset": "the coefficients of variation of the preset",
    }
}

words! {
    /// How a change depends on the weight.
    pub enum DependenceKind {
        Additive = "additive": "f+ = f- = 1",
        Multiplicative = "multiplicative": "f+ = 1 - x, f- = x",
        Power = "power": "f+ = (1 - x)^mu, f- = x^mu",
        Exponential = "exponential": "f+ = e^(-beta x), f- = e^(-beta (1 - x))",
    }
}

words! {
    impl Fraction {
        Weight = "weight": "the present weight, as windows are measured",
        Span = "span": "w_max - w_min",
    }
}

static PROGRAM: &[Key] = &[
    Key::new("v_set", positive(Unit::Volt), "Height of a potentiating pulse.")
        .measured("\"0.2 V\"", "Yan et al., fig. 2c: end of the sweep"),
    Key::new("v_reset", positive(Unit::Volt), "Height of a depressing pulse.")
        .measured("\"0.25 V\"", "Yan et al., fig. 2d: end of the sweep"),
    Key::new("width", POSITIVE_SPAN, "Width of the pulse; programming energy is proportional to it.")
        .assumed("\"1 ms\"", "Yan et al. give no pulse width"),
];

static FAULTS: &[Key] = &[
    Key::new("stuck_on", SHARE, "Share of devices stuck at g_max.").setting("0.0"),
    Key::new("stuck_off", SHARE, "Share of devices stuck at g_min.").setting("0.0"),
];

static ENDURANCE: &[Key] = &[
    Key::new("n_f", ABOVE_ZERO, "Scale of the number of updates after which a device sticks where it is.")
        .assumed("1e6", "Yan et al. cycle 100 times"),
    Key::new("weibull_shape", ABOVE_ZERO, "Shape of its Weibull law.").assumed("1.5", "not measured"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::RULE_KEYS;

    #[test]
    fn a_registry_knows_which_keys_every_rule_has() {
        let names: Vec<&str> = PLASTICITY.iter().map(|key| key.name).collect();
        assert_eq!(names, RULE_KEYS);
    }

    #[test]
    fn a_key_is_that_of_the_rule_that_was_chosen() {
        let registry = Registry::shipped();
        let default = |rule| {
            let keys = plasticity_keys(&registry, rule);
            assert_eq!(keys.iter().filter(|key| key.name == "a_plus").count(), 1);
            keys.iter().find(|key| key.name == "a_plus").unwrap().default
        };
        assert!(matches!(default(None), super::super::Fallback::Value("1.3861", ..)));
        assert!(matches!(default(Some("rectangular")), super::super::Fallback::Required));
        let tau_minus =
            |rule| plasticity_keys(&registry, rule).iter().find(|key| key.name == "tau_minus").unwrap().when;
        assert_eq!(tau_minus(Some("rectangular")), Some(("rule", &["stdp_pair", "stdp_triplet"][..])));
        assert!(std::ptr::eq(
            plasticity_keys(&registry, None),
            plasticity_keys(&registry, Some("stdp_pair"))
        ));
    }
}
