//! What is to be done for a webhook.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use postrider_domain::RunOutcome;
use postrider_domain::ports::ClaimedInbox;
use tracing::warn;

use super::process::{Inner, NO_HANDLER, READING};
use super::run::shortened;
use crate::{Again, Handler, Outcome, RefusalKind, Request, Webhook};

/// What is to be done for a webhook.
pub(super) enum Plan {
    /// These handlers are to run, one at least.
    Run(Box<Webhook>, Vec<Arc<dyn Handler>>),
    /// Nothing can be run: what the record names instead of a handler, why, and whether to try again
    /// when that is a failure.
    End(&'static str, RunOutcome, Again),
}

impl Inner {
    /// Reads the webhook again and picks the handlers that have not run.
    pub(super) fn plan(&self, claimed: &ClaimedInbox) -> Plan {
        // Nothing of ours is left halfway. The text of the panic may hold anything, so it is not kept.
        catch_unwind(AssertUnwindSafe(|| self.read(claimed))).unwrap_or_else(|_| {
            let failed =
                "the receiver panicked while reading it, or a handler while being asked for it";
            Plan::End(READING, RunOutcome::Failed(failed.to_owned()), Again::Never)
        })
    }

    fn read(&self, claimed: &ClaimedInbox) -> Plan {
        let address = claimed.item.address.clone();
        let request = Request::from_received(&claimed.item.request, self.url(&address));
        let webhook = match self.receivers.read(address, request).map(|read| read.outcome) {
            Ok(Outcome::Webhook(webhook)) => webhook,
            // Another version of the receiver takes it for a test of the connection.
            Ok(Outcome::Answered) => {
                return Plan::End(READING, RunOutcome::Done, Again::Scheduled);
            }
            Ok(Outcome::Refused(refusal)) | Err(refusal) => {
                let again = match refusal.kind {
                    // A process of a newer version received it, and one of that may come next.
                    RefusalKind::UnknownReceiver => Again::Scheduled,
                    _ => Again::Never,
                };
                return Plan::End(READING, RunOutcome::Failed(shortened(&refusal.message)), again);
            }
        };
        let serving: Vec<_> = self.chain.serving(&webhook).cloned().collect();
        if serving.is_empty() {
            self.tell_of_no_handler(claimed);
        }
        let has_run =
            |handler: &Arc<dyn Handler>| claimed.done.iter().any(|done| done == handler.name());
        let handlers: Vec<_> = serving.into_iter().filter(|handler| !has_run(handler)).collect();
        if handlers.is_empty() {
            return Plan::End(NO_HANDLER, RunOutcome::Done, Again::Scheduled);
        }
        Plan::Run(webhook, handlers)
    }

    /// Nobody may have meant it to be so.
    fn tell_of_no_handler(&self, claimed: &ClaimedInbox) {
        let address = &claimed.item.address;
        if self.unhandled.is_due(address, self.clock.now()) {
            warn!(
                inbox.id = %claimed.item.id,
                receiver = address.receiver,
                receiver.id = address.id,
                "a received webhook has no handler, and is over (told once a minute for each URL)"
            );
        }
    }
}
