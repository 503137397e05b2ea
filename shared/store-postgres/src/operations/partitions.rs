//! A partition per day for what is only ever added: events and attempts.
//!
//! Both are partitioned by their `UUIDv7`, whose first 48 bits are a time in milliseconds, so that
//! the day of a row follows from its id and a look-up by id visits one partition.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use postrider_domain::Timestamp;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use tracing::warn;
use uuid::Uuid;

pub(super) const TABLES: [&str; 2] = ["events", "attempts"];

/// Stands for "partitions are being made or dropped" among the advisory locks of the database.
pub(super) const LOCK: i64 = 0x706f_7374_7269_6465;

/// Makes the partitions from the day of `now` to that of `now + ahead` that are not there yet; how
/// many.
pub(super) async fn prepare(
    pool: &PgPool,
    now: Timestamp,
    ahead: Duration,
) -> Result<u64, sqlx::Error> {
    let last = (now + ahead).to_utc().date_naive();
    let days = now.to_utc().date_naive().iter_days().take_while(|day| *day <= last);

    let mut transaction = pool.begin().await?;
    // One process at a time; a busy table makes this give up, not everybody else wait.
    sqlx::query("SELECT pg_advisory_xact_lock($1), set_config('lock_timeout', '5s', true)")
        .bind(LOCK)
        .execute(&mut *transaction)
        .await?;
    let mut made = 0;
    for day in days {
        for table in TABLES {
            made += u64::from(make(&mut transaction, table, day).await?);
        }
    }
    transaction.commit().await?;
    Ok(made)
}

/// Makes the partition of `table` for `day`; `false` when it is there, or cannot be made.
async fn make(
    connection: &mut PgConnection,
    table: &'static str,
    day: NaiveDate,
) -> Result<bool, sqlx::Error> {
    let name = format!("{table}_{}", day.format("%Y%m%d"));
    let exists = sqlx::query_scalar::<_, bool>("SELECT to_regclass($1) IS NOT NULL")
        .bind(&name)
        .fetch_one(&mut *connection)
        .await?;
    if exists {
        return Ok(false);
    }
    let from = first_id(day);
    let to = first_id(day.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX));
    let statement =
        format!("CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ('{from}') TO ('{to}')");
    // Within its own savepoint: that one day cannot be made must not undo the others.
    let mut savepoint = connection.begin().await?;
    match sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *savepoint).await {
        Ok(_) => {
            savepoint.commit().await?;
            Ok(true)
        }
        Err(error) if is_occupied(&error) => {
            savepoint.rollback().await?;
            warn!(
                partition = name,
                "the default partition has rows of this day already, so the day stays there"
            );
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Whether the default partition has rows that would belong to the new one.
fn is_occupied(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("23514"))
}

/// The smallest id of a day.
pub(super) fn first_id(day: NaiveDate) -> Uuid {
    let midnight: DateTime<Utc> = day.and_time(NaiveTime::MIN).and_utc();
    let millis = u64::try_from(midnight.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128(u128::from(millis) << 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_with_the_first_id_of_its_midnight() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        let midnight: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
        let earliest =
            uuid::Builder::from_unix_timestamp_millis(midnight.as_millis(), &[0; 10]).into_uuid();
        let before =
            uuid::Builder::from_unix_timestamp_millis(midnight.as_millis() - 1, &[0xff; 10])
                .into_uuid();
        assert!(before < first_id(day));
        assert!(first_id(day) <= earliest);
    }
}
