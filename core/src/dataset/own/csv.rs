//! Samples as rows of a table: a header, one column with the class or some with targets, and a column for each value.

use super::{Part, Read, fault, hinted};
use crate::dataset::{Fault, Faults, Targets};
use crate::hint::{many, nearest};
use crate::record::array::Values;
use crate::record::csv::{decode, rows};
use std::path::Path;

pub(super) fn read(file: &Path, label: &str, targets: bool) -> Result<Part, Faults> {
    let bytes = std::fs::read(file)
        .map_err(|error| Fault::Unreadable { file: file.into(), reason: error.to_string() })?;
    let Some((text, _)) = decode(&bytes) else {
        return Err(fault(file, "", "it has zero bytes".into(), "a text: a CSV file").into());
    };
    let mut rows = rows(&text);
    let header: Vec<String> = rows.next().map_or_else(Vec::new, |row| {
        row.fields.iter().map(|field| field.name_and_unit().0.to_owned()).collect()
    });
    let column = |label: &str| {
        header.iter().position(|name| name == label).ok_or_else(|| {
            let what = format!("there is no column `{label}`");
            let found =
                fault(file, "line 1", what, "a header with the column of the classes and one for each value");
            let near = nearest(label, header.iter().map(String::as_str));
            let hint = near.map_or_else(
                || "`label` of the data names the column of the classes, or those of the targets".to_string(),
                |near| format!("did you mean `label = \"{near}\"`?"),
            );
            hinted(found, &hint)
        })
    };
    let columns: Vec<usize> = match targets {
        true => label.split(',').map(|label| column(label.trim())).collect::<Result<_, _>>()?,
        false => vec![column(label)?],
    };
    if let Some(twice) = columns.iter().enumerate().find(|(k, column)| columns[..*k].contains(column)) {
        let what = format!("`label` names column `{}` twice", header[*twice.1]);
        return Err(fault(file, "line 1", what, "each column of targets once").into());
    }
    for &first in &columns {
        let label = &header[first];
        if let Some(second) = header.iter().skip(first + 1).position(|name| name == label) {
            let what = format!("columns {} and {} are both called `{label}`", first + 1, first + second + 2);
            let allowed = if targets { "one column of each target" } else { "one column of the classes" };
            let found = fault(file, "line 1", what, allowed);
            return Err(hinted(found, "the other one would be a value, and give the class away").into());
        }
    }
    if header.len() <= columns.len() {
        return Err(fault(
            file,
            "line 1",
            "there is no column of values".into(),
            "at least one beside the class or the targets",
        )
        .into());
    }
    let (mut values, mut labels, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let place = format!("line {}", row.line);
        if row.fields.len() != header.len() {
            let what = format!("it has {}", many(row.fields.len(), "field"));
            return Err(fault(file, &place, what, format!("{}, as in the header", header.len())).into());
        }
        for (k, field) in row.fields.iter().enumerate() {
            let wrong = |allowed: &str| {
                fault(file, &place, format!("`{}` is \"{}\"", header[k], field.text.trim()), allowed)
            };
            let number = || {
                let number = field.text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
                number.ok_or_else(|| wrong("a number"))
            };
            match columns.iter().position(|column| *column == k) {
                // In the order in which they are named.
                Some(place) if targets => wanted.push((place, number()?)),
                Some(_) => {
                    labels.push(
                        field.text.trim().parse().map_err(|_| wrong("a class: a whole number from 0"))?,
                    );
                }
                None => values.push(number()?),
            }
        }
        if targets {
            let of_row = wanted.len() - columns.len();
            wanted[of_row..].sort_by_key(|(place, _): &(usize, f64)| *place);
            labels.push(0);
        }
    }
    if labels.is_empty() {
        return Err(
            fault(file, "", "there is no row after the header".into(), "a row for each sample").into()
        );
    }
    let (shape, samples) = (vec![header.len() - columns.len()], Read::Values(Values::Reals(values)));
    let wanted = wanted.into_iter().map(|(_, number)| number).collect();
    let targets = if targets { Targets::new(wanted, columns.len()) } else { None };
    let files = [file.to_path_buf(), file.to_path_buf()];
    let places = [String::new(), format!("column `{label}`")];
    Ok(Part { shape, samples, labels, targets, files, places, names: Vec::new(), tested: Vec::new() })
}
