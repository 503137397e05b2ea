//! Filters: the named kinds of event that a registration can ask for.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// The name of a filter. Names are compared without regard to case, so the canonical form is lower
/// case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilterName(String);

impl FilterName {
    /// The filters of the report server, which are always there.
    pub const BUILT_IN: [&'static str; 5] =
        ["alerts", "categories", "connections", "reports", "tasks"];
    /// The longest name, in characters.
    pub const MAX_LENGTH: usize = 64;

    /// The name in its canonical form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FilterName {
    type Err = Invalid;
    /// Reads a name of 1 to 64 ASCII letters, digits, `_` or `-`.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if text.is_empty() || text.len() > Self::MAX_LENGTH || !text.chars().all(valid) {
            return Err(Invalid::new(format!(
                "`{}` is not a filter name: use 1 to {} letters, digits, `_` or `-`",
                text.chars().take(Self::MAX_LENGTH).collect::<String>(),
                Self::MAX_LENGTH
            )));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for FilterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for FilterName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FilterName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Which events a registration asks for.
///
/// `["*", "reports"]` is kept as it was written, and asks for everything all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterSet(BTreeSet<String>);

impl FilterSet {
    /// The entry that stands for every event.
    pub const WILDCARD: &'static str = "*";
    /// The most entries a set can have.
    pub const MAX_ENTRIES: usize = 100;

    /// Every event.
    pub fn all() -> Self {
        Self(BTreeSet::from([Self::WILDCARD.into()]))
    }

    /// Reads a list of names; none at all means every event.
    pub fn parse<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Result<Self, Invalid> {
        let set = names
            .into_iter()
            .map(|name| match name.as_ref() {
                Self::WILDCARD => Ok(Self::WILDCARD.into()),
                name => name.parse::<FilterName>().map(|name| name.0),
            })
            .collect::<Result<BTreeSet<String>, _>>()?;
        if set.len() > Self::MAX_ENTRIES {
            return Err(Invalid::new(format!("more than {} filters", Self::MAX_ENTRIES)));
        }
        Ok(if set.is_empty() { Self::all() } else { Self(set) })
    }

    /// The entries in canonical form, sorted, the wildcard among them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether an event of `filter` is asked for.
    pub fn matches(&self, filter: &FilterName) -> bool {
        self.0.contains(Self::WILDCARD) || self.0.contains(filter.as_str())
    }
}

impl Default for FilterSet {
    fn default() -> Self {
        Self::all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_compared_without_regard_to_case() {
        let set = FilterSet::parse(["RePorTs"]).unwrap();
        assert!(set.matches(&"reports".parse().unwrap()));
        assert!(set.matches(&"REPORTS".parse().unwrap()));
        assert!(!set.matches(&"tasks".parse().unwrap()));
    }

    #[test]
    fn no_filter_and_the_wildcard_ask_for_every_event() {
        for set in
            [FilterSet::parse::<&str>([]).unwrap(), FilterSet::parse(["reports", "*"]).unwrap()]
        {
            assert!(set.matches(&"anything".parse().unwrap()));
        }
    }

    #[test]
    fn a_name_with_other_characters_is_refused() {
        for name in ["", "two words", "a.b", "r*", "ü", &"x".repeat(65)] {
            assert!(name.parse::<FilterName>().is_err(), "{name}");
        }
    }
}
