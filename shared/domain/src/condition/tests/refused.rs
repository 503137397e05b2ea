use super::*;

#[track_caller]
fn refusal(text: &str) -> String {
    text.parse::<Condition>().expect_err(text).to_string()
}

#[track_caller]
fn assert_refused(because: &str, texts: &[&str]) {
    for text in texts {
        let refusal = refusal(text);
        assert!(refusal.contains(because), "{text}: {refusal}");
    }
}

#[test]
fn a_text_that_is_empty_too_long_or_has_control_characters_is_refused() {
    assert_refused("empty", &["", "   "]);
    assert_refused("control character", &["@.a\0", "@.a ==\n1", "@\t.a", "@.a == '\u{7f}'"]);
    let longest = |bytes: usize| format!("@.{}", "a".repeat(bytes - 2));
    assert_eq!(condition(&longest(512)).as_str().len(), 512);
    assert_refused("longer than 512 bytes", &[&longest(513)]);
}

#[test]
fn a_text_that_leaves_its_brackets_is_refused() {
    assert_refused(
        "",
        &[
            "true)] , $[?(true",
            "@.a)][(@.b",
            "@.a)] , [?(@.b",
            "@.a), (@.b",
            "@.a, @.b",
            "@.a)]",
            "$[?@.a]",
            "@.a) || (@.b",
            "'a' == 'b')][?(@",
        ],
    );
    assert_refused("character 4 (`)][(@.b`): this bracket closes none", &["@.a)][(@.b"]);
    assert_refused("character 1 (`(@.a`): this bracket is never closed", &["(@.a"]);
    assert_refused("closes none that is open", &["@.a[0)", "(@.a]"]);
}

#[test]
fn a_text_that_does_not_parse_is_told_what_was_expected_and_where() {
    let refusals = [
        "@.data.pages => 5",
        "@.a and @.b",
        "data.pages > 5",
        "@.größe >",
        "true",
        "@.a == 'x' ||",
        "@.a == 12345678901234567890",
        "@.a == 'x",
        "foo(@.a) == 1",
        "@. a",
    ]
    .map(refusal);
    assert_eq!(
        refusals.join("\n"),
        "\
the condition is wrong at character 14 (`=> 5`): expected a member such as `.pages` or an operator (`==`, `!=`, `<`, `<=`, `>`, `>=`, `&&`, `||`)
the condition is wrong at character 5 (`and @.b`): expected an operator (`==`, `!=`, `<`, `<=`, `>`, `>=`, `&&`, `||`)
the condition is wrong at character 1 (`data.pages > 5`): expected a test such as `@.type == 'Executed'`
the condition is wrong at its end: expected a value such as `@.data.pages`, `5` or `'text'`
the condition is wrong at its end: expected an operator (`==`, `!=`, `<`, `<=`, `>`, `>=`, `&&`, `||`)
the condition is wrong at its end: expected a test such as `@.type == 'Executed'`
the condition is wrong at character 8 (`12345678901234567890`): expected a value such as `@.data.pages`, `5` or `'text'`
the condition is wrong at character 8 (`'x`): this string is never closed
the condition is wrong at character 1 (`foo(@.a) == 1`): expected a test such as `@.type == 'Executed'`
the condition cannot be parsed: Invalid child segment `. a`"
    );
}

#[test]
fn two_words_are_not_one_name() {
    assert_refused("expected an operator", &["@.a and @.b", "@.a b", "@.ü  ü == 1", "1 2 == @.a"]);
    condition("@ .a .b == 'a b' && @['a b'] || ! ( @.c ) && 1==@ [0]");
    condition("@.a\u{a0}b");
}

#[test]
fn what_could_take_long_is_refused() {
    assert_refused("`..` is not allowed", &["@..a", "@.a..*", "count(@..[*]) > 1"]);
    assert_refused("a filter within", &["@.a[?@.b]", "count(@[?@.b > 1]) > 1"]);
    assert_refused("`$` is not available", &["$", "$.a == 1", "@.a == $[0].b", "count($.*) > 1"]);
    assert_refused("functions nest too deep", &["length(value(count(@.a))) > 1"]);
    let nested = format!("{}@.a{}", "(".repeat(33), ")".repeat(33));
    assert_refused("deeper than 32 levels", &[&nested]);
    assert_refused(
        "more than 4 wildcards",
        &[
            "@.*.*.*.*.*",
            "@.a[*] && @.b[1:] && @.*.* && @.c[:2]",
            "@[0,1,2,3,4,5]",
            "@[0,0][0,0][0,0][0,0][0,0]",
            "@[*,*,*]",
        ],
    );
    assert_refused("more than 8 pairs", &[&["@.a==@.b"; 9].join("||")]);
    condition("@.*.*.* || @.a == '**..$?((' || @['..','$?']");
}

#[test]
fn what_is_not_well_typed_is_refused() {
    assert_refused(
        "are values: compare them",
        &["length(@.a)", "!count(@.a)", "value(@.a) && @.b"],
    );
    assert_refused("is one value", &["length(@.*) > 1", "match(@.*, 'a')", "search((@.a), 'a')"]);
    assert_refused("is a query", &["value(length(@.a)) == 1", "value(1) == 1"]);
    assert_refused("is not comparable", &["match(@.a, 'a') == true"]);
    assert_refused("there is no function `in`", &["in(@.a, @.b)"]);
    assert_refused("there is no function `any_of`", &["!any_of(@.a, @.b)"]);
    assert_refused("a number in the condition is too large", &["@.a < 1e400"]);
}

#[test]
fn a_pattern_that_is_no_string_or_does_not_compile_is_refused() {
    assert_refused("is a string", &["match(@.a, @.b)", "search(@.a, 1)", "match(@.a, value(@.b))"]);
    let refusals = [
        "match(@.a, '[')",
        "search(@.a, 'a)|(b')",
        r"search(@.a, '(a)\\1')",
        "search(@.a, '(?=a)')",
        "search(@.a, '*')",
        r"search(@.a, '\\p{Nonsense}')",
    ]
    .map(refusal);
    assert_eq!(
        refusals.join("\n"),
        r"`[` is not a pattern: unclosed character class
`a)|(b` is not a pattern: unopened group
`(a)\1` is not a pattern: backreferences are not supported
`(?=a)` is not a pattern: look-around, including look-ahead and look-behind, is not supported
`*` is not a pattern: repetition operator missing expression
`\p{Nonsense}` is not a pattern: Unicode property not found"
    );
}

#[test]
fn patterns_that_are_too_large_are_refused() {
    assert_refused(
        "patterns of the condition are too large",
        &[
            "search(@.a, 'a{513}')",
            "search(@.a, '((a{9}){9}){9}')",
            "search(@.a, '((((((a{1000}){1000}){1000}){1000}){1000}){1000}){1000}')",
            r"search(@.a, '\\w{20}')",
            "match(@.a, '.{300}') || match(@.b, '.{300}')",
        ],
    );
    condition(r"search(@.a, '^\\w+@\\w+\\.\\w{2,4}$')");
    condition("match(@.a, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')");
}
