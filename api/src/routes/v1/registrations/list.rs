//! `GET /api/v1/registrations`: searched, sorted by up to three columns, page by page.

use std::str::FromStr;

use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_domain::ports::{RegistrationCursor, RegistrationQuery, RegistrationSort, SortKey};
use postrider_domain::{FilterName, PageRequest, RegistrationId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::view::ListedView;
use crate::App;
use crate::error::{ApiError, Code};
use crate::extract::{Caller, Json, Listed, Query, search_text};
use crate::openapi::schema;

/// How many entries a page has unless the client says.
const DEFAULT_LIMIT: u32 = 20;

/// What clients call the columns.
const COLUMNS: [(&str, RegistrationSort); 6] = [
    ("uri", RegistrationSort::Uri),
    ("description", RegistrationSort::Description),
    ("owner", RegistrationSort::Owner),
    ("paused", RegistrationSort::Paused),
    ("createdAt", RegistrationSort::CreatedAt),
    ("updatedAt", RegistrationSort::UpdatedAt),
];

/// Which registrations are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only those whose URI, description, filters or owner's name contain this, in any case.
    #[param(max_length = 200, pattern = r"^[^\x00]*$")]
    search: Option<String>,
    /// Only those of this user; those of others are for administrators.
    #[param(value_type = Option<schema::UserId>)]
    owner: Option<String>,
    /// Only those that ask for this filter by name.
    #[param(value_type = Option<schema::FilterName>)]
    filter: Option<String>,
    /// Only paused, or only running ones.
    paused: Option<bool>,
    /// The order: up to three of `uri`, `description`, `owner`, `paused`, `createdAt`, `updatedAt`,
    /// separated by commas, each with a `-` before it for the greatest first. By URI unless it is
    /// given.
    #[param(
        example = "uri,-createdAt",
        pattern = "^-?(uri|description|owner|paused|createdAt|updatedAt)(,-?(uri|description|owner|paused|createdAt|updatedAt)){0,2}$"
    )]
    sort: Option<String>,
    /// Where the page before ended. It belongs to one order.
    #[param(value_type = Option<schema::Cursor>)]
    cursor: Option<String>,
    /// The most entries of the page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
}

/// The registrations that the caller may see, without their secrets.
#[utoipa::path(
    get,
    path = "/api/v1/registrations",
    tag = "registrations",
    operation_id = "listRegistrations",
    params(ListQuery),
    responses((status = 200, body = Listed<ListedView>)),
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Listed<ListedView>>, ApiError> {
    let sort = Sort::parse(query.sort.as_deref())?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=PageRequest::MAX_LIMIT).contains(&limit) {
        let range = format!("`limit` is a number from 1 to {}", PageRequest::MAX_LIMIT);
        return Err(invalid(range));
    }
    let query = RegistrationQuery {
        visibility: caller.visibility(),
        owner: owner(read(query.owner.as_deref())?, &caller)?,
        filter: read::<FilterName>(query.filter.as_deref())?,
        paused: query.paused,
        search: search_text(query.search.as_deref())?.map(str::to_owned),
        after: query.cursor.map(|cursor| sort.read_cursor(&cursor)).transpose()?,
        sort: sort.keys(),
        limit,
    };
    let page = app.store.list_registrations(&query).await?;
    let next = page.next.map(|cursor| sort.write_cursor(cursor));
    Ok(Listed::paged(page.items.into_iter().map(ListedView::from).collect(), next))
}

/// Whose registrations are asked for.
fn owner(asked_for: Option<UserId>, caller: &Caller) -> Result<Option<UserId>, ApiError> {
    if caller.is_administrator() || asked_for.is_none_or(|user| user == caller.user.id) {
        return Ok(asked_for);
    }
    Err(ApiError::new(Code::Forbidden).detail("others' registrations are for administrators"))
}

fn read<T: FromStr<Err = postrider_domain::Invalid>>(
    value: Option<&str>,
) -> Result<Option<T>, ApiError> {
    value.map(|value| value.parse().map_err(|error: T::Err| invalid(error.0))).transpose()
}

fn invalid(detail: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::new(Code::InvalidQuery).detail(detail)
}

/// An order, as its client knows it.
#[derive(Debug, PartialEq)]
struct Sort(Vec<(&'static str, SortKey)>);

/// What a cursor is made of. Clients need not know.
#[derive(Serialize, Deserialize)]
struct Cursor {
    /// The order it belongs to.
    sort: String,
    values: Vec<String>,
    id: RegistrationId,
}

impl Sort {
    fn parse(text: Option<&str>) -> Result<Self, ApiError> {
        let mut keys: Vec<(&str, SortKey)> = Vec::new();
        let columns = text.unwrap_or("uri").split(',').collect::<Vec<_>>();
        if columns.len() > RegistrationQuery::MAX_SORT_KEYS {
            return Err(invalid(format!(
                "`sort` has at most {} columns",
                RegistrationQuery::MAX_SORT_KEYS
            )));
        }
        for column in columns {
            let (wanted, descending) =
                column.strip_prefix('-').map_or((column, false), |column| (column, true));
            let known = COLUMNS.iter().find(|(name, _)| *name == wanted);
            let &(name, by) = known.ok_or_else(|| {
                let names = COLUMNS.map(|(name, _)| name).join(", ");
                invalid(format!("`{wanted}` is no column to sort by; there are {names}"))
            })?;
            // What has decided already decides nothing more.
            if keys.iter().all(|(taken, _)| *taken != name) {
                keys.push((name, SortKey { by, descending }));
            }
        }
        Ok(Self(keys))
    }

    fn keys(&self) -> Vec<SortKey> {
        self.0.iter().map(|(_, key)| *key).collect()
    }

    fn text(&self) -> String {
        let column = |(name, key): &(&str, SortKey)| {
            format!("{}{name}", if key.descending { "-" } else { "" })
        };
        self.0.iter().map(column).collect::<Vec<_>>().join(",")
    }

    fn write_cursor(&self, cursor: RegistrationCursor) -> String {
        let cursor = Cursor { sort: self.text(), values: cursor.values, id: cursor.id };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).expect("texts can be written as JSON"))
    }

    /// Reads a cursor that this order has given out. Whatever a client may have made of it, no value
    /// reaches the store that its column cannot have.
    fn read_cursor(&self, text: &str) -> Result<RegistrationCursor, ApiError> {
        let made_up = || invalid("`cursor` is not one that was given out here");
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| made_up())?;
        let cursor: Cursor = serde_json::from_slice(&json).map_err(|_| made_up())?;
        if cursor.sort != self.text() {
            return Err(invalid("`cursor` belongs to another order than `sort`"));
        }
        let fits = |(value, (_, key)): (&String, &(&str, SortKey))| match key.by {
            RegistrationSort::Uri | RegistrationSort::Description | RegistrationSort::Owner => {
                !value.contains('\0')
            }
            RegistrationSort::Paused => matches!(value.as_str(), "0" | "1"),
            RegistrationSort::CreatedAt | RegistrationSort::UpdatedAt => {
                value.parse::<i64>().is_ok_and(|micros| (0..=MAX_MICROS).contains(&micros))
            }
        };
        if cursor.values.len() != self.0.len() || !cursor.values.iter().zip(&self.0).all(fits) {
            return Err(made_up());
        }
        Ok(RegistrationCursor { values: cursor.values, id: cursor.id })
    }
}

/// The end of the year 9999: no store can hold a later time that nobody has seen.
const MAX_MICROS: i64 = 253_402_300_799_999_999;

#[cfg(test)]
mod tests;
