//! The way of one webhook through its handlers.

use std::sync::Arc;
use std::time::Duration;

use postrider_batcher::BatchError;
use postrider_domain::ports::{ClaimedInbox, StoreError, Ticket, Verdict};
use postrider_domain::{AfterRun, Ended, HandlerRun, InboxId, RunOutcome, causes};
use prometheus::IntGauge;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use tracing::{instrument, warn};

use super::claim::{Claim, Leased};
use super::lease::Keeper;
use super::plan::Plan;
use super::process::{Inner, READING};
use super::run::{RunEnd, shortened};
use crate::{Again, Context, Handler, Webhook};

/// When a webhook is looked at again whose body could not be loaded.
const BODY_PAUSE: Duration = Duration::from_mins(1);

impl Inner {
    /// Processes a webhook if it can be claimed.
    #[instrument(name = "inbox.process", level = "debug", skip_all, fields(inbox.id = %item))]
    pub(super) async fn process(
        self: Arc<Self>,
        item: InboxId,
        ticket: Ticket,
        slot: OwnedSemaphorePermit,
        stop: CancellationToken,
    ) {
        if self.unrecorded.is_early(item, self.clock.now()) {
            return ticket.finish(Verdict::Ack);
        }
        // With the claim the message is done with: from then on the store knows when it is due again.
        match self.claims.submit(item).await {
            Ok(Claim::Ours(leased)) => {
                ticket.finish(Verdict::Ack);
                self.work(*leased, &stop).await;
            }
            Ok(Claim::Unreadable(lease)) => {
                ticket.finish(Verdict::Ack);
                self.end_unreadable(item, lease, &stop).await;
            }
            Ok(Claim::PassedOver) => ticket.finish(Verdict::Ack),
            Ok(Claim::Left(verdict)) => ticket.finish(verdict),
            Err(BatchError::Failed(_) | BatchError::Stopped) => ticket.finish(Verdict::Requeue),
        }
        drop(slot);
    }

    async fn work(&self, Leased { mut claimed, lease }: Leased, stop: &CancellationToken) {
        let item = claimed.item.id;
        let place = match self.places.enter(&claimed.item.address, claimed.body_bytes).await {
            _ if stop.is_cancelled() => {
                return self.put_back(item, lease.token, self.clock.now()).await;
            }
            Ok(place) => place,
            Err(room_at) => {
                self.metrics.put_off.inc();
                return self.put_back(item, lease.token, room_at).await;
            }
        };
        let mut keeper = Keeper::new(
            item,
            lease,
            self.config.lease,
            self.store.clone(),
            Arc::clone(&self.clock),
            self.metrics.clone(),
        );
        let in_progress = InProgress::new(&self.metrics.in_progress);
        let plan = match self.load_body(&mut claimed, &mut keeper).await {
            Ok(true) => Some(self.plan(&claimed)),
            // It is gone, so that somebody else had it.
            Ok(false) => None,
            Err(StoreError::Corrupt { source, .. }) => {
                let failed = RunOutcome::Failed(shortened(&source.to_string()));
                Some(Plan::End(READING, failed, Again::Never))
            }
            Err(error) => {
                warn!(
                    inbox.id = %item,
                    error = %causes(&error),
                    "the body of a received webhook cannot be loaded, it is put off"
                );
                self.put_back(item, keeper.token(), self.clock.now() + BODY_PAUSE).await;
                None
            }
        };
        match plan {
            Some(Plan::Run(webhook, handlers)) => {
                self.run_chain(&claimed, *webhook, &handlers, keeper, stop).await;
            }
            Some(Plan::End(name, outcome, again)) => {
                let now = self.clock.now();
                let end = RunEnd { started_at: now, ended_at: now, outcome, again };
                self.end(&claimed, name, end, keeper, stop).await;
            }
            None => {}
        }
        drop((in_progress, place));
    }

    /// Loads the body if it did not come with the claim; `false` when there is no such webhook any more.
    async fn load_body(
        &self,
        claimed: &mut ClaimedInbox,
        keeper: &mut Keeper,
    ) -> Result<bool, StoreError> {
        if claimed.has_body() {
            return Ok(true);
        }
        let body = keeper.during(self.store.load_body(claimed.item.id)).await?;
        let Some(body) = body else { return Ok(false) };
        claimed.item.request.body = body;
        Ok(true)
    }

    /// Runs the handlers until one of them fails or ends the chain.
    async fn run_chain(
        &self,
        claimed: &ClaimedInbox,
        webhook: Webhook,
        handlers: &[Arc<dyn Handler>],
        mut keeper: Keeper,
        stop: &CancellationToken,
    ) {
        let item = claimed.item.id;
        let numbers = claimed.runs.saturating_add(1)..;
        for (index, (handler, number)) in handlers.iter().zip(numbers).enumerate() {
            if index > 0 && stop.is_cancelled() {
                return self.put_back(item, keeper.token(), self.clock.now()).await;
            }
            if !keeper.holds().await {
                // It is somebody else's, or the scheduler's.
                return;
            }
            // A success ends a row of failures, whosever they were.
            let attempt = if index == 0 { attempt(claimed, handler.name()) } else { 1 };
            let context =
                Context { webhook: webhook.clone(), inbox_id: Some(item), attempt, response: None };
            let end = self.run_handler(handler, context, &mut keeper).await;
            let after = self.after(&end, attempt, index + 1 == handlers.len());
            let run = end.into_run(handler.name(), number);
            let goes_on = self.record(&claimed.item, run, after, &mut keeper, stop).await;
            if !goes_on || after != AfterRun::GoOn {
                return;
            }
        }
    }

    /// What follows from a run.
    fn after(&self, end: &RunEnd, attempt: u16, is_last: bool) -> AfterRun {
        let asked = match (&end.outcome, end.again) {
            (RunOutcome::Done, _) if !is_last => return AfterRun::GoOn,
            (RunOutcome::Done | RunOutcome::Stopped, _) => return AfterRun::End(Ended::Processed),
            (RunOutcome::Failed(_), Again::Never) => return AfterRun::End(Ended::Dead),
            (RunOutcome::Failed(_), Again::Scheduled) => None,
            (RunOutcome::Failed(_), Again::After(time)) => Some(time),
        };
        match self.policy.next(attempt, end.ended_at, asked, self.ids.fraction()) {
            Some(at) => AfterRun::Retry { at },
            None => AfterRun::End(Ended::Dead),
        }
    }

    /// Records that there was nothing to run, or nothing that could be.
    async fn end(
        &self,
        claimed: &ClaimedInbox,
        name: &'static str,
        end: RunEnd,
        mut keeper: Keeper,
        stop: &CancellationToken,
    ) {
        self.metrics.run_ended(name, &end.outcome, Duration::ZERO);
        let after = self.after(&end, attempt(claimed, name), true);
        let run = end.into_run(name, claimed.runs.saturating_add(1));
        self.record(&claimed.item, run, after, &mut keeper, stop).await;
    }
}

impl RunEnd {
    fn into_run(self, handler: &str, number: u32) -> HandlerRun {
        let Self { started_at, ended_at, outcome, .. } = self;
        HandlerRun { handler: handler.to_owned(), number, started_at, ended_at, outcome }
    }
}

/// Which try of this handler comes next: the failures of another one are not its own.
fn attempt(claimed: &ClaimedInbox, handler: &str) -> u16 {
    if claimed.failed_handler.as_deref() == Some(handler) {
        claimed.failures.saturating_add(1)
    } else {
        1
    }
}

/// Counts a webhook for as long as it is worked on, however that ends.
struct InProgress<'a>(&'a IntGauge);

impl<'a> InProgress<'a> {
    fn new(gauge: &'a IntGauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for InProgress<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
