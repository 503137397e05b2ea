//! The database file: where it is, and who may read it.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use postrider_domain::Invalid;
use sqlx::sqlite::SqliteConnectOptions;

/// Reads a path, or a URL of the form `sqlite:path`.
pub(crate) fn locate(location: &str) -> Result<SqliteConnectOptions, sqlx::Error> {
    // Every connection would have a database of its own, and a restart would lose them all.
    if location.contains(":memory:") || location.contains("mode=memory") {
        let refusal = Invalid::new("the store needs a file: a database in memory is not durable");
        return Err(sqlx::Error::Configuration(refusal.into()));
    }
    if location.starts_with("sqlite:") {
        location.parse()
    } else {
        Ok(SqliteConnectOptions::new().filename(location))
    }
}

/// Creates the file and its folder if they are not there. Nobody but its owner may read the file,
/// since it holds the secrets of registrations; SQLite gives the files beside it the same mode.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
