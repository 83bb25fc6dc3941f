//! Words of a scenario and what they stand for, said together: neither can be there without the other.

use super::{Choice, Kind};

/// A type whose values are words of a scenario.
pub trait Word: Copy + PartialEq + 'static {
    /// Every word with its sentence, in the order of the reference chapter.
    const CHOICES: &'static [Choice];

    /// As it is written.
    fn word(self) -> &'static str;

    /// What a word stands for.
    fn from_word(word: &str) -> Option<Self>;
}

impl Kind {
    /// One of the words of `T`.
    #[must_use]
    pub const fn word<T: Word>() -> Self {
        Self::Choice(T::CHOICES)
    }
}

/// An enum of words, or (`impl`) the words of an enum that is defined elsewhere:
/// `Variant = "word": "its sentence",`.
///
/// A variant without a word does not compile, nor does a word that two variants have.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $Name:ident {
        $($(#[$mark:meta])* $Variant:ident = $word:literal: $doc:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Name {
            $(#[doc = $doc] $(#[$mark])* $Variant,)+
        }
        words!(impl $Name { $($Variant = $word: $doc,)+ });
    };
    (impl $Name:ident { $($Variant:ident = $word:literal: $doc:literal,)+ }) => {
        impl $crate::scenario::table::FromKey for $Name {
            fn from_key(
                _: &mut $crate::scenario::section::Lower<'_>,
                fields: &$crate::scenario::filled::Fields,
                name: &str,
            ) -> Option<Self> {
                fields.choice(name)
            }
        }

        impl $crate::scenario::spec::Word for $Name {
            const CHOICES: &'static [$crate::scenario::spec::Choice] =
                &[$($crate::scenario::spec::Choice { name: $word, doc: $doc }),+];

            fn word(self) -> &'static str {
                match self {
                    $(Self::$Variant => $word,)+
                }
            }

            fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$Variant),)+
                    _ => None,
                }
            }
        }
    };
}

pub(in crate::scenario) use words;
