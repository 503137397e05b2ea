//! Every case of the queue suite, on every back end.

mod local_alone;
mod rabbitmq_alone;

use std::time::Duration;

/// A case that hangs has failed; no case takes a tenth of this.
const PATIENCE: Duration = Duration::from_secs(30);

macro_rules! on_every_queue {
    ($($group:ident: [$($case:ident,)+])+) => {
        on_every_queue!(@on local LocalBroker $($group: [$($case,)+])+);
        on_every_queue!(@on rabbitmq RabbitBroker $($group: [$($case,)+])+);
    };
    (@on $backend:ident $broker:ident $($group:ident: [$($case:ident,)+])+) => {
        mod $backend {
            use postrider_testkit::brokers::$broker;
            use postrider_testkit::conformance::queues;

            use super::PATIENCE;

            $(mod $group {
                use super::{$broker, PATIENCE, queues};

                $(#[tokio::test]
                async fn $case() -> queues::CaseResult {
                    let broker = $broker::create().await;
                    tokio::time::timeout(PATIENCE, queues::$group::$case(&broker)).await?
                })+
            })+
        }
    };
}

on_every_queue! {
    publishing: [
        messages_of_one_call_arrive_in_order,
        messages_of_calls_after_each_other_arrive_in_order,
        a_body_arrives_byte_for_byte,
        a_message_is_in_its_own_queue_only,
        what_waits_is_counted_until_it_is_taken,
        a_queue_that_was_closed_has_no_depth,
        publishing_nothing_does_nothing,
        many_callers_at_once_lose_nothing,
        a_cancelled_publish_harms_no_other,
    ]
    consuming: [
        a_consumer_waits_for_a_message,
        no_more_messages_are_returned_than_asked_for,
        what_is_beyond_the_prefetch_is_left_to_others,
        competing_consumers_get_each_message_once,
        a_wait_that_is_given_up_loses_no_message,
    ]
    settling: [
        an_acknowledged_message_is_gone,
        a_dropped_message_comes_back,
        a_requeued_message_goes_to_whoever_is_free,
        a_dead_lettered_message_is_kept_aside,
        a_message_that_keeps_coming_back_ends_dead,
        verdicts_in_any_order_hit_their_own_message,
        what_a_dropped_consumer_had_goes_to_others,
    ]
    closing: [
        a_queue_in_use_is_up,
        closing_ends_consumers_that_wait,
        closing_ends_consumers_with_messages_to_come,
        a_closed_queue_takes_and_gives_nothing,
    ]
}
