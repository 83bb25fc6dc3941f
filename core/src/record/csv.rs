//! Reading tables: CSV text to rows whose fields know where they stand.
//!
//! One reader for lists of spikes and synapses, for the spikes of a run and for measurements. Fields are separated by
//! commas, or by what else a [`Separator`] can be; one that holds a comma, a quote or the end of a line stands in double
//! quotes (RFC 4180). Blank lines, and lines that begin with `#`, are no rows. What a header must have, and what a field
//! may be, its user says.

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};
use std::borrow::Cow;
use std::ops::Range;

/// A field without the blanks around it (those inside quotes stay).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Unquoted.
    pub text: Cow<'a, str>,
    /// Where it stands in the whole text, in bytes, quotes included.
    pub span: Range<usize>,
}

impl Field<'_> {
    /// The name and the unit of a header: `time [ms]` has both, `id` has no unit.
    #[must_use]
    pub fn name_and_unit(&self) -> (&str, Option<&str>) {
        match self.text.split_once('[') {
            Some((name, unit)) => (name.trim(), Some(unit.trim_end().trim_end_matches(']').trim())),
            None => (self.text.trim(), None),
        }
    }
}

/// What stands between two fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Separator {
    /// `,`
    #[default]
    Comma,
    /// `;`
    Semicolon,
    /// One for each field.
    Tab,
    /// Any number of them; nothing is quoted.
    Blanks,
}

impl Separator {
    /// All, the unlikeliest within a field first.
    pub const ALL: [Self; 4] = [Self::Tab, Self::Semicolon, Self::Comma, Self::Blanks];

    /// In a sentence: "separated by commas".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Comma => "commas",
            Self::Semicolon => "semicolons",
            Self::Tab => "tabs",
            Self::Blanks => "blanks",
        }
    }

    fn character(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
            Self::Tab => '\t',
            Self::Blanks => ' ',
        }
    }
}

/// How the characters of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Also plain ASCII.
    Utf8,
    /// With a byte order mark, of either order.
    Utf16,
    /// What is not UTF-8 and has no byte that text never has: ISO 8859-1.
    Latin1,
}

impl Encoding {
    /// As people write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16 => "UTF-16",
            Self::Latin1 => "Latin-1",
        }
    }
}

/// The text of a file as instruments and spreadsheets write it, with `\n` at the ends of its lines and no byte order mark;
/// `None` for what has a zero byte and is no UTF-16.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<(String, Encoding)> {
    let wide = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| from([pair[0], pair[1]])).collect();
        (String::from_utf16_lossy(&units), Encoding::Utf16)
    };
    let (text, encoding) = match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ if bytes.contains(&0) => return None,
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => (text.trim_start_matches('\u{feff}').to_owned(), Encoding::Utf8),
            // The first 256 characters of Unicode are those of Latin-1.
            Err(_) => (bytes.iter().map(|&byte| char::from(byte)).collect(), Encoding::Latin1),
        },
    };
    let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
    Some((text, encoding))
}

/// A row, or the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The line on which it begins, counted from 1.
    pub line: usize,
    /// All of it without the end of its line, in bytes of the whole text.
    pub span: Range<usize>,
    /// As many as the line has: a reader that wants as many as the header has compares.
    pub fields: Vec<Field<'a>>,
}

/// The rows of a text in order, the header first.
#[derive(Debug)]
pub struct Rows<'a> {
    text: &'a str,
    separator: Separator,
    reader: Reader,
    /// Read up to here, in bytes, which is on this line.
    at: usize,
    line: usize,
    unquoted: Vec<u8>,
}

/// Begins to read a text.
#[must_use]
pub fn rows(text: &str) -> Rows<'_> {
    separated(text, Separator::Comma)
}

/// Begins to read a text whose fields are separated by something else.
#[must_use]
pub fn separated(text: &str, separator: Separator) -> Rows<'_> {
    let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let reader = ReaderBuilder::new().delimiter(separator.character() as u8).build();
    Rows { text, separator, reader, at, line: 1, unquoted: vec![0; 64] }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        self.skip_what_is_no_row();
        let (line, start) = (self.line, self.at);
        if self.separator == Separator::Blanks {
            return self.words();
        }
        let mut fields = Vec::new();
        while let Some((field, last)) = self.field() {
            fields.push(field);
            if last {
                break;
            }
        }
        let end = self.text[start..self.at].trim_end().len() + start;
        (!fields.is_empty()).then_some(Row { line, span: start..end, fields })
    }
}

impl<'a> Rows<'a> {
    fn skip_what_is_no_row(&mut self) {
        while let Some(line) = self.text[self.at..].split_inclusive('\n').next() {
            let content = line.trim();
            if !content.is_empty() && !content.starts_with('#') {
                return;
            }
            self.pass(line.len());
        }
    }

    fn pass(&mut self, bytes: usize) {
        let passed = &self.text.as_bytes()[self.at..self.at + bytes];
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.at += bytes;
    }

    /// A row whose fields are the words of its line.
    fn words(&mut self) -> Option<Row<'a>> {
        let (line, start) = (self.line, self.at);
        let whole = self.text[start..].split_inclusive('\n').next()?;
        self.pass(whole.len());
        let mut fields = Vec::new();
        let mut at = 0;
        for word in whole.split_whitespace() {
            at += whole[at..].find(word)?;
            let span = start + at..start + at + word.len();
            at += word.len();
            fields.push(Field { text: Cow::Borrowed(word), span });
        }
        Some(Row { line, span: start..start + whole.trim_end().len(), fields })
    }

    /// The next field, and whether it is the last of its row.
    fn field(&mut self) -> Option<(Field<'a>, bool)> {
        let (start, mut length) = (self.at, 0);
        let last = loop {
            let input = &self.text.as_bytes()[self.at..];
            let (result, read, written) = self.reader.read_field(input, &mut self.unquoted[length..]);
            self.pass(read);
            length += written;
            match result {
                // Asked once more with nothing left, the reader closes the row.
                ReadFieldResult::InputEmpty => {}
                ReadFieldResult::OutputFull => self.unquoted.resize(2 * self.unquoted.len(), 0),
                ReadFieldResult::Field { record_end } => break record_end,
                ReadFieldResult::End => return None,
            }
        };
        let raw = &self.text[start..self.at];
        let raw = if last { raw } else { raw.strip_suffix(self.separator.character()).unwrap_or(raw) };
        // The end of its line first: an empty field is on its own line, not on the next.
        let raw = raw.trim_end();
        let start = start + (raw.len() - raw.trim_start().len());
        let raw = raw.trim_start();
        let text = match String::from_utf8_lossy(&self.unquoted[..length]) {
            unquoted if raw.starts_with('"') => Cow::Owned(unquoted.into_owned()),
            _ => Cow::Borrowed(raw),
        };
        Some((Field { text, span: start..start + raw.len() }, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(text: &str) -> Vec<(usize, Vec<String>)> {
        let fields = |row: Row<'_>| row.fields.iter().map(|field| field.text.to_string()).collect();
        rows(text).map(|row| (row.line, fields(row))).collect()
    }

    fn row(line: usize, fields: &[&str]) -> (usize, Vec<String>) {
        (line, fields.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn rows_have_their_line_whatever_stands_between_them() {
        for end in ["\n", "\r\n"] {
            let text = "\u{feff}# one\n\ntime [ms], id\n  # two\n1,2\n\t\n 3 ,4 \n5,".replace('\n', end);
            let want =
                [row(3, &["time [ms]", "id"]), row(5, &["1", "2"]), row(7, &["3", "4"]), row(8, &["5", ""])];
            assert_eq!(texts(&text), want, "{end:?}");
        }
        assert_eq!(texts(""), []);
        assert_eq!(texts("# only this"), []);
        assert_eq!(texts(" \n\n"), []);
    }

    #[test]
    fn fields_may_be_separated_by_something_else() {
        let all = |text: &str, separator| -> Vec<Vec<String>> {
            let rows = separated(text, separator).map(|row| {
                assert!(row.fields.iter().all(|f| text.get(f.span.clone()) == Some(f.text.as_ref())));
                row.fields.iter().map(|field| field.text.to_string()).collect()
            });
            rows.collect()
        };
        for (text, separator) in [
            ("a b;c\n1,5;2\n", Separator::Semicolon),
            ("a b\tc\n1,5\t 2\n", Separator::Tab),
            ("a b,c\n\"1,5\",2\n", Separator::Comma),
        ] {
            let found: Vec<Vec<String>> = separated(text, separator)
                .map(|row| row.fields.iter().map(|field| field.text.to_string()).collect())
                .collect();
            assert_eq!(found, [["a b", "c"], ["1,5", "2"]], "{separator:?}");
        }
        assert_eq!(all(" x  x\n\n# no\n1\t 1 \n", Separator::Blanks), [["x", "x"], ["1", "1"]]);
        assert_eq!(all("1\t\t3\n", Separator::Tab), [["1", "", "3"]]);
    }

    #[test]
    fn texts_of_instruments_and_spreadsheets_are_decoded() {
        let text = "I [\u{b5}A]\n1\n";
        let lines = "I [\u{b5}A]\r\n1\r";
        let units = || lines.encode_utf16();
        let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(units().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(units().flat_map(u16::to_be_bytes)).collect();
        let marked = [&[0xef, 0xbb, 0xbf], lines.as_bytes()].concat();
        for (bytes, encoding) in [
            (lines.as_bytes(), Encoding::Utf8),
            (&marked, Encoding::Utf8),
            (&little, Encoding::Utf16),
            (&big, Encoding::Utf16),
            (b"I [\xb5A]\r\n1\r", Encoding::Latin1),
        ] {
            assert_eq!(decode(bytes), Some((text.to_owned(), encoding)));
        }
        assert_eq!(decode(b"PK\x03\x04\0\0"), None);
    }

    #[test]
    fn quotes_hold_commas_quotes_and_ends_of_lines() {
        let text = "name,id\n\"a,b\",1\n\"say \"\"hi\"\"\n# no comment\",2\n\" c \",3\n5\",6\n";
        let want = [
            row(1, &["name", "id"]),
            row(2, &["a,b", "1"]),
            row(3, &["say \"hi\"\n# no comment", "2"]),
            row(5, &[" c ", "3"]),
            row(6, &["5\"", "6"]),
        ];
        assert_eq!(texts(text), want);
        assert_eq!(texts("a\n\"never closed\n"), [row(1, &["a"]), row(2, &["never closed\n"])]);
    }

    #[test]
    fn fields_and_rows_know_where_they_stand() {
        let text = "\u{feff}a, bc \n\n \"d,e\" , f\n";
        let all: Vec<Row<'_>> = rows(text).collect();
        let shown = |row: &Row<'_>| -> Vec<String> {
            row.fields.iter().map(|field| text[field.span.clone()].to_string()).collect()
        };
        assert_eq!(shown(&all[0]), ["a", "bc"]);
        // A quote counts only where a field begins.
        assert_eq!(shown(&all[1]), ["\"d", "e\"", "f"]);
        assert_eq!((&text[all[0].span.clone()], &text[all[1].span.clone()]), ("a, bc", " \"d,e\" , f"));
    }

    #[test]
    fn an_empty_field_at_the_end_of_a_line_is_on_that_line() {
        for end in ["\n", "\r\n", ""] {
            let text = format!("a,b\n1, {end}");
            let row = rows(&text).nth(1).unwrap();
            assert_eq!((row.fields.len(), row.fields[1].span.clone()), (2, 6..6), "{end:?}");
        }
    }

    #[test]
    fn a_header_has_a_name_and_may_have_a_unit() {
        let text = "time [ms],id, rate[ Hz ] ,[,state [mV";
        let header = rows(text).next().unwrap();
        let found: Vec<_> = header.fields.iter().map(Field::name_and_unit).collect();
        let want =
            [("time", Some("ms")), ("id", None), ("rate", Some("Hz")), ("", Some("")), ("state", Some("mV"))];
        assert_eq!(found, want);
    }

    #[test]
    fn a_field_of_any_length_is_read() {
        let long = "x\"\"y".repeat(1000);
        assert_eq!(texts(&format!("\"{long}\",1\n"))[0].1, [long.replace("\"\"", "\""), "1".into()]);
    }

    proptest! {
        #[test]
        fn what_was_quoted_is_read_back(cells in prop::collection::vec("[a-z #,\"\\n]{0,8}", 1..5)) {
            let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
            let text = format!("h\n{}\n", cells.iter().map(quoted).collect::<Vec<_>>().join(","));
            prop_assert_eq!(&texts(&text)[1].1, &cells);
        }

        #[test]
        fn no_text_makes_the_reader_panic_and_every_place_is_in_it(text in "[a,\"\\r\\n#\u{feff}é ]{0,40}") {
            for row in rows(&text) {
                prop_assert!(text.get(row.span.clone()).is_some());
                prop_assert!(row.fields.iter().all(|field| text.get(field.span.clone()).is_some()));
            }
        }
    }
}
