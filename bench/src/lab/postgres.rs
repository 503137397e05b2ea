//! Databases that last for one scenario.

use anyhow::Context;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use url::Url;

use crate::procfs::Stat;

/// The server.
pub(crate) struct Postgres {
    url: Url,
    connection: PgConnection,
    main_process: Option<u32>,
    /// Databases that are there, or may be.
    created: Vec<String>,
}

impl Postgres {
    /// Connects to the maintenance database of the server at `url`.
    pub(crate) async fn connect(url: Url) -> anyhow::Result<Self> {
        let mut connection = PgConnection::connect(database(&url, "postgres").as_str())
            .await
            .context("cannot connect to Postgres")?;
        let main_process = find_main_process(&mut connection).await?;
        Ok(Self { url, connection, main_process, created: Vec::new() })
    }

    /// The server's main process, if it runs on this machine.
    pub(crate) fn main_process(&self) -> Option<u32> {
        self.main_process
    }

    /// Creates a database and returns its URL. `name` needs no quoting.
    pub(crate) async fn create(&mut self, name: &str) -> anyhow::Result<Url> {
        self.created.push(name.to_owned());
        let statement = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(statement).execute(&mut self.connection).await?;
        Ok(database(&self.url, name))
    }

    /// Brings the statistics of the database at `url` up to date.
    pub(crate) async fn analyze(url: &str) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(url).await?;
        sqlx::raw_sql("ANALYZE").execute(&mut connection).await?;
        Ok(())
    }

    /// Removes every database that was created, whoever is connected to it.
    pub(crate) async fn remove(&mut self) -> anyhow::Result<()> {
        while let Some(name) = self.created.last() {
            let statement = AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            sqlx::raw_sql(statement)
                .execute(&mut self.connection)
                .await
                .with_context(|| format!("cannot remove the database {name}"))?;
            self.created.pop();
        }
        Ok(())
    }
}

fn database(server: &Url, name: &str) -> Url {
    let mut url = server.clone();
    url.set_path(name);
    url
}

/// The parent of the process that serves this connection. A server elsewhere gives a number that
/// means something else here, or nothing.
async fn find_main_process(connection: &mut PgConnection) -> anyhow::Result<Option<u32>> {
    let backend: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(connection).await?;
    let stat = u32::try_from(backend).ok().and_then(Stat::of);
    Ok(stat.filter(|stat| stat.name == "postgres").map(|stat| stat.parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the address of the tests' server")]
    fn server() -> Url {
        std::env::var("POSTRIDER_TEST_POSTGRES")
            .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432".into())
            .parse()
            .unwrap()
    }

    #[tokio::test]
    async fn a_database_is_removed_although_somebody_is_connected_to_it() {
        let name = format!("postrider_bench_test_{}", std::process::id());
        let mut postgres = Postgres::connect(server()).await.unwrap();
        let url = postgres.create(&name).await.unwrap();
        let mut guest = PgConnection::connect(url.as_str()).await.unwrap();
        postgres.remove().await.unwrap();
        assert!(guest.ping().await.is_err());
        assert!(PgConnection::connect(url.as_str()).await.is_err());
        // Also when it has gone already.
        postgres.created.push(name);
        postgres.remove().await.unwrap();
        assert!(postgres.created.is_empty());
    }
}
