//! What a secret has to be like.

use std::ops::RangeInclusive;

/// Checks how long a secret is, in UTF-16 units, as the ASP.NET library counts.
///
/// # Errors
/// Says how long it has to be, in words for the operator that show nothing of it.
pub(crate) fn check_length(secret: &str, lengths: &RangeInclusive<usize>) -> Result<(), String> {
    if lengths.contains(&secret.encode_utf16().count()) {
        return Ok(());
    }
    Err(format!("it must have {} to {} characters", lengths.start(), lengths.end()))
}
