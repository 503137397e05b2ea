//! `postrider key`: API keys, straight on the database.

use anyhow::bail;
use clap::{Subcommand, ValueEnum};
use postrider_domain::{ApiKeyId, KeyScopes, PageRequest, UserName};
use postrider_runtime::ConfigArgs;
use secrecy::ExposeSecret;

use crate::office::Office;

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Make an API key that acts for a user; it is printed once, on the last line
    Add {
        /// The user it acts for
        user: UserName,
        /// What it is for
        #[arg(long, default_value = "command line")]
        name: String,
        /// What it is good for; repeatable
        #[arg(long, value_enum, default_values = ["publish", "read"])]
        scope: Vec<Scope>,
    },
    /// List API keys, of one user or of all
    List {
        /// The user
        user: Option<UserName>,
    },
    /// End an API key
    Remove {
        /// Its id, as `list` shows it
        key: ApiKeyId,
    },
}

/// What a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scope {
    /// Publishing events
    Publish,
    /// Seeing what its user sees
    Read,
    /// Changing what its user may change
    Manage,
}

impl Scope {
    const fn bits(self) -> KeyScopes {
        match self {
            Self::Publish => KeyScopes::PUBLISH,
            Self::Read => KeyScopes::READ,
            Self::Manage => KeyScopes::MANAGE,
        }
    }
}

/// Carries out a command about API keys.
pub(crate) async fn run(config: ConfigArgs, command: KeyCommand) -> anyhow::Result<()> {
    let office = Office::open(config).await?;
    match command {
        KeyCommand::Add { user, name, scope } => {
            let owner = office.user(&user).await?;
            let bits = scope.iter().fold(0, |bits, scope| bits | scope.bits().bits());
            let scopes = KeyScopes::from_bits(bits)?;
            let make =
                async || Ok(office.accounts.create_api_key(owner.id, &name, scopes, None).await?);
            let (_, key) = office.audited("key add", user.as_str(), make).await?;
            println!("An API key that acts for {user}, shown only this once:");
            println!("{}", key.expose_secret());
        }
        KeyCommand::List { user } => list(&office, user.as_ref()).await?,
        KeyCommand::Remove { key } => {
            let remove = async || {
                if office.store.remove_api_key(None, key).await? {
                    Ok(())
                } else {
                    bail!("there is no key {key}")
                }
            };
            office.audited("key remove", &key.to_string(), remove).await?;
            println!("{key} has ended; a running process forgets it within seconds.");
        }
    }
    Ok(())
}

async fn list(office: &Office, user: Option<&UserName>) -> anyhow::Result<()> {
    let owner = match user {
        Some(name) => Some(office.user(name).await?.id),
        None => None,
    };
    let mut page = PageRequest::first(PageRequest::MAX_LIMIT);
    loop {
        let keys = office.store.list_api_keys(owner, page).await?;
        for key in keys.items {
            let scopes: Vec<_> = Scope::value_variants()
                .iter()
                .filter(|scope| key.scopes.bits() & scope.bits().bits() != 0)
                .filter_map(|scope| Some(scope.to_possible_value()?.get_name().to_owned()))
                .collect();
            let end = key.expires_at.map_or_else(|| "never".into(), |at| at.to_string());
            println!("{}  {}  ends {end}  {}  {}", key.id, key.user, scopes.join("+"), key.name);
        }
        let Some(before) = keys.next else { return Ok(()) };
        page.before = Some(before);
    }
}
