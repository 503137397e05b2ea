//! What the JSON bodies have in common.

use bytes::Bytes;
use postrider_domain::Event;
use serde::Serialize;

/// Writes a body without white space; what others wrote stays as it is. `room` is how many bytes it
/// will have, roughly.
pub(crate) fn bytes(body: &impl Serialize, room: usize) -> Bytes {
    let mut buffer = Vec::with_capacity(room);
    serde_json::to_writer(&mut buffer, body)
        .expect("writing text and numbers to memory cannot fail");
    buffer.into()
}

/// About how many bytes the events take in a body of any format.
pub(crate) fn room_for(events: &[Event]) -> usize {
    let data = |event: &Event| event.data.as_ref().map_or(0, |data| data.get().len());
    512 * (1 + events.len()) + events.iter().map(data).sum::<usize>()
}
