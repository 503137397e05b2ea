//! How clients see registrations.

use std::collections::BTreeMap;

use postrider_domain::ports::ListedRegistration;
use postrider_domain::{
    DisableReason, PayloadFormat, Registration, RegistrationId, SecretText, Timestamp, UserId,
    WhilePaused,
};
use postrider_wire::standard::SigningKey;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::flow::FlowView;
use super::settings::{
    AuthenticationBody, BatchBody, FormatName, RateLimitBody, TlsBody, WhilePausedName,
};
use crate::openapi::schema;
use crate::registrations::Seconds;

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
    /// What a body looks like.
    #[schema(value_type = FormatName)]
    format: PayloadFormat,
    /// How long the receiver has for its whole answer; none is what the server is set to.
    #[schema(required, value_type = Option<f64>)]
    timeout_seconds: Option<Seconds>,
    /// The delays between attempts; none is the schedule of the server.
    #[schema(required, value_type = Option<Vec<f64>>)]
    retry_delays_seconds: Option<Vec<Seconds>>,
    /// How fast deliveries are attempted; none is as fast as they come.
    #[schema(required)]
    rate_limit: Option<RateLimitBody>,
    /// How many requests each worker has on their way to the receiver at a time, if that is fewer than
    /// what the server is set to.
    #[schema(required)]
    max_in_flight: Option<u16>,
    /// Several events in one delivery.
    #[schema(required)]
    batch: Option<BatchBody>,
    /// What becomes of deliveries while it is paused.
    #[schema(value_type = WhilePausedName)]
    while_paused: WhilePaused,
    /// Which of the events of its filters; none is all.
    #[schema(required)]
    condition: Option<String>,
    /// When its secret is no longer to be used.
    #[schema(required, value_type = Option<schema::Time>)]
    secret_expires_at: Option<Timestamp>,
    /// How requests prove who sends them, beside their signature.
    #[schema(required)]
    authentication: Option<AuthenticationBody>,
    /// TLS towards the receiver.
    #[schema(required)]
    tls: Option<TlsBody>,
    /// What receivers verify asymmetric signatures with, if there are any.
    #[schema(required)]
    signing: Option<SigningView>,
    /// When and why the product switched it off: its deliveries are held, until it is resumed.
    #[schema(required)]
    disabled: Option<DisabledView>,
    #[schema(value_type = schema::Time)]
    created_at: Timestamp,
    #[schema(value_type = schema::Time)]
    updated_at: Timestamp,
}

/// What receivers verify asymmetric signatures with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SigningView {
    /// The ed25519 key in force: `whpk_` and base64.
    #[schema(value_type = schema::PublicKey)]
    public_key: String,
}

/// When and why the product switched a registration off.
#[derive(Serialize, ToSchema)]
struct DisabledView {
    #[schema(value_type = schema::Time)]
    at: Timestamp,
    #[schema(value_type = DisableReasonName)]
    reason: DisableReason,
}

/// Why the product switched a registration off.
#[derive(ToSchema)]
#[schema(as = DisableReason, rename_all = "lowercase")]
#[expect(dead_code, reason = "it only describes the names that the domain gives")]
enum DisableReasonName {
    /// The receiver answered 410 Gone.
    Gone,
    /// Nothing but failures for very long.
    Failing,
}

impl From<Registration> for RegistrationView {
    fn from(registration: Registration) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let (options, credentials) = (registration.options, registration.credentials);
        Self {
            id: registration.id,
            owner_id: registration.owner,
            uri: registration.uri.as_str().to_owned(),
            filters: registration.filters.iter().map(str::to_owned).collect(),
            description: registration.description,
            paused: registration.paused,
            headers: registration.headers.masked().map(owned).collect(),
            properties: registration.properties,
            format: options.format,
            timeout_seconds: options.timeout.map(Seconds::from),
            retry_delays_seconds: options
                .retry_delays
                .map(|delays| delays.into_iter().map(Seconds::from).collect()),
            rate_limit: options.rate.map(Into::into),
            max_in_flight: options.max_in_flight,
            batch: options.batch.map(Into::into),
            while_paused: options.while_paused,
            condition: registration.condition.map(|condition| condition.as_str().to_owned()),
            secret_expires_at: registration.secret_expires_at,
            authentication: credentials.authentication.map(Into::into),
            tls: credentials.tls.map(Into::into),
            signing: credentials
                .signing_key
                .and_then(|key| public_key(&key))
                .map(|public_key| SigningView { public_key }),
            disabled: registration
                .disabled
                .map(|disabled| DisabledView { at: disabled.at, reason: disabled.reason }),
            created_at: registration.created_at,
            updated_at: registration.updated_at,
        }
    }
}

/// What verifies what `key` signs; none when an edit behind the product's back broke it, so that it
/// signs nothing.
pub(super) fn public_key(key: &SecretText) -> Option<String> {
    SigningKey::parse(key.expose()).ok().map(|key| key.public_key().to_string())
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

/// A registration, and how it does.
#[derive(Serialize, ToSchema)]
pub(super) struct RegistrationDetail {
    #[serde(flatten)]
    pub(super) registration: RegistrationView,
    pub(super) flow: FlowView,
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
