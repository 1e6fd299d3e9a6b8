//! Stories of lock labels without a live slot.

use super::handing_back::nothing_pushed;
use super::play::Play;
use crate::support::world::{LOCK, REPO};

pub(super) fn archived_by_a_person(play: &mut Play) -> u64 {
    play.released_by_a_person = true;
    let (number, thread) = play.saga.started();
    // How far it came shows in T3 also when it was stopped.
    play.saga.world.t3.agent_says(&thread, "Let me look.");
    play.tick();
    play.saga.world.t3.people_archive(&thread);
    play.saga.pass(5);
    play.tick();
    play.until_over(number)
}

pub(super) fn deleted_by_a_person(play: &mut Play) -> u64 {
    play.released_by_a_person = true;
    let (number, thread) = play.saga.started();
    play.tick();
    play.saga.world.t3.people_delete(&thread);
    // It can not be stopped: its repository waits for the stall limit.
    play.saga.pass(1_805);
    play.tick();
    play.until_over(number)
}

/// T3 knows nothing of the issue that we locked: it may have lost its data.
pub(super) fn locked_by_hand(play: &mut Play) -> u64 {
    let number = play.saga.world.ready_issue("Reject negative sizes");
    play.saga.world.github.label(REPO, number, "afk-bot", LOCK);
    play.saga.pass(5);
    play.tick();
    assert!(play.saga.poll().dispatched.is_empty(), "{}", play.name);
    play.until_over(number)
}

pub(super) fn lock_left_over(play: &mut Play) -> u64 {
    let number = nothing_pushed(play);
    play.saga.world.github.label(REPO, number, "alice", LOCK);
    play.saga.pass(5);
    play.tick();
    play.until_over(number)
}
