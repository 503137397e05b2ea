//! Accounts: adding users, signing them in, and giving them tokens and keys. The command line uses the
//! same functions as the api.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_domain::ports::{NewUser, PasswordHash, Store, StoreError};
use postrider_domain::{
    ApiKey, Clock, Credential, Ids, Invalid, KeyScopes, PageRequest, Principal, Session, Timestamp,
    User, UserId, UserName,
};
use secrecy::SecretString;

pub use crate::passwords::PasswordError;
use crate::passwords::{Passwords, check_rule};
use crate::tokens::{self, TokenKind};

/// Why an account could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The name breaks a rule.
    #[error(transparent)]
    Name(Invalid),
    /// The password breaks a rule.
    #[error(transparent)]
    Password(Invalid),
    /// A key would end before it begins.
    #[error(transparent)]
    Expiry(Invalid),
    /// Somebody has the name already.
    #[error("the user name is taken")]
    NameTaken,
    /// There is no such user (any more).
    #[error("there is no such user")]
    NotFound,
    /// The store failed.
    #[error("the account could not be stored or read")]
    Store(#[from] StoreError),
    /// The password could not be hashed.
    #[error("the password could not be handled")]
    Hashing(#[from] PasswordError),
}

/// The first administrator, added because there was no user at all.
#[derive(Debug)]
pub struct FirstAdministrator {
    /// The user.
    pub user: User,
    /// The password, when none was given and one had to be made up: shown once, kept nowhere.
    pub generated_password: Option<SecretString>,
}

/// What a sign-in gives.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lasting {
    /// An access token that is good for so long.
    Token(Duration),
    /// A session.
    Session {
        /// For how long it may be unused.
        idle: Duration,
        /// How long it lasts however much it is used.
        lifetime: Duration,
    },
}

/// Looks after accounts.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Ids,
    passwords: Passwords,
}

impl Accounts {
    /// The longest name of an API key, in characters.
    pub const MAX_KEY_NAME: usize = 100;

    /// Looks after the accounts in `store`.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, ids: Ids) -> Self {
        let passwords = Passwords::new(&ids);
        Self { store, clock, ids, passwords }
    }

    /// Adds a user.
    pub async fn create_user(
        &self,
        name: &str,
        password: &SecretString,
        administrator: bool,
    ) -> Result<User, AccountError> {
        let new = self.new_user(name, password, administrator).await?;
        match self.store.add_user(&new).await {
            Ok(()) => Ok(new.user),
            Err(StoreError::Conflict { .. }) => Err(AccountError::NameTaken),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds an administrator if there is no user at all, with a password made up unless one is given.
    pub async fn ensure_first_administrator(
        &self,
        name: &str,
        password: Option<&SecretString>,
    ) -> Result<Option<FirstAdministrator>, AccountError> {
        // Hashing a password at each start for nothing would only delay it.
        if !self.store.list_users(None, PageRequest::first(1)).await?.items.is_empty() {
            return Ok(None);
        }
        let generated = || SecretString::from(URL_SAFE_NO_PAD.encode(self.ids.random::<18>()));
        let generated_password = password.is_none().then(generated);
        let Some(password) = password.or(generated_password.as_ref()) else {
            unreachable!("one of the two passwords is there");
        };
        let new = self.new_user(name, password, true).await?;
        let added = self.store.add_first_user(&new).await?;
        Ok(added.then_some(FirstAdministrator { user: new.user, generated_password }))
    }

    /// Replaces the password of `user`, and ends their logins.
    pub async fn set_password(
        &self,
        user: &User,
        password: &SecretString,
    ) -> Result<(), AccountError> {
        check_rule(password, &user.name).map_err(AccountError::Password)?;
        let hash = self.passwords.hash(password, self.ids.random()).await?;
        if self.store.set_password(user.id, &hash, self.clock.now()).await? {
            Ok(())
        } else {
            Err(AccountError::NotFound)
        }
    }

    /// Makes an API key that acts for `user`, within `scopes` and until `expires_at`. The key itself is
    /// returned once and kept nowhere.
    ///
    /// # Errors
    /// [`AccountError::Name`] when the name is empty, too long, or has control characters, and
    /// [`AccountError::Expiry`] when it would have ended already.
    pub async fn create_api_key(
        &self,
        user: UserId,
        name: &str,
        scopes: KeyScopes,
        expires_at: Option<Timestamp>,
    ) -> Result<(ApiKey, SecretString), AccountError> {
        let length = name.chars().count();
        if !(1..=Self::MAX_KEY_NAME).contains(&length) || name.chars().any(char::is_control) {
            return Err(AccountError::Name(Invalid::new(format!(
                "the name of a key has 1 to {} characters and no control characters",
                Self::MAX_KEY_NAME
            ))));
        }
        let now = self.clock.now();
        if expires_at.is_some_and(|end| end <= now) {
            return Err(AccountError::Expiry(Invalid::new("a key ends in the future")));
        }
        let (token, hash) = tokens::generate(TokenKind::ApiKey, &self.ids);
        let key = ApiKey {
            id: self.ids.next(),
            name: name.to_owned(),
            user,
            scopes,
            created_at: now,
            expires_at,
        };
        self.store.add_api_key(&key, hash).await?;
        Ok((key, token))
    }

    /// The user with this name, in any case.
    pub async fn find_user(&self, name: &UserName) -> Result<Option<User>, AccountError> {
        Ok(self.store.find_user_by_name(name).await?.map(|(user, _)| user))
    }

    /// Whom a token or API key stands for; `None` when it is not a good one (any more).
    pub async fn find_principal(&self, token: &str) -> Result<Option<Principal>, AccountError> {
        match tokens::hash_bearer(token) {
            Some(hash) => Ok(self.store.find_principal(hash, self.clock.now()).await?),
            None => Ok(None),
        }
    }

    /// Whether `password` is the one of `user`.
    pub(crate) async fn is_password_of(
        &self,
        user: &User,
        password: &SecretString,
    ) -> Result<bool, AccountError> {
        let found = self.store.find_user_by_name(&user.name).await?;
        let hash = found.as_ref().map(|(_, hash)| hash);
        Ok(self.passwords.verify(password, hash).await?)
    }

    /// The user whose name and password these are, with what the password was compared with, unless
    /// they are switched off. It takes as long whether the name or the password is wrong.
    pub(crate) async fn sign_in(
        &self,
        name: Option<&UserName>,
        password: &SecretString,
    ) -> Result<Option<(User, PasswordHash)>, AccountError> {
        let found = match name {
            Some(name) => self.store.find_user_by_name(name).await?,
            None => None,
        };
        let hash = found.as_ref().map(|(_, hash)| hash);
        let matches = self.passwords.verify(password, hash).await?;
        Ok(found.filter(|(user, _)| matches && !user.disabled))
    }

    /// Makes a token or a session of `user`, who proved `password`; `None` when the password was
    /// changed, or the user switched off, in the meantime.
    pub(crate) async fn issue(
        &self,
        user: UserId,
        password: &PasswordHash,
        lasting: Lasting,
    ) -> Result<Option<(SecretString, Credential)>, AccountError> {
        let now = self.clock.now();
        match lasting {
            Lasting::Token(lifetime) => {
                let (token, hash) = tokens::generate(TokenKind::Access, &self.ids);
                let added = self.store.add_token(hash, user, password, now, now + lifetime).await?;
                Ok(added.then_some((token, Credential::Token)))
            }
            Lasting::Session { idle, lifetime } => {
                let (token, hash) = tokens::generate(TokenKind::Session, &self.ids);
                let ends_at = now + lifetime;
                let session = Session { expires_at: ends_at.min(now + idle), ends_at };
                let added = self.store.add_session(hash, user, password, now, session).await?;
                Ok(added.then_some((token, Credential::Session(session))))
            }
        }
    }

    async fn new_user(
        &self,
        name: &str,
        password: &SecretString,
        administrator: bool,
    ) -> Result<NewUser, AccountError> {
        let name: UserName = name.parse().map_err(AccountError::Name)?;
        check_rule(password, &name).map_err(AccountError::Password)?;
        let password = self.passwords.hash(password, self.ids.random()).await?;
        let now = self.clock.now();
        let user = User {
            id: self.ids.next(),
            name,
            administrator,
            disabled: false,
            created_at: now,
            updated_at: now,
        };
        Ok(NewUser { user, password })
    }
}
