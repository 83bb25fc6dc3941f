//! Samples that are recordings of one event camera, in a folder for each class.

use super::folders::classes;
use super::{Part, Read, fault};
use crate::dataset::recording::{Recording, decode};
use crate::dataset::{Fault, Faults};
use crate::encoding::FirstSpikes;
use std::path::{Path, PathBuf};

const ENDINGS: &[&str] = &["bin", "raw", "aedat", "aedat2", "aedat4", "es"];

pub(super) fn read(folder: &Path, from_first: bool) -> Result<Part, Faults> {
    let (names, files) = classes(folder, ENDINGS)?;
    let (mut samples, mut labels) = (Vec::new(), Vec::new());
    let mut first: Option<(Recording, PathBuf)> = None;
    for (class, files) in files.into_iter().enumerate() {
        for file in files {
            let bytes = std::fs::read(&file)
                .map_err(|error| Fault::Unreadable { file: file.clone(), reason: error.to_string() })?;
            let read =
                decode(&file, &bytes).and_then(|recording| Ok((recording.spikes(from_first)?, recording)));
            let (spikes, recording) =
                read.map_err(|wrong| fault(&file, &wrong.place, wrong.what, wrong.allowed))?;
            let of = |one: &Recording| format!("{} of {} x {} pixels", one.format, one.width, one.height);
            if let Some((other, path)) = &first
                && of(other) != of(&recording)
            {
                let allowed = format!("{}, as {}", of(other), path.display());
                return Err(fault(&file, "", format!("the recording is {}", of(&recording)), allowed).into());
            }
            first.get_or_insert((Recording { events: Vec::new(), ..recording }, file));
            samples.push(spikes);
            labels.push(class as i64);
        }
    }
    let (width, height) = first.map_or((0, 0), |(one, _)| (one.width.into(), one.height.into()));
    let files = [folder.to_path_buf(), folder.to_path_buf()];
    let samples = Read::Events(FirstSpikes::of(samples));
    Ok(Part {
        shape: vec![2, height, width],
        samples,
        labels,
        targets: None,
        files,
        places: Default::default(),
        names,
        tested: Vec::new(),
    })
}
