//! What a command is given besides its arguments.

use super::stop::Stop;
use memspike::registry::Registry;

/// What the caller of the command line has brought.
pub struct Program<'a> {
    /// What scenarios may name.
    pub registry: &'a Registry,
    pub stop: &'a Stop,
    /// All arguments as they were given, for the manifest.
    pub command: Vec<String>,
}
