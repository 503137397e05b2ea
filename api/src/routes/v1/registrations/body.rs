//! How clients write registrations.

use std::collections::BTreeMap;

use postrider_domain::{PayloadFormat, WhilePaused};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

pub(super) use self::change::ChangeRegistration;
use super::settings::{
    AuthenticationBody, BatchBody, FormatName, RateLimitBody, TlsBody, WhilePausedName,
};
use crate::openapi::schema;
use crate::registrations::{Change, Draft, Seconds, Settings, Verification};

mod change;

type Headers = BTreeMap<String, String>;
type Properties = BTreeMap<String, Box<RawValue>>;

/// A whole registration: the body of POST and PUT. What is missing gets its default, except the
/// secret: a new registration gets a generated one, an existing one keeps its own. Signing keys are
/// no member of it, and stay.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WriteRegistration {
    /// Where to post: an absolute `http` or `https` URI.
    #[schema(max_length = 2048, pattern = "^[Hh][Tt][Tt][Pp][Ss]?://")]
    uri: String,
    /// Which events, in any case; none, or `*`, is every event.
    #[serde(default)]
    #[schema(max_items = 100)]
    filters: Vec<String>,
    /// What deliveries are signed with. Another one is in force at once; rotating is gentler.
    #[schema(min_length = 32, max_length = 128, pattern = r"^[^\x00]*$")]
    secret: Option<String>,
    /// What it is for.
    #[schema(max_length = 4096, pattern = r"^[^\x00]*$")]
    description: Option<String>,
    /// Whether its deliveries are held.
    #[serde(default)]
    paused: bool,
    /// Headers that every request carries. A mask keeps the value that is stored.
    #[serde(default)]
    headers: Headers,
    /// Members of `Properties` in every body.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    properties: Properties,
    /// What a body looks like; `aspnet` unless it is given.
    #[schema(value_type = Option<FormatName>)]
    format: Option<PayloadFormat>,
    /// How long the receiver has for its whole answer; what the server is set to unless it is
    /// given.
    #[schema(value_type = Option<f64>, minimum = 1, maximum = 25)]
    timeout_seconds: Option<Seconds>,
    /// The delays between attempts, none of them longer than 30 days; an empty list means one
    /// attempt, and without it the schedule of the server counts.
    #[schema(value_type = Option<Vec<f64>>, max_items = 100)]
    retry_delays_seconds: Option<Vec<Seconds>>,
    /// How fast deliveries are attempted; as fast as they come unless it is given.
    rate_limit: Option<RateLimitBody>,
    /// How many requests each worker has on their way to the receiver at a time, if that is fewer than
    /// what the server is set to: it lowers that, and a higher number changes nothing.
    #[schema(minimum = 1, maximum = 1000)]
    max_in_flight: Option<u16>,
    /// Several events in one delivery. Not for the formats `cloudevents-binary` and `form`.
    batch: Option<BatchBody>,
    /// What becomes of deliveries while it is paused; `hold` unless it is given.
    #[schema(value_type = Option<WhilePausedName>)]
    while_paused: Option<WhilePaused>,
    /// Which of the events of its filters: a filter expression of RFC 9535, with `@` for
    /// the event, such as `@.data.pages > 5 && @.type == 'Executed'`.
    #[schema(max_length = 512, pattern = r"^[^\x00-\x1F\x7F-\x9F]*\S[^\x00-\x1F\x7F-\x9F]*$")]
    condition: Option<String>,
    /// When its secret is no longer to be used; deliveries are held from then on, until it has
    /// another one, which ends this.
    #[schema(value_type = Option<schema::Time>)]
    secret_expires_at: Option<String>,
    /// How requests prove who sends them, beside their signature.
    authentication: Option<AuthenticationBody>,
    /// TLS towards the receiver.
    tls: Option<TlsBody>,
    /// Whether the target has to send an echo before it is taken.
    #[serde(default)]
    verify: bool,
}

impl WriteRegistration {
    pub(super) fn verification(&self) -> Verification {
        verification(self.verify)
    }
}

fn verification(verify: bool) -> Verification {
    if verify { Verification::Always } else { Verification::Off }
}

impl From<WriteRegistration> for Draft {
    fn from(body: WriteRegistration) -> Self {
        Self {
            uri: body.uri,
            filters: body.filters,
            secret: body.secret,
            description: body.description,
            paused: body.paused,
            // Resuming does: writing back what was read is no reason to call a receiver that is gone.
            switches_on: false,
            headers: body.headers,
            properties: body.properties,
            settings: Settings {
                format: Change::To(body.format),
                timeout: Change::To(body.timeout_seconds),
                retry_delays: Change::To(body.retry_delays_seconds),
                rate: Change::To(body.rate_limit.map(Into::into)),
                max_in_flight: Change::To(body.max_in_flight),
                batch: Change::To(body.batch.map(Into::into)),
                while_paused: Change::To(body.while_paused),
                condition: Change::To(body.condition),
                secret_expires_at: Change::To(body.secret_expires_at),
                authentication: Change::To(body.authentication.map(Into::into)),
                tls: Change::To(body.tls.map(Into::into)),
            },
        }
    }
}
