//! The parts as tasks of a process.

use std::sync::Arc;

use postrider_runtime::Process;

use crate::on_every_pair;
use crate::probe::{Act, Gate, Probe};
use crate::world::{PATIENCE, World, runs};

on_every_pair! {
    a_process_that_ends_finishes_the_handlers_that_run,
}

async fn a_process_that_ends_finishes_the_handlers_that_run(world: World) {
    let gate = Gate::closed();
    let first = Probe::always("first", 1, Act::Wait(Arc::clone(&gate)));
    let mut process = Process::with_clock(Arc::clone(&world.clock) as _, world.ids.clone());
    world.new_processor([&first]).spawn(&mut process, &*world.queue).await.unwrap();
    world.scheduler().spawn(&mut process);
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    first.until_runs(1).await;

    process.shutdown.cancel();
    let finish = async { gate.open() };
    let (ended, ()) = tokio::join!(process.run(PATIENCE), finish);
    ended.unwrap();
    assert_eq!(runs(&world.only().await), [("first", "done")]);
}
