//! Four values side by side, combined lane by lane.
//!
//! Loops over a few columns are written in these, because the compiler turns them into vector code
//! reliably, which it does not do for a short loop that it has unrolled. The lanes never mix, so a lane's
//! result has the bits of the same scalar operations.

use super::Real;
use std::ops::{Add, Div, Mul, Sub};

/// Four lanes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quad<R>(pub [R; 4]);

impl<R: Real> Quad<R> {
    /// The same value in every lane.
    #[inline(always)]
    #[must_use]
    pub fn splat(value: R) -> Self {
        Self([value; 4])
    }

    /// From the first four values of a slice.
    ///
    /// # Panics
    /// If there are fewer.
    #[inline(always)]
    #[must_use]
    pub fn load(values: &[R]) -> Self {
        Self([values[0], values[1], values[2], values[3]])
    }

    /// Into the first four places of a slice.
    ///
    /// # Panics
    /// If there are fewer.
    #[inline(always)]
    pub fn store(self, values: &mut [R]) {
        values[..4].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(R, R) -> R) -> Self {
        let (a, b) = (self.0, other.0);
        Self([f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2]), f(a[3], b[3])])
    }

    /// The larger of each two lanes.
    #[inline(always)]
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }

    /// Magnitudes.
    #[inline(always)]
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.map(Real::abs))
    }

    /// Lanes cut to [0, `cap`].
    #[inline(always)]
    #[must_use]
    pub fn clipped(self, cap: R) -> Self {
        self.zip(Self::splat(cap), |x, cap| if x > cap { cap } else { x }).max(Self::splat(R::ZERO))
    }

    /// Whether any lane reaches `bound`.
    #[inline(always)]
    #[must_use]
    pub fn any_reaches(self, bound: R) -> bool {
        let [a, b, c, d] = self.0;
        (a >= bound) | (b >= bound) | (c >= bound) | (d >= bound)
    }
}

impl<R: Real> Add for Quad<R> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl<R: Real> Sub for Quad<R> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}

impl<R: Real> Mul for Quad<R> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
}

impl<R: Real> Div for Quad<R> {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
}

/// A few quads as one value. Nested pairs instead of an array: there is no index that would keep
/// them in memory instead of registers.
pub trait Quads<R: Real>: Columns<R> {
    /// Number of quads.
    const COUNT: usize;
    /// From the first 4 `COUNT` values.
    fn load(values: &[R]) -> Self;
    /// Into the first 4 `COUNT` places.
    fn store(self, values: &mut [R]);
    /// self x factor + addend, the addend read from memory.
    #[must_use]
    fn scale_add(self, factor: R, addend: &[R]) -> Self;
    /// The largest of each lane over the quads.
    fn highest(self) -> Quad<R>;
}

impl<R: Real> Quads<R> for Quad<R> {
    const COUNT: usize = 1;

    #[inline(always)]
    fn load(values: &[R]) -> Self {
        Self::load(values)
    }
    #[inline(always)]
    fn store(self, values: &mut [R]) {
        self.store(values);
    }
    #[inline(always)]
    fn scale_add(self, factor: R, addend: &[R]) -> Self {
        self * Self::splat(factor) + Self::load(addend)
    }
    #[inline(always)]
    fn highest(self) -> Quad<R> {
        self
    }
}

impl<R: Real, T: Quads<R>> Quads<R> for (Quad<R>, T) {
    const COUNT: usize = 1 + T::COUNT;

    #[inline(always)]
    fn load(values: &[R]) -> Self {
        (Quad::load(values), T::load(&values[4..]))
    }
    #[inline(always)]
    fn store(self, values: &mut [R]) {
        self.0.store(values);
        self.1.store(&mut values[4..]);
    }
    #[inline(always)]
    fn scale_add(self, factor: R, addend: &[R]) -> Self {
        (self.0.scale_add(factor, addend), self.1.scale_add(factor, &addend[4..]))
    }
    #[inline(always)]
    fn highest(self) -> Quad<R> {
        self.0.max(self.1.highest())
    }
}

/// A row of values, whether it is in registers or in memory; its length is a multiple of four.
pub trait Columns<R: Real>: Copy {
    /// Number of values.
    fn columns(self) -> usize;
    /// Into the first places of a slice.
    fn write(self, values: &mut [R]);
    /// sums += x factor, x the values cut to [0, cap].
    fn add_clipped(self, cap: R, factor: R, sums: &mut [R]);
    /// sums += x^2 factor, x the values cut to [0, cap].
    fn add_clipped_squares(self, cap: R, factor: R, sums: &mut [R]);
}

impl<R: Real> Columns<R> for Quad<R> {
    #[inline(always)]
    fn columns(self) -> usize {
        4
    }
    #[inline(always)]
    fn write(self, values: &mut [R]) {
        self.store(values);
    }
    #[inline(always)]
    fn add_clipped(self, cap: R, factor: R, sums: &mut [R]) {
        (Self::load(sums) + self.clipped(cap) * Self::splat(factor)).store(sums);
    }
    #[inline(always)]
    fn add_clipped_squares(self, cap: R, factor: R, sums: &mut [R]) {
        let x = self.clipped(cap);
        (Self::load(sums) + x * x * Self::splat(factor)).store(sums);
    }
}

impl<R: Real, T: Columns<R>> Columns<R> for (Quad<R>, T) {
    #[inline(always)]
    fn columns(self) -> usize {
        4 + self.1.columns()
    }
    #[inline(always)]
    fn write(self, values: &mut [R]) {
        self.0.store(values);
        self.1.write(&mut values[4..]);
    }
    #[inline(always)]
    fn add_clipped(self, cap: R, factor: R, sums: &mut [R]) {
        self.0.add_clipped(cap, factor, sums);
        self.1.add_clipped(cap, factor, &mut sums[4..]);
    }
    #[inline(always)]
    fn add_clipped_squares(self, cap: R, factor: R, sums: &mut [R]) {
        self.0.add_clipped_squares(cap, factor, sums);
        self.1.add_clipped_squares(cap, factor, &mut sums[4..]);
    }
}

impl<R: Real> Columns<R> for &[R] {
    #[inline(always)]
    fn columns(self) -> usize {
        self.len() / 4 * 4
    }
    #[inline(always)]
    fn write(self, values: &mut [R]) {
        values[..self.len()].copy_from_slice(self);
    }
    #[inline(always)]
    fn add_clipped(self, cap: R, factor: R, sums: &mut [R]) {
        for (x, sums) in self.chunks_exact(4).zip(sums.chunks_exact_mut(4)) {
            Quad::load(x).add_clipped(cap, factor, sums);
        }
    }
    #[inline(always)]
    fn add_clipped_squares(self, cap: R, factor: R, sums: &mut [R]) {
        for (x, sums) in self.chunks_exact(4).zip(sums.chunks_exact_mut(4)) {
            Quad::load(x).add_clipped_squares(cap, factor, sums);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_quads_are_the_quads_in_order() {
        let values: Vec<f64> = (0..12).map(f64::from).collect();
        let quads = <(Quad<f64>, (Quad<f64>, Quad<f64>))>::load(&values);
        let moved = quads.scale_add(2.0, &values);
        let mut out = [0.0; 12];
        moved.store(&mut out);
        assert!(out.iter().zip(&values).all(|(out, value)| *out == 3.0 * value));
        assert_eq!(quads.highest().0, [8.0, 9.0, 10.0, 11.0]);
    }

    #[test]
    fn lanes_do_not_mix() {
        let a = Quad([1.0, -2.0, 3.0, 0.5]);
        let b = Quad([4.0, 5.0, -6.0, 0.25]);
        assert_eq!((a + b).0, [5.0, 3.0, -3.0, 0.75]);
        assert_eq!((a - b).0, [-3.0, -7.0, 9.0, 0.25]);
        assert_eq!((a * b).0, [4.0, -10.0, -18.0, 0.125]);
        assert_eq!((a / b).0, [0.25, -0.4, -0.5, 2.0]);
        assert_eq!(a.max(b).0, [4.0, 5.0, 3.0, 0.5]);
        assert_eq!(a.abs().0, [1.0, 2.0, 3.0, 0.5]);
        assert_eq!(a.clipped(2.5).0, [1.0, 0.0, 2.5, 0.5]);
        assert!(a.any_reaches(3.0) && !a.any_reaches(3.1));
    }
}
