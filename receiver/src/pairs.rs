//! Names and values, as a query or an HTML form has them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::ser::{Serialize, Serializer};
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
        // In one pass: a form may have names by the million.
        let mut members: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(self.0.len());
        let mut places = HashMap::with_capacity(self.0.len());
        for (name, value) in &self.0 {
            match places.entry(name.to_ascii_lowercase()) {
                Entry::Vacant(place) => {
                    place.insert(members.len());
                    members.push((name, value.into()));
                }
                Entry::Occupied(place) => {
                    let joined = members[*place.get()].1.to_mut();
                    joined.push(',');
                    joined.push_str(value);
                }
            }
        }
        serializer.collect_map(members)
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

    #[test]
    fn a_form_of_very_many_names_is_written_with_each_of_them_once() {
        let number = |number: usize| (format!("n{}", number % 100_000), String::from("x"));
        let written = serde_json::to_value(Pairs((0..200_000).map(number).collect())).unwrap();
        assert_eq!(written.as_object().unwrap().len(), 100_000);
        assert_eq!(written["n7"], "x,x");
    }
}
