//! Which webhooks a handler is for, and in which order handlers run.

use postrider_domain::ReceiverAddress;
use postrider_receiver::handlers::build;
use postrider_receiver::{Chain, Data, Notification, Webhook};
use serde_json::Value;

use super::{handler, read, request, tools};

fn serves(settings: &str, receiver: &str, id: &str, actions: &[&str]) -> bool {
    let toml = format!("[[handlers]]\nname = 'a'\nkind = 'log'\n{settings}");
    handler(&toml, &tools()).serves(&Webhook {
        address: ReceiverAddress::new(receiver, id),
        notification: Notification::new(actions.iter().copied(), Data::Json(Value::Null)),
        request: request().into(),
    })
}

#[test]
fn a_handler_is_for_everything_unless_it_says_otherwise() {
    assert!(serves("", "github", "org1", &["push"]));
    assert!(serves("", "stripe", "", &[]));
}

#[test]
fn a_handler_of_a_receiver_or_an_id_is_for_no_other() {
    assert!(serves("receiver = 'GitHub'", "github", "org1", &[]));
    assert!(!serves("receiver = 'GitHub'", "stripe", "org1", &[]));
    assert!(serves("id = 'Org1'", "github", "org1", &[]));
    assert!(!serves("id = 'Org1'", "github", "org2", &[]));
    assert!(!serves("receiver = 'github'\nid = 'org1'", "stripe", "org1", &[]));
}

#[test]
fn every_name_of_a_provider_means_the_same_receiver() {
    assert!(serves("receiver = 'Meta'", "instagram", "", &[]));
    assert!(serves("receiver = 'instagram'", "whatsapp", "", &[]));
    assert!(!serves("receiver = 'salesforce'", "instagram", "", &[]));
    // A provider of an application's own has the names that it has.
    assert!(serves("receiver = 'Mine'", "mine", "", &[]));
}

#[test]
fn an_empty_id_is_that_of_the_url_without_one() {
    assert!(serves("id = ''", "github", "", &[]));
    assert!(!serves("id = ''", "github", "org1", &[]));
}

#[test]
fn one_of_the_actions_is_enough() {
    let settings = "actions = ['push', 'issues.*']";
    assert!(serves(settings, "github", "", &["Push"]));
    assert!(serves(settings, "github", "", &["star", "issues.opened"]));
    assert!(!serves(settings, "github", "", &["star"]));
    assert!(!serves(settings, "github", "", &[]));
    assert!(serves("actions = ['*']", "github", "", &[]));
}

#[test]
fn handlers_run_by_their_order_and_then_as_they_are_written() {
    let configs = read(
        "[[handlers]]\nname = 'c'\nkind = 'log'\n\
         [[handlers]]\nname = 'd'\nkind = 'log'\norder = 50\n\
         [[handlers]]\nname = 'b'\nkind = 'log'\norder = -1\n",
    );
    let chain = Chain::new(build(&configs, &tools()).unwrap());
    assert_eq!(format!("{chain:?}"), r#"["b", "c", "d"]"#);
}
