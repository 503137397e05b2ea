//! Names and values, as a query or an HTML form has them.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use url::form_urlencoded;

/// Names and values in the order in which they came. Names are compared ignoring case, and what has
/// several values has them joined by a comma, as the ASP.NET library did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pairs(pub Vec<(String, String)>);

impl Pairs {
    /// Reads `name=value&…`. There is no text that cannot be read: what is no UTF-8 is replaced.
    pub fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// The value of `name`, its values joined by commas when there are several.
    pub fn get<'a>(&'a self, name: &str) -> Option<Cow<'a, str>> {
        let mut values = self.values(name);
        let first = values.next()?;
        Some(match values.next() {
            None => first.into(),
            Some(second) => {
                [first, second].into_iter().chain(values).collect::<Vec<_>>().join(",").into()
            }
        })
    }

    /// The values of `name`.
    pub fn values<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.0
            .iter()
            .filter(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All but those of this name.
    #[must_use]
    pub fn without(self, name: &str) -> Self {
        Self(self.0.into_iter().filter(|(own, _)| !own.eq_ignore_ascii_case(name)).collect())
    }

    /// Writes `name=value&…`.
    pub fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

/// As a JSON object, each name once in the spelling that came first.
impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (index, (name, _)) in self.0.iter().enumerate() {
            if self.0[..index].iter().any(|(earlier, _)| earlier.eq_ignore_ascii_case(name)) {
                continue;
            }
            map.serialize_entry(name, &self.get(name))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ignore_case_and_several_values_are_joined() {
        let pairs = Pairs::parse(b"Hook=a&text=x+y&hook=b");
        assert_eq!(pairs.get("HOOK").as_deref(), Some("a,b"));
        assert_eq!(pairs.get("text").as_deref(), Some("x y"));
        assert_eq!(pairs.get("none"), None);
        assert_eq!(serde_json::to_string(&pairs).unwrap(), r#"{"Hook":"a,b","text":"x y"}"#);
        assert_eq!(pairs.without("hook").encode(), "text=x+y");
    }
}
