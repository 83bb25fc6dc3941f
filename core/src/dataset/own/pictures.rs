//! Samples that are pictures, in a folder for each class.

use super::folders::classes;
use super::{Part, Read, fault};
use crate::dataset::{Fault, Faults};
use crate::record::array::Values;
use std::path::{Path, PathBuf};

/// Bytes of a picture: what a header claims is believed up to here.
const MOST: usize = 1 << 26;

/// Grey or coloured pictures of one size; colours come one after the other, each row by row.
pub(super) fn read(folder: &Path) -> Result<Part, Faults> {
    let (names, files) = classes(folder, &["png"])?;
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    let mut first: Option<(Vec<usize>, PathBuf)> = None;
    for (class, files) in files.iter().enumerate() {
        for file in files {
            let (shape, mut bytes) = picture(file)?;
            match &first {
                Some((expected, other)) if *expected != shape => {
                    let allowed = format!("{}, as {}", crate::hint::shape(expected), other.display());
                    return Err(fault(
                        file,
                        "",
                        format!("the picture is of {}", crate::hint::shape(&shape)),
                        allowed,
                    )
                    .into());
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
    Ok(Part {
        shape,
        samples: Read::Values(Values::Bytes(values)),
        labels,
        targets: None,
        files,
        places,
        names,
        tested: Vec::new(),
    })
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
