//! `postrider-bench matching`: what it costs to find the registrations that are told of an event,
//! among few and among very many.
//!
//! It calls the store's own dispatch, one event at a time, on a database of each shape: a few
//! registrations; very many that ask for the event, whose owners may not read its resource but for
//! three; and very many whose owners may read it, of which three ask. Three match in each.
#![expect(clippy::print_stdout, reason = "the report is what this program is for")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Parser;
use futures_util::{StreamExt, TryStreamExt, stream};
use postrider_backends::{DatabaseUrl, open_store};
use postrider_domain::ports::{NewUser, PasswordHash, RegistrationAddition, Store};
use postrider_domain::{
    Access, Clock, Created, Credentials, DeliveryOptions, Event, EventId, FilterSet, Holder, Ids,
    NewEvent, Permission, Registration, RegistrationHeaders, Resource, ResourceScope, RoleId,
    Secret, User, UserId,
};
use postrider_runtime::Common;
use postrider_vault::Keyring;
use tempfile::TempDir;

use crate::args::Backend;
use crate::clock::WallClock;
use crate::lab::Postgres;

/// What this is called on the command line.
pub(crate) const COMMAND: &str = "matching";

/// How many registrations match in every shape.
const MATCHES: usize = 3;
/// How many registrations an owner has.
const PER_OWNER: usize = 100;
/// How many are stored at a time.
const WRITERS: usize = 16;
/// What an event is about.
const RESOURCE: &str = "42";

/// Measures one dispatch among few and among many registrations, of which three match.
#[derive(Debug, Parser)]
#[command(name = "postrider-bench matching", version)]
pub(crate) struct MatchingArgs {
    /// What to measure it on
    #[arg(long, value_enum, default_value_t = Backend::Services)]
    backend: Backend,

    /// How many registrations are many
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    registrations: usize,

    /// How many events are dispatched, one at a time
    #[arg(long, value_name = "N", default_value_t = 300)]
    events: usize,

    /// The Postgres server; the user must be allowed to create databases
    #[arg(
        long,
        value_name = "URL",
        env = "POSTRIDER_BENCH_POSTGRES",
        hide_env_values = true,
        default_value = "postgres://postgres@127.0.0.1:5432?sslmode=disable"
    )]
    postgres: url::Url,
}

/// Who is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Few,
    ManyAsk,
    ManyMayRead,
}

impl Shape {
    fn describe(self, many: usize) -> String {
        match self {
            Self::Few => "10 registrations, 3 match".into(),
            Self::ManyAsk => format!("{many} ask, 3 of them may read"),
            Self::ManyMayRead => format!("{many} may read, 3 of them ask"),
        }
    }

    /// Whether the owner of the registration `number` may read the resource, and what it asks for.
    fn of(self, number: usize) -> (bool, &'static str) {
        let matches = number < MATCHES;
        match self {
            Self::Few => (matches, "reports"),
            Self::ManyAsk => (
                number < PER_OWNER,
                if matches || number >= PER_OWNER { "reports" } else { "tasks" },
            ),
            Self::ManyMayRead => (true, if matches { "reports" } else { "tasks" }),
        }
    }
}

/// Measures every shape and prints a line for each.
pub(crate) async fn run(args: MatchingArgs) -> anyhow::Result<()> {
    let mut reference = None;
    println!("{:<36} {:>10} {:>10} {:>8}", "one event among", "p50 ms", "p95 ms", "ratio");
    for shape in [Shape::Few, Shape::ManyAsk, Shape::ManyMayRead] {
        let mut lab = Lab::open(&args).await?;
        let measured = measure(&lab, shape, &args).await;
        let cleared = lab.clear().await;
        let mut times = measured?;
        cleared?;
        times.sort_unstable();
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
        let reference = *reference.get_or_insert(at(50));
        let ratio = at(50) / reference;
        let shape = shape.describe(args.registrations);
        println!("{shape:<36} {:>10.3} {:>10.3} {ratio:>8.2}", at(50), at(95));
    }
    Ok(())
}

async fn measure(lab: &Lab, shape: Shape, args: &MatchingArgs) -> anyhow::Result<Vec<Duration>> {
    lab.populate(shape, args.registrations).await?;
    lab.analyze().await?;
    let mut times = Vec::with_capacity(args.events);
    // The first tenth is for caches and plans.
    let warm_up = args.events / 10;
    for number in 0..warm_up + args.events {
        let event = lab.accept().await?;
        let now = WallClock.now();
        let began = Instant::now();
        let deliveries = lab.store.dispatch_events(&[event], now, now).await?.created;
        let took = began.elapsed();
        ensure!(deliveries.len() == MATCHES, "{} deliveries", deliveries.len());
        if number >= warm_up {
            times.push(took);
        }
    }
    Ok(times)
}

/// A database of its own.
struct Lab {
    store: Arc<dyn Store>,
    ids: Ids,
    server: Option<Postgres>,
    url: String,
    _folder: TempDir,
}

impl Lab {
    async fn open(args: &MatchingArgs) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (server, database, url) = match args.backend {
            Backend::Embedded => {
                let url = format!("sqlite:{}", folder.path().join("postrider.db").display());
                (None, DatabaseUrl::Sqlite(url.clone()), url)
            }
            Backend::Services => {
                let mut server = Postgres::connect(args.postgres.clone()).await?;
                let name = format!("postrider_bench_matching_{}", std::process::id());
                let url = server.create(&name).await?.to_string();
                (Some(server), DatabaseUrl::Postgres(url.clone()), url)
            }
        };
        let keyring = Keyring::parse([&Keyring::generate_key()])?;
        let store = open_store(&database, &Common::default(), keyring).await?;
        store.migrate().await?;
        store.prepare_storage(WallClock.now(), Duration::from_hours(24)).await?;
        let ids = Ids::new(Arc::new(WallClock));
        Ok(Self { store, ids, server, url, _folder: folder })
    }

    async fn populate(&self, shape: Shape, many: usize) -> anyhow::Result<()> {
        let (count, per_owner) = if shape == Shape::Few { (10, 1) } else { (many, PER_OWNER) };
        let owners = stream::iter(0..count.div_ceil(per_owner))
            .map(|number| self.owner(number, shape.of(number * per_owner).0, shape))
            .buffered(WRITERS)
            .try_collect::<Vec<_>>()
            .await?;
        let add = |number: usize| self.registration(owners[number / per_owner], shape.of(number).1);
        stream::iter(0..count).map(Ok).try_for_each_concurrent(WRITERS, add).await
    }

    async fn owner(&self, number: usize, may_read: bool, shape: Shape) -> anyhow::Result<UserId> {
        let now = WallClock.now();
        let user = User {
            id: self.ids.next(),
            name: format!("owner-{number}").parse()?,
            administrator: false,
            disabled: false,
            created_at: now,
            updated_at: now,
        };
        let id = user.id;
        self.store.add_user(&NewUser { user, password: PasswordHash("-".into()) }).await?;
        if may_read && shape == Shape::ManyMayRead {
            self.store.add_role_member(RoleId::REPORT_READER, id, now).await?;
        } else if may_read {
            let permission = Permission {
                id: self.ids.next(),
                holder: Holder::User(id),
                kind: "reports".parse()?,
                scope: ResourceScope::One(RESOURCE.into()),
                access: Access::READ,
                created_at: now,
            };
            self.store.grant_permission(&permission).await?;
        }
        Ok(id)
    }

    async fn registration(&self, owner: UserId, filter: &str) -> anyhow::Result<()> {
        let now = WallClock.now();
        let registration = Registration {
            id: self.ids.next(),
            owner,
            uri: "https://receiver.example/".parse()?,
            filters: FilterSet::parse([filter])?,
            secret: Secret::generate(&self.ids),
            previous_secret: None,
            description: None,
            paused: false,
            secret_expires_at: None,
            disabled: None,
            condition: None,
            options: DeliveryOptions::default(),
            credentials: Credentials::default(),
            headers: RegistrationHeaders::default(),
            properties: std::collections::BTreeMap::new(),
            created_at: now,
            updated_at: now,
        };
        let added = self.store.add_registration(&registration, None, u32::MAX).await?;
        ensure!(matches!(added, RegistrationAddition::Created(Created::New)), "it is stored");
        Ok(())
    }

    async fn accept(&self) -> anyhow::Result<EventId> {
        let now = WallClock.now();
        let event = Event {
            id: self.ids.next(),
            filter: "reports".parse()?,
            event_type: "Edited".parse()?,
            resource: Resource { id: RESOURCE.into(), name: None, category: None },
            actor: None,
            occurred_at: now,
            accepted_at: now,
            data: None,
            publisher: None,
            audience: None,
        };
        let id = event.id;
        self.store.accept_events(&[vec![NewEvent { event, key: None }]], now).await?;
        Ok(id)
    }

    /// What the server does by itself a minute later.
    async fn analyze(&self) -> anyhow::Result<()> {
        match &self.server {
            Some(_) => Postgres::analyze(&self.url).await.context("cannot analyze"),
            None => Ok(()),
        }
    }

    async fn clear(&mut self) -> anyhow::Result<()> {
        match &mut self.server {
            Some(server) => server.remove().await,
            None => Ok(()),
        }
    }
}
