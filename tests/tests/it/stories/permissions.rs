//! Nobody is told of what they may not read.

use postrider_tests::world::World;

postrider_tests::on_both_pairs! {
    without_read_nothing_is_sent_and_granting_it_makes_the_next_event_arrive,
    read_on_one_resource_is_for_that_resource_only,
    a_disabled_owner_is_told_nothing,
    an_administrator_is_told_of_everything,
}

async fn without_read_nothing_is_sent_and_granting_it_makes_the_next_event_arrive(world: &World) {
    let sink = world.endpoint().await;
    let user = world.user("ada").await;
    world.register(&user, &sink.url("/"), &["reports"]).await;
    world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 0);

    world.grant_read(&user, "reports", None).await;
    world.publish("reports", "Edited", "1").await;
    world.run_until_idle().await;
    assert_eq!(sink.told(), ["reports Edited 1"]);
}

async fn read_on_one_resource_is_for_that_resource_only(world: &World) {
    let sink = world.endpoint().await;
    let user = world.user("ada").await;
    world.grant_read(&user, "reports", Some("A")).await;
    world.grant_read(&user, "tasks", None).await;
    world.register(&user, &sink.url("/"), &[]).await;
    for (filter, resource) in [("reports", "A"), ("reports", "B"), ("tasks", "B"), ("alerts", "A")]
    {
        world.publish(filter, "Added", resource).await;
    }
    world.run_until_idle().await;
    assert_eq!(sink.told(), ["reports Added A", "tasks Added B"]);
}

async fn a_disabled_owner_is_told_nothing(world: &World) {
    let sink = world.endpoint().await;
    let user = world.user("ada").await;
    world.grant_read(&user, "reports", None).await;
    world.register(&user, &sink.url("/"), &["reports"]).await;
    world.store.set_user_disabled(user.id, true).await.unwrap();
    world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 0);

    world.store.set_user_disabled(user.id, false).await.unwrap();
    world.publish("reports", "Added", "2").await;
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 1);
}

async fn an_administrator_is_told_of_everything(world: &World) {
    let sink = world.endpoint().await;
    world.register(&world.administrator, &sink.url("/"), &["*"]).await;
    for filter in ["reports", "categories", "connections", "tasks", "alerts"] {
        world.publish(filter, "Added", "1").await;
    }
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 5);
}
