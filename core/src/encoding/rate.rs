//! Rate code: a value p of `full` is a Poisson process of rate `max_rate` p / `full`; of the bytes of images `full` is 255.

use super::alias::{AliasCell, Cells, append};
use super::poisson::{BLOCK, BlockRate};
use crate::simd::prefetch;
use crate::units::Hertz;
use std::sync::Arc;

/// Alias tables of a set of images, made once: 8 bytes per lit pixel.
#[derive(Clone, Debug)]
pub struct RateCode {
    cells: Arc<Vec<AliasCell>>,
    /// Per image and block: end of its cells, and the sum of its intensities.
    ends: Vec<(usize, u64)>,
    blocks: usize,
    max_rate: f64,
    /// The intensity that has this rate.
    full: f64,
    /// Factor of each image's rates; empty: none.
    factors: Vec<f64>,
}

impl RateCode {
    /// Encodes images of `pixels` bytes each.
    #[must_use]
    pub fn new(images: &[u8], pixels: usize, max_rate: Hertz) -> Self {
        let images = images.chunks_exact(pixels.max(1));
        Self::of(images.map(|image| image.iter().map(|&byte| u32::from(byte))), 255, pixels, max_rate)
    }

    /// Encodes samples of `size` whole numbers each, of which `full` has `max_rate`.
    #[must_use]
    pub fn of<S: Iterator<Item = u32>>(
        samples: impl Iterator<Item = S>,
        full: u32,
        size: usize,
        max_rate: Hertz,
    ) -> Self {
        let (mut cells, mut ends, mut values) = (Vec::new(), Vec::new(), Vec::with_capacity(size));
        for sample in samples {
            values.clear();
            values.extend(sample);
            for part in values.chunks(BLOCK as usize) {
                let total = append(part.iter().copied(), &mut cells);
                ends.push((cells.len(), total));
            }
        }
        cells.shrink_to_fit();
        Self {
            cells: Arc::new(cells),
            ends,
            blocks: size.div_ceil(BLOCK as usize).max(1),
            max_rate: max_rate.get(),
            full: f64::from(full),
            factors: Vec::new(),
        }
    }

    /// Scales the rates of each image so that its intensities sum to `total`; dark ones stay dark.
    #[must_use]
    pub fn normalised(mut self, total: f64) -> Self {
        let of = |ends: &[(usize, u64)]| ends.iter().map(|end| end.1).sum::<u64>();
        let factor = |sum: u64| if sum == 0 { 1.0 } else { total / sum as f64 };
        self.factors = self.ends.chunks(self.blocks).map(|image| factor(of(image))).collect();
        self
    }

    /// Number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len() / self.blocks
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Asks for the table of an image that will be shown soon, so that it is in the cache by then.
    #[inline]
    pub fn touch(&self, image: usize) {
        let first = image * self.blocks;
        let start = if first == 0 { 0 } else { self.ends[first - 1].0 };
        prefetch(&self.cells, start..self.ends[first + self.blocks - 1].0);
    }

    /// Rate and marks of one block of one image.
    #[must_use]
    pub fn block(&self, image: usize, block: usize) -> BlockRate {
        let index = image * self.blocks + block;
        let start = if index == 0 { 0 } else { self.ends[index - 1].0 };
        let (end, total) = self.ends[index];
        let factor = self.factors.get(image).copied().unwrap_or(1.0);
        BlockRate::new(&Cells::of(&self.cells, start..end), self.max_rate * total as f64 / self.full * factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_image_has_its_own_rate_and_pixels() {
        let code = RateCode::new(&[0, 255, 0, 255, 255, 51, 0, 0, 0], 3, Hertz::new(100.0));
        assert_eq!(code.len(), 3);
        assert!((code.block(0, 0).mean_gap_fs - 1e13).abs() < 1.0);
        assert_eq!(code.block(0, 0).cells.len(), 1);
        assert!((code.block(1, 0).mean_gap_fs - 1e15 / 220.0).abs() < 1.0);
        assert!(code.block(2, 0).cells.is_empty());
    }

    #[test]
    fn real_numbers_have_their_rates_to_31_bits() {
        let value = |x: f64| (x * f64::from(1_u32 << 31)) as u32;
        let samples = [[0.125, 0.0, 1.0], [0.0, 1e-4, 0.0]].map(|sample| sample.map(value));
        let code = RateCode::of(samples.iter().map(|s| s.iter().copied()), 1 << 31, 3, Hertz::new(100.0));
        assert!((code.block(0, 0).mean_gap_fs / (1e15 / 112.5) - 1.0).abs() < 1e-12);
        assert!(
            (code.block(1, 0).mean_gap_fs / (1e15 / (100.0 * 214_748.0 / 2_147_483_648.0)) - 1.0).abs()
                < 1e-12
        );
    }

    #[test]
    fn normalised_images_have_one_total_rate() {
        let images = [0, 255, 0, 255, 255, 51, 0, 0, 0];
        let code = RateCode::new(&images, 3, Hertz::new(100.0)).normalised(510.0);
        for image in 0..2 {
            assert!((code.block(image, 0).mean_gap_fs / (1e15 / 200.0) - 1.0).abs() < 1e-12);
        }
        assert!(code.block(2, 0).cells.is_empty());
    }
}
