//! Walks along an index, from the newest on, that end where enough was found or enough was looked at.
//!
//! Which index that is is not left to the planner: what it knows of a table is old, and nothing of how
//! what is asked for lies in it. A walk is along `(key, id)`, with bounds on both at once, which no other
//! index has an order for.

use postrider_domain::IdRange;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

/// A walk.
#[derive(Clone, Copy)]
pub(super) struct Walk {
    pub(super) table: &'static str,
    pub(super) columns: &'static str,
    /// The column before the id in the index; none is the primary key.
    pub(super) key: Option<&'static str>,
    /// What ids are walked along.
    pub(super) range: IdRange,
    /// How many rows are looked at. Not more than are found where every row matches: the planner then
    /// knows that the walk is a short one.
    pub(super) look: i64,
    /// How many are found.
    pub(super) find: i64,
}

impl Walk {
    /// Adds the walk along what has the key that `key` adds, and `scope`, which the index knows, too.
    /// Of each row it says whether it `matches`, and whether it `is_end`: the last that was looked at.
    /// No other rows come out of it. `matches` may speak of the row as `d`, and of what is joined to it.
    pub(super) fn push(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        key: impl Fn(&mut QueryBuilder<Postgres>),
        scope: impl FnOnce(&mut QueryBuilder<Postgres>),
        joined: &str,
        matches: impl FnOnce(&mut QueryBuilder<Postgres>),
    ) {
        let order = |row: &str| {
            let key = self.key.map(|key| format!("{row}.{key} DESC, ")).unwrap_or_default();
            format!("{key}{row}.id DESC")
        };
        sql.push("SELECT s.* FROM (SELECT d.*, COALESCE(true");
        matches(sql);
        sql.push(", false) AS matches, row_number() OVER (ORDER BY ").push(order("d"));
        sql.push(") = ").push_bind(self.look).push(" AS is_end FROM (SELECT ").push(self.columns);
        sql.push(" FROM ").push(self.table).push(" AS w WHERE ");
        self.push_bounds(sql, key);
        scope(sql);
        sql.push(" ORDER BY ").push(order("w")).push(" LIMIT ").push_bind(self.look);
        sql.push(") AS d ").push(joined);
        sql.push(") AS s WHERE s.matches OR s.is_end ORDER BY ").push(order("s"));
        sql.push(" LIMIT ").push_bind(self.find);
    }

    fn push_bounds(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        key: impl Fn(&mut QueryBuilder<Postgres>),
    ) {
        let Some(column) = self.key else {
            // A bound that bounds nothing has the planner believe in a handful of rows.
            sql.push("true");
            if self.range.first != Uuid::nil() {
                sql.push(" AND w.id >= ").push_bind(self.range.first);
            }
            if self.range.last != Uuid::max() {
                sql.push(" AND w.id <= ").push_bind(self.range.last);
            }
            return;
        };
        for (bound, id) in [(">=", self.range.first), ("<=", self.range.last)] {
            let and = if bound == ">=" { "" } else { " AND " };
            sql.push(format!("{and}(w.{column}, w.id) {bound} ("));
            key(sql);
            sql.push(", ").push_bind(id).push(")");
        }
    }
}
