//! Lists from CSV files, whose headers carry the units.

use super::cells::{Cell, Column, Few};
use super::diagnostic::{At, Diagnostic, Diagnostics, Source, nearest};
use super::spec::{Bounds, Unit};
use crate::hint::many;
use crate::record::csv;
use std::ops::Range;
use std::sync::Arc;

fn header(column: &Column<'_>) -> String {
    match column.unit {
        Some((_, symbol)) => format!("{} [{symbol}]", column.name),
        None => column.name.to_string(),
    }
}

/// A wanted column: if the file has it, its place in a row and the unit symbol of its header.
struct Placed<'c> {
    name: &'c str,
    found: Option<(usize, Option<String>)>,
}

/// A CSV file after its header.
pub(super) struct Csv<'a> {
    source: &'a Arc<Source>,
    columns: Vec<Placed<'a>>,
    width: usize,
    rows: csv::Rows<'a>,
}

impl<'a> Csv<'a> {
    /// Reads the header; `others`: there may be columns that do not matter.
    pub fn open(
        source: &'a Arc<Source>,
        wanted: &[Column<'a>],
        others: bool,
        faults: &mut Diagnostics,
    ) -> Option<Self> {
        let example = wanted.iter().map(header).collect::<Vec<_>>().join(",");
        let mut rows = csv::rows(&source.text);
        let Some(first) = rows.next() else {
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
        for (place, field) in first.fields.iter().enumerate() {
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
        let names = || first.fields.iter().map(|field| field.name_and_unit().0);
        let close = |name: &str| nearest(name, names()).map(|close| format!("did you mean `{close}`?"));
        for (column, wanted) in columns.iter().zip(wanted) {
            if column.found.is_none() && wanted.required {
                faults.push(
                    Diagnostic::error(format!("`{}` has no column `{}`", source.name, wanted.name))
                        .at(&at(&first.span))
                        .label("the header")
                        .allowed(format!("`{example}`"))
                        .maybe_hint(close(wanted.name)),
                );
                good = false;
            }
        }
        good.then_some(Self { source, columns, width: first.fields.len(), rows })
    }

    /// Calls `row` with its place and one cell per wanted column.
    pub fn rows(self, few: &mut Few<'_>, mut row: impl FnMut(&mut Few<'_>, &At, &[Option<Cell<'_>>])) {
        let Self { source, columns, width, rows } = self;
        for (index, found) in rows.enumerate() {
            let (number, fields) = (index + 1, &found.fields);
            let at = At { source: source.clone(), span: found.span };
            if fields.len() != width {
                few.push(
                    Diagnostic::error(format!(
                        "row {number} of `{}` has {}",
                        source.name,
                        many(fields.len(), "value")
                    ))
                    .at(&at)
                    .allowed(format!("{}, as the header says", many(width, "value"))),
                );
                continue;
            }
            let cells: Vec<Option<Cell<'_>>> = columns
                .iter()
                .map(|Placed { name, found }| {
                    let (place, unit) = found.as_ref()?;
                    let field = fields.get(*place)?;
                    let at = At { source: source.clone(), span: field.span.clone() };
                    Some(Cell::Listed { text: &field.text, at, name, unit: unit.as_deref(), row: number })
                })
                .collect();
            row(few, &at, &cells);
        }
    }
}

/// Reads one column of a CSV file, whose other columns do not matter, from the first row to the last.
pub fn csv_column(
    source: &Arc<Source>,
    name: &str,
    (unit, bounds, allowed): (Option<Unit>, &Bounds, &str),
    faults: &mut Diagnostics,
) -> Option<Vec<f64>> {
    let symbol = unit.map(|unit| (unit, unit.symbol()));
    let wanted = [Column { name, called: "", unit: symbol, required: true }];
    let csv = Csv::open(source, &wanted, true, faults)?;
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
