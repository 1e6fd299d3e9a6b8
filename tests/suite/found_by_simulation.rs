//! Defects that the simulation found, each told once more as a story over HTTP.
//!
//! The simulation meets such worlds by the chance of its seeds, and through stand-ins of the ports; here each defect has a
//! name, and the real adapters are in the way. A story says what must hold, not how it was mended. New stories come in when
//! the simulation finds something; what the common ways to an end are is told in `watch.rs` and `watch_more.rs`.

use std::sync::Arc;

use chrono::TimeDelta;

use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::saga::{Saga, words};
use crate::support::sandbox::http_server::{Exchange, Fault};
use crate::support::sandbox::t3::{T3Options, T3Version};
use crate::support::world::{HUMAN, LOCK, READY, REPO, WorldOptions};

on_each_kind_of_forge! {
    a_started_run_that_a_person_renamed_is_driven_to_its_end,
    a_renamed_slot_of_a_repository_that_is_not_enrolled_any_more_is_stood_down,
    a_thread_that_a_person_opened_in_our_project_is_left_alone,
    a_slot_whose_blocker_can_never_be_looked_up_is_stood_down_after_the_longest_run,
    a_slot_whose_text_came_to_name_no_issue_is_stood_down_at_once,
    an_end_typed_over_a_slot_whose_first_message_arrives_releases_no_live_agent,
    a_first_message_that_arrives_after_its_slot_was_given_up_starts_nothing,
    a_run_withdrawn_before_the_first_sign_of_its_agent_waits_until_the_session_is_stopped,
    a_withdrawn_run_whose_turn_never_begins_is_released_after_fifteen_minutes,
    an_agent_that_was_silent_for_long_is_released_only_when_its_session_is_stopped,
    a_label_given_anew_while_a_run_is_handed_back_stays,
    a_label_given_anew_while_a_run_lands_stays_and_its_issue_is_not_closed,
    no_bell_rings_for_a_stray_of_an_archived_repository_until_it_can_be_noted,
    a_bell_that_another_tick_noted_before_the_stop_does_not_ring_again,
}

const VERSIONS: [T3Version; 3] = [T3Version::V0_0_27, T3Version::July, T3Version::Fork0_0_33];

/// A title that says nothing of ours.
const JUNK: &str = "my favourite thread";

fn saga_of(place: Place, version: T3Version) -> Saga {
    Saga::with(WorldOptions {
        t3: T3Options::new(version),
        ..WorldOptions::at(place)
    })
}

fn has(saga: &Saga, number: u64, label: &str) -> bool {
    saga.world.labels(number).iter().any(|shown| shown == label)
}

fn is_open(saga: &Saga, number: u64) -> bool {
    saga.world.forge.is_open(REPO, number)
}

fn is_released(saga: &Saga, thread: &str) -> bool {
    saga.world.t3.thread(thread).unwrap().archived
}

fn title(saga: &Saga, thread: &str) -> String {
    saga.world.t3.thread(thread).unwrap().title
}

/// A ready issue whose slot is allocated, and whose first message T3 never saw. Returns issue and thread.
fn allocated(saga: &Saga) -> (u64, String) {
    let number = saga.world.ready_issue("Reject negative sizes");
    saga.world.journal.intercept(|exchange| {
        let command = exchange.request.json().unwrap_or_default();
        if command["type"] == "thread.turn.start" {
            Fault::LostRequest
        } else {
            Fault::None
        }
    });
    assert!(saga.poll().dispatched.is_empty());
    saga.world.journal.calm();
    (number, saga.world.only_thread().id)
}

// Threads that a person gave another title.

fn a_started_run_that_a_person_renamed_is_driven_to_its_end(place: Place) {
    for version in VERSIONS {
        let saga = saga_of(place, version);
        let (number, thread) = saga.started();
        saga.world.t3.people_rename(&thread, JUNK);
        saga.pass(60);
        assert_eq!(
            saga.acted(),
            ("wait".to_owned(), "running".to_owned()),
            "{version:?}"
        );
        let sha = saga.push(number, &thread, "Reject negative sizes");
        saga.world.t3.agent_finishes(&thread, "Pushed.");
        saga.ci(&sha, "success");
        assert_eq!(saga.decided(), words("close_success", "landed"));
        assert!(is_released(&saga, &thread), "{version:?}");
        assert!(!is_open(&saga, number) && !has(&saga, number, LOCK));
        assert_eq!(saga.bells.titles().len(), 1);
    }
}

fn a_renamed_slot_of_a_repository_that_is_not_enrolled_any_more_is_stood_down(place: Place) {
    for version in VERSIONS {
        let mut saga = saga_of(place, version);
        let (_, thread) = allocated(&saga);
        saga.world.t3.people_rename(&thread, JUNK);
        saga.world.add_repository("acme/other");
        saga.world.enrol(&["acme/other"]);
        saga.pass(60);
        assert_eq!(
            saga.decided(),
            words("stand_down", "revoked"),
            "{version:?}"
        );
        assert!(is_released(&saga, &thread), "{version:?}");
        assert!(title(&saga, &thread).contains(" · stood-down"));
        assert_eq!(saga.turns(&thread), 0);
        assert!(saga.bells.titles().is_empty());
    }
}

fn a_thread_that_a_person_opened_in_our_project_is_left_alone(place: Place) {
    for version in VERSIONS {
        let saga = saga_of(place, version);
        let (_, thread) = saga.started();
        let project = saga.world.t3.thread(&thread).unwrap().project;
        // The stand-in makes its ids from names, so this one may be ours until the slots are asked.
        let foreign = saga.world.t3.people_open_thread(&project, JUNK);
        let before = saga.world.t3.thread(&foreign).unwrap();
        saga.pass(60);
        assert_eq!(
            saga.acted(),
            ("wait".to_owned(), "running".to_owned()),
            "{version:?}"
        );
        assert_eq!(saga.world.t3.thread(&foreign).unwrap(), before);
    }
}

// A slot that can never be started.

fn a_slot_whose_blocker_can_never_be_looked_up_is_stood_down_after_the_longest_run(place: Place) {
    /// The default of `AFK_RUN_MAX_SECONDS`.
    const RUN_MAX: i64 = 14_400;
    let saga = Saga::at(place);
    let (number, thread) = allocated(&saga);
    saga.world
        .forge
        .edit_body(REPO, number, "alice", "Blocked by #999\n");
    let undecided = |saga: &Saga| {
        let report = saga.poll();
        assert!(report.dispatched.is_empty(), "{report}");
        let said = format!("{report}");
        assert!(said.contains("blocker-unresolved"), "{said}");
    };
    saga.pass(60);
    undecided(&saga);
    assert_eq!(saga.acted(), ("wait".to_owned(), "allocated".to_owned()));
    saga.pass(RUN_MAX - 61);
    undecided(&saga);
    assert_eq!(saga.acted(), ("wait".to_owned(), "allocated".to_owned()));
    assert!(!is_released(&saga, &thread));
    saga.pass(1);
    assert_eq!(saga.decided(), words("stand_down", "revoked"));
    assert!(is_released(&saga, &thread) && !has(&saga, number, LOCK));
    assert!(title(&saga, &thread).contains(" · stood-down"));
    let said = saga.checklist(number);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("could not be started within 4 h"),
        "{said:?}"
    );
    assert!(is_open(&saga, number) && saga.bells.titles().is_empty());
}

fn a_slot_whose_text_came_to_name_no_issue_is_stood_down_at_once(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = allocated(&saga);
    saga.world
        .forge
        .edit_body(REPO, number, "alice", "Blocked by: TBD\n");
    saga.pass(60);
    let report = saga.poll();
    assert!(report.dispatched.is_empty(), "{report}");
    let said = format!("{report}");
    assert!(said.contains("blocker-unresolved"), "{said}");
    assert!(said.contains("was stood down"), "{said}");
    assert!(title(&saga, &thread).contains(" · stood-down"));
}

// Slots that are being started while somebody types an end over them.

/// Poll allocated a slot and its first message is on its way, and somebody types an end into its title. Returns the thread.
fn ended_by_hand_while_starting(saga: &Saga, end: &str) -> String {
    saga.world.ready_issue("Reject negative sizes");
    saga.world
        .journal
        .intercept(|exchange| match command_of(exchange).as_str() {
            "thread.turn.start" => Fault::Late,
            _ => Fault::None,
        });
    assert!(saga.poll().dispatched.is_empty());
    let thread = saga.world.only_thread().id;
    let typed = format!("{} · {end}", title(saga, &thread));
    saga.world.t3.people_rename(&thread, &typed);
    saga.pass(5);
    thread
}

fn command_of(exchange: &Exchange) -> String {
    let body = exchange.request.json().unwrap_or_default();
    body["type"].as_str().unwrap_or_default().to_owned()
}

/// What is on its way arrives right before the first such command.
fn deliver_before(saga: &Saga, command: &'static str) {
    let journal = Arc::clone(&saga.world.journal);
    saga.world.journal.intercept(move |exchange| {
        if command_of(exchange) == command {
            journal.deliver();
        }
        Fault::None
    });
}

fn an_end_typed_over_a_slot_whose_first_message_arrives_releases_no_live_agent(place: Place) {
    for version in VERSIONS {
        for end in ["stood-down (revoked)", "needs-human (no-push)"] {
            let saga = saga_of(place, version);
            let thread = ended_by_hand_while_starting(&saga, end);
            deliver_before(&saga, "thread.meta.update");
            assert_eq!(saga.acted(), words("finish", "ended"));
            assert!(!is_released(&saga, &thread), "{version:?}, {end}");
            assert_eq!(saga.turns(&thread), 1);
            saga.world.journal.calm();
            saga.pass(60);
            saga.acted();
            assert!(!is_released(&saga, &thread), "{version:?}, {end}");
            // T3 comes to the turn, and to the stop behind it.
            saga.world.t3.settle();
            saga.pass(5);
            saga.acted();
            assert!(is_released(&saga, &thread), "{version:?}, {end}");
            assert!(saga.world.t3.live_agents().is_empty());
            assert_eq!(saga.bells.titles().len(), 1, "{version:?}, {end}");
        }
    }
}

fn a_first_message_that_arrives_after_its_slot_was_given_up_starts_nothing(place: Place) {
    for version in VERSIONS {
        let saga = saga_of(place, version);
        let thread = ended_by_hand_while_starting(&saga, "stood-down (revoked)");
        deliver_before(&saga, "thread.archive");
        assert_eq!(saga.acted(), words("finish", "ended"));
        assert!(is_released(&saga, &thread), "{version:?}");
        assert_eq!(saga.turns(&thread), 0, "{version:?}");
        assert!(saga.bells.titles().is_empty());
    }
}

// Agents that are told to stop.

fn a_run_withdrawn_before_the_first_sign_of_its_agent_waits_until_the_session_is_stopped(
    place: Place,
) {
    for version in VERSIONS {
        let saga = saga_of(place, version);
        let (number, thread) = withdrawn_while_starting(&saga);
        saga.pass(300);
        assert_eq!(saga.acted().0, "finish");
        assert!(!is_released(&saga, &thread), "{version:?}");
        assert!(has(&saga, number, LOCK));
        // T3 comes to the turn, and to the stop behind it.
        saga.world.t3.settle();
        saga.pass(5);
        assert_eq!(saga.acted().0, "finish");
        assert!(is_released(&saga, &thread), "{version:?}");
        assert!(!has(&saga, number, LOCK));
    }
}

fn a_withdrawn_run_whose_turn_never_begins_is_released_after_fifteen_minutes(place: Place) {
    for version in VERSIONS {
        let saga = saga_of(place, version);
        let (number, thread) = withdrawn_while_starting(&saga);
        // Sixty seconds have passed.
        saga.pass(839);
        assert_eq!(saga.acted().0, "finish");
        assert!(!is_released(&saga, &thread), "{version:?}");
        assert!(has(&saga, number, LOCK));
        saga.pass(1);
        assert_eq!(saga.acted().0, "finish");
        assert!(is_released(&saga, &thread), "{version:?}");
        assert!(!has(&saga, number, LOCK));
        assert_eq!(saga.world.t3.turns_run(&thread), 0);
    }
}

/// A turn was accepted, a minute later its issue is withdrawn, and one tick has told T3 to stop. Returns issue and thread.
fn withdrawn_while_starting(saga: &Saga) -> (u64, String) {
    let number = saga.world.ready_issue("Reject negative sizes");
    let report = saga.poll();
    assert_eq!(report.dispatched.len(), 1, "{report}");
    let thread = report.dispatched[0].thread.to_string();
    saga.pass(60);
    saga.world.forge.unlabel(REPO, number, "alice", READY);
    assert_eq!(saga.decided(), words("stand_down", "revoked"));
    let view = saga.world.t3.thread(&thread).unwrap();
    assert_eq!((view.session_status, view.turns_waiting), (None, 1));
    assert!(!is_released(saga, &thread) && has(saga, number, LOCK));
    (number, thread)
}

fn an_agent_that_was_silent_for_long_is_released_only_when_its_session_is_stopped(place: Place) {
    for version in VERSIONS {
        let saga = saga_of(place, version);
        let (number, thread) = saga.started();
        // Twice the stall limit and more.
        saga.pass(3_700);
        assert_eq!(saga.decided(), words("escalate_prepush", "agent-stalled"));
        // The turn looks finished at once; the tool of the agent is still being killed.
        let status = |saga: &Saga| saga.world.t3.thread(&thread).unwrap().session_status;
        assert_eq!(status(&saga), Some("ready"), "{version:?}");
        assert!(!is_released(&saga, &thread), "{version:?}");
        assert!(has(&saga, number, LOCK) && !has(&saga, number, HUMAN));
        assert!(saga.bells.titles().is_empty());
        saga.world.t3.settle();
        assert_eq!(status(&saga), Some("stopped"), "{version:?}");
        saga.pass(60);
        assert_eq!(saga.acted().0, "finish");
        assert!(is_released(&saga, &thread), "{version:?}");
        assert!(!has(&saga, number, LOCK) && has(&saga, number, HUMAN));
        assert_eq!(saga.bells.titles().len(), 1);
    }
}

// People who ask again while a run is being released.

/// While the bell of a run rings, `alice` takes the ready label off and puts it on again.
fn labelled_anew_at_the_bell(saga: &Saga, number: u64) {
    let (forge, clock) = (saga.world.forge.clone(), saga.world.clock.clone());
    saga.world.journal.intercept(move |exchange| {
        if exchange.service == "ntfy" {
            clock.advance(TimeDelta::seconds(2));
            forge.unlabel(REPO, number, "alice", READY);
            clock.advance(TimeDelta::seconds(2));
            forge.label(REPO, number, "alice", READY);
        }
        Fault::None
    });
}

/// The run is over, what `alice` asked for is not, and poll starts it.
fn assert_the_new_label_stands(saga: &Saga, number: u64, thread: &str) {
    saga.world.journal.calm();
    assert_eq!(saga.bells.titles().len(), 1);
    assert!(is_released(saga, thread) && !has(saga, number, LOCK));
    assert!(has(saga, number, READY) && !has(saga, number, HUMAN));
    assert!(is_open(saga, number));
    saga.pass(60);
    let report = saga.poll();
    assert_eq!(report.dispatched.len(), 1, "{report}");
    assert_eq!(report.dispatched[0].issue.0, number);
}

fn a_label_given_anew_while_a_run_is_handed_back_stays(place: Place) {
    let mut saga = Saga::at(place);
    saga.world.set("AFK_FIX_FORWARD_MAX_ATTEMPTS", "0");
    let (number, thread) = saga.started();
    let red = saga.push(number, &thread, "Reject negative sizes");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&red, "failure");
    labelled_anew_at_the_bell(&saga, number);
    assert_eq!(saga.acted().0, "freeze_escalate");
    assert_the_new_label_stands(&saga, number, &thread);
}

fn a_label_given_anew_while_a_run_lands_stays_and_its_issue_is_not_closed(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    let green = saga.push(number, &thread, "Reject negative sizes");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&green, "success");
    labelled_anew_at_the_bell(&saga, number);
    assert_eq!(saga.acted().0, "close_success");
    assert_the_new_label_stands(&saga, number, &thread);
}

// A bell that can not be noted.

fn no_bell_rings_for_a_stray_of_an_archived_repository_until_it_can_be_noted(place: Place) {
    let saga = saga_of(place, T3Version::V0_0_27);
    let number = saga.world.ready_issue("Reject negative sizes");
    saga.world.forge.label(REPO, number, "afk-bot", LOCK);
    saga.world.forge.archive_repository(REPO);
    for _ in 0..3 {
        saga.pass(60);
        let report = saga.watch();
        assert_eq!(report.failures.len(), 1, "{report}");
        let why = &report.failures[0].error;
        assert!(why.contains("its repository is archived"), "{why}");
        assert!(saga.bells.titles().is_empty());
    }
    saga.world.forge.unarchive_repository(REPO);
    for _ in 0..2 {
        saga.pass(60);
        saga.watch();
        assert_eq!(saga.bells.titles().len(), 1);
    }
    assert!(has(&saga, number, HUMAN) && has(&saga, number, LOCK));
}

// Ticks that overlap at the bell.

fn a_bell_that_another_tick_noted_before_the_stop_does_not_ring_again(place: Place) {
    for version in VERSIONS {
        let saga = saga_of(place, version);
        let (number, thread) = saga.started();
        let green = saga.push(number, &thread, "Reject negative sizes");
        saga.world.t3.agent_finishes(&thread, "Pushed.");
        saga.ci(&green, "success");
        let (t3, id) = (Arc::clone(&saga.world.t3), thread.clone());
        saga.world.journal.intercept(move |exchange| {
            let command = exchange.request.json().unwrap_or_default();
            if command["type"] == "thread.session.stop" {
                let ended = t3.thread(&id).unwrap().title;
                t3.people_rename(&id, &format!("{ended} · rung ntfy"));
            }
            Fault::None
        });
        assert_eq!(saga.decided(), words("close_success", "landed"));
        assert!(title(&saga, &thread).ends_with(" · done (landed) · rung ntfy"));
        assert!(is_released(&saga, &thread) && !is_open(&saga, number));
        assert!(saga.bells.titles().is_empty(), "{version:?}");
    }
}
