//! The API key of this machine's command line: a file in the data directory that only its owner can
//! read, so that `postrider send` works without further ado beside an embedded run.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use postrider_api::Accounts;
use postrider_domain::ports::Store;
use postrider_domain::{KeyScopes, PageRequest, RoleId, UserId};
use secrecy::ExposeSecret;

/// The file with the key.
pub(crate) struct LocalKey(PathBuf);

impl LocalKey {
    /// Where the key is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Reads the key of `data_dir`.
    pub(crate) fn read(data_dir: &Path) -> anyhow::Result<String> {
        let path = data_dir.join("cli.key");
        let key = std::fs::read_to_string(&path).with_context(|| {
            format!("there is no key in {}: start `postrider` once, or give --key", path.display())
        })?;
        Ok(key.trim().to_owned())
    }

    /// Makes the key of an administrator, unless there is one that works.
    pub(crate) async fn ensure(
        data_dir: &Path,
        store: &dyn Store,
        accounts: &Accounts,
    ) -> anyhow::Result<Self> {
        let path = data_dir.join("cli.key");
        if let Ok(key) = Self::read(data_dir)
            && accounts.find_principal(&key).await?.is_some()
        {
            return Ok(Self(path));
        }
        let owner = first_administrator(store).await?;
        let (_, key) = accounts.create_api_key(owner, "command line", KeyScopes::ALL, None).await?;
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        writeln!(file, "{}", key.expose_secret())?;
        Ok(Self(path))
    }
}

/// An administrator who could own the key.
async fn first_administrator(store: &dyn Store) -> anyhow::Result<UserId> {
    let mut page = PageRequest::first(PageRequest::MAX_LIMIT);
    loop {
        let members = store.list_role_members(RoleId::SYSTEM_ADMINISTRATOR, page).await?;
        if let Some(user) = members.items.iter().find(|user| !user.disabled) {
            return Ok(user.id);
        }
        page.before = Some(
            members
                .next
                .context("there is no administrator who could own the command line's key")?,
        );
    }
}
