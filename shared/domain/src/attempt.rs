//! Attempts: one HTTP request of a delivery, with its outcome.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::{AttemptId, DeliveryId, Invalid, Timestamp};

/// One HTTP request of a delivery. It is recorded whatever came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its id, ordered by when it was made.
    pub id: AttemptId,
    /// The delivery it belongs to.
    pub delivery: DeliveryId,
    /// 1 for the first attempt of the delivery.
    pub number: u16,
    /// When the request began.
    pub started_at: Timestamp,
    /// How long it took, response body included.
    pub duration: Duration,
    /// Where the time went.
    pub timings: Timings,
    /// Which replay of the delivery it belongs to; 0 when it was not asked for.
    pub replay: u16,
    /// What was sent; `None` when the request was never made, or an older version made it.
    pub request: Option<SentRequest>,
    /// What came of it.
    pub outcome: AttemptOutcome,
    /// The beginning of the answer, if there was one.
    pub response: Option<ResponseHead>,
    /// The process that made it.
    pub worker: String,
}

/// Where the time of an attempt went. A phase is missing when the connection was there already, or
/// when the attempt ended before it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timings {
    /// Resolving the name.
    pub dns: Option<Duration>,
    /// Connecting, by TCP.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From having the connection to the head of the answer.
    pub first_byte: Option<Duration>,
}

/// A request as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRequest {
    /// Where to; the values of its query are masked, and so is a user in it.
    pub uri: String,
    /// Header names and values, credentials and signatures' secrets masked.
    pub headers: Vec<(String, String)>,
    /// How long the body was, in bytes.
    pub body_bytes: u32,
    /// SHA-256 of the body. The body itself follows from the event.
    pub body_digest: [u8; 32],
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The receiver answered with a 2xx status, in time and in full.
    Succeeded {
        /// The status.
        status: u16,
    },
    /// Anything else.
    Failed {
        /// Why.
        cause: FailureCause,
        /// The status, if it got that far.
        status: Option<u16>,
        /// The error in words, for people. Holds no URL.
        detail: Option<String>,
    },
}

impl AttemptOutcome {
    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Succeeded { status } => Some(*status),
            Self::Failed { status, .. } => *status,
        }
    }

    /// Why it failed, if it did.
    pub fn cause(&self) -> Option<FailureCause> {
        match self {
            Self::Succeeded { .. } => None,
            Self::Failed { cause, .. } => Some(*cause),
        }
    }
}

macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every value, so that counters can start at zero.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in the store, the API, logs and metrics.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;
            fn from_str(text: &str) -> Result<Self, Invalid> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(Invalid::new(format!("`{text}` is none of: {}", [$($text),+].join(", ")))),
                }
            }
        }
    };
}
pub(crate) use text_enum;

text_enum! {
    /// Why an attempt failed.
    FailureCause {
        /// The host's name did not resolve.
        Dns = "dns",
        /// No connection was made.
        Connect = "connect",
        /// The TLS handshake or the certificate failed.
        Tls = "tls",
        /// The whole answer was not there in time.
        Timeout = "timeout",
        /// The connection broke before the answer was complete.
        Reset = "reset",
        /// What came back was not HTTP, or could not be used.
        Protocol = "protocol",
        /// The answer's body is larger than what is read.
        TooLarge = "too_large",
        /// The egress guard refused the address.
        Blocked = "blocked",
        /// The access token that the receiver asks for could not be fetched.
        Authentication = "authentication",
        /// The receiver answered with a status other than 2xx.
        HttpStatus = "http_status",
    }
}

/// The beginning of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// Header names and values, as many as fit the limit.
    pub headers: Vec<(String, String)>,
    /// The first bytes of the body, 4 KiB at the most.
    pub body: Vec<u8>,
}

impl ResponseHead {
    /// The most bytes of a body that are kept.
    pub const MAX_BODY: usize = 4 * 1024;
    /// The most bytes of header names and values that are kept.
    pub const MAX_HEADERS: usize = 8 * 1024;
}
