//! What only looks sealed.

use anyhow::Context;
use postrider_domain::Visibility;
use postrider_domain::ports::StoreError;
use postrider_testkit::conformance::stores::CaseResult;
use postrider_testkit::conformance::stores::given;
use postrider_testkit::databases::{
    Database, PostgresDatabase, SealedColumn, TEST_SECRET_KEY, keyring_of,
};
use postrider_vault::Place;

/// A key that was the first one once.
const OLD_KEY: &str = "old:YW5vdGhlciBrZXkgZm9yIHRlc3RzLCB0aGlydHktdHc=";

#[tokio::test]
async fn a_secret_of_an_older_version_that_looks_sealed_is_sealed_as_well() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let store = database.store();
    let registration = given::pending(store.as_ref()).await?.registration;
    // As somebody chose it; the headers, which were in the clear as well, look like nothing else.
    let chosen = "s1:test:chosen-by-somebody-who-could";
    database.overwrite(registration.id, SealedColumn::Secret, chosen).await;
    database.overwrite(registration.id, SealedColumn::Headers, "{}").await;
    store.migrate().await?;
    let found = store.find_registration(Visibility::All, registration.id).await?;
    assert_eq!(found.context("it is there")?.secret.expose(), chosen);
    let sealed = database.raw(registration.id, SealedColumn::Secret).await;
    assert!(!sealed.context("it has one")?.contains("chosen"));
    Ok(())
}

#[tokio::test]
async fn sealing_anew_passes_over_what_does_not_open_and_then_says_so() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let store = database.store();
    let broken = given::pending(store.as_ref()).await?.registration;
    let good = given::pending(store.as_ref()).await?.registration;
    let lost = "s1:lost:AAAA";
    database.overwrite(broken.id, SealedColumn::Secret, lost).await;
    let place = Place { column: "registrations.headers", row: good.id.0 };
    let old = keyring_of(&[OLD_KEY]).seal(place, "{}");
    database.overwrite(good.id, SealedColumn::Headers, &old).await;

    let store = database.open(keyring_of(&[TEST_SECRET_KEY, OLD_KEY])).await;
    assert_eq!(store.reseal(10).await?, 1);
    let failed = store.reseal(10).await;
    assert!(
        matches!(failed, Err(StoreError::Corrupt { table: "registrations", .. })),
        "{failed:?}"
    );
    assert_eq!(database.raw(broken.id, SealedColumn::Secret).await.as_deref(), Some(lost));
    Ok(())
}
