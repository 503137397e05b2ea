//! How clients of this dialect write a registration: member names in any case, unknown members
//! ignored, `null` the same as missing.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::AspnetError;
use crate::extract::JsonBody;
use crate::registrations::Draft;

/// A registration as it was sent. The id that a client may have put in is not read: ids are given
/// here.
#[derive(Default)]
pub(super) struct WebHook {
    uri: String,
    secret: Option<String>,
    description: Option<String>,
    is_paused: bool,
    filters: Vec<String>,
    headers: BTreeMap<String, String>,
    properties: BTreeMap<String, Box<RawValue>>,
}

impl WebHook {
    pub(super) fn parse(body: &JsonBody) -> Result<Self, AspnetError> {
        if body.0.trim_ascii().is_empty() {
            return Err(AspnetError::NoBody);
        }
        // JSON that is no object is a bad request here, like JSON that is none.
        let members: Option<BTreeMap<String, Box<RawValue>>> =
            body.parse().map_err(|_| AspnetError::Unreadable)?;
        let members = members.ok_or(AspnetError::NoBody)?;

        let (mut webhook, mut uri) = (Self::default(), None);
        for (name, value) in &members {
            match name.to_ascii_lowercase().as_str() {
                "webhookuri" => uri = read("WebHookUri", value)?,
                "secret" => webhook.secret = read("Secret", value)?,
                "description" => webhook.description = read("Description", value)?,
                "ispaused" => webhook.is_paused = read("IsPaused", value)?.unwrap_or_default(),
                "filters" => webhook.filters = read("Filters", value)?.unwrap_or_default(),
                "headers" => webhook.headers = read("Headers", value)?.unwrap_or_default(),
                "properties" => webhook.properties = read("Properties", value)?.unwrap_or_default(),
                _ => {}
            }
        }
        webhook.uri = uri.ok_or(AspnetError::Required { member: "WebHookUri" })?;
        Ok(webhook)
    }
}

fn read<'a, T: Deserialize<'a>>(
    member: &'static str,
    value: &'a RawValue,
) -> Result<Option<T>, AspnetError> {
    serde_json::from_str(value.get()).map_err(|_| AspnetError::WrongType { member })
}

impl From<WebHook> for Draft {
    fn from(webhook: WebHook) -> Self {
        Self {
            uri: webhook.uri,
            filters: webhook.filters,
            // An empty secret asks for a generated one, as a missing one does.
            secret: webhook.secret.filter(|secret| !secret.is_empty()),
            description: webhook.description,
            paused: webhook.is_paused,
            headers: webhook.headers,
            properties: webhook.properties,
        }
    }
}
