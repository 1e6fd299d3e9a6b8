//! A model of the protocol of SPEC 3 and 4, and the search through everything that can happen in it.
//!
//! One repository with two issues, a T3 that keeps its receipts, a forge whose lists lag, agents, CI, people, and a handful of
//! `afk-poll` and `afk-watch` ticks, each of which may stop for ever, or be overtaken, between any two requests. Every state
//! within the bounds is looked at. It is not the product's code: it says what order of requests is safe, and the other test
//! binary says that the product keeps to that order. Broken protocols are searched as well, because a search that finds nothing
//! proves nothing until it has found something.
//!
//! It uses nothing but the standard library, so that the widest bounds, which are ignored here, can be searched by an optimised
//! build of these files alone, in seconds and without building the crate anew:
//!
//! ```text
//! rustc --edition 2024 -C opt-level=3 --test tests/protocol_model/main.rs -o target/protocol_model
//! target/protocol_model --include-ignored
//! ```
//!
//! `--nocapture` shows the numbers of states and the ways to what is wrong with the broken protocols.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "test code: nobody links against it, a broken assumption must stop the test"
)]

mod forge;
mod label_first;
mod outcomes;
mod poll;
mod properties;
mod quiescence;
mod search;
mod state;
mod surroundings;
mod t3;
mod trace;
mod variants;
mod visited;
mod watch;
mod world;

use properties::{Reached, Violation};
use quiescence::{Leftover, Rest};
use search::{Search, Until};
use state::Bounds;
use variants::Variant;

const fn bounds(ticks: u8, overlapping: u8) -> Bounds {
    Bounds { ticks, overlapping }
}

/// Searches a sound protocol to the end: nothing is violated, and from everywhere the rounds come to rest and leave nothing.
fn assert_sound(variant: Variant, bounds: Bounds, states: usize) -> Reached {
    let search = Search::run(variant, bounds, Until::Exhausted);
    if let Some(finding) = search.findings.first() {
        panic!(
            "{variant:?}, {bounds}: {:?}\n{}",
            finding.violation,
            search.trace(finding)
        );
    }
    assert_eq!(search.states(), states, "{variant:?}, {bounds}");
    let rest = Rest::after(variant, &search.worlds);
    println!(
        "{variant:?}, {bounds}: {states} states, {} steps deep; from {} worlds, {} worlds of rounds, {} of them at rest",
        search.depth,
        search.worlds.len(),
        rest.worlds,
        rest.at_rest
    );
    assert_eq!(rest.leftovers, [], "{variant:?}, {bounds}");
    assert!(
        rest.at_rest > 0 && rest.worlds >= search.worlds.len() / 2,
        "{rest:?}"
    );
    search.reached
}

/// Searches a broken protocol until it shows what is wrong with it. `depth` is the length of the shortest way there.
fn assert_found(variant: Variant, bounds: Bounds, violation: Violation, depth: usize) {
    let search = Search::run(variant, bounds, Until::Found(violation));
    let finding = search
        .findings
        .iter()
        .find(|finding| finding.violation == violation)
        .unwrap_or_else(|| panic!("{variant:?}, {bounds}: {violation:?} was not found"));
    let trace = search.trace(finding);
    println!(
        "{variant:?}, {bounds}: {violation:?} after {} steps\n{trace}",
        finding.depth
    );
    assert_eq!(finding.depth, depth, "{variant:?}, {bounds}: {violation:?}");
    assert_eq!(trace.len(), depth, "the trace is the shortest way");
}

/// Searches a broken protocol whose damage shows when nothing moves any more.
fn assert_leaves(variant: Variant, bounds: Bounds, leftovers: &[Leftover]) {
    let search = Search::run(variant, bounds, Until::Exhausted);
    let rest = Rest::after(variant, &search.worlds);
    println!(
        "{variant:?}, {bounds}: {} states, at rest {:?}",
        search.states(),
        rest.leftovers
    );
    for leftover in leftovers {
        assert!(
            rest.count(*leftover) > 0,
            "{variant:?}, {bounds}: no {leftover:?}"
        );
    }
    assert_eq!(
        rest.leftovers.len(),
        leftovers.len(),
        "{:?}",
        rest.leftovers
    );
}

/// The search has come past everything that matters.
fn assert_not_vacuous(reached: &Reached, least: u32) {
    let Reached {
        archived,
        two_slots,
        second_run_live,
        fix_used,
        closed,
        stood_down,
        rearmed_dispatched,
        most_rings,
    } = *reached;
    for (what, states) in [
        ("archived", archived),
        ("two_slots", two_slots),
        ("second_run_live", second_run_live),
        ("fix_used", fix_used),
        ("closed", closed),
        ("stood_down", stood_down),
        ("rearmed_dispatched", rearmed_dispatched),
    ] {
        assert!(states > least, "{what} in only {states} states");
    }
    assert!(most_rings > 1, "no crash ever rang a bell twice");
}

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
        let search = Search::run(Variant::ReadsApart, bounds, Until::Exhausted);
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
fn corrective_turn_without_the_step_id_of_the_end_wakes_a_released_agent() {
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
    let search = Search::run(Variant::ReadsApart, bounds(3, 2), Until::Exhausted);
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
