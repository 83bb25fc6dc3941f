//! What reading through gzip takes beside the decoder.

use std::io::{BufRead, Read};

/// Largest ratio of deflate: one bit for 258 bytes, plus slack for small files.
pub(super) const DEFLATE_RATIO: u64 = 1032;

/// Counts the compressed bytes used, so that what follows gzip's end can be located.
pub(super) struct CountBytes<R> {
    inner: R,
    used: u64,
}

impl<R> CountBytes<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, used: 0 }
    }

    pub(super) fn used(&self) -> u64 {
        self.used
    }
}

impl<R: BufRead> Read for CountBytes<R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.used += n as u64;
        Ok(n)
    }
}

impl<R: BufRead> BufRead for CountBytes<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.used += amount as u64;
        self.inner.consume(amount);
    }
}
