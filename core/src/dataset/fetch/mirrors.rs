//! The list of mirrors: configuration, by default what is known of each data set.

use crate::dataset::{Fault, Name};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Base addresses per data set, to which a file's name is appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirrors(BTreeMap<Name, Vec<String>>);

/// Why a list of mirrors cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MirrorsError {
    /// Not TOML, or without a table `[mirrors]`; the text shows line and column.
    #[error("list of mirrors: {message}")]
    Form {
        /// What the parser says, with line and column.
        message: String,
    },
    /// An address that is not one of the web.
    #[error(
        "list of mirrors: `{}` of `{name}`; expected an address that begins with https:// or http://",
        super::without_password(address)
    )]
    Address {
        /// The data set it is given for.
        name: Name,
        /// As it is written in the list.
        address: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    mirrors: BTreeMap<Key, Vec<String>>,
}

/// A data set by its name on the command line.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
struct Key(Name);

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse().map(Self).map_err(|fault: Fault| match fault.hint() {
            Some(hint) => format!("{fault}; {hint}"),
            None => fault.to_string(),
        })
    }
}

impl Mirrors {
    /// The public mirrors known when this version was made.
    #[must_use]
    pub fn built_in() -> Self {
        let of = |name: Name| {
            let mirrors = name.files()?.mirrors.iter();
            Some((name, mirrors.map(|&mirror| mirror.to_owned()).collect()))
        };
        Self(Name::ALL.into_iter().filter_map(of).collect())
    }

    /// From a configuration file: a table `[mirrors]` with a list of addresses per data set, such as
    /// `mnist = ["https://storage.googleapis.com/cvdf-datasets/mnist/"]`. Sets that it does not name keep the built-in list: see [`Mirrors::or_built_in`].
    ///
    /// # Errors
    /// Unknown keys, and addresses that are not of the web.
    pub fn from_toml(text: &str) -> Result<Self, MirrorsError> {
        let document: Document =
            toml::from_str(text).map_err(|error| MirrorsError::Form { message: error.to_string() })?;
        document
            .mirrors
            .into_iter()
            .try_fold(Self(BTreeMap::new()), |all, (Key(name), list)| all.with(name, list))
    }

    /// With the list of `name` replaced (a command-line option, an environment variable's words).
    ///
    /// # Errors
    /// An address that is not of the web.
    pub fn with(mut self, name: Name, addresses: Vec<String>) -> Result<Self, MirrorsError> {
        let is_web = |address: &&String| address.starts_with("https://") || address.starts_with("http://");
        if let Some(address) = addresses.iter().find(|address| !is_web(address)) {
            return Err(MirrorsError::Address { name, address: address.clone() });
        }
        self.0.insert(name, addresses);
        Ok(self)
    }

    /// With the built-in list for every data set that this one does not name.
    #[must_use]
    pub fn or_built_in(self) -> Self {
        let mut all = Self::built_in();
        all.0.extend(self.0);
        all
    }

    /// The mirrors of `name`, first to last.
    #[must_use]
    pub fn of(&self, name: Name) -> &[String] {
        self.0.get(&name).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_has_mirrors_for_both_sets() {
        let built_in = Mirrors::built_in();
        for name in Name::ALL {
            let again = Mirrors::built_in().with(name, built_in.of(name).to_vec());
            assert!(again.is_ok(), "{again:?}");
        }
        assert!(built_in.of(Name::MNIST).len() >= 2 && built_in.of(Name::FASHION_MNIST).len() >= 2);
        assert!(built_in.of(Name::DRAWN_DIGITS).is_empty());
    }

    #[test]
    fn a_file_replaces_the_sets_it_names_and_only_those() {
        let own = Mirrors::from_toml("[mirrors]\nmnist = [\"http://localhost/m\"]").unwrap().or_built_in();
        assert_eq!(own.of(Name::MNIST), ["http://localhost/m"]);
        assert_eq!(own.of(Name::FASHION_MNIST), Mirrors::built_in().of(Name::FASHION_MNIST));
    }

    #[test]
    fn a_wrong_list_says_where_and_what_is_allowed() {
        let error = |text: &str| Mirrors::from_toml(text).unwrap_err().to_string();
        let unknown = error("[mirrors]\nmnits = []");
        assert!(
            unknown.contains("line 2") && unknown.contains("`mnits`") && unknown.contains("`mnist`"),
            "{unknown}"
        );
        assert!(error("[mirors]").contains("`mirors`"));
        assert_eq!(
            error("[mirrors]\nmnist = [\"ftp://host/\"]"),
            "list of mirrors: `ftp://host/` of `mnist`; expected an address that begins with https:// or http://"
        );
    }
}
