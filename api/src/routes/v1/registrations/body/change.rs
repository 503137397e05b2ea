use postrider_domain::{PayloadFormat, Registration, WhilePaused};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::settings::{
    AuthenticationBody, BatchBody, FormatName, RateLimitBody, TlsBody, WhilePausedName,
};
use super::{Headers, Properties, verification};
use crate::openapi::schema;
use crate::registrations::{Change, Draft, Seconds, Settings, Verification};

/// What changes in a registration: the body of PATCH. What is missing stays as it is; `null`
/// takes away what can be missing.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct ChangeRegistration {
    /// Where to post: an absolute `http` or `https` URI.
    #[schema(max_length = 2048, pattern = "^[Hh][Tt][Tt][Pp][Ss]?://")]
    uri: Option<String>,
    /// Which events, in any case; none, or `*`, is every event.
    #[schema(max_items = 100)]
    filters: Option<Vec<String>>,
    /// What deliveries are signed with. Another one is in force at once; rotating is gentler.
    #[schema(min_length = 32, max_length = 128, pattern = r"^[^\x00]*$")]
    secret: Option<String>,
    /// What it is for.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 4096, pattern = r"^[^\x00]*$")]
    description: Change<Option<String>>,
    /// Whether its deliveries are held.
    paused: Option<bool>,
    /// Headers that every request carries. A mask keeps the value that is stored.
    headers: Option<Headers>,
    /// Members of `Properties` in every body.
    #[schema(value_type = Option<BTreeMap<String, serde_json::Value>>)]
    properties: Option<Properties>,
    /// What a body looks like; `aspnet` unless it is given.
    #[serde(default)]
    #[schema(value_type = Option<FormatName>)]
    format: Change<Option<PayloadFormat>>,
    /// How long the receiver has for its whole answer; what the server is set to unless it is
    /// given.
    #[serde(default)]
    #[schema(value_type = Option<f64>, minimum = 1, maximum = 25)]
    timeout_seconds: Change<Option<Seconds>>,
    /// The delays between attempts, none of them longer than 30 days; an empty list means one
    /// attempt, and without it the schedule of the server counts.
    #[serde(default)]
    #[schema(value_type = Option<Vec<f64>>, max_items = 100)]
    retry_delays_seconds: Change<Option<Vec<Seconds>>>,
    /// How fast deliveries are attempted; as fast as they come unless it is given.
    #[serde(default)]
    #[schema(value_type = Option<RateLimitBody>)]
    rate_limit: Change<Option<RateLimitBody>>,
    /// How many requests each worker has on their way to the receiver at a time, if that is fewer than
    /// what the server is set to: it lowers that, and a higher number changes nothing.
    #[serde(default)]
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 1000)]
    max_in_flight: Change<Option<u16>>,
    /// Several events in one delivery. Not for the formats `cloudevents-binary` and `form`.
    #[serde(default)]
    #[schema(value_type = Option<BatchBody>)]
    batch: Change<Option<BatchBody>>,
    /// What becomes of deliveries while it is paused; `hold` unless it is given.
    #[serde(default)]
    #[schema(value_type = Option<WhilePausedName>)]
    while_paused: Change<Option<WhilePaused>>,
    /// Which of the events of its filters: a filter expression of RFC 9535, with `@` for
    /// the event, such as `@.data.pages > 5 && @.type == 'Executed'`.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 512, pattern = r"^[^\x00-\x1F\x7F-\x9F]*\S[^\x00-\x1F\x7F-\x9F]*$")]
    condition: Change<Option<String>>,
    /// When its secret is no longer to be used; deliveries are held from then on, until it has
    /// another one, which ends this.
    #[serde(default)]
    #[schema(value_type = Option<schema::Time>)]
    secret_expires_at: Change<Option<String>>,
    /// How requests prove who sends them, beside their signature.
    #[serde(default)]
    #[schema(value_type = Option<AuthenticationBody>)]
    authentication: Change<Option<AuthenticationBody>>,
    /// TLS towards the receiver.
    #[serde(default)]
    #[schema(value_type = Option<TlsBody>)]
    tls: Change<Option<TlsBody>>,
    /// Whether the target has to send an echo before the change is made.
    #[serde(default)]
    verify: bool,
}

impl ChangeRegistration {
    pub(in super::super) fn verification(&self) -> Verification {
        verification(self.verify)
    }

    /// What `current` is to become.
    pub(in super::super) fn apply_to(self, current: &Registration) -> Draft {
        let unchanged = Draft::from(current);
        Draft {
            uri: self.uri.unwrap_or(unchanged.uri),
            filters: self.filters.unwrap_or(unchanged.filters),
            secret: self.secret,
            description: self.description.or(unchanged.description),
            paused: self.paused.unwrap_or(unchanged.paused),
            switches_on: unchanged.switches_on,
            headers: self.headers.unwrap_or(unchanged.headers),
            properties: self.properties.unwrap_or(unchanged.properties),
            settings: Settings {
                format: self.format,
                timeout: self.timeout_seconds,
                retry_delays: self.retry_delays_seconds,
                rate: self.rate_limit.map(Into::into),
                max_in_flight: self.max_in_flight,
                batch: self.batch.map(Into::into),
                while_paused: self.while_paused,
                condition: self.condition,
                secret_expires_at: self.secret_expires_at,
                authentication: self.authentication.map(Into::into),
                tls: self.tls.map(Into::into),
            },
        }
    }
}
