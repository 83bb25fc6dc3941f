//! Samples that are shown a little differently every time.
//!
//! Every number is drawn for (seed, sample, epoch): word 0 of the stream is the shift to the right, 1 the shift down, 2 and 3 where the cut
//! begins (column, row), and one word more for each value of what is left is its noise, by inversion. A test sample is neither shifted nor
//! made noisy, and cut in the middle.

use crate::numeric::normal_quantile;
use crate::random::{Purpose, Stream, unit};
use serde::{Deserialize, Serialize};

/// How samples are changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Augment {
    /// Pictures are shifted by up to so many pixels, in both directions; what comes in is 0.
    pub shift: u32,
    /// A square of so many pixels is cut out of pictures.
    pub crop: Option<u32>,
    /// Standard deviation of what is added to each value; what leaves 0 to 1 is brought back to it.
    pub noise: f64,
    /// Whether the least value of a sample becomes 0 and the largest 1, before noise is added.
    pub stretch: bool,
}

impl Augment {
    /// Whether nothing is changed.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a sample is shown differently from time to time.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        self.shift > 0 || self.noise > 0.0 || self.crop.is_some()
    }

    /// The shape of what is shown of samples of this shape: the last two axes are rows and columns.
    #[must_use]
    pub fn shape(&self, shape: &[usize]) -> Vec<usize> {
        let pictures = shape.len().saturating_sub(2);
        let cut = |(axis, &length): (usize, &usize)| match self.crop {
            Some(side) if axis >= pictures => side as usize,
            _ => length,
        };
        shape.iter().enumerate().map(cut).collect()
    }

    /// A sample for testing.
    #[must_use]
    pub fn tested(&self, values: &[f64], shape: &[usize]) -> Vec<f64> {
        let [rows, columns] = sides(shape);
        let middle = |side: usize| self.crop.map_or(0, |crop| (side - crop as usize) as i64 / 2);
        self.stretched(self.window(values, [rows, columns], [middle(rows), middle(columns)]))
    }

    /// Sample `index` as it is shown in an epoch of training.
    #[must_use]
    pub fn shown(&self, values: &[f64], shape: &[usize], (seed, index, epoch): (u64, u32, u64)) -> Vec<f64> {
        let [rows, columns] = sides(shape);
        let mut stream = Stream::new(seed, Purpose::Augment, index, epoch);
        let mut below = |count: u64| ((u128::from(stream.next_word()) * u128::from(count)) >> 64) as i64;
        let shift = i64::from(self.shift);
        let [right, down] = [0, 1].map(|_| below(2 * shift as u64 + 1) - shift);
        let free = |side: usize| self.crop.map_or(0, |crop| side as u64 - u64::from(crop));
        let [left, top] = [free(columns), free(rows)].map(|free| below(free + 1));
        let mut shown = self.stretched(self.window(values, [rows, columns], [top - down, left - right]));
        if self.noise > 0.0 {
            for value in &mut shown {
                let noise = self.noise * normal_quantile(unit(stream.next_word()));
                *value = (*value + noise).clamp(0.0, 1.0);
            }
        }
        shown
    }

    /// What lies in the window whose upper left corner is at (top, left); 0 where there is nothing.
    fn window(&self, values: &[f64], [rows, columns]: [usize; 2], [top, left]: [i64; 2]) -> Vec<f64> {
        let side = |whole: usize| self.crop.map_or(whole, |crop| crop as usize) as i64;
        let mut window = Vec::with_capacity(values.len());
        for picture in values.chunks_exact((rows * columns).max(1)) {
            for row in top..top + side(rows) {
                for column in left..left + side(columns) {
                    let inside = (0..rows as i64).contains(&row) && (0..columns as i64).contains(&column);
                    window.push(if inside { picture[row as usize * columns + column as usize] } else { 0.0 });
                }
            }
        }
        window
    }

    fn stretched(&self, mut values: Vec<f64>) -> Vec<f64> {
        if self.stretch {
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if high > low {
                values.iter_mut().for_each(|value| *value = (*value - low) / (high - low));
            }
        }
        values
    }
}

/// Rows and columns of a picture; a sample without is one row.
fn sides(shape: &[usize]) -> [usize; 2] {
    match shape {
        [.., rows, columns] => [*rows, *columns],
        [columns] => [1, *columns],
        [] => [1, 1],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICTURE: [f64; 12] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 0.15, 0.25];

    #[test]
    fn a_shift_is_drawn_for_every_showing_and_reaches_all_places_alike() {
        let augment = Augment { shift: 1, ..Augment::default() };
        let mut counts = std::collections::BTreeMap::new();
        for epoch in 0..9000 {
            let shown = augment.shown(&PICTURE, &[3, 4], (7, 5, epoch));
            // Where 0.6, of row 1 and column 1, has gone.
            let at = shown.iter().position(|&value| value == 0.6).unwrap();
            *counts.entry((at / 4, at % 4)).or_insert(0) += 1;
            assert_eq!(shown, augment.shown(&PICTURE, &[3, 4], (7, 5, epoch)));
        }
        let all: Vec<(usize, usize)> =
            (0..3).flat_map(|row| (0..3).map(move |column| (row, column))).collect();
        assert_eq!(counts.keys().copied().collect::<Vec<_>>(), all);
        assert!(counts.values().all(|count| (850..1150).contains(count)), "{counts:?}");
        assert_eq!(augment.tested(&PICTURE, &[3, 4]), PICTURE);
    }

    #[test]
    fn what_comes_in_is_dark_and_colours_move_together() {
        let augment = Augment { shift: 1, ..Augment::default() };
        let two = [PICTURE, PICTURE].concat();
        let shown = augment.shown(&two, &[2, 3, 4], (1, 0, 0));
        assert_eq!(shown[..12], shown[12..]);
        assert_eq!(shown[..12], augment.shown(&PICTURE, &[3, 4], (1, 0, 0)));
        let right = augment.window(&PICTURE, [3, 4], [0, -1]);
        assert_eq!(right, [0.0, 0.1, 0.2, 0.3, 0.0, 0.5, 0.6, 0.7, 0.0, 0.9, 1.0, 0.15]);
    }

    #[test]
    fn a_crop_is_in_the_middle_of_tests_and_anywhere_in_training() {
        let augment = Augment { crop: Some(2), ..Augment::default() };
        assert_eq!(augment.shape(&[3, 3, 4]), [3, 2, 2]);
        assert_eq!(augment.tested(&PICTURE, &[3, 4]), [0.2, 0.3, 0.6, 0.7]);
        let corners: std::collections::BTreeSet<u64> =
            (0..200).map(|epoch| augment.shown(&PICTURE, &[3, 4], (1, 2, epoch))[0].to_bits()).collect();
        assert_eq!(corners, [0.1, 0.2, 0.3, 0.5, 0.6, 0.7].map(f64::to_bits).into());
    }

    #[test]
    fn noise_has_its_width_and_a_stretch_its_ends() {
        let augment = Augment { noise: 0.05, ..Augment::default() };
        let errors: Vec<f64> =
            (0..5000).map(|epoch| augment.shown(&[0.5], &[1], (1, 2, epoch))[0] - 0.5).collect();
        let mean = errors.iter().sum::<f64>() / 5000.0;
        let sd = (errors.iter().map(|e| e * e).sum::<f64>() / 5000.0).sqrt();
        assert!(mean.abs() < 0.003 && (sd - 0.05).abs() < 0.002, "{mean} {sd}");
        let stretch = Augment { stretch: true, ..Augment::default() };
        assert_eq!(stretch.tested(&[0.25, 0.5, 0.75], &[3]), [0.0, 0.5, 1.0]);
        assert_eq!(stretch.tested(&[0.5, 0.5], &[2]), [0.5, 0.5]);
    }
}
