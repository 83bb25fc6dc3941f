//! One value of a row, in a scenario file or in a CSV file, and the faults of long lists.

use super::diagnostic::{At, Diagnostic, Diagnostics};
use super::spec::{Amount, Unit};
use super::stated::{quantity, without_unit};
use super::text::{Node, Value};
use crate::hint::many;
use crate::time::Time;

/// Faults of one list that are reported before the rest is only counted.
const MAX_FAULTS: usize = 10;

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

    /// Where faults go that are not of a row.
    pub fn faults(&mut self) -> &mut Diagnostics {
        self.faults
    }

    /// Says how many were left out; true if there was none at all.
    pub fn finish(self) -> bool {
        if self.count > MAX_FAULTS {
            self.faults.push(
                Diagnostic::error(format!(
                    "faults in {} of this list",
                    many(self.count - MAX_FAULTS, "more row")
                ))
                .maybe_at(self.last.as_ref())
                .label("the last of them"),
            );
        }
        self.count == 0
    }
}

/// A value of every row.
pub(super) struct Column<'c> {
    /// In the header of a file.
    pub name: &'c str,
    /// In a message about a row of the scenario, `#` being its number.
    pub called: &'c str,
    /// The unit, if it has one, and the symbol that an example of a header has.
    pub unit: Option<(Unit, &'static str)>,
    /// Whether every row has it.
    pub required: bool,
}

/// One value of a row.
pub(super) enum Cell<'a> {
    /// In the scenario: what it is called, in which row, of what.
    Inline { node: &'a Node, called: &'a str, row: usize, of: &'a str },
    /// In a file: its text and place, its column with the unit symbol of the header, and the row, counted from 1.
    Listed { text: &'a str, at: At, name: &'a str, unit: Option<&'a str>, row: usize },
}

impl Cell<'_> {
    pub fn what(&self) -> String {
        match self {
            Self::Inline { called, row, of, .. } => {
                format!("{} of {of}", called.replace('#', &row.to_string()))
            }
            Self::Listed { at, name, row, .. } => format!("`{name}` in row {row} of `{}`", at.source.name),
        }
    }

    pub fn at(&self) -> &At {
        match self {
            Self::Inline { node, .. } => &node.at,
            Self::Listed { at, .. } => at,
        }
    }

    /// That it is what it is.
    pub fn wrong(&self) -> Diagnostic {
        let shown = match self {
            Self::Inline { node, .. } => node.shown().to_string(),
            Self::Listed { text, .. } => format!("`{text}`"),
        };
        Diagnostic::error(format!("{} is {shown}", self.what())).at(self.at())
    }

    /// A whole number below `size`.
    pub fn id(&self, size: Option<u32>) -> Result<u32, Diagnostic> {
        let whole = "a whole number, 0 or more";
        let number: i128 = match self {
            Self::Inline { node: Node { value: Value::Integer(number), .. }, .. } => *number,
            Self::Inline { node, .. } => {
                let what = self.what();
                return Err(Diagnostic::error(format!("{what} is {}", node.type_name()))
                    .at(&node.at)
                    .allowed(whole));
            }
            Self::Listed { text, .. } => {
                text.parse().map_err(|_| self.wrong().label("not a whole number").allowed(whole))?
            }
        };
        let size = size.unwrap_or(u32::MAX);
        u32::try_from(number).ok().filter(|&id| id < size).ok_or_else(|| {
            let fault = Diagnostic::error(format!("{} is {number}", self.what()));
            let fault = fault.at(self.at()).label("out of range");
            match size {
                u32::MAX | 0 => fault.allowed(whole),
                size => fault.allowed(format!("0 to {}", size - 1)).hint("ids count from 0"),
            }
        })
    }

    pub fn quantity(&self, unit: Unit) -> Result<Amount, Diagnostic> {
        match self {
            Self::Inline { node, .. } => {
                let allowed = format!("a {} such as \"{}\"", unit.name(), unit.example());
                match &node.value {
                    Value::Text(text) => quantity(text, unit, &self.what(), &allowed, node),
                    Value::Integer(_) | Value::Float(_) => {
                        Err(without_unit(node, unit, &self.what(), &allowed))
                    }
                    _ => Err(Diagnostic::error(format!("{} is {}", self.what(), node.type_name()))
                        .at(&node.at)
                        .allowed(allowed)),
                }
            }
            Self::Listed { text, unit: stated, .. } => {
                let symbol = stated.unwrap_or(unit.symbol());
                // The unit is in the header, so that the exponent is shifted in the text, as everywhere.
                let number = text.parse::<f64>().is_ok_and(f64::is_finite);
                number.then(|| unit.amount(&format!("{text} {symbol}")).ok()).flatten().ok_or_else(|| {
                    self.wrong()
                        .label("not a number")
                        .allowed(format!("a finite number; the header says it is in {symbol}"))
                })
            }
        }
    }

    /// A value of this unit, or a finite number.
    pub fn value(&self, unit: Option<Unit>) -> Result<f64, Diagnostic> {
        if let Some(unit) = unit {
            return self.quantity(unit).map(|amount| amount.si);
        }
        let number = match self {
            Self::Inline { node, .. } => match node.value {
                Value::Integer(number) => Some(number as f64),
                Value::Float(number) => Some(number),
                _ => None,
            },
            Self::Listed { text, .. } => text.parse().ok(),
        };
        number.filter(|number| number.is_finite()).ok_or_else(|| match self {
            Self::Inline { .. } => self.wrong().allowed("a number without a unit, such as 1.0"),
            Self::Listed { .. } => self.wrong().label("not a number").allowed("a finite number"),
        })
    }

    fn time_of(&self, stated: Amount) -> Result<Time, Diagnostic> {
        stated.time.ok_or_else(|| {
            Diagnostic::error(format!("{} is {}", self.what(), Unit::Second.print(stated.si)))
                .at(self.at())
                .label("out of range")
                .allowed("a time from 0 s to 9223 s")
        })
    }

    pub fn time(&self) -> Result<Time, Diagnostic> {
        self.quantity(Unit::Second).and_then(|stated| self.time_of(stated))
    }

    pub fn delay(&self) -> Result<Time, Diagnostic> {
        let stated = self.quantity(Unit::Second)?;
        let time = self.time_of(stated)?;
        if time == Time::ZERO && stated.si > 0.0 {
            return Err(Diagnostic::error(format!("{} is {}", self.what(), Unit::Second.print(stated.si)))
                .at(self.at())
                .label("less than time resolves")
                .allowed("0 s, or at least 1 fs"));
        }
        Ok(time)
    }
}
