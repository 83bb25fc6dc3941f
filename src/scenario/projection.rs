//! Projections: what connects to what, with which weights, delays and devices.

use super::device_plan::DevicePlan;
use super::diagnostic::{Diagnostic, nearest};
use super::filled::{Datum, Fields};
use super::plasticity::PlasticityPlan;
use super::section::{Lower, model_value, time};
use super::spec::{ConnectKind, Refers, SourceWord, Unit};
use super::{list_files, lists, locate, weights};
use crate::dataset::Name;
use crate::keys::ModelKey;
use crate::network::kernel::{CURRENT, KernelEntry, RECEPTOR};
use crate::network::{Distribution, DrawRule, Kernel, Origin};
use crate::time::Time;
use crate::units::{Quantity as _, Second};

/// Synapses from the lines of a source or the neurons of a population to a population.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ProjectionPlan {
    /// Results name it so.
    pub name: String,
    /// Source or population that it starts at.
    pub from: Origin,
    /// Index into `Plan::populations`.
    pub to: usize,
    /// Which synapses there are.
    pub connect: Connect,
    /// What an arrival does to the neuron.
    pub kernel: Kernel,
    /// Initial weights, in SI units of the kernel.
    pub weight: Distribution,
    /// The delay of every synapse, or the shortest there may be.
    pub delay: Time,
    /// Delays of single synapses, in seconds.
    #[serde(default)]
    pub delays: Option<Distribution>,
    /// The devices behind the weights; `None`: weights are numbers.
    pub device: Option<DevicePlan>,
    /// How its weights learn, if they do.
    pub plasticity: Option<PlasticityPlan>,
}

/// Which pairs of a row and a neuron have a synapse.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Connect {
    /// Every row to every neuron.
    AllToAll,
    /// Row k to neuron k; both have one size.
    OneToOne,
    /// (pre, post, weight in SI units of the kernel), sorted by (pre, post).
    List {
        /// The pairs with their weights.
        synapses: Vec<(u32, u32, f64)>,
        /// A delay for each of them; empty: one for all.
        #[serde(default)]
        delays: Vec<Time>,
        /// Whether a pair may be there several times.
        #[serde(default)]
        multapses: bool,
    },
    /// Drawn pairs.
    Drawn {
        /// How many partners, or how likely each pair.
        rule: DrawRule,
        /// Whether a neuron may reach itself.
        autapses: bool,
        /// Whether a pair may be drawn more than once.
        multapses: bool,
    },
}

/// More synapses than a machine that runs this has memory for.
const MAX_SYNAPSES: u64 = (1 << 32) - 1;

impl Lower<'_> {
    /// Where a projection starts.
    fn origin(&mut self, fields: &Fields) -> Option<Origin> {
        let name = fields.text("from")?;
        let what = format!("`from` of {}", fields.what);
        let index = self.index(name, fields.place("from"), &what, Refers::SourceOrPopulation)?;
        let sources = self.filled.all("source").len();
        Some(if index < sources { Origin::Source(index) } else { Origin::Population(index - sources) })
    }

    /// How many lines an origin has; `None` if its size is faulty.
    fn size_of(&self, origin: Origin) -> Option<u32> {
        match origin {
            Origin::Population(index) => self.filled.all("population").get(index)?.1.count("size"),
            Origin::Source(index) => {
                let fields = &self.filled.all("source").get(index)?.1;
                match fields.choice("kind")? {
                    SourceWord::Dataset => {
                        self.registry.find_dataset(fields.word("dataset")?).map(Name::pixels)
                    }
                    kind if SourceWord::is_current(kind) => Some(1),
                    _ => fields.count("size"),
                }
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

    pub(super) fn projection(&mut self, name: &str, fields: &Fields) -> Option<ProjectionPlan> {
        let from = self.origin(fields);
        let to = fields.text("to").and_then(|to| {
            self.index(to, fields.place("to"), &format!("`to` of {}", fields.what), Refers::Population)
        });
        let pre = from.and_then(|from| self.size_of(from));
        let post = to.and_then(|to| self.size_of(Origin::Population(to)));
        // The kernel decides what a weight is even when its width is faulty.
        let entry = fields.word("kernel").and_then(KernelEntry::named);
        let symbol = entry.map_or(Unit::Volt.symbol(), |entry| entry.unit);
        let unit = Unit::ALL.into_iter().find(|unit| unit.symbol() == symbol);
        let kernel = entry.and_then(|entry| {
            let named = entry.keys.contains(&RECEPTOR);
            let receptor = if named { to.and_then(|to| self.receptor(fields, to)) } else { None };
            let value = |key: &ModelKey| if *key == RECEPTOR { receptor } else { model_value(fields, key) };
            self.model_of((fields, None), entry.keys, &value, |value| entry.make(value))
        });
        self.carries(fields, from);
        self.weight_unit = unit;
        let device = self.devices(fields);
        let plasticity = fields
            .table("plasticity")
            .map(|table| self.plasticity(table, fields, device.as_ref().and_then(Option::as_ref)));
        // One value, or a distribution.
        let delays = match fields.datum("delay") {
            Some(Datum::Raw(node)) => weights::delay(node, &fields.what, self.faults),
            _ => None,
        };
        let recurrent = matches!(from, Some(Origin::Population(_)));
        let mut delay = match (&delays, fields.datum("delay")) {
            (Some(law), _) => Some(shortest(law, recurrent)),
            (None, Some(Datum::Raw(_))) => None,
            _ => time(fields, "delay"),
        };
        self.sub_resolution(fields, delay);
        let itself = from == to.map(Origin::Population);
        let connect = match fields.choice("connect")? {
            ConnectKind::AllToAll => {
                if let (Some(pre), Some(post)) = (pre, post) {
                    self.too_many(fields, f64::from(pre) * f64::from(post), format!("{pre} x {post}"));
                }
                let autapses = fields.flag("autapses")?;
                match (autapses || !itself) && delays.is_none() {
                    true => Some(Connect::AllToAll),
                    // A list of every pair (but those on the diagonal), for what each has of its own.
                    false => {
                        Some(Connect::Drawn { rule: DrawRule::Probability(1.0), autapses, multapses: false })
                    }
                }
            }
            ConnectKind::OneToOne => {
                if let (Some(pre), Some(post)) = (pre, post)
                    && pre != post
                {
                    self.faults.push(
                        Diagnostic::error(format!(
                            "{} connects one to one, from {pre} lines to {post} neurons",
                            fields.what
                        ))
                        .maybe_at(fields.place("connect"))
                        .allowed("equal sizes, or connect = \"all_to_all\""),
                    );
                }
                match delays.is_none() {
                    true => Some(Connect::OneToOne),
                    false => {
                        Some(Connect::Drawn { rule: DrawRule::OneToOne, autapses: true, multapses: false })
                    }
                }
            }
            ConnectKind::List => {
                let multapses = fields.flag("multapses")?;
                let ends = lists::Ends { pre, post, unit, multapses };
                self.list(fields, ends).map(|synapses| {
                    let lists::Synapses { rows, delays: listed } = synapses;
                    let one = if listed.len() == 1 { Some(listed[0]) } else { None };
                    if !listed.is_empty()
                        && let Some(written) = fields.written("delay")
                        && (one.is_none() || delay != one || delays.is_some())
                    {
                        self.faults.push(
                            Diagnostic::error(format!(
                                "{} gives its delay here and with its synapses",
                                fields.what
                            ))
                            .at(written)
                            .allowed("one of the two"),
                        );
                    }
                    delay = listed.iter().min().copied().or(delay);
                    let delays = if one.is_some() { Vec::new() } else { listed };
                    Connect::List { synapses: rows, delays, multapses }
                })
            }
            ConnectKind::FixedInDegree => {
                let rule = fields.count("in_degree").map(DrawRule::InDegree);
                self.drawn(fields, rule?, (pre, post), itself)
            }
            ConnectKind::FixedOutDegree => {
                let rule = fields.count("out_degree").map(DrawRule::OutDegree);
                self.drawn(fields, rule?, (pre, post), itself)
            }
            ConnectKind::Probability => {
                let rule = fields.number("probability").map(DrawRule::Probability);
                self.drawn(fields, rule?, (pre, post), itself)
            }
        };
        if let (Some(_), Some(place), Some(Connect::List { .. })) =
            (&delays, fields.written("delay"), &connect)
        {
            self.faults.push(
                Diagnostic::error(format!("{} draws delays, and its synapses are listed", fields.what))
                    .at(place)
                    .label("a distribution")
                    .allowed("one delay for all, or a delay with every synapse of the list"),
            );
        }
        let own_delays =
            delays.is_some() || matches!(&connect, Some(Connect::List { delays, .. }) if !delays.is_empty());
        let several = matches!(
            &connect,
            Some(Connect::List { multapses: true, .. } | Connect::Drawn { multapses: true, .. })
        );
        if (own_delays || several) && fields.table("plasticity").is_some() {
            let what = if own_delays { "delays of single synapses" } else { "multapses" };
            self.faults.push(
                Diagnostic::error(format!("{} has {what}, and learns", fields.what))
                    .maybe_at(fields.place("plasticity"))
                    .allowed("one delay, and one synapse for a pair, where synapses are plastic"),
            );
        }
        if own_delays && kernel == Some(Kernel::Current) {
            self.faults.push(
                Diagnostic::error(format!(
                    "{} has delays of single synapses, and carries a current",
                    fields.what
                ))
                .maybe_at(fields.written("delay").or(fields.place("connect")))
                .allowed("one delay for all neurons that a current reaches")
                .hint("projections of their own may have delays of their own"),
            );
        }
        if own_delays && fields.written("device").is_some() {
            self.faults.push(
                Diagnostic::error(format!("{} has delays of single synapses, and devices", fields.what))
                    .maybe_at(fields.place("device"))
                    .allowed("one delay: a row of devices is read at once"),
            );
        }
        let weight = match (&connect, fields.datum("weight")) {
            (Some(Connect::List { .. }), _) => Some(Distribution::Constant(0.0)),
            (_, Some(Datum::Raw(node))) => {
                let target = to.and_then(|to| Some(&self.filled.all("population").get(to)?.1));
                let scale = to.and_then(|to| self.thresholds.get(to).copied().flatten());
                if let Some(differs) = target.and_then(|target| self.thresholds_differ(target))
                    && weights::in_thresholds(node)
                {
                    let fault = Diagnostic::error(format!(
                        "the weight of {} is in units of the threshold",
                        fields.what
                    ));
                    self.faults.push(
                        fault
                            .at(&node.at)
                            .also(target.and_then(|target| target.written(differs)), "neurons differ here")
                            .allowed("quantities such as \"1 mV\", where the neurons of the target differ"),
                    );
                    return None;
                }
                weights::weight(node, unit, scale, &fields.what, self.faults)
            }
            _ => None,
        };
        Some(ProjectionPlan {
            name: name.to_string(),
            from: from?,
            to: to?,
            connect: connect?,
            kernel: kernel?,
            weight: weight?,
            delay: delay?,
            delays,
            device: device?.map(|(device, _)| device),
            plasticity: match plasticity {
                Some(plasticity) => Some(plasticity?),
                None => None,
            },
        })
    }

    /// A connectivity that is drawn.
    fn drawn(
        &mut self,
        fields: &Fields,
        rule: DrawRule,
        (pre, post): (Option<u32>, Option<u32>),
        itself: bool,
    ) -> Option<Connect> {
        let autapses = fields.flag("autapses")?;
        let partners = match rule {
            DrawRule::InDegree(degree) => Some(("in_degree", degree, pre, "lines")),
            DrawRule::OutDegree(degree) => Some(("out_degree", degree, post, "neurons")),
            DrawRule::Probability(_) | DrawRule::OneToOne => None,
        };
        let multapses = partners.is_some() && fields.flag("multapses")?;
        if let Some((key, degree, Some(partners), of)) = partners {
            let possible = partners - u32::from(itself && !autapses);
            if degree > possible && (!multapses || possible == 0) {
                self.faults.push(
                    Diagnostic::error(format!("`{key}` of {} is {degree}", fields.what))
                        .maybe_at(fields.place(key))
                        .label("more than there are")
                        .allowed(format!("at most {possible}: there are {partners} {of} to draw from"))
                        .hint(if itself && !autapses {
                            "with multapses = true a pair may be drawn again; with autapses = true a neuron may reach itself"
                        } else {
                            "with multapses = true a pair may be drawn again"
                        }),
                );
            }
        }
        if let (Some(pre), Some(post)) = (pre, post) {
            let synapses = crate::network::expected(rule, pre, post);
            self.too_many(fields, synapses, format!("about {synapses:.1e}"));
        }
        Some(Connect::Drawn { rule, autapses, multapses })
    }

    /// Synapses are numbered in 32 bits.
    fn too_many(&mut self, fields: &Fields, synapses: f64, shown: String) {
        if synapses > MAX_SYNAPSES as f64 {
            self.faults.push(
                Diagnostic::error(format!("{} has {shown} synapses", fields.what))
                    .maybe_at(fields.place("connect"))
                    .allowed(format!("at most {MAX_SYNAPSES}: each takes eight bytes and more")),
            );
        }
    }

    /// A delay that is written and rounds to nothing is a slip.
    fn sub_resolution(&mut self, fields: &Fields, delay: Option<Time>) {
        if let (Some(Time::ZERO), Some(written), Some(seconds)) =
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

    fn list(&mut self, fields: &Fields, ends: lists::Ends) -> Option<lists::Synapses> {
        match (fields.datum("synapses"), fields.text("file")) {
            (Some(Datum::Raw(node)), None) => lists::inline_synapses(node, ends, &fields.what, self.faults),
            (None, Some(file)) => {
                let csv =
                    locate::beside(file, fields.written("file")?).map_err(|fault| self.faults.push(fault));
                list_files::csv_synapses(&csv.ok()?, ends, self.faults)
            }
            _ => {
                self.one_of(fields, "synapses", "file");
                None
            }
        }
    }

    /// A current has a kernel of its own, which is for nothing else and not made by devices.
    fn carries(&mut self, fields: &Fields, from: Option<Origin>) {
        let (Some(from), Some(kernel)) = (from, fields.word("kernel")) else { return };
        let source = match from {
            Origin::Source(index) => self.filled.all("source").get(index).map(|(_, source)| source),
            Origin::Population(_) => None,
        };
        let kind = source.and_then(|source| source.choice("kind"));
        if source.is_some() && kind.is_none() {
            return;
        }
        let current = kind.is_some_and(SourceWord::is_current);
        let at = fields.place("kernel");
        if current && kernel != CURRENT {
            self.faults.push(
                Diagnostic::error(format!("{} starts at a source of current, not of spikes", fields.what))
                    .maybe_at(at)
                    .also(source.and_then(|source| source.written("kind")), "the source")
                    .allowed(
                        "kernel = \"current\", whose weight is a number: what the current is multiplied with",
                    ),
            );
        }
        if kernel == CURRENT && !current {
            self.faults.push(
                Diagnostic::error(format!("{} starts where spikes come from, not at a source of current", fields.what))
                    .maybe_at(at)
                    .allowed("another kernel, or a source with kind = \"current_steps\", \"current_ramps\" or \"current_sine\""),
            );
        }
        if kernel == CURRENT
            && let Some(device) = fields.written("device")
        {
            self.faults.push(
                Diagnostic::error(format!("{} carries a current, and has devices", fields.what))
                    .at(device)
                    .allowed("no device: nothing is read by spikes"),
            );
        }
    }

    /// A spike must not come back to its own instant: zero-delay projections form no circle.
    pub(super) fn zero_delay_circle(&mut self, projections: &[Option<ProjectionPlan>]) {
        let filled = self.filled;
        let populations = filled.names(Refers::Population);
        let edges: Vec<(usize, usize, &Fields)> = projections
            .iter()
            .zip(filled.all("projection"))
            .filter_map(|(projection, (_, fields))| match projection.as_ref()? {
                ProjectionPlan { from: Origin::Population(from), to, delay: Time::ZERO, .. } => {
                    Some((*from, *to, fields))
                }
                _ => None,
            })
            .collect();
        // Populations that can be reached from nothing but a circle never become free.
        let mut waiting: Vec<bool> = vec![true; populations.len()];
        loop {
            let free = (0..populations.len())
                .find(|&p| waiting[p] && edges.iter().all(|&(from, to, _)| to != p || !waiting[from]));
            match free {
                Some(p) => waiting[p] = false,
                None => break,
            }
        }
        // Walk backwards from a stuck one until one repeats: that is a circle.
        let Some(start) = waiting.iter().position(|&stuck| stuck) else { return };
        let mut path = vec![start];
        let mut last = None;
        loop {
            let here = path[path.len() - 1];
            let Some(&(from, _, fields)) = edges.iter().find(|&&(from, to, _)| to == here && waiting[from])
            else {
                return;
            };
            last = last.or(Some(fields));
            if let Some(again) = path.iter().position(|&p| p == from) {
                let mut names: Vec<&str> = path[again..].iter().map(|&p| populations[p]).collect();
                names.push(populations[from]);
                names.reverse();
                self.faults.push(
                    Diagnostic::error(format!(
                        "a circle of projections without delay: {}",
                        names.join(" -> ")
                    ))
                    .maybe_at(fields.place("delay"))
                    .allowed("a delay above 0 s in one of them")
                    .hint("a spike would have to act on its own instant"),
                );
                return;
            }
            path.push(from);
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
