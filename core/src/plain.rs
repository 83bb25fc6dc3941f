//! State as a few named numbers: what is saved under the name and version of a model, recorded and shown.

use std::fmt::Debug;

/// The variables of one neuron or device as a few numbers: what is saved, and what can be recorded by name.
pub trait Plain: Copy + Debug + PartialEq + Send + Sync + 'static {
    /// Their names and units, in order; at most [`VARIABLES`].
    const NAMES: &'static [(&'static str, &'static str)];

    /// The numbers.
    fn words(&self) -> [f64; VARIABLES];

    /// From what [`Plain::words`] gave.
    fn of(words: &[f64; VARIABLES]) -> Self;
}

/// Most variables of a neuron or device.
pub const VARIABLES: usize = 9;

/// The variables of a model that is not known.
pub type Words = [f64; VARIABLES];

/// Declares a state of a few f64 and how it is saved: `plain! { /// doc pub struct State { /// Membrane. u: "V", } }`.
#[macro_export]
macro_rules! plain {
    ($(#[$doc:meta])* $vis:vis struct $name:ident { $($(#[$field_doc:meta])* $field:ident : $unit:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        $vis struct $name { $($(#[$field_doc])* pub $field: f64),* }

        impl $crate::plain::Plain for $name {
            const NAMES: &'static [(&'static str, &'static str)] = &[$((stringify!($field), $unit)),*];

            fn words(&self) -> [f64; $crate::plain::VARIABLES] {
                let mut words = [0.0; $crate::plain::VARIABLES];
                let fields = [$(self.$field),*];
                words[..fields.len()].copy_from_slice(&fields);
                words
            }

            fn of(words: &[f64; $crate::plain::VARIABLES]) -> Self {
                let mut words = words.iter().copied();
                Self { $($field: words.next().unwrap_or_default()),* }
            }
        }
    };
}
