//! What others are told about a webhook besides its body.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::Context;

/// The most bytes of actions: less than what servers take of all headers together.
const MAX_ACTIONS: usize = 4096;

/// What is encoded besides everything that is not ASCII. The comma stands between actions.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%').add(b',');

/// The facts by the names of their headers; the values are printable ASCII without spaces.
pub(super) fn facts(context: &Context) -> Vec<(&'static str, String)> {
    let address = &context.webhook.address;
    let mut facts = vec![
        ("postrider-receiver", encoded(&address.receiver)),
        ("postrider-receiver-id", encoded(&address.id)),
        ("postrider-actions", actions(&context.webhook.notification.actions)),
    ];
    facts.extend(context.inbox_id.map(|id| ("postrider-inbox-id", id.to_string())));
    facts.push(("postrider-attempt", context.attempt.to_string()));
    facts
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The actions with a comma between them, as many as there is room for.
pub(super) fn actions(actions: &[String]) -> String {
    let mut list = String::new();
    for action in actions {
        let comma = if list.is_empty() { "" } else { "," };
        let action = encoded(action);
        if list.len() + comma.len() + action.len() > MAX_ACTIONS {
            break;
        }
        list.push_str(comma);
        list.push_str(&action);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_told_apart_whatever_is_in_them() {
        let told = actions(&["issues.opened", "a, b", "50%", "é\r\n\0"].map(String::from));
        assert_eq!(told, "issues.opened,a%2C%20b,50%25,%C3%A9%0D%0A%00");
        assert_eq!(actions(&[]), "");
    }

    #[test]
    fn actions_that_do_not_fit_are_left_out_as_a_whole() {
        let many = vec!["x".repeat(1000); 10];
        assert_eq!(actions(&many).len(), 4 * 1000 + 3);
        assert_eq!(actions(&["x".repeat(5000)]), "");
    }
}
