//! Checked sections to a plan: what belongs together must fit together.
//!
//! Every rule that takes more than one key is here. All of them are tried before the plan is given up,
//! so that one reading of the messages is enough to mend a scenario.

use super::diagnostic::{At, Diagnostic, Diagnostics, nearest};
use super::filled::{Datum, Fields, Filled};
use super::plan::{
    DatasetName, EnginePlan, Plan, PopulationPlan, Protocol, RecordPlan, Reproduces, SourceKind, SourcePlan,
    Storage, SwitchEnergy,
};
use super::spec::{Refers, Unit};
use super::{assumed, competition, device, lists, load, supervised, unsupervised};
use crate::device::threshold::{ThresholdLaw, ThresholdSpread, ThresholdSwitch};
use crate::neuron::{Lif, Neuron, Reset, Switch};
use crate::synapse::{Placement, Spread};
use crate::time::Time;
use crate::units::{Quantity, Second};

/// Coefficients of variation of Yan et al., fig. 2a: R_on 0.81 %, R_off 1.15 %.
const PAPER_SPREAD: Spread = Spread { cv_on: 0.0081, cv_off: 0.0115, cv_device: 0.0 };
const NO_SPREAD: Spread = Spread { cv_on: 0.0, cv_off: 0.0, cv_device: 0.0 };

/// The plan, or `None` when there is a fault; every fault is in `faults`.
pub fn lower(filled: &Filled, faults: &mut Diagnostics) -> Option<Plan> {
    let mut lower = Lower { filled, faults };
    lower.same_names();
    let sources = lower.each("source", |lower, name, fields| lower.source(name, fields));
    let populations = lower.each("population", |lower, name, fields| lower.population(name, fields));
    let projections = lower.each("projection", |lower, name, fields| lower.projection(name, fields));
    lower.zero_delay_circle(&projections);
    let protocol = filled.one("protocol").and_then(|fields| lower.protocol(fields));
    let record = filled.one("record").and_then(|fields| lower.record(fields));
    let engine = filled.one("engine").map(|fields| EnginePlan {
        window: time(fields, "window"),
        partitions: fields.count("partitions"),
        storage: match fields.text("storage") {
            Some("f64") => Storage::F64,
            Some("compact") => Storage::Compact,
            _ => Storage::Auto,
        },
        memory: fields.number("memory_gb").map(|gb| (gb * 1e9) as u64),
    });
    if let Some(Protocol::Simulate { duration }) = &protocol {
        lower.countable(&sources, *duration);
        lower.countable_neurons(&populations, *duration);
    }
    let scenario = filled.one("scenario")?;
    if lower.faults.has_errors() {
        return None;
    }
    let mut plan = Plan {
        name: scenario.text("name")?.to_string(),
        title: scenario.text("title")?.to_string(),
        description: scenario.text("description")?.to_string(),
        reproduces: scenario.table("reproduces").and_then(|fields| {
            Some(Reproduces { paper: fields.text("paper")?.into(), figure: fields.text("figure")?.into() })
        }),
        seed: scenario.integer("seed")?,
        sources: sources.into_iter().collect::<Option<_>>()?,
        populations: populations.into_iter().collect::<Option<_>>()?,
        projections: projections.into_iter().collect::<Option<_>>()?,
        protocol: protocol?,
        record: record?,
        engine: engine.unwrap_or_default(),
        assumed: Vec::new(),
    };
    plan.assumed = assumed::list(filled, &plan);
    Some(plan)
}

pub(super) struct Lower<'a> {
    pub filled: &'a Filled,
    pub faults: &'a mut Diagnostics,
}

impl Lower<'_> {
    /// Every table of a section; `None` for one that could not be made.
    fn each<T>(
        &mut self,
        section: &str,
        mut make: impl FnMut(&mut Self, &str, &Fields) -> Option<T>,
    ) -> Vec<Option<T>> {
        let filled = self.filled;
        filled.all(section).iter().map(|(name, fields)| make(self, name, fields)).collect()
    }

    /// `from` names a source or a population, so no two of them may share a name.
    fn same_names(&mut self) {
        for (name, population) in self.filled.all("population") {
            if let Some((_, source)) = self.filled.all("source").iter().find(|(other, _)| other == name) {
                self.faults.push(
                    Diagnostic::error(format!("a source and a population are both called `{name}`"))
                        .maybe_at(population.at.as_ref())
                        .also(source.at.as_ref(), "the source")
                        .allowed("different names: `from` could mean either"),
                );
            }
        }
    }

    fn source(&mut self, name: &str, fields: &Fields) -> Option<SourcePlan> {
        let kind = match fields.text("kind")? {
            "poisson" => self.poisson(fields)?,
            "poisson_steps" => {
                let rates = match fields.datum("rates") {
                    Some(Datum::Raw(node)) => lists::inline_rates(node, &fields.what, self.faults),
                    _ => None,
                };
                SourceKind::PoissonSteps { size: fields.count("size")?, rates: rates? }
            }
            "poisson_sine" => silent_or(SourceKind::PoissonSine {
                size: fields.count("size")?,
                rate: quantity(fields, "rate")?,
                depth: fields.number("depth")?,
                period: time(fields, "period")?,
                phase: fields.number("phase")?,
            }),
            "bursts" => self.bursts(fields)?,
            "replay" => {
                let size = fields.count("size");
                let file = format!("{}/spikes.csv", fields.text("run")?.trim_end_matches('/'));
                let csv =
                    load::beside(&file, fields.written("run")?).map_err(|fault| self.faults.push(fault));
                let spikes = csv.ok().and_then(|csv| {
                    let which =
                        (fields.text("recorded")?, fields.place("recorded"), fields.integer("episode")?);
                    lists::csv_recorded(&csv, which, size, self.faults)
                });
                SourceKind::SpikeList { size: size?, spikes: spikes? }
            }
            "spike_list" => {
                let size = fields.count("size");
                let spikes = match (fields.datum("spikes"), fields.text("file")) {
                    (Some(Datum::Raw(node)), None) => {
                        lists::inline_spikes(node, size, &fields.what, self.faults)
                    }
                    (None, Some(file)) => {
                        let at = fields.written("file")?;
                        load::beside(file, at)
                            .map_err(|fault| self.faults.push(fault))
                            .ok()
                            .and_then(|csv| lists::csv_spikes(&csv, size, self.faults))
                    }
                    _ => {
                        self.one_of(fields, "spikes", "file");
                        None
                    }
                };
                SourceKind::SpikeList { size: size?, spikes: spikes? }
            }
            "regular" => SourceKind::Regular {
                size: fields.count("size")?,
                start: time(fields, "start")?,
                period: time(fields, "period")?,
            },
            "dataset" => SourceKind::Dataset {
                dataset: match fields.text("dataset")? {
                    "mnist" => DatasetName::Mnist,
                    "fashion-mnist" => DatasetName::FashionMnist,
                    _ => DatasetName::DrawnDigits,
                },
                max_rate: quantity(fields.table("encode")?, "max_rate")?,
                normalise: fields.table("encode")?.flag("normalise")?,
            },
            _ => return None,
        };
        Some(SourcePlan { name: name.to_string(), kind })
    }

    /// Spikes of one line are counted in 32 bits.
    fn countable(&mut self, sources: &[Option<SourcePlan>], duration: Time) {
        let most = f64::from(u32::MAX) / 2.0;
        for (source, (_, fields)) in sources.iter().zip(self.filled.all("source")) {
            let Some(expected) = source.as_ref().map(|source| source.kind.expected(duration)) else {
                continue;
            };
            if expected > most {
                self.faults.push(
                    Diagnostic::error(format!(
                        "one line of {} will spike about {expected:.0e} times",
                        fields.what
                    ))
                    .maybe_at(fields.at.as_ref())
                    .label("too often")
                    .allowed(format!("up to {most:.0e} spikes of a line: they are counted in 32 bits"))
                    .hint("a shorter duration or a lower rate"),
                );
            }
        }
    }

    /// And those of one neuron, which its bias alone may make too many.
    fn countable_neurons(&mut self, populations: &[Option<PopulationPlan>], duration: Time) {
        let most = f64::from(u32::MAX) / 2.0;
        for (population, (_, fields)) in populations.iter().zip(self.filled.all("population")) {
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

    fn poisson(&mut self, fields: &Fields) -> Option<SourceKind> {
        let (rate, dead_time) = (fields.quantity("rate"), fields.quantity("dead_time"));
        if let (Some(rate), Some(dead)) = (rate, dead_time)
            && rate * dead >= 1.0
        {
            self.faults.push(
                Diagnostic::error(format!(
                    "`rate` of {} is {}, with a `dead_time` of {}",
                    fields.what,
                    Unit::Hertz.print(rate),
                    Unit::Second.print(dead)
                ))
                .maybe_at(fields.place("dead_time"))
                .label("too long")
                .also(fields.written("rate"), "for this rate")
                .allowed(format!("a rate below 1/dead_time, {}", Unit::Hertz.print(1.0 / dead)))
                .hint(
                    "`rate` is the rate of the spikes that remain, not that of the process without dead time",
                ),
            );
            return None;
        }
        let (size, rate) = (fields.count("size")?, quantity(fields, "rate")?);
        let dead_time = time(fields, "dead_time")?;
        Some(if dead_time == Time::ZERO {
            SourceKind::Poisson { size, rate }
        } else {
            silent_or(SourceKind::PoissonDeadTime { size, rate, dead_time })
        })
    }

    fn bursts(&mut self, fields: &Fields) -> Option<SourceKind> {
        let (count, interval, period) =
            (fields.count("count")?, time(fields, "interval")?, time(fields, "period")?);
        let length = u128::from(interval.fs()) * u128::from(count - 1);
        if length >= u128::from(period.fs()) {
            self.faults.push(
                Diagnostic::error(format!(
                    "a burst of {} lasts {}, and the next begins after {period}",
                    fields.what,
                    Unit::Second.print(length as f64 / 1e15)
                ))
                .maybe_at(fields.place("period"))
                .label("too short")
                .also(fields.written("count"), "for so many spikes")
                .allowed("a period above (count - 1) interval"),
            );
            return None;
        }
        Some(SourceKind::Bursts {
            size: fields.count("size")?,
            start: time(fields, "start")?,
            period,
            count,
            interval,
        })
    }

    /// Exactly one of two keys must be given.
    pub(super) fn one_of(&mut self, fields: &Fields, first: &str, second: &str) {
        let both = fields.written(first).is_some() && fields.written(second).is_some();
        // A faulty value was reported already.
        if !both && (fields.written(first).is_some() || fields.written(second).is_some()) {
            return;
        }
        let what = if both { "both" } else { "neither" };
        self.faults.push(
            Diagnostic::error(format!(
                "{} has {what} `{first}` {} `{second}`",
                fields.what,
                if both { "and" } else { "nor" }
            ))
            .maybe_at(if both { fields.written(second) } else { fields.at.as_ref() })
            .also(if both { fields.written(first) } else { None }, "and here")
            .allowed("one of the two"),
        );
    }

    fn population(&mut self, name: &str, fields: &Fields) -> Option<PopulationPlan> {
        let switch = fields.table("switch").and_then(|switch| self.switch(switch));
        let reset = match fields.text("reset") {
            Some("value") => Some(Reset::Value),
            Some("hold") => Some(Reset::Hold),
            Some("subtract") => Some(Reset::Subtract),
            Some(_) => Some(Reset::Rest),
            None => None,
        };
        if fields.text("model") == Some("switch") {
            return self.switch_population(name, fields, switch?);
        }
        self.below(fields, "u_rest", "v_th", "the neuron would fire without any input");
        if reset == Some(Reset::Value) {
            self.below(fields, "u_reset", "v_th", "a neuron reset there would fire again at once");
        }
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
        };
        let neuron = Neuron::Lif(neuron);
        let competition = competition::lower(self, name, fields);
        Some(PopulationPlan {
            name: name.to_string(),
            size: fields.count("size")?,
            neuron,
            switch: switch?,
            competition: competition?,
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
        if let (Some(reset), Some(at)) = (fields.text("reset"), fields.written("reset"))
            && reset != "hold"
        {
            self.faults.push(
                Diagnostic::error(format!("`reset` of {} is \"{reset}\"", fields.what))
                    .at(at)
                    .also(fields.written("model"), "because of this")
                    .allowed("\"hold\", or nothing: a switch turns off at its hold voltage")
                    .hint("model = \"lif\" has all resets"),
            );
        }
        self.below(fields, "u_rest", "v_hold", "the switch would never turn off");
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
            law: match fields.text("threshold_law")? {
                "weibull" => ThresholdLaw::Weibull,
                _ => ThresholdLaw::LogNormal,
            },
        };
        let switch = Switch {
            device,
            spread,
            on_time: quantity(fields, "on_time"),
            r_m: quantity(fields, "r_m")?,
            i_bias: quantity(fields, "i_bias")?,
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
            switch: energy,
            competition: None,
        })
    }

    /// Key `low` must be strictly below key `high` of the same table.
    pub(super) fn below(&mut self, fields: &Fields, low: &str, high: &str, why: &str) {
        let (Some(Datum::Quantity(unit, a)), Some(Datum::Quantity(_, b))) =
            (fields.datum(low), fields.datum(high))
        else {
            return;
        };
        if a < b {
            return;
        }
        // Mark what was written; a default cannot be at fault alone.
        let (marked, other) = if fields.written(high).is_some() { (high, low) } else { (low, high) };
        let by_default = |name: &str| {
            if fields.written(name).is_some() { "" } else { " (its default)" }
        };
        let relation = if a == b { "not above" } else { "below" };
        self.faults.push(
            Diagnostic::error(format!(
                "`{high}` of {} is {}{}, {relation} `{low}`, which is {}{}",
                fields.what,
                unit.print(*b),
                by_default(high),
                unit.print(*a),
                by_default(low)
            ))
            .maybe_at(fields.place(marked))
            .label(if marked == high { "too low" } else { "too high" })
            .also(fields.written(other), "against this")
            .allowed(format!("`{low}` below `{high}`"))
            .hint(why),
        );
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

    /// The index a name refers to, or a fault with the nearest name.
    pub(super) fn index(&mut self, name: &str, at: Option<&At>, what: &str, refers: Refers) -> Option<usize> {
        let names = self.filled.names(refers);
        let found = names.iter().position(|known| *known == name);
        if found.is_none() {
            let close = nearest(name, names.iter().copied());
            let elsewhere = (refers == Refers::Population
                && self.filled.names(Refers::Source).contains(&name))
            .then(|| format!("`{name}` is a source, and nothing arrives at a source"));
            self.faults.push(
                Diagnostic::error(format!("{what} names `{name}`, which is no {}", refers.noun()))
                    .maybe_at(at)
                    .label("not known")
                    .allowed(if names.is_empty() {
                        format!("there is no {} yet", refers.noun())
                    } else {
                        names.join(", ")
                    })
                    .maybe_hint(close.map(|close| format!("did you mean `{close}`?")).or(elsewhere)),
            );
        }
        found
    }

    fn protocol(&mut self, fields: &Fields) -> Option<Protocol> {
        if fields.text("kind")? != "device" {
            device::lower::unused(self, fields);
        }
        match fields.text("kind")? {
            "simulate" => {
                for (name, source) in self.filled.all("source") {
                    if source.text("kind") == Some("dataset") {
                        self.faults.push(
                            Diagnostic::error(format!(
                                "source `{name}` shows a data set, and nothing presents it"
                            ))
                            .maybe_at(source.place("kind"))
                            .also(fields.written("kind"), "this runs the network once, without samples")
                            .allowed(
                                "kind = \"supervised\" or \"unsupervised\" in [protocol], or a source of another kind",
                            ),
                        );
                    }
                }
                Some(Protocol::Simulate { duration: time(fields, "duration")? })
            }
            "supervised" => supervised::lower(self, fields).map(Protocol::Supervised),
            "unsupervised" => unsupervised::lower(self, fields).map(Protocol::Unsupervised),
            "device" => {
                device::lower::lower(self, fields).map(|experiments| Protocol::Device { experiments })
            }
            _ => None,
        }
    }

    fn record(&mut self, fields: &Fields) -> Option<RecordPlan> {
        let mut names = |key: &str, refers: Refers| -> Vec<String> {
            fields
                .names(key)
                .iter()
                .filter_map(|(name, at)| {
                    self.index(name, Some(at), &format!("`{key}` of the record"), refers)?;
                    Some(name.clone())
                })
                .collect()
        };
        let spikes = names("spikes", Refers::SourceOrPopulation);
        let membrane = names("membrane", Refers::Population);
        let membrane_interval = time(fields, "membrane_interval");
        if membrane_interval.is_none()
            && !membrane.is_empty()
            && fields.written("membrane_interval").is_none()
        {
            self.faults.push(
                Diagnostic::error("`membrane` of the record names populations, and there is no interval")
                    .maybe_at(fields.written("membrane"))
                    .allowed("membrane_interval, such as \"0.1 ms\""),
            );
        }
        Some(RecordPlan {
            spikes,
            membrane,
            membrane_interval,
            energy: fields.flag("energy")?,
            mac_energy: quantity(fields, "mac_energy")?,
        })
    }
}

pub(super) fn quantity<Q: Quantity>(fields: &Fields, name: &str) -> Option<Q> {
    Q::from_si(fields.quantity(name)?)
}

pub(super) fn time(fields: &Fields, name: &str) -> Option<Time> {
    Time::from_seconds(Second::from_si(fields.quantity(name)?)?).ok()
}

pub(super) fn placement(fields: &Fields) -> Option<Placement> {
    Some(match fields.text("placement")? {
        "balanced" => Placement::Balanced,
        _ => Placement::OneSided,
    })
}

pub(super) fn spread(fields: &Fields) -> Option<Spread> {
    match fields.datum("spread")? {
        Datum::Choice("paper") => Some(PAPER_SPREAD),
        Datum::Table(table) => Some(Spread {
            cv_on: table.number("cv_on")?,
            cv_off: table.number("cv_off")?,
            cv_device: table.number("cv_device")?,
        }),
        _ => Some(NO_SPREAD),
    }
}

/// A process of rate zero has nothing to modulate, and no gap that a dead time could be part of.
fn silent_or(kind: SourceKind) -> SourceKind {
    match kind {
        SourceKind::PoissonSine { size, rate, .. } | SourceKind::PoissonDeadTime { size, rate, .. }
            if rate.get() == 0.0 =>
        {
            SourceKind::Poisson { size, rate }
        }
        kind => kind,
    }
}
