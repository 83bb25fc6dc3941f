//! The network that protocols with training know: one projection from a data set to a population.

use crate::network::kernel::DELTA;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::filled::Fields;
use crate::scenario::filled::is_dataset;
use crate::scenario::projection::ALL_TO_ALL;
use crate::scenario::section::Lower;
use crate::scenario::spec::Refers;
use crate::scenario::text::{Node, Value};

/// Where the projection that learns is listed, if it is; that there is none to choose is reported.
pub fn projection(lower: &mut Lower<'_>, fields: &Fields, kind: &str) -> Option<usize> {
    let Some(name) = fields.text("projection") else {
        let count = lower.filled.all("projection").len();
        if fields.written("projection").is_none() {
            lower.faults.push(
                Diagnostic::error(format!("{kind} training needs one projection, and there are {count}"))
                    .maybe_at(fields.place("kind"))
                    .allowed(if kind == "supervised" {
                        "one projection from a data-set source to a population of one neuron per class"
                    } else {
                        "one projection from a data-set source to the population that learns"
                    }),
            );
        }
        return None;
    };
    lower.filled.names(Refers::Projection).iter().position(|known| *known == name)
}

/// Whether a projection leads from a population to itself.
pub fn lateral(projection: &Fields) -> bool {
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
                    "a weight, a delay and a kernel for a projection from a population that learns to itself",
                ),
            );
        }
    }
}

/// Checks that projection `index` is the only one, a crossbar of jumps without delay from a data set. Without labels
/// there may be lateral ones besides.
pub fn one_layer(lower: &mut Lower<'_>, protocol: &Fields, index: usize, kind: &str) {
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
    wanted("connect", ALL_TO_ALL);
    wanted("kernel", DELTA);
    let drawn = matches!(fields.raw("delay"), Some(Node { value: Value::Table(_), .. }));
    if drawn || fields.quantity("delay").is_some_and(|delay| delay != 0.0) {
        let delay = if drawn { "delays of single synapses" } else { "a delay" };
        lower.faults.push(
            Diagnostic::error(format!("{} has {delay}", fields.what))
                .maybe_at(fields.place("delay"))
                .also(protocol.written("kind"), &here)
                .allowed("0 s for a projection that learns: a late spike would fall out of its presentation"),
        );
    }
    let source = filled.all("source").iter().find(|(name, _)| Some(name.as_str()) == fields.text("from"));
    let encode = source.and_then(|(_, source)| source.table("encode"));
    let timed = encode.filter(|encode| encode.word("kind").is_some_and(|kind| kind != "poisson"));
    if let Some(encode) = timed {
        let shown = encode.word("kind").unwrap_or_default();
        lower.faults.push(
            Diagnostic::error(format!("spikes at given times (`{shown}`) have no rate"))
                .maybe_at(encode.place("kind"))
                .also(protocol.written("kind"), &here)
                .allowed("encode = { kind = \"poisson\" } for one projection of jumps")
                .hint("gradient = { kind = \"exact\" } of kind = \"supervised\" trains layers by the times of spikes"),
        );
    }
    if let Some((_, source)) = source
        && is_dataset(source) == Some(true)
        && lower.data(source).is_some_and(|data| data.targets() > 0)
    {
        lower.faults.push(
            Diagnostic::error(format!(
                "the samples of {} have numbers as targets, and no classes",
                source.what
            ))
            .maybe_at(source.table("data").and_then(|data| data.written("targets")))
            .also(protocol.written("kind"), &here)
            .allowed("samples with classes")
            .hint("gradient = { kind = \"exact\" } of kind = \"supervised\" learns numbers"),
        );
    }
    if source.is_none_or(|(_, source)| is_dataset(source) == Some(false))
        && fields.text("from").is_some_and(|name| filled.names(Refers::SourceOrPopulation).contains(&name))
    {
        lower.faults.push(
            Diagnostic::error(format!("{} does not start at a data set", fields.what))
                .maybe_at(fields.place("from"))
                .also(protocol.written("kind"), &here)
                .allowed("a source with kind = \"dataset\""),
        );
    }
}

/// Cases of a list have names of their own.
pub fn different_names(lower: &mut Lower<'_>, cases: &[Fields], called: &str) {
    for (index, case) in cases.iter().enumerate() {
        let Some(name) = case.text("name") else { continue };
        if let Some(earlier) = cases[..index].iter().find(|earlier| earlier.text("name") == Some(name)) {
            lower.faults.push(
                Diagnostic::error(format!("two {called} are called `{name}`"))
                    .maybe_at(case.place("name"))
                    .also(earlier.written("name"), "the first")
                    .allowed("different names"),
            );
        }
    }
}
