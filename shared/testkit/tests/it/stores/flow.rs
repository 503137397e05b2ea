//! The cases about how deliveries flow: holding and releasing, breakers, bundles, conditions, replays,
//! and how long all of it is kept.

on_every_store! {
    holding: [
        what_may_not_go_is_held_for_the_first_reason,
        what_is_held_is_never_claimed,
        a_secret_is_used_until_the_moment_it_expires,
        while_a_breaker_is_open_everything_is_held,
        while_one_tries_only_it_is_claimed,
        what_is_paced_is_looked_after_from_then_on,
        a_busy_receiver_holds_what_is_not_on_its_way_and_starts_slowly,
        what_is_discarded_while_paused_is_dead_at_once,
        nothing_is_discarded_unless_it_is_paused,
        what_is_held_for_a_deleted_registration_is_dead,
    ]
    standing: [
        a_registration_shows_what_is_held_and_what_was_given_up,
        how_a_registration_does_is_shown_to_its_owner_and_to_nobody_else,
        counting_stops_at_its_limit,
        held_deliveries_are_discarded_the_oldest_first_up_to_the_limit,
        a_list_shows_what_is_held_or_was_given_up_for_a_reason,
        what_is_parked_is_held_and_costs_no_attempt,
        parking_again_begins_the_ramp_anew,
    ]
    releasing: [
        after_a_resume_the_oldest_go_first_and_more_every_second,
        what_was_let_go_and_is_not_claimed_takes_room,
        what_is_held_for_an_owner_goes_slowly_once_they_are_enabled,
        nothing_goes_while_something_speaks_against_it,
        what_is_not_paced_any_more_goes_at_once,
        nobody_looks_any_more_a_while_after_the_last_has_gone,
        a_call_says_whether_there_is_more,
        those_with_nothing_to_let_go_keep_nobody_waiting,
        one_with_very_many_held_does_not_keep_others_waiting,
        schedulers_at_once_let_nothing_go_twice,
        a_registration_that_is_well_has_nothing_to_look_at,
    ]
    pacing: [
        a_rate_is_kept_to_the_delivery_over_any_looks,
        a_rate_over_minutes_is_spread_evenly,
        after_a_silence_no_more_than_a_second_is_caught_up,
        schedulers_at_once_keep_a_rate_together,
        a_retry_waits_for_its_turn_again,
        what_was_let_go_may_be_claimed_once,
    ]
    breakers: [
        a_breaker_opens_once_however_many_say_so,
        reports_of_many_at_once_in_any_order_are_all_taken_in,
        the_oldest_tries_and_the_others_wait,
        schedulers_at_once_let_one_try,
        one_that_tries_and_is_lost_is_replaced_after_its_patience,
        one_that_fails_has_the_others_wait_twice_as_long,
        one_that_succeeds_lets_the_others_go,
        an_open_breaker_with_nothing_held_lets_the_next_one_try,
        a_change_of_the_registration_closes_its_breaker,
        breakers_that_are_not_closed_are_counted,
    ]
    health: [
        a_receiver_that_is_gone_is_switched_off_once,
        what_was_switched_off_can_be_switched_on_again,
        nothing_but_failures_for_days_switches_off,
        a_success_begins_the_days_anew,
        nobody_is_switched_off_when_nobody_is_to_be,
        that_deliveries_die_is_told_once_an_hour,
        several_reports_of_one_apply_in_their_order,
        reports_of_what_is_gone_are_passed_over,
        a_request_to_where_it_pointed_before_says_nothing_of_where_it_points_now,
        a_success_that_was_told_first_counts_though_the_failure_was_claimed_before,
    ]
    notices: [
        every_change_is_told_with_what_it_is_about,
        failures_for_days_are_told_with_their_reason,
        a_notice_without_a_description_has_no_name,
        told_are_its_owner_and_administrators_who_ask_by_name,
        an_owner_who_is_switched_off_is_not_told,
        notices_and_other_events_are_dispatched_together,
    ]
    bundles: [
        a_bundle_is_made_of_the_oldest_as_soon_as_there_are_enough,
        a_bundle_goes_when_its_first_has_waited_as_long_as_it_may,
        a_bundle_is_claimed_with_its_events_in_their_order,
        what_becomes_of_a_bundle_becomes_of_all_in_it,
        a_retry_has_all_of_its_bundle,
        workers_at_once_claim_a_bundle_once,
        a_bundle_whose_registration_is_paused_meanwhile_goes_after_the_resume,
        whatever_happens_every_event_arrives_once,
        bundles_keep_a_rate,
        schedulers_at_once_put_nothing_into_two_bundles,
    ]
    unbundled: [
        a_bundle_of_a_deleted_registration_is_dead,
        a_bundle_that_is_discarded_is_dead,
        a_bundle_that_is_held_for_too_long_is_dead,
        what_goes_with_one_on_its_way_is_not_given_up,
        what_is_paused_and_discards_discards_a_bundle_as_one,
        one_of_a_bundle_that_is_replayed_leaves_it,
        the_one_that_carries_a_bundle_is_replayed_with_all_of_it,
        once_it_arrives_all_of_a_bundle_is_delivered,
        one_of_a_bundle_on_its_way_is_not_replayed,
    ]
    recording: [
        an_attempt_that_only_tried_costs_none_of_its_schedule,
        one_that_only_tried_under_a_lost_lease_changes_nothing,
        what_was_sent_reads_back_as_it_was,
        what_is_let_go_is_not_on_its_way_once_it_is_settled,
    ]
    conditions: [
        nothing_is_created_before_a_condition_is_judged,
        those_whose_condition_holds_get_their_delivery,
        an_event_that_satisfies_nobody_is_done_with,
        who_starts_again_gets_the_same_to_judge_and_nothing_twice,
        a_registration_that_is_deleted_meanwhile_gets_nothing,
        events_with_and_without_conditions_are_dispatched_together,
        only_those_who_would_be_told_are_judged,
        dispatchers_who_judge_at_once_create_each_delivery_once,
    ]
    replaying: [
        a_replay_reads_back_as_it_was_stored,
        what_is_replayed_is_sent_again_in_a_new_round,
        a_pace_is_kept_whatever_it_is_and_however_often_one_looks,
        a_replay_goes_on_after_a_silence_and_not_all_at_once,
        a_call_advances_by_its_limit_at_the_most,
        a_replay_that_has_none_left_is_done,
        a_cancelled_replay_sends_no_more,
        schedulers_at_once_replay_nothing_twice,
        only_the_one_registration_gets_it,
        a_replay_is_for_its_owner_and_for_nobody_else,
        replays_are_listed_newest_first_and_page_by_page,
    ]
    advancing: [
        among_very_many_dead_that_do_not_match_none_that_does_is_passed_over,
        a_fast_replay_with_very_many_left_keeps_no_other_waiting,
        a_job_sends_each_event_of_a_bundle_once_whatever_its_pace,
        a_job_sends_nothing_of_a_bundle_that_does_not_match,
        what_was_counted_and_whether_there_may_be_more_is_kept,
    ]
    matching: [
        what_matches_is_counted_and_replayed_and_nothing_else,
        what_is_made_after_a_replay_is_not_replayed,
        what_is_replayed_and_settled_meanwhile_is_not_replayed_again,
        what_was_removed_on_request_never_matches,
        a_list_shows_what_was_accepted_in_a_time,
    ]
    trying: [
        a_test_goes_to_the_one_registration_whatever_it_asks_for,
        nobody_tests_what_they_do_not_see,
        a_test_of_what_is_paused_is_held_like_any_other,
        a_removed_payload_is_nowhere_any_more,
        of_removals_at_once_one_removes,
        a_bundle_goes_without_what_was_removed,
        what_went_with_the_one_that_was_removed_goes_all_the_same,
        what_was_removed_before_it_was_dispatched_is_sent_to_nobody,
    ]
    expunging: [
        what_is_removed_while_its_condition_is_judged_is_sent_to_nobody,
        the_answer_to_a_request_under_way_is_not_kept,
        the_answer_to_a_bundle_under_way_is_not_kept,
    ]
    burying: [
        of_very_many_held_some_are_given_up_at_once_and_all_after_a_while,
        what_is_on_its_way_to_a_deleted_user_is_given_up_after_a_while,
        what_was_settled_before_stays_as_it_was,
        a_request_under_way_to_what_is_deleted_counts_if_it_succeeds,
        processes_that_bury_at_once_bury_nothing_twice,
    ]
    retention: [
        everything_is_kept_as_long_as_it_is_to_be,
        prepared_storage_keeps_everything_as_long,
        what_is_too_old_shows_until_it_is_gone,
        an_event_is_kept_as_long_as_one_of_its_deliveries,
        an_event_that_was_not_dispatched_yet_is_kept,
        removing_in_small_steps_comes_to_an_end,
        schedulers_who_remove_at_once_remove_all_and_no_more,
        what_is_new_is_not_removed_with_what_is_old,
        a_bundle_is_removed_as_one,
    ]
    settled: [
        what_died_and_is_replayed_is_kept_as_long_as_what_is_delivered_now,
        what_was_held_too_long_stays_to_be_seen_after_it_is_given_up,
        what_was_delivered_late_lags_from_when_it_should_have_gone,
    ]
    overflow: [
        what_is_held_for_too_long_is_given_up,
        of_too_many_the_oldest_are_given_up,
        several_registrations_overflow_in_one_call,
        a_call_gives_up_no_more_than_its_limit,
        what_somebody_lets_go_meanwhile_is_not_given_up,
        what_is_not_held_is_not_given_up,
        an_owner_is_told_what_was_given_up,
        that_notices_were_given_up_is_not_told,
        a_registration_that_asks_for_notices_as_well_is_told_of,
        schedulers_at_once_give_up_nothing_twice,
    ]
    forgetting: [
        keys_of_requests_are_forgotten_after_a_week,
        replays_that_are_over_are_forgotten_after_a_week,
        the_audit_log_is_kept_for_a_year_and_more,
    ]
}
