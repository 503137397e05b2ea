//! Several deliveries as one.

use crate::DeliveryId;

/// A held delivery that may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub delivery: DeliveryId,
    /// The size of its event's data, in bytes.
    pub bytes: u64,
    /// It was sent before, and is sent again as it was: a receiver that knows its id must not take
    /// what else would be in it for a repeat.
    pub goes_alone: bool,
}

/// Deliveries that go as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The oldest, which is sent.
    pub carrier: DeliveryId,
    /// The others, whose events go with it.
    pub members: Vec<DeliveryId>,
    bytes: u64,
}

impl Bundle {
    /// The most data that several events bring into one delivery, in bytes: many receivers, and what
    /// stands before them, take no more than a megabyte. One event may have what it has.
    pub const MAX_BYTES: u64 = 768 * 1024;

    fn of(candidate: &Candidate) -> Self {
        Self { carrier: candidate.delivery, members: Vec::new(), bytes: candidate.bytes }
    }

    /// How many events it carries.
    pub fn events(&self) -> usize {
        self.members.len() + 1
    }
}

/// Forms up to `bundles` of up to `events` of the `oldest`. One that is not full is the last to go: it
/// may have to wait for others, and the rest need not.
pub fn form_bundles<'a>(
    oldest: impl IntoIterator<Item = &'a Candidate>,
    bundles: usize,
    events: usize,
) -> Vec<Bundle> {
    let (mut formed, mut open) = (Vec::new(), None::<Bundle>);
    for candidate in oldest {
        if candidate.goes_alone {
            formed.push(Bundle::of(candidate));
            continue;
        }
        let bundle = match open.take() {
            Some(mut bundle)
                if bundle.bytes.saturating_add(candidate.bytes) <= Bundle::MAX_BYTES =>
            {
                bundle.members.push(candidate.delivery);
                bundle.bytes += candidate.bytes;
                bundle
            }
            too_large => {
                formed.extend(too_large);
                Bundle::of(candidate)
            }
        };
        if bundle.events() < events {
            open = Some(bundle);
        } else {
            formed.push(bundle);
        }
    }
    formed.sort_unstable_by_key(|bundle| bundle.carrier);
    formed.extend(open);
    formed.truncate(bundles);
    formed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(number: u128) -> DeliveryId {
        DeliveryId(uuid::Uuid::from_u128(number))
    }

    fn number(delivery: DeliveryId) -> u128 {
        delivery.0.as_u128()
    }

    fn form(oldest: &[Candidate], bundles: usize, events: usize) -> Vec<Vec<u128>> {
        let numbers = |bundle: &Bundle| {
            let members = bundle.members.iter().copied();
            std::iter::once(bundle.carrier).chain(members).map(number).collect()
        };
        form_bundles(oldest, bundles, events).iter().map(numbers).collect()
    }

    /// Bundles of deliveries with these numbers, of which some go alone.
    fn formed(oldest: &[u128], alone: &[u128], bundles: usize, events: usize) -> Vec<Vec<u128>> {
        let candidate = |&number| {
            let goes_alone = alone.contains(&number);
            Candidate { delivery: delivery(number), bytes: 1, goes_alone }
        };
        form(&oldest.iter().map(candidate).collect::<Vec<_>>(), bundles, events)
    }

    #[test]
    fn the_oldest_of_each_bundle_carries_the_others_and_the_last_one_what_is_left() {
        assert_eq!(formed(&[1, 2, 3, 4, 5], &[], 2, 3), [vec![1, 2, 3], vec![4, 5]]);
        assert_eq!(formed(&[1, 2, 3, 4, 5], &[], 1, 3), [vec![1, 2, 3]]);
        assert_eq!(formed(&[1], &[], 1, 3), [vec![1]]);
        assert_eq!(formed(&[], &[], 1, 3), Vec::<Vec<u128>>::new());
    }

    #[test]
    fn what_goes_alone_takes_no_others_along_and_goes_in_its_turn() {
        assert_eq!(formed(&[1, 2, 3, 4], &[2], 3, 2), [vec![1, 3], vec![2], vec![4]]);
        assert_eq!(formed(&[1, 2, 3], &[1], 2, 2), [vec![1], vec![2, 3]]);
        assert_eq!(formed(&[1, 2, 3], &[3], 2, 2), [vec![1, 2], vec![3]]);
    }

    #[test]
    fn one_that_is_not_full_waits_for_those_that_are() {
        assert_eq!(formed(&[1, 2, 3], &[3], 1, 3), [vec![3]]);
    }

    #[test]
    fn a_bundle_with_much_data_has_fewer_events() {
        let large = Bundle::MAX_BYTES / 2;
        let of =
            |(number, bytes)| Candidate { delivery: delivery(number), bytes, goes_alone: false };
        let oldest = [(1, large), (2, large), (3, 1), (4, Bundle::MAX_BYTES + 1), (5, 1)].map(of);
        assert_eq!(form(&oldest, 9, 10), [vec![1, 2], vec![3], vec![4], vec![5]]);
    }
}
