//! What the paper says: rows of `compare`, in the unit of what is measured.

use super::super::diagnostic::{Diagnostic, nearest};
use super::super::filled::Fields;
use super::super::section::Lower;
use super::super::spec::{Bounds, Kind, words};
use super::super::stated;
use super::super::table::{Tried, table};
use super::super::text::{Node, Value};
use super::quantity::{quantities, unit_of};
use super::{Measure, MeasuredIn, PaperValue, Tolerance};
use crate::device::Open;
use crate::units::parse_percent;

table! {
    /// What the paper says, as it is written.
    pub(in crate::scenario) struct Row {
        /// A quantity this experiment measures; `memspike models KIND` lists them.
        quantity: String = Kind::Text;
        /// What the paper says: a quantity with its unit, or a number.
        paper: Tried<Node> = Kind::Figure;
        /// How the result must stand to it.
        relation: Relation = Kind::word::<Relation>(), setting("\"equal\"");
        /// Largest difference that is accepted, in the unit of the quantity.
        tolerance: Tried<Option<Node>> = Kind::Figure,
            absent("`relative_tolerance`; for \"at_least\" and \"at_most\" zero");
        /// Largest difference that is accepted, as a fraction of the paper's value.
        relative_tolerance: Tried<Option<f64>> = Kind::Number(Bounds::POSITIVE.below(1.0)), absent("`tolerance`");
        /// What the agreement says of the model.
        standing: Option<Standing> = Kind::word::<Standing>(), absent("it is not said");
        /// Why this tolerance, in a sentence.
        why: Tried<String> = Kind::Text;
        /// The row's words in tables and pictures.
        what: Tried<Option<String>> = Kind::Text, absent("those of the quantity");
    }
}

words! {
    /// How a result must stand to the paper's value.
    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Relation {
        Equal = "equal": "within the tolerance on either side",
        AtLeast = "at_least": "not below, but for the tolerance",
        AtMost = "at_most": "not above, but for the tolerance",
    }
}

words! {
    /// What an agreement with the paper says of a model.
    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Standing {
        Given = "given": "nothing: a parameter comes back out",
        Calibrated = "calibrated": "that the model can have it: it was fitted to this number",
        Predicted = "predicted": "that the model has it of itself: nothing was chosen for it",
    }
}

/// The rows of an experiment of this kind with this device.
pub(super) fn compare(
    lower: &mut Lower<'_>,
    fields: &Fields,
    said: Vec<Tried<Row>>,
    with: (&str, &Open),
) -> Option<Vec<PaperValue>> {
    let rows = fields.tables("compare");
    let mut made: Vec<Option<PaperValue>> = Vec::new();
    for (index, (row, said)) in rows.iter().zip(said).enumerate() {
        let name = row.text("quantity");
        if let Some(earlier) =
            rows[..index].iter().find(|earlier| name.is_some() && earlier.text("quantity") == name)
        {
            lower.faults.push(
                Diagnostic::error(format!("{} compares `{}` twice", fields.what, name.unwrap_or_default()))
                    .maybe_at(row.place("quantity"))
                    .also(earlier.written("quantity"), "the first time")
                    .allowed("one row per quantity"),
            );
        }
        made.push(said.0.and_then(|said| paper_value(lower, row, said, with)));
    }
    made.into_iter().collect()
}

fn paper_value(
    lower: &mut Lower<'_>,
    row: &Fields,
    said: Row,
    (kind, device): (&str, &Open),
) -> Option<PaperValue> {
    let name = said.quantity.as_str();
    let there = quantities(kind, device);
    let Some(measure) = there.iter().find(|measure| measure.name == name) else {
        let close = nearest(name, there.iter().map(|measure| measure.name));
        lower.faults.push(
            Diagnostic::error(format!("`quantity` of {} is \"{name}\", which is not measured", row.what))
                .maybe_at(row.place("quantity"))
                .label("not known")
                .allowed(there.iter().map(|measure| measure.name).collect::<Vec<_>>().join(", "))
                .maybe_hint(close.map(|close| format!("did you mean \"{close}\"?"))),
        );
        return None;
    };
    let paper = said.paper.0.and_then(|node| figure(lower, &node, ("paper", row), measure));
    let absolute = said.tolerance.0.flatten().map(|node| figure(lower, &node, ("tolerance", row), measure));
    let (relation, relative) = (said.relation, said.relative_tolerance.0.flatten());
    let tolerance = match (absolute, relative) {
        (Some(_), Some(_)) => {
            lower.faults.push(
                Diagnostic::error(format!("{} has both `tolerance` and `relative_tolerance`", row.what))
                    .maybe_at(row.written("relative_tolerance"))
                    .also(row.written("tolerance"), "and here")
                    .allowed("one of the two"),
            );
            None
        }
        (Some(absolute), None) => {
            let value = absolute?;
            if value < 0.0 {
                lower.faults.push(
                    Diagnostic::error(format!(
                        "`tolerance` of {} is {}",
                        row.what,
                        row.place("tolerance").map_or("below zero", |at| at.text().trim_matches('"'))
                    ))
                    .maybe_at(row.place("tolerance"))
                    .label("negative")
                    .allowed("zero or more"),
                );
                return None;
            }
            Some(Tolerance::Absolute(value))
        }
        (None, Some(part)) => Some(Tolerance::Relative(part)),
        (None, None) if relation != Relation::Equal => Some(Tolerance::Absolute(0.0)),
        (None, None) => {
            if row.written("tolerance").is_none() && row.written("relative_tolerance").is_none() {
                lower.faults.push(
                    Diagnostic::error(format!("{} has no tolerance", row.what))
                        .maybe_at(row.at.as_ref())
                        .label("`tolerance` is missing")
                        .allowed("tolerance = \"1 mV\" or relative_tolerance = 0.005")
                        .hint("no simulation and no reading of an axis is exact; say how close is close enough, and why"),
                );
            }
            None
        }
    };
    Some(PaperValue {
        quantity: said.quantity,
        what: said.what.0.flatten().unwrap_or_else(|| measure.what.to_string()),
        unit: measure.unit,
        relation,
        standing: said.standing,
        paper: paper?,
        tolerance: tolerance?,
        why: said.why.0?,
    })
}

/// A number in the unit of what is measured.
fn figure(lower: &mut Lower<'_>, node: &Node, (key, row): (&str, &Fields), measure: &Measure) -> Option<f64> {
    let what = format!("`{key}` of {}", row.what);
    let wrong = |lower: &mut Lower<'_>, allowed: &str| {
        lower.faults.push(
            Diagnostic::error(format!("{what} is {}", node.shown()))
                .at(&node.at)
                .label("wrong form")
                .allowed(allowed)
                .hint(format!("`{}` is the {}", measure.name, measure.what)),
        );
        None
    };
    match (unit_of(measure.unit), &node.value) {
        (Some(unit), Value::Text(text)) => {
            let allowed = format!("a {} with its unit, such as \"{}\"", unit.name(), unit.example());
            let stated = stated::quantity(text, unit, &what, &allowed, node);
            stated.map(|stated| stated.si).map_err(|fault| lower.faults.push(fault)).ok()
        }
        (Some(unit), _) => {
            let allowed = format!("a {} with its unit, such as \"{}\"", unit.name(), unit.example());
            lower.faults.push(stated::without_unit(node, unit, &what, &allowed));
            None
        }
        (None, Value::Text(text)) if measure.unit == MeasuredIn::Fraction => {
            parse_percent(text).or_else(|| wrong(lower, "a percentage such as \"138.61 %\""))
        }
        (None, _) if measure.unit == MeasuredIn::Fraction => {
            wrong(lower, "a percentage such as \"138.61 %\"")
        }
        (None, Value::Integer(number)) => Some(*number as f64),
        (None, Value::Float(number)) if number.is_finite() => Some(*number),
        (None, _) => wrong(lower, "a number without unit"),
    }
}
