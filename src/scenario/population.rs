//! Populations: their neurons, and the switch whose energy each of them spends.

use super::competition;
use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::plan::{PopulationPlan, SwitchEnergy};
use super::section::{Lower, model_value, quantity};
use super::spec::{NeuronModel, Unit, Word as _};
use crate::device::threshold::{ThresholdSpread, ThresholdSwitch};
use crate::keys::ModelKey;
use crate::neuron::{Lif, Neuron, Reset, Switch};
use crate::registry::NeuronEntry;
use crate::time::Time;
use crate::units::Volt;

/// Where neurons start that do not start at rest.
#[expect(clippy::option_option, reason = "`None`: faulty, and reported")]
fn u_0(fields: &Fields) -> Option<Option<Volt>> {
    let (u_0, u_rest) = (quantity(fields, "u_0")?, quantity(fields, "u_rest")?);
    Some(Some(u_0).filter(|&u_0: &Volt| u_0 != u_rest))
}

impl Lower<'_> {
    pub(super) fn population(&mut self, name: &str, fields: &Fields) -> Option<PopulationPlan> {
        if let Some(entry) = self.registered(fields) {
            return self.registered_population(name, fields, &entry);
        }
        let switch = fields.table("switch").and_then(|switch| self.switch(switch));
        match fields.choice("model") {
            Some(NeuronModel::Switch) => self.switch_population(name, fields, switch?),
            Some(NeuronModel::Lif) | None => self.lif_population(name, fields, switch),
        }
    }

    /// A stated start must be below `threshold`; the default is where the membrane rests, of which something else is said.
    fn starts_below(&mut self, fields: &Fields, threshold: &str, why: &str) {
        if fields.written("u_0").is_some() {
            self.below(fields, "u_0", threshold, why);
        }
    }

    /// A population of leaky integrate-and-fire neurons.
    fn lif_population(
        &mut self,
        name: &str,
        fields: &Fields,
        switch: Option<SwitchEnergy>,
    ) -> Option<PopulationPlan> {
        let reset = fields.choice("reset");
        self.below(fields, "u_rest", "v_th", "the neuron would fire without any input");
        if reset == Some(Reset::Value) {
            self.below(fields, "u_reset", "v_th", "a neuron reset there would fire again at once");
        }
        self.starts_below(fields, "v_th", "a neuron starts below its threshold");
        if reset == Some(Reset::Hold) {
            self.below(fields, "v_hold", "v_th", "a neuron reset there would fire again at once");
        }
        let neuron = Lif {
            tau_m: quantity(fields, "tau_m")?,
            u_rest: quantity(fields, "u_rest")?,
            v_th: quantity(fields, "v_th")?,
            u_reset: quantity(fields, "u_reset")?,
            v_hold: quantity(fields, "v_hold")?,
            reset: reset?,
            t_ref: quantity(fields, "t_ref")?,
            r_m: quantity(fields, "r_m")?,
            i_bias: quantity(fields, "i_bias")?,
            u_0: u_0(fields)?,
        };
        let neuron = Neuron::Lif(neuron);
        let competition = competition::lower(self, name, fields);
        Some(PopulationPlan {
            name: name.to_string(),
            size: fields.count("size")?,
            neuron,
            switch: Some(switch?),
            keys: Vec::new(),
            competition: competition?,
        })
    }

    /// The entry of a population's model, if that is registered and not built in.
    pub(super) fn registered(&self, fields: &Fields) -> Option<NeuronEntry> {
        fields.word("model").and_then(|model| self.registry.find(model)).copied()
    }

    /// Refuses a protocol for a registered model; true if it is one.
    pub(super) fn not_trained(&mut self, fields: &Fields) -> bool {
        let Some(entry) = self.registered(fields) else { return false };
        self.faults.push(
            Diagnostic::error(format!(
                "{} is of model \"{}\", which learns in no protocol yet",
                fields.what, entry.name
            ))
            .maybe_at(fields.place("model"))
            .allowed("model = \"lif\" or \"switch\" here, or kind = \"simulate\" in [protocol]"),
        );
        true
    }

    /// A population of a model of the registry.
    fn registered_population(
        &mut self,
        name: &str,
        fields: &Fields,
        entry: &NeuronEntry,
    ) -> Option<PopulationPlan> {
        let size = fields.count("size");
        let (neuron, remarks) = self.model(fields, entry.keys, |value| entry.make(value))?;
        for remark in remarks {
            self.faults.push(
                Diagnostic::warning(format!("`{}` of {} is {}", remark.key, fields.what, remark.value))
                    .maybe_at(fields.place(remark.key))
                    .allowed(remark.allowed),
            );
        }
        let shown = |key: &ModelKey| Some((key.name.to_string(), key.shown(model_value(fields, key)?)));
        let keys = entry.keys.iter().filter_map(shown).collect();
        Some(PopulationPlan {
            name: name.to_string(),
            size: size?,
            neuron: Neuron::Open(neuron),
            switch: None,
            keys,
            competition: None,
        })
    }

    /// A population of threshold switches.
    fn switch_population(
        &mut self,
        name: &str,
        fields: &Fields,
        mut energy: SwitchEnergy,
    ) -> Option<PopulationPlan> {
        let faults = self.faults.iter().count();
        if let (Some(reset), Some(at)) = (fields.choice::<Reset>("reset"), fields.written("reset"))
            && reset != Reset::Hold
        {
            self.faults.push(
                Diagnostic::error(format!("`reset` of {} is \"{}\"", fields.what, reset.word()))
                    .at(at)
                    .also(fields.written("model"), "because of this")
                    .allowed("\"hold\", or nothing: a switch turns off at its hold voltage")
                    .hint("model = \"lif\" has all resets"),
            );
        }
        self.below(fields, "u_rest", "v_hold", "the switch would never turn off");
        self.starts_below(fields, "v_th", "a switch starts off");
        self.below(fields, "v_hold", "v_th", "the switch would turn off before it turns on");
        if let Some(table) = fields.table("switch") {
            self.below(table, "g_off", "g_on", "on must conduct better than off");
        }
        let device = ThresholdSwitch {
            tau: quantity(fields, "tau_m")?,
            u_rest: quantity(fields, "u_rest")?,
            v_th: quantity(fields, "v_th")?,
            v_hold: quantity(fields, "v_hold")?,
            i_cc: energy.i_cc,
            g_off: energy.g_off,
            g_on: energy.g_on,
        };
        let spread = ThresholdSpread {
            cycle: fields.number("cycle_cv")?,
            device: fields.number("device_cv")?,
            law: fields.choice("threshold_law")?,
        };
        let switch = Switch {
            device,
            spread,
            on_time: quantity(fields, "on_time"),
            r_m: quantity(fields, "r_m")?,
            i_bias: quantity(fields, "i_bias")?,
            u_0: u_0(fields)?,
        };
        if self.faults.iter().count() == faults {
            for fault in switch.faults() {
                self.faults.push(
                    Diagnostic::error(format!("{}: {fault}", fields.what)).maybe_at(fields.at.as_ref()),
                );
            }
        }
        energy.on_time = switch.membrane().t_ref;
        let size = fields.count("size")?;
        Some(PopulationPlan {
            name: name.to_string(),
            size,
            neuron: Neuron::Switch(switch),
            switch: Some(energy),
            keys: Vec::new(),
            competition: None,
        })
    }

    fn switch(&mut self, fields: &Fields) -> Option<SwitchEnergy> {
        let switch = SwitchEnergy {
            i_cc: quantity(fields, "i_cc")?,
            g_on: quantity(fields, "g_on")?,
            g_off: quantity(fields, "g_off")?,
            v_drive: quantity(fields, "v_drive")?,
            on_time: quantity(fields, "on_time")?,
        };
        let on = switch.i_cc.get() / switch.g_on.get();
        if switch.v_drive.get() < on {
            let marked = ["v_drive", "g_on", "i_cc"].into_iter().find_map(|name| fields.written(name));
            self.faults.push(
                Diagnostic::error(format!(
                    "the drive of {} is {}, below the {} the device takes in compliance",
                    fields.what,
                    switch.v_drive,
                    Unit::Volt.print(on)
                ))
                .maybe_at(marked.or(fields.at.as_ref()))
                .allowed("v_drive of at least i_cc / g_on")
                .hint("the limiter takes (v_drive - i_cc / g_on) i_cc, which cannot be negative"),
            );
            return None;
        }
        Some(switch)
    }

    /// Spikes of one neuron are counted in 32 bits, and its bias alone may make too many.
    pub(super) fn countable_neurons(&mut self, populations: &[Option<PopulationPlan>], duration: Time) {
        let most = f64::from(u32::MAX) / 2.0;
        for (population, (_, fields)) in populations.iter().zip(self.filled.all("population")) {
            let Some(Neuron::Lif(_) | Neuron::Switch(_)) = population.as_ref().map(|p| &p.neuron) else {
                continue;
            };
            let Some(neuron) = population.as_ref().map(|population| population.neuron.membrane()) else {
                continue;
            };
            // A neuron spikes at most once in a femtosecond.
            let interval = neuron.interval(neuron.bias()).map(|interval| interval.max(1e-15));
            let expected = interval.map_or(0.0, |interval| duration.as_seconds() / interval);
            if expected > most {
                self.faults.push(
                    Diagnostic::error(format!(
                        "the bias makes every neuron of {} spike about {expected:.0e} times",
                        fields.what
                    ))
                    .maybe_at(fields.place("i_bias"))
                    .label("too often")
                    .allowed(format!("up to {most:.0e} spikes of a neuron: they are counted in 32 bits"))
                    .hint("a smaller current, a refractory time or a shorter duration"),
                );
            }
        }
    }
}
