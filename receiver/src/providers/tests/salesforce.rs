//! Salesforce: a message that the ASP.NET library was tested with.

use http::StatusCode;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::kit::Kit;
use crate::{Answer, Data, RefusalKind, Request, answer};

const MESSAGE: &str = include_str!("fixtures/salesforce-outbound.xml");
const ORGANIZATION: &str = "0123456789ABCDE";
const OTHER_ORGANIZATION: &str =
    "The 'OrganizationId' parameter provided in the HTTP request did not match the expected value.";

fn post(kit: &Kit, body: &str) -> Request {
    kit.request(http::Method::POST, "", body).with("content-type", "text/xml; charset=utf-8")
}

fn text(answer: &Answer) -> &str {
    std::str::from_utf8(answer.body()).unwrap()
}

#[tokio::test]
async fn a_message_is_acknowledged_and_read() {
    let kit = Kit::new("sfsoap", ORGANIZATION);
    let reception = kit.receive(post(&kit, MESSAGE)).await;
    assert_eq!(reception.answer.status(), StatusCode::OK);
    assert_eq!(reception.answer.headers()["content-type"], "application/xml; charset=utf-8");
    assert!(text(&reception.answer).contains("<Ack>true</Ack>"));

    let said = kit.accepted(post(&kit, MESSAGE)).await;
    assert_eq!(said.actions, ["05h370200108OsUAAU"]);
    let ids = "04l37000000L0E5AAK 14l37000123L0E5AAK 24l37123450L0E5AAK";
    let body = hex::encode(Sha256::digest(MESSAGE));
    assert_eq!(said.dedupe_key, Some(format!("{ids} {body}")));
    let Data::Json(data) = said.data else { panic!("a document") };
    assert_eq!(data["OrganizationId"], "0123456789ABCDENNN");
    assert_eq!(data["ActionId"], "05h370200108OsUAAU");
    assert!(data["SessionId"].as_str().unwrap().starts_with("0123456789ABCDE!BSGSR"));
    assert!(data["EnterpriseUrl"].as_str().unwrap().contains("/Soap/c/34.0/"));
    assert!(data["PartnerUrl"].as_str().unwrap().contains("/Soap/u/34.0/"));
    let notifications = data["Notifications"].as_array().unwrap();
    assert_eq!(notifications.len(), 3);
    let first = notifications[0].as_object().unwrap();
    assert_eq!(first["_NotificationId"], "04l37000000L0E5AAK");
    assert_eq!(first["_NotificationType"], "Lead1");
    assert_eq!(
        (first["Id"].as_str(), first["LastName"].as_str()),
        (Some("0123456789ABCDEEAE"), Some("Nielsen"))
    );
    assert_eq!(notifications[2]["FirstName"], "Nora");
}

#[tokio::test]
async fn another_message_with_guessed_ids_is_no_repetition_of_the_real_one() {
    let kit = Kit::new("sfsoap", ORGANIZATION);
    let key = async |body: &str| kit.accepted(post(&kit, body)).await.dedupe_key.unwrap();
    assert_ne!(key(MESSAGE).await, key(&MESSAGE.replace("Nielsen", "Forger")).await);
    assert_eq!(key(MESSAGE).await, key(MESSAGE).await);
}

#[tokio::test]
async fn a_message_is_not_read_where_no_organization_is_configured() {
    let kit = Kit::with("sfsoap", "", &["too short"]);
    assert_eq!(kit.refused(post(&kit, "<a>")).await.0, RefusalKind::Unconfigured);
}

#[tokio::test]
async fn a_name_that_a_stranger_made_up_is_cut_in_what_is_logged_and_answered() {
    let kit = Kit::new("sfsoap", ORGANIZATION);
    let body = format!("<a>&{};</a>", "x".repeat(100_000));
    let (kind, message) = kit.refused(post(&kit, &body)).await;
    assert_eq!((kind, message.chars().count()), (RefusalKind::Body, 251));
    assert!(message.ends_with('…'));
}

#[tokio::test]
async fn ids_of_15_and_of_18_characters_are_compared_by_their_first_15() {
    for (secret, sent, good) in [
        ("0123456789ABCDE", "0123456789ABCDENNN", true),
        ("0123456789ABCDENNN", "0123456789ABCDE", true),
        ("0123456789ABCDENNN", "0123456789ABCDEXYZ", true),
        ("0123456789ABCDEN", "0123456789ABCDEN", true),
        ("0123456789ABCDEN", "0123456789ABCDENNN", false),
        ("0123456789ABCDEN", "0123456789ABCDE", false),
        ("0123456789ABCDE", "0123456789abcde", false),
        ("0123456789ABCDE", "0123456789ABCDF", false),
        ("0123456789ABCDE", "", false),
    ] {
        let kit = Kit::new("salesforce", secret);
        let body = MESSAGE.replace(">0123456789ABCDENNN<", &format!(">{sent}<"));
        let status = kit.receive(post(&kit, &body)).await.answer.status();
        assert_eq!(status.is_success(), good, "{secret}, {sent}");
    }
}

#[tokio::test]
async fn what_is_refused_for_its_content_is_told_in_a_fault() {
    let kit = Kit::new("sfsoap", ORGANIZATION);
    let other = MESSAGE.replace("0123456789ABCDENNN", "1123456789ABCDENNN");
    let no_action = MESSAGE.replace("05h370200108OsUAAU", "");
    let no_envelope =
        "<notifications><OrganizationId>0123456789ABCDE</OrganizationId></notifications>";
    let no_action_text = "The HTTP request body did not contain a required 'ActionId' property.";
    for (body, kind, message) in [
        (other.as_str(), RefusalKind::Mismatch, OTHER_ORGANIZATION),
        (no_action.as_str(), RefusalKind::Body, no_action_text),
        (no_envelope, RefusalKind::Mismatch, OTHER_ORGANIZATION),
    ] {
        assert_eq!(kit.refused(post(&kit, body)).await, (kind, message.into()));
        let answer = kit.receive(post(&kit, body)).await.answer;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert_eq!(answer.headers()["content-type"], "application/xml; charset=utf-8");
        let fault = message.replace('\'', "&apos;");
        assert!(text(&answer).contains(&format!("<faultstring>{fault}</faultstring>")));
    }
}

#[tokio::test]
async fn what_is_no_message_is_refused_in_json() {
    let kit = Kit::new("sfsoap", ORGANIZATION);
    let json = kit.post("{}");
    let message = "The WebHook request must contain an entity body formatted as XML.";
    assert_eq!(kit.refused(json).await, (RefusalKind::MediaType, message.into()));
    for body in ["<a>", "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", &"<a>".repeat(1000)] {
        let (kind, message) = kit.refused(post(&kit, body)).await;
        assert_eq!(kind, RefusalKind::Body);
        assert!(message.starts_with("The WebHook request contained invalid XML: '"), "{message}");
    }
    let answer = kit.receive(post(&kit, "<a>")).await.answer;
    assert_eq!(answer.headers()["content-type"], "application/json; charset=utf-8");

    let mut plain = post(&kit, MESSAGE);
    plain.url.set_scheme("http").unwrap();
    plain.secure = false;
    assert_eq!(kit.refused(plain).await.0, RefusalKind::Insecure);
}

#[test]
fn what_a_handler_answers_becomes_what_salesforce_reads() {
    let kit = Kit::new("sfsoap", ORGANIZATION);
    let provider = kit.provider();
    let xml = provider.answer(Some(answer::xml(StatusCode::CONFLICT, "<own/>")));
    assert_eq!((xml.status(), text(&xml)), (StatusCode::CONFLICT, "<own/>"));
    let accepted = provider.answer(Some(answer::json(StatusCode::ACCEPTED, &json!({}))));
    assert_eq!(accepted.status(), StatusCode::ACCEPTED);
    assert!(text(&accepted).contains("<Ack>true</Ack>"));
    let failed = provider.answer(Some(answer::empty(StatusCode::NOT_FOUND)));
    assert_eq!(failed.status(), StatusCode::BAD_REQUEST);
    assert!(text(&failed).contains("Handler&apos;s status: 404, &apos;Not Found&apos;."));
}

#[tokio::test]
async fn compound_fields_are_objects_and_characters_are_resolved() {
    let kit = Kit::new("sfsoap", ORGANIZATION);
    let object = "<Notification><Id>04l1</Id><sObject><Name>A &amp; B</Name><Address><City>C</City></Address></sObject></Notification>";
    let end = "</notifications>";
    let body = MESSAGE.replace(end, &format!("{object}{end}"));
    let Data::Json(data) = kit.accepted(post(&kit, &body)).await.data else { panic!("a document") };
    let expected = json!({
        "_NotificationId": "04l1", "_NotificationType": "", "Name": "A & B", "Address": { "City": "C" },
    });
    assert_eq!(data["Notifications"][3], expected);
}
