//! Reading JSON as leniently as the library that the ASP.NET receivers were made with: some senders
//! leave a comma behind the last element, write comments or use single quotes.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// How deep a document may be nested, which is also the limit of the standard's parser.
const MAX_DEPTH: usize = 128;

/// Reads a document, by the standard first and leniently if that fails.
///
/// # Errors
/// What the standard's parser says, which is the one that its sender should heed.
pub(crate) fn parse(body: &[u8]) -> Result<Value, serde_json::Error> {
    parse_strict(body).or_else(|error| lenient(body).ok_or(error))
}

/// Reads a document by the standard.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse_strict(body: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(without_mark(body))
}

/// Without the mark of UTF-8 that some senders put before it.
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

fn lenient(body: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(without_mark(body)).ok()?;
    json5::from_str(text).ok().map(|Document(value)| value)
}

/// A document that is not nested too deeply. The lenient parser has no limit of its own, and calls
/// itself for each level.
struct Document(Value);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Levels(MAX_DEPTH).deserialize(from).map(Self)
    }
}

/// How many levels there may still be.
#[derive(Clone, Copy)]
struct Levels(usize);

impl Levels {
    fn below<E: Error>(self) -> Result<Self, E> {
        let too_deep = || E::custom("it is nested too deeply");
        self.0.checked_sub(1).map(Self).ok_or_else(too_deep)
    }
}

impl<'de> DeserializeSeed<'de> for Levels {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Levels {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut values = Vec::new();
        while let Some(value) = from.next_element_seed(below)? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut members = Map::new();
        while let Some(name) = from.next_key::<String>()? {
            members.insert(name, from.next_value_seed(below)?);
        }
        Ok(members.into())
    }
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
    fn values_of_every_kind_are_read_the_same_leniently() {
        let text = r#"{"a":[null,true,1,-1,1.5,"x","\n",{"b":[]}],"c":18446744073709551615}"#;
        let strict = parse_strict(text.as_bytes()).unwrap();
        assert_eq!(lenient(text.as_bytes()), Some(strict));
    }

    #[test]
    fn a_document_that_is_nested_without_end_is_refused() {
        for open in [
            "[",
            "{\"a\":",
            "/**/[",
            "{a:",
            // What closes brackets within texts and comments closes nothing.
            "[\"]\",",
            "[']',",
            "['\\']',",
            "[\"\\\"]\",",
            "['\\\\',",
            "[/*]*/",
            "[//]\n",
            "[//]\r",
            "[//]\u{2028}",
            "{']':",
            "{a:[{'}]':",
        ] {
            assert!(parse(open.repeat(200_000).as_bytes()).is_err(), "{open}");
        }
    }

    #[test]
    fn brackets_in_texts_and_comments_are_no_levels() {
        for inner in ["'[[[['", "/*[[[[*/1", "//[[[[\n1"] {
            let inner = inner.replace("[[[[", &"[".repeat(1_000));
            assert!(parse(format!("[{inner},]").as_bytes()).is_ok());
        }
        let deep = |levels: usize| format!("{}/**/{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(deep(MAX_DEPTH).as_bytes()).is_ok());
        assert!(parse(deep(MAX_DEPTH + 1).as_bytes()).is_err());
    }
}
