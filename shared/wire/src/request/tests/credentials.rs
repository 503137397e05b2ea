use super::*;
use crate::standard::SigningKey;

fn with(authentication: Authentication) -> Registration {
    let mut registration = registration(&[]);
    registration.headers = RegistrationHeaders::parse([("authorization", "Mine")]).unwrap();
    registration.credentials.authentication = Some(authentication);
    registration
}

fn bearer(token: &str) -> Authentication {
    Authentication::Bearer { token: text(token) }
}

fn basic(user: &str, password: &str) -> Authentication {
    Authentication::Basic { user: user.into(), password: text(password) }
}

fn oauth2() -> Authentication {
    Authentication::OAuth2 {
        token_uri: "https://login.example/token".parse().unwrap(),
        client_id: "postrider".into(),
        client_secret: text("s3cret"),
        scopes: vec![],
        audience: None,
    }
}

fn check(authentication: Authentication) -> Result<(), Invalid> {
    Request::check(&with(authentication).credentials)
}

/// The example of RFC 7617, 2, and the one of 2.1 with its pound sign in UTF-8.
#[test]
fn basic_authentication_is_that_of_its_rfc() {
    for (user, password, expected) in [
        ("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("test", "123£", "Basic dGVzdDoxMjPCow=="),
    ] {
        let request = request(&with(basic(user, password)), &[event()]);
        assert_eq!(request.header("authorization"), Some(expected));
        assert!(request.headers["authorization"].is_sensitive());
    }
}

#[test]
fn a_token_takes_the_place_of_a_registered_header() {
    let request = request(&with(bearer("mF_9.B5f-4.1JqM")), &[event()]);
    assert_eq!(request.header("authorization"), Some("Bearer mF_9.B5f-4.1JqM"));
    assert!(request.headers["authorization"].is_sensitive());
}

#[test]
fn a_token_of_oauth_is_put_in_by_the_caller_and_nothing_stands_in_for_it() {
    let mut request = request(&with(oauth2()), &[event()]);
    assert_eq!(request.header("authorization"), None);
    request.authorize("first").unwrap();
    request.authorize("second").unwrap();
    assert_eq!(request.header("authorization"), Some("Bearer second"));
    assert!(request.headers["authorization"].is_sensitive());
}

#[test]
fn a_token_that_would_split_the_request_changes_nothing() {
    let mut request = request(&with(bearer("good")), &[event()]);
    for token in ["", "s3cret\r\nx-b: 2", "s3cret two", "s3crét", "s3cret\t"] {
        let error = request.authorize(token).unwrap_err().to_string();
        assert!(!error.contains("s3cr"), "{error}");
    }
    assert_eq!(request.header("authorization"), Some("Bearer good"));
}

#[test]
fn credentials_that_no_request_can_carry_are_refused_before_they_are_stored() {
    for good in [basic("user", "a:b"), basic("", "p"), bearer("t"), oauth2()] {
        assert_eq!(check(good.clone()), Ok(()), "{good:?}");
    }
    for bad in [basic("a:b", "p"), basic("a\n", "p"), basic("a", "\u{7f}"), bearer("a\r\nb")] {
        assert!(check(bad.clone()).is_err(), "{bad:?}");
    }
    let key = SigningKey::generate([7; 32]).to_text();
    let mut credentials = Credentials { signing_key: Some(key.clone()), ..Credentials::default() };
    assert_eq!(Request::check(&credentials), Ok(()));
    let ends_at = now();
    credentials.previous_signing_key = Some(PreviousKey { key: text("whsk_x"), ends_at });
    assert!(Request::check(&credentials).is_err());
    credentials = Credentials { signing_key: Some(text("x")), ..Credentials::default() };
    assert!(Request::check(&credentials).is_err());
}

#[test]
fn a_stored_token_or_key_that_is_broken_fails_the_request_and_is_not_quoted() {
    let broken_token = with(bearer("s3cret\nb"));
    let mut broken_key = registration(&[]);
    broken_key.credentials.signing_key = Some(text("whsk_s3cret"));
    let mut broken_previous = registration(&[]);
    let ends_at = Timestamp::from_micros(i64::MAX);
    let previous = PreviousKey { key: text("whsk_s3cret"), ends_at };
    broken_previous.credentials.signing_key = Some(SigningKey::generate([7; 32]).to_text());
    broken_previous.credentials.previous_signing_key = Some(previous);
    for broken in [broken_token, broken_key, broken_previous] {
        let refused = Request::new(&outbound(&broken, &[event()]), now()).err().unwrap();
        assert!(!refused.to_string().contains("s3cret"), "{refused}");
    }
}
