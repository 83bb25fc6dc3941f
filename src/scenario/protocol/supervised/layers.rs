//! What a network needs for the exact gradient of its layers.

use super::{in_situ, jumps, regression};
use crate::engine::lockstep::{Net, Unfit};
use crate::hint::many;
use crate::network::Network;
use crate::scenario::assemble::skeleton;
use crate::scenario::diagnostic::{At, Diagnostic, Diagnostics};
use crate::scenario::filled::{Fields, Filled, is_dataset};
use crate::scenario::plan::{Plan, ProjectionPlan};
use crate::scenario::run::context::RunError;
use crate::scenario::section::Lower;
use crate::scenario::spec::Unit;
use crate::scenario::text::{Node, Value};
use std::sync::Arc;

/// Whether the gradient is to be exact.
pub fn exact(protocol: &Fields) -> bool {
    protocol.table("gradient").and_then(|gradient| gradient.word("kind")) == Some("exact")
}

/// The first projection that starts at a data set.
pub fn first(lower: &Lower<'_>) -> Option<usize> {
    let filled = lower.filled;
    filled.all("projection").iter().position(|(_, fields)| {
        let from = fields.text("from");
        filled
            .all("source")
            .iter()
            .any(|(name, source)| Some(name.as_str()) == from && is_dataset(source) == Some(true))
    })
}

/// Checks what of the scenario an exact gradient can be had of. What the engine says of the network comes after
/// ([`net`]).
pub fn fits(lower: &mut Lower<'_>, protocol: &Fields) {
    let kind = protocol.table("gradient").and_then(|gradient| gradient.written("kind"));
    for (key, instead) in [
        ("projection", "nothing: with an exact gradient all projections learn"),
        ("count_gain", "`loss` of the gradient: counts have no exact gradient"),
        ("surrogate_steepness", "nothing: an exact gradient needs no surrogate"),
    ] {
        if let Some(at) = protocol.changed(key) {
            lower.faults.push(
                Diagnostic::error(format!("`{key}` of {} has no effect", protocol.what))
                    .at(at)
                    .also(kind, "the gradient is exact")
                    .allowed(instead),
            );
        }
    }
    let gradient = protocol.table("gradient");
    if let Some(gradient) = gradient {
        active_fits(lower, gradient);
        truncated_fits(lower, (protocol, gradient));
    }
    for (key, what) in
        [("delays", "delays"), ("thresholds", "thresholds"), ("time_constants", "time constants")]
    {
        if let Some(at) = protocol.changed("weights_from")
            && gradient.is_some_and(|gradient| gradient.written(key).is_some())
        {
            lower.faults.push(
                Diagnostic::error(format!(
                    "`weights_from` of {} takes weights, and {what} were learned with them",
                    protocol.what
                ))
                .at(at)
                .also(kind, format!("with `{key}`"))
                .allowed(format!("nothing: layers whose {what} learn are trained here")),
            );
        }
    }
    own_fits(lower, protocol);
    let filled = lower.filled;
    let drawn = |fields: &Fields| matches!(fields.raw("delay"), Some(Node { value: Value::Table(_), .. }));
    for (_, fields) in filled.all("projection").iter().filter(|(_, fields)| drawn(fields)) {
        let jumping = fields.text("from").is_some_and(|from| jumps::into(lower, from).is_some());
        let why = match fields.text("from") == fields.text("to") {
            true => ("leads back to its own population", "one delay for all synapses that lead back"),
            false if jumping => {
                ("starts at neurons that jump", "one delay for all synapses from such a population")
            }
            false => continue,
        };
        lower.faults.push(
            Diagnostic::error(format!("{} {}, and has delays of single synapses", fields.what, why.0))
                .maybe_at(fields.place("delay"))
                .also(kind, "the gradient is exact")
                .allowed(why.1),
        );
    }
    let with_devices =
        || filled.all("projection").iter().filter(|(_, fields)| fields.written("device").is_some());
    if let Some(at) = protocol
        .written("programming")
        .filter(|_| !protocol.tables("programming").is_empty() && with_devices().next().is_none())
    {
        lower.faults.push(
            Diagnostic::error("no projection has devices to programme")
                .at(at)
                .allowed("`device` of at least one projection"),
        );
    }
    for (_, fields) in with_devices() {
        let crossbar = fields.table("crossbar");
        if crossbar.is_none_or(|crossbar| crossbar.written("w_max").is_none()) {
            lower.faults.push(
                Diagnostic::error(format!(
                    "{} has devices, and no weight is the end of their range",
                    fields.what
                ))
                .maybe_at(fields.place("device"))
                .also(kind, "weights are kept within it while they are trained")
                .allowed(format!("`w_max` of [{}.crossbar]", fields.path)),
            );
        }
    }
    in_situ::fits(lower, protocol);
    if first(lower).is_none() {
        lower.faults.push(
            Diagnostic::error("no projection starts at a data set")
                .maybe_at(protocol.place("kind"))
                .also(kind, "the gradient is exact")
                .allowed("a projection from a source with kind = \"dataset\""),
        );
    }
    // (Whatever else there is of sources is refused as a second one.)
    for (_, source) in filled.all("source").iter().filter(|(_, source)| is_dataset(source) == Some(true)) {
        let Some(encode) = source.table("encode") else { continue };
        if encode.word("kind") == Some("poisson") {
            lower.faults.push(
                Diagnostic::error(format!("{} shows its samples as Poisson processes", source.what))
                    .maybe_at(encode.place("kind"))
                    .also(kind, "the gradient is exact")
                    .allowed("encode = { kind = \"first_spike\", ... }: values that are times of spikes, or \"events\" of recordings"),
            );
        }
    }
    // (What leads back to where it comes from leads nowhere.)
    let leads = |name: &str| {
        let from = filled.all("projection").iter().filter(|(_, p)| p.text("from") == Some(name));
        from.into_iter().any(|(_, p)| p.text("to") != Some(name))
    };
    let ends: Vec<_> = filled.all("population").iter().filter(|(name, _)| !leads(name)).collect();
    let dataset = filled
        .all("source")
        .iter()
        .find(|(_, source)| is_dataset(source) == Some(true))
        .and_then(|(_, source)| lower.data(source));
    match ends.as_slice() {
        [end @ (name, read_out)] => {
            fires_not(lower, protocol, end);
            jumps::fits(lower, protocol, Some(name));
            let Some((size, dataset)) = read_out.count("size").zip(dataset) else {
                return;
            };
            regression::fits(lower, protocol, read_out, dataset.targets());
            let classes = dataset.classes();
            if dataset.targets() == 0 && size % classes != 0 {
                lower.faults.push(
                    Diagnostic::error(format!(
                        "{} has {}, and the data set {}",
                        read_out.what,
                        many(size, "neuron"),
                        many(classes, "class")
                    ))
                    .maybe_at(read_out.place("size"))
                    .allowed(format!("size = {classes}: one neuron per class, or a multiple: as many for each, one class after another")),
                );
            }
            let shown =
                protocol.count("show_class").filter(|&class| dataset.targets() == 0 && class >= classes);
            if let Some(class) = shown {
                lower.faults.push(
                    Diagnostic::error(format!("`show_class` of the protocol is {class}"))
                        .maybe_at(protocol.place("show_class"))
                        .label("no such class")
                        .allowed(format!("a class of the data set, 0 to {}", classes - 1)),
                );
            }
        }
        several => {
            jumps::fits(lower, protocol, None);
            let names: Vec<String> = several.iter().map(|(name, _)| format!("`{name}`")).collect();
            let which = if names.is_empty() { "none".into() } else { names.join(" and ") };
            lower.faults.push(
                Diagnostic::error(format!(
                    "populations that lead nowhere, of which one is the read-out: {which}"
                ))
                .maybe_at(several.get(1).and_then(|(_, fields)| fields.at.as_ref()))
                .also(kind, "the gradient is exact")
                .allowed("exactly one population from which no projection starts"),
            );
        }
    }
}

/// Refuses delays that learn where no synapse has one of its own, drawn or listed.
pub fn delays_fit(lower: &mut Lower<'_>, protocol: &Fields, projections: &[Option<ProjectionPlan>]) {
    let Some(gradient) = protocol.table("gradient") else { return };
    let Some(learned) = gradient.table("delays") else { return };
    // (Of a projection that is at fault nothing is known.)
    let own = |projection: &Option<ProjectionPlan>| {
        projection.as_ref().is_none_or(|projection| projection.own_delays())
    };
    if !projections.iter().any(own) {
        lower.faults.push(
            Diagnostic::error(format!(
                "`delays` of {} has no effect: no synapse has a delay of its own",
                gradient.what
            ))
            .maybe_at(learned.at.as_ref())
            .allowed(
                "a distribution as `delay` of a projection, such as { uniform = [\"0 ms\", \"3 ms\"] }, or rows of a list with \
                 different delays",
            ),
        );
    }
}

/// Refuses bounds of activity between which there is nothing, and one that is written without its bound.
fn active_fits(lower: &mut Lower<'_>, gradient: &Fields) {
    let (floor, ceiling) = (gradient.amount("activity_floor"), gradient.amount("activity_ceiling"));
    if let (Some(floor), Some(ceiling)) = (floor, ceiling)
        && floor >= ceiling
    {
        lower.faults.push(
            Diagnostic::error(format!(
                "`activity_ceiling` of {} is {ceiling}, and `activity_floor` {floor}",
                gradient.what
            ))
            .maybe_at(gradient.place("activity_ceiling"))
            .also(gradient.written("activity_floor"), "the floor")
            .allowed("a ceiling above the floor"),
        );
    }
    if let (None, Some(at)) = (ceiling, gradient.changed("activity_lower")) {
        lower.faults.push(
            Diagnostic::error(format!("`activity_lower` of {} has no effect", gradient.what))
                .at(at)
                .allowed("`activity_lower` beside `activity_ceiling`"),
        );
    }
}

/// Refuses windows that are as long as all of it, and what has no gradient with them.
fn truncated_fits(lower: &mut Lower<'_>, (protocol, gradient): (&Fields, &Fields)) {
    let Some(at) = gradient.written("truncate") else { return };
    if let (Some(window), Some(shown)) = (gradient.time("truncate"), protocol.time("presentation"))
        && window >= shown
    {
        let shown = Unit::Second.print(shown.as_seconds());
        lower.faults.push(
            Diagnostic::error(format!("`truncate` of {} has no effect", gradient.what))
                .at(at)
                .also(protocol.written("presentation"), format!("a presentation of {shown} is one window"))
                .allowed(format!("less than {shown}, or nothing: the gradient goes back to the start")),
        );
    }
    if let Some(learned) = gradient.written("time_constants") {
        lower.faults.push(
            Diagnostic::error(format!(
                "`truncate` and `time_constants` of {} do not go together",
                gradient.what
            ))
            .at(at)
            .also(Some(learned), "a longer one moves everything since the start of the presentation")
            .allowed("one of the two"),
        );
    }
}

/// Refuses thresholds and time constants that learn where nobody has any of their own.
fn own_fits(lower: &mut Lower<'_>, protocol: &Fields) {
    let Some(gradient) = protocol.table("gradient") else { return };
    let integrates = gradient
        .table("loss")
        .is_some_and(|loss| matches!(loss.word("kind"), Some("mean_voltage" | "max_voltage")));
    // (What is neither leaky nor a device is refused as such.)
    let leaky = || lower.filled.all("population").iter().filter(|(_, of)| of.word("model") != Some("switch"));
    let leads = |name: &str| {
        lower.filled.all("projection").iter().any(|(_, fields)| fields.text("from") == Some(name))
    };
    let fire = leaky().any(|(name, _)| !integrates || leads(name));
    let mut within = |learned: &Fields,
                      [least, most]: [&str; 2],
                      value: f64,
                      (what, at): (String, Option<&At>)| {
        let (Some(low), Some(high)) = (learned.amount(least), learned.amount(most)) else { return };
        if low < high && !(low..=high).contains(&value) {
            lower.faults.push(
                Diagnostic::error(format!("{what} is not within `{least}` and `{most}` of {}", learned.what))
                    .maybe_at(at.or(learned.at.as_ref()))
                    .also(learned.written(least).or(learned.written(most)), "learned values stay within")
                    .allowed("a range in which learning can begin"),
            );
        }
    };
    if let Some(learned) = gradient.table("thresholds") {
        let at = learned.written("least").or(learned.written("most"));
        within(learned, ["least", "most"], 1.0, ("the threshold of the scenario, 1,".into(), at));
    }
    if let Some(learned) = gradient.table("time_constants") {
        for (_, of) in leaky() {
            let Some(tau) = of.if_there("tau_m").and_then(|_| of.quantity("tau_m")) else { continue };
            within(
                learned,
                ["shortest", "longest"],
                tau,
                (format!("`tau_m` of {}", of.what), of.place("tau_m")),
            );
        }
    }
    for (key, there, of) in [
        ("thresholds", fire, "leaky neurons that fire"),
        ("time_constants", leaky().next().is_some(), "leaky neurons"),
    ] {
        if let Some(learned) = gradient.table(key).filter(|_| !there) {
            lower.faults.push(
                Diagnostic::error(format!("`{key}` of {} has no effect: there are no {of}", gradient.what))
                    .maybe_at(learned.at.as_ref())
                    .allowed("a population with model = \"lif\" or \"adaptive_lif\": devices have the parameters that they have"),
            );
        }
    }
}

/// Refuses what a read-out that does not fire has no use for.
fn fires_not(lower: &mut Lower<'_>, protocol: &Fields, (name, read_out): &(String, Fields)) {
    let loss = protocol.table("gradient").and_then(|gradient| gradient.table("loss"));
    let Some(loss) = loss.filter(|loss| matches!(loss.word("kind"), Some("mean_voltage" | "max_voltage")))
    else {
        return;
    };
    if let Some(entry) = lower.registered(read_out) {
        lower.faults.push(
            Diagnostic::error(format!(
                "{} is of model \"{}\", which differs from \"lif\" by its spikes",
                read_out.what, entry.name
            ))
            .maybe_at(read_out.place("model"))
            .also(loss.written("kind"), "its membranes are read, and it does not fire")
            .allowed("model = \"lif\", or a loss on spikes"),
        );
        // Its keys are others.
        return;
    }
    // What a reset to rest writes where nothing fires is nothing, whether it is said or not.
    let resets = read_out.word("reset") != Some("rest");
    let mut keys =
        ["t_ref", "u_reset", "v_hold", "reset"].into_iter().filter(|key| *key != "reset" || resets);
    let written = keys.find_map(|key| Some((key, read_out.changed(key)?)));
    if let Some((key, at)) = written {
        lower.faults.push(
            Diagnostic::error(format!("`{key}` of {} has no effect", read_out.what))
                .at(at)
                .also(loss.written("kind"), "the read-out integrates and does not fire")
                .allowed(
                    "`tau_m`, `u_rest`, `v_th` and `r_m`, of which v_th - u_rest is the unit of its membrane",
                )
                .hint("delete it"),
        );
    }
    let mut projections = lower.filled.all("projection").iter();
    if let Some((_, fields)) = projections.find(|(_, fields)| fields.text("from") == Some(name)) {
        lower.faults.push(
            Diagnostic::error(format!(
                "{} has no effect: it starts at neurons that do not fire",
                fields.what
            ))
            .maybe_at(fields.at.as_ref())
            .also(loss.written("kind"), "the read-out integrates")
            .allowed("a loss on spikes, or a projection from a population that fires back to itself"),
        );
    }
    if read_out.word("model") == Some("switch") {
        lower.faults.push(
            Diagnostic::error(format!("{} is of switches, which fire", read_out.what))
                .maybe_at(read_out.place("model"))
                .also(loss.written("kind"), "its membranes are read")
                .allowed("model = \"lif\", or a loss on spikes"),
        );
    }
}

/// The layers, or what of the network keeps it from an exact gradient, and where it stands.
pub fn unfit(plan: &Plan, filled: &Filled, faults: &mut Diagnostics) -> Option<Net> {
    let network = skeleton(plan).ok()?;
    let found = match Net::new(&network) {
        Ok(net) => return Some(net),
        Err(found) => found,
    };
    let place = |section: &str, name: &str, key: &str| {
        let fields = filled.find(section, name).map(|(_, fields)| fields)?;
        // (No one key says that neurons differ, or what all projections to a population are.)
        let of_key = if key.is_empty() { None } else { fields.place(key) };
        of_key.or(fields.at.as_ref())
    };
    let exact = filled.one("protocol").and_then(|protocol| protocol.table("gradient"));
    let exact = exact.and_then(|gradient| gradient.written("kind"));
    for fault in found {
        let text = fault.to_string();
        let (at, wanted) = match &fault {
            Unfit::Population { name, key, wanted, .. } => (place("population", name, key), *wanted),
            Unfit::Projection { name, key, wanted, .. } => (place("projection", name, key), *wanted),
            Unfit::Unreached { name } => {
                (place("population", name, "size"), "a projection from the data set or from another layer")
            }
            Unfit::Circle { name } => (
                place("population", name, "size"),
                "projections that lead forward, or from a population back to itself",
            ),
            Unfit::Sources { .. } => {
                let all = filled.all("source");
                let other = all.iter().find(|(_, source)| is_dataset(source) != Some(true));
                let second = other.or(all.get(1)).and_then(|(_, source)| source.at.as_ref());
                (second, "one source, the data set")
            }
        };
        let what = text.split("; ").next().unwrap_or_default();
        faults
            .push(Diagnostic::error(what).maybe_at(at).also(exact, "the gradient is exact").allowed(wanted));
    }
    None
}

/// The layers of a network.
///
/// # Errors
/// Everything that keeps it from an exact gradient.
pub fn net(network: &Arc<Network>) -> Result<Net, RunError> {
    Net::new(network).map_err(|faults: Vec<Unfit>| RunError::Layers(faults))
}
