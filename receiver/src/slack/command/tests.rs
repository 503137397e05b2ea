use proptest::prelude::*;

use super::*;

fn value(text: &str) -> SlackCommand {
    SlackCommand { action: String::new(), value: text.to_owned() }
}

fn parameters(text: &str) -> Vec<(String, String)> {
    SlackCommand::parse(text).parameters().unwrap().0
}

#[test]
fn the_first_word_is_the_action_and_the_rest_its_value() {
    for (text, action, value) in [
        ("", "", ""),
        (" ", "", ""),
        (" 你好 ", "你好", ""),
        ("你 好 世 界", "你", "好 世 界"),
        ("add\t two  words ", "add", "two  words"),
    ] {
        let command = SlackCommand::parse(text);
        assert_eq!((command.action.as_str(), command.value.as_str()), (action, value), "{text}");
    }
}

#[test]
fn parameters_are_read_with_quotes_and_escapes() {
    for (text, expected) in [
        ("action", &[][..]),
        ("action  ;; ", &[]),
        ("action p1=v1; p2 = v2 ", &[("p1", "v1"), ("p2", "v2")]),
        ("action p1='v1'; p2=\"v2\"", &[("p1", "v1"), ("p2", "v2")]),
        ("action p1='v;1'; p2=\"v;2\"", &[("p1", "v;1"), ("p2", "v;2")]),
        (r"action p1=\;v1; p2=v\;2; p3=v3\;", &[("p1", ";v1"), ("p2", "v;2"), ("p3", "v3;")]),
        ("action p1=\"it's\"; p2=a=b; p3", &[("p1", "it's"), ("p2", "a=b"), ("p3", "")]),
        (r"action p1=a\b", &[("p1", r"a\b")]),
    ] {
        let expected: Vec<_> =
            expected.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        assert_eq!(parameters(text), expected, "{text}");
    }
}

#[test]
fn the_values_of_a_parameter_that_comes_twice_are_joined() {
    let pairs = SlackCommand::parse("action p1=v1; p1=v2").parameters().unwrap();
    assert_eq!(pairs.get("P1").as_deref(), Some("v1,v2"));
}

#[test]
fn a_quote_without_its_other_half_is_refused_with_its_position() {
    for (text, position) in [("a='b;b=c", 2), ("a='b;b='c'", 9)] {
        let error = value(text).parameters().unwrap_err();
        assert_eq!(error, SlackCommandError::UnmatchedQuote { quote: '\'', position }, "{text}");
        let message = error.to_string();
        assert!(message.contains('\'') && message.contains(&position.to_string()), "{message}");
    }
}

#[test]
fn a_name_with_quotes_or_a_semicolon_is_refused() {
    for (text, position) in [("'a'=b", 0), (r"a=b;c\;d=e", 4), ("a=b; \"c;d\"=e", 4)] {
        let error = value(text).parameters().unwrap_err();
        assert_eq!(error, SlackCommandError::Name { position }, "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_quoted_is_read_as_it_was_written(
        pairs in prop::collection::vec(("[a-z]{1,5}", "[^\"\\s]([^\"]*[^\"\\s])?"), 0..4),
    ) {
        let written: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let command = SlackCommand::parse(&format!("action {}", written.join(" ; ")));
        prop_assert_eq!(command.parameters().unwrap().0, pairs);
    }
}
