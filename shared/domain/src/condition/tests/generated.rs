use jsonpath_rust::JsonPath;
use proptest::prelude::*;

use super::*;

/// Documents of few names and values, so that expressions find something in them.
fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i32..3).prop_map(Value::from),
        prop_oneof![Just(0.5), Just(-1.5)].prop_map(Value::from),
        "[abü]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[abc]", inner, 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\.[abc]",
        "\\['[abc]'\\]",
        "\\[\"[abc]\"\\]",
        (-3..4).prop_map(|index: i32| format!("[{index}]")),
    ]
}

fn singular() -> impl Strategy<Value = String> {
    prop::collection::vec(segment(), 0..4).prop_map(|segments| format!("@{}", segments.concat()))
}

fn query() -> impl Strategy<Value = String> {
    let wide = prop_oneof![
        Just("[*]".to_owned()),
        Just(".*".to_owned()),
        "\\[-?[1-3]?:-?[1-3]?(:-?[1-2])?\\]",
        Just("['a','b']".to_owned()),
    ];
    prop_oneof![
        singular(),
        (singular(), wide, prop::option::of(segment()))
            .prop_map(|(query, wide, rest)| format!("{query}{wide}{}", rest.unwrap_or_default())),
    ]
}

fn operand() -> impl Strategy<Value = String> {
    let literal = prop_oneof![
        (-2..3).prop_map(|number: i32| number.to_string()),
        Just("0.5".to_owned()),
        "'[abü]{0,2}'",
        "true|false|null",
    ];
    prop_oneof![
        3 => singular(),
        3 => literal,
        1 => singular().prop_map(|query| format!("length({query})")),
        1 => query().prop_map(|query| format!("value({query})")),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let comparison = (operand(), "==|!=|<|<=|>|>=", operand())
        .prop_map(|(left, operator, right)| format!("{left} {operator} {right}"));
    let leaf = prop_oneof![
        comparison,
        query(),
        (singular(), "(match|search)", "'[abü.]{0,2}[*?]?'").prop_filter_map(
            "a pattern has something to repeat",
            |(query, function, pattern)| {
                let sound = !matches!(pattern.as_bytes()[1], b'*' | b'?');
                sound.then(|| format!("{function}({query}, {pattern})"))
            }
        ),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} && {right}")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} || {right}")),
            inner.prop_map(|term| format!("!({term})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// The parser's own evaluation is a second opinion where it is right: with these numbers it is,
    /// and there is no `count` of nothing.
    #[test]
    fn an_expression_holds_when_its_query_selects_the_document(
        text in expression(), document in documents(),
    ) {
        let condition = text.parse::<Condition>();
        // Few have too many wildcards.
        prop_assume!(condition.is_ok());
        let expected = !json!([document]).query(&format!("$[?({text})]")).unwrap().is_empty();
        prop_assert_eq!(condition.unwrap().holds_in(&document).unwrap(), expected);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
        let _ = text.parse::<Condition>();
    }

    #[test]
    fn any_text_of_the_right_characters_is_read_or_refused_and_then_evaluated(
        text in "(@|\\.|\\*|a|\\[|\\]|\\(|\\)|'|,|:|0|-|1|!|&&|\\|\\||==|<|count\\(|match\\(| |\\\\){0,60}",
        document in documents(),
    ) {
        if let Ok(condition) = text.parse::<Condition>() {
            condition.holds_in(&document).unwrap();
        }
    }
}
