//! Kind `forward`: a request to a service that the operator names.

mod headers;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::{Clock, Ids, InboxId, RegistrationHeaders, Secret};
use postrider_egress::{ClientSettings, GuardedClient, Response, retry_after};
use secrecy::ExposeSecret;
use tokio::time::timeout;
use url::Url;

use super::scope::Scope;
use super::{Action, HandlerConfig, Tools};
use crate::{Again, Context, HandlerError};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest `Retry-After` that is honoured; a longer one counts as this.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);
/// How much of an answer is read, and for how long: only so that its connection can be used again.
const MAX_ANSWER: usize = 64 * 1024;
const ANSWER_PATIENCE: Duration = Duration::from_secs(1);

/// Where requests go, and what is in them.
pub(super) struct ForwardSettings {
    url: Url,
    headers: RegistrationHeaders,
    secret: Option<Secret>,
    timeout: Duration,
}

impl ForwardSettings {
    pub(super) fn new(config: &HandlerConfig) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        // None of the problems repeats the URL or a value: they may hold secrets.
        let url = match config.url.as_ref().map(|url| url.expose_secret().parse::<Url>()) {
            None => Err("`url` is not set".to_owned()),
            Some(url) => url.map_err(|error| format!("`url` is not a URL ({error})")),
        };
        let url = url.map_err(|problem| problems.push(problem));
        let given =
            config.headers.iter().map(|(name, value)| (name.as_str(), value.expose_secret()));
        let headers = RegistrationHeaders::parse(given)
            .map_err(|invalid| problems.push(format!("`headers`: {invalid}")));
        let secret = config.secret.as_ref().map(|secret| Secret::parse(secret.expose_secret()));
        let secret = secret.transpose().map_err(|_| {
            problems.push(format!(
                "`secret` must have {} to {} characters, and no NUL character",
                Secret::MIN_LENGTH,
                Secret::MAX_LENGTH
            ));
        });
        match (url, headers, secret) {
            (Ok(url), Ok(headers), Ok(secret)) => {
                let timeout = config.timeout.unwrap_or(DEFAULT_TIMEOUT);
                Ok(Self { url, headers, secret, timeout })
            }
            _ => Err(problems),
        }
    }

    pub(super) fn into_action(self, tools: &Tools) -> Result<Box<dyn Action>, String> {
        tools.guard.check_url(&self.url).map_err(|refusal| format!("`url`: {refusal}"))?;
        let defaults = ClientSettings::default();
        let client = tools.guard.client(ClientSettings {
            timeout: self.timeout,
            connect_timeout: defaults.connect_timeout.min(self.timeout),
            ..defaults
        });
        let clock = Arc::clone(&tools.clock);
        let ids = Ids::new(Arc::clone(&clock));
        Ok(Box::new(Forward { settings: self, client, clock, ids }))
    }
}

struct Forward {
    settings: ForwardSettings,
    client: GuardedClient,
    clock: Arc<dyn Clock>,
    ids: Ids,
}

#[async_trait]
impl Action for Forward {
    async fn run(&self, _scope: &Scope, context: &Context) -> Result<(), HandlerError> {
        let body = context.webhook.request.body.clone();
        let mut headers = headers::of(context, &self.settings.headers);
        if let Some(secret) = &self.settings.secret {
            // Handled within its request it is not kept, so that each try is a message of its own.
            let id = context.inbox_id.unwrap_or_else(|| self.ids.next::<InboxId>());
            headers::sign(&mut headers, secret, id, self.clock.now(), &body);
        }
        let mut response = self.client.post(self.settings.url.clone(), headers, body).await?;
        let status = response.status();
        let wait = retry_after(response.headers(), self.clock.now());
        // The status says it all, so that what goes wrong after it does not count.
        timeout(ANSWER_PATIENCE, read_away(&mut response)).await.ok();
        judge(status, wait)
    }
}

async fn read_away(response: &mut Response) {
    let mut total = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        total += chunk.len();
        if total > MAX_ANSWER {
            break;
        }
    }
}

fn judge(status: u16, wait: Option<Duration>) -> Result<(), HandlerError> {
    let message = format!("the service answered with status {status}");
    match status {
        200..=299 => Ok(()),
        408 | 425 | 429 | 500..=599 => {
            let again =
                wait.map_or(Again::Scheduled, |wait| Again::After(wait.min(MAX_RETRY_AFTER)));
            Err(HandlerError { message, again })
        }
        _ => Err(HandlerError::fatal(message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_of_a_service_that_may_recover_are_tried_again_and_others_are_not() {
        let again = |status| judge(status, None).err().map(|error| error.again);
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(again(status), None, "{status}");
        }
        for status in [408, 425, 429, 500, 502, 503, 504, 599] {
            assert_eq!(again(status), Some(Again::Scheduled), "{status}");
        }
        for status in [301, 302, 307, 400, 401, 403, 404, 409, 410, 413, 422, 600] {
            assert_eq!(again(status), Some(Again::Never), "{status}");
        }
    }

    #[test]
    fn a_service_may_ask_for_a_wait_but_not_for_any() {
        let again = |seconds| judge(429, Some(Duration::from_secs(seconds))).unwrap_err().again;
        assert_eq!(again(90), Again::After(Duration::from_secs(90)));
        assert_eq!(again(u64::MAX), Again::After(Duration::from_hours(1)));
    }
}
