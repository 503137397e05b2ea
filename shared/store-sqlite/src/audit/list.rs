//! Pages of the audit log, each in the order of an index.

use postrider_domain::{AuditOutcome, PageRequest, UserId};
use sqlx::SqlitePool;
use uuid::Uuid;

use crate::rows::AuditRow;

pub(super) async fn all(
    readers: &SqlitePool,
    page: PageRequest,
) -> Result<Vec<AuditRow>, sqlx::Error> {
    let (before, limit) = (page.before.unwrap_or(Uuid::max()), i64::from(page.limit) + 1);
    sqlx::query_as!(
        AuditRow,
        r#"
        SELECT
            id AS "id!: Uuid", at, actor_id AS "actor_id?: Uuid", actor_name,
            key_id AS "key_id?: Uuid", action, target, outcome, status, detail, address, request_id
        FROM audit
        WHERE id < $1
        ORDER BY id DESC
        LIMIT $2
        "#,
        before,
        limit,
    )
    .fetch_all(readers)
    .await
}

pub(super) async fn of_actor(
    readers: &SqlitePool,
    actor: UserId,
    outcome: Option<AuditOutcome>,
    page: PageRequest,
) -> Result<Vec<AuditRow>, sqlx::Error> {
    let outcome = outcome.map(AuditOutcome::as_str);
    let (before, limit) = (page.before.unwrap_or(Uuid::max()), i64::from(page.limit) + 1);
    sqlx::query_as!(
        AuditRow,
        r#"
        SELECT
            id AS "id!: Uuid", at, actor_id AS "actor_id?: Uuid", actor_name,
            key_id AS "key_id?: Uuid", action, target, outcome, status, detail, address, request_id
        FROM audit
        WHERE actor_id = $1 AND ($2 IS NULL OR outcome = $2) AND id < $3
        ORDER BY id DESC
        LIMIT $4
        "#,
        actor.0,
        outcome,
        before,
        limit,
    )
    .fetch_all(readers)
    .await
}

pub(super) async fn of_outcome(
    readers: &SqlitePool,
    outcome: AuditOutcome,
    page: PageRequest,
) -> Result<Vec<AuditRow>, sqlx::Error> {
    let outcome = outcome.as_str();
    let (before, limit) = (page.before.unwrap_or(Uuid::max()), i64::from(page.limit) + 1);
    sqlx::query_as!(
        AuditRow,
        r#"
        SELECT
            id AS "id!: Uuid", at, actor_id AS "actor_id?: Uuid", actor_name,
            key_id AS "key_id?: Uuid", action, target, outcome, status, detail, address, request_id
        FROM audit
        WHERE outcome = $1 AND id < $2
        ORDER BY id DESC
        LIMIT $3
        "#,
        outcome,
        before,
        limit,
    )
    .fetch_all(readers)
    .await
}
