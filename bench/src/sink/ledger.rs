//! What was received.

use std::hash::{DefaultHasher, Hasher};

use serde::{Deserialize, Serialize};

use super::request::Request;
use crate::clock::now_micros;
use crate::payload::Stamp;

/// One received delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Receipt {
    /// Which registration it was for.
    pub(crate) registration: u32,
    /// The number of its event.
    pub(crate) sequence: u32,
    /// When the event's request was begun, in microseconds since 1970.
    pub(crate) sent_at: i64,
    /// When its last byte was here, in microseconds since 1970.
    pub(crate) received_at: i64,
    /// A hash of its `webhook-id`: the same for every attempt of one delivery.
    pub(crate) message: u64,
}

/// Every receipt of a scenario.
pub(super) struct Ledger {
    registrations: u32,
    events: u32,
    receipts: Vec<Receipt>,
    seen: Vec<bool>,
    distinct: u32,
}

impl Ledger {
    /// Room for a delivery of each event to each registration.
    pub(super) fn new(registrations: u32, events: u32) -> Self {
        let deliveries = registrations as usize * events as usize;
        Self {
            registrations,
            events,
            receipts: Vec::with_capacity(deliveries),
            seen: vec![false; deliveries],
            distinct: 0,
        }
    }

    /// Enters a request, and returns the status to answer it with.
    pub(super) fn record(&mut self, request: &Request<'_>) -> &'static str {
        let Some(receipt) = self.read(request) else {
            return "400 Bad Request";
        };
        let place =
            receipt.registration as usize * self.events as usize + receipt.sequence as usize;
        if !std::mem::replace(&mut self.seen[place], true) {
            self.distinct += 1;
        }
        self.receipts.push(receipt);
        "200 OK"
    }

    /// The receipt of a request that is one of the scenario's deliveries.
    fn read(&self, request: &Request<'_>) -> Option<Receipt> {
        let registration = request.path.strip_prefix('/')?.parse().ok()?;
        let Stamp { sequence, sent_at } = Stamp::find(request.body)?;
        let mut hasher = DefaultHasher::new();
        hasher.write(request.message);
        (registration < self.registrations && sequence < self.events).then(|| Receipt {
            registration,
            sequence,
            sent_at,
            received_at: now_micros(),
            message: hasher.finish(),
        })
    }

    /// How many different deliveries came.
    pub(super) fn distinct(&self) -> u32 {
        self.distinct
    }

    /// Everything that came, in order.
    pub(super) fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }
}
