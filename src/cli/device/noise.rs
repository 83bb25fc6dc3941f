//! Measurement noise: what an instrument would add to a column.

use memspike::numeric::standard_normal;
use memspike::random::{Purpose, word};
use memspike::units::{Ampere, Ohm, Quantity as _, Siemens, Volt, parse_number_unit};

/// Standard deviation of the noise, as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Noise {
    /// Of each value.
    Share(f64),
    /// In the unit of the column, SI; the unit is remembered for the message if it is another.
    Size(f64, &'static str),
}

impl std::str::FromStr for Noise {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, unit) = parse_number_unit(text);
        let size = |value: f64, unit| {
            if value >= 0.0 { Ok(Self::Size(value, unit)) } else { Err("it must not be negative".to_owned()) }
        };
        if unit == "%" {
            return match number.parse::<f64>() {
                Ok(percent) if percent.is_finite() && percent >= 0.0 => Ok(Self::Share(percent / 100.0)),
                _ => Err("expected a share such as \"1 %\"".to_owned()),
            };
        }
        if let Ok(value) = Volt::parse(text) {
            return size(value.si(), Volt::UNIT);
        }
        if let Ok(value) = Ampere::parse(text) {
            return size(value.si(), Ampere::UNIT);
        }
        if let Ok(value) = Siemens::parse(text) {
            return size(value.si(), Siemens::UNIT);
        }
        if let Ok(value) = Ohm::parse(text) {
            return size(value.si(), Ohm::UNIT);
        }
        Err("expected a share such as \"1 %\", or a size with a unit such as \"0.2 mV\"".to_owned())
    }
}

impl Noise {
    /// Adds it to measured values of this unit. A share of percent is one of the values too.
    ///
    /// # Errors
    /// If the size is in another unit.
    pub fn add(self, values: &mut [f64], unit: &str, seed: u64) -> Result<(), String> {
        if let Self::Size(_, own) = self
            && own != unit
        {
            let measured = if unit.is_empty() { "a plain number" } else { unit };
            return Err(format!("--noise is in {own}; what is measured is in {measured}"));
        }
        for (k, value) in values.iter_mut().enumerate() {
            let z = standard_normal(word(seed, Purpose::Measurement, 0, k as u64));
            *value += z * match self {
                Self::Share(share) => share * value.abs(),
                Self::Size(size, _) => size,
            };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_a_share_or_a_size_with_a_unit() {
        assert_eq!("1 %".parse(), Ok(Noise::Share(0.01)));
        assert_eq!("0.2 mV".parse(), Ok(Noise::Size(0.2e-3, "V")));
        assert_eq!("1 nA".parse(), Ok(Noise::Size(1e-9, "A")));
        for wrong in ["", "1", "-1 %", "-1 mV", "NaN %", "1 s", "x"] {
            assert!(wrong.parse::<Noise>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn noise_has_the_size_asked_for_and_refuses_another_unit() {
        let mut values = vec![2.0; 10_000];
        Noise::Share(0.01).add(&mut values, "V", 1).unwrap();
        let mean = values.iter().sum::<f64>() / 1e4;
        let sd = (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / 1e4).sqrt();
        assert!((mean - 2.0).abs() < 1e-3 && (sd / 0.02 - 1.0).abs() < 0.03, "{mean} {sd}");
        assert!(Noise::Size(1.0, "V").add(&mut values, "A", 1).unwrap_err().contains("is in V"));
    }
}
