//! What the operator writes, and is told.

use std::sync::Arc;
use std::time::Duration;

use postrider_egress::{EgressConfig, Guard};
use postrider_receiver::handlers::{HandlerConfig, HandlerKind, Tools, build, validate};

use super::{Section, read, tools};

const ALL_KINDS: &str = r#"
    [[handlers]]
    name = "trace"
    kind = "log"
    payload = true

    [[handlers]]
    name = "orders"
    kind = "forward"
    receiver = "stripe"
    id = "shop"
    actions = ["charge.*"]
    order = 10
    url = "http://127.0.0.1:8080/hooks?code=hunter2"
    secret = "hunter2-hunter2-hunter2-hunter2-hunter2"
    headers = { Authorization = "Bearer hunter2" }
    timeout = "5s"

    [[handlers]]
    name = "deploy"
    kind = "exec"
    command = ["/usr/local/bin/deploy", "--quiet"]
    env = { DEPLOY_KEY = "hunter2" }
    timeout = "2m"
"#;

const PUBLISH: &str = r#"
    [[handlers]]
    name = "bus"
    kind = "publish"
    url = "amqp://someone:hunter2@broker"
    exchange = "webhooks"
    routing_key = "in.{receiver}.{action}"
"#;

fn refused(toml: &str) -> String {
    toml::from_str::<Section>(toml).map(|_| ()).unwrap_err().to_string()
}

/// The problems that the tools find, which include those that the configuration shows by itself.
fn problems(toml: &str, tools: &Tools) -> Vec<String> {
    let configs = read(toml);
    let problems = build(&configs, tools).err().unwrap_or_default();
    for problem in validate(&configs) {
        assert!(problems.contains(&problem), "only `validate` tells that {problem}");
    }
    problems
}

#[test]
fn every_kind_is_read() {
    let configs = read(&format!("{ALL_KINDS}{PUBLISH}"));
    assert_eq!(validate(&configs), Vec::<String>::new());
    let orders = &configs[1];
    assert_eq!((orders.kind, orders.order), (HandlerKind::Forward, 10));
    assert_eq!(orders.timeout, Some(Duration::from_secs(5)));
    assert_eq!(configs[0].order, 50);
    assert_eq!(build(&configs[..3], &tools()).map(|built| built.len()), Ok(3));
}

#[test]
fn a_handler_without_name_or_of_no_known_kind_or_with_a_misspelt_setting_is_refused() {
    assert!(refused("[[handlers]]\nkind = 'log'").contains("`name`"));
    assert!(refused("[[handlers]]\nname = 'a'").contains("`kind`"));
    assert!(refused("[[handlers]]\nname = 'a'\nkind = 'shell'").contains("`shell`"));
    assert!(refused("[[handlers]]\nname = 'a'\nkind = 'log'\norderr = 1").contains("`orderr`"));
}

#[test]
fn every_problem_is_told_at_once_and_names_its_handler() {
    let told = problems(
        r#"
        [[handlers]]
        name = "twice"
        kind = "forward"
        receiver = ""
        actions = ["a*b", ""]
        url = "not a url"
        secret = "short"
        headers = { webhook-id = "1" }
        timeout = "0s"
        command = ["x"]

        [[handlers]]
        name = "twice"
        kind = "publish"
        routing_key = "{sender}"

        [[handlers]]
        name = "twice"
        kind = "exec"
        env = { "A=B" = "1", POSTRIDER_X = "2" }

        [[handlers]]
        name = ""
        kind = "log"
        "#,
        &tools(),
    );
    for (handler, part) in [
        ("twice", "`receiver` is empty"),
        ("twice", "`a*b`"),
        ("twice", "an empty text"),
        ("twice", "`timeout` must be longer"),
        ("twice", "`command` is not for handlers of the kind `forward`"),
        ("twice", "`url` is not a URL"),
        ("twice", "`secret` must have 32 to 128"),
        ("twice", "`webhook-id` is reserved"),
        ("twice", "`exchange` is not set"),
        ("twice", "`{sender}`"),
        ("twice", "`command` names no program"),
        ("twice", "`A=B`"),
        ("twice", "`POSTRIDER_X`"),
        ("", "`name` must have 1 to 100"),
    ] {
        let named = format!("handler `{handler}`: ");
        let found = told.iter().any(|told| told.starts_with(&named) && told.contains(part));
        assert!(found, "{part}: {told:#?}");
    }
    assert_eq!(told.len(), 15, "{told:#?}");
    assert_eq!(told[14], "two handlers have the name `twice`");
}

#[test]
fn a_kind_without_what_it_needs_is_a_problem() {
    for kind in [HandlerKind::Forward, HandlerKind::Publish, HandlerKind::Exec] {
        assert_ne!(HandlerConfig::new("a", kind).validate(), Vec::<String>::new(), "{kind:?}");
    }
    assert_eq!(HandlerConfig::new("a", HandlerKind::Log).validate(), Vec::<String>::new());
}

#[test]
fn a_command_is_a_problem_unless_commands_are_allowed() {
    let toml = "[[handlers]]\nname = 'a'\nkind = 'exec'\ncommand = ['true']";
    assert_eq!(problems(toml, &tools()), Vec::<String>::new());
    let told = problems(toml, &Tools { allow_exec: false, ..tools() });
    assert!(told[0].contains("allow_exec"), "{told:?}");
}

#[test]
fn a_target_that_the_guard_refuses_is_a_problem_from_the_start() {
    let strict = Arc::new(Guard::new(&EgressConfig::default()));
    let tools = Tools { guard: strict, ..tools() };
    let of = |url: &str| {
        problems(&format!("[[handlers]]\nname = 'a'\nkind = 'forward'\nurl = '{url}'"), &tools)
    };
    assert!(of("http://service.example/")[0].contains("allow_http"));
    assert!(of("https://10.1.2.3/")[0].contains("egress.allow"));
    assert!(of("ftp://service.example/")[0].contains("`https`"));
    assert_eq!(of("https://service.example/"), Vec::<String>::new());
}

#[test]
fn a_message_without_a_broker_to_publish_it_is_a_problem() {
    let told = problems(PUBLISH, &tools());
    assert!(told[0].starts_with("handler `bus`: "), "{told:?}");
}

#[test]
fn secrets_are_not_shown() {
    let configs = read(&format!("{ALL_KINDS}{PUBLISH}"));
    assert!(!format!("{configs:?}").contains("hunter2"));
    assert!(!serde_json::to_string(&configs).unwrap().contains("hunter2"));

    let told = problems(
        "[[handlers]]\nname = 'a'\nkind = 'forward'\nurl = 'hunter2'\nsecret = 'hunter2'\n\
         headers = { x = \"hunter2\\n\" }",
        &tools(),
    );
    assert_eq!(told.len(), 3);
    assert!(!told.concat().contains("hunter2"), "{told:?}");
}

#[test]
fn a_receiver_that_nobody_knows_is_told_with_those_that_there_are() {
    let configs = read("[[handlers]]\nname = 'a'\nkind = 'log'\nreceiver = 'gihub'");
    let told = validate(&configs);
    assert_eq!(told.len(), 1);
    let begin = "handler `a`: there is no receiver `gihub`; there are azurealert, ";
    assert!(told[0].starts_with(begin), "{told:?}");
    assert!(build(&configs, &tools()).is_ok(), "an application may have one of its own");
    assert!(
        validate(&read("[[handlers]]\nname = 'a'\nkind = 'log'\nreceiver = 'Meta'")).is_empty()
    );
}
