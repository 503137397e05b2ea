//! The ways to answer, or not to.

use std::time::Duration;

use bytes::Bytes;

/// What an endpoint does about a request.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(super) conduct: Conduct,
    pub(super) held: bool,
    pub(super) delay: Duration,
}

#[derive(Debug, Clone)]
pub(super) enum Conduct {
    /// A whole answer.
    Answer { status: u16, headers: Vec<(String, String)>, body: Bytes },
    /// A head, and then a body of this many bytes in chunks; `None` has no end and comes a byte at a
    /// time.
    Stream { status: u16, bytes: Option<u64> },
    /// A GET with `echo` in its query is answered with its value, and anything else with this status.
    Echo { status: u16 },
    /// These bytes, whatever they are, and then the end of the connection.
    Raw(Bytes),
    /// The connection is reset.
    Reset,
    /// Nothing at all.
    Silence,
}

impl Reply {
    /// An answer with this status and no body.
    pub fn status(status: u16) -> Self {
        Self::of(Conduct::Answer { status, headers: Vec::new(), body: Bytes::new() })
    }

    /// What a receiver of the ASP.NET library does: it answers the verification with the value of its
    /// `echo`, and a notification with this status.
    pub fn echoing(status: u16) -> Self {
        Self::of(Conduct::Echo { status })
    }

    /// The same with another header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Conduct::Answer { headers, .. } = &mut self.conduct {
            headers.push((name.into(), value.into()));
        }
        self
    }

    /// The same with a body.
    #[must_use]
    pub fn body(mut self, text: impl Into<Bytes>) -> Self {
        if let Conduct::Answer { body, .. } = &mut self.conduct {
            *body = text.into();
        }
        self
    }

    /// The same, once [`super::FakeEndpoint::release`] is called.
    #[must_use]
    pub fn held(mut self) -> Self {
        self.held = true;
        self
    }

    /// The same after this long: a receiver that takes its time.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// A head with this status at once, then a body that comes a byte at a time and never ends.
    pub fn drip(status: u16) -> Self {
        Self::of(Conduct::Stream { status, bytes: None })
    }

    /// An answer with a body of this size.
    pub fn huge(status: u16, bytes: u64) -> Self {
        Self::of(Conduct::Stream { status, bytes: Some(bytes) })
    }

    /// These bytes, then the end of the connection.
    pub fn raw(bytes: impl Into<Bytes>) -> Self {
        Self::of(Conduct::Raw(bytes.into()))
    }

    /// The end of the connection instead of an answer.
    pub fn close() -> Self {
        Self::raw(Bytes::new())
    }

    /// A reset connection.
    pub fn reset() -> Self {
        Self::of(Conduct::Reset)
    }

    /// No answer, ever.
    pub fn silence() -> Self {
        Self::of(Conduct::Silence)
    }

    fn of(conduct: Conduct) -> Self {
        Self { conduct, held: false, delay: Duration::ZERO }
    }
}
