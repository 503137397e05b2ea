//! Bodies, which strangers wrote.

use http::StatusCode;
use postrider_domain::HeaderList;
use postrider_testkit::databases::Database;
use serde_json::{Value, json};

use super::{get, on_both_databases, start};

on_both_databases!(
    a_body_is_shown_as_text_or_else_in_base64,
    a_long_body_is_cut_where_it_is_shown_and_given_out_whole,
    a_body_is_bytes_to_save_whatever_it_was_sent_as,
);

async fn a_body_is_shown_as_text_or_else_in_base64(database: &dyn Database) {
    let (api, root) = start(database).await;
    for (body, text, base64) in [
        (&b"<a>gr\xc3\xbcn</a>"[..], json!("<a>gr\u{fc}n</a>"), Value::Null),
        (&b""[..], json!(""), Value::Null),
        (&b"\0"[..], json!("\0"), Value::Null),
        (&b"\xff\xfea"[..], Value::Null, json!("//5h")),
        // It ends inside a character, and nobody cut it.
        (&b"gr\xc3"[..], Value::Null, json!("Z3LD")),
    ] {
        let mut webhook = api.webhook();
        webhook.request.body = body.into();
        let id = api.receive(&webhook).await;
        let shown = get(&api, &root, &format!("/{id}")).await.json();
        assert_eq!((&shown["body"], &shown["bodyBase64"]), (&text, &base64), "{body:?}");
        assert_eq!((&shown["bodyCut"], &shown["bodyBytes"]), (&json!(false), &json!(body.len())));
        assert_eq!(get(&api, &root, &format!("/{id}/body")).await.body, body);
    }
}

async fn a_long_body_is_cut_where_it_is_shown_and_given_out_whole(database: &dyn Database) {
    let (api, root) = start(database).await;
    // The limit is inside of a character.
    let text = format!("x{}", "\u{fc}".repeat(40_000));
    let mut webhook = api.webhook();
    webhook.request.body = text.clone().into();
    let id = api.receive(&webhook).await;
    let shown = get(&api, &root, &format!("/{id}")).await.json();
    assert_eq!(shown["body"], json!(text[..65_535]));
    assert_eq!((&shown["bodyCut"], &shown["bodyBytes"]), (&json!(true), &json!(80_001)));
    assert_eq!(get(&api, &root, &format!("/{id}/body")).await.body, text);

    let mut exact = api.webhook();
    exact.request.body = vec![b'x'; 65_536].into();
    let id = api.receive(&exact).await;
    let shown = get(&api, &root, &format!("/{id}")).await.json();
    assert_eq!((&shown["bodyCut"], &shown["body"]), (&json!(false), &json!("x".repeat(65_536))));
}

async fn a_body_is_bytes_to_save_whatever_it_was_sent_as(database: &dyn Database) {
    let (api, root) = start(database).await;
    let mut webhook = api.webhook();
    webhook.request.headers = HeaderList::from_iter([("content-type", "text/html")]);
    webhook.request.body = "<script>alert(1)</script>".into();
    let id = api.receive(&webhook).await;
    let reply = get(&api, &root, &format!("/{id}/body")).await;
    assert_eq!((reply.status, reply.text()), (StatusCode::OK, "<script>alert(1)</script>"));
    let file = format!("attachment; filename=\"{id}.bin\"");
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        ("x-content-type-options", "nosniff"),
        ("content-disposition", file.as_str()),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(reply.header(name), Some(value));
    }
    let unknown = get(&api, &root, &format!("/{}/body", api.webhook().id)).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{}", unknown.shown());
}
