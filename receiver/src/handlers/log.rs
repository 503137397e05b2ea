//! Kind `log`: a line in the log.

use async_trait::async_trait;
use tracing::info;

use super::facts;
use super::scope::Scope;
use super::{Action, HandlerConfig};
use crate::{Context, HandlerError};

/// The most of a payload that is written, in bytes.
const MAX_PAYLOAD: usize = 4096;

/// What is written.
pub(super) struct LogSettings {
    payload: bool,
}

impl LogSettings {
    pub(super) fn new(config: &HandlerConfig) -> Self {
        Self { payload: config.payload.unwrap_or(false) }
    }

    pub(super) fn into_action(self) -> Box<dyn Action> {
        Box::new(self)
    }
}

#[async_trait]
impl Action for LogSettings {
    async fn run(&self, scope: &Scope, context: &Context) -> Result<(), HandlerError> {
        let webhook = &context.webhook;
        let body = &webhook.request.body;
        // Texts of a sender go in as values, which the log's formats escape.
        info!(
            handler = scope.name,
            receiver = webhook.address.receiver,
            receiver_id = webhook.address.id,
            actions = facts::actions(&webhook.notification.actions),
            inbox_id = context.inbox_id.map(|id| id.to_string()),
            bytes = body.len(),
            payload = self.payload.then(|| beginning(body)),
            "received a webhook"
        );
        Ok(())
    }
}

/// As much of a body as is written; what is no UTF-8 is replaced.
fn beginning(body: &[u8]) -> String {
    let cut = &body[..body.len().min(MAX_PAYLOAD)];
    let text = match std::str::from_utf8(cut) {
        // The cut went through a character.
        Err(error) if error.error_len().is_none() => &cut[..error.valid_up_to()],
        _ => cut,
    };
    String::from_utf8_lossy(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_payload_is_cut_between_characters() {
        assert_eq!(beginning(b"{}"), "{}");
        assert_eq!(beginning(&[b'x'; 5000]).len(), MAX_PAYLOAD);
        let odd = format!("x{}", "é".repeat(3000));
        assert_eq!(beginning(odd.as_bytes()).len(), MAX_PAYLOAD - 1);
        assert_eq!(beginning(b"a\xffb"), "a\u{fffd}b");
    }
}
