//! The limit: how many signed requests this machine can send to the sink with nothing in between.
//!
//! It does all that a delivery cannot do without, with the product's own code, and nothing else: it
//! writes the body, signs it twice, posts it and reads the answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, ensure};
use postrider_domain::{
    Clock, Credentials, DeliveryId, DeliveryOptions, Event, FilterSet, Ids, Registration,
    RegistrationHeaders, Resource, Secret,
};
use postrider_egress::{ClientSettings, EgressConfig, Guard, GuardedClient};
use postrider_wire::request::{Outbound, Request};
use tokio::task::JoinSet;

use crate::args::Backend;
use crate::clock::{WallClock, now_micros};
use crate::meter::{Meter, Source};
use crate::outcome::Outcome;
use crate::payload::{self, Stamp};
use crate::profile::Profiler;
use crate::scenario::{Load, Scenario};
use crate::sink::Sink;
use crate::tally::Tally;

/// How many requests are in flight; the best of these is the limit.
const CONCURRENCIES: [usize; 3] = [64, 128, 256];

/// Measures at each concurrency and returns the best.
pub(crate) async fn measure(
    backend: Backend,
    load: Load,
    profiler: &Profiler,
) -> anyhow::Result<Outcome> {
    let mut best: Option<Outcome> = None;
    for concurrency in CONCURRENCIES {
        let outcome = measure_at(concurrency, backend, load, profiler).await?;
        if best.as_ref().is_none_or(|best| best.deliveries_per_s < outcome.deliveries_per_s) {
            best = Some(outcome);
        }
    }
    best.context("there is no concurrency to measure at")
}

async fn measure_at(
    concurrency: usize,
    backend: Backend,
    load: Load,
    profiler: &Profiler,
) -> anyhow::Result<Outcome> {
    let sink = Sink::start(load).await?;
    let sender = Arc::new(Sender::new(&sink.uri(0), concurrency)?);
    let sources = vec![("sink", Source::Process(sink.pid()))];
    let recording = profiler.start(&format!("limit-{concurrency}"), &sources)?;
    let meter = Meter::start(sources);

    let began_at = now_micros();
    let next = Arc::new(AtomicU32::new(0));
    let mut senders = JoinSet::new();
    for _ in 0..concurrency {
        senders.spawn(send_some(Arc::clone(&sender), Arc::clone(&next), load.events));
    }
    while let Some(ended) = senders.join_next().await {
        ended??;
    }
    let usage = meter.end();
    recording.end().await?;
    let tally = Tally::of(&sink.take().await?, load);
    let mut outcome = Outcome::new((Scenario::Limit, backend), began_at, &tally, &usage);
    outcome.concurrency = Some(concurrency);
    Ok(outcome)
}

async fn send_some(sender: Arc<Sender>, next: Arc<AtomicU32>, events: u32) -> anyhow::Result<()> {
    loop {
        let sequence = next.fetch_add(1, Ordering::Relaxed);
        if sequence >= events {
            return Ok(());
        }
        sender.send(sequence).await?;
    }
}

/// Sends deliveries of one registration.
struct Sender {
    client: GuardedClient,
    registration: Registration,
    event: Event,
}

impl Sender {
    fn new(uri: &str, concurrency: usize) -> anyhow::Result<Self> {
        let config = EgressConfig {
            allow: vec!["127.0.0.0/8".parse()?],
            allow_http: true,
            ..EgressConfig::default()
        };
        let settings = ClientSettings { max_idle_per_host: concurrency, ..Default::default() };
        let ids = Ids::new(Arc::new(WallClock));
        let now = WallClock.now();
        Ok(Self {
            client: Arc::new(Guard::new(&config)).client(settings),
            registration: Registration {
                id: ids.next(),
                owner: ids.next(),
                uri: uri.parse()?,
                filters: FilterSet::all(),
                secret: Secret::generate(&ids),
                previous_secret: None,
                description: None,
                paused: false,
                secret_expires_at: None,
                disabled: None,
                condition: None,
                options: DeliveryOptions::default(),
                credentials: Credentials::default(),
                headers: RegistrationHeaders::default(),
                properties: BTreeMap::new(),
                created_at: now,
                updated_at: now,
            },
            event: Event {
                id: ids.next(),
                filter: payload::FILTER.parse()?,
                event_type: payload::EVENT_TYPE.parse()?,
                resource: Resource {
                    id: payload::resource_id(0),
                    name: Some(payload::RESOURCE_NAME.into()),
                    category: Some(payload::CATEGORY.into()),
                },
                actor: None,
                occurred_at: now,
                accepted_at: now,
                data: None,
                publisher: None,
                audience: None,
            },
        })
    }

    async fn send(&self, sequence: u32) -> anyhow::Result<()> {
        let now = WallClock.now();
        let data = Stamp { sequence, sent_at: now.as_micros() }.to_data();
        let events = [Event { data: Some(data), ..self.event.clone() }];
        let registration = &self.registration;
        let delivery = DeliveryId::derive(events[0].id, registration.id);
        let outbound = Outbound { delivery, attempt: 1, replay: 0, registration, events: &events };
        let Request { url, headers, body } = Request::new(&outbound, now)?;
        let mut response = self.client.post(url, headers, body).await?;
        ensure!(response.status() == 200, "the sink answered {}", response.status());
        while response.chunk().await?.is_some() {}
        Ok(())
    }
}
