//! How weights learn: the keys of `plasticity`, and of them a rule and what belongs to its devices.

use super::device_plan::DevicePlan;
use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::overlap::{OVERLAP, Overlapping};
use super::section::Lower;
use super::spec::kinds::{ABOVE_ZERO, CV, POSITIVE_SPAN, VOLTAGE, positive};
use super::spec::{Bounds, Choice, Key, Kind, Unit, words};
use super::table::{Table, inner, table};
use crate::device::endurance::Endurance;
use crate::device::fault::FaultRates;
use crate::device::memory::BinaryMemory;
use crate::device::preset::Preset;
use crate::device::threshold::log_sigma;
use crate::network::kernel::DELTA;
use crate::plasticity::{Dependence, Dispersion, Law, ProgramPulse, Rule, Unit as Fraction};
use crate::synapse::{Arrangement, Placement};
use crate::units::{Second, Volt};

/// How the weights of a projection learn, and what their devices make of it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PlasticityPlan {
    /// What spikes do to a weight.
    pub rule: Rule,
    /// Cycle-to-cycle spread of a change: sigma of its logarithm.
    pub cycle_sigma: f64,
    /// What a programming pulse applies to a device.
    pub program: ProgramPulse,
    /// How pulses wear the devices; `None`: they do not.
    pub endurance: Option<Endurance>,
    /// How devices differ in what learning makes of them.
    pub dispersion: Dispersion,
    /// Sum of a neuron's weights after each presentation in which it spiked, in units of w_max; `None`: left as it is.
    pub normalise: Option<f64>,
    /// Devices whose own state is the weight, and which of them are stuck; `None`: it names none, or others.
    pub filaments: Option<FaultRates>,
}

/// The keys of the table, but for those of registered rules.
pub(super) const KEYS: &[Key] = Learning::KEYS;

/// The rule that is no registered one.
const OVERLAPPING: &[Choice] =
    &[Choice { name: OVERLAP, doc: "what the overlap of two pulses does to the device" }];

/// Stands for all registered rules, which have a law.
pub(super) const LAWS: &[&str] = &["registered"];

table! {
    /// How weights learn, as it is written: what every rule has, and the one that is made of devices.
    struct Learning {
        /// Learning rule; times are those at the synapse.
        rule: &'static str = Kind::Choice(OVERLAPPING), setting("\"stdp_pair\"");
        dependence: Dependence;
        /// What amplitudes are fractions of.
        relative_to: Fraction = Kind::word::<Fraction>(), setting("\"weight\""), when("rule", LAWS);
        kinetics: Overlapping;
        /// Lower bound of the weight.
        w_min: Volt = VOLTAGE, setting("\"0 V\""), when("rule", LAWS);
        /// Upper bound of the weight; every update is clipped.
        w_max: Option<f64> = positive(Unit::Volt), absent("`w_max` of the crossbar");
        /// Cycle-to-cycle coefficient of variation of a change: dw e^(s z - s^2/2), s^2 = ln(1 + cv^2).
        cv_cycle: f64 = CV, setting("0.0");
        /// The pulse an update is programmed with, for its energy.
        program: ProgramPulse = inner::<ProgramPulse>(), setting("{}"), when("rule", LAWS);
        /// How devices differ; drawn once.
        dispersion: Dispersion = inner::<Dispersion>(), setting("{}");
        /// How devices wear; updates are counted in any case.
        endurance: Option<Wear> = inner::<Wear>(), absent("they do not");
        /// Sum of a neuron's weights, in units of w_max, restored after each presentation in which it spiked.
        normalise: Option<f64> = ABOVE_ZERO, absent("weights are not normalised");
    }
}

table! {
    impl Dependence by "dependence", "How a change depends on the weight, x = (w - w_min)/(w_max - w_min).",
        setting("\"additive\""), when("rule", LAWS)
    {
        Additive = "additive": "f+ = f- = 1" {}
        Multiplicative = "multiplicative": "f+ = 1 - x, f- = x" {}
        Power = "power": "f+ = (1 - x)^mu, f- = x^mu" {
            /// Exponent: 0 is additive, 1 multiplicative.
            mu: f64 = Kind::Number(Bounds::NON_NEGATIVE);
        }
        Exponential = "exponential": "f+ = e^(-beta x), f- = e^(-beta (1 - x))" {
            /// Exponent, per range of the weight.
            beta: f64 = Kind::Number(Bounds::NON_NEGATIVE), literature("3.0", "Querlioz et al. 2013");
        }
    }
}

words! {
    impl Fraction {
        Weight = "weight": "the present weight, as windows are measured",
        Span = "span": "w_max - w_min",
    }
}

table! {
    impl ProgramPulse {
        /// Height of a potentiating pulse, as a magnitude: SET is at positive voltage.
        v_set: Volt = positive(Unit::Volt), measured("\"0.2 V\"", "Yan et al., fig. 2c: end of the sweep");
        /// Height of a depressing pulse, as a magnitude: RESET is at negative voltage.
        v_reset: Volt = positive(Unit::Volt), measured("\"0.25 V\"", "Yan et al., fig. 2d: end of the sweep");
        /// Width of the pulse; programming energy is proportional to it.
        width: Second = POSITIVE_SPAN, assumed("\"1 ms\"", "Yan et al. give no pulse width");
    }
}

table! {
    /// How devices wear that learn: they stick where they are, and their range may close before.
    #[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Wear {
        /// Scale of the number of updates after which a device sticks where it is.
        n_f: Option<f64> = ABOVE_ZERO, derived("the `endurance` of the device; 1e6, assumed, where it states none");
        /// Shape of its Weibull law.
        weibull_shape: f64 = ABOVE_ZERO, assumed("1.5", "not measured");
        /// Exponent of the closing of the range: after n updates log10(g_max/g_min) is its first value times 1 - (n/n_f)^m, and
        /// the off state rises.
        m: Option<f64> = ABOVE_ZERO, absent("the range stays as it is");
    }
}

impl Wear {
    /// The wear of a device that states its own, or none.
    pub fn endurance(self, own: Option<Endurance>) -> Endurance {
        Endurance {
            n_f: self.n_f.unwrap_or(own.unwrap_or_default().n_f),
            weibull_shape: Some(self.weibull_shape),
            m: self.m,
            ..Endurance::default()
        }
    }
}

table! {
    impl Dispersion {
        /// Coefficient of variation of the step upwards (of SET doses).
        a_plus: f64 = CV, setting("0.0");
        /// Coefficient of variation of the step downwards (of RESET doses).
        a_minus: f64 = CV, setting("0.0");
        /// Coefficient of variation of the highest conductance.
        g_max: f64 = CV, setting("0.0");
        /// Coefficient of variation of the lowest conductance.
        g_min: f64 = CV, setting("0.0");
        /// Coefficient of variation of the initial weight, besides that of `weight`.
        initial: f64 = CV, setting("0.0");
    }
}

impl Lower<'_> {
    /// `outer` are the fields of the projection, `device` its devices as far as they are in order.
    pub(super) fn plasticity(
        &mut self,
        fields: &Fields,
        outer: &Fields,
        made_of: Option<&(DevicePlan, Preset)>,
    ) -> Option<PlasticityPlan> {
        let device = made_of.map(|(device, _)| device);
        // The filaments of a volatile device are in the rule.
        let of_filament = outer.written("device").is_some() && self.filament(outer);
        let has_device = outer.written("device").is_some() && !of_filament;
        // Everything else would be said of a table that has to go.
        if self.trained(fields, outer) {
            return None;
        }
        self.jumps_only(fields, outer);
        self.presented(fields);
        let w_max = fields.quantity("w_max").or_else(|| device.and_then(|device| device.w_max));
        if w_max.is_none() && fields.written("w_max").is_none() && (device.is_some() || !has_device) {
            self.faults.push(
                Diagnostic::error(format!("the rule of {} has no upper bound", outer.what))
                    .maybe_at(fields.at.as_ref())
                    .label("weights could grow without end")
                    .allowed("w_max, such as \"10 mV\", here or in `crossbar`"),
            );
        }
        self.below(fields, "w_min", "w_max", "the bounds of the weight");
        if let (Some(w_min), Some(w_max), None) = (fields.quantity("w_min"), w_max, fields.written("w_max"))
            && w_min >= w_max
        {
            self.faults.push(
                Diagnostic::error(format!(
                    "`w_min` of {} is {}, not below `w_max` of its device, which is {}",
                    fields.what,
                    volts(w_min),
                    volts(w_max)
                ))
                .maybe_at(fields.place("w_min"))
                .allowed("`w_min` below `w_max`"),
            );
        }
        if self.filament(outer) {
            self.with_filaments(fields, outer);
        } else {
            self.with_devices(fields, outer, made_of, has_device, w_max);
        }
        let Some(stated) = self.made::<Learning>(fields) else {
            // What is wrong with the keys of the rule is told at once.
            self.rule_alone(fields);
            return None;
        };
        let (cycle_sigma, program) = (log_sigma(stated.cv_cycle), stated.program);
        let own = made_of.and_then(|(_, preset)| preset.device.memory()?.endurance.copied());
        let endurance = stated.endurance.map(|wear| wear.endurance(own));
        let w_max = stated.w_max.or_else(|| device.and_then(|device| device.w_max))?;
        let (dispersion, normalise) = (stated.dispersion, stated.normalise);
        let rule = self.rule(fields, stated, made_of, w_max)?;
        let filaments = if of_filament { Some(self.faults_of_filaments(outer)?) } else { None };
        Some(PlasticityPlan { rule, cycle_sigma, program, endurance, dispersion, normalise, filaments })
    }

    /// A pulse of current would use another weight at each of its steps, and rules count in volts.
    fn jumps_only(&mut self, fields: &Fields, outer: &Fields) {
        if outer.word("kernel").is_some_and(|kernel| kernel != DELTA) {
            self.faults.push(
                Diagnostic::error(format!("{} learns, and its kernel is a current", outer.what))
                    .maybe_at(fields.at.as_ref())
                    .also(outer.written("kernel"), "the kernel")
                    .allowed("kernel = \"delta\" with plasticity")
                    .hint("bounds of weights are voltages"),
            );
        }
    }

    /// What happens after each presentation needs some.
    fn presented(&mut self, fields: &Fields) {
        if let (Some(at), false) = (fields.written("normalise"), self.presents) {
            self.faults.push(
                Diagnostic::error(format!("`normalise` of {} has no effect", fields.what))
                    .at(at)
                    .label("nothing is presented")
                    .allowed("kind = \"unsupervised\" in [protocol], which presents samples"),
            );
        }
    }

    /// Whether the protocol trains, which it does by a rule of its own; reported.
    fn trained(&mut self, fields: &Fields, outer: &Fields) -> bool {
        let Some(protocol) = self.filled.one("protocol") else { return false };
        let Some(hint) = self.no_rules else { return false };
        self.faults.push(
            Diagnostic::error(format!("{} learns from spikes, and the protocol trains it", outer.what))
                .maybe_at(fields.at.as_ref())
                .also(protocol.written("kind"), "trained here")
                .allowed("`plasticity` with kind = \"simulate\" in [protocol]")
                .hint(hint),
        );
        true
    }

    /// What only devices can have, and what the devices of a learning weight must be.
    fn with_devices(
        &mut self,
        fields: &Fields,
        outer: &Fields,
        made_of: Option<&(DevicePlan, Preset)>,
        has_device: bool,
        w_max: Option<f64>,
    ) {
        let device = made_of.map(|(device, _)| device);
        let overlap = fields.word("rule") == Some(OVERLAP);
        if !has_device {
            let number = |fields: &Fields, key: &str| fields.number(key).unwrap_or(0.0) > 0.0;
            let any = |key: &str| {
                let entries = fields.table(key).map(|table| (table, &table.entries));
                entries.is_some_and(|(table, entries)| entries.iter().any(|e| number(table, e.key.name)))
            };
            for (key, meant) in [
                ("cv_cycle", number(fields, "cv_cycle")),
                ("dispersion", any("dispersion")),
                ("endurance", fields.table("endurance").is_some()),
            ] {
                if let (Some(at), true) = (fields.written(key), meant) {
                    self.faults.push(
                        Diagnostic::error(format!("`{key}` of {} is about devices", fields.what))
                            .at(at)
                            .label("there are none")
                            .allowed(format!("`device` of {}", outer.what)),
                    );
                }
            }
            if overlap {
                self.faults.push(
                    Diagnostic::error(format!("the rule of {} needs devices", outer.what))
                        .maybe_at(fields.place("rule"))
                        .label("pulses overlap across a device")
                        .allowed(format!("`device` of {}", outer.what)),
                );
            }
        }
        let Some(device) = device else { return };
        if device.placement == Placement::Balanced && device.arrangement != Arrangement::Single {
            self.faults.push(
                Diagnostic::error(format!("{} learns, and its pairs are placed balanced", outer.what))
                    .maybe_at(fields.at.as_ref())
                    .allowed("placement = \"one_sided\": one device of a pair learns, the other rests")
                    .hint("two devices that move together are not modelled"),
            );
        }
        let abrupt = made_of.is_some_and(|(_, preset)| preset.device.get::<BinaryMemory>().is_some());
        if overlap && !abrupt && !self.presents && device.range.levels.is_some() {
            self.faults.push(
                Diagnostic::error(format!("the rule of {} moves its devices continuously", outer.what))
                    .maybe_at(outer.table("crossbar").and_then(|crossbar| crossbar.place("levels")))
                    .label("and these have levels")
                    .allowed("no `levels` with rule = \"overlap\"")
                    .hint("a pulse leaves what its kinetics give; with kind = \"unsupervised\" it is read at levels"),
            );
        }
        let single = device.arrangement == Arrangement::Single;
        if overlap && single {
            self.faults.push(
                Diagnostic::error(format!(
                    "the rule of {} moves one device over its whole range",
                    outer.what
                ))
                .maybe_at(fields.place("rule"))
                .allowed("arrangement = \"differential\": the other device of a pair rests at g_min"),
            );
        }
        if let Some(w_min) = fields.quantity("w_min").filter(|&w_min| w_min < 0.0 && !single) {
            self.faults.push(
                Diagnostic::error(format!("`w_min` of {} is {}", fields.what, volts(w_min)))
                    .maybe_at(fields.place("w_min"))
                    .label("the learning device of a pair cannot go below g_min")
                    .allowed("0 V or more, or arrangement = \"single\""),
            );
        }
        if let (Some(asked), Some(end)) = (w_max, device.w_max)
            && asked > end
        {
            self.faults.push(
                Diagnostic::error(format!(
                    "`w_max` of {} is {}, and its devices end at {}",
                    fields.what,
                    volts(asked),
                    volts(end)
                ))
                .maybe_at(fields.place("w_max"))
                .allowed("at most `w_max` of the crossbar"),
            );
        }
    }

    fn rule(
        &mut self,
        fields: &Fields,
        stated: Learning,
        made_of: Option<&(DevicePlan, Preset)>,
        w_max: f64,
    ) -> Option<Rule> {
        if stated.rule == OVERLAP {
            let sigma = log_sigma(stated.cv_cycle);
            return self.kinetics(fields, stated.kinetics, &made_of?.1, (sigma, w_max)).map(Rule::Overlap);
        }
        let entry = *self.registry.find_rule(stated.rule)?;
        let bounds = crate::plasticity::Bounds { w_min: stated.w_min.get(), w_max };
        let law = Law { dependence: stated.dependence, unit: stated.relative_to, bounds };
        self.model(fields, entry.keys, |value| entry.make(value, law))
    }

    /// Reports what is wrong with the keys that a registered rule has.
    fn rule_alone(&mut self, fields: &Fields) {
        let entry = fields.word("rule").and_then(|rule| self.registry.find_rule(rule)).copied();
        if let Some(entry) = entry {
            let bounds = crate::plasticity::Bounds { w_min: 0.0, w_max: 1.0 };
            let law = Law { dependence: Dependence::Additive, unit: Fraction::Weight, bounds };
            let _ = self.model(fields, entry.keys, |value| entry.make(value, law));
        }
    }
}

fn volts(value: f64) -> String {
    super::spec::Unit::Volt.print(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::RULE_KEYS;

    #[test]
    fn a_registry_knows_which_keys_every_rule_has() {
        let names: Vec<&str> = Learning::KEYS.iter().map(|key| key.name).collect();
        assert_eq!(names, RULE_KEYS);
    }

    #[test]
    fn what_is_wrong_with_a_rule_and_with_its_table_is_told_at_once() {
        let text = "[source.in]\nkind = \"regular\"\nsize = 1\nperiod = \"1 ms\"\n[population.out]\nsize = 1\n\
                    [projection.p]\nfrom = \"in\"\nto = \"out\"\nweight = \"1 mV\"\n\
                    [projection.p.plasticity]\nw_max = \"1 mV\"\ntau_plus = \"0 s\"\nprogram = { width = 5 }\n\
                    [protocol]\nkind = \"simulate\"\nduration = \"1 s\"\n";
        let faults = crate::scenario::load_text("test.toml", text, &[], None).unwrap_err();
        let told = faults.render(false);
        assert_eq!(faults.counts().0, 2, "{told}");
        assert!(
            told.contains("`tau_plus` of the plasticity of projection `p`") && told.contains("`width` of"),
            "{told}"
        );
    }
}
