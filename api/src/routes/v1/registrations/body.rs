//! How clients write registrations.

use std::collections::BTreeMap;

use postrider_domain::Registration;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::registrations::{Draft, Verification};

type Headers = BTreeMap<String, String>;
type Properties = BTreeMap<String, Box<RawValue>>;

/// A whole registration: the body of POST and PUT. What is missing gets its default, except the
/// secret: a new registration gets a generated one, an existing one keeps its own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
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
    /// Headers that every request carries.
    #[serde(default)]
    headers: Headers,
    /// Members of `Properties` in every body.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    properties: Properties,
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
            headers: body.headers,
            properties: body.properties,
        }
    }
}

/// What changes in a registration: the body of PATCH. What is missing stays as it is; `null` takes
/// the description away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeRegistration {
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
    /// Whether the target has to send an echo before the change is made.
    #[serde(default)]
    verify: bool,
}

impl ChangeRegistration {
    pub(super) fn verification(&self) -> Verification {
        verification(self.verify)
    }

    /// What `current` is to become.
    pub(super) fn apply_to(self, current: &Registration) -> Draft {
        let unchanged = Draft::from(current);
        Draft {
            uri: self.uri.unwrap_or(unchanged.uri),
            filters: self.filters.unwrap_or(unchanged.filters),
            secret: self.secret,
            description: self.description.or(unchanged.description),
            paused: self.paused.unwrap_or(unchanged.paused),
            headers: self.headers.unwrap_or(unchanged.headers),
            properties: self.properties.unwrap_or(unchanged.properties),
        }
    }
}

/// A member that may be missing, where `null` says something else.
#[derive(Default)]
enum Change<T> {
    #[default]
    Missing,
    To(T),
}

impl<T> Change<T> {
    fn or(self, unchanged: T) -> T {
        match self {
            Self::Missing => unchanged,
            Self::To(value) => value,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::To)
    }
}
