//! Runs that a person put into the archive under their agents.

use super::*;
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::sandbox::t3::T3Options;
use crate::support::world::{HUMAN, LOCK, READY, WorldOptions};

on_each_kind_of_forge! {
    an_agent_whose_thread_was_archived_is_stopped_outside_the_archive,
    an_agent_that_was_put_away_together_with_its_lock_label_is_found_stopped_and_handed_back,
    a_run_that_was_put_away_is_ended_although_its_repository_is_not_enrolled_any_more,
    halt_reaches_into_the_archive,
}

fn saga_of(place: Place, t3: T3Options) -> Saga {
    Saga::with(WorldOptions {
        t3,
        ..WorldOptions::at(place)
    })
}

/// The servers that were recorded live.
fn live() -> [T3Options; 2] {
    [T3Options::v0_0_27_live(), T3Options::main_2026_08_21()]
}

/// A run whose agent works, and whose thread and lock label a person took away.
fn put_away(saga: &Saga) -> (u64, String) {
    let (number, thread) = saga.started();
    saga.world.t3.agent_says(&thread, "Let me look.");
    saga.watch();
    saga.world.t3.people_archive(&thread);
    saga.world.forge.unlabel(REPO, number, "alice", LOCK);
    (number, thread)
}

fn is_stopped_and_handed_back(saga: &Saga, number: u64, thread: &str) {
    for _ in 0..3 {
        saga.pass(60);
        saga.watch();
        saga.world.t3.settle();
    }
    assert!(saga.world.t3.live_agents().is_empty());
    assert!(is_released(saga, thread) && has(saga, number, HUMAN));
    assert_eq!(saga.bells.titles().len(), 1);
}

fn an_agent_whose_thread_was_archived_is_stopped_outside_the_archive(place: Place) {
    for t3 in live() {
        let saga = saga_of(place, t3);
        let (number, thread) = saga.started();
        saga.world.t3.agent_says(&thread, "Let me look.");
        saga.watch();
        saga.world.t3.people_archive(&thread);
        assert_eq!(saga.world.t3.live_agents().len(), 1);
        // A new label does not start a second agent beside it.
        saga.pass(60);
        saga.world.forge.unlabel(REPO, number, "alice", READY);
        saga.pass(1);
        saga.world.approve(REPO, number);
        assert!(saga.poll().dispatched.is_empty());
        for _ in 0..3 {
            saga.pass(60);
            saga.watch();
            saga.world.t3.settle();
        }
        assert!(saga.world.t3.live_agents().is_empty());
        assert!(is_released(&saga, &thread) && !has(&saga, number, LOCK));
    }
}

/// Where T3's light reading leaves out the archive, poll sees the run as soon as something else is ready there.
fn an_agent_that_was_put_away_together_with_its_lock_label_is_found_stopped_and_handed_back(
    place: Place,
) {
    for t3 in live() {
        let saga = saga_of(place, t3);
        let (number, thread) = put_away(&saga);
        let next = saga.world.ready_issue("Tidy up");
        saga.pass(90);
        assert!(saga.poll().dispatched.is_empty());
        // A second tick has nothing to add.
        let title = saga.world.t3.thread(&thread).unwrap().title.clone();
        assert!(saga.poll().dispatched.is_empty());
        assert_eq!(saga.world.t3.thread(&thread).unwrap().title, title);
        is_stopped_and_handed_back(&saga, number, &thread);
        let report = saga.poll();
        let started = report.dispatched.iter().map(|one| one.issue.0);
        assert_eq!(started.collect::<Vec<_>>(), [next]);
    }
}

/// Only where T3's light reading shows the archive.
fn a_run_that_was_put_away_is_ended_although_its_repository_is_not_enrolled_any_more(place: Place) {
    for keeps_label in [true, false] {
        let mut saga = saga_of(place, T3Options::v0_0_27_live());
        let (number, thread) = put_away(&saga);
        if keeps_label {
            saga.world.forge.label(REPO, number, "alice", LOCK);
        }
        saga.world.add_repository("acme/other");
        saga.world.enrol(&["acme/other"]);
        is_stopped_and_handed_back(&saga, number, &thread);
    }
}

fn halt_reaches_into_the_archive(place: Place) {
    for t3 in live() {
        for enrolled in [true, false] {
            let mut saga = saga_of(place, t3.clone());
            let (number, thread) = put_away(&saga);
            saga.world.set("AFK_HALT", "yes");
            if !enrolled {
                saga.world.add_repository("acme/other");
                saga.world.enrol(&["acme/other"]);
            }
            is_stopped_and_handed_back(&saga, number, &thread);
        }
    }
}
