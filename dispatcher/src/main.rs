//! `postrider-dispatcher`: the dispatcher as a process of its own.

use clap::Parser;
use postrider_backends::{Choice, Service, Sharing};
use postrider_dispatcher::{Dispatcher, DispatcherConfig, DispatcherParts, Metrics};
use postrider_runtime::{ConfigArgs, Loader};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Turns events into deliveries and sends on whatever is due. Any number may run at once.
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
    let config = loader.section("dispatcher", DispatcherConfig::validate);
    let choice = loader.check(Choice::new(&common, Sharing::ManyProcesses));
    let choice = loader.finish(choice)?;

    let mut service = Service::open(common, &choice).await?;
    service.serve("health", config.listen, service.health().router()).await?;
    let dispatcher = Dispatcher::new(DispatcherParts {
        store: service.store.clone(),
        flows: service.store.clone(),
        replays: service.store.clone(),
        operations: service.store.clone(),
        activity: service.store.clone(),
        queue: service.queue.clone(),
        clock: service.process.clock.clone(),
        ids: service.process.ids.clone(),
        config,
        metrics: Metrics::new(&service.process.registry)?,
    });
    dispatcher.spawn(&mut service.process);
    service.run().await?;
    Ok(())
}
