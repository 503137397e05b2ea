//! Handlers that are scripts, and leave marks in a file.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The scripts of one test, in its folder.
pub(crate) struct Handlers {
    folder: PathBuf,
    /// Open both ways: whoever waits behind it can do so before anybody opens it.
    gate: File,
}

impl Handlers {
    /// Prepares two handlers: `quick`, which leaves the mark `quick`, and after it `slow`, which leaves
    /// `start`, waits until the gate is open, and leaves `end`. An id follows each mark.
    pub(crate) fn prepare(folder: &Path) -> Self {
        let gate = folder.join("gate");
        assert!(Command::new("mkfifo").arg(&gate).status().unwrap().success());
        let gate = File::options().read(true).write(true).open(gate).unwrap();
        let at = folder.display();
        let mark = |mark: &str| format!("echo \"{mark} $POSTRIDER_INBOX_ID\" >> '{at}/marks'\n");
        let wait = format!("read -r line < '{at}/gate'\n");
        fs::write(folder.join("quick"), mark("quick")).unwrap();
        fs::write(folder.join("slow"), mark("start") + &wait + &mark("end")).unwrap();
        Self { folder: folder.into(), gate }
    }

    /// Both in the configuration.
    pub(crate) fn to_toml(&self) -> String {
        let mut toml = String::new();
        for (order, name) in ["quick", "slow"].iter().enumerate() {
            let script = self.folder.join(name);
            let script = script.display();
            write!(toml, "[[receiver.handlers]]\nname = '{name}'\nkind = 'exec'\n").unwrap();
            write!(toml, "command = ['/bin/sh', '{script}']\norder = {order}\n").unwrap();
        }
        toml
    }

    /// Lets everybody through who waits now or comes later, a thousand of them.
    pub(crate) fn open_gate(&mut self) {
        self.gate.write_all(&[b'\n'; 1_000]).unwrap();
    }

    /// The ids that follow `mark`, sorted.
    pub(crate) fn marked(&self, mark: &str) -> Vec<String> {
        let marks = fs::read_to_string(self.folder.join("marks")).unwrap_or_default();
        let of_this = |line: &str| {
            let (name, id) = line.split_once(' ')?;
            (name == mark).then(|| id.to_owned())
        };
        let mut ids: Vec<String> = marks.lines().filter_map(of_this).collect();
        ids.sort();
        ids
    }
}
