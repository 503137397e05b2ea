//! Dispatch begins with those who may read or with those who ask, whichever are fewer. Who is told
//! does not depend on it.

use postrider_testkit::conformance::stores::{CaseResult, endings, matrix, outlived};
use postrider_testkit::databases::PostgresDatabase;

/// Makes more people who may read everything than dispatch counts before it looks who asks, and than
/// ask in the table: they ask for nothing.
const CROWD: &str = "
    INSERT INTO users (id, name, name_key, role, password_hash, disabled, created_at)
    SELECT gen_random_uuid(), 'c' || n, 'c' || n, 'user', '', false, 'epoch'
    FROM generate_series(1, 3500) AS n;
    INSERT INTO role_members (role_id, user_id)
    SELECT r.id, u.id FROM roles AS r CROSS JOIN users AS u WHERE r.name_key = 'report reader';
    ANALYZE";

async fn crowded() -> anyhow::Result<PostgresDatabase> {
    let database = PostgresDatabase::create().await;
    sqlx::raw_sql(CROWD).execute(&mut database.connect().await).await?;
    Ok(database)
}

#[tokio::test]
async fn those_who_ask_are_judged_by_the_same_rule_as_those_who_may_read() -> CaseResult {
    let database = crowded().await?;
    matrix::whatever_one_may_and_whatever_happens_the_rule_decides(database.store().as_ref()).await
}

#[tokio::test]
async fn those_who_ask_are_judged_by_what_has_ended_as_well() -> CaseResult {
    let database = crowded().await?;
    let store = database.store();
    outlived::what_was_accepted_before_the_end_is_told_whenever_it_is_dispatched(store.as_ref())
        .await?;
    let database = crowded().await?;
    endings::what_is_added_again_is_its_new_owners_alone(database.store().as_ref()).await
}
