//! What a protocol brings of its own: a plan and findings of types that nobody else has to know.

use std::any::Any;
use std::fmt::Debug;

/// A value that can be shown, compared and written whatever its type is.
pub trait Value: Any + Debug + Send + Sync {
    /// Itself, for a downcast.
    fn any(&self) -> &dyn Any;
    /// Whether the other is of the same type and equal.
    fn equals(&self, other: &dyn Any) -> bool;
    /// As it stands in files.
    fn json(&self) -> serde_json::Value;
}

impl<T: Any + Debug + Send + Sync + PartialEq + serde::Serialize> Value for T {
    fn any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<T>() == Some(self)
    }

    fn json(&self) -> serde_json::Value {
        // What is planned and found has numbers and names, all of which JSON has.
        serde_json::to_value(self).unwrap_or_default()
    }
}
