//! How clients write registrations.

use std::collections::BTreeMap;

use postrider_domain::Registration;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::registrations::Draft;

type Headers = BTreeMap<String, String>;
type Properties = BTreeMap<String, Box<RawValue>>;

/// A whole registration: the body of POST and PUT. What is missing gets its default, except the
/// secret: a new registration gets a generated one, an existing one keeps its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WriteRegistration {
    uri: String,
    #[serde(default)]
    filters: Vec<String>,
    secret: Option<String>,
    description: Option<String>,
    #[serde(default)]
    paused: bool,
    #[serde(default)]
    headers: Headers,
    #[serde(default)]
    properties: Properties,
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeRegistration {
    uri: Option<String>,
    filters: Option<Vec<String>>,
    secret: Option<String>,
    #[serde(default)]
    description: Change<Option<String>>,
    paused: Option<bool>,
    headers: Option<Headers>,
    properties: Option<Properties>,
}

impl ChangeRegistration {
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
