//! What there is when the lists are measured.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use futures_util::{StreamExt, TryStreamExt, stream};
use postrider_backends::{DatabaseUrl, open_store};
use postrider_domain::ports::{NewUser, PasswordHash, RegistrationAddition, Store};
use postrider_domain::{
    Clock, Created, Credentials, DeliveryOptions, EventId, FilterSet, Ids, Registration,
    RegistrationHeaders, RegistrationId, Secret, User, UserId,
};
use postrider_runtime::Common;
use postrider_vault::Keyring;
use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

use crate::clock::WallClock;
use crate::lab::{Lab, Postgres};
use crate::publisher::Api;

/// How many registrations an owner has.
const PER_OWNER: usize = 100;
/// How many are stored at a time.
const WRITERS: usize = 16;
/// How many days the events are of.
const DAYS: u32 = 30;
/// What is not sealed.
const FILL: &str = include_str!("fill.sql");

/// Who looks, and at what.
#[derive(Clone)]
pub(super) struct Viewer {
    /// What they are called in the results.
    pub(super) name: &'static str,
    pub(super) is_administrator: bool,
    pub(super) id: String,
    pub(super) address: SocketAddr,
    pub(super) key: String,
    /// The registration with the most deliveries.
    pub(super) registration: String,
    /// The ids of a page of registrations.
    pub(super) page: String,
    /// An event with a delivery to that registration.
    pub(super) event: String,
    /// Some days in the middle.
    pub(super) from: String,
    pub(super) to: String,
}

/// What there is.
pub(super) struct World {
    pub(super) administrator: Viewer,
    pub(super) user: Viewer,
}

impl World {
    /// Fills the database of `lab`.
    pub(super) async fn fill(
        lab: &Lab,
        api: &Api,
        registrations: usize,
        deliveries: u32,
    ) -> anyhow::Result<Self> {
        let database = lab.setting("POSTRIDER_DATABASE")?;
        let keys = SecretString::from(lab.setting("POSTRIDER_SECRET_KEYS")?);
        let store = open_store(
            &DatabaseUrl::Postgres(database.to_owned()),
            &Common::default(),
            Keyring::parse([&keys])?,
        )
        .await?;
        let past = Duration::from_hours(24) * (DAYS + 1);
        store.prepare_storage(WallClock.now() - past, past).await?;
        let measured = populate(store.as_ref(), registrations).await?;

        let mut connection = PgConnection::connect(database).await?;
        let statements = FILL
            .replace(":events", &(deliveries / 4).to_string())
            .replace(":deliveries", &deliveries.to_string());
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await?;
        sqlx::raw_sql("VACUUM ANALYZE").execute(&mut connection).await?;
        Postgres::analyze(database).await?;
        viewers(&mut connection, lab, api, measured).await
    }
}

async fn viewers(
    connection: &mut PgConnection,
    lab: &Lab,
    api: &Api,
    measured: UserId,
) -> anyhow::Result<World> {
    let (registration, event): (Uuid, Uuid) = sqlx::query_as(
        "SELECT registration_id, min(event_id::text)::uuid FROM deliveries
        GROUP BY registration_id ORDER BY count(*) DESC LIMIT 1",
    )
    .fetch_one(&mut *connection)
    .await?;
    let page: Vec<Uuid> =
        sqlx::query_scalar("SELECT id FROM registrations WHERE owner_id = $1 LIMIT 50")
            .bind(measured.0)
            .fetch_all(&mut *connection)
            .await?;
    let page: Vec<_> = page.into_iter().map(|id| RegistrationId(id).to_string()).collect();
    let root: Uuid = sqlx::query_scalar("SELECT id FROM users WHERE name_key = 'bench'")
        .fetch_one(&mut *connection)
        .await?;
    let day = Duration::from_hours(24);
    let ago = |days: u32| (WallClock.now() - day * days).to_string();
    let user = Viewer {
        name: "as a user with a hundred registrations",
        is_administrator: false,
        id: measured.to_string(),
        address: api.address,
        key: lab.add_reading_key("measured").await?,
        registration: RegistrationId(registration).to_string(),
        page: page.join(","),
        event: EventId(event).to_string(),
        from: ago(15),
        to: ago(10),
    };
    let administrator = Viewer {
        name: "as an administrator",
        is_administrator: true,
        id: UserId(root).to_string(),
        key: lab.add_reading_key("bench").await?,
        ..user.clone()
    };
    Ok(World { administrator, user })
}

/// Users with a hundred registrations each; the first is the one that is measured.
async fn populate(store: &dyn Store, registrations: usize) -> anyhow::Result<UserId> {
    let ids = Ids::new(Arc::new(WallClock));
    let owners = stream::iter(0..registrations.div_ceil(PER_OWNER))
        .map(|number| owner(store, &ids, number))
        .buffered(WRITERS)
        .try_collect::<Vec<_>>()
        .await?;
    let add = |number: usize| registration(store, &ids, owners[number / PER_OWNER], number);
    stream::iter(0..registrations).map(Ok).try_for_each_concurrent(WRITERS, add).await?;
    Ok(owners[0])
}

async fn owner(store: &dyn Store, ids: &Ids, number: usize) -> anyhow::Result<UserId> {
    let now = WallClock.now();
    let name = if number == 0 { "measured".to_owned() } else { format!("user-{number}") };
    let user = User {
        id: ids.next(),
        name: name.parse()?,
        administrator: false,
        disabled: false,
        created_at: now,
        updated_at: now,
    };
    let id = user.id;
    store.add_user(&NewUser { user, password: PasswordHash("-".into()) }).await?;
    Ok(id)
}

async fn registration(
    store: &dyn Store,
    ids: &Ids,
    owner: UserId,
    number: usize,
) -> anyhow::Result<()> {
    let ago = |minutes: usize| {
        WallClock.now() - Duration::from_mins(u64::try_from(minutes).unwrap_or_default())
    };
    let described = number.is_multiple_of(3);
    let registration = Registration {
        id: ids.next(),
        owner,
        uri: format!("https://receiver-{}.example/hooks/{number}", number % 977).parse()?,
        filters: FilterSet::parse([if number.is_multiple_of(2) { "reports" } else { "*" }])?,
        secret: Secret::generate(ids),
        previous_secret: None,
        description: described.then(|| format!("team {}: the archive of everything", number % 500)),
        paused: number % 40 == 1,
        secret_expires_at: None,
        disabled: None,
        condition: None,
        options: DeliveryOptions::default(),
        credentials: Credentials::default(),
        headers: RegistrationHeaders::default(),
        properties: std::collections::BTreeMap::new(),
        created_at: ago(number),
        updated_at: ago(number * 31 % 100_000),
    };
    let added = store.add_registration(&registration, None, u32::MAX).await?;
    ensure!(matches!(added, RegistrationAddition::Created(Created::New)), "it is stored");
    Ok(())
}
