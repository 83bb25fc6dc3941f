//! What a sweep varies: keys with their values, and seeds; the points that they make, and their names.

mod numbers;
mod written;

pub use numbers::{numbers, si};

use super::diagnostic::{Diagnostic, Diagnostics};
use crate::hint::many;
use crate::record::Fingerprint;
use std::collections::{BTreeMap, BTreeSet};

/// Points of the largest sweep: each is a directory, and all of them are checked before the first is computed.
pub const MOST_POINTS: u64 = 10_000;

/// Characters of the longest name of a point; some file systems take no more than 143 bytes.
const LONGEST: usize = 100;

/// A key and the values that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Varied {
    /// As `--set` has it.
    pub key: String,
    /// As `--set` has them, in their order.
    pub values: Vec<String>,
    /// Whether they are equal factors apart.
    pub log: bool,
}

/// Which seeds a sweep repeats its points with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Seeds {
    /// Each point once, with the seed of the scenario.
    #[default]
    One,
    /// So many: that of the scenario and those after it.
    Number(u64),
    /// These.
    These(Vec<u64>),
}

/// What is varied, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variation {
    /// The first changes slowest.
    pub varied: Vec<Varied>,
    /// Whether the values of all keys go together, the first with the first, instead of each with each.
    pub zip: bool,
    /// They change fastest.
    pub seeds: Seeds,
}

/// One point of a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Of its directory: `epochs=2,seed=3`.
    pub name: String,
    /// A value for each key that is varied.
    pub values: Vec<String>,
    /// If the point is repeated.
    pub seed: Option<u64>,
}

/// A part of all points: every `of`-th, from the `index`-th on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1 to `of`.
    pub index: u64,
    /// How many there are.
    pub of: u64,
}
impl Shard {
    /// Whether the point at `place`, counted from 0, belongs to it.
    #[must_use]
    pub fn has(self, place: usize) -> bool {
        place as u64 % self.of == self.index - 1
    }
}

impl Seeds {
    fn count(&self) -> u64 {
        match self {
            Self::One => 1,
            Self::Number(number) => *number,
            Self::These(list) => list.len() as u64,
        }
    }

    /// The seeds themselves; `first` is that of the scenario.
    fn of(&self, first: u64) -> Vec<Option<u64>> {
        match self {
            Self::One => vec![None],
            Self::Number(number) => (0..*number).map(|k| Some(first.wrapping_add(k))).collect(),
            Self::These(list) => list.iter().copied().map(Some).collect(),
        }
    }
}

impl Variation {
    /// What is wrong with the keys together.
    ///
    /// `set` are the keys that have one value for all points.
    ///
    /// # Errors
    /// All of it.
    pub fn check<'a>(&self, set: impl Iterator<Item = &'a str>) -> Result<(), Diagnostics> {
        let mut faults = Diagnostics::default();
        if self.varied.is_empty() && self.seeds == Seeds::One {
            faults.push(
                Diagnostic::error("nothing is varied")
                    .allowed("one --vary KEY=VALUES or several, --repeat SEEDS, or both"),
            );
        }
        let mut seen = BTreeSet::new();
        for varied in &self.varied {
            if !seen.insert(&*varied.key) {
                faults.push(
                    Diagnostic::error(format!("`{}` is varied twice", varied.key)).allowed("each key once"),
                );
            }
        }
        for key in set {
            let seeds = key == "scenario.seed" && matches!(self.seeds, Seeds::These(_));
            if seen.contains(key) || seeds {
                let by = if seeds { "given by --repeat" } else { "varied" };
                faults.push(
                    Diagnostic::error(format!("`{key}` is set and {by}: what is set would do nothing"))
                        .allowed("one of the two"),
                );
            }
        }
        if seen.contains("scenario.seed") && self.seeds != Seeds::One {
            faults.push(
                Diagnostic::error("`scenario.seed` is varied, and --repeat sets it")
                    .allowed("one of the two"),
            );
        }
        if self.zip {
            let counts: Vec<String> =
                self.varied.iter().map(|v| format!("{} of `{}`", v.values.len(), v.key)).collect();
            let equal = self.varied.windows(2).all(|pair| pair[0].values.len() == pair[1].values.len());
            if self.varied.len() < 2 {
                let fault = Diagnostic::error("--zip takes the values of several keys together");
                faults.push(fault.allowed("two --vary or more, or no --zip"));
            } else if !equal {
                let fault = Diagnostic::error("--zip takes values together, and their numbers differ");
                faults.push(
                    fault.allowed(format!("as many for each key, where there are {}", counts.join(", "))),
                );
            }
        }
        let points = self.count();
        if points > u128::from(MOST_POINTS) {
            faults.push(
                Diagnostic::error(format!("this is a sweep of {points} points"))
                    .allowed(format!("at most {MOST_POINTS}"))
                    .hint("take fewer values of each key, or several sweeps"),
            );
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// How many points there are, also where they are too many to be formed.
    #[must_use]
    pub fn count(&self) -> u128 {
        let of = |varied: &Varied| varied.values.len() as u128;
        let combinations = if self.zip {
            self.varied.first().map_or(1, of)
        } else {
            self.varied.iter().map(of).fold(1, u128::saturating_mul)
        };
        combinations.saturating_mul(u128::from(self.seeds.count()))
    }

    /// The points in order, of a variation that [`Self::check`] takes; `first` is the seed of the scenario.
    #[must_use]
    pub fn points(&self, first: u64) -> Vec<Point> {
        let combinations: Vec<Vec<String>> = if self.zip {
            let count = self.varied.first().map_or(0, |varied| varied.values.len());
            (0..count)
                .map(|k| self.varied.iter().filter_map(|varied| varied.values.get(k).cloned()).collect())
                .collect()
        } else {
            self.varied.iter().fold(vec![Vec::new()], |begun, varied| {
                let with = |values: &Vec<String>, next: &String| {
                    [values.as_slice(), std::slice::from_ref(next)].concat()
                };
                begun
                    .iter()
                    .flat_map(|values| varied.values.iter().map(move |next| with(values, next)))
                    .collect()
            })
        };
        let keys = self.short_keys();
        let mut points: Vec<Point> = Vec::new();
        for values in &combinations {
            for seed in self.seeds.of(first) {
                points.push(Point { name: name(&keys, values, seed), values: values.clone(), seed });
            }
        }
        // Names that some file system takes for one: those get the mark that long ones have.
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        points.iter().for_each(|point| *times.entry(point.name.to_lowercase()).or_default() += 1);
        for point in &mut points {
            if times.get(&point.name.to_lowercase()).is_some_and(|times| *times > 1) {
                point.name = marked(&point.name, &point.values, point.seed);
            }
        }
        points
    }

    /// The keys by their last word, where that tells them apart.
    fn short_keys(&self) -> Vec<String> {
        let last = |key: &str| key.rsplit('.').next().unwrap_or(key).trim_matches('"').to_string();
        let short: Vec<String> = self.varied.iter().map(|varied| last(&varied.key)).collect();
        let alone =
            |word: &String| short.iter().filter(|other| *other == word).count() == 1 && word != "seed";
        self.varied
            .iter()
            .zip(&short)
            .map(|(v, s)| if alone(s) { s.clone() } else { v.key.clone() })
            .collect()
    }
}

/// Name of the directory of a point: what every file system and shell takes.
fn name(keys: &[String], values: &[String], seed: Option<u64>) -> String {
    let mut faithful = true;
    let mut plain = |text: &str| -> String {
        let text = text.trim_matches(['"', '\'']);
        let kept = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
        faithful &= text.chars().all(|c| kept(&c) || c == ' ');
        text.chars().filter(kept).collect()
    };
    let mut parts: Vec<String> =
        keys.iter().zip(values).map(|(key, value)| format!("{}={}", plain(key), plain(value))).collect();
    parts.extend(seed.map(|seed| format!("seed={seed}")));
    let name = parts.join(",");
    if name.is_empty() {
        return "point".into();
    }
    if faithful && name.len() <= LONGEST { name } else { marked(&name, values, seed) }
}

/// A name with a mark of all values behind it.
fn marked(name: &str, values: &[String], seed: Option<u64>) -> String {
    let mut all = Fingerprint::new();
    values.iter().for_each(|value| all.encoded(format!("{value}\n").as_bytes()));
    all.encoded(format!("{seed:?}").as_bytes());
    let name: String = name.chars().take(LONGEST).collect();
    format!("{name}~{}", &all.hex()[..8])
}

/// "3 values of `protocol.epochs`, 5 seeds".
#[must_use]
pub fn described(variation: &Variation) -> String {
    let of = |varied: &Varied| format!("{} of `{}`", many(varied.values.len(), "value"), varied.key);
    let mut parts: Vec<String> = variation.varied.iter().map(of).collect();
    if variation.seeds != Seeds::One {
        parts.push(many(variation.seeds.count(), "seed"));
    }
    parts.join(if variation.zip { " with " } else { ", " })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str], zip: bool, seeds: Seeds) -> Variation {
        Variation { varied: texts.iter().map(|text| Varied::parse(text).unwrap()).collect(), zip, seeds }
    }

    #[test]
    fn a_grid_has_every_combination_and_the_seed_changes_fastest() {
        let grid = of(&["a.x=1,2", "b.y=5 ms,10 ms"], false, Seeds::Number(2));
        let names: Vec<String> = grid.points(7).into_iter().map(|point| point.name).collect();
        let want = [
            "x=1,y=5ms,seed=7",
            "x=1,y=5ms,seed=8",
            "x=1,y=10ms,seed=7",
            "x=1,y=10ms,seed=8",
            "x=2,y=5ms,seed=7",
            "x=2,y=5ms,seed=8",
            "x=2,y=10ms,seed=7",
            "x=2,y=10ms,seed=8",
        ];
        assert_eq!(names, want);
        assert_eq!(grid.count(), 8);
        let pairs = of(&["a.x=1,2", "b.x=3,4"], true, Seeds::One);
        let names: Vec<String> = pairs.points(7).into_iter().map(|point| point.name).collect();
        assert_eq!(names, ["a.x=1,b.x=3", "a.x=2,b.x=4"]);
        let seeds = of(&[], false, Seeds::These(vec![9, 4])).points(1);
        assert_eq!(seeds.iter().map(|point| point.seed).collect::<Vec<_>>(), [Some(9), Some(4)]);
    }

    #[test]
    fn names_of_points_are_those_of_files_and_differ() {
        let points = of(&["a=/x/y,/x/z,5 mV,5 MV,\"\u{b5}\""], false, Seeds::One).points(1);
        let mut names: Vec<String> = points.iter().map(|point| point.name.to_lowercase()).collect();
        assert!(
            names.iter().all(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || "=.,~_+-".contains(c)))
        );
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 5, "{points:?}");
        let long = of(&[&format!("a={},y", "x".repeat(500))], false, Seeds::One).points(1);
        assert!(long[0].name.len() <= LONGEST + 9 && long[1].name == "a=y");
    }

    #[test]
    fn what_cannot_be_meant_together_is_said_at_once_and_before_it_is_formed() {
        let many = of(&["a=1..1000/1000", "b=1..1000/1000", "c=1..1000/1000"], false, Seeds::One);
        let faults = many.check(["b"].into_iter()).unwrap_err();
        let said: Vec<&str> = faults.iter().map(|fault| &*fault.what).collect();
        assert!(
            said[0].contains("`b` is set and varied") && said[1].contains("1000000000 points"),
            "{said:?}"
        );
        let refused = |variation: Variation, what: &str| {
            let faults = variation.check([].into_iter()).unwrap_err();
            assert!(faults.iter().any(|fault| fault.what.contains(what)), "{faults}");
        };
        refused(Variation::default(), "nothing is varied");
        refused(of(&["a=1,2", "a=3"], false, Seeds::One), "varied twice");
        refused(of(&["a=1,2", "b=3"], true, Seeds::One), "numbers differ");
        let faults =
            of(&["a=1"], false, Seeds::These(vec![1])).check(["scenario.seed"].into_iter()).unwrap_err();
        assert!(faults.to_string().contains("set and given by --repeat"), "{faults}");
        refused(of(&["a=1,2"], true, Seeds::One), "several keys");
        refused(of(&["scenario.seed=1,2"], false, Seeds::Number(2)), "--repeat sets it");
        refused(of(&[], false, Seeds::Number(u64::MAX)), "points");
    }
}
