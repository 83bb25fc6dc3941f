//! Spikes, rates, currents and synapses as rows: those of a scenario file and those of a CSV file are read alike.

use super::cells::{Cell, Column, Few};
use super::diagnostic::{At, Diagnostic, Diagnostics, Source};
use super::filled::Fields;
use super::list_files::Csv;
use super::locate::beside;
use super::section::Lower;
use super::spec::{Unit, timed};
use super::text::{Node, Value};
use crate::time::Time;
use std::sync::Arc;

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

/// Where rows stand.
#[derive(Clone, Copy)]
pub enum Listed<'a> {
    /// In the scenario, under a key; and whose rows they are.
    Inline(&'a Node, &'a str),
    /// In a CSV file, whose header carries the units.
    File(&'a Arc<Source>),
}

/// Calls `row` with the place and the cells of every row; `example` is a row in words. `None`: there is no list, or its
/// header is faulty, which is reported.
fn rows(
    listed: Listed<'_>,
    columns: &[Column<'_>],
    example: &str,
    few: &mut Few<'_>,
    mut row: impl FnMut(&mut Few<'_>, &At, &[Option<Cell<'_>>]),
) -> Option<()> {
    let (node, of) = match listed {
        Listed::Inline(node, of) => (node, of),
        Listed::File(source) => {
            Csv::open(source, columns, false, few.faults())?.rows(few, row);
            return Some(());
        }
    };
    let least = columns.iter().filter(|column| column.required).count();
    let mut one = |number: usize, found: &Node| match &found.value {
        Value::List(values) if (least..=columns.len()).contains(&values.len()) => {
            let cell = |k: usize| {
                Some(Cell::Inline { node: values.get(k)?, called: columns[k].called, row: number, of })
            };
            let cells: Vec<_> = (0..columns.len()).map(cell).collect();
            row(few, &found.at, &cells);
        }
        _ => few.push(not_a_row(found, number, of, example)),
    };
    match &node.value {
        Value::List(list) => list.iter().enumerate().for_each(|(number, found)| one(number, found)),
        Value::Rows(rows) => rows.iter().enumerate().for_each(|(number, found)| one(number, &found)),
        _ => return None,
    }
    Some(())
}

/// What `read` reads of the list that stands under `key`, or in a `file`: one of the two.
pub(super) fn here_or_there<T>(
    lower: &mut Lower<'_>,
    fields: &Fields,
    key: &str,
    read: impl FnOnce(Listed<'_>, &mut Diagnostics) -> Option<T>,
) -> Option<T> {
    match (fields.raw(key), fields.text("file")) {
        (Some(node), None) => read(Listed::Inline(node, &fields.what), lower.faults),
        (None, Some(file)) => {
            let csv = beside(file, fields.written("file")?);
            let csv = csv.map_err(|fault| lower.faults.push(fault)).ok()?;
            read(Listed::File(&csv), lower.faults)
        }
        _ => {
            lower.one_of(fields, key, "file");
            None
        }
    }
}

const fn column<'c>(name: &'c str, called: &'c str, unit: Option<(Unit, &'static str)>) -> Column<'c> {
    Column { name, called, unit, required: true }
}

/// Reads spikes, `[time, line]` or `time [ms],id`; sorted by (time, line).
pub fn spikes(listed: Listed<'_>, size: Option<u32>, faults: &mut Diagnostics) -> Option<Vec<Spike>> {
    let columns = [
        column("time", "the time of spike #", Some((Unit::Second, "ms"))),
        column("id", "the line of spike #", None),
    ];
    let (mut few, mut spikes) = (Few::new(faults), Vec::new());
    rows(listed, &columns, "[time, source], such as [\"1 ms\", 0]", &mut few, |few, _, row| {
        let [Some(when), Some(line)] = row else { return };
        add_spike(&mut spikes, when, line, size, few);
    })?;
    spikes.sort_unstable();
    few.finish().then_some(spikes)
}

/// Adds the spike of a row, or its faults.
fn add_spike(
    spikes: &mut Vec<Spike>,
    when: &Cell<'_>,
    line: &Cell<'_>,
    size: Option<u32>,
    few: &mut Few<'_>,
) {
    match (when.time(), line.id(size)) {
        (Ok(when), Ok(line)) => spikes.push((when, line)),
        (when, line) => [when.err(), line.err()].into_iter().flatten().for_each(|fault| few.push(fault)),
    }
}

/// Values at given times, as they are read: each later than the one before, but that two may be at one time where it
/// jumps.
#[derive(Debug, Default)]
struct Course {
    jumps: bool,
    values: Vec<(Time, f64)>,
}

impl Course {
    /// The next value; the fault is that of its time, which stands in `cell`.
    fn push(&mut self, time: Time, value: f64, cell: &Cell<'_>) -> Option<Diagnostic> {
        let jumps = self.jumps && !matches!(self.values[..], [.., (one, _), (other, _)] if one == other);
        let before = self.values.last().map(|&(before, _)| before);
        self.values.push((time, value));
        let before = before.filter(|&before| time < before || (time == before && !jumps))?;
        let what = cell.what();
        let fault = Diagnostic::error(format!("{what} is {time}, not after the one before, {before}"));
        let fault = fault.at(cell.at());
        Some(match self.jumps {
            true => fault
                .allowed("times in ascending order")
                .hint("two values at one time are a jump, and three are one too many"),
            false => fault.allowed("times in ascending order").hint("each value holds from its time on"),
        })
    }
}

/// Reads `[time, value]` of the key `name`, or `time [ms],current [nA]`, in order of time; values in SI units.
pub fn course(
    listed: Listed<'_>,
    name: &str,
    (unit, jumps): (Unit, bool),
    faults: &mut Diagnostics,
) -> Option<Vec<(Time, f64)>> {
    let (called, first, other) = timed(unit);
    let (of_time, of_value) = (format!("the time of {called} #"), format!("{called} #"));
    let columns =
        [column("time", &of_time, Some((Unit::Second, "ms"))), column(called, &of_value, Some((unit, "nA")))];
    let mut few = Few::new(faults);
    let mut course = Course { jumps, ..Course::default() };
    let example = format!("[time, {called}], such as [\"50 ms\", \"{other}\"]");
    rows(listed, &columns, &example, &mut few, |few, _, row| {
        let [Some(when), Some(cell)] = row else { return };
        let value = cell.value(Some(unit)).and_then(|value| {
            if unit == Unit::Hertz && !(0.0..=1e12).contains(&value) {
                return Err(Diagnostic::error(format!("{} is {}", cell.what(), unit.print(value)))
                    .at(cell.at())
                    .label("out of range")
                    .allowed("0 Hz to 1 THz"));
            }
            Ok(value)
        });
        match (when.time(), value) {
            (Ok(time), Ok(value)) => {
                course.push(time, value, when).into_iter().for_each(|fault| few.push(fault));
            }
            (time, value) => {
                [time.err(), value.err()].into_iter().flatten().for_each(|fault| few.push(fault));
            }
        }
    })?;
    let (good, length) = (few.finish(), course.values.len());
    if good && length == 0 {
        faults.push(match listed {
            Listed::Inline(node, of) => Diagnostic::error(format!("`{name}` of {of} is empty"))
                .at(&node.at)
                .allowed(format!("at least one [time, {called}], such as [\"0 ms\", \"{first}\"]")),
            Listed::File(source) => {
                Diagnostic::error(format!("`{}` has a header and no values", source.name))
                    .allowed("one row or more, such as `0,1.5`")
            }
        });
    }
    (good && length > 0).then_some(course.values)
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
    /// Of the weights; they are plain numbers without.
    pub unit: Option<Unit>,
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

/// Reads `[pre, post, weight]`, perhaps with a delay, or `pre,post,weight [mV]` (weights without a unit where the kernel
/// multiplies), with `delay [ms]` if wanted.
pub fn synapses(listed: Listed<'_>, ends: Ends, faults: &mut Diagnostics) -> Option<Synapses> {
    let symbol = |unit| match unit {
        Unit::Volt => "mV",
        Unit::Siemens => "nS",
        _ => "uA",
    };
    let columns = [
        column("pre", "`pre` of row #", None),
        column("post", "`post` of row #", None),
        column("weight", "`weight` of row #", ends.unit.map(|unit| (unit, symbol(unit)))),
        Column { required: false, ..column("delay", "`delay` of row #", Some((Unit::Second, "ms"))) },
    ];
    let (mut few, mut synapses) = (Few::new(faults), Vec::new());
    let example = ends.unit.map_or("1.0".to_string(), |unit| format!("\"{}\"", unit.example()));
    let example = format!("[pre, post, weight], such as [0, 1, {example}]");
    rows(listed, &columns, &example, &mut few, |few, at, row| {
        let [Some(pre), Some(post), Some(weight), late] = row else { return };
        let late = late.as_ref().map(Cell::delay);
        match (pre.id(ends.pre), post.id(ends.post), weight.value(ends.unit), late.transpose()) {
            (Ok(pre), Ok(post), Ok(weight), Ok(delay)) => {
                synapses.push(Row { pre, post, weight, delay, at: at.clone() });
            }
            (pre, post, weight, late) => [pre.err(), post.err(), weight.err(), late.err()]
                .into_iter()
                .flatten()
                .for_each(|fault| few.push(fault)),
        }
    })?;
    let what = match listed {
        Listed::Inline(_, of) => of.to_string(),
        Listed::File(source) => format!("`{}`", source.name),
    };
    let synapses = distinct(synapses, ends, &what, &mut few);
    few.finish().then_some(synapses)
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
