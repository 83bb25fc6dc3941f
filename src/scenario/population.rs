//! `[population.NAME]`: the neurons, and the threshold switch whose energy each of them spends.

use super::cells::Few;
use super::competition;
use super::cost::CostTable;
use super::diagnostic::Diagnostic;
use super::filled::{Datum, Fields};
use super::of_currents;
use super::own::{Each, Parameters};
use super::plan::{PopulationPlan, SwitchEnergy};
use super::section::{Lower, model_value};
use super::spec::kinds::{COUNT, CV, SPAN, TIME_CONSTANT, VOLTAGE, non_negative, positive};
use super::spec::{Bounds, Kind, Refers, Unit, Word as _, words};
use super::table::{Tried, inner, table};
use crate::device::threshold::{Circuit, ThresholdLaw, ThresholdSpread, ThresholdSwitch, VolatileSwitch};
use crate::keys::ModelKey;
use crate::network::Competition;
use crate::neuron::{Floor, Lif, Neuron, Reset, Switch};
use crate::registry::NeuronEntry;
use crate::time::Time;
use crate::units::{Ampere, Farad, Ohm, Second, Siemens, Volt};

table! {
    /// A population of a model that is built in; of others the registry has the keys, beside `model` and `size`.
    pub(super) struct Described {
        /// Neuron model.
        model: NeuronModel = Kind::word::<NeuronModel>(), setting("\"lif\"");
        /// The device, as [device.NAME] describes it: a threshold switch, with model = "oscillator" an oscillator, with model = "accumulate" an analog memory. Its values are the defaults of the other keys.
        device: () = Kind::Name(Refers::Device),
            absent("with model = \"switch\" that of `preset`; otherwise nothing is known of what a spike costs");
        /// The device, where `device` names none: a shipped preset of a threshold switch, or a preset file beside the scenario. Its values are the defaults of the other keys.
        preset: () = Kind::Text, setting("\"ag-tio2-pt-ts\""), when("model", &["switch"]);
        /// Number of neurons.
        size: u32 = COUNT;
        /// Channels, rows and columns of neurons that are maps, `size` in all, for projections with connect = "convolution" or "pooling".
        shape: () = Kind::Counts { count: 3, min: 1 }, absent("the neurons have no places");
        constants: Each<Constants>;
        /// What one spike of the threshold switch costs.
        switch: Tried<SwitchEnergy> = inner::<SwitchEnergy>(), setting("{}");
        /// A digital chip, of which every synaptic event of these neurons takes what is published; no device has a part in it.
        cost: Option<CostTable> = Kind::word::<CostTable>(), absent("no joules but those of devices"), when("model", &["lif"]);
        /// How the neurons inhibit one another without delay.
        competition: Tried<Option<Competition>> = inner::<Competition>(),
            absent("they do not compete"), when("model", &["lif", "switch"]) => competition::lower;
    }
    rules(rules);
}

table! {
    /// What a neuron is made of.
    pub(super) struct Constants {
        /// Membrane time constant.
        tau_m: Second = TIME_CONSTANT, each(), measured("\"9.41 ms\"", "Yan et al., fig. 4c: relaxation"), preset("tau");
        /// Where the membrane relaxes to without drive.
        u_rest: Volt = VOLTAGE, each(), fitted("\"0.43 mV\"", "Yan et al., fig. 4: offset of the fit"), preset("u_rest");
        /// Threshold; above `u_rest`.
        v_th: Volt = VOLTAGE, each(),
            measured("\"250 mV\"", "Yan et al., fig. 1c: turn-on of the threshold switch"), preset("v_th");
        /// What firing does to the membrane; a switch always turns off at `v_hold`.
        reset: Reset = Kind::word::<Reset>(), literature("\"rest\"", "Yan et al., eq. 2, call u_rest the reset value");
        /// Where the membrane is reset to; below `v_th`.
        u_reset: Volt = VOLTAGE, each(), same_as("u_rest"), when("reset", &["value"]);
        /// Where a threshold switch turns off again; below `v_th`.
        v_hold: Volt = VOLTAGE, each(),
            measured("\"100 mV\"", "Yan et al., fig. 1c: return of the threshold switch"), preset("v_hold"),
            when("reset", &["hold"]);
        /// Where the membrane is at the start, of a presentation too; below `v_th`.
        u_0: Volt = VOLTAGE, each(), same_as("u_rest");
        /// Below what nothing takes the membrane: no jump, all jumps of an instant together, and no drive.
        floor: Option<Floor> = Kind::word::<Floor>(),
            absent("\"rest\" with model = \"switch\", whose filament is not thinner than dissolved; otherwise \"none\"");
        /// Time after a spike during which arrivals are lost.
        t_ref: Second = SPAN, each(), assumed("\"0 s\"", "no refractory time is reported"), when("model", &["lif"]);
        /// How long a spike keeps the switch on, if something else than the device ends it.
        on_time: Option<Second> = SPAN, each(),
            absent("the device's own: tau_m ln((v_th - u_rest)/(v_hold - u_rest)) with the threshold of the cycle"),
            when("model", &["switch"]);
        /// Coefficient of variation of the threshold from one switching to the next.
        cycle_cv: Option<f64> = CV, each(), derived("the preset's"), preset("cycle_cv"), when("model", &["switch"]);
        /// Coefficient of variation of the threshold from device to device.
        device_cv: Option<f64> = CV, each(), derived("the preset's"), preset("device_cv"), when("model", &["switch"]);
        /// Law of the thresholds of successive switchings.
        threshold_law: Option<ThresholdLaw> = Kind::word::<ThresholdLaw>(),
            derived("the preset's"), preset("threshold_law"), when("model", &["switch"]);
        /// What is around the switch, and so what its drive does after firing.
        circuit: SwitchCircuit = Kind::word::<SwitchCircuit>(),
            assumed("\"reset\"", "a network of switches needs something that lets go of them"), when("model", &["switch"]);
        /// How long after firing the drive still flows, which is paid for.
        open_after: Option<Second> = SPAN, assumed("\"100 us\"", "the periphery is not reported"), when("circuit", &["reset"]);
        /// Resistor in series with the switch.
        r_s: Option<Ohm> = positive(Unit::Ohm), when("circuit", &["series", "load"]);
        /// Voltage of a row that is active: a current I into a grounded column is rows of the conductance I/v_row.
        v_row: Option<Volt> = positive(Unit::Volt), when("circuit", &["node"]);
        /// Capacitor across the switch; in `node` that of the column.
        c: Option<Farad> = positive(Unit::Farad), when("circuit", &["load", "node"]);
        /// Membrane resistance: turns a current into a voltage.
        r_m: Ohm = positive(Unit::Ohm), each(), assumed("\"1 MOhm\"", "no membrane resistance is reported");
        /// Constant current into every neuron.
        i_bias: Ampere = Kind::Quantity(Unit::Ampere, Bounds::ANY), each(), setting("\"0 A\"");
    }
}

table! {
    impl SwitchEnergy {
        /// Compliance current while the switch is on.
        i_cc: Ampere = positive(Unit::Ampere), measured("\"7 uA\"", "Yan et al., fig. 1c"), preset("i_cc");
        /// Conductance in compliance; the device takes i_cc^2 / g_on.
        g_on: Siemens = positive(Unit::Siemens), fitted("\"35 uS\"", "i_cc / 0.2 V, from the 1.4 uW of Yan et al."), preset("g_on");
        /// Conductance through which the membrane leaks while off.
        g_off: Siemens = non_negative(Unit::Siemens),
            assumed("\"500 nS\"", "the off state of fig. 1c is not resolved"), preset("g_off");
        /// Supply behind the limiter, which takes (v_drive - i_cc/g_on) i_cc; the device's threshold, where nothing is said.
        v_drive: Volt = positive(Unit::Volt), assumed("\"250 mV\"", "the turn-on voltage; the supply is not reported"), preset("v_th");
        /// How long the switch stays on for one spike.
        on_time: Second = SPAN, assumed("\"100 us\"", "needs an active reset; the switch alone would relax in 8.6 ms"),
            when("model", &["lif"]);
    }
}

words! {
    /// Neuron model.
    pub enum NeuronModel {
        Lif = "lif": "leaky integrate-and-fire, tau_m du/dt = -(u - u_rest) + R I",
        Switch = "switch": "volatile threshold switch: lif while off; on, deaf until it has relaxed to v_hold",
    }
}

words! {
    /// What is around a threshold switch.
    pub enum SwitchCircuit {
        Bare = "bare": "the drive stays, and holds a filament that is on",
        Reset = "reset": "the drive is taken away after firing, until the filament has relaxed to v_hold",
        Series = "series": "a resistor in series limits the current; the drive stays",
        Load = "load": "the drive charges a capacitor across the switch through a resistor, and stays",
        Node = "node": "a passive column across the switch, charged through the rows that are active; idle rows float",
    }
}

impl SwitchCircuit {
    /// The circuit with its element, if that is stated.
    #[must_use]
    pub fn with(
        self,
        open_after: Option<Second>,
        (r_s, v_row): (Option<Ohm>, Option<Volt>),
        c: Option<Farad>,
    ) -> Option<Circuit> {
        Some(match self {
            Self::Bare => Circuit::Bare,
            Self::Reset => Circuit::Reset { open_after: open_after? },
            Self::Series => Circuit::Series { r_s: r_s? },
            Self::Load => Circuit::Load { r_s: r_s?, c: c? },
            Self::Node => Circuit::Node { r_s: r_s?, v_row: v_row?, c: c? },
        })
    }
}

words! {
    impl ThresholdLaw {
        LogNormal = "log_normal": "the logarithm of the threshold is normal",
        Weibull = "weibull": "weakest link, scaled to the same median",
    }
}

words! {
    impl Reset {
        Rest = "rest": "to `u_rest`",
        Value = "value": "to `u_reset`",
        Hold = "hold": "to `v_hold`",
        Subtract = "subtract": "down by v_th - u_rest per spike, as many spikes at a jump as thresholds fit into it; an idealised active reset, which no threshold switch does by itself",
        SubtractOnce = "subtract_once": "down by v_th - u_rest, once; what is left above threshold waits for the next arrival",
    }
}

words! {
    impl Floor {
        None = "none": "inhibition goes as far as it goes",
        Rest = "rest": "`u_rest`: where a filament is dissolved nothing is left to take away",
    }
}

/// The keys of a switch as they are stated, or stand for that.
fn shown(fields: &Fields) -> Vec<(String, String)> {
    let own = |entry: &&super::filled::Entry| {
        entry.active && !["model", "size", "shape", "reset", "switch"].contains(&entry.key.name)
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
    fields.entries.iter().map(AsRef::as_ref).filter(own).filter_map(row).collect()
}

/// Conductance of a switch before it fires: that of its preset, within what the scenario states.
fn g_pre(fields: &Fields, energy: &SwitchEnergy) -> Siemens {
    let given = fields.preset.as_ref().and_then(|preset| preset.device.get::<VolatileSwitch>());
    let g_pre = given.map_or(energy.g_off, |given| given.switch.g_pre.max(energy.g_off));
    if g_pre < energy.g_on { g_pre } else { energy.g_off }
}

/// What keys must agree in, whatever the neurons come to.
fn rules(lower: &mut Lower<'_>, fields: &Fields) {
    of_currents::check(lower, fields);
    let again = "a neuron reset there would fire again at once";
    if fields.choice("model") == Some(NeuronModel::Switch) {
        if let (Some(reset), Some(at)) = (fields.choice::<Reset>("reset"), fields.written("reset"))
            && reset != Reset::Hold
        {
            lower.faults.push(
                Diagnostic::error(format!("`reset` of {} is \"{}\"", fields.what, reset.word()))
                    .at(at)
                    .also(fields.written("model"), "because of this")
                    .allowed("\"hold\", or nothing: a switch turns off at its hold voltage")
                    .hint("model = \"lif\" has all resets"),
            );
        }
        lower.below(fields, "u_rest", "v_hold", "the switch would never turn off");
        lower.starts_below(fields, "a switch starts off");
        lower.below(fields, "v_hold", "v_th", "the switch would turn off before it turns on");
        if let Some(table) = fields.table("switch") {
            lower.below(table, "g_off", "g_on", "on must conduct better than off");
        }
        return;
    }
    if let (Some(at), Some(device)) = (fields.written("cost"), fields.written("device")) {
        lower.faults.push(
            Diagnostic::error(format!("{} has a device and the `cost` of a chip", fields.what))
                .at(at)
                .also(Some(device), "and here")
                .allowed("one of the two: joules of a device, or of a digital chip"),
        );
    }
    lower.below(fields, "u_rest", "v_th", "the neuron would fire without any input");
    if fields.choice("reset") == Some(Reset::Value) {
        lower.below(fields, "u_reset", "v_th", again);
    }
    lower.starts_below(fields, "a neuron starts below its threshold");
    if fields.choice("reset") == Some(Reset::Hold) {
        lower.below(fields, "v_hold", "v_th", again);
    }
}

impl Constants {
    fn u_0(&self) -> Option<Volt> {
        Some(self.u_0).filter(|u_0| *u_0 != self.u_rest)
    }

    fn lif(&self) -> Lif {
        let u_0 = self.u_0();
        let Self { tau_m, u_rest, v_th, u_reset, v_hold, reset, t_ref, r_m, i_bias, .. } = *self;
        let floor = self.floor.unwrap_or_default();
        Lif { tau_m, u_rest, v_th, u_reset, v_hold, reset, t_ref, r_m, i_bias, u_0, floor }
    }

    /// With what no key says: a preset without `g_pre` conducts g_off until it fires.
    fn switch(&self, energy: &SwitchEnergy, g_pre: Siemens) -> Option<Switch> {
        let Self { tau_m: tau, u_rest, v_th, v_hold, on_time, r_m, i_bias, .. } = *self;
        let SwitchEnergy { i_cc, g_off, g_on, .. } = *energy;
        let (cycle, device, law) = (self.cycle_cv?, self.device_cv?, self.threshold_law?);
        Some(Switch {
            device: ThresholdSwitch { tau, u_rest, v_th, v_hold, i_cc, g_off, g_pre, g_on },
            spread: ThresholdSpread { cycle, device, law },
            circuit: {
                // The drive R I of rows at v_row: with R for the resistance of one they have the conductance I/v_row.
                let r_s = if self.circuit == SwitchCircuit::Node { Some(r_m) } else { self.r_s };
                self.circuit.with(self.open_after, (r_s, self.v_row), self.c)?
            },
            on_time,
            r_m,
            i_bias,
            u_0: self.u_0(),
            floor: self.floor.unwrap_or(Floor::Rest),
        })
    }
}

impl Lower<'_> {
    pub(super) fn population(&mut self, name: &str, fields: &Fields) -> Option<PopulationPlan> {
        if let Some(entry) = self.registered(fields) {
            return self.registered_population(name, fields, &entry);
        }
        let faults = self.faults.iter().count();
        let described: Described = self.made(fields)?;
        let Described {
            model,
            device: (),
            preset: (),
            size,
            shape: (),
            constants,
            switch,
            cost,
            competition,
        } = described;
        // Inactive: no device is behind the neurons.
        let energy = if fields.entry("switch").active { Some(switch.0?) } else { None };
        let neuron = |constants: &Constants| match model {
            NeuronModel::Lif => Some(Neuron::Lif(constants.lif())),
            NeuronModel::Switch => {
                let energy = energy.as_ref()?;
                constants.switch(energy, g_pre(fields, energy)).map(Neuron::from)
            }
        };
        let each = constants.neurons.iter().map(neuron).collect::<Option<Vec<Neuron>>>()?;
        let first = each.first()?.clone();
        let each = if constants.parameters.differ() { each } else { Vec::new() };
        self.neurons_fit(&constants.parameters, fields, &each)?;
        let mut plan = PopulationPlan {
            name: name.to_string(),
            size,
            neuron: first,
            each,
            own: constants.parameters.plan(fields),
            switch: energy,
            g_pre: energy.map(|energy| g_pre(fields, &energy)),
            cost,
            keys: Vec::new(),
            competition: competition.0?,
        };
        if let (NeuronModel::Switch, Some(mut energy)) = (model, energy) {
            let switch = constants.neurons.first()?.switch(&energy, g_pre(fields, &energy))?;
            if self.faults.iter().count() == faults {
                for fault in switch.faults() {
                    let text = fault.to_string();
                    let place = constants.parameters.place(fields, &text).or(fields.at.as_ref());
                    self.faults.push(Diagnostic::error(format!("{}: {text}", fields.what)).maybe_at(place));
                }
            }
            energy.on_time = switch.flows();
            plan.switch = Some(energy).filter(|_| switch.is_reset());
            if !switch.is_reset() {
                self.driven(fields, &switch);
                plan.keys = shown(fields);
            }
        }
        Some(plan)
    }

    /// A stated start must be below the threshold; the default is where the membrane rests, of which something else is said.
    fn starts_below(&mut self, fields: &Fields, why: &str) {
        if fields.written("u_0").is_some() {
            self.below(fields, "u_0", "v_th", why);
        }
    }

    /// Reports what is wrong with neurons that differ.
    fn neurons_fit(&mut self, parameters: &Parameters, fields: &Fields, each: &[Neuron]) -> Option<()> {
        let mut few = Few::new(self.faults);
        for (neuron, fault) in
            each.iter().enumerate().flat_map(|(k, of)| of.faults().into_iter().map(move |f| (k, f)))
        {
            let text = fault.to_string();
            few.push(
                Diagnostic::error(format!("neuron {neuron} of {}: {text}", fields.what))
                    .maybe_at(parameters.place(fields, &text))
                    .label("what differs")
                    .allowed("values that make a neuron of each"),
            );
        }
        few.finish().then_some(())
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
                "{} is of model \"{}\", which is not trained with labels yet",
                fields.what, entry.name
            ))
            .maybe_at(fields.place("model"))
            .allowed("model = \"lif\" or \"switch\" here, or kind = \"simulate\" or \"unsupervised\" in [protocol]")
            .hint("a layer that is trained has one clock, from arrival to arrival; this model keeps its own time, and chance may fire it between them"),
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
        for neuron in 0..parameters.kinds {
            let own = |key: &ModelKey| parameters.own(neuron, key.name).or_else(|| model_value(fields, key));
            let which = parameters.differ().then_some(neuron);
            let device = fields.preset.as_ref().map(|preset| &preset.device);
            match self.model_of((fields, which), entry.keys, &own, |value| entry.make_of(device, value)) {
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
            own: parameters.plan(fields),
            switch: None,
            g_pre: None,
            cost: fields.choice("cost"),
            keys,
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
                    .hint("what a switch spends under a drive that stays follows from its device and its circuit"),
            );
        }
        // Of a passive column the row decides, which is no element of its circuit.
        if let Some((from, to)) =
            switch.circuit.drives(&switch.device).filter(|_| switch.circuit.takes_ramps())
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
