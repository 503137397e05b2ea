use std::time::Duration;

use postrider_domain::inbox::{
    AfterRun, Ended, HandlerRun, HeaderList, InboxItem, ReceivedRequest, ReceiverAddress,
    RunOutcome,
};
use postrider_domain::ports::{Accepted, Lease, RecordedRun};
use postrider_domain::{Clock, InboxId};

use super::Api;

impl Api {
    /// A webhook that comes in now; not stored yet.
    pub(crate) fn webhook(&self) -> InboxItem {
        InboxItem {
            id: self.ids.next(),
            address: ReceiverAddress::new("github", "org1"),
            actions: vec!["push".into()],
            dedupe_key: None,
            received_at: self.clock.now(),
            request: ReceivedRequest {
                method: "POST".into(),
                query: String::new(),
                headers: HeaderList::from_iter([("x-github-event", "push")]),
                body: r#"{"ref":"main"}"#.into(),
            },
        }
    }

    /// Stores a webhook, as the receiver does.
    pub(crate) async fn receive(&self, webhook: &InboxItem) -> InboxId {
        let rescue_at = self.clock.now() + Duration::from_mins(1);
        let accepted = self.inbox.accept(std::slice::from_ref(webhook), rescue_at).await;
        assert_eq!(accepted.unwrap(), [Accepted::Stored]);
        webhook.id
    }

    /// Runs a handler, as the receiver does, with which it is over.
    pub(crate) async fn handle(&self, item: InboxId, ended: Ended) {
        let now = self.clock.now();
        let lease = Lease { token: self.ids.next(), until: now + Duration::from_secs(30) };
        let claimed = self.inbox.claim_inbox(&[item], lease, now, now).await.unwrap().items;
        let outcome = match ended {
            Ended::Processed => RunOutcome::Done,
            Ended::Dead => RunOutcome::Failed("the database is away".into()),
        };
        let run = HandlerRun {
            handler: "store".into(),
            number: claimed[0].runs + 1,
            started_at: now,
            ended_at: now + Duration::from_secs(1),
            outcome,
        };
        let recorded = RecordedRun { item, run, after: AfterRun::End(ended), token: lease.token };
        assert!(self.inbox.record_run(&recorded).await.unwrap());
    }
}
