//! The program, where it works on a file.

use std::path::Path;
use std::process::{Command, Output};

use postrider_backends::{DatabaseUrl, FolderLock, open_inbox};
use postrider_domain::{Ended, InboxItem, InboxState, ReceiverAddress};
use postrider_runtime::Common;
use postrider_testkit::conformance::inbox::given;

fn run(folder: &Path, command: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_postrider-receiver"))
        .args(command)
        .env_clear()
        .env("POSTRIDER_DATA_DIR", folder)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn a_folder_that_another_process_works_in_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let lock = FolderLock::take(folder.path()).unwrap().unwrap();
    for command in ["all", "migrate"] {
        let refused = run(folder.path(), &[command]);
        assert!(!refused.status.success(), "{command}");
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(told.contains("another Postrider runs in"), "{command}: {told}");
        assert!(!folder.path().join("postrider.db").exists(), "{command}");
    }
    drop(lock);
    let migrated = run(folder.path(), &["migrate"]);
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
}

fn printed(folder: &Path, command: &[&str]) -> String {
    let ran = run(folder, command);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

#[tokio::test]
async fn the_inbox_is_asked_for_a_receiver_by_any_of_its_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}", folder.path().join("postrider.db").display());
    let store = open_inbox(&DatabaseUrl::Sqlite(file), &Common::default()).await.unwrap();
    store.migrate_inbox().await.unwrap();
    let item = InboxItem { address: ReceiverAddress::new("instagram", ""), ..given::item() };
    let ids = given::accept(&*store, &[item, given::item()]).await.unwrap();
    for id in &ids {
        given::end(&*store, *id, Ended::Dead).await.unwrap();
    }

    for name in ["instagram", "meta", "Facebook", "WHATSAPP"] {
        let listed = printed(folder.path(), &["inbox", "list", "--receiver", name]);
        let listed: Vec<_> = listed.lines().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(listed, [ids[0].to_string()], "{name}");
    }
    let replay = ["inbox", "replay", "--dead", "--receiver", "Meta"];
    assert_eq!(printed(folder.path(), &replay), "1 are processed again\n");
    let (own, other) = (given::look(&*store, ids[0]).await, given::look(&*store, ids[1]).await);
    let states = (own.unwrap().state, other.unwrap().state);
    assert_eq!(states, (InboxState::Pending, InboxState::Dead));
}
