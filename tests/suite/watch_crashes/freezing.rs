//! Stories of runs that are frozen: pushed, red, and given back to a person.

use afk::domain::identity::{StepNumber, ThreadId};
use serde_json::json;

use super::landing;
use super::play::Play;
use crate::support::world::REPO;

pub(super) fn frozen(play: &mut Play) -> u64 {
    play.saga.world.set("AFK_FIX_FORWARD_MAX_ATTEMPTS", "1");
    stays_red(play, 1)
}

pub(super) fn frozen_after_five_turns(play: &mut Play) -> u64 {
    stays_red(play, 5)
}

/// Red, and red again after each corrective turn.
fn stays_red(play: &mut Play, turns: usize) -> u64 {
    let (number, thread) = play.saga.started();
    for attempt in 0..turns {
        let red = play.pushes(number, &thread, &format!("Try {attempt}"));
        play.saga.ci(&red, "failure");
        play.tick();
        play.takes_up(&thread, attempt + 2);
    }
    let red = play.pushes(number, &thread, "The last try");
    play.saga.ci(&red, "failure");
    play.tick();
    play.until_over(number)
}

/// The agent answers the corrective turn with words only.
pub(super) fn frozen_without_a_new_commit(play: &mut Play) -> u64 {
    let (number, thread, red) = play.pushed();
    play.saga.ci(&red, "failure");
    play.tick();
    play.takes_up(&thread, 2);
    play.saga
        .world
        .t3
        .agent_finishes(&thread, "I see nothing wrong.");
    play.saga.pass(120);
    play.tick();
    play.until_over(number)
}

/// The time for repairs is over before the first turn.
pub(super) fn frozen_out_of_time(play: &mut Play) -> u64 {
    let (number, _, red) = play.pushed();
    play.saga.ci(&red, "failure");
    play.saga.pass(3_600);
    play.tick();
    play.until_over(number)
}

/// With the kill switch on nobody repairs, until the time for repairs is over.
pub(super) fn frozen_while_draining(play: &mut Play) -> u64 {
    let (number, _, red) = play.pushed();
    play.saga.world.set("AFK_KILL_SWITCH", "on");
    play.saga.ci(&red, "failure");
    play.tick();
    play.saga.pass(3_600);
    play.tick();
    let number = play.until_over(number);
    play.saga.world.set("AFK_KILL_SWITCH", "off");
    number
}

pub(super) fn frozen_by_silent_ci(play: &mut Play) -> u64 {
    let (number, _, _) = play.pushed();
    play.tick();
    play.saga.pass(900);
    play.tick();
    play.until_over(number)
}

pub(super) fn frozen_by_a_skip_token(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    play.pushes(number, &thread, "Fix it [skip ci]");
    play.tick();
    play.until_over(number)
}

/// A commit of the run closed the issue, which is reopened.
pub(super) fn frozen_and_reopened(play: &mut Play) -> u64 {
    play.saga.world.set("AFK_FIX_FORWARD_MAX_ATTEMPTS", "0");
    let (number, thread) = play.saga.started();
    let message = format!("Oops\n\nCloses #{number}\n\nAfk-Run: {thread}\n");
    let sha = play
        .saga
        .world
        .github
        .push_commit(REPO, "afk-bot", &message);
    play.saga.pass(5);
    play.saga.world.t3.agent_finishes(&thread, "Pushed.");
    play.saga.ci(&sha, "failure");
    play.tick();
    play.until_over(number)
}

/// The label was removed after the push, and the commit is red.
pub(super) fn frozen_after_its_label_was_removed(play: &mut Play) -> u64 {
    let (number, _, sha) = play.pushed();
    play.unlabels(number);
    play.saga.ci(&sha, "failure");
    play.tick();
    play.until_over(number)
}

/// T3 refuses the corrective turn for good, and every other command under its id too.
pub(super) fn frozen_without_its_turn(play: &mut Play) -> u64 {
    let (number, thread, red) = play.pushed();
    play.tick();
    let id = ThreadId(thread.parse().unwrap());
    let refused = play.stranger_sends(&json!({
        "type": "thread.unarchive",
        "commandId": id.step(StepNumber(1)).0.to_string(),
        "threadId": thread,
    }));
    assert_ne!(refused, 200);
    play.saga.ci(&red, "failure");
    play.failing = true;
    play.tick();
    play.saga.pass(3_600);
    play.tick();
    play.failing = false;
    play.saga.pass(24_300);
    play.tick();
    assert_eq!(play.saga.turns(&thread), 1, "{}", play.name);
    play.until_over(number)
}

/// While the bell is down a person asks anew: the next run lands.
pub(super) fn frozen_and_rearmed_before_its_release(play: &mut Play) -> u64 {
    play.saga.world.set("AFK_FIX_FORWARD_MAX_ATTEMPTS", "0");
    let (number, _, red) = play.pushed();
    play.saga.ci(&red, "failure");
    play.saga.bells.is_down(true);
    play.failing = true;
    play.tick();
    play.rearms(number);
    play.saga.bells.is_down(false);
    play.failing = false;
    play.tick();
    lands_the_second_time(play, number)
}

/// A person asks anew after the release: the next run lands.
pub(super) fn frozen_and_rearmed_after_its_release(play: &mut Play) -> u64 {
    play.saga.world.set("AFK_FIX_FORWARD_MAX_ATTEMPTS", "0");
    let (number, _, red) = play.pushed();
    play.saga.ci(&red, "failure");
    play.tick();
    play.rearms(number);
    lands_the_second_time(play, number)
}

fn lands_the_second_time(play: &mut Play, number: u64) -> u64 {
    play.saga.pass(60);
    let report = play.saga.poll();
    assert_eq!(report.dispatched.len(), 1, "{}: {report}", play.name);
    let thread = report.dispatched[0].thread.to_string();
    play.saga.pass(5);
    play.saga.world.t3.agent_starts(&thread);
    play.tick();
    landing::lands(play, number, &thread)
}
