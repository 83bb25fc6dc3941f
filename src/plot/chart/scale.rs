//! Axes: from values to places, and where the ticks are.

use super::super::number::PREFIXES;
use super::super::style::ticks;

/// Values beyond are as good as infinite: their differences still have to be finite.
const LARGEST: f64 = 1e300;
/// Smaller ones are drawn as zero, or not at all on a logarithmic axis.
const SMALLEST: f64 = 1e-300;

/// How an axis is divided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Equal differences are equally far apart.
    Linear,
    /// Equal factors are equally far apart; shows positive values only.
    Log,
    /// Logarithmic to both sides of zero, linear where |value| is below `linear`: asinh(value/(2 linear)).
    Symmetric {
        /// The value, in the unit of the axis, up to which it is about linear.
        linear: f64,
    },
}

/// One axis of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What is on it: `"voltage"`.
    pub name: String,
    /// SI unit without prefix, `"V"`; `"%"`; empty for a plain number.
    pub unit: String,
    /// How values become distances.
    pub scale: Scale,
    /// What it shows at least; the data may widen it.
    pub at_least: Option<(f64, f64)>,
    /// What it shows, whatever the data are.
    pub exactly: Option<(f64, f64)>,
    /// Ticks at whole numbers only.
    pub whole: bool,
}

impl Axis {
    /// Equal differences are equally far apart; from the data it takes what it shows.
    #[must_use]
    pub fn linear(name: impl Into<String>, unit: impl Into<String>) -> Self {
        let (at_least, exactly) = (None, None);
        let (name, unit) = (name.into(), unit.into());
        Self { name, unit, scale: Scale::Linear, at_least, exactly, whole: false }
    }

    /// As [`Self::linear`], but equal factors are equally far apart.
    #[must_use]
    pub fn log(name: impl Into<String>, unit: impl Into<String>) -> Self {
        Self { scale: Scale::Log, ..Self::linear(name, unit) }
    }

    /// Logarithmic to both sides, linear below `linear` (a power of ten is best).
    #[must_use]
    pub fn symmetric(name: impl Into<String>, unit: impl Into<String>, linear: f64) -> Self {
        let linear = if linear.is_finite() && linear > SMALLEST { linear } else { 1.0 };
        Self { scale: Scale::Symmetric { linear }, ..Self::linear(name, unit) }
    }

    /// Of what is counted: ticks at whole numbers only.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    /// Shows at least this.
    #[must_use]
    pub fn at_least(mut self, from: f64, to: f64) -> Self {
        self.at_least = Some((from, to));
        self
    }

    /// Shows exactly this; what is outside is cut off.
    #[must_use]
    pub fn exactly(mut self, from: f64, to: f64) -> Self {
        self.exactly = Some((from, to));
        self
    }

    /// The value as the axis measures it; `None` if it cannot show it.
    pub(super) fn measure(&self, value: f64) -> Option<f64> {
        if !(value.is_finite() && value.abs() < LARGEST) {
            return None;
        }
        match self.scale {
            Scale::Linear => Some(if value.abs() < SMALLEST { 0.0 } else { value }),
            Scale::Log => (value > SMALLEST).then(|| value.log10()),
            Scale::Symmetric { linear } => Some((value / (2.0 * linear)).asinh() / std::f64::consts::LN_10),
        }
    }

    /// The value that lies at a measure.
    fn value(&self, measure: f64) -> f64 {
        match self.scale {
            Scale::Linear => measure,
            Scale::Log => 10f64.powf(measure),
            Scale::Symmetric { linear } => 2.0 * linear * (measure * std::f64::consts::LN_10).sinh(),
        }
    }

    /// The axis laid out for these values, with about `parts` ticks. `pad` is the share of the range left free at
    /// both ends.
    pub(super) fn layout(&self, values: impl Iterator<Item = f64>, pad: f64, parts: usize) -> Layout {
        let all = values.chain(self.at_least.into_iter().flat_map(|(a, b)| [a, b]));
        let (lo, hi) = all
            .filter_map(|value| self.measure(value))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), m| (lo.min(m), hi.max(m)));
        let given =
            self.exactly.and_then(|(a, b)| self.measure(a).zip(self.measure(b))).filter(|(a, b)| a < b);
        let (lo, hi) = given.unwrap_or_else(|| {
            let (lo, hi) = if lo <= hi { (lo, hi) } else { (0.0, 1.0) };
            // Neighbours that differ only in their last digits are one value to a reader.
            let least = match self.scale {
                Scale::Linear => 1e-6 * lo.abs().max(hi.abs()),
                Scale::Log | Scale::Symmetric { .. } => 0.1,
            };
            let (lo, hi) = if hi - lo > least {
                (lo, hi)
            } else if lo == 0.0 && hi == 0.0 {
                (0.0, 1.0)
            } else {
                let half = if self.scale == Scale::Linear { 0.1 * lo.abs().max(hi.abs()) } else { 0.5 };
                (lo - half, hi + half)
            };
            let free = pad * (hi - lo);
            // An axis of what cannot be negative starts at zero.
            let linear = self.scale == Scale::Linear;
            let beyond = |end: f64, free: f64| {
                let moved = end + free;
                if linear && (end == 0.0 || moved * end < 0.0) { 0.0 } else { moved }
            };
            (beyond(lo, -free), beyond(hi, free))
        });
        let (ticks, label) = self.ticks(lo, hi, parts.clamp(2, 20));
        Layout { lo, hi, ticks, label }
    }

    /// Ticks in measures, and the axis' label with its unit.
    fn ticks(&self, lo: f64, hi: f64, parts: usize) -> (Vec<Tick>, String) {
        if let Scale::Symmetric { linear } = self.scale {
            return (self.symmetric_ticks(lo, hi, linear, parts), self.label(""));
        }
        let decades = hi - lo;
        if self.scale == Scale::Log && decades > 2.5 {
            return (decade_ticks(lo, hi, parts), self.label(""));
        }
        let (from, to) = (self.value(lo), self.value(hi));
        let (factor, prefix) = prefix(from.abs().max(to.abs()), &self.unit);
        let tick = |value: f64, label: String| {
            self.measure(value * factor).map(|at| Tick { at, label: Label::Plain(label), minor: false })
        };
        let ticks = if self.scale == Scale::Log {
            few_decades(from / factor, to / factor).into_iter().filter_map(|(v, l)| tick(v, l)).collect()
        } else {
            let (from, to) = (from / factor, to / factor);
            if self.whole && factor == 1.0 {
                let step = |parts| ticks(from, to, parts).into_iter().all(|(v, _)| v.fract() == 0.0);
                let parts = (1..=parts).rev().find(|&parts| step(parts)).unwrap_or(1);
                let whole = ticks(from, to, parts).into_iter().filter(|(v, _)| v.fract() == 0.0);
                return (whole.filter_map(|(v, l)| tick(v, l)).collect(), self.label(&prefix));
            }
            let some = ticks(from, to, parts);
            // A low chart has room for few ticks, but one alone measures nothing.
            let some = if some.len() < 3 { ticks(from, to, 2 * parts) } else { some };
            some.into_iter().filter_map(|(v, l)| tick(v, l)).collect()
        };
        (ticks, self.label(&prefix))
    }

    fn symmetric_ticks(&self, lo: f64, hi: f64, linear: f64, parts: usize) -> Vec<Tick> {
        let zero = Tick { at: 0.0, label: Label::Plain("0".into()), minor: false };
        let most = self.value(lo).abs().max(self.value(hi).abs());
        let first = (linear.log10() - 1e-9).ceil() as i32 + 1;
        let last = most.log10().floor().clamp(-330.0, 308.0) as i32;
        let every = ((last - first) / (parts as i32 / 2 + 2) + 1).max(1);
        let mut ticks: Vec<Tick> = (lo <= 0.0 && hi >= 0.0).then_some(zero).into_iter().collect();
        for power in (first..=last).filter(|p| (last - p) % every == 0) {
            for sign in [-1.0, 1.0] {
                if let Some(at) = self.measure(sign * power_of_ten(power))
                    && (lo..=hi).contains(&at)
                {
                    ticks.push(Tick {
                        at,
                        label: Label::Power { negative: sign < 0.0, power },
                        minor: false,
                    });
                }
            }
        }
        ticks.sort_by(|a, b| a.at.total_cmp(&b.at));
        ticks
    }

    /// `voltage [mV]`.
    fn label(&self, prefix: &str) -> String {
        let unit = match self.unit.as_str() {
            "Ohm" => "\u{2126}",
            unit => unit,
        };
        if unit.is_empty() && prefix.is_empty() {
            self.name.clone()
        } else {
            format!("{} [{prefix}{unit}]", self.name)
        }
    }
}

/// An axis with its ends and ticks, in measures.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub lo: f64,
    pub hi: f64,
    pub ticks: Vec<Tick>,
    pub label: String,
}

impl Layout {
    /// Where between 0 (low end) and 1 a measure lies.
    pub fn place(&self, measure: f64) -> f64 {
        (measure - self.lo) / (self.hi - self.lo)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Tick {
    pub at: f64,
    pub label: Label,
    /// Only a short line.
    pub minor: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Label {
    None,
    Plain(String),
    /// A power of ten, perhaps negative.
    Power {
        negative: bool,
        power: i32,
    },
}

impl Label {
    /// About how many characters wide it is.
    pub fn width(&self) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Plain(text) => text.chars().count() as f64,
            Self::Power { negative, power } => {
                2.0 + f64::from(u8::from(*negative)) + 0.75 * power.to_string().len() as f64
            }
        }
    }
}

fn power_of_ten(power: i32) -> f64 {
    format!("1e{power}").parse().unwrap_or(1.0)
}

/// Ticks at powers of ten, every one or every few, and short lines at the others.
fn decade_ticks(lo: f64, hi: f64, parts: usize) -> Vec<Tick> {
    let (first, last) = ((lo - 1e-9).ceil() as i32, (hi + 1e-9).floor() as i32);
    let every = ((last - first) / (parts as i32 + 2) + 1).max(1);
    let mut ticks = Vec::new();
    for power in first - 1..=last {
        if power >= first {
            let labelled = power.rem_euclid(every) == 0;
            let label = if labelled { Label::Power { negative: false, power } } else { Label::None };
            ticks.push(Tick { at: f64::from(power), label, minor: !labelled });
        }
        if every == 1 && last - first < 7 {
            for digit in 2..10 {
                let at = f64::from(power) + f64::from(digit).log10();
                if (lo..=hi).contains(&at) {
                    ticks.push(Tick { at, label: Label::None, minor: true });
                }
            }
        }
    }
    ticks
}

/// Values 1, 2, 5 times powers of ten within a few decades, or evenly spaced ones within less than one.
fn few_decades(from: f64, to: f64) -> Vec<(f64, String)> {
    if to / from < 4.0 {
        return ticks(from, to, 6).into_iter().filter(|(value, _)| *value > 0.0).collect();
    }
    let mut found = Vec::new();
    for power in from.log10().floor() as i32..=to.log10().floor() as i32 {
        for digit in [1.0, 2.0, 5.0] {
            let value: f64 = digit * power_of_ten(power);
            if value >= from * (1.0 - 1e-9) && value <= to * (1.0 + 1e-9) {
                found.push((value, super::super::style::tick_label(value)));
            }
        }
    }
    found
}

/// The factor and prefix an axis is best read with.
fn prefix(largest: f64, unit: &str) -> (f64, String) {
    if largest == 0.0 || !largest.is_finite() {
        return (1.0, String::new());
    }
    if unit.is_empty() || unit == "%" || (unit == "s" && largest >= 1.0) {
        if (1e-3..1e6).contains(&largest) {
            return (1.0, String::new());
        }
    } else if (1e-15..1e15).contains(&largest) {
        // 0.9 and not 1, so that an axis to 0.95 mV is one of mV.
        let chosen = PREFIXES.iter().find(|(_, factor)| largest >= factor * 0.9);
        return chosen.map_or((1e-15, "f".to_owned()), |&(prefix, factor)| (factor, prefix.to_owned()));
    }
    let power = largest.log10().floor() as i32;
    (power_of_ten(power), format!("1e{power} ").replace('-', "\u{2212}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, values: &[f64]) -> (Vec<String>, String) {
        let layout = axis.layout(values.iter().copied(), 0.0, 7);
        let labels = layout.ticks.iter().filter(|t| !t.minor).map(|t| match &t.label {
            Label::None => String::new(),
            Label::Plain(text) => text.clone(),
            Label::Power { negative, power } => format!("{}10^{power}", if *negative { "-" } else { "" }),
        });
        (labels.collect(), layout.label)
    }

    #[test]
    fn a_linear_axis_takes_the_prefix_its_values_are_read_with() {
        let (ticks, label) = labels(&Axis::linear("current", "A"), &[0.0, 7e-6]);
        assert_eq!(label, "current [\u{b5}A]");
        assert_eq!(ticks, ["0", "1", "2", "3", "4", "5", "6", "7"]);
        assert_eq!(labels(&Axis::linear("voltage", "V"), &[-0.1, 0.25]).1, "voltage [mV]");
        assert_eq!(labels(&Axis::linear("time", "s"), &[0.0, 4000.0]).1, "time [s]");
        assert_eq!(labels(&Axis::linear("time", "s"), &[0.0, 0.04]).1, "time [ms]");
        assert_eq!(labels(&Axis::linear("resistance", "Ohm"), &[0.0, 3e6]).1, "resistance [M\u{2126}]");
        assert_eq!(labels(&Axis::linear("change", "%"), &[-100.0, 140.0]).1, "change [%]");
        assert_eq!(labels(&Axis::linear("pulse", ""), &[0.0, 100.0]).1, "pulse");
    }

    #[test]
    fn a_logarithmic_axis_has_powers_of_ten_or_a_few_plain_values() {
        let (ticks, label) = labels(&Axis::log("current", "A"), &[1e-9, 1e-5]);
        assert_eq!(
            (ticks.join(" "), label.as_str()),
            ("10^-9 10^-8 10^-7 10^-6 10^-5".into(), "current [A]")
        );
        let (ticks, label) = labels(&Axis::log("conductance", "S"), &[0.2e-3, 4e-3]);
        assert_eq!((ticks.join(" "), label.as_str()), ("0.2 0.5 1 2".into(), "conductance [mS]"));
        let many = labels(&Axis::log("x", ""), &[1e-200, 1e200]).0;
        assert!(many.iter().filter(|label| !label.is_empty()).count() <= 12, "{many:?}");
    }

    #[test]
    fn a_symmetric_axis_has_zero_in_its_middle_and_mirrored_powers() {
        let axis = Axis::symmetric("current", "A", 1e-9);
        assert_eq!(labels(&axis, &[-1e-6, 1e-6]).0.join(" "), "-10^-6 -10^-7 -10^-8 0 10^-8 10^-7 10^-6");
        let layout = axis.layout([-1e-6, 1e-6].into_iter(), 0.0, 7);
        assert!((layout.place(axis.measure(0.0).unwrap()) - 0.5).abs() < 1e-12);
        for value in [-3e-4, 2e-10, 0.0, 7e-6] {
            assert!((axis.value(axis.measure(value).unwrap()) - value).abs() <= 1e-12 * value.abs() + 1e-25);
        }
    }

    #[test]
    fn an_axis_has_two_finite_ends_whatever_the_values() {
        let sets: [&[f64]; 8] = [
            &[],
            &[0.0],
            &[5.0, 5.0],
            &[f64::NAN, f64::INFINITY],
            &[-1e308, 1e308],
            &[1e-320],
            &[1.0, 1.0 + 1e-15],
            &[-1e299, 1e299],
        ];
        for values in sets {
            for axis in [Axis::linear("x", "V"), Axis::log("x", "V"), Axis::symmetric("x", "V", 1e-3)] {
                let layout = axis.layout(values.iter().copied(), 0.05, 7);
                assert!(layout.lo < layout.hi && layout.lo.is_finite() && layout.hi.is_finite());
                assert!((1..200).contains(&layout.ticks.len()), "{values:?} {axis:?} {layout:?}");
                assert!(
                    layout.ticks.iter().all(|t| t.at.is_finite() && t.label.width() < 12.0),
                    "{layout:?}"
                );
            }
        }
    }

    #[test]
    fn what_an_axis_cannot_show_has_no_measure() {
        assert_eq!(Axis::log("x", "").measure(0.0), None);
        assert_eq!(Axis::log("x", "").measure(-1.0), None);
        assert_eq!(Axis::linear("x", "").measure(f64::NAN), None);
        assert_eq!(Axis::linear("x", "").measure(f64::NEG_INFINITY), None);
        assert_eq!(Axis::linear("x", "").measure(-1.0), Some(-1.0));
    }
}
