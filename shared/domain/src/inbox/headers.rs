//! Headers of a request, in one piece of text: a webhook has a dozen of them, and a string for each name
//! and each value would cost more than checking its signature.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Names and values of headers, in the order in which they came. Written as a list of pairs.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HeaderList {
    text: String,
    /// Where a name ends, where its value ends, and so on.
    ends: Vec<usize>,
}

impl HeaderList {
    /// An empty list with room for so many headers, and for so many bytes of names and values.
    pub fn with_capacity(headers: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: Vec::with_capacity(2 * headers) }
    }

    /// Adds a header after the others.
    pub fn push(&mut self, name: &str, value: &str) {
        for part in [name, value] {
            self.text.push_str(part);
            self.ends.push(self.text.len());
        }
    }

    /// Each name with its value.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let end = |part: usize| part.checked_sub(1).map_or(0, |before| self.ends[before]);
        let part = move |part| &self.text[end(part)..end(part + 1)];
        (0..self.ends.len() / 2).map(move |header| (part(2 * header), part(2 * header + 1)))
    }
}

impl fmt::Debug for HeaderList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for HeaderList {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        let mut list = Self::default();
        for (name, value) in headers {
            list.push(name.as_ref(), value.as_ref());
        }
        list
    }
}

impl Serialize for HeaderList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for HeaderList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = HeaderList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of pairs of a name and a value")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pairs: A) -> Result<HeaderList, A::Error> {
                let mut list = HeaderList::default();
                while let Some((name, value)) = pairs.next_element::<(String, String)>()? {
                    list.push(&name, &value);
                }
                Ok(list)
            }
        }

        deserializer.deserialize_seq(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRS: [(&str, &str); 4] = [("a", "1"), ("empty", ""), ("é", "\u{fffd}\"\\"), ("a", "2")];

    #[test]
    fn what_was_pushed_comes_out_in_order() {
        let list = HeaderList::from_iter(PAIRS);
        assert_eq!(list.iter().collect::<Vec<_>>(), PAIRS);
        assert_eq!(list.iter().len(), 4);
        assert_eq!(HeaderList::default().iter().next(), None);
        assert_eq!(format!("{:?}", HeaderList::from_iter([("a", "1")])), r#"[("a", "1")]"#);
    }

    #[test]
    fn where_a_name_ends_counts() {
        assert_ne!(HeaderList::from_iter([("ab", "c")]), HeaderList::from_iter([("a", "bc")]));
    }

    #[test]
    fn it_is_written_and_read_as_a_list_of_pairs() {
        let list = HeaderList::from_iter(PAIRS);
        let written = serde_json::to_string(&list).unwrap();
        assert_eq!(written, r#"[["a","1"],["empty",""],["é","�\"\\"],["a","2"]]"#);
        assert_eq!(serde_json::from_str::<HeaderList>(&written).unwrap(), list);
        assert!(serde_json::from_str::<HeaderList>(r#"[["a"]]"#).is_err());
    }
}
