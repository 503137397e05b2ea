//! A scenario through the whole product: register, publish, and wait until everything has arrived.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use http::StatusCode;
use postrider_domain::{Ids, Secret};
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::args::Backend;
use crate::clock::WallClock;
use crate::http_connection::HttpConnection;
use crate::lab::Lab;
use crate::meter::{Meter, Source};
use crate::outcome::{Outcome, rounded};
use crate::payload;
use crate::profile::Profiler;
use crate::publisher::{Api, Published, publish};
use crate::scenario::{Load, Scenario};
use crate::sink::Sink;
use crate::tally::{Tally, rate};

/// How often the sink is asked and memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// After so long without a further delivery the missing ones are lost. A minute covers the first
/// retries and the rescue of messages that the broker lost.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long to go on after the last delivery: for duplicates, and for outcomes that are still being
/// recorded to count in the CPU time.
const SETTLE: Duration = Duration::from_secs(1);

/// Runs `scenario` in a lab where nothing runs yet.
pub(crate) async fn measure(
    lab: &mut Lab,
    (scenario, backend): (Scenario, Backend),
    load: Load,
    profiler: &Profiler,
) -> anyhow::Result<Outcome> {
    let mut sink = Sink::start(load).await?;
    let api = lab.start().await?;
    register(&api, &sink, load.registrations).await?;

    let mut sources = lab.sources();
    sources.push(("sink", Source::Process(sink.pid())));
    let recording = profiler.start(scenario.name(), &sources)?;
    let mut meter = Meter::start(sources);
    let published = carry_out(lab, &mut sink, &mut meter, api, load).await?;
    sleep(SETTLE).await;
    lab.check_alive()?;
    let usage = meter.end();
    recording.end().await?;

    let tally = Tally::of(&sink.take().await?, load);
    let mut outcome = Outcome::new((scenario, backend), published.began_at, &tally, &usage);
    let accepted = rate(load.events, published.began_at, published.ended_at);
    outcome.accepted_per_s = Some(rounded(accepted));
    Ok(outcome)
}

/// Registers the paths of the sink.
pub(crate) async fn register(api: &Api, sink: &Sink, registrations: u32) -> anyhow::Result<()> {
    for registration in 0..registrations {
        let wanted = json!({ "uri": sink.uri(registration), "filters": [payload::FILTER] });
        register_one(api, wanted).await?;
    }
    Ok(())
}

/// Registers what is `wanted`, with a secret, and returns its id.
pub(crate) async fn register_one(api: &Api, mut wanted: Value) -> anyhow::Result<String> {
    let ids = Ids::new(Arc::new(WallClock));
    wanted["secret"] = Secret::generate(&ids).expose().into();
    let mut connection = HttpConnection::open(api.address).await?;
    let body = Bytes::from(wanted.to_string());
    let (status, answer) = connection.post("/api/v1/registrations", &api.key, body).await?;
    ensure!(
        status == StatusCode::CREATED,
        "registering was answered {status}: {}",
        String::from_utf8_lossy(&answer)
    );
    let created: Value = serde_json::from_slice(&answer)?;
    Ok(created["id"].as_str().context("a registration without an id")?.to_owned())
}

/// Publishes, and returns when everything has arrived or nothing more does.
pub(crate) async fn carry_out(
    lab: &mut Lab,
    sink: &mut Sink,
    meter: &mut Meter,
    api: Api,
    load: Load,
) -> anyhow::Result<Published> {
    let publishing = publish(api, load);
    tokio::pin!(publishing);
    let mut published = None;
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut received, mut progress_at) = (0, Instant::now());
    loop {
        tokio::select! {
            ended = &mut publishing, if published.is_none() => {
                match ended {
                    Ok(ended) => (published, progress_at) = (Some(ended), Instant::now()),
                    Err(error) => return Err(explain(lab, error).await),
                }
            }
            _ = looks.tick() => {
                lab.check_alive()?;
                meter.sample();
                let count = sink.count().await?;
                if count > received {
                    (received, progress_at) = (count, Instant::now());
                }
            }
        }
        let over = received >= load.deliveries() || progress_at.elapsed() > PATIENCE;
        if let Some(published) = published.filter(|_| over) {
            return Ok(published);
        }
    }
}

/// A connection that broke is worth less than the last words of the process that broke it.
async fn explain(lab: &mut Lab, error: anyhow::Error) -> anyhow::Error {
    sleep(LOOK_EVERY).await;
    lab.check_alive().err().unwrap_or(error).context("publishing failed")
}
