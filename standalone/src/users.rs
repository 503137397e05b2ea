//! `postrider user`: accounts, straight on the database.

use std::io::Read;

use anyhow::{Context, bail};
use clap::Subcommand;
use postrider_domain::ports::{AccountChange, RoleStore};
use postrider_domain::{
    Access, FilterName, Holder, PageRequest, Permission, ResourceScope, RoleId, UserName,
};
use postrider_runtime::ConfigArgs;
use secrecy::{ExposeSecret, SecretString};

use crate::office::Office;

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
        /// Put the user into a role, as in `--role "Report Reader"`; repeatable
        #[arg(long, value_name = "NAME")]
        role: Vec<String>,
    },
    /// List all users
    List,
    /// Give a user a new password, and end their logins
    Password {
        /// The user
        name: UserName,
        /// Read the password from standard input; otherwise one is generated and printed
        #[arg(long)]
        password_stdin: bool,
    },
    /// Switch a user off: no sign-in, and what is due for their registrations is held
    Disable {
        /// The user
        name: UserName,
    },
    /// Switch a user on again, and send what was held
    Enable {
        /// The user
        name: UserName,
    },
}

/// Carries out a command about users.
pub(crate) async fn run(config: ConfigArgs, command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add { name, administrator, password_stdin, read, role } => {
            let office = Office::open(config).await?;
            let grants = parse_grants(&office, &read).await?;
            let roles = find_roles(&office, &role).await?;
            let password = Password::read(&office, password_stdin)?;
            let add = async || add(&office, &name, administrator, &password, grants, roles).await;
            office.audited("user add", name.as_str(), add).await?;
        }
        UserCommand::List => list(&Office::open(config).await?).await?,
        UserCommand::Password { name, password_stdin } => {
            let office = Office::open(config).await?;
            let user = office.user(&name).await?;
            let password = Password::read(&office, password_stdin)?;
            let set = async || Ok(office.accounts.set_password(&user, &password.text).await?);
            office.audited("user password", name.as_str(), set).await?;
            println!("{name} has a new password, and every login of theirs has ended.");
            password.show();
        }
        UserCommand::Disable { name } => set_disabled(config, &name, true).await?,
        UserCommand::Enable { name } => set_disabled(config, &name, false).await?,
    }
    Ok(())
}

async fn add(
    office: &Office,
    name: &UserName,
    administrator: bool,
    password: &Password,
    grants: Vec<(FilterName, ResourceScope)>,
    roles: Vec<RoleId>,
) -> anyhow::Result<()> {
    let user = office.accounts.create_user(name.as_str(), &password.text, administrator).await?;
    println!("Added {name} ({}).", user.id);
    password.show();
    for (kind, scope) in grants {
        let permission = Permission {
            id: office.ids.next(),
            holder: Holder::User(user.id),
            kind,
            scope,
            access: Access::READ,
            created_at: office.clock.now(),
        };
        let granted = office.store.grant_permission(&permission).await?;
        granted.context("the user was deleted in the meantime")?;
    }
    for role in roles {
        if office.store.add_role_member(role, user.id, office.clock.now()).await?
            != AccountChange::Done
        {
            bail!("the user or a role was deleted in the meantime");
        }
    }
    Ok(())
}

/// What is granted, all of it checked before there is a user who would be left half done.
async fn parse_grants(
    office: &Office,
    texts: &[String],
) -> anyhow::Result<Vec<(FilterName, ResourceScope)>> {
    let custom = office.store.list_filters().await?;
    let known = |kind: &FilterName| {
        FilterName::BUILT_IN.contains(&kind.key().as_str())
            || custom.iter().any(|filter| filter.name == *kind)
            || office.filters.contains(kind)
    };
    let parse = |text: &String| -> anyhow::Result<(FilterName, ResourceScope)> {
        let (kind, scope) = match text.split_once(':') {
            Some((kind, "")) => bail!("`{kind}:` names no resource; all of them is `{kind}`"),
            Some((kind, id)) => (kind, ResourceScope::One(id.into())),
            None => (text.as_str(), ResourceScope::Any),
        };
        let kind: FilterName = kind.parse()?;
        if !known(&kind) {
            bail!("there is no kind of resource `{kind}`; kinds are the filters of the api");
        }
        Ok((kind, scope))
    };
    texts.iter().map(parse).collect()
}

async fn find_roles(office: &Office, names: &[String]) -> anyhow::Result<Vec<RoleId>> {
    let roles = RoleStore::list_roles(&*office.store).await?;
    let find = |name: &String| {
        let found = roles.iter().find(|role| role.name.key() == name.to_lowercase());
        let known = || roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>().join(", ");
        found
            .map(|role| role.id)
            .with_context(|| format!("there is no role `{name}`; there are: {}", known()))
    };
    names.iter().map(find).collect()
}

async fn list(office: &Office) -> anyhow::Result<()> {
    let mut page = PageRequest::first(PageRequest::MAX_LIMIT);
    loop {
        let users = office.store.list_users(None, page).await?;
        for user in users.items {
            let standing = if user.administrator { "administrator" } else { "user" };
            let state = if user.disabled { "disabled" } else { "enabled" };
            println!("{}  {standing:13}  {state:8}  {}", user.id, user.name);
        }
        let Some(before) = users.next else { return Ok(()) };
        page.before = Some(before);
    }
}

async fn set_disabled(config: ConfigArgs, name: &UserName, disabled: bool) -> anyhow::Result<()> {
    let office = Office::open(config).await?;
    let user = office.user(name).await?;
    let action = if disabled { "user disable" } else { "user enable" };
    let change = async || {
        let now = office.clock.now();
        match office.store.set_user_disabled(user.id, disabled, None, now).await? {
            AccountChange::Done => Ok(()),
            AccountChange::NotFound | AccountChange::Stale => {
                bail!("the user was deleted in the meantime")
            }
            AccountChange::LastAdministrator => {
                bail!("{name} is the last administrator who is not switched off")
            }
        }
    };
    office.audited(action, name.as_str(), change).await?;
    println!("{name} is {}.", if disabled { "disabled" } else { "enabled" });
    Ok(())
}

/// A password that was given, or made up here.
struct Password {
    text: SecretString,
    generated: bool,
}

impl Password {
    fn read(office: &Office, from_stdin: bool) -> anyhow::Result<Self> {
        if !from_stdin {
            let text = SecretString::from(hex::encode(office.ids.random::<12>()));
            return Ok(Self { text, generated: true });
        }
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read the password")?;
        let text = SecretString::from(text.trim_end_matches(['\r', '\n']));
        Ok(Self { text, generated: false })
    }

    /// A password that was made up is shown once; who gave one knows it.
    fn show(&self) {
        if self.generated {
            println!("Password (shown only this once): {}", self.text.expose_secret());
        }
    }
}
