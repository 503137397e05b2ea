//! `postrider-worker`: the worker as a process of its own.

use std::sync::Arc;

use clap::Parser;
use postrider_backends::{Choice, Service, Sharing};
use postrider_egress::{EgressConfig, Guard};
use postrider_runtime::{ConfigArgs, Loader};
use postrider_worker::{Metrics, Worker, WorkerConfig, WorkerParts};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Posts deliveries and records every attempt. Any number may run at once.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    config: ConfigArgs,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut loader = Loader::new(Args::parse().config);
    let common = loader.common();
    let config = loader.section("worker", WorkerConfig::validate);
    let egress = loader.section("egress", EgressConfig::validate);
    let choice = loader.check(Choice::new(&common, Sharing::ManyProcesses));
    let choice = loader.finish(choice)?;

    let mut service = Service::open(common, &choice).await?;
    service.serve("health", config.listen, service.health().router()).await?;
    let metrics = Metrics::new(&service.process.registry)?;
    let counted = metrics.clone();
    service.roll_up(move || counted.activity());
    let guard = Arc::new(Guard::new(&egress));
    let worker = Worker::new(WorkerParts {
        store: service.store.clone(),
        flows: service.store.clone(),
        client: guard.client(config.client_settings()),
        clock: service.process.clock.clone(),
        ids: service.process.ids.clone(),
        worker_name: postrider_runtime::process::name(),
        metrics,
        tracker: service.process.tracker.clone(),
        config,
    })?;
    worker.spawn(&mut service.process, &*service.queue).await?;
    service.run().await?;
    Ok(())
}
