//! A table of a scenario and the type it becomes, said together: a key is one line of [`table!`].
//!
//! From that line follow the field of the plan, the entry of the specification (of which messages, schema, reference chapter
//! and `memspike resolve` are made), and the reading of the value. What must fit together in a table is a function behind
//! `rules`.

use super::filled::{Datum, Fields};
use super::section::Lower;
use super::spec::{Key, Kind};
use super::text::Node;
use super::weights;
use crate::time::Time;
use crate::units::{Ampere, Farad, Hertz, Joule, Ohm, Quantity, Second, Siemens, Volt, VoltPerSecond, Watt};

/// A type that a table becomes.
pub(super) trait Table: Sized {
    /// Its keys, in the order of the reference.
    const KEYS: &'static [Key];

    /// What a checked table becomes; `None` if something is missing or faulty, which is reported.
    fn lower(lower: &mut Lower<'_>, fields: &Fields) -> Option<Self>;
}

/// A type that is chosen by a word.
pub(super) trait Chosen {
    /// As it is written.
    fn word(&self) -> &'static str;
}

/// A type that the value of a key becomes.
pub(super) trait FromKey: Sized {
    /// The value; `None` if it is missing or faulty, which is reported.
    fn from_key(lower: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self>;
}

impl Lower<'_> {
    /// The value of a key as the type that is wanted.
    pub(super) fn get<T: FromKey>(&mut self, fields: &Fields, name: &str) -> Option<T> {
        T::from_key(self, fields, name)
    }

    /// The table of a key as the type that it becomes.
    pub(super) fn made<T: Table>(&mut self, fields: &Fields) -> Option<T> {
        T::lower(self, fields)
    }
}

/// What is read off a table as it is.
macro_rules! plain {
    ($($Type:ty: $get:ident,)+) => {
        $(impl FromKey for $Type {
            fn from_key(_: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
                fields.$get(name)
            }
        })+
    };
}

plain! {
    bool: flag,
    u32: count,
    u64: integer,
    Time: time,
}

/// Quantities, and lists of them.
macro_rules! quantities {
    ($($Quantity:ty)+) => {
        $(
            impl FromKey for $Quantity {
                fn from_key(_: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
                    Self::from_si(fields.quantity(name)?)
                }
            }

            impl FromKey for Vec<$Quantity> {
                fn from_key(_: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
                    fields.quantities(name).iter().map(|value| <$Quantity>::from_si(value.si)).collect()
                }
            }
        )+
    };
}

quantities! { Second Volt Ampere Ohm Siemens Hertz Joule Watt VoltPerSecond Farad }

/// Times as they are written.
impl FromKey for Vec<Time> {
    fn from_key(_: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        fields.quantities(name).iter().map(|value| value.time).collect()
    }
}

/// Whole numbers, as many as the key says.
impl<const N: usize> FromKey for [u32; N] {
    fn from_key(_: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        fields.counts(name)
    }
}

/// A number, or a quantity in SI units.
impl FromKey for f64 {
    fn from_key(lower: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        match fields.datum(name)? {
            Datum::Number(value) => Some(*value),
            Datum::Quantity(_, amount) => Some(amount.si),
            Datum::Raw(node) if matches!(fields.entry(name).key.kind, Kind::WeightLimit) => {
                let what = format!("`{name}` of {}", fields.what);
                weights::limit(node, lower.weight_unit, &what, lower.faults)
            }
            _ => None,
        }
    }
}

/// The word of a key, where a registry has the words.
impl FromKey for &'static str {
    fn from_key(_: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        fields.word(name)
    }
}

impl FromKey for String {
    fn from_key(_: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        fields.text(name).map(str::to_string)
    }
}

/// The index of what a key names.
impl FromKey for usize {
    fn from_key(lower: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        let Kind::Name(refers) = fields.entry(name).key.kind else { return None };
        lower.index(fields.text(name)?, fields.place(name), &format!("`{name}` of {}", fields.what), refers)
    }
}

/// What is read when the rest is known.
impl FromKey for Node {
    fn from_key(_: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        fields.raw(name).cloned()
    }
}

/// A key that is read together with another.
impl FromKey for () {
    fn from_key(_: &mut Lower<'_>, _: &Fields, _: &str) -> Option<Self> {
        Some(())
    }
}

/// Names, of which the unknown ones are reported and left out.
impl FromKey for Vec<String> {
    fn from_key(lower: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        let Kind::Names(refers) = fields.entry(name).key.kind else { return None };
        let what = format!("`{name}` of {}", fields.what);
        let known = fields
            .names(name)
            .iter()
            .filter(|(name, at)| lower.index(name, Some(at), &what, refers).is_some());
        Some(known.map(|(name, _)| name.clone()).collect())
    }
}

impl<T: Table> FromKey for Vec<T> {
    fn from_key(lower: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        // All of them, so that all faults are found.
        let made: Vec<Option<T>> = fields.tables(name).iter().map(|fields| lower.made(fields)).collect();
        made.into_iter().collect()
    }
}

/// What may be left out.
impl<T: FromKey> FromKey for Option<T> {
    fn from_key(lower: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        match fields.datum(name) {
            Some(_) => lower.get(fields, name).map(Some),
            // What is written and not there is faulty.
            None => fields.written(name).is_none().then_some(None),
        }
    }
}

/// What may be faulty, while the rest of its table is made use of: so that all faults are found.
pub(super) struct Tried<T>(pub Option<T>);

impl<T: FromKey> FromKey for Tried<T> {
    fn from_key(lower: &mut Lower<'_>, fields: &Fields, name: &str) -> Option<Self> {
        Some(Self(lower.get(fields, name)))
    }
}

impl<T: Table> Table for Tried<T> {
    const KEYS: &'static [Key] = T::KEYS;

    fn lower(lower: &mut Lower<'_>, fields: &Fields) -> Option<Self> {
        Some(Self(lower.made(fields)))
    }
}

/// A table that becomes a `T`.
pub(super) const fn inner<T: Table>() -> Kind {
    Kind::Table(T::KEYS)
}

/// A list of tables that become `T`.
pub(super) const fn list<T: Table>() -> Kind {
    Kind::Tables(T::KEYS)
}

/// Whether two names are the same; `==` is not for constants.
const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut k = 0;
    while k < one.len() && k < other.len() && one[k] == other[k] {
        k += 1;
    }
    k == one.len() && k == other.len()
}

/// How many variants have a field of this name.
pub(super) const fn takers(variants: &[(&str, &[&str])], field: &str) -> usize {
    let (mut variant, mut found) = (0, 0);
    while variant < variants.len() {
        found += has(variants[variant].1, field) as usize;
        variant += 1;
    }
    found
}

const fn has(names: &[&str], name: &str) -> bool {
    let mut k = 0;
    while k < names.len() && !same(names[k], name) {
        k += 1;
    }
    k < names.len()
}

/// The words of the variants that have a field of this name.
pub(super) const fn words_of<const N: usize>(
    variants: &[(&'static str, &[&str])],
    field: &str,
) -> [&'static str; N] {
    let mut words = [""; N];
    let (mut variant, mut next) = (0, 0);
    while next < N {
        if has(variants[variant].1, field) {
            words[next] = variants[variant].0;
            next += 1;
        }
        variant += 1;
    }
    words
}

/// Keys that exist with these words alone; what depends on another key still does.
pub(super) const fn only<const N: usize>(
    keys: &[Key],
    decider: &'static str,
    words: &'static [&'static str],
) -> [Key; N] {
    let mut only = [Key::new("", Kind::Flag, ""); N];
    let mut k = 0;
    while k < N {
        only[k] = if keys[k].when.is_none() { keys[k].when(decider, words) } else { keys[k] };
        k += 1;
    }
    only
}

/// Whether the keys before `parts[part][at]` have its name.
const fn repeated(parts: &[&[Key]], part: usize, at: usize) -> bool {
    let (mut p, mut k) = (0, 0);
    while p < part || (p == part && k < at) {
        if k == parts[p].len() {
            (p, k) = (p + 1, 0);
        } else if same(parts[p][k].name, parts[part][at].name) {
            assert!(same(parts[p][k].doc, parts[part][at].doc), "two keys have one name");
            return true;
        } else {
            k += 1;
        }
    }
    false
}

/// How many keys there are in all; one that several parts have is one.
pub(super) const fn total(parts: &[&[Key]]) -> usize {
    let (mut part, mut at, mut total) = (0, 0, 0);
    while part < parts.len() {
        if at == parts[part].len() {
            (part, at) = (part + 1, 0);
        } else {
            total += !repeated(parts, part, at) as usize;
            at += 1;
        }
    }
    total
}

/// The keys of all parts, one after the other.
pub(super) const fn joined<const N: usize>(parts: &[&[Key]]) -> [Key; N] {
    let mut joined = [Key::new("", Kind::Flag, ""); N];
    let (mut part, mut at, mut next) = (0, 0, 0);
    while next < N {
        if at == parts[part].len() {
            (part, at) = (part + 1, 0);
        } else {
            if !repeated(parts, part, at) {
                joined[next] = parts[part][at];
                next += 1;
            }
            at += 1;
        }
    }
    joined
}

/// A table of a scenario: `name: Type = kind, provenance("default", "why");` with the sentence above it.
///
/// A value is read as its type says ([`FromKey`]), or by the function after `=>`, where it takes more than the key. A key that
/// several tables have is a constant: `name: Type as KEY;`. A field without a kind is of a type that takes its keys from the
/// same table.
///
/// The type is defined here (`pub struct`), or it is one of the library (`impl`), whose fields have the names of the keys; what
/// it has besides comes after `..`; some can be named by a word too (`words`). An enum (`impl Type by key`) is chosen by the
/// word of a key, and the keys of a variant exist with its word alone.
macro_rules! table {
    (
        $(#[$meta:meta])*
        $vis:vis struct $Name:ident {
            $(
                $(#[doc = $doc:literal])*
                $(#[serde($($serde:tt)*)])?
                $field:ident: $Type:ty $(as $key:path)? $(= $kind:expr $(, $how:ident($($arg:expr),*))*)? $(=> $read:path)?;
            )+
        }
        $(rules($rules:path);)?
    ) => {
        $(#[$meta])*
        $vis struct $Name {
            $($(#[doc = $doc])* $(#[serde($($serde)*)])? pub $field: $Type,)+
        }

        $crate::scenario::table::table! {
            impl $Name {
                $($(#[doc = $doc])* $field: $Type $(as $key)? $(= $kind $(, $how($($arg),*))*)? $(=> $read)?;)+
            }
            $(rules($rules);)?
        }
    };
    (
        impl $Name:ident {
            $(
                $(#[doc = $doc:literal])*
                $field:ident: $Type:ty $(as $key:path)? $(= $kind:expr $(, $how:ident($($arg:expr),*))*)? $(=> $read:path)?;
            )+
            $(..$rest:expr;)?
        }
        $(rules($rules:path);)?
        $(words($words:path);)?
    ) => {
        impl $crate::scenario::table::Table for $Name {
            const KEYS: &'static [$crate::scenario::spec::Key] = $crate::scenario::table::table!(@join
                $($crate::scenario::table::table!(@keys $field: $Type, [$($doc)*] $(as $key)? $(= $kind $(, $how($($arg),*))*)? $(=> $read)?)),+
            );

            fn lower(
                lower: &mut $crate::scenario::section::Lower<'_>,
                fields: &$crate::scenario::filled::Fields,
            ) -> Option<Self> {
                $($rules(lower, fields);)?
                $(let $field: Option<$Type> = $crate::scenario::table::table!(@read lower, fields, $field $(as $key)? $(= $kind)? $(=> $read)?);)+
                Some(Self { $($field: $field?,)+ $(..$rest)? })
            }
        }

        $crate::scenario::table::table!(@from_key $Name $($words)?);
    };
    (
        $(#[$meta:meta])*
        $vis:vis enum $Name:ident by $decider:literal, $what:literal $(, $decider_how:ident($($decider_arg:expr),*))* {
            $(
                $Variant:ident = $word:literal: $about:literal {
                    $(
                        $(#[doc = $doc:literal])*
                        $(#[serde($($serde:tt)*)])?
                        $field:ident: $Type:ty $(as $key:path)? $(= $kind:expr $(, $how:ident($($arg:expr),*))*)? $(=> $read:path)?;
                    )*
                }
            )+
        }
        $(rules($rules:path);)?
    ) => {
        $(#[$meta])*
        $vis enum $Name {
            $(
                #[doc = $about]
                $Variant {
                    $($(#[doc = $doc])* $(#[serde($($serde)*)])? $field: $Type,)*
                },
            )+
        }

        impl $crate::scenario::table::Chosen for $Name {
            fn word(&self) -> &'static str {
                match self {
                    $(Self::$Variant { .. } => $word,)+
                }
            }
        }

        $crate::scenario::table::table! {
            impl $Name by $decider, $what $(, $decider_how($($decider_arg),*))* {
                $($Variant = $word: $about {
                    $($(#[doc = $doc])* $field: $Type $(as $key)? $(= $kind $(, $how($($arg),*))*)? $(=> $read)?;)*
                })+
            }
            $(rules($rules);)?
        }
    };
    (
        impl $Name:ident by $decider:literal, $what:literal $(, $decider_how:ident($($decider_arg:expr),*))* {
            $(
                $Variant:ident = $word:literal: $about:literal {
                    $(
                        $(#[doc = $doc:literal])*
                        $field:ident: $Type:ty $(as $key:path)? $(= $kind:expr $(, $how:ident($($arg:expr),*))*)? $(=> $read:path)?;
                    )*
                }
            )+
        }
        $(rules($rules:path);)?
    ) => {
        impl $crate::scenario::table::Table for $Name {
            const KEYS: &'static [$crate::scenario::spec::Key] = {
                const VARIANTS: &[(&str, &[&str])] = &[$(($word, &[$(stringify!($field)),*])),+];
                $crate::scenario::table::table!(@join
                    &[$crate::scenario::spec::Key::new(
                        $decider,
                        $crate::scenario::spec::Kind::Choice(
                            &[$($crate::scenario::spec::Choice { name: $word, doc: $about }),+],
                        ),
                        $what,
                    )$(.$decider_how($($decider_arg),*))*]
                    $($(, {
                        const OF: &[$crate::scenario::spec::Key] =
                            $crate::scenario::table::table!(@keys $field: $Type, [$($doc)*] $(as $key)? $(= $kind $(, $how($($arg),*))*)? $(=> $read)?);
                        const WORDS: [&str; $crate::scenario::table::takers(VARIANTS, stringify!($field))] =
                            $crate::scenario::table::words_of(VARIANTS, stringify!($field));
                        const ONLY: [$crate::scenario::spec::Key; OF.len()] =
                            $crate::scenario::table::only(OF, $decider, &WORDS);
                        &ONLY
                    })*)+
                )
            };

            fn lower(
                lower: &mut $crate::scenario::section::Lower<'_>,
                fields: &$crate::scenario::filled::Fields,
            ) -> Option<Self> {
                $($rules(lower, fields);)?
                match fields.word($decider)? {
                    $($word => {
                        $(let $field: Option<$Type> = $crate::scenario::table::table!(@read lower, fields, $field $(as $key)? $(= $kind)? $(=> $read)?);)*
                        Some(Self::$Variant { $($field: $field?),* })
                    })+
                    _ => None,
                }
            }
        }

        $crate::scenario::table::table!(@from_key $Name);
    };
    (@join $($part:expr),+) => {{
        const PARTS: &[&[$crate::scenario::spec::Key]] = &[$($part),+];
        const JOINED: [$crate::scenario::spec::Key; $crate::scenario::table::total(PARTS)] =
            $crate::scenario::table::joined(PARTS);
        &JOINED
    }};
    (@keys $field:ident: $Type:ty, [$($doc:literal)*]) => {
        <$Type as $crate::scenario::table::Table>::KEYS
    };
    (@keys $field:ident: $Type:ty, [$($doc:literal)*] => $read:path) => { &[] };
    (@keys $field:ident: $Type:ty, [$($doc:literal)*] as $key:path $(=> $read:path)?) => { &[$key] };
    (@keys $field:ident: $Type:ty, [$($doc:literal)*] = $kind:expr $(, $how:ident($($arg:expr),*))* $(=> $read:path)?) => {
        &[$crate::scenario::spec::Key::new(stringify!($field), $kind, concat!($($doc),+).trim_ascii())
            $(.$how($($arg),*))*]
    };
    (@read $lower:ident, $fields:ident, $field:ident) => { $lower.made($fields) };
    (@read $lower:ident, $fields:ident, $field:ident $(as $key:path)? $(= $kind:expr)?) => {
        $lower.get($fields, stringify!($field))
    };
    (@read $lower:ident, $fields:ident, $field:ident $(as $key:path)? $(= $kind:expr)? => $read:path) => {
        $read($lower, $fields)
    };
    (@from_key $Name:ident $($words:path)?) => {
        impl $crate::scenario::table::FromKey for $Name {
            fn from_key(
                lower: &mut $crate::scenario::section::Lower<'_>,
                fields: &$crate::scenario::filled::Fields,
                name: &str,
            ) -> Option<Self> {
                $(if let Some(word) = fields.word(name) {
                    return $words(lower, word);
                })?
                lower.made(fields.table(name)?)
            }
        }
    };
}

pub(super) use table;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::spec::Bounds;
    use crate::scenario::spec::kinds::{COUNT, SHARE};

    const SHARED: Key = Key::new("shared", SHARE, "A key of several tables.").setting("0.5");

    table! {
        #[derive(Debug, PartialEq)]
        struct Whole {
            /// How many
            /// there are.
            count: u32 = COUNT, setting("2");
            shared: f64 as SHARED;
            kind: Part;
            doubled: u32 => doubled;
        }
    }

    #[derive(Debug, PartialEq)]
    enum Part {
        Plain,
        Scaled { factor: f64 },
    }

    table! {
        impl Part by "part", "Which it is.", setting("\"scaled\"") {
            Plain = "plain": "as it is" {}
            Scaled = "scaled": "times `factor`" {
                /// What it is multiplied with.
                factor: f64 = Kind::Number(Bounds::POSITIVE), setting("3.0");
            }
        }
    }

    fn doubled(lower: &mut Lower<'_>, fields: &Fields) -> Option<u32> {
        lower.get::<u32>(fields, "count").map(|count| 2 * count)
    }

    #[test]
    fn keys_stand_in_the_order_of_the_lines_each_with_its_sentence_and_condition() {
        let keys: Vec<_> = Whole::KEYS.iter().map(|key| (key.name, key.doc, key.when)).collect();
        let scaled: &[&str] = &["scaled"];
        let want = [
            ("count", "How many there are.", None),
            ("shared", "A key of several tables.", None),
            ("part", "Which it is.", None),
            ("factor", "What it is multiplied with.", Some(("part", scaled))),
        ];
        assert_eq!(keys, want);
        assert_eq!(total(&[Whole::KEYS, Part::KEYS]), 4, "a key of several parts is one");
    }
}
