//! The scenarios that come with the program, embedded so that they run without a checkout.

use super::diagnostic::nearest;
use include_dir::{Dir, include_dir};
use std::path::{Component, Path, PathBuf};

static SCENARIOS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// A shipped scenario.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    dir: &'static Dir<'static>,
}

impl Shipped {
    /// Its name. In a set that has a file about itself, that of its directory; elsewhere that of its path:
    /// `mnist`, `stdp/digits`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let path = self.dir.path();
        let about = path.parent().map(|parent| parent.join(super::set::FILE));
        let own = about.is_some_and(|about| SCENARIOS.get_file(about).is_some());
        let name = if own { path.file_name().and_then(|name| name.to_str()) } else { path.to_str() };
        name.unwrap_or_default()
    }

    /// Its directory among the shipped scenarios: `networks/ring`, `paper/fig1c-threshold-switching`.
    #[must_use]
    pub fn path(&self) -> &'static Path {
        self.dir.path()
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

    /// Its files as they are in a directory elsewhere, named after that: without the line that says its name, or with the
    /// new one where it would inherit another, and with the name of a scenario that it extends by way of its directory.
    #[must_use]
    pub fn copies(&self, name: &str) -> Vec<(String, String)> {
        let said = format!("name = \"{}\"\n", self.name());
        let copy = |text: &str| {
            let extends = text.lines().find_map(|line| line.strip_prefix("extends = \"")?.strip_suffix('"'));
            let Some(way) = extends else { return text.replacen(&said, "", 1) };
            let text = text.replacen(&said, &format!("name = {}\n", toml::Value::from(name)), 1);
            match normal(&self.path().join(way)).as_deref().and_then(Path::to_str).and_then(find) {
                Some(base) => text.replacen(&format!("\"{way}\""), &format!("\"{}\"", base.name()), 1),
                None => text,
            }
        };
        self.files().into_iter().map(|(file, text)| (file.to_string(), copy(text))).collect()
    }

    /// Any file of its directory.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&'static str> {
        self.dir.get_file(self.dir.path().join(name))?.contents_utf8()
    }
}

/// A directory of several shipped scenarios that belong together.
#[derive(Clone, Copy, Debug)]
pub struct ShippedSet {
    dir: &'static Dir<'static>,
}

impl ShippedSet {
    /// Its name, that of its directory.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.dir.path().to_str().unwrap_or_default()
    }

    /// Its scenarios.
    #[must_use]
    pub fn scenarios(&self) -> Vec<Shipped> {
        let mut found = Vec::new();
        collect(self.dir, &mut found);
        found
    }

    /// The text of `set.toml`, if it has one.
    #[must_use]
    pub fn about(&self) -> Option<&'static str> {
        self.dir.get_file(self.dir.path().join(super::set::FILE))?.contents_utf8()
    }
}

fn holds_scenario(dir: &Dir<'_>) -> bool {
    dir.get_file(dir.path().join("scenario.toml")).is_some()
}

/// Every scenario in a directory, at any depth, by path.
fn collect(dir: &'static Dir<'static>, into: &mut Vec<Shipped>) {
    let mut dirs: Vec<_> = dir.dirs().collect();
    dirs.sort_by_key(|dir| dir.path());
    for dir in dirs {
        if holds_scenario(dir) {
            into.push(Shipped { dir });
        } else {
            collect(dir, into);
        }
    }
}

/// All of them, by path.
pub fn all() -> impl Iterator<Item = Shipped> {
    let mut found = Vec::new();
    collect(&SCENARIOS, &mut found);
    found.into_iter()
}

/// The names of all of them, by path.
#[must_use]
pub fn names() -> Vec<&'static str> {
    all().map(|shipped| shipped.name()).collect()
}

/// The scenario of that name, or path among the shipped ones.
#[must_use]
pub fn find(name: &str) -> Option<Shipped> {
    all().find(|shipped| shipped.name() == name || shipped.path() == Path::new(name))
}

/// Every set of scenarios.
#[must_use]
pub fn sets() -> Vec<ShippedSet> {
    let mut dirs: Vec<_> = SCENARIOS.dirs().filter(|dir| !holds_scenario(dir)).collect();
    dirs.sort_by_key(|dir| dir.path());
    dirs.into_iter().map(|dir| ShippedSet { dir }).collect()
}

/// The set of that name.
#[must_use]
pub fn set(name: &str) -> Option<ShippedSet> {
    sets().into_iter().find(|set| set.name() == name)
}

/// The scenario or set that may have been meant: one in a set whose own name it is, or one spelt alike.
#[must_use]
pub fn meant(name: &str) -> Option<&'static str> {
    fn own(path: &str) -> Option<&str> {
        path.rsplit('/').next()
    }
    let names = names();
    let moved = names.iter().copied().find(|known| own(known) == own(name));
    moved.or_else(|| nearest(name, names.into_iter().chain(sets().iter().map(ShippedSet::name))))
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
