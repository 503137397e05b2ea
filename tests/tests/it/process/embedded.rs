//! `postrider` alone: the first minute of a new user, and a crash.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use postrider_testkit::endpoint::Reply;
use postrider_tests::daemon::{Daemon, client, command, free_address};
use postrider_tests::wait::until;
use postrider_tests::world::Sink;
use serde_json::json;
use tempfile::TempDir;

fn start(folder: &Path) -> Daemon {
    let listen = free_address();
    let variables = [
        ("POSTRIDER_API__LISTEN", listen.to_string()),
        ("POSTRIDER_DATA_DIR", folder.join("data").display().to_string()),
        ("POSTRIDER_DISPATCHER__RESCUE_AFTER", "1s".to_owned()),
        ("POSTRIDER_WORKER__LEASE", "3s".to_owned()),
        ("POSTRIDER_WORKER__TIMEOUT", "2s".to_owned()),
    ];
    Daemon::start("postrider", listen, folder, &variables)
}

fn key(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("data/cli.key")).unwrap().trim().to_owned()
}

/// The indented command of step `number` in what the server printed, its folded lines joined.
fn printed_command(output: &str, number: usize) -> String {
    let (_, step) = output.split_once(&format!("\n{number}. ")).expect("the step is printed");
    let lines = step.lines().skip_while(|line| !line.starts_with("  "));
    let mut command = String::new();
    for line in lines.take_while(|line| line.starts_with("  ")) {
        let (text, folded) = line.strip_suffix('\\').map_or((line, false), |text| (text, true));
        command.push_str(text.trim());
        command.push(' ');
        if !folded {
            break;
        }
    }
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_three_printed_commands_show_a_first_webhook_that_verifies() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path());
    server.ready().await;
    let printed = until("the commands are printed", || async {
        let output = server.output();
        output.contains("Ctrl-C ends Postrider").then_some(output)
    })
    .await;
    assert!(printed.contains("Administrator: admin, password "), "{printed}");

    // The port 9000 may be taken on the machine that runs the tests.
    let port = free_address().port().to_string();
    let shell = |step: usize| {
        let text = printed_command(&printed, step).replace("9000", &port);
        let mut shell = std::process::Command::new("bash");
        shell.arg("-c").arg(format!("exec {text}")).current_dir(folder.path());
        shell
    };
    let heard_file = folder.path().join("listened");
    let mut listener = shell(1)
        .stdout(std::fs::File::create(&heard_file).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let heard = || async { Some(std::fs::read_to_string(&heard_file).unwrap_or_default()) };
    until("the listener listens", || async { heard().await?.contains("Listening").then_some(()) })
        .await;

    let registered = shell(2).output().unwrap();
    let registration: serde_json::Value = serde_json::from_slice(&registered.stdout).unwrap();
    assert!(registration["id"].is_string(), "{registration}");
    let sent = shell(3).output().unwrap();
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));

    let received = until("the webhook arrives", || async {
        let text = heard().await?;
        text.contains("Notifications").then_some(text)
    })
    .await;
    listener.kill().unwrap();
    listener.wait().unwrap();
    assert!(received.contains("ms-signature verified, webhook-signature verified"), "{received}");
    assert!(received.contains("Q3 revenue"), "{received}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_is_delivered_after_a_kill_and_a_restart() {
    let folder = TempDir::new().unwrap();
    let mut server = start(folder.path());
    server.ready().await;
    let endpoint = Sink::start([Reply::status(200).after(Duration::from_millis(200))]).await;
    let (client, key) = (client(), key(folder.path()));
    let registration = json!({ "uri": endpoint.url("/"), "filters": ["reports"] });
    let answer = client
        .post(format!("{}/api/v1/registrations", server.url()))
        .bearer_auth(&key)
        .json(&registration)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    let events: Vec<_> = (0..500)
        .map(|n| json!({ "filter": "reports", "type": "Added", "resource": { "id": n.to_string() } }))
        .collect();
    let answer = client
        .post(format!("{}/api/v1/events", server.url()))
        .bearer_auth(&key)
        .json(&events)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 202);
    server.kill();

    let server = start(folder.path());
    server.ready().await;
    until("every resource was told of", || async {
        let told: std::collections::HashSet<String> = endpoint.told().into_iter().collect();
        (told.len() == 500).then_some(())
    })
    .await;
}

#[test]
fn a_configuration_with_several_mistakes_is_told_them_all_and_no_secret() {
    let folder = TempDir::new().unwrap();
    let mut file = std::fs::File::create(folder.path().join("postrider.toml")).unwrap();
    write!(file, "queue_namspace = 'x'\n[worker]\nconcurrency = 0\n[dispatcher]\nbatch = 0\n")
        .unwrap();
    let output = command("postrider")
        .env("POSTRIDER_DATABASE", "mysql://me:hunter2@db/x")
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    for part in ["queue_namspace", "[worker]", "[dispatcher]", "`database` must begin with"] {
        assert!(said.contains(part), "{part} is missing: {said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn help_is_there_for_every_command() {
    for args in [
        &["--help"][..],
        &["listen", "--help"],
        &["send", "--help"],
        &["user", "add", "--help"],
        &["key", "add", "--help"],
        &["inbox", "list", "--help"],
        &["receive", "--help"],
        &["sign", "--help"],
    ] {
        let output = command("postrider").args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("Usage:"), "{args:?}");
    }
}
