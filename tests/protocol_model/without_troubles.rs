//! The protocol and its broken variants in a world without troubles: crashes, overlap, lists that lag, and people who change labels.

use super::properties::Violation;
use super::quiescence::Leftover;
use super::search::{Search, Until};
use super::variants::Variant;
use super::{assert_found, assert_leaves, assert_not_vacuous, assert_sound, bounds};

// The numbers of states are those that the reference model, `protocol_model.py` beside the specification, has at the same bounds.

#[test]
fn protocol_holds_with_one_tick_at_a_time() {
    assert_sound(Variant::Protocol, bounds(4, 1), 117_751);
}

#[test]
fn protocol_holds_with_two_ticks_that_overlap() {
    assert_sound(Variant::Protocol, bounds(2, 2), 18_886);
    let reached = assert_sound(Variant::Protocol, bounds(3, 2), 162_855);
    assert_not_vacuous(&reached, 2_000);
}

#[test]
fn protocol_holds_with_three_ticks_that_overlap() {
    let reached = assert_sound(Variant::Protocol, bounds(3, 3), 275_498);
    assert_not_vacuous(&reached, 4_000);
}

#[test]
#[ignore = "the widest bounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_five_ticks_of_which_two_overlap() {
    let reached = assert_sound(Variant::Protocol, bounds(5, 2), 5_763_783);
    assert_not_vacuous(&reached, 100_000);
}

#[test]
#[ignore = "the widest bounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_four_ticks_of_which_three_overlap() {
    let reached = assert_sound(Variant::Protocol, bounds(4, 3), 2_885_824);
    assert_not_vacuous(&reached, 50_000);
}

#[test]
#[ignore = "the widest bounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_when_watch_reads_t3_and_the_forge_apart() {
    for bounds in [bounds(4, 2), bounds(3, 3)] {
        let search = Search::run(Variant::ReadsApart.into(), bounds, Until::Exhausted);
        println!("ReadsApart, {bounds}: {} states", search.states());
        assert_eq!(search.findings, [], "{bounds}");
        assert_not_vacuous(&search.reached, 4_000);
    }
}

#[test]
fn slots_that_the_first_turn_binds_are_sound_too() {
    assert_sound(Variant::TurnBinds, bounds(3, 2), 61_893);
}

#[test]
fn lock_label_as_authority_doubles_runs() {
    assert_found(
        Variant::LabelFirst,
        bounds(2, 2),
        Violation::TwoLiveAgents,
        6,
    );
    assert_found(
        Variant::LabelFirst,
        bounds(2, 2),
        Violation::DispatchedTwice,
        6,
    );
}

#[test]
fn thread_ids_per_authorisation_let_two_agents_meet() {
    assert_found(
        Variant::IdPerAuthorisation,
        bounds(2, 2),
        Violation::TwoLiveAgents,
        8,
    );
}

#[test]
#[ignore = "the widest bounds: build these files alone and optimised, see `.ci/run`"]
fn widest_bounds_corrective_turn_without_the_step_id_of_the_end_wakes_a_released_agent() {
    assert_found(
        Variant::UnguardedTurn,
        bounds(5, 2),
        Violation::TwoLiveAgents,
        32,
    );
}

#[test]
fn release_before_the_effects_loses_bells_and_meets_the_next_agent() {
    assert_found(
        Variant::EarlyRelease,
        bounds(2, 2),
        Violation::ReleasedUnrung,
        11,
    );
    assert_found(
        Variant::EarlyRelease,
        bounds(3, 2),
        Violation::TwoLiveAgents,
        18,
    );
    assert_leaves(Variant::EarlyRelease, bounds(2, 2), &[Leftover::NoBell]);
}

#[test]
fn missing_lock_label_is_no_permission() {
    assert_found(
        Variant::LabelIsPermission,
        bounds(2, 2),
        Violation::TwoLiveAgents,
        10,
    );
}

#[test]
fn bell_after_the_release_is_lost() {
    assert_found(
        Variant::BellLast,
        bounds(2, 2),
        Violation::ReleasedUnrung,
        17,
    );
    assert_leaves(Variant::BellLast, bounds(2, 2), &[Leftover::NoBell]);
}

#[test]
fn lock_label_before_ready_label_exposes_the_issue() {
    assert_found(
        Variant::LockBeforeReady,
        bounds(2, 2),
        Violation::ExposedIssue,
        16,
    );
}

#[test]
fn strays_left_alone_brake_poll_for_ever() {
    assert_leaves(
        Variant::StraysIgnored,
        bounds(2, 2),
        &[Leftover::PhantomLock, Leftover::StarvedIssue],
    );
}

#[test]
fn turn_that_is_waited_for_without_deadline_blocks_its_repository() {
    assert_leaves(
        Variant::NoDeadline,
        bounds(2, 2),
        &[
            Leftover::RunNotTerminal,
            Leftover::NoBell,
            Leftover::PhantomLock,
            Leftover::StarvedIssue,
        ],
    );
}

#[test]
fn strays_are_told_from_runs_that_began_meanwhile_by_a_second_look() {
    let search = Search::run(Variant::ReadsApart.into(), bounds(3, 2), Until::Exhausted);
    assert_eq!(search.findings, [], "{} states", search.states());
    assert_not_vacuous(&search.reached, 2_000);
    assert_found(
        Variant::StraysByOldReading,
        bounds(2, 2),
        Violation::FalseAlarm,
        11,
    );
    // A lock label that a person set by hand on an issue that T3 knows nothing of stays until a person removes it.
    assert_leaves(
        Variant::ReadsApart,
        bounds(2, 2),
        &[Leftover::PhantomLock, Leftover::StarvedIssue],
    );
}
