//! The receiving side within `postrider`, tried out with its commands.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use postrider_tests::daemon::{Daemon, command, free_address};
use postrider_tests::wait::until;
use serde_json::Value;
use tempfile::TempDir;

use super::handlers::Handlers;

/// Receivers, with the action of the sample that `sign` sends.
const SAMPLES: [(&str, &str); 4] = [
    ("custom", "reports.Added"),
    ("github", "push"),
    ("standard", "user.created"),
    ("stripe", "customer.created"),
];

fn tool(folder: &Path, args: &[&str]) -> Output {
    command("postrider").current_dir(folder).args(args).output().unwrap()
}

fn printed(folder: &Path, args: &[&str]) -> String {
    let output = tool(folder, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs what `sign` printed; whether the answer was that of a success.
fn run(folder: &Path, printed: &str) -> bool {
    let mut shell = Command::new("sh");
    // Its settings are where curl looks for those of a person.
    shell.args(["-c", printed]).current_dir(folder).env("HOME", folder);
    shell.output().unwrap().status.success()
}

fn configure(folder: &Path, handlers: &Handlers) {
    let mut text = format!("[api]\nlisten = '{}'\n[receiver]\nallow_exec = true\n", free_address());
    for (receiver, _) in SAMPLES {
        let secret = format!("{receiver} and Postrider have this secret");
        write!(text, "[receiver.secrets.{receiver}]\ndefault = '{secret}'\n").unwrap();
    }
    fs::write(folder.join("postrider.toml"), text + &handlers.to_toml()).unwrap();
    fs::write(folder.join(".curlrc"), "fail\nsilent\n").unwrap();
}

fn start(folder: &Path) -> Daemon {
    let text = fs::read_to_string(folder.join("postrider.toml")).unwrap();
    let listen = text.lines().find_map(|line| line.strip_prefix("listen = '")).unwrap();
    let listen = listen.trim_end_matches('\'').parse().unwrap();
    Daemon::start("postrider", listen, folder, &[])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_request_that_sign_prints_is_received_handled_and_shown() {
    let home = TempDir::new().unwrap();
    let folder = home.path();
    let mut handlers = Handlers::prepare(folder);
    configure(folder, &handlers);
    handlers.open_gate();
    let server = start(folder);
    server.ready().await;

    for (receiver, _) in SAMPLES {
        let request = printed(folder, &["sign", "--receiver", receiver]);
        assert!(run(folder, &request), "{request}");
        let secret = "nobody has configured this secret here";
        let other = printed(folder, &["sign", "--receiver", receiver, "--secret", secret]);
        assert!(!run(folder, &other), "{other}");
    }
    let list = ["inbox", "list", "--state", "processed"];
    let listed = until("all of them are processed", || async {
        let listed = printed(folder, &list);
        (listed.lines().count() == SAMPLES.len()).then_some(listed)
    })
    .await;
    assert_eq!(printed(folder, &["inbox", "list"]), listed, "and there are no others");
    for (receiver, action) in SAMPLES {
        let line = format!(" processed {receiver} {action}");
        let line = listed.lines().find(|listed| listed.ends_with(&line)).expect(&listed);
        let id = line.split(' ').next().unwrap();
        let shown: Value = serde_json::from_str(&printed(folder, &["inbox", "show", id])).unwrap();
        assert_eq!((&shown["receiver"], &shown["actions"][0]), (&receiver.into(), &action.into()));
        let runs = shown["runs"].as_array().unwrap().iter();
        let runs: Vec<_> =
            runs.map(|run| (run["handler"].as_str(), run["outcome"].as_str())).collect();
        assert_eq!(runs, [(Some("quick"), Some("done")), (Some("slow"), Some("done"))]);
        assert!(handlers.marked("end").contains(&id.to_owned()));
    }
}

#[test]
fn a_payload_is_handed_to_the_handlers_with_no_endpoint_and_no_inbox() {
    let home = TempDir::new().unwrap();
    let folder = home.path();
    let mut handlers = Handlers::prepare(folder);
    configure(folder, &handlers);
    handlers.open_gate();
    fs::write(folder.join("payload"), r#"{"ref":"refs/heads/main"}"#).unwrap();

    let receive = ["receive", "--receiver", "github", "--payload", "payload"];
    let header = ["--header", "X-GitHub-Event: push"];
    let shown = printed(folder, &[&receive[..], &header].concat());
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["actions"][0], "push", "{shown}");
    assert_eq!(shown["data"]["ref"], "refs/heads/main", "{shown}");
    // Without an inbox a webhook has no id.
    assert_eq!(
        (handlers.marked("quick"), handlers.marked("end")),
        (vec![String::new()], vec![String::new()])
    );
    assert!(!folder.join("postrider-data").exists(), "nothing is kept");

    let refused = tool(folder, &[&receive[..], &header, &["--verify"]].concat());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("X-Hub-Signature"), "{said}");
    assert_eq!(handlers.marked("quick").len(), 1, "no handler saw it");
}
