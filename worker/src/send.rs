//! Making the request of an attempt: with the right client, the right token, and in time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use postrider_domain::ports::Claimed;
use postrider_domain::{Clock, FailureCause, Invalid, Registration};
use postrider_egress::GuardedClient;
use postrider_wire::request::{Outbound, Request};

use crate::attempt::{Exchange, Failure, post};
use crate::clients::Clients;
use crate::oauth;
use crate::tokens::{Token, Tokens};

/// Makes requests.
pub(crate) struct Sender {
    clients: Clients,
    tokens: Tokens,
    clock: Arc<dyn Clock>,
    max_response_bytes: usize,
}

impl Sender {
    pub(crate) fn new(
        client: GuardedClient,
        clock: Arc<dyn Clock>,
        max_response_bytes: usize,
    ) -> Self {
        Self {
            clients: Clients::new(client),
            tokens: Tokens::new(Arc::clone(&clock)),
            clock,
            max_response_bytes,
        }
    }

    /// Makes attempt `number` of a delivery. It takes `timeout` at the most, fetching a token
    /// included, so that it ends before the lease does.
    pub(crate) async fn send(&self, claimed: &Claimed, number: u16, timeout: Duration) -> Exchange {
        let begun = Instant::now();
        let registration = &claimed.registration;
        let prepared = async {
            let client = self.clients.of(registration)?;
            let token = self.token(registration, timeout).await?;
            let request = self.request(claimed, number, token.as_ref())?;
            Ok((client, token, request))
        };
        let (client, token, request) = match prepared.await {
            Ok(prepared) => prepared,
            Err(failure) => return Exchange::not_made(failure, begun.elapsed()),
        };
        let client = client.with_timeout(timeout.saturating_sub(begun.elapsed()));
        let exchange = post(&client, request, self.max_response_bytes, begun, &*self.clock).await;
        if let Some(token) = &token
            && exchange.outcome.status() == Some(401)
        {
            self.tokens.refused(registration, token).await;
        }
        exchange
    }

    /// The access token that the receiver wants, if it wants one.
    async fn token(
        &self,
        registration: &Registration,
        timeout: Duration,
    ) -> Result<Option<Token>, Failure> {
        let authentication = registration.credentials.authentication.as_ref();
        let Some(client) = oauth::Client::of(authentication) else { return Ok(None) };
        // The certificate of the registration is for its receiver, and not for whoever has tokens.
        let http = self.clients.plain();
        self.tokens.of(registration, &client, http, timeout).await.map(Some)
    }

    fn request(
        &self,
        claimed: &Claimed,
        number: u16,
        token: Option<&Token>,
    ) -> Result<Request, Failure> {
        let outbound = Outbound {
            delivery: claimed.delivery,
            attempt: number,
            replay: claimed.replays,
            registration: &claimed.registration,
            events: &claimed.events,
        };
        let refused =
            |invalid: Invalid| Failure::new(FailureCause::Authentication, invalid.to_string());
        let mut request = Request::new(&outbound, self.clock.now()).map_err(refused)?;
        if let Some(token) = token {
            request.authorize(token.text.expose()).map_err(refused)?;
        }
        Ok(request)
    }
}
