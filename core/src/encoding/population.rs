//! Populations: each value is seen by several lines, whose receptive fields are Gaussian.
//!
//! Of m fields, field i = 1 to m has its centre at mu_i = (2 i - 3)/(2 (m - 2)) and the width sigma = 1/(beta (m - 2)). A line with the
//! response a = exp(-(x - mu_i)^2/(2 sigma^2)) spikes at (1 - a) t_max: the closer, the earlier; below `least` it is silent.
//! Source: S. M. Bohte, J. N. Kok and H. La Poutre, "Error-backpropagation in temporally encoded networks of spiking neurons",
//! *Neurocomputing* 48, 17 (2002), with beta = 1.5 and responses below 0.1 silent.

use super::encoder::{Encoder, Spikes};
use crate::keys::{ModelKey, Reader, key, required};
use crate::numeric::exp;
use crate::time::Time;
use crate::units::Second;

/// Gaussian receptive fields.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Population {
    /// m, at least 3.
    pub fields: u32,
    /// beta: how much narrower a field is than the distance of two centres.
    pub width: f64,
    /// t_max: when a line without response would spike.
    pub latest: Time,
    /// Responses below this are silent.
    pub least: f64,
}

impl Population {
    /// How strongly a field responds, at most 1.
    #[must_use]
    pub fn response(&self, value: f64, field: u32) -> f64 {
        let span = f64::from(self.fields) - 2.0;
        // Fields count from 0 here.
        let centre = (2.0 * f64::from(field) - 1.0) / (2.0 * span);
        let distance = (value - centre) * self.width * span;
        exp(-0.5 * distance * distance)
    }

    /// When the line of a field spikes, if it does.
    #[must_use]
    pub fn time(&self, value: f64, field: u32) -> Option<Time> {
        let response = self.response(value, field);
        let late = Second::of((1.0 - response) * self.latest.as_seconds());
        (response >= self.least).then(|| Time::nearest(late).unwrap_or_default())
    }
}

/// Whom the width of fields and what is silent are from.
const ORIGIN: &str = "literature: Bohte, Kok & La Poutre 2002";

impl Encoder for Population {
    const NAME: &'static str = "population";
    const TITLE: &'static str =
        "each value the times of spikes of several lines with Gaussian receptive fields";
    const KEYS: &'static [ModelKey] = &[
        required("fields", "", "lines of each value"),
        key(
            "width",
            "",
            "1.5",
            "how much narrower a field is than the distance of two centres: sigma = 1/(width (fields - 2))",
            ORIGIN,
        ),
        required(
            "latest",
            "s",
            "when a line that hardly responds spikes; the closer a value is to its centre, the earlier",
        ),
        key("least", "", "0.1", "responses below this are silent", ORIGIN),
    ];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        Self {
            fields: read.count("fields", 3, 10_000),
            width: read.above_zero("width"),
            latest: read.positive_span("latest"),
            least: read.share("least"),
        }
    }

    fn lines(&self, shape: &[usize]) -> u32 {
        shape.iter().product::<usize>() as u32 * self.fields
    }

    fn spikes(&self, values: &[f64], _: &[usize], spikes: &mut Spikes) {
        for (&value, first) in values.iter().zip((0..).step_by(self.fields as usize)) {
            let times = (0..self.fields).filter_map(|field| Some((self.time(value, field)?, first + field)));
            spikes.extend(times);
        }
    }

    fn told(&self) -> String {
        format!("{} Gaussian fields for each value, up to {}", self.fields, self.latest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_at_whose_centre_a_value_lies_spikes_at_once() {
        let code = Population { fields: 6, width: 1.5, latest: Time::from_ms(10), least: 0.1 };
        // Centres are -1/8, 1/8, 3/8, 5/8, 7/8, 9/8.
        for (field, centre) in (0..6).zip([-0.125, 0.125, 0.375, 0.625, 0.875, 1.125]) {
            assert_eq!(code.time(centre, field), Some(Time::ZERO));
        }
        // One centre away: exp(-(1.5)^2/2) = 0.32465..., at 6.7534 ms; two away exp(-4.5) = 0.011 is silent.
        let late = code.time(0.125, 2).unwrap().as_seconds();
        assert!((late - 0.01 * (1.0 - (-1.125_f64).exp())).abs() < 1e-14, "{late}");
        assert_eq!(code.time(0.125, 3), None);
        let half = code.time(0.25, 1).unwrap().as_seconds();
        assert!((half - 0.01 * (1.0 - (-0.28125_f64).exp())).abs() < 1e-14, "{half}");
        assert_eq!(code.time(0.25, 1), code.time(0.25, 2));
    }
}
