//! What makes a repeated creation harmless.

/// A client's key for something it wants to be created once: the same key with the same content names
/// what was created the first time. Keys of different owners have nothing to do with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreationKey {
    /// The `Idempotency-Key` of the request.
    pub key: String,
    /// SHA-256 of the request: method, path and body.
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
