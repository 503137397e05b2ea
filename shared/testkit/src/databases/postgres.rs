//! A Postgres database per test, copied from a template that is migrated once per schema.

use std::sync::Arc;
use std::thread;

use async_trait::async_trait;
use postrider_domain::ports::{InboxStore, OperationsStore, Store};
use postrider_domain::{InboxId, RegistrationId, ReplayId};
use postrider_store_postgres::{
    INBOX_MIGRATIONS, MIGRATIONS, PoolSettings, PostgresInbox, PostgresStore,
};
use postrider_vault::Keyring;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use url::Url;

use super::{Database, ENDED_PERMISSIONS, SealedColumn, keyring};

/// Guards the templates: shared by those who copy one, exclusive for those who make or drop one.
const TEMPLATES_LOCK: i64 = 0x7465_6d70_6c61_7465;

/// How databases are made: with letters of every alphabet, whatever the server's own locale.
const LOCALE: &str = "ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'";

/// A migrated database of its own on the server that tests use. It is dropped with this value; what
/// a killed test leaves behind goes an hour later.
#[derive(Debug)]
pub struct PostgresDatabase {
    name: String,
    url: String,
    store: PostgresStore,
}

impl PostgresDatabase {
    /// Makes the database.
    ///
    /// # Panics
    /// When the server is not there. It is at `POSTRIDER_TEST_POSTGRES`, or else on this machine.
    pub async fn create() -> Self {
        let mut admin = connect_as_admin().await;
        let template = template_name();
        lock_template(&mut admin, &template).await;
        drop_stale(&mut admin).await;
        let name = unused_name(&mut admin).await;
        run(&mut admin, format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        // Closing the connection lets go of the lock.
        admin.close().await.expect("the connection closes");

        let url = url_of(&name);
        let store = connect(&url, keyring());
        Self { name, url, store }
    }

    /// Makes a database with nothing in it, not even the schema.
    ///
    /// # Panics
    /// When the server is not there.
    pub async fn create_empty() -> Self {
        let mut admin = connect_as_admin().await;
        let name = unused_name(&mut admin).await;
        create_database(&mut admin, &name).await;
        admin.close().await.expect("the connection closes");
        let url = url_of(&name);
        let store = connect(&url, keyring());
        Self { name, url, store }
    }

    /// Makes a database with the schema as it was with its migration of this number.
    ///
    /// # Panics
    /// When the server is not there.
    pub async fn create_at(version: i64) -> Self {
        let database = Self::create_empty().await;
        let mut connection = database.connect().await;
        let migrated = MIGRATIONS.run_direct(Some(version), &mut connection, false).await;
        migrated.expect("the schema applies to an empty database");
        database
    }

    /// The store on this database.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    /// The address of this database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A bare connection to this database.
    ///
    /// # Panics
    /// When there is none to be had.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.expect("the test's database answers")
    }
}

#[async_trait]
impl Database for PostgresDatabase {
    fn store(&self) -> Arc<dyn Store> {
        Self::store(self)
    }

    async fn open(&self, keyring: Arc<Keyring>) -> Arc<dyn Store> {
        Arc::new(connect(&self.url, keyring))
    }

    async fn open_inbox(&self) -> Arc<dyn InboxStore> {
        Arc::new(connect_inbox(&self.url))
    }

    async fn inbox_tables(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = 'inbox'")
            .fetch_one(&mut self.connect().await)
            .await
            .expect("the catalogue can be read")
    }

    async fn spoil_inbox(&self, item: InboxId) {
        let statement =
            "UPDATE inbox.items SET headers = 'nonsense', duplicates = -1 WHERE id = $1";
        let done = sqlx::query(statement)
            .bind(item.0)
            .execute(&mut self.connect().await)
            .await
            .expect("the statement is valid");
        assert_eq!(done.rows_affected(), 1, "the item is there");
    }

    async fn raw(&self, registration: RegistrationId, column: SealedColumn) -> Option<String> {
        let column = column.name();
        let statement = format!("SELECT {column} FROM registrations WHERE id = $1");
        sqlx::query_scalar(AssertSqlSafe(statement))
            .bind(registration.0)
            .fetch_one(&mut self.connect().await)
            .await
            .expect("the registration is there")
    }

    async fn overwrite(&self, registration: RegistrationId, column: SealedColumn, text: &str) {
        let column = column.name();
        let statement = format!("UPDATE registrations SET {column} = $2 WHERE id = $1");
        let done = sqlx::query(AssertSqlSafe(statement))
            .bind(registration.0)
            .bind(text)
            .execute(&mut self.connect().await)
            .await
            .expect("the statement is valid");
        assert_eq!(done.rows_affected(), 1, "the registration is there");
    }

    async fn spoil_replay(&self, replay: ReplayId) {
        let done = sqlx::query("UPDATE replays SET query = 'nonsense' WHERE id = $1")
            .bind(replay.0)
            .execute(&mut self.connect().await)
            .await
            .expect("the statement is valid");
        assert_eq!(done.rows_affected(), 1, "the replay is there");
    }

    async fn overwrite_answers(&self, text: &str) {
        let statement = "UPDATE attempts SET response_headers = '[]', response_body = $1";
        let overwritten =
            sqlx::query(statement).bind(text.as_bytes()).execute(&mut self.connect().await).await;
        overwritten.expect("the attempts are there");
    }

    async fn ended_permissions(&self) -> i64 {
        sqlx::query_scalar(ENDED_PERMISSIONS)
            .fetch_one(&mut self.connect().await)
            .await
            .expect("the table can be read")
    }

    async fn stolen_registrations(&self) -> String {
        sqlx::query_scalar("SELECT coalesce(string_agg(r::text, ' '), '') FROM registrations AS r")
            .fetch_one(&mut self.connect().await)
            .await
            .expect("the table can be read")
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        // Dropping a database takes a round trip, which a destructor can only wait for elsewhere.
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime starts").block_on(async {
                let mut admin = connect_as_admin().await;
                run(&mut admin, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
                admin.close().await.expect("the connection closes");
            });
        });
        // A failure leaves a stale database, which a later test drops.
        let _ = dropped.join();
    }
}

fn connect(url: &str, keyring: Arc<Keyring>) -> PostgresStore {
    PostgresStore::connect(url, few_connections(), keyring).expect("the address is valid")
}

fn connect_inbox(url: &str) -> PostgresInbox {
    PostgresInbox::connect(url, few_connections()).expect("the address is valid")
}

fn few_connections() -> PoolSettings {
    PoolSettings { max_connections: 8, ..PoolSettings::default() }
}

fn server() -> Url {
    #[expect(clippy::disallowed_methods, reason = "tests take addresses from the environment")]
    let address = std::env::var("POSTRIDER_TEST_POSTGRES");
    let address = address.as_deref().unwrap_or("postgres://postgres@127.0.0.1:5432");
    address.parse().expect("POSTRIDER_TEST_POSTGRES is a URL")
}

fn url_of(database: &str) -> String {
    let mut url = server();
    url.set_path(database);
    url.into()
}

async fn connect_as_admin() -> PgConnection {
    let url = url_of("postgres");
    PgConnection::connect(&url).await.expect("these tests need a Postgres server")
}

/// The name says which schema the template has, and how it was made.
fn template_name() -> String {
    let mut schema = Sha256::new();
    schema.update(LOCALE);
    for migration in MIGRATIONS.iter().chain(INBOX_MIGRATIONS.iter()) {
        schema.update(&migration.checksum);
    }
    format!("postrider_template_{}", hex::encode(&schema.finalize()[..8]))
}

/// Returns with the template there, and locked against being dropped.
async fn lock_template(admin: &mut PgConnection, template: &str) {
    lock(admin, "pg_advisory_lock_shared").await;
    if exists(admin, template).await {
        return;
    }
    lock(admin, "pg_advisory_unlock_shared").await;
    lock(admin, "pg_advisory_lock").await;
    if !exists(admin, template).await {
        make_template(admin, template).await;
    }
}

async fn make_template(admin: &mut PgConnection, template: &str) {
    for old in databases_like(admin, "postrider_template_%").await {
        run(admin, format!("DROP DATABASE {old} WITH (FORCE)")).await;
    }
    // It gets its name when it is whole: a test that is killed here leaves no half of a template.
    let unfinished = format!("{template}_new");
    create_database(admin, &unfinished).await;
    let store = connect(&url_of(&unfinished), keyring());
    store.migrate().await.expect("the schema applies to an empty database");
    store.close().await;
    let inbox = connect_inbox(&url_of(&unfinished));
    inbox.migrate_inbox().await.expect("the schema applies beside the other");
    inbox.close().await;
    run(admin, format!("ALTER DATABASE {unfinished} RENAME TO {template}")).await;
}

async fn create_database(admin: &mut PgConnection, name: &str) {
    run(admin, format!("CREATE DATABASE {name} TEMPLATE template0 {LOCALE}")).await;
}

/// Drops what tests have left behind more than an hour ago. Another test may be at it as well.
async fn drop_stale(admin: &mut PgConnection) {
    let hour_ago = now_micros(admin).await - 3_600_000_000;
    for database in databases_like(admin, "postrider_test_%").await {
        let made = database.split('_').nth(2).and_then(|micros| micros.parse::<i64>().ok());
        if made.is_some_and(|made| made < hour_ago) {
            run(admin, format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")).await;
        }
    }
}

/// A name that no other test has: nobody shares this connection at this moment.
async fn unused_name(admin: &mut PgConnection) -> String {
    let micros = now_micros(admin).await;
    let connection: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(admin)
        .await
        .expect("the server answers");
    format!("postrider_test_{micros}_{connection}")
}

async fn now_micros(admin: &mut PgConnection) -> i64 {
    sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        .fetch_one(admin)
        .await
        .expect("the server answers")
}

async fn databases_like(admin: &mut PgConnection, pattern: &str) -> Vec<String> {
    sqlx::query_scalar("SELECT datname::text FROM pg_database WHERE datname LIKE $1")
        .bind(pattern)
        .fetch_all(admin)
        .await
        .expect("the server answers")
}

async fn exists(admin: &mut PgConnection, database: &str) -> bool {
    databases_like(admin, database).await.iter().any(|name| name == database)
}

async fn lock(admin: &mut PgConnection, function: &str) {
    run(admin, format!("SELECT {function}({TEMPLATES_LOCK})")).await;
}

async fn run(admin: &mut PgConnection, statement: String) {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(admin).await.expect("the statement is valid");
}
