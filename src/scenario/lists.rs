//! Spikes and synapses as rows, inline or from a CSV file whose header carries the units.

use super::diagnostic::{At, Diagnostic, Diagnostics, Source, nearest};
use super::reader::{quantity, without_unit};
use super::spec::Unit;
use super::text::{Node, Value};
use crate::time::Time;
use crate::units::{Hertz, Quantity, Second};
use std::sync::Arc;

/// Faults of one list that are reported before the rest is only counted.
const MAX_FAULTS: usize = 10;

/// One spike of a list source.
pub type Spike = (Time, u32);

/// Synapses and the delays their rows may carry.
#[derive(Clone, Debug, Default)]
pub struct Synapses {
    /// (pre, post, weight in SI), sorted by (pre, post).
    pub rows: Vec<(u32, u32, f64)>,
    /// None, one for all, or one for each.
    pub delays: Vec<Time>,
}

/// The first faults of a long list, and how many more there are.
struct Few<'a> {
    faults: &'a mut Diagnostics,
    count: usize,
    last: Option<At>,
}

impl<'a> Few<'a> {
    fn new(faults: &'a mut Diagnostics) -> Self {
        Self { faults, count: 0, last: None }
    }

    fn push(&mut self, fault: Diagnostic) {
        self.count += 1;
        if self.count <= MAX_FAULTS {
            self.faults.push(fault);
        } else {
            self.last = fault.at;
        }
    }

    /// Says how many were left out; true if there was none at all.
    fn finish(self) -> bool {
        if self.count > MAX_FAULTS {
            self.faults.push(
                Diagnostic::error(format!("{} more rows of this list have faults", self.count - MAX_FAULTS))
                    .maybe_at(self.last.as_ref())
                    .label("the last of them"),
            );
        }
        self.count == 0
    }
}

/// An id below `size`.
fn id(number: i128, size: Option<u32>, what: &str, at: &At) -> Result<u32, Diagnostic> {
    let size = size.unwrap_or(u32::MAX);
    u32::try_from(number).ok().filter(|&id| id < size).ok_or_else(|| {
        let fault = Diagnostic::error(format!("{what} is {number}")).at(at).label("out of range");
        match size {
            u32::MAX | 0 => fault.allowed("a whole number, 0 or more"),
            size => fault.allowed(format!("0 to {}", size - 1)).hint("ids count from 0"),
        }
    })
}

fn time(seconds: f64, what: &str, at: &At) -> Result<Time, Diagnostic> {
    Second::from_si(seconds).and_then(|seconds| Time::from_seconds(seconds).ok()).ok_or_else(|| {
        Diagnostic::error(format!("{what} is {}", Unit::Second.print(seconds)))
            .at(at)
            .label("out of range")
            .allowed("a time from 0 s to 9223 s")
    })
}

fn inline_quantity(node: &Node, unit: Unit, what: &str) -> Result<f64, Diagnostic> {
    let allowed = format!("a {} such as \"{}\"", unit.name(), unit.example());
    match &node.value {
        Value::Text(text) => quantity(text, unit, what, &allowed, node),
        Value::Integer(_) | Value::Float(_) => Err(without_unit(node, unit, what, &allowed)),
        _ => Err(Diagnostic::error(format!("{what} is {}", node.type_name())).at(&node.at).allowed(allowed)),
    }
}

fn inline_id(node: &Node, size: Option<u32>, what: &str) -> Result<u32, Diagnostic> {
    match node.value {
        Value::Integer(number) => id(number, size, what, &node.at),
        _ => Err(Diagnostic::error(format!("{what} is {}", node.type_name()))
            .at(&node.at)
            .allowed("a whole number, 0 or more")),
    }
}

/// Reads `[[time, id], ...]`; sorted by (time, id).
pub fn inline_spikes(
    node: &Node,
    size: Option<u32>,
    what: &str,
    faults: &mut Diagnostics,
) -> Option<Vec<Spike>> {
    let Value::List(rows) = &node.value else { return None };
    let mut faults = Few::new(faults);
    let mut spikes = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let Value::List(pair) = &row.value else {
            faults.push(not_a_row(row, index, what, "[time, source], such as [\"1 ms\", 0]"));
            continue;
        };
        let [at, line] = pair.as_slice() else {
            faults.push(not_a_row(row, index, what, "[time, source], such as [\"1 ms\", 0]"));
            continue;
        };
        let when = inline_quantity(at, Unit::Second, &format!("the time of spike {index} of {what}"))
            .and_then(|seconds| time(seconds, &format!("the time of spike {index} of {what}"), &at.at));
        let line = inline_id(line, size, &format!("the line of spike {index} of {what}"));
        match (when, line) {
            (Ok(when), Ok(line)) => spikes.push((when, line)),
            (when, line) => {
                [when.err(), line.err()].into_iter().flatten().for_each(|fault| faults.push(fault))
            }
        }
    }
    spikes.sort_unstable();
    faults.finish().then_some(spikes)
}

/// Reads `[[time, rate], ...]`, in order of time.
pub fn inline_rates(node: &Node, what: &str, faults: &mut Diagnostics) -> Option<Vec<(Time, Hertz)>> {
    let Value::List(rows) = &node.value else { return None };
    let mut faults = Few::new(faults);
    let mut rates: Vec<(Time, Hertz)> = Vec::with_capacity(rows.len());
    if rows.is_empty() {
        faults.push(
            Diagnostic::error(format!("`rates` of {what} is empty"))
                .at(&node.at)
                .allowed("at least one [time, rate], such as [\"0 ms\", \"10 Hz\"]"),
        );
    }
    for (index, row) in rows.iter().enumerate() {
        let pair = if let Value::List(pair) = &row.value { pair.as_slice() } else { &[] };
        let [at, rate] = pair else {
            faults.push(not_a_row(row, index, what, "[time, rate], such as [\"50 ms\", \"80 Hz\"]"));
            continue;
        };
        let (of_time, of_rate) =
            (format!("the time of rate {index} of {what}"), format!("rate {index} of {what}"));
        let when =
            inline_quantity(at, Unit::Second, &of_time).and_then(|seconds| time(seconds, &of_time, &at.at));
        let hertz = inline_quantity(rate, Unit::Hertz, &of_rate).and_then(|hertz| {
            Hertz::from_si(hertz).filter(|_| (0.0..=1e12).contains(&hertz)).ok_or_else(|| {
                Diagnostic::error(format!("{of_rate} is {}", Unit::Hertz.print(hertz)))
                    .at(&rate.at)
                    .label("out of range")
                    .allowed("0 Hz to 1 THz")
            })
        });
        match (when, hertz) {
            (Ok(when), Ok(hertz)) => {
                if let Some(&(before, _)) = rates.last()
                    && when <= before
                {
                    faults.push(
                        Diagnostic::error(format!("{of_time} is {when}, not after the one before, {before}"))
                            .at(&at.at)
                            .allowed("times in ascending order"),
                    );
                }
                rates.push((when, hertz));
            }
            (when, hertz) => {
                [when.err(), hertz.err()].into_iter().flatten().for_each(|fault| faults.push(fault));
            }
        }
    }
    faults.finish().then_some(rates)
}

fn not_a_row(row: &Node, index: usize, what: &str, allowed: &str) -> Diagnostic {
    let length = match &row.value {
        Value::List(values) => format!("a list of {}", values.len()),
        _ => row.type_name().to_string(),
    };
    Diagnostic::error(format!("row {index} of {what} is {length}")).at(&row.at).allowed(allowed)
}

/// What a list of synapses is read against.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    pub pre: Option<u32>,
    pub post: Option<u32>,
    /// Of the weights.
    pub unit: Unit,
    /// Whether a pair may be listed more than once.
    pub multapses: bool,
}

/// A synapse and where it stands.
struct Row {
    pre: u32,
    post: u32,
    weight: f64,
    delay: Option<Time>,
    at: At,
}

/// Reads `[[pre, post, weight], ...]` or `[[pre, post, weight, delay], ...]`.
pub fn inline_synapses(node: &Node, ends: Ends, what: &str, faults: &mut Diagnostics) -> Option<Synapses> {
    let unit = ends.unit;
    let Value::List(rows) = &node.value else { return None };
    let mut few = Few::new(faults);
    let mut synapses = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let allowed = format!("[pre, post, weight], such as [0, 1, \"{}\"]", unit.example());
        let Value::List(values) = &row.value else {
            few.push(not_a_row(row, index, what, &allowed));
            continue;
        };
        let (pre, post, weight, late) = match values.as_slice() {
            [pre, post, weight] => (pre, post, weight, None),
            [pre, post, weight, late] => (pre, post, weight, Some(late)),
            _ => {
                few.push(not_a_row(row, index, what, &allowed));
                continue;
            }
        };
        let pre = inline_id(pre, ends.pre, &format!("`pre` of row {index} of {what}"));
        let post = inline_id(post, ends.post, &format!("`post` of row {index} of {what}"));
        let weight = inline_quantity(weight, unit, &format!("`weight` of row {index} of {what}"));
        let delay = late.map(|late| {
            let what = format!("`delay` of row {index} of {what}");
            inline_quantity(late, Unit::Second, &what).and_then(|seconds| delay(seconds, &what, &late.at))
        });
        match (pre, post, weight, delay.transpose()) {
            (Ok(pre), Ok(post), Ok(weight), Ok(delay)) => {
                synapses.push(Row { pre, post, weight, delay, at: row.at.clone() });
            }
            (pre, post, weight, delay) => {
                let faults = [pre.err(), post.err(), weight.err(), delay.err()];
                faults.into_iter().flatten().for_each(|fault| few.push(fault));
            }
        }
    }
    let synapses = distinct(synapses, ends, what, &mut few);
    few.finish().then_some(synapses)
}

/// A delay of a list.
fn delay(seconds: f64, what: &str, at: &At) -> Result<Time, Diagnostic> {
    let time = time(seconds, what, at)?;
    if time == Time::ZERO && seconds > 0.0 {
        return Err(Diagnostic::error(format!("{what} is {}", Unit::Second.print(seconds)))
            .at(at)
            .label("less than time resolves")
            .allowed("0 s, or at least 1 fs"));
    }
    Ok(time)
}

/// Sorts synapses by (pre, post) and reports those given twice, and delays that only some have.
fn distinct(mut synapses: Vec<Row>, ends: Ends, what: &str, few: &mut Few<'_>) -> Synapses {
    synapses.sort_by_key(|row| (row.pre, row.post));
    for pair in synapses.windows(2) {
        let (first, second) = (&pair[0], &pair[1]);
        if (first.pre, first.post) == (second.pre, second.post) && !ends.multapses {
            few.push(
                Diagnostic::error(format!("{what} connects {} to {} twice", second.pre, second.post))
                    .at(&second.at)
                    .label("again")
                    .also(Some(&first.at), "first here")
                    .allowed("one synapse per pair")
                    .hint("add the weights up, use two projections, or set multapses = true"),
            );
        }
    }
    let with = synapses.iter().filter(|row| row.delay.is_some()).count();
    if with > 0
        && let Some(without) = synapses.iter().find(|row| row.delay.is_none())
    {
        few.push(
            Diagnostic::error(format!("some synapses of {what} have a delay and some do not"))
                .at(&without.at)
                .label("no delay")
                .allowed("a delay in every row or in none"),
        );
    }
    let mut delays: Vec<Time> = synapses.iter().filter_map(|row| row.delay).collect();
    if delays.windows(2).all(|pair| pair[0] == pair[1]) {
        delays.truncate(1);
    }
    Synapses { rows: synapses.into_iter().map(|row| (row.pre, row.post, row.weight)).collect(), delays }
}

/// A column of a CSV file and the unit of its header.
struct Column {
    name: &'static str,
    unit: Option<(Unit, String)>,
}

/// A CSV file with a header; cells know where they stand.
struct Csv<'a> {
    source: &'a Arc<Source>,
    /// For each wanted column, its place in a row and the unit symbol of the header.
    columns: Vec<Option<(usize, Option<String>)>>,
    names: Vec<&'static str>,
    width: usize,
    /// Byte offset of the first row after the header.
    body: usize,
}

impl<'a> Csv<'a> {
    /// Reads the header. Each wanted column is (name, unit, required).
    fn open(source: &'a Arc<Source>, wanted: &[(Column, bool)], faults: &mut Diagnostics) -> Option<Self> {
        let example = wanted.iter().map(|(column, _)| header_name(column)).collect::<Vec<_>>().join(",");
        let Some((start, header, body)) = lines(source, 0).next() else {
            faults.push(
                Diagnostic::error(format!("`{}` has no header", source.name))
                    .allowed(format!("a first line such as `{example}`")),
            );
            return None;
        };
        let mut columns: Vec<Option<(usize, Option<String>)>> = wanted.iter().map(|_| None).collect();
        let mut good = true;
        let mut width = 0;
        for (place, (span, cell)) in cells(start, header).enumerate() {
            width = place + 1;
            let at = At { source: source.clone(), span };
            let (name, unit) = match cell.split_once('[') {
                Some((name, rest)) => (name.trim(), Some(rest.trim_end_matches(']').trim())),
                None => (cell, None),
            };
            let Some(index) = wanted.iter().position(|(column, _)| column.name == name) else {
                let close = nearest(name, wanted.iter().map(|(column, _)| column.name));
                faults.push(
                    Diagnostic::error(format!("`{}` has an unknown column `{name}`", source.name))
                        .at(&at)
                        .label("not known")
                        .allowed(format!("`{example}`"))
                        .maybe_hint(close.map(|close| format!("did you mean `{close}`?"))),
                );
                good = false;
                continue;
            };
            if let Some((wanted_unit, symbol)) = &wanted[index].0.unit {
                let fits = unit.is_some_and(|unit| wanted_unit.parse(&format!("1 {unit}")).is_ok());
                if !fits {
                    faults.push(
                        Diagnostic::error(match unit {
                            None => format!("column `{name}` of `{}` has no unit", source.name),
                            Some(unit) => format!("column `{name}` of `{}` is in `{unit}`", source.name),
                        })
                        .at(&at)
                        .label(if unit.is_none() { "no unit" } else { "wrong unit" })
                        .allowed(format!("a {}, such as `{name} [{symbol}]`", wanted_unit.name())),
                    );
                    good = false;
                }
            }
            columns[index] = Some((place, unit.map(str::to_string)));
        }
        for (column, (wanted, required)) in columns.iter().zip(wanted) {
            if column.is_none() && *required {
                faults.push(
                    Diagnostic::error(format!("`{}` has no column `{}`", source.name, wanted.name))
                        .at(&At { source: source.clone(), span: start..start + header.len() })
                        .label("the header")
                        .allowed(format!("`{example}`")),
                );
                good = false;
            }
        }
        let names = wanted.iter().map(|(column, _)| column.name).collect();
        good.then_some(Self { source, columns, names, width, body })
    }

    /// Calls `row` with (row number, its place, one cell per wanted column).
    fn rows(&self, few: &mut Few<'_>, mut row: impl FnMut(&mut Few<'_>, usize, &At, &[Option<Cell<'_>>])) {
        for (number, (start, line, _)) in lines(self.source, self.body).enumerate() {
            let at = At { source: self.source.clone(), span: start..start + line.len() };
            let found: Vec<_> = cells(start, line).collect();
            if found.len() != self.width {
                few.push(
                    Diagnostic::error(format!(
                        "row {} of `{}` has {} values",
                        number + 1,
                        self.source.name,
                        found.len()
                    ))
                    .at(&at)
                    .allowed(format!("{} values, as the header says", self.width)),
                );
                continue;
            }
            let wanted: Vec<Option<Cell<'_>>> = self
                .columns
                .iter()
                .zip(&self.names)
                .map(|(column, name)| {
                    let (place, unit) = column.as_ref()?;
                    let (span, text) = found.get(*place)?;
                    Some(Cell {
                        what: format!("`{name}` in row {} of `{}`", number + 1, self.source.name),
                        at: At { source: self.source.clone(), span: span.clone() },
                        text,
                        unit: unit.as_deref(),
                    })
                })
                .collect();
            row(few, number, &at, &wanted);
        }
    }
}

struct Cell<'a> {
    what: String,
    at: At,
    text: &'a str,
    unit: Option<&'a str>,
}

impl Cell<'_> {
    fn id(&self, size: Option<u32>) -> Result<u32, Diagnostic> {
        match self.text.parse::<i128>() {
            Ok(number) => id(number, size, &self.what, &self.at),
            Err(_) => Err(Diagnostic::error(format!("{} is `{}`", self.what, self.text))
                .at(&self.at)
                .label("not a whole number")
                .allowed("a whole number, 0 or more")),
        }
    }

    fn quantity(&self, unit: Unit) -> Result<f64, Diagnostic> {
        let symbol = self.unit.unwrap_or(unit.symbol());
        // The unit is in the header, so that the exponent is shifted in the text, as everywhere.
        let number = self.text.parse::<f64>().is_ok_and(f64::is_finite);
        number.then(|| unit.parse(&format!("{} {symbol}", self.text)).ok()).flatten().ok_or_else(|| {
            Diagnostic::error(format!("{} is `{}`", self.what, self.text))
                .at(&self.at)
                .label("not a number")
                .allowed(format!("a finite number; the header says it is in {symbol}"))
        })
    }
}

fn header_name(column: &Column) -> String {
    match &column.unit {
        Some((_, symbol)) => format!("{} [{symbol}]", column.name),
        None => column.name.to_string(),
    }
}

/// Lines from a byte offset on, without blank ones and comments: (start, text, start of the next).
fn lines(source: &Source, from: usize) -> impl Iterator<Item = (usize, &str, usize)> {
    let mut start = from;
    source.text.get(from..).unwrap_or("").split_inclusive('\n').filter_map(move |line| {
        let here = start;
        start += line.len();
        let text = line.trim_end();
        let bom = usize::from(here == 0 && text.starts_with('\u{feff}')) * '\u{feff}'.len_utf8();
        let text = &text[bom..];
        (!text.trim().is_empty() && !text.starts_with('#')).then_some((here + bom, text, start))
    })
}

/// Cells of a line with their spans, trimmed.
fn cells(start: usize, line: &str) -> impl Iterator<Item = (std::ops::Range<usize>, &str)> {
    let mut at = start;
    line.split(',').map(move |cell| {
        let here = at + (cell.len() - cell.trim_start().len());
        at += cell.len() + 1;
        let text = cell.trim();
        (here..here + text.len(), text)
    })
}

/// Reads a CSV file `time [ms],id`; sorted by (time, id).
pub fn csv_spikes(source: &Arc<Source>, size: Option<u32>, faults: &mut Diagnostics) -> Option<Vec<Spike>> {
    let wanted = [
        (Column { name: "time", unit: Some((Unit::Second, "ms".into())) }, true),
        (Column { name: "id", unit: None }, true),
    ];
    let csv = Csv::open(source, &wanted, faults)?;
    let mut few = Few::new(faults);
    let mut spikes = Vec::new();
    csv.rows(&mut few, |few, _, _, row| {
        let [Some(when), Some(line)] = row else { return };
        let parsed = when.quantity(Unit::Second).and_then(|seconds| time(seconds, &when.what, &when.at));
        match (parsed, line.id(size)) {
            (Ok(when), Ok(line)) => spikes.push((when, line)),
            (when, line) => [when.err(), line.err()].into_iter().flatten().for_each(|fault| few.push(fault)),
        }
    });
    spikes.sort_unstable();
    few.finish().then_some(spikes)
}

/// Reads the spikes of one population or source from the `spikes.csv` of a run; sorted by (time, id).
pub fn csv_recorded(
    source: &Arc<Source>,
    (recorded, at, episode): (&str, Option<&At>, u64),
    size: Option<u32>,
    faults: &mut Diagnostics,
) -> Option<Vec<Spike>> {
    let wanted = [
        (Column { name: "time", unit: Some((Unit::Second, "ms".into())) }, true),
        (Column { name: "population", unit: None }, true),
        (Column { name: "id", unit: None }, true),
        (Column { name: "episode", unit: None }, false),
    ];
    let csv = Csv::open(source, &wanted, faults)?;
    let mut few = Few::new(faults);
    let mut spikes = Vec::new();
    let mut names: Vec<String> = Vec::new();
    csv.rows(&mut few, |few, _, _, row| {
        let [Some(when), Some(name), Some(line), number] = row else { return };
        if !names.iter().any(|known| known == name.text) {
            names.push(name.text.to_string());
        }
        let shown = number.as_ref().is_none_or(|number| number.text.parse() == Ok(episode));
        if name.text != recorded || !shown {
            return;
        }
        let parsed = when.quantity(Unit::Second).and_then(|seconds| time(seconds, &when.what, &when.at));
        match (parsed, line.id(size)) {
            (Ok(when), Ok(line)) => spikes.push((when, line)),
            (when, line) => [when.err(), line.err()].into_iter().flatten().for_each(|fault| few.push(fault)),
        }
    });
    if !names.iter().any(|name| name == recorded) {
        few.push(
            Diagnostic::error(format!("`{}` has no spikes of `{recorded}`", source.name))
                .maybe_at(at)
                .label("not recorded, or silent")
                .allowed(if names.is_empty() {
                    "nothing: no spike was recorded".into()
                } else {
                    names.join(", ")
                })
                .hint("--record NAME adds to what a run records"),
        );
    }
    spikes.sort_unstable();
    few.finish().then_some(spikes)
}

/// Reads a CSV file `pre,post,weight [mV]`, with `delay [ms]` if wanted.
pub fn csv_synapses(source: &Arc<Source>, ends: Ends, faults: &mut Diagnostics) -> Option<Synapses> {
    let symbol = if ends.unit == Unit::Volt { "mV" } else { "uA" };
    let wanted = [
        (Column { name: "pre", unit: None }, true),
        (Column { name: "post", unit: None }, true),
        (Column { name: "weight", unit: Some((ends.unit, symbol.into())) }, true),
        (Column { name: "delay", unit: Some((Unit::Second, "ms".into())) }, false),
    ];
    let csv = Csv::open(source, &wanted, faults)?;
    let mut few = Few::new(faults);
    let mut synapses = Vec::new();
    csv.rows(&mut few, |few, _, at, row| {
        let [Some(pre), Some(post), Some(weight), late] = row else { return };
        let late = late
            .as_ref()
            .map(|cell| cell.quantity(Unit::Second).and_then(|seconds| delay(seconds, &cell.what, &cell.at)));
        match (pre.id(ends.pre), post.id(ends.post), weight.quantity(ends.unit), late.transpose()) {
            (Ok(pre), Ok(post), Ok(weight), Ok(delay)) => {
                synapses.push(Row { pre, post, weight, delay, at: at.clone() });
            }
            (pre, post, weight, late) => [pre.err(), post.err(), weight.err(), late.err()]
                .into_iter()
                .flatten()
                .for_each(|fault| few.push(fault)),
        }
    });
    let synapses = distinct(synapses, ends, &format!("`{}`", source.name), &mut few);
    few.finish().then_some(synapses)
}
