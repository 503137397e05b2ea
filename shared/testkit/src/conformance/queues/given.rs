//! What cases start from: messages that tell themselves apart, and taking a number of them.

use bytes::Bytes;
use postrider_domain::ports::{Consumer, Outgoing, QueueError, Received};

/// A message with this body.
pub fn message(body: impl Into<Bytes>) -> Outgoing {
    Outgoing {
        routing_key: "tasks.Completed".into(),
        content_type: "text/plain",
        body: body.into(),
    }
}

/// Messages with the bodies `{name}-0`, `{name}-1`, …
pub fn messages(name: &str, count: usize) -> Vec<Outgoing> {
    bodies(name, count).into_iter().map(message).collect()
}

/// The bodies of [`messages`].
pub fn bodies(name: &str, count: usize) -> Vec<Bytes> {
    (0..count).map(|number| Bytes::from(format!("{name}-{number}"))).collect()
}

/// Takes exactly `count` messages, unsettled.
pub async fn take(consumer: &mut dyn Consumer, count: usize) -> Result<Vec<Received>, QueueError> {
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.extend(consumer.next(count - taken.len()).await?);
    }
    Ok(taken)
}

/// Takes exactly `count` messages, acknowledging them as they come, and returns their bodies.
pub async fn drain(consumer: &mut dyn Consumer, count: usize) -> Result<Vec<Bytes>, QueueError> {
    let mut bodies = Vec::new();
    while bodies.len() < count {
        let taken = consumer.next(count - bodies.len()).await?;
        bodies.extend(taken.into_iter().map(ack));
    }
    Ok(bodies)
}

/// Acknowledges a message and returns its body.
pub fn ack(message: Received) -> Bytes {
    let body = message.body.clone();
    message.ack();
    body
}

/// Sorts bodies, for comparing what has no order.
pub fn sorted(mut bodies: Vec<Bytes>) -> Vec<Bytes> {
    bodies.sort();
    bodies
}
