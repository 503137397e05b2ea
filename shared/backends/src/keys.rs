//! The keys that secrets are encrypted with in the database: configured, or in a file of the embedded
//! run.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use postrider_runtime::Common;
use postrider_vault::{KeyError, Keyring};
use secrecy::{ExposeSecret, SecretString};
use tempfile::NamedTempFile;

use crate::DatabaseUrl;

/// Where the keys come from.
#[derive(Debug, Clone)]
pub enum SecretKeys {
    /// From the configuration.
    Configured(Vec<SecretString>),
    /// From a file with a key per line, which is made when it is not there.
    File(PathBuf),
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum SecretKeysError {
    /// The file cannot be read or made.
    #[error("cannot use the file with the secret keys, {path}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A key cannot be used.
    #[error("the secret keys cannot be used")]
    Key(#[from] KeyError),
}

impl SecretKeys {
    /// The file in the data directory.
    const FILE: &'static str = "secret.keys";

    /// Reads the configuration. Without any key there, an embedded database has a file for them in
    /// the data directory; a server's database is shared by processes that have no such file.
    ///
    /// # Errors
    /// The problem in words.
    pub fn new(common: &Common, database: &DatabaseUrl) -> Result<Self, String> {
        if !common.secret_keys.is_empty() {
            return match Keyring::parse(&common.secret_keys) {
                Ok(_) => Ok(Self::Configured(common.secret_keys.clone())),
                Err(error) => Err(format!("`secret_keys`: {error}")),
            };
        }
        match database {
            DatabaseUrl::Sqlite(_) => Ok(Self::File(common.data_dir.join(Self::FILE))),
            DatabaseUrl::Postgres(_) => Err("`secret_keys` is not set: secrets in the database are encrypted, and every process needs the same keys; make one with `postrider keys generate`, keep it safe, and set POSTRIDER_SECRET_KEYS".into()),
        }
    }

    /// The keys.
    ///
    /// # Errors
    /// When the file cannot be read or made, or holds something else.
    pub fn open(&self) -> Result<Keyring, SecretKeysError> {
        let path = match self {
            Self::Configured(keys) => return Ok(Keyring::parse(keys)?),
            Self::File(path) => path,
        };
        let failed = failed(path);
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(path).map_err(&failed)?;
                // Not what was made: of two processes at once, the other one may have been first.
                std::fs::read_to_string(path).map_err(&failed)?
            }
            Err(error) => return Err(failed(error)),
        };
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let keys: Vec<_> = lines.map(SecretString::from).collect();
        Ok(Keyring::parse(&keys)?)
    }

    /// Puts a key before those of the file: it encrypts from now on. Nothing happens to configured
    /// keys.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn put_first(&self, key: &SecretString) -> Result<(), SecretKeysError> {
        self.rewrite(|text| format!("{}\n{text}", key.expose_secret()))
    }

    /// Drops every key of the file but the first.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn keep_first(&self) -> Result<(), SecretKeysError> {
        self.rewrite(|text| format!("{}\n", text.lines().next().unwrap_or_default()))
    }

    fn rewrite(&self, change: impl FnOnce(&str) -> String) -> Result<(), SecretKeysError> {
        let Self::File(path) = self else { return Ok(()) };
        let rewrite = || {
            let new = write_aside(path, &change(&std::fs::read_to_string(path)?))?;
            new.persist(path).map_err(|refused| refused.error)?;
            sync_folder(path)
        };
        rewrite().map_err(failed(path))
    }
}

/// Makes the file with a first key, unless somebody else makes it at this moment.
fn make(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let new = write_aside(path, &format!("{}\n", Keyring::generate_key().expose_secret()))?;
    match new.persist_noclobber(path) {
        Ok(_) => sync_folder(path),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(refused) => Err(refused.error),
    }
}

/// Writes a file beside `path`, readable by its owner only and safely on the disk, so that `path`
/// never has half a content. It is removed unless it takes the place of `path`.
fn write_aside(path: &Path, text: &str) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".secret.keys-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Makes the new name of a file as durable as its content.
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
}

fn failed(path: &Path) -> impl Fn(io::Error) -> SecretKeysError {
    |source| SecretKeysError::File { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_embedded_run_makes_its_key_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let common = Common { data_dir: folder.path().join("data"), ..Common::default() };
        let keys = SecretKeys::new(&common, &DatabaseUrl::Sqlite("sqlite:x".into())).unwrap();
        let first = keys.open().unwrap();
        let again = keys.open().unwrap();
        assert_eq!(first.prefix(), again.prefix());
        let path = common.data_dir.join(SecretKeys::FILE);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(&common.data_dir).unwrap().count(), 1, "nothing is left over");
    }

    #[test]
    fn a_new_key_goes_first_and_the_old_ones_can_be_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let common = Common { data_dir: folder.path().into(), ..Common::default() };
        let keys = SecretKeys::new(&common, &DatabaseUrl::Sqlite("sqlite:x".into())).unwrap();
        let old = keys.open().unwrap();
        let place = postrider_vault::Place { column: "a.b", row: uuid::Uuid::nil() };
        let sealed = old.seal(place, "text");

        keys.put_first(&Keyring::generate_key()).unwrap();
        let both = keys.open().unwrap();
        assert_ne!(both.prefix(), old.prefix());
        assert!(both.open(place, &sealed).is_ok());
        keys.keep_first().unwrap();
        let new = keys.open().unwrap();
        assert_eq!(new.prefix(), both.prefix());
        assert!(new.open(place, &sealed).is_err());
        let mode = std::fs::metadata(folder.path().join(SecretKeys::FILE)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[test]
    fn a_server_needs_configured_keys_and_is_told_how_to_make_one() {
        let database = DatabaseUrl::Postgres("postgres://db/postrider".into());
        let problem = SecretKeys::new(&Common::default(), &database).unwrap_err();
        assert!(problem.contains("postrider keys generate"), "{problem}");

        let key = Keyring::generate_key();
        let common = Common { secret_keys: vec![key], ..Common::default() };
        assert!(SecretKeys::new(&common, &database).unwrap().open().is_ok());
        let common = Common { secret_keys: vec!["hunter2".into()], ..Common::default() };
        let problem = SecretKeys::new(&common, &database).unwrap_err();
        assert!(problem.starts_with("`secret_keys`"), "{problem}");
        assert!(!problem.contains("hunter2"), "{problem}");
    }
}
