//! Kinds of device in a registry.

use super::{Known, Registry, RegistryError};
use crate::device::DeviceEntry;
use crate::device::model::Model;
use crate::device::preset::RANGE;

const DEVICE: Known = Known { kind: "kind of device", built_in: &[], keys: &RANGE };

impl Registry {
    /// Adds a kind of device: preset files may have it, and scenarios measure it.
    ///
    /// # Errors
    /// If its name is taken, its name or a key is not a word of preset files, or every preset has such a key.
    pub fn device<M: Model>(&mut self) -> Result<(), RegistryError> {
        let entry = DeviceEntry::of::<M>();
        DEVICE.admit(entry.name, self.devices.iter().map(|other| other.name), entry.keys, &[])?;
        self.devices.push(entry);
        Ok(())
    }

    /// All kinds of device, in the order in which they were added.
    #[must_use]
    pub fn devices(&self) -> &[DeviceEntry] {
        &self.devices
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::threshold::VolatileSwitch;

    #[test]
    fn a_kind_is_registered_once_and_says_what_it_is() {
        let mut registry = Registry::shipped();
        let taken = RegistryError::Taken { kind: "kind of device", name: "threshold_switch" };
        assert_eq!(registry.device::<VolatileSwitch>(), Err(taken));
        assert_eq!(Registry::default().device::<VolatileSwitch>(), Ok(()));
        for entry in registry.devices() {
            assert!(!entry.title.is_empty() && !entry.roles.is_empty() && !entry.variables.is_empty());
            assert!(!entry.keys.is_empty() && entry.takes("iv"), "{}", entry.name);
            for (index, key) in entry.keys.iter().enumerate() {
                assert!(!key.what.is_empty(), "{}.{}", entry.name, key.name);
                assert!(entry.keys[..index].iter().all(|other| other.name != key.name), "{}", key.name);
            }
        }
    }
}
