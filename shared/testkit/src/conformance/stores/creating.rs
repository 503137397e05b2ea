//! Registrations that are created once, however often they are asked for.

use anyhow::Context;
use futures_util::future::try_join_all;
use postrider_domain::ports::{RegistrationAddition, RegistrationQuery, Store};
use postrider_domain::{Created, CreationKey, Registration, RegistrationId, UserId, Visibility};

use super::CaseResult;
use super::given::{self, NOW, creation_key};

/// What became of a wish, without the registration itself.
#[derive(Debug, PartialEq)]
enum Fate {
    New,
    Repeated(RegistrationId),
    Gone,
    KeyReused,
    LimitReached,
}

async fn fate(
    store: &dyn Store,
    registration: &Registration,
    key: &CreationKey,
    most: u32,
) -> anyhow::Result<Fate> {
    Ok(match store.add_registration(registration, Some(key), most).await? {
        RegistrationAddition::Created(Created::New) => Fate::New,
        RegistrationAddition::Created(Created::Repeated(found)) => {
            let current = store.find_registration(Visibility::All, found.id).await?;
            assert_eq!(current.as_ref(), Some(&*found), "as it is now");
            Fate::Repeated(found.id)
        }
        RegistrationAddition::Created(Created::Gone) => Fate::Gone,
        RegistrationAddition::Created(Created::KeyReused) => Fate::KeyReused,
        RegistrationAddition::LimitReached => Fate::LimitReached,
    })
}

async fn count(store: &dyn Store) -> anyhow::Result<usize> {
    let query = RegistrationQuery::of(Visibility::All);
    Ok(store.list_registrations(&query).await?.items.len())
}

async fn ask(store: &dyn Store, owner: UserId, key: &CreationKey) -> anyhow::Result<Fate> {
    fate(store, &given::new_registration(owner)?, key, 100).await
}

pub async fn a_repeated_request_names_what_was_created_as_it_is_now(
    store: &dyn Store,
) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let key = creation_key("a", 1);
    let first = given::new_registration(ada)?;
    assert_eq!(fate(store, &first, &key, 100).await?, Fate::New);
    assert_eq!(ask(store, ada, &key).await?, Fate::Repeated(first.id));
    let changed = given::pause(store, &first).await?;
    assert_eq!(ask(store, ada, &key).await?, Fate::Repeated(first.id));
    let found = store.find_registration(Visibility::All, first.id).await?;
    assert_eq!(found.context("it is there")?, changed);
    assert_eq!(count(store).await?, 1);
    Ok(())
}

pub async fn what_a_key_led_to_is_found_without_creating_anything(store: &dyn Store) -> CaseResult {
    let [ada, bob] = [given::user(store, "ada").await?, given::user(store, "bob").await?];
    let [key, reused] = [creation_key("a", 1), creation_key("a", 2)];
    assert_eq!(store.find_creation(ada, &key).await?, None);
    let first = given::new_registration(ada)?;
    assert_eq!(fate(store, &first, &key, 100).await?, Fate::New);

    let found = store.find_creation(ada, &key).await?;
    assert_eq!(found, Some(Created::Repeated(Box::new(first.clone()))));
    let changed = given::pause(store, &first).await?;
    let found = store.find_creation(ada, &key).await?;
    assert_eq!(found, Some(Created::Repeated(Box::new(changed))), "as it is now");
    assert_eq!(store.find_creation(ada, &reused).await?, Some(Created::KeyReused));
    assert_eq!(store.find_creation(ada, &creation_key("A", 1)).await?, None);
    assert_eq!(store.find_creation(bob, &key).await?, None);
    assert_eq!(count(store).await?, 1);

    store.delete_registration(Visibility::All, first.id, None, NOW).await?;
    assert_eq!(store.find_creation(ada, &key).await?, Some(Created::Gone));
    assert_eq!(ask(store, ada, &key).await?, Fate::Gone, "looking uses up nothing");
    Ok(())
}

pub async fn a_key_that_is_used_for_something_else_creates_nothing(
    store: &dyn Store,
) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    assert_eq!(ask(store, ada, &creation_key("a", 1)).await?, Fate::New);
    assert_eq!(ask(store, ada, &creation_key("a", 2)).await?, Fate::KeyReused);
    assert_eq!(count(store).await?, 1);
    assert_eq!(ask(store, ada, &creation_key("A", 2)).await?, Fate::New, "another key");
    Ok(())
}

pub async fn what_was_created_and_deleted_is_not_created_again(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let key = creation_key("a", 1);
    let first = given::new_registration(ada)?;
    assert_eq!(fate(store, &first, &key, 100).await?, Fate::New);
    store.delete_registration(Visibility::All, first.id, None, NOW).await?;
    for _ in 0..2 {
        assert_eq!(ask(store, ada, &key).await?, Fate::Gone);
    }
    assert_eq!(ask(store, ada, &creation_key("a", 2)).await?, Fate::KeyReused);
    assert_eq!(count(store).await?, 0);
    Ok(())
}

pub async fn keys_of_different_owners_have_nothing_to_do_with_each_other(
    store: &dyn Store,
) -> CaseResult {
    let [ada, bob] = [given::user(store, "ada").await?, given::user(store, "bob").await?];
    assert_eq!(ask(store, ada, &creation_key("a", 1)).await?, Fate::New);
    assert_eq!(ask(store, bob, &creation_key("a", 2)).await?, Fate::New);
    assert_eq!(count(store).await?, 2);
    Ok(())
}

pub async fn of_the_same_requests_at_once_one_creates_something(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    for round in 0..5 {
        let key = creation_key(&format!("key {round}"), 1);
        let fates = try_join_all((0..6).map(|_| ask(store, ada, &key))).await?;
        let new = fates.iter().filter(|fate| **fate == Fate::New).count();
        assert_eq!(new, 1, "{fates:?}");
        assert!(fates.iter().all(|fate| matches!(fate, Fate::New | Fate::Repeated(_))));
        assert_eq!(count(store).await?, round + 1);
    }
    Ok(())
}

pub async fn a_repeated_request_is_answered_when_there_is_no_more_room(
    store: &dyn Store,
) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let [first, second] = [creation_key("a", 1), creation_key("b", 1)];
    let registration = given::new_registration(ada)?;
    let other = given::new_registration(ada)?;
    assert_eq!(fate(store, &registration, &first, 1).await?, Fate::New);
    assert_eq!(fate(store, &other, &first, 1).await?, Fate::Repeated(registration.id));
    assert_eq!(fate(store, &other, &second, 1).await?, Fate::LimitReached);
    // What was refused has not used its key up.
    store.delete_registration(Visibility::All, registration.id, None, NOW).await?;
    assert_eq!(fate(store, &other, &second, 1).await?, Fate::New);
    Ok(())
}

pub async fn without_a_key_every_request_creates_something(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    given::registration(store, ada).await?;
    given::registration(store, ada).await?;
    assert_eq!(count(store).await?, 2);
    Ok(())
}
