//! A folder for each class, with a file for each sample.

use super::{Part, Read, fault, hinted};
use crate::dataset::{Fault, Faults};
use crate::record::array::{Values, shown};
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

/// Bytes of a picture: what a header claims is believed up to here.
const MOST: usize = 1 << 26;

/// Grey or coloured pictures of one size; colours come one after the other, each row by row.
pub(super) fn png(folder: &Path) -> Result<Part, Faults> {
    let (names, files) = classes(folder, &["png"])?;
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    let mut first: Option<(Vec<usize>, PathBuf)> = None;
    for (class, files) in files.iter().enumerate() {
        for file in files {
            let (shape, mut bytes) = picture(file)?;
            match &first {
                Some((expected, other)) if *expected != shape => {
                    let allowed = format!("{}, as {}", shown(expected), other.display());
                    return Err(
                        fault(file, "", format!("the picture is of {}", shown(&shape)), allowed).into()
                    );
                }
                Some(_) => {}
                None => first = Some((shape, file.clone())),
            }
            values.append(&mut bytes);
            labels.push(class as i64);
        }
    }
    let shape = first.map(|(shape, _)| shape).unwrap_or_default();
    let files = [folder.to_path_buf(), folder.to_path_buf()];
    let places = [String::new(), String::new()];
    Ok(Part { shape, samples: Read::Values(Values::Bytes(values)), labels, files, places, names })
}

fn picture(file: &Path) -> Result<(Vec<usize>, Vec<u8>), Fault> {
    let unreadable =
        |error: std::io::Error| Fault::Unreadable { file: file.into(), reason: error.to_string() };
    let damaged =
        |error: png::DecodingError| fault(file, "", format!("it cannot be decoded ({error})"), "a PNG file");
    let open = std::io::BufReader::new(std::fs::File::open(file).map_err(unreadable)?);
    let mut decoder = png::Decoder::new(open);
    // Palettes and fewer than eight bits become bytes of grey or of three colours.
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(damaged)?;
    let size = reader.output_buffer_size().unwrap_or(usize::MAX);
    if size > MOST {
        let what = format!("the picture would take {size} bytes");
        return Err(fault(file, "", what, format!("up to {MOST}")));
    }
    let mut bytes = vec![0; size];
    let frame = reader.next_frame(&mut bytes).map_err(damaged)?;
    bytes.truncate(frame.buffer_size());
    let (height, width) = (frame.height as usize, frame.width as usize);
    match (frame.color_type, frame.bit_depth) {
        (png::ColorType::Grayscale, png::BitDepth::Eight) => Ok((vec![height, width], bytes)),
        (png::ColorType::Rgb, png::BitDepth::Eight) => {
            let plane = |colour: usize| bytes.iter().skip(colour).step_by(3).copied();
            Ok((vec![3, height, width], (0..3).flat_map(plane).collect()))
        }
        (colours, depth) => {
            let what = format!("the picture is {colours:?}, {} bits each", depth as u8);
            Err(fault(file, "", what, "grey or three colours of eight bits, without transparency"))
        }
    }
}
