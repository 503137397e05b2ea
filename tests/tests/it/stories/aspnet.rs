//! The registration API of the ASP.NET library, to the status and the text, on both pairs.

use axum::http::StatusCode;
use postrider_testkit::endpoint::Reply;
use postrider_tests::world::{Answer, Person, Sink, World};
use serde_json::{Value, json};

postrider_tests::on_both_pairs! {
    every_route_answers_as_the_library_does,
    a_registration_has_every_member_in_its_order,
    members_are_read_in_any_case_and_unknown_ones_are_passed_over,
    what_cannot_be_registered_is_refused_in_the_librarys_words,
    an_update_checks_the_id_and_keeps_what_the_client_cannot_know,
    the_verification_is_appended_to_the_query_and_must_come_back_to_the_letter,
    another_users_registration_is_not_there,
}

const PATH: &str = "/api/webhooks/registrations";
const PREFIX: &str = "Could not register WebHook due to error: ";

fn body(uri: &str) -> Value {
    json!({ "WebHookUri": uri, "Secret": Person::SECRET, "Filters": ["reports"] })
}

async fn post(world: &World, body: Value) -> Answer {
    world.call(&world.administrator.key, &format!("POST {PATH}"), Some(body)).await
}

async fn call(world: &World, method: &str, path: &str, body: Option<Value>) -> Answer {
    world.call(&world.administrator.key, &format!("{method} {path}"), body).await
}

async fn every_route_answers_as_the_library_does(world: &World) {
    let sink = world.endpoint().await;
    let uri = sink.url("/hook?noecho");
    let made = post(world, body(&uri)).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let id = made.json()["Id"].as_str().expect("an id").to_owned();
    let location = format!("http://reports.example{PATH}/{id}");
    assert_eq!(made.headers["location"], location);
    assert_eq!(made.headers["content-type"], "application/json; charset=utf-8");

    let one = format!("{PATH}/{id}");
    let shown = call(world, "GET", &one, None).await;
    assert_eq!((shown.status, shown.json()), (StatusCode::OK, made.json()));
    let list = call(world, "GET", PATH, None).await;
    assert_eq!((list.status, list.json()), (StatusCode::OK, json!([made.json()])));
    let put = call(world, "PUT", &one, Some(made.json())).await;
    assert_eq!((put.status, put.body.len()), (StatusCode::OK, 0));
    let deleted = call(world, "DELETE", &one, None).await;
    assert_eq!((deleted.status, deleted.body.len()), (StatusCode::OK, 0));

    for method in ["GET", "PUT", "DELETE"] {
        let body = (method == "PUT").then(|| made.json());
        let gone = call(world, method, &one, body).await;
        assert_eq!((gone.status, gone.body.len()), (StatusCode::NOT_FOUND, 0), "{method}");
    }
    for path in ["/a?noecho", "/b?noecho"] {
        post(world, body(&sink.url(path))).await;
    }
    for _ in ["some", "none"] {
        let all = call(world, "DELETE", PATH, None).await;
        assert_eq!((all.status, all.body.len()), (StatusCode::OK, 0));
    }
    assert_eq!(call(world, "GET", PATH, None).await.json(), json!([]));

    let filters = call(world, "GET", "/api/webhooks/filters", None).await;
    assert_eq!(filters.status, StatusCode::OK);
    let wildcard = json!({ "Name": "*", "Description": "Listen in on all events." });
    assert!(filters.json().as_array().expect("a list").contains(&wildcard), "{filters:?}");

    let unsupported = call(world, "PATCH", &one, None).await;
    assert_eq!(unsupported.status, StatusCode::METHOD_NOT_ALLOWED);
    let message = "The requested resource does not support http method 'PATCH'.";
    assert_eq!(unsupported.json(), json!({ "Message": message }));
}

async fn a_registration_has_every_member_in_its_order(world: &World) {
    let sink = world.endpoint().await;
    let made = post(world, json!({ "WebHookUri": sink.url("/?noecho") })).await;
    let text = String::from_utf8(made.body.to_vec()).expect("text");
    let members = [
        "Id",
        "WebHookUri",
        "Secret",
        "Description",
        "IsPaused",
        "Filters",
        "Headers",
        "Properties",
    ];
    let places: Vec<_> = members.iter().map(|name| text.find(&format!("\"{name}\":"))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{text}");
    let made = made.json();
    assert_eq!(made["Description"], Value::Null);
    assert_eq!((&made["Headers"], &made["Properties"]), (&json!({}), &json!({})));
    assert_eq!((&made["IsPaused"], &made["Filters"]), (&json!(false), &json!(["*"])));
    assert!(made["Secret"].as_str().is_some_and(|secret| secret.len() >= 32), "one is generated");
}

async fn members_are_read_in_any_case_and_unknown_ones_are_passed_over(world: &World) {
    let sink = world.endpoint().await;
    let id = "11111111111111111111111111111111";
    let made = post(
        world,
        json!({
            "webhookuri": sink.url("/?NoEcho=1"),
            "SECRET": Person::SECRET,
            "isPaused": true,
            "Whatever": [1],
            "Id": id,
        }),
    )
    .await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(
        (&made.json()["Secret"], &made.json()["IsPaused"]),
        (&json!(Person::SECRET), &json!(true))
    );
    assert_ne!(made.json()["Id"], id, "ids are given here");
}

async fn what_cannot_be_registered_is_refused_in_the_librarys_words(world: &World) {
    let sink = world.endpoint().await;
    let uri = sink.url("/?noecho");
    let with = |member: &str, value: Value| {
        let mut body = body(&uri);
        body[member] = value;
        body
    };
    let secret = "The WebHook secret key parameter must be between 32 and 128 characters long.";
    let scheme =
        "The WebHook URI must be absolute with a scheme of either 'http' or 'https' but received ";
    let filters = "The following filters are not valid: 'x, y'.";
    for (sent, message) in [
        (with("Secret", "s".repeat(31).into()), secret.to_owned()),
        (with("Secret", "s".repeat(129).into()), secret.to_owned()),
        (with("WebHookUri", "ftp://a.example/".into()), format!("{scheme}'ftp://a.example/'.")),
        (with("WebHookUri", "/relative".into()), format!("{scheme}'/relative'.")),
        (with("Filters", json!(["x", "reports", "y"])), filters.to_owned()),
    ] {
        let refused = post(world, sent).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{message}");
        assert_eq!(refused.json(), json!({ "Message": format!("{PREFIX}{message}") }));
    }
    let missing = post(world, json!({ "Secret": Person::SECRET })).await;
    assert_eq!(missing.status, StatusCode::BAD_REQUEST);
    let state = json!({ "webHook.WebHookUri": ["The WebHookUri field is required."] });
    let expected = json!({ "Message": "The request is invalid.", "ModelState": state });
    assert_eq!(missing.json(), expected);
    for nothing in [None, Some(Value::Null)] {
        let refused = call(world, "POST", PATH, nothing).await;
        assert_eq!((refused.status, refused.body.len()), (StatusCode::BAD_REQUEST, 0));
    }
    assert_eq!(call(world, "GET", PATH, None).await.json(), json!([]), "nothing was stored");
}

async fn an_update_checks_the_id_and_keeps_what_the_client_cannot_know(world: &World) {
    let sink = world.endpoint().await;
    let made = post(world, body(&sink.url("/?noecho"))).await.json();
    let one = format!("{PATH}/{}", made["Id"].as_str().expect("an id"));

    let mut other = made.clone();
    other["Id"] = "22222222222222222222222222222222".into();
    let refused = call(world, "PUT", &one, Some(other)).await;
    assert_eq!((refused.status, refused.body.len()), (StatusCode::BAD_REQUEST, 0));

    let mut without_secret = made.clone();
    without_secret.as_object_mut().expect("an object").remove("Secret");
    without_secret["Filters"] = json!(["tasks"]);
    assert_eq!(call(world, "PUT", &one, Some(without_secret)).await.status, StatusCode::OK);
    let shown = call(world, "GET", &one, None).await.json();
    assert_eq!(
        shown["Secret"],
        Person::SECRET,
        "the secret is not changed behind its owner's back"
    );
    assert_eq!(shown["Filters"], json!(["tasks"]));

    // The receiver may be away: it is not verified again unless it is another one.
    drop(sink);
    let mut paused = made;
    paused["IsPaused"] = true.into();
    assert_eq!(call(world, "PUT", &one, Some(paused)).await.status, StatusCode::OK);
}

async fn the_verification_is_appended_to_the_query_and_must_come_back_to_the_letter(world: &World) {
    let good = world.echoing_endpoint().await;
    let made = post(world, body(&good.url("/hook?code=1"))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let line = good.requests()[0].line.clone();
    let echo = line.strip_prefix("GET /hook?code=1&echo=").expect(&line);
    assert_eq!(echo.split(' ').next().map(str::len), Some(32), "{line}");

    let other = "The HTTP request echo query parameter was not returned as plain text in the response. Please return the echo parameter to verify that the WebHook is working as expected.";
    let reached = "WebHook verification failed. Please ensure that the WebHook URI is valid and that the endpoint is accessible. Error encountered: ";
    for (reply, message) in [
        (Reply::status(200).body("something else"), other.to_owned()),
        (Reply::status(404), format!("{reached}NotFound")),
        (Reply::status(500), format!("{reached}InternalServerError")),
    ] {
        let bad = Sink::start([reply]).await;
        let refused = post(world, body(&bad.url("/"))).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.json(), json!({ "Message": format!("{PREFIX}{message}") }));
    }
}

async fn another_users_registration_is_not_there(world: &World) {
    let sink = world.endpoint().await;
    world.user("ada").await;
    let ada = world.sign_in("ada").await;
    let made = post(world, body(&sink.url("/?noecho"))).await.json();
    let one = format!("{PATH}/{}", made["Id"].as_str().expect("an id"));
    for (method, sent) in [("GET", None), ("PUT", Some(made.clone())), ("DELETE", None)] {
        let answer = world.call(&ada, &format!("{method} {one}"), sent).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::NOT_FOUND, 0), "{method}");
    }
    let all = world.call(&ada, &format!("DELETE {PATH}"), None).await;
    assert_eq!(all.status, StatusCode::OK);
    let left = call(world, "GET", &one, None).await;
    assert_eq!(left.json(), made, "deleting all of one's own leaves those of others");
}
