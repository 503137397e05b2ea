//! Hashing and checking passwords with Argon2id, a few at a time and off the runtime's threads.

use std::sync::Arc;
use std::thread::available_parallelism;

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use postrider_domain::ports::PasswordHash;
use postrider_domain::{Ids, Invalid, UserName};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Why a password could not be hashed or checked. A wrong password is not an error.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The stored hash is none, or the library refused its input.
    #[error("the password could not be hashed")]
    Hash(#[source] argon2::password_hash::Error),
    /// The thread that hashed it panicked, or the runtime is ending.
    #[error("hashing the password was interrupted")]
    Interrupted(#[source] tokio::task::JoinError),
}

/// What is tried first of all that is long enough, in lower case.
const COMMON: [&str; 23] = [
    "0123456789ab",
    "012345678910",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "123123123123",
    "123456123456",
    "123456789012",
    "1234567890123",
    "abcdefghijkl",
    "administrator",
    "changemechangeme",
    "iloveyou1234",
    "letmeinletmein",
    "password1234",
    "password12345",
    "password123456",
    "passwordpassword",
    "postriderpostrider",
    "q1w2e3r4t5y6",
    "qwerty123456",
    "qwertyqwerty",
    "qwertyuiop12",
    "qwertyuiop123",
];

/// Checks that a password of the user called `name` may be used. Nothing is asked about the kinds of
/// characters in it: length is what makes guessing hopeless.
///
/// # Errors
/// When it has fewer than 12 or more than 256 characters, is one character over and over, is the name
/// itself, or is one of those that everybody tries.
pub(crate) fn check_rule(password: &SecretString, name: &UserName) -> Result<(), Invalid> {
    let password = password.expose_secret();
    if !(12..=256).contains(&password.chars().count()) {
        return Err(Invalid::new("a password has 12 to 256 characters"));
    }
    let key = password.to_lowercase();
    if key == name.key() {
        return Err(Invalid::new("the password is the user's name"));
    }
    let first = password.chars().next();
    if COMMON.contains(&key.as_str()) || password.chars().all(|c| Some(c) == first) {
        return Err(Invalid::new("the password is one of those that are tried first"));
    }
    Ok(())
}

/// Hashes and checks passwords.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    /// Each hash takes 19 MiB and a core for a while: more at once would only starve the rest.
    slots: Arc<Semaphore>,
    /// A well-formed hash that no password has, for names that nobody has.
    nobody: Arc<str>,
}

impl Passwords {
    pub(crate) fn new(ids: &Ids) -> Self {
        let slots = available_parallelism().map_or(1, |cores| cores.get().div_ceil(2));
        Self { slots: Arc::new(Semaphore::new(slots)), nobody: unmatched_hash(ids).into() }
    }

    pub(crate) async fn hash(
        &self,
        password: &SecretString,
        salt: [u8; 16],
    ) -> Result<PasswordHash, PasswordError> {
        let password = password.clone();
        self.run(move || {
            Argon2::default()
                .hash_password_with_salt(password.expose_secret().as_bytes(), &salt)
                .map(|hash| PasswordHash(hash.to_string()))
        })
        .await
    }

    /// Whether `password` is the one of `hash`. Without a hash the answer is no, after the same time.
    pub(crate) async fn verify(
        &self,
        password: &SecretString,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, PasswordError> {
        let password = password.clone();
        let hash: Arc<str> = match hash {
            Some(hash) => hash.0.as_str().into(),
            None => Arc::clone(&self.nobody),
        };
        self.run(move || {
            let password = password.expose_secret().as_bytes();
            match Argon2::default().verify_password(password, &*hash) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error),
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> argon2::password_hash::Result<T> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let slot =
            Arc::clone(&self.slots).acquire_owned().await.expect("the slots are never closed");
        spawn_blocking(move || {
            // The slot is held until the work ends, also when nobody waits for it any more.
            let _slot = slot;
            work()
        })
        .await
        .map_err(PasswordError::Interrupted)?
        .map_err(PasswordError::Hash)
    }
}

/// Checking a password against it takes as long as against a real hash, since the parameters are the
/// ones that real hashes are made with.
fn unmatched_hash(ids: &Ids) -> String {
    let hasher = Argon2::default();
    let params = hasher.params();
    format!(
        "$argon2id$v=19$m={},t={},p={}${}${}",
        params.m_cost(),
        params.t_cost(),
        params.p_cost(),
        STANDARD_NO_PAD.encode(ids.random::<16>()),
        STANDARD_NO_PAD.encode(ids.random::<32>()),
    )
}

#[cfg(test)]
mod tests {
    use postrider_domain::{Clock, Timestamp};

    use super::*;

    struct Still;
    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::EPOCH
        }
    }

    #[tokio::test]
    async fn only_the_right_password_is_accepted() {
        let passwords = Passwords::new(&Ids::seeded(Arc::new(Still), 1));
        let right = SecretString::from("correct horse");
        let hash = passwords.hash(&right, [7; 16]).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert!(passwords.verify(&right, Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&"wrong horse".into(), Some(&hash)).await.unwrap());
    }

    #[tokio::test]
    async fn a_name_that_nobody_has_is_checked_like_any_other() {
        // The hash for nobody has to be well formed: an error would come back at once.
        let passwords = Passwords::new(&Ids::seeded(Arc::new(Still), 1));
        let real = passwords.hash(&"correct horse".into(), [7; 16]).await.unwrap();
        let cost = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(&passwords.nobody), cost(&real.0));
        assert!(!passwords.verify(&"anything".into(), None).await.unwrap());
    }

    #[test]
    fn a_password_has_12_to_256_characters() {
        let name = "alice".parse().unwrap();
        for (length, allowed) in [(11, false), (12, true), (256, true), (257, false)] {
            let password = SecretString::from(format!("x{}", "ü".repeat(length - 1)));
            assert_eq!(check_rule(&password, &name).is_ok(), allowed, "{length}");
        }
    }

    #[test]
    fn a_password_that_is_tried_first_is_refused() {
        let name = "Alice Liddell".parse().unwrap();
        for (password, allowed) in [
            ("alice liddell", false),
            ("Password1234", false),
            ("aaaaaaaaaaaaaa", false),
            ("alice liddell 2", true),
        ] {
            assert_eq!(check_rule(&password.into(), &name).is_ok(), allowed, "{password}");
        }
    }
}
