use std::collections::BTreeMap;

use postrider_domain::{
    FilterSet, Invalid, PreviousSecret, Registration, RegistrationHeaders, RegistrationId, Secret,
    TargetUri, Timestamp, UserId,
};
use serde_json::value::RawValue;

use super::RegistrationError;
use crate::filters::FilterSnapshot;

/// A registration as its owner wrote it, before anything is checked.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) uri: String,
    pub(crate) filters: Vec<String>,
    /// Missing: one is generated for a new registration, and an existing one keeps its own.
    pub(crate) secret: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) paused: bool,
    /// A mask in place of a value stands for the value that is stored.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) properties: BTreeMap<String, Box<RawValue>>,
}

impl From<&Registration> for Draft {
    fn from(registration: &Registration) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            uri: registration.uri.as_str().to_owned(),
            filters: registration.filters.iter().map(str::to_owned).collect(),
            secret: None,
            description: registration.description.clone(),
            paused: registration.paused,
            headers: registration.headers.iter().map(owned).collect(),
            properties: registration.properties.clone(),
        }
    }
}

/// A member of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member {
    Filters,
    Secret,
    Uri,
    Headers,
    /// What only the registration as a whole can tell.
    Whole,
}

impl Draft {
    /// The filters it asks for by name.
    pub(super) fn filter_names(&self) -> impl Iterator<Item = &str> {
        self.filters.iter().map(String::as_str).filter(|name| *name != FilterSet::WILDCARD)
    }

    /// Checks every member, those of `current` being what is kept.
    pub(super) fn check(
        self,
        known: &FilterSnapshot,
        current: Option<&Registration>,
    ) -> Result<Checked, Vec<(Member, Invalid)>> {
        let filters = known.parse(&self.filters, current.map(|current| &current.filters));
        let secret = self.secret.as_deref().map(Secret::parse).transpose();
        let uri = self.uri.parse::<TargetUri>();
        let headers = unmask(&self.headers, current.map(|current| &current.headers));
        match (filters, secret, uri, headers) {
            (Ok(filters), Ok(secret), Ok(uri), Ok(headers)) => {
                Ok(Checked { filters, secret, uri, headers, draft: self })
            }
            (filters, secret, uri, headers) => {
                let problems = [
                    filters.err().map(|invalid| (Member::Filters, invalid)),
                    secret.err().map(|invalid| (Member::Secret, invalid)),
                    uri.err().map(|invalid| (Member::Uri, invalid)),
                    headers.err().map(|invalid| (Member::Headers, invalid)),
                ];
                Err(problems.into_iter().flatten().collect())
            }
        }
    }
}

/// Reads headers, with the stored value in place of every mask.
fn unmask(
    headers: &BTreeMap<String, String>,
    stored: Option<&RegistrationHeaders>,
) -> Result<RegistrationHeaders, Invalid> {
    let mut values = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let is_mask = value == RegistrationHeaders::MASK && RegistrationHeaders::is_sensitive(name);
        let value = if is_mask {
            let mut stored = stored.into_iter().flat_map(RegistrationHeaders::iter);
            let kept = stored.find(|(known, _)| known.eq_ignore_ascii_case(name));
            let (_, value) = kept.ok_or_else(|| {
                Invalid::new(format!("the header `{name}` has no value yet that could be kept"))
            })?;
            value
        } else {
            value
        };
        values.push((name.as_str(), value));
    }
    RegistrationHeaders::parse(values)
}

/// A draft whose members are each in order.
pub(super) struct Checked {
    filters: FilterSet,
    secret: Option<Secret>,
    uri: TargetUri,
    headers: RegistrationHeaders,
    draft: Draft,
}

/// What a registration has that no draft can say.
pub(super) struct Origin {
    pub(super) id: RegistrationId,
    pub(super) owner: UserId,
    /// The secret, unless the draft has one.
    pub(super) secret: Secret,
    pub(super) previous_secret: Option<PreviousSecret>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl Checked {
    /// The secret that the draft sets.
    pub(super) fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    /// Whether a credential in the headers of `current` would go to another host than before.
    pub(super) fn redirects_credentials(&self, current: &Registration) -> bool {
        let kept = |(name, value): (&str, &str)| {
            RegistrationHeaders::is_sensitive(name)
                && current.headers.iter().any(|stored| stored == (name, value))
        };
        self.uri.origin() != current.uri.origin() && self.headers.iter().any(kept)
    }

    pub(super) fn into_registration(
        self,
        origin: Origin,
    ) -> Result<Registration, RegistrationError> {
        let registration = Registration {
            id: origin.id,
            owner: origin.owner,
            uri: self.uri,
            filters: self.filters,
            secret: self.secret.unwrap_or(origin.secret),
            previous_secret: origin.previous_secret,
            description: self.draft.description,
            paused: self.draft.paused,
            headers: self.headers,
            properties: self.draft.properties,
            created_at: origin.created_at,
            updated_at: origin.updated_at,
        };
        registration
            .validate()
            .map_err(|invalid| RegistrationError::Invalid(vec![(Member::Whole, invalid)]))?;
        Ok(registration)
    }
}
