//! Handlers that do as they are told, and remember what they were asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::InboxId;
use postrider_receiver::{
    Again, Context, Draft, Handler, HandlerError, Incoming, Provider, Reading, Refusal, Request,
    Sample, Unsignable, Verified, Webhook, answer,
};
use tokio::sync::{Semaphore, watch};

/// What a handler does when it runs.
#[derive(Clone)]
pub(crate) enum Act {
    Succeed,
    Stop,
    Fail,
    FailAfter(Duration),
    FailForGood,
    Panic,
    /// Panics before it runs, when it is asked whether it is for the webhook.
    PanicWhenAsked,
    Hang,
    /// Succeeds once the gate is open.
    Wait(Arc<Gate>),
}

/// Keeps handlers waiting until it is opened.
pub(crate) struct Gate(Semaphore);

impl Gate {
    pub(crate) fn closed() -> Arc<Self> {
        Arc::new(Self(Semaphore::new(0)))
    }

    pub(crate) fn open(&self) {
        self.0.close();
    }

    async fn pass(&self) {
        // It only ever ends by being closed.
        self.0.acquire().await.err();
    }
}

type Script = dyn Fn(&Context) -> Act + Send + Sync;

pub(crate) struct Probe {
    name: &'static str,
    order: i32,
    script: Box<Script>,
    seen: watch::Sender<Seen>,
    at_it: Mutex<HashMap<InboxId, usize>>,
}

/// What a handler was asked.
#[derive(Default)]
pub(crate) struct Seen {
    /// The webhooks, and which try of each it was.
    pub(crate) runs: Vec<(InboxId, u16)>,
    /// Whether it ran for one webhook twice at the same time.
    pub(crate) overlapped: bool,
}

impl Probe {
    /// One that does what `script` says of each run.
    pub(crate) fn new(
        name: &'static str,
        order: i32,
        script: impl Fn(&Context) -> Act + Send + Sync + 'static,
    ) -> Arc<Self> {
        let (seen, at_it) = (watch::Sender::default(), Mutex::default());
        Arc::new(Self { name, order, script: Box::new(script), seen, at_it })
    }

    /// One that always does the same.
    pub(crate) fn always(name: &'static str, order: i32, act: Act) -> Arc<Self> {
        Self::new(name, order, move |_| act.clone())
    }

    /// How often it began to run.
    pub(crate) fn runs(&self) -> usize {
        self.seen.borrow().runs.len()
    }

    /// The number of each try.
    pub(crate) fn attempts(&self) -> Vec<u16> {
        self.seen.borrow().runs.iter().map(|(_, attempt)| *attempt).collect()
    }

    pub(crate) fn overlapped(&self) -> bool {
        self.seen.borrow().overlapped
    }

    /// Waits until it has begun to run so often.
    pub(crate) async fn until_runs(&self, count: usize) {
        let mut seen = self.seen.subscribe();
        let enough = seen.wait_for(|seen| seen.runs.len() >= count);
        tokio::time::timeout(crate::world::PATIENCE, enough).await.expect("it runs").unwrap();
    }

    fn begin(&self, context: &Context) {
        let id = context.inbox_id.expect("it runs from the inbox");
        let mut at_it = self.at_it.lock().unwrap();
        let others = at_it.entry(id).or_default();
        *others += 1;
        let overlapped = *others > 1;
        self.seen.send_modify(|seen| {
            seen.runs.push((id, context.attempt));
            seen.overlapped |= overlapped;
        });
    }

    fn end(&self, context: &Context) {
        let id = context.inbox_id.expect("it runs from the inbox");
        *self.at_it.lock().unwrap().get_mut(&id).unwrap() -= 1;
    }
}

#[async_trait]
impl Handler for Probe {
    fn name(&self) -> &str {
        self.name
    }

    fn order(&self) -> i32 {
        self.order
    }

    fn serves(&self, webhook: &Webhook) -> bool {
        let context =
            Context { webhook: webhook.clone(), inbox_id: None, attempt: 0, response: None };
        assert!(!matches!((self.script)(&context), Act::PanicWhenAsked), "a secret");
        true
    }

    async fn handle(&self, context: &mut Context) -> Result<(), HandlerError> {
        self.begin(context);
        let done = match (self.script)(context) {
            Act::Succeed => Ok(()),
            Act::Stop => {
                context.response = Some(answer::empty(http::StatusCode::OK));
                Ok(())
            }
            Act::Fail => Err(HandlerError::retry("no luck")),
            Act::FailAfter(time) => {
                Err(HandlerError { message: "busy".into(), again: Again::After(time) })
            }
            Act::FailForGood => Err(HandlerError::fatal("never")),
            Act::Panic | Act::PanicWhenAsked => panic!("a secret"),
            Act::Hang => std::future::pending().await,
            Act::Wait(gate) => {
                gate.pass().await;
                Ok(())
            }
        };
        self.end(context);
        done
    }
}

/// A provider that cannot read what it took for genuine.
pub(crate) struct Panicking;

impl Panicking {
    pub(crate) const NAME: &str = "panicking";
}

#[async_trait]
impl Provider for Panicking {
    fn names(&self) -> &'static [&'static str] {
        &[Self::NAME]
    }

    fn class(&self) -> &'static str {
        "PanickingWebHookReceiver"
    }

    async fn verify(&self, _: &Incoming<'_>) -> Result<Verified, Refusal> {
        Ok(Verified::Genuine)
    }

    fn read(&self, _: &Request) -> Result<Reading, Refusal> {
        panic!("a secret")
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        Ok(Request::new(http::Method::POST, draft.url, draft.body))
    }

    fn sample(&self) -> Sample {
        Sample { body: "{}", content_type: "application/json", event: None }
    }
}
