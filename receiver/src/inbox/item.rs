//! The way of one webhook through its handlers.

use std::sync::Arc;

use postrider_batcher::BatchError;
use postrider_domain::ports::{ClaimedInbox, RecordedRun, Verdict};
use postrider_domain::{
    AfterRun, Ended, HandlerRun, InboxId, LeaseToken, RunOutcome, Timestamp, causes,
};
use prometheus::IntGauge;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, instrument, warn};

use super::claim::Leased;
use super::lease::Keeper;
use super::process::{Inner, NO_HANDLER, READING};
use super::run::{RunEnd, shortened};
use super::store::verdict_after;
use super::ticket::Ticket;
use crate::{Again, Context, Handler, Outcome, Request, Webhook};

/// What is to be done for a webhook.
enum Plan {
    /// These handlers are to run, one at least.
    Run(Box<Webhook>, Vec<Arc<dyn Handler>>),
    /// It is over already, for this reason.
    End(&'static str, RunOutcome, Ended),
}

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
        let verdict = match self.claims.submit(item).await {
            Ok(Some(leased)) => self.work(leased, &stop).await,
            Ok(None) => Verdict::Ack,
            Err(BatchError::Failed(error)) => verdict_after(&error),
            Err(BatchError::Stopped) => Verdict::Requeue,
        };
        ticket.finish(verdict);
        drop(slot);
    }

    async fn work(&self, Leased { claimed, lease }: Leased, stop: &CancellationToken) -> Verdict {
        let item = claimed.item.id;
        let place = match self.places.enter(&claimed.item.address).await {
            _ if stop.is_cancelled() => return self.put_back(item, lease.token, None).await,
            Ok(place) => place,
            Err(room_at) => {
                self.metrics.put_off.inc();
                return self.put_back(item, lease.token, Some(room_at)).await;
            }
        };
        let keeper = Keeper::new(
            item,
            lease,
            self.config.lease,
            self.store.clone(),
            Arc::clone(&self.clock),
            self.metrics.clone(),
        );
        let in_progress = InProgress::new(&self.metrics.in_progress);
        let verdict = match self.plan(&claimed) {
            Plan::Run(webhook, handlers) => {
                self.run_chain(&claimed, *webhook, &handlers, keeper, stop).await
            }
            Plan::End(name, outcome, ended) => {
                self.end(&claimed, name, outcome, ended, keeper).await
            }
        };
        drop((in_progress, place));
        verdict
    }

    /// Reads the webhook again and picks the handlers that have not run.
    fn plan(&self, claimed: &ClaimedInbox) -> Plan {
        let address = claimed.item.address.clone();
        let request = Request::from_received(&claimed.item.request, self.url(&address));
        let webhook = match self.receivers.read(address, request).map(|read| read.outcome) {
            Ok(Outcome::Webhook(webhook)) => webhook,
            // Another version of the receiver takes it for a test of the connection.
            Ok(Outcome::Answered) => return Plan::End(READING, RunOutcome::Done, Ended::Processed),
            Ok(Outcome::Refused(refusal)) | Err(refusal) => {
                let failed = RunOutcome::Failed(shortened(&refusal.message));
                return Plan::End(READING, failed, Ended::Dead);
            }
        };
        let to_run =
            |handler: &&Arc<dyn Handler>| !claimed.done.iter().any(|done| done == handler.name());
        let handlers: Vec<_> = self.chain.serving(&webhook).filter(to_run).cloned().collect();
        if handlers.is_empty() {
            return Plan::End(NO_HANDLER, RunOutcome::Done, Ended::Processed);
        }
        Plan::Run(webhook, handlers)
    }

    /// Runs the handlers until one of them fails or ends the chain.
    async fn run_chain(
        &self,
        claimed: &ClaimedInbox,
        webhook: Webhook,
        handlers: &[Arc<dyn Handler>],
        mut keeper: Keeper,
        stop: &CancellationToken,
    ) -> Verdict {
        let item = claimed.item.id;
        let mut attempt = claimed.failures.saturating_add(1);
        let numbers = claimed.runs.saturating_add(1)..;
        for (index, (handler, number)) in handlers.iter().zip(numbers).enumerate() {
            if index > 0 && stop.is_cancelled() {
                return self.put_back(item, keeper.token(), None).await;
            }
            if !keeper.holds().await {
                // It is somebody else's, or the scheduler's.
                return Verdict::Ack;
            }
            let context =
                Context { webhook: webhook.clone(), inbox_id: Some(item), attempt, response: None };
            let end = self.run_handler(handler, context, &mut keeper).await;
            let after = self.after(&end, attempt, index + 1 == handlers.len());
            let run = HandlerRun {
                handler: handler.name().to_owned(),
                number,
                started_at: end.started_at,
                ended_at: end.ended_at,
                outcome: end.outcome,
            };
            match self.record(claimed, run, after, &mut keeper).await {
                Ok(true) if after == AfterRun::GoOn => attempt = 1,
                Ok(true | false) => return Verdict::Ack,
                Err(verdict) => return verdict,
            }
        }
        Verdict::Ack
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

    /// Ends what has no handler to run, with a run that says so.
    async fn end(
        &self,
        claimed: &ClaimedInbox,
        name: &'static str,
        outcome: RunOutcome,
        ended: Ended,
        mut keeper: Keeper,
    ) -> Verdict {
        let now = self.clock.now();
        let run = HandlerRun {
            handler: name.to_owned(),
            number: claimed.runs.saturating_add(1),
            started_at: now,
            ended_at: now,
            outcome,
        };
        self.metrics.run_ended(name, &run.outcome, std::time::Duration::ZERO);
        match self.record(claimed, run, AfterRun::End(ended), &mut keeper).await {
            Ok(_) => Verdict::Ack,
            Err(verdict) => verdict,
        }
    }

    /// Records a run; whether what follows from it applied, so that the webhook is still ours.
    async fn record(
        &self,
        claimed: &ClaimedInbox,
        run: HandlerRun,
        after: AfterRun,
        keeper: &mut Keeper,
    ) -> Result<bool, Verdict> {
        let item = &claimed.item;
        let recorded = RecordedRun { item: item.id, run, after, token: keeper.token() };
        match keeper.during(self.store.record(&recorded)).await {
            Ok(true) => {
                log(claimed, &recorded);
                if let AfterRun::End(ended) = after {
                    let took = recorded.run.ended_at.since(item.received_at);
                    self.metrics.settled(ended, took);
                }
                Ok(true)
            }
            Ok(false) => {
                keeper.lose();
                Ok(false)
            }
            Err(error) => {
                self.metrics.record_failures.inc();
                error!(
                    inbox.id = %item.id,
                    handler = recorded.run.handler,
                    error = %causes(&error),
                    "a run of a handler cannot be recorded"
                );
                Err(verdict_after(&error))
            }
        }
    }

    /// Gives the lease back without a run; it is wanted at `at`, or at once.
    async fn put_back(&self, item: InboxId, token: LeaseToken, at: Option<Timestamp>) -> Verdict {
        let at = at.unwrap_or_else(|| self.clock.now());
        match self.store.release(item, token, at).await {
            Ok(()) => Verdict::Ack,
            Err(error) => {
                // Its lease ends, and then the scheduler has it.
                warn!(
                    inbox.id = %item,
                    error = %causes(&error),
                    "a received webhook cannot be put back"
                );
                verdict_after(&error)
            }
        }
    }
}

/// One wide event per run.
fn log(claimed: &ClaimedInbox, recorded: &RecordedRun) {
    macro_rules! run_ended {
        ($level:ident, $message:literal) => {
            $level!(
                inbox.id = %claimed.item.id,
                receiver = claimed.item.address.receiver,
                receiver.id = claimed.item.address.id,
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
