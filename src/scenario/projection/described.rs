//! `[projection.NAME]` as it is described, key by key.

use super::super::crossbar::Crossbar;
use super::super::diagnostic::{Diagnostic, nearest};
use super::super::filled::Fields;
use super::super::filled::{is_current, is_dataset};
use super::super::lists::{self, Synapses};
use super::super::plasticity;
use super::super::section::{Lower, model_value};
use super::super::spec::kinds::{COUNT, HORIZON, POSITIVE_SPAN};
use super::super::spec::{Bounds, Choice, Key, Kind, Refers, Unit};
use super::super::table::{FromKey, Table, Tried, inner, table};
use super::super::weights;
use crate::keys::ModelKey;
use crate::network::kernel::{KERNELS, KEYS, KernelEntry, RECEPTOR};
use crate::network::{Distribution, Kernel, Origin};
use crate::time::Time;
use crate::units::{Quantity as _, Second};

table! {
    /// A projection as it is described.
    pub(in crate::scenario) struct Described {
        /// Where the spikes come from.
        from: Tried<Origin> = Kind::Name(Refers::SourceOrPopulation);
        /// Which population they reach.
        to: Tried<usize> = Kind::Name(Refers::Population);
        kernel: Tried<Carried>;
        pairs: Tried<Pairs>;
        /// Time from a spike to its arrival; a distribution gives every synapse its own, of at least 1 fs between populations.
        delay: Tried<Delay> = Kind::Delay(Bounds::NON_NEGATIVE.up_to(HORIZON)), setting("\"0 s\"");
        /// The devices that make the weights, as [device.NAME] describes them.
        device: () = Kind::Name(Refers::Device), absent("ideal weights, no devices, no read energy");
        /// How the devices make a weight, and how they are read.
        crossbar: () = inner::<Crossbar>(), setting("{}");
        /// How the weights learn from spikes.
        plasticity: () = Kind::Table(plasticity::KEYS), absent("they stay as they are");
    }
}

const WEIGHT: Key = Key::new(
    "weight",
    Kind::Weight,
    "Initial weights: a voltage for `delta`, a conductance for `conductance`, a number for `current`, a current (its peak) for all others; one value or a distribution.",
);
const AUTAPSES: Key =
    Key::new("autapses", Kind::Flag, "Whether a neuron may reach itself, from a population to itself.")
        .setting("true");
const MULTAPSES: Key =
    Key::new("multapses", Kind::Flag, "Whether a pair may have more than one synapse.").setting("false");

const KERNEL_SIZE: Key = Key::new(
    "kernel_size",
    Kind::Counts { count: 2, min: 1 },
    "Rows and columns of the kernel: how many lines of a map a neuron hears, down and across.",
);
const STRIDE: Key = Key::new(
    "stride",
    Kind::Counts { count: 2, min: 1 },
    "Lines from one neuron to the next, down and across.",
)
.absent("[1, 1] of a convolution, `kernel_size` of a pooling");
const PADDING: Key = Key::new(
    "padding",
    Kind::Counts { count: 2, min: 0 },
    "Empty rows and columns that are added on each side of the maps.",
)
.setting("[0, 0]");

/// `connect` of a crossbar.
pub(in crate::scenario) const ALL_TO_ALL: &str = "all_to_all";

table! {
    /// Which pairs are connected, and by which weights.
    pub(in crate::scenario) enum Pairs by "connect", "Which pairs are connected.", setting("\"all_to_all\"") {
        AllToAll = "all_to_all": "every line to every neuron: a crossbar" {
            weight: Tried<Distribution> as WEIGHT;
            autapses: bool as AUTAPSES;
        }
        OneToOne = "one_to_one": "line i to neuron i" {
            weight: Tried<Distribution> as WEIGHT;
        }
        FixedInDegree = "fixed_in_degree": "every neuron draws `in_degree` lines" {
            weight: Tried<Distribution> as WEIGHT;
            /// Lines that every neuron draws.
            in_degree: u32 = COUNT;
            autapses: bool as AUTAPSES;
            multapses: bool as MULTAPSES;
        }
        FixedOutDegree = "fixed_out_degree": "every line draws `out_degree` neurons" {
            weight: Tried<Distribution> as WEIGHT;
            /// Neurons that every line draws.
            out_degree: u32 = COUNT;
            autapses: bool as AUTAPSES;
            multapses: bool as MULTAPSES;
        }
        Probability = "probability": "every pair with `probability`" {
            weight: Tried<Distribution> as WEIGHT;
            /// Of every pair, independently.
            probability: f64 = Kind::Number(Bounds::POSITIVE.up_to(1.0));
            autapses: bool as AUTAPSES;
        }
        Convolution = "convolution": "maps to maps, by kernels of weights that are the same at every place" {
            weight: Tried<Distribution> as WEIGHT;
            kernel_size: [u32; 2] as KERNEL_SIZE;
            stride: Option<[u32; 2]> as STRIDE;
            padding: [u32; 2] as PADDING;
            /// The channels are cut into so many groups, of which each hears its own.
            groups: u32 = COUNT, setting("1");
        }
        Pooling = "pooling": "each map to a smaller one, by one weight that does not learn: the sum over a kernel, or the mean" {
            weight: Tried<Distribution> as WEIGHT;
            kernel_size: [u32; 2] as KERNEL_SIZE;
            stride: Option<[u32; 2]> as STRIDE;
            padding: [u32; 2] as PADDING;
        }
        List = "list": "the listed pairs" {
            multapses: bool as MULTAPSES;
            /// The synapses, as [pre, post, weight] or [pre, post, weight, delay]; or give `file`.
            synapses: Synapses = Kind::SynapseRows, absent("they are in `file`") => synapses;
            /// A CSV file of the synapses with the header `pre,post,weight [mV]` and, if wanted, `delay [ms]`.
            file: () = Kind::Text, absent("they are in `synapses`");
        }
    }
}

/// What an arrival does; the kernel and the keys of each stand where kernels say what they are.
pub(in crate::scenario) struct Carried(pub Kernel);

/// The words of `kernel`.
const KERNEL_WORDS: [Choice; KERNELS.len()] = {
    let mut choices = [Choice { name: "", doc: "" }; KERNELS.len()];
    let mut k = 0;
    while k < KERNELS.len() {
        choices[k] = Choice { name: KERNELS[k].name, doc: KERNELS[k].title };
        k += 1;
    }
    choices
};

const KERNEL_KEYS: [Key; 1 + KEYS.len()] = {
    let word = Key::new("kernel", Kind::Choice(&KERNEL_WORDS), "What an arrival does to the membrane.");
    let mut joined = [word.setting("\"delta\""); 1 + KEYS.len()];
    let mut k = 0;
    while k < KEYS.len() {
        let (key, of) = KEYS[k];
        let kind = match key.unit.as_bytes() {
            b"s" => POSITIVE_SPAN,
            _ => Kind::Text,
        };
        joined[k + 1] = Key::new(key.name, kind, key.what).when("kernel", of);
        k += 1;
    }
    joined
};

impl Table for Carried {
    const KEYS: &'static [Key] = &KERNEL_KEYS;

    /// The kernel decides what a weight is even when its width is faulty.
    fn lower(lower: &mut Lower<'_>, fields: &Fields) -> Option<Self> {
        let entry = fields.word("kernel").and_then(KernelEntry::named);
        let symbol = entry.map_or(Unit::Volt.symbol(), |entry| entry.unit);
        lower.weight_unit = Unit::ALL.into_iter().find(|unit| unit.symbol() == symbol);
        let entry = entry?;
        let named = entry.keys.contains(&RECEPTOR);
        let to = lower.known(fields, "to", Refers::Population);
        let receptor = if named { to.and_then(|to| lower.receptor(fields, to)) } else { None };
        let value = |key: &ModelKey| if *key == RECEPTOR { receptor } else { model_value(fields, key) };
        lower.model_of((fields, None), entry.keys, &value, |value| entry.make(value)).map(Self)
    }
}

impl FromKey for Origin {
    fn from_key(lower: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        lower.get(fields, name).map(|index| lower.origin(index))
    }
}

/// Initial weights, in the unit of the kernel.
impl FromKey for Distribution {
    fn from_key(lower: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        let node = fields.raw(name)?;
        let to = lower.known(fields, "to", Refers::Population);
        let target = to.and_then(|to| Some(&lower.filled.all("population").get(to)?.1));
        let scale = to.and_then(|to| lower.thresholds.get(to).copied().flatten());
        if let Some(differs) = target.and_then(|target| lower.thresholds_differ(target))
            && weights::in_thresholds(node)
        {
            let fault =
                Diagnostic::error(format!("the weight of {} is in units of the threshold", fields.what));
            lower.faults.push(
                fault
                    .at(&node.at)
                    .also(target.and_then(|target| target.written(differs)), "neurons differ here")
                    .allowed("quantities such as \"1 mV\", where the neurons of the target differ"),
            );
            return None;
        }
        weights::weight(node, lower.weight_unit, scale, &fields.what, lower.faults)
    }
}

/// The delay of every synapse, or the shortest there may be, and the law of those that have their own.
pub(in crate::scenario) struct Delay {
    pub shortest: Time,
    pub own: Option<Distribution>,
}

impl FromKey for Delay {
    fn from_key(lower: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        if let Some(node) = fields.raw(name) {
            let law = weights::delay(node, &fields.what, lower.faults)?;
            let from = lower.known(fields, "from", Refers::SourceOrPopulation);
            let recurrent = matches!(from.map(|from| lower.origin(from)), Some(Origin::Population(_)));
            return Some(Self { shortest: shortest(&law, recurrent), own: Some(law) });
        }
        let shortest = fields.time(name)?;
        lower.sub_resolution(fields, shortest);
        Some(Self { shortest, own: None })
    }
}

fn synapses(lower: &mut Lower<'_>, fields: &Fields) -> Option<Synapses> {
    let (pre, post) = lower.ends(fields);
    let ends = lists::Ends { pre, post, unit: lower.weight_unit, multapses: fields.flag("multapses")? };
    lists::here_or_there(lower, fields, "synapses", |listed, faults| lists::synapses(listed, ends, faults))
}

impl Lower<'_> {
    /// What a number of sources and populations stands for.
    fn origin(&self, index: usize) -> Origin {
        let sources = self.filled.all("source").len();
        if index < sources { Origin::Source(index) } else { Origin::Population(index - sources) }
    }

    /// The index that a name refers to; that it is not known is reported elsewhere.
    fn known(&self, fields: &Fields, name: &str, refers: Refers) -> Option<usize> {
        self.filled.place(fields.text(name)?, refers)
    }

    /// Lines that a projection starts at and neurons that it reaches, where those are known.
    pub(in crate::scenario) fn ends(&self, fields: &Fields) -> (Option<u32>, Option<u32>) {
        let from = self.known(fields, "from", Refers::SourceOrPopulation);
        let to = self.known(fields, "to", Refers::Population);
        let pre = from.and_then(|from| self.size_of(self.origin(from)));
        (pre, to.and_then(|to| self.size_of(Origin::Population(to))))
    }

    /// How many lines an origin has; `None` if its size is faulty.
    fn size_of(&self, origin: Origin) -> Option<u32> {
        match origin {
            Origin::Population(index) => self.filled.all("population").get(index)?.1.count("size"),
            Origin::Source(index) => {
                let fields = &self.filled.all("source").get(index)?.1;
                let stated = || if is_current(fields)? { Some(1) } else { fields.count("size") };
                let made = self.lines.get(index).copied().flatten();
                made.or_else(|| if is_dataset(fields)? { None } else { stated() })
            }
        }
    }

    /// Channels, rows and columns of an origin, and where they are said; `None` if it has none, or faulty ones.
    pub(in crate::scenario) fn maps_of(&mut self, origin: Origin) -> Option<[u32; 3]> {
        match origin {
            Origin::Population(index) => self.filled.all("population").get(index)?.1.counts("shape"),
            Origin::Source(index) => {
                let fields = &self.filled.all("source").get(index)?.1;
                is_dataset(fields)?;
                self.data(fields).map(|data| data.maps())
            }
        }
    }

    /// A key by which the neurons of a population may differ in threshold.
    fn thresholds_differ(&self, fields: &Fields) -> Option<&'static str> {
        let built_in = self.registered(fields).is_none();
        let moves = |key: &&'static str| !built_in || ["v_th", "u_rest"].contains(key);
        fields.own().map(|entry| entry.key.name).find(moves)
    }

    /// The receptor that a kernel of conductances names.
    fn receptor(&mut self, fields: &Fields, to: usize) -> Option<f64> {
        let named = fields.text("receptor")?;
        let (target, population) = &self.filled.all("population")[to];
        let model = population.word("model")?;
        let receptors = self.registry.find(model).map_or(&[][..], |entry| entry.receptors);
        let found = receptors.iter().position(|receptor| *receptor == named);
        if found.is_none() {
            let (what, allowed, hint) = if receptors.is_empty() {
                let with = self.registry.neurons().iter().filter(|entry| !entry.receptors.is_empty());
                let with: Vec<&str> = with.map(|entry| entry.name).collect();
                (
                    format!(
                        "`{target}`, to which {} goes, has no receptors: its model is \"{model}\"",
                        fields.what
                    ),
                    "another kernel".to_string(),
                    Some(format!("models with receptors: {}", with.join(", "))),
                )
            } else {
                let quoted: Vec<String> = receptors.iter().map(|name| format!("\"{name}\"")).collect();
                let close = nearest(named, receptors.iter().copied());
                (
                    format!("model \"{model}\" of `{target}` has no receptor \"{named}\""),
                    quoted.join(", "),
                    close.map(|close| format!("did you mean \"{close}\"?")),
                )
            };
            self.faults.push(
                Diagnostic::error(what)
                    .maybe_at(fields.place("receptor"))
                    .also(population.written("model"), "the model")
                    .allowed(allowed)
                    .maybe_hint(hint),
            );
        }
        found.map(|index| index as f64)
    }

    /// A delay that is written and rounds to nothing is a slip.
    fn sub_resolution(&mut self, fields: &Fields, delay: Time) {
        if let (Time::ZERO, Some(written), Some(seconds)) =
            (delay, fields.written("delay"), fields.quantity("delay"))
            && seconds > 0.0
        {
            self.faults.push(
                Diagnostic::error(format!("`delay` of {} is {}", fields.what, Unit::Second.print(seconds)))
                    .at(written)
                    .label("less than time resolves")
                    .allowed("0 s, or at least 1 fs"),
            );
        }
    }
}

/// The shortest delay that a law gives; between populations never zero.
fn shortest(law: &Distribution, recurrent: bool) -> Time {
    let low = Second::from_si(law.lowest().max(0.0)).map(match law {
        Distribution::Constant(_) => Time::from_seconds,
        _ => Time::nearest,
    });
    low.and_then(Result::ok).unwrap_or(Time::MAX).max(Time::from_fs(u64::from(recurrent)))
}
