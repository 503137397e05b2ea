//! The messages of the queues of ids: what is ready, several ids in one message, since a message for
//! each would make the broker the limit of the whole.

use bytes::Bytes;
use postrider_domain::{DeliveryId, InboxId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::DecodeError;

const VERSION: u64 = 1;

/// Deliveries that are ready to be attempted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryBatch {
    /// Their ids.
    pub ids: Vec<DeliveryId>,
}

impl DeliveryBatch {
    /// The media type of a message.
    pub const CONTENT_TYPE: &'static str = "application/json";

    /// Writes the message: `{"v":1,"ids":["dlv_…"]}`.
    pub fn encode(&self) -> Bytes {
        encode(&self.ids)
    }

    /// Reads a message. The version comes first: what another one means by `ids` is not guessed at.
    ///
    /// # Errors
    /// When it is malformed or of another version.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self { ids: decode(body)? })
    }
}

/// Received webhooks whose handlers are to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxBatch {
    /// Their ids.
    pub ids: Vec<InboxId>,
}

impl InboxBatch {
    /// The media type of a message.
    pub const CONTENT_TYPE: &'static str = "application/json";

    /// Writes the message: `{"v":1,"ids":["inb_…"]}`.
    pub fn encode(&self) -> Bytes {
        encode(&self.ids)
    }

    /// Reads a message, as [`DeliveryBatch::decode`] does.
    ///
    /// # Errors
    /// When it is malformed or of another version.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self { ids: decode(body)? })
    }
}

fn encode<I: Serialize>(ids: &[I]) -> Bytes {
    #[derive(Serialize)]
    struct Message<'a, I> {
        v: u64,
        ids: &'a [I],
    }
    serde_json::to_vec(&Message { v: VERSION, ids })
        .expect("writing text and numbers to memory cannot fail")
        .into()
}

fn decode<I: DeserializeOwned>(body: &[u8]) -> Result<Vec<I>, DecodeError> {
    #[derive(Deserialize)]
    struct Message<'a> {
        v: u64,
        #[serde(borrow)]
        ids: Option<&'a RawValue>,
    }
    let message: Message = serde_json::from_slice(body)?;
    if message.v != VERSION {
        return Err(DecodeError::Version(message.v));
    }
    let ids = message.ids.map_or("null", RawValue::get);
    Ok(serde_json::from_str(ids)?)
}

#[cfg(test)]
mod tests {
    use postrider_domain::InboxId;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::samples::delivery;

    fn received(number: u128) -> InboxId {
        InboxId(Uuid::from_u128(number))
    }

    #[test]
    fn a_batch_is_small_json_with_a_version() {
        let batch = DeliveryBatch { ids: vec![delivery(1), delivery(2)] };
        assert_eq!(
            batch.encode(),
            concat!(
                r#"{"v":1,"ids":["dlv_00000000000000000000000000000001","#,
                r#""dlv_00000000000000000000000000000002"]}"#
            )
        );
        let batch = InboxBatch { ids: vec![received(3)] };
        assert_eq!(batch.encode(), r#"{"v":1,"ids":["inb_00000000000000000000000000000003"]}"#);
    }

    #[test]
    fn another_version_is_told_from_a_broken_message() {
        for body in [r#"{"v":2,"ids":{"from":1}}"#, r#"{"v":2}"#] {
            assert!(matches!(DeliveryBatch::decode(body.as_bytes()), Err(DecodeError::Version(2))));
            assert!(matches!(InboxBatch::decode(body.as_bytes()), Err(DecodeError::Version(2))));
        }
        for body in ["", "[]", r#"{"ids":[]}"#, r#"{"v":1}"#, r#"{"v":1,"ids":["evt_1"]}"#] {
            let decoded = DeliveryBatch::decode(body.as_bytes());
            assert!(matches!(decoded, Err(DecodeError::Malformed(_))), "{body}");
            let decoded = InboxBatch::decode(body.as_bytes());
            assert!(matches!(decoded, Err(DecodeError::Malformed(_))), "{body}");
        }
    }

    #[test]
    fn ids_of_another_kind_are_refused() {
        let deliveries = DeliveryBatch { ids: vec![delivery(1)] }.encode();
        assert!(matches!(InboxBatch::decode(&deliveries), Err(DecodeError::Malformed(_))));
    }

    #[test]
    fn members_that_a_later_release_adds_are_passed_over() {
        let decoded = DeliveryBatch::decode(br#"{"v":1,"trace":{"a":1},"ids":[]}"#).unwrap();
        assert_eq!(decoded.ids, []);
    }

    proptest! {
        #[test]
        fn a_batch_reads_back_as_it_was_written(ids in prop::collection::vec(any::<u128>(), 0..300)) {
            let batch = InboxBatch { ids: ids.iter().copied().map(received).collect() };
            prop_assert_eq!(InboxBatch::decode(&batch.encode()).unwrap(), batch);
            let batch = DeliveryBatch { ids: ids.into_iter().map(delivery).collect() };
            prop_assert_eq!(DeliveryBatch::decode(&batch.encode()).unwrap(), batch);
        }
    }
}
