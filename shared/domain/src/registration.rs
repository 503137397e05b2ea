//! Registrations: where a user wants which events.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use http::{HeaderName, HeaderValue};
use serde_json::value::RawValue;

use crate::attempt::text_enum;
use crate::{
    Condition, Credentials, DeliveryOptions, FilterSet, Invalid, RegistrationId, Secret, TargetUri,
    Timestamp, UserId,
};

/// Where a user wants which events.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its id.
    pub id: RegistrationId,
    /// The user who gets told, and whose permissions decide of what.
    pub owner: UserId,
    /// Where to post.
    pub uri: TargetUri,
    /// Which events.
    pub filters: FilterSet,
    /// What deliveries are signed with.
    pub secret: Secret,
    /// The secret that was in force before, which goes on signing beside the other until it ends.
    pub previous_secret: Option<PreviousSecret>,
    /// What it is for, in its owner's words.
    pub description: Option<String>,
    /// Paused: its deliveries are held.
    pub paused: bool,
    /// When its secret is no longer to be used; deliveries are held then, until it has a new one.
    pub secret_expires_at: Option<Timestamp>,
    /// Switched off by the product: its deliveries are held.
    pub disabled: Option<Disabled>,
    /// Which events of its filters; none is all.
    pub condition: Option<Condition>,
    /// How it wants its deliveries.
    pub options: DeliveryOptions,
    /// What its requests have to show beside their signature.
    pub credentials: Credentials,
    /// Headers that every request carries.
    pub headers: RegistrationHeaders,
    /// Members of `Properties` in every body, values kept to the byte.
    pub properties: BTreeMap<String, Box<RawValue>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

text_enum! {
    /// Why the product switched a registration off.
    DisableReason {
        /// The receiver answered 410 Gone.
        Gone = "gone",
        /// Nothing but failures for very long.
        Failing = "failing",
    }
}

/// When and why the product switched a registration off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disabled {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: DisableReason,
}

/// A secret that was replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct PreviousSecret {
    /// The secret.
    pub secret: Secret,
    /// When it no longer signs.
    pub ends_at: Timestamp,
}

impl Registration {
    /// The longest description, in bytes.
    pub const MAX_DESCRIPTION: usize = 4096;
    /// The most members of `Properties`.
    pub const MAX_PROPERTIES: usize = 50;
    /// The most bytes that names and values of `Properties` have together.
    pub const MAX_PROPERTIES_BYTES: usize = 16 * 1024;

    /// The secret before, if it still signs at `now`.
    pub fn previous_secret_at(&self, now: Timestamp) -> Option<&Secret> {
        self.previous_secret
            .as_ref()
            .filter(|previous| now < previous.ends_at)
            .map(|previous| &previous.secret)
    }

    /// Checks what no single member can know by itself.
    ///
    /// # Errors
    /// Names the limit that is passed.
    pub fn validate(&self) -> Result<(), Invalid> {
        if self
            .description
            .as_ref()
            .is_some_and(|text| text.len() > Self::MAX_DESCRIPTION || text.contains('\0'))
        {
            return Err(Invalid::new(format!(
                "the description is longer than {} bytes or contains a NUL character",
                Self::MAX_DESCRIPTION
            )));
        }
        self.options.validate()?;
        let bytes: usize =
            self.properties.iter().map(|(name, value)| name.len() + value.get().len()).sum();
        if self.properties.len() > Self::MAX_PROPERTIES || bytes > Self::MAX_PROPERTIES_BYTES {
            return Err(Invalid::new(format!(
                "more than {} properties or {} bytes of them",
                Self::MAX_PROPERTIES,
                Self::MAX_PROPERTIES_BYTES
            )));
        }
        Ok(())
    }
}

impl PartialEq for Registration {
    fn eq(&self, other: &Self) -> bool {
        let properties = |registration: &Self| -> Vec<(String, String)> {
            registration
                .properties
                .iter()
                .map(|(name, value)| (name.clone(), value.get().to_owned()))
                .collect()
        };
        self.id == other.id
            && self.owner == other.owner
            && self.uri == other.uri
            && self.filters == other.filters
            && self.secret == other.secret
            && self.previous_secret == other.previous_secret
            && self.description == other.description
            && self.paused == other.paused
            && self.secret_expires_at == other.secret_expires_at
            && self.disabled == other.disabled
            && self.condition == other.condition
            && self.options == other.options
            && self.credentials == other.credentials
            && self.headers == other.headers
            && properties(self) == properties(other)
            && self.created_at == other.created_at
            && self.updated_at == other.updated_at
    }
}

/// Extra request headers, checked when they are registered so that no delivery can fail over them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistrationHeaders(BTreeMap<String, String>);

impl RegistrationHeaders {
    /// The most headers.
    pub const MAX_ENTRIES: usize = 50;
    /// The longest value, in bytes.
    pub const MAX_VALUE: usize = 4096;
    /// What names begin with that belong to the request: to its signature, to CloudEvents in binary
    /// mode, and to the product.
    const RESERVED_PREFIXES: [&'static str; 3] = ["ce-", "postrider-", "webhook-"];
    /// Names that belong to the request itself or to its signature.
    const RESERVED: [&'static str; 16] = [
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "ms-signature",
        "ms-signature-previous",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    ];

    /// Reads names and values.
    ///
    /// # Errors
    /// Names the header that is reserved, misspelt, repeated or too long.
    pub fn parse<S: AsRef<str>>(
        headers: impl IntoIterator<Item = (S, S)>,
    ) -> Result<Self, Invalid> {
        let mut checked = BTreeMap::new();
        for (name, value) in headers {
            let (name, value) = (name.as_ref(), value.as_ref());
            let key = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| Invalid::new(format!("`{name}` is not a header name")))?;
            if Self::is_reserved(key.as_str()) {
                return Err(Invalid::new(format!("the header `{name}` is reserved")));
            }
            if value.len() > Self::MAX_VALUE || HeaderValue::from_str(value).is_err() {
                return Err(Invalid::new(format!(
                    "the value of the header `{name}` is too long or has characters that no header may have"
                )));
            }
            if checked.insert(key.as_str().to_owned(), value.to_owned()).is_some() {
                return Err(Invalid::new(format!("the header `{name}` is given twice")));
            }
        }
        if checked.len() > Self::MAX_ENTRIES {
            return Err(Invalid::new(format!("more than {} headers", Self::MAX_ENTRIES)));
        }
        Ok(Self(checked))
    }

    /// Reads what was stored. Names that were reserved since then are left out: a registration must not
    /// become unreadable by that, and the request has a header of its own in their place.
    ///
    /// # Errors
    /// As [`Self::parse`] for all others.
    pub fn restore<S: AsRef<str>>(
        headers: impl IntoIterator<Item = (S, S)>,
    ) -> Result<Self, Invalid> {
        let is_allowed =
            |(name, _): &(S, S)| !Self::is_reserved(&name.as_ref().to_ascii_lowercase());
        Self::parse(headers.into_iter().filter(is_allowed))
    }

    fn is_reserved(name: &str) -> bool {
        Self::RESERVED.contains(&name)
            || Self::RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    }

    /// What is shown in place of the value of a sensitive header; written back, it stands for the
    /// value that is kept.
    pub const MASK: &'static str = "********";

    /// Whether the header of this name carries a credential, so that its value is not shown again
    /// once it is stored.
    pub fn is_sensitive(name: &str) -> bool {
        const PARTS: [&str; 9] = [
            "auth",
            "cookie",
            "credential",
            "key",
            "passphrase",
            "password",
            "secret",
            "session",
            "token",
        ];
        let name = name.to_ascii_lowercase();
        PARTS.iter().any(|part| name.contains(part))
    }

    /// Names, in lower case, and values, those of sensitive headers masked.
    pub fn masked(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter()
            .map(|(name, value)| (name, if Self::is_sensitive(name) { Self::MASK } else { value }))
    }

    /// Names, in lower case, and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Whose registrations and deliveries a caller sees: a parameter of every query about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody's: the caller is an administrator, or the product itself.
    All,
    /// Those of one user.
    Own(UserId),
}

impl Visibility {
    /// The one owner it is limited to.
    pub fn owner(self) -> Option<UserId> {
        match self {
            Self::All => None,
            Self::Own(user) => Some(user),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_headers_whose_names_were_reserved_since_are_left_out() {
        let stored = [("x-team", "a"), ("ce-tenant", "b"), ("Postrider-Old", "c"), ("te", "d")];
        assert!(RegistrationHeaders::parse(stored).is_err());
        let restored = RegistrationHeaders::restore(stored).unwrap();
        assert_eq!(restored.iter().collect::<Vec<_>>(), [("x-team", "a")]);
        assert!(RegistrationHeaders::restore([("x y", "a")]).is_err());
    }

    #[test]
    fn headers_of_the_request_itself_are_reserved() {
        for name in [
            "Content-Type",
            "MS-Signature",
            "webhook-id",
            "Host",
            "Transfer-Encoding",
            "Postrider-Replay",
            "CE-Id",
        ] {
            assert!(RegistrationHeaders::parse([(name, "x")]).is_err(), "{name}");
        }
        assert!(RegistrationHeaders::parse([("X-A", "1"), ("authorization", "Bearer t")]).is_ok());
    }

    #[test]
    fn values_of_headers_that_carry_credentials_are_masked() {
        let headers = RegistrationHeaders::parse([
            ("Authorization", "Bearer t"),
            ("X-Api-Key", "k"),
            ("x-csrf-token", "c"),
            ("x-region", "eu"),
        ]);
        let headers = headers.unwrap();
        let shown: Vec<_> = headers.masked().map(|(_, value)| value).collect();
        assert_eq!(shown, ["********", "********", "********", "eu"]);
    }

    #[test]
    fn a_header_that_could_split_the_request_is_refused() {
        assert!(RegistrationHeaders::parse([("x-a", "1\r\nx-b: 2")]).is_err());
        assert!(RegistrationHeaders::parse([("x a", "1")]).is_err());
        assert!(RegistrationHeaders::parse([("x-a", "1"), ("X-A", "2")]).is_err());
    }
}
