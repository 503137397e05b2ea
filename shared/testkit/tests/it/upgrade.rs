//! What an older version left is taken over: a database with the schema of before roles, catalogue and
//! encryption, filled as that version filled it, and brought up to date.

mod old;

use anyhow::Context;
use postrider_domain::ports::Store;
use postrider_domain::{
    Access, Credential, DeliveryId, FilterSet, Holder, KeyScopes, ResourceScope, RoleId, Timestamp,
    Visibility,
};
use postrider_testkit::conformance::stores::CaseResult;
use postrider_testkit::conformance::stores::given::{self, NOW};
use postrider_testkit::databases::{Database, SealedColumn, keyring};

/// The last version of the old schema.
const OLD: i64 = 4;

macro_rules! on_every_database {
    ($($case:ident,)+) => {
        on_every_database!(@on postgres PostgresDatabase $($case,)+);
        on_every_database!(@on sqlite SqliteDatabase $($case,)+);
    };
    (@on $backend:ident $database:ident $($case:ident,)+) => {
        mod $backend {
            use postrider_testkit::conformance::stores::CaseResult;
            use postrider_testkit::databases::$database;

            $(#[tokio::test]
            async fn $case() -> CaseResult {
                let database = $database::create_at(super::OLD).await;
                let rows = super::old::$backend();
                sqlx::raw_sql(sqlx::AssertSqlSafe(rows)).execute(&mut database.connect().await).await?;
                database.store().migrate().await?;
                super::$case(&database).await
            })+
        }
    };
}

on_every_database! {
    users_and_what_they_may_do_are_taken_over,
    tokens_and_keys_are_taken_over,
    registrations_are_taken_over_and_sealed,
    an_event_that_was_on_its_way_arrives,
}

async fn users_and_what_they_may_do_are_taken_over(database: &dyn Database) -> CaseResult {
    let store = database.store();
    let root = store.find_user(old::ROOT).await?.context("root was there")?;
    let ada = store.find_user(old::ADA).await?.context("ada was there")?;
    assert_eq!((root.administrator, ada.administrator), (true, false));
    assert_eq!((ada.name.as_str(), ada.created_at), ("Ada", old::MADE));
    assert_eq!(store.list_roles_of(old::ROOT).await?[0].id, RoleId::SYSTEM_ADMINISTRATOR);
    assert_eq!(store.list_roles_of(old::ADA).await?, []);

    let permissions = given::permissions(&*store, Holder::User(old::ADA)).await?;
    let mut of_old: Vec<_> = permissions
        .iter()
        .map(|permission| (permission.kind.as_str(), permission.scope.clone(), permission.access))
        .collect();
    let expected = [
        ("reports", given::one("42"), Access::READ.and(Access::MODIFY)),
        ("tasks", ResourceScope::Any, Access::READ),
    ];
    of_old.sort_unstable_by_key(|(kind, ..)| *kind);
    assert_eq!(of_old, expected);
    assert!(permissions.iter().all(|permission| permission.created_at == Timestamp::EPOCH));
    Ok(())
}

async fn tokens_and_keys_are_taken_over(database: &dyn Database) -> CaseResult {
    let store = database.store();
    let principal = store.find_principal(given::token(1), NOW).await?.context("it is good")?;
    assert_eq!((principal.user.id, principal.credential), (old::ADA, Credential::Token));
    let principal = store.find_principal(given::token(2), NOW).await?.context("it is good")?;
    let Credential::Key { scopes, .. } = principal.credential else {
        panic!("it is a key: {principal:?}");
    };
    assert_eq!((principal.user.id, scopes), (old::ROOT, KeyScopes::ALL));
    Ok(())
}

async fn registrations_are_taken_over_and_sealed(database: &dyn Database) -> CaseResult {
    let store = database.store();
    let found = store.find_registration(Visibility::Own(old::ADA), old::REGISTRATION).await?;
    let found = found.context("it was there")?;
    assert_eq!(found.secret.expose(), old::SECRET);
    assert_eq!(found.headers.iter().collect::<Vec<_>>(), [("authorization", old::HEADER)]);
    assert_eq!(found.filters, FilterSet::parse(["reports"])?);
    assert!(found.previous_secret.is_none());
    assert_eq!((found.created_at, found.updated_at), (old::MADE, old::MADE));
    for column in [SealedColumn::Secret, SealedColumn::Headers] {
        let text = database.raw(old::REGISTRATION, column).await.context("it is set")?;
        assert!(text.starts_with(keyring().prefix()), "{column:?}");
    }
    let stolen = database.stolen_registrations().await;
    assert!(stolen.contains("receiver.example"));
    assert!(!stolen.contains(old::SECRET) && !stolen.contains(old::HEADER));
    Ok(())
}

async fn an_event_that_was_on_its_way_arrives(database: &dyn Database) -> CaseResult {
    let store: &dyn Store = &*database.store();
    let report = store.find_event(Visibility::All, old::EVENT).await?.context("it was there")?;
    assert_eq!((report.event.publisher, report.event.audience), (None, None));
    let delivery = DeliveryId::derive(old::EVENT, old::REGISTRATION);
    assert_eq!(given::dispatch(store, &[old::EVENT]).await?, [delivery]);
    assert_eq!(given::claim(store, &[delivery], NOW).await?.len(), 1);
    Ok(())
}
