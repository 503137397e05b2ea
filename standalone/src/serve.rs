//! Everything in one process.

use std::sync::Arc;

use anyhow::{Context, bail};
use postrider_api::{Accounts, ApiConfig, App, AppParts};
use postrider_backends::{Choice, FolderLock, Service, Sharing};
use postrider_dispatcher::{Dispatcher, DispatcherConfig, DispatcherParts};
use postrider_domain::ports::{InboxStore, Store};
use postrider_egress::{EgressConfig, Guard};
use postrider_receiver::program::{ReceiverSettings, Side};
use postrider_runtime::{Common, ConfigArgs, Loader, Router};
use postrider_worker::{Worker, WorkerConfig, WorkerParts};

use crate::banner::Banner;
use crate::local_key::LocalKey;

/// The settings of all roles.
struct Settings {
    common: Common,
    api: ApiConfig,
    dispatcher: DispatcherConfig,
    worker: WorkerConfig,
    receiver: ReceiverSettings,
    egress: EgressConfig,
    choice: Choice,
}

impl Settings {
    fn load(args: &ConfigArgs) -> anyhow::Result<Self> {
        let mut loader = Loader::new(args.clone());
        let common = loader.common();
        let api = loader.section("api", ApiConfig::validate);
        let dispatcher = loader.section("dispatcher", DispatcherConfig::validate);
        let worker = loader.section("worker", WorkerConfig::validate);
        // A first try posts to a listener on the same machine, which a server must not do.
        let egress =
            loader.section_from("egress", &EgressConfig::embedded(), EgressConfig::validate);
        let receiver = ReceiverSettings::load(&mut loader, args, &EgressConfig::embedded());
        let choice = loader.check(Choice::new(&common, Sharing::OneProcess));
        let (mut receiver, choice) = loader.finish(receiver.zip(choice))?;
        // One address for everything.
        receiver.config.listen = api.listen;
        Ok(Self { common, api, dispatcher, worker, receiver, egress, choice })
    }
}

/// Runs api, dispatcher, worker and receiver until a signal.
pub(crate) async fn run(args: ConfigArgs) -> anyhow::Result<()> {
    let settings = Settings::load(&args)?;
    let common = settings.common.clone();
    let Some(_lock) = FolderLock::take(&common.data_dir)? else {
        bail!(
            "another Postrider runs in {}: stop it, or set POSTRIDER_DATA_DIR to another folder",
            common.data_dir.display()
        );
    };

    let (mut service, inbox) = Service::open_with_inbox(common.clone(), &settings.choice).await?;
    service.store.migrate().await.context("the database cannot be brought to this version")?;
    // Before the first record comes, since a record that finds no partition stays in the default one.
    let (now, ahead) = (service.process.clock.now(), settings.dispatcher.storage_ahead);
    service.store.prepare_storage(now, ahead).await?;
    let ids = service.process.ids.clone();
    let accounts = Accounts::new(service.store.clone(), service.process.clock.clone(), ids.clone());
    let created =
        accounts.ensure_first_administrator("admin", common.admin_password.as_ref()).await?;
    let key = LocalKey::ensure(&common.data_dir, &*service.store, &accounts).await?;

    inbox.migrate_inbox().await.context("the inbox cannot be brought to this version")?;
    let side = start_receiver(&mut service, settings.receiver, &common, inbox.clone()).await?;
    let guard = Arc::new(Guard::new(&settings.egress));
    let incoming = side.router(&service.process)?;
    let address = start_api(&mut service, settings.api, inbox, &guard, incoming).await?;
    start_dispatcher(&mut service, settings.dispatcher)?;
    start_worker(&mut service, settings.worker, &guard).await?;

    println!("{}", Banner::new(address, &common.data_dir, created.as_ref(), key.path(), &ids));
    let ended = service.run().await;
    side.close().await;
    Ok(ended?)
}

/// The receiving side; its URLs are served beside the api's.
async fn start_receiver(
    service: &mut Service,
    settings: ReceiverSettings,
    common: &Common,
    inbox: Arc<dyn InboxStore>,
) -> anyhow::Result<Side> {
    let queue = service.queue.clone();
    let side = Side::new(settings, common, &mut service.process, inbox, queue)?;
    side.work(&mut service.process).await?;
    Ok(side)
}

async fn start_api(
    service: &mut Service,
    config: ApiConfig,
    inbox: Arc<dyn InboxStore>,
    guard: &Arc<Guard>,
    incoming: Router,
) -> anyhow::Result<std::net::SocketAddr> {
    let listen = config.listen;
    let store: Arc<dyn Store> = service.store.clone();
    let metrics = postrider_api::Metrics::new(&service.process.registry)?;
    let counted = metrics.clone();
    service.roll_up(move || counted.activity());
    let app = App::new(AppParts {
        store,
        inbox,
        publisher: service.queue.publisher(),
        clock: service.process.clock.clone(),
        ids: service.process.ids.clone(),
        guard: Arc::clone(guard),
        config,
        metrics,
        tracker: service.process.tracker.clone(),
        shutdown: service.process.shutdown.clone(),
    });
    let router = postrider_api::router(app).merge(incoming).merge(service.health().router());
    Ok(service.serve("api", listen, router).await?)
}

fn start_dispatcher(service: &mut Service, config: DispatcherConfig) -> anyhow::Result<()> {
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
        metrics: postrider_dispatcher::Metrics::new(&service.process.registry)?,
    });
    dispatcher.spawn(&mut service.process);
    Ok(())
}

async fn start_worker(
    service: &mut Service,
    config: WorkerConfig,
    guard: &Arc<Guard>,
) -> anyhow::Result<()> {
    let metrics = postrider_worker::Metrics::new(&service.process.registry)?;
    let counted = metrics.clone();
    service.roll_up(move || counted.activity());
    let worker = Worker::new(WorkerParts {
        store: service.store.clone(),
        flows: service.store.clone(),
        client: guard.client(config.client_settings()),
        clock: service.process.clock.clone(),
        ids: service.process.ids.clone(),
        config,
        metrics,
        worker_name: "embedded".into(),
        tracker: service.process.tracker.clone(),
    })?;
    worker.spawn(&mut service.process, &*service.queue).await?;
    Ok(())
}
