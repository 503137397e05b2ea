//! The secret of a registration: what its deliveries are signed with.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::{Ids, Invalid};

/// A signing secret of 32 to 128 characters. Printing it shows nothing.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The shortest secret, in characters.
    pub const MIN_LENGTH: usize = 32;
    /// The longest secret, in characters.
    pub const MAX_LENGTH: usize = 128;

    /// Reads a secret.
    ///
    /// # Errors
    /// When it has fewer than 32 or more than 128 characters. The text is the one that existing
    /// clients of the ASP.NET library know, with this product's upper bound.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if !(Self::MIN_LENGTH..=Self::MAX_LENGTH).contains(&text.chars().count()) {
            return Err(Invalid::new(
                "The WebHook secret key parameter must be between 32 and 128 characters long.",
            ));
        }
        if text.contains('\0') {
            return Err(Invalid::new(
                "The WebHook secret key parameter must not contain a NUL character.",
            ));
        }
        Ok(Self(SecretString::from(text)))
    }

    /// A new secret: 32 random bytes as 64 hex digits.
    pub fn generate(ids: &Ids) -> Self {
        Self(SecretString::from(hex::encode(ids.random::<32>())))
    }

    /// The secret itself, for signing and for showing it to its owner.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_32_to_128_characters() {
        for (length, allowed) in [(31, false), (32, true), (128, true), (129, false)] {
            assert_eq!(Secret::parse(&"x".repeat(length)).is_ok(), allowed, "{length}");
            // Characters count, not bytes.
            assert_eq!(Secret::parse(&"你".repeat(length)).is_ok(), allowed, "{length}");
        }
    }

    #[test]
    fn printing_a_secret_shows_nothing() {
        let secret = Secret::parse(&"s3cr3t".repeat(6)).unwrap();
        assert!(!format!("{secret:?}").contains("s3cr3t"));
    }
}
