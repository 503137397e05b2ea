//! The providers whose URL carries their secret.

use http::{Method, StatusCode};
use serde_json::json;

use super::kit::{Kit, OTHER, S32};
use crate::{Data, Notification, RefusalKind, Request};

/// Those that carry nothing but a code.
const NAMES: &[&str] = &[
    "azurealert",
    "azurecontainerregistry",
    "dynamicscrm",
    "genericjson",
    "kudu",
    "mailchimp",
    "myget",
    "wordpress",
];

fn coded(kit: &Kit, content_type: &str, body: &str) -> Request {
    let query = format!("code={S32}");
    kit.request(Method::POST, &query, body).with("content-type", content_type)
}

async fn said(receiver: &str, content_type: &str, body: &str) -> Notification {
    let kit = Kit::new(receiver, S32);
    kit.accepted(coded(&kit, content_type, body)).await
}

async fn said_json(receiver: &str, body: &str) -> Notification {
    said(receiver, "application/json", body).await
}

async fn refused(receiver: &str, content_type: &str, body: &str) -> (RefusalKind, String) {
    let kit = Kit::new(receiver, S32);
    kit.refused(coded(&kit, content_type, body)).await
}

fn missing(name: &str) -> (RefusalKind, String) {
    let text = format!("The HTTP request body did not contain a required '{name}' property.");
    (RefusalKind::Body, text)
}

#[tokio::test]
async fn a_code_is_needed_and_has_to_be_the_secret() {
    for name in NAMES {
        let kit = Kit::new(name, S32);
        let missing = "The WebHook verification request must contain a 'code' query parameter.";
        for query in ["", "code=", "other=1"] {
            let request = kit.request(Method::POST, query, "{}");
            let refused = kit.refused(request).await;
            assert_eq!(refused, (RefusalKind::Malformed, missing.into()), "{name} {query}");
        }
        let other = "The 'code' query parameter provided in the HTTP request did not match the expected value.";
        for code in [OTHER, &S32[..31], &format!("{S32}&code={S32}")] {
            let request = kit.request(Method::POST, &format!("code={code}"), "{}");
            let refused = kit.refused(request).await;
            assert_eq!(refused, (RefusalKind::Mismatch, other.into()), "{name} {code}");
        }
    }
}

#[tokio::test]
async fn a_code_that_is_in_the_url_is_replaced_when_a_request_is_signed() {
    for name in NAMES {
        let kit = Kit::new(name, S32);
        let sample = kit.provider().sample();
        let mut draft = kit.draft(sample.body, S32);
        draft.url.set_query(Some("a=1&code=old&Code=older&action=x"));
        let request = kit.provider().sign(draft).unwrap();
        assert_eq!(request.url.query(), Some(&*format!("a=1&action=x&code={S32}")), "{name}");
        kit.accepted(request).await;
    }
}

#[tokio::test]
async fn a_code_does_not_travel_without_tls_except_from_the_machine_itself() {
    for name in NAMES {
        let kit = Kit::new(name, S32);
        let sample = kit.provider().sample();
        let mut request = coded(&kit, sample.content_type, sample.body);
        request.url.set_scheme("http").unwrap();
        request.secure = false;
        let (kind, message) = kit.refused(request.clone()).await;
        let class = kit.provider().class();
        let text = format!(
            "The WebHook receiver '{class}' requires HTTPS in order to be secure. Please register a WebHook URI of type 'https'."
        );
        assert_eq!((kind, message), (RefusalKind::Insecure, text));
        kit.accepted(Request { secure: true, ..request }).await;
    }
}

#[tokio::test]
async fn a_get_is_refused_by_all_but_mailchimp_which_asks_with_it() {
    for name in NAMES {
        let kit = Kit::new(name, S32);
        let get = kit.request(Method::GET, &format!("code={S32}"), "");
        if *name == "mailchimp" {
            assert_eq!(kit.answered(get).await, (StatusCode::OK, String::new()));
            let other = kit.request(Method::GET, &format!("code={OTHER}"), "");
            assert_eq!(kit.refused(other).await.0, RefusalKind::Mismatch);
            continue;
        }
        let text = format!(
            "The HTTP 'GET' method is not supported by the '{}' WebHook receiver.",
            kit.provider().class()
        );
        assert_eq!(kit.refused(get).await, (RefusalKind::Method, text));
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    for name in NAMES {
        let kit = Kit::new(name, S32);
        let sample = kit.provider().sample();
        let what = match sample.content_type {
            "application/x-www-form-urlencoded" => "HTML form URL-encoded data",
            _ => "JSON",
        };
        let message =
            format!("The WebHook request must contain an entity body formatted as {what}.");
        let (kind, text) = kit.refused(coded(&kit, "text/plain", sample.body)).await;
        assert_eq!((kind, text), (RefusalKind::MediaType, message), "{name}");
        let (kind, text) = kit.refused(coded(&kit, sample.content_type, "")).await;
        let empty = "The WebHook request entity body cannot be empty.";
        assert_eq!((kind, text), (RefusalKind::Body, empty.into()), "{name}");
    }
}

#[tokio::test]
async fn alerts_of_every_schema_name_their_rule() {
    let classic = include_str!("fixtures/azure-classic-metric.json");
    let classic = said_json("azurealert", classic).await;
    assert_eq!(classic.actions, ["HenriknTest02"]);
    let key = classic.dedupe_key.unwrap();
    assert!(key.ends_with("/alertrules/HenriknTest02 Activated 2015-09-30T03:55:30.7037012Z"));

    let common = |condition: &str| {
        json!({ "schemaId": "azureMonitorCommonAlertSchema", "data": { "essentials": {
            "alertId": "/alerts/1", "alertRule": "WCUS-R2-Gen2", "monitorCondition": condition,
            "firedDateTime": "2019-03-22T13:58:24.3713213Z",
        }, "alertContext": {} } })
        .to_string()
    };
    let fired = said_json("azuremonitor", &common("Fired")).await;
    assert_eq!(fired.actions, ["WCUS-R2-Gen2"]);
    let resolved = said_json("azuremonitor", &common("Resolved")).await;
    assert!(fired.dedupe_key.is_some() && fired.dedupe_key != resolved.dedupe_key);

    let metric = r#"{"schemaId":"AzureMonitorMetricAlert","data":{"version":"2.0","status":"Activated","context":{"timestamp":"2018-02-28T10:44:10.1714014Z","id":"/metricAlerts/cpu","name":"cpu"}}}"#;
    let metric = said_json("azurealert", metric).await;
    assert_eq!(metric.actions, ["cpu"]);
    let key = "/metricAlerts/cpu Activated 2018-02-28T10:44:10.1714014Z";
    assert_eq!(metric.dedupe_key.as_deref(), Some(key));

    let log = r#"{"schemaId":"Microsoft.Insights/LogAlert","data":{"AlertRuleName":"AcmeRule"}}"#;
    assert_eq!(said_json("azurealert", log).await.actions, ["AcmeRule"]);

    for body in [r#"{"context":{"name":""}}"#, r#"{"context":{}}"#, r#"{"data":1}"#, "{}"] {
        let refused = refused("azurealert", "application/json", body).await;
        assert_eq!(refused, missing("name"), "{body}");
    }
}

#[tokio::test]
async fn a_registry_names_its_action_and_a_ping_is_no_webhook() {
    let push = r#"{"id":"cb8c3971","action":"push","target":{"repository":"hello-world"}}"#;
    let push = said_json("azurecontainerregistry", push).await;
    assert_eq!((push.actions, push.dedupe_key), (vec!["push".into()], Some("cb8c3971".into())));
    let refused = refused("azurecontainerregistry", "application/json", "{}").await;
    assert_eq!(refused, missing("action"));

    let kit = Kit::new("azurecontainerregistry", S32);
    let ping = coded(&kit, "application/json", r#"{"id":"1","action":"ping"}"#);
    assert_eq!(kit.answered(ping).await, (StatusCode::OK, String::new()));
}

#[tokio::test]
async fn dataverse_may_name_no_message() {
    let named = r#"{"MessageName":"Update","OperationId":"5e5c5a0e-4b8f-4b2a-9a39-0f3c7d1b6e22"}"#;
    for name in ["dynamicscrm", "dynamics", "dataverse"] {
        let named = said_json(name, named).await;
        assert_eq!(named.actions, ["Update"]);
        let operation = "5e5c5a0e-4b8f-4b2a-9a39-0f3c7d1b6e22";
        assert_eq!(named.dedupe_key.as_deref(), Some(operation));
    }
    let at_once = r#"{"OperationId":"00000000-0000-0000-0000-000000000000"}"#;
    let at_once = said_json("dynamicscrm", at_once).await;
    assert_eq!((at_once.actions, at_once.dedupe_key), (Vec::new(), None));
}

#[tokio::test]
async fn generic_json_is_any_document_and_takes_its_action_from_the_query() {
    for (body, data) in [("[1]", json!([1])), ("1", json!(1)), ("{'a':1,}", json!({ "a": 1 }))] {
        let any = said_json("genericjson", body).await;
        assert_eq!((any.actions, any.data), (vec!["change".into()], Data::Json(data)));
    }
    let kit = Kit::new("genericjson", S32);
    for (query, action) in [("action=a%20b", "a b"), ("ACTION=a", "a"), ("action=", "change")] {
        let query = format!("{query}&code={S32}");
        let request = kit.request(Method::POST, &query, "{}").with("content-type", "text/json");
        assert_eq!(kit.accepted(request).await.actions, [action]);
    }
    let (kind, message) = refused("genericjson", "application/json", "{").await;
    assert_eq!(kind, RefusalKind::Body);
    assert!(message.starts_with("The WebHook request contained invalid JSON: '"), "{message}");
}

#[tokio::test]
async fn kudu_names_the_status_of_a_deployment() {
    let done = r#"{"id":"ff17489f","status":"success","complete":true,"siteName":"test"}"#;
    assert_eq!(said_json("kudu", done).await.actions, ["success"]);
    assert_eq!(refused("kudu", "application/json", "{}").await, missing("status"));
    let (kind, _) = refused("kudu", "application/json", "[]").await;
    assert_eq!(kind, RefusalKind::Body);
}

#[tokio::test]
async fn mailchimp_names_the_type_and_flattens_its_data() {
    let form =
        "type=subscribe&fired_at=2026-03-26&data[email]=a%40b.c&data%5Bmerges%5D%5BFNAME%5D=A";
    let form = said("mailchimp", "application/x-www-form-urlencoded; charset=utf-8", form).await;
    assert_eq!(form.actions, ["subscribe"]);
    let Data::Form(pairs) = form.data else { panic!("a form") };
    assert_eq!(pairs.get("data[email]").as_deref(), Some("a@b.c"));
    assert_eq!(pairs.get("data[merges][FNAME]").as_deref(), Some("A"));
    let refused = refused("mailchimp", "application/x-www-form-urlencoded", "type=").await;
    assert_eq!(refused, missing("type"));
}

#[tokio::test]
async fn myget_names_the_type_of_its_payload_and_a_ping_is_no_webhook() {
    let media_type = "application/vnd.myget.webhooks.v1+json";
    let added = include_str!("fixtures/myget-package-added.json");
    let added = said("myget", media_type, added).await;
    assert_eq!(added.actions, ["PackageAddedWebHookEventPayloadV1"]);
    assert_eq!(added.dedupe_key.as_deref(), Some("7a48ce8c-728d-4350-8da8-e283d6fce277"));

    let kit = Kit::new("myget", S32);
    let ping = r#"{"Identifier":"1","PayloadType":"PingWebHookEventPayloadV1"}"#;
    let answered = kit.answered(coded(&kit, media_type, ping)).await;
    assert_eq!(answered, (StatusCode::OK, String::new()));

    let text = "The WebHook request must contain a 'PayloadType' JSON property indicating the type of event.";
    assert_eq!(refused("myget", media_type, "{}").await, (RefusalKind::Body, text.into()));
}

#[tokio::test]
async fn wordpress_names_its_hook() {
    let form = "application/x-www-form-urlencoded";
    let comment = "comment_ID=4&comment_author_email=a%40b.c&comment_date=2018-01-18+11%3A55%3A24&hook=comment_post";
    let comment = said("wordpress", form, comment).await;
    assert_eq!(comment.actions, ["comment_post"]);
    assert_eq!(comment.data.to_json()["comment_date"], "2018-01-18 11:55:24");
    assert_eq!(refused("wordpress", form, "comment_ID=4").await, missing("hook"));
}
