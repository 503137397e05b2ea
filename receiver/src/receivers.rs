//! Receiving as a plain function: a request in, an answer and what is to be processed out.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method, StatusCode, header};
use postrider_domain::{Clock, ReceiverAddress};
use secrecy::SecretString;

use crate::certificates::{Certificates, NoCertificates};
use crate::handler::Webhook;
use crate::provider::{Incoming, Provider, Reading, Verified};
use crate::secrets::Secrets;
use crate::{Answer, Refusal, RefusalKind, Request, answer, provider, providers};

/// Every receiver, by name.
///
/// It does no I/O but for the certificates that some providers sign with, and keeps nothing: what was
/// received is in the [`Reception`].
pub struct Receivers {
    providers: HashMap<&'static str, Arc<dyn Provider>>,
    secrets: Arc<Secrets>,
    clock: Arc<dyn Clock>,
    certificates: Arc<dyn Certificates>,
    options: ReceiverOptions,
}

/// What an operator may decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverOptions {
    /// Whether requests without TLS are refused where they carry their secret. Those from the same
    /// machine are always taken.
    pub require_https: bool,
    /// How far from the present the time may be that a provider signs.
    pub tolerance: Duration,
}

impl Default for ReceiverOptions {
    /// TLS where the secret travels; 5 minutes, as the providers recommend.
    fn default() -> Self {
        Self { require_https: true, tolerance: Duration::from_mins(5) }
    }
}

/// A request whose head shows nothing wrong: whose URL it is for, and the secrets that it is judged by,
/// also when others come into force while its body arrives.
#[derive(Debug)]
pub struct Admission<'a> {
    provider: &'a dyn Provider,
    address: ReceiverAddress,
    secrets: Arc<[SecretString]>,
}

impl<'a> Admission<'a> {
    /// Whose URL it is for.
    pub fn provider(&self) -> &'a dyn Provider {
        self.provider
    }
}

/// What came of a request.
#[derive(Debug)]
pub struct Reception {
    /// What its sender is answered. For a webhook: once it is stored, or handled.
    pub answer: Answer,
    /// What it was.
    pub outcome: Outcome,
}

/// What a request was.
#[derive(Debug)]
pub enum Outcome {
    /// A genuine webhook, to be processed.
    Webhook(Box<Webhook>),
    /// Part of a handshake or a test of the connection: nothing is to be done.
    Answered,
    /// Not genuine, or not readable.
    Refused(Refusal),
}

impl Receivers {
    /// Every provider that is built in.
    pub fn new(secrets: Arc<Secrets>, clock: Arc<dyn Clock>, options: ReceiverOptions) -> Self {
        let certificates = Arc::new(NoCertificates);
        let mut all = Self { providers: HashMap::new(), secrets, clock, certificates, options };
        for provider in providers::all() {
            all.add(&provider);
        }
        all
    }

    /// Takes providers' certificates from here.
    #[must_use]
    pub fn with_certificates(self, certificates: Arc<dyn Certificates>) -> Self {
        Self { certificates, ..self }
    }

    /// Adds a provider of the application's own; one with the name of another takes its place.
    #[must_use]
    pub fn with(mut self, provider: impl Provider + 'static) -> Self {
        self.add(&(Arc::new(provider) as _));
        self
    }

    /// A provider that is replaced is gone under all of its names: a stricter one must not be got round
    /// by another name.
    fn add(&mut self, provider: &Arc<dyn Provider>) {
        let names = provider.names();
        self.providers.retain(|_, known| !known.names().iter().any(|name| names.contains(name)));
        for name in names {
            self.providers.insert(name, Arc::clone(provider));
        }
    }

    /// The provider with this name, ignoring case.
    pub fn provider(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        // Most are in lower case already.
        self.providers.get(name).or_else(|| self.providers.get(name.to_lowercase().as_str()))
    }

    /// The names of all providers, as they are in URLs.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.providers.keys().copied()
    }

    /// The secrets in force.
    pub fn secrets(&self) -> &Arc<Secrets> {
        &self.secrets
    }

    /// Receives a request at `address`: finds out who sent it, and what it says.
    pub async fn receive(&self, address: ReceiverAddress, request: Request) -> Reception {
        match self.admit(address, &request.method, request.secure) {
            Ok(admission) => self.judge(admission, request).await,
            Err(refusal) => Reception::refused(refusal),
        }
    }

    /// Refuses what need not be read any further: with a name that nobody has, a method that its
    /// receiver does not take, without TLS where that is needed, or at a URL without a secret. Cheap, so
    /// that strangers cannot have large bodies read for nothing.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn admit(
        &self,
        address: ReceiverAddress,
        method: &Method,
        secure: bool,
    ) -> Result<Admission<'_>, Refusal> {
        let (provider, address) = self.find(address)?;
        check_method(provider, method)?;
        if self.options.require_https && provider.requires_https() && !secure {
            return Err(insecure(provider));
        }
        let secrets = self.secrets_of(provider, &address);
        if secrets.is_empty() {
            return Err(provider::unconfigured(&address, &provider.secret_length()));
        }
        Ok(Admission { provider, address, secrets })
    }

    /// Finds out who sent a request whose head was admitted, and what it says.
    pub async fn judge(&self, admission: Admission<'_>, request: Request) -> Reception {
        let Admission { provider, address, secrets } = admission;
        let incoming = Incoming {
            request: &request,
            address: &address,
            now: self.clock.now(),
            tolerance: self.options.tolerance,
            certificates: &*self.certificates,
            secrets: &secrets,
            provider,
        };
        let reception = match provider.verify(&incoming).await {
            Ok(Verified::Answered(answer)) => Ok(Reception { answer, outcome: Outcome::Answered }),
            Ok(Verified::Genuine) => read(provider, address, request),
            Err(refusal) => Err(refusal),
        };
        reception.unwrap_or_else(Reception::refused)
    }

    /// Reads a request that was received before, without asking again where it comes from.
    ///
    /// # Errors
    /// When there is no such receiver, or it cannot read the request.
    pub fn read(&self, address: ReceiverAddress, request: Request) -> Result<Reception, Refusal> {
        let (provider, address) = self.find(address)?;
        read(provider, address, request)
    }

    /// The provider, and the address with its first name: what comes in under another one is the same.
    fn find(&self, address: ReceiverAddress) -> Result<(&dyn Provider, ReceiverAddress), Refusal> {
        let found = self.provider(&address.receiver).ok_or_else(|| {
            Refusal::new(RefusalKind::UnknownReceiver, "There is no such receiver.")
        })?;
        let receiver = found.names()[0].to_owned();
        Ok((&**found, ReceiverAddress { receiver, ..address }))
    }

    /// The secrets that are configured under any of the provider's names; its URL may use another one.
    fn secrets_of(
        &self,
        provider: &dyn Provider,
        address: &ReceiverAddress,
    ) -> Arc<[SecretString]> {
        let table = self.secrets.current();
        let own = table.get(address);
        if !own.is_empty() {
            return own;
        }
        let other = |name: &&str| table.get(&ReceiverAddress::new(name, &address.id));
        let mut others = provider.names().iter().map(other);
        others.find(|secrets| !secrets.is_empty()).unwrap_or(own)
    }
}

fn read(
    provider: &dyn Provider,
    address: ReceiverAddress,
    request: Request,
) -> Result<Reception, Refusal> {
    Ok(match provider.read(&request)? {
        Reading::Answered(answer) => Reception { answer, outcome: Outcome::Answered },
        Reading::Webhook(notification) => {
            let webhook = Webhook { address, notification, request: Arc::new(request) };
            Reception {
                answer: provider.answer(None),
                outcome: Outcome::Webhook(Box::new(webhook)),
            }
        }
    })
}

fn insecure(provider: &dyn Provider) -> Refusal {
    let message = format!(
        "The WebHook receiver '{}' requires HTTPS in order to be secure. Please register a WebHook URI of type 'https'.",
        provider.class()
    );
    Refusal::new(RefusalKind::Insecure, message)
}

fn check_method(provider: &dyn Provider, method: &Method) -> Result<(), Refusal> {
    if provider.methods().contains(method) {
        return Ok(());
    }
    let message = format!(
        "The HTTP '{method}' method is not supported by the '{}' WebHook receiver.",
        provider.class()
    );
    let refusal = Refusal::new(RefusalKind::Method, message);
    let mut answer = refusal.clone().into_answer();
    let names: Vec<&str> = provider.methods().iter().map(Method::as_str).collect();
    if let Ok(names) = HeaderValue::try_from(names.join(", ")) {
        answer.headers_mut().insert(header::ALLOW, names);
    }
    Err(refusal.answered(answer))
}

impl Reception {
    fn refused(refusal: Refusal) -> Self {
        Self { answer: refusal.clone().into_answer(), outcome: Outcome::Refused(refusal) }
    }

    /// What the sender of a webhook is answered when it could not be stored: it is to send it again.
    pub fn not_stored(reason: &str) -> Answer {
        let message = format!("Could not enqueue WebHook: {reason}");
        let mut answer = answer::json(
            StatusCode::SERVICE_UNAVAILABLE,
            &serde_json::json!({ "Message": message }),
        );
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        answer
    }
}
