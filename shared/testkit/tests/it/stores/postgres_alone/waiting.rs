//! Calls that wait for each other's locks, and go on with what the other has left.

use std::pin::{Pin, pin};

use anyhow::Context;
use postrider_domain::ports::PasswordHash;
use postrider_domain::{Access, Holder, Permission};
use postrider_testkit::conformance::stores::CaseResult;
use postrider_testkit::conformance::stores::given::{self, NOW, one, permissions, seconds, token};
use postrider_testkit::databases::PostgresDatabase;
use sqlx::{Connection, PgConnection};

/// Polls `call` until a connection of this database waits for a lock. An answer that comes without a
/// wait is an error.
async fn until_it_waits<T>(
    mut call: Pin<&mut (impl Future<Output = T> + Send)>,
    connection: &mut PgConnection,
) -> anyhow::Result<()> {
    let waits = async {
        loop {
            let waiting: bool = sqlx::query_scalar(
                "SELECT EXISTS (
                     SELECT FROM pg_stat_activity
                     WHERE datname = current_database() AND wait_event_type = 'Lock'
                 )",
            )
            .fetch_one(&mut *connection)
            .await?;
            if waiting {
                return anyhow::Ok(());
            }
        }
    };
    tokio::select! {
        waited = waits => waited,
        _ = &mut call => anyhow::bail!("it did not wait"),
    }
}

#[tokio::test]
async fn a_sign_in_that_waits_for_a_new_password_is_refused() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let store = database.store();
    let user = given::user(store.as_ref(), "ada").await?;
    let ada = store.find_user(user).await?.context("she is there")?;
    let (_, password) = store.find_user_by_name(&ada.name).await?.context("by name as well")?;
    let (mut other, mut observer) = (database.connect().await, database.connect().await);
    for change in ["password_hash = 'new'", "disabled = true"] {
        let mut transaction = other.begin().await?;
        let update = format!("UPDATE users SET {change}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(update)).execute(&mut *transaction).await?;
        let mut call = pin!(store.add_token(token(1), user, &password, NOW, NOW + seconds(60)));
        until_it_waits(call.as_mut(), &mut observer).await?;
        transaction.commit().await?;
        assert!(!call.await?, "{change}");
        assert_eq!(super::count(&mut observer, "tokens").await?, 0);
        let restore = sqlx::query("UPDATE users SET password_hash = $1, disabled = false");
        restore.bind(&password.0).execute(&mut other).await?;
    }
    assert!(store.add_token(token(1), user, &password, NOW, NOW + seconds(60)).await?);
    Ok(())
}

#[tokio::test]
async fn a_new_password_ends_the_token_of_a_sign_in_it_has_waited_for() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let store = database.store();
    let user = given::user(store.as_ref(), "ada").await?;
    let (mut other, mut observer) = (database.connect().await, database.connect().await);
    let mut transaction = other.begin().await?;
    sqlx::raw_sql(
        "INSERT INTO tokens (hash, user_id, created_at, expires_at)
         SELECT 'a token', id, 'epoch', 'infinity' FROM (SELECT id FROM users FOR SHARE) AS holder",
    )
    .execute(&mut *transaction)
    .await?;
    let new = PasswordHash("new".into());
    let mut call = pin!(store.set_password(user, &new, NOW));
    until_it_waits(call.as_mut(), &mut observer).await?;
    transaction.commit().await?;
    assert!(call.await?);
    assert_eq!(super::count(&mut observer, "tokens").await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_grant_that_waits_for_the_end_of_what_was_granted_before_is_a_new_one() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let store = database.store();
    let ada = Holder::User(given::user(store.as_ref(), "ada").await?);
    let old = given::grant_to(store.as_ref(), ada, "reports", one("42"), Access::READ).await?;
    let (mut other, mut observer) = (database.connect().await, database.connect().await);
    let mut transaction = other.begin().await?;
    sqlx::query("UPDATE permissions SET ended_at = created_at WHERE id = $1")
        .bind(old.id.0)
        .execute(&mut *transaction)
        .await?;
    let new = Permission { id: given::id(), ..old };
    let mut call = pin!(store.grant_permission(&new));
    until_it_waits(call.as_mut(), &mut observer).await?;
    transaction.commit().await?;
    assert_eq!(call.await?.as_ref(), Some(&new));
    assert_eq!(permissions(store.as_ref(), ada).await?, std::slice::from_ref(&new));
    Ok(())
}
