//! Names of files that say what is in them: `{digit}_{speaker}_{index}.wav`, and rules about their parts.

use super::{fault, hinted};
use crate::dataset::Fault;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The part of a name that is the class.
const CLASS: &str = "class";

/// How files are called: text, and parts in braces that are whatever stands between. A part holds no `/`, and ends where what follows it
/// begins for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(pub String);

/// A piece of a pattern.
enum Piece<'a> {
    Text(&'a str),
    Part(&'a str),
}

impl Pattern {
    /// The pieces, one after the other; `Err`: what is wrong with it.
    fn pieces(&self) -> Result<Vec<Piece<'_>>, &'static str> {
        let (mut pieces, mut rest) = (Vec::new(), self.0.as_str());
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or("a brace is not closed")?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before));
            } else if let Some(Piece::Part(_)) = pieces.last() {
                return Err("two parts follow each other with nothing in between");
            }
            pieces.push(Piece::Part(name));
            rest = after;
        }
        pieces.push(Piece::Text(rest));
        Ok(pieces)
    }

    /// Names of the parts.
    #[must_use]
    pub fn parts(&self) -> Vec<&str> {
        let name = |piece| if let Piece::Part(name) = piece { Some(name) } else { None };
        self.pieces().unwrap_or_default().into_iter().filter_map(name).collect()
    }

    /// What is wrong with it.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        let pieces = match self.pieces() {
            Ok(pieces) => pieces,
            Err(what) => return Some(what),
        };
        let classes = pieces.iter().filter(|piece| matches!(piece, Piece::Part(CLASS))).count();
        (classes != 1).then_some("it has not one part {class}")
    }

    /// How many folders down the files are.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.0.matches('/').count()
    }

    /// What the parts of a name are, if it is one of these.
    #[must_use]
    pub fn matched<'n>(&self, name: &'n str) -> Option<Vec<&'n str>> {
        let (mut values, mut rest, mut open) = (Vec::new(), name, false);
        let pieces = self.pieces().ok()?;
        let last = pieces.len() - 1;
        for (k, piece) in pieces.iter().enumerate() {
            let Piece::Text(text) = piece else {
                open = true;
                continue;
            };
            let at = match (open, k == last) {
                (true, true) => rest.len().checked_sub(text.len()).filter(|_| rest.ends_with(text))?,
                (true, false) => rest.find(text)?,
                (false, _) => Some(0).filter(|_| rest.starts_with(text) && (k < last || rest == *text))?,
            };
            if open {
                values.push(&rest[..at]);
            }
            rest = &rest[at + text.len()..];
            open = false;
        }
        values.iter().all(|value| !value.is_empty() && !value.contains('/')).then_some(values)
    }
}

/// Which files are tested: those in which a part is one of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Among {
    /// A number from the first to the last.
    Range(u64, u64),
    /// One of these words.
    Words(Vec<String>),
}

/// A part, and what it is in the files that are tested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The part.
    pub part: String,
    /// What it is.
    pub among: Among,
}

impl Rule {
    /// Reads `index = 0 to 4` or `speaker = theo, lucas`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (part, values) = text.split_once('=')?;
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let range = values.split_once(" to ").and_then(|(first, last)| Some((number(first)?, number(last)?)));
        let words: Vec<String> = values.split(',').map(|word| word.trim().to_owned()).collect();
        let among = match range {
            Some((first, last)) if first <= last => Among::Range(first, last),
            Some(_) => return None,
            None if words.iter().any(String::is_empty) => return None,
            None => Among::Words(words),
        };
        Some(Self { part: part.trim().to_owned(), among })
    }

    /// Whether a file with this part is tested.
    fn takes(&self, value: &str) -> bool {
        match &self.among {
            Among::Range(first, last) => {
                value.parse::<u64>().is_ok_and(|number| (*first..=*last).contains(&number))
            }
            Among::Words(words) => words.iter().any(|word| word == value),
        }
    }
}

/// The class of a file, and whether it is tested.
pub(super) fn told<'n>(
    (pattern, rule): (&Pattern, Option<&Rule>),
    (file, name): (&Path, &'n str),
) -> Result<(&'n str, bool), Fault> {
    let values = pattern.matched(name).ok_or_else(|| {
        let found = fault(file, "", format!("its name is `{name}`"), format!("`{}`", pattern.0));
        hinted(found, "`files` of the data says how its files are called")
    })?;
    let part = |wanted: &str| pattern.parts().into_iter().zip(&values).find(|(part, _)| *part == wanted);
    let class = part(CLASS).map_or("", |(_, class)| *class);
    let tested = rule.and_then(|rule| Some(rule.takes(part(&rule.part)?.1)));
    Ok((class, tested.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_what_stands_between_the_text() {
        let pattern = |text: &str| Pattern(text.into());
        let digits = pattern("{class}_{speaker}_{index}.wav");
        assert_eq!(digits.parts(), ["class", "speaker", "index"]);
        assert_eq!(digits.matched("7_theo_12.wav"), Some(vec!["7", "theo", "12"]));
        assert_eq!(digits.matched("7_theo_12_b.wav"), Some(vec!["7", "theo", "12_b"]));
        for other in
            ["7_theo.wav", "_theo_12.wav", "7_theo_12.flac", "7_theo_12.wav.bak", "a/7_theo_1.wav", ""]
        {
            assert_eq!(digits.matched(other), None, "{other}");
        }
        let folders = pattern("{class}/{file}.wav");
        assert_eq!((folders.depth(), folders.matched("yes/a.b.wav")), (1, Some(vec!["yes", "a.b"])));
        assert_eq!(folders.matched("yes/no/a.wav"), None);
        assert_eq!(pattern("say-{class}").matched("say-so"), Some(vec!["so"]));
        assert_eq!(pattern("a.wav").matched("a.wave"), None);
    }

    #[test]
    fn a_pattern_names_the_class_once() {
        for (text, wrong) in [
            ("{class}_{index}.wav", None),
            ("{index}.wav", Some("it has not one part {class}")),
            ("{class}{index}.wav", Some("two parts follow each other with nothing in between")),
            ("{class.wav", Some("a brace is not closed")),
        ] {
            assert_eq!(Pattern(text.into()).fault(), wrong, "{text}");
        }
    }

    #[test]
    fn rules_are_ranges_of_numbers_or_lists_of_words() {
        let rule = |text: &str| Rule::parse(text);
        let range = rule("index = 0 to 4").unwrap();
        assert_eq!((range.part.as_str(), &range.among), ("index", &Among::Range(0, 4)));
        assert!(range.takes("4") && range.takes("04") && !range.takes("5") && !range.takes("x"));
        let words = rule("speaker=theo, lucas").unwrap();
        assert!(words.takes("lucas") && !words.takes("george"));
        for wrong in ["index", "index = 4 to 0", "index = ", "speaker = theo,"] {
            assert_eq!(rule(wrong), None, "{wrong}");
        }
    }
}
