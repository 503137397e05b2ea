use super::*;

/// What a text of any length comes to: the longest that could be sent.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(Condition::MAX_LENGTH)]
}

#[test]
fn a_text_of_nothing_but_brackets_and_the_like_is_refused_at_once() {
    for unit in [
        "(",
        "[",
        ")",
        "!",
        "!(",
        "((@.a",
        "count(",
        "value(",
        "length(value(",
        "match(",
        "search(@,",
        "@[?",
        "@[",
        "@.a[",
        "@.a[0,",
        "@['",
        "'",
        "\"",
        "\\",
        "@",
        "@.",
        "..",
        "$",
        "-",
        "1",
        "&&",
        "@&&",
        "count(@)&&",
        "count(@)",
        "@.a==",
        "\u{1f980}",
        "\u{202e}",
        "ü.",
        "in(",
        "a(",
    ] {
        assert!(cut(&unit.repeat(20_000)).parse::<Condition>().is_err(), "{unit}");
    }
}

#[test]
fn the_longest_expressions_are_read_and_evaluated() {
    let document = json!({ "a": [1, 2, 3] });
    let nested = format!("{}@.a{}", "!(".repeat(32), ")".repeat(32));
    let many = |unit: &str| {
        let count = (Condition::MAX_LENGTH - unit.len()) / (unit.len() + 2);
        [unit].repeat(count).join("||")
    };
    assert_all(true, &document, &[&nested, &many("@.a!=1"), &format!("@.a{}", " ".repeat(9))]);
    assert_all(false, &document, &[&many("@.b"), &many("length(@.a)>9"), &many("(1==2)")]);
    assert_all(false, &document, &[&format!("@{}", "[0]".repeat(170)), &many("search(@.b,'x')")]);
}

#[test]
fn data_as_deep_as_it_can_be_read_is_evaluated() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let deep = event(Some(&nested(127)));
    assert!(condition("@.data == @.data && count(@.data[*][*]) == 1").holds(&deep).unwrap());
    let too_deep = event(Some(&nested(128)));
    let error = condition("@.data").holds(&too_deep).unwrap_err();
    assert!(crate::causes(&error).to_string().contains("recursion limit"), "{error:?}");
}

#[test]
fn data_that_is_json_and_no_value_is_an_error() {
    for data in [r#""\ud800""#, r#"{"a": "\udc00\ud800"}"#, "1e999", "[-1e999]"] {
        let error = condition("@.data").holds(&event(Some(data))).expect_err(data);
        assert!(matches!(error, ConditionError::Data(_)), "{data}: {error:?}");
    }
    // More digits than a number has are none.
    let digits = event(Some(&"9".repeat(300)));
    assert!(condition("@.data > 1e299 && @.data < 1e301").holds(&digits).unwrap());
}

#[test]
fn names_and_strings_are_any_unicode() {
    let document = json!({ "größe": "\u{1f980}", "a b'c": 1, "": 2, "\u{0}": 3 });
    let holding = [
        "@.größe == '\u{1f980}'",
        r"@['gr\u00f6\u00dfe'] == '\ud83e\udd80'",
        r"@['a b\'c'] == 1",
        "@[''] == 2",
        r"@['\u0000'] == 3",
        "length(@.größe) == 1",
        "@.größe > '\u{ffff}'",
    ];
    assert_all(true, &document, &holding);
}

#[test]
fn a_long_name_above_a_long_array_takes_no_memory() {
    let document = json!({ "k".repeat(100_000): vec![0; 60_000] });
    assert_all(true, &document, &["count(@.*.*) == 60000"]);
}

#[test]
fn a_text_that_is_too_long_for_a_pattern_is_an_error() {
    let document = json!({ "a": "ab".repeat(30_000) });
    assert_all(true, &document, &["!search(@.a, 'invoice')", "search(@.a, '^ab')"]);
    let large = condition("search(@.a, 'a.{100}b')");
    let error = large.holds_in(&document).unwrap_err();
    assert!(matches!(error, ConditionError::TextTooLong { bytes: 60_000 }), "{error:?}");
    // What all patterns weigh counts for each.
    let two = condition("search(@.a, 'x') || search(@.b, 'a.{100}b')");
    assert!(two.holds_in(&document).is_err());
    assert!(!large.holds_in(&json!({ "a": "ab" })).unwrap());
}
