//! Files of a folder or of a `.tar.gz`, by name.

use super::fault;
use crate::dataset::Fault;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Bytes of a file: what a header claims is believed up to here.
const MOST: u64 = 1 << 28;

/// The files so many folders below a folder, or the last folders of whose names in an archive are so many, with their bytes: those that end
/// in `ending`, by name.
pub(super) fn files(at: &Path, depth: usize, ending: &str) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    let mut all = Vec::new();
    if at.is_dir() {
        folder(at, "", depth, &mut all, ending)?;
    } else {
        archive(at, depth, &mut all, ending)?;
    }
    all.sort_unstable();
    if all.is_empty() {
        let below = if depth == 0 { String::new() } else { format!(", {depth} folders down") };
        let allowed = format!("files that end in {ending}{below}");
        return Err(fault(at, "", "there is none of its files".into(), allowed));
    }
    Ok(all)
}

fn unreadable(at: &Path) -> impl Fn(std::io::Error) -> Fault + '_ {
    |error| Fault::Unreadable { file: at.into(), reason: error.to_string() }
}

/// Whether a file is looked at: what begins with a dot is left out.
fn counts(name: &str, ending: &str) -> bool {
    !name.starts_with('.') && name.to_lowercase().ends_with(ending)
}

fn folder(
    at: &Path,
    before: &str,
    depth: usize,
    all: &mut Vec<(String, Vec<u8>)>,
    ending: &str,
) -> Result<(), Fault> {
    for entry in std::fs::read_dir(at).map_err(unreadable(at))? {
        let path = entry.map_err(unreadable(at))?.path();
        let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
        if depth > 0 && path.is_dir() && !name.starts_with('.') {
            folder(&path, &format!("{before}{name}/"), depth - 1, all, ending)?;
        } else if depth == 0 && path.is_file() && counts(&name, ending) {
            all.push((format!("{before}{name}"), std::fs::read(&path).map_err(unreadable(&path))?));
        }
    }
    Ok(())
}

/// Headers of 512 bytes, each before the bytes of its file, which are filled up to a multiple of 512 (POSIX.1-1988, ustar).
fn archive(at: &Path, depth: usize, all: &mut Vec<(String, Vec<u8>)>, ending: &str) -> Result<(), Fault> {
    let mut bytes = MultiGzDecoder::new(BufReader::new(File::open(at).map_err(unreadable(at))?));
    let damaged = |what: String| fault(at, "", what, "a folder, or a .tar.gz of one");
    let mut header = [0_u8; 512];
    loop {
        // An archive ends with two empty headers; what follows them is of no interest.
        match bytes.read_exact(&mut header) {
            Err(error) => return Err(damaged(format!("it is no complete .tar.gz ({error})"))),
            Ok(()) if header.iter().all(|&byte| byte == 0) => return Ok(()),
            Ok(()) => {}
        }
        let text = |field: &[u8]| {
            let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
            String::from_utf8_lossy(&field[..end]).trim().to_owned()
        };
        let octal = |field: &[u8]| u64::from_str_radix(&text(field), 8).ok();
        // The sum of all bytes of the header, its own eight taken for spaces.
        let sum: u64 = header.iter().map(|&byte| u64::from(byte)).sum();
        let own: u64 = header[148..156].iter().map(|&byte| u64::from(byte)).sum();
        let name = text(&header[..100]);
        let size = octal(&header[124..136]).filter(|_| octal(&header[148..156]) == Some(sum - own + 8 * 32));
        let size = size.ok_or_else(|| damaged(format!("the header of `{name}` is damaged")))?;
        if size > MOST {
            return Err(damaged(format!("`{name}` is said to be of {size} bytes")));
        }
        let prefix = if header[257..262] == *b"ustar" { text(&header[345..500]) } else { String::new() };
        let whole = format!("{prefix}/{name}");
        let last: Vec<&str> = whole.rsplit('/').take(depth + 1).collect();
        let is_file = matches!(header[156], b'0' | 0) && counts(last[0], ending);
        let filled = size.next_multiple_of(512);
        let mut content = Vec::new();
        bytes
            .by_ref()
            .take(filled)
            .read_to_end(&mut content)
            .map_err(|error| damaged(format!("`{name}` cannot be unpacked ({error})")))?;
        if content.len() as u64 != filled {
            return Err(damaged(format!("it ends within `{name}`")));
        }
        content.truncate(size as usize);
        if is_file {
            all.push((last.into_iter().rev().collect::<Vec<_>>().join("/"), content));
        }
    }
}
