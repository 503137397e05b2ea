//! What is on its way to a registration that is deleted, when it is very much.

use futures_util::future::try_join_all;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{BURIED_AT_ONCE, Buried, RegistrationRemoval, Store};
use postrider_domain::{DeliveryId, DeliveryState, Settlement, Visibility};

use super::CaseResult;
use super::given::{self, LATER, NOW, Pending, seconds};

const ALL: Visibility = Visibility::All;
/// A few more than are given up at once.
const MANY: usize = BURIED_AT_ONCE as usize + 60;

/// Gives up in steps of `limit` until there is no more; how many.
async fn bury_all(store: &dyn Store, limit: u32) -> anyhow::Result<u64> {
    let mut total = 0;
    for _ in 0..1000 {
        let Buried { deliveries, more } = store.bury_deliveries(LATER, limit).await?;
        anyhow::ensure!(deliveries <= u64::from(limit), "no more than {limit}: {deliveries}");
        total += deliveries;
        if !more {
            return Ok(total);
        }
    }
    anyhow::bail!("it does not come to an end: {total}")
}

/// How many of these are dead because their registration was deleted.
async fn buried(store: &dyn Store, deliveries: &[DeliveryId]) -> anyhow::Result<usize> {
    let mut buried = 0;
    for delivery in deliveries {
        let found = given::look(store, *delivery).await?;
        if found.dead_reason == Some(DeadReason::RegistrationDeleted) {
            anyhow::ensure!(found.state == DeliveryState::Dead, "{found:?}");
            anyhow::ensure!((found.hold_reason, found.settled_at) == (None, Some(LATER)));
            buried += 1;
        }
    }
    Ok(buried)
}

pub async fn of_very_many_held_some_are_given_up_at_once_and_all_after_a_while(
    store: &dyn Store,
) -> CaseResult {
    let Pending { registration, deliveries } = given::held_of(store, MANY).await?;
    let other = given::held_of(store, 3).await?;
    let removal = store.delete_registration(ALL, registration.id, None, LATER).await?;
    assert_eq!(removal, RegistrationRemoval::Done { owner: registration.owner });
    assert_eq!(buried(store, &deliveries).await?, BURIED_AT_ONCE as usize);
    assert_eq!(buried(store, &deliveries[60..]).await?, BURIED_AT_ONCE as usize, "the newest");
    assert_eq!(bury_all(store, 25).await?, 60);
    assert_eq!(buried(store, &deliveries).await?, MANY);
    assert_eq!(store.bury_deliveries(LATER, 25).await?, Buried::default());
    assert_eq!(given::states(store, &other.deliveries).await?, [DeliveryState::Held; 3]);
    Ok(())
}

pub async fn what_is_on_its_way_to_a_deleted_user_is_given_up_after_a_while(
    store: &dyn Store,
) -> CaseResult {
    let ada = given::reader(store, "ada").await?;
    let mut deliveries = Vec::new();
    for _ in 0..2 {
        let registration = given::registration(store, ada).await?;
        let resource = given::more(store, &registration, MANY / 2).await?;
        deliveries.extend(resource);
    }
    store.delete_user(ada, None, LATER).await?;
    let at_once = buried(store, &deliveries).await?;
    assert!((1..MANY).contains(&at_once), "{at_once}");
    bury_all(store, 400).await?;
    assert_eq!(buried(store, &deliveries).await?, deliveries.len());
    assert_eq!(given::claim(store, &deliveries[..100], LATER).await?.len(), 0);
    Ok(())
}

pub async fn what_was_settled_before_stays_as_it_was(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::pending_of(store, MANY).await?;
    let dead = Settlement::Dead { reason: DeadReason::Exhausted };
    given::settle(store, deliveries[0], Settlement::Delivered, NOW).await?;
    given::settle(store, deliveries[1], dead, NOW).await?;
    store.delete_registration(ALL, registration.id, None, LATER).await?;
    assert_eq!(bury_all(store, 25).await?, 58);
    let delivered = given::look(store, deliveries[0]).await?;
    assert_eq!((delivered.state, delivered.settled_at), (DeliveryState::Delivered, Some(NOW)));
    let dead = given::look(store, deliveries[1]).await?;
    assert_eq!(dead.dead_reason, Some(DeadReason::Exhausted));
    assert_eq!(buried(store, &deliveries[2..]).await?, MANY - 2);
    Ok(())
}

pub async fn a_request_under_way_to_what_is_deleted_counts_if_it_succeeds(
    store: &dyn Store,
) -> CaseResult {
    let Pending { registration, deliveries } = given::pending_of(store, MANY).await?;
    let oldest = deliveries[0];
    let token = given::take(store, oldest, NOW).await?;
    store.delete_registration(ALL, registration.id, None, LATER).await?;
    bury_all(store, 25).await?;
    assert_eq!(buried(store, &[oldest]).await?, 1);
    store.record_attempts(&[given::success(oldest, 1, token)], LATER + seconds(1)).await?;
    assert_eq!(given::look(store, oldest).await?.state, DeliveryState::Delivered);
    Ok(())
}

pub async fn processes_that_bury_at_once_bury_nothing_twice(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::held_of(store, MANY).await?;
    store.delete_registration(ALL, registration.id, None, LATER).await?;
    let at_once = try_join_all((0..4).map(|_| bury_all(store, 7))).await?;
    let rest = bury_all(store, 7).await?;
    assert_eq!(at_once.iter().sum::<u64>() + rest, 60);
    assert_eq!(buried(store, &deliveries).await?, MANY);
    Ok(())
}
