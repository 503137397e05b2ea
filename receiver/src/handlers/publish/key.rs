//! The routing key, with what it takes from the webhook.

use crate::Webhook;

/// What stands for a part that the webhook does not have: a topic's words are not empty.
const NONE: &str = "none";

/// A routing key with places that are filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RoutingKey(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Receiver,
    Id,
    Action,
}

impl RoutingKey {
    /// Reads a key with `{receiver}`, `{id}` and `{action}` in it.
    ///
    /// # Errors
    /// When something else is in braces, or a brace has no counterpart.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let refused = || {
            Err(format!(
                "`routing_key` is `{text}`, and only `{{receiver}}`, `{{id}}` and `{{action}}` can be in braces"
            ))
        };
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((place, behind)) = after.split_once('}') else { return refused() };
            let place = match place {
                "receiver" => Part::Receiver,
                "id" => Part::Id,
                "action" => Part::Action,
                _ => return refused(),
            };
            parts.extend([Part::Text(before.to_owned()), place]);
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        let stray = |part: &Part| matches!(part, Part::Text(text) if text.contains('}'));
        if parts.iter().any(stray) {
            return refused();
        }
        Ok(Self(parts))
    }

    /// The key of a webhook.
    pub(super) fn of<'a>(&'a self, webhook: &'a Webhook) -> String {
        let or_none = |text: &'a str| if text.is_empty() { NONE } else { text };
        let action = || webhook.notification.actions.first().map_or("", String::as_str);
        let part = |part: &'a Part| match part {
            Part::Receiver => or_none(&webhook.address.receiver),
            Part::Id => or_none(&webhook.address.id),
            Part::Action => or_none(action()),
            Part::Text(text) => text.as_str(),
        };
        self.0.iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::Method;
    use postrider_domain::ReceiverAddress;
    use serde_json::Value;

    use super::*;
    use crate::{Data, Notification, Request};

    fn webhook(id: &str, actions: &[&str]) -> Webhook {
        let url = "https://example.com/hook".parse().unwrap();
        Webhook {
            address: ReceiverAddress::new("github", id),
            notification: Notification::new(actions.iter().copied(), Data::Json(Value::Null)),
            request: Arc::new(Request::new(Method::POST, url, "{}")),
        }
    }

    #[test]
    fn places_are_filled_in_and_what_they_are_filled_with_is_not_read_again() {
        let key = RoutingKey::parse("in.{receiver}.{id}.{action}!").unwrap();
        assert_eq!(key.of(&webhook("org1", &["push", "more"])), "in.github.org1.push!");
        assert_eq!(key.of(&webhook("", &[])), "in.github.none.none!");
        assert_eq!(key.of(&webhook("x", &["{id}"])), "in.github.x.{id}!");
        assert_eq!(RoutingKey::parse("").unwrap().of(&webhook("", &[])), "");
    }

    #[test]
    fn anything_else_in_braces_is_a_problem() {
        for text in ["{actions}", "{", "a}", "{receiver", "{{id}}", "{}"] {
            assert!(RoutingKey::parse(text).is_err(), "{text}");
        }
    }
}
