//! How clients of this dialect write a registration: member names in any case, unknown members
//! ignored, `null` the same as missing.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Request};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::error::AspnetError;
use crate::error::{ApiError, Code};
use crate::extract::read_body;
use crate::registrations::{Draft, Settings};

/// A registration as it is sent. Names of members are read in any case, members that are not known
/// are ignored, and `null` is the same as nothing.
#[derive(Debug, Default, ToSchema)]
#[schema(rename_all = "PascalCase")]
pub(super) struct WebHook {
    /// Of a new registration it is ignored: ids are given here. Of one that is replaced it is the id
    /// of the path, if it is there at all.
    pub(super) id: Option<String>,
    /// Where to post: an absolute `http` or `https` URI.
    #[schema(rename = "WebHookUri", max_length = 2048, pattern = "^[Hh][Tt][Tt][Pp][Ss]?://")]
    uri: String,
    /// 32 to 128 characters. Without one a new registration gets a generated one, and an existing
    /// one keeps its own.
    secret: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// Whether its deliveries are held. `false` also switches on again what the product switched off.
    #[schema(value_type = Option<bool>)]
    is_paused: bool,
    /// Which events, in any case; none, or `*`, is every event.
    #[schema(value_type = Option<Vec<String>>)]
    filters: Vec<String>,
    /// Headers that every request carries. A mask stands for the value that is stored.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    headers: BTreeMap<String, String>,
    /// Members of `Properties` in every body.
    #[schema(value_type = Option<BTreeMap<String, serde_json::Value>>)]
    properties: BTreeMap<String, Box<RawValue>>,
}

impl<S: Send + Sync> FromRequest<S> for WebHook {
    type Rejection = AspnetError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AspnetError> {
        let is_json = is_json(request.headers());
        let body = read_body(request, state).await?;
        // The framework looks at the type of a body only when there is one.
        if body.trim_ascii().is_empty() {
            return Err(AspnetError::NoBody);
        }
        if !is_json {
            return Err(ApiError::new(Code::UnsupportedMediaType).into());
        }
        Self::parse(&body)
    }
}

/// The framework reads `text/json`, too.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    ["application/json", "text/json"].iter().any(|json| essence.eq_ignore_ascii_case(json))
}

impl WebHook {
    fn parse(body: &[u8]) -> Result<Self, AspnetError> {
        // JSON that is no object is a bad request here, like JSON that is none.
        let members: Option<BTreeMap<String, Box<RawValue>>> =
            serde_json::from_slice(body).map_err(|_| AspnetError::Unreadable)?;
        let members = members.ok_or(AspnetError::NoBody)?;

        let (mut webhook, mut uri) = (Self::default(), None::<String>);
        for (name, value) in &members {
            match name.to_ascii_lowercase().as_str() {
                "id" => webhook.id = read("Id", value)?,
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
        // The framework reads an empty text as no URI.
        let uri = uri.filter(|uri| !uri.is_empty());
        webhook.uri = uri.ok_or(AspnetError::Required { member: "WebHookUri" })?;
        webhook.id = webhook.id.filter(|id| !id.is_empty());
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
            // Its clients have no other way to say so.
            switches_on: !webhook.is_paused,
            headers: webhook.headers,
            properties: webhook.properties,
            // This dialect knows none of them.
            settings: Settings::default(),
        }
    }
}
