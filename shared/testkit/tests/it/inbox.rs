//! Every case of the inbox suite, on every back end.

macro_rules! on_every_inbox {
    ($($part:ident: [$($case:ident,)+])+) => {
        on_every_inbox!(@on postgres PostgresDatabase $($part: [$($case,)+])+);
        on_every_inbox!(@on sqlite SqliteDatabase $($part: [$($case,)+])+);
    };
    (@on $backend:ident $database:ident $($part:ident: [$($case:ident,)+])+) => {
        mod $backend {
            use postrider_testkit::conformance::inbox;
            use postrider_testkit::databases::{Database, $database};

            $(mod $part {
                use super::{$database, Database, inbox};

                $(#[tokio::test]
                async fn $case() -> inbox::CaseResult {
                    let database = $database::create_empty().await;
                    inbox::$part::$case(database.inbox().await.as_ref()).await
                })+
            })+
        }
    };
}

on_every_inbox! {
    accepting: [
        an_accepted_webhook_reads_back_as_it_came,
        whatever_is_empty_is_kept_as_such,
        a_call_without_webhooks_is_answered_with_nothing,
        what_has_a_key_that_is_there_is_counted_and_not_stored,
        a_key_that_comes_twice_in_one_call_is_stored_once,
        the_same_key_at_another_address_is_another_webhook,
        without_a_key_everything_is_stored,
        a_key_is_known_until_its_webhook_is_removed,
        no_text_keeps_a_webhook_from_being_accepted,
        among_many_each_is_stored_or_counted_as_it_would_be_alone,
        some_hundred_webhooks_are_accepted_in_one_call,
    ]
    claiming: [
        a_claim_has_all_that_a_handler_needs,
        a_body_comes_with_its_claim_up_to_the_limit_and_alone_beyond_it,
        what_is_wanted_a_little_later_is_claimed_and_what_is_leased_is_not,
        what_is_leased_is_passed_over_until_the_lease_ends,
        ids_given_twice_are_claimed_once,
        what_is_unknown_settled_or_not_wanted_yet_is_passed_over,
        workers_at_once_never_claim_the_same_webhook,
        a_lease_is_prolonged_by_its_holder_and_nobody_else,
        what_is_over_has_no_lease_to_prolong,
        what_is_put_off_is_due_at_its_time_and_wanted_all_along,
    ]
    recording: [
        after_a_run_the_same_worker_goes_on,
        a_failed_handler_runs_again_at_its_time,
        failures_are_those_of_one_handler_in_a_row,
        the_last_run_ends_it,
        a_run_under_a_lost_lease_is_recorded_and_changes_nothing,
        a_run_under_a_lease_that_ran_out_but_nobody_took_counts,
        a_run_of_what_is_over_is_recorded_and_changes_nothing,
        a_run_of_an_unknown_webhook_harms_nobody,
        of_many_runs_the_newest_hundred_are_shown,
        no_text_of_a_failure_keeps_it_from_being_recorded,
    ]
    repeating: [
        the_same_run_is_recorded_once_and_answered_alike,
        the_same_run_is_counted_once,
        what_did_not_count_does_not_count_when_it_is_repeated,
        a_repeated_run_does_not_undo_what_came_after_it,
    ]
    scheduling: [
        what_is_new_is_due_from_its_rescue_time_on,
        what_was_taken_is_due_again_at_its_next_time,
        the_longest_due_are_taken_first_up_to_the_limit,
        what_is_leased_is_not_due_until_the_lease_has_ended,
        what_is_over_is_never_due,
        schedulers_at_once_never_take_the_same_webhook,
        an_empty_inbox_is_idle,
        the_backlog_tells_what_waits_for_what,
    ]
    listing: [
        webhooks_are_listed_newest_first_and_page_by_page,
        a_list_shows_everything_but_headers_body_and_runs,
        a_list_shows_only_what_its_filter_asks_for,
        a_search_looks_at_so_many_and_leads_on,
    ]
    replaying: [
        a_replay_begins_anew_and_keeps_what_was_done,
        what_is_pending_is_not_replayed,
        the_dead_are_replayed_oldest_first_up_to_the_limit,
        of_the_dead_those_are_replayed_that_are_asked_for,
    ]
    removing: [
        what_ended_long_ago_is_removed_by_state_and_time,
        the_longest_settled_are_removed_first_up_to_the_limit,
        of_large_webhooks_no_more_are_removed_in_one_call_than_is_soon_done,
        what_was_replayed_is_as_old_as_its_last_end,
        its_runs_go_with_it,
    ]
}

/// The cases that look behind the inbox: in a database that has the whole schema (`create`), or
/// nothing yet (`create_empty`).
macro_rules! on_every_database {
    ($($part:ident of $made:ident: [$($case:ident,)+])+) => {
        on_every_database!(@on postgres_behind PostgresDatabase $($part of $made: [$($case,)+])+);
        on_every_database!(@on sqlite_behind SqliteDatabase $($part of $made: [$($case,)+])+);
    };
    (@on $backend:ident $database:ident $($part:ident of $made:ident: [$($case:ident,)+])+) => {
        mod $backend {
            use postrider_testkit::conformance::inbox;
            use postrider_testkit::databases::$database;

            $(mod $part {
                use super::{$database, inbox};

                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() -> inbox::CaseResult {
                    inbox::$part::$case(&$database::$made().await).await
                })+
            })+
        }
    };
}

on_every_database! {
    meeting of create: [
        of_the_same_keys_accepted_at_once_each_is_stored_once,
        workers_of_two_processes_never_claim_the_same_webhook,
        what_comes_in_and_what_goes_out_are_written_at_the_same_time_by_one_process,
        what_comes_in_and_what_goes_out_are_written_at_the_same_time_by_two_processes,
    ]
    unreadable of create: [
        what_cannot_be_read_is_claimed_apart_from_the_rest,
        what_cannot_be_read_is_settled_by_whoever_claimed_it,
        a_list_passes_over_what_cannot_be_read,
    ]
    apart of create_empty: [
        a_database_with_nothing_but_the_inbox_works,
        a_database_with_nothing_but_the_sending_side_has_nothing_of_the_inbox,
        processes_that_migrate_at_once_all_find_the_schema,
        migrating_again_changes_nothing,
    ]
}
