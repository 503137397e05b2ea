//! Pages of registrations in any order.
//!
//! The one statement that is put together when it runs: up to three columns, each in either
//! direction, are too many orders to write them all down. Nothing of a request becomes part of its
//! text; columns come from [`column`], values are bound.

use chrono::{DateTime, Utc};
use postrider_domain::ports::{
    ListedRegistration, RegistrationCursor, RegistrationPage, RegistrationQuery, RegistrationSort,
    SortKey, StoreError,
};
use postrider_domain::{RegistrationId, Timestamp, causes};
use postrider_vault::Keyring;
use sqlx::{FromRow, Postgres, QueryBuilder};
use tracing::error;

use crate::PostgresStore;
use crate::errors::{corrupt, store_error};
use crate::rows::{RegistrationRow, storable};

const OPERATION: &str = "list_registrations";

#[derive(FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    registration: RegistrationRow,
    owner_name: String,
    owner_key: String,
}

impl PostgresStore {
    pub(super) async fn read_page(
        &self,
        query: &RegistrationQuery,
    ) -> Result<RegistrationPage, StoreError> {
        let order = query.order();
        let mut rows: Vec<ListedRow> = statement(query, order)?
            .build_query_as()
            .fetch_all(&self.lists)
            .await
            .map_err(store_error(OPERATION))?;
        let limit = query.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        // Of the last row, whether it can be opened or not.
        let next = if more { rows.last().map(|last| cursor(last, order)) } else { None };
        let items = rows.into_iter().filter_map(|row| row.open(&self.keyring)).collect();
        Ok(RegistrationPage { items, next })
    }
}

impl ListedRow {
    /// One that cannot be opened is logged, and keeps no other from being shown.
    fn open(self, keyring: &Keyring) -> Option<ListedRegistration> {
        let id = self.registration.id;
        let open = || -> Result<_, StoreError> {
            let registration = self.registration.open(keyring)?;
            let owner_name = self.owner_name.parse().map_err(corrupt("users"))?;
            Ok(ListedRegistration { registration, owner_name })
        };
        let passed_over = |error: &StoreError| {
            error!(registration = %id, error = %causes(error), "a registration was passed over");
        };
        open().inspect_err(passed_over).ok()
    }
}

fn statement(
    query: &RegistrationQuery,
    order: &[SortKey],
) -> Result<QueryBuilder<Postgres>, StoreError> {
    let mut sql = QueryBuilder::new(
        "-- list_registrations
        SELECT
            r.id, r.owner_id, r.uri, r.secret, r.previous_secret, r.previous_secret_ends_at,
            r.description, r.filters, r.headers, r.properties, r.paused, r.secret_expires_at,
            r.disabled_at, r.disabled_reason, r.condition, r.options, r.credentials, r.created_at,
            r.updated_at,
            u.name AS owner_name, u.name_key AS owner_key
        FROM registrations AS r
        JOIN users AS u ON u.id = r.owner_id
        WHERE true",
    );
    push_conditions(&mut sql, query);
    if let Some(after) = &query.after {
        push_after(&mut sql, order, after)?;
    }
    sql.push(" ORDER BY ");
    for key in order {
        sql.push(column(key.by)).push(if key.descending { " DESC, " } else { ", " });
    }
    sql.push(if SortKey::ids_descend(order) { "r.id DESC" } else { "r.id" });
    sql.push(" LIMIT ").push_bind(i64::from(query.limit) + 1);
    Ok(sql)
}

fn push_conditions(sql: &mut QueryBuilder<Postgres>, query: &RegistrationQuery) {
    // The same owner twice harms nobody, two different ones find nothing.
    for owner in [query.visibility.owner(), query.owner].into_iter().flatten() {
        sql.push(" AND r.owner_id = ").push_bind(owner.0);
    }
    if let Some(paused) = query.paused {
        sql.push(" AND r.paused = ").push_bind(paused);
    }
    if let Some(filter) = &query.filter {
        sql.push(
            " AND EXISTS (
                SELECT FROM registration_filters AS f
                WHERE f.registration_id = r.id AND f.filter = ",
        )
        .push_bind(filter.key())
        .push(")");
    }
    if let Some(search) = &query.search {
        push_search(sql, &storable(search).to_lowercase());
    }
}

/// Adds that one of the columns has a text. Those that have it not even together, which are most, are
/// passed over at once; and who has the text in their name is asked of the users, not of each of their
/// registrations.
fn push_search(sql: &mut QueryBuilder<Postgres>, search: &str) {
    let mut push = |before: &str| {
        sql.push(before).push_bind(search.to_owned());
    };
    push(" AND (strpos(r.search COLLATE \"C\", ");
    push(") > 0 AND (strpos(lower(r.uri), ");
    push(") > 0 OR strpos(lower(r.description), ");
    push(
        ") > 0 OR EXISTS (
            SELECT FROM registration_filters AS f
            WHERE f.registration_id = r.id AND strpos(f.filter, ",
    );
    push(") > 0)) OR r.owner_id = ANY (ARRAY (SELECT id FROM users WHERE strpos(name_key, ");
    sql.push(") > 0)))");
}

/// Leaves out what came before: what is beyond the cursor in one column, and the same in all columns
/// before that one.
fn push_after(
    sql: &mut QueryBuilder<Postgres>,
    order: &[SortKey],
    after: &RegistrationCursor,
) -> Result<(), StoreError> {
    if after.values.len() != order.len() {
        return Err(misfit());
    }
    let keys: Vec<_> = order.iter().copied().zip(&after.values).collect();
    if let Some(&(key, value)) = keys.first() {
        // Implied by what follows, but a condition that an index can begin at.
        sql.push(" AND ");
        compare(sql, key, if key.descending { " <= " } else { " >= " }, value)?;
    }
    sql.push(" AND (");
    for beyond in 0..keys.len() {
        for &(key, value) in &keys[..beyond] {
            compare(sql, key, " = ", value)?;
            sql.push(" AND ");
        }
        let (key, value) = keys[beyond];
        compare(sql, key, if key.descending { " < " } else { " > " }, value)?;
        sql.push(" OR ");
    }
    for &(key, value) in &keys {
        compare(sql, key, " = ", value)?;
        sql.push(" AND ");
    }
    sql.push(if SortKey::ids_descend(order) { "r.id < " } else { "r.id > " });
    sql.push_bind(after.id.0).push(")");
    Ok(())
}

fn compare(
    sql: &mut QueryBuilder<Postgres>,
    key: SortKey,
    operator: &str,
    value: &str,
) -> Result<(), StoreError> {
    sql.push(column(key.by)).push(operator);
    match key.by {
        RegistrationSort::Uri | RegistrationSort::Description | RegistrationSort::Owner => {
            sql.push_bind(storable(value));
        }
        RegistrationSort::Paused => {
            sql.push_bind(value == "1");
        }
        RegistrationSort::CreatedAt | RegistrationSort::UpdatedAt => {
            let micros = value.parse().map_err(|_| misfit())?;
            let time: DateTime<Utc> = Timestamp::from_micros(micros).to_utc();
            sql.push_bind(time);
        }
    }
    Ok(())
}

fn column(by: RegistrationSort) -> &'static str {
    match by {
        RegistrationSort::Uri => r#"r.uri COLLATE "C""#,
        RegistrationSort::Description => r#"COALESCE(r.description, '') COLLATE "C""#,
        RegistrationSort::Owner => r#"u.name_key COLLATE "C""#,
        RegistrationSort::Paused => "r.paused",
        RegistrationSort::CreatedAt => "r.created_at",
        RegistrationSort::UpdatedAt => "r.updated_at",
    }
}

fn cursor(last: &ListedRow, order: &[SortKey]) -> RegistrationCursor {
    let values = order.iter().map(|key| value(key.by, last)).collect();
    RegistrationCursor { values, id: RegistrationId(last.registration.id) }
}

fn value(by: RegistrationSort, row: &ListedRow) -> String {
    let registration = &row.registration;
    let micros = |time: DateTime<Utc>| Timestamp::from(time).as_micros().to_string();
    match by {
        RegistrationSort::Uri => registration.uri.clone(),
        RegistrationSort::Description => registration.description.clone().unwrap_or_default(),
        RegistrationSort::Owner => row.owner_key.clone(),
        RegistrationSort::Paused => u8::from(registration.paused).to_string(),
        RegistrationSort::CreatedAt => micros(registration.created_at),
        RegistrationSort::UpdatedAt => micros(registration.updated_at),
    }
}

/// A cursor of another order, or one that somebody made up.
fn misfit() -> StoreError {
    StoreError::Rejected {
        operation: OPERATION,
        source: "the cursor does not belong to this order".into(),
    }
}
