//! A RabbitMQ node of the test's own, to be killed and started again.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::daemon::free_address;
use crate::wait::until;

/// A broker that belongs to one test.
pub struct RabbitNode {
    folder: TempDir,
    address: SocketAddr,
    distribution: u16,
    child: Option<Child>,
}

impl RabbitNode {
    /// Starts a node and waits until it accepts connections.
    ///
    /// # Panics
    /// When RabbitMQ is not installed, or the node does not come up.
    pub async fn start() -> Self {
        let folder = TempDir::new().expect("a folder can be made");
        fs::write(folder.path().join("plugins"), "[].").expect("a file can be written");
        let mut node = Self {
            folder,
            address: free_address(),
            distribution: free_address().port(),
            child: None,
        };
        node.launch().await;
        node
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@{}/%2f", self.address)
    }

    /// Kills the node with SIGKILL, and starts it again on the data it had.
    pub async fn restart(&mut self) {
        self.kill();
        self.launch().await;
    }

    /// Kills the node with SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let pid = fs::read_to_string(self.path("pid")).unwrap_or_default();
            // The script and the virtual machine it starts: the machine writes its own id.
            Command::new("kill").args(["-KILL", pid.trim()]).status().ok();
            child.kill().ok();
            child.wait().ok();
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn launch(&mut self) {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.path("out"))
            .expect("the log can be written");
        let child = Command::new(program())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("RABBITMQ_NODENAME", format!("postrider-{}@localhost", self.address.port()))
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", self.address.port().to_string())
            .env("RABBITMQ_DIST_PORT", self.distribution.to_string())
            .env("RABBITMQ_MNESIA_BASE", self.path("data"))
            .env("RABBITMQ_LOG_BASE", self.path("log"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", self.path("plugins"))
            .env("RABBITMQ_CONFIG_FILE", self.path("none"))
            .env("RABBITMQ_PID_FILE", self.path("pid"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file handle can be cloned"))
            .stderr(log)
            .spawn()
            .expect("RabbitMQ can be started");
        self.child = Some(child);
        let (address, out) = (self.address, self.path("out"));
        until(&format!("RabbitMQ accepts connections; see {}", out.display()), || async move {
            TcpStream::connect(address).await.ok().map(drop)
        })
        .await;
    }
}

impl Drop for RabbitNode {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program itself; the wrapper in `/usr/sbin` insists on running it as another user.
fn program() -> &'static Path {
    let installed = Path::new("/usr/lib/rabbitmq/bin/rabbitmq-server");
    assert!(
        installed.exists(),
        "RabbitMQ is not installed: `apt-get install rabbitmq-server`, or run ./test"
    );
    installed
}
