use super::*;

fn sort(text: &str) -> Sort {
    Sort::parse(Some(text)).unwrap()
}

fn cursor(values: &[&str]) -> RegistrationCursor {
    let id = "reg_0193456789ab7def8123456789abcdef".parse().unwrap();
    RegistrationCursor { values: values.iter().map(|&value| value.to_owned()).collect(), id }
}

#[test]
fn an_order_has_up_to_three_columns_each_of_them_once() {
    assert_eq!(sort("-createdAt,uri").text(), "-createdAt,uri");
    assert_eq!(sort("uri,-uri"), sort("uri"));
    assert_eq!(Sort::parse(None).unwrap(), sort("uri"));
    for wrong in ["", "uri,", "name", "+uri", "--uri", "uri,owner,paused,createdAt"] {
        assert!(Sort::parse(Some(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn a_cursor_reads_back_in_its_own_order_and_in_no_other() {
    let order = sort("-createdAt,uri");
    let end = cursor(&["1795248000000000", "https://h9.example/ü"]);
    let written = order.write_cursor(end.clone());
    assert_eq!(order.read_cursor(&written).unwrap(), end);
    assert!(sort("createdAt,uri").read_cursor(&written).is_err());
    assert!(sort("uri").read_cursor(&written).is_err());
}

#[test]
fn a_value_that_no_column_can_have_is_refused() {
    for (order, values) in [
        ("paused", &["2"][..]),
        ("createdAt", &["soon"]),
        ("createdAt", &["-1"]),
        ("updatedAt", &["9223372036854775807"]),
        ("uri", &["\0"]),
        ("uri", &[]),
        ("uri", &["a", "b"]),
    ] {
        let written = sort(order).write_cursor(cursor(values));
        assert!(sort(order).read_cursor(&written).is_err(), "{order} {values:?}");
    }
    assert!(sort("uri").read_cursor("abc").is_err());
    assert!(sort("uri").read_cursor("!").is_err());
}
