//! Secrets in the database, and the keys they are encrypted with.

use std::path::Path;
use std::process::Output;

use postrider_tests::daemon::{Daemon, client, command, free_address};
use serde_json::{Value, json};
use tempfile::TempDir;

const SECRET: &str = "a secret that must not be in any file";

fn start(folder: &Path) -> Daemon {
    let listen = free_address();
    let variables = [
        ("POSTRIDER_API__LISTEN", listen.to_string()),
        ("POSTRIDER_ADMIN_PASSWORD", "correct horse battery".to_owned()),
    ];
    Daemon::start("postrider", listen, folder, &variables)
}

fn tool(folder: &Path, args: &[&str]) -> Output {
    command("postrider").current_dir(folder).args(args).output().unwrap()
}

async fn sign_in(server: &Daemon) -> String {
    let answer = client()
        .post(format!("{}/Token", server.url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=password&username=admin&password=correct+horse+battery")
        .send()
        .await
        .unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// Whether any file of the data directory has the text in it.
fn holds(folder: &Path, text: &str) -> bool {
    let files = std::fs::read_dir(folder.join("postrider-data")).unwrap();
    files
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_run_keeps_secrets_encrypted_and_rotates_its_key_while_it_stands() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let mut server = start(path);
    server.ready().await;
    let body = json!({
        "uri": "http://127.0.0.1:9000/",
        "secret": SECRET,
        "headers": { "authorization": "Bearer of bad news" },
    });
    let answer = client()
        .post(format!("{}/api/v1/registrations", server.url()))
        .bearer_auth(sign_in(&server).await)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    let registration: Value = answer.json().await.unwrap();
    let id = registration["id"].as_str().unwrap();

    let refused = tool(path, &["keys", "rotate"]);
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("stop it first"), "{said}");
    let second = command("postrider").current_dir(path).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && said.contains("another Postrider runs in"), "{said}");

    server.stop().await;
    assert!(holds(path, "http://127.0.0.1:9000/"), "it is stored");
    assert!(!holds(path, SECRET) && !holds(path, "bad news"));
    let keys = path.join("postrider-data/secret.keys");
    let old = std::fs::read_to_string(&keys).unwrap();
    let rotated = tool(path, &["keys", "rotate"]);
    let said = String::from_utf8_lossy(&rotated.stdout);
    assert!(rotated.status.success() && said.contains("1 registrations"), "{rotated:?}");
    let new = std::fs::read_to_string(&keys).unwrap();
    assert_eq!((old.lines().count(), new.lines().count()), (1, 1));
    assert_ne!(old, new);

    let server = start(path);
    server.ready().await;
    let answer = client()
        .get(format!("{}/api/v1/registrations/{id}/secret", server.url()))
        .bearer_auth(sign_in(&server).await)
        .send()
        .await
        .unwrap();
    let shown: Value = answer.json().await.unwrap();
    assert_eq!(shown["secret"], SECRET);

    // With another key nothing of it can be read, and the process says so instead of failing.
    drop(server);
    std::fs::remove_file(&keys).unwrap();
    let server = start(path);
    server.ready().await;
    let answer = client()
        .get(format!("{}/api/v1/registrations/{id}/secret", server.url()))
        .bearer_auth(sign_in(&server).await)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 500);
    assert!(server.output().contains("which is not configured"), "{}", server.output());
}

#[test]
fn a_generated_key_is_one_line_that_the_configuration_takes() {
    let folder = TempDir::new().unwrap();
    let output = tool(folder.path(), &["keys", "generate"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(postrider_vault::Keyring::parse([&text.trim().into()]).is_ok(), "{text}");
}
