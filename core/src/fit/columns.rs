//! What columns of measurements are called and in which units they are: headings as instruments and people write them,
//! and the columns a fit asks for.

use crate::units::{Ampere, Ohm, Quantity, Second, Siemens, Volt};

/// A heading taken apart: `V (V)`, `I[uA]`, `Voltage_V`, `t / ms`, `state mV`, `AI`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Heading {
    /// As it is written.
    pub shown: String,
    /// Letters and digits of the name in small letters: `pulse` of `Pulse #`.
    pub key: String,
    /// If it says one.
    pub unit: Option<String>,
}

impl Heading {
    pub fn of(field: &str) -> Self {
        let text = field.trim();
        let (name, unit) = in_brackets(text).or_else(|| behind(text)).unwrap_or((text, None));
        let key = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        Self { shown: text.to_owned(), key, unit: unit.map(|unit| spelled(unit).to_owned()) }
    }
}

/// Any unit that stands in brackets, known or not.
fn in_brackets(text: &str) -> Option<(&str, Option<&str>)> {
    let close = text.chars().last().filter(|c| matches!(c, ']' | ')'));
    let open = if close == Some(')') { '(' } else { '[' };
    let (name, unit) = text.rsplit_once(open)?;
    Some((name.trim(), Some(unit.trim_end_matches([']', ')']).trim()).filter(|unit| !unit.is_empty())))
}

/// What stands behind a stroke or a blank, if it is a unit.
fn behind(text: &str) -> Option<(&str, Option<&str>)> {
    let (name, unit) = text.rsplit_once(['/', '_', ' '])?;
    is_unit(spelled(unit.trim())).then_some((name.trim(), Some(unit.trim())))
}

fn is_unit(unit: &str) -> bool {
    fn of<Q: Quantity>(unit: &str) -> bool {
        Q::parse(&format!("1 {unit}")).is_ok()
    }
    unit == "%"
        || of::<Second>(unit)
        || of::<Volt>(unit)
        || of::<Ampere>(unit)
        || of::<Siemens>(unit)
        || of::<Ohm>(unit)
}

/// Units that are written out.
fn spelled(unit: &str) -> &str {
    match unit.to_lowercase().as_str() {
        "sec" | "second" | "seconds" => "s",
        "msec" => "ms",
        "usec" => "us",
        "volt" | "volts" => "V",
        "amp" | "amps" | "ampere" | "amperes" => "A",
        "siemens" => "S",
        _ => unit,
    }
}

/// A column that a fit asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// What the header calls it: `time`.
    pub name: &'static str,
    /// Other names it may have, in small letters and digits.
    pub also: &'static [&'static str],
    /// A number with the unit of the header to SI, rounded once; `None` if it is no finite number.
    pub read: fn(&str, &str) -> Option<f64>,
    /// Why a unit is none of this column; `None` if it is one.
    pub refuses: fn(&str) -> Option<String>,
    /// A unit to show in messages; empty for a plain number.
    pub example: &'static str,
    /// Whether it must increase.
    pub increasing: bool,
    /// Whether it may be missing.
    pub optional: bool,
}

/// Where a wanted column may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Nowhere,
    At(usize),
    Several(Vec<usize>),
}

impl Wanted {
    /// As the header writes it: `time [s]`.
    pub(super) fn header(&self) -> String {
        if self.example.is_empty() {
            self.name.to_owned()
        } else {
            format!("{} [{}]", self.name, self.example)
        }
    }

    /// It may also have one of these names.
    #[must_use]
    pub fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    /// It may be missing; then, and if any of its fields is no number, it comes out empty.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// By its name, else by another name, else by that of an instrument's channel, else as the only column in such a unit.
    pub(super) fn place(&self, headings: &[Heading], analyser: bool) -> Place {
        let fits = |h: &Heading| h.unit.as_deref().is_some_and(|unit| (self.refuses)(unit).is_none());
        let own = |h: &Heading| h.key == self.name;
        let another = |h: &Heading| self.also.contains(&h.key.as_str());
        let channel = |h: &Heading| (h.unit.is_none() || fits(h)) && self.is_channel(&h.key, analyser);
        let by_unit = |h: &Heading| !self.example.is_empty() && fits(h);
        let tiers: [&dyn Fn(&Heading) -> bool; 4] = [&own, &another, &channel, &by_unit];
        let tiers = if self.optional { &tiers[..2] } else { &tiers[..] };
        for is in tiers {
            let found: Vec<usize> = (0..headings.len()).filter(|&k| is(&headings[k])).collect();
            match found.as_slice() {
                [] => {}
                [one] => return Place::At(*one),
                _ => return Place::Several(found),
            }
        }
        Place::Nowhere
    }

    /// The unit of a column: what its heading says, else SI where an instrument named it.
    pub(super) fn unit(&self, heading: &Heading, analyser: bool) -> String {
        match &heading.unit {
            Some(unit) => unit.clone(),
            None if analyser || self.is_channel(&heading.key, analyser) => self.example.to_owned(),
            None => String::new(),
        }
    }

    /// Whether an instrument names channels of this quantity so, which it writes in SI units: `AV`, `AnodeI`, `V1`; an
    /// analyser's users name them themselves, by the first letter.
    fn is_channel(&self, key: &str, analyser: bool) -> bool {
        let letter = match self.example {
            Volt::UNIT => 'v',
            Ampere::UNIT => 'i',
            _ => return false,
        };
        let source = key.strip_suffix(letter);
        let number = key.strip_prefix(letter);
        source.is_some_and(|source| matches!(source, "a" | "b" | "c" | "d" | "anode" | "cathode"))
            || number.is_some_and(|rest| {
                analyser || (!rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
            })
    }
}

/// A column in a unit of `Q`.
#[must_use]
pub fn wanted<Q: Quantity>(name: &'static str, increasing: bool) -> Wanted {
    let refuses = |unit: &str| match unit {
        "" => Some(format!("has no unit; expected one of a {}, such as [{}]", Q::NAME, Q::UNIT)),
        unit if Q::parse(&format!("1 {unit}")).is_ok() => None,
        unit => Some(format!(
            "is in `{unit}`; expected a unit of a {}, such as [{}] or [m{}]",
            Q::NAME,
            Q::UNIT,
            Q::UNIT
        )),
    };
    let read = |number: &str, unit: &str| {
        number.parse::<f64>().ok()?;
        Q::parse(&format!("{number} {unit}")).ok().map(Q::si)
    };
    Wanted { name, also: &[], read, refuses, example: Q::UNIT, increasing, optional: false }
}

/// A column of plain numbers.
#[must_use]
pub fn plain(name: &'static str, increasing: bool) -> Wanted {
    let refuses = |unit: &str| match unit {
        "" => None,
        other => Some(format!("is in `{other}`; expected no unit")),
    };
    let read = |number: &str, _: &str| number.parse().ok().filter(|value: &f64| value.is_finite());
    Wanted { name, also: &[], read, refuses, example: "", increasing, optional: false }
}

/// A column of changes: in percent, which it is kept in, or `[1]` for fractions. Without a unit it may be either.
#[must_use]
pub fn percent(name: &'static str) -> Wanted {
    let refuses = |unit: &str| match unit {
        "%" | "1" => None,
        "" => Some(
            "has no unit: 0.5 may be half a percent or a half; expected [%], or [1] for fractions".to_owned(),
        ),
        other => Some(format!("is in `{other}`; expected [%], or [1] for fractions")),
    };
    let read = |number: &str, unit: &str| {
        let value: f64 = number.parse().ok()?;
        Some(if unit == "1" { 100.0 * value } else { value }).filter(|value| value.is_finite())
    };
    Wanted { name, also: &[], read, refuses, example: "%", increasing: false, optional: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_come_apart_in_every_usual_form() {
        for (text, key, unit) in [
            ("time [ms]", "time", Some("ms")),
            ("V (V)", "v", Some("V")),
            ("I[uA]", "i", Some("uA")),
            ("Voltage_V", "voltage", Some("V")),
            ("U / mV", "u", Some("mV")),
            ("I/\u{b5}A", "i", Some("\u{b5}A")),
            ("state mV", "state", Some("mV")),
            ("Time (sec)", "time", Some("s")),
            ("Pulse #", "pulse", None),
            ("dG/G0 (%)", "dgg0", Some("%")),
            ("dG/G0", "dgg0", None),
            ("v_th", "vth", None),
            ("AI", "ai", None),
            ("x ()", "x", None),
            ("state [mV", "state", Some("mV")),
            ("", "", None),
        ] {
            let own = Heading::of(text);
            assert_eq!((own.key.as_str(), own.unit.as_deref()), (key, unit), "{text}");
        }
    }

    #[test]
    fn a_column_is_told_by_name_channel_or_unit_and_never_guessed() {
        let place = |w: &Wanted, header: &str| {
            let headings: Vec<Heading> = header.split(',').map(Heading::of).collect();
            w.place(&headings, false)
        };
        let current = wanted::<Ampere>("current", false).also(&["i"]);
        for (header, at) in [
            ("voltage [V],current [A],i [A]", Place::At(1)),
            ("V (V),I (mA)", Place::At(1)),
            ("Time,AV,AI", Place::At(2)),
            ("V1,I1", Place::At(1)),
            ("bias [V],top electrode [uA]", Place::At(1)),
            ("AV,AI,BI", Place::Several(vec![1, 2])),
            ("bias [V],top [A],bottom [A]", Place::Several(vec![1, 2])),
            ("V (V),G (S)", Place::Nowhere),
            ("V (V),Itop", Place::Nowhere),
        ] {
            assert_eq!(place(&current, header), at, "{header}");
        }
        let own = [Heading::of("Vtop"), Heading::of("Itop")];
        assert_eq!((current.place(&own, true), current.unit(&own[1], true)), (Place::At(1), "A".to_owned()));
        assert_eq!(current.unit(&Heading::of("AI"), false), "A");
        assert_eq!(current.unit(&Heading::of("I"), false), "", "a letter alone is nobody's channel");
    }

    #[test]
    fn a_change_without_a_unit_may_be_either() {
        let change = percent("change");
        assert_eq!(((change.read)("1.386", "1"), (change.read)("1.386", "%")), (Some(138.6), Some(1.386)));
        assert!((change.refuses)("").is_some_and(|why| why.contains("half a percent or a half")));
        assert!((change.refuses)("mV").is_some());
    }
}
