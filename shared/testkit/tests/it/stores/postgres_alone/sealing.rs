//! What an error says of a text that does not open.

use anyhow::Context;
use postrider_domain::{PreviousSecret, Secret, SecretText, Visibility};
use postrider_testkit::conformance::stores::CaseResult;
use postrider_testkit::conformance::stores::given::{self, NOW};
use postrider_testkit::databases::{Database, PostgresDatabase, SealedColumn};

#[tokio::test]
async fn what_does_not_open_is_named_by_its_column_and_row() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let store = database.store();
    let old = Secret::parse("the-one-before-the-one-before-it")?;
    let key = SecretText::parse("a key of its own")?;
    let registration = given::pending(store.as_ref()).await?.registration;
    let registration = given::change(store.as_ref(), &registration, |registration| {
        registration.previous_secret = Some(PreviousSecret { secret: old, ends_at: NOW });
        registration.credentials.signing_key = Some(key);
    })
    .await?;
    for (column, name) in [
        (SealedColumn::Secret, "`registrations.secret`"),
        (SealedColumn::Headers, "`registrations.headers`"),
        (SealedColumn::PreviousSecret, "`registrations.previous_secret`"),
        (SealedColumn::Credentials, "`registrations.credentials`"),
    ] {
        let own = database.raw(registration.id, column).await.context("it is set")?;
        database.overwrite(registration.id, column, "s1:lost:AAAA").await;
        let place = format!("{name} of {}", registration.id.0);
        let found = store.find_registration(Visibility::All, registration.id).await;
        let told = format!("{:#}", anyhow::Error::from(found.err().context("it does not open")?));
        assert!(told.contains(&place), "{told}");
        let resealed = store.reseal(10).await;
        let told = format!("{:#}", anyhow::Error::from(resealed.err().context("nor here")?));
        assert!(told.contains(&place), "{told}");
        database.overwrite(registration.id, column, &own).await;
    }
    Ok(())
}
