//! Secrets that a version before encryption left in the clear.

use anyhow::Context;
use postrider_domain::{Credentials, Registration, RegistrationId, Visibility};
use postrider_vault::{Keyring, Place};

use super::CaseResult;
use super::given;
use super::sealing::{SECRETS, assert_whole, full, raw};
use crate::databases::{Database, SealedColumn, keyring};

/// Puts a registration as a version without encryption would have stored it.
async fn unseal(
    database: &dyn Database,
    ring: &Keyring,
    registration: RegistrationId,
) -> anyhow::Result<()> {
    for (column, name) in [
        (SealedColumn::Secret, "registrations.secret"),
        (SealedColumn::Headers, "registrations.headers"),
    ] {
        let sealed = raw(database, registration, column).await?;
        let place = Place { column: name, row: registration.0 };
        let clear = ring.open(place, &sealed).context("the place is documented")?;
        let clear = secrecy::ExposeSecret::expose_secret(&clear);
        database.overwrite(registration, column, clear).await;
    }
    Ok(())
}

/// A registration without what older versions did not know.
async fn old(database: &dyn Database) -> anyhow::Result<Registration> {
    let store = database.store();
    let registration = full(&*store).await?.registration;
    given::change(&*store, &registration, |changed| {
        changed.previous_secret = None;
        changed.credentials = Credentials::default();
    })
    .await
}

pub async fn migrating_seals_what_an_older_version_left_in_the_clear(
    database: &dyn Database,
) -> CaseResult {
    let store = database.store();
    let mut registrations = Vec::new();
    for _ in 0..3 {
        registrations.push(old(database).await?);
    }
    let sealed = raw(database, registrations[2].id, SealedColumn::Secret).await?;
    for old in &registrations[..2] {
        unseal(database, &keyring(), old.id).await?;
    }
    assert!(database.stolen_registrations().await.contains(SECRETS[0]), "it is in the clear");

    futures_util::future::try_join_all((0..3).map(|_| store.migrate())).await?;
    for registration in &registrations {
        // The time of the last change included, so that whoever edits it is not put off.
        assert_whole(&*store, registration).await?;
        for column in [SealedColumn::Secret, SealedColumn::Headers] {
            let text = raw(database, registration.id, column).await?;
            assert!(text.starts_with(keyring().prefix()), "{column:?}");
        }
    }
    let after = raw(database, registrations[2].id, SealedColumn::Secret).await?;
    assert_eq!(after, sealed, "what was sealed stays as it is");
    Ok(())
}

pub async fn a_secret_in_the_clear_that_looks_sealed_is_sealed_as_well(
    database: &dyn Database,
) -> CaseResult {
    let store = database.store();
    for chosen in [
        "s1:chosen-by-somebody-who-could-do-so",
        "s1:test:chosen-by-somebody-who-could",
        "s1:test:Y2hvc2VuIGJ5IHNvbWVib2R5IHdobyBjb3VsZA",
        "s1:another:chosen-by-somebody-who-could",
    ] {
        let registration = old(database).await?;
        // The headers were in the clear as well, and look like nothing else.
        unseal(database, &keyring(), registration.id).await?;
        database.overwrite(registration.id, SealedColumn::Secret, chosen).await;
        store.migrate().await?;
        let found = store.find_registration(Visibility::All, registration.id).await?;
        let found = found.context("it is there")?;
        assert_eq!(found.secret.expose(), chosen);
        assert_eq!(
            (&found.headers, found.updated_at),
            (&registration.headers, registration.updated_at)
        );
        let sealed = raw(database, registration.id, SealedColumn::Secret).await?;
        assert!(sealed.starts_with(keyring().prefix()) && !sealed.contains(chosen));
        store.migrate().await?;
        let again = raw(database, registration.id, SealedColumn::Secret).await?;
        assert_eq!(again, sealed, "it is sealed once");
    }
    Ok(())
}
