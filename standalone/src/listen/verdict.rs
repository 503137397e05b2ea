//! What the signatures of a request are worth.

use axum::http::HeaderMap;
use postrider_domain::{Secret, Timestamp};
use postrider_wire::standard::{PublicKey, SignatureHeaders, TOLERANCE};
use postrider_wire::{VerifyError, aspnet, standard};

/// What a receiver knows of a registration.
pub(super) struct Keys {
    pub(super) secret: Option<Secret>,
    pub(super) public_key: Option<PublicKey>,
}

impl Keys {
    pub(super) fn is_empty(&self) -> bool {
        self.secret.is_none() && self.public_key.is_none()
    }

    /// Which signatures verify; `None` if there is nothing to verify them with. Only some formats
    /// have the classic one.
    pub(super) fn verdict(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let signed = SignatureHeaders {
            id: text(headers, standard::ID_HEADER),
            timestamp: text(headers, standard::TIMESTAMP_HEADER),
            signature: text(headers, standard::SIGNATURE_HEADER),
        };
        let classic = self.secret.as_ref().and_then(|secret| classic(secret, headers, body));
        let by_secret = self.secret.as_ref().map(|secret| {
            let verified = standard::verify(secret, signed, body, now, TOLERANCE);
            worth(standard::SIGNATURE_HEADER, verified)
        });
        let by_key = self.public_key.as_ref().map(|key| {
            let verified = standard::verify_asymmetric(key, signed, body, now, TOLERANCE);
            worth("v1a of webhook-signature", verified)
        });
        let words: Vec<_> = [classic, by_secret, by_key].into_iter().flatten().collect();
        Some(format!("signature: {}", words.join(", ")))
    }
}

/// The worth of the classic signature, if there is one. While a rotation lasts a receiver that still
/// has the secret before finds its signature under another name.
fn classic(secret: &Secret, headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let names = [aspnet::SIGNATURE_HEADER, aspnet::PREVIOUS_SIGNATURE_HEADER];
    let mut present = names.into_iter().filter(|name| headers.contains_key(*name));
    let verify = |name| aspnet::verify(secret, text(headers, name), body);
    let first = present.next()?;
    match (verify(first), present.find(|name| verify(name).is_ok())) {
        (Err(_), Some(other)) => Some(worth(other, Ok(()))),
        (verified, _) => Some(worth(first, verified)),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn worth(name: &str, verified: Result<(), VerifyError>) -> String {
    match verified {
        Ok(()) => format!("{name} verified"),
        Err(problem) => format!("{name} DOES NOT VERIFY: {problem}"),
    }
}

#[cfg(test)]
mod tests {
    use postrider_wire::standard::SigningKey;

    use super::*;

    const BODY: &[u8] = b"{}";

    fn secret(letter: &str) -> Secret {
        Secret::parse(&letter.repeat(32)).unwrap()
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::generate([seed; 32])
    }

    fn now() -> Timestamp {
        Timestamp::from_micros(1_010_000_000)
    }

    /// A request by the secret `s`, the secret before, `p`, and the key 1.
    fn request() -> HeaderMap {
        let signatures = [
            standard::signature(&secret("s"), "dlv_1", 1_000, BODY),
            standard::signature(&secret("p"), "dlv_1", 1_000, BODY),
            standard::asymmetric_signature(&key(1), "dlv_1", 1_000, BODY),
        ];
        [
            ("webhook-id", "dlv_1".to_owned()),
            ("webhook-timestamp", "1000".to_owned()),
            ("webhook-signature", signatures.join(" ")),
            ("ms-signature", aspnet::signature(&secret("s"), BODY)),
            ("ms-signature-previous", aspnet::signature(&secret("p"), BODY)),
        ]
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect()
    }

    fn by_secret(letter: &str, headers: &HeaderMap, body: &[u8]) -> String {
        let keys = Keys { secret: Some(secret(letter)), public_key: None };
        keys.verdict(headers, body, now()).unwrap()
    }

    #[test]
    fn a_request_signed_with_the_secret_verifies_and_any_other_does_not() {
        let headers = request();
        assert_eq!(
            by_secret("s", &headers, BODY),
            "signature: ms-signature verified, webhook-signature verified"
        );
        for verdict in [by_secret("s", &headers, b"{ }"), by_secret("t", &headers, BODY)] {
            assert_eq!(verdict.matches("DOES NOT VERIFY").count(), 2, "{verdict}");
        }
    }

    #[test]
    fn the_secret_before_verifies_while_a_rotation_lasts_and_the_header_is_named() {
        let mut headers = request();
        assert_eq!(
            by_secret("p", &headers, BODY),
            "signature: ms-signature-previous verified, webhook-signature verified"
        );
        headers.remove("ms-signature");
        let verdict = by_secret("p", &headers, BODY);
        assert!(verdict.contains("ms-signature-previous verified"), "{verdict}");
        let verdict = by_secret("s", &headers, BODY);
        assert!(verdict.contains("ms-signature-previous DOES NOT VERIFY"), "{verdict}");
    }

    #[test]
    fn the_classic_signature_is_not_missed_where_a_format_has_none() {
        let mut headers = request();
        headers.remove("ms-signature");
        headers.remove("ms-signature-previous");
        let verified = "signature: webhook-signature verified";
        assert_eq!(by_secret("s", &headers, BODY), verified);
        headers.remove("webhook-signature");
        assert!(by_secret("s", &headers, BODY).contains("webhook-signature DOES NOT"));
    }

    #[test]
    fn a_public_key_verifies_the_signature_of_its_key_beside_the_secret_or_alone() {
        let headers = request();
        let verdict = |secret, seed| {
            let keys = Keys { secret, public_key: Some(key(seed).public_key()) };
            keys.verdict(&headers, BODY, now()).unwrap()
        };
        assert_eq!(verdict(None, 1), "signature: v1a of webhook-signature verified");
        assert_eq!(
            verdict(Some(secret("s")), 1),
            "signature: ms-signature verified, webhook-signature verified, \
             v1a of webhook-signature verified"
        );
        let other = verdict(None, 2);
        assert!(other.contains("v1a of webhook-signature DOES NOT VERIFY"), "{other}");
    }

    #[test]
    fn nothing_is_said_of_signatures_without_anything_to_verify_them_with() {
        let keys = Keys { secret: None, public_key: None };
        assert_eq!(keys.verdict(&request(), BODY, now()), None);
    }
}
