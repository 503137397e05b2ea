use axum::extract::FromRequestParts;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use http::request::Parts;
use postrider_domain::{CreationKey, Invalid};
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::error::{ApiError, Code};

/// The header.
const HEADER: &str = "idempotency-key";
/// The longest key, in characters.
const MAX_LENGTH: usize = 255;

/// What a client gives a request so that it can be made again without harm.
pub(crate) struct IdempotencyKey(pub(crate) Option<String>);

impl IdempotencyKey {
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut values = headers.get_all(HEADER).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(Self(None)),
            (Some(value), None) => {
                let key = value.to_str().ok().filter(|key| Self::check(key).is_ok());
                Ok(Self(Some(key.ok_or_else(unusable)?.to_owned())))
            }
            (Some(_), Some(_)) => Err(unusable()),
        }
    }

    /// Checks a key.
    pub(crate) fn check(key: &str) -> Result<(), Invalid> {
        if (1..=MAX_LENGTH).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Ok(());
        }
        Err(Invalid::new("use 1 to 255 visible ASCII characters without spaces"))
    }

    /// The key of the creation that `POST` on `path` asks for with `body`, to the byte.
    pub(crate) fn of_creation(self, path: &str, body: &[u8]) -> Option<CreationKey> {
        let key = self.0?;
        let mut content =
            Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
        // No path has a line end, which therefore keeps path and body apart.
        content.update(b"POST ");
        content.update(path.as_bytes());
        content.update(b"\n");
        content.update(body);
        Some(CreationKey {
            key: hex::encode(Sha256::digest(&key)),
            content: content.finalize().into_bytes().into(),
        })
    }
}

fn unusable() -> ApiError {
    ApiError::new(Code::InvalidHeader).detail(
        "`Idempotency-Key` is given once, with 1 to 255 visible ASCII characters without spaces",
    )
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::read(&parts.headers)
    }
}

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let key = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(MAX_LENGTH))
            .pattern(Some("^[!-~]+$"));
        let description = "The same key with the same request again has the same effect as once.";
        vec![
            ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some(description))
                .schema(Some(key))
                .build(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn creation(key: &str, path: &str, body: &[u8]) -> CreationKey {
        IdempotencyKey(Some(key.to_owned())).of_creation(path, body).unwrap()
    }

    #[test]
    fn what_is_kept_of_a_creation_tells_its_key_and_the_secret_in_its_body_to_nobody() {
        let kept = creation("import-7", "/a", b"a body");
        assert_eq!(kept.key, hex::encode(Sha256::digest("import-7")));
        let plain: [u8; 32] = Sha256::digest("POST /a\na body").into();
        assert_ne!(kept.content, plain);
        // Who does not have the key cannot tell whether a guess of the body is right.
        assert_ne!(kept.content, creation("import-8", "/a", b"a body").content);
    }

    #[test]
    fn only_the_same_request_has_the_same_content() {
        let kept = creation("k", "/a", b"a body");
        assert_eq!(kept, creation("k", "/a", b"a body"));
        assert_ne!(kept.content, creation("k", "/b", b"a body").content);
        assert_ne!(kept.content, creation("k", "/a", b"a body ").content);
    }
}
