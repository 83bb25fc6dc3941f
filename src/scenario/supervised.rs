//! The supervised protocol: one projection from a data set to one neuron per class.

use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::locate;
use super::plan::{Adam, ProgrammingCase, Supervised};
use super::section::{Lower, placement, spread, time};
use super::spec::{ConnectKind, Refers, SourceWord, Word as _};
use crate::network::kernel::DELTA;

pub(super) fn lower(lower: &mut Lower<'_>, fields: &Fields) -> Option<Supervised> {
    let projection = projection(lower, fields, "supervised");
    if let Some(index) = projection {
        fits(lower, fields, index);
    }
    let weights_from = weights_from(lower, fields);
    let rates = fields.table("optimizer");
    if let Some(rates) = rates
        && let (Some(rate), Some(last)) = (rates.number("rate"), rates.number("rate_final"))
        && last > rate
    {
        lower.faults.push(
            Diagnostic::error(format!(
                "`rate_final` of {} is {last}, above `rate`, which is {rate}",
                rates.what
            ))
            .maybe_at(rates.written("rate_final").or(rates.place("rate")))
            .allowed("rate_final of at most rate: the schedule falls"),
        );
    }
    let cases = programming(lower, fields, projection);
    let rates = rates?;
    Some(Supervised {
        projection: projection?,
        precision: fields.choice("precision")?,
        epochs: fields.count("epochs")?,
        batch: fields.count("batch")?,
        train_samples: fields.count("train_samples"),
        test_samples: fields.count("test_samples"),
        validation: fields.number("validation")?,
        presentation: time(fields, "presentation")?,
        test_presentation: time(fields, "test_presentation")?,
        count_gain: fields.number("count_gain")?,
        surrogate_steepness: fields.number("surrogate_steepness")?,
        optimizer: Adam {
            rate: rates.number("rate")?,
            rate_final: rates.number("rate_final")?,
            beta1: rates.number("beta1")?,
            beta2: rates.number("beta2")?,
            epsilon: rates.number("epsilon")?,
        },
        weight_bound: fields.number("weight_bound"),
        weights_from,
        show_class: fields.count("show_class"),
        programming: cases?,
    })
}

/// The scenario whose weights are taken, as an argument that finds it from the working directory.
fn weights_from(lower: &mut Lower<'_>, fields: &Fields) -> Option<String> {
    let (name, at) = (fields.text("weights_from")?, fields.written("weights_from")?);
    if lower.filled.one("scenario").and_then(|scenario| scenario.text("name")) == Some(name) {
        lower.faults.push(
            Diagnostic::error(format!("`weights_from` names this scenario itself, `{name}`"))
                .at(at)
                .allowed("another scenario, or nothing: then the weights are trained here"),
        );
        return None;
    }
    locate::argument(name, at).map_err(|fault| lower.faults.push(fault)).ok()
}

/// The projection that learns, by name.
pub(super) fn projection(lower: &mut Lower<'_>, fields: &Fields, kind: &str) -> Option<usize> {
    let Some(name) = fields.text("projection") else {
        let all = lower.filled.all("projection");
        let mut outer = all.iter().enumerate().filter(|(_, (_, fields))| !lateral(fields));
        if let (Some((index, _)), None, "unsupervised") = (outer.next(), outer.next(), kind)
            && fields.written("projection").is_none()
        {
            return Some(index);
        }
        let count = all.len();
        if fields.written("projection").is_none() {
            lower.faults.push(
                Diagnostic::error(format!("{kind} training needs one projection, and there are {count}"))
                    .maybe_at(fields.place("kind"))
                    .allowed(if kind == "supervised" {
                        "one projection from a data-set source to a population of one neuron per class"
                    } else {
                        "one projection from a data-set source to a population that competes"
                    }),
            );
        }
        return None;
    };
    let name = name.to_string();
    lower.index(&name, fields.place("projection"), "`projection` of the protocol", Refers::Projection)
}

/// Checks that the network is the one layer that training knows.
fn fits(lower: &mut Lower<'_>, protocol: &Fields, index: usize) {
    one_layer(lower, protocol, index, "supervised");
    let filled = lower.filled;
    let Some((_, fields)) = filled.all("projection").get(index) else { return };
    let target = filled.all("population").iter().find(|(name, _)| Some(name.as_str()) == fields.text("to"));
    let Some((_, target)) = target else { return };
    let source = filled.all("source").iter().find(|(name, _)| Some(name.as_str()) == fields.text("from"));
    let dataset = source.and_then(|(_, source)| lower.registry.find_dataset(source.word("dataset")?));
    if let (Some(size), Some(dataset)) = (target.count("size"), dataset)
        && size != dataset.classes()
    {
        let classes = dataset.classes();
        lower.faults.push(
            Diagnostic::error(format!(
                "{} has {size} neurons, and the data set {classes} classes",
                target.what
            ))
            .maybe_at(target.place("size"))
            .allowed(format!("size = {classes}: one neuron per class"))
            .hint("the read-out compares the counts of single neurons; kind = \"unsupervised\" has groups of them"),
        );
    }
    if let (Some(class), Some(dataset)) = (protocol.count("show_class"), dataset)
        && class >= dataset.classes()
    {
        lower.faults.push(
            Diagnostic::error(format!("`show_class` of the protocol is {class}"))
                .maybe_at(protocol.place("show_class"))
                .label("no such class")
                .allowed(format!("a class of the data set, 0 to {}", dataset.classes() - 1)),
        );
    }
    if lower.not_trained(target) {
        return;
    }
    if let Some(differs) = target.own().next() {
        lower.faults.push(
            Diagnostic::error(format!("the neurons of {} differ in `{}`", target.what, differs.key.name))
                .maybe_at(target.written(differs.key.name))
                .also(protocol.written("kind"), "supervised here")
                .allowed("one value for all: the gradient knows one threshold")
                .hint("kind = \"simulate\" and kind = \"unsupervised\" take neurons that differ"),
        );
    }
    if let Some(competition) = target.table("competition") {
        lower.faults.push(
            Diagnostic::error(format!("{} competes", target.what))
                .maybe_at(competition.at.as_ref())
                .also(protocol.written("kind"), "supervised here")
                .allowed("no competition: the gradient knows nothing of it")
                .hint("kind = \"unsupervised\" trains a population that competes"),
        );
    }
    if target.quantity("i_bias").is_some_and(|bias| bias != 0.0) {
        lower.faults.push(
            Diagnostic::error(format!("{} has a bias current", target.what))
                .maybe_at(target.place("i_bias"))
                .also(protocol.written("kind"), "supervised here")
                .allowed("0 A for the read-out of supervised training, which spikes only at arrivals"),
        );
    }
}

/// Whether a projection leads from a population to itself.
fn lateral(projection: &Fields) -> bool {
    projection.text("from").is_some() && projection.text("from") == projection.text("to")
}

/// Lateral inhibition with a delay, beside the projection that learns.
fn inhibits(lower: &mut Lower<'_>, fields: &Fields) {
    for (key, why) in [
        ("device", "weights among those who compete are not programmed"),
        ("plasticity", "they do not learn either"),
    ] {
        if let Some(at) = fields.written(key) {
            lower.faults.push(
                Diagnostic::error(format!("{} has `{key}`", fields.what)).at(at).label(why).allowed(
                    "a weight and a delay for a projection from a population that competes to itself",
                ),
            );
        }
    }
}

/// Checks that projection `index` is the only one, a crossbar of jumps without delay from a data set. Without labels
/// there may be lateral ones besides.
pub(super) fn one_layer(lower: &mut Lower<'_>, protocol: &Fields, index: usize, kind: &str) {
    let here = format!("{kind} here");
    let filled = lower.filled;
    for (other, (name, fields)) in filled.all("projection").iter().enumerate() {
        if other != index && kind == "unsupervised" && lateral(fields) {
            inhibits(lower, fields);
        } else if other != index {
            lower.faults.push(
                Diagnostic::error(format!("projection `{name}` is one too many for {kind} training"))
                    .maybe_at(fields.at.as_ref())
                    .also(protocol.written("kind"), &here)
                    .allowed("one projection, from a data-set source to the read-out population"),
            );
        }
    }
    let Some((_, fields)) = filled.all("projection").get(index) else { return };
    let mut wanted = |key: &str, value: &str| {
        if let Some(found) = fields.word(key)
            && found != value
        {
            lower.faults.push(
                Diagnostic::error(format!("`{key}` of {} is \"{found}\"", fields.what))
                    .maybe_at(fields.place(key))
                    .also(protocol.written("kind"), &here)
                    .allowed(format!("\"{value}\" for a projection that learns")),
            );
        }
    };
    wanted("connect", ConnectKind::AllToAll.word());
    wanted("kernel", DELTA);
    if fields.quantity("delay").is_some_and(|delay| delay != 0.0) {
        lower.faults.push(
            Diagnostic::error(format!("{} has a delay", fields.what))
                .maybe_at(fields.place("delay"))
                .also(protocol.written("kind"), &here)
                .allowed("0 s for a projection that learns: a late spike would fall out of its presentation"),
        );
    }
    let source = filled.all("source").iter().find(|(name, _)| Some(name.as_str()) == fields.text("from"));
    if source.is_none_or(|(_, source)| {
        source.choice("kind").is_some_and(|kind: SourceWord| kind != SourceWord::Dataset)
    }) && fields.text("from").is_some_and(|name| filled.names(Refers::SourceOrPopulation).contains(&name))
    {
        lower.faults.push(
            Diagnostic::error(format!("{} does not start at a data set", fields.what))
                .maybe_at(fields.place("from"))
                .also(protocol.written("kind"), &here)
                .allowed("a source with kind = \"dataset\""),
        );
    }
}

fn programming(
    lower: &mut Lower<'_>,
    fields: &Fields,
    projection: Option<usize>,
) -> Option<Vec<ProgrammingCase>> {
    let cases = fields.tables("programming");
    if let Some((_, learning)) = projection.and_then(|index| lower.filled.all("projection").get(index))
        && !cases.is_empty()
        && learning.table("device").is_none()
        && learning.written("device").is_none()
    {
        lower.faults.push(
            Diagnostic::error(format!("{} has no devices to programme", learning.what))
                .maybe_at(fields.written("programming"))
                .allowed(format!("a table [{}.device]", learning.path)),
        );
    }
    let mut made: Vec<Option<ProgrammingCase>> = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let name = case.text("name");
        if let Some(earlier) =
            cases[..index].iter().find(|earlier| name.is_some() && earlier.text("name") == name)
        {
            lower.faults.push(
                Diagnostic::error(format!("two programming cases are called `{}`", name.unwrap_or_default()))
                    .maybe_at(case.place("name"))
                    .also(earlier.written("name"), "the first")
                    .allowed("different names"),
            );
        }
        made.push((|| {
            Some(ProgrammingCase {
                name: name?.to_string(),
                placement: placement(case)?,
                levels: case.count("levels"),
                spread: spread(case)?,
                draws: case.count("draws")?,
                max_loss: case.number("max_loss"),
            })
        })());
    }
    made.into_iter().collect()
}
