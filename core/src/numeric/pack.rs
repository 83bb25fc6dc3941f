//! A few values side by side, combined lane by lane.
//!
//! Loops over a few columns are written in these, because the compiler turns them into vector code
//! reliably, which it does not do for a short loop that it has unrolled. The lanes never mix, so a lane's
//! result has the bits of the same scalar operations, whatever the width.

use super::Real;
use std::ops::{Add, Div, Mul, Sub};

/// `N` lanes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pack<R, const N: usize>(pub [R; N]);

/// Four lanes: one AVX2 register of f64, one SSE register of f32.
pub type Quad<R> = Pack<R, 4>;
/// Eight lanes: one AVX2 register of f32.
pub type Oct<R> = Pack<R, 8>;

impl<R: Real, const N: usize> Pack<R, N> {
    /// The same value in every lane.
    #[inline(always)]
    #[must_use]
    pub fn splat(value: R) -> Self {
        Self([value; N])
    }

    /// From the first `N` values of a slice.
    ///
    /// # Panics
    /// If there are fewer.
    #[inline(always)]
    #[must_use]
    pub fn load(values: &[R]) -> Self {
        let mut lanes = [R::ZERO; N];
        lanes.copy_from_slice(&values[..N]);
        Self(lanes)
    }

    /// Into the first `N` places of a slice.
    ///
    /// # Panics
    /// If there are fewer.
    #[inline(always)]
    pub fn store(self, values: &mut [R]) {
        values[..N].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(R, R) -> R) -> Self {
        let mut lanes = self.0;
        for (a, b) in lanes.iter_mut().zip(other.0) {
            *a = f(*a, b);
        }
        Self(lanes)
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

    /// One bit per lane, the first lane lowest: whether it reaches `bound`.
    #[inline(always)]
    #[must_use]
    pub fn reaching(self, bound: R) -> u32 {
        let (quads, rest) = self.0.as_chunks::<4>();
        let mut bits = 0;
        for (index, &quad) in quads.iter().enumerate() {
            bits |= R::reaching(quad, bound) << (4 * index);
        }
        for (lane, &x) in rest.iter().enumerate() {
            bits |= u32::from(x >= bound) << (4 * quads.len() + lane);
        }
        bits
    }

    /// Lanes that reach `bound`, lowered by `step`; the others as they are.
    #[inline(always)]
    #[must_use]
    pub fn lowered_at(self, bound: R, step: R) -> Self {
        Self(self.0.map(|x| if x >= bound { x - step } else { x }))
    }

    /// Lanes that reach `bound`, set to `level`; the others as they are.
    #[inline(always)]
    #[must_use]
    pub fn replaced_at(self, bound: R, level: R) -> Self {
        Self(self.0.map(|x| if x >= bound { level } else { x }))
    }
}

impl<R: Real, const N: usize> Add for Pack<R, N> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl<R: Real, const N: usize> Sub for Pack<R, N> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}

impl<R: Real, const N: usize> Mul for Pack<R, N> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
}

impl<R: Real, const N: usize> Div for Pack<R, N> {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
}

/// A few packs as one value. Nested pairs instead of an array: there is no index that would keep
/// them in memory instead of registers.
pub trait Packs<R: Real>: Columns<R> {
    /// Number of values.
    const COUNT: usize;
    /// From the first `COUNT` values.
    fn load(values: &[R]) -> Self;
    /// Into the first `COUNT` places.
    fn store(self, values: &mut [R]);
    /// self x factor + addend, the addend read from memory.
    #[must_use]
    fn scale_add(self, factor: R, addend: &[R]) -> Self;
    /// As [`Pack::reaching`].
    fn reaching(self, bound: R) -> u32;
    /// As [`Pack::lowered_at`].
    #[must_use]
    fn lowered_at(self, bound: R, step: R) -> Self;
    /// As [`Pack::replaced_at`].
    #[must_use]
    fn replaced_at(self, bound: R, level: R) -> Self;
}

impl<R: Real, const N: usize> Packs<R> for Pack<R, N> {
    const COUNT: usize = N;

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
    fn reaching(self, bound: R) -> u32 {
        self.reaching(bound)
    }
    #[inline(always)]
    fn lowered_at(self, bound: R, step: R) -> Self {
        self.lowered_at(bound, step)
    }
    #[inline(always)]
    fn replaced_at(self, bound: R, level: R) -> Self {
        self.replaced_at(bound, level)
    }
}

impl<R: Real, const N: usize, T: Packs<R>> Packs<R> for (Pack<R, N>, T) {
    const COUNT: usize = N + T::COUNT;

    #[inline(always)]
    fn load(values: &[R]) -> Self {
        (Pack::load(values), T::load(&values[N..]))
    }
    #[inline(always)]
    fn store(self, values: &mut [R]) {
        self.0.store(values);
        self.1.store(&mut values[N..]);
    }
    #[inline(always)]
    fn scale_add(self, factor: R, addend: &[R]) -> Self {
        (self.0.scale_add(factor, addend), self.1.scale_add(factor, &addend[N..]))
    }
    #[inline(always)]
    fn reaching(self, bound: R) -> u32 {
        self.0.reaching(bound) | self.1.reaching(bound) << N
    }
    #[inline(always)]
    fn lowered_at(self, bound: R, step: R) -> Self {
        (self.0.lowered_at(bound, step), self.1.lowered_at(bound, step))
    }
    #[inline(always)]
    fn replaced_at(self, bound: R, level: R) -> Self {
        (self.0.replaced_at(bound, level), self.1.replaced_at(bound, level))
    }
}

/// Calls `$narrow` with the alias `$X` set to the [`Packs`] of `$columns` columns, if that is one of the few
/// widths that stay in registers (4, 8, 12 and 16), else `$wide`. With whole vectors of eight only where
/// [`Real::EIGHT`] says that they pay; lanes never mix, so this changes no bit.
///
/// A macro and no function: `$narrow` is written out once per width, in the place that calls it.
macro_rules! by_width {
    ($columns:expr, $R:ident, $X:ident => $narrow:expr, $wide:expr) => {
        match ($columns, <$R as $crate::numeric::Real>::EIGHT) {
            (4, _) => {
                type $X<T> = $crate::numeric::Quad<T>;
                $narrow
            }
            (8, false) => {
                type $X<T> = ($crate::numeric::Quad<T>, $crate::numeric::Quad<T>);
                $narrow
            }
            (8, true) => {
                type $X<T> = $crate::numeric::Oct<T>;
                $narrow
            }
            (12, false) => {
                type $X<T> = ($crate::numeric::Quad<T>, ($crate::numeric::Quad<T>, $crate::numeric::Quad<T>));
                $narrow
            }
            (12, true) => {
                type $X<T> = ($crate::numeric::Oct<T>, $crate::numeric::Quad<T>);
                $narrow
            }
            (16, false) => {
                type $X<T> = (
                    $crate::numeric::Quad<T>,
                    ($crate::numeric::Quad<T>, ($crate::numeric::Quad<T>, $crate::numeric::Quad<T>)),
                );
                $narrow
            }
            (16, true) => {
                type $X<T> = ($crate::numeric::Oct<T>, $crate::numeric::Oct<T>);
                $narrow
            }
            _ => $wide,
        }
    };
}
pub(crate) use by_width;

/// A row of values, whether it is in registers or in memory; its length is a multiple of four.
pub trait Columns<R: Real>: Copy {
    /// Number of values.
    fn columns(self) -> usize;
    /// Into the first places of a slice.
    fn write(self, values: &mut [R]);
    /// As a slice, for which `space` may be needed.
    #[inline(always)]
    fn slice(self, space: &mut Vec<R>) -> &[R] {
        space.resize(self.columns(), R::ZERO);
        self.write(space);
        space
    }
}

impl<R: Real, const N: usize> Columns<R> for Pack<R, N> {
    #[inline(always)]
    fn columns(self) -> usize {
        N
    }
    #[inline(always)]
    fn write(self, values: &mut [R]) {
        self.store(values);
    }
}

impl<R: Real, const N: usize, T: Columns<R>> Columns<R> for (Pack<R, N>, T) {
    #[inline(always)]
    fn columns(self) -> usize {
        N + self.1.columns()
    }
    #[inline(always)]
    fn write(self, values: &mut [R]) {
        self.0.store(values);
        self.1.write(&mut values[N..]);
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_packs_are_the_packs_in_order() {
        let values: Vec<f64> = (0..12).map(f64::from).collect();
        let packs = <(Oct<f64>, Quad<f64>)>::load(&values);
        let moved = packs.scale_add(2.0, &values);
        let mut out = [0.0; 12];
        moved.store(&mut out);
        assert!(out.iter().zip(&values).all(|(out, value)| *out == 3.0 * value));
        assert_eq!(packs.reaching(7.0), 0b1111_1000_0000);
        packs.lowered_at(7.0, 5.0).store(&mut out);
        assert_eq!(out, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        packs.replaced_at(7.0, 0.5).store(&mut out);
        assert_eq!(out, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.5, 0.5, 0.5, 0.5, 0.5]);
    }

    #[test]
    fn lanes_do_not_mix() {
        let a = Pack([1.0, -2.0, 3.0, 0.5]);
        let b = Pack([4.0, 5.0, -6.0, 0.25]);
        assert_eq!((a + b).0, [5.0, 3.0, -3.0, 0.75]);
        assert_eq!((a - b).0, [-3.0, -7.0, 9.0, 0.25]);
        assert_eq!((a * b).0, [4.0, -10.0, -18.0, 0.125]);
        assert_eq!((a / b).0, [0.25, -0.4, -0.5, 2.0]);
        assert_eq!(a.max(b).0, [4.0, 5.0, 3.0, 0.5]);
        assert_eq!(a.abs().0, [1.0, 2.0, 3.0, 0.5]);
        assert_eq!(a.reaching(1.0), 0b101);
    }
}
