//! Populations: their neurons, and the switch whose energy each of them spends.

use super::competition;
use super::diagnostic::Diagnostic;
use super::filled::{Datum, Fields};
use super::lists::Few;
use super::own::Parameters;
use super::plan::{PopulationPlan, SwitchEnergy};
use super::section::{Lower, model_value, quantity};
use super::spec::{NeuronModel, SwitchCircuit, Unit, Word as _};
use crate::device::threshold::{Circuit, ThresholdSpread, ThresholdSwitch, VolatileSwitch};
use crate::keys::ModelKey;
use crate::neuron::{Lif, Neuron, Reset, Switch};
use crate::registry::NeuronEntry;
use crate::time::Time;
use crate::units::Volt;

/// The keys of a switch as they are stated, or stand for that.
fn shown(fields: &Fields) -> Vec<(String, String)> {
    let own = |entry: &&super::filled::Entry| {
        entry.active && !["model", "size", "reset", "switch"].contains(&entry.key.name)
    };
    let shown = |datum: &Datum| match datum {
        Datum::Quantity(unit, amount) => Some(unit.print(amount.si)),
        Datum::Number(value) => Some(value.to_string()),
        Datum::Choice(word) => Some((*word).to_string()),
        Datum::Text(text) => Some(text.clone()),
        _ => None,
    };
    let row =
        |entry: &super::filled::Entry| Some((entry.key.name.to_string(), shown(entry.datum.as_ref()?)?));
    fields.entries.iter().filter(own).filter_map(row).collect()
}

/// Where a neuron starts that does not start at rest.
#[expect(clippy::option_option, reason = "`None`: faulty, and reported")]
fn u_0(parameters: &Parameters<'_>, neuron: usize) -> Option<Option<Volt>> {
    let u_rest: Volt = parameters.quantity(neuron, "u_rest")?;
    Some(Some(parameters.quantity(neuron, "u_0")?).filter(|u_0| *u_0 != u_rest))
}

/// The circuit of a switch, with its elements.
pub(super) fn circuit(fields: &Fields) -> Option<Circuit> {
    Some(match fields.choice("circuit")? {
        SwitchCircuit::Bare => Circuit::Bare,
        SwitchCircuit::Reset => Circuit::Reset { open_after: quantity(fields, "open_after")? },
        SwitchCircuit::Series => Circuit::Series { r_s: quantity(fields, "r_s")? },
    })
}

fn switch_energy(fields: &Fields) -> Option<SwitchEnergy> {
    Some(SwitchEnergy {
        i_cc: quantity(fields, "i_cc")?,
        g_on: quantity(fields, "g_on")?,
        g_off: quantity(fields, "g_off")?,
        v_drive: quantity(fields, "v_drive")?,
        on_time: quantity(fields, "on_time")?,
    })
}

impl Lower<'_> {
    pub(super) fn population(&mut self, name: &str, fields: &Fields) -> Option<PopulationPlan> {
        if let Some(entry) = self.registered(fields) {
            return self.registered_population(name, fields, &entry);
        }
        let has_switch = fields.entry("switch").active;
        let switch = fields.table("switch").filter(|_| has_switch).and_then(switch_energy);
        match fields.choice("model") {
            Some(NeuronModel::Switch) => self.switch_population(name, fields, switch?),
            // `Some(None)`: no device is behind its neurons.
            Some(NeuronModel::Lif) | None => {
                self.lif_population(name, fields, if has_switch { switch.map(Some) } else { Some(None) })
            }
        }
    }

    /// A stated start must be below `threshold`; the default is where the membrane rests, of which something else is said.
    fn starts_below(&mut self, fields: &Fields, threshold: &str, why: &str) {
        if fields.written("u_0").is_some() {
            self.below(fields, "u_0", threshold, why);
        }
    }

    /// Reports what is wrong with neurons that differ.
    fn neurons_fit(&mut self, parameters: &Parameters<'_>, fields: &Fields, each: &[Neuron]) -> Option<()> {
        let mut few = Few::new(self.faults);
        for (neuron, fault) in
            each.iter().enumerate().flat_map(|(k, of)| of.faults().into_iter().map(move |f| (k, f)))
        {
            let text = fault.to_string();
            few.push(
                Diagnostic::error(format!("neuron {neuron} of {}: {text}", fields.what))
                    .maybe_at(parameters.place(&text))
                    .label("what differs")
                    .allowed("values that make a neuron of each"),
            );
        }
        few.finish().then_some(())
    }

    /// A population of leaky integrate-and-fire neurons; `switch` is `None` after a fault.
    #[expect(clippy::option_option, reason = "`None`: faulty, and reported")]
    fn lif_population(
        &mut self,
        name: &str,
        fields: &Fields,
        switch: Option<Option<SwitchEnergy>>,
    ) -> Option<PopulationPlan> {
        let reset = fields.choice("reset");
        let cost = fields.choice("cost");
        if let (Some(at), Some(device)) = (fields.written("cost"), fields.written("device")) {
            self.faults.push(
                Diagnostic::error(format!("{} has a device and the `cost` of a chip", fields.what))
                    .at(at)
                    .also(Some(device), "and here")
                    .allowed("one of the two: joules of a device, or of a digital chip"),
            );
        }
        self.below(fields, "u_rest", "v_th", "the neuron would fire without any input");
        if reset == Some(Reset::Value) {
            self.below(fields, "u_reset", "v_th", "a neuron reset there would fire again at once");
        }
        self.starts_below(fields, "v_th", "a neuron starts below its threshold");
        if reset == Some(Reset::Hold) {
            self.below(fields, "v_hold", "v_th", "a neuron reset there would fire again at once");
        }
        let parameters = Parameters::of(self, fields);
        let competition = competition::lower(self, name, fields);
        let (reset, parameters) = (reset?, parameters?);
        let lif = |neuron: usize| {
            Some(Neuron::Lif(Lif {
                tau_m: parameters.quantity(neuron, "tau_m")?,
                u_rest: parameters.quantity(neuron, "u_rest")?,
                v_th: parameters.quantity(neuron, "v_th")?,
                u_reset: parameters.quantity(neuron, "u_reset")?,
                v_hold: parameters.quantity(neuron, "v_hold")?,
                reset,
                t_ref: parameters.quantity(neuron, "t_ref")?,
                r_m: parameters.quantity(neuron, "r_m")?,
                i_bias: parameters.quantity(neuron, "i_bias")?,
                u_0: u_0(&parameters, neuron)?,
            }))
        };
        let each = parameters.each(lif)?;
        self.neurons_fit(&parameters, fields, &each)?;
        Some(PopulationPlan {
            name: name.to_string(),
            size: fields.count("size")?,
            neuron: lif(0)?,
            each,
            own: parameters.plan(),
            switch: switch?,
            cost,
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
        let parameters = Parameters::of(self, fields)?;
        let (mut made, mut faulty) = (Vec::new(), 0);
        for neuron in 0..parameters.kinds()? {
            let own = |key: &ModelKey| parameters.own(neuron, key.name).or_else(|| model_value(fields, key));
            let which = parameters.differ().then_some(neuron);
            match self.model_of((fields, which), entry.keys, &own, |value| entry.make(value)) {
                Some(one) => made.push(one),
                // One fault is enough where something cannot be read, a few where neurons are at fault.
                None if faulty == 9 => break,
                None => faulty += 1,
            }
        }
        if faulty > 0 {
            return None;
        }
        let (neuron, remarks) = made.first().cloned()?;
        let each = if parameters.differ() {
            made.into_iter().map(|(one, _)| Neuron::Open(one)).collect()
        } else {
            Vec::new()
        };
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
            each,
            own: parameters.plan(),
            switch: None,
            cost: fields.choice("cost"),
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
        let parameters = Parameters::of(self, fields)?;
        let (law, circuit) = (fields.choice("threshold_law")?, circuit(fields)?);
        // What no key says; a preset without it conducts g_off until it fires.
        let given = fields.preset.as_ref().and_then(|preset| preset.device.get::<VolatileSwitch>());
        let g_pre = given.map_or(energy.g_off, |given| given.switch.g_pre.max(energy.g_off));
        let g_pre = if g_pre < energy.g_on { g_pre } else { energy.g_off };
        let switch = |neuron: usize| {
            let device = ThresholdSwitch {
                tau: parameters.quantity(neuron, "tau_m")?,
                u_rest: parameters.quantity(neuron, "u_rest")?,
                v_th: parameters.quantity(neuron, "v_th")?,
                v_hold: parameters.quantity(neuron, "v_hold")?,
                i_cc: energy.i_cc,
                g_off: energy.g_off,
                g_pre,
                g_on: energy.g_on,
            };
            let spread = ThresholdSpread {
                cycle: parameters.value(neuron, "cycle_cv")?,
                device: parameters.value(neuron, "device_cv")?,
                law,
            };
            Some(Switch {
                device,
                spread,
                circuit,
                on_time: parameters.quantity(neuron, "on_time"),
                r_m: parameters.quantity(neuron, "r_m")?,
                i_bias: parameters.quantity(neuron, "i_bias")?,
                u_0: u_0(&parameters, neuron)?,
            })
        };
        let each = parameters.each(|neuron| switch(neuron).map(Neuron::from))?;
        self.neurons_fit(&parameters, fields, &each)?;
        let switch = switch(0)?;
        if self.faults.iter().count() == faults {
            for fault in switch.faults() {
                let text = fault.to_string();
                let place = parameters.place(&text).or(fields.at.as_ref());
                self.faults.push(Diagnostic::error(format!("{}: {text}", fields.what)).maybe_at(place));
            }
        }
        energy.on_time = switch.flows();
        let is_reset = switch.is_reset();
        if !is_reset {
            self.driven(fields, &switch);
        }
        let size = fields.count("size")?;
        Some(PopulationPlan {
            name: name.to_string(),
            size,
            keys: if is_reset { Vec::new() } else { shown(fields) },
            neuron: Neuron::from(switch),
            each,
            own: parameters.plan(),
            switch: Some(energy).filter(|_| is_reset),
            cost: None,
            competition: None,
        })
    }

    /// What there is to say of a switch whose drive stays.
    fn driven(&mut self, fields: &Fields, switch: &Switch) {
        if let Some(at) = fields.written("switch") {
            self.faults.push(
                Diagnostic::error(format!("the table `switch` of {} has no effect", fields.what))
                    .at(at)
                    .also(fields.written("circuit"), "because of this")
                    .allowed("`switch` with circuit = \"reset\"")
                    .hint("what a switch spends under a drive that stays is told by an experiment with kind = \"device\""),
            );
        }
        if let Some((from, to)) = switch.circuit.drives(&switch.device)
            && from >= to
        {
            let [from, to] = [from, to].map(|v| Unit::Volt.print((v * 1e6).round() / 1e6));
            self.faults.push(
                Diagnostic::warning(format!("`r_s` of {} lets it fire again and again at no drive", fields.what))
                    .maybe_at(fields.place("r_s"))
                    .label("it latches at every drive at which it fires")
                    .allowed(format!(
                        "a resistor with which it fires at a drive (here above {from}) at which it lets go (here below {to})"
                    )),
            );
        }
    }

    /// Spikes of one neuron are counted in 32 bits, and its bias alone may make too many.
    pub(super) fn countable_neurons(&mut self, populations: &[Option<PopulationPlan>], duration: Time) {
        let most = f64::from(u32::MAX) / 2.0;
        for (population, (_, fields)) in populations.iter().zip(self.filled.all("population")) {
            let Some(population) =
                population.as_ref().filter(|population| population.neuron.open().is_none())
            else {
                continue;
            };
            // A neuron spikes at most once in a femtosecond.
            let interval = |neuron: &Neuron| {
                let neuron = neuron.membrane();
                neuron.interval(neuron.bias()).map_or(f64::INFINITY, |interval| interval.max(1e-15))
            };
            let expected =
                duration.as_seconds() / population.kinds().map(interval).fold(f64::INFINITY, f64::min);
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
