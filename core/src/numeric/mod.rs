//! The elementary functions that feed results.
//!
//! `exp` and `ln` of the platform differ between C libraries and even between two runs of one of
//! them on processors with and without fused multiply-add. Ours are plain polynomials of additions
//! and multiplications in a fixed order, so a result has the same bits on every x86-64 and aarch64
//! build, whether it was computed alone or in a block that the compiler turned into vector code.
//! For the same reason nothing in the engine calls `mul_add` or `powi`.

mod cos;
pub mod decimal;
mod ei;
mod exp;
pub mod first_order;
mod lambert;
mod ln;
mod normal;
mod pack;
pub(crate) mod phase;
mod quadrature;
mod root;
mod small;
pub mod taylor;

pub use cos::cos_pi;
pub use ei::scaled_ei;
pub(crate) use exp::exp_near_zero;
pub use exp::{exp, exp_f32};
pub use lambert::{lambert_w0, lambert_wm1};
pub(crate) use ln::{Parts as LnParts, unit};
pub use ln::{ln, ln_f32, neg_ln_unit};
pub use normal::{
    LogNormal, log_normal, normal_quantile, standard_normal, standard_normals, standard_normals_f32,
};
pub(crate) use pack::by_width;
pub use pack::{Columns, Oct, Pack, Packs, Quad};
pub use quadrature::gauss;
pub use root::{bisected, rising_root};
pub use small::{ln_1p, relaxation, small_relaxation};

mod sealed {
    /// Only this crate's types are [`super::Real`]: row kernels exist for them alone.
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// A floating-point type that membrane potentials and weights can be kept in: `f32` or `f64`.
///
/// Sealed: the engine's row kernels exist for these two.
pub trait Real:
    sealed::Sealed
    + Copy
    + Default
    + PartialEq
    + PartialOrd
    + std::fmt::Debug
    + Send
    + Sync
    + serde::Serialize
    + serde::de::DeserializeOwned
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::Neg<Output = Self>
    + std::ops::AddAssign
    + std::ops::SubAssign
    + std::ops::MulAssign
    + 'static
{
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// Name as printed in a plan: `"f64"`, `"f32"`.
    const NAME: &'static str;
    /// Whether eight values fit into one vector register.
    const EIGHT: bool;
    /// To the nearest value of this type.
    fn from_f64(value: f64) -> Self;
    /// Exactly.
    fn to_f64(self) -> f64;
    /// e^self, the same bits everywhere.
    #[must_use]
    fn exp(self) -> Self;
    /// Square root (IEEE 754, correctly rounded everywhere).
    #[must_use]
    fn sqrt(self) -> Self;
    /// Magnitude.
    #[must_use]
    fn abs(self) -> Self;
    /// The largest integer that is not above it.
    #[must_use]
    fn floor(self) -> Self;
    /// The larger of two.
    #[must_use]
    fn max(self, other: Self) -> Self;
    /// The smaller of two.
    #[must_use]
    fn min(self, other: Self) -> Self;
    /// [`standard_normal`] of as many words as there is room for, as exact as the type is.
    fn standard_normals(words: &[u64], numbers: &mut [Self]);
    /// One bit per value, the first lowest: whether it reaches `bound`.
    #[must_use]
    fn reaching(values: [Self; 4], bound: Self) -> u32;
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const NAME: &'static str = "f64";
    const EIGHT: bool = false;

    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn exp(self) -> Self {
        exp(self)
    }
    #[inline]
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    #[inline]
    fn abs(self) -> Self {
        f64::abs(self)
    }
    #[inline(always)]
    fn floor(self) -> Self {
        f64::floor(self)
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        f64::max(self, other)
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        f64::min(self, other)
    }
    fn standard_normals(words: &[u64], numbers: &mut [Self]) {
        standard_normals(words, numbers);
    }
    #[inline(always)]
    fn reaching(values: [Self; 4], bound: Self) -> u32 {
        crate::simd::reaching_f64(values, bound)
    }
}

impl Real for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const NAME: &'static str = "f32";
    const EIGHT: bool = true;

    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn exp(self) -> Self {
        exp_f32(self)
    }
    #[inline]
    fn sqrt(self) -> Self {
        f32::sqrt(self)
    }
    #[inline]
    fn abs(self) -> Self {
        f32::abs(self)
    }
    #[inline(always)]
    fn floor(self) -> Self {
        f32::floor(self)
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        f32::max(self, other)
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        f32::min(self, other)
    }
    fn standard_normals(words: &[u64], numbers: &mut [Self]) {
        standard_normals_f32(words, numbers);
    }
    #[inline(always)]
    fn reaching(values: [Self; 4], bound: Self) -> u32 {
        crate::simd::reaching_f32(values, bound)
    }
}
