//! Ranges of time as ranges of ids.
//!
//! An id begins with a time in milliseconds: that of an event and of its deliveries with the time of
//! the event's acceptance, that of an attempt with the time of its making. What is asked for by time
//! is so read in the order of the primary key, to the millisecond.

use crate::{DeliveryId, EventId, Timestamp};
use uuid::Uuid;

/// How many bits of an id follow its time.
const TAIL: u32 = 80;
/// The last millisecond that an id can name.
const LAST_MILLI: u64 = (1 << 48) - 1;

/// The smallest id of a moment.
pub fn first_id(at: Timestamp) -> Uuid {
    Uuid::from_u128(u128::from(at.as_millis().min(LAST_MILLI)) << TAIL)
}

/// The moment that an id begins with.
pub fn time_of(id: Uuid) -> Timestamp {
    let millis = i64::try_from(id.as_u128() >> TAIL).unwrap_or(i64::MAX);
    Timestamp::from_micros(millis.saturating_mul(1_000))
}

/// Ids from the first to the last, both included. Empty when the last is before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdRange {
    /// The first of them.
    pub first: Uuid,
    /// The last of them.
    pub last: Uuid,
}

impl IdRange {
    /// Deliveries whose event was accepted at `from` or later, and before `to`.
    pub fn between(from: Option<Timestamp>, to: Option<Timestamp>) -> Self {
        let first = from.map_or(Uuid::nil(), first_id);
        match to.map(|to| first_id(to).as_u128().checked_sub(1)) {
            None => Self { first, last: Uuid::max() },
            Some(Some(last)) => Self { first, last: Uuid::from_u128(last) },
            // Nothing is before the first of all.
            Some(None) => Self { first: Uuid::max(), last: Uuid::nil() },
        }
    }

    /// Those of them that come after `id`.
    #[must_use]
    pub fn after(self, id: Uuid) -> Self {
        match id.as_u128().checked_add(1) {
            Some(next) => Self { first: self.first.max(Uuid::from_u128(next)), ..self },
            None => Self { first: Uuid::max(), last: Uuid::nil() },
        }
    }

    /// Those of them that come before `id`, or all when there is none.
    #[must_use]
    pub fn before(self, id: Option<Uuid>) -> Self {
        match id.map(|id| id.as_u128().checked_sub(1)) {
            None => self,
            Some(Some(last)) => Self { last: self.last.min(Uuid::from_u128(last)), ..self },
            Some(None) => Self { first: Uuid::max(), last: Uuid::nil() },
        }
    }

    /// The same, with all of the first and of the last millisecond.
    #[must_use]
    pub fn whole_millis(self) -> Self {
        let tail = (1 << TAIL) - 1;
        Self {
            first: Uuid::from_u128(self.first.as_u128() & !tail),
            last: Uuid::from_u128(self.last.as_u128() | tail),
        }
    }

    /// Those of them that deliveries of `event` can have.
    #[must_use]
    pub fn of_event(self, event: EventId) -> Self {
        let (first, last) = DeliveryId::range_of(event);
        Self { first: self.first.max(first.0), last: self.last.min(last.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_micros(1_795_248_000_123_456);

    fn event(millis: u64) -> EventId {
        EventId(uuid::Builder::from_unix_timestamp_millis(millis, &[7; 10]).into_uuid())
    }

    fn has(range: IdRange, id: Uuid) -> bool {
        range.first <= id && id <= range.last
    }

    #[test]
    fn a_range_has_its_first_millisecond_and_not_its_last() {
        let range = IdRange::between(Some(AT), Some(AT + std::time::Duration::from_millis(2)));
        let expected = [(122, false), (123, true), (124, true), (125, false)];
        for (millis, inside) in expected {
            assert_eq!(has(range, event(1_795_248_000_000 + millis).0), inside, "{millis}");
        }
    }

    #[test]
    fn without_bounds_everything_is_inside_and_before_the_first_moment_nothing() {
        for id in [Uuid::nil(), event(5).0, Uuid::max()] {
            assert!(has(IdRange::between(None, None), id));
            assert!(!has(IdRange::between(None, Some(Timestamp::EPOCH)), id));
        }
    }

    #[test]
    fn the_range_of_an_event_outside_is_empty() {
        let range = IdRange::between(Some(AT), None);
        let (inside, outside) = (event(AT.as_millis()), event(AT.as_millis() - 1));
        assert!(has(range.of_event(inside), inside.0));
        let empty = range.of_event(outside);
        assert!(empty.last < empty.first);
    }

    #[test]
    fn what_comes_after_an_id_begins_with_the_next_one() {
        let range = IdRange::between(Some(AT), None);
        assert_eq!(range.after(Uuid::nil()), range);
        let id = event(AT.as_millis() + 1).0;
        let after = range.after(id);
        assert!(!has(after, id));
        assert!(has(after, Uuid::from_u128(id.as_u128() + 1)));
        assert!(!has(range.after(Uuid::max()), Uuid::max()));
    }

    #[test]
    fn what_comes_before_an_id_ends_with_the_one_before() {
        let range = IdRange::between(Some(AT), None);
        assert_eq!(range.before(None), range);
        let id = event(AT.as_millis() + 1).0;
        assert!(!has(range.before(Some(id)), id));
        assert!(has(range.before(Some(id)), Uuid::from_u128(id.as_u128() - 1)));
        let nothing = range.before(Some(Uuid::nil()));
        assert!(nothing.last < nothing.first);
    }

    #[test]
    fn whole_milliseconds_have_all_ids_of_the_first_and_the_last_and_none_of_others() {
        let at = |millis: u64| event(AT.as_millis() + millis).0;
        let range = IdRange { first: at(1), last: at(3) }.whole_millis();
        assert!(has(range, first_id(AT + std::time::Duration::from_millis(1))));
        assert!(has(range, DeliveryId::range_of(EventId(at(3))).1.0));
        assert!(!has(range, at(0)) && !has(range, at(4)));
        let empty = IdRange::between(None, Some(Timestamp::EPOCH)).whole_millis();
        assert!(empty.last < empty.first);
    }

    #[test]
    fn an_id_names_its_time_to_the_millisecond() {
        assert_eq!(time_of(first_id(AT)), Timestamp::from_micros(1_795_248_000_123_000));
    }
}
