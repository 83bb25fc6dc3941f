//! Scenarios that belong together: a directory of them with a `set.toml` that says what they are.

use super::device::Standing;
use super::diagnostic::Diagnostic;
use serde::Deserialize;

/// The file in the directory.
pub const FILE: &str = "set.toml";

/// What a directory of scenarios says of itself.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// At the top of the page of the set.
    pub title: String,
    /// Results that belong to it and are too long to make every time.
    #[serde(default)]
    pub elsewhere: Vec<Elsewhere>,
}

/// A figure another scenario reproduces, with its reference result.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// Its number in the paper: `5a`.
    pub figure: String,
    /// The quantity in words.
    pub what: String,
    /// As the paper has it.
    pub paper: String,
    /// What the reference run gave.
    pub reference: String,
    /// `reference` less `paper`.
    pub difference: String,
    /// What the agreement says of the model.
    #[serde(default)]
    pub standing: Option<Standing>,
    /// The scenario that makes it.
    pub scenario: String,
    /// How the reference was made.
    pub why: String,
}

/// Reads a `set.toml`.
pub(super) fn parse(file: &str, text: &str) -> Result<Set, Diagnostic> {
    toml::from_str(text).map_err(|error| {
        let line =
            error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Diagnostic::error(format!("{file}:{line}: {}", error.message())).allowed(
            "title, and [[elsewhere]] with figure, what, paper, reference, difference, scenario, why, and if wanted standing",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_says_where_it_is_wrong() {
        assert_eq!(parse("set.toml", "title = \"x\"").unwrap().elsewhere, []);
        let fault = parse("set.toml", "title = \"x\"\nelsewere = []").unwrap_err();
        assert!(fault.what.starts_with("set.toml:2: unknown field `elsewere`"), "{}", fault.what);
    }
}
