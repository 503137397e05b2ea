//! Filters: the named kinds of event that a registration can ask for.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Invalid, Timestamp};

/// The name of a filter. Compared without regard to case; keeps its spelling, which is what goes out
/// in notifications.
#[derive(Debug, Clone)]
pub struct FilterName(String);

impl FilterName {
    /// The filters of the report server, which are always there.
    pub const BUILT_IN: [&'static str; 5] =
        ["alerts", "categories", "connections", "reports", "tasks"];
    /// The filter of what the product itself has to tell ([`crate::NoticeKind`]). It can be asked for,
    /// by name only, and nobody else can publish to it.
    pub const NOTICES: &'static str = "postrider";
    /// The longest name, in characters.
    pub const MAX_LENGTH: usize = 64;
    /// What can happen to the things that the built-in filters are about.
    const EVENT_TYPES: [(&'static str, &'static [&'static str]); 5] = [
        ("alerts", &["Added", "Edited", "Deleted", "Executed"]),
        ("categories", &["Added", "Edited", "Deleted"]),
        ("connections", &["Added", "Edited", "Deleted"]),
        ("reports", &["Added", "Edited", "Deleted"]),
        ("tasks", &["Added", "Edited", "Deleted", "Executed"]),
    ];

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is unique, and that stores compare: lower case.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The name of [`FilterName::NOTICES`].
    pub fn notices() -> Self {
        Self(Self::NOTICES.into())
    }

    /// Whether only the product publishes to it, so that no publisher and no administrator may.
    pub fn is_reserved(&self) -> bool {
        self.0.eq_ignore_ascii_case(Self::NOTICES)
    }

    /// The types of the events of a built-in filter; `None` for any other, whose publishers decide.
    pub fn event_types(&self) -> Option<&'static [&'static str]> {
        let (_, types) =
            Self::EVENT_TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(&self.0))?;
        Some(types)
    }
}

impl PartialEq for FilterName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for FilterName {}

impl PartialOrd for FilterName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for FilterName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for FilterName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
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
        Ok(Self(text.into()))
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

/// Where a filter comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterOrigin {
    /// It is one of [`FilterName::BUILT_IN`].
    BuiltIn,
    /// The configuration names it.
    Configured,
    /// An administrator added it; the only kind that a store has.
    Custom,
}

/// A filter, as a list of them shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// Its name.
    pub name: FilterName,
    /// What its events tell of.
    pub description: Option<String>,
    /// Where it comes from.
    pub origin: FilterOrigin,
    /// When it was added; the epoch unless it is custom.
    pub created_at: Timestamp,
    /// When it was last changed; the epoch unless it is custom.
    pub updated_at: Timestamp,
}

impl Filter {
    /// The longest description, in bytes.
    pub const MAX_DESCRIPTION: usize = 1024;
}

/// Which events a registration asks for.
///
/// `["*", "reports"]` is kept as it was written, and asks for everything all the same. A name that is
/// written twice in different spelling counts once, as it was written first.
#[derive(Debug, Clone)]
pub struct FilterSet(BTreeMap<String, String>);

impl FilterSet {
    /// The entry that stands for every event.
    pub const WILDCARD: &'static str = "*";
    /// The most entries a set can have.
    pub const MAX_ENTRIES: usize = 100;

    /// Every event.
    pub fn all() -> Self {
        Self(BTreeMap::from([(Self::WILDCARD.into(), Self::WILDCARD.into())]))
    }

    /// Reads a list of names; none at all means every event.
    pub fn parse<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Result<Self, Invalid> {
        let mut set = BTreeMap::new();
        for name in names {
            let (key, spelling) = match name.as_ref() {
                Self::WILDCARD => (Self::WILDCARD.into(), Self::WILDCARD.into()),
                name => {
                    let name = name.parse::<FilterName>()?;
                    (name.key(), name.0)
                }
            };
            set.entry(key).or_insert(spelling);
        }
        if set.len() > Self::MAX_ENTRIES {
            return Err(Invalid::new(format!("more than {} filters", Self::MAX_ENTRIES)));
        }
        Ok(if set.is_empty() { Self::all() } else { Self(set) })
    }

    /// The entries as they are spelled, sorted without regard to case, the wildcard among them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }

    /// The entries in lower case, sorted, the wildcard among them: what stores compare.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether an event of `filter` is asked for.
    pub fn matches(&self, filter: &FilterName) -> bool {
        self.0.contains_key(Self::WILDCARD) || self.0.contains_key(&filter.key())
    }
}

impl PartialEq for FilterSet {
    /// Spelling makes no difference.
    fn eq(&self, other: &Self) -> bool {
        self.keys().eq(other.keys())
    }
}

impl Eq for FilterSet {}

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
    fn a_name_keeps_its_spelling_and_is_found_in_any() {
        let set = FilterSet::parse(["OrderPlaced", "orderplaced", "alerts"]).unwrap();
        assert_eq!(set.iter().collect::<Vec<_>>(), ["alerts", "OrderPlaced"]);
        assert_eq!(set.keys().collect::<Vec<_>>(), ["alerts", "orderplaced"]);
        assert_eq!(set, FilterSet::parse(["ALERTS", "ORDERPLACED"]).unwrap());
    }

    #[test]
    fn every_built_in_filter_and_no_other_has_types_of_events() {
        let types = |name: &str| name.parse::<FilterName>().unwrap().event_types();
        let count = |name: &str| types(name).unwrap().len();
        assert_eq!(FilterName::BUILT_IN.map(count).iter().sum::<usize>(), 17);
        assert!(types("Tasks").unwrap().contains(&"Executed"));
        assert!(!types("reports").unwrap().contains(&"Executed"));
        assert_eq!(types("orders"), None);
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
