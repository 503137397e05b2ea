//! Secrets at rest: what a copy of the database tells, and what a changed one does.

use anyhow::Context;
use postrider_domain::ports::{RegistrationQuery, Store, StoreError};
use postrider_domain::{
    Authentication, Credentials, PreviousSecret, Registration, RegistrationHeaders, RegistrationId,
    Secret, SecretText, Visibility,
};
use postrider_vault::PREFIX;

use super::CaseResult;
use super::given::{self, NOW, Pending, seconds};
use crate::databases::{Database, SealedColumn, TEST_SECRET_KEY, keyring, keyring_of};

/// Another key, as a configuration names it.
pub(super) const NEW_KEY: &str = "new:YW5vdGhlciBrZXkgZm9yIHRlc3RzLCB0aGlydHktdHc=";

/// What nobody may read who has only the database.
pub(super) const SECRETS: [&str; 5] = [
    "an-open-secret-an-open-secret-an",
    "the-one-before-the-one-before-it",
    "Bearer of-what-lets-people-in",
    "x-of-what-lets-people-in",
    "a-token-that-does-not-change",
];

/// A registration with all that is sealed, and a delivery on its way to it.
pub(super) async fn full(store: &dyn Store) -> anyhow::Result<Pending> {
    let Pending { registration, deliveries } = given::pending(store).await?;
    let [secret, previous, value, name, token] = SECRETS;
    let [secret, previous] = [Secret::parse(secret)?, Secret::parse(previous)?];
    let headers = RegistrationHeaders::parse([("authorization", value), (name, "1")])?;
    let credentials = Credentials {
        authentication: Some(Authentication::Bearer { token: SecretText::parse(token)? }),
        ..Credentials::default()
    };
    let registration = given::change(store, &registration, |registration| {
        registration.secret = secret;
        registration.headers = headers;
        registration.previous_secret =
            Some(PreviousSecret { secret: previous, ends_at: NOW + seconds(60) });
        registration.credentials = credentials;
    })
    .await?;
    Ok(Pending { registration, deliveries })
}

/// Checks that a registration is there with all that was sealed.
pub(super) async fn assert_whole(store: &dyn Store, expected: &Registration) -> CaseResult {
    let found = store.find_registration(Visibility::All, expected.id).await?;
    let found = found.context("it is there")?;
    assert_eq!(&found, expected);
    let previous = |registration: &Registration| {
        registration.previous_secret.as_ref().map(|one| one.secret.expose().to_owned())
    };
    assert_eq!(previous(&found), previous(expected));
    Ok(())
}

/// Checks that nobody can read a registration, and that no error tells what it holds.
async fn assert_corrupt(store: &dyn Store, pending: &Pending, texts: &[&str]) -> CaseResult {
    let id = pending.registration.id;
    // Later each time: a claim of what cannot be read leaves its lease behind.
    let now = NOW + seconds(60 * given::next_number());
    let answer = store.find_registration(Visibility::All, id).await;
    let Err(error @ StoreError::Corrupt { table: "registrations", .. }) = answer else {
        panic!("it is corrupt: {answer:?}");
    };
    let debug = format!("{error:?}");
    let told = format!("{debug} {:#}", anyhow::Error::from(error));
    for text in SECRETS.iter().chain(texts) {
        assert!(!told.contains(text), "the error tells what is stored");
    }
    let listed = store.list_registrations(&RegistrationQuery::of(Visibility::All)).await?;
    assert!(listed.items.iter().all(|listed| listed.registration.id != id), "it is passed over");
    // What cannot be read is not sent, and keeps nothing else from being sent.
    let others = given::pending(store).await?;
    let both = [&pending.deliveries[..], &others.deliveries].concat();
    let claimed = given::claim(store, &both, now).await;
    store.delete_registration(Visibility::All, others.registration.id, None, NOW).await?;
    let claimed: Vec<_> = claimed?.into_iter().map(|claimed| claimed.delivery).collect();
    assert_eq!(claimed, others.deliveries);
    Ok(())
}

pub(super) async fn raw(
    database: &dyn Database,
    registration: RegistrationId,
    column: SealedColumn,
) -> anyhow::Result<String> {
    database.raw(registration, column).await.with_context(|| format!("{column:?} is set"))
}

pub async fn a_copy_of_the_database_tells_no_secret(database: &dyn Database) -> CaseResult {
    let store = database.store();
    let registration = full(&*store).await?.registration;
    assert_whole(&*store, &registration).await?;
    let stolen = database.stolen_registrations().await;
    assert!(stolen.contains(registration.uri.as_str()), "the copy is one");
    for secret in SECRETS {
        assert!(!stolen.contains(secret), "{secret}");
    }
    let ring = keyring();
    for column in SealedColumn::ALL {
        let text = raw(database, registration.id, column).await?;
        assert!(text.starts_with(ring.prefix()), "{column:?}: {text}");
    }
    Ok(())
}

pub async fn what_is_sealed_twice_is_never_the_same(database: &dyn Database) -> CaseResult {
    let store = database.store();
    let registration = full(&*store).await?.registration;
    let first = raw(database, registration.id, SealedColumn::Secret).await?;
    given::pause(&*store, &registration).await?;
    let second = raw(database, registration.id, SealedColumn::Secret).await?;
    assert_ne!(first, second);
    let other = full(&*store).await?.registration;
    assert_ne!(second, raw(database, other.id, SealedColumn::Secret).await?);
    Ok(())
}

pub async fn what_there_is_none_of_is_not_sealed(database: &dyn Database) -> CaseResult {
    let store = database.store();
    let registration = full(&*store).await?.registration;
    given::change(&*store, &registration, |registration| {
        registration.previous_secret = None;
        registration.credentials = Credentials::default();
    })
    .await?;
    for column in [SealedColumn::PreviousSecret, SealedColumn::Credentials] {
        assert_eq!(database.raw(registration.id, column).await, None, "{column:?}");
    }
    Ok(())
}

pub async fn what_was_moved_from_another_row_or_column_is_corrupt(
    database: &dyn Database,
) -> CaseResult {
    let store = database.store();
    for column in SealedColumn::ALL {
        let [pending, other] = [full(&*store).await?, full(&*store).await?];
        let id = pending.registration.id;
        let own = raw(database, id, column).await?;
        let others = raw(database, other.registration.id, column).await?;
        database.overwrite(id, column, &others).await;
        assert_corrupt(&*store, &pending, &[&others]).await?;
        let next = SealedColumn::ALL.into_iter().find(|other| *other != column);
        let elsewhere = raw(database, id, next.context("there are several")?).await?;
        database.overwrite(id, column, &elsewhere).await;
        assert_corrupt(&*store, &pending, &[&elsewhere]).await?;
        database.overwrite(id, column, &own).await;
        assert_whole(&*store, &pending.registration).await?;
    }
    Ok(())
}

pub async fn what_is_not_sealed_or_was_changed_is_corrupt(database: &dyn Database) -> CaseResult {
    let store = database.store();
    for column in SealedColumn::ALL {
        let pending = full(&*store).await?;
        let id = pending.registration.id;
        let own = raw(database, id, column).await?;
        let clear = "in-the-clear-in-the-clear-in-the-clear";
        let changed = format!("{}A", &own[..own.len() - 1]);
        let changed = if changed == own { format!("{}B", &own[..own.len() - 1]) } else { changed };
        for text in [clear, &changed, PREFIX, ""] {
            database.overwrite(id, column, text).await;
            let telling: Vec<_> = [text].into_iter().filter(|text| text.len() > 10).collect();
            assert_corrupt(&*store, &pending, &telling).await?;
        }
        database.overwrite(id, column, &own).await;
        assert_whole(&*store, &pending.registration).await?;
    }
    Ok(())
}

pub async fn without_the_key_nothing_can_be_read(database: &dyn Database) -> CaseResult {
    let pending = full(&*database.store()).await?;
    let stranger = database.open(keyring_of(&[NEW_KEY])).await;
    assert_corrupt(&*stranger, &pending, &[]).await
}

pub async fn everything_is_sealed_anew_with_the_first_key(database: &dyn Database) -> CaseResult {
    let old = database.store();
    let mut registrations = Vec::new();
    for _ in 0..5 {
        registrations.push(full(&*old).await?.registration);
    }
    assert_eq!(old.reseal(10).await?, 0, "it is with the first key already");

    let both = database.open(keyring_of(&[NEW_KEY, TEST_SECRET_KEY])).await;
    // What is written from now on is under the new key.
    registrations[4] = given::pause(&*both, &registrations[4]).await?;
    for registration in &registrations {
        assert_whole(&*both, registration).await?;
    }
    assert_eq!(both.reseal(3).await?, 3);
    assert_eq!(both.reseal(3).await?, 1);
    assert_eq!(both.reseal(3).await?, 0);

    let ring = keyring_of(&[NEW_KEY]);
    let new = database.open(ring.clone()).await;
    for registration in &registrations {
        assert_whole(&*new, registration).await?;
        for column in SealedColumn::ALL {
            let text = raw(database, registration.id, column).await?;
            assert!(text.starts_with(ring.prefix()), "{column:?}");
        }
    }
    assert_eq!(new.reseal(3).await?, 0);
    Ok(())
}

pub async fn a_single_column_under_an_old_key_is_sealed_anew(
    database: &dyn Database,
) -> CaseResult {
    for column in SealedColumn::ALL {
        let registration = full(&*database.store()).await?.registration;
        let old = raw(database, registration.id, column).await?;
        let both = database.open(keyring_of(&[NEW_KEY, TEST_SECRET_KEY])).await;
        while both.reseal(100).await? > 0 {}
        database.overwrite(registration.id, column, &old).await;
        assert_eq!(both.reseal(100).await?, 1, "{column:?}");
        assert_eq!(both.reseal(100).await?, 0, "{column:?}");
        let new = database.open(keyring_of(&[NEW_KEY])).await;
        assert_whole(&*new, &registration).await?;
    }
    Ok(())
}

pub async fn sealing_anew_from_several_places_at_once_loses_nothing(
    database: &dyn Database,
) -> CaseResult {
    let old = database.store();
    let mut registrations = Vec::new();
    for _ in 0..8 {
        registrations.push(full(&*old).await?.registration);
    }
    let both = database.open(keyring_of(&[NEW_KEY, TEST_SECRET_KEY])).await;
    let changed = futures_util::future::try_join(
        futures_util::future::try_join_all((0..4).map(|_| async {
            while both.reseal(2).await? > 0 {}
            anyhow::Ok(())
        })),
        futures_util::future::try_join_all(registrations.iter().map(|registration| {
            given::change(&*both, registration, |changed| changed.description = Some("n".into()))
        })),
    );
    let (_, changed) = changed.await?;
    let new = database.open(keyring_of(&[NEW_KEY])).await;
    for registration in &changed {
        assert_whole(&*new, registration).await?;
    }
    Ok(())
}
