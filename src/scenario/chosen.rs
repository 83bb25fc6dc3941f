//! Names of a record with a choice behind them: some neurons of a population, some synapses of a projection.

use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::section::Lower;
use super::spec::Kind;
use super::table::FromKey;
use crate::record::{Selected, SelectedSynapses};

/// Names, with the range of those that are meant.
impl FromKey for Vec<Selected> {
    fn from_key(lower: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        let Kind::Names(refers) = fields.entry(name).key.kind else { return None };
        let mut list: Self = Vec::new();
        for (text, at) in fields.names(name) {
            let what = format!("`{name}` of {}", fields.what);
            let fault = match text.parse::<Selected>() {
                Err(fault) => Diagnostic::error(format!("{what} has `{text}`")).allowed(fault.to_string()),
                Ok(chosen) => {
                    let Some(size) = lower.sized(&chosen.name, at, &what, refers) else { continue };
                    let beyond = chosen.ids.as_ref().zip(size).filter(|(ids, size)| ids.end > *size);
                    if list.iter().any(|other| other.name == chosen.name) {
                        Diagnostic::error(format!("{what} names `{}` twice", chosen.name))
                            .allowed("one range for each name")
                    } else if let Some((_, size)) = beyond {
                        Diagnostic::error(format!("{what} names `{text}`, and `{}` has {size}", chosen.name))
                            .allowed(format!("a range up to {size}, such as {}[0..{size}]", chosen.name))
                    } else {
                        list.push(chosen);
                        continue;
                    }
                }
            };
            lower.faults.push(fault.at(at));
        }
        Some(list)
    }
}

/// Names of projections, with the ranges of both ends that are meant.
impl FromKey for Vec<SelectedSynapses> {
    fn from_key(lower: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        let Kind::Names(refers) = fields.entry(name).key.kind else { return None };
        let mut list: Self = Vec::new();
        for (text, at) in fields.names(name) {
            let what = format!("`{name}` of {}", fields.what);
            let fault = match text.parse::<SelectedSynapses>() {
                Err(fault) => Diagnostic::error(format!("{what} has `{text}`")).allowed(fault.to_string()),
                Ok(chosen) => {
                    if lower.index(&chosen.name, Some(at), &what, refers).is_none() {
                        continue;
                    }
                    let beyond = beyond(lower, &chosen);
                    if list.iter().any(|other| other.name == chosen.name) {
                        Diagnostic::error(format!("{what} names `{}` twice", chosen.name))
                            .allowed("one choice for each name")
                    } else if let Some((end, size)) = beyond {
                        Diagnostic::error(format!("{what} names `{text}`, and `{end}` has {size}"))
                            .allowed(format!("a range up to {size}"))
                    } else {
                        list.push(chosen);
                        continue;
                    }
                }
            };
            lower.faults.push(fault.at(at));
        }
        Some(list)
    }
}

/// The end of a projection that has fewer than are chosen of it, and how many it has.
fn beyond(lower: &Lower<'_>, chosen: &SelectedSynapses) -> Option<(String, u32)> {
    let filled = lower.filled;
    let (_, fields) = filled.all("projection").iter().find(|(name, _)| *name == chosen.name)?;
    let (pre, post) = lower.ends(fields);
    let ends = [("from", pre), ("to", post)].into_iter().zip(&chosen.ends);
    ends.filter_map(|((key, size), ids)| Some((fields.text(key)?, size?, ids.as_ref()?.end)))
        .find(|(_, size, last)| last > size)
        .map(|(name, size, _)| (name.to_string(), size))
}
