//! Energy: who spent it, for what.

use serde::{Deserialize, Serialize};

/// What energy was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Reading devices: V^2 G t of every device on a pulsed row.
    Read,
    /// Programming devices.
    Program,
    /// On-state of neuron devices.
    Neuron,
    /// Current limiters.
    Limiter,
    /// Off-state leakage of neuron devices.
    Leakage,
    /// Wires.
    Wire,
    /// Half-selected cells.
    HalfSelect,
    /// Drivers, converters, routers.
    Periphery,
}

/// One line: an owner (population or projection), a category, joules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub owner: String,
    pub category: Category,
    pub joules: f64,
}

/// Joules by owner and category. The categories sum to the total.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    pub entries: Vec<Entry>,
    /// Categories that exist in the hardware but are not in the sum.
    pub not_modelled: Vec<Category>,
}
