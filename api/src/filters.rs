//! Which filters there are: the built-in ones and those of the configuration.

use std::collections::BTreeSet;

use postrider_domain::{FilterName, FilterSet, Invalid};

/// The filters that events have and registrations may ask for.
#[derive(Debug)]
pub(crate) struct KnownFilters(BTreeSet<String>);

impl KnownFilters {
    pub(crate) fn new(custom: &[FilterName]) -> Self {
        let built_in = FilterName::BUILT_IN.iter().map(|&name| name.to_owned());
        Self(built_in.chain(custom.iter().map(ToString::to_string)).collect())
    }

    pub(crate) fn contains(&self, filter: &FilterName) -> bool {
        self.0.contains(filter.as_str())
    }

    /// Reads the filters of a registration. Those of `current` are accepted, too: a filter that has
    /// left the configuration must not keep its registrations from being paused.
    ///
    /// The text is the one that clients of the ASP.NET library know, with every name in it.
    pub(crate) fn parse(
        &self,
        names: &[String],
        current: Option<&FilterSet>,
    ) -> Result<FilterSet, Invalid> {
        let known = |name: &str| {
            let key = name.to_ascii_lowercase();
            key == FilterSet::WILDCARD
                || self.0.contains(&key)
                || current.is_some_and(|set| set.iter().any(|entry| entry == key))
        };
        let unknown: Vec<&str> =
            names.iter().map(String::as_str).filter(|name| !known(name)).collect();
        if unknown.is_empty() {
            return FilterSet::parse(names);
        }
        Err(Invalid::new(format!("The following filters are not valid: '{}'.", unknown.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.into()).collect()
    }

    #[test]
    fn every_unknown_filter_is_named_as_it_was_written() {
        let known = KnownFilters::new(&["orders".parse().unwrap()]);
        let refused =
            known.parse(&names(&["RePorTs", "Nope", "Orders", "two words"]), None).unwrap_err();
        assert_eq!(refused.0, "The following filters are not valid: 'Nope, two words'.");
        assert!(known.parse(&names(&["RePorTs", "ORDERS", "*"]), None).is_ok());
    }

    #[test]
    fn a_filter_that_a_registration_has_already_may_stay() {
        let known = KnownFilters::new(&[]);
        let current = FilterSet::parse(["orders"]).unwrap();
        assert!(known.parse(&names(&["orders"]), None).is_err());
        assert!(known.parse(&names(&["orders"]), Some(&current)).is_ok());
    }
}
