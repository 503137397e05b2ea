//! Databases for tests: each test has its own, and it goes away with the test.

mod postgres;
mod sqlite;

pub use postgres::PostgresDatabase;
pub use sqlite::SqliteDatabase;
