//! That nothing moves is seen, though everything that comes is still accepted.

use std::time::Duration;

use postrider_dispatcher::{Dispatcher, DispatcherConfig, DispatcherParts, Metrics};
use postrider_runtime::Process;
use postrider_testkit::endpoint::{FakeEndpoint, Reply};
use postrider_tests::wait::until;
use postrider_tests::world::World;
use prometheus::Registry;
use serde_json::json;

postrider_tests::on_both_pairs! {
    work_that_does_not_end_shows_by_its_age_and_no_longer_once_it_has_ended,
}

/// One more dispatcher on the world's back ends, whose metrics can be read.
fn dispatcher(world: &World) -> Process {
    let mut process = Process::with_clock(world.clock.clone(), world.ids.clone());
    let config = DispatcherConfig {
        backlog_interval: Duration::from_millis(20),
        ..DispatcherConfig::default()
    };
    let metrics = Metrics::new(&process.registry).unwrap();
    Dispatcher::new(DispatcherParts {
        store: world.store.clone(),
        flows: world.store.clone(),
        replays: world.store.clone(),
        operations: world.store.clone(),
        activity: world.store.clone(),
        queue: world.queue.clone(),
        clock: world.clock.clone(),
        ids: world.ids.clone(),
        config,
        metrics,
    })
    .spawn(&mut process);
    process
}

fn gauge(registry: &Registry, name: &str) -> f64 {
    let families = registry.gather();
    let family = families.iter().find(|family| family.name() == name).unwrap();
    family.get_metric()[0].get_gauge().get_value()
}

async fn work_that_does_not_end_shows_by_its_age_and_no_longer_once_it_has_ended(world: &World) {
    const AGE: &str = "postrider_oldest_wanted_age_seconds";
    let process = dispatcher(world);
    let hanging = FakeEndpoint::start([Reply::status(200).held()]).await;
    let patient = json!({ "timeoutSeconds": 25 });
    let target = hanging.target();
    world.register_with(&world.administrator, target.as_str(), &["reports"], patient).await;
    world.publish("reports", "Added", "1").await;
    hanging.wait_for(1).await;
    world.clock.advance(Duration::from_secs(30));
    world.publish("reports", "Added", "2").await;

    let age = |wanted: fn(f64) -> bool| {
        let registry = &process.registry;
        until(
            "the metric says so",
            move || async move { wanted(gauge(registry, AGE)).then_some(()) },
        )
    };
    age(|seconds| seconds >= 30.0).await;
    assert!(gauge(&process.registry, "postrider_deliveries_wanted") >= 1.0);
    hanging.release();
    age(|seconds| seconds < 1.0).await;
    process.shutdown.cancel();
    process.run(Duration::from_secs(20)).await.unwrap();
}
