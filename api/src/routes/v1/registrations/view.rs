//! How clients see registrations.

use std::collections::BTreeMap;

use postrider_domain::{Principal, Registration, RegistrationId, Timestamp, UserId};
use serde::Serialize;
use serde_json::value::RawValue;

/// A registration.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegistrationView {
    id: RegistrationId,
    owner_id: UserId,
    uri: String,
    filters: Vec<String>,
    /// For its owner alone, and in no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    description: Option<String>,
    paused: bool,
    headers: BTreeMap<String, String>,
    properties: BTreeMap<String, Box<RawValue>>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl RegistrationView {
    /// As `caller` sees it when they ask for this one.
    pub(super) fn for_caller(registration: Registration, caller: &Principal) -> Self {
        let is_owner = registration.owner == caller.user.id;
        let secret = is_owner.then(|| registration.secret.expose().to_owned());
        Self { secret, ..Self::without_secret(registration) }
    }

    /// As it stands in a list.
    pub(super) fn without_secret(registration: Registration) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            id: registration.id,
            owner_id: registration.owner,
            uri: registration.uri.as_str().to_owned(),
            filters: registration.filters.iter().map(str::to_owned).collect(),
            secret: None,
            description: registration.description,
            paused: registration.paused,
            headers: registration.headers.iter().map(owned).collect(),
            properties: registration.properties,
            created_at: registration.created_at,
            updated_at: registration.updated_at,
        }
    }
}
