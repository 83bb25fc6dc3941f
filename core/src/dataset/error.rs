//! What can be wrong with data files: one variant per fault, the values as fields.

use super::Name;
use std::fmt;
use std::path::PathBuf;

/// What a file was read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readable {
    /// Pictures, a byte per pixel.
    Images,
    /// Classes, a byte per picture.
    Labels,
    /// Numbers of any type, in any number of dimensions.
    Array,
}

impl Readable {
    /// The first four bytes: type unsigned byte (8), then the number of dimensions.
    #[must_use]
    pub const fn magic(self) -> u32 {
        match self {
            Self::Images => 0x0803,
            Self::Labels => 0x0801,
            Self::Array => 0x0800,
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Images => Self::Labels,
            Self::Labels => Self::Images,
            Self::Array => Self::Array,
        }
    }
}

impl fmt::Display for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Images => "images",
            Self::Labels => "labels",
            Self::Array => "numbers",
        })
    }
}

/// One thing wrong with a data set or one of its files. None of them lets a run go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the line of each variant names its fields")]
#[non_exhaustive]
pub enum Fault {
    /// The user asked for `name`; `nearest` is the known name it may be a misspelling of.
    #[error("unknown data set `{name}`; known are {}", Name::ALL.map(Name::as_str).join(", "))]
    UnknownName { name: String, nearest: Option<Name> },
    /// None of the folders in `looked` has the files of `name`; `wanted` lists them.
    #[error("data set `{name}` was not found; looked for {wanted} in:{}", list(looked))]
    NotFound { name: Name, wanted: &'static str, looked: Vec<PathBuf> },
    /// Folder `dir` has some files of `name` and lacks `wanted`.
    #[error("{}: file {wanted} (plain or .gz) of data set `{name}` is missing; its other files are there", dir.display())]
    Incomplete { name: Name, dir: PathBuf, wanted: &'static str },
    /// The folder is one of `asked`, and the checksum of `file` says that it belongs to `found`.
    #[error("{}: the test labels are those of `{found}`; expected data set `{asked}`", file.display())]
    OtherDataset { file: PathBuf, asked: Name, found: Name },
    /// What was made for `name` is not of its shape, or has labels beyond its classes.
    #[error(
        "data set `{name}` is not of the size that is known of it: {} values, labels below {}",
        name.size(), name.classes()
    )]
    NotAsKnown { name: Name },
    /// Where `file` with `what` should be, a directory has its name.
    #[error("{}: is a directory; expected a file of IDX {what}", file.display())]
    IsDirectory { file: PathBuf, what: Readable },
    /// `file` is a pipe, a device or the like; only files of a known length are read as `what`.
    #[error("{}: is not a regular file; expected a file of IDX {what}", file.display())]
    NotAFile { file: PathBuf, what: Readable },
    /// The folder to look in, `path`, is a file.
    #[error("{}: is a file; expected a directory of data sets", path.display())]
    NotADirectory { path: PathBuf },
    /// The system refuses `file`, for `reason`.
    #[error("{}: cannot be read ({reason})", file.display())]
    Unreadable { file: PathBuf, reason: String },
    /// `file` is compressed, and the feature `formats` is not in this build.
    #[error("{}: is compressed with gzip; this build of memspike reads plain files only", file.display())]
    Gzip { file: PathBuf },
    /// `file` begins with `found`, and a file of `what` with [`Readable::magic`].
    #[error("{}: magic number at byte 0 is 0x{found:08x}; expected 0x{:08x} (IDX {what})", file.display(), what.magic())]
    WrongMagic { file: PathBuf, what: Readable, found: u32 },
    /// `file` ends after `found` bytes (of content, if it is `gzip`), and `why` it should have `expected`.
    #[error("{}: ends after {}{}; expected {expected} ({why})", file.display(), crate::hint::many(found, "byte"), uncompressed(*gzip))]
    Truncated { file: PathBuf, gzip: bool, found: u64, expected: u64, why: String },
    /// The compressed content of `file` cannot be unpacked beyond byte `at`, for `reason`.
    #[error("{}: gzip data is damaged after {} of content ({reason})", file.display(), crate::hint::many(at, "byte"))]
    DamagedGzip { file: PathBuf, at: u64, reason: String },
    /// `file` goes on (in its content, if it is `gzip`) after the `expected` bytes that it should have, and `why`.
    #[error("{}: more bytes follow at byte {expected}{}; expected the end of the file ({why})", file.display(), uncompressed(*gzip))]
    Trailing { file: PathBuf, gzip: bool, expected: u64, why: String },
    /// After the compressed content of `file`, which ends before its byte `at`, there is more.
    #[error("{}: more bytes follow at byte {at}, after the end of the gzip data; expected the end of the file", file.display())]
    TrailingGzip { file: PathBuf, at: u64 },
    /// `file` has no `what` at all; up to `max` are read.
    #[error("{}: number of {what} at byte 4 is 0; expected 1 to {max}", file.display())]
    Empty { file: PathBuf, what: Readable, max: u32 },
    /// The header of `file` promises `found` of `what`, more than `max`.
    #[error("{}: number of {what} at byte 4 is {found}; expected 1 to {max}", file.display())]
    TooMany { file: PathBuf, what: Readable, found: u32, max: u32 },
    /// The images of `file` have `rows` x `columns` pixels, those of the data set `height` x `width`.
    #[error("{}: image size at byte 8 is {rows} x {columns}; expected {height} x {width}", file.display())]
    WrongSize { file: PathBuf, rows: u32, columns: u32, height: usize, width: usize },
    /// At byte `at` of `file`, for image `index`, stands `label`, which is none of `classes`; `count` labels are wrong in all.
    #[error("{}: label at byte {at} is {label} (image {index}{}); expected 0 to {}", file.display(), and_more(*count), classes - 1)]
    BadLabel { file: PathBuf, at: u64, index: usize, label: u8, classes: usize, count: usize },
    /// In `file`, at `place` (or it as a whole, if that is empty), is `what`, where `allowed` is expected.
    #[error("{}{}: {what}; expected {allowed}", file.display(), within(place))]
    Own { file: PathBuf, place: String, what: String, allowed: String, hint: Option<String> },
    /// `images_file` has `images` images and `labels_file` has `count` labels.
    #[error("{}: holds {count} labels; expected {images}, one for each image in {}", labels_file.display(), images_file.display())]
    CountMismatch { images_file: PathBuf, images: usize, labels_file: PathBuf, count: usize },
}

impl Fault {
    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownName { nearest, .. } => format!("did you mean `{}`?", (*nearest)?),
            Self::NotFound { name, .. } if name.files().is_none() => format!(
                "put it there, from {}; --data DIR or MEMSPIKE_DATA names another folder",
                name.source().unwrap_or("where it is published")
            ),
            Self::NotFound { name, .. } | Self::Incomplete { name, .. } => format!(
                "`memspike data fetch {name}` downloads it; --data DIR or MEMSPIKE_DATA names another folder; \
                 the embedded data set `{}` needs no files",
                Name::DRAWN_DIGITS
            ),
            Self::OtherDataset { found, .. } => format!(
                "put each data set into a folder of its own name: DIR/{found}, and `memspike data fetch` does the same"
            ),
            Self::IsDirectory { .. } => "move the file out of the directory that has its name".to_owned(),
            Self::Gzip { .. } => "decompress it, or build memspike with the feature `formats`".to_owned(),
            Self::NotADirectory { .. } => "name the directory that the file is in".to_owned(),
            Self::WrongMagic { what, found, .. } if *found == what.other().magic() => {
                format!("this is a file of {}: are the image and label files exchanged?", what.other())
            }
            Self::WrongMagic { found, .. } if found >> 16 == 0x1f8b => {
                "the file was compressed twice: decompress it once".to_owned()
            }
            Self::WrongMagic { found, .. } if matches!(found >> 24, 0x3c | 0x7b) => {
                "this looks like a web page, perhaps the answer of a server that no longer has the file"
                    .to_owned()
            }
            Self::WrongMagic { found, .. } if found.swap_bytes() >> 16 == 0 && *found != 0 => {
                "the bytes are in reverse order: IDX numbers are big-endian".to_owned()
            }
            Self::WrongMagic { .. } => {
                "it is not such a file, or it is damaged: delete it and fetch it again (`memspike data fetch NAME`)"
                    .to_owned()
            }
            Self::WrongSize { height, width, .. } => {
                format!("only sets with images of {height} x {width} can be read")
            }
            Self::Truncated { .. }
            | Self::DamagedGzip { .. }
            | Self::Trailing { .. }
            | Self::TrailingGzip { .. } => {
                "the file is damaged: delete it and fetch it again (`memspike data fetch NAME`)".to_owned()
            }
            Self::BadLabel { .. } => "only sets with labels 0 to 9 can be read".to_owned(),
            Self::CountMismatch { .. } => "do both files belong to the same split (train, t10k)?".to_owned(),
            Self::Own { hint, .. } => hint.clone()?,
            _ => return None,
        })
    }
}

/// Every fault found, in the order of the files. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { "\n" };
            write!(f, "{separator}{fault}")?;
            // The same hint is said once, after the last fault that it belongs to.
            let hint = fault.hint();
            if self.0.get(i + 1).and_then(Fault::hint) != hint
                && let Some(hint) = hint
            {
                write!(f, "\n  hint: {hint}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

fn list(paths: &[PathBuf]) -> String {
    if paths.is_empty() {
        return " nowhere (no --data, no MEMSPIKE_DATA, no home directory)".to_owned();
    }
    paths.iter().map(|path| format!("\n  {}", path.display())).collect()
}

fn within(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!(", {place}") }
}

fn uncompressed(gzip: bool) -> &'static str {
    if gzip { " of content" } else { "" }
}

fn and_more(count: usize) -> String {
    if count > 1 { format!(", and {} more", count - 1) } else { String::new() }
}
