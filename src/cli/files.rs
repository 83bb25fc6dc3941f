//! Files named on the command line: read whole, written whole.

use super::failure::{Cause, Failure};
use super::png::Renderer;
use memspike::record::{PendingFile, RecordError, rundir};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// A path as an argument that a shell hands on as it is, and that is not taken for an option.
pub fn argument(path: &Path) -> String {
    let shown = path.display().to_string();
    let shown = if shown.starts_with('-') { format!("./{shown}") } else { shown };
    let plain = |c: char| c.is_alphanumeric() || "/\\._-+=,:@%".contains(c);
    if shown.chars().all(plain) { shown } else { format!("'{}'", shown.replace('\'', "'\\''")) }
}

/// Larger files are not what is asked for: a million rows of measurements have about 30 MB.
const LARGEST: u64 = 512 << 20;

/// The operating system's reason without the number Rust appends.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// Reads a text file; `what` it is, for messages.
///
/// # Errors
/// As [`read_bytes`], and if it is not text.
pub fn read_text(path: &Path, what: &str) -> Result<String, Failure> {
    String::from_utf8(read_bytes(path, what)?).map_err(|error| {
        let line =
            1 + error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count();
        unread(path, what, &format!("line {line} is not UTF-8 text"), "save it as UTF-8 text")
    })
}

fn unread(path: &Path, what: &str, reason: &str, hint: &str) -> Failure {
    Failure::new(format!("cannot read the {what} `{}`: {reason}", path.display())).with_hint(hint)
}

/// Reads a file, or standard input if it is `-`; `what` it is, for messages.
///
/// # Errors
/// If it is missing, a directory or far too large.
pub fn read_bytes(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let failed = |reason: &str, hint: &str| unread(path, what, reason, hint);
    if path.is_dir() {
        return Err(failed("it is a directory", "name the file in it"));
    }
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
    };
    if let Err(error) = read {
        return Err(failed(&reason(&error), "give the path of a file that exists and may be read"));
    }
    if bytes.len() as u64 > LARGEST {
        return Err(failed("it has more than 512 MiB", "is it the right file?"));
    }
    Ok(bytes)
}

/// Where a file that `option` names is written: what a link leads to, so that the link stays.
///
/// # Errors
/// If something other than a file is there, or a file that a run has kept.
pub fn place(path: &Path, option: &str) -> Result<PathBuf, Failure> {
    let failed = |reason: &str, hint: &str| {
        Failure::new(format!("cannot write `{}`: {reason}", path.display()))
            .with_hint(format!("{hint}; choose another file with {option}"))
            .because(Cause::File)
    };
    // A device or a pipe must not be replaced by a file.
    if path.is_dir() {
        return Err(failed("it is a directory", "name a file in it"));
    }
    if !path.exists() {
        return Ok(path.to_path_buf());
    }
    if !path.is_file() {
        return Err(failed("it is not a regular file", "only files are written"));
    }
    let place =
        path.canonicalize().map_err(|error| failed(&reason(&error), "its directory must be readable"))?;
    let kept = place.parent().zip(place.file_name()).is_some_and(|(dir, name)| rundir::keeps(dir, name));
    if kept {
        return Err(failed("a run has kept it", "what runs have kept is not replaced"));
    }
    Ok(place)
}

/// Writes a whole file: it appears complete or not at all. `option` is what named it.
///
/// # Errors
/// As [`place`], and if it cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8], option: &str) -> Result<(), Failure> {
    let path = &place(path, option)?;
    let failed = |reason: String, hint: &str| {
        Failure::new(format!("cannot write `{}`: {reason}", path.display()))
            .with_hint(format!("{hint}; choose another file with {option}"))
            .because(Cause::File)
    };
    let write = || {
        let mut file = PendingFile::create(path)?;
        file.write(bytes)?;
        file.finish()
    };
    write().map_err(|error: RecordError| {
        let RecordError::Io { source: error, .. } = error else { return error.into() };
        let hint = match error.kind() {
            ErrorKind::NotFound => "its directory must exist",
            ErrorKind::PermissionDenied => "its directory must be writable",
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space",
            _ => "its directory must exist and be writable",
        };
        failed(reason(&error), hint)
    })
}

/// How a picture is wanted, by the ending of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Picture {
    Svg,
    Png,
}

/// Whether a picture can be written under this name.
///
/// # Errors
/// If it ends in neither `.svg` nor `.png`, or in `.png` and this program makes none.
pub fn check_picture(path: &Path) -> Result<(), Failure> {
    match picture(path)? {
        Picture::Svg => Ok(()),
        Picture::Png => Renderer::new(&format!("--plot {}", path.display())).map(drop),
    }
}

fn picture(path: &Path) -> Result<Picture, Failure> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("svg") => Ok(Picture::Svg),
        Some("png") => Ok(Picture::Png),
        _ => Err(Failure::new(format!("`{}` is not a file name for a picture", path.display()))
            .with_hint("end it in .svg or .png")),
    }
}

/// Writes a picture under the name given with `--plot`.
///
/// # Errors
/// If its ending is unknown or it cannot be rendered or written.
pub fn write_picture(path: &Path, svg: &str) -> Result<(), Failure> {
    let bytes = match picture(path)? {
        Picture::Svg => svg.as_bytes().to_vec(),
        Picture::Png => Renderer::new(&format!("--plot {}", path.display()))?.render(svg)?,
    };
    write_whole(path, &bytes, "--plot")
}
