//! Submissions: the events of one publish request, which are stored together or not at all.

use std::collections::HashMap;

use crate::{Event, EventId};
use uuid::Uuid;

/// What makes a repeated publish harmless: the same key with the same content is the same event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventKey {
    /// Whose keys these are: the publishing user.
    pub scope: Uuid,
    /// The `Idempotency-Key` with the event's place in the request, or the event's own id.
    pub key: String,
}

/// An event that a publisher sent.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The event.
    pub event: Event,
    /// Its key and the SHA-256 of its content, when its publisher gave one.
    pub key: Option<(EventKey, [u8; 32])>,
}

/// The events of one publish request.
pub type Submission = Vec<NewEvent>;

/// Which keys are taken, by which event and with which content.
pub type TakenKeys = HashMap<EventKey, (EventId, [u8; 32])>;

/// What became of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmissionOutcome {
    /// Every event is stored; per event its id, and whether it was there before.
    Accepted(Vec<AcceptedEvent>),
    /// Nothing was stored: a key was used before for other content.
    Conflict {
        /// The place of the event in its submission.
        index: usize,
        /// The event that has the key.
        existing: EventId,
    },
}

/// One stored event of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedEvent {
    /// Its id: that of the first event with its key.
    pub id: EventId,
    /// Whether it had been accepted before.
    pub duplicate: bool,
}

/// Decides what becomes of `submissions`, in order, given the keys that are stored already.
///
/// A submission without a conflict claims its keys for those after it; one with a conflict claims
/// nothing.
pub fn decide(submissions: &[Submission], stored: &TakenKeys) -> Vec<SubmissionOutcome> {
    let mut taken = stored.clone();
    submissions.iter().map(|submission| decide_one(submission, &mut taken)).collect()
}

fn decide_one(submission: &Submission, taken: &mut TakenKeys) -> SubmissionOutcome {
    let mut claimed: HashMap<&EventKey, (EventId, [u8; 32])> = HashMap::new();
    let mut accepted = Vec::with_capacity(submission.len());
    for (index, new) in submission.iter().enumerate() {
        let fresh = AcceptedEvent { id: new.event.id, duplicate: false };
        let Some((key, content)) = &new.key else {
            accepted.push(fresh);
            continue;
        };
        match taken.get(key).or_else(|| claimed.get(key)) {
            Some((existing, known)) if known != content => {
                return SubmissionOutcome::Conflict { index, existing: *existing };
            }
            Some((existing, _)) => accepted.push(AcceptedEvent { id: *existing, duplicate: true }),
            None => {
                claimed.insert(key, (new.event.id, *content));
                accepted.push(fresh);
            }
        }
    }
    taken.extend(claimed.into_iter().map(|(key, value)| (key.clone(), value)));
    SubmissionOutcome::Accepted(accepted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Resource, Timestamp};

    fn id(n: u128) -> EventId {
        EventId(Uuid::from_u128(n))
    }

    fn event(n: u128, key: Option<(&str, u8)>) -> NewEvent {
        NewEvent {
            event: Event {
                id: id(n),
                filter: "reports".parse().unwrap(),
                event_type: "Added".parse().unwrap(),
                resource: Resource { id: "42".into(), name: None, category: None },
                actor: None,
                occurred_at: Timestamp::EPOCH,
                accepted_at: Timestamp::EPOCH,
                data: None,
                publisher: None,
                audience: None,
            },
            key: key.map(|(key, content)| {
                (EventKey { scope: Uuid::nil(), key: key.into() }, [content; 32])
            }),
        }
    }

    fn accepted(ids: &[(u128, bool)]) -> SubmissionOutcome {
        SubmissionOutcome::Accepted(
            ids.iter().map(|&(n, duplicate)| AcceptedEvent { id: id(n), duplicate }).collect(),
        )
    }

    #[test]
    fn a_repeated_key_with_the_same_content_names_the_first_event() {
        let submissions =
            [vec![event(1, Some(("a", 1))), event(2, None)], vec![event(3, Some(("a", 1)))]];
        let outcomes = decide(&submissions, &HashMap::new());
        assert_eq!(outcomes, [accepted(&[(1, false), (2, false)]), accepted(&[(1, true)])]);
    }

    #[test]
    fn a_repeated_key_with_other_content_refuses_its_whole_submission_and_no_other() {
        let submissions = [
            vec![event(1, Some(("a", 1)))],
            vec![event(2, Some(("b", 1))), event(3, Some(("a", 2)))],
            vec![event(4, Some(("b", 9)))],
        ];
        let outcomes = decide(&submissions, &HashMap::new());
        assert_eq!(
            outcomes,
            [
                accepted(&[(1, false)]),
                SubmissionOutcome::Conflict { index: 1, existing: id(1) },
                accepted(&[(4, false)])
            ]
        );
    }

    #[test]
    fn a_key_twice_in_one_submission_is_one_event() {
        let outcomes =
            decide(&[vec![event(1, Some(("a", 1))), event(2, Some(("a", 1)))]], &HashMap::new());
        assert_eq!(outcomes, [accepted(&[(1, false), (1, true)])]);
    }
}
