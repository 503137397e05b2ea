//! The inbox as the database has it.

use anyhow::ensure;
use postrider_backends::{DatabaseUrl, open_inbox};
use postrider_runtime::Common;
use sqlx::{Connection, PgConnection};
use url::Url;

use super::webhooks::{ID, KEY_PREFIX};
use crate::lab::Servers;

/// A database with nothing but an inbox, and a namespace on the broker.
pub(super) struct Ledger {
    pub(super) database: Url,
    pub(super) queue: Url,
    pub(super) namespace: String,
}

impl Ledger {
    /// Creates both.
    pub(super) async fn create(servers: &mut Servers, part: &str) -> anyhow::Result<Self> {
        let namespace = format!("postrider_bench_{}_{part}", std::process::id());
        let (database, queue) = servers.create(&namespace).await?;
        let url = DatabaseUrl::Postgres(database.to_string());
        open_inbox(&url, &Common::default()).await?.migrate_inbox().await?;
        Ok(Self { database, queue, namespace })
    }

    /// How many transactions were committed, as far as the server has counted them by now.
    pub(super) async fn commits(&self) -> anyhow::Result<i64> {
        let mut connection = PgConnection::connect(self.database.as_str()).await?;
        let count = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
        Ok(sqlx::query_scalar(count).fetch_one(&mut connection).await?)
    }

    /// Fails unless the first `sent` webhooks are there, each once, and nothing else.
    pub(super) async fn check(&self, sent: u32) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(self.database.as_str()).await?;
        let (stored, again): (i64, i64) = sqlx::query_as(
            "SELECT count(*), coalesce(sum(duplicates), 0)::bigint FROM inbox.items",
        )
        .fetch_one(&mut connection)
        .await?;
        let missing: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM generate_series(0, $1 - 1) AS n
             WHERE NOT EXISTS (
                 SELECT FROM inbox.items
                 WHERE receiver = 'github' AND address_id = $2 AND dedupe_key = $3 || n)",
        )
        .bind(i64::from(sent))
        .bind(ID)
        .bind(KEY_PREFIX)
        .fetch_one(&mut connection)
        .await?;
        ensure!(missing == 0, "{missing} webhooks were answered and are not in the inbox");
        ensure!(stored == i64::from(sent), "{sent} webhooks were answered and {stored} are stored");
        ensure!(again == 0, "{again} webhooks were taken for duplicates");
        Ok(())
    }
}
