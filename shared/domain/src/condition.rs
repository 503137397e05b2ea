//! Conditions: which of the events that match a registration's filters it is told of.
//!
//! A condition is the filter expression of RFC 9535 (`JSONPath`), as in
//! `@.data.pages > 5 && @.type == 'Executed'`: what stands between `$[?(` and `)]` in the query that
//! selects the event from an array of it alone. What does not compare is not an error: values of
//! different types are unequal and none is less than the other, and a member that is missing equals
//! nothing but another missing one (so `@.actor != 'ana'` holds when there is no `actor`).
//!
//! The text is parsed by a library, and evaluated here. Its own evaluation gives every node a copy
//! of its path, which for a long member name above a long array is more memory than there is, and
//! compiles the patterns of `match` and `search` anew each time. Ours visits references, so that a
//! condition costs about the size of the event times the length of the text, whatever both are:
//! * what multiplies is refused or counted: `..`, filters in filters, wildcards, slices, lists, and
//!   comparisons that go through two whole arrays or objects;
//! * what makes parsing slow is refused before it is parsed: functions in functions in functions;
//! * patterns are literals, and weighed when they are read and again against the text they search.

use std::str::FromStr;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::{Event, EventId, EventType, FilterName, Invalid, Resource, Timestamp};

mod evaluate;
mod expression;
mod pattern;
mod read;
mod scan;
mod syntax;
#[cfg(test)]
mod tests;

use expression::Expression;

/// A condition on events: an RFC 9535 filter expression, `@` is the [`document`] of the event.
///
/// Integers are compared exactly from −2⁶³ to 2⁶⁴−1; larger ones, and an integer with a fraction,
/// are compared as 64-bit floating point numbers, and so lose digits beyond 2⁵³.
#[derive(Debug, Clone)]
pub struct Condition {
    text: String,
    expression: Arc<Expression>,
}

/// Why it cannot be told whether an event satisfies a condition.
#[derive(Debug, thiserror::Error)]
pub enum ConditionError {
    /// The data is JSON, and yet no value: it nests deeper than 127 levels, has a lone surrogate, or
    /// a number out of the range of floating point.
    #[error("the data of the event cannot be read by a condition")]
    Data(#[source] serde_json::Error),
    /// Searching the text for the patterns of the condition could take too long.
    #[error("a text of {bytes} bytes is too long for the patterns of the condition")]
    TextTooLong {
        /// The length of the text.
        bytes: usize,
    },
}

impl Condition {
    /// The longest condition, in bytes.
    pub const MAX_LENGTH: usize = 512;

    /// The condition as it was written, without white space around it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// About how much memory it takes, in bytes.
    pub fn footprint(&self) -> usize {
        size_of::<Expression>() + 2 * Self::MAX_LENGTH + self.expression.footprint()
    }

    /// Whether the event satisfies it.
    ///
    /// # Errors
    /// When the data of the event cannot be read, or a text in it is too long for a pattern.
    pub fn holds(&self, event: &Event) -> Result<bool, ConditionError> {
        self.holds_in(&document(event)?)
    }

    /// Whether the event of a [`document`] satisfies it: one document serves many conditions.
    ///
    /// # Errors
    /// When a text in the document is too long for a pattern.
    pub fn holds_in(&self, document: &Value) -> Result<bool, ConditionError> {
        self.expression.holds(document)
    }
}

impl FromStr for Condition {
    type Err = Invalid;
    /// Reads an expression of at most 512 bytes that cannot take long to evaluate.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Invalid::new("a condition is empty"));
        }
        if text.len() > Self::MAX_LENGTH {
            let most = Self::MAX_LENGTH;
            return Err(Invalid::new(format!("a condition is longer than {most} bytes")));
        }
        if text.chars().any(char::is_control) {
            return Err(Invalid::new("a condition contains a control character"));
        }
        scan::check(text)?;
        let filter = syntax::parse(text)?;
        let expression = Arc::new(read::read(&filter)?);
        Ok(Self { text: text.to_owned(), expression })
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}

/// What a condition sees of an event besides its data.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    id: EventId,
    filter: &'a FilterName,
    r#type: &'a EventType,
    resource: &'a Resource,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    occurred_at: Timestamp,
    accepted_at: Timestamp,
}

/// The event as conditions see it: with the members that the API shows, without who published it and
/// for whom. `data` is `null` when there is none.
///
/// # Errors
/// When the data nests too deep, or has a text or a number that is none.
pub fn document(event: &Event) -> Result<Value, ConditionError> {
    let head = Head {
        id: event.id,
        filter: &event.filter,
        r#type: &event.event_type,
        resource: &event.resource,
        actor: event.actor.as_deref(),
        occurred_at: event.occurred_at,
        accepted_at: event.accepted_at,
    };
    let mut document = serde_json::to_value(head).map_err(ConditionError::Data)?;
    let data = event.data.as_ref().map(|data| serde_json::from_str(data.get())).transpose();
    document["data"] = data.map_err(ConditionError::Data)?.unwrap_or(Value::Null);
    Ok(document)
}

/// A refusal that shows where in `text`, which is `offset` bytes in.
fn refused_at(text: &str, offset: usize, explanation: &str) -> Invalid {
    const SHOWN: usize = 20;
    let (before, rest) = text.split_at(text.floor_char_boundary(offset));
    let shown: String = rest.chars().take(SHOWN).collect();
    if shown.is_empty() {
        return Invalid::new(format!("the condition is wrong at its end: {explanation}"));
    }
    let character = before.chars().count() + 1;
    Invalid::new(format!(
        "the condition is wrong at character {character} (`{shown}`): {explanation}"
    ))
}
