//! Why something that came in was not taken.

/// Why a queue message was not understood. The same bytes never will be.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It is not what the format says.
    #[error("message is malformed")]
    Malformed(#[from] serde_json::Error),

    /// It was written in another version of the format.
    #[error("message has version `{0}`, which this release does not read")]
    Version(u64),
}

/// Why a signature was refused. What was expected instead is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// A header is not of the form that the scheme prescribes.
    #[error("signature header is malformed")]
    Malformed,

    /// The form is right, and the value in it is not hexadecimal.
    #[error("signature is not encoded as it should be")]
    Encoding,

    /// It was signed too long ago, or too far in the future.
    #[error("signature is outside the time that is tolerated")]
    OutsideTolerance,

    /// It is a signature of something else, or was made with another secret.
    #[error("signature does not match")]
    Mismatch,
}
