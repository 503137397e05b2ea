//! The one line in which the ASP.NET library has the secrets of a receiver.

use secrecy::SecretString;

/// Why the line cannot be read. No part of it is shown: it holds secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClassicError {
    /// A part is neither a secret nor an id and a secret.
    #[error(
        "The '{receiver}' setting must have a comma-separated value of one or more secrets of the form <secret> or <id>=<secret>: part {part} has neither."
    )]
    Malformed {
        /// Of which receiver.
        receiver: String,
        /// Which part of the line, from 1.
        part: usize,
    },
    /// An id has two secrets.
    #[error(
        "Could not add configuration for receiver '{receiver}' and id '{id}': it is there twice."
    )]
    Duplicate {
        /// Of which receiver.
        receiver: String,
        /// Which id; empty for the URL without one.
        id: String,
    },
}

/// Reads `secret0, id1=secret1, …` into ids and secrets; the id of a part without one is empty.
///
/// Other than the library's own reader this one keeps the `=` at the end of a secret in base64, and
/// does not take `id=` or `=secret` for a secret of the URL without an id.
pub(crate) fn parse(
    receiver: &str,
    line: &str,
) -> Result<Vec<(String, SecretString)>, ClassicError> {
    let parts = line.split(',').map(str::trim).enumerate().filter(|(_, part)| !part.is_empty());
    parts
        .map(|(index, part)| {
            read(part).ok_or_else(|| ClassicError::Malformed {
                receiver: receiver.into(),
                part: index + 1,
            })
        })
        .collect()
}

fn read(part: &str) -> Option<(String, SecretString)> {
    // What ends a secret in base64 separates nothing.
    let bare = part.trim_end_matches('=');
    let padding = &part[bare.len()..];
    match bare.split_once('=') {
        None if bare.is_empty() => None,
        None if padding.is_empty() || is_padded_base64(bare, padding) => {
            Some((String::new(), part.into()))
        }
        // An id whose secret was forgotten.
        None => None,
        Some((id, secret)) => {
            let (id, secret) = (id.trim(), secret.trim());
            let plain = !id.is_empty() && !secret.is_empty() && !secret.contains('=');
            plain.then(|| (id.into(), format!("{secret}{padding}").into()))
        }
    }
}

/// Whether this is base64 with the padding that belongs to its length.
fn is_padded_base64(bare: &str, padding: &str) -> bool {
    let digit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    (bare.len() + padding.len()).is_multiple_of(4) && padding.len() <= 2 && bare.chars().all(digit)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn read_line(line: &str) -> Vec<(String, String)> {
        let parts = parse("custom", line).unwrap();
        parts.into_iter().map(|(id, secret)| (id, secret.expose_secret().to_owned())).collect()
    }

    #[test]
    fn ids_and_secrets_are_read_as_the_library_read_them() {
        let read = read_line("世界, , , , ,,,a=1  ,  世界=2 , c=世界");
        let expected = [("", "世界"), ("a", "1"), ("世界", "2"), ("c", "世界")];
        assert_eq!(read, expected.map(|(id, secret)| (id.to_owned(), secret.to_owned())));
        assert_eq!(read_line("12345678901234567890123456789012, 54321=x").len(), 2);
    }

    #[test]
    fn the_end_of_a_secret_in_base64_is_kept() {
        let read = read_line("c2VjcmV0cw==, id1=c2VjcmV0MQ==");
        assert_eq!(read[0], (String::new(), "c2VjcmV0cw==".to_owned()));
        assert_eq!(read[1], ("id1".to_owned(), "c2VjcmV0MQ==".to_owned()));
    }

    #[test]
    fn a_part_that_could_be_read_in_two_ways_is_refused_without_showing_it() {
        for line in ["a=b=c", "=secret", "id=", "="] {
            let error = parse("custom", &format!("good, {line}")).unwrap_err();
            assert_eq!(error, ClassicError::Malformed { receiver: "custom".into(), part: 2 });
        }
    }
}
