//! Crossbars: the devices of a projection as rows and columns.
//!
//! Rows are inputs, columns outputs; a read pulse on a row passes all its devices at once. Wires are
//! ideal here: no resistance, no sneak currents.

mod array;

pub use array::{Alone, Array, Draw, ProgramError, Shape, Writer};
