//! The webhooks of a report server, as its documentation tells its clients to use them.

use axum::http::StatusCode;
use hmac::{Hmac, KeyInit, Mac};
use postrider_testkit::endpoint::Reply;
use postrider_tests::world::{Person, Sink, SinkRequest, World};
use serde_json::{Value, json};
use sha2::Sha256;

postrider_tests::on_both_pairs! {
    a_password_buys_a_token_that_the_api_takes,
    a_wrong_password_buys_a_reason_and_no_token,
    nobody_gets_in_without_a_good_token,
    the_documented_body_registers_a_webhook,
    a_webhook_made_in_one_dialect_is_changed_and_deleted_in_the_other,
    users_see_their_own_webhooks_and_an_administrator_everybodys_with_their_owners,
    filters_are_taken_in_any_case,
    no_filter_asks_for_every_event,
    the_five_filters_are_offered_and_an_unknown_one_is_refused,
    a_description_is_optional,
    a_paused_webhook_receives_nothing_and_goes_on_with_what_happens_after_it,
    reading_is_judged_when_it_happens_and_for_that_resource,
    headers_and_properties_go_out_and_the_receivers_copy_of_the_secret_verifies_the_body,
    a_notification_is_sent_again_three_times_and_no_more_than_needed,
}

const REGISTRATIONS: &str = "/api/webhooks/registrations";

/// A webhook that skips the verification by echo, since most receivers here know none.
fn webhook(sink: &Sink, filters: &[&str]) -> Value {
    json!({
        "WebHookUri": sink.url("/hook?noecho"),
        "Secret": Person::SECRET,
        "Description": "a test",
        "Filters": filters,
    })
}

async fn register(world: &World, token: &str, body: Value) -> Value {
    let answer = world.call(token, &format!("POST {REGISTRATIONS}"), Some(body)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    answer.json()
}

async fn reader(world: &World) -> (Person, String) {
    let ada = world.user("ada").await;
    for kind in ["reports", "categories", "connections", "tasks", "alerts"] {
        world.grant_read(&ada, kind, None).await;
    }
    let token = world.sign_in("ada").await;
    (ada, token)
}

async fn a_password_buys_a_token_that_the_api_takes(world: &World) {
    world.user("ada").await;
    let answer = world.ask_for_token("ada", Person::PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["token_type"], "bearer");
    assert!(answer.json()["expires_in"].as_i64().is_some_and(|seconds| seconds > 0));
    assert_eq!(answer.headers["cache-control"], "no-store");
    let token = answer.json()["access_token"].as_str().expect("a token").to_owned();
    let list = world.call(&token, &format!("GET {REGISTRATIONS}"), None).await;
    assert_eq!((list.status, list.json()), (StatusCode::OK, json!([])));
}

async fn a_wrong_password_buys_a_reason_and_no_token(world: &World) {
    world.user("ada").await;
    for (name, password) in [("ada", "wrong"), ("nobody", Person::PASSWORD)] {
        let answer = world.ask_for_token(name, password).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.json()["error"], "invalid_grant");
        assert!(answer.json()["error_description"].is_string());
        assert!(answer.json()["access_token"].is_null());
    }
    let answer = world.ask_for_token("", "").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

async fn nobody_gets_in_without_a_good_token(world: &World) {
    for token in ["", "garbage", "pr_at_0000000000000000000000000000000000000000000"] {
        let answer = world.call(token, &format!("GET {REGISTRATIONS}"), None).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{token}");
        let denied = json!({ "Message": "Authorization has been denied for this request." });
        assert_eq!(answer.json(), denied);
    }
}

async fn the_documented_body_registers_a_webhook(world: &World) {
    let sink = world.echoing_endpoint().await;
    let (_, token) = reader(world).await;
    let body = json!({
        "WebHookUri": sink.url("/api/webhooks/incoming/custom"),
        "Secret": "12345678901234567890123456781012",
        "Description": "My first WebHook!",
        "Filters": ["reports"],
    });
    let stored = register(world, &token, body.clone()).await;
    for member in ["WebHookUri", "Secret", "Description", "Filters"] {
        assert_eq!(stored[member], body[member], "{member}");
    }
    let id = stored["Id"].as_str().expect("an id");
    assert!(id.len() == 32 && id.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')), "{id}");
    assert!(sink.requests()[0].line.starts_with("GET /api/webhooks/incoming/custom?echo="));
}

async fn a_webhook_made_in_one_dialect_is_changed_and_deleted_in_the_other(world: &World) {
    let sink = world.endpoint().await;
    let (ada, token) = reader(world).await;
    let made = register(world, &token, webhook(&sink, &["reports"])).await;
    let id = made["Id"].as_str().expect("an id");

    let native = format!("/api/v1/registrations/{id}");
    let change = json!({ "description": "changed natively" });
    let changed = world.call(&token, &format!("PATCH {native}"), Some(change)).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    let shown = world.call(&token, &format!("GET {REGISTRATIONS}/{id}"), None).await.json();
    assert_eq!(shown["Description"], "changed natively");
    assert_eq!(shown["Secret"], Person::SECRET);

    let other = world.register(&ada, &sink.url("/"), &["tasks"]).await.simple();
    let mut theirs = world.call(&token, &format!("GET {REGISTRATIONS}/{other}"), None).await.json();
    theirs["IsPaused"] = true.into();
    let path = format!("{REGISTRATIONS}/{other}");
    let put = world.call(&token, &format!("PUT {path}"), Some(theirs)).await;
    assert_eq!((put.status, put.body.len()), (StatusCode::OK, 0), "{put:?}");
    let shown = world.call(&token, &format!("GET /api/v1/registrations/{other}"), None).await;
    assert_eq!(shown.json()["paused"], true);

    let deleted = world.call(&token, &format!("DELETE {native}"), None).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    let deleted = world.call(&token, &format!("DELETE {path}"), None).await;
    assert_eq!(deleted.status, StatusCode::OK);
    let left = world.call(&token, &format!("GET {REGISTRATIONS}"), None).await;
    assert_eq!(left.json(), json!([]));
}

async fn users_see_their_own_webhooks_and_an_administrator_everybodys_with_their_owners(
    world: &World,
) {
    let sink = world.endpoint().await;
    let (ada, ben) = (world.user("ada").await, world.user("ben").await);
    let adas = world.register(&ada, &sink.url("/ada"), &[]).await;
    let bens = world.register(&ben, &sink.url("/ben"), &[]).await;
    let list = async |person: &Person| -> Vec<(String, String)> {
        let answer = world.call(&person.key, "GET /api/v1/registrations", None).await.json();
        let text = |item: &Value, member: &str| item[member].as_str().expect(member).to_owned();
        let items = answer["items"].as_array().expect("items").clone();
        items.iter().map(|item| (text(item, "id"), text(item, "ownerName"))).collect()
    };
    let (adas, bens) = ((adas.to_string(), "ada".to_owned()), (bens.to_string(), "ben".to_owned()));
    assert_eq!(list(&ada).await, std::slice::from_ref(&adas));
    assert_eq!(list(&ben).await, std::slice::from_ref(&bens));
    assert_eq!(list(&world.administrator).await, [adas.clone(), bens], "by URI");
    let stranger = format!("GET /api/v1/registrations/{}", adas.0);
    assert_eq!(world.call(&ben.key, &stranger, None).await.status, StatusCode::NOT_FOUND);
}

async fn filters_are_taken_in_any_case(world: &World) {
    let sink = world.endpoint().await;
    let (_, token) = reader(world).await;
    let stored = register(world, &token, webhook(&sink, &["RePorTs", "REPORTS"])).await;
    assert_eq!(stored["Filters"], json!(["reports"]));
    world.publish("Reports", "Added", "1").await;
    world.publish("tasks", "Added", "2").await;
    world.run_until_idle().await;
    assert_eq!(sink.told(), ["reports Added 1"]);
}

async fn no_filter_asks_for_every_event(world: &World) {
    let sink = world.endpoint().await;
    let (_, token) = reader(world).await;
    let stored = register(world, &token, webhook(&sink, &[])).await;
    assert_eq!(stored["Filters"], json!(["*"]));
    for kind in ["reports", "categories", "connections", "tasks", "alerts"] {
        world.publish(kind, "Added", "1").await;
    }
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 5);
}

async fn the_five_filters_are_offered_and_an_unknown_one_is_refused(world: &World) {
    let sink = world.endpoint().await;
    let (_, token) = reader(world).await;
    let offered = world.call(&token, "GET /api/webhooks/filters", None).await.json();
    let names: Vec<_> = offered.as_array().expect("a list").iter().map(|f| &f["Name"]).collect();
    for name in ["*", "reports", "categories", "connections", "tasks", "alerts"] {
        assert!(names.contains(&&Value::from(name)), "{name} in {offered}");
    }
    let body = webhook(&sink, &["reports", "nonsense", "madness"]);
    let refused = world.call(&token, &format!("POST {REGISTRATIONS}"), Some(body)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let message = "Could not register WebHook due to error: The following filters are not valid: 'nonsense, madness'.";
    assert_eq!(refused.json(), json!({ "Message": message }));
}

async fn a_description_is_optional(world: &World) {
    let sink = world.endpoint().await;
    let (_, token) = reader(world).await;
    let mut body = webhook(&sink, &["reports"]);
    body.as_object_mut().expect("an object").remove("Description");
    assert_eq!(register(world, &token, body).await["Description"], Value::Null);
}

async fn a_paused_webhook_receives_nothing_and_goes_on_with_what_happens_after_it(world: &World) {
    let sink = world.endpoint().await;
    let (_, token) = reader(world).await;
    let mut body = register(world, &token, webhook(&sink, &["reports"])).await;
    let put = format!("PUT {REGISTRATIONS}/{}", body["Id"].as_str().expect("an id"));
    body["IsPaused"] = true.into();
    assert_eq!(world.call(&token, &put, Some(body.clone())).await.status, StatusCode::OK);
    world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 0);

    body["IsPaused"] = false.into();
    assert_eq!(world.call(&token, &put, Some(body)).await.status, StatusCode::OK);
    world.tick();
    world.publish("reports", "Added", "2").await;
    sink.wait_for(2).await;
    assert_eq!(sink.told(), ["reports Added 1", "reports Added 2"], "what it missed was held");
}

async fn reading_is_judged_when_it_happens_and_for_that_resource(world: &World) {
    let sink = world.endpoint().await;
    let ada = world.user("ada").await;
    let token = world.sign_in("ada").await;
    register(world, &token, webhook(&sink, &["alerts"])).await;
    let permissions = format!("/api/v1/users/{}/permissions", ada.id);
    let one = json!({ "kind": "alerts", "scope": "one", "target": "A", "access": ["read"] });
    let admin = &world.administrator;
    let granted = world.call(&admin.key, &format!("POST {permissions}"), Some(one)).await;
    assert_eq!(granted.status, StatusCode::CREATED, "{granted:?}");
    world.publish("alerts", "Executed", "A").await;
    world.publish("alerts", "Executed", "B").await;
    world.run_until_idle().await;
    assert_eq!(sink.told(), ["alerts Executed A"]);

    let id = granted.json()["id"].as_str().expect("an id").to_owned();
    let revoked = world.call(&admin.key, &format!("DELETE {permissions}/{id}"), None).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    world.publish("alerts", "Executed", "A").await;
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 1);
}

async fn headers_and_properties_go_out_and_the_receivers_copy_of_the_secret_verifies_the_body(
    world: &World,
) {
    let sink = world.endpoint().await;
    let (_, token) = reader(world).await;
    let mut body = webhook(&sink, &["reports"]);
    body["Headers"] = json!({ "X-A": "1" });
    body["Properties"] = json!({ "p": 2 });
    register(world, &token, body).await;
    world.publish("reports", "Added", "42").await;
    world.run_until_idle().await;

    let [request] = sink.requests().try_into().unwrap_or_else(|_| panic!("one request"));
    assert!(request.line.starts_with("POST /hook?noecho "), "{}", request.line);
    assert_eq!(request.header("x-a"), "1");
    let sent: Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!(sent["Properties"], json!({ "p": 2 }));
    let mut mac = Hmac::<Sha256>::new_from_slice(Person::SECRET.as_bytes()).expect("any length");
    mac.update(&request.body);
    let expected = format!("sha256={}", hex::encode_upper(mac.finalize().into_bytes()));
    assert_eq!(request.header("ms-signature"), expected);
}

async fn a_notification_is_sent_again_three_times_and_no_more_than_needed(world: &World) {
    // The first is silent until the time-out, and that one takes its seconds.
    let deaf = Sink::start([Reply::silence(), Reply::status(500), Reply::close()]).await;
    let late = world.endpoint_that_answers(&[503, 200]).await;
    let (_, token) = reader(world).await;
    register(world, &token, webhook(&deaf, &["reports"])).await;
    register(world, &token, webhook(&late, &["reports"])).await;
    world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    for seconds in [10, 60, 360, 3600] {
        world.advance(std::time::Duration::from_secs(seconds)).await;
    }
    assert_eq!(deaf.requests().len(), 4);
    assert_eq!(late.requests().len(), 2);
    let attempts: Vec<i64> = deaf.requests().iter().map(attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 4]);
}

fn attempt(request: &SinkRequest) -> i64 {
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    body["Attempt"].as_i64().expect("a number")
}
