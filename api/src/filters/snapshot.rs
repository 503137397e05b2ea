use std::collections::BTreeMap;

use postrider_domain::{Filter, FilterName, FilterOrigin, FilterSet, Invalid, Timestamp};

/// What the events of the built-in filters tell of.
const BUILT_IN: [(&str, &str); 6] = [
    ("alerts", "Data alerts: added, edited, deleted, executed"),
    ("categories", "Categories: added, edited, deleted"),
    ("connections", "Data connections: added, edited, deleted"),
    (
        FilterName::NOTICES,
        "What the product itself has to tell of your registrations; only for those that ask for it \
         by name",
    ),
    ("reports", "Reports: added, edited, deleted"),
    ("tasks", "Scheduled tasks: added, edited, deleted, executed"),
];

/// The filters of one moment.
#[derive(Debug, Clone)]
pub(crate) struct FilterSnapshot {
    /// By name in lower case.
    filters: BTreeMap<String, Filter>,
}

impl FilterSnapshot {
    /// Those that are in no store.
    pub(crate) fn without_custom(configured: &[FilterName]) -> Self {
        let built_in = BUILT_IN.map(|(name, description)| Filter {
            name: name.parse().expect("the built-in names are names"),
            description: Some(description.to_owned()),
            origin: FilterOrigin::BuiltIn,
            created_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
        });
        let configured = configured.iter().map(|name| Filter {
            name: name.clone(),
            description: None,
            origin: FilterOrigin::Configured,
            created_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
        });
        let mut snapshot = Self { filters: BTreeMap::new() };
        snapshot.extend(built_in.into_iter().chain(configured));
        snapshot
    }

    /// The same with other custom filters.
    pub(crate) fn with_custom(&self, custom: Vec<Filter>) -> Self {
        let mut snapshot = self.clone();
        snapshot.filters.retain(|_, filter| filter.origin != FilterOrigin::Custom);
        snapshot.extend(custom);
        snapshot
    }

    /// Of two filters of one name the first one counts, so that nothing in the store can change what
    /// is built in or configured.
    fn extend(&mut self, filters: impl IntoIterator<Item = Filter>) {
        for filter in filters {
            self.filters.entry(filter.name.key()).or_insert(filter);
        }
    }

    /// Every filter by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Filter> {
        self.filters.values()
    }

    /// The filter of this name, in any case.
    pub(crate) fn find(&self, name: &str) -> Option<&Filter> {
        self.filters.get(&name.to_ascii_lowercase())
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The registered spelling of a name in any case.
    pub(crate) fn resolve(&self, name: &str) -> Option<&FilterName> {
        self.find(name).map(|filter| &filter.name)
    }

    /// Reads the filters of a registration. Those of `current` are accepted, too: a filter that is
    /// there no longer must not keep its registrations from being paused.
    ///
    /// The text is the one that clients of the ASP.NET library know, with every name in it.
    pub(crate) fn parse(
        &self,
        names: &[String],
        current: Option<&FilterSet>,
    ) -> Result<FilterSet, Invalid> {
        let mut unknown = Vec::new();
        let mut known = Vec::with_capacity(names.len());
        for name in names {
            let kept = || {
                current.and_then(|set| set.iter().find(|entry| entry.eq_ignore_ascii_case(name)))
            };
            if name == FilterSet::WILDCARD {
                known.push(FilterSet::WILDCARD);
            } else if let Some(spelling) = self.resolve(name).map(FilterName::as_str).or_else(kept)
            {
                known.push(spelling);
            } else {
                unknown.push(name.as_str());
            }
        }
        if unknown.is_empty() {
            return FilterSet::parse(known);
        }
        Err(Invalid::new(format!("The following filters are not valid: '{}'.", unknown.join(", "))))
    }
}
