//! The task behind a consumer: it owns the channel, brings messages and takes verdicts.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer as Deliveries};
use postrider_domain::ports::QueueName;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::consumer::{Generation, Incoming, Told};
use crate::error::BrokerError;
use crate::ledger::{Command, Ledger};
use crate::link::Link;
use crate::session::Session;
use crate::topology::Topology;

/// Verdicts taken in one go.
const VERDICTS_AT_ONCE: usize = 1024;

/// What the task works with; it lives as long as the consumer, across channels.
pub(crate) struct Subscription {
    pub(crate) link: Link,
    pub(crate) queue: QueueName,
    pub(crate) topology: Topology,
    pub(crate) prefetch: u16,
    /// Room for `prefetch` messages.
    pub(crate) messages: mpsc::Sender<Incoming>,
    pub(crate) tell: mpsc::UnboundedSender<Told>,
    pub(crate) told: mpsc::UnboundedReceiver<Told>,
    pub(crate) generation: Generation,
    /// The pause before another channel is opened.
    pub(crate) pause: Duration,
    pub(crate) stop: CancellationToken,
}

/// Why nothing more is to be consumed.
enum End {
    /// The queue was closed.
    Closed,
    /// The consumer was dropped.
    Unwanted,
}

/// A channel that is being consumed.
struct Open {
    channel: Channel,
    deliveries: Deliveries,
    ledger: Ledger,
    generation: u64,
}

impl Subscription {
    /// Consumes, on one channel after the other, until the queue is closed or nobody wants the
    /// messages any more.
    pub(crate) async fn run(mut self) {
        let (stop, messages) = (self.stop.clone(), self.messages.clone());
        let unwanted = async {
            tokio::select! {
                () = stop.cancelled() => {}
                () = messages.closed() => {}
            }
        }
        .shared();

        loop {
            let connected = tokio::select! {
                biased;
                () = unwanted.clone() => break,
                session = self.link.connected() => session,
            };
            let Ok(session) = connected else { break };
            let consumed = self.consume(&session).await;
            self.generation.end();
            let Err(error) = consumed else { break };
            if unwanted.clone().now_or_never().is_some() {
                break;
            }
            warn!(
                queue.name = self.queue.as_str(),
                reason = error.reason(),
                "consumer interrupted"
            );
            self.link.doubt();
            tokio::select! {
                () = unwanted.clone() => break,
                () = tokio::time::sleep(self.pause) => {}
            }
        }
        self.generation.end();
    }

    /// Consumes on a channel of `session`. Returns without an error when it is no longer wanted.
    async fn consume(&mut self, session: &Session) -> Result<(), BrokerError> {
        let mut open = self.open(session).await?;
        debug!(queue.name = self.queue.as_str(), prefetch = self.prefetch, "consuming");
        match session.unless_ended(self.relay(&mut open)).await? {
            End::Closed => self.hang_up(session, open).await,
            End::Unwanted => session.unless_ended(self.retire(session, open)).await,
        }
    }

    /// Brings messages and takes verdicts.
    async fn relay(&mut self, open: &mut Open) -> Result<End, BrokerError> {
        let mut waiting: Option<Incoming> = None;
        let mut told = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Ok(End::Closed),
                () = self.messages.closed() => return Ok(End::Unwanted),
                _ = self.told.recv_many(&mut told, VERDICTS_AT_ONCE) => open.settle(&mut told)?,
                room = self.messages.reserve(), if waiting.is_some() => {
                    if let (Ok(room), Some(incoming)) = (room, waiting.take()) {
                        room.send(incoming);
                    }
                }
                delivery = open.deliveries.next(), if waiting.is_none() => {
                    let delivery = delivery.ok_or(BrokerError::Cancelled)??;
                    waiting = self.hand_over(open.receive(delivery, &self.tell));
                }
            }
        }
    }

    async fn open(&self, session: &Session) -> Result<Open, BrokerError> {
        let channel = session.open_channel().await?;
        let prefetch = channel.basic_qos(self.prefetch, BasicQosOptions::default());
        session.answered(prefetch).await?;
        let queue = self.topology.queue(self.queue);
        let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
        let consume = channel.basic_consume(queue, "".into(), options, arguments);
        let deliveries = session.answered(consume).await?;
        let generation = self.generation.current();
        Ok(Open { channel, deliveries, ledger: Ledger::default(), generation })
    }

    /// Passes a message on if there is room. There is, unless messages of a lost channel have not
    /// been taken yet.
    fn hand_over(&self, incoming: Incoming) -> Option<Incoming> {
        match self.messages.try_send(incoming) {
            Err(mpsc::error::TrySendError::Full(incoming)) => Some(incoming),
            // When nobody listens any more it is dropped here, which puts it back.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => None,
        }
    }

    /// The queue is closed: passes on the verdicts that have been given, and gives the rest back.
    async fn hang_up(&mut self, session: &Session, mut open: Open) -> Result<(), BrokerError> {
        self.generation.end();
        let mut told = Vec::new();
        while let Ok(verdict) = self.told.try_recv() {
            told.push(verdict);
        }
        open.settle(&mut told)?;
        session.answered(open.channel.close(200, "OK".into())).await
    }

    /// The consumer was dropped: what was not handed out goes back now, and the channel stays until
    /// verdicts are there for what was.
    async fn retire(&mut self, session: &Session, mut open: Open) -> Result<(), BrokerError> {
        let tag = open.deliveries.tag();
        let cancel = open.channel.basic_cancel(tag, BasicCancelOptions::default());
        session.answered(cancel).await?;
        while let Some(delivery) = open.deliveries.next().await {
            drop(open.receive(delivery?, &self.tell));
        }

        let mut told = Vec::new();
        while !open.ledger.is_empty() {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return self.hang_up(session, open).await,
                _ = self.told.recv_many(&mut told, VERDICTS_AT_ONCE) => open.settle(&mut told)?,
            }
        }
        session.answered(open.channel.close(200, "OK".into())).await
    }
}

impl Open {
    fn receive(&mut self, delivery: Delivery, tell: &mpsc::UnboundedSender<Told>) -> Incoming {
        self.ledger.deliver(delivery.delivery_tag);
        let body = Bytes::from(delivery.data);
        Incoming::new(self.generation, delivery.delivery_tag, body, tell.clone())
    }

    /// Tells the broker of verdicts, except of those on messages of an earlier channel.
    fn settle(&mut self, told: &mut Vec<Told>) -> Result<(), BrokerError> {
        let generation = self.generation;
        let verdicts = told
            .drain(..)
            .filter(|told| told.generation == generation)
            .map(|told| (told.tag, told.verdict));
        for command in self.ledger.settle(verdicts) {
            self.send(command)?;
        }
        Ok(())
    }

    /// Puts a command into the connection's outgoing buffer. Polling once does that; what the future
    /// goes on to wait for is the socket, and whether that still works shows elsewhere.
    fn send(&self, command: Command) -> Result<(), BrokerError> {
        let sent = match command {
            Command::Ack { tag, multiple } => {
                self.channel.basic_ack(tag, BasicAckOptions { multiple }).now_or_never()
            }
            Command::Reject { tag, requeue } => {
                self.channel.basic_reject(tag, BasicRejectOptions { requeue }).now_or_never()
            }
        };
        Ok(sent.unwrap_or(Ok(()))?)
    }
}
