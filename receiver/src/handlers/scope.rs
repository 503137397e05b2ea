//! Which webhooks a handler is for.

use std::borrow::Cow;

use super::HandlerConfig;
use crate::{Webhook, providers};

/// What every configured handler has.
pub(super) struct Scope {
    pub(super) name: String,
    /// By its usual name.
    pub(super) receiver: Option<Cow<'static, str>>,
    pub(super) order: i32,
    id: Option<String>,
    actions: Vec<Pattern>,
}

impl Scope {
    pub(super) fn new(config: &HandlerConfig) -> Self {
        Self {
            name: config.name.clone(),
            receiver: config.receiver.as_deref().map(providers::usual),
            order: config.order,
            id: config.id.clone(),
            actions: config.actions.iter().map(|text| Pattern::new(text)).collect(),
        }
    }

    /// Whether the handler is for `webhook`.
    pub(super) fn includes(&self, webhook: &Webhook) -> bool {
        let receiver = |own: &Cow<'_, str>| *own == providers::usual(&webhook.address.receiver);
        let id = |own: &String| own.eq_ignore_ascii_case(&webhook.address.id);
        let action = || {
            let actions = &webhook.notification.actions;
            // A webhook without actions is one of all.
            self.actions.iter().any(|pattern| {
                pattern.is_any() || actions.iter().any(|action| pattern.matches(action))
            })
        };
        self.receiver.as_ref().is_none_or(receiver)
            && self.id.as_ref().is_none_or(id)
            && (self.actions.is_empty() || action())
    }
}

/// What is wrong with the receiver of a handler when none that is built in has its name.
pub(super) fn unknown_receiver(config: &HandlerConfig) -> Option<String> {
    // That an empty name is none is a problem of its own.
    let name = config.receiver.as_deref().filter(|name| !name.is_empty())?;
    let is_known = providers::find(name).is_some();
    (!is_known).then(|| config.name_problem(&providers::unknown(name)))
}

/// An action, or what actions begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    text: String,
    prefix: bool,
}

impl Pattern {
    fn new(text: &str) -> Self {
        match text.strip_suffix('*') {
            Some(prefix) => Self { text: prefix.to_owned(), prefix: true },
            None => Self { text: text.to_owned(), prefix: false },
        }
    }

    fn is_any(&self) -> bool {
        self.prefix && self.text.is_empty()
    }

    fn matches(&self, action: &str) -> bool {
        let compared = if self.prefix { action.get(..self.text.len()) } else { Some(action) };
        compared.is_some_and(|compared| compared.eq_ignore_ascii_case(&self.text))
    }
}

/// Every problem with the patterns of `actions`, in words.
pub(super) fn problems_with_actions(actions: &[String]) -> impl Iterator<Item = String> {
    actions.iter().filter_map(|text| {
        if text.is_empty() {
            return Some("`actions` has an empty text".to_owned());
        }
        let inner = text.strip_suffix('*').unwrap_or(text);
        inner.contains('*').then(|| {
            format!("`actions` has `{text}`, and a `*` stands for any text at the end only")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_whole_action_or_what_it_begins_with() {
        for (pattern, action, matches) in [
            ("push", "push", true),
            ("Push", "pUSH", true),
            ("push", "pushed", false),
            ("push*", "push", true),
            ("push*", "Pushed", true),
            ("push*", "pus", false),
            ("issues.*", "issues.opened", true),
            ("issues.*", "issues", false),
            ("*", "", true),
            // The prefix ends within a character of the action.
            ("é*", "日", false),
            ("ab*", "aé", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(action), matches, "{pattern} {action}");
        }
    }

    #[test]
    fn a_star_within_a_pattern_and_an_empty_one_are_problems() {
        let actions = ["ok", "ok*", "*", "a*b", "**", ""].map(String::from);
        assert_eq!(problems_with_actions(&actions).count(), 3);
    }
}
