//! What a spike puts on the two electrodes of its devices: pulses are circuit, and may be chosen; what they do is the kinetics.
//!
//! Either both electrodes get the pulse of [`overlap`](super::overlap), or each has its own ([`Lobes`]): a row is raised to
//! a level V_l for some time, which every spike begins anew; a column gets a SET lobe of -V_s, and then a RESET lobe of V_r, each
//! w long. The device sees V = V_row - V_col:
//!
//! | row | SET lobe | RESET lobe |
//! |---|---|---|
//! | raised | V_s + V_l | V_l - V_r |
//! | at rest | V_s | -V_r |
//!
//! With rates that are exponential in V the dose of a recent input is D+ = (w/tau_p) e^((V_s + V_l - V_ref)/V_p), that of any
//! other D- = (w/tau_d) e^((V_r - V_ref)/V_d), and the other two are smaller by e^(V_l/V_p) and e^(V_l/V_d), or zero below the
//! onsets: a rectangular window as long as the level lasts, with everything that is not recent depressed (Querlioz et al.,
//! IEEE Trans. Nanotechnol. 12 (2013) 288). Pulses of one shape on both electrodes cannot do that: they leave silent rows alone.

use super::overlap::{SpikePulse, SpikePulseError};
use super::resistive::{DoseDevice, Kinetics, Rate};
use crate::numeric::ln;
use crate::time::Time;
use crate::units::{Second, Volt};
use crate::waveform::Waveform;
use serde::{Deserialize, Serialize};

/// A level on the rows, two lobes on the columns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lobes {
    /// What a spike raises its row to.
    pub level: Volt,
    /// For how long; a new spike begins anew.
    pub length: Second,
    /// Depth of the first lobe of a column, which is negative there: it SETs.
    pub set: Volt,
    /// Height of the second lobe of a column.
    pub reset: Volt,
    /// Length of each lobe.
    pub width: Second,
}

/// The pulses of a spike.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum SpikePulses {
    /// The same on both electrodes.
    Shared(SpikePulse),
    /// Each its own.
    Own(Lobes),
}

impl Lobes {
    /// All faults of these parameters.
    #[must_use]
    pub fn faults(&self) -> Vec<SpikePulseError> {
        let mut faults = Vec::new();
        let volts =
            [("level", self.level), ("set", self.set), ("reset", self.reset)].map(|(n, v)| (n, v.get()));
        let times = [("length", self.length), ("width", self.width)];
        for (name, value) in volts.into_iter().chain(times.map(|(name, time)| (name, time.get()))) {
            if value <= 0.0 {
                faults.push(SpikePulseError::NotPositive { name, value });
            }
        }
        for (what, time) in times {
            if let Err(source) = Time::from_seconds(time) {
                faults.push(SpikePulseError::Time { what, source });
            }
        }
        faults
    }

    /// On a row, and on a column.
    #[must_use]
    pub fn waveforms(&self) -> [Waveform; 2] {
        let time = |t: Second| Time::from_seconds(t).unwrap_or(Time::ZERO);
        let (level, width) = (Waveform::rectangle(self.level.get(), time(self.length)), time(self.width));
        let lobe = |v: Volt| Waveform::rectangle(v.get(), width);
        let set = -&lobe(self.set);
        [level, set.minus(&(-&lobe(self.reset)).shifted(width))]
    }

    /// With both doses multiplied by `share`: the lobes are lower by V_p ln(1/share) and V_d ln(1/share), as far as they go.
    /// `None` for rates that are not exponential.
    #[must_use]
    pub fn weakened(&self, device: &DoseDevice, share: f64) -> Option<Self> {
        let lower = |v: Volt, rate: &Rate| match rate {
            Rate::Exponential { v_scale, .. } => Some((v + *v_scale * ln(share)).max(Volt::ZERO)),
            _ => None,
        };
        Some(Self { set: lower(self.set, &device.set)?, reset: lower(self.reset, &device.reset)?, ..*self })
    }

    /// (SET, RESET) doses of a column's spike where the row is raised throughout, and where it rests.
    #[must_use]
    pub fn doses(&self, device: &DoseDevice) -> [(f64, f64); 2] {
        let [_, column] = self.waveforms();
        let raised = Waveform::rectangle(self.level.get(), column.end());
        [device.pulse_doses(&raised.minus(&column)), device.pulse_doses(&-&column)]
    }

    /// The largest voltages across a device: SET and RESET, as magnitudes.
    #[must_use]
    pub fn peaks(&self) -> [Volt; 2] {
        [self.set + self.level, self.reset]
    }
}

impl SpikePulses {
    /// All faults of these parameters.
    #[must_use]
    pub fn faults(&self) -> Vec<SpikePulseError> {
        match self {
            Self::Shared(pulse) => pulse.faults(),
            Self::Own(lobes) => lobes.faults(),
        }
    }

    /// On a row, and on a column.
    #[must_use]
    pub fn waveforms(&self) -> [Waveform; 2] {
        match self {
            Self::Shared(pulse) => [pulse.waveform(), pulse.waveform()],
            Self::Own(lobes) => lobes.waveforms(),
        }
    }

    /// (SET, RESET) doses of a spike without a partner: on a row, and on a column.
    #[must_use]
    pub fn lone_doses(&self, device: &Kinetics) -> [(f64, f64); 2] {
        let [row, column] = self.waveforms();
        [device.doses(&row), device.doses(&-&column)]
    }

    /// What a device sees when the column's spike comes `dt` seconds after the row's (before it, if negative).
    #[must_use]
    pub fn across(&self, dt: f64) -> Waveform {
        let [row, column] = self.waveforms();
        let shift = Time::nearest(Second::of(dt.abs())).unwrap_or(Time::MAX);
        if dt >= 0.0 { row.minus(&column.shifted(shift)) } else { row.shifted(shift).minus(&column) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::memory::DoseMemory;
    use crate::device::preset::Preset;

    fn device() -> DoseDevice {
        let preset = Preset::named("ag-tio2-pt-rs-analog").unwrap();
        preset.device.get::<DoseMemory>().unwrap().device.clone()
    }

    fn lobes() -> Lobes {
        Lobes {
            level: Volt::new(0.1),
            length: Second::new(50e-3),
            set: Volt::new(0.146),
            reset: Volt::new(0.264),
            width: Second::new(5e-3),
        }
    }

    /// Doses of the preset's rates over a column's spike, by adaptive quadrature (mpmath, 30 digits).
    #[test]
    fn recent_rows_are_set_and_all_others_reset() {
        let [(up, down), (up_at_rest, down_at_rest)] = lobes().doses(&device());
        for (got, want) in [
            (up, 4.183_617_264_557_15e-2),
            (down, 3.624_521_333_683_57e-12),
            (up_at_rest, 1.548_729_606_154_14e-6),
            (down_at_rest, 1.931_482_566_342_35e-2),
        ] {
            assert!((got / want - 1.0).abs() < 1e-12, "{got:e} {want:e}");
        }
        // Neither electrode does anything alone but the column's RESET lobe.
        let [row, column] = SpikePulses::Own(lobes()).lone_doses(&device().into());
        assert_eq!((row, column), ((0.0, 0.0), (up_at_rest, down_at_rest)));
    }

    #[test]
    fn what_a_spike_finds_depends_on_how_old_the_rows_is() {
        let pulses = SpikePulses::Own(lobes());
        let [recent, silent] = lobes().doses(&device());
        for (age, want) in [(0.0, recent), (39.9e-3, recent), (50e-3, silent), (80e-3, silent)] {
            let got = device().pulse_doses(&pulses.across(age));
            let alone = silent.0 * f64::from(age >= 50e-3);
            assert!((got.0 - want.0).abs() <= 1e-12 * want.0 + alone, "{age}: {got:?} {want:?}");
            assert!((got.1 / want.1 - 1.0).abs() < 1e-12, "{age}: {got:?} {want:?}");
        }
        // The level ends in the middle of the SET lobe: half of its dose, and all of the RESET.
        let got = device().pulse_doses(&pulses.across(47.5e-3));
        assert!((got.0 / (0.5 * (recent.0 + silent.0)) - 1.0).abs() < 1e-9 && got.1 / silent.1 > 0.999_999);
        // The row's spike comes in the middle of the RESET lobe and protects its second half.
        let got = device().pulse_doses(&pulses.across(-7.5e-3));
        assert!((got.1 / (0.5 * (recent.1 + silent.1)) - 1.0).abs() < 1e-9, "{got:?}");
    }

    #[test]
    fn weaker_lobes_leave_the_share_of_both_doses() {
        let weak = lobes().weakened(&device(), 0.02).unwrap();
        assert!((lobes().set - weak.set - Volt::new(38.338e-3)).abs() < Volt::new(1e-6), "{}", weak.set);
        assert!(
            (lobes().reset - weak.reset - Volt::new(17.467e-3)).abs() < Volt::new(1e-6),
            "{}",
            weak.reset
        );
        let ([recent, silent], [less, less_silent]) = (lobes().doses(&device()), weak.doses(&device()));
        assert!((less.0 / recent.0 / 0.02 - 1.0).abs() < 1e-12);
        assert!((less_silent.1 / silent.1 / 0.02 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn faults_name_the_parameter() {
        let broken = Lobes { level: Volt::ZERO, width: Second::new(1e9), ..lobes() };
        let text: Vec<String> = broken.faults().iter().map(ToString::to_string).collect();
        assert!(text.len() == 2 && text[0] == "level is 0; it must be above zero", "{text:?}");
        assert!(text[1].starts_with("width: "), "{text:?}");
    }
}
