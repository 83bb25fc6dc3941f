//! What is wrong with a text, and where: file, line, value, what is allowed, and a hint.
//!
//! Faults are collected, never thrown one at a time: a reader who fixes a scenario wants the whole
//! list. A [`Diagnostic`] carries its own source text, so it can be shown long after the file was
//! closed, and a fault in a `--set` argument is shown in that argument.

pub use crate::hint::nearest;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// A text that values come from: a file, a shipped scenario, or a command-line argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Path as the user wrote it, `digits (shipped)`, or `--set`.
    pub name: String,
    /// All of it, so that a fault can be shown with its line.
    pub text: Arc<str>,
    /// Which layer of the scenario this is: 0 is the innermost `extends`, arguments come last.
    pub layer: u32,
    /// What the names of files in this text are relative to.
    pub base: Base,
    /// Line and column at every so many bytes, found when they are first asked for.
    marks: OnceLock<Vec<Mark>>,
}

/// A place in a text whose line and column are known, both counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    byte: usize,
    line: usize,
    column: usize,
}

impl Mark {
    /// Over a stretch of the text.
    fn over(self, stretch: &[u8]) -> Self {
        let mut mark = Self { byte: self.byte + stretch.len(), ..self };
        for &byte in stretch {
            match byte {
                b'\n' => (mark.line, mark.column) = (mark.line + 1, 0),
                // What continues a character of UTF-8 is none.
                0x80..=0xbf => {}
                _ => mark.column += 1,
            }
        }
        mark
    }
}

/// Bytes between two marks: looking up the places of many faults takes no longer than they are many.
const STRETCH: usize = 1024;

/// The directory that file names are relative to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// A directory on disk; empty for the working directory.
    Directory(PathBuf),
    /// A directory of the embedded scenarios.
    Shipped(PathBuf),
}

impl Source {
    /// A text of this name.
    #[must_use]
    pub fn new(name: String, text: impl Into<Arc<str>>, layer: u32, base: Base) -> Arc<Self> {
        Arc::new(Self { name, text: text.into(), layer, base, marks: OnceLock::new() })
    }

    /// Line and column of a byte.
    fn mark(&self, byte: usize) -> Mark {
        let text = self.text.as_bytes();
        let marks = self.marks.get_or_init(|| {
            let mut mark = Mark { byte: 0, line: 0, column: 0 };
            let mut marks = vec![mark];
            for stretch in text.chunks_exact(STRETCH) {
                mark = mark.over(stretch);
                marks.push(mark);
            }
            marks
        });
        let byte = byte.min(text.len());
        let before = marks[(byte / STRETCH).min(marks.len() - 1)];
        before.over(&text[before.byte..byte])
    }

    /// Whether this is an argument and no file.
    #[must_use]
    pub fn is_argument(&self) -> bool {
        self.layer == u32::MAX
    }

    /// A file that names no other files.
    #[must_use]
    pub fn file(name: &str, text: &str) -> Arc<Self> {
        Self::new(name.into(), text, 0, Base::Directory(PathBuf::new()))
    }

    /// A command-line argument: later than any file, relative to the working directory.
    #[must_use]
    pub fn argument(name: &str, text: &str) -> Arc<Self> {
        Self::new(name.into(), text, u32::MAX, Base::Directory(PathBuf::new()))
    }
}

/// A place in a [`Source`], as a range of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The text it is in.
    pub source: Arc<Source>,
    /// Bytes from its start.
    pub span: Range<usize>,
}

impl At {
    /// The 1-based line and column (in characters) of the start.
    #[must_use]
    pub fn line_column(&self) -> (usize, usize) {
        let mark = self.source.mark(self.span.start);
        (mark.line + 1, mark.column + 1)
    }

    /// The text at this place.
    #[must_use]
    pub fn text(&self) -> &str {
        self.source.text.get(self.span.clone()).unwrap_or("")
    }
}

impl std::fmt::Display for At {
    /// `file:line:column`; a command-line argument is short enough to be quoted whole.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.source.is_argument() {
            return write!(f, "{} {}", self.source.name, self.source.text);
        }
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}", self.source.name)
    }
}

/// Whether a scenario can still run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Implausible, but possible.
    Warning,
    /// The scenario cannot run.
    Error,
}

/// What sort of fault it is, for programs that answer to each in their own way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// A value that is not allowed, or not there.
    #[default]
    Value,
    /// A key or a section that nobody knows.
    Unknown,
    /// A file or a scenario that is not where it was looked for.
    Missing,
}

/// One fault of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether the scenario can still run.
    pub severity: Severity,
    /// What sort of fault it is.
    pub sort: Sort,
    /// What is wrong, with the value: "`tau_m` of population `output` is -9.41 ms".
    pub what: Box<str>,
    /// Where; `None` when there is no text to point at (a file that does not exist).
    pub at: Option<At>,
    /// A word or two at the marked text.
    pub label: Box<str>,
    /// What would be accepted.
    pub allowed: Option<Box<str>>,
    /// What to do.
    pub hint: Option<Box<str>>,
    /// Other places that take part, each with its word.
    pub also: Vec<(At, String)>,
}

impl Diagnostic {
    /// A fault after which the scenario cannot run; where, and what is allowed, are added by the methods below.
    #[must_use]
    pub fn error(what: impl Into<Box<str>>) -> Self {
        Self {
            severity: Severity::Error,
            sort: Sort::Value,
            what: what.into(),
            at: None,
            label: "here".into(),
            allowed: None,
            hint: None,
            also: Vec::new(),
        }
    }

    /// A remark on something implausible; the scenario runs.
    #[must_use]
    pub fn warning(what: impl Into<Box<str>>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(what) }
    }

    /// Says that nobody knows the name.
    #[must_use]
    pub fn unknown(self) -> Self {
        Self { sort: Sort::Unknown, ..self }
    }

    /// Says that something is not where it was looked for.
    #[must_use]
    pub fn missing(self) -> Self {
        Self { sort: Sort::Missing, ..self }
    }

    /// Marks a place.
    #[must_use]
    pub fn at(mut self, at: &At) -> Self {
        self.at = Some(at.clone());
        self
    }

    /// Marks a place, if there is one.
    #[must_use]
    pub fn maybe_at(self, at: Option<&At>) -> Self {
        match at {
            Some(at) => self.at(at),
            None => self,
        }
    }

    /// Puts a word or two at the marked text, instead of "here".
    #[must_use]
    pub fn label(mut self, label: impl Into<Box<str>>) -> Self {
        self.label = label.into();
        self
    }

    /// Says what would be accepted.
    #[must_use]
    pub fn allowed(mut self, allowed: impl Into<Box<str>>) -> Self {
        self.allowed = Some(allowed.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Box<str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says what to do, if that is known.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.map(Into::into).or(self.hint);
        self
    }

    /// Marks one more place with its word, if there is one.
    #[must_use]
    pub fn also(mut self, at: Option<&At>, word: impl Into<String>) -> Self {
        if let Some(at) = at {
            self.also.push((at.clone(), word.into()));
        }
        self
    }

    /// Says where the text with the fault was asked for; the only place of a fault that has none of its own.
    #[must_use]
    pub fn asked_for(self, at: Option<&At>, word: &str) -> Self {
        if self.at.is_none() { self.maybe_at(at).label(word) } else { self.also(at, word) }
    }

    /// Name of the file (or argument) the fault is in.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.at.as_ref().map(|at| at.source.name.as_str())
    }

    /// The value as it was written.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.at.as_ref().map(At::text)
    }

    /// Bytes of the source text the fault is about.
    #[must_use]
    pub fn span(&self) -> Option<Range<usize>> {
        self.at.as_ref().map(|at| at.span.clone())
    }
}

/// Everything found wrong, in the order it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a fault at the end.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds those of another list at the end.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether nothing was found, not even a warning.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something was found after which the scenario cannot run.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// In the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// Number of errors and of warnings.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let errors = self.0.iter().filter(|d| d.severity == Severity::Error).count();
        (errors, self.0.len() - errors)
    }
}

impl From<Vec<Diagnostic>> for Diagnostics {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self(diagnostics)
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, span: Range<usize>) -> At {
        At { source: Source::file("a.toml", text), span }
    }

    #[test]
    fn a_place_is_counted_in_lines_and_characters() {
        let place = at("ä = 1\nπ = \"µA\"\n", 12..17);
        assert_eq!(place.text(), "\"µA\"");
        assert_eq!(place.line_column(), (2, 5));
        assert_eq!(place.to_string(), "a.toml:2:5");
    }

    #[test]
    fn the_place_of_every_byte_of_a_long_text_is_what_counting_from_its_start_gives() {
        let long = "é".repeat(1500);
        let text: String =
            (0..700).map(|k| format!("{k} = \"µ{}\"\n", if k % 100 == 7 { &long } else { "" })).collect();
        let source = Source::file("a.toml", &text);
        for (byte, _) in text.char_indices().step_by(7) {
            let before = &text[..byte];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
            assert_eq!(At { source: Arc::clone(&source), span: byte..byte }.line_column(), (line, column));
        }
        let end = At { source, span: text.len() + 9..text.len() + 9 };
        assert_eq!(end.line_column(), (701, 1));
    }
}
