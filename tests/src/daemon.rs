//! The product's own binaries as processes.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::wait::{PATIENCE, until, until_granted};

/// A running binary; killed when it goes out of scope.
pub struct Daemon {
    name: &'static str,
    child: Child,
    listen: SocketAddr,
    log: PathBuf,
}

impl Daemon {
    /// Starts `binary`, which serves its health at `listen`, with its output in `folder`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(
        binary: &'static str,
        listen: SocketAddr,
        folder: &Path,
        variables: &[(&str, String)],
    ) -> Self {
        Self::start_command(binary, &[], listen, folder, variables)
    }

    /// The same with arguments for the binary.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_command(
        binary: &'static str,
        arguments: &[&str],
        listen: SocketAddr,
        folder: &Path,
        variables: &[(&str, String)],
    ) -> Self {
        let log = folder.join(format!("{binary}-{}.log", listen.port()));
        let file =
            File::options().create(true).append(true).open(&log).expect("the log can be written");
        let child = command(binary)
            .args(arguments)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file handle can be cloned"))
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{binary} cannot be started: {error}"));
        Self { name: binary, child, listen, log }
    }

    /// Where it serves.
    pub fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// Waits until `/readyz` says that it is ready.
    ///
    /// # Panics
    /// When it is not in time, with what it said.
    pub async fn ready(&self) {
        let client = client();
        let url = format!("{}/readyz", self.url());
        until_granted(PATIENCE, &format!("{} is ready", self.name), || async {
            let refused = |reason: String| format!("{reason}\n{}", self.output());
            let answer =
                client.get(&url).send().await.map_err(|error| refused(error.to_string()))?;
            if answer.status().is_success() {
                return Ok(());
            }
            Err(refused(answer.text().await.unwrap_or_default()))
        })
        .await;
    }

    /// Ends it with SIGKILL: nothing is finished, nothing is said.
    ///
    /// # Panics
    /// When it had ended before.
    pub fn kill(&mut self) {
        let ended = self.child.try_wait().expect("a child can be asked");
        assert!(ended.is_none(), "{} had ended by itself: {ended:?}\n{}", self.name, self.output());
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a killed child can be waited for");
    }

    /// Asks it to stop with SIGTERM, and waits until it has.
    ///
    /// # Panics
    /// When it does not end well.
    pub async fn stop(&mut self) {
        self.signal("-TERM");
        let status = until("the process stops", || {
            let ended = self.child.try_wait().expect("a child can be asked");
            async move { ended }
        })
        .await;
        assert!(status.success(), "{} ended with {status}\n{}", self.name, self.output());
    }

    /// Tells it with SIGHUP to read again what it can read again.
    pub fn hang_up(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        Command::new("kill").args([signal, &pid]).status().expect("`kill` can be run");
    }

    /// What it has printed so far.
    pub fn output(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The command that runs one of the product's binaries.
///
/// # Panics
/// When it has not been built.
pub fn command(binary: &str) -> Command {
    let tests = std::env::current_exe().expect("a test knows where it is");
    let folder = tests.parent().and_then(Path::parent).expect("tests are in target/PROFILE/deps");
    let path = folder.join(binary);
    assert!(
        path.exists(),
        "{} is not there: run `cargo build --workspace --bins` first",
        path.display()
    );
    let mut command = Command::new(path);
    // Settings of the person who runs the tests are not the test's.
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// An address that nothing listens on at the moment.
///
/// # Panics
/// When the machine has no port left.
pub fn free_address() -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    socket.local_addr().expect("a bound socket has an address")
}

/// A plain HTTP client.
///
/// # Panics
/// When TLS cannot be set up.
pub fn client() -> reqwest::Client {
    rustls::crypto::ring::default_provider().install_default().ok();
    reqwest::Client::builder()
        .timeout(std::time::Duration::from_secs(20))
        .build()
        .expect("a client without extras can be built")
}
