//! The program, where it works on a file.

use std::path::Path;
use std::process::{Command, Output};

use postrider_backends::FolderLock;

fn run(folder: &Path, command: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_postrider-receiver"))
        .arg(command)
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
        let refused = run(folder.path(), command);
        assert!(!refused.status.success(), "{command}");
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(told.contains("another Postrider runs in"), "{command}: {told}");
        assert!(!folder.path().join("postrider.db").exists(), "{command}");
    }
    drop(lock);
    let migrated = run(folder.path(), "migrate");
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
}
