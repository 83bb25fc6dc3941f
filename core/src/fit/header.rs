//! Where the table of a file begins: the first line that has all columns that are wanted, with numbers below it.

use super::columns::{Heading, Place, Wanted};
use super::csv::Layout;
use crate::record::csv::{self, Row, Separator};

/// Lines in which a header is looked for.
const MOST_SETTINGS: usize = 2000;

/// The header of a table.
pub(super) struct Header<'a> {
    pub separator: Separator,
    pub line: usize,
    pub text: &'a str,
    pub headings: Vec<Heading>,
    pub places: Vec<Place>,
    /// An analyser's table, whose first field of every row says what the row is.
    pub analyser: bool,
    /// The row of units below the names, if there is one.
    pub units: Vec<String>,
    /// Where the rows begin, in bytes, and the lines before them.
    pub below: usize,
    pub lines: usize,
}

/// The fields of a line that may be a header: what follows a `#`, without empty ones at the end.
fn fields(line: &str, separator: Separator) -> Vec<String> {
    let line = line.trim_end_matches('\n');
    let line = line.trim_start().strip_prefix('#').unwrap_or(line);
    let Some(row) = csv::separated(line, separator).next() else { return Vec::new() };
    let mut fields: Vec<String> = Vec::new();
    for field in row.fields {
        let bracketed = field.text.starts_with(['(', '[']);
        match fields.last_mut() {
            // `V (V)   I (mA)`: a unit belongs to the name before it.
            Some(name) if separator == Separator::Blanks && bracketed => {
                *name = format!("{name} {}", field.text)
            }
            _ => fields.push(field.text.into_owned()),
        }
    }
    while fields.last().is_some_and(String::is_empty) {
        fields.pop();
    }
    fields
}

/// The header; else the number and the text of the line that should have been one, if there is a line at all.
pub(super) fn header<'a>(
    text: &'a str,
    wanted: &[Wanted],
    layout: &Layout,
) -> Result<Header<'a>, Option<(usize, &'a str)>> {
    let mut without_numbers = None;
    for separator in Separator::ALL {
        let mut below = 0;
        for (index, line) in text.split_inclusive('\n').enumerate().take(MOST_SETTINGS + layout.skip) {
            below += line.len();
            if index < layout.skip || line.trim().is_empty() {
                continue;
            }
            let Some(mut found) = header_of(line, separator, wanted, layout) else { continue };
            (found.line, found.lines, found.below) = (index + 1, index + 1, below);
            if found.stands_above(text, wanted) {
                return Ok(found);
            }
            without_numbers.get_or_insert(found);
        }
    }
    if let Some(bare) = bare(text, wanted, layout) {
        return Ok(bare);
    }
    without_numbers.ok_or_else(|| {
        let mut lines = text.split('\n').enumerate().skip(layout.skip);
        let first = lines.find(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
        first.map(|(index, line)| (index + 1, line.trim()))
    })
}

/// A line as the header, if it has all columns.
fn header_of<'a>(
    line: &'a str,
    separator: Separator,
    wanted: &[Wanted],
    layout: &Layout,
) -> Option<Header<'a>> {
    let fields = fields(line, separator);
    if fields.len() < 2 {
        return None;
    }
    let analyser = fields.first().is_some_and(|first| first == "DataName");
    let mut headings: Vec<Heading> = fields.iter().map(|field| Heading::of(field)).collect();
    let mut asked = layout.columns.iter();
    let mut places = Vec::with_capacity(wanted.len());
    for w in wanted {
        let place = match if w.optional { None } else { asked.next() } {
            None => w.place(&headings, analyser),
            Some(own) => {
                let own = Heading::of(own);
                let at = position(&own, &headings)?;
                if own.unit.is_some() {
                    headings[at].unit = own.unit;
                }
                Place::At(at)
            }
        };
        if place == Place::Nowhere && !w.optional {
            return None;
        }
        places.push(place);
    }
    let number = |place: &Place| matches!(place, Place::At(at) if is_number(&fields[*at]));
    if places.iter().any(number) {
        return None;
    }
    let text = line.trim();
    let units = Vec::new();
    Some(Header { separator, line: 0, text, headings, places, analyser, units, below: 0, lines: 0 })
}

/// Where a column stands that was asked for by its name or its number.
fn position(asked: &Heading, headings: &[Heading]) -> Option<usize> {
    match asked.key.parse::<usize>() {
        Ok(number) => number.checked_sub(1).filter(|at| *at < headings.len()),
        Err(_) => headings.iter().position(|h| h.shown == asked.shown || h.key == asked.key),
    }
}

/// A table without a header, whose columns are asked for by number, each with its unit.
fn bare<'a>(text: &'a str, wanted: &[Wanted], layout: &Layout) -> Option<Header<'a>> {
    let asked: Vec<Heading> = layout.columns.iter().map(|column| Heading::of(column)).collect();
    let places: Option<Vec<usize>> =
        asked.iter().map(|own| own.key.parse::<usize>().ok()?.checked_sub(1)).collect();
    let places = places.filter(|places| !places.is_empty())?;
    for separator in Separator::ALL {
        let mut below = 0;
        for (index, line) in text.split_inclusive('\n').enumerate().take(MOST_SETTINGS + layout.skip) {
            let fields = fields(line, separator);
            let numbers = places.iter().all(|&at| fields.get(at).is_some_and(|field| is_number(field)));
            if index >= layout.skip && numbers {
                let mut headings = vec![Heading::default(); fields.len()];
                for (own, &at) in asked.iter().zip(&places) {
                    headings[at] =
                        Heading { shown: (at + 1).to_string(), key: String::new(), unit: own.unit.clone() };
                }
                let mut at = places.iter().copied();
                let place = |w: &Wanted| {
                    if w.optional { Place::Nowhere } else { at.next().map_or(Place::Nowhere, Place::At) }
                };
                let places = wanted.iter().map(place).collect();
                let line = index + 1;
                return Some(Header {
                    separator,
                    line,
                    text: "",
                    headings,
                    places,
                    analyser: false,
                    units: Vec::new(),
                    below,
                    lines: index,
                });
            }
            below += line.len();
        }
    }
    None
}

impl Header<'_> {
    /// Whether numbers stand below it, or their units and then numbers, which become those of the header.
    fn stands_above(&mut self, text: &str, wanted: &[Wanted]) -> bool {
        let at: Vec<usize> =
            self.places.iter().filter_map(|p| if let Place::At(at) = p { Some(*at) } else { None }).collect();
        let mut rows = csv::separated(&text[self.below..], self.separator);
        let Some(first) = rows.next() else { return false };
        let all = |row: &Row<'_>, is: fn(&str) -> bool| {
            at.iter().all(|&at| row.fields.get(at).is_some_and(|field| is(&field.text)))
        };
        if all(&first, is_number) {
            return true;
        }
        let unit =
            |field: &str| Heading::of(&format!("x ({})", field.trim_matches(['(', ')', '[', ']']))).unit;
        let units = self.places.iter().zip(wanted).all(|(place, w)| match place {
            Place::At(at) if !w.optional => {
                let unit =
                    first.fields.get(*at).map_or_else(String::new, |f| unit(&f.text).unwrap_or_default());
                (w.refuses)(&unit).is_none()
            }
            _ => true,
        });
        if !units || !rows.next().is_some_and(|row| all(&row, is_number)) {
            return false;
        }
        for (heading, field) in self.headings.iter_mut().zip(&first.fields) {
            heading.unit = heading.unit.take().or_else(|| unit(&field.text));
        }
        self.units = written(&first);
        let end = self.below + first.span.end;
        let next = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
        self.lines += text[self.below..next].matches('\n').count();
        self.below = next;
        true
    }

    /// Whether a row is this header once more.
    pub fn again(&self, row: &Row<'_>, text: &str) -> bool {
        !self.text.is_empty() && text[row.span.clone()].trim() == self.text
    }

    /// Whether a row is the row of units once more. With other units it is not: its numbers would be of another size.
    pub fn units_again(&self, row: &Row<'_>) -> bool {
        !self.units.is_empty() && written(row) == self.units
    }
}

/// What stands in a row, without empty fields at its end.
fn written(row: &Row<'_>) -> Vec<String> {
    let mut fields: Vec<String> = row.fields.iter().map(|field| field.text.trim().to_owned()).collect();
    while fields.last().is_some_and(String::is_empty) {
        fields.pop();
    }
    fields
}

pub(super) fn is_number(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
        && text.replace(',', ".").replace('\u{2212}', "-").parse::<f64>().is_ok()
}
