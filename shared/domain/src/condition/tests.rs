use serde_json::json;
use serde_json::value::RawValue;

use super::*;

mod generated;
mod hostile;
mod refused;

fn condition(text: &str) -> Condition {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn holds(text: &str, document: &Value) -> bool {
    condition(text).holds_in(document).unwrap()
}

#[track_caller]
fn assert_all(expected: bool, document: &Value, texts: &[&str]) {
    for text in texts {
        assert_eq!(holds(text, document), expected, "{text}");
    }
}

fn event(data: Option<&str>) -> Event {
    Event {
        id: "0190f3a0-0000-7000-8000-000000000001".parse().unwrap(),
        filter: "reports".parse().unwrap(),
        event_type: "Executed".parse().unwrap(),
        resource: Resource { id: "r1".into(), name: Some("Sales".into()), category: None },
        actor: None,
        occurred_at: "2026-01-02T03:04:05.000006Z".parse().unwrap(),
        accepted_at: "2026-01-02T03:04:06Z".parse().unwrap(),
        data: data.map(|data| RawValue::from_string(data.into()).unwrap()),
        publisher: Some("0190f3a0-0000-7000-8000-000000000002".parse().unwrap()),
        audience: None,
    }
}

#[test]
fn a_document_has_the_members_that_the_api_shows() {
    let document = document(&event(Some(r#"{"pages": 7}"#))).unwrap();
    let id = event(None).id.to_string();
    assert_eq!(
        document,
        json!({
            "id": id,
            "filter": "reports",
            "type": "Executed",
            "resource": { "id": "r1", "name": "Sales" },
            "occurredAt": "2026-01-02T03:04:05.000006Z",
            "acceptedAt": "2026-01-02T03:04:06.000000Z",
            "data": { "pages": 7 },
        })
    );
}

#[test]
fn an_event_holds_or_does_not() {
    let both = condition("@.data.pages > 5 && @.type == 'Executed'");
    assert!(both.holds(&event(Some(r#"{"pages": 7}"#))).unwrap());
    assert!(!both.holds(&event(Some(r#"{"pages": 5}"#))).unwrap());
    assert!(!both.holds(&event(Some(r#"{"pages": "7"}"#))).unwrap());
    assert!(!both.holds(&event(None)).unwrap());
    assert!(condition("@.data == null").holds(&event(None)).unwrap());
    assert!(condition("!@.actor && @.resource.name == 'Sales'").holds(&event(None)).unwrap());
}

#[test]
fn a_condition_is_its_text_without_white_space_around_it() {
    assert_eq!(condition("  @.type  ").as_str(), "@.type");
    assert_eq!(condition(" @.type"), condition("@.type "));
    assert_ne!(condition("@.type"), condition("@ .type"));
}

/// The table of RFC 9535, section 2.3.5.3, with `@` for `$`.
#[test]
fn comparisons_are_those_of_the_standard() {
    let document = json!({ "obj": { "x": "y" }, "arr": [2, 3] });
    let holding = [
        "@.absent1 == @.absent2",
        "@.absent1 <= @.absent2",
        "@.absent != 'g'",
        "1 <= 2",
        "'a' <= 'b'",
        "@.obj == @.obj",
        "@.arr == @.arr",
        "@.obj != @.arr",
        "@.obj <= @.obj",
        "@.arr >= @.arr",
        "1 != '1'",
        "true <= true",
    ];
    assert_all(true, &document, &holding);
    let failing = [
        "@.absent == 'g'",
        "@.absent1 != @.absent2",
        "1 > 2",
        "13 == '13'",
        "'a' > 'b'",
        "@.obj == @.arr",
        "@.obj < @.arr",
        "1 <= @.arr",
        "1 >= @.arr",
        "1 > @.arr",
        "1 < @.arr",
        "true > true",
        "true < false",
        "@.absent < 1",
        "@.absent >= 1",
    ];
    assert_all(false, &document, &failing);
}

/// From the table of RFC 9535, section 2.3.5.3, as far as it applies to one element.
#[test]
fn expressions_are_those_of_the_standard() {
    let document = json!({ "b": "kilo", "a": [3, 5, 1, 2, 4, 6], "e": { "f": null }, "k": [] });
    let holding = [
        "@.b",
        "@.b == 'kilo'",
        "(@.b == 'kilo')",
        "@['b'] == \"kilo\"",
        "!(@.b != 'kilo')",
        "@.a[1] == 5 && @.a[-1] == 6",
        "@.e.f == null",
        "@.e.*",
        "@.k",
        "@.b == 'j' || @.b == 'kilo' && @.e",
        "@.zzz || !@.zzz",
    ];
    assert_all(true, &document, &holding);
    assert_all(
        false,
        &document,
        &["!@.b", "@.zzz", "@.k.*", "@.k[0]", "@.a[6]", "@.a[-7]", "@.b[0]"],
    );
}

#[test]
fn slices_are_those_of_the_standard() {
    let document = json!({ "a": ["a", "b", "c", "d", "e", "f", "g"] });
    let counts = [
        ("1:3", 2),
        ("5:", 2),
        ("1:5:2", 2),
        ("5:1:-2", 2),
        ("::-1", 7),
        ("::0", 0),
        ("3:1", 0),
        ("-2:", 2),
        (":-9", 0),
        ("-9:2", 2),
        ("9::-3", 3),
        (":9007199254740991:9007199254740991", 1),
        ("9007199254740991:-9007199254740991:-9007199254740991", 1),
    ];
    for (slice, count) in counts {
        assert_all(true, &document, &[&format!("count(@.a[{slice}]) == {count}")]);
    }
    assert_all(true, &document, &["value(@.a[5:6]) == 'f'", "value(@.a[5:3:-9]) == 'f'"]);
    assert_all(true, &json!({ "a": [] }), &["count(@.a[::-1]) == 0", "count(@.a[:]) == 0"]);
}

#[test]
fn functions_are_those_of_the_standard() {
    let document = json!({
        "text": "Grüße\n", "items": [{ "n": 1 }, { "n": 2 }, {}], "one": [7], "none": [],
    });
    let holding = [
        "length(@.text) == 6",
        "length(@.items) == 3",
        "length('abc') == 3",
        "length(value(@.one[*])) != 1",
        "length(@.zzz) == length(@.one[0])",
        "count(@.items[*].n) == 2",
        "count(@.none[*]) == 0",
        "count(@.zzz) == 0",
        "count(@['one','none']) == 2",
        "value(@.one[*]) == 7",
        "value(@.items[*].n) == @.zzz",
        "search(@.text, 'üß')",
        "search(value(@['text']), '^G')",
        "match('a.b', 'a\\\\.b')",
        "!match('ab', 'a|b')",
        "!match('a\\r', 'a.')",
        "match('a\\n', 'a\\\\s')",
    ];
    assert_all(true, &document, &holding);
    let failing = [
        "match(@.text, 'Gr')",
        "match(@.items, '.*')",
        "search(@.zzz, '.*')",
        "length(@.items[0].n) == 1",
    ];
    assert_all(false, &document, &failing);
}

#[test]
fn numbers_are_compared_by_what_they_are() {
    let document: Value = serde_json::from_str(
        r#"{ "a": 9007199254740993, "b": 9007199254740992, "c": 18446744073709551615,
             "d": 18446744073709551616, "e": 18446744073709551617, "f": 1e-17, "g": [1.0], "h": [1],
             "i": -9223372036854775808 }"#,
    )
    .unwrap();
    let holding = [
        "@.a != @.b && @.a > @.b",
        "@.f != 0 && @.f > 0",
        "@.g == @.h && @.g[0] == 1",
        "1.0 == 1 && 1e2 == 100 && -0 == 0 && -0.0 == 0",
        "@.i < -9007199254740991",
    ];
    assert_all(true, &document, &holding);
    // Beyond 64 bits they are floating point numbers, and so is what is compared with them.
    assert_all(true, &document, &["@.d == @.e", "@.c == @.d"]);
}
