//! `postrider-api`: the api as a process of its own.

use std::sync::Arc;

use clap::Parser;
use postrider_api::{ApiConfig, App, AppParts, Metrics};
use postrider_backends::{Choice, Service, Sharing};
use postrider_egress::{EgressConfig, Guard};
use postrider_runtime::{ConfigArgs, Loader};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Accepts events, and looks after registrations, deliveries and accounts. Any number may run at once.
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
    let config = loader.section("api", ApiConfig::validate);
    let egress = loader.section("egress", EgressConfig::validate);
    let choice = loader.check(Choice::new(&common, Sharing::ManyProcesses));
    let choice = loader.finish(choice)?;

    // Whether the inbox has a schema is asked by those who look at it: an api works without a receiving
    // side.
    let (mut service, inbox) = Service::open_with_inbox(common, &choice).await?;
    let listen = config.listen;
    let metrics = Metrics::new(&service.process.registry)?;
    let counted = metrics.clone();
    service.roll_up(move || counted.activity());
    let app = App::new(AppParts {
        store: service.store.clone(),
        inbox,
        publisher: service.queue.publisher(),
        clock: service.process.clock.clone(),
        ids: service.process.ids.clone(),
        guard: Arc::new(Guard::new(&egress)),
        config,
        metrics,
        tracker: service.process.tracker.clone(),
        shutdown: service.process.shutdown.clone(),
    });
    let router = postrider_api::router(app).merge(service.health().router());
    service.serve("api", listen, router).await?;
    service.run().await?;
    Ok(())
}
