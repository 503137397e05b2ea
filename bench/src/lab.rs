//! The product under test, and everything that has to be removed after it.
//!
//! What is created is remembered before it is created, so that [`Lab::clear`] finds it however far a
//! start has come.

mod postgres;
mod process;
mod rabbitmq;
mod servers;
mod setup;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use postrider_vault::Keyring;
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::args::{Backend, LabArgs};
use crate::build::Binaries;
use crate::meter::Sources;
use crate::publisher::Api;
use crate::run::interrupt;
pub(crate) use postgres::Postgres;
use process::Process;
pub(crate) use servers::Servers;

/// How often it is looked whether something has come about.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The environment of the product's processes.
type Environment = Vec<(&'static str, String)>;

/// Where the product runs.
pub(crate) struct Lab {
    binaries: Binaries,
    /// Holds data, logs and, as the working directory, keeps any `postrider.toml` out of the way.
    scratch: TempDir,
    /// What separate processes share; none when the product is embedded.
    servers: Option<Servers>,
    processes: Vec<Process>,
    /// What the processes of the last start were told.
    environment: Environment,
    starts: u32,
}

impl Lab {
    /// Finds the servers and a place for files.
    pub(crate) async fn open(args: &LabArgs, binaries: Binaries) -> anyhow::Result<Self> {
        let servers = match args.backend {
            Backend::Embedded => None,
            Backend::Services => Some(Servers::open(&args.servers).await?),
        };
        let scratch = tempfile::Builder::new().prefix("postrider-bench-").tempdir()?;
        let (processes, environment) = (Vec::new(), Environment::new());
        Ok(Self { binaries, scratch, servers, processes, environment, starts: 0 })
    }

    /// Starts the product from nothing and waits until it is ready.
    pub(crate) async fn start(&mut self) -> anyhow::Result<Api> {
        self.starts += 1;
        let name = format!("postrider_bench_{}_{}", std::process::id(), self.starts);
        let folder = self.scratch.path().join(&name);
        std::fs::create_dir(&folder)?;

        let addresses = free_addresses()?;
        let mut environment = common_environment(&folder, addresses);
        if let Some(servers) = &mut self.servers {
            let (database, queue) = servers.create(&name).await?;
            environment.push(("POSTRIDER_DATABASE", database.into()));
            environment.push(("POSTRIDER_QUEUE", queue.into()));
            environment.push(("POSTRIDER_QUEUE_NAMESPACE", name));
            let key = Keyring::generate_key();
            environment.push(("POSTRIDER_SECRET_KEYS", key.expose_secret().into()));
        }
        let tool = self.binaries.find("postrider")?;
        let key = setup::prepare(&tool, &folder, &environment).await?;

        for (role, binary, address) in self.roles(addresses) {
            let program = self.binaries.find(binary)?;
            self.processes.push(Process::spawn(role, &program, address, &folder, &environment)?);
        }
        for process in &mut self.processes {
            process.wait_until_ready().await?;
        }
        self.environment = environment;
        Ok(Api { address: addresses[0], key })
    }

    /// What the processes of the last start were told by a variable.
    pub(crate) fn setting(&self, name: &str) -> anyhow::Result<&str> {
        let found = self.environment.iter().find(|(told, _)| *told == name);
        found.map(|(_, value)| value.as_str()).with_context(|| format!("`{name}` was not told"))
    }

    /// Name in the results, binary, and where it tells its health.
    fn roles(&self, addresses: [SocketAddr; 3]) -> Vec<(&'static str, &'static str, SocketAddr)> {
        let [api, dispatcher, worker] = addresses;
        match self.servers {
            None => vec![("postrider", "postrider", api)],
            Some(_) => vec![
                ("api", "postrider-api", api),
                ("dispatcher", "postrider-dispatcher", dispatcher),
                ("worker", "postrider-worker", worker),
            ],
        }
    }

    /// The value of a metric of the dispatcher that has no labels.
    pub(crate) async fn dispatcher_metric(&self, name: &str) -> anyhow::Result<f64> {
        let dispatcher = self.processes.iter().find(|process| process.role() != "api");
        dispatcher.context("nothing runs")?.metric(name).await
    }

    /// Waits until so many deliveries were made, and all but `under_way` of them wait for something,
    /// were delivered or are given up.
    pub(crate) async fn wait_until_put_aside(
        &mut self,
        deliveries: u32,
        under_way: u32,
    ) -> anyhow::Result<()> {
        loop {
            self.check_alive()?;
            let created = self.dispatcher_metric("postrider_deliveries_created_total").await?;
            let wanted = self.dispatcher_metric("postrider_deliveries_wanted").await?;
            let undispatched = self.dispatcher_metric("postrider_events_undispatched").await?;
            let is_done = created >= deliveries.into() && undispatched == 0.0;
            if is_done && wanted <= under_way.into() {
                return Ok(());
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// A key that reads, of a user of the last start.
    pub(crate) async fn add_reading_key(&self, user: &str) -> anyhow::Result<String> {
        let tool = self.binaries.find("postrider")?;
        let folder = Path::new(self.setting("POSTRIDER_DATA_DIR")?);
        setup::add_key(&tool, folder, &self.environment, user, &["read"]).await
    }

    /// What there is to measure.
    pub(crate) fn sources(&self) -> Sources {
        let processes = self.processes.iter().map(|process| (process.role(), process.source()));
        processes.chain(self.servers.iter().flat_map(Servers::sources)).collect()
    }

    /// Fails when a process has ended.
    pub(crate) fn check_alive(&mut self) -> anyhow::Result<()> {
        self.processes.iter_mut().try_for_each(Process::check_alive)
    }

    /// Measures until that is done or interrupted, and clears the lab away.
    pub(crate) async fn used_for(
        mut self,
        measure: impl AsyncFnOnce(&mut Self) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let measured = tokio::select! {
            measured = measure(&mut self) => measured,
            interrupted = interrupt() => interrupted.and(Err(anyhow!("interrupted"))),
        };
        let cleared = self.clear().await;
        measured.and(cleared)
    }

    /// Stops the processes and removes what was created. Goes on after a failure, and returns the
    /// first.
    pub(crate) async fn clear(&mut self) -> anyhow::Result<()> {
        let mut cleared = Ok(());
        for process in self.processes.drain(..) {
            cleared = cleared.and(process.stop().await);
        }
        if let Some(servers) = &mut self.servers {
            cleared = cleared.and(servers.remove().await);
        }
        cleared
    }
}

fn common_environment(folder: &Path, [api, dispatcher, worker]: [SocketAddr; 3]) -> Environment {
    vec![
        ("POSTRIDER_DATA_DIR", folder.display().to_string()),
        ("POSTRIDER_API__LISTEN", api.to_string()),
        ("POSTRIDER_DISPATCHER__LISTEN", dispatcher.to_string()),
        ("POSTRIDER_WORKER__LISTEN", worker.to_string()),
        ("POSTRIDER_EGRESS__ALLOW", "127.0.0.0/8".into()),
        ("POSTRIDER_EGRESS__ALLOW_HTTP", "true".into()),
        ("POSTRIDER_LOG", "warn".into()),
    ]
}

/// Three addresses that nobody listens on. All are held before any is let go, so they differ.
fn free_addresses() -> std::io::Result<[SocketAddr; 3]> {
    let listen = || TcpListener::bind(("127.0.0.1", 0));
    let held = [listen()?, listen()?, listen()?];
    Ok([held[0].local_addr()?, held[1].local_addr()?, held[2].local_addr()?])
}
