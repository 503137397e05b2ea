//! What the process runs.

use anyhow::{Context, bail};
use postrider_backends::{DatabaseUrl, FolderLock, Service, Sharing, open_inbox};
use postrider_domain::ports::InboxStore;
use postrider_receiver::program::{ReceiverSettings, Side, load_database};
use postrider_runtime::{Common, ConfigArgs};

/// Both halves.
pub(crate) async fn all(args: ConfigArgs) -> anyhow::Result<()> {
    run(args, Sharing::OneProcess, Halves { serve: true, work: true }).await
}

/// Receiving alone.
pub(crate) async fn serve(args: ConfigArgs) -> anyhow::Result<()> {
    run(args, Sharing::ManyProcesses, Halves { serve: true, work: false }).await
}

/// Processing alone.
pub(crate) async fn work(args: ConfigArgs) -> anyhow::Result<()> {
    run(args, Sharing::ManyProcesses, Halves { serve: false, work: true }).await
}

#[derive(Clone, Copy)]
struct Halves {
    serve: bool,
    work: bool,
}

async fn run(args: ConfigArgs, sharing: Sharing, halves: Halves) -> anyhow::Result<()> {
    let (common, settings, servers) = ReceiverSettings::with_servers(&args, sharing)?;
    let (listen, health) = (settings.config.listen, settings.config.health_listen);
    let lock = lock(&servers.database, &common)?;
    let mut service = Service::<dyn InboxStore>::open_inbox(common.clone(), &servers).await?;
    if lock.is_some() {
        // A file is this process's own, so that nobody else brings it to this version.
        service
            .store
            .migrate_inbox()
            .await
            .context("the inbox cannot be brought to this version")?;
    }
    let (store, queue) = (service.store.clone(), service.queue.clone());
    let side = Side::new(settings, &common, &mut service.process, store, queue)?;
    service.serve("health", health, service.health().router()).await?;
    if halves.work {
        side.work(&mut service.process).await?;
    }
    if halves.serve {
        let router = side.router(&service.process)?;
        service.serve("receiver", listen, router).await?;
    }
    let ended = service.run().await;
    side.close().await;
    Ok(ended?)
}

/// Brings the inbox to this version's schema.
pub(crate) async fn migrate(args: ConfigArgs) -> anyhow::Result<()> {
    let (common, database) = load_database(args)?;
    let _lock = lock(&database, &common)?;
    open_inbox(&database, &common).await?.migrate_inbox().await?;
    println!("the inbox has this version's schema");
    Ok(())
}

/// Where the data is in a file, nobody else works with it: neither this program nor `postrider`, which
/// takes the same lock.
fn lock(database: &DatabaseUrl, common: &Common) -> anyhow::Result<Option<FolderLock>> {
    if matches!(database, DatabaseUrl::Postgres(_)) {
        return Ok(None);
    }
    let Some(lock) = FolderLock::take(&common.data_dir)? else {
        bail!(
            "another Postrider runs in {}: stop it, or set POSTRIDER_DATA_DIR to another folder",
            common.data_dir.display()
        );
    };
    Ok(Some(lock))
}
