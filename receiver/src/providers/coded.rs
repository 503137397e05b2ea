//! What the providers have in common that sign nothing: their URL carries a secret as `?code=`.

use async_trait::async_trait;
use http::{Method, StatusCode};

use crate::check::code;
use crate::provider::{Draft, Incoming, Provider, Reading, Sample, Unsignable, Verified};
use crate::{Refusal, Request, answer};

/// A provider whose URL carries a secret.
pub(super) struct Coded {
    names: &'static [&'static str],
    class: &'static str,
    sample: Sample,
    read: fn(&Request) -> Result<Reading, Refusal>,
    asks: bool,
    event_parameter: Option<&'static str>,
}

impl Coded {
    /// A provider that posts only.
    pub(super) const fn new(
        names: &'static [&'static str],
        class: &'static str,
        sample: Sample,
        read: fn(&Request) -> Result<Reading, Refusal>,
    ) -> Self {
        Self { names, class, sample, read, asks: false, event_parameter: None }
    }

    /// It also asks with a `GET` whether somebody is there, and is content with any good answer.
    pub(super) const fn asking(self) -> Self {
        Self { asks: true, ..self }
    }

    /// It names the event in this parameter of the query.
    pub(super) const fn with_event_in(self, parameter: &'static str) -> Self {
        Self { event_parameter: Some(parameter), ..self }
    }
}

#[async_trait]
impl Provider for Coded {
    fn names(&self) -> &'static [&'static str] {
        self.names
    }

    fn class(&self) -> &'static str {
        self.class
    }

    fn methods(&self) -> &'static [Method] {
        if self.asks { &[Method::GET, Method::POST] } else { &[Method::POST] }
    }

    fn requires_https(&self) -> bool {
        true
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        code::verify(incoming)?;
        if incoming.request.method == Method::GET {
            return Ok(Verified::Answered(answer::empty(StatusCode::OK)));
        }
        Ok(Verified::Genuine)
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        (self.read)(request)
    }

    fn sign(&self, mut draft: Draft) -> Result<Request, Unsignable> {
        if let (Some(parameter), Some(event)) = (self.event_parameter, &draft.event) {
            draft.url.query_pairs_mut().append_pair(parameter, event);
        }
        code::sign(draft, self.sample.content_type)
    }

    fn sample(&self) -> Sample {
        self.sample.clone()
    }
}
