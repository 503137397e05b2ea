//! `postrider keys`: the keys that secrets are encrypted with in the database.

use anyhow::bail;
use clap::Subcommand;
use postrider_backends::{DatabaseUrl, FolderLock, SecretKeys, Sharing, open_store};
use postrider_domain::ports::OperationsStore;
use postrider_runtime::ConfigArgs;
use postrider_vault::Keyring;
use secrecy::ExposeSecret;

use crate::office::Office;

/// How many registrations are encrypted anew at a time.
const BATCH: u32 = 500;

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Print a new key for `secret_keys`
    Generate,
    /// Encrypt every secret anew with the first key, so that older keys can be dropped
    ///
    /// On Postgres: add a new key behind the present one and restart every process; put it first and
    /// restart again; run this; remove the old one. Embedded, with nothing running: this makes a new
    /// key in the data directory, and removes the old one by itself.
    Rotate,
}

/// Carries out a command about keys.
pub(crate) async fn run(config: ConfigArgs, command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::Generate => {
            println!("{}", Keyring::generate_key().expose_secret());
            Ok(())
        }
        KeysCommand::Rotate => rotate(config).await,
    }
}

async fn rotate(config: ConfigArgs) -> anyhow::Result<()> {
    let office = Office::open(config).await?;
    let work = async || match &office.keys {
        SecretKeys::Configured(_) => reseal_all(&*office.store).await,
        SecretKeys::File(_) => rotate_file(&office).await,
    };
    let count = office.audited("keys rotate", "secret_keys", work).await?;
    println!("{count} registrations were encrypted anew; every one has the first key now.");
    if matches!(office.keys, SecretKeys::Configured(_)) {
        println!("The keys behind it can be removed from `secret_keys`.");
    }
    Ok(())
}

/// The file is the process's own: a new key goes in, and the old ones go when nothing needs them.
async fn rotate_file(office: &Office) -> anyhow::Result<u64> {
    let Some(_lock) = FolderLock::take(&office.common.data_dir)? else {
        bail!("Postrider is running in {}: stop it first", office.common.data_dir.display());
    };
    office.keys.put_first(&Keyring::generate_key())?;
    let database =
        DatabaseUrl::new(&office.common, Sharing::OneProcess).map_err(anyhow::Error::msg)?;
    let store = open_store(&database, &office.common, office.keys.open()?).await?;
    let count = reseal_all(&*store).await?;
    office.keys.keep_first()?;
    Ok(count)
}

async fn reseal_all(store: &(impl OperationsStore + ?Sized)) -> anyhow::Result<u64> {
    let mut total = 0;
    loop {
        match store.reseal(BATCH).await? {
            0 => return Ok(total),
            count => total += count,
        }
    }
}
