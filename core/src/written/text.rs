//! TOML text as a tree in which every key and value knows where it was written.
//!
//! Three things make one tree: a file, the file it extends, and `--set` arguments. Later layers win,
//! key by key; what is a table in the specification is merged, every other value is replaced whole.

use super::diagnostic::{At, Diagnostic, Diagnostics, Source};
use super::long::{self, Rows};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

/// A value and where it was written.
#[derive(Clone, Debug)]
pub struct Node {
    /// What is written.
    pub value: Value,
    /// Where it is written.
    pub at: At,
}

/// A TOML value; an integer is kept as wide as a seed needs.
#[derive(Clone, Debug)]
pub enum Value {
    /// A string of any of TOML's four kinds, without its quotes and escapes.
    Text(String),
    /// In any base; within 128 bits.
    Integer(i128),
    /// Also `inf` and `nan`, which no key takes.
    Float(f64),
    /// `true` or `false`.
    Flag(bool),
    /// A date or a time, which no key takes; as it was written.
    Date(String),
    /// What stands in square brackets.
    List(Vec<Node>),
    /// The same where it is long: rows that are read one by one.
    Rows(Rows),
    /// A section, or what stands in braces.
    Table(Table),
}

/// A table in the order it was written.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Each key once.
    pub entries: Vec<Item>,
}

/// One `key = value` of a table.
#[derive(Clone, Debug)]
pub struct Item {
    /// Without quotes.
    pub key: String,
    /// Where the key is written.
    pub key_at: At,
    /// What stands behind the equals sign.
    pub node: Node,
}

impl Table {
    /// The entry of a key, if the table has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Item> {
        self.entries.iter().find(|item| item.key == key)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Item> {
        self.entries.iter_mut().find(|item| item.key == key)
    }

    /// Puts a value in the place of what there is under this key, or at the end.
    pub fn put(&mut self, key: &str, key_at: At, node: Node) {
        match self.get_mut(key) {
            Some(item) => (item.key_at, item.node) = (key_at, node),
            None => self.entries.push(Item { key: key.to_string(), key_at, node }),
        }
    }

    /// Puts `other` on top: tables for which `merges` is true are merged, everything else replaced.
    pub fn overlay(&mut self, other: Self, merges: &dyn Fn(&[&str]) -> bool) {
        self.overlay_at(other, merges, &mut Vec::new());
    }

    fn overlay_at(&mut self, other: Self, merges: &dyn Fn(&[&str]) -> bool, path: &mut Vec<String>) {
        let place = |(place, item): (usize, &Item)| (item.key.clone(), place);
        let mut places: BTreeMap<String, usize> = self.entries.iter().enumerate().map(place).collect();
        for item in other.entries {
            path.push(item.key.clone());
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            let merge = merges(&names);
            match places.get(&item.key).and_then(|&place| self.entries.get_mut(place)) {
                None => {
                    places.insert(item.key.clone(), self.entries.len());
                    self.entries.push(item);
                }
                Some(below) => match (&mut below.node.value, item.node.value) {
                    (Value::Table(under), Value::Table(over)) if merge => {
                        under.overlay_at(over, merges, path);
                    }
                    (_, value) => {
                        below.node = Node { value, at: item.node.at };
                        below.key_at = item.key_at;
                    }
                },
            }
            path.pop();
        }
    }
}

impl Node {
    /// The text that it is, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The table that it is, if it is one.
    #[must_use]
    pub fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The same with a list in place of long rows.
    #[must_use]
    pub fn whole(&self) -> Self {
        match &self.value {
            Value::Rows(rows) => Self { value: Value::List(rows.iter().collect()), at: self.at.clone() },
            _ => self.clone(),
        }
    }

    /// What the value is, for a message: "a text", "a whole number".
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.value {
            Value::Text(_) => "a text",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Flag(_) => "true or false",
            Value::Date(_) => "a date",
            Value::List(_) | Value::Rows(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// The value as it was written, shortened to one line.
    #[must_use]
    pub fn shown(&self) -> String {
        let text = match &self.value {
            Value::Text(text) => format!("`{text}`"),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => crate::hint::number(*number),
            Value::Flag(flag) => flag.to_string(),
            Value::Date(date) => date.clone(),
            Value::List(_) | Value::Rows(_) | Value::Table(_) => return self.type_name().to_string(),
        };
        if text.chars().count() > 60 {
            format!("{}...", text.chars().take(57).collect::<String>())
        } else {
            text
        }
    }
}

/// More dots in a row of one key than any scenario has: they would nest as many tables.
const MAX_DEPTH: usize = 32;

/// Reads a TOML document; every syntax error becomes a fault, and what could be read is returned.
pub fn parse(source: &Arc<Source>, faults: &mut Diagnostics) -> Table {
    if let Some(span) = too_deep(&source.text) {
        faults.push(
            Diagnostic::error("this is nested more deeply than any scenario")
                .at(&At { source: source.clone(), span }),
        );
        return Table::default();
    }
    let long = long::find(&source.text);
    let text = long::without(&source.text, &long);
    let (document, errors) = DeTable::parse_recoverable(&text);
    let mut lines = Vec::new();
    for error in errors {
        let span = clamp(error.span().unwrap_or(0..0), &source.text);
        let at = At { source: source.clone(), span };
        // A second error in one line mostly follows from the first.
        let line = at.line_column().0;
        if lines.contains(&line) {
            continue;
        }
        lines.push(line);
        let mut fault =
            Diagnostic::error(format!("not valid TOML: {}", error.message().replace('\n', "; "))).at(&at);
        if error.message().contains("duplicate key") {
            fault = fault.hint("a key can be given once; delete one of the two");
        } else if error.message().contains("string values must be quoted") {
            fault = fault.hint("a quantity is a text with its unit, such as tau_m = \"9.41 ms\"");
        }
        faults.push(fault);
    }
    Convert { source, offset: 0, long: &long }.table(document.get_ref())
}

/// A dotted key with more parts than any scenario has: every part would nest one table deeper.
fn too_deep(text: &str) -> Option<Range<usize>> {
    // `in_name`: within a part; `after_name`: blanks behind one. Anything else starts afresh.
    let (mut dots, mut start, mut in_name, mut after_name) = (0, 0, false, false);
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            b'.' if in_name || after_name => {
                dots += 1;
                (in_name, after_name) = (false, false);
            }
            b' ' | b'\t' => (in_name, after_name) = (false, in_name || after_name),
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'-' | b'"' | b'\'' if !after_name => {
                if dots == 0 && !in_name {
                    start = position;
                }
                in_name = true;
            }
            _ => (dots, in_name, after_name) = (0, false, false),
        }
        if dots > MAX_DEPTH {
            return Some(start..position + 1);
        }
    }
    None
}

fn clamp(span: Range<usize>, text: &str) -> Range<usize> {
    let start = span.start.min(text.len());
    start..span.end.clamp(start, text.len())
}

/// Turns the parser's values into nodes; `offset` is where its text starts in the source.
struct Convert<'a> {
    source: &'a Arc<Source>,
    offset: usize,
    /// Lists of which the parser has seen the brackets alone.
    long: &'a [long::Found],
}

impl Convert<'_> {
    fn at(&self, span: Range<usize>) -> At {
        let span = clamp(span.start + self.offset..span.end + self.offset, &self.source.text);
        At { source: self.source.clone(), span }
    }

    fn table(&self, from: &DeTable<'_>) -> Table {
        let mut entries: Vec<Item> = from
            .iter()
            .map(|(key, value)| Item {
                key: key.get_ref().to_string(),
                key_at: self.at(key.span()),
                node: self.node(value),
            })
            .collect();
        // The map sorts by name; a scenario keeps the order of its file.
        entries.sort_by_key(|item| item.key_at.span.start);
        Table { entries }
    }

    fn node(&self, from: &toml::Spanned<DeValue<'_>>) -> Node {
        let value = match from.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            // Integers beyond 128 bits have no use; as a float they fail every range.
            DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix())
                .map_or(Value::Float(f64::INFINITY), Value::Integer),
            DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(flag) => Value::Flag(*flag),
            DeValue::Datetime(date) => Value::Date(date.to_string()),
            DeValue::Array(list) => match long::of(self.source, &from.span(), self.long) {
                Some(rows) => Value::Rows(rows),
                None => Value::List(list.iter().map(|item| self.node(item)).collect()),
            },
            DeValue::Table(inner) => Value::Table(self.table(inner)),
        };
        Node { value, at: self.at(from.span()) }
    }
}

/// Applies one `--set KEY=VALUE` to the tree.
///
/// KEY is dotted (`population.output.tau_m`; a number picks an element of a list). VALUE is read as
/// TOML, and as a text where it is no TOML, so that quotes may be left out.
pub fn set(root: &mut Table, argument: &str, faults: &mut Diagnostics) {
    let source = Source::argument("--set", argument);
    let place = |span: Range<usize>| At { source: source.clone(), span };
    let malformed = |span: Range<usize>| {
        Diagnostic::error(format!("`--set {argument}` is not KEY=VALUE")).at(&place(span)).allowed(
            "a dotted key, `=`, and a value, such as protocol.epochs=5 or population.output.tau_m=\"10 ms\"",
        )
    };
    let Some((key_text, _)) = argument.split_once('=') else {
        faults.push(malformed(0..argument.len()));
        return;
    };
    let mut names: Vec<(&str, Range<usize>)> = Vec::new();
    let mut start = 0;
    for segment in key_text.split('.') {
        let trimmed = segment.trim().trim_matches('"');
        let span = start..start + segment.len();
        if trimmed.is_empty() || names.len() >= MAX_DEPTH {
            faults.push(malformed(span));
            return;
        }
        names.push((trimmed, span));
        start += segment.len() + 1;
    }
    let value_start = key_text.len() + 1;
    let node = argument_value(&source, value_start);
    let key_span = 0..key_text.len();
    let Some((&(last, _), parents)) = names.split_last() else { return };

    let mut here = root;
    for (depth, (name, span)) in parents.iter().enumerate() {
        if here.get(name).is_none() {
            let at = place(span.clone());
            let value = Value::Table(Table::default());
            here.entries.push(Item {
                key: (*name).to_string(),
                key_at: at.clone(),
                node: Node { value, at },
            });
        }
        let Some(item) = here.get_mut(name) else { return };
        let next_name = names[depth + 1].0;
        if matches!(item.node.value, Value::Rows(_)) {
            item.node = item.node.whole();
        }
        here = match &mut item.node.value {
            Value::Table(inner) => inner,
            Value::List(list) => {
                let length = list.len();
                let chosen = next_name.parse::<usize>().ok().filter(|&index| index < length);
                match chosen.map(|index| (&mut list[index].value, depth + 2 == names.len())) {
                    Some((slot, true)) => {
                        *slot = node.value;
                        return;
                    }
                    Some((Value::Table(inner), false)) => {
                        // The index is no key: go on below it with the remaining names.
                        let rest = &names[depth + 2..];
                        set_below(inner, rest, node, &source);
                        return;
                    }
                    _ => {
                        faults.push(
                            Diagnostic::error(format!("`{name}` is a list and has no element `{next_name}`"))
                                .at(&place(names[depth + 1].1.clone()))
                                .allowed(format!(
                                    "the number of an element, 0 to {}",
                                    length.saturating_sub(1)
                                )),
                        );
                        return;
                    }
                }
            }
            _ => {
                faults.push(
                    Diagnostic::error(format!(
                        "`{name}` is not a table, so `{next_name}` cannot be set in it"
                    ))
                    .at(&place(span.start..names[depth + 1].1.end))
                    .also(Some(&item.node.at), "its value")
                    .allowed("keys of sections and of tables within them")
                    .hint(format!("to change the value itself, end the key with `{name}`")),
                );
                return;
            }
        };
    }
    here.put(last, place(key_span), node);
}

/// The rest of a `--set` path below a list element: plain tables only.
fn set_below(table: &mut Table, names: &[(&str, Range<usize>)], node: Node, source: &Arc<Source>) {
    let Some(((name, span), rest)) = names.split_first() else { return };
    let at = At { source: source.clone(), span: span.clone() };
    if rest.is_empty() {
        table.put(name, at, node);
        return;
    }
    let mut inner = match table.get(name).map(|item| &item.node.value) {
        Some(Value::Table(inner)) => inner.clone(),
        _ => Table::default(),
    };
    set_below(&mut inner, rest, node, source);
    table.put(name, at.clone(), Node { value: Value::Table(inner), at });
}

/// The value of an argument, which begins at byte `start` of it: TOML, or else a text.
#[must_use]
pub fn argument_value(source: &Arc<Source>, start: usize) -> Node {
    let raw = &source.text[start..];
    let trimmed = raw.trim();
    let offset = start + (raw.len() - raw.trim_start().len());
    if too_deep(trimmed).is_none()
        && let Ok(value) = DeValue::parse(trimmed)
    {
        return Convert { source, offset, long: &[] }.node(&value);
    }
    let at = At { source: source.clone(), span: offset..offset + trimmed.len() };
    Node { value: Value::Text(trimmed.to_string()), at }
}

/// Reads a literal of the specification (a default) as a node.
#[must_use]
pub fn literal(text: &str) -> Node {
    let source = Source::argument("default", text);
    argument_value(&source, 0)
}
