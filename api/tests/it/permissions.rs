use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Api, Person, Reply};

const READERS: &str = "/api/v1/roles/rol_00000000000070008000000000000003";

async fn grant(api: &Api, administrator: &Person, path: &str, body: &Value) -> Reply {
    api.post(path).bearer(&administrator.token).json(body).send().await
}

#[tokio::test]
async fn permissions_of_a_user_and_of_a_role_are_granted_listed_and_revoked() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let of_user = format!("/api/v1/users/{}/permissions", alice.user.id);
    let one = json!({
        "kind": "RePorts", "scope": "one", "target": "42", "access": ["modify", "read"],
    });
    let granted = grant(&api, &admin, &of_user, &one).await;
    assert_snapshot!(granted.shown(), @r#"
    201 Created
    content-type: application/json
    {
      "access": [
        "read",
        "modify"
      ],
      "createdAt": "2026-11-21T08:00:00.000000Z",
      "id": "prm_…",
      "kind": "reports",
      "scope": "one",
      "target": "42"
    }
    "#);

    let roles = json!({ "name": "Auditors", "description": "See the finances" });
    let role = grant(&api, &admin, "/api/v1/roles", &roles).await.json();
    let of_role = format!("/api/v1/roles/{}/permissions", role["id"].as_str().unwrap());
    for path in [&of_user, &of_role] {
        let body = json!({
            "kind": "reports", "scope": "category", "target": "finance", "access": ["read"],
        });
        let granted = grant(&api, &admin, path, &body).await;
        assert_eq!(granted.status, StatusCode::CREATED, "{}", granted.shown());
        // The same again replaces what is allowed, and is the same permission.
        let more = json!({
            "kind": "reports", "scope": "category", "target": "finance",
            "access": ["read", "delete"],
        });
        let replaced = grant(&api, &admin, path, &more).await.json();
        assert_eq!(replaced["id"], granted.json()["id"]);
        let list = api.get(path).bearer(&admin.token).send().await.json();
        assert!(list["items"].as_array().unwrap().contains(&replaced), "{list}");

        let permission = format!("{path}/{}", replaced["id"].as_str().unwrap());
        for expected in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
            let reply = api.call("DELETE", &permission).bearer(&admin.token).send().await;
            assert_eq!(reply.status, expected);
        }
    }
    let list = api.get(&of_user).bearer(&admin.token).send().await.json();
    assert_eq!(list["items"], json!([granted.json()]));
    let list = api.get(&of_role).bearer(&admin.token).send().await.json();
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn a_permission_is_taken_from_its_holder_and_nobody_else() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let (alice, bob) = (api.user("alice").await, api.user("bob").await);
    let of_alice = format!("/api/v1/users/{}/permissions", alice.user.id);
    let body = json!({ "kind": "reports", "access": ["read"] });
    let granted = grant(&api, &admin, &of_alice, &body).await.json();
    let id = granted["id"].as_str().unwrap();
    for holder in [format!("/api/v1/users/{}", bob.user.id), READERS.to_owned()] {
        let path = format!("{holder}/permissions/{id}");
        let reply = api.call("DELETE", &path).bearer(&admin.token).send().await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
    }
    let list = api.get(&of_alice).bearer(&admin.token).send().await.json();
    assert_eq!(list["items"], json!([granted]));
}

#[tokio::test]
async fn a_permission_that_makes_no_sense_is_refused() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let path = format!("/api/v1/users/{}/permissions", alice.user.id);
    for (body, pointer) in [
        (json!({ "kind": "orders", "access": ["read"] }), "/kind"),
        (json!({ "kind": "two words", "access": ["read"] }), "/kind"),
        (json!({ "kind": "reports", "access": ["modify"] }), "/access"),
        (json!({ "kind": "reports", "access": [] }), "/access"),
        (json!({ "kind": "reports", "access": ["own"] }), "/access/0"),
        (json!({ "kind": "reports", "scope": "one", "access": ["read"] }), "/target"),
        (json!({ "kind": "reports", "target": "1", "access": ["read"] }), "/target"),
        (json!({ "kind": "reports", "scope": "one", "target": "", "access": ["read"] }), ""),
        (json!({ "kind": "reports", "scope": "one", "target": "1", "access": ["create"] }), ""),
        (
            json!({ "kind": "categories", "scope": "category", "target": "1", "access": ["read"] }),
            "",
        ),
    ] {
        let reply = grant(&api, &admin, &path, &body).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(reply.json()["errors"][0]["pointer"], json!(pointer), "{}", reply.shown());
    }
    let body = json!({ "kind": "reports", "access": ["read"] });
    for nobody in ["users/usr_00000000000000000000000000000000", "users/x", "roles/x"] {
        let path = format!("/api/v1/{nobody}/permissions");
        let refused = grant(&api, &admin, &path, &body).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{path}");
        let list = api.get(&path).bearer(&admin.token).send().await;
        assert_eq!(list.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn administrators_have_no_permissions_since_they_need_none() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let path = "/api/v1/roles/rol_00000000000070008000000000000001/permissions";
    let body = json!({ "kind": "reports", "access": ["read"] });
    let refused = grant(&api, &admin, path, &body).await;
    assert_eq!(refused.json()["code"], json!("built_in"));
}

#[tokio::test]
async fn permissions_are_listed_page_by_page() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    put_into_readers(&api, &admin, &alice).await;
    let of_user = format!("/api/v1/users/{}/permissions", alice.user.id);
    for target in ["1", "2", "3"] {
        api.clock.advance(Duration::from_millis(1));
        let body =
            json!({ "kind": "reports", "scope": "one", "target": target, "access": ["read"] });
        assert_eq!(grant(&api, &admin, &of_user, &body).await.status, StatusCode::CREATED);
    }
    let own = ["3", "2", "1"].map(|target| Some(target.to_owned()));
    assert_eq!(targets(&api, &admin, &of_user).await, own);
    let of_role = format!("{READERS}/permissions");
    assert_eq!(targets(&api, &admin, &of_role).await, [None, None, None, None, None]);
    // Their own and those by their roles are one list.
    let all = targets(&api, &alice, "/api/v1/me/permissions").await;
    assert_eq!((all.len(), &all[..3]), (8, &own[..]));

    for path in [&of_user, &of_role, "/api/v1/me/permissions"] {
        let refused = api.get(&format!("{path}?limit=0")).bearer(&admin.token).send().await;
        assert_eq!(refused.json()["code"], json!("invalid_query"), "{path}");
    }
}

async fn put_into_readers(api: &Api, administrator: &Person, person: &Person) {
    let path = format!("{READERS}/members/{}", person.user.id);
    let added = api.call("PUT", &path).bearer(&administrator.token).send().await;
    assert_eq!(added.status, StatusCode::NO_CONTENT);
}

/// The targets of the permissions of a list that is read by pages of two.
async fn targets(api: &Api, caller: &Person, path: &str) -> Vec<Option<String>> {
    let (mut targets, mut query) = (Vec::new(), "limit=2".to_owned());
    loop {
        let page = api.get(&format!("{path}?{query}")).bearer(&caller.token).send().await.json();
        let items = page["items"].as_array().unwrap();
        assert!(!items.is_empty() && items.len() <= 2, "{page}");
        targets.extend(items.iter().map(|item| item["target"].as_str().map(str::to_owned)));
        let Some(next) = page["next"].as_str() else { return targets };
        query = format!("limit=2&cursor={next}");
    }
}
