//! Spikes, currents and synapses from CSV files, whose headers carry the units.

use super::diagnostic::{At, Diagnostic, Diagnostics, Source, nearest};
use super::lists::{Course, Ends, Few, Row, Spike, Synapses, delay, distinct, id, time};
use super::spec::{Amount, Bounds, Unit};
use crate::record::csv::{self, Field};
use crate::time::Time;
use std::ops::Range;
use std::sync::Arc;

/// A column and, if it has one, its unit with the symbol that an example has.
struct Column<'c> {
    name: &'c str,
    unit: Option<(Unit, &'static str)>,
    required: bool,
}

const fn column<'c>(name: &'c str, unit: Option<(Unit, &'static str)>) -> Column<'c> {
    Column { name, unit, required: true }
}

impl Column<'_> {
    const fn or_none(self) -> Self {
        Self { required: false, ..self }
    }

    fn header(&self) -> String {
        match self.unit {
            Some((_, symbol)) => format!("{} [{symbol}]", self.name),
            None => self.name.to_string(),
        }
    }
}

const TIME: Column<'static> = column("time", Some((Unit::Second, "ms")));

/// A wanted column: if the file has it, its place in a row and the unit symbol of its header.
struct Placed<'c> {
    name: &'c str,
    found: Option<(usize, Option<String>)>,
}

/// A CSV file after its header.
struct Csv<'a> {
    source: &'a Arc<Source>,
    columns: Vec<Placed<'a>>,
    width: usize,
    rows: csv::Rows<'a>,
}

impl<'a> Csv<'a> {
    /// Reads the header.
    fn open(source: &'a Arc<Source>, wanted: &[Column<'a>], faults: &mut Diagnostics) -> Option<Self> {
        Self::open_with(source, wanted, false, faults)
    }

    /// The same; `others` are columns that do not matter.
    fn open_with(
        source: &'a Arc<Source>,
        wanted: &[Column<'a>],
        others: bool,
        faults: &mut Diagnostics,
    ) -> Option<Self> {
        let example = wanted.iter().map(Column::header).collect::<Vec<_>>().join(",");
        let mut rows = csv::rows(&source.text);
        let Some(header) = rows.next() else {
            faults.push(
                Diagnostic::error(format!("`{}` has no header", source.name))
                    .allowed(format!("a first line such as `{example}`")),
            );
            return None;
        };
        let at = |span: &Range<usize>| At { source: source.clone(), span: span.clone() };
        let mut columns: Vec<Placed<'a>> =
            wanted.iter().map(|column| Placed { name: column.name, found: None }).collect();
        let mut good = true;
        for (place, field) in header.fields.iter().enumerate() {
            let (name, unit) = field.name_and_unit();
            let Some(index) = wanted.iter().position(|column| column.name == name) else {
                if others {
                    continue;
                }
                let close = nearest(name, wanted.iter().map(|column| column.name));
                faults.push(
                    Diagnostic::error(format!("`{}` has an unknown column `{name}`", source.name))
                        .at(&at(&field.span))
                        .label("not known")
                        .allowed(format!("`{example}`"))
                        .maybe_hint(close.map(|close| format!("did you mean `{close}`?"))),
                );
                good = false;
                continue;
            };
            if let Some((wanted_unit, symbol)) = wanted[index].unit {
                let fits = unit.is_some_and(|unit| wanted_unit.parse(&format!("1 {unit}")).is_ok());
                if !fits {
                    faults.push(
                        Diagnostic::error(match unit {
                            None => format!("column `{name}` of `{}` has no unit", source.name),
                            Some(unit) => format!("column `{name}` of `{}` is in `{unit}`", source.name),
                        })
                        .at(&at(&field.span))
                        .label(if unit.is_none() { "no unit" } else { "wrong unit" })
                        .allowed(format!("a {}, such as `{name} [{symbol}]`", wanted_unit.name())),
                    );
                    good = false;
                }
            }
            if columns[index].found.is_some() {
                faults.push(
                    Diagnostic::error(format!("`{}` has two columns `{name}`", source.name))
                        .at(&at(&field.span))
                        .label("again")
                        .allowed("one of each name"),
                );
                good = false;
            }
            columns[index].found = Some((place, unit.map(str::to_string)));
        }
        let names = || header.fields.iter().map(|field| field.name_and_unit().0);
        let close = |name: &str| nearest(name, names()).map(|close| format!("did you mean `{close}`?"));
        for (column, wanted) in columns.iter().zip(wanted) {
            if column.found.is_none() && wanted.required {
                faults.push(
                    Diagnostic::error(format!("`{}` has no column `{}`", source.name, wanted.name))
                        .at(&at(&header.span))
                        .label("the header")
                        .allowed(format!("`{example}`"))
                        .maybe_hint(close(wanted.name)),
                );
                good = false;
            }
        }
        good.then_some(Self { source, columns, width: header.fields.len(), rows })
    }

    /// Calls `row` with its place and one cell per wanted column.
    fn rows(self, few: &mut Few<'_>, mut row: impl FnMut(&mut Few<'_>, &At, &[Option<Cell<'_>>])) {
        let Self { source, columns, width, rows } = self;
        for (index, found) in rows.enumerate() {
            let (number, fields) = (index + 1, &found.fields);
            let at = At { source: source.clone(), span: found.span };
            if fields.len() != width {
                few.push(
                    Diagnostic::error(format!(
                        "row {number} of `{}` has {} values",
                        source.name,
                        fields.len()
                    ))
                    .at(&at)
                    .allowed(format!("{width} values, as the header says")),
                );
                continue;
            }
            let cells: Vec<Option<Cell<'_>>> = columns
                .iter()
                .map(|Placed { name, found }| {
                    let (place, unit) = found.as_ref()?;
                    Some(Cell { source, number, name, field: fields.get(*place)?, unit: unit.as_deref() })
                })
                .collect();
            row(few, &at, &cells);
        }
    }
}

struct Cell<'a> {
    source: &'a Arc<Source>,
    /// Of the row, counted from 1 after the header.
    number: usize,
    name: &'a str,
    field: &'a Field<'a>,
    unit: Option<&'a str>,
}

impl Cell<'_> {
    fn what(&self) -> String {
        format!("`{}` in row {} of `{}`", self.name, self.number, self.source.name)
    }

    fn at(&self) -> At {
        At { source: self.source.clone(), span: self.field.span.clone() }
    }

    fn wrong(&self) -> Diagnostic {
        Diagnostic::error(format!("{} is `{}`", self.what(), self.field.text)).at(&self.at())
    }

    fn id(&self, size: Option<u32>) -> Result<u32, Diagnostic> {
        match self.field.text.parse::<i128>() {
            Ok(number) => id(number, size, &self.what(), &self.at()),
            Err(_) => Err(self.wrong().label("not a whole number").allowed("a whole number, 0 or more")),
        }
    }

    fn quantity(&self, unit: Unit) -> Result<Amount, Diagnostic> {
        let (text, symbol) = (&self.field.text, self.unit.unwrap_or(unit.symbol()));
        // The unit is in the header, so that the exponent is shifted in the text, as everywhere.
        let number = text.parse::<f64>().is_ok_and(f64::is_finite);
        number.then(|| unit.amount(&format!("{text} {symbol}")).ok()).flatten().ok_or_else(|| {
            self.wrong()
                .label("not a number")
                .allowed(format!("a finite number; the header says it is in {symbol}"))
        })
    }

    /// A value of this unit, or a plain number.
    fn value(&self, unit: Option<Unit>) -> Result<f64, Diagnostic> {
        match unit {
            Some(unit) => self.quantity(unit).map(|amount| amount.si),
            None => self
                .field
                .text
                .parse::<f64>()
                .ok()
                .filter(|value| value.is_finite())
                .ok_or_else(|| self.wrong().label("not a number").allowed("a finite number")),
        }
    }

    fn time(&self) -> Result<Time, Diagnostic> {
        self.quantity(Unit::Second).and_then(|stated| time(stated, &self.what(), &self.at()))
    }

    fn delay(&self) -> Result<Time, Diagnostic> {
        self.quantity(Unit::Second).and_then(|stated| delay(stated, &self.what(), &self.at()))
    }
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

/// Reads a CSV file `time [ms],id`; sorted by (time, id).
pub fn csv_spikes(source: &Arc<Source>, size: Option<u32>, faults: &mut Diagnostics) -> Option<Vec<Spike>> {
    let csv = Csv::open(source, &[TIME, column("id", None)], faults)?;
    let mut few = Few::new(faults);
    let mut spikes = Vec::new();
    csv.rows(&mut few, |few, _, row| {
        let [Some(when), Some(line)] = row else { return };
        add_spike(&mut spikes, when, line, size, few);
    });
    spikes.sort_unstable();
    few.finish().then_some(spikes)
}

/// Reads a CSV file `time [ms],current [nA]`, in order of time, perhaps with jumps; amperes.
pub fn csv_current(source: &Arc<Source>, jumps: bool, faults: &mut Diagnostics) -> Option<Vec<(Time, f64)>> {
    let csv = Csv::open(source, &[TIME, column("current", Some((Unit::Ampere, "nA")))], faults)?;
    let mut few = Few::new(faults);
    let (mut course, mut rows) = (Course { jumps, ..Course::default() }, 0);
    csv.rows(&mut few, |few, _, row| {
        rows += 1;
        let [Some(when), Some(current)] = row else { return };
        match (when.time(), current.quantity(Unit::Ampere)) {
            (Ok(time), Ok(current)) => {
                let fault = course.push(time, current.si, &when.what(), &when.at());
                fault.into_iter().for_each(|fault| few.push(fault));
            }
            (time, current) => {
                [time.err(), current.err()].into_iter().flatten().for_each(|fault| few.push(fault));
            }
        }
    });
    let good = few.finish();
    if good && rows == 0 {
        faults.push(
            Diagnostic::error(format!("`{}` has a header and no values", source.name))
                .allowed("one row or more, such as `0,1.5`"),
        );
    }
    (good && rows > 0).then_some(course.values)
}

/// Reads the spikes of one population or source from the `spikes.csv` of a run; sorted by (time, id).
pub fn csv_recorded(
    source: &Arc<Source>,
    (recorded, at, episode): (&str, Option<&At>, u64),
    size: Option<u32>,
    faults: &mut Diagnostics,
) -> Option<Vec<Spike>> {
    let wanted = [TIME, column("population", None), column("id", None), column("episode", None).or_none()];
    let csv = Csv::open(source, &wanted, faults)?;
    let mut few = Few::new(faults);
    let mut spikes = Vec::new();
    let mut names: Vec<String> = Vec::new();
    csv.rows(&mut few, |few, _, row| {
        let [Some(when), Some(name), Some(line), number] = row else { return };
        let name = &name.field.text;
        if !names.iter().any(|known| known == name) {
            names.push(name.to_string());
        }
        let shown = number.as_ref().is_none_or(|number| number.field.text.parse() == Ok(episode));
        if name == recorded && shown {
            add_spike(&mut spikes, when, line, size, few);
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

/// Reads a CSV file `pre,post,weight [mV]` (weights without a unit where the kernel multiplies), with `delay [ms]` if wanted.
pub fn csv_synapses(source: &Arc<Source>, ends: Ends, faults: &mut Diagnostics) -> Option<Synapses> {
    let symbol = |unit| match unit {
        Unit::Volt => "mV",
        Unit::Siemens => "nS",
        _ => "uA",
    };
    let wanted = [
        column("pre", None),
        column("post", None),
        column("weight", ends.unit.map(|unit| (unit, symbol(unit)))),
        column("delay", Some((Unit::Second, "ms"))).or_none(),
    ];
    let csv = Csv::open(source, &wanted, faults)?;
    let mut few = Few::new(faults);
    let mut synapses = Vec::new();
    csv.rows(&mut few, |few, at, row| {
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
    });
    let synapses = distinct(synapses, ends, &format!("`{}`", source.name), &mut few);
    few.finish().then_some(synapses)
}

/// Reads one column of a CSV file, whose other columns do not matter, from the first row to the last.
pub fn csv_column(
    source: &Arc<Source>,
    name: &str,
    (unit, bounds, allowed): (Option<Unit>, &Bounds, &str),
    faults: &mut Diagnostics,
) -> Option<Vec<f64>> {
    let wanted = [column(name, unit.map(|unit| (unit, unit.symbol())))];
    let csv = Csv::open_with(source, &wanted, true, faults)?;
    let (mut few, mut values) = (Few::new(faults), Vec::new());
    csv.rows(&mut few, |few, _, row| {
        let [Some(cell)] = row else { return };
        match cell.value(unit) {
            Ok(value) if bounds.contains(value) => values.push(value),
            Ok(_) => few.push(cell.wrong().label("out of range").allowed(allowed)),
            Err(fault) => few.push(fault),
        }
    });
    few.finish().then_some(values)
}
