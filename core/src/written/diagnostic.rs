//! What is wrong with a text, and where: file, line, value, what is allowed, and a hint.
//!
//! Faults are collected, never thrown one at a time: a reader who fixes a scenario wants the whole
//! list. A [`Diagnostic`] carries its own source text, so it can be shown long after the file was
//! closed, and a fault in a `--set` argument is shown in that argument.

pub use crate::hint::nearest;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// A text that values come from: a file, a shipped scenario, or a command-line argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Path as the user wrote it, `digits (shipped)`, or `--set`.
    pub name: String,
    /// All of it, so that a fault can be shown with its line.
    pub text: String,
    /// Which layer of the scenario this is: 0 is the innermost `extends`, arguments come last.
    pub layer: u32,
    /// What the names of files in this text are relative to.
    pub base: Base,
}

/// The directory that file names are relative to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// A directory on disk; empty for the working directory.
    Directory(PathBuf),
    /// A directory of the embedded scenarios.
    Shipped(PathBuf),
}

impl Source {
    /// Whether this is an argument and no file.
    #[must_use]
    pub fn is_argument(&self) -> bool {
        self.layer == u32::MAX
    }

    /// A file that names no other files.
    #[must_use]
    pub fn file(name: &str, text: &str) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            text: text.into(),
            layer: 0,
            base: Base::Directory(PathBuf::new()),
        })
    }

    /// A command-line argument: later than any file, relative to the working directory.
    #[must_use]
    pub fn argument(name: &str, text: &str) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            text: text.into(),
            layer: u32::MAX,
            base: Base::Directory(PathBuf::new()),
        })
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
        let before = self.source.text.get(..self.span.start).unwrap_or(&self.source.text);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
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

/// One fault of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether the scenario can still run.
    pub severity: Severity,
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
        At {
            source: Arc::new(Source {
                name: "a.toml".into(),
                layer: 0,
                ..(*Source::argument("", text)).clone()
            }),
            span,
        }
    }

    #[test]
    fn a_place_is_counted_in_lines_and_characters() {
        let place = at("ä = 1\nπ = \"µA\"\n", 12..17);
        assert_eq!(place.text(), "\"µA\"");
        assert_eq!(place.line_column(), (2, 5));
        assert_eq!(place.to_string(), "a.toml:2:5");
    }
}
