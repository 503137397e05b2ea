//! Events: something that happened to a resource, as its publisher told it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{EventId, FilterName, Invalid, Timestamp, UserId};

/// What happened to the resource: `Added`, `Edited`, `Deleted`, `Executed`, or the publisher's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventType(String);

impl EventType {
    /// The longest type, in characters.
    pub const MAX_LENGTH: usize = 64;

    /// The type as the publisher wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EventType {
    type Err = Invalid;
    /// Reads a type of 1 to 64 ASCII letters, digits, `_`, `-` or `.`.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if text.is_empty() || text.len() > Self::MAX_LENGTH || !text.chars().all(valid) {
            return Err(Invalid::new(format!(
                "`{}` is not an event type: use 1 to {} letters, digits, `_`, `-` or `.`",
                text.chars().take(Self::MAX_LENGTH).collect::<String>(),
                Self::MAX_LENGTH
            )));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for EventType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EventType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The thing an event is about. Its kind is the event's filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// The publisher's id of it: what a permission on one resource names.
    pub id: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The category it is filed under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

impl Resource {
    /// The longest id, name or category, in bytes.
    pub const MAX_LENGTH: usize = 512;

    /// Checks the lengths.
    ///
    /// # Errors
    /// Names the member that is empty or too long.
    pub fn validate(&self) -> Result<(), Invalid> {
        if self.id.is_empty() {
            return Err(Invalid::new("`resource.id` is empty"));
        }
        // It is the `subject` of a CloudEvent, which has none of them.
        if self.id.chars().any(char::is_control) {
            return Err(Invalid::new("`resource.id` contains a control character"));
        }
        for (member, value) in [
            ("id", Some(&self.id)),
            ("name", self.name.as_ref()),
            ("category", self.category.as_ref()),
        ] {
            if value.is_some_and(|value| value.len() > Self::MAX_LENGTH) {
                return Err(Invalid::new(format!(
                    "`resource.{member}` is longer than {} bytes",
                    Self::MAX_LENGTH
                )));
            }
            // Postgres cannot store the character, so neither back end takes it.
            if value.is_some_and(|value| value.contains('\0')) {
                return Err(Invalid::new(format!("`resource.{member}` contains a NUL character")));
            }
        }
        Ok(())
    }
}

/// Something that happened to a resource.
#[derive(Debug, Clone)]
pub struct Event {
    /// Given when it was accepted; its time is the time of acceptance.
    pub id: EventId,
    /// The kind of event, which is also the kind of resource.
    pub filter: FilterName,
    /// What happened.
    pub event_type: EventType,
    /// What it happened to.
    pub resource: Resource,
    /// Who did it, in the publisher's words.
    pub actor: Option<String>,
    /// When it happened, by the publisher's clock.
    pub occurred_at: Timestamp,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// The publisher's own data: JSON, kept to the byte.
    pub data: Option<Box<RawValue>>,
    /// Who published it; none when the product did.
    pub publisher: Option<UserId>,
    /// The only users who are told, if the publisher says so: others may read the resource, and are
    /// not.
    pub audience: Option<Audience>,
}

/// Names of users, in lower case and sorted. One that nobody has is nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience(Vec<String>);

impl Audience {
    /// The most names.
    pub const MAX_ENTRIES: usize = 1000;

    /// Takes names in any case.
    ///
    /// # Errors
    /// When there is none (which would tell nobody), or more than can be, or one is no user name.
    pub fn parse<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Result<Self, Invalid> {
        let keys = names
            .into_iter()
            .map(|name| {
                let key = name.as_ref().parse::<crate::UserName>()?.key();
                // Lower case can be longer than what it was made of, and must read back.
                key.parse::<crate::UserName>().map(|_| key)
            })
            .collect::<Result<std::collections::BTreeSet<_>, _>>()?;
        if keys.is_empty() || keys.len() > Self::MAX_ENTRIES {
            return Err(Invalid::new(format!(
                "an audience has 1 to {} user names",
                Self::MAX_ENTRIES
            )));
        }
        Ok(Self(keys.into_iter().collect()))
    }

    /// The names in lower case.
    pub fn keys(&self) -> &[String] {
        &self.0
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        let data = |event: &Self| event.data.as_ref().map(|data| data.get().to_owned());
        self.id == other.id
            && self.filter == other.filter
            && self.event_type == other.event_type
            && self.resource == other.resource
            && self.actor == other.actor
            && self.occurred_at == other.occurred_at
            && self.accepted_at == other.accepted_at
            && data(self) == data(other)
            && self.publisher == other.publisher
            && self.audience == other.audience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_has_an_id_that_every_format_can_carry() {
        let resource = |id: &str| Resource { id: id.to_owned(), name: None, category: None };
        for id in ["42", "a b/ü \u{1f4ee}", "~"] {
            assert_eq!(resource(id).validate(), Ok(()), "{id}");
        }
        for id in ["", "4\t2", "4\n2", "\u{7f}", "\u{9f}", "\0"] {
            assert!(resource(id).validate().is_err(), "{id:?}");
        }
    }

    #[test]
    fn an_audience_reads_back_from_its_names_in_lower_case() {
        let audience = Audience::parse(["Bob", "\u{130}da", "bob"]).unwrap();
        assert_eq!(audience.keys(), ["bob", "i\u{307}da"]);
        assert_eq!(Audience::parse(audience.keys()).unwrap(), audience);
        // A hundred characters, and two hundred in lower case.
        assert!(Audience::parse(["\u{130}".repeat(100)]).is_err());
    }
}
