//! The protocol in a world with troubles, one kind at a time, and the broken variants that each kind finds.
//!
//! Sound means: no violation, and from every world that can be reached the ticks come to rest and leave nothing. That every
//! world rests is looked at by the optimised build; violations are looked for by every build.

use super::properties::Violation;
use super::quiescence::Leftover;
use super::troubles::{Rules, Troubles};
use super::variants::Variant;
use super::{assert_found, assert_leaves, assert_safe, assert_sound, bounds};

const fn with(troubles: Troubles, variant: Variant) -> Rules {
    Rules { variant, troubles }
}

/// Searches the protocol itself.
fn assert_holds(troubles: Troubles, states: usize) {
    assert_safe(with(troubles, Variant::Protocol), bounds(2, 2), states);
}

/// Searches the protocol itself, and walks all rounds from wherever it comes.
fn assert_rests(troubles: Troubles, states: usize) {
    assert_sound(with(troubles, Variant::Protocol), bounds(2, 2), states);
}

const RUN_LEFT: [Leftover; 4] = [
    Leftover::RunNotTerminal,
    Leftover::NoBell,
    Leftover::PhantomLock,
    Leftover::StarvedIssue,
];

#[test]
fn protocol_holds_where_a_provider_stops_agents() {
    assert_holds(Troubles::PROVIDER, 26_138);
}

#[test]
fn protocol_holds_where_t3_forgets_messages_and_keeps_receipts() {
    assert_holds(Troubles::FORGETS, 50_086);
}

#[test]
fn protocol_holds_where_somebody_types_into_titles() {
    assert_holds(Troubles::FORGES, 129_234);
}

#[test]
fn protocol_holds_where_the_forge_or_a_sink_refuses_for_good() {
    assert_holds(Troubles::REFUSES, 126_058);
}

#[test]
fn protocol_holds_where_agents_survive_a_restart() {
    assert_holds(Troubles::RESTARTS, 32_506);
}

#[test]
fn protocol_holds_where_people_archive_and_delete_threads() {
    assert_holds(Troubles::REMOVES, 122_252);
}

#[test]
fn protocol_holds_where_people_brake() {
    assert_holds(Troubles::BRAKES, 104_360);
}

#[test]
fn protocol_holds_where_t3_is_restored() {
    assert_holds(Troubles::RESTORES, 29_126);
}

#[test]
#[ignore = "many rounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_every_run_rests_where_people_brake() {
    assert_rests(Troubles::BRAKES, 104_360);
}

#[test]
#[ignore = "many rounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_protocol_holds_where_people_brake_and_a_provider_stops_agents() {
    assert_holds(Troubles::BRAKES.and(Troubles::PROVIDER), 137_176);
}

#[test]
#[ignore = "many rounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_every_run_rests_where_t3_is_restored() {
    assert_rests(Troubles::RESTORES, 29_126);
}

#[test]
fn brake_that_is_ignored_sends_turns() {
    assert_found(
        with(Troubles::BRAKES, Variant::IgnoresBrakes),
        bounds(3, 2),
        Violation::TurnWhileBraked,
        10,
    );
}

#[test]
#[ignore = "many rounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_halt_that_forgets_paused_runs_leaves_them() {
    assert_leaves(
        with(
            Troubles::BRAKES.and(Troubles::PROVIDER),
            Variant::HaltForgetsPaused,
        ),
        bounds(2, 1),
        &[
            Leftover::RunNotTerminal,
            Leftover::NoBell,
            Leftover::PhantomLock,
        ],
    );
}

#[test]
fn commit_of_a_life_before_the_restore_lands_no_other_issue() {
    assert_found(
        with(Troubles::RESTORES, Variant::BelievesTrailers),
        bounds(3, 1),
        Violation::ClosedUnproven,
        24,
    );
}

#[test]
#[ignore = "many rounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_every_run_rests_where_a_provider_stops_agents() {
    assert_rests(Troubles::PROVIDER, 26_138);
}

#[test]
#[ignore = "many rounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_every_run_rests_where_t3_forgets_messages_and_keeps_receipts() {
    assert_rests(Troubles::FORGETS, 50_086);
}

#[test]
#[ignore = "many rounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_every_run_rests_where_somebody_types_into_titles() {
    assert_rests(Troubles::FORGES, 129_234);
}

#[test]
#[ignore = "many rounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_every_run_rests_where_the_forge_or_a_sink_refuses_for_good() {
    assert_rests(Troubles::REFUSES, 126_058);
}

#[test]
#[ignore = "many rounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_every_run_rests_where_agents_survive_a_restart() {
    assert_rests(Troubles::RESTARTS, 32_506);
}

#[test]
#[ignore = "many rounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_every_run_rests_where_people_archive_and_delete_threads() {
    assert_rests(Troubles::REMOVES, 122_252);
}

#[test]
#[ignore = "many rounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_every_run_rests_where_a_provider_stops_agents_and_t3_forgets() {
    let troubles = Troubles::PROVIDER.and(Troubles::FORGETS);
    assert_rests(troubles, 83_850);
}

#[test]
fn resume_outside_the_step_ids_wakes_a_run_that_is_over() {
    assert_found(
        with(Troubles::PROVIDER, Variant::ResumeOutsideSteps),
        bounds(3, 2),
        Violation::WokenAfterEnd,
        15,
    );
}

#[test]
fn resumes_that_count_as_attempts_freeze_a_run_with_turns_left() {
    assert_found(
        with(Troubles::PROVIDER, Variant::ResumesAreAttempts),
        bounds(3, 2),
        Violation::FrozenUnspent,
        14,
    );
}

#[test]
fn step_ids_probed_in_any_order_wake_a_run_that_is_over() {
    assert_found(
        with(Troubles::FORGETS, Variant::ProbesAnyOrder),
        bounds(3, 2),
        Violation::WokenAfterEnd,
        18,
    );
}

#[test]
fn title_that_says_done_closes_an_issue_without_green() {
    assert_found(
        with(Troubles::FORGES, Variant::HonoursDone),
        bounds(2, 2),
        Violation::ClosedUnproven,
        13,
    );
}

#[test]
fn title_that_says_stood_down_ends_a_run_that_nobody_hears_of() {
    assert_found(
        with(Troubles::FORGES, Variant::HonoursStoodDown),
        bounds(2, 2),
        Violation::Hushed,
        14,
    );
}

#[test]
fn title_that_names_another_issue_gets_that_one_handed_back() {
    assert_found(
        with(Troubles::FORGES, Variant::FollowsTitle),
        bounds(2, 2),
        Violation::WroteToForeignIssue,
        16,
    );
}

#[test]
fn agent_that_survived_its_server_meets_the_next_one() {
    assert_found(
        with(Troubles::RESTARTS, Variant::ReleasesOrphans),
        bounds(3, 1),
        Violation::TwoLiveAgents,
        24,
    );
}

#[test]
fn stop_in_the_archive_is_no_stop() {
    assert_found(
        with(Troubles::REMOVES, Variant::StopsInArchive),
        bounds(3, 1),
        Violation::TwoLiveAgents,
        16,
    );
}

#[test]
fn end_of_an_archived_run_is_no_proof_that_its_agent_is_gone() {
    assert_found(
        with(Troubles::REMOVES, Variant::EndIsRelease),
        bounds(3, 1),
        Violation::TwoLiveAgents,
        16,
    );
}

#[test]
fn archive_is_no_release() {
    let rules = with(Troubles::REMOVES, Variant::ArchiveIsRelease);
    assert_found(rules, bounds(2, 2), Violation::ReleasedUnrung, 6);
    assert_found(rules, bounds(2, 2), Violation::TwoLiveAgents, 11);
}

#[test]
fn thread_without_its_first_message_has_begun_all_the_same() {
    let rules = with(Troubles::FORGETS, Variant::StartedByMessages);
    assert_leaves(rules, bounds(2, 2), &RUN_LEFT);
}

#[test]
fn step_id_that_shows_nothing_is_not_sent_for_ever() {
    let rules = with(Troubles::FORGETS, Variant::NeverProbes);
    assert_leaves(rules, bounds(2, 2), &RUN_LEFT);
}

#[test]
#[ignore = "many rounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_write_that_is_refused_for_good_is_passed() {
    let rules = with(Troubles::REFUSES, Variant::StopsAtRefusal);
    assert_leaves(rules, bounds(2, 2), &RUN_LEFT);
}

#[test]
#[ignore = "many rounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_sink_that_is_gone_is_given_up() {
    assert_leaves(
        with(Troubles::REFUSES, Variant::GivesUpNoSink),
        bounds(2, 2),
        &[
            Leftover::RunNotTerminal,
            Leftover::PhantomLock,
            Leftover::StarvedIssue,
        ],
    );
}
