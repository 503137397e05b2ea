//! Bodies, before anything is known of who sends them.

use futures_util::StreamExt;

use super::*;

/// A body that fails the test when it is read.
fn not_to_be_read() -> Body {
    let stream = futures_util::stream::once(async {
        panic!("it was read");
        #[expect(unreachable_code, reason = "the type of the stream")]
        Ok::<&str, std::io::Error>("")
    });
    Body::from_stream(stream)
}

#[tokio::test]
async fn the_body_of_what_is_refused_anyway_is_not_read() {
    let app = app(handling(&Arc::default()), HttpSettings::default());
    for (method, path, status) in [
        (Method::POST, "nobody", StatusCode::NOT_FOUND),
        (Method::GET, "genericjson", StatusCode::METHOD_NOT_ALLOWED),
        (Method::POST, "genericjson", StatusCode::BAD_REQUEST),
        (Method::POST, "custom/unconfigured", StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        let mut request = signed(&format!("{PATH}/{path}"), "");
        *request.method_mut() = method;
        *request.body_mut() = not_to_be_read();
        assert_eq!(send(&app, request).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_whether_it_says_so_or_not() {
    let settings = HttpSettings { max_body_bytes: 64, ..HttpSettings::default() };
    let app = app(handling(&Arc::default()), settings);
    let said = signed(&format!("{PATH}/custom"), BODY);
    let mut chunked = signed(&format!("{PATH}/custom"), "");
    let chunks = vec![Ok::<_, std::io::Error>(BODY), Ok(BODY)];
    *chunked.body_mut() = Body::from_stream(futures_util::stream::iter(chunks));
    for request in [said, chunked] {
        assert_eq!(send(&app, request).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let app = app(handling(&Arc::default()), HttpSettings::default());
    let mut endless = signed(&format!("{PATH}/custom"), "");
    let stream = futures_util::stream::pending::<Result<&str, std::io::Error>>();
    *endless.body_mut() = Body::from_stream(stream);
    assert_eq!(send(&app, endless).await.0, StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn bodies_that_fill_the_budget_keep_others_out_only_while_they_are_received() {
    let settings =
        HttpSettings { max_body_bytes: 4096, body_budget: 4096, ..HttpSettings::default() };
    let app = app(handling(&Arc::default()), settings);
    let mut endless = signed(&format!("{PATH}/custom"), "");
    let full = futures_util::stream::once(async { Ok::<_, std::io::Error>(vec![0; 4096]) });
    let stream = full.chain(futures_util::stream::pending());
    *endless.body_mut() = Body::from_stream(stream);
    let other = async {
        let turned_away = send(&app, signed(&format!("{PATH}/custom"), BODY)).await;
        assert_eq!(turned_away.0, StatusCode::SERVICE_UNAVAILABLE, "{}", turned_away.1);
    };
    let (given_up, ()) = tokio::join!(send(&app, endless), other);
    assert_eq!(given_up.0, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(send(&app, signed(&format!("{PATH}/custom"), BODY)).await.0, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn what_is_only_announced_takes_no_room_from_others() {
    let settings =
        HttpSettings { max_body_bytes: 4096, body_budget: 4096, ..HttpSettings::default() };
    let app = app(handling(&Arc::default()), settings);
    let mut endless = signed(&format!("{PATH}/custom"), "");
    let stream = futures_util::stream::pending::<Result<&str, std::io::Error>>();
    *endless.body_mut() = Body::from_stream(stream);
    endless.headers_mut().insert("content-length", http::HeaderValue::from_static("4096"));
    let other = send(&app, signed(&format!("{PATH}/custom"), BODY));
    let (given_up, taken) = tokio::join!(send(&app, endless), other);
    assert_eq!((given_up.0, taken.0), (StatusCode::REQUEST_TIMEOUT, StatusCode::OK));
}
