use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use postrider_domain::{Clock, ReceiverAddress, Timestamp};
use secrecy::SecretString;

use super::{Outcome, ReceiverOptions, Receivers};
use crate::{Request, SecretTable, Secrets};

const OLD: &str = "12345678901234567890123456789012";
const NEW: &str = "abcdefghijklmnopqrstuvwxyz012345";

struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }
}

fn table(receiver: &str, secret: &str) -> SecretTable {
    let mut table = SecretTable::default();
    table.insert(ReceiverAddress::new(receiver, ""), [SecretString::from(secret)]);
    table
}

fn receivers(table: SecretTable) -> Receivers {
    let secrets = Arc::new(Secrets::new(table));
    Receivers::new(secrets, Arc::new(Epoch), ReceiverOptions::default())
}

fn with_code(code: &str) -> Request {
    let url = format!("https://example.com/api/webhooks/incoming/genericjson?code={code}");
    Request::new(Method::POST, url.parse().unwrap(), Bytes::from_static(b"{}"))
        .with("content-type", "application/json")
}

#[tokio::test]
async fn a_request_is_judged_by_the_secrets_that_were_in_force_when_its_head_came() {
    let receivers = receivers(table("genericjson", OLD));
    let address = || ReceiverAddress::new("genericjson", "");
    let admit = || receivers.admit(address(), &Method::POST, true).unwrap();
    let (first, second) = (admit(), admit());
    receivers.secrets().replace(table("genericjson", NEW));

    let judged = receivers.judge(first, with_code(OLD)).await;
    assert!(matches!(judged.outcome, Outcome::Webhook(_)), "{judged:?}");
    let judged = receivers.judge(second, with_code(NEW)).await;
    assert!(matches!(judged.outcome, Outcome::Refused(_)), "{judged:?}");
    let judged = receivers.judge(admit(), with_code(NEW)).await;
    assert!(matches!(judged.outcome, Outcome::Webhook(_)), "{judged:?}");
}

#[tokio::test]
async fn what_comes_in_under_any_name_is_of_the_provider_and_has_its_usual_name() {
    let receivers = receivers(table("azuremonitor", OLD));
    for name in ["AzureAlert", "azurealert", "azuremonitor", "AZUREMONITOR"] {
        // As an application may make it: in any case.
        let address = ReceiverAddress { receiver: name.into(), id: String::new() };
        let admission = receivers.admit(address.clone(), &Method::POST, true).unwrap();
        assert_eq!(admission.provider().names()[0], "azurealert", "{name}");
        let sample = admission.provider().sample().body;
        let request = Request { body: Bytes::from_static(sample.as_bytes()), ..with_code(OLD) };
        match receivers.judge(admission, request).await.outcome {
            Outcome::Webhook(webhook) => assert_eq!(webhook.address.receiver, "azurealert"),
            other => panic!("{name}: {other:?}"),
        }
    }
}
