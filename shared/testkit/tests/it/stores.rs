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

mod flow;

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
    matrix: [
        whatever_one_may_and_whatever_happens_the_rule_decides,
        the_rule_decides_also_when_far_more_may_read_than_ask,
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
    owners: [
        deliveries_of_a_disabled_owner_become_held,
        what_is_held_for_an_owner_is_released_when_they_are_enabled,
        resuming_releases_nothing_while_the_owner_is_disabled,
        enabling_releases_nothing_of_a_paused_registration,
        one_who_is_disabled_again_is_sent_nothing,
        what_waits_for_its_retry_is_held_when_its_time_comes,
        those_of_others_are_released_all_the_same,
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
    attempts: [
        attempts_are_shown_oldest_first,
        of_many_attempts_the_newest_are_shown,
    ]
    history: [
        an_event_shows_its_deliveries,
        of_many_deliveries_an_event_shows_the_newest,
        an_owner_sees_an_event_only_with_deliveries_of_theirs,
        a_publisher_sees_what_they_published_and_no_delivery_of_others,
        deliveries_are_listed_newest_first_and_page_by_page,
        the_deliveries_of_all_registrations_of_an_owner_are_merged,
        a_list_shows_only_what_its_filter_asks_for,
        a_delivery_is_shown_to_its_owner_and_to_nobody_else,
        history_outlives_its_registration,
        a_replay_begins_a_new_round,
        a_replay_is_for_the_owner_too,
        what_is_on_its_way_anyway_is_not_replayed,
        what_was_for_a_deleted_registration_is_not_replayed,
    ]
    registrations: [
        a_registration_reads_back_as_it_was_stored,
        an_owner_has_as_many_registrations_as_allowed,
        a_registration_is_shown_to_its_owner_and_to_nobody_else,
        an_update_replaces_all_but_id_owner_and_time_of_making,
        an_update_of_what_has_changed_meanwhile_changes_nothing,
        what_has_changed_meanwhile_is_not_deleted,
        deleting_gives_up_what_is_on_its_way_and_keeps_the_rest,
        a_replaced_secret_reads_back_until_it_is_taken_away,
        every_registration_of_an_owner_is_deleted_at_once,
    ]
    listed: [
        a_listed_delivery_names_its_event_and_where_it_goes,
        deliveries_are_listed_by_filter_and_type_of_their_events,
        a_search_for_deliveries_looks_at_so_many_and_leads_on,
        how_registrations_do_is_shown_with_their_newest_deliveries,
        how_registrations_do_is_shown_to_their_owners_and_to_nobody_else,
        of_many_held_a_list_counts_no_more_than_it_may,
    ]
    listed_events: [
        everybody_sees_the_events_they_find_newest_first_and_page_by_page,
        a_list_shows_the_events_that_its_filter_asks_for,
        a_listed_event_says_that_its_payload_was_removed,
        a_search_for_events_looks_at_so_many_and_leads_on,
    ]
    listing: [
        a_list_is_by_uri_unless_told_otherwise,
        a_list_is_sorted_by_any_column_in_either_direction,
        a_list_is_sorted_by_any_two_columns,
        a_list_is_sorted_by_three_columns,
        a_cursor_has_the_last_values_as_text,
        a_page_begins_where_the_last_ended_whatever_went_meanwhile,
        an_owner_is_shown_theirs_only_in_any_order,
    ]
    searching: [
        a_search_looks_at_uri_description_filters_and_owner_in_any_case,
        a_search_never_looks_at_secrets_or_headers,
        a_list_shows_those_that_ask_for_a_filter_by_name,
        what_a_list_is_asked_for_holds_together,
    ]
    creating: [
        a_repeated_request_names_what_was_created_as_it_is_now,
        what_a_key_led_to_is_found_without_creating_anything,
        a_key_that_is_used_for_something_else_creates_nothing,
        what_was_created_and_deleted_is_not_created_again,
        keys_of_different_owners_have_nothing_to_do_with_each_other,
        of_the_same_requests_at_once_one_creates_something,
        a_repeated_request_is_answered_when_there_is_no_more_room,
        without_a_key_every_request_creates_something,
    ]
    accounts: [
        a_user_is_found_by_name_in_any_case,
        a_name_that_is_taken_in_another_case_is_refused,
        the_first_user_is_added_once,
        of_processes_that_start_at_once_one_adds_the_first_user,
        users_are_listed_newest_first_and_page_by_page,
        users_are_found_by_a_part_of_their_name_in_any_case,
        a_user_is_switched_off_and_on,
        a_user_who_has_changed_meanwhile_is_left_alone,
        switching_off_ends_tokens_and_keeps_keys,
        a_new_password_replaces_the_old_one_and_ends_tokens,
        a_deleted_user_leaves_nothing_that_was_theirs,
        what_was_on_its_way_to_a_deleted_user_is_given_up,
        what_a_deleted_user_was_told_stays_on_record,
    ]
    administrators: [
        the_last_administrator_stays_one,
        an_administrator_who_is_switched_off_does_not_count,
        with_another_administrator_there_any_can_go,
        of_administrators_who_go_at_once_one_remains,
        membership_in_their_role_is_what_makes_an_administrator,
    ]
    credentials: [
        a_token_stands_for_its_user_until_it_expires,
        expired_tokens_are_removed_when_one_is_added,
        a_replaced_password_buys_no_token,
        a_token_can_be_ended,
        all_tokens_of_a_user_can_be_ended_at_once,
        an_api_key_stands_for_its_user_within_its_scopes,
        an_api_key_is_good_until_it_expires,
        a_disabled_user_has_no_way_in,
        api_keys_are_listed_newest_first_and_page_by_page,
        an_api_key_is_ended_by_its_user_or_by_whoever_may_end_any,
    ]
    sessions: [
        a_session_stands_for_its_user_until_it_expires,
        a_session_that_is_used_goes_on_and_never_beyond_its_end,
        what_has_expired_or_is_no_session_is_not_prolonged,
        of_those_who_prolong_a_session_at_once_one_does,
        a_replaced_password_buys_no_session,
        sessions_end_as_tokens_do,
    ]
    permissions: [
        granting_again_replaces_access_and_time_and_keeps_the_id,
        nothing_is_granted_to_somebody_who_is_not_there,
        of_those_who_grant_the_same_at_once_all_get_the_same,
        permissions_are_of_one_holder_kind_and_scope,
        permissions_of_several_holders_are_listed_newest_first_and_page_by_page,
        a_permission_is_revoked_from_its_holder_only,
        access_is_all_that_own_permissions_and_roles_allow,
        an_administrator_may_do_everything,
    ]
    roles: [
        the_built_in_roles_are_there_with_their_permissions,
        a_role_reads_back_as_it_was_stored,
        roles_are_listed_by_name,
        the_name_of_a_role_is_taken_in_any_case,
        of_roles_that_are_added_at_once_one_gets_the_name,
        an_update_replaces_name_description_and_time,
        an_update_of_a_role_that_cannot_be_changes_nothing,
        a_deleted_role_takes_permissions_and_memberships_along,
        a_role_that_has_changed_meanwhile_is_not_deleted,
        a_built_in_role_cannot_be_deleted,
        members_are_listed_newest_first_and_page_by_page,
        a_user_joins_and_leaves_a_role,
        the_roles_of_a_user_are_listed_by_name,
    ]
    audit: [
        an_entry_reads_back_as_it_was_noted,
        a_started_act_ends_once,
        what_an_end_does_not_tell_stays_as_it_began,
        what_was_over_when_it_was_noted_does_not_end_again,
        entries_are_listed_newest_first_page_by_page_and_as_filtered,
        the_log_outlives_those_it_tells_of,
    ]
    filters: [
        a_filter_reads_back_as_it_was_added,
        filters_are_listed_by_name,
        the_name_of_a_filter_is_taken_in_any_case,
        of_filters_that_are_added_at_once_one_gets_the_name,
        an_update_replaces_description_spelling_and_time,
        a_filter_that_registrations_name_is_not_deleted,
        a_filter_that_has_changed_meanwhile_is_not_deleted,
        a_built_in_filter_is_not_in_the_store,
        spelling_makes_no_difference_and_is_kept,
    ]
    catalogue: [
        a_resource_reads_back_as_it_was_added,
        every_change_is_told_of,
        what_is_announced_is_due_at_its_rescue_time,
        an_id_is_taken_within_its_kind_only,
        tasks_alerts_and_connections_have_names_of_their_own,
        of_additions_at_once_one_gets_the_id_or_the_name,
        a_category_must_be_in_the_catalogue,
        a_category_is_not_deleted_while_something_is_filed_under_it,
        nothing_is_ever_filed_under_a_category_that_is_gone,
        what_has_changed_meanwhile_is_left_alone,
        an_update_replaces_name_category_and_time_only,
        what_a_deleted_user_created_stays_without_an_owner,
    ]
    adding: [
        a_new_resource_belongs_to_whoever_added_it,
        a_repeated_request_names_the_resource_as_it_is_now,
        a_refused_addition_uses_up_no_key,
        of_the_same_requests_at_once_one_adds_something,
    ]
    entries: [
        resources_are_listed_newest_first_and_page_by_page,
        a_list_of_resources_shows_only_what_its_filter_asks_for,
        resources_are_found_by_a_part_of_name_or_id_in_any_case,
        a_list_shows_what_its_reader_may_read,
    ]
    endings: [
        an_end_is_told_to_those_who_could_read_and_ends_their_permissions,
        what_is_added_again_is_its_new_owners_alone,
        a_former_owner_who_adds_it_again_owns_it,
        what_is_granted_anew_after_an_end_counts,
        permissions_on_anything_else_stay,
        only_the_end_of_what_is_in_the_catalogue_ends_permissions,
    ]
    outlived: [
        what_was_accepted_before_the_end_is_told_whenever_it_is_dispatched,
        those_who_were_meant_are_told_if_they_could_read_then,
        what_ended_counts_also_when_far_more_could_read_than_ask,
    ]
    categories: [
        permissions_on_a_category_end_with_it_for_every_kind,
        a_later_category_of_the_same_id_gives_nobody_anything,
        a_category_that_is_in_use_ends_no_permission,
    ]
    activity: [
        what_several_have_counted_adds_up,
        what_nobody_counted_is_missing_and_what_was_nothing_is_zero,
        what_was_counted_is_added_up_in_stretches,
        the_newest_of_what_waited_is_found,
        what_happened_long_ago_is_forgotten_bit_by_bit,
        the_newest_attempts_are_told_with_their_owner_and_state,
        an_attempt_outlives_its_registration_as_nobodys,
        the_newest_events_are_told,
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

/// The cases that look behind the store.
macro_rules! on_every_database {
    ($($part:ident: [$($case:ident,)+])+) => {
        on_every_database!(@on postgres_behind PostgresDatabase $($part: [$($case,)+])+);
        on_every_database!(@on sqlite_behind SqliteDatabase $($part: [$($case,)+])+);
    };
    (@on $backend:ident $database:ident $($part:ident: [$($case:ident,)+])+) => {
        mod $backend {
            use postrider_testkit::conformance::stores;
            use postrider_testkit::databases::$database;

            $(mod $part {
                use super::{$database, stores};

                $(#[tokio::test]
                async fn $case() -> stores::CaseResult {
                    stores::$part::$case(&$database::create().await).await
                })+
            })+
        }
    };
}

on_every_database! {
    sealing: [
        a_copy_of_the_database_tells_no_secret,
        what_is_sealed_twice_is_never_the_same,
        what_there_is_none_of_is_not_sealed,
        what_was_moved_from_another_row_or_column_is_corrupt,
        what_is_not_sealed_or_was_changed_is_corrupt,
        without_the_key_nothing_can_be_read,
        everything_is_sealed_anew_with_the_first_key,
        a_single_column_under_an_old_key_is_sealed_anew,
        sealing_anew_from_several_places_at_once_loses_nothing,
    ]
    legacy: [
        migrating_seals_what_an_older_version_left_in_the_clear,
        a_secret_in_the_clear_that_looks_sealed_is_sealed_as_well,
    ]
    unreadable: [
        a_list_passes_over_what_cannot_be_opened,
        what_cannot_be_opened_can_be_deleted,
        what_cannot_be_opened_goes_with_its_owner,
        however_many_cannot_be_opened_the_others_are_sealed_anew,
    ]
    expunging: [
        who_removes_again_removes_what_is_there_by_then,
    ]
    kept: [
        permissions_that_ended_long_ago_are_removed_by_a_later_end,
    ]
    advancing: [
        a_replay_that_cannot_be_read_is_cancelled_and_the_others_go_on,
    ]
}
