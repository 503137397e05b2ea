//! What becomes of a webhook is written down, or it goes back.

use std::time::Duration;

use postrider_domain::ports::{Lease, RecordedRun, StoreError};
use postrider_domain::{
    AfterRun, Ended, HandlerRun, InboxId, InboxItem, LeaseToken, RunOutcome, Timestamp, causes,
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::lease::Keeper;
use super::process::{Inner, READING};

/// What the record says of something stored that nobody can read.
const UNREADABLE: &str = "what is stored of it cannot be read";

impl Inner {
    /// Records a run; whether what follows from it applied, so that the webhook is still ours.
    pub(super) async fn record(
        &self,
        item: &InboxItem,
        run: HandlerRun,
        after: AfterRun,
        keeper: &mut Keeper,
        stop: &CancellationToken,
    ) -> bool {
        let recorded = RecordedRun { item: item.id, run, after, token: keeper.token() };
        match self.store.record(&recorded).await {
            Ok(true) => {
                self.unrecorded.forget(item.id);
                log(item, &recorded);
                if let AfterRun::End(ended) = after {
                    let took = recorded.run.ended_at.since(item.received_at);
                    self.metrics.settled(ended, took);
                }
                true
            }
            Ok(false) => {
                keeper.lose();
                false
            }
            Err(error) => {
                self.put_later(&recorded, &error, stop).await;
                false
            }
        }
    }

    /// Ends what is leased and cannot be read.
    pub(super) async fn end_unreadable(
        &self,
        item: InboxId,
        lease: Lease,
        stop: &CancellationToken,
    ) {
        let now = self.clock.now();
        let run = HandlerRun {
            handler: READING.to_owned(),
            // How many there were is not known either. Numbers are told apart by their leases.
            number: 1,
            started_at: now,
            ended_at: now,
            outcome: RunOutcome::Failed(UNREADABLE.to_owned()),
        };
        self.metrics.run_ended(READING, &run.outcome, Duration::ZERO);
        let after = AfterRun::End(Ended::Dead);
        let recorded = RecordedRun { item, run, after, token: lease.token };
        match self.store.record(&recorded).await {
            Ok(true) => {
                self.unrecorded.forget(item);
                warn!(inbox.id = %item, error = UNREADABLE, "a received webhook is dead");
            }
            // Somebody else is at it.
            Ok(false) => {}
            Err(error) => self.put_later(&recorded, &error, stop).await,
        }
    }

    /// Puts a webhook back for later whose run could not be recorded: what the handler did is done
    /// again, so that this is not to be soon. As long as the store does not take it back, nothing new is
    /// begun, whose effects might be repeated as well.
    async fn put_later(&self, lost: &RecordedRun, error: &StoreError, stop: &CancellationToken) {
        let _held = self.unrecorded.hold();
        let at = self.unrecorded.note(lost.item, self.clock.now());
        self.metrics.record_failures.inc();
        error!(
            inbox.id = %lost.item,
            handler = lost.run.handler,
            error = %causes(error),
            "a run of a handler cannot be recorded, it runs again"
        );
        let release = self.store.release_at_last(lost.item, lost.token, at);
        stop.run_until_cancelled(release).await;
    }

    /// Gives the lease back without a run: the scheduler looks at it at `at`.
    pub(super) async fn put_back(&self, item: InboxId, token: LeaseToken, at: Timestamp) {
        if let Err(error) = self.store.release(item, token, at).await {
            // Its lease ends, and then the scheduler has it.
            warn!(
                inbox.id = %item,
                error = %causes(&error),
                "a received webhook cannot be put back"
            );
        }
    }
}

/// One wide event per run.
fn log(item: &InboxItem, recorded: &RecordedRun) {
    macro_rules! run_ended {
        ($level:ident, $message:literal) => {
            $level!(
                inbox.id = %item.id,
                receiver = item.address.receiver,
                receiver.id = item.address.id,
                handler = recorded.run.handler,
                run.number = recorded.run.number,
                run.outcome = recorded.run.outcome.as_str(),
                error = recorded.run.outcome.error(),
                $message
            )
        };
    }
    match recorded.after {
        AfterRun::End(Ended::Dead) => run_ended!(warn, "a received webhook is dead"),
        AfterRun::Retry { .. } => run_ended!(info, "a handler failed, and is tried again"),
        AfterRun::GoOn | AfterRun::End(Ended::Processed) => run_ended!(debug, "a handler has run"),
    }
}
