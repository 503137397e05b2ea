//! Bringing a schema to this version, and telling whether it is there.

use postrider_domain::ports::StoreError;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use crate::errors::store_error;

/// Applies those of `migrations` that are not applied yet, for the port method `operation`.
pub(crate) async fn migrate(
    connection: &mut PgConnection,
    migrations: &Migrator,
    operation: &'static str,
) -> Result<(), StoreError> {
    // The migrator holds an advisory lock, so that of several processes one does the work.
    migrations
        .run_direct(None, connection, false)
        .await
        .map_err(|error| store_error(operation)(unwrapped(error)))
}

/// Whether all of `migrations` are applied, for the port method `operation`.
pub(crate) async fn check(
    pool: &PgPool,
    migrations: &Migrator,
    operation: &'static str,
) -> Result<(), StoreError> {
    let failed = store_error(operation);
    // The migrator's own table is no part of the schema that statements are checked against.
    let migrated = sqlx::query_scalar::<_, bool>("SELECT to_regclass($1) IS NOT NULL")
        .bind(&*migrations.table_name)
        .fetch_one(pool)
        .await
        .map_err(&failed)?;
    let applied: Vec<(i64, Vec<u8>)> = if migrated {
        let table = &migrations.table_name;
        let statement = format!("SELECT version, checksum FROM {table} WHERE success");
        sqlx::query_as(AssertSqlSafe(statement)).fetch_all(pool).await.map_err(&failed)?
    } else {
        Vec::new()
    };
    let missing = migrations.iter().find(|migration| {
        !applied.iter().any(|(version, checksum)| {
            *version == migration.version && *checksum == *migration.checksum
        })
    });
    match missing {
        None => Ok(()),
        Some(migration) => Err(StoreError::Rejected {
            operation,
            source: format!("migration {} has not been applied", migration.version).into(),
        }),
    }
}

/// The error of the database, if that is what a migration failed of.
fn unwrapped(error: MigrateError) -> sqlx::Error {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error,
        other => sqlx::Error::Migrate(Box::new(other)),
    }
}
