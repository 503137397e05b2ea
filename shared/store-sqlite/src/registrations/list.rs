//! Pages of registrations in any order, each beginning after the last entry of the one before.

use postrider_domain::ports::{
    ListedRegistration, RegistrationCursor, RegistrationPage, RegistrationQuery, RegistrationSort,
    SortKey, StoreError,
};
use postrider_domain::{RegistrationId, causes};
use postrider_vault::Keyring;
use sqlx::{QueryBuilder, Sqlite};
use tracing::error;

use crate::errors::corrupt;
use crate::rows::RegistrationRow;
use crate::search::any_case;

/// A registration with the name of its owner.
#[derive(sqlx::FromRow)]
pub(super) struct ListedRow {
    #[sqlx(flatten)]
    registration: RegistrationRow,
    owner_name: String,
    owner_key: String,
}

/// The value of a column of the order.
enum Value {
    Text(String),
    Number(i64),
}

/// The statement for a page, with the row that tells whether there are more.
pub(super) fn statement(query: &RegistrationQuery) -> Result<QueryBuilder<Sqlite>, StoreError> {
    let mut sql = QueryBuilder::new(
        // The registrations are read first, in the order of an index where there is one.
        "SELECT r.id, r.owner_id, r.uri, r.secret, r.previous_secret, r.previous_secret_ends_at, \
         r.description, r.filters, r.headers, r.properties, r.options, r.condition, r.credentials, \
         r.paused, r.secret_expires_at, r.disabled_at, r.disabled_reason, r.created_at, \
         r.updated_at, u.name AS owner_name, u.name_key AS owner_key \
         FROM registrations AS r CROSS JOIN users AS u ON u.id = r.owner_id WHERE true",
    );
    push_conditions(&mut sql, query);
    let order = query.order();
    if let Some(cursor) = &query.after {
        push_cursor(&mut sql, order, cursor)?;
    }
    sql.push(" ORDER BY ");
    for key in order {
        sql.push(column(key.by)).push(if key.descending { " DESC, " } else { ", " });
    }
    sql.push(if SortKey::ids_descend(order) { "r.id DESC" } else { "r.id" });
    sql.push(" LIMIT ").push_bind(i64::from(query.limit) + 1);
    Ok(sql)
}

/// The page that `rows` make, of which the last only tells that there are more. What does not open
/// is passed over, but the page ends where it would have ended with it.
pub(super) fn page(
    mut rows: Vec<ListedRow>,
    query: &RegistrationQuery,
    keyring: &Keyring,
) -> RegistrationPage {
    let limit = query.limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| RegistrationCursor {
        values: query.order().iter().map(|key| value(last, key.by)).collect(),
        id: RegistrationId(last.registration.id),
    });
    RegistrationPage {
        items: rows.into_iter().filter_map(|row| open(row, keyring)).collect(),
        next,
    }
}

fn open(row: ListedRow, keyring: &Keyring) -> Option<ListedRegistration> {
    let id = row.registration.id;
    let owner_name = row.owner_name.parse().map_err(corrupt("users"));
    let listed = row
        .registration
        .open(keyring)
        .and_then(|registration| Ok(ListedRegistration { registration, owner_name: owner_name? }));
    let passed_over = |error: &StoreError| {
        error!(registration = %id, error = %causes(error), "a registration was passed over");
    };
    listed.inspect_err(passed_over).ok()
}

/// What is compared, byte by byte where it is text.
fn column(by: RegistrationSort) -> &'static str {
    match by {
        RegistrationSort::Uri => "r.uri",
        RegistrationSort::Description => "coalesce(r.description, '')",
        RegistrationSort::Owner => "u.name_key",
        RegistrationSort::Paused => "r.paused",
        RegistrationSort::CreatedAt => "r.created_at",
        RegistrationSort::UpdatedAt => "r.updated_at",
    }
}

/// The value that `row` has in a column of the order, as a cursor has it.
fn value(row: &ListedRow, by: RegistrationSort) -> String {
    let registration = &row.registration;
    match by {
        RegistrationSort::Uri => registration.uri.clone(),
        RegistrationSort::Description => registration.description.clone().unwrap_or_default(),
        RegistrationSort::Owner => row.owner_key.clone(),
        RegistrationSort::Paused => i64::from(registration.paused).to_string(),
        RegistrationSort::CreatedAt => registration.created_at.to_string(),
        RegistrationSort::UpdatedAt => registration.updated_at.to_string(),
    }
}

/// The same value read back.
fn parse(by: RegistrationSort, text: &str) -> Option<Value> {
    match by {
        RegistrationSort::Uri | RegistrationSort::Description | RegistrationSort::Owner => {
            Some(Value::Text(text.to_owned()))
        }
        RegistrationSort::Paused | RegistrationSort::CreatedAt | RegistrationSort::UpdatedAt => {
            text.parse().ok().map(Value::Number)
        }
    }
}

fn push_conditions(sql: &mut QueryBuilder<Sqlite>, query: &RegistrationQuery) {
    for owner in query.visibility.owner().into_iter().chain(query.owner) {
        sql.push(" AND r.owner_id = ").push_bind(owner.0);
    }
    if let Some(filter) = &query.filter {
        sql.push(" AND r.id IN (SELECT registration_id FROM registration_filters WHERE filter = ")
            .push_bind(filter.key())
            .push(")");
    }
    if let Some(paused) = query.paused {
        sql.push(" AND r.paused = ").push_bind(paused);
    }
    if let Some(search) = &query.search {
        push_search(sql, search);
    }
}

fn push_search(sql: &mut QueryBuilder<Sqlite>, search: &str) {
    let (pattern, key) = (any_case(search), search.to_lowercase());
    sql.push(" AND (r.uri REGEXP ").push_bind(pattern.clone());
    sql.push(" OR r.description REGEXP ").push_bind(pattern);
    sql.push(" OR instr(u.name_key, ").push_bind(key.clone());
    sql.push(
        ") > 0 OR EXISTS (SELECT 1 FROM registration_filters AS f WHERE f.registration_id = r.id \
         AND instr(f.filter, ",
    );
    sql.push_bind(key).push(") > 0))");
}

/// Adds that a row comes after the one that `cursor` names: it is greater in a column (or smaller,
/// where the greatest come first) and equal in those before it.
fn push_cursor(
    sql: &mut QueryBuilder<Sqlite>,
    order: &[SortKey],
    cursor: &RegistrationCursor,
) -> Result<(), StoreError> {
    let unfit = || StoreError::Rejected {
        operation: "list_registrations",
        source: "the cursor is one of another order".into(),
    };
    if cursor.values.len() != order.len() {
        return Err(unfit());
    }
    for (key, text) in order.iter().zip(&cursor.values) {
        let (column, after) = (column(key.by), if key.descending { "<" } else { ">" });
        // The first half says nothing new, but it is what an index can begin at.
        sql.push(" AND ").push(column).push(after).push("= ");
        push_value(sql, parse(key.by, text).ok_or_else(unfit)?);
        sql.push(" AND (").push(column).push(" ").push(after).push(" ");
        push_value(sql, parse(key.by, text).ok_or_else(unfit)?);
        sql.push(" OR (true");
    }
    sql.push(if SortKey::ids_descend(order) { " AND r.id < " } else { " AND r.id > " });
    sql.push_bind(cursor.id.0);
    for _ in order {
        sql.push("))");
    }
    Ok(())
}

fn push_value(sql: &mut QueryBuilder<Sqlite>, value: Value) {
    match value {
        Value::Text(text) => sql.push_bind(text),
        Value::Number(number) => sql.push_bind(number),
    };
}
