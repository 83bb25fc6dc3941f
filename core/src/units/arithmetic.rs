//! Arithmetic between quantities: a formula compiles only if its units agree.
//!
//! Every operation is the one `f64` operation of the same name, in the order that is written, so
//! `v * v * g * t` rounds as it does on plain numbers. Nothing is checked at run time: as with `f64`, a
//! quotient by zero is infinite. Where a result is kept as a parameter,
//! [`finite`](super::Quantity::finite) or [`from_si`](super::Quantity::from_si) says whether it may be.
//!
//! ```
//! use memspike::units::{Ampere, Joule, Ohm, Second, Siemens, Volt};
//!
//! let u: Volt = Ohm::new(1e6) * Ampere::new(7e-6);
//! assert_eq!(u, Volt::new(7.0));
//! let (v, g, t) = (Volt::new(0.2), Siemens::new(35e-6), Second::new(1e-6));
//! let read: Joule = v * v * g * t;
//! assert_eq!(read.to_string(), "1.4 pJ");
//! assert_eq!(v / Volt::new(0.1), 2.0);
//! ```
//!
//! Volts and amperes cannot be added:
//!
//! ```compile_fail,E0308
//! use memspike::units::{Ampere, Volt};
//!
//! let sum = Volt::new(1.0) + Ampere::new(1.0);
//! ```
//!
//! and a product has the unit that it has:
//!
//! ```compile_fail,E0308
//! use memspike::units::{Ampere, Ohm, Watt};
//!
//! let power: Watt = Ohm::new(1.0) * Ampere::new(1.0);
//! ```

use super::{
    Ampere, Coulomb, Farad, Hertz, Joule, Ohm, Quantity, Second, Siemens, Volt, VoltPerSecond, Watt,
};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

/// The square of a quantity, such as the V^2 of V^2 G t. Only products and quotients with other quantities lead
/// out of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Squared<Q: Quantity>(f64, std::marker::PhantomData<Q>);

/// Sums, signs, scalars and ratios: what every quantity has.
macro_rules! linear {
    ($($name:ident)*) => {$(
        impl Add for $name {
            type Output = Self;

            #[inline]
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl Sub for $name {
            type Output = Self;

            #[inline]
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl AddAssign for $name {
            #[inline]
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }

        impl SubAssign for $name {
            #[inline]
            fn sub_assign(&mut self, other: Self) {
                self.0 -= other.0;
            }
        }

        impl Neg for $name {
            type Output = Self;

            #[inline]
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl Sum for $name {
            /// From zero, in the order of the iterator.
            fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
                values.fold(Self::ZERO, Self::add)
            }
        }

        impl Mul<f64> for $name {
            type Output = Self;

            #[inline]
            fn mul(self, factor: f64) -> Self {
                Self(self.0 * factor)
            }
        }

        impl Mul<$name> for f64 {
            type Output = $name;

            #[inline]
            fn mul(self, quantity: $name) -> $name {
                $name(self * quantity.0)
            }
        }

        impl Div<f64> for $name {
            type Output = Self;

            #[inline]
            fn div(self, divisor: f64) -> Self {
                Self(self.0 / divisor)
            }
        }

        impl Div for $name {
            type Output = f64;

            #[inline]
            fn div(self, other: Self) -> f64 {
                self.0 / other.0
            }
        }

        impl Mul for $name {
            type Output = Squared<Self>;

            #[inline]
            fn mul(self, other: Self) -> Squared<Self> {
                Squared(self.0 * other.0, std::marker::PhantomData)
            }
        }
    )*};
}

linear!(Second Volt Ampere Ohm Siemens Watt Joule Coulomb Farad Hertz VoltPerSecond);

/// `a * b = c` and what follows from it: `b * a`, `c / a`, `c / b`.
macro_rules! products {
    ($($a:ident * $b:ident = $c:ident;)*) => {$(
        impl Mul<$b> for $a {
            type Output = $c;

            #[inline]
            fn mul(self, other: $b) -> $c {
                $c(self.0 * other.0)
            }
        }

        impl Mul<$a> for $b {
            type Output = $c;

            #[inline]
            fn mul(self, other: $a) -> $c {
                $c(self.0 * other.0)
            }
        }

        impl Div<$a> for $c {
            type Output = $b;

            #[inline]
            fn div(self, other: $a) -> $b {
                $b(self.0 / other.0)
            }
        }

        impl Div<$b> for $c {
            type Output = $a;

            #[inline]
            fn div(self, other: $b) -> $a {
                $a(self.0 / other.0)
            }
        }
    )*};
}

products! {
    Ohm * Ampere = Volt;
    Volt * Siemens = Ampere;
    Volt * Ampere = Watt;
    Watt * Second = Joule;
    Joule * Hertz = Watt;
    Ampere * Second = Coulomb;
    Farad * Volt = Coulomb;
    Volt * Coulomb = Joule;
    Ohm * Farad = Second;
    Siemens * Second = Farad;
    VoltPerSecond * Second = Volt;
}

/// `a * b = 1` in units: the product is a number, and one over either is the other.
macro_rules! reciprocals {
    ($($a:ident * $b:ident;)*) => {$(
        impl Mul<$b> for $a {
            type Output = f64;

            #[inline]
            fn mul(self, other: $b) -> f64 {
                self.0 * other.0
            }
        }

        impl Mul<$a> for $b {
            type Output = f64;

            #[inline]
            fn mul(self, other: $a) -> f64 {
                self.0 * other.0
            }
        }

        impl Div<$a> for f64 {
            type Output = $b;

            #[inline]
            fn div(self, other: $a) -> $b {
                $b(self / other.0)
            }
        }

        impl Div<$b> for f64 {
            type Output = $a;

            #[inline]
            fn div(self, other: $b) -> $a {
                $a(self / other.0)
            }
        }
    )*};
}

reciprocals! {
    Second * Hertz;
    Ohm * Siemens;
}

/// `a^2 * b = c`, the laws of Joule.
macro_rules! square_products {
    ($($a:ident ^ 2 * $b:ident = $c:ident;)*) => {$(
        impl Mul<$b> for Squared<$a> {
            type Output = $c;

            #[inline]
            fn mul(self, other: $b) -> $c {
                $c(self.0 * other.0)
            }
        }
    )*};
}

/// `a^2 / b = c`.
macro_rules! square_quotients {
    ($($a:ident ^ 2 / $b:ident = $c:ident;)*) => {$(
        impl Div<$b> for Squared<$a> {
            type Output = $c;

            #[inline]
            fn div(self, other: $b) -> $c {
                $c(self.0 / other.0)
            }
        }
    )*};
}

square_products! {
    Volt ^ 2 * Siemens = Watt;
    Ampere ^ 2 * Ohm = Watt;
}

square_quotients! {
    Volt ^ 2 / Ohm = Watt;
    Ampere ^ 2 / Siemens = Watt;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Each law with numbers that tell the factors apart: 6 = 2 x 3, both ways round, and back.
    macro_rules! laws {
        ($($a:ident * $b:ident = $c:ident;)*) => {$(
            let (a, b, c) = ($a::new(2.0), $b::new(3.0), $c::new(6.0));
            assert_eq!(a * b, c);
            assert_eq!(b * a, c);
            assert_eq!(c / a, b);
            assert_eq!(c / b, a);
        )*};
    }

    #[test]
    fn products_and_quotients_have_the_unit_of_the_textbook() {
        laws! {
            Ohm * Ampere = Volt;
            Volt * Siemens = Ampere;
            Volt * Ampere = Watt;
            Watt * Second = Joule;
            Joule * Hertz = Watt;
            Ampere * Second = Coulomb;
            Farad * Volt = Coulomb;
            Volt * Coulomb = Joule;
            Ohm * Farad = Second;
            Siemens * Second = Farad;
            VoltPerSecond * Second = Volt;
        }
    }

    #[test]
    fn a_time_in_periods_and_a_resistance_in_others_are_numbers() {
        assert_eq!(Second::new(0.5) * Hertz::new(100.0), 50.0);
        assert_eq!(Hertz::new(100.0) * Second::new(0.5), 50.0);
        assert_eq!(1.0 / Hertz::new(4.0), Second::new(0.25));
        assert_eq!(1.0 / Second::new(0.25), Hertz::new(4.0));
        assert_eq!(Ohm::new(4.0) * Siemens::new(0.5), 2.0);
        assert_eq!(Siemens::new(0.5) * Ohm::new(4.0), 2.0);
        assert_eq!(1.0 / Ohm::new(4.0), Siemens::new(0.25));
        assert_eq!(1.0 / Siemens::new(0.25), Ohm::new(4.0));
    }

    #[test]
    fn squares_lead_to_power_only() {
        let (v, i) = (Volt::new(3.0), Ampere::new(3.0));
        assert_eq!(v * v * Siemens::new(2.0), Watt::new(18.0));
        assert_eq!(v * v / Ohm::new(2.0), Watt::new(4.5));
        assert_eq!(i * i * Ohm::new(2.0), Watt::new(18.0));
        assert_eq!(i * i / Siemens::new(2.0), Watt::new(4.5));
    }

    #[test]
    fn every_quantity_adds_scales_negates_and_compares() {
        macro_rules! each {
            ($($name:ident)*) => {$(
                let (a, b) = ($name::new(3.0), $name::new(2.0));
                assert_eq!((a + b, a - b, -a), ($name::new(5.0), $name::new(1.0), $name::new(-3.0)));
                assert_eq!((a * 2.0, 2.0 * a, a / 2.0), ($name::new(6.0), $name::new(6.0), $name::new(1.5)));
                assert_eq!(a / b, 1.5);
                let mut sum = a;
                sum += b;
                sum -= $name::new(1.0);
                assert_eq!(sum, $name::new(4.0));
                assert_eq!([a, b, b].into_iter().sum::<$name>(), $name::new(7.0));
                assert!(b < a && a.max(b) == a && a.min(b) == b);
                assert_eq!(((-a).abs(), a.abs()), (a, a));
            )*};
        }
        each!(Second Volt Ampere Ohm Siemens Watt Joule Coulomb Farad Hertz VoltPerSecond);
    }

    #[test]
    fn a_result_beyond_all_numbers_is_not_finite() {
        let infinite = Volt::new(1.0) / Ohm::ZERO;
        assert_eq!(infinite.finite(), None);
        assert_eq!(infinite.to_string(), "inf A");
        assert_eq!((Volt::new(1.0) / Ohm::new(2.0)).finite(), Some(Ampere::new(0.5)));
    }

    proptest! {
        #[test]
        fn formulas_round_as_on_plain_numbers(v in -1e3..1e3f64, g in 1e-12..1.0f64, t in 1e-15..1e3f64) {
            let (volt, siemens, second) = (Volt::new(v), Siemens::new(g), Second::new(t));
            prop_assert_eq!((volt * volt * siemens * second).si().to_bits(), (v * v * g * t).to_bits());
            prop_assert_eq!((volt * siemens * second).si().to_bits(), (v * g * t).to_bits());
            prop_assert_eq!((volt / (1.0 / siemens)).si().to_bits(), (v / (1.0 / g)).to_bits());
        }
    }
}
