//! What went wrong with a request, in the product's own terms.

use std::error::Error;
use std::io;

use postrider_domain::FailureCause;

use crate::socket::Established;
use crate::{Refusal, Timings};

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
    /// The phases that were completed before it, as far as they are known.
    pub timings: Timings,
}

impl SendError {
    pub(crate) fn new(cause: FailureCause, detail: impl Into<String>) -> Self {
        Self { cause, detail: detail.into(), timings: Timings::default() }
    }

    /// A failure whose kind is known, explained by the root of `error`.
    pub(crate) fn caused_by(cause: FailureCause, error: &(dyn Error + 'static)) -> Self {
        let root = chain(error).last().map(ToString::to_string).unwrap_or_default();
        Self::new(cause, root.chars().take(MAX_DETAIL).collect::<String>())
    }

    /// A failure that the HTTP client tells of, on `connection` if there was one.
    pub(crate) fn of_http(
        error: &(dyn Error + 'static),
        connection: Option<&Established>,
        timings: Timings,
    ) -> Self {
        // What the connector says is in our terms already.
        if let Some(connecting) = chain(error).find_map(|cause| cause.downcast_ref::<Self>()) {
            return connecting.clone();
        }
        let failure = if hyper_errors(error).any(hyper::Error::is_parse_too_large) {
            Self::too_long_a_head()
        } else if let Some(broken) = connection.and_then(Established::breakage)
            && !hyper_errors(error).any(hyper::Error::is_parse)
        {
            broken.clone()
        } else {
            let cause =
                if is_broken_off(error) { FailureCause::Reset } else { FailureCause::Protocol };
            Self::caused_by(cause, error)
        };
        Self { timings, ..failure }
    }

    /// A failure to read from or write to a connection.
    pub(crate) fn of_connection(error: &io::Error) -> Self {
        // A server that wants another certificate may say so after its side of the handshake.
        let encryption = chain(error).any(<dyn Error>::is::<rustls::Error>);
        let cause = if encryption { FailureCause::Tls } else { FailureCause::Reset };
        Self::caused_by(cause, error)
    }

    pub(crate) fn too_long_a_head() -> Self {
        Self::new(FailureCause::Protocol, "the answer has too many headers or too long ones")
    }

    pub(crate) fn out_of_time(timings: Timings) -> Self {
        Self { timings, ..Self::new(FailureCause::Timeout, "the answer was not complete in time") }
    }
}

impl From<Refusal> for SendError {
    fn from(refusal: Refusal) -> Self {
        Self::new(FailureCause::Blocked, refusal.to_string())
    }
}

/// Whether HTTP sees the other side end the connection before the answer ended.
fn is_broken_off(error: &(dyn Error + 'static)) -> bool {
    let in_head = hyper_errors(error)
        .any(|cause| cause.is_incomplete_message() || cause.is_canceled() || cause.is_closed());
    // A body that ends before its length is reached.
    let in_body = chain(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::UnexpectedEof);
    in_head || in_body
}

fn hyper_errors<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a hyper::Error> {
    chain(error).filter_map(|cause| cause.downcast_ref())
}

/// `error` and the causes below it, outermost first.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause| cause_below(*cause))
}

fn cause_below<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match cause.downcast_ref::<io::Error>() {
        // An I/O error passes over the error it wraps and names that one's source as its own.
        Some(wrapper) => wrapper.get_ref().map(|inner| inner as _),
        None => cause.source(),
    }
}
