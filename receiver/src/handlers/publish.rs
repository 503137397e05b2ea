//! Kind `publish`: a message to an exchange.

mod key;

use std::sync::Arc;

use async_trait::async_trait;
use http::header::CONTENT_TYPE;
use secrecy::{ExposeSecret, SecretString};

use self::key::RoutingKey;
use super::facts::facts;
use super::scope::Scope;
use super::{Action, Exchange, HandlerConfig, Message, Tools};
use crate::{Context, HandlerError};

/// Where messages go.
pub(super) struct PublishSettings {
    url: Option<SecretString>,
    exchange: String,
    routing_key: RoutingKey,
}

impl PublishSettings {
    pub(super) fn new(config: &HandlerConfig) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        if config.exchange.is_none() {
            problems.push("`exchange` is not set".to_owned());
        }
        let routing_key = match config.routing_key.as_deref() {
            None => Err("`routing_key` is not set".to_owned()),
            Some(text) => RoutingKey::parse(text),
        };
        match (config.exchange.clone(), routing_key) {
            (Some(exchange), Ok(routing_key)) => {
                Ok(Self { url: config.url.clone(), exchange, routing_key })
            }
            (_, routing_key) => {
                problems.extend(routing_key.err());
                Err(problems)
            }
        }
    }

    pub(super) fn into_action(self, tools: &Tools) -> Result<Box<dyn Action>, String> {
        let broker = tools.brokers.open(self.url.as_ref().map(ExposeSecret::expose_secret))?;
        Ok(Box::new(Publish { broker, settings: self }))
    }
}

struct Publish {
    broker: Arc<dyn Exchange>,
    settings: PublishSettings,
}

#[async_trait]
impl Action for Publish {
    async fn run(&self, _scope: &Scope, context: &Context) -> Result<(), HandlerError> {
        let webhook = &context.webhook;
        let message = Message {
            exchange: self.settings.exchange.clone(),
            routing_key: self.settings.routing_key.of(webhook),
            content_type: webhook.request.header(CONTENT_TYPE.as_str()).map(str::to_owned),
            id: context.inbox_id.map(|id| id.to_string()),
            headers: facts(context),
            body: webhook.request.body.clone(),
        };
        self.broker.publish(message).await
    }
}
