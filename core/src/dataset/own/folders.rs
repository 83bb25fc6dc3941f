//! A folder for each class, with a file for each sample.

use super::{fault, hinted};
use crate::dataset::{Fault, Faults};
use std::path::{Path, PathBuf};

/// Folders of classes, in the order of their numbers if all are numbers, else of their names; and the files with one of these
/// endings in each, by name. What begins with a dot is left out.
pub(super) fn classes(folder: &Path, endings: &[&str]) -> Result<(Vec<String>, Vec<Vec<PathBuf>>), Faults> {
    let mut names: Vec<String> = entries(folder)?
        .into_iter()
        .filter(|path| path.is_dir())
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    if names.is_empty() {
        let found = fault(folder, "", "there is no folder in it".into(), "a folder for each class");
        return Err(hinted(found, "put the samples of class 0 into a folder `0`, and so on").into());
    }
    let numbers: Option<Vec<u64>> = names.iter().map(|name| name.parse().ok()).collect();
    if numbers.is_some() {
        names.sort_by_key(|name| name.parse::<u64>().unwrap_or_default());
    }
    let mut files = Vec::new();
    for name in &names {
        let folder = folder.join(name);
        let ends = |path: &PathBuf| {
            let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
            path.is_file() && ending.is_some_and(|ending| endings.contains(&ending.as_str()))
        };
        let of_class: Vec<PathBuf> = entries(&folder)?.into_iter().filter(ends).collect();
        if of_class.is_empty() {
            let allowed = format!("files that end in .{}", endings.join(" or ."));
            return Err(fault(&folder, "", "the class has no sample".into(), allowed).into());
        }
        files.push(of_class);
    }
    Ok((names, files))
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    let unreadable =
        |error: std::io::Error| Fault::Unreadable { file: folder.into(), reason: error.to_string() };
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            all.push(entry.path());
        }
    }
    all.sort();
    Ok(all)
}
