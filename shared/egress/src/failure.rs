//! What went wrong with a request, in the product's own terms.

use std::error::Error;
use std::io;

use postrider_domain::FailureCause;

use crate::Refusal;

/// The longest explanation, in characters. Certificates can name hundreds of hosts.
const MAX_DETAIL: usize = 300;

/// Why a request has no answer, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}: {detail}")]
pub struct SendError {
    /// The kind of failure.
    pub cause: FailureCause,
    /// The root of it in words. Holds no URL.
    pub detail: String,
}

impl From<Refusal> for SendError {
    fn from(refusal: Refusal) -> Self {
        Self { cause: FailureCause::Blocked, detail: refusal.to_string() }
    }
}

impl From<reqwest::Error> for SendError {
    fn from(error: reqwest::Error) -> Self {
        // The client's own text carries the URL, and the URL may carry a credential.
        let error = error.without_url();
        let root = chain(&error).last().map_or_else(|| error.to_string(), ToString::to_string);
        Self { cause: cause_of(&error), detail: root.chars().take(MAX_DETAIL).collect() }
    }
}

fn cause_of(error: &reqwest::Error) -> FailureCause {
    if chain(error).any(<dyn Error>::is::<Refusal>) {
        FailureCause::Blocked
    } else if error.is_dns() {
        FailureCause::Dns
    } else if chain(error).any(<dyn Error>::is::<rustls::Error>) {
        FailureCause::Tls
    } else if error.is_connect() {
        // TCP either connects or does not; an early end comes from the handshake that follows it.
        if io_kinds(error).any(|kind| kind == io::ErrorKind::UnexpectedEof) {
            FailureCause::Tls
        } else {
            FailureCause::Connect
        }
    } else if error.is_timeout() {
        FailureCause::Timeout
    } else if is_broken_off(error) {
        FailureCause::Reset
    } else {
        FailureCause::Protocol
    }
}

/// Whether the connection ended before the answer did.
fn is_broken_off(error: &reqwest::Error) -> bool {
    let by_http = chain(error)
        .filter_map(|cause| cause.downcast_ref::<hyper::Error>())
        .any(|cause| cause.is_incomplete_message() || cause.is_canceled() || cause.is_closed());
    by_http
        || io_kinds(error).any(|kind| {
            matches!(
                kind,
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::NotConnected
                    | io::ErrorKind::UnexpectedEof
            )
        })
}

fn io_kinds(error: &reqwest::Error) -> impl Iterator<Item = io::ErrorKind> {
    chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind)
}

/// The causes below `error`, outermost first.
fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| cause_below(*cause))
}

fn cause_below<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match cause.downcast_ref::<io::Error>() {
        // An I/O error passes over the error it wraps and names that one's source as its own.
        Some(wrapper) => wrapper.get_ref().map(|inner| inner as _),
        None => cause.source(),
    }
}
