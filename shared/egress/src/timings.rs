//! How long the parts of a request took.

use std::time::Duration;

/// How long the phases of a request took, each by itself. A phase that did not take place, was not
/// completed or is not known has none: on a connection that had been made for another request, none
/// of the first three.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// The name became addresses. A host that is an address needs none.
    pub dns: Option<Duration>,
    /// A TCP connection was made, addresses that did not answer included.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the moment there was a connection to the head of the answer, sending the request
    /// included.
    pub first_byte: Option<Duration>,
}
