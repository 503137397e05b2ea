//! Every case of the store suite, on every back end.

mod postgres_alone;

macro_rules! on_every_store {
    ($($port:ident: [$($case:ident,)+])+) => {
        on_every_store!(@on postgres PostgresDatabase $($port: [$($case,)+])+);
        on_every_store!(@on sqlite SqliteDatabase $($port: [$($case,)+])+);
    };
    (@on $backend:ident $database:ident $($port:ident: [$($case:ident,)+])+) => {
        mod $backend {
            use postrider_testkit::conformance::stores;
            use postrider_testkit::databases::$database;

            $(mod $port {
                use super::{$database, stores};

                $(#[tokio::test]
                async fn $case() -> stores::CaseResult {
                    let database = $database::create().await;
                    stores::$port::$case(database.store().as_ref()).await
                })+
            })+
        }
    };
}

on_every_store! {
    events: [
        an_accepted_event_reads_back_as_it_was_sent,
        requests_are_answered_in_their_order,
        a_call_without_requests_is_answered_with_nothing,
        a_repeated_key_with_the_same_content_names_the_first_event,
        a_repeated_key_with_other_content_stores_nothing_of_its_request,
        a_refused_request_claims_no_key,
        a_key_twice_in_one_call_is_one_event,
        the_same_key_of_another_scope_is_another_key,
        calls_at_once_with_the_same_new_keys_store_each_once,
        accepting_the_same_events_again_changes_nothing,
        many_events_are_accepted_in_one_call,
    ]
    dispatch: [
        a_delivery_is_created_for_each_registration_that_asks,
        a_new_delivery_is_pending_and_wanted_at_once,
        a_registration_matches_by_one_of_its_filters_or_by_the_wildcard,
        only_read_on_the_kind_or_on_the_resource_counts,
        two_permissions_make_one_delivery,
        an_administrator_is_told_of_everything_once,
        a_disabled_owner_is_told_of_nothing,
        permissions_count_as_they_are_when_the_event_is_dispatched,
        a_paused_registration_gets_its_deliveries_too,
        changed_filters_decide_of_what_is_dispatched_next,
        a_deleted_registration_gets_no_deliveries,
        dispatching_again_creates_nothing_again,
        an_event_that_nobody_asked_for_is_done_with,
        dispatchers_at_once_create_each_delivery_once,
        five_hundred_events_are_dispatched_in_one_call,
    ]
    scheduling: [
        an_event_is_due_from_its_rescue_time_on,
        due_events_are_taken_oldest_first_up_to_the_limit,
        a_taken_event_is_due_again_until_it_is_dispatched,
        an_event_that_has_waited_long_waits_as_long_again,
        schedulers_at_once_never_take_the_same_event,
        a_new_delivery_is_due_from_its_rescue_time_on,
        due_deliveries_are_taken_the_longest_due_first_up_to_the_limit,
        what_waits_long_is_taken_less_and_less_often,
        a_leased_delivery_is_not_due,
        a_retry_is_due_at_its_time,
        settled_and_held_deliveries_are_never_due,
        schedulers_at_once_never_take_the_same_delivery,
        held_deliveries_are_released_when_their_registration_is_resumed,
        held_deliveries_are_released_oldest_first_up_to_the_limit,
        nothing_is_released_once_the_registration_is_paused_again,
        changing_a_resumed_registration_does_not_strand_what_was_held,
        however_long_ago_the_resume_was_what_is_held_is_released,
    ]
    deliveries: [
        a_claim_has_all_that_an_attempt_needs,
        a_claim_has_the_registration_as_it_is_now,
        a_leased_delivery_is_passed_over_until_the_lease_ends,
        ids_given_twice_are_claimed_once,
        unknown_deliveries_are_passed_over,
        a_retry_is_passed_over_until_it_is_wanted,
        settled_deliveries_are_passed_over,
        deliveries_of_a_paused_registration_become_held,
        a_pause_does_not_touch_what_is_leased_or_not_wanted_yet,
        deliveries_whose_registration_is_gone_become_dead,
        one_claim_sorts_out_deliveries_of_every_kind,
        workers_at_once_never_claim_the_same_delivery,
    ]
    records: [
        a_success_settles_its_delivery,
        a_failure_is_tried_again_at_its_time,
        the_last_failure_gives_its_delivery_up,
        a_failure_under_a_lost_lease_is_counted_and_changes_nothing,
        a_failure_under_a_lease_that_ran_out_but_nobody_took_applies,
        a_success_counts_whoever_holds_the_lease,
        a_success_brings_back_what_was_given_up,
        a_success_settles_what_is_held,
        a_second_success_is_counted_and_changes_nothing,
        several_attempts_of_one_delivery_apply_in_order,
        recording_the_same_attempt_again_changes_nothing,
        every_detail_of_an_attempt_reads_back,
        no_text_of_a_failure_keeps_it_from_being_recorded,
        an_attempt_of_an_unknown_delivery_harms_nobody,
        batches_at_once_record_every_attempt,
    ]
    history: [
        an_event_shows_its_deliveries,
        an_owner_sees_an_event_only_with_deliveries_of_theirs,
        deliveries_are_listed_newest_first_and_page_by_page,
        the_deliveries_of_all_registrations_of_an_owner_are_merged,
        a_list_shows_only_what_its_filter_asks_for,
        attempts_are_shown_oldest_first,
        a_delivery_is_shown_to_its_owner_and_to_nobody_else,
        history_outlives_its_registration,
        a_replay_begins_a_new_round,
        a_replay_is_for_the_owner_too,
        what_is_on_its_way_anyway_is_not_replayed,
    ]
    registrations: [
        a_registration_reads_back_as_it_was_stored,
        an_owner_has_as_many_registrations_as_allowed,
        registrations_are_listed_newest_first_and_page_by_page,
        a_registration_is_shown_to_its_owner_and_to_nobody_else,
        an_update_replaces_all_but_id_owner_and_time_of_making,
        an_update_of_what_has_changed_meanwhile_changes_nothing,
        deleting_gives_up_what_is_on_its_way_and_keeps_the_rest,
    ]
    accounts: [
        a_user_is_found_by_name_in_any_case,
        a_name_that_is_taken_in_another_case_is_refused,
        the_first_user_is_added_once,
        of_processes_that_start_at_once_one_adds_the_first_user,
        users_are_listed_by_name,
        a_user_is_switched_off_and_on,
        a_token_stands_for_its_user_until_it_expires,
        expired_tokens_are_removed_when_one_is_added,
        an_api_key_stands_for_its_user,
        a_disabled_user_has_no_way_in,
        granting_again_replaces_the_access_and_keeps_the_id,
        permissions_are_of_one_user_kind_and_scope,
        a_permission_is_revoked_from_its_user_only,
    ]
    operations: [
        migrating_again_changes_nothing,
        an_empty_store_is_idle,
        the_backlog_tells_what_waits_for_what,
        a_delivery_that_waits_for_its_retry_leaves_the_store_idle,
        storage_is_prepared_once_and_takes_what_comes,
        storage_can_be_prepared_when_records_are_there_already,
    ]
}
