//! What a scenario may contain, said once.
//!
//! Every key of a scenario file has one line in the table of its section: its name, kind, range, default with
//! provenance, the choice it belongs to, and a sentence. Validation, `memspike schema`, the reference
//! chapter, `memspike resolve` and the list of assumed values are all read off this table.

pub(super) mod kinds;
mod models;
mod word;

pub use kinds::Precision;
pub(super) use models::{kept, model_key};
pub use models::{model_keys, neuron_keys, population_keys};
pub use word::Word;
pub(super) use word::words;

use crate::device::preset::Provenance;
use crate::time::Time;
use crate::units::{
    Ampere, Farad, Hertz, Joule, Ohm, ParseQuantityError, Quantity, Second, Siemens, Volt, VoltPerSecond,
    Watt,
};

/// A `[section]` of the file.
#[derive(Debug)]
pub struct Section {
    /// The word in square brackets.
    pub name: &'static str,
    /// What one is called in a message: "population".
    pub noun: &'static str,
    /// Whether it is written `[section.NAME]`, any number of times.
    pub named: bool,
    /// Whether a scenario must have one.
    pub required: bool,
    /// What it is for, for schema and reference.
    pub doc: &'static str,
    /// In the order of the reference.
    pub keys: &'static [Key],
}

/// One key of a section or of a table within it.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What its value may be.
    pub kind: Kind,
    /// What stands where it is not written.
    pub default: Fallback,
    /// The key this one depends on, and the choices of it for which it exists.
    pub when: Option<(&'static str, &'static [&'static str])>,
    /// Whether each neuron of a population may have its own: a list, a distribution or a column of a file.
    pub each: bool,
    /// The parameter of a device preset that replaces the default where the table names a preset.
    pub preset: Option<&'static str>,
    /// One sentence: what it is.
    pub doc: &'static str,
}

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Integer {
        /// The least.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// So many whole numbers.
    Counts {
        /// How many.
        count: usize,
        /// The least of each.
        min: u64,
    },
    /// A plain number, or the percentage that it is.
    Number(Bounds),
    /// A text with number and unit.
    Quantity(Unit, Bounds),
    /// A list of quantities.
    Quantities(Unit, Bounds),
    /// One of these words.
    Choice(&'static [Choice]),
    /// The name of a source, a population or a projection.
    Name(Refers),
    /// A list of such names.
    Names(Refers),
    /// A table with keys of its own.
    Table(&'static [Key]),
    /// A list of tables.
    Tables(&'static [Key]),
    /// "none", "paper", or a table of coefficients of variation.
    Spread(&'static [Key]),
    /// A quantity, or a distribution of it; voltage or current, as the kernel says.
    Weight,
    /// A voltage or a current, as the kernel says.
    WeightLimit,
    /// A time, or a distribution of it.
    Delay(Bounds),
    /// Inline spikes: `[["1 ms", 0], ...]`.
    SpikeRows,
    /// Values at given times: `[["0 ms", "10 Hz"], ...]`.
    TimedRows(Unit),
    /// Inline synapses: `[[pre, post, weight], ...]`.
    SynapseRows,
    /// Keys of a preset with other values.
    Overrides,
    /// A quantity or a number, as another key says.
    Figure,
}

words! {
    /// A spread of programming that needs no numbers.
    pub enum SpreadWord {
        None = "none": "no spread",
        Device = "device": "what the device says of itself",
        Paper = "paper": "cv_on = 0.0081 and cv_off = 0.0115 (Yan et al., fig. 2a)",
    }
}

/// One of several words.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// As it is written.
    pub name: &'static str,
    /// What it means, for schema, reference and messages.
    pub doc: &'static str,
}

/// What a name refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refers {
    /// A `[source.NAME]`.
    Source,
    /// A `[population.NAME]`.
    Population,
    /// A `[projection.NAME]`.
    Projection,
    /// Either of the two.
    SourceOrPopulation,
    /// A `[device.NAME]` or a preset.
    Device,
    /// A format of records, which a registry has.
    Format,
}

impl Refers {
    /// "a source or population".
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Population => "population",
            Self::Projection => "projection",
            Self::SourceOrPopulation => "source or population",
            Self::Device => "device",
            Self::Format => "format of records",
        }
    }

    /// "sources or populations".
    #[must_use]
    pub const fn nouns(self) -> &'static str {
        match self {
            Self::Source => "sources",
            Self::Population => "populations",
            Self::Projection => "projections",
            Self::SourceOrPopulation => "sources or populations",
            Self::Device => "devices",
            Self::Format => "formats of records",
        }
    }
}

/// A range of real numbers; infinite where there is no bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The lower end.
    pub min: f64,
    /// Whether `min` itself is outside.
    pub above: bool,
    /// The upper end.
    pub max: f64,
    /// Whether `max` itself is outside.
    pub below: bool,
}

impl Bounds {
    pub(crate) const ANY: Self =
        Self { min: f64::NEG_INFINITY, above: false, max: f64::INFINITY, below: false };
    pub(crate) const POSITIVE: Self = Self { min: 0.0, above: true, ..Self::ANY };
    pub(crate) const NON_NEGATIVE: Self = Self { min: 0.0, ..Self::ANY };

    #[must_use]
    pub(crate) const fn up_to(self, max: f64) -> Self {
        Self { max, ..self }
    }

    #[must_use]
    pub(crate) const fn from(self, min: f64) -> Self {
        Self { min, above: false, ..self }
    }

    #[must_use]
    pub(crate) const fn below(self, max: f64) -> Self {
        Self { max, below: true, ..self }
    }

    /// Whether a value is inside; nothing that is not finite is.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        let low = if self.above { value > self.min } else { value >= self.min };
        let high = if self.below { value < self.max } else { value <= self.max };
        value.is_finite() && low && high
    }

    /// "above 0 s", "0 to 1", with values printed by `print`; empty without bounds.
    #[must_use]
    pub fn words(&self, print: impl Fn(f64) -> String) -> String {
        let (low, high) = (self.min.is_finite(), self.max.is_finite());
        let over = if self.above { "above" } else { "from" };
        let under = if self.below { "below" } else { "up to" };
        match (low, high) {
            (false, false) => String::new(),
            (true, false) if !self.above => format!("{} or more", print(self.min)),
            (true, false) => format!("above {}", print(self.min)),
            (false, true) => format!("{under} {}", print(self.max)),
            (true, true) => format!("{over} {} {under} {}", print(self.min), print(self.max)),
        }
    }
}

/// A quantity as stated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount {
    /// In SI units.
    pub si: f64,
    /// The femtoseconds of its own digits, if it is a time within an episode.
    pub time: Option<Time>,
}

/// The units of a scenario file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Of times.
    Second,
    /// Of potentials.
    Volt,
    /// Of currents.
    Ampere,
    /// Of resistances.
    Ohm,
    /// Of conductances.
    Siemens,
    /// Of rates.
    Hertz,
    /// Of energies.
    Joule,
    /// Of powers.
    Watt,
    /// Of sweeps.
    VoltPerSecond,
    /// Of capacitances.
    Farad,
}

/// Calls `$body` with `Q` standing for the quantity type of a unit, which has the unit's name.
macro_rules! with_quantity {
    ($unit:expr, $Q:ident => $body:expr) => {
        with_quantity!(
            $unit, $Q => $body;
            Second Volt Ampere Ohm Siemens Hertz Joule Watt VoltPerSecond Farad
        )
    };
    ($unit:expr, $Q:ident => $body:expr; $($name:ident)+) => {
        match $unit {
            $(Unit::$name => {
                type $Q = $name;
                $body
            })+
        }
    };
}

impl Unit {
    /// All of them, in the order of the reference.
    pub(crate) const ALL: [Self; 10] = [
        Self::Second,
        Self::Volt,
        Self::Ampere,
        Self::Ohm,
        Self::Siemens,
        Self::Hertz,
        Self::Joule,
        Self::Watt,
        Self::VoltPerSecond,
        Self::Farad,
    ];

    /// Reads a unit string to SI.
    ///
    /// # Errors
    /// As [`Quantity::parse`].
    pub fn parse(self, text: &str) -> Result<f64, ParseQuantityError> {
        with_quantity!(self, Q => Q::parse(text).map(Quantity::si))
    }

    /// Reads a unit string; of a time with the femtoseconds that its digits say.
    ///
    /// # Errors
    /// As [`Quantity::parse`].
    pub fn amount(self, text: &str) -> Result<Amount, ParseQuantityError> {
        let (si, digits) =
            with_quantity!(self, Q => Q::parse_digits(text).map(|(value, digits)| (value.si(), digits)))?;
        let seconds = Second::from_si(si).filter(|_| self == Self::Second);
        Ok(Amount { si, time: seconds.and_then(|seconds| Time::from_digits(seconds, &digits).ok()) })
    }

    /// Prints an SI value with its unit, so that [`Unit::parse`] gives the same bits.
    #[must_use]
    pub fn print(self, value: f64) -> String {
        with_quantity!(self, Q => Q::from_si(value).map_or_else(|| crate::hint::number(value), |q| q.to_string()))
    }

    /// "V".
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        with_quantity!(self, Q => <Q as Quantity>::UNIT)
    }

    /// "voltage".
    #[must_use]
    pub const fn name(self) -> &'static str {
        with_quantity!(self, Q => <Q as Quantity>::NAME)
    }

    /// "0.25 V".
    #[must_use]
    pub const fn example(self) -> &'static str {
        with_quantity!(self, Q => <Q as Quantity>::EXAMPLE)
    }
}

/// What stands where nothing is written.
#[derive(Clone, Copy, Debug)]
pub enum Fallback {
    /// A scenario without it is refused.
    Required,
    /// Nothing: the sentence says what that means.
    Absent(&'static str),
    /// A TOML literal, where it comes from (`None`: no physical quantity, a choice of the method), and why.
    Value(&'static str, Option<Provenance>, &'static str),
    /// The value of another key of the same table.
    SameAs(&'static str),
    /// Worked out from the rest of the scenario: the sentence says how.
    Derived(&'static str),
}

impl Key {
    /// A required key of the given kind.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, kind, default: Fallback::Required, when: None, each: false, preset: None, doc }
    }

    #[must_use]
    const fn default(self, literal: &'static str, provenance: Provenance, why: &'static str) -> Self {
        Self { default: Fallback::Value(literal, Some(provenance), why), ..self }
    }

    #[must_use]
    pub(crate) const fn setting(self, literal: &'static str) -> Self {
        Self { default: Fallback::Value(literal, None, ""), ..self }
    }

    #[must_use]
    pub(crate) const fn assumed(self, literal: &'static str, why: &'static str) -> Self {
        self.default(literal, Provenance::Assumed, why)
    }

    #[must_use]
    pub(crate) const fn measured(self, literal: &'static str, why: &'static str) -> Self {
        self.default(literal, Provenance::Measured, why)
    }

    #[must_use]
    pub(crate) const fn fitted(self, literal: &'static str, why: &'static str) -> Self {
        self.default(literal, Provenance::Fitted, why)
    }

    #[must_use]
    pub(crate) const fn literature(self, literal: &'static str, why: &'static str) -> Self {
        self.default(literal, Provenance::Literature, why)
    }

    #[must_use]
    pub(crate) const fn absent(self, meaning: &'static str) -> Self {
        Self { default: Fallback::Absent(meaning), ..self }
    }

    #[must_use]
    pub(crate) const fn same_as(self, other: &'static str) -> Self {
        Self { default: Fallback::SameAs(other), ..self }
    }

    #[must_use]
    pub(crate) const fn derived(self, how: &'static str) -> Self {
        Self { default: Fallback::Derived(how), ..self }
    }

    /// A device preset has this as `parameter`.
    #[must_use]
    pub const fn preset(self, parameter: &'static str) -> Self {
        Self { preset: Some(parameter), ..self }
    }

    /// Each neuron may have its own.
    #[must_use]
    pub const fn each(self) -> Self {
        Self { each: true, ..self }
    }

    /// The key exists only where `key` has one of these values.
    #[must_use]
    pub const fn when(self, key: &'static str, values: &'static [&'static str]) -> Self {
        Self { when: Some((key, values)), ..self }
    }

    /// The keys of the table this is, if it is one.
    #[must_use]
    pub const fn inner(&self) -> Option<&'static [Self]> {
        match self.kind {
            Kind::Table(keys) | Kind::Tables(keys) | Kind::Spread(keys) => Some(keys),
            _ => None,
        }
    }
}

/// What an allowed value is, in words: "a time above 0 s, such as \"9.41 ms\"".
#[must_use]
pub fn allowed(kind: &Kind) -> String {
    match kind {
        Kind::Text => "a text in quotes".to_string(),
        Kind::Flag => "true or false".to_string(),
        Kind::Integer { min, max } => format!("a whole number from {min} to {max}"),
        Kind::Counts { count, min } => {
            let example = ["8", "12", "12"][..*count.min(&3)].join(", ");
            format!("{count} whole numbers of at least {min}, such as [{example}]")
        }
        Kind::Number(bounds) => {
            let words = bounds.words(|value| value.to_string());
            if words.is_empty() { "a finite number".to_string() } else { format!("a number, {words}") }
        }
        Kind::Quantity(unit, bounds) => {
            let words = bounds.words(|value| unit.print(value));
            let comma = if words.is_empty() { "" } else { ", " };
            format!("a {} with its unit{comma}{words}, such as \"{}\"", unit.name(), unit.example())
        }
        Kind::Quantities(unit, _) => {
            format!("a list of {}s with their units, such as [\"{}\"]", unit.name(), unit.example())
        }
        Kind::Choice(choices) => quoted(choices),
        Kind::Name(refers) => format!("the name of a {}", refers.noun()),
        Kind::Names(refers) => format!("a list of names of {}", refers.nouns()),
        Kind::Table(_) => "a table".to_string(),
        Kind::Tables(_) => "a list of tables".to_string(),
        Kind::Spread(_) => {
            "\"none\", \"device\", \"paper\", or a table such as { cv_on = \"5 %\", cv_off = \"5 %\" }".to_string()
        }
        Kind::Weight => "a quantity such as \"1 mV\", { normal = [\"1 mV\", \"0.1 mV\"] }, \
                         { uniform = [\"0 mV\", \"1 mV\"] }, { log_normal = [\"1 mV\", 0.5] }, or { normal = [0.005, 0.01], unit = \"threshold\" }; \
                         with kernel = \"current\" numbers"
            .to_string(),
        Kind::Delay(bounds) => format!(
            "{}, or {{ uniform = [\"1 ms\", \"10 ms\"] }}",
            allowed(&Kind::Quantity(Unit::Second, *bounds))
        ),
        Kind::WeightLimit => "a quantity above 0 such as \"0.25 V\"".to_string(),
        Kind::TimedRows(unit) => {
            let (value, low, high) = timed(*unit);
            format!("a list of [time, {value}] such as [[\"0 ms\", \"{low}\"], [\"50 ms\", \"{high}\"]]")
        }
        Kind::SpikeRows => "a list of [time, source] such as [[\"1 ms\", 0], [\"2.5 ms\", 3]]".to_string(),
        Kind::SynapseRows => {
            "a list of [pre, post, weight] such as [[0, 1, \"1 mV\"], [1, 2, \"1 mV\"]]".to_string()
        }
        Kind::Overrides => "a table of keys of the preset, such as { v_th = \"0.3 V\" }".to_string(),
        Kind::Figure => "a quantity with its unit such as \"0.25 V\" or \"138.61 %\", or a number".to_string(),
    }
}

/// The words of a choice.
#[must_use]
pub fn quoted(choices: &[Choice]) -> String {
    choices.iter().map(|choice| format!("\"{}\"", choice.name)).collect::<Vec<_>>().join(", ")
}

/// What the values of [`Kind::TimedRows`] are called, and two of them.
#[must_use]
pub const fn timed(unit: Unit) -> (&'static str, &'static str, &'static str) {
    match unit {
        Unit::Hertz => ("rate", "10 Hz", "80 Hz"),
        Unit::Ampere => ("current", "0 nA", "1.5 nA"),
        other => (other.name(), other.example(), other.example()),
    }
}

/// The symbol of the unit a text is in, if it is one of the scenario's.
#[must_use]
pub fn unit_of(text: &str) -> Option<Unit> {
    Unit::ALL.into_iter().find(|unit| unit.parse(text).is_ok())
}
