//! What is posted, verified and read by programs that others wrote: the libraries of Standard
//! Webhooks and CloudEvents for Python and JavaScript, and plain cryptography where these verify no
//! `v1a`. And the other way round: what providers' own libraries sign, received. `scripts/programs`
//! prepares them.

mod libraries;
mod requests;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use requests::{Posted, every_request};

/// Programs under `tests/programs` that share their libraries.
struct Program {
    name: &'static str,
    /// What the names of their files end with.
    extension: &'static str,
    /// The file that names the versions of what it needs.
    versions: &'static str,
}

const PYTHON: Program = Program { name: "python", extension: "py", versions: "requirements.txt" };
const NODE: Program = Program { name: "node", extension: "js", versions: "package-lock.json" };

impl Program {
    fn source(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("programs").join(self.name)
    }

    /// Where its libraries are installed.
    fn prepared(&self) -> PathBuf {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let folder = target.join("programs").join(self.name);
        let wanted = fs::read(self.source().join(self.versions)).unwrap();
        let installed = fs::read(folder.join(self.versions)).unwrap_or_default();
        assert!(wanted == installed, "{} is not prepared: run scripts/programs", folder.display());
        folder
    }

    fn run(&self, script: &str, argument: impl AsRef<OsStr>) -> Output {
        let prepared = self.prepared();
        let mut command = match self.name {
            "python" => Command::new(prepared.join("venv/bin/python")),
            _ => Command::new("node"),
        };
        command
            .env("NODE_PATH", prepared.join("node_modules"))
            .arg(self.source().join(script).with_extension(self.extension))
            .arg(argument)
            .output()
            .unwrap_or_else(|error| panic!("{} does not run: {error}", self.name))
    }

    fn verify(&self, requests: &[Posted]) -> Output {
        let folder = TempDir::new().unwrap();
        for request in requests {
            let path = folder.path().join(format!("{}.json", request.name));
            fs::write(path, request.to_json().to_string()).unwrap();
        }
        self.run("verify", folder.path())
    }

    #[track_caller]
    fn accepts_every_request(&self) {
        let requests = every_request();
        let output = self.verify(&requests);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let expected = format!("{} requests verified\n", requests.len());
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    }

    #[track_caller]
    fn refuses_every_tampered_request(&self) {
        let mut requests = every_request();
        requests.iter_mut().for_each(Posted::tamper);
        let output = self.verify(&requests);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{errors}");
        for request in &requests {
            let refused = format!("{}: v1: refused", request.name);
            assert!(errors.lines().any(|line| line == refused), "{}: {errors}", request.name);
        }
    }
}

#[test]
fn receivers_in_python_verify_and_read_what_is_posted() {
    PYTHON.accepts_every_request();
}

#[test]
fn receivers_in_javascript_verify_and_read_what_is_posted() {
    NODE.accepts_every_request();
}

#[test]
fn receivers_in_python_refuse_a_body_that_was_changed_on_its_way() {
    PYTHON.refuses_every_tampered_request();
}

#[test]
fn receivers_in_javascript_refuse_a_body_that_was_changed_on_its_way() {
    NODE.refuses_every_tampered_request();
}
