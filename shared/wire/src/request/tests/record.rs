use super::*;

fn recorded(uri: &str) -> SentRequest {
    let mut registration = of_format(PayloadFormat::Standard);
    registration.uri = uri.parse().unwrap();
    registration.headers = RegistrationHeaders::parse([
        ("X-Team", "reports"),
        ("X-Api-Key", "s3cret"),
        ("Cookie", "s3cret"),
        ("X-Umlaut", "ü"),
    ])
    .unwrap();
    registration.credentials.authentication =
        Some(Authentication::Basic { user: "s3cret".into(), password: text("s3cret") });
    request(&registration, &[bare_event()]).as_sent()
}

#[test]
fn the_record_has_every_header_and_the_values_of_credentials_masked() {
    let mut headers = recorded("https://a.example/").headers;
    headers.sort();
    let signature = headers.iter().find(|(name, _)| name == "webhook-signature").unwrap().1.clone();
    assert!(signature.starts_with("v1,"), "{signature}");
    let expected = [
        ("authorization", "********"),
        ("content-type", "application/json"),
        ("cookie", "********"),
        ("webhook-id", "dlv_0000000000000000000000000000000d"),
        ("webhook-signature", &signature),
        ("webhook-timestamp", "1795248000"),
        ("x-api-key", "********"),
        ("x-team", "reports"),
        ("x-umlaut", "ü"),
    ];
    assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

/// The digest is that of `sha256sum`.
#[test]
fn the_record_has_length_and_digest_of_the_body() {
    let sent = recorded("https://a.example/");
    assert_eq!(sent.body_bytes, 142);
    assert_eq!(
        hex::encode(sent.body_digest),
        "5f8dd599d58d140b2e2d08c2677c4cdf0e6baac4ff25d0bd29b838410cb14ebc"
    );
}

#[test]
fn the_record_shows_no_value_of_a_query_and_no_fragment() {
    for (uri, expected) in [
        ("https://a.example/", "https://a.example/"),
        ("https://a.example:8443/p/q", "https://a.example:8443/p/q"),
        ("https://a.example/?code=s3cret", "https://a.example/?code=********"),
        ("https://a.example/?s3cret", "https://a.example/?********"),
        (
            "https://a.example/?a=1&b=&c==s3cret&&d",
            "https://a.example/?a=********&b=********&c=********&&********",
        ),
        ("https://a.example/?", "https://a.example/?"),
        ("https://a.example/?x=1#s3cret", "https://a.example/?x=********"),
        ("http://[::1]:8080/?k=%26s3cret", "http://[::1]:8080/?k=********"),
    ] {
        assert_eq!(recorded(uri).uri, expected, "{uri}");
    }
}

#[test]
fn a_user_in_the_uri_is_masked_however_it_got_there() {
    for (url, expected) in [
        ("https://s3cret@a.example/p", "https://********@a.example/p"),
        ("https://s3cret:s3cret@a.example/", "https://********:********@a.example/"),
        ("https://:s3cret@a.example/", "https://:********@a.example/"),
    ] {
        let mut request = request(&registration(&[]), &[event()]);
        request.url = url.parse().unwrap();
        assert_eq!(request.as_sent().uri, expected);
    }
}

#[test]
fn a_token_that_was_put_in_later_is_masked_too() {
    let mut request = request(&registration(&[]), &[event()]);
    request.authorize("s3cret").unwrap();
    assert!(!format!("{:?}", request.as_sent()).contains("s3cret"));
}
