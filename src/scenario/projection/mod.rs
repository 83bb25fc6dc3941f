//! Projections: what connects to what, with which weights, delays and devices.

mod described;
mod maps;

pub(super) use described::{ALL_TO_ALL, Described};

use super::device_plan::DevicePlan;
use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::filled::is_current;
use super::lists::Synapses;
use super::plasticity::PlasticityPlan;
use super::section::Lower;
use super::spec::Refers;
use crate::device::fault::FaultRates;
use crate::hint::many;
use crate::network::kernel::CURRENT;
use crate::network::{self, Convolution, Distribution, DrawRule, Kernel, Origin};
use crate::time::Time;
use described::Pairs;

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

impl ProjectionPlan {
    /// Devices whose own state is the weight, as `device` of a rule about such: which of them are stuck.
    #[must_use]
    pub fn filaments(&self) -> Option<FaultRates> {
        self.plasticity.as_ref()?.filaments
    }

    /// Whether delays are those of single synapses, drawn or listed.
    #[must_use]
    pub fn own_delays(&self) -> bool {
        self.delays.is_some() || matches!(&self.connect, Connect::List { delays, .. } if !delays.is_empty())
    }
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
    /// From maps to maps, by weights that are the same at every place.
    Convolution {
        /// Which.
        of: Convolution,
    },
    /// From each map to a smaller one, by one weight that does not learn.
    Pooling {
        /// As many groups as channels.
        of: Convolution,
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
    pub(super) fn projection(&mut self, name: &str, fields: &Fields) -> Option<ProjectionPlan> {
        let Described { from, to, kernel, pairs, delay, device: (), crossbar: (), plasticity: () } =
            self.made(fields)?;
        let (from, to, kernel) = (from.0, to.0, kernel.0.map(|carried| carried.0));
        self.carries(fields, from);
        let device = self.devices(fields);
        let plasticity = fields
            .table("plasticity")
            .map(|table| self.plasticity(table, fields, device.as_ref().and_then(Option::as_ref)));
        let (mut delay, delays) = delay.0.map_or((None, None), |delay| (Some(delay.shortest), delay.own));
        let itself = from.is_some() && from == to.map(Origin::Population);
        if let (Some(at), false, true) = (fields.written("autapses"), itself, from.is_some() && to.is_some())
            && fields.flag("autapses") == Some(false)
        {
            self.faults.push(
                Diagnostic::error(format!("`autapses` of {} has no effect", fields.what))
                    .at(at)
                    .label("it leads from one to another, where no neuron could reach itself")
                    .allowed("`autapses` of a projection whose `from` and `to` are one population")
                    .hint("delete it"),
            );
        }
        let (weight, connect) = self.connect(fields, pairs.0?, (&mut delay, delays.as_ref()), itself)?;
        self.own_delays(fields, &connect, delays.as_ref(), kernel.as_ref());
        self.of_maps(fields, delays.is_some());
        let device = device?.map(|(device, _)| device);
        let plasticity = match plasticity {
            Some(plasticity) => Some(plasticity?),
            None => None,
        };
        // Devices that learn have what their rule has, from end to end.
        let ends = plasticity.as_ref().map(|plasticity| plasticity.rule.bounds().w_max);
        Some(ProjectionPlan {
            name: name.to_string(),
            from: from?,
            to: to?,
            connect,
            kernel: kernel?,
            weight: weight?,
            delay: delay?,
            delays,
            device: device.map(|device| DevicePlan { w_max: device.w_max.or(ends), ..device }),
            plasticity,
        })
    }

    /// Weights, and which pairs have them; a list may bring delays.
    fn connect(
        &mut self,
        fields: &Fields,
        pairs: Pairs,
        (delay, delays): (&mut Option<Time>, Option<&Distribution>),
        itself: bool,
    ) -> Option<(Option<Distribution>, Connect)> {
        let ends = self.ends(fields);
        let all = |rule, autapses| Connect::Drawn { rule, autapses, multapses: false };
        Some(match pairs {
            Pairs::Convolution { weight, kernel_size, stride, padding, groups } => {
                let stride = stride.unwrap_or([1, 1]);
                let of = self.maps(fields, &|from, to| Convolution {
                    from,
                    channels: to[0],
                    kernel: kernel_size,
                    stride,
                    padding,
                    groups,
                });
                (weight.0, Connect::Convolution { of: of? })
            }
            Pairs::Pooling { weight, kernel_size, stride, padding } => {
                let stride = stride.unwrap_or(kernel_size);
                let of = self.maps(fields, &|from, _| Convolution {
                    from,
                    channels: from[0],
                    kernel: kernel_size,
                    stride,
                    padding,
                    groups: from[0],
                });
                (self.one_weight(fields, weight.0), Connect::Pooling { of: of? })
            }
            Pairs::AllToAll { weight, autapses } => {
                if let (Some(pre), Some(post)) = ends {
                    self.too_many(fields, f64::from(pre) * f64::from(post), format!("{pre} x {post}"));
                }
                let connect = match (autapses || !itself) && delays.is_none() {
                    true => Connect::AllToAll,
                    // A list of every pair (but those on the diagonal), for what each has of its own.
                    false => all(DrawRule::Probability(1.0), autapses),
                };
                (weight.0, connect)
            }
            Pairs::OneToOne { weight } => {
                if let (Some(pre), Some(post)) = ends
                    && pre != post
                {
                    let (from, to) = (many(pre, "line"), many(post, "neuron"));
                    self.faults.push(
                        Diagnostic::error(format!(
                            "{} connects one to one, from {from} to {to}",
                            fields.what
                        ))
                        .maybe_at(fields.place("connect"))
                        .allowed("equal sizes, or connect = \"all_to_all\""),
                    );
                }
                let own = delays.is_some();
                (weight.0, if own { all(DrawRule::OneToOne, true) } else { Connect::OneToOne })
            }
            Pairs::List { multapses, synapses: Synapses { rows, delays: listed }, file: () } => {
                let one = if listed.len() == 1 { Some(listed[0]) } else { None };
                if !listed.is_empty()
                    && let Some(written) = fields.written("delay")
                    && (one.is_none() || *delay != one || delays.is_some())
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
                *delay = listed.iter().min().copied().or(*delay);
                let delays = if one.is_some() { Vec::new() } else { listed };
                (Some(Distribution::Constant(0.0)), Connect::List { synapses: rows, delays, multapses })
            }
            Pairs::FixedInDegree { weight, in_degree, autapses, multapses } => {
                let rule = DrawRule::InDegree(in_degree);
                (weight.0, self.drawn(fields, rule, (autapses, multapses), itself))
            }
            Pairs::FixedOutDegree { weight, out_degree, autapses, multapses } => {
                let rule = DrawRule::OutDegree(out_degree);
                (weight.0, self.drawn(fields, rule, (autapses, multapses), itself))
            }
            Pairs::Probability { weight, probability, autapses } => {
                let rule = DrawRule::Probability(probability);
                (weight.0, self.drawn(fields, rule, (autapses, false), itself))
            }
        })
    }

    /// What cannot be where synapses have something of their own.
    fn own_delays(
        &mut self,
        fields: &Fields,
        connect: &Connect,
        delays: Option<&Distribution>,
        kernel: Option<&Kernel>,
    ) {
        if let (Some(_), Some(place), Connect::List { .. }) = (delays, fields.written("delay"), connect) {
            self.faults.push(
                Diagnostic::error(format!("{} draws delays, and its synapses are listed", fields.what))
                    .at(place)
                    .label("a distribution")
                    .allowed("one delay for all, or a delay with every synapse of the list"),
            );
        }
        let own_delays =
            delays.is_some() || matches!(connect, Connect::List { delays, .. } if !delays.is_empty());
        let several =
            matches!(connect, Connect::List { multapses: true, .. } | Connect::Drawn { multapses: true, .. });
        if several && fields.table("plasticity").is_some() {
            self.faults.push(
                Diagnostic::error(format!("{} has multapses, and learns", fields.what))
                    .maybe_at(fields.place("plasticity"))
                    .allowed("one synapse for a pair, where synapses are plastic"),
            );
        }
        if own_delays && kernel == Some(&Kernel::Current) {
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
        let trained =
            self.filled.one("protocol").filter(|protocol| protocol.word("kind") != Some("simulate"));
        if let (true, Some(protocol), Some(device)) = (own_delays, trained, fields.written("device")) {
            self.faults.push(
                Diagnostic::error(format!("{} has delays of single synapses, and devices", fields.what))
                    .at(device)
                    .also(protocol.written("kind"), "a row of devices is read at once here")
                    .allowed(
                        "one delay, or kind = \"simulate\", where each device is read when its spike arrives",
                    ),
            );
        }
    }

    /// A connectivity that is drawn.
    fn drawn(
        &mut self,
        fields: &Fields,
        rule: DrawRule,
        (autapses, multapses): (bool, bool),
        itself: bool,
    ) -> Connect {
        let (pre, post) = self.ends(fields);
        let partners = match rule {
            DrawRule::InDegree(degree) => Some(("in_degree", degree, pre, "lines")),
            DrawRule::OutDegree(degree) => Some(("out_degree", degree, post, "neurons")),
            DrawRule::Probability(_) | DrawRule::OneToOne => None,
        };
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
        Connect::Drawn { rule, autapses, multapses }
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

    /// A current has a kernel of its own, which is for nothing else and not made by devices.
    fn carries(&mut self, fields: &Fields, from: Option<Origin>) {
        let (Some(from), Some(kernel)) = (from, fields.word("kernel")) else { return };
        let source = match from {
            Origin::Source(index) => self.filled.all("source").get(index).map(|(_, source)| source),
            Origin::Population(_) => None,
        };
        let current = source.map(is_current);
        if current == Some(None) {
            return;
        }
        let current = current.flatten() == Some(true);
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

    /// A spike must not come back to its own instant: zero-delay projections form no circle, and no chain that is longer than can be
    /// ordered within it.
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
        // Populations that can be reached from nothing but a circle never become free (Kahn, Commun. ACM 5, 558, 1962).
        let mut waiting: Vec<bool> = vec![true; populations.len()];
        let (mut before, mut behind) =
            (vec![0_usize; populations.len()], vec![Vec::new(); populations.len()]);
        for &(from, to, _) in &edges {
            before[to] += 1;
            behind[from].push(to);
        }
        let mut depth = vec![0_u32; populations.len()];
        let mut free: Vec<usize> = (0..populations.len()).filter(|&p| before[p] == 0).collect();
        while let Some(p) = free.pop() {
            waiting[p] = false;
            for &next in &behind[p] {
                depth[next] = depth[next].max(depth[p] + 1);
                before[next] -= 1;
                if before[next] == 0 {
                    free.push(next);
                }
            }
        }
        // Walk backwards from a stuck one until one repeats: that is a circle.
        let Some(start) = waiting.iter().position(|&stuck| stuck) else {
            let beyond = edges.iter().find(|(from, ..)| depth[*from] == network::DEEPEST);
            if let Some((_, to, fields)) = beyond {
                self.faults.push(
                    Diagnostic::error(format!(
                        "projections without delay follow one another {} times up to `{}`",
                        depth[*to], populations[*to]
                    ))
                    .maybe_at(fields.place("delay").or(fields.at.as_ref()))
                    .label("one more than can be ordered within an instant")
                    .allowed(format!("up to {} without a delay", network::DEEPEST))
                    .hint("give one of them a delay, such as \"1 fs\""),
                );
            }
            return;
        };
        let mut into: Vec<Option<(usize, &Fields)>> = vec![None; populations.len()];
        for &(from, to, fields) in edges.iter().rev().filter(|(from, ..)| waiting[*from]) {
            into[to] = Some((from, fields));
        }
        let (mut path, mut place) = (vec![start], vec![None; populations.len()]);
        loop {
            let here = path[path.len() - 1];
            place[here] = Some(path.len() - 1);
            let Some((from, fields)) = into[here] else { return };
            if let Some(again) = place[from] {
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
