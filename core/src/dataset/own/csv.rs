//! Samples as rows of a table: a header, one column with the class, and a column for each value.

use super::{Part, Read, fault, hinted};
use crate::dataset::{Fault, Faults};
use crate::hint::{many, nearest};
use crate::record::array::Values;
use crate::record::csv::{decode, rows};
use std::path::Path;

pub(super) fn read(file: &Path, label: &str) -> Result<Part, Faults> {
    let bytes = std::fs::read(file)
        .map_err(|error| Fault::Unreadable { file: file.into(), reason: error.to_string() })?;
    let Some((text, _)) = decode(&bytes) else {
        return Err(fault(file, "", "it has zero bytes".into(), "a text: a CSV file").into());
    };
    let mut rows = rows(&text);
    let header: Vec<String> = rows.next().map_or_else(Vec::new, |row| {
        row.fields.iter().map(|field| field.name_and_unit().0.to_owned()).collect()
    });
    let Some(column) = header.iter().position(|name| name == label) else {
        let what = format!("there is no column `{label}`");
        let found =
            fault(file, "line 1", what, "a header with the column of the classes and one for each value");
        let near = nearest(label, header.iter().map(String::as_str));
        let hint = near.map_or_else(
            || "`label` of the data names the column of the classes".to_string(),
            |near| format!("did you mean `label = \"{near}\"`?"),
        );
        return Err(hinted(found, &hint).into());
    };
    if let Some(second) = header.iter().skip(column + 1).position(|name| name == label) {
        let what = format!("columns {} and {} are both called `{label}`", column + 1, column + second + 2);
        let found = fault(file, "line 1", what, "one column of the classes");
        return Err(hinted(found, "the other one would be a value, and give the class away").into());
    }
    if header.len() < 2 {
        return Err(fault(
            file,
            "line 1",
            "there is no column of values".into(),
            "at least one beside the class",
        )
        .into());
    }
    let (mut values, mut labels) = (Vec::new(), Vec::new());
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
            if k == column {
                labels.push(field.text.trim().parse().map_err(|_| wrong("a class: a whole number from 0"))?);
            } else {
                let number = field.text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
                values.push(number.ok_or_else(|| wrong("a number"))?);
            }
        }
    }
    if labels.is_empty() {
        return Err(
            fault(file, "", "there is no row after the header".into(), "a row for each sample").into()
        );
    }
    let (shape, samples) = (vec![header.len() - 1], Read::Values(Values::Reals(values)));
    let files = [file.to_path_buf(), file.to_path_buf()];
    let places = [String::new(), format!("column `{label}`")];
    Ok(Part { shape, samples, labels, files, places, names: Vec::new(), tested: Vec::new() })
}
