//! Registrations that no key opens: they stand in nobody else's way.

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{
    AccountChange, RegistrationQuery, RegistrationRemoval, RegistrationSort, SortKey, Store,
    StoreError,
};
use postrider_domain::{DeliveryState, Registration, RegistrationId, UserId, Visibility};

use super::CaseResult;
use super::given::{self, NOW, seconds};
use super::sealing::{NEW_KEY, assert_whole, full, raw};
use crate::databases::{Database, SealedColumn, TEST_SECRET_KEY, keyring_of};

/// Sealed, as it seems, with a key that is lost.
const LOST: &str = "s1:lost:AAAA";

async fn spoil(database: &dyn Database, registration: RegistrationId) {
    database.overwrite(registration, SealedColumn::Secret, LOST).await;
}

/// Reads a whole list in pages of `limit`, however few of them a page shows; each of the pages that
/// are needed brings the list forward.
async fn read(
    store: &dyn Store,
    query: &RegistrationQuery,
    limit: u32,
) -> anyhow::Result<Vec<Registration>> {
    let mut query = RegistrationQuery { limit, ..query.clone() };
    let mut all = Vec::new();
    for _ in 0..20 {
        let page = store.list_registrations(&query).await?;
        anyhow::ensure!(page.items.len() <= limit as usize, "a page keeps to its limit");
        all.extend(page.items.into_iter().map(|listed| listed.registration));
        if page.next.is_none() {
            return Ok(all);
        }
        query.after = page.next;
    }
    anyhow::bail!("the list has no end")
}

/// Eight registrations of one owner, by URI, of which only the third and the seventh can be opened.
async fn few_of_many(database: &dyn Database) -> anyhow::Result<(UserId, Vec<Registration>)> {
    let store = &*database.store();
    let ada = given::user(store, "ada").await?;
    let mut good = Vec::new();
    for place in 0..8 {
        let uri = format!("https://receiver.example/{place}").parse()?;
        let registration = Registration { uri, ..given::new_registration(ada)? };
        given::add(store, &registration).await?;
        if place == 2 || place == 6 {
            good.push(registration);
        } else {
            spoil(database, registration.id).await;
        }
    }
    Ok((ada, good))
}

pub async fn a_list_passes_over_what_cannot_be_opened(database: &dyn Database) -> CaseResult {
    let store = &*database.store();
    let (ada, mut good) = few_of_many(database).await?;
    for descending in [false, true] {
        for visibility in [Visibility::All, Visibility::Own(ada)] {
            let sort = vec![SortKey { by: RegistrationSort::Uri, descending }];
            let query = RegistrationQuery { sort, ..RegistrationQuery::of(visibility) };
            for limit in [1, 2, 3, 8, 100] {
                let listed = read(store, &query, limit).await?;
                assert_eq!(listed, good, "by {limit}, descending: {descending}");
            }
        }
        good.reverse();
    }
    Ok(())
}

pub async fn what_cannot_be_opened_can_be_deleted(database: &dyn Database) -> CaseResult {
    let store = &*database.store();
    for column in SealedColumn::ALL {
        let pending = full(store).await?;
        let registration = pending.registration;
        database.overwrite(registration.id, column, LOST).await;
        let hers = Visibility::Own(registration.owner);
        let stale = Some(registration.updated_at + seconds(1));
        let removal = store.delete_registration(hers, registration.id, stale, NOW).await?;
        assert_eq!(removal, RegistrationRemoval::Stale, "{column:?}");
        let expected = Some(registration.updated_at);
        let removal = store.delete_registration(hers, registration.id, expected, NOW).await?;
        assert_eq!(removal, RegistrationRemoval::Done { owner: registration.owner }, "{column:?}");
        assert_eq!(store.find_registration(Visibility::All, registration.id).await?, None);
        let dead = given::look(store, pending.deliveries[0]).await?;
        assert_eq!(dead.dead_reason, Some(DeadReason::RegistrationDeleted));
    }
    Ok(())
}

pub async fn what_cannot_be_opened_goes_with_its_owner(database: &dyn Database) -> CaseResult {
    let store = &*database.store();
    let pending = full(store).await?;
    let owner = pending.registration.owner;
    spoil(database, pending.registration.id).await;
    assert_eq!(store.delete_registrations_of(owner, NOW).await?, 1);
    let second = full(store).await?;
    spoil(database, second.registration.id).await;
    let change = store.delete_user(second.registration.owner, None, NOW).await?;
    assert_eq!(change, AccountChange::Done);
    for pending in [pending, second] {
        let id = pending.registration.id;
        assert_eq!(store.find_registration(Visibility::All, id).await?, None);
        let dead = given::look(store, pending.deliveries[0]).await?;
        assert_eq!(dead.state, DeliveryState::Dead);
    }
    Ok(())
}

pub async fn however_many_cannot_be_opened_the_others_are_sealed_anew(
    database: &dyn Database,
) -> CaseResult {
    let store = &*database.store();
    let (mut good, mut broken) = (Vec::new(), Vec::new());
    for place in 0..12 {
        let registration = full(store).await?.registration;
        if place == 5 || place == 11 {
            good.push(registration);
        } else {
            spoil(database, registration.id).await;
            broken.push(registration);
        }
    }
    let both = database.open(keyring_of(&[NEW_KEY, TEST_SECRET_KEY])).await;
    let mut sealed = 0;
    let failure = loop {
        match both.reseal(3).await {
            Ok(0) => panic!("it says that older keys can be forgotten"),
            Ok(count) => sealed += count,
            Err(error) => break error,
        }
    };
    assert!(matches!(failure, StoreError::Corrupt { table: "registrations", .. }), "{failure:?}");
    assert_eq!(sealed, 2);
    let new = database.open(keyring_of(&[NEW_KEY])).await;
    for registration in &good {
        assert_whole(&*new, registration).await?;
    }
    for registration in &broken {
        assert_eq!(raw(database, registration.id, SealedColumn::Secret).await?, LOST);
    }

    for registration in &broken {
        let removal = both.delete_registration(Visibility::All, registration.id, None, NOW).await?;
        assert_eq!(removal, RegistrationRemoval::Done { owner: registration.owner });
    }
    assert_eq!(both.reseal(3).await?, 0);
    Ok(())
}
