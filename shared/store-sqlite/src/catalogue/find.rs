//! Reading the catalogue.

use postrider_domain::ports::ResourceFilter;
use postrider_domain::{FilterName, PageRequest, Visibility};
use sqlx::{SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::rows::ResourceRow;
use crate::search::any_case;

pub(super) async fn by_entry(
    connection: &mut SqliteConnection,
    entry: Uuid,
) -> Result<Option<ResourceRow>, sqlx::Error> {
    sqlx::query_as!(
        ResourceRow,
        r#"
        SELECT
            entry_id AS "entry_id!: Uuid", kind, id, name, category,
            owner_id AS "owner_id?: Uuid", created_at, updated_at
        FROM resources
        WHERE entry_id = $1
        "#,
        entry,
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn by_id(
    readers: &SqlitePool,
    kind: &FilterName,
    id: &str,
) -> Result<Option<ResourceRow>, sqlx::Error> {
    let kind = kind.key();
    sqlx::query_as!(
        ResourceRow,
        r#"
        SELECT
            entry_id AS "entry_id!: Uuid", kind, id, name, category,
            owner_id AS "owner_id?: Uuid", created_at, updated_at
        FROM resources
        WHERE kind = $1 AND id = $2
        "#,
        kind,
        id,
    )
    .fetch_optional(readers)
    .await
}

pub(super) async fn page(
    readers: &SqlitePool,
    visibility: Visibility,
    filter: &ResourceFilter,
    page: PageRequest,
) -> Result<Vec<ResourceRow>, sqlx::Error> {
    let reader = visibility.owner().map(|reader| reader.0);
    let kind = filter.kind.as_ref().map(FilterName::key);
    let search = filter.search.as_deref().map(str::to_lowercase);
    let pattern = filter.search.as_deref().map(any_case);
    let (before, limit) = (page.before.unwrap_or(Uuid::max()), i64::from(page.limit) + 1);
    // Not checked when it is compiled: there, nobody has defined `REGEXP`.
    sqlx::query_as(include_str!("../../queries/list_resources.sql"))
        .bind(before)
        .bind(limit)
        .bind(reader)
        .bind(kind)
        .bind(filter.category.as_deref())
        .bind(search)
        .bind(pattern)
        .fetch_all(readers)
        .await
}
