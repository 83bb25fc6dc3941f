//! What a scenario was loaded from, kept so that it can be loaded again.
//!
//! Short texts are kept whole, so that the scenario may be edited or gone afterwards; a long one, which holds lists of spikes
//! or synapses, is kept as its hash and the place of its file. Other files that a scenario names (CSV, presets) are not kept:
//! that they are the same is seen from the plan.

use super::diagnostic::{Base, Diagnostic};
use super::locate::{Found, MAX_SCENARIO, read_file};
use crate::record::Fingerprint;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Bytes of a text that is kept whole.
pub const LONGEST: usize = 1 << 16;

/// What a scenario was loaded from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The scenario first, then what it extends.
    pub texts: Vec<KeptText>,
    /// Those of `--set-file`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<KeptText>,
    /// `KEY=VALUE` each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<String>,
    /// In place of the one the scenario has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Populations and sources whose spikes are recorded besides those that the scenario names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub record: Vec<String>,
    /// Formats of records in place of those the scenario has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formats: Vec<String>,
}

/// One text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptText {
    /// What the scenario is called if it does not say.
    pub name: String,
    /// How messages call it.
    pub source: String,
    /// The directory on disk that its file names are relative to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<PathBuf>,
    /// The same of a shipped one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipped: Option<PathBuf>,
    /// XXH3-128 of the text, chained every 1.5 MiB as a fingerprint is.
    pub hash: String,
    /// The text, if it is short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its file, if the text is long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
}

impl Kept {
    /// With the names that the same texts had when the run was begun: gone on with, they are found by their whole paths.
    #[must_use]
    pub fn as_named(mut self, begun: &Self) -> Self {
        let pairs = [(&mut self.texts, &begun.texts), (&mut self.files, &begun.files)];
        for (text, before) in pairs.into_iter().flat_map(|(texts, before)| texts.iter_mut().zip(before)) {
            if text.hash == before.hash {
                text.source.clone_from(&before.source);
            }
        }
        self
    }
}

fn hash(text: &str) -> String {
    let mut hash = Fingerprint::new();
    hash.encoded(text.as_bytes());
    hash.hex()
}

impl KeptText {
    pub(super) fn of(found: &Found) -> Self {
        let (directory, shipped) = match &found.base {
            // From another working directory it must lead to the same.
            Base::Directory(path) => {
                let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
                (Some(std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())), None)
            }
            Base::Shipped(path) => (None, Some(path.clone())),
        };
        let short = found.text.len() <= LONGEST || shipped.is_some();
        Self {
            name: found.name.clone(),
            source: found.source.clone(),
            directory,
            shipped,
            hash: hash(&found.text),
            text: short.then(|| found.text.to_string()),
            file: (!short).then(|| found.identity.clone().into()),
        }
    }

    /// The text with what is around it.
    ///
    /// # Errors
    /// If it is long and its file is no longer what it was.
    pub(super) fn found(&self) -> Result<Found, Diagnostic> {
        let text = match (&self.text, &self.file) {
            (Some(text), _) => text.clone(),
            (None, Some(file)) => read_file(file, MAX_SCENARIO)?,
            (None, None) => {
                return Err(Diagnostic::error(format!("of `{}` neither text nor file is kept", self.source))
                    .allowed("a manifest as memspike wrote it"));
            }
        };
        if hash(&text) != self.hash {
            let place = self.file.as_ref().map_or(self.source.clone(), |file| file.display().to_string());
            return Err(Diagnostic::error(format!("`{place}` is not what it was when the run was made"))
                .allowed(format!("the text with the hash {}", self.hash))
                .hint("a long text is not kept with a run: bring back the file as it was, or run the scenario as it is now"));
        }
        let base = match (&self.shipped, &self.directory) {
            (Some(path), _) => Base::Shipped(path.clone()),
            (None, directory) => Base::Directory(directory.clone().unwrap_or_default()),
        };
        let (name, source) = (self.name.clone(), self.source.clone());
        let identity = self.file.as_ref().map_or_else(|| source.clone(), |file| file.display().to_string());
        Ok(Found { name, source, identity, base, text: text.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Changes, load_all, load_kept, shipped};
    use super::*;
    use crate::registry::Registry;

    #[test]
    fn every_shipped_scenario_is_loaded_again_to_the_same_plan() {
        let registry = Registry::shipped();
        for shipped in shipped::all() {
            let set = ["scenario.title=Again".to_string()];
            let changes =
                Changes { set: &set, seed: Some(5), registry: Some(&registry), ..Changes::default() };
            let loaded = load_all(shipped.name(), changes).unwrap().remove(0);
            let json = serde_json::to_string(&loaded.kept).unwrap();
            let kept: Kept = serde_json::from_str(&json).unwrap();
            let again = load_kept(&kept, &registry).unwrap_or_else(|faults| panic!("{faults}"));
            assert_eq!(again.plan, loaded.plan, "{}", shipped.name());
            assert_eq!(again.kept, loaded.kept);
        }
    }

    #[test]
    fn a_short_text_may_be_edited_and_a_long_one_not() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("net.toml");
        let scenario = "[source.a]\nkind = \"poisson\"\nsize = 1\nrate = \"10 Hz\"\n[population.b]\nmodel = \"lif\"\nsize = 1\n\
                        [projection.c]\nfrom = \"a\"\nto = \"b\"\nconnect = \"all_to_all\"\nweight = \"1 mV\"\n\
                        [protocol]\nkind = \"simulate\"\nduration = \"1 s\"\n";
        let long = format!("{scenario}# {}\n", "x".repeat(LONGEST));
        let registry = Registry::shipped();
        let changes = Changes { registry: Some(&registry), ..Changes::default() };
        for (text, kept_whole) in [(scenario, true), (&long, false)] {
            std::fs::write(&file, text).unwrap();
            let loaded = load_all(file.to_str().unwrap(), changes).unwrap().remove(0);
            assert_eq!(loaded.kept.texts[0].text.is_some(), kept_whole);
            assert_eq!(load_kept(&loaded.kept, &registry).unwrap().plan, loaded.plan);
            std::fs::write(&file, text.replace("1 mV", "2 mV")).unwrap();
            match load_kept(&loaded.kept, &registry) {
                Ok(again) => assert!(kept_whole && again.plan == loaded.plan),
                Err(faults) => {
                    assert!(!kept_whole && faults.to_string().contains("is not what it was"), "{faults}");
                }
            }
        }
    }
}
