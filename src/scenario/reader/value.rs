//! One value against its kind: the type, the unit, the range.

use super::super::diagnostic::{At, Diagnostic, Diagnostics, nearest};
use super::super::filled::Datum;
use super::super::opened::Opened;
use super::super::sections::choices;
use super::super::spec::{self, Key, Kind, Refers, SpreadWord, Unit, Word as _};
use super::super::stated::{quantity, without_unit};
use super::super::text::{Node, Value};
use super::Reader;
use super::moved::was_a_table;
use crate::keys::plain;
use crate::renamed;
use std::borrow::Cow;

impl Reader<'_> {
    /// Reads one value; a fault is reported and gives `None`.
    pub(super) fn value(
        &mut self,
        node: &Node,
        key: &'static Key,
        what: &str,
        path: &str,
        key_at: Option<&At>,
    ) -> Option<Datum> {
        let name = key.name;
        // Long rows are read one by one where rows are meant, and elsewhere as what they are.
        let rows = matches!(key.kind, Kind::SpikeRows | Kind::TimedRows(_) | Kind::SynapseRows);
        let node = &if rows || !matches!(node.value, Value::Rows(_)) {
            Cow::Borrowed(node)
        } else {
            Cow::Owned(node.whole())
        };
        let node: &Node = node;
        let wrong_type = |faults: &mut Diagnostics| {
            faults.push(
                Diagnostic::error(format!("`{name}` of {what} is {}", shown_with_type(node)))
                    .at(&node.at)
                    .allowed(spec::allowed(&key.kind)),
            );
            None
        };
        if key.each && matches!(node.value, Value::List(_) | Value::Table(_)) {
            return Some(Datum::Raw(Box::new(node.clone())));
        }
        let kind = match (key.kind, &node.value) {
            // One value; a table is a distribution.
            (Kind::Delay(bounds), Value::Text(_) | Value::Integer(_) | Value::Float(_)) => {
                Kind::Quantity(Unit::Second, bounds)
            }
            (kind, _) => kind,
        };
        match (&kind, &node.value) {
            (Kind::Name(Refers::Device), Value::Table(table)) if path.starts_with("projection.") => {
                self.faults.push(was_a_table(node, table, what, path));
                None
            }
            // A description has lines.
            (Kind::Text | Kind::Name(_), Value::Text(text))
                if text.chars().any(|c| c.is_control() && !(c == '\n' && name == "description")) =>
            {
                self.faults.push(
                    Diagnostic::error(format!("`{name}` of {what} has a control character"))
                        .at(&node.at)
                        .allowed("text on one line"),
                );
                None
            }
            (Kind::Text | Kind::Name(_), Value::Text(text)) => Some(Datum::Text(text.clone())),
            (Kind::Flag, Value::Flag(flag)) => Some(Datum::Flag(*flag)),
            (Kind::Integer { min, max }, Value::Integer(number)) => {
                match u64::try_from(*number).ok().filter(|value| (min..=max).contains(&value)) {
                    Some(value) => Some(Datum::Integer(value)),
                    None => self.out_of_range(node, key, what, &number.to_string()),
                }
            }
            (Kind::Counts { count, min }, Value::List(list)) => {
                let one = |item: &Node| match item.value {
                    Value::Integer(number) => u64::try_from(number)
                        .ok()
                        .filter(|value| (*min..=u64::from(u32::MAX)).contains(value)),
                    _ => None,
                };
                let values: Vec<u64> = list.iter().filter_map(one).collect();
                if list.len() == *count && values.len() == *count {
                    return Some(Datum::Counts(values));
                }
                self.out_of_range(node, key, what, node.shown().trim_matches(['`', ' ']))
            }
            (Kind::Number(bounds), Value::Integer(_) | Value::Float(_) | Value::Text(_)) => match plain(node)
            {
                Some(number) if bounds.contains(number) => Some(Datum::Number(number)),
                None if node.text().is_some() => wrong_type(self.faults),
                _ => self.out_of_range(node, key, what, node.shown().trim_matches(['`', ' '])),
            },
            (Kind::Quantity(unit, bounds), Value::Text(text)) => {
                let value =
                    quantity(text, *unit, &format!("`{name}` of {what}"), &spec::allowed(&key.kind), node)
                        .map_err(|fault| self.faults.push(fault))
                        .ok()?;
                if bounds.contains(value.si) {
                    Some(Datum::Quantity(*unit, value))
                } else {
                    self.out_of_range(node, key, what, text.trim())
                }
            }
            (Kind::Quantity(unit, _), Value::Integer(_) | Value::Float(_)) => {
                let what = format!("`{name}` of {what}");
                self.faults.push(without_unit(node, *unit, &what, &spec::allowed(&key.kind)));
                None
            }
            (Kind::Quantities(unit, bounds), Value::List(list)) => {
                let allowed = spec::allowed(&Kind::Quantity(*unit, *bounds));
                let mut values = Vec::with_capacity(list.len());
                for (index, item) in list.iter().enumerate() {
                    let what = format!("number {index} of `{name}` of {what}");
                    let fault = match &item.value {
                        Value::Text(text) => match quantity(text, *unit, &what, &allowed, item) {
                            Ok(value) if bounds.contains(value.si) => {
                                values.push(value);
                                continue;
                            }
                            Ok(_) => Diagnostic::error(format!("{what} is {}", text.trim()))
                                .at(&item.at)
                                .label("out of range")
                                .allowed(allowed.clone()),
                            Err(fault) => fault,
                        },
                        Value::Integer(_) | Value::Float(_) => without_unit(item, *unit, &what, &allowed),
                        _ => Diagnostic::error(format!("{what} is {}", shown_with_type(item)))
                            .at(&item.at)
                            .allowed(allowed.clone()),
                    };
                    self.faults.push(fault);
                }
                (values.len() == list.len()).then_some(Datum::Quantities(*unit, values))
            }
            (Kind::Overrides, Value::Table(_))
            | (Kind::Figure, Value::Text(_) | Value::Integer(_) | Value::Float(_)) => {
                Some(Datum::Raw(Box::new(node.clone())))
            }
            (Kind::Choice(_), Value::Text(text)) => {
                let choices = choices(key, self.registry).unwrap_or_default();
                let found = choices.iter().find(|choice| choice.name == text);
                if found.is_none() {
                    let close = nearest(text, choices.iter().map(|choice| choice.name));
                    let close = close.map(|close| format!("did you mean \"{close}\"?"));
                    self.faults.push(
                        Diagnostic::error(format!("`{name}` of {what} is {}", node.shown()))
                            .at(&node.at)
                            .label("not known")
                            .allowed(spec::quoted(&choices))
                            .maybe_hint(renamed::word_hint(name, text).or(close)),
                    );
                }
                found.map(|choice| Datum::Choice(choice.name))
            }
            (Kind::Names(_), Value::List(list)) => {
                let mut names = Vec::new();
                for item in list {
                    match &item.value {
                        Value::Text(text) => names.push((text.clone(), item.at.clone())),
                        _ => self.faults.push(
                            Diagnostic::error(format!("`{name}` of {what} contains {}", item.shown()))
                                .at(&item.at)
                                .allowed(spec::allowed(&key.kind)),
                        ),
                    }
                }
                Some(Datum::Names(names))
            }
            (Kind::Table(keys), Value::Table(table)) => {
                let at = key_at.unwrap_or(&node.at);
                let (what, path) = (format!("the {name} of {what}"), format!("{path}.{name}"));
                let keys = Opened::of(key).map_or(*keys, |opened| {
                    let word = table.get(opened.decider()).and_then(|item| item.node.text());
                    opened.keys(self.registry, word)
                });
                Some(Datum::Table(Box::new(self.fields(table, keys, what, path, Some(at)))))
            }
            (Kind::Tables(keys), Value::List(list)) => {
                let mut tables = Vec::new();
                for (index, item) in list.iter().enumerate() {
                    let what = format!("`{name}` number {index} of {what}");
                    match &item.value {
                        Value::Table(table) => {
                            let path = format!("{path}.{name}.{index}");
                            tables.push(self.fields(table, keys, what, path, Some(&item.at)));
                        }
                        _ => self.faults.push(
                            Diagnostic::error(format!("{what} is {}", item.shown()))
                                .at(&item.at)
                                .allowed(spec::allowed(&key.kind)),
                        ),
                    }
                }
                Some(Datum::Tables(tables))
            }
            (Kind::Spread(keys), Value::Table(table)) => {
                let (what, path) = (format!("the {name} of {what}"), format!("{path}.{name}"));
                Some(Datum::Table(Box::new(self.fields(table, keys, what, path, Some(&node.at)))))
            }
            (Kind::Spread(_), Value::Text(text)) => match SpreadWord::from_word(text) {
                Some(word) => Some(Datum::Choice(word.word())),
                None => wrong_type(self.faults),
            },
            (Kind::Weight, Value::Text(_) | Value::Table(_) | Value::Integer(_) | Value::Float(_))
            | (Kind::WeightLimit, Value::Text(_) | Value::Integer(_) | Value::Float(_))
            | (Kind::SpikeRows | Kind::TimedRows(_) | Kind::SynapseRows, Value::List(_) | Value::Rows(_))
            | (Kind::Delay(_), Value::Table(_)) => Some(Datum::Raw(Box::new(node.clone()))),
            _ => wrong_type(self.faults),
        }
    }

    fn out_of_range(&mut self, node: &Node, key: &Key, what: &str, shown: &str) -> Option<Datum> {
        let negative = shown.starts_with('-');
        let percent = match (key.kind, plain(node)) {
            (Kind::Number(bounds), Some(number)) if node.text().is_none() => (number > bounds.max
                && bounds.contains(number / 100.0))
            .then(|| format!("if {shown} % is meant, write \"{shown} %\"")),
            _ => None,
        };
        self.faults.push(
            Diagnostic::error(format!("`{}` of {what} is {shown}", key.name))
                .at(&node.at)
                .label(if negative { "negative" } else { "out of range" })
                .allowed(spec::allowed(&key.kind))
                .hint(percent.unwrap_or_else(|| format!("`{}`: {}", key.name, key.doc))),
        );
        None
    }
}

fn shown_with_type(node: &Node) -> String {
    match node.value {
        Value::List(_) | Value::Rows(_) | Value::Table(_) => node.type_name().to_string(),
        _ => format!("{}, {}", node.shown(), node.type_name()),
    }
}

#[cfg(test)]
mod tests {
    use crate::encoding::RateProfile;
    use crate::network::SourceKind;
    use crate::scenario::load_text;
    use crate::scenario::plan::Input;

    /// `depth` of the only source, or what is said against it.
    fn depth(written: &str) -> Result<f64, String> {
        let text = format!(
            "[source.in]\nkind = \"poisson_sine\"\nsize = 1\nrate = \"10 Hz\"\nperiod = \"1 s\"\ndepth = {written}\n\
             [population.out]\nsize = 1\n[projection.p]\nfrom = \"in\"\nto = \"out\"\nweight = \"1 mV\"\n\
             [protocol]\nkind = \"simulate\"\nduration = \"1 s\"\n"
        );
        match load_text("test.toml", &text, &[], None) {
            Ok(loaded) => match &loaded.plan.sources[0].input {
                Input::Train(SourceKind::Modulated(RateProfile::Sine { depth, .. })) => Ok(*depth),
                _ => unreachable!("the source is modulated"),
            },
            Err(faults) => Err(faults.render(false)),
        }
    }

    #[test]
    fn a_fraction_may_be_written_as_a_percentage() {
        assert_eq!(depth("\"81 %\""), depth("0.81"));
        assert_eq!(depth("\"7%\""), Ok(0.07));
        let meant = depth("81").unwrap_err();
        assert!(meant.contains("if 81 % is meant, write \"81 %\""), "{meant}");
        let refused = depth("\"120 %\"").unwrap_err();
        assert!(
            refused.contains("`depth` of source `in` is 120 %") && refused.contains("from 0 up to 1"),
            "{refused}"
        );
        assert!(
            depth("\"0.5\"").unwrap_err().contains("`depth` of source `in` is `0.5`, a text"),
            "{:?}",
            depth("\"0.5\"")
        );
    }
}
