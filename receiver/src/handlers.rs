//! Handlers that are configured instead of programmed.
//!
//! | kind | what it does with a webhook |
//! |---|---|
//! | `log` | writes a line to the log |
//! | `forward` | posts it to a service, which may verify it by the Standard Webhooks signature |
//! | `publish` | publishes it to a RabbitMQ exchange |
//! | `exec` | runs a command with the body on its standard input |
//!
//! All of them process at least once: who gets a webhook recognises a repetition by its inbox id. None
//! of them sets a response, so that the handlers after them run too.
//!
//! A webhook is described to others by the same facts everywhere, as HTTP headers, message headers or
//! environment variables:
//!
//! | fact | header | variable |
//! |---|---|---|
//! | the receiver, such as `github` | `postrider-receiver` | `POSTRIDER_RECEIVER` |
//! | its id, empty if the URL has none | `postrider-receiver-id` | `POSTRIDER_RECEIVER_ID` |
//! | its actions with a comma between them | `postrider-actions` | `POSTRIDER_ACTIONS` |
//! | its id in the inbox, if it is kept | `postrider-inbox-id` | `POSTRIDER_INBOX_ID` |
//! | which try of this handler it is, from 1 | `postrider-attempt` | `POSTRIDER_ATTEMPT` |
//!
//! Their values are percent-encoded where they hold a space, a comma, `"`, `%`, or anything that is not
//! printable ASCII. Actions that do not fit into 4 KiB are left out; the body has them all.

mod config;
mod exchange;
mod exec;
mod facts;
mod forward;
mod log;
mod publish;
#[cfg(feature = "program")]
mod rabbit;
mod scope;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::Clock;
use postrider_egress::Guard;

use crate::{Context, Handler, HandlerError, Webhook};

pub use self::config::{HandlerConfig, HandlerKind};
pub use self::exchange::{Brokers, Exchange, Message, NoBrokers};
#[cfg(feature = "program")]
pub use self::rabbit::RabbitBrokers;
use self::scope::Scope;

/// What configured handlers work with.
#[derive(Clone)]
pub struct Tools {
    /// Judges the targets of `forward`. They are the operator's choice and usually private addresses,
    /// so that this guard allows other targets than the one for subscribers.
    pub guard: Arc<Guard>,
    /// Where the brokers of `publish` come from.
    pub brokers: Arc<dyn Brokers>,
    /// Whether `exec` is allowed: `[receiver] allow_exec`.
    pub allow_exec: bool,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Every problem of the handlers that their configuration shows by itself, in words for the operator;
/// a receiver that is not built in is one.
pub fn validate(configs: &[HandlerConfig]) -> Vec<String> {
    let own = configs.iter().flat_map(HandlerConfig::validate);
    let unknown = configs.iter().filter_map(scope::unknown_receiver);
    own.chain(unknown).chain(names_given_twice(configs)).collect()
}

/// The problems with handlers that may take longer than `longest`, which ends every handler of an inbox.
pub fn validate_timeouts(configs: &[HandlerConfig], longest: Duration) -> Vec<String> {
    configs.iter().filter_map(|config| config.outlasts(longest)).collect()
}

/// Makes the handlers of a configuration.
///
/// # Errors
/// Every problem in words for the operator: those of [`validate`], and what the tools do not allow. A
/// receiver that is not built in is none here, since an application may have providers of its own.
pub fn build(
    configs: &[HandlerConfig],
    tools: &Tools,
) -> Result<Vec<Arc<dyn Handler>>, Vec<String>> {
    let mut handlers: Vec<Arc<dyn Handler>> = Vec::with_capacity(configs.len());
    let mut problems = Vec::new();
    for config in configs {
        let made = config.settings().and_then(|settings| settings.into_action(tools));
        match made {
            Ok(action) => {
                handlers.push(Arc::new(Configured { scope: Scope::new(config), action }));
            }
            Err(own) => problems.extend(own.iter().map(|problem| config.name_problem(problem))),
        }
    }
    problems.extend(names_given_twice(configs));
    if problems.is_empty() { Ok(handlers) } else { Err(problems) }
}

fn names_given_twice(configs: &[HandlerConfig]) -> impl Iterator<Item = String> {
    let mut names: Vec<&str> = configs.iter().map(|config| config.name.as_str()).collect();
    names.sort_unstable();
    let mut twice: Vec<&str> =
        names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    twice.dedup();
    twice.into_iter().map(|name| format!("two handlers have the name `{name}`"))
}

/// What a handler does with the webhooks that it is for.
#[async_trait]
trait Action: Send + Sync {
    async fn run(&self, scope: &Scope, context: &Context) -> Result<(), HandlerError>;
}

/// A handler that was made from configuration.
struct Configured {
    scope: Scope,
    action: Box<dyn Action>,
}

#[async_trait]
impl Handler for Configured {
    fn name(&self) -> &str {
        &self.scope.name
    }

    fn receiver(&self) -> Option<&str> {
        self.scope.receiver.as_deref()
    }

    fn order(&self) -> i32 {
        self.scope.order
    }

    fn serves(&self, webhook: &Webhook) -> bool {
        self.scope.includes(webhook)
    }

    async fn handle(&self, context: &mut Context) -> Result<(), HandlerError> {
        self.action.run(&self.scope, context).await
    }
}
