//! Dropping days of events and attempts.
//!
//! A day is dropped once no delivery is left of it that was to be removed: what there is then is kept
//! on purpose, and so are its event and its attempts. They are copied, the partition is dropped, and
//! they come back to the default partition, all in one transaction; no reader misses them, since
//! nobody reads the table in between.
//!
//! The copy keeps readers and writers of other days waiting for nothing. Whoever needs an event to be
//! there from now on has locked its row (a replay has), and is waited for. Only from the drop to the
//! commit is the table locked as a whole; on a busy one that lock may not be had in time, and the day
//! goes another time.

use chrono::{Days, NaiveDate};
use postrider_domain::Timestamp;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use tracing::{info, warn};
use uuid::Uuid;

use crate::operations::partitions::{LOCK, TABLES, first_id};

/// A partition of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Day {
    table: &'static str,
    pub(super) name: String,
    date: NaiveDate,
}

impl Day {
    /// The partition of `table` with this name, if it is one of a day.
    fn parse(table: &'static str, name: &str) -> Option<Self> {
        let digits = name.strip_prefix(table)?.strip_prefix('_')?;
        let date = NaiveDate::parse_from_str(digits, "%Y%m%d").ok()?;
        // Nothing but the name that this store would give goes into a statement.
        (name == format!("{table}_{}", date.format("%Y%m%d"))).then(|| Self {
            table,
            name: name.to_owned(),
            date,
        })
    }

    /// The first id after it.
    fn end(&self) -> Uuid {
        first_id(self.date.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX))
    }
}

/// Drops the days that ended by `before`; how many.
pub(super) async fn drop_expired(pool: &PgPool, before: Timestamp) -> Result<u64, sqlx::Error> {
    let swept_to =
        sqlx::query_scalar!("SELECT swept_to FROM retention_sweeps WHERE kind = 'deliveries'")
            .fetch_one(pool)
            .await?
            .unwrap_or(Uuid::nil());
    let mut dropped = 0;
    for day in expired(pool, before).await? {
        // Another process is still removing deliveries of it.
        if swept_to < day.end() {
            break;
        }
        match drop_day(pool, &day).await {
            Ok(Outcome::Done) => {
                info!(partition = day.name, "a day that is too old was dropped");
                dropped += 1;
            }
            Ok(Outcome::DoneBefore) => {}
            Ok(Outcome::NotNow) => break,
            Err(error) if is_busy(&error) => {
                warn!(partition = day.name, "the table is busy, so the day is dropped later");
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(dropped)
}

/// The days that ended by `before`, the oldest first.
pub(super) async fn expired(pool: &PgPool, before: Timestamp) -> Result<Vec<Day>, sqlx::Error> {
    let end = postrider_domain::first_id(before);
    let mut days = Vec::new();
    for table in TABLES {
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT c.relname::text
             FROM pg_inherits AS i
             JOIN pg_class AS c ON c.oid = i.inhrelid
             WHERE i.inhparent = to_regclass($1)",
        )
        .bind(table)
        .fetch_all(pool)
        .await?;
        days.extend(names.iter().filter_map(|name| Day::parse(table, name)));
    }
    days.retain(|day| day.end() <= end);
    days.sort_unstable_by_key(|day| day.date);
    Ok(days)
}

/// What came of an attempt to drop a day.
enum Outcome {
    Done,
    /// Another process was faster.
    DoneBefore,
    /// Another process is making or dropping partitions.
    NotNow,
}

/// Drops a day but for what is kept.
async fn drop_day(pool: &PgPool, day: &Day) -> Result<Outcome, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let free: bool = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)")
        .bind(LOCK)
        .fetch_one(&mut *transaction)
        .await?;
    if !free {
        return Ok(Outcome::NotNow);
    }
    if !exists(&mut transaction, day).await? {
        return Ok(Outcome::DoneBefore);
    }
    let Day { table, name, .. } = day;
    let kept = kept(day);
    // The lock comes before the copy, so that the copy has what was changed by those it waited for.
    let statements = format!(
        "SET LOCAL lock_timeout = '2s';
         SET LOCAL statement_timeout = '10min';
         LOCK TABLE ONLY {name} IN EXCLUSIVE MODE;
         CREATE TEMPORARY TABLE kept_of_day ON COMMIT DROP AS {kept};
         DROP TABLE {name};
         INSERT INTO {table} SELECT * FROM pg_temp.kept_of_day"
    );
    run(&mut transaction, statements).await?;
    transaction.commit().await?;
    Ok(Outcome::Done)
}

/// Selects what is kept of a day, every column of it: one that is not named here must not be lost.
/// From the deliveries, of which few are left, to their events and attempts, of which there are many.
fn kept(day: &Day) -> String {
    let (name, first, end) = (&day.name, first_id(day.date), day.end());
    if day.table == "events" {
        format!(
            "SELECT e.*
             FROM (
                 SELECT event_id FROM deliveries WHERE id >= '{first}' AND id < '{end}'
                 UNION
                 SELECT event_id FROM event_outbox WHERE event_id >= '{first}' AND event_id < '{end}'
             ) AS needed
             JOIN ONLY {name} AS e ON e.id = needed.event_id"
        )
    } else {
        format!(
            "SELECT a.*
             FROM deliveries AS d
             JOIN ONLY {name} AS a ON a.delivery_id = d.id
             WHERE d.id < '{end}'"
        )
    }
}

async fn exists(connection: &mut PgConnection, day: &Day) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(&day.name)
        .fetch_one(connection)
        .await
}

async fn run(connection: &mut PgConnection, statements: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await?;
    Ok(())
}

/// Whether a lock was not to be had in time, or only at the cost of somebody else.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("55P03" | "40P01" | "57014"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_partitions_of_days_are_days() {
        let day = Day::parse("events", "events_20261121").unwrap();
        assert_eq!(day.date, NaiveDate::from_ymd_opt(2026, 11, 21).unwrap());
        for other in ["events_default", "events_2026", "attempts_20261121", "events_20261121 x"] {
            assert_eq!(Day::parse("events", other), None, "{other}");
        }
    }
}
