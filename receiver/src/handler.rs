//! What is done with a webhook after it was verified.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::{InboxId, ReceiverAddress, causes};
use serde::de::DeserializeOwned;

use crate::provider::Notification;
use crate::{Answer, Request, providers};

/// Runs for the webhooks of one receiver, or of all.
#[async_trait]
pub trait Handler: Send + Sync {
    /// What it is called in logs, metrics and the record of its runs. Two handlers of a chain have two
    /// names, and a name stays when the application changes: it tells which handlers have run.
    fn name(&self) -> &str;

    /// The receiver that it is for, by any of its names, ignoring case; `None` for all.
    fn receiver(&self) -> Option<&str> {
        None
    }

    /// When its turn is: handlers run one after the other, those with a smaller number first, and those
    /// with the same number in the order in which they were added.
    fn order(&self) -> i32 {
        50
    }

    /// Whether it is for this webhook: by default for every one of its receiver.
    fn serves(&self, webhook: &Webhook) -> bool {
        let usual = providers::usual;
        self.receiver().is_none_or(|own| usual(own) == usual(&webhook.address.receiver))
    }

    /// Processes a webhook. Setting [`Context::response`] ends the chain; within the request it is also
    /// what the sender is answered.
    ///
    /// # Errors
    /// The chain stops. In a queue the handler is tried again later, from the start; within the request
    /// the sender is answered `500`.
    async fn handle(&self, context: &mut Context) -> Result<(), HandlerError>;
}

/// A genuine webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// Where it came in.
    pub address: ReceiverAddress,
    /// What it says.
    pub notification: Notification,
    /// The request. When it was kept in a queue, as much of it as is kept.
    pub request: Arc<Request>,
}

impl Webhook {
    /// The body as a type of the application's own.
    ///
    /// # Errors
    /// When it is of another shape. That does not change by trying again.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, HandlerError> {
        serde_json::from_value(self.notification.data.to_json())
            .map_err(|error| HandlerError::fatal(format!("the data is of another shape: {error}")))
    }
}

/// What a handler is given.
pub struct Context {
    /// The webhook.
    pub webhook: Webhook,
    /// Its id in the inbox; `None` when it is handled within the request.
    pub inbox_id: Option<InboxId>,
    /// Which try of this handler it is, from 1.
    pub attempt: u16,
    /// Set it to end the chain.
    pub response: Option<Answer>,
}

/// Why a handler failed, and whether to try again.
///
/// Any error becomes one by `?`, and is tried again.
#[derive(Debug)]
pub struct HandlerError {
    /// Why, in words. They are stored and shown, so that they hold no payload and no secret.
    pub message: String,
    /// Whether to try again.
    pub again: Again,
}

/// Whether a handler that failed is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// By the schedule.
    Scheduled,
    /// By the schedule, and not before this time has gone by.
    After(Duration),
    /// Never: it would fail again.
    Never,
}

impl HandlerError {
    /// A failure that another try may mend.
    pub fn retry(message: impl Into<String>) -> Self {
        Self { message: message.into(), again: Again::Scheduled }
    }

    /// A failure that no other try mends.
    pub fn fatal(message: impl Into<String>) -> Self {
        Self { message: message.into(), again: Again::Never }
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: std::error::Error + 'static> From<E> for HandlerError {
    fn from(error: E) -> Self {
        Self::retry(causes(&error).to_string())
    }
}

/// Handlers in their order.
#[derive(Clone, Default)]
pub struct Chain(Vec<Arc<dyn Handler>>);

impl Chain {
    /// Puts handlers in order.
    pub fn new(handlers: impl IntoIterator<Item = Arc<dyn Handler>>) -> Self {
        let mut handlers: Vec<_> = handlers.into_iter().collect();
        handlers.sort_by_key(|handler| handler.order());
        Self(handlers)
    }

    /// The names of all of them, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|handler| handler.name())
    }

    /// Those that are for `webhook`, in their order.
    pub fn serving<'a>(
        &'a self,
        webhook: &'a Webhook,
    ) -> impl Iterator<Item = &'a Arc<dyn Handler>> {
        self.0.iter().filter(|handler| handler.serves(webhook))
    }

    /// Runs them within the request; the response that one of them set.
    ///
    /// # Errors
    /// That of the first one that failed.
    pub async fn run(&self, webhook: Webhook) -> Result<Option<Answer>, HandlerError> {
        let serving: Vec<_> = self.serving(&webhook).cloned().collect();
        let mut context = Context { webhook, inbox_id: None, attempt: 1, response: None };
        for handler in serving {
            handler.handle(&mut context).await?;
            if context.response.is_some() {
                break;
            }
        }
        Ok(context.response)
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|handler| handler.name())).finish()
    }
}
