//! Reading JSON as leniently as the library that the ASP.NET receivers were made with: some senders
//! leave a comma behind the last element, write comments or use single quotes.

use serde_json::Value;

/// How deep a document may be nested.
const MAX_DEPTH: usize = 128;

/// Reads a document, by the standard first and leniently if that fails.
///
/// # Errors
/// What the standard's parser says, which is the one that its sender should heed.
pub(crate) fn parse(body: &[u8]) -> Result<Value, serde_json::Error> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).or_else(|error| lenient(body).ok_or(error))
}

fn lenient(body: &[u8]) -> Option<Value> {
    // The lenient parser has no limit of its own, and calls itself for each level.
    let text = std::str::from_utf8(body).ok()?;
    (deepest(body) <= MAX_DEPTH).then(|| json5::from_str(text).ok())?
}

/// How deep brackets are nested; those in texts count as well.
fn deepest(body: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in body {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_classic_library_took_is_taken() {
        for text in [
            "{\"a\":[1,2,],}",
            "{'a':[1,2]}",
            "// note\n{\"a\":/* two */[1,2]}",
            "\u{feff}{\"a\":[1,2]}",
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap(), json!({ "a": [1, 2] }), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_in_the_words_of_the_standards_parser() {
        for text in ["", "{", "{\"a\":}", "hello there", "\u{0}"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(b"\xff").is_err());
        assert!(parse(b"{").unwrap_err().to_string().contains("EOF"));
    }

    #[test]
    fn a_document_that_is_nested_without_end_is_refused() {
        for open in ["[", "{\"a\":", "/**/[", "{a:"] {
            assert!(parse(open.repeat(100_000).as_bytes()).is_err(), "{open}");
        }
    }
}
