//! Long lists of rows, `[["1 ms", 0], ["2 ms", 3], ...]`, which are read row by row from where they are written: as a tree they
//! would take thirty times as much memory as their text.
//!
//! Only rows of plain quoted texts and decimal numbers are taken, which is what writers of such lists write; a list with
//! anything else in it is left to the reader of TOML, which also knows what is wrong with it.

use super::diagnostic::{At, Source};
use super::text::{Node, Value};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Bytes of a list that is long.
const LONG: usize = 1 << 14;

/// A list of rows that stays in its text.
#[derive(Clone, Debug)]
pub struct Rows {
    source: Arc<Source>,
    /// With its brackets.
    span: Range<usize>,
    len: usize,
}

impl Rows {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The rows, each a list.
    pub fn iter(&self) -> impl Iterator<Item = Node> + '_ {
        let mut scan = Scan { text: self.source.text.as_bytes(), at: self.span.start + 1 };
        std::iter::from_fn(move || {
            scan.blank()?;
            scan.eat(b',');
            scan.blank()?;
            let mut cells = Vec::with_capacity(3);
            let span = scan.row(|scan, cell| {
                let at = At { source: self.source.clone(), span: cell.clone() };
                cells.push(Node { value: scan.value(cell), at });
            })?;
            Some(Node { value: Value::List(cells), at: At { source: self.source.clone(), span } })
        })
    }
}

/// A list of rows in a text: with its brackets, and how many rows it has.
pub(super) type Found = (Range<usize>, usize);

/// The long lists of a TOML text, in order.
pub(super) fn find(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    if bytes.len() < LONG {
        return found;
    }
    let (mut at, mut equals) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at = end_of_line(bytes, at),
            quote @ (b'"' | b'\'') => {
                at = after_string(bytes, at, quote);
                equals = false;
                continue;
            }
            b'=' => equals = true,
            b' ' | b'\t' => {}
            b'[' if equals => {
                equals = false;
                if let Some((span, len)) = rows(bytes, at) {
                    at = span.end;
                    if span.len() >= LONG {
                        found.push((span, len));
                    }
                    continue;
                }
            }
            _ => equals = false,
        }
        at += 1;
    }
    found
}

/// The text with nothing between the brackets of these lists, every other byte in its place.
pub(super) fn without<'a>(text: &'a str, lists: &[Found]) -> Cow<'a, str> {
    if lists.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut rest = String::with_capacity(text.len());
    for (span, _) in lists {
        rest.push_str(&text[rest.len()..=span.start]);
        rest.extend(std::iter::repeat_n(' ', span.len() - 2));
    }
    rest.push_str(&text[rest.len()..]);
    Cow::Owned(rest)
}

/// What a list is, of which the parser has seen the brackets alone.
pub(super) fn of(source: &Arc<Source>, span: &Range<usize>, lists: &[Found]) -> Option<Rows> {
    let at = lists.binary_search_by_key(&span.start, |(list, _)| list.start).ok()?;
    let (span, len) = lists[at].clone();
    Some(Rows { source: source.clone(), span, len })
}

/// The list of rows that begins at `start`, if it is one.
fn rows(bytes: &[u8], start: usize) -> Option<Found> {
    let mut scan = Scan { text: bytes, at: start + 1 };
    let mut len = 0;
    loop {
        scan.blank()?;
        if scan.eat(b']') {
            return Some((start..scan.at, len));
        }
        scan.row(|_, _| {})?;
        len += 1;
        scan.blank()?;
        if !scan.eat(b',') {
            return scan.eat(b']').then_some((start..scan.at, len));
        }
    }
}

fn end_of_line(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |length| at + length)
}

/// Behind a string of any of TOML's four kinds.
fn after_string(bytes: &[u8], at: usize, quote: u8) -> usize {
    let three = [quote; 3];
    let close: &[u8] = if bytes[at..].starts_with(&three) { &three } else { &three[..1] };
    let mut at = at + close.len();
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 2,
            // A string that is not closed ends with its line, as far as the rest is concerned.
            b'\n' if close.len() == 1 => return at,
            _ if bytes[at..].starts_with(close) => return at + close.len(),
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Reads rows of plain values.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn eat(&mut self, byte: u8) -> bool {
        let there = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(there);
        there
    }

    /// Goes over blanks, ends of lines and comments; `None` at the end of the text.
    fn blank(&mut self) -> Option<()> {
        loop {
            match self.text.get(self.at)? {
                b' ' | b'\t' | b'\n' => self.at += 1,
                b'\r' if self.text.get(self.at + 1) == Some(&b'\n') => self.at += 2,
                b'#' => {
                    let end = end_of_line(self.text, self.at);
                    // A control character makes a comment none.
                    let plain = |byte: &u8| (*byte >= b' ' && *byte != 0x7f) || matches!(byte, b'\t' | b'\r');
                    if !self.text[self.at..end].iter().all(plain) {
                        return None;
                    }
                    self.at = end;
                }
                _ => return Some(()),
            }
        }
    }

    /// One row, whose cells are told; `None` if it is anything else.
    fn row(&mut self, mut cell: impl FnMut(&Self, Range<usize>)) -> Option<Range<usize>> {
        let start = self.at;
        if !self.eat(b'[') {
            return None;
        }
        loop {
            self.blank()?;
            if self.eat(b']') {
                return Some(start..self.at);
            }
            let span = self.cell()?;
            cell(self, span);
            self.blank()?;
            if !self.eat(b',') {
                return self.eat(b']').then_some(start..self.at);
            }
        }
    }

    /// A quoted text without escapes, or a decimal number.
    fn cell(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        if self.eat(b'"') {
            // Three quotes in a row open a text of several lines.
            let length =
                self.text[self.at..].iter().position(|&b| matches!(b, b'"' | b'\\' | 0..=0x1f | 0x7f))?;
            self.at += length;
            let closed = self.eat(b'"') && (length > 0 || self.text.get(self.at) != Some(&b'"'));
            return closed.then_some(start..self.at);
        }
        let digits = |scan: &mut Self| {
            let from = scan.at;
            scan.at += scan.text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            scan.text[from..scan.at].len()
        };
        let _ = self.eat(b'-') || self.eat(b'+');
        let zero = self.text.get(self.at) == Some(&b'0');
        match digits(self) {
            0 => return None,
            2.. if zero => return None,
            _ => {}
        }
        if self.eat(b'.') && digits(self) == 0 {
            return None;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'-') || self.eat(b'+');
            if digits(self) == 0 {
                return None;
            }
        }
        matches!(self.text.get(self.at)?, b' ' | b'\t' | b'\r' | b'\n' | b',' | b']' | b'#')
            .then_some(start..self.at)
    }

    /// The value of a cell.
    fn value(&self, span: Range<usize>) -> Value {
        // What the cells were found in is text, and they begin and end with ASCII.
        let text = std::str::from_utf8(&self.text[span]).unwrap_or_default();
        if let Some(quoted) = text.strip_prefix('"') {
            return Value::Text(quoted.trim_end_matches('"').to_string());
        }
        match text.parse() {
            Ok(whole) => Value::Integer(whole),
            // As where the reader of TOML meets an integer beyond 128 bits.
            Err(_) if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-' || byte == b'+') => {
                Value::Float(f64::INFINITY)
            }
            Err(_) => Value::Float(text.parse().unwrap_or(f64::NAN)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::diagnostic::Diagnostics;
    use super::super::text::parse;
    use super::*;

    /// Rows that only the tree of all of them can hold: the same, one after another.
    fn tree(text: &str) -> Vec<String> {
        let mut faults = Diagnostics::default();
        let root = parse(&Source::file("x", text), &mut faults);
        assert!(!faults.has_errors(), "{}", faults.render(false));
        let told = |node: &Node| match &node.value {
            Value::List(cells) => {
                let cells = cells.iter().map(|cell| format!("{:?} {:?}", cell.value, cell.at.span));
                format!("{:?}: {}", node.at.span, cells.collect::<Vec<_>>().join("; "))
            }
            other => format!("{other:?}"),
        };
        match &root.get("spikes").unwrap().node.value {
            Value::Rows(rows) => {
                assert_eq!(rows.len(), rows.iter().count());
                rows.iter().map(|row| told(&row)).collect()
            }
            Value::List(rows) => rows.iter().map(told).collect(),
            other => panic!("{other:?}"),
        }
    }

    const ODD: &str = "[\"1 ms\", 0], [ \"\u{b5}s\" ,+7,-0.5e-3 ],\n # one, ] more\r\n[], [\"\", 170141183460469231731687303715884105728,],\n\t[1, 2, 3]";

    #[test]
    fn a_long_list_has_the_rows_that_the_parser_of_toml_finds() {
        let many = vec![ODD; LONG / ODD.len() + 2].join(", ");
        let long = format!("a = \"x = [\" # = [[\nspikes = [{many},]\nb = [[1]]\n");
        assert_eq!(find(&long).len(), 1);
        let found = tree(&long);
        // A text with an escape at the end makes all of it a list for the parser.
        let listed = long.replace(",]\nb", ", [\"\\u0041\"]]\nb");
        assert_eq!(find(&listed), []);
        let mut wanted = tree(&listed);
        wanted.pop();
        assert_eq!(found, wanted);
    }

    #[test]
    fn what_is_no_list_of_plain_rows_is_left_alone() {
        let many = vec!["[1, 2]"; LONG].join(", ");
        for odd in [
            "01",
            "1_0",
            "0x1",
            "1.",
            "1e",
            "\"a\\n\"",
            "'a'",
            "[1]",
            "true",
            "1979-05-27",
            "{ a = 1 }",
            "\"\"\"a\"\"\"",
        ] {
            assert_eq!(find(&format!("a = [{many}, [{odd}]]\n")), [], "{odd}");
        }
        assert_eq!(find(&format!("a = \"\"\"\nb = [{many}]\n\"\"\"\n")), [], "within a text");
        assert_eq!(find(&format!("a = [{many}\n")), [], "not closed");
        assert_eq!(find(&format!("# a = [{many}]\n")), [], "within a comment");
        assert_eq!(find(&format!("a = [{many}]\n")).len(), 1);
    }
}
