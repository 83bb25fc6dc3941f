//! Which neurons and which synapses are recorded, as a scenario writes it.

use serde::{Deserialize, Serialize};
use std::fmt::{Display, Formatter, Result as Written};
use std::ops::Range;
use std::str::FromStr;

/// Neurons of a population, or lines of a source, that are recorded: `e` is all of them, `e[0..100]` the first hundred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Selected {
    /// The population or source.
    pub name: String,
    /// Which of them, from one up to another that is not among them; `None`: all.
    pub ids: Option<Range<u32>>,
}

/// Synapses of a projection that are recorded: `input` is all of them, `input[0..10, 3..4]` those from the first ten to neuron
/// 3, and `input[.., 3..4]` all that go to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SelectedSynapses {
    /// The projection.
    pub name: String,
    /// Where they come from, and where they go to; `None`: anywhere.
    pub ends: [Option<Range<u32>>; 2],
}

/// A choice that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSelected {
    /// Of neurons.
    #[error("what is chosen is a name, or a name with a range such as e[0..100], which is 0 to 99")]
    Neurons,
    /// Of synapses.
    #[error(
        "what is chosen is a name, or a name with two ranges, from and to, such as input[0..10, 3..4] or input[.., 3..4]"
    )]
    Synapses,
}

impl Selected {
    /// All of a population or source.
    #[must_use]
    pub fn all(name: &str) -> Self {
        Self { name: name.into(), ids: None }
    }

    /// Which of `size` there are.
    #[must_use]
    pub fn of(&self, size: u32) -> Range<u32> {
        self.ids.clone().unwrap_or(0..size)
    }

    /// Whether it has a neuron.
    #[must_use]
    pub fn has(&self, id: u32) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(&id))
    }
}

impl SelectedSynapses {
    /// Whether it has the synapse between two neurons.
    #[must_use]
    pub fn has(&self, pre: u32, post: u32) -> bool {
        let within = |range: &Option<Range<u32>>, id| range.as_ref().is_none_or(|range| range.contains(&id));
        within(&self.ends[0], pre) && within(&self.ends[1], post)
    }
}

/// A name and what stands in square brackets behind it.
fn parts(text: &str) -> Option<(&str, Option<&str>)> {
    let Some((name, rest)) = text.split_once('[') else { return Some((text, None)) };
    Some((name, Some(rest.strip_suffix(']')?)))
}

/// `3..7`, which is 3 to 6.
fn range(text: &str) -> Option<Range<u32>> {
    let (from, to) = text.split_once("..")?;
    let (from, to) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
    (from < to).then_some(from..to)
}

impl FromStr for Selected {
    type Err = NotSelected;

    fn from_str(text: &str) -> Result<Self, NotSelected> {
        let (name, inner) = parts(text).ok_or(NotSelected::Neurons)?;
        let ids = inner.map(|inner| range(inner).ok_or(NotSelected::Neurons)).transpose()?;
        Ok(Self { name: name.into(), ids })
    }
}

impl FromStr for SelectedSynapses {
    type Err = NotSelected;

    fn from_str(text: &str) -> Result<Self, NotSelected> {
        let (name, inner) = parts(text).ok_or(NotSelected::Synapses)?;
        let Some(inner) = inner else { return Ok(Self { name: name.into(), ends: [None, None] }) };
        let (from, to) = inner.split_once(',').ok_or(NotSelected::Synapses)?;
        let end = |text: &str| match text.trim() {
            ".." => Ok(None),
            text => range(text).map(Some).ok_or(NotSelected::Synapses),
        };
        Ok(Self { name: name.into(), ends: [end(from)?, end(to)?] })
    }
}

impl Display for Selected {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match &self.ids {
            None => write!(f, "{}", self.name),
            Some(ids) => write!(f, "{}[{}..{}]", self.name, ids.start, ids.end),
        }
    }
}

impl Display for SelectedSynapses {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let end = |range: &Option<Range<u32>>| {
            range.as_ref().map_or_else(|| "..".to_string(), |range| format!("{}..{}", range.start, range.end))
        };
        match &self.ends {
            [None, None] => write!(f, "{}", self.name),
            [from, to] => write!(f, "{}[{}, {}]", self.name, end(from), end(to)),
        }
    }
}

/// Text is what it is read from and written as.
macro_rules! as_text {
    ($($name:ty),*) => {$(
        impl From<$name> for String {
            fn from(chosen: $name) -> Self {
                chosen.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotSelected;

            fn try_from(text: String) -> Result<Self, NotSelected> {
                text.parse()
            }
        }
    )*};
}

as_text!(Selected, SelectedSynapses);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synapses_are_chosen_by_both_ends() {
        let read = |text: &str| text.parse::<SelectedSynapses>();
        let some = read("input[0..10,3..4]").unwrap();
        assert!(some.has(9, 3) && !some.has(10, 3) && !some.has(0, 4));
        let to = read("input[.., 3..4]").unwrap();
        assert!(to.has(u32::MAX, 3) && !to.has(0, 2));
        assert!(read("input").unwrap().has(7, 7));
        for text in ["input", "input[0..10, 3..4]", "input[.., 3..4]", "input[0..1, ..]"] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        for text in ["input[3..4]", "input[1, 2]", "input[4..4, ..]", "input[0..1, ..", "input[a..b, ..]"] {
            assert_eq!(read(text), Err(NotSelected::Synapses), "{text}");
        }
    }
}
