//! The signature headers of a request.

use http::header::{HeaderMap, HeaderName};
use postrider_domain::{Credentials, Invalid, PayloadFormat, SecretText, Timestamp};

use super::{Outbound, value};
use crate::standard::SigningKey;
use crate::{aspnet, standard};

const ASPNET_SIGNATURE: HeaderName = HeaderName::from_static(aspnet::SIGNATURE_HEADER);
const ASPNET_PREVIOUS_SIGNATURE: HeaderName =
    HeaderName::from_static(aspnet::PREVIOUS_SIGNATURE_HEADER);
const STANDARD_ID: HeaderName = HeaderName::from_static(standard::ID_HEADER);
const STANDARD_TIMESTAMP: HeaderName = HeaderName::from_static(standard::TIMESTAMP_HEADER);
const STANDARD_SIGNATURE: HeaderName = HeaderName::from_static(standard::SIGNATURE_HEADER);

/// Signs `body` by all that signs at `now`. While a rotation lasts both secrets, and both keys, do,
/// so that the receiver may switch at any moment.
///
/// # Errors
/// When a key does not parse.
pub(super) fn sign(
    headers: &mut HeaderMap,
    outbound: &Outbound<'_>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Invalid> {
    let registration = outbound.registration;
    let previous = registration.previous_secret_at(now);
    if is_classic(registration.options.format) {
        headers.insert(ASPNET_SIGNATURE, value(&aspnet::signature(&registration.secret, body)));
        if let Some(previous) = previous {
            headers.insert(ASPNET_PREVIOUS_SIGNATURE, value(&aspnet::signature(previous, body)));
        }
    }
    let id = outbound.delivery.to_string();
    let timestamp = now.as_seconds();
    let secrets = [Some(&registration.secret), previous];
    let by_secrets = secrets
        .into_iter()
        .flatten()
        .map(|secret| Ok(standard::signature(secret, &id, timestamp, body)));
    let by_keys = keys(&registration.credentials, now).map(|key| {
        let key = SigningKey::parse(key.expose())?;
        Ok(standard::asymmetric_signature(&key, &id, timestamp, body))
    });
    let signatures = by_secrets.chain(by_keys).collect::<Result<Vec<_>, Invalid>>()?;

    headers.insert(STANDARD_SIGNATURE, value(&signatures.join(" ")));
    headers.insert(STANDARD_ID, value(&id));
    headers.insert(STANDARD_TIMESTAMP, timestamp.into());
    Ok(())
}

/// Checks that every key parses.
pub(super) fn check(credentials: &Credentials) -> Result<(), Invalid> {
    // At the beginning of time every key that is stored still signs.
    keys(credentials, Timestamp::EPOCH)
        .try_for_each(|key| SigningKey::parse(key.expose()).map(drop))
}

/// The keys that sign at `now`, the one in force first.
fn keys(credentials: &Credentials, now: Timestamp) -> impl Iterator<Item = &SecretText> {
    [credentials.signing_key.as_ref(), credentials.previous_signing_key_at(now)]
        .into_iter()
        .flatten()
}

/// Whether receivers of the ASP.NET library read the format. Its signature has no time in it, so that
/// others are better off without.
const fn is_classic(format: PayloadFormat) -> bool {
    match format {
        PayloadFormat::Aspnet | PayloadFormat::Form => true,
        PayloadFormat::Standard | PayloadFormat::CloudEvents | PayloadFormat::CloudEventsBinary => {
            false
        }
    }
}
