//! Spikes, rates, currents and synapses as rows of a scenario file, and what holds for those of a CSV file as well.

use super::diagnostic::{At, Diagnostic, Diagnostics};
use super::spec::{Amount, Unit, timed};
use super::stated::{quantity, without_unit};
use super::text::{Node, Value};
use crate::time::Time;

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
pub(super) struct Few<'a> {
    faults: &'a mut Diagnostics,
    count: usize,
    last: Option<At>,
}

impl<'a> Few<'a> {
    pub fn new(faults: &'a mut Diagnostics) -> Self {
        Self { faults, count: 0, last: None }
    }

    pub fn push(&mut self, fault: Diagnostic) {
        self.count += 1;
        if self.count <= MAX_FAULTS {
            self.faults.push(fault);
        } else {
            self.last = fault.at;
        }
    }

    /// Says how many were left out; true if there was none at all.
    pub fn finish(self) -> bool {
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
pub(super) fn id(number: i128, size: Option<u32>, what: &str, at: &At) -> Result<u32, Diagnostic> {
    let size = size.unwrap_or(u32::MAX);
    u32::try_from(number).ok().filter(|&id| id < size).ok_or_else(|| {
        let fault = Diagnostic::error(format!("{what} is {number}")).at(at).label("out of range");
        match size {
            u32::MAX | 0 => fault.allowed("a whole number, 0 or more"),
            size => fault.allowed(format!("0 to {}", size - 1)).hint("ids count from 0"),
        }
    })
}

/// A time of a list.
pub(super) fn time(stated: Amount, what: &str, at: &At) -> Result<Time, Diagnostic> {
    stated.time.ok_or_else(|| {
        Diagnostic::error(format!("{what} is {}", Unit::Second.print(stated.si)))
            .at(at)
            .label("out of range")
            .allowed("a time from 0 s to 9223 s")
    })
}

fn inline_quantity(node: &Node, unit: Unit, what: &str) -> Result<Amount, Diagnostic> {
    let allowed = format!("a {} such as \"{}\"", unit.name(), unit.example());
    match &node.value {
        Value::Text(text) => quantity(text, unit, what, &allowed, node),
        Value::Integer(_) | Value::Float(_) => Err(without_unit(node, unit, what, &allowed)),
        _ => Err(Diagnostic::error(format!("{what} is {}", node.type_name())).at(&node.at).allowed(allowed)),
    }
}

/// A finite number without a unit.
pub(super) fn plain_number(node: &Node, what: &str) -> Result<f64, Diagnostic> {
    let number = match node.value {
        Value::Integer(number) => Some(number as f64),
        Value::Float(number) => Some(number).filter(|number| number.is_finite()),
        _ => None,
    };
    number.ok_or_else(|| {
        Diagnostic::error(format!("{what} is {}", node.shown()))
            .at(&node.at)
            .allowed("a number without a unit, such as 1.0")
    })
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
            .and_then(|stated| time(stated, &format!("the time of spike {index} of {what}"), &at.at));
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

/// Values at given times, as they are read: each later than the one before, but that two may be at one time where it
/// jumps.
#[derive(Debug, Default)]
pub(super) struct Course {
    pub jumps: bool,
    pub values: Vec<(Time, f64)>,
}

impl Course {
    /// The next value; the fault is that of its time.
    pub fn push(&mut self, time: Time, value: f64, what: &str, at: &At) -> Option<Diagnostic> {
        let jumps = self.jumps && !matches!(self.values[..], [.., (one, _), (other, _)] if one == other);
        let before = self.values.last().map(|&(before, _)| before);
        self.values.push((time, value));
        let before = before.filter(|&before| time < before || (time == before && !jumps))?;
        let fault = Diagnostic::error(format!("{what} is {time}, not after the one before, {before}")).at(at);
        Some(match self.jumps {
            true => fault
                .allowed("times in ascending order")
                .hint("two values at one time are a jump, and three are one too many"),
            false => fault.allowed("times in ascending order").hint("each value holds from its time on"),
        })
    }
}

/// Reads `[[time, value], ...]` of the key `name`, in order of time; values in SI units.
pub fn inline_timed(
    node: &Node,
    name: &str,
    (unit, jumps): (Unit, bool),
    what: &str,
    faults: &mut Diagnostics,
) -> Option<Vec<(Time, f64)>> {
    let Value::List(rows) = &node.value else { return None };
    let mut faults = Few::new(faults);
    let mut course = Course { jumps, ..Course::default() };
    let (called, first, other) = timed(unit);
    if rows.is_empty() {
        faults.push(
            Diagnostic::error(format!("`{name}` of {what} is empty"))
                .at(&node.at)
                .allowed(format!("at least one [time, {called}], such as [\"0 ms\", \"{first}\"]")),
        );
    }
    for (index, row) in rows.iter().enumerate() {
        let pair = if let Value::List(pair) = &row.value { pair.as_slice() } else { &[] };
        let [at, value] = pair else {
            let allowed = format!("[time, {called}], such as [\"50 ms\", \"{other}\"]");
            faults.push(not_a_row(row, index, what, &allowed));
            continue;
        };
        let of_value = format!("{called} {index} of {what}");
        let of_time = format!("the time of {of_value}");
        let when =
            inline_quantity(at, Unit::Second, &of_time).and_then(|stated| time(stated, &of_time, &at.at));
        let amount = inline_quantity(value, unit, &of_value).and_then(|stated| {
            if unit == Unit::Hertz && !(0.0..=1e12).contains(&stated.si) {
                return Err(Diagnostic::error(format!("{of_value} is {}", unit.print(stated.si)))
                    .at(&value.at)
                    .label("out of range")
                    .allowed("0 Hz to 1 THz"));
            }
            Ok(stated.si)
        });
        match (when, amount) {
            (Ok(when), Ok(amount)) => {
                course.push(when, amount, &of_time, &at.at).into_iter().for_each(|fault| faults.push(fault));
            }
            (when, amount) => {
                [when.err(), amount.err()].into_iter().flatten().for_each(|fault| faults.push(fault));
            }
        }
    }
    faults.finish().then_some(course.values)
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
pub(super) struct Row {
    pub pre: u32,
    pub post: u32,
    pub weight: f64,
    pub delay: Option<Time>,
    pub at: At,
}

/// Reads `[[pre, post, weight], ...]` or `[[pre, post, weight, delay], ...]`.
pub fn inline_synapses(node: &Node, ends: Ends, what: &str, faults: &mut Diagnostics) -> Option<Synapses> {
    let unit = ends.unit;
    let Value::List(rows) = &node.value else { return None };
    let mut few = Few::new(faults);
    let mut synapses = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let example = unit.map_or("1.0".to_string(), |unit| format!("\"{}\"", unit.example()));
        let allowed = format!("[pre, post, weight], such as [0, 1, {example}]");
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
        let of_weight = format!("`weight` of row {index} of {what}");
        let weight = match unit {
            Some(unit) => inline_quantity(weight, unit, &of_weight).map(|stated| stated.si),
            None => plain_number(weight, &of_weight),
        };
        let delay = late.map(|late| {
            let what = format!("`delay` of row {index} of {what}");
            inline_quantity(late, Unit::Second, &what).and_then(|stated| delay(stated, &what, &late.at))
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
pub(super) fn delay(stated: Amount, what: &str, at: &At) -> Result<Time, Diagnostic> {
    let time = time(stated, what, at)?;
    if time == Time::ZERO && stated.si > 0.0 {
        return Err(Diagnostic::error(format!("{what} is {}", Unit::Second.print(stated.si)))
            .at(at)
            .label("less than time resolves")
            .allowed("0 s, or at least 1 fs"));
    }
    Ok(time)
}

/// Sorts synapses by (pre, post) and reports those given twice, and delays that only some have.
pub(super) fn distinct(mut synapses: Vec<Row>, ends: Ends, what: &str, few: &mut Few<'_>) -> Synapses {
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
