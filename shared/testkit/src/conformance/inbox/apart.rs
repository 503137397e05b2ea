//! The schema, which has nothing to do with that of the sending side. These cases get a database with
//! nothing in it.

use std::error::Error;

use futures_util::future::try_join_all;
use postrider_domain::inbox::Ended;
use postrider_domain::ports::StoreError;

use super::CaseResult;
use super::given;
use crate::conformance::stores::given as sending;
use crate::databases::Database;

pub async fn a_database_with_nothing_but_the_inbox_works(database: &dyn Database) -> CaseResult {
    let inbox = database.inbox().await;
    inbox.check_inbox().await?;
    let item = given::ended(&*inbox, Ended::Processed).await?;
    assert_eq!(given::look(&*inbox, item).await?.runs.len(), 1);
    let sending = database.store().check().await;
    assert!(matches!(sending, Err(StoreError::Rejected { operation: "check", .. })), "{sending:?}");

    // The sending side can join it.
    database.store().migrate().await?;
    sending::event(&*database.store()).await?;
    assert_eq!(given::look(&*inbox, item).await?.runs.len(), 1);
    Ok(())
}

pub async fn a_database_with_nothing_but_the_sending_side_has_nothing_of_the_inbox(
    database: &dyn Database,
) -> CaseResult {
    let store = database.store();
    store.migrate().await?;
    store.check().await?;
    sending::event(&*store).await?;
    assert_eq!(database.inbox_tables().await, 0);

    let inbox = database.open_inbox().await;
    let missing = inbox.check_inbox().await.expect_err("its schema is not there");
    assert!(
        matches!(missing, StoreError::Rejected { operation: "check_inbox", .. }),
        "{missing:?}"
    );
    let source = missing.source().map(ToString::to_string);
    assert_eq!(source.as_deref(), Some("migration 1 has not been applied"));
    assert_eq!(database.inbox_tables().await, 0, "asking changes nothing");

    inbox.migrate_inbox().await?;
    inbox.check_inbox().await?;
    assert_eq!(database.inbox_tables().await, 3);
    store.check().await?;
    Ok(())
}

pub async fn processes_that_migrate_at_once_all_find_the_schema(
    database: &dyn Database,
) -> CaseResult {
    let stores = [(); 4].map(|()| database.open_inbox());
    let stores = futures_util::future::join_all(stores).await;
    try_join_all(stores.iter().map(|store| store.migrate_inbox())).await?;
    for store in &stores {
        store.check_inbox().await?;
    }
    Ok(())
}

pub async fn migrating_again_changes_nothing(database: &dyn Database) -> CaseResult {
    let inbox = database.inbox().await;
    let item = given::pending(&*inbox).await?;
    inbox.migrate_inbox().await?;
    inbox.check_inbox().await?;
    given::look(&*inbox, item).await?;
    Ok(())
}
