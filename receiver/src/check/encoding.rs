//! How signatures are written. Both readers take what the ASP.NET library took, and an empty text as
//! no bytes, which is then no signature of anything.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::{Refusal, RefusalKind};

const ANY_PADDING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads hexadecimal digits of any case, from the header `name`.
pub(crate) fn hex(name: &str, text: &str) -> Result<Vec<u8>, Refusal> {
    hex::decode(text).map_err(|_| bad(name, "hex"))
}

/// Reads base64 of the usual or the URL's alphabet, with padding or without, from the header `name`.
pub(crate) fn base64(name: &str, text: &str) -> Result<Vec<u8>, Refusal> {
    let text = text.replace('-', "+").replace('_', "/");
    ANY_PADDING.decode(text).map_err(|_| bad(name, "base64"))
}

/// Whether a text is base64 of the usual alphabet, with padding or without.
pub(crate) fn is_base64(text: &str) -> bool {
    ANY_PADDING.decode(text).is_ok()
}

/// Writes base64 with padding.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    ANY_PADDING.encode(bytes)
}

/// A header that is not encoded as it should be.
pub(crate) fn bad(name: &str, encoding: &str) -> Refusal {
    Refusal::new(
        RefusalKind::Malformed,
        format!(
            "The '{name}' header value is invalid. It must be a valid {encoding}-encoded string."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_in_both_alphabets_with_padding_or_without() {
        let expected = hex::decode("65115981ffe61a3d9fa742e7bd14ec8e6316e9a6").unwrap();
        for text in ["ZRFZgf/mGj2fp0LnvRTsjmMW6aY=", "ZRFZgf_mGj2fp0LnvRTsjmMW6aY"] {
            assert_eq!(base64("h", text).unwrap(), expected);
        }
        assert!(base64("h", "qiUI-5C3V6o4LtsIFcf33wzhlDxT8o+uluHcnrf2d7E").is_ok());
        assert!(base64("h", "").unwrap().is_empty());
        for text in
            ["PconnnMcl8OOMBmgdd7p670K=", "qiUI+5C3V6o4LtsIFcf33wzhlDxT8o+uluHcnrf2d7E===", "1"]
        {
            assert!(base64("h", text).is_err(), "{text}");
        }
    }

    #[test]
    fn hex_is_read_in_any_case_and_nothing_else_is_hex() {
        assert_eq!(hex("h", "aBcD").unwrap(), [0xab, 0xcd]);
        assert!(hex("h", "").unwrap().is_empty());
        for text in ["123456789", "github", "1", "\0\0", "你好", "\u{1f600}"] {
            assert!(hex("h", text).is_err(), "{text}");
        }
    }
}
