//! How registrations and filters look in this dialect.

use std::collections::BTreeMap;

use postrider_domain::{Filter, KeyScopes, Principal, Registration};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::openapi::schema;

/// A registration, members in the order that the library writes them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WebHookView {
    /// 32 hex digits.
    #[schema(value_type = schema::SimpleId)]
    id: String,
    /// Where to post.
    web_hook_uri: String,
    /// What deliveries are signed with; for logins, and keys that may manage.
    #[schema(required)]
    secret: Option<String>,
    /// What it is for.
    #[schema(required)]
    description: Option<String>,
    /// Whether its deliveries are held: it is paused, or the product switched it off.
    is_paused: bool,
    /// Which events; `*` is every event.
    filters: Vec<String>,
    /// Headers that every request carries, those that carry a credential masked.
    headers: BTreeMap<String, String>,
    /// Members of `Properties` in every body.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    properties: BTreeMap<String, Box<RawValue>>,
}

impl WebHookView {
    /// As its owner sees it. A key that may only read is not good for the secret, which would let
    /// its holder sign.
    pub(super) fn for_owner(registration: Registration, owner: &Principal) -> Self {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let shown = owner.allows(KeyScopes::MANAGE);
        Self {
            id: registration.id.simple(),
            web_hook_uri: registration.uri.as_str().to_owned(),
            secret: shown.then(|| registration.secret.expose().to_owned()),
            description: registration.description,
            // This dialect has one word for both, and its clients would look in vain for the other.
            is_paused: registration.paused || registration.disabled.is_some(),
            filters: registration.filters.iter().map(str::to_owned).collect(),
            headers: registration.headers.masked().map(pair).collect(),
            properties: registration.properties,
        }
    }
}

/// A filter.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WebHookFilterView {
    /// What registrations name.
    name: String,
    /// What its events tell of.
    #[schema(required)]
    description: Option<String>,
}

impl WebHookFilterView {
    /// The entry that stands for every event.
    pub(super) fn wildcard() -> Self {
        Self { name: "*".to_owned(), description: Some("Listen in on all events.".to_owned()) }
    }
}

impl From<&Filter> for WebHookFilterView {
    fn from(filter: &Filter) -> Self {
        Self { name: filter.name.to_string(), description: filter.description.clone() }
    }
}
