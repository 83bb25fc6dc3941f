//! Delta modulation: a spike whenever a signal has risen or fallen by a threshold.
//!
//! The first axis of a sample is time, in steps of `step`, and between them the signal is straight. With the reference r = x(0), the line
//! "up" spikes when x reaches r + threshold, and then r grows by it; the line "down" when x reaches r - threshold, and r falls by it.
//! So the number of spikes up less that of spikes down, times the threshold, is within one threshold of x(t) - x(0) at any time.
//! Channel c of n has the lines c (down) and n + c (up).
//! Source: M. Miskowicz, "Send-on-delta concept: an event-based data reporting strategy", *Sensors* 6, 49 (2006).

use super::encoder::{Encoder, Spikes};
use crate::hint;
use crate::keys::{ModelFault, ModelKey, Reader, required};
use crate::time::Time;
use crate::units::Second;

/// Level crossings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeltaCode {
    /// Time from one entry of the first axis to the next.
    pub step: Time,
    /// The change that is a spike.
    pub threshold: f64,
}

impl DeltaCode {
    /// The spikes of a sample of so many channels, which stand one after the other at each time.
    pub fn crossings(&self, values: &[f64], channels: usize, spikes: &mut Vec<(Time, u32)>) {
        let dt = self.step.as_seconds();
        for channel in 0..channels {
            let signal = || values.iter().skip(channel).step_by(channels).copied();
            let start = signal().next().unwrap_or_default();
            // Crossings are counted, so that levels do not drift.
            let mut level = 0_i64;
            for (step, (before, after)) in signal().zip(signal().skip(1)).enumerate() {
                let mut cross = |level: &mut i64, by: i64, line: usize| {
                    *level += by;
                    let height = start + *level as f64 * self.threshold;
                    let share = (height - before) / (after - before);
                    let at = Time::nearest(Second::of((step as f64 + share.clamp(0.0, 1.0)) * dt));
                    spikes.push((at.unwrap_or_default(), line as u32));
                };
                while after >= start + (level + 1) as f64 * self.threshold {
                    cross(&mut level, 1, channels + channel);
                }
                while after <= start + (level - 1) as f64 * self.threshold {
                    cross(&mut level, -1, channel);
                }
            }
        }
    }
}

impl Encoder for DeltaCode {
    const NAME: &'static str = "delta";
    const TITLE: &'static str =
        "the first axis is time: spikes where a value has risen or fallen by a threshold";
    const KEYS: &'static [ModelKey] = &[
        required("step", "s", "time from one entry of the first axis to the next"),
        required("threshold", "", "the change that is a spike"),
    ];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        let step = read.positive_span("step");
        // Values are from 0 to 1: a change has up to 1/threshold spikes.
        let fine = |threshold: f64| (1e-6..=1.0).contains(&threshold);
        Self {
            step,
            threshold: read.checked("threshold", fine, "it must be from 1e-6 to 1: values are from 0 to 1"),
        }
    }

    fn fit(&mut self, shape: &[usize], _: Option<u32>) -> Result<(), ModelFault> {
        if shape.len() >= 2 && shape[0] >= 2 {
            return Ok(());
        }
        let value = format!("\"delta\", and samples of {} have no axis of time", hint::shape(shape));
        Err(ModelFault {
            key: "kind",
            value,
            allowed: "samples of (times, channels), at least two times".into(),
        })
    }

    fn lines(&self, shape: &[usize]) -> u32 {
        2 * shape.iter().skip(1).product::<usize>() as u32
    }

    fn spikes(&self, values: &[f64], shape: &[usize], spikes: &mut Spikes) {
        self.crossings(values, shape.iter().skip(1).product(), spikes);
    }

    fn told(&self) -> String {
        format!("changes by {}, a step of {}", self.threshold, self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_crossed_where_the_straight_line_has_them() {
        let code = DeltaCode { step: Time::from_ms(10), threshold: 0.25 };
        let mut spikes = Vec::new();
        // Channel 0: 0, 1, 0.5; channel 1 rests.
        code.crossings(&[0.0, 0.3, 1.0, 0.3, 0.5, 0.3], 2, &mut spikes);
        let us = |us: u64| Time::from_fs(us * 1_000_000_000);
        assert_eq!(
            spikes,
            [
                (us(2_500), 2),
                (us(5_000), 2),
                (us(7_500), 2),
                (us(10_000), 2),
                (us(15_000), 0),
                (us(20_000), 0),
            ]
        );
    }

    #[test]
    fn what_was_counted_is_the_signal_to_within_a_threshold() {
        let code = DeltaCode { step: Time::from_ms(1), threshold: 0.03 };
        let signal: Vec<f64> = (0..200)
            .map(|k| 0.5 + 0.4 * (f64::from(k) * 0.13).sin() * (f64::from(k) * 0.011).cos())
            .collect();
        let mut spikes = Vec::new();
        code.crossings(&signal, 1, &mut spikes);
        assert!(spikes.is_sorted_by_key(|spike| spike.0) && spikes.len() > 100);
        for (k, value) in signal.iter().enumerate() {
            let until = Time::from_ms(k as u64);
            let sum: i64 = spikes
                .iter()
                .filter(|spike| spike.0 <= until)
                .map(|spike| if spike.1 == 1 { 1 } else { -1 })
                .sum();
            assert!((signal[0] + 0.03 * sum as f64 - value).abs() < 0.03 + 1e-9, "{k}");
        }
    }
}
