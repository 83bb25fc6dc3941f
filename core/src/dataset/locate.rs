//! Where the files of a named data set are looked for.
//!
//! In each folder of a [`Search`], first DIR/NAME/FILE, then DIR/FILE; each FILE as such and with
//! `.gz`. The four files are taken from one folder, never mixed from two. This module reads neither
//! arguments nor environment: the command line fills in the [`Search`].

use super::{Fault, Faults, Name};
use std::path::{Path, PathBuf};

/// File names, the same in every data set of this kind.
pub const FILES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

const WANTED: &str = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte (plain or .gz)";

/// Folders to look in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// `--data DIR`. Where it is given, nothing else is looked at: a mistyped folder must not be
    /// answered with the data of another.
    pub explicit: Option<PathBuf>,
    /// Value of the environment variable `MEMSPIKE_DATA`.
    pub environment: Option<PathBuf>,
    /// The folder that the user's system has for data of programs.
    pub user: Option<PathBuf>,
}

impl Search {
    /// The folders, first to last.
    #[must_use]
    pub fn folders(&self) -> Vec<&Path> {
        match &self.explicit {
            Some(only) => vec![only],
            None => self.environment.iter().chain(&self.user).map(PathBuf::as_path).collect(),
        }
    }

    /// Where fetched files of `name` belong: the first folder, in a folder of the set's own name.
    #[must_use]
    pub fn destination(&self, name: Name) -> Option<PathBuf> {
        self.folders().first().map(|folder| folder.join(name.as_str()))
    }
}

/// The four files of a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// `train-images-idx3-ubyte`, or the same with `.gz`.
    pub train_images: PathBuf,
    /// `train-labels-idx1-ubyte`, likewise.
    pub train_labels: PathBuf,
    /// `t10k-images-idx3-ubyte`, likewise.
    pub test_images: PathBuf,
    /// `t10k-labels-idx1-ubyte`, likewise.
    pub test_labels: PathBuf,
}

/// The files of `name` in the first folder that has any of them.
///
/// # Errors
/// If no folder has any (with every place looked at), or the first that has some lacks others.
pub fn find(name: Name, search: &Search) -> Result<Files, Faults> {
    if let Some(path) = search.explicit.as_deref().filter(|path| path.is_file()) {
        return Err(Fault::NotADirectory { path: path.into() }.into());
    }
    let mut looked = Vec::new();
    for folder in search.folders() {
        for dir in [folder.join(name.as_str()), folder.to_owned()] {
            let found = FILES.map(|file| in_folder(&dir, file));
            if let [Some(train_images), Some(train_labels), Some(test_images), Some(test_labels)] = found {
                return Ok(Files { train_images, train_labels, test_images, test_labels });
            }
            if found.iter().any(Option::is_some) {
                let missing = FILES.iter().zip(&found).filter(|(_, path)| path.is_none());
                return Err(Faults(
                    missing
                        .map(|(&wanted, _)| Fault::Incomplete { name, dir: dir.clone(), wanted })
                        .collect(),
                ));
            }
            looked.push(dir);
        }
    }
    Err(Fault::NotFound { name, wanted: WANTED, looked }.into())
}

/// `file` plain or compressed; anything else of that name, so that reading it says what it is.
fn in_folder(dir: &Path, file: &str) -> Option<PathBuf> {
    let candidates = [dir.join(file), dir.join(format!("{file}.gz"))];
    let [plain, compressed] = &candidates;
    let exists = |path: &&PathBuf| path.symlink_metadata().is_ok();
    let is_file = |path: &&PathBuf| path.is_file();
    [plain, compressed]
        .into_iter()
        .find(is_file)
        .or_else(|| [plain, compressed].into_iter().find(exists))
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn touch(dir: &Path, suffix: &str) {
        fs::create_dir_all(dir).unwrap();
        for file in FILES {
            fs::write(dir.join(format!("{file}{suffix}")), b"").unwrap();
        }
    }

    fn search(explicit: Option<&Path>, environment: Option<&Path>, user: Option<&Path>) -> Search {
        let owned = |path: Option<&Path>| path.map(Path::to_owned);
        Search { explicit: owned(explicit), environment: owned(environment), user: owned(user) }
    }

    #[test]
    fn a_folder_of_the_sets_name_comes_before_the_folder_itself() {
        let root = tempfile::tempdir().unwrap();
        let here = search(None, Some(root.path()), None);
        touch(root.path(), "");
        assert_eq!(find(Name::MNIST, &here).unwrap().train_images, root.path().join(FILES[0]));
        touch(&root.path().join("mnist"), ".gz");
        let found = find(Name::MNIST, &here).unwrap();
        assert_eq!(found.test_labels, root.path().join("mnist/t10k-labels-idx1-ubyte.gz"));
        assert_eq!(find(Name::FASHION_MNIST, &here).unwrap().train_images, root.path().join(FILES[0]));
    }

    #[test]
    fn the_environment_comes_before_the_users_folder_and_an_explicit_folder_is_alone() {
        let [a, b, c] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        touch(b.path(), "");
        touch(c.path(), "");
        let all = search(None, Some(b.path()), Some(c.path()));
        assert!(find(Name::MNIST, &all).unwrap().train_images.starts_with(b.path()));
        let without = search(None, Some(a.path()), Some(c.path()));
        assert!(find(Name::MNIST, &without).unwrap().train_images.starts_with(c.path()));
        let explicit = search(Some(a.path()), Some(b.path()), Some(c.path()));
        assert_eq!(
            find(Name::MNIST, &explicit).unwrap_err().0,
            [Fault::NotFound {
                name: Name::MNIST,
                wanted: WANTED,
                looked: vec![a.path().join("mnist"), a.path().into()]
            }]
        );
        assert_eq!(explicit.destination(Name::MNIST).unwrap(), a.path().join("mnist"));
    }

    #[test]
    fn every_missing_file_of_an_incomplete_set_is_named() {
        let root = tempfile::tempdir().unwrap();
        touch(root.path(), "");
        fs::remove_file(root.path().join(FILES[1])).unwrap();
        fs::remove_file(root.path().join(FILES[3])).unwrap();
        let faults = find(Name::MNIST, &search(Some(root.path()), None, None)).unwrap_err();
        let text = faults.to_string().replace(&root.path().display().to_string(), "DIR");
        assert_eq!(
            text,
            "DIR: file train-labels-idx1-ubyte (plain or .gz) of data set `mnist` is missing; its other files are there\n\
             DIR: file t10k-labels-idx1-ubyte (plain or .gz) of data set `mnist` is missing; its other files are there\n  \
             hint: `memspike data fetch mnist` downloads it; --data DIR or MEMSPIKE_DATA names another folder; \
             the embedded data set `drawn_digits` needs no files"
        );
    }

    #[test]
    fn a_missing_set_says_every_place_looked_at_and_what_to_do() {
        let [a, b] = ["/nonexistent/a", "/nonexistent/b"].map(Path::new);
        let faults = find(Name::FASHION_MNIST, &search(None, Some(a), Some(b))).unwrap_err();
        assert_eq!(
            faults.to_string(),
            "data set `fashion-mnist` was not found; looked for train-images-idx3-ubyte, train-labels-idx1-ubyte, \
             t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte (plain or .gz) in:\n  \
             /nonexistent/a/fashion-mnist\n  /nonexistent/a\n  /nonexistent/b/fashion-mnist\n  /nonexistent/b\n  \
             hint: `memspike data fetch fashion-mnist` downloads it; --data DIR or MEMSPIKE_DATA names another folder; \
             the embedded data set `drawn_digits` needs no files"
        );
        let nowhere = find(Name::MNIST, &Search::default()).unwrap_err().to_string();
        assert!(nowhere.contains("in: nowhere (no --data"), "{nowhere}");
    }

    #[test]
    fn a_file_given_as_the_data_folder_is_called_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let faults = find(Name::MNIST, &search(Some(file.path()), None, None)).unwrap_err();
        assert_eq!(faults.0, [Fault::NotADirectory { path: file.path().into() }]);
    }
}
