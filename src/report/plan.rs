//! A plan in words: what is connected to what, with which values.

use super::row::{Row, cv, row, time};
use super::told;
use crate::device::fault::FaultRates;
use crate::device::retention::{DecayLaw, Retention};
use crate::encoding::RateProfile;
use crate::hint::many;
use crate::network::{
    Competition, Distribution, DrawRule, Homeostasis, Losers, Maps, Origin, Rivalry, SourceKind,
};
use crate::neuron::Neuron;
use crate::plot::number::{count, si};
use crate::scenario::plan::{
    Code, Connect, CostTable, Input, Own, OwnPlan, Plan, PopulationPlan, ProjectionPlan, SourcePlan,
};
use crate::scenario::spec::Word as _;
use crate::synapse::{Arrangement, Placement};
use crate::units::Hertz;

/// Headings and tables: sources, populations, projections, protocol.
#[must_use]
pub fn describe(plan: &Plan) -> Vec<(String, Vec<Row>)> {
    let sources = plan.sources.iter().map(|s| (format!("Source {}", s.name), source(s)));
    let populations = plan.populations.iter().map(|p| (format!("Population {}", p.name), population(p)));
    let projections =
        plan.projections.iter().map(|p| (format!("Projection {}", p.name), projection(plan, p)));
    sources.chain(populations).chain(projections).chain(told::of(plan).plan(plan)).collect()
}

/// Which pulse widths, voltages and times the energy figures rest on, and which of them are stated or assumed.
#[must_use]
pub fn energy_basis(plan: &Plan) -> Vec<String> {
    let assumed = |parameter: String| match plan.assumed.iter().find(|assumed| assumed.parameter == parameter)
    {
        Some(assumed) if assumed.is_stated() => " (stated)",
        Some(_) => " (assumed)",
        None => "",
    };
    let mut lines = Vec::new();
    for projection in &plan.projections {
        let name = &projection.name;
        let Some(device) = &projection.device else {
            lines.push(format!("Read of {name}: nothing, it has ideal weights and no devices."));
            continue;
        };
        let mark = |key: &str| assumed(format!("projection.{name}.crossbar.{key}"));
        let own = |key: &str| assumed(format!("device.{}.{key}", device.name));
        lines.push(format!(
            "Read of {name}: V\u{b2}Gt on every device of a pulsed row, V = {}{}, t = {}{}, G from {}{} to {}{}.",
            si(device.read.amplitude.get(), "V"),
            mark("read.amplitude"),
            si(device.read.width.get(), "s"),
            mark("read.width"),
            si(device.range.g_min.get(), "S"),
            own("g_min"),
            si(device.range.g_max.get(), "S"),
            own("g_max"),
        ));
    }
    for population in &plan.populations {
        let name = &population.name;
        if let Some(cost) = population.cost {
            let table = CostTable::CHOICES.iter().find(|choice| choice.name == cost.word());
            let what = table.map_or("", |choice| choice.doc);
            lines.push(format!("Synaptic events of {name}: each {what}; no device has a part in it."));
        }
        let Some(s) = &population.switch else { continue };
        let mark = |key: &str| assumed(format!("population.{name}.switch.{key}"));
        let power = s.i_cc.get() * s.i_cc.get() / s.g_on.get();
        let switch = population.neuron.switch();
        lines.push(format!(
            "Neurons of {name}: I_cc\u{b2}/G_on = ({})\u{b2}/{} = {} while on, for {}{} per spike{}.",
            si(s.i_cc.get(), "A"),
            si(s.g_on.get(), "S"),
            si(power, "W"),
            si(s.on_time.get(), "s"),
            if switch.is_some() { assumed(format!("population.{name}.open_after")) } else { mark("on_time") },
            switch.map_or_else(String::new, |switch| {
                let bound = power * switch.membrane().t_ref.get();
                format!(
                    " (until the circuit opens; {} if the drive stayed until it turns off)",
                    si(bound, "J")
                )
            }),
        ));
        lines.push(format!(
            "Limiter of {name}: the rest of I_cc V_drive during that time, V_drive = {}{}.",
            si(s.v_drive.get(), "V"),
            mark("v_drive"),
        ));
        if let (Some(_), true, Some(g_pre)) = (plan.protocol.as_it_is(), plan.record.energy, population.g_pre)
        {
            lines.push(format!(
                "Leakage of {name}: the integral of V\u{b2} G over what its currents apply while it is off, V = R I, G from G_off = \
                 {}{} to {}{} at threshold, and fading after a spike.",
                si(s.g_off.get(), "S"),
                mark("g_off"),
                si(g_pre.get(), "S"),
                mark("g_pre"),
            ));
        }
    }
    lines
}

fn source(source: &SourcePlan) -> Vec<Row> {
    let size = row("size", count(source.size.into()));
    let train = match &source.input {
        Input::Poisson { rate } => return vec![row("kind", "Poisson"), size, row("rate", rate.to_string())],
        Input::Dataset { dataset, code: Code::Timed(code), .. } => {
            return vec![row("data set", dataset.title()), size, row("encoding", code.told())];
        }
        Input::Dataset { dataset, code: Code::Events, .. } => {
            return vec![
                row("data set", dataset.title()),
                size,
                row("encoding", "events as they were recorded"),
            ];
        }
        Input::Dataset { dataset, code: Code::Rate { max_rate, normalise }, .. } => {
            let scaled = if *normalise { ", samples scaled to one total rate" } else { "" };
            return vec![
                row("data set", dataset.title()),
                row("encoding", "each pixel a Poisson process"),
                row("max_rate", format!("{max_rate}{scaled}")),
            ];
        }
        Input::Train(train) => train,
    };
    match train {
        SourceKind::Poisson => vec![row("kind", "Poisson"), size],
        SourceKind::Open(train) => vec![row("kind", train.told()), size],
        SourceKind::DeadTime { rate, dead } => vec![
            row("kind", "Poisson with dead time"),
            size,
            row("rate", Hertz::new(*rate).to_string()),
            row("dead_time", time(*dead)),
        ],
        SourceKind::Modulated(RateProfile::Steps { steps }) => {
            vec![row("kind", "Poisson, rate in steps"), size, row("rates", count(steps.len() as u64))]
        }
        SourceKind::Modulated(RateProfile::Sine { mean, depth, period, phase }) => vec![
            row("kind", "Poisson, sinusoidal rate"),
            size,
            row("rate", Hertz::new(*mean).to_string()),
            row("depth", depth.to_string()),
            row("period", time(*period)),
            row("phase", format!("{phase} cycles")),
        ],
        SourceKind::Bursts { start, period, count: spikes, interval } => vec![
            row("kind", "bursts"),
            size,
            row("start", time(*start)),
            row("period", time(*period)),
            row("spikes in a burst", count((*spikes).into())),
            row("interval", time(*interval)),
        ],
        SourceKind::List(spikes) => {
            vec![row("kind", "given spikes"), size, row("spikes", count(spikes.len() as u64))]
        }
        SourceKind::Regular { start, period } => {
            vec![row("kind", "regular"), size, row("start", time(*start)), row("period", time(*period))]
        }
        SourceKind::Current(current) => {
            let (low, high) = current.range();
            let again = current.repeat().map_or("never".to_string(), time);
            vec![
                row("kind", "a current from outside"),
                row("start", time(current.start())),
                row("straight pieces", count(current.changes() as u64)),
                row("from, to", format!("{}, {}", si(low, "A"), si(high, "A"))),
                row("begins anew after", again),
            ]
        }
    }
}

/// What each neuron has for itself.
fn own(own: &OwnPlan) -> Row {
    let unit = own.unit.as_deref().unwrap_or_default();
    let values = match &own.values {
        Own::Drawn(distribution) => law(distribution, unit),
        Own::List(values) => {
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            format!("{} to {}", si(low, unit), si(high, unit))
        }
    };
    row(&own.key, format!("of each neuron: {values}"))
}

fn population(population: &PopulationPlan) -> Vec<Row> {
    let own = population.own.iter().map(own);
    let n = population.neuron.membrane();
    // One value for all, where there is one.
    let of = |keys: &[(&str, String)]| {
        let differs = |key: &str| population.own.iter().any(|own| own.key == key);
        let value = |(key, value): &(&str, String)| {
            if differs(key) { "each its own".to_string() } else { value.clone() }
        };
        let names: Vec<&str> = keys.iter().map(|(key, _)| *key).collect();
        row(&names.join(", "), keys.iter().map(value).collect::<Vec<_>>().join(", "))
    };
    let limits = population.switch.as_ref().map(|s| row("i_cc, g_on", format!("{}, {}", s.i_cc, s.g_on)));
    if let Neuron::Open(_) = &population.neuron {
        let keys = population.keys.iter().map(|(key, value)| row(key, value.clone()));
        return [row("model", population.neuron.model()), row("size", count(population.size.into()))]
            .into_iter()
            .chain(keys)
            .chain(own)
            .collect();
    }
    let reset = format!("{:?}", n.reset).to_lowercase();
    if let Neuron::Switch(switch) = &population.neuron {
        let ends = if switch.on_time.is_some() { "" } else { ", the device's own" };
        let rows = vec![
            row("model", "volatile threshold switch"),
            row("size", count(population.size.into())),
            of(&[("tau_m", n.tau_m.to_string())]),
            of(&[
                ("u_rest", n.u_rest.to_string()),
                ("v_hold", n.v_hold.to_string()),
                ("v_th", n.v_th.to_string()),
            ]),
            row("circuit", switch.circuit.to_string()),
            of(&[("on_time", format!("{}{ends}", si(n.t_ref.get(), "s")))]),
            of(&[("u_0", n.u_0.unwrap_or(n.u_rest).to_string())]),
            of(&[
                ("cycle_cv", switch.spread.cycle.to_string()),
                ("device_cv", switch.spread.device.to_string()),
            ]),
        ];
        return rows.into_iter().chain(own).chain(limits).collect();
    }
    let mut rows = vec![
        row("model", "leaky integrate-and-fire"),
        row("size", count(population.size.into())),
        of(&[("tau_m", n.tau_m.to_string())]),
        of(&[("u_rest", n.u_rest.to_string()), ("v_th", n.v_th.to_string())]),
        of(&[("u_0", n.u_0.unwrap_or(n.u_rest).to_string())]),
        row("reset", reset),
        of(&[("t_ref", n.t_ref.to_string())]),
    ];
    rows.extend(own);
    rows.extend(limits);
    rows.extend(population.switch.as_ref().map(|switch| row("on_time", switch.on_time.to_string())));
    if let Some(competition) = &population.competition {
        rows.extend(competes(competition));
    }
    rows
}

/// How the neurons of a population compete.
fn competes(competition: &Competition) -> Vec<Row> {
    let kind = match competition.kind {
        Rivalry::WinnerTakeAll => "one winner per instant, which resets all".to_string(),
        Rivalry::LateralInhibition { strength } => {
            format!("one winner per instant, which lowers the others by {}", si(strength, "V"))
        }
        Rivalry::Switches { losers: Losers::Relax } => {
            "one winner per instant; the drive of all is away until it is off, and all relax".to_string()
        }
        Rivalry::Switches { losers: Losers::Erased } => {
            "one winner per instant; the drive of all is away until it is off, and the others are erased"
                .to_string()
        }
    };
    let homeostasis = match competition.homeostasis {
        None => "none".to_string(),
        Some(Homeostasis::RateTarget { gain, spikes }) => {
            format!("towards {spikes} spikes per presentation of all together, gain {gain}")
        }
        Some(Homeostasis::Decay { step, tau }) => {
            format!("{} up per spike, decaying with {}", si(step, "V"), si(tau, "s"))
        }
    };
    let mut rows = vec![row("competition", kind)];
    if let Rivalry::Switches { .. } = competition.kind {
        rows.push(row("gains of columns adapt", homeostasis));
    } else {
        rows.push(row("inhibition after a spike", time(competition.inhibition)));
        rows.push(row("thresholds adapt", homeostasis));
    }
    if competition.reference > 0.0 {
        rows.push(row("reference column", format!("{} less per arrival", si(competition.reference, "V"))));
    }
    rows
}

fn projection(plan: &Plan, projection: &ProjectionPlan) -> Vec<Row> {
    let from = match projection.from {
        Origin::Source(k) => plan.sources.get(k).map(|s| s.name.as_str()),
        Origin::Population(k) => plan.populations.get(k).map(|p| p.name.as_str()),
    };
    let to = plan.populations.get(projection.to).map_or("?", |p| p.name.as_str());
    let connect = match &projection.connect {
        Connect::AllToAll => "all to all".to_string(),
        Connect::OneToOne => "one to one".to_string(),
        Connect::List { synapses, .. } => {
            format!("a list of {}", many(count(synapses.len() as u64), "synapse"))
        }
        Connect::Convolution { of } => {
            format!(
                "{} to {} by {of}, {} shared weights",
                maps(of.from),
                of.to().map_or_else(String::new, maps),
                count(u64::from(of.entries()) * u64::from(of.channels))
            )
        }
        Connect::Pooling { of } => {
            format!(
                "{} to {} by {of}, one weight that stays",
                maps(of.from),
                of.to().map_or_else(String::new, maps)
            )
        }
        Connect::Drawn { rule: DrawRule::OneToOne, .. } => "one to one".to_string(),
        Connect::Drawn { rule, autapses, multapses } => {
            let rule = match rule {
                DrawRule::InDegree(degree) => format!("{} random lines per neuron", count((*degree).into())),
                DrawRule::OutDegree(degree) => format!("{} random neurons per line", count((*degree).into())),
                DrawRule::Probability(1.0) => "every pair".to_string(),
                DrawRule::Probability(p) => format!("every pair with probability {p}"),
                DrawRule::OneToOne => "one to one".to_string(),
            };
            let of_pair =
                |allowed: bool, what: &str| format!(", {} {what}", if allowed { "with" } else { "without" });
            format!("{rule}{}{}", of_pair(*autapses, "autapses"), of_pair(*multapses, "multapses"))
        }
    };
    let unit = projection.kernel.weight_unit();
    let weight = match projection.weight {
        _ if matches!(projection.connect, Connect::List { .. }) => listed(&projection.connect, unit),
        _ => law(&projection.weight, unit),
    };
    let mut rows = vec![
        row("from, to", format!("{} \u{2192} {to}", from.unwrap_or("?"))),
        row("connect", connect),
        row("kernel", projection.kernel.to_string()),
        row("initial weight", weight),
        row("delay", delay(projection)),
    ];
    if let Some(device) = &projection.device {
        let arrangement = match device.arrangement {
            Arrangement::Single | Arrangement::Unipolar => "one device".to_string(),
            Arrangement::Differential => "a pair of devices".to_string(),
            Arrangement::Parallel { pairs: n } => format!("{n} pairs of devices"),
        };
        let placement = match device.placement {
            Placement::OneSided => "one-sided",
            Placement::Balanced => "balanced",
        };
        let levels = device.range.levels.map_or_else(|| "continuous".to_string(), |n| format!("{n} levels"));
        rows.extend([
            row("device", format!("{} ({})", device.name, device.preset)),
            row("weight is", format!("{arrangement}, {placement}")),
            row("g_min, g_max", format!("{}, {} ({levels})", device.range.g_min, device.range.g_max)),
            row(
                "spread (CV)",
                format!("{} % at g_max, {} % at g_min", cv(device.spread.cv_on), cv(device.spread.cv_off)),
            ),
            row("read pulse", format!("{}, {}", device.read.amplitude, device.read.width)),
        ]);
        if device.faults != FaultRates::default() {
            let FaultRates { stuck_on, stuck_off } = device.faults;
            rows.push(row("stuck on, off", format!("{} %, {} %", cv(stuck_on), cv(stuck_off))));
        }
        rows.extend(device.age.map(|age| row("programmed", format!("{age} ago"))));
        let Retention { law, g_inf, lifetime_sigma } = device.retention;
        if law != DecayLaw::Perfect && (device.age.is_some() || projection.plasticity.is_some()) {
            let own = if lifetime_sigma > 0.0 {
                format!(", \u{3c3} of ln \u{3c4} {lifetime_sigma}")
            } else {
                String::new()
            };
            let when = if projection.plasticity.is_some() { "while they learn, " } else { "" };
            rows.push(row("decay", format!("{when}to {g_inf}: {law}{own}")));
        }
    }
    rows
}

/// Channels, rows and columns.
fn maps([channels, rows, columns]: Maps) -> String {
    format!("{channels} x {rows} x {columns}")
}

/// A number with its unit, if it has one.
fn amount(value: f64, unit: &str) -> String {
    if unit.is_empty() { value.to_string() } else { si(value, unit) }
}

/// A value or a distribution.
fn law(law: &Distribution, unit: &str) -> String {
    match *law {
        Distribution::Constant(value) => amount(value, unit),
        Distribution::Normal { mean, sd } => {
            format!("normal, {} \u{b1} {}", amount(mean, unit), amount(sd, unit))
        }
        Distribution::Uniform { low, high } => {
            format!("uniform, {} to {}", amount(low, unit), amount(high, unit))
        }
        Distribution::LogNormal { median, sigma } => {
            format!("log-normal, median {}, \u{3c3} = {}", amount(median, unit), crate::hint::number(sigma))
        }
    }
}

fn delay(projection: &ProjectionPlan) -> String {
    match (&projection.delays, &projection.connect) {
        (Some(delays), _) => law(delays, "s"),
        (None, Connect::List { delays, .. }) if !delays.is_empty() => {
            let longest = delays.iter().max().copied().unwrap_or_default();
            format!("from the list, {} to {}", time(projection.delay), time(longest))
        }
        _ => time(projection.delay),
    }
}

/// The weights of a list, which has no distribution to draw them from.
fn listed(connect: &Connect, unit: &str) -> String {
    let Connect::List { synapses, .. } = connect else { return String::new() };
    let weights = || synapses.iter().map(|synapse| synapse.2);
    let (low, high) = (weights().fold(f64::INFINITY, f64::min), weights().fold(f64::NEG_INFINITY, f64::max));
    match low.total_cmp(&high) {
        std::cmp::Ordering::Less => format!("from the list, {} to {}", amount(low, unit), amount(high, unit)),
        std::cmp::Ordering::Equal => format!("from the list, {}", amount(low, unit)),
        std::cmp::Ordering::Greater => "from the list".to_string(),
    }
}
