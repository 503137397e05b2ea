//! `receive`: hands a payload to the processing logic, with no endpoint and nobody who sends it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use http::{HeaderName, HeaderValue, Method};
use postrider_domain::ReceiverAddress;
use postrider_runtime::{ConfigArgs, SystemClock};
use serde_json::{Value, json};

use super::ReceiverSettings;
use super::sign::{find, read_payload};
use crate::handlers::RabbitBrokers;
use crate::routes::url_below;
use crate::{Chain, Context, Outcome, Receivers, Reception, Request, Webhook};

/// Reads a payload as a receiver reads it, and runs the configured handlers on it.
///
/// It asks for no signature unless --verify is given, sends nothing to a queue and keeps nothing.
#[derive(Debug, Args)]
pub struct ReceiveArgs {
    /// Whose flavour, such as github
    #[arg(long, value_name = "NAME")]
    receiver: String,
    /// The id in the URL, if it has one
    #[arg(long, default_value = "")]
    id: String,
    /// The body: a file, or - for standard input
    #[arg(long, value_name = "FILE")]
    payload: PathBuf,
    /// A header, as in --header 'X-GitHub-Event: push'; may be repeated
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// What follows the ? of the URL
    #[arg(long, default_value = "")]
    query: String,
    /// The method
    #[arg(long, default_value = "POST")]
    method: Method,
    /// Check the signature with the configured secrets, as for a request that came in
    #[arg(long)]
    verify: bool,
    /// Only read the payload: run no handler
    #[arg(long)]
    no_handlers: bool,
}

impl ReceiveArgs {
    /// Reads and processes the payload; what came of it, as JSON.
    ///
    /// # Errors
    /// When the payload is refused or a handler failed, with the reason.
    pub async fn run(self, args: &ConfigArgs) -> anyhow::Result<Value> {
        let (common, settings) = ReceiverSettings::alone(args)?;
        let receivers = settings.receivers(Arc::new(SystemClock));
        let brokers = Arc::new(RabbitBrokers::new(common.queue.as_deref()));
        let chain = settings.chain(Arc::clone(&brokers))?;
        let received = self.receive(&receivers, &chain).await;
        brokers.close().await;
        received
    }

    async fn receive(self, receivers: &Receivers, chain: &Chain) -> anyhow::Result<Value> {
        let address = ReceiverAddress::new(&self.receiver, &self.id);
        let request = self.request()?;
        let reception = if self.verify {
            receivers.receive(address, request).await
        } else {
            match receivers.read(address, request) {
                Ok(reception) => reception,
                Err(refusal) => bail!("{}", refusal.message),
            }
        };
        match reception.outcome {
            Outcome::Refused(refusal) => bail!("{} ({})", refusal.message, refusal.kind.as_str()),
            Outcome::Answered => Ok(answered(&reception)),
            Outcome::Webhook(webhook) => {
                let runs = if self.no_handlers { Vec::new() } else { run(chain, &webhook).await? };
                Ok(shown(&webhook, &runs))
            }
        }
    }

    fn request(&self) -> anyhow::Result<Request> {
        let provider = find(&self.receiver)?;
        let address = ReceiverAddress::new(&self.receiver, &self.id);
        let mut url = url_below(&"https://localhost".parse()?, &address);
        url.set_query((!self.query.is_empty()).then_some(&self.query));
        let mut request = Request::new(self.method.clone(), url, read_payload(&self.payload)?);
        for header in &self.headers {
            let (name, value) = header
                .split_once(':')
                .with_context(|| format!("`{header}` is not of the form NAME: VALUE"))?;
            let name: HeaderName = name.trim().parse()?;
            request.headers.append(name, HeaderValue::from_str(value.trim())?);
        }
        if !request.headers.contains_key(http::header::CONTENT_TYPE) {
            request = request.with("content-type", provider.sample().content_type);
        }
        Ok(request)
    }
}

/// Runs the handlers one after the other, up to the first that ends the chain; what each did.
async fn run(chain: &Chain, webhook: &Webhook) -> anyhow::Result<Vec<Value>> {
    let mut runs = Vec::new();
    let webhook = webhook.clone();
    let serving: Vec<_> = chain.serving(&webhook).cloned().collect();
    let mut context = Context { webhook, inbox_id: None, attempt: 1, response: None };
    for handler in serving {
        let name = handler.name().to_owned();
        if let Err(error) = handler.handle(&mut context).await {
            bail!("the handler `{name}` failed: {error}");
        }
        runs.push(json!({ "handler": name, "stopped": context.response.is_some() }));
        if context.response.is_some() {
            break;
        }
    }
    Ok(runs)
}

fn shown(webhook: &Webhook, runs: &[Value]) -> Value {
    json!({
        "receiver": webhook.address.receiver,
        "id": webhook.address.id,
        "actions": webhook.notification.actions,
        "dedupeKey": webhook.notification.dedupe_key,
        "data": webhook.notification.data.to_json(),
        "runs": runs,
    })
}

/// A handshake or a ping: nothing is processed.
fn answered(reception: &Reception) -> Value {
    json!({
        "answered": reception.answer.status().as_u16(),
        "body": String::from_utf8_lossy(reception.answer.body()),
    })
}
