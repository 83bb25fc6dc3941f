//! The scenarios that come with the program, embedded so that they run without a checkout.

use include_dir::{Dir, include_dir};
use std::path::{Component, Path, PathBuf};

static SCENARIOS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// A shipped scenario.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    dir: &'static Dir<'static>,
}

impl Shipped {
    /// Its name, that of its directory: `ring`, `networks/brunel`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.dir.path().to_str().unwrap_or_default()
    }

    /// The text of `scenario.toml`.
    #[must_use]
    pub fn scenario(&self) -> &'static str {
        self.file("scenario.toml").unwrap_or_default()
    }

    /// What it shows, in Markdown.
    #[must_use]
    pub fn readme(&self) -> &'static str {
        self.file("README.md").unwrap_or_default()
    }

    /// The text of `expected.toml`: what a run must come out with.
    #[must_use]
    pub fn expected(&self) -> &'static str {
        self.file("expected.toml").unwrap_or_default()
    }

    /// Every text file of its directory: (name, text).
    #[must_use]
    pub fn files(&self) -> Vec<(&'static str, &'static str)> {
        let name = |path: &'static Path| path.file_name().and_then(|name| name.to_str());
        let mut files: Vec<_> =
            self.dir.files().filter_map(|file| Some((name(file.path())?, file.contents_utf8()?))).collect();
        files.sort_unstable();
        files
    }

    /// Any file of its directory.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&'static str> {
        self.dir.get_file(self.dir.path().join(name))?.contents_utf8()
    }
}

/// All of them, by name.
pub fn all() -> impl Iterator<Item = Shipped> {
    // A directory that is no scenario may hold several.
    let mut dirs = Vec::new();
    let mut left: Vec<_> = SCENARIOS.dirs().collect();
    while let Some(dir) = left.pop() {
        if dir.get_file(dir.path().join("scenario.toml")).is_some() {
            dirs.push(dir);
        } else {
            left.extend(dir.dirs());
        }
    }
    dirs.sort_by_key(|dir| dir.path());
    dirs.into_iter().map(|dir| Shipped { dir })
}

/// The names of all of them, sorted.
#[must_use]
pub fn names() -> Vec<&'static str> {
    all().map(|shipped| shipped.name()).collect()
}

/// The scenario of that name.
#[must_use]
pub fn find(name: &str) -> Option<Shipped> {
    all().find(|shipped| shipped.name() == name)
}

/// A text file by its path among the shipped scenarios; `..` goes up, but not out.
pub(super) fn read(path: &Path) -> Option<(PathBuf, &'static str)> {
    let path = normal(path)?;
    let text = SCENARIOS.get_file(&path)?.contents_utf8()?;
    Some((path, text))
}

fn normal(path: &Path) -> Option<PathBuf> {
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::Prefix(_) | Component::RootDir => return None,
        }
    }
    Some(parts.iter().collect())
}
