//! How what may go in one call is shared between registrations.

use super::{FlowState, Release, ReleasePolicy, Waiting};
use crate::{DeliveryOptions, RegistrationId, Timestamp};

/// A registration whose time to be looked at has come, and what waits for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// The registration.
    pub registration: RegistrationId,
    /// How it does.
    pub state: FlowState,
    /// Its options.
    pub options: DeliveryOptions,
    /// What waits.
    pub waiting: Waiting,
}

impl Due {
    /// How many deliveries would empty it.
    fn wanted(&self) -> u32 {
        self.waiting.held.div_ceil(self.options.events_per_delivery())
    }
}

/// Decides for each of `due`, of which there are at most `limit`, what goes: `limit` deliveries
/// together; and whether that was too few. Those that ask for little get all of it, and the others
/// share the rest, so that none that has much keeps another one waiting.
///
/// Sorts `due`; the decisions are in its new order.
pub fn share_out(
    due: &mut [Due],
    policy: &ReleasePolicy,
    now: Timestamp,
    limit: u32,
) -> (Vec<Release>, bool) {
    due.sort_by_key(Due::wanted);
    let (mut decided, mut left, mut cut) = (Vec::with_capacity(due.len()), limit, false);
    let total = due.len();
    for (index, due) in due.iter_mut().enumerate() {
        let others = u32::try_from(total - index).unwrap_or(u32::MAX);
        // At least one, since there are not more of them than deliveries.
        let share = left.div_ceil(others);
        let held = due.waiting.held.min(share.saturating_mul(due.options.events_per_delivery()));
        let waiting = Waiting { held, ..due.waiting };
        let release = due.state.release(waiting, &due.options, policy, now);
        let count = match release {
            Release::Nothing => 0,
            Release::Probe => 1,
            Release::Deliveries(count) | Release::Bundles { bundles: count, .. } => count,
        };
        cut |= count == share && held < due.waiting.held;
        left -= count;
        decided.push(release);
    }
    (decided, cut)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::Batching;

    const NOW: Timestamp = Timestamp::from_micros(1_795_248_000_000_000);

    fn due(held: &[u32]) -> Vec<Due> {
        let due = |(index, &held): (usize, &u32)| Due {
            registration: RegistrationId(Uuid::from_u128(index as u128)),
            state: FlowState { release_at: Some(NOW), ..FlowState::default() },
            options: DeliveryOptions::default(),
            waiting: Waiting { held, oldest_at: Some(NOW), ..Waiting::default() },
        };
        held.iter().enumerate().map(due).collect()
    }

    /// How many go of each, in the order in which they are given, and whether that was too few.
    fn shares(held: &[u32], limit: u32) -> (Vec<u32>, bool) {
        let mut due = due(held);
        let (decided, cut) = share_out(&mut due, &ReleasePolicy::default(), NOW, limit);
        let mut shares = vec![0; held.len()];
        for (due, release) in due.iter().zip(decided) {
            if let Release::Deliveries(count) = release {
                let (_, index) = due.registration.0.as_u64_pair();
                shares[usize::try_from(index).unwrap()] = count;
            }
        }
        (shares, cut)
    }

    #[test]
    fn those_that_have_little_get_all_of_it_and_the_others_share_the_rest() {
        assert_eq!(shares(&[1000, 3, 1000, 0], 103), (vec![50, 3, 50, 0], true));
        assert_eq!(shares(&[5, 3, 1], 9), (vec![5, 3, 1], false));
        assert_eq!(shares(&[5, 3, 1], 8), (vec![4, 3, 1], true));
    }

    #[test]
    fn each_gets_one_where_there_are_as_many_registrations_as_deliveries() {
        assert_eq!(shares(&[9, 8, 7], 3), (vec![1, 1, 1], true));
        assert_eq!(shares(&[1, 0, 7], 3), (vec![1, 0, 2], true));
    }

    #[test]
    fn a_share_is_of_deliveries_and_not_of_what_they_carry() {
        let mut due = due(&[1000]);
        let batch = Batching::try_new(10, Duration::from_secs(1)).unwrap();
        due[0].options.batch = Some(batch);
        let (decided, cut) = share_out(&mut due, &ReleasePolicy::default(), NOW, 3);
        assert_eq!((decided, cut), (vec![Release::Bundles { bundles: 3, events: 10 }], true));
    }
}
