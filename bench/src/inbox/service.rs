//! The services under test: this program again, as a child, which ends with its standard input.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use axum::body::Bytes;
use axum::routing::post;
use clap::{Parser, ValueEnum};
use http::StatusCode;
use postrider_backends::{DatabaseUrl, QueueUrl, open_inbox, open_queue};
use postrider_domain::ReceiverAddress;
use postrider_domain::ports::Queue;
use postrider_receiver::inbox::{
    Inbox, InboxConfig, InboxMetrics, InboxParts, Processor, ProcessorParts, Scheduler,
    SchedulerParts,
};
use postrider_receiver::routes::{HttpSettings, PATH, ReceiveMetrics, Receiving, Then};
use postrider_receiver::{
    Chain, Context, Handler, HandlerError, ReceiverOptions, Receivers, SecretTable, Secrets,
};
use postrider_runtime::{Common, HealthChecks, Process, Router};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use super::ledger::Ledger;
use super::webhooks::{ID, SECRET};
use crate::http_connection::HttpConnection;

/// The first argument that makes this program a service under test.
pub(crate) const COMMAND: &str = "inbox-service";

/// How long the handler takes.
pub(super) const HANDLER_TAKES: Duration = Duration::from_secs(30);
const HANDLER: &str = "slow";

/// How long a service may take to end.
const GRACE: Duration = Duration::from_millis(100);

/// What a service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Role {
    /// Reads the body and answers 204
    Bare,
    /// Receives webhooks into the inbox
    Receive,
    /// Runs a handler that takes long for what is in the inbox
    Work,
}

/// The command line of the child process.
#[derive(Debug, Parser)]
pub(crate) struct ServiceArgs {
    #[arg(value_enum)]
    role: Role,
    #[arg(long, env = "POSTRIDER_DATABASE", default_value = "")]
    database: String,
    #[arg(long, env = "POSTRIDER_QUEUE", default_value = "")]
    queue: String,
    #[arg(long, env = "POSTRIDER_QUEUE_NAMESPACE", default_value = "")]
    namespace: String,
    #[arg(long)]
    in_flight: Option<usize>,
}

/// Serves until standard input ends.
pub(crate) async fn serve(args: ServiceArgs) -> anyhow::Result<()> {
    let mut process = Process::new()?;
    // The queue ends with its last owner, which need not be a part that publishes.
    let (router, _queue) = match args.role {
        Role::Bare => {
            let answer = post(|_: Bytes| async { StatusCode::NO_CONTENT });
            (Router::new().route(&path(), answer), None)
        }
        Role::Receive => receive(&args, &process).await?,
        Role::Work => work(&args, &mut process).await?,
    };
    let health = HealthChecks::new(process.registry.clone(), Vec::new());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    process.serve("service", listener, router.merge(health.router()));
    let shutdown = process.shutdown.clone();
    process.tracker.spawn(async move {
        tokio::io::stdin().read_to_end(&mut Vec::new()).await.ok();
        shutdown.cancel();
    });
    let mut output = tokio::io::stdout();
    output.write_all(format!("{address}\n").as_bytes()).await?;
    output.flush().await?;
    process.run(GRACE).await.map_err(anyhow::Error::msg)
}

/// Where webhooks are sent.
pub(super) fn path() -> String {
    format!("{PATH}/github/{ID}")
}

/// The routes of a service, and its queue if it has one.
type Part = (Router, Option<Arc<dyn Queue>>);

/// What is the same in a process that receives and one that works.
struct Parts {
    common: Common,
    receivers: Arc<Receivers>,
    metrics: InboxMetrics,
}

impl Parts {
    fn new(args: &ServiceArgs, process: &Process) -> anyhow::Result<Self> {
        let mut secrets = SecretTable::default();
        secrets.insert(ReceiverAddress::new("github", ID), [SECRET.into()]);
        let (clock, secrets) = (Arc::clone(&process.clock), Arc::new(Secrets::new(secrets)));
        Ok(Self {
            common: Common { queue_namespace: args.namespace.clone(), ..Common::default() },
            receivers: Arc::new(Receivers::new(secrets, clock, ReceiverOptions::default())),
            metrics: InboxMetrics::new(&process.registry, ["github"], [HANDLER])?,
        })
    }
}

async fn receive(args: &ServiceArgs, process: &Process) -> anyhow::Result<Part> {
    let Parts { common, receivers, metrics } = Parts::new(args, process)?;
    let queue = open_queue(&QueueUrl::Amqp(args.queue.clone()), &common)?;
    let mut config = InboxConfig::default();
    config.accept_in_flight = args.in_flight.unwrap_or(config.accept_in_flight);
    let inbox = Inbox::start(InboxParts {
        store: open_inbox(&DatabaseUrl::Postgres(args.database.clone()), &common).await?,
        publisher: queue.publisher(),
        clock: Arc::clone(&process.clock),
        ids: process.ids.clone(),
        config,
        metrics,
        tracker: process.tracker.clone(),
    });
    let (then, settings) = (Then::Enqueue(Arc::new(inbox)), HttpSettings::default());
    let metrics = ReceiveMetrics::new(&process.registry, ["github"])?;
    Ok((Receiving::new(receivers, then, settings, metrics).into_router(), Some(queue)))
}

async fn work(args: &ServiceArgs, process: &mut Process) -> anyhow::Result<Part> {
    let Parts { common, receivers, metrics } = Parts::new(args, process)?;
    let queue = open_queue(&QueueUrl::Amqp(args.queue.clone()), &common)?;
    let store = open_inbox(&DatabaseUrl::Postgres(args.database.clone()), &common).await?;
    let processor = Processor::new(ProcessorParts {
        store: Arc::clone(&store),
        receivers,
        chain: Chain::new([Arc::new(Slow) as Arc<dyn Handler>]),
        base: "http://127.0.0.1".parse()?,
        clock: Arc::clone(&process.clock),
        ids: process.ids.clone(),
        config: InboxConfig::default(),
        metrics: metrics.clone(),
        tracker: process.tracker.clone(),
    })?;
    processor.spawn(process, &*queue).await?;
    let clock = Arc::clone(&process.clock);
    let config = InboxConfig::default();
    let parts = SchedulerParts { store, queue: Arc::clone(&queue), clock, config, metrics };
    Scheduler::new(parts).spawn(process);
    Ok((Router::new(), Some(queue)))
}

/// Takes long, and does nothing.
struct Slow;

#[async_trait]
impl Handler for Slow {
    fn name(&self) -> &'static str {
        HANDLER
    }

    async fn handle(&self, _: &mut Context) -> Result<(), HandlerError> {
        tokio::time::sleep(HANDLER_TAKES).await;
        Ok(())
    }
}

/// A service in its own process, which ends with this value.
pub(super) struct Service {
    /// Kept, since the process ends with it.
    _child: Child,
    pid: u32,
    pub(super) address: SocketAddr,
}

impl Service {
    /// Starts a service, on the servers of `ledger` unless it is bare.
    pub(super) async fn start(
        role: Role,
        ledger: Option<&Ledger>,
        in_flight: Option<usize>,
    ) -> anyhow::Result<Self> {
        let name = role.to_possible_value().context("the role has no name")?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args([COMMAND, name.get_name()]);
        if let Some(ledger) = ledger {
            command
                .env("POSTRIDER_DATABASE", ledger.database.as_str())
                .env("POSTRIDER_QUEUE", ledger.queue.as_str())
                .env("POSTRIDER_QUEUE_NAMESPACE", &ledger.namespace);
        }
        if let Some(in_flight) = in_flight {
            command.args(["--in-flight", &in_flight.to_string()]);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the service")?;
        let pid = child.id().context("the service has ended")?;
        let output = child.stdout.take().context("the service has no output")?;
        let line = BufReader::new(output).lines().next_line().await?;
        let address = line.context("the service died")?.parse()?;
        Ok(Self { _child: child, pid, address })
    }

    /// Its process.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// The value of a metric that has no labels.
    pub(super) async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let (_, text) = HttpConnection::open(self.address).await?.get("/metrics").await?;
        let text = String::from_utf8_lossy(&text);
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(value.with_context(|| format!("there is no metric `{name}`"))?.parse()?)
    }
}
