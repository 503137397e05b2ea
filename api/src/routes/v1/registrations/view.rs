//! How clients see registrations.

use std::collections::BTreeMap;

use postrider_domain::ports::ListedRegistration;
use postrider_domain::{Registration, RegistrationId, Timestamp, UserId};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::openapi::schema;

/// A registration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegistrationView {
    #[schema(value_type = schema::RegistrationId)]
    id: RegistrationId,
    #[schema(value_type = schema::UserId)]
    owner_id: UserId,
    /// Where to post.
    uri: String,
    /// Which events; `*` is every event.
    filters: Vec<String>,
    /// What it is for.
    #[schema(required)]
    description: Option<String>,
    /// Whether its deliveries are held.
    paused: bool,
    /// Headers that every request carries. Values that are credentials are masked; the mask written
    /// back keeps them.
    headers: BTreeMap<String, String>,
    /// Members of `Properties` in every body.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    properties: BTreeMap<String, Box<RawValue>>,
    #[schema(value_type = schema::Time)]
    created_at: Timestamp,
    #[schema(value_type = schema::Time)]
    updated_at: Timestamp,
}

impl From<Registration> for RegistrationView {
    fn from(registration: Registration) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            id: registration.id,
            owner_id: registration.owner,
            uri: registration.uri.as_str().to_owned(),
            filters: registration.filters.iter().map(str::to_owned).collect(),
            description: registration.description,
            paused: registration.paused,
            headers: registration.headers.masked().map(owned).collect(),
            properties: registration.properties,
            created_at: registration.created_at,
            updated_at: registration.updated_at,
        }
    }
}

/// A registration that was just made, with its secret.
#[derive(Serialize, ToSchema)]
pub(super) struct CreatedRegistration {
    #[serde(flatten)]
    registration: RegistrationView,
    /// What deliveries are signed with.
    #[schema(min_length = 32, max_length = 128)]
    secret: String,
}

impl From<Registration> for CreatedRegistration {
    fn from(registration: Registration) -> Self {
        Self { secret: registration.secret.expose().to_owned(), registration: registration.into() }
    }
}

/// A registration in a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListedView {
    #[serde(flatten)]
    registration: RegistrationView,
    /// The name of its owner.
    owner_name: String,
}

impl From<ListedRegistration> for ListedView {
    fn from(listed: ListedRegistration) -> Self {
        Self {
            registration: listed.registration.into(),
            owner_name: listed.owner_name.as_str().to_owned(),
        }
    }
}
