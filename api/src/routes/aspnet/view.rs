//! How a registration looks in this dialect.

use std::collections::BTreeMap;

use postrider_domain::Registration;
use serde::Serialize;
use serde_json::value::RawValue;

/// A registration, members in the order that the library writes them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WebHookView {
    id: String,
    web_hook_uri: String,
    secret: String,
    description: Option<String>,
    is_paused: bool,
    filters: Vec<String>,
    headers: BTreeMap<String, String>,
    properties: BTreeMap<String, Box<RawValue>>,
}

impl From<Registration> for WebHookView {
    fn from(registration: Registration) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            id: registration.id.simple(),
            web_hook_uri: registration.uri.as_str().to_owned(),
            secret: registration.secret.expose().to_owned(),
            description: registration.description,
            is_paused: registration.paused,
            filters: registration.filters.iter().map(str::to_owned).collect(),
            headers: registration.headers.iter().map(owned).collect(),
            properties: registration.properties,
        }
    }
}
