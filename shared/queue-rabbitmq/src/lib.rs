//! The queues on RabbitMQ (3.10 up to 4.x).
//!
//! # Theory of operation
//!
//! A [`RabbitQueue`] has two connections, because the broker blocks whole connections: when it runs
//! short of memory it stops reading from those that publish, and acknowledgements on the same one
//! would wait behind the very backlog that they are to shrink. The second is opened by the first
//! consumer, so a role that only publishes has one.
//!
//! Each connection is looked after by a supervisor (`link`) that connects, declares the topology,
//! waits until the connection is lost or doubted, and begins again, without end. lapin's own recovery
//! is switched off: it keeps the objects of a lost connection alive and replays what was declared on
//! each, but it gives up on a channel that the broker closed, it cannot know that a queue was deleted,
//! and it leaves open whether a confirm in flight will ever be resolved. Here nothing outlives its
//! connection: channels, confirms and delivery tags of a lost one are dead, and everybody starts
//! afresh.
//!
//! Every channel declares the whole topology when it opens. Declaring what exists costs well under a
//! millisecond each, and it makes one rule of healing: whoever finds the topology damaged (a message
//! came back unroutable, a consumer was cancelled because its queue is gone) throws its channel away
//! and opens another.
//!
//! **Publishing.** A publisher has a few channels (`lanes`), and each is used by one call at a time,
//! which sends everything and then awaits every confirm. This is not thrift with locks but a matter
//! of correctness: RabbitMQ confirms a message that it could not route, and only sends the message
//! back first; lapin hands a message that came back to whichever confirm it resolves next. With
//! several calls on a channel one would be told of the other's loss, and the other of success. With
//! one, whatever comes back belongs to it. A call that fails, is cancelled or runs out of time leaves
//! its channel unusable, so the lane is dropped.
//!
//! **Consuming.** One task per consumer owns its channel. It moves messages into a bounded channel,
//! and verdicts come back to it over another; acks of neighbouring messages are sent as one.
//! Messages carry the generation of their channel: when the channel is lost, those not handed out yet
//! are dropped, and verdicts of those that were are ignored, as the broker delivers all of them
//! again.
//!
//! **Foreign exchanges.** An [`ExchangePublisher`] publishes to exchanges that are not ours: it declares
//! nothing, connects when there is something to publish, and has neither supervisor nor tasks. Its
//! lanes are the same.
//!
//! # What is not guaranteed
//!
//! - A publish that failed may have queued some of its messages, or all of them.
//! - After a lost connection a message may be delivered again while its first delivery is still being
//!   worked on, so there may be more than `prefetch` of them in work for a while.
//! - Messages published at the same time by several callers have no order between them.
//! - While the events queue itself is missing but another service's queue is bound to the exchange,
//!   a publish succeeds: the broker could route the message. It is declared again by whoever connects
//!   next.
#![warn(missing_docs)]

mod address;
mod consumer;
mod error;
mod exchange;
mod lanes;
mod ledger;
mod link;
mod publisher;
mod queue;
mod session;
mod settings;
mod subscription;
mod topology;
mod wire;

pub use exchange::{ExchangeError, ExchangeMessage, ExchangePublisher};
pub use queue::RabbitQueue;
pub use settings::RabbitSettings;
