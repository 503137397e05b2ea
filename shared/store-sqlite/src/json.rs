//! Batches as parameters. SQLite has no arrays, but `json_each` turns a JSON array into rows.
//!
//! A batch as one statement is not only shorter: every statement passes to the thread of the
//! connection and back, which takes longer than what most of them do.

use serde::{Serialize, Serializer};
use uuid::Uuid;

/// Lists and maps of text as JSON. A statement reads a batch as `json_each($1)`, with the members of
/// its rows as `value ->> 'name'`.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("lists and maps with text keys can be written")
}

/// A text without the one character that would end it early when it is read from JSON.
pub(crate) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// A list of ids, to be read as `SELECT unhex(value, '-') FROM json_each($1)`.
pub(crate) fn id_list(ids: impl IntoIterator<Item = Uuid>) -> String {
    json(&ids.into_iter().collect::<Vec<_>>())
}

/// Bytes in a row of a batch, to be read as `unhex(value ->> 'name')`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}
