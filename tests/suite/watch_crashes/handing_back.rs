//! Stories of runs that are handed back without a push, and of runs that are stood down.

use super::play::Play;
use crate::support::sandbox::http_server::Fault;
use crate::support::world::REPO;

pub(super) fn nothing_pushed(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    play.tick();
    play.saga
        .world
        .t3
        .agent_finishes(&thread, "I need access to the staging database.");
    play.saga.pass(120);
    play.tick();
    play.until_over(number)
}

/// The agent is still at work when its run ends: it takes a tick to stop.
pub(super) fn stalled(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    play.saga.world.t3.agent_says(&thread, "Let me look.");
    play.saga.pass(1_800 + 120);
    play.tick();
    play.until_over(number)
}

/// The agent asks, and nobody answers.
pub(super) fn left_waiting(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    play.saga.world.t3.agent_asks(&thread, "Which database?");
    play.tick();
    play.saga.pass(600);
    play.tick();
    play.until_over(number)
}

pub(super) fn agent_died(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    play.saga.world.t3.agent_process_dies(&thread);
    play.tick();
    play.saga.pass(120);
    play.tick();
    play.until_over(number)
}

/// The agent works on and on, past the run limit.
pub(super) fn endless(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    play.saga.pass(14_000);
    play.saga.world.t3.agent_says(&thread, "Still at it.");
    play.saga.pass(500);
    play.tick();
    play.until_over(number)
}

/// T3 restarts in mid-turn: its session says "running" for ever.
pub(super) fn server_restarted(play: &mut Play) -> u64 {
    let (number, _) = play.saga.started();
    play.saga.world.t3.restart_server(false);
    play.saga.pass(1_700);
    play.tick();
    play.saga.pass(300);
    play.tick();
    for _ in 0..3 {
        play.saga.pass(600);
        play.tick();
    }
    play.until_over(number)
}

/// T3 restarts and loses the turn that it had accepted.
pub(super) fn turn_lost(play: &mut Play) -> u64 {
    let number = play.saga.world.ready_issue("Reject negative sizes");
    let report = play.saga.poll();
    assert_eq!(report.dispatched.len(), 1, "{report}");
    play.saga.world.t3.restart_server(true);
    play.saga.pass(890);
    play.tick();
    play.saga.pass(10);
    play.tick();
    play.until_over(number)
}

/// The agent has said something: how far it came shows in T3 also when it was stopped.
pub(super) fn label_removed(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    play.saga.world.t3.agent_says(&thread, "Let me look.");
    play.tick();
    play.unlabels(number);
    play.tick();
    play.until_over(number)
}

pub(super) fn closed_by_a_person(play: &mut Play) -> u64 {
    let (number, _) = play.saga.started();
    play.tick();
    play.saga.world.github.close(REPO, number, "alice");
    play.saga.pass(60);
    play.tick();
    play.until_over(number)
}

pub(super) fn issue_deleted(play: &mut Play) -> u64 {
    let (number, _) = play.saga.started();
    play.tick();
    play.saga.world.github.delete_issue(REPO, number);
    play.saga.pass(60);
    play.tick();
    play.until_over(number)
}

pub(super) fn issue_transferred(play: &mut Play) -> u64 {
    let (number, _) = play.saga.started();
    play.saga.world.add_repository("acme/other");
    play.saga
        .world
        .github
        .transfer(REPO, number, "acme/other", "alice");
    play.saga.pass(60);
    play.tick();
    play.until_over(number)
}

/// A slot whose start was lost, and whose issue is closed before the next tick of `afk-poll`.
pub(super) fn closed_before_the_start(play: &mut Play) -> u64 {
    let number = play.saga.world.ready_issue("Reject negative sizes");
    play.saga.world.journal.intercept(|exchange| {
        let command = exchange.request.json().unwrap_or_default();
        if command["type"] == "thread.turn.start" {
            Fault::LostRequest
        } else {
            Fault::None
        }
    });
    assert!(play.saga.poll().dispatched.is_empty());
    play.saga.world.journal.calm();
    play.tick();
    play.saga.world.github.close(REPO, number, "alice");
    play.saga.pass(60);
    play.tick();
    play.until_over(number)
}
