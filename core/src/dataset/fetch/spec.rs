//! What the files of a data set are, down to their SHA-256.

use crate::dataset::idx::{self, Expect};
use crate::dataset::known::Sum;
use crate::dataset::{Name, Readable};
use flate2::bufread::GzDecoder;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

/// Largest file accepted from a server, and largest content decompressed from one.
pub(super) const MAX_BYTES: u64 = 256 << 20;

/// A data set as files to download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The data set they make up.
    pub name: Name,
    /// What is downloaded, in this order.
    pub files: Vec<FileSpec>,
}

/// One file; on the server and on disk it is called `name` + ".gz".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSpec {
    /// As on the server, without `.gz`.
    pub name: String,
    /// Whether it holds images or labels.
    pub what: Readable,
    /// Sizes and classes that its content must agree with.
    pub expect: Expect,
    /// What it is recognised by.
    pub sha256: Sha256Of,
}

/// A SHA-256 in hexadecimal, and what it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sha256Of {
    /// The IDX file inside: any mirror's own compression is accepted.
    Content(String),
    /// The .gz file byte by byte.
    Download(String),
}

/// Why a file is not the one of the [`FileSpec`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the line of each variant names its fields")]
pub enum Mismatch {
    /// The checksum `of` the content or the download is `found` and not `expected`.
    #[error("SHA-256 of the {of} is {found}; expected {expected}")]
    Sha256 { of: &'static str, found: String, expected: String },
    /// The file on disk, or the compressed content in it, fails to be read, for `reason`.
    #[error("it cannot be read or decompressed ({reason})")]
    Unreadable { reason: String },
}

impl Spec {
    /// The files of `name`; `None` for a set that needs none.
    #[must_use]
    pub fn of(name: Name) -> Option<Self> {
        let sums = name.files()?.sums.map(|sum| match sum {
            Sum::Content(sum) => Sha256Of::Content(sum.to_owned()),
            Sum::Download(sum) => Sha256Of::Download(sum.to_owned()),
        });
        let kinds = [Readable::Images, Readable::Labels, Readable::Images, Readable::Labels];
        let files = crate::dataset::locate::FILES
            .into_iter()
            .zip(kinds)
            .zip(sums)
            .map(|((file, what), sha256)| FileSpec {
                name: file.to_owned(),
                what,
                expect: name.expect(),
                sha256,
            })
            .collect();
        Some(Self { name, files })
    }
}

impl FileSpec {
    /// Name on the server and on disk.
    #[must_use]
    pub fn download_name(&self) -> String {
        format!("{}.gz", self.name)
    }

    /// Whether `path` is this file, as downloaded.
    ///
    /// # Errors
    /// What is different.
    pub fn verify(&self, path: &Path) -> Result<(), Mismatch> {
        let unreadable = |error: io::Error| Mismatch::Unreadable { reason: error.to_string() };
        let mut raw = BufReader::with_capacity(1 << 16, File::open(path).map_err(unreadable)?);
        let (expected, of, found) = match &self.sha256 {
            Sha256Of::Download(sum) => (sum, "file", sha256(raw).map_err(unreadable)?),
            Sha256Of::Content(sum) => {
                let is_gzip = raw.fill_buf().map_err(unreadable)?.starts_with(&[0x1f, 0x8b]);
                let found = if is_gzip { sha256(GzDecoder::new(raw)) } else { sha256(raw) };
                (sum, "content", found.map_err(unreadable)?)
            }
        };
        if found.eq_ignore_ascii_case(expected) {
            return Ok(());
        }
        Err(Mismatch::Sha256 { of, found, expected: expected.clone() })
    }

    /// Whether the plain file `path` is this one: by SHA-256 where that of the content is known,
    /// else by being a valid file of the right kind.
    pub(super) fn verify_plain(&self, path: &Path) -> bool {
        match (&self.sha256, self.what) {
            (Sha256Of::Content(_), _) => self.verify(path).is_ok(),
            (_, Readable::Images | Readable::Array) => idx::read_images(path, self.expect).is_ok(),
            (_, Readable::Labels) => idx::read_labels(path, self.expect.classes).is_ok(),
        }
    }
}

fn sha256(reader: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut limited = reader.take(MAX_BYTES + 1);
    let mut block = vec![0; 1 << 16];
    let mut total = 0;
    loop {
        match limited.read(&mut block) {
            Ok(0) => break,
            Ok(n) => {
                total += n as u64;
                hash.update(&block[..n]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if total > MAX_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("more than {MAX_BYTES} bytes of content"),
        ));
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sum_has_the_length_of_a_sha256() {
        for name in [Name::MNIST, Name::FASHION_MNIST] {
            let spec = Spec::of(name).unwrap();
            assert_eq!(spec.files.len(), 4);
            for file in &spec.files {
                let (Sha256Of::Content(sum) | Sha256Of::Download(sum)) = &file.sha256;
                assert!(sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit()));
            }
        }
        assert_eq!(Spec::of(Name::DRAWN_DIGITS), None);
    }

    #[test]
    fn the_sum_is_the_known_one_of_abc() {
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&b"abc"[..]).unwrap(), known);
    }
}
