//! Users, keys and the schema, straight on the database: what an operator does before anything runs.

use std::io::Read;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Subcommand;
use postrider_api::Accounts;
use postrider_backends::{DatabaseUrl, Sharing, open_store};
use postrider_dispatcher::DispatcherConfig;
use postrider_domain::ports::Store;
use postrider_domain::{Access, Clock, FilterName, Ids, Permission, ResourceScope, Role, UserName};
use postrider_runtime::{ConfigArgs, Loader, SystemClock};
use secrecy::{ExposeSecret, SecretString};

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Add a user; a password is generated and printed unless one is given
    Add {
        /// The name to sign in with
        name: UserName,
        /// Make an administrator, who may read and manage everything
        #[arg(long)]
        administrator: bool,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
        /// Grant Read on all resources of a kind (`reports`) or on one (`reports:42`); repeatable
        #[arg(long, value_name = "KIND[:ID]")]
        read: Vec<String>,
    },
}

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Make an API key that acts for a user; it is printed once, on the last line
    Add {
        /// The user it acts for
        user: UserName,
        /// What it is for
        #[arg(long, default_value = "command line")]
        name: String,
    },
}

/// An open store with what is needed to change it.
struct Office {
    store: Arc<dyn Store>,
    accounts: Accounts,
    clock: Arc<dyn Clock>,
    ids: Ids,
}

impl Office {
    async fn open(config: ConfigArgs) -> anyhow::Result<Self> {
        let mut loader = Loader::new(config);
        let common = loader.common();
        let database =
            DatabaseUrl::new(&common, Sharing::OneProcess).map_err(|problem| vec![problem]);
        let database = loader.check(database);
        let database = loader.finish(database)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = open_store(&database, &common).await?;
        let ids = Ids::new(Arc::clone(&clock));
        let accounts = Accounts::new(store.clone(), Arc::clone(&clock), ids.clone());
        Ok(Self { store, accounts, clock, ids })
    }
}

/// Brings the schema to this version, and makes room for the first records.
pub(crate) async fn migrate(config: ConfigArgs) -> anyhow::Result<()> {
    let office = Office::open(config).await?;
    office.store.migrate().await?;
    let ahead = DispatcherConfig::default().storage_ahead;
    office.store.prepare_storage(office.clock.now(), ahead).await?;
    println!("The database has this version's schema.");
    Ok(())
}

/// Carries out a command about users.
pub(crate) async fn user(config: ConfigArgs, command: UserCommand) -> anyhow::Result<()> {
    let UserCommand::Add { name, administrator, password_stdin, read } = command;
    let grants = read.iter().map(|grant| parse_grant(grant)).collect::<anyhow::Result<Vec<_>>>()?;
    let office = Office::open(config).await?;

    let given = password_stdin.then(read_password).transpose()?;
    let password =
        given.clone().unwrap_or_else(|| SecretString::from(hex::encode(office.ids.random::<12>())));
    let role = if administrator { Role::Administrator } else { Role::User };
    let user = office.accounts.create_user(name.as_str(), &password, role).await?;
    for (kind, scope) in grants {
        let id = office.ids.next();
        let permission = Permission { id, user: user.id, kind, scope, access: Access::READ };
        permission.validate()?;
        office.store.grant_permission(&permission).await?;
    }
    println!("Added {name} ({}).", user.id);
    if given.is_none() {
        println!("Password (shown only this once): {}", password.expose_secret());
    }
    Ok(())
}

/// Carries out a command about API keys.
pub(crate) async fn key(config: ConfigArgs, command: KeyCommand) -> anyhow::Result<()> {
    let KeyCommand::Add { user, name } = command;
    let office = Office::open(config).await?;
    let Some(owner) = office.accounts.find_user(&user).await? else {
        bail!("there is no user `{user}`");
    };
    let (_, key) = office.accounts.create_api_key(owner.id, &name).await?;
    println!("An API key that acts for {user}, shown only this once:");
    println!("{}", key.expose_secret());
    Ok(())
}

fn parse_grant(text: &str) -> anyhow::Result<(FilterName, ResourceScope)> {
    let (kind, scope) = match text.split_once(':') {
        Some((kind, id)) => (kind, ResourceScope::One(id.into())),
        None => (text, ResourceScope::Any),
    };
    Ok((kind.parse()?, scope))
}

fn read_password() -> anyhow::Result<SecretString> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("cannot read the password")?;
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}
