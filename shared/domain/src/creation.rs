//! What makes a repeated creation harmless.

/// A client's key for something it wants to be created once: the same key with the same content names
/// what was created the first time. Keys of different owners have nothing to do with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreationKey {
    /// SHA-256 of the request's `Idempotency-Key`, in hex: whoever reads the store must not learn the
    /// key itself.
    pub key: String,
    /// HMAC-SHA256 of the request (method, path and body) under its `Idempotency-Key`. A body may have
    /// a secret in it, which nobody without the key can try guesses of against this.
    pub content: [u8; 32],
}

/// What became of the wish to create a `T`.
#[derive(Debug, Clone, PartialEq)]
pub enum Created<T> {
    /// It is stored.
    New,
    /// An earlier request with the same key and content created this, which may have changed since.
    Repeated(T),
    /// An earlier request with the same key created something, which is there no longer.
    Gone,
    /// The key was used before for other content.
    KeyReused,
}
