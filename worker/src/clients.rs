//! The HTTP client of each registration: one for all, and one of its own for each that trusts or shows
//! certificates of its own.

use std::time::Duration;

use moka::sync::Cache;
use postrider_domain::{FailureCause, Registration, RegistrationId, Timestamp};
use postrider_egress::{GuardedClient, TlsIdentity};

use crate::attempt::Failure;

/// The most clients that are kept; each has connections and a store of certificates.
const MAX_CLIENTS: u64 = 1000;
/// How long a client is kept that nobody uses. Longer than its connections live.
const IDLE: Duration = Duration::from_mins(5);

/// Makes clients, and keeps those that are used.
pub(crate) struct Clients {
    plain: GuardedClient,
    /// A registration that is changed has a new client.
    own: Cache<(RegistrationId, Timestamp), GuardedClient>,
}

impl Clients {
    pub(crate) fn new(plain: GuardedClient) -> Self {
        let own = Cache::builder().max_capacity(MAX_CLIENTS).time_to_idle(IDLE).build();
        Self { plain, own }
    }

    /// The client for requests to `registration`.
    ///
    /// # Errors
    /// When its certificates cannot be used: a request without them would tell the receiver, and
    /// whoever is in between, what only they are to know.
    pub(crate) fn of(&self, registration: &Registration) -> Result<GuardedClient, Failure> {
        let Some(tls) = &registration.credentials.tls else { return Ok(self.plain.clone()) };
        let make = || TlsIdentity::try_from(tls).map(|own| self.plain.with_identity(&own));
        let version = (registration.id, registration.updated_at);
        self.own
            .try_get_with(version, make)
            .map_err(|invalid| Failure::new(FailureCause::Tls, invalid.to_string()))
    }

    /// The client for everything that is not a receiver: it shows no certificate.
    pub(crate) fn plain(&self) -> &GuardedClient {
        &self.plain
    }
}
